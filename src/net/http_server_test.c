#include "net/http_chunk.h"
#include "net/http_peer.h"

#define HOST      "Host: a\r\n"
#define ECHO_HEAD "HTTP/1.1 200 OK\r\nContent-Type: x/echo\r\n"

static bool has_pending(void *ctx)
{
    return ((struct world *)ctx)->pending != NULL;
}

static bool is_cancelled(void *ctx)
{
    return ((struct world *)ctx)->n_cancelled > 0;
}

static bool is_stopped(void *ctx)
{
    return ((struct world *)ctx)->stopped;
}

static bool has_seen_end(void *ctx)
{
    return ((struct world *)ctx)->seen_end;
}

static void answer_pending(struct world *w, const char *text)
{
    struct http_response r = { .status = 200, .body = str_z(text) };
    http_answer(w->pending, &r);
    http_unref(&w->pending);
}

/* One peer, the bytes it sends, and all that comes back until the close. */
static void round_trip(const char *request, const char *all)
{
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, request);
    peer_expect_all(&p, all);
    peer_done(&p);
    world_close(&w);
}

static const struct {
    const char *name, *request, *all;
} trips[] = {
    { "closed as asked", "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "kept, then closed",
      "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "what comes behind a close is not looked at",
      "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nInvalid\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "1.0", "GET / HTTP/1.0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "1.0 kept", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello"
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "HEAD", "HEAD / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n" },
    { "length", "POST /echo HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 3\r\n\r\nabc",
      ECHO_HEAD "Content-Length: 3\r\nConnection: close\r\n\r\nabc" },
    { "no body", "POST /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      ECHO_HEAD "Content-Length: 0\r\nConnection: close\r\n\r\n" },
    { "chunked",
      "POST /echo HTTP/1.1\r\n" HOST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: u\r\n\r\n",
      ECHO_HEAD "Content-Length: 4\r\nConnection: close\r\n\r\nabcd" },
    { "pipelined behind bodies",
      "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
      "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\ncd\r\n0\r\n\r\n"
      "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      ECHO_HEAD "Content-Length: 2\r\n\r\nab" ECHO_HEAD "Content-Length: 2\r\n\r\ncd"
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "refused before its body is read",
      "POST /deny HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n",
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n"
      "Connection: close\r\n\r\nForbidden" },
    { "refused although a continue is awaited",
      "POST /deny HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n"
      "Connection: close\r\n\r\nForbidden" },
    { "announced body over the limit",
      "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 16777217\r\n\r\n",
      "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"
      "Connection: close\r\n\r\nHTTP-023" },
    { "chunk over the limit",
      "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1000001\r\n",
      "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"
      "Connection: close\r\n\r\nHTTP-023" },
    { "no content, then another",
      "POST /read HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
      "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
    { "bad second request", "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"
      "Connection: close\r\n\r\nHTTP-005" },
    { "path that climbs", "GET /a/../.. HTTP/1.1\r\n" HOST "\r\n",
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n"
      "Connection: close\r\n\r\nHTTP-030" },
};

static void round_trips(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(trips); i++) {
        T_ROW(trips[i].name);
        round_trip(trips[i].request, trips[i].all);
    }
    T_ROW(NULL);
}

/* Apache Camel's CAMEL-24668 in HTTP's clothes: nothing that arrives in one read may be lost. */
static void one_request_at_a_time(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST "\r\nGET /later HTTP/1.1\r\n" HOST
                   "\r\nPOST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
    world_wait(&w, has_pending, &w);
    for (int i = 0; i < 10; i++)
        loop_poll(w.loop);
    T_EQ_INT(w.n_requests, 2); /* the third stays unread */
    answer_pending(&w, "second");
    peer_expect(&p, "abc");
    T_EQ_INT(w.n_requests, 3);
    size_t first = str_find(buf_view(&p.got), STR("hello"), 0);
    size_t second = str_find(buf_view(&p.got), STR("second"), 0);
    T_TRUE(first < second && second < str_find(buf_view(&p.got), STR("abc"), 0));
    peer_done(&p);
    world_close(&w);
}

static void drip_of_single_bytes(void **state)
{
    (void)state;
    static const char request[] =
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "2;a=b\r\nde\r\n1\r\nf\r\n0\r\nX: y\r\n\r\n";
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    for (size_t i = 0; i + 1 < sizeof request; i++) {
        peer_send(&p, str_of(request + i, 1));
        loop_poll(w.loop);
    }
    peer_expect_all(&p, ECHO_HEAD "Content-Length: 3\r\n\r\nabc" ECHO_HEAD
                                  "Content-Length: 3\r\nConnection: close\r\n\r\ndef");
    peer_done(&p);
    world_close(&w);
}

static void continue_is_answered(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nConnection: close\r\n"
                   "Content-Length: 3\r\n\r\n");
    peer_expect(&p, "HTTP/1.1 100 Continue\r\n\r\n");
    T_EQ_SIZE(p.got.n, 25);
    peer_sendz(&p, "abc");
    peer_expect_all(&p, "HTTP/1.1 100 Continue\r\n\r\n" ECHO_HEAD
                        "Content-Length: 3\r\nConnection: close\r\n\r\nabc");
    peer_done(&p);
    world_close(&w);
}

static void handler_may_allow_less_than_the_server(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd",
    };
    for (size_t i = 0; i < ZS_COUNT(requests); i++) {
        struct world w;
        struct peer p;
        world_open(&w, NULL, false);
        w.collect_max = 3;
        peer_open(&p, &w);
        peer_sendz(&p, requests[i]);
        peer_expect(&p, "HTTP/1.1 413 ");
        T_EQ_INT(w.last_refused, 413);
        T_EQ_Z(w.last_refusal, "HTTP-023");
        T_EQ_INT(w.n_cancelled, 1);
        peer_done(&p);
        world_close(&w);
    }
}

/* ---- streaming ---- */

/* Take off the chunk frames; fails on anything malformed. */
static size_t dechunked_size(struct str in)
{
    struct http_chunk c;
    struct err e;
    size_t n = 0;
    http_chunk_init(&c, UINT64_MAX);
    for (;;) {
        size_t used = 0;
        struct str data;
        T_OK(http_chunk_next(&c, in, &used, &data, &e), &e);
        if (str_is_null(data))
            return n;
        n += data.n;
        in = str_from(in, used);
    }
}

static void streamed_answer_waits_for_its_reader(void **state)
{
    (void)state;
    const size_t size = 5u << 20;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    w.left_to_stream = size;
    peer_open(&p, &w);
    stream_pause(p.stream);
    peer_sendz(&p, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    size_t before = 0;
    for (int quiet = 0; quiet < 50; quiet++) {
        loop_poll(w.loop);
        if (w.left_to_stream != before)
            quiet = 0;
        before = w.left_to_stream;
    }
    T_TRUE(w.left_to_stream > 0); /* the handler was told to wait */
    stream_resume(p.stream);
    peer_expect(&p, "\r\n0\r\n\r\n");
    T_TRUE(w.n_drained > 0);
    size_t body = str_find(buf_view(&p.got), STR("\r\n\r\n"), 0) + 4;
    T_EQ_SIZE(dechunked_size(str_from(buf_view(&p.got), body)), size);
    peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST "\r\n"); /* and the connection goes on */
    peer_expect(&p, "hello");
    peer_done(&p);
    world_close(&w);
}

static void streamed_answer_to_an_old_client_ends_by_the_close(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    w.left_to_stream = 2;
    peer_open(&p, &w);
    peer_sendz(&p, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    world_wait(&w, peer_is_closed, &p);
    T_TRUE(str_ends(buf_view(&p.got), STR("Content-Type: x/y\r\nConnection: close\r\n\r\na\0")));
    peer_done(&p);
    world_close(&w);
}

static void streamed_head_has_no_body(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    w.left_to_stream = 2000;
    peer_open(&p, &w);
    peer_sendz(&p, "HEAD /stream HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    peer_expect_all(&p, "HTTP/1.1 200 OK\r\nContent-Type: x/y\r\nTransfer-Encoding: chunked\r\n"
                        "Connection: close\r\n\r\n");
    peer_done(&p);
    world_close(&w);
}

/* chunked: the same through the decoder, which gives back what was not taken. */
static void read_with_back_pressure(bool chunked)
{
    enum { SIZE = 4 << 20 };
    struct world w;
    struct peer p;
    struct buf body;
    world_open(&w, NULL, false);
    w.take_max = 0;
    buf_init(&body, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        buf_char(&body, (char)('a' + i % 23));
    peer_open(&p, &w);
    peer_sendz(&p, "POST /read HTTP/1.1\r\n" HOST);
    peer_sendz(&p, chunked ? "Transfer-Encoding: chunked\r\n\r\n400000\r\n"
                           : "Content-Length: 4194304\r\n\r\n");
    peer_send(&p, buf_view(&body));
    peer_sendz(&p, chunked ? "\r\n0\r\n\r\n" : "");
    for (int i = 0; i < 200; i++)
        loop_poll(w.loop);
    T_EQ_SIZE(w.seen.n, 0);
    T_TRUE(stream_queued(p.stream) > 0); /* TCP pushes back to the sender */
    size_t want = 0;
    T_EQ_INT(w.n_requests, 1);
    while (want < SIZE) { /* by 300,000 bytes, in calls of at most that */
        want = size_min(want + 300000, SIZE);
        while (w.seen.n < want) {
            w.take_max = want - w.seen.n;
            http_resume(w.reading);
            loop_poll(w.loop);
        }
        T_EQ_SIZE(w.seen.n, want);
    }
    world_wait(&w, has_seen_end, &w);
    T_TRUE(str_eq(buf_view(&w.seen), buf_view(&body)));
    peer_expect(&p, "HTTP/1.1 204");
    buf_done(&body);
    peer_done(&p);
    world_close(&w);
}

static void body_waits_for_its_reader(void **state)
{
    (void)state;
    read_with_back_pressure(false);
    read_with_back_pressure(true);
}

/* ---- who goes away ---- */

static void disconnect_cancels(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    world_wait(&w, has_pending, &w);
    stream_abort(p.stream);
    world_wait(&w, is_cancelled, &w);
    T_TRUE(http_is_cancelled(w.pending));
    answer_pending(&w, "nobody hears this");
    T_EQ_INT(w.n_cancelled, 1);
    peer_done(&p);
    world_close(&w);
}

/* Also while the next request lies unread in front of the end. */
static void disconnect_behind_a_pipelined_request_cancels(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "GET /later HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    world_wait(&w, has_pending, &w);
    stream_close(p.stream);
    world_wait(&w, is_cancelled, &w);
    answer_pending(&w, "late");
    peer_done(&p);
    world_close(&w);
}

static void half_closed_client_is_still_answered(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    stream_end(p.stream);
    world_wait(&w, is_cancelled, &w);
    answer_pending(&w, "late");
    peer_expect_all(&p, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate");
    peer_done(&p);
    world_close(&w);
}

static void end_inside_the_body_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab");
    stream_end(p.stream);
    peer_expect(&p, "HTTP/1.1 400 ");
    T_EQ_Z(w.last_refusal, "HTTP-044");
    T_EQ_INT(w.n_cancelled, 1);
    peer_done(&p);
    world_close(&w);
}

static void a_field_that_would_split_becomes_500(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    w.answer_type = STR("a/b\r\nSet-Cookie: c");
    peer_open(&p, &w);
    peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    peer_expect_all(&p, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n"
                        "Connection: close\r\n\r\n");
    peer_done(&p);
    world_close(&w);
}

/* ---- limits and the end ---- */

static void connection_is_closed_after_its_last_request(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, &(struct http_server_conf){ .n_requests = 2 }, false);
    peer_open(&p, &w);
    peer_sendz(&p, "GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST
                   "\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    peer_expect_all(&p, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
                        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    peer_done(&p);
    world_close(&w);
}

static void connections_over_the_maximum_wait(void **state)
{
    (void)state;
    struct world w;
    struct peer p[3];
    world_open(&w, &(struct http_server_conf){ .max_conns = 2 }, false);
    for (size_t i = 0; i < 3; i++) {
        peer_open(&p[i], &w);
        peer_sendz(&p[i], "GET / HTTP/1.1\r\n" HOST "\r\n");
    }
    peer_expect(&p[0], "hello");
    peer_expect(&p[1], "hello");
    for (int i = 0; i < 20; i++)
        loop_poll(w.loop);
    T_EQ_SIZE(p[2].got.n, 0);
    peer_done(&p[0]);
    peer_expect(&p[2], "hello");
    struct http_server_stats s;
    http_server_stats_read(w.server, &s);
    T_EQ_SIZE(s.accepted, 3);
    T_EQ_SIZE(s.open, 2);
    T_EQ_SIZE(s.requests, 3);
    peer_done(&p[1]);
    peer_done(&p[2]);
    world_close(&w);
}

static void stop_closes_the_acceptor_first_and_finishes_work(void **state)
{
    (void)state;
    struct world w;
    struct peer idle;
    struct peer busy;
    struct peer late;
    world_open(&w, NULL, false);
    peer_open(&idle, &w);
    peer_sendz(&idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
    peer_expect(&idle, "hello");
    peer_open(&busy, &w);
    peer_sendz(&busy, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    world_wait(&w, has_pending, &w);
    uint16_t port = http_server_addr(w.server)->port;
    http_server_stop(w.server);
    world_wait(&w, peer_is_closed, &idle);
    T_FALSE(w.stopped);
    struct stream_connect how = { .host = STR("127.0.0.1"), .port = port };
    static const struct stream_events ev = { .open = peer_opened,
                                             .read = peer_read,
                                             .closed = peer_closed };
    struct err e;
    late = (struct peer){ .w = &w };
    T_OK(stream_connect(w.loop, &how, &ev, &late, &late.stream, &e), &e);
    world_wait(&w, peer_is_closed, &late);
    T_FALSE(late.open);
    answer_pending(&w, "done");
    peer_expect_all(&busy, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone");
    world_wait(&w, is_stopped, &w);
    peer_done(&idle);
    peer_done(&busy);
    world_close(&w);
}

static void stop_without_connections_is_told_too(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, NULL, false);
    http_server_stop(w.server);
    T_FALSE(w.stopped); /* from the loop, not from within */
    world_wait(&w, is_stopped, &w);
    world_close(&w);
}

static void free_cuts_off_what_is_in_work(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    world_open(&w, NULL, false);
    peer_open(&p, &w);
    peer_sendz(&p, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    world_wait(&w, has_pending, &w);
    http_server_free(&w.server);
    T_EQ_INT(w.n_cancelled, 1);
    world_wait(&w, peer_is_closed, &p);
    answer_pending(&w, "nobody hears this");
    peer_done(&p);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(round_trips),
        T_TEST(one_request_at_a_time),
        T_TEST(drip_of_single_bytes),
        T_TEST(continue_is_answered),
        T_TEST(handler_may_allow_less_than_the_server),
        T_TEST(streamed_answer_waits_for_its_reader),
        T_TEST(streamed_answer_to_an_old_client_ends_by_the_close),
        T_TEST(streamed_head_has_no_body),
        T_TEST(body_waits_for_its_reader),
        T_TEST(disconnect_cancels),
        T_TEST(disconnect_behind_a_pipelined_request_cancels),
        T_TEST(half_closed_client_is_still_answered),
        T_TEST(end_inside_the_body_is_refused),
        T_TEST(a_field_that_would_split_becomes_500),
        T_TEST(connection_is_closed_after_its_last_request),
        T_TEST(connections_over_the_maximum_wait),
        T_TEST(stop_closes_the_acceptor_first_and_finishes_work),
        T_TEST(stop_without_connections_is_told_too),
        T_TEST(free_cuts_off_what_is_in_work),
    };
    return T_RUN(tests);
}
