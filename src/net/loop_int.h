/* The loop's insides, for net's own files: libuv is known here and below, nowhere above. */
#ifndef ZS_NET_LOOP_INT_H
#define ZS_NET_LOOP_INT_H

#include "base/list.h"
#include "net/loop.h"

#include <uv.h>

#include <pthread.h>

struct stream_set; /* stream_int.h: what is open on this loop */

struct loop_signal_watch {
    uv_signal_t h;
    struct loop *loop;
    void (*fn)(void *ctx, int signum);
    void *ctx;
};

struct loop {
    uv_loop_t uv;
    uv_async_t async;     /* posts and stop */
    uv_prepare_t prepare; /* before waiting: hooks left over, the wake-up timer */
    uv_check_t check;     /* after I/O: timers, hooks */
    uv_idle_t idle;       /* on while hooks are armed, so that the wait is none */
    uv_timer_t wake;      /* for the first of the timers */
    uv_timer_t limit;     /* loop_run_until */

    const char *name;
    const struct clock *clock;
    atomic_ullong owner; /* pthread_t */
    atomic_bool stop;
    bool asked;     /* loop_run_until runs */
    bool limit_hit; /* and its time is over */

    _Atomic(struct loop_post *) posts; /* newest first */

    struct loop_timer *timers; /* pairing heap, the first to expire at the top */
    uint64_t timer_seq;
    uint64_t wake_due; /* what `wake` is set to; 0: not running */

    struct loop_hook *hooks, **hooks_end;

    struct list fds; /* struct loop_fd */

    struct stream_set *streams; /* NULL until the first */

    /* written by the loop's thread, read by any */
    atomic_ullong n_iterations, n_posts, n_slow, worst_us, n_streams;
    _Atomic(const char *) worst_at;
    atomic_int worst_line;
};

#define LOOP_ASSERT_CURRENT(l) ZS_ASSERT(loop_is_current(l))

/* Around every callback out of net, for the watchdog. */
uint64_t loop_enter(void);
void loop_leave(struct loop *l, uint64_t entered, const char *at, int line);

/* loop_timer.c */
void loop_timers_run(struct loop *l);
/* When the first expires, 0 when none is on. */
uint64_t loop_timers_due(const struct loop *l);

/* loop_fd.c */
void loop_fds_close(struct loop *l);

/* stream_set.c: abort all, free the set once all are gone. */
void stream_set_abort_all(struct loop *l);
void stream_set_free(struct loop *l);

/* An error of libuv (negative errno) as errno. */
static inline int loop_errno(int uv_error)
{
    return uv_error < 0 ? -uv_error : 0;
}

#endif
