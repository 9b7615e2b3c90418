/*
 * Sums of executions as rows of a table: of a minute, an hour, a day file. Beside the figures each
 * knows what it covers, so that a reader sees whether a range holds it whole. Thread  any.
 */
#ifndef ZS_STORE_JOURNAL_EXEC_SPAN_H
#define ZS_STORE_JOURNAL_EXEC_SPAN_H

#include "store/db.h"
#include "store/exec.h"

struct exec_span {
    struct store_exec_sum sum;
    int64_t at_min, at_max;    /* of the ends counted */
    uint64_t seq_min, seq_max; /* order_seq */
};

/* The columns, in the order of span_bind and span_get; part of the file format. */
#define SPAN_COLUMNS                                                                               \
    "n, failed, sum_ms, min_ms, max_ms, min_start, max_start, b0, b1, b2, b3, b4, at_min, at_max," \
    " seq_min, seq_max"
#define SPAN_N 16
#define SPAN_SCHEMA                                                                                \
    "n INTEGER NOT NULL, failed INTEGER NOT NULL, sum_ms INTEGER NOT NULL,"                        \
    " min_ms INTEGER NOT NULL, max_ms INTEGER NOT NULL, min_start INTEGER NOT NULL,"               \
    " max_start INTEGER NOT NULL, b0 INTEGER NOT NULL, b1 INTEGER NOT NULL, b2 INTEGER NOT NULL,"  \
    " b3 INTEGER NOT NULL, b4 INTEGER NOT NULL, at_min INTEGER NOT NULL, at_max INTEGER NOT NULL," \
    " seq_min INTEGER NOT NULL, seq_max INTEGER NOT NULL"

/* What an insert does that meets a row: SQLite's form of exec_sum_merge. */
#define SPAN_PLUS(column) column " = " column " + excluded." column ", "
#define SPAN_EXTREME(which, than)                                                                  \
    which "_start = CASE WHEN excluded." which "_ms = " which "_ms"                                \
          " THEN min(" which "_start, excluded." which "_start)"                                   \
          " WHEN excluded." which "_ms " than " " which "_ms THEN excluded." which "_start"        \
          " ELSE " which "_start END,"                                                             \
          " " which "_ms = " which "(" which "_ms, excluded." which "_ms), "
#define SPAN_MERGE                                                                                 \
    SPAN_PLUS("n")                                                                                 \
    SPAN_PLUS("failed")                                                                            \
    SPAN_PLUS("sum_ms")                                                                            \
    SPAN_PLUS("b0")                                                                                \
    SPAN_PLUS("b1")                                                                                \
    SPAN_PLUS("b2")                                                                                \
    SPAN_PLUS("b3")                                                                                \
    SPAN_PLUS("b4")                                                                                \
    SPAN_EXTREME("min", "<")                                                                       \
    SPAN_EXTREME("max", ">")                                                                       \
    "at_min = min(at_min, excluded.at_min), at_max = max(at_max, excluded.at_max),"                \
    " seq_min = min(seq_min, excluded.seq_min), seq_max = max(seq_max, excluded.seq_max)"

void span_bind(struct stmt *st, int at, const struct exec_span *s);
void span_get(struct stmt *st, int at, struct exec_span *out);

/* Count a row that ended. */
void span_add(struct exec_span *s, const struct store_exec_row *row);

/* How a span lies to the range [since, until) of ends; 0 is open. */
enum span_lies { SPAN_OUTSIDE, SPAN_INSIDE, SPAN_ACROSS };
enum span_lies span_lies(const struct exec_span *s, int64_t since, int64_t until);

#endif
