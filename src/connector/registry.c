/* Every type of connector in this build, sorted by name. */
#include "connector/absent/absent.h"
#include "connector/fault/fault.h"
#include "connector/http/http.h"
#include "connector/mllp/mllp.h"
#include "connector/null/null.h"

const struct conn_type *const conn_types[] = { &conn_absent, &conn_fault, &conn_http, &conn_mllp,
                                               &conn_null };
const size_t conn_n_types = ZS_COUNT(conn_types);

const struct conn_type *conn_by_scheme(struct str scheme)
{
    for (size_t i = 0; i < conn_n_types; i++)
        for (const char *const *s = conn_types[i]->schemes; *s; s++)
            if (str_ieq(scheme, str_z(*s)))
                return conn_types[i];
    return NULL;
}
