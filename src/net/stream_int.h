/* The insides of streams, for stream*.c alone. */
#ifndef ZS_NET_STREAM_INT_H
#define ZS_NET_STREAM_INT_H

#include "base/buf.h"
#include "base/list.h"
#include "net/stream.h"

#define STREAM_MAGIC 0x5354524du
#define STREAMS_MAX  (1u << 20) /* slots of one loop */

/*
 *   DIALING ──► HANDSHAKE ──► OPEN ──► CLOSING ──► CLOSED ──► (closed() and gone)
 *      │            │           │                    ▲
 *      └────────────┴───────────┴── failure, abort ──┘      accepted ones begin at HANDSHAKE
 * A plain stream passes through HANDSHAKE too: there it only waits for the end of the iteration.
 */
enum stream_state {
    STREAM_DIALING = 1, /* looking up and connecting; fd is -1 */
    STREAM_HANDSHAKE,   /* connected, not open yet */
    STREAM_OPEN,
    STREAM_CLOSING, /* the owner is done: sending the rest, waiting for the peer's end */
    STREAM_CLOSED   /* fd is closed; closed() comes at the end of the iteration */
};

/* The sending side, from OPEN on. */
enum stream_sending { SENDING_OPEN, SENDING_LAST, SENDING_ENDED };

/* The receiving side. */
enum stream_receiving {
    RECEIVING_OPEN,
    RECEIVING_ENDED, /* FIN or close_notify came; the owner is not told yet */
    RECEIVING_TOLD
};

struct stream_tls; /* stream_tls.c */
struct dial;       /* stream_dial.c */

struct stream {
    unsigned magic;
    enum stream_state state;
    enum stream_sending sending;
    enum stream_receiving receiving;
    bool paused;
    bool resumed;  /* stream_resume was called during read() */
    bool blocked;  /* the kernel takes no more for now */
    bool was_full; /* drained() is owed */
    bool hung_up;  /* told */
    int broken;    /* errno of a send that failed, 0 if none */

    int fd;
    unsigned watching; /* events of `watch` */
    struct loop_fd *watch;
    struct loop *loop;
    struct loop_hook hook; /* flush, deliver what was kept, open, closed */
    stream_id id;
    struct list_node link;     /* stream_set.open */
    struct listener *listener; /* NULL: connected by us */

    const struct stream_events *ev;
    void *ctx;
    struct stream_opts opts;
    struct addr peer, local;

    struct buf rest; /* bytes read and not taken */
    struct buf out;  /* bytes written and not sent, from out_head on */
    size_t out_head;
    uint64_t bytes_in, bytes_out;

    struct loop_timer timer; /* for the first of these three, in monotonic ns; 0: none */
    uint64_t phase_due;      /* connecting, shaking hands, closing */
    uint64_t deadline_due;
    uint64_t active_mono; /* last byte either way; with opts.idle_ms */

    struct stream_tls *tls; /* NULL: plain */
    struct dial *dial;      /* while DIALING */
    struct err why;
};

/* All streams and listeners of one loop, and the memory they share. */
struct stream_set {
    struct list open;      /* struct stream */
    struct list listeners; /* struct listener */
    struct stream **slots; /* by the low 20 bits of an id */
    uint32_t *free_slots;  /* a stack of those unused */
    size_t n_slots, n_free;
    uint64_t next_serial;
    char chunk[STREAM_CHUNK]; /* what recv fills; lent to read() */
    char plain[STREAM_CHUNK]; /* what TLS decrypts; lent to read() */
};

/* ---- stream_set.c ---- */

/* The loop's set, made at need. */
enum rc stream_set_of(struct loop *l, struct stream_set **out, struct err *e) ZS_CHECK;

/* A new stream in `state` with fd -1, in the set. RC_NOMEM, RC_LIMIT (NET-042). */
enum rc stream_new(struct loop *l, const struct stream_opts *opts, enum stream_state state,
                   struct stream **out, struct err *e) ZS_CHECK;

/* Out of the set and gone. Everything it held was let go of before. */
void stream_delete(struct stream *s);

/* ---- stream.c ---- */

/* End it: lets go of socket, timer and buffers now, closed(why) comes from the hook. */
void stream_fail(struct stream *s, const struct err *why);

/* The hook of every stream. */
void stream_on_hook(struct loop_hook *h);

/* As err_sys and stream_fail in one. */
void stream_fail_sys(struct stream *s, const char *id, int errnum, const char *what);

/* The socket is connected: from here the same for both sides. */
void stream_connected(struct stream *s, int fd);

/* HANDSHAKE → OPEN and open(). */
void stream_opened(struct stream *s);

/* Set the timer for whatever is due first. */
void stream_set_timer(struct stream *s);

/* The peer sends no more. */
void stream_receive_ended(struct stream *s);

/* CLOSING is complete when both sides have ended. */
void stream_close_if_complete(struct stream *s);

/* ---- stream_io.c ---- */

void stream_on_ready(void *ctx, unsigned ready);

/* Watch for what the state asks for. */
void stream_watch(struct stream *s);

/* Give bytes to the owner; false: no more for now. borrowed: from recv's or TLS's buffer. */
bool stream_deliver(struct stream *s, struct str data);

/* Give what was kept, then read on. */
void stream_deliver_rest(struct stream *s);

/* Send what is queued until the kernel takes no more. */
void stream_flush(struct stream *s);

/* Call drained() if it is owed. */
void stream_tell_drained(struct stream *s);

/* ---- stream_tls.c ---- */

/* name: the peer's, for SNI and verification; STR_NULL on the accepting side. */
enum rc stream_tls_begin(struct stream *s, struct tls_ctx *ctx, struct str name,
                         struct err *e) ZS_CHECK;
void stream_tls_free(struct stream *s);

/* Ciphertext from the socket (borrowed), or STR_NULL to go on with what was kept. */
void stream_tls_input(struct stream *s, struct str wire);

/* Ciphertext waits that the owner had no room for. */
bool stream_tls_has_kept(const struct stream *s);

/* Move plaintext from s->out into the wire buffer, as much as fits. false: the stream failed. */
bool stream_tls_encrypt(struct stream *s);

/* close_notify into the wire buffer, once. */
void stream_tls_end(struct stream *s);

/* Ciphertext to be sent, from *head on. */
struct buf *stream_tls_wire(struct stream *s, size_t **head);
size_t stream_tls_queued(const struct stream *s);

/* ---- stream_dial.c ---- */

void dial_cancel(struct stream *s);

/* ---- stream_listen.c ---- */

void listeners_close_all(struct stream_set *set);

void listener_stream_gone(struct listener *ls);

/* ---- sock.c: the system's sockets ---- */

#include <sys/socket.h>

socklen_t sock_addr_to(const struct addr *a, struct sockaddr_storage *out);
/* false: neither IPv4 nor IPv6. */
bool sock_addr_from(const struct sockaddr_storage *in, struct addr *out);
int sock_family(const struct addr *a);

/* Non-blocking, close-on-exec. -1: errno. */
int sock_open(int family);

/* No Nagle; keep-alive probes if wanted. What the kernel refuses of it is no reason to fail. */
void sock_set_options(int fd, bool keepalive);
void sock_close(int fd);

/* Close so that the peer sees a reset. */
void sock_reset(int fd);

#endif
