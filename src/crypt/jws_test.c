/* Vectors: RFC 7515 A.1, which is RFC 7519 3.1; others by OpenSSL's command line. */
#include "crypt/jws.h"

#include "base/alloc.h"
#include "crypt/b64.h"
#include "tests/lib/t.h"

#define RFC_HEADER "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"
#define RFC_CLAIMS                                                                                 \
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
#define RFC_KEY                                                                                    \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

static const struct {
    const char *name;
    enum hmac_alg alg;
    const char *key64; /* base64url */
    const char *header, *payload, *want;
} rows[] = {
    { "RFC 7515 A.1", HMAC_SHA256, RFC_KEY, RFC_HEADER, RFC_CLAIMS,
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
    { "HS384", HMAC_SHA384, "c2VjcmV0", "{\"alg\":\"HS384\"}", "{}",
      "eyJhbGciOiJIUzM4NCJ9.e30.NiHzbLtCILGVuQuB6OAWY_lIAsa1ryzjXgmlXNBffdge11DNdD-aoxgo5ZOwtJza" },
    { "HS512", HMAC_SHA512, "c2VjcmV0", "{\"alg\":\"HS512\"}", "{}",
      "eyJhbGciOiJIUzUxMiJ9.e30.P_BilX5OMTZKsBDTFb9h2C5aNxDSLeVYdFVlW-"
      "kFPt8qhmCbCCSc59tt4AGdEHRhjIdKjE-Q-d0Se3XEk0_EuQ" },
};

static void signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct buf key, out;
        struct err e;
        buf_init(&key, 256);
        buf_init(&out, 4096);
        buf_z(&out, "Bearer "); /* what stands there already is not signed */
        T_OK(b64url_decode(str_z(rows[i].key64), &key, &e), &e);
        T_OK(jws_sign(rows[i].alg, buf_view(&key), str_z(rows[i].header), str_z(rows[i].payload),
                      &out, &e),
             &e);
        T_EQ_STR(str_from(buf_view(&out), 7), rows[i].want);
        buf_done(&key);
        buf_done(&out);
    }
}

static void names(void **state)
{
    (void)state;
    T_EQ_Z(jws_alg_name(HMAC_SHA256), "HS256");
    T_EQ_Z(jws_alg_name(HMAC_SHA384), "HS384");
    T_EQ_Z(jws_alg_name(HMAC_SHA512), "HS512");
}

static void no_room(void **state)
{
    (void)state;
    for (size_t max = 0; max < 20 + 43; max++) {
        struct buf out;
        struct err e;
        buf_init(&out, max);
        T_EQ_INT(jws_sign(HMAC_SHA256, STR("k"), STR("{\"alg\":\"HS256\"}"), STR("{}"), &out, &e),
                 RC_LIMIT);
        T_EQ_Z(e.id, "BASE-001");
        buf_done(&out);
    }
    struct buf out;
    struct err e;
    buf_init(&out, 4096);
    mem_fail_at(1);
    T_EQ_INT(jws_sign(HMAC_SHA256, STR("k"), STR("{}"), STR("{}"), &out, &e), RC_NOMEM);
    mem_fail_at(0);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(signs), T_TEST(names), T_TEST(no_room) };
    return T_RUN(tests);
}
