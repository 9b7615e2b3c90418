/*
 * Where to listen and where to connect, and the TLS contexts for it. Tests: mllp_conf_test.c,
 * mllp_send_test.c
 */
#include "connector/mllp/mllp_int.h"
#include "connector/peer.h"

#define DEFAULT_PORT 2575

enum rc mllp_place(struct str url, struct mllp_place *out, struct err *e)
{
    static const struct {
        struct str scheme;
        bool tls;
    } schemes[] = { { STR_INIT("mllp://"), false }, { STR_INIT("mllps://"), true } };
    for (size_t i = 0; i < ZS_COUNT(schemes); i++) {
        struct str scheme = schemes[i].scheme;
        if (!str_ieq(str_sub(url, 0, scheme.n), scheme))
            continue;
        struct str rest = str_from(url, scheme.n);
        struct hostport h;
        if (str_ends(rest, STR("/")))
            rest.n--;
        if (hostport_parse(rest, DEFAULT_PORT, &h, NULL) != RC_OK)
            return err_set(e, RC_VALUE, "MLLP-010", "this is no host and port");
        *out = (struct mllp_place){ .host = h.host, .port = h.port, .tls = schemes[i].tls };
        out->loopback = conn_is_loopback(h.host);
        return RC_OK;
    }
    return err_set(e, RC_VALUE, "MLLP-010", "the address begins with neither mllp:// nor mllps://");
}

enum rc mllp_listen_tls(const struct conn_mllp_conf *c, struct tls_ctx **out, struct err *e)
{
    struct conn_files files = { .cert = c->cert_file, .key = c->key_file, .ca = c->client_ca };
    return conn_listen_tls(&files, out, e);
}

enum rc mllp_connect_tls(const struct conn_endpoint *ep, struct tls_ctx **out, struct err *e)
{
    static const enum tls_peer_check checks[] = { [MLLP_VERIFY_FULL] = TLS_PEER_FULL,
                                                  [MLLP_VERIFY_CHAIN] = TLS_PEER_CHAIN,
                                                  [MLLP_VERIFY_PIN] = TLS_PEER_PIN };
    const struct conn_mllp_params *c = ep->params;
    struct conn_files files = { .cert = c->cert_file, .key = c->key_file, .ca = c->ca_file };
    struct conn_verify verify = { .check = checks[c->verify], .pins = c->pins };
    return conn_connect_tls(&files, ep->tls, &verify, out, e);
}
