/*
 * A crash between the steps of a change: what the ledger knows is made good, what it does not know
 * never happened.
 */
#include "manage/manage_int.h"
#include "manage/rig.h"

static const char table[] = "{\"rows\":{\"M\":\"male\"}}";

static void leave_intent(struct rig *r, const char *body, uint64_t seen)
{
    struct buf b;
    struct jw w;
    struct err e;
    buf_init_arena(&b, r->arena, 100000);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstrz(&w, "token", "11111111-2222-4333-8444-555555555555");
    jw_kstrz(&w, "by", "tester");
    jw_keyz(&w, "changes");
    jw_array(&w);
    jw_object(&w);
    jw_kstrz(&w, "kind", "table");
    jw_kstrz(&w, "name", "sex");
    if (body)
        jw_kstrz(&w, "body", body);
    jw_ku64(&w, "seen", seen);
    jw_end(&w);
    jw_end(&w);
    jw_keyz(&w, "records");
    jw_array(&w);
    jw_end(&w);
    jw_end(&w);
    T_OK(jw_done(&w, &e), &e);
    T_OK(confdb_set(r->confdb, STR("manage.pending"), buf_view(&b), &e), &e);
}

/* As commit_write does it, and then the power goes. */
static void write_ledger(struct rig *r, const char *body)
{
    struct store_config sc = { .kind = STR("table"), .name = STR("sex"), .doc = str_z(body) };
    struct store_act act = { .actor = STR("tester"),
                             .peer = STR(""),
                             .verb = STR("config.create"),
                             .object = STR("table/sex"),
                             .detail =
                                 STR("{\"change\":\"11111111-2222-4333-8444-555555555555\"}") };
    struct store_op ops[] = { { .kind = STORE_CONFIG, .config = &sc },
                              { .kind = STORE_ACT, .act = &act } };
    struct err e;
    T_OK(ledger_append(r->store, ops, ZS_COUNT(ops), &e), &e);
}

static enum rc object(struct rig *r, uint64_t *version)
{
    struct str json = STR_NULL;
    struct err e;
    return manage_object(r->manage, STR("table"), STR("sex"), r->arena, &json, version, &e);
}

static bool has_intent(struct rig *r)
{
    struct str text = STR_NULL;
    struct err e;
    return confdb_setting(r->confdb, STR("manage.pending"), r->arena, &text, &e) == RC_OK;
}

static void what_the_ledger_knows_is_made_good(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    uint64_t version = 0, seq = 0;
    leave_intent(r, table, 0);
    write_ledger(r, table);
    rig_stop(r);
    rig_start(r);
    T_EQ_INT(object(r, &version), RC_OK);
    T_EQ_SIZE(version, 1);
    T_FALSE(has_intent(r));
    (void)manage_config(r->manage, &seq);
    T_TRUE(seq > 0);
    struct config *c = engine_config(r->engine);
    T_EQ_SIZE(c->n_tables, 1);
    config_unref(&c);
    leave_intent(r, table, 0); /* written to the database already: once is enough */
    rig_stop(r);
    rig_start(r);
    T_EQ_INT(object(r, &version), RC_OK);
    T_EQ_SIZE(version, 1);
    rig_free(r);
}

static void what_it_does_not_know_never_happened(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    uint64_t version = 0;
    leave_intent(r, table, 0);
    rig_stop(r);
    rig_start(r);
    T_EQ_INT(object(r, &version), RC_MISSING);
    T_FALSE(has_intent(r));
    rig_free(r);
}

static void a_removal_is_made_good_too(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    uint64_t version = 0;
    struct manage_op *op = rig_do(
        r, &(struct rig_op){ .verb = MANAGE_PUT, .kind = "table", .name = "sex", .doc = table });
    T_OK(op->rc, &op->err);
    leave_intent(r, NULL, 1);
    write_ledger(r, NULL);
    rig_stop(r);
    rig_start(r);
    T_EQ_INT(object(r, &version), RC_MISSING);
    rig_free(r);
}

static void a_change_is_in_the_ledger_before_it_is_in_the_database(void **state)
{
    (void)state;
    struct rig *r = rig_new("engine: t\n");
    struct manage_op *op = rig_do(
        r, &(struct rig_op){ .verb = MANAGE_PUT, .kind = "table", .name = "sex", .doc = table });
    T_OK(op->rc, &op->err);
    struct store_audit *acts = NULL;
    size_t n = 0;
    struct err e;
    T_OK(store_acts(r->store, 0, 1, r->arena, &acts, &n, &e), &e);
    T_EQ_BYTES(rig_at(r, acts[0].act.detail, "after"), rig_at(r, op->answer, "hash"));
    T_EQ_SIZE(rig_at(r, acts[0].act.detail, "change").n, 36);
    T_FALSE(has_intent(r));
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_the_ledger_knows_is_made_good),
        T_TEST(what_it_does_not_know_never_happened),
        T_TEST(a_removal_is_made_good_too),
        T_TEST(a_change_is_in_the_ledger_before_it_is_in_the_database),
    };
    return T_RUN(tests);
}
