/* What each failure says about the request: not sent, or who knows. */
#include "net/client_rig.h"
#include "tests/lib/t_cert.h"

/* ---- failures and their fate ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(failures_after_sending_are_uncertain),
        T_TEST(failures_before_sending_may_be_tried_again),
        T_TEST(what_cannot_be_sent_is_refused_at_once),
        T_TEST(dead_kept_connection),
        T_TEST(tls_is_always_verified),
    };
    return cmocka_run_group_tests(tests, make_certs, NULL);
}
