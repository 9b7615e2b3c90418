/*
 * The character sets converted without iconv: the common ones for speed and exactness, UTF-16 and
 * UTF-32 because glibc reads them in the machine's byte order when there is no mark, JIS X 0201
 * because glibc has none. Tests: charset_test.c
 */
#include "base/charset_int.h"

static bool is_scalar(uint32_t cp)
{
    return cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff);
}

static unsigned char byte_at(struct str s, size_t at)
{
    return (unsigned char)s.p[at];
}

static size_t put_byte(uint32_t cp, char out[4])
{
    out[0] = (char)cp;
    return 1;
}

static uint32_t ascii_next(struct str s, size_t *pos)
{
    unsigned char c = byte_at(s, *pos);
    if (c >= 0x80)
        return UTF8_BAD;
    *pos += 1;
    return c;
}

static size_t ascii_put(uint32_t cp, char out[4])
{
    return cp < 0x80 ? put_byte(cp, out) : 0;
}

static uint32_t latin1_next(struct str s, size_t *pos)
{
    return byte_at(s, (*pos)++);
}

static size_t latin1_put(uint32_t cp, char out[4])
{
    return cp < 0x100 ? put_byte(cp, out) : 0;
}

/* Bytes 0x80 to 0x9f; 0 where windows-1252 has nothing. */
static const uint16_t cp1252_high[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static uint32_t cp1252_next(struct str s, size_t *pos)
{
    unsigned char c = byte_at(s, *pos);
    uint32_t cp = c >= 0x80 && c <= 0x9f ? cp1252_high[c - 0x80] : c;
    if (cp == 0 && c != 0)
        return UTF8_BAD;
    *pos += 1;
    return cp;
}

static size_t cp1252_put(uint32_t cp, char out[4])
{
    if (cp < 0x80 || (cp >= 0xa0 && cp <= 0xff))
        return put_byte(cp, out);
    for (uint32_t i = 0; i < ZS_COUNT(cp1252_high); i++)
        if (cp1252_high[i] == cp)
            return put_byte(0x80 + i, out);
    return 0;
}

/* JIS X 0201: ASCII with yen for backslash and overline for tilde, half-width katakana above. */
static uint32_t jis0201_next(struct str s, size_t *pos)
{
    unsigned char c = byte_at(s, *pos);
    if (c >= 0x80 && (c < 0xa1 || c > 0xdf))
        return UTF8_BAD;
    *pos += 1;
    if (c == 0x5c)
        return 0xa5;
    if (c == 0x7e)
        return 0x203e;
    return c < 0x80 ? c : 0xff61u + (c - 0xa1u);
}

static size_t jis0201_put(uint32_t cp, char out[4])
{
    if (cp == 0xa5)
        return put_byte(0x5c, out);
    if (cp == 0x203e)
        return put_byte(0x7e, out);
    if (cp < 0x80 && cp != 0x5c && cp != 0x7e)
        return put_byte(cp, out);
    return cp >= 0xff61 && cp <= 0xff9f ? put_byte(0xa1 + (cp - 0xff61), out) : 0;
}

static uint32_t utf8_next_or_stay(struct str s, size_t *pos)
{
    size_t at = *pos;
    uint32_t cp = utf8_next(s, &at);
    if (cp != UTF8_BAD)
        *pos = at;
    return cp;
}

static uint32_t load(struct str s, size_t at, size_t n, bool little)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | byte_at(s, at + (little ? n - 1 - i : i));
    return v;
}

static void store(uint32_t v, size_t n, bool little, char *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t shift = 8 * (little ? i : n - 1 - i);
        out[i] = (char)(unsigned char)(v >> shift);
    }
}

static uint32_t utf16_next(struct str s, size_t *pos, bool little)
{
    size_t left = s.n - *pos;
    if (left < 2)
        return UTF8_BAD;
    uint32_t first = load(s, *pos, 2, little);
    if (first < 0xd800 || first > 0xdfff) {
        *pos += 2;
        return first;
    }
    uint32_t second = left >= 4 ? load(s, *pos + 2, 2, little) : 0;
    if (first > 0xdbff || second < 0xdc00 || second > 0xdfff)
        return UTF8_BAD;
    *pos += 4;
    return 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
}

static size_t utf16_put(uint32_t cp, char out[4], bool little)
{
    if (cp < 0x10000) {
        store(cp, 2, little, out);
        return 2;
    }
    store(0xd800 + ((cp - 0x10000) >> 10), 2, little, out);
    store(0xdc00 + (cp & 0x3ff), 2, little, out + 2);
    return 4;
}

static uint32_t utf32_next(struct str s, size_t *pos, bool little)
{
    if (s.n - *pos < 4)
        return UTF8_BAD;
    uint32_t cp = load(s, *pos, 4, little);
    if (!is_scalar(cp))
        return UTF8_BAD;
    *pos += 4;
    return cp;
}

static uint32_t utf16be_next(struct str s, size_t *pos)
{
    return utf16_next(s, pos, false);
}

static uint32_t utf16le_next(struct str s, size_t *pos)
{
    return utf16_next(s, pos, true);
}

static uint32_t utf32be_next(struct str s, size_t *pos)
{
    return utf32_next(s, pos, false);
}

static uint32_t utf32le_next(struct str s, size_t *pos)
{
    return utf32_next(s, pos, true);
}

static size_t utf16be_put(uint32_t cp, char out[4])
{
    return utf16_put(cp, out, false);
}

static size_t utf16le_put(uint32_t cp, char out[4])
{
    return utf16_put(cp, out, true);
}

static size_t utf32be_put(uint32_t cp, char out[4])
{
    store(cp, 4, false, out);
    return 4;
}

static size_t utf32le_put(uint32_t cp, char out[4])
{
    store(cp, 4, true, out);
    return 4;
}

enum { ASCII, LATIN1, CP1252, JIS0201, UTF8, UTF16, UTF16BE, UTF16LE, UTF32, UTF32BE, UTF32LE };

static const struct codec codecs[] = {
    [ASCII] = { "US-ASCII", true, 1, ascii_next, ascii_put, { NULL, 0 } },
    [LATIN1] = { "ISO-8859-1", true, 1, latin1_next, latin1_put, { NULL, 0 } },
    [CP1252] = { "windows-1252", true, 1, cp1252_next, cp1252_put, { NULL, 0 } },
    [JIS0201] = { "JIS_X0201", false, 1, jis0201_next, jis0201_put, { NULL, 0 } },
    [UTF8] = { "UTF-8", true, 1, utf8_next_or_stay, utf8_put, { NULL, 0 } },
    [UTF16] = { "UTF-16", false, 2, utf16be_next, utf16be_put, STR_INIT("\xfe\xff") },
    [UTF16BE] = { "UTF-16BE", false, 2, utf16be_next, utf16be_put, { NULL, 0 } },
    [UTF16LE] = { "UTF-16LE", false, 2, utf16le_next, utf16le_put, { NULL, 0 } },
    [UTF32] = { "UTF-32", false, 4, utf32be_next, utf32be_put, { "\0\0\xfe\xff", 4 } },
    [UTF32BE] = { "UTF-32BE", false, 4, utf32be_next, utf32be_put, { NULL, 0 } },
    [UTF32LE] = { "UTF-32LE", false, 4, utf32le_next, utf32le_put, { NULL, 0 } },
};

/* iconv's UCS-2, UNICODE and the like are in the machine's byte order: never left to it. */
static const struct {
    const char *name;
    int codec;
} aliases[] = {
    { "ANSI_X3.4-1968", ASCII },
    { "ASCII", ASCII },
    { "CP1252", CP1252 },
    { "CSUCS4", UTF32 },
    { "CSUNICODE", UTF16 },
    { "ISO-10646-UCS-2", UTF16 },
    { "ISO-10646-UCS-4", UTF32 },
    { "ISO8859-1", LATIN1 },
    { "ISO88591", LATIN1 },
    { "ISO_8859-1", LATIN1 },
    { "JISX0201", JIS0201 },
    { "JISX0201-1976", JIS0201 },
    { "LATIN1", LATIN1 },
    { "UCS-2", UTF16 },
    { "UCS-2BE", UTF16BE },
    { "UCS-2LE", UTF16LE },
    { "UCS-4", UTF32 },
    { "UCS-4BE", UTF32BE },
    { "UCS-4LE", UTF32LE },
    { "UCS2", UTF16 },
    { "UCS4", UTF32 },
    { "UNICODE", UTF16 },
    { "UNICODEBIG", UTF16BE },
    { "UNICODELITTLE", UTF16LE },
    { "UTF16", UTF16 },
    { "UTF16BE", UTF16BE },
    { "UTF16LE", UTF16LE },
    { "UTF32", UTF32 },
    { "UTF32BE", UTF32BE },
    { "UTF32LE", UTF32LE },
    { "UTF8", UTF8 },
};

const struct codec *codec_find(struct str name)
{
    for (size_t i = 0; i < ZS_COUNT(codecs); i++)
        if (str_ieq(name, str_z(codecs[i].name)))
            return &codecs[i];
    for (size_t i = 0; i < ZS_COUNT(aliases); i++)
        if (str_ieq(name, str_z(aliases[i].name)))
            return &codecs[aliases[i].codec];
    return NULL;
}

const struct codec *codec_windows_1252(void)
{
    return &codecs[CP1252];
}

/* Which sets may begin with which mark, and what it then is. UTF-32's comes before UTF-16's. */
static const struct {
    int codec;
    struct str mark;
    int then;
} marks[] = {
    { UTF8, STR_INIT("\xef\xbb\xbf"), UTF8 },    { UTF16, STR_INIT("\xfe\xff"), UTF16BE },
    { UTF16, STR_INIT("\xff\xfe"), UTF16LE },    { UTF16BE, STR_INIT("\xfe\xff"), UTF16BE },
    { UTF16LE, STR_INIT("\xff\xfe"), UTF16LE },  { UTF32, { "\0\0\xfe\xff", 4 }, UTF32BE },
    { UTF32, { "\xff\xfe\0\0", 4 }, UTF32LE },   { UTF32BE, { "\0\0\xfe\xff", 4 }, UTF32BE },
    { UTF32LE, { "\xff\xfe\0\0", 4 }, UTF32LE },
};

const struct codec *codec_by_mark(const struct codec *c, struct str in, size_t *skip)
{
    for (size_t i = 0; i < ZS_COUNT(marks); i++) {
        if (c != &codecs[marks[i].codec] || !str_starts(in, marks[i].mark))
            continue;
        *skip = marks[i].mark.n;
        return &codecs[marks[i].then];
    }
    *skip = 0;
    return c;
}
