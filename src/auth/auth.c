/*
 * API keys: made, kept as hashes in order of id; and the question who is calling. The lock is held
 * for look-ups and changes of the table only; hashing and random bytes come before it. Tests:
 * auth_test.c, auth_threads_test.c
 */
#include "auth/auth_int.h"

#include "base/alloc.h"
#include "crypt/b64.h"
#include "crypt/sha.h"

#define ID_RANDOM_BYTES 4
#define MINUTE_MS       60000

enum rc auth_no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for keys");
}

enum rc auth_new(const struct clock *clock, const struct random *random, struct auth **out,
                 struct err *e)
{
    struct auth *a = mem_new(struct auth);
    if (!a)
        return auth_no_memory(e);
    a->clock = clock;
    a->random = random;
    mutex_init(&a->mutex, "auth", AUTH_RANK);
    auth_peers_init(&a->peers);
    auth_users_init(a);
    auth_sessions_init(&a->sessions);
    *out = a;
    return RC_OK;
}

void auth_free(struct auth **ap)
{
    struct auth *a = *ap;
    if (!a)
        return;
    *ap = NULL;
    auth_sessions_done(&a->sessions);
    auth_users_done(a);
    auth_peers_done(&a->peers);
    mutex_done(&a->mutex);
    mem_wipe(a->keys, a->n * sizeof *a->keys);
    mem_free(a->keys);
    mem_free(a);
}

/* ---- the text of a key ---- */

static bool is_id(struct str s)
{
    if (s.n == 0 || s.n >= AUTH_ID_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9')))
            return false;
    return true;
}

struct str auth_key_id(struct str text)
{
    struct str rest = str_from(text, sizeof AUTH_PREFIX - 1);
    size_t end = str_chr(rest, '_', 0);
    struct str id = str_sub(rest, 0, end);
    bool formed = str_starts(text, STR(AUTH_PREFIX)) && end != SIZE_MAX &&
                  rest.n == end + 1 + AUTH_SECRET_CHARS && is_id(id);
    return formed ? id : STR_NULL;
}

void auth_key_hash(struct str text, uint8_t out[32])
{
    sha256_once(text, out);
}

enum rc auth_secret_text(struct auth *a, struct str prefix, struct str id, struct arena *wiping,
                         struct secret *text, struct err *e)
{
    uint8_t bytes[AUTH_SECRET_BYTES];
    struct buf b;
    random_bytes(a->random, bytes, sizeof bytes);
    buf_init_arena(&b, wiping, 256);
    buf_str(&b, prefix);
    buf_str(&b, id);
    b64url_add(&b, str_of((const char *)bytes, sizeof bytes));
    mem_wipe(bytes, sizeof bytes);
    if (b.failed)
        return auth_no_memory(e);
    *text = (struct secret){ b.p, b.n };
    return RC_OK;
}

enum rc auth_key_text(struct auth *a, struct str id, struct arena *wiping, struct secret *text,
                      struct err *e)
{
    char prefix[AUTH_ID_MAX + 1];
    int n = snprintf(prefix, sizeof prefix, "%.*s_", STR_ARG(id));
    ZS_ASSERT(n > 0 && (size_t)n < sizeof prefix);
    return auth_secret_text(a, STR(AUTH_PREFIX), str_of(prefix, (size_t)n), wiping, text, e);
}

void auth_hash_text(const uint8_t hash[32], char out[65])
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = digit[hash[i] >> 4];
        out[2 * i + 1] = digit[hash[i] & 15];
    }
    out[64] = '\0';
}

static bool hex_digit(char c, unsigned *out)
{
    bool decimal = c >= '0' && c <= '9';
    *out = decimal ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
    return decimal || (c >= 'a' && c <= 'f');
}

enum rc auth_hash_parse(struct str text, uint8_t out[32], struct err *e)
{
    uint8_t hash[32];
    bool sound = text.n == 2 * sizeof hash;
    for (size_t i = 0; sound && i < sizeof hash; i++) {
        unsigned high, low;
        sound = hex_digit(text.p[2 * i], &high) && hex_digit(text.p[2 * i + 1], &low);
        hash[i] = sound ? (uint8_t)(high << 4 | low) : 0;
    }
    if (!sound)
        return err_set(e, RC_VALUE, "AUTH-007", "a stored hash is damaged");
    memcpy(out, hash, sizeof hash);
    return RC_OK;
}

/* ---- the table ---- */

static int id_cmp(const struct auth_key *key, struct str id)
{
    return str_cmp(str_z(key->id), id);
}

/* The first key whose id is not below. Under the lock. */
static size_t place_of(const struct auth *a, struct str id)
{
    size_t low = 0;
    size_t high = a->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (id_cmp(&a->keys[mid], id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct auth_key *find(struct auth *a, struct str id)
{
    size_t at = place_of(a, id);
    return at < a->n && id_cmp(&a->keys[at], id) == 0 ? &a->keys[at] : NULL;
}

/* A larger table by copy, the old one wiped: a realloc could leave hashes behind. */
static enum rc grow(struct auth *a, struct err *e)
{
    size_t cap = size_min(size_max(a->cap * 2, 16), AUTH_KEYS_MAX);
    struct auth_key *keys = mem_array(struct auth_key, cap);
    if (!keys)
        return auth_no_memory(e);
    if (a->n > 0)
        memcpy(keys, a->keys, a->n * sizeof *keys);
    mem_wipe(a->keys, a->n * sizeof *keys);
    mem_free(a->keys);
    a->keys = keys;
    a->cap = cap;
    return RC_OK;
}

static bool is_name(const char name[AUTH_NAME_MAX])
{
    size_t n = strnlen(name, AUTH_NAME_MAX);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return n > 0 && n < AUTH_NAME_MAX;
}

static bool is_sound(const struct auth_key *key)
{
    size_t id_n = strnlen(key->id, AUTH_ID_MAX);
    return is_id(str_of(key->id, id_n)) && is_name(key->name) && key->role >= AUTH_VIEWER &&
           key->role <= AUTH_ADMIN;
}

enum rc auth_key_add(struct auth *a, const struct auth_key *key, struct err *e)
{
    if (!is_sound(key))
        return err_set(e, RC_VALUE, "AUTH-003", "name, id or role of the key cannot be used");
    LOCK_SCOPE(guard, &a->mutex);
    size_t at = place_of(a, str_z(key->id));
    if (at < a->n && id_cmp(&a->keys[at], str_z(key->id)) == 0)
        return err_set(e, RC_STATE, "AUTH-005", "a key with this id is there already");
    if (a->n == AUTH_KEYS_MAX)
        return err_set(e, RC_LIMIT, "AUTH-004", "there are %d keys already", AUTH_KEYS_MAX);
    if (a->n == a->cap) {
        enum rc rc = grow(a, e);
        if (rc != RC_OK)
            return rc;
    }
    memmove(&a->keys[at + 1], &a->keys[at], (a->n - at) * sizeof *key);
    a->keys[at] = *key;
    a->n++;
    return RC_OK;
}

enum rc auth_key_remove(struct auth *a, struct str id, struct err *e)
{
    LOCK_SCOPE(guard, &a->mutex);
    size_t at = place_of(a, id);
    if (at == a->n || id_cmp(&a->keys[at], id) != 0)
        return err_set(e, RC_MISSING, "AUTH-006", "there is no key with this id");
    memmove(&a->keys[at], &a->keys[at + 1], (a->n - at - 1) * sizeof *a->keys);
    a->n--;
    mem_wipe(&a->keys[a->n], sizeof *a->keys);
    return RC_OK;
}

size_t auth_key_list(struct auth *a, size_t from, struct auth_key *out, size_t max)
{
    LOCK_SCOPE(guard, &a->mutex);
    size_t n = from < a->n ? size_min(a->n - from, max) : 0;
    if (n > 0)
        memcpy(out, &a->keys[from], n * sizeof *out);
    return n;
}

enum rc auth_key_create(struct auth *a, struct str name, enum auth_role role, int64_t expires_at,
                        struct arena *wiping, struct secret *text, struct auth_key *out,
                        struct err *e)
{
    uint8_t bytes[ID_RANDOM_BYTES];
    struct secret fresh = SECRET_NONE;
    struct auth_key key = { .role = role,
                            .created_at = clock_now_ms(a->clock),
                            .expires_at = expires_at };
    if (name.n >= AUTH_NAME_MAX || str_chr(name, '\0', 0) != SIZE_MAX)
        return err_set(e, RC_VALUE, "AUTH-003", "name, id or role of the key cannot be used");
    memcpy(key.name, name.p, name.n);
    random_bytes(a->random, bytes, sizeof bytes);
    (void)snprintf(key.id, sizeof key.id, "%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2],
                   bytes[3]); /* fits */
    enum rc rc = auth_key_text(a, str_z(key.id), wiping, &fresh, e);
    if (rc != RC_OK)
        return rc;
    auth_key_hash(secret_bytes(fresh), key.hash);
    rc = auth_key_add(a, &key, e);
    if (rc != RC_OK)
        return rc;
    *text = fresh;
    *out = key;
    return RC_OK;
}

/* ---- the question ---- */

/* The credential that was given; RC_MISSING and RC_SYNTAX as auth_check has them. */
static enum rc credential(const struct auth_given *g, struct str *out, struct err *e)
{
    static const struct str bearer = STR_INIT("Bearer ");
    if (str_is_null(g->authorization) && str_is_null(g->api_key))
        return err_set(e, RC_MISSING, "AUTH-010", "no credential was given");
    if (!str_is_null(g->authorization) && !str_is_null(g->api_key))
        return err_set(e, RC_SYNTAX, "AUTH-013", "give Authorization or X-API-Key, not both");
    if (!str_is_null(g->api_key)) {
        *out = str_trim(g->api_key);
        return RC_OK;
    }
    if (!str_ieq(str_sub(g->authorization, 0, bearer.n), bearer))
        return err_set(e, RC_SYNTAX, "AUTH-013", "the scheme of Authorization is Bearer");
    *out = str_trim(str_from(g->authorization, bearer.n));
    return RC_OK;
}

/*
 * Is it a key, and whose? An unknown id is compared too, with nothing, so that the time does not
 * tell which ids exist. Under the lock.
 */
static bool matches(struct auth *a, struct str text, const uint8_t hash[32], int64_t now_ms,
                    struct principal *out)
{
    static const struct auth_key nobody = { .role = AUTH_NOBODY };
    struct str id = auth_key_id(text);
    struct auth_key *key = str_is_null(id) ? NULL : find(a, id);
    const struct auth_key *with = key ? key : &nobody;
    bool same = crypt_same(with->hash, hash, sizeof with->hash);
    bool alive = with->expires_at == 0 || now_ms < with->expires_at;
    if (!key || !same || !alive)
        return false;
    key->used_at = now_ms - now_ms % MINUTE_MS;
    *out = (struct principal){ .role = key->role };
    memcpy(out->id, key->id, sizeof key->id);
    memcpy(out->name, key->name, sizeof out->name);
    return true;
}

/* A session's token is a Bearer's only; in X-API-Key it is no valid key. */
static bool is_session(const struct auth_given *g, struct str text)
{
    return str_is_null(g->api_key) && str_starts(text, STR(AUTH_SESSION));
}

enum rc auth_check(struct auth *a, const struct auth_given *given, struct principal *out,
                   uint32_t *retry_ms, struct err *e)
{
    struct str text = STR_NULL;
    struct str ip = str_z(given->peer);
    uint8_t hash[32];
    enum rc rc = credential(given, &text, e);
    if (rc == RC_MISSING) /* asking without one is no attempt */
        return rc;
    auth_key_hash(text, hash);
    LOCK_SCOPE(guard, &a->mutex);
    uint64_t now_mono = clock_mono_ns(a->clock);
    uint32_t wait_ms = auth_peers_wait_ms(&a->peers, ip, now_mono);
    if (wait_ms > 0) {
        if (retry_ms)
            *retry_ms = wait_ms;
        return err_set(e, RC_LIMIT, "AUTH-012", "too many failed attempts from this address");
    }
    bool known = rc == RC_OK &&
                 (is_session(given, text) ? auth_sessions_use(&a->sessions, hash, now_mono, out)
                                          : matches(a, text, hash, clock_now_ms(a->clock), out));
    if (known) {
        auth_peers_forget(&a->peers, ip);
        return RC_OK;
    }
    auth_peers_failed(&a->peers, ip, now_mono);
    return rc != RC_OK ? rc : err_set(e, RC_DENIED, "AUTH-011", "the credential is not valid");
}
