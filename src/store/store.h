/*
 * The store: where every message, every delivery's fate and every operator's act is kept.
 *
 * This is the contract; a backend (journal/, mem/) implements struct store_ops and passes
 * store/contract_test.c. Callers use the store_… functions only.
 *
 * Truth is a sequence of records, each committed and synced before anybody is told. Everything
 * that can be asked for here is derived from that sequence.
 *
 *   store_append(batch) ── encoded on the caller's thread ── queue ── writer: one write, one sync
 *        └───────────────── batch->done(batch) on the writer's thread, once, in append order ─┘
 *
 * Guarantees every backend gives
 *   - After a crash a prefix of the appended sequence is there, or all of it; nothing whose `done`
 *     reported RC_OK is ever missing.
 *   - Sequence numbers rise by one per record, in commit order, and are never used twice.
 *   - A record read back is what was appended, byte for byte, or an error that says it is damaged.
 *   - An outcome, mark, act or end of an execution for which no intake space is left still fits: a
 *     reserve is kept. An intake or the begin of an execution that does not fit answers RC_LIMIT
 *     (STORE-001) and nothing of it is kept. The end of an execution fits because its `result` is
 *     left out then; see struct store_exec_full.
 *   - A failed write or sync of the truth is final: the backend reports RC_IO for what waits and
 *     calls `fatal`; the process must end, the sync is never tried again.
 *
 * Delivery states over the records of one (message, lane)
 *   The intake says queued | filtered | held; outcomes say the rest. Final: delivered, filtered,
 *   rejected, dead, skipped. Held waits for a person.
 *   A delivery is *covered* while a crash might have left it sent without our knowing:
 *     the intake carried `marked` and no outcome came since, or
 *     a STORE_MARK of its lane with upto >= seq is newer than its last outcome.
 *   A covered delivery without a final outcome is handed back by store_window() after a restart
 *   with `unknown` set: the caller decides by policy, and says so in its next outcome.
 *   A RETRYING outcome (definitely not accepted) ends the coverage: the next attempt needs a mark.
 *   Within one run the caller knows what it sent: only what was written before this start makes a
 *   delivery unknown.
 *
 * Batches
 *   A batch is committed whole or, after a crash, not at all; what of it was refused (rc) was never
 *   part of it. Together its records may take half a segment; beyond that all answer STORE-002.
 *
 * Strings in what is returned live in the arena that was handed in.
 * Thread  store_append: any. The reading functions block on files: any thread but a loop's.
 */
#ifndef ZS_STORE_STORE_H
#define ZS_STORE_STORE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

struct store;

/* ---- what is written ---------------------------------------------------------------------- */

enum store_kind {
    STORE_INTAKE = 1,     /* a message with its acknowledgement and its deliveries */
    STORE_MARK = 2,       /* deliveries of a lane up to a sequence may be sent from now on */
    STORE_OUTCOMES = 3,   /* results of attempts, any number, any lanes */
    STORE_ACT = 4,        /* a person or the API changed or looked at something: audit */
    STORE_CONFIG = 5,     /* a version of one configuration object */
    STORE_CHECKPOINT = 6, /* the store's own; signed from the delivery work on */
    STORE_SUMMARY = 7,    /* reserved: what retention leaves of a removed segment */
    STORE_EXEC = 8,    /* a call through the API begins; nothing is sent before it is committed */
    STORE_EXEC_END = 9 /* and how it ended */
};

enum intake_state { INTAKE_ACCEPTED = 1, INTAKE_REFUSED = 2 };

enum delivery_state {
    DELIVERY_QUEUED = 1,
    DELIVERY_SENDING = 2, /* only shown, never written: covered, in flight now */
    DELIVERY_RETRYING = 3,
    DELIVERY_UNCERTAIN = 4,
    DELIVERY_DELIVERED = 5,
    DELIVERY_FILTERED = 6,
    DELIVERY_REJECTED = 7,
    DELIVERY_HELD = 8,
    DELIVERY_DEAD = 9,
    DELIVERY_SKIPPED = 10
};

/* Kinds of search terms; the number is part of the file format. */
enum term_kind { TERM_CONTROL_ID = 1, TERM_PATIENT_ID = 2, TERM_ACCESSION = 3, TERM_ORDER = 4 };

struct store_term {
    enum term_kind kind;
    struct str value; /* compared exactly; at most 256 bytes are used */
};

struct store_delivery {
    struct str lane;           /* "channel/integration/endpoint", at most 255 bytes */
    enum delivery_state state; /* QUEUED, FILTERED or HELD */
    bool marked;               /* see "covered" above */
    struct str key;            /* order key; may be empty */
    struct str payload;        /* what will be sent; STR_NULL: the body as it came */
    struct str content_type;   /* of the payload; STR_NULL: as the message's */
    struct str reason;         /* why held or filtered: "MAP-004 rules[2]", no payload */
};

struct store_intake {
    struct str channel;
    struct str peer;       /* "10.1.2.3:4711"; may be empty */
    struct str sender;     /* for repeats: who says the control id is unique, MSH-3|4 */
    struct str control_id; /* MSH-10, Idempotency-Key; may be empty */
    struct str type;       /* "ADT^A01", "json" */
    struct str content_type;
    struct str trace_id; /* 32 hex digits, or empty */
    enum intake_state state;
    struct str reason;       /* refused: an error id and a short text, no payload */
    struct str body;         /* as received */
    struct str ack;          /* what the sender hears, byte for byte */
    uint64_t config_version; /* sequence of the STORE_CONFIG record in force, or 0 */

    const struct store_term *terms;
    size_t n_terms;
    const struct store_delivery *deliveries;
    size_t n_deliveries;
};

struct store_mark {
    struct str lane;
    uint64_t upto; /* a sequence; may lie ahead of the newest record */
};

struct store_outcome {
    uint64_t seq;              /* of the intake */
    struct str lane;           /* one the intake did not name adds a delivery of its body */
    enum delivery_state state; /* any but QUEUED and SENDING */
    unsigned attempt;          /* 1-based; 0 for an operator's act */
    enum fate fate;
    bool unknown_before; /* this attempt repeats one whose outcome was unknown */
    bool sent;           /* an attempt was made and ended so: it is an execution, see below */
    int64_t next_at;     /* RETRYING: when the next attempt is due, ms; else 0 */
    uint32_t duration_ms;
    struct str status; /* "AA", "200", SQLSTATE; at most 32 bytes */
    struct str error;  /* "ID text", empty when delivered; at most 400 bytes, no payload */
    struct str reply;  /* the destination's answer; cut at 64 KB by the caller */
};

struct store_act {
    struct str actor;  /* principal id */
    struct str peer;   /* where from */
    struct str verb;   /* "channel.pause" */
    struct str object; /* "channel/adt-in", "message/…" */
    struct str detail; /* JSON text; before and after hashes, reasons */
};

struct store_config {
    struct str kind; /* "channel" */
    struct str name;
    struct str hash; /* hex SHA-256 of doc */
    struct str doc;  /* JSON text; empty: removed */
};

/*
 * Executions: the guide's record of one call of an endpoint. There are two sources of them:
 *   a call through the API   STORE_EXEC, then STORE_EXEC_END
 *   a delivery's attempt     every outcome with `sent`
 * Both are found by (seq, n): of the STORE_EXEC and 0, or of the STORE_OUTCOMES record and the
 * outcome's place in it. store_exec_id makes a UUID (RFC 9562, version 8) of that and back.
 * A STORE_EXEC without its end, written before this start, is one whose outcome is unknown:
 * store_exec_open hands them out, and the engine ends them as FAILED.
 * Figures count an execution when it ends, in the minute of its end's at_ms.
 */
enum exec_state { EXEC_EXECUTING = 1, EXEC_COMPLETED = 2, EXEC_FAILED = 3 };

struct store_exec {
    struct str integration; /* names, at most 100 bytes each */
    struct str endpoint;
    struct str actor;   /* principal id */
    int64_t start_ms;   /* since 1970 */
    struct str request; /* JSON text of the guide's `request` member: holds patient data */
};

struct store_exec_end {
    uint64_t seq; /* of its STORE_EXEC */
    struct str integration, endpoint;
    enum exec_state state; /* COMPLETED or FAILED */
    int64_t start_ms;
    uint32_t duration_ms;
    struct str status; /* "200", "AA"; 32 bytes are kept */
    struct str error;  /* the guide's error text, empty when completed; 400 bytes are kept */
    struct str result; /* JSON object text of the members that the end adds: response, attempts … */
    bool cut;          /* the store's: the result was left out, because it was larger than a record
                          may be or the store was full */
};

/*
 * One record to append. The caller owns it and everything it points to; both must stay until the
 * batch's done is called. The lower part is the store's answer.
 */
struct store_op {
    enum store_kind kind;
    union {
        const struct store_intake *intake;
        const struct store_mark *mark;
        const struct store_act *act;
        const struct store_config *config;
        const struct store_exec *exec;
        const struct store_exec_end *exec_end;
        struct {
            const struct store_outcome *list;
            size_t n;
        } outcomes;
    };
    struct store_op *next;

    enum rc rc; /* RC_OK, RC_LIMIT (full, STORE-001; or too large, STORE-002), RC_IO (fatal) */
    const char *error; /* the id that goes with rc: STORE-001 …; NULL with RC_OK */
    uint64_t seq;
    int64_t at_ms;
    void *encoded; /* the backend's, between append and done */
};

/*
 * What goes in together. ops are committed in list order, before those of any later store_append.
 * done runs on the store's writer thread: it must only hand over (loop_post) and return; the batch
 * belongs to the caller again from that call on.
 */
struct store_batch {
    struct store_op *first;
    size_t n;
    void (*done)(struct store_batch *b);
    void *ctx;
    struct store_batch *next; /* the store's */
};

void store_append(struct store *s, struct store_batch *b);

/* ---- what is read ------------------------------------------------------------------------- */

/* The store's name in message ids: 8 lower-case hex digits. A message's id is "<store>-<seq>". */
struct str store_id(const struct store *s);

/* "1f0c2a9e-1042" to 1042; RC_VALUE (STORE-010) malformed, RC_MISSING (STORE-011) another store's.
 */
enum rc store_parse_id(const struct store *s, struct str text, uint64_t *seq,
                       struct err *e) ZS_CHECK;

struct store_message {
    uint64_t seq;
    int64_t at_ms;
    struct store_intake intake;
    unsigned char link[32]; /* the record's chain hash; zeros where the backend has none */
};

/* RC_MISSING (STORE-011) no such message; RC_PEER (STORE-012) damaged; RC_IO. */
enum rc store_read(struct store *s, uint64_t seq, struct arena *a, struct store_message *out,
                   struct err *e) ZS_CHECK;

struct store_event {
    uint64_t seq; /* of the record that holds it */
    int64_t at_ms;
    struct store_outcome outcome;
};

/* Everything that happened to a message after its intake, oldest first. */
enum rc store_events(struct store *s, uint64_t seq, struct arena *a, struct store_event **out,
                     size_t *n, struct err *e) ZS_CHECK;

struct store_query {
    struct str control_id, patient_id, accession, order; /* empty: any */
    struct str channel, type, peer;                      /* type: "ADT" matches "ADT^A01" */
    int state;       /* enum delivery_state of any delivery, or 0; -1: refused at intake */
    int64_t since;   /* ms, 0: open */
    int64_t until;   /* ms, exclusive, 0: open */
    uint64_t before; /* cursor: only sequences below; 0: from the newest */
    size_t limit;    /* 1 … 1000 */
};

struct store_row {
    uint64_t seq;
    int64_t at_ms;
    enum intake_state state;
    enum delivery_state delivery; /* the least finished of its deliveries; 0 without any */
    size_t bytes;
    struct str channel, type, peer, control_id;
};

/* Newest first. *more: there are further rows below rows[n-1].seq. Sees every committed record. */
enum rc store_search(struct store *s, const struct store_query *q, struct arena *a,
                     struct store_row **rows, size_t *n, bool *more, struct err *e) ZS_CHECK;

struct store_audit {
    uint64_t seq;
    int64_t at_ms;
    struct store_act act;
};

/* Acts, newest first, below `before` (0: newest). */
enum rc store_acts(struct store *s, uint64_t before, size_t limit, struct arena *a,
                   struct store_audit **out, size_t *n, struct err *e) ZS_CHECK;

/* ---- executions --------------------------------------------------------------------------- */

struct store_exec_row {
    uint64_t seq; /* with n: its name */
    unsigned n;
    uint64_t order_seq;   /* its place in lists: the record that ended it, or seq while executing */
    bool delivery;        /* of a delivery; else a call through the API */
    uint64_t message_seq; /* of a delivery: the message, the channel, the attempt */
    struct str channel;
    unsigned attempt;
    struct str integration, endpoint;
    enum exec_state state;
    int64_t start_ms;
    int64_t at_ms; /* of its end; of its begin while executing */
    uint32_t duration_ms;
    struct str status;
    struct str error; /* of a delivery: the outcome's without its id */
};

struct store_exec_full {
    struct store_exec_row row;
    struct str actor, request, result; /* of a call; as appended */
    bool result_cut;                   /* there was a result, and no room to keep it */
    struct str reply;                  /* of a delivery: the outcome's */
};

#define STORE_UUID_TEXT 37 /* with NUL */

/* The UUID of an execution, or of its log entry (log: true). */
void store_exec_id(const struct store *s, uint64_t seq, unsigned n, bool log,
                   char out[STORE_UUID_TEXT]);

/* Back again. RC_MISSING (STORE-016): of another store, of a log entry, or none of ours. */
enum rc store_exec_parse(const struct store *s, struct str text, uint64_t *seq, unsigned *n,
                         struct err *e) ZS_CHECK;

struct store_exec_query {
    struct str integration; /* empty: all */
    struct str endpoint;    /* empty: all; only with integration */
    int state;              /* enum exec_state, or 0 */
    int64_t since, until;   /* of at_ms; 0: open; until is exclusive */
    uint64_t before_seq;    /* cursor: the last row's order_seq and n; 0: from the newest */
    unsigned before_n;
    size_t limit; /* 1 … 1000 */
};

/*
 * Newest first, by order_seq and n. Sees every committed record. RC_VALUE (STORE-013): the query is
 * outside its limits.
 */
enum rc store_execs(struct store *s, const struct store_exec_query *q, struct arena *a,
                    struct store_exec_row **rows, size_t *n, bool *more, struct err *e) ZS_CHECK;

/*
 * Returns  RC_MISSING (STORE-016) no such execution; RC_PEER (STORE-012) damaged; RC_STATE
 *          (STORE-034) the index of its day is being made again; RC_IO, RC_NOMEM
 */
enum rc store_exec_read(struct store *s, uint64_t seq, unsigned n, struct arena *a,
                        struct store_exec_full *out, struct err *e) ZS_CHECK;

/* Calls begun and not ended before this start. To be asked before anything is appended. */
enum rc store_exec_open(struct store *s, struct arena *a, struct store_exec_row **rows, size_t *n,
                        struct err *e) ZS_CHECK;

#define STORE_EXEC_BUCKETS 5 /* below 100, 500, 1000, 5000 ms, and the rest */

struct store_exec_sum {
    uint64_t n, n_completed, n_failed;
    uint64_t sum_ms;
    uint32_t min_ms, max_ms; /* meaningless with n == 0 */
    int64_t min_start, max_start;
    uint64_t bucket[STORE_EXEC_BUCKETS];
};

struct store_exec_part { /* of one endpoint */
    struct str endpoint;
    struct store_exec_sum sum;
};

struct store_exec_group { /* of failures with the same text */
    struct str error;
    uint64_t count;
    int64_t first_at, last_at; /* at_ms */
};

struct store_exec_stats {
    struct store_exec_sum total;
    struct store_exec_part *parts; /* by name */
    size_t n_parts;
    struct store_exec_row *errors; /* the last 100 failures that can be read, newest first */
    size_t n_errors;
    struct store_exec_group *groups; /* all, most frequent first; see below */
    size_t n_groups;
};

/*
 * How many texts are told apart: STORE_EXEC_GROUPS in an answer, and of one endpoint in one day so
 * many as are new within STORE_EXEC_GROUPS_DAY. What is beyond counts in a group of this text.
 */
#define STORE_EXEC_GROUPS     1000
#define STORE_EXEC_GROUPS_DAY 200
#define STORE_EXEC_OTHERS     "other errors"

/*
 * Exact figures of the executions of an integration that ended in [since, until): whole days from
 * totals of days, whole hours and minutes from theirs, the rest from rows. A year of a hundred
 * million executions takes less than 100 ms. Of several equally fast or slow executions the one
 * that started first is named.
 * Returns  RC_VALUE (STORE-013) no integration; RC_STATE (STORE-034) the index of a day in it is
 * being made again; RC_IO, RC_NOMEM
 */
enum rc store_exec_stats(struct store *s, struct str integration, int64_t since, int64_t until,
                         struct arena *a, struct store_exec_stats *out, struct err *e) ZS_CHECK;

/* ---- lanes -------------------------------------------------------------------------------- */

struct store_lane {
    struct str lane;
    uint64_t n_open;     /* queued, retrying, uncertain and held deliveries */
    uint64_t oldest_seq; /* 0 when none is open */
    int64_t oldest_at;
};

/* Every lane that has an open delivery. */
enum rc store_lanes(struct store *s, struct arena *a, struct store_lane **out, size_t *n,
                    struct err *e) ZS_CHECK;

struct store_waiting {
    uint64_t seq;
    enum delivery_state state; /* QUEUED, RETRYING, UNCERTAIN or HELD */
    bool unknown;              /* covered, without an outcome; see the top */
    unsigned attempts;         /* since it was last opened */
    int64_t at_ms;             /* of the intake */
    int64_t next_at;
    struct store_delivery delivery; /* payload filled: the body where the intake had none */
    struct str content_type, control_id, type;
};

/*
 * The next open deliveries of a lane above `after`, in order, at most `max` and about max_bytes of
 * payload (at least one). Everything committed is seen, indexed or not.
 */
enum rc store_window(struct store *s, struct str lane, uint64_t after, size_t max, size_t max_bytes,
                     struct arena *a, struct store_waiting **out, size_t *n,
                     struct err *e) ZS_CHECK;

/* ---- the whole ---------------------------------------------------------------------------- */

struct store_stats {
    uint64_t last_seq;
    uint64_t indexed_seq; /* the indexer is this far; last - indexed is the lag */
    uint64_t n_messages, n_refused;
    uint64_t commits, syncs, bytes; /* since start */
    uint64_t sync_ns_max;
    bool full; /* intake is refused until space returns */
};

void store_stats(struct store *s, struct store_stats *out); /* Thread any, does not block */

/* Wait until everything appended before the call is indexed. For tests and a clean stop. */
enum rc store_settle(struct store *s, struct err *e) ZS_CHECK;

/*
 * Stop taking, commit and index what waits, close. Batches appended before are answered first.
 * Nulls the pointer.
 */
void store_close(struct store **s);

/* What a backend's open function is given; each backend's header has that function. */
struct store_host {
    const struct clock *clock;
    /* The truth can no longer be written: log it and end the process. Writer's thread. */
    void (*fatal)(void *ctx, const struct err *e);
    /* Something a person should hear: a cut tail, a damaged record, space gone or back. */
    void (*notice)(void *ctx, const struct err *e);
    void *ctx;
};

const char *exec_state_name(enum exec_state s); /* "executing", "completed", "failed" */
int exec_state_parse(struct str name);          /* 0: no such name */

const char *delivery_state_name(enum delivery_state s); /* "queued" … */
/* 0 when there is no such name. "refused" gives -1. */
int delivery_state_parse(struct str name);
bool delivery_state_final(enum delivery_state s);

/* ---- for backends ------------------------------------------------------------------------- */

struct store_ops {
    const char *name; /* "journal" */
    void (*append)(struct store *s, struct store_batch *b);
    enum rc (*read)(struct store *s, uint64_t seq, struct arena *a, struct store_message *out,
                    struct err *e);
    enum rc (*events)(struct store *s, uint64_t seq, struct arena *a, struct store_event **out,
                      size_t *n, struct err *e);
    enum rc (*search)(struct store *s, const struct store_query *q, struct arena *a,
                      struct store_row **rows, size_t *n, bool *more, struct err *e);
    enum rc (*acts)(struct store *s, uint64_t before, size_t limit, struct arena *a,
                    struct store_audit **out, size_t *n, struct err *e);
    enum rc (*lanes)(struct store *s, struct arena *a, struct store_lane **out, size_t *n,
                     struct err *e);
    enum rc (*window)(struct store *s, struct str lane, uint64_t after, size_t max,
                      size_t max_bytes, struct arena *a, struct store_waiting **out, size_t *n,
                      struct err *e);
    enum rc (*execs)(struct store *s, const struct store_exec_query *q, struct arena *a,
                     struct store_exec_row **rows, size_t *n, bool *more, struct err *e);
    enum rc (*exec_read)(struct store *s, uint64_t seq, unsigned n, struct arena *a,
                         struct store_exec_full *out, struct err *e);
    enum rc (*exec_open)(struct store *s, struct arena *a, struct store_exec_row **rows, size_t *n,
                         struct err *e);
    enum rc (*exec_stats)(struct store *s, struct str integration, int64_t since, int64_t until,
                          struct arena *a, struct store_exec_stats *out, struct err *e);
    void (*stats)(struct store *s, struct store_stats *out);
    enum rc (*settle)(struct store *s, struct err *e);
    void (*close)(struct store *s);
};

/* First member of every backend's struct. */
struct store {
    const struct store_ops *ops;
    char id[9];
};

#endif
