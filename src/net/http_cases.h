/*
 * What an HTTP/1.1 server has to refuse, as bytes: shared by the tests of the parsers and of the
 * server over sockets. For tests only.
 *
 * Many of these were ways to smuggle a request past some server or proxy: a difference between two
 * readers about where a message ends or what a name is. RFC 9112 11.2.
 */
#ifndef ZS_NET_HTTP_CASES_H
#define ZS_NET_HTTP_CASES_H

#include "base/err.h"
#include "base/str.h"

#define HTTP_CASE_HOST "Host: a\r\n"
#define HTTP_CASE_GET  "GET / HTTP/1.1\r\n" HTTP_CASE_HOST

/* Heads: what is answered, and the error with its offset. */
static const struct http_case {
    const char *name;
    struct str in;
    unsigned status;
    const char *id;
    size_t pos;
} http_bad_heads[] = {
    { "no method", STR_INIT(" / HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-001", 0 },
    { "method with a quote", STR_INIT("G=\":<>\" / HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400,
      "HTTP-001", 1 },
    { "method only", STR_INIT("GET\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-001", 3 },
    { "tab for a space", STR_INIT("GET\t/ HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-001",
      3 },
    { "two spaces", STR_INIT("GET  / HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-001", 4 },
    { "space in the target", STR_INIT("GET /a b HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400,
      "HTTP-001", 7 },
    { "space behind the version", STR_INIT("GET / HTTP/1.1 \r\n" HTTP_CASE_HOST "\r\n"), 400,
      "HTTP-001", 6 },
    { "version 0.9 without a word", STR_INIT("GET /\r\n\r\n"), 400, "HTTP-001", 5 },
    { "version lower case", STR_INIT("GET / http/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-001",
      6 },
    { "version 1.32", STR_INIT("GET / HTTP/1.32\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-001", 6 },
    { "version overflowing", STR_INIT("GET / HTTP/4294967295.255\r\n\r\n"), 400, "HTTP-001", 6 },
    { "version 2.0", STR_INIT("PRI * HTTP/2.0\r\n\r\n"), 505, "HTTP-014", 6 },
    { "version 1.2", STR_INIT("GET / HTTP/1.2\r\n" HTTP_CASE_HOST "\r\n"), 505, "HTTP-014", 6 },
    { "version 0.9", STR_INIT("GET / HTTP/0.9\r\n\r\n"), 505, "HTTP-014", 6 },
    { "CONNECT", STR_INIT("CONNECT a:80 HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 501, "HTTP-013", 0 },
    { "target without slash", STR_INIT("GET a HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-009",
      4 },
    { "target star on GET", STR_INIT("GET * HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-009",
      4 },
    { "target with fragment", STR_INIT("GET /a#b HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400,
      "HTTP-001", 6 },
    { "target with a raw byte", STR_INIT("GET /\xc3\xa4 HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400,
      "HTTP-001", 5 },
    { "absolute target, user information",
      STR_INIT("GET http://u@a/ HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"), 400, "HTTP-009", 4 },
    { "absolute target, other host", STR_INIT("GET http://b/ HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"),
      400, "HTTP-009", 4 },
    { "absolute target, other scheme", STR_INIT("GET ftp://a/ HTTP/1.1\r\n" HTTP_CASE_HOST "\r\n"),
      400, "HTTP-009", 4 },
    { "second empty line first", STR_INIT("\r\n\r\n" HTTP_CASE_GET "\r\n"), 400, "HTTP-001", 2 },

    { "bare LF ends the request line", STR_INIT("GET / HTTP/1.1\n" HTTP_CASE_HOST "\r\n"), 400,
      "HTTP-002", 14 },
    { "bare LF ends a field", STR_INIT("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400, "HTTP-002", 23 },
    { "bare LF inside the target", STR_INIT("GET /\nHTTP/1.1\r\n\r\n"), 400, "HTTP-002", 5 },
    { "bare CR in a value", STR_INIT(HTTP_CASE_GET "X: va\rlue\r\n\r\n"), 400, "HTTP-002", 30 },
    { "bare CR ends a field", STR_INIT(HTTP_CASE_GET "X: :/\rY: z\r\n\r\n"), 400, "HTTP-002", 30 },
    { "two CR", STR_INIT(HTTP_CASE_GET "X: a\r\r\n\r\n"), 400, "HTTP-002", 29 },
    { "CR CR before the end", STR_INIT(HTTP_CASE_GET "\r\rZ"), 400, "HTTP-002", 25 },
    { "NUL in a value", STR_INIT(HTTP_CASE_GET "X: v\0alue\r\n\r\n"), 400, "HTTP-002", 29 },
    { "NUL behind Host", STR_INIT("GET / HTTP/1.1\r\nHost: a\0.b\r\n\r\n"), 400, "HTTP-002", 23 },
    { "NUL as the method", STR_INIT("\0 / HTTP/1.1\r\n\r\n"), 400, "HTTP-002", 0 },
    { "NUL in a name", STR_INIT(HTTP_CASE_GET "c\0: x\r\n\r\n"), 400, "HTTP-002", 26 },
    { "vertical tab before chunked",
      STR_INIT(HTTP_CASE_GET "Transfer-Encoding: \x0b"
                             "chunked\r\n\r\n"),
      400, "HTTP-002", 44 },
    { "DEL in a value", STR_INIT(HTTP_CASE_GET "X: \x7f\r\n\r\n"), 400, "HTTP-002", 28 },

    { "space before the colon", STR_INIT(HTTP_CASE_GET "Content-Length : 3\r\n\r\n"), 400,
      "HTTP-003", 39 },
    { "tab before the colon", STR_INIT(HTTP_CASE_GET "X\t: 3\r\n\r\n"), 400, "HTTP-003", 26 },
    { "no colon", STR_INIT(HTTP_CASE_GET "Content-Length 10\r\n\r\n"), 400, "HTTP-003", 39 },
    { "nothing but a name", STR_INIT(HTTP_CASE_GET "Test\r\n\r\n"), 400, "HTTP-003", 29 },
    { "empty name", STR_INIT(HTTP_CASE_GET ": x\r\n\r\n"), 400, "HTTP-003", 25 },
    { "only a colon", STR_INIT(HTTP_CASE_GET ":\r\nX: chopped\r\n\r\n"), 400, "HTTP-003", 25 },
    { "name over two lines", STR_INIT(HTTP_CASE_GET "Transfer-\r\nEncoding: chunked\r\n\r\n"), 400,
      "HTTP-003", 34 },
    { "high byte in a name", STR_INIT(HTTP_CASE_GET "Content-Length\x85: 10\r\n\r\n"), 400,
      "HTTP-003", 39 },
    { "slash in a name", STR_INIT(HTTP_CASE_GET "a/b: 10\r\n\r\n"), 400, "HTTP-003", 26 },

    { "folded line", STR_INIT(HTTP_CASE_GET "X: a\r\n b\r\n\r\n"), 400, "HTTP-004", 31 },
    { "folded by tab", STR_INIT(HTTP_CASE_GET "X: a\r\n\tb\r\n\r\n"), 400, "HTTP-004", 31 },
    { "first field indented", STR_INIT("GET / HTTP/1.1\r\n\tContent-Length: 1\r\n\r\n"), 400,
      "HTTP-004", 16 },
    { "line of spaces", STR_INIT(HTTP_CASE_GET "   \r\n\r\n"), 400, "HTTP-004", 25 },

    { "no Host", STR_INIT("GET / HTTP/1.1\r\n\r\n"), 400, "HTTP-005", 16 },
    { "two Hosts", STR_INIT(HTTP_CASE_GET HTTP_CASE_HOST "\r\n"), 400, "HTTP-005", 25 },
    { "two Hosts, one in other case", STR_INIT(HTTP_CASE_GET "hOST: b\r\n\r\n"), 400, "HTTP-005",
      25 },
    { "empty Host", STR_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, "HTTP-005", 16 },
    { "Host with a path", STR_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, "HTTP-005", 16 },
    { "Host with a user", STR_INIT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400, "HTTP-005", 16 },
    { "Host list", STR_INIT("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"), 400, "HTTP-005", 16 },
    { "Host with a space", STR_INIT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400, "HTTP-005", 16 },
    { "Host with high bytes",
      STR_INIT("GET / HTTP/1.1\r\nHost: \xff"
               "a\xff\r\n\r\n"),
      400, "HTTP-005", 16 },
    { "Host with a word for port", STR_INIT("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"), 400, "HTTP-005",
      16 },

    { "length twice", STR_INIT(HTTP_CASE_GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\nZ"),
      400, "HTTP-006", 44 },
    { "length list", STR_INIT(HTTP_CASE_GET "Content-Length: 1, 1\r\n\r\nZ"), 400, "HTTP-006", 25 },
    { "length empty", STR_INIT(HTTP_CASE_GET "Content-Length: \r\n\r\n"), 400, "HTTP-006", 25 },
    { "length signed", STR_INIT(HTTP_CASE_GET "Content-Length: +1\r\n\r\nZ"), 400, "HTTP-006", 25 },
    { "length negative", STR_INIT(HTTP_CASE_GET "Content-Length: -48\r\n\r\n"), 400, "HTTP-006",
      25 },
    { "length with underscore", STR_INIT(HTTP_CASE_GET "Content-Length: 1_0\r\n\r\n"), 400,
      "HTTP-006", 25 },
    { "length hexadecimal", STR_INIT(HTTP_CASE_GET "Content-Length: 0x10\r\n\r\nZ"), 400,
      "HTTP-006", 25 },
    { "length octal to some", STR_INIT(HTTP_CASE_GET "Content-Length: 010\r\n\r\n"), 400,
      "HTTP-006", 25 },
    { "length with a letter", STR_INIT(HTTP_CASE_GET "Content-Length: 1Z\r\n\r\nZ"), 400,
      "HTTP-006", 25 },
    { "length 2^63", STR_INIT(HTTP_CASE_GET "Content-Length: 9223372036854775808\r\n\r\n"), 400,
      "HTTP-006", 25 },
    { "length 2^64 + 1", STR_INIT(HTTP_CASE_GET "Content-Length: 18446744073709551617\r\n\r\n"),
      400, "HTTP-006", 25 },
    { "length with high space",
      STR_INIT(HTTP_CASE_GET "Content-Length: \xa0"
                             "1\r\n\r\n"),
      400, "HTTP-006", 25 },

    { "both", STR_INIT(HTTP_CASE_GET "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
      400, "HTTP-007", 72 },
    { "both, the other way",
      STR_INIT(HTTP_CASE_GET "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), 400,
      "HTTP-007", 72 },
    { "chunked twice in one", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: chunked, chunked\r\n\r\n"),
      400, "HTTP-008", 25 },
    { "chunked twice in two",
      STR_INIT(HTTP_CASE_GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
      400, "HTTP-008", 53 },
    { "coding empty", STR_INIT(HTTP_CASE_GET "Transfer-Encoding:\r\n\r\n"), 400, "HTTP-008", 25 },
    { "empty list item", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: ,chunked\r\n\r\n"), 400,
      "HTTP-008", 25 },
    { "chunked in HTTP/1.0", STR_INIT("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400,
      "HTTP-008", 44 },
    { "unknown coding", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: blegh\r\n\r\n"), 501, "HTTP-013",
      25 },
    { "gzip before chunked", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: gzip, chunked\r\n\r\n"),
      501, "HTTP-013", 25 },
    { "chunked not last", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: chunked, identity\r\n\r\n"),
      501, "HTTP-013", 25 },
    { "chunked with parameter", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: chunked;q=1\r\n\r\n"),
      501, "HTTP-013", 25 },
    { "chunked between high bytes",
      STR_INIT(HTTP_CASE_GET "Transfer-Encoding: \xff"
                             "chunked\xff\r\n\r\n"),
      501, "HTTP-013", 25 },
    { "identity", STR_INIT(HTTP_CASE_GET "Transfer-Encoding: identity\r\n\r\n"), 501, "HTTP-013",
      25 },
    { "expectation unknown", STR_INIT(HTTP_CASE_GET "Expect: 200-ok\r\n\r\n"), 417, "HTTP-012",
      25 },
};

/* Chunked bodies, all answered 400. */
static const struct http_chunk_case {
    const char *name;
    struct str in;
    const char *id;
    size_t pos;
} http_bad_chunks[] = {
    { "no size", STR_INIT("\r\n\r\n"), "HTTP-020", 0 },
    { "size with prefix", STR_INIT("0x5\r\nhello\r\n"), "HTTP-020", 1 },
    { "size signed", STR_INIT("+5\r\nhello\r\n"), "HTTP-020", 0 },
    { "size negative", STR_INIT("-0x0\r\n\r\n"), "HTTP-020", 0 },
    { "size with underscore", STR_INIT("0_2e\r\n"), "HTTP-020", 1 },
    { "size with a word", STR_INIT("1these\r\nZ\r\n"), "HTTP-020", 1 },
    { "space before", STR_INIT(" 5\r\n"), "HTTP-020", 0 },
    { "space behind", STR_INIT("5 \r\n"), "HTTP-020", 1 },
    { "space before the extension", STR_INIT("5 ;a\r\n"), "HTTP-020", 1 },
    { "17 digits", STR_INIT("00000000000000005\r\n"), "HTTP-020", 16 },
    { "bare LF", STR_INIT("5\nhello\r\n"), "HTTP-020", 1 },
    { "CR and another byte", STR_INIT("5\r\r;ABCD\r\n"), "HTTP-020", 2 },
    { "CR X", STR_INIT("5\rXhello\r\n"), "HTTP-020", 2 },
    { "data longer than its size", STR_INIT("4\r\nhello\r\n"), "HTTP-020", 7 },
    { "bare LF behind the data", STR_INIT("5\r\nhello\n0\r\n"), "HTTP-020", 8 },
    { "two bytes for CR LF", STR_INIT("5\r\nhelloXX0\r\n"), "HTTP-020", 8 },
    { "extension without name", STR_INIT("5;\r\nhello\r\n"), "HTTP-021", 2 },
    { "extension of spaces", STR_INIT("5; a\r\n"), "HTTP-021", 2 },
    { "extension with bare CR", STR_INIT("41;a=b\r\rX"), "HTTP-020", 7 },
    { "extension with bare LF", STR_INIT("5;a\nhello"), "HTTP-021", 3 },
    { "extension value missing", STR_INIT("5;a=\r\n"), "HTTP-021", 4 },
    { "extension string unterminated", STR_INIT("5;a=\"b\r\n"), "HTTP-021", 6 },
    { "extension string with NUL", STR_INIT("5;a=\"\0\"\r\n"), "HTTP-021", 5 },
    { "extension string with CR", STR_INIT("5;a=\"\r\"\r\n"), "HTTP-021", 5 },
    { "extension string and more", STR_INIT("5;a=\"b\"c\r\n"), "HTTP-021", 7 },
    { "extension with a high byte", STR_INIT("5;\x85\r\n"), "HTTP-021", 2 },
    { "trailer without colon", STR_INIT("0\r\nabc\r\n\r\n"), "HTTP-022", 6 },
    { "trailer with space before the colon", STR_INIT("0\r\nabc : x\r\n\r\n"), "HTTP-022", 6 },
    { "trailer folded", STR_INIT("0\r\na: x\r\n y\r\n\r\n"), "HTTP-022", 9 },
    { "trailer with bare CR", STR_INIT("0\r\na: x\ry\r\n\r\n"), "HTTP-022", 8 },
    { "trailer that is a request", STR_INIT("0\r\nX:POST / HTTP/1.1\r\nHost: a\r\n\r\n"),
      "HTTP-022", 26 },
    { "trailer that frames", STR_INIT("0\r\ncontent-Length: 5\r\n\r\n"), "HTTP-022", 17 },
    { "trailer that frames too", STR_INIT("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "HTTP-022",
      20 },
    { "end without LF", STR_INIT("0\r\n\rX"), "HTTP-022", 4 },
};

#endif
