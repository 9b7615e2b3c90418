/*
 * Acknowledgements: written for what was received, read from what a peer answers.
 *
 * Written are MSH, MSA and, when there are findings, ERR, with the delimiters of the message they
 * answer: sender and receiver swapped, MSH-11, MSH-12 and MSH-18 echoed, MSA-2 the control id as it
 * stood. In the form of the sender's version: the message type is ACK^event^ACK from 2.4 on; ERR
 * has its fields of 2.5, before that the one location of 2.4; MSA-3 carries the text up to 2.6
 * (withdrawn in 2.7). A broken message is answered as well as it can be: whatever of its header can
 * be read.
 *
 * This is original mode, and the commit codes of enhanced mode in the same form; which code, to
 * whom and when is the caller's decision.
 *
 * Spec    HL7 v2.9 chapter 2: 2.9.2 (acknowledgement), 2.14.5 (ERR), 2.14.8 (MSA); tables 0008,
 *         0357, 0516; v2.4 2.16.6 (ERR before 2.5)
 * Thread  any
 */
#ifndef ZS_HL7_ACK_H
#define ZS_HL7_ACK_H

#include "base/buf.h"
#include "hl7/finding.h"

enum hl7_ack_code {
    HL7_AA, /* application accept, error, reject */
    HL7_AE,
    HL7_AR,
    HL7_CA, /* commit accept, error, reject */
    HL7_CE,
    HL7_CR
};

/* "AA" … */
const char *hl7_ack_name(enum hl7_ack_code code);

/* From text, white space and case forgiven; false when it is none of the six. */
bool hl7_ack_code_read(struct str s, enum hl7_ack_code *out);

static inline bool hl7_ack_is_positive(enum hl7_ack_code code)
{
    return code == HL7_AA || code == HL7_CA;
}

/* ---- writing ---- */

struct hl7_ack_opts {
    enum hl7_ack_code code;
    struct str control_id;              /* MSH-10 of the answer; the caller makes it unique */
    int64_t at_ms;                      /* MSH-7 */
    int offset_min;                     /* in which it is written */
    struct str text;                    /* for a person, no payload; may be empty */
    const struct hl7_finding *findings; /* one ERR each, errors and warnings only */
    size_t n_findings;
};

/* At most so many ERR in one answer. */
#define HL7_ACK_ERR_MAX 50

/*
 * Append the answer to a message.
 *
 * m        what is answered; its first segment may be anything
 * scratch  for what has to be re-encoded; may be rewound afterwards
 * Returns  RC_NOMEM HL7-005; RC_LIMIT, RC_NOMEM the buffer's
 */
enum rc hl7_ack_write(const struct hl7_msg *m, const struct hl7_ack_opts *o, struct arena *scratch,
                      struct buf *out, struct err *e) ZS_CHECK;

/*
 * The same for bytes that hl7_parse refused: the first MSH in them that can be read is answered;
 * when there is none, MSA-2 is empty and the answer has the usual delimiters and version 2.5.1.
 */
enum rc hl7_ack_write_broken(struct str bytes, const struct hl7_ack_opts *o, struct arena *scratch,
                             struct buf *out, struct err *e) ZS_CHECK;

/* ---- reading ---- */

/* All text is the peer's: never to be logged. */
struct hl7_ack {
    enum hl7_ack_code code;
    struct str control_id; /* MSA-2: which message it answers */
    struct str text;       /* MSA-3, else ERR-8, ERR-7, the text of ERR-3 or of ERR-1 */
    struct str condition;  /* ERR-3.1 or ERR-1.4.1, MSA-6.1; empty if none */
    char severity;         /* ERR-4: 'E', 'W', 'I', 'F'; 0 if none */
};

/*
 * Read the acknowledgement in a message of any type (ACK, or a response such as RSP).
 *
 * Returns  RC_MISSING  HL7-030 no MSA segment
 *          RC_VALUE    HL7-031 MSA-1 is none of the six codes; where and pos are set
 *          RC_NOMEM    HL7-005
 */
enum rc hl7_ack_read(const struct hl7_msg *m, struct arena *a, struct hl7_ack *out,
                     struct err *e) ZS_CHECK;

#endif
