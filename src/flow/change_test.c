/*
 * Another configuration while messages flow: what stays untouched, what is drained and replaced,
 * and that order, coverage and every accepted message survive it. Sources number what they give;
 * destinations check the numbers.
 */
#include "flow/engine.h"

#include "base/alloc.h"
#include "base/num.h"
#include "base/thread.h"
#include "store/mem/mem.h"
#include "tests/lib/t.h"

#include <time.h>

#define LIMIT_MS     20000
#define CHANNELS_MAX 4
#define BODY_MAX     64

/* What the world knows of one channel by its name ("c0" …), whatever becomes of the channel. */
struct tally {
    atomic_size_t n_given;    /* the number of the last message its sources gave */
    atomic_size_t n_accepted; /* of those */
    atomic_size_t n_arrived;  /* different ones, at any destination */
    atomic_size_t last;       /* the newest that arrived; they come in order */
    atomic_size_t n_repeats;  /* that came after a newer one or once more */
    atomic_size_t n_opened;   /* sources */
    bool quiet;               /* its sources give nothing; guarded by the world's lock */
};

struct world {
    struct arena *arena;
    struct mem_image *image;
    struct store *store;
    struct config *config; /* ours of the newest */
    struct log *log;
    struct engine *engine;
    struct tally tally[CHANNELS_MAX];
    struct mutex lock; /* guards the next one and `quiet` */
    bool bound[10];    /* http://0 … http://9 */
    atomic_size_t n_done, n_orphans, n_failed, n_dead_sent, n_cut;
};

static struct world *here; /* the one under test: the vtable has no context of its own */

static size_t number_of(const char *name)
{
    T_TRUE(name[0] == 'c' && name[1] >= '0' && name[1] < '0' + CHANNELS_MAX);
    return (size_t)(name[1] - '0');
}

/* ---- sources ------------------------------------------------------------------------------- */

struct src_conf {
    struct str listen; /* http://0 … http://9 */
};
static const struct opt_def src_defs[] = { { .name = "listen",
                                             .kind = OPT_STR,
                                             .flags = OPT_REQUIRED,
                                             .at = offsetof(struct src_conf, listen),
                                             .doc = "Where." } };
static const struct opt_table src_opts = OPT_TABLE("fake", struct src_conf, src_defs, "Fake.");

/* A source that gives a message whenever it may, one at a time. */
struct src {
    struct conn_source *source;
    struct loop_timer timer;
    struct tally *tally;
    size_t address;
    size_t n_open; /* given, not settled */
    bool paused, draining, done;
};

/* 0: nothing more is given. */
static size_t next_number(struct tally *t)
{
    LOCK_SCOPE(guard, &here->lock);
    return t->quiet ? 0 : atomic_fetch_add(&t->n_given, 1) + 1;
}

static void src_give(struct loop_timer *t)
{
    struct src *s = ZS_CONTAINER(t, struct src, timer);
    if (s->paused || s->draining || s->done || s->n_open > 0)
        return;
    loop_timer_start(s->source->host->loop, &s->timer, 1, src_give);
    size_t n = next_number(s->tally);
    if (n == 0)
        return;
    struct arena *a = arena_new("intake", 0, 1u << 20);
    struct intake *in = arena_make(a, struct intake, 1);
    char *body = arena_zero(a, BODY_MAX);
    T_TRUE(in && body);
    int len = snprintf(body, BODY_MAX, "{\"from\":\"%s\",\"n\":%zu}", s->source->name, n);
    *in = (struct intake){ .source = s->source,
                           .arena = a,
                           .body = str_of(body, (size_t)len),
                           .content_type = STR("application/json"),
                           .at_ms = clock_now_ms(clock_real()) };
    s->n_open++;
    s->source->intake(s->source, in);
}

static enum rc src_open(struct conn_source *s, struct err *e)
{
    const struct src_conf *conf = s->conf;
    size_t address = (size_t)(conf->listen.p[conf->listen.n - 1] - '0');
    LOCK_SCOPE(guard, &here->lock);
    if (here->bound[address])
        return err_set(e, RC_IO, "NET-001", "scripted: the address is in use");
    struct src *src = mem_new(struct src);
    T_TRUE(src != NULL);
    here->bound[address] = true;
    src->source = s;
    src->address = address;
    src->tally = &here->tally[number_of(s->name)];
    atomic_fetch_add(&src->tally->n_opened, 1);
    s->inst = src;
    return RC_OK;
}

static void src_start(struct conn_source *s)
{
    struct src *src = s->inst;
    T_TRUE(loop_is_current(s->host->loop));
    loop_timer_start(s->host->loop, &src->timer, 0, src_give);
}

static void src_pause(struct conn_source *s, bool paused)
{
    struct src *src = s->inst;
    src->paused = paused;
    if (!paused)
        loop_timer_start(s->host->loop, &src->timer, 0, src_give);
}

static void src_try_drained(struct src *src)
{
    if (!src->draining || src->n_open > 0)
        return;
    src->draining = false;
    src->done = true;
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
    LOCK_SCOPE(guard, &here->lock);
    here->bound[src->address] = false;
    loop_timer_stop(&src->timer);
    mem_free(src);
}

static void src_settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    struct src *src = s->inst;
    (void)in;
    src->n_open--;
    T_EQ_INT(a->kind, ANSWER_ACCEPTED);
    atomic_fetch_add(&src->tally->n_accepted, 1);
    if (!src->draining)
        loop_timer_start(s->host->loop, &src->timer, 0, src_give);
    src_try_drained(src);
}

static void src_address(const struct conn_source *s, char *out, size_t size)
{
    const struct src *src = s->inst;
    (void)snprintf(out, size, "fake://%zu", src->address); /* fits */
}

/* ---- destinations: http://ok takes all, http://down nothing, http://slow later --------------- */

struct dst {
    struct conn_dest *dest;
    struct delivery *held; /* answered by the timer, or cut off by the close */
    struct loop_timer timer;
    unsigned n; /* sends so far, for what a slow one does */
    bool draining;
};

static enum rc dst_open(struct conn_dest *d, struct err *e)
{
    struct dst *dst = mem_new(struct dst);
    if (!dst)
        return err_set(e, RC_NOMEM, "BASE-002", "scripted");
    dst->dest = d;
    d->inst = dst;
    return RC_OK;
}

/* Note it as arrived; what comes once more, or behind a newer one, is noted as that. */
static void arrive(struct str body)
{
    static const struct str key = { "\"n\":", 4 };
    struct tally *t = &here->tally[(size_t)(body.p[10] - '0')]; /* {"from":"cN","n":M} */
    struct err e;
    uint64_t n = 0;
    size_t at = str_find(body, key, 0) + key.n;
    T_OK(num_u64(str_sub(body, at, body.n - 1 - at), 1, UINT64_MAX, &n, &e), &e);
    if (n <= atomic_load(&t->last)) {
        atomic_fetch_add(&t->n_repeats, 1);
        return;
    }
    T_TRUE(n == atomic_load(&t->last) + 1); /* none is passed by another */
    atomic_store(&t->last, n);
    atomic_fetch_add(&t->n_arrived, 1);
}

static void try_drained(struct dst *dst)
{
    if (!dst->draining || dst->held)
        return;
    dst->draining = false;
    dst->dest->drained(dst->dest);
}

static void say(struct delivery *d, enum rc rc, enum fate fate)
{
    struct verdict v = { .rc = rc, .fate = fate, .answered = rc == RC_OK };
    if (rc != RC_OK)
        (void)err_set(&v.err, rc, "NET-001", "scripted");
    d->done(d, &v);
}

/* A slow one answers every third attempt with "not taken", and takes the others. */
static void dst_later(struct loop_timer *t)
{
    struct dst *dst = ZS_CONTAINER(t, struct dst, timer);
    struct delivery *d = dst->held;
    dst->held = NULL;
    if (dst->n % 3 == 0) {
        say(d, RC_IO, FATE_RETRY);
    } else {
        arrive(d->body);
        say(d, RC_OK, FATE_NONE);
    }
    try_drained(dst);
}

static void dst_send(struct conn_dest *dest, struct delivery *d)
{
    struct dst *dst = dest->inst;
    struct str host = str_sub(dest->ep->url, 7, dest->ep->url.n - 7);
    T_TRUE(loop_is_current(dest->host->loop) && !dst->held);
    dst->n++;
    if (str_eqz(host, "down")) {
        atomic_fetch_add(&here->n_dead_sent, 1);
        say(d, RC_IO, FATE_RETRY);
    } else if (str_eqz(host, "slow")) {
        dst->held = d;
        loop_timer_start(dest->host->loop, &dst->timer, dst->n % 2, dst_later);
    } else if (str_eqz(host, "never")) {
        dst->held = d;
        atomic_fetch_add(&here->n_cut, 1);
    } else {
        arrive(d->body);
        say(d, RC_OK, FATE_NONE);
    }
}

static void dst_cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest, (void)d;
}

static void dst_drain(struct conn_dest *d)
{
    struct dst *dst = d->inst;
    dst->draining = true;
    try_drained(dst);
}

/* What is in flight was received, but nobody heard of it. */
static void dst_close(struct conn_dest *d)
{
    struct dst *dst = d->inst;
    struct delivery *held = dst->held;
    loop_timer_stop(&dst->timer);
    dst->held = NULL;
    if (held) {
        arrive(held->body);
        say(held, RC_STATE, FATE_UNCERTAIN);
    }
    mem_free(dst);
    d->inst = NULL;
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

/* ---- the world ------------------------------------------------------------------------------ */

#define INTEGRATION(name, host)                                                                    \
    "---\nintegration: " name "\ntype: rest_api\n"                                                 \
    "endpoints: [ { name: a, method: POST, url: \"http://" host "\", timeout: 1000 } ]\n"
#define CHANNEL_WITH(name, at, to, more)                                                           \
    "---\nchannel: " name "\nsource: { type: rest_api, listen: \"http://" at "\" }\n"              \
    "destinations: [ { to: " to "/a, backoff: { first: 1ms, max: 2ms }" more " } ]\n"
#define CHANNEL(name, at, to) CHANNEL_WITH(name, at, to, "")

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

/* The snapshot of a text, taking over what is the same in the one before. */
static struct config *load(struct world *w, const char *text, struct config *previous)
{
    static const struct config_env env = { .connector = connector, .resolve = true };
    const struct config_text one = { .text = str_z(text), .label = "c.yaml" };
    const struct config_sources src = { .texts = &one, .n_texts = 1, .previous = previous };
    struct err_list found;
    struct config *c = NULL;
    struct err e;
    err_list_init(&found, w->arena, 10);
    enum rc rc = config_load(&src, &env, &c, &found, &e);
    if (rc == RC_VALUE && found.n > 0)
        T_FAIL("configuration: %.*s", STR_ARG(found.v[0].text));
    T_OK(rc, &e);
    return c;
}

static struct world *world_up(const char *text)
{
    struct store_host sh = { .clock = clock_real(), .fatal = store_says, .notice = store_says };
    struct world *w = mem_new(struct world);
    struct err e;
    T_TRUE(w != NULL);
    here = w;
    struct log_conf lc = {
        .form = LOG_JSON, .level = LOG_DEBUG, .clock = clock_real(), .write = note, .ctx = w
    };
    mutex_init(&w->lock, "test", 999);
    w->arena = arena_new("world", 0, (size_t)64 << 20);
    w->image = mem_image_new();
    T_TRUE(w->arena && w->image);
    T_OK(log_new(&lc, &w->log, &e), &e);
    T_OK(mem_store_open(w->image, 0, &sh, &w->store, &e), &e);
    w->config = load(w, text, NULL);
    struct engine_conf conf = { .config = w->config,
                                .store = w->store,
                                .log = w->log,
                                .clock = clock_real(),
                                .random = random_real(),
                                .config_version = 1,
                                .n_loops = 2 };
    T_OK(engine_new(&conf, &w->engine, &e), &e);
    T_OK(engine_start(w->engine, &e), &e);
    return w;
}

static void engine_down(struct world *w, uint32_t limit_ms)
{
    engine_stop(w->engine, limit_ms);
    engine_free(&w->engine);
    config_unref(&w->config);
}

static void world_free(struct world *w)
{
    if (w->engine)
        engine_down(w, 2000);
    store_close(&w->store);
    mem_image_free(&w->image);
    log_free(&w->log);
    arena_free(&w->arena);
    mutex_done(&w->lock);
    mem_free(w);
}

static void a_while(void)
{
    static const struct timespec pause = { .tv_nsec = 1000000 };
    (void)nanosleep(&pause, NULL); /* cut short is no matter */
}

static void wait_for(const atomic_size_t *n, size_t want)
{
    for (int ms = 0; ms < LIMIT_MS && atomic_load(n) < want; ms++)
        a_while();
    T_TRUE(atomic_load(n) >= want);
}

/* engine_apply is loop 0's. */
struct order {
    struct loop_post post;
    struct world *w;
    struct engine_change change;
    enum rc rc;
    struct err e;
    size_t fail_at; /* the k-th allocation of it; 0: none */
    atomic_size_t taken;
};

static void change_done(void *ctx)
{
    struct world *w = ctx;
    T_TRUE(loop_is_current(engine_loop(w->engine)));
    atomic_fetch_add(&w->n_done, 1);
}

static void order_on_loop(struct loop_post *p)
{
    struct order *o = ZS_CONTAINER(p, struct order, post);
    mem_fail_at(o->fail_at);
    o->rc = engine_apply(o->w->engine, &o->change, &o->e);
    mem_fail_at(0);
    atomic_store(&o->taken, 1);
}

static enum rc order(struct world *w, struct config *next, uint64_t version, size_t fail_at,
                     struct err *e)
{
    struct order o = {
        .post.fn = order_on_loop,
        .w = w,
        .fail_at = fail_at,
        .change = { .next = next, .config_version = version, .done = change_done, .ctx = w }
    };
    loop_post(engine_loop(w->engine), &o.post);
    wait_for(&o.taken, 1);
    *e = o.e;
    return o.rc;
}

/* Apply a text and wait until it has happened. */
static void apply(struct world *w, const char *text, uint64_t version)
{
    struct config *next = load(w, text, w->config);
    size_t n = atomic_load(&w->n_done);
    struct err e;
    T_OK(order(w, next, version, 0, &e), &e);
    wait_for(&w->n_done, n + 1);
    T_EQ_SIZE(atomic_load(&w->n_done), n + 1);
    config_unref(&w->config);
    w->config = next;
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

/* Let its sources give nothing more, and what they gave arrive. */
static void quieten(struct world *w, size_t i)
{
    struct tally *t = &w->tally[i];
    mutex_lock(&w->lock);
    t->quiet = true;
    mutex_unlock(&w->lock);
    wait_for(&t->n_accepted, atomic_load(&t->n_given));
}

/* Everything that was accepted arrived, once and in order. */
static void check_all_arrived(struct world *w, size_t i)
{
    struct tally *t = &w->tally[i];
    quieten(w, i);
    wait_for(&t->n_arrived, atomic_load(&t->n_accepted));
    T_EQ_SIZE(atomic_load(&t->n_arrived), atomic_load(&t->n_accepted));
    T_EQ_SIZE(atomic_load(&t->last), atomic_load(&t->n_given));
    T_EQ_SIZE(atomic_load(&t->n_repeats), 0);
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

/* ---- tests ----------------------------------------------------------------------------------- */

static void what_did_not_change_is_not_touched(void **state)
{
    (void)state;
    struct world *w =
        world_up(INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "1", "x"));
    struct roster *before = engine_roster(w->engine);
    wait_for(&w->tally[0].n_arrived, 20);
    apply(w,
          INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "2", "x")
              CHANNEL("c2", "1", "x"),
          7);
    struct roster *after = engine_roster(w->engine);
    T_EQ_SIZE(roster_n(before), 2);
    T_EQ_SIZE(roster_n(after), 3);
    T_TRUE(roster_find(after, STR("c0")) == roster_find(before, STR("c0")));
    T_TRUE(roster_find(after, STR("c1")) != roster_find(before, STR("c1")));
    T_EQ_SIZE(atomic_load(&w->tally[0].n_opened), 1);
    T_EQ_SIZE(atomic_load(&w->tally[1].n_opened), 2);
    T_EQ_Z(channel_figures(roster_find(after, STR("c1")))->address, "fake://2");
    T_EQ_INT(state_of(w, "c1"), CHANNEL_RUNNING);
    /* the old one can still be read */
    struct channel_figures *old = channel_figures(roster_find(before, STR("c1")));
    T_EQ_INT(atomic_load(&old->state), CHANNEL_STOPPED);
    T_TRUE(atomic_load(&old->taken) > 0);
    roster_unref(&before);
    roster_unref(&after);
    for (size_t i = 0; i < 3; i++) {
        wait_for(&w->tally[i].n_arrived, 40);
        check_all_arrived(w, i);
    }
    world_free(w);
}

static void what_is_queued_goes_to_the_new_url(void **state)
{
    (void)state;
    struct world *w = world_up(INTEGRATION("x", "down") CHANNEL("c0", "0", "x"));
    wait_for(&w->tally[0].n_accepted, 700); /* more than a window holds */
    quieten(w, 0);
    T_EQ_SIZE(atomic_load(&w->tally[0].n_arrived), 0);
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "0", "x"), 2);
    check_all_arrived(w, 0);
    T_EQ_SIZE(atomic_load(&w->n_orphans), 0);
    world_free(w);
}

static void what_is_removed_stays_queued_until_it_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
    } rows[] = {
        { "removed", INTEGRATION("x", "down") },
        { "disabled", INTEGRATION("x", "down") CHANNEL("c0", "0", "x") "enabled: false\n" },
        { "another destination",
          INTEGRATION("x", "down") INTEGRATION("y", "ok") CHANNEL("c0", "0", "y") },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].label);
        struct world *w = world_up(INTEGRATION("x", "down") CHANNEL("c0", "0", "x"));
        wait_for(&w->tally[0].n_accepted, 30);
        quieten(w, 0);
        size_t n = atomic_load(&w->tally[0].n_accepted);
        apply(w, rows[i].text, 2);
        T_EQ_SIZE(atomic_load(&w->n_orphans), 1);
        size_t sent = atomic_load(&w->n_dead_sent);
        T_EQ_SIZE(n_open(w, "c0/x/a"), n);
        apply(w, rows[i].text, 3); /* said once */
        T_EQ_SIZE(atomic_load(&w->n_orphans), 1);
        T_EQ_SIZE(atomic_load(&w->n_dead_sent), sent);
        apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "0", "x"), 4);
        check_all_arrived(w, 0);
        world_free(w);
    }
}

static void addresses_may_be_exchanged_and_a_deaf_one_comes_back(void **state)
{
    (void)state;
    struct world *w =
        world_up(INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "1", "x"));
    wait_for(&w->tally[0].n_arrived, 5);
    wait_for(&w->tally[1].n_arrived, 5);
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "1", "x") CHANNEL("c1", "0", "x"), 2);
    T_EQ_SIZE(atomic_load(&w->n_failed), 0);
    /* an address that is somebody else's */
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "1", "x") CHANNEL("c1", "1", "x"), 3);
    T_EQ_SIZE(atomic_load(&w->n_failed), 1);
    T_EQ_INT(state_of(w, "c0"), CHANNEL_RUNNING);
    T_EQ_INT(state_of(w, "c1"), CHANNEL_FAILED);
    size_t n = atomic_load(&w->tally[1].n_given);
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "1", "x") CHANNEL("c1", "2", "x"), 4);
    T_EQ_INT(state_of(w, "c1"), CHANNEL_RUNNING);
    wait_for(&w->tally[1].n_given, n + 5);
    check_all_arrived(w, 0);
    check_all_arrived(w, 1);
    world_free(w);
}

static void a_paused_channel_stays_paused(void **state)
{
    (void)state;
    struct world *w =
        world_up(INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "1", "x"));
    struct err e;
    wait_for(&w->tally[0].n_arrived, 5);
    T_OK(engine_pause(w->engine, STR("c0"), true, &e), &e);
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "2", "x") CHANNEL("c1", "1", "x"), 2);
    T_EQ_INT(state_of(w, "c0"), CHANNEL_PAUSED);
    T_EQ_INT(state_of(w, "c1"), CHANNEL_RUNNING);
    /* also when it could not start in between */
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "1", "x") CHANNEL("c1", "1", "x"), 3);
    T_EQ_INT(state_of(w, "c0"), CHANNEL_FAILED);
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "3", "x") CHANNEL("c1", "1", "x"), 4);
    T_EQ_INT(state_of(w, "c0"), CHANNEL_PAUSED);
    size_t n = atomic_load(&w->tally[0].n_given);
    T_OK(engine_pause(w->engine, STR("c0"), false, &e), &e);
    wait_for(&w->tally[0].n_given, n + 5);
    check_all_arrived(w, 0);
    check_all_arrived(w, 1);
    world_free(w);
}

/* Of a channel that stayed and of one that changed. */
static void messages_name_the_configuration_they_were_taken_under(void **state)
{
    (void)state;
    struct world *w =
        world_up(INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "1", "x"));
    wait_for(&w->tally[0].n_arrived, 5);
    wait_for(&w->tally[1].n_arrived, 5);
    apply(w, INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "2", "x"), 42);
    size_t n[2] = { atomic_load(&w->tally[0].n_given), atomic_load(&w->tally[1].n_given) };
    wait_for(&w->tally[0].n_given, n[0] + 5);
    wait_for(&w->tally[1].n_given, n[1] + 5);
    check_all_arrived(w, 0);
    check_all_arrived(w, 1);
    struct store_stats stats;
    store_stats(w->store, &stats);
    uint64_t newest[2] = { 0, 0 };
    for (uint64_t seq = 1; seq <= stats.last_seq; seq++) {
        struct store_message m;
        struct err e;
        if (store_read(w->store, seq, w->arena, &m, &e) != RC_OK)
            continue; /* not a message */
        size_t i = str_eqz(m.intake.channel, "c1");
        T_TRUE(m.intake.config_version == 1 || m.intake.config_version == 42);
        T_TRUE(m.intake.config_version >= newest[i]);
        newest[i] = m.intake.config_version;
    }
    T_EQ_SIZE(newest[0], 42);
    T_EQ_SIZE(newest[1], 42);
    world_free(w);
}

/* What was in flight and is cut off is repeated only where the policy says so. */
static void what_is_cut_off_is_uncertain(void **state)
{
    (void)state;
    static const struct {
        const char *label, *before, *after;
        size_t repeats;
    } rows[] = {
        { "hold", INTEGRATION("x", "never") CHANNEL("c0", "0", "x"),
          INTEGRATION("x", "ok") CHANNEL("c0", "0", "x"), 0 },
        { "resend", INTEGRATION("x", "never") CHANNEL_WITH("c0", "0", "x", ", uncertain: resend"),
          INTEGRATION("x", "ok") CHANNEL_WITH("c0", "0", "x", ", uncertain: resend"), 1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].label);
        struct world *w = world_up(rows[i].before);
        struct tally *t = &w->tally[0];
        wait_for(&t->n_accepted, 10);
        wait_for(&w->n_cut, 1);
        quieten(w, 0);
        apply(w, rows[i].after, 2);
        if (rows[i].repeats > 0) {
            wait_for(&t->n_arrived, atomic_load(&t->n_accepted));
        } else { /* a person decides about the first; the others wait behind it */
            struct roster *r = engine_roster(w->engine);
            struct lane_figures *f = channel_lane_figures(roster_channel(r, 0), 0);
            for (int ms = 0; ms < LIMIT_MS && atomic_load(&f->state) != LANE_BLOCKED; ms++)
                a_while();
            T_EQ_INT(atomic_load(&f->state), LANE_BLOCKED);
            T_EQ_SIZE(atomic_load(&t->n_arrived), 1);
            T_EQ_SIZE(n_open(w, "c0/x/a"), atomic_load(&t->n_accepted));
            roster_unref(&r);
        }
        T_EQ_SIZE(atomic_load(&t->n_repeats), rows[i].repeats);
        world_free(w);
    }
}

static void a_change_without_memory_changes_nothing(void **state)
{
    (void)state;
    struct world *w =
        world_up(INTEGRATION("x", "ok") CHANNEL("c0", "0", "x") CHANNEL("c1", "1", "x"));
    struct config *next = load(w,
                               INTEGRATION("x", "ok") CHANNEL("c0", "0", "x")
                                   CHANNEL("c1", "2", "x") CHANNEL("c2", "1", "x"),
                               w->config);
    struct roster *before = engine_roster(w->engine);
    struct err e;
    for (size_t i = 0; i < 2; i++)
        quieten(w, i);
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc != RC_OK; k++) {
        rc = order(w, next, 2, k, &e);
        if (rc == RC_OK)
            break;
        T_EQ_INT(rc, RC_NOMEM);
        struct roster *now = engine_roster(w->engine);
        T_TRUE(now == before);
        roster_unref(&now);
        T_EQ_INT(state_of(w, "c1"), CHANNEL_RUNNING);
    }
    wait_for(&w->n_done, 1);
    struct config *in_force = engine_config(w->engine);
    T_TRUE(in_force == next);
    config_unref(&in_force);
    roster_unref(&before);
    config_unref(&w->config);
    w->config = next;
    world_free(w);
}

static void a_stop_in_the_middle_of_a_change_loses_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        struct world *w = world_up(INTEGRATION("x", "slow") INTEGRATION("y", "never")
                                       CHANNEL("c0", "0", "x") CHANNEL("c1", "1", "y"));
        struct err e;
        wait_for(&w->tally[0].n_arrived, i);
        wait_for(&w->n_cut, 1);
        struct config *next = load(w,
                                   INTEGRATION("x", "ok") INTEGRATION("y", "ok")
                                       CHANNEL("c0", "2", "x") CHANNEL("c1", "3", "y"),
                                   w->config);
        T_OK(order(w, next, 2, 0, &e), &e);
        engine_stop(w->engine, 5);
        T_EQ_SIZE(atomic_load(&w->n_done), 1);
        struct store_stats stats;
        store_stats(w->store, &stats);
        T_EQ_SIZE(stats.n_messages,
                  atomic_load(&w->tally[0].n_accepted) + atomic_load(&w->tally[1].n_accepted));
        T_EQ_SIZE(atomic_load(&w->tally[0].n_repeats), 0);
        config_unref(&next);
        world_free(w);
    }
}

/* ---- changes at random ------------------------------------------------------------------------
 */

struct reader {
    struct thread thread;
    struct world *w;
    atomic_bool stop;
    size_t n_seen;
};

/* What the API does all day. */
static void read_figures(void *ctx)
{
    struct reader *rd = ctx;
    struct err e;
    while (!atomic_load(&rd->stop)) {
        struct roster *r = engine_roster(rd->w->engine);
        for (size_t i = 0; i < roster_n(r); i++) {
            struct channel *c = roster_channel(r, i);
            struct channel_figures *f = channel_figures(c);
            if (atomic_load_explicit(&f->state, memory_order_acquire) == CHANNEL_RUNNING)
                rd->n_seen += strlen(f->address);
            for (size_t j = 0; j < channel_conf(c)->n_dests; j++)
                rd->n_seen += atomic_load(&channel_lane_figures(c, j)->delivered) > 0;
        }
        roster_unref(&r);
        struct config *c = engine_config(rd->w->engine);
        rd->n_seen += c->n_channels;
        config_unref(&c);
        enum rc rc = engine_pause(rd->w->engine, STR("c3"), rd->n_seen % 2 == 0, &e);
        T_TRUE(rc == RC_OK || rc == RC_STATE || rc == RC_MISSING);
        a_while();
    }
    T_TRUE(engine_pause(rd->w->engine, STR("c3"), false, &e) != RC_NOMEM); /* if it is there */
}

/* Channels come, go, move and change their destinations; c0 always stays. */
static const char *draw(struct world *w, struct random_fake *f, uint64_t *where)
{
    static const char *const hosts[] = { "ok", "slow", "down" };
    struct buf b;
    buf_init_arena(&b, w->arena, 8192);
    buf_fmt(&b,
            "integration: x\ntype: rest_api\nendpoints: [ { name: a, method: POST, url: "
            "\"http://%s\", timeout: 1000 } ]\n",
            hosts[random_below(&f->random, ZS_COUNT(hosts))]);
    buf_z(&b, INTEGRATION("y", "slow"));
    *where = random_below(&f->random, 3);
    for (uint64_t i = 0; i < CHANNELS_MAX; i++) {
        if (i > 0 && random_below(&f->random, 4) == 0)
            continue;
        uint64_t at = i == 0 ? 9 : (i + *where) % 3 + random_below(&f->random, 2) * 3;
        buf_fmt(&b,
                "---\nchannel: c%u\nsource: { type: rest_api, listen: \"http://%u\" }\n"
                "destinations: [ { to: %s/a, backoff: { first: 1ms, max: 2ms } } ]\n",
                (unsigned)i, (unsigned)at, i == 1 ? "y" : "x");
    }
    const char *text = buf_cstr(&b);
    T_TRUE(text != NULL);
    return text;
}

static void changes_at_random_lose_nothing_and_keep_the_order(void **state)
{
    (void)state;
    static const char last[] =
        INTEGRATION("x", "ok") INTEGRATION("y", "slow") CHANNEL("c0", "0", "x")
            CHANNEL("c1", "1", "y") CHANNEL("c2", "2", "x") CHANNEL("c3", "3", "x");
    struct random_fake f;
    struct reader reader = { 0 };
    struct err e;
    random_fake_init(&f, 11);
    struct world *w = world_up(last);
    reader.w = w;
    T_OK(thread_start(&reader.thread, "reader", read_figures, &reader, &e), &e);
    for (uint64_t i = 0; i < 60; i++) {
        uint64_t where = 0;
        size_t n = atomic_load(&w->tally[0].n_given);
        apply(w, draw(w, &f, &where), i + 2);
        if (i % 4 == 0)
            wait_for(&w->tally[0].n_given, n + 3);
    }
    atomic_store(&reader.stop, true);
    thread_join(&reader.thread);
    apply(w, last, 100);
    for (size_t i = 0; i < CHANNELS_MAX; i++)
        check_all_arrived(w, i);
    T_TRUE(reader.n_seen > 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_did_not_change_is_not_touched),
        T_TEST(what_is_queued_goes_to_the_new_url),
        T_TEST(what_is_removed_stays_queued_until_it_comes_back),
        T_TEST(addresses_may_be_exchanged_and_a_deaf_one_comes_back),
        T_TEST(a_paused_channel_stays_paused),
        T_TEST(messages_name_the_configuration_they_were_taken_under),
        T_TEST(what_is_cut_off_is_uncertain),
        T_TEST(a_change_without_memory_changes_nothing),
        T_TEST(a_stop_in_the_middle_of_a_change_loses_nothing),
        T_TEST(changes_at_random_lose_nothing_and_keep_the_order),
    };
    return T_RUN(tests);
}
