/*
 * Messages: search, one, its bytes, its story. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

/* As store/store.h numbers the states; the first is no state of a delivery. */
static const char *const states[] = { "refused",   "queued",   "retrying", "uncertain",
                                      "delivered", "filtered", "rejected", "held",
                                      "dead",      "skipped",  NULL };

struct message_query {
    struct str control_id, patient_id, accession, order, channel, type, peer, cursor;
    int state; /* place in states, from 1 */
    int64_t since, until;
    uint64_t limit;
};

static enum rc read_query(const struct message_query *in, struct store_query *q, struct err *e)
{
    unsigned none = 0;
    *q = (struct store_query){ .control_id = in->control_id,
                               .patient_id = in->patient_id,
                               .accession = in->accession,
                               .order = in->order,
                               .channel = in->channel,
                               .type = in->type,
                               .peer = in->peer,
                               .since = in->since,
                               .until = in->until,
                               .limit = (size_t)in->limit };
    if (in->state)
        q->state = delivery_state_parse(str_z(states[in->state - 1]));
    return api_cursor_read(in->cursor, &q->before, &none, e);
}

static void put_row(struct api_call *c, const struct store_row *r)
{
    struct jw *w = &c->w;
    jw_object(w);
    api_put_id(w, "id", c->api->conf.store, r->seq);
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

static enum rc run_search(struct api_call *c, struct err *e)
{
    struct store_query q;
    struct store_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    enum rc rc = read_query(c->query, &q, e);
    if (rc == RC_OK)
        rc = store_search(c->api->conf.store, &q, c->arena, &rows, &n, &more, e);
    if (rc != RC_OK)
        return rc;
    api_list(&c->w);
    for (size_t i = 0; i < n; i++)
        put_row(c, &rows[i]);
    api_list_end(&c->w, more && n > 0 ? api_cursor(c->arena, rows[n - 1].seq, 0) : STR_NULL);
    return RC_OK;
}

static enum rc read_message(struct api_call *c, struct store_message *m, struct err *e)
{
    uint64_t seq = 0;
    enum rc rc = store_parse_id(c->api->conf.store, api_path(c, "id"), &seq, e);
    return rc == RC_OK ? store_read(c->api->conf.store, seq, c->arena, m, e) : rc;
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

static void put_message(struct api_call *c, const struct store_message *m)
{
    struct jw *w = &c->w;
    const struct store_intake *in = &m->intake;
    api_put_id(w, "id", c->api->conf.store, m->seq);
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

static enum rc show(struct api_call *c, bool trace, struct err *e)
{
    struct store_message m;
    struct store_event *ev = NULL;
    size_t n = 0;
    enum rc rc = read_message(c, &m, e);
    if (rc == RC_OK)
        rc = store_events(c->api->conf.store, m.seq, c->arena, &ev, &n, e);
    if (rc != RC_OK)
        return rc;
    jw_object(&c->w);
    put_message(c, &m);
    put_deliveries(&c->w, &m, ev, n, trace);
    if (trace) {
        struct buf hex;
        buf_init_arena(&hex, c->arena, 128);
        buf_hex(&hex, m.link, sizeof m.link);
        jw_kstr(&c->w, "link", buf_view(&hex));
    }
    jw_end(&c->w);
    return RC_OK;
}

static enum rc run_message(struct api_call *c, struct err *e)
{
    return show(c, false, e);
}

static enum rc run_trace(struct api_call *c, struct err *e)
{
    return show(c, true, e);
}

static enum rc run_body(struct api_call *c, struct err *e)
{
    struct store_message m;
    struct api_act act = { "message.read", "message", .name = api_path(c, "id") };
    enum rc rc = read_message(c, &m, e);
    if (rc == RC_OK)
        rc = api_act(c, &act, e);
    if (rc != RC_OK)
        return rc;
    c->type = m.intake.content_type.n ? m.intake.content_type : STR("application/octet-stream");
    c->raw = m.intake.body.n ? m.intake.body : STR("");
    return RC_OK;
}

#define FILTER(key, member, text)                                                                  \
    {                                                                                              \
        .name = (key), .kind = API_TEXT, .at = offsetof(struct message_query, member),             \
        .doc = (text)                                                                              \
    }

static const struct api_param search_rows[] = {
    FILTER("controlId", control_id, "MSH-10, or the Idempotency-Key."),
    FILTER("patientId", patient_id, "An identifier of PID-3."),
    FILTER("accession", accession, "The filler's number, OBR-3 or ORC-3."),
    FILTER("order", order, "The placer's number, OBR-2 or ORC-2."),
    FILTER("channel", channel, "Taken by this channel."),
    FILTER("type", type, "`ADT`, or `ADT^A01`."),
    FILTER("peer", peer, "Sent from this address."),
    { "state", API_NAME, offsetof(struct message_query, state), .names = states,
      .doc = "Refused at intake, or the state of any of its deliveries." },
    { "since", API_TIME, offsetof(struct message_query, since), .doc = "Received at or after." },
    { "until", API_TIME, offsetof(struct message_query, until), .doc = "Received before." },
    API_PARAM_CURSOR(struct message_query, "before"),
    API_PARAM_LIMIT(struct message_query),
};
static const struct api_params search_params = API_PARAMS(struct message_query, search_rows);

static const char *const intake_states[] = { "accepted", "refused", NULL };
static const char *const delivery_states[] = { "queued",    "sending",  "retrying", "uncertain",
                                               "delivered", "filtered", "rejected", "held",
                                               "dead",      "skipped",  NULL };
static const char *const fates[] = { "none", "retry", "uncertain", "reject", "operator", NULL };

static const struct shape_member row_members[] = {
    { "id", SHAPE_TEXT, .doc = "The message's id." },
    { "receivedAt", SHAPE_TIME, .doc = "When it was committed." },
    { "channel", SHAPE_TEXT, .doc = "Which channel took it." },
    { "type", SHAPE_TEXT, .doc = "`ADT^A01`, `json` …" },
    { "peer", SHAPE_TEXT, .doc = "Who sent it." },
    { "controlId", SHAPE_TEXT, .doc = "MSH-10, or the Idempotency-Key; may be empty." },
    { "state", SHAPE_TEXT, .names = intake_states, .doc = "What intake said." },
    { "delivery", SHAPE_TEXT, SHAPE_NULL, .names = delivery_states,
      .doc = "The least finished of its deliveries." },
    { "bytes", SHAPE_INT, .doc = "Its size." },
};
static const struct shape row_shape = SHAPE("MessageRow", row_members, "A message in a list.");

static const struct shape_member attempt_members[] = {
    { "at", SHAPE_TIME, .doc = "When it ended." },
    { "attempt", SHAPE_INT, .doc = "From 1; 0: an operator's act." },
    { "state", SHAPE_TEXT, .names = delivery_states, .doc = "What became of the delivery." },
    { "fate", SHAPE_TEXT, .names = fates, .doc = "What may be done next." },
    { "status", SHAPE_TEXT, SHAPE_MAYBE, .doc = "The peer's: `AA`, `200` …" },
    { "error", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Why it failed." },
    { "durationMs", SHAPE_INT, .doc = "How long it took." },
    { "repeatsUnknown", SHAPE_FLAG, SHAPE_MAYBE,
      .doc = "The outcome of the attempt before was not known." },
    { "nextAt", SHAPE_TIME, SHAPE_MAYBE, .doc = "When the next is due." },
};
static const struct shape attempt_shape =
    SHAPE("DeliveryAttempt", attempt_members, "One attempt to deliver.");

static const struct shape_member delivery_members[] = {
    { "destination", SHAPE_TEXT, .doc = "`integration/endpoint`." },
    { "state", SHAPE_TEXT, .names = delivery_states, .doc = "How it stands." },
    { "reason", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Why it was held or filtered." },
    { "mapped", SHAPE_FLAG, SHAPE_MAYBE, .doc = "Something else than the message is sent." },
    { "attempts", SHAPE_OBJECT, SHAPE_MAYBE | SHAPE_LIST, &attempt_shape,
      .doc = "In the trace: oldest first." },
};
static const struct shape delivery_shape =
    SHAPE("Delivery", delivery_members, "A message's way to one destination.");

static const struct shape_member message_members[] = {
    { "id", SHAPE_TEXT, .doc = "The message's id." },
    { "receivedAt", SHAPE_TIME, .doc = "When it was committed." },
    { "channel", SHAPE_TEXT, .doc = "Which channel took it." },
    { "type", SHAPE_TEXT, .doc = "`ADT^A01`, `json` …" },
    { "contentType", SHAPE_TEXT, .doc = "Of its bytes." },
    { "peer", SHAPE_TEXT, .doc = "Who sent it." },
    { "controlId", SHAPE_TEXT, .doc = "MSH-10, or the Idempotency-Key; may be empty." },
    { "state", SHAPE_TEXT, .names = intake_states, .doc = "What intake said." },
    { "reason", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Why it was refused." },
    { "traceId", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Of the sender's traceparent." },
    { "bytes", SHAPE_INT, .doc = "Its size." },
    { "deliveries", SHAPE_OBJECT, SHAPE_LIST, &delivery_shape, .doc = "One per destination." },
    { "link", SHAPE_TEXT, SHAPE_MAYBE, .doc = "In the trace: the record's hash in the ledger." },
};
static const struct shape message_shape =
    SHAPE("Message", message_members, "What is known of one message, without its content.");

static const struct api_answer search_answers[] = {
    { 200, &row_shape, .list = true, .doc = "The messages." },
};
static const struct api_answer message_answers[] = { { 200, &message_shape, .doc = "It." } };
static const struct api_answer body_answers[] = {
    { 200, .type = "*/*", .doc = "The bytes, with the Content-Type they came with." },
};

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/messages", "searchMessages", API_NEEDS(AUTH_READ), API_POOL, run_search,
      .params = &search_params, API_ANSWERS(search_answers),
      .doc = "Search messages, newest first" },
    { HTTP_GET, "/api/v1/messages/{id}", "getMessage", API_NEEDS(AUTH_READ), API_POOL, run_message,
      API_ANSWERS(message_answers), .doc = "What is known of one message, without its content" },
    { HTTP_GET, "/api/v1/messages/{id}/body", "getMessageBody", API_NEEDS(AUTH_CONTENT), API_POOL,
      run_body, API_ANSWERS(body_answers), .doc = "The message byte for byte, as it was received" },
    { HTTP_GET, "/api/v1/messages/{id}/trace", "getMessageTrace", API_NEEDS(AUTH_READ), API_POOL,
      run_trace, API_ANSWERS(message_answers), .doc = "Everything that happened to one message" },
};

const struct api_resource api_messages_resource = { "messages", "What channels have taken.", routes,
                                                    ZS_COUNT(routes) };
