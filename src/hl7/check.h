/*
 * The structural check: is this a message that can be read, answered and routed? It knows no
 * dictionary, only chapter 2: the header, its delimiters and the fields every message needs, the
 * segment ids, the line ends, the character set. One pass; all findings, not the first.
 *
 * Errors are what makes a message unusable or unreadable in part; what is against the standard but
 * can be read all the same is a warning or information.
 *
 * Spec    HL7 v2.9 chapter 2: 2.5 (message construction), 2.14.9 (MSH); tables 0103, 0104, 0211
 * Thread  any
 */
#ifndef ZS_HL7_CHECK_H
#define ZS_HL7_CHECK_H

#include "hl7/finding.h"

/*
 * a        receives the findings
 * out      max as the caller set it (0: HL7_FINDINGS_MAX), all else zero
 * Returns  RC_NOMEM  HL7-005
 */
enum rc hl7_check(const struct hl7_msg *m, struct arena *a, struct hl7_report *out,
                  struct err *e) ZS_CHECK;

/*
 * The finding for bytes that hl7_parse refused, from its error; it borrows the error's text.
 */
struct hl7_finding hl7_check_refused(const struct err *e);

#endif
