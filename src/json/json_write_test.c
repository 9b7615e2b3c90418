/*
 * Documents as text: both styles, every escape, what cannot be written, ceilings.
 */
#include "json/json.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &json_default_limits, a, &v, &e), &e);
    return v;
}

static void styles(void **state)
{
    (void)state;
    static const struct {
        const char *in, *compact, *pretty;
    } rows[] = {
        { " [ ] ", "[]", "[]" },
        { "{ }", "{}", "{}" },
        { "1.10", "1.10", "1.10" },
        { "[1,[],{}]", "[1,[],{}]", "[\n  1,\n  [],\n  {}\n]" },
        { "{\"a\":1,\"b\":{\"c\":[true,null]}}", "{\"a\":1,\"b\":{\"c\":[true,null]}}",
          "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      true,\n      null\n    ]\n  }\n}" },
        { "[[[false]]]", "[[[false]]]", "[\n  [\n    [\n      false\n    ]\n  ]\n]" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = parse(a, rows[i].in);
        struct err e;
        struct buf b;
        T_ROW(rows[i].in);
        buf_init(&b, 4096);
        T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].compact);
        buf_clear(&b);
        T_OK(json_write(&b, v, JSON_PRETTY, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].pretty);
        buf_done(&b);
        arena_free(&a);
    }
}

/* RFC 8785 3.2.2.2: which bytes are escaped and how; as value and as name, made by us. */
static void escapes(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct err e;
    for (unsigned c = 0; c < 128; c++) {
        char text[1] = { (char)c };
        char want[32];
        const char *shorts = c == '"'    ? "\\\""
                             : c == '\\' ? "\\\\"
                             : c == '\b' ? "\\b"
                             : c == '\f' ? "\\f"
                             : c == '\n' ? "\\n"
                             : c == '\r' ? "\\r"
                             : c == '\t' ? "\\t"
                                         : NULL;
        struct buf b;
        buf_init(&b, 64);
        if (shorts)
            snprintf(want, sizeof want, "{\"%s\":\"%s\"}", shorts, shorts);
        else if (c < 0x20)
            snprintf(want, sizeof want, "{\"\\u%04x\":\"\\u%04x\"}", c, c);
        else
            snprintf(want, sizeof want, "{\"%c\":\"%c\"}", (char)c, (char)c);
        struct json *o = json_make_object(a);
        T_OK(json_set(o, str_of(text, 1), json_make_str(a, str_of(text, 1)), &e), &e);
        T_OK(json_write(&b, o, JSON_COMPACT, &e), &e);
        T_EQ_STR(buf_view(&b), want);
        buf_done(&b);
    }
    arena_free(&a);
}

/* The fast copies have a case for every length. */
static void lengths(void **state)
{
    (void)state;
    char text[80];
    for (size_t n = 0; n < 70; n++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = NULL;
        struct err e;
        struct buf b;
        for (size_t i = 0; i < n; i++)
            text[1 + i] = (char)('a' + i % 26);
        text[0] = '"';
        text[n + 1] = '"';
        buf_init(&b, 100);
        T_OK(json_parse(str_of(text, n + 2), &json_default_limits, a, &v, &e), &e);
        T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
        T_EQ_BYTES(buf_view(&b), str_of(text, n + 2));
        buf_clear(&b);
        T_OK(json_write(&b, json_make_str(a, str_of(text + 1, n)), JSON_COMPACT, &e), &e);
        T_EQ_BYTES(buf_view(&b), str_of(text, n + 2));
        buf_done(&b);
        arena_free(&a);
    }
}

static void absent(void **state)
{
    (void)state;
    struct err e;
    struct buf b;
    buf_init(&b, 100);
    T_OK(json_write(&b, NULL, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), "null");
    buf_done(&b);
}

static void not_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str text;
    } rows[] = {
        { "lone byte", STR_INIT("abc\xff") },
        { "Latin-1", STR_INIT("M\xfcller") },
        { "surrogate", STR_INIT("\xed\xa0\x80") },
        { "cut at the end", STR_INIT("\xe2\x82") },
        { "cut by an escape", STR_INIT("\xe2\x82\n\xac") },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *o = parse(a, "{\"entry\":[1,{}]}");
        struct err e = { 0 };
        struct buf b;
        T_ROW(rows[i].name);
        buf_init(&b, 100);
        T_OK(json_set(json_at(json_getz(o, "entry"), 1), STR("x"), json_make_str(a, rows[i].text),
                      &e),
             &e);
        T_EQ_INT(json_write(&b, o, JSON_COMPACT, &e), RC_VALUE);
        T_EQ_Z(e.id, "JSON-014");
        T_EQ_Z(e.where, "entry[1].x");
        buf_clear(&b);
        o = json_make_object(a);
        T_OK(json_set(o, rows[i].text, json_make_null(a), &e), &e);
        T_EQ_INT(json_write(&b, o, JSON_COMPACT, &e), RC_VALUE);
        buf_done(&b);
        arena_free(&a);
    }
}

static void too_deep(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *top = json_make_array(a);
    struct json *v = top;
    struct err e;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (unsigned i = 1; i < JSON_DEPTH_MAX; i++) {
        struct json *inner = json_make_array(a);
        T_OK(json_append(v, inner, &e), &e);
        v = inner;
    }
    T_OK(json_append(v, json_make_null(a), &e), &e);
    T_OK(json_write(&b, top, JSON_COMPACT, &e), &e);
    T_EQ_SIZE(b.n, 2 * JSON_DEPTH_MAX + 4);
    struct json *inner = json_make_array(a);
    T_OK(json_append(v, inner, &e), &e);
    T_OK(json_append(inner, json_make_null(a), &e), &e);
    buf_clear(&b);
    T_EQ_INT(json_write(&b, top, JSON_COMPACT, &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-021");
    buf_done(&b);
    arena_free(&a);
}

/* Exactly as much room as needed is enough, a byte less is not. */
static void ceilings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"name\":\"value\",\"list\":[1,2,true,null,{}],\"esc\":\"a\\n\\u0001b\",\"u\":"
        "\"\xc3\xa9\"}",
        "\"0123456789012345678901234567890123456789\"",
    };
    for (size_t i = 0; i < ZS_COUNT(texts); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = parse(a, texts[i]);
        struct err e = { 0 };
        for (size_t max = 0; max <= strlen(texts[i]); max++) {
            struct buf b;
            buf_init(&b, max);
            enum rc rc = json_write(&b, v, JSON_COMPACT, &e);
            if (max == strlen(texts[i])) {
                T_EQ_INT(rc, RC_OK);
                T_EQ_STR(buf_view(&b), texts[i]);
            } else {
                T_EQ_INT(rc, RC_LIMIT);
                T_EQ_Z(e.id, "BASE-001");
                T_TRUE(b.n <= max);
            }
            buf_done(&b);
        }
        struct buf b;
        buf_init(&b, 1 << 16);
        mem_fail_at(1);
        T_EQ_INT(json_write(&b, v, JSON_COMPACT, &e), RC_NOMEM);
        mem_fail_at(0);
        buf_done(&b);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(styles),   T_TEST(escapes),  T_TEST(lengths),  T_TEST(absent),
        T_TEST(not_utf8), T_TEST(too_deep), T_TEST(ceilings),
    };
    return T_RUN(tests);
}
