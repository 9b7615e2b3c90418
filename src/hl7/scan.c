/*
 * Byte scans; see scan.h. The word forms work on 8 bytes at once: in v ^ (c repeated) a matching
 * byte is 0, and hits() marks each zero byte exactly (no carry crosses bytes), so that the marks
 * may be counted and not only tested. Tests: scan_test.c
 */
#include "hl7/scan.h"

#define LOW7  0x7f7f7f7f7f7f7f7fULL
#define ONES  0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

/* Memory order: byte 0 in the lowest bits on every machine. */
static uint64_t load(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static uint64_t repeat(char c)
{
    return ONES * (unsigned char)c;
}

/* 0x80 in each byte of v that equals the byte repeated in c, 0 elsewhere. */
static uint64_t hits(uint64_t v, uint64_t c)
{
    uint64_t x = v ^ c;
    return ~(((x & LOW7) + LOW7) | x) & HIGHS;
}

static size_t first_hit(uint64_t marks)
{
    return (size_t)__builtin_ctzll(marks) / 8;
}

/* Offset of the k-th mark; there are at least k. */
static size_t nth_hit(uint64_t marks, size_t k)
{
    while (--k > 0)
        marks &= marks - 1;
    return first_hit(marks);
}

size_t scan_either_word(const char *p, size_t n, char a, char b)
{
    uint64_t ra = repeat(a);
    uint64_t rb = repeat(b);
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t v = load(p + i);
        uint64_t marks = hits(v, ra) | hits(v, rb);
        if (marks)
            return i + first_hit(marks);
    }
    while (i < n && p[i] != a && p[i] != b)
        i++;
    return i;
}

/* The last bytes of scan_nth: `seen` hits lie before `i`. */
static size_t nth_tail(const char *p, size_t n, char c, size_t k, size_t i, size_t seen,
                       size_t *found)
{
    for (; i < n; i++) {
        if (p[i] == c && ++seen == k) {
            *found = k;
            return i;
        }
    }
    *found = seen;
    return n;
}

size_t scan_nth_word(const char *p, size_t n, char c, size_t k, size_t *found)
{
    uint64_t rc = repeat(c);
    size_t seen = 0;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t marks = hits(load(p + i), rc);
        size_t here = (size_t)__builtin_popcountll(marks);
        if (seen + here >= k) {
            *found = k;
            return i + nth_hit(marks, k - seen);
        }
        seen += here;
    }
    return nth_tail(p, n, c, k, i, seen, found);
}

size_t scan_control_word(const char *p, size_t n)
{
    /* The three high bits are 0: 0x80 in each byte where v & 0xE0 is 0. */
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t marks = hits(load(p + i) & (ONES * 0xE0), 0);
        if (marks)
            return i + first_hit(marks);
    }
    while (i < n && (unsigned char)p[i] >= 0x20)
        i++;
    return i;
}

#if defined(__SSE2__)

/*
 * Vector types of the compiler, not <emmintrin.h>: that header drags in the allocator, which is
 * banned by name here.
 */
typedef char vec16 __attribute__((vector_size(16)));

static vec16 load16(const char *p)
{
    vec16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

static vec16 repeat16(char c)
{
    return (vec16){ c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c };
}

/* One bit for each byte of a comparison's result. */
static unsigned bits16(vec16 marks)
{
    return (unsigned)__builtin_ia32_pmovmskb128(marks);
}

size_t scan_either(const char *p, size_t n, char a, char b)
{
    vec16 va = repeat16(a);
    vec16 vb = repeat16(b);
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        vec16 v = load16(p + i);
        unsigned marks = bits16((vec16)((v == va) | (v == vb)));
        if (marks)
            return i + (size_t)__builtin_ctz(marks);
    }
    return i + scan_either_word(p + i, n - i, a, b);
}

size_t scan_nth(const char *p, size_t n, char c, size_t k, size_t *found)
{
    vec16 vc = repeat16(c);
    size_t seen = 0;
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        /* Bit by bit: counting them is a function call where popcnt is not of the base set. */
        for (unsigned marks = bits16((vec16)(load16(p + i) == vc)); marks; marks &= marks - 1) {
            if (++seen < k)
                continue;
            *found = k;
            return i + (size_t)__builtin_ctz(marks);
        }
    }
    return nth_tail(p, n, c, k, i, seen, found);
}

size_t scan_control(const char *p, size_t n)
{
    vec16 high = repeat16((char)0xE0);
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        unsigned marks = bits16((vec16)((load16(p + i) & high) == (vec16){ 0 }));
        if (marks)
            return i + (size_t)__builtin_ctz(marks);
    }
    return i + scan_control_word(p + i, n - i);
}

#else

size_t scan_control(const char *p, size_t n)
{
    return scan_control_word(p, n);
}

size_t scan_either(const char *p, size_t n, char a, char b)
{
    return scan_either_word(p, n, a, b);
}

size_t scan_nth(const char *p, size_t n, char c, size_t k, size_t *found)
{
    return scan_nth_word(p, n, c, k, found);
}

#endif

size_t scan_count(const char *p, size_t n, char c)
{
    size_t found = 0;
    (void)scan_nth(p, n, c, SIZE_MAX, &found);
    return found;
}
