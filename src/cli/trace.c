/*
 * `zarish trace`: one message's whole story.
 */
#include "cli/remote.h"

static void line(FILE *f, const char *label, struct str value)
{
    if (value.n == 0)
        return;
    fprintf(f, "  %-12s ", label);
    cli_put_safe(f, value);
    fputc('\n', f);
}

static void print_attempt(FILE *f, const struct json *a)
{
    struct str status = json_text(json_getz(a, "status"));
    struct str error = json_text(json_getz(a, "error"));
    struct str at = json_text(json_getz(a, "at"));
    struct str state = json_text(json_getz(a, "state"));
    fprintf(f, "      %.*s  attempt %lld  %.*s", STR_ARG(at),
            (long long)json_i64_or(json_getz(a, "attempt"), 0), STR_ARG(state));
    if (status.n)
        fprintf(f, "  %.*s", STR_ARG(status));
    fprintf(f, "  %lld ms", (long long)json_i64_or(json_getz(a, "durationMs"), 0));
    if (json_bool_or(json_getz(a, "repeatsUnknown"), false))
        fputs("  (an earlier attempt's outcome is not known)", f);
    if (error.n) {
        fputs("  ", f);
        cli_put_safe(f, error);
    }
    fputc('\n', f);
}

static void print_trace(FILE *f, const struct json *m)
{
    static const struct {
        const char *label, *member;
    } rows[] = {
        { "received", "receivedAt" },  { "channel", "channel" }, { "type", "type" },
        { "control id", "controlId" }, { "from", "peer" },       { "state", "state" },
        { "reason", "reason" },        { "bytes", "bytes" },     { "trace id", "traceId" }
    };
    fputs("message ", f);
    cli_put_safe(f, json_text(json_getz(m, "id")));
    fputc('\n', f);
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        line(f, rows[i].label, json_text(json_getz(m, rows[i].member)));
    JSON_EACH(d, json_getz(m, "deliveries"))
    {
        fputs("  to ", f);
        cli_put_safe(f, json_text(json_getz(d, "destination")));
        fputs(": ", f);
        cli_put_safe(f, json_text(json_getz(d, "state")));
        fputc('\n', f);
        line(f, "    why", json_text(json_getz(d, "reason")));
        JSON_EACH(a, json_getz(d, "attempts"))
        print_attempt(f, a);
    }
    line(f, "link", json_text(json_getz(m, "link")));
}

static enum rc message_path(struct cli *c, const char *id, const char *what, struct str *out,
                            struct err *e)
{
    struct buf b;
    buf_init_arena(&b, c->arena, 1024);
    buf_z(&b, "/api/v1/messages/");
    buf_z(&b, id);
    buf_z(&b, what);
    *out = buf_view(&b);
    return buf_rc(&b, e);
}

static int run_trace(struct cli *c, const struct cli_args *a)
{
    struct remote_answer r = { .status = 0 };
    struct str path;
    struct err e;
    bool body = cli_has(a, "body");
    enum rc rc = message_path(c, cli_pos(a, 0), body ? "/body" : "/trace", &path, &e);
    if (rc == RC_OK)
        rc = remote_call(c, a, "GET", path, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    if (body)
        (void)fwrite(r.body.p, 1, r.body.n, c->out); /* cli_main checks the stream */
    else if (c->json)
        cli_put_safe(c->out, r.body);
    else
        print_trace(c->out, r.json);
    return CLI_DONE;
}

static const struct cli_opt trace_opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "body",
      .letter = 'b',
      .help = "print the message itself, byte for byte; this is recorded in the audit" },
    CLI_OPTS_REMOTE,
    CLI_OPT_END
};

const struct cli_cmd cmd_trace = {
    .name = "trace",
    .args = "MESSAGE",
    .summary = "Tell everything that happened to one message",
    .details = "MESSAGE is an id as `zarish get messages` shows it. `link` is the message's place "
               "in the hash chain that `zarish verify` proves.",
    .examples = "zarish trace 1f0c2a9e-1042\n"
                "zarish trace 1f0c2a9e-1042 --body",
    .opts = trace_opts,
    .run = run_trace,
};
