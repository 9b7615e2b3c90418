/*
 * Functions on numbers (FHIRPath N1 5.7). Outside of its domain each gives nothing.
 * Tests: fn_test.c
 */
#include "fhirpath/fn.h"

/* The input as a number; the document's untyped text counts as one where it is one. */
static enum rc number_of(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                         const char *what, struct fp_value *v, struct decimal *d, bool *has)
{
    enum rc rc = fp_single(m, i, c, what, v, has);
    if (rc != RC_OK || !*has || fp_number(v, d))
        return rc;
    if (v->type == FP_STRING && v->origin == FP_FROM_TEXT && decimal_parse(v->u.string, d)) {
        *v = fp_dec(*d);
        return RC_OK;
    }
    return fp_fail(m, i, RC_VALUE, "FP-103", "%s should be a number, it is %s", what,
                   fp_value_type_name(v));
}

static enum rc give_decimal(struct fp_machine *m, const struct fp_ins *i, bool ok,
                            const struct decimal *d)
{
    struct fp_value v = fp_dec(ok ? *d : decimal_of_int(0));
    return ok ? fp_give(m, FP_ARITY(i), &v) : fp_give_empty(m, FP_ARITY(i));
}

/* An Integer where it fits one. */
static enum rc give_whole(struct fp_machine *m, const struct fp_ins *i, const struct decimal *d)
{
    int64_t n = 0;
    struct fp_value v = fp_dec(*d);
    if (decimal_to_int(d, &n) && n >= INT32_MIN && n <= INT32_MAX)
        v = fp_int(n);
    return fp_give(m, FP_ARITY(i), &v);
}

enum rc fp_fn_abs(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v;
    struct decimal d;
    bool has = false;
    enum rc rc = fp_single(m, i, fp_input(m, i), "the input", &v, &has);
    if (rc == RC_OK && has && v.type == FP_QUANTITY) {
        struct fp_quantity q = *v.u.quantity;
        q.value.neg = false;
        rc = fp_make_quantity(m, &q, &v);
        return rc == RC_OK ? fp_give(m, 1, &v) : rc;
    }
    rc = number_of(m, i, fp_input(m, i), "the input", &v, &d, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, 1);
    d.neg = false;
    return v.type == FP_INTEGER ? give_whole(m, i, &d) : give_decimal(m, i, true, &d);
}

static enum rc whole(struct fp_machine *m, const struct fp_ins *i, enum decimal_round how)
{
    struct fp_value v;
    struct decimal d;
    bool has = false;
    enum rc rc = number_of(m, i, fp_input(m, i), "the input", &v, &d, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, 1);
    decimal_round(&d, 0, how);
    return give_whole(m, i, &d);
}

enum rc fp_fn_ceiling(struct fp_machine *m, const struct fp_ins *i)
{
    return whole(m, i, DECIMAL_CEILING);
}

enum rc fp_fn_floor(struct fp_machine *m, const struct fp_ins *i)
{
    return whole(m, i, DECIMAL_FLOOR);
}

enum rc fp_fn_truncate(struct fp_machine *m, const struct fp_ins *i)
{
    return whole(m, i, DECIMAL_DOWN);
}

enum rc fp_fn_round(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v;
    struct decimal d;
    int64_t places = 0;
    bool has = false, has_places = false;
    enum rc rc = number_of(m, i, fp_input(m, i), "the input", &v, &d, &has);
    if (rc == RC_OK && i->argc)
        rc = fp_single_int(m, i, fp_arg(m, i, 1), "the precision", &places, &has_places);
    if (rc != RC_OK)
        return rc;
    if (places < 0)
        return fp_fail(m, i, RC_VALUE, "FP-103", "the precision of round() cannot be negative");
    if (!has)
        return fp_give_empty(m, FP_ARITY(i));
    decimal_round(&d, places > DECIMAL_SCALE_MAX ? DECIMAL_SCALE_MAX : (unsigned)places,
                  DECIMAL_HALF_UP);
    return give_decimal(m, i, true, &d);
}

typedef bool unary_fn(const struct decimal *d, struct decimal *out);

static enum rc unary(struct fp_machine *m, const struct fp_ins *i, unary_fn *fn)
{
    struct fp_value v;
    struct decimal d;
    bool has = false;
    enum rc rc = number_of(m, i, fp_input(m, i), "the input", &v, &d, &has);
    return rc == RC_OK ? give_decimal(m, i, has && fn(&d, &d), &d) : rc;
}

enum rc fp_fn_sqrt(struct fp_machine *m, const struct fp_ins *i)
{
    return unary(m, i, decimal_sqrt);
}

enum rc fp_fn_exp(struct fp_machine *m, const struct fp_ins *i)
{
    return unary(m, i, decimal_exp);
}

enum rc fp_fn_ln(struct fp_machine *m, const struct fp_ins *i)
{
    return unary(m, i, decimal_ln);
}

static enum rc two_numbers(struct fp_machine *m, const struct fp_ins *i, struct fp_value v[2],
                           struct decimal d[2], bool *has)
{
    bool has_arg = false;
    enum rc rc = number_of(m, i, fp_input(m, i), "the input", &v[0], &d[0], has);
    if (rc == RC_OK)
        rc = number_of(m, i, fp_arg(m, i, 1), "the argument", &v[1], &d[1], &has_arg);
    *has = *has && has_arg;
    return rc;
}

enum rc fp_fn_log(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v[2];
    struct decimal d[2];
    bool has = false;
    enum rc rc = two_numbers(m, i, v, d, &has);
    return rc == RC_OK ? give_decimal(m, i, has && decimal_log(&d[0], &d[1], &d[0]), &d[0]) : rc;
}

enum rc fp_fn_power(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v[2];
    struct decimal d[2];
    bool has = false;
    enum rc rc = two_numbers(m, i, v, d, &has);
    if (rc != RC_OK)
        return rc;
    has = has && decimal_power(&d[0], &d[1], &d[0]);
    if (has && v[0].type == FP_INTEGER && v[1].type == FP_INTEGER && v[1].u.integer >= 0)
        return give_whole(m, i, &d[0]);
    return give_decimal(m, i, has, &d[0]);
}
