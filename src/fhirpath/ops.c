/*
 * The binary operators (FHIRPath N1 chapter 6), as a table with their precedence, and what each
 * does with [left][right] on top of the stack. Tests: ops_test.c
 */
#include "fhirpath/fp_int.h"

#define BOTH 2 /* operands on the stack */

/* ---- logic (6.5): three values, the empty collection is the third ---- */

static enum rc both_truths(struct fp_machine *m, const struct fp_ins *i, enum fp_truth *l,
                           enum fp_truth *r)
{
    enum rc rc = fp_truth_of(m, i, fp_at(m, 1), "the left operand", l);
    return rc == RC_OK ? fp_truth_of(m, i, fp_at(m, 0), "the right operand", r) : rc;
}

static enum rc logic(struct fp_machine *m, const struct fp_ins *i, const enum fp_truth table[3][3])
{
    enum fp_truth l = FP_UNKNOWN, r = FP_UNKNOWN;
    enum rc rc = both_truths(m, i, &l, &r);
    if (rc != RC_OK)
        return rc;
    enum fp_truth t = table[l][r];
    return t == FP_UNKNOWN ? fp_give_empty(m, BOTH) : fp_give_bool(m, BOTH, t == FP_TRUE);
}

/* Rows and columns: false, true, unknown. */
static enum rc op_and(struct fp_machine *m, const struct fp_ins *i)
{
    static const enum fp_truth table[3][3] = { { FP_FALSE, FP_FALSE, FP_FALSE },
                                               { FP_FALSE, FP_TRUE, FP_UNKNOWN },
                                               { FP_FALSE, FP_UNKNOWN, FP_UNKNOWN } };
    return logic(m, i, table);
}

static enum rc op_or(struct fp_machine *m, const struct fp_ins *i)
{
    static const enum fp_truth table[3][3] = { { FP_FALSE, FP_TRUE, FP_UNKNOWN },
                                               { FP_TRUE, FP_TRUE, FP_TRUE },
                                               { FP_UNKNOWN, FP_TRUE, FP_UNKNOWN } };
    return logic(m, i, table);
}

static enum rc op_xor(struct fp_machine *m, const struct fp_ins *i)
{
    static const enum fp_truth table[3][3] = { { FP_FALSE, FP_TRUE, FP_UNKNOWN },
                                               { FP_TRUE, FP_FALSE, FP_UNKNOWN },
                                               { FP_UNKNOWN, FP_UNKNOWN, FP_UNKNOWN } };
    return logic(m, i, table);
}

static enum rc op_implies(struct fp_machine *m, const struct fp_ins *i)
{
    static const enum fp_truth table[3][3] = { { FP_TRUE, FP_TRUE, FP_TRUE },
                                               { FP_FALSE, FP_TRUE, FP_UNKNOWN },
                                               { FP_UNKNOWN, FP_TRUE, FP_UNKNOWN } };
    return logic(m, i, table);
}

/* ---- equality (6.1) ---- */

static enum rc equality(struct fp_machine *m, bool negate)
{
    struct fp_coll l = fp_at(m, 1), r = fp_at(m, 0);
    enum rc rc = RC_OK;
    if (l.n == 0 || r.n == 0)
        return fp_give_empty(m, BOTH);
    enum fp_truth t = fp_equal_all(m, l, r, &rc);
    if (rc != RC_OK)
        return rc;
    return t == FP_UNKNOWN ? fp_give_empty(m, BOTH)
                           : fp_give_bool(m, BOTH, (t == FP_TRUE) != negate);
}

static enum rc op_equal(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* cannot fail at a place */
    return equality(m, false);
}

static enum rc op_not_equal(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* cannot fail at a place */
    return equality(m, true);
}

/* In any order: each of l has a partner of its own in r. */
static enum rc partners(struct fp_machine *m, struct fp_coll l, struct fp_coll r, bool *out)
{
    enum rc rc = fp_spend(m, l.n + r.n);
    bool *taken = rc == RC_OK ? arena_zero(m->a, r.n) : NULL;
    if (rc == RC_OK && !taken)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory to compare collections");
    *out = true;
    for (size_t i = 0; rc == RC_OK && *out && i < l.n; i++) {
        bool found = false;
        rc = fp_spend(m, r.n);
        for (size_t k = 0; rc == RC_OK && !found && k < r.n; k++) {
            if (taken[k] || !fp_equivalent(m, &l.v[i], &r.v[k], &rc))
                continue;
            taken[k] = true;
            found = true;
        }
        *out = found;
    }
    return rc;
}

static enum rc equivalence(struct fp_machine *m, bool negate)
{
    struct fp_coll l = fp_at(m, 1), r = fp_at(m, 0);
    bool same = l.n == r.n;
    enum rc rc = same && l.n ? partners(m, l, r, &same) : RC_OK;
    return rc == RC_OK ? fp_give_bool(m, BOTH, same != negate) : rc;
}

static enum rc op_equivalent(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* cannot fail at a place */
    return equivalence(m, false);
}

static enum rc op_not_equivalent(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* cannot fail at a place */
    return equivalence(m, true);
}

/* ---- order (6.2) ---- */

static enum rc both_singles(struct fp_machine *m, const struct fp_ins *i, struct fp_value *l,
                            struct fp_value *r, bool *has)
{
    bool has_r = false;
    enum rc rc = fp_single(m, i, fp_at(m, 1), "the left operand", l, has);
    if (rc == RC_OK)
        rc = fp_single(m, i, fp_at(m, 0), "the right operand", r, &has_r);
    *has = *has && has_r;
    return rc;
}

static enum rc order(struct fp_machine *m, const struct fp_ins *i, int *o, bool *known)
{
    struct fp_value l, r;
    enum rc rc = both_singles(m, i, &l, &r, known);
    return rc == RC_OK && *known ? fp_order(m, i, &l, &r, o, known) : rc;
}

static enum rc compare(struct fp_machine *m, const struct fp_ins *i)
{
    int o = 0;
    bool known = false;
    enum rc rc = order(m, i, &o, &known);
    if (rc != RC_OK)
        return rc;
    if (!known)
        return fp_give_empty(m, BOTH);
    bool less = i->x == FP_B_LESS || i->x == FP_B_LESS_EQUAL;
    bool or_equal = i->x == FP_B_LESS_EQUAL || i->x == FP_B_GREATER_EQUAL;
    return fp_give_bool(m, BOTH, o == 0 ? or_equal : (o < 0) == less);
}

/* ---- collections (6.4) ---- */

static enum rc membership(struct fp_machine *m, const struct fp_ins *i, struct fp_coll item,
                          struct fp_coll all)
{
    bool found = false;
    if (item.n == 0)
        return fp_give_empty(m, BOTH);
    if (item.n > 1)
        return fp_fail(m, i, RC_VALUE, "FP-101", "%s looks for one item, here are %zu",
                       fp_binary_ops[i->x].text, item.n);
    enum rc rc = fp_contains(m, all, item.v, &found);
    return rc == RC_OK ? fp_give_bool(m, BOTH, found) : rc;
}

static enum rc op_in(struct fp_machine *m, const struct fp_ins *i)
{
    return membership(m, i, fp_at(m, 1), fp_at(m, 0));
}

static enum rc op_contains(struct fp_machine *m, const struct fp_ins *i)
{
    return membership(m, i, fp_at(m, 0), fp_at(m, 1));
}

enum rc fp_op_union(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* cannot fail at a place */
    size_t first = m->mark[m->n_marks - BOTH], end = m->n;
    struct fp_set set;
    enum rc rc = RC_OK;
    fp_set_init(&set, end);
    for (size_t k = first; rc == RC_OK && k < end; k++) {
        bool added = false;
        rc = fp_set_add(m, &set, &m->v[k], &added);
    }
    return rc == RC_OK ? fp_give_from(m, BOTH, end) : rc;
}

/* & (6.6.9): nothing counts as the empty text; other primitives as their text. */
static enum rc op_concat(struct fp_machine *m, const struct fp_ins *i)
{
    static const char *const what[] = { "the right operand", "the left operand" };
    struct str text[BOTH] = { STR_INIT(""), STR_INIT("") }, all;
    for (size_t k = 0; k < BOTH; k++) {
        struct fp_value v;
        bool has = false;
        enum rc rc = fp_single(m, i, fp_at(m, k), what[k], &v, &has);
        if (rc == RC_OK && has)
            rc = fp_value_text(&v, m->a, &text[k], m->e);
        if (rc != RC_OK)
            return rc;
    }
    struct buf b;
    fp_buf_init(m, &b);
    buf_str(&b, text[1]);
    buf_str(&b, text[0]);
    enum rc rc = fp_buf_str(m, i, &b, &all);
    return rc == RC_OK ? fp_give_str(m, BOTH, all) : rc;
}

/* ---- arithmetic: arith.c ---- */

static enum rc arithmetic(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value l, r, out;
    bool has = false;
    enum rc rc = both_singles(m, i, &l, &r, &has);
    if (rc == RC_OK && has)
        rc = fp_arith(m, i, &l, &r, &out, &has);
    if (rc != RC_OK)
        return rc;
    return has ? fp_give(m, BOTH, &out) : fp_give_empty(m, BOTH);
}

const struct fp_binary_op fp_binary_ops[FP_N_BINARY] = {
    [FP_B_IMPLIES] = { "implies", 1, true, op_implies },
    [FP_B_OR] = { "or", 2, true, op_or },
    [FP_B_XOR] = { "xor", 2, false, op_xor },
    [FP_B_AND] = { "and", 3, true, op_and },
    [FP_B_IN] = { "in", 4, false, op_in },
    [FP_B_CONTAINS] = { "contains", 4, false, op_contains },
    [FP_B_EQUAL] = { "=", 5, false, op_equal },
    [FP_B_EQUIVALENT] = { "~", 5, false, op_equivalent },
    [FP_B_NOT_EQUAL] = { "!=", 5, false, op_not_equal },
    [FP_B_NOT_EQUIVALENT] = { "!~", 5, false, op_not_equivalent },
    [FP_B_LESS] = { "<", 6, false, compare },
    [FP_B_GREATER] = { ">", 6, false, compare },
    [FP_B_LESS_EQUAL] = { "<=", 6, false, compare },
    [FP_B_GREATER_EQUAL] = { ">=", 6, false, compare },
    [FP_B_UNION] = { "|", 7, false, fp_op_union },
    [FP_B_ADD] = { "+", 9, false, arithmetic },
    [FP_B_SUBTRACT] = { "-", 9, false, arithmetic },
    [FP_B_CONCAT] = { "&", 9, false, op_concat },
    [FP_B_MULTIPLY] = { "*", 10, false, arithmetic },
    [FP_B_DIVIDE] = { "/", 10, false, arithmetic },
    [FP_B_DIV] = { "div", 10, false, arithmetic },
    [FP_B_MOD] = { "mod", 10, false, arithmetic },
};
