/*
 * The engine over the in-memory store: several loops and channels, what an earlier run left, and
 * orders from other threads. Sources and destinations are scripted; what tests and loops share is
 * atomic or behind a lock.
 */
#include "flow/engine.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "store/mem/mem.h"
#include "tests/lib/t.h"

#include <time.h>

#define LIMIT_MS    20000
#define SOURCES_MAX 8

struct world {
    struct arena *arena;
    struct mem_image *image;
    struct store *store;
    struct config *config;
    struct err_list found;
    struct log *log;
    struct engine *engine;
    atomic_bool peers_down; /* destinations cannot be reached */
    atomic_size_t n_sent, n_accepted, n_orphans, n_failed;
};

static struct world *here; /* the one under test: the vtable has no context of its own */

/* ---- sources and destinations -----------------------------------------------------------------
 */

struct src_conf {
    struct str listen;
};
static const struct opt_def src_defs[] = { { .name = "listen",
                                             .kind = OPT_STR,
                                             .flags = OPT_REQUIRED,
                                             .at = offsetof(struct src_conf, listen),
                                             .doc = "Where." } };
static const struct opt_table src_opts = OPT_TABLE("fake", struct src_conf, src_defs, "Fake.");

/* A source that takes N_EACH messages as soon as it may read, on its own loop. */
#define N_EACH 20

struct src {
    struct conn_source *source;
    struct loop_timer timer;
    size_t n_given, n_settled;
    bool paused, draining;
};

static void src_give(struct loop_timer *t)
{
    struct src *s = ZS_CONTAINER(t, struct src, timer);
    if (s->paused || s->draining || s->n_given == N_EACH)
        return;
    struct arena *a = arena_new("intake", 0, 1u << 20);
    struct intake *in = arena_make(a, struct intake, 1);
    T_TRUE(in != NULL);
    *in = (struct intake){ .source = s->source, .arena = a, .body = STR("{}") };
    s->n_given++;
    loop_timer_start(s->source->host->loop, &s->timer, 0, src_give);
    s->source->intake(s->source, in);
}

static enum rc src_open(struct conn_source *s, struct err *e)
{
    const struct src_conf *conf = s->conf;
    if (str_eqz(conf->listen, "http://deaf"))
        return err_set(e, RC_IO, "NET-001", "scripted: the address is in use");
    struct src *src = mem_new(struct src);
    T_TRUE(src != NULL);
    src->source = s;
    s->inst = src;
    return RC_OK;
}

static void src_start(struct conn_source *s)
{
    const struct src_conf *conf = s->conf;
    struct src *src = s->inst;
    T_TRUE(loop_is_current(s->host->loop));
    if (!str_eqz(conf->listen, "http://quiet"))
        loop_timer_start(s->host->loop, &src->timer, 0, src_give);
}

static void src_pause(struct conn_source *s, bool paused)
{
    struct src *src = s->inst;
    T_TRUE(loop_is_current(s->host->loop));
    src->paused = paused;
    if (!paused)
        loop_timer_start(s->host->loop, &src->timer, 0, src_give);
}

static void src_try_drained(struct src *src)
{
    if (!src->draining || src->n_settled < src->n_given)
        return;
    src->draining = false;
    src->paused = true;
    src->source->drained(src->source);
}

static void src_drain(struct conn_source *s)
{
    struct src *src = s->inst;
    src->draining = true;
    src_try_drained(src);
}

static void src_close(struct conn_source *s)
{
    struct src *src = s->inst;
    loop_timer_stop(&src->timer);
    mem_free(src);
}

static void src_settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    struct src *src = s->inst;
    (void)in;
    T_TRUE(loop_is_current(s->host->loop));
    src->n_settled++;
    if (a->kind == ANSWER_ACCEPTED)
        atomic_fetch_add(&here->n_accepted, 1);
    src_try_drained(src);
}

static void src_address(const struct conn_source *s, char *out, size_t size)
{
    (void)snprintf(out, size, "fake://%s", s->name); /* fits */
}

static enum rc dst_open(struct conn_dest *d, struct err *e)
{
    (void)d, (void)e;
    return RC_OK;
}

static void dst_send(struct conn_dest *dest, struct delivery *d)
{
    struct verdict v = { .rc = RC_OK, .answered = true };
    T_TRUE(loop_is_current(dest->host->loop));
    if (atomic_load(&here->peers_down)) {
        v = (struct verdict){ .rc = RC_IO, .fate = FATE_RETRY };
        (void)err_set(&v.err, RC_IO, "NET-001", "scripted");
    } else {
        atomic_fetch_add(&here->n_sent, 1);
    }
    d->done(d, &v);
}

static void dst_cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest, (void)d;
}

static void dst_drain(struct conn_dest *d)
{
    d->drained(d);
}

static void dst_close(struct conn_dest *d)
{
    (void)d;
}

static const struct conn_type fake = { .name = "fake",
                                       .caps = CONN_RECEIVES | CONN_SENDS,
                                       .recv_opts = &src_opts,
                                       .recv_open = src_open,
                                       .recv_start = src_start,
                                       .recv_pause = src_pause,
                                       .recv_drain = src_drain,
                                       .recv_close = src_close,
                                       .recv_address = src_address,
                                       .settled = src_settled,
                                       .send_open = dst_open,
                                       .send = dst_send,
                                       .cancel = dst_cancel,
                                       .send_drain = dst_drain,
                                       .send_close = dst_close };

static const struct conn_type *connector(struct str scheme)
{
    (void)scheme;
    return &fake;
}

/* ---- the world ----------------------------------------------------------------------------------
 */

#define LAB                                                                                        \
    "integration: lab\ntype: rest_api\nendpoints: [ { name: a, method: POST, url: \"http://h\" } " \
    "]\n"
#define CHANNEL(name, where)                                                                       \
    "---\nchannel: " name "\nsource: { type: rest_api, listen: \"http://" where "\" }\n"           \
    "destinations: [ { to: lab/a, backoff: { first: 1ms, max: 2ms } } ]\n"

static void store_says(void *ctx, const struct err *e)
{
    (void)ctx;
    T_FAIL("the store complains: %s", e->text);
}

static void note(void *ctx, const struct log_record *r)
{
    struct world *w = ctx;
    if (r->ev == EV_LANE_ORPHANED)
        atomic_fetch_add(&w->n_orphans, 1);
    if (r->ev == EV_CHANNEL_FAILED)
        atomic_fetch_add(&w->n_failed, 1);
}

static struct world *world_new(void)
{
    struct store_host sh = { .clock = clock_real(), .fatal = store_says, .notice = store_says };
    struct world *w = mem_new(struct world);
    struct err e;
    T_TRUE(w != NULL);
    here = w;
    struct log_conf lc = {
        .form = LOG_JSON, .level = LOG_DEBUG, .clock = clock_real(), .write = note, .ctx = w
    };
    w->arena = arena_new("world", 0, (size_t)16 << 20);
    w->image = mem_image_new();
    T_TRUE(w->arena && w->image);
    T_OK(log_new(&lc, &w->log, &e), &e);
    T_OK(mem_store_open(w->image, 0, &sh, &w->store, &e), &e);
    return w;
}

static void load(struct world *w, const char *text)
{
    static const struct config_env env = { .connector = connector, .resolve = true };
    struct err e;
    err_list_init(&w->found, w->arena, 10);
    const struct config_text doc = { .text = str_z(text), .label = "c.yaml", .dir = "." };
    const struct config_sources src = { .texts = &doc, .n_texts = 1 };
    enum rc rc = config_load(&src, &env, &w->config, &w->found, &e);
    if (rc == RC_VALUE && w->found.n > 0)
        T_FAIL("configuration: %.*s", STR_ARG(w->found.v[0].text));
    T_OK(rc, &e);
}

static struct engine_conf conf_of(struct world *w, unsigned n_loops)
{
    return (struct engine_conf){ .config = w->config,
                                 .store = w->store,
                                 .log = w->log,
                                 .clock = clock_real(),
                                 .random = random_real(),
                                 .n_loops = n_loops };
}

static void engine_up(struct world *w, const char *text, unsigned n_loops)
{
    struct err e;
    load(w, text);
    struct engine_conf conf = conf_of(w, n_loops);
    T_OK(engine_new(&conf, &w->engine, &e), &e);
    T_OK(engine_start(w->engine, &e), &e);
}

static void engine_down(struct world *w)
{
    engine_stop(w->engine, 1000);
    engine_stop(w->engine, 1000); /* twice is once */
    engine_free(&w->engine);
    config_unref(&w->config);
}

static void world_free(struct world *w)
{
    if (w->engine)
        engine_down(w);
    store_close(&w->store);
    mem_image_free(&w->image);
    log_free(&w->log);
    arena_free(&w->arena);
    mem_free(w);
}

static void wait_for(const atomic_size_t *n, size_t want)
{
    static const struct timespec pause = { .tv_nsec = 1000000 };
    for (int ms = 0; ms < LIMIT_MS && atomic_load(n) < want; ms++)
        (void)nanosleep(&pause, NULL); /* cut short is no matter */
    T_EQ_SIZE(atomic_load(n), want);
}

static enum channel_state state_of(struct world *w, const char *name)
{
    struct roster *r = engine_roster(w->engine);
    struct channel *c = roster_find(r, str_z(name));
    T_TRUE(c != NULL);
    enum channel_state state = (enum channel_state)atomic_load(&channel_figures(c)->state);
    roster_unref(&r);
    return state;
}

static void wait_for_state(struct world *w, const char *name, enum channel_state want)
{
    static const struct timespec pause = { .tv_nsec = 1000000 };
    for (int ms = 0; ms < LIMIT_MS && state_of(w, name) != want; ms++)
        (void)nanosleep(&pause, NULL); /* as above */
    T_EQ_INT(state_of(w, name), want);
}

/* ---- tests
 * --------------------------------------------------------------------------------------- */

static void channels_on_several_loops_start_work_and_stop(void **state)
{
    (void)state;
    static const unsigned loops[] = { 1, 2, 3, 7 }; /* more loops than channels, too */
    for (size_t i = 0; i < ZS_COUNT(loops); i++) {
        struct world *w = world_new();
        engine_up(w,
                  LAB CHANNEL("c0", "x") CHANNEL("c1", "x") CHANNEL("c2", "x") CHANNEL("c3", "x"),
                  loops[i]);
        struct roster *r = engine_roster(w->engine);
        T_EQ_SIZE(roster_n(r), 4);
        T_EQ_INT(state_of(w, "c3"), CHANNEL_RUNNING);
        T_EQ_Z(channel_figures(roster_channel(r, 2))->address, "fake://c2");
        roster_unref(&r);
        wait_for(&w->n_sent, (size_t)4 * N_EACH);
        T_EQ_SIZE(atomic_load(&w->n_accepted), (size_t)4 * N_EACH);
        world_free(w);
    }
}

/* Stopped with everything under way: what was accepted is in the store, and nothing else. */
static void a_stop_in_full_swing_loses_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct world *w = world_new();
        struct store_stats stats;
        engine_up(w, LAB CHANNEL("c0", "x") CHANNEL("c1", "x"), 2);
        engine_down(w);
        store_stats(w->store, &stats);
        T_EQ_SIZE(stats.n_messages, atomic_load(&w->n_accepted));
        world_free(w);
    }
}

static size_t n_open(struct world *w, const char *lane)
{
    struct store_lane *lanes = NULL;
    size_t n = 0;
    struct err e;
    T_OK(store_lanes(w->store, w->arena, &lanes, &n, &e), &e);
    for (size_t i = 0; i < n; i++)
        if (str_eqz(lanes[i].lane, lane))
            return lanes[i].n_open;
    return 0;
}

static void a_start_takes_up_what_is_open_and_names_what_nobody_will(void **state)
{
    (void)state;
    struct store_host sh = { .clock = clock_real(), .fatal = store_says, .notice = store_says };
    struct world *w = world_new();
    struct err e;
    atomic_store(&w->peers_down, true);
    engine_up(w, LAB CHANNEL("c0", "x") CHANNEL("gone", "x"), 2);
    wait_for(&w->n_accepted, (size_t)2 * N_EACH);
    engine_down(w);
    T_EQ_SIZE(n_open(w, "c0/lab/a"), N_EACH);
    T_EQ_SIZE(atomic_load(&w->n_orphans), 0);
    store_close(&w->store);
    T_OK(mem_store_open(w->image, 0, &sh, &w->store, &e), &e);
    atomic_store(&w->peers_down, false);
    engine_up(w, LAB CHANNEL("c0", "quiet"), 2);
    T_EQ_SIZE(atomic_load(&w->n_orphans), 1);
    wait_for(&w->n_sent, N_EACH);
    engine_down(w);
    T_EQ_SIZE(n_open(w, "c0/lab/a"), 0);
    T_EQ_SIZE(n_open(w, "gone/lab/a"), N_EACH);
    world_free(w);
}

static void a_source_that_cannot_listen_fails_alone(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct err e;
    engine_up(w, LAB CHANNEL("c0", "deaf") CHANNEL("c1", "x"), 1);
    T_EQ_INT(state_of(w, "c0"), CHANNEL_FAILED);
    T_EQ_INT(state_of(w, "c1"), CHANNEL_RUNNING);
    T_EQ_SIZE(atomic_load(&w->n_failed), 1);
    T_EQ_INT(engine_pause(w->engine, STR("c0"), true, &e), RC_STATE);
    T_EQ_Z(e.id, "FLOW-011");
    wait_for(&w->n_sent, N_EACH);
    world_free(w);
}

static void a_channel_that_is_not_enabled_is_not_there(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct err e;
    engine_up(w, LAB CHANNEL("c0", "x") "enabled: false\n" CHANNEL("c1", "quiet"), 1);
    struct roster *r = engine_roster(w->engine);
    T_EQ_SIZE(roster_n(r), 1);
    roster_unref(&r);
    T_EQ_INT(engine_pause(w->engine, STR("c0"), true, &e), RC_MISSING);
    T_EQ_Z(e.id, "FLOW-010");
    world_free(w);
}

struct toggler {
    struct thread thread;
    struct world *w;
};

static void toggle(void *ctx)
{
    struct toggler *t = ctx;
    struct err e;
    for (int i = 0; i < 200; i++)
        T_OK(engine_pause(t->w->engine, STR("c0"), i % 2 == 0, &e), &e);
}

static void pause_comes_from_any_thread(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct toggler t[2] = { 0 };
    struct err e;
    engine_up(w, LAB CHANNEL("c0", "x") CHANNEL("c1", "x"), 2);
    for (size_t i = 0; i < 2; i++) {
        t[i].w = w;
        T_OK(thread_start(&t[i].thread, "toggle", toggle, &t[i], &e), &e);
    }
    for (size_t i = 0; i < 2; i++)
        thread_join(&t[i].thread);
    T_OK(engine_pause(w->engine, STR("c0"), true, &e), &e);
    wait_for_state(w, "c0", CHANNEL_PAUSED);
    T_EQ_INT(state_of(w, "c1"), CHANNEL_RUNNING);
    T_OK(engine_pause(w->engine, STR("c0"), false, &e), &e);
    wait_for_state(w, "c0", CHANNEL_RUNNING);
    wait_for(&w->n_sent, (size_t)2 * N_EACH);
    T_OK(engine_pause(w->engine, STR("c0"), true, &e), &e); /* under way when it stops */
    world_free(w);
}

static void making_an_engine_without_memory_leaves_nothing(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct err e;
    load(w, LAB CHANNEL("c0", "quiet") CHANNEL("c1", "quiet"));
    struct engine_conf conf = conf_of(w, 2);
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc != RC_OK; k++) {
        mem_fail_at(k);
        rc = engine_new(&conf, &w->engine, &e);
        mem_fail_at(0);
        if (rc != RC_OK)
            T_EQ_INT(rc, RC_NOMEM);
    }
    mem_fail_at(1); /* what finds the backlog */
    T_EQ_INT(engine_start(w->engine, &e), RC_NOMEM);
    mem_fail_at(0);
    engine_free(&w->engine);
    config_unref(&w->config);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(channels_on_several_loops_start_work_and_stop),
        T_TEST(a_stop_in_full_swing_loses_nothing),
        T_TEST(a_start_takes_up_what_is_open_and_names_what_nobody_will),
        T_TEST(a_source_that_cannot_listen_fails_alone),
        T_TEST(a_channel_that_is_not_enabled_is_not_there),
        T_TEST(pause_comes_from_any_thread),
        T_TEST(making_an_engine_without_memory_leaves_nothing),
    };
    return T_RUN(tests);
}
