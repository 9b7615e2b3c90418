/*
 * Where to listen and where to connect, and the TLS contexts for it. The files are small and read
 * when a channel starts, before anything runs on it. Tests: mllp_conf_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"

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
        struct addr a;
        if (str_ends(rest, STR("/")))
            rest.n--;
        if (hostport_parse(rest, DEFAULT_PORT, &h, NULL) != RC_OK)
            return err_set(e, RC_VALUE, "MLLP-010", "this is no host and port");
        *out = (struct mllp_place){ .host = h.host, .port = h.port, .tls = schemes[i].tls };
        out->loopback = str_ieq(h.host, STR("localhost")) ||
                        (addr_parse_ip(h.host, &a, NULL) == RC_OK && addr_is_loopback(&a));
        return RC_OK;
    }
    return err_set(e, RC_VALUE, "MLLP-010", "the address begins with neither mllp:// nor mllps://");
}

static enum rc read_pem(struct str path, struct arena *a, struct str *out, struct err *e)
{
    if (path.n == 0) {
        *out = STR_NULL;
        return RC_OK;
    }
    const char *z = arena_z(a, path);
    return z ? tls_read_pem(z, a, out, e)
             : err_set(e, RC_NOMEM, "MLLP-012", "not enough memory for TLS");
}

static enum rc make_tls(struct tls_conf *t, struct str cert, struct str key, struct str ca,
                        struct tls_ctx **out, struct err *e)
{
    struct arena *a = arena_new("pem", 0, (size_t)4 * TLS_PEM_MAX);
    if (!a)
        return err_set(e, RC_NOMEM, "MLLP-012", "not enough memory for TLS");
    arena_wipe_on_free(a);
    enum rc rc = read_pem(cert, a, &t->cert_pem, e);
    if (rc == RC_OK)
        rc = read_pem(key, a, &t->key_pem, e);
    if (rc == RC_OK)
        rc = read_pem(ca, a, &t->ca_pem, e);
    if (rc == RC_OK)
        rc = tls_ctx_new(t, out, e);
    arena_free(&a);
    return rc;
}

enum rc mllp_listen_tls(const struct conn_mllp_conf *c, struct tls_ctx **out, struct err *e)
{
    struct tls_conf t = { .role = TLS_SERVER };
    return make_tls(&t, c->cert_file, c->key_file, c->client_ca, out, e);
}

enum rc mllp_connect_tls(const struct conn_mllp_params *c, struct tls_ctx **out, struct err *e)
{
    static const enum tls_peer_check checks[] = { [MLLP_VERIFY_FULL] = TLS_PEER_FULL,
                                                  [MLLP_VERIFY_CHAIN] = TLS_PEER_CHAIN,
                                                  [MLLP_VERIFY_PIN] = TLS_PEER_PIN };
    struct tls_conf t = {
        .role = TLS_CLIENT, .check = checks[c->verify], .pins = c->pins.v, .n_pins = c->pins.n
    };
    return make_tls(&t, c->cert_file, c->key_file, c->ca_file, out, e);
}
