/*
 * Places in a text, the text of a node, and one document a line.
 */
#include "json/json.h"

#include "json/path.h"
#include "tests/lib/t.h"

static void places(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t pos;
        unsigned line, column;
    } rows[] = {
        { "", 0, 1, 1 },       { "abc", 0, 1, 1 },       { "abc", 3, 1, 4 },  { "abc", 4, 0, 0 },
        { "a\nb", 1, 1, 2 },   { "a\nb", 2, 2, 1 },      { "\n\n", 2, 3, 1 }, { "\n\n", 1, 2, 1 },
        { "a\r\nb", 3, 2, 1 }, { "\xc3\xa9x", 2, 1, 3 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        unsigned line = 9;
        unsigned column = 9;
        T_ROW(rows[i].text);
        json_place(str_z(rows[i].text), rows[i].pos, &line, &column);
        T_EQ_INT(line, rows[i].line);
        T_EQ_INT(column, rows[i].column);
    }
}

static void sources(void **state)
{
    (void)state;
    static const char text[] =
        " {\"n\" : 1.10 ,\"s\":\"a]}\\\"b\",\"o\": {\"x\":[\"}\" ]} ,\"l\":[ ],"
        "\"t\":true,\"f\":false,\"z\":null,\"e\":\"\"} ";
    static const struct {
        const char *path, *source;
    } rows[] = {
        { "n", "1.10" },       { "s", "\"a]}\\\"b\"" }, { "o", "{\"x\":[\"}\" ]}" },
        { "o.x", "[\"}\" ]" }, { "o.x[0]", "\"}\"" },   { "l", "[ ]" },
        { "t", "true" },       { "f", "false" },        { "z", "null" },
        { "e", "\"\"" },
    };
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(STR(text), &json_default_limits, a, &v, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].path);
        T_EQ_STR(json_source(json_findz(v, rows[i].path), STR(text)), rows[i].source);
    }
    T_EQ_BYTES(json_source(v, STR(text)), str_sub(STR(text), 1, sizeof text - 3));
    T_TRUE(str_is_null(json_source(json_make_null(a), STR(text))));
    T_TRUE(str_is_null(json_source(NULL, STR(text))));
    T_TRUE(str_is_null(json_source(v, STR(""))));
    arena_free(&a);
}

static void lines(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":1}\n\n[2]\r\n  \n3\n{\"b\":}\n\"last\"";
    static const struct {
        enum rc rc;
        unsigned line;
        const char *value; /* NULL: the end */
    } want[] = {
        { RC_OK, 1, "{\"a\":1}" }, { RC_OK, 3, "[2]" }, { RC_OK, 5, "3" },  { RC_SYNTAX, 6, NULL },
        { RC_OK, 7, "\"last\"" },  { RC_OK, 7, NULL },  { RC_OK, 7, NULL },
    };
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json_lines it = { .in = STR(text), .limits = &json_default_limits };
    for (size_t i = 0; i < ZS_COUNT(want); i++) {
        struct json *v = NULL;
        struct err e = { 0 };
        T_EQ_INT(json_lines_next(&it, a, &v, &e), want[i].rc);
        T_EQ_INT(it.line, want[i].line);
        if (want[i].rc) {
            T_EQ_SIZE(e.pos, 24);
            T_EQ_INT(e.line, 6);
            T_EQ_INT(e.column, 6);
            T_EQ_Z(e.where, "b");
            continue;
        }
        T_EQ_INT(v != NULL, want[i].value != NULL);
        if (v)
            T_EQ_STR(json_source(v, STR(text)), want[i].value);
    }
    arena_free(&a);
}

static void lines_limits(void **state)
{
    (void)state;
    const struct json_limits small = { .bytes = 5, .depth = 1, .nodes = 2 };
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json_lines it = { .in = STR("[1]\n[1, 2]\n[1]\n"), .limits = &small };
    struct json *v = NULL;
    struct err e = { 0 };
    T_OK(json_lines_next(&it, a, &v, &e), &e);
    T_EQ_INT(json_lines_next(&it, a, &v, &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-020");
    T_EQ_SIZE(e.pos, 9);
    T_OK(json_lines_next(&it, a, &v, &e), &e);
    T_EQ_SIZE(v->pos, 11);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(places),
        T_TEST(sources),
        T_TEST(lines),
        T_TEST(lines_limits),
    };
    return T_RUN(tests);
}
