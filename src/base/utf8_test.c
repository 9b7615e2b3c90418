#include "base/utf8.h"

#include "tests/lib/t.h"

static void validity(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str in;
        size_t bad; /* SIZE_MAX: valid */
        size_t count;
    } rows[] = {
        { "empty", STR_INIT(""), SIZE_MAX, 0 },
        { "ASCII with NUL", { "a\0b", 3 }, SIZE_MAX, 3 },
        { "two bytes", STR_INIT("M\xc3\xbcller"), SIZE_MAX, 6 },
        { "three", STR_INIT("\xe2\x82\xac"), SIZE_MAX, 1 },
        { "four", STR_INIT("\xf0\x9f\x98\x80"), SIZE_MAX, 1 },
        { "largest", STR_INIT("\xf4\x8f\xbf\xbf"), SIZE_MAX, 1 },
        { "before the surrogates", STR_INIT("\xed\x9f\xbf"), SIZE_MAX, 1 },
        { "after the surrogates", STR_INIT("\xee\x80\x80"), SIZE_MAX, 1 },
        { "noncharacter", STR_INIT("\xef\xbf\xbf"), SIZE_MAX, 1 },
        { "long ASCII, then bad", STR_INIT("0123456789abcdef0123456789abcdef\xff"), 32, 33 },
        { "bad inside a word", STR_INIT("0123456789abcde\x80 0123456789abcdef"), 15, 33 },
        { "stray continuation", STR_INIT("a\x80"), 1, 2 },
        { "cut at the end", STR_INIT("a\xc3"), 1, 2 },
        { "cut by ASCII", STR_INIT("\xe2\x82z"), 0, 2 },
        { "overlong slash", STR_INIT("\xc0\xaf"), 0, 2 },
        { "overlong 3", STR_INIT("\xe0\x80\xaf"), 0, 3 },
        { "overlong 4", STR_INIT("\xf0\x80\x80\xaf"), 0, 4 },
        { "surrogate", STR_INIT("\xed\xa0\x80"), 0, 3 },
        { "over U+10FFFF", STR_INIT("\xf4\x90\x80\x80"), 0, 4 },
        { "five bytes", STR_INIT("\xf8\x88\x80\x80\x80"), 0, 5 },
        { "FE and FF", STR_INIT("\xfe\xff"), 0, 2 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        size_t bad = SIZE_MAX;
        T_ROW(rows[i].name);
        T_EQ_INT(utf8_is_valid(rows[i].in, &bad), rows[i].bad == SIZE_MAX);
        T_EQ_SIZE(bad, rows[i].bad);
        T_EQ_SIZE(utf8_count(rows[i].in), rows[i].count);
    }
}

/* Every scalar value out and in; every surrogate refused. */
static void every_character(void **state)
{
    (void)state;
    char bytes[4];
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        size_t n = utf8_put(cp, bytes);
        size_t at = 0;
        uint32_t back = utf8_next(str_of(bytes, n), &at);
        if (back != cp || at != n)
            T_FAIL("U+%04X came back as U+%04X", cp, back);
    }
    T_EQ_SIZE(utf8_put(0x7f, bytes), 1);
    T_EQ_SIZE(utf8_put(0x80, bytes), 2);
    T_EQ_SIZE(utf8_put(0x800, bytes), 3);
    T_EQ_SIZE(utf8_put(0x10000, bytes), 4);
}

/* Unicode chapter 3, table 3-8: one replacement for each longest well-formed start. */
static void bad_sequences_are_stepped_over(void **state)
{
    (void)state;
    struct str in = STR("a\xf1\x80\x80\xe1\x80\xc2"
                        "b\x80"
                        "c\x80\xbf"
                        "d");
    static const uint32_t want[] = { 'a',      UTF8_BAD, UTF8_BAD, UTF8_BAD, 'b',
                                     UTF8_BAD, 'c',      UTF8_BAD, UTF8_BAD, 'd' };
    size_t at = 0;
    for (size_t i = 0; i < ZS_COUNT(want); i++) {
        T_TRUE(at < in.n);
        T_EQ_SIZE(utf8_next(in, &at), want[i]);
    }
    T_EQ_SIZE(at, in.n);
}

static void cuts_and_offsets(void **state)
{
    (void)state;
    struct str in = STR("a\xc3\xbc\xe2\x82\xac");
    T_EQ_STR(utf8_cut(in, 0), "");
    T_EQ_STR(utf8_cut(in, 1), "a");
    T_EQ_STR(utf8_cut(in, 2), "a");
    T_EQ_STR(utf8_cut(in, 3), "a\xc3\xbc");
    T_EQ_STR(utf8_cut(in, 5), "a\xc3\xbc");
    T_EQ_STR(utf8_cut(in, 6), "a\xc3\xbc\xe2\x82\xac");
    T_EQ_STR(utf8_cut(in, 99), "a\xc3\xbc\xe2\x82\xac");
    T_EQ_SIZE(utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 5).n, 5);
    T_EQ_SIZE(utf8_cut(STR("a\x80\x80\x80\x80\x80\x80\x80\x80"), 8).n, 8);
    T_EQ_SIZE(utf8_offset(in, 0), 0);
    T_EQ_SIZE(utf8_offset(in, 2), 3);
    T_EQ_SIZE(utf8_offset(in, 9), 6);
    T_EQ_SIZE(utf8_ascii_run(in), 1);
    T_EQ_SIZE(utf8_ascii_run(STR("0123456789abcdef0123456789abcde\xff")), 31);
    T_EQ_SIZE(utf8_ascii_run(STR("0123456789abcdef")), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(validity),
        T_TEST(every_character),
        T_TEST(bad_sequences_are_stepped_over),
        T_TEST(cuts_and_offsets),
    };
    return T_RUN(tests);
}
