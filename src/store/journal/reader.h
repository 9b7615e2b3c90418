/*
 * What a question needs to be answered: connections to the index's files and descriptors of
 * segments, kept from question to question in a small pool. A question takes one reader, holds the
 * tail, asks, and gives it back.
 *
 * Thread  any but a loop's; a reader is one question's at a time. Who finds none waits.
 * Locks   "store-readers", a leaf.
 */
#ifndef ZS_STORE_JOURNAL_READER_H
#define ZS_STORE_JOURNAL_READER_H

#include "store/journal/index.h"

#define READERS         4
#define READER_DAYS     4
#define READER_SEGMENTS 8

struct reader {
    struct index *index;
    struct segments *segments;
    size_t max_record;
    bool busy;
    uint64_t epoch;
    uint64_t uses;
    struct state state;
    bool state_open;
    struct {
        struct day day;
        bool open;
        uint64_t used;
    } day[READER_DAYS];
    struct {
        uint64_t number;
        int fd; /* -1: none */
        uint64_t used;
    } segment[READER_SEGMENTS];
    struct sha256 *sha;
    struct posting *postings; /* PAGE_POSTINGS */
    struct arena *scratch;    /* emptied with every question */
    struct view view;         /* held for the question */
};

struct readers {
    struct mutex lock;
    struct cond free;
    struct reader reader[READERS];
};

enum rc readers_init(struct readers *p, struct index *index, struct segments *segments,
                     size_t max_record, struct err *e) ZS_CHECK;
void readers_done(struct readers *p);

/* Take a reader and hold the tail. On failure nothing is held. */
enum rc reader_take(struct readers *p, struct reader **out, struct err *e) ZS_CHECK;
void reader_give(struct readers *p, struct reader *r);

/* state.db in a read transaction, its mark read. Once per question. */
enum rc reader_state(struct reader *r, struct err *e) ZS_CHECK;

/* A day's file in a read transaction. RC_MISSING (no error set): it is not there at the moment. */
enum rc reader_day(struct reader *r, int64_t number, struct day **out, struct err *e) ZS_CHECK;

/*
 * The record at a place, in a, whole and its checksum right.
 * Returns  RC_PEER (STORE-012), RC_IO, RC_NOMEM
 */
enum rc reader_record(struct reader *r, struct place at, uint32_t length, uint64_t seq,
                      struct arena *a, struct record_head *head, struct str *bytes,
                      struct err *e) ZS_CHECK;

/*
 * Where the intake of a message stands.
 * Returns  RC_MISSING (STORE-011), RC_IO, RC_NOMEM
 */
enum rc reader_locate(struct reader *r, uint64_t seq, struct place *at, uint32_t *length,
                      struct err *e) ZS_CHECK;

/* A message of the tail; NULL: it is not there. */
const struct tail_msg *reader_tail_msg(const struct reader *r, uint64_t seq);

/* The intake of a message, read, decoded, and its hashes checked. As store_read. */
enum rc reader_message(struct reader *r, uint64_t seq, const struct state_place *known,
                       struct arena *a, struct store_message *out, struct err *e) ZS_CHECK;

#endif
