/*
 * Arithmetic on atoms (FHIRPath N1 6.6): integers within 32 bits, decimals by digits, quantities of
 * one unit, dates plus a duration, strings joined by +. What overflows or divides by zero is empty.
 * Tests: ops_test.c
 */
#include "fhirpath/fp_int.h"

static enum rc no_operands(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *l,
                           const struct fp_value *r)
{
    return fp_fail(m, i, RC_VALUE, "FP-102", "%s does not go with %s and %s",
                   fp_binary_ops[i->x].text, fp_value_type_name(l), fp_value_type_name(r));
}

/* ---- numbers ---- */

/* The operands have 32 bits, so that nothing overflows before it is looked at. */
static bool int_arith(enum fp_binary op, int64_t l, int64_t r, int64_t *out)
{
    if ((op == FP_B_DIV || op == FP_B_MOD) && r == 0)
        return false;
    if (op == FP_B_ADD)
        *out = l + r;
    else if (op == FP_B_SUBTRACT)
        *out = l - r;
    else if (op == FP_B_MULTIPLY)
        *out = l * r;
    else
        *out = op == FP_B_DIV ? l / r : l % r;
    return *out >= INT32_MIN && *out <= INT32_MAX;
}

typedef bool decimal_fn(const struct decimal *a, const struct decimal *b, struct decimal *out);

static decimal_fn *const decimal_fns[FP_N_BINARY] = {
    [FP_B_ADD] = decimal_add,    [FP_B_SUBTRACT] = decimal_sub, [FP_B_MULTIPLY] = decimal_mul,
    [FP_B_DIVIDE] = decimal_div, [FP_B_DIV] = decimal_div_int,  [FP_B_MOD] = decimal_mod,
};

static void decimal_arith(enum fp_binary op, const struct decimal *l, const struct decimal *r,
                          struct fp_value *out, bool *has)
{
    struct decimal d;
    int64_t whole = 0;
    *has = decimal_fns[op](l, r, &d);
    if (!*has)
        return;
    *out = fp_dec(d);
    if (op == FP_B_DIV && decimal_to_int(&d, &whole) && whole >= INT32_MIN && whole <= INT32_MAX)
        *out = fp_int(whole);
}

/* ---- quantities ---- */

static bool is_sum(enum fp_binary op)
{
    return op == FP_B_ADD || op == FP_B_SUBTRACT;
}

/* Sums need one unit; a quotient of one unit has none; products with a bare number keep it. */
static enum rc quantity_arith(struct fp_machine *m, const struct fp_ins *i,
                              const struct fp_quantity *l, const struct fp_quantity *r,
                              struct fp_value *out, bool *has)
{
    enum fp_binary op = (enum fp_binary)i->x;
    struct fp_quantity q = *l;
    bool same = l->calendar == r->calendar && str_eq(l->unit, r->unit);
    bool bare = str_eqz(r->unit, "1");
    *has = false;
    if (op == FP_B_MULTIPLY && str_eqz(l->unit, "1")) {
        q.unit = r->unit;
        q.calendar = r->calendar;
        bare = true;
    }
    if (is_sum(op) ? !same : !(bare || (op == FP_B_DIVIDE && same)))
        return RC_OK; /* what two units make together is UCUM's to say */
    if (op == FP_B_DIVIDE && same && !bare) {
        q.unit = STR("1");
        q.calendar = false;
    }
    *has = decimal_fns[op](&l->value, &r->value, &q.value);
    return *has ? fp_make_quantity(m, &q, out) : RC_OK;
}

static bool as_quantity(const struct fp_value *v, struct fp_quantity *q)
{
    if (v->type == FP_QUANTITY) {
        *q = *v->u.quantity;
        return true;
    }
    q->unit = STR("1");
    q->calendar = false;
    return fp_number(v, &q->value);
}

/* ---- dates ---- */

/* Whole units, or milliseconds for parts of a second (6.6.7: finer parts of other units are cut).
 */
static bool whole_units(const struct fp_quantity *q, enum temporal_unit *unit, int64_t *n)
{
    struct decimal d = q->value;
    const struct decimal thousand = decimal_of_int(1000);
    if (*unit == TEMPORAL_SECOND && d.scale > 0) {
        if (!decimal_mul(&d, &thousand, &d))
            return false;
        *unit = TEMPORAL_MILLISECOND;
    }
    decimal_round(&d, 0, DECIMAL_DOWN);
    return decimal_to_int(&d, n);
}

static enum rc date_arith(struct fp_machine *m, const struct fp_ins *i, const struct temporal *t,
                          const struct fp_quantity *q, struct fp_value *out, bool *has)
{
    enum temporal_unit unit = TEMPORAL_DAY;
    int64_t n = 0;
    if (!fp_time_unit(q->unit, q->calendar, &unit))
        return fp_fail(m, i, RC_VALUE, "FP-102", "only a calendar duration can move a date");
    *out = (struct fp_value){ .type = FP_TEMPORAL, .u.temporal = *t };
    *has = whole_units(q, &unit, &n) &&
           temporal_add(&out->u.temporal, i->x == FP_B_SUBTRACT ? -n : n, unit);
    return RC_OK;
}

/* ---- all ---- */

static enum rc join(struct fp_machine *m, const struct fp_ins *i, struct str l, struct str r,
                    struct fp_value *out)
{
    struct buf b;
    struct str s;
    fp_buf_init(m, &b);
    buf_str(&b, l);
    buf_str(&b, r);
    enum rc rc = fp_buf_str(m, i, &b, &s);
    if (rc == RC_OK)
        *out = fp_str(s);
    return rc;
}

/* The document's untyped text as a number where arithmetic stands around it. */
static void text_to_number(struct fp_value *v)
{
    struct decimal d;
    if (v->type == FP_STRING && v->origin == FP_FROM_TEXT &&
        decimal_parse(str_trim(v->u.string), &d))
        *v = fp_dec(d);
}

enum rc fp_arith(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *left,
                 const struct fp_value *right, struct fp_value *out, bool *has)
{
    enum fp_binary op = (enum fp_binary)i->x;
    struct fp_value l = *left, r = *right;
    struct fp_quantity ql, qr;
    struct decimal a, b;
    *has = true;
    if (op == FP_B_ADD && l.type == FP_STRING && r.type == FP_STRING)
        return join(m, i, l.u.string, r.u.string, out);
    if (is_sum(op) && r.type == FP_QUANTITY && l.type == FP_STRING)
        fp_unify(&l, &(struct fp_value){ .type = FP_TEMPORAL });
    if (is_sum(op) && l.type == FP_TEMPORAL && r.type == FP_QUANTITY)
        return date_arith(m, i, &l.u.temporal, r.u.quantity, out, has);
    text_to_number(&l);
    text_to_number(&r);
    if (l.type == FP_INTEGER && r.type == FP_INTEGER && op != FP_B_DIVIDE) {
        *out = fp_int(0);
        *has = int_arith(op, l.u.integer, r.u.integer, &out->u.integer);
        return RC_OK;
    }
    if (fp_number(&l, &a) && fp_number(&r, &b)) {
        decimal_arith(op, &a, &b, out, has);
        return RC_OK;
    }
    bool quantity = l.type == FP_QUANTITY || r.type == FP_QUANTITY;
    if (quantity && op != FP_B_DIV && op != FP_B_MOD && as_quantity(&l, &ql) &&
        as_quantity(&r, &qr))
        return quantity_arith(m, i, &ql, &qr, out, has);
    return no_operands(m, i, &l, &r);
}
