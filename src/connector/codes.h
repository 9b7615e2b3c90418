/* The error codes of this folder, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_CONNECTOR_CODES_H
#define ZS_CONNECTOR_CODES_H

#include "base/err.h"

extern const struct err_code conn_codes[];
extern const size_t conn_n_codes;

#endif
