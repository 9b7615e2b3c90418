/*
 * Sets of ASCII characters as bitmaps, for the HTTP grammar. Bytes from 0x80 on are in no set.
 * Private to the net/http files. Thread  any.
 */
#ifndef ZS_NET_HTTP_SET_H
#define ZS_NET_HTTP_SET_H

#include "base/str.h"

struct http_set {
    uint64_t low;  /* characters 0 to 63 */
    uint64_t high; /* 64 to 127 */
};

/* tchar, RFC 9110 5.6.2: letters, digits and !#$%&'*+-.^_`|~ */
#define HTTP_SET_TOKEN ((struct http_set){ 0x03ff6cfa00000000u, 0x57ffffffc7fffffeu })
/* unreserved, RFC 3986 2.3: letters, digits and -._~ */
#define HTTP_SET_UNRESERVED ((struct http_set){ 0x03ff600000000000u, 0x47fffffe87fffffeu })
/* unreserved and !$&'()*+;= : reg-name without escapes and without the comma that joins lists */
#define HTTP_SET_HOST ((struct http_set){ 0x2bff6fd200000000u, 0x47fffffe87fffffeu })
/* everything visible but "#": what we let stand raw in a request target */
#define HTTP_SET_TARGET ((struct http_set){ 0xfffffff600000000u, 0x7fffffffffffffffu })
#define HTTP_SET_DIGIT  ((struct http_set){ 0x03ff000000000000u, 0 })

static inline bool http_set_has(struct http_set set, unsigned char c)
{
    return c < 128 && ((c < 64 ? set.low >> c : set.high >> (c - 64)) & 1) != 0;
}

/* How many bytes at the front of s are in the set. */
static inline size_t http_set_span(struct http_set set, struct str s)
{
    size_t n = 0;
    while (n < s.n && http_set_has(set, (unsigned char)s.p[n]))
        n++;
    return n;
}

/* A control character that may stand nowhere in a head; the tab is not one of them. */
static inline bool http_is_control(unsigned char c)
{
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* Spaces and tabs: RFC 9110's OWS. Unlike str_trim, no other white space. */
static inline struct str http_trim(struct str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static inline int http_hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (unsigned char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
