/* Vectors: RFC 8032 section 7.1. */
#include "crypt/ed25519.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static void unhex(const char *in, uint8_t *out, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    T_EQ_SIZE(strlen(in), 2 * n);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((size_t)(strchr(digits, in[2 * i]) - digits) << 4 |
                           (size_t)(strchr(digits, in[2 * i + 1]) - digits));
}

static const struct {
    const char *name, *seed, *public_key, *in, *sig;
} rows[] = {
    { "TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        uint8_t seed[ED25519_SEED_BYTES], want_pub[ED25519_PUBLIC_BYTES];
        uint8_t pub[ED25519_PUBLIC_BYTES], want_sig[ED25519_SIG_BYTES], sig[ED25519_SIG_BYTES];
        unhex(rows[i].seed, seed, sizeof seed);
        unhex(rows[i].public_key, want_pub, sizeof want_pub);
        unhex(rows[i].sig, want_sig, sizeof want_sig);
        struct ed25519_key *k = ed25519_key_new(seed);
        T_TRUE(k != NULL);
        ed25519_public(k, pub);
        T_EQ_BYTES(str_of((char *)pub, sizeof pub), str_of((char *)want_pub, sizeof want_pub));
        struct err e;
        T_OK(ed25519_sign(k, str_z(rows[i].in), sig, &e), &e);
        T_EQ_BYTES(str_of((char *)sig, sizeof sig), str_of((char *)want_sig, sizeof want_sig));
        T_OK(ed25519_verify(pub, str_z(rows[i].in), sig, &e), &e);
        T_EQ_INT(ed25519_verify(pub, STR("other bytes"), sig, &e), RC_DENIED);
        T_EQ_Z(e.id, "CRYPT-001");
        sig[7] ^= 1;
        T_EQ_INT(ed25519_verify(pub, str_z(rows[i].in), sig, &e), RC_DENIED);
        ed25519_key_free(&k);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    uint8_t seed[ED25519_SEED_BYTES] = { 1 };
    mem_fail_at(1);
    T_TRUE(ed25519_key_new(seed) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(test_vectors), T_TEST(test_no_memory) };
    return T_RUN(tests);
}
