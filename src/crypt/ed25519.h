/*
 * Ed25519 signatures (RFC 8032), with keys as their raw 32 bytes. The ledger's checkpoints are
 * signed with them.
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_CRYPT_ED25519_H
#define ZS_CRYPT_ED25519_H

#include "base/err.h"
#include "base/str.h"

#define ED25519_SEED_BYTES   32
#define ED25519_PUBLIC_BYTES 32
#define ED25519_SIG_BYTES    64

struct ed25519_key; /* a private key, ready to sign; wiped at free */

/* seed is the private key of RFC 8032 (random bytes). NULL when there is no memory. */
struct ed25519_key *ed25519_key_new(const uint8_t seed[ED25519_SEED_BYTES]) ZS_CHECK;
void ed25519_key_free(struct ed25519_key **k);
void ed25519_public(const struct ed25519_key *k, uint8_t out[ED25519_PUBLIC_BYTES]);

/* Returns RC_NOMEM only. Deterministic: the same bytes give the same signature. */
enum rc ed25519_sign(const struct ed25519_key *k, struct str bytes, uint8_t out[ED25519_SIG_BYTES],
                     struct err *e) ZS_CHECK;

/* RC_OK: it is; RC_DENIED: it is not (CRYPT-001); RC_NOMEM. */
enum rc ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_BYTES], struct str bytes,
                       const uint8_t sig[ED25519_SIG_BYTES], struct err *e) ZS_CHECK;

#endif
