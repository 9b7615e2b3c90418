/*
 * What flow knows of a message's format: reading it, what makes it unacceptable, what it can be
 * found by, and what its sender hears. One row per config_format.
 *
 * Thread  loop.
 */
#ifndef ZS_FLOW_FORMAT_H
#define ZS_FLOW_FORMAT_H

#include "config/config.h"
#include "flow/message.h"

/* How a message was taken: decides the acknowledgement code. */
enum take { TAKE_OK, TAKE_REFUSE, TAKE_INVALID, TAKE_BUSY };

struct format_ops {
    /*
     * Read the body into m->hl7 or m->json. RC_SYNTAX and RC_LIMIT are the sender's fault: the
     * message is refused with *e.
     */
    enum rc (*parse)(struct message *m, struct err *e);

    /* What no channel can work with (MSH-9, -10, -12): RC_VALUE, the message is refused. */
    enum rc (*acceptable)(const struct message *m, struct err *e);

    /* The validate step: RC_VALUE with the first error finding. */
    enum rc (*validate)(const struct message *m, enum config_profile profile, struct err *e);

    /* control_id, type, sender and the search terms of m->rec; never fails, at worst leaves out. */
    void (*describe)(struct message *m);

    /* The acknowledgement into m->rec.ack; STR_NULL where the connector finds its own words. */
    enum rc (*acknowledge)(struct message *m, enum take how, const struct err *why, struct err *e);

    /* The document as expressions see it. */
    struct doc_node (*node)(const struct message *m);
};

const struct format_ops *format_ops(enum config_format f);

#endif
