/*
 * Loops, threads, channels, from the start to the orderly stop. Control from other threads goes by
 * loop_post; another configuration is change.c's. Tests: engine_test.c
 */
#include "flow/engine_int.h"

#include "base/alloc.h"

#include <semaphore.h>

#define POOL_THREADS 4
#define POOL_QUEUE   4096
#define RANK         950 /* of the lock: a leaf */

/* ---- making ------------------------------------------------------------------------------- */

static enum rc shard_open(struct engine *en, struct shard *s, size_t i, struct err *e)
{
    s->engine = en;
    list_init(&s->home.live);
    (void)snprintf(s->name, sizeof s->name, "loop-%zu", i); /* a cut name is only a name */
    enum rc rc = loop_new(s->name, en->conf.clock, &s->home.loop, e);
    if (rc != RC_OK)
        return rc;
    s->host = (struct conn_host){ .loop = s->home.loop,
                                  .pool = en->pool,
                                  .clock = en->conf.clock,
                                  .log = en->conf.log,
                                  .outbound = en->conf.outbound };
    return committer_new(s->home.loop, en->conf.store, &s->home.committer, e);
}

struct shard *engine_next_shard(struct engine *en)
{
    struct shard *least = &en->shards[0];
    for (size_t i = 1; i < en->n_shards; i++)
        if (en->shards[i].n_channels < least->n_channels)
            least = &en->shards[i];
    return least;
}

enum rc engine_add_slot(struct engine *en, struct roster *r, const struct config_channel *conf,
                        struct shard *shard, struct err *e)
{
    struct lane_env env = { .host = &shard->host,
                            .committer = shard->home.committer,
                            .store = en->conf.store,
                            .links = en->links,
                            .pool = en->pool,
                            .random = en->conf.random,
                            .config_version = &en->config_version,
                            .log = en->conf.log };
    struct slot *s = NULL;
    enum rc rc = slot_new(conf, &env, &shard->home, &s, e);
    if (rc != RC_OK)
        return rc;
    shard->n_channels++;
    roster_add(r, s);
    return RC_OK;
}

static enum rc open_roster(struct engine *en, struct err *e)
{
    const struct config *cfg = en->config;
    enum rc rc = roster_new(cfg->n_channels, &en->roster, e);
    for (size_t i = 0; rc == RC_OK && i < cfg->n_channels; i++)
        if (cfg->channels[i]->enabled)
            rc = engine_add_slot(en, en->roster, cfg->channels[i], engine_next_shard(en), e);
    if (rc == RC_OK)
        roster_sort(en->roster);
    return rc;
}

static enum rc open_links(struct engine *en, struct err *e)
{
    struct links_conf lc = { .home = en->shards[0].home.loop,
                             .clock = en->conf.clock,
                             .random = en->conf.random,
                             .log = en->conf.log,
                             .fetch = en->conf.fetch,
                             .fetch_ctx = en->conf.fetch_ctx };
    enum rc rc = links_new(&lc, &en->links, e);
    if (rc != RC_OK)
        return rc;
    struct calls_conf cc = { .host = &en->shards[0].host,
                             .committer = en->shards[0].home.committer,
                             .store = en->conf.store,
                             .links = en->links,
                             .random = en->conf.random };
    return calls_new(&cc, &en->calls, e);
}

static enum rc open_all(struct engine *en, struct err *e)
{
    enum rc rc = pool_new("flow", POOL_THREADS, POOL_QUEUE, &en->pool, e);
    for (; rc == RC_OK && en->n_shards < en->conf.n_loops; en->n_shards++)
        rc = shard_open(en, &en->shards[en->n_shards], en->n_shards, e);
    if (rc == RC_OK)
        rc = open_links(en, e);
    return rc == RC_OK ? open_roster(en, e) : rc;
}

enum rc engine_new(const struct engine_conf *conf, struct engine **out, struct err *e)
{
    ZS_ASSERT(conf->n_loops > 0);
    struct engine *en = mem_new(struct engine);
    if (!en)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the engine");
    en->conf = *conf;
    en->config = config_ref(conf->config);
    atomic_init(&en->config_version, conf->config_version);
    mutex_init(&en->lock, "engine", RANK);
    en->shards = mem_array(struct shard, conf->n_loops);
    enum rc rc =
        en->shards ? open_all(en, e) : err_set(e, RC_NOMEM, "FLOW-001", "no memory for the engine");
    if (rc != RC_OK) {
        engine_free(&en);
        return rc;
    }
    *out = en;
    return RC_OK;
}

void engine_free(struct engine **ep)
{
    struct engine *en = *ep;
    if (!en)
        return;
    ZS_ASSERT(!en->started && !en->change);
    *ep = NULL;
    roster_unref(&en->roster);
    pool_free(&en->pool);
    calls_free(&en->calls);
    for (size_t i = 0; i < en->conf.n_loops && en->shards; i++) {
        committer_free(&en->shards[i].home.committer);
        loop_free(&en->shards[i].home.loop);
    }
    if (en->links)
        links_free(&en->links);
    mem_free(en->shards);
    mutex_done(&en->lock);
    config_unref(&en->config);
    mem_free(en);
}

/* ---- starting ----------------------------------------------------------------------------- */

static bool claim_lane(struct engine *en, struct str name)
{
    for (size_t i = 0; i < en->roster->n; i++) {
        struct slot *s = en->roster->slots[i];
        const struct config_channel *conf = channel_conf(s->channel);
        for (size_t j = 0; j < conf->n_dests; j++)
            if (str_eqz(name, conf->dests[j].lane)) {
                s->backlog[j] = true;
                return true;
            }
    }
    return false;
}

static enum rc room_for_backlog(struct engine *en, struct err *e)
{
    for (size_t i = 0; i < en->roster->n; i++) {
        struct slot *s = en->roster->slots[i];
        s->backlog = mem_array(bool, channel_conf(s->channel)->n_dests);
        if (!s->backlog)
            return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a channel");
    }
    return RC_OK;
}

/* Which lanes have work left from before; say so where nobody will do it. */
static enum rc find_backlog(struct engine *en, struct err *e)
{
    struct arena *a = arena_new("lanes", 0, (size_t)64 * 1024 * 1024);
    if (!a)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory to read what is queued");
    struct store_lane *lanes = NULL;
    size_t n = 0;
    enum rc rc = room_for_backlog(en, e);
    if (rc == RC_OK)
        rc = store_lanes(en->conf.store, a, &lanes, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        const char *name = arena_z(a, lanes[i].lane);
        if (!claim_lane(en, lanes[i].lane) && name)
            log_event(en->conf.log, EV_LANE_ORPHANED, F_NAME("lane", name),
                      F_U64("open", lanes[i].n_open));
    }
    arena_free(&a);
    return rc;
}

static void shard_main(void *ctx)
{
    struct shard *s = ctx;
    loop_run(s->home.loop);
}

struct start_post {
    struct loop_post post;
    struct shard *shard;
    sem_t done;
};

/* On the loop. */
static void start_channels(struct loop_post *p)
{
    struct start_post *sp = ZS_CONTAINER(p, struct start_post, post);
    const struct roster *r = sp->shard->engine->roster;
    for (size_t i = 0; i < r->n; i++)
        if (r->slots[i]->home == &sp->shard->home)
            slot_start(r->slots[i]);
    sem_post(&sp->done);
}

enum rc engine_start(struct engine *en, struct err *e)
{
    enum rc rc = find_backlog(en, e);
    for (size_t i = 0; rc == RC_OK && i < en->n_shards; i++) {
        struct shard *s = &en->shards[i];
        rc = thread_start(&s->thread, s->name, shard_main, s, e);
    }
    en->started = true;
    if (rc != RC_OK) {
        engine_stop(en, 0);
        return rc;
    }
    for (size_t i = 0; i < en->n_shards; i++) {
        struct start_post sp = { .post.fn = start_channels, .shard = &en->shards[i] };
        ZS_ASSERT(sem_init(&sp.done, 0, 0) == 0);
        loop_post(en->shards[i].home.loop, &sp.post);
        while (sem_wait(&sp.done) != 0)
            ; /* interrupted by a signal: wait on */
        sem_destroy(&sp.done);
    }
    return RC_OK;
}

/* ---- stopping ----------------------------------------------------------------------------- */

static void end_loop(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, stop_post);
    committer_free(&s->home.committer);
    loop_stop(s->home.loop);
}

static void shard_idle(void *ctx)
{
    struct shard *s = ctx;
    s->stop_post.fn = end_loop; /* not here: the committer is on the stack */
    loop_post(s->home.loop, &s->stop_post);
}

static void slot_gone(struct slot *slot)
{
    struct shard *s = ZS_CONTAINER(slot->home, struct shard, home);
    if (list_is_empty(&s->home.live))
        committer_when_idle(s->home.committer, shard_idle, s);
}

/* On the loop. */
static void stop_channels(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, stop_post);
    struct list *live = &s->home.live;
    if (list_is_empty(live))
        committer_when_idle(s->home.committer, shard_idle, s);
    for (struct list_node *n = list_first(live); n; n = list_next(live, n))
        slot_retire(ZS_CONTAINER(n, struct slot, node), s->limit_ms, slot_gone);
}

static void calls_stopped(void *ctx)
{
    struct engine *en = ctx;
    for (size_t i = 0; i < en->n_shards; i++) {
        struct shard *s = &en->shards[i];
        if (!s->thread.started)
            continue;
        s->limit_ms = en->stop_limit_ms;
        s->stop_post.fn = stop_channels;
        loop_post(s->home.loop, &s->stop_post);
    }
}

void engine_stop_shards(struct engine *en)
{
    calls_stop(en->calls, en->stop_limit_ms, calls_stopped, en);
}

/* On loop 0. */
static void stop_all(struct loop_post *p)
{
    struct engine *en = ZS_CONTAINER(p, struct engine, stop_post);
    en->stopping = true;
    if (en->change)
        change_hurry(en->change, en->stop_limit_ms);
    else
        engine_stop_shards(en);
}

void engine_stop(struct engine *en, uint32_t limit_ms)
{
    if (!en->started)
        return;
    if (en->shards[0].thread.started) { /* else none is: they start in this order */
        en->stop_limit_ms = limit_ms;
        en->stop_post.fn = stop_all;
        loop_post(en->shards[0].home.loop, &en->stop_post);
    }
    for (size_t i = 0; i < en->n_shards; i++)
        thread_join(&en->shards[i].thread);
    en->started = false;
}

/* ---- asking and telling ------------------------------------------------------------------- */

struct loop *engine_loop(const struct engine *en)
{
    return en->shards[0].home.loop;
}

struct pool *engine_pool(const struct engine *en)
{
    return en->pool;
}

struct links *engine_links(const struct engine *en)
{
    return en->links;
}

struct calls *engine_calls(const struct engine *en)
{
    return en->calls;
}

struct config *engine_config(struct engine *en)
{
    LOCK_SCOPE(guard, &en->lock);
    return config_ref(en->config);
}

struct roster *engine_roster(struct engine *en)
{
    LOCK_SCOPE(guard, &en->lock);
    return roster_ref(en->roster);
}

/* Note what is wanted; a reference to whom it is wanted of. */
static enum rc want_paused(struct engine *en, struct str name, bool paused, struct slot **out,
                           struct err *e)
{
    LOCK_SCOPE(guard, &en->lock); /* a change copies what is wanted when it exchanges the roster */
    struct slot *s = roster_slot(en->roster, name);
    if (!s)
        return err_set(e, RC_MISSING, "FLOW-010", "there is no such channel, or it is not enabled");
    int state = atomic_load_explicit(&channel_figures(s->channel)->state, memory_order_acquire);
    bool not_yet = state == CHANNEL_STOPPED && !en->started; /* it starts paused */
    if (state != CHANNEL_RUNNING && state != CHANNEL_PAUSED && !not_yet)
        return err_set(e, RC_STATE, "FLOW-011", "the channel is %s",
                       channel_state_name((enum channel_state)state));
    atomic_store(&s->want_paused, paused);
    *out = slot_ref(s);
    return RC_OK;
}

enum rc engine_pause(struct engine *en, struct str name, bool paused, struct err *e)
{
    struct slot *s = NULL;
    enum rc rc = want_paused(en, name, paused, &s, e);
    if (rc != RC_OK)
        return rc;
    slot_pause(s);
    slot_unref(&s);
    return RC_OK;
}
