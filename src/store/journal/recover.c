/*
 * Recovery of the last segment. Crash argument: docs/internals/journal.md. Tests:
 * ../journal_test.c, tests/torture/store_crash.c
 */
#include "store/journal/recover.h"

#include "base/alloc.h"

#include <fcntl.h>

struct recovery {
    struct scan scan;
    const struct journal_io *io;
    void (*notice)(void *ctx, const struct err *e);
    void *ctx;
    const char *store_id;
    uint64_t size;            /* of the segment looked at */
    bool headless;            /* its first block is not whole */
    struct record_head first; /* its first record */
    struct recovered now;     /* behind the last whole record */
    struct recovered keep;    /* behind the last whole batch */
    bool chain_known;
};

static void report_damage(struct recovery *r, uint64_t from, uint64_t to, const char *what)
{
    struct err e;
    err_set(&e, RC_PEER, "STORE-032", "segment %llu, bytes %llu to %llu: %s, after sequence %llu",
            (unsigned long long)r->scan.pos.at.segment, (unsigned long long)from,
            (unsigned long long)to, what, (unsigned long long)r->now.pos.seq);
    r->notice(r->ctx, &e);
}

static void accept(struct recovery *r, const struct scan_item *item)
{
    struct recovered *n = &r->now;
    const struct record_head *h = &item->head;
    if (r->chain_known &&
        (h->seq != n->pos.seq + 1 || memcmp(h->prev, n->link, sizeof n->link) != 0))
        report_damage(r, item->at.offset, item->at.offset + h->length,
                      "the chain does not reach this record");
    struct record_checkpoint c;
    n->closed = h->kind == STORE_CHECKPOINT &&
                record_read_checkpoint(h, item->bytes, &c, NULL) == RC_OK && c.closes;
    record_link(item->bytes, r->scan.sha, n->link);
    n->pos =
        (struct position){ .at = { item->at.segment, item->at.offset + h->length }, .seq = h->seq };
    if (n->first_seq == 0) {
        n->first_seq = h->seq;
        r->first = *h;
    }
    n->n_records++;
    n->n_messages += h->kind == STORE_INTAKE;
    r->chain_known = true;
    if (h->flags & RECORD_BATCH_END)
        r->keep = *n;
}

/*
 * No whole record at now.pos: find out whether the journal ends here (RC_MISSING) or is damaged
 * and goes on (RC_OK, *item is the record it goes on with).
 */
static enum rc judge(struct recovery *r, struct scan_item *item, struct err *e)
{
    uint64_t from = r->now.pos.at.offset;
    uint64_t expected = r->now.pos.seq + 1;
    uint64_t at = from;
    enum rc rc;
    while ((rc = scan_find(&r->scan, at, r->size, expected, item, e)) == RC_OK) {
        /* a record of a later commit proves that what is missing had been synced */
        if (item->head.seq - size_min((size_t)item->head.seq, item->head.group) > expected) {
            report_damage(r, from, item->at.offset, "damaged");
            r->chain_known = false;
            return RC_OK;
        }
        at = item->at.offset + item->head.length;
    }
    return rc;
}

static enum rc walk(struct recovery *r, struct err *e)
{
    struct scan_item item;
    enum rc rc = RC_OK;
    while (!rc && !r->now.closed) {
        rc = scan_at(&r->scan, r->now.pos.at.offset, r->size, &item, e);
        if (rc == RC_MISSING || (rc == RC_OK && item.head.seq <= r->now.pos.seq))
            rc = judge(r, &item, e);
        if (!rc)
            accept(r, &item);
    }
    return rc == RC_MISSING ? RC_OK : rc;
}

/* ---- cutting ------------------------------------------------------------------------------ */

#define ZEROS ((size_t)1 << 20)

static bool is_zero(const char *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static enum rc zero(const struct recovery *r, int fd, uint64_t at, char *zeros, size_t n,
                    struct err *e)
{
    memset(zeros, 0, n);
    struct iovec v = { zeros, n };
    int code = r->io->write(r->io, fd, &v, 1, (off_t)at);
    return code ? err_sys(e, "STORE-030", code, "an unfinished commit cannot be cut") : RC_OK;
}

/* Make everything from `from` on zero; *last: behind the last byte that was not. */
static enum rc clear_from(const struct recovery *r, int fd, uint64_t from, uint64_t *last,
                          struct err *e)
{
    char *block = mem_alloc(ZEROS);
    if (!block)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to cut the journal");
    enum rc rc = RC_OK;
    *last = from;
    for (uint64_t at = from; !rc && at < r->size; at += ZEROS) {
        size_t n = (size_t)(r->size - at < ZEROS ? r->size - at : ZEROS);
        size_t got = 0;
        rc = segment_read(fd, at, block, n, &got, e);
        if (rc || is_zero(block, got))
            continue;
        *last = at + got;
        rc = zero(r, fd, at, block, got, e);
    }
    mem_free(block);
    return rc;
}

/* A first commit may survive without the block written together with it: its records tell all. */
static enum rc rewrite_head(const struct recovery *r, int fd, uint64_t number, struct err *e)
{
    unsigned char block[SEGMENT_HEAD];
    struct segment_head h = { .number = number,
                              .first_seq = r->keep.first_seq,
                              .created_at = r->first.at_ms };
    memcpy(h.store_id, r->store_id, sizeof h.store_id);
    memcpy(h.prev, r->first.prev, sizeof h.prev);
    segment_head_write(&h, block);
    struct iovec v = { block, sizeof block };
    int code = r->io->write(r->io, fd, &v, 1, 0);
    return code ? err_sys(e, "STORE-030", code, "a segment's first block cannot be written")
                : RC_OK;
}

/*
 * Cut behind the last whole batch and make what is kept durable: after kill -9 it may still be in
 * the page cache only, and from now on it counts as committed.
 */
static enum rc cut_and_sync(struct recovery *r, uint64_t segment, uint64_t from, struct err *e)
{
    int fd = -1;
    uint64_t last = from;
    enum rc rc = segment_open(r->scan.segments->dir_fd, segment, O_RDWR, &fd, e);
    if (rc)
        return rc;
    rc = clear_from(r, fd, from, &last, e);
    if (!rc && r->headless && r->keep.n_records)
        rc = rewrite_head(r, fd, segment, e);
    int code = rc ? 0 : r->io->sync(r->io, fd);
    if (code)
        rc = err_sys(e, "STORE-030", code, "the journal cannot be synced");
    if (close(fd) != 0 && !rc)
        rc = err_set(e, RC_IO, "STORE-030", "the journal cannot be synced");
    r->keep.cut_bytes += last - from;
    return rc;
}

static void report_cut(struct recovery *r)
{
    struct err e;
    err_set(&e, RC_IO, "STORE-031",
            "an unfinished commit of at most %llu bytes was cut after sequence %llu",
            (unsigned long long)r->keep.cut_bytes, (unsigned long long)r->keep.pos.seq);
    r->notice(r->ctx, &e);
}

/* ---- the last segments -------------------------------------------------------------------- */

/* What its first block says of the chain before it. */
static enum rc begin_segment(struct recovery *r, const struct segment *seg, struct err *e)
{
    char block[SEGMENT_HEAD];
    struct segment_head h;
    size_t got = 0;
    r->now = (struct recovered){ .pos = { .at = { seg->number, SEGMENT_HEAD } } };
    r->chain_known = false;
    enum rc rc = scan_enter(&r->scan, seg->number, e);
    if (rc)
        return rc;
    r->size = r->scan.size;
    rc = segment_read(r->scan.fd, 0, block, sizeof block, &got, e);
    if (rc)
        return rc;
    r->headless = segment_head_read(str_of(block, got), &h, NULL) != RC_OK;
    if (!r->headless) {
        r->now.pos.seq = h.first_seq - 1;
        memcpy(r->now.link, h.prev, sizeof h.prev);
        r->chain_known = true;
    }
    uint64_t cut = r->keep.cut_bytes;
    r->keep = r->now;
    r->keep.cut_bytes = cut;
    return RC_OK;
}

static enum rc unreadable(const struct segment *seg, struct err *e)
{
    return err_set(e, RC_PEER, "STORE-032", "segment %llu holds nothing that can be read",
                   (unsigned long long)seg->number);
}

/*
 * RC_OK: the journal ends in this segment. RC_MISSING: it holds no whole batch; it is zeroed and
 * waits for use.
 */
static enum rc recover_segment(struct recovery *r, struct segment *seg, bool last, struct err *e)
{
    enum rc rc = begin_segment(r, seg, e);
    if (!rc)
        rc = walk(r, e);
    if (rc)
        return rc;
    bool holds = r->keep.n_records > 0;
    if (!holds && !last)
        return unreadable(seg, e);
    rc = cut_and_sync(r, seg->number, holds ? r->keep.pos.at.offset : 0, e);
    if (rc)
        return rc;
    seg->prepared = !holds;
    seg->first_seq = holds ? r->keep.first_seq : 0;
    return holds ? RC_OK : RC_MISSING;
}

static enum rc recover_last(struct recovery *r, struct err *e)
{
    struct segments *s = r->scan.segments;
    enum rc rc = RC_MISSING;
    for (size_t i = s->n; i > 0 && rc == RC_MISSING && i + 2 > s->n; i--)
        rc = recover_segment(r, &s->list[i - 1], i == s->n, e);
    if (rc != RC_MISSING)
        return rc;
    r->keep.fresh = true;
    return RC_OK;
}

enum rc recover_journal(struct segments *segments, const struct journal_io *io,
                        const char *store_id, size_t max_record,
                        void (*notice)(void *ctx, const struct err *e), void *ctx,
                        struct recovered *out, struct err *e)
{
    struct recovery r = { .io = io, .store_id = store_id, .notice = notice, .ctx = ctx };
    enum rc rc = scan_init(&r.scan, segments, max_record, e);
    if (rc)
        return rc;
    rc = recover_last(&r, e);
    scan_done(&r.scan);
    if (rc)
        return rc;
    if (r.keep.cut_bytes)
        report_cut(&r);
    r.keep.pos.link = position_link(r.keep.link);
    *out = r.keep;
    return RC_OK;
}
