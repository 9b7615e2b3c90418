/*
 * HMAC by the library's one-step call. Tests: hmac_test.c
 */
#include "crypt/hmac.h"

#include <openssl/evp.h>

static const struct {
    const char *digest;
    size_t bytes;
} algs[] = { [HMAC_SHA256] = { "SHA256", 32 },
             [HMAC_SHA384] = { "SHA384", 48 },
             [HMAC_SHA512] = { "SHA512", 64 } };

size_t hmac_bytes(enum hmac_alg alg)
{
    return algs[alg].bytes;
}

enum rc hmac_of(enum hmac_alg alg, struct str key, struct str text, uint8_t out[HMAC_BYTES_MAX],
                struct err *e)
{
    const unsigned char *in = (const unsigned char *)(text.n ? text.p : "");
    size_t n = 0;
    /* a NULL key is another thing to the library than an empty one */
    if (EVP_Q_mac(NULL, "HMAC", NULL, algs[alg].digest, NULL, key.n ? key.p : "", key.n, in, text.n,
                  out, HMAC_BYTES_MAX, &n))
        return RC_OK;
    return err_set(e, RC_NOMEM, "CRYPT-003", "the cryptographic library could not sign");
}
