/*
 * The engine from inside: what engine.c (life), change.c (another configuration) and execute.c
 * (calls) share.
 */
#ifndef ZS_FLOW_ENGINE_INT_H
#define ZS_FLOW_ENGINE_INT_H

#include "base/thread.h"
#include "flow/calls.h"
#include "flow/engine.h"
#include "flow/roster_int.h"

struct change;

/* One loop with its thread and what is bound to it. */
struct shard {
    struct engine *engine;
    struct thread thread;
    struct slot_home home;
    struct conn_host host;
    struct loop_post stop_post;
    struct loop_post hurry_post;
    size_t n_channels; /* in the newest roster, for dealing out; loop 0's */
    uint32_t limit_ms;
    char name[16];
};

struct engine {
    struct engine_conf conf;
    atomic_uint_fast64_t config_version;
    struct pool *pool;
    struct shard *shards;
    size_t n_shards;
    struct links *links;
    struct calls *calls;
    struct mutex lock; /* a leaf; guards the next two, and a pause against their exchange */
    struct config *config;
    struct roster *roster;
    bool started;

    /* loop 0 */
    struct change *change; /* NULL: none is under way */
    bool stopping;
    struct loop_post stop_post;
    uint32_t stop_limit_ms;
};

/* The slot of one channel on a loop; the roster counts. RC_NOMEM. Before the threads, or loop 0. */
enum rc engine_add_slot(struct engine *en, struct roster *r, const struct config_channel *conf,
                        struct shard *shard, struct err *e) ZS_CHECK;

/* The loop with the fewest channels. */
struct shard *engine_next_shard(struct engine *en);

/* change.c: everything that still drains has limit_ms from now, nothing new is started. */
void change_hurry(struct change *c, uint32_t limit_ms);

/* On loop 0, when no change is under way any more: the second half of engine_stop. */
void engine_stop_shards(struct engine *en);

#endif
