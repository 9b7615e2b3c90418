#include "auth/auth.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "crypt/sha.h"
#include "tests/lib/t.h"

struct world {
    struct clock_fake clock;
    struct random_fake random;
    struct auth *auth;
    struct arena *arena;
};

static void open_world(struct world *w)
{
    struct err e;
    clock_fake_init(&w->clock, 1000000000000);
    random_fake_init(&w->random, 7);
    w->arena = arena_new("test", 0, 1u << 20);
    arena_wipe_on_free(w->arena);
    T_OK(auth_new(&w->clock.clock, &w->random.random, &w->auth, &e), &e);
}

static void close_world(struct world *w)
{
    auth_free(&w->auth);
    arena_free(&w->arena);
}

static struct str make_key(struct world *w, const char *name, enum auth_role role, int64_t expires,
                           struct auth_key *key)
{
    struct secret text;
    struct err e;
    T_OK(auth_key_create(w->auth, str_z(name), role, expires, w->arena, &text, key, &e), &e);
    return secret_bytes(text);
}

static enum rc ask(struct world *w, struct str key, const char *peer, struct principal *p,
                   struct err *e)
{
    struct auth_given g = { .api_key = key, .peer = peer };
    return auth_check(w->auth, &g, p, NULL, e);
}

static void keys_open_and_are_not_kept(void **state)
{
    (void)state;
    struct world w;
    struct auth_key key;
    struct principal p;
    struct err e;
    uint8_t hash[32];
    open_world(&w);
    struct str text = make_key(&w, "lab", AUTH_EDITOR, 0, &key);
    T_EQ_SIZE(text.n, 4 + 8 + 1 + 43);
    T_TRUE(str_starts(text, STR("zsk_")));
    T_TRUE(str_eqz(str_sub(text, 4, 8), key.id));
    sha256_once(text, hash);
    T_TRUE(memcmp(hash, key.hash, 32) == 0);
    T_OK(ask(&w, text, "10.0.0.1", &p, &e), &e);
    T_EQ_Z(p.id, key.id);
    T_EQ_Z(p.name, "lab");
    T_EQ_INT(p.role, AUTH_EDITOR);
    struct auth_given g = { .authorization = STR_NULL, .peer = "10.0.0.1" };
    struct buf b;
    buf_init(&b, 200);
    buf_z(&b, "bearer ");
    buf_str(&b, text);
    g.authorization = buf_view(&b);
    T_OK(auth_check(w.auth, &g, &p, NULL, &e), &e);
    buf_done(&b);
    struct auth_key listed[2];
    T_EQ_SIZE(auth_key_list(w.auth, 0, listed, 2), 1);
    T_EQ_INT(listed[0].used_at, 999999960000); /* to the minute */
    T_EQ_INT(listed[0].created_at, 1000000000000);
    close_world(&w);
}

static void what_is_no_valid_key(void **state)
{
    (void)state;
    struct world w;
    struct auth_key key;
    struct principal p = { .role = AUTH_NOBODY };
    struct err e;
    open_world(&w);
    struct str text = make_key(&w, "lab", AUTH_ADMIN, 0, &key);
    char changed[64];
    static const size_t places[] = { 0, 4, 11, 12, 13, 55 }; /* prefix, id, secret */
    for (size_t i = 0; i < ZS_COUNT(places); i++) {
        memcpy(changed, text.p, text.n);
        changed[places[i]] = changed[places[i]] == 'a' ? 'b' : 'a';
        T_EQ_INT(ask(&w, str_of(changed, text.n), "a", &p, &e), RC_DENIED);
        T_EQ_Z(e.id, "AUTH-011");
        T_EQ_Z(e.text, "the credential is not valid");
    }
    T_EQ_INT(ask(&w, str_sub(text, 0, text.n - 1), "b", &p, &e), RC_DENIED);
    T_EQ_INT(ask(&w, STR(""), "b", &p, &e), RC_DENIED);
    T_EQ_INT(ask(&w, STR("zsk_"), "b", &p, &e), RC_DENIED);
    T_EQ_INT(p.role, AUTH_NOBODY);
    struct auth_given none = { .peer = "c" };
    T_EQ_INT(auth_check(w.auth, &none, &p, NULL, &e), RC_MISSING);
    T_EQ_Z(e.id, "AUTH-010");
    struct auth_given both = { .authorization = STR("Bearer x"), .api_key = text, .peer = "c" };
    T_EQ_INT(auth_check(w.auth, &both, &p, NULL, &e), RC_SYNTAX);
    T_EQ_Z(e.id, "AUTH-013");
    struct auth_given basic = { .authorization = STR("Basic eDp5"), .peer = "c" };
    T_EQ_INT(auth_check(w.auth, &basic, &p, NULL, &e), RC_SYNTAX);
    close_world(&w);
}

static void expiry_and_removal(void **state)
{
    (void)state;
    struct world w;
    struct auth_key short_lived;
    struct auth_key other;
    struct principal p;
    struct err e;
    open_world(&w);
    struct str a = make_key(&w, "a", AUTH_VIEWER, 1000000001000, &short_lived);
    struct str b = make_key(&w, "b", AUTH_VIEWER, 0, &other);
    T_OK(ask(&w, a, "x", &p, &e), &e);
    clock_fake_step(&w.clock, 999);
    T_OK(ask(&w, a, "x", &p, &e), &e);
    clock_fake_step(&w.clock, 1);
    T_EQ_INT(ask(&w, a, "x", &p, &e), RC_DENIED);
    T_OK(auth_key_remove(w.auth, str_z(short_lived.id), &e), &e);
    T_EQ_INT(auth_key_remove(w.auth, str_z(short_lived.id), &e), RC_MISSING);
    T_EQ_Z(e.id, "AUTH-006");
    T_OK(ask(&w, b, "x", &p, &e), &e);
    T_EQ_Z(p.name, "b");
    close_world(&w);
}

static void stored_keys_come_back(void **state)
{
    (void)state;
    struct world w;
    struct world later;
    struct auth_key key;
    struct principal p;
    struct err e;
    open_world(&w);
    open_world(&later);
    struct str text = make_key(&w, "lab", AUTH_OPERATOR, 0, &key);
    T_OK(auth_key_add(later.auth, &key, &e), &e);
    T_EQ_INT(auth_key_add(later.auth, &key, &e), RC_STATE);
    T_EQ_Z(e.id, "AUTH-005");
    T_OK(ask(&later, text, "x", &p, &e), &e);
    T_EQ_INT(p.role, AUTH_OPERATOR);
    static const struct {
        const char *name;
        struct auth_key key;
    } bad[] = {
        { "no id", { .id = "", .name = "n", .role = AUTH_VIEWER } },
        { "id in capitals", { .id = "ABC", .name = "n", .role = AUTH_VIEWER } },
        { "id with an underscore", { .id = "a_b", .name = "n", .role = AUTH_VIEWER } },
        { "no name", { .id = "abc", .name = "", .role = AUTH_VIEWER } },
        { "name with a line feed", { .id = "abc", .name = "a\nb", .role = AUTH_VIEWER } },
        { "no role", { .id = "abc", .name = "n", .role = AUTH_NOBODY } },
        { "more than admin", { .id = "abc", .name = "n", .role = (enum auth_role)5 } },
    };
    for (size_t i = 0; i < ZS_COUNT(bad); i++) {
        T_ROW(bad[i].name);
        T_EQ_INT(auth_key_add(later.auth, &bad[i].key, &e), RC_VALUE);
        T_EQ_Z(e.id, "AUTH-003");
    }
    T_ROW(NULL);
    struct secret text2;
    char long_name[64];
    memset(long_name, 'x', sizeof long_name);
    T_EQ_INT(
        auth_key_create(w.auth, str_of(long_name, 64), AUTH_VIEWER, 0, w.arena, &text2, &key, &e),
        RC_VALUE);
    T_EQ_INT(auth_key_create(w.auth, STR("a\0b"), AUTH_VIEWER, 0, w.arena, &text2, &key, &e),
             RC_VALUE);
    close_world(&w);
    close_world(&later);
}

static void keys_are_listed_in_order_and_limited(void **state)
{
    (void)state;
    struct world w;
    struct auth_key key = { .name = "n", .role = AUTH_VIEWER };
    struct auth_key page[7];
    struct err e;
    open_world(&w);
    for (unsigned i = 0; i < AUTH_KEYS_MAX; i++) {
        (void)snprintf(key.id, sizeof key.id, "%08x", i * 2654435761u); /* fits */
        T_OK(auth_key_add(w.auth, &key, &e), &e);
    }
    memcpy(key.id, "zz", 3);
    T_EQ_INT(auth_key_add(w.auth, &key, &e), RC_LIMIT);
    T_EQ_Z(e.id, "AUTH-004");
    char last[AUTH_ID_MAX] = "";
    size_t n = 0;
    for (size_t got = 0; (got = auth_key_list(w.auth, n, page, 7)) > 0; n += got)
        for (size_t i = 0; i < got; i++) {
            T_TRUE(strcmp(last, page[i].id) < 0);
            memcpy(last, page[i].id, sizeof last);
        }
    T_EQ_SIZE(n, AUTH_KEYS_MAX);
    close_world(&w);
}

/* ---- failed attempts ---- */

static void too_many_failures_are_not_heard(void **state)
{
    (void)state;
    struct world w;
    struct auth_key key;
    struct principal p;
    struct err e;
    uint32_t retry_ms = 0;
    open_world(&w);
    struct str good = make_key(&w, "lab", AUTH_VIEWER, 0, &key);
    for (int i = 0; i < AUTH_FAILURES_MAX; i++) {
        T_EQ_INT(ask(&w, STR("wrong"), "10.0.0.1", &p, &e), RC_DENIED);
        clock_fake_step(&w.clock, 1000);
    }
    struct auth_given g = { .api_key = good, .peer = "10.0.0.1" };
    T_EQ_INT(auth_check(w.auth, &g, &p, &retry_ms, &e), RC_LIMIT);
    T_EQ_Z(e.id, "AUTH-012");
    T_EQ_INT(retry_ms, 50000);
    T_OK(ask(&w, good, "10.0.0.2", &p, &e), &e); /* others are not concerned */
    clock_fake_step(&w.clock, 49999);
    T_EQ_INT(auth_check(w.auth, &g, &p, &retry_ms, &e), RC_LIMIT);
    T_EQ_INT(retry_ms, 1);
    clock_fake_step(&w.clock, 1);
    T_OK(auth_check(w.auth, &g, &p, &retry_ms, &e), &e);
    for (int i = 0; i < 3 * AUTH_FAILURES_MAX; i++) { /* a success forgets what was before */
        T_EQ_INT(ask(&w, STR("wrong"), "10.0.0.1", &p, &e), RC_DENIED);
        T_OK(ask(&w, good, "10.0.0.1", &p, &e), &e);
    }
    close_world(&w);
}

static void malformed_ones_count_and_missing_ones_do_not(void **state)
{
    (void)state;
    struct world w;
    struct principal p;
    struct err e;
    open_world(&w);
    for (int i = 0; i < 2 * AUTH_FAILURES_MAX; i++)
        T_EQ_INT(auth_check(w.auth, &(struct auth_given){ .peer = "a" }, &p, NULL, &e), RC_MISSING);
    struct auth_given g = { .authorization = STR("Basic x"), .peer = "a" };
    for (int i = 0; i < AUTH_FAILURES_MAX; i++)
        T_EQ_INT(auth_check(w.auth, &g, &p, NULL, &e), RC_SYNTAX);
    T_EQ_INT(auth_check(w.auth, &g, &p, NULL, &e), RC_LIMIT);
    close_world(&w);
}

/* An attacker with many addresses makes the table forget, not grow. */
static void peers_have_a_ceiling(void **state)
{
    (void)state;
    struct world w;
    struct principal p;
    struct err e;
    char ip[16];
    open_world(&w);
    for (int i = 0; i < AUTH_FAILURES_MAX; i++)
        T_EQ_INT(ask(&w, STR("wrong"), "first", &p, &e), RC_DENIED);
    T_EQ_INT(ask(&w, STR("wrong"), "first", &p, &e), RC_LIMIT);
    for (unsigned i = 0; i < AUTH_PEERS_MAX; i++) {
        (void)snprintf(ip, sizeof ip, "10.%u.%u", i / 256, i % 256); /* fits */
        T_EQ_INT(ask(&w, STR("wrong"), ip, &p, &e), RC_DENIED);
    }
    T_EQ_INT(ask(&w, STR("wrong"), "first", &p, &e), RC_DENIED);
    close_world(&w);
}

static void allocation_failures(void **state)
{
    (void)state;
    struct auth *a = NULL;
    struct err e;
    struct clock_fake clock;
    clock_fake_init(&clock, 0);
    mem_fail_at(1);
    T_EQ_INT(auth_new(&clock.clock, random_real(), &a, &e), RC_NOMEM);
    T_EQ_Z(e.id, "AUTH-002");
    struct world w;
    struct auth_key key = { .id = "a", .name = "n", .role = AUTH_VIEWER };
    struct principal p;
    open_world(&w);
    mem_fail_at(1);
    T_EQ_INT(auth_key_add(w.auth, &key, &e), RC_NOMEM);
    T_OK(auth_key_add(w.auth, &key, &e), &e);
    for (size_t k = 1; k < 4; k++) { /* a failure that cannot be counted is still a failure */
        mem_fail_at(k);
        T_EQ_INT(ask(&w, STR("wrong"), "peer", &p, &e), RC_DENIED);
    }
    mem_fail_at(0);
    struct arena *tight = arena_new("tight", 256, 256);
    struct secret text;
    while (arena_raw(tight, 1))
        ;
    T_EQ_INT(auth_key_create(w.auth, STR("n"), AUTH_VIEWER, 0, tight, &text, &key, &e), RC_NOMEM);
    struct auth_key none[2];
    T_EQ_SIZE(auth_key_list(w.auth, 0, none, 2), 1); /* nothing half made */
    arena_free(&tight);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(keys_open_and_are_not_kept),
        T_TEST(what_is_no_valid_key),
        T_TEST(expiry_and_removal),
        T_TEST(stored_keys_come_back),
        T_TEST(keys_are_listed_in_order_and_limited),
        T_TEST(too_many_failures_are_not_heard),
        T_TEST(malformed_ones_count_and_missing_ones_do_not),
        T_TEST(peers_have_a_ceiling),
        T_TEST(allocation_failures),
    };
    return T_RUN(tests);
}
