#include "cli/cli_int.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static int never(struct cli *c, const struct cli_args *a)
{
    (void)c, (void)a; /* the parser runs nothing */
    return CLI_DONE;
}

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "file", .letter = 'f', .arg = "FILE", .help = "a file" },
    { .name = "verbose", .letter = 'v', .help = "say more" },
    { .name = "quiet", .letter = 'q', .help = "say less" },
    { .name = "limit", .arg = "N", .help = "at most so many", .def = "10" },
    { .name = "from", .arg = "FILE|-", .help = "where from" },
    CLI_OPT_END,
};

static const struct cli_cmd cmd = {
    .name = "try", .args = "FILE|- [PATH...]", .summary = "Try", .opts = opts, .run = never
};

#define WORDS 8

static enum rc parse(struct arena *a, const char *const *words, struct cli_args *out, struct err *e)
{
    size_t n = 0;
    while (n < WORDS && words[n])
        n++;
    return cli_parse(&cmd, words, n, a, out, e);
}

/* What came out, in one line: options as name=value, then the arguments. */
static void flat(const struct cli_args *a, struct buf *b)
{
    for (size_t i = 0; i < a->n_given; i++)
        buf_fmt(b, "%s=%s ", a->given[i].opt->name, a->given[i].value ? a->given[i].value : "yes");
    for (size_t i = 0; i < a->n_pos; i++)
        buf_fmt(b, "<%s>", a->pos[i]);
}

static void lines(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *words[WORDS];
        const char *out; /* NULL: an error */
        const char *id, *text;
    } rows[] = {
        { "an argument", { "a" }, "<a>", NULL, NULL },
        { "several", { "a", "b", "c" }, "<a><b><c>", NULL, NULL },
        { "standard input", { "-" }, "<->", NULL, NULL },
        { "option first", { "-v", "a" }, "verbose=yes <a>", NULL, NULL },
        { "option last", { "a", "-v" }, "verbose=yes <a>", NULL, NULL },
        { "letter, value apart", { "-o", "json", "a" }, "output=json <a>", NULL, NULL },
        { "letter, value joined", { "-ojson", "a" }, "output=json <a>", NULL, NULL },
        { "letter, value with =", { "-o=json", "a" }, "output=json <a>", NULL, NULL },
        { "long, value apart", { "--output", "json", "a" }, "output=json <a>", NULL, NULL },
        { "long, value with =", { "--output=json", "a" }, "output=json <a>", NULL, NULL },
        { "empty value", { "--file=", "a" }, "file= <a>", NULL, NULL },
        { "= in the value", { "--file=x=y", "a" }, "file=x=y <a>", NULL, NULL },
        { "joined flags", { "-vq", "a" }, "verbose=yes quiet=yes <a>", NULL, NULL },
        { "joined with a value", { "-vfx", "a" }, "verbose=yes file=x <a>", NULL, NULL },
        { "repeated", { "-f", "x", "a", "-f", "y" }, "file=x file=y <a>", NULL, NULL },
        { "value like an option", { "-f", "-v", "a" }, "file=-v <a>", NULL, NULL },
        { "value is -", { "-f", "-", "a" }, "file=- <a>", NULL, NULL },
        { "end of options", { "--", "-v", "--x" }, "<-v><--x>", NULL, NULL },
        { "second -- is a word", { "a", "--", "--" }, "<a><-->", NULL, NULL },
        { "free word with |", { "--from", "anything", "a" }, "from=anything <a>", NULL, NULL },
        { "nothing", { NULL }, NULL, "CLI-005", "FILE|- is missing" },
        { "unknown long",
          { "--verbos", "a" },
          NULL,
          "CLI-002",
          "there is no option --verbos; did you mean --verbose?" },
        { "unknown long with =",
          { "--limt=3", "a" },
          NULL,
          "CLI-002",
          "there is no option --limt; did you mean --limit?" },
        { "unknown and nothing near",
          { "--zzz", "a" },
          NULL,
          "CLI-002",
          "there is no option --zzz" },
        { "unknown letter", { "-x", "a" }, NULL, "CLI-002", "there is no option -x" },
        { "unknown letter behind", { "-vx", "a" }, NULL, "CLI-002", "there is no option -x" },
        { "value missing", { "a", "--file" }, NULL, "CLI-003", "--file needs a value: FILE" },
        { "value missing, letter", { "a", "-f" }, NULL, "CLI-003", "--file needs a value: FILE" },
        { "not a choice",
          { "-o", "xml", "a" },
          NULL,
          "CLI-004",
          "--output takes one of text|json" },
        { "start of a choice",
          { "-o", "js", "a" },
          NULL,
          "CLI-004",
          "--output takes one of text|json" },
        { "flag with a value", { "--quiet=yes", "a" }, NULL, "CLI-007", "--quiet takes no value" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct arena *a = arena_new("test", 0, 1u << 16);
        struct cli_args out = { .n_pos = 99 };
        struct err e;
        struct buf b;
        T_ROW(rows[i].name);
        enum rc rc = parse(a, rows[i].words, &out, &e);
        buf_init(&b, 1000);
        if (rows[i].out) {
            T_OK(rc, &e);
            flat(&out, &b);
            T_EQ_STR(buf_view(&b), rows[i].out);
        } else {
            T_TRUE(rc != RC_OK);
            T_EQ_Z(e.id, rows[i].id);
            T_EQ_Z(e.text, rows[i].text);
            T_EQ_SIZE(out.n_pos, 99);
        }
        buf_done(&b);
        arena_free(&a);
    }
}

static void counts_of_arguments(void **state)
{
    (void)state;
    static const struct {
        const char *args;
        size_t least, most;
    } rows[] = {
        { NULL, 0, 0 },
        { "", 0, 0 },
        { "FILE|-", 1, 1 },
        { "FILE PATH", 2, 2 },
        { "[NAME]", 0, 1 },
        { "URL FILE...", 2, SIZE_MAX },
        { "[FILE...]", 0, SIZE_MAX },
        { "FILE PATH [VALUE]", 2, 3 },
        { "FILE... LAST", 2, SIZE_MAX },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].args ? rows[i].args : "none");
        struct args_range r = cli_args_range(rows[i].args);
        T_EQ_SIZE(r.least, rows[i].least);
        T_EQ_SIZE(r.most, rows[i].most);
    }
    static const struct cli_cmd two = { .name = "two", .args = "FILE PATH" };
    static const struct cli_cmd none = { .name = "none" };
    struct arena *a = arena_new("test", 0, 1u << 16);
    struct cli_args out;
    struct err e;
    T_EQ_INT(cli_parse(&two, (const char *[]){ "a" }, 1, a, &out, &e), RC_MISSING);
    T_EQ_Z(e.text, "PATH is missing");
    T_EQ_INT(cli_parse(&two, (const char *[]){ "a", "b", "c" }, 3, a, &out, &e), RC_VALUE);
    T_EQ_Z(e.id, "CLI-006");
    T_EQ_Z(e.text, "one argument too many: c");
    T_EQ_INT(cli_parse(&none, (const char *[]){ "-v" }, 1, a, &out, &e), RC_VALUE);
    T_EQ_Z(e.id, "CLI-002");
    T_OK(cli_parse(&none, NULL, 0, a, &out, &e), &e);
    arena_free(&a);
}

static void reading_the_result(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 16);
    struct cli_args args;
    struct err e;
    T_OK(parse(a, (const char *[WORDS]){ "x", "-f", "1", "-v", "-f", "2" }, &args, &e), &e);
    T_EQ_Z(cli_opt(&args, "file"), "2");
    T_EQ_SIZE(cli_count(&args, "file"), 2);
    T_EQ_Z(cli_opt_at(&args, "file", 0), "1");
    T_EQ_Z(cli_opt_at(&args, "file", 1), "2");
    T_TRUE(cli_has(&args, "verbose"));
    T_FALSE(cli_has(&args, "quiet"));
    T_EQ_Z(cli_opt(&args, "limit"), "10"); /* the default, which is not "given" */
    T_FALSE(cli_has(&args, "limit"));
    T_EQ_Z(cli_opt(&args, "output"), "text");
    T_TRUE(cli_opt(&args, "from") == NULL);
    T_EQ_Z(cli_pos(&args, 0), "x");
    T_TRUE(cli_pos(&args, 1) == NULL);
    arena_free(&a);
}

static void values_with_a_type(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 16);
    struct cli_args args;
    struct err e;
    uint64_t n = 77;
    int64_t ms = 77;
    T_OK(parse(a, (const char *[WORDS]){ "x", "--limit", "1k", "-f", "5s" }, &args, &e), &e);
    T_EQ_INT(cli_opt_u64(&args, "limit", 1, 100, &n, &e), RC_SYNTAX);
    T_EQ_Z(e.where, "--limit");
    T_OK(cli_opt_size(&args, "limit", 4096, &n, &e), &e);
    T_EQ_SIZE(n, 1024);
    T_EQ_INT(cli_opt_size(&args, "limit", 1023, &n, &e), RC_VALUE);
    T_OK(cli_opt_duration(&args, "file", 10000, &ms, &e), &e);
    T_EQ_INT(ms, 5000);
    T_EQ_INT(cli_opt_duration(&args, "file", 4999, &ms, &e), RC_VALUE);
    T_EQ_Z(e.where, "--file");
    T_OK(cli_opt_u64(&args, "from", 0, 1, &n, &e), &e); /* not given, no default: left alone */
    T_EQ_SIZE(n, 1024);
    arena_free(&a);
}

static void without_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 300);
    struct cli_args args;
    struct err e;
    const char *words[60];
    for (size_t i = 0; i < ZS_COUNT(words); i++)
        words[i] = "-v";
    T_EQ_INT(cli_parse(&cmd, words, ZS_COUNT(words), a, &args, &e), RC_NOMEM);
    T_EQ_Z(e.id, "BASE-002");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(lines),
        T_TEST(counts_of_arguments),
        T_TEST(reading_the_result),
        T_TEST(values_with_a_type),
        T_TEST(without_memory),
    };
    return T_RUN(tests);
}
