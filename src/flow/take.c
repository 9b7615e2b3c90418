/*
 * A message's way in: read, check, describe, filter, route and map, then one record for the
 * committer. Nothing here waits, and nothing is answered: settle.c does that after the commit.
 * Tests: channel_test.c
 */
#include "flow/channel_int.h"

static struct message *message_new(struct channel *c, struct intake *in)
{
    size_t n = c->n_lanes;
    struct message *m = arena_make(in->arena, struct message, 1);
    if (!m)
        return NULL;
    m->deliveries = arena_make(in->arena, struct store_delivery, n);
    m->parts = arena_make(in->arena, struct message_part, n);
    if (!m->deliveries || !m->parts)
        return NULL;
    m->hold = (struct lane_hold){ .arena = in->arena, .refs = 1 };
    m->ch = c;
    m->in = in;
    m->arena = in->arena;
    m->kind = ANSWER_ACCEPTED;
    m->rec = (struct store_intake){ .channel = c->conf->name,
                                    .peer = in->peer,
                                    .control_id = in->key,
                                    .content_type = in->content_type,
                                    .trace_id = in->trace_id,
                                    .state = INTAKE_ACCEPTED,
                                    .config_version = atomic_load(c->env.config_version),
                                    .body = in->body,
                                    .terms = m->terms,
                                    .deliveries = m->deliveries };
    return m;
}

/* A reason that may be stored and shown: an id and a text of ours. */
static struct str reason_of(struct arena *a, const struct err *e)
{
    struct buf b;
    buf_init_arena(&b, a, 600);
    buf_fmt(&b, "%s %s%s%s", e->id ? e->id : "", e->where, e->where[0] ? ": " : "", e->text);
    return buf_view(&b);
}

/* ---- routing ------------------------------------------------------------------------------ */

struct routing {
    struct message *m;
    struct fp_env env;
    struct map_env map_env;
    struct doc_node node;
};

/* Is the condition true? One that cannot be evaluated is an error of the channel: held. */
static enum rc test(const struct routing *r, const struct fp_expr *x, bool *yes, struct err *e)
{
    if (!x) {
        *yes = true;
        return RC_OK;
    }
    enum fp_truth truth = FP_UNKNOWN;
    enum rc rc = fhirpath_test(x, r->node, &r->env, r->m->arena, &truth, e);
    *yes = truth == FP_TRUE;
    return rc;
}

static enum rc order_key(const struct routing *r, const struct fp_expr *x, struct str *key,
                         struct err *e)
{
    *key = STR("");
    if (!x)
        return RC_OK;
    struct fp_coll out;
    enum rc rc = fhirpath_eval(x, r->node, &r->env, r->m->arena, &out, e);
    if (rc != RC_OK || out.n == 0)
        return rc;
    return fp_value_text(&out.v[0], r->m->arena, key, e);
}

static enum rc map_payload(const struct routing *r, const struct map *map, struct store_delivery *d,
                           struct err *e)
{
    if (!map) {
        d->payload = STR_NULL;
        return RC_OK;
    }
    struct message *m = r->m;
    struct map_input in = { .hl7 = m->hl7, .json = m->json };
    struct map_output out = { .text = STR_NULL };
    struct err_list found;
    err_list_init(&found, m->arena, 16);
    enum rc rc = map_run(map, &in, &r->map_env, m->arena, &out, &found, e);
    if (rc == RC_VALUE)
        rc = err_list_rc(&found, e);
    if (rc != RC_OK)
        return rc;
    d->payload = out.text;
    d->content_type =
        map_to(map) == MAP_JSON ? STR("application/json") : STR("x-application/hl7-v2+er7");
    return RC_OK;
}

/* Decide what one destination gets. An error holds this delivery, the others go on. */
static enum rc route_one(const struct routing *r, const struct config_dest *dest,
                         struct store_delivery *d, struct err *e)
{
    bool wanted = false;
    enum rc rc = test(r, dest->when, &wanted, e);
    if (rc != RC_OK)
        return rc;
    if (!wanted) {
        d->state = DELIVERY_FILTERED;
        return RC_OK;
    }
    rc = order_key(r, dest->order, &d->key, e);
    return rc == RC_OK ? map_payload(r, dest->map, d, e) : rc;
}

static void hold_delivery(struct message *m, struct store_delivery *d, const struct err *e)
{
    d->state = DELIVERY_HELD;
    d->payload = STR_NULL;
    d->reason = reason_of(m->arena, e);
    if (m->kind != ANSWER_HELD) {
        m->kind = ANSWER_HELD;
        m->why = *e;
    }
}

static void all_deliveries(struct message *m, enum delivery_state state, const struct err *why)
{
    for (size_t i = 0; i < m->rec.n_deliveries; i++) {
        m->deliveries[i].state = state;
        if (why)
            hold_delivery(m, &m->deliveries[i], why);
    }
}

static void route(struct message *m)
{
    struct channel *c = m->ch;
    int64_t now = m->in->at_ms;
    struct routing r = {
        .m = m, .env = { .now_ms = now }, .map_env = { .now_ms = now }, .node = c->format->node(m)
    };
    bool passes = false;
    struct err e;
    if (test(&r, c->conf->filter, &passes, &e) != RC_OK) {
        all_deliveries(m, DELIVERY_HELD, &e);
        m->kind = ANSWER_HELD;
        m->why = e;
        return;
    }
    if (!passes) {
        all_deliveries(m, DELIVERY_FILTERED, NULL);
        m->kind = ANSWER_FILTERED;
        return;
    }
    bool any = c->n_lanes == 0;
    for (size_t i = 0; i < c->n_lanes; i++) {
        struct store_delivery *d = &m->deliveries[i];
        if (route_one(&r, &c->conf->dests[i], d, &e) != RC_OK)
            hold_delivery(m, d, &e);
        any = any || d->state != DELIVERY_FILTERED;
    }
    if (!any)
        m->kind = ANSWER_FILTERED;
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "FLOW-002", "the message needs more memory than it may have");
}

/* ---- the steps ---------------------------------------------------------------------------- */

static void name_lanes(struct message *m)
{
    m->rec.n_deliveries = m->ch->n_lanes;
    for (size_t i = 0; i < m->rec.n_deliveries; i++)
        m->deliveries[i] = (struct store_delivery){ .lane = str_z(m->ch->conf->dests[i].lane),
                                                    .state = DELIVERY_QUEUED };
}

static enum take refuse(struct message *m, const struct err *e)
{
    m->kind = ANSWER_REFUSED;
    m->why = *e;
    m->rec.state = INTAKE_REFUSED;
    m->rec.reason = reason_of(m->arena, e);
    m->rec.n_deliveries = 0;
    return TAKE_REFUSE;
}

/* `ack: processed` tells the sender; the message is kept as refused, so nothing is held twice. */
static enum take invalid(struct message *m, const struct err *e)
{
    (void)refuse(m, e);
    m->kind = ANSWER_INVALID;
    return TAKE_INVALID;
}

static enum take work_through(struct message *m)
{
    struct channel *c = m->ch;
    const struct config_channel *conf = c->conf;
    struct err e;
    enum rc rc = c->format->parse(m, &e);
    if (rc == RC_OK) {
        c->format->describe(m);
        rc = c->format->acceptable(m, &e);
    }
    if (rc == RC_NOMEM) { /* not the sender's fault: nothing is kept, it may come again */
        (void)no_memory(&m->why);
        return TAKE_BUSY;
    }
    if (rc != RC_OK)
        return refuse(m, &e);
    name_lanes(m);
    rc = c->format->validate(m, (enum config_profile)conf->validate->profile, &e);
    if (rc == RC_OK)
        route(m);
    else if (conf->validate->on_error == ON_ERROR_REFUSE)
        return refuse(m, &e);
    else
        all_deliveries(m, DELIVERY_HELD, &e);
    if (rc != RC_OK && m->rec.n_deliveries == 0) { /* a channel that only stores: say it anyway */
        m->kind = ANSWER_HELD;
        m->why = e;
    }
    if (m->kind == ANSWER_HELD && conf->ack != ACK_STORED)
        return invalid(m, &m->why);
    return TAKE_OK;
}

/* Ask the lanes whether the intake may carry their mark. */
static void mark_parts(struct message *m)
{
    for (size_t i = 0; i < m->rec.n_deliveries; i++) {
        struct store_delivery *d = &m->deliveries[i];
        if (d->state != DELIVERY_QUEUED)
            continue;
        m->parts[i].expected = true;
        d->marked = lane_will_mark(m->ch->lanes[i]);
    }
}

void channel_take(struct conn_source *s, struct intake *in)
{
    struct channel *c = s->ctx;
    struct err e;
    struct message *m = message_new(c, in);
    if (!m) {
        struct arena *a = in->arena;
        (void)no_memory(&e);
        struct answer answer = { .kind = ANSWER_BUSY, .err = &e };
        channel_count(&c->figures.busy);
        c->conf->conn_type->settled(s, in, &answer); /* in the connector's own words */
        arena_free(&a);
        return;
    }
    channel_pending(c, 1);
    enum take how = work_through(m);
    if (how == TAKE_BUSY) {
        channel_answer_busy(m, &m->why);
        return;
    }
    if (c->format->acknowledge(m, how, how == TAKE_OK ? NULL : &m->why, &e) != RC_OK) {
        channel_answer_busy(m, &e);
        return;
    }
    mark_parts(m);
    m->op = (struct commit_op){ .op = { .kind = STORE_INTAKE, .intake = &m->rec },
                                .done = channel_committed };
    c->committing++;
    committer_add(c->env.committer, &m->op);
    channel_hold_back(c);
}
