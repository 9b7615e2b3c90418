#include "base/random.h"

#include "base/uuid.h"
#include "tests/lib/t.h"

static void the_same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    /* the first two outputs of splitmix64 for seed 1234567, as published with the algorithm */
    struct random_fake f;
    random_fake_init(&f, 1234567);
    T_EQ_SIZE(random_u64(&f.random), 6457827717110365317u);
    T_EQ_SIZE(random_u64(&f.random), 3203168211198807973u);

    unsigned char a[11];
    unsigned char b[11];
    random_fake_init(&f, 7);
    random_bytes(&f.random, a, sizeof a);
    random_fake_init(&f, 7);
    random_bytes(&f.random, b, sizeof b);
    T_TRUE(memcmp(a, b, sizeof a) == 0);
    random_fake_init(&f, 8);
    random_bytes(&f.random, b, sizeof b);
    T_TRUE(memcmp(a, b, sizeof a) != 0);
}

static void below_is_below_and_reaches_all(void **state)
{
    (void)state;
    struct random_fake f;
    random_fake_init(&f, 42);
    T_EQ_SIZE(random_below(&f.random, 0), 0);
    T_EQ_SIZE(random_below(&f.random, 1), 0);
    unsigned seen = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t v = random_below(&f.random, 6);
        T_TRUE(v < 6);
        seen |= 1u << v;
    }
    T_EQ_SIZE(seen, 0x3f);
    T_TRUE(random_below(&f.random, UINT64_MAX) < UINT64_MAX);
}

static void the_real_one_differs_each_time(void **state)
{
    (void)state;
    unsigned char a[300] = { 0 };
    unsigned char b[300] = { 0 };
    random_bytes(random_real(), a, sizeof a);
    random_bytes(random_real(), b, sizeof b);
    T_TRUE(memcmp(a, b, sizeof a) != 0);
    size_t zeros = 0;
    for (size_t i = 0; i < sizeof a; i++)
        zeros += a[i] == 0 ? 1 : 0;
    T_TRUE(zeros < 30); /* the whole of it was filled */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(the_same_seed_gives_the_same_bytes),
        T_TEST(below_is_below_and_reaches_all),
        T_TEST(the_real_one_differs_each_time),
    };
    return T_RUN(tests);
}
