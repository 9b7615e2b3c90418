/*
 * The push writer: what comes out, and that misuse never comes out as JSON.
 */
#include "json/jw.h"

#include "tests/lib/t.h"

static void whole_document(struct jw *w)
{
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(STR("{\"x\":[1.10,{}]}"), &json_default_limits, a, &v, &e), &e);
    jw_object(w);
    jw_kstr(w, "s", STR("a\"\xc3\xa9"));
    jw_kstrz(w, "z", NULL);
    jw_ki64(w, "i", -5);
    jw_ku64(w, "u", UINT64_MAX);
    jw_kbool(w, "b", true);
    jw_keyz(w, "list");
    jw_array(w);
    jw_null(w);
    jw_bool(w, false);
    jw_double(w, 0.5);
    jw_double(w, __builtin_nan(""));
    jw_number(w, STR("1.10"));
    jw_strz(w, "t");
    jw_array(w);
    jw_end(w);
    jw_object(w);
    jw_end(w);
    jw_end(w);
    jw_key(w, STR("v"));
    jw_value(w, v);
    jw_keyz(w, "none");
    jw_value(w, NULL);
    jw_end(w);
    arena_free(&a);
}

static void compact(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 4096);
    jw_init(&w, &b, JSON_COMPACT);
    whole_document(&w);
    T_OK(jw_done(&w, &e), &e);
    T_EQ_STR(buf_view(&b),
             "{\"s\":\"a\\\"\xc3\xa9\",\"z\":null,\"i\":-5,\"u\":18446744073709551615,\"b\":true,"
             "\"list\":[null,false,0.5,null,1.10,\"t\",[],{}],\"v\":{\"x\":[1.10,{}]},"
             "\"none\":null}");
    T_EQ_SIZE(w.n_replaced, 0);
    buf_done(&b);
}

static void a_text_of_json_is_copied(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 4096);
    jw_init(&w, &b, JSON_COMPACT);
    jw_array(&w);
    jw_text(&w, STR("{\"a\": 1.10}"));
    jw_text(&w, STR("null"));
    jw_end(&w);
    T_OK(jw_done(&w, &e), &e);
    T_EQ_STR(buf_view(&b), "[{\"a\": 1.10},null]");
    buf_clear(&b);
    jw_init(&w, &b, JSON_COMPACT);
    jw_text(&w, STR("")); /* no value is no JSON */
    T_EQ_INT(jw_done(&w, &e), RC_VALUE);
    buf_done(&b);
}

static void pretty(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 4096);
    jw_init(&w, &b, JSON_PRETTY);
    whole_document(&w);
    T_OK(jw_done(&w, &e), &e);
    T_EQ_STR(buf_view(&b), "{\n  \"s\": \"a\\\"\xc3\xa9\",\n  \"z\": null,\n  \"i\": -5,\n"
                           "  \"u\": 18446744073709551615,\n  \"b\": true,\n  \"list\": [\n"
                           "    null,\n    false,\n    0.5,\n    null,\n    1.10,\n    \"t\",\n"
                           "    [],\n    {}\n  ],\n  \"v\": {\n    \"x\": [\n      1.10,\n"
                           "      {}\n    ]\n  },\n  \"none\": null\n}");
    buf_done(&b);
}

/* The buffer may be emptied between calls: the pieces put together are the same document. */
static void streaming(void **state)
{
    (void)state;
    struct buf b;
    struct buf all;
    struct jw w;
    struct err e;
    buf_init(&b, 64);
    buf_init(&all, 4096);
    jw_init(&w, &b, JSON_COMPACT);
    jw_array(&w);
    for (unsigned i = 0; i < 100; i++) {
        jw_u64(&w, i);
        buf_str(&all, buf_view(&b));
        buf_clear(&b);
    }
    jw_end(&w);
    T_OK(jw_done(&w, &e), &e);
    buf_str(&all, buf_view(&b));
    T_EQ_SIZE(all.n, 1 + 10 + 90 * 2 + 99 + 1);
    T_EQ_STR(str_sub(buf_view(&all), 0, 10), "[0,1,2,3,4");
    T_EQ_STR(str_from(buf_view(&all), all.n - 7), ",98,99]");
    buf_done(&b);
    buf_done(&all);
}

static void wrong_utf8(void **state)
{
    (void)state;
    static const struct {
        struct str in;
        const char *out;
        size_t n;
    } rows[] = {
        { STR_INIT("a\xff"
                   "b"),
          "\"a\xef\xbf\xbd"
          "b\"",
          1 },
        { STR_INIT("\xe2\x82"), "\"\xef\xbf\xbd\"", 1 },
        { STR_INIT("\xe2\x82\n\xac"), "\"\xef\xbf\xbd\\n\xef\xbf\xbd\"", 2 },
        { STR_INIT("\xc3\xa9\xe9\xc3\xa9"), "\"\xc3\xa9\xef\xbf\xbd\xc3\xa9\"", 1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        struct jw w;
        struct err e;
        T_ROW(rows[i].out);
        buf_init(&b, 100);
        jw_init(&w, &b, JSON_COMPACT);
        jw_str(&w, rows[i].in);
        T_OK(jw_done(&w, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].out);
        T_EQ_SIZE(w.n_replaced, rows[i].n);
        buf_done(&b);
    }
}

/* A script: { } [ ] containers, k a key, v a value, n a wrong number. */
static void play(struct jw *w, const char *script)
{
    for (; *script; script++) {
        switch (*script) {
        case '{': jw_object(w); break;
        case '[': jw_array(w); break;
        case '}':
        case ']': jw_end(w); break;
        case 'k': jw_keyz(w, "k"); break;
        case 'v': jw_bool(w, true); break;
        case 's': jw_str(w, STR("x")); break;
        default: jw_number(w, STR("01")); break;
        }
    }
}

static void misuse(void **state)
{
    (void)state;
    static const struct {
        const char *script, *written;
        enum rc rc;
        const char *id;
    } rows[] = {
        { "", NULL, RC_STATE, "JSON-015" },
        { "{", "{", RC_STATE, "JSON-015" },
        { "{kv", "{\"k\":true", RC_STATE, "JSON-015" },
        { "{v", "{", RC_STATE, "JSON-015" },
        { "{s}", "{", RC_STATE, "JSON-015" },
        { "{[", "{", RC_STATE, "JSON-015" },
        { "{kk", "{\"k\":", RC_STATE, "JSON-015" },
        { "{k}", "{\"k\":", RC_STATE, "JSON-015" },
        { "[k", "[", RC_STATE, "JSON-015" },
        { "k", NULL, RC_STATE, "JSON-015" },
        { "}", NULL, RC_STATE, "JSON-015" },
        { "vv", "true", RC_STATE, "JSON-015" },
        { "[]v", "[]", RC_STATE, "JSON-015" },
        { "[]]", "[]", RC_STATE, "JSON-015" },
        { "[vn]", "[true", RC_VALUE, "JSON-011" },
        { "v}v", "true", RC_STATE, "JSON-015" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        struct jw w;
        struct err e = { 0 };
        T_ROW(rows[i].script);
        buf_init(&b, 100);
        jw_init(&w, &b, JSON_COMPACT);
        play(&w, rows[i].script);
        T_EQ_INT(jw_done(&w, &e), rows[i].rc);
        T_EQ_Z(e.id, rows[i].id);
        T_EQ_STR(buf_view(&b), rows[i].written);
        buf_done(&b);
    }
}

static void limits(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct err e = { 0 };
    buf_init(&b, 1 << 16);
    jw_init(&w, &b, JSON_COMPACT);
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        jw_array(&w);
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        jw_end(&w);
    T_OK(jw_done(&w, &e), &e);
    buf_clear(&b);
    jw_init(&w, &b, JSON_COMPACT);
    for (unsigned i = 0; i <= JSON_DEPTH_MAX; i++)
        jw_array(&w);
    T_EQ_INT(jw_done(&w, &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-021");
    buf_done(&b);

    for (size_t max = 0; max < 13; max++) {
        buf_init(&b, max);
        jw_init(&w, &b, JSON_COMPACT);
        play(&w, "{kv}"); /* {"k":true} */
        T_EQ_INT(jw_done(&w, &e), max < 10 ? RC_LIMIT : RC_OK);
        if (max < 10)
            T_EQ_Z(e.id, "BASE-001");
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(compact),    T_TEST(pretty), T_TEST(streaming), T_TEST(a_text_of_json_is_copied),
        T_TEST(wrong_utf8), T_TEST(misuse), T_TEST(limits),
    };
    return T_RUN(tests);
}
