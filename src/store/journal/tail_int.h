/* Shared by the files of the tail only. */
#ifndef ZS_STORE_JOURNAL_TAIL_INT_H
#define ZS_STORE_JOURNAL_TAIL_INT_H

#include "store/journal/tail.h"

/* A block that is being decoded. */
struct building {
    struct tail *tail;
    struct scan *scan;
    struct block *b;
    size_t cap_msgs, cap_outcomes, cap_marks, cap_acts, cap_execs;
};

enum rc tail_no_memory(struct err *e);

/* A copy; true also for null, which stays null. */
bool tail_copy(struct arena *a, struct str from, struct str *to);

/* tail_exec.c. Locks store-follow held. NULL: no memory. */
struct way *tail_find_way(struct tail *t, struct str integration, struct str endpoint);
enum rc tail_add_begin(struct building *g, const struct scan_item *item, struct err *e) ZS_CHECK;
enum rc tail_add_end(struct building *g, const struct scan_item *item, struct err *e) ZS_CHECK;
enum rc tail_add_attempt(struct building *g, const struct scan_item *item,
                         const struct store_outcome *o, unsigned n, const struct lane *l,
                         struct err *e) ZS_CHECK;

#endif
