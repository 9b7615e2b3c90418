/*
 * zarish help: the overview, one command, one group, or a manual page. Tests: cli_help_test.c
 */
#include "cli/cli_int.h"
#include "cli/commands.h"

static enum rc man_page(struct cli *c, const struct cli_all *all, const char *name, struct err *e)
{
    const struct cli_cmd *cmd = cli_find(all, name);
    if (strcmp(name, "zarish") == 0)
        man_program(c->out, all);
    else if (cmd)
        man_command(c->out, cmd);
    else
        return cli_unknown(c, all, NULL, name, e);
    return RC_OK;
}

/* The words joined, so that `help hl7 parse` and `help "hl7 parse"` are the same. */
static const char *joined(struct cli *c, const struct cli_args *a)
{
    struct buf b;
    buf_init_arena(&b, c->arena, 4096);
    for (size_t i = 0; i < a->n_pos; i++) {
        buf_z(&b, i > 0 ? " " : "");
        buf_z(&b, a->pos[i]);
    }
    return buf_cstr(&b);
}

static enum rc topic(struct cli *c, const struct cli_all *all, const char *name, struct err *e)
{
    if (!name)
        return err_set(e, RC_LIMIT, "BASE-001", "the name is too long");
    const struct cli_cmd *cmd = cli_find(all, name);
    if (cmd)
        help_command(c->out, cmd, c->width);
    if (cli_is_group(all, str_z(name)))
        help_list(c->out, all, str_z(name));
    else if (!cmd)
        return cli_unknown(c, all, NULL, name, e);
    return RC_OK;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct cli_all all;
    struct err e;
    const char *man = cli_opt(a, "man");
    enum rc rc = cli_all_commands(c, &all, &e);
    if (rc != RC_OK)
        return cli_fail(c, &e);
    if (man)
        rc = man_page(c, &all, man, &e);
    else if (a->n_pos > 0)
        rc = topic(c, &all, joined(c, a), &e);
    else
        help_overview(c->out, &all);
    if (rc == RC_MISSING)
        return cli_usage(c, a, &e);
    return rc == RC_OK ? CLI_DONE : cli_fail(c, &e);
}

static const struct cli_opt opts[] = {
    { .name = "man",
      .arg = "NAME",
      .help = "print the manual page of a command, or of all with \"zarish\", as roff" },
    CLI_OPT_END,
};

const struct cli_cmd cmd_help = {
    .name = "help",
    .args = "[COMMAND...]",
    .summary = "Explain a command, or list them all",
    .examples = "zarish help\n"
                "zarish help hl7 parse\n"
                "zarish help --man zarish | man -l -",
    .opts = opts,
    .run = run,
};
