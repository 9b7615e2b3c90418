#include "cli/cli_fake.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

/* Runs `fill` on a stream and compares what was written. */
static struct str printed(const struct cli_table *t, char **bytes)
{
    size_t n = 0;
    struct err e;
    FILE *f = open_memstream(bytes, &n);
    T_TRUE(f != NULL);
    T_OK(cli_table_print(t, f, &e), &e);
    T_TRUE(fclose(f) == 0);
    return str_of(*bytes, n);
}

static void columns_are_aligned(void **state)
{
    (void)state;
    static const struct cli_col cols[] = { { .head = "NAME" },
                                           { .head = "COUNT", .right = true },
                                           { .head = "NOTE", .max = 6 } };
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct cli_table t;
    char *bytes = NULL;
    cli_table_init(&t, cols, ZS_COUNT(cols), a);
    cli_table_cell(&t, STR("oru-in"));
    cli_table_u64(&t, 7);
    cli_table_cell(&t, STR("short"));
    cli_table_cell(&t, STR("M\xc3\xbcller"));
    cli_table_u64(&t, 1234567);
    cli_table_cell(&t, STR("1234567"));
    cli_table_cell(&t, STR("\xe5\xb1\xb1\xe7\x94\xb0")); /* two wide characters */
    cli_table_u64(&t, 0);
    cli_table_cell(&t, STR("\xe5\xb1\xb1\xe5\xb1\xb1\xe5\xb1\xb1\xe5\xb1\xb1"));
    cli_table_cell(&t, STR("e\xcc\x81")); /* a combining accent */
    cli_table_cell(&t, STR(""));
    cli_table_cell(&t, STR("a\nb\t\033"));
    T_EQ_STR(printed(&t, &bytes), "NAME      COUNT  NOTE\n"
                                  "oru-in        7  short\n"
                                  "M\xc3\xbcller  1234567  12345\xe2\x80\xa6\n"
                                  "\xe5\xb1\xb1\xe7\x94\xb0          0  "
                                  "\xe5\xb1\xb1\xe5\xb1\xb1\xe2\x80\xa6\n"
                                  "e\xcc\x81                a b  \n");
    mem_free(bytes);
    arena_free(&a);
}

static void an_empty_table_is_its_heading(void **state)
{
    (void)state;
    static const struct cli_col cols[] = { { .head = "A" }, { .head = "B" } };
    struct arena *a = arena_new("test", 0, 1u << 16);
    struct cli_table t;
    char *bytes = NULL;
    cli_table_init(&t, cols, 2, a);
    T_EQ_STR(printed(&t, &bytes), "A  B\n");
    mem_free(bytes);
    arena_free(&a);
}

static void a_table_without_memory_says_so(void **state)
{
    (void)state;
    static const struct cli_col cols[] = { { .head = "A" } };
    struct arena *a = arena_new("test", 0, 8192);
    struct cli_table t;
    struct err e;
    cli_table_init(&t, cols, 1, a);
    for (int i = 0; i < 1000; i++)
        cli_table_cell(&t, STR("0123456789"));
    T_EQ_INT(cli_table_print(&t, stderr, &e), RC_NOMEM);
    T_EQ_Z(e.id, "BASE-002");
    arena_free(&a);
}

static void widths(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str in;
        size_t columns;
    } rows[] = {
        { "empty", STR_INIT(""), 0 },
        { "ASCII", STR_INIT("abc"), 3 },
        { "umlaut", STR_INIT("\xc3\xbc"), 1 },
        { "combining", STR_INIT("u\xcc\x88"), 1 },
        { "wide", STR_INIT("\xe5\xb1\xb1"), 2 },
        { "full width", STR_INIT("\xef\xbc\xa1"), 2 },
        { "half width katakana", STR_INIT("\xef\xbd\xb1"), 1 },
        { "emoji", STR_INIT("\xf0\x9f\x98\x80"), 2 },
        { "Hangul syllable", STR_INIT("\xea\xb9\x80"), 2 },
        { "zero width space",
          STR_INIT("a\xe2\x80\x8b"
                   "b"),
          2 },
        { "Arabic with a mark", STR_INIT("\xd8\xa8\xd9\x8e"), 1 },
        { "bad byte", STR_INIT("\xff"), 1 },
        { "private use", STR_INIT("\xee\x80\x80"), 1 },
        { "last character", STR_INIT("\xf4\x8f\xbf\xbf"), 1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        T_EQ_SIZE(cli_columns(rows[i].in), rows[i].columns);
    }
}

static int work(struct cli *c, const struct cli_args *a)
{
    struct clock_fake *clock = (struct clock_fake *)(void *)(uintptr_t)c->clock;
    struct cli_progress p;
    cli_progress_init(&p, c, "sending", a->n_pos ? 0 : 4);
    for (uint64_t i = 0; i <= 4; i++) {
        cli_progress_step(&p, i);
        cli_progress_step(&p, i); /* too soon after the one before: not drawn */
        clock_fake_step(clock, 60);
    }
    cli_progress_end(&p);
    cli_progress_end(&p);
    return CLI_DONE;
}

static void progress_is_for_terminals(void **state)
{
    (void)state;
    static const struct cli_cmd cmd = {
        .name = "work", .args = "[X]", .summary = "Work", .run = work
    };
    struct cli_fake f;
    cli_fake_init(&f, STR(""));
    T_EQ_INT(cli_fake_cmd(&f, &cmd, (const char *[]){ NULL }), CLI_DONE);
    T_EQ_STR(f.err, "");
    f.c.err_is_tty = true;
    T_EQ_INT(cli_fake_cmd(&f, &cmd, (const char *[]){ NULL }), CLI_DONE);
    T_EQ_STR(f.err, "\r\033[Ksending [........................]   0%  0 of 4"
                    "\r\033[Ksending [############............]  50%  2 of 4"
                    "\r\033[Ksending [########################] 100%  4 of 4"
                    "\r\033[K");
    T_EQ_INT(cli_fake_cmd(&f, &cmd, (const char *[]){ "x", NULL }), CLI_DONE);
    T_EQ_STR(f.err, "\r\033[Ksending 0\r\033[Ksending 2\r\033[Ksending 4\r\033[K");
    cli_fake_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(columns_are_aligned),
        T_TEST(an_empty_table_is_its_heading),
        T_TEST(a_table_without_memory_says_so),
        T_TEST(widths),
        T_TEST(progress_is_for_terminals),
    };
    return T_RUN(tests);
}
