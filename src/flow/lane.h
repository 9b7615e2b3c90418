/*
 * Lane: the way of one channel's messages to one destination, in order.
 *
 *   intake commits ── lane_add ─┐                   ┌─ delivered, rejected, dead ── outcome
 *                               ├─ window ── send ──┤
 *   store (after a restart, ────┘   (memory)        └─ backoff, uncertain ── outcome, stays
 *   or when the window was full)
 *
 * The disk is the queue; the window is what of it is in memory: at most LANE_WINDOW deliveries and
 * LANE_BYTES of payload. What comes in beyond that is left to the store and read back later on a
 * pool thread (`spilled`).
 *
 * Order: without a key strictly one after the other. With keys (conf->keyed) a delivery waits only
 * for earlier ones of its own key, and up to conf->in_flight are under way.
 *
 * Coverage (store.h): nothing is sent that no durable mark covers. A fresh message is marked in
 * its own intake while the lane is near its end (lane_will_mark), so the common case costs no
 * record of its own; everything else waits for a STORE_MARK, which covers the whole window.
 *
 * What is sent goes through the endpoint's link (link.h): its rate, its credential. While the
 * integration is paused nothing is sent.
 *
 * Fates: retry waits with exponential backoff and jitter until max_age, then dead; only
 * answered failures count against `retries`, after which the delivery is rejected. uncertain is
 * sent again when the policy says resend, else it blocks its lane or key until a person decides.
 * reject steps aside. operator tries again at the longest backoff.
 *
 * Thread  loop, except lane_figures.
 */
#ifndef ZS_FLOW_LANE_H
#define ZS_FLOW_LANE_H

#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "connector/connector.h"
#include "flow/commit.h"
#include "flow/link.h"
#include "net/pool.h"

#include <stdatomic.h>

#define LANE_WINDOW     512
#define LANE_BYTES      ((size_t)16 * 1024 * 1024)
#define LANE_MARK_AHEAD 64

struct lane;

/* Memory that several deliveries share: a message's arena, or a window read from the store. */
struct lane_hold {
    struct arena *arena; /* this struct lives in it */
    unsigned refs;
};

void lane_hold_ref(struct lane_hold *h);
void lane_hold_unref(struct lane_hold *h); /* the last one frees the arena */

/* One delivery in memory. Allocated in its hold's arena by whoever makes it. */
struct lane_item {
    struct list_node node;
    struct lane_hold *hold;
    struct delivery d; /* body, content_type, control_id, seq filled by lane_add's caller */
    uint64_t key;      /* hash of the order key, 0: none */
    int64_t at_ms;
    int64_t next_at; /* monotonic ms, 0: now */
    unsigned attempts;
    unsigned answered;
    bool covered;
    bool mark_stale; /* its last outcome is newer than the mark that is being committed */
    bool unknown;    /* an earlier attempt's outcome is not known */
    enum { ITEM_READY, ITEM_IN_FLIGHT, ITEM_WAITING, ITEM_BLOCKED } state;
    uint64_t sent_mono;
    char id[32]; /* behind d.message_id */
    struct lane *lane;
    /* told when the delivery is final or blocked; NULL: nobody asks */
    void (*settled)(struct lane_item *it, enum delivery_state state, const struct verdict *v);
    void *ctx;
};

enum lane_unsure { LANE_HOLD, LANE_RESEND };

struct lane_figures; /* below */

struct lane_conf {
    struct lane_figures *figures; /* counted there, so that they outlive the lane */
    const char *name;             /* "channel/integration/endpoint" */
    const struct config_endpoint *endpoint;
    bool keyed;
    unsigned in_flight; /* at most, with keys */
    unsigned retries;
    uint64_t max_age_ms;
    uint64_t backoff_first_ms;
    uint64_t backoff_max_ms;
    enum lane_unsure unsure;
};

struct lane_env {
    const struct conn_host *host;
    struct committer *committer;
    struct store *store;
    struct links *links;
    struct pool *pool;
    const struct random *random;
    const struct log *log;                      /* the channel's */
    const atomic_uint_fast64_t *config_version; /* that messages are taken under */
};

/* Live figures; every one is exact, the set is not one moment's. */
struct lane_figures {
    atomic_uint_fast64_t delivered, rejected, dead, retries, uncertain, waiting, in_flight;
    atomic_int_fast64_t oldest_at; /* of what waits in memory, ms; 0: nothing */
    atomic_int state;              /* enum lane_state */
};

enum lane_state { LANE_RUNNING, LANE_PAUSED, LANE_BACKOFF, LANE_BLOCKED, LANE_STOPPED };

const char *lane_state_name(enum lane_state s);

/* Opens the destination. conf and env are borrowed. RC_NOMEM or the connector's error. */
enum rc lane_new(const struct lane_conf *conf, const struct lane_env *env, struct lane **out,
                 struct err *e) ZS_CHECK;

/* Begin; has_backlog: the store holds open deliveries of this lane. */
void lane_start(struct lane *l, bool has_backlog);

/*
 * Finish what is in flight, send nothing more, then call stopped(ctx) once. What is in flight
 * after limit_ms is cut off and recorded as what it is.
 */
void lane_stop(struct lane *l, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx);

/* While it stops: limit_ms from now, not what lane_stop said. After stopped() it does nothing. */
void lane_hurry(struct lane *l, uint32_t limit_ms);

/* After stopped(). Nulls the pointer. */
void lane_free(struct lane **lp);

void lane_pause(struct lane *l, bool paused);

/*
 * Should this delivery's intake carry the mark? Counts it as on its way until lane_add (with
 * it->covered as answered) or lane_drop.
 */
bool lane_will_mark(struct lane *l);

/*
 * A committed delivery. Takes it->hold's reference. `it` is dropped (and its hold released) when
 * the window is full: the store has it.
 */
void lane_add(struct lane *l, struct lane_item *it);

/* The commit did not happen, or the delivery does not come this way; marked: as answered. */
void lane_drop(struct lane *l, bool marked);

/* What lane_item.key wants: a hash of the order key, 0 for an empty one. */
uint64_t lane_key(struct str key);

struct lane_figures *lane_figures(struct lane *l);
const char *lane_name(const struct lane *l);

#endif
