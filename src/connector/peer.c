/*
 * Doors and TLS of connectors. Tests: peer_test.c; each connector's for what it makes of them
 */
#include "connector/peer.h"

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "CONN-003", "not enough memory for TLS");
}

bool conn_is_loopback(struct str host)
{
    struct addr a;
    return str_ieq(host, STR("localhost")) ||
           (addr_parse_ip(host, &a, NULL) == RC_OK && addr_is_loopback(&a));
}

void conn_door_check(const struct opt_read *r, const struct json *obj, const struct conn_door *d)
{
    struct cidr net;
    struct err e;
    for (size_t i = 0; i < d->allow.n; i++)
        if (cidr_parse(d->allow.v[i], &net, &e) != RC_OK)
            opt_finding(r, obj, "allow", "CONN-001", "such as 10.0.0.0/8", "item %zu: %s", i,
                        e.text);
    if (!d->loopback && !d->open && d->allow.n == 0 && d->client_ca.n == 0)
        opt_finding(r, obj, "listen", "CONN-002",
                    "listen on 127.0.0.1, or give `allow` or `clientCa`, or say `open: true`",
                    "anybody who reaches this address could send");
}

/* The file's text where there is a file; else *out stays. */
static enum rc read_pem(struct str path, struct arena *a, struct str *out, struct err *e)
{
    if (path.n == 0)
        return RC_OK;
    const char *z = arena_z(a, path);
    return z ? tls_read_pem(z, a, out, e) : no_memory(e);
}

static enum rc make(const struct conn_files *files, struct tls_conf *t, struct tls_ctx **out,
                    struct err *e)
{
    static const struct conn_files none = { .cert = { NULL, 0 } };
    const struct conn_files *f = files ? files : &none;
    struct arena *a = arena_new("pem", 0, (size_t)4 * TLS_PEM_MAX);
    if (!a)
        return no_memory(e);
    arena_wipe_on_free(a);
    if (f->cert.n > 0)
        t->passphrase = STR_NULL; /* of another key */
    enum rc rc = read_pem(f->cert, a, &t->cert_pem, e);
    if (rc == RC_OK)
        rc = read_pem(f->key, a, &t->key_pem, e);
    if (rc == RC_OK)
        rc = read_pem(f->ca, a, &t->ca_pem, e);
    if (rc == RC_OK)
        rc = tls_ctx_new(t, out, e);
    arena_free(&a);
    return rc;
}

enum rc conn_listen_tls(const struct conn_files *files, struct tls_ctx **out, struct err *e)
{
    struct tls_conf t = { .role = TLS_SERVER };
    return make(files, &t, out, e);
}

/* Empty is absent too: tls.h takes an empty list of authorities for a mistake. */
static struct str given(struct str s)
{
    return s.n > 0 ? s : STR_NULL;
}

enum rc conn_connect_tls(const struct conn_files *files, const struct conn_tls *t,
                         const struct conn_verify *verify, struct tls_ctx **out, struct err *e)
{
    struct tls_conf conf = { .role = TLS_CLIENT };
    if (verify) {
        conf.check = verify->check;
        conf.pins = verify->pins.v;
        conf.n_pins = verify->pins.n;
    }
    if (t) {
        conf.cert_pem = given(t->cert_pem);
        conf.key_pem = given(t->key_pem);
        conf.passphrase = given(t->passphrase);
        conf.ca_pem = given(t->ca_pem);
    }
    return make(files, &conf, out, e);
}

enum rc conn_client_tls(const struct conn_tls *t, struct arena *wiping,
                        const struct client_tls **out, struct err *e)
{
    *out = NULL;
    if (!t)
        return RC_OK;
    struct client_tls *c = arena_make(wiping, struct client_tls, 1);
    const char *passphrase = arena_z(wiping, t->passphrase);
    if (!c || !passphrase)
        return no_memory(e);
    c->ca_pem = given(t->ca_pem);
    c->cert_pem = given(t->cert_pem);
    c->key_pem = given(t->key_pem);
    c->passphrase = t->passphrase.n > 0 ? passphrase : NULL;
    *out = c;
    return RC_OK;
}
