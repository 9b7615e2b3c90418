/*
 * Channel: one running flow. A source brings messages; each is read, checked, filtered, mapped for
 * its destinations, committed in one record, answered, and handed to the lanes.
 *
 *   channel_new ── channel_start ──┬── running ◄─► paused
 *                                  └── failed (it cannot listen or open; the others go on)
 *   channel_stop: draining (source, then lanes), then stopped(ctx) once, then channel_close,
 *   then, on whatever thread the last reader of its figures is, channel_free
 *
 * A channel with all its connections, timers and order lives on one loop.
 *
 * Thread  loop, except what is tagged.
 */
#ifndef ZS_FLOW_CHANNEL_H
#define ZS_FLOW_CHANNEL_H

#include "config/config.h"
#include "flow/lane.h"

#define CHANNEL_ADDRESS_MAX 128

struct channel;

enum channel_state {
    CHANNEL_STOPPED = 0,
    CHANNEL_RUNNING,
    CHANNEL_PAUSED,
    CHANNEL_DRAINING,
    CHANNEL_FAILED
};

const char *channel_state_name(enum channel_state s); /* the names DESIGN gives */

struct channel_figures {
    atomic_uint_fast64_t taken, refused, filtered, held, busy, pending;
    atomic_int state;
    char address[CHANNEL_ADDRESS_MAX]; /* where the source listens; set before the state */
};

/* Memory only. conf, and what env points to, are borrowed. RC_NOMEM. Thread any. */
enum rc channel_new(const struct config_channel *conf, const struct lane_env *env,
                    struct channel **out, struct err *e) ZS_CHECK;

/*
 * Open destinations and the source. backlog[i]: the store may hold open deliveries of destination
 * i; NULL: of every one. A source that cannot listen makes the channel FAILED; its lanes deliver
 * what is queued. A destination that cannot be opened makes it FAILED too, with no lane at all.
 */
void channel_start(struct channel *c, const bool *backlog);
void channel_pause(struct channel *c, bool paused);
void channel_stop(struct channel *c, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx);

/* While it drains: limit_ms from now, not what channel_stop said. */
void channel_hurry(struct channel *c, uint32_t limit_ms);

/* Let go of all that belongs to the loop: connections, timers, windows. Stopped, or never started;
 * with nothing of it on the stack. What remains is what may be read from any thread. */
void channel_close(struct channel *c);

/* Closed, or never started. Nulls the pointer. Thread any. */
void channel_free(struct channel **cp);

/* Thread any, as long as the channel is held (roster.h). */
const struct config_channel *channel_conf(const struct channel *c);
struct channel_figures *channel_figures(struct channel *c);
struct lane_figures *channel_lane_figures(struct channel *c, size_t i); /* of conf->dests[i] */

#endif
