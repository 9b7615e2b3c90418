/* The listener against our client: what flow is given, what the sender hears, and the ends. */
#include "connector/http/http_int.h"

#include "base/log.h"
#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"

#define WAIT_MS 60000
#define N_KEPT  8

/* Flow, as far as a source knows it. */
struct world {
    struct loop *loop;
    struct conn_host host;
    struct conn_source source;
    struct conn_http_conf conf;
    struct arena *arena;
    struct client *client;
    struct answer answer; /* settles at once with it, unless kind is 0 */
    struct intake *kept[N_KEPT];
    size_t n_kept, n_intakes;
    bool drained;
    char address[128];
    /* what was given last */
    char body[64], type[64], peer[64], key[64], trace[64];
};

static void copy(char out[64], struct str s)
{
    (void)snprintf(out, 64, "%.*s", STR_ARG(s)); /* test data fits */
}

static void settle(struct world *w, struct intake *in, const struct answer *a)
{
    struct arena *arena = in->arena;
    conn_http.settled(&w->source, in, a);
    arena_free(&arena);
}

static void on_intake(struct conn_source *s, struct intake *in)
{
    struct world *w = s->ctx;
    w->n_intakes++;
    T_TRUE(in->source == s);
    T_TRUE(in->at_ms > 0);
    copy(w->body, in->body);
    copy(w->type, in->content_type);
    copy(w->peer, in->peer);
    copy(w->key, in->key);
    copy(w->trace, in->trace_id);
    if (w->answer.kind)
        settle(w, in, &w->answer);
    else
        w->kept[w->n_kept++] = in;
}

static void on_drained(struct conn_source *s)
{
    ((struct world *)s->ctx)->drained = true;
}

static void open_with(struct world *w, const struct conn_http_conf *conf)
{
    struct err e;
    *w = (struct world){ .answer = { .kind = ANSWER_ACCEPTED, .message_id = STR_INIT("s-1") } };
    w->conf = *conf;
    w->conf.listen = conf->listen.n ? conf->listen : STR("http://127.0.0.1:0/in");
    w->conf.max_body_bytes = conf->max_body_bytes ? conf->max_body_bytes : 1000;
    w->conf.max_conns = 10;
    w->conf.head_ms = w->conf.body_ms = w->conf.idle_ms = 10000;
    w->arena = arena_new("test", 0, 16u << 20);
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(client_new(w->loop, &(struct client_conf){ .max_conns = 8 }, &w->client, &e), &e);
    w->host = (struct conn_host){ .loop = w->loop, .clock = clock_real(), .log = log_none() };
    w->source = (struct conn_source){ .type = &conn_http,
                                      .conf = &w->conf,
                                      .host = &w->host,
                                      .name = "test",
                                      .intake = on_intake,
                                      .drained = on_drained,
                                      .ctx = w };
    T_OK(conn_http.recv_open(&w->source, &e), &e);
    conn_http.recv_address(&w->source, w->address, sizeof w->address);
}

static void start(struct world *w)
{
    open_with(w, &(struct conn_http_conf){ .open = false });
    conn_http.recv_start(&w->source);
}

static void finish(struct world *w)
{
    client_free(&w->client);
    conn_http.recv_close(&w->source);
    for (size_t i = 0; i < w->n_kept; i++) {
        struct arena *a = w->kept[i] ? w->kept[i]->arena : NULL;
        arena_free(&a);
    }
    loop_free(&w->loop);
    arena_free(&w->arena);
}

/* ---- senders ---- */

struct sender {
    struct client_result res;
    struct client_call *call;
    bool done;
};

static void on_done(void *ctx, const struct client_result *res)
{
    struct sender *s = ctx;
    s->res = *res;
    s->done = true;
}

static bool is_done(void *ctx)
{
    return ((struct sender *)ctx)->done;
}

static void post(struct world *w, struct sender *s, struct client_request r)
{
    struct err e;
    *s = (struct sender){ .done = false };
    r.method = r.method.n ? r.method : STR("POST");
    r.url = r.url.n ? r.url : str_z(w->address);
    T_OK(client_call(w->client, &r, w->arena, on_done, s, &s->call, &e), &e);
}

static void wait_for(struct world *w, struct sender *s)
{
    T_TRUE(loop_run_until(w->loop, is_done, s, WAIT_MS));
}

static void post_and_wait(struct world *w, struct sender *s, struct client_request r)
{
    post(w, s, r);
    wait_for(w, s);
    T_OK(s->res.rc, &s->res.err);
}

/* ---- tests ---- */

static void flow_gets_what_was_sent(void **state)
{
    (void)state;
    static const struct http_field fields[] = {
        { STR_INIT("Content-Type"), STR_INIT("application/json; charset=utf-8") },
        { STR_INIT("Idempotency-Key"), STR_INIT("key-1") },
        { STR_INIT("traceparent"),
          STR_INIT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") },
    };
    struct world w;
    struct sender s;
    start(&w);
    T_TRUE(strncmp(w.address, "http://127.0.0.1:", 17) == 0 && strstr(w.address, "/in"));
    post_and_wait(&w, &s,
                  (struct client_request){
                      .body = STR("{\"a\":1}"), .fields = fields, .n_fields = ZS_COUNT(fields) });
    T_EQ_Z(w.body, "{\"a\":1}");
    T_EQ_Z(w.type, "application/json; charset=utf-8");
    T_EQ_Z(w.key, "key-1");
    T_EQ_Z(w.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    T_TRUE(strncmp(w.peer, "127.0.0.1:", 10) == 0);
    T_EQ_INT(s.res.status, 202);
    T_EQ_STR(s.res.type, "application/json");
    T_EQ_STR(s.res.body, "{\"status\":\"accepted\",\"messageId\":\"s-1\"}");
    post_and_wait(&w, &s, (struct client_request){ .body = STR("x") });
    T_EQ_Z(w.type, "application/octet-stream");
    T_EQ_Z(w.key, "");
    T_EQ_Z(w.trace, "");
    finish(&w);
}

static void acknowledgements_go_back_as_flow_wrote_them(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *answered;
    } types[] = {
        { "x-application/hl7-v2+er7", "x-application/hl7-v2+er7" },
        { "application/hl7-v2; charset=ISO-8859-1", "application/hl7-v2; charset=ISO-8859-1" },
    };
    struct world w;
    struct sender s;
    start(&w);
    w.answer.body = STR("MSH|^~\\&|\rMSA|AA|1\r");
    w.answer.content_type = STR("x-application/hl7-v2+er7");
    for (size_t i = 0; i < ZS_COUNT(types); i++) {
        struct http_field f = { STR("Content-Type"), str_z(types[i].sent) };
        post_and_wait(
            &w, &s,
            (struct client_request){ .body = STR("MSH|^~\\&|"), .fields = &f, .n_fields = 1 });
        T_EQ_INT(s.res.status, 200);
        T_EQ_STR(s.res.type, types[i].answered);
        T_EQ_STR(s.res.body, "MSH|^~\\&|\rMSA|AA|1\r");
    }
    finish(&w);
}

static void nothing_is_answered_before_it_is_settled(void **state)
{
    (void)state;
    struct world w;
    struct sender s;
    start(&w);
    w.answer.kind = 0;
    post(&w, &s, (struct client_request){ .body = STR("x") });
    while (w.n_kept == 0)
        loop_poll(w.loop);
    for (int i = 0; i < 50; i++)
        loop_poll(w.loop);
    T_FALSE(s.done);
    settle(&w, w.kept[0], &(struct answer){ .kind = ANSWER_BUSY });
    w.kept[0] = NULL;
    wait_for(&w, &s);
    T_EQ_INT(s.res.status, 503);
    T_EQ_INT(s.res.retry_after_ms, 1000);
    finish(&w);
}

static void what_is_no_message(void **state)
{
    (void)state;
    struct world w;
    struct sender s;
    char url[160];
    char large[2000];
    start(&w);
    memset(large, 'x', sizeof large);
    (void)snprintf(url, sizeof url, "%.*s/other", (int)(strlen(w.address) - 3),
                   w.address); /* fits */
    post_and_wait(&w, &s, (struct client_request){ .url = str_z(url), .body = STR("x") });
    T_EQ_INT(s.res.status, 404);
    post_and_wait(&w, &s, (struct client_request){ .method = STR("GET") });
    T_EQ_INT(s.res.status, 405);
    T_EQ_STR(http_field_get(s.res.fields, s.res.n_fields, STR("Allow")), "POST");
    post_and_wait(&w, &s, (struct client_request){ .body = str_of(large, sizeof large) });
    T_EQ_INT(s.res.status, 413);
    conn_http.recv_pause(&w.source, true);
    post_and_wait(&w, &s, (struct client_request){ .body = STR("x") });
    T_EQ_INT(s.res.status, 503);
    T_EQ_INT(s.res.retry_after_ms, 1000);
    T_EQ_SIZE(w.n_intakes, 0);
    conn_http.recv_pause(&w.source, false);
    post_and_wait(&w, &s, (struct client_request){ .body = STR("x") });
    T_EQ_INT(s.res.status, 202);
    finish(&w);
}

/* The message was taken, so it stays taken; only the answer has no one to hear it. */
static void sender_that_left_loses_nothing(void **state)
{
    (void)state;
    struct world w;
    struct sender s;
    start(&w);
    w.answer.kind = 0;
    post(&w, &s, (struct client_request){ .body = STR("x") });
    while (w.n_kept == 0)
        loop_poll(w.loop);
    client_cancel(&s.call);
    for (int i = 0; i < 50; i++)
        loop_poll(w.loop);
    settle(&w, w.kept[0], &(struct answer){ .kind = ANSWER_ACCEPTED });
    w.kept[0] = NULL;
    finish(&w);
}

static void drain_waits_for_what_is_not_settled(void **state)
{
    (void)state;
    struct world w;
    struct sender s;
    start(&w);
    w.answer.kind = 0;
    post(&w, &s, (struct client_request){ .body = STR("x") });
    while (w.n_kept == 0)
        loop_poll(w.loop);
    conn_http.recv_drain(&w.source);
    for (int i = 0; i < 50; i++)
        loop_poll(w.loop);
    T_FALSE(w.drained);
    settle(&w, w.kept[0], &(struct answer){ .kind = ANSWER_ACCEPTED });
    w.kept[0] = NULL;
    wait_for(&w, &s);
    T_EQ_INT(s.res.status, 202);
    while (!w.drained)
        loop_poll(w.loop);
    finish(&w);
}

/* ---- a sender made of single steps ---- */

struct raw {
    struct stream *stream;
    struct buf got;
    bool open;
};

static void raw_open(void *ctx, struct stream *s)
{
    (void)s;
    ((struct raw *)ctx)->open = true;
}

static size_t raw_read(void *ctx, struct stream *s, struct str data)
{
    (void)s;
    buf_str(&((struct raw *)ctx)->got, data);
    return data.n;
}

static void raw_closed(void *ctx, struct stream *s, const struct err *why)
{
    (void)s, (void)why;
    ((struct raw *)ctx)->stream = NULL;
}

static void raw_connect(struct world *w, struct raw *r)
{
    static const struct stream_events ev = { .open = raw_open,
                                             .read = raw_read,
                                             .closed = raw_closed };
    struct http_place place;
    struct err e;
    *r = (struct raw){ .open = false };
    buf_init(&r->got, 4096);
    T_OK(conn_http_place(str_z(w->address), &place, &e), &e);
    struct stream_connect how = { .host = place.host, .port = place.port };
    T_OK(stream_connect(w->loop, &how, &ev, r, &r->stream, &e), &e);
    while (!r->open)
        loop_poll(w->loop);
}

static void raw_send(struct world *w, struct raw *r, const char *text)
{
    struct str s = str_z(text);
    struct err e;
    T_OK(stream_write(r->stream, &s, 1, &e), &e);
    for (int i = 0; i < 10; i++)
        loop_poll(w->loop);
}

/* The connection is gone, a message is not settled: that is not drained yet. */
static void drain_waits_although_the_sender_left(void **state)
{
    (void)state;
    struct world w;
    struct raw r;
    start(&w);
    w.answer.kind = 0;
    raw_connect(&w, &r);
    raw_send(&w, &r, "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    while (w.n_kept == 0)
        loop_poll(w.loop);
    stream_abort(r.stream);
    conn_http.recv_drain(&w.source);
    for (int i = 0; i < 50; i++)
        loop_poll(w.loop);
    T_TRUE(r.stream == NULL);
    T_FALSE(w.drained);
    settle(&w, w.kept[0], &(struct answer){ .kind = ANSWER_ACCEPTED });
    w.kept[0] = NULL;
    while (!w.drained)
        loop_poll(w.loop);
    buf_done(&r.got);
    finish(&w);
}

static void message_that_ends_in_a_pause_is_not_taken(void **state)
{
    (void)state;
    struct world w;
    struct raw r;
    start(&w);
    raw_connect(&w, &r);
    raw_send(&w, &r, "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    conn_http.recv_pause(&w.source, true);
    raw_send(&w, &r, "y");
    while (r.got.n == 0)
        loop_poll(w.loop);
    T_TRUE(str_starts(buf_view(&r.got), STR("HTTP/1.1 503 ")));
    T_TRUE(str_find(buf_view(&r.got), STR("\r\nRetry-After: 1\r\n"), 0) != SIZE_MAX);
    T_EQ_SIZE(w.n_intakes, 0);
    stream_abort(r.stream);
    while (r.stream)
        loop_poll(w.loop);
    buf_done(&r.got);
    finish(&w);
}

static void drain_without_work_is_told(void **state)
{
    (void)state;
    struct world w;
    start(&w);
    conn_http.recv_drain(&w.source);
    T_FALSE(w.drained);
    while (!w.drained)
        loop_poll(w.loop);
    finish(&w);
}

static void close_leaves_the_unsettled_unanswered(void **state)
{
    (void)state;
    struct world w;
    struct sender s;
    start(&w);
    w.answer.kind = 0;
    post(&w, &s, (struct client_request){ .body = STR("x") });
    while (w.n_kept == 0)
        loop_poll(w.loop);
    conn_http.recv_close(&w.source);
    wait_for(&w, &s);
    T_EQ_INT(s.res.err.fate, FATE_UNCERTAIN);
    finish(&w);
}

/* Bound, but nothing is taken before start. */
static void opened_is_not_started(void **state)
{
    (void)state;
    struct world w;
    struct sender s;
    open_with(&w, &(struct conn_http_conf){ .open = false });
    post(&w, &s, (struct client_request){ .body = STR("x") });
    for (int i = 0; i < 50; i++)
        loop_poll(w.loop);
    T_EQ_SIZE(w.n_intakes, 0);
    conn_http.recv_start(&w.source);
    wait_for(&w, &s);
    T_EQ_INT(s.res.status, 202);
    finish(&w);
}

/* The path of a file with these bytes, in one of three places of its own. */
static struct str file_of(struct str pem, const char *name)
{
    static char paths[3][512];
    static size_t n;
    char *path = paths[n++ % 3];
    (void)snprintf(path, sizeof paths[0], "%s", t_path(t_tmpdir(), name)); /* as long at most */
    t_write(path, pem);
    return str_z(path);
}

static void https_with_client_certificates(void **state)
{
    (void)state;
    struct t_cert ca = t_cert_make(&(struct t_cert_spec){ .cn = "CA", .is_ca = true }, NULL);
    struct t_cert server =
        t_cert_make(&(struct t_cert_spec){ .cn = "s", .alt = "IP:127.0.0.1" }, &ca);
    struct t_cert client = t_cert_make(&(struct t_cert_spec){ .cn = "c" }, &ca);
    struct conn_http_conf conf = { .listen = STR("https://127.0.0.1:0/in"),
                                   .cert_file = file_of(server.cert_pem, "cert"),
                                   .key_file = file_of(server.key_pem, "key"),
                                   .client_ca = file_of(ca.cert_pem, "ca") };
    struct client_tls good = { .ca_pem = ca.cert_pem,
                               .cert_pem = client.cert_pem,
                               .key_pem = client.key_pem };
    struct client_tls none = { .ca_pem = ca.cert_pem };
    struct world w;
    struct sender s;
    open_with(&w, &conf);
    conn_http.recv_start(&w.source);
    post_and_wait(&w, &s, (struct client_request){ .body = STR("x"), .tls = &good });
    T_EQ_INT(s.res.status, 202);
    post(&w, &s, (struct client_request){ .body = STR("x"), .tls = &none });
    wait_for(&w, &s);
    T_EQ_Z(s.res.err.id, "HTTP-055");
    T_EQ_SIZE(w.n_intakes, 1);
    finish(&w);
}

static void what_cannot_be_opened_leaves_nothing(void **state)
{
    (void)state;
    struct world w;
    struct err e;
    start(&w);
    struct conn_http_conf taken = w.conf; /* the same port again */
    taken.listen = str_z(w.address);
    struct conn_source second = w.source;
    second.conf = &taken;
    second.inst = NULL;
    T_EQ_INT(conn_http.recv_open(&second, &e), RC_IO);
    T_EQ_Z(e.id, "NET-040");
    T_TRUE(second.inst == NULL);
    struct conn_http_conf no_file = w.conf;
    no_file.listen = STR("https://127.0.0.1:0/in");
    no_file.cert_file = no_file.key_file = STR("/nonexistent/pem");
    second.conf = &no_file;
    T_EQ_INT(conn_http.recv_open(&second, &e), RC_IO);
    T_EQ_Z(e.id, "TLS-008");
    conn_http.recv_close(&second); /* from any state */
    finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(flow_gets_what_was_sent),
        T_TEST(acknowledgements_go_back_as_flow_wrote_them),
        T_TEST(nothing_is_answered_before_it_is_settled),
        T_TEST(what_is_no_message),
        T_TEST(sender_that_left_loses_nothing),
        T_TEST(drain_waits_for_what_is_not_settled),
        T_TEST(drain_waits_although_the_sender_left),
        T_TEST(message_that_ends_in_a_pause_is_not_taken),
        T_TEST(drain_without_work_is_told),
        T_TEST(close_leaves_the_unsettled_unanswered),
        T_TEST(opened_is_not_started),
        T_TEST(https_with_client_certificates),
        T_TEST(what_cannot_be_opened_leaves_nothing),
    };
    return T_RUN(tests);
}
