/* Certificates by OpenSSL's X509 calls. */
#include "tests/lib/t_cert.h"

#include "base/arena.h"
#include "tests/lib/t.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY 86400L

static struct str keep(BIO *bio)
{
    static struct arena *memory; /* reachable to the end, so that it is no leak */
    if (!memory)
        memory = arena_new("certificates", 0, 1024 * 1024);
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    struct str s = arena_str(memory, str_of(p, (size_t)n));
    T_FALSE(str_is_null(s));
    BIO_free(bio);
    return s;
}

static X509 *read_cert(struct str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    T_TRUE(x != NULL);
    return x;
}

static EVP_PKEY *read_key(struct str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *k = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    T_TRUE(k != NULL);
    return k;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    T_TRUE(ext != NULL && X509_add_ext(x, ext, -1) == 1);
    X509_EXTENSION_free(ext);
}

static void fill(X509 *x, const struct t_cert_spec *spec, EVP_PKEY *key)
{
    long serial = 0;
    T_EQ_INT(RAND_bytes((unsigned char *)&serial, 4), 1);
    T_EQ_INT(X509_set_version(x, 2), 1);
    T_EQ_INT(ASN1_INTEGER_set(X509_get_serialNumber(x), serial), 1);
    long from = spec->from_days || spec->to_days ? spec->from_days : -1;
    long to = spec->from_days || spec->to_days ? spec->to_days : 1;
    T_TRUE(X509_gmtime_adj(X509_getm_notBefore(x), from * DAY) != NULL);
    T_TRUE(X509_gmtime_adj(X509_getm_notAfter(x), to * DAY) != NULL);
    T_EQ_INT(X509_set_pubkey(x, key), 1);
    X509_NAME *name = X509_get_subject_name(x);
    T_EQ_INT(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                                        (const unsigned char *)"Example Hospital", -1, -1, 0),
             1);
    T_EQ_INT(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)spec->cn,
                                        -1, -1, 0),
             1);
}

struct t_cert t_cert_make(const struct t_cert_spec *spec, const struct t_cert *issuer)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    T_TRUE(key && x);
    fill(x, spec, key);
    X509 *by = issuer ? read_cert(issuer->cert_pem) : x;
    EVP_PKEY *by_key = issuer ? read_key(issuer->key_pem) : key;
    T_EQ_INT(X509_set_issuer_name(x, X509_get_subject_name(by)), 1);
    extend(x, by, NID_basic_constraints, spec->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (spec->alt)
        extend(x, by, NID_subject_alt_name, spec->alt);
    T_TRUE(X509_sign(x, by_key, EVP_sha256()) > 0);

    struct t_cert out = { .cert_pem = STR_NULL };
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    T_EQ_INT(X509_digest(x, EVP_sha256(), hash, &n), 1);
    for (unsigned i = 0; i < n; i++) {
        out.fingerprint[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        out.fingerprint[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    BIO *cert_bio = BIO_new(BIO_s_mem());
    BIO *key_bio = BIO_new(BIO_s_mem());
    const char *pass = spec->passphrase;
    T_EQ_INT(PEM_write_bio_X509(cert_bio, x), 1);
    T_EQ_INT(PEM_write_bio_PKCS8PrivateKey(key_bio, key, pass ? EVP_aes_256_cbc() : NULL, pass,
                                           pass ? (int)strlen(pass) : 0, NULL, NULL),
             1);
    out.cert_pem = keep(cert_bio);
    out.key_pem = keep(key_bio);
    if (issuer) {
        X509_free(by);
        EVP_PKEY_free(by_key);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return out;
}
