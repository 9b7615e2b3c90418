/*
 * Where the engine is and who asks: options, environment, the data directory, a log-in's session.
 * Tests: remote_test.c
 */
#include "cli/remote.h"

#include "auth/auth.h"
#include "base/file.h"
#include "base/timefmt.h"
#include "json/jw.h"

#include <errno.h>
#include <unistd.h>

#define SMALL_MAX ((size_t)1024 * 1024)

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
}

static const char *data_file(struct cli *c, const struct cli_args *a, const char *name)
{
    struct buf b;
    buf_init_arena(&b, c->arena, 4096);
    buf_fmt(&b, "%s/%s", cli_opt(a, "data"), name);
    return buf_cstr(&b);
}

static struct str endpoint_url(struct cli *c, const struct cli_args *a)
{
    const char *path = data_file(c, a, "endpoint.json");
    struct str text;
    struct json *doc = NULL;
    struct err none;
    if (path && file_read(path, SMALL_MAX, c->arena, &text, &none) == RC_OK &&
        json_parse(text, &json_default_limits, c->arena, &doc, &none) == RC_OK)
        return json_text(json_getz(doc, "url"));
    return STR_NULL;
}

bool remote_is_guess(struct cli *c, const struct cli_args *a)
{
    return !cli_opt(a, "url") && !cli_env(c, "ZARISH_URL") && endpoint_url(c, a).n == 0;
}

enum rc remote_url(struct cli *c, const struct cli_args *a, struct str *out, struct err *e)
{
    const char *given = cli_opt(a, "url");
    if (!given)
        given = cli_env(c, "ZARISH_URL");
    struct str url = given ? arena_str(c->arena, str_z(given)) : endpoint_url(c, a);
    if (given && str_is_null(url))
        return no_memory(e);
    if (url.n == 0)
        url = STR("http://127.0.0.1:8585");
    if (str_ends(url, STR("/")))
        url.n--;
    *out = url;
    return RC_OK;
}

/* ---- the session of a log-in -------------------------------------------------------------- */

/* The directory, or the file in it. */
static const char *session_path(struct cli *c, const char *file)
{
    const char *base = cli_env(c, "XDG_CONFIG_HOME");
    const char *home = cli_env(c, "HOME");
    struct buf b;
    buf_init_arena(&b, c->arena, 4096);
    if (base && *base)
        buf_fmt(&b, "%s/zarish%s", base, file);
    else if (home && *home)
        buf_fmt(&b, "%s/.config/zarish%s", home, file);
    else
        return NULL;
    return buf_cstr(&b);
}

static enum rc no_home(struct err *e)
{
    return err_set(e, RC_MISSING, "CLI-050",
                   "there is no place for the session: neither XDG_CONFIG_HOME nor HOME is set");
}

enum rc remote_session_save(struct cli *c, const struct remote_session *s, struct err *e)
{
    const char *dir = session_path(c, ""), *path = session_path(c, "/session.json");
    struct buf b;
    struct jw w;
    if (!dir || !path)
        return no_home(e);
    struct arena *wiping = arena_new("session", 0, SMALL_MAX);
    if (!wiping)
        return no_memory(e);
    arena_wipe_on_free(wiping);
    buf_init_arena(&b, wiping, 65536);
    jw_init(&w, &b, JSON_PRETTY);
    jw_object(&w);
    jw_kstr(&w, "url", s->url);
    jw_kstr(&w, "user", s->user);
    jw_kstr(&w, "expiresAt", s->expires_at);
    jw_kstr(&w, "token", secret_bytes(s->token));
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc == RC_OK)
        rc = file_mkdirs(dir, e);
    if (rc == RC_OK)
        rc = file_write_atomic(path, buf_view(&b), 0600, e);
    arena_free(&wiping);
    return rc;
}

enum rc remote_session_load(struct cli *c, struct arena *wiping, struct remote_session *out,
                            struct err *e)
{
    const char *path = session_path(c, "/session.json");
    struct str text;
    struct json *doc = NULL;
    if (!path)
        return err_set(e, RC_MISSING, "CLI-051", "nobody is logged in");
    enum rc rc = file_read(path, SMALL_MAX, wiping, &text, e);
    if (rc == RC_MISSING)
        return err_set(e, RC_MISSING, "CLI-051", "nobody is logged in");
    if (rc == RC_OK)
        rc = json_parse(text, &json_default_limits, wiping, &doc, e);
    if (rc != RC_OK)
        return rc;
    *out = (struct remote_session){ .url = json_text(json_getz(doc, "url")),
                                    .user = json_text(json_getz(doc, "user")),
                                    .expires_at = json_text(json_getz(doc, "expiresAt")) };
    return secret_copy(wiping, json_text(json_getz(doc, "token")), &out->token, e);
}

enum rc remote_session_drop(struct cli *c, struct err *e)
{
    const char *path = session_path(c, "/session.json");
    if (path && unlink(path) != 0 && errno != ENOENT)
        return err_sys(e, "CLI-052", errno, "%s cannot be removed", path);
    return RC_OK;
}

/* For this address, and not over yet. */
static bool session_fits(const struct cli *c, const struct remote_session *s, struct str url)
{
    int64_t until = 0;
    struct err none;
    return str_eq(s->url, url) && time_iso_instant(s->expires_at, &until, &none) == RC_OK &&
           until > clock_now_ms(c->clock);
}

enum rc remote_credential(struct cli *c, const struct cli_args *a, struct str url,
                          struct arena *wiping, struct secret *out, struct err *e)
{
    const char *given = cli_env(c, "ZARISH_KEY");
    struct remote_session s;
    struct err none;
    if (given)
        return secret_copy(wiping, str_z(given), out, e);
    if (remote_session_load(c, wiping, &s, &none) == RC_OK && session_fits(c, &s, url)) {
        *out = s.token;
        return RC_OK;
    }
    const char *path = data_file(c, a, "admin.json");
    if (!path)
        return no_memory(e);
    enum rc rc = auth_admin_read(path, wiping, out, e);
    if (rc == RC_MISSING)
        return err_set(e, rc, "CLI-031",
                       "no credential: set ZARISH_KEY, `zarish login`, or name the engine's data "
                       "directory with --data");
    return rc;
}
