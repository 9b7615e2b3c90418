/*
 * The next segment, made ready before it is needed by a thread of its own: allocated at once, so
 * that a full disk is known before a message is taken, then written with zeros while there is time,
 * because a commit into an extent that was only allocated has to change the file system's tables.
 * The zeros go past the page cache where that is possible: they cost the disk, not the processor.
 *
 *   NONE ── request ── MAKING ── READY ── claim ── NONE
 *                        └ FULL ── again after retry_ms
 *
 * Thread  any; Locks "store-spare", a leaf.
 */
#ifndef ZS_STORE_JOURNAL_SPARE_H
#define ZS_STORE_JOURNAL_SPARE_H

#include "store/journal/io.h"
#include "store/journal/segment.h"

enum spare_state { SPARE_NONE, SPARE_MAKING, SPARE_READY, SPARE_FULL };

struct spare {
    const struct journal_io *io;
    int dir_fd;
    uint64_t size;     /* wanted */
    uint64_t min_size; /* taken when the disk has no more */
    uint64_t keep_free;
    uint64_t retry_ms;
    void (*changed)(void *ctx); /* FULL or no longer; helper's thread, no lock held */
    void *ctx;

    struct mutex lock;
    struct cond wake; /* the helper */
    struct cond done; /* who waits for it */
    enum spare_state state;
    uint64_t number;
    uint64_t made_size;
    uint64_t zeroed; /* so far */
    int fd;
    int zero_fd; /* the same file, past the page cache; -1: this file system has no such thing */
    int error;   /* errno of the last failure */
    bool may_zero;
    bool busy; /* a piece is being zeroed */
    bool closing;
    struct thread thread;
};

/* The members above the lock are the caller's to fill in before. */
enum rc spare_start(struct spare *s, struct err *e) ZS_CHECK;

/* Stops the helper; a prepared file stays for the next start. */
void spare_stop(struct spare *s);

/* A prepared segment that was found at start. Takes fd. */
void spare_adopt(struct spare *s, uint64_t number, int fd, uint64_t size);

/* Make segment `number`. Only after the first commit of the one before it is synced. */
void spare_request(struct spare *s, uint64_t number);

/* It will be needed soon: write zeros. */
void spare_warm(struct spare *s);

enum spare_state spare_look(struct spare *s);

/* The same, once it is known: waits while the first try is under way. */
enum spare_state spare_decide(struct spare *s);

/*
 * Take it. Waits while it is being made.
 * Returns  RC_LIMIT (STORE-001) the disk is full, or none was requested
 * Owner    of *fd: the caller
 */
enum rc spare_claim(struct spare *s, uint64_t *number, int *fd, uint64_t *size,
                    struct err *e) ZS_CHECK;

#endif
