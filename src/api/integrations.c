/*
 * Integrations: the guide's IntegrationManagementSystem over HTTP. What is stored, set up and
 * tested is manage's; see manage/manage.h. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "config/validate.h"

struct list_query {
    struct str cursor;
    int type, status; /* places in their names, from 1 */
    uint64_t limit;
};

static const char *const statuses[] = { "initializing", "active", "failed", "paused", NULL };

static struct str chosen(const char *const *names, int i)
{
    return i > 0 ? str_z(names[i - 1]) : STR("");
}

static enum rc run_list(struct api_call *c, struct err *e)
{
    const struct list_query *q = c->query;
    struct manage_list list = { .type = chosen(config_type_names, q->type),
                                .status = chosen(statuses, q->status),
                                .limit = (size_t)q->limit };
    enum rc rc = api_cursor_name_read(q->cursor, c->arena, &list.after, e);
    if (rc == RC_OK)
        rc = manage_integrations(c->api->conf.manage, &list, c->arena, e);
    if (rc != RC_OK)
        return rc;
    api_list(&c->w);
    for (size_t i = 0; i < list.n; i++)
        jw_text(&c->w, list.json[i]);
    api_list_end(&c->w, list.more && list.n > 0 ? api_cursor_name(c->arena, list.names[list.n - 1])
                                                : STR_NULL);
    return RC_OK;
}

static enum rc run_one(struct api_call *c, struct err *e)
{
    return manage_integration(c->api->conf.manage, api_path(c, "id"), c->arena, &c->raw,
                              &c->version, e);
}

/* The stored record as a document. */
static enum rc read_record(struct api_call *c, struct json **out, struct err *e)
{
    struct str text;
    uint64_t version = 0;
    enum rc rc =
        manage_integration(c->api->conf.manage, api_path(c, "id"), c->arena, &text, &version, e);
    return rc == RC_OK ? json_parse(text, &json_default_limits, c->arena, out, e) : rc;
}

static enum rc run_validate(struct api_call *c, struct err *e)
{
    struct json *record = NULL;
    struct config_validation v;
    enum rc rc = read_record(c, &record, e);
    if (rc == RC_OK)
        rc = config_validate(json_getz(record, "configuration"), manage_env(c->api->conf.manage),
                             c->arena, &v, e);
    if (rc == RC_OK)
        config_validation_write(&v, &c->w);
    return rc;
}

static enum rc run_endpoints(struct api_call *c, struct err *e)
{
    struct json *record = NULL;
    enum rc rc = read_record(c, &record, e);
    if (rc != RC_OK)
        return rc;
    api_list(&c->w);
    JSON_EACH(ep, json_getz(record, "endpoints"))
    jw_value(&c->w, ep);
    api_list_end(&c->w, STR_NULL);
    return RC_OK;
}

static enum rc run_endpoint(struct api_call *c, struct err *e)
{
    struct json *record = NULL;
    struct str want = api_path(c, "endpointId");
    enum rc rc = read_record(c, &record, e);
    if (rc != RC_OK)
        return rc;
    JSON_EACH(ep, json_getz(record, "endpoints"))
    {
        if (!str_eq(json_text(json_getz(ep, "id")), want) &&
            !str_eq(json_text(json_getz(ep, "name")), want))
            continue;
        jw_value(&c->w, ep);
        return RC_OK;
    }
    return err_set(e, RC_MISSING, "MNG-005", "Endpoint not found: %.*s", STR_ARG(want));
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct api_param list_rows[] = {
    { "type", API_NAME, offsetof(struct list_query, type), .names = config_type_names,
      .doc = "Of this type." },
    { "status", API_NAME, offsetof(struct list_query, status), .names = statuses,
      .doc = "In this status." },
    API_PARAM_CURSOR(struct list_query, "after"),
    API_PARAM_LIMIT(struct list_query),
};
static const struct api_params list_params = API_PARAMS(struct list_query, list_rows);

static const struct api_answer list_answers[] = {
    { 200, &api_integration_shape, .list = true, .doc = "By name." },
};
static const struct api_answer one_answers[] = { { 200, &api_integration_shape, .doc = "It." } };
static const struct api_answer init_answers[] = {
    { 201, &api_integration_shape, .doc = "It is `active`." },
    { 409, .doc = "The name is taken." },
    { 422, &api_integration_shape,
      .doc = "It is stored as `failed`; its `error` says why. POST again with the same name to try "
             "again under the same id." },
};
static const struct api_answer replace_answers[] = {
    { 200, &api_integration_shape, .doc = "It is `active`." },
    { 409, .doc = "It belongs to a file." },
    { 422, &api_integration_shape,
      .doc =
          "`error` says why. Where the document has errors, what ran goes on as it was, with its "
          "`status`; one that cannot be reached is `failed`." },
};
static const struct api_answer delete_answers[] = {
    { 204, .doc = "Removed." },
    { 409, .doc = "Something uses it, or it belongs to a file." },
};
static const struct api_answer pause_answers[] = {
    { 200, &api_integration_shape, .doc = "Its status says what it is now." },
    { 409, .doc = "It is not in a status in which this can be done." },
};
static const struct api_answer validate_answers[] = {
    { 200, &api_validation_shape, .doc = "What is wrong with it, if anything is." },
};
static const struct api_answer test_answers[] = {
    { 200, &api_test_shape, .doc = "`success` says whether all endpoints answered." },
    { 409, .doc = "It is not in a status in which this can be done." },
};
static const struct api_answer endpoint_test_answers[] = {
    { 200, &api_endpoint_test_shape, .doc = "`success` says whether it answered." },
    { 409, .doc = "It is not in a status in which this can be done." },
};
static const struct api_answer health_answers[] = {
    { 200, &api_integration_health_shape, .doc = "`status` sums it up." },
};
static const struct api_answer analytics_answers[] = {
    { 200, &api_analytics_shape, .doc = "The figures." },
};
static const struct api_answer execution_answers[] = {
    { 200, &api_execution_row_shape, .list = true, .doc = "Newest first." },
};
static const struct api_answer log_answers[] = {
    { 200, &api_log_shape, .list = true, .doc = "Newest first." },
};
static const struct api_answer endpoints_answers[] = {
    { 200, &api_endpoint_shape, .list = true, .doc = "In the order of the configuration." },
};
static const struct api_answer endpoint_answers[] = { { 200, &api_endpoint_shape, .doc = "It." } };

static const struct api_body config_body = {
    API_DOCUMENT, 1024 * 1024, .document = &config_integration_table, .renamed = "name",
    .doc = "The guide's integrationConfig. A secret in clear is sealed at once and shown as a "
           "reference from then on; sending the reference back keeps it."
};

#define ALL  "/api/v1/integrations"
#define ONE  ALL "/{id}"
#define ENDP ONE "/endpoints/{endpointId}"

static const struct api_route routes[] = {
    { HTTP_POST, ALL, "initializeIntegration", API_NEEDS(AUTH_EDIT), API_ENGINE, api_manage,
      MANAGE_INIT, "integration", API_ETAG | API_SECRET, .body = &config_body,
      API_ANSWERS(init_answers),
      .doc = "Validate, set up credentials, endpoints and mappings, test connectivity, store" },
    { HTTP_GET, ALL, "listIntegrations", API_NEEDS(AUTH_READ), API_POOL, run_list,
      .params = &list_params, API_ANSWERS(list_answers), .doc = "Integrations by name" },
    { HTTP_GET, ONE, "getIntegration", API_NEEDS(AUTH_READ), API_POOL, run_one, .flags = API_ETAG,
      API_ANSWERS(one_answers), .doc = "One integration, by id or name" },
    { HTTP_PUT, ONE, "replaceIntegration", API_NEEDS(AUTH_EDIT), API_ENGINE, api_manage,
      MANAGE_REPLACE, "integration", API_ETAG | API_IF_MATCH | API_SECRET, .body = &config_body,
      API_ANSWERS(replace_answers), .doc = "Give it another configuration and initialize it anew" },
    { HTTP_DELETE, ONE, "deleteIntegration", API_NEEDS(AUTH_EDIT), API_ENGINE, api_manage,
      MANAGE_DELETE, "integration", API_IF_MATCH, API_ANSWERS(delete_answers),
      .doc = "Remove it; its executions stay" },
    { HTTP_POST, ONE "/pause", "pauseIntegration", API_NEEDS(AUTH_OPERATE), API_ENGINE, api_manage,
      MANAGE_PAUSE, "integration", API_ETAG, API_ANSWERS(pause_answers),
      .doc = "Send nothing through it; what channels have for it waits" },
    { HTTP_POST, ONE "/resume", "resumeIntegration", API_NEEDS(AUTH_OPERATE), API_ENGINE,
      api_manage, MANAGE_RESUME, "integration", API_ETAG, API_ANSWERS(pause_answers),
      .doc = "Probe it and go on" },
    { HTTP_POST, ONE "/validate", "validateIntegration", API_NEEDS(AUTH_READ), API_POOL,
      run_validate, API_ANSWERS(validate_answers),
      .doc = "validateIntegrationConfig of the stored configuration" },
    { HTTP_POST, ONE "/test", "testConnectivity", API_NEEDS(AUTH_OPERATE), API_ENGINE, api_manage,
      MANAGE_TEST, "integration", API_ANSWERS(test_answers), .doc = "Probe all its endpoints" },
    { HTTP_GET, ONE "/health", "monitorIntegrationHealth", API_NEEDS(AUTH_READ), API_ENGINE,
      api_manage, MANAGE_HEALTH, "integration", API_ANSWERS(health_answers),
      .doc = "Probe all its endpoints and sum up; with `probe: request` only for operators" },
    { HTTP_GET, ONE "/analytics", "getIntegrationAnalytics", API_NEEDS(AUTH_READ), API_POOL,
      api_analytics_run, .params = &api_analytics_params, API_ANSWERS(analytics_answers),
      .doc = "Figures of its executions in a time range" },
    { HTTP_GET, ONE "/executions", "listIntegrationExecutions", API_NEEDS(AUTH_READ), API_POOL,
      api_executions_run, .params = &api_integration_execution_params,
      API_ANSWERS(execution_answers), .doc = "Its executions, newest first" },
    { HTTP_GET, ONE "/logs", "listIntegrationLogs", API_NEEDS(AUTH_READ), API_POOL, api_logs_run,
      .params = &api_integration_log_params, API_ANSWERS(log_answers),
      .doc = "Its log of executions, newest first" },
    { HTTP_GET, ONE "/endpoints", "listEndpoints", API_NEEDS(AUTH_READ), API_POOL, run_endpoints,
      API_ANSWERS(endpoints_answers), .doc = "Its endpoints" },
    { HTTP_GET, ENDP, "getEndpoint", API_NEEDS(AUTH_READ), API_POOL, run_endpoint,
      API_ANSWERS(endpoint_answers), .doc = "One endpoint, by id or name" },
    { HTTP_POST, ENDP "/execute", "executeIntegrationRequest", API_NEEDS(AUTH_SEND), API_ENGINE,
      api_execute_run, .prepare = api_execute_prepare, .body = &api_execute_body,
      .answers = api_execute_answers, .n_answers = API_N_EXECUTE_ANSWERS,
      .doc = "Send data through an endpoint" },
    { HTTP_POST, ENDP "/test", "testEndpoint", API_NEEDS(AUTH_OPERATE), API_ENGINE, api_manage,
      MANAGE_TEST_ENDPOINT, "integration", API_ANSWERS(endpoint_test_answers),
      .doc = "Probe one endpoint" },
};

const struct api_resource api_integrations_resource = { "integrations",
                                                        "Connections to external systems.", routes,
                                                        ZS_COUNT(routes) };
