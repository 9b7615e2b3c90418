/*
 * Any answer of a token server: a token that can be sent, or an error whose text holds nothing of
 * the answer but a word.
 */
#include "auth/cred_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new("fuzz", 0, 4u << 20);
    struct cred_token t;
    struct err e;
    if (n < 2 || !a) {
        arena_free(&a);
        return 0;
    }
    unsigned status = 100 + (unsigned)(data[0] | data[1] << 8) % 500;
    struct str body = str_of((const char *)data + 2, n - 2);
    enum rc rc = cred_token_parse(status, body, a, &t, &e);
    if (rc == RC_OK) {
        ZS_ASSERT(status >= 200 && status <= 299);
        ZS_ASSERT(t.access.n > 0 && is_printable(t.access));
        ZS_ASSERT(str_chr(t.access, ' ', 0) == SIZE_MAX);
        ZS_ASSERT(t.life_s >= 1);
    } else {
        ZS_ASSERT(rc == RC_PEER || rc == RC_DENIED || rc == RC_NOMEM);
        ZS_ASSERT(e.fate != FATE_NONE && is_printable(str_z(e.text)));
    }
    arena_free(&a);
    return 0;
}
