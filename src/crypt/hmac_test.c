/* Vectors: RFC 4231 (HMAC with SHA-256, SHA-384 and SHA-512). */
#include "crypt/hmac.h"

#include "base/buf.h"
#include "tests/lib/t.h"

#define TWENTY_0B "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"

static const struct {
    const char *name, *key, *in;
    const char *want[3]; /* by enum hmac_alg */
} rows[] = {
    { "case 1",
      TWENTY_0B,
      "Hi There",
      { "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
        "faea9ea9076ede7f4af152e8b2fa9cb6",
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" } },
    { "case 2",
      "Jefe",
      "what do ya want for nothing?",
      { "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
        "8e2240ca5e69e2c78b3239ecfab21649",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" } },
    { "nothing with no key",
      "",
      "",
      { "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", NULL, NULL } },
};

static void vectors(void **state)
{
    (void)state;
    static const size_t bytes[] = { 32, 48, 64 };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        for (unsigned alg = HMAC_SHA256; alg <= HMAC_SHA512; alg++) {
            if (!rows[i].want[alg])
                continue;
            T_ROW(rows[i].name);
            uint8_t mac[HMAC_BYTES_MAX];
            struct err e;
            struct buf hex;
            T_EQ_SIZE(hmac_bytes((enum hmac_alg)alg), bytes[alg]);
            T_OK(hmac_of((enum hmac_alg)alg, str_z(rows[i].key), str_z(rows[i].in), mac, &e), &e);
            buf_init(&hex, 256);
            buf_hex(&hex, mac, bytes[alg]);
            T_EQ_STR(buf_view(&hex), rows[i].want[alg]);
            buf_done(&hex);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(vectors) };
    return T_RUN(tests);
}
