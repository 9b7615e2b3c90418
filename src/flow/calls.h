/*
 * Calls: what the executions of one engine share: the destinations they go to, how many go at once
 * to each, and the orderly end. execute.h is what the API sees of it.
 *
 *   calls_new ── flow_execute … ── calls_stop ── stopped(ctx) once ── calls_free
 *
 * Thread  the engine's loop 0; calls_new and calls_free also before and after its thread.
 */
#ifndef ZS_FLOW_CALLS_H
#define ZS_FLOW_CALLS_H

#include "connector/connector.h"
#include "flow/commit.h"
#include "flow/link.h"

struct calls;
struct credential_setup;
struct endpoint_test;
struct engine;
struct execute;

/* Of an engine; engine.c makes and ends them. */
struct calls *engine_calls(const struct engine *en);

struct calls_conf {
    const struct conn_host *host; /* of loop 0 */
    struct committer *committer;  /* likewise */
    struct store *store;
    struct links *links;
    const struct random *random;
};

/* RC_NOMEM FLOW-001. conf is copied; what it points to outlives the calls. */
enum rc calls_new(const struct calls_conf *conf, struct calls **out, struct err *e) ZS_CHECK;

/* What flow_execute, flow_test and flow_setup do (execute.h), for who has the calls at hand. */
void calls_execute(struct calls *c, struct execute *x);
void calls_test(struct calls *c, struct endpoint_test *t);
void calls_setup(struct calls *c, struct credential_setup *s);

/*
 * Take no more. What waits ends as failed, what is in flight is finished for at most limit_ms and
 * cut off then; stopped once all of it is recorded. The committer must go on until then.
 */
void calls_stop(struct calls *c, uint32_t limit_ms, void (*stopped)(void *ctx), void *ctx);

/* Nothing is under way (asserted). Nulls the pointer; NULL inside is fine. */
void calls_free(struct calls **c);

#endif
