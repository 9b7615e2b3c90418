/*
 * The appending half that backends share: encode on the caller's thread, queue for the writer.
 *
 *   any thread  front_append ── encode each op ── queue ──┐
 *   writer      front_take ◄──────────────────────────────┘ … seal, commit … front_answer
 *
 * The queue is bounded by bytes: what needs intake space (front_needs_space) and would exceed it is
 * not encoded and will be answered RC_LIMIT by the writer; other kinds always go in (they are
 * small, and there is at most a window of them per lane).
 *
 * The end of an execution always goes in: its result is left out where a record cannot hold it
 * (front_append) or where the store is full (front_cut_result).
 *
 * Thread  as each function says.
 * Locks   "store-front" taken inside.
 */
#ifndef ZS_STORE_FRONT_H
#define ZS_STORE_FRONT_H

#include "base/thread.h"
#include "store/record.h"

/* Ranks of the store's mutexes; those of a backend lie above. None is held across a call out. */
enum { STORE_RANK_FRONT = 500 };

#define FRONT_HASHERS 8

struct front {
    struct mutex lock;
    struct cond filled;   /* for the writer */
    struct cond answered; /* for front_wait */
    struct store_batch *first;
    struct store_batch *last;
    size_t max_record;
    size_t max_queue;
    size_t queued_bytes; /* encoded and not yet answered */
    uint64_t n_appended; /* batches, ever */
    uint64_t n_answered;
    bool closing;
    bool poked;
    struct sha256 *idle[FRONT_HASHERS]; /* hashers nobody uses now */
    size_t n_idle;
};

void front_init(struct front *f, size_t max_record, size_t max_queue);
void front_done(struct front *f);

/* Thread any. After front_close it asserts. */
void front_append(struct front *f, struct store_batch *b);

/* Is it refused where only the reserve is left? */
static inline bool front_needs_space(const struct store_op *op)
{
    return op->kind == STORE_INTAKE || op->kind == STORE_EXEC;
}

/* What the writer commits for op; NULL when it was refused. */
static inline struct record *front_record(const struct store_op *op)
{
    return op->rc == RC_OK ? op->encoded : NULL;
}

static inline void front_refuse(struct store_op *op, enum rc rc, const char *id)
{
    op->rc = rc;
    op->error = id;
}

/*
 * Everything that waits, in order; NULL when woken by front_poke, after wait_ms (0: never waits for
 * ever, UINT64_MAX: for ever), or for good once closed (*closed). Thread writer.
 */
struct store_batch *front_take(struct front *f, uint64_t wait_ms, bool *closed);

/* Encode the end of an execution anew without its result, if it has one. Without memory it stays as
 * it is. Thread writer. */
void front_cut_result(struct front *f, struct store_op *op);

/* Free what was encoded and call done. Thread writer. */
void front_answer(struct front *f, struct store_batch *b);

/* Let front_take return. Thread any. */
void front_poke(struct front *f);

/* Take no more; front_take returns what waits and then says closed. Thread any. */
void front_close(struct front *f);

/* Wait until every batch appended before the call is answered. Thread any but the writer. */
void front_wait(struct front *f);

#endif
