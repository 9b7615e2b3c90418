/*
 * What every backend must answer alike about executions: how a record becomes a row, what a query
 * lets through, how figures add up. Pure functions, but for struct exec_figures, which collects in
 * an arena.
 *
 * Thread  any; a struct exec_figures one at a time.
 */
#ifndef ZS_STORE_EXEC_H
#define ZS_STORE_EXEC_H

#include "base/map.h"
#include "store/store.h"

/* ---- rows --------------------------------------------------------------------------------- */

/* A lane's name in its three parts. What has fewer slashes has an empty endpoint, integration. */
struct exec_lane {
    struct str channel, integration, endpoint;
};
struct exec_lane exec_split_lane(struct str lane);

/* Rows borrow their texts from what they are made of. seq is the record's. */
void exec_of_outcome(uint64_t seq, unsigned n, int64_t at_ms, const struct store_outcome *o,
                     struct store_exec_row *out);
void exec_of_begin(uint64_t seq, int64_t at_ms, const struct store_exec *x,
                   struct store_exec_row *out);
void exec_of_end(uint64_t seq, int64_t at_ms, const struct store_exec_end *x,
                 struct store_exec_row *out);

/* Copy what the row borrows into a. RC_NOMEM (STORE-003); the row is not to be used then. */
enum rc exec_keep(struct store_exec_row *row, struct arena *a, struct err *e) ZS_CHECK;

/* ---- queries ------------------------------------------------------------------------------ */

/* RC_VALUE (STORE-013): limit, state, or an endpoint without an integration. */
enum rc exec_query_check(const struct store_exec_query *q, struct err *e) ZS_CHECK;

/* Where a row stands in lists; compared as one number after the other. */
struct exec_place {
    uint64_t seq;
    unsigned n;
};

static inline bool exec_place_below(struct exec_place a, struct exec_place b)
{
    return a.seq < b.seq || (a.seq == b.seq && a.n < b.n);
}

static inline struct exec_place exec_place_of(const struct store_exec_row *row)
{
    return (struct exec_place){ row->order_seq, row->n };
}

/* Everything a query returns lies below this. */
struct exec_place exec_query_below(const struct store_exec_query *q);

bool exec_names_match(const struct store_exec_query *q, struct str integration,
                      struct str endpoint);

/* All of q but its cursor. */
bool exec_row_matches(const struct store_exec_query *q, const struct store_exec_row *row);

/* ---- figures ------------------------------------------------------------------------------ */

/* Count one that ended. */
void exec_sum_add(struct store_exec_sum *s, const struct store_exec_row *row);

/* Add the figures of others. */
void exec_sum_merge(struct store_exec_sum *s, const struct store_exec_sum *from);

#define EXEC_ERRORS 100 /* the newest failures that stats name */

struct exec_figures {
    struct arena *a; /* everything, also what is answered */
    struct store_exec_sum total;
    struct strmap parts;  /* endpoint to struct store_exec_part */
    struct strmap groups; /* text to struct store_exec_group */
    struct store_exec_group others;
};

void exec_figures_init(struct exec_figures *f, struct arena *a);

/* The following copy what they keep. RC_NOMEM (STORE-003). */
enum rc exec_figures_row(struct exec_figures *f, const struct store_exec_row *row,
                         struct err *e) ZS_CHECK;
enum rc exec_figures_sum(struct exec_figures *f, struct str endpoint,
                         const struct store_exec_sum *sum, struct err *e) ZS_CHECK;
enum rc exec_figures_group(struct exec_figures *f, const struct store_exec_group *group,
                           struct err *e) ZS_CHECK;

/* Total, parts and groups in order; errors are left as they are in *out. */
enum rc exec_figures_done(struct exec_figures *f, struct store_exec_stats *out,
                          struct err *e) ZS_CHECK;

#endif
