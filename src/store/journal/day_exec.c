/* Writing executions into a day file. Reading is in day_exec_read.c. Tests: contract_exec_test.c,
 * journal_exec_test.c */
#include "store/journal/day_exec.h"

#include "store/journal/day_int.h"

const char day_exec_schema[] =
    "CREATE TABLE IF NOT EXISTS way (id INTEGER PRIMARY KEY, integration BLOB NOT NULL,"
    "  endpoint BLOB NOT NULL, UNIQUE (integration, endpoint));"
    "CREATE TABLE IF NOT EXISTS exec_page (way INTEGER NOT NULL, seq INTEGER NOT NULL,"
    "  n INTEGER NOT NULL, failed INTEGER NOT NULL, data BLOB NOT NULL,"
    "  PRIMARY KEY (way, seq, n)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS exec_failed ON exec_page (way, seq, n) WHERE failed > 0;"
    "CREATE TABLE IF NOT EXISTS exec_sum (way INTEGER NOT NULL, span INTEGER NOT NULL,"
    "  start INTEGER NOT NULL, " SPAN_SCHEMA ", PRIMARY KEY (way, span, start)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS exec_group (way INTEGER NOT NULL, error BLOB NOT NULL,"
    "  n INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    "  PRIMARY KEY (way, error)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS exec_at (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS exec_end (seq INTEGER PRIMARY KEY, end_seq INTEGER NOT NULL);";

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to index executions");
}

int64_t exec_step_of(int64_t at_ms, enum exec_step step)
{
    int64_t rest = at_ms % (int64_t)step;
    return at_ms - (rest < 0 ? rest + (int64_t)step : rest);
}

/* ---- where records stand ------------------------------------------------------------------ */

static enum exec_record kind_of(const struct tail_exec *x)
{
    if (x->row.delivery)
        return EXEC_RECORD_OUTCOMES;
    return x->row.state == EXEC_EXECUTING ? EXEC_RECORD_BEGIN : EXEC_RECORD_END;
}

static enum rc write_places(struct day *d, struct exec_at_page *p, struct err *e)
{
    struct stmt *st = NULL;
    if (p->used == 0)
        return RC_OK;
    enum rc rc = day_exec_stmt(d, DAY_EXEC_ADD_AT, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, p->first);
    stmt_blob(st, 2, str_of((const char *)p->bytes, p->used));
    exec_at_init(p);
    return stmt_run(st, e);
}

static enum rc write_end(struct day *d, const struct store_exec_row *row, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = day_exec_stmt(d, DAY_EXEC_ADD_END, &st, e);
    if (rc)
        return rc;
    stmt_u64(st, 1, row->seq);
    stmt_u64(st, 2, row->order_seq);
    return stmt_run(st, e);
}

/* One place per record, whatever it holds. */
static enum rc add_places(struct day *d, const struct tail_exec *const *x, size_t n,
                          struct arena *a, struct err *e)
{
    struct exec_at_page *page = arena_make(a, struct exec_at_page, 1);
    enum rc rc = page ? RC_OK : no_memory(e);
    for (size_t i = 0; !rc && i < n; i++) {
        const struct exec_at at = { x[i]->row.order_seq, x[i]->at, x[i]->length, kind_of(x[i]) };
        if (at.kind == EXEC_RECORD_END)
            rc = write_end(d, &x[i]->row, e);
        if (rc || (i > 0 && x[i - 1]->row.order_seq == at.seq) || exec_at_add(page, &at))
            continue;
        rc = write_places(d, page, e);
        bool fits = exec_at_add(page, &at);
        ZS_ASSERT(fits || rc);
    }
    return rc ? rc : write_places(d, page, e);
}

/* ---- rows of one way ---------------------------------------------------------------------- */

struct adding {
    struct day *day;
    struct arena *a;
    int64_t way; /* in this file */
    struct exec_packer packer;
    struct exec_page page;
    struct exec_span minute, hour, file;
    int64_t minute_start, hour_start;
    struct strmap groups; /* by text */
    struct store_exec_group **order;
    size_t n_groups;
};

static enum rc way_id(struct day *d, const struct way *way, int64_t *id, struct err *e)
{
    struct stmt *get = NULL;
    struct stmt *add = NULL;
    enum rc rc = day_exec_stmt(d, DAY_WAY_ID, &get, e);
    if (!rc)
        rc = day_exec_stmt(d, DAY_WAY_ADD, &add, e);
    if (rc)
        return rc;
    stmt_blob(get, 1, way->integration);
    stmt_blob(get, 2, way->endpoint);
    rc = stmt_step(get, e);
    if (!rc)
        *id = stmt_get_i64(get, 0);
    stmt_reset(get);
    if (rc != RC_MISSING)
        return rc;
    stmt_blob(add, 1, way->integration);
    stmt_blob(add, 2, way->endpoint);
    rc = stmt_step(add, e);
    if (rc)
        return rc == RC_MISSING ? err_set(e, RC_BUG, "STORE-036", "a way was not made") : rc;
    *id = stmt_get_i64(add, 0);
    stmt_reset(add);
    return RC_OK;
}

static enum rc write_page(struct adding *g, struct err *e)
{
    unsigned char stored[EXEC_PAGE_STORED];
    struct stmt *st = NULL;
    enum rc rc = day_exec_stmt(g->day, DAY_EXEC_ADD_PAGE, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, g->way);
    stmt_u64(st, 2, g->page.first.seq);
    stmt_i64(st, 3, g->page.first.n);
    stmt_u64(st, 4, g->page.n_failed);
    stmt_blob(st, 5, exec_page_store(&g->page, stored));
    return stmt_run(st, e);
}

static enum rc write_span(struct adding *g, enum exec_step step, int64_t start,
                          struct exec_span *span, struct err *e)
{
    struct stmt *st = NULL;
    if (span->sum.n == 0)
        return RC_OK;
    enum rc rc = day_exec_stmt(g->day, DAY_EXEC_ADD_SUM, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, g->way);
    stmt_i64(st, 2, (int64_t)step);
    stmt_i64(st, 3, start);
    span_bind(st, 4, span);
    *span = (struct exec_span){ .at_min = 0 };
    return stmt_run(st, e);
}

static enum rc add_to_spans(struct adding *g, const struct store_exec_row *row, struct err *e)
{
    int64_t minute = exec_step_of(row->at_ms, EXEC_MINUTE);
    int64_t hour = exec_step_of(row->at_ms, EXEC_HOUR);
    enum rc rc = RC_OK;
    if (minute != g->minute_start)
        rc = write_span(g, EXEC_MINUTE, g->minute_start, &g->minute, e);
    if (!rc && hour != g->hour_start)
        rc = write_span(g, EXEC_HOUR, g->hour_start, &g->hour, e);
    g->minute_start = minute;
    g->hour_start = hour;
    span_add(&g->minute, row);
    span_add(&g->hour, row);
    span_add(&g->file, row);
    return rc;
}

/*
 * Failures are gathered by text and written in the order in which the texts came first, so that
 * which texts are told apart does not depend on where batches end.
 */
static enum rc add_to_groups(struct adding *g, const struct store_exec_row *row, struct err *e)
{
    struct store_exec_group *group = strmap_get(&g->groups, row->error);
    if (group) {
        group->count++;
        group->first_at = row->at_ms < group->first_at ? row->at_ms : group->first_at;
        group->last_at = row->at_ms > group->last_at ? row->at_ms : group->last_at;
        return RC_OK;
    }
    group = arena_make(g->a, struct store_exec_group, 1);
    if (!group || strmap_put(&g->groups, row->error, group, NULL))
        return no_memory(e);
    *group = (struct store_exec_group){ row->error, 1, row->at_ms, row->at_ms };
    g->order[g->n_groups++] = group;
    return RC_OK;
}

static enum rc count_groups(struct adding *g, int64_t *n, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = day_exec_stmt(g->day, DAY_EXEC_COUNT_GROUPS, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, g->way);
    rc = stmt_step(st, e);
    if (!rc)
        *n = stmt_get_i64(st, 0);
    stmt_reset(st);
    return rc;
}

static enum rc put_group(struct adding *g, enum day_exec_statement which, struct str error,
                         const struct store_exec_group *group, struct err *e)
{
    struct stmt *st = NULL;
    enum rc rc = day_exec_stmt(g->day, which, &st, e);
    if (rc)
        return rc;
    stmt_i64(st, 1, g->way);
    stmt_blob(st, 2, error.n ? error : STR(""));
    stmt_u64(st, 3, group->count);
    stmt_i64(st, 4, group->first_at);
    stmt_i64(st, 5, group->last_at);
    return stmt_run(st, e);
}

/* A text that is there counts on; a new one only as long as there are not too many. */
static enum rc write_group(struct adding *g, const struct store_exec_group *group, struct err *e)
{
    int64_t n = 0;
    enum rc rc = put_group(g, DAY_EXEC_SET_GROUP, group->error, group, e);
    if (rc || db_changes(&g->day->db) > 0)
        return rc;
    rc = count_groups(g, &n, e);
    struct str error = n < STORE_EXEC_GROUPS_DAY ? group->error : STR(STORE_EXEC_OTHERS);
    return rc ? rc : put_group(g, DAY_EXEC_ADD_GROUP, error, group, e);
}

static enum rc add_row(struct adding *g, const struct store_exec_row *row, struct err *e)
{
    enum rc rc = add_to_spans(g, row, e);
    if (!rc && exec_packer_add(&g->packer, row, &g->page))
        rc = write_page(g, e);
    if (!rc && row->state == EXEC_FAILED)
        rc = add_to_groups(g, row, e);
    return rc;
}

static enum rc finish_way(struct adding *g, struct err *e)
{
    enum rc rc = RC_OK;
    if (exec_packer_end(&g->packer, &g->page))
        rc = write_page(g, e);
    if (!rc)
        rc = write_span(g, EXEC_MINUTE, g->minute_start, &g->minute, e);
    if (!rc)
        rc = write_span(g, EXEC_HOUR, g->hour_start, &g->hour, e);
    if (!rc)
        rc = write_span(g, EXEC_FILE, 0, &g->file, e);
    for (size_t i = 0; !rc && i < g->n_groups; i++)
        rc = write_group(g, g->order[i], e);
    return rc;
}

/* ---- all ways ----------------------------------------------------------------------------- */

/* The executions of one way that ended, in order, as a chain through `next`. */
struct chain {
    struct way *way;
    size_t first, last, n;
};

struct chains {
    struct chain *list; /* one per way, by first appearance */
    size_t n;
    size_t *next; /* of each execution: the next one of its way */
};

static enum rc make_chains(const struct tail_exec *const *x, size_t n, struct arena *a,
                           struct chains *out, struct err *e)
{
    struct chains c = { .list = arena_make(a, struct chain, n), .next = arena_make(a, size_t, n) };
    if (!c.list || !c.next)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        struct way *way = x[i]->way;
        if (x[i]->row.state == EXEC_EXECUTING)
            continue;
        if (way->slot == 0) {
            c.list[c.n++] = (struct chain){ .way = way, .first = i };
            way->slot = c.n;
        } else {
            c.next[c.list[way->slot - 1].last] = i;
        }
        c.list[way->slot - 1].last = i;
        c.list[way->slot - 1].n++;
    }
    for (size_t i = 0; i < c.n; i++)
        c.list[i].way->slot = 0;
    *out = c;
    return RC_OK;
}

static enum rc add_way(struct day *d, const struct tail_exec *const *x, const struct chains *c,
                       const struct chain *chain, struct arena *a, struct err *e)
{
    struct adding *g = arena_make(a, struct adding, 1);
    if (!g)
        return no_memory(e);
    g->day = d;
    g->a = a;
    g->order = arena_make(a, struct store_exec_group *, chain->n);
    strmap_init(&g->groups, a, chain->n);
    exec_packer_init(&g->packer);
    enum rc rc = g->order ? way_id(d, chain->way, &g->way, e) : no_memory(e);
    size_t i = chain->first;
    for (size_t k = 0; !rc && k < chain->n; k++, i = c->next[i])
        rc = add_row(g, &x[i]->row, e);
    return rc ? rc : finish_way(g, e);
}

enum rc day_exec_add(struct day *d, const struct tail_exec *const *x, size_t n, struct arena *a,
                     struct err *e)
{
    struct chains c = { .n = 0 };
    struct arena_mark mark = arena_mark(a);
    if (n == 0)
        return RC_OK;
    ZS_ASSERT(x[0]->row.order_seq > d->mark.pos.seq);
    enum rc rc = add_places(d, x, n, a, e);
    if (!rc)
        rc = make_chains(x, n, a, &c, e);
    for (size_t i = 0; !rc && i < c.n; i++) {
        struct arena_mark inner = arena_mark(a);
        rc = add_way(d, x, &c, &c.list[i], a, e);
        arena_rewind(a, inner);
    }
    arena_rewind(a, mark);
    return rc;
}
