/*
 * The value stack and its marks: growth under the limit, results put in place of arguments, the
 * budget of work, and the reading of single values. Tests: eval_test.c
 */
#include "fhirpath/fp_int.h"

enum rc fp_spend(struct fp_machine *m, size_t n)
{
    if (m->steps < n) {
        m->steps = 0;
        return err_set(m->e, RC_LIMIT, "FP-204",
                       "the expression needs more steps than it may take");
    }
    m->steps -= n;
    return RC_OK;
}

enum rc fp_push_slow(struct fp_machine *m, const struct fp_value *v)
{
    struct fp_value kept = *v; /* v may lie in the stack */
    if (m->cap >= m->limits->results)
        return err_set(m->e, RC_LIMIT, "FP-203", "more than %zu values at once",
                       m->limits->results);
    size_t cap = size_min(m->cap * 2, m->limits->results);
    struct fp_value *p = arena_raw(m->a, cap * sizeof *p);
    if (!p)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory for the values of this expression");
    memcpy(p, m->v, m->n * sizeof *p);
    m->v = p;
    m->cap = cap;
    m->v[m->n++] = kept;
    return RC_OK;
}

void fp_drop(struct fp_machine *m, size_t k)
{
    m->n_marks -= k;
    m->n = m->mark[m->n_marks];
}

enum rc fp_give_empty(struct fp_machine *m, size_t k)
{
    fp_drop(m, k);
    m->n_marks++;
    return RC_OK;
}

enum rc fp_give(struct fp_machine *m, size_t k, const struct fp_value *v)
{
    struct fp_value kept = *v; /* v may lie in what is dropped */
    fp_drop(m, k);
    m->n_marks++;
    return fp_push(m, &kept);
}

enum rc fp_give_bool(struct fp_machine *m, size_t k, bool b)
{
    struct fp_value v = fp_bool(b);
    return fp_give(m, k, &v);
}

enum rc fp_give_str(struct fp_machine *m, size_t k, struct str s)
{
    struct fp_value v = fp_str(s);
    return fp_give(m, k, &v);
}

enum rc fp_give_from(struct fp_machine *m, size_t k, size_t first)
{
    size_t base = m->mark[m->n_marks - k], n = m->n - first;
    memmove(m->v + base, m->v + first, n * sizeof *m->v);
    m->n = base + n;
    m->n_marks -= k - 1;
    return RC_OK;
}

/* ---- single values ---- */

enum rc fp_single(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c, const char *what,
                  struct fp_value *out, bool *has)
{
    *has = false;
    if (c.n == 0)
        return RC_OK;
    if (c.n > 1)
        return fp_fail(m, i, RC_VALUE, "FP-101", "%s has %zu items where one is needed", what, c.n);
    return fp_atom(m, c.v, out, has);
}

enum rc fp_single_str(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                      const char *what, struct str *out, bool *has)
{
    struct fp_value v;
    enum rc rc = fp_single(m, i, c, what, &v, has);
    if (rc != RC_OK || !*has)
        return rc;
    if (v.type != FP_STRING)
        return fp_fail(m, i, RC_VALUE, "FP-103", "%s should be a String, it is %s", what,
                       fp_value_type_name(&v));
    *out = v.u.string;
    return RC_OK;
}

enum rc fp_single_int(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                      const char *what, int64_t *out, bool *has)
{
    struct fp_value v;
    struct decimal d;
    enum rc rc = fp_single(m, i, c, what, &v, has);
    if (rc != RC_OK || !*has)
        return rc;
    if (v.type == FP_INTEGER) {
        *out = v.u.integer;
        return RC_OK;
    }
    if (v.type == FP_STRING && v.origin == FP_FROM_TEXT && decimal_parse(v.u.string, &d) &&
        decimal_to_int(&d, out))
        return RC_OK;
    return fp_fail(m, i, RC_VALUE, "FP-103", "%s should be an Integer, it is %s", what,
                   fp_value_type_name(&v));
}

enum rc fp_truth_of(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                    const char *what, enum fp_truth *out)
{
    struct fp_value v;
    bool has = false;
    enum rc rc = fp_single(m, i, c, what, &v, &has);
    if (rc != RC_OK)
        return rc;
    *out = !has ? FP_UNKNOWN : v.type == FP_BOOLEAN && !v.u.boolean ? FP_FALSE : FP_TRUE;
    return RC_OK;
}

/* ---- text of computed strings ---- */

void fp_buf_init(struct fp_machine *m, struct buf *b)
{
    buf_init_arena(b, m->a, m->limits->string);
}

enum rc fp_buf_str(struct fp_machine *m, const struct fp_ins *i, const struct buf *b,
                   struct str *out)
{
    if (b->failed == RC_LIMIT)
        return fp_fail(m, i, RC_LIMIT, "FP-205", "a text over %zu bytes", m->limits->string);
    if (b->failed != RC_OK)
        return fp_fail(m, i, RC_NOMEM, "FP-207", "no memory for a text");
    *out = b->n ? buf_view(b) : STR("");
    return fp_spend(m, b->n / 64);
}
