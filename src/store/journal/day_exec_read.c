/* Reading executions from a day file. Tests: contract_exec_test.c, journal_exec_test.c */
#include "store/journal/day_exec.h"
#include "store/journal/day_int.h"
#include "store/vec.h"

static const char *const statements[DAY_EXEC_STATEMENTS] = {
    [DAY_WAY_ID] = "SELECT id FROM way WHERE integration = ?1 AND endpoint = ?2",
    [DAY_WAY_ADD] = "INSERT INTO way (integration, endpoint) VALUES (?1, ?2) RETURNING id",
    [DAY_EXEC_ADD_PAGE] = "INSERT INTO exec_page (way, seq, n, failed, data)"
                          " VALUES (?1, ?2, ?3, ?4, ?5)",
    [DAY_EXEC_ADD_SUM] = "INSERT INTO exec_sum (way, span, start, " SPAN_COLUMNS ")"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
                         " ?15, ?16, ?17, ?18, ?19)"
                         " ON CONFLICT (way, span, start) DO UPDATE SET " SPAN_MERGE,
    [DAY_EXEC_SET_GROUP] = "UPDATE exec_group SET n = n + ?3, first_at = min(first_at, ?4),"
                           " last_at = max(last_at, ?5) WHERE way = ?1 AND error = ?2",
    [DAY_EXEC_ADD_GROUP] = "INSERT INTO exec_group (way, error, n, first_at, last_at)"
                           " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (way, error) DO UPDATE"
                           " SET n = n + ?3, first_at = min(first_at, ?4),"
                           " last_at = max(last_at, ?5)",
    [DAY_EXEC_COUNT_GROUPS] = "SELECT count(*) FROM exec_group WHERE way = ?1",
    [DAY_EXEC_ADD_AT] = "INSERT INTO exec_at (seq, data) VALUES (?1, ?2)",
    [DAY_EXEC_ADD_END] = "INSERT OR REPLACE INTO exec_end (seq, end_seq) VALUES (?1, ?2)",
    [DAY_WAYS] = "SELECT way.id, integration, endpoint, " SPAN_COLUMNS " FROM way"
                 " JOIN exec_sum ON exec_sum.way = way.id AND span = 0 AND start = 0",
    [DAY_WAYS_OF] = "SELECT way.id, integration, endpoint, " SPAN_COLUMNS " FROM way"
                    " JOIN exec_sum ON exec_sum.way = way.id AND span = 0 AND start = 0"
                    " WHERE integration = ?1",
    [DAY_SPANS] = "SELECT " SPAN_COLUMNS " FROM exec_sum WHERE way = ?1 AND span = ?2"
                  " AND start >= ?3 AND start < ?4 ORDER BY start",
    [DAY_GROUPS] = "SELECT error, n, first_at, last_at FROM exec_group WHERE way = ?1",
    [DAY_PAGE] = "SELECT seq, n, data FROM exec_page WHERE way = ?1 AND (seq, n) < (?2, ?3)"
                 " ORDER BY seq DESC, n DESC LIMIT 1",
    [DAY_FAILED_PAGE] = "SELECT seq, n, data FROM exec_page WHERE way = ?1"
                        " AND (seq, n) < (?2, ?3) AND failed > 0"
                        " ORDER BY seq DESC, n DESC LIMIT 1",
    [DAY_EXEC_AT] = "SELECT seq, data FROM exec_at WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1",
    [DAY_EXEC_END] = "SELECT end_seq FROM exec_end WHERE seq = ?1",
};

/* Prepared when first used: a search for messages needs none of them. */
enum rc day_exec_stmt(struct day *d, enum day_exec_statement which, struct stmt **out,
                      struct err *e)
{
    struct stmt *st = &d->exec[which];
    if (!st->h) {
        enum rc rc = stmt_open(st, &d->db, statements[which], e);
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

/* Sequences are below 2^63; so is what they are compared with. */
static uint64_t clamp(uint64_t seq)
{
    return seq < INT64_MAX ? seq : INT64_MAX;
}

static bool copy(struct arena *a, struct str from, struct str *to)
{
    *to = from.n ? arena_str(a, from) : STR("");
    return !str_is_null(*to);
}

/* ---- ways, sums, groups ------------------------------------------------------------------- */

static enum rc take_way(struct stmt *st, struct arena *a, struct day_way *out, struct err *e)
{
    *out = (struct day_way){ .id = stmt_get_i64(st, 0) };
    span_get(st, 3, &out->total);
    if (!copy(a, stmt_get_str(st, 1), &out->integration) ||
        !copy(a, stmt_get_str(st, 2), &out->endpoint))
        return no_memory(e);
    return RC_OK;
}

enum rc day_ways(struct day *d, struct str integration, struct arena *a, struct day_way **out,
                 size_t *n, struct err *e)
{
    struct stmt *st = NULL;
    struct day_way *list = NULL;
    size_t used = 0;
    size_t cap = 0;
    enum rc rc = day_exec_stmt(d, integration.n ? DAY_WAYS_OF : DAY_WAYS, &st, e);
    if (rc)
        return rc;
    if (integration.n)
        stmt_blob(st, 1, integration);
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct day_way *p = vec_room(a, list, sizeof *p, used, &cap);
        list = p ? p : list;
        rc = p ? take_way(st, a, &list[used++], e) : no_memory(e);
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

enum rc day_spans(struct day *d, int64_t way, enum exec_step step, int64_t from, int64_t to,
                  struct arena *a, struct exec_span **out, size_t *n, struct err *e)
{
    struct stmt *st = NULL;
    struct exec_span *list = NULL;
    size_t used = 0;
    size_t cap = 0;
    enum rc rc = day_exec_stmt(d, DAY_SPANS, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, way);
    stmt_i64(st, 2, (int64_t)step);
    stmt_i64(st, 3, from);
    stmt_i64(st, 4, to);
    while ((rc = stmt_step(st, e)) == RC_OK) {
        struct exec_span *p = vec_room(a, list, sizeof *p, used, &cap);
        if (!p) {
            rc = no_memory(e);
            break;
        }
        list = p;
        span_get(st, 0, &list[used++]);
    }
    stmt_reset(st);
    if (rc != RC_MISSING)
        return rc;
    *out = list;
    *n = used;
    return RC_OK;
}

enum rc day_groups(struct day *d, int64_t way, struct arena *a, struct store_exec_group **out,
                   size_t *n, struct err *e)
{
    struct stmt *st = NULL;
    struct store_exec_group *list =
        arena_make(a, struct store_exec_group, STORE_EXEC_GROUPS_DAY + 1);
    size_t used = 0;
    enum rc rc = list ? day_exec_stmt(d, DAY_GROUPS, &st, e) : no_memory(e);
    if (rc)
        return rc;
    stmt_i64(st, 1, way);
    while ((rc = stmt_step(st, e)) == RC_OK && used <= STORE_EXEC_GROUPS_DAY) {
        list[used] = (struct store_exec_group){ .count = stmt_get_u64(st, 1),
                                                .first_at = stmt_get_i64(st, 2),
                                                .last_at = stmt_get_i64(st, 3) };
        if (!copy(a, stmt_get_str(st, 0), &list[used++].error)) {
            rc = no_memory(e);
            break;
        }
    }
    stmt_reset(st);
    if (rc && rc != RC_MISSING)
        return rc;
    *out = list;
    *n = used;
    return RC_OK;
}

/* ---- rows --------------------------------------------------------------------------------- */

void day_rows_init(struct day_rows *w, struct day *d, const struct day_way *way, bool failed,
                   struct exec_place below, struct arena *a)
{
    *w = (struct day_rows){
        .day = d, .way = way, .failed = failed, .below = { clamp(below.seq), below.n }, .a = a
    };
}

static enum rc make_room(struct day_rows *w, struct err *e)
{
    if (w->list)
        return RC_OK;
    w->data = arena_raw(w->a, EXEC_PAGE_STORED);
    w->list = arena_raw(w->a, EXEC_PAGE_ROWS * sizeof *w->list);
    return w->data && w->list ? RC_OK : no_memory(e);
}

/* The page that begins below; its rows below that. */
static enum rc load(struct day_rows *w, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = make_room(w, e);
    if (!rc)
        rc = day_exec_stmt(w->day, w->failed ? DAY_FAILED_PAGE : DAY_PAGE, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, w->way->id);
    stmt_u64(st, 2, w->below.seq);
    stmt_i64(st, 3, w->below.n);
    rc = stmt_step(st, e);
    if (rc)
        return rc;
    const struct exec_place first = { stmt_get_u64(st, 0), (unsigned)stmt_get_i64(st, 1) };
    struct str data = stmt_get_str(st, 2);
    size_t n = size_min(data.n, EXEC_PAGE_STORED); /* what is longer does not decode */
    memcpy(w->data, data.p, n);
    stmt_reset(st);
    rc = exec_page_read(first, str_of(w->data, n), w->list, &w->left, e);
    while (!rc && w->left && !exec_place_below(exec_place_of(&w->list[w->left - 1]), w->below))
        w->left--;
    w->below = first;
    return rc;
}

enum rc day_rows_next(struct day_rows *w, const struct store_exec_row **out, struct err *e)
{
    while (w->left == 0) {
        enum rc rc = load(w, e);
        if (rc)
            return rc;
    }
    struct store_exec_row *row = &w->list[--w->left];
    row->integration = w->way->integration;
    row->endpoint = w->way->endpoint;
    *out = row;
    return RC_OK;
}

/* ---- places ------------------------------------------------------------------------------- */

enum rc day_exec_at(struct day *d, uint64_t seq, struct exec_at *out, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = day_exec_stmt(d, DAY_EXEC_AT, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, clamp(seq));
    rc = stmt_step(st, e);
    if (!rc)
        rc = exec_at_find(stmt_get_u64(st, 0), stmt_get_str(st, 1), seq, out, e);
    stmt_reset(st);
    return rc;
}

enum rc day_exec_end(struct day *d, uint64_t seq, struct exec_at *out, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = day_exec_stmt(d, DAY_EXEC_END, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, clamp(seq));
    rc = stmt_step(st, e);
    uint64_t end = rc ? 0 : stmt_get_u64(st, 0);
    stmt_reset(st);
    return rc ? rc : day_exec_at(d, end, out, e);
}
