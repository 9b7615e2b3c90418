/*
 * TLS on a stream: carries bytes between the socket's side (stream_io.c) and a tls_session.
 * Ciphertext that cannot be used yet, because the owner has paused, is kept; nothing else is.
 * Tests: stream_test.c
 */
#include "net/stream_int.h"

#include "base/alloc.h"
#include "crypt/tls_session.h"
#include "net/loop_int.h"

#define WIRE_HIGH                                                                                  \
    ((size_t)4 * TLS_RECORD) /* encrypt no more while so much waits for the kernel                 \
                              */
#define WIRE_MAX ((size_t)8 * TLS_RECORD)

struct stream_tls {
    struct tls_session *session;
    struct buf kept; /* ciphertext behind what the owner took */
};

enum rc stream_tls_begin(struct stream *s, struct tls_ctx *ctx, struct str name, struct err *e)
{
    struct stream_tls *t = mem_new(struct stream_tls);
    if (!t)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a connection");
    enum rc rc = tls_session_new(ctx, name, WIRE_MAX, &t->session, e);
    if (rc != RC_OK) {
        mem_free(t);
        return rc;
    }
    buf_init(&t->kept, STREAM_CHUNK);
    s->tls = t;
    return RC_OK;
}

void stream_tls_free(struct stream *s)
{
    if (!s->tls)
        return;
    tls_session_free(&s->tls->session);
    buf_done(&s->tls->kept);
    mem_free(s->tls);
    s->tls = NULL;
}

struct buf *stream_tls_wire(struct stream *s, size_t **head)
{
    return tls_wire(s->tls->session, head);
}

size_t stream_tls_queued(const struct stream *s)
{
    size_t *head = NULL;
    const struct buf *wire = tls_wire(s->tls->session, &head);
    return wire->n - *head;
}

/* The alert that tells the peer why goes out before the socket is closed, if the kernel takes it.
 */
static void fail(struct stream *s, const struct err *why)
{
    stream_flush(s);
    stream_fail(s, why);
}

/* RC_OK: open now, or was before. */
static enum rc handshake(struct stream *s)
{
    struct err why;
    if (s->state != STREAM_HANDSHAKE)
        return RC_OK;
    enum rc rc = tls_handshake(s->tls->session, &why);
    if (rc == RC_OK)
        stream_opened(s);
    else if (rc != RC_AGAIN)
        fail(s, &why);
    return rc;
}

/* Decrypt and hand over until there is no more, or the owner wants no more. */
static void pump(struct stream *s)
{
    char *plain = s->loop->streams->plain;
    bool more = handshake(s) == RC_OK && !s->paused;
    while (more && (s->state == STREAM_OPEN || s->state == STREAM_CLOSING)) {
        size_t n = 0;
        struct err why;
        enum rc rc = tls_read(s->tls->session, plain, STREAM_CHUNK, &n, &why);
        if (rc == RC_OK)
            more = stream_deliver(s, str_of(plain, n));
        else if (rc == RC_MISSING)
            stream_receive_ended(s);
        else if (rc != RC_AGAIN)
            fail(s, &why);
        more = more && rc == RC_OK;
    }
}

/* What is left of the ciphertext lies in recv's buffer, or already in `kept`. */
static void keep_unread(struct stream *s, bool from_kept)
{
    struct stream_tls *t = s->tls;
    struct str left = tls_unread(t->session);
    struct err why;
    if (from_kept)
        buf_eat(&t->kept, t->kept.n - left.n);
    else
        buf_str(&t->kept, left);
    if (t->kept.n == 0)
        buf_done(&t->kept);
    tls_feed(t->session, STR_NULL);
    if (buf_rc(&t->kept, &why) != RC_OK)
        stream_fail(s, &why);
}

void stream_tls_input(struct stream *s, struct str wire)
{
    struct stream_tls *t = s->tls;
    bool from_kept = str_is_null(wire);
    if (from_kept)
        wire = buf_view(&t->kept);
    else
        ZS_ASSERT(t->kept.n == 0); /* wants_input: nothing is read while something is kept */
    tls_feed(t->session, wire);
    if (s->state == STREAM_HANDSHAKE || tls_has_input(t->session))
        pump(s);
    if (s->state != STREAM_CLOSED)
        keep_unread(s, from_kept);
    if (s->state != STREAM_CLOSED && stream_tls_queued(s) > 0)
        loop_hook_arm(s->loop, &s->hook); /* its part of the handshake, an answer to a key update */
}

bool stream_tls_has_kept(const struct stream *s)
{
    return s->tls->kept.n > 0;
}

bool stream_tls_encrypt(struct stream *s)
{
    struct stream_tls *t = s->tls;
    while (s->out.n > s->out_head && stream_tls_queued(s) < WIRE_HIGH) {
        struct str part = str_sub(buf_view(&s->out), s->out_head, TLS_RECORD);
        struct err why;
        if (tls_write(t->session, part, &why) != RC_OK) {
            stream_fail(s, &why);
            return false;
        }
        s->out_head += part.n;
        s->bytes_out += part.n; /* from here on the peer may see it */
    }
    if (s->out_head == s->out.n) {
        s->out_head = 0;
        buf_done(&s->out);
    }
    return true;
}

void stream_tls_end(struct stream *s)
{
    tls_end(s->tls->session);
}

struct str stream_alpn(const struct stream *s)
{
    return s->tls ? tls_alpn(s->tls->session) : STR_NULL;
}

enum rc stream_peer_cert(const struct stream *s, struct arena *a, struct tls_peer *out,
                         struct err *e)
{
    if (!s->tls)
        return err_set(e, RC_MISSING, "TLS-029", "the connection is plain");
    return tls_peer(s->tls->session, a, out, e);
}
