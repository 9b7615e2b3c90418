/* Sums as rows. Tests: exec_span_test.c */
#include "store/journal/exec_span.h"

void span_bind(struct stmt *st, int at, const struct exec_span *s)
{
    const struct store_exec_sum *f = &s->sum;
    const uint64_t v[SPAN_N] = { f->n,
                                 f->n_failed,
                                 f->sum_ms,
                                 f->min_ms,
                                 f->max_ms,
                                 (uint64_t)f->min_start,
                                 (uint64_t)f->max_start,
                                 f->bucket[0],
                                 f->bucket[1],
                                 f->bucket[2],
                                 f->bucket[3],
                                 f->bucket[4],
                                 (uint64_t)s->at_min,
                                 (uint64_t)s->at_max,
                                 s->seq_min,
                                 s->seq_max };
    for (int i = 0; i < SPAN_N; i++)
        stmt_u64(st, at + i, v[i]);
}

void span_get(struct stmt *st, int at, struct exec_span *out)
{
    uint64_t v[SPAN_N];
    for (int i = 0; i < SPAN_N; i++)
        v[i] = stmt_get_u64(st, at + i);
    *out = (struct exec_span){ .sum = { .n = v[0],
                                        .n_completed = v[0] - v[1],
                                        .n_failed = v[1],
                                        .sum_ms = v[2],
                                        .min_ms = (uint32_t)v[3],
                                        .max_ms = (uint32_t)v[4],
                                        .min_start = (int64_t)v[5],
                                        .max_start = (int64_t)v[6],
                                        .bucket = { v[7], v[8], v[9], v[10], v[11] } },
                               .at_min = (int64_t)v[12],
                               .at_max = (int64_t)v[13],
                               .seq_min = v[14],
                               .seq_max = v[15] };
}

void span_add(struct exec_span *s, const struct store_exec_row *row)
{
    bool first = s->sum.n == 0;
    exec_sum_add(&s->sum, row);
    if (first || row->at_ms < s->at_min)
        s->at_min = row->at_ms;
    if (first || row->at_ms > s->at_max)
        s->at_max = row->at_ms;
    if (first || row->order_seq < s->seq_min)
        s->seq_min = row->order_seq;
    if (first || row->order_seq > s->seq_max)
        s->seq_max = row->order_seq;
}

enum span_lies span_lies(const struct exec_span *s, int64_t since, int64_t until)
{
    if ((since && s->at_max < since) || (until && s->at_min >= until))
        return SPAN_OUTSIDE;
    if ((since && s->at_min < since) || (until && s->at_max >= until))
        return SPAN_ACROSS;
    return SPAN_INSIDE;
}
