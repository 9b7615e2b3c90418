/*
 * SHA-256 and HMAC over EVP with the algorithm fetched once per hasher: an implicit fetch costs
 * more than hashing a short record. Tests: sha_test.c
 */
#include "crypt/sha.h"

#include "base/alloc.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

struct sha256 {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

static void must(int ok)
{
    ZS_ASSERT(ok == 1);
}

struct sha256 *sha256_new(void)
{
    struct sha256 *h = mem_new(struct sha256);
    if (!h)
        return NULL;
    h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->ctx = EVP_MD_CTX_new();
    if (!h->md || !h->ctx || EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1)
        sha256_free(&h);
    return h;
}

void sha256_free(struct sha256 **hp)
{
    struct sha256 *h = *hp;
    *hp = NULL;
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    mem_free(h);
}

void sha256_reset(struct sha256 *h)
{
    must(EVP_DigestInit_ex2(h->ctx, NULL, NULL));
}

void sha256_add(struct sha256 *h, struct str bytes)
{
    if (bytes.n)
        must(EVP_DigestUpdate(h->ctx, bytes.p, bytes.n));
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_BYTES])
{
    must(EVP_DigestFinal_ex(h->ctx, out, NULL));
    sha256_reset(h);
}

void sha256_of(struct sha256 *h, struct str bytes, uint8_t out[SHA256_BYTES])
{
    sha256_add(h, bytes);
    sha256_end(h, out);
}

void sha256_once(struct str bytes, uint8_t out[SHA256_BYTES])
{
    must(EVP_Digest(bytes.n ? bytes.p : "", bytes.n, out, NULL, EVP_sha256(), NULL));
}

struct hmac256 {
    EVP_MAC_CTX *ctx; /* keeps the key; init without one starts over */
};

struct hmac256 *hmac256_new(struct str key)
{
    struct hmac256 *h = mem_new(struct hmac256);
    if (!h)
        return NULL;
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    h->ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    /* a NULL key would mean "keep the one you have" */
    const unsigned char *k = (const unsigned char *)(key.n ? key.p : "");
    if (!h->ctx || EVP_MAC_init(h->ctx, k, key.n, params) != 1)
        hmac256_free(&h);
    return h;
}

void hmac256_free(struct hmac256 **hp)
{
    struct hmac256 *h = *hp;
    *hp = NULL;
    if (!h)
        return;
    EVP_MAC_CTX_free(h->ctx);
    mem_free(h);
}

void hmac256_add(struct hmac256 *h, struct str bytes)
{
    if (bytes.n)
        must(EVP_MAC_update(h->ctx, (const unsigned char *)bytes.p, bytes.n));
}

void hmac256_end(struct hmac256 *h, uint8_t out[SHA256_BYTES])
{
    size_t n = 0;
    must(EVP_MAC_final(h->ctx, out, &n, SHA256_BYTES));
    must(EVP_MAC_init(h->ctx, NULL, 0, NULL));
}

bool crypt_same(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}
