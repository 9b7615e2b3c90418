/*
 * `zarish exec`: one call of an endpoint. Tests: remote_test.c, tests/scen
 */
#include "cli/remote.h"
#include "cli/view.h"

#include "base/num.h"
#include "json/jw.h"

#define DATA_MAX ((size_t)64 << 20)
#define DAY_MS   (INT64_C(24) * 3600 * 1000)
#define WAIT_MS  (60 * 60 * 1000) /* the engine's own limits end the call */

/* -d @FILE, -d - or -d TEXT. */
static enum rc read_data(struct cli *c, const struct cli_args *a, struct str *out, struct err *e)
{
    const char *given = cli_opt(a, "body");
    *out = STR_NULL;
    if (!given)
        return RC_OK;
    if (given[0] == '@')
        return cli_read_input(c, given + 1, DATA_MAX, c->arena, out, e);
    if (strcmp(given, "-") == 0)
        return cli_read_input(c, "-", DATA_MAX, c->arena, out, e);
    *out = str_z(given);
    return RC_OK;
}

/* JSON goes as what it is, everything else as text. */
static void put_data(struct cli *c, struct jw *w, struct str data)
{
    struct json *doc = NULL;
    struct err none;
    jw_keyz(w, "data");
    if (str_is_null(data))
        jw_null(w);
    else if (json_parse(data, &json_default_limits, c->arena, &doc, &none) == RC_OK)
        jw_value(w, doc);
    else
        jw_str(w, data);
}

/* Options of the form NAME=VALUE or Name: value, each once. */
static enum rc put_pairs(struct jw *w, const struct cli_args *a, const char *option, char sep,
                         const char *member, struct err *e)
{
    size_t n = cli_count(a, option);
    if (n == 0)
        return RC_OK;
    jw_keyz(w, member);
    jw_object(w);
    for (size_t i = 0; i < n; i++) {
        struct str given = str_z(cli_opt_at(a, option, i));
        size_t at = str_chr(given, sep, 0);
        if (at == SIZE_MAX || at == 0)
            return err_set(e, RC_VALUE, "CLI-055", "--%s wants NAME%cVALUE", option, sep);
        jw_key(w, str_trim(str_sub(given, 0, at)));
        jw_str(w, str_trim(str_from(given, at + 1)));
    }
    jw_end(w);
    return RC_OK;
}

static enum rc put_options(struct jw *w, const struct cli_args *a, struct err *e)
{
    int64_t timeout = -1;
    uint64_t retries = UINT64_MAX;
    enum rc rc = cli_opt_duration(a, "timeout", DAY_MS, &timeout, e);
    if (rc == RC_OK)
        rc = cli_opt_u64(a, "retries", 0, 1000, &retries, e);
    if (rc != RC_OK)
        return rc;
    jw_keyz(w, "options");
    jw_object(w);
    if (timeout >= 0)
        jw_ki64(w, "timeout", timeout);
    if (retries != UINT64_MAX)
        jw_ku64(w, "retries", retries);
    rc = put_pairs(w, a, "header", ':', "headers", e);
    if (rc == RC_OK)
        rc = put_pairs(w, a, "parameter", '=', "parameters", e);
    if (cli_opt(a, "idempotency-key"))
        jw_kstrz(w, "idempotencyKey", cli_opt(a, "idempotency-key"));
    if (cli_has(a, "dry-run"))
        jw_kbool(w, "dryRun", true);
    jw_end(w);
    return rc;
}

static enum rc body_of(struct cli *c, const struct cli_args *a, struct str *out, struct err *e)
{
    struct str data;
    struct buf b;
    struct jw w;
    enum rc rc = read_data(c, a, &data, e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&b, c->arena, 4 * DATA_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    put_data(c, &w, data);
    rc = put_options(&w, a, e);
    if (rc != RC_OK)
        return rc;
    jw_end(&w);
    *out = buf_view(&b);
    return jw_done(&w, e);
}

/* ---- the result --------------------------------------------------------------------------- */

/* Text as it is, everything else as indented JSON. */
static enum rc put_value(struct cli *c, const struct json *v, struct err *e)
{
    if (json_is(v, JSON_ABSENT) || json_is(v, JSON_NULL))
        return RC_OK;
    if (!json_is(v, JSON_STRING))
        return view_document(c, c->out, v, e);
    struct str text = json_text(v);
    cli_put_safe(c->out, text);
    if (!str_ends(text, STR("\n")))
        fputc('\n', c->out);
    return RC_OK;
}

static void put_outcome(struct cli *c, const struct json *x)
{
    struct str status = json_text(json_getz(x, "status"));
    struct str code = json_text(view_at(x, "response.status"));
    struct str text = json_text(view_at(x, "response.statusText"));
    struct str took = json_text(view_at(x, "metrics.duration"));
    struct str id = json_text(json_getz(x, "id"));
    struct str error = json_text(json_getz(x, "error"));
    struct str unmapped = json_text(view_at(x, "response.processingError"));
    cli_note(c, "%.*s%s%.*s%s%.*s, %.*s ms, execution %.*s", STR_ARG(status), code.n ? ": " : "",
             STR_ARG(code), text.n ? " " : "", STR_ARG(text), STR_ARG(took), STR_ARG(id));
    if (error.n > 0)
        cli_note(c, "%.*s", STR_ARG(error));
    if (unmapped.n > 0)
        cli_note(c, "the answer could not be mapped: %.*s", STR_ARG(unmapped));
    size_t attempts = json_count(json_getz(x, "attempts"));
    if (attempts > 1)
        cli_note(c, "it took %zu attempts", attempts);
}

/* What a dry run would send: to whom, and what. */
static enum rc put_dry(struct cli *c, const struct json *x, struct err *e)
{
    const struct json *q = json_getz(x, "wouldSend");
    struct str method = json_text(json_getz(q, "method")), url = json_text(json_getz(q, "url"));
    cli_note(c, "nothing was sent; it would be %.*s%s%.*s", STR_ARG(method), method.n ? " " : "",
             STR_ARG(url));
    return put_value(c, json_getz(q, "data"), e);
}

static int show(struct cli *c, const struct remote_answer *r, const struct json *x)
{
    struct err e;
    if (c->json) {
        if (x == r->json) {
            remote_print(c, r);
            return CLI_DONE;
        }
        return view_document(c, c->out, x, &e) == RC_OK ? CLI_DONE : cli_fail(c, &e);
    }
    if (json_bool_or(json_getz(x, "dryRun"), false))
        return put_dry(c, x, &e) == RC_OK ? CLI_DONE : cli_fail(c, &e);
    put_outcome(c, x);
    const struct json *data = view_at(x, "response.processedData");
    if (json_is(data, JSON_ABSENT) || json_is(data, JSON_NULL))
        data = view_at(x, "response.data");
    return put_value(c, data, &e) == RC_OK ? CLI_DONE : cli_fail(c, &e);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct remote_answer r = { .status = 0 };
    struct remote_request req = {
        .method = "POST", .wait = "waiting, seconds:", .total_ms = WAIT_MS
    };
    struct err e;
    enum rc rc = body_of(c, a, &req.body, &e);
    if (rc == RC_VALUE || rc == RC_SYNTAX)
        return cli_usage(c, a, &e);
    if (rc == RC_OK)
        rc = remote_path(
            c, SEGMENTS("integrations", cli_pos(a, 0), "endpoints", cli_pos(a, 1), "execute"),
            &req.path, &e);
    if (rc == RC_OK)
        rc = remote_send(c, a, &req, &r, &e);
    if (rc == RC_OK)
        return show(c, &r, r.json);
    const struct json *execution = json_getz(r.json, "execution");
    if (!execution) /* it never came to a call */
        return remote_fail(c, &r, &e);
    int status = show(c, &r, execution);
    return status == CLI_DONE ? CLI_NO : status;
}

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "body",
      .letter = 'd',
      .arg = "DATA",
      .help = "what to send: @FILE, - for standard input, or the text itself" },
    { .name = "header",
      .letter = 'H',
      .arg = "NAME:VALUE",
      .help = "a header beside the endpoint's, any number of times" },
    { .name = "parameter",
      .letter = 'P',
      .arg = "NAME=VALUE",
      .help = "a parameter beside the endpoint's, any number of times" },
    { .name = "timeout", .arg = "TIME", .help = "for one attempt, instead of the endpoint's: 5s" },
    { .name = "retries", .arg = "N", .help = "after a failure, instead of the endpoint's" },
    { .name = "idempotency-key",
      .arg = "KEY",
      .help = "tells the other system which calls are one and the same" },
    { .name = "dry-run", .help = "map the data and show what would be sent; nothing is" },
    CLI_OPTS_REMOTE_LONG,
    CLI_OPT_END
};

const struct cli_cmd cmd_exec = {
    .name = "exec",
    .args = "INTEGRATION ENDPOINT",
    .summary = "Send data through an endpoint and print the answer",
    .details = "Data that is JSON goes through the endpoint's mapping as a document, everything "
               "else as text. The answer (after the endpoint's responseMapping) is printed to "
               "standard output, how it went to standard error; -o json prints the whole record. "
               "Exit status 1 when the call failed.",
    .examples = "zarish exec receiver results -d @result.json\n"
                "zarish exec pas adt -d @admit.hl7 --timeout 5s\n"
                "# what would be sent\n"
                "zarish exec receiver results -d '{\"id\": 7}' --dry-run",
    .opts = opts,
    .run = run,
};
