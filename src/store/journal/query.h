/*
 * The answers: one function per question of the contract (store.h), over a reader.
 * Thread  any but a loop's.
 */
#ifndef ZS_STORE_JOURNAL_QUERY_H
#define ZS_STORE_JOURNAL_QUERY_H

#include "store/journal/reader.h"

enum rc query_read(struct reader *r, uint64_t seq, struct arena *a, struct store_message *out,
                   struct err *e) ZS_CHECK;
enum rc query_events(struct reader *r, uint64_t seq, struct arena *a, struct store_event **out,
                     size_t *n, struct err *e) ZS_CHECK;
enum rc query_acts(struct reader *r, uint64_t before, size_t limit, struct arena *a,
                   struct store_audit **out, size_t *n, struct err *e) ZS_CHECK;
enum rc query_search(struct reader *r, const struct store_query *q, struct arena *a,
                     struct store_row **rows, size_t *n, bool *more, struct err *e) ZS_CHECK;
enum rc query_lanes(struct reader *r, struct arena *a, struct store_lane **out, size_t *n,
                    struct err *e) ZS_CHECK;

/* RC_AGAIN (no error set): the files ran ahead of the tail that is held; ask again. */
enum rc query_execs(struct reader *r, const struct store_exec_query *q, struct arena *a,
                    struct store_exec_row **rows, size_t *n, bool *more, struct err *e) ZS_CHECK;
enum rc query_exec_read(struct reader *r, uint64_t seq, unsigned n, struct arena *a,
                        struct store_exec_full *out, struct err *e) ZS_CHECK;
enum rc query_exec_open(struct reader *r, uint64_t run_first, struct arena *a,
                        struct store_exec_row **rows, size_t *n, struct err *e) ZS_CHECK;
/* q: integration, since and until only. */
enum rc query_exec_stats(struct reader *r, const struct store_exec_query *q, struct arena *a,
                         struct store_exec_stats *out, struct err *e) ZS_CHECK;

struct query_window {
    struct str lane;
    uint64_t after;
    size_t max;
    size_t max_bytes;
    uint64_t run_first;
};

enum rc query_window(struct reader *r, const struct query_window *q, struct arena *a,
                     struct store_waiting **out, size_t *n, struct err *e) ZS_CHECK;

#endif
