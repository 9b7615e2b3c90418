#include "auth/password.h"

#include "tests/lib/t.h"

static void hashed_and_recognised(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 65536);
    struct str one, two;
    struct err e;
    T_OK(password_hash(STR("correct horse battery"), a, &one, &e), &e);
    T_OK(password_hash(STR("correct horse battery"), a, &two, &e), &e);
    T_TRUE(str_starts(one, STR("$argon2id$v=19$m=65536,t=2,p=1$")));
    T_FALSE(str_eq(one, two)); /* salted */
    T_TRUE(password_check(STR("correct horse battery"), one));
    T_TRUE(password_check(STR("correct horse battery"), two));
    static const char *const wrong[] = { "correct horse batterz", "correct horse batter",
                                         "correct horse battery ", "" };
    for (size_t i = 0; i < ZS_COUNT(wrong); i++) {
        T_ROW(wrong[i]);
        T_FALSE(password_check(str_z(wrong[i]), one));
    }
    T_ROW(NULL);
    arena_free(&a);
}

static void no_hash_opens_for_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str hash;
    } rows[] = {
        { "no such user", { NULL, 0 } },
        { "empty", STR_INIT("") },
        { "in clear", STR_INIT("correct horse battery") },
        { "cut off", STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$6o881zHvcmRKvp7PkO2sAg") },
        { "too long",
          STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$6o881zHvcmRKvp7PkO2sAg$GNEXOl8Hr9tRwWUf99Te"
                   "GNEXOl8Hr9tRwWUf99TeGNEXOl8Hr9tRwWUf99TeGNEXOl8Hr9tRwWUf99TeGNEXOl8Hr9t") },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        T_FALSE(password_check(STR("correct horse battery"), rows[i].hash));
    }
    T_ROW(NULL);
}

static void lengths_are_limited(void **state)
{
    (void)state;
    static char text[PASSWORD_MAX + 1];
    static const struct {
        const char *name;
        size_t n;
        enum rc rc;
    } rows[] = {
        { "empty", 0, RC_VALUE },
        { "one short", PASSWORD_MIN - 1, RC_VALUE },
        { "shortest", PASSWORD_MIN, RC_OK },
        { "longest", PASSWORD_MAX, RC_OK },
        { "one more", PASSWORD_MAX + 1, RC_VALUE },
    };
    struct arena *a = arena_new("test", 0, 65536);
    memset(text, 'p', sizeof text);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct err e = { 0 };
        struct str hash;
        T_ROW(rows[i].name);
        T_EQ_INT(password_hash(str_of(text, rows[i].n), a, &hash, &e), rows[i].rc);
        T_EQ_Z(e.id, rows[i].rc ? "AUTH-040" : NULL);
    }
    T_ROW(NULL);
    T_FALSE(password_check(str_of(text, sizeof text), STR_NULL));
    struct arena *tight = arena_new("tight", 64, 64);
    struct err e;
    struct str hash;
    T_EQ_INT(password_hash(str_of(text, 20), tight, &hash, &e), RC_NOMEM);
    T_EQ_Z(e.id, "AUTH-002");
    arena_free(&tight);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(hashed_and_recognised),
        T_TEST(no_hash_opens_for_nobody),
        T_TEST(lengths_are_limited),
    };
    return T_RUN(tests);
}
