/* Shared by the files of the indexer only. */
#ifndef ZS_STORE_JOURNAL_INDEX_INT_H
#define ZS_STORE_JOURNAL_INDEX_INT_H

#include "store/journal/index.h"

/* index_batch.c: bring what is committed into the files, one batch. */
enum rc index_batch(struct index *x, struct err *e) ZS_CHECK;

/* Make all files durable; then everything indexed so far is safe. */
enum rc index_checkpoint(struct index *x, struct err *e) ZS_CHECK;
void index_close_days(struct index *x);

/* index_repair.c */
bool repair_wanted(const struct index *x);
enum rc repair_step(struct index *x, struct err *e) ZS_CHECK;
void repair_stop(struct index *x);

/* The day's file is unusable: throw it away and have it made again. */
void repair_day(struct index *x, int64_t number);

/*
 * index_sum.c. sum_waits: a closed day has no totals yet. sum_wanted: and it is known durable, so
 * that sum_step makes them, of one day.
 */
bool sum_waits(const struct index *x);
bool sum_wanted(const struct index *x);
enum rc sum_step(struct index *x, struct err *e) ZS_CHECK;

/* Under x->lock inside. */
void index_set_whole(struct index *x, int64_t number, bool whole);
void index_set_summed(struct index *x, int64_t number);
bool index_is_whole(struct index *x, int64_t number);
enum rc index_add_day(struct index *x, const struct state_day *day, struct err *e) ZS_CHECK;

/* Remove a database and what belongs to it. */
void index_unlink(const struct index *x, const char *name);

#endif
