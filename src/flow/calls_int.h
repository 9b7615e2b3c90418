/*
 * Calls from inside: what calls.c (where they go and when), execute.c (one call's life),
 * exec_payload.c and exec_record.c (what it sends and what is kept of it) and setup.c (tests and
 * credentials) share. Thread  loop 0.
 */
#ifndef ZS_FLOW_CALLS_INT_H
#define ZS_FLOW_CALLS_INT_H

#include "flow/calls.h"
#include "flow/execute.h"
#include "flow/link_int.h"

#define CALLS_MAX         16384 /* under way in all */
#define CALLS_AT_ONCE     32    /* in flight to one endpoint */
#define CALL_MEMORY       ((size_t)64 * 1024 * 1024)
#define CALL_REPLY_MEMORY ((size_t)48 * 1024 * 1024) /* the client takes 16 MB, and doubles */

/* Where calls of one endpoint go. Opened for the first, closed some time after the last. */
struct target {
    struct calls *owner;
    const struct config_endpoint *ep; /* also, as bytes, its key */
    struct link *link;
    struct conn_dest dest;
    struct list queue; /* of call, first come first sent */
    struct list sent;  /* of call */
    struct list rests; /* of call, between attempts */
    size_t n_calls;    /* that point here, wherever they are */
    struct loop_timer rate_timer;
    struct loop_timer idle_timer;
    bool pumping, pump_again;
};

enum call_state {
    CALL_BEGINS = 0, /* being committed, or being made */
    CALL_QUEUED,     /* on the target's queue */
    CALL_SENT,       /* in flight */
    CALL_RESTS,      /* until the next attempt */
    CALL_ENDS        /* its end is being committed */
};

struct call {
    struct calls *owner;
    struct execute *x;
    struct arena *arena; /* this struct, the payload, texts of attempts */
    struct target *target;
    enum call_state state;
    struct list_node node; /* the target's queue, sent or rests */
    struct conn_extra extra;
    struct delivery d;   /* its arena stays until the call's end is committed */
    struct verdict last; /* of the last attempt */
    bool answered;       /* there was one */
    struct store_exec begun;
    struct store_exec_end ended;
    struct commit_op op;
    struct execute_attempt *attempts;
    size_t n_attempts, cap_attempts;
    struct err unfit; /* the payload could not be made: id NULL when it could */
    struct loop_timer timer;
    uint64_t start_mono, sent_mono;
    int64_t sent_ms;
    unsigned n_sent; /* attempts made; the record may have fewer for want of memory */
    unsigned n_ends; /* how often its end was refused */
};

struct calls {
    struct calls_conf conf;
    struct strmap targets; /* by endpoint object */
    size_t n_calls;
    struct list sides; /* of setup.c: probes and credentials under way */
    bool stopping;
    struct loop_timer stop_timer;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

struct loop *calls_loop(const struct calls *c);

/* ---- calls.c ---- */

/* The endpoint's target, counting this call; RC_NOMEM or the connector's error. */
enum rc target_get(struct calls *c, const struct config_endpoint *ep, struct target **out,
                   struct err *e) ZS_CHECK;
void target_put(struct target *t);

/* Its turn comes by call_now, unless target_leave comes first. */
void target_enqueue(struct call *call);
void target_rest(struct call *call);  /* it is between two attempts */
void target_leave(struct call *call); /* off whatever list it is on; another may have its turn */
void calls_try_stopped(struct calls *c);

/* ---- execute.c ---- */

void call_now(struct call *call);
void call_end_unsent(struct call *call, const struct err *why);
void call_stop(struct call *call); /* the engine stops */

/* ---- exec_payload.c ---- */

/* application/json, text/json or one that ends in +json, parameters aside. */
bool exec_is_json(struct str content_type);

/*
 * What is sent for `x->body`: through the endpoint's dataMapping, or as it is. Findings of the
 * mapping are the error: RC_VALUE with its own id.
 */
enum rc exec_payload(const struct execute *x, int64_t now_ms, struct arena *a, struct str *body,
                     struct str *content_type, struct err *e) ZS_CHECK;

bool exec_is_http(const struct config_endpoint *ep);
bool exec_has_body(const struct config_endpoint *ep); /* of one over HTTP, by its method */

/* The call's own headers and query, and what an HTTP request says besides unless it is said. */
enum rc exec_extra(const struct execute *x, struct arena *a, struct conn_extra *out,
                   struct err *e) ZS_CHECK;

/* What a mapping says of an answer, or NULL and text: see exec_processed. */
struct exec_processed {
    const struct json *json; /* NULL: text */
    struct str text;
    const char *error; /* processingError; NULL: none */
};

/* The responseMapping of the endpoint (it has one) on an answer. Never fails: see error. */
void exec_process(const struct config_endpoint *ep, struct str reply, int64_t now_ms,
                  struct arena *a, struct exec_processed *out);

/* ---- exec_record.c ---- */

/* The guide's `request`, in a; extra as exec_extra made it. */
enum rc exec_request(const struct execute *x, const struct conn_extra *extra,
                     struct str content_type, int64_t at_ms, struct arena *a, struct str *out,
                     struct err *e) ZS_CHECK;

/* {"response":…,"attempts":[…]}; v NULL or without an answer: response is null. */
struct exec_result {
    const struct execute *x;
    const struct verdict *v;
    const struct execute_attempt *attempts;
    size_t n_attempts;
    bool cut; /* leave the data out, and say so */
};
enum rc exec_result(const struct exec_result *r, struct arena *scratch, struct str *out,
                    struct err *e) ZS_CHECK;

/* The same of a dry run: what would be sent. */
enum rc exec_dry_result(const struct execute *x, struct str body, struct str content_type,
                        struct str *out, struct err *e) ZS_CHECK;

/* ---- setup.c ---- */

struct calls_side {
    struct list_node node; /* on calls.sides */
    void (*stop)(struct calls_side *t);
};

#endif
