/*
 * URLs of configuration: which are some, and which hold what they must not. After the WHATWG URL
 * Standard, which the guide's `new URL` follows, with two differences: what it would silently
 * repair (white space around, control characters, a missing or turned slash) is no URL here.
 * Tests: url_test.c
 */
#include "config/config_int.h"

#include "base/num.h"

/* The standard's special schemes: they have a host. */
static const char *const with_host[] = { "http", "https", "ws", "wss", "ftp" };

static bool is_scheme_char(unsigned char c, bool first)
{
    bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    return letter || (!first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
}

struct str config_url_scheme(struct str url)
{
    size_t n = 0;
    while (n < url.n && is_scheme_char((unsigned char)url.p[n], n == 0))
        n++;
    return n > 0 && n < url.n && url.p[n] == ':' ? str_sub(url, 0, n) : STR("");
}

/* What stands between // and the path; STR_NULL without //. */
static struct str authority_of(struct str url)
{
    struct str rest = str_from(url, config_url_scheme(url).n + 1);
    if (!str_starts(rest, STR("//")))
        return STR_NULL;
    rest = str_from(rest, 2);
    size_t n = 0;
    while (n < rest.n && !memchr("/?#\\", rest.p[n], 4))
        n++;
    return str_sub(rest, 0, n);
}

/* User and password, without the @; STR_NULL when there is no @. */
static struct str user_info(struct str authority)
{
    size_t at = authority.n;
    while (at > 0 && authority.p[at - 1] != '@')
        at--;
    return at > 0 ? str_sub(authority, 0, at - 1) : STR_NULL;
}

static bool is_plain(struct str url)
{
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] < 0x20 || url.p[i] == 0x7f)
            return false;
    return url.n > 0 && url.p[0] != ' ' && url.p[url.n - 1] != ' ';
}

static bool is_ipv6(struct str s)
{
    size_t groups = 0;
    if (s.n < 2 || s.n > 45)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool hex = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
        if (!hex && c != ':' && c != '.')
            return false;
        groups += c == ':';
    }
    return groups >= 2 && groups <= 8;
}

static bool is_host(struct str host)
{
    if (host.n > 1 && host.p[0] == '[')
        return host.p[host.n - 1] == ']' && is_ipv6(str_sub(host, 1, host.n - 2));
    for (size_t i = 0; i < host.n; i++)
        if (memchr(" #/:<>?@[\\]^|\"`{}", host.p[i], 18))
            return false;
    return true;
}

static bool is_port(struct str port)
{
    uint64_t n = 0;
    return port.n == 0 || num_u64(port, 0, 65535, &n, NULL) == RC_OK;
}

static bool split_host(struct str authority, struct str *host, struct str *port)
{
    size_t end = authority.n;
    size_t close = authority.n > 0 && authority.p[0] == '[' ? str_chr(authority, ']', 0) : 0;
    if (close == SIZE_MAX)
        return false;
    size_t colon = str_chr(authority, ':', close);
    *host = str_sub(authority, 0, colon == SIZE_MAX ? end : colon);
    *port = colon == SIZE_MAX ? STR("") : str_from(authority, colon + 1);
    return true;
}

bool config_is_url(struct str url)
{
    struct str scheme = config_url_scheme(url), host, port;
    if (scheme.n == 0 || !is_plain(url))
        return false;
    bool needs_host = false;
    for (size_t i = 0; i < ZS_COUNT(with_host); i++)
        needs_host = needs_host || str_ieq(scheme, str_z(with_host[i]));
    struct str authority = authority_of(url);
    if (str_is_null(authority))
        return !needs_host;
    struct str user = user_info(authority);
    if (!str_is_null(user))
        authority = str_from(authority, user.n + 1);
    return split_host(authority, &host, &port) && is_host(host) && is_port(port) &&
           (host.n > 0 || !needs_host);
}

bool config_url_has_secret(struct str url, bool user_too)
{
    struct str user = user_info(authority_of(url));
    return !str_is_null(user) && (user_too || str_chr(user, ':', 0) != SIZE_MAX);
}

void config_url_shown(struct str url, struct buf *b)
{
    size_t at = url.n;
    while (at > 0 && url.p[at - 1] != '@')
        at--;
    if (at == 0) {
        buf_str(b, url);
        return;
    }
    size_t slashes = str_find(url, STR("://"), 0);
    if (slashes != SIZE_MAX && slashes + 3 < at)
        buf_str(b, str_sub(url, 0, slashes + 3));
    buf_z(b, "***");
    buf_str(b, str_from(url, at - 1));
}
