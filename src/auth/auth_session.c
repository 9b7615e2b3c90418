/*
 * Sessions, in a table that cannot grow. Times are of the monotonic clock: setting the machine's
 * clock neither ends nor prolongs one. Tests: auth_session_test.c
 */
#include "auth/auth_int.h"

#include "base/alloc.h"

#define NS_PER_MS UINT64_C(1000000)

struct session {
    struct list_node link;
    uint8_t hash[32];
    struct principal who;
    uint64_t since_mono, used_mono;
};

void auth_sessions_init(struct auth_sessions *s)
{
    strmap_init(&s->by_hash, NULL, AUTH_SESSIONS_MAX);
    list_init(&s->by_use);
}

static struct str hash_of(const uint8_t hash[32])
{
    return str_of((const char *)hash, 32);
}

static void drop(struct auth_sessions *s, struct session *one)
{
    (void)strmap_take(&s->by_hash, hash_of(one->hash)); /* it is this one */
    list_remove(&s->by_use, &one->link);
    mem_wipe(one, sizeof *one);
    mem_free(one);
}

void auth_sessions_done(struct auth_sessions *s)
{
    for (struct list_node *n = list_first(&s->by_use); n; n = list_first(&s->by_use))
        drop(s, ZS_CONTAINER(n, struct session, link));
    strmap_done(&s->by_hash);
}

static bool is_over(const struct session *one, uint64_t now)
{
    return now - one->since_mono >= (uint64_t)AUTH_SESSION_LIFE_MS * NS_PER_MS ||
           now - one->used_mono >= (uint64_t)AUTH_SESSION_IDLE_MS * NS_PER_MS;
}

bool auth_sessions_use(struct auth_sessions *s, const uint8_t hash[32], uint64_t now_mono,
                       struct principal *out)
{
    struct session *one = strmap_get(&s->by_hash, hash_of(hash));
    if (!one)
        return false;
    if (is_over(one, now_mono)) {
        drop(s, one);
        return false;
    }
    one->used_mono = now_mono;
    list_remove(&s->by_use, &one->link);
    list_push(&s->by_use, &one->link);
    *out = one->who;
    return true;
}

/* End those that are over; of what is left, count one user's and find its longest idle one. */
static size_t sweep(struct auth_sessions *s, const char *user, uint64_t now, struct session **idle)
{
    size_t n = 0;
    struct list_node *next;
    *idle = NULL;
    for (struct list_node *node = list_first(&s->by_use); node; node = next) {
        struct session *one = ZS_CONTAINER(node, struct session, link);
        next = list_next(&s->by_use, node);
        if (is_over(one, now)) {
            drop(s, one);
        } else if (strcmp(one->who.name, user) == 0) {
            n++;
            *idle = *idle ? *idle : one;
        }
    }
    return n;
}

enum rc auth_sessions_open(struct auth_sessions *s, const uint8_t hash[32], uint64_t now_mono,
                           const struct principal *who, struct err *e)
{
    struct session *idle;
    if (sweep(s, who->name, now_mono, &idle) >= AUTH_SESSIONS_EACH)
        drop(s, idle);
    if (s->by_use.n >= AUTH_SESSIONS_MAX)
        return err_set(e, RC_LIMIT, "AUTH-046", "%d sessions are open already", AUTH_SESSIONS_MAX);
    struct session *one = mem_new(struct session);
    if (!one)
        return auth_no_memory(e);
    one->who = *who;
    one->since_mono = one->used_mono = now_mono;
    memcpy(one->hash, hash, sizeof one->hash);
    if (strmap_put(&s->by_hash, hash_of(one->hash), one, NULL) != RC_OK) {
        mem_free(one);
        return auth_no_memory(e);
    }
    list_push(&s->by_use, &one->link);
    return RC_OK;
}

size_t auth_sessions_end(struct auth_sessions *s, struct str user)
{
    size_t n = 0;
    struct list_node *next;
    for (struct list_node *node = list_first(&s->by_use); node; node = next) {
        struct session *one = ZS_CONTAINER(node, struct session, link);
        next = list_next(&s->by_use, node);
        if (str_eqz(user, one->who.name)) {
            drop(s, one);
            n++;
        }
    }
    return n;
}

/* ---- for callers -------------------------------------------------------------------------- */

enum rc auth_session_close(struct auth *a, struct str token, struct err *e)
{
    uint8_t hash[32];
    auth_key_hash(token, hash);
    LOCK_SCOPE(guard, &a->mutex);
    struct session *one = strmap_get(&a->sessions.by_hash, hash_of(hash));
    if (!one)
        return err_set(e, RC_MISSING, "AUTH-047", "there is no such session");
    drop(&a->sessions, one);
    return RC_OK;
}

size_t auth_session_close_of_user(struct auth *a, struct str name)
{
    LOCK_SCOPE(guard, &a->mutex);
    return auth_sessions_end(&a->sessions, name);
}

size_t auth_session_count(struct auth *a)
{
    LOCK_SCOPE(guard, &a->mutex);
    return a->sessions.by_use.n;
}
