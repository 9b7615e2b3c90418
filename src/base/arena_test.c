#include "base/alloc.h"
#include "base/arena.h"
#include "tests/lib/t.h"

static void limit_refuses_and_arena_stays_usable(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 1024);
    T_TRUE(a != NULL);
    T_TRUE(arena_raw(a, 2000) == NULL);
    char *p = arena_raw(a, 500);
    T_TRUE(p != NULL);
    T_TRUE(arena_size(a) <= 1024);
    T_TRUE(arena_raw(a, 600) == NULL);
    T_TRUE(arena_raw(a, 8) != NULL);
    arena_free(&a);
    T_TRUE(a == NULL);
}

static void rewind_gives_memory_back(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 1u << 20);
    struct arena_mark m = arena_mark(a);
    size_t before = arena_size(a);
    char *first = arena_raw(a, 16);
    T_TRUE(arena_raw(a, 5000) != NULL);
    T_TRUE(arena_size(a) > before);
    arena_rewind(a, m);
    T_EQ_SIZE(arena_size(a), before);
    T_TRUE(arena_raw(a, 16) == first);
    arena_free(&a);
}

static void grow_in_place_and_by_copy(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 4096, 1u << 20);
    char *p = arena_raw(a, 3);
    memcpy(p, "abc", 3);
    T_TRUE(arena_grow(a, p, 3, 100) == p);
    char *between = arena_raw(a, 1);
    T_TRUE(between != NULL);
    char *q = arena_grow(a, p, 100, 200);
    T_TRUE(q != p);
    T_EQ_BYTES(str_of(q, 3), STR("abc"));
    arena_free(&a);
}

static void allocator_failure_is_reported(void **state)
{
    (void)state;
    mem_fail_at(1);
    T_TRUE(arena_new("test", 0, 4096) == NULL);
    struct arena *a = arena_new("test", 256, 1u << 20);
    mem_fail_at(1);
    T_TRUE(arena_raw(a, 4096) == NULL);
    T_EQ_SIZE(mem_fail_left(), 0);
    T_TRUE(arena_make(a, int, SIZE_MAX / 2) == NULL);
    T_TRUE(arena_raw(a, 4096) != NULL);
    arena_free(&a);
}

static void strings_are_copied_and_terminated(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 8192);
    struct str s = arena_str(a, str_of("a\0b", 3));
    T_EQ_BYTES(s, str_of("a\0b", 3));
    T_EQ_INT(s.p[3], 0);
    T_EQ_STR(arena_str(a, STR_NULL), "");
    T_EQ_Z(arena_z(a, STR("xyz")), "xyz");
    T_TRUE(str_is_null(arena_str(a, str_of("x", 9000))));
    T_TRUE(arena_z(a, str_of("x", SIZE_MAX)) == NULL);
    arena_free(&a);
    arena_free(&a);
}

static void clearing_keeps_the_first_block(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 1024, 1u << 20);
    size_t before = arena_size(a);
    char *first = arena_raw(a, 10);
    T_TRUE(first != NULL && arena_raw(a, 100000) != NULL);
    arena_clear(a);
    T_EQ_SIZE(arena_size(a), before);
    T_TRUE(arena_raw(a, 10) == first);
    arena_free(&a);
}

/* What is given back inside a wiping arena is zero before anyone can have it again. */
static void wiping_arenas_leave_nothing(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 4096, 1u << 20);
    arena_wipe_on_free(a);
    struct arena_mark m = arena_mark(a);
    char *p = arena_raw(a, 16);
    memcpy(p, "secret secret se", 16);
    arena_rewind(a, m);
    char *again = arena_raw(a, 16);
    T_TRUE(again == p);
    for (size_t i = 0; i < 16; i++)
        T_EQ_INT(again[i], 0);
    arena_free(&a);
}

static void blocks_are_aligned_and_zeroed(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 1u << 20);
    for (size_t n = 1; n < 200; n++) {
        unsigned char *p = arena_zero(a, n);
        T_TRUE(p != NULL && (uintptr_t)p % _Alignof(max_align_t) == 0);
        for (size_t i = 0; i < n; i++)
            T_EQ_INT(p[i], 0);
        memset(p, 0xff, n);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(limit_refuses_and_arena_stays_usable),
        T_TEST(rewind_gives_memory_back),
        T_TEST(grow_in_place_and_by_copy),
        T_TEST(allocator_failure_is_reported),
        T_TEST(strings_are_copied_and_terminated),
        T_TEST(clearing_keeps_the_first_block),
        T_TEST(wiping_arenas_leave_nothing),
        T_TEST(blocks_are_aligned_and_zeroed),
    };
    return T_RUN(tests);
}
