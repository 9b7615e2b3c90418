/* Answers from other threads, while clients come and go. Run under ThreadSanitizer too. */
#include "base/thread.h"
#include "net/http_peer.h"

#define N_REPLIES 400
#define N_PEERS   8

/* Replies on their way to a thread that answers them. */
struct answerer {
    struct thread thread;
    struct mutex mutex;
    struct cond cond;
    struct http_reply *queue[N_REPLIES + N_PEERS];
    size_t n, taken;
    bool stop;
    unsigned n_cancelled; /* seen by the thread */
};

static struct http_reply *take(struct answerer *a)
{
    LOCK_SCOPE(guard, &a->mutex);
    while (a->taken == a->n && !a->stop)
        cond_wait(&a->cond, &a->mutex);
    return a->taken < a->n ? a->queue[a->taken++] : NULL;
}

/* Every third is dropped, which answers 500; the others get a body made on this thread. */
static void answer_all(void *ctx)
{
    struct answerer *a = ctx;
    struct http_reply *r = NULL;
    for (size_t i = 0; (r = take(a)) != NULL; i++) {
        a->n_cancelled += http_reply_is_cancelled(r);
        if (i % 3 == 2) {
            http_reply_drop(&r);
            continue;
        }
        char text[32];
        int n = snprintf(text, sizeof text, "answer %zu", i);
        struct str body = arena_str(http_reply_arena(r), str_of(text, (size_t)n));
        http_reply_send(&r, &(struct http_response){ .status = 200, .body = body });
    }
}

static void to_thread(void *ctx, struct http_exchange *x)
{
    struct answerer *a = ctx;
    struct http_reply *r = NULL;
    struct err e;
    T_OK(http_reply_new(x, 65536, &r, &e), &e);
    LOCK_SCOPE(guard, &a->mutex);
    a->queue[a->n++] = r;
    cond_signal(&a->cond);
}

static void answerer_start(struct answerer *a)
{
    struct err e;
    *a = (struct answerer){ .n = 0 };
    mutex_init(&a->mutex, "answerer", 1);
    cond_init(&a->cond);
    T_OK(thread_start(&a->thread, "answerer", answer_all, a, &e), &e);
}

static void answerer_stop(struct answerer *a)
{
    mutex_lock(&a->mutex);
    a->stop = true;
    cond_signal(&a->cond);
    mutex_unlock(&a->mutex);
    thread_join(&a->thread);
    cond_done(&a->cond);
    mutex_done(&a->mutex);
}

static const struct http_server_events events = { .request = to_thread };

struct crowd {
    struct peer peers[N_PEERS];
    size_t want; /* answers in all */
};

static bool all_answered(void *ctx)
{
    struct crowd *c = ctx;
    size_t n = 0;
    for (size_t i = 0; i < N_PEERS; i++)
        n += peer_count(&c->peers[i], "HTTP/1.1 ");
    return n == c->want;
}

static void open_world(struct world *w, struct answerer *a)
{
    struct err e;
    *w = (struct world){ .stopped = false };
    struct http_server_conf conf = { .host = STR("127.0.0.1") };
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(http_server_open(w->loop, &conf, &events, a, &w->server, &e), &e);
}

static void answers_come_from_another_thread(void **state)
{
    (void)state;
    struct world w;
    struct answerer a;
    struct crowd c = { .want = N_REPLIES };
    answerer_start(&a);
    open_world(&w, &a);
    for (size_t i = 0; i < N_PEERS; i++)
        peer_open(&c.peers[i], &w);
    for (size_t i = 0; i < N_REPLIES; i++) /* pipelined, so the server takes them one by one */
        peer_sendz(&c.peers[i % N_PEERS], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    world_wait(&w, all_answered, &c);
    size_t dropped = 0;
    for (size_t i = 0; i < N_PEERS; i++) {
        dropped += peer_count(&c.peers[i], "HTTP/1.1 500 ");
        peer_done(&c.peers[i]);
    }
    T_EQ_SIZE(dropped, N_REPLIES / 3);
    answerer_stop(&a);
    http_server_free(&w.server);
    loop_free(&w.loop);
}

static bool has_requests(void *ctx)
{
    struct world *w = ctx;
    struct http_server_stats s;
    http_server_stats_read(w->server, &s);
    return s.requests >= N_PEERS;
}

/* The connections go first, then the answers come: for nobody, and nothing breaks. */
static void answers_to_those_who_left_are_dropped(void **state)
{
    (void)state;
    struct world w;
    struct answerer a;
    struct crowd c;
    answerer_start(&a);
    open_world(&w, &a);
    for (size_t i = 0; i < N_PEERS; i++) {
        peer_open(&c.peers[i], &w);
        peer_sendz(&c.peers[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        stream_end(c.peers[i].stream);
    }
    world_wait(&w, has_requests, &w);
    http_server_free(&w.server); /* while some are with the thread and some on their way back */
    for (size_t i = 0; i < N_PEERS; i++)
        peer_done(&c.peers[i]);
    answerer_stop(&a);
    loop_free(&w.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(answers_come_from_another_thread),
        T_TEST(answers_to_those_who_left_are_dropped),
    };
    return T_RUN(tests);
}
