/* Many callers, one credential: never two fetches at once, and every token is a whole one. */
#include "auth/cred.h"

#include "base/thread.h"
#include "tests/lib/t.h"

#include <stdatomic.h>

#define ROUNDS  2000
#define WORKERS 6

struct shared {
    struct cred *cred;
    _Atomic int n_fetching;
    _Atomic unsigned n_wrong, n_fetches, n_sent;
};

struct worker {
    struct thread thread;
    struct shared *s;
};

static void fetch(struct shared *s, struct arena *a)
{
    struct cred_request r;
    struct err e;
    s->n_wrong += atomic_fetch_add(&s->n_fetching, 1) != 0;
    unsigned n = atomic_fetch_add(&s->n_fetches, 1);
    s->n_wrong += cred_request(s->cred, a, &r, &e) != RC_OK;
    s->n_wrong += !str_eqz(r.body, "grant_type=client_credentials");
    atomic_fetch_sub(&s->n_fetching, 1); /* the next may begin as soon as it is answered */
    struct str token = n % 2 ? STR("{\"access_token\":\"odd\",\"expires_in\":1000}")
                             : STR("{\"access_token\":\"even\",\"expires_in\":1000}");
    s->n_wrong += cred_answer(s->cred, 200, token, NULL, &e) != RC_OK;
}

static void call_all_the_time(void *ctx)
{
    struct shared *s = ((struct worker *)ctx)->s;
    struct cred *mine = cred_ref(s->cred);
    struct arena *a = arena_new("worker", 0, 1u << 20);
    for (int i = 0; i < ROUNDS; i++) {
        struct cred_parts p;
        struct err e;
        enum cred_now now = cred_get(mine, a, &p, &e);
        if (now == CRED_FETCH || (now == CRED_READY && p.renew))
            fetch(s, a);
        if (now == CRED_READY) {
            s->n_sent++;
            s->n_wrong += !str_eqz(p.headers[0].value, "Bearer odd") &&
                          !str_eqz(p.headers[0].value, "Bearer even");
            if (i % 7 == 0)
                (void)cred_refused(mine, p.generation); /* either answer is right here */
        }
        s->n_wrong += now == CRED_FAILED;
        (void)cred_expires_at(mine);
        arena_clear(a);
    }
    cred_unref(&mine);
    arena_free(&a);
}

static void many_threads(void **state)
{
    (void)state;
    const struct cred_conf conf = { .type = CRED_OAUTH2,
                                    .oauth2 = { .token_url = STR("https://x/"),
                                                .client_id = STR("a"),
                                                .client_secret = STR("b") } };
    struct shared s = { .n_wrong = 0 };
    struct worker w[WORKERS] = { 0 };
    struct err e;
    T_OK(cred_new(&conf, clock_real(), random_real(), &s.cred, &e), &e);
    for (size_t i = 0; i < WORKERS; i++) {
        w[i].s = &s;
        T_OK(thread_start(&w[i].thread, "worker", call_all_the_time, &w[i], &e), &e);
    }
    for (size_t i = 0; i < WORKERS; i++)
        thread_join(&w[i].thread);
    T_EQ_INT(s.n_wrong, 0);
    T_TRUE(s.n_fetches > 0);
    T_TRUE(s.n_sent > 0);
    cred_unref(&s.cred);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(many_threads) };
    return T_RUN(tests);
}
