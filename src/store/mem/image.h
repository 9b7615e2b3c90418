/*
 * What the in-memory backend keeps: every record as bytes, and per message what its deliveries are
 * in now. Thread: the caller holds the image's lock for every function here.
 */
#ifndef ZS_STORE_MEM_IMAGE_H
#define ZS_STORE_MEM_IMAGE_H

#include "base/thread.h"
#include "store/mem/mem.h"
#include "store/record.h"

enum { MEM_RANK = 510 };

struct mem_delivery {
    struct str lane;
    enum delivery_state state;
    unsigned attempts;
    int64_t next_at;
    bool marked;
    uint64_t outcome_seq; /* of the newest outcome, 0: none */
};

struct mem_message {
    uint64_t seq;
    struct mem_delivery *delivery; /* in the image's arena, like everything it points to */
    size_t n_deliveries;
    size_t cap_deliveries;
    uint64_t *outcome; /* sequences of the records that hold its outcomes */
    size_t n_outcomes;
    size_t cap_outcomes;
};

struct mem_mark {
    struct str lane;
    uint64_t upto;
    uint64_t seq;
};

struct mem_record {
    struct str bytes;
    struct record_head head;
    unsigned char link[RECORD_LINK];
    struct mem_message *message; /* of an intake */
    uint64_t end_seq;            /* of the begin of an execution: what ended it, 0: nothing yet */
};

struct mem_image {
    struct mutex lock;
    struct arena *arena;
    struct arena *scratch;
    struct sha256 *sha;
    char id[9];
    unsigned char link[RECORD_LINK];
    struct mem_record *record; /* of sequence i + 1 */
    size_t n;
    size_t cap;
    size_t bytes;
    struct mem_mark *mark;
    size_t n_marks;
    size_t cap_marks;
    uint64_t n_messages;
    uint64_t n_refused;
};

/* Seal, keep and apply. RC_NOMEM: nothing of it is kept. */
enum rc image_add(struct mem_image *m, struct record *r, int64_t at_ms, uint16_t flags,
                  struct err *e) ZS_CHECK;

/* NULL: no such message. */
struct mem_message *image_message(const struct mem_image *m, uint64_t seq);

unsigned image_states(const struct mem_image *m, const struct mem_message *msg);

/* Covered by something written before the sequence `start`; see store.h. */
bool image_unknown(const struct mem_image *m, const struct mem_message *msg,
                   const struct mem_delivery *d, uint64_t start);

#endif
