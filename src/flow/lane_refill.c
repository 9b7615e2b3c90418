/*
 * Reading deliveries back from the store: after a restart, and when more came than the window
 * holds. Runs on a pool thread; the lane goes on sending what it has. Tests: lane_test.c
 */
#include "flow/lane_int.h"

/* Of memory: the largest record there can be, decoded, with its payload beside it. */
#define REFILL_LIMIT   ((size_t)256 * 1024 * 1024)
#define REFILL_REST_MS 1000

/* Pool's thread: touches the refill members only, which the loop leaves alone meanwhile. */
static void refill_run(struct pool_work *w)
{
    struct lane *l = ZS_CONTAINER(w, struct lane, refill);
    l->refill_rc = store_window(l->env.store, str_z(l->conf->name), l->refill_after,
                                LANE_WINDOW / 2, LANE_BYTES / 2, l->refill_arena, &l->refill_rows,
                                &l->refill_n, &l->refill_err);
}

static struct lane_item *item_of(const struct store_waiting *row, struct lane_hold *hold)
{
    struct lane_item *it = arena_make(hold->arena, struct lane_item, 1);
    if (!it)
        return NULL;
    it->hold = hold;
    it->d.seq = row->seq;
    it->d.control_id = row->control_id;
    it->d.body = row->delivery.payload;
    it->d.content_type =
        str_is_null(row->delivery.content_type) ? row->content_type : row->delivery.content_type;
    it->key = lane_key(row->delivery.key);
    it->at_ms = row->at_ms;
    it->attempts = row->attempts;
    it->unknown = row->unknown || row->state == DELIVERY_UNCERTAIN;
    return it;
}

/* Put one row into the window. RC_NOMEM stops the refill; it is asked again from there. */
static enum rc take_row(struct lane *l, const struct store_waiting *row, struct lane_hold *hold)
{
    if (row->state == DELIVERY_HELD) {
        l->last_in_window = row->seq; /* waits for a person, not for us */
        return RC_OK;
    }
    struct lane_item *it = item_of(row, hold);
    if (!it)
        return RC_NOMEM;
    lane_hold_ref(hold);
    lane_enter_window(l, it);
    int64_t wait = row->next_at - clock_now_ms(l->env.host->clock);
    if (row->next_at > 0 && wait > 0) {
        it->state = ITEM_WAITING;
        it->next_at = lane_now_ms(l) + wait;
    }
    if (it->unknown && l->conf->unsure == LANE_HOLD)
        lane_block_unknown(l, it);
    return RC_OK;
}

/* What failed may fail again: not before a while, whatever else makes the lane look. */
static void rest(struct lane *l)
{
    loop_timer_start(l->env.host->loop, &l->refill_timer, REFILL_REST_MS, l->refill_timer.fn);
}

static void take_rows(struct lane *l)
{
    struct lane_hold *hold = arena_make(l->refill_arena, struct lane_hold, 1);
    if (!hold) {
        arena_free(&l->refill_arena);
        rest(l);
        return;
    }
    *hold = (struct lane_hold){ .arena = l->refill_arena, .refs = 1 };
    l->refill_arena = NULL;
    size_t i = 0;
    while (i < l->refill_n && take_row(l, &l->refill_rows[i], hold) == RC_OK)
        i++;
    if (i < l->refill_n)
        rest(l);
    /* Nothing was left up to where we looked and nothing came since: the window is whole again. */
    if (l->refill_n == 0 && l->last_committed <= l->refill_target)
        l->spilled = false;
    lane_hold_unref(hold);
}

static void refill_done(struct pool_work *w, enum rc rc)
{
    struct lane *l = ZS_CONTAINER(w, struct lane, refill);
    l->refilling = false;
    if (rc != RC_OK || l->phase == LANE_STOPPED) {
        arena_free(&l->refill_arena);
        lane_try_stopped(l);
        return;
    }
    if (l->refill_rc != RC_OK) {
        log_event(&l->log, EV_LANE_REFILL_FAILED, F_ERR(&l->refill_err));
        arena_free(&l->refill_arena);
        rest(l);
        return;
    }
    take_rows(l);
    lane_pump(l);
}

void lane_refill(struct lane *l)
{
    struct err e;
    l->refill_arena = arena_new("refill", 0, REFILL_LIMIT);
    l->refill_after = l->last_in_window;
    l->refill_target = l->last_committed;
    l->refill.run = refill_run;
    l->refill.done = refill_done;
    l->refilling = true;
    if (l->refill_arena && pool_submit(l->env.pool, l->env.host->loop, &l->refill, &e) == RC_OK)
        return;
    l->refilling = false;
    arena_free(&l->refill_arena);
    rest(l);
}
