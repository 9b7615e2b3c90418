/*
 * Engine: the loops with their threads, the channels on them, and what may be asked and told from
 * outside while they run.
 *
 *   engine_new ── engine_start ── … engine_roster, engine_apply … ── engine_stop ── engine_free
 *
 * Channels are dealt out to loops evenly; each stays on its loop, also when it is changed.
 * Calls through the API, changes of configuration and token fetches have loop 0: engine_loop().
 *
 * Thread  one outer thread calls new, start, stop and free; the rest is tagged.
 */
#ifndef ZS_FLOW_ENGINE_H
#define ZS_FLOW_ENGINE_H

#include "config/config.h"
#include "flow/channel.h"
#include "flow/link.h"
#include "flow/roster.h"
#include "net/pool.h"

struct engine;

struct engine_conf {
    struct config *config; /* kept (config_ref) until another is applied */
    struct store *store;
    const struct log *log;
    const struct clock *clock;
    const struct random *random;
    uint64_t config_version; /* sequence of the newest STORE_CONFIG record in force */
    unsigned n_loops;        /* at least 1 */
    void (*fetch)(void *ctx, struct link_fetch *f); /* see flow/link.h; NULL: no tokens */
    void *fetch_ctx;
    struct addr_rules *outbound; /* where connections may go; NULL: everywhere */
};

/* RC_NOMEM; RC_IO where the system gives no loop or pool. */
enum rc engine_new(const struct engine_conf *conf, struct engine **out, struct err *e) ZS_CHECK;

/*
 * Start the threads and the channels; open deliveries of the store are taken up again. A channel
 * that cannot start is reported and FAILED, the others run. RC_IO when a thread cannot be started.
 */
enum rc engine_start(struct engine *en, struct err *e) ZS_CHECK;

/*
 * Orderly: sources stop taking, what is being committed is answered, deliveries in flight are
 * finished for at most limit_ms, everything is recorded, threads end. Blocks.
 */
void engine_stop(struct engine *en, uint32_t limit_ms);

void engine_free(struct engine **ep);

/* Thread any. */
struct loop *engine_loop(const struct engine *en);
struct pool *engine_pool(const struct engine *en);

/* The channels of this moment, for the caller to give back (roster_unref). Thread any. */
struct roster *engine_roster(struct engine *en);

struct engine_change {
    struct config *next;
    uint64_t config_version; /* that messages are taken under from then on */
    void (*done)(void *ctx); /* once, on loop 0, when all of it has happened */
    void *ctx;
};

/*
 * Take a new snapshot. Channels whose unit is the same in both go on untouched; new ones start;
 * changed ones are drained and replaced, their lanes take up what is queued; removed and disabled
 * ones are drained, what they have queued stays in the store and is told (EV_LANE_ORPHANED). A
 * paused channel stays paused. One change at a time (asserted). The engine keeps the snapshot
 * (config_ref) until the next.
 *
 * A changed source that cannot listen makes its channel FAILED, as at the start.
 * Returns  RC_NOMEM  nothing was changed; done is not called
 *          RC_STATE  (FLOW-012) likewise: the engine is stopping
 * Thread  loop 0.
 */
enum rc engine_apply(struct engine *en, const struct engine_change *change, struct err *e) ZS_CHECK;

/* The snapshot in force, with a reference for the caller (config_unref). Thread any. */
struct config *engine_config(struct engine *en);

struct links *engine_links(const struct engine *en);

/*
 * Thread any. Pause or resume; done within the loop's next iteration.
 * RC_MISSING (FLOW-010) no such channel; RC_STATE (FLOW-011) it does not run.
 * Before engine_start: the channel starts paused and takes nothing.
 */
enum rc engine_pause(struct engine *en, struct str name, bool paused, struct err *e) ZS_CHECK;

#endif
