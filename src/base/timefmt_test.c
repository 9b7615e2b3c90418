#include "base/timefmt.h"

#include "tests/lib/t.h"

static void days_and_weekdays(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int year, month, day;
        int64_t days;
        int weekday;
    } rows[] = {
        { "epoch", 1970, 1, 1, 0, 4 },
        { "the day before", 1969, 12, 31, -1, 3 },
        { "leap day of a century", 2000, 2, 29, 11016, 2 },
        { "no leap day in 1900", 1900, 3, 1, -25508, 4 },
        { "leap day", 2024, 2, 29, 19782, 4 },
        { "first of year 1", 1, 1, 1, -719162, 1 },
        { "last", 9999, 12, 31, 2932896, 5 },
        { "first", 0, 1, 1, -719528, 6 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        T_EQ_INT(time_days(rows[i].year, rows[i].month, rows[i].day), rows[i].days);
        T_EQ_INT(time_weekday(rows[i].year, rows[i].month, rows[i].day), rows[i].weekday);
    }
    T_FALSE(time_is_date(2023, 2, 29));
    T_TRUE(time_is_date(2024, 2, 29));
    T_FALSE(time_is_date(2024, 13, 1));
    T_FALSE(time_is_date(2024, 0, 1));
    T_FALSE(time_is_date(2024, 4, 31));
    T_FALSE(time_is_date(2024, 4, 0));
    T_FALSE(time_is_date(10000, 1, 1));
    T_FALSE(time_is_date(-1, 1, 1));
}

/* Every day of the range goes out and comes back, and each follows the one before. */
static void every_day_round_trips(void **state)
{
    (void)state;
    int year = 0;
    int month = 1;
    int day = 1;
    for (int64_t days = -719528; days <= 2932896; days++) {
        struct civil c = time_civil(days * 86400000 + 43200000);
        if (c.year != year || c.month != month || c.day != day || c.hour != 12 ||
            time_days(year, month, day) != days)
            T_FAIL("day %lld is %d-%d-%d", (long long)days, c.year, c.month, c.day);
        if (++day > time_month_days(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    T_EQ_INT(year, 10000);
}

static void instants_as_text(void **state)
{
    (void)state;
    static const struct {
        int64_t at;
        int offset;
        const char *iso, *hl7;
    } rows[] = {
        { 0, 0, "1970-01-01T00:00:00.000Z", "19700101000000.000+0000" },
        { -1, 0, "1969-12-31T23:59:59.999Z", "19691231235959.999+0000" },
        { 1704164645678, 60, "2024-01-02T03:04:05.678Z", "20240102040405.678+0100" },
        { 1704164645678, -210, "2024-01-02T03:04:05.678Z", "20240101233405.678-0330" },
        { 253402300799999, 0, "9999-12-31T23:59:59.999Z", "99991231235959.999+0000" },
        { 253402300800000, 0, "9999-12-31T23:59:59.999Z", "99991231235959.999+0000" },
        { INT64_MAX - 86400000, 0, "9999-12-31T23:59:59.999Z", "99991231235959.999+0000" },
        { -62167219200001, 0, "0000-01-01T00:00:00.000Z", "00000101000000.000+0000" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        char iso[TIME_ISO_SIZE];
        char hl7[TIME_HL7_SIZE];
        T_ROW(rows[i].hl7);
        time_iso(rows[i].at, iso);
        time_hl7(rows[i].at, rows[i].offset, hl7);
        T_EQ_Z(iso, rows[i].iso);
        T_EQ_Z(hl7, rows[i].hl7);
    }
}

static void instants_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum rc rc;
        size_t pos;
        int64_t at;
    } rows[] = {
        { "2024-01-02T03:04:05.678Z", RC_OK, 0, 1704164645678 },
        { "2024-01-02T03:04:05Z", RC_OK, 0, 1704164645000 },
        { "2024-01-02T04:04:05.678+01:00", RC_OK, 0, 1704164645678 },
        { "2024-01-01T23:34:05.678901-03:30", RC_OK, 0, 1704164645678 },
        { "1969-12-31T23:59:59.999Z", RC_OK, 0, -1 },
        { "2016-12-31T23:59:60Z", RC_OK, 0, 1483228800000 },
        { "2024-01-02T03:04:05.678", RC_SYNTAX, 23, 0 },
        { "2024-01-02T03:04Z", RC_SYNTAX, 17, 0 },
        { "2024-01-02", RC_SYNTAX, 10, 0 },
        { "2024-02-30T00:00:00Z", RC_VALUE, ERR_NO_POS, 0 },
        { "2024-01-02 03:04:05Z", RC_SYNTAX, 10, 0 },
        { "2024-01-02T03:04:05.678z", RC_SYNTAX, 23, 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { .pos = 0 };
        int64_t at = 0;
        T_ROW(rows[i].in);
        T_EQ_INT(time_iso_instant(str_z(rows[i].in), &at, &e), rows[i].rc);
        T_EQ_INT(at, rows[i].at);
        if (rows[i].rc != RC_OK)
            T_EQ_SIZE(e.pos, rows[i].pos);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(days_and_weekdays),
        T_TEST(every_day_round_trips),
        T_TEST(instants_as_text),
        T_TEST(instants_are_read),
    };
    return T_RUN(tests);
}
