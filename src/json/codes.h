/* The codes of json (JSON, OPT and YAML), for `zarish explain` and the reference. Sorted by id. */
#ifndef ZS_JSON_CODES_H
#define ZS_JSON_CODES_H

#include "base/err.h"

extern const struct err_code json_codes[];
extern const size_t json_n_codes;

#endif
