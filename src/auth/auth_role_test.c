#include "auth/auth.h"

#include "tests/lib/t.h"

/* Row: verb; column: nobody, viewer, operator, editor, admin. */
static const bool table[AUTH_N_VERBS][5] = {
    [AUTH_READ] = { false, true, true, true, true },
    [AUTH_CONTENT] = { false, false, true, true, true },
    [AUTH_OPERATE] = { false, false, true, true, true },
    [AUTH_SEND] = { false, false, true, true, true },
    [AUTH_EDIT] = { false, false, false, true, true },
    [AUTH_MANAGE] = { false, false, false, false, true },
};

static void who_may_what(void **state)
{
    (void)state;
    for (size_t verb = 0; verb < AUTH_N_VERBS; verb++)
        for (size_t role = 0; role < 5; role++) {
            struct principal p = { .role = (enum auth_role)role };
            struct err e;
            T_ROW(auth_verb_name((enum auth_verb)verb));
            T_EQ_INT(auth_may(p.role, (enum auth_verb)verb), table[verb][role]);
            enum rc rc = auth_allow(&p, (enum auth_verb)verb, &e);
            T_EQ_INT(rc, table[verb][role] ? RC_OK : RC_DENIED);
            if (rc != RC_OK)
                T_EQ_Z(e.id, "AUTH-014");
        }
    T_ROW(NULL);
    T_FALSE(auth_may((enum auth_role)5, AUTH_READ));
    T_FALSE(auth_may(AUTH_ADMIN, AUTH_N_VERBS));
}

static void names(void **state)
{
    (void)state;
    static const char *const roles[] = { "viewer", "operator", "editor", "admin" };
    enum auth_role role = AUTH_NOBODY;
    struct err e;
    for (size_t i = 0; i < ZS_COUNT(roles); i++) {
        T_OK(auth_role_parse(str_z(roles[i]), &role, &e), &e);
        T_EQ_INT(role, i + 1);
        T_EQ_Z(auth_role_name(role), roles[i]);
    }
    T_EQ_INT(auth_role_parse(STR("nobody"), &role, &e), RC_VALUE);
    T_EQ_INT(auth_role_parse(STR("Admin"), &role, &e), RC_VALUE);
    T_EQ_Z(e.id, "AUTH-001");
    T_EQ_INT(role, AUTH_ADMIN);
    T_EQ_Z(auth_role_name((enum auth_role)9), "nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(who_may_what), T_TEST(names) };
    return T_RUN(tests);
}
