/*
 * UUIDs: version 4 (random) and version 7 (time in milliseconds first, so that they sort by age).
 *
 * Two version 7 ids of the same millisecond have no defined order; where order matters there is a
 * sequence number.
 *
 * Spec    RFC 9562, 5.4 and 5.7; text form of section 4
 * Thread  any (the random source's rule applies).
 */
#ifndef ZS_BASE_UUID_H
#define ZS_BASE_UUID_H

#include "base/err.h"
#include "base/random.h"
#include "base/str.h"

#define UUID_TEXT_SIZE 37 /* 36 characters and the NUL */

struct uuid {
    unsigned char b[16]; /* as on the wire */
};

void uuid_v4(struct uuid *u, const struct random *r);

/* at_ms: wall clock; taken modulo 2^48 (the year 10889). */
void uuid_v7(struct uuid *u, int64_t at_ms, const struct random *r);

/* The time inside a version 7 id. */
int64_t uuid_v7_ms(const struct uuid *u);

/* Lower-case 8-4-4-4-12 form, terminated. */
void uuid_text(const struct uuid *u, char out[UUID_TEXT_SIZE]);

/*
 * The 36-character form, either case, any version or variant.
 * Returns  RC_SYNTAX  BASE-008, e->pos at the first wrong character (or the length)
 */
enum rc uuid_parse(struct str s, struct uuid *out, struct err *e) ZS_CHECK;

#endif
