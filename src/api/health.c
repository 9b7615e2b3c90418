/*
 * Is it alive, can it take messages, how is the store; and what the API is, as OpenAPI.
 * Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

static enum rc run_livez(struct api_call *c, struct err *e)
{
    (void)e; /* nothing can fail */
    c->type = STR("text/plain");
    c->raw = STR("ok\n");
    return RC_OK;
}

/* Ready: the store takes messages. A failed channel is a matter of its own, not of the process. */
static enum rc run_readyz(struct api_call *c, struct err *e)
{
    (void)e; /* nothing can fail */
    struct store_stats s;
    store_stats(c->api->conf.store, &s);
    c->status = s.full ? 503 : 200;
    c->type = STR("text/plain");
    c->raw = s.full ? STR("store full\n") : STR("ok\n");
    return RC_OK;
}

static enum rc run_status(struct api_call *c, struct err *e)
{
    (void)e; /* nothing can fail */
    struct store_stats s;
    struct jw *w = &c->w;
    store_stats(c->api->conf.store, &s);
    jw_object(w);
    jw_kstrz(w, "version", ZS_VERSION);
    jw_kstr(w, "store", store_id(c->api->conf.store));
    jw_ku64(w, "messages", s.n_messages);
    jw_ku64(w, "refused", s.n_refused);
    jw_ku64(w, "lastSequence", s.last_seq);
    jw_ku64(w, "indexedSequence", s.indexed_seq);
    jw_ku64(w, "indexLag", s.last_seq - s.indexed_seq);
    jw_ku64(w, "commits", s.commits);
    jw_ku64(w, "syncs", s.syncs);
    jw_ku64(w, "bytesWritten", s.bytes);
    jw_ku64(w, "longestSyncMicroseconds", s.sync_ns_max / 1000);
    jw_kbool(w, "full", s.full);
    jw_end(w);
    return RC_OK;
}

static enum rc run_openapi(struct api_call *c, struct err *e)
{
    return api_openapi(&c->w, e);
}

static const struct shape_member status_members[] = {
    { "version", SHAPE_TEXT, .doc = "Of the engine." },
    { "store", SHAPE_TEXT, .doc = "The store's name, which begins every message's id." },
    { "messages", SHAPE_INT, .doc = "Messages in the store." },
    { "refused", SHAPE_INT, .doc = "Of them, refused at intake." },
    { "lastSequence", SHAPE_INT, .doc = "Sequence of the newest record." },
    { "indexedSequence", SHAPE_INT, .doc = "So far the index has come." },
    { "indexLag", SHAPE_INT, .doc = "Records that are committed and not indexed yet." },
    { "commits", SHAPE_INT, .doc = "Since the start." },
    { "syncs", SHAPE_INT, .doc = "Since the start." },
    { "bytesWritten", SHAPE_INT, .doc = "Since the start." },
    { "longestSyncMicroseconds", SHAPE_INT, .doc = "Since the start." },
    { "full", SHAPE_FLAG, .doc = "Intake is refused until there is room again." },
};
static const struct shape status_shape =
    SHAPE("Status", status_members, "The engine and its store.");

static const struct api_answer live_answers[] = {
    { 200, .type = "text/plain", .doc = "The process serves." },
};
static const struct api_answer ready_answers[] = {
    { 200, .type = "text/plain", .doc = "Messages can be taken." },
    { 503, .type = "text/plain", .doc = "The store is full." },
};
static const struct api_answer status_answers[] = { { 200, &status_shape, .doc = "The figures." } };
static const struct api_answer openapi_answers[] = {
    { 200, .type = "application/json", .doc = "OpenAPI 3.1." },
};

static const struct api_route routes[] = {
    { HTTP_GET, "/livez", "livez", API_FREE, API_HERE, run_livez, API_ANSWERS(live_answers),
      .doc = "200 while the process serves" },
    { HTTP_GET, "/readyz", "readyz", API_FREE, API_HERE, run_readyz, API_ANSWERS(ready_answers),
      .doc = "200 when messages can be taken" },
    { HTTP_GET, "/api/v1/status", "getStatus", API_NEEDS(AUTH_READ), API_HERE, run_status,
      API_ANSWERS(status_answers), .doc = "Version, store and index figures" },
    { HTTP_GET, "/api/v1/openapi.json", "getOpenApi", API_NEEDS(AUTH_READ), API_POOL, run_openapi,
      API_ANSWERS(openapi_answers), .doc = "This API as an OpenAPI document" },
};

const struct api_resource api_health_resource = { "health", "The engine itself.", routes,
                                                  ZS_COUNT(routes) };
