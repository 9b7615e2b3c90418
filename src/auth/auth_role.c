/*
 * Roles and what they may do: each verb names the least role. Tests: auth_role_test.c
 */
#include "auth/auth.h"

static const char *const role_names[] = { "nobody", "viewer", "operator", "editor", "admin" };

static const struct {
    const char *name;
    enum auth_role least;
} verbs[] = {
    [AUTH_READ] = { "read", AUTH_VIEWER },         [AUTH_CONTENT] = { "content", AUTH_OPERATOR },
    [AUTH_OPERATE] = { "operate", AUTH_OPERATOR }, [AUTH_SEND] = { "send", AUTH_OPERATOR },
    [AUTH_EDIT] = { "edit", AUTH_EDITOR },         [AUTH_MANAGE] = { "manage", AUTH_ADMIN },
};

bool auth_may(enum auth_role role, enum auth_verb verb)
{
    return (size_t)verb < ZS_COUNT(verbs) && role != AUTH_NOBODY && role <= AUTH_ADMIN &&
           role >= verbs[verb].least;
}

const char *auth_role_name(enum auth_role role)
{
    return (size_t)role < ZS_COUNT(role_names) ? role_names[role] : "nobody";
}

const char *auth_verb_name(enum auth_verb verb)
{
    return (size_t)verb < ZS_COUNT(verbs) ? verbs[verb].name : "";
}

enum rc auth_role_parse(struct str s, enum auth_role *out, struct err *e)
{
    for (size_t i = AUTH_VIEWER; i < ZS_COUNT(role_names); i++)
        if (str_eqz(s, role_names[i])) {
            *out = (enum auth_role)i;
            return RC_OK;
        }
    return err_set(e, RC_VALUE, "AUTH-001", "a role is viewer, operator, editor or admin");
}

enum rc auth_allow(const struct principal *p, enum auth_verb verb, struct err *e)
{
    if (auth_may(p->role, verb))
        return RC_OK;
    return err_set(e, RC_DENIED, "AUTH-014", "the role %s may not %s", auth_role_name(p->role),
                   auth_verb_name(verb));
}
