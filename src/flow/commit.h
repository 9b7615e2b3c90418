/*
 * Committer: gathers what one loop wants committed and hands it to the store once an iteration.
 *
 *   committer_add ─┐
 *   committer_out ─┼─ hook at the end of the iteration ── store_append ── writer ── post ── done
 *   committer_mark ┘
 *
 * An iteration's records are one batch, or several where they are large. Any number of batches may
 * be under way; their dones come in order. Outcomes gathered in one iteration become one record, in
 * front of the others. What is handed to committer_out is copied; an op handed to committer_add
 * stays the caller's and must live until its done.
 *
 * Thread  loop.
 */
#ifndef ZS_FLOW_COMMIT_H
#define ZS_FLOW_COMMIT_H

#include "base/list.h"
#include "net/loop.h"
#include "store/store.h"

struct committer;

struct commit_op {
    struct store_op op;                /* kind and its pointer set by the caller */
    void (*done)(struct commit_op *c); /* on the loop, op.rc, op.seq and op.at_ms are set */
};

/* RC_NOMEM. Borrows loop and store. */
enum rc committer_new(struct loop *l, struct store *s, struct committer **out,
                      struct err *e) ZS_CHECK;

/* Nothing may be under way (asserted): see committer_when_idle. Nulls the pointer. */
void committer_free(struct committer **cp);

void committer_add(struct committer *c, struct commit_op *op);

/*
 * One outcome, copied. RC_NOMEM: not taken; the caller must keep the delivery open and try again
 * later, nothing is lost by that.
 */
enum rc committer_out(struct committer *c, const struct store_outcome *o, struct err *e) ZS_CHECK;

/* Who waits until what was handed in so far is committed. Embedded in what it is about. */
struct commit_barrier {
    struct list_node node; /* the committer's */
    uint64_t upto;
    void (*fn)(struct commit_barrier *b);
};

/*
 * Call b->fn once, when everything handed in before has had its answer from the store: what is
 * read from there then shows it. From within the call when nothing is under way. An op's done may
 * come first or not; nothing else of the committer may be done with b meanwhile.
 */
void committer_after(struct committer *c, struct commit_barrier *b);

/* Records handed in whose done has not run yet, and outcomes likewise. */
size_t committer_pending(const struct committer *c);

/* Called once when committer_pending() comes down to 0; NULL clears. For an orderly stop. */
void committer_when_idle(struct committer *c, void (*fn)(void *ctx), void *ctx);

#endif
