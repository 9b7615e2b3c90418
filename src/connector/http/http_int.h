/*
 * What the connector's files share.
 *
 * Thread  http_recv.c, http_send.c and http_probe.c: loop; the rest any.
 */
#ifndef ZS_CONNECTOR_HTTP_HTTP_INT_H
#define ZS_CONNECTOR_HTTP_HTTP_INT_H

#include "base/list.h"
#include "connector/http/http.h"
#include "net/client.h"
#include "net/http_server.h"

/* ---- http_conf.c ---- */

extern const struct opt_table conn_http_recv_table;

/* `listen` taken apart; texts borrow from it. */
struct http_place {
    struct str host; /* as stream_listen has it; empty: all addresses */
    uint16_t port;
    struct str path; /* begins with a slash */
    bool tls;
    bool loopback;
};

/* RC_VALUE HTTPIN-001. */
enum rc conn_http_place(struct str listen, struct http_place *out, struct err *e) ZS_CHECK;

void conn_http_recv_check(const struct opt_read *r, const struct json *obj, const void *conf);

/* ---- http_answer.c ---- */

/* The status that tells a sender what became of its message. */
unsigned conn_http_status(const struct answer *a, bool has_body);

/* The body where flow gives none: JSON, or problem+json for what was not taken. */
enum rc conn_http_words(const struct answer *a, unsigned status, struct buf *out, struct str *type,
                        struct err *e) ZS_CHECK;

/* ---- http_recv.c ---- */

enum rc conn_http_open(struct conn_source *s, struct err *e) ZS_CHECK;
void conn_http_start(struct conn_source *s);
void conn_http_pause(struct conn_source *s, bool paused);
void conn_http_drain(struct conn_source *s);
void conn_http_close(struct conn_source *s);
void conn_http_settled(struct conn_source *s, struct intake *in, const struct answer *a);
void conn_http_address(const struct conn_source *s, char *out, size_t size);

/* ---- http_request.c ---- */

/*
 * A delivery as the client takes it, in arena a: URL with parameters, fields, content type.
 * RC_VALUE HTTPOUT-001 (fate OPERATOR), RC_NOMEM HTTPOUT-002 (fate RETRY).
 */
enum rc conn_http_request(const struct conn_endpoint *ep, const struct delivery *d, struct arena *a,
                          struct client_request *out, struct err *e) ZS_CHECK;

/* Its parts, for other requests to the same place. parameters NULL: none of those. */
enum rc conn_http_url(struct str base, const struct json *parameters,
                      const struct conn_extra *extra, struct arena *a, struct str *out,
                      struct err *e) ZS_CHECK;
enum rc conn_http_fields(const struct conn_endpoint *ep, const struct delivery *d, bool has_body,
                         struct arena *a, struct client_request *r, struct err *e) ZS_CHECK;
bool conn_http_has_body(struct str method);

void conn_http_send_check(const struct opt_read *r, const struct json *obj,
                          const struct conn_endpoint *ep);

/* ---- http_verdict.c ---- */

/* What an answer or a failure means for the delivery. a: the one the answer is in. */
void conn_http_verdict(const struct client_result *res, struct arena *a, struct verdict *v);

/* ---- http_send.c ---- */

struct http_sender {
    struct conn_dest *dest;
    struct client *client;
    struct arena *arena;          /* wiping; of tls */
    const struct client_tls *tls; /* NULL: the system's trust */
    struct list flights;
    struct list failed; /* flights that never left: told at the end of the iteration */
    struct list probes; /* struct http_probe */
    struct loop_hook hook;
    struct loop_timer drain_timer;
    bool draining;
};

enum rc conn_http_send_open(struct conn_dest *d, struct err *e) ZS_CHECK;
void conn_http_send(struct conn_dest *dest, struct delivery *d);
void conn_http_cancel(struct conn_dest *dest, struct delivery *d);
void conn_http_send_drain(struct conn_dest *d);
void conn_http_send_close(struct conn_dest *d);

/* What holds for every request of a destination: trust, certificate, where it may go. */
void conn_http_reach(const struct http_sender *s, struct client_request *r);

/* ---- http_probe.c ---- */

void conn_http_probe(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done,
                     void *ctx);

/* Answer those under way: the destination closes. */
void conn_http_probes_stop(struct http_sender *s);

#endif
