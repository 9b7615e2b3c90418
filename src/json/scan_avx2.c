/*
 * The AVX2 form, thirty-two bytes at a time. Only these functions are compiled for AVX2, and only
 * json_scan_best hands them out. Tests: scan_test.c
 */
#include "json/scan.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi")))

AVX2 static inline __m256i load(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 static inline __m256i same(char c)
{
    return _mm256_set1_epi8(c);
}

AVX2 static inline unsigned special_bits(__m256i v)
{
    __m256i quote = _mm256_cmpeq_epi8(v, same('"'));
    __m256i slash = _mm256_cmpeq_epi8(v, same('\\'));
    __m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(v, same(0x1f)), v);
    return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(quote, slash), low));
}

AVX2 static size_t avx2_plain(const char *p, size_t n, unsigned *high)
{
    size_t i = 0;
    for (; n - i >= 32; i += 32) {
        __m256i v = load(p + i);
        unsigned special = special_bits(v);
        unsigned bytes_high = (unsigned)_mm256_movemask_epi8(v);
        if (special) {
            unsigned k = (unsigned)__builtin_ctz(special);
            *high |= (bytes_high & ((1u << k) - 1)) ? 0x80u : 0u;
            return i + k;
        }
        *high |= bytes_high ? 0x80u : 0u;
    }
    return i + json_scan_sse2.plain(p + i, n - i, high);
}

AVX2 static size_t avx2_space(const char *p, size_t n)
{
    size_t i = 0;
    for (; n - i >= 32; i += 32) {
        __m256i v = load(p + i);
        __m256i blank =
            _mm256_or_si256(_mm256_cmpeq_epi8(v, same(' ')), _mm256_cmpeq_epi8(v, same('\n')));
        __m256i other =
            _mm256_or_si256(_mm256_cmpeq_epi8(v, same('\r')), _mm256_cmpeq_epi8(v, same('\t')));
        unsigned rest = ~(unsigned)_mm256_movemask_epi8(_mm256_or_si256(blank, other));
        if (rest)
            return i + (unsigned)__builtin_ctz(rest);
    }
    return i + json_scan_sse2.space(p + i, n - i);
}

/*
 * UTF-8 by three table look-ups a byte: the high and low half of the byte before and the high half
 * of the byte itself each name the errors they could take part in; an error is where all three
 * agree. (Keiser and Lemire, Validating UTF-8 in less than one instruction per byte, 2021.)
 */
enum utf8_fault {
    TOO_SHORT = 1 << 0,      /* lead, then no continuation */
    TOO_LONG = 1 << 1,       /* ASCII, then a continuation */
    OVERLONG_3 = 1 << 2,     /* e0 80..9f */
    TOO_LARGE = 1 << 3,      /* f4 90..bf */
    SURROGATE = 1 << 4,      /* ed a0..bf */
    OVERLONG_2 = 1 << 5,     /* c0, c1 */
    TOO_LARGE_1000 = 1 << 6, /* f5.. 80..8f */
    OVERLONG_4 = 1 << 6,     /* f0 80..8f */
    TWO_CONTS = 1 << 7,      /* continuation, then continuation: wrong unless a 3rd or 4th byte */
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS
};

#define TWICE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

AVX2 static inline __m256i high_half(__m256i v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), same(0x0f));
}

/* The bytes k places before those of v; `before` is the block ahead of it. */
#define PREVIOUS(v, before, k)                                                                     \
    _mm256_alignr_epi8((v), _mm256_permute2x128_si256((before), (v), 0x21), 16 - (k))

AVX2 static inline __m256i pair_faults(__m256i v, __m256i prev1)
{
    const __m256i by_prev_high =
        TWICE(TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
              (char)TWO_CONTS, (char)TWO_CONTS, (char)TWO_CONTS, (char)TWO_CONTS,
              TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
              TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4);
    const __m256i by_prev_low = TWICE(
        (char)(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4), (char)(CARRY | OVERLONG_2),
        (char)CARRY, (char)CARRY, (char)(CARRY | TOO_LARGE),
        (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
        (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
        (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
        (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000),
        (char)(CARRY | TOO_LARGE | TOO_LARGE_1000 | SURROGATE),
        (char)(CARRY | TOO_LARGE | TOO_LARGE_1000), (char)(CARRY | TOO_LARGE | TOO_LARGE_1000));
    const __m256i by_high = TWICE(
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
        (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
        (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | OVERLONG_3 | TOO_LARGE),
        (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE),
        (char)(TOO_LONG | OVERLONG_2 | TWO_CONTS | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT,
        TOO_SHORT, TOO_SHORT);
    __m256i a = _mm256_shuffle_epi8(by_prev_high, high_half(prev1));
    __m256i b = _mm256_shuffle_epi8(by_prev_low, _mm256_and_si256(prev1, same(0x0f)));
    __m256i c = _mm256_shuffle_epi8(by_high, high_half(v));
    return _mm256_and_si256(_mm256_and_si256(a, b), c);
}

AVX2 static inline __m256i block_faults(__m256i v, __m256i before)
{
    __m256i pairs = pair_faults(v, PREVIOUS(v, before, 1));
    /* two continuations in a row are right exactly where a lead of 3 stands two, of 4 three before
     */
    __m256i third = _mm256_subs_epu8(PREVIOUS(v, before, 2), same((char)(0xe0 - 0x80)));
    __m256i fourth = _mm256_subs_epu8(PREVIOUS(v, before, 3), same((char)(0xf0 - 0x80)));
    __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), same((char)0x80));
    return _mm256_xor_si256(must, pairs);
}

/*
 * The last block is filled up with zeros, and there is one even when nothing is left: a character
 * cut by the end is then a lead before ASCII.
 */
AVX2 static bool avx2_utf8(const char *p, size_t n)
{
    __m256i faults = _mm256_setzero_si256();
    __m256i before = _mm256_setzero_si256();
    size_t i = 0;
    for (; n - i >= 32; i += 32) {
        __m256i v = load(p + i);
        faults = _mm256_or_si256(faults, block_faults(v, before));
        before = v;
    }
    char rest[32] = { 0 };
    if (n > i)
        memcpy(rest, p + i, n - i);
    faults = _mm256_or_si256(faults, block_faults(load(rest), before));
    return _mm256_testz_si256(faults, faults);
}

const struct json_scan json_scan_avx2 = { "avx2", avx2_plain, avx2_space, avx2_utf8 };

#endif
