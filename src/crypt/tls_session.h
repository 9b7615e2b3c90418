/*
 * One TLS connection as a machine between two kinds of bytes: ciphertext goes in and comes out,
 * plaintext comes out and goes in. It knows no socket; net's streams carry the bytes, and tests
 * connect two of these back to back.
 *
 *   tls_session_new ── { tls_feed ── tls_handshake } … ── { tls_feed ── tls_read / tls_write } …
 *                   ── tls_end ── tls_session_free
 *
 * After every call, what is in tls_wire() is to be sent: also after a failure, where it is the
 * alert that tells the peer why.
 *
 * Thread  one at a time
 */
#ifndef ZS_CRYPT_TLS_SESSION_H
#define ZS_CRYPT_TLS_SESSION_H

#include "base/buf.h"
#include "crypt/tls.h"

struct tls_session;

/* Plaintext of one record at most; tls_write takes any length and makes several. */
#define TLS_RECORD (16 * 1024)

/*
 * name      the peer's: for SNI, and what its certificate must say under TLS_PEER_FULL; a name or
 * an IP literal; STR_NULL on a server. Copied. wire_max  ceiling of tls_wire; at least 8 records
 * Returns RC_NOMEM; RC_VALUE when a client under TLS_PEER_FULL has no name, or the name cannot be
 * one (TLS-011). Takes a reference to ctx.
 */
enum rc tls_session_new(struct tls_ctx *ctx, struct str name, size_t wire_max,
                        struct tls_session **out, struct err *e) ZS_CHECK;
void tls_session_free(struct tls_session **t);

/* Lend ciphertext. Whoever lends more than is used keeps the rest: tls_unread. */
void tls_feed(struct tls_session *t, struct str wire);
struct str tls_unread(const struct tls_session *t);

/* Would tls_read find something without more ciphertext? */
bool tls_has_input(const struct tls_session *t);

/*
 * Returns RC_OK: done, and the peer is verified as the context demands. RC_AGAIN: feed more.
 * RC_PEER: TLS-020 … TLS-030. RC_NOMEM, RC_LIMIT of the wire buffer.
 */
enum rc tls_handshake(struct tls_session *t, struct err *e) ZS_CHECK;

/*
 * Up to cap bytes of plaintext. Returns RC_OK with *n > 0; RC_AGAIN: feed more; RC_MISSING: the
 * peer has ended its side (close_notify); RC_PEER as above.
 */
enum rc tls_read(struct tls_session *t, char *out, size_t cap, size_t *n, struct err *e) ZS_CHECK;

/* Encrypt all of it into tls_wire. Returns RC_LIMIT, RC_NOMEM, RC_PEER. */
enum rc tls_write(struct tls_session *t, struct str plain, struct err *e) ZS_CHECK;

/* close_notify into tls_wire; once. */
void tls_end(struct tls_session *t);

/* Ciphertext to be sent; *head counts what was sent of it already, by whoever sends. */
struct buf *tls_wire(struct tls_session *t, size_t **head);

/* What ALPN chose; STR_NULL: nothing. Borrowed. */
struct str tls_alpn(const struct tls_session *t);

/* "TLSv1.3"; static. */
const char *tls_version(const struct tls_session *t);

/* RC_MISSING (TLS-029): it gave no certificate. RC_NOMEM. Texts go into the arena. */
enum rc tls_peer(const struct tls_session *t, struct arena *a, struct tls_peer *out,
                 struct err *e) ZS_CHECK;

#endif
