/*
 * HTTP client: libcurl's multi interface on a loop, HTTP/1.1 and 2, connections kept for reuse.
 *
 *   client_call ── done(result)      exactly once, from the loop, never from within the call
 *        └ client_cancel: done is not called
 *
 * What is fixed: certificates are verified, always; http and https only; no proxy and no redirect
 * unless asked for; no cookies, no .netrc, no user information in URLs; and every call has a total
 * limit (libcurl has none of its own).
 *
 * Failures have a fate, by libcurl's code and by whether the request was handed to a connection:
 *   FATE_RETRY      nothing of it was sent: look-up, connect, TLS, no connection free
 *   FATE_UNCERTAIN  it was sent, whole or in part, and no answer came: reset, timeout, bad answer
 *   FATE_OPERATOR   it can never be sent: URL, our certificate or key, CA list, address not allowed
 * libcurl by itself sends a request again when a kept connection dies under it. That is right only
 * where a repeat does no harm: it is allowed for GET, HEAD, OPTIONS, PUT and DELETE and for
 * requests that say `repeatable`; for others it is stopped and the outcome is uncertain.
 *
 * An answer with any status is RC_OK here. Errors name scheme, host and port of the URL, never its
 * path or query.
 *
 * Thread  loop.
 */
#ifndef ZS_NET_CLIENT_H
#define ZS_NET_CLIENT_H

#include "net/addr.h"
#include "net/http.h"
#include "net/loop.h"

struct client;
struct client_call;

struct client_conf {
    size_t max_conns;          /* open in all; 0: 256 */
    size_t max_conns_per_host; /* 0: 32 */
    uint32_t keep_ms;          /* a connection unused for longer is not used again; 0: 15 s */
};

/* Returns RC_NOMEM (HTTP-015), RC_BUG when libcurl cannot start (HTTP-050). */
enum rc client_new(struct loop *l, const struct client_conf *conf, struct client **out,
                   struct err *e) ZS_CHECK;

/* Cancels what is in work (done is not called), closes all connections. Nulls the pointer. */
void client_free(struct client **c);

/* Trust and our certificate, as PEM text. Must stay as it is while a call with it is in work. */
struct client_tls {
    struct str ca_pem;   /* STR_NULL: the system's store */
    struct str cert_pem; /* ours; STR_NULL: none */
    struct str key_pem;
    const char *passphrase; /* NULL: none */
};

enum client_version { CLIENT_HTTP_ANY = 0, CLIENT_HTTP_1_1, CLIENT_HTTP_2 };

/* Is it a field that the client writes itself, and nobody else may (Content-Length …)? */
bool client_is_framing(struct str name);

/* All of it is borrowed until done or cancel, except texts that say `copied`. */
struct client_request {
    struct str method;               /* "POST"; copied */
    struct str url;                  /* absolute; copied */
    const struct http_field *fields; /* copied; framing fields are refused (HTTP-051) */
    size_t n_fields;
    struct str body;     /* null: none; empty: Content-Length: 0 */
    uint32_t connect_ms; /* look-up, connect and TLS; 0: 10 s */
    uint32_t total_ms;   /* all of it; 0: 30 s */
    uint32_t stall_ms;   /* not a byte either way for so long, in whole seconds; 0: no limit */
    const struct client_tls *tls;
    struct str proxy;       /* "http://proxy:3128"; empty: none, whatever the environment says */
    unsigned max_redirects; /* 0: a 3xx is an answer */
    size_t body_max;        /* of the response; 0: 16 MB */
    size_t head_max;        /* of all its fields; 0: 64 KB */
    enum client_version version;
    bool repeatable; /* e.g. with an idempotency key the peer honours */
    bool (*allow)(void *ctx, const struct addr *a); /* asked for each address; NULL: all */
    void *allow_ctx;
    void (*tick)(void *ctx); /* client_run_once: called a few times a second while it waits */
    void *tick_ctx;
};

struct client_times { /* microseconds from the start; 0: not reached or not needed */
    uint64_t name_us, connect_us, tls_us, sent_us, first_us, total_us;
};

struct client_result {
    enum rc rc;             /* RC_OK: an answer, whatever its status */
    struct err err;         /* with its fate, unless RC_OK */
    unsigned status;        /* set as soon as an answer's head came, also when rc is not RC_OK */
    struct str status_text; /* the reason given, or the registered one */
    const struct http_field *fields;
    size_t n_fields;
    struct str type; /* Content-Type, STR_NULL without */
    struct str body;
    uint32_t retry_after_ms; /* from Retry-After in seconds or as a date; 0: none */
    unsigned version;        /* 10, 11, 20 */
    bool sent;               /* bytes of the request may have left */
    struct client_times times;
};

/*
 * a  takes the answer; must live until done returns or the call is cancelled
 * Returns RC_VALUE  HTTP-051 method, URL or a field cannot be sent (fate OPERATOR)
 *         RC_NOMEM  HTTP-015 (fate RETRY)
 * done is then not called. *out is valid until done is called or client_cancel.
 * Failures by done: RC_IO HTTP-052 look-up, HTTP-053 connect, HTTP-056 broken off; RC_TIMEOUT
 * HTTP-054; RC_PEER HTTP-055 TLS or certificate, HTTP-057 answer that is none; RC_LIMIT HTTP-058
 * answer over its limit; RC_VALUE HTTP-059 our TLS material; RC_DENIED HTTP-060 not allowed;
 * RC_NOMEM HTTP-015.
 */
enum rc client_call(struct client *c, const struct client_request *r, struct arena *a,
                    void (*done)(void *ctx, const struct client_result *res), void *ctx,
                    struct client_call **out, struct err *e) ZS_CHECK;

/* done is not called any more. Nulls the pointer; NULL inside is fine. */
void client_cancel(struct client_call **call);

/* Was the request handed to a connection, so that it may have been seen? For who cancels. */
bool client_may_be_sent(const struct client_call *call);

/*
 * One call on a loop of its own, for commands. Blocks: never on a loop thread. *res is written
 * always; returns res->rc and copies its error.
 */
enum rc client_run_once(const struct client_request *r, struct arena *a, struct client_result *res,
                        struct err *e) ZS_CHECK;

#endif
