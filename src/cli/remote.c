/*
 * Requests to a running engine. Tests: tests/scen
 */
#include "cli/remote.h"

#include "auth/auth.h"
#include "base/file.h"
#include "net/client.h"
#include "net/http_target.h"

#define ANSWER_MAX ((size_t)256 * 1024 * 1024)

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
    if (path && file_read(path, 1024 * 1024, c->arena, &text, &none) == RC_OK &&
        json_parse(text, &json_default_limits, c->arena, &doc, &none) == RC_OK)
        return json_text(json_getz(doc, "url"));
    return STR_NULL;
}

static struct str find_url(struct cli *c, const struct cli_args *a)
{
    const char *given = cli_opt(a, "url");
    if (!given)
        given = cli_env(c, "ZARISH_URL");
    if (given)
        return str_z(given);
    struct str local = endpoint_url(c, a);
    return local.n > 0 ? local : STR("http://127.0.0.1:8585");
}

static enum rc find_key(struct cli *c, const struct cli_args *a, struct secret *key, struct err *e)
{
    const char *given = cli_env(c, "ZARISH_KEY");
    if (given)
        return secret_copy(c->arena, str_z(given), key, e);
    const char *path = data_file(c, a, "admin.json");
    if (!path)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    enum rc rc = auth_admin_read(path, c->arena, key, e);
    if (rc == RC_MISSING)
        return err_set(e, rc, "CLI-031",
                       "no key: set ZARISH_KEY, or name the engine's data directory with --data");
    return rc;
}

/* What a problem document says, as an error of ours. */
static enum rc problem(struct cli *c, const struct remote_answer *r, struct err *e)
{
    static const struct {
        unsigned status;
        enum rc rc;
    } known[] = { { 400, RC_VALUE },   { 401, RC_DENIED }, { 403, RC_DENIED },
                  { 404, RC_MISSING }, { 409, RC_STATE },  { 429, RC_LIMIT } };
    enum rc rc = RC_PEER;
    for (size_t i = 0; i < ZS_COUNT(known); i++)
        if (known[i].status == r->status)
            rc = known[i].rc;
    const char *code = arena_z(c->arena, json_text(json_getz(r->json, "code")));
    struct str text = json_text(json_getz(r->json, "detail"));
    if (text.n == 0)
        text = str_z(http_status_text(r->status));
    return err_set(e, rc, code && *code ? code : "CLI-032", "%.*s", STR_ARG(text));
}

static enum rc request_url(struct cli *c, const struct cli_args *a, struct str path,
                           struct str *out, struct err *e)
{
    struct str url = find_url(c, a);
    if (str_ends(url, STR("/")))
        url.n--;
    struct buf b;
    buf_init_arena(&b, c->arena, 16384);
    buf_str(&b, url);
    buf_str(&b, path);
    *out = buf_view(&b);
    return buf_rc(&b, e);
}

enum rc remote_call(struct cli *c, const struct cli_args *a, const char *method, struct str path,
                    struct remote_answer *out, struct err *e)
{
    struct str url;
    struct secret key;
    enum rc rc = request_url(c, a, path, &url, e);
    if (rc == RC_OK)
        rc = find_key(c, a, &key, e);
    if (rc != RC_OK)
        return rc;
    struct http_field field = { .name = STR("X-API-Key"), .value = secret_bytes(key) };
    struct client_request req = { .method = str_z(method),
                                  .url = url,
                                  .fields = &field,
                                  .n_fields = 1,
                                  .body = strcmp(method, "POST") == 0 ? STR("") : STR_NULL,
                                  .body_max = ANSWER_MAX };
    struct client_result res;
    rc = client_run_once(&req, c->arena, &res, e);
    if (rc != RC_OK)
        return rc;
    *out = (struct remote_answer){ .status = res.status, .type = res.type, .body = res.body };
    struct json *doc = NULL;
    struct err none;
    if (str_ends(http_media_type(res.type), STR("json")) &&
        json_parse(res.body, &json_default_limits, c->arena, &doc, &none) == RC_OK)
        out->json = doc;
    return res.status >= 400 ? problem(c, out, e) : RC_OK;
}

void remote_query(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    buf_char(path, str_chr(buf_view(path), '?', 0) == SIZE_MAX ? '?' : '&');
    buf_z(path, name);
    buf_char(path, '=');
    http_escape(path, str_z(value));
}
