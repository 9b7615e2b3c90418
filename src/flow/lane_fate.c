/*
 * What becomes of a delivery after an attempt: the rules of retry, uncertain, reject and operator
 * in one place, and the send mark that has to be durable before the next attempt.
 * Tests: lane_test.c
 */
#include "flow/lane_int.h"

#include "base/buf.h"
#include "flow/backoff.h"

/* Commit an outcome. Without memory the delivery stays open, so nothing is lost: the store will
 * hand it back as unknown after a restart. */
static void commit_outcome(struct lane *l, const struct store_outcome *o)
{
    struct err e;
    if (committer_out(l->env.committer, o, &e))
        log_event(&l->log, EV_LANE_UNRECORDED, F_U64("seq", o->seq), F_ERR(&e));
}

#define WHY_MAX sizeof(struct err) /* an id and a text */

static struct str error_text(const struct err *e, char out[WHY_MAX])
{
    int n = snprintf(out, WHY_MAX, "%s %s", e->id ? e->id : "", e->text);
    return str_of(out, n > 0 ? size_min((size_t)n, WHY_MAX - 1) : 0);
}

static struct store_outcome outcome_of(const struct lane *l, const struct lane_item *it,
                                       enum delivery_state state)
{
    return (struct store_outcome){ .seq = it->d.seq,
                                   .lane = str_z(l->conf->name),
                                   .state = state,
                                   .attempt = it->attempts,
                                   .unknown_before = it->unknown };
}

/* v: the verdict of an attempt that was made, or NULL where none was. */
static void record(struct lane *l, const struct lane_item *it, enum delivery_state state,
                   const struct verdict *v, int64_t next_at)
{
    struct store_outcome o = outcome_of(l, it, state);
    char why[WHY_MAX];
    o.next_at = next_at;
    o.sent = v && (v->rc != RC_STATE || v->fate != FATE_RETRY); /* else given up before */
    if (v) {
        uint64_t now = loop_now_mono(l->env.host->loop);
        uint64_t took = it->sent_mono ? now - it->sent_mono : 0;
        o.fate = v->fate;
        o.status = str_sub(v->status, 0, 32);
        o.reply = str_sub(v->reply, 0, LANE_REPLY_KEPT);
        o.error = v->rc == RC_OK ? STR_NULL : error_text(&v->err, why);
        o.duration_ms = (uint32_t)(took / 1000000u);
    }
    commit_outcome(l, &o);
}

static void finish(struct lane *l, struct lane_item *it, enum delivery_state state,
                   const struct verdict *v)
{
    record(l, it, state, v, 0);
    if (it->settled)
        it->settled(it, state, v);
    lane_leave_window(l, it);
}

bool lane_too_old(const struct lane *l, const struct lane_item *it)
{
    int64_t age = clock_now_ms(l->env.host->clock) - it->at_ms;
    return l->conf->max_age_ms > 0 && age > 0 && (uint64_t)age > l->conf->max_age_ms;
}

void lane_give_up(struct lane *l, struct lane_item *it)
{
    log_event(&l->log, EV_DELIVERY_DEAD, F_U64("seq", it->d.seq), F_U64("attempts", it->attempts));
    atomic_fetch_add_explicit(&l->figures->dead, 1, memory_order_relaxed);
    finish(l, it, DELIVERY_DEAD, NULL);
}

static uint64_t rest_ms(const struct lane *l, const struct lane_item *it)
{
    return backoff_ms(it->attempts, l->conf->backoff_first_ms, l->conf->backoff_max_ms,
                      l->env.random);
}

static void wait_again(struct lane *l, struct lane_item *it, const struct verdict *v,
                       enum delivery_state state, uint64_t wait_ms)
{
    if (v->retry_after_ms > wait_ms)
        wait_ms = size_min(v->retry_after_ms, size_max(l->conf->backoff_max_ms, wait_ms));
    it->state = ITEM_WAITING;
    it->next_at = lane_now_ms(l) + (int64_t)wait_ms;
    it->covered = false;
    it->mark_stale = l->marking;
    l->troubled = true;
    atomic_fetch_add_explicit(&l->figures->retries, 1, memory_order_relaxed);
    /* what is not known of an attempt is not known after the next one failed either */
    record(l, it, it->unknown ? DELIVERY_UNCERTAIN : state, v,
           clock_now_ms(l->env.host->clock) + (int64_t)wait_ms);
    log_event(&l->log, EV_DELIVERY_RETRY, F_U64("seq", it->d.seq), F_U64("attempt", it->attempts),
              F_MS("waitMs", (int64_t)wait_ms), F_ERR(&v->err));
}

void lane_uncover(struct lane *l, struct lane_item *it)
{
    char why[WHY_MAX];
    struct err e;
    struct store_outcome o =
        outcome_of(l, it, it->unknown ? DELIVERY_UNCERTAIN : DELIVERY_RETRYING);
    if (!it->covered || (it->state != ITEM_READY && it->state != ITEM_WAITING))
        return;
    (void)err_set(&e, RC_STATE, "FLOW-006", "the engine or the channel stopped before it was sent");
    o.fate = FATE_RETRY;
    o.error = error_text(&e, why);
    it->covered = false;
    commit_outcome(l, &o); /* unrecorded it is only flagged too widely */
}

static void on_delivered(struct lane *l, struct lane_item *it, const struct verdict *v)
{
    l->troubled = false;
    atomic_fetch_add_explicit(&l->figures->delivered, 1, memory_order_relaxed);
    finish(l, it, DELIVERY_DELIVERED, v);
}

static void on_reject(struct lane *l, struct lane_item *it, const struct verdict *v)
{
    log_event(&l->log, EV_DELIVERY_REJECTED, F_U64("seq", it->d.seq), F_ERR(&v->err));
    atomic_fetch_add_explicit(&l->figures->rejected, 1, memory_order_relaxed);
    finish(l, it, DELIVERY_REJECTED, v);
}

static void on_retry(struct lane *l, struct lane_item *it, const struct verdict *v)
{
    if (v->answered && ++it->answered > l->conf->retries) {
        on_reject(l, it, v);
        return;
    }
    wait_again(l, it, v, DELIVERY_RETRYING, rest_ms(l, it));
}

static void block(struct lane *l, struct lane_item *it, const struct verdict *v)
{
    it->state = ITEM_BLOCKED;
    it->covered = false;
    l->troubled = true;
    record(l, it, DELIVERY_UNCERTAIN, v, 0);
    log_event(&l->log, EV_DELIVERY_UNCERTAIN, F_U64("seq", it->d.seq), F_ERR(v ? &v->err : NULL));
    if (it->settled) {
        it->settled(it, DELIVERY_UNCERTAIN, v);
        it->settled = NULL;
    }
}

void lane_block_unknown(struct lane *l, struct lane_item *it)
{
    atomic_fetch_add_explicit(&l->figures->uncertain, 1, memory_order_relaxed);
    block(l, it, NULL);
}

static void on_uncertain(struct lane *l, struct lane_item *it, const struct verdict *v)
{
    atomic_fetch_add_explicit(&l->figures->uncertain, 1, memory_order_relaxed);
    if (l->conf->unsure == LANE_HOLD) {
        block(l, it, v);
        return;
    }
    wait_again(l, it, v, DELIVERY_UNCERTAIN, rest_ms(l, it));
    it->unknown = true;
}

static void on_operator(struct lane *l, struct lane_item *it, const struct verdict *v)
{
    wait_again(l, it, v, DELIVERY_RETRYING, l->conf->backoff_max_ms);
}

void lane_attempt_done(struct delivery *d, const struct verdict *v)
{
    static void (*const by_fate[])(struct lane *, struct lane_item *, const struct verdict *) = {
        [FATE_NONE] = on_delivered, [FATE_RETRY] = on_retry,       [FATE_UNCERTAIN] = on_uncertain,
        [FATE_REJECT] = on_reject,  [FATE_OPERATOR] = on_operator,
    };
    struct lane_item *it = ZS_CONTAINER(d, struct lane_item, d);
    struct lane *l = it->lane;
    struct arena *reply = d->arena;
    ZS_ASSERT(it->state == ITEM_IN_FLIGHT && l->in_flight > 0);
    ZS_ASSERT((size_t)v->fate < ZS_COUNT(by_fate) && (v->rc == RC_OK) == (v->fate == FATE_NONE));
    l->in_flight--;
    d->arena = NULL;
    by_fate[v->fate](l, it, v);
    arena_free(&reply);
    if (l->phase == LANE_STOPPED)
        lane_try_stopped(l);
    else
        lane_pump(l);
}

/* ---- marks -------------------------------------------------------------------------------- */

static void mark_done(struct commit_op *c)
{
    struct lane *l = ZS_CONTAINER(c, struct lane, mark_op);
    l->marking = false;
    if (c->op.rc != RC_OK) { /* the store is full or stopping: the timer asks again */
        if (l->phase == LANE_RUNNING)
            loop_timer_start(l->env.host->loop, &l->timer, 1000, l->timer.fn);
        lane_try_stopped(l);
        return;
    }
    for (struct list_node *n = list_first(&l->window); n; n = list_next(&l->window, n)) {
        struct lane_item *it = ZS_CONTAINER(n, struct lane_item, node);
        if (it->d.seq > l->mark.upto)
            break;
        if (!it->mark_stale && (it->state == ITEM_READY || it->state == ITEM_WAITING))
            it->covered = true;
        it->mark_stale = false;
    }
    if (l->phase != LANE_STOPPED) {
        lane_pump(l);
        return;
    }
    for (struct list_node *n = list_first(&l->window); n; n = list_next(&l->window, n))
        lane_uncover(l, ZS_CONTAINER(n, struct lane_item, node));
    lane_try_stopped(l);
}

/* Cover `want` at least: under hold nothing beyond it, else the window's first LANE_MARK_AHEAD. */
void lane_request_mark(struct lane *l, const struct lane_item *want)
{
    if (l->marking)
        return;
    size_t ahead = l->conf->unsure == LANE_HOLD ? 1 : LANE_MARK_AHEAD;
    struct list_node *n = list_first(&l->window);
    uint64_t upto = want->d.seq;
    for (size_t i = 0; n && i < ahead; i++, n = list_next(&l->window, n))
        upto = size_max(upto, ZS_CONTAINER(n, struct lane_item, node)->d.seq);
    l->marking = true;
    l->mark = (struct store_mark){ .lane = str_z(l->conf->name), .upto = upto };
    l->mark_op =
        (struct commit_op){ .op = { .kind = STORE_MARK, .mark = &l->mark }, .done = mark_done };
    committer_add(l->env.committer, &l->mark_op);
}
