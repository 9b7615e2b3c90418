/* Checks, new keys, removals and log-ins on several threads at once. */
#include "auth/auth_int.h"

#include "auth/password.h"

#include "base/thread.h"
#include "tests/lib/t.h"

#include <sched.h>

#define ROUNDS 300

struct worker {
    struct thread thread;
    struct auth *auth;
    struct secret good;
    unsigned n_wrong; /* answers that were not as they had to be */
};

static void check_all_the_time(void *ctx)
{
    struct worker *w = ctx;
    for (int i = 0; i < ROUNDS; i++) {
        struct principal p;
        struct auth_given good = { .api_key = secret_bytes(w->good), .peer = "good" };
        struct auth_given bad = { .api_key = STR("wrong"), .peer = "bad" };
        w->n_wrong += auth_check(w->auth, &good, &p, NULL, NULL) != RC_OK;
        w->n_wrong += auth_check(w->auth, &bad, &p, NULL, NULL) == RC_OK;
    }
}

static void change_all_the_time(void *ctx)
{
    struct worker *w = ctx;
    struct arena *a = arena_new("worker", 0, 1u << 20);
    for (int i = 0; i < ROUNDS; i++) {
        struct auth_key key;
        struct secret text;
        w->n_wrong +=
            auth_key_create(w->auth, STR("k"), AUTH_VIEWER, 0, a, &text, &key, NULL) != RC_OK;
        w->n_wrong += auth_key_remove(w->auth, str_z(key.id), NULL) != RC_OK;
        arena_clear(a);
    }
    arena_free(&a);
}

static void many_threads(void **state)
{
    (void)state;
    struct worker w[4] = { 0 };
    struct auth *auth = NULL;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct auth_key key;
    struct secret good;
    struct err e;
    T_OK(auth_new(clock_real(), random_real(), &auth, &e), &e);
    T_OK(auth_key_create(auth, STR("good"), AUTH_VIEWER, 0, a, &good, &key, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(w); i++) {
        w[i].auth = auth;
        w[i].good = good;
        T_OK(thread_start(&w[i].thread, "worker", i % 2 ? change_all_the_time : check_all_the_time,
                          &w[i], &e),
             &e);
    }
    for (size_t i = 0; i < ZS_COUNT(w); i++) {
        thread_join(&w[i].thread);
        T_EQ_INT(w[i].n_wrong, 0);
    }
    auth_free(&auth);
    arena_free(&a);
}

#define LOGIN_PASSWORD "correct horse battery"

struct visitor {
    struct thread thread;
    struct auth *auth;
    char peer[16];
    unsigned n_in, n_busy, n_else;
};

static void log_in(void *ctx)
{
    struct visitor *v = ctx;
    struct arena *a = arena_new("visitor", 0, 65536);
    struct auth_login login = { STR("ann"), STR(LOGIN_PASSWORD), v->peer };
    struct auth_session session;
    struct err e = { 0 };
    uint32_t retry_ms = 0;
    enum rc rc = auth_login(v->auth, &login, a, &session, &retry_ms, &e);
    bool busy = rc == RC_AGAIN && retry_ms == 1000 && strcmp(e.id, "AUTH-045") == 0;
    v->n_in += rc == RC_OK;
    v->n_busy += busy;
    v->n_else += rc != RC_OK && !busy;
    arena_free(&a);
}

/* Who comes while AUTH_LOGINS_AT_ONCE are being checked is sent away, and not as a failure. */
static void many_log_in(void **state)
{
    (void)state;
    struct visitor v[6] = { 0 };
    struct auth *auth = NULL;
    struct arena *a = arena_new("test", 0, 65536);
    struct auth_user ann = { .name = "ann", .role = AUTH_VIEWER };
    struct str hash;
    struct err e;
    T_OK(auth_new(clock_real(), random_real(), &auth, &e), &e);
    T_OK(password_hash(STR(LOGIN_PASSWORD), a, &hash, &e), &e);
    memcpy(ann.hash, hash.p, hash.n);
    T_OK(auth_user_set(auth, &ann, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(v); i++) {
        v[i].auth = auth;
        (void)snprintf(v[i].peer, sizeof v[i].peer, "10.0.0.%zu", i); /* fits */
        T_OK(thread_start(&v[i].thread, "visitor", log_in, &v[i], &e), &e);
    }
    unsigned n_in = 0, n_busy = 0;
    for (size_t i = 0; i < ZS_COUNT(v); i++) {
        thread_join(&v[i].thread);
        T_EQ_INT(v[i].n_else, 0);
        n_in += v[i].n_in;
        n_busy += v[i].n_busy;
    }
    T_EQ_INT(n_in + n_busy, ZS_COUNT(v));
    T_TRUE(n_in >= 1);
    T_EQ_SIZE(auth_session_count(auth), n_in);
    auth_free(&auth);
    arena_free(&a);
}

static bool is_checking(struct auth *a)
{
    LOCK_SCOPE(guard, &a->mutex);
    return a->n_logins > 0;
}

/* Who is disabled while the password is checked gets no session, right as the password was. */
static void changed_while_logging_in(void **state)
{
    (void)state;
    struct visitor v = { .peer = "10.0.0.1" };
    struct arena *a = arena_new("test", 0, 65536);
    struct auth_user ann = { .name = "ann", .role = AUTH_ADMIN };
    struct str hash;
    struct err e;
    T_OK(auth_new(clock_real(), random_real(), &v.auth, &e), &e);
    T_OK(password_hash(STR(LOGIN_PASSWORD), a, &hash, &e), &e);
    memcpy(ann.hash, hash.p, hash.n);
    T_OK(auth_user_set(v.auth, &ann, &e), &e);
    T_OK(thread_start(&v.thread, "visitor", log_in, &v, &e), &e);
    while (!is_checking(v.auth) && auth_session_count(v.auth) == 0)
        (void)sched_yield(); /* only for the other thread's sake */
    ann.disabled = true;
    T_OK(auth_user_set(v.auth, &ann, &e), &e);
    thread_join(&v.thread);
    T_EQ_SIZE(auth_session_count(v.auth), 0);
    auth_free(&v.auth);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(many_threads), T_TEST(many_log_in),
                                        T_TEST(changed_while_logging_in) };
    return T_RUN(tests);
}
