/*
 * `zarish pause|resume`: a channel, or an integration. Tests: remote_test.c, tests/scen
 */
#include "cli/kinds.h"

static enum rc call(struct cli *c, const struct cli_args *a, const char *kind, const char *name,
                    struct remote_answer *r, struct err *e)
{
    struct str path;
    enum rc rc = remote_path(c, SEGMENTS(kind, name, a->cmd->name), &path, e);
    return rc == RC_OK ? remote_call(c, a, "POST", path, r, e) : rc;
}

/* NAME alone is a channel's, and an integration's where there is no such channel. */
static enum rc find_and_call(struct cli *c, const struct cli_args *a, const char **kind,
                             const char **name, struct remote_answer *r, struct err *e)
{
    static const struct {
        const char *prefix, *path;
    } kinds[] = { { "channel/", "channels" }, { "integration/", "integrations" } };
    struct err first;
    *name = cli_pos(a, 0);
    for (size_t i = 0; i < ZS_COUNT(kinds); i++)
        if (str_starts(str_z(*name), str_z(kinds[i].prefix))) {
            *name += strlen(kinds[i].prefix);
            *kind = kinds[i].path;
            return call(c, a, *kind, *name, r, e);
        }
    *kind = "channels";
    enum rc rc = call(c, a, *kind, *name, r, e);
    if (rc != RC_MISSING || r->status != 404)
        return rc;
    first = *e;
    *kind = "integrations";
    rc = call(c, a, *kind, *name, r, e);
    if (rc == RC_MISSING && r->status == 404)
        *e = first;
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct remote_answer r = { .status = 0 };
    const char *kind = NULL, *name = NULL;
    struct err e;
    enum rc rc = find_and_call(c, a, &kind, &name, &r, &e);
    if (rc != RC_OK)
        return remote_fail(c, &r, &e);
    if (c->json) {
        remote_print(c, &r);
        return CLI_DONE;
    }
    struct str now = json_text(json_getz(r.json, "status")); /* an integration's; may be `failed` */
    if (now.n == 0)
        now = json_text(json_getz(r.json, "wanted"));
    cli_note(c, "%.*s %s is %.*s", (int)(strlen(kind) - 1), kind, name, STR_ARG(now));
    struct str why = json_text(json_getz(r.json, "error"));
    if (str_eqz(now, "failed") && why.n > 0)
        cli_note(c, "%.*s; it is tried again by itself", STR_ARG(why));
    return str_eqz(now, "failed") ? CLI_NO : CLI_DONE;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPTS_REMOTE, CLI_OPT_END };

const struct cli_cmd cmd_pause = {
    .name = "pause",
    .args = "NAME",
    .summary = "Stop a channel or an integration until it is resumed",
    .details = "NAME is a channel's, or an integration's where there is no channel of that name; "
               "channel/NAME and integration/NAME say which. A paused channel takes and sends "
               "nothing. What channels have for a paused integration waits; calls of it are "
               "refused.",
    .examples = "zarish pause adt-in\n"
                "zarish pause integration/receiver",
    .opts = opts,
    .run = run,
};

const struct cli_cmd cmd_resume = {
    .name = "resume",
    .args = "NAME",
    .summary = "Let a paused channel or integration go on",
    .details = "NAME as for `zarish pause`. An integration is probed first; it goes on as active, "
               "or is failed (exit status 1) and tried again by itself.",
    .examples = "zarish resume adt-in\n"
                "zarish resume integration/receiver",
    .opts = opts,
    .run = run,
};
