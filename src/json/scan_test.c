/*
 * The three forms of the scans answer alike, and as the rules say. Every text stands at the end of
 * an allocation of its size, so that a byte read too far is caught.
 */
#include "json/scan.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "tests/lib/t.h"

#define LENGTH_MAX 100

static const struct json_scan *forms[3];
static size_t n_forms;

static int find_forms(void **state)
{
    (void)state;
    forms[n_forms++] = &json_scan_c;
#if defined(__x86_64__)
    forms[n_forms++] = &json_scan_sse2;
    if (__builtin_cpu_supports("avx2"))
        forms[n_forms++] = &json_scan_avx2;
#endif
    return 0;
}

/* xorshift64: the same texts every time */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static char *exact(size_t n)
{
    char *p = mem_alloc(n);
    T_TRUE(p);
    return p;
}

/* One byte `c` at `at` in n filling bytes: what each form should say is known. */
static void one_byte(size_t n, size_t at, unsigned char c, char filling)
{
    char *p = exact(n);
    if (n)
        memset(p, filling, n);
    if (at < n)
        p[at] = (char)c;
    bool special = at < n && (c < 0x20 || c == '"' || c == '\\');
    bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    for (size_t i = 0; i < n_forms; i++) {
        unsigned high = 0;
        T_ROW(forms[i]->name);
        T_EQ_SIZE(forms[i]->plain(p, n, &high), special ? at : n);
        T_EQ_INT(high & 0x80, at < n && c >= 0x80 ? 0x80 : 0);
        if (filling == ' ')
            T_EQ_SIZE(forms[i]->space(p, n), at < n && !blank ? at : n);
        else
            T_EQ_SIZE(forms[i]->space(p, n), n && at == 0 && blank);
    }
    mem_free(p);
}

static void every_byte(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        one_byte(1, 0, (unsigned char)c, 'x');
        for (size_t at = 0; at < 70; at += 3) {
            one_byte(70, at, (unsigned char)c, 'x');
            one_byte(70, at, (unsigned char)c, ' ');
        }
    }
}

static void every_length(void **state)
{
    (void)state;
    for (size_t n = 0; n <= LENGTH_MAX; n++)
        for (size_t at = 0; at <= n; at++) {
            one_byte(n, at, '"', 'x');
            one_byte(n, at, 'y', ' ');
        }
}

/* What lies behind the first special byte does not count as seen. */
static void nothing_behind(void **state)
{
    (void)state;
    static const char text[] = "0123456789012345678\"\xc3\xa9 and more text behind it";
    for (size_t i = 0; i < n_forms; i++) {
        unsigned high = 0;
        T_ROW(forms[i]->name);
        T_EQ_SIZE(forms[i]->plain(text, sizeof text - 1, &high), 19);
        T_EQ_INT(high, 0);
    }
}

static void check_utf8(const char *text, size_t n)
{
    char *p = exact(n);
    if (n)
        memcpy(p, text, n);
    bool want = utf8_is_valid(str_of(p, n), NULL);
    for (size_t i = 0; i < n_forms; i++)
        if (forms[i]->utf8(p, n) != want)
            T_FAIL("%s: %zu bytes, want %d: %02x %02x %02x %02x", forms[i]->name, n, want,
                   (unsigned char)p[0], (unsigned char)p[n > 1], (unsigned char)p[n > 2 ? 2 : 0],
                   (unsigned char)p[n > 3 ? 3 : 0]);
    mem_free(p);
}

/* Every pair of bytes, and every lead with edge values behind, at the places where blocks meet. */
static void utf8_sequences(void **state)
{
    (void)state;
    static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                           0xa0, 0xbf, 0xc0, 0xe0, 0xff };
    static const size_t offsets[] = { 0, 28, 29, 30, 31, 32, 61, 63 };
    char text[80];
    for (unsigned lead = 0x7f; lead < 256; lead++)
        for (size_t k = 0; k < ZS_COUNT(edges) * ZS_COUNT(edges) * ZS_COUNT(edges); k++) {
            size_t offset = offsets[k % ZS_COUNT(offsets)];
            memset(text, 'x', sizeof text);
            text[offset] = (char)lead;
            text[offset + 1] = (char)edges[k % ZS_COUNT(edges)];
            text[offset + 2] = (char)edges[k / ZS_COUNT(edges) % ZS_COUNT(edges)];
            text[offset + 3] = (char)edges[k / ZS_COUNT(edges) / ZS_COUNT(edges)];
            check_utf8(text, offset + 1 + k % 5);
            check_utf8(text, sizeof text);
        }
    for (unsigned pair = 0; pair < 65536; pair++) {
        char two[2] = { (char)(pair >> 8), (char)pair };
        check_utf8(two, 2);
    }
}

/* Valid text with one byte changed somewhere. */
static void utf8_random(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (unsigned round = 0; round < 20000; round++) {
        char text[LENGTH_MAX + 4];
        size_t n = 0;
        size_t length = next_random(&seed) % LENGTH_MAX;
        while (n < length) {
            uint32_t cp = (uint32_t)(next_random(&seed) >> (next_random(&seed) % 20)) % 0x110000;
            if (cp < 0xd800 || cp > 0xdfff)
                n += utf8_put(cp, text + n);
        }
        check_utf8(text, n);
        if (n == 0)
            continue;
        text[next_random(&seed) % n] = (char)next_random(&seed);
        check_utf8(text, n);
        check_utf8(text, next_random(&seed) % n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_byte),     T_TEST(every_length), T_TEST(nothing_behind),
        T_TEST(utf8_sequences), T_TEST(utf8_random),
    };
    return cmocka_run_group_tests(tests, find_forms, NULL);
}
