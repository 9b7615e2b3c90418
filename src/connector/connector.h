/*
 * Connectors: how bytes come in from a system (a source) and go out to one (a destination).
 *
 * A connector is a folder with a constant struct conn_type, declarative option tables and protocol
 * code, nothing else. Retry, backoff, order, windows, dead letters, repeats and rate limits belong
 * to flow and are written once there.
 *
 * Two promises, checked for every type by connector/contract_test.c
 *   1. Every send() ends in exactly one d->done(d, verdict): also after cancel, drain and close.
 *   2. Nothing is acknowledged to a peer before settled() was called for it.
 *
 * Life of a source                               Life of a destination
 *   open ── start ── intake … settled ──┐          open ── send … done ──┐
 *                └─ pause / resume      │                └─ cancel       │
 *   drain: accept nothing new; when     │          drain: finish what is in flight; then
 *   every intake is settled, drained() ─┘          drained() ─────────────┘
 *   close: from any state, never fails.            close: what is in flight is answered
 *   Unsettled intakes are dropped without          RC_STATE, uncertain if bytes went out, else
 *   an answer; settled() for them is then          retry; then nothing of it runs any more.
 *   not called.
 *
 * Thread  loop: everything here runs on host->loop. Connectors never block.
 */
#ifndef ZS_CONNECTOR_CONNECTOR_H
#define ZS_CONNECTOR_CONNECTOR_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "json/json.h"
#include "json/opt.h"

struct loop;
struct pool;
struct log;
struct addr_rules;
struct conn_source;
struct conn_dest;

/* What a connector may use of the world. The engine's for all instances on one loop. */
struct conn_host {
    struct loop *loop;
    struct pool *pool; /* for name look-ups and calls that block */
    const struct clock *clock;
    const struct log *log;       /* carries channel and connection names already */
    struct addr_rules *outbound; /* where connections may go (net/addr.h); NULL: everywhere */
};

/* ---- sources ------------------------------------------------------------------------------ */

/*
 * One message on its way in. Made by the connector in `arena`, which is born for it and which flow
 * takes with the intake: flow frees it, some time after settled(). The connector may use `in`
 * until settled() returns and not after.
 */
struct intake {
    struct conn_source *source;
    struct arena *arena;
    struct str body;
    struct str content_type; /* "x-application/hl7-v2+er7", "application/json" … */
    struct str peer;         /* "10.1.2.3:4711" */
    struct str key;          /* Idempotency-Key, or empty */
    struct str trace_id;     /* from traceparent, or empty */
    int64_t at_ms;
    void *conn; /* the connector's own */
};

enum answer_kind {
    ANSWER_ACCEPTED = 1, /* committed (or delivered, where the channel says so) */
    ANSWER_FILTERED,     /* committed; no destination wanted it */
    ANSWER_HELD,         /* committed; validation or mapping failed, an operator will look */
    ANSWER_REPEAT,       /* seen before: body is the stored acknowledgement */
    ANSWER_REFUSED,      /* not acceptable; stored as refused */
    ANSWER_DENIED,       /* this peer may not send here; stored as refused */
    ANSWER_INVALID,      /* `ack: processed`: validation or mapping failed */
    ANSWER_PENDING,      /* `ack: delivered`: no outcome in time, still queued */
    ANSWER_BUSY          /* store full or stopping: not kept, try again */
};

struct answer {
    enum answer_kind kind;
    struct str body;         /* what the protocol should say, or STR_NULL: its own words */
    struct str content_type; /* of body */
    struct str message_id;   /* "1f0c2a9e-1042"; empty when nothing was kept */
    const struct err *err;   /* why not; NULL when accepted */
};

struct conn_source {
    const struct conn_type *type;
    const void *conf; /* read by type->recv_opts; outlives the source */
    const struct conn_host *host;
    const char *name; /* the channel's, for events */
    void *inst;       /* the connector's, made by open */
    /* flow's; intake() may call settled() before it returns */
    void (*intake)(struct conn_source *s, struct intake *in);
    void (*drained)(struct conn_source *s);
    void *ctx;
};

/* ---- destinations ------------------------------------------------------------------------- */

struct conn_header {
    struct str name;
    struct str value;
};

/*
 * What one request carries beyond what its endpoint says: an API call's options, then credentials.
 * Of several headers of one name the last counts, so that nobody passes for somebody else.
 */
struct conn_extra {
    const struct conn_header *headers; /* one of a name that the endpoint has too replaces it */
    size_t n_headers;
    const struct conn_header *query;
    size_t n_query;
};

/* Trust and our certificate, PEM text; the rest of TLS is policy (crypt/tls.h). */
struct conn_tls {
    struct str ca_pem;   /* STR_NULL: the system's store */
    struct str cert_pem; /* ours; STR_NULL: none */
    struct str key_pem;
    struct str passphrase; /* STR_NULL: none */
};

/* What an endpoint of an integration says, for every type. Made by config. */

struct conn_endpoint {
    const char *name; /* "receiver/results", for events */
    const char *type; /* the integration's: "rest_api" … */
    struct str url;
    struct str method;                 /* upper case; empty: the type's natural verb */
    const struct conn_header *headers; /* what goes with every request */
    size_t n_headers;
    const struct conn_tls *tls;    /* NULL: the system's trust, no certificate of ours */
    const void *params;            /* `parameters`, read by type->send_opts */
    const struct json *parameters; /* as written, where send_opts is NULL (HTTP query) */
    uint32_t timeout_ms;           /* for one attempt, connecting included */
    bool probe_request;            /* probe with the endpoint's own method (`probe: request`) */
};

struct verdict {
    enum rc rc;              /* RC_OK: delivered */
    enum fate fate;          /* NONE when delivered */
    struct err err;          /* set unless delivered */
    bool answered;           /* the peer said no (AE, 5xx, 429): counts against `retries` */
    struct str status;       /* "AA", "200"; may be empty */
    struct str status_text;  /* "OK", MSA-3 */
    struct str reply;        /* in d->arena */
    bool cut;                /* there was a reply, larger than is taken */
    struct str content_type; /* of the reply */
    const struct conn_header *headers; /* of the reply, in d->arena; NULL where there are none */
    size_t n_headers;
    uint32_t retry_after_ms; /* the peer's wish, 0: none */
    bool credential;         /* the peer did not accept who we are (401): see cred_refused */
};

/* One attempt. flow's; the connector borrows it from send() until it calls done. */
struct delivery {
    uint64_t seq;
    struct str message_id; /* also the idempotency key */
    struct str control_id; /* MSH-10 where there is one */
    struct str body;
    struct str content_type;
    unsigned attempt;
    uint32_t timeout_ms;            /* 0: the endpoint's */
    const struct conn_extra *extra; /* NULL: nothing; lives until done */
    struct arena *arena;            /* for the reply; lives until done returns */
    void (*done)(struct delivery *d, const struct verdict *v); /* may call send() again */
    struct delivery *next;                                     /* the connector's while it has it */
    void *conn;                                                /* likewise */
};

struct conn_dest {
    const struct conn_type *type;
    const struct conn_endpoint *ep;
    const struct conn_host *host;
    void *inst;
    void (*drained)(struct conn_dest *d);
    void *ctx;
};

/*
 * Result of a probe: no side effects at the peer (TCP/TLS connect, HEAD, …), unless the endpoint
 * says `probe: request`. A probe succeeds on any answer but 401, 403, 407 and 5xx; with
 * `probe: request` on 2xx and 3xx only. err.text of an answer is "HTTP 503: Service Unavailable".
 */
struct probe_result {
    bool success;
    int status_code; /* HTTP; 0 elsewhere */
    uint32_t duration_ms;
    const char *how; /* "tcp", "HEAD" */
    struct err err;
};

typedef void conn_probe_fn(void *ctx, const struct probe_result *r);

/* ---- the type ----------------------------------------------------------------------------- */

enum { CONN_RECEIVES = 1, CONN_SENDS = 2 };

struct conn_type {
    const char *name;           /* "mllp": events, metrics; never changes */
    const char *const *schemes; /* of its URLs, NULL-terminated: "mllp", "mllps" */
    unsigned caps;

    /*
     * Sources: options of a channel's `source` beside `type`. The *_check functions hold only
     * rules across keys; they report with opt_finding and may be NULL.
     */
    const struct opt_table *recv_opts;
    void (*recv_check)(const struct opt_read *r, const struct json *obj, const void *conf);
    enum rc (*recv_open)(struct conn_source *s, struct err *e) ZS_CHECK; /* bound, not accepting */
    void (*recv_start)(struct conn_source *s);
    void (*recv_pause)(struct conn_source *s, bool paused); /* stop or resume reading */
    void (*recv_drain)(struct conn_source *s);
    void (*recv_close)(struct conn_source *s);
    void (*settled)(struct conn_source *s, struct intake *in, const struct answer *answer);
    /* Where it listens, for people and tests: "mllp://127.0.0.1:2575"; fits any NUL included. */
    void (*recv_address)(const struct conn_source *s, char *out, size_t size);

    /* Destinations: options of an endpoint's `parameters`, NULL where they are not the engine's. */
    const struct opt_table *send_opts;
    void (*send_check)(const struct opt_read *r, const struct json *obj,
                       const struct conn_endpoint *ep);
    enum rc (*send_open)(struct conn_dest *d, struct err *e) ZS_CHECK;
    void (*send)(struct conn_dest *d, struct delivery *dl);
    void (*cancel)(struct conn_dest *d, struct delivery *dl);
    void (*send_drain)(struct conn_dest *d);
    void (*send_close)(struct conn_dest *d);
    /* x may be NULL and is borrowed until done, which comes once: from within this call where
     * nothing can be sent, or within send_close at the latest. */
    void (*probe)(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done, void *ctx);
};

/* ---- registry.c: every type of this build, sorted by name ---------------------------------- */

extern const struct conn_type *const conn_types[];
extern const size_t conn_n_types;

/* By the scheme of a URL ("mllp"), case folded; NULL when no connector has it. */
const struct conn_type *conn_by_scheme(struct str scheme);

#endif
