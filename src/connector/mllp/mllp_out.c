/*
 * One connection to a peer. It carries one message at a time and is kept for the next; after an
 * attempt that ended without an answer it is dropped, so that a late one can meet no other message.
 *
 *   CONNECTING ── IDLE ◄──► BUSY        each of them ── GONE (the stream is closing)
 *
 * A message is given to it in CONNECTING already. Tests: mllp_send_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "base/log.h"

#define REPLY_MAX ((size_t)1024 * 1024)

enum out_state { OUT_CONNECTING, OUT_IDLE, OUT_BUSY, OUT_GONE };

struct mllp_out {
    struct list_node node;
    struct mllp_dest *owner;
    struct stream *s;
    enum out_state state;
    struct delivery *d;  /* what it carries; NULL: none */
    struct str id;       /* its control id, in d->arena */
    uint64_t out_before; /* bytes the stream had sent before it */
    struct mllp_reader reader;
    struct loop_timer timer;
};

struct mllp_out *mllp_out_of(struct list_node *n)
{
    return ZS_CONTAINER(n, struct mllp_out, node);
}

bool mllp_out_is_idle(const struct mllp_out *l)
{
    return l->state == OUT_IDLE;
}

struct delivery *mllp_out_delivery(const struct mllp_out *l)
{
    return l->d;
}

static bool may_be_seen(const struct mllp_out *l)
{
    return l->state == OUT_BUSY && stream_bytes_out(l->s) > l->out_before;
}

/* Take the message off it. */
static struct delivery *unload(struct mllp_out *l)
{
    struct delivery *d = l->d;
    l->d = NULL;
    l->id = STR_NULL;
    loop_timer_stop(&l->timer);
    return d;
}

static void drop(struct mllp_out *l)
{
    l->state = OUT_GONE;
    stream_abort(l->s);
}

bool mllp_out_give_up(struct mllp_out *l)
{
    bool seen = may_be_seen(l);
    (void)unload(l); /* whoever gives up has it */
    if (l->state != OUT_GONE)
        drop(l);
    return seen;
}

/* The attempt ends without an answer. */
static void fail_attempt(struct mllp_out *l, const struct err *why)
{
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    enum fate fate = mllp_fate_of_end(why, may_be_seen(l));
    (void)mllp_out_give_up(l); /* asked above */
    mllp_fail(md, d, fate, why);
}

/* ---- replies ------------------------------------------------------------------------------ */

static void stray(const struct mllp_out *l)
{
    const struct conn_dest *dest = l->owner->dest;
    log_event(dest->host->log, EV_MLLP_STRAY_ACK, F_NAME("destination", dest->ep->name),
              F_U64("seq", l->d ? l->d->seq : 0));
}

static void on_frame(struct mllp_out *l, struct str frame)
{
    struct mllp_dest *md = l->owner;
    struct verdict v;
    if (l->state != OUT_BUSY) {
        stray(l);
        return;
    }
    struct arena *a = l->d->arena;
    struct arena_mark mark = arena_mark(a);
    if (mllp_read_reply(mllp_params_of(md), l->id, frame, a, &v) == MLLP_REPLY_STRAY) {
        arena_rewind(a, mark);
        stray(l);
        return;
    }
    struct delivery *d = unload(l);
    if (v.fate == FATE_UNCERTAIN)
        drop(l);
    else
        l->state = OUT_IDLE;
    mllp_finish(md, d, &v);
}

static void too_long(struct mllp_out *l)
{
    struct err why;
    (void)err_set(&why, RC_PEER, "MLLP-020", "an answer over %zu bytes", REPLY_MAX);
    if (l->d)
        fail_attempt(l, &why);
    else
        drop(l);
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    struct mllp_out *l = ctx;
    struct mllp_dest *md = l->owner;
    struct str frame;
    (void)s;
    mllp_feed(&l->reader, data);
    while (l->state != OUT_GONE && md->dest) {
        enum mllp_event ev = mllp_next(&l->reader, &frame);
        if (ev == MLLP_MORE)
            break;
        if (ev == MLLP_FRAME)
            on_frame(l, frame); /* may close the destination */
        else
            too_long(l);
    }
    if (md->dest)
        mllp_dispatch(md);
    return data.n;
}

/* ---- the connection ----------------------------------------------------------------------- */

static void on_timeout(struct loop_timer *t)
{
    struct mllp_out *l = ZS_CONTAINER(t, struct mllp_out, timer);
    struct mllp_dest *md = l->owner;
    struct err why;
    (void)err_set(&why, RC_TIMEOUT, "MLLP-015", "no %s in time",
                  l->state == OUT_CONNECTING ? "connection" : "acknowledgement");
    fail_attempt(l, &why);
    if (md->dest)
        mllp_dispatch(md);
}

static void write_message(struct mllp_out *l)
{
    struct str parts[] = { MLLP_HEAD, l->d->body, MLLP_TAIL };
    struct err why;
    l->state = OUT_BUSY;
    l->out_before = stream_bytes_out(l->s);
    if (stream_write(l->s, parts, ZS_COUNT(parts), &why) != RC_OK)
        fail_attempt(l, &why);
}

static void on_open(void *ctx, struct stream *s)
{
    struct mllp_out *l = ctx;
    (void)s;
    l->state = OUT_IDLE;
    if (l->d)
        write_message(l);
}

static void on_end(void *ctx, struct stream *s)
{
    struct mllp_out *l = ctx;
    struct mllp_dest *md = l->owner;
    struct err why;
    (void)err_set(&why, RC_PEER, "MLLP-016", "the peer closed the connection");
    if (l->d) {
        fail_attempt(l, &why);
        if (md->dest)
            mllp_dispatch(md);
        return;
    }
    l->state = OUT_GONE;
    stream_close(s);
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct mllp_out *l = ctx;
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    bool seen = may_be_seen(l);
    (void)s;
    (void)unload(l); /* d */
    l->state = OUT_GONE;
    list_remove(&md->links, &l->node);
    mllp_reader_done(&l->reader);
    mem_free(l);
    if (d)
        mllp_fail(md, d, mllp_fate_of_end(why, seen), why);
    if (md->dest)
        mllp_dispatch(md);
    mllp_dest_release(md);
}

struct mllp_out *mllp_out_new(struct mllp_dest *md, uint32_t timeout_ms, struct err *e)
{
    static const struct stream_events events = {
        .open = on_open, .read = on_read, .end = on_end, .closed = on_closed
    };
    struct mllp_out *l = mem_new(struct mllp_out);
    if (!l) {
        (void)err_set(e, RC_NOMEM, "MLLP-013", "no memory for a connection");
        return NULL;
    }
    struct stream_connect how = mllp_connect_how(md, timeout_ms);
    how.opts.idle_ms = (uint32_t)mllp_params_of(md)->idle_ms;
    l->owner = md;
    mllp_reader_init(&l->reader, REPLY_MAX);
    if (stream_connect(md->dest->host->loop, &how, &events, l, &l->s, e) != RC_OK) {
        mllp_reader_done(&l->reader);
        mem_free(l);
        return NULL;
    }
    list_push(&md->links, &l->node);
    return l;
}

/*
 * A connection on which something lies unread is no good for the next message: it is the peer's
 * end, or an answer nobody waits for. Written to, it would leave the message's fate unknown.
 */
struct mllp_out *mllp_out_idle(struct mllp_dest *md)
{
    for (struct list_node *n = list_first(&md->links); n; n = list_next(&md->links, n)) {
        struct mllp_out *l = mllp_out_of(n);
        if (l->state != OUT_IDLE)
            continue;
        if (stream_is_quiet(l->s) && !mllp_is_inside(&l->reader))
            return l;
        drop(l);
    }
    return NULL;
}

void mllp_out_send(struct mllp_out *l, struct delivery *d, uint32_t timeout_ms)
{
    ZS_ASSERT(!l->d && l->state != OUT_BUSY && l->state != OUT_GONE);
    l->d = d;
    l->id = mllp_control_id(d->body, d->arena);
    d->conn = l;
    loop_timer_start(stream_loop(l->s), &l->timer, timeout_ms, on_timeout);
    if (l->state == OUT_IDLE)
        write_message(l);
}
