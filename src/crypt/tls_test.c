/* TLS contexts, and two sessions back to back in memory: who is let in, who is not, and why. */
#include "crypt/tls_session.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"

/* What every test here draws from; made once. */
static struct {
    struct t_cert ca, other_ca, server, client, expired, locked, alone;
} certs;

static int make_certs(void **state)
{
    (void)state;
    certs.ca = t_cert_make(&(struct t_cert_spec){ .cn = "Test CA", .is_ca = true }, NULL);
    certs.other_ca = t_cert_make(&(struct t_cert_spec){ .cn = "Other CA", .is_ca = true }, NULL);
    certs.server = t_cert_make(
        &(struct t_cert_spec){ .cn = "lab", .alt = "DNS:lab.example,DNS:*.w.example,IP:127.0.0.1" },
        &certs.ca);
    certs.client = t_cert_make(&(struct t_cert_spec){ .cn = "Kl\xc3\xa4ranlage, 7" }, &certs.ca);
    certs.expired = t_cert_make(
        &(struct t_cert_spec){
            .cn = "old", .alt = "DNS:lab.example", .from_days = -10, .to_days = -1 },
        &certs.ca);
    certs.locked = t_cert_make(&(struct t_cert_spec){ .cn = "locked", .passphrase = "open sesame" },
                               &certs.ca);
    certs.alone = t_cert_make(&(struct t_cert_spec){ .cn = "alone" }, NULL);
    return 0;
}

/* ---- contexts ---- */

static void test_context_errors(void **state)
{
    (void)state;
    struct str junk = STR("junk");
    struct str pin_short = STR("abcdef");
    struct str long_alpn = { certs.ca.cert_pem.p, 256 };
    const struct {
        const char *name;
        struct tls_conf conf;
        const char *id; /* NULL: it is taken */
    } rows[] = {
        { "a client alone", { .role = TLS_CLIENT }, NULL },
        { "a server",
          { .role = TLS_SERVER,
            .cert_pem = certs.server.cert_pem,
            .key_pem = certs.server.key_pem },
          NULL },
        { "a key with its passphrase",
          { .role = TLS_SERVER,
            .cert_pem = certs.locked.cert_pem,
            .key_pem = certs.locked.key_pem,
            .passphrase = STR("open sesame") },
          NULL },
        { "without its passphrase",
          { .role = TLS_SERVER,
            .cert_pem = certs.locked.cert_pem,
            .key_pem = certs.locked.key_pem },
          "TLS-002" },
        { "with a wrong one",
          { .role = TLS_SERVER,
            .cert_pem = certs.locked.cert_pem,
            .key_pem = certs.locked.key_pem,
            .passphrase = STR("x") },
          "TLS-002" },
        { "server without anything", { .role = TLS_SERVER }, "TLS-007" },
        { "certificate without key",
          { .role = TLS_CLIENT, .cert_pem = certs.client.cert_pem },
          "TLS-007" },
        { "junk as certificate",
          { .role = TLS_SERVER, .cert_pem = junk, .key_pem = certs.server.key_pem },
          "TLS-001" },
        { "a certificate cut short",
          { .role = TLS_SERVER,
            .cert_pem = str_sub(certs.server.cert_pem, 0, 200),
            .key_pem = certs.server.key_pem },
          "TLS-001" },
        { "junk as key",
          { .role = TLS_SERVER, .cert_pem = certs.server.cert_pem, .key_pem = junk },
          "TLS-002" },
        { "the key of another",
          { .role = TLS_SERVER,
            .cert_pem = certs.server.cert_pem,
            .key_pem = certs.client.key_pem },
          "TLS-003" },
        { "junk as CA", { .role = TLS_CLIENT, .ca_pem = junk }, "TLS-004" },
        { "empty CA", { .role = TLS_CLIENT, .ca_pem = STR("") }, "TLS-004" },
        { "client certificates without CA",
          { .role = TLS_SERVER,
            .check = TLS_PEER_REQUIRED,
            .cert_pem = certs.server.cert_pem,
            .key_pem = certs.server.key_pem },
          "TLS-004" },
        { "pin without one", { .role = TLS_CLIENT, .check = TLS_PEER_PIN }, "TLS-005" },
        { "a short pin",
          { .role = TLS_CLIENT, .check = TLS_PEER_PIN, .pins = &pin_short, .n_pins = 1 },
          "TLS-005" },
        { "a long ALPN name", { .role = TLS_CLIENT, .alpn = &long_alpn, .n_alpn = 1 }, "TLS-005" },
        { "a client that checks nothing",
          { .role = TLS_CLIENT, .check = TLS_PEER_NONE },
          "TLS-006" },
        { "a server that checks names",
          { .role = TLS_SERVER,
            .check = TLS_PEER_FULL,
            .cert_pem = certs.server.cert_pem,
            .key_pem = certs.server.key_pem },
          "TLS-006" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct tls_ctx *t = NULL;
        struct err e = { .id = "" };
        enum rc rc = tls_ctx_new(&rows[i].conf, &t, &e);
        if (rows[i].id) {
            T_TRUE(rc == RC_VALUE || rc == RC_MISSING);
            T_EQ_Z(e.id, rows[i].id);
            T_TRUE(t == NULL);
            continue;
        }
        T_OK(rc, &e);
        T_EQ_INT(tls_ctx_role(t), rows[i].conf.role);
        T_EQ_INT(tls_ctx_not_after(t) == INT64_MAX, rows[i].conf.cert_pem.n == 0);
        struct tls_ctx *again = tls_ctx_ref(t);
        tls_ctx_unref(&t);
        tls_ctx_unref(&again);
        T_TRUE(t == NULL && again == NULL);
    }
}

static void test_context_no_memory(void **state)
{
    (void)state;
    struct str alpn = STR("h2"), pin = str_z(certs.server.fingerprint);
    struct tls_conf conf = { .role = TLS_CLIENT,
                             .check = TLS_PEER_PIN,
                             .pins = &pin,
                             .n_pins = 1,
                             .alpn = &alpn,
                             .n_alpn = 1 };
    for (size_t k = 1; k <= 3; k++) {
        struct tls_ctx *t = NULL;
        struct err e;
        mem_fail_at(k);
        T_EQ_INT(tls_ctx_new(&conf, &t, &e), RC_NOMEM);
    }
    mem_fail_at(0);
}

static void test_read_pem(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 4u << 20);
    struct err e;
    struct str got;
    const char *path = t_path(t_tmpdir(), "cert.pem");
    t_write(path, certs.ca.cert_pem);
    T_OK(tls_read_pem(path, a, &got, &e), &e);
    T_EQ_BYTES(got, certs.ca.cert_pem);
    path = t_path(t_tmpdir(), "not-there.pem");
    T_EQ_INT(tls_read_pem(path, a, &got, &e), RC_IO);
    T_EQ_Z(e.id, "TLS-008");
    struct buf big;
    buf_init(&big, TLS_PEM_MAX + 1);
    buf_fill(&big, 'x', TLS_PEM_MAX + 1);
    path = t_path(t_tmpdir(), "big.pem");
    t_write(path, buf_view(&big));
    T_EQ_INT(tls_read_pem(path, a, &got, &e), RC_LIMIT);
    T_EQ_Z(e.id, "TLS-009");
    buf_done(&big);
    arena_free(&a);
}

/* ---- two sessions back to back ---- */

struct pair {
    struct tls_session *side[2]; /* client, server */
    struct buf flight;
};

/* Carry what `from` has to send to the other side, which must take all of it. */
static void carry(struct pair *p, int from)
{
    size_t *head = NULL;
    struct buf *wire = tls_wire(p->side[from], &head);
    buf_clear(&p->flight);
    buf_str(&p->flight, str_from(buf_view(wire), *head));
    buf_clear(wire);
    *head = 0;
    tls_feed(p->side[1 - from], buf_view(&p->flight));
}

static void pair_init(struct pair *p, const struct tls_conf *client, const struct tls_conf *server,
                      const char *name)
{
    struct tls_ctx *ctx[2] = { NULL, NULL };
    struct err e;
    *p = (struct pair){ .side = { NULL } };
    buf_init(&p->flight, 1u << 20);
    T_OK(tls_ctx_new(client, &ctx[0], &e), &e);
    T_OK(tls_ctx_new(server, &ctx[1], &e), &e);
    T_OK(tls_session_new(ctx[0], str_z(name), 0, &p->side[0], &e), &e);
    T_OK(tls_session_new(ctx[1], STR_NULL, 0, &p->side[1], &e), &e);
    tls_ctx_unref(&ctx[0]); /* the sessions hold their own */
    tls_ctx_unref(&ctx[1]);
}

static void pair_done(struct pair *p)
{
    tls_session_free(&p->side[0]);
    tls_session_free(&p->side[1]);
    buf_done(&p->flight);
}

/*
 * Shake hands. Returns RC_OK, or the first failure; *who is the side that failed first. In TLS 1.3
 * the client is done before the server has looked at its certificate, so both are asked to read
 * once more.
 */
static enum rc shake(struct pair *p, int *who, struct err *e)
{
    bool done[2] = { false, false };
    for (int round = 0; round < 20; round++) {
        int side = round % 2;
        char c;
        size_t n = 0;
        enum rc rc =
            done[side] ? tls_read(p->side[side], &c, 1, &n, e) : tls_handshake(p->side[side], e);
        if (rc == RC_OK && !done[side])
            done[side] = true;
        else if (rc != RC_AGAIN) {
            *who = side;
            return rc;
        }
        carry(p, side);
    }
    T_TRUE(done[0] && done[1]);
    return RC_OK;
}

static void test_who_is_let_in(void **state)
{
    (void)state;
    struct str pin = str_z(certs.alone.fingerprint);
    struct str wrong_pin = str_z(certs.server.fingerprint);
    const struct tls_conf server = { .role = TLS_SERVER,
                                     .cert_pem = certs.server.cert_pem,
                                     .key_pem = certs.server.key_pem };
    const struct tls_conf strict = { .role = TLS_SERVER,
                                     .cert_pem = certs.server.cert_pem,
                                     .key_pem = certs.server.key_pem,
                                     .ca_pem = certs.ca.cert_pem };
    const struct tls_conf optional = { .role = TLS_SERVER,
                                       .check = TLS_PEER_OPTIONAL,
                                       .cert_pem = certs.server.cert_pem,
                                       .key_pem = certs.server.key_pem,
                                       .ca_pem = certs.ca.cert_pem };
    const struct tls_conf pinning = { .role = TLS_SERVER,
                                      .check = TLS_PEER_PIN,
                                      .cert_pem = certs.server.cert_pem,
                                      .key_pem = certs.server.key_pem,
                                      .pins = &pin,
                                      .n_pins = 1 };
    const struct tls_conf old = { .role = TLS_SERVER,
                                  .cert_pem = certs.expired.cert_pem,
                                  .key_pem = certs.expired.key_pem };
    const struct tls_conf self = { .role = TLS_SERVER,
                                   .cert_pem = certs.alone.cert_pem,
                                   .key_pem = certs.alone.key_pem };
    const struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = certs.ca.cert_pem };
    const struct tls_conf known = { .role = TLS_CLIENT,
                                    .ca_pem = certs.ca.cert_pem,
                                    .cert_pem = certs.client.cert_pem,
                                    .key_pem = certs.client.key_pem };
    const struct tls_conf stranger = { .role = TLS_CLIENT,
                                       .ca_pem = certs.ca.cert_pem,
                                       .cert_pem = certs.alone.cert_pem,
                                       .key_pem = certs.alone.key_pem };
    const struct tls_conf any_name = { .role = TLS_CLIENT,
                                       .check = TLS_PEER_CHAIN,
                                       .ca_pem = certs.ca.cert_pem };
    const struct tls_conf other = { .role = TLS_CLIENT, .ca_pem = certs.other_ca.cert_pem };
    const struct tls_conf system = { .role = TLS_CLIENT };
    const struct tls_conf pins_it = {
        .role = TLS_CLIENT, .check = TLS_PEER_PIN, .pins = &pin, .n_pins = 1
    };
    const struct tls_conf pins_other = {
        .role = TLS_CLIENT, .check = TLS_PEER_PIN, .pins = &wrong_pin, .n_pins = 1
    };
    const struct {
        const char *what, *name;
        const struct tls_conf *client, *server;
        const char *id; /* NULL: they meet */
        int who;        /* fails: 0 client, 1 server */
    } rows[] = {
        { "by name", "lab.example", &client, &server, NULL, 0 },
        { "by name with a final dot", "lab.example.", &client, &server, NULL, 0 },
        { "by wildcard", "a.w.example", &client, &server, NULL, 0 },
        { "by address", "127.0.0.1", &client, &server, NULL, 0 },
        { "wildcards are one label", "a.b.w.example", &client, &server, "TLS-021", 0 },
        { "another name", "other.example", &client, &server, "TLS-021", 0 },
        { "another address", "127.0.0.2", &client, &server, "TLS-021", 0 },
        { "any name, when asked so", "other.example", &any_name, &server, NULL, 0 },
        { "another authority", "lab.example", &other, &server, "TLS-020", 0 },
        { "the system's authorities", "lab.example", &system, &server, "TLS-020", 0 },
        { "expired", "lab.example", &client, &old, "TLS-022", 0 },
        { "self-signed", "alone", &client, &self, "TLS-020", 0 },
        { "self-signed and pinned", "anything", &pins_it, &self, NULL, 0 },
        { "pinned, another comes", "anything", &pins_other, &self, "TLS-023", 0 },
        { "client certificate", "lab.example", &known, &strict, NULL, 0 },
        { "no client certificate", "lab.example", &client, &strict, "TLS-024", 1 },
        { "client certificate of nobody", "lab.example", &stranger, &strict, "TLS-020", 1 },
        { "optional, none given", "lab.example", &client, &optional, NULL, 0 },
        { "optional, a good one", "lab.example", &known, &optional, NULL, 0 },
        { "optional, a bad one", "lab.example", &stranger, &optional, "TLS-020", 1 },
        { "client pinned", "lab.example", &stranger, &pinning, NULL, 0 },
        { "client pinned, another comes", "lab.example", &known, &pinning, "TLS-023", 1 },
        { "client pinned, none comes", "lab.example", &client, &pinning, "TLS-024", 1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].what);
        struct pair p;
        struct err e = { .id = "" };
        int who = -1;
        pair_init(&p, rows[i].client, rows[i].server, rows[i].name);
        enum rc rc = shake(&p, &who, &e);
        if (rows[i].id) {
            T_EQ_INT(rc, RC_PEER);
            T_EQ_Z(e.id, rows[i].id);
            T_EQ_INT(who, rows[i].who);
            /* the alert tells the other side that it was refused */
            char c;
            size_t n = 0;
            carry(&p, who);
            enum rc told = tls_read(p.side[1 - who], &c, 1, &n, &e);
            T_EQ_INT(told, RC_PEER);
            T_TRUE(str_starts(str_z(e.id), STR("TLS-02")));
        } else {
            T_OK(rc, &e);
        }
        pair_done(&p);
    }
}

static void test_peer(void **state)
{
    (void)state;
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = certs.server.cert_pem,
                               .key_pem = certs.server.key_pem,
                               .ca_pem = certs.ca.cert_pem };
    struct tls_conf client = { .role = TLS_CLIENT,
                               .ca_pem = certs.ca.cert_pem,
                               .cert_pem = certs.client.cert_pem,
                               .key_pem = certs.client.key_pem };
    struct pair p;
    struct err e;
    int who = -1;
    struct tls_peer peer;
    struct arena *a = arena_new("test", 0, 1u << 20);
    pair_init(&p, &client, &server, "lab.example");
    T_OK(shake(&p, &who, &e), &e);
    T_EQ_Z(tls_version(p.side[0]), "TLSv1.3");
    T_OK(tls_peer(p.side[1], a, &peer, &e), &e);
    T_EQ_STR(peer.subject, "CN=Kl\xc3\xa4ranlage\\, 7,O=Example Hospital");
    T_EQ_STR(peer.common_name, "Kl\xc3\xa4ranlage, 7");
    T_EQ_STR(peer.issuer, "CN=Test CA,O=Example Hospital");
    T_EQ_STR(peer.dns_names, NULL);
    T_EQ_Z(peer.fingerprint, certs.client.fingerprint);
    T_TRUE(peer.not_after > clock_now_ms(clock_real()));
    T_OK(tls_peer(p.side[0], a, &peer, &e), &e);
    T_EQ_STR(peer.dns_names, "lab.example *.w.example");
    T_EQ_Z(peer.fingerprint, certs.server.fingerprint);
    pair_done(&p);

    client.cert_pem = client.key_pem = STR_NULL;
    server.check = TLS_PEER_OPTIONAL;
    pair_init(&p, &client, &server, "lab.example");
    T_OK(shake(&p, &who, &e), &e);
    T_EQ_INT(tls_peer(p.side[1], a, &peer, &e), RC_MISSING);
    T_EQ_Z(e.id, "TLS-029");
    pair_done(&p);
    arena_free(&a);
}

static void test_alpn(void **state)
{
    (void)state;
    struct str both[] = { STR_INIT("h2"), STR_INIT("http/1.1") };
    struct str other = STR("acme");
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = certs.server.cert_pem,
                               .key_pem = certs.server.key_pem,
                               .alpn = both,
                               .n_alpn = 2 };
    const struct {
        const char *name;
        const struct str *alpn;
        size_t n;
        const char *chosen; /* NULL and id NULL: none */
        const char *id;
    } rows[] = {
        { "the first in common", both, 2, "h2", NULL },
        { "the only one in common", both + 1, 1, "http/1.1", NULL },
        { "the client does not care", NULL, 0, NULL, NULL },
        { "nothing in common", &other, 1, NULL, "TLS-028" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct tls_conf client = { .role = TLS_CLIENT,
                                   .ca_pem = certs.ca.cert_pem,
                                   .alpn = rows[i].alpn,
                                   .n_alpn = rows[i].n };
        struct pair p;
        struct err e = { .id = "" };
        int who = -1;
        pair_init(&p, &client, &server, "lab.example");
        enum rc rc = shake(&p, &who, &e);
        if (rows[i].id) {
            T_EQ_INT(rc, RC_PEER);
            T_EQ_Z(e.id, rows[i].id);
        } else {
            T_OK(rc, &e);
            T_EQ_STR(tls_alpn(p.side[0]), rows[i].chosen);
            T_EQ_STR(tls_alpn(p.side[1]), rows[i].chosen);
        }
        pair_done(&p);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = certs.server.cert_pem,
                               .key_pem = certs.server.key_pem };
    struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = certs.ca.cert_pem };
    struct pair p;
    struct err e;
    int who = -1;
    char got[64];
    size_t n = 0;
    pair_init(&p, &client, &server, "lab.example");
    T_OK(shake(&p, &who, &e), &e);
    T_OK(tls_write(p.side[0], STR("two records, "), &e), &e);
    T_OK(tls_write(p.side[0], STR("one read"), &e), &e);
    tls_end(p.side[0]);
    tls_end(p.side[0]);
    size_t *head = NULL;
    struct buf *wire = tls_wire(p.side[0], &head);
    struct str all = buf_view(wire);
    /* byte by byte up to the last of the first record, then the rest in one */
    size_t have = 0;
    for (size_t i = 0; i < all.n; i++) {
        tls_feed(p.side[1], str_sub(all, i, 1));
        enum rc rc = tls_read(p.side[1], got + have, sizeof got - have, &n, &e);
        if (rc == RC_OK)
            have += n;
        else
            T_EQ_INT(rc, i + 1 < all.n ? RC_AGAIN : RC_MISSING);
        T_EQ_SIZE(tls_unread(p.side[1]).n, 0);
    }
    T_EQ_BYTES(str_of(got, have), STR("two records, one read"));
    T_EQ_INT(tls_read(p.side[1], got, 1, &n, &e), RC_MISSING);
    /* writing goes on to a peer that has ended its side */
    T_OK(tls_write(p.side[1], STR("answer"), &e), &e);
    carry(&p, 1);
    T_TRUE(tls_has_input(p.side[0]));
    T_OK(tls_read(p.side[0], got, sizeof got, &n, &e), &e);
    T_EQ_BYTES(str_of(got, n), STR("answer"));
    T_FALSE(tls_has_input(p.side[0]));
    pair_done(&p);
}

static void test_broken_bytes(void **state)
{
    (void)state;
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = certs.server.cert_pem,
                               .key_pem = certs.server.key_pem };
    struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = certs.ca.cert_pem };
    struct pair p;
    struct err e;
    int who = -1;
    pair_init(&p, &client, &server, "lab.example");
    tls_feed(p.side[1], STR("\x0bMSH|^~\\&|\x1c\r")); /* the sender forgot TLS */
    T_EQ_INT(tls_handshake(p.side[1], &e), RC_PEER);
    T_EQ_Z(e.id, "TLS-026");
    pair_done(&p);

    pair_init(&p, &client, &server, "lab.example");
    T_OK(shake(&p, &who, &e), &e);
    T_OK(tls_write(p.side[0], STR("good"), &e), &e);
    T_OK(tls_write(p.side[0], STR("altered"), &e), &e);
    size_t *head = NULL;
    struct buf *wire = tls_wire(p.side[0], &head);
    wire->p[wire->n - 1] ^= 1;
    carry(&p, 0);
    char got[64];
    size_t n = 0;
    T_OK(tls_read(p.side[1], got, sizeof got, &n, &e), &e); /* what was whole comes first */
    T_EQ_BYTES(str_of(got, n), STR("good"));
    T_EQ_INT(tls_read(p.side[1], got, sizeof got, &n, &e), RC_PEER);
    T_EQ_Z(e.id, "TLS-026");
    T_EQ_INT(tls_read(p.side[1], got, sizeof got, &n, &e), RC_PEER);
    pair_done(&p);
}

static void test_wire_limit(void **state)
{
    (void)state;
    struct tls_conf server = { .role = TLS_SERVER,
                               .cert_pem = certs.server.cert_pem,
                               .key_pem = certs.server.key_pem };
    struct tls_conf client = { .role = TLS_CLIENT, .ca_pem = certs.ca.cert_pem };
    static char big[9 * TLS_RECORD];
    struct pair p;
    struct err e;
    int who = -1;
    pair_init(&p, &client, &server, "lab.example");
    T_OK(shake(&p, &who, &e), &e);
    T_EQ_INT(tls_write(p.side[0], str_of(big, sizeof big), &e), RC_LIMIT);
    pair_done(&p);
}

static void test_names(void **state)
{
    (void)state;
    struct tls_conf client = { .role = TLS_CLIENT };
    struct tls_ctx *ctx = NULL;
    struct tls_session *t = NULL;
    struct err e;
    T_OK(tls_ctx_new(&client, &ctx, &e), &e);
    const struct str bad[] = {
        STR_INIT(""), STR_INIT("a\0b"), STR_INIT("."), { certs.ca.cert_pem.p, 256 }
    };
    for (size_t i = 0; i < ZS_COUNT(bad); i++) {
        T_EQ_INT(tls_session_new(ctx, bad[i], 0, &t, &e), RC_VALUE);
        T_EQ_Z(e.id, "TLS-011");
    }
    mem_fail_at(1);
    T_EQ_INT(tls_session_new(ctx, STR("x"), 0, &t, &e), RC_NOMEM);
    tls_session_free(&t);
    tls_ctx_unref(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_context_errors), T_TEST(test_context_no_memory),
        T_TEST(test_read_pem),       T_TEST(test_who_is_let_in),
        T_TEST(test_peer),           T_TEST(test_alpn),
        T_TEST(test_bytes),          T_TEST(test_broken_bytes),
        T_TEST(test_wire_limit),     T_TEST(test_names),
    };
    return cmocka_run_group_tests(tests, make_certs, NULL);
}
