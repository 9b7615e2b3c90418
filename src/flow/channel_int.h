/*
 * The channel from inside: what channel.c (life), take.c (a message's way in) and settle.c (its
 * answer and deliveries) share. Thread  the channel's loop.
 */
#ifndef ZS_FLOW_CHANNEL_INT_H
#define ZS_FLOW_CHANNEL_INT_H

#include "flow/channel.h"
#include "flow/format.h"
#include "flow/message.h"

struct channel {
    const struct config_channel *conf;
    const struct format_ops *format;
    struct lane_env env;
    struct log log;
    struct conn_source source;
    bool source_open, source_drained;
    enum channel_state state;
    struct lane_conf *lane_confs;
    struct lane **lanes;
    size_t n_lanes; /* open: all of conf->dests, or none */
    struct lane_figures *lane_figures;
    uint64_t ack_id;     /* makes MSH-10 of our answers unique */
    size_t pending;      /* taken, not yet answered */
    size_t committing;   /* handed to the committer, not yet back */
    struct list waiting; /* messages whose sender waits for deliveries */
    bool held_back;      /* the source is told not to read */
    bool store_full;     /* the last commit found no room */
    struct loop_timer full_timer;
    struct loop_timer stop_timer;
    size_t lanes_stopping;
    uint32_t stop_limit_ms;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    struct channel_figures figures;
};

/* channel.c */
void channel_enter(struct channel *c, enum channel_state s);
/* Tell the source to read or not, from pending, store_full and state. */
void channel_hold_back(struct channel *c);
void channel_try_stopped(struct channel *c);

/* take.c: the source's intake callback */
void channel_take(struct conn_source *s, struct intake *in);

/* settle.c: the commit's done */
void channel_committed(struct commit_op *op);
/* The channel stops: tell everybody who waits for deliveries that they are still queued. */
void channel_answer_waiting(struct channel *c);
/* Answer without a commit: nothing was kept. */
void channel_answer_busy(struct message *m, const struct err *why);

/* One more is taken (+1), or one is answered (-1). */
static inline void channel_pending(struct channel *c, int by)
{
    c->pending = by > 0 ? c->pending + 1 : c->pending - 1;
    atomic_store_explicit(&c->figures.pending, c->pending, memory_order_relaxed);
}

static inline void channel_count(atomic_uint_fast64_t *n)
{
    atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

#endif
