/*
 * Log-in, log-out, and who one is. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

struct login_input {
    struct str username, password;
};

static const char *const roles[] = { "viewer", "operator", "editor", "admin", NULL };

static void put_who(struct jw *w, const struct principal *who)
{
    jw_object(w);
    jw_kstrz(w, "id", who->id);
    jw_kstrz(w, "name", who->name);
    jw_kstrz(w, "role", auth_role_name(who->role));
    jw_keyz(w, "may");
    jw_array(w);
    for (int verb = 0; verb < AUTH_N_VERBS; verb++)
        if (auth_may(who->role, (enum auth_verb)verb))
            jw_strz(w, auth_verb_name((enum auth_verb)verb));
    jw_end(w);
    jw_end(w);
}

static enum rc run_login(struct api_call *c, struct err *e)
{
    const struct login_input *in = c->input;
    struct auth_login login = { in->username, in->password, .peer = c->ip };
    struct auth_session session;
    struct api_act act = { "session.open", "session", .name = STR_NULL };
    enum rc rc = auth_login(c->api->conf.auth, &login, c->arena, &session, &c->retry_ms, e);
    if (rc != RC_OK)
        return rc;
    c->who = session.who;
    act.name = str_z(session.who.id);
    rc = api_act(c, &act, e);
    if (rc != RC_OK) {
        struct err none;
        enum rc gone = auth_session_close(c->api->conf.auth, secret_bytes(session.token), &none);
        (void)gone; /* nobody has seen the token: one that ended by itself is as good */
        return rc;
    }
    jw_object(&c->w);
    jw_kstr(&c->w, "token", secret_bytes(session.token));
    api_put_time(&c->w, "expiresAt", session.expires_at);
    jw_keyz(&c->w, "user");
    put_who(&c->w, &session.who);
    jw_end(&c->w);
    return RC_OK;
}

static enum rc run_logout(struct api_call *c, struct err *e)
{
    struct str field = http_field_of(c->x, STR("Authorization"));
    size_t space = str_is_null(field) ? SIZE_MAX : str_chr(field, ' ', 0);
    struct str token = space == SIZE_MAX ? STR("") : str_trim(str_from(field, space));
    c->status = 204;
    return auth_session_close(c->api->conf.auth, token, e);
}

static enum rc run_me(struct api_call *c, struct err *e)
{
    (void)e; /* nothing can fail */
    put_who(&c->w, &c->who);
    return RC_OK;
}

static const struct opt_def login_rows[] = {
    { .name = "username",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct login_input, username),
      .max = 255,
      .doc = "The user's name." },
    { .name = "password",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct login_input, password),
      .max = 1024,
      .doc = "Its password." },
};
static const struct opt_table login_table =
    OPT_TABLE("Login", struct login_input, login_rows, "Name and password.");
static const struct api_body login_body = { API_JSON, 8192, .table = &login_table,
                                            .doc = "Name and password." };

static const struct shape_member who_members[] = {
    { "id", SHAPE_TEXT, .doc = "As the audit has it." },
    { "name", SHAPE_TEXT, .doc = "For people." },
    { "role", SHAPE_TEXT, .names = roles, .doc = "Its role." },
    { "may", SHAPE_TEXT, SHAPE_LIST, .doc = "What the role allows: `read`, `edit` …" },
};
static const struct shape who_shape = SHAPE("Principal", who_members, "Who is calling.");

static const struct shape_member session_members[] = {
    { "token", SHAPE_TEXT, .doc = "For `Authorization: Bearer`." },
    { "expiresAt", SHAPE_TIME, .doc = "At the latest; an idle hour ends it too." },
    { "user", SHAPE_OBJECT, .sub = &who_shape, .doc = "Who logged in." },
};
static const struct shape session_shape = SHAPE("Session", session_members, "A log-in.");

static const struct api_answer login_answers[] = {
    { 200, &session_shape, .doc = "Logged in." },
    { 401, .doc = "Name or password is wrong, or the user is disabled." },
    { 503, .doc = "Too many are logging in." },
};
static const struct api_answer logout_answers[] = {
    { 204, .doc = "The token opens nothing any more." },
    { 404, .doc = "The credential is no session: a key is not logged out." },
};
static const struct api_answer me_answers[] = { { 200, &who_shape, .doc = "You." } };

static const struct api_route routes[] = {
    { HTTP_POST, "/api/v1/login", "login", API_FREE, API_POOL, run_login, .flags = API_SECRET,
      .body = &login_body, API_ANSWERS(login_answers), .doc = "A token for name and password" },
    { HTTP_POST, "/api/v1/logout", "logout", API_NEEDS(AUTH_READ), API_HERE, run_logout,
      API_ANSWERS(logout_answers), .doc = "End the session of the token that is used" },
    { HTTP_GET, "/api/v1/me", "getMe", API_NEEDS(AUTH_READ), API_HERE, run_me,
      API_ANSWERS(me_answers), .doc = "Who the credential belongs to, and what it may do" },
};

const struct api_resource api_session_resource = { "session", "Log-in of users.", routes,
                                                   ZS_COUNT(routes) };
