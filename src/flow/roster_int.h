/*
 * Slots and rosters from inside: what engine.c, change.c and roster.c share.
 *
 * A slot is a channel's place in the engine, from before its start until nobody reads its figures
 * any more. It is counted: rosters hold it, and so does a post that is under way to it.
 *
 *   slot_new ── slot_start ── (slot_pause) ── slot_retire ── retired(slot) ── last slot_unref
 */
#ifndef ZS_FLOW_ROSTER_INT_H
#define ZS_FLOW_ROSTER_INT_H

#include "flow/commit.h"
#include "flow/roster.h"

/* One loop's part of the engine, as far as its channels are concerned. */
struct slot_home {
    struct loop *loop;
    struct committer *committer;
    struct list live; /* slot; the loop's: started and not yet closed */
};

struct slot {
    atomic_uint refs;
    struct channel *channel;
    struct slot_home *home;
    const struct config_unit *unit; /* keeps what the channel reads */

    /* a pause that was asked for; survives the channel's replacement */
    struct loop_post pause_post;
    atomic_bool want_paused;
    atomic_bool pause_posted;

    /* the home's loop */
    struct list_node node; /* of home->live */
    struct loop_post post; /* start, drain, close and the answers to them, one at a time */
    struct commit_barrier barrier;
    void (*retired)(struct slot *s);
    bool *backlog; /* see channel_start; NULL: unknown */
    void *ctx;     /* of who has posted it */
};

/* Takes a reference of conf->unit. One reference is the caller's. RC_NOMEM. Thread any. */
enum rc slot_new(const struct config_channel *conf, const struct lane_env *env,
                 struct slot_home *home, struct slot **out, struct err *e) ZS_CHECK;
struct slot *slot_ref(struct slot *s);
void slot_unref(struct slot **s); /* Thread any */

/* Thread  the home's loop for these two. */
void slot_start(struct slot *s);

/*
 * Drain the channel, wait until all that it handed in is committed, close it; then retired(s) once,
 * with nothing of the channel on the stack.
 */
void slot_retire(struct slot *s, uint32_t limit_ms, void (*retired)(struct slot *s));

/* Bring the channel to want_paused within the loop's next iteration. Thread any. */
void slot_pause(struct slot *s);

struct roster {
    atomic_uint refs;
    size_t n, cap;
    struct slot **slots;
};

/* Room for cap slots. RC_NOMEM. */
enum rc roster_new(size_t cap, struct roster **out, struct err *e) ZS_CHECK;
struct roster *roster_ref(struct roster *r);
void roster_add(struct roster *r, struct slot *s); /* takes the reference */
void roster_sort(struct roster *r);                /* once, before anybody else sees it */
struct slot *roster_slot(const struct roster *r, struct str name); /* NULL: none */

#endif
