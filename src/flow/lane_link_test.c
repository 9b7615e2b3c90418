/*
 * Lanes and their links: a rate shared with others, a paused integration, a token that is waited
 * for, and the stop in the middle of that. Lanes by themselves: lane_test.c
 */
#include "flow/lane_int.h"
#include "flow/link_rig.h"
#include "store/mem/mem.h"

#define LIMIT_MS 20000

struct side { /* one lane */
    struct lane_conf conf;
    struct lane_figures figures;
    struct lane *lane;
    bool stopped;
};

struct world {
    struct rig rig;
    struct mem_image *image;
    struct store *store;
    struct committer *committer;
    struct pool *pool;
    struct side sides[2];
};

static void store_says(void *ctx, const struct err *e)
{
    (void)ctx;
    T_FAIL("the store complains: %s", e->text);
}

static void up(struct world *w)
{
    struct store_host sh = { .fatal = store_says, .notice = store_says };
    struct err e;
    *w = (struct world){ .image = mem_image_new() };
    rig_up(&w->rig);
    sh.clock = &w->rig.clock.clock;
    T_OK(mem_store_open(w->image, 0, &sh, &w->store, &e), &e);
    T_OK(committer_new(w->rig.loop, w->store, &w->committer, &e), &e);
    T_OK(pool_new("test", 1, 16, &w->pool, &e), &e);
}

static void lane_up(struct world *w, size_t i, const char *name)
{
    struct side *s = &w->sides[i];
    struct lane_env env = { .host = &w->rig.host,
                            .committer = w->committer,
                            .store = w->store,
                            .links = w->rig.links,
                            .pool = w->pool,
                            .random = &w->rig.random.random,
                            .log = log_none() };
    struct err e;
    s->conf = (struct lane_conf){ .figures = &s->figures,
                                  .name = name,
                                  .endpoint = &w->rig.ep[0],
                                  .in_flight = 1,
                                  .retries = 2,
                                  .backoff_first_ms = 1000,
                                  .backoff_max_ms = 60000,
                                  .unsure = LANE_RESEND };
    T_OK(lane_new(&s->conf, &env, &s->lane, &e), &e);
    lane_start(s->lane, false);
}

static bool idle(void *ctx)
{
    const struct world *w = ctx;
    return committer_pending(w->committer) == 0;
}

static void settle(struct world *w)
{
    for (int i = 0; i < 6; i++) {
        rig_turn(&w->rig);
        T_TRUE(loop_run_until(w->rig.loop, idle, w, LIMIT_MS));
    }
}

static void step(struct world *w, int64_t ms)
{
    clock_fake_step(&w->rig.clock, ms);
    settle(w);
}

static void is_stopped(void *ctx)
{
    struct side *s = ctx;
    T_FALSE(s->stopped);
    s->stopped = true;
}

static void lane_down(struct world *w, size_t i)
{
    struct side *s = &w->sides[i];
    if (!s->lane)
        return;
    w->rig.draining = false;
    lane_stop(s->lane, 10, is_stopped, s);
    settle(w);
    if (!s->stopped)
        step(w, 10);
    T_TRUE(s->stopped);
    lane_free(&s->lane);
}

static void down(struct world *w)
{
    lane_down(w, 0);
    lane_down(w, 1);
    pool_free(&w->pool);
    committer_free(&w->committer);
    rig_down(&w->rig);
    store_close(&w->store);
    mem_image_free(&w->image);
}

/* ---- messages ----------------------------------------------------------------------------- */

struct given {
    struct lane_hold hold;
    struct lane_item item;
    struct commit_op op;
    struct store_intake rec;
    struct store_delivery delivery;
    struct lane *lane;
};

static void committed(struct commit_op *op)
{
    struct given *g = ZS_CONTAINER(op, struct given, op);
    T_EQ_INT(op->op.rc, RC_OK);
    g->item.d.seq = op->op.seq;
    g->item.at_ms = op->op.at_ms;
    g->item.covered = g->delivery.marked;
    g->item.hold = &g->hold;
    lane_add(g->lane, &g->item);
}

static void give(struct world *w, size_t i)
{
    struct side *s = &w->sides[i];
    struct arena *a = arena_new("given", 0, 65536);
    struct given *g = arena_make(a, struct given, 1);
    T_TRUE(g != NULL);
    g->hold = (struct lane_hold){ .arena = a, .refs = 1 };
    g->lane = s->lane;
    g->delivery = (struct store_delivery){ .lane = str_z(s->conf.name),
                                           .state = DELIVERY_QUEUED,
                                           .marked = lane_will_mark(s->lane) };
    g->rec = (struct store_intake){ .channel = STR("ch"),
                                    .type = STR("json"),
                                    .content_type = STR("application/json"),
                                    .state = INTAKE_ACCEPTED,
                                    .body = STR("{}"),
                                    .deliveries = &g->delivery,
                                    .n_deliveries = 1 };
    g->item.d.body = g->rec.body;
    g->op =
        (struct commit_op){ .op = { .kind = STORE_INTAKE, .intake = &g->rec }, .done = committed };
    committer_add(w->committer, &g->op);
}

/* "retrying 0 delivered 1": the outcomes of a message, and whether each was an attempt. */
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
        buf_fmt(&b, "%s%s %d", i ? " " : "", delivery_state_name(ev[i].outcome.state),
                ev[i].outcome.sent ? 1 : 0);
    T_EQ_STR(buf_view(&b), want);
    arena_free(&a);
}

/* ---- tests -------------------------------------------------------------------------------- */

/* A limit of the destination, not of each channel that sends there. */
static void lanes_of_an_endpoint_share_its_rate(void **state)
{
    (void)state;
    struct world w;
    up(&w);
    w.rig.rate = (struct config_rate){ .requests = 1, .per_ms = 1000, .burst = 2 };
    w.rig.ep[0].rate = &w.rig.rate;
    lane_up(&w, 0, "a/lab/in");
    lane_up(&w, 1, "b/lab/in");
    for (size_t i = 0; i < 6; i++)
        give(&w, i % 2);
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 2);
    for (size_t n = 3; n <= 6; n++) {
        step(&w, 999);
        T_EQ_SIZE(w.rig.n_sent, n - 1);
        step(&w, 1);
        T_EQ_SIZE(w.rig.n_sent, n);
    }
    down(&w);
}

static void a_paused_integration_holds_its_lanes(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    up(&w);
    lane_up(&w, 0, "a/lab/in");
    T_OK(links_pause(w.rig.links, STR("lab"), true, &e), &e);
    give(&w, 0);
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 0);
    T_EQ_INT(atomic_load(&w.sides[0].figures.state), LANE_PAUSED);
    step(&w, 3600000);
    T_EQ_SIZE(w.rig.n_sent, 0);
    T_OK(links_pause(w.rig.links, STR("lab"), false, &e), &e);
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 1);
    T_EQ_INT(atomic_load(&w.sides[0].figures.state), LANE_RUNNING);
    expect_story(&w, 1, "delivered 1");
    T_OK(links_pause(w.rig.links, STR("lab"), true, &e), &e); /* told while it stops */
    down(&w);
}

static void a_delivery_carries_the_credential(void **state)
{
    (void)state;
    static const enum rig_say says[] = { SAY_REFUSED };
    struct world w;
    up(&w);
    rig_oauth2(&w.rig.in.cred);
    w.rig.says = says;
    w.rig.n_says = 1;
    lane_up(&w, 0, "a/lab/in");
    give(&w, 0);
    settle(&w);
    T_EQ_Z(w.rig.sent[0], "Authorization: Bearer t1");
    T_EQ_Z(w.rig.sent[1], "Authorization: Bearer t2"); /* once anew, in the same attempt */
    expect_story(&w, 1, "delivered 1");
    down(&w);
}

static void without_a_token_it_is_tried_again(void **state)
{
    (void)state;
    struct world w;
    up(&w);
    rig_oauth2(&w.rig.in.cred);
    w.rig.fetch_status = 0;
    lane_up(&w, 0, "a/lab/in");
    give(&w, 0);
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 0);
    w.rig.fetch_status = 200;
    step(&w, 2000);
    T_EQ_SIZE(w.rig.n_sent, 1);
    expect_story(&w, 1, "retrying 1 delivered 1");
    down(&w);
}

/* Nothing was sent: after the stop it is open, not unknown, and no attempt. */
static void a_stop_does_not_wait_for_a_token(void **state)
{
    (void)state;
    struct world w;
    up(&w);
    rig_oauth2(&w.rig.in.cred);
    w.rig.fetch_by_itself = false;
    lane_up(&w, 0, "a/lab/in");
    give(&w, 0);
    settle(&w);
    T_TRUE(w.rig.fetch != NULL);
    lane_stop(w.sides[0].lane, 60000, is_stopped, &w.sides[0]);
    settle(&w);
    T_TRUE(w.sides[0].stopped);
    lane_free(&w.sides[0].lane);
    expect_story(&w, 1, "retrying 0");
    rig_tell_token(&w.rig);
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 0);
    down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(lanes_of_an_endpoint_share_its_rate), T_TEST(a_paused_integration_holds_its_lanes),
        T_TEST(a_delivery_carries_the_credential),   T_TEST(without_a_token_it_is_tried_again),
        T_TEST(a_stop_does_not_wait_for_a_token),
    };
    return T_RUN(tests);
}
