#include "auth/auth.h"

#include "auth/password.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "tests/lib/t.h"

#define PASSWORD "correct horse battery"

struct world {
    struct clock_fake clock;
    struct random_fake random;
    struct auth *auth;
    struct arena *arena;
    struct str hash; /* of PASSWORD */
};

static void open_world(struct world *w)
{
    struct err e;
    clock_fake_init(&w->clock, 1000000000000);
    random_fake_init(&w->random, 7);
    w->arena = arena_new("test", 0, 4u << 20);
    arena_wipe_on_free(w->arena);
    T_OK(auth_new(&w->clock.clock, &w->random.random, &w->auth, &e), &e);
    T_OK(password_hash(STR(PASSWORD), w->arena, &w->hash, &e), &e);
}

static void close_world(struct world *w)
{
    auth_free(&w->auth);
    arena_free(&w->arena);
}

static struct auth_user user_of(const struct world *w, const char *name, enum auth_role role)
{
    struct auth_user u = { .role = role };
    memcpy(u.name, name, strlen(name));
    memcpy(u.hash, w->hash.p, w->hash.n);
    return u;
}

static void set_user(struct world *w, const char *name, enum auth_role role)
{
    struct err e;
    struct auth_user u = user_of(w, name, role);
    T_OK(auth_user_set(w->auth, &u, &e), &e);
}

static enum rc login(struct world *w, const char *name, const char *password, const char *peer,
                     struct auth_session *s, struct err *e)
{
    struct auth_login l = { str_z(name), str_z(password), peer };
    return auth_login(w->auth, &l, w->arena, s, NULL, e);
}

static struct str open_session(struct world *w, const char *name)
{
    struct auth_session s;
    struct err e;
    T_OK(login(w, name, PASSWORD, "10.0.0.1", &s, &e), &e);
    return secret_bytes(s.token);
}

static enum rc ask(struct world *w, struct str token, struct principal *p, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, w->arena, 200);
    buf_z(&b, "Bearer ");
    buf_str(&b, token);
    struct auth_given g = { .authorization = buf_view(&b), .peer = "10.0.0.1" };
    return auth_check(w->auth, &g, p, NULL, e);
}

static bool is_open(struct world *w, struct str token)
{
    struct principal p;
    struct err e;
    return ask(w, token, &p, &e) == RC_OK;
}

static void who_logs_in_is_known(void **state)
{
    (void)state;
    struct world w;
    struct auth_session s;
    struct principal p;
    struct err e;
    open_world(&w);
    set_user(&w, "ann.lee@lab", AUTH_EDITOR);
    T_OK(login(&w, "ann.lee@lab", PASSWORD, "10.0.0.1", &s, &e), &e);
    struct str token = secret_bytes(s.token);
    T_EQ_SIZE(token.n, 4 + 43);
    T_TRUE(str_starts(token, STR("zss_")));
    T_EQ_INT(s.expires_at, 1000043200000);
    T_EQ_Z(s.who.id, "user:ann.lee@lab");
    T_OK(ask(&w, token, &p, &e), &e);
    T_EQ_Z(p.id, "user:ann.lee@lab");
    T_EQ_Z(p.name, "ann.lee@lab");
    T_EQ_INT(p.role, AUTH_EDITOR);
    /* only as Bearer, and only whole */
    struct auth_given g = { .api_key = token, .peer = "10.0.0.2" };
    T_EQ_INT(auth_check(w.auth, &g, &p, NULL, &e), RC_DENIED);
    T_EQ_Z(e.id, "AUTH-011");
    T_FALSE(is_open(&w, str_sub(token, 0, token.n - 1)));
    T_FALSE(is_open(&w, STR("zss_")));
    T_OK(auth_session_close(w.auth, token, &e), &e);
    T_FALSE(is_open(&w, token));
    T_EQ_INT(auth_session_close(w.auth, token, &e), RC_MISSING);
    T_EQ_Z(e.id, "AUTH-047");
    close_world(&w);
}

static void who_does_not_get_in(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    set_user(&w, "ann", AUTH_ADMIN);
    struct auth_user gone = user_of(&w, "gone", AUTH_ADMIN);
    struct err e;
    gone.disabled = true;
    T_OK(auth_user_set(w.auth, &gone, &e), &e);
    static const struct {
        const char *name, *password;
    } rows[] = {
        { "ann", "correct horse batterz" },
        { "ann", "" },
        { "bob", PASSWORD },
        { "", PASSWORD },
        { "gone", PASSWORD },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct auth_session s;
        T_ROW(rows[i].name);
        T_EQ_INT(login(&w, rows[i].name, rows[i].password, "10.0.0.9", &s, &e), RC_DENIED);
        T_EQ_Z(e.id, "AUTH-044");
        T_EQ_Z(e.text, "name or password is wrong"); /* nothing tells which */
    }
    T_ROW(NULL);
    T_EQ_SIZE(auth_session_count(w.auth), 0);
    close_world(&w);
}

static void failures_are_counted_with_those_of_keys(void **state)
{
    (void)state;
    struct world w;
    struct auth_session s;
    struct principal p;
    struct err e;
    uint32_t retry_ms = 0;
    open_world(&w);
    set_user(&w, "ann", AUTH_VIEWER);
    struct auth_given bad = { .api_key = STR("wrong"), .peer = "10.0.0.3" };
    for (int i = 0; i < AUTH_FAILURES_MAX - 1; i++)
        T_EQ_INT(auth_check(w.auth, &bad, &p, NULL, &e), RC_DENIED);
    T_EQ_INT(login(&w, "ann", "wrong password", "10.0.0.3", &s, &e), RC_DENIED);
    struct auth_login good = { STR("ann"), STR(PASSWORD), "10.0.0.3" };
    T_EQ_INT(auth_login(w.auth, &good, w.arena, &s, &retry_ms, &e), RC_LIMIT);
    T_EQ_Z(e.id, "AUTH-012");
    T_EQ_INT(retry_ms, 60000);
    clock_fake_step(&w.clock, 60000);
    for (int i = 0; i < AUTH_FAILURES_MAX + 2; i++) /* a success takes its own count back */
        T_OK(auth_login(w.auth, &good, w.arena, &s, NULL, &e), &e);
    close_world(&w);
}

static void sessions_end(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    open_world(&w);
    set_user(&w, "ann", AUTH_VIEWER);
    struct str token = open_session(&w, "ann");
    clock_fake_step(&w.clock, 3599999); /* idle */
    T_TRUE(is_open(&w, token));
    clock_fake_step(&w.clock, 3600000);
    T_FALSE(is_open(&w, token));
    T_EQ_SIZE(auth_session_count(w.auth), 0);
    token = open_session(&w, "ann");
    for (int i = 0; i < 23; i++) { /* used all the time, until 11.5 hours */
        clock_fake_step(&w.clock, 1800000);
        T_TRUE(is_open(&w, token));
    }
    clock_fake_step(&w.clock, 1799999);
    T_TRUE(is_open(&w, token));
    clock_fake_step(&w.clock, 1);
    T_FALSE(is_open(&w, token));
    set_user(&w, "bob", AUTH_VIEWER);
    static const struct {
        const char *name;
        bool disabled, removed;
    } rows[] = { { "changed", false, false },
                 { "disabled", true, false },
                 { "removed", true, true } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct auth_user u = user_of(&w, "ann", AUTH_VIEWER);
        struct str bob = open_session(&w, "bob");
        T_ROW(rows[i].name);
        token = open_session(&w, "ann");
        u.disabled = rows[i].disabled;
        if (rows[i].removed)
            T_OK(auth_user_remove(w.auth, STR("ann"), &e), &e);
        else
            T_OK(auth_user_set(w.auth, &u, &e), &e);
        T_FALSE(is_open(&w, token));
        T_TRUE(is_open(&w, bob));
        if (rows[i].disabled)
            set_user(&w, "ann", AUTH_VIEWER);
    }
    T_ROW(NULL);
    token = open_session(&w, "bob");
    T_EQ_SIZE(auth_session_close_of_user(w.auth, STR("bob")), 4);
    T_FALSE(is_open(&w, token));
    T_EQ_SIZE(auth_session_close_of_user(w.auth, STR("bob")), 0);
    close_world(&w);
}

/* One more than a user may have ends the one that was idle longest. */
static void sessions_of_one_user_are_limited(void **state)
{
    (void)state;
    struct world w;
    struct str tokens[AUTH_SESSIONS_EACH + 1];
    open_world(&w);
    set_user(&w, "ann", AUTH_VIEWER);
    for (size_t i = 0; i < AUTH_SESSIONS_EACH; i++)
        tokens[i] = open_session(&w, "ann");
    T_TRUE(is_open(&w, tokens[0])); /* now the second one is it */
    tokens[AUTH_SESSIONS_EACH] = open_session(&w, "ann");
    T_EQ_SIZE(auth_session_count(w.auth), AUTH_SESSIONS_EACH);
    for (size_t i = 0; i < ZS_COUNT(tokens); i++)
        T_TRUE(is_open(&w, tokens[i]) == (i != 1));
    close_world(&w);
}

static void users_that_cannot_be(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    open_world(&w);
    char filled[AUTH_PASSWORD_HASH_MAX];
    memset(filled, 'x', sizeof filled);
    struct auth_user long_name = user_of(&w, "x", AUTH_VIEWER);
    struct auth_user long_hash = user_of(&w, "x", AUTH_VIEWER);
    memcpy(long_name.name, filled, AUTH_NAME_MAX);
    memcpy(long_hash.hash, filled, AUTH_PASSWORD_HASH_MAX);
    const struct {
        const char *name;
        struct auth_user user;
    } rows[] = {
        { "no name", user_of(&w, "", AUTH_VIEWER) },
        { "a space", user_of(&w, "a b", AUTH_VIEWER) },
        { "a colon", user_of(&w, "a:b", AUTH_VIEWER) },
        { "a line feed", user_of(&w, "a\n", AUTH_VIEWER) },
        { "no role", user_of(&w, "a", AUTH_NOBODY) },
        { "more than admin", user_of(&w, "a", (enum auth_role)5) },
        { "no password", { .name = "a", .role = AUTH_VIEWER } },
        { "name without an end", long_name },
        { "hash without an end", long_hash },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        T_EQ_INT(auth_user_set(w.auth, &rows[i].user, &e), RC_VALUE);
        T_EQ_Z(e.id, "AUTH-041");
    }
    T_ROW(NULL);
    T_EQ_INT(auth_user_remove(w.auth, STR("nobody"), &e), RC_MISSING);
    T_EQ_Z(e.id, "AUTH-043");
    char name[16];
    for (unsigned i = 0; i < AUTH_USERS_MAX; i++) {
        (void)snprintf(name, sizeof name, "u%u", i); /* fits */
        set_user(&w, name, AUTH_VIEWER);
    }
    struct auth_user more = user_of(&w, "more", AUTH_VIEWER);
    T_EQ_INT(auth_user_set(w.auth, &more, &e), RC_LIMIT);
    T_EQ_Z(e.id, "AUTH-042");
    set_user(&w, "u7", AUTH_ADMIN); /* a change is no new one */
    close_world(&w);
}

static void hashes_as_text(void **state)
{
    (void)state;
    uint8_t hash[32], back[32];
    char text[65];
    struct err e;
    for (size_t i = 0; i < sizeof hash; i++)
        hash[i] = (uint8_t)(i * 37 + 9);
    auth_hash_text(hash, text);
    T_EQ_Z(text, "092e53789dc2e70c31567ba0c5ea0f34597ea3c8ed12375c81a6cbf0153a5f84");
    T_OK(auth_hash_parse(str_z(text), back, &e), &e);
    T_TRUE(memcmp(hash, back, sizeof hash) == 0);
    static const struct str bad[] = {
        STR_INIT(""),
        STR_INIT("092e53789dc2e70c31567ba0c5ea0f34597ea3c8ed12375c81a6cbf0153a5f8"),
        STR_INIT("092e53789dc2e70c31567ba0c5ea0f34597ea3c8ed12375c81a6cbf0153a5f841"),
        STR_INIT("092E53789dc2e70c31567ba0c5ea0f34597ea3c8ed12375c81a6cbf0153a5f84"),
        STR_INIT("g92e53789dc2e70c31567ba0c5ea0f34597ea3c8ed12375c81a6cbf0153a5f84"),
    };
    for (size_t i = 0; i < ZS_COUNT(bad); i++) {
        T_EQ_INT(auth_hash_parse(bad[i], back, &e), RC_VALUE);
        T_EQ_Z(e.id, "AUTH-007");
    }
}

static void allocation_failures(void **state)
{
    (void)state;
    struct world w;
    struct auth_session s;
    struct err e;
    open_world(&w);
    struct auth_user u = user_of(&w, "ann", AUTH_VIEWER);
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc == RC_NOMEM; k++) {
        mem_fail_at(k);
        rc = auth_user_set(w.auth, &u, &e);
        mem_fail_at(0);
    }
    T_OK(rc, &e);
    rc = RC_NOMEM;
    for (size_t k = 1; rc == RC_NOMEM && k < 20; k++) {
        mem_fail_at(k);
        rc = login(&w, "ann", PASSWORD, "10.0.0.1", &s, &e);
        mem_fail_at(0);
        T_EQ_SIZE(auth_session_count(w.auth), rc == RC_OK ? 1 : 0); /* nothing half made */
    }
    T_OK(rc, &e);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(who_logs_in_is_known),
        T_TEST(who_does_not_get_in),
        T_TEST(failures_are_counted_with_those_of_keys),
        T_TEST(sessions_end),
        T_TEST(sessions_of_one_user_are_limited),
        T_TEST(users_that_cannot_be),
        T_TEST(hashes_as_text),
        T_TEST(allocation_failures),
    };
    return T_RUN(tests);
}
