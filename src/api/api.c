/*
 * The listener, its routes, and the gate every request goes through. Tests: tests/scen
 */
#include "api/api_int.h"

#define BODY_MAX      ((uint64_t)64 * 1024 * 1024) /* of any route's */
#define LAST_CALLS_MS 60000 /* for what the pool still reads after the engine stopped */
#define USERS_RANK    200 /* below the store's, confdb's and auth's, which a change goes through */

/* A request that was let in, until its body is there. Lives in the exchange's arena. */
struct entry {
    struct api *api;
    const struct api_route *route;
    struct http_match match;
    struct principal who; /* role AUTH_NOBODY on free routes */
};

/* RC_OK when the caller may do what is needed; else why not. */
static enum rc admit(struct api *a, struct http_exchange *x, unsigned need, struct principal *who,
                     uint32_t *retry_ms, struct err *e)
{
    if (need == API_FREE)
        return RC_OK;
    char peer[ADDR_TEXT_MAX];
    (void)addr_text_ip(http_peer(x), peer); /* its length is of no use here */
    struct auth_given given = { .authorization = http_field_of(x, STR("Authorization")),
                                .api_key = http_field_of(x, STR("X-API-Key")),
                                .peer = peer };
    enum rc rc = auth_check(a->conf.auth, &given, who, retry_ms, e);
    return rc == RC_OK ? auth_allow(who, (enum auth_verb)(need - 1), e) : rc;
}

static unsigned refusal_status(const struct err *e)
{
    if (e->code == RC_LIMIT)
        return 429;
    return str_eqz(STR("AUTH-014"), e->id) ? 403 : 401;
}

static void refuse(struct http_exchange *x, uint32_t retry_ms, const struct err *e)
{
    char seconds[16];
    unsigned status = refusal_status(e);
    int n = snprintf(seconds, sizeof seconds, "%u", retry_ms / 1000 + 1);
    struct http_field field = { STR("WWW-Authenticate"), STR("Bearer realm=\"zarish\"") };
    if (status == 429)
        field = (struct http_field){ STR("Retry-After"), str_of(seconds, (size_t)n) };
    api_refuse(x, status, e, status == 403 ? NULL : &field);
}

static void on_body(void *ctx, struct http_exchange *x, struct str body)
{
    struct entry *en = ctx;
    api_begin(en->api, x, &en->match, en->route, &en->who, body);
}

static void enter(struct api *a, struct http_exchange *x, const struct http_match *m)
{
    const struct api_route *route = a->table.v[m->route - a->table.http];
    struct principal who = { .role = AUTH_NOBODY };
    uint32_t retry_ms = 0;
    struct err e;
    if (admit(a, x, route->need, &who, &retry_ms, &e) != RC_OK) {
        refuse(x, retry_ms, &e);
        return;
    }
    if (!route->body) {
        api_begin(a, x, m, route, &who, STR_NULL);
        return;
    }
    struct entry *en = arena_make(http_arena(x), struct entry, 1);
    if (!en) {
        (void)err_set(&e, RC_NOMEM, "API-005", "no memory to answer this");
        api_refuse(x, 503, &e, NULL);
        return;
    }
    *en = (struct entry){ .api = a, .route = route, .match = *m, .who = who };
    http_collect(x, route->body->max, on_body, en);
}

static void on_route(void *ctx, struct http_exchange *x, const struct http_match *m)
{
    enter(ctx, x, m);
}

static void no_method(struct http_exchange *x, unsigned allowed)
{
    char text[128];
    struct err e;
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    http_allow_text(&b, allowed);
    struct http_field allow = { STR("Allow"), buf_view(&b) };
    if (http_head_of(x)->method == HTTP_OPTIONS) {
        struct http_response r = { .status = 204, .fields = &allow, .n_fields = 1 };
        http_answer(x, &r);
        return;
    }
    (void)err_set(&e, RC_MISSING, "API-002", "this path has no such method");
    api_refuse(x, 405, &e, &allow);
}

/*
 * A path or method that does not exist is told to those who may ask at all: to others every path
 * answers 401, so that the API cannot be mapped from outside.
 */
static void on_request(void *ctx, struct http_exchange *x)
{
    struct api *a = ctx;
    struct http_routes routes = { .v = a->table.http, .n = a->table.n };
    struct http_match m;
    enum http_found found =
        http_route_find(&routes, http_head_of(x)->method, http_target_of(x)->path, &m);
    if (found == HTTP_ROUTE_FOUND) {
        m.route->handle(a, x, &m);
        return;
    }
    struct principal who;
    struct err e;
    uint32_t retry_ms = 0;
    if (admit(a, x, API_NEEDS(AUTH_READ), &who, &retry_ms, &e) != RC_OK) {
        refuse(x, retry_ms, &e);
    } else if (found == HTTP_ROUTE_NO_METHOD) {
        no_method(x, m.allow);
    } else {
        (void)err_set(&e, RC_MISSING, "API-001", "there is nothing at this path");
        api_refuse(x, 404, &e, NULL);
    }
}

static void on_refused(void *ctx, const struct addr *peer, unsigned status, const struct err *why,
                       struct buf *body, struct str *type)
{
    (void)ctx, (void)peer; /* the server's own counters have it */
    api_problem_body(body, status, why);
    *type = STR("application/problem+json");
}

static void on_stopped(void *ctx)
{
    struct api *a = ctx;
    a->conf.stopped(a->conf.ctx);
}

void api_call_over(struct api *a)
{
    a->n_calls--;
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
    mutex_init(&a->users, "users", USERS_RANK);
    struct http_server_conf sc = { .host = conf->host, .port = conf->port, .body_max = BODY_MAX };
    enum rc rc = api_table_fill(&a->table, on_route, e);
    if (rc == RC_OK)
        rc = http_server_open(l, &sc, &events, a, &a->server, e);
    if (rc != RC_OK) {
        mutex_done(&a->users);
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

static bool is_idle(void *ctx)
{
    const struct api *a = ctx;
    return a->n_calls == 0;
}

void api_free(struct api **ap)
{
    struct api *a = *ap;
    if (!a)
        return;
    /* who asked is gone, but the engine's last word on it has to be heard */
    bool idle = is_idle(a) || loop_run_until(a->loop, is_idle, a, LAST_CALLS_MS);
    ZS_ASSERT(idle);
    loop_poll(a->loop); /* their answers, which go nowhere */
    *ap = NULL;
    http_server_free(&a->server);
    mutex_done(&a->users);
    mem_free(a);
}
