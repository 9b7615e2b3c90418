/* Reading one message, its events, and the audit records. Tests: contract_test.c */
#include "store/journal/query.h"

#include "store/vec.h"

enum rc query_read(struct reader *r, uint64_t seq, struct arena *a, struct store_message *out,
                   struct err *e)
{
    return reader_message(r, seq, NULL, a, out, e);
}

/* ---- events ------------------------------------------------------------------------------- */

struct events {
    struct reader *r;
    uint64_t seq;
    struct arena *a;
    struct store_event *list;
    size_t n;
    size_t cap;
    uint64_t newest; /* record taken last; they come in order */
};

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

static enum rc take_record(struct events *ev, struct place at, uint32_t length, uint64_t seq,
                           struct err *e)
{
    struct record_head head;
    struct str bytes;
    struct store_outcome *o = NULL;
    size_t n = 0;
    if (seq <= ev->newest)
        return RC_OK;
    ev->newest = seq;
    enum rc rc = reader_record(ev->r, at, length, seq, ev->a, &head, &bytes, e);
    if (!rc)
        rc = record_outcomes(&head, bytes, ev->a, &o, &n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        if (o[i].seq != ev->seq)
            continue;
        struct store_event *list = vec_room(ev->a, ev->list, sizeof *list, ev->n, &ev->cap);
        if (!list)
            return no_memory(e);
        ev->list = list;
        list[ev->n++] = (struct store_event){ head.seq, head.at_ms, o[i] };
    }
    return rc;
}

/* What the day's file knows; *found: the message is there. */
static enum rc indexed_events(struct events *ev, bool *found, struct err *e)
{
    struct reader *r = ev->r;
    struct state_day known;
    struct day *d = NULL;
    struct row row;
    if (!index_day_of(r->index, ev->seq, &known))
        return RC_OK;
    if (!known.whole)
        return err_set(e, RC_STATE, "STORE-034", "the index of that day is being made again");
    enum rc rc = reader_day(r, known.number, &d, e);
    if (!rc)
        rc = day_row(d, ev->seq, r->scratch, &row, e);
    *found = !rc;
    for (size_t i = 0; !rc && i < row.n_events; i++)
        rc = take_record(ev, row.event[i].at, row.event[i].length, row.event[i].seq, e);
    return rc == RC_MISSING ? RC_OK : rc;
}

enum rc query_events(struct reader *r, uint64_t seq, struct arena *a, struct store_event **out,
                     size_t *n, struct err *e)
{
    struct events ev = { .r = r, .seq = seq, .a = a };
    bool found = reader_tail_msg(r, seq) != NULL;
    enum rc rc = RC_OK;
    if (!found && seq && seq <= r->view.indexed)
        rc = indexed_events(&ev, &found, e);
    for (size_t i = 0; !rc && i < r->view.n; i++) {
        const struct block *b = r->view.block[i];
        for (size_t k = 0; !rc && k < b->n_outcomes; k++) {
            const struct tail_outcome *o = &b->outcome[k];
            if (o->msg_seq == seq)
                rc = take_record(&ev, o->at, o->length, o->seq, e);
        }
    }
    if (!rc && !found)
        rc = err_set(e, RC_MISSING, "STORE-011", "there is no such message");
    if (rc)
        return rc;
    *out = ev.list;
    *n = ev.n;
    return RC_OK;
}

/* ---- acts --------------------------------------------------------------------------------- */

/* The newest act below: in the tail, where that reaches beyond state.db, else there. */
static enum rc act_below(struct reader *r, uint64_t below, struct tail_act *out, struct err *e)
{
    for (size_t i = r->view.n; i > 0; i--) {
        const struct block *b = r->view.block[i - 1];
        for (size_t k = b->n_acts; k > 0; k--) {
            const struct tail_act *act = &b->act[k - 1];
            if (act->seq >= below || act->seq <= r->state.mark.pos.seq)
                continue;
            *out = *act;
            return RC_OK;
        }
    }
    return state_act_below(&r->state, below, out, e);
}

enum rc query_acts(struct reader *r, uint64_t before, size_t limit, struct arena *a,
                   struct store_audit **out, size_t *n, struct err *e)
{
    struct store_audit *list = arena_make(a, struct store_audit, limit);
    size_t found = 0;
    if (!list)
        return no_memory(e);
    enum rc rc = reader_state(r, e);
    uint64_t below = before ? before : UINT64_MAX;
    while (!rc && found < limit) {
        struct tail_act act;
        struct record_head head;
        struct str bytes;
        rc = act_below(r, below, &act, e);
        if (rc)
            break;
        below = act.seq;
        rc = reader_record(r, act.at, act.length, act.seq, a, &head, &bytes, e);
        struct store_audit *to = &list[found];
        *to = (struct store_audit){ .seq = act.seq, .at_ms = act.at_ms };
        if (!rc)
            rc = record_act(&head, bytes, &to->act, e);
        found += !rc;
    }
    if (rc && rc != RC_MISSING)
        return rc;
    *out = list;
    *n = found;
    return RC_OK;
}
