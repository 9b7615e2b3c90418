/*
 * The calendar, and instants as text. The partial forms are in timepart.c.
 * Tests: timefmt_test.c
 */
#include "base/timefmt.h"

#define DAY_MS 86400000
#define AT_MIN (-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define AT_MAX 253402300799999   /* 9999-12-31T23:59:59.999Z */

bool time_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int time_month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    ZS_ASSERT(month >= 1 && month <= 12);
    return month == 2 && time_is_leap(year) ? 29 : days[month - 1];
}

bool time_is_date(int year, int month, int day)
{
    return year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= time_month_days(year, month);
}

/*
 * Years start in March here, so that the leap day is the last one and months need no table:
 * day of year = (153 * month + 2) / 5 + day - 1, in eras of 400 years (146097 days).
 */
int64_t time_days(int year, int month, int day)
{
    ZS_ASSERT(time_is_date(year, month, day));
    int64_t y = year - (month <= 2 ? 1 : 0);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of_days(int64_t days, struct civil *c)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    c->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    c->month = (int)(month < 10 ? month + 3 : month - 9);
    c->year = (int)(year_of_era + era * 400 + (c->month <= 2 ? 1 : 0));
}

int time_weekday(int year, int month, int day)
{
    /* 1970-01-01 was a Thursday */
    int64_t shifted = (time_days(year, month, day) + 3) % 7;
    return (int)(shifted < 0 ? shifted + 7 : shifted) + 1;
}

struct civil time_civil(int64_t at_ms)
{
    if (at_ms < AT_MIN)
        at_ms = AT_MIN;
    if (at_ms > AT_MAX)
        at_ms = AT_MAX;
    int64_t days = at_ms / DAY_MS;
    int64_t rest = at_ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    struct civil c = { .hour = (int)(rest / 3600000),
                       .minute = (int)(rest / 60000 % 60),
                       .second = (int)(rest / 1000 % 60),
                       .ms = (int)(rest % 1000) };
    date_of_days(days, &c);
    return c;
}

int64_t time_instant(const struct civil *c)
{
    ZS_ASSERT(c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59);
    ZS_ASSERT(c->second >= 0 && c->second <= 60 && c->ms >= 0 && c->ms <= 999);
    return time_days(c->year, c->month, c->day) * DAY_MS + c->hour * (int64_t)3600000 +
           c->minute * (int64_t)60000 + c->second * (int64_t)1000 + c->ms;
}

static char *put_digits(char *out, int v, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return out + width;
}

void time_iso(int64_t at_ms, char out[TIME_ISO_SIZE])
{
    struct civil c = time_civil(at_ms);
    char *p = put_digits(out, c.year, 4);
    *p++ = '-';
    p = put_digits(p, c.month, 2);
    *p++ = '-';
    p = put_digits(p, c.day, 2);
    *p++ = 'T';
    p = put_digits(p, c.hour, 2);
    *p++ = ':';
    p = put_digits(p, c.minute, 2);
    *p++ = ':';
    p = put_digits(p, c.second, 2);
    *p++ = '.';
    p = put_digits(p, c.ms, 3);
    *p++ = 'Z';
    *p = '\0';
}

void time_hl7(int64_t at_ms, int offset_min, char out[TIME_HL7_SIZE])
{
    struct civil c = time_civil(at_ms + offset_min * (int64_t)60000);
    char *p = put_digits(out, c.year, 4);
    p = put_digits(p, c.month, 2);
    p = put_digits(p, c.day, 2);
    p = put_digits(p, c.hour, 2);
    p = put_digits(p, c.minute, 2);
    p = put_digits(p, c.second, 2);
    *p++ = '.';
    p = put_digits(p, c.ms, 3);
    *p++ = offset_min < 0 ? '-' : '+';
    p = put_digits(p, abs(offset_min) / 60, 2);
    p = put_digits(p, abs(offset_min) % 60, 2);
    *p = '\0';
}

enum rc time_iso_instant(struct str s, int64_t *at_ms, struct err *e)
{
    struct time_part t;
    enum rc rc = time_iso_parse(s, &t, e);
    if (rc != RC_OK)
        return rc;
    if (t.prec < TIME_SECOND || t.offset == TIME_NO_OFFSET)
        return err_set_at(e, RC_SYNTAX, "BASE-010", s.n,
                          "not an instant: a date, a time with seconds, and Z or an offset");
    int64_t last = 0;
    time_part_span(&t, 0, at_ms, &last);
    return RC_OK;
}
