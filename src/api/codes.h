/* The error codes of api. */
#ifndef ZS_API_CODES_H
#define ZS_API_CODES_H

#include "base/err.h"

extern const struct err_code api_codes[];
extern const size_t api_n_codes;

#endif
