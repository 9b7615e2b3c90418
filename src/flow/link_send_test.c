/*
 * A request's way through a link: every kind of credential, one fetch for many, the peer's no and
 * the second try, giving up at each point, and no memory anywhere.
 */
#include "flow/link_rig.h"

struct given {
    struct delivery d;
    struct verdict v;
    size_t n_done;
};

static void given_done(struct delivery *d, const struct verdict *v)
{
    struct given *g = ZS_CONTAINER(d, struct given, d);
    g->v = *v;
    g->n_done++;
    T_TRUE(d->conn == NULL);
}

static void give(struct rig *r, struct link *k, struct given *g, const struct conn_extra *own)
{
    *g = (struct given){ .d = { .seq = 7, .extra = own, .done = given_done } };
    link_send(k, &r->dest, &g->d);
}

static struct link *get(struct rig *r)
{
    struct link *k = NULL;
    struct err e;
    T_OK(links_get(r->links, &r->ep[0], &k, &e), &e);
    return k;
}

static void what_a_request_carries(void **state)
{
    (void)state;
    static const struct conn_header own[] = { { STR_INIT("X-Own"), STR_INIT("1") },
                                              { STR_INIT("authorization"), STR_INIT("mine") } };
    static const struct conn_extra extra = { .headers = own, .n_headers = 2 };
    static const struct {
        const char *name;
        struct cred_conf cred;
        bool own;
        const char *sent;
    } rows[] = {
        { "none", { .type = CRED_NONE }, false, "" },
        { "none, own", { .type = CRED_NONE }, true, "X-Own: 1|authorization: mine" },
        { "certificate", { .type = CRED_CERTIFICATE }, true, "X-Own: 1|authorization: mine" },
        { "key in a header",
          { .type = CRED_API_KEY,
            .api_key = { .key = STR_INIT("k"), .header_name = STR_INIT("X-API-Key") } },
          true,
          "X-Own: 1|authorization: mine|X-API-Key: k" },
        { "key in the query",
          { .type = CRED_API_KEY,
            .api_key = { .key = STR_INIT("k"),
                         .query_param = STR_INIT("q"),
                         .place = CRED_IN_QUERY } },
          false,
          "?q=k" },
        { "basic, in the place of an own one",
          { .type = CRED_BASIC, .basic = { .username = STR_INIT("u"), .password = STR_INIT("p") } },
          true,
          "X-Own: 1|Authorization: Basic dTpw" },
        { "oauth2",
          { .type = CRED_OAUTH2,
            .oauth2 = { .token_url = STR_INIT("https://token.example/t"),
                        .client_id = STR_INIT("i"),
                        .client_secret = STR_INIT("s") } },
          false,
          "Authorization: Bearer t1" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct rig r;
        struct given g;
        T_ROW(rows[i].name);
        rig_up(&r);
        r.in.cred = rows[i].cred;
        struct link *k = get(&r);
        give(&r, k, &g, rows[i].own ? &extra : NULL);
        rig_turn(&r);
        T_EQ_SIZE(g.n_done, 1);
        T_EQ_INT(g.v.rc, RC_OK);
        T_EQ_SIZE(r.n_sent, 1);
        T_EQ_Z(r.sent[0], rows[i].sent);
        link_unref(&k);
        rig_down(&r);
    }
}

static struct link *oauth2_up(struct rig *r)
{
    rig_up(r);
    rig_oauth2(&r->in.cred);
    return get(r);
}

static void down(struct rig *r, struct link *k)
{
    link_unref(&k);
    rig_down(r);
}

static void one_fetches_for_all(void **state)
{
    (void)state;
    struct rig r;
    struct given g[20];
    struct link *k = oauth2_up(&r);
    r.fetch_by_itself = false;
    for (size_t i = 0; i < ZS_COUNT(g); i++)
        give(&r, k, &g[i], NULL);
    rig_turn(&r);
    T_EQ_SIZE(r.n_fetches, 1);
    T_EQ_SIZE(r.n_sent, 0);
    rig_tell_token(&r);
    rig_turn(&r);
    T_EQ_SIZE(r.n_sent, ZS_COUNT(g));
    for (size_t i = 0; i < ZS_COUNT(g); i++) {
        T_EQ_SIZE(g[i].n_done, 1);
        T_EQ_Z(r.sent[i], "Authorization: Bearer t1");
    }
    T_EQ_SIZE(r.n_fetches, 1);
    down(&r, k);
}

static void a_token_is_renewed_beside(void **state)
{
    (void)state;
    struct rig r;
    struct given g;
    struct link *k = oauth2_up(&r);
    give(&r, k, &g, NULL);
    rig_turn(&r);
    r.fetch_by_itself = false;
    rig_step(&r, 81000); /* a fifth of its 100 s is left */
    give(&r, k, &g, NULL);
    T_EQ_SIZE(g.n_done, 1); /* with the old one, at once */
    T_EQ_Z(r.sent[1], "Authorization: Bearer t1");
    rig_turn(&r);
    T_EQ_SIZE(r.n_fetches, 2);
    give(&r, k, &g, NULL);
    T_EQ_Z(r.sent[2], "Authorization: Bearer t1");
    rig_tell_token(&r);
    give(&r, k, &g, NULL);
    T_EQ_Z(r.sent[3], "Authorization: Bearer t2");
    T_EQ_SIZE(r.n_fetches, 2);
    down(&r, k);
}

static void what_no_token_means(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned status;
        const char *body;
        enum rc rc;
        enum fate fate;
        const char *id;
    } rows[] = {
        { "out of reach", 0, NULL, RC_IO, FATE_RETRY, "HTTP-053" },
        { "wrong client", 401, "{\"error\":\"invalid_client\"}", RC_DENIED, FATE_OPERATOR,
          "AUTH-060" },
        { "no token in it", 200, "{}", RC_PEER, FATE_OPERATOR, "AUTH-061" },
        { "broken", 500, "oops", RC_PEER, FATE_RETRY, "AUTH-062" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct rig r;
        struct given g[3];
        T_ROW(rows[i].name);
        struct link *k = oauth2_up(&r);
        r.fetch_status = rows[i].status;
        r.fetch_body = rows[i].body;
        give(&r, k, &g[0], NULL);
        give(&r, k, &g[1], NULL);
        rig_turn(&r);
        give(&r, k, &g[2], NULL); /* soon after: nobody is asked again */
        for (size_t n = 0; n < ZS_COUNT(g); n++) {
            T_EQ_SIZE(g[n].n_done, 1);
            T_EQ_INT(g[n].v.rc, rows[i].rc);
            T_EQ_INT(g[n].v.fate, rows[i].fate);
            T_EQ_Z(g[n].v.err.id, rows[i].id);
            T_FALSE(g[n].v.answered);
        }
        T_EQ_SIZE(r.n_fetches, 1);
        T_EQ_SIZE(r.n_sent, 0);
        down(&r, k);
    }
}

static void without_a_fetcher_there_is_no_token(void **state)
{
    (void)state;
    struct rig r;
    struct given g;
    struct err e;
    rig_up(&r);
    links_free(&r.links);
    struct links_conf lc = {
        .home = r.loop, .clock = &r.clock.clock, .random = &r.random.random, .log = log_none()
    };
    T_OK(links_new(&lc, &r.links, &e), &e);
    rig_oauth2(&r.in.cred);
    struct link *k = get(&r);
    give(&r, k, &g, NULL);
    rig_turn(&r);
    T_EQ_Z(g.v.err.id, "FLOW-023");
    T_EQ_INT(g.v.fate, FATE_RETRY);
    down(&r, k);
}

static void a_refused_token_is_replaced_once(void **state)
{
    (void)state;
    static const enum rig_say once[] = { SAY_REFUSED }, twice[] = { SAY_REFUSED, SAY_REFUSED };
    static const struct {
        const char *name;
        const enum rig_say *says;
        size_t n_says, n_sent;
        enum rc rc;
    } rows[] = { { "then taken", once, 1, 2, RC_OK }, { "refused again", twice, 2, 2, RC_DENIED } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct rig r;
        struct given g;
        T_ROW(rows[i].name);
        struct link *k = oauth2_up(&r);
        r.says = rows[i].says;
        r.n_says = rows[i].n_says;
        give(&r, k, &g, NULL);
        rig_turn(&r);
        T_EQ_SIZE(g.n_done, 1);
        T_EQ_INT(g.v.rc, rows[i].rc);
        T_EQ_SIZE(r.n_sent, rows[i].n_sent);
        T_EQ_Z(r.sent[0], "Authorization: Bearer t1");
        T_EQ_Z(r.sent[1], "Authorization: Bearer t2");
        down(&r, k);
    }
}

static void a_refused_password_is_final(void **state)
{
    (void)state;
    static const enum rig_say says[] = { SAY_REFUSED };
    struct rig r;
    struct given g;
    rig_up(&r);
    r.in.cred = (struct cred_conf){ .type = CRED_BASIC,
                                    .basic = { .username = STR("u"), .password = STR("p") } };
    r.says = says;
    r.n_says = 1;
    struct link *k = get(&r);
    give(&r, k, &g, NULL);
    rig_turn(&r);
    T_EQ_SIZE(r.n_sent, 1);
    T_EQ_INT(g.v.fate, FATE_OPERATOR);
    down(&r, k);
}

/* The second request is one more: it waits for a token of the bucket. */
static void the_second_try_keeps_the_rate(void **state)
{
    (void)state;
    static const enum rig_say says[] = { SAY_REFUSED };
    struct rig r;
    struct given g;
    uint64_t wait = 0;
    rig_up(&r);
    rig_oauth2(&r.in.cred);
    r.rate = (struct config_rate){ .requests = 1, .per_ms = 1000, .burst = 1 };
    r.ep[0].rate = &r.rate;
    r.says = says;
    r.n_says = 1;
    struct link *k = get(&r);
    T_TRUE(link_take(k, loop_now_mono(r.loop), &wait));
    give(&r, k, &g, NULL);
    rig_turn(&r);
    T_EQ_SIZE(r.n_sent, 1);
    T_EQ_SIZE(g.n_done, 0);
    rig_step(&r, 999);
    T_EQ_SIZE(r.n_sent, 1);
    rig_step(&r, 1);
    T_EQ_SIZE(r.n_sent, 2);
    T_EQ_INT(g.v.rc, RC_OK);
    down(&r, k);
}

/* ---- giving up ---------------------------------------------------------------------------- */

enum point { WAITING, ANSWER_POSTED, IN_THE_BUCKET, SENT };

static const struct {
    const char *name;
    enum point point;
    bool withdraw; /* else cancel */
    size_t n_done; /* at once */
    enum fate fate;
} ends[] = {
    { "cancel, waiting", WAITING, false, 1, FATE_RETRY },
    { "cancel, its answer is on the way", ANSWER_POSTED, false, 1, FATE_RETRY },
    { "cancel, before the second try", IN_THE_BUCKET, false, 1, FATE_RETRY },
    { "cancel, sent", SENT, false, 1, FATE_UNCERTAIN },
    { "withdraw, waiting", WAITING, true, 1, FATE_RETRY },
    { "withdraw, its answer is on the way", ANSWER_POSTED, true, 1, FATE_RETRY },
    { "withdraw, before the second try", IN_THE_BUCKET, true, 1, FATE_RETRY },
    { "withdraw, sent", SENT, true, 0, FATE_NONE },
};

static void bring_to(struct rig *r, struct link *k, struct given *g, enum point point)
{
    static const enum rig_say refused[] = { SAY_REFUSED }, later[] = { SAY_LATER };
    uint64_t wait = 0;
    r->fetch_by_itself = point == IN_THE_BUCKET || point == SENT;
    r->says = point == SENT ? later : refused;
    r->n_says = 1;
    if (point == IN_THE_BUCKET)
        T_TRUE(link_take(k, loop_now_mono(r->loop), &wait));
    give(r, k, g, NULL);
    rig_turn(r);
    if (point == ANSWER_POSTED)
        rig_tell_token(r);
}

static void giving_up_ends_it_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(ends); i++) {
        struct rig r;
        struct given g;
        T_ROW(ends[i].name);
        rig_up(&r);
        rig_oauth2(&r.in.cred);
        r.rate = (struct config_rate){ .requests = 1, .per_ms = 1000, .burst = 1 };
        r.ep[0].rate = &r.rate;
        struct link *k = get(&r);
        bring_to(&r, k, &g, ends[i].point);
        T_EQ_SIZE(g.n_done, 0);
        if (ends[i].withdraw)
            link_withdraw(k, &r.dest, &g.d);
        else
            link_cancel(k, &r.dest, &g.d);
        T_EQ_SIZE(g.n_done, ends[i].n_done);
        if (g.n_done > 0)
            T_EQ_INT(g.v.fate, ends[i].fate);
        link_cancel(k, &r.dest, &g.d); /* once more does nothing, or ends what was withdrawn */
        if (r.fetch)
            rig_tell_token(&r);
        rig_step(&r, 5000);
        T_EQ_SIZE(g.n_done, 1);
        T_EQ_SIZE(r.n_sent, ends[i].point == WAITING || ends[i].point == ANSWER_POSTED ? 0 : 1);
        down(&r, k);
    }
}

/* What the connector has goes on, but it is not sent anew: the destination drains. */
static void a_withdrawn_request_is_not_sent_anew(void **state)
{
    (void)state;
    static const enum rig_say says[] = { SAY_LATER };
    struct rig r;
    struct given g;
    struct link *k = oauth2_up(&r);
    r.says = says;
    r.n_says = 1;
    give(&r, k, &g, NULL);
    rig_turn(&r);
    link_withdraw(k, &r.dest, &g.d);
    T_EQ_SIZE(g.n_done, 0);
    rig_answer(&r, 0, SAY_REFUSED);
    T_EQ_SIZE(g.n_done, 1);
    T_EQ_INT(g.v.fate, FATE_OPERATOR);
    rig_turn(&r);
    T_EQ_SIZE(r.n_sent, 1);
    down(&r, k);
}

/* Links go while a token is being fetched; its answer comes later. */
static void a_fetch_outlives_its_links(void **state)
{
    (void)state;
    struct rig r;
    struct given g;
    struct link *k = oauth2_up(&r);
    r.fetch_by_itself = false;
    give(&r, k, &g, NULL);
    rig_turn(&r);
    link_cancel(k, &r.dest, &g.d);
    link_unref(&k);
    loop_free(&r.loop);
    links_free(&r.links);
    rig_tell_token(&r);
}

static void no_memory_is_a_retry(void **state)
{
    (void)state;
    for (size_t k = 1;; k++) {
        struct rig r;
        struct given g = { .n_done = 0 };
        struct link *l = oauth2_up(&r);
        mem_fail_at(k);
        give(&r, l, &g, NULL);
        rig_turn(&r);
        bool over = mem_fail_left() > 0;
        mem_fail_at(0);
        T_EQ_SIZE(g.n_done, 1);
        if (g.v.rc != RC_OK) {
            T_EQ_INT(g.v.rc, RC_NOMEM);
            T_EQ_INT(g.v.fate, FATE_RETRY);
        }
        down(&r, l);
        if (over)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_a_request_carries),
        T_TEST(one_fetches_for_all),
        T_TEST(a_token_is_renewed_beside),
        T_TEST(what_no_token_means),
        T_TEST(without_a_fetcher_there_is_no_token),
        T_TEST(a_refused_token_is_replaced_once),
        T_TEST(a_refused_password_is_final),
        T_TEST(the_second_try_keeps_the_rate),
        T_TEST(giving_up_ends_it_once),
        T_TEST(a_withdrawn_request_is_not_sent_anew),
        T_TEST(a_fetch_outlives_its_links),
        T_TEST(no_memory_is_a_retry),
    };
    return T_RUN(tests);
}
