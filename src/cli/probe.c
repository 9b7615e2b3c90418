/*
 * `zarish test` and `zarish health`: are the systems behind an integration there? Nothing is sent
 * that leaves a trace with them (see connector.h). Tests: remote_test.c, tests/scen
 */
#include "cli/remote.h"
#include "cli/view.h"

#define WAIT_MS (10 * 60 * 1000)

static void answered(struct cli_table *t, const struct json *row, const char *path)
{
    cli_table_cell(t, json_bool_or(json_getz(row, path), false) ? STR("yes") : STR("no"));
}

static const struct view_col cols[] = {
    { { .head = "ENDPOINT", .max = 40 }, view_text, "name" },
    { { .head = "URL", .max = 60 }, view_text, "url" },
    { { .head = "ANSWERED" }, answered, "success" },
    { { .head = "MS", .right = true }, view_text, "responseTime" },
    { { .head = "STATUS", .right = true }, view_text, "statusCode" },
    { { .head = "BY" }, view_text, "probe" },
    { { .head = "ERROR", .max = 80 }, view_text, "error" },
};

static enum rc ask(struct cli *c, const struct cli_args *a, const char *method, struct str path,
                   struct remote_answer *r, struct err *e)
{
    struct remote_request req = { .method = method,
                                  .path = path,
                                  .body = strcmp(method, "POST") == 0 ? STR("") : STR_NULL,
                                  .wait = "connecting, seconds:",
                                  .total_ms = WAIT_MS };
    return remote_send(c, a, &req, r, e);
}

/* Tests name endpoints by their ids: put the names beside them. */
static enum rc name_endpoints(struct cli *c, const struct cli_args *a, struct json *tests,
                              struct err *e)
{
    struct remote_answer r = { .status = 0 };
    struct str path;
    enum rc rc = remote_path(c, SEGMENTS("integrations", cli_pos(a, 0), "endpoints"), &path, e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "GET", path, &r, e);
    for (struct json *t = json_first(tests); rc == RC_OK && t; t = json_next(tests, t)) {
        struct str id = json_text(json_getz(t, "endpointId")), name = id;
        JSON_EACH(ep, json_getz(r.json, "items"))
        if (str_eq(json_text(json_getz(ep, "id")), id))
            name = json_text(json_getz(ep, "name"));
        rc = json_set(t, STR("name"), json_make_str(c->arena, name), e);
    }
    return rc;
}

static int print(struct cli *c, const struct cli_args *a, const struct json *tests)
{
    struct json *copy = NULL;
    struct err e;
    enum rc rc = json_copy(c->arena, tests, &copy, &e);
    if (rc == RC_OK)
        rc = name_endpoints(c, a, copy, &e);
    if (rc == RC_OK)
        rc = view_table(c, cols, ZS_COUNT(cols), copy, &e);
    return rc == RC_OK ? CLI_DONE : cli_fail(c, &e);
}

/* Why there was nothing to test; what was tested has its error beside it. */
static void note_error(struct cli *c, const struct json *answer)
{
    struct str why = json_text(json_getz(answer, "error"));
    if (why.n > 0 && !json_first(json_getz(answer, "endpoints")))
        cli_note(c, "%.*s", STR_ARG(why));
}

/* The test of one endpoint as a list of one. */
static enum rc list_of(struct cli *c, const struct json *one, const struct json **out,
                       struct err *e)
{
    struct json *list = json_make_array(c->arena), *copy = NULL;
    enum rc rc = json_copy(c->arena, one, &copy, e);
    if (rc == RC_OK && !list)
        rc = err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    if (rc == RC_OK)
        rc = json_append(list, copy, e);
    *out = list;
    return rc;
}

static int run_test(struct cli *c, const struct cli_args *a)
{
    const char *endpoint = cli_pos(a, 1);
    const struct json *tests = NULL;
    struct remote_answer r = { .status = 0 };
    struct str path;
    struct err e;
    enum rc rc =
        endpoint
            ? remote_path(c, SEGMENTS("integrations", cli_pos(a, 0), "endpoints", endpoint, "test"),
                          &path, &e)
            : remote_path(c, SEGMENTS("integrations", cli_pos(a, 0), "test"), &path, &e);
    if (rc == RC_OK)
        rc = ask(c, a, "POST", path, &r, &e);
    if (rc == RC_OK && endpoint)
        rc = list_of(c, r.json, &tests, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    int status = CLI_DONE;
    if (c->json)
        remote_print(c, &r);
    else
        status = print(c, a, endpoint ? tests : json_getz(r.json, "endpoints"));
    if (!c->json && !endpoint)
        note_error(c, r.json);
    bool yes = json_bool_or(json_getz(r.json, "success"), false);
    return status != CLI_DONE ? status : yes ? CLI_DONE : CLI_NO;
}

static int run_health(struct cli *c, const struct cli_args *a)
{
    struct remote_answer r = { .status = 0 };
    struct str path;
    struct err e;
    enum rc rc = remote_path(c, SEGMENTS("integrations", cli_pos(a, 0), "health"), &path, &e);
    if (rc == RC_OK)
        rc = ask(c, a, "GET", path, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    struct str health = json_text(json_getz(r.json, "status"));
    int status = CLI_DONE;
    if (c->json) {
        remote_print(c, &r);
    } else {
        struct str average = json_text(view_at(r.json, "metrics.averageResponseTime"));
        fprintf(c->out, "%s is %.*s: %lld of %lld endpoints answered, in %.*s ms on average\n\n",
                cli_pos(a, 0), STR_ARG(health),
                (long long)json_i64_or(view_at(r.json, "metrics.healthyEndpoints"), 0),
                (long long)json_i64_or(view_at(r.json, "metrics.totalEndpoints"), 0),
                STR_ARG(average));
        status = print(c, a, json_getz(r.json, "endpoints"));
        note_error(c, r.json);
    }
    return status != CLI_DONE ? status : str_eqz(health, "healthy") ? CLI_DONE : CLI_NO;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPTS_REMOTE, CLI_OPT_END };

const struct cli_cmd cmd_test = {
    .name = "test",
    .args = "INTEGRATION [ENDPOINT]",
    .summary = "Test whether the systems behind an integration can be reached",
    .details = "Connects with the integration's credential and asks for something that does no "
               "harm (HEAD, TCP and TLS connect …), unless the endpoint says `probe: request`. "
               "Exit status 1 when an endpoint did not answer.",
    .examples = "zarish test receiver\n"
                "zarish test receiver results",
    .opts = opts,
    .run = run_test,
};

const struct cli_cmd cmd_health = {
    .name = "health",
    .args = "INTEGRATION",
    .summary = "Say whether an integration is healthy, degraded or unhealthy now",
    .details = "Probes every endpoint as `zarish test` does; for a viewer without side effects "
               "even where the endpoint says `probe: request`. Exit status 0 when it is healthy, 1 "
               "when it is not.",
    .examples = "zarish health receiver",
    .opts = opts,
    .run = run_health,
};
