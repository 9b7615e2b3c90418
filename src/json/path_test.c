/*
 * Paths and pointers: what they mean, getting, setting, removing, and the path of a node.
 */
#include "json/path.h"

#include "tests/lib/t.h"

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &json_default_limits, a, &v, &e), &e);
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

static const char doc[] =
    "{\"name\":[{\"family\":\"F\",\"given\":[\"A\",\"B\"]}],\"odd.name\":{\"x\":1},"
    "\"\":2,\"q\\\"t\":3,\"0\":4,\"-\":5}";

static void finds(void **state)
{
    (void)state;
    static const struct {
        const char *path, *want; /* NULL: nothing there */
    } rows[] = {
        { "name[0].family", "\"F\"" },
        { "name[0].given[1]", "\"B\"" },
        { "name[0].given", "[\"A\",\"B\"]" },
        { "[\"odd.name\"].x", "1" },
        { "[\"\"]", "2" },
        { "0", "4" },
        { "-", "5" },
        { "name[1]", NULL },
        { "name[-]", NULL },
        { "name.family", NULL },
        { "name[0].family.x", NULL },
        { "name[0].family[0]", NULL },
        { "none.x", NULL },
        { "[0]", NULL },
        { "name[0", NULL },
        { "name..x", NULL },
        { "[\"q\\\"t\"]", NULL }, /* needs memory: compile it */
    };
    struct arena *a = arena_new("test", 0, 1 << 20);
    const struct json *v = parse(a, doc);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].path);
        const struct json *found = json_findz(v, rows[i].path);
        T_EQ_INT(found != NULL, rows[i].want != NULL);
        if (rows[i].want)
            check(found, rows[i].want);
    }
    T_TRUE(json_findz(v, "") == v);
    T_TRUE(json_findz(NULL, "a") == NULL);
    struct json_path path;
    struct err e;
    T_OK(json_path_compile(STR("[\"q\\\"t\"]"), a, &path, &e), &e);
    check(json_path_get(&path, v), "3");
    arena_free(&a);
}

/* The examples of RFC 6901 section 5, and where digits mean a name or an index. */
static void pointers(void **state)
{
    (void)state;
    static const char rfc[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
        "\"k\\\"l\":6,\" \":7,\"m~n\":8,\"1\":{\"01\":9},\"-\":10}";
    static const struct {
        const char *pointer, *want;
    } rows[] = {
        { "/foo", "[\"bar\",\"baz\"]" },
        { "/foo/0", "\"bar\"" },
        { "/", "0" },
        { "/a~1b", "1" },
        { "/c%d", "2" },
        { "/e^f", "3" },
        { "/g|h", "4" },
        { "/i\\j", "5" },
        { "/k\"l", "6" },
        { "/ ", "7" },
        { "/m~0n", "8" },
        { "/1/01", "9" },
        { "/-", "10" },
        { "/foo/-", NULL },
        { "/foo/2", NULL },
        { "/foo/01", NULL },
        { "/foo/0/x", NULL },
        { "/m~n", NULL },
        { "/m~", NULL },
        { "foo", NULL },
    };
    struct arena *a = arena_new("test", 0, 1 << 20);
    const struct json *v = parse(a, rfc);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].pointer);
        const struct json *found = json_pointer(v, str_z(rows[i].pointer));
        T_EQ_INT(found != NULL, rows[i].want != NULL);
        if (rows[i].want)
            check(found, rows[i].want);
    }
    T_TRUE(json_pointer(v, STR("")) == v);
    arena_free(&a);
}

static void malformed(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool pointer;
        const char *id;
        size_t pos;
    } rows[] = {
        { ".a", false, "JSON-040", 0 },        { "a.", false, "JSON-040", 2 },
        { "a..b", false, "JSON-040", 2 },      { "a[", false, "JSON-040", 2 },
        { "a[]", false, "JSON-040", 2 },       { "a[x]", false, "JSON-040", 2 },
        { "a[1", false, "JSON-040", 3 },       { "a[-1]", false, "JSON-040", 2 },
        { "a[ 1]", false, "JSON-040", 2 },     { "a[1]b", false, "JSON-040", 4 },
        { "a]", false, "JSON-040", 1 },        { "a\"b", false, "JSON-040", 1 },
        { "[\"a", false, "JSON-040", 1 },      { "[\"a\"", false, "JSON-040", 4 },
        { "[\"\\x\"]", false, "JSON-040", 1 }, { "a[4294967295]", false, "JSON-040", 2 },
        { "a/b", true, "JSON-041", 0 },        { "/a~2", true, "JSON-041", 2 },
        { "/a/b~", true, "JSON-041", 4 },      { "a.\xff", false, "JSON-040", 2 },
        { "/a\xff", true, "JSON-041", 2 },
    };
    struct arena *a = arena_new("test", 0, 1 << 20);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct json_path path;
        struct err e = { 0 };
        T_ROW(rows[i].path);
        enum rc rc = rows[i].pointer ? json_pointer_compile(str_z(rows[i].path), a, &path, &e)
                                     : json_path_compile(str_z(rows[i].path), a, &path, &e);
        T_EQ_INT(rc, RC_SYNTAX);
        T_EQ_Z(e.id, rows[i].id);
        T_EQ_SIZE(e.pos, rows[i].pos);
    }
    arena_free(&a);
}

static void steps_limit(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json_path path;
    struct err e = { 0 };
    struct buf b;
    buf_init(&b, 1024);
    for (unsigned i = 0; i < JSON_STEPS_MAX; i++)
        buf_z(&b, "[0]");
    T_OK(json_path_compile(buf_view(&b), a, &path, &e), &e);
    T_EQ_SIZE(path.n, JSON_STEPS_MAX);
    buf_z(&b, "[0]");
    T_EQ_INT(json_path_compile(buf_view(&b), a, &path, &e), RC_LIMIT);
    T_EQ_Z(e.id, "JSON-042");
    buf_done(&b);
    arena_free(&a);
}

static void puts_values(void **state)
{
    (void)state;
    static const struct {
        const char *in; /* NULL: no document yet */
        const char *path, *want;
    } rows[] = {
        { NULL, "a", "{\"a\":9}" },
        { NULL, "", "9" },
        { NULL, "[0]", "[9]" },
        { NULL, "[-]", "[9]" },
        { NULL, "name[0].family", "{\"name\":[{\"family\":9}]}" },
        { NULL, "[\"odd.name\"].x", "{\"odd.name\":{\"x\":9}}" },
        { NULL, "[\"a\\nb\"]", "{\"a\\nb\":9}" },
        { "{}", "a.b.c", "{\"a\":{\"b\":{\"c\":9}}}" },
        { "{\"a\":1,\"b\":2}", "a", "{\"a\":9,\"b\":2}" },
        { "{\"a\":1,\"b\":2}", "c", "{\"a\":1,\"b\":2,\"c\":9}" },
        { "{\"a\":null}", "a.b", "{\"a\":{\"b\":9}}" },
        { "null", "a", "{\"a\":9}" },
        { "{\"a\":[1,2]}", "a[1]", "{\"a\":[1,9]}" },
        { "{\"a\":[1,2]}", "a[-]", "{\"a\":[1,2,9]}" },
        { "{\"a\":[1]}", "a[3]", "{\"a\":[1,null,null,9]}" },
        { "{\"a\":[1]}", "a[2].x", "{\"a\":[1,null,{\"x\":9}]}" },
        { "{\"a\":[null]}", "a[0].x", "{\"a\":[{\"x\":9}]}" },
        { "[[1]]", "[0][1]", "[[1,9]]" },
        { "7", "", "9" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = rows[i].in ? parse(a, rows[i].in) : NULL;
        struct err e;
        T_ROW(rows[i].path);
        T_OK(json_put(&v, str_z(rows[i].path), json_make_i64(a, 9), a, &e), &e);
        check(v, rows[i].want);
        arena_free(&a);
    }
}

static void pointer_puts(void **state)
{
    (void)state;
    static const struct {
        const char *in, *pointer, *want;
    } rows[] = {
        { "null", "/a/0/b", "{\"a\":[{\"b\":9}]}" },
        { "null", "/a/-", "{\"a\":[9]}" },
        { "{\"a\":{}}", "/a/0", "{\"a\":{\"0\":9}}" },
        { "{\"a\":{}}", "/a/-", "{\"a\":{\"-\":9}}" },
        { "{}", "/a~1b", "{\"a/b\":9}" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = parse(a, rows[i].in);
        struct json_path path;
        struct err e;
        T_ROW(rows[i].pointer);
        T_OK(json_pointer_compile(str_z(rows[i].pointer), a, &path, &e), &e);
        T_OK(json_path_set(&path, &v, json_make_i64(a, 9), a, &e), &e);
        check(v, rows[i].want);
        arena_free(&a);
    }
}

static void cannot_put(void **state)
{
    (void)state;
    static const struct {
        const char *in, *path;
        enum rc rc;
        const char *id, *where, *text;
    } rows[] = {
        { "{\"a\":\"x\"}", "a.b", RC_STATE, "JSON-043", "a",
          "this is a string, it cannot hold anything" },
        { "{\"a\":{}}", "a[0]", RC_STATE, "JSON-043", "a",
          "this is an object, it has no items by number" },
        { "{\"a\":[]}", "a.b", RC_STATE, "JSON-043", "a",
          "this is a list, it has no members by name" },
        { "true", "a", RC_STATE, "JSON-043", "", "this is true or false, it cannot hold anything" },
        { "[]", "[1025]", RC_LIMIT, "JSON-044", "[1025]",
          "item 1025 is too far behind the end of a list of 0 items" },
        { "{}", "a[9999].b", RC_LIMIT, "JSON-044", "a[9999]",
          "item 9999 is too far behind the end of a list of 0 items" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = parse(a, rows[i].in);
        struct err e = { 0 };
        T_ROW(rows[i].path);
        T_EQ_INT(json_put(&v, str_z(rows[i].path), json_make_i64(a, 9), a, &e), rows[i].rc);
        T_EQ_Z(e.id, rows[i].id);
        T_EQ_Z(e.where, rows[i].where);
        T_EQ_Z(e.text, rows[i].text);
        T_EQ_INT(json_put(&v, str_z(rows[i].path), NULL, a, &e), RC_NOMEM);
        arena_free(&a);
    }
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *v = parse(a, "[]");
    struct err e;
    T_OK(json_put(&v, STR("[1024]"), json_make_i64(a, 9), a, &e), &e);
    T_EQ_SIZE(json_count(v), 1025);
    arena_free(&a);
}

/* New names are copies: the path may go before the document does. */
static void names_are_copied(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *v = NULL;
    struct err e;
    char path[] = "abc.def";
    T_OK(json_put(&v, str_z(path), json_make_i64(a, 9), a, &e), &e);
    memset(path, 'x', sizeof path - 1);
    check(v, "{\"abc\":{\"def\":9}}");
    arena_free(&a);
}

static void removes(void **state)
{
    (void)state;
    static const struct {
        const char *in, *path, *want; /* NULL: nothing to remove */
    } rows[] = {
        { "{\"a\":1,\"b\":2}", "a", "{\"b\":2}" },
        { "{\"a\":[1,2,3]}", "a[1]", "{\"a\":[1,3]}" },
        { "{\"a\":[1]}", "a[0]", "{\"a\":[]}" },
        { "{\"a\":1}", "b", NULL },
        { "{\"a\":1}", "a.b", NULL },
        { "{\"a\":1}", "", NULL },
        { "{\"a\":[1]}", "a[-]", NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = parse(a, rows[i].in);
        struct json_path path;
        struct err e = { 0 };
        T_ROW(rows[i].path);
        T_OK(json_path_compile(str_z(rows[i].path), a, &path, &e), &e);
        T_EQ_INT(json_path_remove(&path, v, &e), rows[i].want ? RC_OK : RC_MISSING);
        if (!rows[i].want)
            T_EQ_Z(e.id, "JSON-045");
        check(v, rows[i].want ? rows[i].want : rows[i].in);
        arena_free(&a);
    }
}

/* The path of a node leads back to it. */
static void names_places(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "name",
        "name[0]",
        "name[0].family",
        "name[0].given[1]",
        "[\"odd.name\"].x",
        "[\"q\\\"t\"]",
        "[\"\"]",
        "0",
    };
    struct arena *a = arena_new("test", 0, 1 << 20);
    const struct json *v = parse(a, doc);
    for (size_t i = 0; i < ZS_COUNT(paths); i++) {
        struct json_path path;
        struct err e;
        struct buf b;
        T_ROW(paths[i]);
        buf_init(&b, 100);
        T_OK(json_path_compile(str_z(paths[i]), a, &path, &e), &e);
        T_TRUE(json_path_of(v, json_path_get(&path, v), &b));
        T_EQ_STR(buf_view(&b), paths[i]);
        buf_done(&b);
    }
    struct buf b;
    buf_init(&b, 100);
    T_TRUE(json_path_of(v, v, &b));
    T_EQ_SIZE(b.n, 0);
    T_FALSE(json_path_of(v, json_make_null(a), &b));
    buf_done(&b);
    arena_free(&a);
}

static void without_memory(void **state)
{
    (void)state;
    size_t refused = 0;
    for (size_t limit = 256; limit < 2048; limit += 16) {
        struct arena *docs = arena_new("doc", 0, 1 << 16);
        struct arena *a = arena_new("test", 128, limit);
        struct json *v = NULL;
        struct err e = { 0 };
        enum rc rc = json_put(&v, STR("name[3].family[0].x"), json_make_null(docs), a, &e);
        T_TRUE(rc == RC_OK || (rc == RC_NOMEM && strcmp(e.id, "JSON-030") == 0));
        refused += rc != RC_OK;
        arena_free(&a);
        arena_free(&docs);
    }
    T_TRUE(refused > 5 && refused < 112);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(finds),       T_TEST(pointers),     T_TEST(malformed),      T_TEST(steps_limit),
        T_TEST(puts_values), T_TEST(pointer_puts), T_TEST(cannot_put),     T_TEST(names_are_copied),
        T_TEST(removes),     T_TEST(names_places), T_TEST(without_memory),
    };
    return T_RUN(tests);
}
