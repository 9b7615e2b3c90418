/*
 * Targets and queries. Decoding happens once and before dot segments are looked at, so "%2e%2e"
 * cannot slip by; what decodes to a separator is refused instead of guessed at.
 * Tests: http_target_test.c
 */
#include "net/http_target.h"

#include "base/utf8.h"
#include "net/http_set.h"

static enum rc bad(struct err *e, size_t pos, const char *what)
{
    return err_set_at(e, RC_SYNTAX, "HTTP-030", pos, "%s", what);
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "HTTP-015", "not enough memory for the request target");
}

/* The byte an escape at s[at] ("%41") stands for, or -1. */
static int escaped_byte(struct str s, size_t at)
{
    if (s.n - at < 3)
        return -1;
    int high = http_hex_value((unsigned char)s.p[at + 1]);
    int low = http_hex_value((unsigned char)s.p[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decode the raw path into out (as long as the input at most). base: its offset in the target. */
static enum rc decode_path(struct str raw, size_t base, char *out, size_t *n, struct err *e)
{
    size_t to = 0;
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = (unsigned char)raw.p[i];
        if (!http_set_has(HTTP_SET_TARGET, c) || c == '\\')
            return bad(e, base + i, "character not allowed in a request path");
        if (c == '%') {
            int b = escaped_byte(raw, i);
            if (b < 0)
                return bad(e, base + i, "broken percent escape in the path");
            if (b < 0x20 || b == 0x7f || b == '/' || b == '\\')
                return bad(e, base + i, "escaped separator or control character in the path");
            c = (unsigned char)b;
            i += 2;
        }
        out[to++] = (char)c;
    }
    *n = to;
    return utf8_is_valid(str_of(out, to), NULL) ? RC_OK : bad(e, base, "path is not UTF-8");
}

/* Resolve "." and ".." in place; path starts with "/". False when ".." climbs over the root. */
static bool drop_dot_segments(char *path, size_t *n)
{
    size_t to = 0;
    size_t at = 0;
    while (at < *n) {
        struct str rest = str_of(path + at + 1, *n - at - 1);
        struct str segment = str_sub(rest, 0, str_chr(rest, '/', 0));
        bool final = segment.n == rest.n;
        size_t next = at + 1 + segment.n;
        bool up = str_eq(segment, STR(".."));
        if (up) {
            if (to == 0)
                return false;
            while (path[--to] != '/') {
            }
        }
        if (!up && !str_eq(segment, STR("."))) {
            memmove(path + to, path + at, next - at);
            to += next - at;
        } else if (final) {
            path[to++] = '/';
        }
        at = next;
    }
    *n = to;
    return true;
}

/* Split off scheme and authority of the absolute form; 0 for the other forms. */
static size_t authority_end(struct str raw, struct str *authority)
{
    size_t at = str_find(raw, STR("://"), 0);
    if (raw.n == 0 || raw.p[0] == '/' || at == SIZE_MAX)
        return 0;
    size_t start = at + 3;
    size_t end = start;
    while (end < raw.n && raw.p[end] != '/' && raw.p[end] != '?')
        end++;
    *authority = str_sub(raw, start, end - start);
    return end;
}

static enum rc take_path(struct http_target *t, struct str path, size_t base, struct arena *a,
                         struct err *e)
{
    if (path.n == 0 && !str_is_null(t->authority))
        path = STR("/");
    if (path.n == 0 || path.p[0] != '/')
        return bad(e, 0, "request target is no path");
    char *decoded = arena_raw(a, path.n);
    if (!decoded)
        return no_memory(e);
    size_t n = 0;
    enum rc rc = decode_path(path, base, decoded, &n, e);
    if (rc != RC_OK)
        return rc;
    if (!drop_dot_segments(decoded, &n))
        return bad(e, base, "path climbs above the root");
    t->path = str_of(decoded, n);
    return RC_OK;
}

enum rc http_target_parse(struct str raw, struct arena *a, struct http_target *out, struct err *e)
{
    struct http_target t = { .raw = raw, .path = raw };
    size_t start = authority_end(raw, &t.authority);
    size_t mark = str_chr(raw, '?', start);
    if (mark != SIZE_MAX) {
        t.query = str_from(raw, mark + 1);
        size_t good = http_set_span(HTTP_SET_TARGET, t.query);
        if (good < t.query.n)
            return bad(e, mark + 1 + good, "character not allowed in a query");
    }
    if (!str_eq(raw, STR("*"))) {
        struct str path = str_sub(raw, start, (mark == SIZE_MAX ? raw.n : mark) - start);
        enum rc rc = take_path(&t, path, start, a, e);
        if (rc != RC_OK)
            return rc;
    }
    *out = t;
    return RC_OK;
}

static enum rc decode_query_part(struct str raw, struct arena *a, struct str *out, struct err *e)
{
    char *to = arena_raw(a, raw.n);
    if (!to)
        return no_memory(e);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        int c = (unsigned char)raw.p[i];
        if (c == '%') {
            c = escaped_byte(raw, i);
            if (c <= 0)
                return err_set_at(e, RC_SYNTAX, "HTTP-031", i, "broken escape in the query");
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        to[n++] = (char)c;
    }
    *out = str_of(to, n);
    return RC_OK;
}

enum rc http_query_next(struct str *rest, struct arena *a, struct str *name, struct str *value,
                        struct err *e)
{
    struct str piece;
    do {
        if (!str_split(rest, '&', &piece))
            return RC_MISSING;
    } while (piece.n == 0);
    size_t eq = str_chr(piece, '=', 0);
    struct str v = STR_NULL;
    enum rc rc = RC_OK;
    if (eq != SIZE_MAX)
        rc = decode_query_part(str_from(piece, eq + 1), a, &v, e);
    if (rc != RC_OK)
        return rc;
    rc = decode_query_part(str_sub(piece, 0, eq), a, name, e);
    if (rc == RC_OK)
        *value = v;
    return rc;
}

enum rc http_query_get(struct str query, struct str name, struct arena *a, struct str *value,
                       struct err *e)
{
    for (;;) {
        struct str n;
        struct str v;
        enum rc rc = http_query_next(&query, a, &n, &v, e);
        if (rc != RC_OK)
            return rc;
        if (str_eq(n, name)) {
            *value = v;
            return RC_OK;
        }
    }
}

void http_escape(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789ABCDEF";
    while (s.n > 0) {
        size_t plain = http_set_span(HTTP_SET_UNRESERVED, s);
        buf_add(b, s.p, plain);
        s = str_from(s, plain);
        if (s.n > 0) {
            unsigned char c = (unsigned char)s.p[0];
            buf_char(b, '%');
            buf_char(b, hex[c >> 4]);
            buf_char(b, hex[c & 15]);
            s = str_from(s, 1);
        }
    }
}

/* "[…]" at the front of s: its length with the brackets, 0 when malformed. */
static size_t ip_literal(struct str s)
{
    size_t n = 1;
    while (n < s.n &&
           (http_hex_value((unsigned char)s.p[n]) >= 0 || s.p[n] == ':' || s.p[n] == '.'))
        n++;
    return n >= 3 && n < s.n && s.p[n] == ']' ? n + 1 : 0;
}

bool http_is_host(struct str s)
{
    size_t host = s.n > 0 && s.p[0] == '[' ? ip_literal(s) : http_set_span(HTTP_SET_HOST, s);
    if (host == 0 || host == s.n)
        return host > 0;
    struct str digits = str_from(s, host + 1);
    return s.p[host] == ':' && digits.n <= 5 && http_set_span(HTTP_SET_DIGIT, digits) == digits.n;
}
