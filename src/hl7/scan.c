/*
 * Byte scans; see scan.h. The word forms work on 8 bytes at once: in v ^ (c repeated) a matching
 * byte is 0, and hits() marks each zero byte exactly (no carry crosses bytes), so that the marks
 * may be counted and not only tested. Tests: scan_test.c
 */
#include "hl7/scan.h"

#include <string.h>

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
        unsigned marks = bits16((vec16)(load16(p + i) == vc));
        size_t here = (size_t)__builtin_popcount(marks);
        if (seen + here >= k) {
            for (size_t skip = k - seen; --skip > 0;)
                marks &= marks - 1;
            *found = k;
            return i + (size_t)__builtin_ctz(marks);
        }
        seen += here;
    }
    return nth_tail(p, n, c, k, i, seen, found);
}

#else

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

size_t scan_unprintable(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if ((c < 0x20 && c != '\t') || c > 0x7E)
            return i;
    }
    return n;
}
