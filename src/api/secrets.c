/*
 * Sealed secrets: their names, never their values. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "auth/vault.h"

struct secret_query {
    struct str cursor;
    uint64_t limit;
};

struct secret_input {
    struct str value;
};

static void put_secret(struct api_call *c, const struct confdb_secret *s)
{
    jw_object(&c->w);
    jw_kstr(&c->w, "name", s->name);
    api_put_time(&c->w, "changedAt", s->at_ms);
    jw_kstr(&c->w, "changedBy", s->by);
    jw_end(&c->w);
}

static enum rc run_list(struct api_call *c, struct err *e)
{
    const struct secret_query *q = c->query;
    struct confdb_secret *list = NULL;
    struct str after = STR_NULL;
    size_t n = 0, shown = 0, i = 0;
    enum rc rc = api_cursor_name_read(q->cursor, c->arena, &after, e);
    if (rc == RC_OK)
        rc = confdb_secrets(c->api->conf.confdb, c->arena, &list, &n, e);
    if (rc != RC_OK)
        return rc;
    while (i < n && after.n && str_cmp(list[i].name, after) <= 0)
        i++;
    api_list(&c->w);
    for (; i < n && shown < q->limit; i++, shown++)
        put_secret(c, &list[i]);
    api_list_end(&c->w, i < n && shown ? api_cursor_name(c->arena, list[i - 1].name) : STR_NULL);
    return RC_OK;
}

/* What ${secret:NAME} can name; an integration's own secrets are changed with it. */
static enum rc check_name(struct str name, struct err *e)
{
    bool good = name.n > 0 && name.n <= 100;
    for (size_t i = 0; good && i < name.n; i++) {
        char ch = name.p[i];
        good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
               ch == '.' || ch == '_' || ch == '-';
    }
    return good ? RC_OK
                : err_set(e, RC_VALUE, "API-015",
                          "a secret's name is 1 to 100 letters, digits, dots, dashes, underscores");
}

static enum rc run_put(struct api_call *c, struct err *e)
{
    const struct secret_input *in = c->input;
    struct confdb *db = c->api->conf.confdb;
    struct confdb_secret s = { .name = api_path(c, "name"), .by = str_z(c->who.id) }, old;
    struct err none;
    struct api_act act = { "secret.set", "secret", .name = s.name };
    enum rc rc = check_name(s.name, e);
    if (rc == RC_OK)
        rc = vault_seal(c->api->conf.vault, s.name, in->value, c->arena, &s.sealed, e);
    if (rc != RC_OK)
        return rc;
    bool known = confdb_secret_get(db, s.name, c->arena, &old, &none) == RC_OK;
    rc = api_act(c, &act, e);
    if (rc == RC_OK)
        rc = confdb_secret_put(db, &s, e);
    if (rc == RC_OK)
        rc = confdb_secret_get(db, s.name, c->arena, &s, e);
    if (rc != RC_OK)
        return rc;
    manage_secret_changed(c->api->conf.manage);
    c->status = known ? 200 : 201;
    put_secret(c, &s);
    return RC_OK;
}

/* Without it the objects that name it could not be read at the next start. */
static enum rc check_unused(struct api_call *c, struct str name, struct err *e)
{
    struct confdb_object *list = NULL;
    struct buf reference;
    size_t n = 0;
    buf_init_arena(&reference, c->arena, 256);
    buf_z(&reference, "${secret:");
    buf_str(&reference, name);
    buf_char(&reference, '}');
    enum rc rc = confdb_list(c->api->conf.confdb, STR_NULL, c->arena, &list, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        if (str_find(list[i].doc, buf_view(&reference), 0) != SIZE_MAX)
            rc = err_set(e, RC_STATE, "API-016", "%.*s %.*s uses it", STR_ARG(list[i].kind),
                         STR_ARG(list[i].name));
    return rc;
}

static enum rc run_delete(struct api_call *c, struct err *e)
{
    struct str name = api_path(c, "name");
    struct confdb_secret s;
    struct api_act act = { "secret.delete", "secret", .name = name };
    enum rc rc = check_name(name, e);
    if (rc == RC_OK)
        rc = confdb_secret_get(c->api->conf.confdb, name, c->arena, &s, e);
    if (rc == RC_OK)
        rc = check_unused(c, name, e);
    if (rc == RC_OK)
        rc = api_act(c, &act, e);
    if (rc == RC_OK)
        rc = confdb_secret_remove(c->api->conf.confdb, name, e);
    c->status = 204;
    return rc;
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct api_param list_rows[] = { API_PARAM_CURSOR(struct secret_query, "after"),
                                              API_PARAM_LIMIT(struct secret_query) };
static const struct api_params list_params = API_PARAMS(struct secret_query, list_rows);

static const struct opt_def input_rows[] = {
    { .name = "value",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct secret_input, value),
      .min = 1,
      .max = VAULT_SECRET_MAX,
      .doc = "The secret in clear; it is sealed at once." },
};
static const struct opt_table input_table =
    OPT_TABLE("SecretInput", struct secret_input, input_rows, "A secret to be sealed.");
static const struct api_body body = { API_JSON, (size_t)VAULT_SECRET_MAX * 2, .table = &input_table,
                                      .doc = "The secret." };

static const struct shape_member secret_members[] = {
    { "name", SHAPE_TEXT, .doc = "`${secret:NAME}` in documents." },
    { "changedAt", SHAPE_TIME, .doc = "When it was sealed." },
    { "changedBy", SHAPE_TEXT, .doc = "By whom." },
};
static const struct shape secret_shape =
    SHAPE("Secret", secret_members, "A sealed secret, without its value.");

static const struct api_answer list_answers[] = {
    { 200, &secret_shape, .list = true, .doc = "By name." },
};
static const struct api_answer put_answers[] = {
    { 200, &secret_shape, .doc = "Sealed anew." },
    { 201, &secret_shape, .doc = "Sealed." },
};
static const struct api_answer delete_answers[] = {
    { 204, .doc = "Gone." },
    { 409, .doc = "Something uses it." },
};

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/secrets", "listSecrets", API_NEEDS(AUTH_EDIT), API_POOL, run_list,
      .params = &list_params, API_ANSWERS(list_answers), .doc = "Names of sealed secrets" },
    { HTTP_PUT, "/api/v1/secrets/{name}", "putSecret", API_NEEDS(AUTH_EDIT), API_POOL, run_put,
      .flags = API_SECRET, .body = &body, API_ANSWERS(put_answers),
      .doc = "Seal a secret; what uses it has the new one within a second" },
    { HTTP_DELETE, "/api/v1/secrets/{name}", "deleteSecret", API_NEEDS(AUTH_EDIT), API_POOL,
      run_delete, API_ANSWERS(delete_answers), .doc = "Remove a secret that nothing uses" },
};

const struct api_resource api_secrets_resource = { "secrets", "Secrets by name, never by value.",
                                                   routes, ZS_COUNT(routes) };
