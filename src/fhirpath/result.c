/* Results as JSON. Tests: fn_test.c, ops_test.c */
#include "fhirpath/result.h"

#include "fhirpath/doc_json.h"

static enum rc write_quantity(struct jw *w, const struct fp_quantity *q, struct arena *a,
                              struct err *e)
{
    struct str number;
    const struct fp_value value = fp_dec(q->value);
    enum rc rc = fp_value_text(&value, a, &number, e);
    if (rc != RC_OK)
        return rc;
    jw_object(w);
    jw_keyz(w, "value");
    jw_number(w, number);
    jw_kstr(w, "unit", q->unit);
    jw_end(w);
    return RC_OK;
}

static enum rc write_text(struct jw *w, const struct fp_value *v, struct arena *a, struct err *e)
{
    struct str text;
    enum rc rc = fp_value_text(v, a, &text, e);
    if (rc != RC_OK)
        return rc;
    if (v->type == FP_INTEGER || v->type == FP_DECIMAL)
        jw_number(w, text);
    else
        jw_str(w, text);
    return RC_OK;
}

enum rc fp_result_write(struct jw *w, const struct fp_value *v, struct arena *a, struct err *e)
{
    switch ((enum fp_type)v->type) {
    case FP_NODE:
        if (v->u.node.ops == &doc_json_ops) {
            jw_value(w, doc_json_value(v->u.node));
            return RC_OK;
        }
        return write_text(w, v, a, e);
    case FP_BOOLEAN: jw_bool(w, v->u.boolean); return RC_OK;
    case FP_QUANTITY: return write_quantity(w, v->u.quantity, a, e);
    case FP_TYPE_INFO:
        jw_object(w);
        jw_kstr(w, "namespace", v->u.info->space);
        jw_kstr(w, "name", v->u.info->name);
        jw_end(w);
        return RC_OK;
    case FP_INTEGER:
    case FP_DECIMAL:
    case FP_STRING:
    case FP_TEMPORAL: break;
    }
    return write_text(w, v, a, e);
}
