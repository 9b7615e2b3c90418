/*
 * Compiling: the grammar's shapes, every error with its id and place, hints, limits, native paths,
 * and that nothing is kept of the text it was compiled from.
 */
#include "fhirpath/fp_test.h"

#include "base/alloc.h"

static const struct fp_row wrong[] = {
    { "", "!FP-004@0" },
    { "  // nothing but a comment", "!FP-004@26" },
    { "1 +", "!FP-004@3" },
    { "+ * 1", "!FP-004@2" },
    { "1 2", "!FP-004@2" },
    { "a b", "!FP-004@2" },
    { "a.", "!FP-004@2" },
    { "a.1", "!FP-004@2" },
    { ".a", "!FP-004@0" },
    { "a..b", "!FP-004@2" },
    { "and true", "!FP-004@0" },
    { "true and", "!FP-004@8" },
    { "1 = = 2", "!FP-004@4" },
    { "()", "!FP-004@1" },
    { "(1", "!FP-005@0" },
    { "1)", "!FP-005@1" },
    { "a[1", "!FP-005@1" },
    { "a[1)", "!FP-005@3" },
    { "(1]", "!FP-005@2" },
    { "a.where(b", "!FP-005@2" },
    { "1, 2", "!FP-004@1" },
    { "(1, 2)", "!FP-004@2" },
    { "{1}", "!FP-004@1" },
    { "{", "!FP-004@1" },
    { "$that", "!FP-004@0" },
    { "a.$this", "!FP-004@2" },
    { "#", "!FP-001@0" },
    { "\"a\"", "!FP-001@0" },
    { "a \xff b", "!FP-001@2" },
    { "'abc", "!FP-002@0" },
    { "'abc\\'", "!FP-002@0" },
    { "`abc", "!FP-002@0" },
    { "1 /* never closed", "!FP-002@2" },
    { "'\\q'", "!FP-003@1" },
    { "'\\u12'", "!FP-003@1" },
    { "'\\ud800'", "!FP-003@1" },
    { "``", "!FP-004@0" },
    { "@2012-13", "!FP-006@0" },
    { "@2012-02-30", "!FP-006@0" },
    { "@T25:00", "!FP-006@0" },
    { "@", "!FP-006@0" },
    { "1234567890123456789012345678901234567", "!FP-006@0" },
    { "a.wher(b)", "!FP-007@2" },
    { "a.first(1)", "!FP-008@2" },
    { "a.where()", "!FP-008@2" },
    { "a.where(b, c)", "!FP-008@2" },
    { "a.iif(b)", "!FP-008@2" },
    { "a.ofType()", "!FP-008@2" },
    { "a.ofType(B, C)", "!FP-008@2" },
    { "a.take()", "!FP-008@2" },
    { "a.take(1,)", "!FP-008@2" },
    { "a.substring(1,)", "!FP-004@14" },
    { "%nope", "!FP-009@0" },
    { "%", "!FP-004@1" },
    { "%(1)", "!FP-004@1" },
    { "a is 1", "!FP-004@5" },
    { "a is", "!FP-004@4" },
    { "a.is(B.)", "!FP-004@7" },
    { "`a[x`", "!FP-011@3" },
    { "a.conformsTo('x')", "!FP-013@2" },
    { "resolve()", "!FP-013@0" },
};

static void mistakes_have_places(void **state)
{
    (void)state;
    fp_rows(wrong, ZS_COUNT(wrong), NULL);
}

static const char doc[] =
    "{\"is\":1,\"as\":2,\"contains\":3,\"in\":4,\"div\":5,\"day\":6,\"a.b\":7,"
    "\"a\":{\"b\":8,\"c\":[9,10]},\"odd name\":11}";

static const struct fp_row shapes[] = {
    { "is + as + contains + in", "[10]" },
    { "$this.div", "[5]" },
    { "day", "[6]" },
    { "`odd name`", "[11]" },
    { "`day` + `day`", "[12]" },
    { "a.`b`", "[8]" },
    { "`a.b`", "[7]" },     /* a member of that very name comes first */
    { "`a.c[1]`", "[10]" }, /* else it is a path */
    { "a.`/c/0`", "[9]" },
    { "`/a/c`", "[9,10]" },
    { "`/a/x`", "[]" },
    { "1// to the end\n+ 1", "[2]" },
    { "1/* between */+ 1", "[2]" },
    { "'\\u00e4\\ud83d\\ude00\\t\\'\\`\\/'", "[\"\xc3\xa4\xf0\x9f\x98\x80\\t'`/\"]" },
    { "((((1))))", "[1]" },
    { "(1).is(Integer)", "[true]" },
    { "1 'mg' | 2 days", "[{\"value\":1,\"unit\":\"mg\"},{\"value\":2,\"unit\":\"day\"}]" },
    { "a.where ( b = 8 ) . b", "[8]" },
    { "@2015T is DateTime", "[true]" },
    { "@2015-02-04T14 is DateTime", "[true]" },
    { "@T14.toString()", "[\"14:00\"]" },
    { "{}", "[]" },
    { "$index", "[]" },
    { "-a.b", "[-8]" },
    { "a.select(b = 8 and c.count() = 2)", "[true]" },
};

static void grammar(void **state)
{
    (void)state;
    fp_rows(shapes, ZS_COUNT(shapes), doc);
}

static void errors_say_what_to_do(void **state)
{
    static const struct {
        const char *expr, *text;
        unsigned line, column;
    } rows[] = {
        { "a.\nwher(x)", "there is no function wher(); did you mean where()", 2, 1 },
        { "a.frobnicate()", "there is no function frobnicate()", 1, 3 },
        { "%patien", "there is no variable %patien; did you mean %patient", 1, 1 },
        { "a.substring()", "substring() takes 1 to 2 arguments", 1, 3 },
        { "a.first(1)", "first() takes 0 arguments", 1, 3 },
        { "1 +", "the expression ends where a value should stand", 1, 4 },
        { "a b", "an operator should stand here", 1, 3 },
        { "a.resolve()", "resolve() belongs to the language but is not available in this version",
          1, 3 },
        { "a.matches('[')",
          "bad regular expression at character 2: missing terminating ] for character class", 1,
          3 },
    };
    static const char *const vars[] = { "patient" };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fp_trial t = fp_trial();
        T_ROW(rows[i].expr);
        t.opt.vars = vars;
        t.opt.n_vars = 1;
        T_TRUE(fp_trial_run(&t, rows[i].expr, NULL) != RC_OK);
        T_EQ_Z(t.e.text, rows[i].text);
        T_EQ_INT(t.e.line, rows[i].line);
        T_EQ_INT(t.e.column, rows[i].column);
        arena_free(&t.arena);
    }
}

/* Nesting of every kind, up to the limit and one more. */
static void nesting_has_a_limit(void **state)
{
    static const char *const open[] = {
        "(", "-", "a[", "iif(true,", "a.where(", "1+(", "true and ("
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(open); i++) {
        struct fp_limits limits = fp_limits_default;
        struct fp_trial t = fp_trial();
        struct buf b;
        T_ROW(open[i]);
        limits.depth = 20;
        t.opt.limits = &limits;
        buf_init_arena(&b, t.arena, 16384);
        for (unsigned k = 0; k < 1000; k++)
            buf_z(&b, open[i]);
        T_EQ_INT(fp_trial_run(&t, buf_cstr(&b), NULL), RC_LIMIT);
        T_EQ_Z(t.e.id, "FP-202");
        arena_free(&t.arena);
    }
}

static void text_has_a_limit(void **state)
{
    struct fp_limits limits = fp_limits_default;
    struct fp_trial t = fp_trial();
    (void)state;
    limits.text = 5;
    t.opt.limits = &limits;
    T_OK(fp_trial_run(&t, "1 + 1", NULL), &t.e);
    T_EQ_INT(fp_trial_run(&t, "1 + 11", NULL), RC_LIMIT);
    T_EQ_Z(t.e.id, "FP-201");
    arena_free(&t.arena);
}

static void nothing_of_the_text_is_kept(void **state)
{
    static const char source[] =
        "name.where(use = 'official' and `a.b` = 1 and 4 'mg' > 3 'mg').matches('x+') is String";
    struct fp_trial t = fp_trial();
    const struct fp_expr *x = NULL;
    char text[sizeof source];
    (void)state;
    memcpy(text, source, sizeof source);
    T_OK(fhirpath_compile(str_z(text), &t.opt, t.arena, &x, &t.e), &t.e);
    memset(text, '?', sizeof text);
    T_EQ_STR(fhirpath_text(x), source);
    struct json *v = NULL;
    T_OK(json_parse(STR("{\"name\":{\"use\":\"official\",\"a.b\":1}}"), &json_default_limits,
                    t.arena, &v, &t.e),
         &t.e);
    T_EQ_INT(fhirpath_eval(x, doc_json(v), NULL, t.arena, &t.found, &t.e), RC_VALUE);
    T_EQ_Z(t.e.id, "FP-103");
    arena_free(&t.arena);
}

static void memory_runs_out(void **state)
{
    (void)state;
    for (size_t limit = 256;; limit += 128) {
        const struct fp_expr *x = NULL;
        struct err e = { 0 };
        struct arena *a = arena_new("small", 128, limit);
        T_TRUE(a != NULL && limit < 100000);
        enum rc rc = fhirpath_compile(
            STR("a.where(b = 'c' or d.matches('[a-z]+')).iif(x, %ucum, 4 'mg') | `odd`"), NULL, a,
            &x, &e);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        arena_free(&a);
        if (rc == RC_OK)
            return;
        T_EQ_Z(e.id, "FP-207");
    }
}

static void the_allocator_fails(void **state)
{
    bool failed = true;
    (void)state;
    for (size_t k = 1; failed; k++) {
        struct arena *a = arena_new("walk", 0, FP_TEST_ARENA);
        const struct fp_expr *x = NULL;
        struct err e = { 0 };
        T_TRUE(a != NULL && k < 100);
        mem_fail_at(k);
        enum rc rc = fhirpath_compile(STR("a.select(b.c | d).first()"), NULL, a, &x, &e);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_EQ_INT(rc, failed ? RC_NOMEM : RC_OK);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(mistakes_have_places),  T_TEST(grammar),
        T_TEST(errors_say_what_to_do), T_TEST(nesting_has_a_limit),
        T_TEST(text_has_a_limit),      T_TEST(nothing_of_the_text_is_kept),
        T_TEST(memory_runs_out),       T_TEST(the_allocator_fails),
    };
    return T_RUN(tests);
}
