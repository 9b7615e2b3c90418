/*
 * The contract of connector.h, for every type of the registry: each send() ends in exactly one
 * done(), also on cancel, drain and close; a source that is opened can be drained and closed at any
 * time. What a type does with its protocol is tested beside it.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "connector/connector.h"
#include "net/loop.h"
#include "net/pool.h"
#include "tests/lib/t.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define N        5
#define LIMIT_MS 20000

struct world {
    struct loop *loop;
    struct pool *pool;
    struct arena *arena;
    struct conn_host host;
    struct conn_endpoint ep;
    struct conn_dest dest;
    struct sent {
        struct delivery d;
        struct world *w;
        unsigned n_done;
        struct verdict last;
    } sent[N];
    size_t n_done;
    unsigned n_drained;
    int silent; /* a socket that listens and never answers */
};

/* A peer that takes connections (the kernel does) and says nothing. */
static uint16_t listen_silently(struct world *w)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    w->silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    T_TRUE(w->silent >= 0);
    T_EQ_INT(bind(w->silent, (struct sockaddr *)&at, n), 0);
    T_EQ_INT(listen(w->silent, 16), 0);
    T_EQ_INT(getsockname(w->silent, (struct sockaddr *)&at, &n), 0);
    return ntohs(at.sin_port);
}

static void on_done(struct delivery *d, const struct verdict *v)
{
    struct sent *s = ZS_CONTAINER(d, struct sent, d);
    T_EQ_INT(s->n_done, 0); /* exactly one */
    T_TRUE((v->rc == RC_OK) == (v->fate == FATE_NONE));
    T_TRUE(v->rc == RC_OK || v->err.id != NULL);
    s->n_done++;
    s->last = *v;
    s->w->n_done++;
}

static void on_drained(struct conn_dest *d)
{
    struct world *w = d->ctx;
    w->n_drained++;
}

static struct str url_of(struct world *w, const struct conn_type *t, uint16_t port)
{
    struct buf b;
    buf_init_arena(&b, w->arena, 128);
    if (strcmp(t->name, "null") == 0 || strcmp(t->name, "fault") == 0)
        buf_fmt(&b, "%s:", t->name);
    else
        buf_fmt(&b, "%s://127.0.0.1:%u", t->schemes[0], (unsigned)port);
    if (strcmp(t->name, "http") == 0)
        buf_z(&b, "/in");
    return buf_view(&b);
}

static void *params_of(struct world *w, const struct conn_type *t, const char *text)
{
    if (!t->send_opts)
        return NULL;
    void *params = arena_zero(w->arena, t->send_opts->size);
    T_TRUE(params != NULL);
    if (strcmp(t->name, "fault") != 0) {
        T_EQ_INT(opt_defaults(t->send_opts, w->arena, params), RC_OK);
        return params;
    }
    struct json *doc = NULL;
    struct err_list found;
    struct err e;
    err_list_init(&found, w->arena, 5);
    struct opt_read r = { .arena = w->arena, .errs = &found };
    T_OK(json_parse(str_z(text), &json_default_limits, w->arena, &doc, &e), &e);
    T_EQ_INT(opt_decode(t->send_opts, doc, &r, params), RC_OK);
    return params;
}

static struct world *world_new(const struct conn_type *t, const char *fault)
{
    struct world *w = mem_new(struct world);
    struct err e;
    T_TRUE(w != NULL);
    w->arena = arena_new("test", 0, 1u << 24);
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(pool_new("test", 1, 16, &w->pool, &e), &e);
    w->host = (struct conn_host){
        .loop = w->loop, .pool = w->pool, .clock = clock_real(), .log = log_none()
    };
    w->ep = (struct conn_endpoint){ .name = "to/there",
                                    .type = "test",
                                    .url = url_of(w, t, listen_silently(w)),
                                    .method = STR("POST"),
                                    .params = params_of(w, t, fault),
                                    .timeout_ms = 60000 };
    w->dest = (struct conn_dest){
        .type = t, .ep = &w->ep, .host = &w->host, .drained = on_drained, .ctx = w
    };
    T_OK(t->send_open(&w->dest, &e), &e);
    return w;
}

static void world_free(struct world *w)
{
    pool_free(&w->pool);
    loop_free(&w->loop);
    arena_free(&w->arena);
    (void)close(w->silent); /* only a peer */
    mem_free(w);
}

static void send_all(struct world *w)
{
    for (size_t i = 0; i < N; i++) {
        w->sent[i].w = w;
        w->sent[i].d = (struct delivery){ .seq = i + 1,
                                          .message_id = STR("0123abcd-1"),
                                          .control_id = STR("C1"),
                                          .body = STR("MSH|^~\\&|A|B|C|D|2024||ADT^A01|C1|P|2.5\r"),
                                          .content_type = STR("x-application/hl7-v2+er7"),
                                          .attempt = 1,
                                          .arena = w->arena,
                                          .done = on_done };
        w->dest.type->send(&w->dest, &w->sent[i].d);
    }
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static bool all_done(void *ctx)
{
    const struct world *w = ctx;
    return w->n_done == N;
}

static bool is_drained(void *ctx)
{
    const struct world *w = ctx;
    return w->n_drained > 0;
}

/* ---- probes: one answer each, also to those that the close overtakes ---- */

static void on_probe(void *ctx, const struct probe_result *r)
{
    unsigned *n = ctx;
    T_TRUE(r->how != NULL);
    T_TRUE(r->success || r->err.id != NULL);
    (*n)++;
}

static void probes_are_answered_once(void **state)
{
    (void)state;
    static const struct conn_header key = { STR_INIT("X-API-Key"), STR_INIT("k") };
    static const struct conn_extra extra = { .headers = &key, .n_headers = 1 };
    for (size_t i = 0; i < conn_n_types; i++) {
        const struct conn_type *t = conn_types[i];
        if (!(t->caps & CONN_SENDS))
            continue;
        for (int extras = 0; extras < 2; extras++) {
            T_ROW(t->name);
            unsigned n[3] = { 0 };
            struct world *w = world_new(t, "{}");
            for (size_t k = 0; k < ZS_COUNT(n); k++)
                t->probe(&w->dest, extras ? &extra : NULL, on_probe, &n[k]);
            t->send_close(&w->dest);
            T_FALSE(loop_run_until(w->loop, never, NULL, 20)); /* whatever is left of them */
            for (size_t k = 0; k < ZS_COUNT(n); k++)
                T_EQ_INT(n[k], 1);
            world_free(w);
        }
    }
}

#define HANGS "{\"outcomes\":[\"hang\"]}"

static void close_answers_everything_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < conn_n_types; i++) {
        if (!(conn_types[i]->caps & CONN_SENDS))
            continue;
        T_ROW(conn_types[i]->name);
        struct world *w = world_new(conn_types[i], HANGS);
        send_all(w);
        T_FALSE(loop_run_until(w->loop, never, NULL, 50)); /* let bytes go out */
        bool ended[N];
        for (size_t k = 0; k < N; k++)
            ended[k] = w->sent[k].n_done > 0; /* before the close */
        conn_types[i]->send_close(&w->dest);
        T_EQ_SIZE(w->n_done, N);
        for (size_t k = 0; k < N; k++)
            T_TRUE(ended[k] || w->sent[k].last.fate == FATE_RETRY ||
                   w->sent[k].last.fate == FATE_UNCERTAIN);
        world_free(w);
    }
}

static void cancel_answers_that_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < conn_n_types; i++) {
        const struct conn_type *t = conn_types[i];
        if (!(t->caps & CONN_SENDS) || strcmp(t->name, "null") == 0)
            continue; /* null has nothing in flight to cancel */
        T_ROW(t->name);
        struct world *w = world_new(t, HANGS);
        send_all(w);
        t->cancel(&w->dest, &w->sent[2].d);
        T_EQ_SIZE(w->n_done, 1);
        T_EQ_INT(w->sent[2].n_done, 1);
        t->send_close(&w->dest);
        T_EQ_SIZE(w->n_done, N);
        world_free(w);
    }
}

static void drain_waits_for_what_is_in_flight(void **state)
{
    (void)state;
    static const char *const names[] = { "null", "fault", "ws" };
    for (size_t i = 0; i < ZS_COUNT(names); i++) {
        const struct conn_type *t = conn_by_scheme(str_z(names[i]));
        T_ROW(names[i]);
        struct world *w = world_new(t, "{\"outcomes\":[\"ok\",\"retry\",\"busy\",\"uncertain\","
                                       "\"reject\"],\"delay\":5}");
        send_all(w);
        t->send_drain(&w->dest);
        T_TRUE(loop_run_until(w->loop, is_drained, w, LIMIT_MS));
        T_EQ_SIZE(w->n_done, N);
        T_EQ_INT(w->n_drained, 1);
        t->send_close(&w->dest);
        world_free(w);
    }
}

static void fault_does_as_it_is_told(void **state)
{
    (void)state;
    static const enum fate want[N] = { FATE_NONE, FATE_RETRY, FATE_UNCERTAIN, FATE_REJECT,
                                       FATE_OPERATOR };
    const struct conn_type *t = conn_by_scheme(STR("fault"));
    struct world *w =
        world_new(t, "{\"outcomes\":[\"ok\",\"busy\",\"uncertain\",\"reject\",\"operator\"]}");
    send_all(w);
    T_TRUE(loop_run_until(w->loop, all_done, w, LIMIT_MS));
    for (size_t i = 0; i < N; i++)
        T_EQ_INT(w->sent[i].last.fate, want[i]);
    T_TRUE(w->sent[1].last.answered);
    t->send_close(&w->dest);
    world_free(w);
}

/* ---- sources ------------------------------------------------------------------------------ */

static void no_intake(struct conn_source *s, struct intake *in)
{
    (void)s, (void)in;
    T_FAIL("nobody sent anything");
}

static void source_drained(struct conn_source *s)
{
    unsigned *n = s->ctx;
    (*n)++;
}

static bool counted(void *ctx)
{
    const unsigned *n = ctx;
    return *n > 0;
}

static void sources_end_from_any_state(void **state)
{
    (void)state;
    enum { OPENED, STARTED, PAUSED, DRAINED, STATES };
    for (size_t i = 0; i < conn_n_types; i++) {
        const struct conn_type *t = conn_types[i];
        for (int upto = OPENED; (t->caps & CONN_RECEIVES) && upto < STATES; upto++) {
            T_ROW(t->name);
            unsigned n_drained = 0;
            char listen[64], address[128] = "";
            struct world *w = world_new(conn_by_scheme(STR("null")), NULL);
            struct json *doc = json_make_object(w->arena);
            struct err_list found;
            struct err e;
            (void)snprintf(listen, sizeof listen, "%s://127.0.0.1:0", t->schemes[0]);
            T_OK(json_add(doc, STR("listen"), json_make_str(w->arena, str_z(listen)), &e), &e);
            err_list_init(&found, w->arena, 5);
            struct opt_read r = { .arena = w->arena, .errs = &found };
            void *conf = arena_zero(w->arena, t->recv_opts->size);
            T_EQ_INT(opt_decode(t->recv_opts, doc, &r, conf), RC_OK);
            struct conn_source s = { .type = t,
                                     .conf = conf,
                                     .host = &w->host,
                                     .name = "test",
                                     .intake = no_intake,
                                     .drained = source_drained,
                                     .ctx = &n_drained };
            T_OK(t->recv_open(&s, &e), &e);
            t->recv_address(&s, address, sizeof address);
            T_TRUE(str_starts(str_z(address), str_z(t->schemes[0])));
            T_FALSE(str_ends(str_z(address), STR(":0")));
            if (upto >= STARTED)
                t->recv_start(&s);
            if (upto >= PAUSED)
                t->recv_pause(&s, true);
            if (upto >= DRAINED) {
                t->recv_drain(&s);
                T_TRUE(loop_run_until(w->loop, counted, &n_drained, LIMIT_MS));
                T_EQ_INT(n_drained, 1);
            }
            t->recv_close(&s);
            w->dest.type->send_close(&w->dest);
            world_free(w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(close_answers_everything_once),     T_TEST(cancel_answers_that_one),
        T_TEST(drain_waits_for_what_is_in_flight), T_TEST(fault_does_as_it_is_told),
        T_TEST(sources_end_from_any_state),        T_TEST(probes_are_answered_once),
    };
    return T_RUN(tests);
}
