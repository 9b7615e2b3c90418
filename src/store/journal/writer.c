/*
 * Group commit. Tests: journal_test.c, tests/torture/store_crash.c
 */
#include "store/journal/writer.h"

#include "base/alloc.h"

#include <fcntl.h>

#define COMMIT_BYTES    ((uint64_t)8 << 20) /* a group grows no further */
#define ORDINARY_INTAKE 16384
#define CLOSE_ROOM      1024 /* a closing checkpoint always fits, signed too */
#define WARM_AT         8    /* zeros for the next once an eighth of this is used */

static void count(_Atomic uint64_t *c, uint64_t n)
{
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

/* ---- failing ------------------------------------------------------------------------------ */

static void fail(struct writer *w, int code, const char *what)
{
    struct err e;
    w->failed = true;
    err_sys(&e, "STORE-030", code, "the journal cannot be %s", what);
    w->host.fatal(w->host.ctx, &e);
}

/* ---- one write, one sync ------------------------------------------------------------------ */

static void flush(struct writer *w)
{
    size_t n = 0;
    for (int i = 0; i < w->n_iov; i++)
        n += w->iov[i].iov_len;
    int code = w->n_iov && !w->failed
                   ? w->io->write(w->io, w->fd, w->iov, w->n_iov, (off_t)w->write_at)
                   : 0;
    if (code)
        fail(w, code, "written");
    w->write_at += n;
    w->n_iov = 0;
}

static void put(struct writer *w, void *p, size_t n)
{
    if (w->n_iov == JOURNAL_IOV)
        flush(w);
    w->iov[w->n_iov++] = (struct iovec){ p, n };
}

/*
 * Write whole pages: the rest of the last one with the zeros that stand there anyway. The prepared
 * file was written past the page cache, so a page written in part would have to be read first.
 */
static void pad_page(struct writer *w)
{
    size_t used = (size_t)(w->pos.at.offset % SEGMENT_HEAD);
    if (used)
        put(w, w->zeros, SEGMENT_HEAD - used);
}

static void sync_now(struct writer *w)
{
    pad_page(w);
    flush(w);
    if (w->failed)
        return;
    uint64_t before = clock_mono_ns(w->host.clock);
    int code = w->io->sync(w->io, w->fd);
    uint64_t took = clock_mono_ns(w->host.clock) - before;
    if (took > atomic_load_explicit(&w->stats.sync_ns_max, memory_order_relaxed))
        atomic_store_explicit(&w->stats.sync_ns_max, took, memory_order_relaxed);
    count(&w->stats.syncs, 1);
    if (code)
        fail(w, code, "synced");
}

/* Start a write: a fresh segment's first block goes in front of its first commit. */
static void begin_write(struct writer *w)
{
    w->n_iov = 0;
    w->write_at = w->pos.at.offset;
    if (w->begun)
        return;
    ZS_ASSERT(w->pos.at.offset == SEGMENT_HEAD);
    struct segment_head h = { .number = w->pos.at.segment,
                              .first_seq = w->pos.seq + 1,
                              .created_at = clock_now_ms(w->host.clock) };
    memcpy(h.store_id, w->store_id, sizeof h.store_id);
    memcpy(h.prev, w->link, sizeof h.prev);
    segment_head_write(&h, w->head);
    w->write_at = 0;
    put(w, w->head, SEGMENT_HEAD);
}

/* What was put is synced: the segment is begun and the journal reaches to w->pos. */
static void publish(struct writer *w)
{
    if (!w->begun) {
        w->begun = true;
        spare_request(w->spare, w->pos.at.segment + 1);
    }
    if (!w->warmed && w->pos.at.offset > w->size / WARM_AT) {
        w->warmed = true;
        spare_warm(w->spare);
    }
    atomic_store_explicit(&w->stats.last_seq, w->pos.seq, memory_order_release);
    w->pos.link = position_link(w->link);
    w->committed(w->ctx, &w->pos);
}

static void add_record(struct writer *w, struct record *r, bool is_message,
                       const struct record_place *at)
{
    record_seal(r, at, w->sha, w->link);
    put(w, r->bytes, r->n);
    w->pos.seq = at->seq;
    w->pos.at.offset += r->n;
    w->n_records++;
    w->n_messages += is_message;
    w->unproven++;
}

/* ---- checkpoints and segments ------------------------------------------------------------- */

static enum rc checkpoint(struct writer *w, bool closes, struct err *e)
{
    const struct record_checkpoint c = { .segment = w->pos.at.segment,
                                         .first_seq = w->first_seq,
                                         .n_records = w->n_records,
                                         .n_messages = w->n_messages,
                                         .closes = closes };
    struct record *r = NULL;
    enum rc rc = record_encode_checkpoint(&c, w->sha, &r, e);
    if (rc)
        return rc;
    ZS_ASSERT(r->n <= CLOSE_ROOM);
    const struct record_place at = { .seq = w->pos.seq + 1,
                                     .at_ms = clock_now_ms(w->host.clock),
                                     .flags = RECORD_BATCH_END };
    begin_write(w);
    add_record(w, r, false, &at);
    sync_now(w);
    mem_free(r);
    if (w->failed)
        return err_set(e, RC_IO, "STORE-030", "the journal cannot be written");
    w->unproven = 0;
    publish(w);
    return RC_OK;
}

static enum rc enter(struct writer *w, uint64_t number, int fd, uint64_t size, struct err *e)
{
    const struct segment seg = { .number = number, .first_seq = w->pos.seq + 1, .size = size };
    enum rc rc = segments_add(w->segments, &seg, e);
    if (rc) {
        (void)close(fd); /* still prepared */
        return rc;
    }
    if (w->fd >= 0)
        (void)close(w->fd); /* everything in it is synced */
    w->fd = fd;
    w->size = size;
    w->pos.at = (struct place){ number, SEGMENT_HEAD };
    w->first_seq = w->pos.seq + 1;
    w->n_records = w->n_messages = 0;
    w->begun = w->warmed = false;
    return RC_OK;
}

/* Go to the prepared segment. RC_LIMIT: there is no room for one. */
static enum rc next_segment(struct writer *w, struct err *e)
{
    uint64_t number = 0;
    uint64_t size = 0;
    int fd = -1;
    enum rc rc = spare_claim(w->spare, &number, &fd, &size, e);
    if (rc)
        return rc;
    ZS_ASSERT(number == w->pos.at.segment + 1);
    rc = checkpoint(w, true, e);
    if (!rc)
        return enter(w, number, fd, size, e);
    (void)close(fd); /* still prepared */
    return rc;
}

/* ---- room --------------------------------------------------------------------------------- */

static uint64_t room(const struct writer *w)
{
    return w->size > w->pos.at.offset + CLOSE_ROOM ? w->size - w->pos.at.offset - CLOSE_ROOM : 0;
}

static void notice(const struct writer *w, enum rc rc, const char *id, const char *text)
{
    struct err e;
    err_set(&e, rc, id, "%s", text);
    w->host.notice(w->host.ctx, &e);
}

/*
 * Is intake refused? Says so when it changes. What is left beyond the reserve counts as nothing
 * when not even an ordinary message fits into it.
 */
static bool update_full(struct writer *w)
{
    bool full = spare_look(w->spare) == SPARE_FULL && room(w) <= w->reserve + ORDINARY_INTAKE;
    if (full == atomic_load_explicit(&w->stats.full, memory_order_relaxed))
        return full;
    atomic_store_explicit(&w->stats.full, full, memory_order_relaxed);
    if (full)
        notice(w, RC_LIMIT, "STORE-001", "no room for another segment: messages are refused");
    else
        notice(w, RC_STATE, "STORE-033", "there is room again");
    return full;
}

static uint64_t batch_bytes(const struct store_batch *b)
{
    uint64_t n = 0;
    for (const struct store_op *op = b->first; op; op = op->next)
        n += front_record(op) ? front_record(op)->n : 0;
    return n;
}

static void refuse(struct store_batch *b, bool all, enum rc rc, const char *id)
{
    for (struct store_op *op = b->first; op; op = op->next)
        if (op->rc == RC_OK && (all || front_needs_space(op)))
            front_refuse(op, rc, id);
}

/* Only the reserve is left: what needs more goes, what states a fact goes in as small as it can. */
static void live_on_reserve(struct writer *w, struct store_batch *b)
{
    refuse(b, false, RC_LIMIT, "STORE-001");
    for (struct store_op *op = b->first; op; op = op->next)
        front_cut_result(w->front, op);
}

/*
 * Make sure that what is left of the batch fits behind the `pending` bytes of this group.
 * false: it needs the next segment, so the group must be committed first.
 */
static bool admit(struct writer *w, struct store_batch *b, uint64_t pending)
{
    struct err e;
    if (batch_bytes(b) > w->max_batch)
        refuse(b, true, RC_LIMIT, "STORE-002");
    if (!w->may_take(w->ctx))
        refuse(b, false, RC_LIMIT, "STORE-001");
    /* twice, because a prepared segment may be smaller than this one */
    for (int turn = 0; turn < 2; turn++) {
        /* the reserve is touched only when it is known that there is a next segment */
        if (batch_bytes(b) + w->reserve > room(w) && spare_decide(w->spare) == SPARE_FULL)
            live_on_reserve(w, b);
        if (batch_bytes(b) <= room(w))
            return true;
        if (pending)
            return false;
        enum rc rc = next_segment(w, &e);
        if (w->failed)
            return true;
        if (rc == RC_LIMIT)
            live_on_reserve(w, b);
        else if (rc)
            fail(w, e.sys, "continued");
    }
    if (batch_bytes(b) > room(w))
        refuse(b, true, RC_LIMIT, "STORE-001");
    return true;
}

/* ---- committing --------------------------------------------------------------------------- */

static const struct store_op *last_kept(const struct store_batch *b)
{
    const struct store_op *last = NULL;
    for (const struct store_op *op = b->first; op; op = op->next)
        if (front_record(op))
            last = op;
    return last;
}

static void add_batch(struct writer *w, struct store_batch *b, int64_t now, uint32_t *group)
{
    const struct store_op *last = last_kept(b);
    for (struct store_op *op = b->first; op; op = op->next) {
        struct record *r = front_record(op);
        if (!r)
            continue;
        const struct record_place at = { .seq = w->pos.seq + 1,
                                         .at_ms = now,
                                         .group = (*group)++,
                                         .flags = op == last ? RECORD_BATCH_END : 0 };
        add_record(w, r, op->kind == STORE_INTAKE, &at);
        op->seq = at.seq;
        op->at_ms = now;
    }
}

static void settle_batch(struct writer *w, struct store_batch *b)
{
    for (struct store_op *op = b->first; op; op = op->next) {
        if (op->rc != RC_OK)
            continue;
        if (w->failed) {
            front_refuse(op, RC_IO, "STORE-030");
            op->seq = 0;
            continue;
        }
        count(&w->stats.n_messages, op->kind == STORE_INTAKE);
        count(&w->stats.n_refused, op->kind == STORE_INTAKE && op->intake->state == INTAKE_REFUSED);
    }
}

/* Commit batches from the head of the list; the rest of the list. */
static struct store_batch *commit_some(struct writer *w, struct store_batch *list)
{
    int64_t now = clock_now_ms(w->host.clock);
    struct store_batch *b = list;
    uint64_t bytes = 0;
    uint32_t group = 0;
    for (; b && bytes < COMMIT_BYTES && !w->failed; b = b->next) {
        if (!admit(w, b, bytes))
            break;
        if (bytes == 0 && group == 0)
            begin_write(w);
        bytes += batch_bytes(b);
        add_batch(w, b, now, &group);
    }
    if (group && !w->failed) {
        sync_now(w);
        count(&w->stats.commits, 1);
        count(&w->stats.bytes, bytes);
    }
    if (group && !w->failed)
        publish(w);
    while (list != b) {
        struct store_batch *next = list->next;
        settle_batch(w, list);
        front_answer(w->front, list);
        list = next;
    }
    update_full(w);
    return b;
}

static void write_loop(void *ctx)
{
    struct writer *w = ctx;
    bool closed = false;
    while (!closed) {
        struct store_batch *list = front_take(w->front, UINT64_MAX, &closed);
        if (!list && !closed)
            update_full(w);
        while (list && !w->failed)
            list = commit_some(w, list);
        while (list) {
            struct store_batch *next = list->next;
            settle_batch(w, list);
            front_answer(w->front, list);
            list = next;
        }
    }
    /* damage to the last real commit is told from an unfinished one by what stands behind it */
    struct err e;
    if (!w->failed && w->unproven && room(w) > 0)
        (void)checkpoint(w, false, &e); /* a failure was reported through fatal */
}

/* ---- start and stop ----------------------------------------------------------------------- */

static enum rc claim_first(struct writer *w, struct err *e)
{
    uint64_t number = 0;
    uint64_t size = 0;
    int fd = -1;
    enum rc rc = spare_claim(w->spare, &number, &fd, &size, e);
    return rc ? rc : enter(w, number, fd, size, e);
}

static enum rc open_last(struct writer *w, struct err *e)
{
    struct segment seg;
    bool there = segments_from(w->segments, w->pos.at.segment, &seg);
    ZS_ASSERT(there);
    w->size = seg.size;
    return segment_open(w->segments->dir_fd, seg.number, O_RDWR, &w->fd, e);
}

enum rc writer_init(struct writer *w, const struct recovered *from, struct err *e)
{
    w->fd = -1;
    w->pos = from->pos;
    memcpy(w->link, from->link, sizeof w->link);
    w->first_seq = from->first_seq;
    w->n_records = from->n_records;
    w->n_messages = from->n_messages;
    w->begun = true;
    w->sha = sha256_new();
    w->iov = mem_array(struct iovec, JOURNAL_IOV);
    w->head = mem_alloc(SEGMENT_HEAD);
    w->zeros = mem_zero(SEGMENT_HEAD);
    if (!w->sha || !w->iov || !w->head || !w->zeros)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the journal");
    atomic_store_explicit(&w->stats.last_seq, w->pos.seq, memory_order_relaxed);
    bool fresh = from->fresh || from->closed;
    if (spare_look(w->spare) == SPARE_NONE)
        spare_request(w->spare, from->fresh ? 1 : from->pos.at.segment + 1);
    return fresh ? claim_first(w, e) : open_last(w, e);
}

enum rc writer_start(struct writer *w, struct err *e)
{
    enum rc rc = thread_start(&w->thread, "store-writer", write_loop, w, e);
    w->started = !rc;
    return rc;
}

void writer_stop(struct writer *w, struct recovered *left)
{
    thread_join(&w->thread);
    bool sure = w->started && !w->failed && w->begun && w->unproven == 0 && w->n_records > 0;
    *left = (struct recovered){ .fresh = !sure,
                                .pos = w->pos,
                                .first_seq = w->first_seq,
                                .n_records = w->n_records,
                                .n_messages = w->n_messages };
    memcpy(left->link, w->link, sizeof left->link);
    if (w->fd >= 0)
        (void)close(w->fd); /* everything in it is synced, or the failure was reported */
    w->fd = -1;
    sha256_free(&w->sha);
    mem_free(w->iov);
    mem_free(w->head);
    mem_free(w->zeros);
}
