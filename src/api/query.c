/*
 * Query parameters with a type. Tests: tests/scen
 */
#include "api/api_int.h"

#include "base/num.h"
#include "base/timefmt.h"

enum rc api_query_str(struct api_job *j, const char *name, struct str *out, struct err *e)
{
    struct str value = STR_NULL;
    enum rc rc = str_is_null(j->query) ? RC_MISSING
                                       : http_query_get(j->query, str_z(name), j->arena, &value, e);
    if (rc != RC_OK && rc != RC_MISSING)
        return rc;
    *out = rc == RC_OK ? value : STR("");
    return RC_OK;
}

enum rc api_query_u64(struct api_job *j, const char *name, uint64_t min, uint64_t max,
                      uint64_t dflt, uint64_t *out, struct err *e)
{
    struct str text;
    enum rc rc = api_query_str(j, name, &text, e);
    *out = dflt;
    if (rc != RC_OK || text.n == 0)
        return rc;
    rc = num_u64(text, min, max, out, e);
    return rc == RC_OK ? rc
                       : err_set(e, RC_VALUE, "API-003", "%s is a number from %llu to %llu", name,
                                 (unsigned long long)min, (unsigned long long)max);
}

enum rc api_query_time(struct api_job *j, const char *name, int64_t *out, struct err *e)
{
    struct str text;
    enum rc rc = api_query_str(j, name, &text, e);
    *out = 0;
    if (rc != RC_OK || text.n == 0)
        return rc;
    rc = time_iso_instant(text, out, e);
    return rc == RC_OK ? rc
                       : err_set(e, RC_VALUE, "API-003",
                                 "%s is a point in time like 2024-05-06T07:08:09Z", name);
}

enum rc api_query_only(struct api_job *j, const char *const *names, size_t n, struct err *e)
{
    struct str rest = j->query;
    struct str name, value;
    while (!str_is_null(rest)) {
        enum rc rc = http_query_next(&rest, j->arena, &name, &value, e);
        if (rc == RC_MISSING)
            return RC_OK;
        if (rc != RC_OK)
            return rc;
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known = known || str_eqz(name, names[i]);
        if (known)
            continue;
        const char *near = str_nearest(name, names, n);
        return err_set(e, RC_VALUE, "API-004", "unknown query parameter%s%s%s",
                       near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
    }
    return RC_OK;
}
