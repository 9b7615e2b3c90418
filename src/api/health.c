/*
 * Is it alive, can it take messages, and how is the store. Tests: tests/scen
 */
#include "api/api_int.h"

void api_livez(struct api_call *c)
{
    struct http_response r = { .status = 200, .type = STR("text/plain"), .body = STR("ok\n") };
    http_answer(c->x, &r);
}

/* Ready: the store takes messages. A failed channel is a matter of its own, not of the process. */
void api_readyz(struct api_call *c)
{
    struct store_stats s;
    store_stats(c->api->conf.store, &s);
    struct http_response r = { .status = s.full ? 503 : 200,
                               .type = STR("text/plain"),
                               .body = s.full ? STR("store full\n") : STR("ok\n") };
    http_answer(c->x, &r);
}

void api_status(struct api_call *c)
{
    struct store_stats s;
    struct buf b;
    struct jw w;
    store_stats(c->api->conf.store, &s);
    buf_init_arena(&b, http_arena(c->x), 65536);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstrz(&w, "version", ZS_VERSION);
    jw_kstr(&w, "store", store_id(c->api->conf.store));
    jw_ku64(&w, "messages", s.n_messages);
    jw_ku64(&w, "refused", s.n_refused);
    jw_ku64(&w, "lastSequence", s.last_seq);
    jw_ku64(&w, "indexedSequence", s.indexed_seq);
    jw_ku64(&w, "indexLag", s.last_seq - s.indexed_seq);
    jw_ku64(&w, "commits", s.commits);
    jw_ku64(&w, "syncs", s.syncs);
    jw_ku64(&w, "bytesWritten", s.bytes);
    jw_ku64(&w, "longestSyncMicroseconds", s.sync_ns_max / 1000);
    jw_kbool(&w, "full", s.full);
    jw_end(&w);
    api_json(c->x, 200, &b);
}
