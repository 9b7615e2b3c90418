/*
 * A channel's life: opening, pausing, holding the source back, and the orderly stop.
 * Tests: channel_test.c
 */
#include "flow/channel_int.h"

#include "base/alloc.h"

const char *channel_state_name(enum channel_state s)
{
    static const char *const names[] = { "stopped", "running", "paused", "draining", "failed" };
    return (size_t)s < ZS_COUNT(names) ? names[s] : "stopped";
}

void channel_enter(struct channel *c, enum channel_state s)
{
    static const unsigned allowed[] = {
        [CHANNEL_STOPPED] = 1u << CHANNEL_RUNNING | 1u << CHANNEL_FAILED | 1u << CHANNEL_DRAINING,
        [CHANNEL_RUNNING] = 1u << CHANNEL_PAUSED | 1u << CHANNEL_DRAINING,
        [CHANNEL_PAUSED] = 1u << CHANNEL_RUNNING | 1u << CHANNEL_DRAINING,
        [CHANNEL_DRAINING] = 1u << CHANNEL_STOPPED,
        [CHANNEL_FAILED] = 1u << CHANNEL_DRAINING,
    };
    ZS_ASSERT((allowed[c->state] & 1u << s) != 0);
    c->state = s;
    atomic_store_explicit(&c->figures.state, (int)s, memory_order_release);
}

/* Who waits for delivery must find room in a lane's window: nobody is told of what is read back. */
static size_t most_pending(const struct channel *c)
{
    size_t most = (size_t)c->conf->max_pending;
    return c->conf->ack == ACK_DELIVERED ? size_min(most, LANE_WINDOW) : most;
}

void channel_hold_back(struct channel *c)
{
    bool back = c->state != CHANNEL_RUNNING || c->store_full || c->pending >= most_pending(c);
    if (!c->source_open || back == c->held_back || c->state == CHANNEL_DRAINING)
        return;
    c->held_back = back;
    c->conf->conn_type->recv_pause(&c->source, back);
}

static void full_over(struct loop_timer *t)
{
    struct channel *c = ZS_CONTAINER(t, struct channel, full_timer);
    c->store_full = false; /* let one in and see */
    channel_hold_back(c);
}

static void source_drained(struct conn_source *s)
{
    struct channel *c = s->ctx;
    c->source_drained = true;
    channel_try_stopped(c);
}

static struct lane_conf lane_conf_of(const struct config_dest *d, struct lane_figures *figures)
{
    const struct config_endpoint *ep = d->endpoint;
    struct lane_conf lc = { .figures = figures,
                            .name = d->lane,
                            .endpoint = ep,
                            .keyed = d->order != NULL,
                            .in_flight = (unsigned)d->in_flight,
                            .retries = (unsigned)ep->retries,
                            .max_age_ms = d->max_age_ms,
                            .backoff_first_ms = d->backoff->first_ms,
                            .backoff_max_ms = d->backoff->max_ms,
                            .unsure = d->uncertain == UNCERTAIN_RESEND ? LANE_RESEND : LANE_HOLD };
    return lc;
}

static void close_lanes(struct channel *c)
{
    while (c->n_lanes > 0)
        lane_free(&c->lanes[--c->n_lanes]);
}

static enum rc open_lanes(struct channel *c, struct err *e)
{
    struct lane_env env = c->env;
    env.log = &c->log;
    for (size_t i = 0; i < c->conf->n_dests; i++) {
        c->lane_confs[i] = lane_conf_of(&c->conf->dests[i], &c->lane_figures[i]);
        enum rc rc = lane_new(&c->lane_confs[i], &env, &c->lanes[i], e);
        if (rc != RC_OK) {
            close_lanes(c);
            return rc;
        }
        c->n_lanes++;
    }
    return RC_OK;
}

enum rc channel_new(const struct config_channel *conf, const struct lane_env *env,
                    struct channel **out, struct err *e)
{
    struct channel *c = mem_new(struct channel);
    if (!c)
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a channel");
    c->conf = conf;
    c->env = *env;
    c->format = format_ops((enum config_format)conf->format);
    c->full_timer.fn = full_over;
    list_init(&c->waiting);
    c->ack_id = random_u64(env->random);
    c->lane_confs = mem_array(struct lane_conf, conf->n_dests);
    c->lanes = mem_array(struct lane *, conf->n_dests);
    c->lane_figures = mem_array(struct lane_figures, conf->n_dests);
    log_child(&c->log, env->log, (struct log_field[]){ F_NAME("channel", conf->id), LOG_F_END });
    c->source = (struct conn_source){ .type = conf->conn_type,
                                      .conf = conf->source_conf,
                                      .host = env->host,
                                      .name = conf->id,
                                      .intake = channel_take,
                                      .drained = source_drained,
                                      .ctx = c };
    if (!c->lane_confs || !c->lanes || !c->lane_figures) {
        channel_free(&c);
        return err_set(e, RC_NOMEM, "FLOW-001", "no memory for a channel");
    }
    for (size_t i = 0; i < conf->n_dests; i++)
        atomic_store_explicit(&c->lane_figures[i].state, LANE_STOPPED, memory_order_relaxed);
    *out = c;
    return RC_OK;
}

/* Where it listens, as text that is safe to read from any thread once the state is set. */
static void publish_address(struct channel *c)
{
    c->conf->conn_type->recv_address(&c->source, c->figures.address, sizeof c->figures.address);
}

void channel_start(struct channel *c, const bool *backlog)
{
    struct err e;
    enum rc rc = open_lanes(c, &e);
    for (size_t i = 0; i < c->n_lanes; i++)
        lane_start(c->lanes[i], !backlog || backlog[i]);
    if (rc == RC_OK)
        rc = c->conf->conn_type->recv_open(&c->source, &e);
    if (rc != RC_OK) {
        log_event(&c->log, EV_CHANNEL_FAILED, F_ERR(&e));
        channel_enter(c, CHANNEL_FAILED);
        return;
    }
    c->source_open = true;
    publish_address(c);
    channel_enter(c, CHANNEL_RUNNING);
    c->conf->conn_type->recv_start(&c->source);
    log_event(&c->log, EV_CHANNEL_STARTED, F_NAME("address", c->figures.address));
}

void channel_pause(struct channel *c, bool paused)
{
    enum channel_state from = paused ? CHANNEL_RUNNING : CHANNEL_PAUSED;
    if (c->state != from)
        return;
    channel_enter(c, paused ? CHANNEL_PAUSED : CHANNEL_RUNNING);
    for (size_t i = 0; i < c->n_lanes; i++)
        lane_pause(c->lanes[i], paused);
    channel_hold_back(c);
    if (paused)
        log_event(&c->log, EV_CHANNEL_PAUSED);
    else
        log_event(&c->log, EV_CHANNEL_RESUMED);
}

/* ---- stopping: the source first, then what it took, then the lanes ------------------------- */

static void lane_stopped(void *ctx)
{
    struct channel *c = ctx;
    c->lanes_stopping--;
    channel_try_stopped(c);
}

static void source_limit(struct loop_timer *t)
{
    struct channel *c = ZS_CONTAINER(t, struct channel, stop_timer);
    if (c->source_open) {
        c->source_open = false;
        c->conf->conn_type->recv_close(&c->source);
    }
    c->source_drained = true;
    channel_try_stopped(c);
}

void channel_stop(struct channel *c, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx)
{
    channel_enter(c, CHANNEL_DRAINING);
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    c->stop_limit_ms = limit_ms;
    loop_timer_stop(&c->full_timer);
    channel_answer_waiting(c);
    c->lanes_stopping = c->n_lanes;
    for (size_t i = 0; i < c->n_lanes; i++)
        lane_stop(c->lanes[i], limit_ms, lane_stopped, c);
    if (!c->source_open) {
        c->source_drained = true;
        channel_try_stopped(c);
        return;
    }
    loop_timer_start(c->env.host->loop, &c->stop_timer, limit_ms, source_limit);
    c->conf->conn_type->recv_drain(&c->source);
}

void channel_hurry(struct channel *c, uint32_t limit_ms)
{
    if (c->state != CHANNEL_DRAINING)
        return;
    for (size_t i = 0; i < c->n_lanes; i++)
        lane_hurry(c->lanes[i], limit_ms);
    if (!c->source_drained)
        loop_timer_start(c->env.host->loop, &c->stop_timer, limit_ms, source_limit);
}

void channel_try_stopped(struct channel *c)
{
    if (c->state != CHANNEL_DRAINING || !c->stopped || !c->source_drained || c->committing > 0 ||
        c->lanes_stopping > 0)
        return;
    loop_timer_stop(&c->stop_timer);
    channel_enter(c, CHANNEL_STOPPED);
    log_event(&c->log, EV_CHANNEL_STOPPED);
    void (*fn)(void *ctx) = c->stopped;
    c->stopped = NULL;
    fn(c->stopped_ctx);
}

void channel_close(struct channel *c)
{
    ZS_ASSERT(c->state == CHANNEL_STOPPED);
    ZS_ASSERT(c->committing == 0 && list_is_empty(&c->waiting));
    loop_timer_stop(&c->full_timer);
    loop_timer_stop(&c->stop_timer);
    if (c->source_open)
        c->conf->conn_type->recv_close(&c->source);
    c->source_open = false;
    close_lanes(c);
}

void channel_free(struct channel **cp)
{
    struct channel *c = *cp;
    if (!c)
        return;
    ZS_ASSERT(!c->source_open && c->n_lanes == 0);
    *cp = NULL;
    mem_free(c->lane_figures);
    mem_free(c->lanes);
    mem_free(c->lane_confs);
    mem_free(c);
}

const struct config_channel *channel_conf(const struct channel *c)
{
    return c->conf;
}

struct channel_figures *channel_figures(struct channel *c)
{
    return &c->figures;
}

struct lane_figures *channel_lane_figures(struct channel *c, size_t i)
{
    return &c->lane_figures[i];
}
