/* The error codes of this folder, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_AUTH_CODES_H
#define ZS_AUTH_CODES_H

#include "base/err.h"

extern const struct err_code auth_codes[];
extern const size_t auth_n_codes;

#endif
