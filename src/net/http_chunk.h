/*
 * Decoder of the chunked transfer coding: pure, strict, incremental, without a copy.
 *
 * Feed it what arrives, in any split; it hands back slices of that input. Chunk extensions are
 * checked and dropped, trailer fields likewise: nobody here may act on them (RFC 9110 6.5.1).
 * Refused with 400: a size that is not 1 to 16 hex digits or does not fit, white space in the size
 * line, an extension that is not ;name, ;name=token or ;name="string", a bare CR or LF, data not
 * followed by CR LF, a trailer line that is no field or is one that frames (Content-Length,
 * Transfer-Encoding, Host). More decoded bytes than `max`: 413. Extensions and trailers together
 * longer than HTTP_CHUNK_OVERHEAD plus a sixteenth of the data: 400, so that a sender cannot make
 * us read for ever while the body stays small.
 *
 * Spec    RFC 9112 7.1
 * Thread  any; no shared state.
 */
#ifndef ZS_NET_HTTP_CHUNK_H
#define ZS_NET_HTTP_CHUNK_H

#include "base/err.h"
#include "base/str.h"

#define HTTP_CHUNK_OVERHEAD 8192

struct http_chunk {
    unsigned state;
    unsigned digits;
    unsigned status;   /* what to answer after a failure */
    uint64_t left;     /* bytes of the chunk not handed out */
    uint64_t total;    /* decoded bytes so far */
    uint64_t max;      /* ceiling for total */
    uint64_t overhead; /* bytes of extensions and trailers so far */
    uint64_t pos;      /* encoded bytes consumed so far */
    size_t name_n;     /* of the trailer field being read */
    char name[20];     /* its name, lower case, cut: enough to recognise framing fields */
};

void http_chunk_init(struct http_chunk *c, uint64_t max);

/*
 * Take from the front of `in`.
 *
 * used  on RC_OK and RC_AGAIN: bytes consumed; call again with the rest
 * data  on RC_OK: a slice of `in`, never empty, or STR_NULL when the body is complete
 * Returns RC_AGAIN  all of `in` is consumed and more is needed
 *         RC_SYNTAX malformed (HTTP-020 … HTTP-022), e.pos = offset from the body's first byte
 *         RC_LIMIT  more than max bytes decoded (HTTP-023)
 */
enum rc http_chunk_next(struct http_chunk *c, struct str in, size_t *used, struct str *data,
                        struct err *e) ZS_CHECK;

/* Right after a slice was handed out: its last n bytes were not taken and will be shown again. */
void http_chunk_unread(struct http_chunk *c, size_t n);

#endif
