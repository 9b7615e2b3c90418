#include "net/http_parse.h"

#include "net/http_cases.h"
#include "tests/lib/t.h"

#define HOST HTTP_CASE_HOST
#define GET  HTTP_CASE_GET

/* With the literal's NULs, without its last one. */
#define BYTES(lit) STR_INIT(lit)

struct outcome {
    enum rc rc;
    unsigned status;
    size_t used;
    struct err e;
    struct http_head head;
};

/* Show the bytes in two steps: the first `cut`, then all. drip: byte by byte instead. */
static struct outcome parse(enum http_kind kind, struct str in, size_t cut, bool drip,
                            const struct http_limits *limits, struct arena *a)
{
    struct outcome o = { .rc = RC_AGAIN };
    struct http_parser p;
    http_parse_init(&p, kind, limits, a);
    for (size_t n = drip ? 0 : cut;; n = drip ? n + 1 : in.n) {
        o.rc = http_parse_more(&p, str_sub(in, 0, n), &o.used, &o.e);
        if (o.rc != RC_AGAIN || n >= in.n)
            break;
    }
    o.status = http_parse_status(&p);
    if (o.rc == RC_OK)
        T_OK(http_parse_head(&p, in, &o.head, &o.e), &o.e);
    return o;
}

static struct http_limits small_limits(void)
{
    return (struct http_limits){ .line = 64, .fields = 128, .n_fields = 4 };
}

/* ---- what is refused ---- */

static void check_refusal(const struct outcome *o, size_t row)
{
    T_TRUE(o->rc != RC_OK && o->rc != RC_AGAIN);
    T_EQ_INT(o->status, http_bad_heads[row].status);
    T_EQ_Z(o->e.id, http_bad_heads[row].id);
    T_EQ_SIZE(o->e.pos, http_bad_heads[row].pos);
}

static void refuses_at_the_same_place_in_any_split(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(http_bad_heads); i++) {
        T_ROW(http_bad_heads[i].name);
        for (size_t cut = 0; cut <= http_bad_heads[i].in.n; cut++) {
            struct outcome o = parse(HTTP_REQUEST, http_bad_heads[i].in, cut, false, &limits, a);
            check_refusal(&o, i);
        }
        struct outcome o = parse(HTTP_REQUEST, http_bad_heads[i].in, 0, true, &limits, a);
        check_refusal(&o, i);
        arena_clear(a);
    }
    T_ROW(NULL);
    arena_free(&a);
}

/* ---- what is taken ---- */

static const struct {
    const char *name;
    struct str in;
    size_t used;
    enum http_method method;
    const char *target;
    const char *host;
    enum http_framing framing;
    uint64_t length;
    bool keep_alive;
    bool expect;
    size_t n_fields;
} taken[] = {
    { "plain", BYTES(GET "\r\n"), 27, HTTP_GET, "/", "a", HTTP_BODY_NONE, 0, true, false, 1 },
    { "one empty line before", BYTES("\r\n" GET "\r\n"), 29, HTTP_GET, "/", "a", HTTP_BODY_NONE, 0,
      true, false, 1 },
    { "more behind it", BYTES(GET "\r\nGET"), 27, HTTP_GET, "/", "a", HTTP_BODY_NONE, 0, true,
      false, 1 },
    { "query with a bar", BYTES("GET /P?id=x|1 HTTP/1.1\r\n" HOST "\r\n"), 35, HTTP_GET,
      "/P?id=x|1", "a", HTTP_BODY_NONE, 0, true, false, 1 },
    { "absolute target", BYTES("GET http://A/x HTTP/1.1\r\n" HOST "\r\n"), 36, HTTP_GET,
      "http://A/x", "a", HTTP_BODY_NONE, 0, true, false, 1 },
    { "star", BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 31, HTTP_OPTIONS, "*", "a",
      HTTP_BODY_NONE, 0, true, false, 1 },
    { "method of its own", BYTES("SEARCH / HTTP/1.1\r\n" HOST "\r\n"), 30, HTTP_OTHER, "/", "a",
      HTTP_BODY_NONE, 0, true, false, 1 },
    { "method in lower case is another", BYTES("get / HTTP/1.1\r\n" HOST "\r\n"), 27, HTTP_OTHER,
      "/", "a", HTTP_BODY_NONE, 0, true, false, 1 },
    { "length", BYTES("POST / HTTP/1.1\r\n" HOST "content-length:7\r\n\r\n"), 46, HTTP_POST, "/",
      "a", HTTP_BODY_LENGTH, 7, true, false, 2 },
    { "length 0", BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), 47, HTTP_POST, "/",
      "a", HTTP_BODY_LENGTH, 0, true, false, 2 },
    { "length 2^63 - 1",
      BYTES("PUT / HTTP/1.1\r\n" HOST "Content-Length:  9223372036854775807\t\r\n\r\n"), 66,
      HTTP_PUT, "/", "a", HTTP_BODY_LENGTH, INT64_MAX, true, false, 2 },
    { "chunked", BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"), 56,
      HTTP_POST, "/", "a", HTTP_BODY_CHUNKED, 0, true, false, 2 },
    { "close", BYTES(GET "Connection: foo , Close\r\n\r\n"), 52, HTTP_GET, "/", "a", HTTP_BODY_NONE,
      0, false, false, 2 },
    { "version 1.0", BYTES("GET / HTTP/1.0\r\n\r\n"), 18, HTTP_GET, "/", NULL, HTTP_BODY_NONE, 0,
      false, false, 0 },
    { "version 1.0 kept", BYTES("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 42, HTTP_GET,
      "/", NULL, HTTP_BODY_NONE, 0, true, false, 1 },
    { "continue",
      BYTES("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n"), 69,
      HTTP_POST, "/", "a", HTTP_BODY_LENGTH, 2, true, true, 3 },
    { "continue without a body", BYTES(GET "Expect: 100-continue\r\n\r\n"), 49, HTTP_GET, "/", "a",
      HTTP_BODY_NONE, 0, true, false, 2 },
    { "IPv6 host", BYTES("GET / HTTP/1.1\r\nHost: [::1]:8585\r\n\r\n"), 36, HTTP_GET, "/",
      "[::1]:8585", HTTP_BODY_NONE, 0, true, false, 1 },
    { "high bytes in a value", BYTES(GET "X: \xc3\xa4\r\n\r\n"), 34, HTTP_GET, "/", "a",
      HTTP_BODY_NONE, 0, true, false, 2 },
};

static void check_taken(const struct outcome *o, size_t row)
{
    T_OK(o->rc, &o->e);
    T_EQ_INT(o->status, 0);
    T_EQ_SIZE(o->used, taken[row].used);
    T_EQ_INT(o->head.method, taken[row].method);
    T_EQ_STR(o->head.target, taken[row].target);
    T_EQ_STR(o->head.host, taken[row].host);
    T_EQ_INT(o->head.framing, taken[row].framing);
    T_EQ_SIZE(o->head.length, taken[row].length);
    T_EQ_INT(o->head.keep_alive, taken[row].keep_alive);
    T_EQ_INT(o->head.expect_continue, taken[row].expect);
    T_EQ_SIZE(o->head.n_fields, taken[row].n_fields);
}

static void takes_the_same_in_any_split(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(taken); i++) {
        T_ROW(taken[i].name);
        for (size_t cut = 0; cut <= taken[i].in.n; cut++) {
            struct outcome o = parse(HTTP_REQUEST, taken[i].in, cut, false, &limits, a);
            check_taken(&o, i);
        }
        struct outcome o = parse(HTTP_REQUEST, taken[i].in, 0, true, &limits, a);
        check_taken(&o, i);
        arena_clear(a);
    }
    T_ROW(NULL);
    arena_free(&a);
}

static void needs_every_byte_of_the_head(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct str in = STR("POST /x HTTP/1.1\r\nHost: a\r\nX-Y: \t b c \r\n\r\n");
    for (size_t n = 0; n < in.n; n++)
        T_EQ_INT(parse(HTTP_REQUEST, str_sub(in, 0, n), n, false, &limits, a).rc, RC_AGAIN);
    struct outcome o = parse(HTTP_REQUEST, in, in.n, false, &limits, a);
    T_OK(o.rc, &o.e);
    T_EQ_STR(o.head.method_text, "POST");
    T_EQ_STR(o.head.fields[0].name, "Host");
    T_EQ_STR(o.head.fields[1].name, "X-Y");
    T_EQ_STR(o.head.fields[1].value, "b c");
    T_EQ_STR(http_field_get(o.head.fields, o.head.n_fields, STR("x-y")), "b c");
    T_TRUE(str_is_null(http_field_get(o.head.fields, o.head.n_fields, STR("x-z"))));
    arena_free(&a);
}

/* The run may move between the calls: the result must point into the one given last. */
static void result_follows_the_run(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct http_parser p;
    size_t used = 0;
    struct err e;
    char first[] = "GET /path HTTP/1.1\r\nHo";
    char second[] = "GET /path HTTP/1.1\r\nHost: ab\r\n\r\n";
    http_parse_init(&p, HTTP_REQUEST, &limits, a);
    T_EQ_INT(http_parse_more(&p, str_z(first), &used, &e), RC_AGAIN);
    memset(first, 'x', sizeof first);
    T_OK(http_parse_more(&p, str_z(second), &used, &e), &e);
    struct http_head h;
    T_OK(http_parse_head(&p, str_z(second), &h, &e), &e);
    T_TRUE(h.target.p == second + 4);
    T_TRUE(h.host.p == second + 26);
    T_EQ_STR(h.host, "ab");
    arena_free(&a);
}

/* ---- limits ---- */

static const struct {
    const char *name;
    struct str in;
    unsigned status; /* 0: taken */
    size_t pos;
} limited[] = {
    { "line of 64 bytes",
      BYTES("GET /3456789012345678901234567890123456789012345678901 HTTP/1.1\r\n" HOST "\r\n"), 414,
      64 },
    { "line of 63 bytes and its end",
      BYTES("GET /345678901234567890123456789012345678901234567 HTTP/1.1\r\n" HOST "\r\n"), 0, 0 },
    { "line without an end",
      BYTES("GET /345678901234567890123456789012345678901234567890123456789012345"), 414, 64 },
    { "control character before the limit",
      BYTES("GET /\x01"
            "5678901234567890123456789012345678901"
            "23456789012345678901234567890"),
      400, 5 },
    { "five fields", BYTES(GET "a:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n"), 431, 40 },
    { "four fields", BYTES(GET "a:1\r\nb:2\r\nc:3\r\n\r\n"), 0, 0 },
    { "fields of 129 bytes",
      BYTES(GET "a: 456789012345678901234567890123456789012345678901234567890123456789012345678901"
                "23456789012345678901234567890123456\r\n\r\n"),
      431, 144 },
    { "fields of 128 bytes",
      BYTES(GET "a: 456789012345678901234567890123456789012345678901234567890123456789012345678901"
                "2345678901234567890123456789012345\r\n\r\n"),
      0, 0 },
};

static void limits_hold_in_any_split(void **state)
{
    (void)state;
    struct http_limits limits = small_limits();
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(limited); i++) {
        T_ROW(limited[i].name);
        for (size_t cut = 0; cut <= limited[i].in.n; cut++) {
            struct outcome o = parse(HTTP_REQUEST, limited[i].in, cut, false, &limits, a);
            T_EQ_INT(o.status, limited[i].status);
            T_EQ_INT(o.rc, limited[i].status == 0     ? RC_OK
                           : limited[i].status == 400 ? RC_SYNTAX
                                                      : RC_LIMIT);
            if (o.rc != RC_OK)
                T_EQ_SIZE(o.e.pos, limited[i].pos);
        }
        arena_clear(a);
    }
    T_ROW(NULL);
    arena_free(&a);
}

static void fails_again_after_a_failure(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct http_parser p;
    size_t used = 77;
    struct err e;
    struct str in = STR("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
    http_parse_init(&p, HTTP_REQUEST, &limits, a);
    T_EQ_INT(http_parse_more(&p, in, &used, &e), RC_SYNTAX);
    T_EQ_INT(http_parse_more(&p, in, &used, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 20);
    T_EQ_SIZE(used, 77);
    arena_free(&a);
}

static void no_memory_is_503(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct str in = STR(GET "\r\n");
    /* the arena's limit leaves no room for the first spans */
    struct arena *a = arena_new("test", 256, 300);
    struct outcome o = parse(HTTP_REQUEST, in, in.n, false, &limits, a);
    T_EQ_INT(o.rc, RC_NOMEM);
    T_EQ_INT(o.status, 503);
    T_EQ_Z(o.e.id, "HTTP-015");
    arena_free(&a);
}

/* ---- responses ---- */

static const struct {
    const char *name;
    struct str in;
    unsigned code; /* 0: refused */
    const char *reason;
    enum http_framing framing;
    bool keep_alive;
} responses[] = {
    { "length", BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), 200, "OK", HTTP_BODY_LENGTH,
      true },
    { "no reason", BYTES("HTTP/1.1 404\r\nContent-Length: 5\r\n\r\n"), 404, "", HTTP_BODY_LENGTH,
      true },
    { "reason with spaces", BYTES("HTTP/1.0 500 Internal Server Error\r\n\r\n"), 500,
      "Internal Server Error", HTTP_BODY_CLOSE, false },
    { "chunked", BYTES("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"), 200, "",
      HTTP_BODY_CHUNKED, true },
    { "no content", BYTES("HTTP/1.1 204 No Content\r\n\r\n"), 204, "No Content", HTTP_BODY_NONE,
      true },
    { "continue", BYTES("HTTP/1.1 100 Continue\r\n\r\n"), 100, "Continue", HTTP_BODY_NONE, true },
    { "until close", BYTES("HTTP/1.1 200 OK\r\n\r\n"), 200, "OK", HTTP_BODY_CLOSE, false },
    { "two digits", BYTES("HTTP/1.1 20 OK\r\n\r\n"), 0, NULL, 0, false },
    { "code 099", BYTES("HTTP/1.1 099 OK\r\n\r\n"), 0, NULL, 0, false },
    { "no space", BYTES("HTTP/1.1200 OK\r\n\r\n"), 0, NULL, 0, false },
    { "code with a letter behind", BYTES("HTTP/1.1 200K\r\n\r\n"), 0, NULL, 0, false },
    { "a request", BYTES("GET / HTTP/1.1\r\n\r\n"), 0, NULL, 0, false },
};

static void responses_are_read(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(responses); i++) {
        T_ROW(responses[i].name);
        struct outcome o = parse(HTTP_RESPONSE, responses[i].in, 0, true, &limits, a);
        if (responses[i].code == 0) {
            T_EQ_INT(o.rc, RC_SYNTAX);
            T_EQ_Z(o.e.id, "HTTP-001");
            continue;
        }
        T_OK(o.rc, &o.e);
        T_EQ_INT(o.head.status, responses[i].code);
        T_EQ_STR(o.head.reason, responses[i].reason);
        T_EQ_INT(o.head.framing, responses[i].framing);
        T_EQ_INT(o.head.keep_alive, responses[i].keep_alive);
    }
    T_ROW(NULL);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(refuses_at_the_same_place_in_any_split),
        T_TEST(takes_the_same_in_any_split),
        T_TEST(needs_every_byte_of_the_head),
        T_TEST(result_follows_the_run),
        T_TEST(limits_hold_in_any_split),
        T_TEST(fails_again_after_a_failure),
        T_TEST(no_memory_is_503),
        T_TEST(responses_are_read),
    };
    return T_RUN(tests);
}
