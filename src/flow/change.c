/*
 * Another configuration while messages flow.
 *
 *   engine_apply ── drain what is changed or gone ── exchange roster and snapshot ── start what is
 *                   changed or new ── name the lanes that nobody serves any more ── done
 *
 * All old channels are closed before the first new one opens: they may exchange their addresses.
 * A new channel's lanes look into the store before they send (channel_start without a backlog);
 * what the old lanes recorded is committed by then (slot_retire), so nothing is sent twice, and in
 * order. Everything runs on loop 0 but the draining and starting, which are the channels' loops',
 * and the search for orphans, which is the pool's. Tests: change_test.c
 */
#include "flow/engine_int.h"

#include "base/alloc.h"

/* How long a channel may drain beyond the longest timeout of its destinations, which ends what is
 * in flight with a verdict of its own: cut off it would be uncertain for no reason. */
#define MARGIN_MS    2000
#define PATIENCE_MAX (10u * 60 * 1000)

struct change {
    struct engine *engine;
    struct config *next;
    uint64_t config_version;
    void (*done)(void *ctx);
    void *ctx;
    struct roster *before, *after;
    struct roster *leaving; /* of `before`, not in `after` */
    struct roster *coming;  /* of `after`, not in `before` */
    size_t waiting;         /* slots whose answer is not back yet */
    struct loop_post post;
    struct pool_work orphans;
};

static void change_free(struct change *c)
{
    roster_unref(&c->before);
    roster_unref(&c->after);
    roster_unref(&c->leaving);
    roster_unref(&c->coming);
    config_unref(&c->next);
    mem_free(c);
}

/* ---- what is to be done ------------------------------------------------------------------- */

static bool is_same(const struct slot *s, const struct config_channel *conf)
{
    return s && s->unit == conf->unit;
}

/* Its place in the next roster: the one it has, or a new one, on the same loop where it has one. */
static enum rc place(struct change *c, const struct config_channel *conf, struct err *e)
{
    struct engine *en = c->engine;
    struct slot *old = roster_slot(c->before, conf->name);
    if (is_same(old, conf)) {
        roster_add(c->after, slot_ref(old));
        return RC_OK;
    }
    struct shard *shard = old ? ZS_CONTAINER(old->home, struct shard, home) : engine_next_shard(en);
    enum rc rc = engine_add_slot(en, c->after, conf, shard, e);
    if (rc == RC_OK)
        roster_add(c->coming, slot_ref(c->after->slots[c->after->n - 1]));
    return rc;
}

static void find_leaving(struct change *c)
{
    for (size_t i = 0; i < c->before->n; i++) {
        struct slot *s = c->before->slots[i];
        if (roster_slot(c->after, channel_conf(s->channel)->name) != s)
            roster_add(c->leaving, slot_ref(s));
    }
}

static enum rc plan(struct change *c, struct err *e)
{
    const struct config *next = c->next;
    enum rc rc = roster_new(next->n_channels, &c->after, e);
    if (rc == RC_OK)
        rc = roster_new(next->n_channels, &c->coming, e);
    if (rc == RC_OK)
        rc = roster_new(c->before->n, &c->leaving, e);
    for (size_t i = 0; rc == RC_OK && i < next->n_channels; i++)
        if (next->channels[i]->enabled)
            rc = place(c, next->channels[i], e);
    if (rc != RC_OK)
        return rc;
    roster_sort(c->after);
    find_leaving(c);
    return RC_OK;
}

/* How many channels each loop has in a roster, for dealing out. */
static void count_channels(struct engine *en, const struct roster *r)
{
    for (size_t i = 0; i < en->n_shards; i++)
        en->shards[i].n_channels = 0;
    for (size_t i = 0; i < r->n; i++)
        ZS_CONTAINER(r->slots[i]->home, struct shard, home)->n_channels++;
}

/* ---- the end ------------------------------------------------------------------------------ */

static void finish(struct change *c)
{
    struct engine *en = c->engine;
    void (*done)(void *ctx) = c->done;
    void *ctx = c->ctx;
    count_channels(en, en->roster);
    en->change = NULL;
    change_free(c);
    done(ctx); /* it may begin the next one */
    if (en->stopping)
        engine_stop_shards(en);
}

/* ---- orphans ------------------------------------------------------------------------------ */

static bool serves(const struct roster *r, struct str lane)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct config_channel *conf = channel_conf(r->slots[i]->channel);
        if (!str_starts(lane, conf->name)) /* a lane's name begins with its channel's */
            continue;
        for (size_t j = 0; j < conf->n_dests; j++)
            if (str_eqz(lane, conf->dests[j].lane))
                return true;
    }
    return false;
}

/* Pool's thread. The rosters do not change any more. */
static void name_orphans(struct pool_work *w)
{
    struct change *c = ZS_CONTAINER(w, struct change, orphans);
    const struct engine *en = c->engine;
    struct store_lane *lanes = NULL;
    size_t n = 0;
    struct err e;
    struct arena *a = arena_new("lanes", 0, (size_t)64 * 1024 * 1024);
    enum rc rc = a ? store_lanes(en->conf.store, a, &lanes, &n, &e)
                   : err_set(&e, RC_NOMEM, "FLOW-001", "no memory to read what is queued");
    if (rc != RC_OK)
        log_event(en->conf.log, EV_LANE_UNCOUNTED, F_ERR(&e));
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        const char *name = arena_z(a, lanes[i].lane);
        if (name && serves(c->leaving, lanes[i].lane) && !serves(c->after, lanes[i].lane))
            log_event(en->conf.log, EV_LANE_ORPHANED, F_NAME("lane", name),
                      F_U64("open", lanes[i].n_open));
    }
    arena_free(&a);
}

static void orphans_named(struct pool_work *w, enum rc rc)
{
    (void)rc; /* cancelled: the engine stops, and looks for them when it starts */
    finish(ZS_CONTAINER(w, struct change, orphans));
}

static void look_for_orphans(struct change *c)
{
    struct engine *en = c->engine;
    struct err e;
    c->orphans.run = name_orphans;
    c->orphans.done = orphans_named;
    if (c->leaving->n == 0 || en->stopping) {
        finish(c);
    } else if (pool_submit(en->pool, engine_loop(en), &c->orphans, &e) != RC_OK) {
        log_event(en->conf.log, EV_LANE_UNCOUNTED, F_ERR(&e));
        finish(c);
    }
}

/* ---- draining and starting ---------------------------------------------------------------- */

/* One more slot is where it should be; after the last of them, next. */
static void came_back(struct slot *s, void (*next)(struct change *c))
{
    struct change *c = s->ctx;
    ZS_ASSERT(c->waiting > 0);
    if (--c->waiting == 0)
        next(c);
}

static void started(struct loop_post *p)
{
    came_back(ZS_CONTAINER(p, struct slot, post), look_for_orphans);
}

/* On the slot's loop. */
static void start_slot(struct loop_post *p)
{
    struct slot *s = ZS_CONTAINER(p, struct slot, post);
    struct change *c = s->ctx;
    slot_start(s);
    s->post.fn = started;
    loop_post(engine_loop(c->engine), &s->post);
}

/* Send every slot of r to its loop, where fn runs; without any, next. */
static void send_out(struct change *c, struct roster *r, void (*fn)(struct loop_post *p),
                     void (*next)(struct change *c))
{
    c->waiting = r->n;
    for (size_t i = 0; i < r->n; i++) {
        struct slot *s = r->slots[i];
        s->ctx = c;
        s->post.fn = fn;
        loop_post(s->home->loop, &s->post);
    }
    if (r->n == 0)
        next(c);
}

/* From here on the next configuration is the one in force. */
static void exchange(struct change *c)
{
    struct engine *en = c->engine;
    struct config *old = NULL;
    mutex_lock(&en->lock);
    for (size_t i = 0; i < c->coming->n; i++) {
        struct slot *s = c->coming->slots[i];
        const struct slot *was = roster_slot(c->before, channel_conf(s->channel)->name);
        atomic_store(&s->want_paused, was && atomic_load(&was->want_paused));
    }
    old = en->config;
    en->config = c->next;
    en->roster = c->after;
    mutex_unlock(&en->lock);
    atomic_store(&en->config_version, c->config_version);
    c->next = old;
    c->after = roster_ref(c->after);
    /* c->before was the engine's and ours; ours goes with the change */
    struct roster *before = c->before;
    roster_unref(&before);
}

static void start_coming(struct change *c)
{
    if (c->engine->stopping) { /* the next start reads the next configuration */
        finish(c);
        return;
    }
    exchange(c);
    send_out(c, c->coming, start_slot, look_for_orphans);
}

static void drained(struct loop_post *p)
{
    came_back(ZS_CONTAINER(p, struct slot, post), start_coming);
}

/* On the slot's loop. */
static void is_retired(struct slot *s)
{
    struct change *c = s->ctx;
    s->post.fn = drained;
    loop_post(engine_loop(c->engine), &s->post);
}

static uint32_t patience_ms(const struct config_channel *conf)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < conf->n_dests; i++)
        if (conf->dests[i].endpoint->timeout_ms > longest)
            longest = conf->dests[i].endpoint->timeout_ms;
    return longest < PATIENCE_MAX ? (uint32_t)longest + MARGIN_MS : PATIENCE_MAX;
}

static void drain_slot(struct loop_post *p)
{
    struct slot *s = ZS_CONTAINER(p, struct slot, post);
    slot_retire(s, patience_ms(channel_conf(s->channel)), is_retired);
}

static void begin(struct loop_post *p)
{
    struct change *c = ZS_CONTAINER(p, struct change, post);
    if (c->engine->stopping) { /* all channels stop anyway, and sooner */
        finish(c);
        return;
    }
    send_out(c, c->leaving, drain_slot, start_coming);
}

/* On a loop. */
static void hurry_shard(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, hurry_post);
    struct list *live = &s->home.live;
    for (struct list_node *n = list_first(live); n; n = list_next(live, n))
        channel_hurry(ZS_CONTAINER(n, struct slot, node)->channel, s->limit_ms);
}

void change_hurry(struct change *c, uint32_t limit_ms)
{
    struct engine *en = c->engine;
    for (size_t i = 0; i < en->n_shards; i++) {
        en->shards[i].limit_ms = limit_ms;
        en->shards[i].hurry_post.fn = hurry_shard;
        loop_post(en->shards[i].home.loop, &en->shards[i].hurry_post);
    }
}

enum rc engine_apply(struct engine *en, const struct engine_change *change, struct err *e)
{
    ZS_ASSERT(loop_is_current(engine_loop(en)) && !en->change);
    if (en->stopping)
        return err_set(e, RC_STATE, "FLOW-012", "the engine is stopping");
    struct change *c = mem_new(struct change);
    if (!c)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a change of configuration");
    c->engine = en;
    c->next = config_ref(change->next);
    c->config_version = change->config_version;
    c->done = change->done;
    c->ctx = change->ctx;
    c->before = roster_ref(en->roster);
    c->post.fn = begin;
    enum rc rc = plan(c, e);
    if (rc != RC_OK) {
        change_free(c);
        count_channels(en, en->roster);
        return rc;
    }
    en->change = c;
    loop_post(engine_loop(en), &c->post);
    return RC_OK;
}
