/*
 * Where to send to or to listen on. Tests: tests/scen
 */
#include "cli/mllp_url.h"

enum rc mllp_url(const char *url, struct hostport *out, struct err *e)
{
    static const struct str scheme = STR_INIT("mllp://");
    struct str s = str_z(url);
    if (!str_starts(s, scheme))
        return err_set(e, RC_VALUE, "CLI-044", "the address does not begin with mllp://");
    s = str_from(s, scheme.n);
    if (str_ends(s, STR("/")))
        s.n--;
    if (hostport_parse(s, 2575, out, NULL) != RC_OK)
        return err_set(e, RC_VALUE, "CLI-044", "the address is not mllp://HOST:PORT");
    return RC_OK;
}
