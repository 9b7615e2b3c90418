/*
 * Where a document of the API holds secrets in clear. In `authentication` and `tls` everything is
 * one that no table calls public, and so is what stands under a key that no table knows: a misspelt
 * key, or a type that does not exist, must not leave a secret readable in the record of the
 * failure. Tests: sealable_test.c
 */
#include "config/validate.h"

#include "config/config_int.h"

#define NAME_MAX_BYTES 120
#define SECRETS_MAX    200 /* of one document; each is looked for in all of it */

struct sealing {
    struct json *doc;
    enum rc (*fn)(void *ctx, const char *name, struct json *value, struct err *e);
    void *ctx;
    size_t n;
};

/* Is there a reference to a secret whose name ends in "/<name>"? */
static bool is_taken(const struct json *doc, struct str name)
{
    struct json_walk w;
    const struct json *node;
    json_walk_init(&w, doc);
    while (json_walk_next(&w, &node) != JSON_WALK_END) {
        struct str text = json_is(node, JSON_STRING) ? json_text(node) : STR("");
        for (size_t at = str_find(text, name, 0); at != SIZE_MAX; at = str_find(text, name, at + 1))
            if (at > 0 && text.p[at - 1] == '/' && at + name.n < text.n &&
                text.p[at + name.n] == '}')
                return true;
    }
    return false;
}

/* Another secret keeps its name: endpoints change places, and with them the names made of those. */
static enum rc seal(struct sealing *s, struct json *value, struct str name, struct err *e)
{
    struct buf b;
    json_quote(value);
    if (!json_is(value, JSON_STRING) || json_text(value).n == 0 ||
        config_has_reference(json_text(value)))
        return RC_OK;
    if (s->n++ >= SECRETS_MAX)
        return err_set(e, RC_LIMIT, "CFG-038", "a document may hold at most %d secrets",
                       SECRETS_MAX);
    buf_init(&b, (size_t)4 * NAME_MAX_BYTES);
    for (unsigned n = 1;; n++) {
        buf_clear(&b);
        for (size_t i = 0; i < size_min(name.n, NAME_MAX_BYTES); i++) {
            char c = name.p[i];
            buf_char(&b, (unsigned char)c < 0x20 || memchr("${}/\x7f", c, 5) ? '_' : c);
        }
        if (n > 1)
            buf_fmt(&b, "-%u", n);
        if (b.failed || !is_taken(s->doc, buf_view(&b)))
            break;
    }
    const char *z = buf_cstr(&b);
    enum rc rc = z ? s->fn(s->ctx, z, value, e) : buf_rc(&b, e);
    buf_done(&b);
    return rc;
}

static enum rc seal_children(struct sealing *s, const struct json *parent, struct str name,
                             struct err *e)
{
    enum rc rc = RC_OK;
    for (struct json *m = json_first(parent); rc == RC_OK && m; m = json_next(parent, m))
        rc = seal(s, m, name, e);
    return rc;
}

/* The value, and all texts below it where it is a list or an object. */
static enum rc seal_all(struct sealing *s, struct json *value, struct str name, struct err *e)
{
    struct json_walk w;
    const struct json *node;
    enum json_walk_event ev;
    enum rc rc = seal(s, value, name, e);
    json_walk_init(&w, value);
    while (rc == RC_OK && (ev = json_walk_next(&w, &node)) != JSON_WALK_END)
        if (ev == JSON_WALK_ENTER)
            rc = seal_children(s, node, name, e);
    return rc;
}

/* ---- what is public ----------------------------------------------------------------------- */

static bool table_has(const struct opt_table *t, struct str key, bool secret)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_eqz(key, t->def[i].name) && (t->def[i].kind == OPT_SECRET) == secret)
            return true;
    return false;
}

/* No type has it as a secret, and one has it as something else. */
static bool auth_public(struct str key)
{
    bool known = str_eqz(key, config_auth_variants.tag);
    for (size_t i = 0; i < config_auth_variants.n; i++) {
        if (table_has(config_auth_variants.v[i].table, key, true))
            return false;
        known = known || table_has(config_auth_variants.v[i].table, key, false);
    }
    return known;
}

static bool tls_public(struct str key)
{
    return table_has(&config_tls_table, key, false);
}

static bool header_public(struct str key)
{
    return !config_is_credential(key);
}

/* `authentication` and `tls` have their own; the guide's `name` is `integration` in files. */
static bool doc_public(struct str key)
{
    return str_eqz(key, "name") || table_has(&config_integration_table, key, false);
}

static bool endpoint_public(struct str key)
{
    return table_has(&config_endpoint_table, key, false);
}

/* The members of obj that are not public, or all of it where it is none; path: "tls". */
static enum rc seal_members(struct sealing *s, struct json *obj, struct str path,
                            bool (*is_public)(struct str key), struct err *e)
{
    enum rc rc = RC_OK;
    struct buf b;
    if (obj && !json_is(obj, JSON_OBJECT))
        return seal_all(s, obj, path, e);
    buf_init(&b, (size_t)1024 * 1024);
    for (struct json *m = json_first(obj); rc == RC_OK && m; m = json_next(obj, m)) {
        if (is_public(json_name(m)))
            continue;
        buf_clear(&b);
        buf_str(&b, path);
        buf_char(&b, '.');
        buf_str(&b, json_name(m));
        rc = b.failed ? buf_rc(&b, e) : seal_all(s, m, buf_view(&b), e);
    }
    buf_done(&b);
    return rc;
}

/* ---- the places --------------------------------------------------------------------------- */

/* "odbc:DSN=a@b": an @ of these parts no user from a host. */
static bool is_opaque(struct str url)
{
    static const char *const schemes[] = { "null", "fault", "file", "odbc", "sqlite" };
    for (size_t i = 0; i < ZS_COUNT(schemes); i++)
        if (str_ieq(config_url_scheme(url), str_z(schemes[i])))
            return true;
    return false;
}

/* "https:u:p@h", "u:p@h", " https://u:p@h/": what was meant to be user and password may be. */
static bool is_broken_url(struct str url)
{
    bool whole = config_is_url(url) && (str_find(url, STR("://"), 0) != SIZE_MAX || is_opaque(url));
    return !whole && str_chr(url, '@', 0) != SIZE_MAX;
}

/* A URL with a password is refused; until it is mended it is not to be read either. */
static enum rc seal_url(struct sealing *s, struct json *url, struct str name, struct err *e)
{
    bool bad = json_is(url, JSON_STRING) &&
               (config_url_has_secret(json_text(url), false) || is_broken_url(json_text(url)));
    return bad ? seal(s, url, name, e) : RC_OK;
}

static enum rc seal_endpoint(struct sealing *s, struct json *ep, size_t i, struct err *e)
{
    struct str name = json_str_or(json_getz(ep, "name"), STR(""));
    char path[96], url[104];
    if (config_is_name(name) && name.n <= 60)
        (void)snprintf(path, sizeof path, "endpoints.%.*s.headers", STR_ARG(name)); /* fits */
    else
        (void)snprintf(path, sizeof path, "endpoints.%zu.headers", i);         /* fits */
    (void)snprintf(url, sizeof url, "%.*surl", (int)(strlen(path) - 7), path); /* fits */
    enum rc rc = seal_url(s, json_getz(ep, "url"), str_z(url), e);
    if (rc == RC_OK)
        rc = seal_members(s, json_getz(ep, "headers"), str_z(path), header_public, e);
    if (rc != RC_OK)
        return rc;
    struct str own = str_sub(str_z(path), 0, strlen(path) - strlen(".headers"));
    return json_is(ep, JSON_OBJECT) ? seal_members(s, ep, own, endpoint_public, e)
                                    : seal_url(s, ep, own, e);
}

enum rc config_each_secret(struct json *doc,
                           enum rc (*fn)(void *ctx, const char *name, struct json *value,
                                         struct err *e),
                           void *ctx, struct err *e)
{
    struct sealing s = { .doc = doc, .fn = fn, .ctx = ctx };
    const struct json *endpoints = json_getz(doc, "endpoints");
    struct json *auth = json_getz(doc, "authentication");
    size_t i = 0;
    enum rc rc = seal_members(&s, auth, STR("authentication"), auth_public, e);
    if (rc == RC_OK)
        rc = seal_url(&s, json_getz(auth, "tokenUrl"), STR("authentication.tokenUrl"), e);
    if (rc == RC_OK)
        rc = seal_members(&s, json_getz(doc, "tls"), STR("tls"), tls_public, e);
    for (struct json *ep = json_first(endpoints); rc == RC_OK && ep;
         ep = json_next(endpoints, ep), i++)
        rc = seal_endpoint(&s, ep, i, e);
    if (rc == RC_OK && json_is(doc, JSON_OBJECT))
        rc = seal_members(&s, doc, STR("unknown"), doc_public, e);
    return rc;
}
