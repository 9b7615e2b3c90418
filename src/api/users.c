/*
 * Users. Storage comes first, then who may log in; from what is read to what is written of it no
 * other change comes between (api->users). Tests: tests/scen/api_test.py,
 * tests/contract/identity_test.py
 */
#include "api/api_int.h"
#include "auth/password.h"

struct user_query {
    struct str cursor;
    uint64_t limit;
};

struct user_input {
    struct str name, password;
    int role; /* place in roles */
    bool has_role;
    bool disabled, has_disabled;
};

static const char *const roles[] = { "viewer", "operator", "editor", "admin", NULL };

static void put_user(struct api_call *c, const struct confdb_user *u)
{
    jw_object(&c->w);
    jw_kstr(&c->w, "name", u->name);
    jw_kstr(&c->w, "role", u->role);
    jw_kbool(&c->w, "disabled", u->disabled_at != 0);
    api_put_time(&c->w, "createdAt", u->created_at);
    api_put_time(&c->w, "changedAt", u->changed_at);
    jw_end(&c->w);
}

static enum rc run_list(struct api_call *c, struct err *e)
{
    const struct user_query *q = c->query;
    struct confdb_user *list = NULL;
    struct str after = STR_NULL;
    size_t n = 0, shown = 0, i = 0;
    enum rc rc = api_cursor_name_read(q->cursor, c->arena, &after, e);
    if (rc == RC_OK)
        rc = confdb_users(c->api->conf.confdb, c->arena, &list, &n, e);
    if (rc != RC_OK)
        return rc;
    while (i < n && after.n && str_cmp(list[i].name, after) <= 0)
        i++;
    api_list(&c->w);
    for (; i < n && shown < q->limit; i++, shown++)
        put_user(c, &list[i]);
    api_list_end(&c->w, i < n && shown ? api_cursor_name(c->arena, list[i - 1].name) : STR_NULL);
    return RC_OK;
}

static enum rc read_user(struct api_call *c, struct str name, struct confdb_user *u, struct err *e)
{
    if (confdb_user_get(c->api->conf.confdb, name, c->arena, u, e) == RC_OK)
        return RC_OK;
    return e->code == RC_MISSING ? err_set(e, RC_MISSING, "AUTH-043", "there is no such user")
                                 : e->code;
}

static enum rc answer_user(struct api_call *c, struct str name, struct err *e)
{
    struct confdb_user u;
    enum rc rc = read_user(c, name, &u, e);
    if (rc != RC_OK)
        return rc;
    c->version = (uint64_t)u.changed_at;
    put_user(c, &u);
    return RC_OK;
}

static enum rc run_one(struct api_call *c, struct err *e)
{
    return answer_user(c, api_path(c, "name"), e);
}

/* Into memory what is stored now. */
static enum rc use_user(struct api_call *c, const struct confdb_user *u, struct err *e)
{
    struct auth_user user = { .disabled = u->disabled_at != 0 };
    if (u->name.n >= sizeof user.name || u->hash.n >= sizeof user.hash)
        return err_set(e, RC_VALUE, "AUTH-041", "name or password cannot be used");
    memcpy(user.name, u->name.p, u->name.n);
    memcpy(user.hash, u->hash.p, u->hash.n);
    enum rc rc = auth_role_parse(u->role, &user.role, e);
    return rc == RC_OK ? auth_user_set(c->api->conf.auth, &user, e) : rc;
}

static enum rc change(struct api_call *c, struct confdb_user *u, const struct api_act *act,
                      struct err *e)
{
    enum rc rc = api_act(c, act, e);
    if (rc == RC_OK)
        rc = confdb_user_put(c->api->conf.confdb, u, e);
    return rc == RC_OK ? use_user(c, u, e) : rc;
}

/* Before the lock: a password takes its time on purpose. */
static enum rc make_hash(struct api_call *c, struct str password, struct str *hash, struct err *e)
{
    return password.n ? password_hash(password, c->arena, hash, e) : RC_OK;
}

static enum rc check_new(const struct user_input *in, struct err *e)
{
    enum rc rc = auth_user_name_check(in->name, e);
    if (rc == RC_OK && in->password.n == 0)
        rc = err_set(e, RC_VALUE, "AUTH-040", "a user begins with a password");
    return rc;
}

static enum rc check_free(struct api_call *c, struct str name, struct err *e)
{
    struct confdb_user u;
    enum rc rc = read_user(c, name, &u, e);
    if (rc == RC_OK)
        return err_set(e, RC_STATE, "API-017", "there is a user of this name");
    return rc == RC_MISSING ? RC_OK : rc;
}

static enum rc run_create(struct api_call *c, struct err *e)
{
    const struct user_input *in = c->input;
    struct confdb_user u = { .name = in->name, .role = str_z(roles[in->role]) };
    struct api_act act = { "user.create", "user", .name = u.name, .after = u.role };
    enum rc rc = check_new(in, e);
    if (rc == RC_OK)
        rc = make_hash(c, in->password, &u.hash, e);
    if (rc != RC_OK)
        return rc;
    LOCK_SCOPE(guard, &c->api->users);
    rc = check_free(c, u.name, e);
    if (in->disabled)
        u.disabled_at = clock_now_ms(c->api->conf.clock);
    if (rc == RC_OK)
        rc = change(c, &u, &act, e);
    if (rc != RC_OK)
        return rc;
    struct buf b;
    buf_init_arena(&b, c->arena, 512);
    buf_z(&b, "/api/v1/users/");
    http_escape(&b, u.name);
    c->status = 201;
    c->location = buf_view(&b);
    return answer_user(c, u.name, e);
}

static enum rc run_change(struct api_call *c, struct err *e)
{
    const struct user_input *in = c->input;
    struct confdb_user u;
    struct str hash = STR_NULL;
    struct api_act act = { "user.change", "user", .name = api_path(c, "name") };
    enum rc rc = make_hash(c, in->password, &hash, e);
    if (rc != RC_OK)
        return rc;
    LOCK_SCOPE(guard, &c->api->users);
    rc = read_user(c, act.name, &u, e);
    if (rc == RC_OK)
        rc = api_check_seen(&c->seen, (uint64_t)u.changed_at, e);
    if (rc != RC_OK)
        return rc;
    act.before = u.role;
    if (in->has_role)
        u.role = str_z(roles[in->role]);
    act.after = u.role;
    if (in->has_disabled && in->disabled != (u.disabled_at != 0))
        u.disabled_at = in->disabled ? clock_now_ms(c->api->conf.clock) : 0;
    if (hash.n)
        u.hash = hash;
    rc = change(c, &u, &act, e);
    return rc == RC_OK ? answer_user(c, u.name, e) : rc;
}

static enum rc run_delete(struct api_call *c, struct err *e)
{
    struct str name = api_path(c, "name");
    struct confdb_user u;
    struct api_act act = { "user.delete", "user", .name = name };
    LOCK_SCOPE(guard, &c->api->users);
    enum rc rc = read_user(c, name, &u, e);
    if (rc == RC_OK)
        rc = api_check_seen(&c->seen, (uint64_t)u.changed_at, e);
    if (rc == RC_OK) {
        act.before = u.role;
        rc = api_act(c, &act, e);
    }
    if (rc == RC_OK)
        rc = confdb_user_remove(c->api->conf.confdb, name, e);
    if (rc != RC_OK)
        return rc;
    c->status = 204;
    rc = auth_user_remove(c->api->conf.auth, name, e);
    return rc == RC_MISSING ? RC_OK : rc; /* gone is gone */
}

/* ---- tables ------------------------------------------------------------------------------- */

static const struct api_param list_rows[] = { API_PARAM_CURSOR(struct user_query, "after"),
                                              API_PARAM_LIMIT(struct user_query) };
static const struct api_params list_params = API_PARAMS(struct user_query, list_rows);

#define PASSWORD_ROW                                                                               \
    {                                                                                              \
        .name = "password", .kind = OPT_STR, .at = offsetof(struct user_input, password),          \
        .max = PASSWORD_MAX, .doc = "At least 12 characters."                                      \
    }
#define ROLE_ROW(needed)                                                                           \
    {                                                                                              \
        .name = "role", .kind = OPT_ENUM, .flags = (needed),                                       \
        .at = offsetof(struct user_input, role), .seen = OPT_SEEN(struct user_input, has_role),    \
        .names = roles, .doc = "What it may do."                                                   \
    }
#define DISABLED_ROW                                                                               \
    {                                                                                              \
        .name = "disabled", .kind = OPT_BOOL, .at = offsetof(struct user_input, disabled),         \
        .seen = OPT_SEEN(struct user_input, has_disabled), .doc = "It cannot log in."              \
    }

static const struct opt_def create_rows[] = {
    { .name = "name",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct user_input, name),
      .min = 1,
      .max = AUTH_NAME_MAX - 1,
      .doc = "Letters, digits and . _ - @" },
    PASSWORD_ROW,
    ROLE_ROW(OPT_REQUIRED),
    DISABLED_ROW,
};
static const struct opt_table create_table =
    OPT_TABLE("UserInput", struct user_input, create_rows, "A user to be made.");
static const struct opt_def change_rows[] = { PASSWORD_ROW, ROLE_ROW(0), DISABLED_ROW };
static const struct opt_table change_table =
    OPT_TABLE("UserChange", struct user_input, change_rows,
              "What is to be different; sessions the user has are over.");
static const struct api_body create_body = { API_JSON, 8192, .table = &create_table,
                                             .doc = "The user." };
static const struct api_body change_body = { API_JSON, 8192, .table = &change_table,
                                             .doc = "What is to be different." };

static const struct shape_member user_members[] = {
    { "name", SHAPE_TEXT, .doc = "For log-in." },
    { "role", SHAPE_TEXT, .names = roles, .doc = "What it may do." },
    { "disabled", SHAPE_FLAG, .doc = "It cannot log in." },
    { "createdAt", SHAPE_TIME, .doc = "When it was made." },
    { "changedAt", SHAPE_TIME, .doc = "When it was changed last." },
};
static const struct shape user_shape = SHAPE("User", user_members, "Somebody who can log in.");

static const struct api_answer list_answers[] = {
    { 200, &user_shape, .list = true, .doc = "By name." },
};
static const struct api_answer one_answers[] = { { 200, &user_shape, .doc = "It." } };
static const struct api_answer create_answers[] = {
    { 201, &user_shape, .doc = "Made." },
    { 409, .doc = "The name is taken." },
};
static const struct api_answer delete_answers[] = { { 204, .doc = "Gone, with its sessions." } };

#define ONE "/api/v1/users/{name}"

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/users", "listUsers", API_NEEDS(AUTH_MANAGE), API_POOL, run_list,
      .params = &list_params, API_ANSWERS(list_answers), .doc = "Users by name" },
    { HTTP_POST, "/api/v1/users", "createUser", API_NEEDS(AUTH_MANAGE), API_POOL, run_create,
      .flags = API_ETAG | API_SECRET, .body = &create_body, API_ANSWERS(create_answers),
      .doc = "Make a user" },
    { HTTP_GET, ONE, "getUser", API_NEEDS(AUTH_MANAGE), API_POOL, run_one, .flags = API_ETAG,
      API_ANSWERS(one_answers), .doc = "One user" },
    { HTTP_PUT, ONE, "changeUser", API_NEEDS(AUTH_MANAGE), API_POOL, run_change,
      .flags = API_ETAG | API_IF_MATCH | API_SECRET, .body = &change_body, API_ANSWERS(one_answers),
      .doc = "Give a user another password or role, or disable it" },
    { HTTP_DELETE, ONE, "deleteUser", API_NEEDS(AUTH_MANAGE), API_POOL, run_delete,
      .flags = API_IF_MATCH, API_ANSWERS(delete_answers), .doc = "Remove a user" },
};

const struct api_resource api_users_resource = { "users", "Who can log in.", routes,
                                                 ZS_COUNT(routes) };
