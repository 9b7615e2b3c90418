/*
 * Tests of endpoints and the setting up of credentials, beside what they leave for the calls that
 * follow, and the stop in the middle of either.
 */
#include "flow/calls_int.h"
#include "flow/link_rig.h"
#include "store/mem/mem.h"

struct world {
    struct rig rig;
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

static void up(struct world *w)
{
    struct store_host sh = { .fatal = store_says, .notice = store_says };
    struct err e;
    *w = (struct world){ .n_done = 0 };
    rig_up(&w->rig);
    sh.clock = &w->rig.clock.clock;
    T_OK(mem_store_open(NULL, 0, &sh, &w->store, &e), &e);
    T_OK(committer_new(w->rig.loop, w->store, &w->committer, &e), &e);
    struct calls_conf cc = { .host = &w->rig.host,
                             .committer = w->committer,
                             .store = w->store,
                             .links = w->rig.links,
                             .random = &w->rig.random.random };
    T_OK(calls_new(&cc, &w->calls, &e), &e);
}

static void is_stopped(void *ctx)
{
    struct world *w = ctx;
    T_FALSE(w->stopped);
    w->stopped = true;
}

static void down(struct world *w)
{
    if (!w->stopped)
        calls_stop(w->calls, 10, is_stopped, w);
    rig_turn(&w->rig);
    T_TRUE(w->stopped);
    calls_free(&w->calls);
    committer_free(&w->committer);
    rig_down(&w->rig);
    store_close(&w->store);
}

static void tested(struct endpoint_test *t)
{
    struct world *w = t->ctx;
    w->n_done++;
}

static void set_up(struct credential_setup *s)
{
    struct world *w = s->ctx;
    w->n_done++;
}

static struct endpoint_test test_of(struct world *w)
{
    return (struct endpoint_test){ .ep = &w->rig.ep[0], .done = tested, .ctx = w };
}

static struct credential_setup setup_of(struct world *w)
{
    return (struct credential_setup){ .in = &w->rig.in, .done = set_up, .ctx = w };
}

/* ---- tests of endpoints ------------------------------------------------------------------- */

static const enum rig_say refused[] = { SAY_REFUSED, SAY_REFUSED },
                          refused_once[] = { SAY_REFUSED }, gone[] = { SAY_RETRY };

static const struct {
    const char *name;
    bool oauth2;
    unsigned fetch_status;
    const enum rig_say *says;
    size_t n_says;
    bool success;
    size_t n_probes;
    const char *last; /* what the last probe carried */
    const char *error;
} tests_[] = {
    { "there", false, 200, NULL, 0, true, 1, "", "" },
    { "not there", false, 200, gone, 1, false, 1, "", "no connection" },
    { "with a token", true, 200, NULL, 0, true, 1, "Authorization: Bearer t1", "" },
    { "with another token", true, 200, refused_once, 1, true, 2, "Authorization: Bearer t2", "" },
    { "no token helps", true, 200, refused, 2, false, 2, "Authorization: Bearer t2",
      "HTTP 401: Unauthorized" },
    { "no token to be had", true, 0, NULL, 0, false, 0, NULL,
      "the token server cannot be reached" },
};

static void an_endpoint_is_tested_with_its_credential(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(tests_); i++) {
        struct world w;
        T_ROW(tests_[i].name);
        up(&w);
        w.rig.says = tests_[i].says;
        w.rig.n_says = tests_[i].n_says;
        w.rig.fetch_status = tests_[i].fetch_status;
        if (tests_[i].oauth2)
            rig_oauth2(&w.rig.in.cred);
        struct endpoint_test t = test_of(&w);
        calls_test(w.calls, &t);
        T_EQ_SIZE(w.n_done, 0); /* never from within */
        rig_turn(&w.rig);
        T_EQ_SIZE(w.n_done, 1);
        T_EQ_INT(t.result.success, tests_[i].success);
        T_EQ_SIZE(w.rig.n_sent, tests_[i].n_probes);
        if (tests_[i].last)
            T_EQ_Z(w.rig.sent[tests_[i].n_probes - 1], tests_[i].last);
        if (!t.result.success)
            T_EQ_Z(t.result.err.text, tests_[i].error);
        down(&w);
    }
}

/* Tests of a paused integration work: they are how it is looked after. */
static void a_pause_does_not_stop_tests(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    up(&w);
    T_OK(links_pause(w.rig.links, STR("lab"), true, &e), &e);
    struct endpoint_test t = test_of(&w);
    calls_test(w.calls, &t);
    rig_turn(&w.rig);
    T_TRUE(t.result.success);
    T_OK(links_pause(w.rig.links, STR("lab"), false, &e), &e);
    down(&w);
}

/* ---- setting up --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    struct cred_conf cred;
    unsigned status;
    const char *body;
    enum rc rc;
    enum fate fate;
    const char *id;
    int64_t expires_at;
    bool refresh;
} setups[] = {
    { "none", { .type = CRED_NONE }, 200, NULL, RC_OK, FATE_NONE, NULL, 0, false },
    { "a key",
      { .type = CRED_API_KEY,
        .api_key = { .key = STR_INIT("k"), .header_name = STR_INIT("X-API-Key") } },
      200,
      NULL,
      RC_OK,
      FATE_NONE,
      NULL,
      0,
      false },
    { "no key",
      { .type = CRED_API_KEY, .api_key = { .header_name = STR_INIT("X-API-Key") } },
      200,
      NULL,
      RC_VALUE,
      FATE_OPERATOR,
      "AUTH-052",
      0,
      false },
    { "a JWT is signed",
      { .type = CRED_JWT, .jwt = { .secret = STR_INIT("s"), .expires_in_s = 60 } },
      200,
      NULL,
      RC_OK,
      FATE_NONE,
      NULL,
      0,
      false },
    { "a token",
      { .type = CRED_OAUTH2,
        .oauth2 = { .token_url = STR_INIT("https://token.example/t"),
                    .client_id = STR_INIT("i"),
                    .client_secret = STR_INIT("s") } },
      200,
      NULL,
      RC_OK,
      FATE_NONE,
      NULL,
      1700000100000,
      false },
    { "a token that can be refreshed",
      { .type = CRED_OAUTH2,
        .oauth2 = { .token_url = STR_INIT("https://token.example/t"),
                    .client_id = STR_INIT("i"),
                    .client_secret = STR_INIT("s") } },
      200,
      "{\"access_token\":\"a\",\"refresh_token\":\"r\"}",
      RC_OK,
      FATE_NONE,
      NULL,
      1700000300000,
      true },
    { "a wrong client",
      { .type = CRED_OAUTH2,
        .oauth2 = { .token_url = STR_INIT("https://token.example/t"),
                    .client_id = STR_INIT("i"),
                    .client_secret = STR_INIT("s") } },
      401,
      "{\"error\":\"invalid_client\"}",
      RC_DENIED,
      FATE_OPERATOR,
      "AUTH-060",
      0,
      false },
};

static void a_credential_is_set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(setups); i++) {
        struct world w;
        T_ROW(setups[i].name);
        up(&w);
        w.rig.in.cred = setups[i].cred;
        w.rig.fetch_status = setups[i].status;
        w.rig.fetch_body = setups[i].body;
        struct credential_setup s = setup_of(&w);
        calls_setup(w.calls, &s);
        T_EQ_SIZE(w.n_done, 0);
        rig_turn(&w.rig);
        T_EQ_SIZE(w.n_done, 1);
        T_EQ_INT(s.rc, setups[i].rc);
        if (s.rc != RC_OK) {
            T_EQ_Z(s.err.id, setups[i].id);
            T_EQ_INT(s.err.fate, setups[i].fate);
        }
        T_EQ_INT(s.expires_at, setups[i].expires_at);
        T_EQ_INT(s.refresh_token, setups[i].refresh);
        down(&w);
    }
}

/* One token: for the set-up, the test that follows, and the links of the next snapshot. */
static void what_was_fetched_serves_what_follows(void **state)
{
    (void)state;
    struct world w;
    up(&w);
    rig_oauth2(&w.rig.in.cred);
    struct credential_setup s = setup_of(&w);
    calls_setup(w.calls, &s);
    rig_turn(&w.rig);
    struct config_integration next = w.rig.in; /* another object that says the same */
    w.rig.ep[0].integration = &next;
    struct endpoint_test t = test_of(&w);
    calls_test(w.calls, &t);
    rig_turn(&w.rig);
    T_TRUE(t.result.success);
    T_EQ_Z(w.rig.sent[0], "Authorization: Bearer t1");
    T_EQ_SIZE(w.rig.n_fetches, 1);
    down(&w);
}

/* ---- the stop ----------------------------------------------------------------------------- */

static void a_stop_ends_tests_and_set_ups(void **state)
{
    (void)state;
    struct world w;
    up(&w);
    rig_oauth2(&w.rig.in.cred);
    w.rig.fetch_by_itself = false;
    struct endpoint_test t = test_of(&w);
    struct credential_setup s = setup_of(&w);
    calls_test(w.calls, &t);
    calls_setup(w.calls, &s);
    rig_turn(&w.rig);
    calls_stop(w.calls, 10, is_stopped, &w);
    T_FALSE(w.stopped);
    rig_turn(&w.rig);
    T_TRUE(w.stopped);
    T_EQ_SIZE(w.n_done, 2);
    T_EQ_Z(t.result.err.id, "FLOW-022");
    T_EQ_INT(s.rc, RC_STATE);
    T_EQ_Z(s.err.id, "FLOW-022");
    calls_test(w.calls, &t);
    calls_setup(w.calls, &s);
    rig_turn(&w.rig);
    T_EQ_SIZE(w.n_done, 4);
    T_EQ_Z(t.result.err.id, "FLOW-022");
    T_EQ_Z(s.err.id, "FLOW-022");
    rig_tell_token(&w.rig); /* it comes too late for anybody */
    down(&w);
}

static void no_memory_ends_each_once(void **state)
{
    (void)state;
    for (size_t k = 1;; k++) {
        struct world w;
        up(&w);
        rig_oauth2(&w.rig.in.cred);
        struct endpoint_test t = test_of(&w);
        struct credential_setup s = setup_of(&w);
        mem_fail_at(k);
        calls_setup(w.calls, &s);
        rig_turn(&w.rig);
        calls_test(w.calls, &t);
        rig_turn(&w.rig);
        bool over = mem_fail_left() > 0;
        mem_fail_at(0);
        T_EQ_SIZE(w.n_done, 2);
        T_TRUE(s.rc == RC_OK || s.rc == RC_NOMEM);
        T_TRUE(t.result.success || t.result.err.code == RC_NOMEM);
        down(&w);
        if (over)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(an_endpoint_is_tested_with_its_credential),
        T_TEST(a_pause_does_not_stop_tests),
        T_TEST(a_credential_is_set_up),
        T_TEST(what_was_fetched_serves_what_follows),
        T_TEST(a_stop_ends_tests_and_set_ups),
        T_TEST(no_memory_ends_each_once),
    };
    return T_RUN(tests);
}
