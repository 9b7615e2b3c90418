/* Shared by the files of the power cuts: what is asked for, and the world it happens in. */
#ifndef ZS_TESTS_TORTURE_STORE_CRASH_H
#define ZS_TESTS_TORTURE_STORE_CRASH_H

#include "base/buf.h"
#include "store/journal/journal.h"
#include "store/mem/mem.h"
#include "tests/torture/store_fault.h"

#include <limits.h>

#define LANES   4
#define OPS_MAX 4000
#define SEGMENT ((uint64_t)128 << 10)
#define RECORD  ((size_t)32 << 10)
#define FLIGHT  6
#define BATCH   5

extern const char *const lanes[LANES]; /* two integrations: b with 0, 1, 2, and y with 0 */

/* One thing that was asked for, in a form both stores can be given. */
struct want {
    enum store_kind kind;
    bool batch_end;
    bool answered;
    enum rc rc;
    uint64_t seq; /* the journal's, once answered or found */
    uint64_t mem_seq;
    int64_t at_ms; /* the journal's */
    /* intake */
    char control_id[16];
    char patient[16];
    char *body; /* in the world's arena */
    size_t n_body;
    struct store_delivery delivery[LANES];
    size_t n_deliveries;
    bool refused;
    /* outcome, mark */
    size_t target; /* index of the intake */
    unsigned lane;
    enum delivery_state state;
    unsigned attempt;
    bool ahead; /* the mark reaches beyond every message */
    /* execution: an outcome with `sent`, a begin (lane), an end (target is the begin) */
    bool sent;
    bool failed;
    uint32_t duration_ms;
    int64_t start_ms; /* of a call */
    unsigned error;
    bool ended; /* a begin that has its end */
};

struct world {
    struct random_fake random;
    uint64_t seed;
    char dir[PATH_MAX];
    struct clock_fake clock;
    struct fault fault;
    struct store_host host;
    struct datadir *data;
    struct store *s;
    struct mem_image *image;
    struct store *model;
    struct want *want; /* everything that may be in the journal, in order */
    size_t n;
    size_t n_applied; /* of them, known to the model */
    struct arena *a;
    struct mutex lock;
    struct cond answered;
    size_t in_flight;
    bool fatal;
    bool lost;  /* an index file went astray */
    bool fresh; /* nothing was appended since the start */
    char why[256];
};

uint64_t roll(struct world *w, uint64_t n);

/* Note what is wrong; false. */
bool wrong(struct world *w, const char *fmt, ...) ZS_PRINTF(2, 3);

/* ---- store_crash_exec.c: executions ------------------------------------------------------- */

/* Make m the begin of a call, or the end of one that is open, or an outcome that is an attempt. */
void make_call(struct world *w, struct want *m);
void make_attempt(struct world *w, struct want *m);
struct store_op *make_call_op(struct world *w, const struct want *m, uint64_t begin_seq);
void fill_attempt(const struct want *m, struct store_outcome *o);

/* After a start: which begins have their end. */
void recount_ends(struct world *w);

#define EXEC_LISTS 7u

/* The k-th list, as text without sequences; false: there is none. */
bool show_execs(struct world *w, struct store *s, unsigned k, struct buf *b);

/* Figures of the journal over random ranges equal a recount of what was asked for; every execution
 * is found by its name, and what is open is handed out. */
bool check_execs(struct world *w);

#endif
