/*
 * A TLS connection between a lent input and a wire buffer, over a BIO of our own: OpenSSL reads
 * straight from what recv brought and writes straight into what send takes.
 * Tests: tls_test.c
 */
#include "crypt/tls_session.h"

#include "base/alloc.h"
#include "crypt/tls_int.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <limits.h>

struct tls_session {
    struct tls_ctx *ctx;
    SSL *ssl;
    struct str in; /* lent */
    struct buf wire;
    size_t wire_head;
    bool ended;
    struct err held; /* a failure found behind plaintext that had to be handed out first */
    bool has_held;
};

/* ---- the BIO ---- */

static int bio_read(BIO *bio, char *out, size_t cap, size_t *n)
{
    struct tls_session *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (t->in.n == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *n = size_min(cap, t->in.n);
    memcpy(out, t->in.p, *n);
    t->in = str_from(t->in, *n);
    return 1;
}

static int bio_write(BIO *bio, const char *p, size_t n, size_t *written)
{
    struct tls_session *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    buf_add(&t->wire, p, n);
    if (t->wire.failed != RC_OK)
        return 0;
    *written = n;
    return 1;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH; /* whoever sends tls_wire does that */
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD *tls_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "session");
    if (!m)
        return NULL;
    BIO_meth_set_read_ex(m, bio_read);
    BIO_meth_set_write_ex(m, bio_write);
    BIO_meth_set_ctrl(m, bio_ctrl);
    BIO_meth_set_create(m, bio_create);
    return m;
}

/* ---- errors ---- */

static const struct {
    long verify;
    const char *id, *text;
} verify_errors[] = {
    { X509_V_ERR_HOSTNAME_MISMATCH, "TLS-021", "the certificate is for another name" },
    { X509_V_ERR_IP_ADDRESS_MISMATCH, "TLS-021", "the certificate is for another address" },
    { X509_V_ERR_CERT_HAS_EXPIRED, "TLS-022", "the certificate has expired" },
    { X509_V_ERR_CERT_NOT_YET_VALID, "TLS-022", "the certificate is not valid yet" },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "TLS-020", "the certificate is self-signed" },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "TLS-020", "its authority is not trusted here" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "TLS-020", "its authority is not known here" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "TLS-020", "its authority is not known here" },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "TLS-020", "its authority is not known here" },
};

static enum rc verify_error(const struct tls_session *t, struct err *e)
{
    if (t->ctx->check == TLS_PEER_PIN)
        return err_set(e, RC_PEER, "TLS-023", "the peer's certificate is none of the pinned ones");
    long v = SSL_get_verify_result(t->ssl);
    for (size_t i = 0; i < ZS_COUNT(verify_errors); i++)
        if (verify_errors[i].verify == v)
            return err_set(e, RC_PEER, verify_errors[i].id, "the peer's certificate: %s",
                           verify_errors[i].text);
    return err_set(e, RC_PEER, "TLS-027", "the peer's certificate: %s",
                   X509_verify_cert_error_string(v));
}

static const struct {
    int reason;
    const char *id;
} reasons[] = {
    { SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "TLS-024" },
    { SSL_R_NO_SHARED_CIPHER, "TLS-028" },
    { SSL_R_UNSUPPORTED_PROTOCOL, "TLS-028" },
    { SSL_R_WRONG_SSL_VERSION, "TLS-028" },
    { SSL_R_NO_APPLICATION_PROTOCOL, "TLS-028" },
    { SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "TLS-028" },
    { SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "TLS-028" },
    { SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "TLS-028" },
    /* what a peer says of our certificate; TLS 1.3 has it only after our side is through */
    { SSL_R_SSLV3_ALERT_NO_CERTIFICATE, "TLS-025" },
    { SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "TLS-025" },
    { SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "TLS-025" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "TLS-025" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "TLS-025" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "TLS-025" },
    { SSL_R_TLSV1_ALERT_UNKNOWN_CA, "TLS-025" },
    { SSL_R_TLSV1_ALERT_ACCESS_DENIED, "TLS-025" },
    { SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "TLS-025" },
};

static enum rc session_error(struct tls_session *t, struct err *e)
{
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    const char *text = ERR_reason_error_string(code);
    ERR_clear_error();
    if (t->wire.failed != RC_OK) /* our own side could not go on */
        return buf_rc(&t->wire, e);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return verify_error(t, e);
    for (size_t i = 0; i < ZS_COUNT(reasons); i++)
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && reasons[i].reason == reason)
            return err_set(e, RC_PEER, reasons[i].id, "TLS: %s", text);
    bool alert = ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET;
    return err_set(e, RC_PEER, alert ? "TLS-030" : "TLS-026", "TLS: %s",
                   text ? text : "protocol error");
}

/* ---- life ---- */

/* SNI and the name to verify. An address is not sent as SNI (RFC 6066 section 3). */
static bool set_name(const struct tls_ctx *ctx, SSL *ssl, struct str name)
{
    char z[256];
    if (name.n > 0 && name.p[name.n - 1] == '.')
        name.n--;
    name = str_sub(name, 0, str_chr(name, '%', 0)); /* the scope of an address is ours alone */
    if (name.n == 0 || name.n >= sizeof z || str_chr(name, '\0', 0) != SIZE_MAX)
        return false;
    memcpy(z, name.p, name.n);
    z[name.n] = '\0';
    bool full = ctx->check == TLS_PEER_FULL;
    ASN1_OCTET_STRING *ip = a2i_IPADDRESS(z);
    if (ip) {
        ASN1_OCTET_STRING_free(ip);
        return !full || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), z) == 1;
    }
    ERR_clear_error();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, z) == 1 && (!full || SSL_set1_host(ssl, z) == 1);
}

static enum rc prepare(struct tls_session *t, struct str name, struct err *e)
{
    t->ssl = SSL_new(t->ctx->ssl);
    BIO *bio = t->ssl ? BIO_new(t->ctx->bio) : NULL;
    if (!bio)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS connection");
    BIO_set_data(bio, t);
    SSL_set_bio(t->ssl, bio, bio);
    if (t->ctx->role == TLS_SERVER) {
        SSL_set_accept_state(t->ssl);
        return RC_OK;
    }
    SSL_set_connect_state(t->ssl);
    bool needed = t->ctx->check == TLS_PEER_FULL;
    if ((needed || name.n > 0) && !set_name(t->ctx, t->ssl, name))
        return err_set(e, RC_VALUE, "TLS-011", "not a name a certificate could have");
    return RC_OK;
}

enum rc tls_session_new(struct tls_ctx *ctx, struct str name, size_t wire_max,
                        struct tls_session **out, struct err *e)
{
    struct tls_session *t = mem_new(struct tls_session);
    if (!t)
        return err_set(e, RC_NOMEM, "CRYPT-003", "no memory for a TLS connection");
    t->ctx = tls_ctx_ref(ctx);
    buf_init(&t->wire, size_max(wire_max, (size_t)8 * TLS_RECORD));
    enum rc rc = prepare(t, name, e);
    ERR_clear_error();
    if (rc == RC_OK)
        *out = t;
    else
        tls_session_free(&t);
    return rc;
}

void tls_session_free(struct tls_session **tp)
{
    struct tls_session *t = *tp;
    *tp = NULL;
    if (!t)
        return;
    SSL_free(t->ssl);
    buf_done(&t->wire);
    tls_ctx_unref(&t->ctx);
    mem_free(t);
}

/* ---- bytes ---- */

void tls_feed(struct tls_session *t, struct str wire)
{
    t->in = wire;
}

struct str tls_unread(const struct tls_session *t)
{
    return t->in;
}

bool tls_has_input(const struct tls_session *t)
{
    return t->in.n > 0 || SSL_has_pending(t->ssl) == 1;
}

struct buf *tls_wire(struct tls_session *t, size_t **head)
{
    *head = &t->wire_head;
    return &t->wire;
}

enum rc tls_handshake(struct tls_session *t, struct err *e)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(t->ssl);
    if (rc == 1)
        return RC_OK;
    if (SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_READ)
        return RC_AGAIN;
    return session_error(t, e);
}

enum rc tls_read(struct tls_session *t, char *out, size_t cap, size_t *n, struct err *e)
{
    size_t have = 0;
    int rc = 1;
    if (t->has_held) {
        if (e)
            *e = t->held;
        return t->held.code;
    }
    ERR_clear_error();
    while (have < cap && rc == 1) { /* a record at a time, as long as there are whole ones */
        size_t got = 0;
        rc = SSL_read_ex(t->ssl, out + have, cap - have, &got);
        have += rc == 1 ? got : 0;
    }
    int why = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(t->ssl, rc);
    if (have > 0) {
        t->has_held = why == SSL_ERROR_SSL && session_error(t, &t->held) != RC_OK;
        *n = have;
        return RC_OK;
    }
    if (why == SSL_ERROR_WANT_READ)
        return RC_AGAIN;
    if (why == SSL_ERROR_ZERO_RETURN)
        return RC_MISSING;
    return session_error(t, e);
}

enum rc tls_write(struct tls_session *t, struct str plain, struct err *e)
{
    size_t done = 0;
    ERR_clear_error();
    if (plain.n == 0 || SSL_write_ex(t->ssl, plain.p, plain.n, &done) == 1)
        return RC_OK;
    return session_error(t, e);
}

void tls_end(struct tls_session *t)
{
    if (t->ended || !SSL_is_init_finished(t->ssl))
        return;
    t->ended = true;
    ERR_clear_error();
    (void)SSL_shutdown(t->ssl); /* what it means is in the wire; the peer's answer is read later */
    ERR_clear_error();
}

struct str tls_alpn(const struct tls_session *t)
{
    const unsigned char *p = NULL;
    unsigned n = 0;
    SSL_get0_alpn_selected(t->ssl, &p, &n);
    return n ? str_of((const char *)p, n) : STR_NULL;
}

enum rc tls_peer(const struct tls_session *t, struct arena *a, struct tls_peer *out, struct err *e)
{
    X509 *x = SSL_get0_peer_certificate(t->ssl);
    if (!x)
        return err_set(e, RC_MISSING, "TLS-029", "the peer gave no certificate");
    return tls_peer_of(x, a, out, e);
}

const char *tls_version(const struct tls_session *t)
{
    return SSL_get_version(t->ssl);
}
