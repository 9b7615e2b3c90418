#include "cli/cli_fake.h"

#include "cli/cli_int.h"
#include "cli/codes.h"
#include "cli/commands.h"
#include "json/json.h"
#include "tests/lib/t.h"

static int never(struct cli *c, const struct cli_args *a)
{
    (void)c, (void)a; /* only its table is read */
    return CLI_DONE;
}

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "a-long-option-name",
      .arg = "SOMETHING",
      .help = "a help text that has to go on "
              "in the next line because it is longer than the line",
      .def = "x.y" },
    { .name = "flag", .letter = 'f', .help = "turn it on" },
    CLI_OPT_END,
};

static const struct cli_cmd hl7_parse = {
    .name = "hl7 parse",
    .args = "FILE|-",
    .summary = "Print an HL7 v2 message as JSON",
    .details = "The first paragraph is long enough that it has to be filled over more than one "
               "line of eighty columns.\n\n  kept  as is\n.dot \\ and -dash",
    .examples = "# a comment\nzarish hl7 parse adt.hl7\n.hidden",
    .opts = opts,
    .run = never,
};

/* The frame's own commands, so that the texts below do not change with each command added. */
static const struct cli_cmd *const frame[] = { &cmd_completion, &cmd_explain, &cmd_help };
static const size_t n_frame = ZS_COUNT(frame);
static const struct cli_cmd *const more[] = { &hl7_parse };
static const size_t n_more = ZS_COUNT(more);
static const struct cli_command_list lists[] = { { frame, &n_frame }, { more, &n_more } };
static const struct err_code some[] = { { "X-002", "Something is wrong.", "mend it" } };
static const size_t n_some = ZS_COUNT(some);
static const struct cli_code_list codes[] = { { some, &n_some }, { cli_codes, &cli_n_codes } };
static const struct cli_program program = {
    .commands = lists, .n_commands = 2, .codes = codes, .n_codes = 2
};

static int run(struct cli_fake *f, const char *const *words)
{
    return cli_fake_run(f, &program, words);
}

static void help_of_a_command(void **state)
{
    (void)state;
    static const char want[] =
        "usage: zarish hl7 parse FILE|- [OPTION]...\n"
        "\n"
        "Print an HL7 v2 message as JSON.\n"
        "\n"
        "The first paragraph is long enough that it has to be filled over more than one\n"
        "line of eighty columns.\n"
        "\n"
        "  kept  as is\n"
        ".dot \\ and -dash\n"
        "\n"
        "Options:\n"
        "  -o, --output text|json  form of the result (default: text)\n"
        "      --a-long-option-name SOMETHING\n"
        "                          a help text that has to go on in the next line because\n"
        "                          it is longer than the line (default: x.y)\n"
        "  -f, --flag              turn it on\n"
        "  -h, --help              show this text\n"
        "\n"
        "Examples:\n"
        "  # a comment\n"
        "  zarish hl7 parse adt.hl7\n"
        "  .hidden\n";
    static const char *const ways[][4] = { { "help", "hl7", "parse", NULL },
                                           { "help", "hl7 parse", NULL },
                                           { "hl7", "parse", "--help", NULL },
                                           { "--help", "hl7", "parse", NULL },
                                           { "hl7", "-h", "parse", NULL } };
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    for (size_t i = 0; i < ZS_COUNT(ways); i++) {
        T_ROW(ways[i][0]);
        T_EQ_INT(run(&f, ways[i]), CLI_DONE);
        T_EQ_STR(f.out, want);
    }
    T_EQ_INT(run(&f, (const char *[]){ "help", "hl7", NULL }), CLI_DONE);
    T_EQ_STR(f.out, "usage: zarish hl7 COMMAND\n\n"
                    "  hl7 parse FILE|-          Print an HL7 v2 message as JSON\n");
    T_EQ_INT(run(&f, (const char *[]){ "help", "hl7", "parze", NULL }), CLI_USAGE);
    T_TRUE(str_starts(f.err, STR("zarish help: CLI-001: there is no command \"hl7 parze\"")));
    cli_fake_done(&f);
}

static void narrow_terminals(void **state)
{
    (void)state;
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    f.c.width = 40;
    T_EQ_INT(run(&f, (const char *[]){ "help", "hl7", "parse", NULL }), CLI_DONE);
    T_TRUE(str_find(f.out,
                    STR("The first paragraph is long enough that\n"
                        "it has to be filled over more than one\n"
                        "line of eighty columns.\n"),
                    0) != SIZE_MAX);
    f.c.width = 38; /* one less than the first line needs */
    T_EQ_INT(run(&f, (const char *[]){ "help", "hl7", "parse", NULL }), CLI_DONE);
    T_TRUE(str_find(f.out, STR("\nThe first paragraph is long enough\n"), 0) != SIZE_MAX);
    cli_fake_done(&f);
}

static void manual_pages(void **state)
{
    (void)state;
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    T_EQ_INT(run(&f, (const char *[]){ "help", "--man", "hl7 parse", NULL }), CLI_DONE);
    T_EQ_STR(f.out,
             ".TH ZARISH-HL7-PARSE 1 \"2026-11-23\" \"Zarish " ZS_VERSION "\" \"Zarish\"\n"
             ".SH NAME\n"
             "zarish\\-hl7\\-parse \\- Print an HL7 v2 message as JSON\n"
             ".SH SYNOPSIS\n"
             ".B zarish hl7 parse\n"
             "FILE|\\-\n"
             "[OPTION]...\n"
             ".SH DESCRIPTION\n"
             "Print an HL7 v2 message as JSON.\n"
             ".PP\n"
             "The first paragraph is long enough that it has to be filled over more than one "
             "line of eighty columns.\n"
             ".PP\n"
             ".nf\n"
             "  kept  as is\n"
             ".fi\n"
             "\\&.dot \\e and \\-dash\n"
             ".SH OPTIONS\n"
             ".TP\n.B \\-o, \\-\\-output text|json\nform of the result (default: text).\n"
             ".TP\n.B \\-\\-a\\-long\\-option\\-name SOMETHING\n"
             "a help text that has to go on in the next line because it is longer than the line "
             "(default: x.y).\n"
             ".TP\n.B \\-f, \\-\\-flag\nturn it on.\n"
             ".SH EXAMPLES\n"
             ".nf\n# a comment\nzarish hl7 parse adt.hl7\n\\&.hidden\n.fi\n"
             ".SH EXIT STATUS\n"
             ".TP\n.B 0\nDone.\n"
             ".TP\n.B 1\nIt worked, and the answer is no.\n"
             ".TP\n.B 2\nThe command was called wrongly.\n"
             ".TP\n.B 3\nIt could not be done; the reason is on standard error.\n"
             ".SH SEE ALSO\n.BR zarish (1)\n");
    T_EQ_INT(run(&f, (const char *[]){ "help", "--man", "zarish", NULL }), CLI_DONE);
    T_TRUE(str_starts(f.out, STR(".TH ZARISH 1 ")));
    T_TRUE(str_find(f.out, STR(".SS zarish explain\n"), 0) != SIZE_MAX);
    T_TRUE(str_find(f.out, STR(".SS zarish hl7 parse\n"), 0) != SIZE_MAX);
    T_EQ_INT(run(&f, (const char *[]){ "help", "--man", "nothing", NULL }), CLI_USAGE);
    cli_fake_done(&f);
}

static void explanations(void **state)
{
    (void)state;
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    T_EQ_INT(run(&f, (const char *[]){ "explain", "x-002", NULL }), CLI_DONE);
    T_EQ_STR(f.out, "X-002\n  Something is wrong.\n  What to do:\n    mend it\n");
    T_EQ_INT(run(&f, (const char *[]){ "explain", NULL }), CLI_DONE);
    T_TRUE(str_starts(f.out, STR("CLI-001    There is no such command.\n")));
    T_TRUE(str_ends(f.out, STR("X-002      Something is wrong.\n")));
    T_EQ_INT(run(&f, (const char *[]){ "explain", "CLI-01", NULL }), CLI_USAGE);
    T_TRUE(str_starts(f.err, STR("zarish explain: CLI-008: there is no such code; did you mean "
                                 "CLI-001?\n")));
    T_EQ_INT(run(&f, (const char *[]){ "explain", "FROG", NULL }), CLI_USAGE);
    T_TRUE(str_starts(f.err, STR("zarish explain: CLI-008: there is no such code\n")));

    struct arena *a = arena_new("test", 0, 1u << 20);
    struct json *v = NULL;
    struct err e;
    T_EQ_INT(run(&f, (const char *[]){ "explain", "-o", "json", NULL }), CLI_DONE);
    T_OK(json_parse(f.out, &json_default_limits, a, &v, &e), &e);
    T_EQ_SIZE(json_count(v), cli_n_codes + 1);
    T_EQ_STR(json_text(json_getz(json_at(v, cli_n_codes), "action")), "mend it");
    arena_free(&a);
    cli_fake_done(&f);
}

static void completion(void **state)
{
    (void)state;
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    T_EQ_INT(run(&f, (const char *[]){ "completion", "bash", NULL }), CLI_DONE);
    T_TRUE(str_find(f.out, STR("words=\" completion explain help hl7 --help --version\"\n"), 0) !=
           SIZE_MAX);
    T_TRUE(str_find(f.out, STR("        hl7) words=\" parse\" ;;\n"), 0) != SIZE_MAX);
    T_TRUE(
        str_find(f.out,
                 STR("        \"hl7 parse:--output\"|\"hl7 parse:-o\") words=\"text json\" ;;\n"),
                 0) != SIZE_MAX);
    T_TRUE(str_find(f.out,
                    STR("        \"hl7 parse\") words=\"--help --output --a-long-option-name "
                        "--flag\" ;;\n"),
                    0) != SIZE_MAX);
    T_EQ_INT(run(&f, (const char *[]){ "completion", "fish", NULL }), CLI_USAGE);
    cli_fake_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(help_of_a_command), T_TEST(narrow_terminals), T_TEST(manual_pages),
        T_TEST(explanations),      T_TEST(completion),
    };
    return T_RUN(tests);
}
