/*
 * Where calls go: one destination for each endpoint that is called, a queue before it, at most
 * CALLS_AT_ONCE in flight, as many as its rate lets through. Endpoints do not wait for each other.
 * Tests: execute_test.c
 */
#include "flow/calls_int.h"

#include "base/alloc.h"

#define TARGETS_MAX    65536
#define TARGET_IDLE_MS 60000

struct loop *calls_loop(const struct calls *c)
{
    return c->conf.host->loop;
}

enum rc calls_new(const struct calls_conf *conf, struct calls **out, struct err *e)
{
    struct calls *c = mem_new(struct calls);
    if (!c)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the calls");
    c->conf = *conf;
    strmap_init(&c->targets, NULL, TARGETS_MAX);
    list_init(&c->sides);
    *out = c;
    return RC_OK;
}

void calls_free(struct calls **cp)
{
    struct calls *c = *cp;
    if (!c)
        return;
    ZS_ASSERT(c->n_calls == 0 && list_is_empty(&c->sides) && c->targets.n == 0);
    *cp = NULL;
    loop_timer_stop(&c->stop_timer);
    strmap_done(&c->targets);
    mem_free(c);
}

/* ---- targets ------------------------------------------------------------------------------ */

static struct str key_of(const struct config_endpoint *const *ep)
{
    return str_of((const char *)ep, sizeof *ep);
}

static void target_close(struct target *t)
{
    ZS_ASSERT(t->n_calls == 0);
    loop_timer_stop(&t->rate_timer);
    loop_timer_stop(&t->idle_timer);
    (void)strmap_take(&t->owner->targets, key_of(&t->ep)); /* it is t */
    t->dest.type->send_close(&t->dest);
    link_unref(&t->link);
    mem_free(t);
}

static void idle_over(struct loop_timer *timer)
{
    target_close(ZS_CONTAINER(timer, struct target, idle_timer));
}

static void never_drained(struct conn_dest *d)
{
    (void)d; /* calls close, they do not drain */
}

/* NULL: *e says why. */
static struct target *target_open(struct calls *c, const struct config_endpoint *ep, struct err *e)
{
    struct target *t = mem_new(struct target);
    if (!t) {
        (void)err_set(e, RC_NOMEM, "FLOW-001", "no memory for a destination");
        return NULL;
    }
    t->owner = c;
    t->ep = ep;
    list_init(&t->queue);
    list_init(&t->sent);
    list_init(&t->rests);
    t->dest = (struct conn_dest){
        .type = ep->conn_type, .ep = &ep->conn, .host = c->conf.host, .drained = never_drained
    };
    enum rc rc = links_get(c->conf.links, ep, &t->link, e);
    if (rc == RC_OK)
        rc = strmap_put(&c->targets, key_of(&t->ep), t, e);
    if (rc == RC_OK) {
        rc = t->dest.type->send_open(&t->dest, e);
        if (rc != RC_OK)
            (void)strmap_take(&c->targets, key_of(&t->ep)); /* it is t */
    }
    if (rc != RC_OK) {
        link_unref(&t->link);
        mem_free(t);
        return NULL;
    }
    return t;
}

enum rc target_get(struct calls *c, const struct config_endpoint *ep, struct target **out,
                   struct err *e)
{
    struct target *t = strmap_get(&c->targets, key_of(&ep));
    if (!t)
        t = target_open(c, ep, e);
    if (!t)
        return e->code;
    loop_timer_stop(&t->idle_timer);
    t->n_calls++;
    *out = t;
    return RC_OK;
}

void target_put(struct target *t)
{
    ZS_ASSERT(t->n_calls > 0);
    if (--t->n_calls == 0)
        loop_timer_start(calls_loop(t->owner), &t->idle_timer, TARGET_IDLE_MS, idle_over);
}

/* ---- whose turn it is --------------------------------------------------------------------- */

static void target_pump(struct target *t);

static void rate_over(struct loop_timer *timer)
{
    target_pump(ZS_CONTAINER(timer, struct target, rate_timer));
}

static void pump_once(struct target *t)
{
    struct loop *l = calls_loop(t->owner);
    struct list_node *n;
    while (t->sent.n < CALLS_AT_ONCE && (n = list_first(&t->queue)) != NULL) {
        uint64_t wait_ms = 0;
        if (!link_take(t->link, loop_now_mono(l), &wait_ms)) {
            loop_timer_start(l, &t->rate_timer, wait_ms, rate_over);
            return;
        }
        list_remove(&t->queue, n);
        list_push(&t->sent, n);
        call_now(ZS_CONTAINER(n, struct call, node));
    }
}

/* What is sent may be answered at once, and that pumps again: a loop, not a recursion. */
static void target_pump(struct target *t)
{
    t->pump_again = true;
    if (t->pumping)
        return;
    t->pumping = true;
    while (t->pump_again) {
        t->pump_again = false;
        pump_once(t);
    }
    t->pumping = false;
}

void target_enqueue(struct call *call)
{
    struct target *t = call->target;
    call->state = CALL_QUEUED;
    list_push(&t->queue, &call->node);
    target_pump(t);
}

void target_rest(struct call *call)
{
    call->state = CALL_RESTS;
    list_push(&call->target->rests, &call->node);
}

static struct list *list_of(struct call *call)
{
    struct target *t = call->target;
    return call->state == CALL_QUEUED ? &t->queue : call->state == CALL_SENT ? &t->sent : &t->rests;
}

void target_leave(struct call *call)
{
    if (!list_is_linked(&call->node))
        return;
    list_remove(list_of(call), &call->node);
    if (!call->owner->stopping)
        target_pump(call->target);
}

/* ---- the orderly end ---------------------------------------------------------------------- */

static struct target *any_target(struct calls *c)
{
    size_t it = 0;
    void *value = NULL;
    return strmap_next(&c->targets, &it, NULL, &value) ? value : NULL;
}

void calls_try_stopped(struct calls *c)
{
    if (!c->stopping || !c->stopped || c->n_calls > 0 || !list_is_empty(&c->sides))
        return;
    loop_timer_stop(&c->stop_timer);
    for (struct target *t = any_target(c); t; t = any_target(c))
        target_close(t);
    void (*fn)(void *ctx) = c->stopped;
    c->stopped = NULL;
    fn(c->stopped_ctx);
}

static void stop_waiting(struct target *t)
{
    for (struct list_node *n = list_first(&t->queue); n; n = list_first(&t->queue))
        call_stop(ZS_CONTAINER(n, struct call, node));
    for (struct list_node *n = list_first(&t->rests); n; n = list_first(&t->rests))
        call_stop(ZS_CONTAINER(n, struct call, node));
    for (struct list_node *n = list_first(&t->sent), *next; n; n = next) {
        next = list_next(&t->sent, n); /* before it may go */
        link_withdraw(t->link, &t->dest, &ZS_CONTAINER(n, struct call, node)->d);
    }
}

static void cut_off(struct loop_timer *timer)
{
    struct calls *c = ZS_CONTAINER(timer, struct calls, stop_timer);
    void *value;
    for (size_t it = 0; strmap_next(&c->targets, &it, NULL, &value);) {
        struct target *t = value;
        for (struct list_node *n = list_first(&t->sent), *next; n; n = next) {
            next = list_next(&t->sent, n); /* one that has ended already comes by itself */
            link_cancel(t->link, &t->dest, &ZS_CONTAINER(n, struct call, node)->d);
        }
    }
}

void calls_stop(struct calls *c, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx)
{
    void *value;
    ZS_ASSERT(!c->stopping);
    c->stopping = true;
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    for (size_t it = 0; strmap_next(&c->targets, &it, NULL, &value);)
        stop_waiting(value);
    for (struct list_node *n = list_first(&c->sides), *next; n; n = next) {
        next = list_next(&c->sides, n); /* before it may go */
        struct calls_side *t = ZS_CONTAINER(n, struct calls_side, node);
        t->stop(t);
    }
    loop_timer_start(calls_loop(c), &c->stop_timer, limit_ms, cut_off);
    calls_try_stopped(c);
}
