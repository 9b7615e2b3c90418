/*
 * Executions in the journal's index: what is summed when a day is over, what is made again, what a
 * full disk leaves out. Power cuts by seed are in tests/torture/store_crash.c.
 */
#include "store/contract.h"
#include "store/journal/segment.h"
#include "store/journal/state_exec.h"
#include "tests/torture/store_fault.h"

#include <limits.h>

#define START    1700000000000 /* 2023-11-14T22:13:20Z */
#define HOUR     ((int64_t)3600000)
#define ATTEMPTS 120 /* one an hour: five days and a bit */

static void drop(const struct fix *f, const char *name)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < ZS_COUNT(tails); i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/index/%s%s", f->path, name, tails[i]);
        T_TRUE(n > 0 && (size_t)n < sizeof path);
        (void)unlink(path); /* not every one is there */
    }
}

static void put_hours(struct fix *f)
{
    uint64_t m = put_message(f, "M", "c/lab/send", NULL);
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        put_attempt(f, m, "c/lab/send", i, i % 4 == 0 ? "X-001 no" : NULL);
        clock_fake_step(&f->clock, HOUR);
    }
}

static struct store_exec_stats stats_of(struct fix *f, int64_t since, int64_t until)
{
    struct err e;
    struct store_exec_stats s;
    T_OK(store_exec_stats(f->s, STR("lab"), since, until, f->a, &s, &e), &e);
    return s;
}

static void check_figures(const struct store_exec_stats *stats)
{
    struct store_exec_stats s = *stats;
    T_EQ_SIZE(s.total.n, ATTEMPTS);
    T_EQ_SIZE(s.total.n_failed, ATTEMPTS / 4);
    T_EQ_SIZE(s.total.sum_ms, ATTEMPTS * (ATTEMPTS - 1) / 2);
    T_EQ_SIZE(s.total.min_ms, 0);
    T_EQ_INT(s.total.min_start, START);
    T_EQ_SIZE(s.total.max_ms, ATTEMPTS - 1);
    T_EQ_SIZE(s.total.bucket[0], 100);
    T_EQ_SIZE(s.total.bucket[1], ATTEMPTS - 100);
    T_EQ_SIZE(s.n_groups, 1);
    T_EQ_SIZE(s.groups[0].count, ATTEMPTS / 4);
    T_EQ_INT(s.groups[0].first_at, START);
    T_EQ_INT(s.groups[0].last_at, START + (ATTEMPTS - 4) * HOUR);
}

static void check_parts(struct fix *f)
{
    const struct store_exec_stats all = stats_of(f, 0, 0);
    check_figures(&all);
    T_EQ_SIZE(all.n_errors, ATTEMPTS / 4);
    for (int64_t from = 0; from < ATTEMPTS; from += 17) {
        struct store_exec_stats s = stats_of(f, START + from * HOUR, START + ATTEMPTS * HOUR);
        T_EQ_SIZE(s.total.n, ATTEMPTS - from);
        s = stats_of(f, START, START + from * HOUR + 1);
        T_EQ_SIZE(s.total.n, from + 1);
        T_EQ_SIZE(s.n_groups ? s.groups[0].count : 0, from / 4 + 1);
    }
}

/* How many days state.db has totals of, and what these add up to. */
static size_t summed_days(struct fix *f, uint64_t *n)
{
    struct state s;
    struct err e;
    char path[PATH_MAX];
    struct state_day *days = NULL;
    struct state_total *totals = NULL;
    size_t n_days = 0;
    size_t n_totals = 0;
    size_t summed = 0;
    int length = snprintf(path, sizeof path, "%s/index", f->path);
    T_TRUE(length > 0 && (size_t)length < sizeof path);
    T_OK(state_open_read(&s, path, &e), &e);
    T_OK(state_days(&s, f->a, &days, &n_days, &e), &e);
    for (size_t i = 0; i < n_days; i++)
        summed += days[i].summed;
    T_OK(state_totals(&s, STR("lab"), INT64_MIN, f->a, &totals, &n_totals, &e), &e);
    *n = 0;
    for (size_t i = 0; i < n_totals; i++)
        *n += totals[i].span.sum.n;
    state_close(&s);
    return summed;
}

static void days_that_are_over_are_summed_once(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    uint64_t n = 0;
    fix_init(&f, &backend_journal);
    put_hours(&f);
    for (int i = 0; i < 3; i++) {
        T_OK(store_settle(f.s, &e), &e);
        check_parts(&f);
        T_EQ_SIZE(summed_days(&f, &n), 5);
        T_EQ_SIZE(n, 98); /* 2 of the first day, 24 of each of the next four */
        fix_restart(&f, &backend_journal);
    }
    fix_done(&f);
}

static void totals_answer_while_a_day_is_made_again(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    uint64_t n = 0;
    fix_init(&f, &backend_journal);
    put_hours(&f);
    T_OK(store_settle(f.s, &e), &e);
    fix_stop(&f);
    T_EQ_SIZE(summed_days(&f, &n), 5);
    drop(&f, "2023-11-16.db");
    backend_journal.start(&f);
    const struct store_exec_stats now = stats_of(&f, 0, 0); /* made again or not */
    check_figures(&now);
    T_TRUE(now.n_errors >= ATTEMPTS / 4 - 6); /* those of that day may not be readable yet */
    T_OK(store_settle(f.s, &e), &e);
    check_parts(&f);
    fix_done(&f);
}

static void figures_survive_lost_files(void **state)
{
    (void)state;
    static const char *const names[] = { "state.db", "2023-11-14.db", "2023-11-15.db",
                                         "2023-11-18.db", "2023-11-19.db" };
    for (size_t i = 0; i < ZS_COUNT(names); i++) {
        struct fix f;
        struct err e;
        fix_init(&f, &backend_journal);
        put_hours(&f);
        if (i % 2)
            T_OK(store_settle(f.s, &e), &e);
        fix_stop(&f);
        T_ROW(names[i]);
        drop(&f, names[i]);
        f.n_notices = 0;
        backend_journal.start(&f);
        T_TRUE(fix_noticed(&f, "STORE-034"));
        T_OK(store_settle(f.s, &e), &e);
        check_parts(&f);
        fix_restart(&f, &backend_journal);
        T_OK(store_settle(f.s, &e), &e);
        check_parts(&f);
        fix_done(&f);
    }
}

/* An index of the format before is not gone on with. */
static void an_older_index_is_made_again(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct db db;
    char path[PATH_MAX];
    fix_init(&f, &backend_journal);
    put_hours(&f);
    T_OK(store_settle(f.s, &e), &e);
    fix_stop(&f);
    int n = snprintf(path, sizeof path, "%s/index/state.db", f.path);
    T_TRUE(n > 0 && (size_t)n < sizeof path);
    T_OK(db_open(&db, path, DB_CREATE, "STORE-036", &e), &e);
    T_OK(db_exec(&db, "PRAGMA user_version = 1", &e), &e);
    db_close(&db);
    backend_journal.start(&f);
    T_TRUE(fix_noticed(&f, "STORE-034"));
    T_OK(store_settle(f.s, &e), &e);
    check_parts(&f);
    fix_done(&f);
}

static void a_full_disk_refuses_begins_and_takes_ends(void **state)
{
    (void)state;
    struct fix f;
    struct fault fault;
    struct err e;
    fault_init(&fault, 1);
    fix_init(&f, &backend_journal);
    fix_stop(&f);
    f.path[0] = '\0';
    f.conf = (struct journal_conf){
        .segment_bytes = 256 << 10, .min_free_bytes = 1, .retry_ms = 5, .io = &fault.io
    };
    backend_journal.start(&f);
    fault_dir(&fault, datadir_journal_fd(f.dir));
    enum { CALLS = 60 };
    uint64_t begun[CALLS];
    for (size_t i = 0; i < CALLS; i++)
        begun[i] = put_exec(&f, "lab", "read");
    mutex_lock(&fault.lock);
    fault.no_room = true;
    mutex_unlock(&fault.lock);
    char body[8001];
    memset(body, 'b', 8000);
    body[8000] = '\0';
    while (put_message(&f, body, "lane", NULL)) {
    }
    while (put_exec(&f, "lab", "read")) { /* small ones still fit, but not for ever */
    }
    char result[30001];
    memset(result, 'r', 30000);
    result[30000] = '\0';
    for (size_t i = 0; i < CALLS; i++) {
        const struct store_exec_end end = { .seq = begun[i],
                                            .integration = STR("lab"),
                                            .endpoint = STR("read"),
                                            .state = EXEC_FAILED,
                                            .duration_ms = 1,
                                            .error = STR("HTTP 500: Internal Server Error"),
                                            .result = str_z(result) };
        struct store_op op = { .kind = STORE_EXEC_END, .exec_end = &end };
        put_ops(&f, &op, 1);
        T_EQ_INT(op.rc, RC_OK);
    }
    struct store_exec_full x;
    T_OK(store_exec_read(f.s, begun[CALLS - 1], 0, f.a, &x, &e), &e);
    T_EQ_INT(x.row.state, EXEC_FAILED);
    T_EQ_STR(x.row.error, "HTTP 500: Internal Server Error");
    T_TRUE(x.result_cut);
    T_EQ_SIZE(x.result.n, 0);
    fix_done(&f);
    fault_done(&fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(days_that_are_over_are_summed_once),
        T_TEST(totals_answer_while_a_day_is_made_again),
        T_TEST(figures_survive_lost_files),
        T_TEST(an_older_index_is_made_again),
        T_TEST(a_full_disk_refuses_begins_and_takes_ends),
    };
    return T_RUN(tests);
}
