/*
 * After the commit: the sender's answer and the deliveries. Nothing here runs before the record
 * is durable (G1). Tests: channel_test.c
 */
#include "flow/channel_int.h"

#define FULL_RETRY_MS 1000

static void answer(struct message *m, enum answer_kind kind, const struct err *why)
{
    struct channel *c = m->ch;
    struct intake *in = m->in;
    if (!in)
        return;
    struct answer a = { .kind = kind,
                        .body = m->rec.ack,
                        .content_type = m->rec.ack.n ? m->rec.content_type : STR_NULL,
                        .message_id = str_z(m->id),
                        .err = why };
    m->in = NULL;
    loop_timer_stop(&m->ack_timer);
    if (list_is_linked(&m->waiting))
        list_remove(&c->waiting, &m->waiting);
    channel_pending(c, -1);
    if (c->source_open)
        c->conf->conn_type->settled(&c->source, in, &a);
    lane_hold_unref(&m->hold);
    channel_hold_back(c);
}

void channel_answer_busy(struct message *m, const struct err *why)
{
    struct channel *c = m->ch;
    struct err e;
    channel_count(&c->figures.busy);
    m->rec.ack = STR_NULL;
    if (c->format->acknowledge(m, TAKE_BUSY, why, &e) != RC_OK)
        m->rec.ack = STR_NULL;
    m->id[0] = '\0';
    answer(m, ANSWER_BUSY, why);
}

/* ---- ack: delivered ----------------------------------------------------------------------- */

static void answer_pending(struct message *m)
{
    struct err why, e;
    err_set(&why, RC_TIMEOUT, "FLOW-003", "not yet delivered; the message is kept and queued");
    if (m->ch->format->acknowledge(m, TAKE_INVALID, &why, &e) != RC_OK)
        m->rec.ack = STR_NULL;
    answer(m, ANSWER_PENDING, &why);
}

static void ack_timeout(struct loop_timer *t)
{
    answer_pending(ZS_CONTAINER(t, struct message, ack_timer));
}

void channel_answer_waiting(struct channel *c)
{
    struct list_node *n;
    while ((n = list_first(&c->waiting)) != NULL)
        answer_pending(ZS_CONTAINER(n, struct message, waiting));
}

static void part_settled(struct lane_item *it, enum delivery_state state, const struct verdict *v)
{
    struct message *m = it->ctx;
    if (!m->in)
        return; /* the sender has heard already */
    ZS_ASSERT(m->n_open > 0);
    m->n_open--;
    if (state != DELIVERY_DELIVERED && m->kind == ANSWER_ACCEPTED) {
        struct err e;
        m->kind = ANSWER_INVALID;
        if (v)
            m->why = v->err;
        else
            err_set(&m->why, RC_TIMEOUT, "FLOW-004", "the delivery was given up");
        if (m->ch->format->acknowledge(m, TAKE_INVALID, &m->why, &e) != RC_OK)
            m->rec.ack = STR_NULL;
    }
    if (m->n_open == 0)
        answer(m, m->kind, m->kind == ANSWER_ACCEPTED ? NULL : &m->why);
}

/* ---- deliveries --------------------------------------------------------------------------- */

static void hand_over(struct message *m, size_t i)
{
    const struct store_delivery *d = &m->deliveries[i];
    struct lane_item *it = &m->parts[i].item;
    it->hold = &m->hold;
    it->d.seq = m->op.op.seq;
    it->d.control_id = m->rec.control_id;
    it->d.body = str_is_null(d->payload) ? m->rec.body : d->payload;
    it->d.content_type = str_is_null(d->content_type) ? m->rec.content_type : d->content_type;
    it->key = lane_key(d->key);
    it->at_ms = m->op.op.at_ms;
    it->covered = d->marked;
    if (m->n_open > 0) {
        it->settled = part_settled;
        it->ctx = m;
    }
    lane_hold_ref(&m->hold);
    lane_add(m->ch->lanes[i], it);
}

static void drop_parts(struct message *m)
{
    for (size_t i = 0; i < m->ch->n_lanes; i++)
        if (m->parts[i].expected)
            lane_drop(m->ch->lanes[i], m->deliveries[i].marked);
}

static void store_full(struct channel *c)
{
    c->store_full = true;
    if (!loop_timer_is_on(&c->full_timer))
        loop_timer_start(c->env.host->loop, &c->full_timer, FULL_RETRY_MS, c->full_timer.fn);
}

/* It will never fit: the sender must not try again, and nobody else has to wait. */
static void too_large(struct message *m)
{
    struct err e, none;
    err_set(&e, RC_LIMIT, "STORE-002", "the message is larger than the store takes");
    channel_count(&m->ch->figures.refused);
    if (m->ch->format->acknowledge(m, TAKE_REFUSE, &e, &none) != RC_OK)
        m->rec.ack = STR_NULL;
    answer(m, ANSWER_REFUSED, &e);
}

static void not_kept(struct message *m, const struct store_op *op)
{
    struct err e;
    drop_parts(m);
    if (op->error && strcmp(op->error, "STORE-002") == 0) {
        too_large(m);
        return;
    }
    err_set(&e, op->rc, op->error ? op->error : "FLOW-002",
            "the message could not be stored; send it again later");
    if (op->rc == RC_LIMIT && m->ch->state == CHANNEL_RUNNING)
        store_full(m->ch);
    channel_answer_busy(m, &e);
}

static void count_kind(struct channel *c, const struct message *m)
{
    struct channel_figures *f = &c->figures;
    channel_count(&f->taken);
    if (m->rec.state == INTAKE_REFUSED)
        channel_count(&f->refused);
    else if (m->kind == ANSWER_HELD)
        channel_count(&f->held);
    else if (m->kind == ANSWER_FILTERED)
        channel_count(&f->filtered);
}

static void kept(struct message *m)
{
    struct channel *c = m->ch;
    struct str store = store_id(c->env.store);
    count_kind(c, m);
    (void)snprintf(m->id, sizeof m->id, "%.*s-%llu", STR_ARG(store),
                   (unsigned long long)m->op.op.seq); /* 8 + 1 + 20 digits fit */
    size_t n_queued = 0;
    for (size_t i = 0; i < m->rec.n_deliveries; i++)
        n_queued += m->parts[i].expected ? 1 : 0;
    bool later = c->conf->ack == ACK_DELIVERED && n_queued > 0 && m->kind == ANSWER_ACCEPTED;
    if (later) {
        m->n_open = n_queued;
        list_push(&c->waiting, &m->waiting);
        loop_timer_start(c->env.host->loop, &m->ack_timer, c->conf->ack_timeout_ms, ack_timeout);
    }
    lane_hold_ref(&m->hold); /* answering may give up the last other reference */
    if (!later)
        answer(m, m->kind, m->kind == ANSWER_ACCEPTED ? NULL : &m->why);
    for (size_t i = 0; i < m->rec.n_deliveries; i++)
        if (m->parts[i].expected)
            hand_over(m, i);
    lane_hold_unref(&m->hold);
}

void channel_committed(struct commit_op *op)
{
    struct message *m = ZS_CONTAINER(op, struct message, op);
    struct channel *c = m->ch;
    if (op->op.rc == RC_OK)
        kept(m);
    else
        not_kept(m, &op->op);
    c->committing--; /* not before: an answer may drain the source, which asks for this */
    if (c->state == CHANNEL_DRAINING)
        channel_answer_waiting(c);
    channel_try_stopped(c);
}
