/*
 * Shorter ways to write an option: words for a list, a value for an object, seconds for a
 * duration, no tag for a choice. Each reads like its longer form, and the schema knows both.
 */
#include "json/opt.h"

#include "tests/lib/t.h"

struct rate {
    int64_t requests;
    uint64_t per_ms;
};

struct key {
    struct str name;
};

struct conf {
    struct opt_strs scopes;
    struct rate *rate;
    uint64_t ends_ms;
    struct opt_choice auth;
};

static const struct opt_def rate_defs[] = {
    { .name = "requests",
      .kind = OPT_INT,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct rate, requests),
      .max = 100,
      .doc = "Requests." },
    { .name = "per",
      .kind = OPT_MS,
      .at = offsetof(struct rate, per_ms),
      .dflt = "1s",
      .doc = "Time." },
};
static const struct opt_table rate_table = OPT_TABLE("rate", struct rate, rate_defs, "");

static const struct opt_def key_defs[] = {
    { .name = "name", .kind = OPT_STR, .at = offsetof(struct key, name), .doc = "Name." },
};
static const struct opt_table key_table = OPT_TABLE("key", struct key, key_defs, "");
static const struct opt_table none_table = { .name = "none", .doc = "Nothing.", .size = 1 };
static const struct opt_variant auth_list[] = { { "key", &key_table }, { "none", &none_table } };
static const struct opt_variants auth_variants = {
    .tag = "type", .v = auth_list, .n = ZS_COUNT(auth_list), .dflt = "none"
};

static const struct opt_def conf_defs[] = {
    { .name = "scopes",
      .kind = OPT_STRS,
      .flags = OPT_WORDS,
      .at = offsetof(struct conf, scopes),
      .min = 0,
      .max = 3,
      .doc = "Scopes." },
    { .name = "rate",
      .kind = OPT_OBJ,
      .flags = OPT_SHORT,
      .at = offsetof(struct conf, rate),
      .sub = &rate_table,
      .doc = "Rate." },
    { .name = "ends",
      .kind = OPT_MS,
      .flags = OPT_SECONDS,
      .at = offsetof(struct conf, ends_ms),
      .dflt = "1h",
      .min = 1000,
      .max = 86400000,
      .doc = "End." },
    { .name = "auth",
      .kind = OPT_CHOICE,
      .at = offsetof(struct conf, auth),
      .variants = &auth_variants,
      .doc = "Who." },
};
static const struct opt_table conf_table = OPT_TABLE("conf", struct conf, conf_defs, "");

static struct arena *scratch;

static enum rc decode(const char *text, struct conf *out, struct err_list *found)
{
    struct json *doc = NULL;
    struct err e;
    err_list_init(found, scratch, 20);
    T_OK(json_parse(str_z(text), &json_default_limits, scratch, &doc, &e), &e);
    const struct opt_read r = { .arena = scratch, .errs = found, .text = str_z(text) };
    return opt_decode(&conf_table, doc, &r, out);
}

static void a_list_may_be_words(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        const char *first, *last;
    } rows[] = {
        { "{\"scopes\":\"read write\"}", 2, "read", "write" },
        { "{\"scopes\":\"  system/*.read  x \"}", 2, "system/*.read", "x" },
        { "{\"scopes\":[\"a b\",\"c\"]}", 2, "a b", "c" },
        { "{\"scopes\":\"one\"}", 1, "one", "one" },
        { "{\"scopes\":\"\"}", 0, NULL, NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct conf c;
        struct err_list found;
        T_ROW(rows[i].in);
        T_EQ_INT(decode(rows[i].in, &c, &found), RC_OK);
        T_EQ_SIZE(c.scopes.n, rows[i].n);
        if (rows[i].n > 0) {
            T_EQ_STR(c.scopes.v[0], rows[i].first);
            T_EQ_STR(c.scopes.v[rows[i].n - 1], rows[i].last);
        }
    }
}

static void an_object_may_be_its_first_value(void **state)
{
    (void)state;
    struct conf c;
    struct err_list found;
    T_EQ_INT(decode("{\"rate\":0}", &c, &found), RC_OK);
    T_EQ_INT(c.rate->requests, 0);
    T_EQ_SIZE(c.rate->per_ms, 1000);
    T_EQ_INT(decode("{\"rate\":{\"requests\":7,\"per\":\"1m\"}}", &c, &found), RC_OK);
    T_EQ_INT(c.rate->requests, 7);
    T_EQ_SIZE(c.rate->per_ms, 60000);
    T_EQ_INT(decode("{}", &c, &found), RC_OK);
    T_TRUE(c.rate == NULL);
}

static void a_number_may_be_seconds(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint64_t ms;
    } rows[] = {
        { "{\"ends\":60}", 60000 },
        { "{\"ends\":\"60s\"}", 60000 },
        { "{\"ends\":\"2h\"}", 7200000 },
        { "{\"ends\":\"5000\"}", 5000 },
        { "{}", 3600000 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct conf c;
        struct err_list found;
        T_ROW(rows[i].in);
        T_EQ_INT(decode(rows[i].in, &c, &found), RC_OK);
        T_EQ_SIZE(c.ends_ms, rows[i].ms);
    }
}

static void a_choice_may_be_made_by_default(void **state)
{
    (void)state;
    static const struct {
        const char *in, *picked;
    } rows[] = { { "{\"auth\":{}}", "none" },
                 { "{\"auth\":{\"type\":null}}", "none" },
                 { "{\"auth\":{\"type\":\"key\",\"name\":\"n\"}}", "key" } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct conf c;
        struct err_list found;
        T_ROW(rows[i].in);
        T_EQ_INT(decode(rows[i].in, &c, &found), RC_OK);
        T_EQ_Z(c.auth.picked->name, rows[i].picked);
    }
}

static void what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "{\"scopes\":\"a b c d\"}",
          "1:2: scopes: this must be from 0 to 3 items, not 4 [OPT-003]\n" },
        { "{\"scopes\":5}", "1:2: scopes: this must be a list of texts, not a number [OPT-002]\n" },
        { "{\"rate\":101}", "1:9: rate.requests: this must be from 0 to 100, not 101 [OPT-003]\n" },
        { "{\"rate\":\"9\"}", "1:9: rate.requests: this must be a whole number, not a string "
                              "(write it without quotes) [OPT-002]\n" },
        { "{\"rate\":[1]}",
          "1:9: rate.requests: this must be a whole number, not a list [OPT-002]\n" },
        { "{\"rate\":{}}", "1:2: rate.requests: this is required and missing [OPT-004]\n" },
        { "{\"ends\":0}", "1:2: ends: this must be from 1s to 1d, not 0ms [OPT-003]\n" },
        { "{\"ends\":-1}", "1:2: ends: this must not be negative [OPT-003]\n" },
        { "{\"ends\":9223372036854775807}",
          "1:2: ends: this must be from 1s to 1d, not 106751991167d7h12m55s807ms [OPT-003]\n" },
        { "{\"ends\":\"soon\"}", "1:2: ends: this cannot be read as a duration (write seconds, or "
                                 "a text such as 30s, 5m, 1h or 7d) [OPT-007]\n" },
        { "{\"auth\":{\"name\":\"n\"}}",
          "1:10: auth.name: this key is not known in none [OPT-001]\n" },
        { "{\"auth\":{\"type\":5}}", "1:10: auth.type: this must be key or none [OPT-005]\n" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct conf c;
        struct err_list found;
        struct buf b;
        T_ROW(rows[i].in);
        T_EQ_INT(decode(rows[i].in, &c, &found), RC_VALUE);
        buf_init_arena(&b, scratch, 4096);
        err_list_print(&found, &b);
        T_EQ_STR(buf_view(&b), rows[i].out);
    }
}

static void the_schema_and_the_reference_know_both_forms(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\"scopes\":{\"description\":\"Scopes.\",\"anyOf\":[{\"type\":\"array\",\"items\":{"
        "\"type\":"
        "\"string\"},\"maxItems\":3},{\"type\":\"string\"}]}",
        "\"rate\":{\"description\":\"Rate.\",\"anyOf\":[{\"$ref\":\"#/$defs/rate\"},{\"type\":"
        "\"integer\",\"minimum\":0,\"maximum\":100}]}",
        "{\"type\":\"integer\",\"minimum\":1,\"maximum\":86400}",
        "\"none.none\":{\"description\":\"Nothing.\",\"type\":\"object\",\"additionalProperties\":"
        "false,\"required\":[],",
        "\"key.key\":{\"description\":\"\",\"type\":\"object\",\"additionalProperties\":false,"
        "\"required\":[\"type\"],",
    };
    struct buf b;
    struct jw w;
    struct err e;
    buf_init_arena(&b, scratch, 65536);
    jw_init(&w, &b, JSON_COMPACT);
    opt_schema(&conf_table, NULL, &w);
    T_OK(jw_done(&w, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(pieces); i++) {
        T_ROW(pieces[i]);
        T_TRUE(str_find(buf_view(&b), str_z(pieces[i]), 0) != SIZE_MAX);
    }
    buf_init_arena(&b, scratch, 65536);
    opt_markdown(&conf_table, &b);
    T_TRUE(str_find(buf_view(&b), STR("or one text with spaces between"), 0) != SIZE_MAX);
    T_TRUE(str_find(buf_view(&b), STR("[rate](#rate), or its `requests` alone"), 0) != SIZE_MAX);
    T_TRUE(str_find(buf_view(&b), STR("duration (seconds, or `1h`)"), 0) != SIZE_MAX);
    T_OK(opt_check_table(&conf_table, scratch, &e), &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_list_may_be_words),     T_TEST(an_object_may_be_its_first_value),
        T_TEST(a_number_may_be_seconds), T_TEST(a_choice_may_be_made_by_default),
        T_TEST(what_is_wrong),           T_TEST(the_schema_and_the_reference_know_both_forms),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int status = T_RUN(tests);
    arena_free(&scratch);
    return status;
}
