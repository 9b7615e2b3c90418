/* One execution, whole, from its records. Tests: contract_exec_test.c */
#include "store/journal/exec_list.h"

static enum rc missing(struct err *e)
{
    return err_set(e, RC_MISSING, "STORE-016", "there is no such execution");
}

/* Where the record with this sequence stands. RC_MISSING (no error set): it is of no execution. */
static enum rc locate(struct exec_view *v, uint64_t seq, size_t *turn, struct exec_at *out,
                      struct err *e)
{
    struct exec_day d;
    size_t i = exec_view_turns(v) - 1;
    while (i > 0 && v->day[i].first_seq > seq)
        i--;
    *turn = i;
    enum rc rc = exec_view_day(v, i, &d, e);
    if (rc)
        return rc;
    for (size_t k = d.from; k < d.to; k++) {
        const struct tail_exec *x = v->tail[k];
        if (x->row.order_seq != seq)
            continue;
        *out = (struct exec_at){ .seq = seq, .at = x->at, .length = x->length };
        out->kind = x->row.delivery                  ? EXEC_RECORD_OUTCOMES
                    : x->row.state == EXEC_EXECUTING ? EXEC_RECORD_BEGIN
                                                     : EXEC_RECORD_END;
        return RC_OK;
    }
    if (d.broken)
        return err_set(e, RC_STATE, "STORE-034", "the index of that day is being made again");
    return d.file ? day_exec_at(d.file, seq, out, e) : RC_MISSING;
}

/* What ended the call: in the tail, or in the file of the day of its begin or of a later one.
 * RC_MISSING (no error set): nothing did. */
static enum rc locate_end(struct exec_view *v, uint64_t seq, size_t turn, struct exec_at *out,
                          struct err *e)
{
    struct state_call call;
    for (size_t i = 0; i < v->n_tail; i++) {
        const struct tail_exec *x = v->tail[i];
        if (x->row.delivery || x->row.state == EXEC_EXECUTING || x->row.seq != seq)
            continue;
        *out = (struct exec_at){ x->row.order_seq, x->at, x->length, EXEC_RECORD_END };
        return RC_OK;
    }
    enum rc rc = state_call_one(&v->r->state, seq, v->r->scratch, &call, e);
    if (rc != RC_MISSING)
        return rc ? rc : RC_MISSING;
    for (rc = RC_MISSING; rc == RC_MISSING && turn < v->n_days; turn++) {
        struct exec_day d;
        rc = exec_view_day(v, turn, &d, e);
        if (!rc && d.broken)
            rc = err_set(e, RC_STATE, "STORE-034", "the index of a day is being made again");
        if (!rc)
            rc = d.file ? day_exec_end(d.file, seq, out, e) : RC_MISSING;
    }
    return rc;
}

static enum rc read_attempt(struct reader *r, const struct exec_at *at, unsigned n, struct arena *a,
                            struct store_exec_full *out, struct err *e)
{
    struct record_head head;
    struct str bytes;
    struct store_outcome *o = NULL;
    size_t n_outcomes = 0;
    enum rc rc = reader_record(r, at->at, at->length, at->seq, a, &head, &bytes, e);
    if (!rc)
        rc = record_outcomes(&head, bytes, a, &o, &n_outcomes, e);
    if (rc)
        return rc;
    if (n >= n_outcomes || !o[n].sent)
        return missing(e);
    *out = (struct store_exec_full){ .reply = o[n].reply };
    exec_of_outcome(head.seq, n, head.at_ms, &o[n], &out->row);
    return RC_OK;
}

static enum rc read_begin(struct reader *r, const struct exec_at *at, struct arena *a,
                          struct store_exec_full *out, struct err *e)
{
    struct record_head head;
    struct str bytes;
    struct store_exec x;
    enum rc rc = reader_record(r, at->at, at->length, at->seq, a, &head, &bytes, e);
    if (!rc)
        rc = record_exec(&head, bytes, &x, e);
    if (rc)
        return rc;
    *out = (struct store_exec_full){ .actor = x.actor, .request = x.request };
    exec_of_begin(head.seq, head.at_ms, &x, &out->row);
    return RC_OK;
}

static enum rc read_end(struct reader *r, const struct exec_at *at, struct arena *a,
                        struct store_exec_full *out, struct err *e)
{
    struct record_head head;
    struct str bytes;
    struct store_exec_end x;
    enum rc rc = reader_record(r, at->at, at->length, at->seq, a, &head, &bytes, e);
    if (!rc)
        rc = record_exec_end(&head, bytes, &x, e);
    if (rc)
        return rc;
    exec_of_end(head.seq, head.at_ms, &x, &out->row);
    out->result = x.result;
    out->result_cut = x.cut;
    return RC_OK;
}

static enum rc read_call(struct exec_view *v, const struct exec_at *at, size_t turn,
                         struct arena *a, struct store_exec_full *out, struct err *e)
{
    struct exec_at end;
    struct store_exec_full full;
    enum rc rc = locate_end(v, at->seq, turn, &end, e);
    bool ended = !rc;
    if (!rc || rc == RC_MISSING)
        rc = read_begin(v->r, at, a, &full, e);
    if (!rc && ended)
        rc = read_end(v->r, &end, a, &full, e);
    if (!rc)
        *out = full;
    return rc;
}

enum rc query_exec_read(struct reader *r, uint64_t seq, unsigned n, struct arena *a,
                        struct store_exec_full *out, struct err *e)
{
    struct exec_view v;
    struct exec_at at;
    size_t turn = 0;
    enum rc rc = exec_view_init(&v, r, e);
    if (!rc)
        rc = locate(&v, seq, &turn, &at, e);
    if (rc)
        return rc == RC_MISSING ? missing(e) : rc;
    if (at.kind == EXEC_RECORD_OUTCOMES)
        return read_attempt(r, &at, n, a, out, e);
    if (at.kind == EXEC_RECORD_BEGIN && n == 0)
        return read_call(&v, &at, turn, a, out, e);
    return missing(e);
}
