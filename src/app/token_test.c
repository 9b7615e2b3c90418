/* Token requests against our own server: what goes out, what comes back, what goes wrong. */
#include "app/token.h"

#include "net/http_server.h"
#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"

#define LIMIT_MS 20000

enum deed { ANSWER, REDIRECT, TOO_MUCH, SILENCE };

struct world {
    struct loop *loop;
    struct http_server *server;
    struct tokens *tokens;
    enum deed deed;
    unsigned n_requests;
    char body[200], type[100], accept[100], auth[100];
    char url[100];
};

static void copy(char *out, size_t size, struct str s)
{
    (void)snprintf(out, size, "%.*s", STR_ARG(s)); /* fits: the test's own */
}

static void on_body(void *ctx, struct http_exchange *x, struct str body)
{
    static const struct http_field to = { STR_INIT("Location"), STR_INIT("/elsewhere") };
    static const char much[CRED_ANSWER_MAX + 1] = { 'x' };
    struct world *w = ctx;
    copy(w->body, sizeof w->body, body);
    struct http_response r = { .status = 200, .type = STR("application/json"), .body = STR("{}") };
    if (w->deed == REDIRECT)
        r = (struct http_response){ .status = 307, .fields = &to, .n_fields = 1 };
    if (w->deed == TOO_MUCH)
        r.body = str_of(much, sizeof much);
    if (w->deed != SILENCE)
        http_answer(x, &r);
}

static void on_request(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    w->n_requests++;
    T_EQ_INT(http_head_of(x)->method, HTTP_POST);
    copy(w->type, sizeof w->type, http_field_of(x, STR("Content-Type")));
    copy(w->accept, sizeof w->accept, http_field_of(x, STR("Accept")));
    copy(w->auth, sizeof w->auth, http_field_of(x, STR("Authorization")));
    http_collect(x, 10000, on_body, w);
}

static void on_stopped(void *ctx)
{
    (void)ctx;
}

static void world_open(struct world *w, struct tls_ctx *tls, struct addr_rules *outbound)
{
    static const struct http_server_events ev = { .request = on_request, .stopped = on_stopped };
    struct http_server_conf conf = { .host = STR("127.0.0.1"), .tls = tls };
    struct err e;
    *w = (struct world){ .deed = ANSWER };
    T_OK(loop_new("test", NULL, &w->loop, &e), &e);
    T_OK(http_server_open(w->loop, &conf, &ev, w, &w->server, &e), &e);
    (void)snprintf(w->url, sizeof w->url, "%s://127.0.0.1:%u/token", tls ? "https" : "http",
                   (unsigned)http_server_addr(w->server)->port); /* fits */
    T_OK(tokens_new(outbound, &w->tokens, &e), &e);
    tokens_attach(w->tokens, w->loop);
}

static void world_close(struct world *w)
{
    tokens_stop(w->tokens);
    http_server_free(&w->server);
    loop_free(&w->loop);
    tokens_free(&w->tokens);
}

/* What an asker has: its arena goes in done. */
struct asker {
    struct link_fetch f;
    struct cred_request request;
    unsigned n;
    unsigned status;
    char body[100], id[16];
};

static const struct cred_field fields[] = {
    { STR_INIT("Content-Type"), STR_INIT("application/x-www-form-urlencoded") },
    { STR_INIT("Accept"), STR_INIT("application/json") },
    { STR_INIT("Authorization"), STR_INIT("Basic YTpi") },
};

static void on_done(struct link_fetch *f, unsigned status, struct str body, const struct err *e)
{
    struct asker *k = ZS_CONTAINER(f, struct asker, f);
    k->n++;
    k->status = status;
    copy(k->body, sizeof k->body, body);
    copy(k->id, sizeof k->id, status == 0 ? str_z(e->id) : STR(""));
    arena_free(&f->arena);
}

static void ask(struct world *w, struct asker *k, const struct conn_tls *tls, size_t room)
{
    *k = (struct asker){ .n = 0 };
    k->request = (struct cred_request){ .url = str_z(w->url),
                                        .headers = fields,
                                        .n_headers = 3,
                                        .body = STR("grant_type=client_credentials") };
    k->f = (struct link_fetch){ .request = &k->request,
                                .tls = tls,
                                .arena = arena_new("test", size_min(room, 4096), room),
                                .done = on_done };
    tokens_fetch(w->tokens, &k->f);
}

static bool is_done(void *ctx)
{
    return ((struct asker *)ctx)->n > 0;
}

static void run(struct world *w, struct asker *k)
{
    T_EQ_INT(k->n, 0);
    T_TRUE(loop_run_until(w->loop, is_done, k, LIMIT_MS));
    T_EQ_INT(k->n, 1);
}

#define ROOM ((size_t)1024 * 1024)

static void what_goes_out(void **state)
{
    (void)state;
    struct world w;
    struct asker k;
    world_open(&w, NULL, NULL);
    ask(&w, &k, NULL, ROOM);
    run(&w, &k);
    T_EQ_INT(k.status, 200);
    T_EQ_Z(k.body, "{}");
    T_EQ_Z(w.body, "grant_type=client_credentials");
    T_EQ_Z(w.type, "application/x-www-form-urlencoded");
    T_EQ_Z(w.accept, "application/json");
    T_EQ_Z(w.auth, "Basic YTpi");
    world_close(&w);
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    struct world w;
    struct asker k;
    world_open(&w, NULL, NULL);
    w.deed = REDIRECT;
    ask(&w, &k, NULL, ROOM);
    run(&w, &k);
    T_EQ_INT(k.status, 307);
    T_EQ_INT(w.n_requests, 1);
    world_close(&w);
}

static void what_goes_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *url; /* NULL: the server's */
        enum deed deed;
        const char *id;
    } rows[] = {
        { "an answer that is too much", NULL, TOO_MUCH, "HTTP-058" },
        { "nobody there", "http://127.0.0.1:1/token", ANSWER, "HTTP-053" },
        { "another protocol", "ftp://127.0.0.1/token", ANSWER, "HTTP-051" },
        { "no URL", "token", ANSWER, "HTTP-051" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world w;
        struct asker k;
        world_open(&w, NULL, NULL);
        w.deed = rows[i].deed;
        if (rows[i].url)
            (void)snprintf(w.url, sizeof w.url, "%s", rows[i].url); /* fits */
        ask(&w, &k, NULL, ROOM);
        run(&w, &k);
        T_EQ_INT(k.status, 0);
        T_EQ_Z(k.id, rows[i].id);
        world_close(&w);
    }
}

static void address_not_allowed(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 65536);
    struct addr_rules rules = { .allow = { NULL, 0 } };
    struct str net = STR("127.0.0.0/8");
    struct world w;
    struct asker k;
    struct err e;
    T_OK(cidr_list_parse(&net, 1, a, &rules.deny, &e), &e);
    world_open(&w, NULL, &rules);
    ask(&w, &k, NULL, ROOM);
    run(&w, &k);
    T_EQ_Z(k.id, "HTTP-060");
    T_EQ_INT(w.n_requests, 0);
    world_close(&w);
    arena_free(&a);
}

static void with_the_integrations_certificate(void **state)
{
    (void)state;
    const struct t_cert ca = t_cert_make(&(struct t_cert_spec){ .cn = "CA", .is_ca = true }, NULL);
    const struct t_cert server =
        t_cert_make(&(struct t_cert_spec){ .cn = "s", .alt = "IP:127.0.0.1" }, &ca);
    const struct t_cert us = t_cert_make(&(struct t_cert_spec){ .cn = "us" }, &ca);
    const struct conn_tls ours = { ca.cert_pem, us.cert_pem, us.key_pem, STR_NULL };
    const struct tls_conf tc = { .role = TLS_SERVER,
                                 .cert_pem = server.cert_pem,
                                 .key_pem = server.key_pem,
                                 .ca_pem = ca.cert_pem };
    struct tls_ctx *ctx = NULL;
    struct world w;
    struct asker k;
    struct err e;
    T_OK(tls_ctx_new(&tc, &ctx, &e), &e);
    world_open(&w, ctx, NULL);
    ask(&w, &k, NULL, ROOM);
    run(&w, &k);
    T_EQ_Z(k.id, "HTTP-055");
    ask(&w, &k, &ours, ROOM);
    run(&w, &k);
    T_EQ_INT(k.status, 200);
    world_close(&w);
    tls_ctx_unref(&ctx);
}

static bool has_asked(void *ctx)
{
    return ((struct world *)ctx)->n_requests > 0;
}

static void stopping_answers_all(void **state)
{
    (void)state;
    struct world w;
    struct asker under_way, later;
    world_open(&w, NULL, NULL);
    w.deed = SILENCE;
    ask(&w, &under_way, NULL, ROOM);
    T_TRUE(loop_run_until(w.loop, has_asked, &w, LIMIT_MS));
    tokens_stop(w.tokens);
    run(&w, &under_way);
    T_EQ_Z(under_way.id, "APP-006");
    ask(&w, &later, NULL, ROOM);
    run(&w, &later);
    T_EQ_Z(later.id, "APP-006");
    http_server_free(&w.server);
    loop_free(&w.loop);
    tokens_free(&w.tokens);
}

/* As at the end of a process: the loop runs no more, but is freed. */
static void stopping_with_the_loop(void **state)
{
    (void)state;
    struct world w;
    struct asker k;
    world_open(&w, NULL, NULL);
    w.deed = SILENCE;
    ask(&w, &k, NULL, ROOM);
    T_TRUE(loop_run_until(w.loop, has_asked, &w, LIMIT_MS));
    world_close(&w);
    T_EQ_INT(k.n, 1);
    T_EQ_Z(k.id, "APP-006");
}

static void no_memory(void **state)
{
    (void)state;
    static const size_t rooms[] = { 300, 1000 }; /* not even to remember it; not for the answer */
    for (size_t i = 0; i < ZS_COUNT(rooms); i++) {
        struct world w;
        struct asker k;
        world_open(&w, NULL, NULL);
        ask(&w, &k, NULL, rooms[i]);
        T_TRUE(k.n > 0 || loop_run_until(w.loop, is_done, &k, LIMIT_MS));
        T_EQ_INT(k.n, 1);
        T_EQ_INT(k.status, 0);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_goes_out),
        T_TEST(redirects_are_not_followed),
        T_TEST(what_goes_wrong),
        T_TEST(address_not_allowed),
        T_TEST(with_the_integrations_certificate),
        T_TEST(stopping_answers_all),
        T_TEST(stopping_with_the_loop),
        T_TEST(no_memory),
    };
    return T_RUN(tests);
}
