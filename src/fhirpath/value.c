/*
 * Values: from a document's primitives, to text, and towards each other's type.
 * Tests: eval_test.c, fn_test.c
 */
#include "fhirpath/fp_int.h"

#define INT_TEXT_MAX 10 /* digits of the largest Integer */
#define TEXT_MAX     160

/* ---- from the document ---- */

/* Digits alone, as most numbers in documents are; the rest goes the decimal way. */
static bool small_int(struct str s, int64_t *out)
{
    size_t i = s.n && s.p[0] == '-';
    int64_t v = 0;
    if (s.n == i || s.n - i > INT_TEXT_MAX)
        return false;
    for (size_t k = i; k < s.n; k++) {
        if (s.p[k] < '0' || s.p[k] > '9')
            return false;
        v = v * 10 + (s.p[k] - '0');
    }
    *out = i ? -v : v;
    return *out >= INT32_MIN && *out <= INT32_MAX;
}

static struct fp_value number_of(struct str text)
{
    struct decimal d;
    int64_t whole = 0;
    if (small_int(text, &whole))
        return fp_int(whole);
    if (decimal_parse(text, &d))
        return fp_dec(d);
    /* more digits than a Decimal has: it keeps its text and can be compared with text only */
    return (struct fp_value){ .type = FP_STRING, .origin = FP_FROM_TEXT, .u.string = text };
}

enum rc fp_atom(struct fp_machine *m, const struct fp_value *v, struct fp_value *out, bool *has)
{
    *has = true;
    if (v->type != FP_NODE) {
        *out = *v;
        return RC_OK;
    }
    struct doc_prim prim;
    const struct fp_model *model = m->x->model;
    enum rc rc = v->u.node.ops->prim(v->u.node, m->a, &prim, m->e);
    if (rc != RC_OK)
        return rc;
    if (model && v->model_type && prim.kind > DOC_OBJECT && prim.kind != DOC_NULL &&
        model->value(model, v->model_type, &prim, out) == RC_OK)
        return RC_OK;
    switch (prim.kind) {
    case DOC_NONE:
    case DOC_NULL: *has = false; break;
    case DOC_OBJECT: *out = *v; break;
    case DOC_STRING:
    case DOC_TEXT:
        *out = fp_str(prim.text);
        out->origin = prim.kind == DOC_TEXT ? FP_FROM_TEXT : FP_FROM_STRING;
        break;
    case DOC_NUMBER: *out = number_of(prim.text); break;
    case DOC_BOOL: *out = fp_bool(prim.b); break;
    }
    return RC_OK;
}

/* ---- towards each other ---- */

bool fp_number(const struct fp_value *v, struct decimal *out)
{
    if (v->type == FP_INTEGER)
        *out = decimal_of_int(v->u.integer);
    else if (v->type == FP_DECIMAL)
        *out = v->u.decimal;
    else
        return false;
    return true;
}

/* A document's text as a date or time; an HL7 v2 time stamp too where the text has no type. */
static bool text_as_time(const struct fp_value *s, enum temporal_kind kind, struct temporal *out)
{
    if (kind != TEMPORAL_TIME)
        kind = str_chr(s->u.string, 'T', 0) == SIZE_MAX ? TEMPORAL_DATE : TEMPORAL_DATETIME;
    if (temporal_parse(s->u.string, kind, out))
        return true;
    struct time_part p;
    if (s->origin != FP_FROM_TEXT)
        return false;
    enum rc rc = kind == TEMPORAL_TIME ? time_hl7_tm_parse(s->u.string, &p, NULL)
                                       : time_hl7_parse(s->u.string, &p, NULL);
    return rc == RC_OK && temporal_of_part(&p, out);
}

/* Text of the document in the type of `other`, where it can be read so. */
static void take_type(struct fp_value *s, const struct fp_value *other)
{
    if (other->type == FP_TEMPORAL) {
        struct temporal t;
        if (text_as_time(s, (enum temporal_kind)other->u.temporal.kind, &t))
            *s = (struct fp_value){ .type = FP_TEMPORAL, .u.temporal = t };
        return;
    }
    if (s->origin != FP_FROM_TEXT)
        return;
    struct decimal d;
    if ((other->type == FP_INTEGER || other->type == FP_DECIMAL) &&
        decimal_parse(str_trim(s->u.string), &d))
        *s = fp_dec(d);
    else if (other->type == FP_BOOLEAN && str_eqz(s->u.string, "true"))
        *s = fp_bool(true);
    else if (other->type == FP_BOOLEAN && str_eqz(s->u.string, "false"))
        *s = fp_bool(false);
}

void fp_unify(struct fp_value *a, struct fp_value *b)
{
    if (a->type == b->type)
        return;
    if (a->type == FP_STRING && a->origin != FP_LITERAL)
        take_type(a, b);
    else if (b->type == FP_STRING && b->origin != FP_LITERAL)
        take_type(b, a);
    struct decimal d;
    if (a->type == FP_DECIMAL && b->type == FP_INTEGER && fp_number(b, &d))
        *b = fp_dec(d);
    else if (b->type == FP_DECIMAL && a->type == FP_INTEGER && fp_number(a, &d))
        *a = fp_dec(d);
}

/* ---- to text ---- */

static const char *temporal_name(const struct temporal *t)
{
    static const char *const names[] = { "Date", "DateTime", "Time" };
    return names[t->kind];
}

const char *fp_value_type_name(const struct fp_value *v)
{
    static const char *const names[] = { "an element", "Boolean",  "Integer",  "Decimal",
                                         "String",     "DateTime", "Quantity", "a type" };
    return v->type == FP_TEMPORAL      ? temporal_name(&v->u.temporal)
           : v->type < ZS_COUNT(names) ? names[v->type]
                                       : "nothing";
}

static void write_quantity(const struct fp_quantity *q, struct buf *b)
{
    decimal_write(&q->value, b);
    buf_char(b, ' ');
    if (q->calendar) {
        buf_str(b, q->unit);
        struct decimal one = decimal_of_int(1);
        if (decimal_cmp(&q->value, &one) != 0)
            buf_char(b, 's');
        return;
    }
    buf_char(b, '\'');
    buf_str(b, q->unit);
    buf_char(b, '\'');
}

static void write_value(const struct fp_value *v, struct buf *b)
{
    switch ((enum fp_type)v->type) {
    case FP_BOOLEAN: buf_z(b, v->u.boolean ? "true" : "false"); break;
    case FP_INTEGER: buf_i64(b, v->u.integer); break;
    case FP_DECIMAL: decimal_write(&v->u.decimal, b); break;
    case FP_TEMPORAL: temporal_write(&v->u.temporal, b); break;
    case FP_QUANTITY: write_quantity(v->u.quantity, b); break;
    case FP_TYPE_INFO:
        buf_str(b, v->u.info->space);
        buf_char(b, '.');
        buf_str(b, v->u.info->name);
        break;
    case FP_STRING:
    case FP_NODE: break;
    }
}

enum rc fp_value_text(const struct fp_value *v, struct arena *a, struct str *out, struct err *e)
{
    if (v->type == FP_STRING) {
        *out = v->u.string;
        return RC_OK;
    }
    if (v->type == FP_NODE) {
        struct doc_prim prim;
        enum rc rc = v->u.node.ops->prim(v->u.node, a, &prim, e);
        if (rc != RC_OK)
            return rc;
        if (prim.kind == DOC_BOOL)
            *out = prim.b ? STR("true") : STR("false");
        else if (prim.kind == DOC_STRING || prim.kind == DOC_TEXT || prim.kind == DOC_NUMBER)
            *out = prim.text;
        else
            return err_set(e, RC_VALUE, "FP-104", "this element has no value of its own");
        return RC_OK;
    }
    struct buf b;
    size_t unit = v->type == FP_QUANTITY    ? v->u.quantity->unit.n
                  : v->type == FP_TYPE_INFO ? v->u.info->space.n + v->u.info->name.n
                                            : 0;
    buf_init_arena(&b, a, TEXT_MAX + unit);
    write_value(v, &b);
    *out = buf_view(&b);
    return buf_rc(&b, e);
}
