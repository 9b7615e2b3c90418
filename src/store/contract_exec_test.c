/*
 * The contract's part on executions (store.h), run against every backend, on both sides of the
 * indexed border and after a restart.
 */
#include "store/contract.h"

static const struct backend *backend;

#define START 1700000000000 /* 2023-11-14T22:13:20Z */
#define DAY   86400000

/* ---- lists -------------------------------------------------------------------------------- */

/* Rows in short: endpoint, state's first letter, duration. Errors show as their id. */
static struct str show(struct fix *f, const struct store_exec_query *q)
{
    struct buf b;
    struct err e;
    struct store_exec_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    struct store_exec_query page = *q;
    buf_init_arena(&b, f->a, 1 << 20);
    do {
        if (store_execs(f->s, &page, f->a, &rows, &n, &more, &e))
            return str_z(e.id);
        for (size_t i = 0; i < n; i++) {
            buf_str(&b, rows[i].endpoint);
            buf_fmt(&b, "%c%u ", exec_state_name(rows[i].state)[0], rows[i].duration_ms);
            page.before_seq = rows[i].order_seq;
            page.before_n = rows[i].n;
        }
        T_TRUE(n > 0 || !more);
        T_TRUE(n <= page.limit);
    } while (more);
    return buf_view(&b);
}

/*
 * Four calls, one of them not ended, and four attempts, two of them in one record with an outcome
 * that was none; the last ones a day later.
 */
static void put_samples(struct fix *f)
{
    uint64_t m = put_message(f, "M1", "ch/lab/send", "ch/lab/read");
    uint64_t a = put_exec(f, "lab", "read");
    uint64_t b = put_exec(f, "pacs", "find");
    clock_fake_step(&f->clock, 1000);
    T_TRUE(put_exec_end(f, b, "pacs", "find", 50, NULL) > 0);
    put_attempt(f, m, "ch/lab/send", 7, "HTTP 500: Internal Server Error");
    T_TRUE(put_exec_end(f, a, "lab", "read", 150, "HTTP 404: Not Found") > 0);
    clock_fake_step(&f->clock, 1000);
    const struct store_outcome both[] = {
        { .seq = m,
          .lane = STR("ch/lab/send"),
          .state = DELIVERY_DELIVERED,
          .sent = true,
          .duration_ms = 8 },
        { .seq = m, .lane = STR("ch/lab/other"), .state = DELIVERY_DEAD },
        { .seq = m,
          .lane = STR("ch/lab/read"),
          .state = DELIVERY_DELIVERED,
          .sent = true,
          .duration_ms = 9 },
    };
    struct store_op op = { .kind = STORE_OUTCOMES, .outcomes = { both, 3 } };
    put_ops(f, &op, 1);
    T_EQ_INT(op.rc, RC_OK);
    T_TRUE(put_exec(f, "lab", "read") > 0);
    clock_fake_step(&f->clock, DAY);
    put_attempt(f, m, "ch/lab/send", 11, "HTTP 500: Internal Server Error");
    uint64_t c = put_exec(f, "lab", "read");
    T_TRUE(put_exec_end(f, c, "lab", "read", 12, NULL) > 0);
}

static const struct {
    const char *name;
    struct store_exec_query q;
    const char *rows;
} lists[] = {
    { "all", { .limit = 9 }, "readc12 sendf11 reade0 readc9 sendc8 readf150 sendf7 findc50 " },
    { "an integration", { .integration = STR_INIT("pacs"), .limit = 9 }, "findc50 " },
    { "another",
      { .integration = STR_INIT("lab"), .limit = 9 },
      "readc12 sendf11 reade0 readc9 sendc8 readf150 sendf7 " },
    { "an endpoint",
      { .integration = STR_INIT("lab"), .endpoint = STR_INIT("send"), .limit = 9 },
      "sendf11 sendc8 sendf7 " },
    { "none of it", { .integration = STR_INIT("la"), .limit = 9 }, "" },
    { "failed", { .state = EXEC_FAILED, .limit = 9 }, "sendf11 readf150 sendf7 " },
    { "failed at an endpoint",
      { .integration = STR_INIT("lab"),
        .endpoint = STR_INIT("read"),
        .state = EXEC_FAILED,
        .limit = 9 },
      "readf150 " },
    { "completed", { .state = EXEC_COMPLETED, .limit = 9 }, "readc12 readc9 sendc8 findc50 " },
    { "executing", { .state = EXEC_EXECUTING, .limit = 9 }, "reade0 " },
    { "executing elsewhere",
      { .integration = STR_INIT("pacs"), .state = EXEC_EXECUTING, .limit = 9 },
      "" },
    { "since", { .since = START + 2000, .limit = 9 }, "readc12 sendf11 reade0 readc9 sendc8 " },
    { "until",
      { .until = START + 2000, .integration = STR_INIT("lab"), .limit = 9 },
      "readf150 sendf7 " },
    { "between",
      { .since = START + 1001, .until = START + 2001, .limit = 9 },
      "reade0 readc9 sendc8 " },
    { "limit 0", { .limit = 0 }, "STORE-013" },
    { "limit 1001", { .limit = 1001 }, "STORE-013" },
    { "no such state", { .limit = 1, .state = 4 }, "STORE-013" },
    { "an endpoint of nothing", { .limit = 1, .endpoint = STR_INIT("x") }, "STORE-013" },
};

static void check_lists(struct fix *f, const char *when)
{
    for (size_t i = 0; i < ZS_COUNT(lists); i++) {
        struct str got = show(f, &lists[i].q);
        if (!str_eqz(got, lists[i].rows))
            T_FAIL("%s, %s: got %.*s", lists[i].name, when, STR_ARG(got));
        struct store_exec_query one = lists[i].q;
        if (one.limit != 9)
            continue;
        one.limit = 1; /* page by page it is the same */
        got = show(f, &one);
        if (!str_eqz(got, lists[i].rows))
            T_FAIL("%s, %s, one by one: got %.*s", lists[i].name, when, STR_ARG(got));
    }
}

static void lists_hold_what_is_asked_for_newest_first(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    put_samples(&f);
    check_lists(&f, "fresh");
    T_OK(store_settle(f.s, &e), &e);
    check_lists(&f, "indexed");
    fix_restart(&f, backend);
    check_lists(&f, "after a restart");
    T_OK(store_settle(f.s, &e), &e);
    check_lists(&f, "settled again");
    fix_done(&f);
}

static void a_list_is_the_same_wherever_the_index_stands(void **state)
{
    (void)state;
    struct err e;
    for (int settle_after = 0; settle_after < 3; settle_after++) {
        struct fix f;
        fix_init(&f, backend);
        uint64_t a = put_exec(&f, "lab", "read");
        if (settle_after == 0)
            T_OK(store_settle(f.s, &e), &e);
        uint64_t m = put_message(&f, "M", "c/lab/send", NULL);
        put_attempt(&f, m, "c/lab/send", 1, "x");
        if (settle_after == 1)
            T_OK(store_settle(f.s, &e), &e);
        T_TRUE(put_exec_end(&f, a, "lab", "read", 2, NULL) > 0);
        if (settle_after == 2)
            T_OK(store_settle(f.s, &e), &e);
        T_TRUE(put_exec(&f, "lab", "read") > 0);
        const struct store_exec_query q = { .limit = 5 };
        T_EQ_STR(show(&f, &q), "reade0 readc2 sendf1 ");
        fix_done(&f);
    }
}

/* ---- one ---------------------------------------------------------------------------------- */

static void a_call_reads_back_whole(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_exec_full x;
    fix_init(&f, backend);
    uint64_t seq = put_exec(&f, "lab", "read");
    T_OK(store_exec_read(f.s, seq, 0, f.a, &x, &e), &e);
    T_EQ_INT(x.row.state, EXEC_EXECUTING);
    T_EQ_SIZE(x.row.order_seq, seq);
    T_EQ_INT(x.row.start_ms, START);
    T_EQ_STR(x.actor, "ann");
    T_EQ_STR(x.request, "{\"data\":1}");
    T_EQ_SIZE(x.result.n, 0);
    T_OK(store_settle(f.s, &e), &e);
    clock_fake_step(&f.clock, 2 * (int64_t)DAY);
    T_TRUE(put_message(&f, "M", NULL, NULL) > 0); /* the day changes in between */
    uint64_t end = put_exec_end(&f, seq, "lab", "read", 40, "HTTP 503: Service Unavailable");
    for (int round = 0; round < 3; round++) {
        T_OK(store_exec_read(f.s, seq, 0, f.a, &x, &e), &e);
        T_EQ_SIZE(x.row.seq, seq);
        T_EQ_SIZE(x.row.n, 0);
        T_EQ_SIZE(x.row.order_seq, end);
        T_FALSE(x.row.delivery);
        T_EQ_STR(x.row.integration, "lab");
        T_EQ_STR(x.row.endpoint, "read");
        T_EQ_INT(x.row.state, EXEC_FAILED);
        T_EQ_INT(x.row.start_ms, START + 2 * (int64_t)DAY - 40);
        T_EQ_INT(x.row.at_ms, START + 2 * (int64_t)DAY);
        T_EQ_SIZE(x.row.duration_ms, 40);
        T_EQ_STR(x.row.status, "500");
        T_EQ_STR(x.row.error, "HTTP 503: Service Unavailable");
        T_EQ_STR(x.actor, "ann");
        T_EQ_STR(x.request, "{\"data\":1}");
        T_EQ_STR(x.result, "{\"response\":2}");
        T_FALSE(x.result_cut);
        if (round == 0)
            T_OK(store_settle(f.s, &e), &e);
        else
            fix_restart(&f, backend);
    }
    fix_done(&f);
}

static void an_attempt_reads_back_whole(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_exec_full x;
    fix_init(&f, backend);
    uint64_t m = put_message(&f, "M", "ch/lab/send", NULL);
    clock_fake_step(&f.clock, 5000);
    uint64_t seq = put_attempt(&f, m, "ch/lab/send", 70, "X-001 refused");
    uint64_t none = put_state(&f, m, "ch/lab/send", DELIVERY_SKIPPED);
    for (int round = 0; round < 3; round++) {
        T_OK(store_exec_read(f.s, seq, 0, f.a, &x, &e), &e);
        T_TRUE(x.row.delivery);
        T_EQ_SIZE(x.row.seq, seq);
        T_EQ_SIZE(x.row.order_seq, seq);
        T_EQ_SIZE(x.row.message_seq, m);
        T_EQ_STR(x.row.channel, "ch");
        T_EQ_STR(x.row.integration, "lab");
        T_EQ_STR(x.row.endpoint, "send");
        T_EQ_SIZE(x.row.attempt, 3);
        T_EQ_INT(x.row.state, EXEC_FAILED);
        T_EQ_INT(x.row.at_ms, START + 5000);
        T_EQ_INT(x.row.start_ms, START + 4930);
        T_EQ_STR(x.row.status, "AE");
        T_EQ_STR(x.row.error, "refused"); /* the id stays in the outcome */
        T_EQ_STR(x.reply, "MSA|AA");
        const struct {
            uint64_t seq;
            unsigned n;
        } missing[] = { { 0, 0 },    { m, 0 },          { seq, 1 },
                        { none, 0 }, { none + 100, 0 }, { UINT64_MAX, 0 } };
        for (size_t i = 0; i < ZS_COUNT(missing); i++) {
            T_EQ_INT(store_exec_read(f.s, missing[i].seq, missing[i].n, f.a, &x, &e), RC_MISSING);
            T_EQ_Z(e.id, "STORE-016");
        }
        if (round == 0)
            T_OK(store_settle(f.s, &e), &e);
        else
            fix_restart(&f, backend);
    }
    fix_done(&f);
}

/* The row of a list and the whole say the same. */
static void rows_and_wholes_agree(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    put_samples(&f);
    for (int round = 0; round < 2; round++) {
        struct store_exec_row *rows = NULL;
        size_t n = 0;
        bool more = false;
        const struct store_exec_query q = { .limit = 100 };
        T_OK(store_execs(f.s, &q, f.a, &rows, &n, &more, &e), &e);
        T_EQ_SIZE(n, 8);
        for (size_t i = 0; i < n; i++) {
            struct store_exec_full x;
            T_OK(store_exec_read(f.s, rows[i].seq, rows[i].n, f.a, &x, &e), &e);
            T_EQ_SIZE(x.row.order_seq, rows[i].order_seq);
            T_EQ_INT(x.row.delivery, rows[i].delivery);
            T_EQ_SIZE(x.row.message_seq, rows[i].message_seq);
            T_EQ_SIZE(x.row.attempt, rows[i].attempt);
            T_TRUE(str_eq(x.row.channel, rows[i].channel));
            T_TRUE(str_eq(x.row.integration, rows[i].integration));
            T_TRUE(str_eq(x.row.endpoint, rows[i].endpoint));
            T_EQ_INT(x.row.state, rows[i].state);
            T_EQ_INT(x.row.start_ms, rows[i].start_ms);
            T_EQ_INT(x.row.at_ms, rows[i].at_ms);
            T_EQ_SIZE(x.row.duration_ms, rows[i].duration_ms);
            T_TRUE(str_eq(x.row.status, rows[i].status));
            T_TRUE(str_eq(x.row.error, rows[i].error));
        }
        T_OK(store_settle(f.s, &e), &e);
    }
    fix_done(&f);
}

/* ---- open calls --------------------------------------------------------------------------- */

static void calls_cut_off_are_handed_out_after_a_restart(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_exec_row *rows = NULL;
    size_t n = 9;
    fix_init(&f, backend);
    uint64_t a = put_exec(&f, "lab", "read");
    uint64_t b = put_exec(&f, "lab", "write");
    T_OK(store_settle(f.s, &e), &e);
    T_TRUE(put_exec_end(&f, a, "lab", "read", 1, NULL) > 0);
    uint64_t c = put_exec(&f, "pacs", "find");
    T_OK(store_exec_open(f.s, f.a, &rows, &n, &e), &e);
    T_EQ_SIZE(n, 0); /* they are this run's own */
    fix_restart(&f, backend);
    T_OK(store_exec_open(f.s, f.a, &rows, &n, &e), &e);
    T_EQ_SIZE(n, 2);
    T_EQ_SIZE(rows[0].seq, c);
    T_EQ_STR(rows[0].integration, "pacs");
    T_EQ_INT(rows[0].state, EXEC_EXECUTING);
    T_EQ_SIZE(rows[1].seq, b);
    T_EQ_STR(rows[1].endpoint, "write");
    T_EQ_INT(rows[1].start_ms, START);
    T_TRUE(put_exec_end(&f, b, "lab", "write", 1, "outcome unknown") > 0);
    T_TRUE(put_exec(&f, "lab", "read") > 0);
    T_OK(store_exec_open(f.s, f.a, &rows, &n, &e), &e);
    T_EQ_SIZE(n, 1);
    T_EQ_SIZE(rows[0].seq, c);
    fix_done(&f);
}

/* ---- figures ------------------------------------------------------------------------------ */

static struct store_exec_stats stats_of(struct fix *f, const char *integration, int64_t since,
                                        int64_t until)
{
    struct err e;
    struct store_exec_stats s;
    T_OK(store_exec_stats(f->s, str_z(integration), since, until, f->a, &s, &e), &e);
    return s;
}

static void figures_add_up(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    put_samples(&f);
    for (int round = 0; round < 4; round++) {
        struct store_exec_stats s = stats_of(&f, "lab", 0, 0);
        T_EQ_SIZE(s.total.n, 6);
        T_EQ_SIZE(s.total.n_completed, 3);
        T_EQ_SIZE(s.total.n_failed, 3);
        T_EQ_SIZE(s.total.sum_ms, 7 + 150 + 8 + 9 + 11 + 12);
        T_EQ_SIZE(s.total.min_ms, 7);
        T_EQ_INT(s.total.min_start, START + 1000 - 7);
        T_EQ_SIZE(s.total.max_ms, 150);
        T_EQ_INT(s.total.max_start, START + 1000 - 150);
        T_EQ_SIZE(s.total.bucket[0], 5);
        T_EQ_SIZE(s.total.bucket[1], 1);
        T_EQ_SIZE(s.n_parts, 2);
        T_EQ_STR(s.parts[0].endpoint, "read");
        T_EQ_SIZE(s.parts[0].sum.n, 3);
        T_EQ_SIZE(s.parts[0].sum.n_failed, 1);
        T_EQ_STR(s.parts[1].endpoint, "send");
        T_EQ_SIZE(s.parts[1].sum.sum_ms, 7 + 8 + 11);
        T_EQ_SIZE(s.n_errors, 3);
        T_EQ_SIZE(s.errors[0].duration_ms, 11);
        T_EQ_SIZE(s.errors[2].duration_ms, 7);
        T_EQ_SIZE(s.n_groups, 2);
        T_EQ_STR(s.groups[0].error, "HTTP 500: Internal Server Error");
        T_EQ_SIZE(s.groups[0].count, 2);
        T_EQ_INT(s.groups[0].first_at, START + 1000);
        T_EQ_INT(s.groups[0].last_at, START + 2000 + DAY);
        T_EQ_STR(s.groups[1].error, "HTTP 404: Not Found");
        T_EQ_SIZE(s.groups[1].count, 1);
        if (round % 2 == 0)
            T_OK(store_settle(f.s, &e), &e);
        else
            fix_restart(&f, backend);
    }
    struct store_exec_stats s = stats_of(&f, "nobody", 0, 0);
    T_EQ_SIZE(s.total.n, 0);
    T_EQ_SIZE(s.n_parts, 0);
    T_EQ_SIZE(s.n_errors, 0);
    T_EQ_SIZE(s.n_groups, 0);
    T_EQ_INT(store_exec_stats(f.s, STR(""), 0, 0, f.a, &s, &e), RC_VALUE);
    T_EQ_Z(e.id, "STORE-013");
    fix_done(&f);
}

/* Every 61 seconds for two days and a bit, every third failed; the clock goes back once. */
#define SPREAD      3000
#define SPREAD_STEP 61000

static bool spread_failed(size_t i)
{
    return i % 3 == 0;
}

static int64_t spread_at(size_t i)
{
    return START + (int64_t)i * SPREAD_STEP - (i > SPREAD / 2 ? 30 * 60000 : 0);
}

static void put_spread(struct fix *f)
{
    struct err e;
    uint64_t m = put_message(f, "M", "c/lab/send", NULL);
    for (size_t i = 0; i < SPREAD; i++) {
        clock_fake_step(&f->clock, spread_at(i) - clock_now_ms(&f->clock.clock));
        put_attempt(f, m, i % 2 ? "c/lab/send" : "c/lab/store", (uint32_t)(i % 700),
                    spread_failed(i) ? "X-001 no" : NULL);
        if (i % 500 == 499)
            T_OK(store_settle(f->s, &e), &e);
    }
}

/* Recounted here, one by one. */
static void check_range(struct fix *f, int64_t since, int64_t until, const char *when)
{
    uint64_t n = 0;
    uint64_t failed = 0;
    uint64_t sum = 0;
    uint64_t sends = 0;
    uint64_t slow = 0;
    for (size_t i = 0; i < SPREAD; i++) {
        int64_t at = spread_at(i);
        if ((since && at < since) || (until && at >= until))
            continue;
        n++;
        failed += spread_failed(i);
        sum += i % 700;
        sends += i % 2;
        slow += i % 700 >= 500;
    }
    struct store_exec_stats s = stats_of(f, "lab", since, until);
    uint64_t got_sends = 0;
    for (size_t i = 0; i < s.n_parts; i++)
        got_sends += str_eqz(s.parts[i].endpoint, "send") ? s.parts[i].sum.n : 0;
    bool same = s.total.n == n && s.total.n_failed == failed && s.total.sum_ms == sum &&
                s.total.n_completed == n - failed && got_sends == sends &&
                s.total.bucket[2] == slow && s.n_errors == size_min((size_t)failed, 100) &&
                s.n_groups == (failed > 0) && (failed == 0 || s.groups[0].count == failed);
    if (!same)
        T_FAIL("%s, from %lld to %lld: %llu of %llu", when, (long long)since, (long long)until,
               (unsigned long long)s.total.n, (unsigned long long)n);
}

static void figures_of_any_range_equal_a_recount(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f, backend);
    put_spread(&f);
    static const int64_t edges[] = { 0,
                                     START,
                                     START + 1,
                                     START + 60000,
                                     1700002800000, /* an hour begins */
                                     1700006400000, /* a day begins */
                                     1700006400000 + 1234567,
                                     START + (int64_t)SPREAD / 2 * SPREAD_STEP - 20 * 60000,
                                     1700092800000, /* the next day begins */
                                     START + (int64_t)SPREAD * SPREAD_STEP };
    for (int restarted = 0; restarted < 2; restarted++) {
        for (size_t i = 0; i < ZS_COUNT(edges); i++)
            for (size_t k = 0; k < ZS_COUNT(edges); k++)
                if (edges[k] == 0 || edges[i] <= edges[k])
                    check_range(&f, edges[i], edges[k], restarted ? "restarted" : "fresh");
        fix_restart(&f, backend);
    }
    fix_done(&f);
}

static void too_many_texts_become_others(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    uint64_t m = put_message(&f, "M", "c/lab/send", NULL);
    enum { TEXTS = STORE_EXEC_GROUPS + 50 };
    struct store_outcome *list = arena_make(f.a, struct store_outcome, 2 * TEXTS);
    T_TRUE(list != NULL);
    for (size_t i = 0; i < (size_t)2 * TEXTS; i++) {
        struct buf b;
        buf_init_arena(&b, f.a, 32);
        buf_fmt(&b, "E%zu", i % TEXTS);
        list[i] = (struct store_outcome){ .seq = m,
                                          .lane = STR("c/lab/send"),
                                          .state = DELIVERY_REJECTED,
                                          .sent = true,
                                          .error = buf_view(&b) };
    }
    struct store_op op = { .kind = STORE_OUTCOMES, .outcomes = { list, (size_t)2 * TEXTS } };
    put_ops(&f, &op, 1);
    T_EQ_INT(op.rc, RC_OK);
    for (int settled = 0; settled < 2; settled++) {
        struct store_exec_stats s = stats_of(&f, "lab", 0, 0);
        uint64_t n = 0;
        T_TRUE(s.n_groups <= STORE_EXEC_GROUPS);
        T_EQ_STR(s.groups[s.n_groups - 1].error, "other errors");
        for (size_t i = 0; i < s.n_groups; i++)
            n += s.groups[i].count;
        T_EQ_SIZE(n, (size_t)2 * TEXTS);
        T_EQ_SIZE(s.n_errors, 100);
        T_OK(store_settle(f.s, &e), &e);
    }
    fix_done(&f);
}

/* ---- what does not fit -------------------------------------------------------------------- */

static void names_that_are_too_long_are_refused(void **state)
{
    (void)state;
    struct fix f;
    char name[102];
    memset(name, 'x', sizeof name);
    name[101] = '\0';
    fix_init(&f, backend);
    T_EQ_SIZE(put_exec(&f, name, "read"), 0);
    T_EQ_SIZE(put_exec(&f, "lab", name), 0);
    T_TRUE(put_exec(&f, name + 1, name + 1) > 0);
    fix_done(&f);
}

static void an_end_that_is_too_large_loses_its_result(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_exec_full x;
    fix_init(&f, backend);
    uint64_t seq = put_exec(&f, "lab", "read");
    size_t n = (size_t)65 << 20;
    struct arena *large = arena_new("large", 0, (size_t)80 << 20);
    T_TRUE(large != NULL);
    char *big = arena_zero(large, n);
    T_TRUE(big != NULL);
    const struct store_exec_end end = { .seq = seq,
                                        .integration = STR("lab"),
                                        .endpoint = STR("read"),
                                        .state = EXEC_COMPLETED,
                                        .duration_ms = 3,
                                        .result = str_of(big, n) };
    struct store_op op = { .kind = STORE_EXEC_END, .exec_end = &end };
    put_ops(&f, &op, 1);
    T_EQ_INT(op.rc, RC_OK);
    T_OK(store_exec_read(f.s, seq, 0, f.a, &x, &e), &e);
    T_EQ_INT(x.row.state, EXEC_COMPLETED);
    T_TRUE(x.result_cut);
    T_EQ_SIZE(x.result.n, 0);
    arena_free(&large);
    fix_done(&f);
}

static void answers_say_when_memory_is_short(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, backend);
    put_samples(&f);
    for (int settled = 0; settled < 2; settled++) {
        struct arena *small = arena_new("test", 256, 400);
        struct store_exec_row *rows = NULL;
        struct store_exec_full x;
        struct store_exec_stats s;
        size_t n = 0;
        bool more = false;
        const struct store_exec_query q = { .limit = 9 };
        T_TRUE(small && arena_raw(small, 100) != NULL);
        T_EQ_INT(store_execs(f.s, &q, small, &rows, &n, &more, &e), RC_NOMEM);
        T_EQ_INT(store_exec_read(f.s, 2, 0, small, &x, &e), RC_NOMEM);
        T_EQ_INT(store_exec_stats(f.s, STR("lab"), 0, 0, small, &s, &e), RC_NOMEM);
        arena_free(&small);
        T_OK(store_settle(f.s, &e), &e);
    }
    fix_done(&f);
}

static int run(const struct backend *b)
{
    const struct CMUnitTest tests[] = {
        T_TEST(lists_hold_what_is_asked_for_newest_first),
        T_TEST(a_list_is_the_same_wherever_the_index_stands),
        T_TEST(a_call_reads_back_whole),
        T_TEST(an_attempt_reads_back_whole),
        T_TEST(rows_and_wholes_agree),
        T_TEST(calls_cut_off_are_handed_out_after_a_restart),
        T_TEST(figures_add_up),
        T_TEST(figures_of_any_range_equal_a_recount),
        T_TEST(too_many_texts_become_others),
        T_TEST(names_that_are_too_long_are_refused),
        T_TEST(an_end_that_is_too_large_loses_its_result),
        T_TEST(answers_say_when_memory_is_short),
    };
    backend = b;
    return cmocka_run_group_tests_name(b->name, tests, NULL, NULL);
}

int main(void)
{
    int failed = run(&backend_mem);
    return failed + run(&backend_journal);
}
