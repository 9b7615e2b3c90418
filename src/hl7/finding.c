/* Findings and their report; see finding.h. Tests: check_test.c */
#include "hl7/finding.h"

enum rc hl7_report_add(struct hl7_report *r, struct arena *a, struct hl7_finding f, struct err *e)
{
    size_t max = r->max ? r->max : HL7_FINDINGS_MAX;
    if (r->n == r->cap && r->n < max) {
        size_t cap = r->cap ? r->cap * 2 : 8;
        struct hl7_finding *grown =
            arena_grow(a, r->findings, r->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown)
            return err_set(e, RC_NOMEM, "HL7-005",
                           "the memory set aside for one message is used up");
        r->findings = grown;
        r->cap = cap;
    }
    r->n_errors += f.severity == HL7_ERROR;
    r->n_warnings += f.severity == HL7_WARNING;
    if (r->n < max)
        r->findings[r->n++] = f;
    else
        r->n_dropped++;
    return RC_OK;
}

const char *hl7_severity_name(enum hl7_severity s)
{
    static const char *const names[] = { "information", "warning", "error" };
    return names[s];
}

/* HL7 table 0357, message error condition codes. */
static const struct {
    const char *code;
    const char *text;
} conditions[] = {
    { "100", "Segment sequence error" },   { "101", "Required field missing" },
    { "102", "Data type error" },          { "103", "Table value not found" },
    { "104", "Value too long" },           { "200", "Unsupported message type" },
    { "201", "Unsupported event code" },   { "202", "Unsupported processing id" },
    { "203", "Unsupported version id" },   { "204", "Unknown key identifier" },
    { "205", "Duplicate key identifier" }, { "206", "Application record locked" },
    { "207", "Application error" },
};

const char *hl7_condition_text(const char *condition)
{
    for (size_t i = 0; i < ZS_COUNT(conditions); i++)
        if (str_eqz(str_z(condition), conditions[i].code))
            return conditions[i].text;
    return "";
}

void hl7_finding_place(const struct hl7_finding *f, char out[HL7_PLACE_TEXT])
{
    _Static_assert(HL7_PLACE_TEXT >= HL7_PATH_TEXT, "a place holds a path");
    if (f->at.seg != 0)
        (void)hl7_path_print(&f->at, out);
    else if (f->i_seg != HL7_NO_SEG)
        (void)snprintf(out, HL7_PLACE_TEXT, "segment[%zu]", f->i_seg + 1); /* 28 bytes at most */
    else
        memcpy(out, "message", sizeof "message");
}
