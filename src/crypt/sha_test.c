/* Vectors: FIPS 180-4 examples (as in RFC 6234) and RFC 4231 (HMAC). */
#include "crypt/sha.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const char *hex(const uint8_t h[SHA256_BYTES])
{
    static char out[2 * SHA256_BYTES + 1];
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = "0123456789abcdef"[h[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[h[i] & 15];
    }
    out[sizeof out - 1] = '\0';
    return out;
}

static const struct {
    const char *name, *in, *want;
} sha_rows[] = {
    { "empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void test_sha(void **state)
{
    (void)state;
    struct sha256 *h = sha256_new();
    T_TRUE(h != NULL);
    for (size_t i = 0; i < ZS_COUNT(sha_rows); i++) {
        T_ROW(sha_rows[i].name);
        struct str in = str_z(sha_rows[i].in);
        uint8_t out[SHA256_BYTES];
        sha256_once(in, out);
        T_EQ_Z(hex(out), sha_rows[i].want);
        sha256_of(h, in, out);
        T_EQ_Z(hex(out), sha_rows[i].want);
        for (size_t k = 0; k < in.n; k++)
            sha256_add(h, str_sub(in, k, 1));
        sha256_end(h, out);
        T_EQ_Z(hex(out), sha_rows[i].want);
    }
    sha256_add(h, STR("to be forgotten"));
    sha256_reset(h);
    uint8_t out[SHA256_BYTES];
    sha256_of(h, STR("abc"), out);
    T_EQ_Z(hex(out), sha_rows[1].want);
    sha256_free(&h);
    T_TRUE(h == NULL);
    sha256_free(&h);
}

static const struct {
    const char *name, *key, *in, *want;
} hmac_rows[] = {
    { "case 1", "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
      "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "case 2", "Jefe", "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "empty key and text", "", "",
      "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
};

static void test_hmac(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(hmac_rows); i++) {
        T_ROW(hmac_rows[i].name);
        struct hmac256 *h = hmac256_new(str_z(hmac_rows[i].key));
        T_TRUE(h != NULL);
        for (int twice = 0; twice < 2; twice++) {
            uint8_t out[SHA256_BYTES];
            hmac256_add(h, str_z(hmac_rows[i].in));
            hmac256_end(h, out);
            T_EQ_Z(hex(out), hmac_rows[i].want);
        }
        hmac256_free(&h);
    }
}

static void test_same(void **state)
{
    (void)state;
    T_TRUE(crypt_same("abc", "abc", 3));
    T_FALSE(crypt_same("abc", "abd", 3));
    T_TRUE(crypt_same("abc", "abd", 2));
    T_TRUE(crypt_same("", "", 0));
}

static void test_no_memory(void **state)
{
    (void)state;
    mem_fail_at(1);
    T_TRUE(sha256_new() == NULL);
    mem_fail_at(1);
    T_TRUE(hmac256_new(STR("k")) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_sha),
        T_TEST(test_hmac),
        T_TEST(test_same),
        T_TEST(test_no_memory),
    };
    return T_RUN(tests);
}
