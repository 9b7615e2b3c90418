/*
 * The MLLP destination: a queue of deliveries and the connections they go over. Every send ends in
 * exactly one done, through mllp_finish. What may be called in done: send, cancel, drain, close.
 * Tests: mllp_send_test.c, contract_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"

#define WRITE_MAX (SIZE_MAX / 2) /* the message is in memory already; a copy of it may wait */

void mllp_dest_release(struct mllp_dest *md)
{
    if (md->dest || !list_is_empty(&md->links) || !list_is_empty(&md->probes))
        return;
    tls_ctx_unref(&md->tls);
    mem_free(md);
}

/* The last thing a function does: flow may close the destination in it. */
static void tell_drained(struct mllp_dest *md)
{
    if (!md->draining || md->n_in_flight > 0)
        return;
    md->draining = false;
    md->dest->drained(md->dest);
}

void mllp_finish(struct mllp_dest *md, struct delivery *d, const struct verdict *v)
{
    ZS_ASSERT(md->n_in_flight > 0);
    md->n_in_flight--;
    d->conn = NULL;
    d->done(d, v);
}

void mllp_fail(struct mllp_dest *md, struct delivery *d, enum fate fate, const struct err *why)
{
    struct verdict v = { .rc = why->code, .fate = fate, .err = *why };
    if (v.rc == RC_OK) { /* an orderly end, but ours was still to be answered */
        v.rc = err_set(&v.err, RC_PEER, "MLLP-016", "the peer closed the connection");
    }
    (void)err_fate(&v.err, fate); /* its result is the code we have */
    mllp_finish(md, d, &v);
}

struct stream_connect mllp_connect_how(const struct mllp_dest *md, uint32_t timeout_ms)
{
    return (struct stream_connect){ .host = md->place.host,
                                    .port = md->place.port,
                                    .timeout_ms = timeout_ms,
                                    .tls = md->tls,
                                    .tls_name = mllp_params_of(md)->name.n
                                                    ? mllp_params_of(md)->name
                                                    : md->place.host,
                                    .pool = md->dest->host->pool,
                                    .allow = addr_rules_allow,
                                    .allow_ctx = md->dest->host->outbound,
                                    .opts = { .write_max = WRITE_MAX, .keepalive = true } };
}

/* ---- the queue ---------------------------------------------------------------------------- */

static uint32_t timeout_of(const struct mllp_dest *md, const struct delivery *d)
{
    return d->timeout_ms ? d->timeout_ms : md->dest->ep->timeout_ms;
}

static struct delivery *take_first(struct mllp_dest *md)
{
    struct delivery *d = md->first;
    md->first = d->next;
    if (!md->first)
        md->last = NULL;
    d->next = NULL;
    return d;
}

/* Give the first one a connection; false when it has to wait for one. */
static bool dispatch_one(struct mllp_dest *md)
{
    struct err e;
    struct mllp_out *l = mllp_out_idle(md);
    if (!l && md->links.n >= (size_t)mllp_params_of(md)->connections)
        return false;
    struct delivery *d = take_first(md);
    uint32_t timeout_ms = timeout_of(md, d);
    if (!l)
        l = mllp_out_new(md, timeout_ms, &e);
    if (l)
        mllp_out_send(l, d, timeout_ms);
    else
        mllp_fail(md, d, FATE_RETRY, &e);
    return true;
}

void mllp_dispatch(struct mllp_dest *md)
{
    while (md->dest && md->first && dispatch_one(md))
        ;
    if (md->dest)
        tell_drained(md);
}

static void queue(struct mllp_dest *md, struct delivery *d)
{
    d->next = NULL;
    d->conn = NULL;
    if (md->last)
        md->last->next = d;
    else
        md->first = d;
    md->last = d;
}

/* Take it off the queue; false when it does not wait there. */
static bool unqueue(struct mllp_dest *md, struct delivery *d)
{
    struct delivery *before = NULL, *q = md->first;
    for (; q && q != d; q = q->next)
        before = q;
    if (!q)
        return false;
    if (before)
        before->next = d->next;
    else
        md->first = d->next;
    if (md->last == d)
        md->last = before;
    return true;
}

/* ---- the contract ------------------------------------------------------------------------- */

enum rc conn_mllp_send_open(struct conn_dest *d, struct err *e)
{
    struct mllp_dest *md = mem_new(struct mllp_dest);
    if (!md)
        return err_set(e, RC_NOMEM, "MLLP-013", "no memory for a destination");
    list_init(&md->links);
    list_init(&md->probes);
    enum rc rc = mllp_place(d->ep->url, &md->place, e);
    if (rc == RC_OK && md->place.tls)
        rc = mllp_connect_tls(d->ep, &md->tls, e);
    if (rc != RC_OK) {
        mllp_dest_release(md);
        return rc;
    }
    md->dest = d;
    d->inst = md;
    return RC_OK;
}

void conn_mllp_send(struct conn_dest *dest, struct delivery *d)
{
    struct mllp_dest *md = dest->inst;
    struct err e;
    md->n_in_flight++;
    if (mllp_check(d->body, &e) != RC_OK) { /* the peer would read another message than ours */
        mllp_fail(md, d, FATE_REJECT, &e);
        return;
    }
    queue(md, d);
    mllp_dispatch(md);
}

static void cancel_one(struct mllp_dest *md, struct delivery *d)
{
    struct mllp_out *l = d->conn;
    struct err e;
    bool seen = false;
    if (l)
        seen = mllp_out_give_up(l);
    else if (!unqueue(md, d))
        return; /* it has ended already */
    (void)err_set(&e, RC_STATE, "MLLP-017", "given up on our side");
    mllp_fail(md, d, seen ? FATE_UNCERTAIN : FATE_RETRY, &e);
}

void conn_mllp_cancel(struct conn_dest *dest, struct delivery *d)
{
    struct mllp_dest *md = dest->inst;
    cancel_one(md, d);
    if (dest->inst == md)
        mllp_dispatch(md);
}

void conn_mllp_send_drain(struct conn_dest *dest)
{
    struct mllp_dest *md = dest->inst;
    md->draining = true;
    tell_drained(md);
}

/* The delivery of the first connection that has one; NULL when none has. */
static struct delivery *any_carried(const struct mllp_dest *md)
{
    for (struct list_node *n = list_first(&md->links); n; n = list_next(&md->links, n))
        if (mllp_out_delivery(mllp_out_of(n)))
            return mllp_out_delivery(mllp_out_of(n));
    return NULL;
}

void conn_mllp_send_close(struct conn_dest *dest)
{
    struct mllp_dest *md = dest->inst;
    md->draining = false;
    /* one by one from the start: done may do anything but send */
    for (struct delivery *d = md->first; d; d = md->first)
        cancel_one(md, d);
    for (struct delivery *d = any_carried(md); d; d = any_carried(md))
        cancel_one(md, d);
    mllp_probes_stop(md);
    dest->inst = NULL;
    md->dest = NULL;
    for (struct list_node *n = list_first(&md->links); n; n = list_next(&md->links, n))
        (void)mllp_out_give_up(mllp_out_of(n)); /* it carries nothing; closed() comes later */
    mllp_dest_release(md);
}
