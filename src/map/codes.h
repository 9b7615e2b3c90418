/* What each error of this folder means and what to do; rows of `zarish explain`. */
#ifndef ZS_MAP_CODES_H
#define ZS_MAP_CODES_H

#include "base/err.h"

extern const struct err_code map_codes[];
extern const size_t map_n_codes;

#endif
