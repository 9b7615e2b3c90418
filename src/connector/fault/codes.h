/* The error codes of the fault connector. */
#ifndef ZS_CONNECTOR_FAULT_CODES_H
#define ZS_CONNECTOR_FAULT_CODES_H

#include "base/err.h"

extern const struct err_code conn_fault_codes[];
extern const size_t conn_fault_n_codes;

#endif
