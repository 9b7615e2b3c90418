/*
 * The plain C and the SSE2 form, and the choice. AVX2 is in scan_avx2.c. Tests: scan_test.c
 */
#include "json/scan.h"

#include "base/utf8.h"

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Ends a string or must be escaped in one: controls, " and \ (RFC 8259 section 7). */
static bool is_special(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static uint64_t load8(const char *p)
{
    uint64_t w = 0;
    memcpy(&w, p, sizeof w);
    return w;
}

/* The top bit of a byte is set where that byte of w (all ASCII) is zero; exact at the lowest. */
static uint64_t zero_bytes(uint64_t w)
{
    return (w - ONES) & ~w & HIGHS;
}

static size_t c_plain(const char *p, size_t n, unsigned *high)
{
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t w = load8(p + i);
        uint64_t low = (w - ONES * 0x20) & ~w & HIGHS;
        if (low | zero_bytes(w ^ (ONES * '"')) | zero_bytes(w ^ (ONES * '\\')))
            break;
        *high |= (w & HIGHS) ? 0x80u : 0u;
    }
    for (; i < n && !is_special((unsigned char)p[i]); i++)
        *high |= (unsigned char)p[i] & 0x80u;
    return i;
}

static size_t c_space(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n && is_space(p[i]))
        i++;
    return i;
}

static bool c_utf8(const char *p, size_t n)
{
    return utf8_is_valid(str_of(p, n), NULL);
}

const struct json_scan json_scan_c = { "c", c_plain, c_space, c_utf8 };

#if defined(__x86_64__)

#include "json/scan_sse2.h"

static size_t sse2_plain(const char *p, size_t n, unsigned *high)
{
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        unsigned bytes_high = 0;
        unsigned special = sse2_special(p + i, &bytes_high);
        if (special) {
            unsigned k = (unsigned)__builtin_ctz(special);
            *high |= (bytes_high & ((1u << k) - 1)) ? 0x80u : 0u;
            return i + k;
        }
        *high |= bytes_high ? 0x80u : 0u;
    }
    return i + c_plain(p + i, n - i, high);
}

static size_t sse2_space(const char *p, size_t n)
{
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        unsigned other = sse2_not_space(p + i);
        if (other)
            return i + (unsigned)__builtin_ctz(other);
    }
    return i + c_space(p + i, n - i);
}

const struct json_scan json_scan_sse2 = { "sse2", sse2_plain, sse2_space, c_utf8 };

const struct json_scan *json_scan_best(void)
{
    return __builtin_cpu_supports("avx2") ? &json_scan_avx2 : &json_scan_sse2;
}

#else

const struct json_scan *json_scan_best(void)
{
    return &json_scan_c;
}

#endif
