/*
 * Files between two starts, and written back.
 */
#include "manage/rig.h"

#define LAB(timeout)                                                                               \
    "# the laboratory\nintegration: lab\ntype: rest_api\nendpoints:\n"                             \
    "  - { name: in, url: \"http://up/in\", method: POST, timeout: " timeout " }\n"
#define TABLE "table: sex\nrows: { M: male }\n"

static uint64_t version_of(struct rig *r, const char *kind, const char *name)
{
    struct str json = STR_NULL;
    uint64_t version = 0;
    struct err e;
    enum rc rc = manage_object(r->manage, str_z(kind), str_z(name), r->arena, &json, &version, &e);
    if (rc == RC_MISSING)
        return 0;
    T_OK(rc, &e);
    RIG_AT(r, json, "origin", "file");
    T_TRUE(str_ends(rig_at(r, json, "file"), STR("zarish.yaml")));
    return version;
}

static void a_start_takes_up_what_changed(void **state)
{
    (void)state;
    struct rig *r = rig_new(LAB("5000") "---\n" TABLE);
    rig_wait(r, "lab", "active");
    T_EQ_SIZE(version_of(r, "integration", "lab"), 1);
    rig_stop(r);
    rig_start(r);
    T_EQ_SIZE(version_of(r, "integration", "lab"), 1);
    rig_stop(r);
    rig_write(r, LAB("6000"));
    rig_start(r);
    T_EQ_SIZE(version_of(r, "integration", "lab"), 2);
    T_EQ_SIZE(version_of(r, "table", "sex"), 0);
    rig_wait(r, "lab", "active");
    rig_stop(r);
    rig_write(r, "engine: t\n");
    rig_start(r);
    struct manage_list list = { .limit = 10 };
    struct err e;
    T_OK(manage_integrations(r->manage, &list, r->arena, &e), &e);
    T_EQ_SIZE(list.n, 0);
    T_EQ_STR(rig_act(r, 0), "file config.delete integration/lab");
    rig_free(r);
}

static struct manage_op *replace(struct rig *r, const char *timeout)
{
    struct buf b;
    buf_init_arena(&b, r->arena, 1000);
    buf_fmt(&b,
            "{\"type\":\"rest_api\",\"endpoints\":[{\"name\":\"in\",\"url\":\"http://up/in\","
            "\"method\":\"POST\",\"timeout\":%s}]}",
            timeout);
    return rig_do(r,
                  &(struct rig_op){ .verb = MANAGE_REPLACE, .name = "lab", .doc = buf_cstr(&b) });
}

static void changes_go_into_their_file_where_that_is_allowed(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\nwriteBack: true\n---\n" LAB("5000") "---\n" TABLE);
    const char *path = arena_z(r->arena, str_z(t_path(r->dir, "zarish.yaml")));
    rig_wait(r, "lab", "active");
    struct manage_op *op = replace(r, "7000");
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "endpoints[0].timeout", "7000");
    RIG_AT(r, op->answer, "origin", "file");
    T_EQ_STR(t_read(path),
             "engine: t\nwriteBack: true\n---\nintegration: lab\ntype: rest_api\nendpoints:\n"
             "  - name: in\n    url: http://up/in\n    method: POST\n    timeout: 7000\n---\n"
             "table: sex\nrows:\n  M: male\n");
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_DELETE, .kind = "table", .name = "sex" });
    T_OK(op->rc, &op->err);
    T_EQ_SIZE(str_find(t_read(path), STR("table"), 0), SIZE_MAX);
    size_t versions = version_of(r, "integration", "lab");
    rig_stop(r);
    rig_start(r); /* nothing new in it */
    T_EQ_SIZE(version_of(r, "integration", "lab"), versions);
    rig_write(r, "engine: t\nwriteBack: true\n---\n" LAB("1"));
    op = replace(r, "8000");
    T_EQ_INT(op->rc, RC_STATE);
    T_EQ_Z(op->err.id, "MNG-012");
    T_TRUE(str_find(t_read(path), STR("timeout: 1"), 0) != SIZE_MAX);
    rig_free(r);
}

static void what_is_written_back_cannot_name_the_engines_key(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\nwriteBack: true\n---\n" LAB("5000"));
    rig_wait(r, "lab", "active");
    struct manage_op *op = rig_do(
        r,
        &(struct rig_op){ .verb = MANAGE_REPLACE,
                          .name = "lab",
                          .doc = "{\"type\":\"rest_api\",\"authentication\":{\"type\":\"api_key\","
                                 "\"key\":\"${file:master.key}\"},\"endpoints\":[{\"name\":\"in\","
                                 "\"url\":\"http://up/in\",\"method\":\"POST\"}]}" });
    T_EQ_INT(op->rc, RC_VALUE);
    T_TRUE(strstr(op->err.text, "files of the data directory cannot be named") != NULL);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_start_takes_up_what_changed),
        T_TEST(changes_go_into_their_file_where_that_is_allowed),
        T_TEST(what_is_written_back_cannot_name_the_engines_key),
    };
    return T_RUN(tests);
}
