/* The codes of the store and its backends, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_STORE_CODES_H
#define ZS_STORE_CODES_H

#include "base/err.h"

extern const struct err_code store_codes[];
extern const size_t store_n_codes;

#endif
