/* A message's packed row: it reads back, grows by what happened later, and damage is seen. */
#include "store/journal/row.h"

#include "base/alloc.h"
#include "store/rules.h"
#include "tests/lib/t.h"

static struct row_delivery deliveries[] = { { 0xfeedfacecafebeef, DELIVERY_QUEUED },
                                            { 1, DELIVERY_DELIVERED } };
static struct row_event events[] = { { 45, { 3, 4096 }, 512 }, { 900, { 4, 8192 }, 1024 } };
static const struct row sample = { .seq = 42,
                                   .at = { 3, 8192 },
                                   .length = 2048,
                                   .body_bytes = 1000,
                                   .state = INTAKE_ACCEPTED,
                                   .delivery = deliveries,
                                   .n_deliveries = 2,
                                   .event = events,
                                   .n_events = 2 };

static void a_row_reads_back(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct buf b;
    struct err e;
    struct row r = { .seq = 42 };
    buf_init(&b, 1u << 16);
    row_pack(&b, &sample);
    T_OK(row_unpack(buf_view(&b), a, &r, &e), &e);
    T_EQ_SIZE(r.at.segment, 3);
    T_EQ_SIZE(r.at.offset, 8192);
    T_EQ_SIZE(r.length, 2048);
    T_EQ_SIZE(r.body_bytes, 1000);
    T_EQ_INT(r.state, INTAKE_ACCEPTED);
    T_EQ_SIZE(r.n_deliveries, 2);
    T_EQ_SIZE(r.delivery[0].lane_hash, 0xfeedfacecafebeef);
    T_EQ_INT(r.delivery[1].state, DELIVERY_DELIVERED);
    T_EQ_SIZE(r.n_events, 2);
    T_EQ_SIZE(r.event[1].seq, 900);
    T_EQ_SIZE(r.event[1].at.segment, 4);
    T_EQ_SIZE(r.event[1].length, 1024);
    T_EQ_INT(row_states(&r), (int)(rules_bit(DELIVERY_QUEUED) | rules_bit(DELIVERY_DELIVERED)));
    buf_done(&b);
    arena_free(&a);
}

static void a_cut_row_is_damaged(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 1u << 16);
    row_pack(&b, &sample);
    for (size_t n = 0; n < b.n; n++) {
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct row r = { .seq = 42 };
        char *cut = mem_alloc(n + !n);
        T_TRUE(a && cut);
        memcpy(cut, b.p, n);
        T_EQ_INT(row_unpack(str_of(cut, n), a, &r, &e), RC_PEER);
        T_EQ_Z(e.id, "STORE-036");
        mem_free(cut);
        arena_free(&a);
    }
    buf_char(&b, '\0');
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct row r = { .seq = 42 };
    T_EQ_INT(row_unpack(buf_view(&b), a, &r, &e), RC_PEER); /* a byte too many */
    arena_free(&a);
    buf_done(&b);
}

/* What came later is added once, however often it is applied. */
static void later_outcomes_are_applied_once(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct lane known = { .hash = 1 };
    struct lane added = { .hash = 77 };
    struct fold_delivery later[] = { { .lane = &known, .state = DELIVERY_HELD },
                                     { .lane = &added, .state = DELIVERY_REJECTED } };
    struct fold_event old = { 900, { 4, 8192 }, 1024, NULL };
    struct fold_event fresh = { 950, { 5, 4096 }, 256, &old };
    const struct fold_msg late = {
        .seq = 42, .delivery = later, .n_deliveries = 2, .event = &fresh
    };
    struct row r = sample;
    struct row_delivery own[] = { deliveries[0], deliveries[1] };
    struct err e;
    r.delivery = own;
    for (int i = 0; i < 2; i++) {
        T_OK(row_apply(&r, &late, a, &e), &e);
        T_EQ_SIZE(r.n_deliveries, 3);
        T_EQ_INT(r.delivery[1].state, DELIVERY_HELD);
        T_EQ_SIZE(r.delivery[2].lane_hash, 77);
        T_EQ_SIZE(r.n_events, 3);
        T_EQ_SIZE(r.event[2].seq, 950);
        T_EQ_INT(r.states, (int)row_states(&r));
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_row_reads_back),
        T_TEST(a_cut_row_is_damaged),
        T_TEST(later_outcomes_are_applied_once),
    };
    return T_RUN(tests);
}
