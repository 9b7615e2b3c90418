/*
 * HTTP/1.1 head parser: pure, strict, incremental.
 *
 * The caller keeps all bytes of the message from its first one on in one run and shows them again,
 * longer each time; the parser remembers how far it came, so no byte is looked at twice. Any split
 * of the input gives the same result and the same error at the same position.
 *
 *   http_parse_init ── http_parse_more (RC_AGAIN)* ── RC_OK ── http_parse_head ── init again …
 *                                                  └─ failure: status() says what to answer; close
 *
 * Strict means: what two implementations might read differently is refused, never repaired.
 *   400  white space before the colon or around the name, obs-fold, bare CR, bare LF, NUL and other
 *        controls, a missing or repeated or malformed Host, Content-Length repeated, empty, not all
 *        digits, with leading zeros or beyond 2^63-1, Content-Length with Transfer-Encoding,
 * Transfer-Encoding in HTTP/1.0, "chunked" twice, a target that is no target 414  the request line
 * is longer than limits.line      431  the fields are longer than 501  a transfer coding other than
 * chunked; CONNECT         limits.fields, or more than n_fields 505  HTTP/2.0, HTTP/0.9 with a
 * version and the like   417  an Expect other than 100-continue One empty line before the request
 * line is skipped (RFC 9112 2.2).
 *
 * Spec    RFC 9112 2-6, 9.3; RFC 9110 5, 7.2, 8.6, 10.1.1
 * Thread  any; no shared state.
 */
#ifndef ZS_NET_HTTP_PARSE_H
#define ZS_NET_HTTP_PARSE_H

#include "base/arena.h"
#include "net/http.h"

struct http_limits {
    size_t line;     /* bytes of the request line with its CR LF */
    size_t fields;   /* bytes of all field lines with their CR LF, the empty line included */
    size_t n_fields; /* how many */
};

/* 8 KB, 32 KB, 100. */
struct http_limits http_limits_default(void);

enum http_kind { HTTP_REQUEST = 0, HTTP_RESPONSE };

/* Spans of the run, resolved to pointers at the end because the run may move until then. */
struct http_span {
    uint32_t at, n;
};

struct http_field_span {
    struct http_span name, value;
};

/* The parser's state: the caller's storage, its members are the parser's own. */
struct http_parser {
    enum http_kind kind;
    unsigned stage;
    unsigned refused; /* row of the table of refusals */
    size_t refused_at;
    struct http_limits limits;
    struct arena *arena;
    size_t line_at; /* where the line being read starts */
    size_t scan;    /* first byte not looked at */
    size_t fields_at;
    struct http_head head;
    struct http_span method, target, reason, host;
    struct http_field_span *spans;
    size_t n_spans, spans_cap;
    bool has_host, has_length, has_coding, has_close, has_keep_alive, wants_continue;
};

/*
 * limits  borrowed only here; a line or fields limit over 1 GB is cut to 1 GB
 * a       takes the field array; must outlive the use of the head
 */
void http_parse_init(struct http_parser *p, enum http_kind kind, const struct http_limits *limits,
                     struct arena *a);

/*
 * run   every byte of this message received so far; what stood there before must be unchanged
 * used  on RC_OK: bytes of the head with its empty line; the body starts there
 * Returns RC_AGAIN   the head is not complete
 *         RC_SYNTAX  400 (HTTP-001 … HTTP-009), e.pos = offset of the offending byte or line
 *         RC_LIMIT   414, 431 (HTTP-010, HTTP-011)
 *         RC_VALUE   417, 501, 505 (HTTP-012 … HTTP-014)
 *         RC_NOMEM   503 (HTTP-015)
 * After a failure the same call fails again.
 */
enum rc http_parse_more(struct http_parser *p, struct str run, size_t *used,
                        struct err *e) ZS_CHECK;

/* The result, borrowing from `run`: the bytes given last, or a copy of them. After RC_OK only. */
enum rc http_parse_head(struct http_parser *p, struct str run, struct http_head *out,
                        struct err *e) ZS_CHECK;

/* The status a server answers after a failure; 0 before one. */
unsigned http_parse_status(const struct http_parser *p);

#endif
