/*
 * zarish completion: a shell script made of the commands' tables. Tests: cli_help_test.c
 *
 * The script holds the tables as case branches, so that completing a word starts no process.
 */
#include "cli/cli_int.h"
#include "cli/commands.h"

/* The words a position may take: first words without repeats, or a group's second words. */
static void put_names(FILE *f, const struct cli_all *all, struct str group)
{
    struct str before = STR_NULL;
    for (size_t i = 0; i < all->n; i++) {
        struct str first = cli_first_word(all->v[i]);
        const char *second = all->v[i]->name + first.n;
        if (group.n > 0 && (!str_eq(first, group) || !*second))
            continue;
        if (group.n == 0 && str_eq(first, before))
            continue;
        before = first;
        if (group.n > 0)
            fprintf(f, " %s", second + 1);
        else
            fprintf(f, " %.*s", STR_ARG(first));
    }
}

static void put_groups(FILE *f, const struct cli_all *all)
{
    struct str before = STR_NULL;
    for (size_t i = 0; i < all->n; i++) {
        struct str first = cli_first_word(all->v[i]);
        if (str_eq(first, before) || !cli_is_group(all, first))
            continue;
        before = first;
        fprintf(f, "        %.*s) words=\"", STR_ARG(first));
        put_names(f, all, first);
        fputs("\" ;;\n", f);
    }
}

static void put_options(FILE *f, const struct cli_all *all)
{
    for (size_t i = 0; i < all->n; i++) {
        fprintf(f, "        \"%s\") words=\"--help", all->v[i]->name);
        for (const struct cli_opt *o = all->v[i]->opts; o && o->name; o++)
            fprintf(f, " --%s", o->name);
        fputs("\" ;;\n", f);
    }
}

/* Options whose values are a fixed few: "hl7 parse:--output") words="text json". */
static void put_values(FILE *f, const struct cli_all *all)
{
    struct str words[8];
    for (size_t i = 0; i < all->n; i++) {
        for (const struct cli_opt *o = all->v[i]->opts; o && o->name; o++) {
            size_t n = o->arg ? cli_choices(o, words, ZS_COUNT(words)) : 0;
            if (n == 0)
                continue;
            fprintf(f, "        \"%s:--%s\"", all->v[i]->name, o->name);
            if (o->letter)
                fprintf(f, "|\"%s:-%c\"", all->v[i]->name, o->letter);
            fputs(") words=\"", f);
            for (size_t k = 0; k < n; k++)
                fprintf(f, "%s%.*s", k ? " " : "", STR_ARG(words[k]));
            fputs("\" ;;\n", f);
        }
    }
}

static void put_bash(FILE *f, const struct cli_all *all)
{
    fputs("# bash completion for zarish; load it with: source <(zarish completion bash)\n"
          "_zarish()\n"
          "{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local one=${COMP_WORDS[1]:-} two=${COMP_WORDS[2]:-} cmd words=''\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        words=\"",
          f);
    put_names(f, all, STR_NULL);
    fputs(" --help --version\"\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "        return\n"
          "    fi\n"
          "    if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
          "        case $one in\n",
          f);
    put_groups(f, all);
    fputs("        help) words=\"", f);
    put_names(f, all, STR_NULL);
    fputs("\" ;;\n"
          "        esac\n"
          "    fi\n"
          "    for cmd in \"$one $two\" \"$one\"; do\n"
          "        case \"$cmd:$prev\" in\n",
          f);
    put_values(f, all);
    fputs("        esac\n"
          "        [ -n \"$words\" ] || [[ $cur != -* ]] || case $cmd in\n",
          f);
    put_options(f, all);
    fputs("        esac\n"
          "        [ -z \"$words\" ] || break\n"
          "    done\n"
          "    if [ -n \"$words\" ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _zarish zarish\n",
          f);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct cli_all all;
    struct err e;
    if (strcmp(a->pos[0], "bash") != 0) {
        (void)err_set(&e, RC_VALUE, "CLI-004", "SHELL is one of bash"); /* told at once */
        return cli_usage(c, a, &e);
    }
    if (cli_all_commands(c, &all, &e) != RC_OK)
        return cli_fail(c, &e);
    put_bash(c->out, &all);
    return CLI_DONE;
}

const struct cli_cmd cmd_completion = {
    .name = "completion",
    .args = "SHELL",
    .summary = "Print a completion script for a shell",
    .details = "SHELL is bash.",
    .examples = "# for this shell\n"
                "source <(zarish completion bash)\n"
                "# for every one\n"
                "zarish completion bash > /etc/bash_completion.d/zarish",
    .run = run,
};
