/*
 * Functions on whole collections: existence (5.1), subsets (5.3), combining (5.4), sorting.
 * Tests: fn_test.c
 */
#include "fhirpath/fn.h"

#include <stdlib.h>

/* ---- existence ---- */

enum rc fp_fn_empty(struct fp_machine *m, const struct fp_ins *i)
{
    return fp_give_bool(m, FP_ARITY(i), fp_input(m, i).n == 0);
}

enum rc fp_fn_exists(struct fp_machine *m, const struct fp_ins *i)
{
    return fp_give_bool(m, FP_ARITY(i), fp_input(m, i).n > 0);
}

enum rc fp_fn_not(struct fp_machine *m, const struct fp_ins *i)
{
    enum fp_truth t = FP_UNKNOWN;
    enum rc rc = fp_truth_of(m, i, fp_input(m, i), "the input of not()", &t);
    if (rc != RC_OK)
        return rc;
    return t == FP_UNKNOWN ? fp_give_empty(m, 1) : fp_give_bool(m, 1, t == FP_FALSE);
}

/* Is there an item equal to `wanted`? All items must be booleans. */
static enum rc has_boolean(struct fp_machine *m, const struct fp_ins *i, bool wanted, bool *out)
{
    struct fp_coll c = fp_input(m, i);
    *out = false;
    for (size_t k = 0; k < c.n; k++) {
        struct fp_value v;
        bool has = false;
        enum rc rc = fp_atom(m, &c.v[k], &v, &has);
        if (rc != RC_OK)
            return rc;
        if (has && v.type != FP_BOOLEAN)
            return fp_fail(m, i, RC_VALUE, "FP-103", "all items should be Booleans, one is %s",
                           fp_value_type_name(&v));
        *out = *out || (has && v.u.boolean == wanted);
    }
    return fp_spend(m, c.n);
}

static enum rc quantify(struct fp_machine *m, const struct fp_ins *i, bool wanted, bool negate)
{
    bool there = false;
    enum rc rc = has_boolean(m, i, wanted, &there);
    return rc == RC_OK ? fp_give_bool(m, 1, there != negate) : rc;
}

enum rc fp_fn_all_true(struct fp_machine *m, const struct fp_ins *i)
{
    return quantify(m, i, false, true);
}

enum rc fp_fn_any_true(struct fp_machine *m, const struct fp_ins *i)
{
    return quantify(m, i, true, false);
}

enum rc fp_fn_all_false(struct fp_machine *m, const struct fp_ins *i)
{
    return quantify(m, i, true, true);
}

enum rc fp_fn_any_false(struct fp_machine *m, const struct fp_ins *i)
{
    return quantify(m, i, false, false);
}

static enum rc is_subset(struct fp_machine *m, struct fp_coll small, struct fp_coll large,
                         bool *out)
{
    enum rc rc = RC_OK;
    *out = true;
    for (size_t k = 0; rc == RC_OK && *out && k < small.n; k++)
        rc = fp_contains(m, large, &small.v[k], out);
    return rc;
}

enum rc fp_fn_subset_of(struct fp_machine *m, const struct fp_ins *i)
{
    bool is = false;
    enum rc rc = is_subset(m, fp_input(m, i), fp_arg(m, i, 1), &is);
    return rc == RC_OK ? fp_give_bool(m, FP_ARITY(i), is) : rc;
}

enum rc fp_fn_superset_of(struct fp_machine *m, const struct fp_ins *i)
{
    bool is = false;
    enum rc rc = is_subset(m, fp_arg(m, i, 1), fp_input(m, i), &is);
    return rc == RC_OK ? fp_give_bool(m, FP_ARITY(i), is) : rc;
}

enum rc fp_fn_count(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value n = fp_int((int64_t)fp_input(m, i).n);
    return fp_give(m, 1, &n);
}

/* The distinct items of the input, appended above it; returns where they begin. */
static enum rc push_distinct(struct fp_machine *m, size_t *first)
{
    size_t begin = m->mark[m->n_marks - 1], end = m->n;
    struct fp_set set;
    enum rc rc = RC_OK;
    fp_set_init(&set, end);
    for (size_t k = begin; rc == RC_OK && k < end; k++) {
        bool added = false;
        rc = fp_set_add(m, &set, &m->v[k], &added);
    }
    *first = end;
    return rc;
}

enum rc fp_fn_distinct(struct fp_machine *m, const struct fp_ins *i)
{
    size_t first = 0;
    (void)i; /* equality has no place in the text */
    enum rc rc = push_distinct(m, &first);
    return rc == RC_OK ? fp_give_from(m, 1, first) : rc;
}

enum rc fp_fn_is_distinct(struct fp_machine *m, const struct fp_ins *i)
{
    size_t first = 0, n = fp_input(m, i).n;
    enum rc rc = push_distinct(m, &first);
    return rc == RC_OK ? fp_give_bool(m, 1, m->n - first == n) : rc;
}

/* ---- subsets ---- */

/* Items from..from+n-1 of the input are the result. */
static enum rc give_slice(struct fp_machine *m, const struct fp_ins *i, size_t from, size_t n)
{
    struct fp_coll c = fp_input(m, i);
    size_t base = m->mark[m->n_marks - FP_ARITY(i)];
    from = size_min(from, c.n);
    n = size_min(n, c.n - from);
    memmove(m->v + base, m->v + base + from, n * sizeof *m->v);
    m->n_marks -= i->argc;
    m->n = base + n;
    return RC_OK;
}

enum rc fp_fn_single(struct fp_machine *m, const struct fp_ins *i)
{
    size_t n = fp_input(m, i).n;
    if (n > 1)
        return fp_fail(m, i, RC_VALUE, "FP-101", "single() found %zu items", n);
    return RC_OK;
}

enum rc fp_fn_first(struct fp_machine *m, const struct fp_ins *i)
{
    return give_slice(m, i, 0, 1);
}

enum rc fp_fn_last(struct fp_machine *m, const struct fp_ins *i)
{
    size_t n = fp_input(m, i).n;
    return give_slice(m, i, n ? n - 1 : 0, 1);
}

enum rc fp_fn_tail(struct fp_machine *m, const struct fp_ins *i)
{
    return give_slice(m, i, 1, SIZE_MAX);
}

static enum rc count_arg(struct fp_machine *m, const struct fp_ins *i, size_t *out)
{
    int64_t n = 0;
    bool has = false;
    enum rc rc = fp_single_int(m, i, fp_arg(m, i, 1), "the number of items", &n, &has);
    *out = has && n > 0 ? (size_t)n : 0;
    return rc;
}

enum rc fp_fn_skip(struct fp_machine *m, const struct fp_ins *i)
{
    size_t n = 0;
    enum rc rc = count_arg(m, i, &n);
    return rc == RC_OK ? give_slice(m, i, n, SIZE_MAX) : rc;
}

enum rc fp_fn_take(struct fp_machine *m, const struct fp_ins *i)
{
    size_t n = 0;
    enum rc rc = count_arg(m, i, &n);
    return rc == RC_OK ? give_slice(m, i, 0, n) : rc;
}

/* ---- combining ---- */

/* Items of the input that are in the argument, each once; or that are not, as often as they come.
 */
enum rc fp_fn_intersect(struct fp_machine *m, const struct fp_ins *i)
{
    size_t first = m->n, n = fp_input(m, i).n, base = m->mark[m->n_marks - FP_ARITY(i)];
    size_t other = m->mark[m->n_marks - 1], n_other = first - other;
    struct fp_set set;
    enum rc rc = RC_OK;
    fp_set_init(&set, first);
    for (size_t k = 0; rc == RC_OK && k < n; k++) {
        bool in = false, added = false;
        rc = fp_contains(m, (struct fp_coll){ m->v + other, n_other }, &m->v[base + k], &in);
        if (rc == RC_OK && in)
            rc = fp_set_add(m, &set, &m->v[base + k], &added);
    }
    return rc == RC_OK ? fp_give_from(m, FP_ARITY(i), first) : rc;
}

enum rc fp_fn_exclude(struct fp_machine *m, const struct fp_ins *i)
{
    size_t n = fp_input(m, i).n, base = m->mark[m->n_marks - FP_ARITY(i)], out = base;
    struct fp_coll other = fp_arg(m, i, 1);
    for (size_t k = base; k < base + n; k++) {
        bool in = false;
        enum rc rc = fp_contains(m, other, &m->v[k], &in);
        if (rc != RC_OK)
            return rc;
        if (!in)
            m->v[out++] = m->v[k];
    }
    m->n_marks -= i->argc;
    m->n = out;
    return RC_OK;
}

enum rc fp_fn_combine(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* input and argument lie side by side: forget the border */
    m->n_marks--;
    return RC_OK;
}

/* ---- sort([key, …]) ---- */

struct sorting {
    struct fp_machine *m;
    const struct fp_ins *i;
    const struct fp_value *keys; /* n for each key */
    size_t n;
    enum rc rc;
};

/* Nothing comes first, whatever the direction. */
static int cmp_key(struct sorting *s, const struct fp_value *a, const struct fp_value *b,
                   bool descending)
{
    int order = 0;
    bool known = false;
    if (a->type == FP_NONE || b->type == FP_NONE)
        return (a->type != FP_NONE) - (b->type != FP_NONE);
    enum rc rc = fp_order(s->m, s->i, a, b, &order, &known);
    if (rc != RC_OK)
        s->rc = rc;
    if (rc != RC_OK || !known)
        return 0;
    return descending ? -order : order;
}

static int cmp_items(const void *pa, const void *pb, void *ctx)
{
    struct sorting *s = ctx;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    unsigned n_keys = s->i->argc ? s->i->argc : 1;
    for (unsigned k = 0; s->rc == RC_OK && k < n_keys; k++) {
        int order =
            cmp_key(s, &s->keys[k * s->n + a], &s->keys[k * s->n + b], s->i->target >> k & 1u);
        if (order != 0)
            return order;
    }
    return a < b ? -1 : a > b; /* equal ones keep their order */
}

/* Without a key, items sort by themselves. */
static enum rc atoms(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                     const struct fp_value **out)
{
    struct fp_value *v = arena_make(m->a, struct fp_value, c.n);
    if (!v)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory for sort()");
    for (size_t k = 0; k < c.n; k++) {
        bool has = false;
        enum rc rc = fp_single(m, i, (struct fp_coll){ &c.v[k], 1 }, "an item", &v[k], &has);
        if (rc != RC_OK)
            return rc;
        if (!has)
            v[k].type = FP_NONE;
    }
    *out = v;
    return RC_OK;
}

enum rc fp_fn_sort(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_coll c = fp_input(m, i);
    size_t base = m->mark[m->n_marks - FP_ARITY(i)];
    if (c.n < 2)
        return give_slice(m, i, 0, c.n);
    struct sorting s = { .m = m, .i = i, .keys = c.v + c.n, .n = c.n };
    uint32_t *order = arena_make(m->a, uint32_t, c.n);
    struct fp_value *sorted = arena_make(m->a, struct fp_value, c.n);
    if (!order || !sorted)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory for sort()");
    enum rc rc = i->argc == 0 ? atoms(m, i, c, &s.keys) : RC_OK;
    if (rc == RC_OK)
        rc = fp_spend(m, c.n * 16);
    if (rc != RC_OK)
        return rc;
    for (size_t k = 0; k < c.n; k++)
        order[k] = (uint32_t)k;
    qsort_r(order, c.n, sizeof *order, cmp_items, &s);
    for (size_t k = 0; k < c.n; k++)
        sorted[k] = m->v[base + order[k]];
    memcpy(m->v + base, sorted, c.n * sizeof *sorted);
    return s.rc == RC_OK ? give_slice(m, i, 0, c.n) : s.rc;
}
