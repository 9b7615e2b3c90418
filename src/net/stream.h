/*
 * Streams: TCP connections with or without TLS, one interface for both.
 *
 *   stream_connect ─┐                    ┌ read … ── end ──┐
 *                   ├── open (ready) ────┤                 ├── closed   (always, once, last)
 *   listener accept ┘                    └ drained …       ┘
 *
 * Life-cycle. The stream is net's; its owner never frees it. Whatever happens (an orderly close, an
 * abort, a reset, a deadline, a connect that failed) ends in exactly one closed(), which comes from
 * the loop and never from inside a call the owner makes. Before closed() the pointer is valid;
 * when closed() returns it is gone. After stream_close or stream_abort no other callback comes
 * than closed(). Callbacks may call anything here, on any stream, close and abort included.
 *
 * Reading is pushed: read() gets bytes that are valid during the call and returns how many it
 * took. Taking fewer than all pauses the stream, as stream_pause does; what was left is handed over
 * again, first, after stream_resume. While paused nothing is read from the socket, so the peer is
 * pushed back by TCP; the stream holds at most one chunk (STREAM_CHUNK).
 *
 * Writing: stream_write queues copies and sends everything queued in one call at the end of the
 * iteration (large writes at once). The queue has a ceiling, `write_max`. Who produces much stops
 * when stream_is_full() and goes on at drained().
 *
 * Others who answer later, from a post or a commit, keep a stream_id, not a pointer: stream_find
 * gives NULL when that stream is gone, even if its memory serves another by then.
 *
 * Thread  loop, all of it.
 */
#ifndef ZS_NET_STREAM_H
#define ZS_NET_STREAM_H

#include "crypt/tls.h"
#include "net/addr.h"
#include "net/loop.h"
#include "net/pool.h"

#define STREAM_CHUNK (64 * 1024)

struct stream;
struct listener;

struct stream_events {
    /* Connected and, with TLS, shaken hands and verified. Before it nothing may be written. */
    void (*open)(void *ctx, struct stream *s);

    /* Bytes from the peer, never empty. Returns how many were taken; see above. */
    size_t (*read)(void *ctx, struct stream *s, struct str data);

    /* The peer will send no more (FIN or close_notify); writing still works. NULL: stream_close. */
    void (*end)(void *ctx, struct stream *s);

    /*
     * The peer closed its side while reading is paused (unread bytes may come before that): whoever
     * works on an answer may stop. Once at most. May be NULL.
     */
    void (*hung_up)(void *ctx, struct stream *s);

    /* The queue fell to half of write_high after stream_is_full() was true. May be NULL. */
    void (*drained)(void *ctx, struct stream *s);

    /*
     * The last call. why->code is RC_OK after stream_close or an orderly end by the peer; else what
     * happened: RC_TIMEOUT (NET-030 connect, NET-031 idle, NET-032 deadline, NET-033 TLS
     * handshake), RC_IO (NET-034 look-up, NET-035 connect, NET-036 reset or other failure of the
     * socket), RC_PEER (TLS-…: certificate not accepted, protocol error), RC_STATE (NET-037
     * stream_abort), RC_LIMIT, RC_NOMEM. why lives during the call.
     */
    void (*closed)(void *ctx, struct stream *s, const struct err *why);
};

struct stream_opts {
    size_t write_max;      /* ceiling of the queue in bytes; 0: 1 MB */
    size_t write_high;     /* where stream_is_full begins; 0: 64 KB */
    uint32_t idle_ms;      /* no byte either way for so long closes; 0: never */
    uint32_t handshake_ms; /* TLS handshake in all; 0: 10 s */
    uint32_t linger_ms;    /* stream_close waits for the peer's end so long; 0: 2 s */
    bool keepalive;        /* TCP keep-alive probes from 60 s of silence on */
};

/* ---- connecting ---- */

struct stream_connect {
    struct str host; /* name or IP literal; copied */
    uint16_t port;
    uint32_t timeout_ms; /* look-up, connect and handshake together; 0: 10 s */
    struct tls_ctx *tls; /* NULL: plain; shared (a reference is taken) */
    struct str tls_name; /* SNI and the name to verify; STR_NULL: host */
    struct pool *pool;   /* for getaddrinfo; NULL: only IP literals and "localhost" */
    bool (*allow)(void *ctx, const struct addr *a); /* asked for each address; NULL: all */
    void *allow_ctx;
    struct stream_opts opts;
};

/*
 * Start connecting. Names may give several addresses: they are tried in the system's order with
 * families interleaved, the next one 250 ms after the last or when that failed; the first that
 * connects is kept (RFC 8305).
 *
 * Returns RC_NOMEM, RC_LIMIT (too many streams, or the pool is full), RC_VALUE (a host that cannot
 * be one, NET-021); closed() is then not called. Every later failure comes by closed().
 */
enum rc stream_connect(struct loop *l, const struct stream_connect *how,
                       const struct stream_events *ev, void *ctx, struct stream **out,
                       struct err *e) ZS_CHECK;

/* ---- listening ---- */

struct listener_events {
    /*
     * A connection, before any TLS handshake. Call stream_attach on it here; one that is not
     * attached when this returns is aborted. open() follows.
     */
    void (*accept)(void *ctx, struct listener *ls, struct stream *s);

    /* A peer outside `allow` was turned away. May be NULL. */
    void (*denied)(void *ctx, struct listener *ls, const struct addr *peer);

    /* accept() of the system failed (NET-041: out of descriptors …); listening goes on. */
    void (*failed)(void *ctx, struct listener *ls, const struct err *why);
};

struct stream_listen {
    struct str host;    /* IP literal, "localhost" (127.0.0.1), or "" / "*": all, both families */
    uint16_t port;      /* 0: the kernel chooses; see listener_addr */
    bool reuse_port;    /* several loops share the port, the kernel spreads */
    int backlog;        /* 0: 1024 */
    size_t max_streams; /* accepting pauses at so many open; 0: 10,000 */
    struct cidr_list allow; /* empty: everybody; borrowed for the listener's life */
    struct tls_ctx *tls;    /* NULL: plain; shared */
    struct stream_opts opts;
};

/*
 * Returns RC_IO (NET-040: address in use, not ours, not permitted …), RC_VALUE (NET-020),
 * RC_NOMEM. Listening starts at once; accept() comes from the loop.
 */
enum rc stream_listen(struct loop *l, const struct stream_listen *how,
                      const struct listener_events *ev, void *ctx, struct listener **out,
                      struct err *e) ZS_CHECK;

/* Stop and close; its streams go on. Nulls the pointer; NULL inside is fine. */
void listener_close(struct listener **ls);

/* Leave connections in the kernel's queue / take them again. */
void listener_pause(struct listener *ls);
void listener_resume(struct listener *ls);

/* From the next connection on; for certificate reload. tls may be NULL only if it was before. */
void listener_set_tls(struct listener *ls, struct tls_ctx *tls);

/* Where it listens, with the port the kernel chose. */
const struct addr *listener_addr(const struct listener *ls);
size_t listener_n_streams(const struct listener *ls);

/* ---- a stream ---- */

/* Give an accepted stream its owner, or hand a stream over to another. ev outlives the stream. */
void stream_attach(struct stream *s, const struct stream_events *ev, void *ctx);

struct loop *stream_loop(const struct stream *s);

/*
 * Queue the parts, in order, as one. All or nothing.
 * Returns RC_LIMIT when the queue would pass write_max (NET-038), RC_NOMEM, RC_STATE when the
 * stream is not open or is closing (NET-039).
 */
enum rc stream_write(struct stream *s, const struct str *parts, size_t n, struct err *e) ZS_CHECK;

/* Bytes queued and not yet taken by the kernel. */
size_t stream_queued(const struct stream *s);
bool stream_is_full(const struct stream *s);

/*
 * Bytes of stream_write that the kernel may have taken: 0 means that the peer has certainly seen
 * none of them.
 */
uint64_t stream_bytes_out(const struct stream *s);
uint64_t stream_bytes_in(const struct stream *s);

/*
 * Open, and nothing unread lies in the kernel: no bytes, no end, no error of the peer that its
 * event has not told yet. To be asked before a connection that was idle is used again.
 */
bool stream_is_quiet(const struct stream *s);

void stream_pause(struct stream *s);
void stream_resume(struct stream *s);
bool stream_is_paused(const struct stream *s);

/* No more writing: send the queue, then close_notify and FIN. Reading goes on. */
void stream_end(struct stream *s);

/* Send the queue, close_notify and FIN, wait for the peer's end at most linger_ms, close. */
void stream_close(struct stream *s);

/* Drop everything now (the peer sees a reset). */
void stream_abort(struct stream *s);

/* Replace the idle limit, counted from now; 0: none. */
void stream_set_idle(struct stream *s, uint32_t ms);

/* Abort ms from now whatever happens; 0: no deadline. */
void stream_set_deadline(struct stream *s, uint32_t ms);

/* ---- who answers later ---- */

typedef uint64_t stream_id; /* never 0, never used twice within a loop's life */

stream_id stream_id_of(const struct stream *s);
struct stream *stream_find(struct loop *l, stream_id id); /* NULL: gone, or closing */

/* ---- the peer ---- */

const struct addr *stream_peer(const struct stream *s); /* set from open / accept on */
const struct addr *stream_local(const struct stream *s);

bool stream_is_tls(const struct stream *s);

/* ALPN's choice; STR_NULL without one. Borrowed while the stream lives. */
struct str stream_alpn(const struct stream *s);

/*
 * The verified certificate of the peer: RC_MISSING when it gave none or the stream is plain.
 * The texts are of the arena.
 */
enum rc stream_peer_cert(const struct stream *s, struct arena *a, struct tls_peer *out,
                         struct err *e) ZS_CHECK;

#endif
