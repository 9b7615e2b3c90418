/*
 * Executions as one question sees them: the files of the days, and what of the tail is in none of
 * them yet. A record belongs to the day that covers its sequence; it is in that day's file when the
 * file's mark, as this question's snapshot shows it, has reached it.
 *
 * Snapshots are taken after the tail is held. If one of them shows more than the tail reaches, what
 * was committed in between could be missed: then the question is asked again (RC_AGAIN).
 *
 * Thread  of the question.
 */
#ifndef ZS_STORE_JOURNAL_EXEC_VIEW_H
#define ZS_STORE_JOURNAL_EXEC_VIEW_H

#include "store/journal/reader.h"
#include "store/journal/state_exec.h"

struct exec_view {
    struct reader *r;
    struct state_day *day; /* ascending; `summed` as the snapshot of state.db shows it */
    size_t n_days;
    const struct tail_exec **tail; /* everything in the tail, ascending */
    size_t n_tail;
};

/* Everything in the reader's scratch. RC_AGAIN (no error set), RC_IO, RC_NOMEM. */
enum rc exec_view_init(struct exec_view *v, struct reader *r, struct err *e) ZS_CHECK;

/* How many turns there are to see all days; at least one, which may be of no day at all. */
static inline size_t exec_view_turns(const struct exec_view *v)
{
    return v->n_days ? v->n_days : 1;
}

/*
 * Does all of day i end before the day with this number? What ends on a day is never in the file of
 * an earlier one; but the newest one's part of the tail may yet begin a later one.
 */
static inline bool exec_view_ends_before(const struct exec_view *v, size_t i, int64_t number)
{
    return v->day[i].number < number && i + 1 < v->n_days;
}

/* One day: its file, and its part of the tail that is not in the file. */
struct exec_day {
    const struct state_day *info; /* NULL: there are no days yet */
    struct day *file;             /* NULL: not there */
    bool broken;                  /* what the file should hold cannot be seen now */
    uint64_t mark;                /* the tail counts above it */
    size_t from, to;              /* in view->tail, from the first above mark */
};

/* Day i; turn 0 is the oldest. RC_AGAIN (no error set), RC_IO, RC_NOMEM. */
enum rc exec_view_day(struct exec_view *v, size_t i, struct exec_day *out, struct err *e) ZS_CHECK;

/* Calls that have not ended, ascending by sequence. In the reader's scratch. */
enum rc exec_view_open(struct exec_view *v, struct state_call **out, size_t *n,
                       struct err *e) ZS_CHECK;

#endif
