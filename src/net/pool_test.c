/* The pool: every accepted work ends in one done on its loop; cancel, limits, the end. */
#include "net/pool.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "tests/lib/t.h"

struct fix {
    struct loop *loop;
    struct pool *pool;
    struct mutex gate; /* held by the test: works that take it wait */
    size_t n_done, n_cancelled;
};

struct job {
    struct pool_work work;
    struct fix *f;
    bool wait;
    int made; /* by the pool's thread, read after done */
};

static void begin(struct fix *f, unsigned threads, size_t queue)
{
    struct err e;
    *f = (struct fix){ .loop = NULL };
    mutex_init(&f->gate, "gate", 100);
    T_OK(loop_new("test", NULL, &f->loop, &e), &e);
    T_OK(pool_new("pool", threads, queue, &f->pool, &e), &e);
}

static void end(struct fix *f)
{
    pool_free(&f->pool);
    T_TRUE(f->pool == NULL);
    loop_free(&f->loop);
    mutex_done(&f->gate);
}

static void run(struct pool_work *w)
{
    struct job *j = ZS_CONTAINER(w, struct job, work);
    if (j->wait) {
        LOCK_SCOPE(guard, &j->f->gate);
        j->made = 2;
        return;
    }
    j->made = 1;
}

static void done(struct pool_work *w, enum rc rc)
{
    struct job *j = ZS_CONTAINER(w, struct job, work);
    T_TRUE(loop_is_current(j->f->loop));
    if (rc == RC_STATE) {
        T_EQ_INT(j->made, 0);
        j->f->n_cancelled++;
        return;
    }
    T_EQ_INT(rc, RC_OK);
    T_EQ_INT(j->made, j->wait ? 2 : 1);
    j->f->n_done++;
}

static void job_init(struct job *j, struct fix *f, bool wait)
{
    *j = (struct job){ .f = f, .wait = wait, .work = { .run = run, .done = done } };
}

struct want {
    struct fix *f;
    size_t done, cancelled;
};

static bool reached(void *ctx)
{
    const struct want *w = ctx;
    return w->f->n_done == w->done && w->f->n_cancelled == w->cancelled;
}

static void wait_for(struct fix *f, size_t n_done, size_t n_cancelled)
{
    struct want w = { f, n_done, n_cancelled };
    T_TRUE(loop_run_until(f->loop, reached, &w, 30000));
}

static void test_many(void **state)
{
    (void)state;
    struct fix f;
    enum { N = 500 };
    static struct job j[N];
    struct err e;
    begin(&f, 4, N);
    for (int round = 1; round <= 2; round++) {
        for (int i = 0; i < N; i++) {
            job_init(&j[i], &f, false);
            T_OK(pool_submit(f.pool, f.loop, &j[i].work, &e), &e);
        }
        wait_for(&f, (size_t)(round * N), 0);
    }
    struct pool_stats st;
    pool_stats_read(f.pool, &st);
    T_EQ_SIZE(st.done, 2 * N);
    T_EQ_SIZE(st.refused, 0);
    T_TRUE(st.threads >= 1 && st.threads <= 4);
    end(&f);
}

static void test_limit_and_cancel(void **state)
{
    (void)state;
    struct fix f;
    struct job j[4];
    struct err e;
    begin(&f, 1, 2);
    for (int i = 0; i < 4; i++)
        job_init(&j[i], &f, true);
    mutex_lock(&f.gate);
    for (int i = 0; i < 3; i++) /* one for the thread, two that wait */
        T_OK(pool_submit(f.pool, f.loop, &j[i].work, &e), &e);
    struct pool_stats st;
    do
        pool_stats_read(f.pool, &st);
    while (st.running == 0);
    T_EQ_SIZE(st.waiting, 2);
    T_EQ_INT(pool_submit(f.pool, f.loop, &j[3].work, &e), RC_LIMIT);
    T_EQ_Z(e.id, "NET-011");
    T_TRUE(pool_cancel(&j[2].work));
    T_FALSE(pool_cancel(&j[0].work)); /* runs already */
    wait_for(&f, 0, 1);
    T_OK(pool_submit(f.pool, f.loop, &j[3].work, &e), &e); /* there is room again */
    mutex_unlock(&f.gate);
    wait_for(&f, 3, 1);
    pool_stats_read(f.pool, &st);
    T_EQ_SIZE(st.refused, 1);
    end(&f);
}

/* pool_free cancels what waits and lets finish what runs; both are told. */
static void test_free_with_work(void **state)
{
    (void)state;
    struct fix f;
    struct job j[3];
    struct err e;
    begin(&f, 2, 10);
    for (int i = 0; i < 3; i++) {
        job_init(&j[i], &f, false);
        T_OK(pool_submit(f.pool, f.loop, &j[i].work, &e), &e);
    }
    pool_free(&f.pool);
    while (f.n_done + f.n_cancelled < 3)
        loop_poll(f.loop);
    T_EQ_SIZE(f.n_done + f.n_cancelled, 3);
    end(&f);
}

static void test_refused(void **state)
{
    (void)state;
    struct pool *p = NULL;
    struct err e;
    T_EQ_INT(pool_new("pool", 0, 1, &p, &e), RC_VALUE);
    T_EQ_Z(e.id, "NET-010");
    T_EQ_INT(pool_new("pool", 257, 1, &p, &e), RC_VALUE);
    for (size_t k = 1; k <= 2; k++) {
        mem_fail_at(k);
        T_EQ_INT(pool_new("pool", 1, 1, &p, &e), RC_NOMEM);
        T_EQ_Z(e.id, "NET-009");
    }
    mem_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_many),
        T_TEST(test_limit_and_cancel),
        T_TEST(test_free_with_work),
        T_TEST(test_refused),
    };
    return T_RUN(tests);
}
