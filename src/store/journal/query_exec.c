/* Executions: lists, one of them, what is still open. Tests: contract_test.c, journal_test.c */
#include "store/journal/query.h"

enum rc query_execs(struct reader *r, const struct store_exec_query *q, struct arena *a,
                    struct store_exec_row **rows, size_t *n, bool *more, struct err *e)
{
    (void)r, (void)q, (void)a, (void)rows, (void)n, (void)more;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc query_exec_read(struct reader *r, uint64_t seq, unsigned n, struct arena *a,
                        struct store_exec_full *out, struct err *e)
{
    (void)r, (void)seq, (void)n, (void)a, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}

enum rc query_exec_open(struct reader *r, uint64_t run_first, struct arena *a,
                        struct store_exec_row **rows, size_t *n, struct err *e)
{
    (void)r, (void)run_first, (void)a, (void)rows, (void)n;
    *rows = NULL;
    *n = 0;
    (void)e;
    return RC_OK;
}

enum rc query_exec_stats(struct reader *r, const struct store_exec_query *q, struct arena *a,
                         struct store_exec_stats *out, struct err *e)
{
    (void)r, (void)q, (void)a, (void)out;
    return err_set(e, RC_STATE, "TMP-001", "not yet");
}
