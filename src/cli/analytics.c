/*
 * `zarish analytics`: figures of an integration's executions in a time range.
 * Tests: remote_test.c
 */
#include "cli/remote.h"
#include "cli/view.h"

#define BAR_CELLS    40
#define SHOWN_ERRORS 10

static struct str text_of(const struct json *v, const char *path)
{
    return json_text(view_at(v, path));
}

static void put_metrics(struct cli *c, const struct json *v)
{
    static const struct {
        const char *label, *path, *unit;
    } rows[] = {
        { "executions", "metrics.totalRequests", "" },
        { "  successful", "metrics.successfulRequests", "" },
        { "  failed", "metrics.failedRequests", "" },
        { "success rate", "metrics.successRate", " %" },
        { "error rate", "metrics.errorRate", " %" },
        { "average", "metrics.averageResponseTime", " ms" },
        { "per hour", "metrics.requestsPerHour", "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct str text = text_of(v, rows[i].path);
        if (text.n > 0)
            view_line_fmt(c->out, 1, rows[i].label, "%.*s%s", STR_ARG(text), rows[i].unit);
    }
}

static void put_extreme(struct cli *c, const struct json *v, const char *label, const char *path)
{
    const struct json *x = view_at(v, path);
    struct str took = text_of(x, "duration");
    int64_t at = json_i64_or(json_getz(x, "timestamp"), 0);
    if (took.n == 0)
        return;
    struct str when = view_when_ms(c->arena, at);
    view_line_fmt(c->out, 1, label, "%.*s ms at %.*s", STR_ARG(took), STR_ARG(when));
}

static void put_distribution(struct cli *c, const struct json *d)
{
    int64_t most = 0;
    JSON_EACH(v, d)
    most = json_i64_or(v, 0) > most ? json_i64_or(v, 0) : most;
    if (most == 0)
        return;
    fputs("\n  response times\n", c->out);
    JSON_EACH(v, d)
    {
        struct str name = json_name(v);
        int64_t n = json_i64_or(v, 0);
        int cells = (int)((n * BAR_CELLS + most - 1) / most);
        fprintf(c->out, "    %-10.*s %10lld  %.*s\n", STR_ARG(name), (long long)n, cells,
                "########################################");
    }
}

static const struct view_col endpoint_cols[] = {
    { { .head = "ENDPOINT", .max = 40 }, view_text, "name" },
    { { .head = "EXECUTIONS", .right = true }, view_text, "metrics.totalRequests" },
    { { .head = "FAILED", .right = true }, view_text, "metrics.failedRequests" },
    { { .head = "GOOD %", .right = true }, view_text, "metrics.successRate" },
    { { .head = "AVERAGE MS", .right = true }, view_text, "metrics.averageResponseTime" },
};

static void put_errors(struct cli *c, const struct json *groups)
{
    size_t shown = 0, n = json_count(groups);
    if (n == 0)
        return;
    fputs("\n  errors\n", c->out);
    JSON_EACH(g, groups)
    {
        if (shown++ == SHOWN_ERRORS) {
            fprintf(c->out, "    and %zu other texts; `zarish get logs` has them\n",
                    n - SHOWN_ERRORS);
            break;
        }
        struct str count = text_of(g, "count");
        fprintf(c->out, "    %8.*s  ", STR_ARG(count));
        cli_put_safe(c->out, text_of(g, "error"));
        fputc('\n', c->out);
    }
}

static enum rc put_text(struct cli *c, const struct cli_args *a, const struct json *v,
                        struct err *e)
{
    struct str start = view_when(c->arena, text_of(v, "timeRange.start"));
    struct str end = view_when(c->arena, text_of(v, "timeRange.end"));
    fprintf(c->out, "%s from %.*s to %.*s\n", cli_pos(a, 0), STR_ARG(start), STR_ARG(end));
    put_metrics(c, v);
    put_extreme(c, v, "fastest", "performance.fastestRequest");
    put_extreme(c, v, "slowest", "performance.slowestRequest");
    put_distribution(c, view_at(v, "performance.responseTimeDistribution"));
    put_errors(c, json_getz(v, "errorGroups"));
    const struct json *endpoints = json_getz(v, "endpoints");
    if (json_count(endpoints) == 0)
        return RC_OK;
    fputc('\n', c->out);
    return view_table(c, endpoint_cols, ZS_COUNT(endpoint_cols), endpoints, e);
}

static enum rc url_of(struct cli *c, const struct cli_args *a, struct str *out, struct err *e)
{
    const char *start = NULL, *end = NULL;
    struct buf b;
    struct str path;
    enum rc rc = view_time_option(c, cli_opt(a, "since"), &start, e);
    if (rc == RC_OK)
        rc = view_time_option(c, cli_opt(a, "until"), &end, e);
    if (rc == RC_OK)
        rc = remote_path(c, SEGMENTS("integrations", cli_pos(a, 0), "analytics"), &path, e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&b, c->arena, 16384);
    buf_str(&b, path);
    remote_query(&b, "start", start);
    remote_query(&b, "end", end);
    *out = buf_view(&b);
    return buf_rc(&b, e);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct remote_answer r = { .status = 0 };
    struct str url;
    struct err e;
    enum rc rc = url_of(c, a, &url, &e);
    if (rc == RC_VALUE)
        return cli_usage(c, a, &e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "GET", url, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    if (c->json) {
        remote_print(c, &r);
        return CLI_DONE;
    }
    return put_text(c, a, r.json, &e) == RC_OK ? CLI_DONE : cli_fail(c, &e);
}

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "since",
      .arg = "TIME",
      .help = "from then on: 24h for so long ago, or 2024-05-06T07:08:09Z",
      .def = "24h" },
    { .name = "until", .arg = "TIME", .help = "before then; else now" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

const struct cli_cmd cmd_analytics = {
    .name = "analytics",
    .args = "INTEGRATION",
    .summary = "Show figures of an integration's executions",
    .details = "Calls and delivery attempts that ended in the time range, exactly counted.",
    .examples = "zarish analytics receiver\n"
                "zarish analytics receiver --since 7d -o json",
    .opts = opts,
    .run = run,
};
