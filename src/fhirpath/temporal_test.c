/*
 * Partial dates and times: text both ways, order by precision and offset, arithmetic.
 */
#include "fhirpath/temporal.h"
#include "tests/lib/t.h"

#define TEXT_MAX 60

static struct temporal of(const char *s, enum temporal_kind kind)
{
    struct temporal t = { 0 };
    T_TRUE(temporal_parse(str_z(s), kind, &t));
    return t;
}

static void same(const struct temporal *t, const char *want)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    temporal_write(t, &b);
    T_EQ_STR(buf_view(&b), want);
    buf_done(&b);
}

static void text(void **state)
{
    static const struct {
        enum temporal_kind kind;
        const char *in, *out; /* NULL: none */
        enum temporal_unit unit;
    } rows[] = {
        { TEMPORAL_DATE, "2012", "2012", TEMPORAL_YEAR },
        { TEMPORAL_DATE, "2012-04", "2012-04", TEMPORAL_MONTH },
        { TEMPORAL_DATE, "2012-04-15", "2012-04-15", TEMPORAL_DAY },
        { TEMPORAL_DATE, "2012-04-31", NULL, 0 },
        { TEMPORAL_DATE, "2012-04-15T10:00", NULL, 0 },
        { TEMPORAL_DATE, "20120415", NULL, 0 },
        { TEMPORAL_DATETIME, "2012T", "2012", TEMPORAL_YEAR },
        { TEMPORAL_DATETIME, "2012-04-15T10", "2012-04-15T10:00", TEMPORAL_HOUR },
        { TEMPORAL_DATETIME, "2012-04-15T10+02:00", "2012-04-15T10:00+02:00", TEMPORAL_HOUR },
        { TEMPORAL_DATETIME, "2012-04-15T10:30", "2012-04-15T10:30", TEMPORAL_MINUTE },
        { TEMPORAL_DATETIME, "2012-04-15T10:30:05.120Z", "2012-04-15T10:30:05.120Z",
          TEMPORAL_SECOND },
        { TEMPORAL_DATETIME, "2012-04-15T10:30:05-00:30", "2012-04-15T10:30:05-00:30",
          TEMPORAL_SECOND },
        { TEMPORAL_DATETIME, "2012-04-15T", "2012-04-15", TEMPORAL_DAY },
        { TEMPORAL_DATETIME, "2012-04-15T1", NULL, 0 },
        { TEMPORAL_DATETIME, "2012-04-15T10:3", NULL, 0 },
        { TEMPORAL_TIME, "10:30", "10:30", TEMPORAL_MINUTE },
        { TEMPORAL_TIME, "T10:30:05.1", "10:30:05.1", TEMPORAL_SECOND },
        { TEMPORAL_TIME, "10", "10:00", TEMPORAL_HOUR },
        { TEMPORAL_TIME, "24:00", NULL, 0 },
        { TEMPORAL_TIME, "10:30Z", NULL, 0 },
        { TEMPORAL_TIME, "2012", NULL, 0 },
        { TEMPORAL_TIME, "", NULL, 0 },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct temporal t;
        T_ROW(rows[i].in);
        T_EQ_INT(temporal_parse(str_z(rows[i].in), rows[i].kind, &t), rows[i].out != NULL);
        if (!rows[i].out)
            continue;
        same(&t, rows[i].out);
        T_EQ_INT(t.unit, rows[i].unit);
    }
}

static void order(void **state)
{
    static const struct {
        const char *a, *b;
        enum temporal_order order;
    } rows[] = {
        { "2012", "2012", TEMPORAL_EQUAL },
        { "2012", "2013", TEMPORAL_LESS },
        { "2012", "2012-01", TEMPORAL_UNKNOWN },
        { "2012-02", "2012-01-31", TEMPORAL_GREATER },
        { "2012-01-01T10:00:00", "2012-01-01T10:00:00.000", TEMPORAL_EQUAL },
        { "2012-01-01T10:00:00.5", "2012-01-01T10:00:00", TEMPORAL_GREATER },
        { "2012-01-01T10:00", "2012-01-01T10:00:00", TEMPORAL_UNKNOWN },
        { "2012-01-01T10:00:00+02:00", "2012-01-01T08:00:00Z", TEMPORAL_EQUAL },
        { "2012-01-01T00:30:00+02:00", "2011-12-31T23:00:00Z", TEMPORAL_LESS },
        { "2012-01-01T10:00:00Z", "2012-01-01T10:00:00", TEMPORAL_UNKNOWN },
        { "2012-01-01T10:00:00Z", "2012-01-02T00:00:01", TEMPORAL_LESS },
        { "2012-01-01T10:00:00Z", "2012-01-02T00:00:00.001", TEMPORAL_UNKNOWN },
        { "2012-01-01T10:00:00Z", "2012-01-02T01:00:00", TEMPORAL_LESS },
        { "2012-01-03T10:00:00Z", "2012-01-02T01:00:00", TEMPORAL_GREATER },
        { "2012-01-01T10:00:00Z", "2012", TEMPORAL_UNKNOWN },
        { "2012-06-01T10:00:00Z", "2011", TEMPORAL_GREATER },
        { "0000-01-01T00:00:00+02:00", "0000-01-01T00:00:00Z", TEMPORAL_LESS },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct temporal a = of(rows[i].a, TEMPORAL_DATETIME), b = of(rows[i].b, TEMPORAL_DATETIME);
        enum temporal_order back = rows[i].order == TEMPORAL_UNKNOWN
                                       ? TEMPORAL_UNKNOWN
                                       : (enum temporal_order) - (int)rows[i].order;
        T_ROW(rows[i].a);
        T_EQ_INT(temporal_cmp(&a, &b), rows[i].order);
        T_EQ_INT(temporal_cmp(&b, &a), back);
    }
    struct temporal time = of("10:00", TEMPORAL_TIME), date = of("2012", TEMPORAL_DATE);
    T_EQ_INT(temporal_cmp(&time, &date), TEMPORAL_UNKNOWN);
}

static void arithmetic(void **state)
{
    static const struct {
        enum temporal_kind kind;
        const char *in;
        int64_t n;
        enum temporal_unit unit;
        const char *out; /* NULL: out of range */
    } rows[] = {
        { TEMPORAL_DATE, "2012-01-31", 1, TEMPORAL_MONTH, "2012-02-29" },
        { TEMPORAL_DATE, "2012-03-31", -1, TEMPORAL_MONTH, "2012-02-29" },
        { TEMPORAL_DATE, "2012-02-29", 4, TEMPORAL_YEAR, "2016-02-29" },
        { TEMPORAL_DATE, "2012-12", 1, TEMPORAL_MONTH, "2013-01" },
        { TEMPORAL_DATE, "2012", 23, TEMPORAL_MONTH, "2013" },
        { TEMPORAL_DATE, "2012", 365, TEMPORAL_DAY, "2013" },
        { TEMPORAL_DATE, "2012", 364, TEMPORAL_DAY, "2012" },
        { TEMPORAL_DATE, "2012-01", 30, TEMPORAL_DAY, "2012-02" },
        { TEMPORAL_DATE, "2012-01-01", 25, TEMPORAL_HOUR, "2012-01-02" },
        { TEMPORAL_DATE, "2012-01-01", -25, TEMPORAL_HOUR, "2011-12-31" },
        { TEMPORAL_DATE, "2012-01-01", 2, TEMPORAL_WEEK, "2012-01-15" },
        { TEMPORAL_DATE, "9999-12-31", 1, TEMPORAL_DAY, NULL },
        { TEMPORAL_DATE, "0001-01-01", -1, TEMPORAL_DAY, NULL },
        { TEMPORAL_DATE, "2012-01-01", INT64_MAX, TEMPORAL_DAY, NULL },
        { TEMPORAL_DATE, "2012-01-01", INT64_MAX, TEMPORAL_WEEK, NULL },
        { TEMPORAL_DATE, "2012-01-01", INT64_MIN + 1, TEMPORAL_YEAR, NULL },
        { TEMPORAL_DATETIME, "2012-01-01T10:00:00+10:00", 90, TEMPORAL_MINUTE,
          "2012-01-01T11:30:00+10:00" },
        { TEMPORAL_DATETIME, "2012-01-01T10:00:00.25", 50, TEMPORAL_MILLISECOND,
          "2012-01-01T10:00:00.300" },
        { TEMPORAL_DATETIME, "2012-01-01T10:00", 59, TEMPORAL_SECOND, "2012-01-01T10:00" },
        { TEMPORAL_DATETIME, "2012-01-01T10:00", 60, TEMPORAL_SECOND, "2012-01-01T10:01" },
        { TEMPORAL_TIME, "23:30", 45, TEMPORAL_MINUTE, "00:15" },
        { TEMPORAL_TIME, "00:15", -45, TEMPORAL_MINUTE, "23:30" },
        { TEMPORAL_TIME, "10:00", 1, TEMPORAL_DAY, NULL },
    };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct temporal t = of(rows[i].in, rows[i].kind);
        T_ROW(rows[i].in);
        T_EQ_INT(temporal_add(&t, rows[i].n, rows[i].unit), rows[i].out != NULL);
        if (rows[i].out)
            same(&t, rows[i].out);
    }
}

static void instants(void **state)
{
    struct temporal t;
    (void)state;
    temporal_of_ms(INT64_C(1715941815678), 120, &t);
    same(&t, "2024-05-17T12:30:15.678+02:00");
    T_EQ_INT(temporal_to_ms(&t, 0), INT64_C(1715941815678));
    t = of("2024-05-17T10:30", TEMPORAL_DATETIME);
    T_EQ_INT(temporal_to_ms(&t, 0), INT64_C(1715941800000));
    T_EQ_INT(temporal_to_ms(&t, 60), INT64_C(1715938200000));
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(text), T_TEST(order), T_TEST(arithmetic),
                                        T_TEST(instants) };
    return T_RUN(tests);
}
