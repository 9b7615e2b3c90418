/*
 * The table of transforms, those on text, and their compilation. Dates: transform_date.c.
 * Tests: transform_test.c, which runs the examples of the table
 */
#include "map/map_int.h"
#include "map/transform_int.h"

#include "base/num.h"
#include "base/utf8.h"

#include "fhirpath/unicase.h"

#define PAD_MAX 1000

static enum map_outcome give(struct map_value *out, struct str s)
{
    *out = (struct map_value){ .kind = MAP_TEXT, .text = s };
    return MAP_DONE;
}

static enum map_outcome give_buf(struct map_value *out, const struct buf *b)
{
    return b->failed == RC_OK ? give(out, buf_view(b)) : MAP_NO_ROOM;
}

/* ---- case, space ---- */

static enum map_outcome change_case(const struct map_work *w, struct str in, bool upper,
                                    struct map_value *out)
{
    struct buf b;
    buf_init_arena(&b, w->arena, in.n * 3 + 1); /* no simple mapping is longer than that */
    unicase_write(in, upper, &b);
    return give_buf(out, &b);
}

static enum map_outcome run_upper(const struct map_work *w, const struct map_args *args,
                                  struct str in, struct map_value *out)
{
    (void)args; /* takes none */
    return change_case(w, in, true, out);
}

static enum map_outcome run_lower(const struct map_work *w, const struct map_args *args,
                                  struct str in, struct map_value *out)
{
    (void)args; /* takes none */
    return change_case(w, in, false, out);
}

static enum map_outcome run_trim(const struct map_work *w, const struct map_args *args,
                                 struct str in, struct map_value *out)
{
    (void)w; /* needs no memory */
    (void)args;
    return give(out, str_trim(in));
}

static enum map_outcome run_string(const struct map_work *w, const struct map_args *args,
                                   struct str in, struct map_value *out)
{
    (void)w; /* needs no memory */
    (void)args;
    return give(out, in);
}

/* ---- parts ---- */

/* A whole number of the document in a range. */
static bool number_arg(struct map_compiler *c, const struct json *v, int64_t min, int64_t max,
                       const char *what, int64_t *out)
{
    if (json_i64(v, out) && *out >= min && *out <= max)
        return true;
    return map_complain(c, v, "MAP-011", "%s should be a whole number from %lld to %lld", what,
                        (long long)min, (long long)max);
}

static bool text_arg(struct map_compiler *c, const struct json *v, const char *what,
                     struct str *out)
{
    if (!json_is(v, JSON_STRING))
        return map_complain(c, v, "MAP-011", "%s should be a text", what);
    *out = arena_str(c->arena, json_text(v));
    return !str_is_null(*out) || map_no_room(c);
}

static bool compile_substring(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    size_t n = json_count(arg);
    out->n[1] = INT64_MAX;
    if (!json_is(arg, JSON_ARRAY) || n < 1 || n > 2)
        return map_complain(c, arg, "MAP-011", "substring takes [start] or [start, length]");
    return number_arg(c, json_at(arg, 0), INT32_MIN, INT32_MAX, "the start", &out->n[0]) &&
           (n == 1 || number_arg(c, json_at(arg, 1), 0, INT32_MAX, "the length", &out->n[1]));
}

static enum map_outcome run_substring(const struct map_work *w, const struct map_args *args,
                                      struct str in, struct map_value *out)
{
    (void)w; /* needs no memory */
    int64_t start = args->n[0];
    if (start < 0) {
        start += (int64_t)utf8_count(in);
        start = start < 0 ? 0 : start;
    }
    struct str rest = str_from(in, utf8_offset(in, (size_t)start));
    if (args->n[1] != INT64_MAX)
        rest = str_sub(rest, 0, utf8_offset(rest, (size_t)args->n[1]));
    return give(out, rest);
}

static bool compile_replace(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    if (!json_is(arg, JSON_ARRAY) || json_count(arg) != 2)
        return map_complain(c, arg, "MAP-011", "replace takes [what, with]");
    if (!text_arg(c, json_at(arg, 0), "what is replaced", &out->s[0]) ||
        !text_arg(c, json_at(arg, 1), "the replacement", &out->s[1]))
        return false;
    return out->s[0].n > 0 ||
           map_complain(c, json_at(arg, 0), "MAP-011", "what is replaced cannot be empty");
}

static enum map_outcome run_replace(const struct map_work *w, const struct map_args *args,
                                    struct str in, struct map_value *out)
{
    size_t at = str_find(in, args->s[0], 0), from = 0;
    if (at == SIZE_MAX)
        return give(out, in);
    struct buf b;
    buf_init_arena(&b, w->arena, in.n + (in.n / args->s[0].n) * args->s[1].n + 1);
    for (; at != SIZE_MAX; at = str_find(in, args->s[0], from)) {
        buf_str(&b, str_sub(in, from, at - from));
        buf_str(&b, args->s[1]);
        from = at + args->s[0].n;
    }
    buf_str(&b, str_from(in, from));
    return give_buf(out, &b);
}

/* Only the keys named may be there. */
static bool known_keys(struct map_compiler *c, const struct json *arg, const char *const *keys,
                       size_t n)
{
    JSON_EACH(m, arg)
    {
        size_t k = 0;
        while (k < n && !str_eqz(json_name(m), keys[k]))
            k++;
        const char *near = k == n ? str_nearest(json_name(m), keys, n) : NULL;
        if (near)
            return map_complain(c, m, "MAP-011", "there is no key of this name; did you mean %s",
                                near);
        if (k == n)
            return map_complain(c, m, "MAP-011", "there is no key of this name");
    }
    return true;
}

static bool optional_text(struct map_compiler *c, const struct json *arg, const char *key,
                          struct str *out)
{
    const struct json *v = json_getz(arg, key);
    return !v || text_arg(c, v, key, out);
}

static bool compile_concat(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    static const char *const keys[] = { "before", "after" };
    if (!json_is(arg, JSON_OBJECT) || json_count(arg) == 0)
        return map_complain(c, arg, "MAP-011", "concat takes {before: text, after: text}");
    return known_keys(c, arg, keys, ZS_COUNT(keys)) &&
           optional_text(c, arg, "before", &out->s[0]) &&
           optional_text(c, arg, "after", &out->s[1]);
}

static enum map_outcome run_concat(const struct map_work *w, const struct map_args *args,
                                   struct str in, struct map_value *out)
{
    struct buf b;
    buf_init_arena(&b, w->arena, args->s[0].n + in.n + args->s[1].n);
    buf_str(&b, args->s[0]);
    buf_str(&b, in);
    buf_str(&b, args->s[1]);
    return give_buf(out, &b);
}

static bool pad_side(struct map_compiler *c, const struct json *v, bool *left)
{
    *left = !v || str_eqz(json_text(v), "left");
    return *left || str_eqz(json_text(v), "right") ||
           map_complain(c, v, "MAP-011", "side is left or right");
}

static bool compile_pad(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    static const char *const keys[] = { "width", "with", "side" };
    const struct json *width = json_is(arg, JSON_OBJECT) ? json_getz(arg, "width") : arg;
    out->s[0] = STR(" ");
    if (json_is(arg, JSON_OBJECT) &&
        (!known_keys(c, arg, keys, ZS_COUNT(keys)) || !optional_text(c, arg, "with", &out->s[0])))
        return false;
    if (utf8_count(out->s[0]) != 1)
        return map_complain(c, json_getz(arg, "with"), "MAP-011", "with is one character");
    return pad_side(c, json_getz(arg, "side"), &out->left) &&
           number_arg(c, width ? width : arg, 1, PAD_MAX, "the width", &out->n[0]);
}

static enum map_outcome run_pad(const struct map_work *w, const struct map_args *args,
                                struct str in, struct map_value *out)
{
    size_t n = utf8_count(in), width = (size_t)args->n[0];
    if (n >= width)
        return give(out, in);
    struct buf b;
    buf_init_arena(&b, w->arena, in.n + (width - n) * args->s[0].n);
    if (!args->left)
        buf_str(&b, in);
    for (size_t i = n; i < width; i++)
        buf_str(&b, args->s[0]);
    if (args->left)
        buf_str(&b, in);
    return give_buf(out, &b);
}

/* ---- types ---- */

/* As JSON writes numbers: HL7's +5, 007, .5 and 5. lose or gain what JSON wants; digits stay. */
static enum map_outcome run_number(const struct map_work *w, const struct map_args *args,
                                   struct str in, struct map_value *out)
{
    (void)args; /* takes none */
    struct str s = str_trim(in);
    *out = (struct map_value){ .kind = MAP_NUMBER, .text = s };
    if (num_is_json(s))
        return MAP_DONE;
    if (!num_is_nm(s))
        return MAP_REFUSED;
    struct buf b;
    buf_init_arena(&b, w->arena, s.n + 2);
    if (s.p[0] == '-')
        buf_char(&b, '-');
    s = str_from(s, s.p[0] == '-' || s.p[0] == '+');
    while (s.n > 1 && s.p[0] == '0' && s.p[1] != '.')
        s = str_from(s, 1);
    if (s.p[0] == '.')
        buf_char(&b, '0');
    buf_str(&b, s.p[s.n - 1] == '.' ? str_sub(s, 0, s.n - 1) : s);
    out->text = buf_view(&b);
    return b.failed == RC_OK ? MAP_DONE : MAP_NO_ROOM;
}

static enum map_outcome run_boolean(const struct map_work *w, const struct map_args *args,
                                    struct str in, struct map_value *out)
{
    static const char *const words[] = {
        "n", "y", "false", "true", "no", "yes", "0", "1", "f", "t"
    };
    struct str s = str_trim(in);
    (void)w; /* needs no memory */
    (void)args;
    for (size_t i = 0; i < ZS_COUNT(words); i++) {
        if (str_ieq(s, str_z(words[i]))) {
            *out = (struct map_value){ .kind = MAP_BOOL, .b = i % 2 == 1 };
            return MAP_DONE;
        }
    }
    return MAP_REFUSED;
}

/* ---- several values ---- */

static bool compile_join(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    return text_arg(c, arg, "the separator", &out->s[0]);
}

static bool compile_split(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    static const char *const keys[] = { "by", "take" };
    bool object = json_is(arg, JSON_OBJECT);
    const struct json *by = object ? json_getz(arg, "by") : arg;
    const struct json *take = object ? json_getz(arg, "take") : NULL;
    if (object && !known_keys(c, arg, keys, ZS_COUNT(keys)))
        return false;
    if (!text_arg(c, by ? by : arg, "the separator", &out->s[0]))
        return false;
    if (out->s[0].n == 0)
        return map_complain(c, by, "MAP-011", "the separator cannot be empty");
    return !take || number_arg(c, take, 1, INT32_MAX, "take", &out->n[0]);
}

static bool compile_lookup(struct map_compiler *c, const struct json *arg, struct map_args *out)
{
    struct str name = STR_NULL;
    if (!text_arg(c, arg, "the name of a table", &name))
        return false;
    return map_find_table(c, arg, name, &out->table);
}

/* ---- the table ---- */

const struct map_transform map_transforms[] = {
    { .name = "boolean",
      .doc = "true or false from Y/N, yes/no, true/false, T/F, 1/0, in any case.",
      .run = run_boolean,
      .examples = { { NULL, "Y", "true" }, { NULL, "no", "false" }, { NULL, "maybe", NULL } } },
    { .name = "concat",
      .arg = "{before: TEXT, after: TEXT}",
      .needs_arg = true,
      .doc = "Text in front of the value, behind it, or both.",
      .compile = compile_concat,
      .run = run_concat,
      .examples = { { "{before: 'urn:oid:'}", "1.2.36", "\"urn:oid:1.2.36\"" },
                    { "{before: '(', after: ')'}", "x", "\"(x)\"" } } },
    { .name = "date",
      .arg = "FORMAT, or {from: FORMAT, to: FORMAT}",
      .doc =
          "A date; a time behind it is left out. Without an argument ISO 8601, as precise as the "
          "value. FORMAT is iso, hl7 or a pattern.",
      .compile = map_compile_date,
      .run = map_run_date,
      .examples = { { NULL, "19800517", "\"1980-05-17\"" },
                    { NULL, "198005", "\"1980-05\"" },
                    { "dd.MM.yyyy", "19800517123000", "\"17.05.1980\"" },
                    { "{from: dd/MM/yyyy, to: hl7}", "17/05/1980", "\"19800517\"" } } },
    { .name = "dateTime",
      .arg = "FORMAT, or {from: FORMAT, to: FORMAT}",
      .doc = "A date with its time. Without an argument ISO 8601, as precise as the value. What a "
             "time without an offset gets is the mapping's offset policy.",
      .compile = map_compile_date_time,
      .run = map_run_date_time,
      .examples = { { NULL, "20240517103015+0200", "\"2024-05-17T10:30:15+02:00\"" },
                    { NULL, "20240517", "\"2024-05-17\"" },
                    { "hl7", "2024-05-17T10:30:00Z", "\"20240517103000+0000\"" },
                    { "yyyy-MM-dd HH:mm", "202405171030", "\"2024-05-17 10:30\"" } } },
    { .name = "join",
      .arg = "SEPARATOR",
      .needs_arg = true,
      .shape = SHAPE_JOIN,
      .doc = "All values of the rule as one text with the separator between them.",
      .compile = compile_join },
    { .name = "lookup",
      .arg = "TABLE",
      .needs_arg = true,
      .shape = SHAPE_LOOKUP,
      .doc = "The value that a code table has for the code. The rule's own `lookup` does the same "
             "behind all transforms.",
      .compile = compile_lookup },
    { .name = "lower",
      .doc = "Lower case.",
      .run = run_lower,
      .examples = { { NULL, "MÜLLER", "\"müller\"" } } },
    { .name = "number",
      .doc = "A JSON number with the digits as they were written.",
      .run = run_number,
      .examples = { { NULL, "7.20", "7.20" },
                    { NULL, "+007", "7" },
                    { NULL, ".5", "0.5" },
                    { NULL, "<5", NULL } } },
    { .name = "pad",
      .arg = "WIDTH, or {width: WIDTH, with: CHARACTER, side: left|right}",
      .needs_arg = true,
      .doc = "At least WIDTH characters long, filled up with spaces on the left unless said "
             "otherwise.",
      .compile = compile_pad,
      .run = run_pad,
      .examples = { { "{width: 8, with: '0', side: left}", "1234", "\"00001234\"" },
                    { "{width: 4, with: '.', side: right}", "ab", "\"ab..\"" },
                    { "3", "12345", "\"12345\"" } } },
    { .name = "replace",
      .arg = "[WHAT, WITH]",
      .needs_arg = true,
      .doc = "Every occurrence of a text by another.",
      .compile = compile_replace,
      .run = run_replace,
      .examples = { { "['-', '']", "1-2-3", "\"123\"" } } },
    { .name = "split",
      .arg = "SEPARATOR, or {by: SEPARATOR, take: NUMBER}",
      .needs_arg = true,
      .shape = SHAPE_SPLIT,
      .doc = "The pieces between separators, as several values: write them to a list (`to: x[]`), "
             "join them, or take one of them by its number from 1.",
      .compile = compile_split,
      .examples = { { "{by: '/', take: 2}", "120/80", "\"80\"" } } },
    { .name = "string",
      .doc = "Text, where the document has a number or a boolean.",
      .run = run_string,
      .examples = { { NULL, "5", "\"5\"" } } },
    { .name = "substring",
      .arg = "[START, LENGTH]",
      .needs_arg = true,
      .doc = "LENGTH characters from START on, counted from 0, from the end if negative; all the "
             "rest without LENGTH.",
      .compile = compile_substring,
      .run = run_substring,
      .examples = { { "[0, 5]", "abcdefgh", "\"abcde\"" },
                    { "[2]", "abcdefgh", "\"cdefgh\"" },
                    { "[-4]", "123-45-6789", "\"6789\"" } } },
    { .name = "time",
      .arg = "FORMAT, or {from: FORMAT, to: FORMAT}",
      .doc = "A time of day, of a time or of a date with a time; ISO 8601 without an argument.",
      .compile = map_compile_time,
      .run = map_run_time,
      .examples = { { NULL, "0730", "\"07:30\"" },
                    { NULL, "20240517103015", "\"10:30:15\"" },
                    { "HH.mm", "073059", "\"07.30\"" } } },
    { .name = "trim",
      .doc = "Without white space at both ends.",
      .run = run_trim,
      .examples = { { NULL, "  A B ", "\"A B\"" } } },
    { .name = "upper",
      .doc = "Upper case.",
      .run = run_upper,
      .examples = { { NULL, "müller", "\"MÜLLER\"" } } },
};
const size_t map_n_transforms = ZS_COUNT(map_transforms);

const struct map_transform *map_transform_find(struct str name)
{
    for (size_t i = 0; i < ZS_COUNT(map_transforms); i++)
        if (str_eqz(name, map_transforms[i].name))
            return &map_transforms[i];
    return NULL;
}

/* ---- a rule's transforms ---- */

static bool unknown(struct map_compiler *c, const struct json *at, struct str name)
{
    const char *names[ZS_COUNT(map_transforms)];
    for (size_t i = 0; i < ZS_COUNT(map_transforms); i++)
        names[i] = map_transforms[i].name;
    const char *near = str_nearest(name, names, ZS_COUNT(names));
    if (near)
        return map_complain(c, at, "MAP-010", "there is no transform %.*s; did you mean %s",
                            STR_ARG(name), near);
    return map_complain(c, at, "MAP-010", "there is no transform %.*s", STR_ARG(name));
}

/* `upper`, or {pad: 8}. */
static bool compile_step(struct map_compiler *c, const struct json *v, struct map_step *out)
{
    const struct json *arg = json_is(v, JSON_OBJECT) && json_count(v) == 1 ? json_first(v) : NULL;
    struct str name = arg ? json_name(arg) : json_text(v);
    if (!arg && !json_is(v, JSON_STRING))
        return map_complain(c, v, "MAP-010", "a transform is a name or {name: argument}");
    out->t = map_transform_find(name);
    if (!out->t)
        return unknown(c, v, name);
    if (!arg && out->t->needs_arg)
        return map_complain(c, v, "MAP-011", "%s takes an argument: %s", out->t->name, out->t->arg);
    if (arg && !out->t->compile)
        return map_complain(c, v, "MAP-011", "%s takes no argument", out->t->name);
    return !out->t->compile || out->t->compile(c, arg, &out->args);
}

bool map_steps_compile(struct map_compiler *c, const struct json *transform, struct str lookup,
                       struct map_rule *out)
{
    bool list = json_is(transform, JSON_ARRAY), ok = true;
    size_t n = list ? json_count(transform) : transform ? 1 : 0;
    struct map_step *steps = arena_make(c->arena, struct map_step, n + 1);
    if (!steps)
        return map_no_room(c);
    const struct json *v = list ? json_first(transform) : transform;
    for (size_t i = 0; i < n; i++, v = list && v ? json_next(transform, v) : NULL) {
        ok = compile_step(c, v, &steps[i]) && ok;
        if (steps[i].t && steps[i].t->shape == SHAPE_JOIN)
            out->joins = true;
    }
    if (lookup.n) {
        steps[n].t = map_transform_find(STR("lookup"));
        ok = map_find_table(c, NULL, lookup, &steps[n].args.table) && ok;
        n++;
    }
    out->steps = steps;
    out->n_steps = n;
    return ok;
}

/* ---- the reference ---- */

static void example(const struct map_transform *t, const struct map_example *x, struct buf *b)
{
    buf_fmt(b, "| `%s` | ", x->in);
    if (x->arg)
        buf_fmt(b, "`{%s: %s}`", t->name, x->arg);
    else
        buf_fmt(b, "`%s`", t->name);
    if (x->out)
        buf_fmt(b, " | `%s` |\n", x->out);
    else
        buf_z(b, " | refused |\n");
}

void map_transforms_markdown(struct buf *b)
{
    for (size_t i = 0; i < ZS_COUNT(map_transforms); i++) {
        const struct map_transform *t = &map_transforms[i];
        buf_fmt(b, "### %s\n\n%s\n\n", t->name, t->doc);
        if (t->arg)
            buf_fmt(b, "Argument: `%s`\n\n", t->arg);
        if (!t->examples[0].in)
            continue;
        buf_z(b, "| value | transform | result |\n|---|---|---|\n");
        for (size_t k = 0; k < MAP_EXAMPLES_MAX && t->examples[k].in; k++)
            example(t, &t->examples[k], b);
        buf_char(b, '\n');
    }
}
