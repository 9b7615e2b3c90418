/*
 * The lane's window and its sending. What an attempt's verdict means is decided in lane_fate.c;
 * reading back from the store is lane_refill.c. Tests: lane_test.c
 */
#include "flow/lane_int.h"

#include "base/alloc.h"
#include "base/hash.h"

const char *lane_state_name(enum lane_state s)
{
    static const char *const names[] = { "running", "paused", "backoff", "blocked", "stopped" };
    return (size_t)s < ZS_COUNT(names) ? names[s] : "stopped";
}

void lane_hold_ref(struct lane_hold *h)
{
    h->refs++;
}

void lane_hold_unref(struct lane_hold *h)
{
    ZS_ASSERT(h->refs > 0);
    if (--h->refs > 0)
        return;
    struct arena *a = h->arena; /* the hold lives in it */
    arena_free(&a);
}

static void dest_drained(struct conn_dest *d)
{
    struct lane *l = d->ctx;
    l->dest_drained = true;
    lane_try_stopped(l);
}

static void timer_fired(struct loop_timer *t)
{
    lane_pump(ZS_CONTAINER(t, struct lane, timer));
}

static void refill_rested(struct loop_timer *t)
{
    lane_pump(ZS_CONTAINER(t, struct lane, refill_timer));
}

static void stop_limit_fired(struct loop_timer *t)
{
    struct lane *l = ZS_CONTAINER(t, struct lane, stop_timer);
    if (l->dest_open) {
        l->dest_open = false;
        l->dest.type->send_close(&l->dest); /* answers what is in flight */
    }
    l->dest_drained = true;
    lane_try_stopped(l);
}

static void pause_changed(struct link_watch *w)
{
    struct lane *l = ZS_CONTAINER(w, struct lane, watch);
    if (l->phase != LANE_STOPPED) {
        lane_pump(l);
        return;
    }
    l->watching = false;
    lane_try_stopped(l);
}

enum rc lane_new(const struct lane_conf *conf, const struct lane_env *env, struct lane **out,
                 struct err *e)
{
    struct lane *l = mem_new(struct lane);
    if (!l)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a lane");
    l->conf = conf;
    l->figures = conf->figures;
    l->env = *env;
    l->phase = LANE_RUNNING;
    list_init(&l->window);
    l->timer.fn = timer_fired;
    l->refill_timer.fn = refill_rested;
    l->watch.fn = pause_changed;
    l->watch.loop = env->host->loop;
    l->dest = (struct conn_dest){ .type = conf->endpoint->conn_type,
                                  .ep = &conf->endpoint->conn,
                                  .host = env->host,
                                  .drained = dest_drained,
                                  .ctx = l };
    log_child(&l->log, env->log,
              (struct log_field[]){ F_NAME("destination", l->dest.ep->name), LOG_F_END });
    enum rc rc = links_get(env->links, conf->endpoint, &l->link, e);
    if (rc == RC_OK)
        rc = l->dest.type->send_open(&l->dest, e);
    if (rc != RC_OK) {
        link_unref(&l->link);
        mem_free(l);
        return rc;
    }
    l->dest_open = true;
    *out = l;
    return RC_OK;
}

void lane_start(struct lane *l, bool has_backlog)
{
    l->spilled = has_backlog;
    l->watching = true;
    link_watch(l->link, &l->watch);
    lane_pump(l);
}

void lane_free(struct lane **lp)
{
    struct lane *l = *lp;
    if (!l)
        return;
    ZS_ASSERT(l->in_flight == 0 && !l->refilling && !l->marking && !l->watching);
    *lp = NULL;
    loop_timer_stop(&l->timer);
    loop_timer_stop(&l->refill_timer);
    loop_timer_stop(&l->stop_timer);
    if (l->dest_open)
        l->dest.type->send_close(&l->dest);
    struct list_node *node;
    while ((node = list_pop(&l->window)) != NULL)
        lane_hold_unref(ZS_CONTAINER(node, struct lane_item, node)->hold);
    link_unref(&l->link);
    mem_free(l);
}

/* What waits for a credential is not sent any more; it is recorded as what it is, not sent. */
static void withdraw_all(struct lane *l)
{
    for (struct list_node *n = list_first(&l->window), *next; n; n = next) {
        struct lane_item *it = ZS_CONTAINER(n, struct lane_item, node);
        next = list_next(&l->window, n); /* before it may leave */
        if (it->state == ITEM_IN_FLIGHT)
            link_withdraw(l->link, &l->dest, &it->d);
    }
}

void lane_stop(struct lane *l, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx)
{
    ZS_ASSERT(l->phase != LANE_STOPPED);
    l->phase = LANE_STOPPED;
    l->stopped = stopped;
    l->stopped_ctx = ctx;
    loop_timer_stop(&l->timer);
    loop_timer_stop(&l->refill_timer);
    for (struct list_node *n = list_first(&l->window); n; n = list_next(&l->window, n))
        lane_uncover(l, ZS_CONTAINER(n, struct lane_item, node));
    loop_timer_start(l->env.host->loop, &l->stop_timer, limit_ms, stop_limit_fired);
    withdraw_all(l);
    if (l->watching)
        l->watching = !link_unwatch(l->link, &l->watch);
    if (l->dest_open)
        l->dest.type->send_drain(&l->dest);
    lane_try_stopped(l);
}

void lane_hurry(struct lane *l, uint32_t limit_ms)
{
    if (l->stopped)
        loop_timer_start(l->env.host->loop, &l->stop_timer, limit_ms, stop_limit_fired);
}

void lane_try_stopped(struct lane *l)
{
    if (l->phase != LANE_STOPPED || !l->stopped || !l->dest_drained || l->in_flight > 0 ||
        l->refilling || l->marking || l->watching || l->expected > 0)
        return;
    loop_timer_stop(&l->stop_timer);
    void (*fn)(void *ctx) = l->stopped;
    l->stopped = NULL;
    fn(l->stopped_ctx);
}

void lane_pause(struct lane *l, bool paused)
{
    if (l->phase == LANE_STOPPED)
        return;
    l->phase = paused ? LANE_PAUSED : LANE_RUNNING;
    lane_pump(l);
}

/* Neither the channel nor the integration is paused, and it does not stop. */
static bool may_send(const struct lane *l)
{
    return l->phase == LANE_RUNNING && !link_paused(l->link);
}

bool lane_will_mark(struct lane *l)
{
    size_t ahead = l->conf->unsure == LANE_HOLD ? 1 : LANE_MARK_AHEAD;
    /*
     * A marked delivery must enter the window: read back from the store it would look like one of
     * an earlier process, sent or not. So none is marked behind one that may be left to the store.
     */
    bool mark = may_send(l) && !l->spilled && !l->troubled && l->expected_unmarked == 0 &&
                l->window.n + l->expected < ahead;
    l->expected++;
    l->expected_unmarked += mark ? 0 : 1;
    return mark;
}

static void arrived(struct lane *l, bool marked)
{
    ZS_ASSERT(l->expected > 0);
    l->expected--;
    if (marked)
        return;
    ZS_ASSERT(l->expected_unmarked > 0);
    l->expected_unmarked--;
}

void lane_drop(struct lane *l, bool marked)
{
    arrived(l, marked);
    lane_try_stopped(l);
}

void lane_enter_window(struct lane *l, struct lane_item *it)
{
    it->lane = l;
    it->d.done = lane_attempt_done;
    it->d.timeout_ms = l->conf->endpoint->conn.timeout_ms;
    it->state = ITEM_READY;
    struct str store = store_id(l->env.store);
    int n =
        snprintf(it->id, sizeof it->id, "%.*s-%llu", STR_ARG(store), (unsigned long long)it->d.seq);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof it->id); /* 8 digits, a dash, 20 digits at most */
    it->d.message_id = str_of(it->id, (size_t)n);
    l->window_bytes += it->d.body.n;
    l->last_in_window = it->d.seq;
    list_push(&l->window, &it->node);
}

void lane_leave_window(struct lane *l, struct lane_item *it)
{
    list_remove(&l->window, &it->node);
    l->window_bytes -= it->d.body.n;
    lane_hold_unref(it->hold);
}

void lane_add(struct lane *l, struct lane_item *it)
{
    arrived(l, it->covered);
    l->last_committed = it->d.seq;
    bool full = l->window.n >= LANE_WINDOW || l->window_bytes >= LANE_BYTES;
    /* A refill sees what is committed before we hear of it here: then the window has it already. */
    bool there = it->d.seq <= l->last_in_window;
    if (!it->covered && (l->spilled || full || there)) {
        l->spilled = l->spilled || !there;
        lane_hold_unref(it->hold);
    } else {
        lane_enter_window(l, it);
        if (l->phase == LANE_STOPPED)
            lane_uncover(l, it);
    }
    if (l->phase == LANE_STOPPED)
        lane_try_stopped(l);
    else
        lane_pump(l);
}

uint64_t lane_key(struct str key)
{
    /* no secret: two keys that fall together only wait for each other */
    static const struct hash_key fixed = { 0 };
    if (key.n == 0)
        return 0;
    uint64_t h = hash_sip64(&fixed, key);
    return h ? h : 1;
}

/* ---- sending ------------------------------------------------------------------------------ */

/* False: no memory for the reply, nothing is sent; it is due again at it->next_at. */
static bool send_item(struct lane *l, struct lane_item *it)
{
    it->d.arena = arena_new("attempt", 1024, LANE_REPLY_LIMIT);
    if (!it->d.arena) {
        it->state = ITEM_WAITING;
        it->next_at = lane_now_ms(l) + 1000;
        return false;
    }
    it->state = ITEM_IN_FLIGHT;
    it->sent_mono = loop_now_mono(l->env.host->loop);
    it->d.attempt = ++it->attempts;
    l->in_flight++;
    link_send(l->link, &l->dest, &it->d);
    return true;
}

int64_t lane_now_ms(const struct lane *l)
{
    return (int64_t)(loop_now_mono(l->env.host->loop) / 1000000u);
}

/* Does an earlier delivery of the window hold this one back? */
static bool must_wait(const struct lane *l, const struct lane_item *it)
{
    for (struct list_node *n = list_first(&l->window); n != &it->node;
         n = list_next(&l->window, n)) {
        const struct lane_item *before = ZS_CONTAINER(n, struct lane_item, node);
        if (!l->conf->keyed || before->key == it->key)
            return true;
    }
    return false;
}

enum step { STEP_NEXT, STEP_STOP };

/* Look at one delivery of the window: send it, or find what it waits for. */
static enum step consider(struct lane *l, struct lane_item *it, int64_t *wake)
{
    if (it->state == ITEM_IN_FLIGHT || it->state == ITEM_BLOCKED)
        return l->conf->keyed ? STEP_NEXT : STEP_STOP;
    if (must_wait(l, it))
        return l->conf->keyed ? STEP_NEXT : STEP_STOP;
    int64_t now = lane_now_ms(l);
    if (it->state == ITEM_WAITING && it->next_at > now) {
        *wake = *wake == 0 || it->next_at < *wake ? it->next_at : *wake;
        return l->conf->keyed ? STEP_NEXT : STEP_STOP;
    }
    if (lane_too_old(l, it)) {
        lane_give_up(l, it);
        return STEP_NEXT;
    }
    if (!it->covered) {
        lane_request_mark(l, it);
        return STEP_STOP;
    }
    uint64_t wait_ms = 0;
    if (!link_take(l->link, loop_now_mono(l->env.host->loop), &wait_ms)) {
        *wake = now + (int64_t)wait_ms;
        return STEP_STOP;
    }
    if (!send_item(l, it)) /* once sent, it may be gone */
        *wake = *wake == 0 || it->next_at < *wake ? it->next_at : *wake;
    return STEP_NEXT;
}

static void pump_once(struct lane *l)
{
    unsigned allowed = l->conf->keyed ? l->conf->in_flight : 1;
    int64_t wake = 0;
    size_t looked = 0;
    struct list_node *n = list_first(&l->window);
    while (n && l->in_flight < allowed && looked < LANE_MARK_AHEAD) {
        struct list_node *next = list_next(&l->window, n);
        /* it may be gone after this, others not: a synchronous answer pumps in the next round */
        if (consider(l, ZS_CONTAINER(n, struct lane_item, node), &wake) == STEP_STOP)
            break;
        looked++;
        n = next;
    }
    if (wake > 0) {
        int64_t in_ms = wake - lane_now_ms(l);
        loop_timer_start(l->env.host->loop, &l->timer, in_ms > 0 ? (uint64_t)in_ms : 0,
                         timer_fired);
    }
}

/*
 * send() may answer before it returns, and that pumps again: the flag turns what would be
 * recursion as deep as the window into a loop.
 */
void lane_pump(struct lane *l)
{
    l->pump_again = true;
    if (l->pumping)
        return;
    l->pumping = true;
    while (l->pump_again && may_send(l)) {
        l->pump_again = false;
        pump_once(l);
    }
    l->pump_again = false;
    l->pumping = false;
    if (may_send(l) && l->spilled && !l->refilling && !loop_timer_is_on(&l->refill_timer) &&
        l->window.n < LANE_WINDOW / 2)
        lane_refill(l);
    lane_publish(l);
}

static enum lane_state visible_state(const struct lane *l)
{
    if (l->phase == LANE_RUNNING && link_paused(l->link))
        return LANE_PAUSED;
    if (l->phase != LANE_RUNNING || l->window.n == 0)
        return l->phase;
    const struct lane_item *head = ZS_CONTAINER(list_first(&l->window), struct lane_item, node);
    if (head->state == ITEM_BLOCKED)
        return LANE_BLOCKED;
    return head->state == ITEM_WAITING ? LANE_BACKOFF : LANE_RUNNING;
}

void lane_publish(struct lane *l)
{
    struct list_node *head = list_first(&l->window);
    struct lane_figures *f = l->figures;
    atomic_store_explicit(&f->waiting, l->window.n, memory_order_relaxed);
    atomic_store_explicit(&f->in_flight, l->in_flight, memory_order_relaxed);
    atomic_store_explicit(&f->state, (int)visible_state(l), memory_order_relaxed);
    atomic_store_explicit(&f->oldest_at,
                          head ? ZS_CONTAINER(head, struct lane_item, node)->at_ms : 0,
                          memory_order_relaxed);
}

struct lane_figures *lane_figures(struct lane *l)
{
    return l->figures;
}

const char *lane_name(const struct lane *l)
{
    return l->conf->name;
}
