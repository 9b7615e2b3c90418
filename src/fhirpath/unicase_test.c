/* Case of characters and of text. */
#include "fhirpath/unicase.h"
#include "tests/lib/t.h"

static void characters(void **state)
{
    static const uint32_t pairs[][2] = {
        { 'a', 'A' },       { 0xE4, 0xC4 },     { 0xFF, 0x178 },      { 0x101, 0x100 },
        { 0x3B1, 0x391 },   { 0x436, 0x416 },   { 0x561, 0x531 },     { 0x1E3, 0x1E2 },
        { 0x10D0, 0x1C90 }, { 0xAB70, 0x13A0 }, { 0x10428, 0x10400 }, { 0x1E922, 0x1E900 },
    };
    static const uint32_t caseless[] = { '0', '-', 0x4E00, 0x5D0, 0x1F600, 0x10FFFF, 0xD7 };
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(pairs); i++) {
        T_EQ_INT(unicase_upper(pairs[i][0]), pairs[i][1]);
        T_EQ_INT(unicase_lower(pairs[i][1]), pairs[i][0]);
        T_EQ_INT(unicase_upper(pairs[i][1]), pairs[i][1]);
        T_EQ_INT(unicase_lower(pairs[i][0]), pairs[i][0]);
    }
    for (size_t i = 0; i < ZS_COUNT(caseless); i++) {
        T_EQ_INT(unicase_upper(caseless[i]), caseless[i]);
        T_EQ_INT(unicase_lower(caseless[i]), caseless[i]);
    }
    T_EQ_INT(unicase_upper(0xDF), 0xDF); /* ß has no single character above it */
}

static void text(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 100);
    unicase_write(STR("a\xc3\xa4\xff\xd0\xb6!"), true, &b);
    T_EQ_STR(buf_view(&b), "A\xc3\x84\xff\xd0\x96!");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(characters), T_TEST(text) };
    return T_RUN(tests);
}
