/*
 * Strict UTF-8. Tests: utf8_test.c, fuzz: charset_fuzz.c
 */
#include "base/utf8.h"

#define HIGH_BITS 0x8080808080808080u

size_t utf8_ascii_run(struct str s)
{
    size_t at = 0;
    while (s.n - at >= 16) {
        uint64_t w[2];
        memcpy(w, s.p + at, sizeof w);
        if ((w[0] | w[1]) & HIGH_BITS)
            break;
        at += 16;
    }
    while (at < s.n && (unsigned char)s.p[at] < 0x80)
        at++;
    return at;
}

/*
 * What may follow a first byte: how many bytes, and the range of the second one, which is where
 * overlong forms, surrogates and values over U+10FFFF are seen (Unicode table 3-7).
 */
struct lead {
    unsigned char more;
    unsigned char low, high;
};

static const struct lead leads[] = {
    { 1, 0x80, 0xbf }, /* c2-df */
    { 2, 0xa0, 0xbf }, /* e0 */
    { 2, 0x80, 0xbf }, /* e1-ec */
    { 2, 0x80, 0x9f }, /* ed */
    { 2, 0x80, 0xbf }, /* ee-ef */
    { 3, 0x90, 0xbf }, /* f0 */
    { 3, 0x80, 0xbf }, /* f1-f3 */
    { 3, 0x80, 0x8f }, /* f4 */
};

static const struct lead *lead_of(unsigned char c)
{
    /* rows of leads for e0 to f4 */
    static const unsigned char row[] = { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
                                         2, 2, 3, 4, 4, 5, 6, 6, 6, 7 };
    if (c < 0xc2 || c > 0xf4)
        return NULL;
    return &leads[c < 0xe0 ? 0 : row[c - 0xe0]];
}

uint32_t utf8_next(struct str s, size_t *pos)
{
    const unsigned char *p = (const unsigned char *)s.p + *pos;
    size_t left = s.n - *pos;
    *pos += 1;
    if (p[0] < 0x80)
        return p[0];
    const struct lead *lead = lead_of(p[0]);
    if (!lead)
        return UTF8_BAD;
    uint32_t cp = p[0] & (0x3fu >> lead->more);
    for (size_t i = 1; i <= lead->more; i++) {
        unsigned char low = i == 1 ? lead->low : 0x80;
        unsigned char high = i == 1 ? lead->high : 0xbf;
        if (i >= left || p[i] < low || p[i] > high)
            return UTF8_BAD;
        cp = cp << 6 | (p[i] & 0x3fu);
        *pos += 1;
    }
    return cp;
}

bool utf8_is_valid(struct str s, size_t *bad_at)
{
    size_t at = 0;
    while (at < s.n) {
        if ((unsigned char)s.p[at] < 0x80) {
            at += utf8_ascii_run(str_from(s, at));
            continue;
        }
        size_t start = at;
        if (utf8_next(s, &at) == UTF8_BAD) {
            if (bad_at)
                *bad_at = start;
            return false;
        }
    }
    return true;
}

size_t utf8_count(struct str s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.n; n++)
        (void)utf8_next(s, &at); /* a bad sequence counts too */
    return n;
}

size_t utf8_offset(struct str s, size_t i)
{
    size_t at = 0;
    for (; i > 0 && at < s.n; i--)
        (void)utf8_next(s, &at); /* as in utf8_count */
    return at;
}

struct str utf8_cut(struct str s, size_t max_bytes)
{
    if (s.n <= max_bytes)
        return s;
    size_t n = max_bytes;
    /* at most three bytes back: stray continuation bytes are no characters to keep whole */
    for (size_t back = 0; back < 3 && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80; back++)
        n--;
    if (((unsigned char)s.p[n] & 0xc0) == 0x80)
        n = max_bytes;
    return str_sub(s, 0, n);
}

size_t utf8_put(uint32_t cp, char out[4])
{
    ZS_ASSERT(cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff));
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    static const unsigned char mark[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (char)(mark[n] | cp);
    return n;
}
