/*
 * The indexer: one low-priority thread that follows the journal and keeps the files under index/
 * true: state.db, and a file for every day (day.h).
 *
 * Every file carries its own mark in the transaction that makes it true, and applying a stretch of
 * the journal again changes nothing. So after any stop the indexer goes on from the lowest mark of
 * those that matter, and a file that is missing or damaged is made again from the journal:
 *   state.db    missing: everything is made again, from the first segment
 *   a day file  missing: made again beside the work that goes on, from where its day begins
 *
 * Files are written without syncing until a checkpoint; what a power cut takes is found by the
 * marks, except that outcomes written into files of days past leave no mark. Therefore state.db
 * remembers the last position up to which all files are known durable ("safe"), and a start goes
 * back that far.
 *
 * Thread  the indexer's, but where it says otherwise.
 */
#ifndef ZS_STORE_JOURNAL_INDEX_H
#define ZS_STORE_JOURNAL_INDEX_H

#include "store/journal/day.h"
#include "store/journal/state.h"

#define INDEX_DAYS_OPEN 3 /* the current one, and two a late outcome went to */

/* A day file that is made again. */
struct repair {
    bool on;
    int64_t number;
    uint64_t first_seq;  /* sequences of its messages: from here … */
    uint64_t end_seq;    /* … to below this */
    struct position pos; /* done up to here */
    struct day day;
    struct scan scan;
};

struct day_slot {
    struct day day;
    bool open;
    bool begun; /* in the transaction of the batch under way */
    bool dirty; /* written since the last checkpoint */
    uint64_t used;
};

struct index {
    /* given */
    struct tail *tail;
    struct segments *segments;
    size_t max_record;
    const char *path; /* of the index directory */
    int dir_fd;
    struct store_host host;
    uint64_t run_first; /* the first sequence of this run */
    uint64_t gather_ms;

    /* the indexer's own */
    struct state state;
    struct day_slot slot[INDEX_DAYS_OPEN];
    uint64_t uses;
    struct repair repair;
    struct arena *arena;
    struct arena *day_arena; /* holds days */
    struct position safe;
    uint64_t since_checkpoint; /* records */
    bool failing;

    /* shared with readers */
    struct mutex lock;
    struct state_day *days; /* ascending */
    size_t n_days;
    size_t cap_days;
    _Atomic uint64_t epoch; /* rises when a day file is replaced by a new one */
    _Atomic uint64_t n_messages;
    _Atomic uint64_t n_refused;
    _Atomic uint64_t run_messages; /* of them, taken in this run */
    _Atomic uint64_t run_refused;

    struct thread thread;
    bool started;
};

/*
 * Open or make state.db, judge what is there, tell the tail where to start.
 * Thread: the opener's. RC_IO, RC_NOMEM.
 */
enum rc index_init(struct index *x, struct err *e) ZS_CHECK;
enum rc index_start(struct index *x, struct err *e) ZS_CHECK;

/* After tail_close: indexes what is left if it can, makes it durable, ends. Thread: the closer's.
 */
void index_stop(struct index *x);

/* The days there are, oldest first, in a. RC_NOMEM. Thread any. */
enum rc index_days(struct index *x, struct arena *a, struct state_day **out, size_t *n,
                   struct err *e) ZS_CHECK;

/* The day a message belongs to; false: it lies before the first. Thread any. */
bool index_day_of(struct index *x, uint64_t seq, struct state_day *out);

#endif
