/* What a span covers, and how it lies to a range. */
#include "store/journal/exec_span.h"

#include "store/journal/day_exec.h"
#include "tests/lib/t.h"

static void a_span_lies_inside_outside_or_across(void **state)
{
    (void)state;
    static const struct {
        int64_t at_min, at_max, since, until;
        enum span_lies lies;
    } rows[] = {
        { 10, 20, 0, 0, SPAN_INSIDE },      { 10, 20, 10, 21, SPAN_INSIDE },
        { 10, 20, 10, 20, SPAN_ACROSS },    { 10, 20, 11, 0, SPAN_ACROSS },
        { 10, 20, 20, 0, SPAN_ACROSS },     { 10, 20, 21, 0, SPAN_OUTSIDE },
        { 10, 20, 0, 10, SPAN_OUTSIDE },    { 10, 20, 0, 11, SPAN_ACROSS },
        { 10, 10, 10, 11, SPAN_INSIDE },    { 10, 10, 10, 10, SPAN_OUTSIDE },
        { -20, -10, -20, -9, SPAN_INSIDE }, { -20, -10, -15, 5, SPAN_ACROSS },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct exec_span s = { .at_min = rows[i].at_min, .at_max = rows[i].at_max };
        T_EQ_INT(span_lies(&s, rows[i].since, rows[i].until), rows[i].lies);
    }
}

static void a_span_knows_what_it_covers(void **state)
{
    (void)state;
    static const struct store_exec_row rows[] = {
        { .order_seq = 9, .at_ms = 500, .state = EXEC_COMPLETED, .duration_ms = 3 },
        { .order_seq = 12, .at_ms = 400, .state = EXEC_FAILED, .duration_ms = 300 },
        { .order_seq = 10, .at_ms = 600, .state = EXEC_COMPLETED, .duration_ms = 1 },
    };
    struct exec_span s = { .at_min = 0 };
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        span_add(&s, &rows[i]);
    T_EQ_INT(s.at_min, 400);
    T_EQ_INT(s.at_max, 600);
    T_EQ_SIZE(s.seq_min, 9);
    T_EQ_SIZE(s.seq_max, 12);
    T_EQ_SIZE(s.sum.n, 3);
    T_EQ_SIZE(s.sum.n_failed, 1);
    T_EQ_SIZE(s.sum.sum_ms, 304);
}

static void steps_begin_at_or_before(void **state)
{
    (void)state;
    T_EQ_INT(exec_step_of(1700000000000, EXEC_MINUTE), 1699999980000);
    T_EQ_INT(exec_step_of(1699999980000, EXEC_MINUTE), 1699999980000);
    T_EQ_INT(exec_step_of(1700000000000, EXEC_HOUR), 1699999200000);
    T_EQ_INT(exec_step_of(-1, EXEC_MINUTE), -60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_span_lies_inside_outside_or_across),
        T_TEST(a_span_knows_what_it_covers),
        T_TEST(steps_begin_at_or_before),
    };
    return T_RUN(tests);
}
