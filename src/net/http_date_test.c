#include "net/http_date.h"

#include "tests/lib/t.h"

static const struct {
    const char *text;
    int64_t at_ms; /* -1: refused */
} rows[] = {
    { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000 },
    { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
    { "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199000 },
    { "Wed, 29 Feb 2023 23:59:59 GMT", -1 },
    { "Sun, 06 Xov 1994 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
    { "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
    { "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
    { "", -1 },
};

static void dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].text);
        int64_t at = -1;
        T_EQ_INT(http_date_parse(str_z(rows[i].text), &at), rows[i].at_ms >= 0);
        T_EQ_INT(at, rows[i].at_ms);
        if (at < 0)
            continue;
        char text[HTTP_DATE_SIZE];
        http_date(at, text);
        T_EQ_Z(text, rows[i].text);
    }
    T_ROW(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(dates) };
    return T_RUN(tests);
}
