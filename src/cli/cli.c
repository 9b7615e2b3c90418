/*
 * From a line to a command: finding it among all, --help and --version on the way, running it.
 * Tests: cli_test.c
 */
#include "cli/cli_int.h"

#include <errno.h>

#define RUN_BYTES (64u << 20)

/* ---- the commands ---- */

static int by_name(const void *a, const void *b)
{
    const struct cli_cmd *const *x = a;
    const struct cli_cmd *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

enum rc cli_all_commands(struct cli *c, struct cli_all *out, struct err *e)
{
    const struct cli_program *p = c->program;
    size_t n = 0;
    for (size_t i = 0; i < p->n_commands; i++)
        n += *p->commands[i].n;
    const struct cli_cmd **v = arena_make(c->arena, const struct cli_cmd *, n);
    if (!v)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    *out = (struct cli_all){ .v = v, .n = 0 };
    for (size_t i = 0; i < p->n_commands; i++)
        for (size_t k = 0; k < *p->commands[i].n; k++)
            v[out->n++] = p->commands[i].rows[k];
    qsort(v, n, sizeof *v, by_name);
    return RC_OK;
}

const struct cli_cmd *cli_find(const struct cli_all *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i]->name, name) == 0)
            return all->v[i];
    return NULL;
}

struct str cli_first_word(const struct cli_cmd *cmd)
{
    struct str name = str_z(cmd->name);
    return str_sub(name, 0, str_chr(name, ' ', 0));
}

bool cli_is_group(const struct cli_all *all, struct str word)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(cli_first_word(all->v[i]), word) && strlen(all->v[i]->name) > word.n)
            return true;
    return false;
}

/* Names of the level the word was typed at: first words, or second words of the group `prefix`. */
static size_t names_at(const struct cli_all *all, const char *prefix, struct arena *a,
                       const char **names)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct str first = cli_first_word(all->v[i]);
        if (prefix && !str_eqz(first, prefix))
            continue;
        const char *second = all->v[i]->name + first.n;
        if (prefix && *second)
            names[n++] = second + 1;
        else if (!prefix)
            names[n++] = arena_z(a, first); /* NULL at the end of memory: checked by the caller */
        if (n > 0 && !names[n - 1])
            return 0;
    }
    return n;
}

enum rc cli_unknown(struct cli *c, const struct cli_all *all, const char *prefix, const char *word,
                    struct err *e)
{
    const char **names = arena_make(c->arena, const char *, all->n);
    size_t n = names ? names_at(all, prefix, c->arena, names) : 0;
    const char *near = n > 0 ? str_nearest(str_z(word), names, n) : NULL;
    const char *before = prefix ? prefix : "";
    const char *gap = prefix ? " " : "";
    if (near)
        return err_set(e, RC_MISSING, "CLI-001",
                       "there is no command \"%s%s%s\"; did you mean \"%s%s%s\"?", before, gap,
                       word, before, gap, near);
    return err_set(e, RC_MISSING, "CLI-001", "there is no command \"%s%s%s\"", before, gap, word);
}

/* ---- which one ---- */

/* The words of a line that are no part of the command's name stay, in order. */
struct line {
    const char **words;
    size_t n;
};

static void drop_word(struct line *l, size_t i)
{
    memmove(l->words + i, l->words + i + 1, (l->n - i - 1) * sizeof *l->words);
    l->n--;
}

/* Could this word be the value of the option before it? */
static bool may_be_value(const struct line *l, size_t i)
{
    return i > 0 && l->words[i - 1][0] == '-' && l->words[i - 1][1] != '\0' &&
           !strchr(l->words[i - 1], '=');
}

static bool is_command_word(const struct cli_all *all, struct str group, const char *word)
{
    for (size_t i = 0; i < all->n; i++) {
        struct str first = cli_first_word(all->v[i]);
        struct str name = str_z(all->v[i]->name);
        if (group.n == 0 ? str_eqz(first, word)
                         : str_eq(first, group) && str_eqz(str_from(name, first.n + 1), word))
            return true;
    }
    return false;
}

/*
 * The first word that names a command at this level; failing that, the first word that cannot be
 * anything else (its name is then wrong). l->n when there is none.
 */
static size_t find_word(const struct cli_all *all, struct str group, const struct line *l)
{
    size_t other = l->n;
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->words[i], "--") == 0)
            break;
        if (l->words[i][0] == '-')
            continue;
        if (is_command_word(all, group, l->words[i]))
            return i;
        if (!may_be_value(l, i))
            return i;
        if (other == l->n)
            other = i;
    }
    return other;
}

/* --help in any place before "--". */
static bool wants_help(const struct line *l)
{
    for (size_t i = 0; i < l->n && strcmp(l->words[i], "--") != 0; i++)
        if (strcmp(l->words[i], "--help") == 0 || strcmp(l->words[i], "-h") == 0)
            return true;
    return false;
}

static int usage_error(struct cli *c, const struct err *e)
{
    (void)cli_fail(c, e); /* its status is for failures */
    return CLI_USAGE;
}

static int run(struct cli *c, const struct cli_cmd *cmd, const struct line *l)
{
    struct cli_args args;
    struct err e;
    if (wants_help(l)) {
        help_command(c->out, cmd, c->width);
        return CLI_DONE;
    }
    if (cli_parse(cmd, l->words, l->n, c->arena, &args, &e) != RC_OK) {
        args = (struct cli_args){ .cmd = cmd };
        return cli_usage(c, &args, &e);
    }
    for (size_t i = 0; i < args.n_given; i++)
        if (strcmp(args.given[i].opt->name, "output") == 0)
            c->json = strcmp(args.given[i].value, "json") == 0;
    return cmd->run(c, &args);
}

/* A group alone, or with a second word that is none of its commands. */
static int group_only(struct cli *c, const struct cli_all *all, const char *group,
                      const struct line *l, size_t at)
{
    struct err e;
    if (wants_help(l)) {
        help_list(c->out, all, str_z(group));
        return CLI_DONE;
    }
    if (at == l->n) {
        help_list(c->err, all, str_z(group));
        return CLI_USAGE;
    }
    (void)cli_unknown(c, all, group, l->words[at], &e); /* always fails: that is its purpose */
    return usage_error(c, &e);
}

/* No word names a command: the overview, the version, or a wrong name. */
static int none_named(struct cli *c, const struct cli_all *all, const struct line *l)
{
    struct err e;
    if (l->n > 0 && strcmp(l->words[0], "--version") == 0) {
        fprintf(c->out, "zarish %s\n", ZS_VERSION);
        return CLI_DONE;
    }
    if (l->n == 0 || wants_help(l)) {
        help_overview(c->out, all);
        return CLI_DONE;
    }
    (void)cli_unknown(c, all, NULL, l->words[0], &e); /* as in group_only */
    return usage_error(c, &e);
}

/* `first` is a group and perhaps a command too: the second word decides. */
static int in_group(struct cli *c, const struct cli_all *all, const char *first, struct line *l)
{
    size_t second = find_word(all, str_z(first), l);
    if (second < l->n && is_command_word(all, str_z(first), l->words[second])) {
        char name[64];
        int n = snprintf(name, sizeof name, "%s %s", first, l->words[second]);
        ZS_ASSERT(n > 0 && (size_t)n < sizeof name);
        drop_word(l, second);
        return run(c, cli_find(all, name), l);
    }
    const struct cli_cmd *cmd = cli_find(all, first);
    return cmd ? run(c, cmd, l) : group_only(c, all, first, l, second);
}

static int dispatch(struct cli *c, const struct cli_all *all, struct line *l)
{
    struct err e;
    size_t at = find_word(all, STR_NULL, l);
    if (at == l->n)
        return none_named(c, all, l);
    const char *first = l->words[at];
    if (!is_command_word(all, STR_NULL, first)) {
        (void)cli_unknown(c, all, NULL, first, &e); /* as in group_only */
        return usage_error(c, &e);
    }
    drop_word(l, at);
    if (cli_is_group(all, str_z(first)))
        return in_group(c, all, first, l);
    return run(c, cli_find(all, first), l);
}

static int with_arena(struct cli *c, int argc, const char *const *argv)
{
    struct cli_all all;
    struct err e;
    size_t n = argc > 1 ? (size_t)argc - 1 : 0;
    if (cli_all_commands(c, &all, &e) != RC_OK)
        return cli_fail(c, &e);
    struct line l = { .words = arena_make(c->arena, const char *, n), .n = n };
    if (!l.words) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory"); /* told at once */
        return cli_fail(c, &e);
    }
    for (size_t i = 0; i < n; i++)
        l.words[i] = argv[i + 1];
    return dispatch(c, &all, &l);
}

/* Output that did not arrive (a full disk) is a failure, whatever the command thinks. */
static int flushed(struct cli *c, int status)
{
    struct err e;
    bool failed = fflush(c->out) != 0;
    int errnum = failed ? errno : EIO; /* an earlier failure left no number */
    if (!failed && ferror(c->out) == 0)
        return status;
    (void)err_sys(&e, "CLI-009", errnum, "the output could not be written"); /* told at once */
    return cli_fail(c, &e);
}

int cli_main(struct cli *c, int argc, const char *const *argv)
{
    struct err e;
    c->arena = arena_new("command line", 0, RUN_BYTES);
    if (!c->arena) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory"); /* told at once */
        return cli_fail(c, &e);
    }
    int status = flushed(c, with_arena(c, argc, argv));
    (void)fflush(c->err); /* nowhere left to complain */
    arena_free(&c->arena);
    return status;
}
