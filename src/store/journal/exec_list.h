/*
 * Listing executions over a view; shared with the figures, which name the newest failures.
 * Thread  the view's.
 */
#ifndef ZS_STORE_JOURNAL_EXEC_LIST_H
#define ZS_STORE_JOURNAL_EXEC_LIST_H

#include "store/journal/exec_view.h"
#include "store/journal/query.h"

/* As store_execs; q is checked. */
enum rc exec_list(struct exec_view *v, const struct store_exec_query *q, struct arena *a,
                  struct store_exec_row **rows, size_t *n, bool *more, struct err *e) ZS_CHECK;

#endif
