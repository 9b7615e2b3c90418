/*
 * Channels: their state and figures, pause and resume, and their documents.
 * Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "config/config.h"

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

static void put_channel(struct jw *w, struct channel *ch)
{
    const struct config_channel *conf = channel_conf(ch);
    struct channel_figures *f = channel_figures(ch);
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
        put_destination(w, channel_lane_figures(ch, i), &conf->dests[i]);
    jw_end(w);
    jw_end(w);
}

static enum rc run_list(struct api_call *c, struct err *e)
{
    (void)e; /* nothing can fail */
    struct roster *r = engine_roster(c->api->conf.engine);
    api_list(&c->w);
    for (size_t i = 0; i < roster_n(r); i++)
        put_channel(&c->w, roster_channel(r, i));
    roster_unref(&r);
    api_list_end(&c->w, STR_NULL);
    return RC_OK;
}

static enum rc run_one(struct api_call *c, struct err *e)
{
    struct roster *r = engine_roster(c->api->conf.engine);
    struct channel *ch = roster_find(r, api_path(c, "name"));
    enum rc rc = RC_OK;
    if (ch)
        put_channel(&c->w, ch);
    else
        rc = err_set(e, RC_MISSING, "FLOW-010", "there is no such channel, or it is not enabled");
    roster_unref(&r);
    return rc;
}

static const char *const lane_states[] = { "running", "paused",  "backoff",
                                           "blocked", "stopped", NULL };
static const char *const channel_states[] = { "stopped",  "running", "paused",
                                              "draining", "failed",  NULL };
static const char *const wanted[] = { "paused", "running", NULL };

static const struct shape_member destination_members[] = {
    { "destination", SHAPE_TEXT, .doc = "`integration/endpoint`." },
    { "state", SHAPE_TEXT, .names = lane_states, .doc = "Of its lane." },
    { "delivered", SHAPE_INT, .doc = "Since the start." },
    { "rejected", SHAPE_INT, .doc = "Since the start: the peer said no." },
    { "dead", SHAPE_INT, .doc = "Since the start: too old." },
    { "retries", SHAPE_INT, .doc = "Since the start." },
    { "uncertain", SHAPE_INT, .doc = "Since the start: sent, without an answer." },
    { "waiting", SHAPE_INT, .doc = "Held in memory now." },
    { "inFlight", SHAPE_INT, .doc = "Being sent now." },
    { "oldestAt", SHAPE_TIME, SHAPE_MAYBE, .doc = "When the oldest that waits was received." },
};
static const struct shape destination_shape =
    SHAPE("ChannelDestination", destination_members, "A channel's lane to one endpoint.");

static const struct shape_member channel_members[] = {
    { "name", SHAPE_TEXT, .doc = "Its name." },
    { "description", SHAPE_TEXT, SHAPE_MAYBE, .doc = "For people." },
    { "state", SHAPE_TEXT, .names = channel_states, .doc = "What it does now." },
    { "listens", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Where its source listens." },
    { "taken", SHAPE_INT, .doc = "Messages accepted since the start." },
    { "refused", SHAPE_INT, .doc = "Refused at intake." },
    { "filtered", SHAPE_INT, .doc = "No destination wanted them." },
    { "held", SHAPE_INT, .doc = "Wait for a person." },
    { "busy", SHAPE_INT, .doc = "Pushed back: the store was full, or the engine stopping." },
    { "destinations", SHAPE_OBJECT, SHAPE_LIST, &destination_shape, .doc = "Where they go." },
};
static const struct shape channel_shape =
    SHAPE("Channel", channel_members, "A channel that runs here, with its figures.");

static const struct shape_member wanted_members[] = {
    { "name", SHAPE_TEXT, .doc = "The channel." },
    { "wanted", SHAPE_TEXT, .names = wanted, .doc = "What it is becoming." },
};
static const struct shape wanted_shape =
    SHAPE("ChannelWanted", wanted_members, "What a channel was told to become.");

static const struct api_answer list_answers[] = {
    { 200, &channel_shape, .list = true, .doc = "All of them." },
};
static const struct api_answer one_answers[] = { { 200, &channel_shape, .doc = "It." } };
static const struct api_answer pause_answers[] = {
    { 200, &wanted_shape, .doc = "It was told." },
    { 409, .doc = "It is not in a state in which this can be done." },
};
static const struct api_answer document_answers[] = { { 200, &api_object_shape, .doc = "It." } };
static const struct api_answer put_answers[] = {
    { 200, &api_object_shape, .doc = "Changed." },
    { 201, &api_object_shape, .doc = "Made." },
    { 409, .doc = "It belongs to a file." },
    { 422, .doc = "It cannot be used; `errors` says why." },
};
static const struct api_answer delete_answers[] = {
    { 204, .doc = "Removed." },
    { 409, .doc = "Something uses it, or it belongs to a file." },
};
static const struct api_body body = { API_DOCUMENT, 1024 * 1024, .document = &config_channel_table,
                                      .doc = "The document, without its key `channel`." };

#define PATH "/api/v1/channels/{name}"

static const struct api_route routes[] = {
    { HTTP_GET, "/api/v1/channels", "listChannels", API_NEEDS(AUTH_READ), API_HERE, run_list,
      API_ANSWERS(list_answers), .doc = "Every channel with its state, figures and destinations" },
    { HTTP_GET, PATH, "getChannel", API_NEEDS(AUTH_READ), API_HERE, run_one,
      API_ANSWERS(one_answers), .doc = "One channel with its state, figures and destinations" },
    { HTTP_PUT, PATH, "putChannel", API_NEEDS(AUTH_EDIT), API_ENGINE, api_manage, MANAGE_PUT,
      "channel", API_ETAG | API_IF_MATCH | API_IF_NEW, .body = &body, API_ANSWERS(put_answers),
      .doc = "Make or change a channel" },
    { HTTP_DELETE, PATH, "deleteChannel", API_NEEDS(AUTH_EDIT), API_ENGINE, api_manage,
      MANAGE_DELETE, "channel", API_IF_MATCH, API_ANSWERS(delete_answers),
      .doc = "Remove a channel; what it has queued stays in the store" },
    { HTTP_GET, PATH "/document", "getChannelDocument", API_NEEDS(AUTH_READ), API_POOL,
      api_object_run, .object = "channel", .flags = API_ETAG, API_ANSWERS(document_answers),
      .doc = "A channel's document" },
    { HTTP_POST, PATH "/pause", "pauseChannel", API_NEEDS(AUTH_OPERATE), API_ENGINE, api_manage,
      MANAGE_PAUSE, "channel", API_ANSWERS(pause_answers), .doc = "Stop taking and sending" },
    { HTTP_POST, PATH "/resume", "resumeChannel", API_NEEDS(AUTH_OPERATE), API_ENGINE, api_manage,
      MANAGE_RESUME, "channel", API_ANSWERS(pause_answers), .doc = "Go on after a pause" },
};

const struct api_resource api_channels_resource = { "channels", "Running flows.", routes,
                                                    ZS_COUNT(routes) };
