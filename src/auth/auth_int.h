/* What auth's files share. See auth.h. */
#ifndef ZS_AUTH_AUTH_INT_H
#define ZS_AUTH_AUTH_INT_H

#include "auth/auth.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "base/thread.h"

#define AUTH_SECRET_BYTES 32
#define AUTH_SECRET_CHARS 43 /* of them in base64url */
#define AUTH_PREFIX       "zsk_"
#define AUTH_SESSION      "zss_"
#define AUTH_RANK         900 /* of its mutex: a leaf */

/* ---- auth_peers.c: failed attempts by address ---- */

struct auth_peers {
    struct strmap by_ip;
    struct list by_age; /* struct peer; the oldest window first */
};

void auth_peers_init(struct auth_peers *p);
void auth_peers_done(struct auth_peers *p);

/* How long the address is still refused; 0: it is heard. */
uint32_t auth_peers_wait_ms(struct auth_peers *p, struct str ip, uint64_t now_mono);
void auth_peers_failed(struct auth_peers *p, struct str ip, uint64_t now_mono);
void auth_peers_forget(struct auth_peers *p, struct str ip);

/* ---- auth_session.c: who is logged in ---- */

struct auth_sessions {
    struct strmap by_hash; /* struct session */
    struct list by_use;    /* the one that was idle longest first */
};

void auth_sessions_init(struct auth_sessions *s);
void auth_sessions_done(struct auth_sessions *s);

/* Whose is it, as of now; that counts as a use. Under the lock. */
bool auth_sessions_use(struct auth_sessions *s, const uint8_t hash[32], uint64_t now_mono,
                       struct principal *out);

/* RC_LIMIT AUTH-046, RC_NOMEM AUTH-002. Under the lock. */
enum rc auth_sessions_open(struct auth_sessions *s, const uint8_t hash[32], uint64_t now_mono,
                           const struct principal *who, struct err *e) ZS_CHECK;

/* Under the lock; how many. */
size_t auth_sessions_end(struct auth_sessions *s, struct str user);

/* ---- auth_user.c ---- */

struct user {
    struct auth_user is;
    uint64_t generation; /* of auth.generation when it was set */
};

void auth_users_init(struct auth *a);
void auth_users_done(struct auth *a);

/* ---- private_file.c ---- */

struct auth_private_ids {
    const char *missing, *denied, *io; /* error ids */
};

/* Open, and be sure that nobody else could have read or written it. The caller closes *fd. */
enum rc auth_private_open(const char *path, const struct auth_private_ids *ids, int *fd,
                          struct err *e) ZS_CHECK;

/* ---- auth.c ---- */

struct auth {
    const struct clock *clock;
    const struct random *random;
    struct mutex mutex;
    struct auth_key *keys; /* by id, ascending */
    size_t n, cap;
    struct auth_peers peers;
    struct strmap users; /* struct user, by name */
    uint64_t generation; /* rises with every change of a user */
    unsigned n_logins;   /* password checks under way */
    struct auth_sessions sessions;
};

/* "zsk_" + id + "_" + secret, for a fresh secret. Not under the lock. RC_NOMEM AUTH-002. */
enum rc auth_key_text(struct auth *a, struct str id, struct arena *wiping, struct secret *text,
                      struct err *e) ZS_CHECK;

/* The id in a key's text; STR_NULL when it is not formed like one. */
struct str auth_key_id(struct str text);

void auth_key_hash(struct str text, uint8_t out[32]);

/* Prefix (may be two texts) and a fresh secret behind it. RC_NOMEM AUTH-002. */
enum rc auth_secret_text(struct auth *a, struct str prefix, struct str id, struct arena *wiping,
                         struct secret *text, struct err *e) ZS_CHECK;

enum rc auth_no_memory(struct err *e);

#endif
