/*
 * Links from inside: what link.c (the table), link_auth.c (credentials), link_rate.c (the bucket)
 * and link_send.c (a request's way) share, with the tests and probes of setup.c.
 *
 *   links ──┬── link ──┬── gate   of an integration, by name: paused or not
 *           │          ├── auth   of an integration and what its configuration says of it
 *           │          └── rate   of an endpoint, by name, and what it says of it
 *           └── …
 *
 * Locks, in this order: links (the table and every count of users in it), auth (who waits for a
 * token), rate; cred's own below them. None is held across a call out.
 */
#ifndef ZS_FLOW_LINK_INT_H
#define ZS_FLOW_LINK_INT_H

#include "flow/link.h"

#include "base/map.h"
#include "base/thread.h"

enum { LINK_RANK_TABLE = 310, LINK_RANK_AUTH = 320, LINK_RANK_RATE = 330 };

/* ---- link_rate.c -------------------------------------------------------------------------- */

/* At most `requests` in each `per`, and `burst` more after a pause; exactly, on any thread. */
struct link_rate {
    struct mutex lock;
    uint64_t requests, per_us, burst;
    uint64_t tokens;
    uint64_t part; /* of the next token, in 1/per_us */
    uint64_t at_us;
    unsigned refs; /* the table's lock */
    struct str name;
};

void link_rate_init(struct link_rate *r, const struct config_rate *conf, uint64_t now_mono);
bool link_rate_take(struct link_rate *r, uint64_t now_mono, uint64_t *wait_ms);

/* As good as a new one: it may be forgotten. */
bool link_rate_is_full(struct link_rate *r, uint64_t now_mono);

/* ---- link_auth.c -------------------------------------------------------------------------- */

/* One who waits for a token that is being fetched; embedded in what waits. */
struct link_wait {
    struct loop *loop;
    void (*ready)(struct link_wait *w); /* on loop; rc, err are set: RC_OK, then ask again */
    enum rc rc;
    struct err err;
    struct loop_post post; /* from here on the auth's */
    struct list_node node;
    enum { LINK_WAIT_OFF = 0, LINK_WAIT_LISTED, LINK_WAIT_POSTED } state;
};

struct link_auth;

/* Is this what the integration says of its authentication and trust? */
bool link_auth_fits(const struct link_auth *a, const struct config_integration *in);

/* With one reference. The integration's unit is kept. RC_NOMEM, or what cred_new says. */
enum rc link_auth_new(const struct links_conf *conf, const struct config_integration *in,
                      struct link_auth **out, struct err *e) ZS_CHECK;
struct link_auth *link_auth_ref(struct link_auth *a);
void link_auth_unref(struct link_auth **a);
unsigned link_auth_refs(const struct link_auth *a); /* for who holds one of them */

/*
 * The credential of one request, in `wiping`.
 * CRED_READY   *out is set
 * CRED_WAIT    a token is being fetched: w->ready comes, unless link_auth_leave says otherwise
 * CRED_FAILED  *e with its fate: retry, or operator where a person is needed
 * Thread  w->loop.
 */
enum cred_now link_auth_get(struct link_auth *a, struct link_wait *w, struct arena *wiping,
                            struct cred_parts *out, struct err *e);

/* True: w->ready is not called any more. False: it is posted already and comes. */
bool link_auth_leave(struct link_auth *a, struct link_wait *w);

struct cred *link_auth_cred(const struct link_auth *a);

/* `own` (may be NULL) and the credential as one; the credential's names replace own ones. */
enum rc link_auth_extra(const struct cred_parts *parts, const struct conn_extra *own,
                        struct arena *wiping, struct conn_extra *out, struct err *e) ZS_CHECK;

/* ---- link.c ------------------------------------------------------------------------------- */

struct link_gate {
    atomic_bool paused; /* written under the table's lock */
    unsigned refs;      /* links */
    struct list watches;
    struct str name;
};

struct link {
    struct links *owner;
    unsigned refs;
    const struct config_endpoint *ep; /* also, as bytes, its key in the table */
    const struct config_unit *unit;
    struct link_gate *gate;
    struct link_auth *auth; /* NULL: requests carry no credential */
    struct link_rate *rate; /* NULL: no limit */
};

/* The credential of an integration, with a reference; *out NULL: it needs none. */
enum rc links_auth(struct links *l, const struct config_integration *in, struct link_auth **out,
                   struct err *e) ZS_CHECK;

#endif
