/* What auth's files share. See auth.h. */
#ifndef ZS_AUTH_AUTH_INT_H
#define ZS_AUTH_AUTH_INT_H

#include "auth/auth.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "base/thread.h"

#define AUTH_SECRET_BYTES 32
#define AUTH_PREFIX       "zsk_"
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

/* ---- auth.c ---- */

struct auth {
    const struct clock *clock;
    const struct random *random;
    struct mutex mutex;
    struct auth_key *keys; /* by id, ascending */
    size_t n, cap;
    struct auth_peers peers;
};

/* "zsk_" + id + "_" + secret, for a fresh secret. Not under the lock. RC_NOMEM AUTH-002. */
enum rc auth_key_text(struct auth *a, struct str id, struct arena *wiping, struct secret *text,
                      struct err *e) ZS_CHECK;

/* The id in a key's text; STR_NULL when it is not formed like one. */
struct str auth_key_id(struct str text);

void auth_key_hash(struct str text, uint8_t out[32]);

#endif
