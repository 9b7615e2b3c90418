/* scan.c: every form against a plain loop, at every alignment and length. */
#include "hl7/scan.h"

#include "tests/lib/t.h"

#include <string.h>

#define SPAN 96

/* A text of two letters and a third, from a fixed generator: the same on each run. */
static void fill(char *p, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t r = seed >> 24;
        p[i] = r < 24 ? '|' : r < 32 ? '\r' : (char)(r ^ 0x80);
    }
}

static size_t plain_nth(const char *p, size_t n, char c, size_t k, size_t *found)
{
    size_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == c && ++seen == k) {
            *found = k;
            return i;
        }
    }
    *found = seen;
    return n;
}

static size_t plain_either(const char *p, size_t n, char a, char b)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == a || p[i] == b)
            return i;
    return n;
}

static size_t plain_control(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] < 0x20)
            return i;
    return n;
}

static void forms_agree(void **state)
{
    (void)state;
    char text[SPAN];
    for (uint32_t seed = 1; seed <= 40; seed++) {
        fill(text, sizeof text, seed);
        for (size_t at = 0; at < 17; at++) {
            for (size_t n = 0; n <= SPAN - at; n++) {
                const char *p = text + at;
                size_t want = plain_either(p, n, '\r', '|');
                T_EQ_SIZE(scan_either(p, n, '\r', '|'), want);
                T_EQ_SIZE(scan_either_word(p, n, '\r', '|'), want);
                want = plain_control(p, n);
                T_EQ_SIZE(scan_control(p, n), want);
                T_EQ_SIZE(scan_control_word(p, n), want);
                T_EQ_SIZE(scan_one(p, n, '|'), plain_either(p, n, '|', '|'));
                for (size_t k = 1; k <= 4; k++) {
                    size_t found = 99;
                    size_t wanted = 99;
                    size_t pos = plain_nth(p, n, '|', k, &wanted);
                    T_EQ_SIZE(scan_nth(p, n, '|', k, &found), pos);
                    T_EQ_SIZE(found, wanted);
                    T_EQ_SIZE(scan_nth_word(p, n, '|', k, &found), pos);
                    T_EQ_SIZE(found, wanted);
                }
            }
        }
    }
}

/* A byte that differs from the wanted one by a carry (0x7C against 0x7D, 0xFC) is no hit. */
static void neighbours_are_no_hits(void **state)
{
    (void)state;
    static const char text[] = "\x7d\xfc\x7b\x7d\x7c\x7d\xfc\x00\x7c";
    size_t found = 0;
    T_EQ_SIZE(scan_nth_word(text, sizeof text - 1, '|', 1, &found), 4);
    T_EQ_SIZE(scan_nth(text, sizeof text - 1, '|', 2, &found), 8);
    T_EQ_SIZE(scan_count(text, sizeof text - 1, '|'), 2);
    T_EQ_SIZE(scan_count(text, sizeof text - 1, '\0'), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(forms_agree), T_TEST(neighbours_are_no_hits) };
    return T_RUN(tests);
}
