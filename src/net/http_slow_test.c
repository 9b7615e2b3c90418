/* Deadlines and rates, by a clock that the test moves. */
#include "net/http_peer.h"

#define HOST "Host: a\r\n"

static const struct http_server_conf conf = {
    .idle_ms = 5000, .head_ms = 1000, .body_ms = 60000, .min_rate = 100, .stall_ms = 3000
};

/* Move the clock in steps of 100 ms until the peer is closed; how long that took. */
static int64_t time_to_close(struct world *w, struct peer *p)
{
    for (int64_t ms = 0; ms < 600000; ms += 100) {
        if (!p->stream)
            return ms;
        world_step(w, 100);
    }
    return -1;
}

/* Bytes are read a step after they were sent, and rates are looked at each second. */
static void expect_close_at(struct world *w, struct peer *p, int64_t at_ms)
{
    int64_t took = time_to_close(w, p);
    if (took < at_ms || took > at_ms + 1100)
        T_FAIL("closed after %lld ms, wanted %lld", (long long)took, (long long)at_ms);
}

static void start(struct world *w, struct peer *p)
{
    world_open(w, &conf, true);
    peer_open(p, w);
}

static void finish(struct world *w, struct peer *p)
{
    peer_done(p);
    world_close(w);
}

static void idle_connection_is_closed_without_a_word(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    expect_close_at(&w, &p, 5000);
    T_EQ_SIZE(p.got.n, 0);
    T_EQ_INT(w.n_refused, 0);
    finish(&w, &p);
}

static void idle_time_starts_again_with_each_answer(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    for (int i = 0; i < 3; i++) {
        world_step(&w, 4000);
        buf_clear(&p.got);
        peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST "\r\n");
        peer_expect(&p, "hello");
    }
    expect_close_at(&w, &p, 5000);
    finish(&w, &p);
}

/* A byte now and then keeps no head alive: the limit is absolute. */
static void dripping_head_is_cut(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST);
    int64_t ms = 0;
    for (; ms < 1000; ms += 100) {
        T_TRUE(p.stream != NULL);
        T_EQ_INT(w.n_refused, 0);
        peer_sendz(&p, "X");
        world_step(&w, 100);
    }
    expect_close_at(&w, &p, 0);
    T_TRUE(str_starts(buf_view(&p.got), STR("HTTP/1.1 408 Request Timeout")));
    T_EQ_Z(w.last_refusal, "HTTP-043");
    T_EQ_INT(w.n_requests, 0);
    finish(&w, &p);
}

static void head_deadline_starts_with_its_first_byte(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    world_step(&w, 4900); /* most of the idle time */
    peer_sendz(&p, "GET / HTTP/1.1\r\n");
    world_step(&w, 0);
    world_step(&w, 900);
    T_EQ_INT(w.n_refused, 0);
    peer_sendz(&p, HOST "\r\n");
    peer_expect(&p, "hello");
    finish(&w, &p);
}

static void dripping_body_is_cut(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    peer_sendz(&p, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    for (int64_t ms = 0; ms < 4900; ms += 100) {
        T_EQ_INT(w.n_refused, 0);
        peer_sendz(&p, "x"); /* 10 bytes a second of 100 */
        world_step(&w, 100);
    }
    expect_close_at(&w, &p, 0); /* at the end of the grace of 5 s */
    T_EQ_INT(w.last_refused, 408);
    T_EQ_INT(w.n_cancelled, 1);
    T_TRUE(str_starts(buf_view(&p.got), STR("HTTP/1.1 408 ")));
    finish(&w, &p);
}

/* Fast enough, but never done. */
static void endless_body_is_cut(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    peer_sendz(&p, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int64_t ms = 0; ms < 60000; ms += 500) {
        T_EQ_INT(w.n_refused, 0);
        peer_sendz(&p,
                   "40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n");
        world_step(&w, 500);
    }
    expect_close_at(&w, &p, 0);
    T_EQ_INT(w.last_refused, 408);
    finish(&w, &p);
}

/* While the handler does not read, the client is not to blame. */
static void pause_of_ours_does_not_count(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    w.take_max = 0;
    peer_sendz(&p, "POST /read HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nab");
    world_step(&w, 10);
    for (int i = 0; i < 100; i++)
        world_step(&w, 5000);
    T_EQ_INT(w.n_refused, 0);
    w.take_max = SIZE_MAX;
    http_resume(w.reading);
    world_step(&w, 10);
    T_EQ_STR(buf_view(&w.seen), "ab");
    peer_sendz(&p, "cd");
    peer_expect(&p, "HTTP/1.1 204");
    finish(&w, &p);
}

/* ... but from the moment it reads again, the clock runs. */
static void slow_rest_after_a_pause_is_cut(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    w.take_max = 0;
    peer_sendz(&p, "POST /read HTTP/1.1\r\n" HOST "Content-Length: 4000\r\n\r\nab");
    world_step(&w, 10);
    world_step(&w, 50000);
    w.take_max = SIZE_MAX;
    http_resume(w.reading);
    expect_close_at(&w, &p, 5000);
    T_EQ_INT(w.last_refused, 408);
    finish(&w, &p);
}

static void waiting_for_an_answer_has_no_limit(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    peer_sendz(&p, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    world_step(&w, 10);
    for (int i = 0; i < 100; i++)
        world_step(&w, 60000);
    T_TRUE(w.pending != NULL);
    T_EQ_INT(w.n_cancelled, 0);
    http_answer_status(w.pending, 200);
    peer_expect(&p, "HTTP/1.1 200 OK");
    finish(&w, &p);
}

static void reader_that_takes_nothing_is_dropped(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    w.left_to_stream = 64u << 20;
    stream_pause(p.stream);
    peer_sendz(&p, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    for (int i = 0; i < 200; i++)
        loop_poll(w.loop);
    T_EQ_INT(w.n_cancelled, 0);
    for (int i = 0; i < 10 && w.n_cancelled == 0; i++)
        world_step(&w, 1000);
    T_EQ_INT(w.n_cancelled, 1);
    struct http_server_stats s;
    http_server_stats_read(w.server, &s);
    T_EQ_SIZE(s.timeouts, 1);
    T_EQ_SIZE(s.open, 0);
    finish(&w, &p);
}

/* Something now and then, but less than the least rate, keeps no answer alive either. */
static void reader_that_drips_is_dropped(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    struct buf big;
    struct http_server_stats s;
    struct http_server_conf fast = conf;
    fast.min_rate = 10u << 20; /* so that a socket buffer's worth a second is too little */
    world_open(&w, &fast, true);
    peer_open(&p, &w);
    buf_init(&big, 60u << 20);
    buf_fill(&big, 'x', 60u << 20);
    w.big = buf_view(&big);
    p.take_max = 10000;
    peer_sendz(&p, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    int seconds = 0;
    for (; seconds < 15 && p.stream; seconds++) {
        for (int i = 0; i < 300 && p.stream; i++) { /* 3 MB a second */
            stream_resume(p.stream);
            loop_poll(w.loop);
        }
        buf_clear(&p.got);
        world_step(&w, 1000);
    }
    http_server_stats_read(w.server, &s);
    T_EQ_SIZE(s.timeouts, 1);
    T_EQ_SIZE(s.open, 0);
    T_TRUE(seconds >= 3 && seconds < 10);
    buf_done(&big);
    finish(&w, &p);
}

/* A large answer to a slow but honest reader takes longer than the idle time: it arrives whole. */
static void idle_time_starts_when_the_answer_is_out(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    struct buf big;
    start(&w, &p);
    buf_init(&big, 30u << 20);
    buf_fill(&big, 'x', 30u << 20);
    w.big = buf_view(&big);
    p.take_max = 10000;
    size_t got = 0;
    peer_sendz(&p, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    for (int seconds = 0; seconds < 100 && got <= big.n; seconds++) {
        /* 3 MB a second; on a busy machine the bytes need more polls to come */
        for (int i = 0; i < 20000 && p.stream && p.got.n < 3000000; i++) {
            stream_resume(p.stream);
            loop_poll(w.loop);
        }
        got += p.got.n;
        buf_clear(&p.got);
        world_step(&w, 1000);
    }
    T_TRUE(got > big.n && p.stream != NULL);
    p.take_max = 0;
    stream_resume(p.stream);
    peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST "\r\n");
    peer_expect(&p, "hello");
    expect_close_at(&w, &p, 5000);
    buf_done(&big);
    finish(&w, &p);
}

/* The same when the connection closes behind the answer, as an old client wants it. */
static void last_answer_arrives_whole_too(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    struct buf big;
    start(&w, &p);
    buf_init(&big, 30u << 20);
    buf_fill(&big, 'x', 30u << 20);
    w.big = buf_view(&big);
    p.take_max = 10000;
    size_t got = 0;
    peer_sendz(&p, "GET /big HTTP/1.0\r\n\r\n");
    for (int seconds = 0; seconds < 100 && p.stream; seconds++) {
        /* 3 MB a second; on a busy machine the bytes need more polls to come */
        for (int i = 0; i < 20000 && p.stream && p.got.n < 3000000; i++) {
            stream_resume(p.stream);
            loop_poll(w.loop);
        }
        got += p.got.n;
        buf_clear(&p.got);
        world_step(&w, 1000);
    }
    T_TRUE(p.stream == NULL && p.ended);
    T_TRUE(got > big.n);
    buf_done(&big);
    finish(&w, &p);
}

static void stop_cuts_off_what_takes_too_long(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    start(&w, &p);
    peer_sendz(&p, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    world_step(&w, 10);
    http_server_stop(w.server);
    world_step(&w, 9900);
    T_TRUE(p.stream != NULL);
    T_EQ_INT(w.n_cancelled, 0);
    world_step(&w, 200);
    world_step(&w, 0);
    T_EQ_INT(w.n_cancelled, 1);
    world_step(&w, 0);
    T_TRUE(w.stopped);
    finish(&w, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(idle_connection_is_closed_without_a_word),
        T_TEST(idle_time_starts_again_with_each_answer),
        T_TEST(dripping_head_is_cut),
        T_TEST(head_deadline_starts_with_its_first_byte),
        T_TEST(dripping_body_is_cut),
        T_TEST(endless_body_is_cut),
        T_TEST(pause_of_ours_does_not_count),
        T_TEST(slow_rest_after_a_pause_is_cut),
        T_TEST(waiting_for_an_answer_has_no_limit),
        T_TEST(reader_that_takes_nothing_is_dropped),
        T_TEST(reader_that_drips_is_dropped),
        T_TEST(idle_time_starts_when_the_answer_is_out),
        T_TEST(last_answer_arrives_whole_too),
        T_TEST(stop_cuts_off_what_takes_too_long),
    };
    return T_RUN(tests);
}
