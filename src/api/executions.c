/*
 * Executions and their log: lists over all integrations or one, and one execution whole.
 * Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

/* What both lists take; those below an integration have no `integration`. */
struct list_query {
    struct str integration, endpoint, cursor;
    int state; /* place in its names, from 1 */
    int64_t start, end;
    uint64_t limit;
};

static const char *const states[] = { "executing", "completed", "failed", NULL };
static const char *const levels[] = { "success", "error", NULL };

/* ---- ids of what is stored under names ---------------------------------------------------- */

/* Rows of one integration and endpoint come in runs: the last answer serves most. */
struct names {
    struct str integration, endpoint;
    struct str integration_id, endpoint_id;
};

/* Names of what is gone stand for its id. */
static void find_names(struct api_call *c, struct names *last, const struct store_exec_row *r)
{
    struct manage_ref ref = { .unit = NULL };
    struct err none;
    if (last->integration.n && str_eq(last->integration, r->integration) &&
        str_eq(last->endpoint, r->endpoint))
        return;
    *last = (struct names){ r->integration, r->endpoint, r->integration, r->endpoint };
    if (manage_find(c->api->conf.manage, r->integration, r->endpoint, c->arena, &ref, &none) ==
        RC_OK) {
        last->endpoint_id = ref.endpoint_id;
        last->integration_id = ref.id;
    } else if (manage_find(c->api->conf.manage, r->integration, STR(""), c->arena, &ref, &none) ==
               RC_OK) {
        last->integration_id = ref.id;
    }
    if (ref.unit)
        config_unit_unref(&ref.unit);
}

/* ---- lists -------------------------------------------------------------------------------- */

static bool has_id(const struct api_call *c)
{
    struct str rest = str_z(c->route->path), name;
    return api_path_param(&rest, &name);
}

static enum rc find_names_asked(struct api_call *c, const struct list_query *in,
                                struct store_exec_query *q, struct err *e)
{
    struct str integration = has_id(c) ? api_path(c, "id") : in->integration;
    struct manage_ref ref = { .unit = NULL };
    if (integration.n == 0)
        return in->endpoint.n == 0
                   ? RC_OK
                   : err_set(e, RC_VALUE, "API-003", "endpoint goes with integration only");
    enum rc rc = manage_find(c->api->conf.manage, integration, in->endpoint, c->arena, &ref, e);
    if (rc != RC_OK)
        return rc;
    q->integration = ref.name;
    q->endpoint = in->endpoint.n ? ref.endpoint : STR("");
    if (ref.unit)
        config_unit_unref(&ref.unit);
    return RC_OK;
}

static enum rc read_list(struct api_call *c, int state, struct store_exec_row **rows, size_t *n,
                         bool *more, struct err *e)
{
    const struct list_query *in = c->query;
    struct store_exec_query q = {
        .state = state, .since = in->start, .until = in->end, .limit = (size_t)in->limit
    };
    enum rc rc = find_names_asked(c, in, &q, e);
    if (rc == RC_OK)
        rc = api_cursor_read(in->cursor, &q.before_seq, &q.before_n, e);
    return rc == RC_OK ? store_execs(c->api->conf.store, &q, c->arena, rows, n, more, e) : rc;
}

static struct str next_of(struct api_call *c, const struct store_exec_row *rows, size_t n,
                          bool more)
{
    return more && n > 0 ? api_cursor(c->arena, rows[n - 1].order_seq, rows[n - 1].n) : STR_NULL;
}

enum rc api_executions_run(struct api_call *c, struct err *e)
{
    const struct list_query *in = c->query;
    struct store_exec_row *rows = NULL;
    struct names names = { .integration = STR_NULL };
    size_t n = 0;
    bool more = false;
    int state = in->state ? exec_state_parse(str_z(states[in->state - 1])) : 0;
    enum rc rc = read_list(c, state, &rows, &n, &more, e);
    if (rc != RC_OK)
        return rc;
    api_list(&c->w);
    for (size_t i = 0; i < n; i++) {
        char id[STORE_UUID_TEXT];
        store_exec_id(c->api->conf.store, rows[i].seq, rows[i].n, false, id);
        find_names(c, &names, &rows[i]);
        struct api_execution x = { .id = id,
                                   .integration_id = names.integration_id,
                                   .endpoint_id = names.endpoint_id,
                                   .row = rows[i] };
        jw_object(&c->w);
        api_put_execution_row(c, &x);
        jw_end(&c->w);
    }
    api_list_end(&c->w, next_of(c, rows, n, more));
    return RC_OK;
}

static void put_log(struct api_call *c, const struct store_exec_row *r, const struct names *names)
{
    struct jw *w = &c->w;
    char id[STORE_UUID_TEXT], execution[STORE_UUID_TEXT];
    store_exec_id(c->api->conf.store, r->seq, r->n, true, id);
    store_exec_id(c->api->conf.store, r->seq, r->n, false, execution);
    jw_object(w);
    jw_kstrz(w, "id", id);
    jw_kstrz(w, "level", r->state == EXEC_COMPLETED ? "success" : "error");
    jw_kstr(w, "integrationId", names->integration_id);
    jw_kstr(w, "endpointId", names->endpoint_id);
    jw_kstrz(w, "executionId", execution);
    jw_kstrz(w, "status", exec_state_name(r->state));
    jw_ku64(w, "duration", r->duration_ms);
    api_put_or_null(w, "error", r->error);
    api_put_time(w, "timestamp", r->at_ms);
    jw_end(w);
}

enum rc api_logs_run(struct api_call *c, struct err *e)
{
    const struct list_query *in = c->query;
    static const int state_of_level[] = { 0, EXEC_COMPLETED, EXEC_FAILED };
    struct store_exec_row *rows = NULL;
    struct names names = { .integration = STR_NULL };
    size_t n = 0;
    bool more = false;
    enum rc rc = read_list(c, state_of_level[in->state], &rows, &n, &more, e);
    if (rc != RC_OK)
        return rc;
    api_list(&c->w);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].state == EXEC_EXECUTING)
            continue; /* what goes on has no entry yet; the page is that much shorter */
        find_names(c, &names, &rows[i]);
        put_log(c, &rows[i], &names);
    }
    api_list_end(&c->w, next_of(c, rows, n, more));
    return RC_OK;
}

/* ---- one ---------------------------------------------------------------------------------- */

/* What was sent by a delivery: its payload, or the message as it came. */
static struct str sent_by(struct api_call *c, const struct store_exec_row *r)
{
    struct store_message m;
    struct err none;
    struct buf lane;
    if (store_read(c->api->conf.store, r->message_seq, c->arena, &m, &none) != RC_OK)
        return STR("");
    buf_init_arena(&lane, c->arena, 1024);
    buf_str(&lane, r->channel);
    buf_char(&lane, '/');
    buf_str(&lane, r->integration);
    buf_char(&lane, '/');
    buf_str(&lane, r->endpoint);
    for (size_t i = 0; i < m.intake.n_deliveries; i++) {
        const struct store_delivery *d = &m.intake.deliveries[i];
        if (str_eq(d->lane, buf_view(&lane)) && !str_is_null(d->payload))
            return d->payload;
    }
    return m.intake.body;
}

static enum rc run_one(struct api_call *c, struct err *e)
{
    struct store *s = c->api->conf.store;
    struct store_exec_full full;
    struct names names = { .integration = STR_NULL };
    char id[STORE_UUID_TEXT];
    uint64_t seq = 0;
    unsigned n = 0;
    bool content = auth_may(c->who.role, AUTH_CONTENT);
    struct api_act act = { "execution.read", "execution", .name = api_path(c, "id") };
    enum rc rc = store_exec_parse(s, api_path(c, "id"), &seq, &n, e);
    if (rc == RC_OK)
        rc = store_exec_read(s, seq, n, c->arena, &full, e);
    if (rc == RC_OK && content)
        rc = api_act(c, &act, e);
    if (rc != RC_OK)
        return rc;
    store_exec_id(s, seq, n, false, id);
    find_names(c, &names, &full.row);
    struct api_execution x = { .id = id,
                               .integration_id = names.integration_id,
                               .endpoint_id = names.endpoint_id,
                               .row = full.row,
                               .actor = full.actor,
                               .request = full.request,
                               .result = full.row.delivery ? full.reply : full.result,
                               .content = content };
    if (full.row.delivery && content)
        x.sent = sent_by(c, &full.row);
    jw_object(&c->w);
    rc = api_put_execution(c, &x, e);
    jw_end(&c->w);
    return rc;
}

/* ---- tables ------------------------------------------------------------------------------- */

#define FILTERS                                                                                    \
    { "endpoint", API_TEXT, offsetof(struct list_query, endpoint),                                 \
      .doc = "Through this endpoint, by id or name." },                                            \
        { "start", API_TIME, offsetof(struct list_query, start),                                   \
          .doc = "Ended at or after; one that goes on: begun." },                                  \
        { "end", API_TIME, offsetof(struct list_query, end), .doc = "Ended before." },             \
        API_PARAM_CURSOR(struct list_query, "before"), API_PARAM_LIMIT(struct list_query)
#define INTEGRATION                                                                                \
    {                                                                                              \
        "integration", API_TEXT, offsetof(struct list_query, integration),                         \
            .doc = "Of this integration, by id or name."                                           \
    }
#define STATUS                                                                                     \
    {                                                                                              \
        "status", API_NAME, offsetof(struct list_query, state), .names = states,                   \
                                                                .doc = "That went so."             \
    }
#define LEVEL                                                                                      \
    {                                                                                              \
        "level", API_NAME, offsetof(struct list_query, state), .names = levels,                    \
                                                               .doc = "Of this level."             \
    }

static const struct api_param all_executions[] = { INTEGRATION, STATUS, FILTERS };
static const struct api_param its_executions[] = { STATUS, FILTERS };
static const struct api_param all_logs[] = { INTEGRATION, LEVEL, FILTERS };
static const struct api_param its_logs[] = { LEVEL, FILTERS };

static const struct api_params all_execution_params = API_PARAMS(struct list_query, all_executions);
static const struct api_params all_log_params = API_PARAMS(struct list_query, all_logs);
const struct api_params api_integration_execution_params =
    API_PARAMS(struct list_query, its_executions);
const struct api_params api_integration_log_params = API_PARAMS(struct list_query, its_logs);

static const struct api_answer list_answers[] = {
    { 200, &api_execution_row_shape, .list = true, .doc = "Newest first." },
};
static const struct api_answer log_answers[] = {
    { 200, &api_log_shape, .list = true, .doc = "Newest first." },
};
static const struct api_answer one_answers[] = {
    { 200, &api_execution_shape, .doc = "With data for who may see content; that is audited." },
};

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/executions", "listExecutions", API_NEEDS(AUTH_READ), API_POOL,
      api_executions_run, .params = &all_execution_params, API_ANSWERS(list_answers),
      .doc = "Calls and delivery attempts, newest first" },
    { HTTP_GET, "/api/v1/executions/{id}", "getExecution", API_NEEDS(AUTH_READ), API_POOL, run_one,
      API_ANSWERS(one_answers), .doc = "One execution with request and response" },
    { HTTP_GET, "/api/v1/logs", "listLogs", API_NEEDS(AUTH_READ), API_POOL, api_logs_run,
      .params = &all_log_params, API_ANSWERS(log_answers),
      .doc = "The log of executions, newest first" },
};

const struct api_resource api_executions_resource = {
    "executions", "Calls of endpoints, by the API and by deliveries.", routes, ZS_COUNT(routes)
};
