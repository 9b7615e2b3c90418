/*
 * The listening side: opening, stopping in order, counting. Tests: http_server_test.c
 */
#include "base/alloc.h"
#include "net/http_int.h"

static void on_accept(void *ctx, struct listener *ls, struct stream *stream)
{
    struct http_server *s = ctx;
    (void)ls; /* there is one */
    s->stats.accepted++;
    http_conn_new(s, stream);
}

static void on_denied(void *ctx, struct listener *ls, const struct addr *peer)
{
    struct http_server *s = ctx;
    struct err why;
    (void)ls; /* there is one */
    if (!s->ev->denied)
        return;
    (void)err_set(&why, RC_DENIED, "HTTP-042", "the peer's address is not allowed here");
    s->ev->denied(s->ctx, peer, &why);
}

static void on_failed(void *ctx, struct listener *ls, const struct err *why)
{
    (void)ctx, (void)ls, (void)why; /* listening goes on; net counts it */
}

static const struct listener_events listener_ev = { .accept = on_accept,
                                                    .denied = on_denied,
                                                    .failed = on_failed };

#define DEFAULT(member, value) ((member) = (member) ? (member) : (value))

static void fill_defaults(struct http_server_conf *c)
{
    struct http_limits l = http_limits_default();
    DEFAULT(c->max_conns, 1024);
    DEFAULT(c->limits.line, l.line);
    DEFAULT(c->limits.fields, l.fields);
    DEFAULT(c->limits.n_fields, l.n_fields);
    DEFAULT(c->body_max, 16u << 20);
    DEFAULT(c->answer_max, 64u << 20);
    DEFAULT(c->idle_ms, 75000);
    DEFAULT(c->head_ms, 10000);
    DEFAULT(c->body_ms, 120000);
    DEFAULT(c->min_rate, 256);
    DEFAULT(c->stall_ms, 30000);
    DEFAULT(c->drain_ms, 10000);
}

static enum rc listen_on(struct http_server *s, struct err *e)
{
    const struct http_server_conf *c = &s->conf;
    struct stream_listen how = {
        .host = c->host,
        .port = c->port,
        .reuse_port = c->reuse_port,
        .max_streams = c->max_conns,
        .allow = c->allow,
        .tls = c->tls,
        .opts = { .write_max = c->answer_max + c->limits.fields + STREAM_CHUNK, .keepalive = true },
    };
    enum rc rc = stream_listen(s->loop, &how, &listener_ev, s, &s->listener, e);
    if (rc == RC_OK)
        s->addr = *listener_addr(s->listener);
    return rc;
}

enum rc http_server_open(struct loop *l, const struct http_server_conf *conf,
                         const struct http_server_events *ev, void *ctx, struct http_server **out,
                         struct err *e)
{
    struct http_server *s = mem_new(struct http_server);
    if (!s)
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the server");
    s->loop = l;
    s->conf = *conf;
    s->ev = ev;
    s->ctx = ctx;
    fill_defaults(&s->conf);
    list_init(&s->conns);
    buf_init(&s->head, s->conf.limits.fields * 4);
    enum rc rc = listen_on(s, e);
    if (rc != RC_OK) {
        mem_free(s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

const struct addr *http_server_addr(const struct http_server *s)
{
    return &s->addr;
}

void http_server_set_tls(struct http_server *s, struct tls_ctx *tls)
{
    if (s->listener)
        listener_set_tls(s->listener, tls);
}

void http_server_pause(struct http_server *s, bool paused)
{
    if (!s->listener)
        return;
    if (paused)
        listener_pause(s->listener);
    else
        listener_resume(s->listener);
}

/* ---- stopping ---- */

static void tell_stopped(struct loop_timer *t)
{
    struct http_server *s = ZS_CONTAINER(t, struct http_server, stop_timer);
    if (s->ev->stopped)
        s->ev->stopped(s->ctx);
}

static void cut_off(struct loop_timer *t)
{
    struct http_server *s = ZS_CONTAINER(t, struct http_server, stop_timer);
    for (struct list_node *n = list_first(&s->conns); n; n = list_next(&s->conns, n))
        stream_abort(ZS_CONTAINER(n, struct http_conn, link)->stream);
}

void http_server_lost_conn(struct http_server *s)
{
    if (s->stopping && list_is_empty(&s->conns))
        loop_timer_start(s->loop, &s->stop_timer, 0, tell_stopped);
}

void http_server_stop(struct http_server *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    listener_close(&s->listener);
    struct list_node *next = NULL;
    for (struct list_node *n = list_first(&s->conns); n; n = next) {
        next = list_next(&s->conns, n);
        http_conn_wind_down(ZS_CONTAINER(n, struct http_conn, link));
    }
    loop_timer_start(s->loop, &s->stop_timer, s->conf.drain_ms, cut_off);
    http_server_lost_conn(s);
}

void http_server_free(struct http_server **sp)
{
    struct http_server *s = *sp;
    if (!s)
        return;
    *sp = NULL;
    listener_close(&s->listener);
    for (struct list_node *n = list_first(&s->conns); n; n = list_first(&s->conns))
        http_conn_drop(ZS_CONTAINER(n, struct http_conn, link));
    loop_timer_stop(&s->stop_timer);
    buf_done(&s->head);
    mem_free(s);
}

/* ---- figures ---- */

void http_server_stats_read(const struct http_server *s, struct http_server_stats *out)
{
    *out = s->stats;
    out->open = s->conns.n;
}

const char *http_server_date(struct http_server *s)
{
    int64_t now_ms = clock_now_ms(loop_clock(s->loop));
    if (now_ms / 1000 != s->date_at_s || s->date[0] == '\0') {
        s->date_at_s = now_ms / 1000;
        http_date(now_ms, s->date);
    }
    return s->date;
}
