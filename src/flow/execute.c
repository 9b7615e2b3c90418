/*
 * One execution: payload, record of its begin, attempts, record of its end. Nothing is sent
 * before the begin is durable, and done() is not called before the end is, so that what a crash
 * leaves begun is what may have been sent. Tests: execute_test.c
 */
#include "flow/calls_int.h"

#include "flow/backoff.h"

#define REST_FIRST_MS 200
#define REST_MOST_MS  5000
#define PEER_REST_MS  30000 /* a peer that wants more rest than this gets no second attempt */
#define ENDS_MAX      25    /* so often an end is handed to a store that has no room for it */
#define ATTEMPTS_MAX  101   /* whatever `retries` says: each is kept in the record */

/* ---- the end ------------------------------------------------------------------------------ */

static void call_free(struct call *call)
{
    struct calls *c = call->owner;
    struct arena *a = call->arena;
    loop_timer_stop(&call->timer);
    arena_free(&call->d.arena);
    if (call->target)
        target_put(call->target);
    c->n_calls--;
    arena_free(&a);
}

static void tell(struct call *call)
{
    struct calls *c = call->owner;
    struct execute *x = call->x;
    call_free(call);
    x->done(x);
    calls_try_stopped(c);
}

static void tell_now(struct loop_post *p)
{
    struct execute *x = ZS_CONTAINER(p, struct execute, post);
    if (x->own)
        tell(x->own);
    else
        x->done(x);
}

static void tell_later(struct calls *c, struct execute *x)
{
    x->post = (struct loop_post){ .fn = tell_now };
    loop_post(calls_loop(c), &x->post);
}

/* Later: a commit can fail within committer_add, and so within flow_execute. */
static void tell_unrecorded(struct call *call, const struct store_op *op)
{
    struct execute *x = call->x;
    x->rc = err_set(&x->err, op->rc, op->error ? op->error : "FLOW-027",
                    "the call could not be recorded");
    tell_later(call->owner, x);
}

static void write_result(struct call *call)
{
    struct execute *x = call->x;
    struct exec_result r = { .x = x,
                             .v = call->answered ? &call->last : NULL,
                             .attempts = call->attempts,
                             .n_attempts = call->n_attempts };
    struct err e;
    enum rc rc = exec_result(&r, call->arena, &x->result, &e);
    if (rc != RC_OK) { /* larger than the caller's memory, or than we keep */
        r.cut = true;
        rc = exec_result(&r, call->arena, &x->result, &e);
    }
    if (rc != RC_OK)
        x->result = STR("{\"response\":null,\"attempts\":[]}");
}

static void ended(struct commit_op *op);

static void commit_end(struct call *call)
{
    struct execute *x = call->x;
    call->state = CALL_ENDS;
    call->ended = (struct store_exec_end){ .seq = x->seq,
                                           .integration = x->ep->integration->name,
                                           .endpoint = x->ep->name,
                                           .state = x->state,
                                           .start_ms = x->start_ms,
                                           .duration_ms = (uint32_t)(x->end_ms - x->start_ms),
                                           .status = str_sub(call->last.status, 0, 32),
                                           .error = x->error,
                                           .result = x->result };
    call->op = (struct commit_op){ .op = { .kind = STORE_EXEC_END, .exec_end = &call->ended },
                                   .done = ended };
    committer_add(call->owner->conf.committer, &call->op);
}

static void end_again(struct loop_timer *t)
{
    commit_end(ZS_CONTAINER(t, struct call, timer));
}

/*
 * It was sent: the record must not stay open for want of memory or room. Should it stay open in
 * the end, the next start ends it as unknown.
 */
static void ended(struct commit_op *op)
{
    struct call *call = ZS_CONTAINER(op, struct call, op);
    bool passes = op->op.rc == RC_NOMEM || op->op.rc == RC_LIMIT;
    if (op->op.rc == RC_OK)
        tell(call);
    else if (passes && ++call->n_ends < ENDS_MAX)
        loop_timer_start(calls_loop(call->owner), &call->timer, REST_FIRST_MS, end_again);
    else
        tell_unrecorded(call, &op->op);
}

static void set_ends(struct call *call)
{
    uint64_t took = loop_now_mono(calls_loop(call->owner)) - call->start_mono;
    call->x->end_ms = call->x->start_ms + (int64_t)(took / 1000000u);
    loop_timer_stop(&call->timer);
}

static void set_error(struct call *call, const struct err *e)
{
    struct execute *x = call->x;
    struct buf b;
    buf_init_arena(&b, x->arena, 400);
    if (e->where[0] != '\0')
        buf_fmt(&b, "%s: ", e->where);
    buf_z(&b, e->text);
    x->state = EXEC_FAILED;
    x->fate = call->answered ? call->last.fate : e->fate;
    x->timed_out = e->code == RC_TIMEOUT;
    x->error = b.n > 0 ? buf_view(&b) : STR("failed");
}

/* As the last attempt says. */
static void finish(struct call *call)
{
    set_ends(call);
    if (call->last.rc == RC_OK)
        call->x->state = EXEC_COMPLETED;
    else
        set_error(call, &call->last.err);
    write_result(call);
    commit_end(call);
}

void call_end_unsent(struct call *call, const struct err *why)
{
    set_ends(call);
    set_error(call, why);
    write_result(call);
    commit_end(call);
}

void call_stop(struct call *call)
{
    struct err e;
    target_leave(call);
    if (call->answered) {
        finish(call);
        return;
    }
    (void)err_set(&e, RC_STATE, "FLOW-022", "the engine stopped before it was sent");
    (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
    call_end_unsent(call, &e);
}

/* ---- attempts ----------------------------------------------------------------------------- */

static void wait_for_turn(struct call *call);

static void rested(struct loop_timer *t)
{
    struct call *call = ZS_CONTAINER(t, struct call, timer);
    target_leave(call);
    wait_for_turn(call);
}

/* Would the same request, sent twice, do what it does once? */
static bool is_repeatable(const struct call *call)
{
    const struct execute *x = call->x;
    return x->idempotency_key.n > 0 ||
           (exec_is_http(x->ep) && str_ieq(x->ep->conn.method, STR("GET")));
}

static bool may_repeat(const struct call *call, const struct verdict *v)
{
    int64_t retries = call->x->retries < 0 ? call->x->ep->retries : call->x->retries;
    if (v->rc == RC_OK || call->owner->stopping || call->n_sent >= ATTEMPTS_MAX ||
        (int64_t)call->n_sent > retries)
        return false;
    if (v->fate == FATE_RETRY)
        return v->retry_after_ms <= PEER_REST_MS;
    return v->fate == FATE_UNCERTAIN && is_repeatable(call);
}

static void note_attempt(struct call *call, const struct verdict *v)
{
    if (call->n_attempts == call->cap_attempts) {
        size_t cap = size_max(call->cap_attempts * 2, 4);
        struct execute_attempt *grown = arena_grow(
            call->arena, call->attempts, call->cap_attempts * sizeof *grown, cap * sizeof *grown);
        if (!grown)
            return; /* the record has one attempt less; what is done does not depend on it */
        call->attempts = grown;
        call->cap_attempts = cap;
    }
    uint64_t took = loop_now_mono(calls_loop(call->owner)) - call->sent_mono;
    call->attempts[call->n_attempts++] = (struct execute_attempt){
        .start_ms = call->sent_ms,
        .duration_ms = (uint32_t)(took / 1000000u),
        .status = arena_str(call->arena, v->status),
        .error = v->rc == RC_OK ? STR("") : arena_str(call->arena, str_z(v->err.text)),
    };
}

static void answered(struct delivery *d, const struct verdict *v)
{
    struct call *call = ZS_CONTAINER(d, struct call, d);
    ZS_ASSERT(call->state == CALL_SENT && (v->rc == RC_OK) == (v->fate == FATE_NONE));
    note_attempt(call, v);
    call->last = *v;
    call->answered = true;
    target_leave(call);
    if (!may_repeat(call, v)) {
        finish(call);
        return;
    }
    uint64_t wait = backoff_ms(call->n_sent, REST_FIRST_MS, REST_MOST_MS, call->owner->conf.random);
    target_rest(call);
    loop_timer_start(calls_loop(call->owner), &call->timer, size_max(wait, v->retry_after_ms),
                     rested);
}

void call_now(struct call *call)
{
    struct loop *l = calls_loop(call->owner);
    struct err e;
    loop_timer_stop(&call->timer);
    call->state = CALL_SENT;
    call->last = (struct verdict){ .rc = RC_OK };
    call->answered = false;
    arena_free(&call->d.arena); /* of the attempt before: what it said lies there */
    call->d.arena = arena_new("execution reply", 4096, CALL_REPLY_MEMORY);
    if (!call->d.arena) {
        target_leave(call);
        (void)err_set(&e, RC_NOMEM, "FLOW-027", "no memory for the answer");
        (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
        call_end_unsent(call, &e);
        return;
    }
    call->sent_mono = loop_now_mono(l);
    call->sent_ms = clock_now_ms(call->owner->conf.host->clock);
    call->d.attempt = ++call->n_sent;
    link_send(call->target->link, &call->target->dest, &call->d);
}

static void too_late(struct loop_timer *t)
{
    struct call *call = ZS_CONTAINER(t, struct call, timer);
    struct err e;
    target_leave(call);
    (void)err_set(&e, RC_TIMEOUT, "FLOW-025", "waited for its turn until its time was over");
    (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
    call_end_unsent(call, &e);
}

/* The time of an attempt is also the longest that one waits before it. */
static void wait_for_turn(struct call *call)
{
    const struct execute *x = call->x;
    uint32_t most = x->timeout_ms ? x->timeout_ms : x->ep->conn.timeout_ms;
    loop_timer_start(calls_loop(call->owner), &call->timer, most, too_late);
    target_enqueue(call);
}

/* ---- the begin ---------------------------------------------------------------------------- */

static void begun(struct commit_op *op)
{
    struct call *call = ZS_CONTAINER(op, struct call, op);
    if (op->op.rc != RC_OK) {
        tell_unrecorded(call, &op->op);
        return;
    }
    call->x->seq = call->d.seq = op->op.seq;
    if (call->unfit.id)
        call_end_unsent(call, &call->unfit);
    else if (call->owner->stopping)
        call_stop(call);
    else
        wait_for_turn(call);
}

static void commit_begin(struct call *call)
{
    struct execute *x = call->x;
    call->begun = (struct store_exec){ .integration = x->ep->integration->name,
                                       .endpoint = x->ep->name,
                                       .actor = x->actor,
                                       .start_ms = x->start_ms,
                                       .request = x->request };
    call->op =
        (struct commit_op){ .op = { .kind = STORE_EXEC, .exec = &call->begun }, .done = begun };
    committer_add(call->owner->conf.committer, &call->op);
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "FLOW-027", "the call needs more memory than it may have");
}

static enum rc call_new(struct calls *c, struct execute *x, struct call **out, struct err *e)
{
    struct arena *a = arena_new("execution", 8192, CALL_MEMORY);
    struct call *call = a ? arena_make(a, struct call, 1) : NULL;
    if (!call) {
        arena_free(&a);
        return no_memory(e);
    }
    call->owner = c;
    call->x = x;
    call->arena = a;
    call->start_mono = loop_now_mono(calls_loop(c));
    call->d.done = answered;
    call->d.timeout_ms = x->timeout_ms;
    call->d.message_id = x->idempotency_key;
    call->d.extra = &call->extra;
    c->n_calls++;
    *out = call;
    return RC_OK;
}

/* Payload and record. What does not fit the endpoint is the call's failure, not ours. */
static enum rc prepare(struct call *call, struct err *e)
{
    struct execute *x = call->x;
    x->state = EXEC_EXECUTING;
    x->start_ms = clock_now_ms(call->owner->conf.host->clock);
    enum rc rc = exec_payload(x, x->start_ms, call->arena, &call->d.body, &call->d.content_type, e);
    if (rc == RC_NOMEM)
        return no_memory(e);
    if (rc != RC_OK) {
        call->unfit = *e;
        call->unfit.fate = FATE_REJECT;
    }
    rc = exec_extra(x, call->arena, &call->extra, e);
    if (rc != RC_OK)
        return rc;
    return exec_request(x, &call->extra, call->d.content_type, x->start_ms, x->arena, &x->request,
                        e);
}

static enum rc begin(struct calls *c, struct execute *x, struct call **out, struct err *e)
{
    if (c->stopping)
        return err_set(e, RC_STATE, "FLOW-022", "the engine is stopping");
    if (c->n_calls >= CALLS_MAX)
        return err_set(e, RC_LIMIT, "FLOW-020", "%d calls are under way already", CALLS_MAX);
    enum rc rc = call_new(c, x, out, e);
    if (rc == RC_OK && !x->dry_run)
        rc = target_get(c, x->ep, &(*out)->target, e);
    if (rc == RC_OK && !x->dry_run && link_paused((*out)->target->link))
        rc = err_set(e, RC_STATE, "FLOW-021", "the integration is paused");
    return rc == RC_OK ? prepare(*out, e) : rc;
}

/* ---- the call from outside ---------------------------------------------------------------- */

static void show(struct call *call)
{
    struct execute *x = call->x;
    if (call->unfit.id) {
        set_error(call, &call->unfit);
        x->result = STR("{\"response\":null,\"attempts\":[]}");
    } else {
        x->state = EXEC_COMPLETED;
        x->rc = exec_dry_result(x, call->d.body, call->d.content_type, &x->result, &x->err);
    }
    set_ends(call);
}

void calls_execute(struct calls *c, struct execute *x)
{
    struct call *call = NULL;
    ZS_ASSERT(loop_is_current(calls_loop(c)));
    x->seq = 0;
    x->fate = FATE_NONE;
    x->timed_out = false;
    x->error = x->request = x->result = STR("");
    x->rc = begin(c, x, &call, &x->err);
    x->own = call;
    if (x->rc == RC_OK && !x->dry_run) {
        commit_begin(call);
        return;
    }
    if (x->rc == RC_OK)
        show(call);
    tell_later(c, x);
}

void flow_execute(struct engine *en, struct execute *x)
{
    calls_execute(engine_calls(en), x);
}
