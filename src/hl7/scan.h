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

#include <string.h>

/* Offset of the first byte that is a or b; n when there is none. */
size_t scan_either(const char *p, size_t n, char a, char b);

/*
 * Offset of the k-th byte c (k >= 1); n when there are fewer, and then *found is how many there
 * are. *found may not be NULL and is k otherwise.
 */
size_t scan_nth(const char *p, size_t n, char c, size_t k, size_t *found);

/* How many bytes are c. */
size_t scan_count(const char *p, size_t n, char c);

/* Offset of the first byte below 0x20; n if none. */
size_t scan_control(const char *p, size_t n);

/*
 * Offset of the first c; n if none. For the short pieces fields are made of: a call of memchr costs
 * more than most of them have bytes.
 */
static inline size_t scan_one(const char *p, size_t n, char c)
{
    size_t near = n < 16 ? n : 16;
    for (size_t i = 0; i < near; i++)
        if (p[i] == c)
            return i;
    const char *hit = near < n ? memchr(p + near, c, n - near) : NULL;
    return hit ? (size_t)(hit - p) : n;
}

/* The same without SSE2. */
size_t scan_either_word(const char *p, size_t n, char a, char b);
size_t scan_nth_word(const char *p, size_t n, char c, size_t k, size_t *found);
size_t scan_control_word(const char *p, size_t n);

#endif
