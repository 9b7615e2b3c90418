#include "net/http_target.h"

#include "tests/lib/t.h"

static const struct {
    const char *name, *raw;
    const char *path;      /* NULL: refused */
    const char *query;     /* NULL: none */
    const char *authority; /* NULL: none */
    size_t pos;            /* of a refusal */
} rows[] = {
    { "root", "/", "/", NULL, NULL, 0 },
    { "plain", "/api/v1/messages", "/api/v1/messages", NULL, NULL, 0 },
    { "query", "/a?b=c&d", "/a", "b=c&d", NULL, 0 },
    { "empty query", "/a?", "/a", "", NULL, 0 },
    { "question mark in the query", "/a?b?c", "/a", "b?c", NULL, 0 },
    { "absolute", "http://h:80/a?b", "/a", "b", "h:80", 0 },
    { "absolute without path", "http://h?b", "/", "b", "h", 0 },
    { "absolute, nothing else", "https://h", "/", NULL, "h", 0 },
    { "URL in the query is no authority", "/a?u=http://h/b", "/a", "u=http://h/b", NULL, 0 },
    { "star", "*", "*", NULL, NULL, 0 },
    { "escapes", "/%41b%7e%C3%A4", "/Ab~\xc3\xa4", NULL, NULL, 0 },
    { "decoded once", "/%2541", "/%41", NULL, NULL, 0 },
    { "plus stays", "/a+b", "/a+b", NULL, NULL, 0 },
    { "dot", "/a/./b", "/a/b", NULL, NULL, 0 },
    { "dot at the end", "/a/.", "/a/", NULL, NULL, 0 },
    { "up", "/a/b/../c", "/a/c", NULL, NULL, 0 },
    { "up at the end", "/a/b/..", "/a/", NULL, NULL, 0 },
    { "up to the root", "/a/..", "/", NULL, NULL, 0 },
    { "escaped dots", "/a/%2e%2E/c", "/c", NULL, NULL, 0 },
    { "three dots are a name", "/a/.../b", "/a/.../b", NULL, NULL, 0 },
    { "double slash stays", "//a//b", "//a//b", NULL, NULL, 0 },
    { "up over a double slash", "/a//../b", "/a/b", NULL, NULL, 0 },

    { "above the root", "/..", NULL, NULL, NULL, 0 },
    { "above the root later", "/a/../../b", NULL, NULL, NULL, 0 },
    { "escaped slash", "/a%2Fb", NULL, NULL, NULL, 2 },
    { "escaped backslash", "/a%5cb", NULL, NULL, NULL, 2 },
    { "raw backslash", "/a\\b", NULL, NULL, NULL, 2 },
    { "escaped NUL", "/a%00", NULL, NULL, NULL, 2 },
    { "escaped line feed", "/%0a", NULL, NULL, NULL, 1 },
    { "escaped DEL", "/%7F", NULL, NULL, NULL, 1 },
    { "half an escape", "/a%4", NULL, NULL, NULL, 2 },
    { "escape of letters", "/%zz", NULL, NULL, NULL, 1 },
    { "percent alone", "/%", NULL, NULL, NULL, 1 },
    { "fragment", "/a#b", NULL, NULL, NULL, 2 },
    { "space", "/a b", NULL, NULL, NULL, 2 },
    { "raw high byte", "/\xc3\xa4", NULL, NULL, NULL, 1 },
    { "not UTF-8", "/%C3", NULL, NULL, NULL, 0 },
    { "overlong UTF-8", "/%C0%AF", NULL, NULL, NULL, 0 },
    { "surrogate", "/%ED%A0%80", NULL, NULL, NULL, 0 },
    { "query with fragment", "/a?b#c", NULL, NULL, NULL, 4 },
    { "no slash", "a", NULL, NULL, NULL, 0 },
    { "empty", "", NULL, NULL, NULL, 0 },
};

static void targets(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct err e = { 0 };
        struct http_target t;
        struct str raw = str_z(rows[i].raw);
        enum rc rc = http_target_parse(raw, a, &t, &e);
        if (!rows[i].path) {
            T_EQ_INT(rc, RC_SYNTAX);
            T_EQ_Z(e.id, "HTTP-030");
            T_EQ_SIZE(e.pos, rows[i].pos);
            continue;
        }
        T_OK(rc, &e);
        T_TRUE(t.raw.p == raw.p && t.raw.n == raw.n);
        T_EQ_STR(t.path, rows[i].path);
        T_EQ_STR(t.query, rows[i].query);
        T_EQ_STR(t.authority, rows[i].authority);
    }
    T_ROW(NULL);
    arena_free(&a);
}

static void no_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 320);
    struct http_target t;
    struct err e;
    char raw[400];
    memset(raw, '/', sizeof raw);
    T_EQ_INT(http_target_parse(str_of(raw, sizeof raw), a, &t, &e), RC_NOMEM);
    T_EQ_Z(e.id, "HTTP-015");
    arena_free(&a);
}

static void queries(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct err e;
    struct str rest = STR("a=1&&b=x+y%20z&c&=d&e=%26%3D&f==");
    static const struct {
        const char *name, *value;
    } want[] = { { "a", "1" }, { "b", "x y z" }, { "c", NULL },
                 { "", "d" },  { "e", "&=" },    { "f", "=" } };
    for (size_t i = 0; i < ZS_COUNT(want); i++) {
        struct str n;
        struct str v;
        T_OK(http_query_next(&rest, a, &n, &v, &e), &e);
        T_TRUE(str_eqz(n, want[i].name));
        T_EQ_STR(v, want[i].value);
    }
    struct str n;
    struct str v;
    T_EQ_INT(http_query_next(&rest, a, &n, &v, &e), RC_MISSING);
    T_OK(http_query_get(STR("a=1&b=2&b=3"), STR("b"), a, &v, &e), &e);
    T_EQ_STR(v, "2");
    T_EQ_INT(http_query_get(STR("a=1"), STR("b"), a, &v, &e), RC_MISSING);
    T_EQ_INT(http_query_get(STR_NULL, STR("b"), a, &v, &e), RC_MISSING);
    arena_free(&a);
}

static void broken_queries(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        size_t pos; /* in the name or value */
    } bad[] = { { "a=%", 0 }, { "a=x%4", 1 }, { "a=%zz", 0 }, { "%=a", 0 }, { "a=%00", 0 } };
    struct arena *a = arena_new("test", 0, 1u << 20);
    for (size_t i = 0; i < ZS_COUNT(bad); i++) {
        T_ROW(bad[i].query);
        struct err e;
        struct str rest = str_z(bad[i].query);
        struct str n;
        struct str v;
        T_EQ_INT(http_query_next(&rest, a, &n, &v, &e), RC_SYNTAX);
        T_EQ_Z(e.id, "HTTP-031");
        T_EQ_SIZE(e.pos, bad[i].pos);
    }
    T_ROW(NULL);
    arena_free(&a);
}

static void escaping(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    http_escape(&b, STR("aZ09-._~ /?&=%\xc3\xa4\n"));
    T_EQ_STR(buf_view(&b), "aZ09-._~%20%2F%3F%26%3D%25%C3%A4%0A");
    buf_done(&b);
}

static void hosts(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool ok;
    } h[] = {
        { "a", true },
        { "a.example:80", true },
        { "a:", true },
        { "10.0.0.1", true },
        { "[::1]", true },
        { "[::1]:8585", true },
        { "[::ffff:1.2.3.4]", true },
        { "a_b", true },
        { "", false },
        { ":80", false },
        { "a:b", false },
        { "a:123456", false },
        { "[]", false },
        { "[:]", false },
        { "[::1", false },
        { "[::1]x", false },
        { "[::g]", false },
        { "a@b", false },
        { "a/b", false },
        { "a,b", false },
        { "a b", false },
        { "a\\b", false },
        { "a%41", false },
        { "a:1:2", false },
    };
    for (size_t i = 0; i < ZS_COUNT(h); i++) {
        T_ROW(h[i].host);
        T_EQ_INT(http_is_host(str_z(h[i].host)), h[i].ok);
    }
    T_ROW(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(targets),        T_TEST(no_memory), T_TEST(queries),
        T_TEST(broken_queries), T_TEST(escaping),  T_TEST(hosts),
    };
    return T_RUN(tests);
}
