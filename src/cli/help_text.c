/*
 * Help for people, from the commands' tables. Tests: cli_help_test.c
 */
#include "cli/cli_int.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MAX     100 /* longer lines read badly */
#define OPTION_INDENT 2
#define OPTION_COLUMN 26

static void spaces(FILE *f, int n)
{
    fprintf(f, "%*s", n > 0 ? n : 0, "");
}

static int usable(int width)
{
    if (width <= 0)
        return WIDTH_DEFAULT;
    return width < WIDTH_MAX ? width : WIDTH_MAX;
}

/* One paragraph, `column` being where the cursor already is. */
static void fill_words(FILE *f, struct str text, int indent, int width, int column)
{
    struct str word = STR_NULL;
    bool first = true;
    while (str_split(&text, ' ', &word)) {
        if (word.n == 0)
            continue;
        int n = (int)cli_columns(word);
        if (!first && column + 1 + n > width) {
            fputc('\n', f);
            spaces(f, indent);
            column = indent;
            first = true;
        }
        if (!first) {
            fputc(' ', f);
            column++;
        }
        fprintf(f, "%.*s", STR_ARG(word));
        column += n;
        first = false;
    }
    fputc('\n', f);
}

void help_fill(FILE *f, const char *text, int indent, int width)
{
    struct str rest = str_z(text);
    struct str line = STR_NULL;
    width = usable(width);
    while (str_split(&rest, '\n', &line)) {
        if (line.n > 0)
            spaces(f, indent);
        if (line.n > 0 && line.p[0] == ' ')
            fprintf(f, "%.*s\n", STR_ARG(line));
        else
            fill_words(f, line, indent, width, indent);
    }
}

void help_usage(FILE *f, const struct cli_cmd *cmd)
{
    fprintf(f, "zarish %s", cmd->name);
    if (cmd->args)
        fprintf(f, " %s", cmd->args);
    fputs(cmd->opts && cmd->opts->name ? " [OPTION]...\n" : "\n", f);
}

/* "-o, --output text|json"; returns its columns. */
static int put_option_name(FILE *f, const struct cli_opt *o)
{
    int n = 0;
    if (o->letter)
        n = fprintf(f, "-%c, ", o->letter);
    else
        n = fprintf(f, "    ");
    n += fprintf(f, "--%s", o->name);
    if (o->arg)
        n += fprintf(f, " %s", o->arg);
    return n;
}

static void put_option(FILE *f, const struct cli_opt *o, int width)
{
    char text[512];
    const char *def = o->def && o->def[0] ? o->def : NULL;
    int n = def ? snprintf(text, sizeof text, "%s (default: %s)", o->help, def)
                : snprintf(text, sizeof text, "%s", o->help);
    ZS_ASSERT(n >= 0 && (size_t)n < sizeof text);
    spaces(f, OPTION_INDENT);
    int column = OPTION_INDENT + put_option_name(f, o);
    if (column + 2 > OPTION_COLUMN) {
        fputc('\n', f);
        column = 0;
    }
    spaces(f, OPTION_COLUMN - column);
    fill_words(f, str_z(text), OPTION_COLUMN, usable(width), OPTION_COLUMN);
}

static void put_options(FILE *f, const struct cli_cmd *cmd, int width)
{
    static const struct cli_opt help = { .name = "help", .letter = 'h', .help = "show this text" };
    fputs("\nOptions:\n", f);
    for (const struct cli_opt *o = cmd->opts; o && o->name; o++)
        put_option(f, o, width);
    put_option(f, &help, width);
}

static void put_examples(FILE *f, const char *examples)
{
    struct str rest = str_z(examples);
    struct str line = STR_NULL;
    if (!examples)
        return;
    fputs("\nExamples:\n", f);
    while (str_split(&rest, '\n', &line))
        if (line.n > 0)
            fprintf(f, "  %.*s\n", STR_ARG(line));
}

void help_command(FILE *f, const struct cli_cmd *cmd, int width)
{
    fputs("usage: ", f);
    help_usage(f, cmd);
    fputc('\n', f);
    fprintf(f, "%s.\n", cmd->summary);
    if (cmd->details) {
        fputc('\n', f);
        help_fill(f, cmd->details, 0, width);
    }
    put_options(f, cmd, width);
    put_examples(f, cmd->examples);
}

/* "hl7 parse FILE|-", cut out where it would run into the summaries. */
#define NAME_COLUMN 28

static void put_command(FILE *f, const struct cli_cmd *cmd)
{
    int n = fprintf(f, "  %s", cmd->name);
    if (cmd->args && n + 1 + (int)strlen(cmd->args) < NAME_COLUMN)
        n += fprintf(f, " %s", cmd->args);
    spaces(f, NAME_COLUMN > n ? NAME_COLUMN - n : 1);
    fprintf(f, "%s\n", cmd->summary);
}

void help_list(FILE *f, const struct cli_all *all, struct str group)
{
    if (group.n > 0)
        fprintf(f, "usage: zarish %.*s COMMAND\n\n", STR_ARG(group));
    for (size_t i = 0; i < all->n; i++)
        if (group.n == 0 || str_eq(cli_first_word(all->v[i]), group))
            put_command(f, all->v[i]);
}

void help_overview(FILE *f, const struct cli_all *all)
{
    fputs("usage: zarish COMMAND [ARGUMENT]... [OPTION]...\n"
          "\n"
          "Zarish connects the systems of a hospital: HL7 v2, FHIR, REST, files, databases.\n"
          "\n"
          "Commands:\n",
          f);
    help_list(f, all, STR_NULL);
    fputs("\n"
          "`zarish help COMMAND` explains one, `zarish explain CODE` an error.\n"
          "Exit status: 0 done, 1 the answer is no, 2 called wrongly, 3 could not.\n",
          f);
}
