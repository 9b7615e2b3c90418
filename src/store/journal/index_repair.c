/*
 * Making a day file again, a block at a time, beside the work that goes on. Until it is whole, the
 * live path leaves the file alone. Tests: journal_test.c
 */
#include "store/journal/day_exec.h"
#include "store/journal/index_int.h"

static void notice_rebuild(struct index *x, const char *what)
{
    struct err e;
    err_set(&e, RC_IO, "STORE-034", "index: %s is made again from the journal", what);
    x->host.notice(x->host.ctx, &e);
}

/* A day that is not whole, oldest first. */
static bool find_broken(struct index *x, struct state_day *out, uint64_t *end_seq)
{
    LOCK_SCOPE(guard, &x->lock);
    for (size_t i = 0; i < x->n_days; i++) {
        if (x->days[i].whole)
            continue;
        *out = x->days[i];
        *end_seq = i + 1 < x->n_days ? x->days[i + 1].first_seq : UINT64_MAX;
        return true;
    }
    return false;
}

bool repair_wanted(const struct index *x)
{
    if (x->repair.on)
        return true;
    for (size_t i = 0; i < x->n_days; i++) /* written by this thread only */
        if (!x->days[i].whole)
            return true;
    return false;
}

static enum rc mark_whole(struct index *x, int64_t number, bool whole, struct err *e)
{
    enum rc rc = state_begin(&x->state, e);
    if (!rc)
        rc = state_set_whole(&x->state, number, whole, e);
    if (!rc)
        rc = state_commit(&x->state, &x->state.mark, e);
    if (rc)
        state_rollback(&x->state);
    else
        index_set_whole(x, number, whole);
    return rc;
}

static void unlink_day(const struct index *x, int64_t number)
{
    char name[DAY_NAME];
    char file[DAY_NAME + 3];
    day_name(number, name);
    int n = snprintf(file, sizeof file, "%s.db", name);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof file);
    index_unlink(x, file);
}

void repair_day(struct index *x, int64_t number)
{
    char name[DAY_NAME];
    day_name(number, name);
    notice_rebuild(x, name);
    unlink_day(x, number);
    atomic_fetch_add_explicit(&x->epoch, 1, memory_order_release);
    index_set_whole(x, number, false); /* state.db learns it when the repair begins */
}

static enum rc begin(struct index *x, struct err *e)
{
    struct repair *r = &x->repair;
    struct state_day day;
    uint64_t end = 0;
    if (!find_broken(x, &day, &end))
        return RC_OK;
    enum rc rc = mark_whole(x, day.number, false, e);
    if (rc)
        return rc;
    *r = (struct repair){
        .number = day.number, .first_seq = day.first_seq, .end_seq = end, .pos = day.before
    };
    rc = scan_init(&r->scan, x->segments, x->max_record, e);
    if (rc)
        return rc;
    rc = day_open(&r->day, x->path, day.number, e);
    if (rc && db_is_damage(e)) {
        unlink_day(x, day.number);
        rc = day_open(&r->day, x->path, day.number, e);
    }
    if (rc) {
        scan_done(&r->scan);
        return rc;
    }
    if (r->day.mark.pos.seq > r->pos.seq)
        r->pos = r->day.mark.pos; /* an earlier start got this far */
    scan_seek(&r->scan, &r->pos);
    r->on = true;
    return RC_OK;
}

void repair_stop(struct index *x)
{
    if (!x->repair.on)
        return;
    day_close(&x->repair.day);
    scan_done(&x->repair.scan);
    x->repair.on = false;
}

/* Executions of the block that belong into the file and are not there yet. */
static enum rc write_execs(struct index *x, const struct block *block, struct err *e)
{
    struct repair *r = &x->repair;
    size_t n = 0;
    const struct tail_exec **list = arena_make(x->arena, const struct tail_exec *, block->n_execs);
    if (!list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to index");
    for (size_t i = 0; i < block->n_execs; i++) {
        uint64_t seq = block->exec[i].row.order_seq;
        if (seq >= r->first_seq && seq < r->end_seq && seq > r->day.mark.pos.seq)
            list[n++] = &block->exec[i];
    }
    return day_exec_add(&r->day, list, n, x->arena, e);
}

static enum rc write_block(struct index *x, struct block *block, struct err *e)
{
    struct repair *r = &x->repair;
    struct fold f;
    arena_clear(x->arena);
    enum rc rc = fold_blocks(&block, 1, NULL, 0, x->arena, &f, e);
    size_t from = 0;
    while (!rc && from < f.n_msgs &&
           (f.msg[from].seq < r->first_seq || f.msg[from].seq <= r->day.mark.pos.seq))
        from++;
    size_t to = from;
    while (!rc && to < f.n_msgs && f.msg[to].seq < r->end_seq)
        to++;
    if (!rc)
        rc = day_begin(&r->day, e);
    if (!rc)
        rc = day_add(&r->day, &f.msg[from], to - from, x->arena, e);
    if (!rc)
        rc = write_execs(x, block, e);
    for (size_t i = 0; !rc && i < f.n_late; i++) {
        struct row row;
        bool found = false;
        if (f.late[i].seq >= r->first_seq && f.late[i].seq < r->end_seq)
            rc = day_apply(&r->day, &f.late[i], x->arena, &row, &found, e);
    }
    if (!rc)
        rc = day_commit(&r->day, &block->to, e);
    if (!rc)
        rc = day_merge(&r->day, x->arena, e);
    if (rc)
        day_rollback(&r->day);
    return rc;
}

static enum rc finish(struct index *x, struct err *e)
{
    int64_t number = x->repair.number;
    bool whole = false;
    enum rc rc = db_checkpoint(&x->repair.day.db, &whole, e);
    if (rc)
        return rc;
    repair_stop(x);
    return mark_whole(x, number, true, e);
}

/* A day may have begun since the repair did: what lies from there on is not this file's. */
static uint64_t end_of(const struct index *x, int64_t number)
{
    for (size_t i = 0; i + 1 < x->n_days; i++) /* written by this thread only */
        if (x->days[i].number == number)
            return x->days[i + 1].first_seq;
    return UINT64_MAX;
}

enum rc repair_step(struct index *x, struct err *e)
{
    struct repair *r = &x->repair;
    if (!r->on) {
        enum rc rc = begin(x, e);
        if (rc || !r->on)
            return rc;
    }
    struct position limit = x->tail->indexed; /* moved by this thread only */
    r->end_seq = end_of(x, r->number);
    if (r->pos.seq >= limit.seq)
        return finish(x, e);
    struct block *block = NULL;
    enum rc rc = tail_decode(x->tail, &r->scan, &r->pos, &limit, &block, e);
    if (rc)
        return rc;
    rc = write_block(x, block, e);
    if (!rc)
        r->pos = block->to;
    else
        scan_seek(&r->scan, &r->pos);
    block_unref(block);
    return rc;
}
