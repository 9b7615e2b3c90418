/*
 * IMF-fixdate by a template: the positions are fixed. Tests: http_date_test.c
 */
#include "net/http_date.h"

#include "base/timefmt.h"

static const char template[] = "---, 00 --- 0000 00:00:00 GMT";
static const char weekdays[] = "MonTueWedThuFriSatSun";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

enum {
    AT_WEEKDAY = 0,
    AT_DAY = 5,
    AT_MONTH = 8,
    AT_YEAR = 12,
    AT_HOUR = 17,
    AT_MINUTE = 20,
    AT_SECOND = 23
};

static void put_digits(char *to, size_t width, int value)
{
    for (size_t i = width; i > 0; i--) {
        to[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

void http_date(int64_t at_ms, char out[HTTP_DATE_SIZE])
{
    struct civil c = time_civil(at_ms);
    int weekday = time_weekday(c.year, c.month, c.day);
    memcpy(out, template, HTTP_DATE_SIZE);
    memcpy(out + AT_WEEKDAY, weekdays + (weekday - 1) * 3, 3);
    put_digits(out + AT_DAY, 2, c.day);
    memcpy(out + AT_MONTH, months + (c.month - 1) * 3, 3);
    put_digits(out + AT_YEAR, 4, c.year);
    put_digits(out + AT_HOUR, 2, c.hour);
    put_digits(out + AT_MINUTE, 2, c.minute);
    put_digits(out + AT_SECOND, 2, c.second);
}

/* Where the template has a digit, s must; letters of names are looked at later. */
static bool fits_template(struct str s)
{
    if (s.n != HTTP_DATE_SIZE - 1)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool is_digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (template[i] == '0' ? !is_digit : template[i] != '-' && template[i] != s.p[i])
            return false;
    }
    return true;
}

static int get_digits(struct str s, size_t at, size_t width)
{
    int value = 0;
    for (size_t i = at; i < at + width; i++)
        value = value * 10 + (s.p[i] - '0');
    return value;
}

bool http_date_parse(struct str s, int64_t *at_ms)
{
    if (!fits_template(s))
        return false;
    struct civil c = { .year = get_digits(s, AT_YEAR, 4),
                       .day = get_digits(s, AT_DAY, 2),
                       .hour = get_digits(s, AT_HOUR, 2),
                       .minute = get_digits(s, AT_MINUTE, 2),
                       .second = get_digits(s, AT_SECOND, 2) };
    for (int m = 1; m <= 12; m++)
        if (memcmp(s.p + AT_MONTH, months + (m - 1) * 3, 3) == 0)
            c.month = m;
    if (c.month == 0 || !time_is_date(c.year, c.month, c.day) || c.hour > 23 || c.minute > 59 ||
        c.second > 60)
        return false;
    *at_ms = time_instant(&c);
    return true;
}
