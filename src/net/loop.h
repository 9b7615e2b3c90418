/*
 * Event loop: one per thread that does I/O. Timers, posts from other threads, work at the end of
 * an iteration, descriptors of foreign libraries, signals.
 *
 *   loop_new ── set up ── loop_run (until loop_stop) ── loop_free
 *
 * A loop belongs to one thread: the one that made it until loop_run is called, then the one that
 * called that. Everything here is for that thread alone, and asserts it, except what is tagged
 * `Thread any`: loop_post, loop_stop, loop_is_current and loop_stats_read.
 *
 * One iteration is
 *
 *   wait ── I/O and posts, as they come ── expired timers ── armed hooks ── (wait again)
 *
 * so that what many callbacks gathered is dealt with once, in a hook, before the loop sleeps.
 * No callback may block: what has to goes to a pool (pool.h). A callback over LOOP_SLOW_MS is
 * counted, with the place that registered it.
 *
 * Time is the injected clock's. With a fake one, tests step the clock and call loop_poll.
 *
 * libuv is behind this; only net's .c files know that.
 */
#ifndef ZS_NET_LOOP_H
#define ZS_NET_LOOP_H

#include "base/clock.h"
#include "base/err.h"

#include <stdatomic.h>

#define LOOP_SLOW_MS 20

struct loop;

/*
 * name   static string, for logs and counters
 * clock  NULL: the real one; borrowed for the loop's life
 * Returns RC_NOMEM; RC_IO when the system gives no epoll or eventfd (NET-001). Ignores SIGPIPE for
 * the process from then on: a peer that went away is an error code here, never a signal.
 */
enum rc loop_new(const char *name, const struct clock *clock, struct loop **out,
                 struct err *e) ZS_CHECK;

/*
 * Run what is still posted, close every handle and descriptor watch, free. Streams and listeners
 * that are still open are aborted and their closed() called; timers that are still on are not run.
 * By the thread that ran the loop, or by another after that one ended. NULL inside is fine.
 */
void loop_free(struct loop **lp);

/* Run until loop_stop. Returns at the end of the iteration that saw the stop. */
void loop_run(struct loop *l);

/* Thread any. Also before loop_run: then that returns at once. */
void loop_stop(struct loop *l);

/* One iteration without waiting: for tests with a fake clock. */
void loop_poll(struct loop *l);

/*
 * Run until done(ctx) is true, asked after every iteration; false when limit_ms of real time went
 * by first. For tests and one-shot commands.
 */
bool loop_run_until(struct loop *l, bool (*done)(void *ctx), void *ctx, uint32_t limit_ms) ZS_CHECK;

/* Thread any. */
bool loop_is_current(const struct loop *l);

const char *loop_name(const struct loop *l);

/* The clock's monotonic time. */
uint64_t loop_now_mono(const struct loop *l);

const struct clock *loop_clock(const struct loop *l);

/* ---- posts ---- */

/*
 * A call from any thread into the loop. The node is embedded in what it is about, so a post never
 * allocates and never fails, and how many can wait is bounded by how many such things there are.
 *
 * fn runs on the loop's thread, in the order of posting per posting thread. From its first line on
 * the node may be posted again or freed. A node that is posted must not be posted again before fn
 * runs (asserted).
 */
struct loop_post {
    void (*fn)(struct loop_post *p); /* get at the owner by ZS_CONTAINER */
    struct loop_post *next;          /* the loop's */
    atomic_bool queued;              /* the loop's */
};

/* Thread any. l must outlive the call. What the poster wrote before is visible to fn. */
void loop_post(struct loop *l, struct loop_post *p);

/* ---- timers ---- */

/*
 * One-shot timer, embedded in its owner. Zero-initialised is stopped. Starting and stopping cost
 * no allocation and cannot fail; after loop_timer_stop fn is not called any more, and the memory
 * is the owner's at once.
 */
struct loop_timer {
    void (*fn)(struct loop_timer *t);
    uint64_t due_mono; /* from here on the loop's */
    uint64_t seq;
    struct loop *loop; /* NULL: not running */
    struct loop_timer *child, *sibling, *prev;
    const char *file;
    int line;
};

/* Start, or start anew with another time. 0 runs in this iteration or the next. */
#define loop_timer_start(l, t, ms, fn)                                                             \
    loop_timer_start_impl((l), (t), (ms), (fn), __FILE__, __LINE__)

void loop_timer_start_impl(struct loop *l, struct loop_timer *t, uint64_t ms,
                           void (*fn)(struct loop_timer *t), const char *file, int line);
void loop_timer_stop(struct loop_timer *t);

static inline bool loop_timer_is_on(const struct loop_timer *t)
{
    return t->loop != NULL;
}

/* ---- end of the iteration ---- */

/*
 * Called once at the end of the iteration in which it was armed, after all I/O, posts and timers
 * and before the loop waits. Arming an armed hook does nothing, so every message that arrives arms
 * the hook and the hook commits them all in one batch. A hook armed while hooks run is called in
 * the next round, which comes without waiting.
 */
struct loop_hook {
    void (*fn)(struct loop_hook *h);
    struct loop_hook *next, **link; /* the loop's; link NULL: not armed */
};

void loop_hook_arm(struct loop *l, struct loop_hook *h);
void loop_hook_cancel(struct loop *l, struct loop_hook *h);

/* ---- descriptors of foreign libraries (curl, libpq, libssh) ---- */

struct loop_fd;

enum {
    LOOP_READABLE = 1,
    LOOP_WRITABLE = 2,
    LOOP_HANGUP = 4, /* the peer closed its side, whatever is still to be read */
    LOOP_FAILED = 8, /* told only: the descriptor has an error; comes with the two above */
};

/*
 * Watch fd for `events` (of the enum; 0: nothing yet). fn gets what is ready. Level triggered, but
 * after LOOP_FAILED nothing more comes until loop_fd_events is called. The descriptor stays the
 * caller's and must be unwatched before it is closed.
 * Returns RC_NOMEM; RC_IO when the system cannot watch it (NET-002).
 */
enum rc loop_fd_watch(struct loop *l, int fd, unsigned events,
                      void (*fn)(void *ctx, unsigned ready), void *ctx, struct loop_fd **out,
                      struct err *e) ZS_CHECK;
enum rc loop_fd_events(struct loop_fd *f, unsigned events, struct err *e) ZS_CHECK;

/* fn is not called any more; nulls the pointer; NULL inside is fine. */
void loop_fd_unwatch(struct loop_fd **f);

/* ---- signals ---- */

/*
 * fn on the loop for each arrival of signum, until loop_free. For the one loop of app that
 * supervises the others. Returns RC_NOMEM; RC_IO (NET-003).
 */
enum rc loop_signal(struct loop *l, int signum, void (*fn)(void *ctx, int signum), void *ctx,
                    struct err *e) ZS_CHECK;

/* ---- figures ---- */

struct loop_stats {
    uint64_t iterations;
    uint64_t posts;
    uint64_t slow;        /* callbacks over LOOP_SLOW_MS */
    uint64_t worst_us;    /* the longest callback */
    const char *worst_at; /* what it was: "file:line"'s file, or "stream", "post" …; may be NULL */
    int worst_line;
    uint64_t streams; /* open now */
};

/* Thread any: each figure is exact, the set is not one moment's. */
void loop_stats_read(const struct loop *l, struct loop_stats *out);

#endif
