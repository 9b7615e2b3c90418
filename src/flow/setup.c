/*
 * Tests of endpoints and the setting up of credentials: what initializing an integration and its
 * health checks need, without a message and without a record. Tests: setup_test.c
 */
#include "flow/calls_int.h"

#include "base/alloc.h"

#define PROBE_LIMIT ((size_t)256 * 1024)

static struct err stopping(void)
{
    struct err e;
    (void)err_set(&e, RC_STATE, "FLOW-022", "the engine is stopping");
    (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
    return e;
}

/* ---- testing an endpoint ------------------------------------------------------------------ */

struct probe {
    struct calls_side side;
    struct endpoint_test *asked;
    struct calls *owner;
    struct link *link;
    struct conn_dest dest;
    struct conn_endpoint ep; /* the asked one's, as it is probed */
    bool open;
    struct arena *arena; /* wiping: the credential; this struct lives in it */
    struct cred_parts parts;
    struct conn_extra extra;
    struct link_wait wait;
    struct loop_post post;
    enum { PROBE_WAITS, PROBE_SENT, PROBE_ENDS } state;
    bool anew;
};

static void test_told(struct loop_post *p)
{
    struct endpoint_test *t = ZS_CONTAINER(p, struct endpoint_test, post);
    struct probe *pr = t->own;
    if (!pr) {
        t->done(t);
        return;
    }
    struct calls *c = pr->owner;
    struct arena *a = pr->arena;
    if (pr->open)
        pr->dest.type->send_close(&pr->dest);
    link_unref(&pr->link);
    list_remove(&c->sides, &pr->side.node);
    arena_free(&a);
    t->done(t);
    calls_try_stopped(c);
}

/* From the loop: the destination may be closed then, and nobody is called from within his call. */
static void end_test(struct probe *pr, const struct probe_result *r)
{
    struct endpoint_test *t = pr->asked;
    pr->state = PROBE_ENDS;
    t->result = *r;
    t->post = (struct loop_post){ .fn = test_told };
    loop_post(calls_loop(pr->owner), &t->post);
}

static void fail_test(struct probe *pr, const struct err *e)
{
    struct probe_result r = { .how = "none", .err = *e };
    end_test(pr, &r);
}

static void ask_credential(struct probe *pr);

static void probed(void *ctx, const struct probe_result *r)
{
    struct probe *pr = ctx;
    struct link_auth *auth = pr->link->auth;
    bool again = !r->success && r->status_code == 401 && auth && !pr->anew &&
                 !pr->owner->stopping && cred_refused(link_auth_cred(auth), pr->parts.generation);
    if (!again) {
        end_test(pr, r);
        return;
    }
    pr->anew = true;
    ask_credential(pr);
}

static void probe_now(struct probe *pr)
{
    struct err e;
    pr->state = PROBE_SENT;
    if (link_auth_extra(&pr->parts, NULL, pr->arena, &pr->extra, &e) == RC_OK)
        pr->dest.type->probe(&pr->dest, &pr->extra, probed, pr);
    else
        fail_test(pr, &e);
}

static void credential_waited(struct link_wait *w)
{
    struct probe *pr = ZS_CONTAINER(w, struct probe, wait);
    struct err e = stopping();
    if (w->rc != RC_OK)
        fail_test(pr, &w->err);
    else if (pr->owner->stopping)
        fail_test(pr, &e);
    else
        ask_credential(pr);
}

static void ask_credential(struct probe *pr)
{
    struct err e;
    pr->state = PROBE_WAITS;
    enum cred_now now = pr->link->auth
                            ? link_auth_get(pr->link->auth, &pr->wait, pr->arena, &pr->parts, &e)
                            : CRED_READY;
    if (now == CRED_READY)
        probe_now(pr);
    else if (now == CRED_FAILED)
        fail_test(pr, &e);
}

static void stop_test(struct calls_side *t)
{
    struct probe *pr = ZS_CONTAINER(t, struct probe, side);
    struct err e = stopping();
    if (pr->state == PROBE_WAITS && link_auth_leave(pr->link->auth, &pr->wait))
        fail_test(pr, &e);
    if (pr->state != PROBE_SENT || !pr->open)
        return;
    pr->open = false;
    pr->dest.type->send_close(&pr->dest); /* ends the probe, now or from the loop */
}

static void never_drained(struct conn_dest *d)
{
    (void)d; /* probes close, they do not drain */
}

static enum rc open_probe(struct calls *c, struct endpoint_test *t, struct probe **out,
                          struct err *e)
{
    struct arena *a = arena_new("probe", 0, PROBE_LIMIT);
    struct probe *pr = NULL;
    if (a) {
        arena_wipe_on_free(a);
        pr = arena_make(a, struct probe, 1);
    }
    if (!pr) {
        arena_free(&a);
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a test");
    }
    pr->arena = a;
    pr->owner = c;
    pr->asked = t;
    pr->side.stop = stop_test;
    pr->wait.loop = calls_loop(c);
    pr->wait.ready = credential_waited;
    pr->ep = t->ep->conn;
    pr->ep.probe_request = pr->ep.probe_request && !t->safe;
    pr->dest = (struct conn_dest){
        .type = t->ep->conn_type, .ep = &pr->ep, .host = c->conf.host, .drained = never_drained
    };
    enum rc rc = links_get(c->conf.links, t->ep, &pr->link, e);
    if (rc == RC_OK)
        rc = pr->dest.type->send_open(&pr->dest, e);
    if (rc != RC_OK) {
        link_unref(&pr->link);
        arena_free(&a);
        return rc;
    }
    pr->open = true;
    list_push(&c->sides, &pr->side.node);
    *out = pr;
    return RC_OK;
}

void calls_test(struct calls *c, struct endpoint_test *t)
{
    struct probe *pr = NULL;
    struct err e = stopping();
    ZS_ASSERT(loop_is_current(calls_loop(c)));
    enum rc rc = c->stopping ? RC_STATE : open_probe(c, t, &pr, &e);
    t->own = pr;
    if (rc == RC_OK) {
        ask_credential(pr);
        return;
    }
    t->result = (struct probe_result){ .how = "none", .err = e };
    t->post = (struct loop_post){ .fn = test_told };
    loop_post(calls_loop(c), &t->post);
}

/* ---- setting up a credential -------------------------------------------------------------- */

struct setting {
    struct calls_side side;
    struct credential_setup *asked;
    struct calls *owner;
    struct link_auth *auth;
    struct arena *arena; /* wiping; this struct lives in it */
    struct link_wait wait;
    bool ends;
};

static void setup_told(struct loop_post *p)
{
    struct credential_setup *s = ZS_CONTAINER(p, struct credential_setup, post);
    struct setting *set = s->own;
    if (!set) {
        s->done(s);
        return;
    }
    struct calls *c = set->owner;
    struct arena *a = set->arena;
    link_auth_unref(&set->auth);
    list_remove(&c->sides, &set->side.node);
    arena_free(&a);
    s->done(s);
    calls_try_stopped(c);
}

static void end_setup(struct calls *c, struct credential_setup *s, enum rc rc, const struct err *e)
{
    s->rc = rc;
    if (rc != RC_OK)
        s->err = *e;
    s->post = (struct loop_post){ .fn = setup_told };
    loop_post(calls_loop(c), &s->post);
}

static void fail_setup(struct setting *set, const struct err *e)
{
    set->ends = true;
    end_setup(set->owner, set->asked, e->code, e);
}

static void ask_setup(struct setting *set)
{
    struct credential_setup *s = set->asked;
    struct cred_parts parts;
    struct err e;
    enum cred_now now = link_auth_get(set->auth, &set->wait, set->arena, &parts, &e);
    if (now == CRED_FAILED)
        fail_setup(set, &e);
    if (now != CRED_READY)
        return;
    set->ends = true;
    s->expires_at = cred_expires_at(link_auth_cred(set->auth));
    s->refresh_token = cred_has_refresh_token(link_auth_cred(set->auth));
    end_setup(set->owner, s, RC_OK, NULL);
}

static void setup_waited(struct link_wait *w)
{
    struct setting *set = ZS_CONTAINER(w, struct setting, wait);
    struct err e = stopping();
    if (w->rc != RC_OK)
        fail_setup(set, &w->err);
    else if (set->owner->stopping)
        fail_setup(set, &e);
    else
        ask_setup(set);
}

static void stop_setup(struct calls_side *t)
{
    struct setting *set = ZS_CONTAINER(t, struct setting, side);
    struct err e = stopping();
    if (!set->ends && link_auth_leave(set->auth, &set->wait))
        fail_setup(set, &e);
}

static enum rc open_setup(struct calls *c, struct credential_setup *s, struct setting **out,
                          struct err *e)
{
    struct link_auth *auth = NULL;
    enum rc rc = links_auth(c->conf.links, s->in, &auth, e);
    if (rc != RC_OK || !auth)
        return rc; /* without a credential there is nothing to wait for */
    struct arena *a = arena_new("credential", 0, PROBE_LIMIT);
    struct setting *set = NULL;
    if (a) {
        arena_wipe_on_free(a);
        set = arena_make(a, struct setting, 1);
    }
    if (!set) {
        arena_free(&a);
        link_auth_unref(&auth);
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a credential");
    }
    set->arena = a;
    set->owner = c;
    set->asked = s;
    set->auth = auth;
    set->side.stop = stop_setup;
    set->wait.loop = calls_loop(c);
    set->wait.ready = setup_waited;
    list_push(&c->sides, &set->side.node);
    *out = set;
    return RC_OK;
}

void calls_setup(struct calls *c, struct credential_setup *s)
{
    struct setting *set = NULL;
    struct err e = stopping();
    ZS_ASSERT(loop_is_current(calls_loop(c)));
    s->expires_at = 0;
    s->refresh_token = false;
    enum rc rc = c->stopping ? RC_STATE : open_setup(c, s, &set, &e);
    s->own = set;
    if (rc == RC_OK && set)
        ask_setup(set);
    else
        end_setup(c, s, rc, &e);
}

void flow_test(struct engine *en, struct endpoint_test *t)
{
    calls_test(engine_calls(en), t);
}

void flow_setup(struct engine *en, struct credential_setup *c)
{
    calls_setup(engine_calls(en), c);
}
