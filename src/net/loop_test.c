/* One thread, a fake clock: the order of an iteration, timers, hooks, descriptors, signals. */
#include "net/loop.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/lib/t.h"

#include <signal.h>

struct fix {
    struct clock_fake clock;
    struct loop *loop;
    struct buf seen; /* one letter per callback, in order */
};

static void begin(struct fix *f)
{
    struct err e;
    clock_fake_init(&f->clock, 0);
    T_OK(loop_new("test", &f->clock.clock, &f->loop, &e), &e);
    buf_init(&f->seen, 1000);
}

static void end(struct fix *f)
{
    loop_free(&f->loop);
    T_TRUE(f->loop == NULL);
    buf_done(&f->seen);
}

/* ---- timers ---- */

struct mark {
    struct loop_timer timer;
    struct loop_hook hook;
    struct loop_post post;
    struct fix *f;
    char letter;
    int again; /* restarts or arms itself so often */
};

static void on_timer(struct loop_timer *t)
{
    struct mark *m = ZS_CONTAINER(t, struct mark, timer);
    T_FALSE(loop_timer_is_on(t));
    buf_char(&m->f->seen, m->letter);
    if (m->again-- > 0)
        loop_timer_start(m->f->loop, t, 0, on_timer);
}

static void test_timers_in_order(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    static const struct {
        char letter;
        unsigned ms;
    } rows[] = { { 'c', 30 }, { 'a', 10 }, { 'd', 30 }, { 'b', 20 }, { 'e', 31 }, { 'x', 5 } };
    struct mark m[ZS_COUNT(rows)] = { 0 };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        m[i].f = &f;
        m[i].letter = rows[i].letter;
        loop_timer_start(f.loop, &m[i].timer, rows[i].ms, on_timer);
    }
    loop_timer_stop(&m[5].timer);
    loop_timer_stop(&m[5].timer);
    loop_poll(f.loop);
    T_EQ_SIZE(f.seen.n, 0);
    clock_fake_step(&f.clock, 9);
    loop_poll(f.loop);
    T_EQ_SIZE(f.seen.n, 0);
    clock_fake_step(&f.clock, 1);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "a");
    clock_fake_step(&f.clock, 20);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "abcd");
    loop_timer_start(f.loop, &m[4].timer, 10, on_timer); /* anew: due at 40, not at 31 */
    clock_fake_step(&f.clock, 5);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "abcd");
    clock_fake_step(&f.clock, 5);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "abcde");
    end(&f);
}

static void test_timer_restarts_itself(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    struct mark m = { .f = &f, .letter = 'a', .again = 2 };
    loop_timer_start(f.loop, &m.timer, 0, on_timer);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "a"); /* once a round, or the loop would never wait again */
    loop_poll(f.loop);
    loop_poll(f.loop);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "aaa");
    end(&f);
}

/* Every order of starting and stopping, against a plain list. */
static void test_timer_heap(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    enum { N = 200 };
    static struct mark m[N];
    uint32_t x = 12345;
    for (int i = 0; i < 5000; i++) {
        x = x * 1664525u + 1013904223u;
        struct mark *t = &m[x >> 8 & 127];
        t->f = &f;
        if (x >> 30)
            loop_timer_start(f.loop, &t->timer, x >> 16 & 1023, on_timer);
        else
            loop_timer_stop(&t->timer);
    }
    size_t on = 0;
    uint64_t first = UINT64_MAX;
    for (int i = 0; i < N; i++)
        on += loop_timer_is_on(&m[i].timer);
    for (int ms = 0; ms < 1100 && on; ms++) {
        first = UINT64_MAX;
        size_t due = 0;
        for (int i = 0; i < N; i++)
            if (loop_timer_is_on(&m[i].timer)) {
                first = m[i].timer.due_mono < first ? m[i].timer.due_mono : first;
                due += m[i].timer.due_mono <= f.clock.mono;
            }
        buf_clear(&f.seen);
        loop_poll(f.loop);
        T_EQ_SIZE(f.seen.n, due);
        on -= due;
        clock_fake_step(&f.clock, 1);
    }
    T_EQ_SIZE(on, 0);
    end(&f);
}

/* ---- hooks and posts ---- */

static void on_hook(struct loop_hook *h)
{
    struct mark *m = ZS_CONTAINER(h, struct mark, hook);
    buf_char(&m->f->seen, m->letter);
    if (m->again-- > 0)
        loop_hook_arm(m->f->loop, h);
}

static void on_post(struct loop_post *p)
{
    struct mark *m = ZS_CONTAINER(p, struct mark, post);
    buf_char(&m->f->seen, m->letter);
    m->hook.fn = on_hook;
    loop_hook_arm(m->f->loop, &m->hook);
    loop_hook_arm(m->f->loop, &m->hook); /* armed is armed */
    if (m->again-- > 0)
        loop_post(m->f->loop, p);
}

static void test_iteration_order(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    struct mark a = { .f = &f, .letter = 'a', .post.fn = on_post };
    struct mark b = { .f = &f, .letter = 'b', .post.fn = on_post };
    struct mark t = { .f = &f, .letter = 't' };
    loop_timer_start(f.loop, &t.timer, 0, on_timer);
    loop_post(f.loop, &a.post);
    loop_post(f.loop, &b.post);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "abtab"); /* posts, timers, then each hook once */
    end(&f);
}

static void test_hook_arms_itself(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    struct mark a = { .f = &f, .letter = 'a', .again = 3, .hook.fn = on_hook };
    struct mark b = { .f = &f, .letter = 'b', .hook.fn = on_hook };
    struct mark c = { .f = &f, .letter = 'c', .hook.fn = on_hook };
    loop_hook_arm(f.loop, &a.hook);
    loop_hook_arm(f.loop, &b.hook);
    loop_hook_arm(f.loop, &c.hook);
    loop_hook_cancel(f.loop, &b.hook);
    loop_hook_cancel(f.loop, &b.hook);
    for (int i = 0; i < 3; i++)
        loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "acaaa");
    loop_hook_arm(f.loop, &b.hook);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "acaaab");
    end(&f);
}

/* A post that posts itself again comes round by round; what is left runs before the loop goes. */
static void test_posts_at_the_end(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    struct mark a = { .f = &f, .letter = 'a', .again = 1, .post.fn = on_post };
    loop_post(f.loop, &a.post);
    loop_free(&f.loop);
    T_EQ_STR(buf_view(&f.seen), "aaaa"); /* post, its hook, and both again */
    buf_done(&f.seen);
}

/* ---- descriptors ---- */

struct reader {
    struct fix *f;
    struct loop_fd *w;
    int fd;
    bool unwatch;
};

static void on_ready(void *ctx, unsigned ready)
{
    struct reader *r = ctx;
    char c = '?';
    T_TRUE(ready & LOOP_READABLE);
    if (read(r->fd, &c, 1) == 1)
        buf_char(&r->f->seen, c);
    else
        buf_char(&r->f->seen, '.');
    if (r->unwatch)
        loop_fd_unwatch(&r->w);
}

static void test_descriptor(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    int fds[2];
    struct err e;
    T_EQ_INT(pipe(fds), 0);
    struct reader r = { .f = &f, .fd = fds[0] };
    T_OK(loop_fd_watch(f.loop, fds[0], 0, on_ready, &r, &r.w, &e), &e);
    T_EQ_INT(write(fds[1], "xyz", 3), 3);
    loop_poll(f.loop);
    T_EQ_SIZE(f.seen.n, 0);
    T_OK(loop_fd_events(r.w, LOOP_READABLE, &e), &e);
    loop_poll(f.loop);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "xy");
    T_OK(loop_fd_events(r.w, 0, &e), &e);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "xy");
    T_OK(loop_fd_events(r.w, LOOP_READABLE, &e), &e);
    r.unwatch = true;
    loop_poll(f.loop);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "xyz");
    T_TRUE(r.w == NULL);
    T_OK(loop_fd_watch(f.loop, fds[0], LOOP_READABLE, on_ready, &r, &r.w, &e), &e);
    T_EQ_INT(close(fds[1]), 0);
    loop_poll(f.loop);
    T_EQ_STR(buf_view(&f.seen), "xyz.");
    r.unwatch = false;
    T_OK(loop_fd_watch(f.loop, fds[0], LOOP_READABLE, on_ready, &r, &r.w, &e), &e);
    end(&f); /* still watched: the loop lets go of it */
    T_EQ_INT(close(fds[0]), 0);
}

static void test_bad_descriptor(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    struct loop_fd *w = NULL;
    struct err e;
    T_EQ_INT(loop_fd_watch(f.loop, 1 << 20, LOOP_READABLE, on_ready, NULL, &w, &e), RC_IO);
    T_EQ_Z(e.id, "NET-002");
    mem_fail_at(1);
    T_EQ_INT(loop_fd_watch(f.loop, 0, LOOP_READABLE, on_ready, NULL, &w, &e), RC_NOMEM);
    end(&f);
}

/* ---- signals, stop, figures ---- */

static void on_signal(void *ctx, int signum)
{
    struct fix *f = ctx;
    T_EQ_INT(signum, SIGUSR1);
    buf_char(&f->seen, 's');
    loop_stop(f->loop);
}

static void test_signal(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    begin(&f);
    T_OK(loop_signal(f.loop, SIGUSR1, on_signal, &f, &e), &e);
    T_EQ_INT(raise(SIGUSR1), 0);
    loop_run(f.loop);
    T_EQ_STR(buf_view(&f.seen), "s");
    T_EQ_INT(loop_signal(f.loop, 4711, on_signal, &f, &e), RC_IO);
    T_EQ_Z(e.id, "NET-003");
    mem_fail_at(1);
    T_EQ_INT(loop_signal(f.loop, SIGUSR2, on_signal, &f, &e), RC_NOMEM);
    end(&f);
}

static void test_stop_before_run(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    loop_stop(f.loop);
    loop_run(f.loop);
    loop_poll(f.loop);
    loop_stop(f.loop);
    loop_poll(f.loop); /* takes the wake-up, not the wish */
    loop_run(f.loop);
    end(&f);
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void on_slow(struct loop_timer *t)
{
    struct mark *m = ZS_CONTAINER(t, struct mark, timer);
    struct timespec ts = { .tv_nsec = (LOOP_SLOW_MS + 1) * 1000000L };
    T_EQ_INT(nanosleep(&ts, NULL), 0);
    buf_char(&m->f->seen, 'z');
}

static void test_watchdog(void **state)
{
    (void)state;
    struct fix f;
    begin(&f);
    struct mark m = { .f = &f };
    struct loop_stats st;
    loop_timer_start(f.loop, &m.timer, 0, on_slow);
    int line = __LINE__ - 1;
    loop_poll(f.loop);
    loop_stats_read(f.loop, &st);
    T_EQ_STR(buf_view(&f.seen), "z");
    T_EQ_SIZE(st.slow, 1);
    T_TRUE(st.worst_us > LOOP_SLOW_MS * 1000);
    T_TRUE(str_ends(str_z(st.worst_at), STR("loop_test.c")));
    T_EQ_INT(st.worst_line, line);
    T_FALSE(loop_run_until(f.loop, never, NULL, 1));
    loop_stats_read(f.loop, &st);
    T_EQ_SIZE(st.slow, 1);
    end(&f);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct loop *l = NULL;
    struct err e;
    mem_fail_at(1);
    T_EQ_INT(loop_new("test", NULL, &l, &e), RC_NOMEM);
    T_EQ_Z(e.id, "NET-009");
    loop_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_timers_in_order),  T_TEST(test_timer_restarts_itself),
        T_TEST(test_timer_heap),       T_TEST(test_iteration_order),
        T_TEST(test_hook_arms_itself), T_TEST(test_posts_at_the_end),
        T_TEST(test_descriptor),       T_TEST(test_bad_descriptor),
        T_TEST(test_signal),           T_TEST(test_stop_before_run),
        T_TEST(test_watchdog),         T_TEST(test_no_memory),
    };
    return T_RUN(tests);
}
