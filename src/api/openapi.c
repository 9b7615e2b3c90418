/*
 * The OpenAPI 3.1 document out of the route tables, the option tables of bodies and the shapes of
 * answers. Tests: api_table_test.c, tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "config/config.h"

#define DOCUMENT_MAX 16 /* bodies that are documents of the configuration */
#define RENAMED_MAX  64 /* keys of such a document */

/* ---- bodies ------------------------------------------------------------------------------- */

static const struct opt_schema_style request_style = { .at = "#/components/schemas/",
                                                       .prefix = "config.",
                                                       .literals = true };

/* A document's table as the API takes it: its first key, which names it, is called otherwise. */
struct document {
    struct opt_table table;
    struct opt_def def[RENAMED_MAX];
};

static void fill_document(struct document *d, const struct api_body *b)
{
    const struct opt_table *t = b->document;
    size_t skip = b->renamed ? 0 : 1;
    ZS_ASSERT(t->n <= RENAMED_MAX);
    for (size_t i = skip; i < t->n; i++)
        d->def[i - skip] = t->def[i];
    if (b->renamed)
        d->def[0].name = b->renamed;
    d->table = *t;
    d->table.def = d->def;
    d->table.n = t->n - skip;
}

/* Every table of a body, each once. */
struct bodies {
    struct document documents[DOCUMENT_MAX];
    const struct opt_table *v[DOCUMENT_MAX * 2];
    size_t n_documents, n;
};

static bool is_known(const struct bodies *all, const struct opt_table *t)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i]->name, t->name) == 0)
            return true;
    return false;
}

static void add_body(struct bodies *all, const struct api_body *b)
{
    const struct opt_table *t = b->table ? b->table : b->document;
    if (!t || is_known(all, t))
        return;
    ZS_ASSERT(all->n < ZS_COUNT(all->v));
    if (b->document) {
        ZS_ASSERT(all->n_documents < DOCUMENT_MAX);
        struct document *d = &all->documents[all->n_documents++];
        fill_document(d, b);
        t = &d->table;
    }
    all->v[all->n++] = t;
}

static void put_table_ref(struct jw *w, const struct opt_table *t)
{
    char name[128];
    struct buf b = { .p = name, .cap = sizeof name, .max = sizeof name };
    buf_z(&b, request_style.prefix);
    buf_z(&b, t->name);
    const char *text = buf_cstr(&b);
    ZS_ASSERT(text);
    shape_ref(w, text);
}

static void put_json_schema(struct jw *w, const struct api_body *b)
{
    const struct opt_table *t = b->table ? b->table : b->document;
    jw_keyz(w, "schema");
    jw_object(w);
    if (t && b->kind == API_ANY) {
        jw_keyz(w, "anyOf"); /* an object is an envelope, anything else the data itself */
        jw_array(w);
        jw_object(w);
        put_table_ref(w, t);
        jw_end(w);
        jw_object(w);
        jw_keyz(w, "type");
        jw_array(w);
        static const char *const types[] = { "array", "string", "number", "boolean", "null" };
        for (size_t i = 0; i < ZS_COUNT(types); i++)
            jw_strz(w, types[i]);
        jw_end(w);
        jw_end(w);
        jw_end(w);
    } else if (t) {
        put_table_ref(w, t);
    } else {
        jw_kstrz(w, "type", "object");
    }
    jw_end(w);
}

static void put_text_type(struct jw *w, const char *type)
{
    jw_keyz(w, type);
    jw_object(w);
    if (strcmp(type, "*/*") != 0) { /* bytes of any type have no schema */
        jw_keyz(w, "schema");
        jw_object(w);
        jw_kstrz(w, "type", "string");
        jw_end(w);
    }
    jw_end(w);
}

static void put_body(struct jw *w, const struct api_body *b)
{
    jw_keyz(w, "requestBody");
    jw_object(w);
    jw_kstrz(w, "description", b->doc);
    jw_kbool(w, "required", b->kind != API_ANY);
    jw_ku64(w, "x-max-bytes", b->max);
    jw_keyz(w, "content");
    jw_object(w);
    if (b->kind == API_YAML) {
        put_text_type(w, "application/yaml");
    } else {
        jw_keyz(w, "application/json");
        jw_object(w);
        put_json_schema(w, b);
        jw_end(w);
    }
    if (b->kind == API_ANY)
        put_text_type(w, "*/*");
    jw_end(w);
    jw_end(w);
}

/* ---- parameters --------------------------------------------------------------------------- */

static void begin_param(struct jw *w, struct str name, const char *in, const char *doc, bool needed)
{
    jw_object(w);
    jw_kstr(w, "name", name);
    jw_kstrz(w, "in", in);
    if (doc)
        jw_kstrz(w, "description", doc);
    jw_kbool(w, "required", needed);
    jw_keyz(w, "schema");
    jw_object(w);
}

static void end_param(struct jw *w)
{
    jw_end(w);
    jw_end(w);
}

static void put_text_param(struct jw *w, struct str name, const char *in, const char *doc,
                           bool needed)
{
    begin_param(w, name, in, doc, needed);
    jw_kstrz(w, "type", "string");
    end_param(w);
}

static void put_query_schema(struct jw *w, const struct api_param *p)
{
    static const char *const types[] = { [API_TEXT] = "string",
                                         [API_COUNT] = "integer",
                                         [API_FLAG] = "boolean",
                                         [API_TIME] = "string",
                                         [API_NAME] = "string" };
    jw_kstrz(w, "type", types[p->kind]);
    if (p->kind == API_COUNT) {
        jw_ku64(w, "minimum", p->min);
        jw_ku64(w, "maximum", p->max);
        jw_ku64(w, "default", p->dflt);
    }
    if (p->kind == API_TIME) {
        jw_keyz(w, "examples");
        jw_array(w);
        jw_strz(w, "2024-05-06T07:08:09Z");
        jw_strz(w, "1714979289000");
        jw_end(w);
    }
    if (p->kind != API_NAME)
        return;
    jw_keyz(w, "enum");
    jw_array(w);
    for (const char *const *name = p->names; *name; name++)
        jw_strz(w, *name);
    jw_end(w);
}

static void put_params(struct jw *w, const struct api_route *r)
{
    struct str rest = str_z(r->path), name;
    jw_keyz(w, "parameters");
    jw_array(w);
    while (api_path_param(&rest, &name))
        put_text_param(w, name, "path", NULL, true);
    for (size_t i = 0; r->params && i < r->params->n; i++) {
        begin_param(w, str_z(r->params->v[i].name), "query", r->params->v[i].doc, false);
        put_query_schema(w, &r->params->v[i]);
        end_param(w);
    }
    if (r->flags & API_IF_MATCH)
        put_text_param(w, STR("If-Match"), "header",
                       "The ETag that was read: 412 when it is another by now.", false);
    if ((r->flags & API_IF_NEW) || (r->method == HTTP_GET && (r->flags & API_ETAG)))
        put_text_param(w, STR("If-None-Match"), "header",
                       r->method == HTTP_GET ? "An ETag: 304 when it still is that."
                                             : "`*`: 412 when there is one already.",
                       false);
    jw_end(w);
}

/* ---- answers ------------------------------------------------------------------------------ */

static void put_shape_content(struct jw *w, const char *type, const struct api_answer *a)
{
    jw_keyz(w, "content");
    jw_object(w);
    jw_keyz(w, type);
    jw_object(w);
    jw_keyz(w, "schema");
    jw_object(w);
    if (a->list) {
        jw_kstrz(w, "type", "object");
        jw_keyz(w, "required");
        jw_array(w);
        jw_strz(w, "items");
        jw_strz(w, "next");
        jw_end(w);
        jw_keyz(w, "properties");
        jw_object(w);
        jw_keyz(w, "items");
        jw_object(w);
        jw_kstrz(w, "type", "array");
        jw_keyz(w, "items");
        jw_object(w);
        shape_ref(w, a->shape->name);
        jw_end(w);
        jw_end(w);
        jw_keyz(w, "next");
        jw_object(w);
        jw_kstrz(w, "description", "For the next page; null: this is the last.");
        jw_keyz(w, "type");
        jw_array(w);
        jw_strz(w, "string");
        jw_strz(w, "null");
        jw_end(w);
        jw_end(w);
        jw_end(w);
    } else {
        shape_ref(w, a->shape->name);
    }
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static void put_etag(struct jw *w)
{
    jw_keyz(w, "headers");
    jw_object(w);
    jw_keyz(w, "ETag");
    jw_object(w);
    jw_kstrz(w, "description", "The object's version, for If-Match.");
    jw_keyz(w, "schema");
    jw_object(w);
    jw_kstrz(w, "type", "string");
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static void put_json_content(struct jw *w)
{
    jw_keyz(w, "application/json");
    jw_object(w);
    jw_keyz(w, "schema");
    jw_object(w);
    jw_kstrz(w, "type", "object");
    jw_end(w);
    jw_end(w);
}

static void put_answer(struct jw *w, const struct api_route *r, const struct api_answer *a)
{
    static const struct api_answer problem = { .shape = &api_problem_shape };
    bool good = a->status < 400;
    char status[16];
    (void)snprintf(status, sizeof status, "%u", a->status); /* three digits */
    jw_keyz(w, status);
    jw_object(w);
    jw_kstrz(w, "description", a->doc ? a->doc : http_status_text(a->status));
    if (good && a->status != 204 && (r->flags & API_ETAG))
        put_etag(w);
    if (a->shape) {
        put_shape_content(w, "application/json", a);
    } else if (a->type) {
        jw_keyz(w, "content");
        jw_object(w);
        if (strcmp(a->type, "application/json") == 0)
            put_json_content(w);
        else
            put_text_type(w, a->type);
        jw_end(w);
    } else if (!good) {
        put_shape_content(w, "application/problem+json", &problem);
    }
    jw_end(w);
}

static bool has_status(const struct api_route *r, unsigned status)
{
    for (size_t i = 0; i < r->n_answers; i++)
        if (r->answers[i].status == status)
            return true;
    return false;
}

static void put_answers(struct jw *w, const struct api_route *r)
{
    unsigned usual[API_USUAL_MAX];
    size_t n = api_usual_statuses(r, usual);
    jw_keyz(w, "responses");
    jw_object(w);
    for (size_t i = 0; i < r->n_answers; i++)
        put_answer(w, r, &r->answers[i]);
    for (size_t i = 0; i < n; i++) {
        struct api_answer a = { .status = usual[i] };
        if (!has_status(r, usual[i]))
            put_answer(w, r, &a);
    }
    jw_end(w);
}

/* ---- routes ------------------------------------------------------------------------------- */

static const char *role_for(unsigned need)
{
    for (enum auth_role r = AUTH_VIEWER; r <= AUTH_ADMIN; r++)
        if (auth_may(r, (enum auth_verb)(need - 1)))
            return auth_role_name(r);
    return "nobody";
}

static void put_security(struct jw *w, const struct api_route *r)
{
    static const char *const schemes[] = { "key", "bearer" };
    jw_keyz(w, "security");
    jw_array(w);
    for (size_t i = 0; r->need != API_FREE && i < ZS_COUNT(schemes); i++) {
        jw_object(w);
        jw_keyz(w, schemes[i]);
        jw_array(w);
        jw_end(w);
        jw_end(w);
    }
    jw_end(w);
    if (r->need != API_FREE)
        jw_kstrz(w, "x-role", role_for(r->need));
}

static const char *tag_of(const struct api_route *r)
{
    for (size_t i = 0; i < api_n_resources; i++)
        if (r >= api_resources[i]->v && r < api_resources[i]->v + api_resources[i]->n)
            return api_resources[i]->name;
    ZS_NEVER("every route is a resource's");
}

static void put_operation(struct jw *w, const struct api_route *r)
{
    static const char *const methods[] = { [HTTP_GET] = "get",
                                           [HTTP_POST] = "post",
                                           [HTTP_PUT] = "put",
                                           [HTTP_PATCH] = "patch",
                                           [HTTP_DELETE] = "delete" };
    jw_keyz(w, methods[r->method]);
    jw_object(w);
    jw_kstrz(w, "operationId", r->id);
    jw_kstrz(w, "summary", r->doc);
    jw_keyz(w, "tags");
    jw_array(w);
    jw_strz(w, tag_of(r));
    jw_end(w);
    put_params(w, r);
    if (r->body)
        put_body(w, r->body);
    put_answers(w, r);
    put_security(w, r);
    jw_end(w);
}

/* In the table's order, so that the methods of a path stand together. */
static void put_paths(struct jw *w, const struct api_table *t)
{
    jw_keyz(w, "paths");
    jw_object(w);
    for (size_t i = 0; i < t->n; i++) {
        bool first = i == 0 || strcmp(t->v[i]->path, t->v[i - 1]->path) != 0;
        bool last = i + 1 == t->n || strcmp(t->v[i]->path, t->v[i + 1]->path) != 0;
        if (first) {
            jw_keyz(w, t->v[i]->path);
            jw_object(w);
        }
        put_operation(w, t->v[i]);
        if (last)
            jw_end(w);
    }
    jw_end(w);
}

/* ---- components --------------------------------------------------------------------------- */

static void put_schemas(struct jw *w, const struct api_table *t, struct bodies *bodies)
{
    struct shape_set shapes = { .n = 0 };
    shape_add(&shapes, &api_problem_shape);
    for (size_t i = 0; i < t->n; i++) {
        if (t->v[i]->body)
            add_body(bodies, t->v[i]->body);
        for (size_t k = 0; k < t->v[i]->n_answers; k++)
            if (t->v[i]->answers[k].shape)
                shape_add(&shapes, t->v[i]->answers[k].shape);
    }
    jw_keyz(w, "schemas");
    jw_object(w);
    for (size_t i = 0; i < shapes.n; i++) {
        jw_keyz(w, shapes.v[i]->name);
        shape_schema(w, shapes.v[i]);
    }
    opt_schema_parts(bodies->v, bodies->n, NULL, &request_style, w);
    jw_end(w);
}

static void put_security_schemes(struct jw *w)
{
    jw_keyz(w, "securitySchemes");
    jw_object(w);
    jw_keyz(w, "key");
    jw_object(w);
    jw_kstrz(w, "type", "apiKey");
    jw_kstrz(w, "in", "header");
    jw_kstrz(w, "name", "X-API-Key");
    jw_end(w);
    jw_keyz(w, "bearer");
    jw_object(w);
    jw_kstrz(w, "type", "http");
    jw_kstrz(w, "scheme", "bearer");
    jw_kstrz(w, "description", "A key, or the token of a log-in.");
    jw_end(w);
    jw_end(w);
}

static void put_head(struct jw *w)
{
    jw_kstrz(w, "openapi", "3.1.0");
    jw_keyz(w, "info");
    jw_object(w);
    jw_kstrz(w, "title", "Zarish");
    jw_kstrz(w, "version", ZS_VERSION);
    jw_kstrz(w, "description",
             "Management of a Zarish engine. Lists are {items, next}; errors are problem documents "
             "(RFC 9457) with a `code`.");
    jw_keyz(w, "license");
    jw_object(w);
    jw_kstrz(w, "name", "Apache-2.0");
    jw_kstrz(w, "identifier", "Apache-2.0");
    jw_end(w);
    jw_end(w);
    jw_keyz(w, "servers");
    jw_array(w);
    jw_object(w);
    jw_kstrz(w, "url", "/");
    jw_end(w);
    jw_end(w);
    jw_keyz(w, "tags");
    jw_array(w);
    for (size_t i = 0; i < api_n_resources; i++) {
        jw_object(w);
        jw_kstrz(w, "name", api_resources[i]->name);
        jw_kstrz(w, "description", api_resources[i]->doc);
        jw_end(w);
    }
    jw_end(w);
}

static void on_none(void *ctx, struct http_exchange *x, const struct http_match *m)
{
    (void)ctx, (void)x, (void)m;
    ZS_NEVER("nobody calls by this table");
}

/* Tables of some size that one document needs for a moment. */
struct work {
    struct api_table table;
    struct bodies bodies;
};

enum rc api_openapi(struct jw *w, struct err *e)
{
    struct work *k = mem_new(struct work);
    if (!k)
        return err_set(e, RC_NOMEM, "API-005", "no memory to answer this");
    enum rc rc = api_table_fill(&k->table, on_none, e);
    if (rc == RC_OK) {
        jw_object(w);
        put_head(w);
        put_paths(w, &k->table);
        jw_keyz(w, "components");
        jw_object(w);
        put_schemas(w, &k->table, &k->bodies);
        put_security_schemes(w);
        jw_end(w);
        jw_end(w);
    }
    mem_free(k);
    return rc;
}
