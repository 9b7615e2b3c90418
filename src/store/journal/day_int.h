/* Shared by the files of the day file only. */
#ifndef ZS_STORE_JOURNAL_DAY_INT_H
#define ZS_STORE_JOURNAL_DAY_INT_H

#include "store/journal/day.h"

enum day_statement {
    DAY_INSERT,
    DAY_UPDATE,
    DAY_ROW,
    DAY_BELOW,
    DAY_BELOW_WITH,
    DAY_NEXT_STATES,
    DAY_FROM,
    DAY_LAST,
    DAY_ADD_RUN,
    DAY_ADD_PAGE,
    DAY_RUN_BELOW,
    DAY_PAGE_BELOW,
    DAY_RUNS,
    DAY_SET_MARK,
    DAY_GET_MARK
};

/* Of executions; their texts are in day_exec_read.c. */
enum day_exec_statement {
    DAY_WAY_ID,
    DAY_WAY_ADD,
    DAY_EXEC_ADD_PAGE,
    DAY_EXEC_ADD_SUM,
    DAY_EXEC_SET_GROUP,
    DAY_EXEC_ADD_GROUP,
    DAY_EXEC_COUNT_GROUPS,
    DAY_EXEC_ADD_AT,
    DAY_EXEC_ADD_END,
    DAY_WAYS,
    DAY_WAYS_OF,
    DAY_SPANS,
    DAY_GROUPS,
    DAY_PAGE,
    DAY_FAILED_PAGE,
    DAY_EXEC_AT,
    DAY_EXEC_END
};

enum rc day_exec_stmt(struct day *d, enum day_exec_statement which, struct stmt **out,
                      struct err *e) ZS_CHECK;

enum rc day_new_run(struct day *d, uint64_t first, uint64_t last, uint64_t n, int64_t *run,
                    struct err *e) ZS_CHECK;
enum rc day_new_page(struct day *d, int64_t run, const struct page *page, struct err *e) ZS_CHECK;

#endif
