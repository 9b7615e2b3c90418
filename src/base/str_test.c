#include "base/str.h"

#include "tests/lib/t.h"

static void pieces(void **state)
{
    (void)state;
    struct str s = STR("abcdef");
    T_EQ_STR(str_sub(s, 2, 3), "cde");
    T_EQ_STR(str_sub(s, 2, 99), "cdef");
    T_EQ_STR(str_sub(s, 6, 1), "");
    T_EQ_STR(str_sub(s, 99, 1), "");
    T_EQ_STR(str_from(s, 4), "ef");
    T_TRUE(str_is_null(str_sub(STR_NULL, 0, 5)));
    T_TRUE(str_is_null(str_z(NULL)));
    T_FALSE(str_is_null(STR("")));
    T_EQ_STR(str_trim(STR(" \t\r\n\v\f a b \n")), "a b");
    T_EQ_STR(str_trim(STR("  ")), "");
}

static void comparisons(void **state)
{
    (void)state;
    static const struct {
        struct str a, b;
        int order;
        bool ieq, starts, ends;
    } rows[] = {
        { STR_INIT("abc"), STR_INIT("abc"), 0, true, true, true },
        { STR_INIT("abc"), STR_INIT("ab"), 1, false, true, false },
        { STR_INIT("ab"), STR_INIT("abc"), -1, false, false, false },
        { STR_INIT("abc"), STR_INIT("bc"), -1, false, false, true },
        { STR_INIT("ABC"), STR_INIT("abc"), -1, true, false, false },
        { STR_INIT("\xc4"), STR_INIT("\xe4"), -1, false, false, false },
        { STR_INIT(""), { NULL, 0 }, 0, true, true, true },
        { { "a\0b", 3 }, { "a\0c", 3 }, -1, false, false, false },
        { STR_INIT("\x7f"), STR_INIT("\x80"), -1, false, false, false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        int order = str_cmp(rows[i].a, rows[i].b);
        T_ROW(rows[i].a.p);
        T_EQ_INT((order > 0) - (order < 0), rows[i].order);
        T_EQ_INT(str_eq(rows[i].a, rows[i].b), rows[i].order == 0);
        T_EQ_INT(str_ieq(rows[i].a, rows[i].b), rows[i].ieq);
        T_EQ_INT(str_starts(rows[i].a, rows[i].b), rows[i].starts);
        T_EQ_INT(str_ends(rows[i].a, rows[i].b), rows[i].ends);
    }
}

static void finding(void **state)
{
    (void)state;
    struct str s = STR("a|b||c");
    T_EQ_SIZE(str_chr(s, '|', 0), 1);
    T_EQ_SIZE(str_chr(s, '|', 2), 3);
    T_EQ_SIZE(str_chr(s, 'x', 0), SIZE_MAX);
    T_EQ_SIZE(str_chr(s, 'a', 99), SIZE_MAX);
    T_EQ_SIZE(str_chr(STR_NULL, 'a', 0), SIZE_MAX);
    T_EQ_SIZE(str_find(s, STR("||"), 0), 3);
    T_EQ_SIZE(str_find(s, STR(""), 2), 2);
    T_EQ_SIZE(str_find(s, STR(""), 6), 6);
    T_EQ_SIZE(str_find(s, STR(""), 7), SIZE_MAX);
    T_EQ_SIZE(str_find(s, STR("a|b||cd"), 0), SIZE_MAX);
    T_EQ_SIZE(str_find(STR_NULL, STR("a"), 0), SIZE_MAX);
}

static void splitting(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* pieces in <> */
    } rows[] = {
        { "a,b,", "<a><b><>" }, { "", "<>" }, { ",", "<><>" }, { "abc", "<abc>" }, { NULL, "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        char got[32] = "";
        size_t n = 0;
        struct str rest = str_z(rows[i].in);
        struct str piece = STR_NULL;
        T_ROW(rows[i].in ? rows[i].in : "null");
        while (str_split(&rest, ',', &piece)) {
            got[n++] = '<';
            memcpy(got + n, piece.p, piece.n);
            n += piece.n;
            got[n++] = '>';
        }
        T_EQ_Z(got, rows[i].out);
    }
}

static void near_names(void **state)
{
    (void)state;
    static const char *const names[] = { "parse", "build", "get", "set", "validate", "ack" };
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "prase", NULL },
        { "parze", "parse" },
        { "parser", "parse" },
        { "PARSE", "parse" },
        { "valdiate", "validate" },
        { "gte", NULL },
        { "sett", "set" },
        { "x", NULL },
        { "", NULL },
        { "zzzz", NULL },
        { "ge", "get" },
        { "zet", "get" }, /* as near as "set": the first of them */
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].in);
        T_EQ_Z(str_nearest(str_z(rows[i].in), names, ZS_COUNT(names)), rows[i].out);
    }
    T_EQ_SIZE(str_distance(STR("kitten"), STR("sitting")), 3);
    T_EQ_SIZE(str_distance(STR(""), STR("abc")), 3);
    char long_name[65];
    memset(long_name, 'a', sizeof long_name);
    T_EQ_SIZE(str_distance(str_of(long_name, 65), STR("a")), SIZE_MAX);
    T_EQ_SIZE(str_distance(str_of(long_name, 64), STR("a")), 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(pieces), T_TEST(comparisons), T_TEST(finding), T_TEST(splitting), T_TEST(near_names),
    };
    return T_RUN(tests);
}
