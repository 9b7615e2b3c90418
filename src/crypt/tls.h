/*
 * TLS contexts: certificate, key, trust and policy, from PEM text or files, checked when made.
 *
 * A context is immutable and counted: a reload makes a new one, open connections keep theirs.
 *
 * Policy, not for configuration: TLS 1.2 at least, forward secrecy and AEAD only in 1.2 (RFC 9325),
 * no compression, no renegotiation, no verification "for tests": a peer with a certificate nobody
 * signed is trusted by its fingerprint (TLS_PEER_PIN) or not at all.
 *
 * Thread  any for ref and unref; a context may be used on many loops at once.
 */
#ifndef ZS_CRYPT_TLS_H
#define ZS_CRYPT_TLS_H

#include "base/arena.h"
#include "base/err.h"

struct tls_ctx;

enum tls_role { TLS_CLIENT, TLS_SERVER };

enum tls_peer_check {
    TLS_PEER_DEFAULT = 0, /* client: FULL; server: NONE, or REQUIRED when `ca` is given */
    TLS_PEER_NONE,        /* server only: no client certificate is asked for */
    TLS_PEER_OPTIONAL,    /* server only: asked for; if given it must verify */
    TLS_PEER_REQUIRED,    /* server only: no connection without one that verifies */
    TLS_PEER_FULL,        /* client only: chain and name */
    TLS_PEER_CHAIN,       /* client only: chain, any name: for peers that are known by address */
    TLS_PEER_PIN /* the leaf's SHA-256 fingerprint is one of `pins`; the chain is not asked */
};

struct tls_conf {
    enum tls_role role;
    enum tls_peer_check check;
    struct str cert_pem;    /* leaf first, then intermediates; a server needs it */
    struct str key_pem;     /* PKCS#8 or traditional; encrypted ones need the passphrase */
    struct str passphrase;  /* wiped by its owner, not here */
    struct str ca_pem;      /* trust these only; STR_NULL on a client: the system's store */
    const struct str *pins; /* 64 hexadecimal digits each, colons allowed */
    size_t n_pins;
    const struct str *alpn; /* protocol names in order of preference */
    size_t n_alpn;
    bool tls13_only;
};

/*
 * All of conf is copied. Returns
 *   RC_VALUE   TLS-001 certificate unreadable, TLS-002 key unreadable or wrong passphrase, TLS-003
 *              key and certificate do not belong together, TLS-004 CA list unreadable or empty,
 *              TLS-005 a pin or ALPN name is malformed, TLS-006 the role and the check do not fit
 *   RC_MISSING TLS-007 a server without certificate or key
 *   RC_NOMEM
 */
enum rc tls_ctx_new(const struct tls_conf *conf, struct tls_ctx **out, struct err *e) ZS_CHECK;

struct tls_ctx *tls_ctx_ref(struct tls_ctx *t); /* NULL gives NULL */
void tls_ctx_unref(struct tls_ctx **t);

enum tls_role tls_ctx_role(const struct tls_ctx *t);

/* When our own certificate ends, ms since 1970; INT64_MAX without one. For the expiry alert. */
int64_t tls_ctx_not_after(const struct tls_ctx *t);

/*
 * Text of a PEM file or list, at most TLS_PEM_MAX bytes, into the arena (make it a wiping one for
 * keys). Returns RC_IO (TLS-008), RC_LIMIT (TLS-009), RC_NOMEM.
 */
#define TLS_PEM_MAX (1024 * 1024)
enum rc tls_read_pem(const char *path, struct arena *a, struct str *out, struct err *e) ZS_CHECK;

/* Who the peer is, as its certificate says. Texts are UTF-8, RFC 2253 order for the subject. */
struct tls_peer {
    struct str subject;     /* "CN=lab-1,O=Example Hospital" */
    struct str common_name; /* STR_NULL when there is none */
    struct str issuer;
    struct str dns_names; /* DNS alternative names, separated by a space; STR_NULL: none */
    char fingerprint[65]; /* SHA-256 of the certificate, lower-case hexadecimal */
    int64_t not_after;    /* ms since 1970 */
};

#endif
