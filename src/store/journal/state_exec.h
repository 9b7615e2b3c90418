/*
 * Executions in state.db: what belongs to no day, and what is left of days when many are asked for.
 *
 *   call(seq, …)                       calls through the API that have not ended
 *   exec_total(integration, day, endpoint, …)     sums of a whole day file: exec_span.h
 *   exec_total_group(integration, day, error, …)  its failures by text
 *   day.summed                         both are there for this day
 *
 * Totals are written once, when a day file gets no more executions and is known durable
 * (index_sum.c); they never change then.
 *
 * Thread  as the handle of state.db.
 */
#ifndef ZS_STORE_JOURNAL_STATE_EXEC_H
#define ZS_STORE_JOURNAL_STATE_EXEC_H

#include "store/journal/day_exec.h"
#include "store/journal/state.h"

extern const char state_exec_schema[];

/* ---- writing: within a transaction -------------------------------------------------------- */

enum rc state_add_call(struct state *s, const struct tail_exec *x, struct err *e) ZS_CHECK;
enum rc state_drop_call(struct state *s, uint64_t seq, struct err *e) ZS_CHECK;

/* The sums of one way in one day file. */
enum rc state_add_total(struct state *s, int64_t day, const struct day_way *way,
                        struct err *e) ZS_CHECK;
/* Failures of an integration; what is there of the same text is added to. */
enum rc state_add_group(struct state *s, int64_t day, struct str integration,
                        const struct store_exec_group *group, struct err *e) ZS_CHECK;
enum rc state_set_summed(struct state *s, int64_t day, struct err *e) ZS_CHECK;

/* ---- reading ------------------------------------------------------------------------------ */

struct state_call {
    struct store_exec_row row; /* state EXECUTING */
    struct place at;
    uint32_t length;
};

/* All of them, ascending. Everything in a. */
enum rc state_calls(struct state *s, struct arena *a, struct state_call **out, size_t *n,
                    struct err *e) ZS_CHECK;

/* RC_MISSING (no error set): it has ended, or never began. */
enum rc state_call_one(struct state *s, uint64_t seq, struct arena *a, struct state_call *out,
                       struct err *e) ZS_CHECK;

struct state_total {
    int64_t day;
    struct str endpoint;
    struct exec_span span;
};

/* Totals of an integration from a day on, by day. Everything in a. */
enum rc state_totals(struct state *s, struct str integration, int64_t from_day, struct arena *a,
                     struct state_total **out, size_t *n, struct err *e) ZS_CHECK;

struct state_group {
    int64_t day;
    struct store_exec_group group;
};
enum rc state_groups(struct state *s, struct str integration, int64_t from_day, struct arena *a,
                     struct state_group **out, size_t *n, struct err *e) ZS_CHECK;

#endif
