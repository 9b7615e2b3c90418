/*
 * The client against our own server, and against a raw one that behaves badly by a script: what
 * arrives, what comes back, and what each failure says about the request.
 */
#include "net/client.h"

#include "base/thread.h"
#include "net/http_peer.h"
#include "tests/lib/t_cert.h"

/* ---- a server that does what a row says ---- */

enum deed { DEED_WAIT, DEED_CLOSE, DEED_RESET };

struct script {
    const char *answer;  /* to each read that ends a head; NULL: none */
    enum deed deed;      /* then */
    const char *answer2; /* to the second request of a connection */
    enum deed deed2;
};

struct bad_server {
    const struct script *script;
    struct listener *listener;
    unsigned n_conns, n_requests;
    unsigned on_this_conn;
    struct buf seen;
};

static void bad_closed(void *ctx, struct stream *s, const struct err *why)
{
    (void)ctx, (void)s, (void)why;
}

static void bad_opened(void *ctx, struct stream *s)
{
    (void)ctx, (void)s;
}

static size_t bad_read(void *ctx, struct stream *s, struct str data)
{
    struct bad_server *b = ctx;
    buf_str(&b->seen, data);
    if (str_find(data, STR("\r\n\r\n"), 0) == SIZE_MAX)
        return data.n;
    b->n_requests++;
    bool second = b->on_this_conn++ > 0;
    struct str answer = str_z(second ? b->script->answer2 : b->script->answer);
    enum deed deed = second ? b->script->deed2 : b->script->deed;
    struct err e;
    if (answer.n > 0)
        T_OK(stream_write(s, &answer, 1, &e), &e);
    if (deed == DEED_CLOSE)
        stream_close(s);
    if (deed == DEED_RESET)
        stream_abort(s);
    return data.n;
}

static void bad_accept(void *ctx, struct listener *ls, struct stream *s)
{
    static const struct stream_events ev = { .open = bad_opened,
                                             .read = bad_read,
                                             .closed = bad_closed };
    struct bad_server *b = ctx;
    (void)ls;
    b->n_conns++;
    b->on_this_conn = 0;
    stream_attach(s, &ev, b);
}

static void bad_open(struct bad_server *b, struct loop *l, const struct script *script)
{
    static const struct listener_events ev = { .accept = bad_accept };
    struct err e;
    *b = (struct bad_server){ .script = script };
    buf_init(&b->seen, 1 << 20);
    T_OK(stream_listen(l, &(struct stream_listen){ .host = STR("127.0.0.1") }, &ev, b, &b->listener,
                       &e),
         &e);
}

static void bad_close(struct bad_server *b)
{
    listener_close(&b->listener);
    buf_done(&b->seen);
}

/* ---- a call and its result ---- */

struct call {
    struct client_result res;
    struct client_call *call;
    unsigned n_done;
    struct client **free_in_done;
};

static void on_done(void *ctx, const struct client_result *res)
{
    struct call *c = ctx;
    c->res = *res;
    c->call = NULL;
    c->n_done++;
    if (c->free_in_done)
        client_free(c->free_in_done);
}

static bool is_done(void *ctx)
{
    return ((struct call *)ctx)->n_done > 0;
}

/* What most tests need: loop, client, arena, a URL's text. */
struct bench {
    struct loop *loop;
    struct client *client;
    struct arena *arena;
    char url[160];
};

static void bench_on(struct bench *b, struct loop *l)
{
    struct err e;
    *b = (struct bench){ .loop = l };
    b->arena = arena_new("test", 0, 64u << 20);
    T_OK(client_new(l, &(struct client_conf){ .max_conns = 8 }, &b->client, &e), &e);
}

static void bench_open(struct bench *b)
{
    struct loop *l = NULL;
    struct err e;
    T_OK(loop_new("test", NULL, &l, &e), &e);
    bench_on(b, l);
}

static void bench_done(struct bench *b)
{
    client_free(&b->client);
    arena_free(&b->arena);
}

static void bench_close(struct bench *b)
{
    bench_done(b);
    loop_free(&b->loop);
}

static struct str url_to(struct bench *b, const char *scheme, uint16_t port, const char *path)
{
    int n = snprintf(b->url, sizeof b->url, "%s://127.0.0.1:%u%s", scheme, port, path);
    return str_of(b->url, (size_t)n);
}

static void start(struct bench *b, const struct client_request *r, struct call *c)
{
    struct err e;
    *c = (struct call){ .n_done = 0 };
    T_OK(client_call(b->client, r, b->arena, on_done, c, &c->call, &e), &e);
    T_EQ_INT(c->n_done, 0); /* never from within */
}

static void run(struct bench *b, const struct client_request *r, struct call *c)
{
    start(b, r, c);
    if (!loop_run_until(b->loop, is_done, c, PEER_WAIT_MS))
        T_FAIL("the call did not end");
    T_EQ_INT(c->n_done, 1);
}

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

/* ---- failures and their fate ---- */

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *name;
    struct script script;
    const char *method;
    enum rc rc;
    const char *id;
    enum fate fate;
    unsigned status;
} failures[] = {
    { "closed without an answer",
      { .deed = DEED_CLOSE },
      "POST",
      RC_IO,
      "HTTP-056",
      FATE_UNCERTAIN,
      0 },
    { "reset without an answer",
      { .deed = DEED_RESET },
      "POST",
      RC_IO,
      "HTTP-056",
      FATE_UNCERTAIN,
      0 },
    { "no answer in time",
      { .deed = DEED_WAIT },
      "POST",
      RC_TIMEOUT,
      "HTTP-054",
      FATE_UNCERTAIN,
      0 },
    { "an answer that is none",
      { .answer = "SSH-2.0-x\r\n\r\n", .deed = DEED_CLOSE },
      "POST",
      RC_PEER,
      "HTTP-057",
      FATE_UNCERTAIN,
      0 },
    { "half a body",
      { .answer = OK_HEAD "Content-Length: 5\r\n\r\nab", .deed = DEED_CLOSE },
      "POST",
      RC_IO,
      "HTTP-056",
      FATE_UNCERTAIN,
      200 },
    { "half a chunked body",
      { .answer = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nab", .deed = DEED_CLOSE },
      "POST",
      RC_IO,
      "HTTP-056",
      FATE_UNCERTAIN,
      200 },
    { "body over its limit",
      { .answer = OK_HEAD "Content-Length: 101\r\n\r\n"
                          "0123456789012345678901234567890123456789012345678901234567890123456789"
                          "0123456789012345678901234567890",
        .deed = DEED_WAIT },
      "POST",
      RC_LIMIT,
      "HTTP-058",
      FATE_UNCERTAIN,
      200 },
    { "head over its limit",
      { .answer = OK_HEAD "X: 012345678901234567890123456789012345678901234567890123456789012345678"
                          "901234567890123456789012345678901234567890123456789012345678901234567890"
                          "\r\n\r\n",
        .deed = DEED_WAIT },
      "POST",
      RC_LIMIT,
      "HTTP-058",
      FATE_UNCERTAIN,
      200 },
};

static void failures_after_sending_are_uncertain(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(failures); i++) {
        T_ROW(failures[i].name);
        struct bench b;
        struct bad_server s;
        struct call c;
        bench_open(&b);
        bad_open(&s, b.loop, &failures[i].script);
        uint16_t port = listener_addr(s.listener)->port;
        struct client_request r = { .method = str_z(failures[i].method),
                                    .url = url_to(&b, "http", port, "/?token=secret"),
                                    .body = STR("x"),
                                    .total_ms = 300,
                                    .body_max = 100,
                                    .head_max = 150 };
        run(&b, &r, &c);
        T_EQ_INT(c.res.rc, failures[i].rc);
        T_EQ_Z(c.res.err.id, failures[i].id);
        T_EQ_INT(c.res.err.fate, failures[i].fate);
        T_EQ_INT(c.res.status, failures[i].status);
        T_TRUE(c.res.sent);
        T_EQ_INT(s.n_requests, 1);
        T_TRUE(strstr(c.res.err.text, "secret") == NULL);
        T_TRUE(strstr(c.res.err.where, "secret") == NULL);
        T_TRUE(strstr(c.res.err.where, "http://127.0.0.1:") == c.res.err.where);
        bad_close(&s);
        bench_close(&b);
    }
    T_ROW(NULL);
}

static uint16_t a_closed_port(struct loop *l)
{
    static const struct script none = { .deed = DEED_CLOSE };
    struct bad_server s;
    bad_open(&s, l, &none);
    uint16_t port = listener_addr(s.listener)->port;
    bad_close(&s);
    return port;
}

static bool nobody(void *ctx, const struct addr *a)
{
    uint16_t *port = ctx;
    *port = a->port;
    return false;
}

static void failures_before_sending_may_be_tried_again(void **state)
{
    (void)state;
    struct bench b;
    struct call c;
    bench_open(&b);
    struct client_request r = { .method = STR("POST"), .body = STR("x"), .connect_ms = 5000 };
    r.url = url_to(&b, "http", a_closed_port(b.loop), "/");
    run(&b, &r, &c);
    T_EQ_Z(c.res.err.id, "HTTP-053");
    T_EQ_INT(c.res.err.fate, FATE_RETRY);
    T_FALSE(c.res.sent);
    r.url = STR("http://nothing.invalid/");
    run(&b, &r, &c);
    T_EQ_Z(c.res.err.id, "HTTP-052");
    T_EQ_INT(c.res.err.fate, FATE_RETRY);
    T_FALSE(c.res.sent);
    uint16_t asked = 0;
    r.url = STR("http://127.0.0.1:7/");
    r.allow = nobody;
    r.allow_ctx = &asked;
    run(&b, &r, &c);
    T_EQ_INT(asked, 7);
    T_EQ_INT(c.res.rc, RC_DENIED);
    T_EQ_Z(c.res.err.id, "HTTP-060");
    T_EQ_INT(c.res.err.fate, FATE_OPERATOR);
    bench_close(&b);
}

static void what_cannot_be_sent_is_refused_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *name, *method, *url;
        struct http_field field;
    } rows[] = {
        { "no URL", "GET", "", { STR_INIT("A"), STR_INIT("b") } },
        { "relative", "GET", "/a", { STR_INIT("A"), STR_INIT("b") } },
        { "other scheme", "GET", "ftp://a/b", { STR_INIT("A"), STR_INIT("b") } },
        { "file", "GET", "file:///etc/passwd", { STR_INIT("A"), STR_INIT("b") } },
        { "user information", "GET", "http://u:p@a/b", { STR_INIT("A"), STR_INIT("b") } },
        { "space", "GET", "http://a/b c", { STR_INIT("A"), STR_INIT("b") } },
        { "method that splits",
          "GET / HTTP/1.1\r\nX:",
          "http://a/",
          { STR_INIT("A"), STR_INIT("b") } },
        { "empty method", "", "http://a/", { STR_INIT("A"), STR_INIT("b") } },
        { "field that splits", "GET", "http://a/", { STR_INIT("A"), STR_INIT("b\r\nC: d") } },
        { "field name that splits", "GET", "http://a/", { STR_INIT("A\r\nC"), STR_INIT("d") } },
        { "framing", "GET", "http://a/", { STR_INIT("content-length"), STR_INIT("5") } },
        { "coding", "GET", "http://a/", { STR_INIT("Transfer-Encoding"), STR_INIT("chunked") } },
    };
    struct bench b;
    bench_open(&b);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct err e;
        struct client_call *call = NULL;
        struct client_request r = { .method = str_z(rows[i].method),
                                    .url = str_z(rows[i].url),
                                    .fields = &rows[i].field,
                                    .n_fields = 1 };
        T_EQ_INT(client_call(b.client, &r, b.arena, on_done, NULL, &call, &e), RC_VALUE);
        T_EQ_Z(e.id, "HTTP-051");
        T_EQ_INT(e.fate, FATE_OPERATOR);
        T_TRUE(call == NULL);
    }
    T_ROW(NULL);
    bench_close(&b);
}

/* ---- kept connections that die ---- */

/*
 * The peer closes a kept connection as the second request arrives on it. A POST may have been
 * taken: it is not sent again behind our back. A GET, or a POST said to be repeatable, is.
 */
static void dead_kept_connection(void **state)
{
    (void)state;
    static const struct script script = { .answer = OK_HEAD "Content-Length: 0\r\n\r\n",
                                          .deed = DEED_WAIT,
                                          .answer2 = NULL,
                                          .deed2 = DEED_CLOSE };
    static const struct {
        const char *name, *method;
        bool repeatable;
        enum rc rc;
        unsigned n_requests;
    } rows[] = {
        { "POST", "POST", false, RC_IO, 2 },
        { "PATCH", "PATCH", false, RC_IO, 2 },
        { "POST with a key", "POST", true, RC_OK, 3 },
        { "GET", "GET", false, RC_OK, 3 },
        { "PUT", "PUT", false, RC_OK, 3 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct bench b;
        struct bad_server s;
        struct call c;
        bench_open(&b);
        bad_open(&s, b.loop, &script);
        struct client_request r = { .method = str_z(rows[i].method),
                                    .url = url_to(&b, "http", listener_addr(s.listener)->port, "/"),
                                    .body = rows[i].method[0] == 'G' ? STR_NULL : STR("x"),
                                    .repeatable = rows[i].repeatable };
        run(&b, &r, &c);
        T_OK(c.res.rc, &c.res.err);
        run(&b, &r, &c);
        T_EQ_INT(c.res.rc, rows[i].rc);
        if (rows[i].rc != RC_OK) {
            T_EQ_Z(c.res.err.id, "HTTP-056");
            T_EQ_INT(c.res.err.fate, FATE_UNCERTAIN);
        }
        T_EQ_INT(s.n_requests, rows[i].n_requests);
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

/* ---- TLS ---- */

static struct {
    struct t_cert ca, other_ca, server, client;
} certs;

static int make_certs(void **state)
{
    (void)state;
    certs.ca = t_cert_make(&(struct t_cert_spec){ .cn = "Test CA", .is_ca = true }, NULL);
    certs.other_ca = t_cert_make(&(struct t_cert_spec){ .cn = "Other CA", .is_ca = true }, NULL);
    certs.server =
        t_cert_make(&(struct t_cert_spec){ .cn = "s", .alt = "IP:127.0.0.1" }, &certs.ca);
    certs.client = t_cert_make(&(struct t_cert_spec){ .cn = "c" }, &certs.ca);
    return 0;
}

static void tls_is_always_verified(void **state)
{
    (void)state;
    const struct client_tls good = { .ca_pem = certs.ca.cert_pem,
                                     .cert_pem = certs.client.cert_pem,
                                     .key_pem = certs.client.key_pem };
    const struct client_tls no_cert = { .ca_pem = certs.ca.cert_pem };
    const struct client_tls other_ca = { .ca_pem = certs.other_ca.cert_pem };
    const struct client_tls broken = { .ca_pem = certs.ca.cert_pem,
                                       .cert_pem = STR("-----BEGIN CERTIFICATE-----\nx\n"),
                                       .key_pem = certs.client.key_pem };
    const struct {
        const char *name;
        const struct client_tls *tls;
        const char *host;
        const char *id; /* NULL: an answer */
        enum fate fate;
    } rows[] = {
        { "with our certificate", &good, "127.0.0.1", NULL, FATE_NONE },
        { "without one", &no_cert, "127.0.0.1", "HTTP-055", FATE_RETRY },
        { "signed by somebody else", &other_ca, "127.0.0.1", "HTTP-055", FATE_RETRY },
        { "the system's trust", NULL, "127.0.0.1", "HTTP-055", FATE_RETRY },
        { "another name", &good, "localhost", "HTTP-055", FATE_RETRY },
        { "our certificate is broken", &broken, "127.0.0.1", "HTTP-059", FATE_OPERATOR },
    };
    struct tls_ctx *ours = NULL;
    struct err e;
    T_OK(tls_ctx_new(&(struct tls_conf){ .role = TLS_SERVER,
                                         .check = TLS_PEER_REQUIRED,
                                         .cert_pem = certs.server.cert_pem,
                                         .key_pem = certs.server.key_pem,
                                         .ca_pem = certs.ca.cert_pem },
                     &ours, &e),
         &e);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world w;
        struct bench b;
        struct call c;
        char url[64];
        world_open(&w, &(struct http_server_conf){ .tls = ours }, false);
        bench_on(&b, w.loop);
        (void)snprintf(url, sizeof url, "https://%s:%u/", rows[i].host,
                       http_server_addr(w.server)->port); /* fits */
        struct client_request r = { .method = STR("POST"), .url = str_z(url), .tls = rows[i].tls };
        run(&b, &r, &c);
        if (rows[i].id) {
            T_EQ_Z(c.res.err.id, rows[i].id);
            T_EQ_INT(c.res.err.fate, rows[i].fate);
            T_EQ_INT(w.n_requests, 0);
        } else {
            T_OK(c.res.rc, &c.res.err);
            T_EQ_STR(c.res.body, "hello");
            T_TRUE(c.res.times.tls_us > 0);
        }
        bench_done(&b);
        world_close(&w);
    }
    T_ROW(NULL);
    tls_ctx_unref(&ours);
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
        T_TEST(answers_arrive_whole),
        T_TEST(large_bodies_and_many_calls_at_once),
        T_TEST(requests_are_as_asked),
        T_TEST(failures_after_sending_are_uncertain),
        T_TEST(failures_before_sending_may_be_tried_again),
        T_TEST(what_cannot_be_sent_is_refused_at_once),
        T_TEST(dead_kept_connection),
        T_TEST(cancelled_calls_are_not_told),
        T_TEST(client_may_be_freed_in_done),
        T_TEST(retry_after_is_read),
        T_TEST(interim_answers_and_redirects),
        T_TEST(tls_is_always_verified),
        T_TEST(one_call_for_a_command),
    };
    return cmocka_run_group_tests(tests, make_certs, NULL);
}
