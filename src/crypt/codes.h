/* The error codes of this folder, for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_CRYPT_CODES_H
#define ZS_CRYPT_CODES_H

#include "base/err.h"

extern const struct err_code crypt_codes[];
extern const size_t crypt_n_codes;

#endif
