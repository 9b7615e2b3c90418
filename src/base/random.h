/*
 * Randomness, injected. Code that needs it takes a `const struct random *`; app hands in the
 * system's (getrandom), tests a seeded one that gives the same bytes every run.
 *
 * The system's source cannot fail once the kernel's pool is ready; should the call be refused all
 * the same, the process aborts: no id, token or key may ever come from something weaker.
 *
 * Thread  the real one: any. The fake one: one at a time.
 */
#ifndef ZS_BASE_RANDOM_H
#define ZS_BASE_RANDOM_H

#include "base/defs.h"

struct random {
    void (*fill)(void *ctx, void *p, size_t n);
    void *ctx;
};

/* Not for secrets; the same seed gives the same bytes on every machine. */
struct random_fake {
    struct random random;
    uint64_t state;
};

const struct random *random_real(void);

/* f must stay where it is while f->random is in use. */
void random_fake_init(struct random_fake *f, uint64_t seed);

/* Named to stay clear of libc's random(). */
static inline void random_bytes(const struct random *r, void *p, size_t n)
{
    r->fill(r->ctx, p, n);
}

uint64_t random_u64(const struct random *r);

/* Evenly spread over 0 … n-1; n = 0 gives 0. For jitter, sampling, tests. */
uint64_t random_below(const struct random *r, uint64_t n);

#endif
