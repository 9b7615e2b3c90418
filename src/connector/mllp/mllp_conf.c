/*
 * Options and the rules across them. Tests: mllp_conf_test.c
 */
#include "connector/mllp/mllp_int.h"
#include "connector/peer.h"

static const struct opt_def recv_opts[] = {
    { .name = "listen",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct conn_mllp_conf, listen),
      .min = 1,
      .max = 500,
      .doc = "Where to listen: `mllp://127.0.0.1:2575`, `mllps://…` with `certificate` and `key`; "
             "`*` for all addresses, port 0 for a free one." },
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
             "needs this, `allow` or `clientCa`." },
    { .name = "certificate",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_conf, cert_file),
      .max = 4000,
      .doc = "PEM file of the certificate, leaf first." },
    { .name = "key",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_conf, key_file),
      .max = 4000,
      .doc = "PEM file of its private key." },
    { .name = "clientCa",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_conf, client_ca),
      .max = 4000,
      .doc = "PEM file of authorities: peers need a certificate that one of them signed." },
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
    { .name = "messageTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_mllp_conf, frame_ms),
      .dflt = "2m",
      .min = 1,
      .max = 86400000,
      .doc = "A message must be complete so long after its first byte." },
    { .name = "idleTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_mllp_conf, idle_ms),
      .dflt = "0",
      .max = 86400000,
      .doc = "A silent connection is closed after so long; 0: never. Dead peers are found by TCP "
             "keep-alive in either case." },
};

const struct opt_table conn_mllp_recv_table =
    OPT_TABLE("mllp source", struct conn_mllp_conf, recv_opts, "A listener for HL7 v2 over MLLP.");

static const char *const commit_names[] = { "message", "byte", NULL };
static const char *const verify_names[] = { "full", "chain", "pin", NULL };

static const struct opt_def send_opts[] = {
    { .name = "connections",
      .kind = OPT_INT,
      .at = offsetof(struct conn_mllp_params, connections),
      .dflt = "16",
      .min = 1,
      .max = 256,
      .doc = "Connections to the peer at most; each carries one message at a time." },
    { .name = "idleTimeout",
      .kind = OPT_MS,
      .at = offsetof(struct conn_mllp_params, idle_ms),
      .dflt = "0",
      .max = 86400000,
      .doc = "A connection that was not used for so long is closed; 0: never." },
    { .name = "commit",
      .kind = OPT_ENUM,
      .at = offsetof(struct conn_mllp_params, commit),
      .dflt = "message",
      .names = commit_names,
      .doc = "What the peer acknowledges with: a `message` with MSA, or the single `byte` of MLLP "
             "release 2." },
    { .name = "matchControlId",
      .kind = OPT_BOOL,
      .at = offsetof(struct conn_mllp_params, match_control_id),
      .dflt = "true",
      .doc = "An acknowledgement counts only when its MSA-2 is the message's MSH-10. false: for "
             "peers that send another value there; every acknowledgement counts then." },
    { .name = "ca",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_params, ca_file),
      .max = 4000,
      .doc = "With mllps: PEM file of the authorities to trust; without it the system's." },
    { .name = "certificate",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_params, cert_file),
      .max = 4000,
      .doc = "With mllps: PEM file of our client certificate." },
    { .name = "key",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_params, key_file),
      .max = 4000,
      .doc = "PEM file of its private key." },
    { .name = "verify",
      .kind = OPT_ENUM,
      .at = offsetof(struct conn_mllp_params, verify),
      .dflt = "full",
      .names = verify_names,
      .doc = "How the peer's certificate is checked: authority and name (`full`), authority alone "
             "(`chain`), or by its fingerprint (`pin`). It is always checked." },
    { .name = "pins",
      .kind = OPT_STRS,
      .at = offsetof(struct conn_mllp_params, pins),
      .max = 16,
      .doc = "SHA-256 fingerprints of certificates, with `verify: pin`." },
    { .name = "serverName",
      .kind = OPT_STR,
      .at = offsetof(struct conn_mllp_params, name),
      .max = 250,
      .doc = "Name to expect in the peer's certificate, if it is not the URL's host." },
};

const struct opt_table conn_mllp_send_table =
    OPT_TABLE("mllp destination", struct conn_mllp_params, send_opts, "Sending HL7 v2 over MLLP.");

static void check_files(const struct opt_read *r, const struct json *obj, bool tls, bool needed,
                        struct str cert, struct str key, bool more)
{
    if ((cert.n > 0) != (key.n > 0) || (tls && needed && cert.n == 0))
        opt_finding(r, obj, cert.n > 0 ? "certificate" : NULL, "MLLP-018",
                    "set `certificate` and `key`", "a certificate and its key belong together");
    else if (!tls && (cert.n > 0 || more))
        opt_finding(r, obj, NULL, "MLLP-018", "write mllps://",
                    "TLS is set up, but the address says mllp");
}

void conn_mllp_recv_check(const struct opt_read *r, const struct json *obj, const void *conf)
{
    const struct conn_mllp_conf *c = conf;
    struct mllp_place place;
    struct err e;
    if (mllp_place(c->listen, &place, &e) != RC_OK) {
        opt_finding(r, obj, "listen", e.id, "such as mllp://127.0.0.1:2575", "%s", e.text);
        return;
    }
    check_files(r, obj, place.tls, true, c->cert_file, c->key_file, c->client_ca.n > 0);
    conn_door_check(r, obj,
                    &(struct conn_door){ .loopback = place.loopback,
                                         .open = c->open,
                                         .allow = c->allow,
                                         .client_ca = c->client_ca });
}

void conn_mllp_send_check(const struct opt_read *r, const struct json *obj,
                          const struct conn_endpoint *ep)
{
    const struct conn_mllp_params *c = ep->params;
    struct mllp_place place;
    struct err e;
    if (mllp_place(ep->url, &place, &e) != RC_OK || place.host.n == 0 || place.port == 0) {
        opt_finding(r, obj, NULL, "MLLP-010", "such as mllp://host:2575",
                    "the endpoint's url is no address to send to");
        return;
    }
    bool more = c->ca_file.n > 0 || c->pins.n > 0 || c->name.n > 0;
    check_files(r, obj, place.tls, false, c->cert_file, c->key_file, more);
    if ((c->verify == MLLP_VERIFY_PIN) != (c->pins.n > 0))
        opt_finding(r, obj, "pins", "MLLP-019", "`verify: pin` and `pins` go together",
                    "fingerprints are given and not used, or used and not given");
}
