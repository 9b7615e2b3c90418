/*
 * Addresses as text and as values: host:port, URLs, peers, CIDR lists. Pure; no look-ups.
 *
 * All parsing is strict: the whole input must match, no white space, no signs, ports 0-65535 in
 * decimal without leading zeros, IPv4 in four decimal parts. Errors carry the byte position.
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_NET_ADDR_H
#define ZS_NET_ADDR_H

#include "base/arena.h"
#include "base/err.h"

/* An IP address and port. IPv4 is kept as ::ffff:a.b.c.d so that both compare the same way. */
struct addr {
    uint8_t ip[16];
    uint16_t port;
    uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
};

/* Longest text: "[" 45 characters "%" 10 digits "]:65535" and the NUL. */
#define ADDR_TEXT_MAX 72

/* "10.0.0.7:2575", "[::1]:2575"; terminated. Returns its length. */
size_t addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* Without the port: "10.0.0.7", "::1". */
size_t addr_text_ip(const struct addr *a, char out[ADDR_TEXT_MAX]);

/*
 * An IP literal without a port: "10.0.0.7", "::1", "fe80::1%3" (numeric scope), "::ffff:10.0.0.7"
 * (which is the IPv4 address). port and scope as found, port 0.
 * Returns RC_SYNTAX (NET-020).
 */
enum rc addr_parse_ip(struct str in, struct addr *out, struct err *e) ZS_CHECK;

bool addr_is_v4(const struct addr *a);

/* 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const struct addr *a);

/* 0.0.0.0 or ::. */
bool addr_is_any(const struct addr *a);

/* Same IP (the port does not count). */
bool addr_same_ip(const struct addr *a, const struct addr *b);

/* ---- host and port ---- */

struct hostport {
    struct str host; /* borrows from the input; without the brackets */
    uint16_t port;
    bool has_port;
    bool is_ip6; /* stood in brackets */
};

/*
 * "host:port", "10.0.0.7:2575", "[::1]:port"; the port may be missing when default_port is not 0,
 * the host only when it is written "*:port" (then host is empty: all addresses).
 * Returns RC_SYNTAX (NET-021 host, NET-022 port).
 */
enum rc hostport_parse(struct str in, uint16_t default_port, struct hostport *out,
                       struct err *e) ZS_CHECK;

/* ---- URLs: scheme://host[:port][/path][?query][#fragment] ---- */

struct url {           /* every part borrows from the input; absent is STR_NULL */
    struct str scheme; /* as written; compare with str_ieq */
    struct str host;   /* without brackets */
    struct str path;   /* with its slash; empty when there is none */
    struct str query;  /* without the question mark */
    struct str fragment;
    struct str authority; /* host[:port] as written */
    uint16_t port;        /* 0 when has_port is false */
    bool has_port;
    bool is_ip6;
};

#define URL_MAX 8192

/*
 * RFC 3986, of which user information is refused (credentials have their own place; NET-024) and
 * every byte must be a legal one: no spaces, controls, non-ASCII, and % only before two
 * hexadecimal digits.
 * Returns RC_SYNTAX (NET-023, or NET-021, NET-022 for host and port), RC_LIMIT over URL_MAX
 * (NET-026).
 */
enum rc url_parse(struct str in, struct url *out, struct err *e) ZS_CHECK;

/* ---- CIDR lists ---- */

struct cidr {
    uint8_t ip[16];
    unsigned bits; /* of the 128; IPv4 prefixes count from 96 */
};

struct cidr_list {
    const struct cidr *v;
    size_t n;
};

/*
 * "10.0.0.0/8", "::1/128", or an address alone. Bits below the prefix must be zero: 10.0.0.1/8 is a
 * mistake somebody wants to hear about. 0.0.0.0/0 means IPv4, ::/0 IPv6.
 * Returns RC_SYNTAX (NET-025).
 */
enum rc cidr_parse(struct str in, struct cidr *out, struct err *e) ZS_CHECK;

bool cidr_has(const struct cidr *c, const struct addr *a);
bool cidr_list_has(const struct cidr_list *l, const struct addr *a);

/* n texts into the arena. RC_SYNTAX NET-025 with the item in `where`; RC_NOMEM BASE-002. */
enum rc cidr_list_parse(const struct str *texts, size_t n, struct arena *a, struct cidr_list *out,
                        struct err *e) ZS_CHECK;

/* Which addresses may be connected to. What is denied is so even if it is allowed too. */
struct addr_rules {
    struct cidr_list allow; /* empty: all */
    struct cidr_list deny;
};

/* rules: a struct addr_rules, NULL: all. What stream_connect and client_request ask. */
bool addr_rules_allow(void *rules, const struct addr *a);

#endif
