/* Checks, new keys and removals on several threads at once. */
#include "auth/auth.h"

#include "base/thread.h"
#include "tests/lib/t.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(many_threads) };
    return T_RUN(tests);
}
