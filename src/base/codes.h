/* The codes of base, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_BASE_CODES_H
#define ZS_BASE_CODES_H

#include "base/err.h"

extern const struct err_code base_codes[];
extern const size_t base_n_codes;

#endif
