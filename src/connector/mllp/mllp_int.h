/* What the connector's files share. */
#ifndef ZS_CONNECTOR_MLLP_MLLP_INT_H
#define ZS_CONNECTOR_MLLP_MLLP_INT_H

#include "base/list.h"
#include "connector/mllp/mllp.h"
#include "hl7/mllp.h"
#include "net/stream.h"

#define MLLP_CONTENT_TYPE STR("x-application/hl7-v2+er7")

/* ---- mllp_place.c ---- */

struct mllp_place {
    struct str host; /* borrows from the URL; "": all addresses */
    uint16_t port;
    bool tls; /* mllps */
    bool loopback;
};

/* mllp://host:port or mllps://…; the port may be missing (2575). RC_VALUE MLLP-010. */
enum rc mllp_place(struct str url, struct mllp_place *out, struct err *e) ZS_CHECK;

/* From the files that the options name, before what the integration says. Errors as peer.h. */
enum rc mllp_listen_tls(const struct conn_mllp_conf *c, struct tls_ctx **out,
                        struct err *e) ZS_CHECK;
enum rc mllp_connect_tls(const struct conn_endpoint *ep, struct tls_ctx **out,
                         struct err *e) ZS_CHECK;

/* ---- mllp_conf.c ---- */

extern const struct opt_table conn_mllp_recv_table;
extern const struct opt_table conn_mllp_send_table;
void conn_mllp_recv_check(const struct opt_read *r, const struct json *obj, const void *conf);
void conn_mllp_send_check(const struct opt_read *r, const struct json *obj,
                          const struct conn_endpoint *ep);

/* ---- the source: mllp_recv.c its life, mllp_in.c one connection ---- */

struct mllp_source {
    struct conn_source *source; /* NULL after recv_close: flow is not called any more */
    struct listener *listener;  /* NULL once draining */
    struct list conns;          /* struct mllp_in */
    struct arena *arena;        /* of the networks that may connect */
    size_t n_unsettled;
    bool tls;
    bool paused;
    bool draining; /* drained() is owed */
};

enum rc conn_mllp_open(struct conn_source *s, struct err *e) ZS_CHECK;
void conn_mllp_start(struct conn_source *s);
void conn_mllp_pause(struct conn_source *s, bool paused);
void conn_mllp_drain(struct conn_source *s);
void conn_mllp_close(struct conn_source *s);
void conn_mllp_settled(struct conn_source *s, struct intake *in, const struct answer *a);
void conn_mllp_address(const struct conn_source *s, char *out, size_t size);

static inline const struct conn_mllp_conf *mllp_conf_of(const struct mllp_source *src)
{
    return src->source->conf;
}

/* Called for a source that was closed, when its last connection has gone. */
void mllp_source_release(struct mllp_source *src);

struct mllp_in;

/* The listener's accept. */
void mllp_in_accept(void *ctx, struct listener *ls, struct stream *s);

/* Read, or do not: paused, too many unanswered, the peer does not read its answers. */
void mllp_in_hold_back(struct mllp_in *c);

/* Read nothing more; close when everything taken is answered. */
void mllp_in_last(struct mllp_in *c);

/* Drop what is unanswered, send what was answered, close. */
void mllp_in_let_go(struct mllp_in *c);

/* The answer of one message; sent when those before it are. */
void mllp_in_answer(struct intake *in, const struct answer *a);

struct mllp_in *mllp_in_of(struct list_node *n);

/* ---- mllp_words.c ---- */

/*
 * An acknowledgement where flow gives none (no memory for one): as negative as the answer is.
 * RC_NOMEM, RC_LIMIT.
 */
enum rc mllp_words(const struct answer *a, struct str message, int64_t at_ms, struct buf *out,
                   struct err *e) ZS_CHECK;

/* ---- the destination: mllp_send.c its queue, mllp_out.c one connection ---- */

struct mllp_dest {
    struct conn_dest *dest; /* NULL after send_close */
    struct mllp_place place;
    struct tls_ctx *tls;
    struct list links;             /* struct mllp_out */
    struct list probes;            /* struct mllp_probe */
    struct delivery *first, *last; /* waiting for a connection */
    size_t n_in_flight;
    bool draining; /* drained() is owed */
};

enum rc conn_mllp_send_open(struct conn_dest *d, struct err *e) ZS_CHECK;
void conn_mllp_send(struct conn_dest *dest, struct delivery *d);
void conn_mllp_cancel(struct conn_dest *dest, struct delivery *d);
void conn_mllp_send_drain(struct conn_dest *dest);
void conn_mllp_send_close(struct conn_dest *dest);

static inline const struct conn_mllp_params *mllp_params_of(const struct mllp_dest *md)
{
    return md->dest->ep->params;
}

/* Give waiting deliveries to connections that are free or may be made. */
void mllp_dispatch(struct mllp_dest *md);

/* End a delivery. It may send the next one before it returns. */
void mllp_finish(struct mllp_dest *md, struct delivery *d, const struct verdict *v);
void mllp_fail(struct mllp_dest *md, struct delivery *d, enum fate fate, const struct err *why);

/* Called when a link or probe has gone: frees a closed destination with its last one. */
void mllp_dest_release(struct mllp_dest *md);

/* How to connect to the peer. */
struct stream_connect mllp_connect_how(const struct mllp_dest *md, uint32_t timeout_ms);

struct mllp_out;

/* An idle connection that nothing speaks against, NULL when there is none. */
struct mllp_out *mllp_out_idle(struct mllp_dest *md);
struct mllp_out *mllp_out_new(struct mllp_dest *md, uint32_t timeout_ms, struct err *e);
void mllp_out_send(struct mllp_out *l, struct delivery *d, uint32_t timeout_ms);

/* Give up what it carries; returns whether the peer may have seen it. The connection goes. */
bool mllp_out_give_up(struct mllp_out *l);
bool mllp_out_is_idle(const struct mllp_out *l);
struct delivery *mllp_out_delivery(const struct mllp_out *l);
struct mllp_out *mllp_out_of(struct list_node *n);

/* ---- mllp_reply.c ---- */

enum mllp_reply { MLLP_REPLY_STRAY, MLLP_REPLY_FINAL };

/* The control id of a message, decoded, in the arena; empty when it has none that can be read. */
struct str mllp_control_id(struct str message, struct arena *a);

/*
 * What a frame from the peer means for the message `id` that waits: FINAL and *v, or STRAY: an
 * answer to another message, or none at all. Texts of *v are in the arena.
 */
enum mllp_reply mllp_read_reply(const struct conn_mllp_params *conf, struct str id,
                                struct str frame, struct arena *a, struct verdict *v);

/* What a connection's end means for a message that was waiting on it. */
enum fate mllp_fate_of_end(const struct err *why, bool may_be_seen);

/* ---- mllp_probe.c ---- */

void conn_mllp_probe(struct conn_dest *dest, const struct conn_extra *x, conn_probe_fn *done,
                     void *ctx);

/* Answer those under way: the destination closes. */
void mllp_probes_stop(struct mllp_dest *md);

#endif
