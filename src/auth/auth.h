/*
 * Who is calling, and what may they do: API keys, the local admin credential, roles.
 *
 * A key is "zsk_" + id + "_" + secret: id is 8 hexadecimal digits and names the key in lists, logs
 * and audit records; the secret is 256 random bits, shown once and kept only as its SHA-256 (a
 * plain hash is enough for 256 random bits; there is nothing to guess). Comparing takes the same
 * time whatever differs.
 *
 * Failed attempts are counted per peer address: after AUTH_FAILURES_MAX in AUTH_WINDOW_MS the
 * address is refused unheard until the window is over. The table of peers has a ceiling; when it
 * is full the oldest entry goes.
 *
 * Thread  any: a struct auth locks itself (leaf lock, held for look-ups only).
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
    char id[AUTH_ID_MAX];     /* the key's, "admin" for the local credential; terminated */
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

/* ---- the question ---- */

struct auth_given {
    struct str authorization; /* the Authorization field, STR_NULL without: "Bearer KEY" */
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
