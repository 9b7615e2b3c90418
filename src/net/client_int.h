/*
 * What the client's files share. See client.h.
 *
 *   client.c        calls on the loop: sockets and timers of libcurl's multi interface
 *   client_easy.c   a request into libcurl's options, its callbacks, the answer out of them
 *   client_tls.c    what the peer's TLS said when it refused us
 *   client_fate.c   failures into error and fate
 */
#ifndef ZS_NET_CLIENT_INT_H
#define ZS_NET_CLIENT_INT_H

#include "base/list.h"
#include "net/client.h"

#include <curl/curl.h>

struct client {
    struct loop *loop;
    struct client_conf conf;
    CURLM *multi; /* NULL: without memory; made anew by the next call */
    bool broken;  /* libcurl was told that a socket cannot be watched: the handle is lost */
    struct list calls;
    struct list socks;
    struct loop_timer timer;
    unsigned busy; /* inside done callbacks: freeing waits */
    bool dying;
};

struct client_call {
    struct list_node link;
    struct client *client;
    CURLM *multi; /* that it was added to */
    CURL *easy;
    struct curl_slist *lines; /* header fields as libcurl wants them */
    struct arena *arena;
    struct client_request request; /* its copied texts are replaced by those in the arena */
    struct url url;                /* of the request */
    void (*done)(void *ctx, const struct client_result *res);
    void *ctx;
    /* what happened so far */
    bool handed;                /* given to a connection at least once */
    bool got_head;              /* an answer's status line came since */
    bool resend;                /* libcurl wanted to send it again, and was stopped */
    bool denied;                /* an address was not allowed */
    bool over;                  /* the answer passed a limit */
    bool no_memory;             /* for the answer */
    bool turned_away;           /* the peer's TLS does not accept our certificate, or wants one */
    struct ssl_ctx_st *ssl_ctx; /* of the connection made for this call, counted */
    size_t head_n;
    size_t fields_cap;
    struct buf body;
    struct client_result res;
};

/* Make call->easy; what the call borrows is checked. Errors as client_call. */
enum rc client_easy_make(struct client_call *call, struct err *e) ZS_CHECK;
void client_easy_free(struct client_call *call);

/* Fill call->res after libcurl is through with it. */
void client_easy_result(struct client_call *call, CURLcode code);

/* libcurl has made the TLS context of a connection for this call (CURLOPT_SSL_CTX_FUNCTION). */
CURLcode client_tls_made(CURL *easy, void *ssl_ctx, void *ctx);
void client_tls_forget(struct client_call *call);

/* The error and fate of a failure. */
void client_fate(const struct client_call *call, CURLcode code, struct err *e);

#endif
