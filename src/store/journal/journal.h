/*
 * The embedded backend: an append-only journal of hash-chained records is the truth, SQLite files
 * derived from it answer questions. Formats and crash arguments: docs/internals/journal.md.
 *
 *   store_append ─ encode, hash (caller) ─ queue ─ writer: pwritev + fdatasync ─ done
 *                                                     └ committed position ─ indexer ─ index/…
 *
 * Threads of its own: a writer (commits), an indexer (low priority; follows the writer) and a
 * helper that makes the next segment ready before it is needed.
 */
#ifndef ZS_STORE_JOURNAL_JOURNAL_H
#define ZS_STORE_JOURNAL_JOURNAL_H

#include "store/datadir.h"
#include "store/store.h"

struct journal_io;

/* 0 in a number means the default that stands behind it. */
struct journal_conf {
    struct datadir *dir;         /* borrowed, must outlive the store */
    uint64_t segment_bytes;      /* 256 MB; at least 64 KB; multiple of 4096 */
    uint64_t reserve_bytes;      /* 16 MB: what intakes may not use when no next segment stands */
    uint64_t min_free_bytes;     /* 64 MB: never allocate a segment below this free space */
    size_t record_bytes;         /* a quarter of a segment: the largest record */
    size_t queue_bytes;          /* 256 MB: encoded and not yet committed; over it: STORE-001 */
    uint64_t lag_records;        /* 1,000,000: so far behind, the indexer slows intake down */
    uint64_t retry_ms;           /* 1000: how often room is looked for when the disk is full */
    uint64_t gather_ms;          /* 100: the indexer waits so long for more to index at once */
    const struct journal_io *io; /* NULL: the real calls (io.h) */
};

/*
 * Open or create the journal and its index in conf->dir. An incomplete tail of the last segment is
 * cut, damage elsewhere goes to host->notice and the store opens without what it covers; index
 * files that are missing, damaged or not of this journal are rebuilt in the background.
 *
 * host     copied
 * Returns  RC_VALUE  conf out of range (STORE-015), a segment of a newer format (STORE-021) or of
 *                    another store (STORE-022)
 *          RC_PEER   the last segment cannot be read at all (STORE-032)
 *          RC_LIMIT  no room for the first segment (STORE-001)
 *          RC_IO (STORE-030), RC_NOMEM
 * Owner    of *out: the caller, until store_close.
 */
enum rc journal_open(const struct journal_conf *conf, const struct store_host *host,
                     struct store **out, struct err *e) ZS_CHECK;

#endif
