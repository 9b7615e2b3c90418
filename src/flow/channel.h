/*
 * Channel: one running flow. A source brings messages; each is read, checked, filtered, mapped for
 * its destinations, committed in one record, answered, and handed to the lanes.
 *
 *   channel_new ── channel_start ──┬── running ◄─► paused
 *                                  └── failed (its source cannot listen; the others go on)
 *   channel_stop: draining (source, then lanes), then stopped(ctx) once, then channel_free
 *
 * A channel with all its connections, timers and order lives on one loop.
 *
 * Thread  loop, except channel_figures.
 */
#ifndef ZS_FLOW_CHANNEL_H
#define ZS_FLOW_CHANNEL_H

#include "config/config.h"
#include "flow/lane.h"

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
    char address[128]; /* where the source listens; set before the state */
};

/* Opens destinations and the source; leaves nothing on failure. conf, env are borrowed. */
enum rc channel_new(const struct config_channel *conf, const struct lane_env *env,
                    struct channel **out, struct err *e) ZS_CHECK;

/*
 * backlog[i]: the store holds open deliveries of destination i.
 * A source that cannot listen makes the channel FAILED; its lanes deliver what is queued.
 */
void channel_start(struct channel *c, const bool *backlog);
void channel_pause(struct channel *c, bool paused);
void channel_stop(struct channel *c, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx);
void channel_free(struct channel **cp);

const struct config_channel *channel_conf(const struct channel *c);
struct channel_figures *channel_figures(struct channel *c);
size_t channel_n_lanes(const struct channel *c);
struct lane *channel_lane(const struct channel *c, size_t i);

#endif
