/*
 * Conversions (FHIRPath N1 5.5): toX() gives nothing where convertsToX() says false. Both come from
 * one function a type, so that they cannot disagree. Tests: fn_test.c
 */
#include "fhirpath/fn.h"

/* The atom in the wanted type; *can is false when it cannot be. */
typedef enum rc convert_fn(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                           bool *can);

/* ---- booleans and numbers ---- */

static bool is_word(struct str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(s, str_z(words[i])))
            return true;
    return false;
}

static enum rc to_boolean(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                          bool *can)
{
    static const char *const yes[] = { "true", "t", "yes", "y", "1", "1.0" };
    static const char *const no[] = { "false", "f", "no", "n", "0", "0.0" };
    const struct decimal one = decimal_of_int(1);
    struct decimal d;
    (void)m; /* needs no memory */
    *can = true;
    if (v->type == FP_BOOLEAN) {
        *out = *v;
    } else if (fp_number(v, &d)) {
        *out = fp_bool(decimal_cmp(&d, &one) == 0);
        *can = out->u.boolean || decimal_is_zero(&d);
    } else if (v->type == FP_STRING) {
        *out = fp_bool(is_word(v->u.string, yes, ZS_COUNT(yes)));
        *can = out->u.boolean || is_word(v->u.string, no, ZS_COUNT(no));
    } else {
        *can = false;
    }
    return RC_OK;
}

static enum rc to_decimal(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                          bool *can)
{
    struct decimal d;
    (void)m; /* needs no memory */
    *can = true;
    if (v->type == FP_BOOLEAN)
        d = (struct decimal){ .lo = v->u.boolean ? 10 : 0, .scale = 1 };
    else if (v->type == FP_STRING)
        *can = str_chr(v->u.string, 'e', 0) == SIZE_MAX &&
               str_chr(v->u.string, 'E', 0) == SIZE_MAX && decimal_parse(v->u.string, &d);
    else
        *can = fp_number(v, &d);
    if (*can)
        *out = fp_dec(d);
    return RC_OK;
}

static enum rc to_integer(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                          bool *can)
{
    struct decimal d;
    int64_t n = 0;
    (void)m; /* needs no memory */
    *can = v->type == FP_INTEGER || v->type == FP_BOOLEAN;
    if (v->type == FP_INTEGER)
        n = v->u.integer;
    else if (v->type == FP_BOOLEAN)
        n = v->u.boolean;
    else if (v->type == FP_STRING)
        *can = str_chr(v->u.string, '.', 0) == SIZE_MAX &&
               str_chr(v->u.string, 'e', 0) == SIZE_MAX &&
               str_chr(v->u.string, 'E', 0) == SIZE_MAX && decimal_parse(v->u.string, &d) &&
               decimal_to_int(&d, &n) && n >= INT32_MIN && n <= INT32_MAX;
    if (*can)
        *out = fp_int(n);
    return RC_OK;
}

static enum rc to_quantity(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                           bool *can)
{
    struct fp_quantity q = { .unit = STR("1") };
    struct fp_value d;
    *can = true;
    if (v->type == FP_QUANTITY) {
        *out = *v;
        return RC_OK;
    }
    if (v->type == FP_NODE) {
        enum rc rc = fp_quantity_of_node(m, v->u.node, &q, can);
        if (rc != RC_OK)
            return rc;
    } else if (v->type == FP_STRING) {
        *can = fp_parse_quantity(v->u.string, &q);
    } else {
        enum rc rc = to_decimal(m, v, &d, can);
        if (rc != RC_OK || !*can)
            return rc;
        q.value = d.u.decimal;
    }
    return *can ? fp_make_quantity(m, &q, out) : RC_OK;
}

/* ---- text and times ---- */

static enum rc to_string(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                         bool *can)
{
    struct str s;
    *can = v->type != FP_NODE && v->type != FP_TYPE_INFO;
    if (!*can)
        return RC_OK;
    enum rc rc = fp_value_text(v, m->a, &s, m->e);
    if (rc == RC_OK)
        *out = fp_str(s);
    return rc;
}

/* Text in ISO form; the document's untyped text also as an HL7 v2 time stamp. */
static bool text_time(const struct fp_value *v, struct temporal *out)
{
    struct fp_value s = *v, time = { .type = FP_TEMPORAL };
    if (temporal_parse(v->u.string, TEMPORAL_DATE, out) ||
        temporal_parse(v->u.string, TEMPORAL_DATETIME, out))
        return true;
    if (v->origin == FP_LITERAL)
        return false;
    fp_unify(&s, &time);
    *out = s.u.temporal;
    return s.type == FP_TEMPORAL;
}

static enum rc to_date_time(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                            bool *can)
{
    struct temporal t = { 0 };
    (void)m; /* needs no memory */
    *can = v->type == FP_TEMPORAL || v->type == FP_STRING;
    if (v->type == FP_TEMPORAL)
        t = v->u.temporal;
    else if (v->type == FP_STRING)
        *can = text_time(v, &t);
    *can = *can && t.kind != TEMPORAL_TIME;
    if (!*can)
        return RC_OK;
    t.kind = TEMPORAL_DATETIME;
    *out = (struct fp_value){ .type = FP_TEMPORAL, .u.temporal = t };
    return RC_OK;
}

static enum rc to_date(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                       bool *can)
{
    enum rc rc = to_date_time(m, v, out, can);
    if (rc != RC_OK || !*can)
        return rc;
    struct temporal *t = &out->u.temporal;
    t->kind = TEMPORAL_DATE;
    if (t->unit > TEMPORAL_DAY)
        *t = (struct temporal){ .year = t->year,
                                .month = t->month,
                                .day = t->day,
                                .unit = TEMPORAL_DAY,
                                .kind = TEMPORAL_DATE };
    return RC_OK;
}

static enum rc to_time(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                       bool *can)
{
    (void)m; /* needs no memory */
    *can = false;
    if (v->type == FP_TEMPORAL && v->u.temporal.kind == TEMPORAL_TIME) {
        *out = *v;
        *can = true;
    } else if (v->type == FP_STRING) {
        struct fp_value s = *v, time = { .type = FP_TEMPORAL, .u.temporal.kind = TEMPORAL_TIME };
        if (s.origin == FP_LITERAL)
            s.origin = FP_FROM_STRING;
        fp_unify(&s, &time);
        *can = s.type == FP_TEMPORAL;
        *out = s;
    }
    return RC_OK;
}

/* ---- the functions ---- */

static enum rc convert(struct fp_machine *m, const struct fp_ins *i, convert_fn *fn, bool ask)
{
    struct fp_value v, out;
    bool has = false, can = false;
    enum rc rc = fp_single(m, i, fp_input(m, i), "the input", &v, &has);
    if (rc == RC_OK && has)
        rc = fn(m, &v, &out, &can);
    if (rc != RC_OK)
        return rc;
    if (!has || (!ask && !can))
        return fp_give_empty(m, FP_ARITY(i));
    return ask ? fp_give_bool(m, FP_ARITY(i), can) : fp_give(m, FP_ARITY(i), &out);
}

/* A unit as the argument: only what has it already; converting is UCUM's affair. */
static enum rc to_unit(struct fp_machine *m, const struct fp_ins *i, bool ask)
{
    struct str unit;
    struct fp_value v, q;
    bool has = false, has_unit = false, can = false;
    enum rc rc = fp_single_str(m, i, fp_arg(m, i, 1), "the unit", &unit, &has_unit);
    if (rc == RC_OK)
        rc = fp_single(m, i, fp_input(m, i), "the input", &v, &has);
    if (rc == RC_OK && has && has_unit)
        rc = to_quantity(m, &v, &q, &can);
    if (rc != RC_OK)
        return rc;
    if (!has || !has_unit)
        return fp_give_empty(m, FP_ARITY(i));
    can = can && str_eq(q.u.quantity->unit, unit);
    if (ask)
        return fp_give_bool(m, FP_ARITY(i), can);
    return can ? fp_give(m, FP_ARITY(i), &q) : fp_give_empty(m, FP_ARITY(i));
}

enum rc fp_fn_to_boolean(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_boolean, false);
}

enum rc fp_fn_to_integer(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_integer, false);
}

enum rc fp_fn_to_decimal(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_decimal, false);
}

enum rc fp_fn_to_string(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_string, false);
}

enum rc fp_fn_to_date(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_date, false);
}

enum rc fp_fn_to_date_time(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_date_time, false);
}

enum rc fp_fn_to_time(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_time, false);
}

enum rc fp_fn_to_quantity(struct fp_machine *m, const struct fp_ins *i)
{
    return i->argc ? to_unit(m, i, false) : convert(m, i, to_quantity, false);
}

enum rc fp_fn_converts_to_boolean(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_boolean, true);
}

enum rc fp_fn_converts_to_integer(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_integer, true);
}

enum rc fp_fn_converts_to_decimal(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_decimal, true);
}

enum rc fp_fn_converts_to_string(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_string, true);
}

enum rc fp_fn_converts_to_date(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_date, true);
}

enum rc fp_fn_converts_to_date_time(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_date_time, true);
}

enum rc fp_fn_converts_to_time(struct fp_machine *m, const struct fp_ins *i)
{
    return convert(m, i, to_time, true);
}

enum rc fp_fn_converts_to_quantity(struct fp_machine *m, const struct fp_ins *i)
{
    return i->argc ? to_unit(m, i, true) : convert(m, i, to_quantity, true);
}
