#include "base/secret.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static void compares(void **state)
{
    (void)state;
    static const struct {
        const char *name, *known, *given;
        bool equal;
    } rows[] = {
        { "equal", "correct horse", "correct horse", true },
        { "last differs", "correct horse", "correct horsf", false },
        { "first differs", "correct horse", "dorrect horse", false },
        { "given shorter", "correct horse", "correct hors", false },
        { "given longer", "correct horse", "correct horse ", false },
        { "repeated", "aa", "aaaa", false },
        { "given empty", "a", "", false },
        { "known empty", "", "a", false },
        { "both empty", "", "", true },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct secret known = { rows[i].known, strlen(rows[i].known) };
        T_ROW(rows[i].name);
        T_EQ_INT(secret_eq(known, str_z(rows[i].given)), rows[i].equal);
    }
    T_FALSE(secret_eq(SECRET_NONE, STR("x")));
    T_FALSE(secret_eq((struct secret){ "a\0b", 3 }, str_of("a\0c", 3)));
}

static void copies(void **state)
{
    (void)state;
    struct arena *a = arena_new("secret", 0, 4096);
    struct secret s = SECRET_NONE;
    struct err e;
    arena_wipe_on_free(a);
    T_OK(secret_copy(a, STR("hush"), &s, &e), &e);
    T_EQ_STR(secret_bytes(s), "hush");
    T_EQ_INT(secret_copy(a, str_of("x", 5000), &s, &e), RC_NOMEM);
    T_EQ_Z(e.id, "BASE-002");
    T_EQ_STR(secret_bytes(s), "hush");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(compares), T_TEST(copies) };
    return T_RUN(tests);
}
