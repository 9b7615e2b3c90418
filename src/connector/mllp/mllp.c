/*
 * Options of the MLLP connector, and the type. Tests: mllp_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "net/addr.h"

static const struct opt_def recv_opts[] = {
    { .name = "listen",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct conn_mllp_conf, listen),
      .min = 1,
      .max = 500,
      .doc = "Where to listen: `mllp://127.0.0.1:2575`; `*` for all addresses, port 0 for a free "
             "one." },
    { .name = "allow",
      .kind = OPT_STRS,
      .at = offsetof(struct conn_mllp_conf, allow),
      .max = 1000,
      .doc = "Networks (CIDR) whose peers may send; without it every peer may." },
    { .name = "open",
      .kind = OPT_BOOL,
      .at = offsetof(struct conn_mllp_conf, open),
      .dflt = "false",
      .doc = "true: anybody who reaches the address may send. A listener that is not on loopback "
             "needs this or `allow`." },
    { .name = "maxMessage",
      .kind = OPT_SIZE,
      .at = offsetof(struct conn_mllp_conf, max_message_bytes),
      .dflt = "50m",
      .min = 1,
      .max = 1073741824,
      .doc = "Largest message; a longer one closes the connection." },
    { .name = "maxConnections",
      .kind = OPT_INT,
      .at = offsetof(struct conn_mllp_conf, max_conns),
      .dflt = "20000",
      .min = 1,
      .max = 1000000,
      .doc = "Connections open at once; more wait until one is closed." },
    { .name = "maxPipelined",
      .kind = OPT_INT,
      .at = offsetof(struct conn_mllp_conf, max_pipelined),
      .dflt = "64",
      .min = 1,
      .max = 10000,
      .doc = "So many messages of one connection may be unanswered; then it is not read." },
    { .name = "idleTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_mllp_conf, idle_ms),
      .dflt = "0",
      .max = 86400000,
      .doc = "A silent connection is closed after so long; 0: never." },
};

static const struct opt_table recv_table =
    OPT_TABLE("mllp source", struct conn_mllp_conf, recv_opts, "A listener for HL7 v2 over MLLP.");

static const struct opt_def send_opts[] = {
    { .name = "connections",
      .kind = OPT_INT,
      .at = offsetof(struct conn_mllp_params, connections),
      .dflt = "16",
      .min = 1,
      .max = 256,
      .doc = "Connections to the peer at most; each carries one message at a time." },
};

static const struct opt_table send_table =
    OPT_TABLE("mllp destination", struct conn_mllp_params, send_opts, "Sending HL7 v2 over MLLP.");

enum rc conn_mllp_place(struct str url, struct str *host, uint16_t *port, struct err *e)
{
    static const struct str scheme = STR_INIT("mllp://");
    struct hostport hp;
    if (!str_starts(url, scheme))
        return err_set(e, RC_VALUE, "MLLP-010", "the address does not begin with mllp://");
    struct str rest = str_from(url, scheme.n);
    if (str_ends(rest, STR("/")))
        rest.n--;
    if (hostport_parse(rest, 2575, &hp, NULL) != RC_OK)
        return err_set(e, RC_VALUE, "MLLP-010", "this is no host and port");
    *host = hp.host;
    *port = hp.port;
    return RC_OK;
}

static bool is_loopback(struct str host)
{
    struct addr a;
    return str_eqz(host, "localhost") ||
           (addr_parse_ip(host, &a, NULL) == RC_OK && addr_is_loopback(&a));
}

static void recv_check(const struct opt_read *r, const struct json *obj, const void *conf)
{
    const struct conn_mllp_conf *c = conf;
    struct str host;
    uint16_t port = 0;
    struct cidr net;
    struct err e;
    if (conn_mllp_place(c->listen, &host, &port, &e) != RC_OK)
        opt_finding(r, obj, "listen", e.id, "such as mllp://127.0.0.1:2575", "%s", e.text);
    else if (!is_loopback(host) && !c->open && c->allow.n == 0)
        opt_finding(r, obj, "listen", "MLLP-011",
                    "listen on 127.0.0.1, or name peers in `allow`, or say `open: true`",
                    "anybody who reaches this address could send");
    for (size_t i = 0; i < c->allow.n; i++)
        if (cidr_parse(c->allow.v[i], &net, &e) != RC_OK)
            opt_finding(r, obj, "allow", e.id, "such as 10.0.0.0/8", "%s", e.text);
}

static void send_check(const struct opt_read *r, const struct json *obj,
                       const struct conn_endpoint *ep)
{
    struct str host;
    uint16_t port = 0;
    struct err e;
    if (conn_mllp_place(ep->url, &host, &port, &e) != RC_OK || host.n == 0)
        opt_finding(r, obj, NULL, "MLLP-010", "such as mllp://host:2575",
                    "the endpoint's url is no address to send to");
}

static const char *const schemes[] = { "mllp", NULL };

const struct conn_type conn_mllp = { .name = "mllp",
                                     .schemes = schemes,
                                     .caps = CONN_RECEIVES | CONN_SENDS,
                                     .recv_opts = &recv_table,
                                     .recv_check = recv_check,
                                     .recv_open = conn_mllp_open,
                                     .recv_start = conn_mllp_start,
                                     .recv_pause = conn_mllp_pause,
                                     .recv_drain = conn_mllp_drain,
                                     .recv_close = conn_mllp_close,
                                     .settled = conn_mllp_settled,
                                     .recv_address = conn_mllp_address,
                                     .send_opts = &send_table,
                                     .send_check = send_check,
                                     .send_open = conn_mllp_send_open,
                                     .send = conn_mllp_send,
                                     .cancel = conn_mllp_cancel,
                                     .send_drain = conn_mllp_send_drain,
                                     .send_close = conn_mllp_send_close,
                                     .probe = conn_mllp_probe };
