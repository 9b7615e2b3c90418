/*
 * All resources as one sorted table. Tests: api_table_test.c
 */
#include "api/api_int.h"

#include <stdlib.h>

const struct api_resource *const api_resources[] = {
    &api_integrations_resource, &api_executions_resource, &api_validate_resource,
    &api_channels_resource,     &api_mappings_resource,   &api_tables_resource,
    &api_apply_resource,        &api_messages_resource,   &api_secrets_resource,
    &api_keys_resource,         &api_users_resource,      &api_session_resource,
    &api_audit_resource,        &api_health_resource,
};
const size_t api_n_resources = ZS_COUNT(api_resources);

bool api_path_param(struct str *rest, struct str *name)
{
    size_t open = str_chr(*rest, '{', 0);
    size_t close = open == SIZE_MAX ? SIZE_MAX : str_chr(*rest, '}', open);
    if (close == SIZE_MAX)
        return false;
    *name = str_sub(*rest, open + 1, close - open - 1);
    *rest = str_from(*rest, close + 1);
    return true;
}

/* Literals before "{…}"; http_routes_check says the same of the result. */
static int segment_order(struct str a, struct str b)
{
    bool x = a.n > 0 && a.p[0] == '{', y = b.n > 0 && b.p[0] == '{';
    return x != y ? (int)x - (int)y : str_cmp(a, b);
}

static int path_order(const char *a, const char *b)
{
    struct str x = str_z(a), y = str_z(b), sx, sy;
    for (;;) {
        bool more_x = str_split(&x, '/', &sx), more_y = str_split(&y, '/', &sy);
        if (!more_x || !more_y)
            return (int)more_x - (int)more_y;
        int order = segment_order(sx, sy);
        if (order != 0)
            return order;
    }
}

static int route_order(const void *a, const void *b)
{
    const struct api_route *const *x = a;
    const struct api_route *const *y = b;
    int order = path_order((*x)->path, (*y)->path);
    return order != 0 ? order : (int)(*x)->method - (int)(*y)->method;
}

enum rc api_table_fill(struct api_table *t,
                       void (*handle)(void *ctx, struct http_exchange *x,
                                      const struct http_match *m),
                       struct err *e)
{
    t->n = 0;
    for (size_t i = 0; i < api_n_resources; i++)
        for (size_t k = 0; k < api_resources[i]->n; k++) {
            ZS_ASSERT(t->n < API_ROUTES_MAX);
            t->v[t->n++] = &api_resources[i]->v[k];
        }
    qsort(t->v, t->n, sizeof t->v[0], route_order);
    for (size_t i = 0; i < t->n; i++)
        t->http[i] = (struct http_route){ .method = t->v[i]->method,
                                          .pattern = t->v[i]->path,
                                          .handle = handle,
                                          .need = t->v[i]->need,
                                          .doc = t->v[i]->doc };
    struct http_routes routes = { .v = t->http, .n = t->n };
    return http_routes_check(&routes, e);
}

static size_t add(unsigned *out, size_t n, bool when, unsigned status)
{
    if (!when)
        return n;
    ZS_ASSERT(n < API_USUAL_MAX);
    out[n] = status;
    return n + 1;
}

size_t api_usual_statuses(const struct api_route *r, unsigned out[API_USUAL_MAX])
{
    bool authenticated = r->need != API_FREE;
    struct str path = str_z(r->path), name;
    size_t n = 0;
    n = add(out, n, r->method == HTTP_GET && (r->flags & API_ETAG), 304);
    n = add(out, n, authenticated || r->params || r->body, 400);
    n = add(out, n, authenticated, 401);
    n = add(out, n, authenticated, 403);
    n = add(out, n, api_path_param(&path, &name), 404);
    n = add(out, n, (r->flags & (API_IF_MATCH | API_IF_NEW)) != 0, 412);
    n = add(out, n, r->body != NULL, 413);
    n = add(out, n, r->body && r->body->kind != API_ANY, 415);
    n = add(out, n, authenticated || r->body, 429);
    n = add(out, n, authenticated, 503);
    return n;
}
