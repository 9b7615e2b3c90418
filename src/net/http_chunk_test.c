#include "net/http_chunk.h"

#include "base/buf.h"
#include "net/http_cases.h"
#include "tests/lib/t.h"

#define BYTES(lit) STR_INIT(lit)

struct outcome {
    enum rc rc;
    struct err e;
    unsigned status;
    size_t used; /* of the whole input */
    struct buf body;
};

/* Feed pieces of `step` bytes until the end, an error or no more input. */
static void decode(struct str in, size_t step, uint64_t max, struct outcome *o)
{
    struct http_chunk c;
    http_chunk_init(&c, max);
    *o = (struct outcome){ .rc = RC_AGAIN };
    buf_init(&o->body, 4096);
    size_t shown = 0;
    for (;;) {
        size_t used = 0;
        struct str data = STR_NULL;
        o->rc = http_chunk_next(&c, str_sub(in, o->used, shown - o->used), &used, &data, &o->e);
        o->status = c.status;
        if (o->rc != RC_OK && o->rc != RC_AGAIN)
            return;
        o->used += used;
        if (o->rc == RC_OK && str_is_null(data))
            return;
        if (o->rc == RC_OK) {
            buf_str(&o->body, data);
            continue;
        }
        if (shown == in.n)
            return;
        shown = size_min(shown + step, in.n);
    }
}

static const struct {
    const char *name;
    struct str in;
    size_t used;
    const char *body;
} good[] = {
    { "empty", BYTES("0\r\n\r\n"), 5, "" },
    { "one chunk", BYTES("5\r\nhello\r\n0\r\n\r\nGET"), 15, "hello" },
    { "two chunks", BYTES("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 20, "abcde" },
    { "upper and lower hexadecimal", BYTES("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), 35,
      "01234567890123456789" },
    { "leading zeros", BYTES("0000000000000001\r\nZ\r\n000\r\n\r\n"), 28, "Z" },
    { "CR LF in the data", BYTES("4\r\n\r\n0\r\r\n0\r\n\r\n"), 14, "\r\n0\r" },
    { "extensions", BYTES("1;a;b=c\r\nZ\r\n0;d=\"e;f \\\"g\"\r\n\r\n"), 29, "Z" },
    { "trailers", BYTES("1\r\nZ\r\n0\r\nX-Sum: abc\r\nY:\r\n\r\n"), 27, "Z" },
};

static void decodes_in_any_split(void **state)
{
    (void)state;
    struct outcome o;
    for (size_t i = 0; i < ZS_COUNT(good); i++) {
        T_ROW(good[i].name);
        for (size_t step = 1; step <= good[i].in.n; step++) {
            decode(good[i].in, step, 1000, &o);
            T_OK(o.rc, &o.e);
            T_EQ_SIZE(o.used, good[i].used);
            T_TRUE(str_eq(buf_view(&o.body), str_z(good[i].body)));
            buf_done(&o.body);
        }
    }
    T_ROW(NULL);
}

static void refuses_in_any_split(void **state)
{
    (void)state;
    struct outcome o;
    for (size_t i = 0; i < ZS_COUNT(http_bad_chunks); i++) {
        T_ROW(http_bad_chunks[i].name);
        for (size_t step = 1; step <= http_bad_chunks[i].in.n; step++) {
            decode(http_bad_chunks[i].in, step, 1000, &o);
            T_EQ_INT(o.rc, RC_SYNTAX);
            T_EQ_INT(o.status, 400);
            T_EQ_Z(o.e.id, http_bad_chunks[i].id);
            T_EQ_SIZE(o.e.pos, http_bad_chunks[i].pos);
            buf_done(&o.body);
        }
    }
    T_ROW(NULL);
}

static const struct {
    const char *name;
    struct str in;
    uint64_t max;
    enum rc rc;
    size_t got; /* bytes handed out before */
} limited[] = {
    { "at the limit", BYTES("5\r\nhello\r\n0\r\n\r\n"), 5, RC_OK, 5 },
    { "one more", BYTES("6\r\nhello!\r\n0\r\n\r\n"), 5, RC_LIMIT, 0 },
    { "one more in two chunks", BYTES("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), 5, RC_LIMIT, 5 },
    { "2^64 - 1", BYTES("ffffffffffffffff\r\nZ"), 1000, RC_LIMIT, 0 },
    { "sum over 2^64", BYTES("2\r\nab\r\nffffffffffffffff\r\nZ"), UINT64_MAX, RC_LIMIT, 2 },
    { "limit 0 and no data", BYTES("0\r\n\r\n"), 0, RC_OK, 0 },
};

static void limit_is_checked_before_the_data(void **state)
{
    (void)state;
    struct outcome o;
    for (size_t i = 0; i < ZS_COUNT(limited); i++) {
        T_ROW(limited[i].name);
        decode(limited[i].in, 1, limited[i].max, &o);
        T_EQ_INT(o.rc, limited[i].rc);
        T_EQ_SIZE(o.body.n, limited[i].got);
        if (o.rc != RC_OK) {
            T_EQ_INT(o.status, 413);
            T_EQ_Z(o.e.id, "HTTP-023");
        }
        buf_done(&o.body);
    }
    T_ROW(NULL);
}

/* Go's CVE-2023-39326: extensions without end around a tiny body. */
static void overhead_has_a_ceiling(void **state)
{
    (void)state;
    struct http_chunk c;
    struct err e;
    size_t used = 0;
    struct str data;
    char line[1024];
    memset(line, 'x', sizeof line);
    line[0] = '1';
    line[1] = ';';
    memcpy(line + sizeof line - 5, "\r\nZ\r\n", 5);
    http_chunk_init(&c, 1u << 20);
    enum rc rc = RC_OK;
    unsigned rounds = 0;
    for (; rounds < 100 && rc == RC_OK; rounds++) {
        rc = http_chunk_next(&c, str_of(line, sizeof line), &used, &data, &e);
        if (rc == RC_OK)
            rc = http_chunk_next(&c, STR("\r\n"), &used, &data, &e) == RC_AGAIN ? RC_OK : RC_BUG;
    }
    T_EQ_INT(rc, RC_SYNTAX);
    T_EQ_Z(e.id, "HTTP-021");
    T_EQ_INT(rounds, 9); /* 8 lines of 1017 counted bytes pass, the ninth ends beyond 8192 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(decodes_in_any_split),
        T_TEST(refuses_in_any_split),
        T_TEST(limit_is_checked_before_the_data),
        T_TEST(overhead_has_a_ceiling),
    };
    return T_RUN(tests);
}
