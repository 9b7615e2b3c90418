/*
 * How long to wait before the next attempt: doubled each time up to a most, and at random between
 * half of that and the whole, so that many who failed together do not come back together.
 *
 * Thread  any that may use the source of randomness.
 */
#ifndef ZS_FLOW_BACKOFF_H
#define ZS_FLOW_BACKOFF_H

#include "base/random.h"

/* attempts: made so far, 1 after the first. */
static inline uint64_t backoff_ms(unsigned attempts, uint64_t first_ms, uint64_t most_ms,
                                  const struct random *random)
{
    unsigned doublings = attempts > 0 ? attempts - 1 : 0;
    uint64_t most = most_ms;
    if (doublings < 32 && (first_ms << doublings) < most_ms)
        most = first_ms << doublings;
    return most / 2 + random_below(random, most / 2 + 1);
}

#endif
