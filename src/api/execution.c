/*
 * The guide's execution record as an answer: of a call from what flow stored (flow/execute.h), of
 * a delivery from what its outcome and its message hold. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

#include "base/num.h"

static void put_empty(struct jw *w)
{
    jw_object(w);
    jw_end(w);
}

/*
 * Members that hold what was sent or came back: patient data. So may headers (Location) and what a
 * peer says in its own words; those two are always there, and then empty.
 */
static const struct {
    const char *name;
    void (*instead)(struct jw *w); /* NULL: the member is left out */
} hidden[] = {
    { "data", NULL },         { "processedData", NULL }, { "parameters", NULL },
    { "headers", put_empty }, { "statusText", jw_null },
};

static size_t hidden_at(struct str name)
{
    size_t i = 0;
    while (i < ZS_COUNT(hidden) && !str_eqz(name, hidden[i].name))
        i++;
    return i;
}

static void put_without_data(struct jw *w, const struct json *doc)
{
    jw_object(w);
    JSON_EACH(m, doc)
    {
        size_t i = hidden_at(json_name(m));
        if (i < ZS_COUNT(hidden) && !hidden[i].instead)
            continue;
        jw_key(w, json_name(m));
        if (i < ZS_COUNT(hidden))
            hidden[i].instead(w);
        else
            jw_value(w, m);
    }
    jw_end(w);
}

static enum rc put_request(struct api_call *c, const struct api_execution *x, struct err *e)
{
    struct json *doc = NULL;
    jw_keyz(&c->w, "request");
    if (x->content) {
        jw_text(&c->w, x->request);
        return RC_OK;
    }
    enum rc rc = json_parse(x->request, &json_default_limits, c->arena, &doc, e);
    if (rc == RC_OK)
        put_without_data(&c->w, doc);
    return rc;
}

/* response, attempts and what else the end of a call added. */
static enum rc put_result(struct api_call *c, const struct api_execution *x, struct err *e)
{
    struct json *doc = NULL;
    if (x->result.n == 0) {
        jw_keyz(&c->w, "response");
        jw_null(&c->w);
        return RC_OK;
    }
    enum rc rc = json_parse(x->result, &json_default_limits, c->arena, &doc, e);
    if (rc != RC_OK)
        return rc;
    JSON_EACH(m, doc)
    {
        bool hide = !x->content && json_is(m, JSON_OBJECT);
        jw_key(&c->w, json_name(m));
        if (hide)
            put_without_data(&c->w, m);
        else
            jw_value(&c->w, m);
    }
    return RC_OK;
}

/* ---- of a delivery ------------------------------------------------------------------------ */

/* A document where it is one, else a text. */
static void put_bytes(struct api_call *c, const char *name, struct str bytes)
{
    struct json *doc = NULL;
    struct err none;
    bool text = str_starts(str_trim(bytes), STR("{")) || str_starts(str_trim(bytes), STR("["));
    jw_keyz(&c->w, name);
    if (bytes.n == 0)
        jw_null(&c->w);
    else if (text && json_parse(bytes, &json_default_limits, c->arena, &doc, &none) == RC_OK)
        jw_value(&c->w, doc);
    else
        jw_str(&c->w, bytes);
}

static void put_no_headers(struct jw *w)
{
    jw_keyz(w, "headers");
    put_empty(w);
}

static void put_delivery(struct api_call *c, const struct api_execution *x)
{
    struct jw *w = &c->w;
    struct str reply = x->result;
    jw_keyz(w, "request");
    jw_object(w);
    if (x->content)
        put_bytes(c, "data", x->sent);
    put_no_headers(w);
    api_put_time(w, "timestamp", x->row.start_ms);
    jw_end(w);
    jw_keyz(w, "response");
    if (x->row.status.n == 0 && reply.n == 0) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_keyz(w, "status");
    if (num_is_json(x->row.status))
        jw_number(w, x->row.status);
    else
        jw_str(w, x->row.status);
    jw_keyz(w, "statusText");
    jw_null(w);
    put_no_headers(w);
    if (x->content) {
        put_bytes(c, "data", reply);
        put_bytes(c, "processedData", reply);
    }
    jw_kbool(w, "success", x->row.state == EXEC_COMPLETED);
    jw_end(w);
}

/* ---- both --------------------------------------------------------------------------------- */

static void put_metrics(struct jw *w, const struct store_exec_row *r)
{
    bool ended = r->state != EXEC_EXECUTING;
    jw_keyz(w, "metrics");
    jw_object(w);
    jw_ki64(w, "startTime", r->start_ms);
    jw_keyz(w, "endTime");
    if (ended)
        jw_i64(w, r->start_ms + (int64_t)r->duration_ms);
    else
        jw_null(w);
    jw_keyz(w, "duration");
    if (ended)
        jw_u64(w, r->duration_ms);
    else
        jw_null(w);
    jw_end(w);
}

void api_put_execution_row(struct api_call *c, const struct api_execution *x)
{
    const struct store_exec_row *r = &x->row;
    struct jw *w = &c->w;
    jw_kstrz(w, "id", x->id);
    jw_kstr(w, "integrationId", x->integration_id);
    jw_kstr(w, "endpointId", x->endpoint_id);
    jw_kstr(w, "integration", r->integration);
    jw_kstr(w, "endpoint", r->endpoint);
    jw_kstrz(w, "status", exec_state_name(r->state));
    api_put_or_null(w, "error", r->error);
    put_metrics(w, r);
    if (!r->delivery)
        return;
    api_put_id(w, "message", c->api->conf.store, r->message_seq);
    jw_kstr(w, "channel", r->channel);
    jw_ku64(w, "attempt", r->attempt);
}

enum rc api_put_execution(struct api_call *c, const struct api_execution *x, struct err *e)
{
    api_put_execution_row(c, x);
    if (x->actor.n)
        jw_kstr(&c->w, "actor", x->actor);
    if (x->row.delivery) {
        put_delivery(c, x);
        return RC_OK;
    }
    enum rc rc = put_request(c, x, e);
    return rc == RC_OK ? put_result(c, x, e) : rc;
}
