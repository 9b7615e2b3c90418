/*
 * Numbers of seven bits a byte, low ones first, as records and the index use them. Thread  any.
 */
#ifndef ZS_STORE_VARINT_H
#define ZS_STORE_VARINT_H

#include "base/str.h"

#define VARINT_MAX 10

/* Writes at most VARINT_MAX bytes; how many. */
static inline size_t varint_put(unsigned char *p, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        p[n++] = (unsigned char)(v | 0x80);
    p[n++] = (unsigned char)v;
    return n;
}

/* Cuts a number off the front; false: cut short or over 64 bits. */
static inline bool varint_get(struct str *in, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < in->n && i < VARINT_MAX; i++) {
        uint64_t part = (unsigned char)in->p[i] & 0x7f;
        if (i == VARINT_MAX - 1 && part > 1)
            return false;
        v |= part << (7 * i);
        if ((unsigned char)in->p[i] < 0x80) {
            *in = str_from(*in, i + 1);
            *out = v;
            return true;
        }
    }
    return false;
}

#endif
