/*
 * For the tests of this folder: an expression evaluated on JSON text, its results as JSON, or the
 * id and place of its error.
 */
#ifndef ZS_FHIRPATH_FP_TEST_H
#define ZS_FHIRPATH_FP_TEST_H

#include "fhirpath/doc_json.h"
#include "fhirpath/fhirpath.h"
#include "fhirpath/result.h"

#include "tests/lib/t.h"

#define FP_TEST_ARENA ((size_t)64 << 20)
#define FP_TEST_NOW   INT64_C(1715941815678) /* 2024-05-17T10:30:15.678Z */

struct fp_trial {
    struct arena *arena;
    struct err e;
    struct fp_coll found;
    struct fp_options opt;
    struct fp_env env;
};

static inline struct fp_trial fp_trial(void)
{
    struct fp_trial t = { .arena = arena_new("trial", 0, FP_TEST_ARENA),
                          .opt = { .syntax = &doc_json_syntax },
                          .env = { .now_ms = FP_TEST_NOW, .offset_min = 120 } };
    T_TRUE(t.arena != NULL);
    return t;
}

static inline enum rc fp_trial_run(struct fp_trial *t, const char *expr, const char *doc)
{
    const struct fp_expr *x = NULL;
    struct json *v = NULL;
    struct doc_node n = { 0 };
    if (doc) {
        T_OK(json_parse(str_z(doc), &json_default_limits, t->arena, &v, &t->e), &t->e);
        n = doc_json(v);
    }
    enum rc rc = fhirpath_compile(str_z(expr), &t->opt, t->arena, &x, &t->e);
    return rc == RC_OK ? fhirpath_eval(x, n, &t->env, t->arena, &t->found, &t->e) : rc;
}

static inline struct str fp_trial_json(struct fp_trial *t)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, t->arena, 1 << 20);
    jw_init(&w, &b, JSON_COMPACT);
    jw_array(&w);
    for (size_t i = 0; i < t->found.n; i++)
        T_OK(fp_result_write(&w, &t->found.v[i], t->arena, &t->e), &t->e);
    jw_end(&w);
    T_OK(jw_done(&w, &t->e), &t->e);
    return buf_view(&b);
}

/* A row: what comes out as JSON, or "!ID" for an error, "!ID@12" with its place. */
struct fp_row {
    const char *expr;
    const char *out;
};

static inline struct str fp_row_got(struct fp_trial *t, const struct fp_row *row, const char *doc)
{
    struct buf b;
    if (fp_trial_run(t, row->expr, doc) == RC_OK)
        return fp_trial_json(t);
    buf_init_arena(&b, t->arena, 64);
    buf_fmt(&b, "!%s", t->e.id);
    if (strchr(row->out, '@'))
        buf_fmt(&b, "@%zu", t->e.pos);
    return buf_view(&b);
}

static inline void fp_rows(const struct fp_row *rows, size_t n, const char *doc)
{
    for (size_t i = 0; i < n; i++) {
        struct fp_trial t = fp_trial();
        T_ROW(rows[i].expr);
        T_EQ_STR(fp_row_got(&t, &rows[i], doc), rows[i].out);
        arena_free(&t.arena);
    }
}

#endif
