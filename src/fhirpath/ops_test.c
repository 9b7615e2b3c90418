/*
 * The operators: three-valued logic, equality, order, arithmetic, precedence; what goes together
 * and what does not. Expected values are the specification's where it gives them.
 */
#include "fhirpath/fp_test.h"

static const struct fp_row logic[] = {
    { "true and true", "[true]" },
    { "true and false", "[false]" },
    { "true and {}", "[]" },
    { "false and {}", "[false]" },
    { "{} and false", "[false]" },
    { "{} and {}", "[]" },
    { "true or {}", "[true]" },
    { "{} or true", "[true]" },
    { "false or {}", "[]" },
    { "{} or {}", "[]" },
    { "true xor {}", "[]" },
    { "true xor true", "[false]" },
    { "true implies {}", "[]" },
    { "false implies {}", "[true]" },
    { "{} implies true", "[true]" },
    { "{} implies false", "[]" },
    { "true implies false", "[false]" },
    { "true and 'a'", "[true]" },
    { "(1|2) and true", "!FP-101@6" },
    { "true and (1|2)", "!FP-101@5" },
    /* the left operand decides: the right one is not looked at */
    { "false and (1|2)", "[false]" },
    { "true or (1|2)", "[true]" },
    { "false implies (1|2)", "[true]" },
};

static void three_values(void **state)
{
    (void)state;
    fp_rows(logic, ZS_COUNT(logic), NULL);
}

static const struct fp_row equality[] = {
    { "1 = 1.0", "[true]" },
    { "1.10 = 1.1", "[true]" },
    { "'a' = 'A'", "[false]" },
    { "'a' ~ ' A '", "[true]" },
    { "'a  b' ~ 'A\\tB'", "[true]" },
    { "'ab' ~ 'a b'", "[false]" },
    { "'Stra\\u00dfe' ~ 'STRA\\u00dfE'", "[true]" },
    { "1 = '1'", "[false]" },
    { "{} = {}", "[]" },
    { "{} ~ {}", "[true]" },
    { "1 ~ {}", "[false]" },
    { "1 != {}", "[]" },
    { "(1|2) = (1|2)", "[true]" },
    { "(1|2) = (2|1)", "[false]" },
    { "(1|2) ~ (2|1)", "[true]" },
    { "(1).combine(1) ~ (1|2)", "[false]" },
    { "1.67 ~ 1.7", "[true]" },
    { "1.67 !~ 1.6", "[true]" },
    { "true = 'true'", "[false]" },
    { "@2012 = @2012", "[true]" },
    { "@2012 = @2013", "[false]" },
    { "@2012 = @2012-01", "[]" },
    { "@2012 ~ @2012-01", "[false]" },
    { "@2012-01-01 = @2012-01-01T", "[true]" },
    { "@2012-01-01T10:00:00+02:00 = @2012-01-01T08:00:00Z", "[true]" },
    { "@2012-01-01T10:00:00+02:00 = @2012-01-01T10:00:00", "[]" },
    { "@2012-01-01T10:00:00+02:00 = @2012-01-05T10:00:00", "[false]" },
    { "@T10:00 = @T10:00:00", "[]" },
    { "@T10:00:00 = @T10:00:00.0", "[true]" },
    { "@T10:00 = @2012", "[false]" },
    { "4 days = 4 'd'", "[true]" },
    { "1 week = 7 days", "[true]" },
    { "1 year = 12 months", "[true]" },
    { "1 year = 1 'a'", "[]" },
    { "4 'mg' = 4.0 'mg'", "[true]" },
    { "4 'mg' = 4 'kg'", "[]" },
    { "4 = 4 '1'", "[true]" },
};

static void equal_or_not(void **state)
{
    (void)state;
    fp_rows(equality, ZS_COUNT(equality), NULL);
}

static const struct fp_row order[] = {
    { "1 < 2", "[true]" },
    { "2 <= 2.0", "[true]" },
    { "'a' < 'b'", "[true]" },
    { "'Z' < 'a'", "[true]" },
    { "1 > {}", "[]" },
    { "1 < 'a'", "!FP-102@2" },
    { "true < false", "!FP-102@5" },
    { "(1|2) < 3", "!FP-101@6" },
    { "@2012 < @2013-01", "[true]" },
    { "@2012 < @2012-01", "[]" },
    { "@T10:00 < @2012", "!FP-102@8" },
    { "@2018-03-01T10:30:00 >= @2018-03-01T10:30:00.0", "[true]" },
    { "@2012-01-01T00:00:00Z < @2012-01-03T00:00:00", "[true]" },
    { "@2012-01-01T00:00:00Z < @2012-01-01T10:00:00", "[]" },
    { "5 'mg' > 4 'mg'", "[true]" },
    { "5 'mg' > 4 'kg'", "[]" },
    { "8 days > 1 week", "[true]" },
};

static void order_or_none(void **state)
{
    (void)state;
    fp_rows(order, ZS_COUNT(order), NULL);
}

static const struct fp_row arithmetic[] = {
    { "1 + 2 * 3", "[7]" },
    { "0.1 + 0.2", "[0.3]" },
    { "1.10 + 0", "[1.10]" },
    { "1.2 * 1.8", "[2.16]" },
    { "1 / 3", "[0.3333333333333333333333333333]" },
    { "4 / 2", "[2]" },
    { "1 / 0", "[]" },
    { "7 div 2", "[3]" },
    { "-7 div 2", "[-3]" },
    { "7 mod 3", "[1]" },
    { "2.2 mod 1.8", "[0.4]" },
    { "5 div 0", "[]" },
    { "5 mod 0", "[]" },
    { "2147483647 + 1", "[]" },
    { "2147483648 + 1", "[2147483649]" },
    { "-2147483647 - 2", "[]" },
    { "100000 * 100000", "[]" },
    { "'a' + 'b'", "[\"ab\"]" },
    { "'a' + 1", "!FP-102@4" },
    { "'a' & {} & 1 & true", "[\"a1true\"]" },
    { "{} & {}", "[\"\"]" },
    { "'a' + {}", "[]" },
    { "-(1.5)", "[-1.5]" },
    { "-'a'", "!FP-102@0" },
    { "+5", "[5]" },
    { "-{}", "[]" },
    { "4 'mg' + 2 'mg'", "[{\"value\":6,\"unit\":\"mg\"}]" },
    { "4 'mg' + 2 'kg'", "[]" },
    { "4 'mg' * 2", "[{\"value\":8,\"unit\":\"mg\"}]" },
    { "4 'mg' / 2 'mg'", "[{\"value\":2,\"unit\":\"1\"}]" },
    { "-(4 'mg')", "[{\"value\":-4,\"unit\":\"mg\"}]" },
    { "@2012-01-31 + 1 month", "[\"2012-02-29\"]" },
    { "@2012-02-29 + 1 year", "[\"2013-02-28\"]" },
    { "@2012-03-01 - 1 day", "[\"2012-02-29\"]" },
    { "@2012 + 24 months", "[\"2014\"]" },
    { "@2012-01 + 45 days", "[\"2012-02\"]" },
    { "@2012-01-01T23:30:00+02:00 + 45 minutes", "[\"2012-01-02T00:15:00+02:00\"]" },
    { "@2012-01-01T00:00:00 + 1.5 seconds", "[\"2012-01-01T00:00:01.500\"]" },
    { "@2012-01-01 + 1.9 days", "[\"2012-01-02\"]" },
    { "@T23:30 + 1 hour", "[\"00:30\"]" },
    { "@T00:30 - 1 hour", "[\"23:30\"]" },
    { "@2012-01-01 + 1 'mo'", "!FP-102@12" },
    { "@2012-01-01 + 1 'cm'", "!FP-102@12" },
    { "@2012-01-01 + 1", "!FP-102@12" },
    { "@9999-12-31 + 1 day", "[]" },
};

static void numbers_and_dates(void **state)
{
    (void)state;
    fp_rows(arithmetic, ZS_COUNT(arithmetic), NULL);
}

static const struct fp_row collections[] = {
    { "1 | 2 | 1", "[1,2]" },
    { "{} | 1", "[1]" },
    { "2 in (1|2)", "[true]" },
    { "{} in (1|2)", "[]" },
    { "2 in {}", "[false]" },
    { "(1|2) in (1|2)", "!FP-101@6" },
    { "(1|2) contains 2", "[true]" },
    { "(1|2) contains {}", "[]" },
    { "1 is Integer", "[true]" },
    { "1 is System.Integer", "[true]" },
    { "1 is Decimal", "[false]" },
    { "{} is Integer", "[]" },
    { "(1|2) is Integer", "!FP-101@6" },
    { "1 as Integer", "[1]" },
    { "1 as String", "[]" },
    { "('a'|1|2).ofType(Integer)", "[1,2]" },
    { "(1|2)[1]", "[2]" },
    { "(1|2)[5]", "[]" },
    { "(1|2)[{}]", "[]" },
    { "(1|2)[0 + 1]", "[2]" },
    { "(1|2)['a']", "!FP-103@5" },
};

static void on_collections(void **state)
{
    (void)state;
    fp_rows(collections, ZS_COUNT(collections), NULL);
}

static const struct fp_row precedence[] = {
    { "1 + 2 * 3 - 4 div 2", "[5]" },
    { "-1 + 2", "[1]" },
    { "2 - 1 - 1", "[0]" },
    { "1 | 2 = 2 | 1", "[false]" },
    { "1 < 2 = true", "[true]" },
    { "true or false and false", "[true]" },
    { "false implies false implies false", "[false]" },
    { "1 + 1 in 2 | 3", "[true]" },
    { "1 is Integer and 'a' is String", "[true]" },
    { "-1.abs()", "[-1]" },
    { "(-1).abs()", "[1]" },
    { "2 * -3", "[-6]" },
    { "1 > 2 is Boolean", "!FP-102@2" },
};

static void tighter_first(void **state)
{
    (void)state;
    fp_rows(precedence, ZS_COUNT(precedence), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(three_values),      T_TEST(equal_or_not),   T_TEST(order_or_none),
        T_TEST(numbers_and_dates), T_TEST(on_collections), T_TEST(tighter_first),
    };
    return T_RUN(tests);
}
