/*
 * Objects by option table: what lands in the struct, and every finding with its place.
 */
#include "json/opt.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

struct retry {
    uint64_t wait_ms;
    int64_t count;
    bool has_count;
};

struct rule {
    struct str to;
    struct opt_list rules; /* of struct rule: a table that leads to itself */
};

struct basic {
    struct str user;
    struct opt_secret password;
};

struct token {
    struct opt_secret token;
    uint64_t lifetime_ms;
};

struct conf {
    struct str name;
    bool on;
    int64_t port;
    bool has_port;
    uint64_t size;
    uint64_t timeout_ms;
    int method;
    struct opt_strs tags;
    struct opt_map headers;
    struct retry *retry;
    struct retry *always;
    struct opt_list rules;
    struct opt_choice auth;
    const struct json *meta;
    struct opt_secret key;
};

static const struct opt_def retry_defs[] = {
    { .name = "wait",
      .kind = OPT_MS,
      .at = offsetof(struct retry, wait_ms),
      .dflt = "5s",
      .min = 1,
      .max = 86400000,
      .doc = "Pause." },
    { .name = "count",
      .kind = OPT_INT,
      .at = offsetof(struct retry, count),
      .seen = OPT_SEEN(struct retry, has_count),
      .dflt = "3",
      .max = 100,
      .doc = "Repeats." },
};
static const struct opt_table retry_table =
    OPT_TABLE("retry", struct retry, retry_defs, "Repeats.");

static const struct opt_table rule_table;
static const struct opt_def rule_defs[] = {
    { .name = "to",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct rule, to),
      .min = 1,
      .doc = "Target." },
    { .name = "rules",
      .kind = OPT_OBJS,
      .at = offsetof(struct rule, rules),
      .sub = &rule_table,
      .doc = "Inner rules." },
};
static const struct opt_table rule_table = OPT_TABLE("rule", struct rule, rule_defs, "A rule.");

static const struct opt_def basic_defs[] = {
    { .name = "user",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct basic, user),
      .doc = "User." },
    { .name = "password",
      .kind = OPT_SECRET,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct basic, password),
      .doc = "Password." },
};
static const struct opt_table basic_table = OPT_TABLE("basic auth", struct basic, basic_defs, "");
static const struct opt_def token_defs[] = {
    { .name = "token", .kind = OPT_SECRET, .at = offsetof(struct token, token), .doc = "Token." },
    { .name = "lifetime",
      .kind = OPT_MS,
      .at = offsetof(struct token, lifetime_ms),
      .dflt = "1h",
      .doc = "Lifetime." },
};
static const struct opt_table token_table = OPT_TABLE("token auth", struct token, token_defs, "");
static const struct opt_variant auth_list[] = { { "basic", &basic_table },
                                                { "token", &token_table } };
static const struct opt_variants auth_variants = { .tag = "type",
                                                   .v = auth_list,
                                                   .n = ZS_COUNT(auth_list) };

static const char *const methods[] = { "GET", "POST", "DELETE", NULL };

static const struct opt_def conf_defs[] = {
    { .name = "name",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct conf, name),
      .min = 1,
      .max = 20,
      .doc = "Name." },
    { .name = "on",
      .kind = OPT_BOOL,
      .at = offsetof(struct conf, on),
      .dflt = "true",
      .doc = "On." },
    { .name = "port",
      .kind = OPT_INT,
      .at = offsetof(struct conf, port),
      .seen = OPT_SEEN(struct conf, has_port),
      .dflt = "2575",
      .min = 0,
      .max = 65535,
      .doc = "Port." },
    { .name = "size",
      .kind = OPT_SIZE,
      .at = offsetof(struct conf, size),
      .dflt = "64k",
      .doc = "Size." },
    { .name = "timeout",
      .kind = OPT_MS,
      .at = offsetof(struct conf, timeout_ms),
      .dflt = "30s",
      .min = 0,
      .max = 3600000,
      .doc = "Timeout." },
    { .name = "method",
      .kind = OPT_ENUM,
      .at = offsetof(struct conf, method),
      .dflt = "POST",
      .names = methods,
      .doc = "Method." },
    { .name = "tags",
      .kind = OPT_STRS,
      .at = offsetof(struct conf, tags),
      .dflt = "a, b",
      .max = 3,
      .doc = "Tags." },
    { .name = "headers", .kind = OPT_MAP, .at = offsetof(struct conf, headers), .doc = "Headers." },
    { .name = "retry",
      .kind = OPT_OBJ,
      .at = offsetof(struct conf, retry),
      .sub = &retry_table,
      .doc = "Retry." },
    { .name = "always",
      .kind = OPT_OBJ,
      .at = offsetof(struct conf, always),
      .sub = &retry_table,
      .dflt = "{}",
      .doc = "Always there." },
    { .name = "rules",
      .kind = OPT_OBJS,
      .at = offsetof(struct conf, rules),
      .sub = &rule_table,
      .doc = "Rules." },
    { .name = "auth",
      .kind = OPT_CHOICE,
      .at = offsetof(struct conf, auth),
      .variants = &auth_variants,
      .doc = "Authentication." },
    { .name = "meta", .kind = OPT_JSON, .at = offsetof(struct conf, meta), .doc = "Anything." },
    { .name = "key", .kind = OPT_SECRET, .at = offsetof(struct conf, key), .doc = "Key." },
};
static const struct opt_table conf_table = OPT_TABLE("conf", struct conf, conf_defs, "All kinds.");

struct fix {
    struct arena *a;
    struct err_list errs;
    struct opt_read r;
    struct conf conf;
    enum rc rc;
    struct buf out;
};

static void decode(struct fix *f, const char *text, bool literals)
{
    struct json *v = NULL;
    struct err e;
    memset(f, 0, sizeof *f);
    f->a = arena_new("test", 0, 1 << 20);
    err_list_init(&f->errs, f->a, 50);
    f->r = (struct opt_read){
        .arena = f->a, .errs = &f->errs, .file = "c.yaml", .text = str_z(text), .literals = literals
    };
    T_OK(json_parse(str_z(text), &json_default_limits, f->a, &v, &e), &e);
    f->rc = opt_decode(&conf_table, v, &f->r, &f->conf);
    buf_init(&f->out, 8192);
    err_list_print(&f->errs, &f->out);
}

static void done(struct fix *f)
{
    buf_done(&f->out);
    arena_free(&f->a);
}

static void defaults(void **state)
{
    (void)state;
    struct fix f;
    decode(&f, "{\"name\":\"x\"}", false);
    T_EQ_STR(buf_view(&f.out), NULL);
    T_EQ_INT(f.rc, RC_OK);
    T_EQ_STR(f.conf.name, "x");
    T_TRUE(f.conf.on);
    T_EQ_INT(f.conf.port, 2575);
    T_FALSE(f.conf.has_port);
    T_EQ_SIZE(f.conf.size, 65536);
    T_EQ_SIZE(f.conf.timeout_ms, 30000);
    T_EQ_INT(f.conf.method, 1);
    T_EQ_SIZE(f.conf.tags.n, 2);
    T_EQ_STR(f.conf.tags.v[1], "b");
    T_EQ_SIZE(f.conf.headers.n, 0);
    T_TRUE(f.conf.retry == NULL);
    T_EQ_SIZE(f.conf.always->wait_ms, 5000);
    T_EQ_INT(f.conf.always->count, 3);
    T_TRUE(f.conf.auth.picked == NULL);
    T_TRUE(f.conf.meta == NULL);
    T_EQ_INT(f.conf.key.from, OPT_SECRET_NONE);
    done(&f);

    struct arena *a = arena_new("test", 0, 1 << 16);
    struct conf conf;
    T_EQ_INT(opt_defaults(&conf_table, a, &conf), RC_OK);
    T_EQ_INT(conf.port, 2575);
    T_EQ_SIZE(conf.always->wait_ms, 5000);
    T_TRUE(str_is_null(conf.name));
    arena_free(&a);
}

static void values(void **state)
{
    (void)state;
    struct fix f;
    decode(&f,
           "{\"name\":\"x\",\"on\":false,\"port\":0,\"size\":\"2M\",\"timeout\":\"1m30s\","
           "\"method\":\"DELETE\",\"tags\":[\"one\"],\"headers\":{\"A\":\"b\",\"N\":1.10},"
           "\"retry\":{\"count\":0},\"rules\":[{\"to\":\"a\"},{\"to\":\"b\",\"rules\":[{\"to\":"
           "\"c\"}]}],"
           "\"auth\":{\"type\":\"basic\",\"user\":\"u\",\"password\":\"${secret:pw}\"},"
           "\"meta\":[1],\"key\":\"${env:ZARISH_KEY}\"}",
           false);
    T_EQ_STR(buf_view(&f.out), NULL);
    T_EQ_INT(f.rc, RC_OK);
    T_FALSE(f.conf.on);
    T_EQ_INT(f.conf.port, 0);
    T_TRUE(f.conf.has_port);
    T_EQ_SIZE(f.conf.size, 2097152);
    T_EQ_SIZE(f.conf.timeout_ms, 90000);
    T_EQ_INT(f.conf.method, 2);
    T_EQ_SIZE(f.conf.tags.n, 1);
    T_EQ_STR(f.conf.headers.v[0].name, "A");
    T_EQ_STR(f.conf.headers.v[1].text, "1.10");
    T_EQ_INT(f.conf.retry->count, 0);
    T_TRUE(f.conf.retry->has_count);
    T_EQ_SIZE(f.conf.retry->wait_ms, 5000);
    T_EQ_SIZE(f.conf.rules.n, 2);
    const struct rule *rules = f.conf.rules.v;
    const struct rule *inner = rules[1].rules.v;
    T_EQ_STR(rules[0].to, "a");
    T_EQ_SIZE(rules[0].rules.n, 0);
    T_EQ_STR(inner[0].to, "c");
    T_EQ_Z(f.conf.auth.picked->name, "basic");
    const struct basic *basic = f.conf.auth.conf;
    T_EQ_STR(basic->user, "u");
    T_EQ_INT(basic->password.from, OPT_SECRET_NAMED);
    T_EQ_STR(basic->password.name, "pw");
    T_TRUE(json_is(f.conf.meta, JSON_ARRAY));
    T_EQ_INT(f.conf.key.from, OPT_SECRET_ENV);
    T_EQ_STR(f.conf.key.name, "ZARISH_KEY");
    done(&f);
}

static void quantities(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint64_t ms;
    } rows[] = { { "0", 0 },         { "5000", 5000 },     { "\"0ms\"", 0 },
                 { "\"5s\"", 5000 }, { "\"5000\"", 5000 }, { "\"1h\"", 3600000 } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        char text[64];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"timeout\":%s}", rows[i].in);
        T_ROW(rows[i].in);
        decode(&f, text, false);
        T_EQ_STR(buf_view(&f.out), NULL);
        T_EQ_SIZE(f.conf.timeout_ms, rows[i].ms);
        done(&f);
    }
}

static void secrets(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool literals;
        enum opt_secret_from from;
        const char *name;
    } rows[] = {
        { "${file:/etc/key}", false, OPT_SECRET_FILE, "/etc/key" },
        { "${secret:a-b_c.1}", true, OPT_SECRET_NAMED, "a-b_c.1" },
        { "${secret:integration/Lab 1/key}", false, OPT_SECRET_NAMED, "integration/Lab 1/key" },
        { "hunter2", true, OPT_SECRET_LITERAL, "hunter2" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        char text[64];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"key\":\"%s\"}", rows[i].in);
        T_ROW(rows[i].in);
        decode(&f, text, rows[i].literals);
        T_EQ_STR(buf_view(&f.out), NULL);
        T_EQ_INT(f.conf.key.from, rows[i].from);
        T_EQ_STR(f.conf.key.name, rows[i].name);
        done(&f);
    }
}

static void findings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out;
    } rows[] = {
        { "no object", "[1]", "c.yaml:1:1: this must be an object, not a list [OPT-002]\n" },
        { "missing", "{}", "c.yaml:1:1: name: this is required and missing [OPT-004]\n" },
        { "null is missing", "{\"name\":null}",
          "c.yaml:1:1: name: this is required and missing [OPT-004]\n" },
        { "unknown key with a hint", "{\"name\":\"x\",\n \"porr\":1}",
          "c.yaml:2:2: porr: this key is not known in conf (did you mean \"port\"?) [OPT-001]\n" },
        { "unknown key without", "{\"name\":\"x\",\"zzzzzzzz\":1}",
          "c.yaml:1:13: zzzzzzzz: this key is not known in conf [OPT-001]\n" },
        { "text", "{\"name\":1}",
          "c.yaml:1:2: name: this must be a text, not a number (put it in quotes) [OPT-002]\n" },
        { "empty", "{\"name\":\"\"}",
          "c.yaml:1:2: name: this must be from 1 to 20 bytes long, not 0 [OPT-003]\n" },
        { "bool", "{\"name\":\"x\",\"on\":\"yes\"}",
          "c.yaml:1:13: on: this must be true or false, not a string "
          "(write true or false, without quotes) [OPT-002]\n" },
        { "range", "{\"name\":\"x\",\"port\":65536}",
          "c.yaml:1:13: port: this must be from 0 to 65535, not 65536 [OPT-003]\n" },
        { "negative", "{\"name\":\"x\",\"port\":-1}",
          "c.yaml:1:13: port: this must be from 0 to 65535, not -1 [OPT-003]\n" },
        { "fraction", "{\"name\":\"x\",\"port\":1.5}",
          "c.yaml:1:13: port: this must be a whole number of at most 64 bits [OPT-003]\n" },
        { "number in quotes", "{\"name\":\"x\",\"port\":\"1\"}",
          "c.yaml:1:13: port: this must be a whole number, not a string "
          "(write it without quotes) [OPT-002]\n" },
        { "size", "{\"name\":\"x\",\"size\":\"64 parsecs\"}",
          "c.yaml:1:13: size: this cannot be read as a size "
          "(write bytes, or a text such as 64k or 10M) [OPT-007]\n" },
        { "negative size", "{\"name\":\"x\",\"size\":-5}",
          "c.yaml:1:13: size: this must not be negative [OPT-003]\n" },
        { "duration", "{\"name\":\"x\",\"timeout\":\"soon\"}",
          "c.yaml:1:13: timeout: this cannot be read as a duration "
          "(write milliseconds, or a text such as 500ms, 5s, 1h30m or 7d) [OPT-007]\n" },
        { "duration too long", "{\"name\":\"x\",\"timeout\":\"2h\"}",
          "c.yaml:1:13: timeout: this must be from 0ms to 1h, not 2h [OPT-003]\n" },
        { "duration of another type", "{\"name\":\"x\",\"timeout\":[]}",
          "c.yaml:1:13: timeout: this must be a duration such as 5s, not a list [OPT-002]\n" },
        { "name of several", "{\"name\":\"x\",\"method\":\"PST\"}",
          "c.yaml:1:13: method: this must be GET, POST or DELETE (did you mean POST?) "
          "[OPT-005]\n" },
        { "name of another type", "{\"name\":\"x\",\"method\":1}",
          "c.yaml:1:13: method: this must be GET, POST or DELETE [OPT-005]\n" },
        { "list", "{\"name\":\"x\",\"tags\":\"a\"}",
          "c.yaml:1:13: tags: this must be a list of texts, not a string "
          "(write it in square brackets) [OPT-002]\n" },
        { "item", "{\"name\":\"x\",\"tags\":[\"a\",2]}",
          "c.yaml:1:25: tags[1]: this must be a text, not a number (put it in quotes) "
          "[OPT-002]\n" },
        { "items", "{\"name\":\"x\",\"tags\":[\"a\",\"b\",\"c\",\"d\"]}",
          "c.yaml:1:13: tags: this must be from 0 to 3 items, not 4 [OPT-003]\n" },
        { "map", "{\"name\":\"x\",\"headers\":[]}",
          "c.yaml:1:13: headers: this must be an object of texts, not a list [OPT-002]\n" },
        { "entry", "{\"name\":\"x\",\"headers\":{\"A\":true}}",
          "c.yaml:1:24: headers.A: every entry must be a text, not true or false "
          "(put it in quotes) [OPT-002]\n" },
        { "sub-object", "{\"name\":\"x\",\"retry\":5}",
          "c.yaml:1:13: retry: this must be an object, not a number [OPT-002]\n" },
        { "inside a sub-object", "{\"name\":\"x\",\"retry\":{\"wait\":\"0s\",\"x\":1}}",
          "c.yaml:1:22: retry.wait: this must be from 1ms to 1d, not 0ms [OPT-003]\n"
          "c.yaml:1:34: retry.x: this key is not known in retry [OPT-001]\n" },
        { "inside items",
          "{\"name\":\"x\",\"rules\":[{\"to\":\"a\"},{\"rules\":[{\"tu\":\"c\"}]}]}",
          "c.yaml:1:33: rules[1].to: this is required and missing [OPT-004]\n"
          "c.yaml:1:43: rules[1].rules[0].to: this is required and missing [OPT-004]\n"
          "c.yaml:1:44: rules[1].rules[0].tu: this key is not known in rule "
          "(did you mean \"to\"?) [OPT-001]\n" },
        { "list of objects", "{\"name\":\"x\",\"rules\":{}}",
          "c.yaml:1:13: rules: this must be a list of objects, not an object "
          "(write it in square brackets, or behind \"- \") [OPT-002]\n" },
        { "choice without tag", "{\"name\":\"x\",\"auth\":{}}",
          "c.yaml:1:13: auth: \"type\" is missing: it must be basic or token [OPT-004]\n" },
        { "unknown choice", "{\"name\":\"x\",\"auth\":{\"type\":\"basik\"}}",
          "c.yaml:1:21: auth.type: this must be basic or token (did you mean basic?) [OPT-005]\n" },
        { "inside a choice", "{\"name\":\"x\",\"auth\":{\"type\":\"token\",\"user\":1}}",
          "c.yaml:1:36: auth.user: this key is not known in token auth [OPT-001]\n" },
        { "secret in clear", "{\"name\":\"x\",\"key\":\"hunter2\"}",
          "c.yaml:1:13: key: a secret may not stand here in clear "
          "(write ${secret:NAME}, ${env:ZARISH_NAME} or ${file:PATH}) [OPT-006]\n" },
        { "other variables", "{\"name\":\"x\",\"key\":\"${env:HOME}\"}",
          "c.yaml:1:13: key: only environment variables that begin with ZARISH_ are read "
          "[OPT-007]\n" },
        { "unknown reference", "{\"name\":\"x\",\"key\":\"${vault:x}\"}",
          "c.yaml:1:13: key: this is no reference to a secret "
          "(write ${secret:NAME}, ${env:ZARISH_NAME} or ${file:PATH}) [OPT-007]\n" },
        { "no name", "{\"name\":\"x\",\"key\":\"${secret:}\"}",
          "c.yaml:1:13: key: a secret's name has 1 to 255 bytes, without controls and without $ { "
          "} "
          "[OPT-007]\n" },
        { "all at once, in order of the text",
          "{\"port\":\"x\",\n\"retry\":{\"count\":101},\n\"onn\":1}",
          "c.yaml:1:1: name: this is required and missing [OPT-004]\n"
          "c.yaml:1:2: port: this must be a whole number, not a string "
          "(write it without quotes) [OPT-002]\n"
          "c.yaml:2:10: retry.count: this must be from 0 to 100, not 101 [OPT-003]\n"
          "c.yaml:3:1: onn: this key is not known in conf (did you mean \"on\"?) [OPT-001]\n" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        T_ROW(rows[i].name);
        decode(&f, rows[i].in, false);
        T_EQ_INT(f.rc, RC_VALUE);
        T_EQ_STR(buf_view(&f.out), rows[i].out);
        done(&f);
    }
}

static void own_findings(void **state)
{
    (void)state;
    struct fix f;
    struct json *v = NULL;
    struct err e = { 0 };
    decode(&f, "{\"name\":\"x\",\n\"port\":1}", false);
    f.r.path = "channels[2]";
    T_OK(json_parse(f.r.text, &json_default_limits, f.a, &v, &e), &e);
    opt_finding(&f.r, v, "port", "CFG-001", "use %d", "port %d is taken", 1);
    opt_finding(&f.r, v, "gone", "CFG-002", NULL, "missing");
    buf_clear(&f.out);
    err_list_print(&f.errs, &f.out);
    T_EQ_STR(buf_view(&f.out), "c.yaml:2:1: channels[2].port: port 1 is taken (use %d) [CFG-001]\n"
                               "c.yaml:1:1: channels[2].gone: missing [CFG-002]\n");
    T_EQ_INT(err_list_rc(&f.errs, &e), RC_VALUE);
    T_EQ_Z(e.id, "CFG-001");
    T_EQ_Z(e.where, "channels[2].port");
    T_EQ_INT(e.line, 2);
    done(&f);
}

/* What a hostile object can cost is bounded by the list's ceiling, and nothing is lost count of. */
static void many_findings(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 32 << 20);
    struct json_limits limits = json_default_limits;
    struct err_list errs;
    struct json *v = NULL;
    struct conf conf;
    struct err e;
    struct buf b;
    buf_init(&b, 4 << 20);
    buf_z(&b, "{\"name\":\"x\",\"rules\":[");
    for (unsigned i = 0; i < 20000; i++)
        buf_fmt(&b, "%s{\"ruels%u\":1}", i ? "," : "", i);
    buf_z(&b, "]}");
    T_OK(json_parse(buf_view(&b), &limits, a, &v, &e), &e);
    err_list_init(&errs, a, 10);
    const struct opt_read r = { .arena = a, .errs = &errs, .text = buf_view(&b) };
    T_EQ_INT(opt_decode(&conf_table, v, &r, &conf), RC_VALUE);
    T_EQ_SIZE(errs.n, 10);
    T_EQ_SIZE(errs.n_more, 40000 - 10);
    buf_done(&b);
    arena_free(&a);
}

static void without_memory(void **state)
{
    (void)state;
    struct str text =
        STR("{\"name\":1,\"tags\":[\"a\"],\"headers\":{\"a\":\"b\"},\"rules\":[{},{}],"
            "\"auth\":{\"type\":\"token\"},\"retry\":{\"x\":1}}");
    struct arena *doc = arena_new("doc", 0, 1 << 16);
    struct json *v = NULL;
    struct err e;
    T_OK(json_parse(text, &json_default_limits, doc, &v, &e), &e);
    size_t failures = 0;
    for (size_t limit = 256; limit < 8192; limit += 64) {
        struct arena *a = arena_new("test", 128, limit);
        struct err_list errs;
        struct conf conf;
        err_list_init(&errs, doc, 50);
        const struct opt_read r = { .arena = a, .errs = &errs, .text = text };
        enum rc rc = opt_decode(&conf_table, v, &r, &conf);
        T_TRUE(rc == RC_NOMEM || rc == RC_VALUE);
        failures += rc == RC_NOMEM;
        arena_free(&a);
    }
    T_TRUE(failures > 2 && failures < 100);
    arena_free(&doc);
}

static void tables(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    struct err e;
    T_OK(opt_check_table(&conf_table, a, &e), &e);
    static const struct opt_def bad_default[] = {
        { .name = "x",
          .kind = OPT_MS,
          .at = offsetof(struct retry, wait_ms),
          .dflt = "5 parsecs",
          .doc = "X." },
    };
    static const struct opt_def out_of_range[] = {
        { .name = "x",
          .kind = OPT_INT,
          .at = offsetof(struct retry, count),
          .dflt = "5",
          .max = 4,
          .doc = "X." },
    };
    static const struct opt_def twice[] = {
        { .name = "x", .kind = OPT_INT, .at = offsetof(struct retry, count), .doc = "X." },
        { .name = "x", .kind = OPT_INT, .at = offsetof(struct retry, count), .doc = "X." },
    };
    static const struct opt_def outside[] = {
        { .name = "x", .kind = OPT_STR, .at = sizeof(struct retry) - 8, .doc = "X." },
    };
    static const struct opt_def no_doc[] = {
        { .name = "x", .kind = OPT_INT, .at = offsetof(struct retry, count) },
    };
    static const struct opt_def no_names[] = {
        { .name = "x", .kind = OPT_ENUM, .at = 0, .doc = "X." },
    };
    static const struct opt_def no_table[] = {
        { .name = "x", .kind = OPT_OBJ, .at = 0, .doc = "X." },
    };
    static const struct {
        struct opt_table table;
        const char *text;
    } rows[] = {
        { OPT_TABLE("t", struct retry, bad_default, ""),
          "option table t: x has a default that cannot be read or is out of range" },
        { OPT_TABLE("t", struct retry, out_of_range, ""),
          "option table t: x has a default that cannot be read or is out of range" },
        { OPT_TABLE("t", struct retry, twice, ""), "option table t: x stands there twice" },
        { OPT_TABLE("t", struct retry, outside, ""), "option table t: x lies outside its struct" },
        { OPT_TABLE("t", struct retry, no_doc, ""), "option table t: x has no description" },
        { OPT_TABLE("t", struct retry, no_names, ""),
          "option table t: x needs names exactly if it is one of several" },
        { OPT_TABLE("t", struct retry, no_table, ""),
          "option table t: x needs a table exactly if it is an object or a list of them" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].text);
        T_EQ_INT(opt_check_table(&rows[i].table, a, &e), RC_BUG);
        T_EQ_Z(e.id, "OPT-090");
        T_EQ_Z(e.text, rows[i].text);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(defaults),      T_TEST(values),         T_TEST(quantities),
        T_TEST(secrets),       T_TEST(findings),       T_TEST(own_findings),
        T_TEST(many_findings), T_TEST(without_memory), T_TEST(tables),
    };
    return T_RUN(tests);
}
