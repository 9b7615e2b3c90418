/*
 * The tail: what is committed and not yet indexed, decoded once and kept in memory, so that every
 * answer can include it, and the indexer writes from it.
 *
 *     journal ──────────────────────┬───────────────┬─────────►
 *                          indexed  ┘     decoded   ┘ committed
 *                             └─ blocks, immutable ─┘
 *
 * Decoding follows on demand: whoever needs the newest records (a reader, the indexer) decodes up
 * to the committed end. A block is never changed after it was made; readers hold references.
 *
 * Bounds: at most TAIL_RECORDS are kept decoded. A reader that needs more waits for the indexer.
 *
 * Thread  any but a loop's.
 * Locks   "store-follow": one decoder at a time. It is held while the journal is read, on purpose:
 *         it protects nothing but that reading. "store-tail": the state, a leaf.
 */
#ifndef ZS_STORE_JOURNAL_TAIL_H
#define ZS_STORE_JOURNAL_TAIL_H

#include "base/hash.h"
#include "base/map.h"
#include "store/journal/scan.h"

#define TAIL_RECORDS  100000
#define BLOCK_RECORDS 20000

/* What executions are counted by: an endpoint of an integration. Lives as long as the tail. */
struct way {
    struct str integration, endpoint;
    size_t slot; /* the indexer's: its place in the list under way, from 1 on */
};

/* A lane as this process knows it; lives as long as the tail. */
struct lane {
    struct str name;
    struct str channel; /* its first part; the others are the way */
    struct way *way;
    uint64_t hash; /* keyed, of the name: names it in day files */
    /* the indexer's: */
    int64_t id;     /* in state.db, 0: not there yet */
    int64_t change; /* of n_open in the transaction under way */
    bool fresh;     /* its id was given in it */
    bool touched;   /* it is on the list of those it concerns */
    struct lane *touched_next;
};

struct tail_delivery {
    struct lane *lane;
    enum delivery_state state;
    bool marked;
};

struct tail_msg {
    uint64_t seq;
    int64_t at_ms;
    struct place at;
    uint32_t length;     /* of the record */
    uint32_t body_bytes; /* of the message as received */
    enum intake_state state;
    struct str channel, type, peer, control_id;
    struct tail_delivery *delivery;
    size_t n_deliveries;
    uint64_t *term; /* keyed hashes; see terms.h */
    size_t n_terms;
};

struct tail_outcome {
    uint64_t msg_seq;
    struct lane *lane;
    enum delivery_state state;
    unsigned attempt;
    int64_t next_at;
    uint64_t seq; /* of its record */
    struct place at;
    uint32_t length;
};

struct tail_mark {
    struct lane *lane;
    uint64_t upto;
    uint64_t seq;
};

struct tail_act {
    uint64_t seq;
    int64_t at_ms;
    struct place at;
    uint32_t length;
};

/* An execution that began (state EXECUTING) or ended in this stretch. */
struct tail_exec {
    struct store_exec_row row; /* order_seq: of the record it stands in */
    struct way *way;
    struct place at;
    uint32_t length;
};

struct block {
    _Atomic unsigned refs;
    struct arena *arena; /* holds the block too */
    struct block *next;
    struct position from; /* covers what lies behind from.seq … */
    struct position to;   /* … up to to.seq */
    uint64_t n_records;
    struct tail_msg *msg; /* by sequence */
    size_t n_msgs;
    struct tail_outcome *outcome; /* by record, then as in the record */
    size_t n_outcomes;
    struct tail_mark *mark;
    size_t n_marks;
    struct tail_act *act;
    size_t n_acts;
    struct tail_exec *exec; /* by record, then as in the record */
    size_t n_execs;
};

struct tail {
    struct mutex follow;
    struct scan scan; /* Locks store-follow */
    struct strmap lanes;
    struct strmap ways; /* by both names with a NUL between them */
    struct arena *lane_arena;
    struct arena *scratch;
    struct hash_key key;
    struct store_host host;

    struct mutex lock;
    struct cond indexed_more;
    struct cond committed_more;
    struct block *first;
    struct block *last;
    struct position committed;
    struct position decoded;
    struct position indexed;
    uint64_t cut[8]; /* blocks end at these sequences; see index.c */
    size_t n_cuts;
    uint64_t wanted;   /* somebody waits for this sequence to be indexed */
    bool index_failed; /* the indexer cannot write at the moment */
    bool busy;         /* a day file is being made again, or a day summed up */
    bool closing;
};

/* The journal reaches to *committed, the index to *indexed. RC_NOMEM. */
enum rc tail_init(struct tail *t, struct segments *segments, size_t max_record,
                  const struct hash_key *key, const struct store_host *host,
                  const struct position *committed, struct err *e) ZS_CHECK;
void tail_done(struct tail *t);

/* Where the index stands; before anything else is called. cut: ascending. */
void tail_start(struct tail *t, const struct position *indexed, const uint64_t *cut, size_t n_cuts);

/* The writer's: the journal reaches further. */
void tail_committed(struct tail *t, const struct position *to);

/*
 * Decode what is committed. Where more than TAIL_RECORDS would be kept, wait for the indexer (wait)
 * or be content with those.
 * Returns  RC_IO (STORE-030, -035: the indexer is stuck), RC_NOMEM, RC_STATE (STORE-014: closing)
 */
enum rc tail_follow(struct tail *t, bool wait, struct err *e) ZS_CHECK;

/* The lane of that name, made if need be; NULL when there is no memory. Takes store-follow. */
struct lane *tail_lane(struct tail *t, struct str name);

/* The same, NULL when no record has named it. */
struct lane *tail_known_lane(struct tail *t, struct str name);

/* Everything decoded and not indexed, held until tail_release. */
struct view {
    struct block **block;
    size_t n;
    uint64_t indexed; /* sequence; everything up to it is in the databases */
    uint64_t decoded;
};

/* Follow and hold. The array is in a. */
enum rc tail_hold(struct tail *t, struct arena *a, struct view *out, struct err *e) ZS_CHECK;
void tail_release(struct view *v);

/* ---- the indexer's side ------------------------------------------------------------------- */

/*
 * Sleep until there is something to index, then for gather_ms to collect more of it unless somebody
 * waits or it is much already. busy: do not sleep at all. Returns whether there is something.
 */
bool tail_await(struct tail *t, uint64_t gather_ms, bool busy);

/* Sleep for ms, less when the store closes: false. */
bool tail_rest(struct tail *t, uint64_t ms);

/*
 * The oldest blocks, about BLOCK_RECORDS of records, not beyond a cut. They stay while the indexer
 * does not call tail_indexed: no references are taken.
 */
enum rc tail_batch(struct tail *t, struct arena *a, struct view *out, struct err *e) ZS_CHECK;

/*
 * Decode one block with another scan, for a file that is made again: not part of the tail. The
 * caller gives it up with block_unref.
 */
enum rc tail_decode(struct tail *t, struct scan *scan, const struct position *from,
                    const struct position *limit, struct block **out, struct err *e) ZS_CHECK;
void block_unref(struct block *b);

/* The index reaches to *to: blocks up to there are given up. */
void tail_indexed(struct tail *t, const struct position *to);
void tail_set_failed(struct tail *t, bool failed);
void tail_set_busy(struct tail *t, bool busy);

/* Wait until everything committed at the call is indexed, no file is being made again, no day
 * summed up. RC_IO (STORE-035), RC_STATE. */
enum rc tail_settle(struct tail *t, struct err *e) ZS_CHECK;

/* Wake everybody: the store closes. */
void tail_close(struct tail *t);
bool tail_is_closing(struct tail *t);

/* Records committed and not indexed. */
uint64_t tail_lag(struct tail *t);
/* Wait at most ms until no more than `most` are. false: they still are. */
bool tail_catch_up(struct tail *t, uint64_t most, uint64_t ms);
uint64_t tail_indexed_seq(struct tail *t);

/* How far the journal is committed. */
struct position tail_end(struct tail *t);

#endif
