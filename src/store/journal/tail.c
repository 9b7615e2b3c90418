/*
 * Decoding into blocks, and who waits for whom. Tests: contract_test.c, journal_test.c
 */
#include "store/journal/tail_int.h"

#include "base/alloc.h"
#include "store/exec.h"
#include "store/journal/terms.h"
#include "store/vec.h"

#define LANES         1000000
#define LANE_MEMORY   ((size_t)512 << 20)
#define BLOCK_MEMORY  ((size_t)1 << 30)
#define SCRATCH       ((size_t)256 << 20)
#define BLOCK_FIRST   ((size_t)16 << 10)
#define BLOCK_CONTENT ((size_t)64 << 20) /* a block takes no more records once it holds so much */

enum rc tail_no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "STORE-003", "not enough memory to follow the journal");
}

/* ---- life --------------------------------------------------------------------------------- */

enum rc tail_init(struct tail *t, struct segments *segments, size_t max_record,
                  const struct hash_key *key, const struct store_host *host,
                  const struct position *committed, struct err *e)
{
    *t = (struct tail){ .key = *key, .host = *host, .committed = *committed };
    mutex_init(&t->follow, "store-follow", JOURNAL_RANK_FOLLOW);
    mutex_init(&t->lock, "store-tail", JOURNAL_RANK_STATE);
    cond_init(&t->indexed_more);
    cond_init(&t->committed_more);
    strmap_init(&t->lanes, NULL, LANES);
    strmap_init(&t->ways, NULL, LANES);
    t->scan.fd = -1;
    t->lane_arena = arena_new("store lanes", 0, LANE_MEMORY);
    t->scratch = arena_new("store follow", 0, SCRATCH);
    if (!t->lane_arena || !t->scratch)
        return tail_no_memory(e);
    return scan_init(&t->scan, segments, max_record, e);
}

void block_unref(struct block *b)
{
    if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct arena *a = b->arena;
    arena_free(&a);
}

void tail_done(struct tail *t)
{
    while (t->first) {
        struct block *b = t->first;
        t->first = b->next;
        block_unref(b);
    }
    scan_done(&t->scan);
    strmap_done(&t->lanes);
    strmap_done(&t->ways);
    arena_free(&t->lane_arena);
    arena_free(&t->scratch);
    cond_done(&t->committed_more);
    cond_done(&t->indexed_more);
    mutex_done(&t->lock);
    mutex_done(&t->follow);
}

void tail_start(struct tail *t, const struct position *indexed, const uint64_t *cut, size_t n_cuts)
{
    ZS_ASSERT(n_cuts <= ZS_COUNT(t->cut));
    t->scan.trust_from = t->committed.seq + 1; /* what this run writes */
    t->indexed = t->decoded = *indexed;
    t->n_cuts = n_cuts;
    for (size_t i = 0; i < n_cuts; i++)
        t->cut[i] = cut[i];
    scan_seek(&t->scan, indexed);
}

/* ---- lanes -------------------------------------------------------------------------------- */

static struct lane *find_lane(struct tail *t, struct str name)
{
    mutex_assert_held(&t->follow);
    struct lane *l = strmap_get(&t->lanes, name);
    if (l)
        return l;
    l = arena_make(t->lane_arena, struct lane, 1);
    if (!l)
        return NULL;
    l->name = arena_str(t->lane_arena, name);
    if (str_is_null(l->name))
        return NULL;
    struct exec_lane parts = exec_split_lane(l->name);
    l->channel = parts.channel;
    l->way = tail_find_way(t, parts.integration, parts.endpoint);
    l->hash = hash_sip64(&t->key, name);
    return l->way && !strmap_put(&t->lanes, l->name, l, NULL) ? l : NULL;
}

struct lane *tail_lane(struct tail *t, struct str name)
{
    LOCK_SCOPE(guard, &t->follow);
    return find_lane(t, name);
}

struct lane *tail_known_lane(struct tail *t, struct str name)
{
    LOCK_SCOPE(guard, &t->follow);
    return strmap_get(&t->lanes, name);
}

/* ---- decoding ----------------------------------------------------------------------------- */

static struct block *new_block(const struct position *from)
{
    struct arena *a = arena_new("store tail", BLOCK_FIRST, BLOCK_MEMORY);
    struct block *b = a ? arena_make(a, struct block, 1) : NULL;
    if (!b) {
        arena_free(&a);
        return NULL;
    }
    b->refs = 1;
    b->arena = a;
    b->from = b->to = *from;
    return b;
}

bool tail_copy(struct arena *a, struct str from, struct str *to)
{
    *to = str_is_null(from) ? STR_NULL : arena_str(a, from);
    return str_is_null(from) || !str_is_null(*to);
}

static bool copy_deliveries(struct building *g, const struct store_intake *in, struct tail_msg *m)
{
    m->delivery = arena_make(g->b->arena, struct tail_delivery, in->n_deliveries);
    m->n_deliveries = in->n_deliveries;
    for (size_t i = 0; m->delivery && i < in->n_deliveries; i++) {
        struct lane *l = find_lane(g->tail, in->deliveries[i].lane);
        if (!l)
            return false;
        m->delivery[i] = (struct tail_delivery){ .lane = l,
                                                 .state = in->deliveries[i].state,
                                                 .marked = in->deliveries[i].marked };
    }
    return m->delivery != NULL;
}

static enum rc add_intake(struct building *g, const struct scan_item *item, struct err *e)
{
    struct store_intake in;
    struct block *b = g->b;
    enum rc rc = record_intake(&item->head, item->bytes, g->tail->scratch, &in, e);
    if (rc)
        return rc;
    struct tail_msg *list = vec_room(b->arena, b->msg, sizeof *list, b->n_msgs, &g->cap_msgs);
    if (!list)
        return tail_no_memory(e);
    b->msg = list;
    struct tail_msg *m = &list[b->n_msgs];
    *m = (struct tail_msg){ .seq = item->head.seq,
                            .at_ms = item->head.at_ms,
                            .at = item->at,
                            .length = item->head.length,
                            .body_bytes = (uint32_t)in.body.n,
                            .state = in.state };
    if (!tail_copy(b->arena, in.channel, &m->channel) || !tail_copy(b->arena, in.type, &m->type) ||
        !tail_copy(b->arena, in.peer, &m->peer) ||
        !tail_copy(b->arena, in.control_id, &m->control_id) || !copy_deliveries(g, &in, m))
        return tail_no_memory(e);
    rc = term_list(&g->tail->key, &in, b->arena, &m->term, &m->n_terms, e);
    if (!rc)
        b->n_msgs++;
    return rc;
}

static enum rc add_outcome(struct building *g, const struct scan_item *item,
                           const struct store_outcome *o, unsigned n, struct err *e)
{
    struct block *b = g->b;
    struct lane *l = find_lane(g->tail, o->lane);
    struct tail_outcome *list =
        vec_room(b->arena, b->outcome, sizeof *list, b->n_outcomes, &g->cap_outcomes);
    if (!list || !l)
        return tail_no_memory(e);
    b->outcome = list;
    list[b->n_outcomes++] = (struct tail_outcome){ .msg_seq = o->seq,
                                                   .lane = l,
                                                   .state = o->state,
                                                   .attempt = o->attempt,
                                                   .next_at = o->next_at,
                                                   .seq = item->head.seq,
                                                   .at = item->at,
                                                   .length = item->head.length };
    return o->sent ? tail_add_attempt(g, item, o, n, l, e) : RC_OK;
}

static enum rc add_outcomes(struct building *g, const struct scan_item *item, struct err *e)
{
    struct store_outcome *o = NULL;
    size_t n = 0;
    size_t before = g->b->n_outcomes;
    size_t execs_before = g->b->n_execs;
    enum rc rc = record_outcomes(&item->head, item->bytes, g->tail->scratch, &o, &n, e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = add_outcome(g, item, &o[i], (unsigned)i, e);
    if (rc) {
        g->b->n_outcomes = before;
        g->b->n_execs = execs_before;
    }
    return rc;
}

static enum rc add_mark(struct building *g, const struct scan_item *item, struct err *e)
{
    struct store_mark m;
    struct block *b = g->b;
    enum rc rc = record_mark(&item->head, item->bytes, &m, e);
    if (rc)
        return rc;
    struct lane *l = find_lane(g->tail, m.lane);
    struct tail_mark *list = vec_room(b->arena, b->mark, sizeof *list, b->n_marks, &g->cap_marks);
    if (!list || !l)
        return tail_no_memory(e);
    b->mark = list;
    list[b->n_marks++] = (struct tail_mark){ l, m.upto, item->head.seq };
    return RC_OK;
}

static enum rc add_act(struct building *g, const struct scan_item *item, struct err *e)
{
    struct block *b = g->b;
    struct tail_act *list = vec_room(b->arena, b->act, sizeof *list, b->n_acts, &g->cap_acts);
    if (!list)
        return tail_no_memory(e);
    b->act = list;
    list[b->n_acts++] =
        (struct tail_act){ item->head.seq, item->head.at_ms, item->at, item->head.length };
    return RC_OK;
}

static enum rc add_record(struct building *g, const struct scan_item *item, struct err *e)
{
    switch (item->head.kind) {
    case STORE_INTAKE: return add_intake(g, item, e);
    case STORE_OUTCOMES: return add_outcomes(g, item, e);
    case STORE_MARK: return add_mark(g, item, e);
    case STORE_ACT: return add_act(g, item, e);
    case STORE_EXEC: return tail_add_begin(g, item, e);
    case STORE_EXEC_END: return tail_add_end(g, item, e);
    case STORE_CONFIG:
    case STORE_CHECKPOINT:
    case STORE_SUMMARY: break;
    }
    return RC_OK; /* kinds without a place in the index, and kinds of a later version */
}

static void report_gap(const struct tail *t, const struct scan_item *item)
{
    struct err e;
    if (item->missing)
        err_set(&e, RC_PEER, "STORE-037",
                "the journal has no segment %llu; reading goes on in segment %llu",
                (unsigned long long)item->at.segment, (unsigned long long)item->to.segment);
    else
        err_set(&e, RC_PEER, "STORE-032",
                "segment %llu is damaged from byte %llu on, after sequence %llu",
                (unsigned long long)item->at.segment, (unsigned long long)item->at.offset,
                (unsigned long long)item->after_seq);
    t->host.notice(t->host.ctx, &e);
}

static bool is_cut(const struct tail *t, uint64_t seq)
{
    for (size_t i = 0; i < t->n_cuts; i++)
        if (t->cut[i] == seq)
            return true;
    return false;
}

/* One record into the block. What its checksum lets pass and its fields do not is damage too. */
static enum rc take(struct building *g, const struct scan_item *item, struct err *e)
{
    struct arena_mark mark = arena_mark(g->tail->scratch);
    enum rc rc = add_record(g, item, e);
    arena_rewind(g->tail->scratch, mark);
    if (rc == RC_PEER) {
        struct err why;
        err_set(&why, RC_PEER, "STORE-032", "record %llu cannot be read: %s",
                (unsigned long long)item->head.seq, e->text);
        g->tail->host.notice(g->tail->host.ctx, &why);
        rc = RC_OK;
    }
    return rc;
}

static bool is_full(const struct building *g)
{
    return g->b->n_records >= BLOCK_RECORDS || arena_size(g->b->arena) >= BLOCK_CONTENT ||
           is_cut(g->tail, g->b->to.seq);
}

/*
 * A cut lies in front of the next record although none has its sequence: what had it is damaged
 * now. The block ends there all the same.
 */
static bool cut_in_gap(struct building *g, const struct scan_item *next)
{
    const struct tail *t = g->tail;
    for (size_t i = 0; i < t->n_cuts; i++) {
        if (t->cut[i] <= g->b->to.seq || t->cut[i] >= next->head.seq)
            continue;
        g->b->to = (struct position){ .at = next->at, .seq = t->cut[i] };
        scan_seek(g->scan, &g->b->to);
        return true;
    }
    return false;
}

/* Decode up to BLOCK_RECORDS before *limit. The block may be empty of messages. */
static enum rc fill(struct building *g, const struct position *limit, struct err *e)
{
    struct block *b = g->b;
    for (;;) {
        struct scan_item item;
        enum rc rc = scan_next(g->scan, &limit->at, &item, e);
        if (rc)
            return rc;
        if (item.what == SCAN_END) {
            b->to = *limit;
            scan_seek(g->scan, limit);
            return RC_OK;
        }
        if (item.what == SCAN_GAP) {
            report_gap(g->tail, &item);
            continue;
        }
        if (cut_in_gap(g, &item))
            return RC_OK;
        rc = take(g, &item, e);
        if (rc)
            return rc;
        b->n_records++;
        b->to = g->scan->pos;
        if (!is_full(g))
            continue;
        unsigned char link[RECORD_LINK];
        record_link(item.bytes, g->scan->sha, link);
        b->to.link = position_link(link);
        return RC_OK;
    }
}

static enum rc make_block(struct tail *t, struct scan *scan, const struct position *from,
                          const struct position *limit, struct block **out, struct err *e)
{
    struct building g = { .tail = t, .scan = scan, .b = new_block(from) };
    mutex_assert_held(&t->follow);
    if (!g.b)
        return tail_no_memory(e);
    enum rc rc = fill(&g, limit, e);
    if (rc) {
        scan_seek(scan, from);
        block_unref(g.b);
        return rc;
    }
    *out = g.b;
    return RC_OK;
}

enum rc tail_decode(struct tail *t, struct scan *scan, const struct position *from,
                    const struct position *limit, struct block **out, struct err *e)
{
    LOCK_SCOPE(guard, &t->follow);
    return make_block(t, scan, from, limit, out, e);
}

/* One more block. */
static enum rc decode_block(struct tail *t, const struct position *from,
                            const struct position *limit, struct err *e)
{
    struct block *b = NULL;
    enum rc rc = make_block(t, &t->scan, from, limit, &b, e);
    if (rc)
        return rc;
    mutex_lock(&t->lock);
    if (t->last)
        t->last->next = b;
    else
        t->first = b;
    t->last = b;
    t->decoded = b->to;
    mutex_unlock(&t->lock);
    return RC_OK;
}

/* How a follower may go on. */
enum next { NEXT_DONE, NEXT_DECODE, NEXT_WAIT };

static enum next what_next(struct tail *t, uint64_t target, struct position *from,
                           struct position *limit)
{
    LOCK_SCOPE(guard, &t->lock);
    *from = t->decoded;
    *limit = t->committed;
    if (t->decoded.seq >= target)
        return NEXT_DONE;
    return t->decoded.seq - t->indexed.seq >= TAIL_RECORDS ? NEXT_WAIT : NEXT_DECODE;
}

static enum rc wait_for_indexer(struct tail *t, struct err *e)
{
    LOCK_SCOPE(guard, &t->lock);
    uint64_t before = t->indexed.seq;
    while (t->indexed.seq == before && !t->index_failed && !t->closing)
        cond_wait(&t->indexed_more, &t->lock);
    if (t->indexed.seq != before)
        return RC_OK;
    if (t->closing)
        return err_set(e, RC_STATE, "STORE-014", "the store is closing");
    return err_set(e, RC_IO, "STORE-035", "the index is behind and cannot be written");
}

enum rc tail_follow(struct tail *t, bool wait, struct err *e)
{
    mutex_lock(&t->lock);
    uint64_t target = t->committed.seq;
    mutex_unlock(&t->lock);
    for (;;) {
        struct position from;
        struct position limit;
        enum rc rc = RC_OK;
        mutex_lock(&t->follow);
        enum next next = what_next(t, target, &from, &limit);
        if (next == NEXT_DECODE)
            rc = decode_block(t, &from, &limit, e);
        mutex_unlock(&t->follow);
        if (rc || next == NEXT_DONE || (next == NEXT_WAIT && !wait))
            return rc;
        if (next == NEXT_WAIT)
            rc = wait_for_indexer(t, e);
        if (rc)
            return rc;
    }
}

/* ---- holding ------------------------------------------------------------------------------ */

enum rc tail_hold(struct tail *t, struct arena *a, struct view *out, struct err *e)
{
    enum rc rc = tail_follow(t, true, e);
    if (rc)
        return rc;
    struct view v = { 0 };
    size_t cap = 0;
    mutex_lock(&t->lock);
    for (struct block *b = t->first; b; b = b->next) {
        struct block **list = vec_room(a, v.block, sizeof(struct block *), v.n, &cap);
        if (!list) {
            mutex_unlock(&t->lock);
            tail_release(&v);
            return tail_no_memory(e);
        }
        v.block = list;
        v.block[v.n++] = b;
        atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    }
    v.indexed = t->indexed.seq;
    v.decoded = t->decoded.seq;
    mutex_unlock(&t->lock);
    *out = v;
    return RC_OK;
}

void tail_release(struct view *v)
{
    for (size_t i = 0; i < v->n; i++)
        block_unref(v->block[i]);
    v->n = 0;
}

/* ---- positions ---------------------------------------------------------------------------- */

void tail_committed(struct tail *t, const struct position *to)
{
    LOCK_SCOPE(guard, &t->lock);
    /* the indexer sleeps without a limit only when it has nothing to do */
    bool wake = t->committed.seq == t->indexed.seq || to->seq - t->indexed.seq >= BLOCK_RECORDS;
    t->committed = *to;
    if (wake)
        cond_signal(&t->committed_more);
}

static bool is_urgent(const struct tail *t)
{
    return t->closing || t->wanted > t->indexed.seq ||
           t->committed.seq - t->indexed.seq >= BLOCK_RECORDS;
}

bool tail_await(struct tail *t, uint64_t gather_ms, bool busy)
{
    LOCK_SCOPE(guard, &t->lock);
    while (t->committed.seq == t->indexed.seq && !t->closing && !busy)
        cond_wait(&t->committed_more, &t->lock);
    bool in_time = true;
    while (!is_urgent(t) && in_time && !busy)
        in_time = cond_wait_ms(&t->committed_more, &t->lock, gather_ms);
    return t->committed.seq > t->indexed.seq;
}

bool tail_rest(struct tail *t, uint64_t ms)
{
    LOCK_SCOPE(guard, &t->lock);
    bool in_time = true;
    while (!t->closing && in_time)
        in_time = cond_wait_ms(&t->committed_more, &t->lock, ms);
    return !t->closing;
}

enum rc tail_batch(struct tail *t, struct arena *a, struct view *out, struct err *e)
{
    LOCK_SCOPE(guard, &t->lock);
    struct view v = { .indexed = t->indexed.seq };
    size_t cap = 0;
    uint64_t records = 0;
    for (struct block *b = t->first; b; b = b->next) {
        if (v.n && records + b->n_records > BLOCK_RECORDS)
            break;
        struct block **list = vec_room(a, v.block, sizeof(struct block *), v.n, &cap);
        if (!list)
            return tail_no_memory(
                e); /* nothing is held: the list is the indexer's own to shorten */
        v.block = list;
        v.block[v.n++] = b;
        v.decoded = b->to.seq;
        records += b->n_records;
        if (is_cut(t, b->to.seq))
            break;
    }
    *out = v;
    return RC_OK;
}

void tail_indexed(struct tail *t, const struct position *to)
{
    struct block *drop = NULL;
    mutex_lock(&t->lock);
    struct block **end = &drop;
    while (t->first && t->first->to.seq <= to->seq) {
        *end = t->first;
        end = &t->first->next;
        t->first = t->first->next;
    }
    *end = NULL;
    if (!t->first)
        t->last = NULL;
    t->indexed = *to;
    t->index_failed = false;
    cond_broadcast(&t->indexed_more);
    mutex_unlock(&t->lock);
    while (drop) {
        struct block *b = drop;
        drop = b->next;
        block_unref(b);
    }
}

void tail_set_failed(struct tail *t, bool failed)
{
    LOCK_SCOPE(guard, &t->lock);
    t->index_failed = failed;
    cond_broadcast(&t->indexed_more);
}

void tail_set_busy(struct tail *t, bool busy)
{
    LOCK_SCOPE(guard, &t->lock);
    t->busy = busy;
    cond_broadcast(&t->indexed_more);
}

enum rc tail_settle(struct tail *t, struct err *e)
{
    LOCK_SCOPE(guard, &t->lock);
    uint64_t target = t->committed.seq;
    if (target > t->wanted)
        t->wanted = target;
    cond_signal(&t->committed_more);
    while ((t->indexed.seq < target || t->busy) && !t->index_failed && !t->closing)
        cond_wait(&t->indexed_more, &t->lock);
    if (t->indexed.seq >= target && !t->busy)
        return RC_OK;
    if (t->closing)
        return err_set(e, RC_STATE, "STORE-014", "the store is closing");
    return err_set(e, RC_IO, "STORE-035", "the index cannot be written");
}

void tail_close(struct tail *t)
{
    LOCK_SCOPE(guard, &t->lock);
    t->closing = true;
    cond_broadcast(&t->indexed_more);
    cond_broadcast(&t->committed_more);
}

bool tail_is_closing(struct tail *t)
{
    LOCK_SCOPE(guard, &t->lock);
    return t->closing;
}

uint64_t tail_lag(struct tail *t)
{
    LOCK_SCOPE(guard, &t->lock);
    return t->committed.seq - t->indexed.seq;
}

bool tail_catch_up(struct tail *t, uint64_t most, uint64_t ms)
{
    LOCK_SCOPE(guard, &t->lock);
    bool in_time = true;
    while (t->committed.seq - t->indexed.seq > most && in_time && !t->closing)
        in_time = cond_wait_ms(&t->indexed_more, &t->lock, ms);
    return t->committed.seq - t->indexed.seq <= most;
}

uint64_t tail_indexed_seq(struct tail *t)
{
    LOCK_SCOPE(guard, &t->lock);
    return t->indexed.seq;
}

struct position tail_end(struct tail *t)
{
    LOCK_SCOPE(guard, &t->lock);
    return t->committed;
}
