/*
 * One sender's connection: frames in, acknowledgements out in the order of the messages, whatever
 * order they are settled in. It never decides what to answer.
 *
 * Reading stops at the message that makes one too many (flow holds back, or `maxPipelined`, or the
 * sender does not read its answers); what is left of the bytes is taken up later, so the limit is
 * exact however the stream is cut.
 *
 * It outlives its stream while messages of it are unsettled: their answers are dropped then.
 * Tests: mllp_recv_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "base/log.h"

#define FS_QUIET_MS  1000 /* FS without its CR, and nothing more comes: the frame ends there */
#define ARENA_EXTRA  8192
#define ARENA_FACTOR 16 /* what index, mapping and answer of a message may take of its size */
#define ARENA_LEAST  ((size_t)1024 * 1024)
#define ACK_MAX      ((size_t)1024 * 1024)

enum in_state {
    IN_READING,
    IN_LAST, /* nothing more is read; closes when all is answered */
    IN_GONE  /* the stream is closed */
};

struct mllp_in {
    struct list_node node;
    struct mllp_source *src;
    struct stream *s; /* NULL in IN_GONE */
    enum in_state state;
    bool held_back;
    struct mllp_reader reader;
    struct list pending; /* struct pending, in the order of the messages */
    struct loop_timer fs_timer, frame_timer;
    char peer[ADDR_TEXT_MAX];
};

/* A message that is not answered yet, or whose answer waits for an earlier one. */
struct pending {
    struct list_node node;
    struct mllp_in *c;
    bool settled;
    struct buf ack; /* a copy, where it has to wait */
};

struct mllp_in *mllp_in_of(struct list_node *n)
{
    return ZS_CONTAINER(n, struct mllp_in, node);
}

static void free_if_gone(struct mllp_in *c)
{
    struct mllp_source *src = c->src;
    if (c->state != IN_GONE || !list_is_empty(&c->pending))
        return;
    mllp_reader_done(&c->reader);
    list_remove(&src->conns, &c->node);
    mem_free(c);
    mllp_source_release(src);
}

static void pending_free(struct pending *p)
{
    list_remove(&p->c->pending, &p->node);
    buf_done(&p->ack);
    mem_free(p);
}

static bool is_reading(const struct mllp_in *c)
{
    return c->state == IN_READING && c->src->source && !c->held_back;
}

/* ---- reading ------------------------------------------------------------------------------ */

static void give_up_reading(struct mllp_in *c, const char *why)
{
    const struct conn_source *s = c->src->source;
    log_event(s->host->log, EV_MLLP_CUT_OFF, F_NAME("peer", c->peer), F_NAME("channel", s->name),
              F_NAME("reason", why));
    mllp_in_last(c);
}

static struct intake *intake_new(struct mllp_in *c, struct str frame)
{
    size_t limit = frame.n; /* no overflow: maxMessage is at most 1 GB */
    limit = limit * ARENA_FACTOR + ARENA_LEAST;
    struct arena *a = arena_new("message", frame.n + ARENA_EXTRA, limit);
    struct intake *in = a ? arena_make(a, struct intake, 1) : NULL;
    struct pending *p = in ? mem_new(struct pending) : NULL;
    if (!p) {
        arena_free(&a);
        return NULL;
    }
    *in = (struct intake){ .source = c->src->source,
                           .arena = a,
                           .body = arena_str(a, frame),
                           .content_type = MLLP_CONTENT_TYPE,
                           .peer = arena_str(a, str_z(c->peer)),
                           .at_ms = clock_now_ms(c->src->source->host->clock),
                           .conn = p };
    if (str_is_null(in->body) || str_is_null(in->peer)) {
        mem_free(p);
        arena_free(&a);
        return NULL;
    }
    p->c = c;
    buf_init(&p->ack, ACK_MAX);
    list_push(&c->pending, &p->node);
    c->src->n_unsettled++;
    return in;
}

static void take_frame(struct mllp_in *c, struct str frame)
{
    struct conn_source *s = c->src->source;
    struct intake *in = intake_new(c, frame);
    if (in)
        s->intake(s, in); /* may settle it before it returns */
    else
        give_up_reading(c, "no memory"); /* nothing was promised: the sender tries again */
}

static void fs_quiet(struct loop_timer *t)
{
    struct mllp_in *c = ZS_CONTAINER(t, struct mllp_in, fs_timer);
    struct str frame;
    if (is_reading(c) && mllp_end_at_fs(&c->reader, &frame))
        take_frame(c, frame);
    mllp_in_hold_back(c);
}

static void frame_late(struct loop_timer *t)
{
    struct mllp_in *c = ZS_CONTAINER(t, struct mllp_in, frame_timer);
    give_up_reading(c, "a message was not complete in time");
}

/* Time runs while we read and a message is under way; not while we hold it back ourselves. */
static void set_timers(struct mllp_in *c)
{
    bool inside = is_reading(c) && mllp_is_inside(&c->reader);
    loop_timer_stop(&c->fs_timer);
    if (inside && mllp_is_at_fs(&c->reader))
        loop_timer_start(stream_loop(c->s), &c->fs_timer, FS_QUIET_MS, fs_quiet);
    if (!inside)
        loop_timer_stop(&c->frame_timer);
    else if (!loop_timer_is_on(&c->frame_timer))
        loop_timer_start(stream_loop(c->s), &c->frame_timer, mllp_conf_of(c->src)->frame_ms,
                         frame_late);
}

void mllp_in_hold_back(struct mllp_in *c)
{
    if (c->state == IN_GONE || !c->src->source)
        return;
    bool back = c->src->paused || c->state != IN_READING || stream_is_full(c->s) ||
                c->pending.n >= (size_t)mllp_conf_of(c->src)->max_pipelined;
    if (back != c->held_back) {
        c->held_back = back;
        if (back)
            stream_pause(c->s);
        else
            stream_resume(c->s);
    }
    set_timers(c);
}

/* A message of its own frame is over: the next one's time begins anew. */
static void next_frame(struct mllp_in *c, struct str frame)
{
    loop_timer_stop(&c->frame_timer);
    take_frame(c, frame);
    mllp_in_hold_back(c);
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    struct mllp_in *c = ctx;
    struct str frame;
    (void)s;
    mllp_feed(&c->reader, data);
    while (is_reading(c)) {
        enum mllp_event ev = mllp_next(&c->reader, &frame);
        if (ev == MLLP_MORE)
            break;
        if (ev == MLLP_FRAME)
            next_frame(c, frame);
        else
            give_up_reading(c, ev == MLLP_OVER ? "a message over maxMessage" : "no memory");
    }
    if (c->state != IN_READING || !c->src->source)
        return data.n;
    size_t left = mllp_unfeed(&c->reader);
    set_timers(c);
    return data.n - left;
}

/* ---- the connection ----------------------------------------------------------------------- */

void mllp_in_last(struct mllp_in *c)
{
    if (c->state == IN_GONE)
        return;
    c->state = IN_LAST;
    if (list_is_empty(&c->pending))
        stream_close(c->s);
    mllp_in_hold_back(c);
}

static void on_open(void *ctx, struct stream *s)
{
    (void)ctx, (void)s; /* the peer speaks first */
}

/* Some half-close after their last message and still wait for the answers. */
static void on_end(void *ctx, struct stream *s)
{
    (void)s;
    mllp_in_last(ctx);
}

static void on_drained(void *ctx, struct stream *s)
{
    (void)s;
    mllp_in_hold_back(ctx);
}

static void report(const struct mllp_in *c, const struct err *why)
{
    const struct conn_source *s = c->src->source;
    const struct mllp_noise *n = &c->reader.noise;
    if (mllp_is_noisy(n))
        log_event(s->host->log, EV_MLLP_NOISE, F_NAME("peer", c->peer), F_NAME("channel", s->name),
                  F_U64("frames", n->frames), F_U64("junkBytes", n->junk_bytes),
                  F_U64("cut", n->cut), F_U64("over", n->over), F_U64("doubledVt", n->doubled_vt),
                  F_U64("doubledFs", n->doubled_fs), F_U64("missingCr", n->missing_cr),
                  F_U64("empty", n->empty));
    /* a load balancer that only looks whether the port is open ends here too: no more than debug */
    log_event(s->host->log, EV_MLLP_CLOSED, F_NAME("peer", c->peer), F_NAME("channel", s->name),
              F_U64("frames", n->frames), F_U64("bytes", n->bytes),
              F_U64("unanswered", c->pending.n), F_ERR(why->code == RC_OK ? NULL : why));
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct mllp_in *c = ctx;
    (void)s;
    c->s = NULL;
    c->state = IN_GONE;
    loop_timer_stop(&c->fs_timer);
    loop_timer_stop(&c->frame_timer);
    (void)mllp_end(&c->reader); /* a frame cut short is in the noise report */
    if (c->src->source)
        report(c, why);
    free_if_gone(c);
}

void mllp_in_accept(void *ctx, struct listener *ls, struct stream *s)
{
    static const struct stream_events events = {
        .open = on_open, .read = on_read, .end = on_end, .drained = on_drained, .closed = on_closed
    };
    struct mllp_source *src = ctx;
    struct mllp_in *c = mem_new(struct mllp_in);
    (void)ls;
    if (!c)
        return; /* not attached: aborted */
    c->src = src;
    c->s = s;
    (void)addr_text(stream_peer(s), c->peer); /* its length is of no use here */
    list_init(&c->pending);
    mllp_reader_init(&c->reader, (size_t)mllp_conf_of(src)->max_message_bytes);
    list_push(&src->conns, &c->node);
    stream_attach(s, &events, c);
    mllp_in_hold_back(c);
}

void mllp_in_let_go(struct mllp_in *c)
{
    for (struct list_node *n = list_first(&c->pending); n; n = list_first(&c->pending))
        pending_free(ZS_CONTAINER(n, struct pending, node));
    loop_timer_stop(&c->fs_timer);
    loop_timer_stop(&c->frame_timer);
    if (c->state == IN_GONE)
        free_if_gone(c);
    else
        stream_close(c->s); /* what was answered goes out first */
}

/* ---- answers ------------------------------------------------------------------------------ */

static void write_ack(struct mllp_in *c, struct str ack)
{
    struct str parts[] = { MLLP_HEAD, ack, MLLP_TAIL };
    struct err e;
    if (c->state == IN_GONE)
        return;
    if (mllp_check(ack, &e) != RC_OK || stream_write(c->s, parts, ZS_COUNT(parts), &e) != RC_OK)
        stream_abort(c->s); /* it will ask again, and hear the same */
}

/* Those that waited for the one that went out just now. */
static void write_waiting(struct mllp_in *c)
{
    for (struct list_node *n = list_first(&c->pending); n; n = list_first(&c->pending)) {
        struct pending *p = ZS_CONTAINER(n, struct pending, node);
        if (!p->settled)
            return;
        write_ack(c, buf_view(&p->ack));
        pending_free(p);
    }
}

static void settle(struct pending *p, struct str ack)
{
    struct mllp_in *c = p->c;
    if (list_first(&c->pending) == &p->node) {
        write_ack(c, ack);
        pending_free(p);
        write_waiting(c);
        return;
    }
    p->settled = true;
    buf_str(&p->ack, ack);
    if (p->ack.failed && c->state != IN_GONE)
        stream_abort(c->s); /* no memory to keep it: the sender will ask again */
}

void mllp_in_answer(struct intake *in, const struct answer *a)
{
    struct pending *p = in->conn;
    struct mllp_in *c = p->c;
    struct buf own;
    buf_init(&own, ACK_MAX);
    if (a->body.n == 0 && c->state != IN_GONE &&
        mllp_words(a, in->body, in->at_ms, &own, NULL) != RC_OK) {
        buf_done(&own);
        stream_abort(c->s); /* no words at all: then no answer, never a positive one */
    }
    settle(p, a->body.n > 0 ? a->body : buf_view(&own));
    buf_done(&own);
    if (c->state == IN_LAST)
        mllp_in_last(c);
    else
        mllp_in_hold_back(c);
    free_if_gone(c);
}
