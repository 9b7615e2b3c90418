/*
 * Configuration: what is right is worked out, what is wrong is named with its place and a hint.
 */
#include "config/config.h"

#include "base/file.h"
#include "tests/lib/t.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- two connectors that only have options -------------------------------------------------- */

struct in_conf {
    struct str listen;
    int64_t most;
};

static const struct opt_def in_opts[] = {
    { .name = "listen",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct in_conf, listen),
      .doc = "Where." },
    { .name = "most",
      .kind = OPT_INT,
      .at = offsetof(struct in_conf, most),
      .dflt = "7",
      .min = 1,
      .max = 9,
      .doc = "How many." },
};
static const struct opt_table in_table = OPT_TABLE("fake-in", struct in_conf, in_opts, "Fake.");

static const struct conn_type mllp_like = { .name = "mllp",
                                            .caps = CONN_RECEIVES | CONN_SENDS,
                                            .recv_opts = &in_table };
static const struct conn_type http_like = { .name = "http",
                                            .caps = CONN_RECEIVES | CONN_SENDS,
                                            .recv_opts = &in_table };

static const struct conn_type *connector(struct str scheme)
{
    if (str_eqz(scheme, "http") || str_eqz(scheme, "https"))
        return &http_like;
    return str_eqz(scheme, "mllp") ? &mllp_like : NULL;
}

static const char *lookup(void *ctx, const char *name)
{
    (void)ctx;
    if (strcmp(name, "ZARISH_PORT") == 0)
        return "4711";
    if (strcmp(name, "ZARISH_KEY") == 0)
        return "zsk_own";
    return strcmp(name, "ZARISH_KEY_IN") == 0 ? "s3cret" : NULL;
}

static const struct config_env env = { .connector = connector,
                                       .lookup_env = lookup,
                                       .resolve = true };

#define GOOD_INTEGRATION                                                                           \
    "integration: lab\n"                                                                           \
    "type: rest_api\n"                                                                             \
    "endpoints:\n"                                                                                 \
    "  - { name: in, url: \"http://127.0.0.1/x\", method: post }\n"                                \
    "---\n"

static struct arena *scratch;

static enum rc load(const char *text, struct config **cfg, struct err_list *found, struct err *e)
{
    err_list_init(found, scratch, 50);
    const struct config_text doc = { .text = str_z(text), .label = "c.yaml", .dir = "." };
    const struct config_sources src = { .texts = &doc, .n_texts = 1 };
    return config_load(&src, &env, cfg, found, e);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want; /* what the first line begins with */
    } rows[] = {
        { "unknown kind", "chanel: x\n",
          "c.yaml:1:9: this document is of no known kind (did you mean `channel`?) [CFG-003]" },
        { "unknown key with the nearest one",
          GOOD_INTEGRATION "channel: a\nsource: { type: hl7_v2, listen: \"mllp://h:1\" }\n"
                           "fliter: \"true\"\n",
          "c.yaml:8:1: fliter: " },
        { "wrong type of a value", "integration: [1]\ntype: rest_api\nendpoints: []\n",
          "c.yaml:1:1: integration: this must be a text, not a list [OPT-002]" },
        { "a URL that does not fit the type",
          "integration: a\ntype: hl7_v2\nendpoints: [ { url: \"http://h/\" } ]\n",
          "c.yaml:3:21: endpoints[0].url: this URL does not fit the integration's type" },
        { "a protocol this build has not",
          "integration: a\ntype: hl7_v2\nendpoints: [ { url: \"mllps://h:1\" } ]\n",
          "c.yaml:3:21: endpoints[0].url: this protocol is not available in this build" },
        { "a destination whose protocol this build has not",
          "integration: a\ntype: websocket\nendpoints: [ { url: \"wss://h/\" } ]\n---\n"
          "channel: c\nsource: { type: hl7_v2, listen: \"mllp://h:1\" }\n"
          "destinations: [ { to: a } ]\n",
          "c.yaml:7:23: destinations[0].to: the protocol of this endpoint is not available in this "
          "build" },
        { "HTTP without a method",
          "integration: a\ntype: rest_api\nendpoints:\n  - url: \"http://h/\"\n",
          "c.yaml:4:5: endpoints[0].method: HTTP method is required" },
        { "two of one name", GOOD_INTEGRATION GOOD_INTEGRATION,
          "c.yaml:6:14: integration: there are two integrations of this name" },
        { "a destination that is nowhere",
          GOOD_INTEGRATION "channel: a\nsource: { type: hl7_v2, listen: \"mllp://h:1\" }\n"
                           "destinations:\n  - { to: lab/on }\n",
          "c.yaml:9:11: destinations[0].to: there is no such endpoint, or its integration has "
          "errors (did you mean `lab/in`?) [CFG-018]" },
        { "a source without a type", "channel: a\nsource: { listen: \"mllp://h:1\" }\n",
          "c.yaml:2:9: source.type: the source needs a type" },
        { "a connector's own option out of range",
          "channel: a\nsource: { type: hl7_v2, listen: \"mllp://h:1\", most: 10 }\n",
          "c.yaml:2:47: source.most: " },
        { "an expression that is none",
          "channel: a\nsource: { type: hl7_v2, listen: \"mllp://h:1\" }\nfilter: \"1 +\"\n",
          "c.yaml:3:9: filter: " },
        { "a mapping that is not there",
          "integration: a\ntype: rest_api\nendpoints:\n"
          "  - { url: \"http://h/\", method: GET, dataMapping: gone }\n",
          "c.yaml:4:51: endpoints[0].dataMapping: there is no mapping of this name" },
        { "a secret in clear",
          "integration: a\ntype: rest_api\nauthentication: { type: api_key, key: abc }\n"
          "endpoints: [ { url: \"http://h/\", method: GET } ]\n",
          "c.yaml:3:34: authentication.key: " },
        { "a variable that is not ours", "engine: \"${env:HOME:-x}\"\n",
          "c.yaml:1:9: only variables named ZARISH_" },
        { "a network that is none", "engine: e\noutbound: { deny: [ 10.0.0.0/8, 10.0.0.1/8 ] }\n",
          "c.yaml:2:33: outbound.deny[1]: " },
        { "a name that a path cannot hold: a table's", "table: a/b\nrows: { F: f }\n",
          "c.yaml:1:8: table: a name has no / { } $ and no control characters" },
        { "a mapping's", "mapping: \"a\\nb\"\nfrom: json\nto: json\nrules: []\n",
          "c.yaml:1:10: mapping: a name has no / { } $ and no control characters" },
        { "a variable is no name",
          "integration: \"${env:ZARISH_NONE:-a}\"\ntype: rest_api\n"
          "endpoints: [ { url: \"http://h/\", method: GET } ]\n",
          "c.yaml:1:14: integration: a name has no / { } $ and no control characters" },
        { "nor a channel's",
          "channel: \"${env:ZARISH_PORT:-a}\"\nsource: { type: hl7_v2, listen: \"mllp://h:1\" }\n",
          "c.yaml:1:10: channel: a name has no / { } $ and no control characters" },
        { "not YAML", "a: [1\n", "c.yaml:" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct err_list found;
        struct config *cfg = NULL;
        struct err e;
        T_EQ_INT(load(rows[i].text, &cfg, &found, &e), RC_VALUE);
        T_TRUE(cfg == NULL);
        struct buf b;
        buf_init_arena(&b, scratch, 65536);
        err_list_print(&found, &b);
        T_EQ_BYTES(str_sub(buf_view(&b), 0, strlen(rows[i].want)), str_z(rows[i].want));
    }
}

static void what_is_right_is_worked_out(void **state)
{
    (void)state;
    static const char text[] =
        "engine: e\nlisten: \"127.0.0.1:${env:ZARISH_PORT:-1}\"\n---\n"
        "table: sex\nrows: { F: female }\n---\n"
        "mapping: m\nfrom: hl7v2\nto: json\nrules: [ { to: id, from: PID-3.1 } ]\n---\n"
        "channel: ch\n"
        "source: { type: hl7_v2, listen: \"mllp://127.0.0.1:${env:ZARISH_NONE:-2575}\" }\n"
        "filter: \"`MSH-9.1` = 'ADT'\"\n"
        "destinations:\n"
        "  - { to: lab, when: \"`PV1-2` != 'T'\", order: \"`PID-3.1`\", maxAge: 0 }\n---\n"
        "integration: lab\ntype: rest_api\n"
        "authentication: { type: api_key, key: \"${env:ZARISH_KEY_IN}\" }\n"
        "endpoints:\n"
        "  - { url: \"http://h/\", method: post, retries: 0, dataMapping: m, headers: { A: b } }\n";
    struct err_list found;
    struct config *cfg = NULL;
    struct err e;
    T_OK(load(text, &cfg, &found, &e), &e);
    T_EQ_STR(cfg->engine.listen, "127.0.0.1:4711");
    T_EQ_SIZE(cfg->n_channels, 1);
    T_EQ_SIZE(cfg->n_units, 5);
    const struct config_channel *ch = config_channel(cfg, STR("ch"));
    const struct in_conf *in = ch->source_conf;
    T_EQ_STR(in->listen, "mllp://127.0.0.1:2575");
    T_EQ_INT(in->most, 7);
    T_EQ_INT(ch->ack, ACK_STORED);
    T_EQ_INT(ch->validate->profile, PROFILE_TOLERANT);
    T_TRUE(ch->filter != NULL);
    const struct config_dest *d = &ch->dests[0];
    T_EQ_Z(d->lane, "ch/lab/rest_api_1");
    T_EQ_SIZE(d->max_age_ms, 0);
    T_EQ_INT(d->uncertain, UNCERTAIN_HOLD);
    T_EQ_SIZE(d->backoff->first_ms, 1000);
    T_TRUE(d->when && d->order && d->map);
    const struct config_endpoint *ep = d->endpoint;
    T_EQ_INT(ep->retries, 0);
    T_EQ_SIZE(ep->timeout_ms, 30000);
    T_EQ_STR(ep->conn.method, "POST");
    T_EQ_SIZE(ep->conn.n_headers, 1);
    T_EQ_STR(ep->integration->cred.api_key.header_name, "X-API-Key");
    T_EQ_STR(ep->integration->cred.api_key.key, "s3cret");
    config_unref(&cfg);
    T_TRUE(cfg == NULL);
}

static void the_command_lines_key_is_no_variable(void **state)
{
    (void)state;
    struct err_list found;
    struct config *cfg = NULL;
    struct err e;
    T_OK(load("engine: \"${env:ZARISH_KEY:-none}\"\n", &cfg, &found, &e), &e);
    T_EQ_STR(cfg->engine.name, "none");
    config_unref(&cfg);
}

static void where_connections_may_go(void **state)
{
    (void)state;
    struct err_list found;
    struct config *cfg = NULL;
    struct err e;
    T_OK(load("engine: e\noutbound: { allow: [ 10.0.0.0/8, \"::1\" ] }\n", &cfg, &found, &e), &e);
    const struct config_outbound *o = cfg->engine.outbound;
    T_TRUE(o != NULL);
    T_EQ_SIZE(o->allow.n, 2);
    T_EQ_STR(o->allow.v[1], "::1");
    T_EQ_SIZE(o->deny.n, 0);
    config_unref(&cfg);
    T_OK(load("engine: e\n", &cfg, &found, &e), &e);
    T_TRUE(cfg->engine.outbound == NULL);
    config_unref(&cfg);
}

static void a_directory_is_read_in_order_and_files_are_named(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    t_write(t_path(dir, "b.yaml"), STR("engine: second\n"));
    t_write(t_path(dir, "a.json"), STR("{\"engine\": \"first\"}"));
    t_write(t_path(dir, "notes.txt"), STR("not read"));
    struct err_list found;
    struct config *cfg = NULL;
    struct err e;
    err_list_init(&found, scratch, 50);
    const struct config_sources all = { .paths = &dir, .n_paths = 1 };
    T_EQ_INT(config_load(&all, &env, &cfg, &found, &e), RC_VALUE);
    T_EQ_SIZE(found.n, 1);
    T_TRUE(str_ends(str_z(found.v[0].file), STR("/b.yaml")));
    T_EQ_Z(found.v[0].id, "CFG-004");
    const char *gone = t_path(dir, "gone.yaml");
    err_list_init(&found, scratch, 50);
    const struct config_sources none = { .paths = &gone, .n_paths = 1 };
    T_EQ_INT(config_load(&none, &env, &cfg, &found, &e), RC_IO);
    T_EQ_Z(e.id, "CFG-001");
}

static void a_secret_stays_below_its_directory(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    t_write(t_path(dir, "key"), STR("from-file\n"));
    static const struct {
        const char *name, *ref, *id;
    } rows[] = { { "beside", "${file:key}", NULL },
                 { "above", "${file:../key}", "BASE-035" },
                 { "absolute", "${file:/etc/hostname}", "BASE-035" },
                 { "not there", "${file:nokey}", "BASE-030" },
                 { "not set", "${env:ZARISH_NONE}", "CFG-021" },
                 { "not ours", "${env:HOME}", "OPT-007" },
                 { "the command line's", "${env:ZARISH_KEY}", "CFG-041" },
                 { "vault", "${secret:x}", "CFG-022" } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct buf b;
        buf_init_arena(&b, scratch, 4096);
        buf_fmt(&b,
                "integration: a\ntype: rest_api\nauthentication: { type: api_key, key: \"%s\" }\n"
                "endpoints: [ { url: \"http://h/\", method: GET } ]\n",
                rows[i].ref);
        const char *path = t_path(dir, "c.yaml");
        t_write(path, buf_view(&b));
        struct err_list found;
        struct config *cfg = NULL;
        struct err e;
        err_list_init(&found, scratch, 50);
        const struct config_sources src = { .paths = &path, .n_paths = 1 };
        enum rc rc = config_load(&src, &env, &cfg, &found, &e);
        if (!rows[i].id) {
            T_OK(rc, &e);
            T_EQ_STR(cfg->integrations[0]->cred.api_key.key, "from-file");
            config_unref(&cfg);
            continue;
        }
        T_EQ_INT(rc, RC_VALUE);
        T_EQ_Z(found.v[0].id, rows[i].id);
    }
}

static void the_data_directory_is_not_for_documents(void **state)
{
    (void)state;
    char real[PATH_MAX];
    const char *dir = t_tmpdir();
    T_TRUE(realpath(dir, real) != NULL);
    T_EQ_INT(mkdir(t_path(dir, "data"), 0700), 0);
    T_EQ_INT(mkdir(t_path(dir, "data2"), 0700), 0);
    t_write(t_path(dir, "data/key"), STR("the engine's"));
    t_write(t_path(dir, "data2/key"), STR("anybody's"));
    T_EQ_INT(symlink("data/key", t_path(dir, "link")), 0);
    struct config_env kept = env;
    kept.keep_out = t_path(real, "data");
    static const struct {
        const char *name, *text;
        bool refused;
    } rows[] = {
        { "its file", "${file:data/key}", true },
        { "by another name", "${file:link}", true },
        { "a directory that begins like it", "${file:data2/key}", false },
    };
    const char *path = t_path(dir, "c.yaml");
    for (size_t i = 0; i < ZS_COUNT(rows) + 1; i++) {
        bool is_table = i == ZS_COUNT(rows);
        struct buf b;
        buf_init_arena(&b, scratch, 4096);
        if (is_table)
            buf_z(&b, "table: t\nfile: data/key\n");
        else
            buf_fmt(&b,
                    "integration: a\ntype: rest_api\nauthentication: { type: api_key, key: "
                    "\"%s\" }\nendpoints: [ { url: \"http://h/\", method: GET } ]\n",
                    rows[i].text);
        T_ROW(is_table ? "a table" : rows[i].name);
        t_write(path, buf_view(&b));
        struct err_list found;
        struct config *cfg = NULL;
        struct err e;
        err_list_init(&found, scratch, 50);
        const struct config_sources src = { .paths = &path, .n_paths = 1 };
        enum rc rc = config_load(&src, &kept, &cfg, &found, &e);
        if (is_table || rows[i].refused) {
            T_EQ_INT(rc, RC_VALUE);
            T_TRUE(str_find(found.v[0].text, STR("files of the data directory cannot be named"),
                            0) != SIZE_MAX);
            continue;
        }
        T_OK(rc, &e);
        T_EQ_STR(cfg->integrations[0]->cred.api_key.key, "anybody's");
        config_unref(&cfg);
    }
}

static void tables_are_sound(void **state)
{
    (void)state;
    struct err e;
    for (size_t i = 0; i < config_n_tables; i++)
        T_OK(opt_check_table(config_tables[i], scratch, &e), &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_is_wrong_is_named),
        T_TEST(what_is_right_is_worked_out),
        T_TEST(the_command_lines_key_is_no_variable),
        T_TEST(where_connections_may_go),
        T_TEST(a_directory_is_read_in_order_and_files_are_named),
        T_TEST(a_secret_stays_below_its_directory),
        T_TEST(the_data_directory_is_not_for_documents),
        T_TEST(tables_are_sound),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int status = T_RUN(tests);
    arena_free(&scratch);
    return status;
}
