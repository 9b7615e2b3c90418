/*
 * The MLLP listener's life. Its connections are in mllp_in.c. Flow's promises: settled() for every
 * intake, until recv_close. Ours: no answer before that, and drained() once every one was settled.
 * Tests: mllp_recv_test.c, contract_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "base/log.h"

#define WRITE_MAX ((size_t)16 * 1024 * 1024)
#define ALLOW_MAX ((size_t)1024 * 1024)

void mllp_source_release(struct mllp_source *src)
{
    if (src->source || !list_is_empty(&src->conns))
        return;
    arena_free(&src->arena);
    mem_free(src);
}

static void on_denied(void *ctx, struct listener *ls, const struct addr *peer)
{
    const struct mllp_source *src = ctx;
    char text[ADDR_TEXT_MAX];
    (void)ls;
    (void)addr_text(peer, text); /* its length is of no use here */
    log_event(src->source->host->log, EV_MLLP_DENIED, F_NAME("peer", text),
              F_NAME("channel", src->source->name));
}

static void on_failed(void *ctx, struct listener *ls, const struct err *why)
{
    const struct mllp_source *src = ctx;
    (void)ls;
    log_event(src->source->host->log, EV_MLLP_ACCEPT_FAILED, F_NAME("channel", src->source->name),
              F_ERR(why));
}

static enum rc read_allow(struct mllp_source *src, struct cidr_list *out, struct err *e)
{
    const struct conn_mllp_conf *c = mllp_conf_of(src);
    src->arena = arena_new("listener", 0, ALLOW_MAX);
    if (!src->arena)
        return err_set(e, RC_NOMEM, "MLLP-012", "not enough memory for the listener");
    return cidr_list_parse(c->allow.v, c->allow.n, src->arena, out, e);
}

static enum rc open_listener(struct mllp_source *src, struct err *e)
{
    static const struct listener_events events = { mllp_in_accept, on_denied, on_failed };
    const struct conn_mllp_conf *c = mllp_conf_of(src);
    struct mllp_place place;
    struct tls_ctx *tls = NULL;
    enum rc rc = mllp_place(c->listen, &place, e);
    if (rc == RC_OK && place.tls)
        rc = mllp_listen_tls(c, &tls, e);
    if (rc != RC_OK)
        return rc;
    src->tls = place.tls;
    struct stream_listen how = {
        .host = place.host,
        .port = place.port,
        .max_streams = (size_t)c->max_conns,
        .tls = tls,
        .opts = { .write_max = WRITE_MAX, .idle_ms = (uint32_t)c->idle_ms, .keepalive = true }
    };
    rc = read_allow(src, &how.allow, e);
    if (rc == RC_OK)
        rc = stream_listen(src->source->host->loop, &how, &events, src, &src->listener, e);
    tls_ctx_unref(&tls); /* the listener has its own count */
    return rc;
}

enum rc conn_mllp_open(struct conn_source *s, struct err *e)
{
    struct mllp_source *src = mem_new(struct mllp_source);
    if (!src)
        return err_set(e, RC_NOMEM, "MLLP-012", "not enough memory for the listener");
    src->source = s;
    list_init(&src->conns);
    enum rc rc = open_listener(src, e);
    if (rc != RC_OK) {
        src->source = NULL;
        mllp_source_release(src);
        return rc;
    }
    listener_pause(src->listener);
    s->inst = src;
    return RC_OK;
}

void conn_mllp_start(struct conn_source *s)
{
    struct mllp_source *src = s->inst;
    listener_resume(src->listener);
}

void conn_mllp_pause(struct conn_source *s, bool paused)
{
    struct mllp_source *src = s->inst;
    src->paused = paused;
    for (struct list_node *n = list_first(&src->conns); n; n = list_next(&src->conns, n))
        mllp_in_hold_back(mllp_in_of(n));
}

/* The last thing a function does: flow may close the source in it. */
static void tell_drained(struct mllp_source *src)
{
    if (!src->draining || src->n_unsettled > 0)
        return;
    src->draining = false;
    src->source->drained(src->source);
}

void conn_mllp_drain(struct conn_source *s)
{
    struct mllp_source *src = s->inst;
    src->draining = true;
    listener_close(&src->listener);
    for (struct list_node *n = list_first(&src->conns); n; n = list_next(&src->conns, n))
        mllp_in_last(mllp_in_of(n));
    tell_drained(src);
}

void conn_mllp_settled(struct conn_source *s, struct intake *in, const struct answer *a)
{
    struct mllp_source *src = s->inst;
    ZS_ASSERT(src->n_unsettled > 0);
    src->n_unsettled--;
    mllp_in_answer(in, a);
    tell_drained(src);
}

/* Flow is not called from here on; connections that are still open end by themselves. */
void conn_mllp_close(struct conn_source *s)
{
    struct mllp_source *src = s->inst;
    struct list_node *next;
    s->inst = NULL;
    listener_close(&src->listener);
    for (struct list_node *n = list_first(&src->conns); n; n = next) {
        next = list_next(&src->conns, n);
        mllp_in_let_go(mllp_in_of(n));
    }
    src->source = NULL;
    mllp_source_release(src);
}

void conn_mllp_address(const struct conn_source *s, char *out, size_t size)
{
    const struct mllp_source *src = s->inst;
    char text[ADDR_TEXT_MAX];
    (void)addr_text(listener_addr(src->listener), text); /* its length is of no use here */
    (void)snprintf(out, size, "%s://%s", src->tls ? "mllps" : "mllp", text); /* fits: contract */
}
