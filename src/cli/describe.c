/*
 * `zarish describe`: everything about one thing. `zarish delete`: make it go away.
 * Tests: remote_test.c, tests/scen
 */
#include "cli/kinds.h"
#include "cli/view.h"

#define SHOWN_GROUPS 5

static struct str text_of(const struct json *v, const char *path)
{
    return json_text(view_at(v, path));
}

static void put_time(struct cli *c, int depth, const char *label, const struct json *v,
                     const char *path)
{
    view_line(c->out, depth, label, view_when(c->arena, text_of(v, path)));
}

static void put_head(FILE *f, const char *kind, struct str name)
{
    fprintf(f, "%s ", kind);
    cli_put_safe(f, name);
    fputc('\n', f);
}

static void put_origin(struct cli *c, const struct json *v)
{
    struct str version = text_of(v, "version");
    bool file = str_eqz(text_of(v, "origin"), "file");
    view_line_fmt(c->out, 1, "configuration", "version %.*s, %s", STR_ARG(version),
                  file ? "owned by a file" : "made through the API");
}

static void put_members(struct cli *c, int depth, const struct json *object)
{
    JSON_EACH(v, object)
    {
        const char *name = arena_z(c->arena, json_name(v));
        if (name)
            view_member(c, c->out, depth, name, v);
    }
}

/* ---- integrations ------------------------------------------------------------------------- */

static void put_title(FILE *f, const char *title, const struct json *list)
{
    if (json_count(list) > 0)
        fprintf(f, "  %s\n", title);
}

static void put_endpoint(struct cli *c, const struct json *v)
{
    static const char *const rows[][2] = {
        { "retries", "retries" },     { "rate limit", "rateLimit" },
        { "headers", "headers" },     { "parameters", "parameters" },
        { "mapping", "dataMapping" }, { "answer's mapping", "responseMapping" },
        { "probe", "probe" },
    };
    struct str method = text_of(v, "method"), url = text_of(v, "url");
    fputs("    ", c->out);
    cli_put_safe(c->out, text_of(v, "name"));
    fprintf(c->out, "  %.*s%s", STR_ARG(method), method.n ? " " : "");
    cli_put_safe(c->out, url);
    fputc('\n', c->out);
    struct str timeout = text_of(v, "timeout");
    view_member(c, c->out, 3, "id", json_getz(v, "id"));
    view_line_fmt(c->out, 3, "timeout", "%.*s ms", STR_ARG(timeout));
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        view_member(c, c->out, 3, rows[i][0], view_at(v, rows[i][1]));
}

static void put_credentials(struct cli *c, const struct json *v)
{
    struct str type = text_of(v, "type");
    if (type.n == 0)
        return;
    view_line_fmt(c->out, 1, "authentication", "%.*s%s", STR_ARG(type),
                  json_bool_or(view_at(v, "configured"), false) ? ", set up" : "");
    put_members(c, 3, view_at(v, "details"));
}

static void put_lines(struct cli *c, const char *label, const struct json *list)
{
    JSON_EACH(v, list)
    view_line(c->out, 1, label, json_text(v));
}

/* The name of the endpoint with that id. */
static struct str endpoint_name(const struct json *record, struct str id)
{
    JSON_EACH(ep, json_getz(record, "endpoints"))
    if (str_eq(text_of(ep, "id"), id))
        return text_of(ep, "name");
    return id;
}

static void put_test(struct cli *c, const struct json *record)
{
    const struct json *t = json_getz(record, "connectivity");
    if (!json_is(t, JSON_OBJECT))
        return;
    struct str when = view_when(c->arena, text_of(t, "timestamp"));
    view_line_fmt(c->out, 1, "last test", "%.*s, %lld of %lld endpoints answered", STR_ARG(when),
                  (long long)json_i64_or(view_at(t, "overall.successfulEndpoints"), 0),
                  (long long)json_i64_or(view_at(t, "overall.totalEndpoints"), 0));
    JSON_EACH(v, json_getz(t, "endpoints"))
    {
        struct str error = text_of(v, "error"), took = text_of(v, "responseTime");
        struct str name = endpoint_name(record, text_of(v, "endpointId"));
        fputs("    ", c->out);
        cli_put_safe(c->out, name);
        fputs("  ", c->out);
        cli_put_safe(c->out, error.n ? error : STR("answered"));
        if (took.n > 0)
            fprintf(c->out, ", %.*s ms", STR_ARG(took));
        fputc('\n', c->out);
    }
}

static void put_figures(struct cli *c, const struct json *v)
{
    const struct json *m = json_getz(v, "metrics");
    struct str total = text_of(m, "totalRequests"), failed = text_of(m, "failedRequests");
    struct str rate = text_of(m, "successRate"), average = text_of(m, "averageResponseTime");
    size_t shown = 0;
    if (total.n == 0)
        return;
    if (str_eqz(total, "0")) {
        view_line(c->out, 1, "last 24 h", STR("no execution"));
        return;
    }
    view_line_fmt(c->out, 1, "last 24 h",
                  "%.*s executions, %.*s failed, %.*s %% good, %.*s ms on "
                  "average",
                  STR_ARG(total), STR_ARG(failed), STR_ARG(rate), STR_ARG(average));
    JSON_EACH(g, json_getz(v, "errorGroups"))
    {
        if (shown++ == SHOWN_GROUPS)
            break;
        struct str count = text_of(g, "count");
        fprintf(c->out, "    %.*s times ", STR_ARG(count));
        cli_put_safe(c->out, text_of(g, "error"));
        fputc('\n', c->out);
    }
}

static enum rc get(struct cli *c, const struct cli_args *a, const char *kind, const char *name,
                   const char *what, struct remote_answer *r, struct err *e)
{
    struct str path;
    enum rc rc = remote_path(c, SEGMENTS(kind, name, what), &path, e);
    return rc == RC_OK ? remote_call(c, a, "GET", path, r, e) : rc;
}

/* The channels that deliver to it. */
static void put_users(struct cli *c, const struct json *channels, struct str integration)
{
    JSON_EACH(ch, json_getz(channels, "items"))
    JSON_EACH(d, json_getz(ch, "destinations"))
    {
        struct str to = text_of(d, "destination");
        if (!str_starts(to, integration) || to.n <= integration.n || to.p[integration.n] != '/')
            continue;
        struct str name = text_of(ch, "name"), state = text_of(d, "state");
        struct str waiting = text_of(d, "waiting");
        view_line_fmt(c->out, 1, "used by", "channel %.*s to %.*s: %.*s, %.*s waiting",
                      STR_ARG(name), STR_ARG(to), STR_ARG(state), STR_ARG(waiting));
    }
}

static void put_integration(struct cli *c, const struct json *v)
{
    static const char *const rows[][2] = {
        { "id", "id" },
        { "type", "type" },
        { "status", "status" },
        { "error", "error" },
        { "description", "configuration.description" },
        { "organization", "metadata.organization" },
        { "environment", "metadata.environment" },
    };
    const struct json *validation = json_getz(v, "validation");
    put_head(c->out, "integration", text_of(v, "name"));
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        view_member(c, c->out, 1, rows[i][0], view_at(v, rows[i][1]));
    put_time(c, 1, "created", v, "metadata.createdAt");
    view_member(c, c->out, 1, "created by", view_at(v, "metadata.createdBy"));
    put_origin(c, v);
    put_lines(c, "wrong", json_getz(validation, "errors"));
    put_lines(c, "warning", json_getz(validation, "warnings"));
    put_credentials(c, json_getz(v, "credentials"));
    put_title(c->out, "endpoints", json_getz(v, "endpoints"));
    JSON_EACH(ep, json_getz(v, "endpoints"))
    put_endpoint(c, ep);
}

static enum rc describe_integration(struct cli *c, const struct cli_args *a, const char *name,
                                    const struct remote_answer *r, struct err *e)
{
    struct remote_answer analytics, channels;
    enum rc rc = get(c, a, "integrations", name, "analytics", &analytics, e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "GET", STR("/api/v1/channels"), &channels, e);
    if (rc != RC_OK)
        return rc;
    put_integration(c, r->json);
    put_test(c, r->json);
    put_figures(c, analytics.json);
    put_users(c, channels.json, text_of(r->json, "name"));
    return RC_OK;
}

/* ---- channels, documents ------------------------------------------------------------------ */

static enum rc put_object(struct cli *c, const struct json *v, struct err *e)
{
    put_origin(c, v);
    view_member(c, c->out, 1, "file", json_getz(v, "file"));
    put_time(c, 1, "changed", v, "changedAt");
    view_member(c, c->out, 1, "changed by", json_getz(v, "changedBy"));
    fputs("  document\n", c->out);
    return view_document(c, c->out, json_getz(v, "document"), e);
}

static enum rc describe_document(struct cli *c, const struct cli_args *a, const char *name,
                                 const struct remote_answer *r, struct err *e)
{
    (void)a, (void)name; /* the record holds it all */
    const char *kind = arena_z(c->arena, text_of(r->json, "kind"));
    if (!kind)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    put_head(c->out, kind, text_of(r->json, "name"));
    return put_object(c, r->json, e);
}

static void put_destination(struct cli *c, const struct json *d)
{
    static const char *const figures[] = { "delivered", "waiting",   "inFlight", "retries",
                                           "rejected",  "uncertain", "dead" };
    struct str to = text_of(d, "destination"), state = text_of(d, "state");
    fputs("  to ", c->out);
    cli_put_safe(c->out, to);
    fprintf(c->out, ": %.*s\n", STR_ARG(state));
    for (size_t i = 0; i < ZS_COUNT(figures); i++)
        view_member(c, c->out, 2, figures[i], json_getz(d, figures[i]));
    put_time(c, 2, "oldest waiting", d, "oldestAt");
}

static enum rc describe_channel(struct cli *c, const struct cli_args *a, const char *name,
                                const struct remote_answer *r, struct err *e)
{
    static const char *const rows[] = { "description", "state", "listens",  "taken",
                                        "refused",     "held",  "filtered", "busy" };
    struct remote_answer doc;
    enum rc rc = get(c, a, "channels", name, "document", &doc, e);
    if (rc != RC_OK)
        return rc;
    put_head(c->out, "channel", text_of(r->json, "name"));
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        view_member(c, c->out, 1, rows[i], json_getz(r->json, rows[i]));
    JSON_EACH(d, json_getz(r->json, "destinations"))
    put_destination(c, d);
    return put_object(c, doc.json, e);
}

/* ---- executions, users ------------------------------------------------------------------- */

static enum rc describe_execution(struct cli *c, const struct cli_args *a, const char *name,
                                  const struct remote_answer *r, struct err *e)
{
    static const char *const rows[][2] = {
        { "integration", "integration" }, { "endpoint", "endpoint" },
        { "status", "status" },           { "error", "error" },
        { "message", "message" },         { "channel", "channel" },
        { "attempt", "attempt" },         { "by", "actor" },
    };
    (void)a, (void)name; /* the record holds it all */
    const struct json *v = r->json;
    int64_t start = json_i64_or(view_at(v, "metrics.startTime"), 0);
    put_head(c->out, "execution", text_of(v, "id"));
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        view_member(c, c->out, 1, rows[i][0], view_at(v, rows[i][1]));
    if (start > 0)
        view_line(c->out, 1, "started", view_when_ms(c->arena, start));
    struct str took = text_of(v, "metrics.duration");
    if (took.n > 0)
        view_line_fmt(c->out, 1, "took", "%.*s ms", STR_ARG(took));
    JSON_EACH(t, json_getz(v, "attempts"))
    view_member(c, c->out, 1, "attempt", t);
    fputs("  request\n", c->out);
    put_members(c, 2, json_getz(v, "request"));
    if (!json_is(json_getz(v, "response"), JSON_OBJECT))
        return RC_OK;
    fputs("  response\n", c->out);
    put_members(c, 2, json_getz(v, "response"));
    (void)e; /* nothing here can fail */
    return RC_OK;
}

static enum rc describe_user(struct cli *c, const struct cli_args *a, const char *name,
                             const struct remote_answer *r, struct err *e)
{
    (void)a, (void)e; /* the record holds it all, and nothing here can fail */
    put_head(c->out, "user", str_z(name));
    view_member(c, c->out, 1, "role", json_getz(r->json, "role"));
    view_member(c, c->out, 1, "disabled", json_getz(r->json, "disabled"));
    put_time(c, 1, "created", r->json, "createdAt");
    put_time(c, 1, "changed", r->json, "changedAt");
    return RC_OK;
}

/* ---- the commands ------------------------------------------------------------------------- */

static const struct cli_kind kinds[] = {
    { "integration", "integrations", describe_integration },
    { "channel", "channels", describe_channel },
    { "mapping", "mappings", describe_document },
    { "table", "tables", describe_document },
    { "user", "users", describe_user },
    { "execution", "executions", describe_execution },
};

static const struct cli_kind deleted[] = {
    { "integration", "integrations", NULL },
    { "channel", "channels", NULL },
    { "mapping", "mappings", NULL },
    { "table", "tables", NULL },
    { "secret", "secrets", NULL },
    { "key", "keys", NULL },
    { "user", "users", NULL },
};

static int run_describe(struct cli *c, const struct cli_args *a)
{
    const struct cli_kind *kind = NULL;
    struct remote_answer r = { .status = 0 };
    const char *name = NULL;
    struct err e;
    if (cli_kind_read(c, a, kinds, ZS_COUNT(kinds), &kind, &name, &e) != RC_OK)
        return cli_usage(c, a, &e);
    enum rc rc = get(c, a, kind->path, name, NULL, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    if (c->json) {
        remote_print(c, &r);
        return CLI_DONE;
    }
    return kind->describe(c, a, name, &r, &e) == RC_OK ? CLI_DONE : cli_fail(c, &e);
}

static int run_delete(struct cli *c, const struct cli_args *a)
{
    const struct cli_kind *kind = NULL;
    struct remote_answer r = { .status = 0 };
    const char *name = NULL;
    struct str path;
    struct err e;
    if (cli_kind_read(c, a, deleted, ZS_COUNT(deleted), &kind, &name, &e) != RC_OK)
        return cli_usage(c, a, &e);
    enum rc rc = remote_path(c, SEGMENTS(kind->path, name), &path, &e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "DELETE", path, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    cli_note(c, "%s %s is gone", kind->one, name);
    return CLI_DONE;
}

static const struct cli_opt describe_opts[] = { CLI_OPT_OUTPUT, CLI_OPTS_REMOTE, CLI_OPT_END };
static const struct cli_opt delete_opts[] = { CLI_OPTS_REMOTE, CLI_OPT_END };

const struct cli_cmd cmd_describe = {
    .name = "describe",
    .args = "KIND [NAME]",
    .summary = "Tell everything about one thing",
    .details = "KIND is integration, channel, mapping, table, execution or user; KIND/NAME in one "
               "word is understood too. An integration is told with its last test, the figures of "
               "the last 24 hours and the channels that use it.",
    .examples = "zarish describe integration receiver\n"
                "zarish describe channel/oru-in\n"
                "zarish describe execution 0f8fad5b-d9cb-869f-a165-70867728950e",
    .opts = describe_opts,
    .run = run_describe,
};

const struct cli_cmd cmd_delete = {
    .name = "delete",
    .args = "KIND [NAME]",
    .summary = "Remove an integration, a channel or another thing",
    .details = "KIND is integration, channel, mapping, table, secret, key or user; KIND/NAME in "
               "one word is understood too. What something else uses stays (exit status 1), and "
               "so does what a configuration file holds: take it out of the file. What a channel "
               "has queued stays in the store until a channel of that name comes back.",
    .examples = "zarish delete channel oru-in\n"
                "zarish delete integration/receiver",
    .opts = delete_opts,
    .run = run_delete,
};
