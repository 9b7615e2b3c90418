/*
 * The page of docs/reference about the API, out of the same tables. Tests: tools/reference --check
 */
#include "api/api_int.h"

static const char *role_for(unsigned need)
{
    if (need == API_FREE)
        return "no key";
    for (enum auth_role r = AUTH_VIEWER; r <= AUTH_ADMIN; r++)
        if (auth_may(r, (enum auth_verb)(need - 1)))
            return auth_role_name(r);
    return "nobody";
}

static void put_params(struct buf *b, const struct api_route *r)
{
    if (!r->params)
        return;
    buf_z(b, "\n| parameter | value | meaning |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < r->params->n; i++) {
        const struct api_param *p = &r->params->v[i];
        static const char *const words[] = { [API_TEXT] = "text",
                                             [API_FLAG] = "`true`, `false`",
                                             [API_TIME] = "ISO 8601, or milliseconds since 1970",
                                             [API_COUNT] = "",
                                             [API_NAME] = "" };
        buf_fmt(b, "| `%s` | %s", p->name, words[p->kind]);
        if (p->kind == API_COUNT)
            buf_fmt(b, "%llu to %llu, by default %llu", (unsigned long long)p->min,
                    (unsigned long long)p->max, (unsigned long long)p->dflt);
        for (size_t k = 0; p->kind == API_NAME && p->names[k]; k++)
            buf_fmt(b, "%s`%s`", k ? ", " : "", p->names[k]);
        buf_fmt(b, " | %s |\n", p->doc);
    }
}

static void put_body(struct buf *b, const struct api_body *body)
{
    if (!body)
        return;
    const struct opt_table *t = body->table ? body->table : body->document;
    static const char *const types[] = { [API_JSON] = "application/json",
                                         [API_DOCUMENT] = "application/json",
                                         [API_YAML] = "application/yaml or application/json",
                                         [API_ANY] = "any type" };
    buf_fmt(b, "\nBody: %s, at most %zu KB. %s", types[body->kind], body->max / 1024, body->doc);
    if (t && body->document)
        buf_fmt(b, " Keys: [%s](configuration.md#%s).", t->name, t->name);
    else if (t)
        buf_fmt(b, " Keys: [%s](#%s).", t->name, t->name);
    buf_char(b, '\n');
}

static void put_answer(struct buf *b, const struct api_answer *a)
{
    buf_fmt(b, "- %u", a->status);
    if (a->shape && a->list)
        buf_fmt(b, " {items, next} of [%s](#%s)", a->shape->name, a->shape->name);
    else if (a->shape)
        buf_fmt(b, " [%s](#%s)", a->shape->name, a->shape->name);
    else if (a->type)
        buf_fmt(b, " %s", a->type);
    buf_fmt(b, ": %s\n", a->doc);
}

static void put_route(struct buf *b, const struct api_route *r)
{
    buf_fmt(b, "\n### %s %s\n\n%s. Role: %s.%s%s\n", http_method_name(r->method), r->path, r->doc,
            role_for(r->need), r->flags & API_IF_MATCH ? " Knows If-Match." : "",
            r->flags & API_IF_NEW ? " Knows If-None-Match: \\*." : "");
    put_params(b, r);
    put_body(b, r->body);
    buf_char(b, '\n');
    for (size_t i = 0; i < r->n_answers; i++)
        put_answer(b, &r->answers[i]);
}

static void put_bodies(struct buf *b)
{
    buf_z(b, "\n# Bodies\n");
    for (size_t i = 0; i < api_n_resources; i++)
        for (size_t k = 0; k < api_resources[i]->n; k++) {
            const struct api_body *body = api_resources[i]->v[k].body;
            if (!body || !body->table)
                continue;
            buf_char(b, '\n');
            opt_markdown(body->table, b);
        }
}

static void put_shapes(struct buf *b)
{
    struct shape_set shapes = { .n = 0 };
    buf_z(b, "\n# Answers\n");
    shape_add(&shapes, &api_problem_shape);
    for (size_t i = 0; i < api_n_resources; i++)
        for (size_t k = 0; k < api_resources[i]->n; k++)
            for (size_t j = 0; j < api_resources[i]->v[k].n_answers; j++)
                if (api_resources[i]->v[k].answers[j].shape)
                    shape_add(&shapes, api_resources[i]->v[k].answers[j].shape);
    for (size_t i = 0; i < shapes.n; i++)
        shape_markdown(b, shapes.v[i]);
}

void api_markdown(struct buf *b)
{
    for (size_t i = 0; i < api_n_resources; i++) {
        buf_fmt(b, "\n## %s\n\n%s\n", api_resources[i]->name, api_resources[i]->doc);
        for (size_t k = 0; k < api_resources[i]->n; k++)
            put_route(b, &api_resources[i]->v[k]);
    }
    put_bodies(b);
    put_shapes(b);
}
