/*
 * Conditions on an object's version (RFC 9110 section 13.1): If-Match guards a change against one
 * that came between, If-None-Match saves sending what is known, and with "*" says "only if new".
 * Our ETags are the version in quotes. Tests: api_parts_test.c
 */
#include "api/api_int.h"

#include "base/num.h"

/* The version in "…"; 0: no version of ours. One tag: a list of them guards nothing here. */
static uint64_t version_of(struct str tag)
{
    uint64_t version = 0;
    struct err none;
    if (tag.n < 3 || tag.p[0] != '"' || tag.p[tag.n - 1] != '"' ||
        num_u64(str_sub(tag, 1, tag.n - 2), 1, UINT64_MAX - 1, &version, &none) != RC_OK)
        return 0;
    return version;
}

enum rc api_read_seen(struct str if_match, struct str if_none, struct api_seen *out, struct err *e)
{
    struct api_seen seen = { .given = !str_is_null(if_match) };
    seen.any = seen.given && str_eq(if_match, STR("*"));
    if (seen.given && !seen.any && str_chr(if_match, ',', 0) != SIZE_MAX)
        return err_set(e, RC_VALUE, "API-012", "If-Match takes one ETag here, or *");
    if (seen.given && !seen.any)
        seen.version = version_of(if_match);
    seen.never = seen.given && !seen.any && seen.version == 0;
    seen.fresh = !str_is_null(if_none) && str_eq(if_none, STR("*"));
    if (!str_is_null(if_none) && !seen.fresh)
        seen.unless = version_of(str_starts(if_none, STR("W/")) ? str_from(if_none, 2) : if_none);
    *out = seen;
    return RC_OK;
}

enum rc api_check_seen(const struct api_seen *seen, uint64_t version, struct err *e)
{
    bool exists = version > 0;
    bool met = !seen->given || (!seen->never && exists && (seen->any || seen->version == version));
    if (met && !(seen->fresh && exists))
        return RC_OK;
    return err_set(e, RC_STATE, "API-010", "somebody else changed it since it was read");
}
