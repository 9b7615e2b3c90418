/*
 * Executions under power cuts: what is asked for, and what must be answered afterwards. Times are
 * the journal's own, so ranges are counted here from what was asked for, not by the model.
 */
#include "tests/torture/store_crash.h"

#define ERRORS 3
#define RANGES 6

static const char *const errors[ERRORS] = { "HTTP 500: Internal Server Error", "no answer in time",
                                            "" };

static struct str integration_of(const struct want *m)
{
    return m->lane == 3 ? STR("y") : STR("b");
}

static struct str endpoint_of(const struct want *m)
{
    return str_z(lanes[m->lane] + 4);
}

/* ---- what is asked for -------------------------------------------------------------------- */

static void make_figures(struct world *w, struct want *m)
{
    static const uint64_t most[] = { 90, 600, 6000 };
    m->duration_ms = (uint32_t)roll(w, most[roll(w, ZS_COUNT(most))]);
    m->error = (unsigned)roll(w, ERRORS);
}

/* A begin that was answered and has no end; SIZE_MAX: there is none. */
static size_t pick_open(struct world *w)
{
    for (size_t i = w->n; i > 0; i--) {
        const struct want *m = &w->want[i - 1];
        if (m->kind == STORE_EXEC && m->answered && m->rc == RC_OK && !m->ended && roll(w, 3))
            return i - 1;
    }
    return SIZE_MAX;
}

void make_call(struct world *w, struct want *m)
{
    size_t open = roll(w, 2) ? pick_open(w) : SIZE_MAX;
    make_figures(w, m);
    m->start_ms = 1690000000000 + (int64_t)roll(w, 1000);
    m->kind = open == SIZE_MAX ? STORE_EXEC : STORE_EXEC_END;
    m->failed = roll(w, 3) == 0;
    m->target = open;
    if (open == SIZE_MAX)
        return;
    m->lane = w->want[open].lane;
    w->want[open].ended = true;
}

void make_attempt(struct world *w, struct want *m)
{
    m->sent = roll(w, 3) != 0;
    m->failed = m->state != DELIVERY_DELIVERED;
    make_figures(w, m);
}

void fill_attempt(const struct want *m, struct store_outcome *o)
{
    o->sent = m->sent;
    o->duration_ms = m->duration_ms;
    o->error = m->failed ? str_z(errors[m->error]) : STR_NULL;
}

struct store_op *make_call_op(struct world *w, const struct want *m, uint64_t begin_seq)
{
    struct store_op *op = arena_make(w->a, struct store_op, 1);
    struct store_exec *x = arena_make(w->a, struct store_exec, 1);
    struct store_exec_end *end = arena_make(w->a, struct store_exec_end, 1);
    ZS_ASSERT(op && x && end);
    *x = (struct store_exec){ .integration = integration_of(m),
                              .endpoint = endpoint_of(m),
                              .actor = STR("ann"),
                              .start_ms = m->start_ms,
                              .request = STR("{}") };
    *end = (struct store_exec_end){ .seq = begin_seq,
                                    .integration = x->integration,
                                    .endpoint = x->endpoint,
                                    .state = m->failed ? EXEC_FAILED : EXEC_COMPLETED,
                                    .start_ms = m->start_ms,
                                    .duration_ms = m->duration_ms,
                                    .error = m->failed ? str_z(errors[m->error]) : STR_NULL };
    op->kind = m->kind;
    if (m->kind == STORE_EXEC)
        op->exec = x;
    else
        op->exec_end = end;
    return op;
}

void recount_ends(struct world *w)
{
    for (size_t i = 0; i < w->n; i++) {
        w->want[i].ended = false;
        if (w->want[i].kind == STORE_EXEC_END)
            w->want[w->want[i].target].ended = true;
    }
}

/* ---- lists -------------------------------------------------------------------------------- */

bool show_execs(struct world *w, struct store *s, unsigned k, struct buf *b)
{
    const struct store_exec_query queries[EXEC_LISTS] = {
        { .limit = 23 },
        { .integration = STR("b"), .limit = 1000 },
        { .integration = STR("b"), .endpoint = STR("1"), .limit = 5 },
        { .integration = STR("y"), .state = EXEC_COMPLETED, .limit = 7 },
        { .state = EXEC_FAILED, .limit = 11 },
        { .integration = STR("b"), .state = EXEC_FAILED, .limit = 3 },
        { .state = EXEC_EXECUTING, .limit = 9 },
    };
    struct err e;
    struct store_exec_row *rows = NULL;
    size_t n = 0;
    bool more = true;
    if (k >= EXEC_LISTS)
        return false;
    struct store_exec_query q = queries[k];
    while (more) {
        if (store_execs(s, &q, w->a, &rows, &n, &more, &e)) {
            buf_z(b, e.text);
            return true;
        }
        for (size_t i = 0; i < n; i++) {
            buf_fmt(b, "%.*s/%.*s %s %u %u %.*s;", STR_ARG(rows[i].integration),
                    STR_ARG(rows[i].endpoint), exec_state_name(rows[i].state), rows[i].duration_ms,
                    rows[i].attempt, STR_ARG(rows[i].error));
            q.before_seq = rows[i].order_seq;
            q.before_n = rows[i].n;
        }
    }
    return true;
}

/* ---- figures ------------------------------------------------------------------------------ */

static bool is_execution(const struct want *m)
{
    if (m->rc != RC_OK || !m->answered)
        return false;
    return m->kind == STORE_EXEC_END || (m->kind == STORE_OUTCOMES && m->sent);
}

struct range {
    struct str integration;
    int64_t since, until;
};

struct recount {
    uint64_t n, failed, sum, bucket[STORE_EXEC_BUCKETS], error[ERRORS];
    uint32_t min, max;
    int64_t min_start, max_start;
};

static void count_one(struct recount *c, const struct want *m)
{
    int64_t start = m->kind == STORE_EXEC_END ? m->start_ms : m->at_ms - (int64_t)m->duration_ms;
    uint32_t ms = m->duration_ms;
    if (c->n == 0 || ms < c->min || (ms == c->min && start < c->min_start)) {
        c->min = ms;
        c->min_start = start;
    }
    if (c->n == 0 || ms > c->max || (ms == c->max && start < c->max_start)) {
        c->max = ms;
        c->max_start = start;
    }
    c->n++;
    c->failed += m->failed;
    c->sum += ms;
    c->bucket[(ms >= 100) + (ms >= 500) + (ms >= 1000) + (ms >= 5000)]++;
    if (m->failed)
        c->error[m->error]++;
}

static struct recount count_range(const struct world *w, const struct range *r)
{
    struct recount c = { .n = 0 };
    for (size_t i = 0; i < w->n; i++) {
        const struct want *m = &w->want[i];
        if (is_execution(m) && str_eq(integration_of(m), r->integration) &&
            (!r->since || m->at_ms >= r->since) && (!r->until || m->at_ms < r->until))
            count_one(&c, m);
    }
    return c;
}

static bool same_extremes(const struct recount *c, const struct store_exec_sum *t)
{
    return t->min_ms == c->min && t->max_ms == c->max && t->min_start == c->min_start &&
           t->max_start == c->max_start;
}

static bool same_figures(const struct recount *c, const struct store_exec_stats *s)
{
    const struct store_exec_sum *t = &s->total;
    uint64_t parts = 0;
    bool same = t->n == c->n && t->n_failed == c->failed && t->sum_ms == c->sum &&
                memcmp(t->bucket, c->bucket, sizeof t->bucket) == 0 &&
                (c->n == 0 || same_extremes(c, t)) && s->n_errors == size_min(c->failed, 100);
    for (size_t i = 0; i < s->n_parts; i++)
        parts += s->parts[i].sum.n;
    for (size_t i = 0; i < ERRORS; i++) {
        uint64_t count = 0;
        for (size_t k = 0; k < s->n_groups; k++)
            if (str_eqz(s->groups[k].error, errors[i]))
                count = s->groups[k].count;
        same = same && count == c->error[i];
    }
    return same && parts == c->n;
}

/* Now and then at the very time of an execution, or open. */
static int64_t pick_edge(struct world *w)
{
    const struct want *m = w->n ? &w->want[roll(w, w->n)] : NULL;
    if (!m || roll(w, 4) == 0)
        return 0;
    return m->at_ms + (int64_t)roll(w, 3) - 1 + (roll(w, 2) ? (int64_t)roll(w, 7200000) : 0);
}

static bool check_range(struct world *w, const struct range *r)
{
    struct err e;
    struct store_exec_stats s;
    if (store_exec_stats(w->s, r->integration, r->since, r->until, w->a, &s, &e))
        return e.code == RC_STATE && w->lost ? true : wrong(w, "figures: %s %s", e.id, e.text);
    struct recount c = count_range(w, r);
    if (same_figures(&c, &s))
        return true;
    return wrong(w, "figures from %lld to %lld: %llu executions, %llu failed, not %llu, %llu",
                 (long long)r->since, (long long)r->until, (unsigned long long)s.total.n,
                 (unsigned long long)s.total.n_failed, (unsigned long long)c.n,
                 (unsigned long long)c.failed);
}

/* One execution by its name. */
static bool check_one(struct world *w, const struct want *m)
{
    struct err e;
    struct store_exec_full x;
    const struct want *named = m->kind == STORE_EXEC_END ? &w->want[m->target] : m;
    enum rc rc = store_exec_read(w->s, named->seq, 0, w->a, &x, &e);
    if (rc)
        return wrong(w, "execution %llu: %s", (unsigned long long)named->seq, e.text);
    enum exec_state state = m->failed ? EXEC_FAILED : EXEC_COMPLETED;
    if (x.row.state != state || x.row.duration_ms != m->duration_ms || x.row.order_seq != m->seq ||
        x.row.at_ms != m->at_ms)
        return wrong(w, "execution %llu is another", (unsigned long long)named->seq);
    return true;
}

static bool check_open(struct world *w)
{
    struct err e;
    struct store_exec_row *rows = NULL;
    size_t n = 0;
    size_t open = 0;
    if (store_exec_open(w->s, w->a, &rows, &n, &e))
        return wrong(w, "open calls: %s", e.text);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < w->n && (w->want[k].seq != rows[i].seq || w->want[k].rc != RC_OK))
            k++;
        if (k == w->n || w->want[k].kind != STORE_EXEC || w->want[k].ended)
            return wrong(w, "call %llu is not open", (unsigned long long)rows[i].seq);
    }
    for (size_t k = 0; k < w->n; k++)
        open += w->want[k].kind == STORE_EXEC && w->want[k].rc == RC_OK && !w->want[k].ended;
    return w->fresh && open != n ? wrong(w, "%zu calls are open, not %zu", open, n) : true;
}

bool check_execs(struct world *w)
{
    struct arena_mark mark = arena_mark(w->a);
    bool ok = check_open(w);
    for (size_t i = 0; ok && i < RANGES; i++) {
        const struct range r = { roll(w, 3) ? STR("b") : STR("y"), i ? pick_edge(w) : 0,
                                 i ? pick_edge(w) : 0 };
        ok = (r.until && r.since > r.until) || check_range(w, &r);
    }
    for (size_t i = w->n; ok && i > 0; i -= size_min(i, 1 + roll(w, 20)))
        ok = !is_execution(&w->want[i - 1]) || check_one(w, &w->want[i - 1]);
    arena_rewind(w->a, mark);
    return ok;
}
