#include "base/num.h"

#include "tests/lib/t.h"

#include <math.h>

static void whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        uint64_t min, max;
        enum rc rc;
        size_t pos;
        uint64_t out;
    } rows[] = {
        { "zero", "0", 0, UINT64_MAX, RC_OK, 0, 0 },
        { "leading zeros", "007", 0, UINT64_MAX, RC_OK, 0, 7 },
        { "largest", "18446744073709551615", 0, UINT64_MAX, RC_OK, 0, UINT64_MAX },
        { "one too large", "18446744073709551616", 0, UINT64_MAX, RC_VALUE, ERR_NO_POS, 0 },
        { "far too large", "99999999999999999999999", 0, UINT64_MAX, RC_VALUE, ERR_NO_POS, 0 },
        { "below the range", "9", 10, 20, RC_VALUE, ERR_NO_POS, 0 },
        { "above the range", "21", 10, 20, RC_VALUE, ERR_NO_POS, 0 },
        { "ends of the range", "20", 10, 20, RC_OK, 0, 20 },
        { "empty", "", 0, 9, RC_SYNTAX, 0, 0 },
        { "sign", "+1", 0, 9, RC_SYNTAX, 0, 0 },
        { "minus", "-1", 0, 9, RC_SYNTAX, 0, 0 },
        { "space before", " 1", 0, 9, RC_SYNTAX, 0, 0 },
        { "space behind", "1 ", 0, 9, RC_SYNTAX, 1, 0 },
        { "hexadecimal", "0x1", 0, 9, RC_SYNTAX, 1, 0 },
        { "fraction", "1.0", 0, 9, RC_SYNTAX, 1, 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { .pos = 0 };
        uint64_t out = 12345;
        T_ROW(rows[i].name);
        T_EQ_INT(num_u64(str_z(rows[i].in), rows[i].min, rows[i].max, &out, &e), rows[i].rc);
        T_EQ_SIZE(out, rows[i].rc == RC_OK ? rows[i].out : 12345);
        if (rows[i].rc != RC_OK) {
            T_EQ_SIZE(e.pos, rows[i].pos);
            T_EQ_Z(e.id, rows[i].rc == RC_VALUE ? "BASE-004" : "BASE-003");
        }
    }
    struct err e;
    uint64_t out = 0;
    T_EQ_INT(num_u64(str_of("1\0", 2), 0, 9, &out, &e), RC_SYNTAX);
    T_EQ_INT(num_u64(STR("21"), 10, 20, &out, &e), RC_VALUE);
    T_EQ_Z(e.text, "must be from 10 to 20");
}

static void signed_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        int64_t min, max;
        enum rc rc;
        size_t pos;
        int64_t out;
    } rows[] = {
        { "plus", "+5", INT64_MIN, INT64_MAX, RC_OK, 0, 5 },
        { "minus zero", "-0", INT64_MIN, INT64_MAX, RC_OK, 0, 0 },
        { "smallest", "-9223372036854775808", INT64_MIN, INT64_MAX, RC_OK, 0, INT64_MIN },
        { "below it", "-9223372036854775809", INT64_MIN, INT64_MAX, RC_VALUE, ERR_NO_POS, 0 },
        { "largest", "9223372036854775807", INT64_MIN, INT64_MAX, RC_OK, 0, INT64_MAX },
        { "above it", "9223372036854775808", INT64_MIN, INT64_MAX, RC_VALUE, ERR_NO_POS, 0 },
        { "out of range", "-6", -5, 5, RC_VALUE, ERR_NO_POS, 0 },
        { "only a sign", "-", -5, 5, RC_SYNTAX, 1, 0 },
        { "two signs", "--1", -5, 5, RC_SYNTAX, 1, 0 },
        { "empty", "", -5, 5, RC_SYNTAX, 0, 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { .pos = 0 };
        int64_t out = 0;
        T_ROW(rows[i].name);
        T_EQ_INT(num_i64(str_z(rows[i].in), rows[i].min, rows[i].max, &out, &e), rows[i].rc);
        T_EQ_INT(out, rows[i].out);
        if (rows[i].rc != RC_OK)
            T_EQ_SIZE(e.pos, rows[i].pos);
    }
}

static void hexadecimal(void **state)
{
    (void)state;
    struct err e;
    uint64_t v = 0;
    T_OK(num_hex(STR("fF09"), &v, &e), &e);
    T_EQ_SIZE(v, 0xff09);
    T_OK(num_hex(STR("ffffffffffffffff"), &v, &e), &e);
    T_EQ_SIZE(v, UINT64_MAX);
    T_EQ_INT(num_hex(STR("10000000000000000"), &v, &e), RC_VALUE);
    T_EQ_INT(num_hex(STR(""), &v, &e), RC_SYNTAX);
    T_EQ_INT(num_hex(STR("fg"), &v, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 1);
    T_EQ_INT(num_hex(STR("0x1"), &v, &e), RC_SYNTAX);
}

static void number_grammars(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool json, nm;
    } rows[] = {
        { "0", true, true },       { "-0", true, true },       { "12", true, true },
        { "+12", false, true },    { "012", false, true },     { "00", false, true },
        { "1.10", true, true },    { "-1.5", true, true },     { ".5", false, true },
        { "5.", false, true },     { ".", false, false },      { "-", false, false },
        { "", false, false },      { "1e5", true, false },     { "1E+05", true, false },
        { "1.0e-7", true, false }, { "1e", false, false },     { "1e+", false, false },
        { "1.e5", false, false },  { "1.2.3", false, false },  { "1 ", false, false },
        { " 1", false, false },    { "NaN", false, false },    { "Infinity", false, false },
        { "1,5", false, false },   { "0x10", false, false },   { "1-", false, false },
        { "--1", false, false },   { "01.5e1", false, false }, { "0.0000", true, true },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].in);
        T_EQ_INT(num_is_json(str_z(rows[i].in)), rows[i].json);
        T_EQ_INT(num_is_nm(str_z(rows[i].in)), rows[i].nm);
    }
}

static void doubles(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        double out;
    } rows[] = {
        { "0", 0.0 },
        { "1", 1.0 },
        { "-1.5", -1.5 },
        { "0.1", 0.1 },
        { "1.10", 1.1 },
        { "123456789012345678", 123456789012345678.0 },
        { "9007199254740993", 9007199254740992.0 },
        { "9007199254740993.00000000000000000001", 9007199254740994.0 },
        { "1e22", 1e22 },
        { "1e23", 1e23 },
        { "1.7976931348623157e308", 0x1.fffffffffffffp1023 },
        { "5e-324", 0x1p-1074 },
        { "2.2250738585072011e-308", 0x0.fffffffffffffp-1022 },
        { "1e-400", 0.0 },
        { "0e999999999999999999", 0.0 },
        { "0.000000000000000000000000000000000000000000000000001e51", 1.0 },
        { "8.41e21", 8.41e21 },
        { "9007199254740993e1", 90071992547409936.0 }, /* rounded once, not twice */
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e;
        double out = 0;
        T_ROW(rows[i].in);
        T_OK(num_double(str_z(rows[i].in), &out, &e), &e);
        T_TRUE(out == rows[i].out);
    }
    struct err e;
    double out = 7;
    T_OK(num_double(STR("-0"), &out, &e), &e);
    T_TRUE(out == 0 && signbit(out));
    T_EQ_INT(num_double(STR("1e309"), &out, &e), RC_VALUE);
    T_EQ_INT(num_double(STR("-1e99999999999999999999"), &out, &e), RC_VALUE);
    T_EQ_INT(num_double(STR("1."), &out, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 2);
    T_EQ_INT(num_double(STR("01"), &out, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 1);
    T_EQ_INT(num_double(STR(""), &out, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 0);
    T_EQ_INT(num_double(STR("1e5x"), &out, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 3);
}

/* A tie that only the 1,001st digit breaks, and leading zeros that an exponent makes up for. */
static void long_doubles(void **state)
{
    (void)state;
    struct err e;
    struct buf b;
    double out = 0;
    buf_init(&b, 300000);
    buf_z(&b, "9007199254740993.");
    buf_fill(&b, '0', 1000);
    T_OK(num_double(buf_view(&b), &out, &e), &e);
    T_TRUE(out == 9007199254740992.0);
    buf_char(&b, '1');
    T_OK(num_double(buf_view(&b), &out, &e), &e);
    T_TRUE(out == 9007199254740994.0);
    buf_clear(&b);
    buf_z(&b, "0.");
    buf_fill(&b, '0', 200000);
    buf_z(&b, "25e200001");
    T_OK(num_double(buf_view(&b), &out, &e), &e);
    T_TRUE(out == 2.5);
    buf_done(&b);
}

static void doubles_as_text(void **state)
{
    (void)state;
    static const struct {
        double in;
        const char *out;
    } rows[] = {
        { 0.0, "0" },
        { -0.0, "-0" },
        { 1.0, "1" },
        { -1.5, "-1.5" },
        { 0.1, "0.1" },
        { 0.30000000000000004, "0.30000000000000004" },
        { 100.0, "100" },
        { 123456789.125, "123456789.125" },
        { 1e20, "100000000000000000000" },
        { 1e21, "1e+21" },
        { 1.5e300, "1.5e+300" },
        { 1e-6, "0.000001" },
        { 1e-7, "0.0000001" },
        { 1e-8, "1e-8" },
        { 0x1p-1074, "5e-324" },
        { 0x1.fffffffffffffp1023, "1.7976931348623157e+308" },
    };
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e;
        double back = 1;
        T_ROW(rows[i].out);
        buf_clear(&b);
        num_double_text(&b, rows[i].in);
        T_EQ_STR(buf_view(&b), rows[i].out);
        T_OK(num_double(buf_view(&b), &back, &e), &e);
        T_TRUE(back == rows[i].in);
    }
    buf_done(&b);
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum rc rc;
        size_t pos;
        uint64_t out;
        const char *text;
    } rows[] = {
        { "0", RC_OK, 0, 0, "0" },
        { "1000", RC_OK, 0, 1000, "1000" },
        { "64k", RC_OK, 0, 65536, "64k" },
        { "64KB", RC_OK, 0, 65536, "64k" },
        { "64KiB", RC_OK, 0, 65536, "64k" },
        { "10MB", RC_OK, 0, 10485760, "10M" },
        { "1024k", RC_OK, 0, 1048576, "1M" },
        { "1g", RC_OK, 0, 1073741824, "1G" },
        { "2TiB", RC_OK, 0, 2199023255552, "2T" },
        { "5b", RC_OK, 0, 5, "5" },
        { "16777216T", RC_VALUE, ERR_NO_POS, 0, NULL },
        { "99999999999999999999", RC_VALUE, ERR_NO_POS, 0, NULL },
        { "", RC_SYNTAX, 0, 0, NULL },
        { "k", RC_SYNTAX, 0, 0, NULL },
        { "1.5M", RC_SYNTAX, 1, 0, NULL },
        { "1 M", RC_SYNTAX, 1, 0, NULL },
        { "1MM", RC_SYNTAX, 1, 0, NULL },
        { "-1k", RC_SYNTAX, 0, 0, NULL },
    };
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { .pos = 0 };
        uint64_t out = 0;
        T_ROW(rows[i].in);
        T_EQ_INT(num_size(str_z(rows[i].in), 0, UINT64_MAX, &out, &e), rows[i].rc);
        T_EQ_SIZE(out, rows[i].out);
        buf_clear(&b);
        num_size_text(&b, out);
        if (rows[i].rc == RC_OK) {
            T_EQ_STR(buf_view(&b), rows[i].text);
        } else {
            T_EQ_SIZE(e.pos, rows[i].pos);
            T_EQ_Z(e.id, rows[i].rc == RC_VALUE ? "BASE-004" : "BASE-005");
        }
    }
    uint64_t out = 0;
    struct err e;
    T_EQ_INT(num_size(STR("2k"), 0, 2047, &out, &e), RC_VALUE);
    T_EQ_Z(e.text, "must be from 0 to 2047");
    buf_done(&b);
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum rc rc;
        size_t pos;
        int64_t out;
        const char *text;
    } rows[] = {
        { "0", RC_OK, 0, 0, "0ms" },
        { "5000", RC_OK, 0, 5000, "5s" },
        { "500ms", RC_OK, 0, 500, "500ms" },
        { "5s", RC_OK, 0, 5000, "5s" },
        { "10m", RC_OK, 0, 600000, "10m" },
        { "24h", RC_OK, 0, 86400000, "1d" },
        { "7d", RC_OK, 0, 604800000, "1w" },
        { "10d", RC_OK, 0, 864000000, "10d" },
        { "1w", RC_OK, 0, 604800000, "1w" },
        { "1h30m", RC_OK, 0, 5400000, "1h30m" },
        { "1m1ms", RC_OK, 0, 60001, "1m1ms" },
        { "90s", RC_OK, 0, 90000, "1m30s" },
        { "", RC_SYNTAX, 0, 0, NULL },
        { "s", RC_SYNTAX, 0, 0, NULL },
        { "5x", RC_SYNTAX, 1, 0, NULL },
        { "5 s", RC_SYNTAX, 1, 0, NULL },
        { "5S", RC_SYNTAX, 1, 0, NULL },
        { "1m2h", RC_SYNTAX, 3, 0, NULL },
        { "1h1h", RC_SYNTAX, 3, 0, NULL },
        { "1h30", RC_SYNTAX, 4, 0, NULL },
        { "-5s", RC_SYNTAX, 0, 0, NULL },
        { "1.5s", RC_SYNTAX, 1, 0, NULL },
        { "99999999999999999999d", RC_VALUE, ERR_NO_POS, 0, NULL },
        { "9223372036854775808ms", RC_VALUE, ERR_NO_POS, 0, NULL },
    };
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { .pos = 0 };
        int64_t out = 0;
        T_ROW(rows[i].in);
        T_EQ_INT(num_duration(str_z(rows[i].in), 0, INT64_MAX, &out, &e), rows[i].rc);
        T_EQ_INT(out, rows[i].out);
        buf_clear(&b);
        num_duration_text(&b, out);
        if (rows[i].rc == RC_OK) {
            T_EQ_STR(buf_view(&b), rows[i].text);
        } else {
            T_EQ_SIZE(e.pos, rows[i].pos);
            T_EQ_Z(e.id, rows[i].rc == RC_VALUE ? "BASE-004" : "BASE-006");
        }
    }
    int64_t out = 0;
    struct err e;
    T_EQ_INT(num_duration(STR("1s"), 2000, 5000, &out, &e), RC_VALUE);
    T_EQ_INT(num_duration(STR("6s"), 2000, 5000, &out, &e), RC_VALUE);
    T_EQ_Z(e.text, "must be from 2000 to 5000 ms");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(whole_numbers),   T_TEST(signed_numbers), T_TEST(hexadecimal),
        T_TEST(number_grammars), T_TEST(doubles),        T_TEST(long_doubles),
        T_TEST(doubles_as_text), T_TEST(sizes),          T_TEST(durations),
    };
    return T_RUN(tests);
}
