/*
 * `integration` documents: the guide's object with its endpoints, worked out to what a connector
 * needs. Tests: config_test.c
 */
#include "config/config_int.h"

const char *const config_type_names[] = { "rest_api",      "fhir_api", "hl7_v2", "websocket",
                                          "file_transfer", "database", NULL };

/* Which URLs an integration of a type may have; null and fault are for trying things out. */
static const char *const type_schemes[][6] = {
    [TYPE_REST_API] = { "http", "https", "null", "fault", NULL },
    [TYPE_FHIR_API] = { "http", "https", "null", "fault", NULL },
    [TYPE_HL7_V2] = { "mllp", "mllps", "null", "fault", NULL },
    [TYPE_WEBSOCKET] = { "ws", "wss", NULL },
    [TYPE_FILE_TRANSFER] = { "sftp", "ftp", "ftps", "file", NULL },
    [TYPE_DATABASE] = { "postgresql", "mysql", "mariadb", "odbc", NULL },
};

static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "PATCH" };

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
      .doc = "Where it is: http(s)://… for rest_api and fhir_api, mllp(s)://host:port for "
             "hl7_v2." },
    { .name = "method",
      .kind = OPT_STR,
      .at = offsetof(struct config_endpoint, method),
      .max = 20,
      .doc = "GET, POST, PUT, DELETE or PATCH. Required for HTTP types; hl7_v2 sends." },
    { .name = "headers",
      .kind = OPT_MAP,
      .at = offsetof(struct config_endpoint, headers),
      .max = 100,
      .doc = "Headers of every request." },
    { .name = "parameters",
      .kind = OPT_JSON,
      .at = offsetof(struct config_endpoint, parameters),
      .doc = "Query parameters for rest_api and fhir_api; options of the connector for others." },
    { .name = "timeout",
      .kind = OPT_MS,
      .at = offsetof(struct config_endpoint, timeout_ms),
      .dflt = "30000",
      .min = 1,
      .max = 86400000,
      .doc = "Longest time for one attempt, connecting included." },
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
      .at = offsetof(struct config_endpoint, rate),
      .sub = &rate_table,
      .doc = "How fast it may be called." },
    { .name = "dataMapping",
      .kind = OPT_JSON,
      .at = offsetof(struct config_endpoint, data_mapping),
      .doc = "Mapping of what is sent: the name of one, or its rules." },
};
static const struct opt_table endpoint_table = OPT_TABLE(
    "endpoint", struct config_endpoint, endpoint_opts, "One operation of an integration.");

struct integration_doc {
    struct config_integration in;
    struct opt_list endpoints;
};

static const struct opt_def integration_opts[] = {
    { .name = "integration",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct integration_doc, in.name),
      .min = 1,
      .max = 100,
      .doc = "Its name." },
    { .name = "type",
      .kind = OPT_ENUM,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct integration_doc, in.type),
      .names = config_type_names,
      .doc = "What kind of system it is." },
    { .name = "description",
      .kind = OPT_STR,
      .at = offsetof(struct integration_doc, in.description),
      .max = 2000,
      .doc = "For people." },
    { .name = "authentication",
      .kind = OPT_CHOICE,
      .at = offsetof(struct integration_doc, in.auth),
      .variants = &config_auth_variants,
      .doc = "How requests are authenticated." },
    { .name = "endpoints",
      .kind = OPT_OBJS,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct integration_doc, endpoints),
      .sub = &endpoint_table,
      .min = 1,
      .max = 1000,
      .doc = "Its operations." },
};

const struct opt_table config_integration_table =
    OPT_TABLE("integration", struct integration_doc, integration_opts,
              "A named connection to one external system.");

const char *config_type_name(enum config_type t)
{
    return (size_t)t < ZS_COUNT(config_type_names) - 1 ? config_type_names[t] : "unknown";
}

struct endpoint_at {
    struct config_load *l;
    const struct config_doc *d;
    const struct config_integration *in;
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

static struct str scheme_of(struct str url)
{
    size_t colon = str_chr(url, ':', 0);
    return colon == SIZE_MAX ? STR("") : str_sub(url, 0, colon);
}

static void use_url(struct endpoint_at *at, struct config_endpoint *ep)
{
    struct str scheme = scheme_of(ep->url);
    const char *const *allowed = type_schemes[at->in->type];
    bool fits = false;
    for (size_t i = 0; allowed[i]; i++)
        fits = fits || str_ieq(scheme, str_z(allowed[i]));
    if (!fits) {
        char hint[128];
        (void)snprintf(hint, sizeof hint, "an endpoint of type %s begins with %s://",
                       config_type_name((enum config_type)at->in->type), allowed[0]); /* fits */
        endpoint_finding(at, "url", "CFG-012", hint,
                         "this URL does not fit the integration's type");
        return;
    }
    ep->conn_type = at->l->env->connector(scheme);
    if (!ep->conn_type || !(ep->conn_type->caps & CONN_SENDS)) {
        endpoint_finding(at, "url", "CFG-013", "see `zarish explain CFG-013`",
                         "this protocol is not available in this build");
        ep->conn_type = NULL;
    }
}

static void use_method(struct endpoint_at *at, struct config_endpoint *ep)
{
    bool http = at->in->type == TYPE_REST_API || at->in->type == TYPE_FHIR_API;
    if (ep->method.n == 0) {
        if (http)
            endpoint_finding(at, "method", "CFG-014", "GET, POST, PUT, DELETE or PATCH",
                             "HTTP method is required");
        return;
    }
    for (size_t i = 0; i < ZS_COUNT(methods); i++)
        if (str_ieq(ep->method, str_z(methods[i]))) {
            ep->conn.method = str_z(methods[i]);
            return;
        }
    endpoint_finding(at, "method", "CFG-014", "GET, POST, PUT, DELETE or PATCH",
                     "this is no method of an endpoint");
}

static void use_headers(struct config_load *l, struct config_endpoint *ep)
{
    struct conn_header *h = arena_make(l->arena, struct conn_header, ep->headers.n);
    if (!h) {
        l->nomem = true;
        return;
    }
    for (size_t i = 0; i < ep->headers.n; i++)
        h[i] =
            (struct conn_header){ .name = ep->headers.v[i].name, .value = ep->headers.v[i].text };
    ep->conn.headers = h;
    ep->conn.n_headers = ep->headers.n;
}

/* Connector options: read by its own table, or left as written where it has none. */
static void use_parameters(struct endpoint_at *at, struct config_endpoint *ep)
{
    const struct conn_type *t = ep->conn_type;
    if (!t)
        return;
    char path[96];
    (void)snprintf(path, sizeof path, "%s.parameters", at->path); /* short by construction */
    struct opt_read r = config_reader(at->l, at->d, path);
    if (!t->send_opts) {
        ep->conn.parameters = ep->parameters;
    } else {
        void *params = arena_zero(at->l->arena, t->send_opts->size);
        enum rc rc = !params          ? RC_NOMEM
                     : ep->parameters ? opt_decode(t->send_opts, ep->parameters, &r, params)
                                      : opt_defaults(t->send_opts, at->l->arena, params);
        if (rc == RC_NOMEM)
            at->l->nomem = true;
        ep->conn.params = params;
    }
    if (t->send_check && !at->l->nomem)
        t->send_check(&r, ep->parameters, &ep->conn);
}

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
    for (size_t j = 0; j < i; j++)
        if (str_eq(at->in->endpoints[j].name, ep->name))
            endpoint_finding(at, "name", "CFG-005", "give one of them another name",
                             "there are two endpoints of this name");
}

static void work_out_endpoint(struct endpoint_at *at, struct config_endpoint *ep, size_t i)
{
    ep->integration = at->in;
    name_endpoint(at, ep, i);
    use_headers(at->l, ep);
    ep->conn.name = ep->full_name;
    ep->conn.type = config_type_name((enum config_type)at->in->type);
    ep->conn.url = ep->url;
    ep->conn.timeout_ms = (uint32_t)ep->timeout_ms;
    use_url(at, ep);
    use_method(at, ep);
    config_auth_apply(at->l, at->d, at->in, ep);
    use_parameters(at, ep);
    char path[96];
    (void)snprintf(path, sizeof path, "%s.dataMapping", at->path); /* short by construction */
    if (ep->data_mapping)
        ep->map = config_use_map(at->l, at->d, ep->data_mapping, path);
}

void config_read_integration(struct config_load *l, const struct config_doc *d)
{
    struct integration_doc *raw = arena_make(l->arena, struct integration_doc, 1);
    if (!raw) {
        l->nomem = true;
        return;
    }
    struct opt_read r = config_reader(l, d, NULL);
    enum rc rc = opt_decode(&config_integration_table, d->doc, &r, raw);
    if (rc != RC_OK) {
        l->nomem = l->nomem || rc == RC_NOMEM;
        return;
    }
    struct config_integration *in = &raw->in;
    in->unit = &l->unit->pub;
    l->unit->pub.made.integration = in;
    in->endpoints = raw->endpoints.v;
    in->n_endpoints = raw->endpoints.n;
    in->doc = in->unit->doc;
    in->file = in->unit->file;
    struct endpoint_at at = { .l = l, .d = d, .in = in };
    const struct json *list = json_getz(d->doc, "endpoints");
    for (size_t i = 0; i < in->n_endpoints; i++) {
        at.node = json_at(list, i);
        (void)snprintf(at.path, sizeof at.path, "endpoints[%zu]", i); /* fits */
        work_out_endpoint(&at, &in->endpoints[i], i);
    }
}
