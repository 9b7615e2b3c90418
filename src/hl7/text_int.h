/* Shared by text.c, edit.c and ack.c: the character set of a message. */
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

/* The set a label of MSH-18 stands for; NULL for none, an unknown one, and those that say nothing.
 */
const char *text_label_set(struct str label);

#endif
