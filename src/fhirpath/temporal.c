/*
 * The small form of dates and times, their order and arithmetic. What is a date and how it is
 * written is base/timefmt's affair; FHIRPath adds the lone hour (T14). Tests: temporal_test.c
 */
#include "fhirpath/temporal.h"

#define DAY_MS        86400000
#define HOUR_MS       3600000
#define MINUTE_MS     60000
#define SECOND_MS     1000
#define WEEK_DAYS     7
#define OFFSET_MAX_MS (14 * (int64_t)HOUR_MS) /* no offset on earth is further from UTC */
#define NANO_MS       1000000
#define TEXT_MAX      48
#define YEAR_MAX      9999
#define MONTHS        12
#define MONTH_DAYS    30 /* N1 6.6.7: for units finer than the precision */
#define YEAR_DAYS     365

static bool from_part(const struct time_part *p, enum temporal_kind kind, struct temporal *out)
{
    if (p->no_date != (kind == TEMPORAL_TIME))
        return false;
    if (kind == TEMPORAL_DATE && p->prec > TIME_DAY)
        return false;
    *out = (struct temporal){
        .nano = p->frac_ns,
        .year = (int16_t)p->at.year,
        .offset_min = (int16_t)p->offset_min,
        .month = (uint8_t)p->at.month,
        .day = (uint8_t)p->at.day,
        .hour = (uint8_t)p->at.hour,
        .minute = (uint8_t)p->at.minute,
        .second = (uint8_t)p->at.second,
        .unit = (uint8_t)(p->prec == TIME_FRACTION ? TIME_SECOND : p->prec),
        .digits = (uint8_t)p->frac_digits,
        .kind = (uint8_t)kind,
        .offset = (uint8_t)p->offset,
    };
    return true;
}

bool temporal_of_part(const struct time_part *p, struct temporal *out)
{
    return from_part(p,
                     p->no_date            ? TEMPORAL_TIME
                     : p->prec <= TIME_DAY ? TEMPORAL_DATE
                                           : TEMPORAL_DATETIME,
                     out);
}

static bool parse_as_is(struct str s, enum temporal_kind kind, struct temporal *out)
{
    struct time_part p;
    enum rc rc =
        kind == TEMPORAL_TIME ? time_iso_time_parse(s, &p, NULL) : time_iso_parse(s, &p, NULL);
    return rc == RC_OK && from_part(&p, kind, out);
}

/* Where a lone hour ends in s: "14", "2015-02-04T14", and either before an offset. 0: nowhere. */
static size_t lone_hour_end(struct str s, enum temporal_kind kind)
{
    size_t t = kind == TEMPORAL_TIME ? 0 : str_chr(s, 'T', 0);
    if (t == SIZE_MAX || kind == TEMPORAL_DATE)
        return 0;
    size_t end = t + (kind == TEMPORAL_TIME ? 2 : 3);
    if (s.n < end || (s.n > end && s.p[end] == ':'))
        return 0;
    return end;
}

bool temporal_parse(struct str s, enum temporal_kind kind, struct temporal *out)
{
    if (kind == TEMPORAL_TIME && s.n && s.p[0] == 'T')
        s = str_from(s, 1);
    if (kind == TEMPORAL_DATETIME && s.n && s.p[s.n - 1] == 'T') /* the literal form @2015T */
        return parse_as_is(str_sub(s, 0, s.n - 1), TEMPORAL_DATE, out) &&
               (out->kind = TEMPORAL_DATETIME, true);
    size_t hour = lone_hour_end(s, kind);
    if (hour == 0)
        return parse_as_is(s, kind, out);
    struct temporal t;
    char text[TEXT_MAX];
    if (s.n + 3 > sizeof text)
        return false;
    memcpy(text, s.p, hour);
    memcpy(text + hour, ":00", 3);
    memcpy(text + hour + 3, s.p + hour, s.n - hour);
    if (!parse_as_is(str_of(text, s.n + 3), kind, &t))
        return false;
    t.unit = TEMPORAL_HOUR;
    *out = t;
    return true;
}

static struct time_part to_part(const struct temporal *t)
{
    return (struct time_part){
        .at = { .year = t->year,
                .month = t->month,
                .day = t->day,
                .hour = t->hour,
                .minute = t->minute,
                .second = t->second,
                .ms = (int)(t->nano / NANO_MS) },
        .prec = t->digits ? TIME_FRACTION : (enum time_prec)t->unit,
        .no_date = t->kind == TEMPORAL_TIME,
        .frac_ns = t->nano,
        .frac_digits = t->digits,
        .offset = (enum time_offset)t->offset,
        .offset_min = t->offset_min,
    };
}

void temporal_write(const struct temporal *t, struct buf *b)
{
    struct time_part p = to_part(t);
    time_iso_text(b, &p);
}

/* ---- instants ---- */

/* Milliseconds of the parts as they stand, no offset applied. */
static int64_t local_ms(const struct temporal *t)
{
    int64_t ms = t->hour * (int64_t)HOUR_MS + t->minute * (int64_t)MINUTE_MS +
                 t->second * (int64_t)SECOND_MS + t->nano / NANO_MS;
    return t->kind == TEMPORAL_TIME ? ms : ms + time_days(t->year, t->month, t->day) * DAY_MS;
}

/* Put a local time back into the parts; precision, digits and offset stay. */
static bool set_local(struct temporal *t, int64_t ms)
{
    static const int64_t first = INT64_C(-62167219200000); /* 0000-01-01 */
    static const int64_t last = INT64_C(253402300799999);  /* 9999-12-31T23:59:59.999 */
    uint32_t below_ms = t->nano % NANO_MS;
    if (ms < first || ms > last)
        return false;
    struct civil c = time_civil(ms);
    if (t->kind != TEMPORAL_TIME) {
        t->year = (int16_t)c.year;
        t->month = (uint8_t)c.month;
        t->day = (uint8_t)c.day;
    }
    t->hour = (uint8_t)c.hour;
    t->minute = (uint8_t)c.minute;
    t->second = (uint8_t)c.second;
    t->nano = (uint32_t)c.ms * NANO_MS + below_ms;
    return true;
}

int64_t temporal_to_ms(const struct temporal *t, int default_offset_min)
{
    int offset = t->offset == TIME_NO_OFFSET ? default_offset_min : t->offset_min;
    return local_ms(t) - offset * (int64_t)MINUTE_MS;
}

void temporal_of_ms(int64_t at_ms, int offset_min, struct temporal *out)
{
    struct time_part p = time_part_of(at_ms, offset_min);
    bool ok = from_part(&p, TEMPORAL_DATETIME, out);
    ZS_ASSERT(ok);
}

/* ---- order ---- */

static enum temporal_order order_of(int64_t a, int64_t b)
{
    return a < b ? TEMPORAL_LESS : a > b ? TEMPORAL_GREATER : TEMPORAL_EQUAL;
}

static enum temporal_order by_parts(const struct temporal *a, const struct temporal *b)
{
    const int64_t x[] = { a->year, a->month,  a->day,
                          a->hour, a->minute, a->second * INT64_C(1000000000) + a->nano };
    const int64_t y[] = { b->year, b->month,  b->day,
                          b->hour, b->minute, b->second * INT64_C(1000000000) + b->nano };
    unsigned last = a->unit < b->unit ? a->unit : b->unit;
    ZS_ASSERT(last < ZS_COUNT(x));
    for (unsigned i = a->kind == TEMPORAL_TIME ? TEMPORAL_HOUR : 0; i <= last; i++)
        if (x[i] != y[i])
            return order_of(x[i], y[i]);
    return a->unit == b->unit ? TEMPORAL_EQUAL : TEMPORAL_UNKNOWN;
}

static int64_t unit_ms(unsigned unit)
{
    static const int64_t ms[] = {
        INT64_C(366) * DAY_MS, INT64_C(31) * DAY_MS, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
    };
    return ms[unit];
}

/* One has an offset, the other could have any: only what is far enough apart is in order. */
static enum temporal_order by_span(const struct temporal *with, const struct temporal *without)
{
    int64_t first = temporal_to_ms(with, 0), last = first + unit_ms(with->unit) - 1;
    int64_t other = local_ms(without);
    if (last < other - OFFSET_MAX_MS)
        return TEMPORAL_LESS;
    if (first > other + unit_ms(without->unit) - 1 + OFFSET_MAX_MS)
        return TEMPORAL_GREATER;
    return TEMPORAL_UNKNOWN;
}

enum temporal_order temporal_cmp(const struct temporal *a, const struct temporal *b)
{
    if ((a->kind == TEMPORAL_TIME) != (b->kind == TEMPORAL_TIME))
        return TEMPORAL_UNKNOWN;
    bool a_has = a->offset != TIME_NO_OFFSET, b_has = b->offset != TIME_NO_OFFSET;
    if (a_has && !b_has)
        return by_span(a, b);
    if (b_has && !a_has) {
        enum temporal_order o = by_span(b, a);
        return o == TEMPORAL_UNKNOWN ? o : (enum temporal_order) - (int)o;
    }
    if (!a_has || a->offset_min == b->offset_min)
        return by_parts(a, b);
    struct temporal x = *a, y = *b;
    if (!set_local(&x, temporal_to_ms(a, 0)) || !set_local(&y, temporal_to_ms(b, 0)))
        return order_of(temporal_to_ms(a, 0), temporal_to_ms(b, 0));
    return by_parts(&x, &y);
}

/* ---- arithmetic ---- */

static bool add_months(struct temporal *t, int64_t n)
{
    if (n > YEAR_MAX * MONTHS || n < -YEAR_MAX * MONTHS)
        return false;
    int64_t months = t->year * (int64_t)MONTHS + (t->month - 1) + n;
    int64_t year = months / MONTHS;
    if (months < MONTHS || year > YEAR_MAX)
        return false;
    t->year = (int16_t)year;
    t->month = (uint8_t)(months % MONTHS + 1);
    int days = time_month_days(t->year, t->month);
    if (t->day > days)
        t->day = (uint8_t)days;
    return true;
}

/* Whole years or months in n of a finer unit; weeks are days by now. */
static int64_t coarse(int64_t n, enum temporal_unit unit, enum temporal_unit to)
{
    if (unit == TEMPORAL_MONTH)
        return n / MONTHS;
    static const int64_t per_day_ms[] = {
        [TEMPORAL_DAY] = DAY_MS,       [TEMPORAL_HOUR] = HOUR_MS,  [TEMPORAL_MINUTE] = MINUTE_MS,
        [TEMPORAL_SECOND] = SECOND_MS, [TEMPORAL_MILLISECOND] = 1,
    };
    int64_t days = n / (DAY_MS / per_day_ms[unit]);
    return days / (to == TEMPORAL_YEAR ? YEAR_DAYS : MONTH_DAYS);
}

static bool add_ms(struct temporal *t, int64_t n, enum temporal_unit unit)
{
    int64_t each = unit == TEMPORAL_MILLISECOND ? 1 : unit_ms(unit), delta = 0, sum = 0;
    if (__builtin_mul_overflow(n, each, &delta))
        return false;
    if (t->kind == TEMPORAL_TIME) /* around the clock */
        delta = (delta % DAY_MS + DAY_MS) % DAY_MS;
    int64_t precise = unit_ms(t->unit);
    if (t->unit < TEMPORAL_SECOND)
        delta -= delta % precise;
    else if (unit == TEMPORAL_MILLISECOND && delta % SECOND_MS != 0 && t->digits < 3)
        t->digits = 3;
    if (__builtin_add_overflow(local_ms(t), delta, &sum))
        return false;
    if (t->kind == TEMPORAL_TIME)
        sum %= DAY_MS;
    return set_local(t, sum) && (t->kind == TEMPORAL_TIME || t->year >= 1);
}

bool temporal_add(struct temporal *t, int64_t n, enum temporal_unit unit)
{
    if (unit == TEMPORAL_WEEK) {
        if (__builtin_mul_overflow(n, WEEK_DAYS, &n))
            return false;
        unit = TEMPORAL_DAY;
    }
    if (t->kind == TEMPORAL_TIME)
        return unit >= TEMPORAL_HOUR && add_ms(t, n, unit);
    if (unit == TEMPORAL_YEAR)
        return n <= YEAR_MAX && n >= -YEAR_MAX && add_months(t, n * MONTHS);
    if (t->unit == TEMPORAL_YEAR)
        return add_months(t, coarse(n, unit, TEMPORAL_YEAR) * MONTHS);
    if (unit == TEMPORAL_MONTH)
        return add_months(t, n);
    if (t->unit == TEMPORAL_MONTH)
        return add_months(t, coarse(n, unit, TEMPORAL_MONTH));
    return add_ms(t, n, unit);
}
