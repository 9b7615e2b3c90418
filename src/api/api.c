/*
 * The listener, its routes, and the gate every request goes through. Tests: tests/scen
 */
#include "api/api_int.h"

#include "base/alloc.h"

#define ROUTE(method, pattern, fn, need, doc)                                                      \
    {                                                                                              \
        (method), (pattern), fn##_route, (need), (doc)                                             \
    }

/* The table's handlers get a bare exchange; ours want the caller beside it. */
static void gate(void *ctx, struct http_exchange *x, const struct http_match *m,
                 api_handler *handle);

#define HANDLER(fn)                                                                                \
    static void fn##_route(void *ctx, struct http_exchange *x, const struct http_match *m)         \
    {                                                                                              \
        gate(ctx, x, m, fn);                                                                       \
    }

HANDLER(api_livez)
HANDLER(api_readyz)
HANDLER(api_status)
HANDLER(api_channels)
HANDLER(api_channel)
HANDLER(api_channel_pause)
HANDLER(api_channel_resume)
HANDLER(api_messages)
HANDLER(api_message)
HANDLER(api_message_body)
HANDLER(api_message_trace)
HANDLER(api_audit)

static const struct http_route routes[] = {
    ROUTE(HTTP_GET, "/api/v1/audit", api_audit, API_NEEDS(AUTH_MANAGE),
          "Who changed or looked at what, newest first"),
    ROUTE(HTTP_GET, "/api/v1/channels", api_channels, API_NEEDS(AUTH_READ),
          "Every channel with its state, figures and destinations"),
    ROUTE(HTTP_GET, "/api/v1/channels/{name}", api_channel, API_NEEDS(AUTH_READ), "One channel"),
    ROUTE(HTTP_POST, "/api/v1/channels/{name}/pause", api_channel_pause, API_NEEDS(AUTH_OPERATE),
          "Stop taking and sending"),
    ROUTE(HTTP_POST, "/api/v1/channels/{name}/resume", api_channel_resume, API_NEEDS(AUTH_OPERATE),
          "Go on after a pause"),
    ROUTE(HTTP_GET, "/api/v1/messages", api_messages, API_NEEDS(AUTH_READ),
          "Search messages, newest first"),
    ROUTE(HTTP_GET, "/api/v1/messages/{id}", api_message, API_NEEDS(AUTH_READ),
          "What is known of one message, without its content"),
    ROUTE(HTTP_GET, "/api/v1/messages/{id}/body", api_message_body, API_NEEDS(AUTH_CONTENT),
          "The message byte for byte, as it was received"),
    ROUTE(HTTP_GET, "/api/v1/messages/{id}/trace", api_message_trace, API_NEEDS(AUTH_READ),
          "Everything that happened to one message"),
    ROUTE(HTTP_GET, "/api/v1/status", api_status, API_NEEDS(AUTH_READ),
          "Version, store and index figures"),
    ROUTE(HTTP_GET, "/livez", api_livez, API_FREE, "200 while the process serves"),
    ROUTE(HTTP_GET, "/readyz", api_readyz, API_FREE, "200 when messages can be taken"),
};

const struct http_routes api_routes = { .v = routes, .n = ZS_COUNT(routes) };

/* RC_OK when the caller may use the route; else the status to answer. */
static enum rc admit(struct api_call *c, uint32_t *retry_ms, struct err *e)
{
    unsigned need = c->match->route->need;
    if (need == API_FREE)
        return RC_OK;
    char peer[ADDR_TEXT_MAX];
    (void)addr_text_ip(http_peer(c->x), peer); /* its length is of no use here */
    struct auth_given given = { .authorization = http_field_of(c->x, STR("Authorization")),
                                .api_key = http_field_of(c->x, STR("X-API-Key")),
                                .peer = peer };
    enum rc rc = auth_check(c->api->conf.auth, &given, &c->who, retry_ms, e);
    return rc == RC_OK ? auth_allow(&c->who, (enum auth_verb)(need - 1), e) : rc;
}

static unsigned refusal_status(const struct err *e)
{
    if (e->code == RC_LIMIT)
        return 429;
    return e->id && strcmp(e->id, "AUTH-014") == 0 ? 403 : 401;
}

static void refuse(struct api_call *c, uint32_t retry_ms, const struct err *e)
{
    unsigned status = refusal_status(e);
    char seconds[16];
    struct buf body;
    buf_init_arena(&body, http_arena(c->x), 4096);
    api_problem_body(&body, status, e);
    int n = snprintf(seconds, sizeof seconds, "%u", retry_ms / 1000 + 1);
    struct http_field field = { STR_INIT("WWW-Authenticate"), STR_INIT("Bearer realm=\"zarish\"") };
    if (status == 429)
        field = (struct http_field){ STR("Retry-After"), str_of(seconds, (size_t)n) };
    struct http_response r = { .status = status,
                               .type = STR("application/problem+json"),
                               .fields = &field,
                               .n_fields = status == 403 ? 0 : 1,
                               .body = buf_view(&body) };
    http_answer(c->x, &r);
}

static void gate(void *ctx, struct http_exchange *x, const struct http_match *m,
                 api_handler *handle)
{
    struct api_call c = { .api = ctx, .x = x, .match = m };
    struct err e;
    uint32_t retry_ms = 0;
    if (admit(&c, &retry_ms, &e) == RC_OK)
        handle(&c);
    else
        refuse(&c, retry_ms, &e);
}

/*
 * A path or method that does not exist is told to those who may ask at all: to others every path
 * below /api answers 401, so that the API cannot be mapped from outside.
 */
static void on_request(void *ctx, struct http_exchange *x)
{
    struct http_match m;
    enum http_found found =
        http_route_find(&api_routes, http_head_of(x)->method, http_target_of(x)->path, &m);
    if (found == HTTP_ROUTE_FOUND) {
        m.route->handle(ctx, x, &m);
        return;
    }
    static const struct http_route any = { .need = API_NEEDS(AUTH_READ) };
    m.route = &any;
    struct api_call c = { .api = ctx, .x = x, .match = &m };
    struct err e;
    uint32_t retry_ms = 0;
    if (admit(&c, &retry_ms, &e) != RC_OK) {
        refuse(&c, retry_ms, &e);
        return;
    }
    bool path = found == HTTP_ROUTE_NO_PATH;
    (void)err_set(&e, RC_MISSING, path ? "API-001" : "API-002", "%s",
                  path ? "there is nothing at this path" : "this path has no such method");
    api_problem(x, path ? 404 : 405, &e);
}

static void on_refused(void *ctx, const struct addr *peer, unsigned status, const struct err *why,
                       struct buf *body, struct str *type)
{
    (void)ctx, (void)peer; /* the server's own counters have it */
    api_problem_body(body, status, why);
    *type = STR("application/problem+json");
}

static void maybe_stopped(struct api *a)
{
    if (!a->server_stopped || a->n_jobs > 0 || !a->conf.stopped)
        return;
    void (*fn)(void *ctx) = a->conf.stopped;
    a->conf.stopped = NULL;
    fn(a->conf.ctx);
}

static void on_stopped(void *ctx)
{
    struct api *a = ctx;
    a->server_stopped = true;
    maybe_stopped(a);
}

void api_job_over(struct api *a)
{
    a->n_jobs--;
    maybe_stopped(a);
}

enum rc api_open(struct loop *l, const struct api_conf *conf, struct api **out, struct err *e)
{
    static const struct http_server_events events = { .request = on_request,
                                                      .refused = on_refused,
                                                      .stopped = on_stopped };
    struct api *a = mem_new(struct api);
    if (!a)
        return err_set(e, RC_NOMEM, "API-005", "no memory for the management API");
    a->conf = *conf;
    a->loop = l;
    struct http_server_conf sc = { .host = conf->host, .port = conf->port };
    enum rc rc = http_server_open(l, &sc, &events, a, &a->server, e);
    if (rc != RC_OK) {
        mem_free(a);
        return rc;
    }
    *out = a;
    return RC_OK;
}

const struct addr *api_addr(const struct api *a)
{
    return http_server_addr(a->server);
}

void api_stop(struct api *a)
{
    http_server_stop(a->server);
}

void api_free(struct api **ap)
{
    struct api *a = *ap;
    if (!a)
        return;
    ZS_ASSERT(a->n_jobs == 0);
    *ap = NULL;
    http_server_free(&a->server);
    mem_free(a);
}
