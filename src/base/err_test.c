#include "base/codes.h"
#include "base/err.h"

#include "base/utf8.h"
#include "tests/lib/t.h"

#include <errno.h>

static void setting_fills_the_record(void **state)
{
    (void)state;
    struct err e;
    memset(&e, 0x5a, sizeof e);
    T_EQ_INT(err_set(&e, RC_VALUE, "X-001", "%s of %d", "one", 3), RC_VALUE);
    T_EQ_INT(e.code, RC_VALUE);
    T_EQ_INT(e.fate, FATE_NONE);
    T_EQ_Z(e.id, "X-001");
    T_EQ_Z(e.text, "one of 3");
    T_EQ_Z(e.where, "");
    T_EQ_SIZE(e.pos, ERR_NO_POS);
    T_EQ_INT(e.line, 0);
    T_EQ_INT(e.sys, 0);
    T_EQ_Z(e.src_file, "src/base/err_test.c");
    T_EQ_INT(err_set_at(&e, RC_SYNTAX, "X-002", 17, "no"), RC_SYNTAX);
    T_EQ_SIZE(e.pos, 17);
    err_where(&e, "PID-%d", 3);
    T_EQ_Z(e.where, "PID-3");
    T_EQ_INT(err_fate(&e, FATE_REJECT), RC_SYNTAX);
    T_EQ_INT(e.fate, FATE_REJECT);
    T_EQ_INT(err_sys(&e, "X-003", ENOENT, "cannot open %s", "f"), RC_IO);
    T_EQ_Z(e.text, "cannot open f: No such file or directory");
    T_EQ_INT(e.sys, ENOENT);
    T_EQ_Z(e.where, ""); /* nothing of the error before stays */
}

static void no_record_is_fine(void **state)
{
    (void)state;
    T_EQ_INT(err_set(NULL, RC_LIMIT, "X-001", "x"), RC_LIMIT);
    T_EQ_INT(err_set_at(NULL, RC_LIMIT, "X-001", 1, "x"), RC_LIMIT);
    T_EQ_INT(err_sys(NULL, "X-001", EIO, "x"), RC_IO);
    T_EQ_INT(err_fate(NULL, FATE_RETRY), RC_BUG);
    err_where(NULL, "x");
}

/* Cut at a character, whatever the length of what stands before it. */
static void long_text_is_cut_visibly(void **state)
{
    (void)state;
    struct err e;
    char text[400];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', sizeof text);
        for (size_t i = shift; i + 3 < sizeof text - 1; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 3);
        text[sizeof text - 1] = '\0';
        (void)err_set(&e, RC_VALUE, "X-001", "%s", text);
        err_where(&e, "%s", text);
        T_TRUE(strlen(e.text) < sizeof e.text && strlen(e.text) > sizeof e.text - 8);
        T_TRUE(str_ends(str_z(e.text), STR("\xe2\x80\xa6")));
        T_TRUE(utf8_is_valid(str_z(e.text), NULL));
        T_TRUE(str_ends(str_z(e.where), STR("\xe2\x80\xa6")));
        T_TRUE(utf8_is_valid(str_z(e.where), NULL));
    }
    memset(text, 'a', sizeof text);
    text[sizeof e.text - 1] = '\0';
    (void)err_set(&e, RC_VALUE, "X-001", "%s", text);
    T_EQ_Z(e.text, text); /* what just fits is not cut */
    (void)err_sys(&e, "X-001", EIO, "%s", text);
    T_EQ_SIZE(strlen(e.text), sizeof e.text - 1);
}

static void names(void **state)
{
    (void)state;
    T_EQ_Z(rc_name(RC_OK), "ok");
    T_EQ_Z(rc_name(RC_SYNTAX), "syntax");
    T_EQ_Z(rc_name(RC_BUG), "bug");
    T_EQ_Z(rc_name((enum rc)99), "bug");
    T_EQ_Z(fate_name(FATE_NONE), "none");
    T_EQ_Z(fate_name(FATE_OPERATOR), "operator");
    T_EQ_Z(fate_name((enum fate)99), "none");
}

static void codes_are_sorted_and_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < base_n_codes; i++) {
        T_ROW(base_codes[i].id);
        T_TRUE(i == 0 || strcmp(base_codes[i - 1].id, base_codes[i].id) < 0);
        T_TRUE(str_ends(str_z(base_codes[i].meaning), STR(".")));
        T_TRUE(base_codes[i].action[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(setting_fills_the_record),      T_TEST(no_record_is_fine),
        T_TEST(long_text_is_cut_visibly),      T_TEST(names),
        T_TEST(codes_are_sorted_and_complete),
    };
    return T_RUN(tests);
}
