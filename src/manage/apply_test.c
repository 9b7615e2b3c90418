/*
 * Documents applied, compared, pruned and exported; what is exported can be applied again.
 */
#include "manage/rig.h"

#define MAPPING "mapping: m\nfrom: json\nto: json\nrules:\n  - { to: a, value: 1 }\n"
#define LAB                                                                                        \
    "integration: lab\ntype: rest_api\nendpoints:\n"                                               \
    "  - { name: in, url: \"http://up/in\", method: POST, dataMapping: m }\n"
#define CHANNEL                                                                                    \
    "channel: c\nsource: { type: rest_api, listen: \"http://a\" }\n"                               \
    "destinations:\n  - { to: lab/in }\n"

static struct manage_op *apply(struct rig *r, const char *doc, bool dry_run, bool prune)
{
    return rig_do(r, &(struct rig_op){
                         .verb = MANAGE_APPLY, .doc = doc, .dry_run = dry_run, .prune = prune });
}

static struct manage_op *export(struct rig *r, bool all)
{
    return rig_do(r, &(struct rig_op){ .verb = MANAGE_EXPORT, .all = all });
}

static void a_change_is_shown_then_made(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    struct manage_op *op = apply(r, MAPPING "---\n" LAB "---\n" CHANNEL, true, false);
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "applied", "false");
    RIG_AT(r, op->answer, "changes[0].action", "create");
    T_EQ_STR(export(r, true)->answer, "");
    op = apply(r, MAPPING "---\n" LAB "---\n" CHANNEL, false, false);
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "applied", "true");
    RIG_AT(r, op->answer, "changes[1].kind", "integration");
    RIG_AT(r, op->answer, "changes[1].name", "lab");
    RIG_AT(r, op->answer, "changes[1].diff[0]", "{\"path\":\"type\",\"new\":\"rest_api\"}");
    rig_wait(r, "lab", "active"); /* in the background */
    op = apply(r, MAPPING "---\n" LAB "---\n" CHANNEL "filter: \"`a` = 1\"\n", false, false);
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "changes[0].action", "unchanged");
    RIG_AT(r, op->answer, "changes[0].diff", "[]");
    RIG_AT(r, op->answer, "changes[2].action", "update");
    RIG_AT(r, op->answer, "changes[2].diff", "[{\"path\":\"filter\",\"new\":\"`a` = 1\"}]");
    T_EQ_STR(rig_act(r, 0), "tester config.change channel/c");
    rig_free(r);
}

static struct str record_of_lab(struct rig *r)
{
    struct str text = STR_NULL;
    uint64_t version = 0;
    struct err e;
    T_OK(manage_integration(r->manage, STR("lab"), r->arena, &text, &version, &e), &e);
    return text;
}

static void what_is_changed_was_made_when_it_was_made(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    T_OK(apply(r, MAPPING "---\n" LAB, false, false)->rc, NULL);
    rig_wait(r, "lab", "active");
    struct str before = record_of_lab(r);
    T_OK(apply(r, MAPPING "---\n" LAB "description: other\n", false, false)->rc, NULL);
    rig_wait(r, "lab", "active");
    struct str after = record_of_lab(r);
    RIG_AT(r, after, "configuration.description", "other");
    T_EQ_BYTES(rig_at(r, after, "id"), rig_at(r, before, "id"));
    T_EQ_BYTES(rig_at(r, after, "metadata.createdAt"), rig_at(r, before, "metadata.createdAt"));
    rig_free(r);
}

static void prune_removes_what_is_not_named(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    T_OK(apply(r, MAPPING "---\n" LAB "---\n" CHANNEL, false, false)->rc, NULL);
    struct manage_op *op = apply(r, MAPPING, false, true);
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "changes[1].action", "delete");
    RIG_AT(r, op->answer, "changes[2].action", "delete");
    T_EQ_STR(export(r, false)->answer, "mapping: m\nfrom: json\nto: json\nrules:\n  - to: a\n"
                                       "    value: 1\n");
    op = apply(r, LAB, false, true); /* the mapping would go, and is needed */
    T_EQ_INT(op->rc, RC_VALUE);
    rig_free(r);
}

static void what_is_exported_is_what_was_applied(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    T_OK(apply(r, MAPPING "---\n" LAB "---\n" CHANNEL, false, false)->rc, NULL);
    struct manage_op *op = rig_do(
        r, &(struct rig_op){ .verb = MANAGE_INIT,
                             .doc = "{\"name\":\"x\",\"type\":\"rest_api\",\"authentication\":{"
                                    "\"type\":\"api_key\",\"key\":\"hush-hush\"},\"endpoints\":[{"
                                    "\"url\":\"http://up/\",\"method\":\"GET\"}]}" });
    T_OK(op->rc, &op->err);
    op = export(r, false);
    T_EQ_SIZE(str_find(op->answer, STR("hush"), 0), SIZE_MAX);
    const char *text = arena_z(r->arena, op->answer);
    struct manage_op *again = apply(r, text, true, true);
    T_OK(again->rc, &again->err);
    for (size_t i = 0; i < 4; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "changes[%zu].action", i); /* fits */
        RIG_AT(r, again->answer, path, "unchanged");
    }
    T_TRUE(rig_at(r, again->answer, "changes[4]").p == NULL);
    rig_free(r);
}

static void what_is_wrong_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name, *doc;
        enum rc rc;
        const char *id;
    } rows[] = {
        { "not YAML", "a: [", RC_SYNTAX, "YAML-001" },
        { "no kind", "name: x\ntype: rest_api\n", RC_VALUE, "MNG-011" },
        { "the engine's own", "engine: other\n", RC_VALUE, NULL },
        { "a second of the name", MAPPING "---\n" MAPPING, RC_VALUE, "CFG-005" },
        { "a secret in clear",
          "integration: k\ntype: rest_api\nauthentication: { type: api_key, key: hush }\n"
          "endpoints:\n  - { url: \"http://up/\", method: GET }\n",
          RC_VALUE, "OPT-006" },
        { "one of two", MAPPING "---\nchannel: c\n", RC_VALUE, "OPT-004" },
    };
    struct rig *r = rig_new("engine: t\n");
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct manage_op *op = apply(r, rows[i].doc, false, false);
        T_EQ_INT(op->rc, rows[i].rc);
        if (rows[i].id)
            T_EQ_Z(op->err.id, rows[i].id);
        T_EQ_STR(export(r, false)->answer, "");
    }
    rig_free(r);
}

static void json_is_taken_too(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    struct manage_op *op = apply(r,
                                 "[{\"table\":\"t\",\"rows\":{\"M\":\"male\"}},"
                                 "{\"table\":\"u\",\"rows\":{\"F\":\"female\"}}]",
                                 false, false);
    T_OK(op->rc, &op->err);
    T_EQ_STR(export(r, false)->answer,
             "table: t\nrows:\n  M: male\n---\ntable: u\nrows:\n  F: female\n");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_change_is_shown_then_made),     T_TEST(what_is_changed_was_made_when_it_was_made),
        T_TEST(prune_removes_what_is_not_named), T_TEST(what_is_exported_is_what_was_applied),
        T_TEST(what_is_wrong_changes_nothing),   T_TEST(json_is_taken_too),
    };
    return T_RUN(tests);
}
