/*
 * What the files of outgoing credentials share. See cred.h.
 *
 *   cred.c        life, the state of what is in hand, who fetches
 *   cred_make.c   from the configuration
 *   cred_token.c  OAuth2: the request for a token and what its answer says
 *   cred_jwt.c    signed claims
 */
#ifndef ZS_AUTH_CRED_INT_H
#define ZS_AUTH_CRED_INT_H

#include "auth/cred.h"
#include "base/buf.h"
#include "base/thread.h"

#define CRED_TEXT_MAX  ((size_t)512 * 1024) /* memory of one text */
#define CRED_FIELD_MAX ((size_t)128 * 1024) /* of a field's value */

/* A text with its own wiping arena, replaced as a whole. */
struct held {
    struct arena *arena; /* NULL: nothing is held */
    struct str text;
};

struct cred {
    _Atomic unsigned refs;
    const struct clock *clock;
    const struct random *random;
    struct arena *arena; /* wiping; of conf and name */
    struct cred_conf conf;
    struct str name; /* of the field; empty: requests carry nothing */
    bool in_query;

    struct mutex mutex; /* of what follows */
    struct held value;  /* of the field */
    uint64_t generation;
    uint64_t renew_mono; /* from then on another is wanted … */
    uint64_t until_mono; /* … and needed */
    int64_t expires_at_ms;
    struct held refresh;
    bool refreshing; /* the request under way uses it */
    bool fetching;
    uint64_t failed_until_mono;
    struct err failure;
    uint64_t replace_mono; /* from then on a refused token is replaced again */
};

/* ---- cred_make.c ---- */

/* Fill a zeroed credential whose conf still borrows. RC_NOMEM AUTH-002, RC_VALUE as cred_new. */
enum rc cred_make(struct cred *c, struct err *e) ZS_CHECK;

struct arena *cred_arena(size_t max) ZS_CHECK; /* wiping; NULL: no memory */

/* Replace what is held. Takes the arena, which may be NULL inside: nothing is held then. */
void cred_hold(struct held *h, struct arena **a, struct str text);
void cred_let_go(struct held *h);

/* A copy of both, joined. RC_NOMEM AUTH-002. */
enum rc cred_keep(struct str prefix, struct str text, struct held *out, struct err *e) ZS_CHECK;

enum rc cred_no_memory(struct err *e); /* RC_NOMEM AUTH-002, fate RETRY */

/* ---- cred_token.c; pure ---- */

/* refresh: the token to refresh with; STR_NULL: client credentials. RC_NOMEM AUTH-002. */
enum rc cred_token_request(const struct cred_conf *conf, struct str refresh, struct arena *wiping,
                           struct cred_request *out, struct err *e) ZS_CHECK;

struct cred_token {
    struct str access, refresh; /* refresh: STR_NULL when there is none */
    int64_t life_s;
};

/* Texts live in the arena. Codes as cred_answer, RC_AGAIN aside. */
enum rc cred_token_parse(unsigned status, struct str body, struct arena *wiping,
                         struct cred_token *out, struct err *e) ZS_CHECK;

/* ---- cred_jwt.c ---- */

int64_t cred_jwt_life_s(const struct cred_conf *conf); /* 1h unless configured; at least 1 */

/* "Bearer " and a token made at at_ms, appended. RC_NOMEM AUTH-002. */
enum rc cred_jwt_sign(const struct cred_conf *conf, int64_t at_ms, const struct random *random,
                      struct buf *out, struct err *e) ZS_CHECK;

#endif
