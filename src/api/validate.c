/*
 * The guide's validateIntegrationConfig, validateEndpoint and validateAuthentication of a document
 * that is stored nowhere. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "config/validate.h"

struct endpoint_query {
    int type; /* place in config_type_names, from 1 */
};

static enum rc answer(struct api_call *c, enum rc rc, const struct config_validation *v)
{
    if (rc == RC_OK)
        config_validation_write(v, &c->w);
    return rc;
}

static enum rc run_integration(struct api_call *c, struct err *e)
{
    struct config_validation v;
    enum rc rc = config_validate(c->doc, manage_env(c->api->conf.manage), c->arena, &v, e);
    return answer(c, rc, &v);
}

static enum rc run_endpoint(struct api_call *c, struct err *e)
{
    const struct endpoint_query *q = c->query;
    struct config_validation v;
    struct str type = q->type ? str_z(config_type_names[q->type - 1]) : STR("");
    enum rc rc =
        config_validate_endpoint(c->doc, type, manage_env(c->api->conf.manage), c->arena, &v, e);
    return answer(c, rc, &v);
}

static enum rc run_authentication(struct api_call *c, struct err *e)
{
    struct config_validation v;
    enum rc rc =
        config_validate_authentication(c->doc, manage_env(c->api->conf.manage), c->arena, &v, e);
    return answer(c, rc, &v);
}

static const struct api_param endpoint_rows[] = {
    { "type", API_NAME, offsetof(struct endpoint_query, type), .names = config_type_names,
      .doc = "The integration's; HTTP's rules hold without." },
};
static const struct api_params endpoint_params = API_PARAMS(struct endpoint_query, endpoint_rows);

static const struct api_answer answers[] = {
    { 200, &api_validation_shape, .doc = "Whatever is wrong with the document stands in it." },
};
static const struct api_body integration_body = { API_DOCUMENT, 1024 * 1024,
                                                  .doc = "The guide's integrationConfig." };
static const struct api_body endpoint_body = { API_DOCUMENT, 1024 * 1024,
                                               .doc = "One of its endpoints." };
static const struct api_body auth_body = { API_DOCUMENT, 65536, .doc = "Its authentication." };

static const struct api_route routes[] = {
    { HTTP_POST, "/api/v1/validate/integration", "validateIntegrationConfig", API_NEEDS(AUTH_READ),
      API_POOL, run_integration, .flags = API_SECRET, .body = &integration_body,
      API_ANSWERS(answers), .doc = "Validate an integration's configuration" },
    { HTTP_POST, "/api/v1/validate/endpoint", "validateEndpoint", API_NEEDS(AUTH_READ), API_POOL,
      run_endpoint, .flags = API_SECRET, .params = &endpoint_params, .body = &endpoint_body,
      API_ANSWERS(answers), .doc = "Validate an endpoint" },
    { HTTP_POST, "/api/v1/validate/authentication", "validateAuthentication", API_NEEDS(AUTH_READ),
      API_POOL, run_authentication, .flags = API_SECRET, .body = &auth_body, API_ANSWERS(answers),
      .doc = "Validate an authentication" },
};

const struct api_resource api_validate_resource = { "validate",
                                                    "Documents checked and stored nowhere.", routes,
                                                    ZS_COUNT(routes) };
