/*
 * Pages of executions in a day file. Two kinds:
 *
 * Rows of one way (an endpoint of an integration), ascending by place. The page's key is its first
 * row's place. After a varint with the number of rows, per row:
 *   varints: order_seq - the one before (first: 0), n, at - the one before (zigzag; first: itself),
 *   duration, at - duration - start (zigzag)
 *   a byte of flags: 1 a delivery, 2 failed, 4 / 8 / 16 status, error, channel as in the row before
 *   of a delivery: varints: order_seq - message, attempt; channel unless as before
 *   of a call: varint: order_seq - seq
 *   status, error unless as before
 *   a text is a varint with its length, and its bytes
 *
 * Where records of executions stand, ascending by sequence; the key is the first one's. Per record:
 *   varints: sequence - the one before (first: 0), segment - the one before (first: itself),
 *   offset / 8, length / 8 << 2 | kind
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_STORE_JOURNAL_EXEC_PAGE_H
#define ZS_STORE_JOURNAL_EXEC_PAGE_H

#include "store/exec.h"
#include "store/journal/segment.h"

#define EXEC_PAGE_BYTES 1900 /* so that a row stays inside its B-tree page */
#define EXEC_PAGE_ROWS  250

/* ---- rows --------------------------------------------------------------------------------- */

struct exec_page {
    struct exec_place first;
    size_t n_failed;
    size_t n;
    size_t used;
    unsigned char bytes[EXEC_PAGE_BYTES];
};

/* Fills pages with rows that ascend. */
struct exec_packer {
    struct exec_page page;
    struct store_exec_row last; /* borrows from the row that was added */
};

void exec_packer_init(struct exec_packer *k);

/*
 * Add a row that ended; texts are cut at 255 bytes, error at 400. *full is filled, and true
 * returned, when a page is done: the row stands in the next one then.
 */
bool exec_packer_add(struct exec_packer *k, const struct store_exec_row *row,
                     struct exec_page *full);

/* The last page; false: there is none. */
bool exec_packer_end(struct exec_packer *k, struct exec_page *last);

/* Stored form: the number of rows, then their bytes. */
#define EXEC_PAGE_STORED (EXEC_PAGE_BYTES + 10)
struct str exec_page_store(const struct exec_page *p, unsigned char out[EXEC_PAGE_STORED]);

/*
 * Rows of a stored page, ascending; texts borrow from stored. Names are left empty. list has room
 * for EXEC_PAGE_ROWS.
 * Returns  RC_PEER (STORE-036)
 */
enum rc exec_page_read(struct exec_place first, struct str stored, struct store_exec_row *list,
                       size_t *n, struct err *e) ZS_CHECK;

/* ---- places ------------------------------------------------------------------------------- */

enum exec_record { EXEC_RECORD_BEGIN = 0, EXEC_RECORD_END = 1, EXEC_RECORD_OUTCOMES = 2 };

struct exec_at {
    uint64_t seq;
    struct place at;
    uint32_t length;
    enum exec_record kind;
};

struct exec_at_page {
    uint64_t first;
    struct exec_at last;
    size_t used;
    unsigned char bytes[EXEC_PAGE_BYTES];
};

void exec_at_init(struct exec_at_page *p);

/* false: full; it is to be stored and emptied first. */
bool exec_at_add(struct exec_at_page *p, const struct exec_at *at);

/* The record with this sequence. RC_MISSING (no error set), RC_PEER (STORE-036). */
enum rc exec_at_find(uint64_t first, struct str stored, uint64_t seq, struct exec_at *out,
                     struct err *e) ZS_CHECK;

#endif
