/* The error codes of configuration. */
#ifndef ZS_CONFIG_CODES_H
#define ZS_CONFIG_CODES_H

#include "base/err.h"

extern const struct err_code config_codes[];
extern const size_t config_n_codes;

#endif
