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
    const struct config_sources src = { .paths = a->pos, .n_paths = a->n_pos };
    enum rc rc = config_load(&src, &env, &cfg, &found, &e);
    if (rc != RC_OK && !err_list_any(&found))
        return cli_fail(c, &e);
    print_findings(c, &found);
    if (rc != RC_OK)
        return CLI_NO;
    if (!c->json)
        fprintf(c->out, "ok: %zu channels, %zu integrations, %zu mappings, %zu tables\n",
                cfg->n_channels, cfg->n_integrations, cfg->n_maps, cfg->n_tables);
    config_unref(&cfg);
    return CLI_DONE;
}

/* ---- schema ------------------------------------------------------------------------------- */

/* A source as a document has it: `type`, which is the channel's, and the connector's own keys. */
static const struct opt_table *source_table(struct arena *a, const struct conn_type *t)
{
    const struct opt_table *own = t->recv_opts;
    struct opt_def *def = arena_make(a, struct opt_def, own->n + 1);
    struct opt_table *whole = arena_make(a, struct opt_table, 1);
    if (!def || !whole)
        return NULL;
    def[0] = (struct opt_def){ .name = "type",
                               .kind = OPT_ENUM,
                               .flags = OPT_REQUIRED,
                               .names = config_type_names,
                               .doc = "What kind of system sends: hl7_v2 for MLLP, rest_api for "
                                      "HTTP." };
    memcpy(def + 1, own->def, own->n * sizeof *def);
    *whole = (struct opt_table){
        .name = own->name, .doc = own->doc, .def = def, .n = own->n + 1, .size = own->size
    };
    return whole;
}

/* The sources of every connector that has one. */
static bool all_sources(struct arena *a, struct opt_open *out)
{
    const struct opt_table **v = arena_make(a, const struct opt_table *, conn_n_types);
    size_t n = 0;
    for (size_t i = 0; v && i < conn_n_types; i++)
        if (conn_types[i]->recv_opts && !(v[n++] = source_table(a, conn_types[i])))
            return false;
    *out = (struct opt_open){ .table = &config_channel_table, .option = "source", .v = v, .n = n };
    return v != NULL;
}

static int run_schema(struct cli *c, const struct cli_args *a)
{
    (void)a; /* no options */
    struct opt_open sources;
    struct buf b;
    struct jw w;
    struct err e;
    if (!all_sources(c->arena, &sources)) {
        (void)err_set(&e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
        return cli_fail(c, &e);
    }
    buf_init_arena(&b, c->arena, (size_t)16 * 1024 * 1024);
    jw_init(&w, &b, JSON_PRETTY);
    opt_schema_any(config_tables, config_n_tables, &sources, "Zarish configuration", &w);
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
    .summary = "Check configuration: file, line and a hint for all that is wrong",
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
