#include "base/uuid.h"

#include "tests/lib/t.h"

static void fill_fixed(void *ctx, void *p, size_t n)
{
    memset(p, *(const int *)ctx, n);
}

static void versions_and_variants_are_stamped(void **state)
{
    (void)state;
    int ones = 0xff;
    int zero = 0;
    struct random all_ones = { fill_fixed, &ones };
    struct random all_zero = { fill_fixed, &zero };
    struct uuid u;
    char text[UUID_TEXT_SIZE];

    uuid_v4(&u, &all_ones);
    uuid_text(&u, text);
    T_EQ_Z(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    uuid_v4(&u, &all_zero);
    uuid_text(&u, text);
    T_EQ_Z(text, "00000000-0000-4000-8000-000000000000");

    /* the example of RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00 */
    uuid_v7(&u, 1645557742000, &all_zero);
    uuid_text(&u, text);
    T_EQ_Z(text, "017f22e2-79b0-7000-8000-000000000000");
    T_EQ_INT(uuid_v7_ms(&u), 1645557742000);
}

static void text_is_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        enum rc rc;
        size_t pos;
        const char *out;
    } rows[] = {
        { "lower", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", RC_OK, 0,
          "017f22e2-79b0-7cc3-98c4-dc0c0c07398f" },
        { "upper", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", RC_OK, 0,
          "017f22e2-79b0-7cc3-98c4-dc0c0c07398f" },
        { "empty", "", RC_SYNTAX, 0, NULL },
        { "no dash", "017f22e2x79b0-7cc3-98c4-dc0c0c07398f", RC_SYNTAX, 8, NULL },
        { "bad digit", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", RC_SYNTAX, 35, NULL },
        { "short", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", RC_SYNTAX, 35, NULL },
        { "long", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", RC_SYNTAX, 36, NULL },
        { "braces", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", RC_SYNTAX, 0, NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct uuid u;
        struct err e = { .pos = 0 };
        char text[UUID_TEXT_SIZE];
        T_ROW(rows[i].name);
        T_EQ_INT(uuid_parse(str_z(rows[i].in), &u, &e), rows[i].rc);
        if (rows[i].rc == RC_OK) {
            uuid_text(&u, text);
            T_EQ_Z(text, rows[i].out);
        } else {
            T_EQ_Z(e.id, "BASE-008");
            T_EQ_SIZE(e.pos, rows[i].pos);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(versions_and_variants_are_stamped),
        T_TEST(text_is_read_back),
    };
    return T_RUN(tests);
}
