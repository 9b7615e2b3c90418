/*
 * The data directory: one engine's place on disk, held by one process.
 *
 *   DATA/            0700
 *     lock           flock'ed while an engine runs; its text is the holder's process id
 *     identity       format version, the store's id, the key of the search terms (0600)
 *     journal/       the truth (journal/journal.h)
 *     index/         derived from the journal, may be deleted while no engine runs
 *     config.db      configuration, keys, settings (confdb.h)
 *
 * A directory whose identity names a newer format than this program knows is refused before
 * anything in it is touched. Files are 0600. Nothing here names a patient or a message.
 *
 * Thread  any; immutable after opening.
 */
#ifndef ZS_STORE_DATADIR_H
#define ZS_STORE_DATADIR_H

#include "base/err.h"
#include "base/str.h"

#define DATADIR_FORMAT 1

struct datadir;

struct datadir_identity {
    unsigned format;
    char store_id[9];           /* 8 lower-case hex digits, terminated */
    unsigned char term_key[16]; /* SipHash key of the search terms */
};

/*
 * Create what is missing, take the lock, read the identity.
 *
 * path     terminated; relative paths are resolved now
 * Returns  RC_STATE  another process holds the lock (STORE-020; its id is in the text)
 *          RC_VALUE  newer format (STORE-021), or the identity is not one of ours (STORE-022)
 *          RC_IO     (STORE-023), RC_NOMEM
 * Owner    of *out: the caller, until datadir_close, which must come after closing every store
 *          and database in it.
 */
enum rc datadir_open(const char *path, struct datadir **out, struct err *e) ZS_CHECK;

/*
 * Read an existing directory without lock and without changing anything, for offline proofs.
 * RC_MISSING (STORE-024) when there is no data directory.
 */
enum rc datadir_peek(const char *path, struct datadir **out, struct err *e) ZS_CHECK;

/* Gives the lock back and nulls the pointer; NULL inside is fine. */
void datadir_close(struct datadir **d);

const struct datadir_identity *datadir_identity(const struct datadir *d);

/* Directory descriptors, open as long as d is: for openat and friends. */
int datadir_fd(const struct datadir *d);
int datadir_journal_fd(const struct datadir *d);
int datadir_index_fd(const struct datadir *d);

/* Absolute, terminated, without a final slash; lives as long as d. For SQLite, which takes names.
 */
const char *datadir_path(const struct datadir *d);

/* True where the files lie in memory only (tmpfs, ramfs): a bench or a guarantee on it is void. */
bool datadir_is_volatile(const struct datadir *d);

#endif
