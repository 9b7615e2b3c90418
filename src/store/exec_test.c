#include "store/exec.h"
#include "tests/lib/t.h"

static void lanes_split_at_their_slashes(void **state)
{
    (void)state;
    static const struct {
        const char *lane, *channel, *integration, *endpoint;
    } rows[] = {
        { "adt-in/lab/results", "adt-in", "lab", "results" },
        { "a/b/c/d", "a", "b", "c/d" },
        { "a/b", "a", "b", "" },
        { "a", "a", "", "" },
        { "a//", "a", "", "" },
        { "", "", "", "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct exec_lane l = exec_split_lane(str_z(rows[i].lane));
        T_EQ_STR(l.channel, rows[i].channel);
        T_EQ_STR(l.integration, rows[i].integration);
        T_EQ_STR(l.endpoint, rows[i].endpoint);
    }
}

static void errors_are_told_without_their_id(void **state)
{
    (void)state;
    static const struct {
        const char *outcome, *execution;
    } rows[] = {
        { "HTTPOUT-013 HTTP 503: Service Unavailable", "HTTP 503: Service Unavailable" },
        { "X-001 no", "no" },
        { "HTTP 503: Service Unavailable", "HTTP 503: Service Unavailable" },
        { "X-ray was late", "X-ray was late" },
        { "X-001", "X-001" },
        { " no", " no" },
        { "", "" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct store_exec_row row;
        const struct store_outcome o = { .lane = STR("a/b/c"),
                                         .state = DELIVERY_RETRYING,
                                         .error = str_z(rows[i].outcome) };
        T_ROW(rows[i].outcome);
        exec_of_outcome(1, 1, 5, &o, &row);
        T_EQ_STR(row.error, rows[i].execution);
    }
    T_ROW(NULL);
}

static const struct store some_store = { .id = "1f0c2a9e" };

/* The texts were put together by hand from the layout in exec_id.c. */
static const struct {
    uint64_t seq;
    unsigned n;
    bool log;
    const char *text;
} ids[] = {
    { 1, 0, false, "1f0c2a9e-0000-8000-8000-000000000001" },
    { 1, 0, true, "1f0c2a9e-8000-8000-8000-000000000001" },
    { 1042, 1, false, "1f0c2a9e-0000-8008-8000-000000000412" },
    { 1042, 512, false, "1f0c2a9e-0001-8000-8000-000000000412" },
    { ((uint64_t)1 << 62) - 1, 0xffffff, false, "1f0c2a9e-7fff-8ff8-bfff-ffffffffffff" },
};

static void ids_are_uuids_and_lead_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(ids); i++) {
        char text[STORE_UUID_TEXT];
        uint64_t seq = 0;
        unsigned n = 0;
        struct err e;
        store_exec_id(&some_store, ids[i].seq, ids[i].n, ids[i].log, text);
        T_EQ_Z(text, ids[i].text);
        enum rc rc = store_exec_parse(&some_store, str_z(text), &seq, &n, &e);
        T_EQ_INT(rc, ids[i].log ? RC_MISSING : RC_OK);
        if (rc)
            continue;
        T_EQ_SIZE(seq, ids[i].seq);
        T_EQ_SIZE(n, ids[i].n);
    }
}

static void other_ids_are_missing(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "1f0c2a9e-1042",
        "1f0c2a9e-0000-8000-8000-00000000000",  /* cut */
        "1f0c2a9e-0000-8000-8000-000000000000", /* no sequence */
        "1f0c2a9f-0000-8000-8000-000000000001", /* another store */
        "1f0c2a9e-0000-4000-8000-000000000001", /* another version */
        "1f0c2a9e-0000-8001-8000-000000000001", /* bits that are zero */
        "1f0c2a9e-0000-8000-c000-000000000001", /* another variant */
        "1f0c2a9e-0000-8000-8000-00000000000g",
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        uint64_t seq = 7;
        unsigned n = 7;
        struct err e;
        T_EQ_INT(store_exec_parse(&some_store, str_z(rows[i]), &seq, &n, &e), RC_MISSING);
        T_EQ_Z(e.id, "STORE-016");
        T_EQ_SIZE(seq, 7);
    }
    uint64_t seq = 0;
    unsigned n = 0;
    T_EQ_INT(
        store_exec_parse(&some_store, STR("1F0C2A9E-0000-8000-8000-000000000001"), &seq, &n, NULL),
        RC_OK);
}

static void states_have_names(void **state)
{
    (void)state;
    T_EQ_Z(exec_state_name(EXEC_EXECUTING), "executing");
    T_EQ_Z(exec_state_name(EXEC_COMPLETED), "completed");
    T_EQ_Z(exec_state_name(EXEC_FAILED), "failed");
    T_EQ_INT(exec_state_parse(STR("failed")), EXEC_FAILED);
    T_EQ_INT(exec_state_parse(STR("")), 0);
    T_EQ_INT(exec_state_parse(STR("Failed")), 0);
}

static void durations_fall_into_five_buckets(void **state)
{
    (void)state;
    static const struct {
        uint32_t ms;
        size_t bucket;
    } rows[] = { { 0, 0 },   { 99, 0 },   { 100, 1 },  { 499, 1 },  { 500, 2 },
                 { 999, 2 }, { 1000, 3 }, { 4999, 3 }, { 5000, 4 }, { UINT32_MAX, 4 } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct store_exec_sum s = { .n = 0 };
        const struct store_exec_row row = { .state = EXEC_COMPLETED, .duration_ms = rows[i].ms };
        exec_sum_add(&s, &row);
        for (size_t b = 0; b < STORE_EXEC_BUCKETS; b++)
            T_EQ_SIZE(s.bucket[b], b == rows[i].bucket);
    }
}

static void extremes_name_the_earliest_start(void **state)
{
    (void)state;
    static const struct store_exec_row rows[] = {
        { .state = EXEC_COMPLETED, .duration_ms = 5, .start_ms = 900 },
        { .state = EXEC_FAILED, .duration_ms = 0, .start_ms = 700 },
        { .state = EXEC_COMPLETED, .duration_ms = 0, .start_ms = 300 },
        { .state = EXEC_COMPLETED, .duration_ms = 5, .start_ms = 800 },
    };
    struct store_exec_sum halves[2] = { { .n = 0 }, { .n = 0 } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        exec_sum_add(&halves[i % 2], &rows[i]);
    struct store_exec_sum s = { .n = 0 };
    const struct store_exec_sum none = { .n = 0 };
    exec_sum_merge(&s, &halves[0]);
    exec_sum_merge(&s, &none);
    exec_sum_merge(&s, &halves[1]);
    T_EQ_SIZE(s.n, 4);
    T_EQ_SIZE(s.n_completed, 3);
    T_EQ_SIZE(s.n_failed, 1);
    T_EQ_SIZE(s.sum_ms, 10);
    T_EQ_SIZE(s.min_ms, 0);
    T_EQ_INT(s.min_start, 300);
    T_EQ_SIZE(s.max_ms, 5);
    T_EQ_INT(s.max_start, 800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(lanes_split_at_their_slashes),
        T_TEST(errors_are_told_without_their_id),
        T_TEST(ids_are_uuids_and_lead_back),
        T_TEST(other_ids_are_missing),
        T_TEST(states_have_names),
        T_TEST(durations_fall_into_five_buckets),
        T_TEST(extremes_name_the_earliest_start),
    };
    return T_RUN(tests);
}
