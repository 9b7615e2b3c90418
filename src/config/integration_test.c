/*
 * Integrations: every key of the guide with its default, every kind of authentication, what goes
 * with requests and connections, ids; and objects of the API beside those of files.
 */
#include "config/config.h"

#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"

static struct arena *scratch;

static const struct conn_type *connector(struct str scheme)
{
    static const struct opt_def opts[] = {
        { .name = "listen", .kind = OPT_STR, .at = 0, .doc = "Where." },
    };
    static const struct opt_table table = { "fake", "", opts, 1, sizeof(struct str) };
    static const struct conn_type any = { .name = "any",
                                          .caps = CONN_RECEIVES | CONN_SENDS,
                                          .recv_opts = &table };
    return str_eqz(scheme, "wss") ? NULL : &any;
}

static const char *lookup(void *ctx, const char *name)
{
    (void)ctx; /* its signature */
    return strcmp(name, "ZARISH_TOKEN") == 0 ? "from-env" : NULL;
}

static enum rc vault(void *ctx, struct str name, struct arena *a, struct str *out, struct err *e)
{
    (void)ctx; /* its signature */
    if (!str_starts(name, STR("integration/lab/")))
        return err_set(e, RC_MISSING, "STORE-044", "there is no such secret");
    *out = arena_str(a, str_from(name, 16));
    return RC_OK;
}

static enum rc id_of(void *ctx, struct str name, struct arena *a, struct str *out)
{
    (void)ctx; /* its signature */
    if (!str_eqz(name, "lab"))
        return RC_MISSING;
    *out = arena_str(a, STR("018f0000-0000-7000-8000-000000000001"));
    return RC_OK;
}

static const struct config_env env = {
    .connector = connector, .lookup_env = lookup, .secret = vault, .id_of = id_of, .resolve = true
};

static enum rc load(const struct config_text *texts, size_t n, struct config **c,
                    struct err_list *found, struct err *e)
{
    const struct config_sources src = { .texts = texts, .n_texts = n };
    err_list_init(found, scratch, 50);
    *c = NULL;
    return config_load(&src, &env, c, found, e);
}

/* One integration `lab` of the API, with these members. */
static enum rc load_lab(const char *members, struct config **c, struct err_list *found,
                        struct err *e)
{
    struct buf b;
    buf_init_arena(&b, scratch, 1 << 20);
    buf_fmt(&b, "{%s}", members);
    const struct config_text text = { .kind = STR("integration"),
                                      .name = STR("lab"),
                                      .text = buf_view(&b),
                                      .label = "api:integration/lab" };
    return load(&text, 1, c, found, e);
}

static struct config *good_lab(const char *members)
{
    struct config *c = NULL;
    struct err_list found;
    struct err e;
    enum rc rc = load_lab(members, &c, &found, &e);
    if (rc == RC_VALUE && found.n > 0)
        T_FAIL("%.*s: %.*s", STR_ARG(found.v[0].path), STR_ARG(found.v[0].text));
    T_OK(rc, &e);
    return c;
}

#define ONE  "\"type\":\"rest_api\",\"endpoints\":[{\"url\":\"https://h/\",\"method\":\"GET\"}]"
#define AUTH ONE ",\"authentication\":"

/* ---- the guide's keys --------------------------------------------------------------------- */

static void every_key_has_the_guides_default(void **state)
{
    (void)state;
    struct config *c = good_lab(ONE);
    const struct config_integration *in = c->integrations[0];
    T_EQ_STR(in->environment, "production");
    T_EQ_SIZE(in->created_by.n, 0);
    T_EQ_INT(in->cred.type, CRED_NONE);
    T_TRUE(in->tls == NULL && in->n_maps == 0);
    const struct config_endpoint *ep = &in->endpoints[0];
    T_EQ_STR(ep->name, "rest_api_1");
    T_EQ_SIZE(ep->timeout_ms, 30000);
    T_EQ_INT(ep->retries, 3);
    T_TRUE(ep->rate == NULL);
    T_EQ_INT(ep->probe, PROBE_SAFE);
    T_TRUE(!ep->conn.probe_request && ep->conn.tls == NULL);
    T_EQ_STR(ep->content_type, "application/json");
    config_unref(&c);
}

static void every_key_is_read(void **state)
{
    (void)state;
    struct config *c = good_lab(
        "\"name\":\"lab\",\"type\":\"fhir_api\",\"description\":\"d\",\"createdBy\":\"me\","
        "\"organization\":\"us\",\"environment\":\"test\",\"mappings\":[{\"from\":\"json\","
        "\"to\":\"json\",\"rules\":[{\"to\":\"a\",\"from\":\"b\"}]}],"
        "\"endpoints\":[{\"name\":\"p\",\"url\":\"https://h/\",\"method\":\"put\",\"timeout\":0,"
        "\"retries\":0,\"rateLimit\":0,\"probe\":\"request\",\"parameters\":{\"q\":1},"
        "\"headers\":{\"Content-Type\":\"text/plain\",\"X-Token\":\"T ${env:ZARISH_TOKEN}/"
        "${secret:integration/lab/t}\",\"X-Odd\":\"${x} $\"},"
        "\"dataMapping\":[{\"to\":\"c\",\"from\":\"d\"}],"
        "\"responseMapping\":{\"from\":\"json\",\"to\":\"json\",\"rules\":[{\"to\":\"e\","
        "\"from\":\"f\"}]}},{\"url\":\"https://h/2\",\"method\":\"GET\",\"rateLimit\":{"
        "\"requests\":9,\"per\":\"1m\",\"burst\":3}}]");
    const struct config_integration *in = c->integrations[0];
    T_EQ_STR(in->name, "lab");
    T_EQ_STR(in->created_by, "me");
    T_EQ_STR(in->organization, "us");
    T_EQ_STR(in->environment, "test");
    T_EQ_SIZE(in->n_maps, 3);
    const struct config_endpoint *ep = &in->endpoints[0];
    T_EQ_STR(ep->conn.method, "PUT");
    T_EQ_SIZE(ep->timeout_ms, 0); /* an explicit 0 stays 0; the connection has a day */
    T_EQ_SIZE(ep->conn.timeout_ms, 86400000);
    T_EQ_INT(ep->retries, 0);
    T_EQ_INT(ep->rate->requests, 0);
    T_TRUE(ep->conn.probe_request && ep->map && ep->response_map && ep->map != ep->response_map);
    T_EQ_STR(ep->conn.headers[0].value, "text/plain");
    T_EQ_STR(ep->conn.headers[1].value, "T from-env/t");
    T_EQ_STR(ep->conn.headers[2].value, "${x} $");
    T_EQ_STR(ep->content_type, "application/fhir+json");
    T_EQ_STR(json_text(json_getz(ep->conn.parameters, "q")), "1");
    T_EQ_STR(in->endpoints[1].name, "fhir_api_2");
    T_EQ_SIZE(in->endpoints[1].rate->per_ms, 60000);
    T_EQ_INT(in->endpoints[1].rate->burst, 3);
    config_unref(&c);
}

static void types_send_what_is_theirs(void **state)
{
    (void)state;
    static const struct {
        const char *type, *url, *content, *natural;
        bool absent;
    } rows[] = {
        { "rest_api", "http://h/", "application/json", NULL, false },
        { "fhir_api", "https://h/", "application/fhir+json", NULL, false },
        { "hl7_v2", "mllp://h:1", "x-application/hl7-v2+er7", "", false },
        { "websocket", "wss://h/", "application/json", "", true },
        { "file_transfer", "sftp://h/in", "application/octet-stream", "", false },
        { "database", "postgresql://h/d", "application/json", "", false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        T_ROW(rows[i].type);
        buf_init_arena(&b, scratch, 1024);
        buf_fmt(&b, "\"type\":\"%s\",\"endpoints\":[{\"url\":\"%s\"%s}]", rows[i].type, rows[i].url,
                rows[i].natural ? "" : ",\"method\":\"GET\"");
        struct config *c = good_lab(buf_cstr(&b));
        const struct config_endpoint *ep = &c->integrations[0]->endpoints[0];
        T_EQ_STR(ep->content_type, rows[i].content);
        T_EQ_SIZE(ep->conn.method.n, rows[i].natural ? 0 : 3);
        T_EQ_INT(ep->conn_type == NULL, rows[i].absent);
        config_unref(&c);
    }
}

/* ---- ids ---------------------------------------------------------------------------------- */

static void an_endpoints_id_goes_by_its_name(void **state)
{
    (void)state;
    struct config *c = good_lab("\"type\":\"hl7_v2\",\"endpoints\":[{\"name\":\"b\",\"url\":"
                                "\"mllp://h:1\"},{\"name\":\"a\",\"url\":\"mllp://h:2\"}]");
    /* SHA-256 of "018f0000-0000-7000-8000-000000000001/a", version and variant set */
    T_EQ_STR(c->integrations[0]->endpoints[1].id, "7cc376fa-2821-8aaa-b52d-15ac6c1d3f84");
    T_EQ_SIZE(c->integrations[0]->endpoints[0].id.n, 36);
    config_unref(&c);
    const struct config_text other = { .text = STR("integration: x\ntype: hl7_v2\nendpoints: [ { "
                                                   "url: \"mllp://h:1\" } ]\n"),
                                       .label = "x.yaml" };
    struct err_list found;
    struct err e;
    T_OK(load(&other, 1, &c, &found, &e), &e);
    T_EQ_STR(c->integrations[0]->endpoints[0].id, "");
    config_unref(&c);
}

/* ---- authentication ----------------------------------------------------------------------- */

static void every_authentication_becomes_a_credential(void **state)
{
    (void)state;
    struct config *c = good_lab(
        AUTH "{\"type\":\"oauth2\",\"grantType\":\"refresh_token\",\"tokenUrl\":\"https://t/\","
             "\"clientId\":\"id\",\"clientSecret\":\"${secret:integration/lab/cs}\","
             "\"refreshToken\":\"${secret:integration/lab/rt}\",\"scopes\":\"a b\","
             "\"clientAuthMethod\":\"client_secret_post\"}");
    const struct cred_conf *cred = &c->integrations[0]->cred;
    T_EQ_INT(cred->type, CRED_OAUTH2);
    T_EQ_INT(cred->oauth2.grant, CRED_REFRESH_TOKEN);
    T_EQ_INT(cred->oauth2.client, CRED_CLIENT_POST);
    T_EQ_STR(cred->oauth2.client_secret, "cs");
    T_EQ_STR(cred->oauth2.refresh_token, "rt");
    T_EQ_SIZE(cred->oauth2.n_scopes, 2);
    T_EQ_STR(cred->oauth2.scopes[1], "b");
    config_unref(&c);

    c = good_lab(AUTH "{\"type\":\"oauth2\",\"scopes\":[\"x y\"]}"); /* cred_new says what lacks */
    cred = &c->integrations[0]->cred;
    T_EQ_INT(cred->oauth2.grant, CRED_CLIENT_CREDENTIALS);
    T_EQ_INT(cred->oauth2.client, CRED_CLIENT_BASIC);
    T_EQ_SIZE(cred->oauth2.token_url.n, 0);
    T_EQ_STR(cred->oauth2.scopes[0], "x y");
    config_unref(&c);

    c = good_lab(AUTH "{\"type\":\"api_key\",\"key\":\"${secret:integration/lab/k}\"}");
    cred = &c->integrations[0]->cred;
    T_EQ_INT(cred->type, CRED_API_KEY);
    T_EQ_STR(cred->api_key.key, "k");
    T_EQ_STR(cred->api_key.header_name, "X-API-Key");
    T_EQ_INT(cred->api_key.place, CRED_IN_HEADER);
    config_unref(&c);

    c = good_lab(AUTH "{\"type\":\"api_key\",\"location\":\"query\",\"queryParam\":\"q\"}");
    T_EQ_INT(c->integrations[0]->cred.api_key.place, CRED_IN_QUERY);
    T_EQ_STR(c->integrations[0]->cred.api_key.query_param, "q");
    config_unref(&c);

    c = good_lab(AUTH "{\"type\":\"basic\",\"username\":\"u\",\"password\":"
                      "\"${env:ZARISH_TOKEN}\"}");
    T_EQ_INT(c->integrations[0]->cred.type, CRED_BASIC);
    T_EQ_STR(c->integrations[0]->cred.basic.username, "u");
    T_EQ_STR(c->integrations[0]->cred.basic.password, "from-env");
    config_unref(&c);
}

static void a_jwt_lives_as_long_as_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int64_t seconds;
        enum cred_alg alg;
    } rows[] = {
        { "", 3600, CRED_HS256 },
        { ",\"expiresIn\":\"30m\",\"algorithm\":\"HS384\"", 1800, CRED_HS384 },
        { ",\"expiresIn\":\"7d\",\"algorithm\":\"HS512\"", 604800, CRED_HS512 },
        { ",\"expiresIn\":90", 90, CRED_HS256 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        T_ROW(rows[i].in);
        buf_init_arena(&b, scratch, 1024);
        buf_fmt(&b,
                AUTH "{\"type\":\"jwt\",\"secret\":\"${secret:integration/lab/s}\",\"issuer\":"
                     "\"i\",\"audience\":\"a\"%s}",
                rows[i].in);
        struct config *c = good_lab(buf_cstr(&b));
        const struct cred_conf *cred = &c->integrations[0]->cred;
        T_EQ_INT(cred->type, CRED_JWT);
        T_EQ_STR(cred->jwt.secret, "s");
        T_EQ_STR(cred->jwt.issuer, "i");
        T_EQ_STR(cred->jwt.audience, "a");
        T_EQ_INT(cred->jwt.expires_in_s, rows[i].seconds);
        T_EQ_INT(cred->jwt.alg, rows[i].alg);
        config_unref(&c);
    }
}

/* ---- certificates ------------------------------------------------------------------------- */

static const char *pem_dir(const char **yaml)
{
    const struct t_cert_spec ca_spec = { .cn = "ca", .is_ca = true };
    const struct t_cert_spec own_spec = { .cn = "us", .passphrase = "open sesame" };
    struct t_cert ca = t_cert_make(&ca_spec, NULL), own = t_cert_make(&own_spec, &ca);
    const char *dir = t_tmpdir();
    t_write(t_path(dir, "ca.pem"), ca.cert_pem);
    t_write(t_path(dir, "us.pem"), own.cert_pem);
    t_write(t_path(dir, "us.key"), own.key_pem);
    t_write(t_path(dir, "pass"), STR("open sesame\n"));
    t_write(t_path(dir, "ca.key"), ca.key_pem);
    *yaml = t_path(dir, "c.yaml");
    return dir;
}

#define CERT                                                                                       \
    "authentication: { type: certificate, cert: \"${file:us.pem}\", key: \"${file:us.key}\", "     \
    "passphrase: \"${file:pass}\" }\n"

static void certificates_go_with_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        bool ca, cert;
        const char *id, *path; /* of the finding */
    } rows[] = {
        { "authentication", CERT, false, true, NULL, NULL },
        { "and a private authority", CERT "tls: { ca: \"${file:ca.pem}\" }\n", true, true, NULL,
          NULL },
        { "tls alone", "tls: { ca: \"${file:ca.pem}\" }\n", true, false, NULL, NULL },
        { "tls with a certificate",
          "tls: { cert: \"${file:us.pem}\", key: \"${file:us.key}\", passphrase: \"${file:pass}\" "
          "}\n",
          false, true, NULL, NULL },
        { "two of them", CERT "tls: { cert: \"${file:us.pem}\", key: \"${file:us.key}\" }\n", false,
          false, "CFG-029", "tls.cert" },
        { "without its key", "tls: { cert: \"${file:us.pem}\" }\n", false, false, "CFG-028",
          "tls.cert" },
        { "a key without it", "tls: { key: \"${file:us.key}\" }\n", false, false, "CFG-028",
          "tls.key" },
        { "no PEM", "tls: { ca: nonsense }\n", false, false, "CFG-027", "tls.ca" },
        { "a file that is no PEM", "tls: { ca: \"${file:pass}\" }\n", false, false, "CFG-027",
          "tls.ca" },
        { "a file that is not there", "tls: { ca: \"${file:gone}\" }\n", false, false, "BASE-030",
          "tls.ca" },
        { "the key of another", "tls: { cert: \"${file:us.pem}\", key: \"${file:ca.key}\" }\n",
          false, false, "TLS-003", "tls" },
        { "the wrong passphrase",
          "tls: { cert: \"${file:us.pem}\", key: \"${file:us.key}\", passphrase: "
          "\"${env:ZARISH_TOKEN}\" }\n",
          false, false, "TLS-002", "tls" },
    };
    const char *yaml, *dir = pem_dir(&yaml);
    T_TRUE(dir != NULL);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        const struct config_sources src = { .paths = &yaml, .n_paths = 1 };
        struct config *c = NULL;
        struct err_list found;
        struct err e;
        T_ROW(rows[i].name);
        buf_init_arena(&b, scratch, 4096);
        buf_fmt(&b, "integration: lab\ntype: hl7_v2\nendpoints: [ { url: \"mllps://h:1\" } ]\n%s",
                rows[i].in);
        t_write(yaml, buf_view(&b));
        err_list_init(&found, scratch, 20);
        enum rc rc = config_load(&src, &env, &c, &found, &e);
        if (rows[i].id) {
            T_EQ_INT(rc, RC_VALUE);
            T_EQ_Z(found.v[0].id, rows[i].id);
            T_EQ_STR(found.v[0].path, rows[i].path);
            continue;
        }
        T_OK(rc, &e);
        const struct conn_tls *tls = c->integrations[0]->tls;
        T_TRUE(c->integrations[0]->endpoints[0].conn.tls == tls);
        T_EQ_INT(str_starts(tls->ca_pem, STR("-----BEGIN CERT")), rows[i].ca);
        T_EQ_INT(str_starts(tls->cert_pem, STR("-----BEGIN CERT")), rows[i].cert);
        T_EQ_INT(tls->key_pem.n > 0, rows[i].cert);
        T_EQ_INT(str_eqz(tls->passphrase, "open sesame"), rows[i].cert);
        config_unref(&c);
    }
}

/* ---- what is wrong ------------------------------------------------------------------------ */

static void in_files_it_is_said_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        { "authentication: { type: oauth2 }\n",
          "c.yaml:5:17: authentication.tokenUrl: OAuth2 token URL is required [CFG-026]" },
        { "authentication: { type: oauth2, tokenUrl: \"https://t/\", clientId: x }\n",
          "c.yaml:5:17: authentication.clientSecret: OAuth2 client credentials are required" },
        { "authentication: { type: api_key }\n",
          "c.yaml:5:17: authentication.key: API key is required" },
        { "authentication: { type: jwt }\n",
          "c.yaml:5:17: authentication.secret: JWT secret is required" },
        { "authentication: { type: jwt, secret: \"${env:ZARISH_TOKEN}\", algorithm: ES256 }\n",
          "c.yaml:5:72: authentication.algorithm: tokens cannot be signed with this algorithm yet "
          "(use HS256, HS384 or HS512) [CFG-025]" },
        { "authentication: { type: api_key, key: \"${secret:other}\" }\n",
          "c.yaml:5:39: authentication.key: there is no such secret" },
        { "authentication: { type: api_key, key: \"${env:ZARISH_GONE}\" }\n",
          "c.yaml:5:39: authentication.key: the environment has no ZARISH_GONE" },
        { "authentication: { type: ntlm }\n", "c.yaml:5:19: authentication.type: this must be " },
        { "mappings: [ gone ]\n",
          "c.yaml:5:13: mappings[0]: there is no mapping of this name, or it has errors" },
        { "organisation: x\n",
          "c.yaml:5:1: organisation: this key is not known in integration (did you mean "
          "\"organization\"?) [OPT-001]" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        struct config *c;
        struct err_list found;
        struct err e;
        T_ROW(rows[i].in);
        buf_init_arena(&b, scratch, 4096);
        buf_fmt(&b,
                "integration: lab\ntype: rest_api\nendpoints:\n"
                "  - { url: \"https://h/\", method: GET }\n%s",
                rows[i].in);
        const struct config_text text = { .text = buf_view(&b), .label = "c.yaml" };
        T_EQ_INT(load(&text, 1, &c, &found, &e), RC_VALUE);
        buf_init_arena(&b, scratch, 65536);
        err_list_print(&found, &b);
        T_EQ_BYTES(str_sub(buf_view(&b), 0, strlen(rows[i].want)), str_z(rows[i].want));
    }
}

static void endpoints_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *ep, *id, *path;
    } rows[] = {
        { "\"url\":\"https://u:p@h/\"", "CFG-034", "endpoints[0].url" },
        { "\"url\":\"https://u@h/\"", "CFG-034", "endpoints[0].url" },
        { "\"url\":\"h/x\"", "CFG-037", "endpoints[0].url" },
        { "\"url\":\"mllp://h:1\"", "CFG-012", "endpoints[0].url" },
        { "\"url\":\"https://h/\",\"headers\":{\"Authorization\":\"Bearer x\"}", "CFG-035",
          "endpoints[0].headers" },
        { "\"url\":\"https://h/\",\"headers\":{\"A\":\"${file:x}\"}", "CFG-024",
          "endpoints[0].headers" },
        { "\"url\":\"https://h/\",\"headers\":{\"A\":\"${env:HOME}\"}", "CFG-020",
          "endpoints[0].headers" },
        { "\"url\":\"https://h/\",\"parameters\":[1]", "CFG-036", "endpoints[0].parameters" },
        { "\"url\":\"https://h/\",\"name\":\"a/b\"", "CFG-033", "endpoints[0].name" },
        { "\"url\":\"https://h/\",\"responseMapping\":5", "CFG-010",
          "endpoints[0].responseMapping" },
        { "\"url\":\"https://h/\",\"probe\":\"hard\"", "OPT-005", "endpoints[0].probe" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf b;
        struct config *c;
        struct err_list found;
        struct err e;
        T_ROW(rows[i].ep);
        buf_init_arena(&b, scratch, 4096);
        buf_fmt(&b, "\"type\":\"rest_api\",\"endpoints\":[{\"method\":\"GET\",%s}]", rows[i].ep);
        T_EQ_INT(load_lab(buf_cstr(&b), &c, &found, &e), RC_VALUE);
        T_EQ_SIZE(found.n, 1);
        T_EQ_Z(found.v[0].id, rows[i].id);
        T_EQ_STR(found.v[0].path, rows[i].path);
    }
}

/* ---- objects of the API ------------------------------------------------------------------- */

static void an_object_of_the_api_is_a_document(void **state)
{
    (void)state;
    struct config *c = good_lab("\"name\":\"lab\"," ONE);
    const struct config_unit *u = c->units[0];
    T_EQ_STR(u->origin, "api");
    T_TRUE(u->file == NULL && c->integrations[0]->file == NULL);
    struct buf b;
    struct err e;
    buf_init_arena(&b, scratch, 4096);
    T_OK(json_write(&b, u->doc, JSON_COMPACT, &e), &e);
    T_EQ_STR(buf_view(&b), "{\"integration\":\"lab\"," ONE "}");
    config_unref(&c);
}

static void what_the_api_may_not(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *name, *text, *id;
    } rows[] = {
        { "integration", "lab", "[]", "CFG-031" },
        { "integration", "lab", "{", "JSON-001" },
        { "integration", "lab", "{\"name\":\"other\"," ONE "}", "CFG-032" },
        { "integration", "lab", "{\"integration\":\"other\"," ONE "}", "CFG-032" },
        { "integration", "filed", "{" ONE "}", "CFG-030" },
        { "table", "t", "{\"file\":\"x.csv\"}", "MAP-026" },
        { "integration", "lab", "{" AUTH "{\"type\":\"api_key\",\"key\":\"in clear\"}}",
          "OPT-006" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const struct config_text texts[] = {
            { .text = STR("integration: filed\ntype: hl7_v2\nendpoints: [ { url: \"mllp://h:1\" } "
                          "]\n"),
              .label = "f.yaml" },
            { .kind = str_z(rows[i].kind),
              .name = str_z(rows[i].name),
              .text = str_z(rows[i].text),
              .label = "api:x" },
        };
        struct config *c;
        struct err_list found;
        struct err e;
        T_ROW(rows[i].text);
        T_EQ_INT(load(texts, 2, &c, &found, &e), RC_VALUE);
        T_EQ_SIZE(found.n, 1);
        T_EQ_Z(found.v[0].id, rows[i].id);
        T_EQ_Z(found.v[0].file, "api:x");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_key_has_the_guides_default),
        T_TEST(every_key_is_read),
        T_TEST(types_send_what_is_theirs),
        T_TEST(an_endpoints_id_goes_by_its_name),
        T_TEST(every_authentication_becomes_a_credential),
        T_TEST(a_jwt_lives_as_long_as_it_says),
        T_TEST(certificates_go_with_the_connection),
        T_TEST(in_files_it_is_said_at_once),
        T_TEST(endpoints_that_cannot_be),
        T_TEST(an_object_of_the_api_is_a_document),
        T_TEST(what_the_api_may_not),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int status = T_RUN(tests);
    arena_free(&scratch);
    return status;
}
