/* Who the peer is, out of its certificate. Tests: tls_test.c */
#include "crypt/tls_int.h"

#include "base/buf.h"

#include <openssl/x509v3.h>

#define NAME_FLAGS                                                                                 \
    (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) /* UTF-8 stays as it is */

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "CRYPT-003", "no memory to read a certificate");
}

static enum rc name_text(const X509_NAME *name, struct arena *a, struct str *out, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    bool ok = bio && X509_NAME_print_ex(bio, name, 0, NAME_FLAGS) >= 0;
    long n = ok ? BIO_get_mem_data(bio, &p) : 0;
    struct str s = arena_str(a, str_of(p, n > 0 ? (size_t)n : 0));
    BIO_free(bio);
    if (!ok || str_is_null(s))
        return no_memory(e);
    *out = s;
    return RC_OK;
}

static enum rc common_name(const X509_NAME *name, struct arena *a, struct str *out, struct err *e)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const X509_NAME_ENTRY *entry = at >= 0 ? X509_NAME_get_entry(name, at) : NULL;
    *out = STR_NULL;
    if (!entry)
        return RC_OK;
    unsigned char *p = NULL;
    int n = ASN1_STRING_to_UTF8(&p, X509_NAME_ENTRY_get_data(entry));
    if (n < 0)
        return RC_OK; /* not text: then it names nobody */
    *out = arena_str(a, str_of((const char *)p, (size_t)n));
    OPENSSL_free(p);
    return str_is_null(*out) ? no_memory(e) : RC_OK;
}

/* As a name may be written; anything else in the extension could be taken for two names. */
static bool is_dns_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n > 0;
}

static enum rc dns_names(X509 *x, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 16 * 1024);
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type = 0;
        const ASN1_STRING *v = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
        if (type != GEN_DNS)
            continue;
        struct str s = { (const char *)ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v) };
        if (!is_dns_text(s))
            continue;
        if (b.n)
            buf_char(&b, ' ');
        buf_str(&b, s);
    }
    GENERAL_NAMES_free(names);
    enum rc rc = buf_rc(&b, e);
    if (rc == RC_OK)
        *out = b.n ? buf_view(&b) : STR_NULL;
    return rc;
}

static void hex_of(const unsigned char *p, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = "0123456789abcdef"[p[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
    }
    out[2 * n] = '\0';
}

enum rc tls_peer_of(X509 *x, struct arena *a, struct tls_peer *out, struct err *e)
{
    struct tls_peer p = { .not_after = tls_time_ms(X509_get0_notAfter(x)) };
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (X509_digest(x, EVP_sha256(), hash, &n) != 1)
        return no_memory(e);
    hex_of(hash, SHA256_BYTES, p.fingerprint);
    enum rc rc = name_text(X509_get_subject_name(x), a, &p.subject, e);
    if (rc == RC_OK)
        rc = name_text(X509_get_issuer_name(x), a, &p.issuer, e);
    if (rc == RC_OK)
        rc = common_name(X509_get_subject_name(x), a, &p.common_name, e);
    if (rc == RC_OK)
        rc = dns_names(x, a, &p.dns_names, e);
    if (rc == RC_OK)
        *out = p;
    return rc;
}
