/*
 * Dates and times as they were written: HL7 and ISO 8601 forms of any precision.
 * Tests: timepart_test.c, fuzz: time_fuzz.c
 */
#include "base/timefmt.h"

#define OFFSET_MAX_MIN  (14 * 60)
#define FRAC_DIGITS_MAX 9

/* The parts in order of writing; index = the precision reached with them. */
static const struct {
    size_t width;
    int min, max;
    char iso_before; /* what stands before the part in the ISO form */
} parts[] = {
    [TIME_YEAR] = { 4, 0, 9999, 0 },   [TIME_MONTH] = { 2, 1, 12, '-' },
    [TIME_DAY] = { 2, 1, 31, '-' },    [TIME_HOUR] = { 2, 0, 23, 'T' },
    [TIME_MINUTE] = { 2, 0, 59, ':' }, [TIME_SECOND] = { 2, 0, 60, ':' },
};

struct cursor {
    struct str s;
    size_t at;
};

static bool at_end(const struct cursor *c)
{
    return c->at == c->s.n;
}

/* The byte under the cursor, NUL at the end (a NUL in the text fits nowhere either). */
static char peek(const struct cursor *c)
{
    return at_end(c) ? '\0' : c->s.p[c->at];
}

static bool on_digit(const struct cursor *c)
{
    return peek(c) >= '0' && peek(c) <= '9';
}

/* `width` digits; on false the cursor stands on what is none. */
static bool take_digits(struct cursor *c, size_t width, int *out)
{
    int v = 0;
    for (size_t i = 0; i < width; i++, c->at++) {
        if (!on_digit(c))
            return false;
        v = v * 10 + (peek(c) - '0');
    }
    *out = v;
    return true;
}

static int *part_of(struct time_part *t, enum time_prec prec)
{
    int *const at[] = { &t->at.year, &t->at.month,  &t->at.day,
                        &t->at.hour, &t->at.minute, &t->at.second };
    return at[prec];
}

static int part_value(const struct time_part *t, enum time_prec prec)
{
    const int at[] = { t->at.year, t->at.month, t->at.day, t->at.hour, t->at.minute, t->at.second };
    return at[prec];
}

static void part_clear(struct time_part *t, bool no_date)
{
    *t = (struct time_part){ .at = { .year = no_date ? 1970 : 0, .month = 1, .day = 1 },
                             .no_date = no_date };
}

static bool take_part(struct cursor *c, struct time_part *t, enum time_prec prec)
{
    t->prec = prec;
    return take_digits(c, parts[prec].width, part_of(t, prec));
}

/* Behind the point: 1 to max digits (max 0: any number). */
static bool take_fraction(struct cursor *c, struct time_part *t, unsigned max)
{
    uint32_t ns = 0;
    unsigned kept = 0;
    unsigned n = 0;
    for (; on_digit(c) && (max == 0 || n < max); n++, c->at++) {
        if (kept == FRAC_DIGITS_MAX) {
            t->frac_cut = true;
            continue;
        }
        ns = ns * 10 + (uint32_t)(peek(c) - '0');
        kept++;
    }
    for (unsigned i = kept; i < FRAC_DIGITS_MAX; i++)
        ns *= 10;
    t->prec = TIME_FRACTION;
    t->frac_ns = ns;
    t->frac_digits = kept;
    t->at.ms = (int)(ns / 1000000);
    return n > 0;
}

/* +hhmm or +hh:mm, sign under the cursor. Range is looked at in check(). */
static bool take_offset(struct cursor *c, struct time_part *t, bool colon)
{
    bool west = peek(c) == '-';
    int hours = 0;
    int minutes = 0;
    c->at++;
    if (!take_digits(c, 2, &hours))
        return false;
    if (colon) {
        if (peek(c) != ':')
            return false;
        c->at++;
    }
    if (!take_digits(c, 2, &minutes))
        return false;
    t->offset = TIME_OFFSET;
    /* minutes over 59 are made too large for any range, so that check() sees them */
    t->offset_min = minutes > 59 ? 100 * 60 : hours * 60 + minutes;
    if (west)
        t->offset_min = -t->offset_min;
    return true;
}

static bool on_sign(const struct cursor *c)
{
    return peek(c) == '+' || peek(c) == '-';
}

static enum rc bad_form(const struct cursor *c, const char *form, struct err *e)
{
    return err_set_at(e, RC_SYNTAX, "BASE-010", c->at, "not of the form %s", form);
}

/* Everything that the form alone does not say. */
static enum rc check(const struct time_part *t, struct err *e)
{
    static const char *const names[] = { "year", "month", "day", "hour", "minute", "second" };
    for (enum time_prec p = TIME_YEAR; p <= TIME_SECOND; p++) {
        int v = part_value(t, p);
        if (v < parts[p].min || v > parts[p].max)
            return err_set(e, RC_VALUE, "BASE-011", "the %s must be from %d to %d", names[p],
                           parts[p].min, parts[p].max);
    }
    if (!time_is_date(t->at.year, t->at.month, t->at.day))
        return err_set(e, RC_VALUE, "BASE-011", "that month has no such day");
    if (abs(t->offset_min) > OFFSET_MAX_MIN)
        return err_set(e, RC_VALUE, "BASE-011", "there is no such offset from UTC");
    return RC_OK;
}

/* Parts without separators from `first` on, fraction, offset. */
static bool hl7_all(struct cursor *c, struct time_part *t, enum time_prec first)
{
    for (enum time_prec p = first; p <= TIME_SECOND; p++) {
        if (p != first && !on_digit(c))
            break;
        if (!take_part(c, t, p))
            return false;
    }
    if (t->prec == TIME_SECOND && peek(c) == '.') {
        c->at++;
        if (!take_fraction(c, t, 4))
            return false;
    }
    if (on_sign(c) && !take_offset(c, t, false))
        return false;
    return at_end(c);
}

static enum rc hl7_parse(struct str s, enum time_prec first, const char *form,
                         struct time_part *out, struct err *e)
{
    struct cursor c = { s, 0 };
    struct time_part t;
    part_clear(&t, first == TIME_HOUR);
    if (!hl7_all(&c, &t, first))
        return bad_form(&c, form, e);
    enum rc rc = check(&t, e);
    if (rc == RC_OK)
        *out = t;
    return rc;
}

enum rc time_hl7_parse(struct str s, struct time_part *out, struct err *e)
{
    return hl7_parse(s, TIME_YEAR, "YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ]", out, e);
}

enum rc time_hl7_tm_parse(struct str s, struct time_part *out, struct err *e)
{
    return hl7_parse(s, TIME_HOUR, "HH[MM[SS[.SSSS]]][+/-ZZZZ]", out, e);
}

static bool iso_offset(struct cursor *c, struct time_part *t)
{
    if (peek(c) == 'Z') {
        c->at++;
        t->offset = TIME_ZULU;
        return true;
    }
    return !on_sign(c) || take_offset(c, t, true);
}

/* The parts with their separators, as far as they go. */
static bool iso_parts(struct cursor *c, struct time_part *t, enum time_prec first)
{
    if (!take_part(c, t, first))
        return false;
    for (enum time_prec p = first + 1; p <= TIME_SECOND; p++) {
        bool there = peek(c) == parts[p].iso_before;
        if (!there && p == TIME_MINUTE)
            return false; /* an hour never stands alone */
        if (!there)
            break;
        c->at++;
        if (!take_part(c, t, p))
            return false;
    }
    return true;
}

static bool iso_all(struct cursor *c, struct time_part *t, enum time_prec first)
{
    if (!iso_parts(c, t, first))
        return false;
    if (t->prec == TIME_SECOND && peek(c) == '.') {
        c->at++;
        if (!take_fraction(c, t, 0))
            return false;
    }
    if (t->prec >= TIME_MINUTE && !t->no_date && !iso_offset(c, t))
        return false;
    return at_end(c);
}

static enum rc iso_parse(struct str s, enum time_prec first, const char *form,
                         struct time_part *out, struct err *e)
{
    struct cursor c = { s, 0 };
    struct time_part t;
    part_clear(&t, first == TIME_HOUR);
    if (!iso_all(&c, &t, first))
        return bad_form(&c, form, e);
    enum rc rc = check(&t, e);
    if (rc == RC_OK)
        *out = t;
    return rc;
}

enum rc time_iso_parse(struct str s, struct time_part *out, struct err *e)
{
    return iso_parse(s, TIME_YEAR, "YYYY[-MM[-DD[Thh:mm[:ss[.f]][Z|+hh:mm|-hh:mm]]]]", out, e);
}

enum rc time_iso_time_parse(struct str s, struct time_part *out, struct err *e)
{
    return iso_parse(s, TIME_HOUR, "hh:mm[:ss[.f]]", out, e);
}

static void put_number(struct buf *b, uint32_t v, unsigned width)
{
    char digits[10];
    for (unsigned i = width; i > 0; i--) {
        digits[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    buf_add(b, digits, width);
}

static void put_part(struct buf *b, const struct time_part *t, enum time_prec p)
{
    put_number(b, (uint32_t)part_value(t, p), (unsigned)parts[p].width);
}

static void put_fraction(struct buf *b, const struct time_part *t, unsigned max)
{
    if (t->prec != TIME_FRACTION)
        return;
    char digits[FRAC_DIGITS_MAX];
    uint32_t ns = t->frac_ns;
    for (unsigned i = FRAC_DIGITS_MAX; i > 0; i--) {
        digits[i - 1] = (char)('0' + ns % 10);
        ns /= 10;
    }
    buf_char(b, '.');
    buf_add(b, digits, size_min(t->frac_digits, max));
}

static void put_offset(struct buf *b, const struct time_part *t, const char *between)
{
    if (t->offset == TIME_NO_OFFSET)
        return;
    buf_char(b, t->offset_min < 0 ? '-' : '+');
    put_number(b, (uint32_t)abs(t->offset_min) / 60, 2);
    buf_z(b, between);
    put_number(b, (uint32_t)abs(t->offset_min) % 60, 2);
}

static enum time_prec last_part(const struct time_part *t)
{
    return t->prec < TIME_SECOND ? t->prec : TIME_SECOND;
}

void time_hl7_text(struct buf *b, const struct time_part *t)
{
    for (enum time_prec p = t->no_date ? TIME_HOUR : TIME_YEAR; p <= last_part(t); p++)
        put_part(b, t, p);
    put_fraction(b, t, 4);
    put_offset(b, t, "");
}

void time_iso_text(struct buf *b, const struct time_part *t)
{
    enum time_prec first = t->no_date ? TIME_HOUR : TIME_YEAR;
    enum time_prec last = t->prec == TIME_HOUR ? TIME_MINUTE : last_part(t);
    for (enum time_prec p = first; p <= last; p++) {
        if (p != first)
            buf_char(b, parts[p].iso_before);
        put_part(b, t, p);
    }
    put_fraction(b, t, FRAC_DIGITS_MAX);
    if (last < TIME_MINUTE || t->no_date)
        return;
    if (t->offset == TIME_ZULU)
        buf_char(b, 'Z');
    else
        put_offset(b, t, ":");
}

/* How many milliseconds a part of this precision covers. */
static int64_t covered_ms(const struct time_part *t)
{
    static const int64_t ms[] = {
        [TIME_DAY] = 86400000, [TIME_HOUR] = 3600000, [TIME_MINUTE] = 60000, [TIME_SECOND] = 1000
    };
    if (t->prec == TIME_YEAR)
        return (time_is_leap(t->at.year) ? 366 : 365) * ms[TIME_DAY];
    if (t->prec == TIME_MONTH)
        return time_month_days(t->at.year, t->at.month) * ms[TIME_DAY];
    if (t->prec == TIME_FRACTION)
        return t->frac_digits == 1 ? 100 : t->frac_digits == 2 ? 10 : 1;
    return ms[t->prec];
}

void time_part_span(const struct time_part *t, int local_offset_min, int64_t *first_ms,
                    int64_t *last_ms)
{
    int offset = t->offset == TIME_NO_OFFSET ? local_offset_min : t->offset_min;
    *first_ms = time_instant(&t->at) - offset * (int64_t)60000;
    *last_ms = *first_ms + covered_ms(t) - 1;
}

struct time_part time_part_of(int64_t at_ms, int offset_min)
{
    struct time_part t = { .at = time_civil(at_ms + offset_min * (int64_t)60000),
                           .prec = TIME_FRACTION,
                           .frac_digits = 3,
                           .offset = TIME_OFFSET,
                           .offset_min = offset_min };
    t.frac_ns = (uint32_t)t.at.ms * 1000000u;
    return t;
}
