/*
 * For tests: a server with a scripted handler and raw peers that talk to it, all on one loop with
 * a clock that the test moves. Static functions, so that each test program has its own.
 */
#ifndef ZS_NET_HTTP_PEER_H
#define ZS_NET_HTTP_PEER_H

#include "net/http_server.h"
#include "tests/lib/t.h"

#define PEER_WAIT_MS 60000 /* real time after which a test has hung */
#define PEER_GOT_MAX (8u << 20)

struct world {
    struct clock_fake clock;
    struct loop *loop;
    struct http_server *server;
    struct http_server_conf conf;
    bool stopped;
    /* what the handler saw */
    unsigned n_requests, n_cancelled, n_refused, n_denied, n_drained;
    unsigned last_refused;         /* status */
    char last_refusal[16];         /* error id */
    struct http_exchange *pending; /* of /later, counted */
    struct http_exchange *reading; /* of /read */
    struct buf seen;               /* body bytes of /read, in order */
    bool seen_end;
    size_t take_max;        /* /read: bytes to take at once; 0: none */
    size_t left_to_stream;  /* /stream: bytes still to write */
    struct str big;         /* /big: what it answers */
    uint64_t collect_max;   /* /echo */
    struct str answer_type; /* of /hello */
};

struct peer {
    struct world *w;
    struct stream *stream; /* NULL when closed */
    struct buf got;
    bool open, ended;
    size_t take_max; /* bytes to take of each read, then pause; 0: all */
    struct err why;
};

/* ---- waiting ---- */

struct wait {
    bool (*fn)(void *ctx);
    void *ctx;
};

static inline void world_wait(struct world *w, bool (*fn)(void *ctx), void *ctx)
{
    if (!loop_run_until(w->loop, fn, ctx, PEER_WAIT_MS))
        T_FAIL("the condition did not come about");
}

static inline bool peer_is_open(void *ctx)
{
    return ((struct peer *)ctx)->open;
}

static inline bool peer_is_closed(void *ctx)
{
    return ((struct peer *)ctx)->stream == NULL;
}

/* ---- the handler: by path ---- */

static inline void world_echo_done(void *ctx, struct http_exchange *x, struct str body)
{
    struct http_response r = { .status = 200, .type = STR("x/echo"), .body = body };
    (void)ctx;
    http_answer(x, &r);
}

static inline size_t world_body_data(void *ctx, struct http_exchange *x, struct str bytes)
{
    struct world *w = ctx;
    size_t n = size_min(bytes.n, w->take_max);
    (void)x;
    buf_add(&w->seen, bytes.p, n);
    return n;
}

static inline void world_body_end(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    w->seen_end = true;
    http_answer_status(x, 204);
}

static inline void world_cancelled(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    (void)x;
    w->n_cancelled++;
}

static inline void world_stream_on(struct world *w, struct http_exchange *x)
{
    static const char line[1000] = { [0] = 'a', [999] = 'z' };
    bool more = true;
    while (more && w->left_to_stream > 0) {
        size_t n = size_min(sizeof line, w->left_to_stream);
        w->left_to_stream -= n;
        more = http_write(x, str_of(line, n));
    }
    if (w->left_to_stream == 0)
        http_end(x);
}

static inline void world_drained(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    w->n_drained++;
    world_stream_on(w, x);
}

static inline void world_request(void *ctx, struct http_exchange *x)
{
    static const struct http_exchange_events ev = { world_cancelled, world_drained };
    static const struct http_body_events body_ev = { world_body_data, world_body_end };
    struct world *w = ctx;
    struct str path = http_target_of(x)->path;
    w->n_requests++;
    http_watch(x, &ev, w);
    if (str_eqz(path, "/echo")) {
        http_collect(x, w->collect_max ? w->collect_max : UINT64_MAX, world_echo_done, w);
    } else if (str_eqz(path, "/read")) {
        w->reading = x;
        http_read(x, UINT64_MAX, &body_ev, w);
    } else if (str_eqz(path, "/later")) {
        http_unref(&w->pending);
        w->pending = http_ref(x);
    } else if (str_eqz(path, "/stream")) {
        http_begin(x, &(struct http_response){ .status = 200, .type = STR("x/y") });
        world_stream_on(w, x);
    } else if (str_eqz(path, "/big")) {
        http_answer(x, &(struct http_response){ .status = 200, .body = w->big });
    } else if (str_eqz(path, "/deny")) {
        http_answer_status(x, 403);
    } else {
        struct http_response r = { .status = 200, .type = w->answer_type, .body = STR("hello") };
        http_answer(x, &r);
    }
}

static inline void world_refused(void *ctx, const struct addr *peer, unsigned status,
                                 const struct err *why, struct buf *body, struct str *type)
{
    struct world *w = ctx;
    (void)peer;
    w->n_refused++;
    w->last_refused = status;
    (void)snprintf(w->last_refusal, sizeof w->last_refusal, "%s", why->id); /* fits */
    buf_z(body, why->id);
    *type = STR("text/plain");
}

static inline void world_denied(void *ctx, const struct addr *peer, const struct err *why)
{
    struct world *w = ctx;
    (void)peer, (void)why;
    w->n_denied++;
}

static inline void world_stopped(void *ctx)
{
    ((struct world *)ctx)->stopped = true;
}

static const struct http_server_events world_events = { .request = world_request,
                                                        .refused = world_refused,
                                                        .denied = world_denied,
                                                        .stopped = world_stopped };

/* ---- the world ---- */

/* conf: NULL for defaults. fake: the clock stands still until world_step. */
static inline void world_open(struct world *w, const struct http_server_conf *conf, bool fake)
{
    struct err e;
    *w = (struct world){ .take_max = SIZE_MAX };
    clock_fake_init(&w->clock, 784111777000);
    T_OK(loop_new("test", fake ? &w->clock.clock : NULL, &w->loop, &e), &e);
    w->conf = conf ? *conf : (struct http_server_conf){ .port = 0 };
    w->conf.host = STR("127.0.0.1");
    buf_init(&w->seen, PEER_GOT_MAX);
    T_OK(http_server_open(w->loop, &w->conf, &world_events, w, &w->server, &e), &e);
}

static inline void world_close(struct world *w)
{
    http_unref(&w->pending);
    http_server_free(&w->server);
    loop_free(&w->loop);
    buf_done(&w->seen);
}

/* Move the clock and let what became due happen. */
static inline void world_step(struct world *w, int64_t ms)
{
    clock_fake_step(&w->clock, ms);
    for (int i = 0; i < 3; i++)
        loop_poll(w->loop);
}

/* ---- peers ---- */

static inline void peer_opened(void *ctx, struct stream *s)
{
    (void)s;
    ((struct peer *)ctx)->open = true;
}

static inline size_t peer_read(void *ctx, struct stream *s, struct str data)
{
    struct peer *p = ctx;
    (void)s;
    size_t n = p->take_max ? size_min(p->take_max, data.n) : data.n;
    buf_add(&p->got, data.p, n);
    T_EQ_INT(p->got.failed, RC_OK);
    return n;
}

static inline void peer_end(void *ctx, struct stream *s)
{
    ((struct peer *)ctx)->ended = true;
    stream_close(s);
}

static inline void peer_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct peer *p = ctx;
    (void)s;
    p->stream = NULL;
    p->why = *why;
}

/* Connect; tls NULL: plain. Does not wait. */
static inline void peer_connect_tls(struct peer *p, struct world *w, struct tls_ctx *tls)
{
    static const struct stream_events ev = {
        .open = peer_opened, .read = peer_read, .end = peer_end, .closed = peer_closed
    };
    struct err e;
    *p = (struct peer){ .w = w };
    buf_init(&p->got, PEER_GOT_MAX);
    struct stream_connect how = { .host = STR("127.0.0.1"),
                                  .port = http_server_addr(w->server)->port,
                                  .tls = tls,
                                  .tls_name = tls ? STR("localhost") : STR_NULL,
                                  .opts = { .write_max = PEER_GOT_MAX } };
    T_OK(stream_connect(w->loop, &how, &ev, p, &p->stream, &e), &e);
}

static inline void peer_open(struct peer *p, struct world *w)
{
    peer_connect_tls(p, w, NULL);
    world_wait(w, peer_is_open, p);
}

static inline void peer_send(struct peer *p, struct str bytes)
{
    struct err e;
    T_OK(stream_write(p->stream, &bytes, 1, &e), &e);
}

static inline void peer_sendz(struct peer *p, const char *z)
{
    peer_send(p, str_z(z));
}

static inline void peer_done(struct peer *p)
{
    if (p->stream) {
        stream_abort(p->stream);
        world_wait(p->w, peer_is_closed, p);
    }
    buf_done(&p->got);
}

struct expected {
    struct peer *p;
    const char *text;
    size_t n;
};

static inline bool expected_is_there(void *ctx)
{
    struct expected *x = ctx;
    return (x->text && str_find(buf_view(&x->p->got), str_z(x->text), 0) != SIZE_MAX) ||
           x->p->got.n >= x->n || !x->p->stream;
}

/* Wait until the peer got this text (or was closed, which fails). */
static inline void peer_expect(struct peer *p, const char *text)
{
    struct expected x = { p, text, SIZE_MAX };
    world_wait(p->w, expected_is_there, &x);
    T_TRUE(str_find(buf_view(&p->got), str_z(text), 0) != SIZE_MAX);
}

/* Wait for the close and compare all that came, the Date fields cut out. */
static inline void peer_expect_all(struct peer *p, const char *all)
{
    world_wait(p->w, peer_is_closed, p);
    struct buf b;
    buf_init(&b, PEER_GOT_MAX);
    struct str got = buf_view(&p->got);
    while (got.n > 0) {
        size_t at = size_min(str_find(got, STR("Date: "), 0), got.n);
        buf_add(&b, got.p, at);
        got = str_from(
            got, at + (at < got.n ? sizeof "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" - 1 : 0));
    }
    T_TRUE(str_eq(buf_view(&b), str_z(all)) ||
           (print_error("got: %.*s\n", STR_ARG(buf_view(&b))), 0));
    buf_done(&b);
}

/* How often `text` came. */
static inline size_t peer_count(const struct peer *p, const char *text)
{
    size_t n = 0;
    struct str s = str_z(text);
    for (size_t at = str_find(buf_view(&p->got), s, 0); at != SIZE_MAX;
         at = str_find(buf_view(&p->got), s, at + s.n))
        n++;
    return n;
}

#endif
