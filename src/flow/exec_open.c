/*
 * After a crash: calls that were begun and not ended. Tests: execute_test.c
 */
#include "flow/execute.h"

#include <semaphore.h>

#define AT_ONCE 1000

struct ending {
    struct store_batch batch;
    sem_t done;
};

/* Writer's thread. */
static void written(struct store_batch *b)
{
    struct ending *en = b->ctx;
    sem_post(&en->done);
}

static struct store_exec_end end_of(const struct store_exec_row *row)
{
    return (struct store_exec_end){ .seq = row->seq,
                                    .integration = row->integration,
                                    .endpoint = row->endpoint,
                                    .state = EXEC_FAILED,
                                    .start_ms = row->start_ms,
                                    .error = STR("outcome unknown"),
                                    .result = STR("{\"response\":null,\"attempts\":[]}") };
}

static enum rc first_failure(const struct store_op *ops, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (ops[i].rc != RC_OK)
            return err_set(e, ops[i].rc, ops[i].error ? ops[i].error : "FLOW-001",
                           "calls that a crash left open could not be ended");
    return RC_OK;
}

static enum rc end_some(struct store *s, struct arena *a, const struct store_exec_row *rows,
                        size_t n, struct err *e)
{
    struct store_exec_end *ends = arena_make(a, struct store_exec_end, n);
    struct store_op *ops = arena_make(a, struct store_op, n);
    if (!ends || !ops)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory to end what a crash left open");
    for (size_t i = 0; i < n; i++) {
        ends[i] = end_of(&rows[i]);
        ops[i] = (struct store_op){ .kind = STORE_EXEC_END, .exec_end = &ends[i] };
        ops[i].next = i + 1 < n ? &ops[i + 1] : NULL;
    }
    struct ending en = { .batch = { .first = ops, .n = n, .done = written, .ctx = &en } };
    ZS_ASSERT(sem_init(&en.done, 0, 0) == 0);
    store_append(s, &en.batch);
    while (sem_wait(&en.done) != 0)
        ; /* interrupted by a signal: wait on */
    sem_destroy(&en.done);
    return first_failure(ops, n, e);
}

enum rc flow_end_open(struct store *s, struct arena *a, const struct store_exec_row *rows, size_t n,
                      struct err *e)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i += AT_ONCE) {
        struct arena_mark mark = arena_mark(a);
        rc = end_some(s, a, rows + i, size_min(AT_ONCE, n - i), e);
        arena_rewind(a, mark);
    }
    return rc;
}
