/*
 * For tests: a client, calls and their results, and a raw server that behaves badly by a script.
 * Static functions, so that each test program has its own.
 */
#ifndef ZS_NET_CLIENT_RIG_H
#define ZS_NET_CLIENT_RIG_H

#include "net/client.h"
#include "net/http_peer.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

/* ---- a server that does what a row says ---- */

enum deed { DEED_WAIT, DEED_CLOSE, DEED_RESET };

struct script {
    const char *answer;  /* to each read that ends a head; NULL: none */
    enum deed deed;      /* then */
    const char *answer2; /* to the second request of a connection */
    enum deed deed2;
};

struct bad_server {
    const struct script *script;
    struct listener *listener;
    unsigned n_conns, n_requests;
    unsigned on_this_conn;
    struct buf seen;
};

static inline void bad_closed(void *ctx, struct stream *s, const struct err *why)
{
    (void)ctx, (void)s, (void)why;
}

static inline void bad_opened(void *ctx, struct stream *s)
{
    (void)ctx, (void)s;
}

static inline size_t bad_read(void *ctx, struct stream *s, struct str data)
{
    struct bad_server *b = ctx;
    buf_str(&b->seen, data);
    if (str_find(data, STR("\r\n\r\n"), 0) == SIZE_MAX)
        return data.n;
    b->n_requests++;
    bool second = b->on_this_conn++ > 0;
    struct str answer = str_z(second ? b->script->answer2 : b->script->answer);
    enum deed deed = second ? b->script->deed2 : b->script->deed;
    struct err e;
    if (answer.n > 0)
        T_OK(stream_write(s, &answer, 1, &e), &e);
    if (deed == DEED_CLOSE)
        stream_close(s);
    if (deed == DEED_RESET)
        stream_abort(s);
    return data.n;
}

static inline void bad_accept(void *ctx, struct listener *ls, struct stream *s)
{
    static const struct stream_events ev = { .open = bad_opened,
                                             .read = bad_read,
                                             .closed = bad_closed };
    struct bad_server *b = ctx;
    (void)ls;
    b->n_conns++;
    b->on_this_conn = 0;
    stream_attach(s, &ev, b);
}

static inline void bad_open(struct bad_server *b, struct loop *l, const struct script *script)
{
    static const struct listener_events ev = { .accept = bad_accept };
    struct err e;
    *b = (struct bad_server){ .script = script };
    buf_init(&b->seen, 1 << 20);
    T_OK(stream_listen(l, &(struct stream_listen){ .host = STR("127.0.0.1") }, &ev, b, &b->listener,
                       &e),
         &e);
}

static inline void bad_close(struct bad_server *b)
{
    listener_close(&b->listener);
    buf_done(&b->seen);
}

/* ---- a call and its result ---- */

struct call {
    struct client_result res;
    struct client_call *call;
    unsigned n_done;
    struct client **free_in_done;
};

static inline void on_done(void *ctx, const struct client_result *res)
{
    struct call *c = ctx;
    c->res = *res;
    c->call = NULL;
    c->n_done++;
    if (c->free_in_done)
        client_free(c->free_in_done);
}

static inline bool is_done(void *ctx)
{
    return ((struct call *)ctx)->n_done > 0;
}

/* What most tests need: loop, client, arena, a URL's text. */
struct bench {
    struct loop *loop;
    struct client *client;
    struct arena *arena;
    char url[160];
};

static inline void bench_on(struct bench *b, struct loop *l)
{
    struct err e;
    *b = (struct bench){ .loop = l };
    b->arena = arena_new("test", 0, 64u << 20);
    T_OK(client_new(l, &(struct client_conf){ .max_conns = 8 }, &b->client, &e), &e);
}

static inline void bench_open(struct bench *b)
{
    struct loop *l = NULL;
    struct err e;
    T_OK(loop_new("test", NULL, &l, &e), &e);
    bench_on(b, l);
}

static inline void bench_done(struct bench *b)
{
    client_free(&b->client);
    arena_free(&b->arena);
}

static inline void bench_close(struct bench *b)
{
    bench_done(b);
    loop_free(&b->loop);
}

static inline struct str url_to(struct bench *b, const char *scheme, uint16_t port,
                                const char *path)
{
    int n = snprintf(b->url, sizeof b->url, "%s://127.0.0.1:%u%s", scheme, port, path);
    return str_of(b->url, (size_t)n);
}

static inline void start(struct bench *b, const struct client_request *r, struct call *c)
{
    struct err e;
    *c = (struct call){ .n_done = 0 };
    T_OK(client_call(b->client, r, b->arena, on_done, c, &c->call, &e), &e);
    T_EQ_INT(c->n_done, 0); /* never from within */
}

static inline void run(struct bench *b, const struct client_request *r, struct call *c)
{
    start(b, r, c);
    if (!loop_run_until(b->loop, is_done, c, PEER_WAIT_MS))
        T_FAIL("the call did not end");
    T_EQ_INT(c->n_done, 1);
}

#endif
