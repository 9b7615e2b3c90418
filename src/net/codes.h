/* The error codes of this folder, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_NET_CODES_H
#define ZS_NET_CODES_H

#include "base/err.h"

extern const struct err_code net_codes[];
extern const size_t net_n_codes;

#endif
