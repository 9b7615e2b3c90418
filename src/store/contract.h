/*
 * What the contract test and the journal's own tests share: a store of some backend under a fake
 * clock, appends that wait, and messages in one line. Test code only.
 */
#ifndef ZS_STORE_CONTRACT_H
#define ZS_STORE_CONTRACT_H

#include "base/buf.h"
#include "store/datadir.h"
#include "store/journal/journal.h"
#include "store/mem/mem.h"
#include "tests/lib/t.h"

struct fix {
    struct store *s;
    struct clock_fake clock;
    struct store_host host;
    struct arena *a;
    struct mem_image *image; /* mem */
    struct datadir *dir;     /* journal */
    char path[512];          /* journal: of the data directory; empty: a new one */
    struct journal_conf conf;
    int n_fatal;
    int n_notices;
    struct err last_notice;
    const char *notice_ids[16]; /* the first ones */
};

struct backend {
    const char *name;
    void (*start)(struct fix *f); /* open on what is there */
};

extern const struct backend backend_mem;
extern const struct backend backend_journal;

/* A fixture with its store open; stop closes the store and keeps what it wrote. */
void fix_init(struct fix *f, const struct backend *b);
void fix_stop(struct fix *f);
void fix_restart(struct fix *f, const struct backend *b);
void fix_done(struct fix *f);
bool fix_noticed(const struct fix *f, const char *id);

/* Append one batch of n ops and wait for its answer. */
void put_ops(struct fix *f, struct store_op *ops, size_t n);

/* Append one record; its sequence, or 0 when it was refused (then *rc, where not NULL). */
uint64_t put_intake(struct fix *f, const struct store_intake *in);
uint64_t put_outcome(struct fix *f, const struct store_outcome *o);
uint64_t put_mark(struct fix *f, const char *lane, uint64_t upto);
uint64_t put_act(struct fix *f, const char *actor, const char *verb);

/* An accepted message with one queued delivery per lane (NULL ends the list; at most 4). */
uint64_t put_message(struct fix *f, const char *control_id, const char *lane0, const char *lane1);

/* An outcome of attempt 1 without texts. */
uint64_t put_state(struct fix *f, uint64_t seq, const char *lane, enum delivery_state state);

/* The begin of a call by "ann", and its end (error NULL: completed); 0 when refused. */
uint64_t put_exec(struct fix *f, const char *integration, const char *endpoint);
uint64_t put_exec_end(struct fix *f, uint64_t seq, const char *integration, const char *endpoint,
                      uint32_t duration_ms, const char *error);

/* An attempt at a delivery of seq to lane, made and recorded now; error NULL: delivered. */
uint64_t put_attempt(struct fix *f, uint64_t seq, const char *lane, uint32_t duration_ms,
                     const char *error);

#endif
