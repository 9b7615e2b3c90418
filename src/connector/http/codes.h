/* The error codes of this folder, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_CONNECTOR_HTTP_CODES_H
#define ZS_CONNECTOR_HTTP_CODES_H

#include "base/err.h"

extern const struct err_code conn_http_codes[];
extern const size_t conn_http_n_codes;

#endif
