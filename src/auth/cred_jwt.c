/*
 * A JSON Web Token (RFC 7519) that says who we are: iss, aud as configured, iat, exp, and a jti of
 * its own. Tests: cred_jwt_test.c
 */
#include "auth/cred_int.h"

#include "base/uuid.h"
#include "crypt/jws.h"
#include "json/jw.h"

#define CLAIMS_MAX     ((size_t)64 * 1024)
#define LIFE_DEFAULT_S 3600 /* the guide's 1h */
#define LIFE_MAX_S     (10LL * 365 * 24 * 3600)

int64_t cred_jwt_life_s(const struct cred_conf *conf)
{
    int64_t s = conf->jwt.expires_in_s > 0 ? conf->jwt.expires_in_s : LIFE_DEFAULT_S;
    return s < LIFE_MAX_S ? s : LIFE_MAX_S;
}

static void write_header(enum hmac_alg alg, struct buf *b)
{
    struct jw w;

    jw_init(&w, b, JSON_COMPACT);
    jw_object(&w);
    jw_kstrz(&w, "alg", jws_alg_name(alg));
    jw_kstrz(&w, "typ", "JWT");
    jw_end(&w);
}

static void write_claims(const struct cred_conf *conf, int64_t at_ms, const struct random *random,
                         struct buf *b)
{
    int64_t at_s = at_ms / 1000;
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    struct jw w;
    uuid_v4(&id, random);
    uuid_text(&id, text);
    jw_init(&w, b, JSON_COMPACT);
    jw_object(&w);
    if (conf->jwt.issuer.n > 0)
        jw_kstr(&w, "iss", conf->jwt.issuer);
    if (conf->jwt.audience.n > 0)
        jw_kstr(&w, "aud", conf->jwt.audience);
    jw_ki64(&w, "iat", at_s);
    jw_ki64(&w, "exp", at_s + cred_jwt_life_s(conf));
    jw_kstrz(&w, "jti", text);
    jw_end(&w);
}

enum rc cred_jwt_sign(const struct cred_conf *conf, int64_t at_ms, const struct random *random,
                      struct buf *out, struct err *e)
{
    static const enum hmac_alg algs[] = {
        [CRED_HS256] = HMAC_SHA256, [CRED_HS384] = HMAC_SHA384, [CRED_HS512] = HMAC_SHA512
    };
    enum hmac_alg alg = algs[conf->jwt.alg];
    struct buf header, claims;
    buf_init(&header, CLAIMS_MAX);
    buf_init(&claims, CLAIMS_MAX);
    write_header(alg, &header);
    write_claims(conf, at_ms, random, &claims);
    buf_z(out, "Bearer ");
    bool made =
        header.failed == RC_OK && claims.failed == RC_OK &&
        jws_sign(alg, conf->jwt.secret, buf_view(&header), buf_view(&claims), out, NULL) == RC_OK;
    buf_done(&header);
    buf_done(&claims);
    return made ? RC_OK : cred_no_memory(e);
}
