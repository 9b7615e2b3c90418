/*
 * The system's randomness and the seeded kind for tests. Tests: random_test.c
 */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

static void real_fill(void *ctx, void *p, size_t n)
{
    (void)ctx; /* one kernel: no state */
    unsigned char *at = p;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0) {
            ZS_ASSERT(errno == EINTR); /* nothing weaker may stand in: see random.h */
            continue;
        }
        at += got;
        n -= (size_t)got;
    }
}

const struct random *random_real(void)
{
    static const struct random real = { .fill = real_fill, .ctx = NULL };
    return &real;
}

/* splitmix64 (Steele, Lea, Flood 2014): short, and every seed is a good one. */
static uint64_t fake_next(struct random_fake *f)
{
    f->state += 0x9e3779b97f4a7c15u;
    uint64_t z = f->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void fake_fill(void *ctx, void *p, size_t n)
{
    struct random_fake *f = ctx;
    unsigned char *at = p;
    while (n > 0) {
        uint64_t word = fake_next(f);
        for (size_t i = 0; i < 8 && n > 0; i++, n--) {
            *at++ = (unsigned char)word;
            word >>= 8;
        }
    }
}

void random_fake_init(struct random_fake *f, uint64_t seed)
{
    *f = (struct random_fake){ .random = { .fill = fake_fill, .ctx = f }, .state = seed };
}

uint64_t random_u64(const struct random *r)
{
    unsigned char b[8];
    random_bytes(r, b, sizeof b);
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof b; i++)
        v |= (uint64_t)b[i] << (8 * i);
    return v;
}

uint64_t random_below(const struct random *r, uint64_t n)
{
    if (n < 2)
        return 0;
    /* drop the uneven rest at the low end, so that every remainder is equally likely */
    uint64_t uneven = (0 - n) % n;
    uint64_t v = random_u64(r);
    while (v < uneven)
        v = random_u64(r);
    return v % n;
}
