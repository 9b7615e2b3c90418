/*
 * Walking, counting, copying, comparing.
 */
#include "json/json.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static struct json *parse(struct arena *a, const char *text)
{
    static const struct json_limits keep = { 1 << 20, JSON_DEPTH_MAX, 1 << 16, JSON_DUP_KEEP };
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &keep, a, &v, &e), &e);
    return v;
}

static void walks(void **state)
{
    (void)state;
    static const struct {
        const char *in, *events; /* v value, ( enter, ) leave, each with the depth behind it */
        size_t count;
    } rows[] = {
        { "1", "v0", 1 },
        { "[]", "(1)0", 1 },
        { "[1,2]", "(1v1v1)0", 3 },
        { "{\"a\":{\"b\":[]},\"c\":3}", "(1(2(3)2)1v1)0", 4 },
        { "[[],[[1]],2]", "(1(2)1(2(3v3)2)1v1)0", 6 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        /* a part of a document: what stands beside it is not walked */
        const struct json *v = json_first(parse(a, "[0,0]"));
        struct json *list = parse(a, "[0]");
        struct json_walk w;
        const struct json *node = NULL;
        struct err e;
        char events[64];
        struct buf b = { .p = events, .cap = sizeof events, .max = sizeof events };
        T_ROW(rows[i].in);
        T_OK(json_insert(list, 0, parse(a, rows[i].in), &e), &e);
        v = json_first(list);
        json_walk_init(&w, v);
        for (enum json_walk_event ev = json_walk_next(&w, &node); ev;
             ev = json_walk_next(&w, &node)) {
            buf_char(&b, "?v()!"[ev]);
            buf_u64(&b, w.depth);
        }
        T_EQ_STR(buf_view(&b), rows[i].events);
        T_EQ_SIZE(json_count_all(v), rows[i].count);
        arena_free(&a);
    }
    T_EQ_SIZE(json_count_all(NULL), 0);
}

/* n arrays in each other. */
static struct json *nest(struct arena *a, unsigned n)
{
    struct err e;
    struct json *v = json_make_array(a);
    for (unsigned i = 1; i < n; i++) {
        struct json *outer = json_make_array(a);
        T_OK(json_append(outer, v, &e), &e);
        v = outer;
    }
    return v;
}

static void too_deep(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *copy = NULL;
    struct err e = { 0 };
    T_OK(json_copy(a, nest(a, JSON_DEPTH_MAX), &copy, &e), &e);
    T_EQ_SIZE(json_count_all(copy), JSON_DEPTH_MAX);
    T_TRUE(json_eq(copy, nest(a, JSON_DEPTH_MAX)));
    T_EQ_INT(json_copy(a, nest(a, JSON_DEPTH_MAX + 1), &copy, &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-021");
    T_FALSE(json_eq(nest(a, JSON_DEPTH_MAX + 1), nest(a, JSON_DEPTH_MAX + 1)));
    arena_free(&a);
}

static void copies(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1.10,\"x\\ny\",true],\"b\":{\"c\":null,\"\":\"plain\"}}";
    struct arena *from = arena_new("test", 0, 1 << 20);
    struct arena *to = arena_new("test", 0, 1 << 20);
    struct json *copy = NULL;
    struct err e;
    struct buf b;
    char *own = arena_z(from, str_z(text));
    const struct json *v = parse(from, own);
    T_OK(json_copy(to, v, &copy, &e), &e);
    T_TRUE(json_eq(copy, v));
    T_EQ_SIZE(json_getz(copy, "b")->pos, v->last->pos);
    struct json *part = NULL;
    T_OK(json_copy(to, json_getz(v, "a"), &part, &e), &e);
    memset(own, '#', sizeof text - 1);
    arena_free(&from); /* nothing is shared */
    buf_init(&b, 1024);
    T_OK(json_write(&b, copy, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), text);
    /* a copy of a member has no name and no parent */
    T_TRUE(str_is_null(json_name(part)));
    struct json *list = json_make_array(to);
    T_OK(json_append(list, part, &e), &e);
    buf_clear(&b);
    T_OK(json_write(&b, list, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), "[[1.10,\"x\\ny\",true]]");
    buf_done(&b);
    arena_free(&to);
}

static void copy_without_memory(void **state)
{
    (void)state;
    struct arena *from = arena_new("test", 0, 1 << 20);
    const struct json *v = parse(from, "{\"a\":[1,2,\"x\"],\"b\":{\"c\":null}}");
    size_t refused = 0;
    for (size_t limit = 256; limit < 2048; limit += 16) {
        struct arena *to = arena_new("test", 128, limit);
        struct json *copy = NULL;
        struct err e = { 0 };
        enum rc rc = json_copy(to, v, &copy, &e);
        T_TRUE(rc == RC_OK ? copy != NULL : rc == RC_NOMEM && !copy);
        refused += rc != RC_OK;
        arena_free(&to);
    }
    T_TRUE(refused > 10 && refused < 112);
    arena_free(&from);
}

static void compares(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        { "1", "1", true },
        { "1", "1.0", false },
        { "1.10", "1.1", false },
        { "true", "true", true },
        { "true", "false", false },
        { "null", "false", false },
        { "\"a\"", "\"\\u0061\"", true },
        { "\"1\"", "1", false },
        { "[1,2]", "[1,2]", true },
        { "[1,2]", "[2,1]", false },
        { "[1,2]", "[1]", false },
        { "[]", "{}", false },
        { "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", true },
        { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
        { "{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}", false },
        { "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false },
        { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
        { "{\"x\":{\"a\":1,\"b\":[2]},\"y\":0}", "{\"y\":0,\"x\":{\"b\":[2],\"a\":1}}", true },
        { "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}", true },
        { "{\"a\":1,\"b\":0,\"a\":2}", "{\"b\":0,\"a\":1,\"a\":2}", true },
        { "{\"a\":1,\"b\":0,\"a\":2}", "{\"b\":0,\"a\":2,\"a\":1}", false },
        { "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2}", false },
        { "{\"a\":1,\"b\":2}", "{\"a\":1,\"a\":1}", false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        const struct json *x = parse(a, rows[i].a);
        const struct json *y = parse(a, rows[i].b);
        T_ROW(rows[i].a);
        T_EQ_INT(json_eq(x, y), rows[i].same);
        T_EQ_INT(json_eq(y, x), rows[i].same);
        T_TRUE(json_eq(x, x));
        T_FALSE(json_eq(x, NULL));
        arena_free(&a);
    }
    T_TRUE(json_eq(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(walks),    T_TEST(too_deep), T_TEST(copies), T_TEST(copy_without_memory),
        T_TEST(compares),
    };
    return T_RUN(tests);
}
