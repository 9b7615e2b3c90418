/*
 * The engine's partners in the demo: an HTTP receiver that compares what arrives with what has to,
 * and a sender that is the mllp connector itself. Tests: tests/scen
 */
#include "app/demo.h"

#include "net/http_server.h"

#define BODY_MAX (4 * 1024 * 1024)

/* ---- the receiver ------------------------------------------------------------------------- */

/* White space at the end does not count: the example's files end in a newline. */
static bool is_expected(const struct demo_message *m, struct str body)
{
    return str_eq(str_trim(m->expected), str_trim(body));
}

/* Which message is this? The first that expects it; else one that is still missing is wrong. */
static struct demo_message *find(struct demo *d, struct str body)
{
    for (size_t i = 0; i < d->n; i++)
        if (!d->m[i].arrived && is_expected(&d->m[i], body))
            return &d->m[i];
    return NULL;
}

static void on_body(void *ctx, struct http_exchange *x, struct str body)
{
    struct demo *d = ctx;
    struct demo_message *m = find(d, body);
    if (m) {
        m->arrived = true;
        m->arrived_mono = loop_now_mono(d->run.loop);
    } else {
        d->n_strangers++;
    }
    http_answer_status(x, 201);
}

/* The engine probes its endpoint, too: that is no message. */
static void on_request(void *ctx, struct http_exchange *x)
{
    if (http_head_of(x)->method != HTTP_POST) {
        http_answer_status(x, 204);
        return;
    }
    http_collect(x, BODY_MAX, on_body, ctx);
}

static void on_stopped(void *ctx)
{
    struct demo *d = ctx;
    d->receiver_stopped = true;
}

enum rc demo_receiver_open(struct demo *d, struct err *e)
{
    static const struct http_server_events events = { .request = on_request,
                                                      .stopped = on_stopped };
    struct http_server_conf conf = { .host = STR("127.0.0.1"), .port = 0 };
    enum rc rc = http_server_open(d->run.loop, &conf, &events, d, &d->receiver, e);
    if (rc == RC_OK)
        (void)snprintf(d->port, sizeof d->port, "%u",
                       (unsigned)http_server_addr(d->receiver)->port); /* five digits fit */
    return rc;
}

void demo_receiver_close(struct demo *d)
{
    if (d->receiver)
        http_server_free(&d->receiver);
}

/* ---- the sender --------------------------------------------------------------------------- */

static void on_ack(struct delivery *dl, const struct verdict *v)
{
    struct demo_message *m = ZS_CONTAINER(dl, struct demo_message, delivery);
    struct str code = v->status.n ? str_sub(v->status, 0, sizeof m->ack - 1) : STR("-");
    memcpy(m->ack, code.p, code.n);
    m->ack[code.n] = '\0';
}

static void on_drained(struct conn_dest *dest)
{
    (void)dest; /* the sender is closed, not drained */
}

enum rc demo_send(struct demo *d, struct err *e)
{
    struct roster *r = engine_roster(d->run.engine);
    const char *listens = channel_figures(roster_channel(r, 0))->address;
    memcpy(d->mllp, listens, sizeof d->mllp); /* both are as large */
    roster_unref(&r);
    const struct conn_type *type = conn_by_scheme(STR("mllp"));
    void *params = arena_zero(d->cli->arena, type->send_opts->size);
    if (!params || opt_defaults(type->send_opts, d->cli->arena, params) != RC_OK)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    d->host = (struct conn_host){ .loop = d->run.loop, .clock = d->cli->clock, .log = d->run.log };
    d->endpoint = (struct conn_endpoint){ .name = "demo/sender",
                                          .type = "hl7_v2",
                                          .url = str_z(d->mllp),
                                          .params = params,
                                          .timeout_ms = 10000 };
    d->sender = (struct conn_dest){
        .type = type, .ep = &d->endpoint, .host = &d->host, .drained = on_drained, .ctx = d
    };
    enum rc rc = type->send_open(&d->sender, e);
    for (size_t i = 0; rc == RC_OK && i < d->n; i++) {
        struct demo_message *m = &d->m[i];
        m->sent_mono = loop_now_mono(d->run.loop);
        m->delivery = (struct delivery){ .seq = i + 1,
                                         .control_id = m->control_id,
                                         .body = m->bytes,
                                         .content_type = STR("x-application/hl7-v2+er7"),
                                         .attempt = 1,
                                         .arena = d->cli->arena,
                                         .done = on_ack };
        type->send(&d->sender, &m->delivery);
    }
    return rc;
}

void demo_sender_close(struct demo *d)
{
    if (d->sender.inst)
        d->sender.type->send_close(&d->sender);
}

bool demo_is_done(void *ctx)
{
    const struct demo *d = ctx;
    for (size_t i = 0; i < d->n; i++)
        if (!d->m[i].ack[0] || !d->m[i].arrived)
            return d->run.stopping;
    return true;
}
