/*
 * SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104).
 *
 * A hasher owns its state and is used again and again: what it costs to set one up is paid once
 * per thread or writer, not once per message. sha256_once is for the odd single hash.
 *
 * Once a hasher exists nothing can fail; a failure inside the library would be a bug and asserts.
 *
 * Thread  a hasher: one at a time.
 */
#ifndef ZS_CRYPT_SHA_H
#define ZS_CRYPT_SHA_H

#include "base/err.h"
#include "base/str.h"

#define SHA256_BYTES 32

struct sha256;

/* NULL when there is no memory. Ready for its first sha256_add. */
struct sha256 *sha256_new(void) ZS_CHECK;
void sha256_free(struct sha256 **h);

void sha256_add(struct sha256 *h, struct str bytes);
/* The hash of all added; the hasher is empty and ready again. */
void sha256_end(struct sha256 *h, uint8_t out[SHA256_BYTES]);
/* Forget what was added. */
void sha256_reset(struct sha256 *h);

/* add and end in one. */
void sha256_of(struct sha256 *h, struct str bytes, uint8_t out[SHA256_BYTES]);

void sha256_once(struct str bytes, uint8_t out[SHA256_BYTES]);

/* The same three steps with a key. The key is copied and wiped at free. */
struct hmac256;

struct hmac256 *hmac256_new(struct str key) ZS_CHECK;
void hmac256_free(struct hmac256 **h);
void hmac256_add(struct hmac256 *h, struct str bytes);
void hmac256_end(struct hmac256 *h, uint8_t out[SHA256_BYTES]);

/* Compare secrets: the time taken depends on n alone. */
bool crypt_same(const void *a, const void *b, size_t n);

#endif
