/*
 * Query parameters by the route's table. What the table does not name is refused, so that a
 * mistyped filter does not show everything. Tests: api_parts_test.c
 */
#include "api/api_int.h"

#include "base/num.h"
#include "base/timefmt.h"

#define TEXT_MAX  1024
#define NAMES_MAX 32

static enum rc read_text(const struct api_param *p, struct str text, void *to, struct err *e)
{
    size_t max = p->max ? (size_t)p->max : TEXT_MAX;
    if (text.n > max)
        return err_set(e, RC_VALUE, "API-003", "%s is longer than %zu bytes", p->name, max);
    *(struct str *)to = text;
    return RC_OK;
}

static enum rc read_count(const struct api_param *p, struct str text, void *to, struct err *e)
{
    return num_u64(text, p->min, p->max, to, e) == RC_OK
               ? RC_OK
               : err_set(e, RC_VALUE, "API-003", "%s is a number from %llu to %llu", p->name,
                         (unsigned long long)p->min, (unsigned long long)p->max);
}

static enum rc read_flag(const struct api_param *p, struct str text, void *to, struct err *e)
{
    bool *out = to;
    *out = text.n == 0 || str_eq(text, STR("true"));
    return *out || str_eq(text, STR("false"))
               ? RC_OK
               : err_set(e, RC_VALUE, "API-003", "%s is true or false", p->name);
}

static enum rc read_time(const struct api_param *p, struct str text, void *to, struct err *e)
{
    if (time_iso_instant(text, to, e) == RC_OK || num_i64(text, 1, INT64_MAX / 2, to, e) == RC_OK)
        return RC_OK;
    return err_set(e, RC_VALUE, "API-003",
                   "%s is a point in time like 2024-05-06T07:08:09Z, or milliseconds since 1970",
                   p->name);
}

static enum rc read_name(const struct api_param *p, struct str text, void *to, struct err *e)
{
    char all[200];
    struct buf b = { .p = all, .cap = sizeof all, .max = sizeof all - 1 };
    for (int i = 0; p->names[i]; i++) {
        if (str_eqz(text, p->names[i])) {
            *(int *)to = i + 1;
            return RC_OK;
        }
        buf_fmt(&b, "%s%s", i ? ", " : "", p->names[i]);
    }
    return err_set(e, RC_VALUE, "API-003", "%s is one of %.*s", p->name, STR_ARG(buf_view(&b)));
}

static enum rc (*const read_kind[])(const struct api_param *p, struct str text, void *to,
                                    struct err *e) = {
    [API_TEXT] = read_text, [API_COUNT] = read_count, [API_FLAG] = read_flag,
    [API_TIME] = read_time, [API_NAME] = read_name,
};

static enum rc unknown(const struct api_params *p, struct str name, struct err *e)
{
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (; p && n < p->n && n < NAMES_MAX; n++)
        names[n] = p->v[n].name;
    const char *near = str_nearest(name, names, n);
    return err_set(e, RC_VALUE, "API-004", "unknown query parameter%s%s%s",
                   near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static enum rc read_one(const struct api_params *p, struct str name, struct str value, void *out,
                        uint64_t *seen, struct err *e)
{
    for (size_t i = 0; p && i < p->n; i++) {
        if (!str_eqz(name, p->v[i].name))
            continue;
        if (*seen & UINT64_C(1) << i)
            return err_set(e, RC_VALUE, "API-003", "%s stands there twice", p->v[i].name);
        *seen |= UINT64_C(1) << i;
        if (value.n == 0 && p->v[i].kind != API_FLAG)
            return RC_OK; /* as if it were absent: what an empty field of a form sends */
        return read_kind[p->v[i].kind](&p->v[i], value, (char *)out + p->v[i].at, e);
    }
    return unknown(p, name, e);
}

enum rc api_read_query(const struct api_params *p, struct str query, struct arena *a,
                       const void **out, struct err *e)
{
    struct str rest = query, name, value;
    uint64_t seen = 0;
    char *to = arena_zero(a, p ? p->size : 1);
    if (!to)
        return err_set(e, RC_NOMEM, "API-005", "no memory to answer this");
    for (size_t i = 0; p && i < p->n; i++)
        if (p->v[i].kind == API_COUNT)
            memcpy(to + p->v[i].at, &p->v[i].dflt, sizeof p->v[i].dflt);
    while (!str_is_null(rest)) {
        enum rc rc = http_query_next(&rest, a, &name, &value, e);
        if (rc == RC_MISSING)
            break;
        if (rc == RC_OK)
            rc = read_one(p, name, value, to, &seen, e);
        if (rc != RC_OK)
            return rc;
    }
    *out = to;
    return RC_OK;
}
