/*
 * The MLLP connector: a listener for HL7 v2 messages, and a destination that sends them and waits
 * for the acknowledgement. See mllp.md.
 */
#ifndef ZS_CONNECTOR_MLLP_MLLP_H
#define ZS_CONNECTOR_MLLP_MLLP_H

#include "connector/connector.h"

/* Options of a channel's source. */
struct conn_mllp_conf {
    struct str listen;     /* "mllp://127.0.0.1:2575" */
    struct opt_strs allow; /* CIDR of peers; empty: everybody */
    bool open;             /* everybody may send, and that is meant */
    uint64_t max_message_bytes;
    int64_t max_conns;
    int64_t max_pipelined; /* unanswered messages of one connection; then it is not read */
    uint64_t idle_ms;      /* 0: connections may be silent for ever */
};

/* Options of an endpoint's `parameters`. */
struct conn_mllp_params {
    int64_t connections; /* at most */
};

extern const struct conn_type conn_mllp;

#endif
