/* What each error of this folder means and what to do; rows of `zarish explain`. */
#ifndef ZS_HL7_CODES_H
#define ZS_HL7_CODES_H

#include "base/err.h"

extern const struct err_code hl7_codes[];
extern const size_t hl7_n_codes;

#endif
