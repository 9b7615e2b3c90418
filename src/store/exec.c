/*
 * Rows and figures of executions, alike for all backends. Tests: exec_test.c, contract_test.c
 */
#include "store/exec.h"

#define PARTS_MAX  100000 /* endpoints of one integration, ever */
#define GROUPS_MAX 20000  /* texts told apart while figures are collected */

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for figures");
}

/* ---- rows --------------------------------------------------------------------------------- */

struct exec_lane exec_split_lane(struct str lane)
{
    struct exec_lane out = { lane, STR(""), STR("") };
    size_t first = str_chr(lane, '/', 0);
    if (first == SIZE_MAX)
        return out;
    out.channel = str_sub(lane, 0, first);
    out.integration = str_from(lane, first + 1);
    size_t second = str_chr(lane, '/', first + 1);
    if (second == SIZE_MAX)
        return out;
    out.integration = str_sub(lane, first + 1, second - first - 1);
    out.endpoint = str_from(lane, second + 1);
    return out;
}

static bool is_id_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* An outcome's error is "HTTPOUT-013 HTTP 500: …", an execution's what the peer or we said. */
static struct str without_id(struct str error)
{
    size_t space = str_chr(error, ' ', 0);
    struct str id = space == SIZE_MAX ? STR("") : str_sub(error, 0, space);
    bool formed = str_chr(id, '-', 0) != SIZE_MAX;
    for (size_t i = 0; formed && i < id.n; i++)
        formed = is_id_char(id.p[i]);
    return formed ? str_from(error, space + 1) : error;
}

void exec_of_outcome(uint64_t seq, unsigned n, int64_t at_ms, const struct store_outcome *o,
                     struct store_exec_row *out)
{
    struct exec_lane lane = exec_split_lane(o->lane);
    *out = (struct store_exec_row){
        .seq = seq,
        .n = n,
        .order_seq = seq,
        .delivery = true,
        .message_seq = o->seq,
        .channel = lane.channel,
        .attempt = o->attempt,
        .integration = lane.integration,
        .endpoint = lane.endpoint,
        .state = o->state == DELIVERY_DELIVERED ? EXEC_COMPLETED : EXEC_FAILED,
        .start_ms = at_ms - (int64_t)o->duration_ms,
        .at_ms = at_ms,
        .duration_ms = o->duration_ms,
        .status = o->status,
        .error = without_id(o->error),
    };
}

void exec_of_begin(uint64_t seq, int64_t at_ms, const struct store_exec *x,
                   struct store_exec_row *out)
{
    *out = (struct store_exec_row){ .seq = seq,
                                    .order_seq = seq,
                                    .integration = x->integration,
                                    .endpoint = x->endpoint,
                                    .state = EXEC_EXECUTING,
                                    .start_ms = x->start_ms,
                                    .at_ms = at_ms };
}

void exec_of_end(uint64_t seq, int64_t at_ms, const struct store_exec_end *x,
                 struct store_exec_row *out)
{
    *out = (struct store_exec_row){ .seq = x->seq,
                                    .order_seq = seq,
                                    .integration = x->integration,
                                    .endpoint = x->endpoint,
                                    .state = x->state,
                                    .start_ms = x->start_ms,
                                    .at_ms = at_ms,
                                    .duration_ms = x->duration_ms,
                                    .status = x->status,
                                    .error = x->error };
}

enum rc exec_keep(struct store_exec_row *row, struct arena *a, struct err *e)
{
    struct str *const text[] = { &row->channel, &row->integration, &row->endpoint, &row->status,
                                 &row->error };
    for (size_t i = 0; i < ZS_COUNT(text); i++) {
        struct str s = *text[i];
        *text[i] = s.n ? arena_str(a, s) : STR("");
        if (str_is_null(*text[i]))
            return no_memory(e);
    }
    return RC_OK;
}

/* ---- queries ------------------------------------------------------------------------------ */

enum rc exec_query_check(const struct store_exec_query *q, struct err *e)
{
    if (q->limit < 1 || q->limit > 1000)
        return err_set(e, RC_VALUE, "STORE-013", "limit must be 1 to 1000");
    if (q->state < 0 || q->state > EXEC_FAILED)
        return err_set(e, RC_VALUE, "STORE-013", "there is no state %d of an execution", q->state);
    if (q->endpoint.n && !q->integration.n)
        return err_set(e, RC_VALUE, "STORE-013",
                       "an endpoint is asked for without its integration");
    return RC_OK;
}

struct exec_place exec_query_below(const struct store_exec_query *q)
{
    if (q->before_seq == 0)
        return (struct exec_place){ UINT64_MAX, UINT32_MAX };
    return (struct exec_place){ q->before_seq, q->before_n };
}

bool exec_names_match(const struct store_exec_query *q, struct str integration, struct str endpoint)
{
    return (q->integration.n == 0 || str_eq(q->integration, integration)) &&
           (q->endpoint.n == 0 || str_eq(q->endpoint, endpoint));
}

bool exec_row_matches(const struct store_exec_query *q, const struct store_exec_row *row)
{
    if ((q->state && (int)row->state != q->state) || (q->since && row->at_ms < q->since) ||
        (q->until && row->at_ms >= q->until))
        return false;
    return exec_names_match(q, row->integration, row->endpoint);
}

/* ---- sums --------------------------------------------------------------------------------- */

static size_t bucket_of(uint32_t ms)
{
    static const uint32_t below[STORE_EXEC_BUCKETS - 1] = { 100, 500, 1000, 5000 };
    size_t i = 0;
    while (i < ZS_COUNT(below) && ms >= below[i])
        i++;
    return i;
}

/* Is a better the extreme than the one there is? sign 1: the larger one, -1: the smaller. */
static bool is_better(int sign, uint32_t ms, int64_t start, uint32_t than_ms, int64_t than_start)
{
    if (ms != than_ms)
        return (sign > 0) == (ms > than_ms);
    return start < than_start;
}

static void note_extremes(struct store_exec_sum *s, const struct store_exec_sum *from)
{
    if (s->n == 0 || is_better(-1, from->min_ms, from->min_start, s->min_ms, s->min_start)) {
        s->min_ms = from->min_ms;
        s->min_start = from->min_start;
    }
    if (s->n == 0 || is_better(1, from->max_ms, from->max_start, s->max_ms, s->max_start)) {
        s->max_ms = from->max_ms;
        s->max_start = from->max_start;
    }
}

void exec_sum_merge(struct store_exec_sum *s, const struct store_exec_sum *from)
{
    if (from->n == 0)
        return;
    note_extremes(s, from);
    s->n += from->n;
    s->n_completed += from->n_completed;
    s->n_failed += from->n_failed;
    s->sum_ms += from->sum_ms;
    for (size_t i = 0; i < STORE_EXEC_BUCKETS; i++)
        s->bucket[i] += from->bucket[i];
}

void exec_sum_add(struct store_exec_sum *s, const struct store_exec_row *row)
{
    ZS_ASSERT(row->state != EXEC_EXECUTING);
    struct store_exec_sum one = { .n = 1,
                                  .n_completed = row->state == EXEC_COMPLETED,
                                  .n_failed = row->state == EXEC_FAILED,
                                  .sum_ms = row->duration_ms,
                                  .min_ms = row->duration_ms,
                                  .max_ms = row->duration_ms,
                                  .min_start = row->start_ms,
                                  .max_start = row->start_ms };
    one.bucket[bucket_of(row->duration_ms)] = 1;
    exec_sum_merge(s, &one);
}

/* ---- figures ------------------------------------------------------------------------------ */

void exec_figures_init(struct exec_figures *f, struct arena *a)
{
    *f = (struct exec_figures){ .a = a, .others = { .error = STR(STORE_EXEC_OTHERS) } };
    strmap_init(&f->parts, a, PARTS_MAX);
    strmap_init(&f->groups, a, GROUPS_MAX);
}

static struct store_exec_part *part_of(struct exec_figures *f, struct str endpoint)
{
    struct store_exec_part *p = strmap_get(&f->parts, endpoint);
    if (p)
        return p;
    p = arena_make(f->a, struct store_exec_part, 1);
    if (!p)
        return NULL;
    p->endpoint = endpoint.n ? arena_str(f->a, endpoint) : STR("");
    if (str_is_null(p->endpoint) || strmap_put(&f->parts, p->endpoint, p, NULL))
        return NULL;
    return p;
}

enum rc exec_figures_sum(struct exec_figures *f, struct str endpoint,
                         const struct store_exec_sum *sum, struct err *e)
{
    if (sum->n == 0)
        return RC_OK;
    struct store_exec_part *p = part_of(f, endpoint);
    if (!p)
        return no_memory(e);
    exec_sum_merge(&p->sum, sum);
    exec_sum_merge(&f->total, sum);
    return RC_OK;
}

static void merge_group(struct store_exec_group *g, const struct store_exec_group *from)
{
    if (g->count == 0 || from->first_at < g->first_at)
        g->first_at = from->first_at;
    if (g->count == 0 || from->last_at > g->last_at)
        g->last_at = from->last_at;
    g->count += from->count;
}

enum rc exec_figures_group(struct exec_figures *f, const struct store_exec_group *group,
                           struct err *e)
{
    struct store_exec_group *g = strmap_get(&f->groups, group->error);
    if (str_eq(group->error, f->others.error) || (!g && f->groups.n == GROUPS_MAX))
        g = &f->others;
    if (!g) {
        g = arena_make(f->a, struct store_exec_group, 1);
        if (!g)
            return no_memory(e);
        g->error = group->error.n ? arena_str(f->a, group->error) : STR("");
        if (str_is_null(g->error) || strmap_put(&f->groups, g->error, g, NULL))
            return no_memory(e);
    }
    merge_group(g, group);
    return RC_OK;
}

enum rc exec_figures_row(struct exec_figures *f, const struct store_exec_row *row, struct err *e)
{
    struct store_exec_sum one = { .n = 0 };
    exec_sum_add(&one, row);
    enum rc rc = exec_figures_sum(f, row->endpoint, &one, e);
    const struct store_exec_group group = { row->error, 1, row->at_ms, row->at_ms };
    if (!rc && row->state == EXEC_FAILED)
        rc = exec_figures_group(f, &group, e);
    return rc;
}

static int by_endpoint(const void *a, const void *b)
{
    const struct store_exec_part *x = a;
    const struct store_exec_part *y = b;
    return str_cmp(x->endpoint, y->endpoint);
}

static int by_count(const void *a, const void *b)
{
    const struct store_exec_group *x = a;
    const struct store_exec_group *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_cmp(x->error, y->error);
}

static enum rc list_parts(struct exec_figures *f, struct store_exec_stats *out, struct err *e)
{
    struct store_exec_part *list = arena_make(f->a, struct store_exec_part, f->parts.n);
    size_t it = 0;
    size_t n = 0;
    void *p = NULL;
    if (!list)
        return no_memory(e);
    while (strmap_next(&f->parts, &it, NULL, &p))
        list[n++] = *(const struct store_exec_part *)p;
    if (n)
        qsort(list, n, sizeof *list, by_endpoint);
    out->parts = list;
    out->n_parts = n;
    return RC_OK;
}

static enum rc list_groups(struct exec_figures *f, struct store_exec_stats *out, struct err *e)
{
    struct store_exec_group *list = arena_make(f->a, struct store_exec_group, f->groups.n + 1);
    size_t it = 0;
    size_t n = 0;
    void *p = NULL;
    if (!list)
        return no_memory(e);
    while (strmap_next(&f->groups, &it, NULL, &p))
        list[n++] = *(const struct store_exec_group *)p;
    if (n)
        qsort(list, n, sizeof *list, by_count);
    struct store_exec_group others = f->others;
    size_t most = others.count || n > STORE_EXEC_GROUPS ? STORE_EXEC_GROUPS - 1 : n;
    for (; n > most; n--)
        merge_group(&others, &list[n - 1]);
    if (others.count)
        list[n++] = others;
    out->groups = list;
    out->n_groups = n;
    return RC_OK;
}

enum rc exec_figures_done(struct exec_figures *f, struct store_exec_stats *out, struct err *e)
{
    out->total = f->total;
    enum rc rc = list_parts(f, out, e);
    return rc ? rc : list_groups(f, out, e);
}
