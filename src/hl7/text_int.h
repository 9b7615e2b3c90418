/* Shared by text.c and ack.c: text into the character set of a message, with a choice. */
#ifndef ZS_HL7_TEXT_INT_H
#define ZS_HL7_TEXT_INT_H

#include "base/charset.h"
#include "hl7/hl7.h"

/*
 * UTF-8 to the set (a static name). Borrows when nothing changes.
 * Returns  RC_VALUE  HL7-024, policy REJECT: a character the set does not have; pos is set
 *          RC_NOMEM  HL7-005
 */
enum rc text_to_set(struct str text, const char *set, enum charset_policy policy, struct arena *a,
                    struct str *out, struct err *e) ZS_CHECK;

#endif
