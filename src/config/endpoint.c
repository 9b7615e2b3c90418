/*
 * One endpoint of an integration, worked out to what a connector needs. Tests: integration_test.c
 */
#include "config/config_int.h"

#include "base/uuid.h"

#define NO_LIMIT_MS 86400000 /* a timeout of 0: a day */

/* Which URLs an integration of a type may have; null and fault are for trying things out. */
static const char *const type_schemes[][12] = {
    [TYPE_REST_API] = { "http", "https", "null", "fault", NULL },
    [TYPE_FHIR_API] = { "http", "https", "null", "fault", NULL },
    [TYPE_HL7_V2] = { "mllp", "mllps", "null", "fault", NULL },
    [TYPE_WEBSOCKET] = { "ws", "wss", "null", "fault", NULL },
    [TYPE_FILE_TRANSFER] = { "sftp", "ftp", "ftps", "file", "null", "fault", NULL },
    [TYPE_DATABASE] = { "postgresql", "postgres", "mysql", "mariadb", "mssql", "sqlserver",
                        "oracle", "sqlite", "odbc", "null", "fault", NULL },
};

/* What a type sends and takes unless headers say otherwise. */
static const struct str type_content[] = {
    [TYPE_REST_API] = STR_INIT("application/json"),
    [TYPE_FHIR_API] = STR_INIT("application/fhir+json"),
    [TYPE_HL7_V2] = STR_INIT("x-application/hl7-v2+er7"),
    [TYPE_WEBSOCKET] = STR_INIT("application/json"),
    [TYPE_FILE_TRANSFER] = STR_INIT("application/octet-stream"),
    [TYPE_DATABASE] = STR_INIT("application/json"),
};

const char *const config_methods[] = { "GET", "POST", "PUT", "DELETE", "PATCH", NULL };

static const char *const probe_names[] = { "safe", "request", NULL };

static const struct opt_def rate_opts[] = {
    { .name = "requests",
      .kind = OPT_INT,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct config_rate, requests),
      .min = 0,
      .max = 1000000,
      .doc = "So many requests may be sent in each `per`; 0: no limit." },
    { .name = "per",
      .kind = OPT_MS,
      .at = offsetof(struct config_rate, per_ms),
      .dflt = "1s",
      .min = 1,
      .max = 86400000,
      .doc = "The time that `requests` counts for." },
    { .name = "burst",
      .kind = OPT_INT,
      .at = offsetof(struct config_rate, burst),
      .dflt = "1",
      .min = 1,
      .max = 1000000,
      .doc = "So many may go at once after a pause." },
};
static const struct opt_table rate_table =
    OPT_TABLE("rateLimit", struct config_rate, rate_opts, "How fast an endpoint may be called.");

static const struct opt_def endpoint_opts[] = {
    { .name = "name",
      .kind = OPT_STR,
      .at = offsetof(struct config_endpoint, name),
      .max = 100,
      .doc = "Name within the integration; without one `{type}_{n}`." },
    { .name = "url",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct config_endpoint, url),
      .min = 1,
      .max = 4000,
      .doc = "Where it is: http(s)://… for rest_api and fhir_api, mllp(s)://host:port for hl7_v2, "
             "ws(s)://… for websocket, sftp://…, ftp(s)://… for file_transfer, postgresql://… for "
             "database." },
    { .name = "method",
      .kind = OPT_STR,
      .at = offsetof(struct config_endpoint, method),
      .max = 20,
      .doc = "GET, POST, PUT, DELETE or PATCH. Required for rest_api and fhir_api; the other types "
             "do what is natural to them." },
    { .name = "headers",
      .kind = OPT_MAP,
      .at = offsetof(struct config_endpoint, headers),
      .max = 100,
      .doc = "Headers of every request; they may hold references to secrets. Content-Type and "
             "Accept go by the type unless they stand here." },
    { .name = "parameters",
      .kind = OPT_JSON,
      .at = offsetof(struct config_endpoint, parameters),
      .doc = "Query parameters for rest_api and fhir_api, bound parameters for database; options "
             "of the connector for others." },
    { .name = "timeout",
      .kind = OPT_MS,
      .at = offsetof(struct config_endpoint, timeout_ms),
      .dflt = "30000",
      .min = 0,
      .max = NO_LIMIT_MS,
      .doc = "Longest time for one attempt, connecting included; 0: no limit of its own (a day)." },
    { .name = "retries",
      .kind = OPT_INT,
      .at = offsetof(struct config_endpoint, retries),
      .dflt = "3",
      .min = 0,
      .max = 1000000,
      .doc = "How often an answered failure (AE, 5xx, 429) is tried again. Attempts that never "
             "reached the peer do not count." },
    { .name = "rateLimit",
      .kind = OPT_OBJ,
      .flags = OPT_SHORT,
      .at = offsetof(struct config_endpoint, rate),
      .sub = &rate_table,
      .doc = "How fast it may be called; a number alone is requests a second." },
    { .name = "dataMapping",
      .kind = OPT_JSON,
      .at = offsetof(struct config_endpoint, data_mapping),
      .doc = "Mapping of what is sent: the name of one, or its rules." },
    { .name = "responseMapping",
      .kind = OPT_JSON,
      .at = offsetof(struct config_endpoint, response_mapping),
      .doc = "Mapping of what is answered: the name of one, or its rules." },
    { .name = "probe",
      .kind = OPT_ENUM,
      .at = offsetof(struct config_endpoint, probe),
      .dflt = "safe",
      .names = probe_names,
      .doc = "How connectivity is tested: `safe` without side effects at the peer, `request` with "
             "the endpoint's own method." },
};
const struct opt_table config_endpoint_table = OPT_TABLE(
    "endpoint", struct config_endpoint, endpoint_opts, "One operation of an integration.");

struct endpoint_at {
    struct config_load *l;
    const struct config_doc *d;
    struct config_integration *in;
    const struct json *node; /* the endpoint as written */
    char path[64];
};

static void endpoint_finding(struct endpoint_at *at, const char *key, const char *id,
                             const char *hint, const char *text)
{
    const struct json *where = json_getz(at->node, key);
    char path[96];
    (void)snprintf(path, sizeof path, "%s.%s", at->path, key); /* both are short by construction */
    config_finding(at->l, at->d, where ? where : at->node, path, id, hint, "%s", text);
}

/* ---- url and method ----------------------------------------------------------------------- */

/* Types whose protocol may not be in this build: their endpoints then fail when they are tested. */
static bool may_be_absent(int type)
{
    return type == TYPE_WEBSOCKET || type == TYPE_FILE_TRANSFER || type == TYPE_DATABASE;
}

static bool is_http(int type)
{
    return type == TYPE_REST_API || type == TYPE_FHIR_API;
}

static bool fits_type(struct endpoint_at *at, struct str scheme)
{
    const char *const *allowed = type_schemes[at->in->type];
    for (size_t i = 0; allowed[i]; i++)
        if (str_ieq(scheme, str_z(allowed[i])))
            return true;
    char hint[128];
    (void)snprintf(hint, sizeof hint, "an endpoint of type %s begins with %s://",
                   config_type_name((enum config_type)at->in->type), allowed[0]); /* fits */
    endpoint_finding(at, "url", "CFG-012", hint, "this URL does not fit the integration's type");
    return false;
}

static void use_url(struct endpoint_at *at, struct config_endpoint *ep)
{
    if (ep->url.n == 0)
        return; /* on trial; there is a finding */
    if (!config_is_url(ep->url)) {
        endpoint_finding(at, "url", "CFG-037", "write scheme://host:port/path", "this is no URL");
        return;
    }
    if (config_url_has_secret(ep->url, is_http(at->in->type))) {
        endpoint_finding(at, "url", "CFG-034", "use authentication: { type: basic, … }",
                         "user and password may not stand in a URL");
        return;
    }
    if (at->l->any_type)
        return;
    struct str scheme = config_url_scheme(ep->url);
    if (!fits_type(at, scheme))
        return;
    ep->conn_type = at->l->env->connector(scheme);
    if (ep->conn_type && (ep->conn_type->caps & CONN_SENDS))
        return;
    ep->conn_type = NULL;
    if (!may_be_absent(at->in->type))
        endpoint_finding(at, "url", "CFG-013", "see `zarish explain CFG-013`",
                         "this protocol is not available in this build");
}

static void use_method(struct endpoint_at *at, struct config_endpoint *ep)
{
    if (ep->method.n == 0) {
        if (is_http(at->in->type))
            endpoint_finding(at, "method", "CFG-014", "GET, POST, PUT, DELETE or PATCH",
                             "HTTP method is required");
        return;
    }
    for (size_t i = 0; config_methods[i]; i++)
        if (str_ieq(ep->method, str_z(config_methods[i]))) {
            ep->conn.method = str_z(config_methods[i]);
            return;
        }
    endpoint_finding(at, "method", "CFG-014", "GET, POST, PUT, DELETE or PATCH",
                     "this is no method of an endpoint");
}

/* ---- headers and parameters --------------------------------------------------------------- */

static void use_header(struct endpoint_at *at, const struct opt_pair *pair, struct conn_header *out)
{
    struct err e;
    *out = (struct conn_header){ .name = pair->name, .value = pair->text };
    if (!at->l->trial && config_is_credential(pair->name) && pair->text.n > 0 &&
        !config_has_reference(pair->text))
        endpoint_finding(at, "headers", "CFG-035",
                         "write ${secret:NAME}, ${env:ZARISH_NAME} or ${file:PATH}",
                         "a header that says who we are may not stand here in clear");
    if (config_resolve(at->l, at->d, pair->text, &out->value, &e) != RC_OK)
        endpoint_finding(at, "headers", e.id,
                         "set the variable, store the secret, or mend the name", e.text);
}

static void use_headers(struct endpoint_at *at, struct config_endpoint *ep)
{
    struct conn_header *h = arena_make(at->l->arena, struct conn_header, ep->headers.n);
    if (!h) {
        at->l->nomem = true;
        return;
    }
    for (size_t i = 0; i < ep->headers.n; i++)
        use_header(at, &ep->headers.v[i], &h[i]);
    ep->conn.headers = h;
    ep->conn.n_headers = ep->headers.n;
}

/* Connector options: read by its own table, or left as written where it has none. */
static void use_parameters(struct endpoint_at *at, struct config_endpoint *ep)
{
    const struct conn_type *t = ep->conn_type;
    ep->conn.parameters = ep->parameters;
    if (!t || !t->send_opts) {
        if (ep->parameters && !json_is(ep->parameters, JSON_OBJECT))
            endpoint_finding(at, "parameters", "CFG-036", "write { name: value }",
                             "parameters are an object");
        return;
    }
    char path[96];
    (void)snprintf(path, sizeof path, "%s.parameters", at->path); /* short by construction */
    struct opt_read r = config_reader(at->l, at->d, path);
    void *params = arena_zero(at->l->arena, t->send_opts->size);
    enum rc rc = !params          ? RC_NOMEM
                 : ep->parameters ? opt_decode(t->send_opts, ep->parameters, &r, params)
                                  : opt_defaults(t->send_opts, at->l->arena, params);
    if (rc == RC_NOMEM)
        at->l->nomem = true;
    ep->conn.params = params;
}

static void check_with_connector(struct endpoint_at *at, struct config_endpoint *ep)
{
    const struct conn_type *t = ep->conn_type;
    char path[96];
    (void)snprintf(path, sizeof path, "%s.parameters", at->path); /* short by construction */
    struct opt_read r = config_reader(at->l, at->d, path);
    if (t && t->send_check && !at->l->nomem)
        t->send_check(&r, ep->parameters, &ep->conn);
}

/* ---- name and id -------------------------------------------------------------------------- */

static void name_endpoint(struct endpoint_at *at, struct config_endpoint *ep, size_t i)
{
    struct config_load *l = at->l;
    struct buf b;
    buf_init_arena(&b, l->arena, 512);
    buf_str(&b, at->in->name);
    buf_char(&b, '/');
    size_t start = b.n;
    if (ep->name.n > 0)
        buf_str(&b, ep->name);
    else
        buf_fmt(&b, "%s_%zu", config_type_name((enum config_type)at->in->type), i + 1);
    const char *z = buf_cstr(&b);
    if (!z) {
        l->nomem = true;
        return;
    }
    ep->full_name = z;
    ep->name = str_from(buf_view(&b), start);
    if (!config_is_name(ep->name))
        endpoint_finding(at, "name", "CFG-033", CONFIG_NAME_HINT, CONFIG_NAME_TEXT);
    for (size_t j = 0; j < i; j++)
        if (str_eq(at->in->endpoints[j].name, ep->name))
            endpoint_finding(at, "name", "CFG-005", "give one of them another name",
                             "there are two endpoints of this name");
}

/* UUID version 8 (RFC 9562, 5.8) out of SHA-256 of "<integration's id>/<name>". */
static void id_endpoint(struct endpoint_at *at, struct config_endpoint *ep, struct str in_id)
{
    struct buf b;
    struct uuid u;
    uint8_t hash[SHA256_BYTES];
    char text[UUID_TEXT_SIZE];
    ep->id = STR("");
    if (in_id.n == 0)
        return;
    buf_init_arena(&b, at->l->arena, 1024);
    buf_str(&b, in_id);
    buf_char(&b, '/');
    buf_str(&b, ep->name);
    sha256_once(buf_view(&b), hash);
    memcpy(u.b, hash, sizeof u.b);
    u.b[6] = (unsigned char)((u.b[6] & 0x0f) | 0x80);
    u.b[8] = (unsigned char)((u.b[8] & 0x3f) | 0x80);
    uuid_text(&u, text);
    ep->id = arena_str(at->l->arena, str_z(text));
    at->l->nomem = at->l->nomem || b.failed || !ep->id.p;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void use_maps(struct endpoint_at *at, struct config_endpoint *ep)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s.dataMapping", at->path); /* short by construction */
    if (ep->data_mapping)
        ep->map = config_use_map(at->l, at->d, ep->data_mapping, path);
    (void)snprintf(path, sizeof path, "%s.responseMapping", at->path); /* likewise */
    if (ep->response_mapping)
        ep->response_map = config_use_map(at->l, at->d, ep->response_mapping, path);
}

void config_use_endpoint(struct config_load *l, const struct config_doc *d,
                         struct config_integration *in, size_t i, struct str in_id)
{
    struct config_endpoint *ep = &in->endpoints[i];
    struct endpoint_at at = {
        .l = l, .d = d, .in = in, .node = json_at(json_getz(d->doc, "endpoints"), i)
    };
    (void)snprintf(at.path, sizeof at.path, "endpoints[%zu]", i); /* fits */
    if (!json_is(at.node, JSON_OBJECT))
        return; /* on trial; there is a finding */
    ep->integration = in;
    name_endpoint(&at, ep, i);
    id_endpoint(&at, ep, in_id);
    use_headers(&at, ep);
    ep->content_type = type_content[in->type];
    ep->conn.name = ep->full_name;
    ep->conn.type = config_type_name((enum config_type)in->type);
    ep->conn.url = ep->url;
    ep->conn.tls = in->tls;
    ep->conn.timeout_ms = ep->timeout_ms ? (uint32_t)ep->timeout_ms : NO_LIMIT_MS;
    ep->conn.probe_request = ep->probe == PROBE_REQUEST;
    use_url(&at, ep);
    use_method(&at, ep);
    use_parameters(&at, ep);
    check_with_connector(&at, ep);
    use_maps(&at, ep);
}
