/*
 * The destination: one call of the client for each delivery. Ending early, by cancel or close, is
 * an outcome too: uncertain once the request was handed to a connection.
 * Probes are in http_probe.c. Tests: http_send_test.c, contract_test.c
 */
#include "base/alloc.h"
#include "connector/http/http_int.h"
#include "connector/peer.h"

#define TLS_MAX ((size_t)65536) /* of a passphrase; certificates are borrowed */

/* A delivery under way; d->conn. */
struct flight {
    struct list_node link;
    struct http_sender *s;
    struct delivery *d;
    struct client_call *call; /* NULL: failed before it left */
    struct verdict verdict;   /* then */
};

/* ---- the end of a delivery ---- */

static void on_drain(struct loop_timer *t)
{
    struct http_sender *s = ZS_CONTAINER(t, struct http_sender, drain_timer);
    s->dest->drained(s->dest);
}

/* From the loop: whoever called drain or got the last verdict need not expect it within. */
static void tell_drained(struct http_sender *s)
{
    bool idle = list_is_empty(&s->flights) && list_is_empty(&s->failed);
    if (s->draining && idle && !loop_timer_is_on(&s->drain_timer))
        loop_timer_start(s->dest->host->loop, &s->drain_timer, 0, on_drain);
}

/* done() comes last: it may send again, or close the destination. */
static void land(struct flight *f, struct list *from, const struct verdict *v)
{
    struct http_sender *s = f->s;
    struct delivery *d = f->d;
    list_remove(from, &f->link);
    mem_free(f);
    d->conn = NULL;
    tell_drained(s);
    d->done(d, v);
}

static void on_result(void *ctx, const struct client_result *res)
{
    struct flight *f = ctx;
    struct verdict v;
    f->call = NULL;
    conn_http_verdict(res, f->d->arena, &v);
    land(f, &f->s->flights, &v);
}

/*
 * Not from within send(): done() sends the next one, and a queue of a thousand that cannot be sent
 * would be a thousand calls deep.
 */
static void on_failed(struct loop_hook *h)
{
    struct http_sender *s = ZS_CONTAINER(h, struct http_sender, hook);
    struct list_node *first = list_first(&s->failed);
    if (!first)
        return; /* cancelled meanwhile */
    struct flight *f = ZS_CONTAINER(first, struct flight, link);
    struct verdict v = f->verdict;
    if (s->failed.n > 1)
        loop_hook_arm(s->dest->host->loop, h);
    land(f, &s->failed, &v);
}

/* Give up a delivery that is under way. */
static void abandon(struct flight *f)
{
    bool sent = client_may_be_sent(f->call);
    struct verdict v = { .fate = sent ? FATE_UNCERTAIN : FATE_RETRY };
    v.rc = err_set(&v.err, RC_STATE, "HTTPOUT-015",
                   sent ? "given up after the request was sent" : "given up before it was sent");
    (void)err_fate(&v.err, v.fate); /* returns the code set above */
    client_cancel(&f->call);
    land(f, &f->s->flights, &v);
}

/* ---- the contract ---- */

static enum rc copy_tls(struct http_sender *s, const struct conn_tls *t, struct err *e)
{
    s->arena = arena_new("http tls", 0, TLS_MAX);
    if (!s->arena)
        return err_set(e, RC_NOMEM, "HTTPOUT-002", "not enough memory for the destination");
    arena_wipe_on_free(s->arena);
    return conn_client_tls(t, s->arena, &s->tls, e);
}

void conn_http_reach(const struct http_sender *s, struct client_request *r)
{
    r->tls = s->tls;
    r->allow = addr_rules_allow;
    r->allow_ctx = s->dest->host->outbound;
}

static void free_sender(struct http_sender *s)
{
    client_free(&s->client);
    arena_free(&s->arena);
    mem_free(s);
}

enum rc conn_http_send_open(struct conn_dest *d, struct err *e)
{
    struct http_sender *s = mem_new(struct http_sender);
    if (!s)
        return err_set(e, RC_NOMEM, "HTTPOUT-002", "not enough memory for the destination");
    s->dest = d;
    s->hook.fn = on_failed;
    list_init(&s->flights);
    list_init(&s->failed);
    list_init(&s->probes);
    enum rc rc = client_new(d->host->loop, &(struct client_conf){ .max_conns = 0 }, &s->client, e);
    if (rc == RC_OK && d->ep->tls)
        rc = copy_tls(s, d->ep->tls, e);
    if (rc != RC_OK)
        free_sender(s);
    else
        d->inst = s;
    return rc;
}

static struct verdict verdict_of(const struct err *e)
{
    return (struct verdict){ .rc = e->code, .fate = e->fate, .err = *e };
}

void conn_http_send(struct conn_dest *dest, struct delivery *d)
{
    struct http_sender *s = dest->inst;
    struct client_request r;
    struct err e;
    struct flight *f = s ? mem_new(struct flight) : NULL;
    if (!f) {
        (void)err_set(&e, s ? RC_NOMEM : RC_STATE, s ? "HTTPOUT-002" : "HTTPOUT-015",
                      s ? "not enough memory for the request" : "the destination is closed");
        (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
        struct verdict v = verdict_of(&e);
        d->done(d, &v);
        return;
    }
    f->s = s;
    f->d = d;
    d->conn = f;
    enum rc rc = conn_http_request(dest->ep, d, d->arena, &r, &e);
    if (rc == RC_OK) {
        conn_http_reach(s, &r);
        rc = client_call(s->client, &r, d->arena, on_result, f, &f->call, &e);
    }
    if (rc == RC_OK) {
        list_push(&s->flights, &f->link);
        return;
    }
    f->verdict = verdict_of(&e);
    list_push(&s->failed, &f->link);
    loop_hook_arm(dest->host->loop, &s->hook);
}

void conn_http_cancel(struct conn_dest *dest, struct delivery *d)
{
    struct flight *f = d->conn;
    (void)dest; /* the flight knows its sender */
    if (f && f->call)
        abandon(f);
}

void conn_http_send_drain(struct conn_dest *d)
{
    struct http_sender *s = d->inst;
    s->draining = true;
    tell_drained(s);
}

void conn_http_send_close(struct conn_dest *d)
{
    struct http_sender *s = d->inst;
    if (!s)
        return;
    d->inst = NULL;
    s->draining = false;
    for (struct list_node *n = list_first(&s->flights); n; n = list_first(&s->flights))
        abandon(ZS_CONTAINER(n, struct flight, link));
    loop_hook_cancel(d->host->loop, &s->hook);
    while (!list_is_empty(&s->failed))
        on_failed(&s->hook);
    loop_hook_cancel(d->host->loop, &s->hook);
    loop_timer_stop(&s->drain_timer);
    conn_http_probes_stop(s);
    free_sender(s);
}
