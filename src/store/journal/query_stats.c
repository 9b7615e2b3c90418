/*
 * Figures of an integration over a range: totals of days from state.db where it holds them whole;
 * else the day's file, where sums of its ways, hours and minutes are taken as they lie within the
 * range, and rows where a minute lies across its end; then the tail. Tests: contract_exec_test.c,
 * torture-store_crash, bench/analytics_bench.c
 */
#include "store/journal/exec_list.h"

struct stats {
    struct exec_view v;
    const struct store_exec_query *q;
    struct exec_figures figures;
    bool *counted; /* per day: it is done with */
};

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for figures");
}

static enum span_lies lies(const struct stats *s, const struct exec_span *span)
{
    return span_lies(span, s->q->since, s->q->until);
}

/* ---- totals of days ----------------------------------------------------------------------- */

/* The totals of one day: all of them count, or none do, or its file must be asked. */
static enum span_lies judge(const struct stats *s, const struct state_total *t, size_t n)
{
    enum span_lies all = lies(s, &t[0].span);
    for (size_t i = 1; i < n; i++)
        if (lies(s, &t[i].span) != all)
            return SPAN_ACROSS;
    return all;
}

static size_t day_index(const struct exec_view *v, int64_t number)
{
    size_t low = 0;
    size_t high = v->n_days;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (v->day[mid].number < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* inside: per day, its totals were counted. */
static enum rc add_totals(struct stats *s, bool *inside, int64_t from_day, struct err *e)
{
    struct state_total *t = NULL;
    size_t n = 0;
    enum rc rc =
        state_totals(&s->v.r->state, s->q->integration, from_day, s->v.r->scratch, &t, &n, e);
    for (size_t i = 0, next = 0; !rc && i < n; i = next) {
        for (next = i; next < n && t[next].day == t[i].day;)
            next++;
        size_t day = day_index(&s->v, t[i].day);
        enum span_lies all = judge(s, &t[i], next - i);
        if (day == s->v.n_days || !s->v.day[day].summed)
            continue; /* a day this question's list does not have yet */
        s->counted[day] = all != SPAN_ACROSS;
        inside[day] = all == SPAN_INSIDE;
        for (size_t k = i; !rc && inside[day] && k < next; k++)
            rc = exec_figures_sum(&s->figures, t[k].endpoint, &t[k].span.sum, e);
    }
    return rc;
}

static enum rc add_total_groups(struct stats *s, const bool *inside, int64_t from_day,
                                struct err *e)
{
    struct state_group *g = NULL;
    size_t n = 0;
    enum rc rc =
        state_groups(&s->v.r->state, s->q->integration, from_day, s->v.r->scratch, &g, &n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        size_t day = day_index(&s->v, g[i].day);
        if (day < s->v.n_days && inside[day])
            rc = exec_figures_group(&s->figures, &g[i].group, e);
    }
    return rc;
}

/* Days with totals are counted unless these lie across an end of the range. */
static enum rc add_days(struct stats *s, struct err *e)
{
    int64_t from_day = s->q->since ? day_number(s->q->since) : INT64_MIN;
    bool *inside = arena_make(s->v.r->scratch, bool, s->v.n_days + 1);
    if (!inside)
        return no_memory(e);
    for (size_t i = 0; i < s->v.n_days; i++)
        s->counted[i] = s->v.day[i].summed || exec_view_ends_before(&s->v, i, from_day);
    enum rc rc = add_totals(s, inside, from_day, e);
    return rc ? rc : add_total_groups(s, inside, from_day, e);
}

/* ---- a day's file ------------------------------------------------------------------------- */

static enum rc add_row(struct stats *s, const struct store_exec_row *row, struct err *e)
{
    struct store_exec_sum one = { .n = 0 };
    exec_sum_add(&one, row);
    return exec_figures_sum(&s->figures, row->endpoint, &one, e);
}

/* Rows of a minute that lies across an end of the range. */
static enum rc add_minute_rows(struct stats *s, struct day *d, const struct day_way *way,
                               const struct exec_span *minute, struct err *e)
{
    struct day_rows rows;
    const struct store_exec_row *row = NULL;
    const struct exec_place below = { minute->seq_max, UINT32_MAX };
    int64_t start = exec_step_of(minute->at_min, EXEC_MINUTE);
    struct arena_mark mark = arena_mark(s->v.r->scratch);
    day_rows_init(&rows, d, way, false, below, s->v.r->scratch);
    enum rc rc = day_rows_next(&rows, &row, e);
    while (!rc && row->order_seq >= minute->seq_min) {
        if (exec_step_of(row->at_ms, EXEC_MINUTE) == start && exec_row_matches(s->q, row))
            rc = add_row(s, row, e);
        if (!rc)
            rc = day_rows_next(&rows, &row, e);
    }
    arena_rewind(s->v.r->scratch, mark);
    return rc == RC_MISSING ? RC_OK : rc;
}

static enum rc add_minutes(struct stats *s, struct day *d, const struct day_way *way,
                           const struct exec_span *hour, struct err *e)
{
    struct exec_span *minute = NULL;
    size_t n = 0;
    int64_t start = exec_step_of(hour->at_min, EXEC_HOUR);
    enum rc rc = day_spans(d, way->id, EXEC_MINUTE, start, start + EXEC_HOUR, s->v.r->scratch,
                           &minute, &n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        enum span_lies where = lies(s, &minute[i]);
        if (where == SPAN_INSIDE)
            rc = exec_figures_sum(&s->figures, way->endpoint, &minute[i].sum, e);
        else if (where == SPAN_ACROSS)
            rc = add_minute_rows(s, d, way, &minute[i], e);
    }
    return rc;
}

/* Failures by text, of a way that lies across: from rows, between two sequences. */
static enum rc add_failed_rows(struct stats *s, struct day *d, const struct day_way *way,
                               uint64_t low, uint64_t high, struct err *e)
{
    struct day_rows rows;
    const struct store_exec_row *row = NULL;
    const struct exec_place below = { high, UINT32_MAX };
    struct arena_mark mark = arena_mark(s->v.r->scratch);
    day_rows_init(&rows, d, way, true, below, s->v.r->scratch);
    enum rc rc = day_rows_next(&rows, &row, e);
    while (!rc && row->order_seq >= low) {
        const struct store_exec_group one = { row->error, 1, row->at_ms, row->at_ms };
        if (row->state == EXEC_FAILED && exec_row_matches(s->q, row))
            rc = exec_figures_group(&s->figures, &one, e);
        if (!rc)
            rc = day_rows_next(&rows, &row, e);
    }
    arena_rewind(s->v.r->scratch, mark);
    return rc == RC_MISSING ? RC_OK : rc;
}

static enum rc add_part_of_way(struct stats *s, struct day *d, const struct day_way *way,
                               struct err *e)
{
    struct exec_span *hour = NULL;
    size_t n = 0;
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    enum rc rc = day_spans(d, way->id, EXEC_HOUR,
                           s->q->since ? exec_step_of(s->q->since, EXEC_HOUR) : INT64_MIN,
                           s->q->until ? s->q->until : INT64_MAX, s->v.r->scratch, &hour, &n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        enum span_lies where = lies(s, &hour[i]);
        if (where == SPAN_INSIDE)
            rc = exec_figures_sum(&s->figures, way->endpoint, &hour[i].sum, e);
        else if (where == SPAN_ACROSS)
            rc = add_minutes(s, d, way, &hour[i], e);
        if (where == SPAN_OUTSIDE || hour[i].sum.n_failed == 0)
            continue;
        low = hour[i].seq_min < low ? hour[i].seq_min : low;
        high = hour[i].seq_max > high ? hour[i].seq_max : high;
    }
    if (!rc && high)
        rc = add_failed_rows(s, d, way, low, high, e);
    return rc;
}

static enum rc add_whole_way(struct stats *s, struct day *d, const struct day_way *way,
                             struct err *e)
{
    struct store_exec_group *group = NULL;
    size_t n = 0;
    enum rc rc = exec_figures_sum(&s->figures, way->endpoint, &way->total.sum, e);
    if (!rc && way->total.sum.n_failed)
        rc = day_groups(d, way->id, s->v.r->scratch, &group, &n, e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = exec_figures_group(&s->figures, &group[i], e);
    return rc;
}

static enum rc add_file(struct stats *s, struct day *d, struct err *e)
{
    struct day_way *way = NULL;
    size_t n = 0;
    enum rc rc = day_ways(d, s->q->integration, s->v.r->scratch, &way, &n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        enum span_lies where = lies(s, &way[i].total);
        if (where == SPAN_INSIDE)
            rc = add_whole_way(s, d, &way[i], e);
        else if (where == SPAN_ACROSS)
            rc = add_part_of_way(s, d, &way[i], e);
    }
    return rc;
}

static enum rc add_tail(struct stats *s, const struct exec_day *d, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = d->from; !rc && i < d->to; i++) {
        const struct store_exec_row *row = &s->v.tail[i]->row;
        if (row->state != EXEC_EXECUTING && exec_row_matches(s->q, row))
            rc = exec_figures_row(&s->figures, row, e);
    }
    return rc;
}

static enum rc add_rest(struct stats *s, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = exec_view_turns(&s->v); !rc && i > 0; i--) {
        struct exec_day d;
        struct arena_mark mark = arena_mark(s->v.r->scratch);
        if (s->v.n_days && s->counted[i - 1])
            continue;
        rc = exec_view_day(&s->v, i - 1, &d, e);
        if (!rc && d.broken)
            rc = err_set(e, RC_STATE, "STORE-034", "the index of a day is being made again");
        if (!rc && d.file)
            rc = add_file(s, d.file, e);
        if (!rc)
            rc = add_tail(s, &d, e);
        arena_rewind(s->v.r->scratch, mark);
    }
    return rc;
}

enum rc query_exec_stats(struct reader *r, const struct store_exec_query *q, struct arena *a,
                         struct store_exec_stats *out, struct err *e)
{
    struct stats s = { .q = q };
    struct store_exec_stats result = { .n_errors = 0 };
    bool more = false;
    struct store_exec_query failed = *q;
    failed.state = EXEC_FAILED;
    failed.limit = EXEC_ERRORS;
    exec_figures_init(&s.figures, a);
    enum rc rc = exec_view_init(&s.v, r, e);
    if (rc)
        return rc;
    s.counted = arena_make(r->scratch, bool, s.v.n_days + 1);
    rc = s.counted ? add_days(&s, e) : no_memory(e);
    if (!rc)
        rc = add_rest(&s, e);
    if (!rc)
        rc = exec_list(&s.v, &failed, a, &result.errors, &result.n_errors, &more, e);
    if (!rc)
        rc = exec_figures_done(&s.figures, &result, e);
    if (!rc)
        *out = result;
    return rc;
}
