/* The tables of the API are sound, and what is made of them is whole. */
#include "api/api_int.h"

#include "tests/lib/t.h"

static struct arena *scratch;

static void never(void *ctx, struct http_exchange *x, const struct http_match *m)
{
    (void)ctx, (void)x, (void)m;
    ZS_NEVER("no request comes in");
}

static void fill(struct api_table *t)
{
    struct err e;
    T_OK(api_table_fill(t, never, &e), &e);
}

static void routes_are_sorted_and_found(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *path;
        const char *id;
    } rows[] = {
        { HTTP_GET, "/livez", "livez" },
        { HTTP_POST, "/api/v1/integrations", "initializeIntegration" },
        { HTTP_GET, "/api/v1/integrations/x", "getIntegration" },
        { HTTP_POST, "/api/v1/integrations/x/endpoints/y/execute", "executeIntegrationRequest" },
        { HTTP_GET, "/api/v1/channels/a%20b/document", "getChannelDocument" },
        { HTTP_DELETE, "/api/v1/users/u", "deleteUser" },
    };
    static struct api_table t;
    fill(&t);
    struct http_routes routes = { .v = t.http, .n = t.n };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct http_match m;
        T_ROW(rows[i].path);
        T_EQ_INT(http_route_find(&routes, rows[i].method, str_z(rows[i].path), &m),
                 HTTP_ROUTE_FOUND);
        T_EQ_Z(t.v[m.route - t.http]->id, rows[i].id);
    }
}

static bool same_id(const struct api_route *a, const struct api_route *b)
{
    return strcmp(a->id, b->id) == 0;
}

static void every_route_is_described(void **state)
{
    (void)state;
    static struct api_table t;
    fill(&t);
    T_TRUE(t.n >= 60);
    for (size_t i = 0; i < t.n; i++) {
        const struct api_route *r = t.v[i];
        T_ROW(r->id);
        T_TRUE(r->doc && *r->doc);
        T_TRUE(r->run != NULL);
        T_TRUE(r->n_answers > 0 && r->answers[0].status < 300);
        T_TRUE(r->need != API_FREE || !r->object);
        T_TRUE(r->run != api_manage || (r->verb != 0 && r->object && r->where == API_ENGINE));
        for (size_t k = 0; k < r->n_answers; k++)
            T_TRUE(r->answers[k].doc && *r->answers[k].doc);
        for (size_t k = 0; k < i; k++)
            T_FALSE(same_id(r, t.v[k]));
    }
}

static void only_a_few_routes_are_free(void **state)
{
    (void)state;
    static const char *const ids[] = { "login", "livez", "readyz" };
    static struct api_table t;
    size_t n = 0;
    fill(&t);
    for (size_t i = 0; i < t.n; i++)
        if (t.v[i]->need == API_FREE)
            T_EQ_Z(t.v[i]->id, n < ZS_COUNT(ids) ? ids[n++] : "");
    T_EQ_SIZE(n, ZS_COUNT(ids));
}

static void parameters_and_bodies_are_sound(void **state)
{
    (void)state;
    static struct api_table t;
    fill(&t);
    for (size_t i = 0; i < t.n; i++) {
        const struct api_route *r = t.v[i];
        struct err e;
        T_ROW(r->id);
        for (size_t k = 0; r->params && k < r->params->n; k++) {
            const struct api_param *p = &r->params->v[k];
            T_TRUE(p->doc && *p->doc);
            T_TRUE(p->at < r->params->size);
            T_TRUE((p->kind == API_NAME) == (p->names != NULL));
            T_TRUE(p->kind != API_COUNT || (p->min <= p->dflt && p->dflt <= p->max));
        }
        if (!r->body)
            continue;
        T_TRUE(r->body->doc && r->body->max > 0);
        if (r->body->table)
            T_OK(opt_check_table(r->body->table, scratch, &e), &e);
    }
}

static void shapes_are_sound(void **state)
{
    (void)state;
    static struct api_table t;
    static struct shape_set set;
    fill(&t);
    shape_add(&set, &api_problem_shape);
    for (size_t i = 0; i < t.n; i++)
        for (size_t k = 0; k < t.v[i]->n_answers; k++)
            if (t.v[i]->answers[k].shape)
                shape_add(&set, t.v[i]->answers[k].shape);
    for (size_t i = 0; i < set.n; i++) {
        T_ROW(set.v[i]->name);
        for (size_t k = 0; k < i; k++)
            T_TRUE(strcmp(set.v[k]->name, set.v[i]->name) != 0);
        for (size_t k = 0; k < set.v[i]->n; k++) {
            const struct shape_member *m = &set.v[i]->v[k];
            T_TRUE(m->name && m->doc && *m->doc);
            T_TRUE(m->kind >= SHAPE_TEXT && m->kind <= SHAPE_ANY);
            T_TRUE((m->kind == SHAPE_OBJECT) == (m->sub != NULL));
        }
    }
}

static void openapi_is_one_document(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct json *doc = NULL;
    struct err e;
    buf_init_arena(&b, scratch, (size_t)16 << 20);
    jw_init(&w, &b, JSON_COMPACT);
    T_OK(api_openapi(&w, &e), &e);
    T_OK(jw_done(&w, &e), &e);
    T_OK(json_parse(buf_view(&b), &json_default_limits, scratch, &doc, &e), &e);
    T_EQ_STR(json_text(json_getz(doc, "openapi")), "3.1.0");
    const struct json *op =
        json_getz(json_getz(json_getz(doc, "paths"), "/api/v1/integrations/{id}"), "put");
    T_EQ_STR(json_text(json_getz(op, "operationId")), "replaceIntegration");
    T_EQ_STR(json_text(json_getz(op, "x-role")), "editor");
    /* the document that names it has no such key in a file */
    const struct json *schemas = json_getz(json_getz(doc, "components"), "schemas");
    const struct json *config = json_getz(json_getz(schemas, "config.integration"), "properties");
    T_TRUE(json_getz(config, "name") != NULL);
    T_TRUE(json_getz(config, "integration") == NULL);
    T_TRUE(json_getz(json_getz(json_getz(schemas, "config.channel"), "properties"), "channel") ==
           NULL);
}

static void openapi_says_when_there_is_no_memory(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, 1000);
    jw_init(&w, &b, JSON_COMPACT);
    T_OK(api_openapi(&w, &e), &e);
    T_EQ_INT(jw_done(&w, &e), RC_LIMIT);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(routes_are_sorted_and_found),
        T_TEST(every_route_is_described),
        T_TEST(only_a_few_routes_are_free),
        T_TEST(parameters_and_bodies_are_sound),
        T_TEST(shapes_are_sound),
        T_TEST(openapi_is_one_document),
        T_TEST(openapi_says_when_there_is_no_memory),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int failed = T_RUN(tests);
    arena_free(&scratch);
    return failed;
}
