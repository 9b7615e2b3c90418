/*
 * The transforms: every example of the table, whose results the reference prints, and what the
 * examples leave out. Date patterns both ways.
 */
#include "map/datefmt.h"
#include "map/map_test.h"
#include "map/transform.h"

#define TEXT_MAX 300

/* `transform: arg` on a text, as JSON; "refused" when it is. from: the input's format. */
static struct str outcome(struct map_trial *t, const char *from, const char *transform,
                          const char *in)
{
    struct buf yaml, doc;
    struct jw w;
    buf_init(&yaml, 4096);
    buf_fmt(&yaml,
            "mapping: m\nfrom: %s\nto: json\nrules:\n- {to: 'o[]', from: %s, transform: [%s]}\n",
            from, strcmp(from, "json") == 0 ? "i" : "ZZZ-1", transform);
    T_OK(map_trial_load(t, buf_cstr(&yaml)), &t->e);
    buf_done(&yaml);
    buf_init_arena(&doc, t->arena, 4096);
    if (strcmp(from, "json") == 0) {
        jw_init(&w, &doc, JSON_COMPACT);
        jw_object(&w);
        jw_kstrz(&w, "i", in);
        jw_end(&w);
        T_OK(jw_done(&w, &t->e), &t->e);
    } else {
        buf_fmt(&doc, "MSH|^~\\&|A\rZZZ|%s\r", in);
    }
    if (map_trial_run(t, buf_view(&doc)) != RC_OK)
        return str_eqz(map_trial_found(t), "MAP-030 rules[0]") ? STR("refused")
                                                               : map_trial_found(t);
    struct str out = t->out.text; /* {"o":[…]} */
    return out.n > 6 ? str_sub(out, 6, out.n - 8) : STR("nothing");
}

static void examples_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < map_n_transforms; i++) {
        const struct map_transform *t = &map_transforms[i];
        T_ROW(t->name);
        T_TRUE(i == 0 || strcmp(map_transforms[i - 1].name, t->name) < 0);
        T_TRUE(map_transform_find(str_z(t->name)) == t);
        T_TRUE(t->doc != NULL && t->doc[0] != '\0');
        T_TRUE(t->needs_arg ? t->arg != NULL : true);
        for (size_t k = 0; k < MAP_EXAMPLES_MAX && t->examples[k].in; k++) {
            const struct map_example *x = &t->examples[k];
            struct map_trial trial;
            char transform[TEXT_MAX];
            int n = x->arg ? snprintf(transform, sizeof transform, "{%s: %s}", t->name, x->arg)
                           : snprintf(transform, sizeof transform, "%s", t->name);
            T_TRUE(n > 0 && (size_t)n < sizeof transform);
            T_EQ_STR(outcome(&trial, "json", transform, x->in), x->out ? x->out : "refused");
            map_trial_done(&trial);
        }
    }
}

static void beyond_the_examples(void **state)
{
    static const struct {
        const char *from, *transform, *in, *out;
    } rows[] = {
        { "json", "{split: ','}", "a,b,,c", "\"a\",\"b\",\"c\"" },
        { "json", "{split: ','}, {join: '-'}", "a,b,c", "\"a-b-c\"" },
        { "json", "{split: {by: ',', take: 9}}", "a", "nothing" },
        { "json", "{substring: [9]}", "abc", "nothing" },
        { "json", "{substring: [-9, 2]}", "abc", "\"ab\"" },
        { "json", "{substring: [1, 1]}", "\xc3\xa4\xc3\xb6\xc3\xbc", "\"\xc3\xb6\"" },
        { "json", "{pad: {width: 3, with: '\xc3\xa4'}}", "x", "\"\xc3\xa4\xc3\xa4x\"" },
        { "json", "{replace: [aa, b]}", "aaa", "\"ba\"" },
        { "json", "number", "-.5", "-0.5" },
        { "json", "number", "5.", "5" },
        { "json", "number", "-007.10", "-7.10" },
        { "json", "number", "1e5", "1e5" },
        { "json", "number", " 5 ", "5" },
        { "json", "number", "0", "0" },
        { "json", "number", "000", "0" },
        { "json", "number, string", "007", "\"7\"" },
        { "json", "boolean, string", "Y", "\"true\"" },
        { "hl7v2", "date", "198005", "\"1980-05\"" },
        { "hl7v2", "date", "19801305", "refused" },
        { "hl7v2", "date", "1980-05-17", "\"1980-05-17\"" },
        { "json", "date", "198005", "\"1980-05\"" },
        { "json", "date", "10:30", "refused" },
        { "json", "{date: 'dd.MM.yyyy'}", "198005", "refused" },
        { "json", "{date: 'yyyy/MM/dd'}", "198005", "\"1980/05\"" },
        { "json", "{date: hl7}", "2024-05", "\"202405\"" },
        { "json", "{date: {from: 'dd.MM.yy'}}", "17.05.49", "\"2049-05-17\"" },
        { "json", "{date: {from: 'dd.MM.yy'}}", "17.05.80", "\"1980-05-17\"" },
        { "json", "{date: {from: 'dd.MM.yyyy'}}", "30.02.2024", "refused" },
        { "json", "{date: {from: 'dd.MM.yyyy'}}", "17.5.2024", "refused" },
        { "json", "{dateTime: {from: 'yyyyMMdd HHmm XX'}}", "20240517 1030 +0200",
          "\"2024-05-17T10:30+02:00\"" },
        { "json", "{dateTime: \"dd.MM.yyyy 'at' HH:mm:ss.SSS XXX\"}", "2024-05-17T10:30:15.25Z",
          "\"17.05.2024 at 10:30:15.250 Z\"" },
        { "json", "{dateTime: \"dd.MM.yyyy 'at' HH:mm:ss.SSS XXX\"}", "2024-05-17T10:30:15",
          "\"17.05.2024 at 10:30:15.000\"" },
        { "json", "{dateTime: \"dd.MM.yyyy 'at' HH:mm:ss\"}", "2024-05-17", "\"17.05.2024\"" },
        { "json", "{time: 'HH:mm'}", "2024-05-17T10:30:15", "\"10:30\"" },
        { "json", "time", "2024-05-17", "refused" },
        { "hl7v2", "time", "073015.5", "\"07:30:15.5\"" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct map_trial t;
        T_ROW(rows[i].in);
        T_EQ_STR(outcome(&t, rows[i].from, rows[i].transform, rows[i].in), rows[i].out);
        map_trial_done(&t);
    }
}

static void patterns_that_are_none(void **state)
{
    static const struct {
        const char *text;
        size_t pos;
    } rows[] = {
        { "", 0 },           { "yyy", 0 },
        { "yyyy-mmm", 5 },   { "yyyy'T", 4 },
        { "d", 0 },          { "dd.MM.YYYY", 6 },
        { "SSSSSSSSSS", 0 }, { "- - - - - - - - - - - - - - - - - - - - ", 24 },
    };
    struct arena *a = arena_new("patterns", 0, MAP_TEST_ARENA);
    (void)state;
    T_TRUE(a != NULL);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct date_format *f = NULL;
        struct err e = { 0 };
        T_ROW(rows[i].text);
        T_EQ_INT(date_format_compile(str_z(rows[i].text), a, &f, &e), RC_VALUE);
        T_EQ_Z(e.id, "MAP-013");
        T_EQ_SIZE(e.pos, rows[i].pos);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(examples_hold), T_TEST(beyond_the_examples),
                                        T_TEST(patterns_that_are_none) };
    return T_RUN(tests);
}
