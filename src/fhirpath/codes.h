/* What each error of this folder means and what to do; rows of `zarish explain`. */
#ifndef ZS_FHIRPATH_CODES_H
#define ZS_FHIRPATH_CODES_H

#include "base/err.h"

extern const struct err_code fhirpath_codes[];
extern const size_t fhirpath_n_codes;

#endif
