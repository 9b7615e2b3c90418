/* The claims, as any other implementation reads them: decoded here, signed by OpenSSL beforehand.
 */
#include "auth/cred_int.h"

#include "base/alloc.h"
#include "crypt/b64.h"
#include "tests/lib/t.h"

static const struct {
    const char *name;
    struct cred_conf conf;
    const char *header, *claims; /* decoded; the jti is the fake source's first */
} rows[] = {
    { "as the guide has it",
      { .jwt = { .secret = STR_INIT("s3cret") } },
      "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
      "{\"iat\":1700000000,\"exp\":1700003600,\"jti\":\"@\"}" },
    { "all of it",
      { .jwt = { .secret = STR_INIT("s3cret"),
                 .issuer = STR_INIT("zarish"),
                 .audience = STR_INIT("https://lab.example"),
                 .alg = CRED_HS384,
                 .expires_in_s = 60 } },
      "{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
      "{\"iss\":\"zarish\",\"aud\":\"https://lab.example\",\"iat\":1700000000,\"exp\":1700000060,"
      "\"jti\":\"@\"}" },
    { "a quote in a name",
      { .jwt = { .secret = STR_INIT("s3cret"), .issuer = STR_INIT("a\"b"), .alg = CRED_HS512 } },
      "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
      "{\"iss\":\"a\\\"b\",\"iat\":1700000000,\"exp\":1700003600,\"jti\":\"@\"}" },
};

static void decoded(struct str *rest, struct buf *out)
{
    struct str part;
    struct err e;
    T_TRUE(str_split(rest, '.', &part));
    buf_clear(out);
    T_OK(b64url_decode(part, out, &e), &e);
}

static void claims(void **state)
{
    (void)state;
    static const size_t mac_bytes[] = { 32, 48, 64 };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct random_fake random;
        struct buf token, part, want;
        struct err e;
        buf_init(&token, 8192);
        buf_init(&part, 8192);
        buf_init(&want, 8192);
        random_fake_init(&random, 1);
        T_OK(cred_jwt_sign(&rows[i].conf, 1700000000999, &random.random, &token, &e), &e);
        T_TRUE(str_starts(buf_view(&token), STR("Bearer ")));
        struct str rest = str_from(buf_view(&token), 7);
        decoded(&rest, &part);
        T_EQ_STR(buf_view(&part), rows[i].header);
        decoded(&rest, &part);
        /* a version 4 UUID stands where the row has an @ */
        struct str pattern = str_z(rows[i].claims);
        size_t at = str_chr(pattern, '@', 0);
        T_EQ_SIZE(part.n, pattern.n + 35);
        T_EQ_INT(buf_view(&part).p[at + 14], '4');
        buf_str(&want, str_sub(pattern, 0, at));
        buf_str(&want, str_sub(buf_view(&part), at, 36));
        buf_str(&want, str_from(pattern, at + 1));
        T_EQ_BYTES(buf_view(&part), buf_view(&want));
        decoded(&rest, &part);
        T_EQ_SIZE(part.n, mac_bytes[i]);
        buf_done(&token);
        buf_done(&part);
        buf_done(&want);
    }
}

static void without_memory(void **state)
{
    (void)state;
    enum rc rc = RC_NOMEM;
    for (size_t k = 1; rc == RC_NOMEM; k++) {
        struct buf token;
        struct err e;
        buf_init(&token, 8192);
        mem_fail_at(k);
        rc = cred_jwt_sign(&rows[1].conf, 0, random_real(), &token, &e);
        mem_fail_at(0);
        T_TRUE(rc == RC_OK || strcmp(e.id, "AUTH-002") == 0);
        buf_done(&token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(claims), T_TEST(without_memory) };
    return T_RUN(tests);
}
