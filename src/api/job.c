/*
 * Requests that read the store: on a pool thread, answered from there, and recorded as an act
 * first where the handler says so. Tests: tests/scen
 */
#include "api/api_int.h"

#include "base/alloc.h"

static void send(struct api_job *j)
{
    static const struct http_field no_store = { STR_INIT("Cache-Control"), STR_INIT("no-store") };
    struct http_response *r = arena_make(j->arena, struct http_response, 1);
    if (!r) {
        http_reply_drop(&j->reply);
        return;
    }
    *r = (struct http_response){ .status = j->status,
                                 .type = j->type,
                                 .fields = &no_store,
                                 .n_fields = 1,
                                 .body = str_is_null(j->raw) ? buf_view(&j->body) : j->raw };
    http_reply_send(&j->reply, r);
}

static void send_problem(struct api_job *j, const struct err *e)
{
    buf_clear(&j->body);
    j->raw = STR_NULL;
    j->status = api_status_of(e);
    j->type = STR("application/problem+json");
    api_problem_body(&j->body, j->status, e);
    send(j);
}

static enum rc finish_body(struct api_job *j, struct err *e)
{
    if (!str_is_null(j->raw))
        return RC_OK;
    enum rc rc = jw_done(&j->w, e);
    buf_char(&j->body, '\n');
    return rc == RC_OK ? buf_rc(&j->body, e) : rc;
}

/* Writer's thread: the act is durable, the answer may go. */
static void act_done(struct store_batch *b)
{
    struct api_job *j = b->ctx;
    struct err e;
    enum rc rc = j->op.rc;
    if (rc != RC_OK)
        (void)err_set(&e, rc, "API-006", "the act could not be recorded, so it was not done");
    else if (j->apply)
        rc = j->apply(j, &e);
    if (rc == RC_OK)
        send(j);
    else
        send_problem(j, &e);
    struct api *a = j->api;
    loop_post(a->loop, &j->work.post);
}

static void job_free(struct loop_post *p)
{
    struct api_job *j = ZS_CONTAINER(p, struct api_job, work.post);
    struct api *a = j->api;
    mem_free(j);
    api_job_over(a);
}

static void record_act(struct api_job *j)
{
    j->act.actor = str_z(j->who.id);
    j->act.peer = str_z(j->peer);
    j->op = (struct store_op){ .kind = STORE_ACT, .act = &j->act };
    j->batch = (struct store_batch){ .first = &j->op, .n = 1, .done = act_done, .ctx = j };
    store_append(j->api->conf.store, &j->batch);
}

static void job_run(struct pool_work *w)
{
    struct api_job *j = ZS_CONTAINER(w, struct api_job, work);
    struct err e;
    enum rc rc = j->run(j, &e);
    if (rc == RC_OK)
        rc = finish_body(j, &e);
    if (rc != RC_OK) {
        j->act.verb = STR_NULL;
        send_problem(j, &e);
    } else if (j->act.verb.n == 0) {
        send(j);
    }
}

static void job_done(struct pool_work *w, enum rc rc)
{
    struct api_job *j = ZS_CONTAINER(w, struct api_job, work);
    if (rc == RC_OK && j->act.verb.n > 0) {
        j->work.post.fn = job_free;
        record_act(j);
        return;
    }
    struct api *a = j->api;
    http_reply_drop(&j->reply); /* cancelled before it ran; NULL when it was sent */
    mem_free(j);
    api_job_over(a);
}

static enum rc job_fill(struct api_job *j, struct api_call *c, const char *param, struct err *e)
{
    enum rc rc = http_reply_new(c->x, API_ANSWER_MAX, &j->reply, e);
    if (rc != RC_OK)
        return rc;
    j->api = c->api;
    j->arena = http_reply_arena(j->reply);
    j->who = c->who;
    (void)addr_text(http_peer(c->x), j->peer); /* its length is of no use here */
    if (param)
        j->name = arena_str(j->arena, http_match_param(c->match, param));
    struct str query = http_target_of(c->x)->query;
    j->query = str_is_null(query) ? STR_NULL : arena_str(j->arena, query);
    j->status = 200;
    j->type = STR("application/json");
    buf_init_arena(&j->body, j->arena, API_ANSWER_MAX / 2);
    jw_init(&j->w, &j->body, JSON_COMPACT);
    return RC_OK;
}

void api_job_start(struct api_call *c, const char *param,
                   enum rc (*run)(struct api_job *j, struct err *e))
{
    struct err e;
    struct api_job *j = mem_new(struct api_job);
    enum rc rc = j ? job_fill(j, c, param, &e)
                   : err_set(&e, RC_NOMEM, "API-005", "no memory to answer this");
    if (rc != RC_OK) {
        mem_free(j);
        api_problem(c->x, api_status_of(&e), &e);
        return;
    }
    j->run = run;
    j->work.run = job_run;
    j->work.done = job_done;
    c->api->n_jobs++;
    rc = pool_submit(engine_pool(c->api->conf.engine), c->api->loop, &j->work, &e);
    if (rc == RC_OK)
        return;
    send_problem(j, &e);
    c->api->n_jobs--;
    mem_free(j);
}
