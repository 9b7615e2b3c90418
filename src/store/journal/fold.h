/*
 * What a stretch of the tail amounts to: its messages with the states their deliveries are in at
 * its end, and, for messages before it, what happened to their deliveries since. Both the indexer
 * and the readers see the tail through this.
 *
 * Thread  any; no shared state. Everything lives in the arena handed in, and borrows from the
 * blocks.
 */
#ifndef ZS_STORE_JOURNAL_FOLD_H
#define ZS_STORE_JOURNAL_FOLD_H

#include "store/journal/tail.h"

struct fold_delivery {
    struct lane *lane;
    enum delivery_state state;
    unsigned attempts;
    int64_t next_at;
    bool marked;
    bool anew;            /* it was final in between: attempts count from there */
    uint64_t outcome_seq; /* record of the newest outcome, 0: none */
};

/* One record that holds outcomes of the message. */
struct fold_event {
    uint64_t seq;
    struct place at;
    uint32_t length;
    struct fold_event *next; /* the older one */
};

struct fold_msg {
    const struct tail_msg *msg; /* NULL: a message before this stretch */
    uint64_t seq;
    struct fold_delivery *delivery; /* of a message before: those that had an outcome here */
    size_t n_deliveries;
    size_t cap;
    struct fold_event *event; /* newest first */
};

struct fold {
    struct fold_msg *msg; /* of this stretch, by sequence */
    size_t n_msgs;
    struct fold_msg *late; /* before it, by sequence */
    size_t n_late;
};

/*
 * Fold blocks, in order. lane: only what concerns it (NULL: everything); then messages without a
 * delivery there are left out. from: outcomes in records up to this sequence are passed over, and
 * messages up to it count as before.
 * Returns  RC_NOMEM
 */
enum rc fold_blocks(struct block *const *block, size_t n, const struct lane *lane, uint64_t from,
                    struct arena *a, struct fold *out, struct err *e) ZS_CHECK;

/* By sequence; NULL: not there. */
struct fold_msg *fold_find(struct fold_msg *list, size_t n, uint64_t seq);
struct fold_delivery *fold_delivery_of(const struct fold_msg *m, const struct lane *lane);

unsigned fold_states(const struct fold_msg *m);

#endif
