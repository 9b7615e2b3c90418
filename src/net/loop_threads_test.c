/* Posts from many threads: each arrives once, in its thread's order, with what was written. */
#include "net/loop.h"

#include "base/thread.h"
#include "tests/lib/t.h"

enum { N_THREADS = 4, N_POSTS = 20000 };

struct item {
    struct loop_post post;
    struct sender *from;
    unsigned no; /* written by the sender before it posts, read by the loop */
};

struct sender {
    struct thread thread;
    struct loop *loop;
    struct item item[N_POSTS];
    unsigned arrived; /* the loop's */
    unsigned *total;
};

static void on_item(struct loop_post *p)
{
    struct item *it = ZS_CONTAINER(p, struct item, post);
    T_EQ_INT(it->no, it->from->arrived);
    it->from->arrived++;
    if (++*it->from->total == N_THREADS * N_POSTS)
        loop_stop(it->from->loop);
}

static void sender_main(void *ctx)
{
    struct sender *s = ctx;
    for (unsigned i = 0; i < N_POSTS; i++) {
        s->item[i].from = s;
        s->item[i].no = i;
        s->item[i].post.fn = on_item;
        loop_post(s->loop, &s->item[i].post);
    }
}

static void test_many_threads(void **state)
{
    (void)state;
    static struct sender s[N_THREADS];
    struct loop *l = NULL;
    struct err e;
    unsigned total = 0;
    T_OK(loop_new("test", NULL, &l, &e), &e);
    for (int i = 0; i < N_THREADS; i++) {
        s[i].loop = l;
        s[i].total = &total;
        T_OK(thread_start(&s[i].thread, "sender", sender_main, &s[i], &e), &e);
    }
    loop_run(l);
    for (int i = 0; i < N_THREADS; i++) {
        thread_join(&s[i].thread);
        T_EQ_INT(s[i].arrived, N_POSTS);
    }
    struct loop_stats st;
    loop_stats_read(l, &st);
    T_EQ_SIZE(st.posts, N_THREADS * N_POSTS);
    loop_free(&l);
}

/* Two loops on two threads hand one node back and forth. */
struct ball {
    struct loop_post post;
    struct loop *loop[2];
    unsigned at, hits;
};

static void on_ball(struct loop_post *p)
{
    struct ball *b = ZS_CONTAINER(p, struct ball, post);
    T_TRUE(loop_is_current(b->loop[b->at]));
    if (b->hits > 0) /* until its thread runs it, the other loop is the maker's */
        T_FALSE(loop_is_current(b->loop[1 - b->at]));
    b->at = 1 - b->at;
    if (++b->hits < 10000) {
        loop_post(b->loop[b->at], p);
    } else {
        loop_stop(b->loop[0]);
        loop_stop(b->loop[1]);
    }
}

static void run_loop(void *ctx)
{
    struct loop *l = ctx;
    loop_run(l);
}

static void test_to_and_fro(void **state)
{
    (void)state;
    struct ball b = { .post.fn = on_ball };
    struct thread other = { .started = false };
    struct err e;
    T_OK(loop_new("a", NULL, &b.loop[0], &e), &e);
    T_OK(loop_new("b", NULL, &b.loop[1], &e), &e);
    T_OK(thread_start(&other, "other", run_loop, b.loop[1], &e), &e);
    loop_post(b.loop[0], &b.post);
    loop_run(b.loop[0]);
    thread_join(&other);
    T_EQ_INT(b.hits, 10000);
    loop_free(&b.loop[1]); /* after its thread ended, from another */
    loop_free(&b.loop[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(test_many_threads), T_TEST(test_to_and_fro) };
    return T_RUN(tests);
}
