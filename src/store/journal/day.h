/*
 * A day file, index/YYYY-MM-DD.db: the messages taken on that day, their search terms, what
 * happened to them. A message belongs to the later of its own day (UTC) and the day of the one
 * before it, so that days cover ascending sequences whatever the clock does.
 *
 *   msg(seq, at, states, channel, type, peer, control_id, rest)      rest: row.h
 *   term(run, term, seq, data)                                       pages of postings: terms.h
 *   run(id, first, last, n)                                          sequences, number of postings
 *   mark(…)                                                          how far this file is true
 *   and the tables of executions                                     day_exec.h
 *
 * The mark is written in the transaction that makes it true. Applying a stretch of the journal
 * again changes nothing: rows up to the mark are passed over, later outcomes are set, not added.
 *
 * Thread  one at a time per handle; several handles on one file are fine (WAL).
 */
#ifndef ZS_STORE_JOURNAL_DAY_H
#define ZS_STORE_JOURNAL_DAY_H

#include "store/db.h"
#include "store/journal/row.h"
#include "store/journal/terms.h"

#define DAY_NAME 11 /* "2023-11-14" and NUL */

int64_t day_number(int64_t at_ms); /* days since 1970 */
void day_name(int64_t number, char out[DAY_NAME]);

struct day_mark {
    struct position pos;
    uint64_t first_seq; /* 0: no message yet */
    int64_t at_min;
    int64_t at_max;
    int64_t back_ms; /* at most so far did the time of a message lie behind one before it */
};

enum { DAY_STATEMENTS = 15, DAY_EXEC_STATEMENTS = 17 };

struct day {
    struct db db;
    struct stmt stmt[DAY_STATEMENTS];
    struct stmt exec[DAY_EXEC_STATEMENTS]; /* prepared when first used */
    int64_t number;
    struct day_mark mark;      /* as the transaction under way leaves it */
    struct day_mark committed; /* as it was before */
};

/*
 * Open index/<day>.db for writing, made when missing.
 * path     of the index directory
 * Returns  RC_IO (STORE-036; damaged, or another format), RC_NOMEM
 */
enum rc day_open(struct day *d, const char *path, int64_t number, struct err *e) ZS_CHECK;

/* For reading. RC_MISSING: there is none. */
enum rc day_open_read(struct day *d, const char *path, int64_t number, struct err *e) ZS_CHECK;
void day_close(struct day *d);

/* ---- writing: the indexer's --------------------------------------------------------------- */

enum rc day_begin(struct day *d, struct err *e) ZS_CHECK;
void day_rollback(struct day *d);

/* Insert rows of messages (in order, above the mark) and their terms as one run. */
enum rc day_add(struct day *d, const struct fold_msg *m, size_t n, struct arena *a,
                struct err *e) ZS_CHECK;

/* Apply late outcomes to a row; *found tells whether it is there, *r is the row then. */
enum rc day_apply(struct day *d, const struct fold_msg *late, struct arena *a, struct row *r,
                  bool *found, struct err *e) ZS_CHECK;

/* Commit; the file is true up to *pos. */
enum rc day_commit(struct day *d, const struct position *pos, struct err *e) ZS_CHECK;

/* Merge the newest runs into one when there are eight of about a size; its own transaction. */
enum rc day_merge(struct day *d, struct arena *a, struct err *e) ZS_CHECK;

/* ---- reading ------------------------------------------------------------------------------ */

/* Begin a read transaction, unless one is under way, and read the mark in it. */
enum rc day_read(struct day *d, struct err *e) ZS_CHECK;

/* A row by sequence; texts and arrays in a. RC_MISSING (no error set). */
enum rc day_row(struct day *d, uint64_t seq, struct arena *a, struct row *out,
                struct err *e) ZS_CHECK;

/* The highest sequence below `below` that has a row. RC_MISSING (no error set). */
enum rc day_below(struct day *d, uint64_t below, uint64_t *seq, struct err *e) ZS_CHECK;

/* The same of the rows with exactly this set of states. */
enum rc day_below_with(struct day *d, unsigned states, uint64_t below, uint64_t *seq,
                       struct err *e) ZS_CHECK;

/* The next set of states above `after` that some row has (only delivered is left out). */
enum rc day_next_states(struct day *d, unsigned after, unsigned *states, struct err *e) ZS_CHECK;

/*
 * The lowest sequence from which on every row was taken at or after at_ms (where from the past
 * skew of the clock is allowed for); UINT64_MAX: none.
 */
enum rc day_seek_time(struct day *d, int64_t at_ms, uint64_t *seq, struct err *e) ZS_CHECK;

/* Walks the postings of one term downwards. */
struct day_walk {
    struct day *day;
    uint64_t term;
    uint64_t below;
    uint64_t run_first; /* of the run stood in, UINT64_MAX: none yet */
    int64_t run;
    bool in_run;
    struct posting *list;
    size_t left; /* postings of the page not handed out */
};

/* buf has room for PAGE_POSTINGS. */
void day_walk_init(struct day_walk *w, struct day *d, uint64_t term, uint64_t below,
                   struct posting *buf);
/* The next sequence downwards. RC_MISSING: no more (no error set). */
enum rc day_walk_next(struct day_walk *w, uint64_t *seq, struct err *e) ZS_CHECK;

#endif
