/*
 * Upper and lower case of Unicode characters: the simple one-to-one mappings, the same in every
 * locale. What maps to several characters (ß to SS) stays as it is.
 *
 * Spec    Unicode 14.0, UnicodeData.txt, fields 12 and 13
 * Thread  any.
 */
#ifndef ZS_FHIRPATH_UNICASE_H
#define ZS_FHIRPATH_UNICASE_H

#include "base/buf.h"

uint32_t unicase_upper(uint32_t cp);
uint32_t unicase_lower(uint32_t cp);

/* Append UTF-8 text in upper or lower case; bytes that are not UTF-8 stay as they are. */
void unicase_write(struct str s, bool upper, struct buf *out);

#endif
