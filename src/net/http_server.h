/*
 * HTTP server over net's streams. One server is one listening socket on one loop; several loops
 * share a port by one server each with reuse_port.
 *
 *   connection   accept ── [head ── request() ── body ── answer]* ── closed
 *   exchange            created at the end of the head ── answered or cancelled ── last unref
 *
 * request() is called when the head is complete and before a byte of the body is read, so that who
 * is not allowed is refused unread. From there the handler, at once or later, on the loop
 *   - answers (http_answer), or begins a streamed answer (http_begin, http_write, http_end);
 *   - reads the body, collected (http_collect) or as it comes with back-pressure (http_read);
 *   - hands the answer to another thread (http_reply_new); that holds a count, not a connection.
 *
 * One request of a connection is in work at a time. What a client sends ahead stays unread until
 * the answer is out, and until the client took most of it: TCP pushes back.
 *
 * An answer that starts before the body was read to its end closes the connection behind it, since
 * what follows could not be told from a next request.
 *
 * Strictness is http_parse.h's; the server adds 413 for a body over its limit, before reading, and
 * 408 for deadlines. Those are absolute: a head must be complete head_ms after its first byte, a
 * body body_ms after its head, and from RATE_GRACE_MS on a body must have come at min_rate on
 * average; a client that takes its answer at less than min_rate over stall_ms is dropped.
 *
 * HTTP/2 and WebSocket: a handler sees exchanges only; what carries them is not its business.
 *
 * Spec    RFC 9112, RFC 9110
 * Thread  loop, except where tagged `any`.
 */
#ifndef ZS_NET_HTTP_SERVER_H
#define ZS_NET_HTTP_SERVER_H

#include "crypt/tls.h"
#include "net/http_parse.h"
#include "net/http_target.h"
#include "net/stream.h"

#define HTTP_RATE_GRACE_MS 5000

struct http_server;
struct http_exchange;
struct http_reply;

/* ---- the server ---- */

struct http_server_events {
    /* A request's head is complete. See above; x is valid until it is answered or cancelled. */
    void (*request)(void *ctx, struct http_exchange *x);

    /*
     * The server itself refuses something (400, 408, 413, 414, 431, 501 …) and closes. The owner
     * may count it and write a body and its type, static or borrowed until the return; both come
     * empty. May be NULL.
     */
    void (*refused)(void *ctx, const struct addr *peer, unsigned status, const struct err *why,
                    struct buf *body, struct str *type);

    /* A connection was turned away: peer not in `allow`, or TLS failed. May be NULL. */
    void (*denied)(void *ctx, const struct addr *peer, const struct err *why);

    /* After http_server_stop: the last connection is closed; http_server_free may be called. */
    void (*stopped)(void *ctx);
};

/* Zero means the default in brackets, except where it says otherwise. */
struct http_server_conf {
    struct str host; /* as stream_listen has it */
    uint16_t port;   /* 0: the kernel chooses */
    bool reuse_port;
    struct cidr_list allow; /* empty: everybody */
    struct tls_ctx *tls;    /* NULL: plain; shared */
    size_t max_conns;       /* [1024] accepting pauses at so many */
    struct http_limits limits;
    uint64_t body_max;   /* [16 MB] ceiling of any body: 413 */
    size_t answer_max;   /* [64 MB] bytes of answers queued on one connection */
    uint32_t idle_ms;    /* [75 s] between requests, and for the first byte of the first */
    uint32_t head_ms;    /* [10 s] */
    uint32_t body_ms;    /* [120 s] */
    uint32_t min_rate;   /* [256] bytes a second */
    uint32_t stall_ms;   /* [30 s] for an answer that waits to be taken */
    uint32_t drain_ms;   /* [10 s] after http_server_stop what is in work has so long */
    uint32_t n_requests; /* [0: no end] requests after which a connection is closed */
};

/* conf is copied but for what it points to. Returns stream_listen's errors, RC_NOMEM (HTTP-015). */
enum rc http_server_open(struct loop *l, const struct http_server_conf *conf,
                         const struct http_server_events *ev, void *ctx, struct http_server **out,
                         struct err *e) ZS_CHECK;

const struct addr *http_server_addr(const struct http_server *s);

/* For certificate reload: from the next connection on. */
void http_server_set_tls(struct http_server *s, struct tls_ctx *tls);

/* Leave new connections in the kernel's queue; those that are there go on. */
void http_server_pause(struct http_server *s, bool paused);

/*
 * The acceptor closes first, then idle connections; requests in work are answered with
 * Connection: close. What is left after drain_ms is cut off. stopped() comes from the loop.
 */
void http_server_stop(struct http_server *s);

/*
 * After stopped(), or at once: then what is in work is cancelled and cut off first, and nothing of
 * the server's callbacks but cancelled() runs any more. Nulls the pointer.
 */
void http_server_free(struct http_server **s);

struct http_server_stats {
    uint64_t accepted, open, requests, refused, timeouts, cancelled;
};

void http_server_stats_read(const struct http_server *s, struct http_server_stats *out);

/* ---- a request ---- */

const struct http_head *http_head_of(const struct http_exchange *x);
const struct http_target *http_target_of(const struct http_exchange *x);

/* Field of the request; STR_NULL when absent. */
struct str http_field_of(const struct http_exchange *x, struct str name);

const struct addr *http_peer(const struct http_exchange *x);
bool http_is_tls(const struct http_exchange *x);

/* The verified client certificate; RC_MISSING without one. Texts are of the exchange's arena. */
enum rc http_peer_cert(struct http_exchange *x, struct tls_peer *out, struct err *e) ZS_CHECK;

struct loop *http_loop(const struct http_exchange *x);

/* Lives as long as the exchange. Thread loop. */
struct arena *http_arena(struct http_exchange *x);

/* ---- its owner ---- */

struct http_exchange_events {
    /*
     * The peer closed its side or the connection is gone, before the answer was complete. Nobody
     * may be listening any more: stop what is expensive. An answer is still sent if it can be. May
     * be NULL.
     */
    void (*cancelled)(void *ctx, struct http_exchange *x);

    /* After http_write returned false: go on. May be NULL for who does not stream. */
    void (*drained)(void *ctx, struct http_exchange *x);
};

/* ev outlives the exchange. */
void http_watch(struct http_exchange *x, const struct http_exchange_events *ev, void *ctx);

/* Thread any, for who holds a count or a reply. */
bool http_is_cancelled(const struct http_exchange *x);

/* Counts: the exchange's memory and arena stay until the last one. Thread any. */
struct http_exchange *http_ref(struct http_exchange *x);
void http_unref(struct http_exchange **x);

/* ---- reading the body ---- */

/*
 * Collect the whole body, at most max bytes (and at most the server's body_max): done() gets it
 * once, borrowed from the exchange's memory. A larger one is answered 413 by the server, a broken
 * one 400, a slow one 408; done() is then not called, cancelled() is. A request without a body
 * gives an empty one at once, from within this call.
 */
void http_collect(struct http_exchange *x, uint64_t max,
                  void (*done)(void *ctx, struct http_exchange *x, struct str body), void *ctx);

struct http_body_events {
    /*
     * Bytes of the body, never empty, decoded; returns how many it took. Fewer than all pauses the
     * body until http_resume; the rest is handed over again.
     */
    size_t (*data)(void *ctx, struct http_exchange *x, struct str bytes);
    void (*end)(void *ctx, struct http_exchange *x);
};

/*
 * The same piece by piece. max as above. Calls come from the loop, or from within for no body.
 * http_resume from within data() does nothing: take the bytes instead.
 */
void http_read(struct http_exchange *x, uint64_t max, const struct http_body_events *ev, void *ctx);
void http_resume(struct http_exchange *x);

/* ---- answering ---- */

struct http_response {
    unsigned status;                 /* 200 … 599 */
    struct str type;                 /* Content-Type; empty: none is sent */
    const struct http_field *fields; /* further ones; framing fields and Date are the server's */
    size_t n_fields;
    struct str body; /* not sent for HEAD, 204, 304; Content-Length is */
};

/*
 * The whole answer; everything is copied before it returns. Once per exchange (asserted). When the
 * exchange was cancelled and the connection is gone, it does nothing. A field that is no HTTP field
 * or is the server's own, or more than answer_max bytes, is answered 500 instead.
 */
void http_answer(struct http_exchange *x, const struct http_response *r);

/* A status with its registered text as a plain-text body. */
void http_answer_status(struct http_exchange *x, unsigned status);

/*
 * A streamed answer: chunked, or delimited by the close for HTTP/1.0. r->body is the first piece
 * and may be empty. http_write false: enough is queued, wait for drained(). More than answer_max
 * queued all the same cuts the connection.
 */
void http_begin(struct http_exchange *x, const struct http_response *r);
bool http_write(struct http_exchange *x, struct str bytes);
void http_end(struct http_exchange *x);

/* ---- answering from elsewhere ---- */

/*
 * A reply is the right and duty to answer one exchange once, from any thread. It has an arena of
 * its own for the answer. Made on the loop; sent or dropped anywhere. Dropping it unsent answers
 * 500. limit: bytes of the arena.
 * Returns RC_NOMEM (HTTP-015).
 */
enum rc http_reply_new(struct http_exchange *x, size_t limit, struct http_reply **out,
                       struct err *e) ZS_CHECK;

/* Thread any; for the reply's owner. */
struct arena *http_reply_arena(struct http_reply *r);
bool http_reply_is_cancelled(const struct http_reply *r);

/*
 * Send: *res must live in the reply's arena or be static, its texts too. Nulls the pointer.
 * Thread any. The loop must still exist.
 */
void http_reply_send(struct http_reply **r, const struct http_response *res);
void http_reply_drop(struct http_reply **r);

#endif
