/*
 * The loop's iteration, posts and hooks. libuv runs prepare, waits in epoll, runs I/O (posts are
 * one descriptor of it), then check. Timers and hooks run in check, so that they see everything
 * the wait brought; what closing callbacks arm after check is run by the next prepare, still
 * before the wait. Timers are our own (loop_timer.c) over one uv_timer that only ends the wait.
 *
 * Tests: loop_test.c (one thread), loop_threads_test.c (tsan)
 */
#include "net/loop_int.h"

#include "base/alloc.h"

#include <signal.h>

uint64_t loop_enter(void)
{
    return uv_hrtime();
}

void loop_leave(struct loop *l, uint64_t entered, const char *at, int line)
{
    uint64_t us = (uv_hrtime() - entered) / 1000;
    if (us > atomic_load_explicit(&l->worst_us, memory_order_relaxed)) {
        atomic_store_explicit(&l->worst_us, us, memory_order_relaxed);
        atomic_store_explicit(&l->worst_at, at, memory_order_relaxed);
        atomic_store_explicit(&l->worst_line, line, memory_order_relaxed);
    }
    if (us > LOOP_SLOW_MS * 1000)
        atomic_fetch_add_explicit(&l->n_slow, 1, memory_order_relaxed);
}

/* ---- hooks ---- */

void loop_hook_arm(struct loop *l, struct loop_hook *h)
{
    LOOP_ASSERT_CURRENT(l);
    if (h->link)
        return;
    h->next = NULL;
    h->link = l->hooks_end;
    *l->hooks_end = h;
    l->hooks_end = &h->next;
}

static void hook_unlink(struct loop *l, struct loop_hook *h)
{
    *h->link = h->next;
    if (h->next)
        h->next->link = h->link;
    else if (l->hooks_end == &h->next)
        l->hooks_end = h->link;
    h->next = NULL;
    h->link = NULL;
}

void loop_hook_cancel(struct loop *l, struct loop_hook *h)
{
    LOOP_ASSERT_CURRENT(l);
    if (h->link)
        hook_unlink(l, h);
}

/* Those armed now; what they arm themselves waits for the next round. */
static bool run_hooks(struct loop *l)
{
    struct loop_hook *batch = l->hooks;
    if (!batch)
        return false;
    batch->link = &batch;
    l->hooks = NULL;
    l->hooks_end = &l->hooks;
    while (batch) {
        struct loop_hook *h = batch;
        uint64_t t = loop_enter();
        hook_unlink(l, h);
        h->fn(h);
        loop_leave(l, t, "hook", 0);
    }
    return true;
}

/* ---- posts ---- */

void loop_post(struct loop *l, struct loop_post *p)
{
    ZS_ASSERT(!atomic_exchange_explicit(&p->queued, true, memory_order_relaxed));
    struct loop_post *old = atomic_load_explicit(&l->posts, memory_order_relaxed);
    do
        p->next = old;
    while (!atomic_compare_exchange_weak_explicit(&l->posts, &old, p, memory_order_release,
                                                  memory_order_relaxed));
    /* whoever finds the list empty wakes the loop; the others ride along */
    if (!old)
        ZS_ASSERT(uv_async_send(&l->async) == 0);
}

static struct loop_post *take_posts(struct loop *l)
{
    struct loop_post *p = atomic_exchange_explicit(&l->posts, NULL, memory_order_acquire);
    struct loop_post *first = NULL;
    while (p) { /* newest first, so turn it round */
        struct loop_post *next = p->next;
        p->next = first;
        first = p;
        p = next;
    }
    return first;
}

static bool run_posts(struct loop *l)
{
    struct loop_post *p = take_posts(l);
    bool any = p != NULL;
    while (p) {
        struct loop_post *next = p->next;
        atomic_store_explicit(&p->queued, false, memory_order_relaxed);
        uint64_t t = loop_enter();
        p->fn(p); /* p may be gone now */
        loop_leave(l, t, "post", 0);
        atomic_fetch_add_explicit(&l->n_posts, 1, memory_order_relaxed);
        p = next;
    }
    return any;
}

/* ---- the iteration ---- */

static void on_async(uv_async_t *h)
{
    struct loop *l = h->data;
    run_posts(l);
}

static void on_nothing(uv_idle_t *h)
{
    (void)h; /* its being active is what counts: the wait has no length then */
}

static void on_wake(uv_timer_t *h)
{
    struct loop *l = h->data;
    l->wake_due = 0; /* check runs the timers, prepare sets this anew */
}

static void on_limit(uv_timer_t *h)
{
    struct loop *l = h->data;
    l->limit_hit = true;
}

static void set_wake(struct loop *l)
{
    uint64_t due = loop_timers_due(l);
    if (due == l->wake_due)
        return;
    l->wake_due = due;
    if (due == 0) {
        uv_timer_stop(&l->wake);
        return;
    }
    uint64_t now = clock_mono_ns(l->clock);
    uint64_t ms = due > now ? (due - now + 999999) / 1000000 : 0;
    ZS_ASSERT(uv_timer_start(&l->wake, on_wake, ms, 0) == 0);
}

static void on_prepare(uv_prepare_t *h)
{
    struct loop *l = h->data;
    bool ran = run_hooks(l);
    /* what they did may be what loop_run_until waits for: it has to look before the wait */
    if (l->hooks || (ran && l->asked))
        ZS_ASSERT(uv_idle_start(&l->idle, on_nothing) == 0);
    else
        uv_idle_stop(&l->idle);
    set_wake(l);
}

static void on_check(uv_check_t *h)
{
    struct loop *l = h->data;
    atomic_fetch_add_explicit(&l->n_iterations, 1, memory_order_relaxed);
    loop_timers_run(l);
    (void)run_hooks(l);
}

/* ---- life ---- */

static void own(struct loop *l)
{
    atomic_store_explicit(&l->owner, (unsigned long long)pthread_self(), memory_order_relaxed);
}

bool loop_is_current(const struct loop *l)
{
    return atomic_load_explicit(&l->owner, memory_order_relaxed) ==
           (unsigned long long)pthread_self();
}

/* These cannot fail once uv_loop_init and uv_async_init did not. */
static void init_handles(struct loop *l)
{
    uv_prepare_init(&l->uv, &l->prepare);
    uv_check_init(&l->uv, &l->check);
    uv_idle_init(&l->uv, &l->idle);
    uv_timer_init(&l->uv, &l->wake);
    uv_timer_init(&l->uv, &l->limit);
    l->async.data = l->prepare.data = l->check.data = l->idle.data = l;
    l->wake.data = l->limit.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    uv_check_start(&l->check, on_check);
}

enum rc loop_new(const char *name, const struct clock *clock, struct loop **out, struct err *e)
{
    struct loop *l = mem_new(struct loop);
    if (!l)
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a loop");
    /* a write to a connection the peer has closed must be an error code, not the end */
    ZS_ASSERT(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    int rc = uv_loop_init(&l->uv);
    if (rc != 0) {
        mem_free(l);
        return err_sys(e, "NET-001", loop_errno(rc), "cannot make an event loop");
    }
    rc = uv_async_init(&l->uv, &l->async, on_async);
    if (rc != 0) {
        ZS_ASSERT(uv_loop_close(&l->uv) == 0);
        mem_free(l);
        return err_sys(e, "NET-001", loop_errno(rc), "cannot make an event loop");
    }
    l->name = name;
    l->clock = clock ? clock : clock_real();
    l->hooks_end = &l->hooks;
    list_init(&l->fds);
    own(l);
    init_handles(l);
    *out = l;
    return RC_OK;
}

static void close_signal(uv_handle_t *h)
{
    mem_free(h->data);
}

static void close_leftover(uv_handle_t *h, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(h))
        uv_close(h, h->type == UV_SIGNAL ? close_signal : NULL);
}

void loop_free(struct loop **lp)
{
    struct loop *l = *lp;
    if (!l)
        return;
    own(l);
    /* closed() of a stream may post, a post may open a stream: until nothing is left */
    do {
        stream_set_abort_all(l);
        uv_run(&l->uv, UV_RUN_NOWAIT);
    } while (run_posts(l) || atomic_load_explicit(&l->n_streams, memory_order_relaxed) > 0);
    stream_set_free(l);
    loop_fds_close(l);
    uv_walk(&l->uv, close_leftover, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    ZS_ASSERT(uv_loop_close(&l->uv) == 0);
    mem_free(l);
    *lp = NULL; /* not before: closed() and posts may still use their owner's pointer */
}

void loop_run(struct loop *l)
{
    own(l);
    while (!atomic_load_explicit(&l->stop, memory_order_acquire))
        uv_run(&l->uv, UV_RUN_ONCE);
    atomic_store_explicit(&l->stop, false, memory_order_relaxed);
}

void loop_stop(struct loop *l)
{
    atomic_store_explicit(&l->stop, true, memory_order_release);
    ZS_ASSERT(uv_async_send(&l->async) == 0);
}

void loop_poll(struct loop *l)
{
    own(l);
    uv_run(&l->uv, UV_RUN_NOWAIT);
}

bool loop_run_until(struct loop *l, bool (*done)(void *ctx), void *ctx, uint32_t limit_ms)
{
    own(l);
    l->limit_hit = false;
    l->asked = true;
    uv_update_time(&l->uv);
    /* it repeats: libuv may run it before it waits, and would then wait without one */
    ZS_ASSERT(uv_timer_start(&l->limit, on_limit, limit_ms, 1) == 0);
    bool is_done = done(ctx);
    while (!is_done && !l->limit_hit) {
        uv_run(&l->uv, UV_RUN_ONCE);
        is_done = done(ctx);
    }
    l->asked = false;
    uv_timer_stop(&l->limit);
    return is_done;
}

const char *loop_name(const struct loop *l)
{
    return l->name;
}

uint64_t loop_now_mono(const struct loop *l)
{
    return clock_mono_ns(l->clock);
}

const struct clock *loop_clock(const struct loop *l)
{
    return l->clock;
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *h, int signum)
{
    struct loop_signal_watch *w = h->data;
    uint64_t t = loop_enter();
    w->fn(w->ctx, signum);
    loop_leave(w->loop, t, "signal", 0);
}

enum rc loop_signal(struct loop *l, int signum, void (*fn)(void *ctx, int signum), void *ctx,
                    struct err *e)
{
    LOOP_ASSERT_CURRENT(l);
    struct loop_signal_watch *w = mem_new(struct loop_signal_watch);
    if (!w)
        return err_set(e, RC_NOMEM, "NET-009", "no memory to watch a signal");
    *w = (struct loop_signal_watch){ .loop = l, .fn = fn, .ctx = ctx };
    int rc = uv_signal_init(&l->uv, &w->h);
    if (rc != 0) {
        mem_free(w);
        return err_sys(e, "NET-003", loop_errno(rc), "cannot watch signal %d", signum);
    }
    w->h.data = w;
    rc = uv_signal_start(&w->h, on_signal, signum);
    if (rc != 0) {
        uv_close((uv_handle_t *)&w->h, close_signal);
        return err_sys(e, "NET-003", loop_errno(rc), "cannot watch signal %d", signum);
    }
    return RC_OK;
}

void loop_stats_read(const struct loop *l, struct loop_stats *out)
{
    *out = (struct loop_stats){
        .iterations = atomic_load_explicit(&l->n_iterations, memory_order_relaxed),
        .posts = atomic_load_explicit(&l->n_posts, memory_order_relaxed),
        .slow = atomic_load_explicit(&l->n_slow, memory_order_relaxed),
        .worst_us = atomic_load_explicit(&l->worst_us, memory_order_relaxed),
        .worst_at = atomic_load_explicit(&l->worst_at, memory_order_relaxed),
        .worst_line = atomic_load_explicit(&l->worst_line, memory_order_relaxed),
        .streams = atomic_load_explicit(&l->n_streams, memory_order_relaxed),
    };
}
