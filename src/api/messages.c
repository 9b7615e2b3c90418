/*
 * Messages: search, one, its bytes, its story. Tests: tests/scen
 */
#include "api/api_int.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     1000

static const char *const query_names[] = { "controlId", "patientId", "accession", "order",
                                           "channel",   "type",      "peer",      "state",
                                           "since",     "until",     "before",    "limit" };

static enum rc read_state(struct api_job *j, int *state, struct err *e)
{
    struct str text;
    enum rc rc = api_query_str(j, "state", &text, e);
    *state = 0;
    if (rc != RC_OK || text.n == 0)
        return rc;
    *state = delivery_state_parse(text);
    return *state != 0 ? RC_OK
                       : err_set(e, RC_VALUE, "API-003",
                                 "state is refused or a state of a delivery: queued, retrying, "
                                 "uncertain, delivered, filtered, rejected, held, dead, skipped");
}

static enum rc read_query(struct api_job *j, struct store_query *q, struct err *e)
{
    const struct {
        const char *name;
        struct str *out;
    } texts[] = { { "controlId", &q->control_id },
                  { "patientId", &q->patient_id },
                  { "accession", &q->accession },
                  { "order", &q->order },
                  { "channel", &q->channel },
                  { "type", &q->type },
                  { "peer", &q->peer } };
    uint64_t limit = LIMIT_DEFAULT;
    enum rc rc = api_query_only(j, query_names, ZS_COUNT(query_names), e);
    for (size_t i = 0; rc == RC_OK && i < ZS_COUNT(texts); i++)
        rc = api_query_str(j, texts[i].name, texts[i].out, e);
    if (rc == RC_OK)
        rc = read_state(j, &q->state, e);
    if (rc == RC_OK)
        rc = api_query_time(j, "since", &q->since, e);
    if (rc == RC_OK)
        rc = api_query_time(j, "until", &q->until, e);
    if (rc == RC_OK)
        rc = api_query_u64(j, "before", 0, UINT64_MAX, 0, &q->before, e);
    if (rc == RC_OK)
        rc = api_query_u64(j, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, e);
    q->limit = (size_t)limit;
    return rc;
}

static void put_row(struct api_job *j, const struct store_row *r)
{
    struct jw *w = &j->w;
    jw_object(w);
    api_put_id(w, "id", j->api->conf.store, r->seq);
    api_put_time(w, "receivedAt", r->at_ms);
    jw_kstr(w, "channel", r->channel);
    jw_kstr(w, "type", r->type);
    jw_kstr(w, "peer", r->peer);
    jw_kstr(w, "controlId", r->control_id);
    jw_kstrz(w, "state", r->state == INTAKE_REFUSED ? "refused" : "accepted");
    jw_keyz(w, "delivery");
    if (r->delivery)
        jw_strz(w, delivery_state_name(r->delivery));
    else
        jw_null(w);
    jw_ku64(w, "bytes", r->bytes);
    jw_end(w);
}

static enum rc run_search(struct api_job *j, struct err *e)
{
    struct store_query q = { 0 };
    struct store_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    enum rc rc = read_query(j, &q, e);
    if (rc == RC_OK)
        rc = store_search(j->api->conf.store, &q, j->arena, &rows, &n, &more, e);
    if (rc != RC_OK)
        return rc;
    jw_object(&j->w);
    jw_keyz(&j->w, "items");
    jw_array(&j->w);
    for (size_t i = 0; i < n; i++)
        put_row(j, &rows[i]);
    jw_end(&j->w);
    jw_keyz(&j->w, "next");
    if (more && n > 0)
        jw_u64(&j->w, rows[n - 1].seq);
    else
        jw_null(&j->w);
    jw_end(&j->w);
    return RC_OK;
}

void api_messages(struct api_call *c)
{
    api_job_start(c, NULL, run_search);
}

static enum rc read_message(struct api_job *j, struct store_message *m, struct err *e)
{
    uint64_t seq = 0;
    enum rc rc = store_parse_id(j->api->conf.store, j->name, &seq, e);
    return rc == RC_OK ? store_read(j->api->conf.store, seq, j->arena, m, e) : rc;
}

/* Where a message stands with one destination now. */
static enum delivery_state state_now(const struct store_delivery *d, const struct store_event *ev,
                                     size_t n)
{
    enum delivery_state s = d->state;
    for (size_t i = 0; i < n; i++)
        if (str_eq(ev[i].outcome.lane, d->lane))
            s = ev[i].outcome.state;
    return s;
}

static void put_message(struct api_job *j, const struct store_message *m)
{
    struct jw *w = &j->w;
    const struct store_intake *in = &m->intake;
    api_put_id(w, "id", j->api->conf.store, m->seq);
    api_put_time(w, "receivedAt", m->at_ms);
    jw_kstr(w, "channel", in->channel);
    jw_kstr(w, "type", in->type);
    jw_kstr(w, "contentType", in->content_type);
    jw_kstr(w, "peer", in->peer);
    jw_kstr(w, "controlId", in->control_id);
    jw_kstrz(w, "state", in->state == INTAKE_REFUSED ? "refused" : "accepted");
    if (in->reason.n)
        jw_kstr(w, "reason", in->reason);
    if (in->trace_id.n)
        jw_kstr(w, "traceId", in->trace_id);
    jw_ku64(w, "bytes", in->body.n);
}

static void put_attempt(struct jw *w, const struct store_event *ev)
{
    const struct store_outcome *o = &ev->outcome;
    jw_object(w);
    api_put_time(w, "at", ev->at_ms);
    jw_ku64(w, "attempt", o->attempt);
    jw_kstrz(w, "state", delivery_state_name(o->state));
    jw_kstrz(w, "fate", fate_name(o->fate));
    if (o->status.n)
        jw_kstr(w, "status", o->status);
    if (o->error.n)
        jw_kstr(w, "error", o->error);
    jw_ku64(w, "durationMs", o->duration_ms);
    if (o->unknown_before)
        jw_kbool(w, "repeatsUnknown", true);
    if (o->next_at)
        api_put_time(w, "nextAt", o->next_at);
    jw_end(w);
}

static void put_deliveries(struct jw *w, const struct store_message *m,
                           const struct store_event *ev, size_t n, bool attempts)
{
    jw_keyz(w, "deliveries");
    jw_array(w);
    for (size_t i = 0; i < m->intake.n_deliveries; i++) {
        const struct store_delivery *d = &m->intake.deliveries[i];
        size_t slash = str_chr(d->lane, '/', 0);
        jw_object(w);
        jw_kstr(w, "destination", slash == SIZE_MAX ? d->lane : str_from(d->lane, slash + 1));
        jw_kstrz(w, "state", delivery_state_name(state_now(d, ev, n)));
        if (d->reason.n)
            jw_kstr(w, "reason", d->reason);
        if (attempts) {
            jw_kbool(w, "mapped", !str_is_null(d->payload));
            jw_keyz(w, "attempts");
            jw_array(w);
            for (size_t k = 0; k < n; k++)
                if (str_eq(ev[k].outcome.lane, d->lane))
                    put_attempt(w, &ev[k]);
            jw_end(w);
        }
        jw_end(w);
    }
    jw_end(w);
}

static enum rc show(struct api_job *j, bool trace, struct err *e)
{
    struct store_message m;
    struct store_event *ev = NULL;
    size_t n = 0;
    enum rc rc = read_message(j, &m, e);
    if (rc == RC_OK)
        rc = store_events(j->api->conf.store, m.seq, j->arena, &ev, &n, e);
    if (rc != RC_OK)
        return rc;
    jw_object(&j->w);
    put_message(j, &m);
    put_deliveries(&j->w, &m, ev, n, trace);
    if (trace) {
        struct buf hex;
        buf_init_arena(&hex, j->arena, 128);
        buf_hex(&hex, m.link, sizeof m.link);
        jw_kstr(&j->w, "link", buf_view(&hex));
    }
    jw_end(&j->w);
    return RC_OK;
}

static enum rc run_message(struct api_job *j, struct err *e)
{
    return show(j, false, e);
}

static enum rc run_trace(struct api_job *j, struct err *e)
{
    return show(j, true, e);
}

static enum rc run_body(struct api_job *j, struct err *e)
{
    struct store_message m;
    enum rc rc = read_message(j, &m, e);
    if (rc != RC_OK)
        return rc;
    struct buf object;
    buf_init_arena(&object, j->arena, 128);
    buf_z(&object, "message/");
    buf_str(&object, j->name);
    j->act.verb = STR("message.read");
    j->act.object = buf_view(&object);
    j->act.detail = STR("{}");
    j->type = m.intake.content_type.n ? m.intake.content_type : STR("application/octet-stream");
    j->raw = m.intake.body.n ? m.intake.body : STR("");
    return buf_rc(&object, e);
}

void api_message(struct api_call *c)
{
    api_job_start(c, "id", run_message);
}

void api_message_trace(struct api_call *c)
{
    api_job_start(c, "id", run_trace);
}

void api_message_body(struct api_call *c)
{
    api_job_start(c, "id", run_body);
}
