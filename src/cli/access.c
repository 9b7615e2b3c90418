/*
 * `zarish secret|key|user|login|logout`: who may do what, and what is kept sealed. Values and
 * passwords come from standard input or a prompt. Tests: remote_test.c
 */
#include "cli/prompt.h"
#include "cli/remote.h"

#include "json/jw.h"

#define BODY_MAX ((size_t)1024 * 1024)

/* A request whose body holds a secret: everything of it is in one arena that is wiped. */
struct sealed_call {
    struct cli *c;
    const struct cli_args *a;
    struct arena *wiping;
    struct buf body;
    struct jw w;
    struct remote_answer r;
};

static enum rc call_open(struct cli *c, const struct cli_args *a, struct sealed_call *s,
                         struct err *e)
{
    *s = (struct sealed_call){ .c = c, .a = a, .wiping = arena_new("secret", 0, 16 * BODY_MAX) };
    if (!s->wiping)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    arena_wipe_on_free(s->wiping);
    buf_init_arena(&s->body, s->wiping, BODY_MAX);
    jw_init(&s->w, &s->body, JSON_COMPACT);
    jw_object(&s->w);
    return RC_OK;
}

/* Member `name` from a prompt or standard input. */
static enum rc call_secret(struct sealed_call *s, const char *name, const char *what, bool twice,
                           struct err *e)
{
    struct str text;
    enum rc rc = cli_read_secret(s->c, what, twice, s->wiping, &text, e);
    if (rc == RC_OK)
        jw_kstr(&s->w, name, text);
    return rc;
}

static enum rc call_send(struct sealed_call *s, struct remote_request *req, struct err *e)
{
    jw_end(&s->w);
    req->body = buf_view(&s->body);
    req->arena = s->wiping;
    enum rc rc = jw_done(&s->w, e);
    return rc == RC_OK ? remote_send(s->c, s->a, req, &s->r, e) : rc;
}

/* The status of a command that ends here. */
static int call_close(struct sealed_call *s, enum rc rc, const struct err *e)
{
    int status = rc == RC_OK ? CLI_DONE : remote_fail(s->c, &s->r, e);
    arena_free(&s->wiping);
    return status;
}

/* ---- secrets ------------------------------------------------------------------------------ */

static int run_secret_set(struct cli *c, const struct cli_args *a)
{
    struct remote_request req = { .method = "PUT" };
    struct sealed_call s;
    struct err e;
    enum rc rc = call_open(c, a, &s, &e);
    if (rc == RC_OK)
        rc = remote_path(c, SEGMENTS("secrets", cli_pos(a, 0)), &req.path, &e);
    if (rc == RC_OK)
        rc = call_secret(&s, "value", "value", true, &e);
    if (rc == RC_OK)
        rc = call_send(&s, &req, &e);
    if (rc == RC_OK)
        cli_note(c, "secret %s is set; ${secret:%s} names it", cli_pos(a, 0), cli_pos(a, 0));
    return call_close(&s, rc, &e);
}

static int delete_one(struct cli *c, const struct cli_args *a, const char *kind)
{
    struct remote_answer r = { .status = 0 };
    struct str path;
    struct err e;
    enum rc rc = remote_path(c, SEGMENTS(kind, cli_pos(a, 0)), &path, &e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "DELETE", path, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    cli_note(c, "%.*s %s is gone", (int)(strlen(kind) - 1), kind, cli_pos(a, 0));
    return CLI_DONE;
}

static int run_secret_delete(struct cli *c, const struct cli_args *a)
{
    return delete_one(c, a, "secrets");
}

/* ---- keys --------------------------------------------------------------------------------- */

static int run_key_create(struct cli *c, const struct cli_args *a)
{
    struct remote_request req = { .method = "POST", .path = STR("/api/v1/keys") };
    struct sealed_call s;
    struct err e;
    enum rc rc = call_open(c, a, &s, &e);
    if (rc == RC_OK) {
        jw_kstrz(&s.w, "name", cli_pos(a, 0));
        jw_kstrz(&s.w, "role", cli_opt(a, "role"));
        if (cli_opt(a, "expires"))
            jw_kstrz(&s.w, "expiresIn", cli_opt(a, "expires"));
        rc = call_send(&s, &req, &e);
    }
    if (rc == RC_OK && c->json) {
        remote_print(c, &s.r);
    } else if (rc == RC_OK) {
        struct str key = json_text(json_getz(s.r.json, "key"));
        struct str id = json_text(json_getz(s.r.json, "id"));
        fprintf(c->out, "%.*s\n", STR_ARG(key));
        cli_note(c, "key %.*s; this is the only time it is shown", STR_ARG(id));
    }
    return call_close(&s, rc, &e);
}

static int run_key_delete(struct cli *c, const struct cli_args *a)
{
    return delete_one(c, a, "keys");
}

/* ---- users -------------------------------------------------------------------------------- */

static int run_user_add(struct cli *c, const struct cli_args *a)
{
    struct remote_request req = { .method = "POST", .path = STR("/api/v1/users") };
    struct sealed_call s;
    struct err e;
    enum rc rc = call_open(c, a, &s, &e);
    if (rc == RC_OK) {
        jw_kstrz(&s.w, "name", cli_pos(a, 0));
        jw_kstrz(&s.w, "role", cli_opt(a, "role"));
        rc = call_secret(&s, "password", "password", true, &e);
    }
    if (rc == RC_OK)
        rc = call_send(&s, &req, &e);
    if (rc == RC_OK)
        cli_note(c, "user %s may log in", cli_pos(a, 0));
    return call_close(&s, rc, &e);
}

static enum rc user_changes(struct sealed_call *s, struct err *e)
{
    const struct cli_args *a = s->a;
    bool off = cli_has(a, "disable"), on = cli_has(a, "enable");
    if (off && on)
        return err_set(e, RC_VALUE, "CLI-059", "--enable and --disable at once");
    if (!off && !on && !cli_opt(a, "role") && !cli_has(a, "password"))
        return err_set(e, RC_VALUE, "CLI-059",
                       "nothing to change: give --role, --password, --enable or --disable");
    if (cli_opt(a, "role"))
        jw_kstrz(&s->w, "role", cli_opt(a, "role"));
    if (off || on)
        jw_kbool(&s->w, "disabled", off);
    return cli_has(a, "password") ? call_secret(s, "password", "password", true, e) : RC_OK;
}

static int run_user_set(struct cli *c, const struct cli_args *a)
{
    struct remote_request req = { .method = "PUT" };
    struct sealed_call s;
    struct err e;
    enum rc rc = call_open(c, a, &s, &e);
    if (rc == RC_OK)
        rc = remote_path(c, SEGMENTS("users", cli_pos(a, 0)), &req.path, &e);
    if (rc == RC_OK)
        rc = user_changes(&s, &e);
    if (rc == RC_VALUE && e.id && strcmp(e.id, "CLI-059") == 0) {
        arena_free(&s.wiping);
        return cli_usage(c, a, &e);
    }
    if (rc == RC_OK)
        rc = call_send(&s, &req, &e);
    if (rc == RC_OK)
        cli_note(c, "user %s is changed; sessions it had are over", cli_pos(a, 0));
    return call_close(&s, rc, &e);
}

static int run_user_delete(struct cli *c, const struct cli_args *a)
{
    return delete_one(c, a, "users");
}

/* ---- log-in and log-out ------------------------------------------------------------------- */

static enum rc log_in(struct sealed_call *s, const char *user, struct err *e)
{
    struct remote_request req = { .method = "POST", .path = STR("/api/v1/login"), .open = true };
    struct remote_session session = { .user = str_z(user) };
    jw_kstrz(&s->w, "username", user);
    enum rc rc = call_secret(s, "password", "password", false, e);
    if (rc == RC_OK)
        rc = call_send(s, &req, e);
    if (rc == RC_OK)
        rc = remote_url(s->c, s->a, &session.url, e);
    if (rc == RC_OK)
        rc = secret_copy(s->wiping, json_text(json_getz(s->r.json, "token")), &session.token, e);
    if (rc != RC_OK)
        return rc;
    session.expires_at = json_text(json_getz(s->r.json, "expiresAt"));
    return remote_session_save(s->c, &session, e);
}

static int run_login(struct cli *c, const struct cli_args *a)
{
    struct sealed_call s;
    struct err e;
    enum rc rc = call_open(c, a, &s, &e);
    if (rc == RC_OK)
        rc = log_in(&s, cli_pos(a, 0), &e);
    bool wrong = s.r.status == 401; /* not an error of the command: the answer is no */
    if (rc == RC_OK) {
        struct str until = json_text(json_getz(s.r.json, "expiresAt"));
        cli_note(c, "logged in as %s until %.*s at the latest", cli_pos(a, 0), STR_ARG(until));
        if (cli_env(c, "ZARISH_KEY"))
            cli_note(c, "ZARISH_KEY is set and goes before this session");
    }
    int status = call_close(&s, rc, &e);
    return wrong ? CLI_NO : status;
}

/* The session ends there and here; where the engine is away it ends there by itself. */
static enum rc log_out(struct cli *c, const struct cli_args *a, struct arena *wiping, struct err *e)
{
    struct remote_session session;
    struct remote_answer r = { .status = 0 };
    struct remote_request req = { .method = "POST",
                                  .path = STR("/api/v1/logout"),
                                  .body = STR("") };
    struct err none;
    enum rc rc = remote_session_load(c, wiping, &session, e);
    if (rc != RC_OK)
        return rc;
    req.as = &session.token;
    if (remote_send(c, a, &req, &r, &none) != RC_OK && r.status == 0)
        cli_note(c, "the engine does not answer; there the session ends by itself");
    return remote_session_drop(c, e);
}

static int run_logout(struct cli *c, const struct cli_args *a)
{
    struct sealed_call s; /* for its arena alone */
    struct err e;
    enum rc rc = call_open(c, a, &s, &e);
    if (rc == RC_OK)
        rc = log_out(c, a, s.wiping, &e);
    int status = call_close(&s, rc, &e);
    return rc == RC_MISSING ? CLI_NO : status;
}

/* ---- tables ------------------------------------------------------------------------------- */

#define ROLES "viewer|operator|editor|admin"

static const struct cli_opt plain_opts[] = { CLI_OPTS_REMOTE, CLI_OPT_END };

static const struct cli_opt key_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "role", .arg = ROLES, .help = "what it may do", .def = "viewer" },
    { .name = "expires", .arg = "TIME", .help = "how long it opens: 90d; else until removed" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt user_add_opts[] = {
    { .name = "role", .arg = ROLES, .help = "what the user may do", .def = "viewer" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

static const struct cli_opt user_set_opts[] = {
    { .name = "role", .arg = ROLES, .help = "what the user may do from now on" },
    { .name = "password", .help = "give another password" },
    { .name = "disable", .help = "no log-in any more" },
    { .name = "enable", .help = "log-in again" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

const struct cli_cmd cmd_secret_set = {
    .name = "secret set",
    .args = "NAME",
    .summary = "Seal a secret in the engine under a name",
    .details = "The value is asked for without showing it, or comes from standard input (one line "
               "end at its end does not count). It is never an argument, which other users could "
               "read. Configuration names it as ${secret:NAME}; nothing ever shows it again.",
    .examples = "zarish secret set receiver-key\n"
                "zarish secret set receiver-key < key.txt",
    .opts = plain_opts,
    .run = run_secret_set,
};

const struct cli_cmd cmd_secret_delete = {
    .name = "secret delete",
    .args = "NAME",
    .summary = "Remove a sealed secret that nothing uses",
    .examples = "zarish secret delete receiver-key",
    .opts = plain_opts,
    .run = run_secret_delete,
};

const struct cli_cmd cmd_key_create = {
    .name = "key create",
    .args = "NAME",
    .summary = "Make an API key and show it this once",
    .details = "Roles: viewer (lists, states, figures), operator (pause, resume, test, execute, "
               "messages' content), editor (configuration and secrets), admin (keys and users).",
    .examples = "zarish key create monitoring --role viewer --expires 365d",
    .opts = key_opts,
    .run = run_key_create,
};

const struct cli_cmd cmd_key_delete = {
    .name = "key delete",
    .args = "ID",
    .summary = "Take an API key out of force at once",
    .examples = "zarish key delete 1f0c2a9e",
    .opts = plain_opts,
    .run = run_key_delete,
};

const struct cli_cmd cmd_user_add = {
    .name = "user add",
    .args = "NAME",
    .summary = "Make a user who can log in",
    .details = "The password (12 characters at least) is asked for without showing it, or comes "
               "from standard input. Roles as for `zarish key create`.",
    .examples = "zarish user add ayse --role operator",
    .opts = user_add_opts,
    .run = run_user_add,
};

const struct cli_cmd cmd_user_set = {
    .name = "user set",
    .args = "NAME",
    .summary = "Give a user another role or password, or disable it",
    .details = "Sessions the user has are over. The password is asked for without showing it, or "
               "comes from standard input.",
    .examples = "zarish user set ayse --role editor\n"
                "zarish user set ayse --disable",
    .opts = user_set_opts,
    .run = run_user_set,
};

const struct cli_cmd cmd_user_delete = {
    .name = "user delete",
    .args = "NAME",
    .summary = "Remove a user, with its sessions",
    .examples = "zarish user delete ayse",
    .opts = plain_opts,
    .run = run_user_delete,
};

const struct cli_cmd cmd_login = {
    .name = "login",
    .args = "USER",
    .summary = "Open a session, for the commands that follow",
    .details = "The password is asked for without showing it, or comes from standard input. The "
               "session is kept in a file of yours alone, below XDG_CONFIG_HOME or ~/.config, and "
               "used for this engine's address until it ends. ZARISH_KEY goes before it. Exit "
               "status 1 when name or password is wrong.",
    .examples = "zarish login ayse --url https://engine.example",
    .opts = plain_opts,
    .run = run_login,
};

const struct cli_cmd cmd_logout = {
    .name = "logout",
    .summary = "End the session of `zarish login`",
    .examples = "zarish logout",
    .opts = plain_opts,
    .run = run_logout,
};
