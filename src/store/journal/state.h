/*
 * index/state.db: what is open, lane by lane, and what belongs to no day.
 *
 *   open(lane, seq, …)            deliveries not final when their batch was indexed
 *   lane(id, name, n_open)        lane_mark(lane, seq, upto): send marks that still matter
 *   act(seq, …)                   audit records
 *   day(number, first_seq, …)     the day files and where in the journal each begins
 *   call, exec_total …            executions: state_exec.h
 *   mark(…)                       how far this file is true; counts; the safe position
 *
 * Marks: one hides another that is older and reaches no further. At most STATE_MARKS are kept for
 * what was written before this start, and for what was written since; beyond that the two oldest
 * become one that covers both: too wide perhaps, never too narrow.
 *
 * Thread  one at a time per handle.
 */
#ifndef ZS_STORE_JOURNAL_STATE_H
#define ZS_STORE_JOURNAL_STATE_H

#include "store/db.h"
#include "store/journal/fold.h"

#define STATE_MARKS 16

struct state_mark {
    struct position pos;
    struct position safe; /* everything up to here is durable in every file of the index */
    uint64_t n_messages;
    uint64_t n_refused;
    uint64_t owner; /* a hash that only this store's key gives */
};

struct state_day {
    int64_t number;
    struct position before; /* the journal just before its first message or execution */
    uint64_t first_seq;
    bool whole;  /* its file is; else it is being made again */
    bool summed; /* its totals of executions are in state.db */
};

enum { STATE_STATEMENTS = 22, STATE_EXEC_STATEMENTS = 9 };

struct state {
    struct db db;
    struct stmt stmt[STATE_STATEMENTS];
    struct stmt exec[STATE_EXEC_STATEMENTS]; /* prepared when first used */
    struct state_mark mark;
    struct lane *touched; /* by the transaction under way */
};

/* RC_IO (STORE-036: damaged or of another format), RC_NOMEM; RC_MISSING with state_open_read. */
enum rc state_open(struct state *s, const char *path, struct err *e) ZS_CHECK;
enum rc state_open_read(struct state *s, const char *path, struct err *e) ZS_CHECK;
void state_close(struct state *s);

/* ---- writing: the indexer's --------------------------------------------------------------- */

enum rc state_begin(struct state *s, struct err *e) ZS_CHECK;
void state_rollback(struct state *s);

/* Where a message stands, for deliveries that are opened again; length 0: not known. */
struct state_place {
    struct place at;
    uint32_t length;
    int64_t at_ms;
};

/* Deliveries of a message of this batch that are still open. */
enum rc state_add_msg(struct state *s, const struct fold_msg *m, struct err *e) ZS_CHECK;

/* Later outcomes: what became final goes, what did not stays or comes back. */
enum rc state_apply(struct state *s, const struct fold_msg *late, const struct state_place *at,
                    struct err *e) ZS_CHECK;
enum rc state_add_mark(struct state *s, const struct tail_mark *m, uint64_t run_first,
                       struct err *e) ZS_CHECK;
enum rc state_add_act(struct state *s, const struct tail_act *act, struct err *e) ZS_CHECK;
enum rc state_add_day(struct state *s, const struct state_day *day, struct err *e) ZS_CHECK;
enum rc state_set_whole(struct state *s, int64_t number, bool whole, struct err *e) ZS_CHECK;
enum rc state_commit(struct state *s, const struct state_mark *mark, struct err *e) ZS_CHECK;

/* Give every lane of the database to fn. */
enum rc state_lanes(struct state *s,
                    enum rc (*fn)(void *ctx, int64_t id, struct str name, uint64_t n_open,
                                  struct err *e),
                    void *ctx, struct err *e) ZS_CHECK;

/* Days, ascending; the array in a. */
enum rc state_days(struct state *s, struct arena *a, struct state_day **out, size_t *n,
                   struct err *e) ZS_CHECK;

/* ---- reading ------------------------------------------------------------------------------ */

/* The mark as the transaction sees it. */
enum rc state_read_mark(struct state *s, struct err *e) ZS_CHECK;

/* The id of a lane. RC_MISSING (no error set). */
enum rc state_lane_id(struct state *s, struct str name, int64_t *id, struct err *e) ZS_CHECK;

struct open_row {
    uint64_t seq;
    enum delivery_state state;
    unsigned attempts;
    int64_t next_at;
    bool marked;
    uint64_t outcome_seq;
    struct state_place place;
};

/* The first open delivery of the lane above `after`. RC_MISSING (no error set). */
enum rc state_open_after(struct state *s, int64_t lane, uint64_t after, struct open_row *out,
                         struct err *e) ZS_CHECK;
enum rc state_open_one(struct state *s, int64_t lane, uint64_t seq, struct open_row *out,
                       struct err *e) ZS_CHECK;

/* Marks of a lane in records before `before`; at most cap. */
enum rc state_marks(struct state *s, int64_t lane, uint64_t before, struct tail_mark *out,
                    size_t cap, size_t *n, struct err *e) ZS_CHECK;

/* The newest act below. RC_MISSING (no error set). */
enum rc state_act_below(struct state *s, uint64_t below, struct tail_act *out,
                        struct err *e) ZS_CHECK;

#endif
