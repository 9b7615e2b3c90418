/*
 * The life of a stream: states, time limits, the end. Reading and writing are in stream_io.c, TLS
 * in stream_tls.c, connecting in stream_dial.c, accepting in stream_listen.c.
 *
 * Whatever ends a stream goes through stream_fail: it lets go of the socket at once and arms the
 * hook, from which closed() is called. So the owner never hears of the end inside its own call,
 * and the stream's memory is there until closed() has returned.
 *
 * Tests: stream_test.c, stream_test.c
 */
#include "net/stream_int.h"

#include "net/loop_int.h"

#include <errno.h>

#define NS_PER_MS 1000000u

/* ---- the end ---- */

static bool is_alive(const struct stream *s)
{
    return s->state != STREAM_CLOSED;
}

void stream_fail(struct stream *s, const struct err *why)
{
    if (!is_alive(s))
        return;
    if (s->state == STREAM_DIALING)
        dial_cancel(s);
    s->state = STREAM_CLOSED;
    s->why = *why;
    loop_timer_stop(&s->timer);
    loop_fd_unwatch(&s->watch);
    if (s->fd >= 0) {
        if (why->code == RC_OK)
            sock_close(s->fd);
        else
            sock_reset(s->fd);
    }
    s->fd = -1;
    buf_done(&s->rest);
    buf_done(&s->out);
    s->out_head = 0;
    loop_hook_arm(s->loop, &s->hook);
}

void stream_fail_sys(struct stream *s, const char *id, int errnum, const char *what)
{
    struct err why;
    (void)err_sys(&why, id, errnum, "%s", what);
    stream_fail(s, &why);
}

static void finish(struct stream *s)
{
    struct err why = { .code = RC_OK, .pos = ERR_NO_POS, .id = "" };
    stream_fail(s, &why);
}

void stream_abort(struct stream *s)
{
    LOOP_ASSERT_CURRENT(s->loop);
    if (!is_alive(s))
        return;
    if (s->state == STREAM_CLOSING && s->sending == SENDING_ENDED) {
        finish(s); /* all was sent: a reset would take it back on its way */
        return;
    }
    struct err why;
    (void)err_set(&why, RC_STATE, "NET-037", "given up on this side");
    stream_fail(s, &why);
}

static void tell_closed(struct stream *s)
{
    struct loop *l = s->loop;
    uint64_t t = loop_enter();
    if (s->ev)
        s->ev->closed(s->ctx, s, &s->why);
    loop_leave(l, t, "stream closed", 0);
    stream_tls_free(s); /* not before: closed() may ask for the peer's certificate */
    if (s->listener)
        listener_stream_gone(s->listener);
    stream_delete(s);
}

/* ---- time ---- */

static uint64_t in_ms(const struct stream *s, uint64_t ms)
{
    return loop_now_mono(s->loop) + ms * NS_PER_MS;
}

static uint64_t idle_due(const struct stream *s)
{
    return s->opts.idle_ms ? s->active_mono + (uint64_t)s->opts.idle_ms * NS_PER_MS : 0;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

static const struct {
    enum stream_state state;
    const char *id, *text;
} phases[] = {
    { STREAM_DIALING, "NET-030", "the peer did not accept the connection in time" },
    { STREAM_HANDSHAKE, "NET-033", "the TLS handshake took too long" },
};

static void phase_over(struct stream *s)
{
    struct err why;
    for (size_t i = 0; i < ZS_COUNT(phases); i++)
        if (phases[i].state == s->state) {
            (void)err_set(&why, RC_TIMEOUT, phases[i].id, "%s", phases[i].text);
            stream_fail(s, &why);
            return;
        }
    /* CLOSING: all was sent, or the peer would not take it. The latter is a failure. */
    if (s->sending == SENDING_ENDED)
        finish(s);
    else
        stream_fail_sys(s, "NET-036", ETIMEDOUT, "the peer did not take the last bytes");
}

static void on_time(struct loop_timer *t)
{
    struct stream *s = ZS_CONTAINER(t, struct stream, timer);
    uint64_t now = loop_now_mono(s->loop);
    struct err why;
    if (s->deadline_due && s->deadline_due <= now) {
        (void)err_set(&why, RC_TIMEOUT, "NET-032", "the connection took too long in all");
        stream_fail(s, &why);
    } else if (s->phase_due && s->phase_due <= now) {
        phase_over(s);
    } else if (s->opts.idle_ms && idle_due(s) <= now && s->state == STREAM_OPEN) {
        (void)err_set(&why, RC_TIMEOUT, "NET-031", "nothing came or went for %u ms",
                      (unsigned)s->opts.idle_ms);
        stream_fail(s, &why);
    } else {
        stream_set_timer(s);
    }
}

/*
 * Traffic moves the idle limit without touching the timer: that fires at the old time, finds
 * nothing due and is set anew. So a busy stream costs one timer per idle_ms, not one per read.
 */
void stream_set_timer(struct stream *s)
{
    uint64_t due = sooner(s->deadline_due, s->phase_due);
    if (s->state == STREAM_OPEN)
        due = sooner(due, idle_due(s));
    if (!due) {
        loop_timer_stop(&s->timer);
        return;
    }
    if (loop_timer_is_on(&s->timer) && s->timer.due_mono <= due)
        return;
    uint64_t now = loop_now_mono(s->loop);
    uint64_t ms = due > now ? (due - now + NS_PER_MS - 1) / NS_PER_MS : 0;
    loop_timer_start(s->loop, &s->timer, ms, on_time);
}

void stream_set_idle(struct stream *s, uint32_t ms)
{
    LOOP_ASSERT_CURRENT(s->loop);
    if (!is_alive(s))
        return;
    s->opts.idle_ms = ms;
    s->active_mono = loop_now_mono(s->loop);
    stream_set_timer(s);
}

void stream_set_deadline(struct stream *s, uint32_t ms)
{
    LOOP_ASSERT_CURRENT(s->loop);
    if (!is_alive(s))
        return;
    s->deadline_due = ms ? in_ms(s, ms) : 0;
    stream_set_timer(s);
}

/* ---- opening ---- */

void stream_connected(struct stream *s, int fd)
{
    struct err why;
    struct sockaddr_storage local;
    socklen_t n = sizeof local;
    s->fd = fd;
    s->state = STREAM_HANDSHAKE;
    sock_set_options(fd, s->opts.keepalive);
    if (getsockname(fd, (struct sockaddr *)&local, &n) == 0)
        (void)sock_addr_from(&local, &s->local); /* cannot be of another family */
    if (loop_fd_watch(s->loop, fd, 0, stream_on_ready, s, &s->watch, &why) != RC_OK) {
        stream_fail(s, &why);
        return;
    }
    if (s->tls) {
        uint64_t due = in_ms(s, s->opts.handshake_ms);
        s->phase_due = sooner(s->phase_due, due); /* the time to connect counts on */
        stream_set_timer(s);
        stream_watch(s);
    }
    loop_hook_arm(s->loop, &s->hook); /* TLS: the client's first flight; plain: open */
}

void stream_opened(struct stream *s)
{
    ZS_ASSERT(s->state == STREAM_HANDSHAKE);
    s->state = STREAM_OPEN;
    s->phase_due = 0;
    s->active_mono = loop_now_mono(s->loop);
    stream_set_timer(s);
    uint64_t t = loop_enter();
    s->ev->open(s->ctx, s);
    loop_leave(s->loop, t, "stream open", 0);
}

/* ---- the hook: what is put off to the end of the iteration ---- */

void stream_on_hook(struct loop_hook *h)
{
    struct stream *s = ZS_CONTAINER(h, struct stream, hook);
    if (s->state == STREAM_CLOSED) {
        tell_closed(s);
        return;
    }
    if (s->state == STREAM_HANDSHAKE) {
        if (s->tls)
            stream_tls_input(s, STR_NULL);
        else
            stream_opened(s);
    }
    if (s->state == STREAM_OPEN && !s->paused)
        stream_deliver_rest(s);
    if (is_alive(s))
        stream_flush(s);
    if (is_alive(s))
        stream_tell_drained(s);
    if (is_alive(s))
        stream_close_if_complete(s);
    if (is_alive(s) && s->watch)
        stream_watch(s);
}

void stream_attach(struct stream *s, const struct stream_events *ev, void *ctx)
{
    LOOP_ASSERT_CURRENT(s->loop);
    ZS_ASSERT(s->magic == STREAM_MAGIC);
    s->ev = ev;
    s->ctx = ctx;
}

/* ---- the peer's end, and ours ---- */

void stream_receive_ended(struct stream *s)
{
    if (s->receiving == RECEIVING_OPEN)
        s->receiving = RECEIVING_ENDED;
    /* the owner hears of it once it has taken everything that came before */
    if (s->receiving == RECEIVING_TOLD || s->rest.n > 0 || s->state != STREAM_OPEN)
        return;
    s->receiving = RECEIVING_TOLD;
    if (!s->ev->end) {
        stream_close(s);
        return;
    }
    uint64_t t = loop_enter();
    s->ev->end(s->ctx, s);
    loop_leave(s->loop, t, "stream end", 0);
}

void stream_close_if_complete(struct stream *s)
{
    if (s->state == STREAM_CLOSING && s->sending == SENDING_ENDED && s->receiving != RECEIVING_OPEN)
        finish(s);
}

void stream_end(struct stream *s)
{
    LOOP_ASSERT_CURRENT(s->loop);
    if (s->state != STREAM_OPEN || s->sending != SENDING_OPEN)
        return;
    s->sending = SENDING_LAST;
    loop_hook_arm(s->loop, &s->hook);
}

void stream_close(struct stream *s)
{
    LOOP_ASSERT_CURRENT(s->loop);
    if (s->state < STREAM_OPEN) { /* nothing to send, nobody to wait for */
        stream_abort(s);
        return;
    }
    if (s->state != STREAM_OPEN)
        return;
    s->state = STREAM_CLOSING;
    if (s->sending == SENDING_OPEN)
        s->sending = SENDING_LAST;
    s->paused = false; /* what still comes is thrown away, else it would stand in the way */
    buf_done(&s->rest);
    s->phase_due = in_ms(s, s->opts.linger_ms);
    stream_set_timer(s);
    loop_hook_arm(s->loop, &s->hook);
}

/* ---- questions ---- */

struct loop *stream_loop(const struct stream *s)
{
    return s->loop;
}

stream_id stream_id_of(const struct stream *s)
{
    return s->id;
}

uint64_t stream_bytes_out(const struct stream *s)
{
    return s->bytes_out;
}

uint64_t stream_bytes_in(const struct stream *s)
{
    return s->bytes_in;
}

bool stream_is_paused(const struct stream *s)
{
    return s->paused;
}

const struct addr *stream_peer(const struct stream *s)
{
    return &s->peer;
}

const struct addr *stream_local(const struct stream *s)
{
    return &s->local;
}

bool stream_is_tls(const struct stream *s)
{
    return s->tls != NULL;
}
