/*
 * Strict numbers, sizes and durations. Tests: num_test.c, fuzz: num_fuzz.c
 */
#include "base/num.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#define MANTISSA_MAX 800 /* digits that can still move a double; what lies behind counts as one */
#define EXP_MAX      ((int64_t)1 << 40) /* beyond what any length of digits could make up for */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_end(struct str s, size_t at)
{
    while (at < s.n && is_digit(s.p[at]))
        at++;
    return at;
}

static enum rc not_a_number(struct err *e, size_t pos)
{
    return err_set_at(e, RC_SYNTAX, "BASE-003", pos, "not a number");
}

/* The value of a run of digits; false when it does not fit 64 bits. */
static bool digits_value(struct str s, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *out = v;
    return true;
}

static enum rc range_u64(struct err *e, uint64_t min, uint64_t max)
{
    return err_set(e, RC_VALUE, "BASE-004", "must be from %llu to %llu", (unsigned long long)min,
                   (unsigned long long)max);
}

enum rc num_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
    size_t end = digits_end(s, 0);
    if (end == 0 || end < s.n)
        return not_a_number(e, end);
    uint64_t v = 0;
    if (!digits_value(s, &v) || v < min || v > max)
        return range_u64(e, min, max);
    *out = v;
    return RC_OK;
}

static enum rc range_i64(struct err *e, int64_t min, int64_t max)
{
    return err_set(e, RC_VALUE, "BASE-004", "must be from %lld to %lld", (long long)min,
                   (long long)max);
}

enum rc num_i64(struct str s, int64_t min, int64_t max, int64_t *out, struct err *e)
{
    bool minus = s.n > 0 && s.p[0] == '-';
    size_t start = minus || (s.n > 0 && s.p[0] == '+') ? 1 : 0;
    size_t end = digits_end(s, start);
    if (end == start || end < s.n)
        return not_a_number(e, end);
    uint64_t size = 0;
    uint64_t ceiling = minus ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (!digits_value(str_from(s, start), &size) || size > ceiling)
        return range_i64(e, min, max);
    int64_t v = minus ? (int64_t)(0 - size) : (int64_t)size;
    if (v < min || v > max)
        return range_i64(e, min, max);
    *out = v;
    return RC_OK;
}

enum rc num_hex(struct str s, uint64_t *out, struct err *e)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        char low = (char)(c | 0x20);
        unsigned digit = 0;
        if (is_digit(c))
            digit = (unsigned)(c - '0');
        else if (low >= 'a' && low <= 'f')
            digit = (unsigned)(low - 'a') + 10;
        else
            return not_a_number(e, i);
        if (i >= 16)
            return err_set(e, RC_VALUE, "BASE-004", "must have at most 16 hexadecimal digits");
        v = v << 4 | digit;
    }
    if (s.n == 0)
        return not_a_number(e, 0);
    *out = v;
    return RC_OK;
}

/*
 * Where a JSON number's parts lie: -?int[.frac][e exp]. json_split returns the position of the
 * first byte that does not fit, s.n when all do, SIZE_MAX when more had to come.
 */
struct json_parts {
    size_t int_at, int_end;
    size_t frac_at, frac_end; /* equal when there is none */
    struct str exp;           /* digits with their sign; empty when there is none */
};

static size_t bad_or_end(struct str s, size_t at)
{
    return at < s.n ? at : SIZE_MAX;
}

static size_t json_exponent(struct str s, size_t at, struct json_parts *p)
{
    size_t sign = at + 1;
    bool has_sign = sign < s.n && (s.p[sign] == '-' || s.p[sign] == '+');
    size_t digit = sign + (has_sign ? 1 : 0);
    size_t end = digits_end(s, digit);
    if (end == digit)
        return bad_or_end(s, end);
    p->exp = str_sub(s, sign, end - sign);
    return end;
}

static size_t json_split(struct str s, struct json_parts *p)
{
    size_t at = s.n > 0 && s.p[0] == '-' ? 1 : 0;
    *p = (struct json_parts){ .int_at = at, .int_end = digits_end(s, at), .exp = STR_NULL };
    if (p->int_end == at)
        return bad_or_end(s, at);
    if (s.p[at] == '0' && p->int_end > at + 1)
        return at + 1;
    at = p->int_end;
    p->frac_at = p->frac_end = at;
    if (at < s.n && s.p[at] == '.') {
        p->frac_at = at + 1;
        p->frac_end = digits_end(s, p->frac_at);
        if (p->frac_end == p->frac_at)
            return bad_or_end(s, p->frac_end);
        at = p->frac_end;
    }
    return at < s.n && (s.p[at] | 0x20) == 'e' ? json_exponent(s, at, p) : at;
}

bool num_is_json(struct str s)
{
    struct json_parts p;
    return s.n > 0 && json_split(s, &p) == s.n;
}

bool num_is_nm(struct str s)
{
    size_t at = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    size_t whole = digits_end(s, at);
    size_t digits = whole - at;
    at = whole;
    if (at < s.n && s.p[at] == '.') {
        size_t end = digits_end(s, at + 1);
        digits += end - (at + 1);
        at = end;
    }
    return digits > 0 && at == s.n;
}

/* All significant digits in one run without a point, and the power of ten behind them. */
struct decimal {
    char digits[MANTISSA_MAX + 2];
    size_t n;
    int64_t exp10;
};

static void decimal_add(struct decimal *d, struct str run, bool is_fraction)
{
    for (size_t i = 0; i < run.n; i++) {
        bool leading = d->n == 0 && run.p[i] == '0';
        if (!leading && d->n < MANTISSA_MAX)
            d->digits[d->n++] = run.p[i];
        else if (!leading) {
            /* too far behind to matter except to say "a little more than a tie" */
            if (run.p[i] != '0')
                d->digits[MANTISSA_MAX - 1] = (char)(d->digits[MANTISSA_MAX - 1] | 1);
            d->exp10++;
        }
        if (is_fraction)
            d->exp10--;
    }
}

static bool decimal_is_small(const struct decimal *d, uint64_t *mantissa)
{
    return d->n <= 19 && digits_value(str_of(d->digits, d->n), mantissa) &&
           *mantissa <= (uint64_t)1 << 53 && d->exp10 >= -22 && d->exp10 <= 22;
}

/* Exact when both the digits and the power of ten are exact doubles (Clinger 1990). */
static double small_value(uint64_t mantissa, int64_t exp10)
{
    static const double ten[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    return exp10 < 0 ? (double)mantissa / ten[-exp10] : (double)mantissa * ten[exp10];
}

enum rc num_double(struct str s, double *out, struct err *e)
{
    struct json_parts p;
    size_t end = s.n > 0 ? json_split(s, &p) : SIZE_MAX;
    if (end != s.n)
        return not_a_number(e, end == SIZE_MAX ? s.n : end);
    struct decimal d;
    d.n = 0;
    d.exp10 = 0;
    decimal_add(&d, str_sub(s, p.int_at, p.int_end - p.int_at), false);
    decimal_add(&d, str_sub(s, p.frac_at, p.frac_end - p.frac_at), true);
    int64_t exp = 0;
    if (p.exp.n > 0 && num_i64(p.exp, -EXP_MAX, EXP_MAX, &exp, NULL) != RC_OK)
        exp = p.exp.p[0] == '-' ? -EXP_MAX : EXP_MAX;
    d.exp10 += exp;
    double v = 0;
    uint64_t mantissa = 0;
    if (d.n > 0 && decimal_is_small(&d, &mantissa)) {
        v = small_value(mantissa, d.exp10);
    } else if (d.n > 0) {
        /* no point in the text, so that the locale has nothing to say */
        char text[MANTISSA_MAX + 32];
        memcpy(text, d.digits, d.n);
        int n = snprintf(text + d.n, sizeof text - d.n, "e%lld", (long long)d.exp10);
        ZS_ASSERT(n > 0 && (size_t)n < sizeof text - d.n);
        v = strtod(text, NULL);
    }
    if (!isfinite(v))
        return err_set(e, RC_VALUE, "BASE-004", "must fit a double-precision number");
    *out = s.p[0] == '-' ? -v : v;
    return RC_OK;
}

/* Digits and exponent of the shortest form that reads back: d.ddd × 10^exp. */
static size_t shortest(double v, char digits[20], int *exp)
{
    char text[40];
    for (int precision = 0;; precision++) {
        int n = snprintf(text, sizeof text, "%.*e", precision, v);
        ZS_ASSERT(n > 0 && (size_t)n < sizeof text);
        if (precision == 16 || strtod(text, NULL) == v)
            break;
    }
    const char *e = strchr(text, 'e');
    size_t n = 0;
    for (const char *p = text; p < e; p++)
        if (is_digit(*p))
            digits[n++] = *p;
    *exp = (int)strtol(e + 1, NULL, 10); /* our own text: always a short integer */
    return n;
}

void num_double_text(struct buf *b, double v)
{
    ZS_ASSERT(isfinite(v));
    if (signbit(v))
        buf_char(b, '-');
    v = fabs(v);
    if (v == 0) {
        buf_char(b, '0');
        return;
    }
    char digits[20] = "";
    int exp = 0;
    size_t n = shortest(v, digits, &exp);
    if (exp < -7 || exp >= 21) {
        buf_char(b, digits[0]);
        if (n > 1)
            buf_char(b, '.');
        buf_add(b, digits + 1, n - 1);
        buf_z(b, exp < 0 ? "e-" : "e+");
        buf_u64(b, (uint64_t)abs(exp));
    } else if (exp < 0) {
        buf_z(b, "0.");
        buf_fill(b, '0', (size_t)(-exp - 1));
        buf_add(b, digits, n);
    } else {
        size_t whole = (size_t)exp + 1;
        buf_add(b, digits, size_min(n, whole));
        if (n < whole)
            buf_fill(b, '0', whole - n);
        if (n > whole) {
            buf_char(b, '.');
            buf_add(b, digits + whole, n - whole);
        }
    }
}

static const struct {
    struct str name;
    unsigned shift;
} size_units[] = {
    { STR_INIT(""), 0 },    { STR_INIT("b"), 0 },    { STR_INIT("k"), 10 },
    { STR_INIT("kb"), 10 }, { STR_INIT("kib"), 10 }, { STR_INIT("m"), 20 },
    { STR_INIT("mb"), 20 }, { STR_INIT("mib"), 20 }, { STR_INIT("g"), 30 },
    { STR_INIT("gb"), 30 }, { STR_INIT("gib"), 30 }, { STR_INIT("t"), 40 },
    { STR_INIT("tb"), 40 }, { STR_INIT("tib"), 40 },
};

enum rc num_size(struct str s, uint64_t min, uint64_t max, uint64_t *out, struct err *e)
{
    size_t end = digits_end(s, 0);
    struct str unit = str_from(s, end);
    size_t i = 0;
    while (i < ZS_COUNT(size_units) && !str_ieq(unit, size_units[i].name))
        i++;
    if (end == 0 || i == ZS_COUNT(size_units))
        return err_set_at(e, RC_SYNTAX, "BASE-005", end,
                          "not a size: digits and a unit such as k, MB or GiB");
    uint64_t v = 0;
    if (!digits_value(str_sub(s, 0, end), &v) ||
        __builtin_mul_overflow(v, (uint64_t)1 << size_units[i].shift, &v) || v < min || v > max)
        return range_u64(e, min, max);
    *out = v;
    return RC_OK;
}

void num_size_text(struct buf *b, uint64_t n)
{
    static const char units[] = "kMGT";
    size_t unit = 0;
    while (n > 0 && n % 1024 == 0 && unit < sizeof units - 1) {
        n /= 1024;
        unit++;
    }
    buf_u64(b, n);
    if (unit > 0)
        buf_char(b, units[unit - 1]);
}

/* Largest first: a later unit of the text must come later here. */
static const struct {
    struct str name;
    uint64_t ms;
} time_units[] = {
    { STR_INIT("w"), 604800000 }, { STR_INIT("d"), 86400000 }, { STR_INIT("h"), 3600000 },
    { STR_INIT("m"), 60000 },     { STR_INIT("s"), 1000 },     { STR_INIT("ms"), 1 },
};

/* The unit named by `name` among those after `from`; ZS_COUNT(time_units) when there is none. */
static size_t find_time_unit(struct str name, size_t from)
{
    size_t i = from;
    while (i < ZS_COUNT(time_units) && !str_eq(name, time_units[i].name))
        i++;
    return i;
}

static size_t letters_end(struct str s, size_t at)
{
    while (at < s.n && s.p[at] >= 'a' && s.p[at] <= 'z')
        at++;
    return at;
}

/* Sum of all parts; *bad is where the grammar broke (ERR_NO_POS when only the value is too big). */
static bool duration_sum(struct str s, uint64_t *out, size_t *bad)
{
    uint64_t sum = 0;
    size_t unit = 0;
    size_t at = 0;
    bool fits = true;
    do {
        size_t end = digits_end(s, at);
        size_t unit_end = letters_end(s, end);
        bool bare = at == 0 && end == s.n;
        size_t i =
            bare ? ZS_COUNT(time_units) - 1 : find_time_unit(str_sub(s, end, unit_end - end), unit);
        *bad = end;
        if (end == at || i == ZS_COUNT(time_units))
            return false;
        uint64_t v = 0;
        fits = fits && digits_value(str_sub(s, at, end - at), &v) &&
               !__builtin_mul_overflow(v, time_units[i].ms, &v) &&
               !__builtin_add_overflow(sum, v, &sum);
        unit = i + 1;
        at = unit_end;
    } while (at < s.n);
    *bad = ERR_NO_POS;
    *out = sum;
    return fits;
}

enum rc num_duration(struct str s, int64_t min_ms, int64_t max_ms, int64_t *out_ms, struct err *e)
{
    uint64_t sum = 0;
    size_t bad = 0;
    bool fits = duration_sum(s, &sum, &bad);
    if (bad != ERR_NO_POS)
        return err_set_at(e, RC_SYNTAX, "BASE-006", bad,
                          "not a duration: digits and a unit (ms, s, m, h, d, w), largest first");
    if (!fits || sum > INT64_MAX || (int64_t)sum < min_ms || (int64_t)sum > max_ms)
        return err_set(e, RC_VALUE, "BASE-004", "must be from %lld to %lld ms", (long long)min_ms,
                       (long long)max_ms);
    *out_ms = (int64_t)sum;
    return RC_OK;
}

void num_duration_text(struct buf *b, int64_t ms)
{
    ZS_ASSERT(ms >= 0);
    if (ms == 0) {
        buf_z(b, "0ms");
        return;
    }
    uint64_t left = (uint64_t)ms;
    for (size_t i = 0; i < ZS_COUNT(time_units); i++) {
        uint64_t n = left / time_units[i].ms;
        /* weeks only when nothing else is left: people say 10d, not 1w3d */
        if (n == 0 || (i == 0 && left % time_units[i].ms != 0))
            continue;
        buf_u64(b, n);
        buf_str(b, time_units[i].name);
        left %= time_units[i].ms;
    }
}
