/*
 * The real clock and the one tests move. Tests: clock_test.c
 */
#include "base/clock.h"

static int64_t real_now_ms(const struct clock *c)
{
    (void)c; /* one real clock: no state */
    struct timespec t;
    ZS_ASSERT(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t real_mono_ns(const struct clock *c)
{
    (void)c; /* as above */
    struct timespec t;
    ZS_ASSERT(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

const struct clock *clock_real(void)
{
    static const struct clock real = { .now_ms = real_now_ms, .mono_ns = real_mono_ns };
    return &real;
}

static const struct clock_fake *fake_of(const struct clock *c)
{
    return (const struct clock_fake *)(const void *)c; /* clock is the first member */
}

static int64_t fake_now_ms(const struct clock *c)
{
    return fake_of(c)->at_ms;
}

static uint64_t fake_mono_ns(const struct clock *c)
{
    return fake_of(c)->mono;
}

void clock_fake_init(struct clock_fake *f, int64_t at_ms)
{
    *f = (struct clock_fake){ .clock = { .now_ms = fake_now_ms, .mono_ns = fake_mono_ns },
                              .at_ms = at_ms,
                              .mono = 1000000000u };
}

void clock_fake_step(struct clock_fake *f, int64_t ms)
{
    f->at_ms += ms;
    if (ms > 0)
        f->mono += (uint64_t)ms * 1000000u;
}
