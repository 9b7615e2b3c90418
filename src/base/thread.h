/*
 * Threads, mutexes and conditions with names and checks.
 *
 * A mutex has a name and a rank: a thread may take one only while every mutex it holds has a lower
 * rank, and gives them back in the opposite order. Both are asserted in every build, as is who
 * unlocks. No lock is held across a callback, input or output, or a log call.
 *
 * Waiting is on the monotonic clock.
 */
#ifndef ZS_BASE_THREAD_H
#define ZS_BASE_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <stdatomic.h>

struct thread {
    pthread_t id;
    const char *name;
    void (*fn)(void *ctx);
    void *ctx;
    bool started;
};

/*
 * Run fn(ctx) on a thread of its own with every signal blocked (main handles them). name: static;
 * tools show its first 15 bytes. t must stay where it is until thread_join.
 * Returns  RC_IO BASE-040
 */
enum rc thread_start(struct thread *t, const char *name, void (*fn)(void *ctx), void *ctx,
                     struct err *e) ZS_CHECK;

/* Waits for fn to return. A thread that never started is fine. */
void thread_join(struct thread *t);

/* Kernel id of the calling thread, for logs. */
uint64_t thread_self_id(void);

struct mutex {
    pthread_mutex_t m;
    const char *name;
    unsigned rank;
    struct mutex *outer;    /* the holder's next one down */
    _Atomic uint64_t owner; /* thread_self_id, 0 when free */
};

void mutex_init(struct mutex *m, const char *name, unsigned rank);
void mutex_done(struct mutex *m); /* nobody holds it (asserted) */
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
void mutex_assert_held(struct mutex *m);

/* Scope guard: LOCK_SCOPE(guard, &q->mutex); unlocks where the scope ends. */
struct mutex *mutex_lock_scope(struct mutex *m) ZS_CHECK;
void mutex_unlock_scope(struct mutex **m);
#define LOCK_SCOPE(name, m)                                                                        \
    struct mutex *name __attribute__((cleanup(mutex_unlock_scope), unused)) = mutex_lock_scope(m)

struct cond {
    pthread_cond_t c;
};

void cond_init(struct cond *c);
void cond_done(struct cond *c);

/* m is held (asserted), and is the last one taken. Wakes may be spurious: test the state again. */
void cond_wait(struct cond *c, struct mutex *m);

/* false when the time passed. */
bool cond_wait_ms(struct cond *c, struct mutex *m, uint64_t ms);
void cond_signal(struct cond *c);
void cond_broadcast(struct cond *c);

#endif
