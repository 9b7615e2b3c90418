/*
 * A request's way through a link: its credential, the peer's no to it, and once anew with another.
 * The connector gets a delivery of ours; the caller's `conn` remembers the attempt meanwhile.
 * Where there is no credential the caller's delivery goes straight to the connector.
 * Tests: link_send_test.c
 */
#include "flow/link_int.h"

#define ATTEMPT_LIMIT ((size_t)1024 * 1024)

struct attempt {
    struct delivery d;      /* what the connector has */
    struct delivery *asked; /* the caller's; NULL: done already, the wait's end is awaited */
    struct link *link;
    struct conn_dest *dest;
    struct arena *arena; /* wiping; this struct lives in it */
    struct cred_parts parts;
    struct conn_extra extra;
    struct link_wait wait;
    struct loop_timer timer; /* until the rate lets the second request through */
    enum { ATTEMPT_WAITS, ATTEMPT_RATED, ATTEMPT_SENT } state;
    bool anew;  /* the peer has refused a credential once */
    bool final; /* it is not to be sent again */
};

static void attempt_free(struct attempt *at)
{
    struct arena *a = at->arena;
    arena_free(&a);
}

/* The caller hears of it, once. A waiting attempt whose end is posted stays for that. */
static void finish(struct attempt *at, const struct verdict *v, bool stays)
{
    struct delivery *d = at->asked;
    at->asked = NULL;
    d->conn = NULL;
    if (!stays)
        attempt_free(at);
    d->done(d, v);
}

static struct verdict verdict_of(const struct err *e)
{
    return (struct verdict){ .rc = e->code, .fate = e->fate, .err = *e };
}

static void fail(struct attempt *at, const struct err *e)
{
    struct verdict v = verdict_of(e);
    finish(at, &v, false);
}

static void connect_credential(struct attempt *at);

/* ---- sending ------------------------------------------------------------------------------ */

static void send_it(struct attempt *at)
{
    struct err e;
    if (link_auth_extra(&at->parts, at->asked->extra, at->arena, &at->extra, &e) != RC_OK) {
        fail(at, &e);
        return;
    }
    at->d.extra = &at->extra;
    at->state = ATTEMPT_SENT;
    at->dest->type->send(at->dest, &at->d);
}

static void rated(struct loop_timer *t)
{
    struct attempt *at = ZS_CONTAINER(t, struct attempt, timer);
    struct loop *l = at->dest->host->loop;
    uint64_t wait_ms = 0;
    if (link_take(at->link, loop_now_mono(l), &wait_ms)) {
        send_it(at);
        return;
    }
    at->state = ATTEMPT_RATED;
    loop_timer_start(l, &at->timer, wait_ms, rated);
}

static void got_credential(struct attempt *at)
{
    if (at->anew) /* the caller took a token for the first request, not for this one */
        rated(&at->timer);
    else
        send_it(at);
}

static void waited(struct link_wait *w)
{
    struct attempt *at = ZS_CONTAINER(w, struct attempt, wait);
    if (!at->asked)
        attempt_free(at);
    else if (w->rc != RC_OK)
        fail(at, &w->err);
    else
        connect_credential(at);
}

static void connect_credential(struct attempt *at)
{
    struct err e;
    at->state = ATTEMPT_WAITS;
    switch (link_auth_get(at->link->auth, &at->wait, at->arena, &at->parts, &e)) {
    case CRED_READY: got_credential(at); break;
    case CRED_WAIT:
    case CRED_FETCH: /* the auth fetches itself */ break;
    case CRED_FAILED: fail(at, &e); break;
    }
}

static void answered(struct delivery *d, const struct verdict *v)
{
    struct attempt *at = ZS_CONTAINER(d, struct attempt, d);
    ZS_ASSERT(at->asked && at->state == ATTEMPT_SENT);
    bool refused = v->credential && !at->anew && !at->final &&
                   cred_refused(link_auth_cred(at->link->auth), at->parts.generation);
    if (!refused) {
        finish(at, v, false);
        return;
    }
    at->anew = true;
    connect_credential(at);
}

static struct attempt *attempt_new(struct link *k, struct conn_dest *dest, struct delivery *d)
{
    struct arena *a = arena_new("attempt", 2048, ATTEMPT_LIMIT);
    if (!a)
        return NULL;
    arena_wipe_on_free(a);
    struct attempt *at = arena_make(a, struct attempt, 1);
    if (!at) {
        arena_free(&a);
        return NULL;
    }
    at->d = *d;
    at->d.done = answered;
    at->d.conn = NULL;
    at->d.next = NULL;
    at->asked = d;
    at->link = k;
    at->dest = dest;
    at->arena = a;
    at->wait.loop = dest->host->loop;
    at->wait.ready = waited;
    d->conn = at;
    return at;
}

void link_send(struct link *k, struct conn_dest *dest, struct delivery *d)
{
    struct err e;
    if (!k->auth) {
        dest->type->send(dest, d);
        return;
    }
    struct attempt *at = attempt_new(k, dest, d);
    if (at) {
        connect_credential(at);
        return;
    }
    (void)err_set(&e, RC_NOMEM, "FLOW-001", "no memory for a request's credential");
    (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
    struct verdict v = verdict_of(&e);
    d->done(d, &v);
}

/* ---- ending it ---------------------------------------------------------------------------- */

/* It has not been sent, or not again: end it here. */
static void give_up(struct attempt *at)
{
    struct err e;
    bool comes = at->state == ATTEMPT_WAITS && !link_auth_leave(at->link->auth, &at->wait);
    loop_timer_stop(&at->timer);
    (void)err_set(&e, RC_STATE, "FLOW-024", "given up before it was sent");
    (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
    struct verdict v = verdict_of(&e);
    finish(at, &v, comes);
}

void link_cancel(struct link *k, struct conn_dest *dest, struct delivery *d)
{
    if (!k->auth) {
        dest->type->cancel(dest, d);
        return;
    }
    struct attempt *at = d->conn;
    if (!at)
        return; /* it has ended */
    at->final = true;
    if (at->state == ATTEMPT_SENT)
        dest->type->cancel(dest, &at->d);
    else
        give_up(at);
}

void link_withdraw(struct link *k, struct conn_dest *dest, struct delivery *d)
{
    (void)dest; /* what it has stays there */
    struct attempt *at = k->auth ? d->conn : NULL;
    if (!at)
        return;
    at->final = true;
    if (at->state != ATTEMPT_SENT)
        give_up(at);
}
