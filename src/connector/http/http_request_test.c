#include "connector/http/http_int.h"

#include "tests/lib/t.h"

static const struct conn_header own_type[] = { { STR_INIT("content-type"), STR_INIT("x/y") },
                                               { STR_INIT("X-A"), STR_INIT("1") } };
static const struct conn_header own_key[] = { { STR_INIT("Idempotency-Key"), STR_INIT("mine") },
                                              { STR_INIT("ACCEPT"), STR_INIT("a/b") } };
static const struct conn_header say_twice[] = { { STR_INIT("X-A"), STR_INIT("1") },
                                                { STR_INIT("x-a"), STR_INIT("2") },
                                                { STR_INIT("X-B"), STR_INIT("3") } };
static const struct conn_header extra_a[] = { { STR_INIT("x-A"), STR_INIT("9") } };
static const struct conn_header extra_two[] = { { STR_INIT("Authorization"), STR_INIT("theirs") },
                                                { STR_INIT("Accept"), STR_INIT("a/b") },
                                                { STR_INIT("authorization"), STR_INIT("ours") } };
static const struct conn_header extra_query[] = { { STR_INIT("a"), STR_INIT("1 ") },
                                                  { STR_INIT("a"), STR_INIT("2") },
                                                  { STR_INIT("k&"), STR_INIT("=") } };
static const struct conn_header secret_query[] = { { STR_INIT("api_key"), STR_INIT("s&c") } };

#define NOTHING                                                                                    \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

static const struct {
    const char *name;
    struct conn_endpoint ep;
    const char *parameters; /* JSON */
    const char *type;       /* the delivery's */
    const char *url, *method;
    const char *body;   /* NULL: none */
    const char *fields; /* name=value; … */
    struct conn_extra extra;
} rows[] = {
    { "plain",
      { .url = STR_INIT("http://h/p") },
      NULL,
      "application/json",
      "http://h/p",
      "POST",
      "{}",
      "Content-Type=application/json;Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      NOTHING },
    { "no type known",
      { .url = STR_INIT("http://h/p"), .method = STR_INIT("PUT") },
      NULL,
      "",
      "http://h/p",
      "PUT",
      "{}",
      "Content-Type=application/octet-stream;Accept=application/json, */*;q=0.5;"
      "Idempotency-Key=s-7;",
      NOTHING },
    { "the user's type is never overridden",
      { .url = STR_INIT("http://h/p"), .headers = own_type, .n_headers = 2 },
      NULL,
      "application/json",
      "http://h/p",
      "POST",
      "{}",
      "content-type=x/y;X-A=1;Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      NOTHING },
    { "nor the user's key",
      { .url = STR_INIT("http://h/p"), .headers = own_key, .n_headers = 2 },
      NULL,
      "a/b",
      "http://h/p",
      "POST",
      "{}",
      "Idempotency-Key=mine;ACCEPT=a/b;Content-Type=a/b;",
      NOTHING },
    { "FHIR",
      { .url = STR_INIT("http://h/Patient"), .type = "fhir_api" },
      NULL,
      "application/json",
      "http://h/Patient",
      "POST",
      "{}",
      "Content-Type=application/fhir+json;Accept=application/fhir+json;Idempotency-Key=s-7;",
      NOTHING },
    { "HL7 v2",
      { .url = STR_INIT("http://h/p"), .type = "rest_api" },
      NULL,
      "x-application/hl7-v2+er7",
      "http://h/p",
      "POST",
      "{}",
      "Content-Type=x-application/hl7-v2+er7;Accept=application/json, */*;q=0.5;"
      "Idempotency-Key=s-7;",
      NOTHING },
    { "GET has no body",
      { .url = STR_INIT("http://h/p"), .method = STR_INIT("GET") },
      NULL,
      "a/b",
      "http://h/p",
      "GET",
      NULL,
      "Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      NOTHING },
    { "parameters",
      { .url = STR_INIT("http://h/p") },
      "{\"a\":\"x y&\",\"b\":1.50,\"c\":true,\"d\":null,\"e\":[\"1\",2],\"f\":false}",
      "a/b",
      "http://h/p?a=x%20y%26&b=1.50&c=true&e=1&e=2&f=false",
      "POST",
      "{}",
      "Content-Type=a/b;Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      NOTHING },
    { "parameters behind a query, without the fragment",
      { .url = STR_INIT("http://h/p?z=1#top") },
      "{\"a\":\"x\"}",
      "a/b",
      "http://h/p?z=1&a=x&api_key=s%26c",
      "POST",
      "{}",
      "Content-Type=a/b;Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      { .query = secret_query, .n_query = 1 } },
    { "the endpoint may say one twice",
      { .url = STR_INIT("http://h/p"), .headers = say_twice, .n_headers = 3 },
      NULL,
      "a/b",
      "http://h/p",
      "POST",
      "{}",
      "X-A=1;x-a=2;X-B=3;Content-Type=a/b;Accept=application/json, */*;q=0.5;"
      "Idempotency-Key=s-7;",
      NOTHING },
    { "extra replaces all of that name",
      { .url = STR_INIT("http://h/p"), .headers = say_twice, .n_headers = 3 },
      NULL,
      "a/b",
      "http://h/p",
      "POST",
      "{}",
      "X-B=3;x-A=9;Content-Type=a/b;Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      { .headers = extra_a, .n_headers = 1 } },
    { "of extra the last of a name counts",
      { .url = STR_INIT("http://h/p") },
      NULL,
      "a/b",
      "http://h/p",
      "POST",
      "{}",
      "authorization=ours;Accept=a/b;Content-Type=a/b;Idempotency-Key=s-7;",
      { .headers = extra_two, .n_headers = 3 } },
    { "extra parameters",
      { .url = STR_INIT("http://h/p") },
      "{\"a\":[7,8],\"b\":1}",
      "a/b",
      "http://h/p?b=1&a=1%20&a=2&k%26=%3D",
      "POST",
      "{}",
      "Content-Type=a/b;Accept=application/json, */*;q=0.5;Idempotency-Key=s-7;",
      { .query = extra_query, .n_query = 3 } },
};

static void fields_text(const struct client_request *r, struct buf *b)
{
    buf_clear(b);
    for (size_t i = 0; i < r->n_fields; i++) {
        buf_str(b, r->fields[i].name);
        buf_char(b, '=');
        buf_str(b, r->fields[i].value);
        buf_char(b, ';');
    }
}

static void requests(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct conn_endpoint ep = rows[i].ep;
        struct client_request r;
        struct json *doc = NULL;
        struct err e;
        if (rows[i].parameters)
            T_OK(json_parse(str_z(rows[i].parameters), &json_default_limits, a, &doc, &e), &e);
        ep.parameters = doc;
        ep.timeout_ms = 7000;
        struct delivery d = { .message_id = STR("s-7"),
                              .body = STR("{}"),
                              .content_type = str_z(rows[i].type),
                              .extra = &rows[i].extra };
        T_OK(conn_http_request(&ep, &d, a, &r, &e), &e);
        T_EQ_STR(r.url, rows[i].url);
        T_EQ_STR(r.method, rows[i].method);
        T_EQ_STR(r.body, rows[i].body);
        T_EQ_INT(r.total_ms, 7000);
        T_FALSE(r.repeatable);
        fields_text(&r, &b);
        T_EQ_STR(buf_view(&b), rows[i].fields);
        d.timeout_ms = 100;
        T_OK(conn_http_request(&ep, &d, a, &r, &e), &e);
        T_EQ_INT(r.total_ms, 100);
        arena_free(&a);
    }
    T_ROW(NULL);
    buf_done(&b);
}

static void what_cannot_be_built(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct arena *tight = arena_new("test", 256, 300);
    struct client_request r;
    struct err e;
    char url[17000];
    memset(url, 'a', sizeof url);
    struct conn_endpoint ep = { .url = str_of(url, sizeof url) };
    struct delivery d = { .body = STR("{}") };
    T_EQ_INT(conn_http_request(&ep, &d, a, &r, &e), RC_VALUE);
    T_EQ_Z(e.id, "HTTPOUT-001");
    T_EQ_INT(e.fate, FATE_OPERATOR);
    while (arena_raw(tight, 1))
        ;
    ep.url = STR("http://h/p");
    T_EQ_INT(conn_http_request(&ep, &d, tight, &r, &e), RC_NOMEM);
    T_EQ_Z(e.id, "HTTPOUT-002");
    T_EQ_INT(e.fate, FATE_RETRY);
    arena_free(&a);
    arena_free(&tight);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(requests), T_TEST(what_cannot_be_built) };
    return T_RUN(tests);
}
