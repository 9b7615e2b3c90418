/* The state file. Tests: contract_test.c, journal_test.c */
#include "store/journal/state_exec.h"

#include "store/rules.h"
#include "store/vec.h"

#include <limits.h>

#define STATE_FORMAT 2

enum state_statement {
    LANE_ADD,
    LANE_ID,
    LANE_COUNT,
    LANE_ALL,
    OPEN_ADD,
    OPEN_SET,
    OPEN_DROP,
    OPEN_AFTER,
    OPEN_ONE,
    MARK_ADD,
    MARK_DROP,
    MARK_HIDDEN,
    MARK_LIST,
    ACT_ADD,
    ACT_BELOW,
    DAY_PUT,
    DAY_ALL,
    SELF_SET,
    SELF_GET,
    MARK_OLDEST,
    MARK_NUMBER,
    DAY_WHOLE
};

#define OPEN_COLUMNS                                                                               \
    "seq, state, attempts, next_at, marked, outcome_seq, segment, offset, length, at"

static const char *const statements[STATE_STATEMENTS] = {
    [LANE_ADD] = "INSERT INTO lane (name, n_open) VALUES (?1, 0) RETURNING id",
    [LANE_ID] = "SELECT id FROM lane WHERE name = ?1",
    [LANE_COUNT] = "UPDATE lane SET n_open = n_open + ?2 WHERE id = ?1",
    [LANE_ALL] = "SELECT id, name, n_open FROM lane ORDER BY id",
    [OPEN_ADD] = "INSERT OR IGNORE INTO open (lane, " OPEN_COLUMNS ")"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [OPEN_SET] = "UPDATE open SET state = ?3, next_at = ?5, outcome_seq = ?6,"
                 " attempts = CASE ?7 WHEN 1 THEN ?4 ELSE max(attempts, ?4) END"
                 " WHERE lane = ?1 AND seq = ?2",
    [OPEN_DROP] = "DELETE FROM open WHERE lane = ?1 AND seq = ?2",
    [OPEN_AFTER] = "SELECT " OPEN_COLUMNS " FROM open WHERE lane = ?1 AND seq > ?2"
                   " ORDER BY seq LIMIT 1",
    [OPEN_ONE] = "SELECT " OPEN_COLUMNS " FROM open WHERE lane = ?1 AND seq = ?2",
    [MARK_ADD] = "INSERT OR REPLACE INTO lane_mark (lane, seq, upto) VALUES (?1, ?2, ?3)",
    [MARK_DROP] = "DELETE FROM lane_mark WHERE lane = ?1 AND seq = ?2",
    [MARK_HIDDEN] = "DELETE FROM lane_mark WHERE lane = ?1 AND seq < ?2 AND upto <= ?3"
                    " AND (seq < ?4) = (?2 < ?4)",
    [MARK_LIST] = "SELECT seq, upto FROM lane_mark WHERE lane = ?1 AND seq < ?2 ORDER BY seq",
    [ACT_ADD] = "INSERT OR IGNORE INTO act (seq, at, segment, offset, length)"
                " VALUES (?1, ?2, ?3, ?4, ?5)",
    [ACT_BELOW] = "SELECT seq, at, segment, offset, length FROM act WHERE seq < ?1"
                  " ORDER BY seq DESC LIMIT 1",
    [DAY_PUT] = "INSERT OR IGNORE INTO day (number, first_seq, seq, segment, offset, whole)"
                " VALUES (?1, ?2, ?3, ?4, ?5, 1)",
    [DAY_ALL] = "SELECT number, first_seq, seq, segment, offset, whole, summed FROM day"
                " ORDER BY number",
    [DAY_WHOLE] = "UPDATE day SET whole = ?2 WHERE number = ?1",
    [SELF_SET] = "INSERT OR REPLACE INTO mark (id, seq, segment, offset, safe_seq, safe_segment,"
                 " safe_offset, n_messages, n_refused, link, owner)"
                 " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SELF_GET] = "SELECT seq, segment, offset, safe_seq, safe_segment, safe_offset, n_messages,"
                 " n_refused, link, owner FROM mark WHERE id = 1",
    [MARK_OLDEST] = "SELECT seq, upto FROM lane_mark WHERE lane = ?1 AND (seq < ?2) = ?3"
                    " ORDER BY seq LIMIT 2",
    [MARK_NUMBER] = "SELECT count(*) FROM lane_mark WHERE lane = ?1 AND (seq < ?2) = ?3",
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS lane (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,"
    "  n_open INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS open (lane INTEGER NOT NULL, seq INTEGER NOT NULL,"
    "  state INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,"
    "  marked INTEGER NOT NULL, outcome_seq INTEGER NOT NULL, segment INTEGER NOT NULL,"
    "  offset INTEGER NOT NULL, length INTEGER NOT NULL, at INTEGER NOT NULL,"
    "  PRIMARY KEY (lane, seq)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS lane_mark (lane INTEGER NOT NULL, seq INTEGER NOT NULL,"
    "  upto INTEGER NOT NULL, PRIMARY KEY (lane, seq)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS act (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    "  segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS day (number INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL,"
    "  whole INTEGER NOT NULL, summed INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS mark (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL,"
    "  segment INTEGER NOT NULL, offset INTEGER NOT NULL, safe_seq INTEGER NOT NULL,"
    "  safe_segment INTEGER NOT NULL, safe_offset INTEGER NOT NULL,"
    "  n_messages INTEGER NOT NULL, n_refused INTEGER NOT NULL, link INTEGER NOT NULL,"
    "  owner INTEGER NOT NULL);"
    "PRAGMA user_version = 2";

/* ---- opening ------------------------------------------------------------------------------ */

enum rc state_read_mark(struct state *s, struct err *e)
{
    struct stmt *st = &s->stmt[SELF_GET];
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc == RC_MISSING ? RC_OK : rc;
    s->mark = (struct state_mark){ .pos = { .at = { stmt_get_u64(st, 1), stmt_get_u64(st, 2) },
                                            .seq = stmt_get_u64(st, 0),
                                            .link = stmt_get_u64(st, 8) },
                                   .safe = { .at = { stmt_get_u64(st, 4), stmt_get_u64(st, 5) },
                                             .seq = stmt_get_u64(st, 3) },
                                   .n_messages = stmt_get_u64(st, 6),
                                   .n_refused = stmt_get_u64(st, 7),
                                   .owner = stmt_get_u64(st, 9) };
    stmt_reset(st);
    return RC_OK;
}

static enum rc check_format(struct state *s, bool create, struct err *e)
{
    int64_t version = 0;
    enum rc rc = db_version(&s->db, &version, e);
    if (rc || version == STATE_FORMAT || (version == 0 && create))
        return rc;
    return err_set(e, RC_IO, "STORE-036", "the index has format %lld, this program knows %d",
                   (long long)version, STATE_FORMAT);
}

static enum rc open_any(struct state *s, const char *path, enum db_mode mode, struct err *e)
{
    char file[PATH_MAX];
    *s = (struct state){ 0 };
    int n = snprintf(file, sizeof file, "%s/state.db", path);
    if (n < 0 || (size_t)n >= sizeof file)
        return err_set(e, RC_LIMIT, "STORE-023", "the data directory's path is too long");
    bool create = mode == DB_CREATE;
    enum rc rc = db_open(&s->db, file, mode, "STORE-036", e);
    if (!rc && create)
        rc = db_exec(&s->db, "PRAGMA page_size = 8192", e);
    if (!rc)
        rc = check_format(s, create, e);
    if (!rc && create)
        rc = db_exec(&s->db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                     "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000",
                     e);
    if (!rc && create)
        rc = db_exec(&s->db, state_exec_schema, e);
    if (!rc && create)
        rc = db_exec(&s->db, schema, e);
    for (size_t i = 0; !rc && i < STATE_STATEMENTS; i++)
        rc = stmt_open(&s->stmt[i], &s->db, statements[i], e);
    if (!rc)
        rc = state_read_mark(s, e);
    if (rc)
        state_close(s);
    return rc;
}

enum rc state_open(struct state *s, const char *path, struct err *e)
{
    return open_any(s, path, DB_CREATE, e);
}

enum rc state_open_read(struct state *s, const char *path, struct err *e)
{
    return open_any(s, path, DB_READ, e);
}

void state_close(struct state *s)
{
    for (size_t i = 0; i < STATE_STATEMENTS; i++)
        stmt_close(&s->stmt[i]);
    for (size_t i = 0; i < STATE_EXEC_STATEMENTS; i++)
        stmt_close(&s->exec[i]);
    db_close(&s->db);
}

enum rc state_begin(struct state *s, struct err *e)
{
    return db_exec(&s->db, "BEGIN IMMEDIATE", e);
}

/* Ids given in a transaction that failed do not exist. */
void state_rollback(struct state *s)
{
    db_rollback(&s->db);
    for (struct lane *l = s->touched; l; l = l->touched_next) {
        l->id = l->fresh ? 0 : l->id;
        l->fresh = l->touched = false;
        l->change = 0;
    }
    s->touched = NULL;
}

/* ---- lanes -------------------------------------------------------------------------------- */

/* The first column of the only row. */
static enum rc one(struct stmt *st, int64_t *out, struct err *e)
{
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    *out = stmt_get_i64(st, 0);
    stmt_reset(st);
    return RC_OK;
}

enum rc state_lane_id(struct state *s, struct str name, int64_t *id, struct err *e)
{
    struct stmt *st = &s->stmt[LANE_ID];
    stmt_blob(st, 1, name);
    return one(st, id, e);
}

static void touch(struct state *s, struct lane *l)
{
    if (l->touched)
        return;
    l->touched = true;
    l->touched_next = s->touched;
    s->touched = l;
}

/* The lane has an id from here on. */
static enum rc know_lane(struct state *s, struct lane *l, struct err *e)
{
    if (l->id)
        return RC_OK;
    enum rc rc = state_lane_id(s, l->name, &l->id, e);
    if (rc != RC_MISSING)
        return rc;
    struct stmt *st = &s->stmt[LANE_ADD];
    stmt_blob(st, 1, l->name);
    rc = one(st, &l->id, e);
    if (rc)
        return rc == RC_MISSING ? err_set(e, RC_BUG, "STORE-036", "a lane was not made") : rc;
    l->fresh = true;
    touch(s, l);
    return RC_OK;
}

/* Open deliveries are counted in memory and written once a transaction. */
static void count_open(struct state *s, struct lane *l, int64_t change)
{
    l->change += change;
    touch(s, l);
}

static enum rc write_counts(struct state *s, struct err *e)
{
    struct stmt *st = &s->stmt[LANE_COUNT];
    enum rc rc = RC_OK;
    for (struct lane *l = s->touched; !rc && l; l = l->touched_next) {
        if (l->change == 0)
            continue;
        stmt_i64(st, 1, l->id);
        stmt_i64(st, 2, l->change);
        rc = stmt_run(st, e);
    }
    return rc;
}

static void forget_touched(struct state *s)
{
    for (struct lane *l = s->touched; l; l = l->touched_next) {
        l->fresh = l->touched = false;
        l->change = 0;
    }
    s->touched = NULL;
}

enum rc state_lanes(struct state *s,
                    enum rc (*fn)(void *ctx, int64_t id, struct str name, uint64_t n_open,
                                  struct err *e),
                    void *ctx, struct err *e)
{
    struct stmt *st = &s->stmt[LANE_ALL];
    enum rc rc;
    while ((rc = stmt_step(st, e)) == RC_OK) {
        rc = fn(ctx, stmt_get_i64(st, 0), stmt_get_str(st, 1), stmt_get_u64(st, 2), e);
        if (rc)
            break;
    }
    stmt_reset(st);
    return rc == RC_MISSING ? RC_OK : rc;
}

/* ---- open deliveries ---------------------------------------------------------------------- */

static enum rc insert_open(struct state *s, uint64_t seq, const struct fold_delivery *d,
                           const struct state_place *at, struct err *e)
{
    struct stmt *st = &s->stmt[OPEN_ADD];
    enum rc rc = know_lane(s, d->lane, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, d->lane->id);
    stmt_u64(st, 2, seq);
    stmt_i64(st, 3, (int64_t)d->state);
    stmt_i64(st, 4, d->attempts);
    stmt_i64(st, 5, d->next_at);
    stmt_i64(st, 6, d->marked);
    stmt_u64(st, 7, d->outcome_seq);
    stmt_u64(st, 8, at->at.segment);
    stmt_u64(st, 9, at->at.offset);
    stmt_i64(st, 10, at->length);
    stmt_i64(st, 11, at->at_ms);
    rc = stmt_run(st, e);
    if (!rc)
        count_open(s, d->lane, db_changes(&s->db));
    return rc;
}

enum rc state_add_msg(struct state *s, const struct fold_msg *m, struct err *e)
{
    const struct state_place at = { m->msg->at, m->msg->length, m->msg->at_ms };
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < m->n_deliveries; i++)
        if (rules_is_open(m->delivery[i].state))
            rc = insert_open(s, m->seq, &m->delivery[i], &at, e);
    return rc;
}

static enum rc drop_open(struct state *s, uint64_t seq, const struct fold_delivery *d,
                         struct err *e)
{
    struct stmt *st = &s->stmt[OPEN_DROP];
    stmt_i64(st, 1, d->lane->id);
    stmt_u64(st, 2, seq);
    enum rc rc = stmt_run(st, e);
    if (!rc)
        count_open(s, d->lane, -db_changes(&s->db));
    return rc;
}

static enum rc change_open(struct state *s, uint64_t seq, const struct fold_delivery *d,
                           const struct state_place *at, struct err *e)
{
    struct stmt *st = &s->stmt[OPEN_SET];
    stmt_i64(st, 1, d->lane->id);
    stmt_u64(st, 2, seq);
    stmt_i64(st, 3, (int64_t)d->state);
    stmt_i64(st, 4, d->attempts);
    stmt_i64(st, 5, d->next_at);
    stmt_u64(st, 6, d->outcome_seq);
    stmt_i64(st, 7, d->anew);
    enum rc rc = stmt_run(st, e);
    if (rc || db_changes(&s->db) > 0)
        return rc;
    return insert_open(s, seq, d, at, e);
}

enum rc state_apply(struct state *s, const struct fold_msg *late, const struct state_place *at,
                    struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < late->n_deliveries; i++) {
        const struct fold_delivery *d = &late->delivery[i];
        rc = know_lane(s, d->lane, e);
        if (rc)
            break;
        rc = rules_is_open(d->state) ? change_open(s, late->seq, d, at, e)
                                     : drop_open(s, late->seq, d, e);
    }
    return rc;
}

static void get_open(struct stmt *st, struct open_row *out)
{
    *out = (struct open_row){ .seq = stmt_get_u64(st, 0),
                              .state = (enum delivery_state)stmt_get_i64(st, 1),
                              .attempts = (unsigned)stmt_get_i64(st, 2),
                              .next_at = stmt_get_i64(st, 3),
                              .marked = stmt_get_i64(st, 4) != 0,
                              .outcome_seq = stmt_get_u64(st, 5),
                              .place = { .at = { stmt_get_u64(st, 6), stmt_get_u64(st, 7) },
                                         .length = (uint32_t)stmt_get_i64(st, 8),
                                         .at_ms = stmt_get_i64(st, 9) } };
    stmt_reset(st);
}

static enum rc one_open(struct stmt *st, int64_t lane, uint64_t seq, struct open_row *out,
                        struct err *e)
{
    stmt_i64(st, 1, lane);
    stmt_u64(st, 2, seq < INT64_MAX ? seq : INT64_MAX);
    enum rc rc = stmt_step(st, e);
    if (!rc)
        get_open(st, out);
    return rc;
}

enum rc state_open_after(struct state *s, int64_t lane, uint64_t after, struct open_row *out,
                         struct err *e)
{
    return one_open(&s->stmt[OPEN_AFTER], lane, after, out, e);
}

enum rc state_open_one(struct state *s, int64_t lane, uint64_t seq, struct open_row *out,
                       struct err *e)
{
    return one_open(&s->stmt[OPEN_ONE], lane, seq, out, e);
}

/* ---- marks -------------------------------------------------------------------------------- */

static enum rc put_mark(struct state *s, int64_t lane, uint64_t seq, uint64_t upto, struct err *e)
{
    struct stmt *st = &s->stmt[MARK_ADD];
    stmt_i64(st, 1, lane);
    stmt_u64(st, 2, seq);
    stmt_u64(st, 3, upto < INT64_MAX ? upto : INT64_MAX);
    return stmt_run(st, e);
}

static enum rc drop_mark(struct state *s, int64_t lane, uint64_t seq, struct err *e)
{
    struct stmt *st = &s->stmt[MARK_DROP];
    stmt_i64(st, 1, lane);
    stmt_u64(st, 2, seq);
    return stmt_run(st, e);
}

/* The two oldest marks of one age become one that covers both. */
static enum rc join_oldest(struct state *s, int64_t lane, uint64_t run_first, bool before,
                           struct err *e)
{
    struct stmt *st = &s->stmt[MARK_OLDEST];
    uint64_t seq[2] = { 0, 0 };
    uint64_t upto[2] = { 0, 0 };
    stmt_i64(st, 1, lane);
    stmt_u64(st, 2, run_first);
    stmt_i64(st, 3, before);
    for (size_t i = 0; i < 2; i++) {
        enum rc rc = stmt_step(st, e);
        if (rc)
            return rc == RC_MISSING ? RC_OK : rc;
        seq[i] = stmt_get_u64(st, 0);
        upto[i] = stmt_get_u64(st, 1);
    }
    stmt_reset(st);
    enum rc rc = drop_mark(s, lane, seq[0], e);
    return rc ? rc : put_mark(s, lane, seq[1], upto[0] > upto[1] ? upto[0] : upto[1], e);
}

enum rc state_add_mark(struct state *s, const struct tail_mark *m, uint64_t run_first,
                       struct err *e)
{
    enum rc rc = know_lane(s, m->lane, e);
    if (rc)
        return rc;
    uint64_t upto = m->upto < INT64_MAX ? m->upto : INT64_MAX;
    struct stmt *st = &s->stmt[MARK_HIDDEN];
    stmt_i64(st, 1, m->lane->id);
    stmt_u64(st, 2, m->seq);
    stmt_u64(st, 3, upto);
    stmt_u64(st, 4, run_first);
    rc = stmt_run(st, e);
    if (!rc)
        rc = put_mark(s, m->lane->id, m->seq, upto, e);
    int64_t n = 0;
    st = &s->stmt[MARK_NUMBER];
    stmt_i64(st, 1, m->lane->id);
    stmt_u64(st, 2, run_first);
    stmt_i64(st, 3, m->seq < run_first);
    if (!rc)
        rc = one(st, &n, e);
    if (!rc && n > STATE_MARKS)
        rc = join_oldest(s, m->lane->id, run_first, m->seq < run_first, e);
    return rc;
}

enum rc state_marks(struct state *s, int64_t lane, uint64_t before, struct tail_mark *out,
                    size_t cap, size_t *n, struct err *e)
{
    struct stmt *st = &s->stmt[MARK_LIST];
    enum rc rc = RC_OK;
    *n = 0;
    stmt_i64(st, 1, lane);
    stmt_u64(st, 2, before);
    while (*n < cap && (rc = stmt_step(st, e)) == RC_OK) {
        out[(*n)++] = (struct tail_mark){ .seq = stmt_get_u64(st, 0), .upto = stmt_get_u64(st, 1) };
    }
    stmt_reset(st);
    return rc == RC_MISSING ? RC_OK : rc;
}

/* ---- acts, days, the mark ----------------------------------------------------------------- */

enum rc state_add_act(struct state *s, const struct tail_act *act, struct err *e)
{
    struct stmt *st = &s->stmt[ACT_ADD];
    stmt_u64(st, 1, act->seq);
    stmt_i64(st, 2, act->at_ms);
    stmt_u64(st, 3, act->at.segment);
    stmt_u64(st, 4, act->at.offset);
    stmt_i64(st, 5, act->length);
    return stmt_run(st, e);
}

enum rc state_act_below(struct state *s, uint64_t below, struct tail_act *out, struct err *e)
{
    struct stmt *st = &s->stmt[ACT_BELOW];
    stmt_u64(st, 1, below < INT64_MAX ? below : INT64_MAX);
    enum rc rc = stmt_step(st, e);
    if (rc)
        return rc;
    *out = (struct tail_act){ .seq = stmt_get_u64(st, 0),
                              .at_ms = stmt_get_i64(st, 1),
                              .at = { stmt_get_u64(st, 2), stmt_get_u64(st, 3) },
                              .length = (uint32_t)stmt_get_i64(st, 4) };
    stmt_reset(st);
    return RC_OK;
}

enum rc state_add_day(struct state *s, const struct state_day *day, struct err *e)
{
    struct stmt *st = &s->stmt[DAY_PUT];
    stmt_i64(st, 1, day->number);
    stmt_u64(st, 2, day->first_seq);
    stmt_u64(st, 3, day->before.seq);
    stmt_u64(st, 4, day->before.at.segment);
    stmt_u64(st, 5, day->before.at.offset);
    return stmt_run(st, e);
}

#define DAYS_MAX 100000

enum rc state_days(struct state *s, struct arena *a, struct state_day **out, size_t *n,
                   struct err *e)
{
    struct stmt *st = &s->stmt[DAY_ALL];
    struct state_day *list = NULL;
    size_t cap = 0;
    size_t used = 0;
    enum rc rc;
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct state_day *p = used < DAYS_MAX ? vec_room(a, list, sizeof *p, used, &cap) : NULL;
        if (!p) {
            rc = err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the list of days");
            break;
        }
        list = p;
        list[used++] =
            (struct state_day){ .number = stmt_get_i64(st, 0),
                                .first_seq = stmt_get_u64(st, 1),
                                .before = { .at = { stmt_get_u64(st, 3), stmt_get_u64(st, 4) },
                                            .seq = stmt_get_u64(st, 2) },
                                .whole = stmt_get_i64(st, 5) != 0,
                                .summed = stmt_get_i64(st, 6) != 0 };
    }
    stmt_reset(st);
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = used;
    return RC_OK;
}

enum rc state_set_whole(struct state *s, int64_t number, bool whole, struct err *e)
{
    struct stmt *st = &s->stmt[DAY_WHOLE];
    stmt_i64(st, 1, number);
    stmt_i64(st, 2, whole);
    return stmt_run(st, e);
}

enum rc state_commit(struct state *s, const struct state_mark *m, struct err *e)
{
    struct stmt *st = &s->stmt[SELF_SET];
    stmt_u64(st, 1, m->pos.seq);
    stmt_u64(st, 2, m->pos.at.segment);
    stmt_u64(st, 3, m->pos.at.offset);
    stmt_u64(st, 4, m->safe.seq);
    stmt_u64(st, 5, m->safe.at.segment);
    stmt_u64(st, 6, m->safe.at.offset);
    stmt_u64(st, 7, m->n_messages);
    stmt_u64(st, 8, m->n_refused);
    stmt_u64(st, 9, m->pos.link);
    stmt_u64(st, 10, m->owner);
    enum rc rc = stmt_run(st, e);
    if (!rc)
        rc = write_counts(s, e);
    if (!rc)
        rc = db_exec(&s->db, "COMMIT", e);
    if (rc)
        return rc;
    forget_touched(s);
    s->mark = *m;
    return RC_OK;
}
