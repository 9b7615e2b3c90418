/*
 * HMAC of one text with one key (RFC 2104) over SHA-256, SHA-384 or SHA-512. For many hashes with
 * one key see hmac256 in sha.h.
 *
 * Thread  any; no state.
 */
#ifndef ZS_CRYPT_HMAC_H
#define ZS_CRYPT_HMAC_H

#include "base/err.h"
#include "base/str.h"

enum hmac_alg { HMAC_SHA256 = 0, HMAC_SHA384, HMAC_SHA512 };

#define HMAC_BYTES_MAX 64

/* 32, 48 or 64. */
size_t hmac_bytes(enum hmac_alg alg);

/* Writes hmac_bytes(alg) bytes. RC_NOMEM CRYPT-003. */
enum rc hmac_of(enum hmac_alg alg, struct str key, struct str text, uint8_t out[HMAC_BYTES_MAX],
                struct err *e) ZS_CHECK;

#endif
