/*
 * The connectivity test: connect, shake hands with mllps, close. Nothing is sent, so nothing can
 * happen at the peer. Tests: mllp_send_test.c
 */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"

struct mllp_probe {
    struct list_node node;
    struct mllp_dest *owner;
    struct stream *s;
    conn_probe_fn *done; /* NULL: answered */
    void *ctx;
    uint64_t begun_mono;
};

static void answer(struct mllp_probe *p, bool success, const struct err *why)
{
    const struct loop *loop = stream_loop(p->s);
    uint64_t took = loop_now_mono(loop) - p->begun_mono;
    struct probe_result r = { .success = success,
                              .duration_ms = (uint32_t)(took / 1000000u),
                              .how = p->owner->place.tls ? "tls" : "tcp" };
    conn_probe_fn *done = p->done;
    if (!done)
        return;
    if (why)
        r.err = *why;
    p->done = NULL;
    done(p->ctx, &r);
}

static void on_open(void *ctx, struct stream *s)
{
    struct mllp_probe *p = ctx;
    stream_close(s);
    answer(p, true, NULL);
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    (void)ctx, (void)s; /* whatever it says, it is there */
    return data.n;
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct mllp_probe *p = ctx;
    struct mllp_dest *md = p->owner;
    (void)s;
    answer(p, false, why);
    list_remove(&md->probes, &p->node);
    mem_free(p);
    mllp_dest_release(md);
}

static void at_once(conn_probe_fn *done, void *ctx, const struct err *why)
{
    struct probe_result r = { .how = "tcp", .err = *why };
    done(ctx, &r);
}

void conn_mllp_probe(struct conn_dest *dest, const struct conn_extra *x, conn_probe_fn *done,
                     void *ctx)
{
    static const struct stream_events events = { .open = on_open,
                                                 .read = on_read,
                                                 .closed = on_closed };
    struct mllp_dest *md = dest->inst;
    struct loop *loop = dest->host->loop;
    struct err why;
    (void)x; /* MLLP has neither headers nor a query */
    struct mllp_probe *p = mem_new(struct mllp_probe);
    if (!p) {
        (void)err_set(&why, RC_NOMEM, "MLLP-013", "no memory for a connection");
        at_once(done, ctx, &why);
        return;
    }
    struct stream_connect how = mllp_connect_how(md, dest->ep->timeout_ms);
    *p = (struct mllp_probe){
        .owner = md, .done = done, .ctx = ctx, .begun_mono = loop_now_mono(loop)
    };
    if (stream_connect(loop, &how, &events, p, &p->s, &why) != RC_OK) {
        mem_free(p);
        at_once(done, ctx, &why);
        return;
    }
    list_push(&md->probes, &p->node);
}

void mllp_probes_stop(struct mllp_dest *md)
{
    struct err why;
    (void)err_set(&why, RC_STATE, "MLLP-017", "given up on our side");
    for (struct list_node *n = list_first(&md->probes); n; n = list_next(&md->probes, n)) {
        struct mllp_probe *p = ZS_CONTAINER(n, struct mllp_probe, node);
        answer(p, false, &why);
        stream_abort(p->s);
    }
}
