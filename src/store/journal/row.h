/*
 * A message's row in a day file: what its columns do not hold, packed.
 *
 *   varints: segment, offset/8, length/8, body bytes, intake state, number of deliveries
 *   per delivery: lane hash (8 bytes, little-endian), state (1 byte)
 *   varint: number of events; per event, oldest first: sequence - message's, segment - message's,
 *   offset/8, length/8
 *
 * Thread  any; no shared state.
 */
#ifndef ZS_STORE_JOURNAL_ROW_H
#define ZS_STORE_JOURNAL_ROW_H

#include "base/buf.h"
#include "store/journal/fold.h"

struct row_delivery {
    uint64_t lane_hash;
    enum delivery_state state;
};

struct row_event {
    uint64_t seq;
    struct place at;
    uint32_t length;
};

struct row {
    uint64_t seq;
    int64_t at_ms;
    unsigned states; /* rules.h */
    struct str channel, type, peer, control_id;
    struct place at;
    uint32_t length;
    uint32_t body_bytes;
    enum intake_state state;
    struct row_delivery *delivery;
    size_t n_deliveries;
    struct row_event *event;
    size_t n_events;
};

/* The packed part, appended to b. */
void row_pack(struct buf *b, const struct row *r);

/* Reads it into r, whose seq is set. Arrays in a. RC_PEER (STORE-036), RC_NOMEM. */
enum rc row_unpack(struct str in, struct arena *a, struct row *r, struct err *e) ZS_CHECK;

/* A row of a message in the tail. Arrays in a; texts are borrowed. RC_NOMEM. */
enum rc row_of_msg(const struct fold_msg *m, struct arena *a, struct row *r,
                   struct err *e) ZS_CHECK;

/*
 * Apply what happened since to a row read earlier: states, and events it does not have yet. Doing
 * it twice changes nothing more. RC_NOMEM.
 */
enum rc row_apply(struct row *r, const struct fold_msg *late, struct arena *a,
                  struct err *e) ZS_CHECK;

unsigned row_states(const struct row *r);

#endif
