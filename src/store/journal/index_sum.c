/*
 * Totals of days that get no more executions, from their files into state.db, so that a year is
 * answered from one table. A day is summed when the next one has begun and everything in it is
 * known durable: then a start never goes back into it. Tests: journal_exec_test.c
 */
#include "store/journal/index_int.h"
#include "store/journal/state_exec.h"

/* The oldest whole day that is closed and not summed. Thread: the indexer's. */
static const struct state_day *find_closed(const struct index *x, uint64_t *end_seq)
{
    for (size_t i = 0; i + 1 < x->n_days; i++) {
        if (x->days[i].summed || !x->days[i].whole)
            continue;
        *end_seq = x->days[i + 1].first_seq;
        return &x->days[i];
    }
    return NULL;
}

bool sum_waits(const struct index *x)
{
    uint64_t end = 0;
    return find_closed(x, &end) != NULL;
}

bool sum_wanted(const struct index *x)
{
    uint64_t end = 0;
    return find_closed(x, &end) && end - 1 <= x->safe.seq;
}

/* What a day file says: its ways, and the failures of each. */
struct day_sums {
    struct day_way *way;
    size_t n;
    struct {
        struct store_exec_group *list;
        size_t n;
    } * groups; /* per way */
};

static enum rc read_sums(struct index *x, struct day *d, struct day_sums *out, struct err *e)
{
    enum rc rc = day_ways(d, STR_NULL, x->arena, &out->way, &out->n, e);
    if (rc)
        return rc;
    out->groups = arena_zero_array(x->arena, sizeof *out->groups, out->n);
    if (!out->groups)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to sum up a day");
    for (size_t i = 0; !rc && i < out->n; i++)
        if (out->way[i].total.sum.n_failed)
            rc =
                day_groups(d, out->way[i].id, x->arena, &out->groups[i].list, &out->groups[i].n, e);
    return rc;
}

static enum rc write_sums(struct index *x, int64_t number, const struct day_sums *sums,
                          struct err *e)
{
    struct state *s = &x->state;
    enum rc rc = state_begin(s, e);
    for (size_t i = 0; !rc && i < sums->n; i++) {
        rc = state_add_total(s, number, &sums->way[i], e);
        for (size_t k = 0; !rc && k < sums->groups[i].n; k++)
            rc = state_add_group(s, number, sums->way[i].integration, &sums->groups[i].list[k], e);
    }
    if (!rc)
        rc = state_set_summed(s, number, e);
    if (!rc)
        rc = state_commit(s, &s->mark, e);
    if (rc)
        state_rollback(s);
    return rc;
}

enum rc sum_step(struct index *x, struct err *e)
{
    struct day d;
    struct day_sums sums = { .n = 0 };
    uint64_t end = 0;
    const struct state_day *day = find_closed(x, &end);
    if (!day || end - 1 > x->safe.seq)
        return RC_OK;
    int64_t number = day->number;
    arena_clear(x->arena);
    enum rc rc = day_open_read(&d, x->path, number, e);
    if (!rc) {
        rc = read_sums(x, &d, &sums, e);
        day_close(&d);
    }
    if (rc == RC_MISSING || (rc && db_is_damage(e))) {
        repair_day(x, number);
        return err_set(e, RC_STATE, "STORE-034", "a day file is made again");
    }
    if (!rc)
        rc = write_sums(x, number, &sums, e);
    if (!rc)
        index_set_summed(x, number);
    return rc;
}
