/*
 * `zarish reference`: the pages of docs/reference, each out of the table that the code itself
 * reads, so that a page cannot say anything else. tests/docs compares them; `make docs` writes
 * them. Tests: tools/reference --check, which tests/docs runs
 */
#include "app/reference.h"

#include "api/api.h"
#include "base/log.h"
#include "config/config.h"

#define PAGE_MAX ((size_t)16 * 1024 * 1024)

static void put_title(struct buf *b, const char *title, const char *text)
{
    buf_fmt(b,
            "# %s\n\nMade by `zarish reference` out of the program's own tables; `make docs` "
            "writes it anew.\n\n%s\n",
            title, text);
}

/* Text in a Markdown table or paragraph: a bar would end the cell, `<` would open a tag. */
static void put_text(struct buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '<')
            buf_char(b, '\\');
        buf_char(b, *text == '\n' ? ' ' : *text);
    }
}

static void put_cell(struct buf *b, const char *text)
{
    buf_z(b, " ");
    put_text(b, text);
    buf_z(b, " |");
}

/* ---- configuration ------------------------------------------------------------------------ */

static void put_connector(struct buf *b, const struct conn_type *t)
{
    if (t->recv_opts) {
        buf_char(b, '\n');
        opt_markdown(t->recv_opts, b);
    }
    if (t->send_opts) {
        buf_char(b, '\n');
        opt_markdown(t->send_opts, b);
    }
}

static void put_schemes(struct buf *b, const struct conn_type *t)
{
    buf_fmt(b, "| %s |", t->name);
    for (const char *const *s = t->schemes; *s; s++)
        buf_fmt(b, " `%s://`", *s);
    buf_fmt(b, " | %s | %s |\n", t->recv_opts ? t->recv_opts->name : "no source",
            !(t->caps & CONN_SENDS) ? "no destination"
            : t->send_opts          ? t->send_opts->name
                                    : "no options: `parameters` go with the request");
}

static enum rc put_configuration(struct cli *c, struct buf *b, struct err *e)
{
    (void)c, (void)e; /* constant tables, nothing can fail */
    put_title(b, "Configuration",
              "One or many YAML or JSON documents a file; the first key says which kind a document "
              "is. A key that is not named here is an error. Any text may hold "
              "`${env:ZARISH_NAME:-default}`; secrets are references, `${env:ZARISH_NAME}` or "
              "`${file:PATH}` with a path below the configuration's directory.\n\n"
              "`zarish check` says what is wrong with a file, `zarish schema` prints the JSON "
              "Schema of what stands here.");
    for (size_t i = 0; i < config_n_tables; i++) {
        buf_char(b, '\n');
        opt_markdown(config_tables[i], b);
    }
    buf_z(b,
          "\n# Connectors\n\nThe URL picks the connector: `listen` of a channel's `source`, `url` "
          "of an endpoint. A source takes the keys of its connector beside `type`; an endpoint "
          "takes them in `parameters`.\n\n"
          "| connector | URLs | source | destination |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < conn_n_types; i++)
        put_schemes(b, conn_types[i]);
    for (size_t i = 0; i < conn_n_types; i++)
        put_connector(b, conn_types[i]);
    return RC_OK;
}

/* ---- events ------------------------------------------------------------------------------- */

static enum rc put_events(struct cli *c, struct buf *b, struct err *e)
{
    (void)c, (void)e; /* a constant table, nothing can fail */
    put_title(b, "Events",
              "What the engine writes on standard error, one line each. Names never change once "
              "released. No event carries content of a message.\n\n"
              "| event | level | meaning | what to do |\n| --- | --- | --- | --- |");
    for (size_t i = 0; i < EV_COUNT; i++) {
        const struct log_event_row *row = &log_events[i];
        buf_fmt(b, "| `%s` | %s |", row->name, log_level_name(row->level));
        put_cell(b, row->meaning);
        put_cell(b, row->action);
        buf_char(b, '\n');
    }
    return RC_OK;
}

/* ---- errors ------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    const struct err_code *const *x = a;
    const struct err_code *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static enum rc put_errors(struct cli *c, struct buf *b, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < c->program->n_codes; i++)
        n += *c->program->codes[i].n;
    const struct err_code **all = arena_make(c->arena, const struct err_code *, n);
    if (!all)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    n = 0;
    for (size_t i = 0; i < c->program->n_codes; i++)
        for (size_t k = 0; k < *c->program->codes[i].n; k++)
            all[n++] = &c->program->codes[i].rows[k];
    qsort(all, n, sizeof *all, by_id);
    put_title(b, "Errors",
              "Every error that Zarish prints, logs or answers carries one of these codes; "
              "`zarish explain CODE` tells the same.\n\n"
              "| code | meaning | what to do |\n| --- | --- | --- |");
    for (size_t i = 0; i < n; i++) {
        buf_fmt(b, "| `%s` |", all[i]->id);
        put_cell(b, all[i]->meaning);
        put_cell(b, all[i]->action);
        buf_char(b, '\n');
    }
    return RC_OK;
}

/* ---- management API ----------------------------------------------------------------------- */

static enum rc put_api(struct cli *c, struct buf *b, struct err *e)
{
    (void)c, (void)e; /* a constant table, nothing can fail */
    put_title(
        b, "Management API",
        "On the engine's `listen` address. A key goes in `X-API-Key` or as `Authorization: "
        "Bearer`; the role is the least that may call a route. Lists are `{items, next}`. "
        "Errors are problem documents (RFC 9457) with `code`. Beside the answers shown, every "
        "route with a role answers 401, 403, 429 and 503, one with a query or body 400, one "
        "with a name in its path 404. `GET /api/v1/openapi.json` says all of it as OpenAPI.");
    api_markdown(b);
    return RC_OK;
}

/* ---- commands ----------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct cli_cmd *const *x = a;
    const struct cli_cmd *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void put_option(struct buf *b, const struct cli_opt *o)
{
    buf_z(b, "| `");
    if (o->letter)
        buf_fmt(b, "-%c`, `", o->letter);
    buf_fmt(b, "--%s", o->name);
    if (o->arg) {
        buf_char(b, ' ');
        put_text(b, o->arg);
    }
    buf_z(b, "` |");
    put_cell(b, o->def ? o->def : "");
    put_cell(b, o->help);
    buf_char(b, '\n');
}

/* Paragraphs as they are; a line that starts with a space is kept as it stands in the help. */
static void put_details(struct buf *b, const char *details)
{
    struct str rest = str_z(details), line = STR_NULL;
    bool code = false;
    buf_char(b, '\n');
    while (str_split(&rest, '\n', &line)) {
        bool kept = line.n > 0 && line.p[0] == ' ';
        if (kept != code)
            buf_z(b, "```\n");
        code = kept;
        buf_str(b, line);
        buf_char(b, '\n');
    }
    if (code)
        buf_z(b, "```\n");
}

static void put_command(struct buf *b, const struct cli_cmd *cmd)
{
    buf_fmt(b, "\n## %s\n\n%s.\n\n```\nzarish %s%s%s%s\n```\n", cmd->name, cmd->summary, cmd->name,
            cmd->args ? " " : "", cmd->args ? cmd->args : "",
            cmd->opts && cmd->opts->name ? " [OPTION]..." : "");
    if (cmd->details)
        put_details(b, cmd->details);
    if (cmd->opts && cmd->opts->name)
        buf_z(b, "\n| option | default | meaning |\n| --- | --- | --- |\n");
    for (const struct cli_opt *o = cmd->opts; o && o->name; o++)
        put_option(b, o);
    if (cmd->examples)
        buf_fmt(b, "\n```\n%s\n```\n", cmd->examples);
}

static enum rc put_commands(struct cli *c, struct buf *b, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < c->program->n_commands; i++)
        n += *c->program->commands[i].n;
    const struct cli_cmd **all = arena_make(c->arena, const struct cli_cmd *, n);
    if (!all)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    n = 0;
    for (size_t i = 0; i < c->program->n_commands; i++)
        for (size_t k = 0; k < *c->program->commands[i].n; k++)
            all[n++] = c->program->commands[i].rows[k];
    qsort(all, n, sizeof *all, by_name);
    put_title(b, "Commands",
              "`--help` tells the same of each. Exit status: 0 done, 1 the answer is no, 2 called "
              "wrongly, 3 could not.");
    for (size_t i = 0; i < n; i++)
        put_command(b, all[i]);
    return RC_OK;
}

/* ---- the command -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum rc (*put)(struct cli *c, struct buf *b, struct err *e);
} parts[] = {
    { "api", put_api },       { "commands", put_commands }, { "configuration", put_configuration },
    { "errors", put_errors }, { "events", put_events },
};

enum rc reference_part(struct cli *c, const char *name, struct buf *b, struct err *e)
{
    for (size_t i = 0; i < ZS_COUNT(parts); i++)
        if (strcmp(parts[i].name, name) == 0) {
            enum rc rc = parts[i].put(c, b, e);
            return rc == RC_OK ? buf_rc(b, e) : rc;
        }
    return err_set(e, RC_MISSING, "APP-004", "there is no such part");
}

static int run(struct cli *c, const struct cli_args *a)
{
    const char *name = cli_pos(a, 0);
    struct buf b;
    struct err e;
    if (!name) {
        for (size_t i = 0; i < ZS_COUNT(parts); i++)
            fprintf(c->out, "%s\n", parts[i].name);
        return CLI_DONE;
    }
    buf_init_arena(&b, c->arena, PAGE_MAX);
    enum rc rc = reference_part(c, name, &b, &e);
    if (rc == RC_MISSING)
        return cli_usage(c, a, &e);
    if (rc != RC_OK)
        return cli_fail(c, &e);
    cli_put_safe(c->out, buf_view(&b));
    return CLI_DONE;
}

const struct cli_cmd cmd_reference = {
    .name = "reference",
    .args = "[PART]",
    .summary = "Print a page of the reference, as Markdown",
    .details = "The pages are made from the tables that the program itself reads. Without PART, "
               "the parts are listed.",
    .examples = "zarish reference configuration",
    .run = run,
};
