/*
 * What a failure of libcurl means for the request. Decided by its code and by whether the request
 * was handed to a connection, never by a text. Tests: client_fate_test.c
 */
#include "net/client_int.h"

static const struct {
    CURLcode code;
    enum rc rc;
    const char *id;
    const char *text;
    enum fate fate; /* NONE: retry if the request was never handed over, else uncertain */
} failures[] = {
    { CURLE_UNSUPPORTED_PROTOCOL, RC_VALUE, "HTTP-051", "the URL cannot be used", FATE_OPERATOR },
    { CURLE_URL_MALFORMAT, RC_VALUE, "HTTP-051", "the URL cannot be used", FATE_OPERATOR },
    { CURLE_COULDNT_RESOLVE_PROXY, RC_IO, "HTTP-052", "the proxy's name was not found", FATE_NONE },
    { CURLE_COULDNT_RESOLVE_HOST, RC_IO, "HTTP-052", "the name was not found", FATE_NONE },
    { CURLE_COULDNT_CONNECT, RC_IO, "HTTP-053", "no connection", FATE_NONE },
    { CURLE_OPERATION_TIMEDOUT, RC_TIMEOUT, "HTTP-054", "no answer in time", FATE_NONE },
    { CURLE_SSL_CONNECT_ERROR, RC_PEER, "HTTP-055", "the TLS handshake failed", FATE_NONE },
    { CURLE_PEER_FAILED_VERIFICATION, RC_PEER, "HTTP-055", "the peer's certificate is not trusted",
      FATE_NONE },
    { CURLE_SSL_ISSUER_ERROR, RC_PEER, "HTTP-055", "the peer's certificate is not trusted",
      FATE_NONE },
    /* the peer's TLS refused us, so its application has not seen what was sent behind */
    { CURLE_SSL_CLIENTCERT, RC_PEER, "HTTP-055",
      "the peer does not accept our certificate, or wants one", FATE_RETRY },
    { CURLE_SSL_CERTPROBLEM, RC_VALUE, "HTTP-059", "our certificate or key cannot be used",
      FATE_OPERATOR },
    { CURLE_SSL_CACERT_BADFILE, RC_VALUE, "HTTP-059",
      "the list of trusted certificates cannot be read", FATE_OPERATOR },
    { CURLE_WEIRD_SERVER_REPLY, RC_PEER, "HTTP-057", "the answer is not HTTP", FATE_NONE },
    { CURLE_BAD_CONTENT_ENCODING, RC_PEER, "HTTP-057", "the answer cannot be decoded", FATE_NONE },
    { CURLE_TOO_MANY_REDIRECTS, RC_PEER, "HTTP-057", "too many redirects", FATE_NONE },
    { CURLE_OUT_OF_MEMORY, RC_NOMEM, "HTTP-015", "not enough memory for the request", FATE_NONE },
};

/* Where the request went, as far as that may be shown: no path, no query. */
static void set_where(const struct client_call *call, struct err *e)
{
    err_where(e, "%.*s://%.*s", STR_ARG(call->url.scheme), STR_ARG(call->url.authority));
}

static enum rc describe(const struct client_call *call, CURLcode code, struct err *e,
                        enum fate *fate)
{
    *fate = FATE_NONE;
    if (call->no_memory)
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the answer");
    if (call->over)
        return err_set(e, RC_LIMIT, "HTTP-058", "the answer is larger than its limit");
    if (call->denied && !call->handed) {
        *fate = FATE_OPERATOR;
        return err_set(e, RC_DENIED, "HTTP-060", "connections to this address are not allowed");
    }
    if (call->turned_away && !call->got_head)
        code = CURLE_SSL_CLIENTCERT;
    if (call->handed && code == CURLE_UNSUPPORTED_PROTOCOL) /* an answer without a status line */
        code = CURLE_WEIRD_SERVER_REPLY;
    for (size_t i = 0; i < ZS_COUNT(failures); i++)
        if (failures[i].code == code) {
            *fate = failures[i].fate;
            return err_set(e, failures[i].rc, failures[i].id, "%s", failures[i].text);
        }
    return err_set(e, RC_IO, "HTTP-056", "the connection broke before the answer was complete");
}

void client_fate(const struct client_call *call, CURLcode code, struct err *e)
{
    enum fate fate = FATE_NONE;
    (void)describe(call, code, e, &fate); /* the code is in the record */
    set_where(call, e);
    if (fate == FATE_NONE)
        fate = call->handed ? FATE_UNCERTAIN : FATE_RETRY;
    (void)err_fate(e, fate); /* returns the code again */
}
