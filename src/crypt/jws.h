/*
 * Signed texts: JWS compact serialization (RFC 7515, 7.1) with HMAC (RFC 7518, 3.2). What header
 * and payload say is their maker's business; a JWT (RFC 7519) is one whose payload is a JSON object
 * of claims.
 *
 * Thread  any; no state.
 */
#ifndef ZS_CRYPT_JWS_H
#define ZS_CRYPT_JWS_H

#include "base/buf.h"
#include "crypt/hmac.h"

/* "HS256", "HS384", "HS512". */
const char *jws_alg_name(enum hmac_alg alg);

/*
 * Append base64url(header) "." base64url(payload) "." base64url(signature).
 *
 * header  JSON text; its "alg" must be jws_alg_name(alg)
 * Returns RC_NOMEM CRYPT-003 or BASE-002, RC_LIMIT BASE-001 from the buffer, which then holds a
 * part of it
 */
enum rc jws_sign(enum hmac_alg alg, struct str key, struct str header, struct str payload,
                 struct buf *out, struct err *e) ZS_CHECK;

#endif
