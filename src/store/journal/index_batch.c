/*
 * One batch: rows and terms into day files, late outcomes into theirs, then state.db. Days are
 * committed before state.db, so state.db never knows more than they do. Tests: contract_test.c,
 * journal_test.c
 */
#include "store/journal/index_int.h"
#include "store/journal/state_exec.h"

#include "store/rules.h"

struct batch {
    struct index *x;
    struct view view;
    struct position from;
    struct position to;
    struct fold fold;
    const struct tail_exec **exec; /* of all blocks, ascending */
    size_t n_execs;
    struct state_place *late_place; /* per late message */
};

/* ---- slots -------------------------------------------------------------------------------- */

static enum rc close_slot(struct day_slot *slot, const struct position *to, struct err *e)
{
    bool whole = false;
    enum rc rc = slot->begun ? day_commit(&slot->day, to, e) : RC_OK;
    slot->begun = false;
    if (!rc && slot->dirty)
        rc = db_checkpoint(&slot->day.db, &whole, e);
    if (rc)
        day_rollback(&slot->day);
    day_close(&slot->day);
    slot->open = slot->dirty = false;
    return rc;
}

static struct day_slot *find_slot(struct index *x, int64_t number)
{
    struct day_slot *oldest = &x->slot[0];
    for (size_t i = 0; i < INDEX_DAYS_OPEN; i++) {
        struct day_slot *s = &x->slot[i];
        if (s->open && s->day.number == number)
            return s;
        if (!s->open || (oldest->open && s->used < oldest->used))
            oldest = s;
    }
    return oldest;
}

/* The day's file, open and in a transaction. */
static enum rc use_day(struct batch *b, int64_t number, struct day **out, struct err *e)
{
    struct index *x = b->x;
    struct day_slot *slot = find_slot(x, number);
    enum rc rc = RC_OK;
    if (slot->open && slot->day.number != number)
        rc = close_slot(slot, &b->to, e);
    if (!rc && !slot->open) {
        rc = day_open(&slot->day, x->path, number, e);
        slot->open = !rc;
    }
    if (!rc && !slot->begun) {
        rc = day_begin(&slot->day, e);
        slot->begun = slot->dirty = !rc;
    }
    slot->used = ++x->uses;
    *out = &slot->day;
    return rc;
}

/* What went wrong with a day's file: damage has it made again, the batch is tried anew then. */
static enum rc blame(struct index *x, int64_t number, enum rc rc, struct err *e)
{
    if (!rc || !db_is_damage(e))
        return rc;
    struct day_slot *slot = find_slot(x, number);
    if (slot->open && slot->day.number == number) {
        day_rollback(&slot->day);
        day_close(&slot->day);
        slot->open = slot->begun = slot->dirty = false;
    }
    repair_day(x, number);
    return err_set(e, RC_STATE, "STORE-034", "a day file is made again");
}

void index_close_days(struct index *x)
{
    for (size_t i = 0; i < INDEX_DAYS_OPEN; i++) {
        if (x->slot[i].open)
            day_close(&x->slot[i].day);
        x->slot[i].open = false;
    }
}

static void undo(struct index *x)
{
    for (size_t i = 0; i < INDEX_DAYS_OPEN; i++) {
        struct day_slot *s = &x->slot[i];
        if (s->begun)
            day_rollback(&s->day);
        s->begun = false;
    }
    state_rollback(&x->state);
}

/* ---- days --------------------------------------------------------------------------------- */

static int64_t newest_day(struct index *x)
{
    LOCK_SCOPE(guard, &x->lock);
    return x->n_days ? x->days[x->n_days - 1].number : INT64_MIN;
}

/* The next record with something to index: a message, or what an execution is seen by. */
struct next_record {
    uint64_t seq;
    int64_t at_ms;
    struct place at;
};

/* Messages and executions, each from its index on; false: there are no more. */
static bool look_at_next(const struct batch *b, size_t msg, size_t exec, struct next_record *out)
{
    const struct fold_msg *m = msg < b->fold.n_msgs ? &b->fold.msg[msg] : NULL;
    const struct tail_exec *x = exec < b->n_execs ? b->exec[exec] : NULL;
    if (m && (!x || m->seq < x->row.order_seq))
        *out = (struct next_record){ m->seq, m->msg->at_ms, m->msg->at };
    else if (x)
        *out = (struct next_record){ x->row.order_seq, x->row.at_ms, x->at };
    return m || x;
}

/* The day of a record: of a known one by sequence, else the later of its own and the newest. */
static enum rc day_for(struct batch *b, const struct next_record *r, int64_t *number, struct err *e)
{
    struct state_day known;
    int64_t newest = newest_day(b->x);
    int64_t own = day_number(r->at_ms);
    if (index_day_of(b->x, r->seq, &known) && (known.number != newest || own <= newest)) {
        *number = known.number;
        return RC_OK;
    }
    const struct state_day day = { .number = own,
                                   .before = { .at = r->at, .seq = r->seq - 1 },
                                   .first_seq = r->seq,
                                   .whole = true };
    *number = own;
    return index_add_day(b->x, &day, e);
}

/* What of a batch belongs to one day. */
struct stretch {
    int64_t number;
    size_t msg, msg_end;
    size_t exec, exec_end;
};

/*
 * What the file does not have yet of it. In one go: using another day's file may commit this one as
 * true up to the batch's end.
 */
static enum rc add_stretch(struct batch *b, struct stretch s, struct err *e)
{
    struct day *d = NULL;
    if (!index_is_whole(b->x, s.number))
        return RC_OK; /* the repair gets there */
    enum rc rc = use_day(b, s.number, &d, e);
    while (!rc && s.msg < s.msg_end && b->fold.msg[s.msg].seq <= d->mark.pos.seq)
        s.msg++;
    while (!rc && s.exec < s.exec_end && b->exec[s.exec]->row.order_seq <= d->mark.pos.seq)
        s.exec++;
    if (!rc)
        rc = day_add(d, &b->fold.msg[s.msg], s.msg_end - s.msg, b->x->arena, e);
    if (!rc)
        rc = day_exec_add(d, &b->exec[s.exec], s.exec_end - s.exec, b->x->arena, e);
    return blame(b->x, s.number, rc, e);
}

static enum rc add_records(struct batch *b, struct err *e)
{
    struct stretch s = { .number = INT64_MIN };
    struct next_record r;
    while (look_at_next(b, s.msg_end, s.exec_end, &r)) {
        int64_t number = 0;
        enum rc rc = day_for(b, &r, &number, e);
        if (!rc && s.number != number && s.msg_end + s.exec_end > 0)
            rc = add_stretch(b, s, e);
        if (rc)
            return rc;
        if (s.number != number)
            s = (struct stretch){ number, s.msg_end, s.msg_end, s.exec_end, s.exec_end };
        if (s.msg_end < b->fold.n_msgs && b->fold.msg[s.msg_end].seq == r.seq)
            s.msg_end++;
        else
            s.exec_end++;
    }
    return s.msg_end + s.exec_end > 0 ? add_stretch(b, s, e) : RC_OK;
}

static enum rc apply_late(struct batch *b, size_t i, struct err *e)
{
    const struct fold_msg *m = &b->fold.late[i];
    struct state_day known;
    struct day *d = NULL;
    struct row row;
    bool found = false;
    if (!index_day_of(b->x, m->seq, &known) || !index_is_whole(b->x, known.number))
        return RC_OK;
    enum rc rc = use_day(b, known.number, &d, e);
    if (!rc)
        rc = day_apply(d, m, b->x->arena, &row, &found, e);
    if (!rc && found)
        b->late_place[i] = (struct state_place){ row.at, row.length, row.at_ms };
    return blame(b->x, known.number, rc, e);
}

/*
 * Days past first, the newest last: its mark is the one a start looks at, so it moves with every
 * batch, touched or not.
 */
static enum rc commit_days(struct batch *b, struct err *e)
{
    struct day *d = NULL;
    int64_t newest = newest_day(b->x);
    if (index_is_whole(b->x, newest)) {
        enum rc rc = use_day(b, newest, &d, e);
        if (rc)
            return blame(b->x, newest, rc, e);
    }
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < INDEX_DAYS_OPEN; i++) {
            struct day_slot *s = &b->x->slot[i];
            if (!s->begun || (s->day.number == newest) != (turn == 1))
                continue;
            enum rc rc = day_commit(&s->day, &b->to, e);
            if (rc)
                return rc;
            s->begun = false;
        }
    }
    return RC_OK;
}

/* ---- state -------------------------------------------------------------------------------- */

static enum rc state_block(struct batch *b, const struct block *block, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < block->n_marks; i++)
        rc = state_add_mark(&b->x->state, &block->mark[i], b->x->run_first, e);
    for (size_t i = 0; !rc && i < block->n_acts; i++)
        rc = state_add_act(&b->x->state, &block->act[i], e);
    return rc;
}

static enum rc state_days_known(struct batch *b, struct err *e)
{
    struct state_day *days = NULL;
    size_t n = 0;
    enum rc rc = index_days(b->x, b->x->arena, &days, &n, e);
    for (; !rc && n && days[n - 1].first_seq > b->from.seq; n--)
        rc = state_add_day(&b->x->state, &days[n - 1], e);
    return rc;
}

/* Calls that began and those that ended, in order: one that did both comes and goes. */
static enum rc state_calls_of(struct batch *b, struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < b->n_execs; i++) {
        const struct tail_exec *x = b->exec[i];
        if (x->row.delivery)
            continue;
        rc = x->row.state == EXEC_EXECUTING ? state_add_call(&b->x->state, x, e)
                                            : state_drop_call(&b->x->state, x->row.seq, e);
    }
    return rc;
}

static void count_messages(const struct batch *b, uint64_t *n, uint64_t *refused, uint64_t above)
{
    for (size_t i = 0; i < b->fold.n_msgs; i++) {
        *n += b->fold.msg[i].seq > above;
        *refused += b->fold.msg[i].seq > above && b->fold.msg[i].msg->state == INTAKE_REFUSED;
    }
}

static enum rc write_state(struct batch *b, struct err *e)
{
    struct state *s = &b->x->state;
    struct state_mark mark = s->mark;
    mark.pos = b->to;
    mark.safe = b->x->safe;
    count_messages(b, &mark.n_messages, &mark.n_refused, 0);
    enum rc rc = state_begin(s, e);
    for (size_t i = 0; !rc && i < b->fold.n_msgs; i++)
        rc = state_add_msg(s, &b->fold.msg[i], e);
    for (size_t i = 0; !rc && i < b->fold.n_late; i++)
        rc = state_apply(s, &b->fold.late[i], &b->late_place[i], e);
    for (size_t i = 0; !rc && i < b->view.n; i++)
        rc = state_block(b, b->view.block[i], e);
    if (!rc)
        rc = state_calls_of(b, e);
    if (!rc)
        rc = state_days_known(b, e);
    return rc ? rc : state_commit(s, &mark, e);
}

/* ---- the batch ---------------------------------------------------------------------------- */

static enum rc write_days(struct batch *b, struct err *e)
{
    b->late_place = arena_make(b->x->arena, struct state_place, b->fold.n_late);
    if (!b->late_place)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to index");
    enum rc rc = add_records(b, e);
    for (size_t i = 0; !rc && i < b->fold.n_late; i++)
        rc = apply_late(b, i, e);
    return rc ? rc : commit_days(b, e);
}

static void publish_counts(const struct batch *b)
{
    struct index *x = b->x;
    uint64_t n = 0;
    uint64_t refused = 0;
    count_messages(b, &n, &refused, x->run_first - 1);
    atomic_fetch_add_explicit(&x->run_messages, n, memory_order_relaxed);
    atomic_fetch_add_explicit(&x->run_refused, refused, memory_order_relaxed);
    atomic_store_explicit(&x->n_messages, x->state.mark.n_messages, memory_order_relaxed);
    atomic_store_explicit(&x->n_refused, x->state.mark.n_refused, memory_order_relaxed);
}

static enum rc gather_execs(struct batch *b, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < b->view.n; i++)
        n += b->view.block[i]->n_execs;
    b->exec = arena_make(b->x->arena, const struct tail_exec *, n);
    if (!b->exec)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to index");
    for (size_t i = 0; i < b->view.n; i++)
        for (size_t k = 0; k < b->view.block[i]->n_execs; k++)
            b->exec[b->n_execs++] = &b->view.block[i]->exec[k];
    return RC_OK;
}

static enum rc write_batch(struct batch *b, struct err *e)
{
    struct index *x = b->x;
    enum rc rc = fold_blocks(b->view.block, b->view.n, NULL, 0, x->arena, &b->fold, e);
    if (!rc)
        rc = gather_execs(b, e);
    if (!rc)
        rc = write_days(b, e);
    /* after a start that went back, state.db is ahead until the batch that begins at its mark */
    bool due = x->state.mark.pos.seq == b->from.seq;
    if (!rc && due)
        rc = write_state(b, e);
    if (!rc && due)
        publish_counts(b);
    return rc;
}

static enum rc merge_runs(struct index *x, struct err *e)
{
    int64_t newest = newest_day(x);
    struct day_slot *s = find_slot(x, newest);
    if (!s->open || s->day.number != newest)
        return RC_OK;
    return day_merge(&s->day, x->arena, e);
}

enum rc index_batch(struct index *x, struct err *e)
{
    struct batch b = { .x = x };
    arena_clear(x->arena);
    enum rc rc = tail_follow(x->tail, false, e);
    if (!rc)
        rc = tail_batch(x->tail, x->arena, &b.view, e);
    if (rc || b.view.n == 0)
        return rc;
    b.from = b.view.block[0]->from;
    b.to = b.view.block[b.view.n - 1]->to;
    rc = write_batch(&b, e);
    if (rc) {
        undo(x);
        return rc;
    }
    x->since_checkpoint += b.to.seq - b.from.seq;
    if (sum_waits(x))
        tail_set_busy(x->tail, true); /* who waits for the index waits for the sums too */
    tail_indexed(x->tail, &b.to);
    arena_clear(x->arena);
    return merge_runs(x, e);
}

/* ---- durability --------------------------------------------------------------------------- */

enum rc index_checkpoint(struct index *x, struct err *e)
{
    struct position reached = x->state.mark.pos;
    bool all = true;
    enum rc rc = RC_OK;
    for (size_t i = 0; !rc && i < INDEX_DAYS_OPEN; i++) {
        struct day_slot *s = &x->slot[i];
        bool whole = false;
        if (!s->open || !s->dirty)
            continue;
        rc = db_checkpoint(&s->day.db, &whole, e);
        s->dirty = rc || !whole;
        all = all && whole;
    }
    bool whole = false;
    if (!rc)
        rc = db_checkpoint(&x->state.db, &whole, e);
    /* readers can keep a part of a WAL from being copied; then the old position stays */
    if (!rc && all && whole)
        x->safe = reached;
    x->since_checkpoint = 0;
    return rc;
}
