/*
 * Writes response heads and chunk frames. Pure: any thread. Private to the server.
 */
#ifndef ZS_NET_HTTP_WRITE_H
#define ZS_NET_HTTP_WRITE_H

#include "net/http_server.h"

enum http_sending {
    HTTP_SEND_LENGTH,  /* Content-Length: length */
    HTTP_SEND_CHUNKED, /* Transfer-Encoding: chunked */
    HTTP_SEND_CLOSE,   /* neither: the close ends it */
    HTTP_SEND_NOTHING  /* 204, 304: no body and no word about one */
};

struct http_out {
    enum http_sending sending;
    uint64_t length;
    unsigned minor;   /* of the request */
    bool keep;        /* the connection stays */
    const char *date; /* the Date field's value */
};

/*
 * Append the head of `r`. Returns RC_VALUE (HTTP-041) when a field is no HTTP field or one that is
 * the server's own; the buffer then holds a part. The buffer's own failure is the caller's to see.
 */
enum rc http_write_head(struct buf *b, const struct http_response *r, const struct http_out *out,
                        struct err *e) ZS_CHECK;

/* "1f\r\n" for the chunk's size line; returns its length. */
size_t http_chunk_line(size_t n, char out[20]);

#endif
