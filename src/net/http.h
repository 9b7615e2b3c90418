/*
 * HTTP's own words, shared by the parser, the server, the router, the client and whoever handles a
 * request: methods, fields, status texts. Nothing here depends on the protocol version: HTTP/1.1
 * and HTTP/2 fill the same structs.
 *
 * Spec    RFC 9110 (semantics), RFC 9112 (HTTP/1.1)
 * Thread  any; no state.
 */
#ifndef ZS_NET_HTTP_H
#define ZS_NET_HTTP_H

#include "base/buf.h"
#include "base/str.h"

/* Known methods; what is not here is HTTP_OTHER and has its text in http_head.method_text. */
enum http_method {
    HTTP_GET = 0,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER
};

/* One header field. Names compare without case (RFC 9110 5.1); values are trimmed. */
struct http_field {
    struct str name;
    struct str value;
};

/* How a message's body is delimited (RFC 9112 6.3). */
enum http_framing {
    HTTP_BODY_NONE = 0,
    HTTP_BODY_LENGTH,  /* http_head.length bytes, possibly 0 */
    HTTP_BODY_CHUNKED, /* until the last chunk */
    HTTP_BODY_CLOSE    /* responses only: until the connection closes */
};

/*
 * A parsed head. All text borrows from the bytes it was parsed from; `fields` belongs to the
 * parser's arena.
 */
struct http_head {
    enum http_method method;
    struct str method_text;
    struct str target;         /* raw, as it stood in the request line */
    unsigned status;           /* responses; 0 in requests */
    struct str reason;         /* responses */
    unsigned minor;            /* HTTP/1.minor */
    struct http_field *fields; /* in the order received, repeats kept */
    size_t n_fields;
    struct str host; /* the Host field; null only in HTTP/1.0 requests without one */
    enum http_framing framing;
    uint64_t length;      /* with HTTP_BODY_LENGTH */
    bool keep_alive;      /* the peer agrees to another message on this connection */
    bool expect_continue; /* Expect: 100-continue, and a body follows */
};

/* "GET" …; HTTP_OTHER gives "". */
const char *http_method_name(enum http_method m);

/* Exact and case-sensitive, as the RFC has it; anything unknown is HTTP_OTHER. */
enum http_method http_method_of(struct str text);

/* The registered reason phrase, "Not Found"; for an unknown code its class: "Client Error". */
const char *http_status_text(unsigned status);

/* First field of that name; STR_NULL when there is none (an empty value is not null). */
struct str http_field_get(const struct http_field *fields, size_t n, struct str name);

/* A token (RFC 9110 5.6.2): methods and field names. The empty string is none. */
bool http_is_token(struct str s);

/* No control characters but tab: what may stand in a field's value that we send. */
bool http_is_field_value(struct str s);

/*
 * The media type of a Content-Type value without its parameters, trimmed: "text/plain; x=y" gives
 * "text/plain". Compare with str_ieq.
 */
struct str http_media_type(struct str content_type);

#endif
