/*
 * For tests of links and calls: an integration and endpoints made by hand, a loop with a clock
 * that is moved, a destination that answers as told and notes what it was given, and a token
 * server of the same kind.
 */
#ifndef ZS_FLOW_LINK_RIG_H
#define ZS_FLOW_LINK_RIG_H

#include "base/alloc.h"
#include "base/log.h"
#include "flow/link_int.h"
#include "tests/lib/t.h"

#include <stdio.h>

#define RIG_SENT_MAX 256

/* What the destination says to one request after the other; then OK. */
enum rig_say { SAY_OK = 0, SAY_REFUSED, SAY_RETRY, SAY_LATER, SAY_BUSY, SAY_UNCERTAIN, SAY_NO };

struct rig {
    struct clock_fake clock;
    struct random_fake random;
    struct loop *loop;
    struct conn_host host;
    struct links *links;
    struct config_integration in;
    struct config_endpoint ep[2];
    struct config_rate rate;
    struct conn_dest dest; /* of ep[0] */

    const enum rig_say *says;
    size_t n_says;
    size_t n_sent;
    char sent[RIG_SENT_MAX][160]; /* "Authorization: Bearer t1|X-Own: 1" */
    char body[160];               /* of the last one, with its content type: "type|body" */
    struct str reply, reply_type; /* what every answer says */
    const struct conn_header *reply_headers;
    size_t n_reply_headers;
    uint32_t retry_after_ms;
    struct delivery *later[RIG_SENT_MAX];
    size_t n_later;
    bool draining;

    size_t n_fetches; /* asked of the token server */
    struct link_fetch *fetch;
    struct loop_post fetch_post;
    bool fetch_by_itself; /* it answers, with t1, t2 … */
    unsigned fetch_status;
    const char *fetch_body; /* NULL: a token */
};

static struct rig *rig_here; /* the connector's table has no context of its own */

static inline void rig_note(struct rig *r, const struct conn_extra *x)
{
    T_TRUE(r->n_sent < RIG_SENT_MAX);
    char *out = r->sent[r->n_sent++];
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; x && i < x->n_headers; i++)
        at += (size_t)snprintf(out + at, 160 - at, "%s%.*s: %.*s", at ? "|" : "",
                               STR_ARG(x->headers[i].name), STR_ARG(x->headers[i].value));
    for (size_t i = 0; x && i < x->n_query; i++)
        at += (size_t)snprintf(out + at, 160 - at, "%s?%.*s=%.*s", at ? "|" : "",
                               STR_ARG(x->query[i].name), STR_ARG(x->query[i].value));
}

static inline struct verdict rig_verdict(enum rig_say how)
{
    static const struct {
        enum rc rc;
        enum fate fate;
        bool answered, credential;
        const char *status, *text;
    } rows[] = {
        [SAY_OK] = { RC_OK, FATE_NONE, true, false, "200", "OK" },
        [SAY_REFUSED] = { RC_DENIED, FATE_OPERATOR, true, true, "401", "Unauthorized" },
        [SAY_RETRY] = { RC_IO, FATE_RETRY, false, false, "", "" },
        [SAY_LATER] = { RC_OK, FATE_NONE, true, false, "200", "OK" },
        [SAY_BUSY] = { RC_PEER, FATE_RETRY, true, false, "503", "Service Unavailable" },
        [SAY_UNCERTAIN] = { RC_TIMEOUT, FATE_UNCERTAIN, false, false, "", "" },
        [SAY_NO] = { RC_PEER, FATE_REJECT, true, false, "404", "Not Found" },
    };
    struct verdict v = { .rc = rows[how].rc,
                         .fate = rows[how].fate,
                         .answered = rows[how].answered,
                         .credential = rows[how].credential,
                         .status = str_z(rows[how].status),
                         .status_text = str_z(rows[how].text) };
    if (v.rc != RC_OK && v.status.n > 0)
        (void)err_set(&v.err, v.rc, "FLOW-001", "HTTP %s: %s", rows[how].status, rows[how].text);
    else if (v.rc != RC_OK)
        (void)err_set(&v.err, v.rc, "FLOW-001", "%s",
                      v.rc == RC_IO ? "no connection" : "no answer");
    v.err.fate = v.fate;
    return v;
}

static inline void rig_fill(const struct rig *r, struct verdict *v)
{
    if (v->status.n == 0)
        return;
    v->reply = r->reply;
    v->content_type = r->reply_type;
    v->headers = r->reply_headers;
    v->n_headers = r->n_reply_headers;
    v->retry_after_ms = v->rc == RC_OK ? 0 : r->retry_after_ms;
}

static inline enum rc rig_open(struct conn_dest *d, struct err *e)
{
    (void)e;
    d->inst = rig_here;
    return RC_OK;
}

static inline void rig_send(struct conn_dest *dest, struct delivery *d)
{
    struct rig *r = dest->inst;
    enum rig_say how = r->n_sent < r->n_says ? r->says[r->n_sent] : SAY_OK;
    struct verdict v = rig_verdict(how);
    T_FALSE(r->draining);
    rig_note(r, d->extra);
    (void)snprintf(r->body, sizeof r->body, "%.*s|%.*s", STR_ARG(d->content_type),
                   STR_ARG(d->body)); /* cut is cut: tests write little */
    rig_fill(r, &v);
    if (how == SAY_LATER) {
        d->conn = r; /* it is the connector's */
        r->later[r->n_later++] = d;
        return;
    }
    d->done(d, &v);
}

static inline void rig_answer(struct rig *r, size_t i, enum rig_say how)
{
    struct verdict v = rig_verdict(how);
    rig_fill(r, &v);
    struct delivery *d = r->later[i];
    r->later[i] = NULL;
    T_TRUE(d != NULL);
    d->conn = NULL;
    d->done(d, &v);
}

static inline void rig_cancel(struct conn_dest *dest, struct delivery *d)
{
    struct rig *r = dest->inst;
    struct verdict v = { .rc = RC_STATE, .fate = FATE_UNCERTAIN };
    (void)err_set(&v.err, RC_STATE, "FLOW-001", "given up after it was sent");
    for (size_t i = 0; i < r->n_later; i++)
        if (r->later[i] == d)
            r->later[i] = NULL;
    d->conn = NULL;
    d->done(d, &v);
}

static inline void rig_drain(struct conn_dest *d)
{
    struct rig *r = d->inst;
    r->draining = true;
    d->drained(d);
}

static inline void rig_close(struct conn_dest *d)
{
    (void)d;
}

static inline void rig_probe(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done,
                             void *ctx)
{
    struct rig *r = d->inst;
    enum rig_say how = r->n_sent < r->n_says ? r->says[r->n_sent] : SAY_OK;
    struct verdict v = rig_verdict(how);
    struct probe_result p = { .success = v.rc == RC_OK,
                              .how = "HEAD",
                              .status_code = how == SAY_OK        ? 200
                                             : how == SAY_REFUSED ? 401
                                                                  : 0,
                              .duration_ms = 3,
                              .err = v.err };
    rig_note(r, x);
    done(ctx, &p);
}

static const struct conn_type rig_type = { .name = "rig",
                                           .caps = CONN_SENDS,
                                           .send_open = rig_open,
                                           .send = rig_send,
                                           .cancel = rig_cancel,
                                           .send_drain = rig_drain,
                                           .send_close = rig_close,
                                           .probe = rig_probe };

/* ---- the token server --------------------------------------------------------------------- */

static inline void rig_tell_token(struct rig *r)
{
    char body[96];
    struct err e;
    struct link_fetch *f = r->fetch;
    r->fetch = NULL;
    T_TRUE(f != NULL);
    (void)snprintf(body, sizeof body, "{\"access_token\":\"t%zu\",\"expires_in\":100}",
                   r->n_fetches);
    (void)err_set(&e, RC_IO, "HTTP-053", "the token server cannot be reached");
    unsigned status = r->fetch_status;
    f->done(f, status, status ? str_z(r->fetch_body ? r->fetch_body : body) : STR_NULL, &e);
}

static inline void rig_fetch_posted(struct loop_post *p)
{
    rig_tell_token(ZS_CONTAINER(p, struct rig, fetch_post));
}

static inline void rig_fetch(void *ctx, struct link_fetch *f)
{
    struct rig *r = ctx;
    T_TRUE(loop_is_current(r->loop));
    T_TRUE(r->fetch == NULL); /* one at a time */
    T_EQ_STR(f->request->url, "https://token.example/t");
    r->n_fetches++;
    r->fetch = f;
    r->fetch_post.fn = rig_fetch_posted;
    if (r->fetch_by_itself)
        loop_post(r->loop, &r->fetch_post);
}

/* ---- the world ---------------------------------------------------------------------------- */

static inline void rig_no_drain(struct conn_dest *d)
{
    (void)d;
}

static inline void rig_oauth2(struct cred_conf *c)
{
    *c = (struct cred_conf){ .type = CRED_OAUTH2,
                             .oauth2 = { .token_url = STR("https://token.example/t"),
                                         .client_id = STR("id"),
                                         .client_secret = STR("secret") } };
}

static inline void rig_endpoint(struct rig *r, size_t i, const char *name, const char *full)
{
    r->ep[i] = (struct config_endpoint){
        .name = str_z(name),
        .full_name = full,
        .integration = &r->in,
        .conn_type = &rig_type,
        .content_type = STR("application/json"),
        .retries = 3,
        .conn = { .name = full,
                  .type = "rest_api",
                  .url = STR("http://peer.example/in"),
                  .method = STR("POST"),
                  .timeout_ms = 1000 },
    };
}

static inline void rig_up(struct rig *r)
{
    struct err e;
    *r = (struct rig){ .fetch_by_itself = true, .fetch_status = 200 };
    rig_here = r;
    clock_fake_init(&r->clock, 1700000000000);
    r->clock.mono = 5000000000;
    random_fake_init(&r->random, 7);
    T_OK(loop_new("rig", &r->clock.clock, &r->loop, &e), &e);
    r->host = (struct conn_host){ .loop = r->loop, .clock = &r->clock.clock, .log = log_none() };
    struct links_conf lc = { .home = r->loop,
                             .clock = &r->clock.clock,
                             .random = &r->random.random,
                             .log = log_none(),
                             .fetch = rig_fetch,
                             .fetch_ctx = r };
    T_OK(links_new(&lc, &r->links, &e), &e);
    r->in = (struct config_integration){
        .name = STR("lab"), .type = TYPE_REST_API, .endpoints = r->ep, .n_endpoints = 2
    };
    rig_endpoint(r, 0, "in", "lab/in");
    rig_endpoint(r, 1, "out", "lab/out");
    r->dest = (struct conn_dest){ .type = &rig_type,
                                  .ep = &r->ep[0].conn,
                                  .host = &r->host,
                                  .inst = r,
                                  .drained = rig_no_drain };
}

static inline void rig_down(struct rig *r)
{
    loop_free(&r->loop);
    links_free(&r->links);
}

/* Let what is posted and due happen. */
static inline void rig_turn(struct rig *r)
{
    for (int i = 0; i < 8; i++)
        loop_poll(r->loop);
}

static inline void rig_step(struct rig *r, int64_t ms)
{
    clock_fake_step(&r->clock, ms);
    rig_turn(r);
}

#endif
