/*
 * Documents as YAML: the text itself, and that it reads back as the same document.
 */
#include "json/yaml_write.h"

#include "json/yaml.h"
#include "tests/lib/t.h"

#define MEMORY (8u << 20)

static const struct {
    const char *name, *json, *yaml;
} rows[] = {
    { "object", "{\"a\":1,\"b\":\"x y\"}", "a: 1\nb: x y\n" },
    { "nothing in it", "{\"a\":{},\"b\":[],\"c\":null}", "a: {}\nb: []\nc: null\n" },
    { "list of objects", "{\"v\":[{\"a\":1,\"b\":2},{\"a\":3}]}",
      "v:\n  - a: 1\n    b: 2\n  - a: 3\n" },
    { "list of lists", "[[1,2],[[3]],[]]", "- - 1\n  - 2\n- - - 3\n- []\n" },
    { "object in an object", "{\"a\":{\"b\":{\"c\":true}}}", "a:\n  b:\n    c: true\n" },
    { "numbers as written", "[1.10,-0,1e400]", "- 1.10\n- -0\n- 1e400\n" },
    { "words of YAML", "[\"null\",\"~\",\"true\",\"yes\",\"No\",\"y\",\"on\"]",
      "- \"null\"\n- \"~\"\n- \"true\"\n- \"yes\"\n- \"No\"\n- \"y\"\n- \"on\"\n" },
    { "texts like numbers", "[\"1\",\"0x1f\",\".5\",\"12:30:00\",\"2024-01-02\"]",
      "- \"1\"\n- \"0x1f\"\n- \".5\"\n- \"12:30:00\"\n- \"2024-01-02\"\n" },
    { "addresses", "[\"mllp://127.0.0.1:2575\",\"/in/a\",\"127.0.0.1:80\"]",
      "- mllp://127.0.0.1:2575\n- /in/a\n- \"127.0.0.1:80\"\n" },
    { "colons and hashes", "[\"a: b\",\"a:\",\"a #b\",\"a:b\"]",
      "- \"a: b\"\n- \"a:\"\n- \"a #b\"\n- a:b\n" },
    { "references", "{\"key\":\"${secret:a/b}\"}", "key: \"${secret:a/b}\"\n" },
    { "expressions", "{\"when\":\"`PV1-2` != 'T'\"}", "when: \"`PV1-2` != 'T'\"\n" },
    { "spaces at the ends", "[\" a\",\"a \",\"\"]", "- \" a\"\n- \"a \"\n- \"\"\n" },
    { "quotes and lines", "[\"a\\\"b\\\\c\\nd\\te\\u0001\"]",
      "- \"a\\\"b\\\\c\\nd\\te\\u0001\"\n" },
    { "characters YAML does not take open", "[\"\\u007f\\u0085\\u2028\\ufeff\"]",
      "- \"\\u007f\\u0085\\u2028\\ufeff\"\n" },
    { "other languages", "[\"\xc3\xa4\",\"\xf0\x9f\x98\x80\"]",
      "- \"\xc3\xa4\"\n- \"\xf0\x9f\x98\x80\"\n" },
    { "names", "{\"a b\":1,\"5\":2,\"x:\":3,\"\":4}", "a b: 1\n\"5\": 2\n\"x:\": 3\n\"\": 4\n" },
    { "a text alone", "\"x\"", "x\n" },
    { "an object of nothing", "{}", "{}\n" },
};

static struct json *parse(const char *text, struct arena *a)
{
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &json_default_limits, a, &v, &e), &e);
    return v;
}

static void texts_are_these_and_read_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, MEMORY);
        struct json *v = parse(rows[i].json, a), *docs = NULL;
        struct buf b;
        struct err e;
        T_ROW(rows[i].name);
        buf_init_arena(&b, a, MEMORY / 2);
        T_OK(yaml_write(&b, v, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].yaml);
        T_OK(yaml_parse(buf_view(&b), &json_default_limits, a, &docs, &e), &e);
        T_EQ_SIZE(json_count(docs), 1);
        T_TRUE(json_eq(json_first(docs), v));
        arena_free(&a);
    }
}

static void what_cannot_be_written_is_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, MEMORY);
    struct json *obj = json_make_object(a), *deep = json_make_array(a);
    char name[1200];
    struct buf b;
    struct err e;
    memset(name, 'n', sizeof name);
    T_OK(json_add(obj, str_of(name, sizeof name), json_make_null(a), &e), &e);
    buf_init_arena(&b, a, MEMORY / 2);
    T_EQ_INT(yaml_write(&b, obj, &e), RC_LIMIT);
    T_EQ_Z(e.id, "YAML-011");
    T_EQ_INT(yaml_write(&b, json_make_str(a, STR("a\xff")), &e), RC_VALUE);
    T_EQ_Z(e.id, "JSON-014");
    T_EQ_SIZE(e.pos, 1);
    struct json *top = deep;
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        struct json *in = json_make_array(a);
        T_OK(json_append(deep, in, &e), &e);
        deep = in;
    }
    buf_clear(&b);
    T_EQ_INT(yaml_write(&b, top, &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-021");
    buf_init_arena(&b, a, 8);
    T_EQ_INT(yaml_write(&b, parse("{\"long\":\"enough\"}", a), &e), RC_LIMIT);
    T_EQ_Z(e.id, "BASE-001");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(texts_are_these_and_read_back),
        T_TEST(what_cannot_be_written_is_refused),
    };
    return T_RUN(tests);
}
