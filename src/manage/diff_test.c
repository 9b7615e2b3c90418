/*
 * Differences of two documents, path by path.
 */
#include "manage/diff.h"

#include "tests/lib/t.h"

#define MEMORY (16u << 20)

static const struct {
    const char *name, *was, *is, *want;
} rows[] = {
    { "the same", "{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2],\"a\":1}", "[]" },
    { "a value", "{\"a\":1}", "{\"a\":2}", "[{\"path\":\"a\",\"old\":1,\"new\":2}]" },
    { "a number's text", "{\"a\":1.0}", "{\"a\":1.00}",
      "[{\"path\":\"a\",\"old\":1.0,\"new\":1.00}]" },
    { "a value of another type", "{\"a\":\"1\"}", "{\"a\":1}",
      "[{\"path\":\"a\",\"old\":\"1\",\"new\":1}]" },
    { "within", "{\"e\":[{\"t\":1},{\"t\":2}]}", "{\"e\":[{\"t\":1},{\"t\":3}]}",
      "[{\"path\":\"e[1].t\",\"old\":2,\"new\":3}]" },
    { "one more and one less", "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":3}",
      "[{\"path\":\"c\",\"new\":3},{\"path\":\"b\",\"old\":2}]" },
    { "an item more", "{\"l\":[1]}", "{\"l\":[1,2]}", "[{\"path\":\"l[1]\",\"new\":2}]" },
    { "a value becomes a container", "{\"a\":1}", "{\"a\":{\"b\":1}}",
      "[{\"path\":\"a.b\",\"new\":1},{\"path\":\"a\",\"old\":1}]" },
    { "empty containers are values", "{\"a\":[]}", "{\"a\":{}}",
      "[{\"path\":\"a\",\"old\":[],\"new\":{}}]" },
    { "null is a value", "{\"a\":null}", "{}", "[{\"path\":\"a\",\"old\":null}]" },
    { "odd names", "{}", "{\"a b\":1}", "[{\"path\":\"[\\\"a b\\\"]\",\"new\":1}]" },
    { "all new", NULL, "{\"a\":{\"b\":[true]}}", "[{\"path\":\"a.b[0]\",\"new\":true}]" },
    { "all gone", "{\"a\":1}", NULL, "[{\"path\":\"a\",\"old\":1}]" },
};

static void differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, MEMORY);
        struct buf b;
        struct jw w;
        struct err e;
        T_ROW(rows[i].name);
        buf_init_arena(&b, a, MEMORY);
        jw_init(&w, &b, JSON_COMPACT);
        T_OK(diff_write(str_z(rows[i].was), str_z(rows[i].is), a, &w, &e), &e);
        T_OK(jw_done(&w, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].want);
        arena_free(&a);
    }
}

static void a_long_one_is_cut(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, MEMORY);
    struct buf in, b;
    struct jw w;
    struct err e;
    struct json *got = NULL;
    buf_init_arena(&in, a, MEMORY / 4);
    buf_init_arena(&b, a, MEMORY / 4);
    buf_char(&in, '[');
    for (int i = 0; i < 2000; i++)
        buf_fmt(&in, "%s%d", i ? "," : "", i);
    buf_char(&in, ']');
    jw_init(&w, &b, JSON_COMPACT);
    T_OK(diff_write(STR("[]"), buf_view(&in), a, &w, &e), &e);
    T_OK(json_parse(buf_view(&b), &json_default_limits, a, &got, &e), &e);
    T_EQ_SIZE(json_count(got), 1000);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(differences),
        T_TEST(a_long_one_is_cut),
    };
    return T_RUN(tests);
}
