/*
 * One connection: what arrives goes to the head parser, to the body's reader, or stays unread
 * while an answer is owed. Deadlines are looked at by one timer, which is set for the nearest and
 * not moved for each request: it fires, finds nothing due, and sets itself anew.
 * Tests: http_server_test.c, http_slow_test.c, http_smuggle_test.c
 */
#include "base/alloc.h"
#include "net/http_int.h"

#define NS_PER_MS      1000000u
#define RATE_CHECK_MS  1000
#define CLOSE_CHECK_MS 1000u

static size_t on_read(void *ctx, struct stream *s, struct str data);
static void on_open(void *ctx, struct stream *s);
static void on_end(void *ctx, struct stream *s);
static void on_hung_up(void *ctx, struct stream *s);
static void on_drained(void *ctx, struct stream *s);
static void on_closed(void *ctx, struct stream *s, const struct err *why);

static const struct stream_events stream_ev = { .open = on_open,
                                                .read = on_read,
                                                .end = on_end,
                                                .hung_up = on_hung_up,
                                                .drained = on_drained,
                                                .closed = on_closed };

void http_conn_new(struct http_server *s, struct stream *stream)
{
    struct http_conn *c = mem_new(struct http_conn);
    if (!c)
        return;
    c->server = s;
    c->stream = stream;
    c->phase_due = HTTP_NEVER;
    c->body_since = HTTP_NEVER;
    buf_init(&c->in, s->conf.limits.line + s->conf.limits.fields + STREAM_CHUNK + 2);
    list_push(&s->conns, &c->link);
    stream_attach(stream, &stream_ev, c);
}

/* Everything but the stream. */
static void conn_free(struct http_conn *c)
{
    if (c->x)
        http_exchange_detach(c->x, true);
    loop_timer_stop(&c->timer);
    list_remove(&c->server->conns, &c->link);
    arena_free(&c->arena);
    buf_done(&c->in);
    mem_free(c);
}

static void dead_closed(void *ctx, struct stream *s, const struct err *why)
{
    (void)ctx, (void)s, (void)why; /* its connection was dropped before */
}

void http_conn_drop(struct http_conn *c)
{
    static const struct stream_events dead = { .closed = dead_closed };
    stream_attach(c->stream, &dead, NULL);
    stream_abort(c->stream);
    conn_free(c);
}

static void wake_by(struct http_conn *c, uint64_t due);
static uint64_t now_ns(const struct http_conn *c);

/*
 * Send what is queued, however long the peer takes as long as it takes it (check_stall), and only
 * then wait the stream's short time for its end: stream_close at once would cut a large answer to
 * a slow reader off. What still arrives is thrown away.
 */
static void close_soon(struct http_conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    if (stream_queued(c->stream) == 0) {
        stream_close(c->stream);
        return;
    }
    stream_end(c->stream);
    if (!c->reading)
        stream_resume(c->stream);
    wake_by(c, now_ns(c) + CLOSE_CHECK_MS * NS_PER_MS);
}

void http_conn_cut(struct http_conn *c)
{
    c->closing = true;
    stream_abort(c->stream);
}

void http_conn_wind_down(struct http_conn *c)
{
    if (!c->x && !c->arena)
        close_soon(c);
}

static void on_closed(void *ctx, struct stream *stream, const struct err *why)
{
    struct http_conn *c = ctx;
    struct http_server *s = c->server;
    if (why->code == RC_PEER && s->ev->denied && !c->opened)
        s->ev->denied(s->ctx, stream_peer(stream), why);
    conn_free(c);
    http_server_lost_conn(s);
}

/* ---- deadlines ---- */

static uint64_t now_ns(const struct http_conn *c)
{
    return loop_now_mono(c->server->loop);
}

static void on_timer(struct loop_timer *t);

/* Be woken no later than `due`. */
static void wake_by(struct http_conn *c, uint64_t due)
{
    if (loop_timer_is_on(&c->timer) && c->timer.due_mono <= due)
        return;
    uint64_t now = now_ns(c);
    uint64_t ms = due > now ? (due - now + NS_PER_MS - 1) / NS_PER_MS : 0;
    loop_timer_start(c->server->loop, &c->timer, ms, on_timer);
}

static void set_phase(struct http_conn *c, uint32_t ms)
{
    c->phase_due = now_ns(c) + (uint64_t)ms * NS_PER_MS;
    wake_by(c, c->phase_due);
}

/* Nanoseconds that went into reading the body, pauses of ours left out. */
static uint64_t body_time(const struct http_conn *c, uint64_t now)
{
    return c->body_spent + (c->body_since == HTTP_NEVER ? 0 : now - c->body_since);
}

static void stop_body_clock(struct http_conn *c)
{
    c->body_spent = body_time(c, now_ns(c));
    c->body_since = HTTP_NEVER;
}

static void time_out(struct http_conn *c, const char *what)
{
    struct err why;
    c->server->stats.timeouts++;
    (void)err_set(&why, RC_TIMEOUT, "HTTP-043", "%s", what);
    http_conn_refuse(c, 408, &why);
}

/* When the head or the idle time is over; an idle connection is closed without a word. */
static uint64_t check_phase(struct http_conn *c, uint64_t now)
{
    bool idle = !c->arena;
    if (idle && c->phase_due != HTTP_NEVER && stream_queued(c->stream) > 0)
        c->phase_due = now + (uint64_t)c->server->conf.idle_ms * NS_PER_MS; /* still answering */
    if (now < c->phase_due)
        return c->phase_due;
    c->phase_due = HTTP_NEVER;
    if (!idle) {
        time_out(c, "the head of the request did not arrive in time");
    } else {
        c->server->stats.timeouts++;
        close_soon(c);
    }
    return HTTP_NEVER;
}

/* When the body has to be looked at next. */
static uint64_t body_due(const struct http_conn *c, uint64_t now)
{
    const struct http_server_conf *conf = &c->server->conf;
    uint64_t spent = body_time(c, now) / NS_PER_MS;
    uint64_t next = spent < HTTP_RATE_GRACE_MS ? HTTP_RATE_GRACE_MS - spent : RATE_CHECK_MS;
    uint64_t left = spent < conf->body_ms ? conf->body_ms - spent : 0;
    return now + (left < next ? left : next) * NS_PER_MS;
}

static uint64_t check_body(struct http_conn *c, uint64_t now)
{
    const struct http_server_conf *conf = &c->server->conf;
    if (c->body_since == HTTP_NEVER)
        return HTTP_NEVER;
    uint64_t spent = body_time(c, now) / NS_PER_MS;
    bool late = spent >= conf->body_ms;
    bool slow = spent >= HTTP_RATE_GRACE_MS && c->body_bytes < spent * conf->min_rate / 1000;
    if (!late && !slow)
        return body_due(c, now);
    time_out(c, late ? "the body of the request did not arrive in time"
                     : "the body of the request arrives too slowly");
    return HTTP_NEVER;
}

/* Does the peer take what waits for it, and fast enough? */
static uint64_t check_stall(struct http_conn *c, uint64_t now)
{
    const struct http_server_conf *conf = &c->server->conf;
    uint64_t limit = (uint64_t)conf->stall_ms * NS_PER_MS;
    uint64_t least = (uint64_t)conf->stall_ms * conf->min_rate / 1000;
    uint64_t out = stream_bytes_out(c->stream);
    if (stream_queued(c->stream) == 0)
        return HTTP_NEVER;
    if (c->stall_since == 0 || out - c->stall_out > least) {
        c->stall_out = out;
        c->stall_since = now;
    }
    if (now - c->stall_since < limit)
        return c->stall_since + limit;
    c->server->stats.timeouts++;
    http_conn_cut(c);
    return HTTP_NEVER;
}

/* All is out: from here on the stream knows when to stop waiting. */
static uint64_t check_close(struct http_conn *c, uint64_t now)
{
    if (stream_queued(c->stream) > 0)
        return now + CLOSE_CHECK_MS * NS_PER_MS;
    stream_close(c->stream);
    return HTTP_NEVER;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void on_timer(struct loop_timer *t)
{
    struct http_conn *c = ZS_CONTAINER(t, struct http_conn, timer);
    uint64_t now = now_ns(c);
    uint64_t due = check_stall(c, now);
    if (!c->closing)
        due = sooner(due, check_phase(c, now));
    if (!c->closing)
        due = sooner(due, check_body(c, now));
    if (c->closing)
        due = sooner(due, check_close(c, now));
    if (due != HTTP_NEVER)
        wake_by(c, due);
}

/* ---- writing ---- */

void http_conn_write(struct http_conn *c, const struct str *parts, size_t n)
{
    struct err why;
    if (c->closing)
        return;
    if (stream_queued(c->stream) == 0) /* all before it was taken: time counts from here */
        c->stall_since = 0;
    enum rc rc = stream_write(c->stream, parts, n, &why);
    if (rc == RC_LIMIT || rc == RC_NOMEM)
        http_conn_cut(c);
    else
        wake_by(c, now_ns(c) + (uint64_t)c->server->conf.stall_ms * NS_PER_MS);
}

void http_conn_refuse(struct http_conn *c, unsigned status, const struct err *why)
{
    struct http_server *s = c->server;
    if (c->closing)
        return;
    s->stats.refused++;
    c->phase_due = HTTP_NEVER;
    stop_body_clock(c);
    bool answer_begun = c->x && c->x->output != HTTP_OUT_NONE;
    if (c->x)
        http_exchange_detach(c->x, true);
    c->x = NULL;
    if (answer_begun) { /* half an answer is out: the cut tells the peer that it is not whole */
        http_conn_cut(c);
        return;
    }
    struct buf body;
    struct http_response r = { .status = status };
    struct http_out out = { HTTP_SEND_LENGTH, 0, 1, false, http_server_date(s) };
    buf_init(&body, STREAM_CHUNK);
    if (s->ev->refused)
        s->ev->refused(s->ctx, stream_peer(c->stream), status, why, &body, &r.type);
    out.length = body.n;
    buf_clear(&s->head);
    if (http_write_head(&s->head, &r, &out, NULL) == RC_OK && !s->head.failed)
        http_conn_write(c, (struct str[]){ buf_view(&s->head), buf_view(&body) }, 2);
    buf_done(&body);
    close_soon(c);
}

/* ---- reading: heads ---- */

static enum rc start_head(struct http_conn *c, struct err *e)
{
    if (c->arena)
        return RC_OK;
    c->arena = arena_new("http exchange", 0, HTTP_ARENA_MAX);
    if (!c->arena)
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the request");
    http_parse_init(&c->parser, HTTP_REQUEST, &c->server->conf.limits, c->arena);
    set_phase(c, c->server->conf.head_ms);
    return RC_OK;
}

static unsigned status_of(const struct http_conn *c, enum rc rc)
{
    unsigned status = http_parse_status(&c->parser);
    return status != 0 ? status : rc == RC_NOMEM ? 503 : rc == RC_LIMIT ? 413 : 400;
}

/* The exchange, in its arena; `head` is copied there because the run does not last. */
static enum rc make_exchange(struct http_conn *c, struct str head, struct http_exchange **out,
                             struct err *e)
{
    struct http_exchange *x = arena_make(c->arena, struct http_exchange, 1);
    struct str kept = arena_str(c->arena, head);
    if (!x || str_is_null(kept))
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the request");
    enum rc rc = http_parse_head(&c->parser, kept, &x->head, e);
    if (rc == RC_OK)
        rc = http_target_parse(x->head.target, c->arena, &x->target, e);
    if (rc == RC_OK && x->head.framing == HTTP_BODY_LENGTH &&
        x->head.length > c->server->conf.body_max)
        rc = err_set(e, RC_LIMIT, "HTTP-023", "body is larger than the limit of %llu bytes",
                     (unsigned long long)c->server->conf.body_max);
    if (rc != RC_OK)
        return rc;
    *out = x;
    return RC_OK;
}

static void begin_exchange(struct http_conn *c, struct http_exchange *x)
{
    struct http_server *s = c->server;
    x->arena = c->arena;
    c->arena = NULL;
    atomic_init(&x->refs, 1);
    atomic_init(&x->cancelled, false);
    x->loop = s->loop;
    x->conn = c;
    x->peer = *stream_peer(c->stream);
    x->tls = stream_is_tls(c->stream);
    bool empty = x->head.framing == HTTP_BODY_NONE ||
                 (x->head.framing == HTTP_BODY_LENGTH && x->head.length == 0);
    c->x = x;
    c->input = empty ? HTTP_IN_WAIT : HTTP_IN_BODY;
    c->phase_due = HTTP_NEVER;
    c->body_spent = c->body_bytes = 0;
    c->n_requests++;
    s->stats.requests++;
    s->ev->request(s->ctx, x);
}

static size_t take_head(struct http_conn *c, struct str data)
{
    struct err e;
    size_t before = c->in.n;
    size_t used = 0;
    enum rc rc = start_head(c, &e);
    if (rc == RC_OK && before > 0) {
        buf_str(&c->in, data);
        rc = buf_rc(&c->in, &e);
    }
    struct str run = before > 0 ? buf_view(&c->in) : data;
    if (rc == RC_OK)
        rc = http_parse_more(&c->parser, run, &used, &e);
    if (rc == RC_AGAIN && before == 0) {
        buf_str(&c->in, data);
        rc = buf_rc(&c->in, &e) == RC_OK ? RC_AGAIN : RC_NOMEM;
    }
    if (rc == RC_AGAIN)
        return data.n;
    struct http_exchange *x = NULL;
    if (rc == RC_OK)
        rc = make_exchange(c, str_sub(run, 0, used), &x, &e);
    if (rc != RC_OK) {
        http_conn_refuse(c, status_of(c, rc), &e);
        return data.n;
    }
    buf_done(&c->in);
    begin_exchange(c, x);
    return used - before;
}

/* ---- reading: bodies ---- */

/* The next decoded bytes at the front of data. RC_AGAIN: all of it is consumed without any. */
static enum rc next_body_bytes(struct http_exchange *x, struct str data, size_t *used,
                               struct str *bytes, struct err *e)
{
    if (x->head.framing == HTTP_BODY_CHUNKED)
        return http_chunk_next(&x->chunk, data, used, bytes, e);
    *used = x->body_left < data.n ? (size_t)x->body_left : data.n;
    *bytes = *used > 0 ? str_sub(data, 0, *used) : STR_NULL;
    return RC_OK;
}

/* Hand bytes to the body's reader: how many it took. */
static size_t give_body(struct http_exchange *x, struct str bytes)
{
    if (x->reader == HTTP_READ_STREAM) {
        size_t took = x->body_ev->data(x->body_ctx, x, bytes);
        ZS_ASSERT(took <= bytes.n);
        return took;
    }
    buf_str(&x->collected, bytes);
    return bytes.n;
}

/*
 * Bytes that the reader did not take come again after http_resume; a chunk decoder, which has
 * passed them, takes them back.
 */
static void pause_body(struct http_conn *c, size_t left)
{
    if (c->x->head.framing == HTTP_BODY_CHUNKED)
        http_chunk_unread(&c->x->chunk, left);
    c->x->body_paused = true;
    c->body_bytes -= left;
    stop_body_clock(c);
}

static void end_body(struct http_conn *c)
{
    stop_body_clock(c);
    c->input = HTTP_IN_WAIT;
    http_exchange_body_end(c->x);
}

/* Decoded bytes to their reader; returns how many it left. */
static size_t pass_on(struct http_conn *c, struct str bytes)
{
    struct http_exchange *x = c->x;
    struct err e;
    size_t took = give_body(x, bytes);
    if (c->x != x || c->closing) /* answered or cut meanwhile */
        return 0;
    if (x->collected.failed) {
        (void)err_set(&e, RC_NOMEM, "HTTP-015", "not enough memory for the body");
        http_conn_refuse(c, 503, &e);
        return 0;
    }
    if (x->head.framing == HTTP_BODY_LENGTH)
        x->body_left -= took;
    if (took < bytes.n)
        pause_body(c, bytes.n - took);
    else if (x->head.framing == HTTP_BODY_LENGTH && x->body_left == 0)
        end_body(c);
    return bytes.n - took;
}

static size_t take_body(struct http_conn *c, struct str data)
{
    struct http_exchange *x = c->x;
    struct err e;
    size_t used = 0;
    struct str bytes = STR_NULL;
    if (x->reader == HTTP_READ_NOBODY || x->body_paused)
        return 0;
    enum rc rc = next_body_bytes(x, data, &used, &bytes, &e);
    if (rc != RC_OK && rc != RC_AGAIN) {
        http_conn_refuse(c, x->chunk.status, &e);
        return data.n;
    }
    c->body_bytes += used;
    if (rc == RC_AGAIN)
        return used;
    if (!str_is_null(bytes))
        return used - pass_on(c, bytes);
    end_body(c);
    return used;
}

static size_t take(struct http_conn *c, struct str data)
{
    if (c->input == HTTP_IN_BODY)
        return take_body(c, data);
    if (c->input == HTTP_IN_WAIT || stream_is_full(c->stream))
        return 0; /* drained, or the answer, resumes */
    return take_head(c, data);
}

static size_t on_read(void *ctx, struct stream *stream, struct str data)
{
    struct http_conn *c = ctx;
    size_t taken = 0;
    (void)stream; /* c's */
    c->reading = true;
    while (taken < data.n && !c->closing) {
        size_t n = take(c, str_from(data, taken));
        if (n == 0)
            break;
        taken += n;
    }
    c->reading = false;
    return c->closing ? data.n : taken;
}

void http_conn_read_body(struct http_conn *c)
{
    if (c->input != HTTP_IN_BODY)
        return;
    c->body_since = now_ns(c);
    wake_by(c, body_due(c, c->body_since));
    if (!c->reading)
        stream_resume(c->stream);
}

/* ---- the rest of a connection's life ---- */

static void on_open(void *ctx, struct stream *stream)
{
    struct http_conn *c = ctx;
    (void)stream; /* c's */
    c->opened = true;
    set_phase(c, c->server->conf.idle_ms);
}

bool http_conn_can_stay(const struct http_conn *c)
{
    const struct http_server_conf *conf = &c->server->conf;
    bool used_up = conf->n_requests > 0 && c->n_requests >= conf->n_requests;
    return c->x->head.keep_alive && c->input == HTTP_IN_WAIT && !c->peer_ended && !used_up &&
           !c->server->stopping;
}

void http_conn_next(struct http_conn *c, bool keep)
{
    c->x = NULL;
    stop_body_clock(c);
    if (c->closing)
        return;
    if (!keep) {
        close_soon(c);
        return;
    }
    c->input = HTTP_IN_HEAD;
    set_phase(c, c->server->conf.idle_ms);
    if (!c->reading)
        stream_resume(c->stream);
}

static void on_drained(void *ctx, struct stream *stream)
{
    struct http_conn *c = ctx;
    struct http_exchange *x = c->x;
    if (x && x->output == HTTP_OUT_STREAM) {
        if (x->ev && x->ev->drained)
            x->ev->drained(x->ctx, x);
    } else {
        stream_resume(stream);
    }
}

static void on_end(void *ctx, struct stream *stream)
{
    struct http_conn *c = ctx;
    struct err why;
    (void)stream; /* c's */
    c->peer_ended = true;
    if (c->closing) {
        if (stream_queued(c->stream) == 0)
            stream_close(c->stream); /* both sides have ended: at once */
    } else if (!c->x) {
        close_soon(c);
    } else if (c->input == HTTP_IN_BODY) {
        (void)err_set(&why, RC_PEER, "HTTP-044", "the connection ended inside the body");
        http_conn_refuse(c, 400, &why);
    } else {
        http_exchange_cancel(c->x);
    }
}

static void on_hung_up(void *ctx, struct stream *stream)
{
    struct http_conn *c = ctx;
    (void)stream; /* c's */
    if (c->x)
        http_exchange_cancel(c->x);
}
