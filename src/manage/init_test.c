/*
 * initializeIntegration and replacing: the record, failures and what is kept of them, names,
 * secrets.
 */
#include "manage/rig.h"

#define NO_FILES "engine: t\n"
#define UP                                                                                         \
    "{\"name\":\"lab\",\"type\":\"rest_api\",\"organization\":\"North\",\"endpoints\":["           \
    "{\"name\":\"in\",\"url\":\"http://up/in\",\"method\":\"post\"},"                              \
    "{\"url\":\"http://up/two\",\"method\":\"GET\",\"timeout\":5000,\"retries\":0}]}"
#define DOWN                                                                                       \
    "{\"name\":\"lab\",\"type\":\"rest_api\",\"endpoints\":["                                      \
    "{\"name\":\"in\",\"url\":\"http://sick/in\",\"method\":\"POST\"}]}"
#define KEYED(key)                                                                                 \
    "{\"name\":\"lab\",\"type\":\"rest_api\",\"authentication\":{\"type\":\"api_key\",\"key\":"    \
    "\"" key "\"},\"endpoints\":[{\"name\":\"in\",\"url\":\"http://up/in\",\"method\":\"POST\"}]}"

static struct manage_op *init(struct rig *r, const char *doc)
{
    return rig_do(r, &(struct rig_op){ .verb = MANAGE_INIT, .doc = doc });
}

static struct str shown(struct rig *r, const char *name)
{
    struct str text = STR_NULL;
    uint64_t version = 0;
    struct err e;
    T_OK(manage_integration(r->manage, str_z(name), r->arena, &text, &version, &e), &e);
    return text;
}

static void what_is_reachable_becomes_active(void **state)
{
    (void)state;
    static const struct {
        const char *path, *want;
    } rows[] = {
        { "name", "lab" },
        { "type", "rest_api" },
        { "status", "active" },
        { "configuration.name", "lab" },
        { "configuration.endpoints[0].method", "post" },
        { "endpoints[0].name", "in" },
        { "endpoints[0].method", "POST" },
        { "endpoints[0].headers[\"Content-Type\"]", "application/json" },
        { "endpoints[0].headers.Accept", "application/json" },
        { "endpoints[0].parameters", "{}" },
        { "endpoints[0].timeout", "30000" },
        { "endpoints[0].retries", "3" },
        { "endpoints[0].rateLimit", "null" },
        { "endpoints[0].status", "configured" },
        { "endpoints[1].name", "rest_api_2" },
        { "endpoints[1].timeout", "5000" },
        { "endpoints[1].retries", "0" },
        { "credentials",
          "{\"type\":\"none\",\"configured\":false,\"details\":{\"message\":\"No authentication "
          "configured\"}}" },
        { "mappings", "[]" },
        { "validation.valid", "true" },
        { "validation.checkedFields", "[\"name\",\"type\",\"endpoints\"]" },
        { "metadata.createdBy", "tester" },
        { "metadata.organization", "North" },
        { "metadata.environment", "production" },
        { "connectivity.success", "true" },
        { "connectivity.overall.successfulEndpoints", "2" },
        { "error", NULL },
        { "origin", "api" },
        { "version", "1" },
    };
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op = init(r, UP);
    T_OK(op->rc, &op->err);
    T_TRUE(op->created);
    T_EQ_SIZE(op->version, 1);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].path);
        RIG_AT(r, op->answer, rows[i].path, rows[i].want);
    }
    T_EQ_SIZE(rig_at(r, op->answer, "id").n, 36);
    T_EQ_SIZE(rig_at(r, op->answer, "endpoints[0].id").n, 36);
    T_EQ_BYTES(shown(r, "lab"), op->answer);
    T_EQ_STR(rig_act(r, 1), "tester config.create integration/lab");
    struct config *c = engine_config(r->engine);
    T_TRUE(config_integration(c, STR("lab")) != NULL);
    config_unref(&c);
    rig_free(r);
}

static void ids_outlive_a_restart_and_find_what_they_name(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op = init(r, UP);
    struct str id = rig_at(r, op->answer, "id"), ep = rig_at(r, op->answer, "endpoints[1].id");
    struct manage_ref ref;
    struct err e;
    rig_stop(r);
    rig_start(r);
    T_EQ_BYTES(shown(r, "lab"), op->answer);
    T_OK(manage_find(r->manage, id, ep, r->arena, &ref, &e), &e);
    T_EQ_STR(ref.name, "lab");
    T_EQ_STR(ref.endpoint, "rest_api_2");
    T_EQ_BYTES(ref.ep->id, ep);
    config_unit_unref(&ref.unit);
    T_OK(manage_find(r->manage, STR("lab"), STR("in"), r->arena, &ref, &e), &e);
    T_EQ_BYTES(ref.id, id);
    config_unit_unref(&ref.unit);
    T_EQ_INT(manage_find(r->manage, STR("lab"), STR("out"), r->arena, &ref, &e), RC_MISSING);
    T_EQ_Z(e.text, "Endpoint not found: out");
    T_EQ_INT(manage_find(r->manage, STR("ward"), STR(""), r->arena, &ref, &e), RC_MISSING);
    T_EQ_Z(e.text, "Integration not found: ward");
    rig_free(r);
}

static void failures_are_stored_with_the_guides_words(void **state)
{
    (void)state;
    static const struct {
        const char *name, *doc, *error, *credentials, *n_endpoints;
        enum rc rc;
    } rows[] = {
        { "nothing given", "{\"name\":\"lab\",\"type\":\"fax\"}",
          "Integration validation failed: Required field 'endpoints' is missing, Invalid "
          "integration type: fax",
          "null", "[]", RC_VALUE },
        { "peer refuses", DOWN, "Connectivity test failed: in: HTTP 503: Service Unavailable", NULL,
          NULL, RC_PEER },
        { "no key",
          "{\"name\":\"lab\",\"type\":\"rest_api\",\"authentication\":{\"type\":\"api_key\"},"
          "\"endpoints\":[{\"url\":\"http://up/\",\"method\":\"GET\"}]}",
          NULL, "null", "[]", 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct rig *r = rig_new(NO_FILES);
        struct manage_op *op = init(r, rows[i].doc);
        T_TRUE(op->rc == RC_VALUE || op->rc == RC_PEER);
        if (rows[i].rc)
            T_EQ_INT(op->rc, rows[i].rc);
        RIG_AT(r, op->answer, "status", "failed");
        if (rows[i].error)
            RIG_AT(r, op->answer, "error", rows[i].error);
        if (rows[i].credentials)
            RIG_AT(r, op->answer, "credentials", rows[i].credentials);
        if (rows[i].n_endpoints)
            RIG_AT(r, op->answer, "endpoints", rows[i].n_endpoints);
        T_EQ_BYTES(shown(r, "lab"), op->answer);
        rig_free(r);
    }
}

static void a_failed_name_is_taken_over_under_its_id_and_another_is_not(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct str id = rig_at(r, init(r, "{\"name\":\"lab\"}")->answer, "id");
    struct manage_op *down = init(r, DOWN);
    T_EQ_INT(down->rc, RC_PEER);
    T_EQ_BYTES(rig_at(r, down->answer, "id"), id);
    struct manage_op *up = init(r, UP);
    T_OK(up->rc, &up->err);
    T_EQ_BYTES(rig_at(r, up->answer, "id"), id);
    struct manage_op *again = init(r, UP);
    T_EQ_INT(again->rc, RC_STATE);
    T_EQ_Z(again->err.id, "MNG-008");
    rig_free(r);
}

static void what_has_no_name_is_kept_under_its_id(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op = init(r, "{\"type\":\"rest_api\"}");
    T_EQ_INT(op->rc, RC_VALUE);
    struct str id = rig_at(r, op->answer, "id");
    RIG_AT(r, op->answer, "name", "null");
    T_EQ_BYTES(shown(r, arena_z(r->arena, id)), op->answer);
    struct manage_op *gone = rig_do(r, &(struct rig_op){ .verb = MANAGE_DELETE,
                                                         .kind = "integration",
                                                         .name = arena_z(r->arena, id) });
    T_OK(gone->rc, &gone->err);
    rig_free(r);
}

static void a_name_is_no_others_id_and_an_id_no_others_name(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct str id = rig_at(r, init(r, "{\"name\":\"lab\"}")->answer, "id");
    struct str nameless = rig_at(r, init(r, "{\"type\":\"rest_api\"}")->answer, "id");
    struct str was = shown(r, "lab");
    char doc[200];
    (void)snprintf(doc, sizeof doc, "{\"name\":\"%.*s\"}", STR_ARG(id)); /* fits */
    struct manage_op *op = init(r, doc);
    T_EQ_INT(op->rc, RC_STATE);
    T_EQ_Z(op->err.id, "MNG-008");
    T_EQ_BYTES(shown(r, "lab"), was);
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_REPLACE,
                                     .name = arena_z(r->arena, nameless),
                                     .doc = UP }); /* it is not "lab", and does not become it */
    T_EQ_INT(op->rc, RC_VALUE);
    T_EQ_Z(op->err.id, "MNG-009");
    T_EQ_BYTES(shown(r, "lab"), was);
    rig_free(r);
}

static void documents_that_are_none(void **state)
{
    (void)state;
    static const char *const docs[] = { "", "{", "[]", "\"x\"" };
    struct rig *r = rig_new(NO_FILES);
    for (size_t i = 0; i < ZS_COUNT(docs); i++) {
        T_ROW(docs[i]);
        T_EQ_INT(init(r, docs[i])->rc, RC_SYNTAX);
    }
    rig_free(r);
}

static size_t n_secrets(struct rig *r)
{
    struct confdb_secret *list = NULL;
    size_t n = 0;
    struct err e;
    T_OK(confdb_secrets(r->confdb, r->arena, &list, &n, &e), &e);
    return n;
}

static struct manage_op *replace(struct rig *r, const char *doc, uint64_t seen)
{
    return rig_do(
        r, &(struct rig_op){ .verb = MANAGE_REPLACE, .name = "lab", .doc = doc, .seen = seen });
}

static void secrets_are_sealed_kept_by_reference_and_go_when_unused(void **state)
{
    (void)state;
    static const char ref[] = "${secret:integration/lab/authentication.key}";
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op = init(r, KEYED("hush-hush"));
    T_OK(op->rc, &op->err);
    RIG_AT(r, op->answer, "configuration.authentication.key", ref);
    RIG_AT(r, op->answer, "credentials.configured", "true");
    RIG_AT(r, op->answer, "credentials.details.key", ref);
    RIG_AT(r, op->answer, "credentials.details.headerName", "X-API-Key");
    RIG_AT(r, op->answer, "credentials.details.location", "header");
    T_EQ_SIZE(str_find(op->answer, STR("hush"), 0), SIZE_MAX);
    T_EQ_SIZE(n_secrets(r), 1);
    op = replace(r, KEYED("${secret:integration/lab/authentication.key}"), 1);
    T_OK(op->rc, &op->err);
    T_EQ_SIZE(op->version, 1); /* the same */
    op = replace(r, KEYED("another"), 1);
    T_OK(op->rc, &op->err);
    T_EQ_SIZE(op->version, 2);
    RIG_AT(r, op->answer, "configuration.authentication.key",
           "${secret:integration/lab/authentication.key~2}");
    T_EQ_SIZE(n_secrets(r), 1);
    op = replace(r, KEYED("third"), 1); /* refused: what was sealed for it goes */
    T_EQ_INT(op->rc, RC_STATE);
    T_EQ_Z(op->err.id, "MNG-006");
    T_EQ_SIZE(n_secrets(r), 1);
    rig_stop(r);
    rig_start(r); /* and it still opens */
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_DELETE, .kind = "integration", .name = "lab" });
    T_OK(op->rc, &op->err);
    T_EQ_SIZE(n_secrets(r), 0);
    rig_free(r);
}

/* Each is sealed before its turn comes; what one sends must never be the other's. */
static void secrets_of_two_at_once_have_names_of_their_own(void **state)
{
    (void)state;
    enum { ROUNDS = 50 };
    static const char path[] = "configuration.authentication.key";
    struct rig *r = rig_new(NO_FILES);
    T_OK(init(r, KEYED("first"))->rc, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct rig_op in = { .verb = MANAGE_REPLACE, .name = "lab", .doc = KEYED("one") };
        struct manage_op *one = rig_begin(r, &in);
        in.doc = KEYED("other");
        struct manage_op *other = rig_begin(r, &in);
        rig_end(one);
        rig_end(other);
        T_OK(one->rc, &one->err);
        T_OK(other->rc, &other->err);
        T_FALSE(str_eq(rig_at(r, one->answer, path), rig_at(r, other->answer, path)));
    }
    T_EQ_SIZE(n_secrets(r), 1);
    rig_free(r);
}

/* Nothing of a document that is refused may be kept in clear, wherever the secret stood. */
static void a_misspelt_secret_is_not_kept_in_clear(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op =
        init(r, "{\"name\":\"lab\",\"type\":\"rest_api\",\"authentication\":{\"type\":\"oauth2\","
                "\"clientsecret\":\"hush-hush\"},\"endpoints\":[{\"url\":\"http://up/\","
                "\"method\":\"GET\"}]}");
    T_EQ_INT(op->rc, RC_VALUE);
    T_EQ_SIZE(str_find(op->answer, STR("hush"), 0), SIZE_MAX);
    rig_free(r);
}

static void nor_is_a_secret_where_none_belongs(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op =
        init(r, "{\"name\":\"lab\",\"type\":\"rest_api\",\"authentification\":{\"type\":\"basic\","
                "\"password\":\"hush-hush\"},\"endpoints\":[{\"url\":\"http:u:hush@up/\","
                "\"method\":\"GET\",\"header\":{\"Authorization\":\"Bearer hush\"}}]}");
    T_EQ_INT(op->rc, RC_VALUE);
    T_EQ_SIZE(str_find(op->answer, STR("hush"), 0), SIZE_MAX);
    rig_free(r);
}

static void only_secrets_are_sealed(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op =
        init(r, "{\"name\":\"lab\",\"type\":\"rest_api\",\"authentication\":{\"type\":\"oauth2\","
                "\"tokenUrl\":\"http://up/token\",\"clientId\":\"c\",\"clientSecret\":\"hush\","
                "\"clientAuthMethod\":\"client_secret_post\",\"scopes\":\"read write\"},"
                "\"endpoints\":[{\"url\":\"http://up/\",\"method\":\"GET\"}]}");
    RIG_AT(r, op->answer, "configuration.authentication.scopes", "read write");
    RIG_AT(r, op->answer, "configuration.authentication.clientAuthMethod", "client_secret_post");
    RIG_AT(r, op->answer, "configuration.authentication.clientSecret",
           "${secret:integration/lab/authentication.clientSecret}");
    rig_free(r);
}

static void a_neighbours_secret_is_not_for_use(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op = init(r, KEYED("hush-hush"));
    T_OK(op->rc, &op->err);
    op = init(r, "{\"name\":\"thief\",\"type\":\"rest_api\",\"authentication\":{\"type\":"
                 "\"api_key\",\"key\":\"${secret:integration/lab/authentication.key}\"},"
                 "\"endpoints\":[{\"url\":\"http://up/\",\"method\":\"GET\"}]}");
    T_EQ_INT(op->rc, RC_VALUE);
    RIG_AT(r, op->answer, "status", "failed");
    T_TRUE(str_find(op->answer, STR("belongs to another integration"), 0) != SIZE_MAX);
    rig_free(r);
}

static void replacing_leaves_what_runs_when_the_new_one_is_wrong(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *first = init(r, UP);
    struct manage_op *op = replace(r, "{\"name\":\"lab\",\"type\":\"fax\"}", 0);
    T_EQ_INT(op->rc, RC_VALUE);
    RIG_AT(r, op->answer, "status", "active"); /* what runs, as GET has it */
    T_TRUE(str_starts(rig_at(r, op->answer, "error"), STR("Integration validation failed: ")));
    T_EQ_BYTES(shown(r, "lab"), first->answer);
    op = replace(r, DOWN, 1); /* compiles, and is not reachable: kept, and probed */
    T_EQ_INT(op->rc, RC_PEER);
    RIG_AT(r, shown(r, "lab"), "status", "failed");
    T_EQ_BYTES(rig_at(r, op->answer, "id"), rig_at(r, first->answer, "id"));
    T_EQ_BYTES(rig_at(r, op->answer, "metadata.createdAt"),
               rig_at(r, first->answer, "metadata.createdAt"));
    op = replace(r, "{\"name\":\"ward\",\"type\":\"rest_api\"}", 0);
    T_EQ_Z(op->err.id, "MNG-009");
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_REPLACE, .name = "ward", .doc = UP });
    T_EQ_Z(op->err.text, "Integration not found: ward");
    rig_free(r);
}

#define SLOW                                                                                       \
    "{\"name\":\"lab\",\"type\":\"rest_api\",\"endpoints\":[{\"name\":\"in\",\"url\":"             \
    "\"http://slow/in\",\"method\":\"POST\"}]}"

/* While a peer takes its time others go on, and what it becomes fits what they made. */
static void a_slow_peer_holds_nobody_up(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *slow = rig_begin(r, &(struct rig_op){ .verb = MANAGE_INIT, .doc = SLOW });
    rig_wait_slow(r);
    struct manage_op *op = rig_do(r, &(struct rig_op){ .verb = MANAGE_PUT,
                                                       .kind = "table",
                                                       .name = "t",
                                                       .doc = "{\"rows\":{\"A\":\"b\"}}" });
    T_OK(op->rc, &op->err);
    rig_release(r);
    rig_end(slow);
    T_OK(slow->rc, &slow->err);
    RIG_AT(r, slow->answer, "status", "active");
    RIG_AT(r, slow->answer, "connectivity.endpoints[0].responseTime", "900");
    T_EQ_BYTES(rig_at(r, slow->answer, "connectivity.endpoints[0].endpointId"),
               rig_at(r, slow->answer, "endpoints[0].id"));
    struct config *c = engine_config(r->engine);
    T_EQ_SIZE(c->n_tables, 1);
    T_EQ_SIZE(c->n_integrations, 1);
    config_unref(&c);
    rig_free(r);
}

static void of_two_of_a_name_the_later_one_is_refused(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *slow = rig_begin(r, &(struct rig_op){ .verb = MANAGE_INIT, .doc = SLOW });
    rig_wait_slow(r);
    struct manage_op *quick = init(r, UP);
    T_OK(quick->rc, &quick->err);
    rig_release(r);
    rig_end(slow);
    T_EQ_INT(slow->rc, RC_STATE);
    T_EQ_Z(slow->err.id, "MNG-008");
    T_EQ_BYTES(shown(r, "lab"), quick->answer);
    rig_free(r);
}

/* A mapping that the peer's test outlived: the candidate is compiled again and does not fit. */
static void what_it_needs_may_go_meanwhile(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *op = rig_do(
        r, &(struct rig_op){ .verb = MANAGE_PUT,
                             .kind = "mapping",
                             .name = "m",
                             .doc = "{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"a\","
                                    "\"value\":1}]}" });
    T_OK(op->rc, &op->err);
    struct manage_op *slow = rig_begin(
        r, &(struct rig_op){ .verb = MANAGE_INIT,
                             .doc = "{\"name\":\"lab\",\"type\":\"rest_api\",\"endpoints\":[{"
                                    "\"url\":\"http://slow/\",\"method\":\"POST\","
                                    "\"dataMapping\":\"m\"}]}" });
    rig_wait_slow(r);
    op = rig_do(r, &(struct rig_op){ .verb = MANAGE_DELETE, .kind = "mapping", .name = "m" });
    T_OK(op->rc, &op->err);
    rig_release(r);
    rig_end(slow);
    T_EQ_INT(slow->rc, RC_VALUE);
    RIG_AT(r, slow->answer, "status", "failed");
    RIG_AT(r, slow->answer, "validation.valid", "false");
    rig_free(r);
}

static void a_stop_waits_for_no_peer(void **state)
{
    (void)state;
    struct rig *r = rig_new(NO_FILES);
    struct manage_op *slow = rig_begin(r, &(struct rig_op){ .verb = MANAGE_INIT, .doc = SLOW });
    rig_wait_slow(r);
    rig_stop_manage(r);
    rig_end(slow);
    T_EQ_INT(slow->rc, RC_STATE);
    T_EQ_Z(slow->err.id, "MNG-001");
    rig_release(r); /* what comes then is for nobody */
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_is_reachable_becomes_active),
        T_TEST(ids_outlive_a_restart_and_find_what_they_name),
        T_TEST(failures_are_stored_with_the_guides_words),
        T_TEST(a_failed_name_is_taken_over_under_its_id_and_another_is_not),
        T_TEST(what_has_no_name_is_kept_under_its_id),
        T_TEST(a_name_is_no_others_id_and_an_id_no_others_name),
        T_TEST(documents_that_are_none),
        T_TEST(secrets_are_sealed_kept_by_reference_and_go_when_unused),
        T_TEST(secrets_of_two_at_once_have_names_of_their_own),
        T_TEST(a_misspelt_secret_is_not_kept_in_clear),
        T_TEST(nor_is_a_secret_where_none_belongs),
        T_TEST(only_secrets_are_sealed),
        T_TEST(a_neighbours_secret_is_not_for_use),
        T_TEST(replacing_leaves_what_runs_when_the_new_one_is_wrong),
        T_TEST(a_slow_peer_holds_nobody_up),
        T_TEST(of_two_of_a_name_the_later_one_is_refused),
        T_TEST(what_it_needs_may_go_meanwhile),
        T_TEST(a_stop_waits_for_no_peer),
    };
    return T_RUN(tests);
}
