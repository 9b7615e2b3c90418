/*
 * With TLS 1.3 a client is through with the handshake before the server has looked at its
 * certificate: the request is on its way when the refusal comes, and libcurl reports a connection
 * that broke. But a server that refuses a certificate has not handed a byte to its application, so
 * the outcome is certain. The alert tells, and the library hands it to a callback.
 *
 * The callback finds the call through the context, which libcurl makes for one connection. That
 * connection may live longer than the call, hence client_tls_forget. Tests: client_fate_test.c
 */
#include "net/client_int.h"

#include <openssl/ssl.h>

/* Alerts about our certificate (RFC 8446 6.2). */
static bool is_about_certificate(int alert)
{
    return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
           alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED ||
           alert == TLS13_AD_CERTIFICATE_REQUIRED;
}

static void on_tls_info(const SSL *ssl, int where, int value)
{
    struct client_call *call = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    bool fatal = value >> 8 == SSL3_AL_FATAL;
    if (call && where == SSL_CB_READ_ALERT && fatal && is_about_certificate(value & 0xff))
        call->turned_away = true;
}

void client_tls_forget(struct client_call *call)
{
    if (!call->ssl_ctx)
        return;
    (void)SSL_CTX_set_app_data(call->ssl_ctx, NULL); /* its slot exists: it held the call */
    SSL_CTX_free(call->ssl_ctx);
    call->ssl_ctx = NULL;
}

CURLcode client_tls_made(CURL *easy, void *ssl_ctx, void *ctx)
{
    struct client_call *call = ctx;
    (void)easy; /* the call's */
    client_tls_forget(call);
    if (SSL_CTX_set_app_data(ssl_ctx, call) != 1 || SSL_CTX_up_ref(ssl_ctx) != 1)
        return CURLE_OUT_OF_MEMORY;
    call->ssl_ctx = ssl_ctx;
    SSL_CTX_set_info_callback(ssl_ctx, on_tls_info);
    return CURLE_OK;
}
