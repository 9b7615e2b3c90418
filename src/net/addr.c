/*
 * IP literals, host:port and CIDR lists. inet_pton does the reading of addresses (it is strict and
 * knows neither octal nor missing parts); the rest is positions and ranges.
 * Tests: addr_test.c, addr_fuzz.c
 */
#include "net/addr.h"

#include "base/num.h"

#include <arpa/inet.h>

#define IP_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_v4(const uint8_t ip[16])
{
    return memcmp(ip, v4_prefix, sizeof v4_prefix) == 0;
}

size_t addr_text_ip(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    const char *ok = is_v4(a->ip) ? inet_ntop(AF_INET, a->ip + 12, out, ADDR_TEXT_MAX)
                                  : inet_ntop(AF_INET6, a->ip, out, ADDR_TEXT_MAX);
    ZS_ASSERT(ok != NULL);
    size_t n = strlen(out);
    if (a->scope) {
        int more = snprintf(out + n, ADDR_TEXT_MAX - n, "%%%u", (unsigned)a->scope);
        ZS_ASSERT(more > 0 && (size_t)more < ADDR_TEXT_MAX - n);
        n += (size_t)more;
    }
    return n;
}

size_t addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    char ip[ADDR_TEXT_MAX];
    addr_text_ip(a, ip);
    int n = snprintf(out, ADDR_TEXT_MAX, is_v4(a->ip) ? "%s:%u" : "[%s]:%u", ip, (unsigned)a->port);
    ZS_ASSERT(n > 0 && n < ADDR_TEXT_MAX);
    return (size_t)n;
}

/* The literal as bytes; false when it is none. */
static bool read_ip(struct str in, uint8_t ip[16])
{
    char z[IP_TEXT_MAX];
    if (in.n == 0 || in.n >= sizeof z || str_chr(in, '\0', 0) != SIZE_MAX)
        return false;
    memcpy(z, in.p, in.n);
    z[in.n] = '\0';
    uint8_t bytes[16] = { 0 };
    if (inet_pton(AF_INET6, z, bytes) == 1) {
        memcpy(ip, bytes, 16);
        return true;
    }
    if (inet_pton(AF_INET, z, bytes) != 1)
        return false;
    memcpy(ip, v4_prefix, sizeof v4_prefix);
    memcpy(ip + 12, bytes, 4);
    return true;
}

enum rc addr_parse_ip(struct str in, struct addr *out, struct err *e)
{
    struct addr a = { .port = 0 };
    size_t percent = str_chr(in, '%', 0);
    struct str ip = str_sub(in, 0, percent);
    if (!read_ip(ip, a.ip))
        return err_set_at(e, RC_SYNTAX, "NET-020", 0, "not an IP address");
    if (percent != SIZE_MAX) {
        uint64_t scope = 0;
        struct str digits = str_from(in, percent + 1);
        if (is_v4(a.ip) || num_u64(digits, 1, UINT32_MAX, &scope, NULL) != RC_OK)
            return err_set_at(e, RC_SYNTAX, "NET-020", percent,
                              "an interface number must follow %% in an IPv6 address");
        a.scope = (uint32_t)scope;
    }
    *out = a;
    return RC_OK;
}

bool addr_is_v4(const struct addr *a)
{
    return is_v4(a->ip);
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t one[16] = { [15] = 1 };
    return is_v4(a->ip) ? a->ip[12] == 127 : memcmp(a->ip, one, 16) == 0;
}

bool addr_is_any(const struct addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->ip + (is_v4(a->ip) ? 12 : 0), zero, is_v4(a->ip) ? 4 : 16) == 0;
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
    return memcmp(a->ip, b->ip, 16) == 0 && a->scope == b->scope;
}

/* ---- host:port ---- */

static enum rc read_port(struct str in, size_t at, uint16_t *out, struct err *e)
{
    struct str digits = str_from(in, at);
    uint64_t v = 0;
    bool zero_led = digits.n > 1 && digits.p[0] == '0';
    if (zero_led || num_u64(digits, 0, UINT16_MAX, &v, NULL) != RC_OK)
        return err_set_at(e, RC_SYNTAX, "NET-022", at, "a port is a number from 0 to 65535");
    *out = (uint16_t)v;
    return RC_OK;
}

/* Letters, digits, '-', '.', '_' in labels of 1 to 63; a dot may end it. */
static bool is_name(struct str s, size_t *bad)
{
    size_t label = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        *bad = i;
        if (c == '.' && label == 0)
            return false;
        if (c == '.') {
            label = 0;
            continue;
        }
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        if (!fits || ++label > 63)
            return false;
    }
    *bad = 0;
    return s.n > 0 && s.n <= 253;
}

/* A name whose last label is digits only would be read as an address by some and not by others. */
static bool looks_numeric(struct str s)
{
    size_t i = s.n && s.p[s.n - 1] == '.' ? s.n - 1 : s.n;
    size_t end = i;
    while (i > 0 && s.p[i - 1] >= '0' && s.p[i - 1] <= '9')
        i--;
    return i < end && (i == 0 || s.p[i - 1] == '.');
}

static enum rc check_host(struct str host, size_t at, struct err *e)
{
    uint8_t ip[16];
    size_t bad = 0;
    if (!is_name(host, &bad))
        return err_set_at(e, RC_SYNTAX, "NET-021", at + bad, "not a host name or IP address");
    if (looks_numeric(host) && !read_ip(host, ip))
        return err_set_at(e, RC_SYNTAX, "NET-021", at, "not an IPv4 address");
    return RC_OK;
}

/* "[…]" at the start of in; *end is the position behind the bracket. */
static enum rc read_bracketed(struct str in, struct str *host, size_t *end, struct err *e)
{
    size_t close = str_chr(in, ']', 0);
    struct addr a;
    if (close == SIZE_MAX)
        return err_set_at(e, RC_SYNTAX, "NET-021", 0, "] is missing");
    *host = str_sub(in, 1, close - 1);
    if (str_chr(*host, ':', 0) == SIZE_MAX || addr_parse_ip(*host, &a, NULL) != RC_OK)
        return err_set_at(e, RC_SYNTAX, "NET-021", 1, "not an IPv6 address");
    *end = close + 1;
    return RC_OK;
}

enum rc hostport_parse(struct str in, uint16_t default_port, struct hostport *out, struct err *e)
{
    struct hostport h = { .port = default_port };
    size_t end = 0;
    enum rc rc = RC_OK;
    if (in.n && in.p[0] == '[') {
        h.is_ip6 = true;
        rc = read_bracketed(in, &h.host, &end, e);
    } else {
        end = size_min(str_chr(in, ':', 0), in.n);
        h.host = str_sub(in, 0, end);
        if (str_eq(h.host, STR("*")))
            h.host = str_sub(in, 0, 0);
        else
            rc = check_host(h.host, 0, e);
    }
    if (rc != RC_OK)
        return rc;
    if (end < in.n) {
        if (in.p[end] != ':')
            return err_set_at(e, RC_SYNTAX, "NET-022", end, "a colon and the port must follow");
        h.has_port = true;
        rc = read_port(in, end + 1, &h.port, e);
        if (rc != RC_OK)
            return rc;
    } else if (default_port == 0) {
        return err_set_at(e, RC_SYNTAX, "NET-022", in.n, "the port is missing");
    }
    *out = h;
    return RC_OK;
}

/* ---- CIDR ---- */

static bool bit_at(const uint8_t ip[16], unsigned bit)
{
    return (ip[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

enum rc cidr_parse(struct str in, struct cidr *out, struct err *e)
{
    struct cidr c = { .bits = 128 };
    size_t slash = str_chr(in, '/', 0);
    if (!read_ip(str_sub(in, 0, slash), c.ip))
        return err_set_at(e, RC_SYNTAX, "NET-025", 0, "not an IP address");
    if (slash != SIZE_MAX) {
        struct str digits = str_from(in, slash + 1);
        uint64_t bits = 0;
        uint64_t width = is_v4(c.ip) ? 32 : 128;
        if ((digits.n > 1 && digits.p[0] == '0') || num_u64(digits, 0, width, &bits, NULL) != RC_OK)
            return err_set_at(e, RC_SYNTAX, "NET-025", slash + 1,
                              "a prefix length from 0 to %u must follow", (unsigned)width);
        c.bits = (unsigned)(128 - width + bits);
    }
    for (unsigned b = c.bits; b < 128; b++)
        if (bit_at(c.ip, b))
            return err_set_at(e, RC_SYNTAX, "NET-025", 0,
                              "the address has bits set behind its prefix");
    *out = c;
    return RC_OK;
}

bool cidr_has(const struct cidr *c, const struct addr *a)
{
    unsigned bytes = c->bits / 8, rest = c->bits % 8;
    if (is_v4(c->ip) != is_v4(a->ip)) /* ::/0 means IPv6, 0.0.0.0/0 means IPv4 */
        return false;
    if (memcmp(c->ip, a->ip, bytes) != 0)
        return false;
    return rest == 0 || ((c->ip[bytes] ^ a->ip[bytes]) >> (8 - rest)) == 0;
}

bool cidr_list_has(const struct cidr_list *l, const struct addr *a)
{
    for (size_t i = 0; i < l->n; i++)
        if (cidr_has(&l->v[i], a))
            return true;
    return false;
}

enum rc cidr_list_parse(const struct str *texts, size_t n, struct arena *a, struct cidr_list *out,
                        struct err *e)
{
    struct cidr *v = arena_make(a, struct cidr, n);
    if (!v)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory for the networks");
    for (size_t i = 0; i < n; i++) {
        enum rc rc = cidr_parse(texts[i], &v[i], e);
        if (rc != RC_OK) {
            err_where(e, "[%zu]", i);
            return rc;
        }
    }
    *out = (struct cidr_list){ .v = v, .n = n };
    return RC_OK;
}

bool addr_rules_allow(void *rules, const struct addr *a)
{
    const struct addr_rules *r = rules;
    if (!r)
        return true;
    return !cidr_list_has(&r->deny, a) && (r->allow.n == 0 || cidr_list_has(&r->allow, a));
}
