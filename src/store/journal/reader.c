/* Readers. Tests: contract_test.c, journal_test.c */
#include "store/journal/reader.h"

#include "base/alloc.h"

#include <fcntl.h>

#define SCRATCH ((size_t)512 << 20)

/* ---- the pool ----------------------------------------------------------------------------- */

enum rc readers_init(struct readers *p, struct index *index, struct segments *segments,
                     size_t max_record, struct err *e)
{
    mutex_init(&p->lock, "store-readers", JOURNAL_RANK_READERS);
    cond_init(&p->free);
    for (size_t i = 0; i < READERS; i++) {
        struct reader *r = &p->reader[i];
        *r = (struct reader){ .index = index, .segments = segments, .max_record = max_record };
        for (size_t k = 0; k < READER_SEGMENTS; k++)
            r->segment[k].fd = -1;
    }
    for (size_t i = 0; i < READERS; i++) {
        struct reader *r = &p->reader[i];
        r->sha = sha256_new();
        r->postings = mem_array(struct posting, PAGE_POSTINGS);
        r->scratch = arena_new("store reader", 0, SCRATCH);
        if (!r->sha || !r->postings || !r->scratch)
            return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for readers");
    }
    return RC_OK;
}

static void close_files(struct reader *r)
{
    for (size_t i = 0; i < READER_DAYS; i++) {
        if (r->day[i].open)
            day_close(&r->day[i].day);
        r->day[i].open = false;
    }
    if (r->state_open)
        state_close(&r->state);
    r->state_open = false;
}

void readers_done(struct readers *p)
{
    for (size_t i = 0; i < READERS; i++) {
        struct reader *r = &p->reader[i];
        ZS_ASSERT(!r->busy);
        close_files(r);
        for (size_t k = 0; k < READER_SEGMENTS; k++)
            if (r->segment[k].fd >= 0)
                (void)close(r->segment[k].fd); /* read only */
        sha256_free(&r->sha);
        mem_free(r->postings);
        arena_free(&r->scratch);
    }
    cond_done(&p->free);
    mutex_done(&p->lock);
}

static struct reader *find_free(struct readers *p)
{
    for (size_t i = 0; i < READERS; i++)
        if (!p->reader[i].busy)
            return &p->reader[i];
    return NULL;
}

enum rc reader_take(struct readers *p, struct reader **out, struct err *e)
{
    struct reader *r;
    mutex_lock(&p->lock);
    while ((r = find_free(p)) == NULL)
        cond_wait(&p->free, &p->lock);
    r->busy = true;
    mutex_unlock(&p->lock);
    /* files that were replaced must not be read on */
    uint64_t epoch = atomic_load_explicit(&r->index->epoch, memory_order_acquire);
    if (epoch != r->epoch)
        close_files(r);
    r->epoch = epoch;
    r->view = (struct view){ 0 };
    enum rc rc = tail_hold(r->index->tail, r->scratch, &r->view, e);
    if (rc) {
        reader_give(p, r);
        return rc;
    }
    *out = r;
    return RC_OK;
}

void reader_give(struct readers *p, struct reader *r)
{
    for (size_t i = 0; i < READER_DAYS; i++)
        if (r->day[i].open)
            day_rollback(&r->day[i].day); /* ends the read transaction */
    if (r->state_open)
        state_rollback(&r->state);
    tail_release(&r->view);
    arena_clear(r->scratch);
    mutex_lock(&p->lock);
    r->busy = false;
    cond_signal(&p->free);
    mutex_unlock(&p->lock);
}

/* ---- files -------------------------------------------------------------------------------- */

enum rc reader_state(struct reader *r, struct err *e)
{
    enum rc rc = RC_OK;
    if (!r->state_open) {
        rc = state_open_read(&r->state, r->index->path, e);
        r->state_open = !rc;
    }
    if (!rc)
        rc = db_exec(&r->state.db, "BEGIN", e);
    return rc ? rc : state_read_mark(&r->state, e);
}

enum rc reader_day(struct reader *r, int64_t number, struct day **out, struct err *e)
{
    size_t oldest = 0;
    for (size_t i = 0; i < READER_DAYS; i++) {
        if (r->day[i].open && r->day[i].day.number == number) {
            oldest = i;
            break;
        }
        if (!r->day[i].open || (r->day[oldest].open && r->day[i].used < r->day[oldest].used))
            oldest = i;
    }
    struct day *d = &r->day[oldest].day;
    if (r->day[oldest].open && d->number != number) {
        day_rollback(d);
        day_close(d);
        r->day[oldest].open = false;
    }
    enum rc rc = RC_OK;
    if (!r->day[oldest].open) {
        rc = day_open_read(d, r->index->path, number, e);
        r->day[oldest].open = !rc;
    }
    if (!rc)
        rc = day_read(d, e);
    r->day[oldest].used = ++r->uses;
    if (!rc)
        *out = d;
    return rc;
}

static enum rc segment_fd(struct reader *r, uint64_t number, int *fd, struct err *e)
{
    size_t oldest = 0;
    for (size_t i = 0; i < READER_SEGMENTS; i++) {
        if (r->segment[i].fd >= 0 && r->segment[i].number == number) {
            r->segment[i].used = ++r->uses;
            *fd = r->segment[i].fd;
            return RC_OK;
        }
        if (r->segment[i].fd < 0 ||
            (r->segment[oldest].fd >= 0 && r->segment[i].used < r->segment[oldest].used))
            oldest = i;
    }
    int got = -1;
    enum rc rc = segment_open(r->segments->dir_fd, number, O_RDONLY, &got, e);
    if (rc)
        return rc;
    if (r->segment[oldest].fd >= 0)
        (void)close(r->segment[oldest].fd); /* read only */
    r->segment[oldest].fd = got;
    r->segment[oldest].number = number;
    r->segment[oldest].used = ++r->uses;
    *fd = got;
    return RC_OK;
}

enum rc reader_record(struct reader *r, struct place at, uint32_t length, uint64_t seq,
                      struct arena *a, struct record_head *head, struct str *bytes, struct err *e)
{
    int fd = -1;
    size_t got = 0;
    struct record_head h;
    enum rc rc = segment_fd(r, at.segment, &fd, e);
    if (rc)
        return rc;
    char *p = length <= r->max_record ? arena_raw(a, length) : NULL;
    if (!p)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a record");
    rc = segment_read(fd, at.offset, p, length, &got, e);
    if (rc)
        return rc;
    struct str s = str_of(p, got);
    if (record_head(s, length, &h) != RECORD_GOOD || h.length != length || h.seq != seq ||
        got < length || !record_check(&h, s))
        return err_set(e, RC_PEER, "STORE-012", "record %llu is damaged (segment %llu, byte %llu)",
                       (unsigned long long)seq, (unsigned long long)at.segment,
                       (unsigned long long)at.offset);
    *head = h;
    *bytes = s;
    return RC_OK;
}

/* ---- messages ----------------------------------------------------------------------------- */

const struct tail_msg *reader_tail_msg(const struct reader *r, uint64_t seq)
{
    for (size_t i = 0; i < r->view.n; i++) {
        const struct block *b = r->view.block[i];
        if (seq <= b->from.seq || seq > b->to.seq)
            continue;
        size_t low = 0;
        size_t high = b->n_msgs;
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (b->msg[mid].seq < seq)
                low = mid + 1;
            else
                high = mid;
        }
        return low < b->n_msgs && b->msg[low].seq == seq ? &b->msg[low] : NULL;
    }
    return NULL;
}

static enum rc missing(struct err *e)
{
    return err_set(e, RC_MISSING, "STORE-011", "there is no such message");
}

/* Go through the segment: the day's file is being made again. */
static enum rc locate_slowly(struct reader *r, uint64_t seq, struct place *at, uint32_t *length,
                             struct err *e)
{
    struct segment seg;
    struct scan scan;
    struct scan_item item = { .what = SCAN_RECORD };
    struct position end = tail_end(r->index->tail);
    if (!segments_of_seq(r->segments, seq, &seg))
        return missing(e);
    enum rc rc = scan_init(&scan, r->segments, r->max_record, e);
    if (rc)
        return rc;
    const struct position from = { .at = { seg.number, SEGMENT_HEAD }, .seq = seg.first_seq - 1 };
    scan_seek(&scan, &from);
    while (!rc && item.what != SCAN_END && scan.pos.seq < seq)
        rc = scan_next(&scan, &end.at, &item, e);
    if (!rc && item.what == SCAN_RECORD && item.head.seq == seq && item.head.kind == STORE_INTAKE) {
        *at = item.at;
        *length = item.head.length;
    } else if (!rc) {
        rc = missing(e);
    }
    scan_done(&scan);
    return rc;
}

enum rc reader_locate(struct reader *r, uint64_t seq, struct place *at, uint32_t *length,
                      struct err *e)
{
    const struct tail_msg *m = reader_tail_msg(r, seq);
    struct state_day known;
    struct day *d = NULL;
    struct row row;
    if (m) {
        *at = m->at;
        *length = m->length;
        return RC_OK;
    }
    if (seq == 0 || seq > r->view.indexed || !index_day_of(r->index, seq, &known))
        return missing(e);
    if (!known.whole)
        return locate_slowly(r, seq, at, length, e);
    enum rc rc = reader_day(r, known.number, &d, e);
    if (!rc)
        rc = day_row(d, seq, r->scratch, &row, e);
    if (rc)
        return rc == RC_MISSING ? missing(e) : rc;
    *at = row.at;
    *length = row.length;
    return RC_OK;
}

enum rc reader_message(struct reader *r, uint64_t seq, const struct state_place *known,
                       struct arena *a, struct store_message *out, struct err *e)
{
    struct place at = { 0, 0 };
    uint32_t length = 0;
    struct record_head head;
    struct str bytes;
    enum rc rc = RC_OK;
    if (known && known->length) {
        at = known->at;
        length = known->length;
    } else {
        rc = reader_locate(r, seq, &at, &length, e);
    }
    if (!rc)
        rc = reader_record(r, at, length, seq, a, &head, &bytes, e);
    if (rc)
        return rc;
    struct store_message m = { .seq = head.seq, .at_ms = head.at_ms };
    if (!record_check_hashes(&head, bytes, r->sha))
        return err_set(e, RC_PEER, "STORE-012", "record %llu is damaged", (unsigned long long)seq);
    rc = record_intake(&head, bytes, a, &m.intake, e);
    if (rc)
        return rc;
    record_link(bytes, r->sha, m.link);
    *out = m;
    return RC_OK;
}
