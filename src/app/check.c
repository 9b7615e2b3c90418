/*
 * `zarish check`: is this configuration right? `zarish schema`: what it may hold, for editors.
 * In app because only app knows the connectors.
 */
#include "cli/cli.h"
#include "config/config.h"

#define FINDINGS_MAX 1000

static const char *lookup_env(void *ctx, const char *name)
{
    return cli_env(ctx, name);
}

static void print_findings(struct cli *c, const struct err_list *found)
{
    struct buf b;
    struct jw w;
    struct err e;
    buf_init_arena(&b, c->arena, (size_t)64 * 1024 * 1024);
    if (!c->json) {
        err_list_print(found, &b);
        cli_put_safe(c->out, buf_view(&b));
        return;
    }
    jw_init(&w, &b, JSON_PRETTY);
    err_list_json(found, &w);
    if (jw_done(&w, &e) == RC_OK)
        buf_char(&b, '\n');
    cli_put_safe(c->out, buf_view(&b));
}

static int run_check(struct cli *c, const struct cli_args *a)
{
    struct config_env env = { .connector = conn_by_scheme,
                              .lookup_env = lookup_env,
                              .ctx = c,
                              .resolve = cli_has(a, "secrets") };
    struct config *cfg = NULL;
    struct err_list found;
    struct err e;
    err_list_init(&found, c->arena, FINDINGS_MAX);
    enum rc rc = config_load(a->pos, a->n_pos, &env, &cfg, &found, &e);
    if (rc != RC_OK && !err_list_any(&found))
        return cli_fail(c, &e);
    print_findings(c, &found);
    if (rc != RC_OK)
        return CLI_NO;
    if (!c->json)
        fprintf(c->out, "ok: %zu channels, %zu integrations, %zu mappings, %zu tables\n",
                cfg->n_channels, cfg->n_integrations, cfg->n_maps, cfg->n_tables);
    config_free(&cfg);
    return CLI_DONE;
}

static int run_schema(struct cli *c, const struct cli_args *a)
{
    (void)a; /* no options */
    struct buf b;
    struct jw w;
    struct err e;
    buf_init_arena(&b, c->arena, (size_t)16 * 1024 * 1024);
    jw_init(&w, &b, JSON_PRETTY);
    opt_schema_any(config_tables, config_n_tables, "Zarish configuration", &w);
    if (jw_done(&w, &e) != RC_OK)
        return cli_fail(c, &e);
    buf_char(&b, '\n');
    cli_put_safe(c->out, buf_view(&b));
    return CLI_DONE;
}

static const struct cli_opt check_opts[] = { CLI_OPT_OUTPUT,
                                             { .name = "secrets",
                                               .help = "also read every secret, as `serve` will" },
                                             CLI_OPT_END };

const struct cli_cmd cmd_check = {
    .name = "check",
    .args = "PATH...",
    .summary = "Check configuration files, with file, line and a hint for all that is wrong",
    .details = "PATH is a file, or a directory of *.yaml, *.yml and *.json. What is checked is "
               "what `serve` would do: keys and values, names, expressions and mappings. Exit "
               "status 1 when something is wrong.",
    .examples = "zarish check examples/quickstart",
    .opts = check_opts,
    .run = run_check,
};

const struct cli_cmd cmd_schema = {
    .name = "schema",
    .summary = "Print the JSON Schema of the configuration, for editors",
    .details = "Generated from the same tables that read the configuration.",
    .examples = "zarish schema > zarish.schema.json",
    .run = run_schema,
};
