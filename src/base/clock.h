/*
 * Time, injected. Code that needs the time takes a `const struct clock *`; app hands in the real
 * one, tests a fake they move by hand.
 *
 * Wall clock: milliseconds since 1970-01-01T00:00:00Z (`_at`, `_ms`); may jump, never used for
 * timeouts. Monotonic: nanoseconds since an arbitrary start (`_mono`).
 *
 * Thread  any; the fake one: whoever sets it must not race its readers.
 */
#ifndef ZS_BASE_CLOCK_H
#define ZS_BASE_CLOCK_H

#include "base/defs.h"

struct clock {
    int64_t (*now_ms)(const struct clock *c);
    uint64_t (*mono_ns)(const struct clock *c);
};

struct clock_fake {
    struct clock clock;
    int64_t at_ms;
    uint64_t mono;
};

const struct clock *clock_real(void);
void clock_fake_init(struct clock_fake *f, int64_t at_ms);
void clock_fake_step(struct clock_fake *f, int64_t ms); /* moves both */

static inline int64_t clock_now_ms(const struct clock *c)
{
    return c->now_ms(c);
}

static inline uint64_t clock_mono_ns(const struct clock *c)
{
    return c->mono_ns(c);
}

#endif
