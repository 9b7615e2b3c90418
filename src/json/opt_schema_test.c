/*
 * What else comes out of an option table: the schema and the reference, byte for byte.
 */
#include "json/opt.h"

#include "tests/lib/t.h"

struct part {
    uint64_t wait_ms;
    uint64_t size;
    struct opt_list parts; /* of struct part: the table leads to itself */
};

struct whole {
    struct str name;
    bool on;
    int64_t port;
    int method;
    struct opt_strs tags;
    struct opt_map headers;
    struct part *part;
    struct opt_choice auth;
    const struct json *meta;
    struct opt_secret key;
};

struct none {
    char nothing;
};

static const struct opt_table part_table;
static const struct opt_def part_defs[] = {
    { .name = "wait",
      .kind = OPT_MS,
      .at = offsetof(struct part, wait_ms),
      .dflt = "5s",
      .min = 1,
      .max = 86400000,
      .doc = "Pause | rest." },
    { .name = "size",
      .kind = OPT_SIZE,
      .at = offsetof(struct part, size),
      .dflt = "65536",
      .doc = "Size." },
    { .name = "parts",
      .kind = OPT_OBJS,
      .at = offsetof(struct part, parts),
      .sub = &part_table,
      .max = 9,
      .doc = "Inner parts." },
};
static const struct opt_table part_table = OPT_TABLE("part", struct part, part_defs, "A part.");
static const struct opt_table none_table = { .name = "none", .size = sizeof(struct none) };
static const struct opt_variant auth_list[] = { { "open", &none_table }, { "part", &part_table } };
static const struct opt_variants auth_variants = { .tag = "type",
                                                   .v = auth_list,
                                                   .n = ZS_COUNT(auth_list) };
static const char *const methods[] = { "GET", "POST", NULL };

static const struct opt_def whole_defs[] = {
    { .name = "name",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct whole, name),
      .min = 1,
      .max = 20,
      .doc = "Name." },
    { .name = "on",
      .kind = OPT_BOOL,
      .at = offsetof(struct whole, on),
      .dflt = "true",
      .doc = "On." },
    { .name = "port",
      .kind = OPT_INT,
      .at = offsetof(struct whole, port),
      .dflt = "0",
      .min = 0,
      .max = 65535,
      .doc = "Port." },
    { .name = "method",
      .kind = OPT_ENUM,
      .at = offsetof(struct whole, method),
      .dflt = "GET",
      .names = methods,
      .doc = "Method." },
    { .name = "tags",
      .kind = OPT_STRS,
      .at = offsetof(struct whole, tags),
      .min = 1,
      .doc = "Tags." },
    { .name = "headers",
      .kind = OPT_MAP,
      .at = offsetof(struct whole, headers),
      .doc = "Headers." },
    { .name = "part",
      .kind = OPT_OBJ,
      .at = offsetof(struct whole, part),
      .sub = &part_table,
      .dflt = "{}",
      .doc = "Part." },
    { .name = "auth",
      .kind = OPT_CHOICE,
      .at = offsetof(struct whole, auth),
      .variants = &auth_variants,
      .doc = "Who." },
    { .name = "meta", .kind = OPT_JSON, .at = offsetof(struct whole, meta), .doc = "Anything." },
    { .name = "key", .kind = OPT_SECRET, .at = offsetof(struct whole, key), .doc = "Key." },
};
static const struct opt_table whole_table =
    OPT_TABLE("whole", struct whole, whole_defs, "All kinds.");

#define PART_BODY                                                                                  \
    "\"wait\":{\"description\":\"Pause | rest.\",\"anyOf\":[{\"type\":\"integer\",\"minimum\":1,"  \
    "\"maximum\":86400000},{\"type\":\"string\",\"pattern\":\"^([0-9]+(ms|s|m|h|d|w)?)+$\"}],"     \
    "\"default\":\"5s\"},"                                                                         \
    "\"size\":{\"description\":\"Size.\",\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},"         \
    "{\"type\":\"string\",\"pattern\":\"^[0-9]+[kKmMgGtT]?([iI]?[bB])?$\"}],\"default\":65536},"   \
    "\"parts\":{\"description\":\"Inner parts.\",\"type\":\"array\",\"items\":"                    \
    "{\"$ref\":\"#/$defs/part\"},\"maxItems\":9}}}"

static void schema(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 65536);
    jw_init(&w, &b, JSON_COMPACT);
    opt_schema(&whole_table, "Whole", &w);
    T_OK(jw_done(&w, &e), &e);
    T_EQ_STR(
        buf_view(&b),
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"Whole\","
        "\"$ref\":\"#/$defs/whole\",\"$defs\":{"
        "\"whole\":{\"description\":\"All "
        "kinds.\",\"type\":\"object\",\"additionalProperties\":false,"
        "\"required\":[\"name\"],\"properties\":{"
        "\"name\":{\"description\":\"Name.\",\"type\":\"string\",\"minLength\":1,\"maxLength\":20},"
        "\"on\":{\"description\":\"On.\",\"type\":\"boolean\",\"default\":true},"
        "\"port\":{\"description\":\"Port.\",\"type\":\"integer\",\"minimum\":0,\"maximum\":65535,"
        "\"default\":0},"
        "\"method\":{\"description\":\"Method.\",\"enum\":[\"GET\",\"POST\"],\"default\":\"GET\"},"
        "\"tags\":{\"description\":\"Tags.\",\"type\":\"array\",\"items\":{\"type\":\"string\"},"
        "\"minItems\":1},"
        "\"headers\":{\"description\":\"Headers.\",\"type\":\"object\",\"additionalProperties\":"
        "{\"type\":[\"string\",\"number\"]}},"
        "\"part\":{\"description\":\"Part.\",\"$ref\":\"#/$defs/part\",\"default\":{}},"
        "\"auth\":{\"description\":\"Who.\",\"oneOf\":[{\"$ref\":\"#/$defs/none.open\"},"
        "{\"$ref\":\"#/$defs/part.part\"}]},"
        "\"meta\":{\"description\":\"Anything.\"},"
        "\"key\":{\"description\":\"Key.\",\"type\":\"string\",\"pattern\":"
        "\"^\\\\$\\\\{(env:ZARISH_[A-Za-z0-9._-]*|file:.+|secret:[^${}]+)\\\\}$\"}}},"
        "\"part\":{\"description\":\"A part.\",\"type\":\"object\",\"additionalProperties\":false,"
        "\"required\":[],\"properties\":{" PART_BODY ","
        "\"none.open\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"type\"],"
        "\"properties\":{\"type\":{\"const\":\"open\"}}},"
        "\"part.part\":{\"description\":\"A part.\",\"type\":\"object\","
        "\"additionalProperties\":false,\"required\":[\"type\"],\"properties\":{"
        "\"type\":{\"const\":\"part\"}," PART_BODY "}}");
    buf_done(&b);
}

static void schema_of_several(void **state)
{
    (void)state;
    static const struct opt_table *const tables[] = { &none_table, &part_table };
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *v = NULL;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 65536);
    jw_init(&w, &b, JSON_PRETTY);
    opt_schema_any(tables, 2, NULL, NULL, &w);
    T_OK(jw_done(&w, &e), &e);
    T_OK(json_parse(buf_view(&b), &json_default_limits, a, &v, &e), &e);
    T_TRUE(json_getz(v, "title") == NULL);
    T_EQ_STR(json_text(json_getz(json_at(json_getz(v, "anyOf"), 0), "$ref")), "#/$defs/none");
    T_EQ_STR(json_text(json_getz(json_at(json_getz(v, "anyOf"), 1), "$ref")), "#/$defs/part");
    T_EQ_SIZE(json_count(json_getz(v, "$defs")), 2);
    buf_done(&b);
    arena_free(&a);
}

/* What the table leaves open is described by whoever knows. */
static void schema_of_an_open_option(void **state)
{
    (void)state;
    static const struct opt_table *const tables[] = { &whole_table };
    static const struct opt_table *const fits[] = { &none_table, &part_table };
    const struct opt_open open = { .table = &whole_table, .option = "meta", .v = fits, .n = 2 };
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct json *v = NULL;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 65536);
    jw_init(&w, &b, JSON_PRETTY);
    opt_schema_any(tables, 1, &open, NULL, &w);
    T_OK(jw_done(&w, &e), &e);
    T_OK(json_parse(buf_view(&b), &json_default_limits, a, &v, &e), &e);
    const struct json *defs = json_getz(v, "$defs");
    const struct json *properties = json_getz(json_getz(defs, "whole"), "properties");
    const struct json *any = json_getz(json_getz(properties, "meta"), "anyOf");
    T_EQ_SIZE(json_count(any), 2);
    T_EQ_STR(json_text(json_getz(json_at(any, 0), "$ref")), "#/$defs/none");
    T_EQ_STR(json_text(json_getz(json_at(any, 1), "$ref")), "#/$defs/part");
    T_TRUE(json_getz(defs, "none") && json_getz(defs, "part"));
    T_TRUE(json_getz(json_getz(properties, "name"), "anyOf") == NULL);
    buf_done(&b);
    arena_free(&a);
}

static void parts_of_a_larger_document(void **state)
{
    (void)state;
    static const struct opt_schema_style style = { .at = "#/c/", .prefix = "x.", .literals = true };
    static const struct opt_def defs[] = {
        { .name = "key", .kind = OPT_SECRET, .at = offsetof(struct whole, key), .doc = "K." },
        { .name = "auth",
          .kind = OPT_CHOICE,
          .at = offsetof(struct whole, auth),
          .variants = &auth_variants,
          .doc = "A." },
    };
    static const struct opt_table table = OPT_TABLE("t", struct whole, defs, "T.");
    const struct opt_table *tables[] = { &table };
    struct json *doc = NULL;
    struct buf b;
    struct jw w;
    struct err e;
    struct arena *a = arena_new("test", 0, 1 << 20);
    buf_init_arena(&b, a, 1 << 18);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    opt_schema_parts(tables, 1, NULL, &style, &w);
    jw_end(&w);
    T_OK(jw_done(&w, &e), &e);
    T_OK(json_parse(buf_view(&b), &json_default_limits, a, &doc, &e), &e);
    const struct json *props = json_getz(json_getz(doc, "x.t"), "properties");
    T_TRUE(json_getz(json_getz(props, "key"), "pattern") == NULL); /* in clear is fine here */
    const struct json *first = json_at(json_getz(json_getz(props, "auth"), "oneOf"), 0);
    T_EQ_STR(json_text(json_getz(first, "$ref")), "#/c/x.none.open");
    T_TRUE(json_getz(doc, "x.none.open") != NULL);
    arena_free(&a);
}

static void markdown(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 65536);
    opt_markdown(&whole_table, &b);
    T_EQ_STR(
        buf_view(&b),
        "## whole\n\nAll kinds.\n\n"
        "| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
        "| `name` | text, from 1 to 20 bytes | required | Name. |\n"
        "| `on` | `true` or `false` | `true` | On. |\n"
        "| `port` | whole number, from 0 to 65535 | `0` | Port. |\n"
        "| `method` | one of `GET`, `POST` | `GET` | Method. |\n"
        "| `tags` | list of texts, at least 1 items |  | Tags. |\n"
        "| `headers` | names with texts |  | Headers. |\n"
        "| `part` | object [part](#part) |  | Part. |\n"
        "| `auth` | object, by its `type`: `open` [none](#none), `part` [part](#part) |  | Who. "
        "|\n"
        "| `meta` | anything |  | Anything. |\n"
        "| `key` | reference to a secret |  | Key. |\n"
        "\n## part\n\nA part.\n\n"
        "| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
        "| `wait` | duration (milliseconds, or `5s`), from 1ms to 1d | `5s` | Pause \\| rest. |\n"
        "| `size` | size (bytes, or `64k`) | `65536` | Size. |\n"
        "| `parts` | list of [part](#part), from 0 to 9 items |  | Inner parts. |\n"
        "\n## none\n\nNo keys of its own.\n");
    buf_done(&b);
}

static void tables_are_sound(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 20);
    struct err e;
    T_OK(opt_check_table(&whole_table, a, &e), &e);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(schema),   T_TEST(schema_of_several), T_TEST(schema_of_an_open_option),
        T_TEST(markdown), T_TEST(tables_are_sound),  T_TEST(parts_of_a_larger_document),
    };
    return T_RUN(tests);
}
