/*
 * Between the files of the frame: cli.c (finding the command), cli_parse.c, help.c, help_man.c.
 */
#ifndef ZS_CLI_CLI_INT_H
#define ZS_CLI_CLI_INT_H

#include "cli/cli.h"

#include "base/buf.h"

/* Every command of the program, sorted by name, in c->arena. RC_NOMEM BASE-002. */
struct cli_all {
    const struct cli_cmd **v;
    size_t n;
};

enum rc cli_all_commands(struct cli *c, struct cli_all *out, struct err *e) ZS_CHECK;

/* By full name, NULL when there is none. */
const struct cli_cmd *cli_find(const struct cli_all *all, const char *name);

/* Is it the first word of commands with two? */
bool cli_is_group(const struct cli_all *all, struct str word);

/* The first word of a command's name. */
struct str cli_first_word(const struct cli_cmd *cmd);

/* "did you mean" among the names given, or "". */
enum rc cli_unknown(struct cli *c, const struct cli_all *all, const char *prefix, const char *word,
                    struct err *e);

/* ---- help texts (help_text.c) ---- */

/* `zarish CMD ARGS [OPTIONS]`, one line. */
void help_usage(FILE *f, const struct cli_cmd *cmd);

/* All of it. */
void help_command(FILE *f, const struct cli_cmd *cmd, int width);

/* The commands of one group, or of all (group empty), each with its summary. */
void help_list(FILE *f, const struct cli_all *all, struct str group);
void help_overview(FILE *f, const struct cli_all *all);

/*
 * Paragraphs filled to width; a line starting with a space stands as it is. Every line starts with
 * `indent` spaces.
 */
void help_fill(FILE *f, const char *text, int indent, int width);

/* ---- man pages (help_man.c) ---- */

/* zarish(1) with every command, or one command's page. */
void man_program(FILE *f, const struct cli_all *all);
void man_command(FILE *f, const struct cli_cmd *cmd);

/* ---- arguments as a command's `args` describes them (cli_parse.c) ---- */

struct args_range {
    size_t least;
    size_t most; /* SIZE_MAX: any number */
};

struct args_range cli_args_range(const char *args);

/* What an option's `arg` allows: the words of "text|json"; none (n 0) for "FILE" and "FILE|-". */
size_t cli_choices(const struct cli_opt *o, struct str out[], size_t max);

#endif
