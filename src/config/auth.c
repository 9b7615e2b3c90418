/*
 * `authentication` of an integration: its types with their keys, and what auth/cred.h gets of them.
 * What is missing at an object of the API is found when the credential is made, with the guide's
 * words; in a file it is a finding. Tests: integration_test.c
 */
#include "config/config_int.h"

struct auth_oauth2 {
    int grant, client;
    struct str token_url, client_id;
    struct opt_secret client_secret, refresh_token;
    struct opt_strs scopes;
};

struct auth_api_key {
    struct opt_secret key;
    struct str header_name, query_param;
    int location;
};

struct auth_jwt {
    struct opt_secret secret;
    int algorithm;
    struct str issuer, audience;
    uint64_t expires_in_ms;
};

struct auth_basic {
    struct str username;
    struct opt_secret password;
};

static const char *const grants[] = { "client_credentials", "refresh_token", NULL };
static const char *const clients[] = { "client_secret_basic", "client_secret_post", NULL };
static const char *const locations[] = { "header", "query", NULL };

/* Those of enum cred_alg first. */
static const char *const algorithms[] = { "HS256", "HS384", "HS512", "RS256", "RS384",
                                          "RS512", "PS256", "PS384", "PS512", "ES256",
                                          "ES384", "ES512", "EdDSA", NULL };

static const struct opt_def oauth2_opts[] = {
    { .name = "grantType",
      .kind = OPT_ENUM,
      .at = offsetof(struct auth_oauth2, grant),
      .dflt = "client_credentials",
      .names = grants,
      .doc = "How a token is asked for. With `refresh_token` the first one comes from "
             "`refreshToken`." },
    { .name = "tokenUrl",
      .kind = OPT_STR,
      .at = offsetof(struct auth_oauth2, token_url),
      .max = 4000,
      .doc = "Where tokens are fetched. Needed." },
    { .name = "clientId",
      .kind = OPT_STR,
      .at = offsetof(struct auth_oauth2, client_id),
      .max = 1000,
      .doc = "Who we are at the token server. Needed." },
    { .name = "clientSecret",
      .kind = OPT_SECRET,
      .at = offsetof(struct auth_oauth2, client_secret),
      .doc = "The secret that goes with it. Needed." },
    { .name = "clientAuthMethod",
      .kind = OPT_ENUM,
      .at = offsetof(struct auth_oauth2, client),
      .dflt = "client_secret_basic",
      .names = clients,
      .doc = "Whether both go in the Authorization header or in the form (RFC 6749, 2.3.1)." },
    { .name = "scopes",
      .kind = OPT_STRS,
      .flags = OPT_WORDS,
      .at = offsetof(struct auth_oauth2, scopes),
      .max = 100,
      .doc = "What is asked for; without any the server's own choice." },
    { .name = "refreshToken",
      .kind = OPT_SECRET,
      .at = offsetof(struct auth_oauth2, refresh_token),
      .doc = "A refresh token that was given out before." },
};

static const struct opt_def api_key_opts[] = {
    { .name = "key",
      .kind = OPT_SECRET,
      .at = offsetof(struct auth_api_key, key),
      .doc = "The key. Needed." },
    { .name = "headerName",
      .kind = OPT_STR,
      .at = offsetof(struct auth_api_key, header_name),
      .dflt = "X-API-Key",
      .min = 1,
      .max = 200,
      .doc = "Header that carries the key." },
    { .name = "queryParam",
      .kind = OPT_STR,
      .at = offsetof(struct auth_api_key, query_param),
      .dflt = "api_key",
      .min = 1,
      .max = 200,
      .doc = "Query parameter that carries it when location is query." },
    { .name = "location",
      .kind = OPT_ENUM,
      .at = offsetof(struct auth_api_key, location),
      .dflt = "header",
      .names = locations,
      .doc = "Where the key goes." },
};

static const struct opt_def jwt_opts[] = {
    { .name = "secret",
      .kind = OPT_SECRET,
      .at = offsetof(struct auth_jwt, secret),
      .doc = "What tokens are signed with. Needed." },
    { .name = "algorithm",
      .kind = OPT_ENUM,
      .at = offsetof(struct auth_jwt, algorithm),
      .dflt = "HS256",
      .names = algorithms,
      .doc = "How they are signed. This version signs with HS256, HS384 and HS512." },
    { .name = "issuer",
      .kind = OPT_STR,
      .at = offsetof(struct auth_jwt, issuer),
      .max = 1000,
      .doc = "`iss` of every token." },
    { .name = "audience",
      .kind = OPT_STR,
      .at = offsetof(struct auth_jwt, audience),
      .max = 1000,
      .doc = "`aud` of every token." },
    { .name = "expiresIn",
      .kind = OPT_MS,
      .flags = OPT_SECONDS,
      .at = offsetof(struct auth_jwt, expires_in_ms),
      .dflt = "1h",
      .min = 1000,
      .max = 315576000000,
      .doc = "How long a token lives; a new one is signed before it ends." },
};

static const struct opt_def basic_opts[] = {
    { .name = "username",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct auth_basic, username),
      .min = 1,
      .max = 500,
      .doc = "User name." },
    { .name = "password",
      .kind = OPT_SECRET,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct auth_basic, password),
      .doc = "Password." },
};

/* No keys at all; the struct has a size only because every one does. */
static const struct opt_table none_table = { .name = "none",
                                             .doc = "No authentication.",
                                             .size = 1 };
static const struct opt_table oauth2_table = OPT_TABLE(
    "oauth2", struct auth_oauth2, oauth2_opts,
    "A token of an OAuth 2.0 server, fetched when it is needed and renewed before it ends "
    "(RFC 6749).");
static const struct opt_table api_key_table =
    OPT_TABLE("api_key", struct auth_api_key, api_key_opts, "A key in a header or the query.");
static const struct opt_table jwt_table =
    OPT_TABLE("jwt", struct auth_jwt, jwt_opts, "A token that is signed here (RFC 7519).");
static const struct opt_table basic_table =
    OPT_TABLE("basic", struct auth_basic, basic_opts, "User name and password (RFC 7617).");

static const struct opt_variant auth_types[] = {
    { "oauth2", &oauth2_table }, { "api_key", &api_key_table },
    { "jwt", &jwt_table },       { "basic", &basic_table },
    { "none", &none_table },     { "certificate", &config_certificate_table },
};

const struct opt_variants config_auth_variants = {
    .tag = "type", .v = auth_types, .n = ZS_COUNT(auth_types), .dflt = "none"
};

/* ---- what cred.h gets --------------------------------------------------------------------- */

struct auth_at {
    struct config_load *l;
    const struct config_doc *d;
    const struct json *node; /* `authentication` as written */
};

/* A finding about `key`, or about the whole where the key is not there. */
static void complain(const struct auth_at *at, const char *key, const char *id, const char *hint,
                     const char *text)
{
    const struct json *member = json_getz(at->node, key);
    char path[64];
    (void)snprintf(path, sizeof path, "authentication.%s", key); /* fits: a key of ours */
    config_finding(at->l, at->d, member ? member : at->node, path, id, hint, "%s", text);
}

static struct str secret_of(const struct auth_at *at, const char *key, const struct opt_secret *s)
{
    struct str value;
    struct err e;
    if (config_secret(at->l, at->d, s, &value, &e) == RC_OK)
        return value;
    complain(at, key, e.id, "set the variable, store the secret, or mend the name", e.text);
    return STR("");
}

/* In a file what is missing is said here; see above for the API. */
static void need(const struct auth_at *at, const char *key, bool there, const char *text)
{
    if (!there && !at->d->api && !at->l->trial)
        complain(at, key, "CFG-026", NULL, text);
}

static void use_oauth2(const struct auth_at *at, const void *conf, struct cred_conf *out)
{
    const struct auth_oauth2 *c = conf;
    out->type = CRED_OAUTH2;
    out->oauth2.grant = (enum cred_grant)c->grant;
    out->oauth2.client = (enum cred_client)c->client;
    out->oauth2.token_url = c->token_url;
    out->oauth2.client_id = c->client_id;
    out->oauth2.client_secret = secret_of(at, "clientSecret", &c->client_secret);
    out->oauth2.refresh_token = secret_of(at, "refreshToken", &c->refresh_token);
    out->oauth2.scopes = c->scopes.v;
    out->oauth2.n_scopes = c->scopes.n;
    need(at, "tokenUrl", c->token_url.n > 0, "OAuth2 token URL is required");
    need(at, "clientId", c->client_id.n > 0, "OAuth2 client credentials are required");
    need(at, "clientSecret", c->client_secret.from != OPT_SECRET_NONE,
         "OAuth2 client credentials are required");
    if (c->token_url.n > 0 && !config_is_url(c->token_url))
        complain(at, "tokenUrl", "CFG-012", "for example https://login.example/token",
                 "this is no URL");
    else if (config_url_has_secret(c->token_url, true))
        complain(at, "tokenUrl", "CFG-034", "clientId and clientSecret say who we are",
                 "user and password may not stand in a URL");
}

static void use_api_key(const struct auth_at *at, const void *conf, struct cred_conf *out)
{
    const struct auth_api_key *c = conf;
    out->type = CRED_API_KEY;
    out->api_key.key = secret_of(at, "key", &c->key);
    out->api_key.header_name = c->header_name;
    out->api_key.query_param = c->query_param;
    out->api_key.place = (enum cred_place)c->location;
    need(at, "key", c->key.from != OPT_SECRET_NONE, "API key is required");
}

static void use_jwt(const struct auth_at *at, const void *conf, struct cred_conf *out)
{
    const struct auth_jwt *c = conf;
    out->type = CRED_JWT;
    out->jwt.secret = secret_of(at, "secret", &c->secret);
    out->jwt.issuer = c->issuer;
    out->jwt.audience = c->audience;
    out->jwt.alg = (enum cred_alg)c->algorithm;
    out->jwt.expires_in_s = (int64_t)(c->expires_in_ms / 1000);
    need(at, "secret", c->secret.from != OPT_SECRET_NONE, "JWT secret is required");
    if (c->algorithm > CRED_HS512)
        complain(at, "algorithm", "CFG-025", "use HS256, HS384 or HS512",
                 "tokens cannot be signed with this algorithm yet");
}

static void use_basic(const struct auth_at *at, const void *conf, struct cred_conf *out)
{
    const struct auth_basic *c = conf;
    out->type = CRED_BASIC;
    out->basic.username = c->username;
    out->basic.password = secret_of(at, "password", &c->password);
}

static void use_certificate(const struct auth_at *at, const void *conf, struct cred_conf *out)
{
    (void)at, (void)conf; /* goes with the connection: tls.c */
    out->type = CRED_CERTIFICATE;
}

void config_use_auth(struct config_load *l, const struct config_doc *d,
                     struct config_integration *in)
{
    static const struct {
        const struct opt_table *table;
        void (*use)(const struct auth_at *, const void *, struct cred_conf *);
    } kinds[] = { { &oauth2_table, use_oauth2 },
                  { &api_key_table, use_api_key },
                  { &jwt_table, use_jwt },
                  { &basic_table, use_basic },
                  { &config_certificate_table, use_certificate } };
    const struct auth_at at = { .l = l, .d = d, .node = json_getz(d->doc, "authentication") };
    for (size_t i = 0; i < ZS_COUNT(kinds); i++)
        if (in->auth.picked && in->auth.picked->table == kinds[i].table)
            kinds[i].use(&at, in->auth.conf, &in->cred);
}
