/*
 * The writer: one thread that commits for all. It takes everything that waits, seals it (sequence,
 * time, chain), writes it with one call, syncs once, publishes the new end and answers. The sync
 * itself gathers the next group; there is no timer.
 *
 * A segment changes between commits only:
 *   claim the prepared one ── closing checkpoint into the old, synced ── first block and first
 *   commit into the new, one write, one sync ── have the next one prepared
 *
 * A failed write or sync is final: whatever waits is answered RC_IO, host->fatal is called once,
 * and nothing is ever written again.
 *
 * Thread  the writer's, but where it says otherwise.
 */
#ifndef ZS_STORE_JOURNAL_WRITER_H
#define ZS_STORE_JOURNAL_WRITER_H

#include "store/front.h"
#include "store/journal/recover.h"
#include "store/journal/spare.h"

struct writer_stats {
    _Atomic uint64_t last_seq;
    _Atomic uint64_t commits;
    _Atomic uint64_t syncs;
    _Atomic uint64_t bytes;
    _Atomic uint64_t sync_ns_max;
    _Atomic uint64_t n_messages; /* this run */
    _Atomic uint64_t n_refused;
    _Atomic bool full;
};

struct writer {
    /* given */
    struct front *front;
    struct segments *segments;
    struct spare *spare;
    const struct journal_io *io;
    struct store_host host;
    char store_id[9];
    uint64_t reserve; /* bytes that intakes leave when there is no next segment */
    size_t max_batch;
    /* The journal reaches to *pos now. Before the answers. */
    void (*committed)(void *ctx, const struct position *pos);
    /* May messages be taken? May wait a moment. */
    bool (*may_take)(void *ctx);
    void *ctx;

    /* the writer's own */
    struct position pos;
    unsigned char link[RECORD_LINK];
    int fd;
    uint64_t size;
    uint64_t first_seq; /* of the segment */
    uint64_t n_records;
    uint64_t n_messages;
    bool begun;  /* the segment has its first block on disk */
    bool warmed; /* the next one was told to write its zeros */
    bool failed;
    bool started;
    uint64_t unproven; /* records since the last checkpoint */
    struct sha256 *sha;
    struct iovec *iov;
    int n_iov;
    uint64_t write_at;
    unsigned char *head;  /* SEGMENT_HEAD bytes */
    unsigned char *zeros; /* a page of them */

    struct writer_stats stats; /* Thread any */
    struct thread thread;
};

/*
 * Stand where recovery says: open the segment, or claim one when the journal is empty or the last
 * is closed. Thread: the opener's, before writer_start.
 * Returns  RC_LIMIT (STORE-001), RC_IO (STORE-030), RC_NOMEM
 */
enum rc writer_init(struct writer *w, const struct recovered *from, struct err *e) ZS_CHECK;
enum rc writer_start(struct writer *w, struct err *e) ZS_CHECK;

/*
 * After front_close: answers what waits, writes a checkpoint, ends. *left is where the journal ends
 * when that is sure and the last record is a checkpoint; else left->fresh. Thread: the closer's.
 */
void writer_stop(struct writer *w, struct recovered *left);

#endif
