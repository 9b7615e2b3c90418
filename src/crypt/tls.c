/*
 * TLS contexts over SSL_CTX. What a certificate, key or list is made of is checked here, when the
 * configuration is read, so that a handshake can only fail for what the peer does.
 *
 * Sessions are not resumed: a ticket would carry a verified client past a change of trust, and the
 * connections of this engine live long. Tests: tls_test.c
 */
#include "crypt/tls_int.h"

#include "base/alloc.h"
#include "base/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <limits.h>

#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* ---- PEM ---- */

static BIO *bio_over(struct str s)
{
    return s.n <= INT_MAX ? BIO_new_mem_buf(s.n ? s.p : "", (int)s.n) : NULL;
}

/* OpenSSL asks for the passphrase; without a callback it would ask at the terminal. */
static int give_passphrase(char *out, int size, int writing, void *ctx)
{
    const struct str *pass = ctx;
    (void)writing;
    if (size < 0 || pass->n > (size_t)size)
        return -1;
    if (pass->n)
        memcpy(out, pass->p, pass->n);
    return (int)pass->n;
}

/* The next certificate, NULL at the end; the library says "no start line" there. */
static X509 *next_cert(BIO *bio, bool *malformed)
{
    struct str none = STR_NULL;
    ERR_clear_error();
    X509 *x = PEM_read_bio_X509(bio, NULL, give_passphrase, &none);
    *malformed = !x && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    ERR_clear_error();
    return x;
}

static enum rc use_chain(struct tls_ctx *t, struct str pem, struct err *e)
{
    BIO *bio = bio_over(pem);
    bool malformed = bio == NULL;
    X509 *leaf = bio ? next_cert(bio, &malformed) : NULL;
    bool ok = leaf && SSL_CTX_use_certificate(t->ssl, leaf) == 1;
    enum rc rc = RC_OK;
    if (!leaf)
        rc = err_set(e, RC_VALUE, "TLS-001", "the certificate cannot be read");
    else if (!ok)
        rc = err_set(e, RC_VALUE, "TLS-010", "the certificate is refused: %s",
                     ERR_reason_error_string(ERR_peek_last_error()));
    else
        t->not_after = tls_time_ms(X509_get0_notAfter(leaf));
    X509_free(leaf);
    for (X509 *x = ok ? next_cert(bio, &malformed) : NULL; x; x = next_cert(bio, &malformed))
        if (SSL_CTX_add0_chain_cert(t->ssl, x) != 1)
            X509_free(x);
    BIO_free(bio);
    if (rc == RC_OK && malformed)
        rc = err_set(e, RC_VALUE, "TLS-001", "a certificate of the chain cannot be read");
    return rc;
}

static enum rc use_key(struct tls_ctx *t, const struct tls_conf *conf, struct err *e)
{
    BIO *bio = bio_over(conf->key_pem);
    struct str pass = conf->passphrase;
    ERR_clear_error();
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &pass) : NULL;
    BIO_free(bio);
    if (!key)
        return err_set(e, RC_VALUE, "TLS-002", "the private key cannot be read%s",
                       pass.n ? ", or the passphrase is wrong" : "");
    ERR_clear_error();
    bool ok = SSL_CTX_use_PrivateKey(t->ssl, key) == 1;
    EVP_PKEY_free(key);
    if (ok && SSL_CTX_check_private_key(t->ssl) == 1)
        return RC_OK;
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (ok || reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
        return err_set(e, RC_VALUE, "TLS-003", "the key does not belong to the certificate");
    return err_set(e, RC_VALUE, "TLS-010", "the key is refused: %s",
                   ERR_reason_error_string(ERR_peek_last_error()));
}

static enum rc use_ca(struct tls_ctx *t, struct str pem, struct err *e)
{
    BIO *bio = bio_over(pem);
    X509_STORE *store = SSL_CTX_get_cert_store(t->ssl);
    bool malformed = bio == NULL;
    size_t n = 0;
    for (X509 *x = bio ? next_cert(bio, &malformed) : NULL; x; x = next_cert(bio, &malformed)) {
        bool ok = X509_STORE_add_cert(store, x) == 1;
        if (ok && t->role == TLS_SERVER)
            ok = SSL_CTX_add_client_CA(t->ssl, x) == 1;
        X509_free(x);
        malformed |= !ok;
        n++;
    }
    BIO_free(bio);
    if (n == 0 || malformed)
        return err_set(e, RC_VALUE, "TLS-004", "the list of trusted certificates cannot be read");
    return RC_OK;
}

/* ---- pins ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_pin(struct str in, uint8_t out[SHA256_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        int digit = hex_digit(in.p[i]);
        bool colon = in.p[i] == ':' && n > 0 && n % 2 == 0;
        if (colon)
            continue;
        if (digit < 0 || n == (size_t)2 * SHA256_BYTES)
            return false;
        out[n / 2] = (uint8_t)(n % 2 ? out[n / 2] | digit : digit << 4);
        n++;
    }
    return n == (size_t)2 * SHA256_BYTES;
}

static enum rc use_pins(struct tls_ctx *t, const struct tls_conf *conf, struct err *e)
{
    if (conf->n_pins == 0)
        return err_set(e, RC_VALUE, "TLS-005", "a fingerprint to pin is missing");
    t->pins = mem_zero_array(SHA256_BYTES, conf->n_pins);
    if (!t->pins)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS context");
    t->n_pins = conf->n_pins;
    for (size_t i = 0; i < conf->n_pins; i++)
        if (!read_pin(conf->pins[i], t->pins[i]))
            return err_set(e, RC_VALUE, "TLS-005", "fingerprint %zu is malformed", i + 1);
    return RC_OK;
}

/* Takes the place of chain building: the leaf is known, or it is not. */
static int verify_pin(X509_STORE_CTX *ctx, void *arg)
{
    const struct tls_ctx *t = arg;
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    if (leaf && X509_digest(leaf, EVP_sha256(), hash, &n) == 1 && n == SHA256_BYTES)
        for (size_t i = 0; i < t->n_pins; i++)
            if (crypt_same(hash, t->pins[i], SHA256_BYTES)) {
                X509_STORE_CTX_set_error(ctx, X509_V_OK);
                return 1;
            }
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
}

/* ---- ALPN ---- */

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                       const unsigned char *in, unsigned in_n, void *arg)
{
    const struct tls_ctx *t = arg;
    unsigned char *chosen = NULL;
    (void)ssl;
    /* a peer that asks for nothing we speak is refused, not guessed at (RFC 7301 section 3.2) */
    if (SSL_select_next_proto(&chosen, out_n, t->alpn, (unsigned)t->n_alpn, in, in_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum rc use_alpn(struct tls_ctx *t, const struct tls_conf *conf, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < conf->n_alpn; i++) {
        if (conf->alpn[i].n == 0 || conf->alpn[i].n > 255)
            return err_set(e, RC_VALUE, "TLS-005", "ALPN name %zu is malformed", i + 1);
        n += conf->alpn[i].n + 1;
    }
    if (n > UINT16_MAX)
        return err_set(e, RC_VALUE, "TLS-005", "too many ALPN names");
    t->alpn = mem_alloc(n);
    if (!t->alpn)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS context");
    for (size_t i = 0; i < conf->n_alpn; i++) {
        t->alpn[t->n_alpn++] = (unsigned char)conf->alpn[i].n;
        memcpy(t->alpn + t->n_alpn, conf->alpn[i].p, conf->alpn[i].n);
        t->n_alpn += conf->alpn[i].n;
    }
    if (t->role == TLS_SERVER)
        SSL_CTX_set_alpn_select_cb(t->ssl, choose_alpn, t);
    else if (SSL_CTX_set_alpn_protos(t->ssl, t->alpn, (unsigned)t->n_alpn) != 0)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS context");
    return RC_OK;
}

/* ---- policy ---- */

static const struct {
    enum tls_role role;
    enum tls_peer_check check;
    int mode; /* of SSL_CTX_set_verify */
} checks[] = {
    { TLS_CLIENT, TLS_PEER_FULL, SSL_VERIFY_PEER },
    { TLS_CLIENT, TLS_PEER_CHAIN, SSL_VERIFY_PEER },
    { TLS_CLIENT, TLS_PEER_PIN, SSL_VERIFY_PEER },
    { TLS_SERVER, TLS_PEER_NONE, SSL_VERIFY_NONE }, /* of a client nothing is asked */
    { TLS_SERVER, TLS_PEER_OPTIONAL, SSL_VERIFY_PEER },
    { TLS_SERVER, TLS_PEER_REQUIRED, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT },
    { TLS_SERVER, TLS_PEER_PIN, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT },
};

static enum tls_peer_check default_check(const struct tls_conf *conf)
{
    if (conf->check != TLS_PEER_DEFAULT)
        return conf->check;
    if (conf->role == TLS_CLIENT)
        return TLS_PEER_FULL;
    return str_is_null(conf->ca_pem) ? TLS_PEER_NONE : TLS_PEER_REQUIRED;
}

static enum rc use_check(struct tls_ctx *t, const struct tls_conf *conf, struct err *e)
{
    size_t i = 0;
    while (i < ZS_COUNT(checks) && (checks[i].role != t->role || checks[i].check != t->check))
        i++;
    if (i == ZS_COUNT(checks))
        return err_set(e, RC_VALUE, "TLS-006", "this check of the peer does not fit the role");
    SSL_CTX_set_verify(t->ssl, checks[i].mode, NULL);
    if (t->check == TLS_PEER_PIN) {
        SSL_CTX_set_cert_verify_callback(t->ssl, verify_pin, t);
        return use_pins(t, conf, e);
    }
    if (!str_is_null(conf->ca_pem))
        return use_ca(t, conf->ca_pem, e);
    if (t->role == TLS_SERVER && t->check != TLS_PEER_NONE)
        return err_set(e, RC_VALUE, "TLS-004", "client certificates need a list of authorities");
    if (t->role == TLS_CLIENT && SSL_CTX_set_default_verify_paths(t->ssl) != 1)
        return err_set(e, RC_VALUE, "TLS-004", "the system's trusted certificates cannot be read");
    return RC_OK;
}

static bool set_policy(SSL_CTX *ssl, bool tls13_only)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    /* an idle connection gives its record buffers back: 34 KB each otherwise */
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_security_level(ssl, 2);
    return SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
           SSL_CTX_set_min_proto_version(ssl, tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, CIPHERS_12) == 1;
}

static enum rc use_own(struct tls_ctx *t, const struct tls_conf *conf, struct err *e)
{
    bool has_cert = !str_is_null(conf->cert_pem), has_key = !str_is_null(conf->key_pem);
    if (has_cert != has_key || (t->role == TLS_SERVER && !has_cert))
        return err_set(e, RC_MISSING, "TLS-007", "the %s is missing",
                       has_cert ? "private key" : "certificate");
    if (!has_cert)
        return RC_OK;
    enum rc rc = use_chain(t, conf->cert_pem, e);
    return rc == RC_OK ? use_key(t, conf, e) : rc;
}

static enum rc build(struct tls_ctx *t, const struct tls_conf *conf, struct err *e)
{
    t->ssl = SSL_CTX_new(conf->role == TLS_SERVER ? TLS_server_method() : TLS_client_method());
    t->bio = tls_bio_method();
    if (!t->ssl || !t->bio || !set_policy(t->ssl, conf->tls13_only))
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS context");
    enum rc rc = use_own(t, conf, e);
    if (rc == RC_OK)
        rc = use_check(t, conf, e);
    if (rc == RC_OK && conf->n_alpn > 0)
        rc = use_alpn(t, conf, e);
    return rc;
}

enum rc tls_ctx_new(const struct tls_conf *conf, struct tls_ctx **out, struct err *e)
{
    struct tls_ctx *t = mem_new(struct tls_ctx);
    if (!t)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS context");
    atomic_init(&t->refs, 1);
    t->role = conf->role;
    t->check = default_check(conf);
    t->not_after = INT64_MAX;
    enum rc rc = build(t, conf, e);
    ERR_clear_error(); /* the queue is the thread's: what is left would confuse the next reader */
    if (rc == RC_OK)
        *out = t;
    else
        tls_ctx_unref(&t);
    return rc;
}

struct tls_ctx *tls_ctx_ref(struct tls_ctx *t)
{
    if (t)
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void tls_ctx_unref(struct tls_ctx **tp)
{
    struct tls_ctx *t = *tp;
    *tp = NULL;
    /* release what was done with it, acquire what the others did, before it goes */
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) > 1)
        return;
    SSL_CTX_free(t->ssl);
    BIO_meth_free(t->bio);
    mem_free(t->pins);
    mem_free(t->alpn);
    mem_free(t);
}

enum tls_role tls_ctx_role(const struct tls_ctx *t)
{
    return t->role;
}

int64_t tls_ctx_not_after(const struct tls_ctx *t)
{
    return t->not_after;
}

int64_t tls_time_ms(const ASN1_TIME *t)
{
    struct tm tm;
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
        return INT64_MAX;
    return (int64_t)timegm(&tm) * 1000;
}

enum rc tls_read_pem(const char *path, struct arena *a, struct str *out, struct err *e)
{
    struct err why;
    enum rc rc = file_read(path, TLS_PEM_MAX, a, out, &why);
    if (rc == RC_LIMIT)
        return err_set(e, rc, "TLS-009", "%s is over %d bytes", path, TLS_PEM_MAX);
    if (rc == RC_NOMEM && e)
        *e = why;
    if (rc != RC_OK && rc != RC_NOMEM)
        rc = err_set(e, RC_IO, "TLS-008", "%s", why.text);
    return rc;
}
