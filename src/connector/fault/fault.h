/*
 * The fault connector: a destination that does as it is told ("fault:"), for finding out what a
 * channel does when things go wrong. `parameters: { outcomes: [retry, uncertain, ok], delay: 50 }`
 * answers the first delivery with retry, the second with uncertain, the third with ok, and begins
 * anew. `hang` never answers until it is cancelled or closed.
 */
#ifndef ZS_CONNECTOR_FAULT_FAULT_H
#define ZS_CONNECTOR_FAULT_FAULT_H

#include "connector/connector.h"

/* An endpoint's `parameters`. */
struct conn_fault_params {
    struct opt_strs outcomes; /* "ok", "retry", "busy", "uncertain", "reject", "operator", "hang" */
    uint64_t delay_ms;        /* before each answer */
};

extern const struct conn_type conn_fault;

#endif
