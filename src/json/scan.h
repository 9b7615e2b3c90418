/*
 * Looking at many bytes at once: the inner loops of the reader and the writer, in three forms
 * (plain C, SSE2, AVX2) that answer alike. scan_test.c compares them byte for byte.
 *
 * No form reads outside [p, p + n).
 *
 * Thread  any; the tables are constant.
 */
#ifndef ZS_JSON_SCAN_H
#define ZS_JSON_SCAN_H

#include "base/str.h"

struct json_scan {
    const char *name;

    /*
     * Bytes before the first one that cannot stand in a JSON string as it is: ", \ and everything
     * below U+0020. *high gets its top bit (0x80) set when a byte before it is not ASCII.
     */
    size_t (*plain)(const char *p, size_t n, unsigned *high);

    /* Bytes before the first one that is not JSON white space. */
    size_t (*space)(const char *p, size_t n);

    /* Is it UTF-8? The same answer as utf8_is_valid. */
    bool (*utf8)(const char *p, size_t n);
};

extern const struct json_scan json_scan_c;

#if defined(__x86_64__)
extern const struct json_scan json_scan_sse2;
extern const struct json_scan json_scan_avx2;
#endif

/* The fastest this processor has. */
const struct json_scan *json_scan_best(void);

#endif
