/*
 * Users, and logging in. The password is checked without the lock, which takes its time; whoever
 * was changed meanwhile is not let in with what was true before. Tests: auth_session_test.c
 */
#include "auth/auth_int.h"
#include "auth/password.h"

#include "base/alloc.h"

#define USER_WHO      "user:"
#define LOGIN_WAIT_MS 1000

void auth_users_init(struct auth *a)
{
    strmap_init(&a->users, NULL, AUTH_USERS_MAX);
}

static void forget(struct user *u)
{
    mem_wipe(u, sizeof *u);
    mem_free(u);
}

void auth_users_done(struct auth *a)
{
    size_t it = 0;
    void *u;
    while (strmap_next(&a->users, &it, NULL, &u))
        forget(u);
    strmap_done(&a->users);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '@';
}

enum rc auth_user_name_check(struct str name, struct err *e)
{
    bool sound = name.n > 0 && name.n < AUTH_NAME_MAX;
    for (size_t i = 0; sound && i < name.n; i++)
        sound = is_name_char(name.p[i]);
    if (!sound)
        return err_set(e, RC_VALUE, "AUTH-041",
                       "a user's name is 1 to %d letters, digits and . _ - @", AUTH_NAME_MAX - 1);
    return RC_OK;
}

static enum rc check_user(const struct auth_user *user, struct err *e)
{
    size_t hash_n = strnlen(user->hash, sizeof user->hash);
    enum rc rc =
        auth_user_name_check(str_of(user->name, strnlen(user->name, sizeof user->name)), e);
    if (rc != RC_OK)
        return rc;
    if (user->role < AUTH_VIEWER || user->role > AUTH_ADMIN || hash_n == 0 ||
        hash_n == sizeof user->hash)
        return err_set(e, RC_VALUE, "AUTH-041", "role or password hash of the user is not sound");
    return RC_OK;
}

static enum rc add_user(struct auth *a, const struct user *from, struct err *e)
{
    struct err why = { 0 };
    struct user *u = mem_new(struct user);
    if (!u)
        return auth_no_memory(e);
    *u = *from;
    if (strmap_put(&a->users, str_z(u->is.name), u, &why) == RC_OK)
        return RC_OK;
    forget(u);
    if (why.code == RC_LIMIT)
        return err_set(e, RC_LIMIT, "AUTH-042", "there are %d users already", AUTH_USERS_MAX);
    return auth_no_memory(e);
}

enum rc auth_user_set(struct auth *a, const struct auth_user *user, struct err *e)
{
    enum rc rc = check_user(user, e);
    if (rc != RC_OK)
        return rc;
    LOCK_SCOPE(guard, &a->mutex);
    struct user next = { .is = *user, .generation = ++a->generation };
    (void)auth_sessions_end(&a->sessions, str_z(user->name)); /* however many they were */
    struct user *u = strmap_get(&a->users, str_z(user->name));
    if (u) {
        *u = next;
        return RC_OK;
    }
    return add_user(a, &next, e);
}

enum rc auth_user_remove(struct auth *a, struct str name, struct err *e)
{
    LOCK_SCOPE(guard, &a->mutex);
    struct user *u = strmap_take(&a->users, name);
    if (!u)
        return err_set(e, RC_MISSING, "AUTH-043", "there is no such user");
    forget(u);
    (void)auth_sessions_end(&a->sessions, name); /* however many they were */
    return RC_OK;
}

/* ---- logging in --------------------------------------------------------------------------- */

/* What is needed while the lock is not held. */
struct attempt {
    bool known;
    uint64_t generation;
    char hash[AUTH_PASSWORD_HASH_MAX];
};

/*
 * May it be tried? The failure is counted now and taken back on success: else a burst of attempts
 * at once would all be heard before the first one counts.
 */
static enum rc begin(struct auth *a, const struct auth_login *login, struct attempt *out,
                     uint32_t *retry_ms, struct err *e)
{
    struct str ip = str_z(login->peer);
    LOCK_SCOPE(guard, &a->mutex);
    uint64_t now_mono = clock_mono_ns(a->clock);
    uint32_t wait_ms = auth_peers_wait_ms(&a->peers, ip, now_mono);
    if (wait_ms > 0) {
        *retry_ms = wait_ms;
        return err_set(e, RC_LIMIT, "AUTH-012", "too many failed attempts from this address");
    }
    if (a->n_logins >= AUTH_LOGINS_AT_ONCE) {
        *retry_ms = LOGIN_WAIT_MS;
        return err_set(e, RC_AGAIN, "AUTH-045", "others are logging in just now");
    }
    const struct user *u = strmap_get(&a->users, login->name);
    *out = (struct attempt){ .known = u && !u->is.disabled };
    if (out->known) {
        out->generation = u->generation;
        memcpy(out->hash, u->is.hash, sizeof out->hash);
    }
    auth_peers_failed(&a->peers, ip, now_mono);
    a->n_logins++;
    return RC_OK;
}

/* The principal, as long as the user is still what was checked. Under the lock. */
static bool still_there(struct auth *a, const struct auth_login *login, const struct attempt *at,
                        struct principal *who)
{
    const struct user *u = strmap_get(&a->users, login->name);
    if (!u || u->generation != at->generation)
        return false;
    *who = (struct principal){ .role = u->is.role };
    int n = snprintf(who->id, sizeof who->id, USER_WHO "%s", u->is.name);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof who->id);
    memcpy(who->name, u->is.name, sizeof who->name);
    return true;
}

static enum rc finish(struct auth *a, const struct auth_login *login, const struct attempt *at,
                      bool same, struct auth_session *out, uint32_t *retry_ms, struct err *e)
{
    uint8_t hash[32];
    struct principal who;
    auth_key_hash(secret_bytes(out->token), hash);
    LOCK_SCOPE(guard, &a->mutex);
    a->n_logins--;
    if (!same || !still_there(a, login, at, &who))
        return err_set(e, RC_DENIED, "AUTH-044", "name or password is wrong");
    auth_peers_forget(&a->peers, str_z(login->peer));
    enum rc rc = auth_sessions_open(&a->sessions, hash, clock_mono_ns(a->clock), &who, e);
    if (rc == RC_LIMIT)
        *retry_ms = AUTH_WINDOW_MS;
    if (rc == RC_OK)
        out->who = who;
    return rc;
}

enum rc auth_login(struct auth *a, const struct auth_login *login, struct arena *wiping,
                   struct auth_session *out, uint32_t *retry_ms, struct err *e)
{
    struct attempt at;
    uint32_t wait_ms = 0;
    struct auth_session made = { .token = SECRET_NONE };
    enum rc rc = auth_secret_text(a, STR(AUTH_SESSION), STR(""), wiping, &made.token, e);
    if (rc == RC_OK)
        rc = begin(a, login, &at, &wait_ms, e);
    if (rc == RC_OK) {
        bool same = password_check(login->password, at.known ? str_z(at.hash) : STR_NULL);
        rc = finish(a, login, &at, same && at.known, &made, &wait_ms, e);
    }
    if (wait_ms > 0 && retry_ms)
        *retry_ms = wait_ms;
    mem_wipe(&at, sizeof at);
    if (rc != RC_OK)
        return rc;
    made.expires_at = clock_now_ms(a->clock) + AUTH_SESSION_LIFE_MS;
    *out = made;
    return RC_OK;
}
