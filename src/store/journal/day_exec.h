/*
 * Executions in a day file. One belongs to the day file of the record that ended it (of its begin,
 * while that is all there is), as a message does: days cover ascending sequences.
 *
 *   way(id, integration, endpoint)             what rows and sums hang on
 *   exec_page(way, seq, n, failed, data)       rows of a way, packed: exec_page.h
 *   exec_sum(way, span, start, …)              sums of minutes, hours, the file: exec_span.h
 *   exec_group(way, error, n, first_at, last_at)  failures by text
 *   exec_at(seq, data)                         where the records stand
 *   exec_end(seq, end_seq)                     calls that ended in this file, by their begin
 *
 * Rows of one batch become pages of their own: a page is never written twice. At a trickle it holds
 * one row; under load a few hundred.
 *
 * Thread  as the day's handle.
 */
#ifndef ZS_STORE_JOURNAL_DAY_EXEC_H
#define ZS_STORE_JOURNAL_DAY_EXEC_H

#include "store/journal/day.h"
#include "store/journal/exec_page.h"
#include "store/journal/exec_span.h"

extern const char day_exec_schema[];

/* ---- writing: within the transaction of the day ------------------------------------------- */

/* Executions above the mark, ascending. */
enum rc day_exec_add(struct day *d, const struct tail_exec *const *x, size_t n, struct arena *a,
                     struct err *e) ZS_CHECK;

/* ---- reading ------------------------------------------------------------------------------ */

struct day_way {
    int64_t id;
    struct str integration, endpoint;
    struct exec_span total;
};

/* Ways with an execution that ended here; integration empty: all. Everything in a. */
enum rc day_ways(struct day *d, struct str integration, struct arena *a, struct day_way **out,
                 size_t *n, struct err *e) ZS_CHECK;

enum exec_step { EXEC_MINUTE = 60000, EXEC_HOUR = 3600000, EXEC_FILE = 0 };

/* The beginning of the minute or hour that at_ms lies in. */
int64_t exec_step_of(int64_t at_ms, enum exec_step step);

/* Sums of one way whose minute or hour begins in [from, to). The array in a. */
enum rc day_spans(struct day *d, int64_t way, enum exec_step step, int64_t from, int64_t to,
                  struct arena *a, struct exec_span **out, size_t *n, struct err *e) ZS_CHECK;

/* Failures by text. Everything in a. */
enum rc day_groups(struct day *d, int64_t way, struct arena *a, struct store_exec_group **out,
                   size_t *n, struct err *e) ZS_CHECK;

/* Walks the rows of one way downwards. */
struct day_rows {
    struct day *day;
    const struct day_way *way;
    bool failed; /* pages without a failure are passed over */
    struct exec_place below;
    struct arena *a;
    char *data; /* of the page; made, like the list, when a page is read first */
    struct store_exec_row *list;
    size_t left; /* rows of the page not handed out */
};

void day_rows_init(struct day_rows *w, struct day *d, const struct day_way *way, bool failed,
                   struct exec_place below, struct arena *a);
/* The next row downwards, good until the next call. RC_MISSING: no more (no error set). */
enum rc day_rows_next(struct day_rows *w, const struct store_exec_row **out,
                      struct err *e) ZS_CHECK;

/* Where the record with this sequence stands. RC_MISSING (no error set): it is not of an execution
 * of this file. */
enum rc day_exec_at(struct day *d, uint64_t seq, struct exec_at *out, struct err *e) ZS_CHECK;

/* What ended the call that began at seq, if that is in this file. RC_MISSING (no error set). */
enum rc day_exec_end(struct day *d, uint64_t seq, struct exec_at *out, struct err *e) ZS_CHECK;

#endif
