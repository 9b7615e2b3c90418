/*
 * YAML into the document model: the core schema, its refusals, places and limits.
 */
#include "json/yaml.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static enum rc read_exact(struct str text, const struct json_limits *limits, struct arena *a,
                          struct json **docs, struct err *e)
{
    char *exact = arena_raw(a, text.n);
    T_TRUE(exact);
    if (text.n)
        memcpy(exact, text.p, text.n);
    return yaml_parse(str_of(exact, text.n), limits, a, docs, e);
}

static void check_json(const char *in, const char *out)
{
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *docs = NULL;
    struct err e;
    struct buf b;
    buf_init(&b, 4096);
    T_OK(read_exact(str_z(in), &yaml_default_limits, a, &docs, &e), &e);
    T_OK(json_write(&b, docs, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), out);
    buf_done(&b);
    arena_free(&a);
}

static void scalars(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "null", "null" },
        { "~", "null" },
        { "Null", "null" },
        { "NULL", "null" },
        { "true", "true" },
        { "True", "true" },
        { "TRUE", "true" },
        { "false", "false" },
        { "FALSE", "false" },
        { "nULL", "\"nULL\"" },
        { "tRUE", "\"tRUE\"" },
        { "yes", "\"yes\"" },
        { "no", "\"no\"" },
        { "NO", "\"NO\"" },
        { "on", "\"on\"" },
        { "off", "\"off\"" },
        { "y", "\"y\"" },
        { "n", "\"n\"" },
        { "0", "0" },
        { "-0", "-0" },
        { "42", "42" },
        { "-17", "-17" },
        { "+5", "5" },
        { "1.10", "1.10" },
        { ".5", "0.5" },
        { "-.5", "-0.5" },
        { "5.", "5.0" },
        { "5.e3", "5.0e3" },
        { "+1.5E+3", "1.5E+3" },
        { "1e400", "1e400" },
        { "0.0", "0.0" },
        { "0x1F", "31" },
        { "0o17", "15" },
        { "0x", "\"0x\"" },
        { "0o8", "\"0o8\"" },
        { "0b1", "\"0b1\"" },
        { "1_000", "\"1_000\"" },
        { "12:30:00", "\"12:30:00\"" },
        { "2024-01-02", "\"2024-01-02\"" },
        { "2.5.1", "\"2.5.1\"" },
        { "1e", "\"1e\"" },
        { ".", "\".\"" },
        { "-", "[null]" },
        { "+", "\"+\"" },
        { "1 2", "\"1 2\"" },
        { "-.e5", "\"-.e5\"" },
        { "'5'", "\"5\"" },
        { "\"true\"", "\"true\"" },
        { "'~'", "\"~\"" },
        { "'0123'", "\"0123\"" },
        { "0123-4", "\"0123-4\"" },
        { "0xffffffffffffffff", "18446744073709551615" },
        { "\"\\u00e9\\t\"", "\"\xc3\xa9\\t\"" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        char in[64];
        char out[64];
        snprintf(in, sizeof in, "v: %s\n", rows[i].in);
        snprintf(out, sizeof out, "[{\"v\":%s}]", rows[i].out);
        if (strcmp(rows[i].in, "-") == 0)
            snprintf(in, sizeof in, "v:\n- \n");
        T_ROW(rows[i].in);
        check_json(in, out);
    }
}

static void structures(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out;
    } rows[] = {
        { "nothing", "", "[]" },
        { "comments only", "# a\n# b\n", "[]" },
        { "empty documents left out", "---\n---\n# x\n---\na: 1\n...\n---\n", "[{\"a\":1}]" },
        { "a null that stands there", "--- ~\n--- null\n", "[null,null]" },
        { "two documents", "a: 1\n---\n- 2\n", "[{\"a\":1},[2]]" },
        { "nested", "a:\n  b:\n    - c: 1\n      d: [x, y]\n    - {e: f}\n",
          "[{\"a\":{\"b\":[{\"c\":1,\"d\":[\"x\",\"y\"]},{\"e\":\"f\"}]}}]" },
        { "absent value is null", "a:\nb: 1\n", "[{\"a\":null,\"b\":1}]" },
        { "names stay as written", "5: a\ntrue: b\nno: c\n1.10: d\n",
          "[{\"5\":\"a\",\"true\":\"b\",\"no\":\"c\",\"1.10\":\"d\"}]" },
        { "quoted empty name", "\"\": 1\n", "[{\"\":1}]" },
        { "literal block", "a: |\n  x\n  y\n", "[{\"a\":\"x\\ny\\n\"}]" },
        { "folded block", "a: >-\n  x\n  y\n", "[{\"a\":\"x y\"}]" },
        { "JSON is YAML", "{\"a\":[1,2.50,true,null,\"x\"]}",
          "[{\"a\":[1,2.50,true,null,\"x\"]}]" },
        { "aliases are copied", "a: &x {b: [1]}\nc: *x\nd: [*x]\n",
          "[{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]},\"d\":[{\"b\":[1]}]}]" },
        { "anchors can be set again", "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
          "[{\"a\":1,\"b\":1,\"c\":2,\"d\":2}]" },
        { "version", "%YAML 1.2\n---\na: 1\n", "[{\"a\":1}]" },
        { "byte order mark",
          "\xef\xbb\xbf"
          "a: 1\n",
          "[{\"a\":1}]" },
        { "CRLF", "a: 1\r\nb:\r\n  - 2\r\n", "[{\"a\":1,\"b\":[2]}]" },
        { "merge in quotes is a name", "\"<<\": 1\n", "[{\"<<\":1}]" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        check_json(rows[i].in, rows[i].out);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        enum rc rc;
        const char *id;
        size_t pos;
        unsigned line, column;
        const char *where;
    } rows[] = {
        { "tag", "a: !!str 5\n", RC_VALUE, "YAML-002", 3, 1, 4, "a" },
        { "tag on a list", "a: !x [1]\n", RC_VALUE, "YAML-002", 3, 1, 4, "a" },
        { "merge key", "a: &x {b: 1}\nc:\n  <<: *x\n", RC_VALUE, "YAML-003", 18, 3, 3, "c" },
        { "no name", "? \n: 2\n", RC_VALUE, "YAML-004", 1, 1, 2, "" },
        { "list as name", "? [a]\n: 1\n", RC_VALUE, "YAML-005", 2, 1, 3, "" },
        { "alias as name", "a: &x b\n*x : 1\n", RC_VALUE, "YAML-005", 8, 2, 1, "" },
        { "leading zero", "zip: 01234\n", RC_VALUE, "YAML-006", 5, 1, 6, "zip" },
        { "leading zero with point", "a: [1, 00.5]\n", RC_VALUE, "YAML-006", 7, 1, 8, "a[1]" },
        { "infinity", "a: .inf\n", RC_VALUE, "YAML-007", 3, 1, 4, "a" },
        { "minus infinity", "a: -.INF\n", RC_VALUE, "YAML-007", 3, 1, 4, "a" },
        { "not a number", "a: .nan\n", RC_VALUE, "YAML-007", 3, 1, 4, "a" },
        { "hexadecimal over 64 bits", "a: 0x10000000000000000\n", RC_VALUE, "YAML-007", 3, 1, 4,
          "a" },
        { "YAML 1.1", "%YAML 1.1\n---\na: 1\n", RC_VALUE, "YAML-008", 0, 1, 1, "" },
        { "%TAG", "%TAG ! x\n---\na: 1\n", RC_VALUE, "YAML-008", 0, 1, 1, "" },
        { "unknown alias", "a: *x\n", RC_VALUE, "YAML-009", 3, 1, 4, "a" },
        { "alias of another document", "a: &x 1\n---\nb: *x\n", RC_VALUE, "YAML-009", 15, 3, 4,
          "b" },
        { "alias in its own anchor", "a: &x [*x]\n", RC_VALUE, "YAML-009", 7, 1, 8, "a[0]" },
        { "name twice", "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", RC_VALUE, "JSON-010", 24, 5, 3,
          "b.c" },
        { "indentation", "a: 1\n b: 2\n", RC_SYNTAX, "YAML-001", 7, 2, 3, "" },
        { "tab", "a:\n\tb: 1\n", RC_SYNTAX, "YAML-001", 3, 2, 1, "a" },
        { "open quote", "a: \"x\n", RC_SYNTAX, "YAML-001", 3, 1, 4, "a" },
        { "no colon", "a: 1\nb\n", RC_SYNTAX, "YAML-001", 5, 2, 1, "" },
        { "open bracket", "a: [1, 2\nb: 3\n", RC_SYNTAX, "YAML-001", 10, 2, 2, "a[2]" },
        { "two colons", "a: b: c\n", RC_SYNTAX, "YAML-001", 4, 1, 5, "" },
        { "control character", "a: \x01\n", RC_SYNTAX, "YAML-001", 3, 1, 4, "" },
        { "Latin-1", "\xc3\xa9: \"\xe9\"\n", RC_SYNTAX, "YAML-001", 5, 1, 6, "" },
        { "UTF-16",
          "\xff\xfe"
          "a:",
          RC_SYNTAX, "YAML-001", 0, 1, 1, "" },
        { "bytes, not characters", "\xc3\xa9\xe2\x82\xac: 1\n\xc3\xa9: {\xc3\xa9: 01}\n", RC_VALUE,
          "YAML-006", 18, 2, 10, "\xc3\xa9.\xc3\xa9" },
        { "behind a mark",
          "\xef\xbb\xbf"
          "a: 01\n",
          RC_VALUE, "YAML-006", 6, 1, 7, "a" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *docs = NULL;
        struct err e = { 0 };
        T_ROW(rows[i].name);
        T_EQ_INT(read_exact(str_z(rows[i].in), &yaml_default_limits, a, &docs, &e), rows[i].rc);
        T_TRUE(docs == NULL);
        T_EQ_Z(e.id, rows[i].id);
        T_EQ_SIZE(e.pos, rows[i].pos);
        T_EQ_INT(e.line, rows[i].line);
        T_EQ_INT(e.column, rows[i].column);
        T_EQ_Z(e.where, rows[i].where);
        T_EQ_INT(yaml_parse(str_z(rows[i].in), &yaml_default_limits, a, &docs, NULL), rows[i].rc);
        arena_free(&a);
    }
}

static void places(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct str in = STR("# caf\xc3\xa9\nname: x\nlist:\n  - 1\n  - {k: v}\n");
    struct json *docs = NULL;
    struct err e;
    unsigned line = 0;
    unsigned column = 0;
    T_OK(yaml_parse(in, &yaml_default_limits, a, &docs, &e), &e);
    const struct json *doc = json_first(docs);
    const struct json *list = json_getz(doc, "list");
    const struct json *k = json_getz(json_at(list, 1), "k");
    T_EQ_SIZE(doc->pos, 8);
    T_EQ_SIZE(json_getz(doc, "name")->name_pos, 8);
    T_EQ_SIZE(json_getz(doc, "name")->pos, 14);
    T_EQ_SIZE(list->name_pos, 16);
    json_place(in, k->pos, &line, &column);
    T_EQ_INT(line, 5);
    T_EQ_INT(column, 9);
    arena_free(&a);
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        struct json_limits limits;
        enum rc rc;
        const char *id;
        size_t pos;
    } rows[] = {
        { "bytes fit", "a: 1\n", { 5, 9, 9, 0 }, RC_OK, NULL, 0 },
        { "a byte too many", "a: 12\n", { 5, 9, 9, 0 }, RC_LIMIT, "JSON-020", 5 },
        { "depth fits", "[[1]]", { 99, 2, 9, 0 }, RC_OK, NULL, 0 },
        { "a level too many", "[[[1]]]", { 99, 2, 9, 0 }, RC_LIMIT, "JSON-021", 2 },
        { "a level too many by alias",
          "[&x [1], [*x]]",
          { 99, 2, 9, 0 },
          RC_LIMIT,
          "JSON-021",
          10 },
        { "values fit", "[1, 2]", { 99, 9, 3, 0 }, RC_OK, NULL, 0 },
        { "a value too many", "[1, 2, 3]", { 99, 9, 3, 0 }, RC_LIMIT, "JSON-023", 7 },
        { "a value too many by alias", "[&x [1], *x]", { 99, 9, 4, 0 }, RC_LIMIT, "JSON-023", 9 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *docs = NULL;
        struct err e = { 0 };
        T_ROW(rows[i].name);
        T_EQ_INT(yaml_parse(str_z(rows[i].in), &rows[i].limits, a, &docs, &e), rows[i].rc);
        if (rows[i].id) {
            T_EQ_Z(e.id, rows[i].id);
            T_EQ_SIZE(e.pos, rows[i].pos);
        }
        arena_free(&a);
    }
}

/* "Billion laughs": nine values a level, each the level before. */
static void alias_bomb(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 16 << 20);
    struct json *docs = NULL;
    struct err e = { 0 };
    struct buf b;
    buf_init(&b, 8192);
    buf_z(&b, "a0: &a0 lol\n");
    for (unsigned i = 1; i < 12; i++)
        buf_fmt(&b, "a%u: &a%u [*a%u, *a%u, *a%u, *a%u, *a%u, *a%u, *a%u, *a%u, *a%u]\n", i, i,
                i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    T_EQ_INT(yaml_parse(buf_view(&b), &yaml_default_limits, a, &docs, &e), RC_LIMIT);
    T_EQ_Z(e.id, "YAML-010");
    buf_done(&b);
    arena_free(&a);
}

static void anchors(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 16 << 20);
    struct json *docs = NULL;
    struct err e = { 0 };
    struct buf b;
    buf_init(&b, 1 << 20);
    for (unsigned i = 0; i <= YAML_ANCHORS_MAX; i++)
        buf_fmt(&b, "- &a%u x\n", i);
    T_EQ_INT(yaml_parse(buf_view(&b), &yaml_default_limits, a, &docs, &e), RC_LIMIT);
    T_EQ_Z(e.id, "YAML-010");
    T_EQ_INT(e.line, YAML_ANCHORS_MAX + 1);
    buf_done(&b);
    arena_free(&a);
}

static void without_memory(void **state)
{
    (void)state;
    struct str in = STR("a: &x [1, 0x10, text]\nb: *x\nc: {d: null, e: true}\n");
    struct json *docs = NULL;
    struct err e;
    size_t failures = 0;
    for (size_t k = 1;; k++) {
        mem_fail_at(k);
        struct arena *a = arena_new("test", 128, 1 << 16);
        enum rc rc = a ? yaml_parse(in, &yaml_default_limits, a, &docs, &e) : RC_NOMEM;
        arena_free(&a);
        if (mem_fail_left()) {
            mem_fail_at(0);
            T_EQ_INT(rc, RC_OK);
            break;
        }
        T_EQ_INT(rc, RC_NOMEM);
        failures++;
    }
    T_TRUE(failures >= 3);
    size_t refused = 0;
    for (size_t limit = 256; limit < 2048; limit += 16) {
        struct arena *a = arena_new("test", 128, limit);
        enum rc rc = yaml_parse(in, &yaml_default_limits, a, &docs, &e);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        refused += rc == RC_NOMEM;
        arena_free(&a);
    }
    T_TRUE(refused > 10 && refused < 112);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(scalars), T_TEST(structures), T_TEST(refusals), T_TEST(places),
        T_TEST(limits),  T_TEST(alias_bomb), T_TEST(anchors),  T_TEST(without_memory),
    };
    return T_RUN(tests);
}
