/*
 * Bytes in and out of the socket. One recv per readiness, into a buffer all streams of the loop
 * share: an idle stream holds no memory. What the owner does not take is copied aside. Writes
 * gather in `out` and go in one send at the end of the iteration; a large one goes straight from
 * the caller's memory, and only what the kernel leaves is copied.
 *
 * Invariants: `rest` is empty unless the owner left something; while it is not, nothing is read.
 * Nothing here calls the owner from inside a call of the owner's.
 */
#include "net/stream_int.h"

#include "net/loop_int.h"

#include <errno.h>
#include <sys/uio.h>

#define DIRECT_MIN   (16 * 1024) /* from here on copying costs more than a system call */
#define DIRECT_PARTS 16

/* ---- watching ---- */

static bool wants_input(const struct stream *s)
{
    bool open = s->state == STREAM_OPEN || s->state == STREAM_CLOSING ||
                (s->state == STREAM_HANDSHAKE && s->tls);
    return open && !s->paused && s->rest.n == 0 && s->receiving == RECEIVING_OPEN;
}

void stream_watch(struct stream *s)
{
    unsigned events = s->blocked ? LOOP_WRITABLE : 0;
    if (wants_input(s))
        events |= LOOP_READABLE;
    else if (s->state == STREAM_OPEN && s->receiving == RECEIVING_OPEN && !s->hung_up)
        events |= LOOP_HANGUP;
    if (events == s->watching)
        return;
    struct err why;
    if (loop_fd_events(s->watch, events, &why) != RC_OK)
        stream_fail(s, &why);
    else
        s->watching = events;
}

/* ---- reading ---- */

static void keep(struct stream *s, struct str data)
{
    struct err why;
    buf_str(&s->rest, data);
    if (buf_rc(&s->rest, &why) != RC_OK)
        stream_fail(s, &why);
}

/* How much of it the owner took; data.n when there is no owner for it any more. */
static size_t offer(struct stream *s, struct str data)
{
    s->resumed = false;
    uint64_t t = loop_enter();
    size_t took = s->ev->read(s->ctx, s, data);
    loop_leave(s->loop, t, "stream read", 0);
    if (s->state != STREAM_OPEN)
        return data.n;
    ZS_ASSERT(took <= data.n);
    if (took == data.n)
        return took;
    if (s->resumed) /* it wants the rest, but not before it has returned */
        loop_hook_arm(s->loop, &s->hook);
    else
        s->paused = true;
    return took;
}

bool stream_deliver(struct stream *s, struct str data)
{
    if (s->state != STREAM_OPEN)
        return s->state == STREAM_CLOSING; /* thrown away */
    size_t took = offer(s, data);
    if (took < data.n)
        keep(s, str_from(data, took));
    return !s->paused && s->rest.n == 0 && s->state != STREAM_CLOSED;
}

void stream_deliver_rest(struct stream *s)
{
    if (s->rest.n > 0) {
        /* out of the owner's reach: closing the stream inside read() frees s->rest */
        struct buf held = s->rest;
        buf_init(&s->rest, STREAM_CHUNK);
        size_t took = offer(s, buf_view(&held));
        if (took < held.n) {
            buf_eat(&held, took);
            s->rest = held;
            return;
        }
        buf_done(&held);
    }
    if (s->paused || s->state != STREAM_OPEN)
        return;
    if (s->tls && stream_tls_has_kept(s))
        stream_tls_input(s, STR_NULL);
    if (s->state == STREAM_OPEN && s->receiving == RECEIVING_ENDED)
        stream_receive_ended(s);
}

/* One recv. false: nothing there, the end, or a failure. */
static bool receive(struct stream *s)
{
    char *chunk = s->loop->streams->chunk;
    ssize_t n = recv(s->fd, chunk, STREAM_CHUNK, 0);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            stream_fail_sys(s, "NET-036", errno, "the connection broke");
        return false;
    }
    if (n == 0) {
        stream_receive_ended(s);
        return false;
    }
    struct str data = { chunk, (size_t)n };
    s->bytes_in += data.n;
    s->active_mono = loop_now_mono(s->loop);
    if (s->tls)
        stream_tls_input(s, data);
    else
        stream_deliver(s, data);
    return true;
}

static int socket_error(int fd)
{
    int errnum = 0;
    socklen_t n = sizeof errnum;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &n) == 0 ? errnum : errno;
}

/*
 * The socket has failed, but what came before may lie there: a refusal, a last acknowledgement.
 * Reading comes first, SO_ERROR would take the error away from under it.
 */
static void broken(struct stream *s, int errnum)
{
    while (wants_input(s) && receive(s))
        ;
    if (s->state == STREAM_CLOSED)
        return;
    if (!errnum)
        errnum = socket_error(s->fd);
    stream_fail_sys(s, "NET-036", errnum ? errnum : ECONNRESET, "the connection broke");
}

static void hang_up(struct stream *s)
{
    s->hung_up = true;
    if (!s->ev->hung_up)
        return;
    uint64_t t = loop_enter();
    s->ev->hung_up(s->ctx, s);
    loop_leave(s->loop, t, "stream hung_up", 0);
}

void stream_on_ready(void *ctx, unsigned ready)
{
    struct stream *s = ctx;
    if (ready & LOOP_FAILED) {
        broken(s, 0);
        return;
    }
    if (ready & LOOP_WRITABLE) {
        s->blocked = false;
        stream_flush(s);
        if (s->state != STREAM_CLOSED)
            stream_tell_drained(s);
    }
    if ((ready & LOOP_READABLE) && s->state != STREAM_CLOSED && wants_input(s))
        (void)receive(s); /* what it means is in the state */
    if ((ready & LOOP_HANGUP) && s->state == STREAM_OPEN && s->paused && !s->hung_up)
        hang_up(s);
    if (s->state == STREAM_CLOSED)
        return;
    stream_close_if_complete(s);
    if (s->state != STREAM_CLOSED)
        stream_watch(s);
}

bool stream_is_quiet(const struct stream *s)
{
    char c;
    if (s->state != STREAM_OPEN || s->receiving != RECEIVING_OPEN || s->broken || s->rest.n > 0)
        return false;
    return recv(s->fd, &c, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

void stream_pause(struct stream *s)
{
    LOOP_ASSERT_CURRENT(s->loop);
    s->paused = s->state == STREAM_OPEN;
}

void stream_resume(struct stream *s)
{
    LOOP_ASSERT_CURRENT(s->loop);
    s->resumed = true;
    if (!s->paused)
        return;
    s->paused = false;
    loop_hook_arm(s->loop, &s->hook);
}

/* ---- writing ---- */

size_t stream_queued(const struct stream *s)
{
    return s->out.n - s->out_head + (s->tls ? stream_tls_queued(s) : 0);
}

bool stream_is_full(const struct stream *s)
{
    return stream_queued(s) >= s->opts.write_high;
}

/* send(2) with its result sorted: bytes taken; 0 and s->blocked, or 0 and s->broken. */
static size_t send_some(struct stream *s, struct msghdr *m)
{
    ssize_t n = sendmsg(s->fd, m, MSG_NOSIGNAL);
    if (n > 0) {
        s->active_mono = loop_now_mono(s->loop);
        return (size_t)n;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        s->broken = errno;
    else
        s->blocked = true;
    return 0;
}

static void send_buf(struct stream *s, struct buf *b, size_t *head)
{
    while (*head < b->n && !s->blocked && !s->broken) {
        struct iovec iov = { .iov_base = b->p + *head, .iov_len = b->n - *head };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
        *head += send_some(s, &m);
    }
    if (*head == b->n) {
        *head = 0;
        buf_done(b);
    } else if (*head > b->n / 2) { /* at most one move of each byte per halving */
        buf_eat(b, *head);
        *head = 0;
    }
}

static void send_plain(struct stream *s)
{
    size_t before = s->out.n - s->out_head;
    send_buf(s, &s->out, &s->out_head);
    s->bytes_out += before - (s->out.n - s->out_head);
}

static void send_tls(struct stream *s)
{
    size_t *head = NULL;
    struct buf *wire = stream_tls_wire(s, &head);
    do {
        if (!stream_tls_encrypt(s))
            return;
        send_buf(s, wire, head);
    } while (!s->blocked && !s->broken && s->out.n > s->out_head);
}

/* All is sent and no more will come: tell the peer. */
static void send_end(struct stream *s)
{
    if (s->tls) {
        size_t *head = NULL;
        struct buf *wire = stream_tls_wire(s, &head);
        stream_tls_end(s);
        send_buf(s, wire, head);
        if (s->blocked || s->broken)
            return; /* again when there is room: stream_tls_end adds nothing twice */
    }
    s->sending = SENDING_ENDED;
    if (shutdown(s->fd, SHUT_WR) != 0 && errno != ENOTCONN)
        s->broken = errno;
}

void stream_flush(struct stream *s)
{
    if (s->state == STREAM_DIALING || s->sending == SENDING_ENDED || s->blocked)
        return;
    if (s->tls)
        send_tls(s);
    else
        send_plain(s);
    if (s->state == STREAM_CLOSED)
        return;
    if (s->sending == SENDING_LAST && stream_queued(s) == 0 && !s->broken && !s->blocked)
        send_end(s);
    if (s->broken)
        broken(s, s->broken);
}

void stream_tell_drained(struct stream *s)
{
    if (!s->was_full || s->state != STREAM_OPEN || stream_queued(s) > s->opts.write_high / 2)
        return;
    s->was_full = false;
    if (!s->ev->drained)
        return;
    uint64_t t = loop_enter();
    s->ev->drained(s->ctx, s);
    loop_leave(s->loop, t, "stream drained", 0);
}

/* Straight from the caller's parts; returns how much the kernel took. */
static size_t send_direct(struct stream *s, const struct str *parts, size_t n)
{
    struct iovec iov[DIRECT_PARTS];
    for (size_t i = 0; i < n; i++) {
        /* sendmsg does not write through it */
        union {
            const char *in;
            void *out;
        } p = { .in = parts[i].p };
        iov[i] = (struct iovec){ .iov_base = p.out, .iov_len = parts[i].n };
    }
    struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
    size_t took = send_some(s, &m);
    s->bytes_out += took;
    return took;
}

/* All of the parts behind the first `skip` bytes, or nothing. */
static enum rc queue_parts(struct stream *s, const struct str *parts, size_t n, size_t left,
                           size_t skip, struct err *e)
{
    if (s->out_head > 0 && s->out.cap - s->out.n < left) {
        buf_eat(&s->out, s->out_head);
        s->out_head = 0;
    }
    if (left > 0 && !buf_room(&s->out, left)) {
        enum rc rc = buf_rc(&s->out, e);
        s->out.failed = RC_OK; /* what was queued before is whole */
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        size_t over = size_min(skip, parts[i].n);
        skip -= over;
        buf_str(&s->out, str_from(parts[i], over));
    }
    return RC_OK;
}

/* Worth sending at once: large, first in line, and plain (TLS copies in any case). */
static bool goes_direct(const struct stream *s, size_t total, size_t n_parts)
{
    return total >= DIRECT_MIN && n_parts <= DIRECT_PARTS && !s->tls && !s->blocked && !s->broken &&
           stream_queued(s) == 0;
}

enum rc stream_write(struct stream *s, const struct str *parts, size_t n, struct err *e)
{
    LOOP_ASSERT_CURRENT(s->loop);
    if (s->state != STREAM_OPEN || s->sending != SENDING_OPEN)
        return err_set(e, RC_STATE, "NET-039", "the connection is not open");
    size_t total = 0, queued = stream_queued(s);
    for (size_t i = 0; i < n; i++)
        if (!size_add(total, parts[i].n, &total))
            total = SIZE_MAX;
    if (total > s->opts.write_max || queued > s->opts.write_max - total)
        return err_set(e, RC_LIMIT, "NET-038", "%zu bytes wait to be sent, %zu more are too many",
                       queued, total);
    size_t took = goes_direct(s, total, n) ? send_direct(s, parts, n) : 0;
    enum rc rc = queue_parts(s, parts, n, total - took, took, e);
    if (rc != RC_OK) {
        if (took > 0) /* half of it is out: nothing may follow that */
            stream_abort(s);
        return rc;
    }
    s->was_full |= stream_is_full(s);
    loop_hook_arm(s->loop, &s->hook);
    return RC_OK;
}
