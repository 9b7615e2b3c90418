/* Base64, both alphabets. Tests: b64_test.c */
#include "crypt/b64.h"

#define BAD 0xffu

static const char std_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct buf *b, struct str in, const char *chars, bool pad)
{
    size_t whole = in.n / 3;
    size_t rest = in.n % 3;
    char *out = buf_room(b, 4 * whole + 4); /* in.n <= SIZE_MAX / 2, so this cannot wrap */
    if (!out)
        return;
    const unsigned char *p = (const unsigned char *)in.p;
    char *o = out;
    for (size_t i = 0; i < whole; i++, p += 3) {
        unsigned v = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
        *o++ = chars[v >> 18];
        *o++ = chars[v >> 12 & 63];
        *o++ = chars[v >> 6 & 63];
        *o++ = chars[v & 63];
    }
    if (rest) {
        unsigned v = (unsigned)p[0] << 16 | (rest == 2 ? (unsigned)p[1] << 8 : 0);
        *o++ = chars[v >> 18];
        *o++ = chars[v >> 12 & 63];
        if (rest == 2)
            *o++ = chars[v >> 6 & 63];
        for (size_t i = rest; pad && i < 3; i++)
            *o++ = '=';
    }
    buf_added(b, (size_t)(o - out));
}

void b64_add(struct buf *b, struct str bytes)
{
    encode(b, bytes, std_chars, true);
}

void b64url_add(struct buf *b, struct str bytes)
{
    encode(b, bytes, url_chars, false);
}

static unsigned value_of(char c, const char *chars)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == chars[62])
        return 62;
    return c == chars[63] ? 63 : BAD;
}

static enum rc bad(struct err *e, size_t pos)
{
    return err_set_at(e, RC_SYNTAX, "CRYPT-002", pos, "not base64");
}

/* text without padding, its length not 1 modulo 4 */
static enum rc decode(struct str text, const char *chars, struct buf *b, struct err *e)
{
    char *out = buf_room(b, text.n / 4 * 3 + text.n % 4);
    if (!out)
        return buf_rc(b, e);
    char *o = out;
    unsigned v = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned six = value_of(text.p[i], chars);
        if (six == BAD)
            return bad(e, i);
        v = v << 6 | six;
        if (i % 4 == 3) {
            *o++ = (char)(v >> 16 & 255);
            *o++ = (char)(v >> 8 & 255);
            *o++ = (char)(v & 255);
            v = 0;
        }
    }
    if (text.n % 4 == 2) {
        if (v & 15)
            return bad(e, text.n - 1);
        *o++ = (char)(v >> 4);
    } else if (text.n % 4 == 3) {
        if (v & 3)
            return bad(e, text.n - 1);
        *o++ = (char)(v >> 10);
        *o++ = (char)(v >> 2 & 255);
    }
    buf_added(b, (size_t)(o - out));
    return RC_OK;
}

enum rc b64_decode(struct str text, struct buf *b, struct err *e)
{
    if (text.n % 4 != 0)
        return bad(e, text.n);
    size_t n = text.n;
    for (int pad = 0; pad < 2 && n > 0 && text.p[n - 1] == '='; pad++)
        n--;
    return decode(str_sub(text, 0, n), std_chars, b, e);
}

enum rc b64url_decode(struct str text, struct buf *b, struct err *e)
{
    if (text.n % 4 == 1)
        return bad(e, text.n);
    return decode(text, url_chars, b, e);
}
