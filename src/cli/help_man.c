/*
 * Manual pages in man(7) roff, from the commands' tables. Tests: cli_help_test.c
 *
 * Foreign text cannot come here: all of it is our own tables. Still every line is escaped, since a
 * path in an example may start with a dot.
 */
#include "cli/cli_int.h"

#include <ctype.h>

/* man(7) wants a date; the build's own would make no two builds the same. */
#define VERSION_DATE "2026-11-23"

/* One line of text: backslashes, hyphens that must stay hyphens, control characters at the start.
 */
static void put_text(FILE *f, struct str s)
{
    if (s.n > 0 && (s.p[0] == '.' || s.p[0] == '\''))
        fputs("\\&", f);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\')
            fputs("\\e", f);
        else if (s.p[i] == '-')
            fputs("\\-", f);
        else
            fputc(s.p[i], f);
    }
}

static void put_line(FILE *f, struct str s)
{
    put_text(f, s);
    fputc('\n', f);
}

/* How the last line was written: what must come before the next one depends on it. */
enum flow { NEW_PARAGRAPH, FILLED, KEPT };

static enum flow put_one(FILE *f, struct str line, enum flow before)
{
    enum flow now = line.n == 0 ? NEW_PARAGRAPH : line.p[0] == ' ' ? KEPT : FILLED;
    if (before == KEPT && now != KEPT)
        fputs(".fi\n", f);
    if (before != NEW_PARAGRAPH && (now == NEW_PARAGRAPH || (now == KEPT && before == FILLED)))
        fputs(".PP\n", f);
    if (now == KEPT && before != KEPT)
        fputs(".nf\n", f);
    if (now != NEW_PARAGRAPH)
        put_line(f, line);
    return now;
}

/* Paragraphs; lines that start with a space keep their form. */
static void put_paragraphs(FILE *f, const char *text)
{
    struct str rest = str_z(text);
    struct str line = STR_NULL;
    enum flow last = NEW_PARAGRAPH;
    while (str_split(&rest, '\n', &line))
        last = put_one(f, line, last);
    if (last == KEPT)
        fputs(".fi\n", f);
}

static void put_synopsis(FILE *f, const struct cli_cmd *cmd)
{
    fputs(".B zarish ", f);
    put_line(f, str_z(cmd->name));
    if (cmd->args)
        put_line(f, str_z(cmd->args));
    if (cmd->opts && cmd->opts->name)
        fputs("[OPTION]...\n", f);
}

static void put_option(FILE *f, const struct cli_opt *o)
{
    fputs(".TP\n.B ", f);
    if (o->letter)
        fprintf(f, "\\-%c, ", o->letter);
    fputs("\\-\\-", f);
    put_text(f, str_z(o->name));
    if (o->arg) {
        fputc(' ', f);
        put_text(f, str_z(o->arg));
    }
    fputc('\n', f);
    put_text(f, str_z(o->help));
    if (o->def && o->def[0]) {
        fputs(" (default: ", f);
        put_text(f, str_z(o->def));
        fputc(')', f);
    }
    fputs(".\n", f);
}

static void put_options(FILE *f, const struct cli_cmd *cmd)
{
    for (const struct cli_opt *o = cmd->opts; o && o->name; o++)
        put_option(f, o);
}

static void put_examples(FILE *f, const char *examples)
{
    struct str rest = str_z(examples);
    struct str line = STR_NULL;
    fputs(".nf\n", f);
    while (str_split(&rest, '\n', &line))
        if (line.n > 0)
            put_line(f, line);
    fputs(".fi\n", f);
}

static void put_heading(FILE *f, const char *name)
{
    fputs(".TH ", f);
    for (const char *p = name; *p; p++)
        fputc(*p == ' ' ? '-' : toupper((unsigned char)*p), f);
    fprintf(f, " 1 \"%s\" \"Zarish %s\" \"Zarish\"\n", VERSION_DATE, ZS_VERSION);
}

static void put_exit_status(FILE *f)
{
    fputs(".SH EXIT STATUS\n"
          ".TP\n.B 0\nDone.\n"
          ".TP\n.B 1\nIt worked, and the answer is no.\n"
          ".TP\n.B 2\nThe command was called wrongly.\n"
          ".TP\n.B 3\nIt could not be done; the reason is on standard error.\n",
          f);
}

void man_command(FILE *f, const struct cli_cmd *cmd)
{
    char page[80];
    int n = snprintf(page, sizeof page, "zarish %s", cmd->name);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof page);
    put_heading(f, page);
    fputs(".SH NAME\n", f);
    for (const char *p = page; *p; p++)
        fputs((char[3]){ *p == ' ' ? '\\' : *p, *p == ' ' ? '-' : '\0', '\0' }, f);
    fputs(" \\- ", f);
    put_line(f, str_z(cmd->summary));
    fputs(".SH SYNOPSIS\n", f);
    put_synopsis(f, cmd);
    fputs(".SH DESCRIPTION\n", f);
    put_text(f, str_z(cmd->summary));
    fputs(".\n", f);
    if (cmd->details) {
        fputs(".PP\n", f);
        put_paragraphs(f, cmd->details);
    }
    if (cmd->opts && cmd->opts->name) {
        fputs(".SH OPTIONS\n", f);
        put_options(f, cmd);
    }
    if (cmd->examples) {
        fputs(".SH EXAMPLES\n", f);
        put_examples(f, cmd->examples);
    }
    put_exit_status(f);
    fputs(".SH SEE ALSO\n.BR zarish (1)\n", f);
}

static void put_command_section(FILE *f, const struct cli_cmd *cmd)
{
    fputs(".SS zarish ", f);
    put_line(f, str_z(cmd->name));
    put_synopsis(f, cmd);
    fputs(".PP\n", f);
    put_text(f, str_z(cmd->summary));
    fputs(".\n", f);
    if (cmd->details) {
        fputs(".PP\n", f);
        put_paragraphs(f, cmd->details);
    }
    put_options(f, cmd);
    if (cmd->examples) {
        fputs(".PP\nExamples:\n.PP\n", f);
        put_examples(f, cmd->examples);
    }
}

void man_program(FILE *f, const struct cli_all *all)
{
    put_heading(f, "zarish");
    fputs(".SH NAME\n"
          "zarish \\- healthcare integration engine\n"
          ".SH SYNOPSIS\n"
          ".B zarish\nCOMMAND [ARGUMENT]... [OPTION]...\n"
          ".SH DESCRIPTION\n"
          "Zarish connects the systems of a hospital over HL7 v2, FHIR, REST, WebSocket, files\n"
          "and databases, transforms and validates what passes through, never loses a message,\n"
          "and shows what happened to each one.\n"
          ".PP\n"
          "Options may stand anywhere behind the command; \"\\-\\-\" ends them.\n"
          "FILE may be \"\\-\" for standard input where FILE|\\- is written.\n"
          "Every command takes\n.BR \\-\\-help .\n"
          ".SH COMMANDS\n",
          f);
    for (size_t i = 0; i < all->n; i++)
        put_command_section(f, all->v[i]);
    fputs(".SH ENVIRONMENT\n"
          ".TP\n.B ZARISH_URL\n"
          "Where the commands that ask a running engine find it (default: http://127.0.0.1:8585).\n"
          ".TP\n.B ZARISH_KEY\n"
          "The key they show it.\n",
          f);
    put_exit_status(f);
}
