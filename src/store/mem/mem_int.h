/* Shared by the files of the in-memory backend only. */
#ifndef ZS_STORE_MEM_INT_H
#define ZS_STORE_MEM_INT_H

#include "store/front.h"
#include "store/mem/image.h"

struct mem_store {
    struct store store; /* first */
    struct store_host host;
    struct mem_image *image;
    struct mem_image *own; /* NULL: the image is the caller's */
    size_t max_bytes;
    uint64_t start; /* the first sequence of this run */
    uint64_t commits;
    struct front front;
    struct thread writer;
};

static inline struct mem_store *mem_self(struct store *s)
{
    return ZS_CONTAINER(s, struct mem_store, store);
}

enum rc mem_no_memory(struct err *e);

/* mem_exec.c: the contract's functions of executions, by going through all records. */
enum rc mem_execs(struct store *st, const struct store_exec_query *q, struct arena *a,
                  struct store_exec_row **rows, size_t *n, bool *more, struct err *e) ZS_CHECK;
enum rc mem_exec_read(struct store *st, uint64_t seq, unsigned n, struct arena *a,
                      struct store_exec_full *out, struct err *e) ZS_CHECK;
enum rc mem_exec_open(struct store *st, struct arena *a, struct store_exec_row **rows, size_t *n,
                      struct err *e) ZS_CHECK;
enum rc mem_exec_stats(struct store *st, struct str integration, int64_t since, int64_t until,
                       struct arena *a, struct store_exec_stats *out, struct err *e) ZS_CHECK;

#endif
