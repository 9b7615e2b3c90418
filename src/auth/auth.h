/*
 * Who is calling, and what may they do: API keys, the local admin credential, users with their
 * sessions, roles.
 *
 * A key is "zsk_" + id + "_" + secret: id is 8 hexadecimal digits and names the key in lists, logs
 * and audit records; the secret is 256 random bits, shown once and kept only as its SHA-256 (a
 * plain hash is enough for 256 random bits; there is nothing to guess). Comparing takes the same
 * time whatever differs.
 *
 * A session is what a user gets for name and password: "zss_" + 256 random bits, kept as its
 * SHA-256 in memory only, so it ends with the process at the latest. It ends AUTH_SESSION_LIFE_MS
 * after it began, AUTH_SESSION_IDLE_MS after its last use, at log-out, and whenever its user is
 * changed, disabled or removed.
 *
 * Failed attempts are counted per peer address: after AUTH_FAILURES_MAX in AUTH_WINDOW_MS the
 * address is refused unheard until the window is over. The table of peers has a ceiling; when it
 * is full the oldest entry goes.
 *
 * What is kept over a restart is the caller's business (store/confdb.h): keys and users are read
 * back with auth_key_add and auth_user_set.
 *
 * Thread  any: a struct auth locks itself (leaf lock, held for look-ups only). auth_login takes its
 * time on purpose: never on a loop.
 */
#ifndef ZS_AUTH_AUTH_H
#define ZS_AUTH_AUTH_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/str.h"

#define AUTH_KEYS_MAX     10000
#define AUTH_PEERS_MAX    4096
#define AUTH_FAILURES_MAX 10
#define AUTH_WINDOW_MS    60000
#define AUTH_ID_MAX       16
#define AUTH_NAME_MAX     64
#define AUTH_WHO_MAX      (5 + AUTH_NAME_MAX) /* "user:" before a user's name */

#define AUTH_USERS_MAX         1000
#define AUTH_SESSIONS_MAX      4096
#define AUTH_SESSIONS_EACH     16 /* of one user; one more ends the one that was idle longest */
#define AUTH_SESSION_LIFE_MS   (12 * 3600 * INT64_C(1000))
#define AUTH_SESSION_IDLE_MS   (3600 * INT64_C(1000))
#define AUTH_LOGINS_AT_ONCE    2 /* password checks: each takes 64 MB */
#define AUTH_PASSWORD_HASH_MAX 128

/* ---- roles ---- */

enum auth_role { AUTH_NOBODY = 0, AUTH_VIEWER, AUTH_OPERATOR, AUTH_EDITOR, AUTH_ADMIN };

/* What a route or command demands. */
enum auth_verb {
    AUTH_READ = 0, /* lists, states, health, metrics, configuration without secrets */
    AUTH_CONTENT,  /* bodies of messages: patient data */
    AUTH_OPERATE,  /* pause, resume, replay, skip, release, test */
    AUTH_SEND,     /* execute an endpoint: sends to another system */
    AUTH_EDIT,     /* create, change and delete integrations, channels, mappings, secrets */
    AUTH_MANAGE,   /* keys, users, audit export, shutdown */
    AUTH_N_VERBS
};

bool auth_may(enum auth_role role, enum auth_verb verb);

/* "viewer", "operator", "editor", "admin"; "nobody". */
const char *auth_role_name(enum auth_role role);
const char *auth_verb_name(enum auth_verb verb);

/* RC_VALUE AUTH-001: not a role (the hint names them). */
enum rc auth_role_parse(struct str s, enum auth_role *out, struct err *e) ZS_CHECK;

/* ---- principals ---- */

/* Who a request is from; a plain value that may be kept. */
struct principal {
    char id[AUTH_WHO_MAX];    /* the key's, "admin": the local credential, "user:NAME" */
    char name[AUTH_NAME_MAX]; /* for people; terminated */
    enum auth_role role;
};

/* ---- the keys ---- */

struct auth;

struct auth_key {
    char id[AUTH_ID_MAX];
    char name[AUTH_NAME_MAX];
    enum auth_role role;
    uint8_t hash[32]; /* SHA-256 of the whole key text */
    int64_t created_at;
    int64_t expires_at; /* 0: never */
    int64_t used_at;    /* last success, 0: never; to the minute */
};

/* clock and random are borrowed. RC_NOMEM AUTH-002. */
enum rc auth_new(const struct clock *clock, const struct random *random, struct auth **out,
                 struct err *e) ZS_CHECK;
void auth_free(struct auth **a);

/*
 * Make a key. *text gets it, in a wiping arena: show it and forget it. *out is what to store.
 * RC_VALUE AUTH-003 name empty, too long or not printable; RC_LIMIT AUTH-004; RC_NOMEM AUTH-002.
 */
enum rc auth_key_create(struct auth *a, struct str name, enum auth_role role, int64_t expires_at,
                        struct arena *wiping, struct secret *text, struct auth_key *out,
                        struct err *e) ZS_CHECK;

/* Take a stored key. RC_VALUE AUTH-003, RC_STATE AUTH-005 id in use, RC_LIMIT, RC_NOMEM. */
enum rc auth_key_add(struct auth *a, const struct auth_key *key, struct err *e) ZS_CHECK;

/* RC_MISSING AUTH-006. */
enum rc auth_key_remove(struct auth *a, struct str id, struct err *e) ZS_CHECK;

/* Copy up to max keys, in order of id, from index `from` on; returns how many. */
size_t auth_key_list(struct auth *a, size_t from, struct auth_key *out, size_t max);

/* A key's hash as it is stored (confdb_key.hash): 64 lower-case hexadecimal digits. */
void auth_hash_text(const uint8_t hash[32], char out[65]);
/* RC_VALUE AUTH-007: not such a text. */
enum rc auth_hash_parse(struct str text, uint8_t out[32], struct err *e) ZS_CHECK;

/* ---- users and their sessions ---- */

struct auth_user {
    char name[AUTH_NAME_MAX]; /* letters, digits and . _ - @; terminated */
    enum auth_role role;
    char hash[AUTH_PASSWORD_HASH_MAX]; /* see password.h; terminated */
    bool disabled;                     /* cannot log in */
};

/*
 * Take a new or changed user; sessions it had are over. The storage comes first: what is not
 * stored must not open.
 * RC_VALUE AUTH-041 name, role or hash cannot be used; RC_LIMIT AUTH-042; RC_NOMEM AUTH-002.
 */
enum rc auth_user_set(struct auth *a, const struct auth_user *user, struct err *e) ZS_CHECK;

/* Sessions it had are over. RC_MISSING AUTH-043. */
enum rc auth_user_remove(struct auth *a, struct str name, struct err *e) ZS_CHECK;

/* May this be a user's name? RC_VALUE AUTH-041. */
enum rc auth_user_name_check(struct str name, struct err *e) ZS_CHECK;

struct auth_login {
    struct str name, password;
    const char *peer; /* IP address without port */
};

/* What somebody who logged in gets. */
struct auth_session {
    struct secret token;  /* in the wiping arena: show it and forget it */
    struct principal who; /* id "user:NAME" */
    int64_t expires_at;   /* at the latest */
};

/*
 * Name and password against the users, and a session. Not on a loop.
 * Returns RC_DENIED AUTH-044 name or password is wrong, or the user is disabled (401)
 *         RC_LIMIT  AUTH-012 too many failures from this peer (429; *retry_ms until when)
 *         RC_AGAIN  AUTH-045 others are logging in just now (503; *retry_ms), nothing was tried
 *         RC_LIMIT  AUTH-046 AUTH_SESSIONS_MAX sessions are open (503; *retry_ms)
 *         RC_NOMEM  AUTH-002
 * retry_ms may be NULL; it is written only where it is named above.
 */
enum rc auth_login(struct auth *a, const struct auth_login *login, struct arena *wiping,
                   struct auth_session *out, uint32_t *retry_ms, struct err *e) ZS_CHECK;

/* Log-out: token as it was given ("zss_…"). RC_MISSING AUTH-047: no such session. */
enum rc auth_session_close(struct auth *a, struct str token, struct err *e) ZS_CHECK;

/* All of a user's; how many they were. */
size_t auth_session_close_of_user(struct auth *a, struct str name);

/* How many are open (those that ran out and were not asked for since count too). */
size_t auth_session_count(struct auth *a);

/* ---- the question ---- */

struct auth_given {
    struct str authorization; /* the Authorization field, STR_NULL without: "Bearer KEY|TOKEN" */
    struct str api_key;       /* the X-API-Key field, STR_NULL without */
    const char *peer;         /* IP address without port */
};

/*
 * Returns RC_MISSING AUTH-010 no credential given (401)
 *         RC_DENIED  AUTH-011 not a valid one (401); nothing tells why
 *         RC_LIMIT   AUTH-012 too many failures from this peer (429; *retry_ms until when)
 *         RC_SYNTAX  AUTH-013 both fields, or a scheme other than Bearer (401)
 * retry_ms may be NULL; it is written with RC_LIMIT only.
 */
enum rc auth_check(struct auth *a, const struct auth_given *given, struct principal *out,
                   uint32_t *retry_ms, struct err *e) ZS_CHECK;

/* RC_DENIED AUTH-014 (403) when the principal's role does not allow the verb. */
enum rc auth_allow(const struct principal *p, enum auth_verb verb, struct err *e) ZS_CHECK;

/* ---- the local credential ---- */

/*
 * DATA/admin.json: {"id":"admin","key":"zsk_…","created":"2024-…"}, mode 0600, made at the first
 * start. Its key has the role admin.
 *
 * made  true when it was made now: then *text (in the wiping arena) is to be shown once
 * Returns RC_DENIED AUTH-020: the file is not ours, or others may read it; RC_SYNTAX AUTH-021: not
 *         such a file, it is left as it is; RC_IO AUTH-023, RC_NOMEM and what the file
 *         functions say. Blocks: at start only.
 */
enum rc auth_admin_open(struct auth *a, const char *path, struct arena *wiping, bool *made,
                        struct secret *text, struct err *e) ZS_CHECK;

/* For the CLI: the key in that file. RC_MISSING AUTH-022 when there is none, else as above. */
enum rc auth_admin_read(const char *path, struct arena *wiping, struct secret *text,
                        struct err *e) ZS_CHECK;

#endif
