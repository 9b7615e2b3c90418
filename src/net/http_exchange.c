/*
 * What a handler sees of a request: its head, its body, who asks; and the counts that keep it.
 * Tests: http_server_test.c, http_threads_test.c
 */
#include "net/http_int.h"

#define RESERVE_MAX (1024 * 1024) /* of an announced body, before a byte of it is there */

/* ---- the request ---- */

const struct http_head *http_head_of(const struct http_exchange *x)
{
    return &x->head;
}

const struct http_target *http_target_of(const struct http_exchange *x)
{
    return &x->target;
}

struct str http_field_of(const struct http_exchange *x, struct str name)
{
    return http_field_get(x->head.fields, x->head.n_fields, name);
}

const struct addr *http_peer(const struct http_exchange *x)
{
    return &x->peer;
}

bool http_is_tls(const struct http_exchange *x)
{
    return x->tls;
}

enum rc http_peer_cert(struct http_exchange *x, struct tls_peer *out, struct err *e)
{
    if (!x->conn)
        return err_set(e, RC_MISSING, "HTTP-045", "the connection is gone");
    return stream_peer_cert(x->conn->stream, x->arena, out, e);
}

struct loop *http_loop(const struct http_exchange *x)
{
    return x->loop;
}

struct arena *http_arena(struct http_exchange *x)
{
    return x->arena;
}

/* ---- counts and cancelling ---- */

void http_watch(struct http_exchange *x, const struct http_exchange_events *ev, void *ctx)
{
    x->ev = ev;
    x->ctx = ctx;
}

bool http_is_cancelled(const struct http_exchange *x)
{
    return atomic_load_explicit(&x->cancelled, memory_order_relaxed);
}

struct http_exchange *http_ref(struct http_exchange *x)
{
    atomic_fetch_add_explicit(&x->refs, 1, memory_order_relaxed);
    return x;
}

void http_unref(struct http_exchange **xp)
{
    struct http_exchange *x = *xp;
    if (!x)
        return;
    *xp = NULL;
    /* what the other holders did comes before the memory goes */
    if (atomic_fetch_sub_explicit(&x->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct arena *a = x->arena;
    buf_done(&x->collected);
    arena_free(&a);
}

void http_exchange_cancel(struct http_exchange *x)
{
    if (atomic_exchange(&x->cancelled, true))
        return;
    if (x->conn)
        x->conn->server->stats.cancelled++;
    if (x->ev && x->ev->cancelled)
        x->ev->cancelled(x->ctx, x);
}

void http_exchange_detach(struct http_exchange *x, bool cancel)
{
    struct http_conn *c = x->conn;
    if (cancel)
        http_exchange_cancel(x);
    if (c)
        c->x = NULL;
    x->conn = NULL;
    http_unref(&x);
}

/* ---- the body ---- */

void http_exchange_body_end(struct http_exchange *x)
{
    if (x->reader == HTTP_READ_COLLECT)
        x->collect_done(x->body_ctx, x, buf_view(&x->collected));
    else
        x->body_ev->end(x->body_ctx, x);
}

/* Room for a body whose length is known, so that most are collected without a copy. */
static enum rc reserve(struct http_exchange *x, struct err *e)
{
    size_t n = size_min((size_t)x->body_left, RESERVE_MAX);
    if (x->reader != HTTP_READ_COLLECT || n == 0 || buf_room(&x->collected, n))
        return RC_OK;
    return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the body");
}

static void start_reading(struct http_exchange *x, uint64_t max)
{
    static const struct str go_on = STR_INIT("HTTP/1.1 100 Continue\r\n\r\n");
    struct http_conn *c = x->conn;
    struct err why;
    uint64_t ceiling = c->server->conf.body_max;
    x->body_max = max < ceiling ? max : ceiling;
    x->body_left = x->head.framing == HTTP_BODY_LENGTH ? x->head.length : 0;
    http_chunk_init(&x->chunk, x->body_max);
    buf_init(&x->collected, (size_t)x->body_max);
    if (x->body_left > x->body_max) {
        (void)err_set(&why, RC_LIMIT, "HTTP-023", "body is larger than the limit of %llu bytes",
                      (unsigned long long)x->body_max);
        http_conn_refuse(c, 413, &why);
    } else if (c->input == HTTP_IN_WAIT) {
        http_exchange_body_end(x);
    } else if (reserve(x, &why) != RC_OK) {
        http_conn_refuse(c, 503, &why);
    } else {
        if (x->head.expect_continue)
            http_conn_write(c, &go_on, 1);
        http_conn_read_body(c);
    }
}

void http_collect(struct http_exchange *x, uint64_t max,
                  void (*done)(void *ctx, struct http_exchange *x, struct str body), void *ctx)
{
    ZS_ASSERT(x->reader == HTTP_READ_NOBODY);
    x->reader = HTTP_READ_COLLECT;
    x->collect_done = done;
    x->body_ctx = ctx;
    if (x->conn)
        start_reading(x, max);
}

void http_read(struct http_exchange *x, uint64_t max, const struct http_body_events *ev, void *ctx)
{
    ZS_ASSERT(x->reader == HTTP_READ_NOBODY);
    x->reader = HTTP_READ_STREAM;
    x->body_ev = ev;
    x->body_ctx = ctx;
    if (x->conn)
        start_reading(x, max);
}

void http_resume(struct http_exchange *x)
{
    if (!x->body_paused || !x->conn)
        return;
    x->body_paused = false;
    http_conn_read_body(x->conn);
}
