#include "base/buf.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static void appending(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 1000);
    buf_z(&b, "a");
    buf_char(&b, 'b');
    buf_str(&b, str_of("c\0d", 3));
    buf_fill(&b, '-', 3);
    buf_u64(&b, 0);
    buf_u64(&b, UINT64_MAX);
    buf_i64(&b, INT64_MIN);
    buf_hex(&b, "\x00\xff\x1a", 3);
    buf_fmt(&b, "[%d]", 7);
    buf_add(&b, NULL, 0);
    buf_fill(&b, 'x', 0);
    buf_hex(&b, NULL, 0);
    T_EQ_BYTES(buf_view(&b), STR("abc\0d---018446744073709551615-922337203685477580800ff1a[7]"));
    T_OK(buf_rc(&b, &e), &e);
    buf_eat(&b, 2);
    buf_cut(&b, 3);
    buf_cut(&b, 100);
    T_EQ_BYTES(buf_view(&b), STR("c\0d"));
    T_EQ_Z(buf_cstr(&b) + 2, "d");
    T_EQ_SIZE(b.n, 3);
    buf_done(&b);
    T_EQ_SIZE(b.n, 0);
    buf_z(&b, "again");
    T_EQ_STR(buf_view(&b), "again");
    buf_done(&b);
}

/* What does not fit changes nothing, and everything after it does nothing. */
static void the_ceiling(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 5);
    buf_z(&b, "12345");
    T_EQ_INT(buf_rc(&b, &e), RC_OK);
    buf_char(&b, '6');
    T_EQ_INT(buf_rc(&b, &e), RC_LIMIT);
    T_EQ_Z(e.id, "BASE-001");
    T_EQ_STR(buf_view(&b), "12345");
    buf_cut(&b, 1);
    buf_char(&b, 'x');
    T_EQ_STR(buf_view(&b), "1");
    T_TRUE(buf_room(&b, 1) == NULL);
    buf_clear(&b);
    buf_z(&b, "ok");
    T_EQ_STR(buf_view(&b), "ok");
    buf_z(&b, "1234");
    T_EQ_STR(buf_view(&b), "ok");
    buf_done(&b);

    buf_init(&b, 4);
    buf_fmt(&b, "%s", "1234"); /* a text that just fits, as with every other append */
    T_EQ_STR(buf_view(&b), "1234");
    T_TRUE(buf_cstr(&b) == NULL);
    buf_done(&b);

    buf_init(&b, 100);
    buf_hex(&b, "x", SIZE_MAX / 2 + 1);
    T_EQ_INT(buf_rc(&b, &e), RC_LIMIT);
    buf_done(&b);
}

static void long_formatted_texts(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 601);
    buf_fmt(&b, "%0300d", 7);
    buf_fmt(&b, "%0300d", 8);
    T_EQ_SIZE(b.n, 600);
    T_EQ_STR(str_sub(buf_view(&b), 298, 4), "0700");
    T_EQ_INT(b.p[599], '8');
    buf_fmt(&b, "%0300d", 9);
    T_EQ_INT(b.failed, RC_LIMIT);
    T_EQ_SIZE(b.n, 600);
    buf_done(&b);
}

static void room_is_filled_by_the_caller(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    char *p = buf_room(&b, 10);
    T_TRUE(p != NULL);
    memcpy(p, "0123", 4);
    buf_added(&b, 4);
    T_EQ_STR(buf_view(&b), "0123");
    buf_done(&b);
}

static void memory_failures_are_sticky(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    for (size_t k = 1;; k++) {
        buf_init(&b, 1u << 20);
        mem_fail_at(k);
        for (int i = 0; i < 100; i++)
            buf_z(&b, "0123456789");
        bool failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_EQ_INT(buf_rc(&b, &e), failed ? RC_NOMEM : RC_OK);
        T_EQ_SIZE(b.n % 10, 0);
        T_EQ_INT(b.n == 1000, !failed);
        buf_done(&b);
        if (!failed)
            break;
    }
}

static void over_an_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 256, 2048);
    struct buf b;
    struct err e;
    buf_init_arena(&b, a, 1u << 20);
    for (int i = 0; i < 40; i++)
        buf_z(&b, "0123456789");
    T_EQ_SIZE(b.n, 400);
    for (int i = 0; i < 400; i++)
        buf_z(&b, "0123456789");
    T_EQ_INT(buf_rc(&b, &e), RC_NOMEM);
    T_EQ_Z(e.id, "BASE-002");
    T_TRUE(b.n >= 400 && b.n % 10 == 0);
    buf_done(&b);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(appending),
        T_TEST(the_ceiling),
        T_TEST(long_formatted_texts),
        T_TEST(room_is_filled_by_the_caller),
        T_TEST(memory_failures_are_sticky),
        T_TEST(over_an_arena),
    };
    return T_RUN(tests);
}
