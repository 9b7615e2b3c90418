/*
 * Segments: the files of the journal, their names, their first block, the list of them.
 *
 *   journal/0000000000000001.zj   SEGMENT_HEAD bytes: number, first sequence, link before …
 *                                 then records, each at a multiple of 8, then zeros to the end
 *
 * A prepared segment is all zeros; its first block is written together with its first commit.
 *
 * Thread  struct segments: any, its mutex is taken inside (Locks "store-segments", a leaf); the
 *         rest has no shared state.
 */
#ifndef ZS_STORE_JOURNAL_SEGMENT_H
#define ZS_STORE_JOURNAL_SEGMENT_H

#include "base/thread.h"
#include "store/record.h"

#define SEGMENT_HEAD   4096
#define SEGMENT_FORMAT 1

/* Ranks of the journal's mutexes; see front.h for the front's. */
enum {
    JOURNAL_RANK_READERS = 515,
    JOURNAL_RANK_FOLLOW = 520,
    JOURNAL_RANK_INDEX = 525,
    JOURNAL_RANK_STATE = 530,
    JOURNAL_RANK_SEGMENTS = 540,
    JOURNAL_RANK_SPARE = 550
};

struct segment_head {
    char store_id[9];
    unsigned format;
    uint64_t number;
    uint64_t first_seq;
    int64_t created_at;
    unsigned char prev[RECORD_LINK]; /* link of the record before first_seq */
};

void segment_head_write(const struct segment_head *h, unsigned char block[SEGMENT_HEAD]);

/*
 * Returns  RC_MISSING  all zeros: a prepared segment (no error set)
 *          RC_VALUE    (STORE-021) newer format
 *          RC_PEER     (STORE-012) not a segment's first block, or damaged
 */
enum rc segment_head_read(struct str block, struct segment_head *out, struct err *e) ZS_CHECK;

#define SEGMENT_NAME 20 /* 16 hex digits, ".zj", NUL */

void segment_name(uint64_t number, char out[SEGMENT_NAME]);
bool segment_number(const char *name, uint64_t *number);

/* Where a record starts, or the next one will. */
struct place {
    uint64_t segment;
    uint64_t offset;
};

static inline int place_cmp(struct place a, struct place b)
{
    if (a.segment != b.segment)
        return a.segment < b.segment ? -1 : 1;
    return a.offset < b.offset ? -1 : a.offset > b.offset;
}

/* What is known of the journal up to a place: the last sequence before it, and that record's link.
 */
struct position {
    struct place at;
    uint64_t seq;
    uint64_t link; /* its first 8 bytes, 0 where nobody asked */
};

static inline uint64_t position_link(const unsigned char link[RECORD_LINK])
{
    uint64_t v;
    memcpy(&v, link, sizeof v);
    return v;
}

struct segment {
    uint64_t number;
    uint64_t first_seq; /* 0: not known: prepared, or its first block is damaged */
    uint64_t size;
    bool prepared; /* only the last can be: all zeros in its first block, waiting for use */
};

struct segments {
    struct mutex lock;
    int dir_fd;
    struct segment *list; /* by number; gaps in the numbers are possible after damage */
    size_t n;
    size_t cap;
};

/*
 * List the directory and read every first block. Damaged ones are kept with first_seq 0 and
 * reported through bad (may be NULL).
 * Returns  RC_VALUE (STORE-021 newer format; STORE-022 another store's), RC_IO, RC_NOMEM
 */
enum rc segments_load(struct segments *s, int dir_fd, const char *store_id,
                      void (*bad)(void *ctx, uint64_t number, const struct err *e), void *ctx,
                      struct err *e) ZS_CHECK;
void segments_done(struct segments *s);

/* Add a segment that is begun, behind the last; RC_NOMEM. */
enum rc segments_add(struct segments *s, const struct segment *seg, struct err *e) ZS_CHECK;

/* Take the prepared one off the end; false: there is none. */
bool segments_take_prepared(struct segments *s, struct segment *out);

/* The segment that holds seq (the last one whose first_seq is not above it); false: none. */
bool segments_of_seq(struct segments *s, uint64_t seq, struct segment *out);

/* The first segment in use with a number >= number; false: none. */
bool segments_from(struct segments *s, uint64_t number, struct segment *out);
size_t segments_count(struct segments *s); /* in use */

/* Open for reading; the caller closes. RC_MISSING (STORE-037), RC_IO (STORE-030). */
enum rc segment_open(int dir_fd, uint64_t number, int flags, int *fd, struct err *e) ZS_CHECK;

/* Exactly n bytes at `at`, fewer only at the end of the file. RC_IO (STORE-030). */
enum rc segment_read(int fd, uint64_t at, void *p, size_t n, size_t *got, struct err *e) ZS_CHECK;

#endif
