/*
 * Life of integrations and channels while the engine runs: tests and health, pauses over a restart,
 * probes by themselves, objects put and deleted, turns, the stop.
 */
#include "manage/rig.h"

#define LAB(host)                                                                                  \
    "{\"name\":\"lab\",\"type\":\"rest_api\",\"endpoints\":["                                      \
    "{\"name\":\"in\",\"url\":\"http://" host "/in\",\"method\":\"POST\"},"                        \
    "{\"name\":\"out\",\"url\":\"http://up/out\",\"method\":\"GET\"}]}"
#define FILE_LAB(host)                                                                             \
    "engine: t\n---\nintegration: lab\ntype: rest_api\nendpoints:\n"                               \
    "  - { name: in, url: \"http://" host "/in\", method: POST }\n"
#define CHANNEL                                                                                    \
    "{\"source\":{\"type\":\"rest_api\",\"listen\":\"http://a\"},"                                 \
    "\"destinations\":[{\"to\":\"lab/in\"}]}"

static struct manage_op *on(struct rig *r, enum manage_verb verb, const char *name)
{
    return rig_do(r, &(struct rig_op){ .verb = verb, .kind = "integration", .name = name });
}

static struct manage_op *init(struct rig *r, const char *doc)
{
    return rig_do(r, &(struct rig_op){ .verb = MANAGE_INIT, .doc = doc });
}

static struct manage_op *put(struct rig *r, const char *kind, const char *name, const char *doc,
                             uint64_t seen)
{
    return rig_do(r,
                  &(struct rig_op){
                      .verb = MANAGE_PUT, .kind = kind, .name = name, .doc = doc, .seen = seen });
}

static struct manage_op *delete (struct rig *r, const char *kind, const char *name)
{
    return rig_do(r, &(struct rig_op){ .verb = MANAGE_DELETE, .kind = kind, .name = name });
}

static void tests_and_health_say_what_the_guide_says(void **state)
{
    (void)state;
    static const struct {
        const char *path, *want;
    } test[] = {
        { "success", "false" },
        { "error", "in: HTTP 503: Service Unavailable" },
        { "overall",
          "{\"success\":false,\"totalEndpoints\":2,\"successfulEndpoints\":1,"
          "\"failedEndpoints\":1}" },
        { "endpoints[0].url", "http://sick/in" },
        { "endpoints[0].method", "POST" },
        { "endpoints[0].success", "false" },
        { "endpoints[0].statusCode", "503" },
        { "endpoints[0].responseTime", "7" },
        { "endpoints[0].error", "HTTP 503: Service Unavailable" },
        { "endpoints[0].probe", "HEAD" },
        { "endpoints[1].error", "null" },
    }, health[] = {
        { "status", "degraded" },
        { "metrics",
          "{\"totalEndpoints\":2,\"healthyEndpoints\":1,\"unhealthyEndpoints\":1,"
          "\"averageResponseTime\":7}" },
        { "endpoints[1].success", "true" },
    };
    struct rig *r = rig_new("engine: t\n");
    struct str id = rig_at(r, init(r, LAB("sick"))->answer, "id");
    struct manage_op *op = on(r, MANAGE_TEST, "lab");
    T_OK(op->rc, &op->err);
    for (size_t i = 0; i < ZS_COUNT(test); i++) {
        T_ROW(test[i].path);
        RIG_AT(r, op->answer, test[i].path, test[i].want);
    }
    T_EQ_BYTES(rig_at(r, op->answer, "integrationId"), id);
    op = on(r, MANAGE_HEALTH, arena_z(r->arena, id));
    T_OK(op->rc, &op->err);
    for (size_t i = 0; i < ZS_COUNT(health); i++) {
        T_ROW(health[i].path);
        RIG_AT(r, op->answer, health[i].path, health[i].want);
    }
    op = rig_do(r,
                &(struct rig_op){ .verb = MANAGE_TEST_ENDPOINT, .name = "lab", .endpoint = "out" });
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "success", "true");
    RIG_AT(r, op->answer, "statusCode", "200");
    op = rig_do(
        r, &(struct rig_op){ .verb = MANAGE_TEST_ENDPOINT, .name = "lab", .endpoint = "none" });
    T_EQ_Z(op->err.text, "Endpoint not found: none");
    T_EQ_Z(on(r, MANAGE_HEALTH, "ward")->err.text, "Integration not found: ward");
    rig_free(r);
}

/* What stands in for a variable may be a secret, and who may only read sees these. */
static void urls_are_shown_as_they_are_written(void **state)
{
    (void)state;
    static const char url[] = "http://up/${env:ZARISH_T:-x}";
    static const char doc[] =
        "{\"name\":\"lab\",\"type\":\"rest_api\",\"endpoints\":[{\"name\":"
        "\"in\",\"url\":\"http://up/${env:ZARISH_T:-x}\",\"method\":\"GET\"}]}";
    struct rig *r = rig_new("engine: t\n");
    struct manage_op *op = init(r, doc);
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "connectivity.endpoints[0].url", url);
    RIG_AT(r, op->answer, "endpoints[0].url", url);
    RIG_AT(r, on(r, MANAGE_TEST, "lab")->answer, "endpoints[0].url", url);
    RIG_AT(r, on(r, MANAGE_HEALTH, "lab")->answer, "endpoints[0].url", url);
    op = rig_do(r,
                &(struct rig_op){ .verb = MANAGE_TEST_ENDPOINT, .name = "lab", .endpoint = "in" });
    RIG_AT(r, op->answer, "url", url);
    rig_free(r);
}

static void health_has_four_words(void **state)
{
    (void)state;
    static const struct {
        const char *doc, *status;
    } rows[] = {
        { LAB("up"), "healthy" },
        { LAB("sick"), "degraded" },
        { "{\"name\":\"lab\",\"type\":\"rest_api\",\"endpoints\":[{\"url\":\"http://sick/\","
          "\"method\":\"GET\"}]}",
          "unhealthy" },
        { "{\"name\":\"lab\",\"type\":\"fax\"}", "error" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].status);
        struct rig *r = rig_new("engine: t\n");
        (void)init(r, rows[i].doc);
        struct manage_op *op = on(r, MANAGE_HEALTH, "lab");
        T_OK(op->rc, &op->err);
        RIG_AT(r, op->answer, "status", rows[i].status);
        rig_free(r);
    }
}

static void what_files_define_is_initialized_in_the_background(void **state)
{
    (void)state;
    struct rig *r = rig_new(FILE_LAB("up"));
    rig_wait(r, "lab", "active");
    T_EQ_STR(rig_act(r, 0), "engine integration.activate integration/lab");
    size_t n = atomic_load(&r->n_probes);
    rig_stop(r);
    rig_start(r); /* active stays active, without a probe */
    rig_wait(r, "lab", "active");
    T_EQ_SIZE(atomic_load(&r->n_probes), n);
    rig_free(r);
}

static void a_failed_one_comes_back_by_itself(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    atomic_store(&r->peers_down, true);
    rig_stop(r);
    rig_write(r, FILE_LAB("down"));
    rig_start(r);
    rig_wait(r, "lab", "failed");
    T_EQ_STR(rig_act(r, 0), "engine integration.fail integration/lab");
    atomic_store(&r->peers_down, false);
    T_OK(on(r, MANAGE_TEST, "lab")->rc, NULL); /* it answers: nobody waits for the next probe */
    rig_wait(r, "lab", "active");
    rig_free(r);
}

static void pauses_outlive_a_restart(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    struct err e;
    T_OK(init(r, LAB("up"))->rc, NULL);
    T_OK(put(r, "channel", "c", CHANNEL, 0)->rc, NULL);
    struct manage_op *op = on(r, MANAGE_PAUSE, "lab");
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "status", "paused");
    T_EQ_STR(rig_act(r, 0), "tester integration.pause integration/lab");
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_PAUSE, .kind = "channel", .name = "c" });
    T_OK(op->rc, &op->err);
    T_EQ_STR(op->answer, "{\"name\":\"c\",\"wanted\":\"paused\"}");
    rig_stop(r);
    rig_start(r);
    rig_wait(r, "lab", "paused");
    struct roster *all = engine_roster(r->engine);
    struct channel *c = roster_find(all, STR("c"));
    T_TRUE(c != NULL);
    T_EQ_INT(atomic_load(&channel_figures(c)->state), CHANNEL_PAUSED);
    roster_unref(&all);
    struct config *cfg = engine_config(r->engine);
    struct link *k = NULL;
    const struct config_integration *lab = config_integration(cfg, STR("lab"));
    T_OK(links_get(engine_links(r->engine), &lab->endpoints[0], &k, &e), &e);
    T_TRUE(link_paused(k));
    op = on(r, MANAGE_RESUME, "lab");
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "status", "active");
    T_FALSE(link_paused(k));
    link_unref(&k);
    config_unref(&cfg);
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_RESUME, .kind = "channel", .name = "c" });
    T_OK(op->rc, &op->err);
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_PAUSE, .kind = "channel", .name = "x" });
    T_EQ_Z(op->err.id, "FLOW-010");
    rig_free(r);
}

static void objects_are_put_by_version_and_not_removed_while_used(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    struct manage_op *op = NULL;
    op = put(r, "mapping", "m",
             "{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"b\",\"value\":1}]}",
             MANAGE_NEW);
    T_OK(op->rc, &op->err);
    T_TRUE(op->created);
    T_EQ_SIZE(op->version, 1);
    RIG_AT(r, op->answer, "origin", "api");
    RIG_AT(r, op->answer, "document.from", "json");
    op = put(r, "mapping", "m",
             "{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"b\",\"value\":1}]}",
             MANAGE_NEW);
    T_EQ_Z(op->err.id, "MNG-006");
    op = put(r, "mapping", "m",
             "{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"a\",\"value\":1}]}", 7);
    T_EQ_Z(op->err.id, "MNG-006");
    op = put(r, "mapping", "m",
             "{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"a\",\"value\":1}]}", 1);
    T_OK(op->rc, &op->err);
    T_EQ_SIZE(op->version, 2);
    T_FALSE(op->created);
    op = put(r, "mapping", "m", "{\"from\":\"json\",\"tu\":\"json\"}", 0);
    T_EQ_INT(op->rc, RC_VALUE);
    RIG_AT(r, op->answer, "[0].code", "OPT-001");
    T_OK(init(r, LAB("up"))->rc, NULL);
    op = put(r, "channel", "c", CHANNEL, 0);
    T_OK(op->rc, &op->err);
    op = delete (r, "integration", "lab");
    T_EQ_Z(op->err.id, "MNG-004");
    T_EQ_Z(op->err.text, "it is used by channel/c (destinations[0].to)");
    T_OK(delete (r, "channel", "c")->rc, NULL);
    T_OK(delete (r, "integration", "lab")->rc, NULL);
    T_EQ_Z(delete (r, "integration", "lab")->err.id, "MNG-002");
    T_EQ_Z(delete (r, "mapping", "x")->err.id, "MNG-003");
    T_EQ_Z(put(r, "fax", "x", "{}", 0)->err.id, "MNG-011");
    char name[3000] = { 0 };
    memset(name, 'n', sizeof name - 1);
    op = put(r, "table", name, "{\"rows\":{\"A\":\"b\"}}", 0);
    T_EQ_INT(op->rc, RC_VALUE); /* what its name is too long for says so */
    RIG_AT(r, op->answer, "[0].path", "table");
    T_EQ_Z(put(r, "table", "x", "[]", 0)->err.id, "MNG-009");
    T_EQ_Z(put(r, "table", "x", "{\"table\":\"y\"}", 0)->err.id, "MNG-009");
    rig_free(r);
}

static void objects_of_files_name_their_file(void **state)
{
    (void)state;
    struct rig *r = rig_new(FILE_LAB("up"));
    struct manage_op *op = delete (r, "integration", "lab");
    T_EQ_Z(op->err.id, "MNG-007");
    T_TRUE(strstr(op->err.text, "zarish.yaml") != NULL);
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_REPLACE, .name = "lab", .doc = LAB("up") });
    T_EQ_Z(op->err.id, "MNG-007");
    rig_free(r);
}

static void lists_are_in_pages_and_filtered(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    struct manage_list list = { .limit = 2 };
    struct err e;
    (void)init(r, "{\"name\":\"b\",\"type\":\"fhir_api\",\"endpoints\":[{\"url\":\"http://up/\","
                  "\"method\":\"GET\"}]}");
    (void)init(r, "{\"name\":\"a\",\"type\":\"rest_api\"}");
    (void)init(r, LAB("up"));
    T_OK(manage_integrations(r->manage, &list, r->arena, &e), &e);
    T_EQ_SIZE(list.n, 2);
    T_EQ_STR(list.names[0], "a");
    T_EQ_STR(list.names[1], "b");
    T_TRUE(list.more);
    list = (struct manage_list){ .after = STR("b"), .limit = 2 };
    T_OK(manage_integrations(r->manage, &list, r->arena, &e), &e);
    T_EQ_SIZE(list.n, 1);
    T_EQ_STR(list.names[0], "lab");
    T_FALSE(list.more);
    list = (struct manage_list){ .type = STR("rest_api"), .status = STR("failed"), .limit = 10 };
    T_OK(manage_integrations(r->manage, &list, r->arena, &e), &e);
    T_EQ_SIZE(list.n, 1);
    RIG_AT(r, list.json[0], "name", "a");
    rig_free(r);
}

static void after_the_stop_nothing_is_taken(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    rig_stop_manage(r);
    struct manage_op *op = init(r, LAB("up"));
    T_EQ_INT(op->rc, RC_STATE);
    T_EQ_Z(op->err.id, "MNG-001");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(tests_and_health_say_what_the_guide_says),
        T_TEST(urls_are_shown_as_they_are_written),
        T_TEST(health_has_four_words),
        T_TEST(what_files_define_is_initialized_in_the_background),
        T_TEST(a_failed_one_comes_back_by_itself),
        T_TEST(pauses_outlive_a_restart),
        T_TEST(objects_are_put_by_version_and_not_removed_while_used),
        T_TEST(objects_of_files_name_their_file),
        T_TEST(lists_are_in_pages_and_filtered),
        T_TEST(after_the_stop_nothing_is_taken),
    };
    return T_RUN(tests);
}
