/*
 * Strings with escapes, and strings that are not UTF-8. Tests: json_parse_test.c
 */
#include "base/utf8.h"
#include "json/json_read.h"

/* -1 when it is none */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits at p; -1 when they are not. */
static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* The escape behind \u: one character, of one unit or a surrogate pair. */
static const char *unicode_escape(struct reader *r, const char *p, char **to)
{
    int unit = hex4(p, r->end);
    if (unit < 0)
        return json_fail(r, p - 2, F_ESCAPE);
    uint32_t cp = (uint32_t)unit;
    const char *next = p + 4;
    if (cp >= 0xd800 && cp < 0xe000) {
        bool escaped = r->end - next >= 2 && next[0] == '\\' && next[1] == 'u';
        int low = escaped ? hex4(next + 2, r->end) : -1;
        if (cp >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
            return json_fail(r, p - 2, F_SURROGATE);
        cp = 0x10000 + ((cp - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
        next += 6;
    }
    *to += utf8_put(cp, *to);
    return next;
}

/* p is at a backslash inside the text. */
static const char *escape(struct reader *r, const char *p, char **to)
{
    static const char plain[256] = { ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                     ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t' };
    if (r->end - p < 2)
        return json_fail(r, r->end, F_END);
    unsigned char c = (unsigned char)p[1];
    if (c == 'u')
        return unicode_escape(r, p + 2, to);
    if (!plain[c])
        return json_fail(r, p, F_ESCAPE);
    *(*to)++ = plain[c];
    return p + 2;
}

/* Where the text that holds p stops: at its closing quote, a control character or the end. */
static const char *text_end(const struct reader *r, const char *p)
{
    unsigned high = 0;
    for (;;) {
        p += r->scan->plain(p, (size_t)(r->end - p), &high);
        if (p == r->end || *p != '\\')
            return p;
        p += r->end - p > 1 ? 2 : 1;
    }
}

bool json_text_is_utf8(struct reader *r, const char *p, const char *end)
{
    size_t n = (size_t)(end - p);
    if (r->scan->utf8(p, n))
        return true;
    size_t bad = 0;
    (void)utf8_is_valid(str_of(p, n), &bad); /* now for the place */
    (void)json_fail(r, p + bad, F_UTF8);
    return false;
}

/* The rest of a string from its first escape on, decoded behind the plain part. */
const char *json_text_escaped(struct reader *r, const char *start, const char *p, struct str *out)
{
    size_t room = (size_t)(text_end(r, p) - start);
    char *text = arena_raw(r->a, room);
    if (!text)
        return json_fail(r, start, F_MEMORY);
    char *to = text;
    const char *from = start;
    for (;;) {
        unsigned high = 0;
        size_t n = (size_t)(p - from);
        memcpy(to, from, n);
        to += n;
        if (p == r->end)
            return json_fail(r, p, F_END);
        if (*p == '"')
            break;
        if (*p != '\\')
            return json_fail(r, p, F_CONTROL);
        from = escape(r, p, &to);
        if (!from)
            return NULL;
        p = from + r->scan->plain(from, (size_t)(r->end - from), &high);
        if (high && !json_text_is_utf8(r, from, p))
            return NULL;
    }
    /* give back what the escapes were longer than their characters */
    size_t n = (size_t)(to - text);
    const char *kept = arena_grow(r->a, text, room, n);
    *out = str_of(kept ? kept : text, n);
    return p + 1;
}
