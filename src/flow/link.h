/*
 * Link: one endpoint while the engine runs. What every caller of it shares, whatever loop it is on:
 * its rate limit, its integration's credential, whether the integration is paused. Lanes, API calls
 * and probes all go through here, so there is one path to a peer.
 *
 *   links_new ── links_get(endpoint) ── link_ref … link_unref
 *   link_take, then link_send(link, dest, delivery):
 *       credential ── type->send ── (refused: another credential, rate, once anew) ── done
 *
 * A link is of one endpoint of one snapshot. Across a change of configuration its bucket goes on
 * where the endpoint's name and limit are the same, and the credential with its token where the
 * integration's authentication and trust are, so that a change beside them costs no peer anything.
 *
 * Thread  any where not said otherwise.
 */
#ifndef ZS_FLOW_LINK_H
#define ZS_FLOW_LINK_H

#include "auth/cred.h"
#include "base/list.h"
#include "config/config.h"
#include "connector/connector.h"
#include "net/loop.h"

struct links;
struct link;

/*
 * Fetches a token: the network is handed in (app/). fetch is called on `home`, answers exactly
 * once on `home`, never from within the call. status 0: nothing came, e says why.
 */
struct link_fetch {
    const struct cred_request *request;
    const struct conn_tls *tls; /* the integration's; NULL: the system's trust */
    struct arena *arena;        /* wiping; for the answer */
    void (*done)(struct link_fetch *f, unsigned status, struct str body, const struct err *e);
};

struct links_conf {
    struct loop *home; /* tokens are fetched there */
    const struct clock *clock;
    const struct random *random;
    const struct log *log;
    void (*fetch)(void *ctx, struct link_fetch *f);
    void *fetch_ctx;
};

enum rc links_new(const struct links_conf *conf, struct links **out, struct err *e) ZS_CHECK;
void links_free(struct links **l); /* no link is in use any more (asserted) */

/* The link of an endpoint, made when there is none. The endpoint's unit is kept. RC_NOMEM FLOW-001,
 * or what cred_new says of the authentication. */
enum rc links_get(struct links *l, const struct config_endpoint *ep, struct link **out,
                  struct err *e) ZS_CHECK;
struct link *link_ref(struct link *k);
void link_unref(struct link **k);
const struct config_endpoint *link_endpoint(const struct link *k);

/*
 * Paused integrations, by name, whether they have links or not: lanes wait, calls are refused
 * (RC_STATE FLOW-021), tests still work. RC_NOMEM FLOW-001: nothing changed.
 */
enum rc links_pause(struct links *l, struct str integration, bool paused, struct err *e) ZS_CHECK;
bool link_paused(const struct link *k);

/*
 * Be told when the integration is paused or resumed: fn on the loop, soon after, at least once
 * after the last change. The node is embedded in who wants to know.
 */
struct link_watch {
    void (*fn)(struct link_watch *w);
    struct loop *loop;
    struct loop_post post; /* from here on the link's */
    struct list_node node;
    atomic_bool posted;
};

void link_watch(struct link *k, struct link_watch *w);

/* True: fn is not called any more. False: it is called once more, and then not again. */
bool link_unwatch(struct link *k, struct link_watch *w);

/* One token of the rate limit, or how long until there is one. now: monotonic ns of any loop. */
bool link_take(struct link *k, uint64_t now_mono, uint64_t *wait_ms);

/*
 * Send d to dest (opened with the link's endpoint, on the caller's loop) with the credential.
 * d->extra may hold the caller's own. d->done is called exactly once, as with type->send: a
 * credential that cannot be had is a verdict too (retry, or operator where a person is needed).
 * Thread: the dest's loop.
 */
void link_send(struct link *k, struct conn_dest *dest, struct delivery *d);

/* As type->cancel; also while the credential is waited for. */
void link_cancel(struct link *k, struct conn_dest *dest, struct delivery *d);

/*
 * Nothing more of d is to be sent: before dest is drained. While the credential is waited for, d
 * is done at once (retry); what the connector has goes on, but a refused credential is final.
 */
void link_withdraw(struct link *k, struct conn_dest *dest, struct delivery *d);

#endif
