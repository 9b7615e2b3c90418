/*
 * The bucket: never one request too many, never one too few for long, whatever the moments of
 * asking are, and from several threads at once.
 */
#include "flow/link_int.h"
#include "tests/lib/t.h"

#define SECOND UINT64_C(1000000000)

static const struct row {
    const char *name;
    struct config_rate conf;
    uint64_t at_ms[12]; /* when somebody asks, from the start */
    const char *want;   /* what they hear: 1 goes, 0 waits */
    uint64_t wait_ms;   /* said to the last one that waits */
} rows[] = {
    { "burst first", { 2, 1000, 3 }, { 0, 0, 0, 0 }, "1110", 500 },
    { "one each half second", { 2, 1000, 1 }, { 0, 499, 500, 500, 1000 }, "10101", 500 },
    { "a third is no whole", { 3, 1000, 1 }, { 0, 333, 334, 667, 1000, 1000 }, "101010", 334 },
    { "a pause earns the burst and no more",
      { 1, 1000, 2 },
      { 0, 0, 9000, 9000, 9000 },
      "11110",
      1000 },
    { "ten in a minute", { 10, 60000, 1 }, { 0, 5999, 6000, 6000 }, "1010", 6000 },
    { "a million in a day", { 1000000, 86400000, 1 }, { 0, 86, 87, 87 }, "1010", 87 },
    { "one a day", { 1, 86400000, 1 }, { 0, 86399999, 86400000, 86400000 }, "1010", 86400000 },
    { "a great burst", { 1, 86400000, 1000000 }, { 0, 0, 0, 0 }, "1111", 0 },
};

static void goes_and_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct link_rate r;
        uint64_t wait = 0;
        T_ROW(row->name);
        link_rate_init(&r, &row->conf, SECOND);
        for (size_t k = 0; row->want[k]; k++) {
            bool got = link_rate_take(&r, SECOND + row->at_ms[k] * 1000000, &wait);
            T_EQ_INT(got ? '1' : '0', row->want[k]);
        }
        T_EQ_SIZE(wait, row->wait_ms);
        mutex_done(&r.lock);
    }
}

static void who_waits_as_told_goes(void **state)
{
    (void)state;
    static const struct config_rate conf = { 7, 1000, 1 };
    struct link_rate r;
    uint64_t now = 5 * SECOND, wait = 0;
    link_rate_init(&r, &conf, now);
    T_TRUE(link_rate_take(&r, now, &wait));
    for (size_t i = 0; i < 1000; i++) {
        T_FALSE(link_rate_take(&r, now, &wait));
        T_TRUE(wait >= 142 && wait <= 143);
        now += wait * 1000000;
        T_TRUE(link_rate_take(&r, now, &wait));
    }
}

static void odd_moments_earn_no_extra(void **state)
{
    (void)state;
    static const struct config_rate conf = { 333, 1000, 10 };
    struct link_rate r;
    uint64_t now = SECOND, wait = 0;
    size_t n = 0;
    link_rate_init(&r, &conf, now);
    for (; now < 101 * SECOND; now += 777777)
        n += link_rate_take(&r, now, &wait) ? 1 : 0;
    T_EQ_SIZE(n, 33300 + 9); /* the burst's tenth stands in for the first of them */
}

static void full_means_forgettable(void **state)
{
    (void)state;
    static const struct config_rate conf = { 1, 1000, 2 };
    struct link_rate r;
    uint64_t wait = 0;
    link_rate_init(&r, &conf, SECOND);
    T_TRUE(link_rate_is_full(&r, SECOND));
    T_TRUE(link_rate_take(&r, SECOND, &wait));
    T_FALSE(link_rate_is_full(&r, SECOND + SECOND / 2));
    T_TRUE(link_rate_is_full(&r, 2 * SECOND));
}

struct taker {
    struct thread thread;
    struct link_rate *rate;
    size_t n;
};

static void take_many(void *ctx)
{
    struct taker *t = ctx;
    uint64_t wait = 0;
    for (uint64_t now = SECOND; now < 2 * SECOND; now += 100000)
        t->n += link_rate_take(t->rate, now, &wait) ? 1 : 0;
}

static void threads_share_one_bucket(void **state)
{
    (void)state;
    static const struct config_rate conf = { 100, 1000, 20 };
    struct link_rate r;
    struct taker takers[4];
    struct err e;
    size_t n = 0;
    link_rate_init(&r, &conf, SECOND);
    for (size_t i = 0; i < ZS_COUNT(takers); i++) {
        takers[i] = (struct taker){ .rate = &r };
        T_OK(thread_start(&takers[i].thread, "taker", take_many, &takers[i], &e), &e);
    }
    for (size_t i = 0; i < ZS_COUNT(takers); i++) {
        thread_join(&takers[i].thread);
        n += takers[i].n;
    }
    T_EQ_SIZE(n, 20 + 99); /* the hundredth comes with the second's end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(goes_and_waits),
        T_TEST(who_waits_as_told_goes),
        T_TEST(odd_moments_earn_no_extra),
        T_TEST(full_means_forgettable),
        T_TEST(threads_share_one_bucket),
    };
    return T_RUN(tests);
}
