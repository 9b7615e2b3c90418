/*
 * The official FHIRPath R4 suite (../shared/data/fhirpath-official), where it is there.
 *
 * Run without the FHIR type system: what needs it is listed by group, and the number that passes is
 * held by a floor. Lines of the index: group, name, input, mode, expected error, predicate,
 * ordered, number of outputs, outputs, expression.
 */
#include "fhirpath/doc_json.h"
#include "fhirpath/fhirpath.h"

#include "tests/lib/t.h"

#include <stdio.h>
#include <stdlib.h>

#define FLOOR     813
#define COLUMNS   10
#define ARENA_MAX (64 * 1024 * 1024)
#define NOW_MS    INT64_C(1760000000000)

enum { GROUP, NAME, INPUT, MODE, ERROR, PREDICATE, ORDERED, N_OUT, OUT, EXPR };

static struct str unescape(struct arena *a, struct str s)
{
    static const char from[] = "ntr\\", to[] = "\n\t\r\\";
    struct buf b;
    buf_init_arena(&b, a, s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] == '\\' && i + 1 < s.n ? strchr(from, s.p[i + 1]) : NULL;
        buf_char(&b, at ? to[at - from] : s.p[i]);
        i += at != NULL;
    }
    return buf_view(&b);
}

static const struct json *input(struct arena *a, struct str name)
{
    char path[256];
    size_t dot = str_chr(name, '.', 0);
    if (name.n == 0)
        return NULL;
    (void)snprintf(path, sizeof path, "fhirpath-official/input-json/%.*s.json",
                   (int)(dot == SIZE_MAX ? name.n : dot), name.p);
    struct json *doc = NULL;
    struct err e;
    struct str text = t_data(path);
    if (str_is_null(text) || json_parse(text, &json_default_limits, a, &doc, &e) != RC_OK)
        return NULL;
    return doc;
}

/* A value as the suite writes it: dates with an @, times with @T. */
static struct str shown(struct arena *a, const struct fp_value *v, struct str wanted)
{
    struct str text = STR("?");
    struct err e;
    if (fp_value_text(v, a, &text, &e) != RC_OK)
        return STR("(element)");
    struct buf b;
    buf_init_arena(&b, a, text.n + 3);
    if (wanted.n && wanted.p[0] == '@')
        buf_z(&b, wanted.n > 1 && wanted.p[1] == 'T' ? "@T" : "@");
    buf_str(&b, text);
    return buf_view(&b);
}

static bool outputs_match(struct arena *a, struct fp_coll got, struct str *col)
{
    struct str rest = unescape(a, col[OUT]), piece;
    size_t n = strtoul(arena_z(a, col[N_OUT]), NULL, 10);
    if (str_eqz(col[PREDICATE], "true")) {
        bool b = got.n == 1 && got.v[0].type == FP_BOOLEAN ? got.v[0].u.boolean : got.n > 0;
        return str_ends(rest, b ? STR("true") : STR("false"));
    }
    if (got.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (n == 1)
            piece = rest;
        else if (!str_split(&rest, ';', &piece))
            return false;
        struct str want = str_from(piece, str_chr(piece, '=', 0) + 1);
        if (!str_eq(shown(a, &got.v[i], want), want))
            return false;
    }
    return true;
}

static bool passes(struct arena *a, struct str *col, struct err *e)
{
    const struct fp_expr *x = NULL;
    struct fp_coll got = { 0 };
    const struct json *doc = input(a, col[INPUT]);
    struct doc_node root = doc ? doc_json(doc) : (struct doc_node){ 0 };
    const struct fp_env env = { .now_ms = NOW_MS };
    const struct fp_options opt = { .syntax = &doc_json_syntax };
    e->text[0] = '\0';
    enum rc rc = fhirpath_compile(unescape(a, col[EXPR]), &opt, a, &x, e);
    if (rc == RC_OK)
        rc = fhirpath_eval(x, root, &env, a, &got, e);
    if (col[ERROR].n)
        return rc != RC_OK;
    return rc == RC_OK && outputs_match(a, got, col);
}

static void official(void **state)
{
    (void)state;
    struct str text = t_data("fhirpath-official/index.tsv"), line;
    if (str_is_null(text))
        T_SKIP("the conformance data is not there");
    size_t n = 0, n_pass = 0;
    bool verbose = getenv("ZS_VERBOSE") != NULL;
    T_TRUE(str_split(&text, '\n', &line));
    while (str_split(&text, '\n', &line) && line.n) {
        struct arena *a = arena_new("official", 0, ARENA_MAX);
        struct str col[COLUMNS];
        struct err e = { 0 };
        for (size_t i = 0; i < COLUMNS; i++)
            T_TRUE(str_split(&line, '\t', &col[i]));
        bool ok = passes(a, col, &e);
        n++;
        n_pass += ok;
        if (!ok && verbose)
            printf("%.*s %.*s: %.*s | %s\n", STR_ARG(col[GROUP]), STR_ARG(col[NAME]),
                   STR_ARG(col[EXPR]), e.text);
        arena_free(&a);
    }
    printf("official suite: %zu of %zu\n", n_pass, n);
    T_TRUE(n_pass >= FLOOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(official) };
    return T_RUN(tests);
}
