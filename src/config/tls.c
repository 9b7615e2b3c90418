/*
 * `tls` of an integration, and authentication by certificate: whom its connections trust, and the
 * certificate they show. Tests: integration_test.c
 */
#include "config/config_int.h"

#include "crypt/tls.h"

#define PEM_MAX 1000000

struct tls_keys {
    struct str cert, ca;
    struct opt_secret key, passphrase;
};

static const struct opt_def certificate_opts[] = {
    { .name = "cert",
      .kind = OPT_STR,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct tls_keys, cert),
      .min = 1,
      .max = PEM_MAX,
      .doc = "Our certificate and those that lead to its root: PEM text, or a reference such as "
             "`${file:client.pem}`." },
    { .name = "key",
      .kind = OPT_SECRET,
      .flags = OPT_REQUIRED,
      .at = offsetof(struct tls_keys, key),
      .doc = "Its private key, PEM." },
    { .name = "passphrase",
      .kind = OPT_SECRET,
      .at = offsetof(struct tls_keys, passphrase),
      .doc = "What the private key is encrypted with." },
    { .name = "ca",
      .kind = OPT_STR,
      .at = offsetof(struct tls_keys, ca),
      .max = PEM_MAX,
      .doc = "Trust only these authorities, PEM text or a reference; without it those of the "
             "system." },
};

static const struct opt_def tls_opts[] = {
    { .name = "ca",
      .kind = OPT_STR,
      .at = offsetof(struct tls_keys, ca),
      .max = PEM_MAX,
      .doc = "Trust only these authorities, PEM text or a reference such as `${file:ca.pem}`; "
             "without it those of the system." },
    { .name = "cert",
      .kind = OPT_STR,
      .at = offsetof(struct tls_keys, cert),
      .max = PEM_MAX,
      .doc = "Our certificate and those that lead to its root, PEM text or a reference." },
    { .name = "key",
      .kind = OPT_SECRET,
      .at = offsetof(struct tls_keys, key),
      .doc = "Its private key, PEM." },
    { .name = "passphrase",
      .kind = OPT_SECRET,
      .at = offsetof(struct tls_keys, passphrase),
      .doc = "What the private key is encrypted with." },
};

const struct opt_table config_certificate_table =
    OPT_TABLE("certificate", struct tls_keys, certificate_opts,
              "A certificate of ours, shown when a TLS connection is made.");
const struct opt_table config_tls_table =
    OPT_TABLE("tls", struct tls_keys, tls_opts,
              "Trust and certificate of an integration's connections. Versions and ciphers are the "
              "engine's own.");

struct tls_at {
    struct config_load *l;
    const struct config_doc *d;
    const struct json *node;
    const char *name; /* "tls" */
};

static void complain(const struct tls_at *at, const char *key, const char *id, const char *hint,
                     const char *text)
{
    const struct json *member = json_getz(at->node, key);
    char path[64];
    (void)snprintf(path, sizeof path, "%s.%s", at->name, key); /* fits: names of ours */
    config_finding(at->l, at->d, member ? member : at->node, path, id, hint, "%s", text);
}

static struct str none_if_empty(struct str s)
{
    return s.n > 0 ? s : STR_NULL;
}

/* A PEM text: as it stands there, or where the reference leads. */
static struct str pem_of(const struct tls_at *at, const char *key, struct str text)
{
    struct str value = STR_NULL;
    struct err e;
    if (text.n == 0)
        return STR_NULL;
    if (config_resolve(at->l, at->d, text, &value, &e) != RC_OK) {
        complain(at, key, e.id, "set the variable, store it, or mend the name", e.text);
        return STR_NULL;
    }
    bool known = at->l->env->resolve || str_find(text, STR("${"), 0) == SIZE_MAX;
    if (known && str_find(value, STR("-----BEGIN "), 0) == SIZE_MAX)
        complain(at, key, "CFG-027", "it has lines -----BEGIN CERTIFICATE-----",
                 "this is no PEM text");
    return value;
}

static struct str secret_of(const struct tls_at *at, const char *key, const struct opt_secret *s)
{
    struct str value;
    struct err e;
    if (config_secret(at->l, at->d, s, &value, &e) == RC_OK)
        return none_if_empty(value);
    complain(at, key, e.id, "set the variable, store the secret, or mend the name", e.text);
    return STR_NULL;
}

static void read_keys(const struct tls_at *at, const struct tls_keys *c, struct conn_tls *out)
{
    struct str ca = pem_of(at, "ca", c->ca);
    if (c->cert.n > 0 && c->key.from == OPT_SECRET_NONE)
        complain(at, "cert", "CFG-028", "add key", "a certificate is of no use without its key");
    if (c->cert.n == 0 && c->key.from != OPT_SECRET_NONE)
        complain(at, "key", "CFG-028", "add cert", "a key is of no use without its certificate");
    if (ca.n > 0)
        out->ca_pem = ca;
    if (c->cert.n == 0)
        return;
    if (out->cert_pem.n > 0)
        complain(at, "cert", "CFG-029", "keep the one of authentication",
                 "there are two certificates of ours");
    out->cert_pem = pem_of(at, "cert", c->cert);
    out->key_pem = secret_of(at, "key", &c->key);
    out->passphrase = secret_of(at, "passphrase", &c->passphrase);
}

/* Do key and certificate fit, can the list be read? Found here rather than at the first call. */
static void try_out(const struct tls_at *at, const struct conn_tls *tls)
{
    struct tls_conf conf = { .role = TLS_CLIENT,
                             .cert_pem = tls->cert_pem,
                             .key_pem = tls->key_pem,
                             .passphrase = tls->passphrase,
                             /* any list will do for the trial: the system's is long */
                             .ca_pem = tls->ca_pem.n > 0 ? tls->ca_pem : tls->cert_pem };
    struct tls_ctx *ctx = NULL;
    struct err e;
    enum rc rc = tls_ctx_new(&conf, &ctx, &e);
    tls_ctx_unref(&ctx);
    if (rc == RC_NOMEM)
        at->l->nomem = true;
    else if (rc != RC_OK)
        config_finding(at->l, at->d, at->node, at->name, e.id, NULL, "%s", e.text);
}

void config_use_tls(struct config_load *l, const struct config_doc *d,
                    struct config_integration *in, const void *tls_doc)
{
    bool certificate = in->auth.picked && in->auth.picked->table == &config_certificate_table;
    size_t before = l->found->n + l->found->n_more;
    struct tls_at at = { .l = l, .d = d };
    if (!certificate && !tls_doc)
        return;
    struct conn_tls *tls = arena_make(l->arena, struct conn_tls, 1);
    if (!tls) {
        l->nomem = true;
        return;
    }
    at.name = "authentication";
    at.node = json_getz(d->doc, at.name);
    if (certificate)
        read_keys(&at, in->auth.conf, tls);
    if (tls_doc) {
        at.name = "tls";
        at.node = json_getz(d->doc, at.name);
        read_keys(&at, tls_doc, tls);
    }
    if (l->env->resolve && !l->trial && before == l->found->n + l->found->n_more &&
        (tls->ca_pem.n > 0 || tls->cert_pem.n > 0))
        try_out(&at, tls);
    in->tls = tls;
}
