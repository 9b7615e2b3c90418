/*
 * Channels: their state and figures, pause and resume. Tests: tests/scen
 */
#include "api/api_int.h"

static uint64_t figure(const atomic_uint_fast64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static void put_destination(struct jw *w, const struct lane_figures *f,
                            const struct config_dest *conf)
{
    int64_t oldest = atomic_load_explicit(&f->oldest_at, memory_order_relaxed);
    int state = atomic_load_explicit(&f->state, memory_order_relaxed);
    jw_object(w);
    jw_kstrz(w, "destination", conf->endpoint->full_name);
    jw_kstrz(w, "state", lane_state_name((enum lane_state)state));
    jw_ku64(w, "delivered", figure(&f->delivered));
    jw_ku64(w, "rejected", figure(&f->rejected));
    jw_ku64(w, "dead", figure(&f->dead));
    jw_ku64(w, "retries", figure(&f->retries));
    jw_ku64(w, "uncertain", figure(&f->uncertain));
    jw_ku64(w, "waiting", figure(&f->waiting));
    jw_ku64(w, "inFlight", figure(&f->in_flight));
    if (oldest)
        api_put_time(w, "oldestAt", oldest);
    jw_end(w);
}

static void put_channel(struct jw *w, struct channel *c)
{
    const struct config_channel *conf = channel_conf(c);
    struct channel_figures *f = channel_figures(c);
    int state = atomic_load_explicit(&f->state, memory_order_acquire);
    jw_object(w);
    jw_kstr(w, "name", conf->name);
    if (conf->description.n)
        jw_kstr(w, "description", conf->description);
    jw_kstrz(w, "state", channel_state_name((enum channel_state)state));
    /* written once, before the state left `stopped` */
    if (state != CHANNEL_STOPPED && f->address[0])
        jw_kstrz(w, "listens", f->address);
    jw_ku64(w, "taken", figure(&f->taken));
    jw_ku64(w, "refused", figure(&f->refused));
    jw_ku64(w, "filtered", figure(&f->filtered));
    jw_ku64(w, "held", figure(&f->held));
    jw_ku64(w, "busy", figure(&f->busy));
    jw_keyz(w, "destinations");
    jw_array(w);
    for (size_t i = 0; i < conf->n_dests; i++)
        put_destination(w, channel_lane_figures(c, i), &conf->dests[i]);
    jw_end(w);
    jw_end(w);
}

void api_channels(struct api_call *c)
{
    struct roster *r = engine_roster(c->api->conf.engine);
    struct buf b;
    struct jw w;
    buf_init_arena(&b, http_arena(c->x), API_ANSWER_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_keyz(&w, "items");
    jw_array(&w);
    for (size_t i = 0; i < roster_n(r); i++)
        put_channel(&w, roster_channel(r, i));
    roster_unref(&r);
    jw_end(&w);
    jw_keyz(&w, "next");
    jw_null(&w);
    jw_end(&w);
    api_json(c->x, 200, &b);
}

void api_channel(struct api_call *c)
{
    struct roster *r = engine_roster(c->api->conf.engine);
    struct channel *ch = roster_find(r, http_match_param(c->match, "name"));
    struct err e;
    if (!ch) {
        roster_unref(&r);
        (void)err_set(&e, RC_MISSING, "FLOW-010", "there is no such channel, or it is not enabled");
        api_problem(c->x, 404, &e);
        return;
    }
    struct buf b;
    struct jw w;
    buf_init_arena(&b, http_arena(c->x), 1024 * 1024);
    jw_init(&w, &b, JSON_COMPACT);
    put_channel(&w, ch);
    roster_unref(&r);
    api_json(c->x, 200, &b);
}

static enum rc apply_pause(struct api_job *j, struct err *e)
{
    return engine_pause(j->api->conf.engine, j->name, true, e);
}

static enum rc apply_resume(struct api_job *j, struct err *e)
{
    return engine_pause(j->api->conf.engine, j->name, false, e);
}

static enum rc set_paused(struct api_job *j, bool paused, struct err *e)
{
    struct buf object;
    struct roster *r = engine_roster(j->api->conf.engine);
    bool known = roster_find(r, j->name) != NULL;
    roster_unref(&r);
    if (!known)
        return err_set(e, RC_MISSING, "FLOW-010", "there is no such channel, or it is not enabled");
    buf_init_arena(&object, j->arena, 512);
    buf_z(&object, "channel/");
    buf_str(&object, j->name);
    j->act.verb = paused ? STR("channel.pause") : STR("channel.resume");
    j->act.object = buf_view(&object);
    j->act.detail = STR("{}");
    j->apply = paused ? apply_pause : apply_resume;
    jw_object(&j->w);
    jw_kstr(&j->w, "name", j->name);
    jw_kstrz(&j->w, "wanted", paused ? "paused" : "running");
    jw_end(&j->w);
    j->status = 202;
    return buf_rc(&object, e);
}

static enum rc run_pause(struct api_job *j, struct err *e)
{
    return set_paused(j, true, e);
}

static enum rc run_resume(struct api_job *j, struct err *e)
{
    return set_paused(j, false, e);
}

void api_channel_pause(struct api_call *c)
{
    api_job_start(c, "name", run_pause);
}

void api_channel_resume(struct api_call *c)
{
    api_job_start(c, "name", run_resume);
}
