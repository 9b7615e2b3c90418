/*
 * The lane from inside: what lane.c, lane_fate.c and lane_refill.c share. Thread  the lane's loop.
 */
#ifndef ZS_FLOW_LANE_INT_H
#define ZS_FLOW_LANE_INT_H

#include "flow/lane.h"

#define LANE_REPLY_LIMIT ((size_t)4 * 1024 * 1024)
#define LANE_REPLY_KEPT  65536

struct lane {
    const struct lane_conf *conf;
    struct lane_env env;
    struct log log;
    struct link *link;
    struct link_watch watch; /* of the integration's pause */
    bool watching;           /* or a last call of the watch is on its way */
    struct conn_dest dest;
    enum lane_state phase; /* RUNNING, PAUSED or STOPPED; the rest is derived */
    bool dest_open, dest_drained;

    struct list window; /* lane_item, in commit order */
    size_t window_bytes;
    unsigned in_flight;
    size_t expected; /* intakes being committed that will come by lane_add or _drop */
    size_t expected_unmarked;
    uint64_t last_in_window; /* the newest sequence the window has ever held */
    uint64_t last_committed; /* the newest sequence committed for this lane */
    bool spilled;            /* the store holds deliveries the window does not */
    bool troubled;           /* the last attempt did not go well: no marks ahead */
    bool pumping, pump_again;

    bool marking;
    struct store_mark mark;
    struct commit_op mark_op;

    bool refilling;
    struct pool_work refill;
    struct arena *refill_arena;
    struct store_waiting *refill_rows;
    size_t refill_n;
    uint64_t refill_after, refill_target;
    enum rc refill_rc;
    struct err refill_err;

    struct loop_timer timer;        /* next due attempt, or the rate limit's next token */
    struct loop_timer refill_timer; /* on: a refill failed, the next one waits for it */
    struct loop_timer stop_timer;
    void (*stopped)(void *ctx);
    void *stopped_ctx;

    struct lane_figures *figures; /* conf->figures */
};

/* lane.c */
void lane_pump(struct lane *l);
void lane_publish(struct lane *l);
void lane_enter_window(struct lane *l, struct lane_item *it);
void lane_leave_window(struct lane *l, struct lane_item *it);
void lane_try_stopped(struct lane *l);
int64_t lane_now_ms(const struct lane *l); /* monotonic */

/* lane_fate.c */
void lane_attempt_done(struct delivery *d, const struct verdict *v);
bool lane_too_old(const struct lane *l, const struct lane_item *it);
void lane_give_up(struct lane *l, struct lane_item *it);
/* A delivery whose outcome an earlier process did not learn, policy hold: say so and block. */
void lane_block_unknown(struct lane *l, struct lane_item *it);
void lane_request_mark(struct lane *l, const struct lane_item *want);
/* An orderly stop: what a mark covers and was not sent is no unknown outcome for the next start. */
void lane_uncover(struct lane *l, struct lane_item *it);

/* lane_refill.c */
void lane_refill(struct lane *l);

#endif
