/*
 * What the server's files share: connections and exchanges. See http_server.h.
 *
 *   http_server.c    the listener, stopping, counting
 *   http_conn.c      a connection: what arrives, deadlines, refusals, the end
 *   http_exchange.c  what a handler sees: the request, its body, counts and replies
 *   http_answer.c    answers, whole and streamed
 *
 * A connection's input is in one of three states and its exchange's output in one of three:
 *
 *   input   HEAD ── head complete ──► BODY ── body complete ──► WAIT ── answered ──► HEAD
 *                       └ no body ─────────────────────────────►┘
 *   output  NONE ── http_answer ──────────────────► DONE
 *             └──── http_begin ──► STREAM ── end ──► DONE
 *
 * The exchange leaves the connection when its output is DONE, when the server refuses what follows
 * in its body, or when the stream is closed; x->conn is NULL from then on.
 */
#ifndef ZS_NET_HTTP_INT_H
#define ZS_NET_HTTP_INT_H

#include "base/list.h"
#include "net/http_chunk.h"
#include "net/http_date.h"
#include "net/http_server.h"
#include "net/http_write.h"

#include <stdatomic.h>

#define HTTP_ARENA_MAX (4u * 1024 * 1024) /* of one exchange: head, target, the handler's own */

#define HTTP_NEVER UINT64_MAX

enum http_input { HTTP_IN_HEAD = 0, HTTP_IN_BODY, HTTP_IN_WAIT };
enum http_output { HTTP_OUT_NONE = 0, HTTP_OUT_STREAM, HTTP_OUT_DONE };
enum http_reader { HTTP_READ_NOBODY = 0, HTTP_READ_COLLECT, HTTP_READ_STREAM };

struct http_server {
    struct loop *loop;
    struct http_server_conf conf;
    const struct http_server_events *ev;
    void *ctx;
    struct listener *listener; /* NULL: stopping */
    struct addr addr;
    struct list conns;
    struct buf head; /* scratch: the head being written */
    struct loop_timer stop_timer;
    struct http_server_stats stats;
    bool stopping;
    int64_t date_at_s; /* of the cached Date */
    char date[HTTP_DATE_SIZE];
};

struct http_conn {
    struct list_node link;
    struct http_server *server;
    struct stream *stream;
    struct http_exchange *x; /* in work, or NULL */
    enum http_input input;
    bool opened;         /* TLS, if any, is shaken hands */
    bool reading;        /* inside the stream's read: resuming is its loop's business */
    bool closing;        /* stream_close or stream_abort was called */
    bool peer_ended;     /* no more will come */
    struct buf in;       /* bytes of a head that is not complete */
    struct arena *arena; /* of the exchange to come, from its first byte on */
    struct http_parser parser;
    uint32_t n_requests;
    /* deadlines, by one timer that looks at all of them */
    struct loop_timer timer;
    uint64_t phase_due;  /* idle or head */
    uint64_t body_since; /* reading of the body goes on since; HTTP_NEVER: it does not */
    uint64_t body_spent; /* ns of reading before that */
    uint64_t body_bytes;
    uint64_t stall_since; /* the peer takes nothing since */
    uint64_t stall_out;   /* stream_bytes_out then */
};

struct http_exchange {
    struct arena *arena; /* holds this struct too */
    atomic_uint refs;
    atomic_bool cancelled;
    struct loop *loop;
    struct http_conn *conn; /* loop only */
    struct http_head head;
    struct http_target target;
    struct addr peer;
    bool tls;
    const struct http_exchange_events *ev;
    void *ctx;
    /* the body */
    enum http_reader reader;
    uint64_t body_max;
    uint64_t body_left; /* with Content-Length */
    struct http_chunk chunk;
    struct buf collected;
    void (*collect_done)(void *ctx, struct http_exchange *x, struct str body);
    const struct http_body_events *body_ev;
    void *body_ctx;
    bool body_paused;
    /* the answer */
    enum http_output output;
    enum http_sending sending;
    bool keep; /* of a streamed answer: what its head said */
};

struct http_reply {
    struct arena *arena; /* holds this struct too */
    struct http_exchange *x;
    struct http_response response;
    struct loop_post post;
};

/* ---- http_conn.c ---- */

/* Take an accepted stream. Without memory it is left to be aborted. */
void http_conn_new(struct http_server *s, struct stream *stream);

/* Cut off at once, from http_server_free: its stream's closed() finds nobody any more. */
void http_conn_drop(struct http_conn *c);

/* Cut off: closed() comes from the loop. */
void http_conn_cut(struct http_conn *c);

/* Close when idle; what is in work will be answered with Connection: close. */
void http_conn_wind_down(struct http_conn *c);

/* The server refuses: cancels the exchange, answers, closes. */
void http_conn_refuse(struct http_conn *c, unsigned status, const struct err *why);

/* Reading of the body begins, or goes on after a pause. */
void http_conn_read_body(struct http_conn *c);

/* The exchange is answered; keep: its connection may take another request. */
void http_conn_next(struct http_conn *c, bool keep);

/* May the connection take another request after this one, whose answer begins now? */
bool http_conn_can_stay(const struct http_conn *c);

/* Queue bytes; a queue over its ceiling cuts the connection. */
void http_conn_write(struct http_conn *c, const struct str *parts, size_t n);

/* ---- http_exchange.c ---- */

/* The body's end was reached: tell its reader. */
void http_exchange_body_end(struct http_exchange *x);

/* Detach from its connection, which gives its count back; cancel: the answer is not complete. */
void http_exchange_detach(struct http_exchange *x, bool cancel);

/* Tell its owner once that the peer may be gone. */
void http_exchange_cancel(struct http_exchange *x);

/* ---- http_server.c ---- */

void http_server_lost_conn(struct http_server *s);
const char *http_server_date(struct http_server *s);

#endif
