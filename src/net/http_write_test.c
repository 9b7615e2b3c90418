#include "net/http_write.h"

#include "tests/lib/t.h"

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static const struct http_field plain_fields[] = { { STR_INIT("X-A"), STR_INIT("1") },
                                                  { STR_INIT("Retry-After"), STR_INIT("5") } };

static const struct {
    const char *name;
    struct http_response r;
    struct http_out out;
    const char *want;
} heads[] = {
    { "length",
      { .status = 200, .type = STR_INIT("text/plain") },
      { HTTP_SEND_LENGTH, 12, 1, true, "Sun, 06 Nov 1994 08:49:37 GMT" },
      "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\n" },
    { "chunked, closing",
      { .status = 404, .fields = plain_fields, .n_fields = 2 },
      { HTTP_SEND_CHUNKED, 0, 1, false, "Sun, 06 Nov 1994 08:49:37 GMT" },
      "HTTP/1.1 404 Not Found\r\n" DATE "X-A: 1\r\nRetry-After: 5\r\n"
      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" },
    { "1.0 kept",
      { .status = 200 },
      { HTTP_SEND_LENGTH, 0, 0, true, "Sun, 06 Nov 1994 08:49:37 GMT" },
      "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n" },
    { "no content",
      { .status = 204 },
      { HTTP_SEND_NOTHING, 0, 1, true, "Sun, 06 Nov 1994 08:49:37 GMT" },
      "HTTP/1.1 204 No Content\r\n" DATE "\r\n" },
    { "until close",
      { .status = 299 },
      { HTTP_SEND_CLOSE, 0, 0, false, "Sun, 06 Nov 1994 08:49:37 GMT" },
      "HTTP/1.1 299 Success\r\n" DATE "Connection: close\r\n\r\n" },
};

static void writes_heads(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 1000);
    for (size_t i = 0; i < ZS_COUNT(heads); i++) {
        T_ROW(heads[i].name);
        buf_clear(&b);
        T_OK(http_write_head(&b, &heads[i].r, &heads[i].out, &e), &e);
        T_EQ_STR(buf_view(&b), heads[i].want);
    }
    T_ROW(NULL);
    buf_done(&b);
}

static const struct {
    const char *name;
    struct http_field f;
} bad[] = {
    { "value that splits", { STR_INIT("X-A"), STR_INIT("1\r\nSet-Cookie: a") } },
    { "value with NUL", { STR_INIT("X-A"), STR_INIT("1\0") } },
    { "name that splits", { STR_INIT("X-A\r\nB"), STR_INIT("1") } },
    { "empty name", { STR_INIT(""), STR_INIT("1") } },
    { "name with a space", { STR_INIT("X A"), STR_INIT("1") } },
    { "length", { STR_INIT("content-length"), STR_INIT("1") } },
    { "coding", { STR_INIT("Transfer-Encoding"), STR_INIT("chunked") } },
    { "connection", { STR_INIT("CONNECTION"), STR_INIT("close") } },
    { "date", { STR_INIT("Date"), STR_INIT("now") } },
    { "type, which has its own place", { STR_INIT("Content-Type"), STR_INIT("a/b") } },
};

static void refuses_fields_that_split_or_frame(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 1000);
    struct http_out out = { HTTP_SEND_LENGTH, 0, 1, true, "" };
    for (size_t i = 0; i < ZS_COUNT(bad); i++) {
        T_ROW(bad[i].name);
        struct http_response r = { .status = 200, .fields = &bad[i].f, .n_fields = 1 };
        T_EQ_INT(http_write_head(&b, &r, &out, &e), RC_VALUE);
        T_EQ_Z(e.id, "HTTP-041");
    }
    T_ROW(NULL);
    struct http_response r = { .status = 200, .type = STR("a/b\r\nX: y") };
    T_EQ_INT(http_write_head(&b, &r, &out, &e), RC_VALUE);
    buf_done(&b);
}

static void chunk_lines(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *line;
    } rows[] = { { 0, "0\r\n" },   { 1, "1\r\n" },         { 15, "f\r\n" },
                 { 16, "10\r\n" }, { 65536, "10000\r\n" }, { SIZE_MAX, "ffffffffffffffff\r\n" } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        char out[20];
        size_t n = http_chunk_line(rows[i].n, out);
        T_EQ_STR(str_of(out, n), rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(writes_heads),
        T_TEST(refuses_fields_that_split_or_frame),
        T_TEST(chunk_lines),
    };
    return T_RUN(tests);
}
