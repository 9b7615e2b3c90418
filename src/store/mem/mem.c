/*
 * The in-memory backend: its writer thread and its answers. Tests: contract_test.c
 */
#include "store/mem/mem.h"

#include "base/alloc.h"
#include "store/mem/mem_int.h"
#include "store/rules.h"
#include "store/vec.h"

#define MAX_BYTES  ((size_t)1 << 30)
#define MAX_RECORD ((size_t)64 << 20)
#define MAX_QUEUE  ((size_t)256 << 20)

/* ---- writing ------------------------------------------------------------------------------ */

static void commit_op(struct mem_store *s, struct store_op *op, int64_t now, bool last)
{
    bool full = s->image->bytes >= s->max_bytes;
    struct record *r = front_record(op);
    if (!r)
        return;
    if ((full && front_needs_space(op)) ||
        image_add(s->image, r, now, last ? RECORD_BATCH_END : 0, NULL)) {
        front_refuse(op, RC_LIMIT, "STORE-001");
        return;
    }
    op->seq = s->image->n;
    op->at_ms = now;
}

/* Before the image is locked: the front's lock comes first. */
static void cut_where_full(struct mem_store *s, struct store_batch *b)
{
    mutex_lock(&s->image->lock);
    bool full = s->image->bytes >= s->max_bytes;
    mutex_unlock(&s->image->lock);
    for (struct store_op *op = b->first; op && full; op = op->next)
        front_cut_result(&s->front, op);
}

static void commit_batch(struct mem_store *s, struct store_batch *b)
{
    int64_t now = clock_now_ms(s->host.clock);
    cut_where_full(s, b);
    mutex_lock(&s->image->lock);
    for (struct store_op *op = b->first; op; op = op->next)
        commit_op(s, op, now, !op->next);
    s->commits++;
    mutex_unlock(&s->image->lock);
}

static void write_loop(void *ctx)
{
    struct mem_store *s = ctx;
    bool closed = false;
    while (!closed) {
        struct store_batch *b = front_take(&s->front, UINT64_MAX, &closed);
        while (b) {
            struct store_batch *next = b->next;
            commit_batch(s, b);
            front_answer(&s->front, b);
            b = next;
        }
    }
}

static void mem_append(struct store *st, struct store_batch *b)
{
    front_append(&mem_self(st)->front, b);
}

/* ---- reading ------------------------------------------------------------------------------ */

enum rc mem_no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for an answer");
}

/* The intake decoded from a copy of its bytes, so that its texts live in a. */
static enum rc read_intake(const struct mem_record *r, struct arena *a, struct store_message *out,
                           struct err *e)
{
    struct str copy = arena_str(a, r->bytes);
    if (str_is_null(copy))
        return mem_no_memory(e);
    struct store_message m = { .seq = r->head.seq, .at_ms = r->head.at_ms };
    memcpy(m.link, r->link, sizeof m.link);
    enum rc rc = record_intake(&r->head, copy, a, &m.intake, e);
    if (!rc)
        *out = m;
    return rc;
}

static enum rc mem_read(struct store *st, uint64_t seq, struct arena *a, struct store_message *out,
                        struct err *e)
{
    struct mem_image *m = mem_self(st)->image;
    LOCK_SCOPE(guard, &m->lock);
    if (!image_message(m, seq))
        return err_set(e, RC_MISSING, "STORE-011", "there is no such message");
    return read_intake(&m->record[seq - 1], a, out, e);
}

/* Outcomes of one message in one record, appended to list (which has room for them). */
static enum rc take_events(const struct mem_record *r, uint64_t seq, struct arena *a,
                           struct store_event **list, size_t *n, size_t *cap, struct err *e)
{
    struct str copy = arena_str(a, r->bytes);
    struct store_outcome *o = NULL;
    size_t n_outcomes = 0;
    if (str_is_null(copy))
        return mem_no_memory(e);
    enum rc rc = record_outcomes(&r->head, copy, a, &o, &n_outcomes, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < n_outcomes; i++) {
        if (o[i].seq != seq)
            continue;
        struct store_event *p = vec_room(a, *list, sizeof *p, *n, cap);
        if (!p)
            return mem_no_memory(e);
        *list = p;
        (*list)[(*n)++] = (struct store_event){ r->head.seq, r->head.at_ms, o[i] };
    }
    return RC_OK;
}

static enum rc mem_events(struct store *st, uint64_t seq, struct arena *a, struct store_event **out,
                          size_t *n, struct err *e)
{
    struct mem_image *m = mem_self(st)->image;
    LOCK_SCOPE(guard, &m->lock);
    const struct mem_message *msg = image_message(m, seq);
    if (!msg)
        return err_set(e, RC_MISSING, "STORE-011", "there is no such message");
    struct store_event *list = NULL;
    size_t filled = 0;
    size_t cap = 0;
    for (size_t i = 0; i < msg->n_outcomes; i++) {
        enum rc rc = take_events(&m->record[msg->outcome[i] - 1], seq, a, &list, &filled, &cap, e);
        if (rc)
            return rc;
    }
    *out = list;
    *n = filled;
    return RC_OK;
}

struct search {
    const struct store_query *q;
    struct store_term term[RULES_TERMS];
    size_t n_terms;
};

static bool search_matches(const struct search *s, const struct store_intake *in,
                           const struct store_row *row, unsigned states)
{
    for (size_t i = 0; i < s->n_terms; i++)
        if (!rules_has_term(in, &s->term[i]))
            return false;
    return rules_row_matches(s->q, row, states);
}

/* One record as a row; *hit says whether the query lets it through. */
static enum rc search_record(struct mem_image *m, const struct mem_record *r,
                             const struct search *s, struct arena *a, struct store_row *row,
                             bool *hit, struct err *e)
{
    struct store_message msg;
    struct arena_mark mark = arena_mark(a);
    enum rc rc = read_intake(r, a, &msg, e);
    if (rc)
        return rc;
    unsigned states = image_states(m, r->message);
    *row = (struct store_row){ .seq = msg.seq,
                               .at_ms = msg.at_ms,
                               .state = msg.intake.state,
                               .delivery = rules_least(states),
                               .bytes = msg.intake.body.n,
                               .channel = msg.intake.channel,
                               .type = msg.intake.type,
                               .peer = msg.intake.peer,
                               .control_id = msg.intake.control_id };
    if (msg.intake.state == INTAKE_REFUSED)
        states |= RULES_REFUSED;
    *hit = search_matches(s, &msg.intake, row, states);
    if (!*hit)
        arena_rewind(a, mark);
    return RC_OK;
}

static enum rc mem_search(struct store *st, const struct store_query *q, struct arena *a,
                          struct store_row **rows, size_t *n, bool *more, struct err *e)
{
    struct mem_image *m = mem_self(st)->image;
    enum rc rc = rules_query_check(q, e);
    if (rc)
        return rc;
    struct search s = { .q = q };
    s.n_terms = rules_query_terms(q, s.term);
    struct store_row *list = arena_make(a, struct store_row, q->limit + 1);
    if (!list)
        return mem_no_memory(e);
    LOCK_SCOPE(guard, &m->lock);
    size_t found = 0;
    size_t from = q->before ? size_min(m->n, (size_t)q->before - 1) : m->n;
    for (size_t i = from; i > 0 && found <= q->limit; i--) {
        bool hit = false;
        if (m->record[i - 1].message)
            rc = search_record(m, &m->record[i - 1], &s, a, &list[found], &hit, e);
        if (rc)
            return rc;
        found += hit;
    }
    *rows = list;
    *n = size_min(found, q->limit);
    *more = found > q->limit;
    return RC_OK;
}

static enum rc mem_acts(struct store *st, uint64_t before, size_t limit, struct arena *a,
                        struct store_audit **out, size_t *n, struct err *e)
{
    struct mem_image *m = mem_self(st)->image;
    struct store_audit *list = arena_make(a, struct store_audit, limit);
    if (!list)
        return mem_no_memory(e);
    LOCK_SCOPE(guard, &m->lock);
    size_t found = 0;
    for (size_t i = before ? size_min(m->n, (size_t)before - 1) : m->n; i > 0 && found < limit;
         i--) {
        const struct mem_record *r = &m->record[i - 1];
        if (r->head.kind != STORE_ACT)
            continue;
        struct str copy = arena_str(a, r->bytes);
        if (str_is_null(copy))
            return mem_no_memory(e);
        struct store_audit audit = { .seq = r->head.seq, .at_ms = r->head.at_ms };
        enum rc rc = record_act(&r->head, copy, &audit.act, e);
        if (rc)
            return rc;
        list[found++] = audit;
    }
    *out = list;
    *n = found;
    return RC_OK;
}

/* ---- lanes -------------------------------------------------------------------------------- */

static enum rc count_lane(const struct mem_record *r, const struct mem_delivery *d, struct arena *a,
                          struct store_lane *list, size_t *n, struct err *e)
{
    size_t i = 0;
    while (i < *n && !str_eq(list[i].lane, d->lane))
        i++;
    if (i == *n) {
        list[i] = (struct store_lane){ .lane = arena_str(a, d->lane),
                                       .oldest_seq = r->head.seq,
                                       .oldest_at = r->head.at_ms };
        if (str_is_null(list[i].lane))
            return mem_no_memory(e);
        (*n)++;
    }
    list[i].n_open++;
    return RC_OK;
}

#define MAX_LANES 65536

static enum rc mem_lanes(struct store *st, struct arena *a, struct store_lane **out, size_t *n,
                         struct err *e)
{
    struct mem_image *m = mem_self(st)->image;
    LOCK_SCOPE(guard, &m->lock);
    size_t open = 0;
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; m->record[i].message && k < m->record[i].message->n_deliveries; k++)
            open += rules_is_open(m->record[i].message->delivery[k].state);
    struct store_lane *list = arena_make(a, struct store_lane, size_min(open, MAX_LANES));
    if (!list)
        return mem_no_memory(e);
    size_t found = 0;
    for (size_t i = 0; i < m->n && found < MAX_LANES; i++) {
        const struct mem_message *msg = m->record[i].message;
        for (size_t k = 0; msg && k < msg->n_deliveries; k++) {
            if (!rules_is_open(msg->delivery[k].state))
                continue;
            enum rc rc = count_lane(&m->record[i], &msg->delivery[k], a, list, &found, e);
            if (rc)
                return rc;
        }
    }
    *out = list;
    *n = found;
    return RC_OK;
}

static enum rc fill_waiting(struct mem_store *s, const struct mem_record *r,
                            const struct mem_delivery *d, struct arena *a,
                            struct store_waiting *out, struct err *e)
{
    struct store_message msg;
    enum rc rc = read_intake(r, a, &msg, e);
    if (rc)
        return rc;
    struct store_waiting w = { .seq = r->head.seq,
                               .state = d->state,
                               .unknown = image_unknown(s->image, r->message, d, s->start),
                               .attempts = d->attempts,
                               .at_ms = r->head.at_ms,
                               .next_at = d->next_at,
                               .content_type = msg.intake.content_type,
                               .control_id = msg.intake.control_id,
                               .type = msg.intake.type };
    rules_pick_delivery(&msg.intake, d->lane, &w.delivery);
    w.delivery.lane = arena_str(a, d->lane);
    if (str_is_null(w.delivery.lane))
        return mem_no_memory(e);
    *out = w;
    return RC_OK;
}

static const struct mem_delivery *open_in(const struct mem_record *r, struct str lane)
{
    for (size_t k = 0; r->message && k < r->message->n_deliveries; k++) {
        const struct mem_delivery *d = &r->message->delivery[k];
        if (str_eq(d->lane, lane) && rules_is_open(d->state))
            return d;
    }
    return NULL;
}

static enum rc mem_window(struct store *st, struct str lane, uint64_t after, size_t max,
                          size_t max_bytes, struct arena *a, struct store_waiting **out, size_t *n,
                          struct err *e)
{
    struct mem_store *s = mem_self(st);
    struct mem_image *m = s->image;
    struct store_waiting *list = arena_make(a, struct store_waiting, max);
    if (!list)
        return mem_no_memory(e);
    LOCK_SCOPE(guard, &m->lock);
    size_t found = 0;
    size_t bytes = 0;
    for (size_t i = (size_t)after; i < m->n && found < max; i++) {
        const struct mem_delivery *d = open_in(&m->record[i], lane);
        if (!d)
            continue;
        enum rc rc = fill_waiting(s, &m->record[i], d, a, &list[found], e);
        if (rc)
            return rc;
        bytes += list[found].delivery.payload.n;
        if (found > 0 && bytes > max_bytes)
            break;
        found++;
    }
    *out = list;
    *n = found;
    return RC_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void mem_stats(struct store *st, struct store_stats *out)
{
    struct mem_store *s = mem_self(st);
    LOCK_SCOPE(guard, &s->image->lock);
    *out = (struct store_stats){ .last_seq = s->image->n,
                                 .indexed_seq = s->image->n,
                                 .n_messages = s->image->n_messages,
                                 .n_refused = s->image->n_refused,
                                 .commits = s->commits,
                                 .bytes = s->image->bytes,
                                 .full = s->image->bytes >= s->max_bytes };
}

static enum rc mem_settle(struct store *st, struct err *e)
{
    (void)e;
    front_wait(&mem_self(st)->front);
    return RC_OK;
}

static void mem_close(struct store *st)
{
    struct mem_store *s = mem_self(st);
    front_close(&s->front);
    thread_join(&s->writer);
    front_done(&s->front);
    mem_image_free(&s->own);
    mem_free(s);
}

static const struct store_ops ops = { .name = "mem",
                                      .append = mem_append,
                                      .read = mem_read,
                                      .events = mem_events,
                                      .search = mem_search,
                                      .acts = mem_acts,
                                      .lanes = mem_lanes,
                                      .window = mem_window,
                                      .execs = mem_execs,
                                      .exec_read = mem_exec_read,
                                      .exec_open = mem_exec_open,
                                      .exec_stats = mem_exec_stats,
                                      .stats = mem_stats,
                                      .settle = mem_settle,
                                      .close = mem_close };

enum rc mem_store_open(struct mem_image *image, size_t max_bytes, const struct store_host *host,
                       struct store **out, struct err *e)
{
    struct mem_store *s = mem_new(struct mem_store);
    struct mem_image *own = image ? NULL : mem_image_new();
    if (!s || (!image && !own)) {
        mem_free(s);
        mem_image_free(&own);
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for a store");
    }
    s->store.ops = &ops;
    s->host = *host;
    s->own = own;
    s->image = image ? image : own;
    s->max_bytes = max_bytes ? max_bytes : MAX_BYTES;
    s->start = s->image->n + 1;
    memcpy(s->store.id, s->image->id, sizeof s->store.id);
    front_init(&s->front, MAX_RECORD, MAX_QUEUE);
    enum rc rc = thread_start(&s->writer, "store-mem", write_loop, s, e);
    if (rc) {
        mem_close(&s->store);
        return rc;
    }
    *out = &s->store;
    return RC_OK;
}
