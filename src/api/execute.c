/*
 * The guide's executeIntegrationRequest: what the body says becomes a call of flow, and what came
 * of it an answer. Reading and writing are done on the API's loop; the engine's, which channels
 * live on, has the call alone.
 *
 * Content-Type application/json and an object: {data, options}, strictly. Any other JSON value, and
 * any other content type, is the data itself. Tests: tests/scen/api_test.py
 */
#include "api/api_int.h"
#include "flow/execute.h"
#include "net/client.h"

#define BODY_MAX ((size_t)16 * 1024 * 1024)

/* ---- what the body says ------------------------------------------------------------------- */

struct options {
    uint64_t timeout_ms;
    bool has_timeout;
    int64_t retries;
    bool has_retries;
    struct opt_map headers, parameters;
    struct str idempotency_key;
    bool dry_run;
};

struct envelope {
    const struct json *data;
    struct options *options;
};

static const struct opt_def option_rows[] = {
    { .name = "timeout",
      .kind = OPT_MS,
      .at = offsetof(struct options, timeout_ms),
      .seen = OPT_SEEN(struct options, has_timeout),
      .min = 1,
      .max = 86400000,
      .doc = "Longest time for one attempt; by default the endpoint's." },
    { .name = "retries",
      .kind = OPT_INT,
      .at = offsetof(struct options, retries),
      .seen = OPT_SEEN(struct options, has_retries),
      .min = 0,
      .max = 100,
      .doc = "How often a failure is tried again; by default the endpoint's." },
    { .name = "headers",
      .kind = OPT_MAP,
      .at = offsetof(struct options, headers),
      .max = 100,
      .doc = "Headers of this call; one that the endpoint has too replaces it." },
    { .name = "parameters",
      .kind = OPT_MAP,
      .at = offsetof(struct options, parameters),
      .max = 100,
      .doc = "Parameters of this call beside the endpoint's." },
    { .name = "idempotencyKey",
      .kind = OPT_STR,
      .at = offsetof(struct options, idempotency_key),
      .max = 255,
      .doc = "Sent along, so that the peer can tell a repeat. The header Idempotency-Key of the "
             "request means the same." },
    { .name = "dryRun",
      .kind = OPT_BOOL,
      .at = offsetof(struct options, dry_run),
      .doc = "Map and show what would be sent; nothing is sent or kept." },
};
static const struct opt_table option_table =
    OPT_TABLE("ExecuteOptions", struct options, option_rows, "How a call is made.");

static const struct opt_def envelope_rows[] = {
    { .name = "data",
      .kind = OPT_JSON,
      .at = offsetof(struct envelope, data),
      .doc = "What is sent, before the endpoint's dataMapping." },
    { .name = "options",
      .kind = OPT_OBJ,
      .at = offsetof(struct envelope, options),
      .sub = &option_table,
      .doc = "How." },
};
static const struct opt_table envelope_table =
    OPT_TABLE("ExecuteRequest", struct envelope, envelope_rows, "A call of an endpoint.");

const struct api_body api_execute_body = {
    API_ANY, BODY_MAX, .table = &envelope_table,
    .doc = "With application/json an object is {data, options}, and any other value the data "
           "itself. A body of another type is sent as it is."
};

/* One call, in the caller's arena. */
struct exec_call {
    struct execute x;
    struct api_call *c;
    struct manage_ref ref;
    struct conn_extra extra;
    struct options options;
};

static enum rc read_envelope(struct exec_call *x, const struct json *doc, struct err *e)
{
    struct api_call *c = x->c;
    void *out = NULL;
    enum rc rc = api_decode(c, &envelope_table, doc, &out, e);
    if (rc != RC_OK)
        return rc;
    const struct envelope *in = out;
    x->x.body = STR_NULL; /* the envelope itself is never sent */
    if (in->options)
        x->options = *in->options;
    if (in->data && !json_is(in->data, JSON_NULL))
        x->x.body = json_source(in->data, c->body);
    return RC_OK;
}

static enum rc read_input(struct exec_call *x, struct err *e)
{
    struct api_call *c = x->c;
    struct json *doc = NULL;
    x->x.body = str_trim(c->body).n ? c->body : STR_NULL;
    if (c->body_type.n > 0 && !str_ieq(c->body_type, STR("application/json"))) {
        x->x.content_type = c->body_type;
        return RC_OK;
    }
    if (str_is_null(x->x.body))
        return RC_OK;
    enum rc rc = api_parse(c, c->body, &doc, e);
    if (rc == RC_OK && json_is(doc, JSON_OBJECT))
        return read_envelope(x, doc, e);
    return rc;
}

static enum rc copy_pairs(struct api_call *c, const struct opt_map *from,
                          const struct conn_header **out, size_t *n, struct err *e)
{
    struct conn_header *v = arena_make(c->arena, struct conn_header, from->n);
    if (!v)
        return err_set(e, RC_NOMEM, "API-005", "no memory to answer this");
    for (size_t i = 0; i < from->n; i++)
        v[i] = (struct conn_header){ from->v[i].name, from->v[i].text };
    *out = v;
    *n = from->n;
    return RC_OK;
}

static enum rc check_headers(const struct opt_map *h, struct err *e)
{
    for (size_t i = 0; i < h->n; i++)
        if (!http_is_token(h->v[i].name) || !http_is_field_value(h->v[i].text) ||
            client_is_framing(h->v[i].name))
            return err_set(e, RC_VALUE, "API-009",
                           "options.headers[%zu] is no HTTP header that may be set", i);
    return RC_OK;
}

static enum rc check_key(struct str key, struct err *e)
{
    if (key.n > 255)
        return err_set(e, RC_VALUE, "API-009", "Idempotency-Key is longer than 255 bytes");
    if (!http_is_field_value(key))
        return err_set(e, RC_VALUE, "API-009", "the idempotency key is no HTTP field value");
    return RC_OK;
}

static enum rc use_options(struct exec_call *x, struct err *e)
{
    const struct options *o = &x->options;
    struct str key =
        o->idempotency_key.n ? o->idempotency_key : http_field_of(x->c->x, STR("Idempotency-Key"));
    enum rc rc = check_headers(&o->headers, e);
    if (rc == RC_OK)
        rc = copy_pairs(x->c, &o->headers, &x->extra.headers, &x->extra.n_headers, e);
    if (rc == RC_OK)
        rc = copy_pairs(x->c, &o->parameters, &x->extra.query, &x->extra.n_query, e);
    if (rc == RC_OK)
        rc = check_key(key, e);
    x->x.timeout_ms = o->has_timeout ? (uint32_t)o->timeout_ms : 0;
    x->x.retries = o->has_retries ? o->retries : -1;
    x->x.extra = o->headers.n || o->parameters.n ? &x->extra : NULL;
    x->x.idempotency_key = key;
    x->x.dry_run = o->dry_run;
    return rc;
}

/* ---- what came of it ---------------------------------------------------------------------- */

static enum rc put_record(struct exec_call *x, struct err *e)
{
    struct api_call *c = x->c;
    const struct execute *done = &x->x;
    char id[STORE_UUID_TEXT];
    struct api_execution r = { .integration_id = x->ref.id,
                               .endpoint_id = x->ref.endpoint_id,
                               .row = { .integration = x->ref.name,
                                        .endpoint = x->ref.endpoint,
                                        .state = done->state ? done->state : EXEC_COMPLETED,
                                        .start_ms = done->start_ms,
                                        .duration_ms = (uint32_t)(done->end_ms - done->start_ms),
                                        .error = done->error },
                               .request = done->request,
                               .result = done->result,
                               .actor = str_z(c->who.id),
                               .content = true };
    if (done->seq) {
        store_exec_id(c->api->conf.store, done->seq, 0, false, id);
        r.id = id;
    }
    jw_object(&c->w);
    enum rc rc = api_put_execution(c, &r, e);
    jw_end(&c->w);
    return rc;
}

/* A problem document that holds the record. */
static enum rc put_failed(struct exec_call *x, struct err *e)
{
    struct api_call *c = x->c;
    struct err why;
    (void)err_set(&why, x->x.timed_out ? RC_TIMEOUT : RC_PEER, "API-014", "%.*s",
                  STR_ARG(x->x.error));
    c->status = api_status_of(&why);
    c->type = STR("application/problem+json");
    jw_object(&c->w);
    api_problem_members(&c->w, c->status, &why);
    jw_keyz(&c->w, "execution");
    enum rc rc = put_record(x, e);
    jw_end(&c->w);
    return rc;
}

static enum rc answer(struct api_call *c, struct err *e)
{
    struct exec_call *x = c->own;
    if (x->x.rc != RC_OK) {
        *e = x->x.err;
        return x->x.rc;
    }
    return x->x.state == EXEC_FAILED ? put_failed(x, e) : put_record(x, e);
}

static void on_done(struct execute *done)
{
    struct exec_call *x = ZS_CONTAINER(done, struct exec_call, x);
    config_unit_unref(&x->ref.unit);
    api_answer(x->c, answer);
}

static enum rc find(struct exec_call *x, struct err *e)
{
    struct api_call *c = x->c;
    enum rc rc = manage_find(c->api->conf.manage, api_path(c, "id"), api_path(c, "endpointId"),
                             c->arena, &x->ref, e);
    if (rc != RC_OK || x->ref.ep)
        return rc;
    config_unit_unref(&x->ref.unit);
    return err_set(e, RC_STATE, "API-013",
                   "the integration is failed; its record says why, and a PUT mends it");
}

enum rc api_execute_prepare(struct api_call *c, struct err *e)
{
    struct exec_call *x = arena_make(c->arena, struct exec_call, 1);
    if (!x)
        return err_set(e, RC_NOMEM, "API-005", "no memory to answer this");
    c->own = x;
    x->c = c;
    x->x.arena = c->arena;
    x->x.actor = str_z(c->who.id);
    x->x.done = on_done;
    enum rc rc = read_input(x, e);
    return rc == RC_OK ? use_options(x, e) : rc;
}

enum rc api_execute_run(struct api_call *c, struct err *e)
{
    struct exec_call *x = c->own;
    enum rc rc = find(x, e);
    if (rc != RC_OK)
        return rc;
    x->x.ep = x->ref.ep;
    flow_execute(c->api->conf.engine, &x->x);
    return RC_OK;
}

const struct api_answer api_execute_answers[] = {
    { 200, &api_execution_shape, .doc = "It is `completed`." },
    { 409, .doc = "The integration is paused or failed." },
    { 422, .doc = "The data does not fit what the endpoint sends." },
    { 502, .doc = "The peer said no, or could not be reached; `execution` is the record." },
    { 504, .doc = "The peer did not answer in time; `execution` is the record." },
};
_Static_assert(ZS_COUNT(api_execute_answers) == API_N_EXECUTE_ANSWERS, "as the header says");
