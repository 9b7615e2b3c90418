#include "base/clock.h"

#include "tests/lib/t.h"

static void fake_stands_until_it_is_moved(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t step;
        int64_t now;
        uint64_t mono; /* gained */
    } rows[] = {
        { "not moved", 0, 1000, 0 },
        { "forward moves both", 250, 1250, 250000000u },
        { "back moves the wall clock only", -100, 1150, 250000000u },
    };
    struct clock_fake f;
    clock_fake_init(&f, 1000);
    uint64_t begin = clock_mono_ns(&f.clock);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        clock_fake_step(&f, rows[i].step);
        T_EQ_INT(clock_now_ms(&f.clock), rows[i].now);
        T_EQ_SIZE(clock_mono_ns(&f.clock) - begin, rows[i].mono);
    }
}

static void real_one_goes_on(void **state)
{
    (void)state;
    uint64_t a = clock_mono_ns(clock_real());
    uint64_t b = clock_mono_ns(clock_real());
    T_TRUE(b >= a);
    T_TRUE(clock_now_ms(clock_real()) > 1700000000000); /* after 2023 */
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(fake_stands_until_it_is_moved),
                                        T_TEST(real_one_goes_on) };
    return T_RUN(tests);
}
