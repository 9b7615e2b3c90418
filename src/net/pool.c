/*
 * The pool of threads for blocking calls. One mutex guards the queue and all states; done() is
 * posted to the loop of whoever submitted, from the pool's thread or from pool_cancel.
 * Tests: pool_test.c (tsan)
 */
#include "net/pool.h"

#include "base/alloc.h"
#include "base/thread.h"

#define THREADS_MAX 256
#define RANK        300

enum work_state { WORK_IDLE = 0, WORK_WAITS, WORK_RUNS, WORK_DONE, WORK_CANCELLED };

struct pool {
    const char *name;
    struct mutex mutex;
    struct cond work_or_end;
    struct list queue; /* struct pool_work */
    size_t max_queue;
    struct thread *threads; /* n_max of them, n_started in use */
    size_t n_max, n_started, n_running;
    uint64_t n_done, n_refused;
    bool ending;
};

enum rc pool_new(const char *name, unsigned n_threads, size_t max_queue, struct pool **out,
                 struct err *e)
{
    if (n_threads == 0 || n_threads > THREADS_MAX)
        return err_set(e, RC_VALUE, "NET-010", "a pool has 1 to %d threads", THREADS_MAX);
    struct pool *p = mem_new(struct pool);
    struct thread *threads = mem_array(struct thread, n_threads);
    if (!p || !threads) {
        mem_free(p);
        mem_free(threads);
        return err_set(e, RC_NOMEM, "NET-009", "no memory for a pool of threads");
    }
    p->name = name;
    p->threads = threads;
    p->n_max = n_threads;
    p->max_queue = max_queue;
    list_init(&p->queue);
    mutex_init(&p->mutex, name, RANK);
    cond_init(&p->work_or_end);
    *out = p;
    return RC_OK;
}

static void on_done(struct loop_post *post)
{
    struct pool_work *w = ZS_CONTAINER(post, struct pool_work, post);
    enum rc rc = w->state == WORK_CANCELLED ? RC_STATE : RC_OK;
    w->state = WORK_IDLE;
    w->done(w, rc); /* w may be gone now */
}

/* The state was set under the mutex; the post makes it visible to the loop. */
static void post_done(struct pool_work *w)
{
    w->post.fn = on_done;
    loop_post(w->loop, &w->post);
}

/* The next work, or NULL when the pool ends. */
static struct pool_work *take(struct pool *p)
{
    LOCK_SCOPE(guard, &p->mutex);
    while (list_is_empty(&p->queue) && !p->ending)
        cond_wait(&p->work_or_end, &p->mutex);
    struct list_node *n = p->ending ? NULL : list_pop(&p->queue);
    if (!n)
        return NULL;
    struct pool_work *w = ZS_CONTAINER(n, struct pool_work, link);
    w->state = WORK_RUNS;
    p->n_running++;
    return w;
}

static void finish(struct pool *p, struct pool_work *w)
{
    mutex_lock(&p->mutex);
    w->state = WORK_DONE;
    p->n_running--;
    p->n_done++;
    mutex_unlock(&p->mutex);
    post_done(w);
}

static void thread_main(void *ctx)
{
    struct pool *p = ctx;
    for (struct pool_work *w = take(p); w; w = take(p)) {
        w->run(w);
        finish(p, w);
    }
}

/* One thread more, when those there are have enough to do. Held: the mutex. */
static enum rc grow(struct pool *p, struct err *e)
{
    if (p->n_started - p->n_running > p->queue.n || p->n_started == p->n_max)
        return RC_OK;
    struct err why;
    if (thread_start(&p->threads[p->n_started], p->name, thread_main, p, &why) == RC_OK) {
        p->n_started++;
        return RC_OK;
    }
    if (p->n_started > 0)
        return RC_OK; /* those there are will come to it */
    return err_sys(e, "NET-012", why.sys, "no thread could be started");
}

enum rc pool_submit(struct pool *p, struct loop *l, struct pool_work *w, struct err *e)
{
    ZS_ASSERT(loop_is_current(l) && w->state == WORK_IDLE);
    LOCK_SCOPE(guard, &p->mutex);
    ZS_ASSERT(!p->ending);
    if (p->queue.n + p->n_running >= p->max_queue + p->n_max) {
        p->n_refused++;
        return err_set(e, RC_LIMIT, "NET-011", "%zu calls wait for a thread already", p->queue.n);
    }
    enum rc rc = grow(p, e);
    if (rc != RC_OK)
        return rc;
    w->pool = p;
    w->loop = l;
    w->state = WORK_WAITS;
    list_push(&p->queue, &w->link);
    cond_signal(&p->work_or_end);
    return RC_OK;
}

bool pool_cancel(struct pool_work *w)
{
    ZS_ASSERT(loop_is_current(w->loop));
    struct pool *p = w->pool;
    mutex_lock(&p->mutex);
    ZS_ASSERT(w->state != WORK_IDLE); /* a thread may be taking it just now */
    bool in_time = w->state == WORK_WAITS;
    if (in_time) {
        list_remove(&p->queue, &w->link);
        w->state = WORK_CANCELLED;
    }
    mutex_unlock(&p->mutex);
    if (in_time)
        post_done(w);
    return in_time;
}

void pool_free(struct pool **pp)
{
    struct pool *p = *pp;
    *pp = NULL;
    if (!p)
        return;
    mutex_lock(&p->mutex);
    p->ending = true;
    cond_broadcast(&p->work_or_end);
    for (struct list_node *n = list_pop(&p->queue); n; n = list_pop(&p->queue)) {
        struct pool_work *w = ZS_CONTAINER(n, struct pool_work, link);
        w->state = WORK_CANCELLED;
        mutex_unlock(&p->mutex); /* posting takes the loop's */
        post_done(w);
        mutex_lock(&p->mutex);
    }
    mutex_unlock(&p->mutex);
    for (size_t i = 0; i < p->n_started; i++)
        thread_join(&p->threads[i]);
    cond_done(&p->work_or_end);
    mutex_done(&p->mutex);
    mem_free(p->threads);
    mem_free(p);
}

void pool_stats_read(struct pool *p, struct pool_stats *out)
{
    LOCK_SCOPE(guard, &p->mutex);
    *out = (struct pool_stats){ .waiting = p->queue.n,
                                .running = p->n_running,
                                .threads = p->n_started,
                                .done = p->n_done,
                                .refused = p->n_refused };
}
