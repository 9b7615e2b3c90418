/* Folding. Tests: contract_test.c (both sides of the indexed border), journal_test.c */
#include "store/journal/fold.h"

#include "store/rules.h"
#include "store/vec.h"

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to look at the newest messages");
}

struct folding {
    const struct lane *lane;
    uint64_t from;
    struct arena *a;
    struct fold *out;
    const struct tail_outcome **late;
    size_t n_late;
    size_t cap_late;
};

struct fold_msg *fold_find(struct fold_msg *list, size_t n, uint64_t seq)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (list[mid].seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && list[low].seq == seq ? &list[low] : NULL;
}

struct fold_delivery *fold_delivery_of(const struct fold_msg *m, const struct lane *lane)
{
    for (size_t i = 0; i < m->n_deliveries; i++)
        if (m->delivery[i].lane == lane)
            return &m->delivery[i];
    return NULL;
}

unsigned fold_states(const struct fold_msg *m)
{
    unsigned states = m->msg && m->msg->state == INTAKE_REFUSED ? RULES_REFUSED : 0;
    for (size_t i = 0; i < m->n_deliveries; i++)
        states |= rules_bit(m->delivery[i].state);
    return states;
}

static bool concerns(const struct folding *f, const struct tail_msg *m)
{
    for (size_t i = 0; f->lane && i < m->n_deliveries; i++)
        if (m->delivery[i].lane == f->lane)
            return true;
    return !f->lane;
}

static bool begin_msg(struct folding *f, const struct tail_msg *m, struct fold_msg *to)
{
    *to = (struct fold_msg){ .msg = m, .seq = m->seq, .n_deliveries = m->n_deliveries };
    to->cap = m->n_deliveries;
    to->delivery = arena_make(f->a, struct fold_delivery, m->n_deliveries);
    for (size_t i = 0; to->delivery && i < m->n_deliveries; i++)
        to->delivery[i] = (struct fold_delivery){ .lane = m->delivery[i].lane,
                                                  .state = m->delivery[i].state,
                                                  .marked = m->delivery[i].marked };
    return to->delivery != NULL;
}

static enum rc add_msgs(struct folding *f, struct block *const *block, size_t n, struct err *e)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most += block[i]->n_msgs;
    struct fold_msg *list = arena_make(f->a, struct fold_msg, most);
    if (!list)
        return no_memory(e);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < block[i]->n_msgs; k++) {
            const struct tail_msg *m = &block[i]->msg[k];
            if (m->seq <= f->from || !concerns(f, m))
                continue;
            if (!begin_msg(f, m, &list[used++]))
                return no_memory(e);
        }
    }
    f->out->msg = list;
    f->out->n_msgs = used;
    return RC_OK;
}

static bool apply(struct folding *f, struct fold_msg *m, const struct tail_outcome *o)
{
    struct fold_delivery *d = fold_delivery_of(m, o->lane);
    if (!d) {
        d = vec_room(f->a, m->delivery, sizeof *d, m->n_deliveries, &m->cap);
        if (!d)
            return false;
        m->delivery = d;
        d = &d[m->n_deliveries++];
        *d = (struct fold_delivery){ .lane = o->lane };
    }
    if (delivery_state_final(d->state)) {
        d->anew = true;
        d->attempts = 0;
    }
    d->state = o->state;
    d->attempts = o->attempt > d->attempts ? o->attempt : d->attempts;
    d->next_at = o->next_at;
    d->outcome_seq = o->seq;
    if (m->event && m->event->seq == o->seq)
        return true;
    struct fold_event *event = arena_make(f->a, struct fold_event, 1);
    if (!event)
        return false;
    *event = (struct fold_event){ o->seq, o->at, o->length, m->event };
    m->event = event;
    return true;
}

static enum rc add_outcome(struct folding *f, const struct tail_outcome *o, struct err *e)
{
    struct fold_msg *m = fold_find(f->out->msg, f->out->n_msgs, o->msg_seq);
    if (m)
        return apply(f, m, o) ? RC_OK : no_memory(e);
    const struct tail_outcome **list =
        vec_room(f->a, f->late, sizeof(struct tail_outcome *), f->n_late, &f->cap_late);
    if (!list)
        return no_memory(e);
    f->late = list;
    list[f->n_late++] = o;
    return RC_OK;
}

/* By message; records rise within one, and a record's outcomes lie behind one another in memory. */
static int by_message(const void *a, const void *b)
{
    const struct tail_outcome *x = *(const struct tail_outcome *const *)a;
    const struct tail_outcome *y = *(const struct tail_outcome *const *)b;
    if (x->msg_seq != y->msg_seq)
        return x->msg_seq < y->msg_seq ? -1 : 1;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return x < y ? -1 : x > y;
}

static enum rc fold_late(struct folding *f, struct err *e)
{
    struct fold_msg *list = arena_make(f->a, struct fold_msg, f->n_late);
    if (!list)
        return no_memory(e);
    if (f->n_late)
        qsort(f->late, f->n_late, sizeof(struct tail_outcome *), by_message);
    size_t used = 0;
    for (size_t i = 0; i < f->n_late; i++) {
        if (used == 0 || list[used - 1].seq != f->late[i]->msg_seq)
            list[used++] = (struct fold_msg){ .seq = f->late[i]->msg_seq };
        if (!apply(f, &list[used - 1], f->late[i]))
            return no_memory(e);
    }
    f->out->late = list;
    f->out->n_late = used;
    return RC_OK;
}

enum rc fold_blocks(struct block *const *block, size_t n, const struct lane *lane, uint64_t from,
                    struct arena *a, struct fold *out, struct err *e)
{
    struct fold result = { 0 };
    struct folding f = { .lane = lane, .from = from, .a = a, .out = &result };
    enum rc rc = add_msgs(&f, block, n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        for (size_t k = 0; !rc && k < block[i]->n_outcomes; k++) {
            const struct tail_outcome *o = &block[i]->outcome[k];
            if (o->seq > from && (!lane || o->lane == lane))
                rc = add_outcome(&f, o, e);
        }
    }
    if (!rc)
        rc = fold_late(&f, e);
    if (!rc)
        *out = result;
    return rc;
}
