/*
 * Bounded pool of threads for calls that block: name look-ups, foreign client libraries, scans.
 *
 *   pool_submit ── waits ── run (on a pool thread) ── done (on the loop that submitted)
 *                    └ pool_cancel ── done with RC_STATE
 *
 * Every accepted work ends in exactly one done(), on its loop. The node is embedded in what it is
 * about and is the pool's between submit and done; whoever wants to go away earlier cancels and
 * waits for done, or leaves the memory behind to be freed there.
 *
 * A pool outlives nothing it was handed: free it after the loops' users are closed and before the
 * loops.
 */
#ifndef ZS_NET_POOL_H
#define ZS_NET_POOL_H

#include "base/list.h"
#include "net/loop.h"

struct pool;

struct pool_work {
    void (*run)(struct pool_work *w);              /* on a pool thread; may block */
    void (*done)(struct pool_work *w, enum rc rc); /* on the loop: RC_OK, RC_STATE if cancelled */
    struct loop_post post;                         /* from here on the pool's; zero at first */
    struct list_node link;
    struct pool *pool;
    struct loop *loop;
    int state;
};

/*
 * n_threads  1 … 256; started at need
 * max_queue  how many may wait for a thread
 * Returns RC_NOMEM, RC_VALUE (NET-010).
 */
enum rc pool_new(const char *name, unsigned n_threads, size_t max_queue, struct pool **out,
                 struct err *e) ZS_CHECK;

/*
 * Cancel what waits, wait for what runs, join the threads. done() of all of it is posted before
 * this returns. Blocks: not on a loop that is serving.
 */
void pool_free(struct pool **p);

/*
 * Set run and done before. Returns RC_LIMIT when max_queue wait already (NET-011), RC_IO when no
 * thread could be started at all (NET-012); done() is then not called.
 * Thread  loop l's
 */
enum rc pool_submit(struct pool *p, struct loop *l, struct pool_work *w, struct err *e) ZS_CHECK;

/*
 * A work that still waits will not run: done(RC_STATE) is posted. One that runs already goes on
 * and ends in done(RC_OK). Returns whether it was stopped in time. Thread loop l's.
 */
bool pool_cancel(struct pool_work *w);

struct pool_stats {
    size_t waiting, running, threads;
    uint64_t done, refused;
};

/* Thread any. */
void pool_stats_read(struct pool *p, struct pool_stats *out);

#endif
