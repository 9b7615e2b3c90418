#include "base/timefmt.h"
#include "tests/lib/t.h"

/* Forms: what is read, how it is written in the other notation, and what instants it covers. */
struct good {
    const char *in, *hl7, *iso;
    enum time_prec prec;
    enum time_offset offset;
    int64_t first, last; /* at UTC where there is no offset */
};

static void check_good(const struct good *g, enum rc rc, const struct time_part *t,
                       const struct err *e)
{
    struct buf b;
    int64_t first = 0;
    int64_t last = 0;
    T_ROW(g->in);
    T_OK(rc, e);
    T_EQ_INT(t->prec, g->prec);
    T_EQ_INT(t->offset, g->offset);
    buf_init(&b, 64);
    time_hl7_text(&b, t);
    T_EQ_STR(buf_view(&b), g->hl7);
    buf_clear(&b);
    time_iso_text(&b, t);
    T_EQ_STR(buf_view(&b), g->iso);
    buf_done(&b);
    time_part_span(t, 0, &first, &last);
    T_EQ_INT(first, g->first);
    T_EQ_INT(last, g->last);
}

static void hl7_forms(void **state)
{
    (void)state;
    static const struct good rows[] = {
        { "2024", "2024", "2024", TIME_YEAR, TIME_NO_OFFSET, 1704067200000, 1735689599999 },
        { "2023", "2023", "2023", TIME_YEAR, TIME_NO_OFFSET, 1672531200000, 1704067199999 },
        { "202402", "202402", "2024-02", TIME_MONTH, TIME_NO_OFFSET, 1706745600000, 1709251199999 },
        { "20240229", "20240229", "2024-02-29", TIME_DAY, TIME_NO_OFFSET, 1709164800000,
          1709251199999 },
        { "2024022913", "2024022913", "2024-02-29T13:00", TIME_HOUR, TIME_NO_OFFSET, 1709211600000,
          1709215199999 },
        { "202402291314", "202402291314", "2024-02-29T13:14", TIME_MINUTE, TIME_NO_OFFSET,
          1709212440000, 1709212499999 },
        { "20240229131415", "20240229131415", "2024-02-29T13:14:15", TIME_SECOND, TIME_NO_OFFSET,
          1709212455000, 1709212455999 },
        { "20240229131415.1", "20240229131415.1", "2024-02-29T13:14:15.1", TIME_FRACTION,
          TIME_NO_OFFSET, 1709212455100, 1709212455199 },
        { "20240229131415.12", "20240229131415.12", "2024-02-29T13:14:15.12", TIME_FRACTION,
          TIME_NO_OFFSET, 1709212455120, 1709212455129 },
        { "20240229131415.1200", "20240229131415.1200", "2024-02-29T13:14:15.1200", TIME_FRACTION,
          TIME_NO_OFFSET, 1709212455120, 1709212455120 },
        { "20240229131415.1234+0100", "20240229131415.1234+0100", "2024-02-29T13:14:15.1234+01:00",
          TIME_FRACTION, TIME_OFFSET, 1709208855123, 1709208855123 },
        { "202402291314-0330", "202402291314-0330", "2024-02-29T13:14-03:30", TIME_MINUTE,
          TIME_OFFSET, 1709225040000, 1709225099999 },
        { "20240229-0500", "20240229-0500", "2024-02-29", TIME_DAY, TIME_OFFSET, 1709182800000,
          1709269199999 },
        { "2024-0500", "2024-0500", "2024", TIME_YEAR, TIME_OFFSET, 1704085200000, 1735707599999 },
        { "20240229131415-0000", "20240229131415+0000", "2024-02-29T13:14:15+00:00", TIME_SECOND,
          TIME_OFFSET, 1709212455000, 1709212455999 },
        { "20161231235960", "20161231235960", "2016-12-31T23:59:60", TIME_SECOND, TIME_NO_OFFSET,
          1483228800000, 1483228800999 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct time_part t = { .prec = TIME_YEAR };
        struct err e;
        enum rc rc = time_hl7_parse(str_z(rows[i].in), &t, &e);
        check_good(&rows[i], rc, &t, &e);
    }
}

static void iso_forms(void **state)
{
    (void)state;
    static const struct good rows[] = {
        { "1951", "1951", "1951", TIME_YEAR, TIME_NO_OFFSET, -599616000000, -568080000001 },
        { "1951-06", "195106", "1951-06", TIME_MONTH, TIME_NO_OFFSET, -586569600000,
          -583977600001 },
        { "1951-06-04", "19510604", "1951-06-04", TIME_DAY, TIME_NO_OFFSET, -586310400000,
          -586224000001 },
        { "2024-02-29T13:14Z", "202402291314+0000", "2024-02-29T13:14Z", TIME_MINUTE, TIME_ZULU,
          1709212440000, 1709212499999 },
        { "2024-02-29T13:14", "202402291314", "2024-02-29T13:14", TIME_MINUTE, TIME_NO_OFFSET,
          1709212440000, 1709212499999 },
        { "2024-02-29T13:14:15+14:00", "20240229131415+1400", "2024-02-29T13:14:15+14:00",
          TIME_SECOND, TIME_OFFSET, 1709162055000, 1709162055999 },
        { "2024-02-29T13:14:15.123456789-05:00", "20240229131415.1234-0500",
          "2024-02-29T13:14:15.123456789-05:00", TIME_FRACTION, TIME_OFFSET, 1709230455123,
          1709230455123 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct time_part t = { .prec = TIME_YEAR };
        struct err e;
        enum rc rc = time_iso_parse(str_z(rows[i].in), &t, &e);
        check_good(&rows[i], rc, &t, &e);
    }
}

typedef enum rc parse_fn(struct str s, struct time_part *out, struct err *e);

static void wrong_forms(void **state)
{
    (void)state;
    static const struct {
        parse_fn *parse;
        const char *in;
        enum rc rc;
        size_t pos;
    } rows[] = {
        { time_hl7_parse, "", RC_SYNTAX, 0 },
        { time_hl7_parse, "202", RC_SYNTAX, 3 },
        { time_hl7_parse, "20241", RC_SYNTAX, 5 },
        { time_hl7_parse, "2024-01-02", RC_SYNTAX, 7 },
        { time_hl7_parse, "202401020304051", RC_SYNTAX, 14 },
        { time_hl7_parse, "20240102030405.", RC_SYNTAX, 15 },
        { time_hl7_parse, "20240102030405.12345", RC_SYNTAX, 19 },
        { time_hl7_parse, "202401020304.1", RC_SYNTAX, 12 },
        { time_hl7_parse, "20240102030405+01", RC_SYNTAX, 17 },
        { time_hl7_parse, "20240102030405+010", RC_SYNTAX, 18 },
        { time_hl7_parse, "20240102030405+01:00", RC_SYNTAX, 17 },
        { time_hl7_parse, "20240102030405Z", RC_SYNTAX, 14 },
        { time_hl7_parse, " 20240102", RC_SYNTAX, 0 },
        { time_hl7_parse, "20240102 ", RC_SYNTAX, 8 },
        { time_hl7_parse, "2024010x", RC_SYNTAX, 7 },
        { time_hl7_parse, "20241301", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "20240001", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "20230229", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "2024010224", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "202401020360", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "20240102030461", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "20240102+1401", RC_VALUE, ERR_NO_POS },
        { time_hl7_parse, "20240102+0160", RC_VALUE, ERR_NO_POS },
        { time_hl7_tm_parse, "1", RC_SYNTAX, 1 },
        { time_hl7_tm_parse, "2400", RC_VALUE, ERR_NO_POS },
        { time_hl7_tm_parse, "12:30", RC_SYNTAX, 2 },
        { time_iso_parse, "", RC_SYNTAX, 0 },
        { time_iso_parse, "20240102", RC_SYNTAX, 4 },
        { time_iso_parse, "2024-1-2", RC_SYNTAX, 6 },
        { time_iso_parse, "2024-01-02T", RC_SYNTAX, 11 },
        { time_iso_parse, "2024-01-02T03", RC_SYNTAX, 13 },
        { time_iso_parse, "2024-01-02T03Z", RC_SYNTAX, 13 },
        { time_iso_parse, "2024-01-02T03:04:05.", RC_SYNTAX, 20 },
        { time_iso_parse, "2024-01-02T03:04:05.Z", RC_SYNTAX, 20 },
        { time_iso_parse, "2024-01-02Z", RC_SYNTAX, 10 },
        { time_iso_parse, "2024-01-02T03:04+0100", RC_SYNTAX, 19 },
        { time_iso_parse, "2024-01-02T03:04ZZ", RC_SYNTAX, 17 },
        { time_iso_parse, "2024-01-02T24:00:00Z", RC_VALUE, ERR_NO_POS },
        { time_iso_parse, "2024-01-02T03:04+15:00", RC_VALUE, ERR_NO_POS },
        { time_iso_time_parse, "1430", RC_SYNTAX, 2 },
        { time_iso_time_parse, "14", RC_SYNTAX, 2 },
        { time_iso_time_parse, "14:30Z", RC_SYNTAX, 5 },
        { time_iso_time_parse, "24:00", RC_VALUE, ERR_NO_POS },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct time_part t = { .prec = TIME_FRACTION, .frac_digits = 77 };
        struct err e = { .pos = 0 };
        T_ROW(rows[i].in);
        T_EQ_INT(rows[i].parse(str_z(rows[i].in), &t, &e), rows[i].rc);
        T_EQ_SIZE(e.pos, rows[i].pos);
        T_EQ_Z(e.id, rows[i].rc == RC_VALUE ? "BASE-011" : "BASE-010");
        T_EQ_SIZE(t.frac_digits, 77); /* *out is left alone */
    }
    struct time_part t;
    struct err e;
    T_EQ_INT(time_hl7_parse(str_of("2024\0", 5), &t, &e), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 4);
}

static void times_of_day(void **state)
{
    (void)state;
    static const struct {
        parse_fn *parse;
        const char *in, *hl7, *iso;
    } rows[] = {
        { time_hl7_tm_parse, "07", "07", "07:00" },
        { time_hl7_tm_parse, "0730", "0730", "07:30" },
        { time_hl7_tm_parse, "073015.5", "073015.5", "07:30:15.5" },
        { time_hl7_tm_parse, "0730+0100", "0730+0100", "07:30" },
        { time_iso_time_parse, "14:30", "1430", "14:30" },
        { time_iso_time_parse, "14:30:00.000", "143000.000", "14:30:00.000" },
    };
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct time_part t = { .prec = TIME_YEAR };
        struct err e;
        T_ROW(rows[i].in);
        T_OK(rows[i].parse(str_z(rows[i].in), &t, &e), &e);
        T_TRUE(t.no_date);
        buf_clear(&b);
        time_hl7_text(&b, &t);
        T_EQ_STR(buf_view(&b), rows[i].hl7);
        buf_clear(&b);
        time_iso_text(&b, &t);
        T_EQ_STR(buf_view(&b), rows[i].iso);
    }
    buf_done(&b);
}

static void local_times_take_the_offset_given(void **state)
{
    (void)state;
    struct time_part t;
    struct err e;
    int64_t first = 0;
    int64_t last = 0;
    T_OK(time_hl7_parse(STR("20240229"), &t, &e), &e);
    time_part_span(&t, 120, &first, &last);
    T_EQ_INT(first, 1709157600000);
    T_EQ_INT(last, 1709243999999);
    T_OK(time_hl7_parse(STR("20240229-0500"), &t, &e), &e);
    time_part_span(&t, 120, &first, &last); /* what the message says goes first */
    T_EQ_INT(first, 1709182800000);
}

static void digits_beyond_nanoseconds_are_dropped_and_told(void **state)
{
    (void)state;
    struct time_part t;
    struct err e;
    T_OK(time_iso_parse(STR("2024-02-29T13:14:15.1234567891Z"), &t, &e), &e);
    T_TRUE(t.frac_cut);
    T_EQ_SIZE(t.frac_ns, 123456789);
    T_EQ_SIZE(t.frac_digits, 9);
    T_EQ_INT(t.at.ms, 123);
}

static void instants_become_parts(void **state)
{
    (void)state;
    struct time_part t = time_part_of(1709212455123, 330);
    struct buf b;
    buf_init(&b, 64);
    time_iso_text(&b, &t);
    T_EQ_STR(buf_view(&b), "2024-02-29T18:44:15.123+05:30");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(hl7_forms),
        T_TEST(iso_forms),
        T_TEST(wrong_forms),
        T_TEST(times_of_day),
        T_TEST(local_times_take_the_offset_given),
        T_TEST(digits_beyond_nanoseconds_are_dropped_and_told),
        T_TEST(instants_become_parts),
    };
    return T_RUN(tests);
}
