/* The error codes of app. */
#ifndef ZS_APP_CODES_H
#define ZS_APP_CODES_H

#include "base/err.h"

extern const struct err_code app_codes[];
extern const size_t app_n_codes;

#endif
