/*
 * Sixteen bytes at a time, inline: for scan.c and for the short runs of the reader, where a call
 * would cost more than the work. SSE2 is part of x86-64, so nothing is asked at run time.
 */
#ifndef ZS_JSON_SCAN_SSE2_H
#define ZS_JSON_SCAN_SSE2_H

#include <emmintrin.h>

static inline __m128i sse2_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* A bit for each of 16 bytes that is ", \ or below U+0020; *high one for each outside ASCII. */
static inline unsigned sse2_special(const char *p, unsigned *high)
{
    __m128i v = sse2_load(p);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    /* unsigned v <= 0x1f: then the smaller of the two is v itself */
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    *high = (unsigned)_mm_movemask_epi8(v);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), low));
}

/* A bit for each of 16 bytes that is no JSON white space. */
static inline unsigned sse2_not_space(const char *p)
{
    __m128i v = sse2_load(p);
    __m128i blank = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));
    __m128i lf = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
    __m128i cr = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));
    __m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
    __m128i any = _mm_or_si128(_mm_or_si128(blank, lf), _mm_or_si128(cr, tab));
    return (unsigned)_mm_movemask_epi8(any) ^ 0xffffu;
}

#endif
