/* Credentials of every type, and the state of a fetched token under a clock moved by hand. */
#include "auth/cred.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

#define TOKEN_ANSWER(token, seconds)                                                               \
    "{\"access_token\":\"" token "\",\"token_type\":\"Bearer\",\"expires_in\":" seconds "}"

struct world {
    struct clock_fake clock;
    struct random_fake random;
    struct arena *arena;
    struct cred *cred;
};

static enum rc world_try(struct world *w, const struct cred_conf *conf, struct err *e)
{
    *w = (struct world){ .cred = NULL };
    clock_fake_init(&w->clock, 1700000000000);
    random_fake_init(&w->random, 1);
    w->arena = arena_new("test", 0, 1u << 22);
    return cred_new(conf, &w->clock.clock, &w->random.random, &w->cred, e);
}

static void world_open(struct world *w, const struct cred_conf *conf)
{
    struct err e;
    T_OK(world_try(w, conf, &e), &e);
}

static void world_close(struct world *w)
{
    cred_unref(&w->cred);
    arena_free(&w->arena);
}

/* ---- what a request carries ---- */

#define OAUTH2(...)                                                                                \
    {                                                                                              \
        .type = CRED_OAUTH2, .oauth2 = { __VA_ARGS__ }                                             \
    }
#define URL_AND_CLIENT                                                                             \
    .token_url = STR_INIT("https://id.example/token"), .client_id = STR_INIT("zarish"),            \
    .client_secret = STR_INIT("s3cret")

static const struct {
    const char *name;
    struct cred_conf conf;
    const char *header, *query; /* NULL: none */
    const char *value;
    const char *id; /* of the error; NULL: it is made */
    const char *text;
} kinds[] = {
    { "none", { .type = CRED_NONE }, NULL, NULL, NULL, NULL, NULL },
    { "certificate", { .type = CRED_CERTIFICATE }, NULL, NULL, NULL, NULL, NULL },
    { "api_key by default",
      { .type = CRED_API_KEY, .api_key = { .key = STR_INIT("k1") } },
      "X-API-Key",
      NULL,
      "k1",
      NULL,
      NULL },
    { "api_key in a header",
      { .type = CRED_API_KEY,
        .api_key = { .key = STR_INIT("k1"), .header_name = STR_INIT("apikey") } },
      "apikey",
      NULL,
      "k1",
      NULL,
      NULL },
    { "api_key in the query",
      { .type = CRED_API_KEY, .api_key = { .key = STR_INIT("k&1"), .place = CRED_IN_QUERY } },
      NULL,
      "api_key",
      "k&1",
      NULL,
      NULL },
    { "api_key in a parameter",
      { .type = CRED_API_KEY,
        .api_key = { .key = STR_INIT("k1"),
                     .query_param = STR_INIT("token"),
                     .place = CRED_IN_QUERY } },
      NULL,
      "token",
      "k1",
      NULL,
      NULL },
    { "api_key without key",
      { .type = CRED_API_KEY },
      NULL,
      NULL,
      NULL,
      "AUTH-052",
      "API key is required" },
    { "basic, RFC 7617 section 2",
      { .type = CRED_BASIC,
        .basic = { .username = STR_INIT("Aladdin"), .password = STR_INIT("open sesame") } },
      "Authorization",
      NULL,
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
      NULL,
      NULL },
    { "basic, RFC 7617 section 2.1: UTF-8",
      { .type = CRED_BASIC,
        .basic = { .username = STR_INIT("test"), .password = STR_INIT("123\xc2\xa3") } },
      "Authorization",
      NULL,
      "Basic dGVzdDoxMjPCow==",
      NULL,
      NULL },
    { "basic with a colon in the name",
      { .type = CRED_BASIC, .basic = { .username = STR_INIT("a:b"), .password = STR_INIT("c") } },
      NULL,
      NULL,
      NULL,
      "AUTH-055",
      "the username is empty or holds a colon, or a control character stands in it or the "
      "password" },
    { "basic with a line end",
      { .type = CRED_BASIC, .basic = { .username = STR_INIT("a"), .password = STR_INIT("c\r\n") } },
      NULL,
      NULL,
      NULL,
      "AUTH-055",
      "the username is empty or holds a colon, or a control character stands in it or the "
      "password" },
    { "jwt without secret",
      { .type = CRED_JWT },
      NULL,
      NULL,
      NULL,
      "AUTH-053",
      "JWT secret is required" },
    { "oauth2 without URL", OAUTH2(.client_id = STR_INIT("x"), .client_secret = STR_INIT("y")),
      NULL, NULL, NULL, "AUTH-050", "OAuth2 token URL is required" },
    { "oauth2 without secret",
      OAUTH2(.token_url = STR_INIT("https://x/"), .client_id = STR_INIT("x")), NULL, NULL, NULL,
      "AUTH-051", "OAuth2 client credentials are required" },
    { "oauth2 without id",
      OAUTH2(.token_url = STR_INIT("https://x/"), .client_secret = STR_INIT("x")), NULL, NULL, NULL,
      "AUTH-051", "OAuth2 client credentials are required" },
    { "oauth2 with nothing to refresh", OAUTH2(URL_AND_CLIENT, .grant = CRED_REFRESH_TOKEN), NULL,
      NULL, NULL, "AUTH-054", "OAuth2 refresh token is required" },
};

static void one_field(const struct cred_parts *p, const char *header, const char *query,
                      const char *value)
{
    T_EQ_SIZE(p->n_headers, header ? 1 : 0);
    T_EQ_SIZE(p->n_query, query ? 1 : 0);
    if (header) {
        T_EQ_STR(p->headers[0].name, header);
        T_EQ_STR(p->headers[0].value, value);
    }
    if (query) {
        T_EQ_STR(p->query[0].name, query);
        T_EQ_STR(p->query[0].value, value);
    }
}

static void every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
        T_ROW(kinds[i].name);
        struct world w;
        struct cred_parts p;
        struct err e = { .code = RC_OK };
        enum rc rc = world_try(&w, &kinds[i].conf, &e);
        T_EQ_INT(rc, kinds[i].id ? RC_VALUE : RC_OK);
        if (kinds[i].id) {
            T_EQ_Z(e.id, kinds[i].id);
            T_EQ_Z(e.text, kinds[i].text);
            T_EQ_INT(e.fate, FATE_OPERATOR);
        } else {
            T_EQ_INT(cred_type_of(w.cred), kinds[i].conf.type);
            T_EQ_INT(cred_get(w.cred, w.arena, &p, &e), CRED_READY);
            one_field(&p, kinds[i].header, kinds[i].query, kinds[i].value);
            T_FALSE(p.renew);
            T_FALSE(cred_refused(w.cred, p.generation)); /* there is no other */
            T_EQ_INT(cred_expires_at(w.cred), 0);
            T_FALSE(cred_has_refresh_token(w.cred));
        }
        world_close(&w);
    }
}

/* ---- signed tokens ---- */

static struct str get_value(struct world *w, uint64_t *generation)
{
    struct cred_parts p;
    struct err e;
    T_EQ_INT(cred_get(w->cred, w->arena, &p, &e), CRED_READY);
    T_EQ_SIZE(p.n_headers, 1);
    *generation = p.generation;
    return p.headers[0].value;
}

static void jwt_is_signed_once_a_minute(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t life_s, use_ms;
    } rows[] = { { "an hour", 3600, 60000 },
                 { "by default", 0, 60000 },
                 { "75 s", 75, 60000 },
                 { "10 s", 10, 8000 },
                 { "a second", 1, 800 } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct cred_conf conf = { .type = CRED_JWT,
                                  .jwt = { .secret = STR("k"), .expires_in_s = rows[i].life_s } };
        struct world w;
        uint64_t first = 0, second = 0;
        world_open(&w, &conf);
        struct str a = get_value(&w, &first);
        T_TRUE(str_starts(a, STR("Bearer ")));
        clock_fake_step(&w.clock, rows[i].use_ms - 1);
        T_EQ_BYTES(get_value(&w, &second), a);
        T_EQ_SIZE(second, first);
        clock_fake_step(&w.clock, 1);
        T_FALSE(str_eq(get_value(&w, &second), a));
        T_EQ_SIZE(second, first + 1);
        world_close(&w);
    }
}

static void refused_jwt_is_signed_anew(void **state)
{
    (void)state;
    struct cred_conf conf = { .type = CRED_JWT, .jwt = { .secret = STR("k") } };
    struct world w;
    uint64_t first = 0, second = 0;
    world_open(&w, &conf);
    struct str a = get_value(&w, &first);
    T_TRUE(cred_refused(w.cred, first));
    T_FALSE(str_eq(get_value(&w, &second), a));
    T_FALSE(cred_refused(w.cred, second)); /* not again and again */
    T_TRUE(cred_refused(w.cred, first));   /* who still had the old one */
    clock_fake_step(&w.clock, CRED_REPLACE_MS);
    T_TRUE(cred_refused(w.cred, second));
    world_close(&w);
}

/* ---- fetched tokens ---- */

static const struct cred_conf oauth2 = OAUTH2(URL_AND_CLIENT);

static enum cred_now now_is(struct world *w, struct cred_parts *p, struct err *e)
{
    *p = (struct cred_parts){ .generation = 0 };
    return cred_get(w->cred, w->arena, p, e);
}

static enum cred_now get(struct world *w)
{
    struct cred_parts p;
    struct err e;
    return now_is(w, &p, &e);
}

static void answer_ok(struct world *w, const char *body)
{
    struct err e;
    T_OK(cred_answer(w->cred, 200, str_z(body), NULL, &e), &e);
}

static void token_is_fetched_by_one(void **state)
{
    (void)state;
    struct world w;
    struct cred_parts p;
    struct err e;
    world_open(&w, &oauth2);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_INT(get(&w), CRED_WAIT);
    T_EQ_INT(get(&w), CRED_WAIT);
    answer_ok(&w, TOKEN_ANSWER("t1", "1000"));
    T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
    one_field(&p, "Authorization", NULL, "Bearer t1");
    T_EQ_SIZE(p.generation, 1);
    T_FALSE(p.renew);
    T_EQ_INT(cred_expires_at(w.cred), 1700001000000);
    world_close(&w);
}

static void renewed_early_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *name, *answer;
        int64_t renew_ms, end_ms;
    } rows[] = {
        { "a minute before", TOKEN_ANSWER("t1", "3600"), 3540000, 3600000 },
        { "in the last fifth", TOKEN_ANSWER("t1", "100"), 80000, 100000 },
        { "300 s where nothing is said", "{\"access_token\":\"t1\"}", 240000, 300000 },
        { "a second", TOKEN_ANSWER("t1", "1"), 800, 1000 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world w;
        struct cred_parts p;
        struct err e;
        world_open(&w, &oauth2);
        T_EQ_INT(get(&w), CRED_FETCH);
        answer_ok(&w, rows[i].answer);
        clock_fake_step(&w.clock, rows[i].renew_ms - 1);
        T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
        T_FALSE(p.renew);
        clock_fake_step(&w.clock, 1);
        T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
        T_TRUE(p.renew);
        one_field(&p, "Authorization", NULL, "Bearer t1");
        T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
        T_FALSE(p.renew); /* somebody does it already */
        clock_fake_step(&w.clock, rows[i].end_ms - rows[i].renew_ms - 1);
        T_EQ_INT(get(&w), CRED_READY);
        clock_fake_step(&w.clock, 1);
        T_EQ_INT(get(&w), CRED_WAIT);
        T_EQ_INT(cred_expires_at(w.cred), 0);
        answer_ok(&w, TOKEN_ANSWER("t2", "100"));
        T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
        one_field(&p, "Authorization", NULL, "Bearer t2");
        T_EQ_SIZE(p.generation, 2);
        world_close(&w);
    }
}

static void failure_is_remembered_for_a_second(void **state)
{
    (void)state;
    struct world w;
    struct cred_parts p;
    struct err e, later;
    world_open(&w, &oauth2);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_INT(cred_answer(w.cred, 401,
                         STR("{\"error\":\"invalid_client\",\"error_description\":\"x\"}"), NULL,
                         &e),
             RC_DENIED);
    T_EQ_Z(e.id, "AUTH-060");
    clock_fake_step(&w.clock, 999);
    T_EQ_INT(now_is(&w, &p, &later), CRED_FAILED);
    T_EQ_Z(later.id, "AUTH-060");
    T_EQ_Z(later.text, "the token server refused: invalid_client");
    T_EQ_INT(later.fate, FATE_OPERATOR);
    clock_fake_step(&w.clock, 1);
    T_EQ_INT(get(&w), CRED_FETCH);
    answer_ok(&w, TOKEN_ANSWER("t1", "100"));
    T_EQ_INT(get(&w), CRED_READY);
    world_close(&w);
}

/* A token that is good still serves while its renewal fails. */
static void failed_renewal_spoils_nothing(void **state)
{
    (void)state;
    struct world w;
    struct cred_parts p;
    struct err e;
    world_open(&w, &oauth2);
    T_EQ_INT(get(&w), CRED_FETCH);
    answer_ok(&w, TOKEN_ANSWER("t1", "100"));
    clock_fake_step(&w.clock, 80000);
    T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
    T_TRUE(p.renew);
    T_EQ_INT(cred_answer(w.cred, 503, STR("busy"), NULL, &e), RC_PEER);
    T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
    T_FALSE(p.renew);
    clock_fake_step(&w.clock, 1000);
    T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
    T_TRUE(p.renew);
    world_close(&w);
}

static void network_failures_keep_their_error(void **state)
{
    (void)state;
    static const struct {
        enum fate came, fate;
    } rows[] = { { FATE_RETRY, FATE_RETRY },
                 { FATE_UNCERTAIN, FATE_RETRY },
                 { FATE_NONE, FATE_RETRY },
                 { FATE_OPERATOR, FATE_OPERATOR } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct world w;
        struct cred_parts p;
        struct err failed, e;
        world_open(&w, &oauth2);
        T_EQ_INT(get(&w), CRED_FETCH);
        (void)err_set(&failed, RC_TIMEOUT, "HTTP-054", "no answer in time");
        (void)err_fate(&failed, rows[i].came);
        T_EQ_INT(cred_answer(w.cred, 0, STR(""), &failed, &e), RC_TIMEOUT);
        T_EQ_INT(now_is(&w, &p, &e), CRED_FAILED);
        T_EQ_Z(e.id, "HTTP-054");
        T_EQ_INT(e.fate, rows[i].fate);
        world_close(&w);
    }
}

static void refused_token_is_fetched_anew(void **state)
{
    (void)state;
    struct world w;
    struct cred_parts p;
    struct err e;
    world_open(&w, &oauth2);
    T_EQ_INT(get(&w), CRED_FETCH);
    answer_ok(&w, TOKEN_ANSWER("t1", "1000"));
    T_TRUE(cred_refused(w.cred, 1));
    T_TRUE(cred_refused(w.cred, 1)); /* two requests went out with it */
    T_EQ_INT(get(&w), CRED_FETCH);
    T_TRUE(cred_refused(w.cred, 1));
    answer_ok(&w, TOKEN_ANSWER("t2", "1000"));
    T_TRUE(cred_refused(w.cred, 1));
    T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
    one_field(&p, "Authorization", NULL, "Bearer t2");
    T_FALSE(cred_refused(w.cred, 2)); /* the peer takes none of them */
    T_EQ_INT(get(&w), CRED_READY);
    clock_fake_step(&w.clock, CRED_REPLACE_MS);
    T_TRUE(cred_refused(w.cred, 2));
    T_EQ_INT(get(&w), CRED_FETCH);
    world_close(&w);
}

static struct str body_of_request(struct world *w)
{
    struct cred_request r;
    struct err e;
    T_OK(cred_request(w->cred, w->arena, &r, &e), &e);
    T_EQ_STR(r.url, "https://id.example/token");
    return r.body;
}

#define INVALID_GRANT STR("{\"error\":\"invalid_grant\"}")

static void refresh_token_goes_first(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    world_open(&w, &oauth2);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_STR(body_of_request(&w), "grant_type=client_credentials");
    answer_ok(&w, "{\"access_token\":\"t1\",\"expires_in\":100,\"refresh_token\":\"r1\"}");
    T_TRUE(cred_has_refresh_token(w.cred));
    clock_fake_step(&w.clock, 100000);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_STR(body_of_request(&w), "grant_type=refresh_token&refresh_token=r1");
    answer_ok(&w, "{\"access_token\":\"t2\",\"expires_in\":100,\"refresh_token\":\"r2\"}");
    clock_fake_step(&w.clock, 100000);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_STR(body_of_request(&w), "grant_type=refresh_token&refresh_token=r2");
    answer_ok(&w, TOKEN_ANSWER("t3", "100")); /* no new one: the old stays */
    clock_fake_step(&w.clock, 100000);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_STR(body_of_request(&w), "grant_type=refresh_token&refresh_token=r2");
    T_EQ_INT(cred_answer(w.cred, 400, INVALID_GRANT, NULL, &e), RC_AGAIN);
    T_FALSE(cred_has_refresh_token(w.cred));
    T_EQ_INT(get(&w), CRED_FETCH); /* at once */
    T_EQ_STR(body_of_request(&w), "grant_type=client_credentials");
    T_EQ_INT(cred_answer(w.cred, 400, INVALID_GRANT, NULL, &e), RC_DENIED);
    world_close(&w);
}

/* Only the server's word ends a refresh token: a network that does not let us out is none. */
static void refresh_token_survives_the_network(void **state)
{
    (void)state;
    struct world w;
    struct err failed, e;
    world_open(&w, &oauth2);
    T_EQ_INT(get(&w), CRED_FETCH);
    answer_ok(&w, "{\"access_token\":\"t1\",\"expires_in\":1,\"refresh_token\":\"r1\"}");
    clock_fake_step(&w.clock, 1000);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_STR(body_of_request(&w), "grant_type=refresh_token&refresh_token=r1");
    (void)err_set(&failed, RC_DENIED, "HTTP-060", "connections to this address are not allowed");
    T_EQ_INT(cred_answer(w.cred, 0, STR(""), &failed, &e), RC_DENIED);
    T_TRUE(cred_has_refresh_token(w.cred));
    world_close(&w);
}

static void configured_refresh_token_has_no_other_way(void **state)
{
    (void)state;
    struct cred_conf conf =
        OAUTH2(URL_AND_CLIENT, .grant = CRED_REFRESH_TOKEN, .refresh_token = STR_INIT("r0"));
    struct world w;
    struct err e;
    world_open(&w, &conf);
    T_EQ_INT(get(&w), CRED_FETCH);
    T_EQ_STR(body_of_request(&w), "grant_type=refresh_token&refresh_token=r0");
    T_EQ_INT(cred_answer(w.cred, 400, INVALID_GRANT, NULL, &e), RC_DENIED);
    T_EQ_Z(e.text, "the token server refused: invalid_grant");
    T_TRUE(cred_has_refresh_token(w.cred));
    world_close(&w);
}

/* ---- memory ---- */

static void making_without_memory(void **state)
{
    (void)state;
    static const struct str scopes[] = { STR_INIT("a"), STR_INIT("b") };
    const struct cred_conf confs[] = {
        OAUTH2(URL_AND_CLIENT, .refresh_token = STR_INIT("r"), .scopes = scopes, .n_scopes = 2),
        { .type = CRED_BASIC, .basic = { .username = STR("u"), .password = STR("p") } },
        { .type = CRED_API_KEY, .api_key = { .key = STR("k") } },
    };
    struct clock_fake clock;
    clock_fake_init(&clock, 0);
    for (size_t i = 0; i < ZS_COUNT(confs); i++) {
        enum rc rc = RC_NOMEM;
        for (size_t k = 1; rc == RC_NOMEM; k++) {
            struct cred *c = NULL;
            struct err e;
            mem_fail_at(k);
            rc = cred_new(&confs[i], &clock.clock, random_real(), &c, &e);
            mem_fail_at(0);
            T_TRUE(rc == RC_OK || rc == RC_NOMEM);
            T_TRUE(rc == RC_OK || strcmp(e.id, "AUTH-002") == 0);
            cred_unref(&c);
        }
    }
}

static void answering_without_memory(void **state)
{
    (void)state;
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc == RC_NOMEM; k++) {
        struct world w;
        struct cred_parts p;
        struct err e;
        world_open(&w, &oauth2);
        T_EQ_INT(get(&w), CRED_FETCH);
        mem_fail_at(k);
        rc = cred_answer(w.cred, 200,
                         STR("{\"access_token\":\"t1\",\"refresh_token\":\"r\\u0031\"}"), NULL, &e);
        mem_fail_at(0);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        T_EQ_INT(now_is(&w, &p, &e), rc == RC_OK ? CRED_READY : CRED_FAILED);
        T_EQ_INT(cred_has_refresh_token(w.cred), rc == RC_OK);
        world_close(&w);
    }
}

static void getting_without_memory(void **state)
{
    (void)state;
    struct world w;
    struct cred_parts p;
    struct err e;
    world_open(&w, &oauth2);
    struct arena *tight = arena_new("tight", 0, 4096);
    while (arena_raw(tight, 8)) /* until it is full */
        ;
    T_EQ_INT(get(&w), CRED_FETCH);
    answer_ok(&w, TOKEN_ANSWER("t1", "100"));
    clock_fake_step(&w.clock, 80000);
    T_EQ_INT(cred_get(w.cred, tight, &p, &e), CRED_FAILED);
    T_EQ_INT(e.fate, FATE_RETRY);
    T_EQ_INT(now_is(&w, &p, &e), CRED_READY);
    T_TRUE(p.renew); /* was not given to the one who failed */
    arena_free(&tight);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_kind),
        T_TEST(jwt_is_signed_once_a_minute),
        T_TEST(refused_jwt_is_signed_anew),
        T_TEST(token_is_fetched_by_one),
        T_TEST(renewed_early_by_one),
        T_TEST(failure_is_remembered_for_a_second),
        T_TEST(failed_renewal_spoils_nothing),
        T_TEST(network_failures_keep_their_error),
        T_TEST(refused_token_is_fetched_anew),
        T_TEST(refresh_token_goes_first),
        T_TEST(refresh_token_survives_the_network),
        T_TEST(configured_refresh_token_has_no_other_way),
        T_TEST(making_without_memory),
        T_TEST(answering_without_memory),
        T_TEST(getting_without_memory),
    };
    return T_RUN(tests);
}
