/*
 * Token requests over the HTTP client. Tests: token_test.c
 */
#include "app/token.h"

#include "base/alloc.h"
#include "base/list.h"
#include "connector/peer.h"
#include "net/client.h"

#define TOTAL_MS  30000
#define CONNS_MAX 16

struct tokens {
    struct addr_rules *outbound;
    struct loop *loop;
    struct client *client; /* made by the first fetch: it belongs to the loop's thread */
    struct list flights;
    struct loop_post stop;
    bool stopped;
};

/* One fetch; in its own arena, which its asker frees in done(). */
struct flight {
    struct list_node link;
    struct tokens *t;
    struct link_fetch *f;
    struct client_call *call; /* NULL: nothing was sent */
    struct loop_post failed;  /* then: told from the loop, with why */
    struct err why;
};

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "APP-005", "not enough memory to fetch a token");
}

enum rc tokens_new(struct addr_rules *outbound, struct tokens **out, struct err *e)
{
    struct tokens *t = mem_new(struct tokens);
    if (!t)
        return no_memory(e);
    t->outbound = outbound;
    list_init(&t->flights);
    *out = t;
    return RC_OK;
}

void tokens_attach(struct tokens *t, struct loop *loop)
{
    t->loop = loop;
}

void tokens_free(struct tokens **tp)
{
    struct tokens *t = *tp;
    *tp = NULL;
    if (!t)
        return;
    ZS_ASSERT(!t->client && list_is_empty(&t->flights));
    mem_free(t);
}

/* ---- the end of a fetch ---- */

/* Frees the flight with its arena: the last that is done with it. */
static void nothing_came(struct flight *fl, const struct err *why)
{
    struct err e = *why;
    struct link_fetch *f = fl->f;
    f->done(f, 0, STR_NULL, &e);
}

static void on_failed(struct loop_post *p)
{
    struct flight *fl = ZS_CONTAINER(p, struct flight, failed);
    nothing_came(fl, &fl->why);
}

static void on_answer(void *ctx, const struct client_result *res)
{
    struct flight *fl = ctx;
    list_remove(&fl->t->flights, &fl->link);
    if (res->rc == RC_OK)
        fl->f->done(fl->f, res->status, res->body, NULL);
    else
        nothing_came(fl, &res->err);
}

static void stop_now(struct loop_post *p)
{
    struct tokens *t = ZS_CONTAINER(p, struct tokens, stop);
    struct err e;
    t->stopped = true;
    (void)err_set(&e, RC_STATE, "APP-006", "the engine is stopping");
    (void)err_fate(&e, FATE_RETRY); /* returns the code set above */
    for (struct list_node *n = list_pop(&t->flights); n; n = list_pop(&t->flights)) {
        struct flight *fl = ZS_CONTAINER(n, struct flight, link);
        client_cancel(&fl->call);
        nothing_came(fl, &e);
    }
    client_free(&t->client);
}

void tokens_stop(struct tokens *t)
{
    if (!t || !t->loop)
        return;
    t->stop.fn = stop_now;
    loop_post(t->loop, &t->stop);
}

/* ---- a fetch ---- */

static enum rc make_request(struct tokens *t, const struct link_fetch *f, struct client_request *r,
                            struct err *e)
{
    const struct cred_request *q = f->request;
    struct http_field *fields = arena_make(f->arena, struct http_field, q->n_headers);
    if (!fields)
        return no_memory(e);
    for (size_t i = 0; i < q->n_headers; i++)
        fields[i] = (struct http_field){ q->headers[i].name, q->headers[i].value };
    *r = (struct client_request){ .method = STR("POST"),
                                  .url = q->url,
                                  .fields = fields,
                                  .n_fields = q->n_headers,
                                  .body = q->body,
                                  .total_ms = TOTAL_MS,
                                  .body_max = CRED_ANSWER_MAX,
                                  .allow = addr_rules_allow,
                                  .allow_ctx = t->outbound };
    return conn_client_tls(f->tls, f->arena, &r->tls, e);
}

static enum rc begin(struct flight *fl, struct err *e)
{
    struct tokens *t = fl->t;
    struct client_request r;
    enum rc rc = RC_OK;
    if (t->stopped)
        return err_set(e, RC_STATE, "APP-006", "the engine is stopping");
    if (!t->client)
        rc = client_new(t->loop, &(struct client_conf){ .max_conns = CONNS_MAX }, &t->client, e);
    if (rc == RC_OK)
        rc = make_request(t, fl->f, &r, e);
    if (rc == RC_OK)
        rc = client_call(t->client, &r, fl->f->arena, on_answer, fl, &fl->call, e);
    return rc;
}

void tokens_fetch(void *ctx, struct link_fetch *f)
{
    struct tokens *t = ctx;
    struct err e;
    struct flight *fl = arena_make(f->arena, struct flight, 1);
    if (!fl) { /* nothing to post with: the one answer from within the call */
        (void)no_memory(&e);
        f->done(f, 0, STR_NULL, &e);
        return;
    }
    fl->t = t;
    fl->f = f;
    if (begin(fl, &fl->why) == RC_OK) {
        list_push(&t->flights, &fl->link);
        return;
    }
    fl->failed.fn = on_failed;
    loop_post(t->loop, &fl->failed);
}
