/*
 * Secrets. Tests: secret_test.c
 */
#include "base/secret.h"

enum rc secret_copy(struct arena *a, struct str s, struct secret *out, struct err *e)
{
    const char *p = arena_z(a, s);
    if (!p)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    *out = (struct secret){ p, s.n };
    return RC_OK;
}

bool secret_eq(struct secret known, struct str given)
{
    /* as many steps as `given` is long, whatever `known` is; the barrier keeps the loop whole */
    volatile unsigned char differ = known.n == given.n ? 0 : 1;
    for (size_t i = 0; i < given.n; i++) {
        unsigned char k = known.n ? (unsigned char)known.p[i % known.n] : 0;
        differ = differ | (unsigned char)(k ^ (unsigned char)given.p[i]);
    }
    return differ == 0;
}
