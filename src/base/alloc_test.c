#include "base/alloc.h"

#include "base/clock.h"
#include "base/defs.h"
#include "tests/lib/t.h"

static void zeroed_and_sized(void **state)
{
    (void)state;
    int *v = mem_array(int, 100);
    for (size_t i = 0; i < 100; i++)
        T_EQ_INT(v[i], 0);
    mem_free(v);
    T_TRUE(mem_array(int, SIZE_MAX / 2) == NULL);
    void *p = mem_alloc(0);
    T_TRUE(p != NULL);
    mem_free(p);
    mem_free(NULL);
    char *g = mem_grow(NULL, 3);
    memcpy(g, "abc", 3);
    g = mem_grow(g, 1000);
    T_EQ_BYTES(str_of(g, 3), STR("abc"));
    mem_wipe(g, 1000);
    T_EQ_BYTES(str_of(g, 3), str_of("\0\0\0", 3));
    mem_wipe(NULL, 0);
    mem_free(g);
}

static void the_kth_fails_once(void **state)
{
    (void)state;
    mem_fail_at(3);
    char *a = mem_alloc(8);
    char *b = mem_zero(8);
    T_EQ_SIZE(mem_fail_left(), 1);
    T_TRUE(mem_grow(a, 16) == NULL); /* a stays valid */
    a[0] = 'x';
    T_EQ_SIZE(mem_fail_left(), 0);
    char *c = mem_alloc(8);
    T_TRUE(c != NULL);
    mem_fail_at(1);
    mem_fail_at(0);
    char *d = mem_alloc(8);
    T_TRUE(d != NULL);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(d);
}

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    size_t out = 7;
    T_TRUE(size_add(3, 4, &out));
    T_EQ_SIZE(out, 7);
    T_TRUE(size_mul(3, 4, &out));
    T_EQ_SIZE(out, 12);
    T_FALSE(size_add(SIZE_MAX, 1, &out));
    T_FALSE(size_mul(SIZE_MAX / 2, 3, &out));
    T_EQ_SIZE(out, 12);
    T_EQ_SIZE(size_min(1, 2), 1);
    T_EQ_SIZE(size_max(1, 2), 2);
}

static void clocks(void **state)
{
    (void)state;
    struct clock_fake f;
    clock_fake_init(&f, 1000);
    uint64_t mono = clock_mono_ns(&f.clock);
    T_EQ_INT(clock_now_ms(&f.clock), 1000);
    clock_fake_step(&f, 250);
    T_EQ_INT(clock_now_ms(&f.clock), 1250);
    T_EQ_SIZE(clock_mono_ns(&f.clock) - mono, 250000000u);
    clock_fake_step(&f, -250); /* the wall clock may go back, the other never */
    T_EQ_INT(clock_now_ms(&f.clock), 1000);
    T_EQ_SIZE(clock_mono_ns(&f.clock) - mono, 250000000u);
    T_TRUE(clock_now_ms(clock_real()) > 1704067200000);
    uint64_t first = clock_mono_ns(clock_real());
    T_TRUE(clock_mono_ns(clock_real()) >= first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(zeroed_and_sized),
        T_TEST(the_kth_fails_once),
        T_TEST(sizes_do_not_wrap),
        T_TEST(clocks),
    };
    return T_RUN(tests);
}
