/*
 * Lists of executions, and what is still open.
 *
 * A list is a merge, newest first: of the calls that have not ended, and day by day of the tail's
 * part and of the ways in the day's file that can hold what is asked for. A way is read from when
 * its newest row may be next, not before. Tests: contract_exec_test.c, torture-store_crash
 */
#include "store/journal/exec_list.h"

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

struct exec_list {
    const struct store_exec_query *q;
    struct exec_place below;
    struct arena *a;
    struct store_exec_row *rows;
    size_t n;                /* up to limit + 1: the last only says that there is more */
    struct state_call *open; /* ascending; the last one is next */
    size_t n_open;
};

/* ---- the sources -------------------------------------------------------------------------- */

/* One way of a day file, from its newest row that may match down to its oldest. */
struct source {
    struct day_rows rows;
    const struct store_exec_row *head; /* NULL: not read yet, it lies at or below `high` */
    struct exec_place high;
    uint64_t low;
    bool ended;
};

struct merge {
    struct exec_list *list;
    struct exec_view *v;
    struct exec_day day;
    struct source *source;
    size_t n;
};

static struct exec_place place_of_source(const struct source *s)
{
    return s->head ? exec_place_of(s->head) : s->high;
}

static bool state_in(const struct store_exec_query *q, const struct store_exec_sum *sum)
{
    if (q->state == EXEC_FAILED)
        return sum->n_failed > 0;
    return q->state == EXEC_COMPLETED ? sum->n_completed > 0 : sum->n > 0;
}

/*
 * Sequences between which the way's rows of the range lie, by its hours: *high 0: there are none.
 * Clocks may have gone back, so it is more than the range perhaps, never less.
 */
static enum rc narrow(struct merge *m, const struct day_way *way, uint64_t *low, uint64_t *high,
                      struct err *e)
{
    const struct store_exec_query *q = m->list->q;
    struct exec_span *hour = NULL;
    size_t n = 0;
    *low = way->total.seq_min;
    *high = way->total.seq_max;
    if (span_lies(&way->total, q->since, q->until) == SPAN_INSIDE)
        return RC_OK;
    enum rc rc = day_spans(m->day.file, way->id, EXEC_HOUR,
                           q->since ? exec_step_of(q->since, EXEC_HOUR) : INT64_MIN,
                           q->until ? q->until : INT64_MAX, m->v->r->scratch, &hour, &n, e);
    *low = UINT64_MAX;
    *high = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        if (span_lies(&hour[i], q->since, q->until) == SPAN_OUTSIDE || !state_in(q, &hour[i].sum))
            continue;
        *low = hour[i].seq_min < *low ? hour[i].seq_min : *low;
        *high = hour[i].seq_max > *high ? hour[i].seq_max : *high;
    }
    return rc;
}

static enum rc add_source(struct merge *m, const struct day_way *way, struct err *e)
{
    const struct store_exec_query *q = m->list->q;
    struct source *s = &m->source[m->n];
    uint64_t high = 0;
    if (!exec_names_match(q, way->integration, way->endpoint) || !state_in(q, &way->total.sum) ||
        span_lies(&way->total, q->since, q->until) == SPAN_OUTSIDE)
        return RC_OK;
    *s = (struct source){ .head = NULL };
    enum rc rc = narrow(m, way, &s->low, &high, e);
    if (rc || high == 0)
        return rc;
    struct exec_place below = { high, UINT32_MAX };
    if (exec_place_below(m->list->below, below))
        below = m->list->below;
    s->high = below;
    day_rows_init(&s->rows, m->day.file, way, q->state == EXEC_FAILED, below, m->v->r->scratch);
    m->n++;
    return RC_OK;
}

static enum rc add_sources(struct merge *m, struct err *e)
{
    struct day_way *way = NULL;
    size_t n = 0;
    if (!m->day.file || m->list->q->state == EXEC_EXECUTING)
        return RC_OK;
    enum rc rc = day_ways(m->day.file, m->list->q->integration, m->v->r->scratch, &way, &n, e);
    if (rc)
        return rc;
    m->source = arena_make(m->v->r->scratch, struct source, n);
    if (!m->source)
        return no_memory(e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = add_source(m, &way[i], e);
    return rc;
}

/* ---- merging ------------------------------------------------------------------------------ */

static bool is_done(const struct exec_list *l)
{
    return l->n > l->q->limit;
}

static enum rc offer(struct exec_list *l, const struct store_exec_row *row, struct err *e)
{
    if (!exec_place_below(exec_place_of(row), l->below) || !exec_row_matches(l->q, row))
        return RC_OK;
    l->rows[l->n] = *row;
    enum rc rc = exec_keep(&l->rows[l->n], l->a, e);
    l->n += !rc;
    return rc;
}

/* Open calls above this place. */
static enum rc offer_open(struct exec_list *l, struct exec_place above, struct err *e)
{
    enum rc rc = RC_OK;
    while (!rc && !is_done(l) && l->n_open &&
           !exec_place_below(exec_place_of(&l->open[l->n_open - 1].row), above))
        rc = offer(l, &l->open[--l->n_open].row, e);
    return rc;
}

/* The next row of a source, or it has ended. */
static enum rc advance(struct source *s, struct err *e)
{
    enum rc rc = day_rows_next(&s->rows, &s->head, e);
    s->ended = rc == RC_MISSING || (!rc && s->head->order_seq < s->low);
    return rc == RC_MISSING ? RC_OK : rc;
}

static struct source *highest(const struct merge *m)
{
    struct source *best = NULL;
    for (size_t i = 0; i < m->n; i++) {
        struct source *s = &m->source[i];
        if (!s->ended && (!best || exec_place_below(place_of_source(best), place_of_source(s))))
            best = s;
    }
    return best;
}

/* The tail's last that is not handed out; begins are seen among the open calls. */
static const struct store_exec_row *tail_head(struct merge *m)
{
    while (m->day.to > m->day.from && m->v->tail[m->day.to - 1]->row.state == EXEC_EXECUTING)
        m->day.to--;
    return m->day.to > m->day.from ? &m->v->tail[m->day.to - 1]->row : NULL;
}

static enum rc merge_day(struct merge *m, struct err *e)
{
    enum rc rc = add_sources(m, e);
    while (!rc && !is_done(m->list)) {
        const struct store_exec_row *row = tail_head(m);
        struct source *s = highest(m);
        if (s && row && exec_place_below(place_of_source(s), exec_place_of(row)))
            s = NULL;
        if (s && !s->head) {
            rc = advance(s, e);
            continue;
        }
        if (s)
            row = s->head;
        if (!row)
            break;
        rc = offer_open(m->list, exec_place_of(row), e);
        if (!rc && !is_done(m->list))
            rc = offer(m->list, row, e);
        if (s && !rc)
            rc = advance(s, e);
        m->day.to -= !s;
    }
    return rc;
}

/* Days whose totals say that they hold nothing of it need not be opened. */
static enum rc choose_days(struct exec_list *l, struct exec_view *v, bool *open, struct err *e)
{
    struct state_total *total = NULL;
    size_t n = 0;
    int64_t from_day = l->q->since ? day_number(l->q->since) : INT64_MIN;
    for (size_t i = 0; i < v->n_days; i++)
        open[i] = !exec_view_ends_before(v, i, from_day) &&
                  (!v->day[i].summed || l->q->integration.n == 0);
    if (l->q->integration.n == 0)
        return RC_OK;
    enum rc rc =
        state_totals(&v->r->state, l->q->integration, from_day, v->r->scratch, &total, &n, e);
    size_t i = 0;
    for (size_t k = 0; !rc && k < n; k++) {
        while (i < v->n_days && v->day[i].number < total[k].day)
            i++;
        if (i < v->n_days && v->day[i].number == total[k].day &&
            exec_names_match(l->q, l->q->integration, total[k].endpoint) &&
            state_in(l->q, &total[k].span.sum) &&
            span_lies(&total[k].span, l->q->since, l->q->until) != SPAN_OUTSIDE)
            open[i] = true;
    }
    return rc;
}

static enum rc list_days(struct exec_list *l, struct exec_view *v, struct err *e)
{
    bool *open = arena_make(v->r->scratch, bool, v->n_days + 1);
    enum rc rc = open ? choose_days(l, v, open, e) : no_memory(e);
    for (size_t i = exec_view_turns(v); !rc && i > 0 && !is_done(l); i--) {
        struct merge m = { .list = l, .v = v };
        struct arena_mark mark = arena_mark(v->r->scratch);
        bool above = v->n_days && v->day[i - 1].first_seq > l->below.seq;
        if (above || (v->n_days && !open[i - 1]))
            continue;
        rc = exec_view_day(v, i - 1, &m.day, e);
        if (!rc)
            rc = merge_day(&m, e);
        arena_rewind(v->r->scratch, mark);
    }
    return rc;
}

enum rc exec_list(struct exec_view *v, const struct store_exec_query *q, struct arena *a,
                  struct store_exec_row **rows, size_t *n, bool *more, struct err *e)
{
    struct exec_list l = { .q = q, .a = a, .below = exec_query_below(q) };
    enum rc rc = RC_OK;
    l.rows = arena_make(a, struct store_exec_row, q->limit + 1);
    if (!l.rows)
        return no_memory(e);
    if (q->state == 0 || q->state == EXEC_EXECUTING)
        rc = exec_view_open(v, &l.open, &l.n_open, e);
    if (!rc && q->state != EXEC_EXECUTING)
        rc = list_days(&l, v, e);
    if (!rc)
        rc = offer_open(&l, (struct exec_place){ 0, 0 }, e);
    if (rc)
        return rc;
    *rows = l.rows;
    *n = size_min(l.n, q->limit);
    *more = l.n > q->limit;
    return RC_OK;
}

enum rc query_execs(struct reader *r, const struct store_exec_query *q, struct arena *a,
                    struct store_exec_row **rows, size_t *n, bool *more, struct err *e)
{
    struct exec_view v;
    enum rc rc = exec_query_check(q, e);
    if (!rc)
        rc = exec_view_init(&v, r, e);
    return rc ? rc : exec_list(&v, q, a, rows, n, more, e);
}

enum rc query_exec_open(struct reader *r, uint64_t run_first, struct arena *a,
                        struct store_exec_row **rows, size_t *n, struct err *e)
{
    struct exec_view v;
    struct state_call *call = NULL;
    size_t n_calls = 0;
    size_t used = 0;
    enum rc rc = exec_view_init(&v, r, e);
    if (!rc)
        rc = exec_view_open(&v, &call, &n_calls, e);
    struct store_exec_row *list = rc ? NULL : arena_make(a, struct store_exec_row, n_calls);
    if (!rc && !list)
        rc = no_memory(e);
    for (size_t i = n_calls; !rc && i > 0; i--) {
        if (call[i - 1].row.seq >= run_first)
            continue;
        list[used] = call[i - 1].row;
        rc = exec_keep(&list[used++], a, e);
    }
    if (rc)
        return rc;
    *rows = list;
    *n = used;
    return RC_OK;
}
