/*
 * The HTTP connector: a listener that takes messages by POST, and a destination that sends them.
 * See http.md for what it supports, its answers and its verdicts.
 */
#ifndef ZS_CONNECTOR_HTTP_HTTP_H
#define ZS_CONNECTOR_HTTP_HTTP_H

#include "connector/connector.h"

/* Options of a channel's source. */
struct conn_http_conf {
    struct str listen;     /* "http://127.0.0.1:8090/in" */
    struct opt_strs allow; /* CIDR of peers; empty: everybody */
    bool open;             /* everybody may send, and that is meant */
    struct str cert_file;  /* PEM; with https */
    struct str key_file;   /* PEM */
    struct str client_ca;  /* PEM file: client certificates are demanded, signed by one of these */
    uint64_t max_body_bytes;
    int64_t max_conns;
    uint64_t head_ms, body_ms, idle_ms;
};

extern const struct conn_type conn_http;

#endif
