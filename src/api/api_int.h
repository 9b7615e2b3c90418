/*
 * The API from inside: a request's context, answering, work on the pool, acts.
 */
#ifndef ZS_API_API_INT_H
#define ZS_API_API_INT_H

#include "api/api.h"

#include "json/jw.h"
#include "net/pool.h"

/* Of memory for one answer: the largest record, decoded, and what is made of it. */
#define API_ANSWER_MAX ((size_t)256 * 1024 * 1024)

struct api {
    struct api_conf conf;
    struct loop *loop;
    struct http_server *server;
    size_t n_jobs;
    bool server_stopped;
};

/* What a handler gets: the route's match is borrowed for the call. */
struct api_call {
    struct api *api;
    struct http_exchange *x;
    const struct http_match *match;
    struct principal who; /* role AUTH_NOBODY on free routes */
};

typedef void api_handler(struct api_call *c);

/*
 * Work on a pool thread. Made on the loop by api_job_new; run fills `body` (JSON by `w`, or bytes
 * with `type`), or returns an error that becomes the problem document.
 */
struct api_job {
    struct pool_work work;
    struct api *api;
    struct http_reply *reply;
    struct arena *arena; /* the reply's */
    struct principal who;
    char peer[ADDR_TEXT_MAX];
    struct str name;  /* {id} or {name}, copied */
    struct str query; /* raw, copied; STR_NULL without */
    struct buf body;
    struct jw w;
    struct str raw;  /* set: this is the body, in the arena, and not what w wrote */
    struct str type; /* of the answer; application/json unless run says otherwise */
    unsigned status;
    enum rc (*run)(struct api_job *j, struct err *e);
    /* written by run: an act to record before the answer goes out; verb empty: none */
    struct store_act act;
    /* then, once it is durable and before the answer: do it. Writer's thread: quick. */
    enum rc (*apply)(struct api_job *j, struct err *e);
    struct store_op op;
    struct store_batch batch;
};

/* answer.c */
void api_problem(struct http_exchange *x, unsigned status, const struct err *e);
/* The body of a problem document. */
void api_problem_body(struct buf *b, unsigned status, const struct err *e);
/* 404, 400, 403 … for an error of ours. */
unsigned api_status_of(const struct err *e);
void api_json(struct http_exchange *x, unsigned status, struct buf *b);

/* job.c: run on the pool and answer. What cannot be started is answered at once. */
void api_job_start(struct api_call *c, const char *param,
                   enum rc (*run)(struct api_job *j, struct err *e));

/* api.c: a job was answered and is gone */
void api_job_over(struct api *a);

/* query.c: typed parameters; RC_VALUE API-003 names the parameter. */
enum rc api_query_str(struct api_job *j, const char *name, struct str *out, struct err *e) ZS_CHECK;
enum rc api_query_u64(struct api_job *j, const char *name, uint64_t min, uint64_t max,
                      uint64_t dflt, uint64_t *out, struct err *e) ZS_CHECK;
enum rc api_query_time(struct api_job *j, const char *name, int64_t *out, struct err *e) ZS_CHECK;
/* RC_VALUE API-004 for a parameter that no handler reads, with the nearest name. */
enum rc api_query_only(struct api_job *j, const char *const *names, size_t n,
                       struct err *e) ZS_CHECK;

/* Members that several resources show alike. */
void api_put_time(struct jw *w, const char *name, int64_t at_ms);
void api_put_id(struct jw *w, const char *name, struct store *s, uint64_t seq);

/* handlers */
void api_livez(struct api_call *c);
void api_readyz(struct api_call *c);
void api_status(struct api_call *c);
void api_channels(struct api_call *c);
void api_channel(struct api_call *c);
void api_channel_pause(struct api_call *c);
void api_channel_resume(struct api_call *c);
void api_messages(struct api_call *c);
void api_message(struct api_call *c);
void api_message_body(struct api_call *c);
void api_message_trace(struct api_call *c);
void api_audit(struct api_call *c);

#endif
