/* Ed25519 over EVP. Tests: ed25519_test.c */
#include "crypt/ed25519.h"

#include "base/alloc.h"

#include <openssl/evp.h>

struct ed25519_key {
    EVP_PKEY *pkey;
    uint8_t public_key[ED25519_PUBLIC_BYTES];
};

struct ed25519_key *ed25519_key_new(const uint8_t seed[ED25519_SEED_BYTES])
{
    struct ed25519_key *k = mem_new(struct ed25519_key);
    if (!k)
        return NULL;
    size_t n = sizeof k->public_key;
    k->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_BYTES);
    if (!k->pkey || EVP_PKEY_get_raw_public_key(k->pkey, k->public_key, &n) != 1)
        ed25519_key_free(&k);
    return k;
}

void ed25519_key_free(struct ed25519_key **kp)
{
    struct ed25519_key *k = *kp;
    *kp = NULL;
    if (!k)
        return;
    EVP_PKEY_free(k->pkey); /* clears the private part */
    mem_free(k);
}

void ed25519_public(const struct ed25519_key *k, uint8_t out[ED25519_PUBLIC_BYTES])
{
    memcpy(out, k->public_key, ED25519_PUBLIC_BYTES);
}

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)(s.n ? s.p : "");
}

enum rc ed25519_sign(const struct ed25519_key *k, struct str bytes, uint8_t out[ED25519_SIG_BYTES],
                     struct err *e)
{
    uint8_t sig[ED25519_SIG_BYTES];
    size_t n = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
              EVP_DigestSign(ctx, sig, &n, bytes_of(bytes), bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory to sign");
    memcpy(out, sig, sizeof sig);
    return RC_OK;
}

enum rc ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_BYTES], struct str bytes,
                       const uint8_t sig[ED25519_SIG_BYTES], struct err *e)
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_PUBLIC_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ready = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1;
    bool good =
        ready && EVP_DigestVerify(ctx, sig, ED25519_SIG_BYTES, bytes_of(bytes), bytes.n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    if (!ready)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory to verify a signature");
    if (!good)
        return err_set(e, RC_DENIED, "CRYPT-001", "the signature does not fit");
    return RC_OK;
}
