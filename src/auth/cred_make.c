/*
 * A credential from its configuration: copied, checked, and what never changes worked out.
 * Tests: cred_test.c
 */
#include "auth/cred_int.h"

#include "base/alloc.h"
#include "crypt/b64.h"

#define CONF_MAX ((size_t)1024 * 1024)
#define FOR_EVER UINT64_MAX

enum rc cred_no_memory(struct err *e)
{
    (void)err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for a credential");
    (void)err_fate(e, FATE_RETRY); /* returns the code set above */
    return RC_NOMEM;
}

struct arena *cred_arena(size_t max)
{
    struct arena *a = arena_new("credential", 0, max);
    if (a)
        arena_wipe_on_free(a);
    return a;
}

void cred_hold(struct held *h, struct arena **a, struct str text)
{
    arena_free(&h->arena);
    *h = (struct held){ .arena = *a, .text = text };
    *a = NULL;
}

void cred_let_go(struct held *h)
{
    struct arena *none = NULL;
    cred_hold(h, &none, STR_NULL);
}

enum rc cred_keep(struct str prefix, struct str text, struct held *out, struct err *e)
{
    struct arena *a = cred_arena(CRED_TEXT_MAX);
    struct buf b;
    if (!a)
        return cred_no_memory(e);
    buf_init_arena(&b, a, CRED_FIELD_MAX);
    buf_str(&b, prefix);
    buf_str(&b, text);
    if (b.failed) {
        arena_free(&a);
        return cred_no_memory(e);
    }
    cred_hold(out, &a, buf_view(&b));
    return RC_OK;
}

/* ---- making ---- */

/* False: no memory. */
static bool copy_text(struct arena *a, struct str *s)
{
    *s = s->n > 0 ? arena_str(a, *s) : STR("");
    return !str_is_null(*s);
}

static bool copy_scopes(struct arena *a, struct cred_conf *c)
{
    size_t n = c->oauth2.n_scopes;
    struct str *scopes = arena_make(a, struct str, n);
    for (size_t i = 0; scopes && i < n; i++) {
        scopes[i] = c->oauth2.scopes[i];
        if (!copy_text(a, &scopes[i]))
            return false;
    }
    c->oauth2.scopes = scopes;
    return scopes != NULL;
}

static bool copy_conf(struct arena *a, struct cred_conf *c)
{
    struct str *texts[] = {
        &c->oauth2.token_url,     &c->oauth2.client_id, &c->oauth2.client_secret,
        &c->oauth2.refresh_token, &c->api_key.key,      &c->api_key.header_name,
        &c->api_key.query_param,  &c->jwt.secret,       &c->jwt.issuer,
        &c->jwt.audience,         &c->basic.username,   &c->basic.password,
    };
    for (size_t i = 0; i < ZS_COUNT(texts); i++)
        if (!copy_text(a, texts[i]))
            return false;
    return c->oauth2.n_scopes == 0 || copy_scopes(a, c);
}

static enum rc required(bool there, const char *id, const char *text, struct err *e)
{
    if (there)
        return RC_OK;
    (void)err_set(e, RC_VALUE, id, "%s", text);
    return err_fate(e, FATE_OPERATOR);
}

/* A value that never changes. */
static enum rc fix_value(struct cred *c, struct str prefix, struct str text, struct err *e)
{
    c->until_mono = c->renew_mono = FOR_EVER;
    return cred_keep(prefix, text, &c->value, e);
}

static enum rc make_nothing(struct cred *c, struct err *e)
{
    (void)c, (void)e; /* the table's signature */
    return RC_OK;
}

static enum rc make_oauth2(struct cred *c, struct err *e)
{
    const struct cred_conf *k = &c->conf;
    bool told = k->oauth2.client_id.n > 0 && k->oauth2.client_secret.n > 0;
    bool granted = k->oauth2.grant != CRED_REFRESH_TOKEN || k->oauth2.refresh_token.n > 0;
    enum rc rc = required(k->oauth2.token_url.n > 0, "AUTH-050", "OAuth2 token URL is required", e);
    if (rc == RC_OK)
        rc = required(told, "AUTH-051", "OAuth2 client credentials are required", e);
    if (rc == RC_OK)
        rc = required(granted, "AUTH-054", "OAuth2 refresh token is required", e);
    if (rc != RC_OK || k->oauth2.refresh_token.n == 0)
        return rc;
    return cred_keep(STR(""), k->oauth2.refresh_token, &c->refresh, e);
}

static enum rc make_api_key(struct cred *c, struct err *e)
{
    const struct cred_conf *k = &c->conf;
    struct str header = k->api_key.header_name.n > 0 ? k->api_key.header_name : STR("X-API-Key");
    struct str query = k->api_key.query_param.n > 0 ? k->api_key.query_param : STR("api_key");
    c->in_query = k->api_key.place == CRED_IN_QUERY;
    c->name = c->in_query ? query : header;
    enum rc rc = required(k->api_key.key.n > 0, "AUTH-052", "API key is required", e);
    return rc == RC_OK ? fix_value(c, STR(""), k->api_key.key, e) : rc;
}

static enum rc make_jwt(struct cred *c, struct err *e)
{
    return required(c->conf.jwt.secret.n > 0, "AUTH-053", "JWT secret is required", e);
}

/* RFC 7617 2: no colon in the name, no control characters in either; both go as UTF-8. */
static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

static enum rc make_basic(struct cred *c, struct err *e)
{
    struct str user = c->conf.basic.username, password = c->conf.basic.password;
    bool fits = user.n > 0 && str_chr(user, ':', 0) == SIZE_MAX && !has_control(user) &&
                !has_control(password);
    enum rc rc = required(fits, "AUTH-055",
                          "the username is empty or holds a colon, or a control character stands "
                          "in it or the password",
                          e);
    if (rc != RC_OK)
        return rc;
    struct buf pair, coded;
    buf_init_arena(&pair, c->arena, CONF_MAX);
    buf_init_arena(&coded, c->arena, CONF_MAX);
    buf_str(&pair, user);
    buf_char(&pair, ':');
    buf_str(&pair, password);
    b64_add(&coded, buf_view(&pair));
    return pair.failed || coded.failed ? cred_no_memory(e)
                                       : fix_value(c, STR("Basic "), buf_view(&coded), e);
}

static const struct {
    enum rc (*make)(struct cred *c, struct err *e);
    struct str name;
} kinds[] = {
    [CRED_NONE] = { make_nothing, STR_INIT("") },
    [CRED_OAUTH2] = { make_oauth2, STR_INIT("Authorization") },
    [CRED_API_KEY] = { make_api_key, STR_INIT("") },
    [CRED_JWT] = { make_jwt, STR_INIT("Authorization") },
    [CRED_BASIC] = { make_basic, STR_INIT("Authorization") },
    [CRED_CERTIFICATE] = { make_nothing, STR_INIT("") },
};

enum rc cred_make(struct cred *c, struct err *e)
{
    c->arena = cred_arena(CONF_MAX);
    if (!c->arena || !copy_conf(c->arena, &c->conf))
        return cred_no_memory(e);
    c->name = kinds[c->conf.type].name;
    return kinds[c->conf.type].make(c, e);
}
