/*
 * Finding bytes in bulk: the loops everything in this folder spends its time in.
 *
 * 16 bytes a step where SSE2 is part of the machine's base (x86-64), 8 bytes a step elsewhere. The
 * portable forms are always built, so that tests compare the two on any machine.
 *
 * No function reads outside p[0 … n).
 *
 * Thread  any
 */
#ifndef ZS_HL7_SCAN_H
#define ZS_HL7_SCAN_H

#include "base/defs.h"

/* Offset of the first byte that is a or b; n when there is none. */
size_t scan_either(const char *p, size_t n, char a, char b);

/*
 * Offset of the k-th byte c (k >= 1); n when there are fewer, and then *found is how many there
 * are. *found may not be NULL and is k otherwise.
 */
size_t scan_nth(const char *p, size_t n, char c, size_t k, size_t *found);

/* How many bytes are c. */
size_t scan_count(const char *p, size_t n, char c);

/* Offset of the first byte outside printable ASCII and TAB (below 0x20, but not 0x09, or above
 * 0x7E); n if none. */
size_t scan_unprintable(const char *p, size_t n);

/* The same without SSE2. */
size_t scan_either_word(const char *p, size_t n, char a, char b);
size_t scan_nth_word(const char *p, size_t n, char c, size_t k, size_t *found);

#endif
