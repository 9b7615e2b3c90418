/* A segment's first block and its name. */
#include "store/journal/segment.h"

#include "tests/lib/t.h"

static const struct segment_head sample = { .store_id = "1f0c2a9e",
                                            .number = 0x1234,
                                            .first_seq = 99,
                                            .created_at = 1700000000000,
                                            .prev = { 1, 2, 3 } };

static void a_first_block_reads_back(void **state)
{
    (void)state;
    unsigned char block[SEGMENT_HEAD];
    struct segment_head h;
    struct err e;
    segment_head_write(&sample, block);
    T_OK(segment_head_read(str_of((const char *)block, sizeof block), &h, &e), &e);
    T_EQ_Z(h.store_id, "1f0c2a9e");
    T_EQ_SIZE(h.number, 0x1234);
    T_EQ_SIZE(h.first_seq, 99);
    T_EQ_INT(h.created_at, 1700000000000);
    T_EQ_INT(memcmp(h.prev, sample.prev, sizeof h.prev), 0);
}

static void a_block_of_zeros_is_a_prepared_segment(void **state)
{
    (void)state;
    static const unsigned char block[SEGMENT_HEAD];
    struct segment_head h;
    T_EQ_INT(segment_head_read(str_of((const char *)block, sizeof block), &h, NULL), RC_MISSING);
}

static void every_flipped_bit_of_a_first_block_is_found(void **state)
{
    (void)state;
    unsigned char block[SEGMENT_HEAD];
    struct segment_head h;
    struct err e;
    segment_head_write(&sample, block);
    for (size_t bit = 0; bit < (size_t)8 * 128; bit++) {
        block[bit / 8] ^= (unsigned char)(1u << bit % 8);
        enum rc rc = segment_head_read(str_of((const char *)block, sizeof block), &h, &e);
        if (rc != RC_PEER && rc != RC_VALUE)
            T_FAIL("bit %zu", bit);
        block[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    T_EQ_INT(segment_head_read(str_of((const char *)block, 100), &h, &e), RC_PEER);
    T_EQ_Z(e.id, "STORE-012");
}

static void names_are_numbers_and_back(void **state)
{
    (void)state;
    char name[SEGMENT_NAME];
    uint64_t number = 0;
    segment_name(0xab, name);
    T_EQ_Z(name, "00000000000000ab.zj");
    T_TRUE(segment_number("00000000000000ab.zj", &number));
    T_EQ_SIZE(number, 0xab);
    static const char *const others[] = { "",
                                          "clean",
                                          "00000000000000ab",
                                          "00000000000000ab.zjx",
                                          "00000000000000AB.zj",
                                          "0000000000000ab.zj",
                                          "00000000000000ag.zj",
                                          "0000000000000000.zj" };
    for (size_t i = 0; i < ZS_COUNT(others); i++) {
        T_ROW(others[i]);
        T_FALSE(segment_number(others[i], &number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_first_block_reads_back),
        T_TEST(a_block_of_zeros_is_a_prepared_segment),
        T_TEST(every_flipped_bit_of_a_first_block_is_found),
        T_TEST(names_are_numbers_and_back),
    };
    return T_RUN(tests);
}
