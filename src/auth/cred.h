/*
 * How we say who we are to another system: the outgoing credential of one integration.
 *
 *   cred_new ── cred_get ──┬─ CRED_READY: these headers, this query go with the request
 *                          ├─ CRED_FETCH: fetch a token (cred_request … cred_answer), you and
 *                          │             nobody else; then ask again
 *                          └─ CRED_WAIT:  somebody else is fetching it; ask again when told
 *   the peer said 401: cred_refused(the generation that was sent), then once more cred_get
 *
 * What is fetched is shared by all who use the integration. A token is renewed while it still has a
 * fifth of its life (at most 60 s) left: cred_get then answers READY and sets `renew` for one
 * caller, who fetches beside. Without expires_in a token counts as living 300 s.
 * With a refresh token (of the configuration or of an answer) grant refresh_token is used, and
 * client_credentials again when that is refused and the grant type is client_credentials. A refresh
 * token that an answer brought is kept in memory only.
 *
 * Fetching is not done here (auth knows no network): the caller sends what cred_request says.
 * JWTs are signed here, one a minute at most, and renewed before they end.
 * Certificates go with the connection, not with the request: conn_endpoint.tls.
 *
 * The error record is never NULL here: its fate says what a failure means.
 *
 * Thread  any: locks itself (leaf).
 */
#ifndef ZS_AUTH_CRED_H
#define ZS_AUTH_CRED_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "base/str.h"

enum cred_type { CRED_NONE = 0, CRED_OAUTH2, CRED_API_KEY, CRED_JWT, CRED_BASIC, CRED_CERTIFICATE };

enum cred_grant { CRED_CLIENT_CREDENTIALS = 0, CRED_REFRESH_TOKEN };
enum cred_place { CRED_IN_HEADER = 0, CRED_IN_QUERY };
/* How a client says who it is at the token server: RFC 6749 2.3.1, header or form fields. */
enum cred_client { CRED_CLIENT_BASIC = 0, CRED_CLIENT_POST };
enum cred_alg { CRED_HS256 = 0, CRED_HS384, CRED_HS512 };

/* What the configuration says, secrets in clear; copied into a wiping arena by cred_new. */
struct cred_conf {
    enum cred_type type;
    struct {
        enum cred_grant grant;
        enum cred_client client;
        struct str token_url, client_id, client_secret, refresh_token;
        const struct str *scopes;
        size_t n_scopes;
    } oauth2;
    struct {
        struct str key, header_name, query_param;
        enum cred_place place;
    } api_key;
    struct {
        struct str secret, issuer, audience;
        enum cred_alg alg;
        int64_t expires_in_s;
    } jwt;
    struct {
        struct str username, password;
    } basic;
};

struct cred;

struct cred_field {
    struct str name, value;
};

/* What one request carries. Texts live in the arena that was handed in: make it a wiping one. */
struct cred_parts {
    const struct cred_field *headers;
    size_t n_headers;
    const struct cred_field *query;
    size_t n_query;
    uint64_t generation; /* for cred_refused */
    bool renew;          /* this caller fetches a new token beside */
};

enum cred_now { CRED_READY = 0, CRED_FETCH, CRED_WAIT, CRED_FAILED };

/*
 * RC_NOMEM AUTH-002; RC_VALUE with the guide's texts: AUTH-050 "OAuth2 token URL is required",
 * AUTH-051 "OAuth2 client credentials are required", AUTH-052 "API key is required", AUTH-053 "JWT
 * secret is required"; AUTH-054 grant refresh_token without a token, AUTH-055 a user name that RFC
 * 7617 cannot carry.
 */
enum rc cred_new(const struct cred_conf *conf, const struct clock *clock,
                 const struct random *random, struct cred **out, struct err *e) ZS_CHECK;
struct cred *cred_ref(struct cred *c);
void cred_unref(struct cred **c);

enum cred_type cred_type_of(const struct cred *c);

/* CRED_FAILED: *e says why, with its fate (no memory; the last fetch failed less than a second
 * ago). */
enum cred_now cred_get(struct cred *c, struct arena *a, struct cred_parts *out, struct err *e);

/*
 * The peer refused what was sent. True: ask cred_get again, there will be another; else it is of no
 * use (fate OPERATOR). Only tokens can be replaced, and those again only after
 * CRED_REPLACE_MS: a peer that refuses every token must not have one fetched for each message.
 */
#define CRED_REPLACE_MS 10000
bool cred_refused(struct cred *c, uint64_t generation);

/* The request for a token, RFC 6749 section 4.4 or 6: POST, form body. */
struct cred_request {
    struct str url;
    const struct cred_field *headers;
    size_t n_headers;
    struct str body;
};
enum rc cred_request(struct cred *c, struct arena *wiping, struct cred_request *out,
                     struct err *e) ZS_CHECK;

/*
 * What came of it; ends what CRED_FETCH or `renew` began. status 0: nothing came, *failed says why.
 * Returns RC_OK      there is a token
 *         RC_AGAIN   the refresh token was refused and dropped: cred_get will have another way
 *         RC_DENIED  AUTH-060 the server said no ("invalid_client"; its error_description is not
 *                    shown), fate OPERATOR
 *         RC_PEER    AUTH-061 no token in the answer, fate OPERATOR; AUTH-062 the server failed,
 *                    fate RETRY
 *         or failed's code; RC_NOMEM AUTH-002
 * *e is written unless RC_OK.
 */
#define CRED_ANSWER_MAX ((size_t)64 * 1024) /* longer bodies hold no token */
enum rc cred_answer(struct cred *c, unsigned status, struct str body, const struct err *failed,
                    struct err *e) ZS_CHECK;

/* For the record of setupAuthentication: when the token in hand ends, ms; 0: none. */
int64_t cred_expires_at(struct cred *c);
bool cred_has_refresh_token(struct cred *c);

#endif
