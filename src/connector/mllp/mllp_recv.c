/*
 * The MLLP listener: frames in, acknowledgements out in the order of the messages. It never decides
 * what to answer and never answers before flow settled the message. Tests: mllp_test.c
 *
 * A peer outlives its stream while messages of it are not settled: their answers are dropped then.
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "hl7/mllp.h"
#include "net/stream.h"

#define FS_QUIET_MS  1000 /* FS without its CR, and nothing more comes: the frame ends there */
#define ARENA_EXTRA  8192
#define ARENA_FACTOR 16 /* what index, mapping and answer of a message may take */
#define WRITE_MAX    ((size_t)16 * 1024 * 1024)

struct mllp_source {
    struct conn_source *source; /* NULL after recv_close */
    struct listener *listener;
    struct list peers;
    struct cidr *allow;
    size_t n_unsettled;
    bool paused, draining;
};

struct mllp_peer {
    struct list_node node;
    struct mllp_source *owner;
    struct stream *stream; /* NULL once closed */
    struct mllp_reader reader;
    struct list pending; /* struct mllp_pending, in the order of the messages */
    struct loop_timer fs_timer;
    bool held_back; /* too many unanswered: not read */
    char name[ADDR_TEXT_MAX];
};

/* A message that is not answered yet, or whose answer waits for an earlier one. */
struct mllp_pending {
    struct list_node node;
    struct mllp_peer *peer;
    bool settled;
    char *ack; /* a copy, where it has to wait */
    size_t n_ack;
};

static void source_free(struct mllp_source *src)
{
    mem_free(src->allow);
    mem_free(src);
}

/* The last one of a closed source takes it along. */
static void peer_free(struct mllp_peer *p)
{
    struct mllp_source *src = p->owner;
    ZS_ASSERT(list_is_empty(&p->pending) && !p->stream);
    loop_timer_stop(&p->fs_timer);
    mllp_reader_done(&p->reader);
    list_remove(&src->peers, &p->node);
    mem_free(p);
    if (!src->source && list_is_empty(&src->peers))
        source_free(src);
}

static const struct conn_mllp_conf *conf_of(const struct mllp_source *src)
{
    return src->source->conf;
}

/* ---- frames in ---------------------------------------------------------------------------- */

static struct intake *intake_new(struct mllp_peer *p, struct str frame)
{
    size_t limit = (size_t)conf_of(p->owner)->max_message_bytes * ARENA_FACTOR + 1024 * 1024;
    struct arena *a = arena_new("message", frame.n + ARENA_EXTRA, limit);
    struct intake *in = a ? arena_make(a, struct intake, 1) : NULL;
    struct mllp_pending *pending = in ? mem_new(struct mllp_pending) : NULL;
    if (!pending) {
        arena_free(&a);
        return NULL;
    }
    *in = (struct intake){ .source = p->owner->source,
                           .arena = a,
                           .body = arena_str(a, frame),
                           .content_type = STR("x-application/hl7-v2+er7"),
                           .peer = arena_str(a, str_z(p->name)),
                           .at_ms = clock_now_ms(p->owner->source->host->clock),
                           .conn = pending };
    pending->peer = p;
    list_push(&p->pending, &pending->node);
    p->owner->n_unsettled++;
    return in;
}

static void take_frame(struct mllp_peer *p, struct str frame)
{
    struct mllp_source *src = p->owner;
    struct intake *in = intake_new(p, frame);
    if (in)
        src->source->intake(src->source, in); /* may settle it, and close us, before it returns */
    else if (p->stream)
        stream_abort(p->stream); /* no memory: nothing was promised, the sender tries again */
}

static void hold_back(struct mllp_peer *p)
{
    if (!p->stream || !p->owner->source)
        return;
    bool back = p->owner->paused || p->owner->draining ||
                p->pending.n >= (size_t)conf_of(p->owner)->max_pipelined;
    if (back == p->held_back)
        return;
    p->held_back = back;
    if (back)
        stream_pause(p->stream);
    else
        stream_resume(p->stream);
}

static void fs_quiet(struct loop_timer *t)
{
    struct mllp_peer *p = ZS_CONTAINER(t, struct mllp_peer, fs_timer);
    struct str frame;
    if (p->stream && p->owner->source && mllp_end_at_fs(&p->reader, &frame))
        take_frame(p, frame);
}

static void too_large(struct mllp_peer *p)
{
    log_event(p->owner->source->host->log, EV_MLLP_OVERSIZED, F_NAME("peer", p->name),
              F_NAME("channel", p->owner->source->name),
              F_U64("limitBytes", conf_of(p->owner)->max_message_bytes));
    stream_abort(p->stream);
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    struct mllp_peer *p = ctx;
    struct str frame;
    enum mllp_event ev;
    (void)s;
    loop_timer_stop(&p->fs_timer);
    mllp_feed(&p->reader, data);
    while ((ev = mllp_next(&p->reader, &frame)) != MLLP_MORE) {
        if (!p->stream || !p->owner->source)
            continue; /* an answer closed it meanwhile: read to the end, take nothing */
        if (ev == MLLP_FRAME)
            take_frame(p, frame);
        else
            too_large(p);
    }
    if (p->stream && p->owner->source && mllp_is_at_fs(&p->reader))
        loop_timer_start(stream_loop(p->stream), &p->fs_timer, FS_QUIET_MS, fs_quiet);
    hold_back(p);
    return data.n;
}

static void report_noise(struct mllp_peer *p)
{
    const struct mllp_noise *n = &p->reader.noise;
    if (!p->owner->source || !mllp_is_noisy(n))
        return;
    log_event(p->owner->source->host->log, EV_MLLP_NOISE, F_NAME("peer", p->name),
              F_NAME("channel", p->owner->source->name), F_U64("frames", n->frames),
              F_U64("junkBytes", n->junk_bytes), F_U64("cut", n->cut), F_U64("over", n->over),
              F_U64("doubledVt", n->doubled_vt), F_U64("doubledFs", n->doubled_fs),
              F_U64("missingCr", n->missing_cr), F_U64("empty", n->empty));
}

static void on_end(void *ctx, struct stream *s)
{
    struct mllp_peer *p = ctx;
    if (list_is_empty(&p->pending))
        stream_close(s); /* else when the last answer is written */
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct mllp_peer *p = ctx;
    (void)s;
    p->stream = NULL;
    loop_timer_stop(&p->fs_timer);
    (void)mllp_end(&p->reader); /* a cut frame is in the noise report */
    report_noise(p);
    if (p->owner->source && p->reader.noise.bytes > 0)
        log_event(p->owner->source->host->log, EV_MLLP_CLOSED, F_NAME("peer", p->name),
                  F_NAME("channel", p->owner->source->name),
                  F_U64("frames", p->reader.noise.frames), F_ERR(why->code == RC_OK ? NULL : why));
    if (list_is_empty(&p->pending))
        peer_free(p);
}

static void on_open(void *ctx, struct stream *s)
{
    (void)ctx, (void)s; /* the peer speaks first */
}

static void on_accept(void *ctx, struct listener *ls, struct stream *s)
{
    static const struct stream_events events = {
        .open = on_open, .read = on_read, .end = on_end, .closed = on_closed
    };
    struct mllp_source *src = ctx;
    struct mllp_peer *p = mem_new(struct mllp_peer);
    (void)ls;
    if (!p)
        return; /* not attached: aborted */
    p->owner = src;
    p->stream = s;
    (void)addr_text(stream_peer(s), p->name); /* its length is of no use here */
    list_init(&p->pending);
    mllp_reader_init(&p->reader, (size_t)conf_of(src)->max_message_bytes);
    list_push(&src->peers, &p->node);
    stream_attach(s, &events, p);
    hold_back(p);
}

static void on_denied(void *ctx, struct listener *ls, const struct addr *peer)
{
    struct mllp_source *src = ctx;
    char text[ADDR_TEXT_MAX];
    (void)ls;
    (void)addr_text(peer, text); /* its length is of no use here */
    log_event(src->source->host->log, EV_MLLP_DENIED, F_NAME("peer", text),
              F_NAME("channel", src->source->name));
}

static void on_failed(void *ctx, struct listener *ls, const struct err *why)
{
    struct mllp_source *src = ctx;
    (void)ls;
    log_event(src->source->host->log, EV_MLLP_ACCEPT_FAILED, F_NAME("channel", src->source->name),
              F_ERR(why));
}

/* ---- answers out -------------------------------------------------------------------------- */

static void write_ack(struct mllp_peer *p, struct str ack)
{
    struct str parts[] = { MLLP_HEAD, ack, MLLP_TAIL };
    struct err e;
    if (p->stream && ack.n > 0 && stream_write(p->stream, parts, ZS_COUNT(parts), &e) != RC_OK)
        stream_abort(p->stream); /* it does not read: it will ask again, and hear the same */
}

static void pending_free(struct mllp_pending *pending)
{
    list_remove(&pending->peer->pending, &pending->node);
    mem_free(pending->ack);
    mem_free(pending);
}

/* Answers that waited for the one that went out just now. */
static void flush_answers(struct mllp_peer *p)
{
    struct list_node *n;
    while ((n = list_first(&p->pending)) != NULL) {
        struct mllp_pending *pending = ZS_CONTAINER(n, struct mllp_pending, node);
        if (!pending->settled)
            return;
        write_ack(p, str_of(pending->ack, pending->n_ack));
        pending_free(pending);
    }
}

static bool keep_answer(struct mllp_pending *pending, struct str ack)
{
    pending->settled = true;
    pending->ack = mem_alloc(ack.n);
    if (!pending->ack)
        return false;
    if (ack.n > 0)
        memcpy(pending->ack, ack.p, ack.n);
    pending->n_ack = ack.n;
    return true;
}

static void maybe_drained(struct mllp_source *src)
{
    if (src->draining && src->n_unsettled == 0 && src->source) {
        src->draining = false; /* once */
        src->paused = true;
        src->source->drained(src->source);
    }
}

static void close_when_done(struct mllp_peer *p)
{
    if (!list_is_empty(&p->pending))
        return;
    if (!p->stream)
        peer_free(p);
    else if (p->owner->draining)
        stream_close(p->stream);
    else
        hold_back(p);
}

void conn_mllp_settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    struct mllp_source *src = s->inst;
    struct mllp_pending *pending = in->conn;
    struct mllp_peer *p = pending->peer;
    src->n_unsettled--;
    if (list_first(&p->pending) == &pending->node) {
        write_ack(p, a->body);
        pending_free(pending);
        flush_answers(p);
    } else if (!keep_answer(pending, a->body) && p->stream) {
        stream_abort(p->stream); /* no memory for it: the sender will ask again */
    }
    close_when_done(p);
    maybe_drained(src);
}

/* ---- life --------------------------------------------------------------------------------- */

static enum rc read_allow(struct mllp_source *src, struct cidr_list *out, struct err *e)
{
    const struct conn_mllp_conf *c = conf_of(src);
    src->allow = mem_array(struct cidr, c->allow.n);
    if (!src->allow)
        return err_set(e, RC_NOMEM, "MLLP-012", "no memory for the listener");
    for (size_t i = 0; i < c->allow.n; i++) {
        enum rc rc = cidr_parse(c->allow.v[i], &src->allow[i], e);
        if (rc != RC_OK)
            return rc;
    }
    *out = (struct cidr_list){ .v = src->allow, .n = c->allow.n };
    return RC_OK;
}

static enum rc open_listener(struct mllp_source *src, struct err *e)
{
    static const struct listener_events events = { .accept = on_accept,
                                                   .denied = on_denied,
                                                   .failed = on_failed };
    const struct conn_mllp_conf *c = conf_of(src);
    struct stream_listen how = {
        .max_streams = (size_t)c->max_conns,
        .opts = { .write_max = WRITE_MAX, .idle_ms = (uint32_t)c->idle_ms, .keepalive = true }
    };
    enum rc rc = conn_mllp_place(c->listen, &how.host, &how.port, e);
    if (rc == RC_OK)
        rc = read_allow(src, &how.allow, e);
    if (rc == RC_OK)
        rc = stream_listen(src->source->host->loop, &how, &events, src, &src->listener, e);
    return rc;
}

enum rc conn_mllp_open(struct conn_source *s, struct err *e)
{
    struct mllp_source *src = mem_new(struct mllp_source);
    if (!src)
        return err_set(e, RC_NOMEM, "MLLP-012", "no memory for the listener");
    src->source = s;
    list_init(&src->peers);
    enum rc rc = open_listener(src, e);
    if (rc != RC_OK) {
        source_free(src);
        return rc;
    }
    listener_pause(src->listener);
    s->inst = src;
    return RC_OK;
}

void conn_mllp_start(struct conn_source *s)
{
    struct mllp_source *src = s->inst;
    listener_resume(src->listener);
}

void conn_mllp_pause(struct conn_source *s, bool paused)
{
    struct mllp_source *src = s->inst;
    src->paused = paused;
    for (struct list_node *n = list_first(&src->peers); n; n = list_next(&src->peers, n))
        hold_back(ZS_CONTAINER(n, struct mllp_peer, node));
}

void conn_mllp_drain(struct conn_source *s)
{
    struct mllp_source *src = s->inst;
    struct list_node *next;
    src->draining = true;
    listener_close(&src->listener);
    for (struct list_node *n = list_first(&src->peers); n; n = next) {
        struct mllp_peer *p = ZS_CONTAINER(n, struct mllp_peer, node);
        next = list_next(&src->peers, n);
        hold_back(p);
        if (list_is_empty(&p->pending) && p->stream)
            stream_close(p->stream);
    }
    maybe_drained(src);
}

/* Nothing of ours may call flow from here on; streams that are still open end by themselves. */
void conn_mllp_close(struct conn_source *s)
{
    struct mllp_source *src = s->inst;
    struct list_node *next;
    s->inst = NULL;
    listener_close(&src->listener);
    for (struct list_node *n = list_first(&src->peers); n; n = next) {
        struct mllp_peer *p = ZS_CONTAINER(n, struct mllp_peer, node);
        struct list_node *pn;
        next = list_next(&src->peers, n);
        while ((pn = list_first(&p->pending)) != NULL)
            pending_free(ZS_CONTAINER(pn, struct mllp_pending, node));
        if (p->stream)
            stream_abort(p->stream);
        else
            peer_free(p);
    }
    src->source = NULL;
    if (list_is_empty(&src->peers))
        source_free(src);
}

void conn_mllp_address(const struct conn_source *s, char *out, size_t size)
{
    const struct mllp_source *src = s->inst;
    char text[ADDR_TEXT_MAX];
    (void)addr_text(listener_addr(src->listener), text); /* its length is of no use here */
    (void)snprintf(out, size, "mllp://%s", text);        /* the contract: it fits */
}
