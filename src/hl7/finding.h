/*
 * A finding: one thing wrong with one message, with its place. The same finding is a line of
 * `zarish hl7 validate`, an ERR segment of an acknowledgement, and an issue of an OperationOutcome.
 *
 * Findings say where and what kind; they never repeat a value, so that they may be logged.
 *
 * Thread  any
 */
#ifndef ZS_HL7_FINDING_H
#define ZS_HL7_FINDING_H

#include "hl7/path.h"

enum hl7_severity {
    HL7_INFORMATION, /* unusual, harmless */
    HL7_WARNING,     /* against the standard, readable all the same */
    HL7_ERROR
};

struct hl7_finding {
    enum hl7_severity severity;
    const char *id;        /* "HL7-106", a row of hl7_codes */
    const char *condition; /* code of HL7 table 0357 ("101"), for ERR */
    struct hl7_path at;    /* seg 0 when the segment has no id */
    size_t i_seg;          /* segment, from 0; HL7_NO_SEG for the message as a whole */
    size_t pos;            /* byte offset in the input, ERR_NO_POS if none */
    struct str text;       /* one sentence of ours, no payload, no final period */
    const char *spec;      /* "2.9 2.14.9.10": version and section of the standard; may be NULL */
};

/* All findings of one message, in the order of the message. */
struct hl7_report {
    struct hl7_finding *findings;
    size_t n;
    size_t cap;
    size_t max;       /* more than these are only counted */
    size_t n_dropped; /* those */
    size_t n_errors;  /* among all, dropped ones too */
    size_t n_warnings;
};

#define HL7_FINDINGS_MAX 1000

/*
 * Add one; the report's array is the arena's.
 * Returns  RC_NOMEM  HL7-005
 */
enum rc hl7_report_add(struct hl7_report *r, struct arena *a, struct hl7_finding f,
                       struct err *e) ZS_CHECK;

/* "error", "warning", "information": what FHIR calls them. */
const char *hl7_severity_name(enum hl7_severity s);

/* Display text of a table 0357 code ("Required field missing"); "" for an unknown one. */
const char *hl7_condition_text(const char *condition);

#define HL7_PLACE_TEXT 64

/* "PID-5.1", "segment[4]" for a line without an id, "message". Terminated. */
void hl7_finding_place(const struct hl7_finding *f, char out[HL7_PLACE_TEXT]);

#endif
