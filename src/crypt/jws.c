/*
 * JWS compact serialization. Tests: jws_test.c
 */
#include "crypt/jws.h"

#include "crypt/b64.h"

const char *jws_alg_name(enum hmac_alg alg)
{
    static const char *const names[] = {
        [HMAC_SHA256] = "HS256", [HMAC_SHA384] = "HS384", [HMAC_SHA512] = "HS512"
    };
    return names[alg];
}

enum rc jws_sign(enum hmac_alg alg, struct str key, struct str header, struct str payload,
                 struct buf *out, struct err *e)
{
    uint8_t mac[HMAC_BYTES_MAX];
    size_t start = out->n;
    b64url_add(out, header);
    buf_char(out, '.');
    b64url_add(out, payload);
    enum rc rc = buf_rc(out, e);
    if (rc == RC_OK)
        rc = hmac_of(alg, key, str_from(buf_view(out), start), mac, e);
    if (rc != RC_OK)
        return rc;
    buf_char(out, '.');
    b64url_add(out, str_of((const char *)mac, hmac_bytes(alg)));
    return buf_rc(out, e);
}
