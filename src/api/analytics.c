/*
 * The guide's getIntegrationAnalytics: its rounded integers with the exact figures beside them.
 * Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

#include "base/timefmt.h"

#define HOUR_MS    INT64_C(3600000)
#define DEFAULT_MS (24 * HOUR_MS)

struct analytics_query {
    int64_t start, end;
};

static const char *const bucket_names[STORE_EXEC_BUCKETS] = { "<100ms", "100-500ms", "500ms-1s",
                                                              "1-5s", ">5s" };

/* Half up, as Math.round has it. */
static uint64_t rounded(double v)
{
    return (uint64_t)(v + 0.5);
}

static void put_metrics(struct jw *w, const struct store_exec_sum *s, double hours)
{
    double n = (double)s->n;
    double completed = s->n ? (double)s->n_completed / n : 0;
    double failed = s->n ? (double)s->n_failed / n : 0;
    double average = s->n ? (double)s->sum_ms / n : 0;
    double per_hour = hours > 0 ? n / hours : 0;
    jw_object(w);
    jw_ku64(w, "totalRequests", s->n);
    jw_ku64(w, "successfulRequests", s->n_completed);
    jw_ku64(w, "failedRequests", s->n_failed);
    jw_ku64(w, "successRate", rounded(completed * 100));
    jw_ku64(w, "averageResponseTime", rounded(average));
    jw_ku64(w, "requestsPerHour", rounded(per_hour));
    jw_ku64(w, "errorRate", rounded(failed * 100));
    jw_keyz(w, "successRatio");
    jw_double(w, completed);
    jw_keyz(w, "errorRatio");
    jw_double(w, failed);
    jw_keyz(w, "averageResponseMs");
    jw_double(w, average);
    jw_keyz(w, "requestsPerHourExact");
    jw_double(w, per_hour);
    jw_end(w);
}

static void put_extreme(struct jw *w, const char *name, uint64_t n, uint32_t ms, int64_t start)
{
    jw_keyz(w, name);
    if (n == 0) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_ku64(w, "duration", ms);
    jw_ki64(w, "timestamp", start);
    jw_end(w);
}

static void put_performance(struct jw *w, const struct store_exec_sum *s)
{
    jw_object(w);
    put_extreme(w, "fastestRequest", s->n, s->min_ms, s->min_start);
    put_extreme(w, "slowestRequest", s->n, s->max_ms, s->max_start);
    jw_keyz(w, "responseTimeDistribution");
    jw_object(w);
    for (size_t i = 0; i < STORE_EXEC_BUCKETS; i++)
        jw_ku64(w, bucket_names[i], s->bucket[i]);
    jw_end(w);
    jw_end(w);
}

/* An endpoint that is gone is known by its name. */
static struct str endpoint_id(struct api_call *c, struct str integration, struct str endpoint)
{
    struct manage_ref ref = { .unit = NULL };
    struct err none;
    if (manage_find(c->api->conf.manage, integration, endpoint, c->arena, &ref, &none) != RC_OK)
        return endpoint;
    if (ref.unit)
        config_unit_unref(&ref.unit);
    return ref.endpoint_id;
}

static void put_endpoints(struct api_call *c, struct str integration,
                          const struct store_exec_stats *st, double hours)
{
    struct jw *w = &c->w;
    jw_keyz(w, "endpoints");
    jw_array(w);
    for (size_t i = 0; i < st->n_parts; i++) {
        const struct store_exec_part *p = &st->parts[i];
        struct str id = endpoint_id(c, integration, p->endpoint);
        jw_object(w);
        jw_kstr(w, "id", id);
        jw_kstr(w, "endpointId", id);
        jw_kstr(w, "name", p->endpoint);
        jw_keyz(w, "metrics");
        put_metrics(w, &p->sum, hours);
        jw_keyz(w, "performance");
        put_performance(w, &p->sum);
        jw_end(w);
    }
    jw_end(w);
}

static void put_errors(struct api_call *c, struct str integration,
                       const struct store_exec_stats *st)
{
    struct jw *w = &c->w;
    struct str last = STR_NULL, id = STR_NULL;
    jw_keyz(w, "errors");
    jw_array(w);
    for (size_t i = 0; i < st->n_errors; i++) {
        const struct store_exec_row *r = &st->errors[i];
        if (i == 0 || !str_eq(r->endpoint, last))
            id = endpoint_id(c, integration, r->endpoint);
        last = r->endpoint;
        jw_object(w);
        jw_kstr(w, "error", r->error);
        jw_ki64(w, "timestamp", r->start_ms);
        jw_kstr(w, "endpointId", id);
        jw_end(w);
    }
    jw_end(w);
    jw_keyz(w, "errorGroups");
    jw_array(w);
    for (size_t i = 0; i < st->n_groups; i++) {
        jw_object(w);
        jw_kstr(w, "error", st->groups[i].error);
        jw_ku64(w, "count", st->groups[i].count);
        api_put_time(w, "firstAt", st->groups[i].first_at);
        api_put_time(w, "lastAt", st->groups[i].last_at);
        jw_end(w);
    }
    jw_end(w);
}

/* Echoed as it was asked for; what was left out, as an instant. */
static void put_edge(struct api_call *c, const char *name, int64_t at_ms)
{
    struct str query = http_target_of(c->x)->query, text;
    struct err none;
    if (str_is_null(query) || http_query_get(query, str_z(name), c->arena, &text, &none) != RC_OK ||
        text.n == 0)
        api_put_time(&c->w, name, at_ms);
    else if (str_chr(text, '-', 0) == SIZE_MAX)
        jw_ki64(&c->w, name, at_ms);
    else
        jw_kstr(&c->w, name, text);
}

static enum rc read_range(const struct api_call *c, int64_t *start, int64_t *end, struct err *e)
{
    const struct analytics_query *q = c->query;
    *end = q->end ? q->end : clock_now_ms(c->api->conf.clock);
    *start = q->start ? q->start : *end - DEFAULT_MS;
    return *start <= *end ? RC_OK : err_set(e, RC_VALUE, "API-003", "start is not after end");
}

enum rc api_analytics_run(struct api_call *c, struct err *e)
{
    struct manage_ref ref = { .unit = NULL };
    struct store_exec_stats st;
    struct jw *w = &c->w;
    int64_t start = 0, end = 0;
    enum rc rc = read_range(c, &start, &end, e);
    if (rc == RC_OK)
        rc = manage_find(c->api->conf.manage, api_path(c, "id"), STR(""), c->arena, &ref, e);
    if (rc == RC_OK && ref.unit)
        config_unit_unref(&ref.unit);
    if (rc == RC_OK)
        rc = store_exec_stats(c->api->conf.store, ref.name, start, end, c->arena, &st, e);
    if (rc != RC_OK)
        return rc;
    double hours = (double)(end - start) / (double)HOUR_MS;
    jw_object(w);
    jw_kstr(w, "integrationId", ref.id);
    jw_keyz(w, "timeRange");
    jw_object(w);
    put_edge(c, "start", start);
    put_edge(c, "end", end);
    jw_end(w);
    api_put_time(w, "generatedAt", clock_now_ms(c->api->conf.clock));
    jw_keyz(w, "metrics");
    put_metrics(w, &st.total, hours);
    put_errors(c, ref.name, &st);
    jw_keyz(w, "performance");
    put_performance(w, &st.total);
    put_endpoints(c, ref.name, &st, hours);
    jw_end(w);
    return RC_OK;
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct api_param rows[] = {
    { "start", API_TIME, offsetof(struct analytics_query, start),
      .doc = "Ended at or after; by default a day before `end`." },
    { "end", API_TIME, offsetof(struct analytics_query, end),
      .doc = "Ended before; by default now." },
};
const struct api_params api_analytics_params = API_PARAMS(struct analytics_query, rows);

static const struct shape_member range_members[] = {
    { "start", SHAPE_ANY, .doc = "As it was asked for: ISO 8601, or milliseconds since 1970." },
    { "end", SHAPE_ANY, .doc = "Likewise." },
};
static const struct shape range_shape = SHAPE("TimeRange", range_members, "What was asked for.");

static const struct shape_member metric_members[] = {
    { "totalRequests", SHAPE_INT, .doc = "Executions that ended in the range." },
    { "successfulRequests", SHAPE_INT, .doc = "Of them, completed." },
    { "failedRequests", SHAPE_INT, .doc = "Of them, failed." },
    { "successRate", SHAPE_INT, .doc = "Percent, rounded." },
    { "averageResponseTime", SHAPE_INT, .doc = "Milliseconds, rounded." },
    { "requestsPerHour", SHAPE_INT, .doc = "Rounded." },
    { "errorRate", SHAPE_INT, .doc = "Percent, rounded." },
    { "successRatio", SHAPE_REAL, .doc = "0 to 1, exact." },
    { "errorRatio", SHAPE_REAL, .doc = "0 to 1, exact." },
    { "averageResponseMs", SHAPE_REAL, .doc = "Exact." },
    { "requestsPerHourExact", SHAPE_REAL, .doc = "Exact." },
};
static const struct shape metric_shape =
    SHAPE("AnalyticsMetrics", metric_members, "The guide's metrics, with exact ones beside.");

static const struct shape_member extreme_members[] = {
    { "duration", SHAPE_INT, .doc = "Milliseconds." },
    { "timestamp", SHAPE_INT, .doc = "When it began, milliseconds since 1970." },
};
static const struct shape extreme_shape = SHAPE("Extreme", extreme_members, "One request.");

static const struct shape_member distribution_members[] = {
    { "<100ms", SHAPE_INT, .doc = "Requests." },   { "100-500ms", SHAPE_INT, .doc = "Requests." },
    { "500ms-1s", SHAPE_INT, .doc = "Requests." }, { "1-5s", SHAPE_INT, .doc = "Requests." },
    { ">5s", SHAPE_INT, .doc = "Requests." },
};
static const struct shape distribution_shape =
    SHAPE("ResponseTimeDistribution", distribution_members, "How many took how long.");

static const struct shape_member performance_members[] = {
    { "fastestRequest", SHAPE_OBJECT, SHAPE_NULL, &extreme_shape, .doc = "Null: there was none." },
    { "slowestRequest", SHAPE_OBJECT, SHAPE_NULL, &extreme_shape, .doc = "Null: there was none." },
    { "responseTimeDistribution", SHAPE_OBJECT, .sub = &distribution_shape, .doc = "By time." },
};
static const struct shape performance_shape =
    SHAPE("Performance", performance_members, "How fast.");

static const struct shape_member error_members[] = {
    { "error", SHAPE_TEXT, .doc = "What it was." },
    { "timestamp", SHAPE_INT, .doc = "When it began, milliseconds since 1970." },
    { "endpointId", SHAPE_TEXT, .doc = "Where." },
};
static const struct shape error_shape = SHAPE("AnalyticsError", error_members, "One failure.");

static const struct shape_member group_members[] = {
    { "error", SHAPE_TEXT, .doc = "What it was." },
    { "count", SHAPE_INT, .doc = "How often." },
    { "firstAt", SHAPE_TIME, .doc = "In the range." },
    { "lastAt", SHAPE_TIME, .doc = "In the range." },
};
static const struct shape group_shape =
    SHAPE("ErrorGroup", group_members, "Failures of the same text.");

static const struct shape_member part_members[] = {
    { "id", SHAPE_TEXT, .doc = "The endpoint's; its name where it is gone." },
    { "endpointId", SHAPE_TEXT, .doc = "The same." },
    { "name", SHAPE_TEXT, .doc = "The endpoint's." },
    { "metrics", SHAPE_OBJECT, .sub = &metric_shape, .doc = "Of it alone." },
    { "performance", SHAPE_OBJECT, .sub = &performance_shape, .doc = "Of it alone." },
};
static const struct shape part_shape =
    SHAPE("EndpointAnalytics", part_members, "The figures of one endpoint.");

static const struct shape_member analytics_members[] = {
    { "integrationId", SHAPE_UUID, .doc = "Whose they are." },
    { "timeRange", SHAPE_OBJECT, .sub = &range_shape, .doc = "What was asked for." },
    { "generatedAt", SHAPE_TIME, .doc = "When." },
    { "metrics", SHAPE_OBJECT, .sub = &metric_shape, .doc = "Of all endpoints." },
    { "errors", SHAPE_OBJECT, SHAPE_LIST, &error_shape, .doc = "The last hundred, newest first." },
    { "errorGroups", SHAPE_OBJECT, SHAPE_LIST, &group_shape, .doc = "All, most frequent first." },
    { "performance", SHAPE_OBJECT, .sub = &performance_shape, .doc = "Of all endpoints." },
    { "endpoints", SHAPE_OBJECT, SHAPE_LIST, &part_shape, .doc = "By name." },
};
const struct shape api_analytics_shape =
    SHAPE("Analytics", analytics_members, "The guide's analytics of an integration.");
