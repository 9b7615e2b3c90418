/*
 * A lane over the in-memory store and a scripted destination: order, fates, coverage, the window
 * and what a restart finds.
 */
#include "base/alloc.h"
#include "flow/lane_int.h"
#include "store/mem/mem.h"
#include "tests/lib/t.h"

#define SENT_MAX 8192
#define LIMIT_MS 20000

/* ---- a destination that answers by script -------------------------------------------------- */

enum reply { SAY_OK, SAY_RETRY, SAY_ANSWERED, SAY_UNCERTAIN, SAY_REJECT, SAY_OPERATOR, SAY_LATER };

struct world {
    struct loop *loop;
    struct pool *pool;
    struct store *store;
    struct store spy; /* forwards to store, notes marks */
    struct store_ops spy_ops;
    struct committer *committer;
    struct conn_host host;
    struct lane_conf conf;
    struct lane_figures figures;
    struct links *links;
    struct config_integration in;
    struct config_endpoint ep;
    struct config_rate rate;
    struct random_fake random;
    struct lane *lane;
    const enum reply *script; /* per send, then SAY_OK */
    size_t n_script, n_sent;
    uint64_t sent[SENT_MAX];
    struct delivery *later[64];
    size_t n_later;
    size_t most_at_once, at_once;
    atomic_bool covered[SENT_MAX]; /* what a crash now would leave as maybe sent, by the records */
    atomic_size_t n_marks;
    atomic_size_t n_windows, windows_fail; /* readings asked for; so many fail first */
    struct mem_image *image;
    size_t added;
    bool stopped;
    bool sync_answers;
};

static struct world *world_of_dest; /* the one under test: the vtable has no context of its own */

static void answer(struct world *w, struct delivery *d, enum reply how)
{
    static const struct {
        enum rc rc;
        enum fate fate;
        bool answered;
    } rows[] = { [SAY_OK] = { RC_OK, FATE_NONE, true },
                 [SAY_RETRY] = { RC_IO, FATE_RETRY, false },
                 [SAY_ANSWERED] = { RC_PEER, FATE_RETRY, true },
                 [SAY_UNCERTAIN] = { RC_TIMEOUT, FATE_UNCERTAIN, false },
                 [SAY_REJECT] = { RC_PEER, FATE_REJECT, true },
                 [SAY_OPERATOR] = { RC_DENIED, FATE_OPERATOR, true },
                 [SAY_LATER] = { RC_OK, FATE_NONE, true } };
    struct verdict v = { .rc = rows[how].rc,
                         .fate = rows[how].fate,
                         .answered = rows[how].answered,
                         .status = how == SAY_OK ? STR("AA") : STR("AE") };
    if (v.rc != RC_OK)
        (void)err_set(&v.err, v.rc, "FLOW-004", "scripted");
    w->at_once--;
    d->done(d, &v);
}

static enum rc fake_open(struct conn_dest *d, struct err *e)
{
    (void)e;
    d->inst = world_of_dest;
    return RC_OK;
}

static void fake_send(struct conn_dest *dest, struct delivery *d)
{
    struct world *w = dest->inst;
    T_TRUE(w->n_sent < SENT_MAX);
    T_TRUE(atomic_load(&w->covered[d->seq])); /* nothing is sent that no durable mark covers */
    enum reply how = w->n_sent < w->n_script ? w->script[w->n_sent] : SAY_OK;
    w->sent[w->n_sent++] = d->seq;
    w->at_once++;
    w->most_at_once = size_max(w->most_at_once, w->at_once);
    if (how == SAY_LATER)
        w->later[w->n_later++] = d;
    else
        answer(w, d, how);
}

static void fake_cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest, (void)d;
}

static void fake_drain(struct conn_dest *d)
{
    d->drained(d);
}

static void fake_close(struct conn_dest *d)
{
    (void)d;
}

static const struct conn_type fake_type = { .name = "fake",
                                            .caps = CONN_SENDS,
                                            .send_open = fake_open,
                                            .send = fake_send,
                                            .cancel = fake_cancel,
                                            .send_drain = fake_drain,
                                            .send_close = fake_close };

/* ---- the store, watched -------------------------------------------------------------------- */

struct spied {
    struct world *w;
    void (*done)(struct store_batch *b);
    void *ctx;
};

/* Writer's thread, once it is durable: what store.h says of coverage, record by record. */
static void spy_op(struct world *w, const struct store_op *op)
{
    if (op->kind == STORE_INTAKE) {
        atomic_store(&w->covered[op->seq], op->intake->deliveries[0].marked);
    } else if (op->kind == STORE_MARK) {
        atomic_fetch_add(&w->n_marks, 1);
        for (uint64_t seq = 1; seq <= op->mark->upto; seq++)
            atomic_store(&w->covered[seq], true);
    } else if (op->kind == STORE_OUTCOMES) {
        for (size_t i = 0; i < op->outcomes.n; i++)
            atomic_store(&w->covered[op->outcomes.list[i].seq], false);
    }
}

static void spy_done(struct store_batch *b)
{
    struct spied *s = b->ctx;
    for (struct store_op *op = b->first; op; op = op->next)
        spy_op(s->w, op);
    b->done = s->done;
    b->ctx = s->ctx;
    mem_free(s);
    b->done(b);
}

static void spy_append(struct store *spy, struct store_batch *b)
{
    struct world *w = ZS_CONTAINER(spy, struct world, spy);
    struct spied *s = mem_new(struct spied);
    T_TRUE(s != NULL);
    *s = (struct spied){ .w = w, .done = b->done, .ctx = b->ctx };
    b->done = spy_done;
    b->ctx = s;
    store_append(w->store, b);
}

static enum rc spy_window(struct store *spy, struct str lane, uint64_t after, size_t max,
                          size_t max_bytes, struct arena *a, struct store_waiting **out, size_t *n,
                          struct err *e)
{
    struct world *w = ZS_CONTAINER(spy, struct world, spy);
    atomic_fetch_add(&w->n_windows, 1);
    if (atomic_load(&w->windows_fail) > 0) {
        atomic_fetch_sub(&w->windows_fail, 1);
        return err_set(e, RC_NOMEM, "STORE-003", "scripted");
    }
    return store_window(w->store, lane, after, max, max_bytes, a, out, n, e);
}

/* ---- the world ----------------------------------------------------------------------------- */

static void host_note(void *ctx, const struct err *e)
{
    (void)ctx;
    T_FAIL("the store complains: %s", e->text);
}

static void lane_up(struct world *w, bool backlog)
{
    struct lane_env env = { .host = &w->host,
                            .committer = w->committer,
                            .store = &w->spy,
                            .links = w->links,
                            .pool = w->pool,
                            .random = &w->random.random,
                            .log = log_none() };
    struct err e;
    world_of_dest = w;
    w->stopped = false;
    w->figures = (struct lane_figures){ 0 };
    T_OK(lane_new(&w->conf, &env, &w->lane, &e), &e);
    lane_start(w->lane, backlog);
}

static struct world *world_new(const enum reply *script, size_t n_script)
{
    struct world *w = mem_new(struct world);
    struct store_host sh = { .clock = clock_real(), .fatal = host_note, .notice = host_note };
    struct err e;
    T_TRUE(w != NULL);
    w->script = script;
    w->n_script = n_script;
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(pool_new("test", 1, 16, &w->pool, &e), &e);
    w->image = mem_image_new();
    T_TRUE(w->image != NULL);
    T_OK(mem_store_open(w->image, 0, &sh, &w->store, &e), &e);
    w->spy_ops = *w->store->ops;
    w->spy_ops.append = spy_append;
    w->spy_ops.window = spy_window;
    w->spy = *w->store;
    w->spy.ops = &w->spy_ops;
    T_OK(committer_new(w->loop, &w->spy, &w->committer, &e), &e);
    random_fake_init(&w->random, 7);
    w->host = (struct conn_host){ .loop = w->loop, .clock = clock_real(), .log = log_none() };
    const struct links_conf lc = {
        .home = w->loop, .clock = clock_real(), .random = &w->random.random, .log = log_none()
    };
    T_OK(links_new(&lc, &w->links, &e), &e);
    w->in = (struct config_integration){ .name = STR("to"), .endpoints = &w->ep, .n_endpoints = 1 };
    w->ep = (struct config_endpoint){
        .name = STR("there"),
        .integration = &w->in,
        .full_name = "to/there",
        .conn_type = &fake_type,
        .conn = { .name = "to/there", .type = "hl7_v2", .timeout_ms = 1000 },
    };
    w->conf = (struct lane_conf){ .figures = &w->figures,
                                  .name = "ch/to/there",
                                  .endpoint = &w->ep,
                                  .in_flight = 4,
                                  .retries = 2,
                                  .backoff_first_ms = 2,
                                  .backoff_max_ms = 4,
                                  .unsure = LANE_RESEND };
    return w;
}

static void is_stopped(void *ctx)
{
    struct world *w = ctx;
    w->stopped = true;
}

static bool stop_seen(void *ctx)
{
    const struct world *w = ctx;
    return w->stopped && committer_pending(w->committer) == 0;
}

static void lane_down(struct world *w)
{
    lane_stop(w->lane, 100, is_stopped, w);
    T_TRUE(loop_run_until(w->loop, stop_seen, w, LIMIT_MS));
    lane_free(&w->lane);
}

static void world_free(struct world *w)
{
    if (w->lane)
        lane_down(w);
    pool_free(&w->pool);
    committer_free(&w->committer);
    loop_free(&w->loop);
    links_free(&w->links);
    store_close(&w->store);
    mem_image_free(&w->image);
    mem_free(w);
}

/* ---- a message ------------------------------------------------------------------------------ */

struct given {
    struct lane_hold hold;
    struct lane_item item;
    struct commit_op op;
    struct store_intake rec;
    struct store_delivery delivery;
    struct world *w;
};

static void given_committed(struct commit_op *op)
{
    struct given *g = ZS_CONTAINER(op, struct given, op);
    T_EQ_INT(op->op.rc, RC_OK);
    g->item.d.seq = op->op.seq;
    g->item.at_ms = op->op.at_ms;
    g->item.covered = g->delivery.marked;
    g->item.hold = &g->hold;
    g->w->added++;
    lane_add(g->w->lane, &g->item);
}

static void give(struct world *w, const char *key)
{
    struct arena *a = arena_new("given", 0, 65536);
    struct given *g = arena_make(a, struct given, 1);
    T_TRUE(g != NULL);
    g->hold = (struct lane_hold){ .arena = a, .refs = 1 };
    g->w = w;
    g->delivery = (struct store_delivery){ .lane = STR("ch/to/there"),
                                           .state = DELIVERY_QUEUED,
                                           .key = str_z(key),
                                           .marked = lane_will_mark(w->lane) };
    g->rec = (struct store_intake){ .channel = STR("ch"),
                                    .type = STR("json"),
                                    .content_type = STR("application/json"),
                                    .state = INTAKE_ACCEPTED,
                                    .body = STR("{}"),
                                    .deliveries = &g->delivery,
                                    .n_deliveries = 1 };
    g->item.key = lane_key(str_z(key));
    g->item.d.body = g->rec.body;
    g->op = (struct commit_op){ .op = { .kind = STORE_INTAKE, .intake = &g->rec },
                                .done = given_committed };
    committer_add(w->committer, &g->op);
}

struct want {
    struct world *w;
    size_t sent;
};

static bool all_sent(void *ctx)
{
    const struct want *want = ctx;
    return want->w->n_sent >= want->sent && committer_pending(want->w->committer) == 0;
}

static void run_until_sent(struct world *w, size_t n)
{
    struct want want = { w, n };
    T_TRUE(loop_run_until(w->loop, all_sent, &want, LIMIT_MS));
    T_EQ_SIZE(w->n_sent, n);
}

/* The states of one message's outcomes, in order: "retrying delivered". */
static void expect_story(struct world *w, uint64_t seq, const char *want)
{
    struct arena *a = arena_new("story", 0, 1u << 20);
    struct store_event *ev = NULL;
    size_t n = 0;
    struct err e;
    struct buf b;
    buf_init_arena(&b, a, 4096);
    T_OK(store_events(w->store, seq, a, &ev, &n, &e), &e);
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%s%s", i ? " " : "", delivery_state_name(ev[i].outcome.state),
                ev[i].outcome.unknown_before ? "*" : "");
    T_EQ_BYTES(b.n ? buf_view(&b) : STR(""), str_z(want));
    arena_free(&a);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void fates(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum reply script[4];
        size_t n_script;
        enum lane_unsure unsure;
        size_t sends; /* with two messages given */
        const char *first, *second;
    } rows[] = {
        { "both delivered", { SAY_OK, SAY_OK }, 2, LANE_RESEND, 2, "delivered", "delivered" },
        { "no connection is tried again, and the second waits",
          { SAY_RETRY, SAY_RETRY, SAY_OK },
          3,
          LANE_RESEND,
          4,
          "retrying retrying delivered",
          "delivered" },
        { "no connection does not count against retries",
          { SAY_RETRY, SAY_RETRY, SAY_RETRY, SAY_RETRY },
          4,
          LANE_RESEND,
          6,
          "retrying retrying retrying retrying delivered",
          "delivered" },
        { "answered failures end after retries",
          { SAY_ANSWERED, SAY_ANSWERED, SAY_ANSWERED },
          3,
          LANE_RESEND,
          4,
          "retrying retrying rejected",
          "delivered" },
        { "a reject steps aside", { SAY_REJECT }, 1, LANE_RESEND, 2, "rejected", "delivered" },
        { "uncertain, resend: flagged",
          { SAY_UNCERTAIN, SAY_OK },
          2,
          LANE_RESEND,
          3,
          "uncertain delivered*",
          "delivered" },
        { "what is uncertain stays so when the next attempt did not get through",
          { SAY_UNCERTAIN, SAY_RETRY, SAY_OK },
          3,
          LANE_RESEND,
          4,
          "uncertain uncertain* delivered*",
          "delivered" },
        { "uncertain, hold: the lane waits", { SAY_UNCERTAIN }, 1, LANE_HOLD, 1, "uncertain", "" },
        { "operator: tried again, nothing is lost",
          { SAY_OPERATOR },
          1,
          LANE_RESEND,
          3,
          "retrying delivered",
          "delivered" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world *w = world_new(rows[i].script, rows[i].n_script);
        w->conf.unsure = rows[i].unsure;
        lane_up(w, false);
        give(w, "");
        give(w, "");
        run_until_sent(w, rows[i].sends);
        T_ROW(rows[i].name);
        expect_story(w, 1, rows[i].first);
        expect_story(w, 2, rows[i].second);
        world_free(w);
    }
}

static void keys_go_side_by_side_and_keep_their_order(void **state)
{
    (void)state;
    static const enum reply script[] = { SAY_LATER, SAY_LATER, SAY_LATER };
    struct world *w = world_new(script, ZS_COUNT(script));
    w->conf.keyed = true;
    lane_up(w, false);
    give(w, "a"); /* 1 */
    give(w, "a"); /* 2: waits for 1 */
    give(w, "b"); /* 3 */
    give(w, "c"); /* 4 */
    run_until_sent(w, 3);
    T_EQ_SIZE(w->sent[0], 1);
    T_EQ_SIZE(w->sent[1], 3);
    T_EQ_SIZE(w->sent[2], 4);
    answer(w, w->later[0], SAY_OK);
    run_until_sent(w, 4);
    T_EQ_SIZE(w->sent[3], 2);
    T_EQ_SIZE(w->most_at_once, 3);
    answer(w, w->later[1], SAY_OK);
    answer(w, w->later[2], SAY_OK);
    world_free(w);
}

/* connect#1682: message 1001 of a full in-memory queue was never delivered. */
static void connect_1682_window_overflow_loses_nothing(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct world *w = world_new(NULL, 0);
    lane_up(w, false);
    lane_pause(w->lane, true);
    for (size_t i = 0; i < N; i++)
        give(w, "");
    struct want none = { w, 0 };
    T_TRUE(loop_run_until(w->loop, all_sent, &none, LIMIT_MS));
    T_EQ_SIZE(w->added, N);
    T_TRUE(w->lane->window.n <= LANE_WINDOW);
    lane_pause(w->lane, false);
    for (size_t i = 0; i < 100; i++)
        give(w, "");
    struct want want = { w, N + 100 };
    T_TRUE(loop_run_until(w->loop, all_sent, &want, LIMIT_MS));
    T_EQ_SIZE(w->n_sent, N + 100);
    uint64_t last = 0;
    for (size_t i = 0; i < w->n_sent; i++) { /* once each, in order; marks use numbers too */
        T_TRUE(w->sent[i] > last);
        last = w->sent[i];
    }
    world_free(w);
}

static bool one_is_blocked(void *ctx)
{
    const struct world *w = ctx;
    return atomic_load(&lane_figures(w->lane)->uncertain) == 1 &&
           committer_pending(w->committer) == 0;
}

static void restart_takes_up_what_is_open(void **state)
{
    (void)state;
    static const enum reply script[] = { SAY_OK, SAY_LATER };
    static const struct {
        const char *name;
        enum lane_unsure unsure;
        size_t sends_after;
        const char *second, *third;
    } rows[] = {
        { "resend: the one in flight is repeated and flagged", LANE_RESEND, 2,
          "uncertain delivered*", "retrying delivered" },
        { "hold: the one in flight blocks", LANE_HOLD, 0, "uncertain uncertain*", "retrying" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world *w = world_new(script, ZS_COUNT(script));
        lane_up(w, false);
        for (int k = 0; k < 3; k++)
            give(w, "");
        run_until_sent(w, 2);
        answer(w, w->later[0], SAY_UNCERTAIN); /* what a close would say */
        lane_down(w);
        w->n_script = 0;
        w->n_sent = 0;
        w->conf.unsure = rows[i].unsure;
        lane_up(w, true);
        if (rows[i].unsure == LANE_HOLD)
            T_TRUE(loop_run_until(w->loop, one_is_blocked, w, LIMIT_MS));
        run_until_sent(w, rows[i].sends_after);
        T_ROW(rows[i].name);
        expect_story(w, 1, "delivered");
        expect_story(w, 2, rows[i].second);
        expect_story(w, 3, rows[i].third);
        world_free(w);
    }
}

static bool one_is_dead(void *ctx)
{
    const struct world *w = ctx;
    return atomic_load(&lane_figures(w->lane)->dead) == 1;
}

static bool one_delivered(void *ctx)
{
    const struct world *w = ctx;
    return atomic_load(&lane_figures(w->lane)->delivered) == 1;
}

static void too_old_is_dead_and_the_lane_goes_on(void **state)
{
    (void)state;
    static const enum reply script[] = { SAY_RETRY, SAY_RETRY, SAY_RETRY, SAY_RETRY,
                                         SAY_RETRY, SAY_RETRY, SAY_RETRY, SAY_RETRY };
    struct world *w = world_new(script, ZS_COUNT(script));
    w->conf.max_age_ms = 1;
    lane_up(w, false);
    give(w, "");
    T_TRUE(loop_run_until(w->loop, one_is_dead, w, LIMIT_MS));
    w->conf.max_age_ms = 0;
    w->n_script = 0;
    give(w, "");
    T_TRUE(loop_run_until(w->loop, one_delivered, w, LIMIT_MS));
    world_free(w);
}

/* Under `hold` a blocked key used to be marked again and again, a record each time, for ever. */
static void a_blocked_key_lets_others_pass_and_costs_no_marks(void **state)
{
    (void)state;
    static const enum reply script[] = { SAY_UNCERTAIN };
    struct world *w = world_new(script, ZS_COUNT(script));
    w->conf.keyed = true;
    w->conf.unsure = LANE_HOLD;
    lane_up(w, false);
    give(w, "a"); /* 1: blocks its key */
    run_until_sent(w, 1);
    give(w, "a"); /* waits behind it */
    give(w, "b");
    give(w, "c");
    run_until_sent(w, 3);
    T_EQ_SIZE(atomic_load(&lane_figures(w->lane)->delivered), 2);
    T_EQ_SIZE(w->lane->window.n, 2);
    T_TRUE(atomic_load(&w->n_marks) <= 2); /* one for each that passed */
    T_FALSE(w->lane->marking);
    world_free(w);
}

static bool is_marking(void *ctx)
{
    const struct world *w = ctx;
    return w->lane->marking;
}

/* Its RETRYING outcome is newer than the mark, so the mark does not cover the next attempt. */
static void a_retry_while_a_mark_is_committed_asks_for_its_own(void **state)
{
    (void)state;
    static const enum reply script[] = { SAY_LATER };
    struct world *w = world_new(script, ZS_COUNT(script));
    w->conf.keyed = true;
    lane_up(w, false);
    give(w, "a");
    run_until_sent(w, 1);
    w->lane->troubled = true; /* so that the next carries no mark of its own */
    give(w, "b");
    T_TRUE(loop_run_until(w->loop, is_marking, w, LIMIT_MS));
    answer(w, w->later[0], SAY_RETRY);
    run_until_sent(w, 3); /* fake_send checks the coverage */
    expect_story(w, 1, "retrying delivered");
    world_free(w);
}

/* A refill may hand back a delivery before the loop hears of its commit. */
static void what_a_refill_brought_already_is_not_added_again(void **state)
{
    (void)state;
    struct world *w = world_new(NULL, 0);
    lane_up(w, false);
    give(w, "");
    run_until_sent(w, 1);
    struct arena *a = arena_new("late", 0, 65536);
    struct given *g = arena_make(a, struct given, 1);
    T_TRUE(g != NULL);
    g->hold = (struct lane_hold){ .arena = a, .refs = 1 };
    g->item.hold = &g->hold;
    g->item.d.seq = 1;
    w->lane->troubled = true;
    T_FALSE(lane_will_mark(w->lane));
    lane_add(w->lane, &g->item);
    T_EQ_SIZE(w->lane->window.n, 0);
    T_FALSE(w->lane->spilled);
    world_free(w);
}

/* A planned restart must not leave a lane blocked by a delivery that was only marked. */
static void what_a_stop_left_unsent_is_not_unknown(void **state)
{
    (void)state;
    static const enum reply script[] = { SAY_LATER };
    struct store_host sh = { .clock = clock_real(), .fatal = host_note, .notice = host_note };
    struct world *w = world_new(script, ZS_COUNT(script));
    struct err e;
    lane_up(w, false);
    give(w, "");
    give(w, ""); /* marked in its intake, waits for the first */
    run_until_sent(w, 1);
    T_TRUE(atomic_load(&w->covered[2]));
    lane_pause(w->lane, true); /* so that the stop comes before it is sent */
    answer(w, w->later[0], SAY_OK);
    lane_down(w);
    store_close(&w->store);
    T_OK(mem_store_open(w->image, 0, &sh, &w->store, &e), &e);
    w->conf.unsure = LANE_HOLD;
    lane_up(w, true);
    run_until_sent(w, 2);
    expect_story(w, 2, "retrying delivered");
    T_EQ_SIZE(atomic_load(&lane_figures(w->lane)->uncertain), 0);
    world_free(w);
}

static bool one_window(void *ctx)
{
    struct world *w = ctx;
    return atomic_load(&w->n_windows) == 1 && !w->lane->refilling;
}

/* A reading that fails is not tried again at once, however often the lane is looked at. */
static void a_failed_refill_rests(void **state)
{
    (void)state;
    struct world *w = world_new(NULL, 0);
    lane_up(w, false);
    lane_pause(w->lane, true);
    for (size_t i = 0; i < LANE_WINDOW + 10; i++)
        give(w, "");
    struct want none = { w, 0 };
    T_TRUE(loop_run_until(w->loop, all_sent, &none, LIMIT_MS));
    atomic_store(&w->windows_fail, 1);
    lane_pause(w->lane, false);
    T_TRUE(loop_run_until(w->loop, one_window, w, LIMIT_MS));
    for (size_t i = 0; i < 100; i++) {
        lane_pump(w->lane);
        loop_poll(w->loop);
    }
    T_EQ_SIZE(atomic_load(&w->n_windows), 1);
    struct want all = { w, LANE_WINDOW + 10 };
    T_TRUE(loop_run_until(w->loop, all_sent, &all, LIMIT_MS)); /* and then it is */
    T_EQ_SIZE(w->n_sent, LANE_WINDOW + 10);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(fates),
        T_TEST(keys_go_side_by_side_and_keep_their_order),
        T_TEST(connect_1682_window_overflow_loses_nothing),
        T_TEST(restart_takes_up_what_is_open),
        T_TEST(too_old_is_dead_and_the_lane_goes_on),
        T_TEST(a_blocked_key_lets_others_pass_and_costs_no_marks),
        T_TEST(a_retry_while_a_mark_is_committed_asks_for_its_own),
        T_TEST(what_a_refill_brought_already_is_not_added_again),
        T_TEST(what_a_stop_left_unsent_is_not_unknown),
        T_TEST(a_failed_refill_rests),
    };
    return T_RUN(tests);
}
