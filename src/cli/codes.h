/* The codes of cli, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_CLI_CODES_H
#define ZS_CLI_CODES_H

#include "base/err.h"

extern const struct err_code cli_codes[];
extern const size_t cli_n_codes;

#endif
