/*
 * What links share and for how long: rates by the endpoint's name, credentials by what the
 * configuration says, the pause by the integration's name.
 */
#include "flow/link_rig.h"

static struct link *get(struct rig *r, const struct config_endpoint *ep)
{
    struct link *k = NULL;
    struct err e;
    T_OK(links_get(r->links, ep, &k, &e), &e);
    return k;
}

static void one_link_for_one_endpoint(void **state)
{
    (void)state;
    struct rig r;
    rig_up(&r);
    struct link *a = get(&r, &r.ep[0]);
    struct link *b = get(&r, &r.ep[0]);
    struct link *c = get(&r, &r.ep[1]);
    T_TRUE(a == b);
    T_TRUE(a != c);
    T_TRUE(link_endpoint(a) == &r.ep[0]);
    link_unref(&a);
    T_TRUE(a == NULL);
    link_unref(&b);
    link_unref(&c);
    rig_down(&r);
}

/* The same endpoint of the next snapshot: another object that says the same, or something else. */
static void a_bucket_survives_where_the_limit_is_the_same(void **state)
{
    (void)state;
    struct rig r;
    struct config_endpoint next;
    struct config_rate more = { .requests = 2, .per_ms = 1000, .burst = 2 };
    uint64_t wait = 0;
    rig_up(&r);
    r.rate = (struct config_rate){ .requests = 1, .per_ms = 1000, .burst = 2 };
    r.ep[0].rate = &r.rate;
    next = r.ep[0];
    struct link *old = get(&r, &r.ep[0]);
    uint64_t now = r.clock.mono;
    T_TRUE(link_take(old, now, &wait));
    T_TRUE(link_take(old, now, &wait));
    T_FALSE(link_take(old, now, &wait));
    T_EQ_SIZE(wait, 1000);
    struct link *new = get(&r, &next);
    T_TRUE(new != old);
    T_FALSE(link_take(new, now, &wait)); /* shared while both are there */
    link_unref(&old);
    link_unref(&new);
    new = get(&r, &next);
    T_FALSE(link_take(new, now, &wait)); /* and remembered while nobody is */
    link_unref(&new);
    next.rate = &more;
    new = get(&r, &next);
    T_TRUE(link_take(new, now, &wait)); /* another limit is another bucket */
    link_unref(&new);
    rig_down(&r);
}

static void no_limit_is_no_limit(void **state)
{
    (void)state;
    struct rig r;
    uint64_t wait = 0;
    rig_up(&r);
    r.rate = (struct config_rate){ .requests = 0, .per_ms = 1000, .burst = 1 };
    r.ep[1].rate = &r.rate;
    for (size_t i = 0; i < 2; i++) {
        struct link *k = get(&r, &r.ep[i]);
        for (size_t n = 0; n < 1000; n++)
            T_TRUE(link_take(k, r.clock.mono, &wait));
        link_unref(&k);
    }
    rig_down(&r);
}

/* Two integrations' words, and whether one credential serves both. */
static void a_credential_is_shared_where_all_is_the_same(void **state)
{
    (void)state;
    static const struct str scopes[] = { STR_INIT("a"), STR_INIT("b") };
    static const struct conn_tls tls = { .ca_pem = STR_INIT("ca") };
    static const struct cred_conf oauth = { .type = CRED_OAUTH2,
                                            .oauth2 = { .token_url = STR_INIT("https://t/"),
                                                        .client_id = STR_INIT("i"),
                                                        .client_secret = STR_INIT("s"),
                                                        .scopes = scopes,
                                                        .n_scopes = 2 } },
                                  basic = { .type = CRED_BASIC,
                                            .basic = { .username = STR_INIT("u"),
                                                       .password = STR_INIT("p") } },
                                  key = { .type = CRED_API_KEY,
                                          .api_key = { .key = STR_INIT("k"),
                                                       .header_name = STR_INIT("X-API-Key"),
                                                       .query_param = STR_INIT("q") } },
                                  jwt = { .type = CRED_JWT,
                                          .jwt = { .secret = STR_INIT("s"), .expires_in_s = 60 } };
    struct {
        const char *name;
        struct cred_conf a, b;
        const struct conn_tls *tls;
        const char *in;
        bool same;
    } rows[] = {
        { "oauth2, same", oauth, oauth, NULL, "lab", true },
        { "oauth2, secret", oauth, oauth, NULL, "lab", false },
        { "oauth2, a scope less", oauth, oauth, NULL, "lab", false },
        { "oauth2, other trust", oauth, oauth, &tls, "lab", false },
        { "oauth2, other integration", oauth, oauth, NULL, "lob", false },
        { "another type", oauth, basic, NULL, "lab", false },
        { "basic, same", basic, basic, NULL, "lab", true },
        { "basic, password", basic, basic, NULL, "lab", false },
        { "key, same", key, key, NULL, "lab", true },
        { "key, place", key, key, NULL, "lab", false },
        { "jwt, same", jwt, jwt, NULL, "lab", true },
        { "jwt, life", jwt, jwt, NULL, "lab", false },
    };
    rows[1].b.oauth2.client_secret = STR("S");
    rows[2].b.oauth2.n_scopes = 1;
    rows[7].b.basic.password = STR("P");
    rows[9].b.api_key.place = CRED_IN_QUERY;
    rows[11].b.jwt.expires_in_s = 61;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct rig r;
        struct link_auth *a = NULL, *b = NULL;
        struct err e;
        T_ROW(rows[i].name);
        rig_up(&r);
        struct config_integration next = r.in;
        r.in.cred = rows[i].a;
        next.cred = rows[i].b;
        next.tls = rows[i].tls;
        next.name = str_z(rows[i].in);
        T_OK(links_auth(r.links, &r.in, &a, &e), &e);
        T_OK(links_auth(r.links, &next, &b, &e), &e);
        T_EQ_INT(a == b, rows[i].same);
        link_auth_unref(&a);
        link_auth_unref(&b);
        rig_down(&r);
    }
}

static void unused_credentials_are_few(void **state)
{
    (void)state;
    struct rig r;
    struct config_integration in[200];
    char names[200][8];
    struct link_auth *first = NULL;
    struct err e;
    rig_up(&r);
    for (size_t i = 0; i < ZS_COUNT(in); i++) {
        struct link_auth *a = NULL;
        (void)snprintf(names[i], sizeof names[i], "n%zu", i);
        in[i] = r.in;
        in[i].name = str_z(names[i]);
        rig_oauth2(&in[i].cred);
        T_OK(links_auth(r.links, &in[i], &a, &e), &e);
        if (i == 0)
            first = link_auth_ref(a);
        link_auth_unref(&a);
    }
    struct link_auth *again = NULL;
    T_OK(links_auth(r.links, &in[0], &again, &e), &e);
    T_TRUE(again == first); /* in use: kept */
    T_EQ_INT(link_auth_refs(first), 3);
    link_auth_unref(&again);
    link_auth_unref(&first);
    rig_down(&r);
}

struct watcher {
    struct link_watch watch;
    size_t n;
};

static void told(struct link_watch *w)
{
    ZS_CONTAINER(w, struct watcher, watch)->n++;
}

static void a_pause_is_by_name_and_told(void **state)
{
    (void)state;
    struct rig r;
    struct err e;
    rig_up(&r);
    T_OK(links_pause(r.links, STR("lab"), true, &e), &e); /* before there is any link */
    struct link *k = get(&r, &r.ep[0]);
    struct watcher w = { .watch = { .fn = told, .loop = r.loop } };
    T_TRUE(link_paused(k));
    link_watch(k, &w.watch);
    T_OK(links_pause(r.links, STR("other"), false, &e), &e);
    rig_turn(&r);
    T_EQ_SIZE(w.n, 0);
    T_OK(links_pause(r.links, STR("lab"), false, &e), &e);
    T_OK(links_pause(r.links, STR("lab"), true, &e), &e);
    T_OK(links_pause(r.links, STR("lab"), false, &e), &e);
    T_FALSE(link_paused(k));
    rig_turn(&r);
    T_EQ_SIZE(w.n, 1); /* three changes, told once, after the last */
    T_TRUE(link_unwatch(k, &w.watch));
    T_OK(links_pause(r.links, STR("lab"), true, &e), &e);
    rig_turn(&r);
    T_EQ_SIZE(w.n, 1);
    link_watch(k, &w.watch);
    T_OK(links_pause(r.links, STR("lab"), false, &e), &e);
    T_FALSE(link_unwatch(k, &w.watch)); /* on its way: comes once more */
    rig_turn(&r);
    T_EQ_SIZE(w.n, 2);
    link_unref(&k);
    rig_down(&r);
}

static void no_memory_leaves_nothing(void **state)
{
    (void)state;
    struct rig r;
    rig_up(&r);
    r.rate = (struct config_rate){ .requests = 1, .per_ms = 1000, .burst = 2 };
    r.ep[0].rate = &r.rate;
    rig_oauth2(&r.in.cred);
    size_t failed = 0;
    for (size_t k = 1;; k++) {
        struct link *l = NULL;
        struct err e;
        mem_fail_at(k);
        enum rc rc = links_get(r.links, &r.ep[0], &l, &e);
        bool over = mem_fail_left() > 0;
        mem_fail_at(0);
        if (rc == RC_OK)
            link_unref(&l);
        else
            T_EQ_INT(rc, RC_NOMEM);
        failed += rc != RC_OK ? 1 : 0;
        if (over)
            break;
        rig_down(&r); /* from the beginning: what is kept would hide the later ones */
        rig_up(&r);
        r.rate = (struct config_rate){ .requests = 1, .per_ms = 1000, .burst = 2 };
        r.ep[0].rate = &r.rate;
        rig_oauth2(&r.in.cred);
    }
    T_TRUE(failed >= 6);
    rig_down(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(one_link_for_one_endpoint),  T_TEST(a_bucket_survives_where_the_limit_is_the_same),
        T_TEST(no_limit_is_no_limit),       T_TEST(a_credential_is_shared_where_all_is_the_same),
        T_TEST(unused_credentials_are_few), T_TEST(a_pause_is_by_name_and_told),
        T_TEST(no_memory_leaves_nothing),
    };
    return T_RUN(tests);
}
