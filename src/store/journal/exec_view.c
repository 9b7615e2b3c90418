/* Executions of files and tail put together. Tests: contract_exec_test.c, torture-store_crash */
#include "store/journal/exec_view.h"

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to read executions");
}

static enum rc gather_tail(struct exec_view *v, struct err *e)
{
    const struct view *held = &v->r->view;
    size_t n = 0;
    for (size_t i = 0; i < held->n; i++)
        n += held->block[i]->n_execs;
    v->tail = arena_make(v->r->scratch, const struct tail_exec *, n);
    if (!v->tail)
        return no_memory(e);
    for (size_t i = 0; i < held->n; i++)
        for (size_t k = 0; k < held->block[i]->n_execs; k++)
            v->tail[v->n_tail++] = &held->block[i]->exec[k];
    return RC_OK;
}

/* The days there are, and which of them have totals in this snapshot. */
static enum rc gather_days(struct exec_view *v, struct err *e)
{
    struct state_day *known = NULL;
    size_t n = 0;
    enum rc rc = index_days(v->r->index, v->r->scratch, &v->day, &v->n_days, e);
    if (!rc)
        rc = state_days(&v->r->state, v->r->scratch, &known, &n, e);
    if (rc)
        return rc;
    for (size_t i = 0, k = 0; i < v->n_days; i++) {
        while (k < n && known[k].number < v->day[i].number)
            k++;
        v->day[i].summed = k < n && known[k].number == v->day[i].number && known[k].summed;
    }
    return RC_OK;
}

/*
 * The newest day's snapshot first. The indexer names a new day before it commits the batch that
 * begins it, so a list that is still the same afterwards fits the snapshot.
 */
static enum rc pin_newest(struct exec_view *v, struct err *e)
{
    struct exec_day newest;
    struct state_day *again = NULL;
    size_t n = 0;
    enum rc rc = exec_view_day(v, exec_view_turns(v) - 1, &newest, e);
    if (!rc)
        rc = index_days(v->r->index, v->r->scratch, &again, &n, e);
    if (rc)
        return rc;
    bool ahead = newest.file && newest.mark > v->r->view.decoded;
    return n != v->n_days || ahead ? RC_AGAIN : RC_OK;
}

enum rc exec_view_init(struct exec_view *v, struct reader *r, struct err *e)
{
    *v = (struct exec_view){ .r = r };
    enum rc rc = reader_state(r, e);
    if (rc)
        return rc;
    if (r->state.mark.pos.seq > r->view.decoded)
        return RC_AGAIN;
    rc = gather_tail(v, e);
    if (!rc)
        rc = gather_days(v, e);
    return rc ? rc : pin_newest(v, e);
}

/* The first of the tail at or above a sequence. */
static size_t tail_from(const struct exec_view *v, uint64_t seq)
{
    size_t low = 0;
    size_t high = v->n_tail;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (v->tail[mid]->row.order_seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static enum rc open_file(struct exec_view *v, struct exec_day *d, struct err *e)
{
    if (d->info->first_seq > v->r->view.indexed)
        return RC_OK; /* the tail has all of it; the file may only just be made */
    if (!d->info->whole) {
        d->broken = true;
        d->mark = v->r->view.indexed;
        return RC_OK;
    }
    enum rc rc = reader_day(v->r, d->info->number, &d->file, e);
    if (!rc)
        d->mark = d->file->mark.pos.seq;
    if (rc != RC_MISSING)
        return rc;
    return RC_AGAIN; /* found damaged just now; the next list of days says so */
}

enum rc exec_view_day(struct exec_view *v, size_t i, struct exec_day *out, struct err *e)
{
    struct exec_day d = { .from = 0, .to = v->n_tail };
    enum rc rc = RC_OK;
    if (v->n_days) {
        d.info = &v->day[i];
        rc = open_file(v, &d, e);
        if (i + 1 < v->n_days)
            d.to = tail_from(v, v->day[i + 1].first_seq);
        d.from = tail_from(v, d.info->first_seq > d.mark ? d.info->first_seq : d.mark + 1);
        d.from = size_min(d.from, d.to);
    }
    if (!rc)
        *out = d;
    return rc;
}

/* ---- open calls --------------------------------------------------------------------------- */

static struct state_call *find_call(struct state_call *list, size_t n, uint64_t seq)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (list[mid].row.seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && list[low].row.seq == seq ? &list[low] : NULL;
}

/* state.db's, then the tail's above its mark; what ended in the tail is taken out. */
enum rc exec_view_open(struct exec_view *v, struct state_call **out, size_t *n, struct err *e)
{
    struct state_call *known = NULL;
    size_t n_known = 0;
    size_t from = tail_from(v, v->r->state.mark.pos.seq + 1);
    enum rc rc = state_calls(&v->r->state, v->r->scratch, &known, &n_known, e);
    if (rc)
        return rc;
    struct state_call *list =
        arena_make(v->r->scratch, struct state_call, n_known + v->n_tail - from);
    if (!list)
        return no_memory(e);
    if (n_known)
        memcpy(list, known, n_known * sizeof *list);
    for (size_t i = from; i < v->n_tail; i++) {
        const struct tail_exec *x = v->tail[i];
        if (x->row.state == EXEC_EXECUTING)
            list[n_known++] = (struct state_call){ x->row, x->at, x->length };
    }
    for (size_t i = from; i < v->n_tail; i++) {
        const struct store_exec_row *row = &v->tail[i]->row;
        if (row->delivery || row->state == EXEC_EXECUTING)
            continue;
        struct state_call *call = find_call(list, n_known, row->seq);
        if (call)
            call->row.state = row->state;
    }
    size_t used = 0;
    for (size_t i = 0; i < n_known; i++)
        if (list[i].row.state == EXEC_EXECUTING)
            list[used++] = list[i];
    *out = list;
    *n = used;
    return RC_OK;
}
