#include "cli/cli_fake.h"

#include "base/file.h"
#include "cli/cli_int.h"
#include "tests/lib/t.h"

/* ---- commands that show what reached them ---- */

static int show(struct cli *c, const struct cli_args *a)
{
    fprintf(c->out, "%s%s", a->cmd->name, c->json ? " json" : "");
    for (size_t i = 0; i < a->n_pos; i++)
        fprintf(c->out, " <%s>", a->pos[i]);
    fputs("\n", c->out);
    return CLI_DONE;
}

static int answer_no(struct cli *c, const struct cli_args *a)
{
    (void)c, (void)a; /* the status is all */
    return CLI_NO;
}

static int fail_here(struct cli *c, const struct cli_args *a)
{
    struct err e;
    (void)err_set_at(&e, RC_SYNTAX, "X-001", 9, "no such thing"); /* told below */
    err_where(&e, "PID-3");
    return a->n_pos ? cli_fail_in(c, a->pos[0], STR("ab\r\ncd\rxy\n"), &e) : cli_fail(c, &e);
}

static int echo(struct cli *c, const struct cli_args *a)
{
    struct str in = STR_NULL;
    struct err e;
    if (cli_read_input(c, a->pos[0], 20, c->arena, &in, &e) != RC_OK)
        return cli_fail(c, &e);
    cli_put_safe(c->out, in);
    return CLI_DONE;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPT_END };
static const struct cli_cmd check = {
    .name = "check", .args = "[FILE...]", .summary = "Check", .opts = opts, .run = show
};
static const struct cli_cmd get_channels = {
    .name = "get channels", .args = "[NAME]", .summary = "List channels", .opts = opts, .run = show
};
static const struct cli_cmd get_messages = {
    .name = "get messages", .args = "[NAME]", .summary = "List messages", .opts = opts, .run = show
};
static const struct cli_cmd no = { .name = "no", .summary = "Say no", .run = answer_no };
static const struct cli_cmd bad = {
    .name = "fail", .args = "[FILE]", .summary = "Fail", .run = fail_here
};
static const struct cli_cmd cat = {
    .name = "echo", .args = "FILE|-", .summary = "Echo", .run = echo
};

static const struct cli_cmd *const first[] = { &check, &get_channels };
static const struct cli_cmd *const second[] = { &cat, &bad, &get_messages, &no };
static const size_t n_first = ZS_COUNT(first);
static const size_t n_second = ZS_COUNT(second);
static const struct cli_command_list lists[] = { { first, &n_first }, { second, &n_second } };
static const struct cli_program program = { .commands = lists, .n_commands = 2 };

#define WORDS 8

static void finding_the_command(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS];
        int status;
        const char *out, *err;
    } rows[] = {
        { { "check" }, CLI_DONE, "check\n", "" },
        { { "check", "a", "b" }, CLI_DONE, "check <a> <b>\n", "" },
        { { "check", "-o", "json", "a" }, CLI_DONE, "check json <a>\n", "" },
        { { "-o", "json", "check", "a" }, CLI_DONE, "check json <a>\n", "" },
        { { "--output=json", "check", "a" }, CLI_DONE, "check json <a>\n", "" },
        { { "get", "messages" }, CLI_DONE, "get messages\n", "" },
        { { "get", "messages", "channels" }, CLI_DONE, "get messages <channels>\n", "" },
        { { "get", "-o", "json", "channels", "x" }, CLI_DONE, "get channels json <x>\n", "" },
        { { "-o", "json", "get", "channels" }, CLI_DONE, "get channels json\n", "" },
        { { "check", "get", "messages" }, CLI_DONE, "check <get> <messages>\n", "" },
        { { "check", "--", "--help" }, CLI_DONE, "check <--help>\n", "" },
        { { "no" }, CLI_NO, "", "" },
        { { "cheek" },
          CLI_USAGE,
          "",
          "zarish: CLI-001: there is no command \"cheek\"; did you mean \"check\"?\n"
          "zarish: `zarish explain CLI-001` says what to do\n" },
        { { "zzzzz" },
          CLI_USAGE,
          "",
          "zarish: CLI-001: there is no command \"zzzzz\"\n"
          "zarish: `zarish explain CLI-001` says what to do\n" },
        { { "get", "massages", "channels" },
          CLI_USAGE,
          "",
          "zarish: CLI-001: there is no command \"get massages\"; did you mean \"get messages\"?\n"
          "zarish: `zarish explain CLI-001` says what to do\n" },
        { { "--frobnicate" },
          CLI_USAGE,
          "",
          "zarish: CLI-001: there is no command \"--frobnicate\"\n"
          "zarish: `zarish explain CLI-001` says what to do\n" },
        { { "get" },
          CLI_USAGE,
          "",
          "usage: zarish get COMMAND\n\n"
          "  get channels [NAME]       List channels\n"
          "  get messages [NAME]       List messages\n" },
        { { "get", "--help" },
          CLI_DONE,
          "usage: zarish get COMMAND\n\n"
          "  get channels [NAME]       List channels\n"
          "  get messages [NAME]       List messages\n",
          "" },
        { { "check", "--zzz" },
          CLI_USAGE,
          "",
          "zarish check: CLI-002: there is no option --zzz\n"
          "usage: zarish check [FILE...] [OPTION]...\n"
          "`zarish check --help` says more\n" },
        { { "no", "x" },
          CLI_USAGE,
          "",
          "zarish no: CLI-006: one argument too many: x\n"
          "usage: zarish no\n"
          "`zarish no --help` says more\n" },
        { { "--version" }, CLI_DONE, "zarish " ZS_VERSION "\n", "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct cli_fake f;
        char name[64];
        (void)snprintf(name, sizeof name, "%s %s", rows[i].words[0],
                       rows[i].words[1] ? rows[i].words[1] : ""); /* a name may be cut */
        T_ROW(name);
        cli_fake_init(&f, STR(""));
        T_EQ_INT(cli_fake_run(&f, &program, rows[i].words), rows[i].status);
        T_EQ_STR(f.out, rows[i].out);
        T_EQ_STR(f.err, rows[i].err);
        cli_fake_done(&f);
    }
}

static void the_overview(void **state)
{
    (void)state;
    static const char *const ways[][2] = { { NULL }, { "--help", NULL }, { "-h", NULL } };
    for (size_t i = 0; i < ZS_COUNT(ways); i++) {
        struct cli_fake f;
        cli_fake_init(&f, STR(""));
        T_EQ_INT(cli_fake_run(&f, &program, ways[i]), CLI_DONE);
        T_TRUE(str_starts(f.out, STR("usage: zarish COMMAND")));
        T_TRUE(str_find(f.out,
                        STR("  check [FILE...]           Check\n"
                            "  echo FILE|-               Echo\n"
                            "  fail [FILE]               Fail\n"
                            "  get channels [NAME]       List channels\n"
                            "  get messages [NAME]       List messages\n"
                            "  no                        Say no\n"),
                        0) != SIZE_MAX);
        cli_fake_done(&f);
    }
}

static void failures_say_where(void **state)
{
    (void)state;
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "fail", NULL }), CLI_FAILED);
    T_EQ_STR(f.err, "zarish: X-001: PID-3: no such thing (byte 9)\n"
                    "zarish: `zarish explain X-001` says what to do\n");
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "fail", "a.hl7", NULL }), CLI_FAILED);
    T_EQ_STR(f.err, "zarish: a.hl7:3:3: X-001: PID-3: no such thing\n"
                    "zarish: `zarish explain X-001` says what to do\n");
    cli_fake_done(&f);
}

/* Lines and columns that a parser set itself, a file without them, and a remark. */
static int fail_elsewhere(struct cli *c, const struct cli_args *a)
{
    (void)a; /* takes none */
    struct err e;
    (void)err_set(&e, RC_VALUE, "X-001", "wrong"); /* told below */
    (void)cli_fail_in(c, "a.yaml", STR_NULL, &e);  /* the last status counts */
    e.line = 3;
    e.column = 7;
    (void)cli_fail(c, &e); /* as above */
    cli_note(c, "%d of %d", 1, 2);
    return cli_fail_in(c, "a.yaml", STR("x"), &e);
}

static void every_kind_of_place(void **state)
{
    (void)state;
    static const struct cli_cmd cmd = { .name = "x", .summary = "X", .run = fail_elsewhere };
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    T_EQ_INT(cli_fake_cmd(&f, &cmd, (const char *[]){ NULL }), CLI_FAILED);
    T_EQ_STR(f.err, "zarish: a.yaml: X-001: wrong\n"
                    "zarish: `zarish explain X-001` says what to do\n"
                    "zarish: X-001: wrong (line 3, column 7)\n"
                    "zarish: `zarish explain X-001` says what to do\n"
                    "zarish: 1 of 2\n"
                    "zarish: a.yaml:3:7: X-001: wrong\n"
                    "zarish: `zarish explain X-001` says what to do\n");
    cli_fake_done(&f);
}

static void input_comes_from_files_and_pipes(void **state)
{
    (void)state;
    const char *path = t_path(t_tmpdir(), "f");
    struct cli_fake f;
    t_write(path, STR("from a file"));
    cli_fake_init(&f, STR("from a pipe"));
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", "-", NULL }), CLI_DONE);
    T_EQ_STR(f.out, "from a pipe");
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", path, NULL }), CLI_DONE);
    T_EQ_STR(f.out, "from a file");
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", "/no/such", NULL }), CLI_FAILED);
    T_TRUE(str_starts(f.err, STR("zarish: BASE-030: /no/such does not exist\n")));
    cli_fake_done(&f);
    cli_fake_init(&f, STR("twenty-one characters"));
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", "-", NULL }), CLI_FAILED);
    T_TRUE(str_starts(f.err, STR("zarish: BASE-032: the input is larger than 20 bytes\n")));
    cli_fake_done(&f);
    cli_fake_init(&f, STR("20 bytes, not one mo"));
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", "-", NULL }), CLI_DONE);
    T_EQ_STR(f.out, "20 bytes, not one mo");
    cli_fake_done(&f);
    cli_fake_init(&f, STR(""));
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", "-", NULL }), CLI_DONE);
    T_EQ_STR(f.out, "");
    cli_fake_done(&f);
}

static void foreign_text_cannot_drive_the_terminal(void **state)
{
    (void)state;
    struct cli_fake f;
    cli_fake_init(&f, STR("a\033[2J\tb\xff\xc2\x9b\n\x7f"));
    T_EQ_INT(cli_fake_run(&f, &program, (const char *[]){ "echo", "-", NULL }), CLI_DONE);
    T_EQ_STR(f.out, "a\xef\xbf\xbd[2J\tb\xef\xbf\xbd\xef\xbf\xbd\n\xef\xbf\xbd");
    cli_fake_done(&f);
}

static void the_environment_is_handed_in(void **state)
{
    (void)state;
    static const char *const env[] = { "ZARISH_URLS=no", "ZARISH_URL=http://x", "EMPTY=", NULL };
    struct cli c = { .env = env };
    T_EQ_Z(cli_env(&c, "ZARISH_URL"), "http://x");
    T_EQ_Z(cli_env(&c, "EMPTY"), "");
    T_TRUE(cli_env(&c, "ZARISH") == NULL);
    c.env = NULL;
    T_TRUE(cli_env(&c, "ZARISH_URL") == NULL);
}

/* A full disk behind standard output is no success. */
static void output_that_does_not_arrive_is_a_failure(void **state)
{
    (void)state;
    struct cli_fake f;
    FILE *full = fopen("/dev/full", "we");
    if (!full)
        T_SKIP("no /dev/full");
    cli_fake_init(&f, STR(""));
    char *err_bytes = NULL;
    size_t err_n = 0;
    f.c.out = full;
    f.c.err = open_memstream(&err_bytes, &err_n);
    f.c.program = &program;
    T_EQ_INT(cli_main(&f.c, 2, (const char *[]){ "zarish", "check" }), CLI_FAILED);
    (void)fclose(f.c.err); /* memory */
    (void)fclose(full);    /* it is full */
    T_TRUE(str_starts(str_of(err_bytes, err_n),
                      STR("zarish: CLI-009: the output could not be written: No space left")));
    f.err_bytes = err_bytes; /* freed with the rest */
    cli_fake_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(finding_the_command),
        T_TEST(the_overview),
        T_TEST(failures_say_where),
        T_TEST(every_kind_of_place),
        T_TEST(input_comes_from_files_and_pipes),
        T_TEST(foreign_text_cannot_drive_the_terminal),
        T_TEST(the_environment_is_handed_in),
        T_TEST(output_that_does_not_arrive_is_a_failure),
    };
    return T_RUN(tests);
}
