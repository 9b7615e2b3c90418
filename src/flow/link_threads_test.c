/*
 * One link from several loops at once: every request ends once, one fetch at a time serves them
 * all, the rate holds over all of them, and every watcher hears of the last pause. For
 * ThreadSanitizer above all.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "base/thread.h"
#include "flow/link_int.h"
#include "tests/lib/t.h"

#include <time.h>

#define SHARDS 3
#define EACH   400

struct shard {
    struct loop *loop;
    struct thread thread;
    struct conn_host host;
    struct conn_dest dest;
    struct link *link;
    struct loop_post post;
    struct loop_timer timer;
    struct delivery d[EACH];
    struct link_watch watch;
    size_t n_sent; /* handed to link_send */
    atomic_size_t n_done, n_refused;
    atomic_bool saw_pause;
};

static struct {
    struct shard shards[SHARDS];
    struct thread home_thread;
    struct loop *home;
    struct links *links;
    struct config_integration in;
    struct config_endpoint ep;
    struct config_rate rate;
    atomic_size_t n_fetches, n_requests, fetching;
    struct link_fetch *fetch;
    struct loop_post fetch_post;
} w;

/* ---- the peer: every fiftieth request is refused ------------------------------------------- */

static void peer_send(struct conn_dest *dest, struct delivery *d)
{
    struct shard *s = dest->inst;
    struct verdict v = { .rc = RC_OK };
    T_TRUE(loop_is_current(s->loop));
    if (atomic_fetch_add(&w.n_requests, 1) % 50 == 49) {
        v = (struct verdict){ .rc = RC_DENIED, .fate = FATE_OPERATOR, .credential = true };
        (void)err_set(&v.err, RC_DENIED, "FLOW-001", "refused");
        atomic_fetch_add(&s->n_refused, 1);
    }
    d->done(d, &v);
}

static void peer_cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest, (void)d;
}

static const struct conn_type peer = { .name = "peer", .send = peer_send, .cancel = peer_cancel };

static void tell_token(struct loop_post *p)
{
    struct link_fetch *f = w.fetch;
    (void)p;
    T_EQ_SIZE(atomic_fetch_sub(&w.fetching, 1), 1);
    f->done(f, 200, STR("{\"access_token\":\"t\"}"), NULL);
}

static void fetch(void *ctx, struct link_fetch *f)
{
    (void)ctx;
    T_TRUE(loop_is_current(w.home));
    T_EQ_SIZE(atomic_fetch_add(&w.fetching, 1), 0); /* one at a time */
    atomic_fetch_add(&w.n_fetches, 1);
    w.fetch = f;
    w.fetch_post.fn = tell_token;
    loop_post(w.home, &w.fetch_post);
}

/* ---- a shard ------------------------------------------------------------------------------ */

static void done(struct delivery *d, const struct verdict *v)
{
    (void)v;
    struct shard *s = ZS_CONTAINER(d - d->seq, struct shard, d[0]);
    T_TRUE(loop_is_current(s->loop));
    atomic_fetch_add(&s->n_done, 1);
}

static void send_more(struct loop_timer *t)
{
    struct shard *s = ZS_CONTAINER(t, struct shard, timer);
    uint64_t wait = 1;
    while (s->n_sent < EACH && link_take(s->link, loop_now_mono(s->loop), &wait)) {
        struct delivery *d = &s->d[s->n_sent];
        *d = (struct delivery){ .seq = s->n_sent++, .done = done };
        link_send(s->link, &s->dest, d);
    }
    if (s->n_sent < EACH)
        loop_timer_start(s->loop, &s->timer, wait, send_more);
}

static void pause_told(struct link_watch *watch)
{
    struct shard *s = ZS_CONTAINER(watch, struct shard, watch);
    atomic_store(&s->saw_pause, link_paused(s->link));
}

static void begin(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, post);
    struct err e;
    T_OK(links_get(w.links, &w.ep, &s->link, &e), &e);
    s->watch = (struct link_watch){ .fn = pause_told, .loop = s->loop };
    link_watch(s->link, &s->watch);
    loop_timer_start(s->loop, &s->timer, 0, send_more);
}

static void end(struct loop_post *p)
{
    struct shard *s = ZS_CONTAINER(p, struct shard, post);
    (void)link_unwatch(s->link, &s->watch); /* what is on its way comes while the loop lives */
    loop_stop(s->loop);
}

static void run_shard(void *ctx)
{
    struct shard *s = ctx;
    loop_run(s->loop);
}

static void run_home(void *ctx)
{
    (void)ctx;
    loop_run(w.home);
}

static void until_each(bool (*seen)(const struct shard *s))
{
    for (size_t i = 0; i < SHARDS; i++)
        while (!seen(&w.shards[i]))
            (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); /* early is early */
}

static bool all_done(const struct shard *s)
{
    return atomic_load(&s->n_done) == EACH;
}

static bool sees_pause(const struct shard *s)
{
    return atomic_load(&s->saw_pause);
}

static void up(void)
{
    struct err e;
    T_OK(loop_new("home", NULL, &w.home, &e), &e);
    struct links_conf lc = { .home = w.home,
                             .clock = clock_real(),
                             .random = random_real(),
                             .log = log_none(),
                             .fetch = fetch };
    T_OK(links_new(&lc, &w.links, &e), &e);
    w.in = (struct config_integration){
        .name = STR("lab"),
        .cred = { .type = CRED_OAUTH2,
                  .oauth2 = { .token_url = STR("https://t/"),
                              .client_id = STR("i"),
                              .client_secret = STR("s") } },
    };
    w.rate = (struct config_rate){ .requests = 5000, .per_ms = 1000, .burst = 100 };
    w.ep = (struct config_endpoint){ .name = STR("in"),
                                     .full_name = "lab/in",
                                     .integration = &w.in,
                                     .rate = &w.rate,
                                     .conn_type = &peer,
                                     .conn = { .name = "lab/in" } };
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &w.shards[i];
        T_OK(loop_new("shard", NULL, &s->loop, &e), &e);
        s->host = (struct conn_host){ .loop = s->loop, .clock = clock_real(), .log = log_none() };
        s->dest =
            (struct conn_dest){ .type = &peer, .ep = &w.ep.conn, .host = &s->host, .inst = s };
        s->post.fn = begin;
        loop_post(s->loop, &s->post);
        T_OK(thread_start(&s->thread, "shard", run_shard, s, &e), &e);
    }
    T_OK(thread_start(&w.home_thread, "home", run_home, NULL, &e), &e);
}

static void down(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &w.shards[i];
        s->post.fn = end;
        loop_post(s->loop, &s->post);
        thread_join(&s->thread);
        loop_free(&s->loop);
        link_unref(&s->link);
    }
    loop_stop(w.home);
    thread_join(&w.home_thread);
    loop_free(&w.home);
    links_free(&w.links);
}

static void loops_share_a_link(void **state)
{
    (void)state;
    struct err e;
    uint64_t from = clock_mono_ns(clock_real());
    up();
    until_each(all_done);
    uint64_t took_ms = (clock_mono_ns(clock_real()) - from) / 1000000;
    for (int i = 0; i < 100; i++)
        T_OK(links_pause(w.links, STR("lab"), i % 2 == 0, &e), &e);
    T_OK(links_pause(w.links, STR("lab"), true, &e), &e);
    until_each(sees_pause);
    size_t n = atomic_load(&w.n_requests);
    T_TRUE(n >= SHARDS * EACH);
    T_TRUE(n <= 100 + 5 * (took_ms + 1)); /* the refused ones' second tries too */
    T_TRUE(atomic_load(&w.n_fetches) >= 1);
    T_OK(links_pause(w.links, STR("lab"), false, &e), &e);
    down();
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(loops_share_a_link) };
    return T_RUN(tests);
}
