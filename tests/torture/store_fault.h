/*
 * The four file calls of the journal over a model of the page cache and of a disk that tears.
 *
 * Writes reach the real file at once, as reads see them, and are remembered in pieces with what
 * stood there before. A sync forgets the pieces of its file: they are durable. At the chosen call
 * the power goes: from then on every call fails, and fault_resolve gives each remembered piece, by
 * lot, its new or its old contents. That is what a machine may find after a power cut: any subset
 * of what was not synced, in pieces of a sector or a page, in any order.
 *
 * No real sync is done, so hundreds of seeds take seconds.
 *
 * Thread  any: the writer's and the helper's calls are counted together.
 */
#ifndef ZS_TESTS_STORE_FAULT_H
#define ZS_TESTS_STORE_FAULT_H

#include "base/random.h"
#include "base/thread.h"
#include "store/journal/io.h"

enum fault_call { FAULT_WRITE, FAULT_SYNC, FAULT_ALLOCATE, FAULT_RENAME, FAULT_CALLS };

struct fault_piece;

struct fault {
    struct journal_io io; /* first; hand this in */
    struct mutex lock;
    struct random_fake random;
    int dir_fd;      /* of the journal */
    size_t piece;    /* 512 or 4096 */
    uint64_t calls;  /* so far */
    uint64_t cut_at; /* the call at which power goes, 0: never */
    bool cut;
    /* fail the n-th call of a kind with an errno, once (0: do not) */
    uint64_t fail_at[FAULT_CALLS];
    int fail_with;
    uint64_t seen[FAULT_CALLS];
    bool no_room;   /* every allocation says ENOSPC */
    bool late_sync; /* wrong on purpose: a sync answers before it is done */
    struct fault_piece *newest;
    size_t n_pieces;
};

void fault_init(struct fault *f, uint64_t seed);

/* The journal's directory; the descriptor is duplicated, for fault_resolve comes after closing. */
void fault_dir(struct fault *f, int dir_fd);
void fault_done(struct fault *f);

/* After the store is closed: decide what the disk holds. Forgets all pieces. */
void fault_resolve(struct fault *f);

/* Instead: only the process died. What was not synced is still on its way to the disk. */
void fault_go_on(struct fault *f);

#endif
