/*
 * Windows and counts of lanes: what state.db holds, with what the tail adds and takes away. The
 * tail counts from the mark that state.db shows in this very transaction. Tests: contract_test.c
 */
#include "store/journal/query.h"

#include "store/rules.h"
#include "store/vec.h"

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

/* ---- marks -------------------------------------------------------------------------------- */

struct marks {
    struct tail_mark *list;
    size_t n;
};

/* Send marks of the lane that were written before this run. */
static enum rc collect_marks(struct reader *r, const struct lane *lane, int64_t id,
                             uint64_t run_first, struct marks *out, struct err *e)
{
    size_t cap = 2 * STATE_MARKS;
    out->list = arena_make(r->scratch, struct tail_mark, cap);
    if (!out->list)
        return no_memory(e);
    enum rc rc = id ? state_marks(&r->state, id, run_first, out->list, cap, &out->n, e) : RC_OK;
    for (size_t i = 0; !rc && i < r->view.n; i++) {
        const struct block *b = r->view.block[i];
        for (size_t k = 0; k < b->n_marks; k++) {
            const struct tail_mark *m = &b->mark[k];
            if (m->lane != lane || m->seq >= run_first || m->seq <= r->state.mark.pos.seq)
                continue;
            struct tail_mark *list = vec_room(r->scratch, out->list, sizeof *list, out->n, &cap);
            if (!list)
                return no_memory(e);
            out->list = list;
            list[out->n++] = *m;
        }
    }
    return rc;
}

/* ---- windows ------------------------------------------------------------------------------ */

/* One open delivery, wherever it was found. */
struct open_one {
    uint64_t seq;
    struct fold_delivery d;
    struct state_place at; /* length 0: not known here */
};

struct window {
    struct reader *r;
    const struct query_window *q;
    struct arena *a;
    const struct lane *lane;
    int64_t id; /* in state.db, 0: not there */
    struct fold fold;
    struct marks marks;
    size_t i_late;
    size_t i_msg;
    bool db_done;
    bool db_has;
    struct open_row row; /* the database's next, when db_has */
    struct store_waiting *list;
    size_t n;
    size_t bytes;
    bool full;
};

static bool is_unknown(const struct window *w, const struct open_one *o)
{
    if (o->seq >= w->q->run_first)
        return false;
    if (o->d.marked && o->d.outcome_seq == 0)
        return true;
    for (size_t i = 0; i < w->marks.n; i++)
        if (w->marks.list[i].upto >= o->seq && w->marks.list[i].seq > o->d.outcome_seq)
            return true;
    return false;
}

/* Its next row above `after`, kept until it is used. */
static enum rc look_at_db(struct window *w, uint64_t after, struct err *e)
{
    if (w->db_done || (w->db_has && w->row.seq > after))
        return RC_OK;
    enum rc rc = w->id ? state_open_after(&w->r->state, w->id, after, &w->row, e) : RC_MISSING;
    w->db_has = rc == RC_OK;
    w->db_done = rc == RC_MISSING;
    return rc == RC_MISSING ? RC_OK : rc;
}

static void merge_late(struct open_one *o, const struct fold_delivery *late)
{
    o->d.state = late->state;
    if (late->anew || late->attempts > o->d.attempts)
        o->d.attempts = late->attempts;
    o->d.next_at = late->next_at;
    o->d.outcome_seq = late->outcome_seq;
}

static struct open_one from_row(const struct open_row *row)
{
    return (struct open_one){ .seq = row->seq,
                              .d = { .state = row->state,
                                     .attempts = row->attempts,
                                     .next_at = row->next_at,
                                     .marked = row->marked,
                                     .outcome_seq = row->outcome_seq },
                              .at = row->place };
}

/* The lowest delivery above `after`, open or not. RC_MISSING: no more. */
static enum rc next_delivery(struct window *w, uint64_t after, struct open_one *out, struct err *e)
{
    enum rc rc = look_at_db(w, after, e);
    if (rc)
        return rc;
    while (w->i_late < w->fold.n_late && w->fold.late[w->i_late].seq <= after)
        w->i_late++;
    while (w->i_msg < w->fold.n_msgs && w->fold.msg[w->i_msg].seq <= after)
        w->i_msg++;
    const struct fold_msg *late = w->i_late < w->fold.n_late ? &w->fold.late[w->i_late] : NULL;
    const struct fold_msg *msg = w->i_msg < w->fold.n_msgs ? &w->fold.msg[w->i_msg] : NULL;
    uint64_t low = UINT64_MAX;
    if (w->db_has)
        low = w->row.seq;
    if (late && late->seq < low)
        low = late->seq;
    if (msg && msg->seq < low)
        low = msg->seq;
    if (low == UINT64_MAX)
        return RC_MISSING;
    struct open_one o = { .seq = low };
    if (w->db_has && w->row.seq == low)
        o = from_row(&w->row);
    if (msg && msg->seq == low) {
        const struct fold_delivery *d = fold_delivery_of(msg, w->lane);
        o.d = d ? *d : o.d;
        o.at = (struct state_place){ msg->msg->at, msg->msg->length, msg->msg->at_ms };
    }
    if (late && late->seq == low && late->n_deliveries)
        merge_late(&o, &late->delivery[0]); /* folded for this lane only */
    *out = o;
    return RC_OK;
}

static void report_damage(const struct window *w, const struct err *why)
{
    struct err e;
    err_set(&e, RC_PEER, "STORE-012", "a delivery was passed over: %s", why->text);
    w->r->index->host.notice(w->r->index->host.ctx, &e);
}

static enum rc fill(struct window *w, const struct open_one *o, struct err *e)
{
    struct store_message m;
    struct arena_mark mark = arena_mark(w->a);
    enum rc rc = reader_message(w->r, o->seq, &o->at, w->a, &m, e);
    if (rc == RC_PEER || rc == RC_MISSING) {
        report_damage(w, e); /* the lane goes on without it; it stays counted as open */
        arena_rewind(w->a, mark);
        return RC_OK;
    }
    if (rc)
        return rc;
    struct store_waiting *to = &w->list[w->n];
    *to = (struct store_waiting){ .seq = o->seq,
                                  .state = o->d.state,
                                  .unknown = is_unknown(w, o),
                                  .attempts = o->d.attempts,
                                  .at_ms = m.at_ms,
                                  .next_at = o->d.next_at,
                                  .content_type = m.intake.content_type,
                                  .control_id = m.intake.control_id,
                                  .type = m.intake.type };
    rules_pick_delivery(&m.intake, w->q->lane, &to->delivery);
    w->bytes += to->delivery.payload.n;
    w->full = w->n > 0 && w->bytes > w->q->max_bytes;
    if (w->full) {
        arena_rewind(w->a, mark);
        return RC_OK;
    }
    to->delivery.lane = arena_str(w->a, w->q->lane);
    if (str_is_null(to->delivery.lane))
        return no_memory(e);
    w->n++;
    return RC_OK;
}

static enum rc prepare(struct window *w, struct err *e)
{
    struct reader *r = w->r;
    enum rc rc = reader_state(r, e);
    if (rc)
        return rc;
    rc = state_lane_id(&r->state, w->q->lane, &w->id, e);
    if (rc && rc != RC_MISSING)
        return rc;
    rc = collect_marks(r, w->lane, w->id, w->q->run_first, &w->marks, e);
    return rc ? rc
              : fold_blocks(r->view.block, r->view.n, w->lane, r->state.mark.pos.seq, r->scratch,
                            &w->fold, e);
}

enum rc query_window(struct reader *r, const struct query_window *q, struct arena *a,
                     struct store_waiting **out, size_t *n, struct err *e)
{
    struct window w = { .r = r, .q = q, .a = a };
    w.list = arena_make(a, struct store_waiting, q->max);
    if (!w.list)
        return no_memory(e);
    w.lane = tail_known_lane(r->index->tail, q->lane);
    enum rc rc = w.lane ? prepare(&w, e) : RC_MISSING;
    uint64_t after = q->after;
    while (!rc && w.n < q->max && !w.full) {
        struct open_one o;
        rc = next_delivery(&w, after, &o, e);
        if (rc)
            break;
        after = o.seq;
        if (rules_is_open(o.d.state))
            rc = fill(&w, &o, e);
    }
    if (rc && rc != RC_MISSING)
        return rc;
    *out = w.list;
    *n = w.n;
    return RC_OK;
}

/* ---- lanes -------------------------------------------------------------------------------- */

#define LANES_MAX 1000000

struct lane_sum {
    struct str name;
    int64_t id; /* 0: not in state.db */
    int64_t n_open;
    uint64_t oldest_seq; /* of those the tail adds, 0: none */
    int64_t oldest_at;
};

struct lane_sums {
    struct reader *r;
    struct strmap by_name;
    struct fold fold;
};

static struct lane_sum *sum_of(struct lane_sums *s, struct str name)
{
    struct lane_sum *sum = strmap_get(&s->by_name, name);
    if (sum)
        return sum;
    sum = arena_make(s->r->scratch, struct lane_sum, 1);
    if (!sum)
        return NULL;
    sum->name = arena_str(s->r->scratch, name);
    if (str_is_null(sum->name) || strmap_put(&s->by_name, sum->name, sum, NULL))
        return NULL;
    return sum;
}

static enum rc lane_in_db(void *ctx, int64_t id, struct str name, uint64_t n_open, struct err *e)
{
    struct lane_sum *sum = sum_of(ctx, name);
    if (!sum)
        return no_memory(e);
    sum->id = id;
    sum->n_open = (int64_t)n_open;
    return RC_OK;
}

static void add_open(struct lane_sum *sum, uint64_t seq, int64_t at_ms)
{
    sum->n_open++;
    if (sum->oldest_seq && sum->oldest_seq < seq)
        return;
    sum->oldest_seq = seq;
    sum->oldest_at = at_ms;
}

/* An outcome of a message state.db knows: does it change the count? */
static enum rc count_late(struct lane_sums *s, uint64_t seq, const struct fold_delivery *d,
                          struct err *e)
{
    struct open_row row;
    struct lane_sum *sum = sum_of(s, d->lane->name);
    if (!sum)
        return no_memory(e);
    enum rc rc = sum->id ? state_open_one(&s->r->state, sum->id, seq, &row, e) : RC_MISSING;
    if (rc && rc != RC_MISSING)
        return rc;
    bool was = rc == RC_OK;
    bool is = rules_is_open(d->state);
    if (was && !is)
        sum->n_open--;
    if (!was && is)
        add_open(sum, seq, 0);
    return RC_OK;
}

static enum rc count_tail(struct lane_sums *s, struct err *e)
{
    for (size_t i = 0; i < s->fold.n_late; i++) {
        const struct fold_msg *m = &s->fold.late[i];
        for (size_t k = 0; k < m->n_deliveries; k++) {
            enum rc rc = count_late(s, m->seq, &m->delivery[k], e);
            if (rc)
                return rc;
        }
    }
    for (size_t i = 0; i < s->fold.n_msgs; i++) {
        const struct fold_msg *m = &s->fold.msg[i];
        for (size_t k = 0; k < m->n_deliveries; k++) {
            if (!rules_is_open(m->delivery[k].state))
                continue;
            struct lane_sum *sum = sum_of(s, m->delivery[k].lane->name);
            if (!sum)
                return no_memory(e);
            add_open(sum, m->seq, m->msg->at_ms);
        }
    }
    return RC_OK;
}

/* Did the tail finish this delivery? */
static bool is_over(const struct lane_sums *s, struct str lane, uint64_t seq)
{
    const struct fold_msg *m = fold_find(s->fold.late, s->fold.n_late, seq);
    for (size_t i = 0; m && i < m->n_deliveries; i++)
        if (str_eq(m->delivery[i].lane->name, lane))
            return !rules_is_open(m->delivery[i].state);
    return false;
}

static enum rc find_oldest(struct lane_sums *s, struct lane_sum *sum, struct err *e)
{
    struct open_row row = { .seq = 0 };
    enum rc rc = RC_OK;
    if (!sum->id)
        return RC_OK;
    do {
        rc = state_open_after(&s->r->state, sum->id, row.seq, &row, e);
    } while (!rc && is_over(s, sum->name, row.seq));
    if (rc)
        return rc == RC_MISSING ? RC_OK : rc;
    if (sum->oldest_seq == 0 || row.seq < sum->oldest_seq) {
        sum->oldest_seq = row.seq;
        sum->oldest_at = row.place.at_ms;
    }
    return RC_OK;
}

static enum rc show(struct lane_sums *s, struct arena *a, struct store_lane **out, size_t *n,
                    struct err *e)
{
    struct store_lane *list = arena_make(a, struct store_lane, s->by_name.n);
    size_t it = 0;
    void *value = NULL;
    if (!list)
        return no_memory(e);
    *n = 0;
    while (strmap_next(&s->by_name, &it, NULL, &value)) {
        struct lane_sum *sum = value;
        if (sum->n_open <= 0)
            continue;
        enum rc rc = find_oldest(s, sum, e);
        struct store_lane *to = &list[*n];
        *to = (struct store_lane){ .lane = arena_str(a, sum->name),
                                   .n_open = (uint64_t)sum->n_open,
                                   .oldest_seq = sum->oldest_seq,
                                   .oldest_at = sum->oldest_at };
        if (rc || str_is_null(to->lane))
            return rc ? rc : no_memory(e);
        (*n)++;
    }
    *out = list;
    return RC_OK;
}

enum rc query_lanes(struct reader *r, struct arena *a, struct store_lane **out, size_t *n,
                    struct err *e)
{
    struct lane_sums s = { .r = r };
    strmap_init(&s.by_name, r->scratch, LANES_MAX);
    enum rc rc = reader_state(r, e);
    if (!rc)
        rc = state_lanes(&r->state, lane_in_db, &s, e);
    if (!rc)
        rc = fold_blocks(r->view.block, r->view.n, NULL, r->state.mark.pos.seq, r->scratch, &s.fold,
                         e);
    if (!rc)
        rc = count_tail(&s, e);
    return rc ? rc : show(&s, a, out, n, e);
}
