/*
 * Answers: whole, streamed, and from other threads. Tests: http_server_test.c, http_threads_test.c
 */
#include "net/http_int.h"

static bool has_no_body(unsigned status)
{
    return status == 204 || status == 304;
}

/* The head into the server's scratch buffer. */
static enum rc put_head(struct http_conn *c, const struct http_response *r, struct http_out *out,
                        struct err *e)
{
    struct buf *b = &c->server->head;
    out->minor = c->x->head.minor;
    out->date = http_server_date(c->server);
    buf_clear(b);
    enum rc rc = http_write_head(b, r, out, e);
    return rc == RC_OK ? buf_rc(b, e) : rc;
}

/*
 * Write the head and the first bytes; a head that cannot be sent becomes a 500, since the fault is
 * ours and half an answer is worse.
 */
static void send_head(struct http_conn *c, const struct http_response *r, struct http_out *out)
{
    static const struct http_response failed = { .status = 500 };
    bool skip = out->sending == HTTP_SEND_NOTHING || c->x->head.method == HTTP_HEAD;
    if (r->body.n > c->server->conf.answer_max || put_head(c, r, out, NULL) != RC_OK) {
        *out = (struct http_out){ .sending = HTTP_SEND_LENGTH, .keep = out->keep };
        skip = true;
        if (put_head(c, &failed, out, NULL) != RC_OK) {
            http_conn_cut(c);
            return;
        }
    }
    struct str parts[] = { buf_view(&c->server->head), skip ? STR_NULL : r->body };
    http_conn_write(c, parts, ZS_COUNT(parts));
}

/* The answer is complete. */
static void finish(struct http_exchange *x, bool keep)
{
    struct http_conn *c = x->conn;
    x->output = HTTP_OUT_DONE;
    http_exchange_detach(x, false);
    http_conn_next(c, keep);
}

void http_answer(struct http_exchange *x, const struct http_response *r)
{
    struct http_conn *c = x->conn;
    ZS_ASSERT(x->output == HTTP_OUT_NONE);
    if (!c) {
        x->output = HTTP_OUT_DONE;
        return;
    }
    struct http_out out = { .sending =
                                has_no_body(r->status) ? HTTP_SEND_NOTHING : HTTP_SEND_LENGTH,
                            .length = r->body.n,
                            .keep = http_conn_can_stay(c) };
    send_head(c, r, &out);
    finish(x, out.keep);
}

void http_answer_status(struct http_exchange *x, unsigned status)
{
    struct http_response r = { .status = status };
    if (!has_no_body(status)) {
        r.type = STR("text/plain; charset=utf-8");
        r.body = str_z(http_status_text(status));
    }
    http_answer(x, &r);
}

/* ---- streamed ---- */

/* One piece in its frame. */
static void send_piece(struct http_exchange *x, struct str bytes)
{
    char line[20];
    if (bytes.n == 0 || x->head.method == HTTP_HEAD || x->sending == HTTP_SEND_NOTHING)
        return;
    if (x->sending == HTTP_SEND_CLOSE) {
        http_conn_write(x->conn, &bytes, 1);
        return;
    }
    struct str parts[] = { str_of(line, http_chunk_line(bytes.n, line)), bytes, STR("\r\n") };
    http_conn_write(x->conn, parts, ZS_COUNT(parts));
}

void http_begin(struct http_exchange *x, const struct http_response *r)
{
    struct http_conn *c = x->conn;
    ZS_ASSERT(x->output == HTTP_OUT_NONE);
    x->output = HTTP_OUT_STREAM;
    if (!c)
        return;
    struct http_response head = *r;
    struct http_out out = { .sending = HTTP_SEND_CHUNKED };
    if (has_no_body(r->status))
        out.sending = HTTP_SEND_NOTHING;
    else if (x->head.minor == 0)
        out.sending = HTTP_SEND_CLOSE;
    out.keep = out.sending != HTTP_SEND_CLOSE && http_conn_can_stay(c);
    head.body = STR_NULL;
    send_head(c, &head, &out);
    /* with the 500 that took its place nothing may follow */
    x->sending = out.sending == HTTP_SEND_LENGTH ? HTTP_SEND_NOTHING : out.sending;
    x->keep = out.keep;
    send_piece(x, r->body);
}

bool http_write(struct http_exchange *x, struct str bytes)
{
    ZS_ASSERT(x->output == HTTP_OUT_STREAM);
    if (!x->conn || x->conn->closing)
        return true;
    send_piece(x, bytes);
    return !stream_is_full(x->conn->stream);
}

void http_end(struct http_exchange *x)
{
    static const struct str last = STR_INIT("0\r\n\r\n");
    struct http_conn *c = x->conn;
    ZS_ASSERT(x->output == HTTP_OUT_STREAM);
    if (!c) {
        x->output = HTTP_OUT_DONE;
        return;
    }
    if (x->sending == HTTP_SEND_CHUNKED && x->head.method != HTTP_HEAD)
        http_conn_write(c, &last, 1);
    finish(x, x->keep && http_conn_can_stay(c));
}

/* ---- from elsewhere ---- */

enum rc http_reply_new(struct http_exchange *x, size_t limit, struct http_reply **out,
                       struct err *e)
{
    struct arena *a = arena_new("http reply", 0, limit);
    if (!a)
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the reply");
    struct http_reply *r = arena_make(a, struct http_reply, 1);
    if (!r) {
        arena_free(&a);
        return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the reply");
    }
    r->arena = a;
    r->x = http_ref(x);
    *out = r;
    return RC_OK;
}

struct arena *http_reply_arena(struct http_reply *r)
{
    return r->arena;
}

bool http_reply_is_cancelled(const struct http_reply *r)
{
    return http_is_cancelled(r->x);
}

/* On the exchange's loop. */
static void on_reply(struct loop_post *p)
{
    struct http_reply *r = ZS_CONTAINER(p, struct http_reply, post);
    struct arena *a = r->arena;
    http_answer(r->x, &r->response);
    http_unref(&r->x);
    arena_free(&a);
}

void http_reply_send(struct http_reply **rp, const struct http_response *res)
{
    struct http_reply *r = *rp;
    *rp = NULL;
    r->response = *res;
    r->post.fn = on_reply;
    loop_post(r->x->loop, &r->post);
}

void http_reply_drop(struct http_reply **rp)
{
    static const struct http_response none = { .status = 500 };
    if (*rp)
        http_reply_send(rp, &none);
}
