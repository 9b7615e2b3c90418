/* OpenSSL behind tls.h, for this folder's files. */
#ifndef ZS_CRYPT_TLS_INT_H
#define ZS_CRYPT_TLS_INT_H

#include "crypt/sha.h"
#include "crypt/tls.h"

#include <openssl/ssl.h>

#include <stdatomic.h>

struct tls_ctx {
    atomic_uint refs;
    enum tls_role role;
    enum tls_peer_check check;
    SSL_CTX *ssl;
    BIO_METHOD *bio; /* tls_session.c's */
    int64_t not_after;
    uint8_t (*pins)[SHA256_BYTES];
    size_t n_pins;
    unsigned char *alpn; /* length-prefixed names */
    size_t n_alpn;
};

/* The method of the BIO between a session and OpenSSL; NULL: no memory. */
BIO_METHOD *tls_bio_method(void);

/* ASN.1 time as ms since 1970; INT64_MAX when it is none. */
int64_t tls_time_ms(const ASN1_TIME *t);

/* tls_peer.c */
enum rc tls_peer_of(X509 *x, struct arena *a, struct tls_peer *out, struct err *e) ZS_CHECK;

#endif
