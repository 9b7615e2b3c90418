/* The destination against our server: one verdict for each send, however it ends. */
#include "connector/http/http_int.h"

#include "base/log.h"
#include "net/http_peer.h"

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

static void rig_open(struct rig *r, const char *path)
{
    struct err e;
    *r = (struct rig){ .n_done = 0 };
    world_open(&r->w, NULL, false);
    r->arena = arena_new("test", 0, 64u << 20);
    (void)snprintf(r->url, sizeof r->url, "http://127.0.0.1:%u%s",
                   http_server_addr(r->w.server)->port, path); /* fits */
    r->host = (struct conn_host){ .loop = r->w.loop, .clock = clock_real(), .log = log_none() };
    r->ep = (struct conn_endpoint){
        .name = "test/x", .type = "rest_api", .url = str_z(r->url), .timeout_ms = 20000
    };
    r->dest = (struct conn_dest){
        .type = &conn_http, .ep = &r->ep, .host = &r->host, .drained = on_drained, .ctx = r
    };
    T_OK(conn_http.send_open(&r->dest, &e), &e);
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

/* ---- probes ---- */

struct probed {
    struct probe_result p;
    unsigned n;
};

static void on_probe(void *ctx, const struct probe_result *p)
{
    struct probed *o = ctx;
    o->p = *p;
    o->n++;
}

static bool is_probed(void *ctx)
{
    return ((struct probed *)ctx)->n > 0;
}

static void probes(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool success;
        int status;
    } rows[] = { { "/", true, 200 }, { "/deny", false, 403 } };
    struct rig r;
    struct probed o;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].path);
        rig_open(&r, rows[i].path);
        o = (struct probed){ .n = 0 };
        conn_http.probe(&r.dest, NULL, on_probe, &o);
        struct probed second = { .n = 0 };
        conn_http.probe(&r.dest, NULL, on_probe, &second);
        T_EQ_INT(second.n, 1);
        T_EQ_Z(second.p.err.id, "HTTPOUT-016");
        world_wait(&r.w, is_probed, &o);
        T_EQ_INT(o.p.success, rows[i].success);
        T_EQ_INT(o.p.status_code, rows[i].status);
        T_EQ_Z(o.p.how, "HEAD");
        rig_close(&r);
    }
    T_ROW(NULL);
    rig_open(&r, "/");
    http_server_free(&r.w.server);
    o = (struct probed){ .n = 0 };
    conn_http.probe(&r.dest, NULL, on_probe, &o);
    world_wait(&r.w, is_probed, &o);
    T_FALSE(o.p.success);
    T_EQ_Z(o.p.err.id, "HTTP-053");
    conn_http.probe(&r.dest, NULL, on_probe, &o); /* and one that the close overtakes */
    rig_close(&r);
    T_EQ_INT(o.n, 1);
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
        T_TEST(probes),
    };
    return T_RUN(tests);
}
