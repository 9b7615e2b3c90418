/*
 * The offline proof. It reads with the same scan as everything else and judges what that passes
 * over. Tests: verify_test.c, tests/torture/store_crash.c
 */
#include "store/verify.h"

#include "base/alloc.h"
#include "store/datadir.h"
#include "store/journal/scan.h"

#include <fcntl.h>

#define PROGRESS_EVERY ((uint64_t)4 << 20)

/* Where the chain stands. */
struct chain {
    uint64_t seq;
    unsigned char link[RECORD_LINK];
    bool known; /* the link is one that was read, or the chain's beginning */
    uint64_t segment;
    uint64_t first_seq; /* of the segment */
    uint64_t n_records; /* in the segment */
    uint64_t n_messages;
    bool gaps; /* the segment has lost some: its counts mean nothing */
    bool closed;
};

struct proof {
    struct scan scan;
    struct segments segments;
    struct chain now;
    struct chain keep;           /* behind the last whole batch */
    struct verify_report report; /* of everything read */
    struct verify_report whole;  /* behind the last whole batch */
    uint64_t last_segment;
    struct place gap; /* an open question: damage, or an unfinished commit? */
    bool has_gap;
    uint64_t tail_from; /* in the last segment: behind the last whole batch */
    verify_progress *progress;
    void *ctx;
    uint64_t total;
    uint64_t read;
    uint64_t shown;
};

static void bad(struct proof *p, struct place at, uint64_t seq, const char *what)
{
    if (p->report.n_bad++)
        return;
    p->report.bad_segment = at.segment;
    p->report.bad_offset = at.offset;
    p->report.bad_seq = seq;
    err_set(&p->report.bad, RC_PEER, "STORE-032", "segment %llu, byte %llu, record %llu: %s",
            (unsigned long long)at.segment, (unsigned long long)at.offset, (unsigned long long)seq,
            what);
}

/* ---- segments ----------------------------------------------------------------------------- */

static enum rc read_block(struct proof *p, uint64_t number, char block[SEGMENT_HEAD], size_t *got,
                          struct err *e)
{
    int fd = -1;
    enum rc rc = segment_open(p->segments.dir_fd, number, O_RDONLY, &fd, e);
    if (rc)
        return rc;
    rc = segment_read(fd, 0, block, SEGMENT_HEAD, got, e);
    (void)close(fd); /* read only */
    return rc;
}

static void judge_head(struct proof *p, uint64_t number, const struct segment_head *h)
{
    const struct place at = { number, 0 };
    struct chain *c = &p->now;
    if (c->known && h->first_seq != c->seq + 1)
        bad(p, at, c->seq + 1, "the segment begins with another record than is due");
    else if (c->known && memcmp(h->prev, c->link, sizeof c->link) != 0)
        bad(p, at, c->seq + 1, "the segment does not follow the one before it");
    if (!c->known) {
        c->seq = h->first_seq - 1;
        memcpy(c->link, h->prev, sizeof c->link);
        c->known = true;
    }
}

/* The first record of a segment: look at the block in front of it, and at how the last one ended.
 */
static enum rc enter_segment(struct proof *p, uint64_t number, struct err *e)
{
    char block[SEGMENT_HEAD];
    struct segment_head h;
    struct err why;
    size_t got = 0;
    struct chain *c = &p->now;
    if (c->segment && !c->closed)
        bad(p, (struct place){ c->segment, 0 }, c->seq + 1,
            "the segment has no closing checkpoint, yet there is a next one");
    if (c->segment && number != c->segment + 1)
        bad(p, (struct place){ number, 0 }, c->seq + 1, "a segment is missing before this one");
    enum rc rc = read_block(p, number, block, &got, e);
    if (rc)
        return rc;
    rc = segment_head_read(str_of(block, got), &h, &why);
    if (rc == RC_VALUE) {
        if (e)
            *e = why;
        return rc;
    }
    if (rc)
        bad(p, (struct place){ number, 0 }, c->seq + 1, "the segment's first block is damaged");
    else
        judge_head(p, number, &h);
    c->segment = number;
    c->first_seq = c->seq + 1;
    c->n_records = c->n_messages = 0;
    c->closed = c->gaps = false;
    p->report.n_segments++;
    return RC_OK;
}

/* ---- records ------------------------------------------------------------------------------ */

static void judge_checkpoint(struct proof *p, const struct scan_item *item)
{
    struct record_checkpoint k;
    const struct chain *c = &p->now;
    if (record_read_checkpoint(&item->head, item->bytes, &k, NULL)) {
        bad(p, item->at, item->head.seq, "the checkpoint cannot be read");
        return;
    }
    p->report.n_checkpoints++;
    p->now.closed = k.closes;
    if (c->gaps)
        return; /* told already */
    if (k.segment != item->at.segment || k.first_seq != c->first_seq ||
        k.n_records != c->n_records || k.n_messages != c->n_messages)
        bad(p, item->at, item->head.seq, "the checkpoint does not count what the segment holds");
}

static void judge_record(struct proof *p, const struct scan_item *item)
{
    struct chain *c = &p->now;
    const struct record_head *h = &item->head;
    if (c->known && h->seq != c->seq + 1)
        bad(p, item->at, c->seq + 1, "records are missing before this one");
    else if (c->known && memcmp(h->prev, c->link, sizeof c->link) != 0)
        bad(p, item->at, h->seq, "the record does not carry the link of the one before it");
    if (!record_check_hashes(h, item->bytes, p->scan.sha))
        bad(p, item->at, h->seq, "the record's content does not match its hashes");
    if (h->kind == STORE_CHECKPOINT)
        judge_checkpoint(p, item);
    p->report.n_messages += h->kind == STORE_INTAKE;
    p->report.n_outcomes += h->kind == STORE_OUTCOMES;
    p->report.n_acts += h->kind == STORE_ACT;
    p->report.n_calls += h->kind == STORE_EXEC;
    p->report.n_records++;
    p->report.bytes += h->length;
    p->report.last_seq = h->seq;
    if (p->report.first_seq == 0)
        p->report.first_seq = h->seq;
    c->n_records++;
    c->n_messages += h->kind == STORE_INTAKE;
    c->seq = h->seq;
    c->known = true;
    record_link(item->bytes, p->scan.sha, c->link);
    memcpy(p->report.last_link, c->link, sizeof c->link);
}

/* In the last segment a gap may be an unfinished commit: what follows it then is of the same. */
static bool is_unfinished(const struct proof *p, const struct scan_item *item)
{
    return item->at.segment == p->last_segment &&
           item->head.seq - size_min((size_t)item->head.seq, item->head.group) <= p->now.seq + 1;
}

static enum rc take_record(struct proof *p, const struct scan_item *item, struct err *e)
{
    if (p->has_gap) {
        if (is_unfinished(p, item))
            return RC_OK; /* a record of a later commit may yet prove that this was damage */
        bad(p, p->gap, p->now.seq + 1, "the journal is damaged here");
        p->now.known = false;
        p->now.gaps = true;
        p->has_gap = false;
    }
    if (item->at.segment != p->now.segment) {
        bool begins_late = item->at.offset > SEGMENT_HEAD;
        enum rc rc = enter_segment(p, item->at.segment, e);
        if (rc)
            return rc;
        p->now.gaps = begins_late;
    }
    judge_record(p, item);
    if (item->head.flags & RECORD_BATCH_END) {
        p->keep = p->now;
        p->whole = p->report;
        p->tail_from = item->at.offset + item->head.length;
    }
    return RC_OK;
}

static void show_progress(struct proof *p, uint64_t length)
{
    p->read += length;
    if (!p->progress || p->read - p->shown < PROGRESS_EVERY)
        return;
    p->shown = p->read;
    p->progress(p->ctx, p->read, p->total);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum rc walk(struct proof *p, struct err *e)
{
    struct segment first;
    if (!segments_from(&p->segments, 0, &first))
        return RC_OK;
    const struct position from = { .at = { first.number, SEGMENT_HEAD } };
    scan_seek(&p->scan, &from);
    /* a journal begins with a link of zeros; after retention the first segment's block tells */
    p->now.known = first.number == 1;
    for (;;) {
        struct scan_item item;
        enum rc rc = scan_next(&p->scan, NULL, &item, e);
        if (rc)
            return rc;
        if (item.what == SCAN_END)
            break;
        /* a missing segment is told where the next one is entered */
        if (item.what == SCAN_GAP && !p->has_gap && !item.missing) {
            p->gap = item.at;
            p->has_gap = true;
        }
        if (item.what == SCAN_GAP)
            continue;
        rc = take_record(p, &item, e);
        if (rc)
            return rc;
        show_progress(p, item.head.length);
    }
    return RC_OK;
}

/* Bytes that are not zero behind the last whole batch. */
static enum rc measure_tail(struct proof *p, struct err *e)
{
    char block[SEGMENT_HEAD];
    int fd = -1;
    size_t got = sizeof block;
    uint64_t last = p->tail_from;
    if (p->last_segment == 0 || p->keep.segment != p->last_segment)
        return RC_OK;
    enum rc rc = segment_open(p->segments.dir_fd, p->last_segment, O_RDONLY, &fd, e);
    if (rc)
        return rc;
    for (uint64_t at = p->tail_from; !rc && got == sizeof block; at += got) {
        rc = segment_read(fd, at, block, sizeof block, &got, e);
        for (size_t i = 0; !rc && i < got; i++)
            if (block[i])
                last = at + i + 1;
    }
    (void)close(fd); /* read only */
    p->whole.tail_bytes = last - p->tail_from;
    return rc;
}

static enum rc prove(struct proof *p, struct err *e)
{
    for (size_t i = 0; i < p->segments.n; i++)
        p->total += p->segments.list[i].size;
    for (size_t i = p->segments.n; i > 0 && !p->last_segment; i--)
        if (!p->segments.list[i - 1].prepared)
            p->last_segment = p->segments.list[i - 1].number;
    enum rc rc = scan_init(&p->scan, &p->segments, UINT32_MAX, e);
    if (rc)
        return rc;
    rc = walk(p, e);
    scan_done(&p->scan);
    /* a gap up to the end of a segment that is not the last one */
    if (!rc && p->has_gap && p->gap.segment != p->last_segment)
        bad(p, p->gap, p->now.seq + 1, "the journal is damaged here");
    /* what is wrong was found in what counts, or behind it: both are told */
    p->whole.n_bad = p->report.n_bad;
    p->whole.bad_segment = p->report.bad_segment;
    p->whole.bad_offset = p->report.bad_offset;
    p->whole.bad_seq = p->report.bad_seq;
    p->whole.bad = p->report.bad;
    return rc ? rc : measure_tail(p, e);
}

static void on_bad_head(void *ctx, uint64_t number, const struct err *e)
{
    /* the walk finds it again, with its place in the chain */
    (void)ctx;
    (void)number;
    (void)e;
}

enum rc store_verify(const char *dir, verify_progress *progress, void *ctx,
                     struct verify_report *out, struct err *e)
{
    struct datadir *d = NULL;
    enum rc rc = datadir_peek(dir, &d, e);
    if (rc)
        return rc;
    if (datadir_journal_fd(d) < 0) {
        datadir_close(&d);
        return err_set(e, RC_MISSING, "STORE-024", "there is no journal in %s", dir);
    }
    struct proof p = { .progress = progress, .ctx = ctx };
    rc = segments_load(&p.segments, datadir_journal_fd(d), datadir_identity(d)->store_id,
                       on_bad_head, NULL, e);
    if (!rc) {
        rc = prove(&p, e);
        segments_done(&p.segments);
    }
    datadir_close(&d);
    if (!rc)
        *out = p.whole;
    return rc;
}
