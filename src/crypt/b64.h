/*
 * Base64 (RFC 4648): the standard alphabet with padding, the URL one without.
 *
 * Decoding is strict: no white space, no missing or extra padding, no bits set behind the last
 * byte, so every text has one meaning and every value one text.
 *
 * Thread  any.
 */
#ifndef ZS_CRYPT_B64_H
#define ZS_CRYPT_B64_H

#include "base/buf.h"

void b64_add(struct buf *b, struct str bytes); /* sticky failure as every append */
void b64url_add(struct buf *b, struct str bytes);

/* Appends the bytes. Returns RC_SYNTAX (CRYPT-002, pos set); RC_LIMIT, RC_NOMEM from the buffer. */
enum rc b64_decode(struct str text, struct buf *b, struct err *e) ZS_CHECK;
enum rc b64url_decode(struct str text, struct buf *b, struct err *e) ZS_CHECK;

#endif
