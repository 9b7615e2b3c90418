/*
 * Executions over the in-memory store: the record before anything is sent, attempts and when there
 * is another, mappings that fail, pauses, limits, the orderly end, and what a crash leaves.
 */
#include "flow/calls_int.h"
#include "flow/link_rig.h"
#include "store/mem/mem.h"

#define LIMIT_MS 20000

struct world {
    struct rig rig;
    struct arena *arena;
    struct mem_image *image;
    struct store *store;
    struct committer *committer;
    struct calls *calls;
    size_t n_done;
    bool stopped;
};

static void store_says(void *ctx, const struct err *e)
{
    (void)ctx;
    T_FAIL("the store complains: %s", e->text);
}

static void store_notes(void *ctx, const struct err *e)
{
    (void)ctx, (void)e; /* full: a test's wish */
}

static void calls_up(struct world *w)
{
    struct calls_conf cc = { .host = &w->rig.host,
                             .committer = w->committer,
                             .store = w->store,
                             .links = w->rig.links,
                             .random = &w->rig.random.random };
    struct err e;
    T_OK(calls_new(&cc, &w->calls, &e), &e);
}

static void up(struct world *w, size_t store_bytes)
{
    struct store_host sh = { .fatal = store_says, .notice = store_notes };
    struct err e;
    *w = (struct world){ .n_done = 0 };
    rig_up(&w->rig);
    w->arena = arena_new("test", 0, (size_t)64 << 20);
    T_TRUE(w->arena != NULL);
    sh.clock = &w->rig.clock.clock;
    w->image = mem_image_new();
    T_OK(mem_store_open(w->image, store_bytes, &sh, &w->store, &e), &e);
    T_OK(committer_new(w->rig.loop, w->store, &w->committer, &e), &e);
    calls_up(w);
}

static bool idle(void *ctx)
{
    const struct world *w = ctx;
    return committer_pending(w->committer) == 0;
}

/* All that happens without the clock. */
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
    struct world *w = ctx;
    T_FALSE(w->stopped);
    w->stopped = true;
}

static void calls_down(struct world *w, uint32_t limit_ms)
{
    calls_stop(w->calls, limit_ms, is_stopped, w);
    settle(w);
    if (!w->stopped)
        step(w, limit_ms);
    T_TRUE(w->stopped);
    calls_free(&w->calls);
}

static void down(struct world *w)
{
    if (w->calls)
        calls_down(w, 10);
    committer_free(&w->committer);
    rig_down(&w->rig);
    store_close(&w->store);
    mem_image_free(&w->image);
    arena_free(&w->arena);
}

static void executed(struct execute *x)
{
    struct world *w = x->ctx;
    w->n_done++;
}

static void ask(struct world *w, struct execute *x, const char *body)
{
    *x = (struct execute){ .ep = &w->rig.ep[0],
                           .arena = w->arena,
                           .actor = STR("key-1"),
                           .body = str_z(body),
                           .retries = -1,
                           .done = executed,
                           .ctx = w };
}

static void run(struct world *w, struct execute *x)
{
    calls_execute(w->calls, x);
    settle(w);
}

static void stored(struct world *w, uint64_t seq, struct store_exec_full *full)
{
    struct err e;
    T_OK(store_exec_read(w->store, seq, 0, w->arena, full, &e), &e);
}

/* ---- one call ----------------------------------------------------------------------------- */

static void the_guides_record(void **state)
{
    (void)state;
    static const struct conn_header headers[] = {
        { STR_INIT("Content-Type"), STR_INIT("application/json") },
        { STR_INIT("Set-Cookie"), STR_INIT("sid=1") },
    };
    struct world w;
    struct execute x;
    struct store_exec_full full;
    up(&w, 0);
    w.rig.reply = STR("{\"total\":1.10}");
    w.rig.reply_type = STR("application/json");
    w.rig.reply_headers = headers;
    w.rig.n_reply_headers = 2;
    ask(&w, &x, "{\"id\":1.0}");
    run(&w, &x);
    T_EQ_SIZE(w.n_done, 1);
    T_EQ_INT(x.rc, RC_OK);
    T_EQ_INT(x.state, EXEC_COMPLETED);
    T_EQ_STR(x.error, "");
    T_EQ_STR(x.request,
             "{\"data\":{\"id\":1.0},\"headers\":{\"Accept\":\"application/json\","
             "\"Content-Type\":\"application/json\"},\"timestamp\":\"2023-11-14T22:13:20.000Z\"}");
    T_EQ_STR(x.result,
             "{\"response\":{\"status\":200,\"statusText\":\"OK\",\"headers\":"
             "{\"Content-Type\":\"application/json\",\"Set-Cookie\":\"[masked]\"},"
             "\"data\":{\"total\":1.10},\"processedData\":{\"total\":1.10},\"success\":true},"
             "\"attempts\":[{\"attempt\":1,\"timestamp\":\"2023-11-14T22:13:20.000Z\","
             "\"startTime\":1700000000000,\"duration\":0,\"status\":\"200\",\"error\":null}]}");
    T_EQ_Z(w.rig.body, "application/json|{\"id\":1.0}");
    T_EQ_Z(w.rig.sent[0], "Accept: application/json");
    stored(&w, x.seq, &full);
    T_EQ_BYTES(full.request, x.request);
    T_EQ_BYTES(full.result, x.result);
    T_EQ_STR(full.actor, "key-1");
    T_EQ_STR(full.row.integration, "lab");
    T_EQ_STR(full.row.endpoint, "in");
    T_EQ_INT(full.row.state, EXEC_COMPLETED);
    T_EQ_STR(full.row.status, "200");
    down(&w);
}

static const enum rig_say no[] = { SAY_NO }, busy_4[] = { SAY_BUSY, SAY_BUSY, SAY_BUSY, SAY_BUSY },
                          retry_ok[] = { SAY_RETRY, SAY_OK },
                          both[] = { SAY_RETRY, SAY_BUSY, SAY_OK },
                          unsure[] = { SAY_UNCERTAIN, SAY_OK }, refused[] = { SAY_REFUSED };

static const struct row {
    const char *name;
    const enum rig_say *says;
    size_t n_says;
    const char *method;
    const char *key;
    int64_t retries;
    uint32_t retry_after_ms;
    size_t n_sent;
    enum exec_state state;
    enum fate fate;
    bool timed_out;
    const char *error;
} rows[] = {
    { "goes", NULL, 0, "POST", "", -1, 0, 1, EXEC_COMPLETED, FATE_NONE, false, "" },
    { "the peer says no", no, 1, "POST", "", -1, 0, 1, EXEC_FAILED, FATE_REJECT, false,
      "HTTP 404: Not Found" },
    { "refuses us", refused, 1, "POST", "", -1, 0, 1, EXEC_FAILED, FATE_OPERATOR, false,
      "HTTP 401: Unauthorized" },
    { "busy beyond its retries", busy_4, 4, "POST", "", -1, 0, 4, EXEC_FAILED, FATE_RETRY, false,
      "HTTP 503: Service Unavailable" },
    { "no retries at all", busy_4, 4, "POST", "", 0, 0, 1, EXEC_FAILED, FATE_RETRY, false,
      "HTTP 503: Service Unavailable" },
    { "not reached, then there", retry_ok, 2, "POST", "", -1, 0, 2, EXEC_COMPLETED, FATE_NONE,
      false, "" },
    { "one budget for both kinds", both, 3, "POST", "", 1, 0, 2, EXEC_FAILED, FATE_RETRY, false,
      "HTTP 503: Service Unavailable" },
    { "both kinds, enough", both, 3, "POST", "", 2, 0, 3, EXEC_COMPLETED, FATE_NONE, false, "" },
    { "uncertain is not repeated", unsure, 2, "POST", "", -1, 0, 1, EXEC_FAILED, FATE_UNCERTAIN,
      true, "no answer" },
    { "uncertain, a GET", unsure, 2, "GET", "", -1, 0, 2, EXEC_COMPLETED, FATE_NONE, false, "" },
    { "uncertain, with a key", unsure, 2, "POST", "k", -1, 0, 2, EXEC_COMPLETED, FATE_NONE, false,
      "" },
    { "uncertain, a GET without retries", unsure, 2, "GET", "", 0, 0, 1, EXEC_FAILED,
      FATE_UNCERTAIN, true, "no answer" },
    { "wants a little rest", busy_4, 1, "POST", "", -1, 20000, 2, EXEC_COMPLETED, FATE_NONE, false,
      "" },
    { "wants too much rest", busy_4, 1, "POST", "", -1, 60000, 1, EXEC_FAILED, FATE_RETRY, false,
      "HTTP 503: Service Unavailable" },
};

static size_t count(struct str s, const char *needle)
{
    size_t n = 0;
    for (size_t at = str_find(s, str_z(needle), 0); at != SIZE_MAX;
         at = str_find(s, str_z(needle), at + 1))
        n++;
    return n;
}

static void attempts_and_what_comes_of_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct world w;
        struct execute x;
        struct store_exec_full full;
        T_ROW(row->name);
        up(&w, 0);
        w.rig.says = row->says;
        w.rig.n_says = row->n_says;
        w.rig.retry_after_ms = row->retry_after_ms;
        w.rig.ep[0].conn.method = str_z(row->method);
        ask(&w, &x, "{}");
        x.retries = row->retries;
        x.idempotency_key = str_z(row->key);
        run(&w, &x);
        for (int n = 0; n < 40 && w.n_done == 0; n++)
            step(&w, 5000);
        T_EQ_SIZE(w.n_done, 1);
        T_EQ_SIZE(w.rig.n_sent, row->n_sent);
        T_EQ_INT(x.rc, RC_OK);
        T_EQ_INT(x.state, row->state);
        T_EQ_INT(x.fate, row->fate);
        T_EQ_INT(x.timed_out, row->timed_out);
        T_EQ_STR(x.error, row->error);
        T_EQ_SIZE(count(x.result, "\"attempt\":"), row->n_sent);
        stored(&w, x.seq, &full);
        T_EQ_INT(full.row.state, row->state);
        T_EQ_STR(full.row.error, row->error);
        down(&w);
    }
}

static void the_rest_between_attempts_is_kept(void **state)
{
    (void)state;
    struct world w;
    struct execute x;
    up(&w, 0);
    w.rig.says = busy_4;
    w.rig.n_says = 1;
    w.rig.retry_after_ms = 20000;
    ask(&w, &x, "{}");
    run(&w, &x);
    step(&w, 19999);
    T_EQ_SIZE(w.rig.n_sent, 1);
    step(&w, 1);
    T_EQ_SIZE(w.rig.n_sent, 2);
    T_EQ_SIZE(w.n_done, 1);
    T_EQ_INT(x.end_ms - x.start_ms, 20000);
    down(&w);
}

/* Nothing may be sent that the store does not know of. */
static void what_cannot_be_recorded_is_not_sent(void **state)
{
    (void)state;
    struct world w;
    struct execute x;
    up(&w, 1);
    ask(&w, &x, "{}");
    run(&w, &x); /* the first fills it, and is ended all the same */
    T_EQ_INT(x.rc, RC_OK);
    T_EQ_SIZE(w.rig.n_sent, 1);
    ask(&w, &x, "{}");
    run(&w, &x);
    T_EQ_SIZE(w.n_done, 2);
    T_EQ_INT(x.rc, RC_LIMIT);
    T_EQ_Z(x.err.id, "STORE-001");
    T_EQ_SIZE(w.rig.n_sent, 1);
    down(&w);
}

static void a_paused_integration_is_not_called(void **state)
{
    (void)state;
    struct world w;
    struct execute x;
    struct err e;
    up(&w, 0);
    T_OK(links_pause(w.rig.links, STR("lab"), true, &e), &e);
    ask(&w, &x, "{}");
    run(&w, &x);
    T_EQ_INT(x.rc, RC_STATE);
    T_EQ_Z(x.err.id, "FLOW-021");
    T_EQ_SIZE(x.seq, 0);
    T_OK(links_pause(w.rig.links, STR("lab"), false, &e), &e);
    ask(&w, &x, "{}");
    run(&w, &x);
    T_EQ_INT(x.rc, RC_OK);
    T_EQ_SIZE(w.rig.n_sent, 1);
    down(&w);
}

static void a_dry_run_sends_and_keeps_nothing(void **state)
{
    (void)state;
    struct world w;
    struct execute x;
    up(&w, 0);
    ask(&w, &x, "{\"a\":1}");
    x.dry_run = true;
    calls_execute(w.calls, &x);
    T_EQ_SIZE(w.n_done, 0); /* never from within */
    settle(&w);
    T_EQ_SIZE(w.n_done, 1);
    T_EQ_INT(x.state, EXEC_COMPLETED);
    T_EQ_SIZE(x.seq, 0);
    T_EQ_STR(x.result, "{\"response\":null,\"attempts\":[],\"dryRun\":true,\"wouldSend\":{"
                       "\"url\":\"http://peer.example/in\",\"method\":\"POST\","
                       "\"contentType\":\"application/json\",\"data\":{\"a\":1}}}");
    T_EQ_SIZE(w.rig.n_sent, 0);
    struct store_stats s;
    store_stats(w.store, &s);
    T_EQ_SIZE(s.last_seq, 0);
    down(&w);
}

/* ---- many calls --------------------------------------------------------------------------- */

static void calls_share_one_commit_and_keep_their_order(void **state)
{
    (void)state;
    struct world w;
    static struct execute x[20];
    up(&w, 0);
    for (size_t i = 0; i < ZS_COUNT(x); i++) {
        ask(&w, &x[i], "{}");
        calls_execute(w.calls, &x[i]);
    }
    settle(&w);
    struct store_stats s;
    store_stats(w.store, &s);
    T_EQ_SIZE(w.n_done, 20);
    T_EQ_SIZE(s.last_seq, 40);
    T_EQ_SIZE(s.commits, 2); /* all begins, all ends */
    for (size_t i = 1; i < ZS_COUNT(x); i++)
        T_TRUE(x[i].seq > x[i - 1].seq);
    down(&w);
}

static void so_many_at_once_and_no_more(void **state)
{
    (void)state;
    static enum rig_say later[RIG_SENT_MAX];
    static struct execute x[CALLS_AT_ONCE + 5], other;
    struct world w;
    for (size_t i = 0; i < ZS_COUNT(later); i++)
        later[i] = SAY_LATER;
    up(&w, 0);
    w.rig.says = later;
    w.rig.n_says = CALLS_AT_ONCE;
    for (size_t i = 0; i < ZS_COUNT(x); i++) {
        ask(&w, &x[i], "{}");
        calls_execute(w.calls, &x[i]);
    }
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, CALLS_AT_ONCE);
    ask(&w, &other, "{}"); /* another endpoint does not wait for this one */
    other.ep = &w.rig.ep[1];
    run(&w, &other);
    T_EQ_SIZE(w.n_done, 1);
    for (size_t i = 0; i < CALLS_AT_ONCE; i++)
        rig_answer(&w.rig, i, SAY_OK);
    settle(&w);
    T_EQ_SIZE(w.n_done, ZS_COUNT(x) + 1);
    down(&w);
}

static void calls_keep_the_rate_and_their_time(void **state)
{
    (void)state;
    static struct execute x[4];
    struct world w;
    up(&w, 0);
    w.rig.rate = (struct config_rate){ .requests = 1, .per_ms = 400, .burst = 1 };
    w.rig.ep[0].rate = &w.rig.rate;
    for (size_t i = 0; i < ZS_COUNT(x); i++) {
        ask(&w, &x[i], "{}");
        calls_execute(w.calls, &x[i]); /* each has 1000 ms */
    }
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 1);
    step(&w, 399);
    T_EQ_SIZE(w.rig.n_sent, 1);
    step(&w, 1);
    T_EQ_SIZE(w.rig.n_sent, 2);
    step(&w, 400);
    T_EQ_SIZE(w.rig.n_sent, 3);
    T_EQ_SIZE(w.n_done, 3);
    step(&w, 200);
    T_EQ_SIZE(w.n_done, 4);
    T_EQ_INT(x[3].state, EXEC_FAILED);
    T_TRUE(x[3].timed_out);
    T_EQ_STR(x[3].error, "waited for its turn until its time was over");
    T_EQ_STR(x[3].result, "{\"response\":null,\"attempts\":[]}");
    step(&w, 5000);
    T_EQ_SIZE(w.rig.n_sent, 3);
    down(&w);
}

static void an_unused_destination_is_closed(void **state)
{
    (void)state;
    struct world w;
    struct execute x;
    up(&w, 0);
    ask(&w, &x, "{}");
    run(&w, &x);
    T_EQ_SIZE(w.calls->targets.n, 1);
    step(&w, 59999);
    T_EQ_SIZE(w.calls->targets.n, 1);
    step(&w, 1);
    T_EQ_SIZE(w.calls->targets.n, 0);
    down(&w);
}

/* ---- the orderly end ---------------------------------------------------------------------- */

static void a_stop_ends_every_call(void **state)
{
    (void)state;
    static const enum rig_say says[] = { SAY_LATER, SAY_LATER, SAY_RETRY };
    static struct execute x[5];
    struct world w;
    up(&w, 0);
    w.rig.says = says;
    w.rig.n_says = 3;
    w.rig.rate = (struct config_rate){ .requests = 1, .per_ms = 100000, .burst = 3 };
    w.rig.ep[0].rate = &w.rig.rate;
    for (size_t i = 0; i < 4; i++) {
        ask(&w, &x[i], "{}");
        calls_execute(w.calls, &x[i]);
    }
    settle(&w);
    T_EQ_SIZE(w.rig.n_sent, 3); /* two in flight, one rests, one waits for the rate */
    ask(&w, &x[4], "{}");
    calls_execute(w.calls, &x[4]); /* its begin is being committed */
    calls_stop(w.calls, 50, is_stopped, &w);
    settle(&w);
    rig_answer(&w.rig, 0, SAY_OK);
    settle(&w);
    T_FALSE(w.stopped);
    step(&w, 50);
    T_TRUE(w.stopped);
    T_EQ_SIZE(w.n_done, 5);
    T_EQ_INT(x[0].state, EXEC_COMPLETED);
    T_EQ_STR(x[1].error, "given up after it was sent");
    T_EQ_INT(x[1].fate, FATE_UNCERTAIN);
    T_EQ_STR(x[2].error, "no connection");
    T_EQ_STR(x[3].error, "the engine stopped before it was sent");
    T_EQ_STR(x[4].error, "the engine stopped before it was sent");
    ask(&w, &x[4], "{}");
    run(&w, &x[4]);
    T_EQ_Z(x[4].err.id, "FLOW-022");
    calls_free(&w.calls);
    down(&w);
}

/* ---- after a crash ------------------------------------------------------------------------ */

static void what_a_crash_left_open_is_failed(void **state)
{
    (void)state;
    static const enum rig_say says[] = { SAY_LATER };
    struct world w;
    struct execute x;
    struct store_host sh = { .fatal = store_says, .notice = store_notes };
    struct store_exec_row *open = NULL;
    struct store_exec_full full;
    struct store *after = NULL;
    struct mem_image *image;
    size_t n = 0;
    struct err e;
    up(&w, 0);
    w.rig.says = says;
    w.rig.n_says = 1;
    ask(&w, &x, "{}");
    run(&w, &x);
    uint64_t seq = 1;      /* of the begin: it is in flight now */
    store_close(&w.store); /* as a crash would: the end is never written */
    image = w.image;
    sh.clock = &w.rig.clock.clock;
    T_OK(mem_store_open(image, 0, &sh, &after, &e), &e);
    T_OK(store_exec_open(after, w.arena, &open, &n, &e), &e);
    T_EQ_SIZE(n, 1);
    T_EQ_SIZE(open[0].seq, seq);
    T_OK(flow_end_open(after, w.arena, open, n, &e), &e);
    T_OK(store_exec_read(after, seq, 0, w.arena, &full, &e), &e);
    T_EQ_INT(full.row.state, EXEC_FAILED);
    T_EQ_STR(full.row.error, "outcome unknown");
    T_OK(store_exec_open(after, w.arena, &open, &n, &e), &e);
    T_EQ_SIZE(n, 0);
    T_OK(flow_end_open(after, w.arena, NULL, 0, &e), &e);
    w.store = after;
    committer_free(&w.committer);
    T_OK(committer_new(w.rig.loop, w.store, &w.committer, &e), &e);
    w.calls->conf.committer = w.committer;
    rig_answer(&w.rig, 0, SAY_OK);
    settle(&w);
    down(&w);
}

/* ---- no memory ---------------------------------------------------------------------------- */

/* With a second attempt: what the first left behind must not be touched when there is no more. */
static void no_memory_anywhere_ends_it_once(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t k = 1;; k++) {
        struct world w;
        struct execute x;
        up(&w, 0);
        rig_oauth2(&w.rig.in.cred);
        w.rig.reply = STR("{\"a\":1}");
        w.rig.reply_type = STR("application/json");
        ask(&w, &x, "{\"id\":1}");
        x.retries = 1;
        w.rig.says = busy_4;
        w.rig.n_says = 1;
        mem_fail_at(k);
        run(&w, &x);
        step(&w, 500);
        bool over = mem_fail_left() > 0;
        mem_fail_at(0);
        for (int n = 0; n < 20 && w.n_done == 0; n++)
            step(&w, 500);
        T_EQ_SIZE(w.n_done, 1);
        failed += x.rc != RC_OK || x.state == EXEC_FAILED ? 1 : 0;
        T_TRUE(x.rc == RC_OK || x.rc == RC_NOMEM || x.rc == RC_LIMIT);
        T_TRUE(w.rig.n_sent <= 2);
        if (str_eqz(x.error, "no memory for the answer"))
            T_TRUE(str_starts(x.result, STR("{\"response\":null,")));
        down(&w);
        if (over)
            break;
    }
    T_TRUE(failed > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(the_guides_record),
        T_TEST(attempts_and_what_comes_of_them),
        T_TEST(the_rest_between_attempts_is_kept),
        T_TEST(what_cannot_be_recorded_is_not_sent),
        T_TEST(a_paused_integration_is_not_called),
        T_TEST(a_dry_run_sends_and_keeps_nothing),
        T_TEST(calls_share_one_commit_and_keep_their_order),
        T_TEST(so_many_at_once_and_no_more),
        T_TEST(calls_keep_the_rate_and_their_time),
        T_TEST(an_unused_destination_is_closed),
        T_TEST(a_stop_ends_every_call),
        T_TEST(what_a_crash_left_open_is_failed),
        T_TEST(no_memory_anywhere_ends_it_once),
    };
    return T_RUN(tests);
}
