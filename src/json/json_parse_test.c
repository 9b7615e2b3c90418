/*
 * The reader: what it takes, what it refuses, and where it says so. The rows follow the classes of
 * JSONTestSuite (structure, object, array, string, number, encoding).
 */
#include "json/json.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const struct json_limits keep = {
    .bytes = 1 << 20, .depth = 256, .nodes = 1 << 20, .dup = JSON_DUP_KEEP
};

/* Read a copy of exactly the text's size, so that a byte read too far is caught. */
static enum rc parse(struct str text, const struct json_limits *limits, struct arena *a,
                     struct json **out, struct err *e)
{
    char *exact = arena_raw(a, text.n);
    T_TRUE(exact);
    if (text.n)
        memcpy(exact, text.p, text.n);
    return json_parse(str_of(exact, text.n), limits, a, out, e);
}

static void accepts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str in;
        const char *out; /* compact */
    } rows[] = {
        { "null", STR_INIT("null"), "null" },
        { "true", STR_INIT(" true "), "true" },
        { "false", STR_INIT("false\n"), "false" },
        { "empty object", STR_INIT("{}"), "{}" },
        { "empty array", STR_INIT("[ ]"), "[]" },
        { "lone string", STR_INIT("\"x\""), "\"x\"" },
        { "lone number", STR_INIT("42"), "42" },
        { "white space of all kinds", STR_INIT("\t\r\n [\t1\r,\n2 ]\n\t"), "[1,2]" },
        { "long white space", STR_INIT("                                        [1]"), "[1]" },
        { "nested", STR_INIT("[[],{},[{}]]"), "[[],{},[{}]]" },
        { "members in order", STR_INIT("{\"b\":1,\"a\":2}"), "{\"b\":1,\"a\":2}" },
        { "empty name", STR_INIT("{\"\":0}"), "{\"\":0}" },
        { "escaped name", STR_INIT("{\"foo\\u0000bar\":42}"), "{\"foo\\u0000bar\":42}" },
        { "long name", STR_INIT("{\"abcdefghijklmnopqrstuvwxyz0123456789abcdefghi\":1}"),
          "{\"abcdefghijklmnopqrstuvwxyz0123456789abcdefghi\":1}" },
        { "decimal kept", STR_INIT("1.10"), "1.10" },
        { "zeros kept", STR_INIT("[0.00,-0,-0.0,0e1,0E+1]"), "[0.00,-0,-0.0,0e1,0E+1]" },
        { "exponents kept", STR_INIT("[1E22,1e-2,1.20e2,123e65,1e400]"),
          "[1E22,1e-2,1.20e2,123e65,1e400]" },
        { "24 digits", STR_INIT("123456789012345678901234"), "123456789012345678901234" },
        { "simple escapes", STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
          "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
        { "escaped ASCII", STR_INIT("\"\\u0041\\u005A\""), "\"AZ\"" },
        { "escaped control", STR_INIT("\"\\u0012\""), "\"\\u0012\"" },
        { "two byte", STR_INIT("\"\\u00e9\""), "\"\xc3\xa9\"" },
        { "three byte", STR_INIT("\"\\u20AC\""), "\"\xe2\x82\xac\"" },
        { "pair", STR_INIT("\"\\uD834\\uDd1e\""), "\"\xf0\x9d\x84\x9e\"" },
        { "last pair", STR_INIT("\"\\uDBFF\\uDFFF\""), "\"\xf4\x8f\xbf\xbf\"" },
        { "noncharacters", STR_INIT("\"\\uFFFF\\uFDD0\""), "\"\xef\xbf\xbf\xef\xb7\x90\"" },
        { "raw UTF-8", STR_INIT("\"\xe2\x82\xac\xf0\x9d\x84\x9e\xc3\xa9\""),
          "\"\xe2\x82\xac\xf0\x9d\x84\x9e\xc3\xa9\"" },
        { "DEL stays", STR_INIT("\"\x7f\""), "\"\x7f\"" },
        { "escape late in a long text",
          STR_INIT("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\tb\""),
          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\tb\"" },
        { "byte order mark", STR_INIT("\xef\xbb\xbf{}"), "{}" },
        { "same name twice, kept", STR_INIT("{\"a\":1,\"a\":2}"), "{\"a\":1,\"a\":2}" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = NULL;
        struct err e;
        struct buf b;
        T_ROW(rows[i].name);
        buf_init(&b, 4096);
        T_OK(parse(rows[i].in, &keep, a, &v, &e), &e);
        T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].out);
        buf_done(&b);
        arena_free(&a);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str in;
        const char *id;
        size_t pos;
        unsigned line, column;
        const char *where;
    } rows[] = {
        { "nothing", STR_INIT(""), "JSON-001", 0, 1, 1, "" },
        { "only space", STR_INIT(" \n "), "JSON-001", 3, 2, 2, "" },
        { "open array", STR_INIT("["), "JSON-001", 1, 1, 2, "" },
        { "open array after item", STR_INIT("[1"), "JSON-001", 2, 1, 3, "[0]" },
        { "open object", STR_INIT("{"), "JSON-001", 1, 1, 2, "" },
        { "name without value", STR_INIT("{\"a\":"), "JSON-001", 5, 1, 6, "" },
        { "name without colon", STR_INIT("{\"a\""), "JSON-001", 4, 1, 5, "" },
        { "open string", STR_INIT("\"abc"), "JSON-001", 4, 1, 5, "" },
        { "open escape", STR_INIT("\"abc\\"), "JSON-001", 5, 1, 6, "" },
        { "lone minus", STR_INIT("-"), "JSON-001", 1, 1, 2, "" },
        { "trailing comma", STR_INIT("[1,]"), "JSON-002", 3, 1, 4, "[1]" },
        { "leading comma", STR_INIT("[,1]"), "JSON-002", 1, 1, 2, "[0]" },
        { "two commas", STR_INIT("[1,,2]"), "JSON-002", 3, 1, 4, "[1]" },
        { "no comma", STR_INIT("[1 2]"), "JSON-002", 3, 1, 4, "[0]" },
        { "wrong bracket", STR_INIT("[1}"), "JSON-002", 2, 1, 3, "[0]" },
        { "colon in array", STR_INIT("[\"a\":1]"), "JSON-002", 4, 1, 5, "[0]" },
        { "trailing comma in object", STR_INIT("{\"a\":1,}"), "JSON-002", 7, 1, 8, "" },
        { "bare name", STR_INIT("{a:1}"), "JSON-002", 1, 1, 2, "" },
        { "number as name", STR_INIT("{1:1}"), "JSON-002", 1, 1, 2, "" },
        { "single quotes", STR_INIT("['a']"), "JSON-002", 1, 1, 2, "[0]" },
        { "trailing comma below", STR_INIT("{\"o\":{\"a\":1,}}"), "JSON-002", 12, 1, 13, "o" },
        { "comma for colon", STR_INIT("{\"a\",1}"), "JSON-002", 4, 1, 5, "" },
        { "two colons", STR_INIT("{\"a\"::1}"), "JSON-002", 5, 1, 6, "a" },
        { "close alone", STR_INIT("]"), "JSON-002", 0, 1, 1, "" },
        { "comment", STR_INIT("{/*x*/}"), "JSON-002", 1, 1, 2, "" },
        { "capitals", STR_INIT("[True]"), "JSON-002", 1, 1, 2, "[0]" },
        { "cut word", STR_INIT("[nul]"), "JSON-002", 1, 1, 2, "[0]" },
        { "NaN", STR_INIT("[NaN]"), "JSON-002", 1, 1, 2, "[0]" },
        { "plus", STR_INIT("[+1]"), "JSON-002", 1, 1, 2, "[0]" },
        { "bare point", STR_INIT("[.5]"), "JSON-002", 1, 1, 2, "[0]" },
        { "form feed", STR_INIT("[\f]"), "JSON-002", 1, 1, 2, "[0]" },
        { "U+2060", STR_INIT("[\xe2\x81\xa0]"), "JSON-002", 1, 1, 2, "[0]" },
        { "leading zero", STR_INIT("[012]"), "JSON-003", 1, 1, 2, "[0]" },
        { "minus zero zero", STR_INIT("[-00]"), "JSON-003", 1, 1, 2, "[0]" },
        { "point alone behind", STR_INIT("[1.]"), "JSON-003", 1, 1, 2, "[0]" },
        { "point and exponent", STR_INIT("[1.e1]"), "JSON-003", 1, 1, 2, "[0]" },
        { "empty exponent", STR_INIT("[1e]"), "JSON-003", 1, 1, 2, "[0]" },
        { "signed empty exponent", STR_INIT("[1e+]"), "JSON-003", 1, 1, 2, "[0]" },
        { "minus letter", STR_INIT("[-a]"), "JSON-003", 1, 1, 2, "[0]" },
        { "hexadecimal", STR_INIT("[0x1]"), "JSON-002", 2, 1, 3, "[0]" },
        { "full-width digit", STR_INIT("[\xef\xbc\x91]"), "JSON-002", 1, 1, 2, "[0]" },
        { "unknown escape", STR_INIT("[\"\\x41\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "escaped line end", STR_INIT("[\"a\\\nb\"]"), "JSON-004", 3, 1, 4, "[0]" },
        { "three digits", STR_INIT("[\"\\u00A\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "no digits", STR_INIT("[\"\\u\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "NUL in an escape", STR_INIT("[\"\\\0\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "high surrogate alone", STR_INIT("[\"\\uD800\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "high surrogate and text", STR_INIT("[\"\\uD800abc\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "two high surrogates", STR_INIT("[\"\\uD800\\uD800\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "low surrogate first", STR_INIT("[\"\\uDC00\\uD800\"]"), "JSON-004", 2, 1, 3, "[0]" },
        { "line end in a string", STR_INIT("[\"a\nb\"]"), "JSON-005", 3, 1, 4, "[0]" },
        { "tab in a string", STR_INIT("[\"\t\"]"), "JSON-005", 2, 1, 3, "[0]" },
        { "NUL in a string", STR_INIT("[\"a\0a\"]"), "JSON-005", 3, 1, 4, "[0]" },
        { "control behind an escape", STR_INIT("[\"\\n\x1f\"]"), "JSON-005", 4, 1, 5, "[0]" },
        { "Latin-1", STR_INIT("[\"a\xe9\"]"), "JSON-006", 3, 1, 4, "[0]" },
        { "lone continuation", STR_INIT("[\"\x81\"]"), "JSON-006", 2, 1, 3, "[0]" },
        { "overlong", STR_INIT("[\"\xc0\xaf\"]"), "JSON-006", 2, 1, 3, "[0]" },
        { "overlong of six", STR_INIT("[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"), "JSON-006", 2, 1, 3,
          "[0]" },
        { "encoded surrogate", STR_INIT("[\"\xed\xa0\x80\"]"), "JSON-006", 2, 1, 3, "[0]" },
        { "over U+10FFFF", STR_INIT("[\"\xf4\xbf\xbf\xbf\"]"), "JSON-006", 2, 1, 3, "[0]" },
        { "cut character", STR_INIT("[\"\xe0\xff\"]"), "JSON-006", 2, 1, 3, "[0]" },
        { "wrong behind an escape", STR_INIT("[\"\\n\xff\"]"), "JSON-006", 4, 1, 5, "[0]" },
        { "wrong in a name", STR_INIT("{\"\xff\":0}"), "JSON-006", 2, 1, 3, "" },
        { "two documents", STR_INIT("1 2"), "JSON-007", 2, 1, 3, "" },
        { "bracket too many", STR_INIT("[1]]"), "JSON-007", 3, 1, 4, "" },
        { "junk behind", STR_INIT("{}#"), "JSON-007", 2, 1, 3, "" },
        { "mark alone behind", STR_INIT("{}\xef\xbb\xbf"), "JSON-007", 2, 1, 3, "" },
        { "UTF-16 with mark", STR_INIT("\xff\xfe[\0]\0"), "JSON-008", 0, 1, 1, "" },
        { "UTF-16BE", STR_INIT("\0[\0]"), "JSON-008", 0, 1, 1, "" },
        { "UTF-16LE", STR_INIT("[\0]\0"), "JSON-008", 0, 1, 1, "" },
        { "place and path",
          STR_INIT(
              "{\n  \"entry\": [\n    {\"a\": 1},\n    {\"name\": {\"odd.name\": tru}}\n  ]\n}"),
          "JSON-002", 55, 4, 27, "entry[1].name[\"odd.name\"]" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = NULL;
        struct err e = { 0 };
        T_ROW(rows[i].name);
        T_EQ_INT(parse(rows[i].in, &keep, a, &v, &e), RC_SYNTAX);
        T_TRUE(v == NULL);
        T_EQ_Z(e.id, rows[i].id);
        T_EQ_SIZE(e.pos, rows[i].pos);
        T_EQ_INT(e.line, rows[i].line);
        T_EQ_INT(e.column, rows[i].column);
        T_EQ_Z(e.where, rows[i].where);
        T_EQ_INT(parse(rows[i].in, &keep, a, &v, NULL), RC_SYNTAX);
        arena_free(&a);
    }
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
        { "bytes fit", "[1]", { 3, 9, 9, 0 }, RC_OK, NULL, 0 },
        { "a byte too many", "[1] ", { 3, 9, 9, 0 }, RC_LIMIT, "JSON-020", 3 },
        { "depth fits", "[[{}]]", { 99, 3, 9, 0 }, RC_OK, NULL, 0 },
        { "a level too many", "[[{\"a\":[]}]]", { 99, 3, 9, 0 }, RC_LIMIT, "JSON-021", 7 },
        { "no level at all", "[]", { 99, 0, 9, 0 }, RC_LIMIT, "JSON-021", 0 },
        { "values fit", "[1,[2]]", { 99, 9, 4, 0 }, RC_OK, NULL, 0 },
        { "a value too many", "[1,[2], 3]", { 99, 9, 4, 0 }, RC_LIMIT, "JSON-023", 8 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = NULL;
        struct err e = { 0 };
        T_ROW(rows[i].name);
        T_EQ_INT(parse(str_z(rows[i].in), &rows[i].limits, a, &v, &e), rows[i].rc);
        if (rows[i].id) {
            T_EQ_Z(e.id, rows[i].id);
            T_EQ_SIZE(e.pos, rows[i].pos);
        }
        arena_free(&a);
    }
}

/* n levels of [ or {"a": — more than any stack of ours would bear by recursion. */
static void depth_of_hostile_input(void **state)
{
    (void)state;
    static const char *const openers[] = { "[", "{\"a\":" };
    for (size_t i = 0; i < ZS_COUNT(openers); i++) {
        struct arena *a = arena_new("test", 0, 8 << 20);
        struct json_limits deep = { 8 << 20, JSON_DEPTH_MAX + 5, 1 << 20, JSON_DUP_REJECT };
        struct json *v = NULL;
        struct err e = { 0 };
        struct buf b;
        T_ROW(openers[i]);
        buf_init(&b, 1 << 20);
        for (size_t k = 0; k < 100000; k++)
            buf_z(&b, openers[i]);
        T_EQ_INT(json_parse(buf_view(&b), &deep, a, &v, &e), RC_LIMIT);
        T_EQ_Z(e.id, "JSON-021");
        T_EQ_SIZE(e.pos, JSON_DEPTH_MAX * strlen(openers[i]));
        buf_done(&b);
        arena_free(&a);
    }
}

/* What readers of others let pass or spoil, each named after where it was seen. */
static void bugs_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        const char *out; /* NULL: refused */
    } rows[] = {
        { "hapi-fhir #848, IBM FHIR #1155, firely-net-sdk #2610: a name twice is accepted",
          "{\"resourceType\":\"Patient\",\"id\":\"a\",\"id\":\"b\"}", NULL },
        { "fhirpath.js: trailing zeros of decimals are lost", "{\"value\":7.00,\"low\":1.20e2}",
          "{\"value\":7.00,\"low\":1.20e2}" },
        { "decimals of 24 digits become doubles", "[0.123456789012345678901234]",
          "[0.123456789012345678901234]" },
        { "nulls in a primitive's _x array are dropped",
          "{\"given\":[\"a\",null],\"_given\":[null,{\"id\":\"x\"}]}",
          "{\"given\":[\"a\",null],\"_given\":[null,{\"id\":\"x\"}]}" },
        { "resourceType last", "{\"id\":\"a\",\"resourceType\":\"Patient\"}",
          "{\"id\":\"a\",\"resourceType\":\"Patient\"}" },
        { "control characters in narrative", "{\"div\":\"a\tb\"}", NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = NULL;
        struct err e;
        struct buf b;
        T_ROW(rows[i].name);
        buf_init(&b, 4096);
        enum rc rc = parse(str_z(rows[i].in), &json_default_limits, a, &v, &e);
        T_EQ_INT(rc == RC_OK, rows[i].out != NULL);
        if (rows[i].out) {
            T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
            T_EQ_STR(buf_view(&b), rows[i].out);
        }
        buf_done(&b);
        arena_free(&a);
    }
}

static void names_twice(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        size_t pos; /* of the refusal */
        const char *last, *keep;
    } rows[] = {
        { "two", "{\"a\":1,\"a\":2}", 7, "{\"a\":2}", "{\"a\":1,\"a\":2}" },
        { "among others", "{\"x\":0,\"a\":1,\"b\":[],\"a\":2,\"c\":3}", 20,
          "{\"x\":0,\"b\":[],\"a\":2,\"c\":3}", "{\"x\":0,\"a\":1,\"b\":[],\"a\":2,\"c\":3}" },
        { "three times", "{\"a\":1,\"a\":2,\"a\":3}", 7, "{\"a\":3}", "{\"a\":1,\"a\":2,\"a\":3}" },
        { "two pairs, the earlier second one is told", "{\"a\":1,\"b\":1,\"b\":2,\"a\":2}", 13,
          "{\"b\":2,\"a\":2}", "{\"a\":1,\"b\":1,\"b\":2,\"a\":2}" },
        { "empty names", "{\"\":1,\"\":2}", 6, "{\"\":2}", "{\"\":1,\"\":2}" },
        { "same after decoding", "{\"a\":1,\"\\u0061\":2}", 7, "{\"a\":2}", "{\"a\":1,\"a\":2}" },
        { "below", "[{\"a\":{\"b\":1,\"b\":2}}]", 13, "[{\"a\":{\"b\":2}}]",
          "[{\"a\":{\"b\":1,\"b\":2}}]" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json_limits limits = json_default_limits;
        struct json *v = NULL;
        struct err e = { 0 };
        struct buf b;
        T_ROW(rows[i].name);
        buf_init(&b, 4096);
        T_EQ_INT(parse(str_z(rows[i].in), &limits, a, &v, &e), RC_VALUE);
        T_EQ_Z(e.id, "JSON-010");
        T_EQ_SIZE(e.pos, rows[i].pos);
        limits.dup = JSON_DUP_LAST;
        T_OK(parse(str_z(rows[i].in), &limits, a, &v, &e), &e);
        T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].last);
        buf_clear(&b);
        limits.dup = JSON_DUP_KEEP;
        T_OK(parse(str_z(rows[i].in), &limits, a, &v, &e), &e);
        T_OK(json_write(&b, v, JSON_COMPACT, &e), &e);
        T_EQ_STR(buf_view(&b), rows[i].keep);
        buf_done(&b);
        arena_free(&a);
    }
}

/* An object of n members n0, n1 …, the last one's name being `last`. */
static void many_members(struct buf *b, unsigned n, const char *last)
{
    buf_char(b, '{');
    for (unsigned i = 0; i < n; i++)
        buf_fmt(b, "\"n%u\":%u,", i, i);
    buf_fmt(b, "\"%s\":-1}", last);
}

static void names_twice_in_large_objects(void **state)
{
    (void)state;
    static const unsigned sizes[] = { 5, 31, 32, 33, 34, 63, 64, 65, 200, 20000 };
    for (size_t i = 0; i < ZS_COUNT(sizes); i++) {
        struct arena *a = arena_new("test", 0, 64 << 20);
        struct json_limits limits = json_default_limits;
        struct json *v = NULL;
        struct err e = { 0 };
        struct buf b;
        char row[16];
        snprintf(row, sizeof row, "%u", sizes[i]);
        T_ROW(row);
        buf_init(&b, 1 << 20);
        many_members(&b, sizes[i], "other");
        T_OK(json_parse(buf_view(&b), &limits, a, &v, &e), &e);
        T_EQ_SIZE(json_count(v), sizes[i] + 1);
        buf_clear(&b);
        many_members(&b, sizes[i], "n3");
        size_t second = b.n - strlen("\"n3\":-1}");
        T_EQ_INT(json_parse(buf_view(&b), &limits, a, &v, &e), RC_VALUE);
        T_EQ_SIZE(e.pos, second);
        limits.dup = JSON_DUP_LAST;
        T_OK(json_parse(buf_view(&b), &limits, a, &v, &e), &e);
        T_EQ_SIZE(json_count(v), sizes[i]);
        T_EQ_STR(json_name(json_first(v)), "n0");
        T_EQ_STR(json_name(json_at(v, 3)), "n4");
        T_EQ_STR(json_text(json_getz(v, "n3")), "-1");
        T_EQ_SIZE(json_getz(v, "n3")->name_pos, second);
        buf_done(&b);
        arena_free(&a);
    }
}

static void long_names(void **state)
{
    (void)state;
    for (size_t n = 65535; n <= 65536; n++) {
        struct arena *a = arena_new("test", 0, 1 << 20);
        struct json *v = NULL;
        struct err e = { 0 };
        struct buf b;
        buf_init(&b, 1 << 20);
        buf_z(&b, "{\"");
        buf_fill(&b, 'x', n);
        buf_z(&b, "\":1}");
        T_EQ_INT(json_parse(buf_view(&b), &keep, a, &v, &e), n == 65535 ? RC_OK : RC_LIMIT);
        if (n == 65535)
            T_EQ_SIZE(json_name(json_first(v)).n, 65535);
        else
            T_EQ_Z(e.id, "JSON-022");
        buf_done(&b);
        arena_free(&a);
    }
}

static void borrows_and_places(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct str in = STR("{ \"plain\": \"text\", \"esc\": \"a\\nb\", \"n\": [ 1.10, true ] }");
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(in, &json_default_limits, a, &v, &e), &e);
    const struct json *plain = json_getz(v, "plain");
    T_TRUE(plain->text == in.p + 12);
    T_TRUE(plain->name == in.p + 3);
    T_EQ_SIZE(plain->pos, 11);
    T_EQ_SIZE(plain->name_pos, 2);
    const struct json *esc = json_getz(v, "esc");
    T_EQ_STR(json_text(esc), "a\nb");
    T_TRUE(esc->text < in.p || esc->text >= in.p + in.n);
    T_EQ_SIZE(json_getz(v, "n")->pos, 39);
    T_EQ_SIZE(json_at(json_getz(v, "n"), 1)->pos, 47);
    T_EQ_SIZE(v->pos, 0);
    T_EQ_INT(json_type(json_getz(v, "none")), JSON_ABSENT);
    arena_free(&a);
}

/* Every allocation fails once, and so does every smaller arena; nothing is leaked or read wrongly.
 */
static void without_memory(void **state)
{
    (void)state;
    struct str in = STR("{\"a\":[1,2,3,\"x\\ty\"],\"b\":{\"c\":null},\"a2\":\"\\u00e9\"}");
    struct json *v = NULL;
    struct err e;
    size_t failures = 0;
    for (size_t k = 1;; k++) {
        mem_fail_at(k);
        struct arena *a = arena_new("test", 128, 1 << 16);
        enum rc rc = a ? json_parse(in, &json_default_limits, a, &v, &e) : RC_NOMEM;
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
    for (size_t limit = 256; limit < 600; limit += 16) {
        struct arena *a = arena_new("test", 128, limit);
        e.id = NULL;
        T_EQ_INT(json_parse(in, &json_default_limits, a, &v, &e), RC_NOMEM);
        T_EQ_Z(e.id, "JSON-030");
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(accepts),
        T_TEST(refuses),
        T_TEST(limits),
        T_TEST(depth_of_hostile_input),
        T_TEST(bugs_of_others),
        T_TEST(names_twice),
        T_TEST(names_twice_in_large_objects),
        T_TEST(long_names),
        T_TEST(borrows_and_places),
        T_TEST(without_memory),
    };
    return T_RUN(tests);
}
