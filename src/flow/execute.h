/*
 * Execute and test endpoints for the API: the guide's executeIntegrationRequest and testEndpoint.
 *
 *   data ── dataMapping ── STORE_EXEC committed ── link_send, again up to `retries` ──
 *        ── responseMapping ── STORE_EXEC_END committed ── done
 *
 * Thread  the engine's loop 0 (engine_loop) for all of it.
 */
#ifndef ZS_FLOW_EXECUTE_H
#define ZS_FLOW_EXECUTE_H

#include "config/config.h"
#include "flow/engine.h"
#include "store/store.h"

struct execute_attempt {
    int64_t start_ms;
    uint32_t duration_ms;
    struct str status; /* may be empty */
    struct str error;  /* empty: it went well */
};

/* One call. The caller's until done; texts in and out live in `arena`, which the caller owns. */
struct execute {
    /* in */
    const struct config_endpoint *ep; /* kept by the caller until done */
    struct arena *arena;
    struct str actor;               /* principal id */
    struct str body;                /* what is to be sent, before dataMapping */
    struct str content_type;        /* STR_NULL: the endpoint's natural one */
    uint32_t timeout_ms;            /* 0: the endpoint's */
    int64_t retries;                /* below 0: the endpoint's; at most 100 are made */
    const struct conn_extra *extra; /* headers and query of the call; NULL: none */
    struct str idempotency_key;     /* may be empty */
    bool dry_run;                   /* map and show what would be sent; nothing is sent or stored */
    void (*done)(struct execute *x);
    void *ctx;
    /* out */
    enum rc rc;     /* RC_OK: there is a record, completed or failed; else err and none */
    struct err err; /* RC_STATE FLOW-021 paused, RC_LIMIT STORE-001 store full … */
    uint64_t seq;   /* of the STORE_EXEC: the id. 0 with dry_run */
    enum exec_state state;
    enum fate fate; /* of the last attempt's failure */
    bool timed_out;
    int64_t start_ms, end_ms;
    struct str error;   /* the guide's; empty when completed */
    struct str request; /* as stored in STORE_EXEC.request: {"data","headers","timestamp",…} */
    struct str result;  /* as stored in STORE_EXEC_END.result: {"response":…,"attempts":[…]} */
    struct loop_post post; /* flow's, as own */
    void *own;
};

/* done once, never from within the call; so for all three below. */
void flow_execute(struct engine *en, struct execute *x);

/*
 * Test an endpoint: connect with the credential, without side effects (connector.h). Works for
 * endpoints the engine does not run yet, and with what flow_setup fetched for their integration.
 * done once, on loop 0; result as a connector gives it.
 */
struct endpoint_test {
    const struct config_endpoint *ep;
    bool safe; /* without side effects even where the endpoint says `probe: request` */
    struct probe_result result;
    void (*done)(struct endpoint_test *t);
    void *ctx;
    struct loop_post post; /* flow's, as own */
    void *own;
};

void flow_test(struct engine *en, struct endpoint_test *t);

/*
 * Set up an integration's credential: fetch the OAuth2 token, sign a test JWT. done once, on loop
 * 0. What was fetched is kept by the links and used by the tests and calls that follow.
 */
struct credential_setup {
    const struct config_integration *in;
    enum rc rc;
    struct err err;     /* its text is what stands behind "Authentication setup failed: " */
    int64_t expires_at; /* of an OAuth2 token, ms; else 0 */
    bool refresh_token; /* there is one */
    void (*done)(struct credential_setup *c);
    void *ctx;
    struct loop_post post; /* flow's, as own */
    void *own;
};

void flow_setup(struct engine *en, struct credential_setup *c);

/* After a start: end the calls that a crash left executing (store_exec_open). Blocks. */
enum rc flow_end_open(struct store *s, struct arena *a, const struct store_exec_row *rows, size_t n,
                      struct err *e) ZS_CHECK;

#endif
