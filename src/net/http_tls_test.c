/* The server over TLS: who may come in with which certificate, and what the handler sees of it. */
#include "net/http_peer.h"
#include "tests/lib/t_cert.h"

static struct {
    struct t_cert ca, server, client, stranger;
} certs;

static int make_certs(void **state)
{
    (void)state;
    certs.ca = t_cert_make(&(struct t_cert_spec){ .cn = "Test CA", .is_ca = true }, NULL);
    certs.server =
        t_cert_make(&(struct t_cert_spec){ .cn = "localhost", .alt = "DNS:localhost" }, &certs.ca);
    certs.client = t_cert_make(&(struct t_cert_spec){ .cn = "lab-1" }, &certs.ca);
    certs.stranger = t_cert_make(&(struct t_cert_spec){ .cn = "stranger" }, NULL);
    return 0;
}

static struct tls_ctx *server_tls(enum tls_peer_check check)
{
    struct tls_ctx *t = NULL;
    struct err e;
    T_OK(tls_ctx_new(
             &(struct tls_conf){ .role = TLS_SERVER,
                                 .check = check,
                                 .cert_pem = certs.server.cert_pem,
                                 .key_pem = certs.server.key_pem,
                                 .ca_pem = check == TLS_PEER_NONE ? STR_NULL : certs.ca.cert_pem },
             &t, &e),
         &e);
    return t;
}

/* own NULL: no client certificate. */
static struct tls_ctx *client_tls(const struct t_cert *own)
{
    struct tls_ctx *t = NULL;
    struct err e;
    T_OK(tls_ctx_new(&(struct tls_conf){ .role = TLS_CLIENT,
                                         .cert_pem = own ? own->cert_pem : STR_NULL,
                                         .key_pem = own ? own->key_pem : STR_NULL,
                                         .ca_pem = certs.ca.cert_pem },
                     &t, &e),
         &e);
    return t;
}

/* Says who it is that asks. */
static void who_is_it(void *ctx, struct http_exchange *x)
{
    struct world *w = ctx;
    struct tls_peer peer;
    struct err e;
    w->n_requests++;
    T_TRUE(http_is_tls(x));
    enum rc rc = http_peer_cert(x, &peer, &e);
    struct str name = rc == RC_OK ? peer.common_name : STR("nobody");
    http_answer(x, &(struct http_response){ .status = 200, .body = name });
}

static void denied(void *ctx, const struct addr *peer, const struct err *why)
{
    struct world *w = ctx;
    w->n_denied++;
    T_TRUE(addr_is_loopback(peer));
    (void)snprintf(w->last_refusal, sizeof w->last_refusal, "%s", why->id); /* fits */
}

static const struct http_server_events events = { .request = who_is_it, .denied = denied };

static const struct {
    const char *name;
    enum tls_peer_check check;
    const struct t_cert *own;
    const char *answer; /* NULL: not let in */
    const char *why;
} rows[] = {
    { "certificate wanted and given", TLS_PEER_REQUIRED, &certs.client, "lab-1", NULL },
    { "certificate wanted, none given", TLS_PEER_REQUIRED, NULL, NULL, "TLS-024" },
    { "certificate of a stranger", TLS_PEER_REQUIRED, &certs.stranger, NULL, "TLS-020" },
    { "certificate optional, none given", TLS_PEER_OPTIONAL, NULL, "nobody", NULL },
    { "certificate optional and given", TLS_PEER_OPTIONAL, &certs.client, "lab-1", NULL },
    { "no certificate asked for", TLS_PEER_NONE, &certs.client, "nobody", NULL },
};

static bool open_or_closed(void *ctx)
{
    return peer_is_open(ctx) || peer_is_closed(ctx);
}

static void client_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct world w = { .stopped = false };
        struct peer p;
        struct err e;
        struct tls_ctx *ours = server_tls(rows[i].check);
        struct tls_ctx *theirs = client_tls(rows[i].own);
        struct http_server_conf conf = { .host = STR("127.0.0.1"), .tls = ours };
        T_OK(loop_new("test", NULL, &w.loop, &e), &e);
        T_OK(http_server_open(w.loop, &conf, &events, &w, &w.server, &e), &e);
        peer_connect_tls(&p, &w, theirs);
        world_wait(&w, open_or_closed, &p); /* with TLS 1.3 open may come before the refusal */
        if (p.stream)
            peer_sendz(&p, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        world_wait(&w, peer_is_closed, &p);
        T_EQ_INT(w.n_requests, rows[i].answer != NULL);
        T_EQ_INT(w.n_denied, rows[i].answer == NULL);
        if (rows[i].answer)
            T_TRUE(str_ends(buf_view(&p.got), str_z(rows[i].answer)));
        else
            T_EQ_Z(w.last_refusal, rows[i].why);
        peer_done(&p);
        http_server_free(&w.server);
        loop_free(&w.loop);
        tls_ctx_unref(&ours);
        tls_ctx_unref(&theirs);
    }
    T_ROW(NULL);
}

static void plain_bytes_on_a_tls_port_are_turned_away(void **state)
{
    (void)state;
    struct world w = { .stopped = false };
    struct peer p;
    struct err e;
    struct tls_ctx *ours = server_tls(TLS_PEER_NONE);
    struct http_server_conf conf = { .host = STR("127.0.0.1"), .tls = ours };
    T_OK(loop_new("test", NULL, &w.loop, &e), &e);
    T_OK(http_server_open(w.loop, &conf, &events, &w, &w.server, &e), &e);
    peer_open(&p, &w);
    peer_sendz(&p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    world_wait(&w, peer_is_closed, &p);
    T_EQ_INT(w.n_requests, 0);
    T_EQ_INT(w.n_denied, 1);
    T_EQ_Z(w.last_refusal, "TLS-026");
    T_EQ_SIZE(peer_count(&p, "HTTP/"), 0);
    peer_done(&p);
    http_server_free(&w.server);
    loop_free(&w.loop);
    tls_ctx_unref(&ours);
}

/* A large body each way: records, partial writes and back-pressure under TLS. */
static void large_bodies_over_tls(void **state)
{
    (void)state;
    struct world w;
    struct peer p;
    struct buf body;
    struct tls_ctx *ours = server_tls(TLS_PEER_NONE);
    struct tls_ctx *theirs = client_tls(NULL);
    world_open(&w, &(struct http_server_conf){ .tls = ours }, false);
    buf_init(&body, 3000000);
    for (size_t i = 0; i < 3000000; i++)
        buf_char(&body, (char)('a' + i % 19));
    peer_connect_tls(&p, &w, theirs);
    world_wait(&w, peer_is_open, &p);
    peer_sendz(&p, "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                   "Content-Length: 3000000\r\n\r\n");
    peer_send(&p, buf_view(&body));
    world_wait(&w, peer_is_closed, &p);
    T_TRUE(str_ends(buf_view(&p.got), buf_view(&body)));
    buf_done(&body);
    peer_done(&p);
    world_close(&w);
    tls_ctx_unref(&ours);
    tls_ctx_unref(&theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(client_certificates),
        T_TEST(plain_bytes_on_a_tls_port_are_turned_away),
        T_TEST(large_bodies_over_tls),
    };
    return cmocka_run_group_tests(tests, make_certs, NULL);
}
