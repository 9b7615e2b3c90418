/*
 * Acts, newest first. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

struct audit_query {
    struct str cursor;
    uint64_t limit;
};

static void put_act(struct api_call *c, const struct store_audit *a)
{
    struct jw *w = &c->w;
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

static enum rc run_audit(struct api_call *c, struct err *e)
{
    const struct audit_query *q = c->query;
    uint64_t before = 0;
    unsigned none = 0;
    struct store_audit *list = NULL;
    size_t n = 0;
    enum rc rc = api_cursor_read(q->cursor, &before, &none, e);
    if (rc == RC_OK)
        rc = store_acts(c->api->conf.store, before, (size_t)q->limit, c->arena, &list, &n, e);
    if (rc != RC_OK)
        return rc;
    api_list(&c->w);
    for (size_t i = 0; i < n; i++)
        put_act(c, &list[i]);
    api_list_end(&c->w, n == q->limit ? api_cursor(c->arena, list[n - 1].seq, 0) : STR_NULL);
    return RC_OK;
}

static const struct api_param audit_rows[] = { API_PARAM_CURSOR(struct audit_query, "before"),
                                               API_PARAM_LIMIT(struct audit_query) };
static const struct api_params audit_params = API_PARAMS(struct audit_query, audit_rows);

static const struct shape_member act_members[] = {
    { "sequence", SHAPE_INT, .doc = "Its place in the ledger." },
    { "at", SHAPE_TIME, .doc = "When." },
    { "actor", SHAPE_TEXT, .doc = "Who: a key's id, `user:NAME`, or `admin`." },
    { "peer", SHAPE_TEXT, .doc = "From which address." },
    { "verb", SHAPE_TEXT, .doc = "What was done: `config.update`, `message.read` …" },
    { "object", SHAPE_TEXT, .doc = "To what: `channel/adt-in`." },
    { "detail", SHAPE_TEXT,
      .doc = "JSON text: `before` and `after`, which are hashes of configuration, and reasons." },
};
static const struct shape act_shape = SHAPE("Act", act_members, "One entry of the audit.");

static const struct api_answer audit_answers[] = {
    { 200, &act_shape, .list = true, .doc = "The acts." },
};

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/audit", "listAudit", API_NEEDS(AUTH_MANAGE), API_POOL, run_audit,
      .params = &audit_params, API_ANSWERS(audit_answers),
      .doc = "Who changed or looked at what, newest first" },
};

const struct api_resource api_audit_resource = { "audit", "Who changed or looked at what.", routes,
                                                 ZS_COUNT(routes) };
