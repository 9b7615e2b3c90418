/* Codes of acknowledgements, and reading one; see ack.h. Tests: ack_test.c */
#include "hl7/ack.h"

static const char *const names[] = { "AA", "AE", "AR", "CA", "CE", "CR" };

const char *hl7_ack_name(enum hl7_ack_code code)
{
    return names[code];
}

bool hl7_ack_code_read(struct str s, enum hl7_ack_code *out)
{
    s = str_trim(s);
    for (size_t i = 0; i < ZS_COUNT(names); i++) {
        if (str_ieq(s, str_z(names[i]))) {
            *out = (enum hl7_ack_code)i;
            return true;
        }
    }
    return false;
}

/* Text at the first of the places that has one. */
static enum rc first_text(const struct hl7_msg *m, const struct hl7_path *places, size_t n,
                          struct arena *a, struct str *out, struct err *e)
{
    *out = STR("");
    for (size_t i = 0; i < n; i++) {
        struct hl7_value v = hl7_get(m, &places[i]);
        if (v.presence == HL7_VALUED)
            return hl7_text(m, v, a, out, e);
    }
    return RC_OK;
}

/* Where a reason stands: 2.5 and later, then before. */
static const struct hl7_path texts[] = {
    { .seg = HL7_MSA, .field = 3 },
    { .seg = HL7_ERR, .field = 8 },
    { .seg = HL7_ERR, .field = 7 },
    { .seg = HL7_ERR, .field = 3, .comp = 2 },
    { .seg = HL7_ERR, .field = 1, .comp = 4, .sub = 2 },
    { .seg = HL7_MSA, .field = 6, .comp = 2 },
};
static const struct hl7_path conditions[] = {
    { .seg = HL7_ERR, .field = 3, .comp = 1 },
    { .seg = HL7_ERR, .field = 1, .comp = 4, .sub = 1 },
    { .seg = HL7_MSA, .field = 6, .comp = 1 },
};
static const struct hl7_path msa_1 = { .seg = HL7_MSA, .field = 1 };
static const struct hl7_path msa_2 = { .seg = HL7_MSA, .field = 2 };
static const struct hl7_path err_4 = { .seg = HL7_ERR, .field = 4 };

enum rc hl7_ack_read(const struct hl7_msg *m, struct arena *a, struct hl7_ack *out, struct err *e)
{
    struct hl7_ack ack = { 0 };
    size_t msa = hl7_seg_find(m, HL7_MSA, 0);
    if (msa == HL7_NO_SEG)
        return err_set(e, RC_MISSING, "HL7-030", "the answer has no MSA segment");
    if (!hl7_ack_code_read(hl7_get(m, &msa_1).raw, &ack.code)) {
        enum rc rc = err_set_at(e, RC_VALUE, "HL7-031", m->segs[msa].at,
                                "the acknowledgement code is none of AA, AE, AR, CA, CE, CR");
        err_where(e, "MSA-1");
        return rc;
    }
    struct str severity = str_trim(hl7_get(m, &err_4).raw);
    if (severity.n == 1 && memchr("EWIF", severity.p[0], 4))
        ack.severity = severity.p[0];
    enum rc rc = first_text(m, &msa_2, 1, a, &ack.control_id, e);
    if (rc == RC_OK)
        rc = first_text(m, texts, ZS_COUNT(texts), a, &ack.text, e);
    if (rc == RC_OK)
        rc = first_text(m, conditions, ZS_COUNT(conditions), a, &ack.condition, e);
    if (rc == RC_OK)
        *out = ack;
    return rc;
}
