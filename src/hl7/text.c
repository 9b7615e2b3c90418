/*
 * A value as text: escapes resolved. Tests: text_test.c
 */
#include "hl7/escape.h"
#include "hl7/hl7.h"

/* A separator of its own level or a lower one stands in it: it is not a leaf. */
static bool has_structure(struct hl7_delims d, struct str raw)
{
    return (d.comp && str_chr(raw, d.comp, 0) != SIZE_MAX) ||
           (d.rep && str_chr(raw, d.rep, 0) != SIZE_MAX) ||
           (d.sub && str_chr(raw, d.sub, 0) != SIZE_MAX);
}

enum rc hl7_text(const struct hl7_msg *m, struct hl7_value v, struct arena *a, struct str *out,
                 struct err *e)
{
    if (v.presence != HL7_VALUED) {
        *out = STR("");
        return RC_OK;
    }
    bool decode = !v.literal && m->delims.esc != 0 &&
                  str_chr(v.raw, m->delims.esc, 0) != SIZE_MAX && !has_structure(m->delims, v.raw);
    if (!decode) {
        *out = v.raw;
        return RC_OK;
    }
    return hl7_unescape(v.raw, m->delims, a, out, e);
}
