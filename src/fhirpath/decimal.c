/*
 * Decimal arithmetic on a 128-bit coefficient.
 *
 * Everything but the functions of analysis is exact integer work; where digits must go, they go
 * once and are rounded once. Products are formed in 256 bits before that. Tests: decimal_test.c
 */
#include "fhirpath/decimal.h"

#include <math.h>
#include <stdio.h>

/* ISO C has no 128-bit integer; both compilers do. */
__extension__ typedef unsigned __int128 u128;

#define DIGITS_MAX      36 /* of a coefficient: 10^36 < 2^120, so times ten still fits */
#define QUOTIENT_DIGITS 28
#define ROOT_DIGITS     17
#define FUNCTION_DIGITS 15
#define POWER_MAX       100000 /* whole exponents beyond it overflow or vanish anyway */
#define POW10_WORD      19     /* 10^19 is the largest that fits 64 bits */
#define TEXT_MAX        64

static u128 pow10u(unsigned n)
{
    static const uint64_t word[POW10_WORD + 1] = {
        1u,
        10u,
        100u,
        1000u,
        10000u,
        100000u,
        1000000u,
        10000000u,
        100000000u,
        1000000000u,
        10000000000u,
        100000000000u,
        1000000000000u,
        10000000000000u,
        100000000000000u,
        1000000000000000u,
        10000000000000000u,
        100000000000000000u,
        1000000000000000000u,
        10000000000000000000u,
    };
    ZS_ASSERT(n <= 2 * POW10_WORD);
    return n <= POW10_WORD ? word[n] : (u128)word[POW10_WORD] * word[n - POW10_WORD];
}

static u128 magnitude(const struct decimal *d)
{
    return ((u128)d->hi << 64) | d->lo;
}

static struct decimal make(u128 m, unsigned scale, bool neg)
{
    return (struct decimal){
        .lo = (uint64_t)m, .hi = (uint64_t)(m >> 64), .scale = (uint8_t)scale, .neg = neg && m != 0
    };
}

/* m without its last k digits, rounded half up. */
static u128 drop(u128 m, unsigned k)
{
    if (k > 2 * POW10_WORD)
        return 0;
    u128 p = pow10u(k);
    u128 q = m / p;
    return (m % p) >= p - p / 2 ? q + 1 : q;
}

static unsigned digits(u128 m)
{
    unsigned n = 1;
    while (n < 2 * POW10_WORD && m >= pow10u(n))
        n++;
    return n;
}

/* Bring {m, scale} below the limits by dropping digits behind the point. */
static bool fit(u128 m, unsigned scale, bool neg, struct decimal *out)
{
    unsigned k = scale > DECIMAL_SCALE_MAX ? scale - DECIMAL_SCALE_MAX : 0;
    unsigned n = digits(m);
    if (n > DIGITS_MAX && n - DIGITS_MAX > k)
        k = n - DIGITS_MAX;
    if (k > scale)
        return false;
    if (k)
        m = drop(m, k);
    if (m >= pow10u(DIGITS_MAX)) { /* 999…9.5 became 1000…0: that zero can go without rounding */
        if (++k > scale)
            return false;
        m /= 10;
    }
    *out = make(m, scale - k, neg);
    return true;
}

struct decimal decimal_of_int(int64_t v)
{
    uint64_t m = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
    return make(m, 0, v < 0);
}

/* ---- text ---- */

struct digits_in {
    u128 m;
    unsigned scale;
    size_t n;      /* digits seen */
    bool full;     /* the coefficient takes no more */
    bool round_up; /* the first digit that was left out */
    bool over;     /* a digit before the point was left out */
};

/* The run of digits at *at; those behind the point count in scale. */
static void take_digits(struct str s, size_t *at, bool behind, struct digits_in *d)
{
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; (*at)++, d->n++) {
        unsigned digit = (unsigned)(s.p[*at] - '0');
        if (d->m >= pow10u(DIGITS_MAX - 1)) {
            d->over = d->over || !behind;
            d->round_up = d->round_up || (!d->full && digit >= 5);
            d->full = true;
            continue;
        }
        if (d->full)
            continue;
        d->m = d->m * 10 + digit;
        d->scale += behind;
    }
}

/* "e-3" at *at. False when the letter has no digits behind it. */
static bool take_exponent(struct str s, size_t *at, int *out)
{
    int exponent = 0;
    bool neg = false;
    (*at)++;
    if (*at < s.n && (s.p[*at] == '-' || s.p[*at] == '+'))
        neg = s.p[(*at)++] == '-';
    size_t first = *at;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; (*at)++)
        exponent = exponent < 10000 ? exponent * 10 + (s.p[*at] - '0') : exponent;
    *out = neg ? -exponent : exponent;
    return *at > first;
}

static bool shift(u128 m, int scale, bool neg, struct decimal *out)
{
    if (m == 0)
        scale = scale < 0 ? 0 : scale;
    if (scale < 0) {
        if (scale < -DIGITS_MAX || digits(m) + (unsigned)-scale > DIGITS_MAX)
            return false;
        m *= pow10u((unsigned)-scale);
        scale = 0;
    }
    return fit(m, (unsigned)scale, neg, out);
}

bool decimal_parse(struct str s, struct decimal *out)
{
    struct digits_in d = { 0 };
    size_t at = 0;
    int exponent = 0;
    bool neg = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        neg = s.p[at++] == '-';
    take_digits(s, &at, false, &d);
    if (d.n == 0)
        return false;
    if (at < s.n && s.p[at] == '.') {
        size_t point = at++;
        take_digits(s, &at, true, &d);
        if (at == point + 1)
            return false;
    }
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E') && !take_exponent(s, &at, &exponent))
        return false;
    if (at != s.n || d.over)
        return false;
    return shift(d.m + d.round_up, (int)d.scale - exponent, neg, out);
}

void decimal_write(const struct decimal *d, struct buf *b)
{
    char text[TEXT_MAX];
    size_t at = sizeof text;
    u128 m = magnitude(d);
    unsigned n = 0;
    do {
        if (n == d->scale && n > 0)
            text[--at] = '.';
        text[--at] = (char)('0' + (int)(m % 10));
        m /= 10;
        n++;
    } while (m != 0 || n <= d->scale);
    if (d->neg)
        text[--at] = '-';
    buf_add(b, text + at, sizeof text - at);
}

/* ---- order ---- */

bool decimal_is_zero(const struct decimal *d)
{
    return magnitude(d) == 0;
}

/* Compare |a| and |b|. Where scaling overflows, the scaled one is the larger: no coefficient
 * reaches 10^36, and what does not fit 128 bits is over 10^38. */
static int cmp_magnitude(const struct decimal *a, const struct decimal *b)
{
    u128 ma = magnitude(a), mb = magnitude(b);
    if (a->scale < b->scale && ma != 0 &&
        __builtin_mul_overflow(ma, pow10u((unsigned)(b->scale - a->scale)), &ma))
        return 1;
    if (b->scale < a->scale && mb != 0 &&
        __builtin_mul_overflow(mb, pow10u((unsigned)(a->scale - b->scale)), &mb))
        return -1;
    return ma < mb ? -1 : ma > mb;
}

int decimal_cmp(const struct decimal *a, const struct decimal *b)
{
    if (a->neg != b->neg)
        return a->neg ? -1 : 1;
    int order = cmp_magnitude(a, b);
    return a->neg ? -order : order;
}

/* ---- arithmetic ---- */

void decimal_neg(struct decimal *d)
{
    d->neg = !d->neg && !decimal_is_zero(d);
}

/* Give both the same scale: the larger one if it fits, else the largest that does. */
static bool align(struct decimal *a, struct decimal *b)
{
    struct decimal *low = a->scale < b->scale ? a : b;
    struct decimal *high = low == a ? b : a;
    unsigned room = DIGITS_MAX - digits(magnitude(low));
    unsigned want = (unsigned)(high->scale - low->scale);
    if (decimal_is_zero(low))
        room = want;
    if (want > room) {
        decimal_round(high, low->scale + room, DECIMAL_HALF_UP);
        want = room;
    }
    return decimal_pad(low, low->scale + want);
}

bool decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal x = *a, y = *b;
    if (!align(&x, &y))
        return false;
    u128 mx = magnitude(&x), my = magnitude(&y);
    if (x.neg == y.neg)
        return fit(mx + my, x.scale, x.neg, out);
    return mx >= my ? fit(mx - my, x.scale, x.neg, out) : fit(my - mx, x.scale, y.neg, out);
}

bool decimal_sub(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal minus = *b;
    decimal_neg(&minus);
    return decimal_add(a, &minus, out);
}

/* A 256-bit number, least significant word first. */
struct wide {
    uint64_t w[4];
};

static struct wide wide_mul(u128 a, u128 b)
{
    const uint64_t x[2] = { (uint64_t)a, (uint64_t)(a >> 64) };
    const uint64_t y[2] = { (uint64_t)b, (uint64_t)(b >> 64) };
    struct wide r = { { 0 } };
    for (unsigned i = 0; i < 2; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; j < 2; j++) {
            u128 t = (u128)x[i] * y[j] + r.w[i + j] + carry;
            r.w[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        r.w[i + 2] = carry;
    }
    return r;
}

static unsigned wide_div10(struct wide *v)
{
    uint64_t rest = 0;
    for (unsigned i = 4; i-- > 0;) {
        u128 t = ((u128)rest << 64) | v->w[i];
        v->w[i] = (uint64_t)(t / 10);
        rest = (uint64_t)(t % 10);
    }
    return (unsigned)rest;
}

static bool wide_fits(const struct wide *v)
{
    return v->w[3] == 0 && v->w[2] == 0 && (((u128)v->w[1] << 64) | v->w[0]) < pow10u(DIGITS_MAX);
}

bool decimal_mul(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct wide p = wide_mul(magnitude(a), magnitude(b));
    unsigned scale = (unsigned)a->scale + b->scale;
    unsigned last = 0;
    /* the last digit dropped decides the rounding: half away from zero needs no sticky bit */
    while (scale > DECIMAL_SCALE_MAX || !wide_fits(&p)) {
        if (scale == 0)
            return false;
        last = wide_div10(&p);
        scale--;
    }
    u128 m = (((u128)p.w[1] << 64) | p.w[0]) + (last >= 5);
    return fit(m, scale, a->neg != b->neg, out);
}

bool decimal_div(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    u128 divisor = magnitude(b), m = magnitude(a);
    if (divisor == 0)
        return false;
    u128 q = m / divisor, rest = m % divisor;
    int scale = (int)a->scale - (int)b->scale;
    while (scale < 0 ||
           (rest != 0 && scale < DECIMAL_SCALE_MAX && q < pow10u(QUOTIENT_DIGITS - 1))) {
        if (q >= pow10u(DIGITS_MAX - 1))
            return false;
        rest *= 10;
        q = q * 10 + rest / divisor;
        rest %= divisor;
        scale++;
    }
    if (rest >= divisor - rest)
        q++;
    return fit(q, (unsigned)scale, a->neg != b->neg, out);
}

bool decimal_div_int(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    u128 divisor = magnitude(b), m = magnitude(a);
    if (divisor == 0)
        return false;
    u128 q = m / divisor, rest = m % divisor;
    int scale = (int)a->scale - (int)b->scale;
    for (; scale < 0; scale++) {
        if (q >= pow10u(DIGITS_MAX - 1))
            return false;
        rest *= 10;
        q = q * 10 + rest / divisor;
        rest %= divisor;
    }
    *out = make(q / pow10u((unsigned)scale), 0, a->neg != b->neg);
    return true;
}

bool decimal_mod(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal x = *a, y = *b;
    unsigned scale = x.scale > y.scale ? x.scale : y.scale;
    if (decimal_is_zero(b) || !decimal_pad(&x, scale) || !decimal_pad(&y, scale))
        return false;
    u128 by = magnitude(&y);
    ZS_ASSERT(by != 0);
    *out = make(magnitude(&x) % by, scale, a->neg);
    return true;
}

/* ---- digits behind the point ---- */

void decimal_round(struct decimal *d, unsigned scale, enum decimal_round how)
{
    if (scale >= d->scale)
        return;
    u128 m = magnitude(d), p = pow10u((unsigned)d->scale - scale);
    u128 q = m / p, rest = m % p;
    bool up = false;
    if (how == DECIMAL_HALF_UP)
        up = rest >= p - rest;
    else if (how == DECIMAL_FLOOR)
        up = d->neg && rest != 0;
    else if (how == DECIMAL_CEILING)
        up = !d->neg && rest != 0;
    *d = make(q + up, scale, d->neg);
}

bool decimal_pad(struct decimal *d, unsigned scale)
{
    if (scale <= d->scale)
        return true;
    u128 m = magnitude(d);
    unsigned k = scale - d->scale;
    if (scale > DECIMAL_SCALE_MAX || (m != 0 && digits(m) + k > DIGITS_MAX))
        return false;
    *d = make(m * pow10u(m ? k : 0), scale, d->neg);
    return true;
}

void decimal_trim(struct decimal *d)
{
    u128 m = magnitude(d);
    unsigned scale = d->scale;
    for (; scale > 0 && m % 10 == 0; scale--)
        m /= 10;
    *d = make(m, scale, d->neg);
}

bool decimal_to_int(const struct decimal *d, int64_t *out)
{
    struct decimal t = *d;
    decimal_trim(&t);
    if (t.scale != 0 || t.hi != 0 || t.lo > (uint64_t)INT64_MAX)
        return false;
    *out = t.neg ? -(int64_t)t.lo : (int64_t)t.lo;
    return true;
}

/* ---- functions ---- */

static long double to_real(const struct decimal *d)
{
    long double m = (long double)magnitude(d) / powl(10.0L, (long double)d->scale);
    return d->neg ? -m : m;
}

static bool of_real(long double v, struct decimal *out)
{
    if (!isfinite(v))
        return false;
    char text[TEXT_MAX];
    struct decimal d = { 0 };
    int n = snprintf(text, sizeof text, "%.*Le", FUNCTION_DIGITS - 1, v);
    if (n <= 0 || (size_t)n >= sizeof text || !decimal_parse(str_of(text, (size_t)n), &d))
        return false;
    decimal_trim(&d);
    *out = d;
    return true;
}

/* The integer root, from the extended-precision one: that is off by a few units at most. */
static u128 root(u128 m)
{
    u128 r = (u128)sqrtl((long double)m);
    while (r != 0 && r > m / r)
        r--;
    while (r + 1 <= m / (r + 1))
        r++;
    return r;
}

bool decimal_sqrt(const struct decimal *d, struct decimal *out)
{
    if (d->neg)
        return false;
    struct decimal t = *d;
    decimal_trim(&t);
    u128 m = magnitude(&t);
    unsigned scale = t.scale;
    if (scale % 2 != 0) {
        m *= 10;
        scale++;
    }
    u128 r = root(m);
    if (r * r == m) {
        *out = make(r, scale / 2, false);
        return true;
    }
    for (; m < pow10u(DIGITS_MAX - 2) && scale < 2 * DECIMAL_SCALE_MAX - 1; scale += 2)
        m *= 100;
    struct decimal result = make(root(m), scale / 2, false);
    unsigned n = digits(magnitude(&result));
    if (n > ROOT_DIGITS && result.scale > n - ROOT_DIGITS)
        decimal_round(&result, result.scale - (n - ROOT_DIGITS), DECIMAL_HALF_UP);
    *out = result;
    return true;
}

static bool power_whole(const struct decimal *d, int64_t n, struct decimal *out)
{
    struct decimal result = decimal_of_int(1), factor = *d;
    uint64_t k = (uint64_t)(n < 0 ? -n : n);
    if (k > POWER_MAX)
        return false;
    while (k > 0) {
        if (k % 2 != 0 && !decimal_mul(&result, &factor, &result))
            return false;
        k /= 2;
        if (k > 0 && !decimal_mul(&factor, &factor, &factor))
            return false;
    }
    if (n >= 0) {
        *out = result;
        return true;
    }
    const struct decimal one = decimal_of_int(1);
    return decimal_div(&one, &result, out);
}

bool decimal_power(const struct decimal *d, const struct decimal *exponent, struct decimal *out)
{
    int64_t n = 0;
    if (decimal_to_int(exponent, &n))
        return power_whole(d, n, out);
    return !d->neg && of_real(powl(to_real(d), to_real(exponent)), out);
}

bool decimal_exp(const struct decimal *d, struct decimal *out)
{
    return of_real(expl(to_real(d)), out);
}

bool decimal_ln(const struct decimal *d, struct decimal *out)
{
    return !d->neg && !decimal_is_zero(d) && of_real(logl(to_real(d)), out);
}

bool decimal_log(const struct decimal *d, const struct decimal *base, struct decimal *out)
{
    if (d->neg || base->neg || decimal_is_zero(d) || decimal_is_zero(base))
        return false;
    long double divisor = logl(to_real(base));
    return fpclassify(divisor) != FP_ZERO && of_real(logl(to_real(d)) / divisor, out);
}
