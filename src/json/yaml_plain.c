/*
 * The core schema of YAML 1.2.2 (10.3.2), with what it would do silently refused. Tests:
 * yaml_test.c
 */
#include "base/num.h"
#include "json/yaml_int.h"

static const struct {
    struct str text;
    enum yaml_meaning meaning;
} words[] = {
    { STR_INIT(""), YAML_IS_NULL },       { STR_INIT("~"), YAML_IS_NULL },
    { STR_INIT("null"), YAML_IS_NULL },   { STR_INIT("Null"), YAML_IS_NULL },
    { STR_INIT("NULL"), YAML_IS_NULL },   { STR_INIT("true"), YAML_IS_TRUE },
    { STR_INIT("True"), YAML_IS_TRUE },   { STR_INIT("TRUE"), YAML_IS_TRUE },
    { STR_INIT("false"), YAML_IS_FALSE }, { STR_INIT("False"), YAML_IS_FALSE },
    { STR_INIT("FALSE"), YAML_IS_FALSE }, { STR_INIT(".nan"), YAML_NO_JSON },
    { STR_INIT(".NaN"), YAML_NO_JSON },   { STR_INIT(".NAN"), YAML_NO_JSON },
    { STR_INIT(".inf"), YAML_NO_JSON },   { STR_INIT(".Inf"), YAML_NO_JSON },
    { STR_INIT(".INF"), YAML_NO_JSON },   { STR_INIT("+.inf"), YAML_NO_JSON },
    { STR_INIT("+.Inf"), YAML_NO_JSON },  { STR_INIT("+.INF"), YAML_NO_JSON },
    { STR_INIT("-.inf"), YAML_NO_JSON },  { STR_INIT("-.Inf"), YAML_NO_JSON },
    { STR_INIT("-.INF"), YAML_NO_JSON },
};

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 32);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

/* 0o17 and 0xff: the digits behind the prefix. */
static enum yaml_meaning other_base(struct str digits, int base, struct buf *number)
{
    uint64_t v = 0;
    bool fits = true;
    for (size_t i = 0; i < digits.n; i++) {
        int digit = digit_of(digits.p[i]);
        if (digit >= base)
            return YAML_IS_TEXT;
        fits = fits && !__builtin_mul_overflow(v, (uint64_t)base, &v) &&
               !__builtin_add_overflow(v, (uint64_t)digit, &v);
    }
    if (digits.n == 0)
        return YAML_IS_TEXT;
    if (!fits)
        return YAML_NO_JSON;
    buf_u64(number, v);
    return YAML_IS_NUMBER;
}

static struct str take_digits(struct str *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    struct str digits = str_sub(*rest, 0, n);
    *rest = str_from(*rest, n);
    return digits;
}

static bool take(struct str *rest, const char *any_of)
{
    if (rest->n == 0 || rest->p[0] == '\0' || !strchr(any_of, rest->p[0]))
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static enum yaml_meaning decimal(struct str text, struct buf *number)
{
    struct str rest = text;
    bool minus = rest.n > 0 && rest.p[0] == '-';
    (void)take(&rest, "+-"); /* the sign is optional */
    struct str whole = take_digits(&rest);
    bool point = take(&rest, ".");
    struct str fraction = point ? take_digits(&rest) : STR_NULL;
    if (whole.n + fraction.n == 0)
        return YAML_IS_TEXT;
    struct str exponent = rest;
    if (take(&rest, "eE")) {
        (void)take(&rest, "+-");
        if (take_digits(&rest).n == 0)
            return YAML_IS_TEXT;
    }
    if (rest.n > 0)
        return YAML_IS_TEXT;
    if (whole.n > 1 && whole.p[0] == '0')
        return YAML_LEADING_ZERO;
    if (minus)
        buf_char(number, '-');
    buf_str(number, whole.n ? whole : STR("0"));
    if (point) {
        buf_char(number, '.');
        buf_str(number, fraction.n ? fraction : STR("0"));
    }
    buf_str(number, exponent);
    return YAML_IS_NUMBER;
}

enum yaml_meaning yaml_plain(struct str text, struct buf *number)
{
    for (size_t i = 0; i < ZS_COUNT(words); i++)
        if (str_eq(text, words[i].text))
            return words[i].meaning;
    if (str_starts(text, STR("0o")))
        return other_base(str_from(text, 2), 8, number);
    if (str_starts(text, STR("0x")))
        return other_base(str_from(text, 2), 16, number);
    return decimal(text, number);
}
