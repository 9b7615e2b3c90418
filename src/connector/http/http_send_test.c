/* The destination against our server: one verdict for each send, however it ends. */
#include "connector/http/http_int.h"

#include "base/alloc.h"
#include "base/log.h"
#include "net/http_peer.h"
#include "tests/lib/t_cert.h"

#define N_MOST 300

struct sent {
    struct delivery d;
    struct verdict v;
    struct rig *rig;
    unsigned n_done;
    bool send_again; /* from within done */
};

struct rig {
    struct world w;
    struct conn_host host;
    struct conn_endpoint ep;
    struct conn_dest dest;
    struct arena *arena;
    char url[128];
    bool drained;
    bool close_in_done;
    unsigned n_done;
    unsigned depth, deepest; /* of done within send */
};

static void on_drained(struct conn_dest *d)
{
    ((struct rig *)d->ctx)->drained = true;
}

static void on_done(struct delivery *d, const struct verdict *v)
{
    struct sent *s = ZS_CONTAINER(d, struct sent, d);
    struct rig *r = s->rig;
    s->v = *v;
    s->n_done++;
    r->n_done++;
    r->depth++;
    r->deepest = r->depth > r->deepest ? r->depth : r->deepest;
    if (r->close_in_done && r->dest.inst)
        conn_http.send_close(&r->dest);
    if (s->send_again && s->n_done < N_MOST)
        conn_http.send(&r->dest, d);
    r->depth--;
}

static void rig_with(struct rig *r, const char *path, const struct http_server_conf *conf,
                     const struct conn_tls *tls)
{
    struct err e;
    *r = (struct rig){ .n_done = 0 };
    world_open(&r->w, conf, false);
    r->arena = arena_new("test", 0, 64u << 20);
    (void)snprintf(r->url, sizeof r->url, "%s://127.0.0.1:%u%s",
                   conf && conf->tls ? "https" : "http", http_server_addr(r->w.server)->port,
                   path); /* fits */
    r->host = (struct conn_host){ .loop = r->w.loop, .clock = clock_real(), .log = log_none() };
    r->ep = (struct conn_endpoint){
        .name = "test/x", .type = "rest_api", .url = str_z(r->url), .tls = tls, .timeout_ms = 20000
    };
    r->dest = (struct conn_dest){
        .type = &conn_http, .ep = &r->ep, .host = &r->host, .drained = on_drained, .ctx = r
    };
    T_OK(conn_http.send_open(&r->dest, &e), &e);
}

static void rig_open(struct rig *r, const char *path)
{
    rig_with(r, path, NULL, NULL);
}

static void rig_close(struct rig *r)
{
    conn_http.send_close(&r->dest);
    world_close(&r->w);
    arena_free(&r->arena);
}

static void send(struct rig *r, struct sent *s)
{
    *s = (struct sent){ .rig = r };
    s->d = (struct delivery){ .message_id = STR("s-1"),
                              .body = STR("a body"),
                              .content_type = STR("a/b"),
                              .arena = r->arena,
                              .done = on_done };
    conn_http.send(&r->dest, &s->d);
}

static bool is_done(void *ctx)
{
    return ((struct sent *)ctx)->n_done > 0;
}

static void run(struct rig *r, struct sent *s)
{
    send(r, s);
    T_EQ_INT(s->n_done, 0);
    world_wait(&r->w, is_done, s);
    T_EQ_INT(s->n_done, 1);
}

static bool server_is_busy(void *ctx)
{
    return ((struct rig *)ctx)->w.pending != NULL;
}

static void delivered(void **state)
{
    (void)state;
    struct rig r;
    struct sent s;
    rig_open(&r, "/echo");
    run(&r, &s);
    T_EQ_INT(s.v.rc, RC_OK);
    T_EQ_STR(s.v.status, "200");
    T_EQ_STR(s.v.status_text, "OK");
    T_EQ_STR(s.v.reply, "a body");
    T_EQ_STR(s.v.content_type, "x/echo");
    T_TRUE(s.v.n_headers > 0);
    rig_close(&r);
    rig_open(&r, "/deny");
    run(&r, &s);
    T_EQ_INT(s.v.fate, FATE_OPERATOR);
    T_TRUE(s.v.answered);
    T_EQ_Z(s.v.err.text, "HTTP 403: Forbidden");
    rig_close(&r);
}

static void peer_that_is_not_there(void **state)
{
    (void)state;
    struct rig r;
    struct sent s;
    rig_open(&r, "/");
    http_server_free(&r.w.server);
    run(&r, &s);
    T_EQ_INT(s.v.fate, FATE_RETRY);
    T_FALSE(s.v.answered);
    T_EQ_Z(s.v.err.id, "HTTP-053");
    rig_close(&r);
}

static void timeout_after_sending_is_uncertain(void **state)
{
    (void)state;
    struct rig r;
    struct sent s;
    rig_open(&r, "/later");
    r.ep.timeout_ms = 200;
    run(&r, &s);
    T_EQ_INT(s.v.rc, RC_TIMEOUT);
    T_EQ_INT(s.v.fate, FATE_UNCERTAIN);
    T_FALSE(s.v.answered);
    rig_close(&r);
}

static void cancel_gives_a_verdict(void **state)
{
    (void)state;
    struct rig r;
    struct sent s;
    rig_open(&r, "/later");
    send(&r, &s);
    conn_http.cancel(&r.dest, &s.d); /* nothing has left */
    T_EQ_INT(s.n_done, 1);
    T_EQ_INT(s.v.rc, RC_STATE);
    T_EQ_INT(s.v.fate, FATE_RETRY);
    send(&r, &s);
    world_wait(&r.w, server_is_busy, &r);
    conn_http.cancel(&r.dest, &s.d);
    T_EQ_INT(s.n_done, 1);
    T_EQ_INT(s.v.fate, FATE_UNCERTAIN);
    T_EQ_Z(s.v.err.id, "HTTPOUT-015");
    rig_close(&r);
    T_EQ_INT(s.n_done, 1);
}

static void close_gives_a_verdict_to_all(void **state)
{
    (void)state;
    struct rig r;
    struct sent s[3];
    rig_open(&r, "/later");
    send(&r, &s[0]);
    world_wait(&r.w, server_is_busy, &r);
    send(&r, &s[1]);
    r.ep.url = STR("ftp://nothing/"); /* fails before it leaves, told at the iteration's end */
    send(&r, &s[2]);
    conn_http.send_close(&r.dest);
    T_EQ_INT(s[0].n_done, 1);
    T_EQ_INT(s[0].v.fate, FATE_UNCERTAIN);
    T_EQ_INT(s[1].n_done, 1);
    T_EQ_INT(s[1].v.fate, FATE_RETRY);
    T_EQ_INT(s[2].n_done, 1);
    T_EQ_INT(s[2].v.fate, FATE_OPERATOR);
    for (int i = 0; i < 10; i++)
        loop_poll(r.w.loop);
    T_EQ_INT(r.n_done, 3);
    rig_close(&r);
}

static void may_be_closed_from_within_done(void **state)
{
    (void)state;
    struct rig r;
    struct sent s[2];
    rig_open(&r, "/echo");
    r.close_in_done = true;
    send(&r, &s[0]);
    send(&r, &s[1]);
    while (r.n_done < 2)
        loop_poll(r.w.loop);
    for (int i = 0; i < 10; i++)
        loop_poll(r.w.loop);
    T_EQ_INT(s[0].n_done, 1);
    T_EQ_INT(s[1].n_done, 1);
    rig_close(&r);
}

/* A queue that cannot be sent must not nest, one call in the other. */
static void failures_do_not_nest(void **state)
{
    (void)state;
    struct rig r;
    struct sent s;
    rig_open(&r, "/echo");
    r.ep.url = STR("ftp://nothing/");
    send(&r, &s);
    s.send_again = true;
    while (s.n_done < N_MOST)
        loop_poll(r.w.loop);
    T_EQ_INT(r.deepest, 1);
    T_EQ_INT(s.v.fate, FATE_OPERATOR);
    T_EQ_Z(s.v.err.id, "HTTP-051");
    rig_close(&r);
}

static void drain_waits_for_what_is_in_flight(void **state)
{
    (void)state;
    struct rig r;
    struct sent s;
    rig_open(&r, "/later");
    send(&r, &s);
    world_wait(&r.w, server_is_busy, &r);
    conn_http.send_drain(&r.dest);
    for (int i = 0; i < 20; i++)
        loop_poll(r.w.loop);
    T_FALSE(r.drained);
    http_answer_status(r.w.pending, 200);
    world_wait(&r.w, is_done, &s);
    while (!r.drained)
        loop_poll(r.w.loop);
    T_EQ_INT(s.v.rc, RC_OK);
    rig_close(&r);
    rig_open(&r, "/");
    conn_http.send_drain(&r.dest); /* nothing in flight: told all the same, and later */
    T_FALSE(r.drained);
    while (!r.drained)
        loop_poll(r.w.loop);
    rig_close(&r);
}

/* ---- trust and certificates ---- */

static void tls_of_the_integration(void **state)
{
    (void)state;
    const struct t_cert ca = t_cert_make(&(struct t_cert_spec){ .cn = "CA", .is_ca = true }, NULL);
    const struct t_cert other =
        t_cert_make(&(struct t_cert_spec){ .cn = "O", .is_ca = true }, NULL);
    const struct t_cert server =
        t_cert_make(&(struct t_cert_spec){ .cn = "s", .alt = "IP:127.0.0.1" }, &ca);
    const struct t_cert us =
        t_cert_make(&(struct t_cert_spec){ .cn = "us", .passphrase = "open" }, &ca);
    const struct conn_tls good = { ca.cert_pem, us.cert_pem, us.key_pem, STR("open") };
    const struct conn_tls no_cert = { .ca_pem = ca.cert_pem };
    const struct conn_tls stranger = { .ca_pem = other.cert_pem };
    const struct conn_tls wrong = { ca.cert_pem, us.cert_pem, us.key_pem, STR("shut") };
    const struct {
        const char *name;
        const struct conn_tls *tls;
        const char *id; /* NULL: delivered */
        enum fate fate;
    } rows[] = { { "all of it", &good, NULL, FATE_NONE },
                 { "without certificate", &no_cert, "HTTP-055", FATE_RETRY },
                 { "a server nobody we trust has signed", &stranger, "HTTP-055", FATE_RETRY },
                 { "the system's trust", NULL, "HTTP-055", FATE_RETRY },
                 { "the wrong passphrase", &wrong, "HTTP-059", FATE_OPERATOR } };
    struct tls_conf tc = { .role = TLS_SERVER,
                           .cert_pem = server.cert_pem,
                           .key_pem = server.key_pem,
                           .ca_pem = ca.cert_pem };
    struct tls_ctx *ctx = NULL;
    struct err e;
    T_OK(tls_ctx_new(&tc, &ctx, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct rig r;
        struct sent s;
        rig_with(&r, "/echo", &(struct http_server_conf){ .tls = ctx }, rows[i].tls);
        run(&r, &s);
        T_EQ_INT(s.v.fate, rows[i].fate);
        if (rows[i].id)
            T_EQ_Z(s.v.err.id, rows[i].id);
        else
            T_EQ_STR(s.v.reply, "a body");
        rig_close(&r);
    }
    tls_ctx_unref(&ctx);
}

static void address_not_allowed(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 65536);
    struct str net = STR("10.0.0.0/8");
    struct addr_rules rules = { .deny = { NULL, 0 } };
    struct rig r;
    struct sent s;
    struct err e;
    T_OK(cidr_list_parse(&net, 1, a, &rules.allow, &e), &e);
    rig_open(&r, "/echo");
    r.host.outbound = &rules;
    run(&r, &s);
    T_EQ_Z(s.v.err.id, "HTTP-060");
    T_EQ_INT(s.v.fate, FATE_OPERATOR);
    T_EQ_INT(r.w.n_requests, 0);
    rig_close(&r);
    arena_free(&a);
}

static void headers_cannot_be_smuggled(void **state)
{
    (void)state;
    static const struct conn_header bad[] = { { STR_INIT("X-A"), STR_INIT("a\r\nX-B: c") },
                                              { STR_INIT("X-A: b\r\nY"), STR_INIT("c") },
                                              { STR_INIT("Content-Length"), STR_INIT("0") },
                                              { STR_INIT(""), STR_INIT("c") } };
    for (size_t i = 0; i < ZS_COUNT(bad); i++) {
        T_ROW(bad[i].name.p);
        const struct conn_extra extra = { .headers = &bad[i], .n_headers = 1 };
        struct rig r;
        struct sent s = { .rig = &r };
        rig_open(&r, "/echo");
        s.d = (struct delivery){ .arena = r.arena, .done = on_done, .extra = &extra };
        conn_http.send(&r.dest, &s.d);
        world_wait(&r.w, is_done, &s);
        T_EQ_Z(s.v.err.id, "HTTP-051");
        T_EQ_INT(s.v.fate, FATE_OPERATOR);
        T_EQ_INT(r.w.n_requests, 0);
        rig_close(&r);
    }
}

static void opening_without_memory(void **state)
{
    (void)state;
    const struct conn_tls tls = { STR("ca"), STR("cert"), STR("key"), STR("pass") };
    struct rig r;
    rig_open(&r, "/echo");
    r.ep.tls = &tls;
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc == RC_NOMEM; k++) {
        struct conn_dest d = { .type = &conn_http, .ep = &r.ep, .host = &r.host };
        struct err e;
        mem_fail_at(k);
        rc = conn_http.send_open(&d, &e);
        mem_fail_at(0);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        if (rc == RC_OK)
            conn_http.send_close(&d);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(delivered),
        T_TEST(peer_that_is_not_there),
        T_TEST(timeout_after_sending_is_uncertain),
        T_TEST(cancel_gives_a_verdict),
        T_TEST(close_gives_a_verdict_to_all),
        T_TEST(may_be_closed_from_within_done),
        T_TEST(failures_do_not_nest),
        T_TEST(drain_waits_for_what_is_in_flight),
        T_TEST(tls_of_the_integration),
        T_TEST(address_not_allowed),
        T_TEST(headers_cannot_be_smuggled),
        T_TEST(opening_without_memory),
    };
    return T_RUN(tests);
}
