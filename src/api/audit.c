/*
 * Acts, newest first. Tests: tests/scen
 */
#include "api/api_int.h"

static const char *const query_names[] = { "before", "limit" };

static void put_act(struct jw *w, const struct store_audit *a)
{
    jw_object(w);
    jw_ku64(w, "sequence", a->seq);
    api_put_time(w, "at", a->at_ms);
    jw_kstr(w, "actor", a->act.actor);
    jw_kstr(w, "peer", a->act.peer);
    jw_kstr(w, "verb", a->act.verb);
    jw_kstr(w, "object", a->act.object);
    jw_kstr(w, "detail", a->act.detail);
    jw_end(w);
}

static enum rc run_audit(struct api_job *j, struct err *e)
{
    uint64_t before = 0, limit = 0;
    struct store_audit *list = NULL;
    size_t n = 0;
    enum rc rc = api_query_only(j, query_names, ZS_COUNT(query_names), e);
    if (rc == RC_OK)
        rc = api_query_u64(j, "before", 0, UINT64_MAX, 0, &before, e);
    if (rc == RC_OK)
        rc = api_query_u64(j, "limit", 1, 1000, 50, &limit, e);
    if (rc == RC_OK)
        rc = store_acts(j->api->conf.store, before, (size_t)limit, j->arena, &list, &n, e);
    if (rc != RC_OK)
        return rc;
    jw_object(&j->w);
    jw_keyz(&j->w, "items");
    jw_array(&j->w);
    for (size_t i = 0; i < n; i++)
        put_act(&j->w, &list[i]);
    jw_end(&j->w);
    jw_keyz(&j->w, "next");
    if (n == limit)
        jw_u64(&j->w, list[n - 1].seq);
    else
        jw_null(&j->w);
    jw_end(&j->w);
    return RC_OK;
}

void api_audit(struct api_call *c)
{
    api_job_start(c, NULL, run_audit);
}
