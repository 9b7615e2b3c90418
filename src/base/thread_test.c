#include "base/thread.h"

#include "base/clock.h"
#include "tests/lib/t.h"

#include <signal.h>
#include <sys/wait.h>

struct shared {
    struct mutex m;
    struct cond c;
    int n;
    uint64_t id;
    bool signals_blocked;
    char name[16];
};

static void count(void *ctx)
{
    struct shared *s = ctx;
    for (int i = 0; i < 1000; i++) {
        LOCK_SCOPE(guard, &s->m);
        s->n++;
        cond_signal(&s->c);
    }
}

static void threads_share_under_a_lock(void **state)
{
    (void)state;
    struct shared s = { .n = 0 };
    struct thread t[3];
    struct err e;
    mutex_init(&s.m, "test", 1);
    cond_init(&s.c);
    for (size_t i = 0; i < ZS_COUNT(t); i++)
        T_OK(thread_start(&t[i], "counter", count, &s, &e), &e);
    mutex_lock(&s.m);
    while (s.n < 3000)
        cond_wait(&s.c, &s.m);
    mutex_assert_held(&s.m);
    mutex_unlock(&s.m);
    for (size_t i = 0; i < ZS_COUNT(t); i++)
        thread_join(&t[i]);
    T_EQ_INT(s.n, 3000);
    thread_join(&t[0]); /* a second time does nothing */
    cond_done(&s.c);
    mutex_done(&s.m);
}

static void look_around(void *ctx)
{
    struct shared *s = ctx;
    sigset_t mask;
    s->id = thread_self_id();
    s->signals_blocked = pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0 &&
                         sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1;
    if (pthread_getname_np(pthread_self(), s->name, sizeof s->name) != 0)
        s->name[0] = '\0';
}

static void threads_have_names_ids_and_no_signals(void **state)
{
    (void)state;
    struct shared s = { .n = 0 };
    struct thread t;
    struct err e;
    sigset_t mask;
    T_OK(thread_start(&t, "a name over fifteen bytes", look_around, &s, &e), &e);
    thread_join(&t);
    T_EQ_Z(s.name, "a name over fif");
    T_TRUE(s.signals_blocked);
    T_TRUE(s.id != 0 && s.id != thread_self_id());
    T_TRUE(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    T_EQ_INT(sigismember(&mask, SIGTERM), 0); /* ours is as it was */
}

static void waiting_ends_by_time(void **state)
{
    (void)state;
    struct mutex m;
    struct cond c;
    mutex_init(&m, "test", 1);
    cond_init(&c);
    mutex_lock(&m);
    uint64_t before = clock_mono_ns(clock_real());
    while (cond_wait_ms(&c, &m, 30)) {
    }
    T_TRUE(clock_mono_ns(clock_real()) - before >= 30000000u);
    mutex_assert_held(&m);
    mutex_unlock(&m);
    cond_done(&c);
    mutex_done(&m);
}

/* Does it end in a failed assertion? In a child, so that ours goes on. */
static bool aborts(void (*fn)(void))
{
    pid_t child = fork();
    if (child == 0) {
        (void)freopen("/dev/null", "w", stderr); /* the message is expected */
        (void)signal(SIGABRT, SIG_DFL);
        fn();
        _exit(0);
    }
    int status = 0;
    T_TRUE(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void lock_twice(void)
{
    struct mutex m;
    mutex_init(&m, "test", 1);
    mutex_lock(&m);
    mutex_lock(&m);
}

static void lock_in_wrong_order(void)
{
    struct mutex high;
    struct mutex low;
    mutex_init(&high, "high", 2);
    mutex_init(&low, "low", 1);
    mutex_lock(&high);
    mutex_lock(&low);
}

static void unlock_in_wrong_order(void)
{
    struct mutex low;
    struct mutex high;
    mutex_init(&low, "low", 1);
    mutex_init(&high, "high", 2);
    mutex_lock(&low);
    mutex_lock(&high);
    mutex_unlock(&low);
}

static void unlock_unheld(void)
{
    struct mutex m;
    mutex_init(&m, "test", 1);
    mutex_unlock(&m);
}

static void wait_without_lock(void)
{
    struct mutex m;
    struct cond c;
    mutex_init(&m, "test", 1);
    cond_init(&c);
    cond_wait(&c, &m);
}

static void done_while_held(void)
{
    struct mutex m;
    mutex_init(&m, "test", 1);
    mutex_lock(&m);
    mutex_done(&m);
}

static void lock_in_right_order(void)
{
    struct mutex low;
    struct mutex high;
    mutex_init(&low, "low", 1);
    mutex_init(&high, "high", 2);
    mutex_lock(&low);
    mutex_lock(&high);
    mutex_unlock(&high);
    mutex_unlock(&low);
}

static void misuse_is_caught(void **state)
{
    (void)state;
    T_TRUE(aborts(lock_twice));
    T_TRUE(aborts(lock_in_wrong_order));
    T_TRUE(aborts(unlock_in_wrong_order));
    T_TRUE(aborts(unlock_unheld));
    T_TRUE(aborts(wait_without_lock));
    T_TRUE(aborts(done_while_held));
    T_FALSE(aborts(lock_in_right_order));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(threads_share_under_a_lock),
        T_TEST(threads_have_names_ids_and_no_signals),
        T_TEST(waiting_ends_by_time),
        T_TEST(misuse_is_caught),
    };
    return T_RUN(tests);
}
