/*
 * Sending over MLLP: a connection carries one message at a time and is kept for the next. An
 * acknowledgement counts only when its MSA-2 is our MSH-10; after a timeout the connection is
 * dropped, so that a late one cannot be taken for the next message's. Tests: mllp_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "base/list.h"
#include "base/log.h"
#include "hl7/ack.h"
#include "hl7/mllp.h"
#include "net/stream.h"

#define ACK_MAX ((size_t)1024 * 1024)

struct mllp_dest {
    struct conn_dest *dest; /* NULL after send_close */
    struct str host;
    uint16_t port;
    struct list links;
    struct delivery *first, *last; /* waiting for a connection */
    size_t n_in_flight;
    bool draining;
};

struct mllp_link {
    struct list_node node;
    struct mllp_dest *owner;
    struct stream *stream;
    struct delivery *d; /* being sent or waiting for its answer; NULL: idle */
    bool open;
    uint64_t out_before; /* bytes the stream had sent before this delivery */
    struct mllp_reader reader;
    struct loop_timer timer;
};

static void dest_free(struct mllp_dest *md)
{
    mem_free(md);
}

static void link_free(struct mllp_link *l)
{
    struct mllp_dest *md = l->owner;
    loop_timer_stop(&l->timer);
    mllp_reader_done(&l->reader);
    list_remove(&md->links, &l->node);
    mem_free(l);
    if (!md->dest && list_is_empty(&md->links))
        dest_free(md);
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static void dispatch(struct mllp_dest *md);

static void maybe_drained(struct mllp_dest *md)
{
    if (!md->draining || md->n_in_flight > 0 || !md->dest)
        return;
    md->draining = false;
    md->dest->drained(md->dest);
}

/* The one place where a delivery ends. It may send the next one before it returns. */
static void finish(struct mllp_dest *md, struct delivery *d, const struct verdict *v)
{
    md->n_in_flight--;
    d->conn = NULL;
    d->done(d, v);
}

static void fail(struct mllp_dest *md, struct delivery *d, enum fate fate, const struct err *why)
{
    struct verdict v = { .rc = why->code == RC_OK ? RC_PEER : why->code,
                         .fate = fate,
                         .err = *why };
    v.err.code = v.rc;
    v.err.fate = fate;
    finish(md, d, &v);
}

static bool may_be_seen(const struct mllp_link *l)
{
    return l->open && l->stream && stream_bytes_out(l->stream) > l->out_before;
}

/* ---- the answer --------------------------------------------------------------------------- */

struct reading {
    enum rc rc;
    struct hl7_ack ack;
};

static struct reading read_answer(struct delivery *d, struct str frame, struct err *e)
{
    struct reading r = { .rc = RC_OK };
    const struct hl7_msg *m = NULL;
    struct str kept = arena_str(d->arena, frame);
    if (str_is_null(kept)) {
        r.rc = err_set(e, RC_NOMEM, "MLLP-013", "no memory for the acknowledgement");
        return r;
    }
    r.rc = hl7_parse(kept, NULL, d->arena, &m, e);
    if (r.rc == RC_OK)
        r.rc = hl7_ack_read(m, d->arena, &r.ack, e);
    return r;
}

static const enum fate fate_of_code[] = {
    [HL7_AA] = FATE_NONE, [HL7_AE] = FATE_RETRY, [HL7_AR] = FATE_REJECT,
    [HL7_CA] = FATE_NONE, [HL7_CE] = FATE_RETRY, [HL7_CR] = FATE_REJECT
};

static void answered(struct mllp_link *l, struct str frame, const struct hl7_ack *ack)
{
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    struct verdict v = { .rc = RC_OK,
                         .fate = fate_of_code[ack->code],
                         .answered = true,
                         .status = str_z(hl7_ack_name(ack->code)),
                         .status_text = ack->text,
                         .reply = arena_str(d->arena, frame),
                         .content_type = STR("x-application/hl7-v2+er7") };
    if (v.fate != FATE_NONE) {
        v.rc =
            err_set(&v.err, RC_PEER, "MLLP-014", "the peer answered %s", hl7_ack_name(ack->code));
        v.err.fate = v.fate;
    }
    l->d = NULL;
    loop_timer_stop(&l->timer);
    finish(md, d, &v);
}

static void on_frame(struct mllp_link *l, struct str frame)
{
    struct err e;
    if (!l->d) {
        if (l->owner->dest)
            log_event(l->owner->dest->host->log, EV_MLLP_STRAY_ACK,
                      F_NAME("destination", l->owner->dest->ep->name));
        return;
    }
    struct reading r = read_answer(l->d, frame, &e);
    if (r.rc == RC_OK && l->d->control_id.n > 0 &&
        !str_eq(str_trim(r.ack.control_id), str_trim(l->d->control_id))) {
        log_event(l->owner->dest->host->log, EV_MLLP_STRAY_ACK,
                  F_NAME("destination", l->owner->dest->ep->name), F_U64("seq", l->d->seq));
        return; /* another message's: ours may still come */
    }
    if (r.rc == RC_OK) {
        answered(l, frame, &r.ack);
        return;
    }
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    l->d = NULL;
    stream_abort(l->stream);
    fail(md, d, FATE_UNCERTAIN, &e);
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    struct mllp_link *l = ctx;
    struct str frame;
    enum mllp_event ev;
    (void)s;
    mllp_feed(&l->reader, data);
    while ((ev = mllp_next(&l->reader, &frame)) != MLLP_MORE) {
        if (!l->stream || !l->owner->dest)
            continue; /* it was closed by what came before */
        if (ev == MLLP_FRAME)
            on_frame(l, frame);
        else
            stream_abort(l->stream); /* an answer larger than any is none */
    }
    if (l->owner->dest && !l->d)
        dispatch(l->owner);
    return data.n;
}

/* ---- the connection ----------------------------------------------------------------------- */

static void timed_out(struct loop_timer *t)
{
    struct mllp_link *l = ZS_CONTAINER(t, struct mllp_link, timer);
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    struct err e;
    bool seen = may_be_seen(l);
    (void)err_set(&e, RC_TIMEOUT, "MLLP-015", "no %s in time",
                  l->open ? "acknowledgement" : "connection");
    l->d = NULL;
    stream_abort(l->stream); /* a late answer must not meet the next message */
    fail(md, d, seen ? FATE_UNCERTAIN : FATE_RETRY, &e);
    if (md->dest)
        dispatch(md);
}

static void write_message(struct mllp_link *l)
{
    struct str parts[] = { MLLP_HEAD, l->d->body, MLLP_TAIL };
    struct err e;
    l->out_before = stream_bytes_out(l->stream);
    enum rc rc = stream_write(l->stream, parts, ZS_COUNT(parts), &e);
    if (rc == RC_OK)
        return;
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    l->d = NULL;
    loop_timer_stop(&l->timer);
    stream_abort(l->stream);
    fail(md, d, FATE_RETRY, &e);
}

static void on_open(void *ctx, struct stream *s)
{
    struct mllp_link *l = ctx;
    (void)s;
    l->open = true;
    if (l->d)
        write_message(l);
}

static void on_end(void *ctx, struct stream *s)
{
    (void)ctx;
    stream_close(s);
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct mllp_link *l = ctx;
    struct mllp_dest *md = l->owner;
    struct delivery *d = l->d;
    bool seen = l->open && stream_bytes_out(s) > l->out_before;
    struct err e = *why;
    l->d = NULL;
    l->stream = NULL;
    if (e.code == RC_OK)
        (void)err_set(&e, RC_PEER, "MLLP-016", "the peer closed the connection");
    if (d)
        fail(md, d, seen ? FATE_UNCERTAIN : FATE_RETRY, &e);
    bool more = md->dest != NULL;
    link_free(l); /* may free md */
    if (more) {
        dispatch(md);
        maybe_drained(md);
    }
}

static struct mllp_link *link_new(struct mllp_dest *md, uint32_t timeout_ms, struct err *e)
{
    static const struct stream_events events = {
        .open = on_open, .read = on_read, .end = on_end, .closed = on_closed
    };
    struct mllp_link *l = mem_new(struct mllp_link);
    if (!l) {
        (void)err_set(e, RC_NOMEM, "MLLP-013", "no memory for a connection");
        return NULL;
    }
    struct stream_connect how = { .host = md->host,
                                  .port = md->port,
                                  .timeout_ms = timeout_ms,
                                  .pool = md->dest->host->pool,
                                  .opts = { .write_max = SIZE_MAX / 2, .keepalive = true } };
    l->owner = md;
    mllp_reader_init(&l->reader, ACK_MAX);
    if (stream_connect(md->dest->host->loop, &how, &events, l, &l->stream, e) != RC_OK) {
        mllp_reader_done(&l->reader);
        mem_free(l);
        return NULL;
    }
    list_push(&md->links, &l->node);
    return l;
}

static struct mllp_link *idle_link(struct mllp_dest *md)
{
    for (struct list_node *n = list_first(&md->links); n; n = list_next(&md->links, n)) {
        struct mllp_link *l = ZS_CONTAINER(n, struct mllp_link, node);
        if (!l->d && l->open && l->stream)
            return l;
    }
    return NULL;
}

static uint32_t timeout_of(const struct mllp_dest *md, const struct delivery *d)
{
    return d->timeout_ms ? d->timeout_ms : md->dest->ep->timeout_ms;
}

/* Give the delivery at the head a connection; false when it has to wait for one. */
static bool dispatch_one(struct mllp_dest *md)
{
    const struct conn_mllp_params *params = md->dest->ep->params;
    struct delivery *d = md->first;
    struct mllp_link *l = idle_link(md);
    struct err e;
    if (!l && md->links.n >= (size_t)params->connections)
        return false;
    md->first = d->next;
    if (!md->first)
        md->last = NULL;
    if (!l)
        l = link_new(md, timeout_of(md, d), &e);
    if (!l) {
        fail(md, d, FATE_RETRY, &e);
        return true;
    }
    l->d = d;
    d->conn = l;
    loop_timer_start(md->dest->host->loop, &l->timer, timeout_of(md, d), timed_out);
    if (l->open)
        write_message(l);
    return true;
}

static void dispatch(struct mllp_dest *md)
{
    while (md->dest && md->first && dispatch_one(md))
        ;
    maybe_drained(md);
}

/* ---- the contract ------------------------------------------------------------------------- */

enum rc conn_mllp_send_open(struct conn_dest *d, struct err *e)
{
    struct mllp_dest *md = mem_new(struct mllp_dest);
    if (!md)
        return err_set(e, RC_NOMEM, "MLLP-013", "no memory for a destination");
    enum rc rc = conn_mllp_place(d->ep->url, &md->host, &md->port, e);
    if (rc != RC_OK) {
        mem_free(md);
        return rc;
    }
    md->dest = d;
    list_init(&md->links);
    d->inst = md;
    return RC_OK;
}

void conn_mllp_send(struct conn_dest *dest, struct delivery *d)
{
    struct mllp_dest *md = dest->inst;
    struct err e;
    md->n_in_flight++;
    if (mllp_check(d->body, &e) != RC_OK) {
        fail(md, d, FATE_REJECT, &e);
        return;
    }
    d->next = NULL;
    d->conn = NULL;
    if (md->last)
        md->last->next = d;
    else
        md->first = d;
    md->last = d;
    dispatch(md);
}

/* Take it off the queue; false when it has a connection. */
static bool unqueue(struct mllp_dest *md, struct delivery *d)
{
    struct delivery *before = NULL;
    for (struct delivery *q = md->first; q; before = q, q = q->next) {
        if (q != d)
            continue;
        if (before)
            before->next = d->next;
        else
            md->first = d->next;
        if (md->last == d)
            md->last = before;
        return true;
    }
    return false;
}

void conn_mllp_cancel(struct conn_dest *dest, struct delivery *d)
{
    struct mllp_dest *md = dest->inst;
    struct mllp_link *l = d->conn;
    struct err e;
    bool seen = l && may_be_seen(l);
    (void)err_set(&e, RC_STATE, "MLLP-017", "cancelled");
    if (l) {
        l->d = NULL;
        loop_timer_stop(&l->timer);
        stream_abort(l->stream);
    } else if (!unqueue(md, d)) {
        return; /* it has ended already */
    }
    fail(md, d, seen ? FATE_UNCERTAIN : FATE_RETRY, &e);
}

void conn_mllp_send_drain(struct conn_dest *dest)
{
    struct mllp_dest *md = dest->inst;
    md->draining = true;
    maybe_drained(md);
}

void conn_mllp_send_close(struct conn_dest *dest)
{
    struct mllp_dest *md = dest->inst;
    struct list_node *next;
    md->draining = false;
    while (md->first)
        conn_mllp_cancel(dest, md->first);
    for (struct list_node *n = list_first(&md->links); n; n = list_next(&md->links, n)) {
        struct mllp_link *l = ZS_CONTAINER(n, struct mllp_link, node);
        if (l->d)
            conn_mllp_cancel(dest, l->d); /* aborts: closed() comes from the loop */
    }
    dest->inst = NULL;
    md->dest = NULL;
    for (struct list_node *n = list_first(&md->links); n; n = next) {
        struct mllp_link *l = ZS_CONTAINER(n, struct mllp_link, node);
        next = list_next(&md->links, n);
        stream_abort(l->stream);
    }
    if (list_is_empty(&md->links))
        dest_free(md);
}

/* ---- probe: connect and close ------------------------------------------------------------- */

struct mllp_probe {
    conn_probe_fn *done;
    void *ctx;
    uint64_t begin;
    bool open;
};

static void probe_open(void *ctx, struct stream *s)
{
    struct mllp_probe *p = ctx;
    p->open = true;
    stream_close(s);
}

static size_t probe_read(void *ctx, struct stream *s, struct str data)
{
    (void)ctx, (void)s;
    return data.n;
}

static void probe_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct mllp_probe *p = ctx;
    uint64_t took = loop_now_mono(stream_loop(s)) - p->begin;
    struct probe_result r = {
        .success = p->open, .duration_ms = (uint32_t)(took / 1000000u), .how = "tcp", .err = *why
    };
    p->done(p->ctx, &r);
    mem_free(p);
}

void conn_mllp_probe(struct conn_dest *dest, conn_probe_fn *done, void *ctx)
{
    static const struct stream_events events = { .open = probe_open,
                                                 .read = probe_read,
                                                 .closed = probe_closed };
    const struct mllp_dest *md = dest->inst;
    struct mllp_probe *p = mem_new(struct mllp_probe);
    struct probe_result r = { .how = "tcp" };
    struct stream *s = NULL;
    if (!p) {
        (void)err_set(&r.err, RC_NOMEM, "MLLP-013", "no memory for a connection");
        done(ctx, &r);
        return;
    }
    struct stream_connect how = { .host = md->host,
                                  .port = md->port,
                                  .timeout_ms = dest->ep->timeout_ms,
                                  .pool = dest->host->pool };
    *p = (struct mllp_probe){ .done = done, .ctx = ctx, .begin = loop_now_mono(dest->host->loop) };
    if (stream_connect(dest->host->loop, &how, &events, p, &s, &r.err) == RC_OK)
        return;
    mem_free(p);
    done(ctx, &r);
}
