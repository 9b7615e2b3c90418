/* The error codes of flow. */
#ifndef ZS_FLOW_CODES_H
#define ZS_FLOW_CODES_H

#include "base/err.h"

extern const struct err_code flow_codes[];
extern const size_t flow_n_codes;

#endif
