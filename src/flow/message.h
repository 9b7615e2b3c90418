/*
 * A message on its way through a channel: from the connector's intake to the last delivery it has
 * in memory. Everything of it lies in the intake's arena, which goes with the last reference.
 *
 * Thread  the channel's loop.
 */
#ifndef ZS_FLOW_MESSAGE_H
#define ZS_FLOW_MESSAGE_H

#include "config/config.h"
#include "connector/connector.h"
#include "flow/commit.h"
#include "flow/lane.h"
#include "hl7/finding.h"

#define MESSAGE_TERMS_MAX 16

struct channel;

/* One destination's part. Stands in the order of the channel's destinations. */
struct message_part {
    struct lane_item item;
    bool expected; /* the lane was told to expect it */
};

struct message {
    struct lane_hold hold; /* one reference for intake and answer, one per item in a window */
    struct channel *ch;
    struct intake *in; /* NULL once settled */
    struct arena *arena;
    struct commit_op op;
    struct store_intake rec;
    struct store_term terms[MESSAGE_TERMS_MAX];
    struct store_delivery *deliveries;
    struct message_part *parts;

    const struct hl7_msg *hl7; /* set by the format */
    struct hl7_report report;  /* of hl7 */
    const struct json *json;

    enum answer_kind kind; /* what the sender will hear once it is committed */
    struct err why;        /* when it is not ACCEPTED */
    char id[32];

    size_t n_open;            /* `ack: delivered`: deliveries without an outcome yet */
    struct list_node waiting; /* on the channel's list while the sender waits for them */
    struct loop_timer ack_timer;
};

#endif
