/*
 * The record of an integration: the guide's object as JSON text, without secrets. Everything comes
 * from the document as it was written (secrets are references there) but for what compiling worked
 * out. Tests: init_test.c
 */
#include "manage/manage_int.h"

#include "base/timefmt.h"

/* ---- credentials -------------------------------------------------------------------------- */

/* What setupAuthentication puts into `details`, type by type. */
struct detail {
    const char *name;
    const char *dflt; /* where the document has none; NULL: left out */
    enum detail_kind { SHOWN, SECRET, LIST, MADE } kind;
};

static const struct detail oauth2_details[] = { { "grantType", "client_credentials", SHOWN },
                                                { "tokenUrl", NULL, SHOWN },
                                                { "clientId", NULL, SHOWN },
                                                { "clientSecret", NULL, SECRET },
                                                { "scopes", NULL, LIST },
                                                { NULL, NULL, SHOWN } };
static const struct detail api_key_details[] = { { "key", NULL, SECRET },
                                                 { "headerName", "X-API-Key", SHOWN },
                                                 { "queryParam", NULL, SHOWN },
                                                 { "location", "header", SHOWN },
                                                 { NULL, NULL, SHOWN } };
static const struct detail jwt_details[] = {
    { "secret", NULL, SECRET },  { "algorithm", "HS256", SHOWN }, { "issuer", NULL, SHOWN },
    { "audience", NULL, SHOWN }, { "expiresIn", "1h", SHOWN },    { "testToken", "[set]", MADE },
    { NULL, NULL, SHOWN }
};
static const struct detail basic_details[] = { { "username", NULL, SHOWN },
                                               { "password", NULL, SECRET },
                                               { NULL, NULL, SHOWN } };
static const struct detail certificate_details[] = { { "cert", NULL, SHOWN },
                                                     { "key", NULL, SECRET },
                                                     { "passphrase", NULL, SECRET },
                                                     { "ca", NULL, SHOWN },
                                                     { NULL, NULL, SHOWN } };

static const struct {
    const char *type;
    const struct detail *details;
} credential_types[] = { { "oauth2", oauth2_details },
                         { "api_key", api_key_details },
                         { "jwt", jwt_details },
                         { "basic", basic_details },
                         { "certificate", certificate_details } };

static const struct detail *details_of(struct str type)
{
    for (size_t i = 0; i < ZS_COUNT(credential_types); i++)
        if (str_eqz(type, credential_types[i].type))
            return credential_types[i].details;
    return NULL;
}

/* A secret is shown as the reference that stands for it, never as anything else. */
static void put_secret(struct jw *w, const struct json *value)
{
    struct str text = json_text(value);
    bool reference = str_starts(text, STR("${")) && str_ends(text, STR("}"));
    jw_str(w, reference ? text : STR("[set]"));
}

static void put_detail(struct jw *w, const struct json *auth, const struct detail *d)
{
    const struct json *value = json_getz(auth, d->name);
    bool given = value && !json_is(value, JSON_NULL) && d->kind != MADE;
    if (!given && !d->dflt && d->kind != LIST)
        return;
    jw_keyz(w, d->name);
    if (given && d->kind == SECRET)
        put_secret(w, value);
    else if (given)
        jw_value(w, value);
    else if (d->kind == LIST)
        jw_array(w), jw_end(w);
    else
        jw_strz(w, d->dflt);
}

/* The token itself stays in memory. */
static void put_token(struct jw *w, const struct credential_setup *setup)
{
    char at[TIME_ISO_SIZE];
    jw_kstrz(w, "accessToken", "[set]");
    jw_kstrz(w, "refreshToken", setup->refresh_token ? "[set]" : NULL);
    if (setup->expires_at)
        time_iso(setup->expires_at, at);
    jw_kstrz(w, "expiresAt", setup->expires_at ? at : NULL);
}

static void put_credentials(struct jw *w, const struct record_parts *p)
{
    const struct json *auth = json_getz(p->doc, "authentication");
    struct str type = json_str_or(json_getz(auth, "type"), STR("none"));
    const struct detail *d = details_of(type);
    if (!p->setup) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_kstr(w, "type", type);
    jw_kbool(w, "configured", d != NULL);
    jw_keyz(w, "details");
    jw_object(w);
    if (!d)
        jw_kstrz(w, "message", "No authentication configured");
    for (; d && d->name; d++)
        put_detail(w, auth, d);
    if (str_eq(type, STR("oauth2")))
        put_token(w, p->setup);
    jw_end(w);
    jw_end(w);
}

/* ---- endpoints and mappings --------------------------------------------------------------- */

static bool has_header(const struct json *headers, const char *name)
{
    JSON_EACH(h, headers)
    if (str_ieq(json_name(h), str_z(name)))
        return true;
    return false;
}

/* The user's own, and what the type sends where they say nothing. */
static void put_headers(struct jw *w, const struct json *headers, struct str content_type)
{
    static const char *const names[] = { "Content-Type", "Accept" };
    jw_keyz(w, "headers");
    jw_object(w);
    JSON_EACH(h, headers)
    {
        jw_key(w, json_name(h));
        jw_value(w, h);
    }
    for (size_t i = 0; content_type.n && i < ZS_COUNT(names); i++)
        if (!has_header(headers, names[i]))
            jw_kstr(w, names[i], content_type);
    jw_end(w);
}

/* As it was given, or what the type does by itself. */
struct str endpoint_method(const struct config_endpoint *ep)
{
    static const char *const natural[] = {
        [TYPE_REST_API] = "",      [TYPE_FHIR_API] = "",         [TYPE_HL7_V2] = "POST",
        [TYPE_WEBSOCKET] = "POST", [TYPE_FILE_TRANSFER] = "PUT", [TYPE_DATABASE] = "POST"
    };
    size_t type = (size_t)ep->integration->type;
    if (ep->conn.method.n > 0 || type >= ZS_COUNT(natural))
        return ep->conn.method;
    return str_z(natural[type]);
}

static void put_member(struct jw *w, const struct json *obj, const char *name)
{
    jw_keyz(w, name);
    jw_value(w, json_getz(obj, name));
}

static void put_endpoint(struct jw *w, const struct config_endpoint *ep, const struct json *doc)
{
    const struct json *parameters = json_getz(doc, "parameters");
    jw_object(w);
    jw_kstr(w, "id", ep->id);
    jw_kstr(w, "name", ep->name);
    jw_kstr(w, "url", json_text(json_getz(doc, "url")));
    jw_kstr(w, "method", endpoint_method(ep));
    put_headers(w, json_getz(doc, "headers"), ep->content_type);
    jw_keyz(w, "parameters");
    if (parameters)
        jw_value(w, parameters);
    else
        jw_object(w), jw_end(w);
    jw_ku64(w, "timeout", ep->timeout_ms);
    jw_ki64(w, "retries", ep->retries);
    put_member(w, doc, "rateLimit");
    put_member(w, doc, "dataMapping");
    put_member(w, doc, "responseMapping");
    jw_kstrz(w, "status", "configured");
    jw_end(w);
}

static void put_endpoints(struct jw *w, const struct record_parts *p)
{
    const struct json *list = json_getz(p->doc, "endpoints");
    const struct json *doc = json_first(list);
    jw_keyz(w, "endpoints");
    jw_array(w);
    for (size_t i = 0; p->in && p->configured && i < p->in->n_endpoints && doc; i++) {
        put_endpoint(w, &p->in->endpoints[i], doc);
        doc = json_next(list, doc);
    }
    jw_end(w);
}

static void put_mappings(struct jw *w, const struct record_parts *p)
{
    static const char *const formats[] = { [MAP_HL7V2] = "hl7v2", [MAP_JSON] = "json" };
    jw_keyz(w, "mappings");
    jw_array(w);
    for (size_t i = 0; p->in && p->configured && i < p->in->n_maps; i++) {
        const struct map *map = p->in->maps[i];
        jw_object(w);
        jw_kstr(w, "name", map_name(map));
        jw_kstrz(w, "from", formats[map_from(map)]);
        jw_kstrz(w, "to", formats[map_to(map)]);
        jw_kstrz(w, "status", "compiled");
        jw_end(w);
    }
    jw_end(w);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void put_metadata(struct jw *w, const struct record_parts *p)
{
    const struct json *by = json_getz(p->doc, "createdBy");
    jw_keyz(w, "metadata");
    jw_object(w);
    jw_kstr(w, "createdAt", p->created_at);
    jw_kstr(w, "createdBy", json_str_or(by, p->created_by));
    put_member(w, p->doc, "organization");
    jw_kstr(w, "environment", json_str_or(json_getz(p->doc, "environment"), STR("production")));
    jw_end(w);
}

/* JSON text made by us, as a value. */
static enum rc put_json(struct jw *w, const char *name, struct str text, struct arena *a,
                        struct err *e)
{
    struct json *v = NULL;
    if (str_is_null(text))
        return RC_OK;
    enum rc rc = json_parse(text, &json_default_limits, a, &v, e);
    if (rc != RC_OK)
        return rc;
    jw_keyz(w, name);
    jw_value(w, v);
    return RC_OK;
}

enum rc record_write(const struct record_parts *p, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a, 2 * MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "id", p->id);
    put_member(&w, p->doc, "name");
    put_member(&w, p->doc, "type");
    jw_kstrz(&w, "status", p->status);
    jw_keyz(&w, "configuration");
    jw_value(&w, p->doc);
    put_endpoints(&w, p);
    jw_keyz(&w, "credentials");
    put_credentials(&w, p);
    put_mappings(&w, p);
    jw_keyz(&w, "validation");
    if (p->checked)
        config_validation_write(p->checked, &w);
    else
        jw_null(&w);
    put_metadata(&w, p);
    if (!str_is_null(p->error))
        jw_kstr(&w, "error", p->error);
    enum rc rc = put_json(&w, "connectivity", p->connectivity, a, e);
    if (rc != RC_OK)
        return rc;
    jw_end(&w);
    rc = jw_done(&w, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}

/* One of config_type_names, or "". */
const char *type_of(const struct json *doc)
{
    struct str type = json_text(json_getz(doc, "type"));
    for (const char *const *t = config_type_names; *t; t++)
        if (str_eqz(type, *t))
            return *t;
    return "";
}

/* ---- a stored one ------------------------------------------------------------------------- */

static enum rc set_text(struct json *doc, const char *name, struct str text, struct arena *a,
                        struct err *e)
{
    return json_set(doc, str_z(name), json_make_str(a, text), e);
}

static void drop(struct json *doc, const char *name)
{
    struct json *member = json_getz(doc, name);
    if (member)
        json_remove(doc, member);
}

static enum rc write_out(const struct json *doc, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 2 * MANAGE_DOC_MAX);
    enum rc rc = json_write(&b, doc, JSON_COMPACT, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}

enum rc record_restate(struct str record, enum life life, struct str error, struct str connectivity,
                       struct arena *a, struct str *out, struct err *e)
{
    struct json *doc = NULL, *test = NULL;
    enum rc rc = json_parse(record, &json_default_limits, a, &doc, e);
    if (rc == RC_OK)
        rc = set_text(doc, "status", str_z(life_name(life)), a, e);
    if (rc == RC_OK && str_is_null(error))
        drop(doc, "error");
    else if (rc == RC_OK)
        rc = set_text(doc, "error", error, a, e);
    if (rc == RC_OK && !str_is_null(connectivity)) {
        rc = json_parse(connectivity, &json_default_limits, a, &test, e);
        if (rc == RC_OK)
            rc = json_set(doc, STR("connectivity"), test, e);
    }
    return rc == RC_OK ? write_out(doc, a, out, e) : rc;
}

enum rc record_show(struct str record, enum life life, struct str origin, uint64_t version,
                    struct arena *a, struct str *out, struct err *e)
{
    struct json *doc = NULL;
    enum rc rc = json_parse(record, &json_default_limits, a, &doc, e);
    if (rc == RC_OK)
        rc = set_text(doc, "status", str_z(life_name(life)), a, e);
    if (rc == RC_OK)
        rc = set_text(doc, "origin", origin, a, e);
    if (rc == RC_OK)
        rc = json_set(doc, STR("version"), json_make_u64(a, version), e);
    return rc == RC_OK ? write_out(doc, a, out, e) : rc;
}
