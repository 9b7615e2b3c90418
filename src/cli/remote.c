/*
 * Requests to a running engine. Tests: remote_test.c, tests/scen
 */
#include "cli/remote.h"

#include "json/jw.h"
#include "net/client.h"
#include "net/http_target.h"

#define ANSWER_MAX ((size_t)256 * 1024 * 1024)

/* What a problem document says, as an error of ours. */
static enum rc problem(struct cli *c, const struct remote_answer *r, struct err *e)
{
    static const struct {
        unsigned status;
        enum rc rc;
    } known[] = { { 400, RC_VALUE },   { 401, RC_DENIED }, { 403, RC_DENIED },
                  { 404, RC_MISSING }, { 409, RC_STATE },  { 412, RC_STATE },
                  { 422, RC_VALUE },   { 429, RC_LIMIT },  { 504, RC_TIMEOUT } };
    enum rc rc = RC_PEER;
    for (size_t i = 0; i < ZS_COUNT(known); i++)
        if (known[i].status == r->status)
            rc = known[i].rc;
    const char *code = arena_z(c->arena, json_text(json_getz(r->json, "code")));
    struct str text = json_text(json_getz(r->json, "detail"));
    if (text.n == 0)
        text = json_text(json_getz(r->json, "error")); /* a record that is `failed` */
    if (text.n == 0)
        text = str_z(http_status_text(r->status));
    return err_set(e, rc, code && *code ? code : "CLI-032", "%.*s", STR_ARG(text));
}

struct waiting {
    struct cli_progress bar;
    uint64_t since_ns;
};

static void tick(void *ctx)
{
    struct waiting *w = ctx;
    uint64_t seconds = (clock_mono_ns(w->bar.c->clock) - w->since_ns) / 1000000000u;
    if (seconds > 0)
        cli_progress_step(&w->bar, seconds);
}

static struct arena *answer_arena(struct cli *c, const struct remote_request *r)
{
    return r->arena ? r->arena : c->arena;
}

static enum rc exchange(struct cli *c, const struct client_request *req,
                        const struct remote_request *r, struct client_result *res, struct err *e)
{
    struct arena *a = answer_arena(c, r);
    if (c->request)
        return c->request(c->request_ctx, req, a, res, e);
    struct client_request with = *req;
    struct waiting w = { .since_ns = clock_mono_ns(c->clock) };
    cli_progress_init(&w.bar, c, r->wait ? r->wait : "waiting for the engine, seconds:", 0);
    with.tick = tick;
    with.tick_ctx = &w;
    enum rc rc = client_run_once(&with, a, res, e);
    cli_progress_end(&w.bar);
    return rc;
}

/* "Bearer " and the credential, in the wiping arena. */
static enum rc authorize(const struct secret *key, struct arena *wiping, struct http_field *out,
                         struct err *e)
{
    struct buf b;
    buf_init_arena(&b, wiping, 4096);
    buf_z(&b, "Bearer ");
    buf_str(&b, secret_bytes(*key));
    *out = (struct http_field){ .name = STR("Authorization"), .value = buf_view(&b) };
    return buf_rc(&b, e);
}

static enum rc send_with(struct cli *c, const struct cli_args *a, const struct remote_request *r,
                         struct arena *wiping, struct client_result *res, struct err *e)
{
    struct str base;
    struct buf url;
    struct http_field fields[2];
    struct secret key = SECRET_NONE;
    size_t n = 0;
    enum rc rc = remote_url(c, a, &base, e);
    if (rc == RC_OK && !r->open && !r->as)
        rc = remote_credential(c, a, base, wiping, &key, e);
    if (rc == RC_OK && !r->open)
        rc = authorize(r->as ? r->as : &key, wiping, &fields[n++], e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&url, c->arena, 16384);
    buf_str(&url, base);
    buf_str(&url, r->path);
    if (r->body.n > 0)
        fields[n++] = (struct http_field){ .name = STR("Content-Type"),
                                           .value = str_z(r->type ? r->type : "application/json") };
    struct client_request req = { .method = str_z(r->method),
                                  .url = buf_view(&url),
                                  .fields = fields,
                                  .n_fields = n,
                                  .body = r->body,
                                  .total_ms = r->total_ms,
                                  .body_max = ANSWER_MAX };
    rc = buf_rc(&url, e);
    return rc == RC_OK ? exchange(c, &req, r, res, e) : rc;
}

enum rc remote_send(struct cli *c, const struct cli_args *a, const struct remote_request *r,
                    struct remote_answer *out, struct err *e)
{
    struct client_result res = { .rc = RC_BUG };
    struct arena *wiping = arena_new("credential", 0, 65536);
    *out = (struct remote_answer){ .status = 0 };
    if (!wiping)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    arena_wipe_on_free(wiping);
    enum rc rc = send_with(c, a, r, wiping, &res, e);
    arena_free(&wiping);
    if (rc == RC_IO && remote_is_guess(c, a))
        cli_note(c, "%s/endpoint.json names no running engine: the default address was tried",
                 cli_opt(a, "data"));
    if (rc != RC_OK)
        return rc;
    *out = (struct remote_answer){ .status = res.status, .type = res.type, .body = res.body };
    struct json *doc = NULL;
    struct err none;
    if (str_ends(http_media_type(res.type), STR("json")) &&
        json_parse(res.body, &json_default_limits, answer_arena(c, r), &doc, &none) == RC_OK)
        out->json = doc;
    return res.status >= 400 ? problem(c, out, e) : RC_OK;
}

enum rc remote_call(struct cli *c, const struct cli_args *a, const char *method, struct str path,
                    struct remote_answer *out, struct err *e)
{
    struct remote_request r = { .method = method,
                                .path = path,
                                .body = strcmp(method, "POST") == 0 ? STR("") : STR_NULL };
    return remote_send(c, a, &r, out, e);
}

/* ---- what is said ------------------------------------------------------------------------- */

static void put_finding(FILE *f, const struct json *v)
{
    struct str file = json_text(json_getz(v, "file"));
    struct str path = json_text(json_getz(v, "path"));
    struct str hint = json_text(json_getz(v, "hint"));
    int64_t line = json_i64_or(json_getz(v, "line"), 0);
    fputs("  ", f);
    cli_put_safe(f, file);
    if (line > 0)
        fprintf(f, "%s%lld:%lld", file.n ? ":" : "line ", (long long)line,
                (long long)json_i64_or(json_getz(v, "column"), 1));
    fputs(file.n || line > 0 ? ": " : "", f);
    cli_put_safe(f, path);
    fputs(path.n ? ": " : "", f);
    cli_put_safe(f, json_text(json_getz(v, "message")));
    if (hint.n > 0) {
        fputs(" (", f);
        cli_put_safe(f, hint);
        fputs(")", f);
    }
    fputc('\n', f);
}

int remote_fail(struct cli *c, const struct remote_answer *r, const struct err *e)
{
    const struct json *errors = json_getz(r->json, "errors");
    struct str where = json_text(json_getz(r->json, "where"));
    struct err shown = *e;
    if (where.n > 0)
        err_where(&shown, "%.*s", STR_ARG(where));
    int status = cli_fail(c, &shown);
    JSON_EACH(v, errors)
    put_finding(c->err, v);
    return r->status == 404 || r->status == 409 || r->status == 412 ? CLI_NO : status;
}

void remote_print(struct cli *c, const struct remote_answer *r)
{
    cli_put_safe(c->out, r->body);
    if (!str_ends(r->body, STR("\n")))
        fputc('\n', c->out);
}

/* ---- paths -------------------------------------------------------------------------------- */

enum rc remote_path(struct cli *c, const char *const *segments, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, c->arena, 16384);
    buf_z(&b, "/api/v1");
    for (; *segments; segments++) {
        buf_char(&b, '/');
        http_escape(&b, str_z(*segments));
    }
    *out = buf_view(&b);
    return buf_rc(&b, e);
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
