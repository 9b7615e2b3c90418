/*
 * The client against our own server, and against a raw one that behaves badly by a script: what
 * arrives, what comes back, and how calls end early.
 */
#include "base/alloc.h"
#include "base/thread.h"
#include "net/client_rig.h"

/* ---- against our server ---- */

static void answers_arrive_whole(void **state)
{
    (void)state;
    struct world w;
    struct bench b;
    struct call c;
    world_open(&w, NULL, false);
    bench_on(&b, w.loop);
    w.answer_type = STR("text/plain");
    uint16_t port = http_server_addr(w.server)->port;
    struct client_request r = { .method = STR("POST"),
                                .url = url_to(&b, "http", port, "/echo?a=b"),
                                .body = STR("a body") };
    run(&b, &r, &c);
    T_OK(c.res.rc, &c.res.err);
    T_EQ_INT(c.res.status, 200);
    T_EQ_STR(c.res.status_text, "OK");
    T_EQ_STR(c.res.type, "x/echo");
    T_EQ_STR(c.res.body, "a body");
    T_EQ_INT(c.res.version, 11);
    T_TRUE(c.res.sent);
    T_TRUE(c.res.times.total_us > 0);
    T_EQ_STR(http_field_get(c.res.fields, c.res.n_fields, STR("content-length")), "6");
    r = (struct client_request){ .method = STR("HEAD"), .url = url_to(&b, "http", port, "/") };
    run(&b, &r, &c);
    T_EQ_INT(c.res.status, 200);
    T_EQ_SIZE(c.res.body.n, 0);
    T_EQ_STR(c.res.type, "text/plain");
    r = (struct client_request){ .method = STR("DELETE"),
                                 .url = url_to(&b, "http", port, "/deny") };
    run(&b, &r, &c);
    T_OK(c.res.rc, &c.res.err); /* a 403 is an answer */
    T_EQ_INT(c.res.status, 403);
    T_EQ_STR(c.res.status_text, "Forbidden");
    struct http_server_stats s;
    http_server_stats_read(w.server, &s);
    T_EQ_SIZE(s.requests, 3);
    T_EQ_SIZE(s.accepted, 1); /* one connection for all */
    bench_done(&b);
    world_close(&w);
}

static void large_bodies_and_many_calls_at_once(void **state)
{
    (void)state;
    enum { N = 20, SIZE = 1 << 20 };
    struct world w;
    struct bench b;
    struct call c[N];
    struct buf body;
    world_open(&w, NULL, false);
    bench_on(&b, w.loop);
    buf_init(&body, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        buf_char(&body, (char)(i % 251));
    struct client_request r = { .method = STR("PUT"),
                                .url =
                                    url_to(&b, "http", http_server_addr(w.server)->port, "/echo"),
                                .body = buf_view(&body) };
    for (size_t i = 0; i < N; i++)
        start(&b, &r, &c[i]);
    for (size_t i = 0; i < N; i++) {
        T_TRUE(loop_run_until(b.loop, is_done, &c[i], PEER_WAIT_MS));
        T_OK(c[i].res.rc, &c[i].res.err);
        T_TRUE(str_eq(c[i].res.body, buf_view(&body)));
    }
    buf_done(&body);
    bench_done(&b);
    world_close(&w);
}

/* Exactly what goes out: nothing added that the user did not ask for. */
static void requests_are_as_asked(void **state)
{
    (void)state;
    static const struct http_field fields[] = { { STR_INIT("X-A"), STR_INIT("1") },
                                                { STR_INIT("X-Empty"), STR_INIT("") },
                                                { STR_INIT("Content-Type"), STR_INIT("a/b") } };
    static const struct {
        const char *name, *method, *body; /* NULL: none */
        size_t n_fields;
        const char *want; /* behind the Host line */
    } rows[] = {
        { "plain", "GET", NULL, 0, "User-Agent: zarish/" ZS_VERSION "\r\nAccept: */*\r\n\r\n" },
        { "fields", "GET", NULL, 2,
          "User-Agent: zarish/" ZS_VERSION "\r\nAccept: */*\r\nX-A: 1\r\nX-Empty:\r\n\r\n" },
        { "body without a type", "POST", "{}", 0,
          "User-Agent: zarish/" ZS_VERSION "\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n{}" },
        { "body with a type", "PATCH", "{}", 3,
          "User-Agent: zarish/" ZS_VERSION "\r\nAccept: */*\r\nX-A: 1\r\nX-Empty:\r\n"
          "Content-Type: a/b\r\nContent-Length: 2\r\n\r\n{}" },
        { "no body where one is usual", "POST", NULL, 0,
          "User-Agent: zarish/" ZS_VERSION "\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n" },
        { "method of its own", "SEARCH", NULL, 0,
          "User-Agent: zarish/" ZS_VERSION "\r\nAccept: */*\r\n\r\n" },
    };
    static const struct script script = { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                          .deed = DEED_CLOSE };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct bench b;
        struct bad_server s;
        struct call c;
        bench_open(&b);
        bad_open(&s, b.loop, &script);
        struct client_request r = { .method = str_z(rows[i].method),
                                    .url =
                                        url_to(&b, "http", listener_addr(s.listener)->port, "/p?q"),
                                    .fields = fields,
                                    .n_fields = rows[i].n_fields,
                                    .body = str_z(rows[i].body) };
        run(&b, &r, &c);
        T_OK(c.res.rc, &c.res.err);
        size_t at = str_find(buf_view(&s.seen), STR("User-Agent"), 0);
        T_EQ_STR(str_from(buf_view(&s.seen), at), rows[i].want);
        char first[64];
        (void)snprintf(first, sizeof first,
                       "%s /p?q HTTP/1.1\r\nHost: 127.0.0.1:", rows[i].method); /* fits */
        T_TRUE(str_starts(buf_view(&s.seen), str_z(first)));
        bad_close(&s);
        bench_close(&b);
    }
    T_ROW(NULL);
}

/* ---- ending early ---- */

static bool has_request(void *ctx)
{
    return ((struct bad_server *)ctx)->n_requests > 0;
}

static void cancelled_calls_are_not_told(void **state)
{
    (void)state;
    static const struct script script = { .deed = DEED_WAIT };
    struct bench b;
    struct bad_server s;
    struct call c;
    struct call other;
    bench_open(&b);
    bad_open(&s, b.loop, &script);
    struct client_request r = { .method = STR("POST"),
                                .url = url_to(&b, "http", listener_addr(s.listener)->port, "/"),
                                .body = STR("x") };
    start(&b, &r, &c);
    T_FALSE(client_may_be_sent(c.call));
    client_cancel(&c.call); /* before anything happened */
    T_TRUE(c.call == NULL);
    start(&b, &r, &c);
    start(&b, &r, &other);
    T_TRUE(loop_run_until(b.loop, has_request, &s, PEER_WAIT_MS));
    T_TRUE(client_may_be_sent(c.call));
    client_cancel(&c.call);
    client_free(&b.client); /* with `other` in work */
    for (int i = 0; i < 10; i++)
        loop_poll(b.loop);
    T_EQ_INT(c.n_done, 0);
    T_EQ_INT(other.n_done, 0);
    bad_close(&s);
    bench_close(&b);
}

static void client_may_be_freed_in_done(void **state)
{
    (void)state;
    static const struct script script = { .answer = OK_HEAD "Content-Length: 0\r\n\r\n" };
    struct bench b;
    struct bad_server s;
    struct call c;
    struct call other;
    bench_open(&b);
    bad_open(&s, b.loop, &script);
    struct client_request r = { .method = STR("GET"),
                                .url = url_to(&b, "http", listener_addr(s.listener)->port, "/") };
    start(&b, &r, &c);
    start(&b, &r, &other);
    c.free_in_done = &b.client;
    other.free_in_done = &b.client;
    while (c.n_done + other.n_done == 0)
        loop_poll(b.loop);
    for (int i = 0; i < 10; i++)
        loop_poll(b.loop);
    T_EQ_INT(c.n_done + other.n_done, 1);
    T_TRUE(b.client == NULL);
    bad_close(&s);
    bench_close(&b);
}

/* ---- fields that are read ---- */

static void retry_after_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        uint32_t min_ms, max_ms;
    } rows[] = {
        { "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 7000, 7000 },
        { "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\nContent-Length: "
          "0\r\n\r\n",
          UINT32_MAX, UINT32_MAX },
        { "HTTP/1.1 503 Busy\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: "
          "0\r\n\r\n",
          0, 0 },
        { "HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", 0, 0 },
        { "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 0, 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].answer);
        struct script script = { .answer = rows[i].answer };
        struct bench b;
        struct bad_server s;
        struct call c;
        bench_open(&b);
        bad_open(&s, b.loop, &script);
        struct client_request r = { .method = STR("GET"),
                                    .url =
                                        url_to(&b, "http", listener_addr(s.listener)->port, "/") };
        run(&b, &r, &c);
        T_EQ_INT(c.res.status, 503);
        T_EQ_STR(c.res.status_text, "Busy");
        T_TRUE(c.res.retry_after_ms >= rows[i].min_ms && c.res.retry_after_ms <= rows[i].max_ms);
        bad_close(&s);
        bench_close(&b);
    }
    T_ROW(NULL);
}

static void interim_answers_and_redirects(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        unsigned status;
        size_t n_fields;
    } rows[] = {
        { "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK_HEAD "Content-Length: 0\r\n\r\n", 200,
          1 },
        { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302,
          2 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct script script = { .answer = rows[i].answer };
        struct bench b;
        struct bad_server s;
        struct call c;
        bench_open(&b);
        bad_open(&s, b.loop, &script);
        struct client_request r = { .method = STR("GET"),
                                    .url =
                                        url_to(&b, "http", listener_addr(s.listener)->port, "/") };
        run(&b, &r, &c);
        T_OK(c.res.rc, &c.res.err);
        T_EQ_INT(c.res.status, rows[i].status);
        T_EQ_SIZE(c.res.n_fields, rows[i].n_fields);
        bad_close(&s);
        bench_close(&b);
    }
}

/* ---- memory ---- */

/* Each allocation of a call fails once: it is refused or told once, and nothing leaks. */
static void every_allocation_fails_once(void **state)
{
    (void)state;
    struct world w;
    struct bench b;
    unsigned n_refused = 0;
    world_open(&w, NULL, false);
    bench_on(&b, w.loop);
    struct client_request r = { .method = STR("POST"),
                                .url =
                                    url_to(&b, "http", http_server_addr(w.server)->port, "/echo"),
                                .body = STR("x") };
    for (size_t k = 1; k < 60; k++) {
        struct call c = { .n_done = 0 };
        struct err e;
        mem_fail_at(k);
        enum rc rc = client_call(b.client, &r, b.arena, on_done, &c, &c.call, &e);
        if (rc == RC_OK) {
            T_TRUE(loop_run_until(b.loop, is_done, &c, PEER_WAIT_MS));
            T_EQ_INT(c.n_done, 1);
        } else {
            T_EQ_INT(rc, RC_NOMEM);
            T_EQ_INT(e.fate, FATE_RETRY);
            T_EQ_INT(c.n_done, 0);
            n_refused++;
        }
        mem_fail_at(0);
    }
    T_TRUE(n_refused > 0);
    struct call last; /* after all that the client still works */
    run(&b, &r, &last);
    T_EQ_INT(last.res.status, 200);
    struct client *none = NULL;
    struct err e;
    mem_fail_at(1);
    T_EQ_INT(client_new(w.loop, &(struct client_conf){ .max_conns = 1 }, &none, &e), RC_NOMEM);
    T_TRUE(none == NULL);
    bench_done(&b);
    world_close(&w);
}

/* ---- a command's call ---- */

static void serve(void *ctx)
{
    struct world *w = ctx;
    loop_run(w->loop);
    http_server_free(&w->server); /* on its loop's thread */
}

static void one_call_for_a_command(void **state)
{
    (void)state;
    struct world w;
    struct thread t = { .started = false };
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct client_result res;
    struct err e;
    char url[64];
    world_open(&w, NULL, false);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/echo",
                   http_server_addr(w.server)->port); /* fits */
    T_OK(thread_start(&t, "server", serve, &w, &e), &e);
    struct client_request r = { .method = STR("POST"), .url = str_z(url), .body = STR("abc") };
    T_OK(client_run_once(&r, a, &res, &e), &e);
    T_EQ_INT(res.status, 200);
    T_EQ_STR(res.body, "abc");
    loop_stop(w.loop);
    thread_join(&t);
    r.url = STR("gopher://a/");
    T_EQ_INT(client_run_once(&r, a, &res, &e), RC_VALUE);
    T_EQ_Z(e.id, "HTTP-051");
    T_EQ_INT(res.rc, RC_VALUE);
    world_close(&w);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(answers_arrive_whole),          T_TEST(large_bodies_and_many_calls_at_once),
        T_TEST(requests_are_as_asked),         T_TEST(cancelled_calls_are_not_told),
        T_TEST(client_may_be_freed_in_done),   T_TEST(retry_after_is_read),
        T_TEST(interim_answers_and_redirects), T_TEST(every_allocation_fails_once),
        T_TEST(one_call_for_a_command),
    };
    return T_RUN(tests);
}
