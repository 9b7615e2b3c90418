/* Executions in the state file. Tests: contract_exec_test.c, journal_exec_test.c */
#include "store/journal/state_exec.h"

#include "store/vec.h"

enum {
    CALL_ADD,
    CALL_DROP,
    CALL_ALL,
    CALL_ONE,
    TOTAL_ADD,
    TOTAL_LIST,
    GROUP_ADD,
    GROUP_LIST,
    DAY_SUMMED,
    N_STATEMENTS
};

_Static_assert((int)N_STATEMENTS == (int)STATE_EXEC_STATEMENTS, "one statement each");

#define CALL_COLUMNS "seq, at, start, integration, endpoint, segment, offset, length"

static const char *const statements[STATE_EXEC_STATEMENTS] = {
    [CALL_ADD] = "INSERT OR IGNORE INTO call (" CALL_COLUMNS ")"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CALL_DROP] = "DELETE FROM call WHERE seq = ?1",
    [CALL_ALL] = "SELECT " CALL_COLUMNS " FROM call ORDER BY seq",
    [CALL_ONE] = "SELECT " CALL_COLUMNS " FROM call WHERE seq = ?1",
    [TOTAL_ADD] = "INSERT OR REPLACE INTO exec_total (integration, day, endpoint, " SPAN_COLUMNS
                  ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
                  " ?16, ?17, ?18, ?19)",
    [TOTAL_LIST] = "SELECT day, endpoint, " SPAN_COLUMNS " FROM exec_total"
                   " WHERE integration = ?1 AND day >= ?2 ORDER BY day",
    [GROUP_ADD] = "INSERT INTO exec_total_group (integration, day, error, n, first_at, last_at)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (integration, day, error)"
                  " DO UPDATE SET n = n + ?4, first_at = min(first_at, ?5),"
                  " last_at = max(last_at, ?6)",
    [GROUP_LIST] = "SELECT day, error, n, first_at, last_at"
                   " FROM exec_total_group"
                   " WHERE integration = ?1 AND day >= ?2 ORDER BY day",
    [DAY_SUMMED] = "UPDATE day SET summed = 1 WHERE number = ?1",
};

const char state_exec_schema[] =
    "CREATE TABLE IF NOT EXISTS call (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    "  start INTEGER NOT NULL, integration BLOB NOT NULL, endpoint BLOB NOT NULL,"
    "  segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS exec_total (integration BLOB NOT NULL, day INTEGER NOT NULL,"
    "  endpoint BLOB NOT NULL, " SPAN_SCHEMA ","
    "  PRIMARY KEY (integration, day, endpoint)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS exec_total_group (integration BLOB NOT NULL,"
    "  day INTEGER NOT NULL, error BLOB NOT NULL, n INTEGER NOT NULL,"
    "  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    "  PRIMARY KEY (integration, day, error)) WITHOUT ROWID;";

/* Prepared when first used. */
static enum rc use(struct state *s, int which, struct stmt **out, struct err *e)
{
    struct stmt *st = &s->exec[which];
    if (!st->h) {
        enum rc rc = stmt_open(st, &s->db, statements[which], e);
        if (rc)
            return rc;
    }
    *out = st;
    return RC_OK;
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to read executions");
}

static bool copy(struct arena *a, struct str from, struct str *to)
{
    *to = from.n ? arena_str(a, from) : STR("");
    return !str_is_null(*to);
}

static struct str not_null(struct str s)
{
    return s.n ? s : STR("");
}

/* ---- calls -------------------------------------------------------------------------------- */

enum rc state_add_call(struct state *s, const struct tail_exec *x, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = use(s, CALL_ADD, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, x->row.seq);
    stmt_i64(st, 2, x->row.at_ms);
    stmt_i64(st, 3, x->row.start_ms);
    stmt_blob(st, 4, not_null(x->row.integration));
    stmt_blob(st, 5, not_null(x->row.endpoint));
    stmt_u64(st, 6, x->at.segment);
    stmt_u64(st, 7, x->at.offset);
    stmt_i64(st, 8, x->length);
    return stmt_run(st, e);
}

enum rc state_drop_call(struct state *s, uint64_t seq, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = use(s, CALL_DROP, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, seq);
    return stmt_run(st, e);
}

static enum rc take_call(struct stmt *st, struct arena *a, struct state_call *out, struct err *e)
{
    struct store_exec_row row = { .seq = stmt_get_u64(st, 0),
                                  .order_seq = stmt_get_u64(st, 0),
                                  .state = EXEC_EXECUTING,
                                  .at_ms = stmt_get_i64(st, 1),
                                  .start_ms = stmt_get_i64(st, 2) };
    if (!copy(a, stmt_get_str(st, 3), &row.integration) ||
        !copy(a, stmt_get_str(st, 4), &row.endpoint))
        return no_memory(e);
    *out = (struct state_call){ .row = row,
                                .at = { stmt_get_u64(st, 5), stmt_get_u64(st, 6) },
                                .length = (uint32_t)stmt_get_i64(st, 7) };
    return RC_OK;
}

enum rc state_calls(struct state *s, struct arena *a, struct state_call **out, size_t *n,
                    struct err *e)
{
    struct stmt *st = NULL;
    struct state_call *list = NULL;
    size_t used = 0;
    size_t cap = 0;
    enum rc rc = use(s, CALL_ALL, &st, e);
    if (rc)
        return rc;
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct state_call *p = vec_room(a, list, sizeof *p, used, &cap);
        list = p ? p : list;
        rc = p ? take_call(st, a, &list[used++], e) : no_memory(e);
        if (rc)
            break;
    }
    stmt_reset(st);
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = used;
    return RC_OK;
}

enum rc state_call_one(struct state *s, uint64_t seq, struct arena *a, struct state_call *out,
                       struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = use(s, CALL_ONE, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, seq);
    rc = stmt_step(st, e);
    if (!rc)
        rc = take_call(st, a, out, e);
    stmt_reset(st);
    return rc;
}

/* ---- totals ------------------------------------------------------------------------------- */

enum rc state_add_total(struct state *s, int64_t day, const struct day_way *way, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = use(s, TOTAL_ADD, &st, e);
    if (rc)
        return rc;
    stmt_blob(st, 1, not_null(way->integration));
    stmt_i64(st, 2, day);
    stmt_blob(st, 3, not_null(way->endpoint));
    span_bind(st, 4, &way->total);
    return stmt_run(st, e);
}

enum rc state_add_group(struct state *s, int64_t day, struct str integration,
                        const struct store_exec_group *group, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = use(s, GROUP_ADD, &st, e);
    if (rc)
        return rc;
    stmt_blob(st, 1, not_null(integration));
    stmt_i64(st, 2, day);
    stmt_blob(st, 3, not_null(group->error));
    stmt_u64(st, 4, group->count);
    stmt_i64(st, 5, group->first_at);
    stmt_i64(st, 6, group->last_at);
    return stmt_run(st, e);
}

enum rc state_set_summed(struct state *s, int64_t day, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = use(s, DAY_SUMMED, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, day);
    return stmt_run(st, e);
}

static enum rc take_total(struct stmt *st, struct arena *a, struct state_total *out, struct err *e)
{
    *out = (struct state_total){ .day = stmt_get_i64(st, 0) };
    span_get(st, 2, &out->span);
    return copy(a, stmt_get_str(st, 1), &out->endpoint) ? RC_OK : no_memory(e);
}

enum rc state_totals(struct state *s, struct str integration, int64_t from_day, struct arena *a,
                     struct state_total **out, size_t *n, struct err *e)
{
    struct stmt *st = NULL;
    struct state_total *list = NULL;
    size_t used = 0;
    size_t cap = 0;
    enum rc rc = use(s, TOTAL_LIST, &st, e);
    if (rc)
        return rc;
    stmt_blob(st, 1, not_null(integration));
    stmt_i64(st, 2, from_day);
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct state_total *p = vec_room(a, list, sizeof *p, used, &cap);
        list = p ? p : list;
        rc = p ? take_total(st, a, &list[used++], e) : no_memory(e);
        if (rc)
            break;
    }
    stmt_reset(st);
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = used;
    return RC_OK;
}

static enum rc take_group(struct stmt *st, struct arena *a, struct state_group *out, struct err *e)
{
    *out = (struct state_group){ .day = stmt_get_i64(st, 0),
                                 .group = { .count = stmt_get_u64(st, 2),
                                            .first_at = stmt_get_i64(st, 3),
                                            .last_at = stmt_get_i64(st, 4) } };
    return copy(a, stmt_get_str(st, 1), &out->group.error) ? RC_OK : no_memory(e);
}

enum rc state_groups(struct state *s, struct str integration, int64_t from_day, struct arena *a,
                     struct state_group **out, size_t *n, struct err *e)
{
    struct stmt *st = NULL;
    struct state_group *list = NULL;
    size_t used = 0;
    size_t cap = 0;
    enum rc rc = use(s, GROUP_LIST, &st, e);
    if (rc)
        return rc;
    stmt_blob(st, 1, not_null(integration));
    stmt_i64(st, 2, from_day);
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct state_group *p = vec_room(a, list, sizeof *p, used, &cap);
        list = p ? p : list;
        rc = p ? take_group(st, a, &list[used++], e) : no_memory(e);
        if (rc)
            break;
    }
    stmt_reset(st);
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = used;
    return RC_OK;
}
