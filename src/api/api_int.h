/*
 * The API from inside: one call from the end of its head to its answer.
 *
 *   gate ── body collected ── api_call made ── query, If-Match, body read by the route's tables ──
 *        ── run (here, on the pool, on the engine's loop) ── api_finish ── sent ── freed
 *
 * Everything up to run happens on the API's loop; run and the answer are where the route says.
 */
#ifndef ZS_API_API_INT_H
#define ZS_API_API_INT_H

#include "api/api.h"
#include "api/route.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "net/pool.h"

/* Of memory for one answer: the largest record, decoded, and what is made of it. */
#define API_ANSWER_MAX ((size_t)256 * 1024 * 1024)

struct api {
    struct api_conf conf;
    struct loop *loop;
    struct http_server *server;
    size_t n_calls;
    struct mutex users; /* one change of a user at a time, through storage and memory */
    struct api_table table;
};

/* Which version of the object the caller means (If-Match, If-None-Match). */
struct api_seen {
    bool given;       /* If-Match stood there */
    bool any;         /* "*" */
    bool never;       /* If-Match that no version of ours can have */
    bool fresh;       /* If-None-Match: * */
    uint64_t version; /* of the one named */
    uint64_t unless;  /* If-None-Match: that version is known already; 0: none */
};

struct api_call {
    struct api *api;
    const struct api_route *route;
    struct http_exchange *x; /* lives as long as `reply` */
    struct http_reply *reply;
    struct arena *arena; /* the reply's; wipes with API_SECRET */
    struct principal who;
    char peer[ADDR_TEXT_MAX]; /* with port, for the audit */
    char ip[ADDR_TEXT_MAX];
    struct str params[HTTP_ROUTE_PARAMS]; /* of the path, in its order */
    const void *query;                    /* the struct of route->params */
    struct str body;                      /* borrowed from the exchange */
    struct str body_type;                 /* its media type; empty: none given */
    struct json *doc;                     /* API_JSON, API_DOCUMENT: the body read */
    void *input;                          /* the struct of route->body->table */
    struct api_seen seen;
    /* the answer */
    unsigned status; /* 200 unless run says otherwise */
    struct str type; /* application/json likewise */
    struct buf out;
    struct jw w;             /* over out */
    struct str raw;          /* set: this is the body and not what w wrote */
    uint64_t version;        /* for the ETag; 0: none */
    struct str location;     /* of what was made; may be empty */
    uint32_t retry_ms;       /* Retry-After; 0: none */
    unsigned problem_status; /* instead of api_status_of; 0: that */
    struct str errors;       /* of a problem: JSON text of an array of findings */
    /* under way */
    struct pool_work work;
    struct loop_post post;
    struct manage_op op;
    api_run *answer; /* api_answer's */
    void *own;       /* what prepare made for run */
};

/* ---- answer.c ---- */

/* The status for an error of ours: 404, 400, 403 … */
unsigned api_status_of(const struct err *e);
/* The members of a problem document (RFC 9457) into the open object. */
void api_problem_members(struct jw *w, unsigned status, const struct err *e);
/* The whole of it. */
void api_problem_body(struct buf *b, unsigned status, const struct err *e);
/* On the loop, before there is a call. */
void api_refuse(struct http_exchange *x, unsigned status, const struct err *e,
                const struct http_field *field);

/* {"items": [ … then api_list_end closes it. next STR_NULL: null. */
void api_list(struct jw *w);
void api_list_end(struct jw *w, struct str next);

void api_put_time(struct jw *w, const char *name, int64_t at_ms);
void api_put_time_or_null(struct jw *w, const char *name, int64_t at_ms); /* 0 is null */
void api_put_id(struct jw *w, const char *name, struct store *s, uint64_t seq);
/* Empty is null. */
void api_put_or_null(struct jw *w, const char *name, struct str text);

/* ---- call.c ---- */

/* The handler of every route. */
void api_begin(struct api *a, struct http_exchange *x, const struct http_match *m,
               const struct api_route *route, const struct principal *who, struct str body);

/* From run of an API_ENGINE route, once, on any thread: answer. rc not RC_OK: a problem. */
void api_finish(struct api_call *c, enum rc rc, const struct err *e);

/* The same, but the answer is put together on the API's loop: that one has time. */
void api_answer(struct api_call *c, api_run *answer);

/* api.c: a call was answered and is gone. Loop. */
void api_call_over(struct api *a);

/* The path's parameter of that name (asserted). Borrowed as the call. */
struct str api_path(const struct api_call *c, const char *name);

/* ---- query.c, body.c, etag.c: RC_VALUE API-003, API-004; RC_SYNTAX and others see codes.c ---- */

enum rc api_read_query(const struct api_params *p, struct str query, struct arena *a,
                       const void **out, struct err *e) ZS_CHECK;
enum rc api_read_body(struct api_call *c, struct err *e) ZS_CHECK;
/* Strict JSON within the limits of the route's body. */
enum rc api_parse(struct api_call *c, struct str text, struct json **out, struct err *e) ZS_CHECK;
/* Read doc by the table; findings become the problem's `errors`. *out: a struct of the table. */
enum rc api_decode(struct api_call *c, const struct opt_table *t, const struct json *doc,
                   void **out, struct err *e) ZS_CHECK;
/* if_match, if_none: the fields, STR_NULL without. */
enum rc api_read_seen(struct str if_match, struct str if_none, struct api_seen *out,
                      struct err *e) ZS_CHECK;
/* Does the version fit what the caller asked for? RC_STATE API-010. */
enum rc api_check_seen(const struct api_seen *seen, uint64_t version, struct err *e) ZS_CHECK;

/* ---- cursor.c: opaque to callers, short, never patient data ---- */

struct str api_cursor(struct arena *a, uint64_t seq, unsigned n);
/* Empty gives 0, 0. RC_VALUE API-003. */
enum rc api_cursor_read(struct str text, uint64_t *seq, unsigned *n, struct err *e) ZS_CHECK;
struct str api_cursor_name(struct arena *a, struct str name);
enum rc api_cursor_name_read(struct str text, struct arena *a, struct str *name,
                             struct err *e) ZS_CHECK;

/* ---- act.c ---- */

/* One act of the audit; texts may be on the stack. */
struct api_act {
    const char *verb; /* "secret.set" */
    const char *kind; /* "secret": the object is kind/name */
    struct str name;
    struct str before; /* what it was and becomes, in a word (a role, a hash); may be empty */
    struct str after;
};

/*
 * Record it and wait until it is durable: what follows may then be done, or shown. Pool threads.
 * RC_LIMIT, RC_IO API-006.
 */
enum rc api_act(struct api_call *c, const struct api_act *act, struct err *e) ZS_CHECK;

/* ---- manage_call.c ---- */

/*
 * The run of an API_ENGINE route that is one operation of manage: `verb` and `object` of the route,
 * the body as its document, the path's {id} or {name} and {endpointId}. What is special stands in
 * c->op before.
 */
api_run api_manage;

/* ---- documents.c: of the route's `object` ---- */

api_run api_object_run;
api_run api_object_list_run;
extern const struct api_params api_object_list_params;
extern const struct shape api_object_shape;
extern const struct shape api_object_row_shape;

/* ---- executions.c, execute.c, analytics.c: routes below an integration ---- */

/* The guide's record, from what is stored or has just happened. */
struct api_execution {
    const char *id; /* NULL: null */
    struct str integration_id, endpoint_id;
    struct store_exec_row row;
    struct str actor, request, result; /* as stored; empty: none */
    struct str sent;                   /* of a delivery: its payload */
    bool content;                      /* the caller may see data */
};

/* As members of the open object; the row without request and response. */
void api_put_execution_row(struct api_call *c, const struct api_execution *x);
enum rc api_put_execution(struct api_call *c, const struct api_execution *x,
                          struct err *e) ZS_CHECK;

api_run api_executions_run;
api_run api_logs_run;
api_run api_analytics_run;
api_run api_execute_prepare;
api_run api_execute_run;
extern const struct api_params api_integration_execution_params;
extern const struct api_params api_integration_log_params;
extern const struct api_params api_analytics_params;
extern const struct api_body api_execute_body;
extern const struct api_answer api_execute_answers[];
#define API_N_EXECUTE_ANSWERS 5

/* ---- shapes.c ---- */

extern const struct shape api_analytics_shape;
extern const struct shape api_endpoint_shape;
extern const struct shape api_endpoint_test_shape;
extern const struct shape api_execution_row_shape;
extern const struct shape api_execution_shape;
extern const struct shape api_finding_shape;
extern const struct shape api_integration_health_shape;
extern const struct shape api_integration_shape;
extern const struct shape api_log_shape;
extern const struct shape api_problem_shape;
extern const struct shape api_test_shape;
extern const struct shape api_validation_shape;

/* ---- resources ---- */
extern const struct api_resource api_apply_resource;
extern const struct api_resource api_audit_resource;
extern const struct api_resource api_channels_resource;
extern const struct api_resource api_executions_resource;
extern const struct api_resource api_health_resource;
extern const struct api_resource api_integrations_resource;
extern const struct api_resource api_keys_resource;
extern const struct api_resource api_mappings_resource;
extern const struct api_resource api_messages_resource;
extern const struct api_resource api_secrets_resource;
extern const struct api_resource api_session_resource;
extern const struct api_resource api_tables_resource;
extern const struct api_resource api_users_resource;
extern const struct api_resource api_validate_resource;

#endif
