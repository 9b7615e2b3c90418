/*
 * Threads and locks with checks. A failing pthread call here is a bug of ours (a bad argument, an
 * unheld lock), hence the assertions. Tests: thread_test.c
 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>

/* The mutex this thread took last; the chain goes on in mutex.outer. */
static _Thread_local struct mutex *innermost;

uint64_t thread_self_id(void)
{
    static _Thread_local uint64_t id; /* one system call per thread instead of one per lock */
    if (id == 0)
        id = (uint64_t)gettid();
    return id;
}

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    char name[16];
    (void)snprintf(name, sizeof name, "%s", t->name); /* the kernel keeps 15 bytes */
    (void)pthread_setname_np(pthread_self(), name);   /* only for people's eyes */
    t->fn(t->ctx);
    ZS_ASSERT(innermost == NULL);
    return NULL;
}

enum rc thread_start(struct thread *t, const char *name, void (*fn)(void *ctx), void *ctx,
                     struct err *e)
{
    *t = (struct thread){ .name = name, .fn = fn, .ctx = ctx };
    sigset_t all;
    sigset_t before;
    ZS_ASSERT(sigfillset(&all) == 0 && pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    int failed = pthread_create(&t->id, NULL, thread_main, t);
    ZS_ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (failed)
        return err_sys(e, "BASE-040", failed, "cannot start thread %s", name);
    t->started = true;
    return RC_OK;
}

void thread_join(struct thread *t)
{
    if (!t->started)
        return;
    ZS_ASSERT(pthread_join(t->id, NULL) == 0);
    t->started = false;
}

void mutex_init(struct mutex *m, const char *name, unsigned rank)
{
    *m = (struct mutex){ .name = name, .rank = rank };
    ZS_ASSERT(pthread_mutex_init(&m->m, NULL) == 0);
}

void mutex_done(struct mutex *m)
{
    ZS_ASSERT(atomic_load_explicit(&m->owner, memory_order_relaxed) == 0);
    ZS_ASSERT(pthread_mutex_destroy(&m->m) == 0);
}

/* Relaxed is enough for owner: a thread only ever asks whether it is itself. */
static void now_mine(struct mutex *m)
{
    m->outer = innermost;
    innermost = m;
    atomic_store_explicit(&m->owner, thread_self_id(), memory_order_relaxed);
}

static void no_longer_mine(struct mutex *m)
{
    mutex_assert_held(m);
    ZS_ASSERT(innermost == m);
    innermost = m->outer;
    atomic_store_explicit(&m->owner, 0, memory_order_relaxed);
}

void mutex_lock(struct mutex *m)
{
    ZS_ASSERT(!innermost || innermost->rank < m->rank);
    ZS_ASSERT(pthread_mutex_lock(&m->m) == 0);
    now_mine(m);
}

void mutex_unlock(struct mutex *m)
{
    no_longer_mine(m);
    ZS_ASSERT(pthread_mutex_unlock(&m->m) == 0);
}

void mutex_assert_held(struct mutex *m)
{
    ZS_ASSERT(atomic_load_explicit(&m->owner, memory_order_relaxed) == thread_self_id());
}

struct mutex *mutex_lock_scope(struct mutex *m)
{
    mutex_lock(m);
    return m;
}

void mutex_unlock_scope(struct mutex **m)
{
    mutex_unlock(*m);
}

void cond_init(struct cond *c)
{
    pthread_condattr_t attr;
    ZS_ASSERT(pthread_condattr_init(&attr) == 0);
    ZS_ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    ZS_ASSERT(pthread_cond_init(&c->c, &attr) == 0);
    ZS_ASSERT(pthread_condattr_destroy(&attr) == 0);
}

void cond_done(struct cond *c)
{
    ZS_ASSERT(pthread_cond_destroy(&c->c) == 0);
}

void cond_wait(struct cond *c, struct mutex *m)
{
    no_longer_mine(m);
    ZS_ASSERT(pthread_cond_wait(&c->c, &m->m) == 0);
    now_mine(m);
}

bool cond_wait_ms(struct cond *c, struct mutex *m, uint64_t ms)
{
    struct timespec until;
    ZS_ASSERT(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    no_longer_mine(m);
    int rc = pthread_cond_timedwait(&c->c, &m->m, &until);
    now_mine(m);
    ZS_ASSERT(rc == 0 || rc == ETIMEDOUT);
    return rc == 0;
}

void cond_signal(struct cond *c)
{
    ZS_ASSERT(pthread_cond_signal(&c->c) == 0);
}

void cond_broadcast(struct cond *c)
{
    ZS_ASSERT(pthread_cond_broadcast(&c->c) == 0);
}
