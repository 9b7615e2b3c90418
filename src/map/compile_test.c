/*
 * What is wrong with a mapping or a table is found when it is compiled: each finding with its id,
 * rule, line and column. The option tables themselves are checked here too.
 */
#include "json/opt.h"

#include "map/map_test.h"

#include "base/alloc.h"

#define HEAD "mapping: m\nfrom: hl7v2\nto: json\nrules:\n"

struct row {
    const char *name;
    const char *yaml;
    const char *found; /* "ID path@line:column", separated by "; " */
};

static const struct row rows[] = {
    { "no name", "from: hl7v2\nto: json\nrules:\n- {to: a, value: 1}\n", "MAP-001 @1:1" },
    { "no formats", "mapping: m\nrules:\n- {to: a, value: 1}\n",
      "OPT-004 from@1:1; OPT-004 to@1:1" },
    { "an unknown key", HEAD "- {to: a, form: PID-1}\n", "OPT-001 rules[0].form@5:11" },
    { "no rules", "mapping: m\nfrom: json\nto: json\nrules: []\n", "OPT-003 rules@4:1" },
    { "nothing to read", HEAD "- {to: a}\n", "MAP-002 rules[0]@5:3" },
    { "two things to read", HEAD "- {to: a, from: PID-1, value: 1}\n", "MAP-002 rules[0]@5:3" },
    { "nowhere to write", HEAD "- {from: PID-1}\n", "MAP-002 rules[0]@5:3" },
    { "rules without each", HEAD "- {to: a, value: 1, rules: [{to: b, value: 1}]}\n",
      "MAP-002 rules[0]@5:21" },
    { "each without rules", HEAD "- {to: a, each: OBX}\n", "MAP-002 rules[0]@5:3" },
    { "each with a source", HEAD "- {to: a, each: OBX, from: PID-1, rules: [{to: b, value: 1}]}\n",
      "MAP-002 rules[0]@5:22" },
    { "a constant with a transform", HEAD "- {to: a, value: x, transform: upper}\n",
      "MAP-002 rules[0]@5:21" },
    { "no paths", HEAD "- {to: a, from: []}\n- {to: b, from: 5}\n",
      "MAP-002 rules[0]@5:11; MAP-002 rules[1]@6:11" },
    { "paths of no syntax", HEAD "- {to: 'a[', from: PID-x}\n",
      "MAP-003 rules[0]@5:14; MAP-003 rules[0]@5:4" },
    { "the second of two paths", HEAD "- {to: a, from: [PID-1, 1-PID]}\n",
      "MAP-003 rules[0]@5:25" },
    { "a segment where a field should be",
      "mapping: m\nfrom: json\nto: hl7v2\nrules:\n- {to: PID, from: a}\n", "MAP-004 rules[0]@5:4" },
    { "a field where a segment should be",
      "mapping: m\nfrom: json\nto: hl7v2\nrules:\n- {to: OBX-5, each: a, rules: [{to: OBX-5, from: "
      "a}]}\n",
      "MAP-004 rules[0]@5:4" },
    { "each over a component", HEAD "- {to: a, each: PID-3.1, rules: [{to: b, value: 1}]}\n",
      "MAP-004 rules[0]@5:11" },
    { "each to a list already", HEAD "- {to: 'a[]', each: OBX, rules: [{to: b, value: 1}]}\n",
      "MAP-004 rules[0]@5:4" },
    { "an inner rule",
      HEAD "- to: a\n  each: OBX\n  rules:\n  - {to: b, value: 1}\n  - {to: c, from: OBX-z}\n",
      "MAP-003 rules[0].rules[1]@9:13" },
    { "an expression", HEAD "- {to: a, expr: \"`PID-5`.uper()\"}\n", "FP-007 rules[0]@5:11" },
    { "a condition", HEAD "- {to: a, value: 1, when: 'a ='}\n", "FP-004 rules[0]@5:21" },
    { "a native path in an expression", HEAD "- {to: a, expr: \"`PID-`\"}\n",
      "FP-011 rules[0]@5:11" },
    { "the offset", "offset: somewhere\n" HEAD "- {to: a, value: 1}\n", "MAP-006 @1:1" },
    { "the base", "base: input\n" HEAD "- {to: a, value: 1}\n", "MAP-001 @1:1" },
    { "a table that is not there",
      "table: sex\nrows: {}\n---\n" HEAD "- {to: a, from: PID-8, lookup: six}\n",
      "MAP-007 rules[0]@8:24" },
    { "a transform that is none",
      HEAD "- {to: a, from: PID-8, transform: [uper, 5, {a: 1, b: 2}]}\n",
      "MAP-010 rules[0]@5:36; MAP-010 rules[0]@5:42; MAP-010 rules[0]@5:45" },
    { "a transform's argument is missing", HEAD "- {to: a, from: PID-8, transform: pad}\n",
      "MAP-011 rules[0]@5:24" },
    { "an argument too many", HEAD "- {to: a, from: PID-8, transform: {trim: 5}}\n",
      "MAP-011 rules[0]@5:24" },
    { "substring", HEAD "- {to: a, from: PID-8, transform: {substring: 5}}\n",
      "MAP-011 rules[0]@5:36" },
    { "substring's length", HEAD "- {to: a, from: PID-8, transform: {substring: [1, -1]}}\n",
      "MAP-011 rules[0]@5:51" },
    { "replace nothing", HEAD "- {to: a, from: PID-8, transform: {replace: ['', x]}}\n",
      "MAP-011 rules[0]@5:46" },
    { "pad's keys", HEAD "- {to: a, from: PID-8, transform: {pad: {widht: 5}}}\n",
      "MAP-011 rules[0]@5:42" },
    { "pad's width", HEAD "- {to: a, from: PID-8, transform: {pad: 0}}\n",
      "MAP-011 rules[0]@5:36" },
    { "pad's side", HEAD "- {to: a, from: PID-8, transform: {pad: {width: 5, side: up}}}\n",
      "MAP-011 rules[0]@5:52" },
    { "concat of nothing", HEAD "- {to: a, from: PID-8, transform: {concat: {}}}\n",
      "MAP-011 rules[0]@5:36" },
    { "a date pattern", HEAD "- {to: a, from: PID-8, transform: {date: 'yyyy-mmm'}}\n",
      "MAP-013 rules[0]@5:36" },
    { "a date pattern's quote",
      HEAD "- {to: a, from: PID-8, transform: {date: {to: \"yyyy'T\"}}}\n",
      "MAP-013 rules[0]@5:43" },
    { "date's keys", HEAD "- {to: a, from: PID-8, transform: {date: {into: iso}}}\n",
      "MAP-011 rules[0]@5:43" },
    { "split to one value", HEAD "- {to: a, from: PID-8, transform: {split: ','}}\n",
      "MAP-012 rules[0]@5:24" },
    { "split by nothing", HEAD "- {to: 'a[]', from: PID-8, transform: {split: ''}}\n",
      "MAP-011 rules[0]@5:40" },
    { "several at once", HEAD "- {to: a, from: PID-x}\n- {from: PID-1}\n- {to: c, expr: '1 +'}\n",
      "MAP-003 rules[0]@5:11; MAP-002 rules[1]@6:3; FP-004 rules[2]@7:11" },
    { "a table without rows", "table: t\n", "MAP-024 @1:1" },
    { "rows and a file", "table: t\nrows: {}\nfile: a.csv\n", "MAP-024 @1:1" },
    { "rows that are a list", "table: t\nrows: [1]\n", "MAP-024 @2:1" },
    { "a row that is an object", "table: t\nrows: {a: {b: 1}}\n", "MAP-024 @2:8" },
    { "a default that is not there", "table: t\nrows: {}\nmissing: default\n", "MAP-024 @3:1" },
    { "codes that are the same", "table: t\nrows: {a: 1, A: 2}\nignoreCase: true\n",
      "MAP-022 @2:14" },
    { "a file that cannot be read", "table: t\nfile: a.csv\n", "MAP-026 @2:1" },
    { "a policy that is none", "table: t\nrows: {}\nmissing: ignore\n", "OPT-005 missing@3:1" },
};

static struct str shown(struct map_trial *t)
{
    struct buf b;
    buf_init_arena(&b, t->arena, 16384);
    for (size_t i = 0; i < t->found.n; i++) {
        const struct finding *f = &t->found.v[i];
        buf_fmt(&b, "%s%s %.*s@%u:%u", i ? "; " : "", f->id, STR_ARG(f->path), f->line, f->column);
    }
    return b.n ? buf_view(&b) : STR("");
}

static void mistakes_have_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct map_trial t;
        T_ROW(rows[i].name);
        T_EQ_INT(map_trial_load(&t, rows[i].yaml), RC_VALUE);
        T_EQ_STR(shown(&t), rows[i].found);
        T_TRUE(t.found.n > 0 && t.found.v[0].text.n > 0);
        map_trial_done(&t);
    }
}

static void hints_name_what_was_meant(void **state)
{
    static const struct {
        const char *yaml, *text;
    } hints[] = {
        { HEAD "- {to: a, from: PID-8, transform: uper}\n",
          "there is no transform uper; did you mean upper" },
        { "table: sex\nrows: {}\n---\n" HEAD "- {to: a, from: PID-8, lookup: sax}\n",
          "there is no table sax; did you mean sex" },
        { HEAD "- {to: a, from: PID-8, transform: {pad: {widh: 5}}}\n",
          "there is no key of this name; did you mean width" },
        { HEAD "- {to: a, expr: \"`PID-5`.uper()\"}\n",
          "expr: at character 9: there is no function uper(); did you mean upper()" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(hints); i++) {
        struct map_trial t;
        T_ROW(hints[i].text);
        T_EQ_INT(map_trial_load(&t, hints[i].yaml), RC_VALUE);
        T_EQ_STR(t.found.v[0].text, hints[i].text);
        map_trial_done(&t);
    }
}

static void loops_in_loops_have_a_limit(void **state)
{
    struct buf b;
    struct map_trial t;
    (void)state;
    for (unsigned deep = 8; deep <= 9; deep++) {
        buf_init(&b, 65536);
        buf_z(&b, "mapping: m\nfrom: json\nto: json\nrules:\n");
        for (unsigned i = 0; i < deep; i++) {
            buf_fill(&b, ' ', i * 2);
            buf_z(&b, "- each: a\n");
            buf_fill(&b, ' ', i * 2);
            buf_z(&b, "  to: b\n");
            buf_fill(&b, ' ', i * 2);
            buf_z(&b, "  rules:\n");
        }
        buf_fill(&b, ' ', deep * 2);
        buf_z(&b, "- {to: c, value: 1}\n");
        const char *text = buf_cstr(&b);
        T_EQ_INT(map_trial_load(&t, text), deep == 8 ? RC_OK : RC_VALUE);
        T_EQ_STR(map_trial_found(&t),
                 deep == 8
                     ? ""
                     : "MAP-005 rules[0].rules[0].rules[0].rules[0].rules[0].rules[0].rules[0]"
                       ".rules[0].rules[0]");
        map_trial_done(&t);
        buf_done(&b);
    }
}

/* Mappings written in the place they are used have no name, and a path of their own. */
static void inline_mappings(void **state)
{
    struct map_trial t;
    struct json *doc = NULL;
    const char text[] =
        "{\"dataMapping\":{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"a\"}]}}";
    (void)state;
    T_OK(map_trial_load(&t, "table: t\nrows: {}\n"), &t.e);
    T_OK(json_parse(STR(text), &json_default_limits, t.arena, &doc, &t.e), &t.e);
    struct map_source src = { .doc = json_getz(doc, "dataMapping"),
                              .text = STR(text),
                              .path = "endpoints[0].dataMapping" };
    T_EQ_INT(map_compile(&src, NULL, t.arena, &t.map, &t.found, &t.e), RC_VALUE);
    T_EQ_STR(map_trial_found(&t), "MAP-002 endpoints[0].dataMapping.rules[0]");
    map_trial_done(&t);
}

static void options_are_sound(void **state)
{
    static const struct opt_table *const tables[] = { &map_options, &map_table_options };
    struct arena *a = arena_new("options", 0, MAP_TEST_ARENA);
    struct err e;
    (void)state;
    T_TRUE(a != NULL);
    for (size_t i = 0; i < ZS_COUNT(tables); i++)
        T_OK(opt_check_table(tables[i], a, &e), &e);
    arena_free(&a);
}

/* A compiled map keeps nothing of the text or tree it came from. */
static void nothing_of_the_document_is_kept(void **state)
{
    struct map_trial t;
    struct arena *docs = arena_new("docs", 0, MAP_TEST_ARENA);
    struct json *v = NULL;
    const char yaml[] =
        "mapping: m\nfrom: json\nto: json\nrules:\n"
        "- {to: a.b, from: x.y, transform: [{concat: {after: '!'}}], default: none}\n"
        "- {to: c, value: {k: [v]}}\n- {to: d, expr: \"x.y & '?'\"}\n";
    (void)state;
    T_TRUE(docs != NULL);
    T_OK(map_trial_load(&t, "table: t\nrows: {}\n"), &t.e);
    T_OK(yaml_parse(STR(yaml), &json_default_limits, docs, &v, &t.e), &t.e);
    struct map_source src = { .doc = json_first(v), .text = STR(yaml) };
    T_OK(map_compile(&src, NULL, t.arena, &t.map, &t.found, &t.e), &t.e);
    arena_free(&docs);
    T_OK(map_trial_run(&t, STR("{\"x\":{\"y\":\"z\"}}")), &t.e);
    T_EQ_STR(t.out.text, "{\"a\":{\"b\":\"z!\"},\"c\":{\"k\":[\"v\"]},\"d\":\"z?\"}");
    T_EQ_STR(map_name(t.map), "m");
    map_trial_done(&t);
}

static void memory_runs_out(void **state)
{
    const char yaml[] =
        HEAD "- {to: a, from: PID-3, transform: [upper, {date: 'yyyy'}], default: x}\n"
             "- to: b\n  each: OBX\n  rules:\n  - {to: c, expr: '`OBX-5`.lower()'}\n";
    struct map_trial t;
    struct json *docs = NULL;
    bool done = false;
    (void)state;
    T_OK(map_trial_load(&t, "table: t\nrows: {}\n"), &t.e);
    T_OK(yaml_parse(STR(yaml), &json_default_limits, t.arena, &docs, &t.e), &t.e);
    struct map_source src = { .doc = json_first(docs), .text = STR(yaml) };
    for (size_t limit = 256; !done; limit += 128) {
        struct arena *a = arena_new("small", 128, limit);
        T_TRUE(a != NULL && limit < 100000);
        enum rc rc = map_compile(&src, NULL, a, &t.map, &t.found, &t.e);
        done = rc == RC_OK;
        T_TRUE(done || rc == RC_NOMEM);
        arena_free(&a);
    }
    T_EQ_SIZE(t.found.n, 0);
    map_trial_done(&t);
}

static void the_allocator_fails(void **state)
{
    const char yaml[] =
        "mapping: m\nfrom: json\nto: json\nrules:\n- {to: a, from: b, transform: trim}\n";
    struct map_trial t;
    struct json *docs = NULL;
    bool failed = true;
    (void)state;
    T_OK(map_trial_load(&t, "table: t\nrows: {}\n"), &t.e);
    T_OK(yaml_parse(STR(yaml), &json_default_limits, t.arena, &docs, &t.e), &t.e);
    struct map_source src = { .doc = json_first(docs), .text = STR(yaml) };
    for (size_t k = 1; failed; k++) {
        T_TRUE(k < 100);
        mem_fail_at(k);
        enum rc rc = map_compile(&src, NULL, t.arena, &t.map, &t.found, &t.e);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_EQ_INT(rc, failed ? RC_NOMEM : RC_OK);
    }
    map_trial_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(mistakes_have_places),
        T_TEST(hints_name_what_was_meant),
        T_TEST(loops_in_loops_have_a_limit),
        T_TEST(inline_mappings),
        T_TEST(options_are_sound),
        T_TEST(nothing_of_the_document_is_kept),
        T_TEST(memory_runs_out),
        T_TEST(the_allocator_fails),
    };
    return T_RUN(tests);
}
