/* Passwords, by libsodium. Tests: password_test.c */
#include "auth/password.h"

#include "auth/auth.h"
#include "base/alloc.h"

#include <sodium.h>

#define OPS    crypto_pwhash_OPSLIMIT_INTERACTIVE /* 2 passes */
#define MEMORY ((size_t)64 << 20)

_Static_assert(crypto_pwhash_STRBYTES <= AUTH_PASSWORD_HASH_MAX, "a hash fits into a user");

enum rc password_hash(struct str password, struct arena *a, struct str *hash, struct err *e)
{
    char text[crypto_pwhash_STRBYTES];
    if (password.n < PASSWORD_MIN || password.n > PASSWORD_MAX)
        return err_set(e, RC_VALUE, "AUTH-040", "a password has %d to %d bytes", PASSWORD_MIN,
                       PASSWORD_MAX);
    if (sodium_init() < 0 || crypto_pwhash_str(text, password.p, password.n, OPS, MEMORY) != 0)
        return err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for a password");
    struct str copy = arena_str(a, str_z(text));
    mem_wipe(text, sizeof text);
    if (str_is_null(copy))
        return err_set(e, RC_NOMEM, "AUTH-002", "not enough memory for a password");
    *hash = copy;
    return RC_OK;
}

bool password_check(struct str password, struct str hash)
{
    /* of a password nobody has: made once with the same cost, compared in vain */
    static const char nobody[] =
        "$argon2id$v=19$m=65536,t=2,p=1"
        "$6o881zHvcmRKvp7PkO2sAg$GNEXOl8Hr9tRwWUf99Te/Kee+uCjaSoqzvF5MXEV0S8";
    struct str with = str_is_null(hash) ? str_z(nobody) : hash;
    char text[crypto_pwhash_STRBYTES] = "";
    if (with.n >= sizeof text || password.n > PASSWORD_MAX || sodium_init() < 0)
        return false;
    memcpy(text, with.p, with.n);
    bool same = crypto_pwhash_str_verify(text, password.p, password.n) == 0;
    mem_wipe(text, sizeof text);
    return same && !str_is_null(hash);
}
