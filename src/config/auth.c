/*
 * `authentication` of an integration: what its requests carry. The other types of the guide
 * (oauth2, jwt, certificate) are refused by name until they exist. Tests: config_test.c
 */
#include "config/config_int.h"

#include "crypt/b64.h"

struct auth_api_key {
    struct opt_secret key;
    struct str header_name, query_param;
    int location;
};

struct auth_basic {
    struct str username;
    struct opt_secret password;
};

static const char *const locations[] = { "header", "query", NULL };

static const struct opt_def api_key_opts[] = {
    { .name = "key",
      .kind = OPT_SECRET,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct auth_api_key, key),
      .doc = "The key, as a reference to a secret." },
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
      .doc = "Password, as a reference to a secret." },
};

/* No keys at all; the struct has a size only because every one does. */
static const struct opt_table none_table = { .name = "none",
                                             .doc = "No authentication.",
                                             .size = 1 };
static const struct opt_table api_key_table =
    OPT_TABLE("api_key", struct auth_api_key, api_key_opts, "A key in a header or the query.");
static const struct opt_table basic_table =
    OPT_TABLE("basic", struct auth_basic, basic_opts, "User name and password (RFC 7617).");

static const struct opt_variant auth_types[] = { { "api_key", &api_key_table },
                                                 { "basic", &basic_table },
                                                 { "none", &none_table } };

const struct opt_variants config_auth_variants = { .tag = "type",
                                                   .v = auth_types,
                                                   .n = ZS_COUNT(auth_types) };

/* One header or query parameter more. */
static void add_pair(struct config_load *l, const struct conn_header **list, size_t *n,
                     struct str name, struct str value)
{
    struct conn_header *grown = arena_make(l->arena, struct conn_header, *n + 1);
    if (!grown) {
        l->nomem = true;
        return;
    }
    if (*n > 0)
        memcpy(grown, *list, *n * sizeof *grown);
    grown[*n] = (struct conn_header){ .name = name, .value = value };
    *list = grown;
    (*n)++;
}

static enum rc apply_none(struct config_load *l, const struct config_doc *d, const void *conf,
                          struct config_endpoint *ep, struct err *e)
{
    (void)l, (void)d, (void)conf, (void)ep, (void)e; /* the table's signature */
    return RC_OK;
}

static enum rc apply_api_key(struct config_load *l, const struct config_doc *d, const void *conf,
                             struct config_endpoint *ep, struct err *e)
{
    const struct auth_api_key *c = conf;
    struct str key;
    enum rc rc = config_secret(l, d, &c->key, &key, e);
    if (rc != RC_OK)
        return rc;
    if (c->location == 0)
        add_pair(l, &ep->conn.headers, &ep->conn.n_headers, c->header_name, key);
    else
        add_pair(l, &ep->conn.query, &ep->conn.n_query, c->query_param, key);
    return RC_OK;
}

static enum rc apply_basic(struct config_load *l, const struct config_doc *d, const void *conf,
                           struct config_endpoint *ep, struct err *e)
{
    const struct auth_basic *c = conf;
    struct str password;
    enum rc rc = config_secret(l, d, &c->password, &password, e);
    if (rc != RC_OK)
        return rc;
    struct buf plain, value;
    buf_init_arena(&plain, l->arena, 128 * 1024);
    buf_init_arena(&value, l->arena, 256 * 1024);
    buf_str(&plain, c->username);
    buf_char(&plain, ':');
    buf_str(&plain, password);
    buf_z(&value, "Basic ");
    b64_add(&value, buf_view(&plain));
    rc = buf_rc(&value, e);
    if (rc == RC_OK)
        add_pair(l, &ep->conn.headers, &ep->conn.n_headers, STR("Authorization"), buf_view(&value));
    return rc;
}

void config_auth_apply(struct config_load *l, const struct config_doc *d,
                       const struct config_integration *in, struct config_endpoint *ep)
{
    static const struct {
        const struct opt_table *table;
        enum rc (*apply)(struct config_load *, const struct config_doc *, const void *,
                         struct config_endpoint *, struct err *);
    } kinds[] = { { &none_table, apply_none },
                  { &api_key_table, apply_api_key },
                  { &basic_table, apply_basic } };
    struct err e;
    for (size_t i = 0; i < ZS_COUNT(kinds); i++) {
        if (!in->auth.picked || in->auth.picked->table != kinds[i].table ||
            kinds[i].apply(l, d, in->auth.conf, ep, &e) == RC_OK)
            continue;
        config_finding(l, d, json_getz(d->doc, "authentication"), "authentication", e.id,
                       "set the variable, or place the file beside the configuration", "%s",
                       e.text);
    }
}
