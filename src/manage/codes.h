/* The error codes of manage. */
#ifndef ZS_MANAGE_CODES_H
#define ZS_MANAGE_CODES_H

#include "base/err.h"

extern const struct err_code manage_codes[];
extern const size_t manage_n_codes;

#endif
