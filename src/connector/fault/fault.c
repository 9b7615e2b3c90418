/*
 * Scripted outcomes. Every delivery is kept on a list until its one done(), whatever ends it.
 * Tests: connector/contract_test.c
 */
#include "connector/fault/fault.h"

#include "base/alloc.h"
#include "base/list.h"
#include "net/loop.h"

static const struct opt_def send_opts[] = {
    { .name = "outcomes",
      .kind = OPT_STRS,
      .at = offsetof(struct conn_fault_params, outcomes),
      .max = 1000,
      .doc = "What happens to one delivery after the other, over and over: `ok`, `retry` (no "
             "connection), `busy` (the peer answered: not now), `uncertain`, `reject`, `operator`, "
             "`hang`. Without any, `ok`." },
    { .name = "delay",
      .kind = OPT_MS,
      .at = offsetof(struct conn_fault_params, delay_ms),
      .dflt = "0",
      .max = 86400000,
      .doc = "Time before each outcome." },
};

static const struct opt_table send_table = OPT_TABLE(
    "fault destination", struct conn_fault_params, send_opts, "A destination that fails as told.");

struct outcome {
    const char *name;
    enum rc rc;
    enum fate fate;
    bool answered;
    bool hangs;
};

static const struct outcome outcomes[] = {
    { "ok", RC_OK, FATE_NONE, true, false },
    { "retry", RC_IO, FATE_RETRY, false, false },
    { "busy", RC_PEER, FATE_RETRY, true, false },
    { "uncertain", RC_TIMEOUT, FATE_UNCERTAIN, false, false },
    { "reject", RC_PEER, FATE_REJECT, true, false },
    { "operator", RC_DENIED, FATE_OPERATOR, true, false },
    { "hang", RC_OK, FATE_NONE, false, true },
};

struct fault {
    struct conn_dest *dest;
    struct list flights;
    size_t next; /* of params->outcomes */
    bool draining;
};

struct flight {
    struct list_node link;
    struct loop_timer timer;
    struct fault *f;
    struct delivery *d;
    const struct outcome *o;
};

static const struct outcome *outcome_named(struct str name)
{
    for (size_t i = 0; i < ZS_COUNT(outcomes); i++)
        if (str_eqz(name, outcomes[i].name))
            return &outcomes[i];
    return NULL;
}

static void send_check(const struct opt_read *r, const struct json *obj,
                       const struct conn_endpoint *ep)
{
    const struct conn_fault_params *p = ep->params;
    for (size_t i = 0; p && i < p->outcomes.n; i++)
        if (!outcome_named(p->outcomes.v[i]))
            opt_finding(r, obj, "outcomes", "FAULT-001",
                        "ok, retry, busy, uncertain, reject, operator or hang",
                        "this is no outcome");
}

/* The one end of a delivery. done() may send the next. */
static void land(struct flight *fl, enum rc rc, enum fate fate, bool answered, const char *text)
{
    struct fault *f = fl->f;
    struct delivery *d = fl->d;
    struct verdict v = { .rc = rc, .fate = fate, .answered = answered };
    if (rc != RC_OK) {
        (void)err_set(&v.err, rc, "FAULT-002", "%s", text);
        v.err.fate = fate;
    }
    loop_timer_stop(&fl->timer);
    list_remove(&f->flights, &fl->link);
    mem_free(fl);
    d->conn = NULL;
    d->done(d, &v);
}

static void maybe_drained(struct fault *f)
{
    if (!f->draining || !list_is_empty(&f->flights))
        return;
    f->draining = false;
    f->dest->drained(f->dest);
}

static void due(struct loop_timer *t)
{
    struct flight *fl = ZS_CONTAINER(t, struct flight, timer);
    struct fault *f = fl->f;
    if (fl->o->hangs)
        return;
    land(fl, fl->o->rc, fl->o->fate, fl->o->answered, fl->o->name);
    maybe_drained(f);
}

static enum rc fault_open(struct conn_dest *d, struct err *e)
{
    struct fault *f = mem_new(struct fault);
    if (!f)
        return err_set(e, RC_NOMEM, "FAULT-003", "no memory for a destination");
    f->dest = d;
    list_init(&f->flights);
    d->inst = f;
    return RC_OK;
}

static const struct outcome *next_outcome(struct fault *f)
{
    const struct conn_fault_params *p = f->dest->ep->params;
    if (!p || p->outcomes.n == 0)
        return &outcomes[0];
    const struct outcome *o = outcome_named(p->outcomes.v[f->next++ % p->outcomes.n]);
    return o ? o : &outcomes[0];
}

static void fault_send(struct conn_dest *dest, struct delivery *d)
{
    struct fault *f = dest->inst;
    const struct conn_fault_params *p = dest->ep->params;
    struct flight *fl = mem_new(struct flight);
    if (!fl) {
        struct verdict v = { .rc = RC_NOMEM, .fate = FATE_RETRY };
        (void)err_set(&v.err, RC_NOMEM, "FAULT-003", "no memory for a delivery");
        v.err.fate = FATE_RETRY;
        d->done(d, &v);
        return;
    }
    *fl = (struct flight){ .f = f, .d = d, .o = next_outcome(f) };
    d->conn = fl;
    list_push(&f->flights, &fl->link);
    loop_timer_start(dest->host->loop, &fl->timer, p ? p->delay_ms : 0, due);
}

static void give_up(struct flight *fl)
{
    land(fl, RC_STATE, fl->o->hangs ? FATE_UNCERTAIN : FATE_RETRY, false, "given up");
}

static void fault_cancel(struct conn_dest *dest, struct delivery *d)
{
    (void)dest;
    if (d->conn)
        give_up(d->conn);
}

static void fault_drain(struct conn_dest *dest)
{
    struct fault *f = dest->inst;
    f->draining = true;
    maybe_drained(f);
}

static void fault_close(struct conn_dest *dest)
{
    struct fault *f = dest->inst;
    struct list_node *n;
    f->draining = false;
    while ((n = list_first(&f->flights)) != NULL)
        give_up(ZS_CONTAINER(n, struct flight, link));
    dest->inst = NULL;
    mem_free(f);
}

static void fault_probe(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done,
                        void *ctx)
{
    static const struct probe_result there = { .success = true, .how = "none" };
    (void)d, (void)x; /* always there */
    done(ctx, &there);
}

static const char *const schemes[] = { "fault", NULL };

const struct conn_type conn_fault = { .name = "fault",
                                      .schemes = schemes,
                                      .caps = CONN_SENDS,
                                      .send_opts = &send_table,
                                      .send_check = send_check,
                                      .send_open = fault_open,
                                      .send = fault_send,
                                      .cancel = fault_cancel,
                                      .send_drain = fault_drain,
                                      .send_close = fault_close,
                                      .probe = fault_probe };
