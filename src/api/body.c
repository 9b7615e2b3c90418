/*
 * Bodies by the route's table: their type, strict JSON, and the option table that reads them.
 * Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

#define DEPTH_MAX    64
#define NODES_MAX    1000000
#define FINDINGS_MAX 100

/* Bodies of JSON are ours to keep apart from forms that a browser sends on its own. */
static bool is_json(struct str type)
{
    return type.n == 0 || str_ieq(type, STR("application/json")) || str_ends(type, STR("+json"));
}

static bool is_yaml(struct str type)
{
    static const char *const types[] = { "application/yaml", "application/x-yaml", "text/yaml",
                                         "text/x-yaml", "text/plain" };
    for (size_t i = 0; i < ZS_COUNT(types); i++)
        if (str_ieq(type, str_z(types[i])))
            return true;
    return is_json(type);
}

static enum rc check_type(const struct api_call *c, struct err *e)
{
    enum api_body_kind kind = c->route->body->kind;
    if (kind == API_ANY || (kind == API_YAML ? is_yaml(c->body_type) : is_json(c->body_type)))
        return RC_OK;
    return err_set(e, RC_VALUE, "API-007", "the Content-Type of this body is %s",
                   kind == API_YAML ? "application/yaml or application/json" : "application/json");
}

enum rc api_parse(struct api_call *c, struct str text, struct json **out, struct err *e)
{
    struct json_limits limits = {
        .bytes = c->route->body->max, .depth = DEPTH_MAX, .nodes = NODES_MAX, .dup = JSON_DUP_REJECT
    };
    return json_parse(text, &limits, c->arena, out, e);
}

enum rc api_decode(struct api_call *c, const struct opt_table *t, const struct json *doc,
                   void **out, struct err *e)
{
    struct err_list found;
    err_list_init(&found, c->arena, FINDINGS_MAX);
    struct opt_read r = { .arena = c->arena, .errs = &found, .text = c->body, .literals = true };
    void *to = arena_zero(c->arena, t->size);
    enum rc rc = to ? opt_decode(t, doc, &r, to) : RC_NOMEM;
    if (rc == RC_OK) {
        *out = to;
        return RC_OK;
    }
    if (rc != RC_VALUE)
        return err_set(e, RC_NOMEM, "API-005", "no memory to read this");
    struct buf b;
    struct jw w;
    buf_init_arena(&b, c->arena, 1024 * 1024);
    jw_init(&w, &b, JSON_COMPACT);
    err_list_json(&found, &w);
    if (jw_done(&w, e) == RC_OK)
        c->errors = buf_view(&b);
    return err_list_rc(&found, e);
}

enum rc api_read_body(struct api_call *c, struct err *e)
{
    const struct api_body *body = c->route->body;
    if (!body)
        return RC_OK;
    enum rc rc = check_type(c, e);
    if (rc != RC_OK || body->kind == API_YAML || body->kind == API_ANY)
        return rc;
    rc = api_parse(c, c->body, &c->doc, e);
    if (rc != RC_OK)
        return rc;
    if (!json_is(c->doc, JSON_OBJECT))
        return err_set(e, RC_VALUE, "API-008", "the body is a JSON object");
    return body->table ? api_decode(c, body->table, c->doc, &c->input, e) : RC_OK;
}
