/*
 * One call's life; see api_int.h. What is answered is put together where the work was done, so the
 * API's loop only hands it to the connection. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"

/* ---- its end ------------------------------------------------------------------------------ */

static void call_free(struct api_call *c)
{
    struct api *a = c->api;
    http_reply_drop(&c->reply); /* NULL when it was sent */
    mem_free(c);
    api_call_over(a);
}

static void on_over(struct loop_post *p)
{
    call_free(ZS_CONTAINER(p, struct api_call, post));
}

/* A field whose text is made of a number. */
static struct str number_text(struct arena *a, const char *before, uint64_t n, const char *after)
{
    struct buf b;
    buf_init_arena(&b, a, 64);
    buf_z(&b, before);
    buf_u64(&b, n);
    buf_z(&b, after);
    return buf_view(&b);
}

static void add_field(struct http_response *r, struct http_field *fields, struct str name,
                      struct str value)
{
    if (value.n > 0)
        fields[r->n_fields++] = (struct http_field){ name, value };
}

#define N_FIELDS 6

static void send(struct api_call *c)
{
    struct http_response *r = arena_make(c->arena, struct http_response, 1);
    struct http_field *fields = arena_make(c->arena, struct http_field, N_FIELDS);
    if (!r || !fields) {
        http_reply_drop(&c->reply);
        return;
    }
    *r = (struct http_response){ .status = c->status, .fields = fields };
    add_field(r, fields, STR("Cache-Control"), STR("no-store"));
    add_field(r, fields, STR("X-Content-Type-Options"), STR("nosniff"));
    if (c->version)
        add_field(r, fields, STR("ETag"), number_text(c->arena, "\"", c->version, "\""));
    if (c->retry_ms)
        add_field(r, fields, STR("Retry-After"),
                  number_text(c->arena, "", c->retry_ms / 1000 + 1, ""));
    if (c->status == 401)
        add_field(r, fields, STR("WWW-Authenticate"), STR("Bearer realm=\"zarish\""));
    add_field(r, fields, STR("Location"), c->location);
    if (c->status != 204 && c->status != 304) {
        r->type = c->type;
        r->body = str_is_null(c->raw) ? buf_view(&c->out) : c->raw;
    }
    http_reply_send(&c->reply, r);
}

static enum rc finish_body(struct api_call *c, struct err *e)
{
    if (c->route->method == HTTP_GET && c->version && c->seen.unless == c->version)
        c->status = 304;
    if (c->status == 204 || c->status == 304 || !str_is_null(c->raw))
        return RC_OK;
    enum rc rc = jw_done(&c->w, e);
    buf_char(&c->out, '\n');
    return rc == RC_OK ? buf_rc(&c->out, e) : rc;
}

static void put_problem(struct api_call *c, const struct err *e)
{
    struct err none;
    buf_clear(&c->out);
    c->raw = STR_NULL;
    c->version = 0;
    c->location = STR_NULL;
    c->status = c->problem_status ? c->problem_status : api_status_of(e);
    c->type = STR("application/problem+json");
    if (c->status == 503 && !c->retry_ms)
        c->retry_ms = 1000;
    jw_init(&c->w, &c->out, JSON_COMPACT);
    jw_object(&c->w);
    api_problem_members(&c->w, c->status, e);
    if (c->errors.n) {
        jw_keyz(&c->w, "errors");
        jw_text(&c->w, c->errors);
    }
    jw_end(&c->w);
    if (jw_done(&c->w, &none) != RC_OK)
        buf_clear(&c->out); /* no memory: the status alone has to do */
}

static void settle(struct api_call *c, enum rc rc, const struct err *why)
{
    struct err e;
    if (rc != RC_OK)
        e = *why;
    else
        rc = finish_body(c, &e);
    if (rc != RC_OK)
        put_problem(c, &e);
    /* the bytes are the exchange's, which has no use for them any more */
    if ((c->route->flags & API_SECRET) && c->body.n)
        mem_wipe((void *)(uintptr_t)c->body.p, c->body.n);
    send(c);
}

void api_finish(struct api_call *c, enum rc rc, const struct err *e)
{
    settle(c, rc, e);
    c->post.fn = on_over;
    loop_post(c->api->loop, &c->post);
}

static void on_answer(struct loop_post *p)
{
    struct api_call *c = ZS_CONTAINER(p, struct api_call, post);
    struct err e;
    enum rc rc = c->answer(c, &e);
    settle(c, rc, &e);
    call_free(c);
}

void api_answer(struct api_call *c, api_run *answer)
{
    c->answer = answer;
    c->post.fn = on_answer;
    loop_post(c->api->loop, &c->post);
}

/* ---- where it runs ------------------------------------------------------------------------ */

static void run_here(struct api_call *c)
{
    struct err e;
    enum rc rc = c->route->run(c, &e);
    settle(c, rc, &e);
    call_free(c);
}

static void pool_run(struct pool_work *w)
{
    struct api_call *c = ZS_CONTAINER(w, struct api_call, work);
    struct err e;
    enum rc rc = c->route->run(c, &e);
    settle(c, rc, &e);
}

static void pool_done(struct pool_work *w, enum rc rc)
{
    struct api_call *c = ZS_CONTAINER(w, struct api_call, work);
    struct err e;
    if (rc != RC_OK)
        settle(c, err_set(&e, RC_AGAIN, "API-011", "the engine is stopping"), &e);
    call_free(c);
}

static void run_on_pool(struct api_call *c)
{
    struct err e;
    c->work.run = pool_run;
    c->work.done = pool_done;
    enum rc rc = pool_submit(engine_pool(c->api->conf.engine), c->api->loop, &c->work, &e);
    if (rc == RC_OK)
        return;
    settle(c, rc, &e);
    call_free(c);
}

static void on_engine(struct loop_post *p)
{
    struct api_call *c = ZS_CONTAINER(p, struct api_call, post);
    struct err e;
    enum rc rc = c->route->run(c, &e);
    if (rc != RC_OK)
        api_finish(c, rc, &e);
}

static void run_on_engine(struct api_call *c)
{
    c->post.fn = on_engine;
    loop_post(engine_loop(c->api->conf.engine), &c->post);
}

/* ---- its beginning ------------------------------------------------------------------------ */

static enum rc call_fill(struct api_call *c, const struct http_match *m, struct err *e)
{
    enum rc rc = http_reply_new(c->x, API_ANSWER_MAX, &c->reply, e);
    if (rc != RC_OK)
        return rc;
    c->arena = http_reply_arena(c->reply);
    if (c->route->flags & API_SECRET)
        arena_wipe_on_free(c->arena);
    (void)addr_text(http_peer(c->x), c->peer); /* their lengths are of no use here */
    (void)addr_text_ip(http_peer(c->x), c->ip);
    memcpy(c->params, m->params, sizeof c->params);
    c->body_type = http_media_type(http_field_of(c->x, STR("Content-Type")));
    c->status = 200;
    c->type = STR("application/json");
    buf_init_arena(&c->out, c->arena, API_ANSWER_MAX / 2);
    jw_init(&c->w, &c->out, JSON_COMPACT);
    return RC_OK;
}

static enum rc call_read(struct api_call *c, struct err *e)
{
    enum rc rc =
        api_read_query(c->route->params, http_target_of(c->x)->query, c->arena, &c->query, e);
    if (rc == RC_OK)
        rc = api_read_seen(http_field_of(c->x, STR("If-Match")),
                           http_field_of(c->x, STR("If-None-Match")), &c->seen, e);
    return rc == RC_OK ? api_read_body(c, e) : rc;
}

void api_begin(struct api *a, struct http_exchange *x, const struct http_match *m,
               const struct api_route *route, const struct principal *who, struct str body)
{
    static void (*const run[])(struct api_call * c) = {
        [API_HERE] = run_here, [API_POOL] = run_on_pool, [API_ENGINE] = run_on_engine
    };
    struct err e;
    struct api_call *c = mem_new(struct api_call);
    if (!c) {
        (void)err_set(&e, RC_NOMEM, "API-005", "no memory to answer this");
        api_refuse(x, 503, &e, NULL);
        return;
    }
    *c = (struct api_call){ .api = a, .route = route, .x = x, .who = *who, .body = body };
    enum rc rc = call_fill(c, m, &e);
    if (rc != RC_OK) {
        mem_free(c);
        api_refuse(x, api_status_of(&e), &e, NULL);
        return;
    }
    a->n_calls++;
    rc = call_read(c, &e);
    if (rc == RC_OK && route->prepare)
        rc = route->prepare(c, &e);
    if (rc == RC_OK) {
        run[route->where](c);
        return;
    }
    settle(c, rc, &e);
    call_free(c);
}

struct str api_path(const struct api_call *c, const char *name)
{
    struct str rest = str_z(c->route->path), have;
    for (size_t i = 0; api_path_param(&rest, &have); i++)
        if (str_eqz(have, name))
            return c->params[i];
    ZS_NEVER("the route has this parameter");
}
