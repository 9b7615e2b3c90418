#include "base/hash.h"

#include "base/buf.h"
#include "tests/lib/t.h"

static void crc32c_vectors(void **state)
{
    (void)state;
    /* RFC 3720 B.4 and the common check value */
    static const struct {
        const char *name;
        struct str in;
        uint32_t crc;
    } rows[] = {
        { "nothing", STR_INIT(""), 0 },
        { "check", STR_INIT("123456789"), 0xe3069283 },
        { "32 zeros", STR_INIT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
          0x8a9136aa },
        { "32 up",
          STR_INIT("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
                   "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"),
          0x46dd794e },
        { "text", STR_INIT("The quick brown fox jumps over the lazy dog"), 0x22620404 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct str in = rows[i].in;
        T_ROW(rows[i].name);
        T_EQ_SIZE(hash_crc32c(0, in.p, in.n), rows[i].crc);
        T_EQ_SIZE(hash_crc32c_soft(0, in.p, in.n), rows[i].crc);
        for (size_t cut = 0; cut <= in.n; cut++) {
            uint32_t first = hash_crc32c(0, in.p, cut);
            T_EQ_SIZE(hash_crc32c(first, in.p + cut, in.n - cut), rows[i].crc);
        }
    }
}

static const struct hash_key key = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };

/* Key 00 … 0f, input 00, 01, 02 …: the reference implementation's vectors, checked with OpenSSL. */
static const struct {
    size_t n;
    uint64_t sip64;
    const char *sip128;
} sip[] = {
    { 0, 0x726fdb47dd0e0e31, "a3817f04ba25a8e66df67214c7550293" },
    { 1, 0x74f839c593dc67fd, "da87c1d86b99af44347659119b22fc45" },
    { 7, 0xab0200f58b01d137, "a1f1ebbed8dbc153c0b84aa61ff08239" },
    { 8, 0x93f5f5799a932462, "3b62a9ba6258f5610f83e264f31497b4" },
    { 15, 0xa129ca6149be45e5, "5493e99933b0a8117e08ec0f97cfc3d9" },
    { 16, 0x3f2acc7f57c29bdb, "6ee2a4ca67b054bbfd3315bf85230577" },
    { 63, 0x958a324ceb064572, "5150d1772f50834a503e069a973fbd7c" },
};

static void siphash_vectors(void **state)
{
    (void)state;
    char in[64];
    struct buf hex;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)i;
    buf_init(&hex, 64);
    for (size_t i = 0; i < ZS_COUNT(sip); i++) {
        T_ROW(sip[i].sip128);
        T_EQ_SIZE(hash_sip64(&key, str_of(in, sip[i].n)), sip[i].sip64);
        struct hash128 wide = hash_sip128(&key, str_of(in, sip[i].n));
        buf_clear(&hex);
        buf_hex(&hex, wide.b, sizeof wide.b);
        T_EQ_STR(buf_view(&hex), sip[i].sip128);
    }
    buf_done(&hex);
}

static void siphash_in_any_pieces(void **state)
{
    (void)state;
    char in[63];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)i;
    for (size_t step = 1; step < 20; step++) {
        struct hash_sip h;
        hash_sip64_init(&h, &key);
        for (size_t at = 0; at < sizeof in; at += step)
            hash_sip_add(&h, str_sub(str_of(in, sizeof in), at, step));
        hash_sip_add(&h, STR(""));
        T_EQ_SIZE(hash_sip64_end(&h), 0x958a324ceb064572);
    }
    struct hash_sip h;
    hash_sip64_init(&h, &key);
    hash_sip_u64(&h, 0x0706050403020100u);
    T_EQ_SIZE(hash_sip64_end(&h), 0x93f5f5799a932462);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(crc32c_vectors),
        T_TEST(siphash_vectors),
        T_TEST(siphash_in_any_pieces),
    };
    return T_RUN(tests);
}
