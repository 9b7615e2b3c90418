/*
 * Loops, threads, channels. Control from other threads goes by loop_post. Tests: engine_test.c
 */
#include "flow/engine.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "flow/commit.h"

#include <semaphore.h>

#define POOL_THREADS 4
#define POOL_QUEUE   4096

/* One loop with its thread and what is bound to it. */
struct shard {
    struct engine *engine;
    struct loop *loop;
    struct thread thread;
    struct committer *committer;
    struct conn_host host;
    struct loop_post stop_post;
    size_t n_running; /* channels not yet stopped */
    uint32_t limit_ms;
    char name[16];
};

struct slot {
    struct channel *channel;
    struct shard *shard;
    bool *backlog;
    struct loop_post pause_post;
    atomic_bool want_paused;
    atomic_bool posted;
};

struct engine {
    struct engine_conf conf;
    struct pool *pool;
    struct shard *shards;
    size_t n_shards;
    struct slot *slots;
    size_t n_slots;
    bool started;
};

/* ---- making ------------------------------------------------------------------------------- */

static enum rc shard_open(struct engine *en, struct shard *s, size_t i, struct err *e)
{
    s->engine = en;
    (void)snprintf(s->name, sizeof s->name, "loop-%zu", i); /* a cut name is only a name */
    enum rc rc = loop_new(s->name, en->conf.clock, &s->loop, e);
    if (rc != RC_OK)
        return rc;
    s->host = (struct conn_host){
        .loop = s->loop, .pool = en->pool, .clock = en->conf.clock, .log = en->conf.log
    };
    return committer_new(s->loop, en->conf.store, &s->committer, e);
}

static void apply_pause(struct loop_post *p);

static enum rc open_slot(struct engine *en, const struct config_channel *conf, struct err *e)
{
    struct slot *slot = &en->slots[en->n_slots];
    struct shard *s = &en->shards[en->n_slots % en->n_shards];
    struct lane_env env = { .host = &s->host,
                            .committer = s->committer,
                            .store = en->conf.store,
                            .pool = en->pool,
                            .random = en->conf.random,
                            .config_version = en->conf.config_version,
                            .log = en->conf.log };
    slot->shard = s;
    slot->pause_post.fn = apply_pause; /* here: engine_pause is called from several threads */
    slot->backlog = mem_array(bool, conf->n_dests);
    if (!slot->backlog)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a channel");
    en->n_slots++;
    return channel_new(conf, &env, &slot->channel, e);
}

static enum rc open_all(struct engine *en, struct err *e)
{
    enum rc rc = pool_new("flow", POOL_THREADS, POOL_QUEUE, &en->pool, e);
    for (; rc == RC_OK && en->n_shards < en->conf.n_loops; en->n_shards++)
        rc = shard_open(en, &en->shards[en->n_shards], en->n_shards, e);
    const struct config *cfg = en->conf.config;
    for (size_t i = 0; rc == RC_OK && i < cfg->n_channels; i++)
        if (cfg->channels[i]->enabled)
            rc = open_slot(en, cfg->channels[i], e);
    return rc;
}

enum rc engine_new(const struct engine_conf *conf, struct engine **out, struct err *e)
{
    ZS_ASSERT(conf->n_loops > 0);
    struct engine *en = mem_new(struct engine);
    if (!en)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for the engine");
    en->conf = *conf;
    en->shards = mem_array(struct shard, conf->n_loops);
    en->slots = mem_array(struct slot, conf->config->n_channels);
    enum rc rc = en->shards && en->slots
                     ? open_all(en, e)
                     : err_set(e, RC_NOMEM, "FLOW-001", "no memory for the engine");
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
    ZS_ASSERT(!en->started);
    *ep = NULL;
    for (size_t i = 0; i < en->n_slots; i++) {
        channel_free(&en->slots[i].channel);
        mem_free(en->slots[i].backlog);
    }
    pool_free(&en->pool);
    for (size_t i = 0; i < en->conf.n_loops && en->shards; i++) {
        committer_free(&en->shards[i].committer);
        loop_free(&en->shards[i].loop);
    }
    mem_free(en->slots);
    mem_free(en->shards);
    mem_free(en);
}

/* ---- starting ----------------------------------------------------------------------------- */

static bool claim_lane(struct engine *en, struct str name)
{
    for (size_t i = 0; i < en->n_slots; i++) {
        const struct config_channel *conf = channel_conf(en->slots[i].channel);
        for (size_t j = 0; j < conf->n_dests; j++)
            if (str_eqz(name, conf->dests[j].lane)) {
                en->slots[i].backlog[j] = true;
                return true;
            }
    }
    return false;
}

/* Which lanes have work left from before; say so where nobody will do it. */
static enum rc find_backlog(struct engine *en, struct err *e)
{
    struct arena *a = arena_new("lanes", 0, (size_t)64 * 1024 * 1024);
    if (!a)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory to read what is queued");
    struct store_lane *lanes = NULL;
    size_t n = 0;
    enum rc rc = store_lanes(en->conf.store, a, &lanes, &n, e);
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
    loop_run(s->loop);
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
    struct engine *en = sp->shard->engine;
    for (size_t i = 0; i < en->n_slots; i++)
        if (en->slots[i].shard == sp->shard) {
            sp->shard->n_running++;
            channel_start(en->slots[i].channel, en->slots[i].backlog);
        }
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
        loop_post(en->shards[i].loop, &sp.post);
        while (sem_wait(&sp.done) != 0)
            ; /* interrupted by a signal: wait on */
        sem_destroy(&sp.done);
    }
    return RC_OK;
}

/* ---- stopping ----------------------------------------------------------------------------- */

/* On the loop, with nothing of a channel on the stack any more: they belong to this thread. */
static void free_channels(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, stop_post);
    struct engine *en = s->engine;
    for (size_t i = 0; i < en->n_slots; i++)
        if (en->slots[i].shard == s)
            channel_free(&en->slots[i].channel);
    committer_free(&s->committer);
    loop_stop(s->loop);
}

static void shard_idle(void *ctx)
{
    struct shard *s = ctx;
    s->stop_post.fn = free_channels;
    loop_post(s->loop, &s->stop_post);
}

static void channel_is_stopped(void *ctx)
{
    struct shard *s = ctx;
    ZS_ASSERT(s->n_running > 0);
    if (--s->n_running == 0)
        committer_when_idle(s->committer, shard_idle, s);
}

/* On the loop. */
static void stop_channels(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, stop_post);
    struct engine *en = s->engine;
    if (s->n_running == 0) {
        committer_when_idle(s->committer, shard_idle, s);
        return;
    }
    for (size_t i = 0; i < en->n_slots; i++)
        if (en->slots[i].shard == s)
            channel_stop(en->slots[i].channel, s->limit_ms, channel_is_stopped, s);
}

void engine_stop(struct engine *en, uint32_t limit_ms)
{
    if (!en->started)
        return;
    for (size_t i = 0; i < en->n_shards; i++) {
        struct shard *s = &en->shards[i];
        if (!s->thread.started)
            continue;
        s->limit_ms = limit_ms;
        s->stop_post.fn = stop_channels;
        loop_post(s->loop, &s->stop_post);
    }
    for (size_t i = 0; i < en->n_shards; i++)
        thread_join(&en->shards[i].thread);
    en->started = false;
}

/* ---- asking and telling ------------------------------------------------------------------- */

struct loop *engine_loop(const struct engine *en)
{
    return en->shards[0].loop;
}

struct pool *engine_pool(const struct engine *en)
{
    return en->pool;
}

size_t engine_n_channels(const struct engine *en)
{
    return en->n_slots;
}

struct channel *engine_channel(const struct engine *en, size_t i)
{
    return en->slots[i].channel;
}

static struct slot *find_slot(const struct engine *en, struct str name)
{
    for (size_t i = 0; i < en->n_slots; i++)
        if (en->slots[i].channel && str_eq(channel_conf(en->slots[i].channel)->name, name))
            return &en->slots[i];
    return NULL;
}

struct channel *engine_find(const struct engine *en, struct str name)
{
    struct slot *slot = find_slot(en, name);
    return slot ? slot->channel : NULL;
}

enum rc engine_apply(struct engine *en, const struct engine_change *change, struct err *e)
{
    (void)en, (void)change;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

struct config *engine_config(struct engine *en)
{
    return en->conf.config;
}

struct links *engine_links(const struct engine *en)
{
    (void)en;
    return NULL;
}

/* On the loop: bring the channel to what was wanted last. */
static void apply_pause(struct loop_post *p)
{
    struct slot *slot = ZS_CONTAINER(p, struct slot, pause_post);
    atomic_store(&slot->posted, false);
    if (slot->channel) /* else it came when the loop was ending */
        channel_pause(slot->channel, atomic_load(&slot->want_paused));
}

enum rc engine_pause(struct engine *en, struct str name, bool paused, struct err *e)
{
    struct slot *slot = find_slot(en, name);
    if (!slot)
        return err_set(e, RC_MISSING, "FLOW-010", "there is no such channel, or it is not enabled");
    int state = atomic_load_explicit(&channel_figures(slot->channel)->state, memory_order_acquire);
    if (state != CHANNEL_RUNNING && state != CHANNEL_PAUSED)
        return err_set(e, RC_STATE, "FLOW-011", "the channel is %s",
                       channel_state_name((enum channel_state)state));
    atomic_store(&slot->want_paused, paused);
    if (!atomic_exchange(&slot->posted, true))
        loop_post(slot->shard->loop, &slot->pause_post);
    return RC_OK;
}
