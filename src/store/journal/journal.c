/*
 * The backend put together: opening in order, closing in the opposite one, and the contract's
 * calls. Tests: contract_test.c, journal_test.c
 */
#include "store/journal/journal.h"

#include "base/alloc.h"
#include "store/journal/query.h"
#include "store/journal/writer.h"
#include "store/rules.h"

#include <fcntl.h>
#include <limits.h>

#define MB           ((uint64_t)1 << 20)
#define SEGMENT_MIN  ((uint64_t)64 << 10)
#define SEGMENT_MAX  ((uint64_t)2 << 30)
#define LAG_PATIENCE 1000 /* ms an intake waits for an indexer far behind before it is refused */

struct journal {
    struct store store; /* first */
    struct store_host host;
    struct journal_conf conf;
    uint64_t run_first;
    uint64_t start_lag; /* records the index was behind when this run began */
    char index_path[PATH_MAX];
    bool has_segments, has_spare, has_front, has_tail, has_index, has_readers, has_writer;
    struct segments segments;
    struct spare spare;
    struct front front;
    struct writer writer;
    struct tail tail;
    struct index index;
    struct readers readers;
};

static struct journal *self(struct store *s)
{
    return ZS_CONTAINER(s, struct journal, store);
}

/* ---- what the parts ask of one another ---------------------------------------------------- */

static void on_committed(void *ctx, const struct position *pos)
{
    struct journal *j = ctx;
    tail_committed(&j->tail, pos);
}

/*
 * Far behind, the indexer slows intake down: what is taken faster than it can be indexed would only
 * make every answer and the next start slower. What was behind already when this run began does not
 * count: it would keep a store from working while its index is made again.
 */
static bool may_take(void *ctx)
{
    struct journal *j = ctx;
    uint64_t most = j->conf.lag_records + j->start_lag;
    return tail_lag(&j->tail) <= most || tail_catch_up(&j->tail, most, LAG_PATIENCE);
}

static void on_spare_changed(void *ctx)
{
    struct journal *j = ctx;
    front_poke(&j->front); /* the writer sees whether intake is refused or taken now */
}

static void on_bad_segment(void *ctx, uint64_t number, const struct err *why)
{
    struct journal *j = ctx;
    struct err e;
    err_set(&e, RC_PEER, "STORE-032", "segment %llu: %s", (unsigned long long)number, why->text);
    j->host.notice(j->host.ctx, &e);
}

/* ---- the contract's calls ----------------------------------------------------------------- */

static void journal_append(struct store *st, struct store_batch *b)
{
    front_append(&self(st)->front, b);
}

static enum rc journal_read(struct store *st, uint64_t seq, struct arena *a,
                            struct store_message *out, struct err *e)
{
    struct journal *j = self(st);
    struct reader *r = NULL;
    enum rc rc = reader_take(&j->readers, &r, e);
    if (rc)
        return rc;
    rc = query_read(r, seq, a, out, e);
    reader_give(&j->readers, r);
    return rc;
}

static enum rc journal_events(struct store *st, uint64_t seq, struct arena *a,
                              struct store_event **out, size_t *n, struct err *e)
{
    struct journal *j = self(st);
    struct reader *r = NULL;
    enum rc rc = reader_take(&j->readers, &r, e);
    if (rc)
        return rc;
    rc = query_events(r, seq, a, out, n, e);
    reader_give(&j->readers, r);
    return rc;
}

static enum rc journal_search(struct store *st, const struct store_query *q, struct arena *a,
                              struct store_row **rows, size_t *n, bool *more, struct err *e)
{
    struct journal *j = self(st);
    struct reader *r = NULL;
    enum rc rc = reader_take(&j->readers, &r, e);
    if (rc)
        return rc;
    rc = query_search(r, q, a, rows, n, more, e);
    reader_give(&j->readers, r);
    return rc;
}

static enum rc journal_acts(struct store *st, uint64_t before, size_t limit, struct arena *a,
                            struct store_audit **out, size_t *n, struct err *e)
{
    struct journal *j = self(st);
    struct reader *r = NULL;
    enum rc rc = reader_take(&j->readers, &r, e);
    if (rc)
        return rc;
    rc = query_acts(r, before, limit, a, out, n, e);
    reader_give(&j->readers, r);
    return rc;
}

static enum rc journal_lanes(struct store *st, struct arena *a, struct store_lane **out, size_t *n,
                             struct err *e)
{
    struct journal *j = self(st);
    struct reader *r = NULL;
    enum rc rc = reader_take(&j->readers, &r, e);
    if (rc)
        return rc;
    rc = query_lanes(r, a, out, n, e);
    reader_give(&j->readers, r);
    return rc;
}

static enum rc journal_window(struct store *st, struct str lane, uint64_t after, size_t max,
                              size_t max_bytes, struct arena *a, struct store_waiting **out,
                              size_t *n, struct err *e)
{
    struct journal *j = self(st);
    struct reader *r = NULL;
    const struct query_window q = {
        .lane = lane, .after = after, .max = max, .max_bytes = max_bytes, .run_first = j->run_first
    };
    enum rc rc = reader_take(&j->readers, &r, e);
    if (rc)
        return rc;
    rc = query_window(r, &q, a, out, n, e);
    reader_give(&j->readers, r);
    return rc;
}

/*
 * Questions about executions are asked again when the index ran ahead of what the reader holds; see
 * exec_view.h.
 */
#define TRIES 16

struct question {
    enum rc (*ask)(const struct question *q, struct reader *r, struct err *e);
    const struct journal *j;
    struct arena *a;
    const struct store_exec_query *query;
    uint64_t seq;
    unsigned n;
    /* answers */
    struct store_exec_row **rows;
    size_t *n_rows;
    bool *more;
    struct store_exec_full *full;
    struct store_exec_stats *stats;
};

static enum rc answer(struct journal *j, const struct question *q, struct err *e)
{
    for (int i = 0; i < TRIES; i++) {
        struct reader *r = NULL;
        struct arena_mark mark = arena_mark(q->a);
        enum rc rc = reader_take(&j->readers, &r, e);
        if (rc)
            return rc;
        rc = q->ask(q, r, e);
        reader_give(&j->readers, r);
        if (rc != RC_AGAIN)
            return rc;
        arena_rewind(q->a, mark);
    }
    return err_set(e, RC_STATE, "STORE-034", "the index is changing");
}

static enum rc ask_execs(const struct question *q, struct reader *r, struct err *e)
{
    return query_execs(r, q->query, q->a, q->rows, q->n_rows, q->more, e);
}

static enum rc journal_execs(struct store *st, const struct store_exec_query *query,
                             struct arena *a, struct store_exec_row **rows, size_t *n, bool *more,
                             struct err *e)
{
    const struct question q = {
        .ask = ask_execs, .a = a, .query = query, .rows = rows, .n_rows = n, .more = more
    };
    return answer(self(st), &q, e);
}

static enum rc ask_exec_read(const struct question *q, struct reader *r, struct err *e)
{
    return query_exec_read(r, q->seq, q->n, q->a, q->full, e);
}

static enum rc journal_exec_read(struct store *st, uint64_t seq, unsigned n, struct arena *a,
                                 struct store_exec_full *out, struct err *e)
{
    const struct question q = { .ask = ask_exec_read, .a = a, .seq = seq, .n = n, .full = out };
    return answer(self(st), &q, e);
}

static enum rc ask_exec_open(const struct question *q, struct reader *r, struct err *e)
{
    return query_exec_open(r, q->j->run_first, q->a, q->rows, q->n_rows, e);
}

static enum rc journal_exec_open(struct store *st, struct arena *a, struct store_exec_row **rows,
                                 size_t *n, struct err *e)
{
    const struct question q = {
        .ask = ask_exec_open, .j = self(st), .a = a, .rows = rows, .n_rows = n
    };
    return answer(self(st), &q, e);
}

static enum rc ask_exec_stats(const struct question *q, struct reader *r, struct err *e)
{
    return query_exec_stats(r, q->query, q->a, q->stats, e);
}

static enum rc journal_exec_stats(struct store *st, struct str integration, int64_t since,
                                  int64_t until, struct arena *a, struct store_exec_stats *out,
                                  struct err *e)
{
    const struct store_exec_query query = { .integration = integration,
                                            .since = since,
                                            .until = until };
    const struct question q = { .ask = ask_exec_stats, .a = a, .query = &query, .stats = out };
    return answer(self(st), &q, e);
}

static uint64_t load(const _Atomic uint64_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

/* Counts of the index, and what this run took that is not in it yet. */
static uint64_t total(const _Atomic uint64_t *indexed, const _Atomic uint64_t *run_indexed,
                      const _Atomic uint64_t *run)
{
    uint64_t in_index = load(run_indexed);
    uint64_t taken = load(run);
    return load(indexed) + (taken > in_index ? taken - in_index : 0);
}

static void journal_stats(struct store *st, struct store_stats *out)
{
    struct journal *j = self(st);
    const struct writer_stats *w = &j->writer.stats;
    const struct index *x = &j->index;
    *out =
        (struct store_stats){ .last_seq = atomic_load_explicit(&w->last_seq, memory_order_acquire),
                              .indexed_seq = tail_indexed_seq(&j->tail),
                              .n_messages = total(&x->n_messages, &x->run_messages, &w->n_messages),
                              .n_refused = total(&x->n_refused, &x->run_refused, &w->n_refused),
                              .commits = load(&w->commits),
                              .syncs = load(&w->syncs),
                              .bytes = load(&w->bytes),
                              .sync_ns_max = load(&w->sync_ns_max),
                              .full = atomic_load_explicit(&w->full, memory_order_relaxed) };
}

static enum rc journal_settle(struct store *st, struct err *e)
{
    struct journal *j = self(st);
    front_wait(&j->front);
    return tail_settle(&j->tail, e);
}

/* The opposite of opening; also of an opening that stopped halfway. */
static void journal_close(struct store *st)
{
    struct journal *j = self(st);
    struct recovered left = { .fresh = true };
    if (j->has_front)
        front_close(&j->front);
    if (j->has_writer)
        writer_stop(&j->writer, &left);
    if (j->has_tail)
        tail_close(&j->tail);
    if (j->has_index)
        index_stop(&j->index);
    if (j->has_readers)
        readers_done(&j->readers);
    if (j->has_tail)
        tail_done(&j->tail);
    if (j->has_spare)
        spare_stop(&j->spare);
    if (!left.fresh)
        recover_note(j->segments.dir_fd, j->conf.io, &left);
    if (j->has_front)
        front_done(&j->front);
    if (j->has_segments)
        segments_done(&j->segments);
    mem_free(j);
}

static const struct store_ops ops = { .name = "journal",
                                      .append = journal_append,
                                      .read = journal_read,
                                      .events = journal_events,
                                      .search = journal_search,
                                      .acts = journal_acts,
                                      .lanes = journal_lanes,
                                      .window = journal_window,
                                      .execs = journal_execs,
                                      .exec_read = journal_exec_read,
                                      .exec_open = journal_exec_open,
                                      .exec_stats = journal_exec_stats,
                                      .stats = journal_stats,
                                      .settle = journal_settle,
                                      .close = journal_close };

/* ---- opening ------------------------------------------------------------------------------ */

static enum rc take_conf(struct journal *j, const struct journal_conf *conf, struct err *e)
{
    struct journal_conf c = *conf;
    c.segment_bytes = c.segment_bytes ? c.segment_bytes : 256 * MB;
    c.reserve_bytes = c.reserve_bytes
                          ? c.reserve_bytes
                          : (16 * MB < c.segment_bytes / 8 ? 16 * MB : c.segment_bytes / 8);
    c.min_free_bytes = c.min_free_bytes ? c.min_free_bytes : 64 * MB;
    c.record_bytes = c.record_bytes ? c.record_bytes : (size_t)(c.segment_bytes / 4);
    c.queue_bytes = c.queue_bytes ? c.queue_bytes : (size_t)(256 * MB);
    c.lag_records = c.lag_records ? c.lag_records : 1000000;
    c.retry_ms = c.retry_ms ? c.retry_ms : 1000;
    c.gather_ms = c.gather_ms ? c.gather_ms : 100;
    c.io = c.io ? c.io : journal_io_real();
    if (c.segment_bytes < SEGMENT_MIN || c.segment_bytes > SEGMENT_MAX ||
        c.segment_bytes % SEGMENT_HEAD || c.record_bytes > c.segment_bytes / 4 ||
        c.reserve_bytes > c.segment_bytes / 4)
        return err_set(e, RC_VALUE, "STORE-015", "segment, record or reserve size is out of range");
    j->conf = c;
    return RC_OK;
}

static enum rc open_spare(struct journal *j, struct err *e)
{
    struct segment prepared;
    j->spare.io = j->conf.io;
    j->spare.dir_fd = j->segments.dir_fd;
    j->spare.size = j->conf.segment_bytes;
    j->spare.min_size =
        j->conf.segment_bytes / 16 < SEGMENT_MIN ? SEGMENT_MIN : j->conf.segment_bytes / 16;
    j->spare.keep_free = j->conf.min_free_bytes;
    j->spare.retry_ms = j->conf.retry_ms;
    j->spare.changed = on_spare_changed;
    j->spare.ctx = j;
    j->has_spare = true;
    enum rc rc = spare_start(&j->spare, e);
    if (rc || !segments_take_prepared(&j->segments, &prepared))
        return rc;
    int fd = -1;
    rc = segment_open(j->segments.dir_fd, prepared.number, O_RDWR, &fd, e);
    if (!rc)
        spare_adopt(&j->spare, prepared.number, fd, prepared.size);
    return rc;
}

static enum rc open_writer(struct journal *j, const struct recovered *from, struct err *e)
{
    struct writer *w = &j->writer;
    w->front = &j->front;
    w->segments = &j->segments;
    w->spare = &j->spare;
    w->io = j->conf.io;
    w->host = j->host;
    memcpy(w->store_id, j->store.id, sizeof w->store_id);
    w->reserve = j->conf.reserve_bytes;
    w->max_batch = (size_t)(j->conf.segment_bytes / 2);
    w->committed = on_committed;
    w->may_take = may_take;
    w->ctx = j;
    j->has_writer = true;
    return writer_init(w, from, e);
}

static enum rc open_index(struct journal *j, struct err *e)
{
    struct index *x = &j->index;
    int n = snprintf(j->index_path, sizeof j->index_path, "%s/index", datadir_path(j->conf.dir));
    if (n < 0 || (size_t)n >= sizeof j->index_path)
        return err_set(e, RC_LIMIT, "STORE-023", "the data directory's path is too long");
    x->tail = &j->tail;
    x->segments = &j->segments;
    x->max_record = j->conf.record_bytes;
    x->path = j->index_path;
    x->dir_fd = datadir_index_fd(j->conf.dir);
    x->host = j->host;
    x->run_first = j->run_first;
    x->gather_ms = j->conf.gather_ms;
    j->has_index = true;
    return index_init(x, e);
}

/* Is the note about the last segment in use, and does that end where it says? */
static bool note_fits(struct journal *j, const struct recovered *at)
{
    struct segment seg;
    struct segment next;
    struct scan scan;
    struct scan_item item;
    unsigned char link[RECORD_LINK];
    if (!segments_from(&j->segments, at->pos.at.segment, &seg) ||
        seg.number != at->pos.at.segment || seg.first_seq != at->first_seq ||
        segments_from(&j->segments, seg.number + 1, &next) ||
        scan_init(&scan, &j->segments, j->conf.record_bytes, NULL))
        return false;
    /* the closing checkpoint stands last: a kilobyte behind it is looked at, and it itself */
    bool fits = false;
    if (!scan_enter(&scan, seg.number, NULL) && at->pos.at.offset <= scan.size &&
        scan_at(&scan, at->pos.at.offset, scan.size, &item, NULL) == RC_MISSING) {
        uint64_t from =
            at->pos.at.offset > SEGMENT_HEAD + 1024 ? at->pos.at.offset - 1024 : SEGMENT_HEAD;
        while (!fits && !scan_find(&scan, from, at->pos.at.offset, at->pos.seq, &item, NULL)) {
            record_link(item.bytes, scan.sha, link);
            fits = item.head.seq == at->pos.seq && memcmp(link, at->link, sizeof link) == 0 &&
                   item.at.offset + item.head.length == at->pos.at.offset;
            from = item.at.offset + RECORD_ALIGN;
        }
    }
    scan_done(&scan);
    return fits;
}

static enum rc open_journal(struct journal *j, struct recovered *at, struct err *e)
{
    enum rc rc = segments_load(&j->segments, datadir_journal_fd(j->conf.dir), j->store.id,
                               on_bad_segment, j, e);
    if (rc)
        return rc;
    j->has_segments = true;
    rc = recover_take_note(j->segments.dir_fd, at, e);
    if (!rc && !note_fits(j, at))
        rc = RC_MISSING;
    if (rc == RC_MISSING)
        rc = recover_journal(&j->segments, j->conf.io, j->store.id, j->conf.record_bytes,
                             j->host.notice, j->host.ctx, at, e);
    if (rc)
        return rc;
    j->run_first = at->pos.seq + 1;
    front_init(&j->front, j->conf.record_bytes, j->conf.queue_bytes);
    j->has_front = true;
    return open_spare(j, e);
}

static enum rc open_rest(struct journal *j, const struct recovered *at, struct err *e)
{
    struct hash_key key;
    memcpy(key.b, datadir_identity(j->conf.dir)->term_key, sizeof key.b);
    j->has_tail = true;
    enum rc rc =
        tail_init(&j->tail, &j->segments, j->conf.record_bytes, &key, &j->host, &at->pos, e);
    mem_wipe(&key, sizeof key);
    if (!rc)
        rc = open_writer(j, at, e);
    if (!rc)
        rc = open_index(j, e);
    if (rc)
        return rc;
    j->start_lag = tail_lag(&j->tail);
    j->has_readers = true;
    rc = readers_init(&j->readers, &j->index, &j->segments, j->conf.record_bytes, e);
    if (!rc)
        rc = index_start(&j->index, e);
    return rc ? rc : writer_start(&j->writer, e);
}

enum rc journal_open(const struct journal_conf *conf, const struct store_host *host,
                     struct store **out, struct err *e)
{
    struct recovered at;
    struct journal *j = mem_new(struct journal);
    if (!j)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a store");
    j->store.ops = &ops;
    j->host = *host;
    enum rc rc = take_conf(j, conf, e);
    if (!rc) {
        memcpy(j->store.id, datadir_identity(conf->dir)->store_id, sizeof j->store.id);
        rc = open_journal(j, &at, e);
    }
    if (!rc)
        rc = open_rest(j, &at, e);
    if (rc) {
        journal_close(&j->store);
        return rc;
    }
    *out = &j->store;
    return RC_OK;
}
