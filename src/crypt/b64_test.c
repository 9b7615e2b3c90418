/* Vectors: RFC 4648 section 10, and the strictness of b64.h. */
#include "crypt/b64.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const struct {
    const char *in, *std, *url;
} good[] = {
    { "", "", "" },
    { "f", "Zg==", "Zg" },
    { "fo", "Zm8=", "Zm8" },
    { "foo", "Zm9v", "Zm9v" },
    { "foob", "Zm9vYg==", "Zm9vYg" },
    { "fooba", "Zm9vYmE=", "Zm9vYmE" },
    { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
    { "\xfb\xff\xfe", "+//+", "-__-" },
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(good); i++) {
        T_ROW(good[i].std);
        struct err e;
        struct buf b;
        buf_init(&b, 100);
        b64_add(&b, str_z(good[i].in));
        T_EQ_BYTES(buf_view(&b), str_z(good[i].std));
        buf_clear(&b);
        b64url_add(&b, str_z(good[i].in));
        T_EQ_BYTES(buf_view(&b), str_z(good[i].url));
        buf_clear(&b);
        T_OK(b64_decode(str_z(good[i].std), &b, &e), &e);
        T_EQ_BYTES(buf_view(&b), str_z(good[i].in));
        buf_clear(&b);
        T_OK(b64url_decode(str_z(good[i].url), &b, &e), &e);
        T_EQ_BYTES(buf_view(&b), str_z(good[i].in));
        buf_done(&b);
    }
}

static const struct {
    const char *name, *in;
    bool url;
    size_t pos;
} refused[] = {
    { "no padding", "Zg", false, 2 },
    { "half the padding", "Zg=", false, 3 },
    { "too much padding", "Z===", false, 1 },
    { "padding only", "====", false, 0 },
    { "padding inside", "Zg==Zg==", false, 2 },
    { "white space", "Zm9v\nZm", false, 7 },
    { "white space in a full group", "Zm9\n", false, 3 },
    { "bits behind the last byte", "Zh==", false, 1 },
    { "bits behind the last two", "Zm9=", false, 2 },
    { "the other alphabet", "-__-", false, 0 },
    { "url: the other alphabet", "+//+", true, 0 },
    { "url: padding", "Zg==", true, 2 },
    { "url: one character", "Z", true, 1 },
    { "url: bits behind", "Zh", true, 1 },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(refused); i++) {
        T_ROW(refused[i].name);
        struct err e;
        struct buf b;
        buf_init(&b, 100);
        buf_z(&b, "kept");
        struct str in = str_z(refused[i].in);
        T_EQ_INT(refused[i].url ? b64url_decode(in, &b, &e) : b64_decode(in, &b, &e), RC_SYNTAX);
        T_EQ_Z(e.id, "CRYPT-002");
        T_EQ_SIZE(e.pos, refused[i].pos);
        T_EQ_STR(buf_view(&b), "kept");
        buf_done(&b);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct err e;
    struct buf b;
    buf_init(&b, 3);
    T_EQ_INT(b64_decode(STR("Zm9vYmFy"), &b, &e), RC_LIMIT);
    buf_clear(&b);
    b64_add(&b, STR("foo"));
    T_EQ_INT(buf_rc(&b, &e), RC_LIMIT);
    buf_done(&b);
    buf_init(&b, 100);
    mem_fail_at(1);
    T_EQ_INT(b64_decode(STR("Zm9v"), &b, &e), RC_NOMEM);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(test_good), T_TEST(test_refused),
                                        T_TEST(test_limits) };
    return T_RUN(tests);
}
