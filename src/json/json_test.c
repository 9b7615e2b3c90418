/*
 * Reading trees by type and building them.
 */
#include "json/json.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static struct json *parse(struct arena *a, const char *text)
{
    static const struct json_limits keep = { 1 << 20, 64, 1 << 16, JSON_DUP_KEEP };
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &keep, a, &v, &e), &e);
    return v;
}

static void check(const struct json *v, const char *want)
{
    struct buf b;
    struct err e;
    buf_init(&b, 65536);
    T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), want);
    buf_done(&b);
}

static void types(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    static const struct {
        const char *in, *name, *words;
        enum json_type type;
        size_t count;
    } rows[] = {
        { "null", "null", "null", JSON_NULL, 0 },
        { "true", "bool", "true or false", JSON_BOOL, 0 },
        { "1", "number", "a number", JSON_NUMBER, 0 },
        { "\"abc\"", "string", "a string", JSON_STRING, 0 },
        { "[1,2]", "array", "a list", JSON_ARRAY, 2 },
        { "{\"a\":1}", "object", "an object", JSON_OBJECT, 1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct json *v = parse(a, rows[i].in);
        T_ROW(rows[i].in);
        T_EQ_INT(json_type(v), rows[i].type);
        T_TRUE(json_is(v, rows[i].type));
        T_EQ_Z(json_type_name(json_type(v)), rows[i].name);
        T_EQ_Z(json_type_words(json_type(v)), rows[i].words);
        T_EQ_SIZE(json_count(v), rows[i].count);
    }
    T_EQ_INT(json_type(NULL), JSON_ABSENT);
    T_EQ_Z(json_type_name(JSON_ABSENT), "absent");
    arena_free(&a);
}

static void getting(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    const struct json *v = parse(a, "{\"a\":[10,20],\"b\":null,\"a\":2,\"\":3}");
    T_EQ_SIZE(json_count(json_getz(v, "a")), 2);
    T_TRUE(json_is(json_getz(v, "b"), JSON_NULL));
    T_TRUE(json_getz(v, "c") == NULL);
    T_TRUE(json_getz(NULL, "a") == NULL);
    T_TRUE(json_getz(json_getz(v, "a"), "a") == NULL);
    T_EQ_STR(json_text(json_get(v, STR(""))), "3");
    T_EQ_STR(json_text(json_at(json_getz(v, "a"), 1)), "20");
    T_TRUE(json_at(json_getz(v, "a"), 2) == NULL);
    T_TRUE(json_at(json_getz(v, "b"), 0) == NULL);
    T_EQ_STR(json_name(json_at(v, 2)), "a");
    T_TRUE(str_is_null(json_name(v)));
    T_TRUE(json_first(json_getz(v, "b")) == NULL);
    size_t n = 0;
    JSON_EACH(m, v)
    {
        n++;
        T_TRUE(m == json_at(v, n - 1));
    }
    T_EQ_SIZE(n, 4);
    JSON_EACH(m, parse(a, "[]"))
    {
        T_FAIL("an empty array has a child %p", (const void *)m);
    }
    arena_free(&a);
}

static void typed(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    static const struct {
        const char *in;
        bool is_i64, is_u64, is_double;
        int64_t i64;
        uint64_t u64;
        double d;
    } rows[] = {
        { "0", true, true, true, 0, 0, 0 },
        { "-1", true, false, true, -1, 0, -1 },
        { "9223372036854775807", true, true, true, INT64_MAX, INT64_MAX, 0x1p63 },
        { "9223372036854775808", false, true, true, 0, UINT64_C(9223372036854775808), 0x1p63 },
        { "-9223372036854775808", true, false, true, INT64_MIN, 0, -0x1p63 },
        { "18446744073709551615", false, true, true, 0, UINT64_MAX, 0x1p64 },
        { "18446744073709551616", false, false, true, 0, 0, 0x1p64 },
        { "1.5", false, false, true, 0, 0, 1.5 },
        { "1e2", false, false, true, 0, 0, 100 },
        { "1e999", false, false, false, 0, 0, 0 },
        { "\"1\"", false, false, false, 0, 0, 0 },
        { "true", false, false, false, 0, 0, 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct json *v = parse(a, rows[i].in);
        int64_t i64 = 7;
        uint64_t u64 = 7;
        double d = 7;
        T_ROW(rows[i].in);
        T_EQ_INT(json_i64(v, &i64), rows[i].is_i64);
        T_EQ_INT(i64, rows[i].is_i64 ? rows[i].i64 : 7);
        T_EQ_INT(json_u64(v, &u64), rows[i].is_u64);
        T_EQ_SIZE(u64, rows[i].is_u64 ? rows[i].u64 : 7);
        T_EQ_INT(json_double(v, &d), rows[i].is_double);
        T_TRUE(d == (rows[i].is_double ? rows[i].d : 7));
        T_EQ_INT(json_i64_or(v, 9), rows[i].is_i64 ? rows[i].i64 : 9);
        T_TRUE(json_double_or(v, 9) == (rows[i].is_double ? rows[i].d : 9));
    }
    T_EQ_INT(json_i64_or(NULL, 9), 9);
    T_TRUE(json_bool_or(parse(a, "true"), false));
    T_FALSE(json_bool_or(parse(a, "false"), true));
    T_TRUE(json_bool_or(parse(a, "1"), true));
    T_TRUE(json_bool_or(NULL, true));
    T_EQ_STR(json_str_or(parse(a, "\"x\""), STR("d")), "x");
    T_EQ_STR(json_str_or(parse(a, "1"), STR("d")), "d");
    T_EQ_STR(json_text(parse(a, "1.10")), "1.10");
    T_TRUE(str_is_null(json_text(parse(a, "true"))));
    T_TRUE(str_is_null(json_text(NULL)));
    arena_free(&a);
}

static void making(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct err e;
    struct json *o = json_make_object(a);
    struct json *list = json_make_array(a);
    struct json *v = NULL;
    T_OK(json_set(o, STR("s"), json_make_str(a, STR("a\"b")), &e), &e);
    T_OK(json_set(o, STR("n"), json_make_null(a), &e), &e);
    T_OK(json_set(o, STR("t"), json_make_bool(a, true), &e), &e);
    T_OK(json_set(o, STR("l"), list, &e), &e);
    T_OK(json_append(list, json_make_i64(a, INT64_MIN), &e), &e);
    T_OK(json_append(list, json_make_u64(a, UINT64_MAX), &e), &e);
    T_OK(json_make_number(a, STR("1.10"), &v, &e), &e);
    T_OK(json_append(list, v, &e), &e);
    T_OK(json_make_double(a, 0.1, &v, &e), &e);
    T_OK(json_append(list, v, &e), &e);
    T_OK(json_insert(list, 0, json_make_str(a, STR_NULL), &e), &e);
    T_OK(json_insert(list, 2, json_make_bool(a, false), &e), &e);
    T_OK(json_insert(list, 6, json_make_object(a), &e), &e);
    check(o, "{\"s\":\"a\\\"b\",\"n\":null,\"t\":true,\"l\":[\"\",-9223372036854775808,false,"
             "18446744073709551615,1.10,0.1,{}]}");
    T_EQ_INT(json_make_number(a, STR("01"), &v, &e), RC_VALUE);
    T_EQ_Z(e.id, "JSON-011");
    T_EQ_INT(json_make_double(a, __builtin_inf(), &v, &e), RC_VALUE);
    T_EQ_INT(json_make_double(a, __builtin_nan(""), &v, &e), RC_VALUE);
    arena_free(&a);
}

static void changing(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct err e;
    struct json *o = parse(a, "{\"a\":1,\"b\":2,\"c\":3}");
    struct json *first = json_getz(o, "a");
    struct json *last = json_getz(o, "c");
    T_OK(json_set(o, STR("a"), json_make_i64(a, 10), &e), &e);
    T_OK(json_set(o, STR("c"), json_make_i64(a, 30), &e), &e);
    T_OK(json_set(o, STR("d"), json_make_i64(a, 40), &e), &e);
    check(o, "{\"a\":10,\"b\":2,\"c\":30,\"d\":40}");
    T_TRUE(str_is_null(json_name(first)));
    T_OK(json_set(o, STR("b"), first, &e), &e); /* what was replaced can be used again */
    check(o, "{\"a\":10,\"b\":1,\"c\":30,\"d\":40}");
    json_remove(o, json_getz(o, "a"));
    check(o, "{\"b\":1,\"c\":30,\"d\":40}");
    json_remove(o, json_getz(o, "d"));
    T_OK(json_add(o, STR("b"), last, &e), &e);
    check(o, "{\"b\":1,\"c\":30,\"b\":3}");
    json_remove(o, json_at(o, 0));
    json_remove(o, json_at(o, 0));
    json_remove(o, json_at(o, 0));
    check(o, "{}");
    T_TRUE(json_first(o) == NULL);
    T_OK(json_set(o, STR("x"), json_make_null(a), &e), &e);
    check(o, "{\"x\":null}");

    struct json *texts = parse(a, "{\"a\":\"x\",\"b\":\"y\"}");
    json_retext(json_getz(texts, "a"), STR("1\n2"));
    json_retext(json_getz(texts, "b"), STR_NULL);
    check(texts, "{\"a\":\"1\\n2\",\"b\":\"\"}");
    T_EQ_SIZE(json_getz(texts, "a")->pos, 5);

    struct json *list = parse(a, "[1]");
    json_replace(list, json_at(list, 0), json_make_bool(a, true));
    check(list, "[true]");
    T_OK(json_append(list, json_make_i64(a, 2), &e), &e);
    json_replace(list, json_at(list, 0), json_make_bool(a, false));
    json_replace(list, json_at(list, 1), json_make_bool(a, true));
    check(list, "[false,true]");
    arena_free(&a);
}

/* A node keeps its address while its neighbours come and go. */
static void nodes_stay(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct err e;
    struct json *list = parse(a, "[{\"k\":1}]");
    struct json *item = json_first(list);
    for (int64_t i = 0; i < 1000; i++)
        T_OK(json_append(list, json_make_i64(a, i), &e), &e);
    T_TRUE(json_first(list) == item);
    T_OK(json_set(item, STR("k"), json_make_i64(a, 2), &e), &e);
    T_EQ_STR(json_text(json_getz(json_at(list, 0), "k")), "2");
    arena_free(&a);
}

static void misuse(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct err e;
    struct json *o = json_make_object(a);
    struct json *list = json_make_array(a);
    T_EQ_INT(json_append(o, json_make_null(a), &e), RC_STATE);
    T_EQ_Z(e.id, "JSON-012");
    T_EQ_Z(e.text, "an object cannot hold items");
    T_EQ_INT(json_set(list, STR("a"), json_make_null(a), &e), RC_STATE);
    T_EQ_Z(e.text, "a list cannot hold members");
    T_EQ_INT(json_insert(list, 1, json_make_null(a), &e), RC_MISSING);
    T_EQ_Z(e.id, "JSON-013");
    T_EQ_INT(json_append(list, NULL, &e), RC_NOMEM);
    T_EQ_Z(e.id, "JSON-030");
    T_EQ_INT(json_set(o, STR("a"), NULL, &e), RC_NOMEM);
    char *name = arena_zero(a, 65536);
    T_EQ_INT(json_set(o, str_of(name, 65536), json_make_null(a), &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-022");
    T_OK(json_set(o, str_of(name, 65535), json_make_null(a), &e), &e);
    T_TRUE(json_get(o, str_of(name, 65536)) == NULL);
    arena_free(&a);
}

static void without_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 256);
    struct json *v = NULL;
    struct err e;
    while (arena_raw(a, 16))
        continue;
    T_TRUE(json_make_null(a) == NULL);
    T_TRUE(json_make_str(a, STR("x")) == NULL);
    T_TRUE(json_make_i64(a, 1) == NULL);
    T_EQ_INT(json_make_number(a, STR("1"), &v, &e), RC_NOMEM);
    T_EQ_INT(json_make_double(a, 1, &v, &e), RC_NOMEM);
    T_EQ_Z(e.id, "JSON-030");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(types),    T_TEST(getting),    T_TEST(typed),  T_TEST(making),
        T_TEST(changing), T_TEST(nodes_stay), T_TEST(misuse), T_TEST(without_memory),
    };
    return T_RUN(tests);
}
