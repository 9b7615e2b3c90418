/*
 * URLs, the part of RFC 3986 that names a peer: scheme://host[:port][/path][?query][#fragment].
 * Tests: addr_test.c, addr_fuzz.c
 */
#include "net/addr.h"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* pchar, "/" and "?" of RFC 3986 section 3.3, without "%". */
static bool is_url_char(char c)
{
    return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/?", c) != NULL);
}

/* The first byte of `in` at or after `from` that may not stand in a URL; SIZE_MAX if none. */
static size_t bad_char(struct str in, size_t from)
{
    bool in_fragment = false;
    for (size_t i = from; i < in.n; i++) {
        if (in.p[i] == '%') {
            if (in.n - i < 3 || !is_hex(in.p[i + 1]) || !is_hex(in.p[i + 2]))
                return i;
            i += 2;
        } else if (in.p[i] == '#' && !in_fragment) {
            in_fragment = true;
        } else if (!is_url_char(in.p[i])) {
            return i;
        }
    }
    return SIZE_MAX;
}

static size_t scheme_length(struct str in)
{
    size_t i = 0;
    while (i < in.n && (is_alpha(in.p[i]) || (i && (is_digit(in.p[i]) || in.p[i] == '+' ||
                                                    in.p[i] == '-' || in.p[i] == '.'))))
        i++;
    return i;
}

static size_t first_of(struct str in, const char *set, size_t from)
{
    for (size_t i = from; i < in.n; i++)
        if (in.p[i] != '\0' && strchr(set, in.p[i]))
            return i;
    return in.n;
}

static enum rc read_authority(struct url *u, size_t at, struct err *e)
{
    if (str_chr(u->authority, '@', 0) != SIZE_MAX)
        return err_set_at(e, RC_SYNTAX, "NET-024", at, "credentials may not stand in a URL");
    struct hostport h;
    struct err why;
    /* any default would do: what counts is whether one stood there */
    enum rc rc = hostport_parse(u->authority, 1, &h, &why);
    if (rc != RC_OK)
        return err_set_at(e, rc, why.id, at + (why.pos == ERR_NO_POS ? 0 : why.pos), "%s",
                          why.text);
    if (h.host.n == 0)
        return err_set_at(e, RC_SYNTAX, "NET-021", at, "a URL names a host");
    u->host = h.host;
    u->is_ip6 = h.is_ip6;
    u->has_port = h.has_port;
    u->port = h.has_port ? h.port : 0;
    return RC_OK;
}

enum rc url_parse(struct str in, struct url *out, struct err *e)
{
    if (in.n > URL_MAX)
        return err_set(e, RC_LIMIT, "NET-026", "a URL over %d bytes", URL_MAX);
    struct url u = { .port = 0 };
    size_t n = scheme_length(in);
    if (n == 0 || !str_eq(str_sub(in, n, 3), STR("://")))
        return err_set_at(e, RC_SYNTAX, "NET-023", n, "scheme:// must begin a URL");
    u.scheme = str_sub(in, 0, n);
    size_t at = n + 3;
    size_t end = first_of(in, "/?#", at);
    u.authority = str_sub(in, at, end - at);
    enum rc rc = read_authority(&u, at, e);
    if (rc != RC_OK)
        return rc;
    size_t bad = bad_char(in, end);
    if (bad != SIZE_MAX)
        return err_set_at(e, RC_SYNTAX, "NET-023", bad, "a byte that may not stand in a URL");
    size_t query = first_of(in, "?#", end);
    u.path = str_sub(in, end, query - end);
    size_t hash = first_of(in, "#", query);
    if (query < hash)
        u.query = str_sub(in, query + 1, hash - query - 1);
    if (hash < in.n)
        u.fragment = str_from(in, hash + 1);
    *out = u;
    return RC_OK;
}
