/*
 * Executions, by going through all records. Tests: contract_test.c
 */
#include "store/exec.h"
#include "store/mem/mem_int.h"
#include "store/vec.h"

/* Rows of one record, newest first: the callback may stop the walk. Borrow from the record. */
struct walk {
    struct mem_image *image;
    struct arena *scratch;
    enum rc (*row)(struct walk *w, const struct store_exec_row *row, struct err *e);
    bool done;
    /* of who walks */
    const struct store_exec_query *q;
    struct exec_place below;
    struct arena *a;
    struct store_exec_row *list;
    size_t n;
    size_t cap;
    struct exec_figures *figures;
    uint64_t start;
};

static enum rc walk_outcomes(struct walk *w, const struct mem_record *r, struct err *e)
{
    struct store_outcome *o = NULL;
    size_t n = 0;
    enum rc rc = record_outcomes(&r->head, r->bytes, w->scratch, &o, &n, e);
    for (size_t i = n; !rc && i > 0 && !w->done; i--) {
        struct store_exec_row row;
        if (!o[i - 1].sent)
            continue;
        exec_of_outcome(r->head.seq, (unsigned)(i - 1), r->head.at_ms, &o[i - 1], &row);
        rc = w->row(w, &row, e);
    }
    return rc;
}

static enum rc walk_record(struct walk *w, const struct mem_record *r, struct err *e)
{
    struct store_exec_row row;
    struct store_exec begin;
    struct store_exec_end end;
    enum rc rc = RC_OK;
    if (r->head.kind == STORE_OUTCOMES)
        return walk_outcomes(w, r, e);
    if (r->head.kind == STORE_EXEC && r->end_seq == 0) {
        rc = record_exec(&r->head, r->bytes, &begin, e);
        if (!rc)
            exec_of_begin(r->head.seq, r->head.at_ms, &begin, &row);
    } else if (r->head.kind == STORE_EXEC_END) {
        rc = record_exec_end(&r->head, r->bytes, &end, e);
        if (!rc)
            exec_of_end(r->head.seq, r->head.at_ms, &end, &row);
    } else {
        return RC_OK;
    }
    return rc ? rc : w->row(w, &row, e);
}

/* All rows, newest first. The image is locked. */
static enum rc walk(struct walk *w, struct err *e)
{
    enum rc rc = RC_OK;
    w->scratch = arena_new("store mem executions", 0, (size_t)256 << 20);
    if (!w->scratch)
        return mem_no_memory(e);
    for (size_t i = w->image->n; !rc && i > 0 && !w->done; i--) {
        rc = walk_record(w, &w->image->record[i - 1], e);
        arena_clear(w->scratch);
    }
    arena_free(&w->scratch);
    return rc;
}

/* Keep the row behind those of the list. */
static enum rc take(struct walk *w, const struct store_exec_row *row, struct err *e)
{
    struct store_exec_row *list = vec_room(w->a, w->list, sizeof *list, w->n, &w->cap);
    if (!list)
        return mem_no_memory(e);
    w->list = list;
    list[w->n] = *row;
    enum rc rc = exec_keep(&list[w->n], w->a, e);
    w->n += !rc;
    return rc;
}

/* ---- listing ------------------------------------------------------------------------------ */

static enum rc list_row(struct walk *w, const struct store_exec_row *row, struct err *e)
{
    if (!exec_place_below(exec_place_of(row), w->below) || !exec_row_matches(w->q, row))
        return RC_OK;
    w->done = w->n == w->q->limit;
    return take(w, row, e);
}

enum rc mem_execs(struct store *st, const struct store_exec_query *q, struct arena *a,
                  struct store_exec_row **rows, size_t *n, bool *more, struct err *e)
{
    enum rc rc = exec_query_check(q, e);
    if (rc)
        return rc;
    struct walk w = {
        .image = mem_self(st)->image, .row = list_row, .q = q, .below = exec_query_below(q), .a = a
    };
    LOCK_SCOPE(guard, &w.image->lock);
    rc = walk(&w, e);
    if (rc)
        return rc;
    *rows = w.list;
    *n = size_min(w.n, q->limit);
    *more = w.n > q->limit;
    return RC_OK;
}

static enum rc open_row(struct walk *w, const struct store_exec_row *row, struct err *e)
{
    if (row->state != EXEC_EXECUTING || row->seq >= w->start)
        return RC_OK;
    return take(w, row, e);
}

enum rc mem_exec_open(struct store *st, struct arena *a, struct store_exec_row **rows, size_t *n,
                      struct err *e)
{
    struct mem_store *s = mem_self(st);
    struct walk w = { .image = s->image, .row = open_row, .a = a, .start = s->start };
    LOCK_SCOPE(guard, &w.image->lock);
    enum rc rc = walk(&w, e);
    if (rc)
        return rc;
    *rows = w.list;
    *n = w.n;
    return RC_OK;
}

/* ---- one ---------------------------------------------------------------------------------- */

static enum rc missing(struct err *e)
{
    return err_set(e, RC_MISSING, "STORE-016", "there is no such execution");
}

/* A copy of the record, so that what is read of it lives in a. */
static enum rc copy_of(const struct mem_record *r, struct arena *a, struct str *out, struct err *e)
{
    *out = arena_str(a, r->bytes);
    return str_is_null(*out) ? mem_no_memory(e) : RC_OK;
}

static enum rc read_attempt(const struct mem_record *r, unsigned n, struct arena *a,
                            struct store_exec_full *out, struct err *e)
{
    struct store_outcome *o = NULL;
    struct str bytes;
    size_t n_outcomes = 0;
    enum rc rc = copy_of(r, a, &bytes, e);
    if (!rc)
        rc = record_outcomes(&r->head, bytes, a, &o, &n_outcomes, e);
    if (rc)
        return rc;
    if (n >= n_outcomes || !o[n].sent)
        return missing(e);
    *out = (struct store_exec_full){ .reply = o[n].reply };
    exec_of_outcome(r->head.seq, n, r->head.at_ms, &o[n], &out->row);
    return RC_OK;
}

static enum rc read_call(struct mem_image *m, const struct mem_record *r, struct arena *a,
                         struct store_exec_full *out, struct err *e)
{
    struct store_exec begin;
    struct store_exec_end end;
    struct str bytes;
    struct str end_bytes = STR_NULL;
    const struct mem_record *last = r->end_seq ? &m->record[r->end_seq - 1] : NULL;
    enum rc rc = copy_of(r, a, &bytes, e);
    if (!rc)
        rc = record_exec(&r->head, bytes, &begin, e);
    if (!rc && last)
        rc = copy_of(last, a, &end_bytes, e);
    if (!rc && last)
        rc = record_exec_end(&last->head, end_bytes, &end, e);
    if (rc)
        return rc;
    *out = (struct store_exec_full){ .actor = begin.actor, .request = begin.request };
    exec_of_begin(r->head.seq, r->head.at_ms, &begin, &out->row);
    if (last) {
        exec_of_end(last->head.seq, last->head.at_ms, &end, &out->row);
        out->result = end.result;
        out->result_cut = end.cut;
    }
    return RC_OK;
}

enum rc mem_exec_read(struct store *st, uint64_t seq, unsigned n, struct arena *a,
                      struct store_exec_full *out, struct err *e)
{
    struct mem_image *m = mem_self(st)->image;
    LOCK_SCOPE(guard, &m->lock);
    if (seq == 0 || seq > m->n)
        return missing(e);
    const struct mem_record *r = &m->record[seq - 1];
    if (r->head.kind == STORE_OUTCOMES)
        return read_attempt(r, n, a, out, e);
    if (r->head.kind == STORE_EXEC && n == 0)
        return read_call(m, r, a, out, e);
    return missing(e);
}

/* ---- figures ------------------------------------------------------------------------------ */

static enum rc stats_row(struct walk *w, const struct store_exec_row *row, struct err *e)
{
    if (row->state == EXEC_EXECUTING || !exec_row_matches(w->q, row))
        return RC_OK;
    enum rc rc = exec_figures_row(w->figures, row, e);
    if (!rc && row->state == EXEC_FAILED && w->n < EXEC_ERRORS)
        rc = take(w, row, e);
    return rc;
}

enum rc mem_exec_stats(struct store *st, struct str integration, int64_t since, int64_t until,
                       struct arena *a, struct store_exec_stats *out, struct err *e)
{
    struct exec_figures figures;
    const struct store_exec_query q = { .integration = integration,
                                        .since = since,
                                        .until = until };
    struct walk w = {
        .image = mem_self(st)->image, .row = stats_row, .q = &q, .a = a, .figures = &figures
    };
    exec_figures_init(&figures, a);
    LOCK_SCOPE(guard, &w.image->lock);
    enum rc rc = walk(&w, e);
    struct store_exec_stats stats = { .errors = w.list, .n_errors = w.n };
    if (!rc)
        rc = exec_figures_done(&figures, &stats, e);
    if (!rc)
        *out = stats;
    return rc;
}
