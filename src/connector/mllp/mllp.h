/*
 * The MLLP connector: a listener for HL7 v2 messages, and a destination that sends them and waits
 * for the acknowledgement. See mllp.md for what it supports, its limits and its verdicts.
 */
#ifndef ZS_CONNECTOR_MLLP_MLLP_H
#define ZS_CONNECTOR_MLLP_MLLP_H

#include "connector/connector.h"

/* Options of a channel's source. */
struct conn_mllp_conf {
    struct str listen;     /* "mllp://127.0.0.1:2575", "mllps://0.0.0.0:2576" */
    struct opt_strs allow; /* CIDR of peers; empty: everybody */
    bool open;             /* everybody may send, and that is meant */
    struct str cert_file;  /* PEM; with mllps */
    struct str key_file;   /* PEM */
    struct str client_ca;  /* PEM: client certificates are demanded, signed by one of these */
    uint64_t max_message_bytes;
    int64_t max_conns;
    int64_t max_pipelined; /* unanswered messages of one connection; then it is not read */
    uint64_t frame_ms;     /* a message must be complete so long after its first byte */
    uint64_t idle_ms;      /* 0: connections may be silent for ever */
};

/* Options of an endpoint's `parameters`. */
struct conn_mllp_params {
    int64_t connections;   /* at most */
    uint64_t idle_ms;      /* a connection unused for so long is closed; 0: never */
    int commit;            /* enum mllp_commit */
    bool match_control_id; /* an answer counts only if its MSA-2 is our MSH-10 */
    struct str ca_file;    /* PEM; with mllps; empty: the system's authorities */
    struct str cert_file;  /* PEM: our client certificate */
    struct str key_file;
    int verify;           /* enum mllp_verify */
    struct opt_strs pins; /* fingerprints, with `pin` */
    struct str name;      /* to expect in the certificate; empty: the host */
};

enum mllp_commit { MLLP_COMMIT_MESSAGE, MLLP_COMMIT_BYTE };
enum mllp_verify { MLLP_VERIFY_FULL, MLLP_VERIFY_CHAIN, MLLP_VERIFY_PIN };

extern const struct conn_type conn_mllp;

#endif
