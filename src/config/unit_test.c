/*
 * Units and snapshots: what is as it was is taken over, and only that; what nobody holds is gone.
 */
#include "base/alloc.h"
#include "base/thread.h"
#include "config/config_int.h"
#include "tests/lib/t.h"

/* ---- the world around: changed by tests ---------------------------------------------------- */

struct world {
    const char *port, *secret, *id;
};

static const char *lookup(void *ctx, const char *name)
{
    const struct world *w = ctx;
    return strcmp(name, "ZARISH_PORT") == 0 ? w->port : NULL;
}

static enum rc secret(void *ctx, struct str name, struct arena *a, struct str *out, struct err *e)
{
    const struct world *w = ctx;
    if (!w->secret || !str_eqz(name, "a key"))
        return err_set(e, RC_MISSING, "STORE-044", "there is no such secret");
    *out = arena_str(a, str_z(w->secret));
    return RC_OK;
}

static enum rc id_of(void *ctx, struct str name, struct arena *a, struct str *out)
{
    const struct world *w = ctx;
    if (!w->id || !str_eqz(name, "lab"))
        return RC_MISSING;
    *out = arena_str(a, str_z(w->id));
    return RC_OK;
}

static const struct conn_type *connector(struct str scheme)
{
    static const struct opt_def opts[] = {
        { .name = "listen", .kind = OPT_STR, .at = 0, .doc = "Where." },
    };
    static const struct opt_table table = { "fake", "", opts, 1, sizeof(struct str) };
    static const struct conn_type any = { .name = "any",
                                          .caps = CONN_RECEIVES | CONN_SENDS,
                                          .recv_opts = &table };
    (void)scheme; /* all are the same */
    return &any;
}

static struct arena *scratch;

static struct config_env env_of(struct world *w)
{
    return (struct config_env){ .connector = connector,
                                .lookup_env = lookup,
                                .secret = secret,
                                .id_of = id_of,
                                .ctx = w,
                                .resolve = true };
}

#define TABLE "table: sex\nrows: { F: female }\n---\n"
#define MAPPING                                                                                    \
    "mapping: m\nfrom: hl7v2\nto: json\nrules: [ { to: s, from: PID-8, lookup: sex } ]\n---\n"
#define LAB                                                                                        \
    "integration: lab\ntype: rest_api\nauthentication: { type: api_key, key: \"${secret:a key}\" " \
    "}\n"                                                                                          \
    "endpoints: [ { name: in, url: \"http://h:${env:ZARISH_PORT:-1}/\", method: POST, "            \
    "dataMapping: m } ]\n---\n"
#define OTHER                                                                                      \
    "integration: other\ntype: rest_api\nendpoints: [ { url: \"http://o/\", method: GET } "        \
    "]\n---\n"
#define TO_LAB                                                                                     \
    "channel: to-lab\nsource: { type: hl7_v2, listen: \"mllp://h:1\" }\ndestinations: [ { to: "    \
    "lab } ]\n---\n"
#define TO_OTHER                                                                                   \
    "channel: to-other\nsource: { type: rest_api, listen: \"http://h:2\" }\ndestinations: [ { "    \
    "to: other } ]\n---\n"
#define ALL "engine: e\n---\n" TABLE MAPPING LAB OTHER TO_LAB TO_OTHER

static struct config *load_with(struct world *w, struct config *previous, const char *text)
{
    const struct config_env env = env_of(w);
    const struct config_text doc = { .text = str_z(text), .label = "c.yaml", .dir = "." };
    const struct config_sources src = { .texts = &doc, .n_texts = 1, .previous = previous };
    struct config *c = NULL;
    struct err_list found;
    struct err e;
    err_list_init(&found, scratch, 20);
    enum rc rc = config_load(&src, &env, &c, &found, &e);
    if (rc == RC_VALUE && found.n > 0)
        T_FAIL("%.*s", STR_ARG(found.v[0].text));
    T_OK(rc, &e);
    return c;
}

/* The units of `now` that are not those of `before`, by name, in working order. */
static const char *changed(const struct config *before, const struct config *now)
{
    struct buf b;
    buf_init_arena(&b, scratch, 4096);
    for (size_t i = 0; i < now->n_units; i++) {
        const struct unit *was = unit_find(before, now->units[i]->kind, now->units[i]->name);
        if (was && &was->pub == now->units[i])
            continue;
        if (b.n > 0)
            buf_char(&b, ' ');
        buf_str(&b, now->units[i]->name);
    }
    return buf_cstr(&b);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void units_stand_in_working_order(void **state)
{
    (void)state;
    static const char *const names[] = { "e", "sex", "m", "lab", "other", "to-lab", "to-other" };
    struct world w = { .secret = "s" };
    struct config *c = load_with(&w, NULL, TO_OTHER TO_LAB OTHER LAB MAPPING TABLE "engine: e\n");
    T_EQ_SIZE(c->n_units, ZS_COUNT(names));
    for (size_t i = 0; i < c->n_units; i++)
        T_EQ_STR(c->units[i]->name, names[i]);
    T_EQ_STR(c->channels[0]->name, "to-lab");
    T_EQ_STR(c->integrations[1]->name, "other");
    T_EQ_STR(c->units[6]->origin, "file");
    T_EQ_Z(c->units[6]->file, "c.yaml");
    T_TRUE(c->units[6]->made.channel == c->channels[1] && c->channels[1]->unit == c->units[6]);
    T_EQ_SIZE(strlen(c->units[6]->hash), 64);
    /* as written: the variable is a reference still */
    const struct json *ep = json_at(json_getz(c->integrations[0]->doc, "endpoints"), 0);
    T_EQ_STR(json_text(json_getz(ep, "url")), "http://h:${env:ZARISH_PORT:-1}/");
    T_EQ_STR(c->integrations[0]->endpoints[0].url, "http://h:1/");
    config_unref(&c);
}

static void what_is_as_it_was_is_taken_over(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        struct world w;
        const char *changed;
    } rows[] = {
        { "nothing", ALL, { .secret = "s" }, "" },
        { "documents in another order",
          TO_OTHER OTHER LAB TO_LAB MAPPING TABLE "engine: e\n",
          { .secret = "s" },
          "" },
        { "a channel",
          TABLE MAPPING LAB OTHER TO_LAB
          "channel: to-other\ndescription: x\n"
          "source: { type: rest_api, listen: \"http://h:2\" }\n---\nengine: e\n",
          { .secret = "s" },
          "to-other" },
        { "an integration, and what uses it",
          "engine: e\n---\n" TABLE MAPPING LAB TO_LAB TO_OTHER
          "integration: other\ntype: rest_api\nendpoints: [ { url: \"http://p/\", method: GET } "
          "]\n",
          { .secret = "s" },
          "other to-other" },
        { "a table, and all above it",
          "engine: e\n---\n" MAPPING LAB OTHER TO_LAB TO_OTHER "table: sex\nrows: { F: woman }\n",
          { .secret = "s" },
          "sex m lab to-lab" },
        { "a variable", ALL, { .port = "2", .secret = "s" }, "lab to-lab" },
        { "a secret", ALL, { .secret = "another" }, "lab to-lab" },
        { "an id", ALL, { .secret = "s", .id = "0-1" }, "lab to-lab" },
        { "one more",
          ALL "channel: z\nsource: { type: rest_api, listen: \"http://h:3\" }\n",
          { .secret = "s" },
          "z" },
        { "one less", "engine: e\n---\n" TABLE MAPPING LAB TO_LAB, { .secret = "s" }, "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct world first = { .secret = "s" }, then = rows[i].w;
        T_ROW(rows[i].name);
        struct config *before = load_with(&first, NULL, ALL);
        struct config *now = load_with(&then, before, rows[i].text);
        T_EQ_Z(changed(before, now), rows[i].changed);
        /* the same units, compiled to the same objects */
        const struct config_channel *was = config_channel(before, STR("to-lab"));
        bool same = str_find(str_z(rows[i].changed), STR("to-lab"), 0) == SIZE_MAX;
        T_EQ_INT(was == config_channel(now, STR("to-lab")), same);
        T_TRUE(config_channel(now, STR("to-lab"))->dests[0].endpoint ==
               &config_integration(now, STR("lab"))->endpoints[0]);
        config_unref(&before);
        config_unref(&now);
    }
}

static void a_secrets_file_is_looked_at_again(void **state)
{
    (void)state;
    const char *dir = t_tmpdir(), *path = t_path(dir, "c.yaml");
    struct world w = { 0 };
    const struct config_env env = env_of(&w);
    struct config *c[3] = { NULL };
    t_write(path, STR("integration: lab\ntype: rest_api\n"
                      "endpoints: [ { url: \"http://h/\", method: GET, headers: { X-Token: "
                      "\"T ${file:key}\" } } ]\n---\n" OTHER));
    for (size_t i = 0; i < 3; i++) {
        const struct config_sources src = { .paths = &path,
                                            .n_paths = 1,
                                            .previous = i > 0 ? c[i - 1] : NULL };
        struct err_list found;
        struct err e;
        err_list_init(&found, scratch, 20);
        t_write(t_path(dir, "key"), i < 2 ? STR("one\n") : STR("two\n"));
        T_OK(config_load(&src, &env, &c[i], &found, &e), &e);
    }
    T_EQ_Z(changed(c[0], c[1]), "");
    T_EQ_Z(changed(c[1], c[2]), "lab");
    T_EQ_STR(c[1]->integrations[0]->endpoints[0].conn.headers[0].value, "T one");
    T_EQ_STR(c[2]->integrations[0]->endpoints[0].conn.headers[0].value, "T two");
    for (size_t i = 0; i < 3; i++)
        config_unref(&c[i]);
}

/* Every snapshot holds its units: one that was forgotten would be seen in their counts. */
static void a_thousand_changes_leave_nothing_behind(void **state)
{
    (void)state;
    struct world w = { .secret = "s" };
    struct config *c = load_with(&w, NULL, ALL);
    const struct config_unit *other = config_integration(c, STR("other"))->unit;
    for (int i = 0; i < 1000; i++) {
        struct arena_mark mark = arena_mark(scratch);
        struct buf b;
        buf_init_arena(&b, scratch, 65536);
        buf_fmt(&b, TABLE MAPPING LAB OTHER TO_LAB TO_OTHER "engine: e%d\n---\n", i);
        buf_fmt(&b,
                "channel: x\ndescription: \"%d\"\n"
                "source: { type: rest_api, listen: \"http://h:2\" }\n"
                "destinations: [ { to: other } ]\n",
                i);
        struct config *next = load_with(&w, c, buf_cstr(&b));
        T_TRUE(config_integration(next, STR("other"))->unit == other);
        T_TRUE(config_channel(next, STR("x")) != config_channel(c, STR("x")));
        config_unref(&c);
        c = next;
        arena_rewind(scratch, mark);
    }
    T_EQ_SIZE(atomic_load(&unit_of(other)->life->refs), 3); /* the snapshot, to-other, x */
    T_EQ_SIZE(atomic_load(&unit_of(config_channel(c, STR("x"))->unit)->life->refs), 1);
    T_EQ_SIZE(atomic_load(&snapshot_of(c)->refs), 1);
    config_unref(&c);
    T_TRUE(c == NULL);
}

static void a_unit_outlives_its_snapshot(void **state)
{
    (void)state;
    struct world w = { .secret = "s3cret" };
    struct config *c = load_with(&w, NULL, ALL);
    const struct config_unit *u = config_unit_ref(config_channel(c, STR("to-lab"))->unit);
    config_unref(&c);
    /* with all it uses: endpoint, credential, mapping and the mapping's table */
    const struct config_endpoint *ep = u->made.channel->dests[0].endpoint;
    T_EQ_STR(ep->integration->cred.api_key.key, "s3cret");
    T_EQ_STR(map_name(ep->map), "m");
    config_unit_unref(&u);
    T_TRUE(u == NULL);
    config_unit_unref(&u);
}

static void other_views_take_nothing_over(void **state)
{
    (void)state;
    struct world w = { .secret = "s" };
    struct config_env env = env_of(&w);
    const struct config_text doc = { .text = STR(ALL), .label = "c.yaml", .dir = "." };
    struct config_sources src = { .texts = &doc, .n_texts = 1 };
    struct config *checked = NULL;
    struct err_list found;
    struct err e;
    err_list_init(&found, scratch, 20);
    env.resolve = false;
    T_OK(config_load(&src, &env, &checked, &found, &e), &e);
    T_EQ_SIZE(checked->integrations[0]->cred.api_key.key.n, 0);
    struct config *c = load_with(&w, checked, ALL);
    T_EQ_STR(c->integrations[0]->cred.api_key.key, "s");
    config_unref(&checked);
    config_unref(&c);
}

/* ---- threads ------------------------------------------------------------------------------ */

static void hold_and_let_go(void *ctx)
{
    struct config *c = ctx;
    for (size_t i = 0; i < 2000; i++) {
        struct config *mine = config_ref(c);
        const struct config_unit *u = config_unit_ref(mine->units[i % mine->n_units]);
        config_unref(&mine);
        config_unit_unref(&u);
    }
    config_unref(&c);
}

static void any_thread_may_hold(void **state)
{
    (void)state;
    struct world w = { .secret = "s" };
    struct config *c = load_with(&w, NULL, ALL);
    struct thread threads[4] = { 0 };
    struct err e;
    for (size_t i = 0; i < ZS_COUNT(threads); i++)
        T_OK(thread_start(&threads[i], "hold", hold_and_let_go, config_ref(c), &e), &e);
    config_unref(&c); /* the last thread frees */
    for (size_t i = 0; i < ZS_COUNT(threads); i++)
        thread_join(&threads[i]);
}

/* ---- no memory ---------------------------------------------------------------------------- */

static size_t walk(struct world *w, struct config *previous)
{
    const struct config_env env = env_of(w);
    const struct config_text doc = { .text = STR(ALL), .label = "c.yaml", .dir = "." };
    const struct config_sources src = { .texts = &doc, .n_texts = 1, .previous = previous };
    bool failed = true;
    size_t k = 0;
    while (failed) {
        struct arena *a = arena_new("findings", 65536, 1 << 20);
        struct config *c = NULL;
        struct err_list found;
        struct err e;
        err_list_init(&found, a, 20);
        mem_fail_at(++k);
        enum rc rc = config_load(&src, &env, &c, &found, &e);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_EQ_INT(rc == RC_OK, c != NULL);
        T_TRUE(failed || rc == RC_OK);
        config_unref(&c);
        arena_free(&a);
    }
    return k;
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    struct world w = { .secret = "s", .id = "0-1" };
    struct config *before = load_with(&w, NULL, ALL);
    T_TRUE(walk(&w, NULL) > 10);
    T_TRUE(walk(&w, before) > 2);
    w.id = "0-2";
    T_TRUE(walk(&w, before) > 5);
    config_unref(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(units_stand_in_working_order),
        T_TEST(what_is_as_it_was_is_taken_over),
        T_TEST(a_secrets_file_is_looked_at_again),
        T_TEST(a_thousand_changes_leave_nothing_behind),
        T_TEST(a_unit_outlives_its_snapshot),
        T_TEST(other_views_take_nothing_over),
        T_TEST(any_thread_may_hold),
        T_TEST(memory_may_end_anywhere),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int status = T_RUN(tests);
    arena_free(&scratch);
    return status;
}
