/*
 * Options of the listener and the rules across them. Tests: http_conf_test.c
 */
#include "connector/http/http_int.h"
#include "connector/peer.h"

static const struct opt_def recv_opts[] = {
    { .name = "listen",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct conn_http_conf, listen),
      .min = 1,
      .max = 500,
      .doc = "Where to listen: `http://127.0.0.1:8090/in`, `https://…` with `certificate` and "
             "`key`; `*` for all addresses. Messages are taken by POST on exactly this path." },
    { .name = "allow",
      .kind = OPT_STRS,
      .at = offsetof(struct conn_http_conf, allow),
      .max = 1000,
      .doc = "Networks (CIDR) whose peers may send; without it every peer may." },
    { .name = "open",
      .kind = OPT_BOOL,
      .at = offsetof(struct conn_http_conf, open),
      .dflt = "false",
      .doc = "true: anybody who reaches the address may send. A listener that is not on loopback "
             "needs this, `allow` or `clientCa`." },
    { .name = "certificate",
      .kind = OPT_STR,
      .at = offsetof(struct conn_http_conf, cert_file),
      .max = 4000,
      .doc = "PEM file of the certificate, leaf first." },
    { .name = "key",
      .kind = OPT_STR,
      .at = offsetof(struct conn_http_conf, key_file),
      .max = 4000,
      .doc = "PEM file of its private key." },
    { .name = "clientCa",
      .kind = OPT_STR,
      .at = offsetof(struct conn_http_conf, client_ca),
      .max = 4000,
      .doc = "PEM file of authorities: peers need a certificate that one of them signed." },
    { .name = "maxBody",
      .kind = OPT_SIZE,
      .at = offsetof(struct conn_http_conf, max_body_bytes),
      .dflt = "16m",
      .min = 1,
      .max = 1073741824,
      .doc = "Largest message; more is answered 413 unread." },
    { .name = "maxConnections",
      .kind = OPT_INT,
      .at = offsetof(struct conn_http_conf, max_conns),
      .dflt = "1024",
      .min = 1,
      .max = 100000,
      .doc = "Connections open at once; more wait until one is closed." },
    { .name = "headTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_http_conf, head_ms),
      .dflt = "10s",
      .min = 1,
      .max = 3600000,
      .doc = "A request's head must be there so long after its first byte." },
    { .name = "bodyTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_http_conf, body_ms),
      .dflt = "2m",
      .min = 1,
      .max = 86400000,
      .doc = "The body must be there so long after the head." },
    { .name = "idleTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_http_conf, idle_ms),
      .dflt = "75s",
      .min = 1,
      .max = 86400000,
      .doc = "A connection without a request is closed after so long." },
};

const struct opt_table conn_http_recv_table =
    OPT_TABLE("http source", struct conn_http_conf, recv_opts, "A listener for messages by POST.");

/* "*", "localhost" or an IP: names are not looked up for listening. */
static bool is_bindable(struct str host)
{
    struct addr a;
    return str_eqz(host, "*") || str_eqz(host, "localhost") ||
           addr_parse_ip(host, &a, NULL) == RC_OK;
}

/* URL syntax has no "*" for a host: it stands for 0.0.0.0 while the rest is parsed. */
static enum rc parse(struct str listen, struct url *u, bool *all, char text[512], struct err *e)
{
    size_t at = str_find(listen, STR("://*:"), 0);
    *all = at != SIZE_MAX;
    if (!*all)
        return url_parse(listen, u, e);
    int n = snprintf(text, 512, "%.*s://0.0.0.0%.*s", (int)at, listen.p,
                     STR_ARG(str_from(listen, at + 4)));
    if (n < 0 || n >= 512)
        return err_set(e, RC_VALUE, "HTTPIN-001", "the address is too long");
    enum rc rc = url_parse(str_of(text, (size_t)n), u, e);
    if (rc != RC_OK)
        return rc;
    /* the path lies in the original too, at the end */
    u->path = str_from(listen, listen.n - u->path.n);
    u->host = STR("");
    return RC_OK;
}

enum rc conn_http_place(struct str listen, struct http_place *out, struct err *e)
{
    struct url u;
    char text[512];
    bool all = false;
    if (listen.n > 500 || parse(listen, &u, &all, text, NULL) != RC_OK)
        return err_set(e, RC_VALUE, "HTTPIN-001", "this is no address to listen on");
    bool tls = str_ieq(u.scheme, STR("https"));
    if (!tls && !str_ieq(u.scheme, STR("http")))
        return err_set(e, RC_VALUE, "HTTPIN-001",
                       "the address begins with neither http:// nor https://");
    if (!u.has_port)
        return err_set(e, RC_VALUE, "HTTPIN-001", "the address has no port");
    if (!all && !is_bindable(u.host))
        return err_set(e, RC_VALUE, "HTTPIN-001",
                       "the host is neither an IP address nor localhost nor *");
    if (!str_is_null(u.query) || !str_is_null(u.fragment))
        return err_set(e, RC_VALUE, "HTTPIN-001", "the address has a query or a fragment");
    *out = (struct http_place){ .host = u.host,
                                .port = u.port,
                                .path = u.path.n > 0 ? u.path : STR("/"),
                                .tls = tls,
                                .loopback = !all && conn_is_loopback(u.host) };
    return RC_OK;
}

static void check_tls(const struct opt_read *r, const struct json *obj,
                      const struct conn_http_conf *c, bool tls)
{
    bool has_both = c->cert_file.n > 0 && c->key_file.n > 0;
    bool has_any = c->cert_file.n > 0 || c->key_file.n > 0 || c->client_ca.n > 0;
    if (tls && !has_both)
        opt_finding(r, obj, "listen", "HTTPIN-002", "set `certificate` and `key`",
                    "https needs a certificate and its key");
    if (!tls && has_any)
        opt_finding(r, obj, "listen", "HTTPIN-002", "write https://",
                    "a certificate is given, but the address says http");
}

void conn_http_recv_check(const struct opt_read *r, const struct json *obj, const void *conf)
{
    const struct conn_http_conf *c = conf;
    struct http_place place;
    struct err e;
    if (conn_http_place(c->listen, &place, &e) != RC_OK) {
        opt_finding(r, obj, "listen", e.id, "such as http://127.0.0.1:8090/in", "%s", e.text);
        return;
    }
    check_tls(r, obj, c, place.tls);
    conn_door_check(r, obj,
                    &(struct conn_door){ .loopback = place.loopback,
                                         .open = c->open,
                                         .allow = c->allow,
                                         .client_ca = c->client_ca });
}
