/* Writing and reading a day file. Merging is in day_merge.c. Tests: ../journal_test.c,
 * contract_test.c */
#include "store/journal/day_exec.h"
#include "store/journal/day_int.h"

#include "base/file.h"
#include "base/timefmt.h"
#include "store/rules.h"

#include <limits.h>

#define DAY_FORMAT 2
#define REST_MAX   ((size_t)1 << 20)
#define DAY_MS     ((int64_t)86400000)

static const char *const statements[DAY_STATEMENTS] = {
    [DAY_INSERT] = "INSERT INTO msg (seq, at, states, channel, type, peer, control_id, rest)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [DAY_UPDATE] = "UPDATE msg SET states = ?2, rest = ?3 WHERE seq = ?1",
    [DAY_ROW] = "SELECT at, states, channel, type, peer, control_id, rest FROM msg WHERE seq = ?1",
    [DAY_BELOW] = "SELECT seq FROM msg WHERE seq < ?1 ORDER BY seq DESC LIMIT 1",
    [DAY_BELOW_WITH] = "SELECT seq FROM msg WHERE states = ?1 AND states <> 32 AND seq < ?2"
                       " ORDER BY seq DESC LIMIT 1",
    [DAY_NEXT_STATES] = "SELECT states FROM msg WHERE states > ?1 AND states <> 32"
                        " ORDER BY states LIMIT 1",
    [DAY_FROM] = "SELECT seq, at FROM msg WHERE seq >= ?1 ORDER BY seq LIMIT 1",
    [DAY_LAST] = "SELECT max(seq) FROM msg",
    [DAY_ADD_RUN] = "INSERT INTO run (first, last, n) VALUES (?1, ?2, ?3) RETURNING id",
    [DAY_ADD_PAGE] = "INSERT INTO term (run, term, seq, data) VALUES (?1, ?2, ?3, ?4)",
    [DAY_RUN_BELOW] = "SELECT id, first FROM run WHERE first < ?1 ORDER BY first DESC LIMIT 1",
    [DAY_PAGE_BELOW] = "SELECT term, seq, data FROM term WHERE run = ?1 AND (term, seq) <= (?2, ?3)"
                       " ORDER BY term DESC, seq DESC LIMIT 1",
    [DAY_RUNS] = "SELECT id, first, last, n FROM run ORDER BY first DESC LIMIT ?1",
    [DAY_SET_MARK] = "INSERT OR REPLACE INTO mark (id, seq, segment, offset, first_seq, at_min,"
                     " at_max, back) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [DAY_GET_MARK] = "SELECT seq, segment, offset, first_seq, at_min, at_max, back FROM mark"
                     " WHERE id = 1",
};

_Static_assert(1 << DELIVERY_DELIVERED == 32, "the schema leaves messages in this state out");

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS msg (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    "  states INTEGER NOT NULL, channel TEXT, type TEXT, peer TEXT, control_id TEXT,"
    "  rest BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS msg_states ON msg (states, seq) WHERE states <> 32;"
    "CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, first INTEGER NOT NULL,"
    "  last INTEGER NOT NULL, n INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS run_first ON run (first);"
    "CREATE TABLE IF NOT EXISTS term (run INTEGER NOT NULL, term INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, term, seq)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS mark (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL,"
    "  segment INTEGER NOT NULL, offset INTEGER NOT NULL, first_seq INTEGER NOT NULL,"
    "  at_min INTEGER NOT NULL, at_max INTEGER NOT NULL, back INTEGER NOT NULL);"
    "PRAGMA user_version = 2";

/* ---- names -------------------------------------------------------------------------------- */

int64_t day_number(int64_t at_ms)
{
    return at_ms >= 0 ? at_ms / DAY_MS : (at_ms - DAY_MS + 1) / DAY_MS;
}

void day_name(int64_t number, char out[DAY_NAME])
{
    struct civil c = time_civil(number * DAY_MS);
    int n = snprintf(out, DAY_NAME, "%04d-%02d-%02d", c.year, c.month, c.day);
    ZS_ASSERT(n == DAY_NAME - 1);
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum rc read_mark(struct day *d, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_GET_MARK];
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc == RC_MISSING ? RC_OK : rc;
    d->mark = (struct day_mark){ .pos = { .at = { stmt_get_u64(st, 1), stmt_get_u64(st, 2) },
                                          .seq = stmt_get_u64(st, 0) },
                                 .first_seq = stmt_get_u64(st, 3),
                                 .at_min = stmt_get_i64(st, 4),
                                 .at_max = stmt_get_i64(st, 5),
                                 .back_ms = stmt_get_i64(st, 6) };
    d->committed = d->mark;
    stmt_reset(st);
    return RC_OK;
}

static enum rc check_format(struct day *d, bool create, struct err *e)
{
    int64_t version = 0;
    enum rc rc = db_version(&d->db, &version, e);
    if (rc || version == DAY_FORMAT || (version == 0 && create))
        return rc;
    return err_set(e, RC_IO, "STORE-036", "a day file has format %lld, this program knows %d",
                   (long long)version, DAY_FORMAT);
}

static enum rc open_any(struct day *d, const char *path, int64_t number, enum db_mode mode,
                        struct err *e)
{
    char name[DAY_NAME];
    char file[PATH_MAX];
    *d = (struct day){ .number = number };
    day_name(number, name);
    int n = snprintf(file, sizeof file, "%s/%s.db", path, name);
    if (n < 0 || (size_t)n >= sizeof file)
        return err_set(e, RC_LIMIT, "STORE-023", "the data directory's path is too long");
    bool create = mode == DB_CREATE;
    enum rc rc = db_open(&d->db, file, mode, "STORE-036", e);
    if (!rc && create)
        rc = db_exec(&d->db, "PRAGMA page_size = 8192", e);
    if (!rc)
        rc = check_format(d, create, e);
    if (!rc && create)
        rc = db_exec(&d->db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                     "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000",
                     e);
    if (!rc && create)
        rc = db_exec(&d->db, day_exec_schema, e);
    if (!rc && create)
        rc = db_exec(&d->db, schema, e);
    for (size_t i = 0; !rc && i < DAY_STATEMENTS; i++)
        rc = stmt_open(&d->stmt[i], &d->db, statements[i], e);
    if (!rc)
        rc = read_mark(d, e);
    if (rc)
        day_close(d);
    return rc;
}

enum rc day_open(struct day *d, const char *path, int64_t number, struct err *e)
{
    return open_any(d, path, number, DB_CREATE, e);
}

enum rc day_open_read(struct day *d, const char *path, int64_t number, struct err *e)
{
    return open_any(d, path, number, DB_READ, e);
}

void day_close(struct day *d)
{
    for (size_t i = 0; i < DAY_STATEMENTS; i++)
        stmt_close(&d->stmt[i]);
    for (size_t i = 0; i < DAY_EXEC_STATEMENTS; i++)
        stmt_close(&d->exec[i]);
    db_close(&d->db);
}

/* ---- writing ------------------------------------------------------------------------------ */

enum rc day_begin(struct day *d, struct err *e)
{
    return db_exec(&d->db, "BEGIN IMMEDIATE", e);
}

void day_rollback(struct day *d)
{
    db_rollback(&d->db);
    d->mark = d->committed;
}

static enum rc insert_row(struct day *d, const struct row *r, struct buf *rest, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_INSERT];
    buf_clear(rest);
    row_pack(rest, r);
    enum rc rc = buf_rc(rest, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, r->seq);
    stmt_i64(st, 2, r->at_ms);
    stmt_i64(st, 3, r->states);
    stmt_str(st, 4, r->channel);
    stmt_str(st, 5, r->type);
    stmt_str(st, 6, r->peer);
    stmt_str(st, 7, r->control_id);
    stmt_blob(st, 8, buf_view(rest));
    return stmt_run(st, e);
}

static void note_time(struct day_mark *m, const struct row *r)
{
    if (m->first_seq == 0) {
        m->first_seq = r->seq;
        m->at_min = m->at_max = r->at_ms;
    }
    if (m->at_max - r->at_ms > m->back_ms)
        m->back_ms = m->at_max - r->at_ms;
    if (r->at_ms < m->at_min)
        m->at_min = r->at_ms;
    if (r->at_ms > m->at_max)
        m->at_max = r->at_ms;
}

enum rc day_new_run(struct day *d, uint64_t first, uint64_t last, uint64_t n, int64_t *run,
                    struct err *e)
{
    struct stmt *st = &d->stmt[DAY_ADD_RUN];
    stmt_u64(st, 1, first);
    stmt_u64(st, 2, last);
    stmt_u64(st, 3, n);
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc == RC_MISSING ? err_set(e, RC_BUG, "STORE-036", "a run was not made") : rc;
    *run = stmt_get_i64(st, 0);
    stmt_reset(st);
    return RC_OK;
}

enum rc day_new_page(struct day *d, int64_t run, const struct page *page, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_ADD_PAGE];
    stmt_i64(st, 1, run);
    stmt_u64(st, 2, page->first.term);
    stmt_u64(st, 3, page->first.seq);
    stmt_blob(st, 4, str_of((const char *)page->bytes, page->n));
    return stmt_run(st, e);
}

static enum rc write_run(struct day *d, const struct posting *p, size_t n, uint64_t first,
                         uint64_t last, struct packer *k, struct page *page, struct err *e)
{
    int64_t run = 0;
    packer_init(k, first);
    enum rc rc = day_new_run(d, first, last, n, &run, e);
    for (size_t i = 0; !rc && i < n; i++)
        if (packer_add(k, &p[i], page))
            rc = day_new_page(d, run, page, e);
    if (!rc && packer_end(k, page))
        rc = day_new_page(d, run, page, e);
    return rc;
}

/* The terms of n messages as one run. */
static enum rc add_terms(struct day *d, const struct fold_msg *m, size_t n, struct arena *a,
                         struct err *e)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += m[i].msg->n_terms;
    if (total == 0)
        return RC_OK;
    struct posting *p = arena_raw(a, 2 * total * sizeof *p);
    struct packer *k = arena_make(a, struct packer, 1);
    struct page *page = arena_make(a, struct page, 1);
    if (!p || !k || !page)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to index");
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < m[i].msg->n_terms; t++)
            p[at++] = (struct posting){ m[i].msg->term[t], m[i].seq };
    postings_sort(p, p + total, total);
    return write_run(d, p, total, m[0].seq, m[n - 1].seq, k, page, e);
}

static enum rc add_rows(struct day *d, const struct fold_msg *m, size_t n, struct buf *rest,
                        struct arena *a, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < n; i++) {
        struct row r;
        struct arena_mark mark = arena_mark(a);
        ZS_ASSERT(m[i].seq > d->mark.pos.seq);
        rc = row_of_msg(&m[i], a, &r, e);
        if (!rc) {
            note_time(&d->mark, &r);
            rc = insert_row(d, &r, rest, e);
        }
        arena_rewind(a, mark);
    }
    return rc;
}

enum rc day_add(struct day *d, const struct fold_msg *m, size_t n, struct arena *a, struct err *e)
{
    struct buf rest;
    if (n == 0)
        return RC_OK;
    buf_init(&rest, REST_MAX);
    enum rc rc = add_rows(d, m, n, &rest, a, e);
    buf_done(&rest);
    return rc ? rc : add_terms(d, m, n, a, e);
}

static enum rc read_row(struct day *d, uint64_t seq, struct arena *a, struct row *out,
                        struct err *e)
{
    struct stmt *st = &d->stmt[DAY_ROW];
    stmt_u64(st, 1, seq);
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    struct row r = { .seq = seq,
                     .at_ms = stmt_get_i64(st, 0),
                     .states = (unsigned)stmt_get_i64(st, 1) };
    struct str *const text[] = { &r.channel, &r.type, &r.peer, &r.control_id };
    for (size_t i = 0; i < ZS_COUNT(text); i++) {
        struct str s = stmt_get_str(st, 2 + (int)i);
        *text[i] = str_is_null(s) ? s : arena_str(a, s);
        if (str_is_null(*text[i]) && !str_is_null(s))
            rc = err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a row of the index");
    }
    if (!rc)
        rc = row_unpack(stmt_get_str(st, 6), a, &r, e);
    stmt_reset(st);
    if (!rc)
        *out = r;
    return rc;
}

enum rc day_row(struct day *d, uint64_t seq, struct arena *a, struct row *out, struct err *e)
{
    return read_row(d, seq, a, out, e);
}

enum rc day_apply(struct day *d, const struct fold_msg *late, struct arena *a, struct row *r,
                  bool *found, struct err *e)
{
    enum rc rc = read_row(d, late->seq, a, r, e);
    *found = rc != RC_MISSING;
    if (rc)
        return rc == RC_MISSING ? RC_OK : rc;
    rc = row_apply(r, late, a, e);
    struct buf rest;
    buf_init_arena(&rest, a, REST_MAX);
    row_pack(&rest, r);
    if (!rc)
        rc = buf_rc(&rest, e);
    if (rc)
        return rc;
    struct stmt *st = &d->stmt[DAY_UPDATE];
    stmt_u64(st, 1, r->seq);
    stmt_i64(st, 2, r->states);
    stmt_blob(st, 3, buf_view(&rest));
    return stmt_run(st, e);
}

enum rc day_commit(struct day *d, const struct position *pos, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_SET_MARK];
    if (pos->seq > d->mark.pos.seq)
        d->mark.pos = *pos;
    stmt_u64(st, 1, d->mark.pos.seq);
    stmt_u64(st, 2, d->mark.pos.at.segment);
    stmt_u64(st, 3, d->mark.pos.at.offset);
    stmt_u64(st, 4, d->mark.first_seq);
    stmt_i64(st, 5, d->mark.at_min);
    stmt_i64(st, 6, d->mark.at_max);
    stmt_i64(st, 7, d->mark.back_ms);
    enum rc rc = stmt_run(st, e);
    if (!rc)
        rc = db_exec(&d->db, "COMMIT", e);
    if (!rc)
        d->committed = d->mark;
    return rc;
}

/* ---- reading ------------------------------------------------------------------------------ */

enum rc day_read(struct day *d, struct err *e)
{
    if (db_in_transaction(&d->db))
        return RC_OK;
    enum rc rc = db_exec(&d->db, "BEGIN", e);
    return rc ? rc : read_mark(d, e);
}

/* The first column of the only row. */
static enum rc one(struct stmt *st, uint64_t *out, struct err *e)
{
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    *out = stmt_get_u64(st, 0);
    stmt_reset(st);
    return RC_OK;
}

/* Sequences are below 2^63; so is what they are compared with. */
static uint64_t clamp(uint64_t seq)
{
    return seq < INT64_MAX ? seq : INT64_MAX;
}

enum rc day_below(struct day *d, uint64_t below, uint64_t *seq, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_BELOW];
    stmt_u64(st, 1, clamp(below));
    return one(st, seq, e);
}

enum rc day_below_with(struct day *d, unsigned states, uint64_t below, uint64_t *seq, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_BELOW_WITH];
    stmt_i64(st, 1, states);
    stmt_u64(st, 2, clamp(below));
    return one(st, seq, e);
}

enum rc day_next_states(struct day *d, unsigned after, unsigned *states, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_NEXT_STATES];
    uint64_t v = 0;
    stmt_i64(st, 1, (int64_t)after);
    enum rc rc = one(st, &v, e);
    if (!rc)
        *states = (unsigned)v;
    return rc;
}

/* The first row at or above seq. */
static enum rc row_from(struct day *d, uint64_t seq, uint64_t *found, int64_t *at_ms, struct err *e)
{
    struct stmt *st = &d->stmt[DAY_FROM];
    stmt_u64(st, 1, clamp(seq));
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    *found = stmt_get_u64(st, 0);
    *at_ms = stmt_get_i64(st, 1);
    stmt_reset(st);
    return RC_OK;
}

enum rc day_seek_time(struct day *d, int64_t at_ms, uint64_t *seq, struct err *e)
{
    uint64_t last = 0;
    int64_t wanted = at_ms > INT64_MAX - d->mark.back_ms ? INT64_MAX : at_ms + d->mark.back_ms;
    enum rc rc = one(&d->stmt[DAY_LAST], &last, e);
    uint64_t low = d->mark.first_seq;
    uint64_t high = last + 1; /* nothing at or above high was taken before at_ms */
    while (!rc && low < high) {
        uint64_t mid = low + (high - low) / 2;
        uint64_t found = 0;
        int64_t at = 0;
        rc = row_from(d, mid, &found, &at, e);
        if (!rc && at < wanted)
            low = found + 1;
        else
            high = mid;
    }
    if (rc == RC_MISSING)
        rc = RC_OK;
    if (!rc)
        *seq = low > last ? UINT64_MAX : low;
    return rc;
}

/* ---- walking postings --------------------------------------------------------------------- */

void day_walk_init(struct day_walk *w, struct day *d, uint64_t term, uint64_t below,
                   struct posting *buf)
{
    *w = (struct day_walk){
        .day = d, .term = term, .below = clamp(below), .run_first = INT64_MAX, .list = buf
    };
}

/* Keep what is of the term and below, and say whether the page before may hold more of it. */
static bool trim(struct day_walk *w, size_t n)
{
    bool more = n && w->list[0].term == w->term;
    size_t from = 0;
    while (from < n && w->list[from].term != w->term)
        from++;
    while (n > from && (w->list[n - 1].term != w->term || w->list[n - 1].seq >= w->below))
        n--;
    memmove(w->list, w->list + from, (n - from) * sizeof *w->list);
    w->left = n - from;
    return more;
}

/* The page of the run that holds the highest posting of the term below w->below. */
static enum rc load_page(struct day_walk *w, struct err *e)
{
    struct stmt *st = &w->day->stmt[DAY_PAGE_BELOW];
    size_t n = 0;
    stmt_i64(st, 1, w->run);
    stmt_u64(st, 2, w->term);
    stmt_u64(st, 3, w->below - 1);
    enum rc rc = stmt_step(st, e);
    if (rc == RC_MISSING) {
        w->in_run = false;
        return RC_OK;
    }
    if (rc)
        return rc;
    const struct posting first = { stmt_get_u64(st, 0), stmt_get_u64(st, 1) };
    rc = page_read(&first, w->run_first, stmt_get_str(st, 2), w->list, PAGE_POSTINGS, &n, e);
    stmt_reset(st);
    if (!rc)
        w->in_run = trim(w, n);
    return rc;
}

static enum rc next_run(struct day_walk *w, struct err *e)
{
    struct stmt *st = &w->day->stmt[DAY_RUN_BELOW];
    uint64_t limit = w->run_first < w->below ? w->run_first : w->below;
    stmt_u64(st, 1, limit);
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    w->run = stmt_get_i64(st, 0);
    w->run_first = stmt_get_u64(st, 1);
    w->in_run = true;
    stmt_reset(st);
    return RC_OK;
}

enum rc day_walk_next(struct day_walk *w, uint64_t *seq, struct err *e)
{
    while (w->left == 0) {
        enum rc rc = w->in_run ? RC_OK : next_run(w, e);
        if (!rc && w->below == 0)
            return RC_MISSING;
        if (!rc)
            rc = load_page(w, e);
        if (rc)
            return rc;
    }
    *seq = w->below = w->list[--w->left].seq;
    return RC_OK;
}
