/*
 * Reading the journal in order, over damage: what the indexer, the recovery and the proof share.
 *
 * A scan stands at a place and hands out one item after the other: a record whose checksum holds,
 * or a gap it had to step over to find the next one. It does not look at hashes or links.
 *
 * The indexer trusts what this very process wrote a moment ago (trust_from): reading a record for
 * an answer checks it again.
 *
 * A record found behind a gap must be followed by the journal's end or by a record that carries its
 * link, so that bytes inside a damaged message are not taken for a record.
 *
 * Thread  one at a time.
 */
#ifndef ZS_STORE_JOURNAL_SCAN_H
#define ZS_STORE_JOURNAL_SCAN_H

#include "store/journal/segment.h"

enum scan_what { SCAN_RECORD, SCAN_GAP, SCAN_END };

struct scan_item {
    enum scan_what what;
    struct place at;
    struct record_head head; /* SCAN_RECORD */
    struct str bytes;        /* SCAN_RECORD: the whole record; borrowed until the next call */
    struct place to;         /* SCAN_GAP: where reading goes on */
    uint64_t after_seq;      /* SCAN_GAP: the last sequence before it, 0: unknown */
    bool missing;            /* SCAN_GAP: whole segments are not there */
};

struct scan {
    struct segments *segments;
    size_t max_record;
    int fd; /* of the segment, -1: none open */
    uint64_t size;
    struct position pos; /* the next item; seq 0: unknown */
    bool closed;         /* the last record closed its segment */
    uint64_t trust_from; /* from this sequence on checksums are not looked at; 0: all are */
    char *buf;
    size_t cap;
    uint64_t buf_at;
    size_t buf_n;
    struct sha256 *sha;
};

/* max_record: of the journal. RC_NOMEM. */
enum rc scan_init(struct scan *s, struct segments *segments, size_t max_record,
                  struct err *e) ZS_CHECK;
void scan_done(struct scan *s);

/* Go on from here. pos->seq 0: any sequence is right. */
void scan_seek(struct scan *s, const struct position *pos);

/*
 * The next item before `limit`. limit NULL: to the end of what is there; else everything before it
 * is known to be committed, so what cannot be read is a gap.
 * Returns  RC_IO (STORE-030), RC_NOMEM
 */
enum rc scan_next(struct scan *s, const struct place *limit, struct scan_item *out,
                  struct err *e) ZS_CHECK;

/* ---- steps of it, for the recovery of one open segment ------------------------------------- */

/* Stand in a segment, opened. RC_MISSING, RC_IO. */
enum rc scan_enter(struct scan *s, uint64_t number, struct err *e) ZS_CHECK;

/* Is there a whole record at `offset`? RC_OK, or RC_MISSING (nothing good there, no error set). */
enum rc scan_at(struct scan *s, uint64_t offset, uint64_t end, struct scan_item *out,
                struct err *e) ZS_CHECK;

/* The first whole record at or behind `offset`, with a sequence of min_seq or more. */
enum rc scan_find(struct scan *s, uint64_t offset, uint64_t end, uint64_t min_seq,
                  struct scan_item *out, struct err *e) ZS_CHECK;

#endif
