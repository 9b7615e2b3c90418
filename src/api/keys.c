/*
 * API keys. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

struct key_query {
    struct str cursor;
    uint64_t limit;
};

struct key_input {
    struct str name;
    int role; /* place in roles */
    uint64_t life_ms;
};

static const char *const roles[] = { "viewer", "operator", "editor", "admin", NULL };

static void put_key(struct jw *w, const struct auth_key *k)
{
    jw_kstrz(w, "id", k->id);
    jw_kstrz(w, "name", k->name);
    jw_kstrz(w, "role", auth_role_name(k->role));
    api_put_time(w, "createdAt", k->created_at);
    api_put_time_or_null(w, "expiresAt", k->expires_at);
    api_put_time_or_null(w, "usedAt", k->used_at);
}

static enum rc run_list(struct api_call *c, struct err *e)
{
    const struct key_query *q = c->query;
    uint64_t from = 0;
    unsigned none = 0;
    size_t max = (size_t)q->limit;
    struct auth_key *list = arena_make(c->arena, struct auth_key, max + 1);
    if (!list)
        return err_set(e, RC_NOMEM, "API-005", "no memory to answer this");
    enum rc rc = api_cursor_read(q->cursor, &from, &none, e);
    if (rc != RC_OK)
        return rc;
    size_t n = auth_key_list(c->api->conf.auth, (size_t)from, list, max + 1);
    api_list(&c->w);
    for (size_t i = 0; i < n && i < max; i++) {
        jw_object(&c->w);
        put_key(&c->w, &list[i]);
        jw_end(&c->w);
    }
    api_list_end(&c->w, n > max ? api_cursor(c->arena, from + max, 0) : STR_NULL);
    return RC_OK;
}

/* Storage comes before the act's end and the answer: a key that was shown opens after a restart. */
static enum rc store_key(struct api_call *c, const struct auth_key *k, struct err *e)
{
    char hash[65];
    struct api_act act = { "key.create", "key", .name = str_z(k->id),
                           .after = str_z(auth_role_name(k->role)) };
    auth_hash_text(k->hash, hash);
    struct confdb_key row = { .id = str_z(k->id),
                              .name = str_z(k->name),
                              .role = str_z(auth_role_name(k->role)),
                              .hash = str_z(hash),
                              .expires_at = k->expires_at };
    enum rc rc = api_act(c, &act, e);
    return rc == RC_OK ? confdb_key_add(c->api->conf.confdb, &row, e) : rc;
}

/* Before anything is recorded; the database's own check stays for two who ask at once. */
static enum rc check_free(struct api_call *c, struct str name, struct err *e)
{
    struct confdb_key *list = NULL;
    size_t n = 0;
    enum rc rc = confdb_keys(c->api->conf.confdb, c->arena, &list, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        if (str_eq(list[i].name, name))
            rc = err_set(e, RC_STATE, "STORE-045", "there is or was a key of this name");
    return rc;
}

static enum rc run_create(struct api_call *c, struct err *e)
{
    const struct key_input *in = c->input;
    struct secret text;
    struct auth_key key;
    int64_t ends = in->life_ms ? clock_now_ms(c->api->conf.clock) + (int64_t)in->life_ms : 0;
    enum rc rc = check_free(c, in->name, e);
    if (rc == RC_OK)
        rc = auth_key_create(c->api->conf.auth, in->name, (enum auth_role)(AUTH_VIEWER + in->role),
                             ends, c->arena, &text, &key, e);
    if (rc != RC_OK)
        return rc;
    rc = store_key(c, &key, e);
    if (rc != RC_OK) {
        struct err none;
        enum rc gone = auth_key_remove(c->api->conf.auth, str_z(key.id), &none);
        (void)gone; /* nobody has seen the key: whether it was there any more is of no account */
        return rc;
    }
    c->status = 201;
    jw_object(&c->w);
    put_key(&c->w, &key);
    jw_kstr(&c->w, "key", secret_bytes(text));
    jw_end(&c->w);
    return RC_OK;
}

static enum rc run_delete(struct api_call *c, struct err *e)
{
    struct str id = api_path(c, "id");
    struct confdb_key row;
    struct api_act act = { "key.delete", "key", .name = id };
    enum rc rc = confdb_key_get(c->api->conf.confdb, id, c->arena, &row, e);
    if (rc == RC_OK && row.disabled_at)
        rc = err_set(e, RC_MISSING, "AUTH-006", "there is no key of this id any more");
    if (rc == RC_OK) {
        act.before = row.role;
        rc = api_act(c, &act, e);
    }
    if (rc == RC_OK)
        rc = confdb_key_disable(c->api->conf.confdb, id, e);
    if (rc == RC_OK)
        rc = auth_key_remove(c->api->conf.auth, id, e);
    c->status = 204;
    return rc;
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct api_param list_rows[] = { API_PARAM_CURSOR(struct key_query, "after"),
                                              API_PARAM_LIMIT(struct key_query) };
static const struct api_params list_params = API_PARAMS(struct key_query, list_rows);

static const struct opt_def input_rows[] = {
    { .name = "name",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct key_input, name),
      .min = 1,
      .max = AUTH_NAME_MAX - 1,
      .doc = "For people; unique." },
    { .name = "role",
      .kind = OPT_ENUM,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct key_input, role),
      .names = roles,
      .doc = "What it may do." },
    { .name = "expiresIn",
      .kind = OPT_MS,
      .at = offsetof(struct key_input, life_ms),
      .max = INT64_C(10) * 366 * 86400000,
      .doc = "How long it opens; without, until it is removed." },
};
static const struct opt_table input_table =
    OPT_TABLE("KeyInput", struct key_input, input_rows, "A key to be made.");
static const struct api_body body = { API_JSON, 4096, .table = &input_table, .doc = "The key." };

#define KEY_MEMBERS                                                                                \
    { "id", SHAPE_TEXT, .doc = "Names the key in lists and in the audit." },                       \
        { "name", SHAPE_TEXT, .doc = "For people." },                                              \
        { "role", SHAPE_TEXT, .names = roles, .doc = "What it may do." },                          \
        { "createdAt", SHAPE_TIME, .doc = "When it was made." },                                   \
        { "expiresAt", SHAPE_TIME, SHAPE_NULL, .doc = "When it ends; null: never." },              \
    {                                                                                              \
        "usedAt", SHAPE_TIME, SHAPE_NULL, .doc = "When it was used last, to the minute."           \
    }
static const struct shape_member key_members[] = { KEY_MEMBERS };
static const struct shape key_shape = SHAPE("Key", key_members, "A key, without its text.");
static const struct shape_member made_members[] = {
    KEY_MEMBERS,
    { "key", SHAPE_TEXT, .doc = "Its text, shown this once." },
};
static const struct shape made_shape = SHAPE("KeyMade", made_members, "A key that was made now.");

static const struct api_answer list_answers[] = {
    { 200, &key_shape, .list = true, .doc = "In order of id." },
};
static const struct api_answer create_answers[] = {
    { 201, &made_shape, .doc = "Made; its text is in no other answer." },
    { 409, .doc = "The name is taken." },
};
static const struct api_answer delete_answers[] = { { 204, .doc = "It opens nothing any more." } };

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/keys", "listKeys", API_NEEDS(AUTH_MANAGE), API_POOL, run_list,
      .params = &list_params, API_ANSWERS(list_answers), .doc = "Keys in force" },
    { HTTP_POST, "/api/v1/keys", "createKey", API_NEEDS(AUTH_MANAGE), API_POOL, run_create,
      .flags = API_SECRET, .body = &body, API_ANSWERS(create_answers), .doc = "Make a key" },
    { HTTP_DELETE, "/api/v1/keys/{id}", "deleteKey", API_NEEDS(AUTH_MANAGE), API_POOL, run_delete,
      API_ANSWERS(delete_answers), .doc = "Take a key out of force" },
};

const struct api_resource api_keys_resource = { "keys", "API keys.", routes, ZS_COUNT(routes) };
