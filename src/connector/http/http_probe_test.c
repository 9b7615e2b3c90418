/* Probes: what is asked of a server, and what each answer means. */
#include "connector/http/http_int.h"

#include "base/log.h"
#include "tests/lib/t.h"

#define LIMIT_MS 20000

struct asked {
    struct loop *loop;
    struct http_server *server;
    unsigned status[2]; /* of the first and the second request */
    unsigned n;
    char text[2][200]; /* "HEAD /in?a=b" */
    bool had_key;
    struct str body; /* of the answer */
};

static void on_request(void *ctx, struct http_exchange *x)
{
    struct asked *k = ctx;
    const struct http_head *h = http_head_of(x);
    T_TRUE(k->n < 2);
    (void)snprintf(k->text[k->n], sizeof k->text[0], "%.*s %.*s", STR_ARG(h->method_text),
                   STR_ARG(h->target)); /* fits */
    k->had_key = str_eqz(http_field_of(x, STR("X-API-Key")), "k");
    T_TRUE(http_field_of(x, STR("Idempotency-Key")).n == 0);
    unsigned status = k->status[k->n++];
    if (status != 0)
        http_answer(x, &(struct http_response){ .status = status, .body = k->body });
}

static void on_stopped(void *ctx)
{
    (void)ctx;
}

struct probed {
    struct probe_result r;
    unsigned n;
    struct conn_dest *close; /* in done */
};

static void on_probe(void *ctx, const struct probe_result *r)
{
    struct probed *p = ctx;
    p->r = *r;
    p->n++;
    if (p->close)
        conn_http.send_close(p->close);
}

static bool is_probed(void *ctx)
{
    return ((struct probed *)ctx)->n > 0;
}

struct rig {
    struct asked asked;
    struct conn_host host;
    struct conn_endpoint ep;
    struct conn_dest dest;
    char url[200];
};

static void rig_open(struct rig *r, const char *path)
{
    static const struct http_server_events ev = { .request = on_request, .stopped = on_stopped };
    struct http_server_conf conf = { .host = STR("127.0.0.1") };
    struct err e;
    *r = (struct rig){ .url = "" };
    T_OK(loop_new("test", NULL, &r->asked.loop, &e), &e);
    T_OK(http_server_open(r->asked.loop, &conf, &ev, &r->asked, &r->asked.server, &e), &e);
    (void)snprintf(r->url, sizeof r->url, "http://127.0.0.1:%u%s",
                   (unsigned)http_server_addr(r->asked.server)->port, path); /* fits */
    r->host = (struct conn_host){ .loop = r->asked.loop, .clock = clock_real(), .log = log_none() };
    r->ep = (struct conn_endpoint){
        .name = "test/x", .type = "rest_api", .url = str_z(r->url), .timeout_ms = LIMIT_MS
    };
    r->dest = (struct conn_dest){ .type = &conn_http, .ep = &r->ep, .host = &r->host };
    T_OK(conn_http.send_open(&r->dest, &e), &e);
}

static void rig_close(struct rig *r)
{
    conn_http.send_close(&r->dest);
    http_server_free(&r->asked.server);
    loop_free(&r->asked.loop);
}

static const struct {
    const char *name;
    const char *type, *method, *path;
    bool request;
    unsigned status[2];
    const char *asked[2]; /* NULL: no second one */
    bool success;
    int status_code;
    const char *how;
    const char *text; /* of the error */
} rows[] = {
    { "200",
      "rest_api",
      "POST",
      "/in",
      false,
      { 200, 0 },
      { "HEAD /in", NULL },
      true,
      200,
      "HEAD",
      NULL },
    { "404 is an answer",
      "rest_api",
      "POST",
      "/in?a=b",
      false,
      { 404, 0 },
      { "HEAD /in?a=b", NULL },
      true,
      404,
      "HEAD",
      NULL },
    { "302",
      "rest_api",
      "GET",
      "/in",
      false,
      { 302, 0 },
      { "HEAD /in", NULL },
      true,
      302,
      "HEAD",
      NULL },
    { "no HEAD",
      "rest_api",
      "POST",
      "/in",
      false,
      { 405, 204 },
      { "HEAD /in", "OPTIONS /in" },
      true,
      204,
      "OPTIONS",
      NULL },
    { "HEAD is unknown",
      "rest_api",
      "POST",
      "/in",
      false,
      { 501, 401 },
      { "HEAD /in", "OPTIONS /in" },
      false,
      401,
      "OPTIONS",
      "HTTP 401: Unauthorized" },
    { "neither is known",
      "rest_api",
      "POST",
      "/in",
      false,
      { 501, 501 },
      { "HEAD /in", "OPTIONS /in" },
      true,
      501,
      "OPTIONS",
      NULL },
    { "neither is allowed",
      "rest_api",
      "POST",
      "/in",
      false,
      { 405, 405 },
      { "HEAD /in", "OPTIONS /in" },
      true,
      405,
      "OPTIONS",
      NULL },
    { "401",
      "rest_api",
      "POST",
      "/in",
      false,
      { 401, 0 },
      { "HEAD /in", NULL },
      false,
      401,
      "HEAD",
      "HTTP 401: Unauthorized" },
    { "403",
      "rest_api",
      "POST",
      "/in",
      false,
      { 403, 0 },
      { "HEAD /in", NULL },
      false,
      403,
      "HEAD",
      "HTTP 403: Forbidden" },
    { "407",
      "rest_api",
      "POST",
      "/in",
      false,
      { 407, 0 },
      { "HEAD /in", NULL },
      false,
      407,
      "HEAD",
      "HTTP 407: Proxy Authentication Required" },
    { "500",
      "rest_api",
      "POST",
      "/in",
      false,
      { 500, 0 },
      { "HEAD /in", NULL },
      false,
      500,
      "HEAD",
      "HTTP 500: Internal Server Error" },
    { "503",
      "rest_api",
      "POST",
      "/in",
      false,
      { 503, 0 },
      { "HEAD /in", NULL },
      false,
      503,
      "HEAD",
      "HTTP 503: Service Unavailable" },
    { "FHIR base",
      "fhir_api",
      "POST",
      "/fhir",
      false,
      { 200, 0 },
      { "GET /fhir/metadata", NULL },
      true,
      200,
      "GET",
      NULL },
    { "FHIR base with a slash",
      "fhir_api",
      "POST",
      "/fhir/",
      false,
      { 200, 0 },
      { "GET /fhir/metadata", NULL },
      true,
      200,
      "GET",
      NULL },
    { "FHIR at the root",
      "fhir_api",
      "POST",
      "",
      false,
      { 200, 0 },
      { "GET /metadata", NULL },
      true,
      200,
      "GET",
      NULL },
    { "FHIR type",
      "fhir_api",
      "POST",
      "/FHIR/R4/Patient?x=1",
      false,
      { 200, 0 },
      { "GET /FHIR/R4/metadata", NULL },
      true,
      200,
      "GET",
      NULL },
    { "FHIR id",
      "fhir_api",
      "PUT",
      "/Fhir/Patient/1",
      false,
      { 200, 0 },
      { "GET /Fhir/metadata", NULL },
      true,
      200,
      "GET",
      NULL },
    { "FHIR operation",
      "fhir_api",
      "POST",
      "/r4/$process-message",
      false,
      { 200, 0 },
      { "GET /r4/metadata", NULL },
      true,
      200,
      "GET",
      NULL },
    { "FHIR metadata itself",
      "fhir_api",
      "GET",
      "/r4/metadata",
      false,
      { 503, 0 },
      { "GET /r4/metadata", NULL },
      false,
      503,
      "GET",
      "HTTP 503: Service Unavailable" },
    { "by request",
      "rest_api",
      "POST",
      "/in?a=b",
      true,
      { 204, 0 },
      { "POST /in?a=b", NULL },
      true,
      204,
      "POST",
      NULL },
    { "by request, sent elsewhere",
      "rest_api",
      "GET",
      "/in",
      true,
      { 307, 0 },
      { "GET /in", NULL },
      true,
      307,
      "GET",
      NULL },
    { "by request, 404",
      "rest_api",
      "GET",
      "/in",
      true,
      { 404, 0 },
      { "GET /in", NULL },
      false,
      404,
      "GET",
      "HTTP 404: Not Found" },
    { "by request, 405",
      "rest_api",
      "",
      "/in",
      true,
      { 405, 0 },
      { "POST /in", NULL },
      false,
      405,
      "POST",
      "HTTP 405: Method Not Allowed" },
    { "by request, 501",
      "fhir_api",
      "PATCH",
      "/Patient",
      true,
      { 501, 0 },
      { "PATCH /Patient", NULL },
      false,
      501,
      "PATCH",
      "HTTP 501: Not Implemented" },
};

static void what_is_asked_and_answered(void **state)
{
    (void)state;
    static const struct conn_header key = { STR_INIT("X-API-Key"), STR_INIT("k") };
    static const struct conn_extra extra = { .headers = &key, .n_headers = 1 };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct rig r;
        struct probed p = { .n = 0 };
        rig_open(&r, rows[i].path);
        r.ep.type = rows[i].type;
        r.ep.method = str_z(rows[i].method);
        r.ep.probe_request = rows[i].request;
        memcpy(r.asked.status, rows[i].status, sizeof r.asked.status);
        conn_http.probe(&r.dest, &extra, on_probe, &p);
        T_EQ_INT(p.n, 0);
        T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
        T_EQ_SIZE(r.asked.n, rows[i].asked[1] ? 2 : 1);
        T_EQ_Z(r.asked.text[0], rows[i].asked[0]);
        if (rows[i].asked[1])
            T_EQ_Z(r.asked.text[1], rows[i].asked[1]);
        T_TRUE(r.asked.had_key);
        T_EQ_INT(p.r.success, rows[i].success);
        T_EQ_INT(p.r.status_code, rows[i].status_code);
        T_EQ_Z(p.r.how, rows[i].how);
        if (rows[i].text)
            T_EQ_Z(p.r.err.text, rows[i].text);
        rig_close(&r);
        T_EQ_INT(p.n, 1);
    }
}

static void credentials_in_the_query(void **state)
{
    (void)state;
    static const struct conn_header key = { STR_INIT("api_key"), STR_INIT("a b") };
    static const struct conn_extra extra = { .query = &key, .n_query = 1 };
    static const struct {
        const char *type, *asked;
    } types[] = { { "rest_api", "HEAD /in?api_key=a%20b" },
                  { "fhir_api", "GET /in/metadata?api_key=a%20b" } };
    for (size_t i = 0; i < ZS_COUNT(types); i++) {
        T_ROW(types[i].type);
        struct rig r;
        struct probed p = { .n = 0 };
        rig_open(&r, "/in");
        r.ep.type = types[i].type;
        r.asked.status[0] = 200;
        conn_http.probe(&r.dest, &extra, on_probe, &p);
        T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
        T_EQ_Z(r.asked.text[0], types[i].asked);
        rig_close(&r);
    }
}

/* Capability statements may be larger than anybody wants to read. */
static void large_answer(void **state)
{
    (void)state;
    static const char much[5u << 20] = { 'x' };
    static const struct {
        const char *name;
        unsigned status;
        bool success;
    } answers[] = { { "there", 200, true }, { "broken", 503, false } };
    for (size_t i = 0; i < ZS_COUNT(answers); i++) {
        T_ROW(answers[i].name);
        struct rig r;
        struct probed p = { .n = 0 };
        rig_open(&r, "/fhir");
        r.ep.type = "fhir_api";
        r.asked.status[0] = answers[i].status;
        r.asked.body = str_of(much, sizeof much);
        conn_http.probe(&r.dest, NULL, on_probe, &p);
        T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
        T_EQ_INT(p.r.success, answers[i].success);
        T_EQ_INT(p.r.status_code, answers[i].status);
        rig_close(&r);
    }
}

static void nobody_there(void **state)
{
    (void)state;
    struct rig r;
    struct probed p = { .n = 0 };
    rig_open(&r, "/in");
    http_server_free(&r.asked.server);
    conn_http.probe(&r.dest, NULL, on_probe, &p);
    T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
    T_FALSE(p.r.success);
    T_EQ_INT(p.r.status_code, 0);
    T_EQ_Z(p.r.err.id, "HTTP-053");
    rig_close(&r);
}

static void silence(void **state)
{
    (void)state;
    struct rig r;
    struct probed p = { .n = 0 };
    rig_open(&r, "/in");
    r.ep.timeout_ms = 50; /* the server takes the request and answers nothing */
    conn_http.probe(&r.dest, NULL, on_probe, &p);
    T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
    T_FALSE(p.r.success);
    T_EQ_INT(p.r.err.code, RC_TIMEOUT);
    T_TRUE(p.r.duration_ms >= 50);
    rig_close(&r);
}

static void address_not_allowed(void **state)
{
    (void)state;
    struct rig r;
    struct probed p = { .n = 0 };
    struct arena *a = arena_new("test", 0, 65536);
    struct addr_rules rules = { .allow = { NULL, 0 } };
    struct str loopback = STR("127.0.0.0/8");
    struct err e;
    T_OK(cidr_list_parse(&loopback, 1, a, &rules.deny, &e), &e);
    rig_open(&r, "/in");
    r.host.outbound = &rules;
    conn_http.probe(&r.dest, NULL, on_probe, &p);
    T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
    T_FALSE(p.r.success);
    T_EQ_Z(p.r.err.id, "HTTP-060");
    T_EQ_INT(p.r.err.fate, FATE_OPERATOR);
    T_EQ_SIZE(r.asked.n, 0);
    rig_close(&r);
    arena_free(&a);
}

static void several_at_once_and_all_answered(void **state)
{
    (void)state;
    struct rig r;
    struct probed p[3] = { { .n = 0 } };
    rig_open(&r, "/in");
    for (size_t i = 0; i < ZS_COUNT(p); i++)
        conn_http.probe(&r.dest, NULL, on_probe, &p[i]);
    conn_http.send_close(&r.dest);
    for (size_t i = 0; i < ZS_COUNT(p); i++) {
        T_EQ_INT(p[i].n, 1);
        T_FALSE(p[i].r.success);
        T_EQ_Z(p[i].r.err.id, "HTTPOUT-015");
    }
    rig_close(&r);
}

static void destination_may_close_in_done(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r, "/in");
    struct probed p = { .close = &r.dest };
    r.asked.status[0] = 200;
    conn_http.probe(&r.dest, NULL, on_probe, &p);
    T_TRUE(loop_run_until(r.asked.loop, is_probed, &p, LIMIT_MS));
    T_TRUE(p.r.success);
    rig_close(&r);
    T_EQ_INT(p.n, 1);
}

static void cannot_be_asked(void **state)
{
    (void)state;
    struct rig r;
    struct probed p = { .n = 0 };
    static const struct conn_header bad = { STR_INIT("X"), STR_INIT("a\r\nY: b") };
    static const struct conn_extra extra = { .headers = &bad, .n_headers = 1 };
    rig_open(&r, "/in");
    conn_http.probe(&r.dest, &extra, on_probe, &p);
    T_EQ_INT(p.n, 1);
    T_EQ_Z(p.r.err.id, "HTTP-051");
    T_EQ_INT(p.r.err.fate, FATE_OPERATOR);
    T_EQ_SIZE(r.asked.n, 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_is_asked_and_answered),
        T_TEST(credentials_in_the_query),
        T_TEST(large_answer),
        T_TEST(nobody_there),
        T_TEST(silence),
        T_TEST(address_not_allowed),
        T_TEST(several_at_once_and_all_answered),
        T_TEST(destination_may_close_in_done),
        T_TEST(cannot_be_asked),
    };
    return T_RUN(tests);
}
