/*
 * Decimals: text both ways, exact arithmetic, rounding, the ends of the range. Expected values were
 * worked out by hand or with bc.
 */
#include "fhirpath/decimal.h"
#include "tests/lib/t.h"

#define TEXT_MAX 100

static struct decimal of(const char *s)
{
    struct decimal d = { 0 };
    T_TRUE(decimal_parse(str_z(s), &d));
    return d;
}

static void same(const struct decimal *d, const char *want)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    decimal_write(d, &b);
    T_EQ_STR(buf_view(&b), want);
    buf_done(&b);
}

static void text(void **state)
{
    static const struct {
        const char *in, *out; /* NULL: no decimal */
    } rows[] = {
        { "0", "0" },
        { "-0", "0" },
        { "-0.00", "0.00" },
        { "007", "7" },
        { "1.10", "1.10" },
        { "-1.10", "-1.10" },
        { "+5", "5" },
        { "0.0001", "0.0001" },
        { "1.20e2", "120" },
        { "1e-3", "0.001" },
        { "12E+1", "120" },
        { "0e99", "0" },
        { "123456789012345678901234567890123456", "123456789012345678901234567890123456" },
        { "1234567890123456789012345678901234567", NULL },
        { "0.123456789012345678901234567890123456789", "0.1234567890123456789012345678901235" },
        { "1e35", "100000000000000000000000000000000000" },
        { "1e36", NULL },
        { "1e-40", "0.0000000000000000000000000000000000" },
        { "1e99999999999", NULL },
        { "", NULL },
        { "-", NULL },
        { ".5", NULL },
        { "5.", NULL },
        { "1e", NULL },
        { "1 ", NULL },
        { "0x10", NULL },
        { "1,5", NULL },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct decimal d;
        T_ROW(rows[i].in);
        T_EQ_INT(decimal_parse(str_z(rows[i].in), &d), rows[i].out != NULL);
        if (rows[i].out)
            same(&d, rows[i].out);
    }
}

typedef bool op(const struct decimal *a, const struct decimal *b, struct decimal *out);

static void arithmetic(void **state)
{
    static const struct {
        op *fn;
        const char *a, *b, *out; /* NULL: none */
    } rows[] = {
        { decimal_add, "0.1", "0.2", "0.3" },
        { decimal_add, "1.10", "1", "2.10" },
        { decimal_add, "5", "-5.0", "0.0" },
        { decimal_add, "-1", "0.5", "-0.5" },
        { decimal_add, "999999999999999999999999999999999999", "1", NULL },
        { decimal_add, "999999999999999999999999999999999999", "0.4",
          "999999999999999999999999999999999999" },
        { decimal_add, "0", "0.1234567890123456789012345678901234",
          "0.1234567890123456789012345678901234" },
        { decimal_sub, "1.8", "1.2", "0.6" },
        { decimal_sub, "1", "1", "0" },
        { decimal_mul, "1.2", "1.8", "2.16" },
        { decimal_mul, "-1.5", "2", "-3.0" },
        { decimal_mul, "0", "-5", "0" },
        { decimal_mul, "12345678901234567890", "12345678901234567890", NULL },
        { decimal_mul, "1.2345678901234567890", "1.2345678901234567890",
          "1.5241578753238836750190519987501905" },
        { decimal_mul, "0.00000000000000000001", "0.00000000000000000001",
          "0.0000000000000000000000000000000000" },
        { decimal_div, "1", "3", "0.3333333333333333333333333333" },
        { decimal_div, "2", "3", "0.6666666666666666666666666667" },
        { decimal_div, "10", "4", "2.5" },
        { decimal_div, "-7", "2", "-3.5" },
        { decimal_div, "1", "0.001", "1000" },
        { decimal_div, "0.001", "1000", "0.000001" },
        { decimal_div, "1", "0", NULL },
        { decimal_div, "0", "5", "0" },
        { decimal_div, "1e30", "1e-30", NULL },
        { decimal_div_int, "7", "2", "3" },
        { decimal_div_int, "-7.9", "2", "-3" },
        { decimal_div_int, "1", "0.3", "3" },
        { decimal_div_int, "1", "0", NULL },
        { decimal_mod, "2.2", "1.8", "0.4" },
        { decimal_mod, "-7", "3", "-1" },
        { decimal_mod, "7", "-3", "1" },
        { decimal_mod, "1", "0", NULL },
        { decimal_power, "2", "10", "1024" },
        { decimal_power, "1.1", "3", "1.331" },
        { decimal_power, "2", "-1", "0.5" },
        { decimal_power, "0", "-1", NULL },
        { decimal_power, "10", "36", NULL },
        { decimal_power, "1", "1000000000", NULL },
        { decimal_power, "2", "0.5", "1.4142135623731" },
        { decimal_log, "8", "2", "3" },
        { decimal_log, "8", "1", NULL },
        { decimal_log, "-8", "2", NULL },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct decimal a = of(rows[i].a), b = of(rows[i].b), out;
        T_ROW(rows[i].a);
        T_EQ_INT(rows[i].fn(&a, &b, &out), rows[i].out != NULL);
        if (rows[i].out)
            same(&out, rows[i].out);
    }
}

static void order(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        { "1.10", "1.1", 0 },
        { "-1", "1", -1 },
        { "-2", "-1", -1 },
        { "0", "-0.0", 0 },
        { "0.1", "0.0999", 1 },
        { "999999999999999999999999999999999999", "0.0000000000000000000000000000000001", 1 },
        { "0.0000000000000000000000000000000001", "999999999999999999999999999999999999", -1 },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct decimal a = of(rows[i].a), b = of(rows[i].b);
        T_ROW(rows[i].a);
        T_EQ_INT(decimal_cmp(&a, &b), rows[i].order);
        T_EQ_INT(decimal_cmp(&b, &a), -rows[i].order);
    }
}

static void rounding(void **state)
{
    static const struct {
        const char *in;
        unsigned scale;
        enum decimal_round how;
        const char *out;
    } rows[] = {
        { "1.455", 2, DECIMAL_HALF_UP, "1.46" }, { "-1.455", 2, DECIMAL_HALF_UP, "-1.46" },
        { "1.454", 2, DECIMAL_HALF_UP, "1.45" }, { "9.99", 1, DECIMAL_HALF_UP, "10.0" },
        { "1.9", 0, DECIMAL_DOWN, "1" },         { "-1.9", 0, DECIMAL_DOWN, "-1" },
        { "-1.1", 0, DECIMAL_FLOOR, "-2" },      { "1.9", 0, DECIMAL_FLOOR, "1" },
        { "1.1", 0, DECIMAL_CEILING, "2" },      { "-1.9", 0, DECIMAL_CEILING, "-1" },
        { "-0.4", 0, DECIMAL_HALF_UP, "0" },     { "1.5", 5, DECIMAL_HALF_UP, "1.5" },
        { "1.0", 0, DECIMAL_CEILING, "1" },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct decimal d = of(rows[i].in);
        T_ROW(rows[i].in);
        decimal_round(&d, rows[i].scale, rows[i].how);
        same(&d, rows[i].out);
    }
}

static void roots(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "81", "9" },
        { "0", "0" },
        { "1.44", "1.2" },
        { "0.0625", "0.25" },
        { "2", "1.4142135623730950" },
        { "1e34", "100000000000000000" },
        { "999999999999999999999999999999999999", "999999999999999999" }, /* no room to round */
        { "0.0000000000000000000000000000000001", "0.00000000000000001" },
        { "-1", NULL },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct decimal d = of(rows[i].in), out;
        T_ROW(rows[i].in);
        T_EQ_INT(decimal_sqrt(&d, &out), rows[i].out != NULL);
        if (rows[i].out)
            same(&out, rows[i].out);
    }
}

static void integers(void **state)
{
    int64_t n = 0;
    struct decimal d = of("5.00");
    (void)state;
    T_TRUE(decimal_to_int(&d, &n));
    T_EQ_INT(n, 5);
    d = of("-9223372036854775807");
    T_TRUE(decimal_to_int(&d, &n));
    T_EQ_INT(n, -INT64_MAX);
    d = of("9223372036854775808");
    T_FALSE(decimal_to_int(&d, &n));
    d = of("0.5");
    T_FALSE(decimal_to_int(&d, &n));
    d = decimal_of_int(INT64_MIN);
    same(&d, "-9223372036854775808");
    T_TRUE(decimal_pad(&d, 3));
    same(&d, "-9223372036854775808.000");
    T_FALSE(decimal_pad(&d, 35));
    d = of("1.500");
    decimal_trim(&d);
    same(&d, "1.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(text),     T_TEST(arithmetic), T_TEST(order),
        T_TEST(rounding), T_TEST(roots),      T_TEST(integers),
    };
    return T_RUN(tests);
}
