/*
 * Credentials and connectivity: the guide's testConnectivity, testEndpoint and
 * monitorIntegrationHealth over what flow offers. Tests go side by side, so many at once and no
 * more. Tests: manage_test.c
 */
#include "manage/manage_int.h"

#include "base/timefmt.h"

/* ---- on the loop -------------------------------------------------------------------------- */

static void on_setup(struct credential_setup *c)
{
    struct run *r = c->ctx;
    r->waits = false;
    r->is_set_up = true;
    run_go(r);
}

void connect_setup(struct run *r)
{
    if (r->outcome != RC_OK || !r->in) {
        run_go(r);
        return;
    }
    r->waits = true;
    r->setup = (struct credential_setup){ .in = r->in, .done = on_setup, .ctx = r };
    flow_setup(r->m->engine, &r->setup);
}

static void start_some(struct run *r);

static void on_tested(struct endpoint_test *t)
{
    struct run *r = t->ctx;
    r->n_ended++;
    if (r->n_started < r->n_tests)
        start_some(r);
    else if (r->n_ended == r->n_tests) {
        r->waits = false;
        run_go(r);
    }
}

static void start_some(struct run *r)
{
    while (r->n_started < r->n_tests && r->n_started - r->n_ended < MANAGE_TESTS_AT_ONCE) {
        struct test_one *one = &r->tests[r->n_started++];
        one->test.done = on_tested;
        one->test.ctx = r;
        flow_test(r->m->engine, &one->test);
    }
}

void connect_test(struct run *r)
{
    bool set_up = !r->is_set_up || r->setup.rc == RC_OK;
    r->tested_at = clock_now_ms(r->m->conf.clock);
    if (r->outcome != RC_OK || !set_up || r->n_tests == 0) {
        r->n_tests = 0;
        run_go(r);
        return;
    }
    r->waits = true;
    start_some(r);
}

/* Who may only look (health) makes the engine send nothing that could change something. */
static bool is_safe_only(const struct run *r, const struct config_endpoint *ep)
{
    struct err none;
    return ep->conn.probe_request && r->op && r->op->verb == MANAGE_HEALTH &&
           auth_allow(&r->op->who, AUTH_OPERATE, &none) != RC_OK;
}

enum rc connect_plan(struct run *r, const struct config_endpoint *only, struct err *e)
{
    size_t n = only ? 1 : r->in->n_endpoints;
    r->tests = arena_make(r->arena, struct test_one, n + 1);
    if (!r->tests)
        return manage_nomem(e);
    config_unit_unref(&r->tested);
    r->tested = config_unit_ref(r->in->unit);
    for (size_t i = 0; i < n; i++) {
        struct endpoint_test *t = &r->tests[i].test;
        t->ep = only ? only : &r->in->endpoints[i];
        t->safe = is_safe_only(r, t->ep);
    }
    r->n_tests = n;
    return RC_OK;
}

/* ---- records ------------------------------------------------------------------------------ */

/* An answer came: a refusal has a status, a missing connection has none. */
static bool was_answered(const struct probe_result *p)
{
    return p->success || p->status_code > 0;
}

/* As it is written: what stands in for a variable may be a secret, and readers see this. */
static struct str written_url(const struct config_endpoint *ep)
{
    const struct config_integration *in = ep->integration;
    const struct json *doc = json_at(json_getz(in->doc, "endpoints"), (size_t)(ep - in->endpoints));
    return json_str_or(json_getz(doc, "url"), ep->url);
}

static void put_test(struct jw *w, const struct endpoint_test *t)
{
    const struct probe_result *p = &t->result;
    const struct config_endpoint *ep = t->ep;
    jw_object(w);
    jw_kstr(w, "endpointId", ep->id);
    jw_kstr(w, "name", ep->name);
    jw_kstr(w, "url", written_url(ep));
    jw_kstr(w, "method", endpoint_method(ep));
    jw_kbool(w, "success", p->success);
    jw_keyz(w, "responseTime");
    if (was_answered(p))
        jw_u64(w, p->duration_ms);
    else
        jw_null(w);
    jw_keyz(w, "statusCode");
    if (p->status_code > 0)
        jw_i64(w, p->status_code);
    else
        jw_null(w);
    jw_kstrz(w, "error", p->success ? NULL : p->err.text);
    jw_kstrz(w, "probe", p->how);
    jw_end(w);
}

static void put_tests(struct jw *w, const struct run *r)
{
    jw_keyz(w, "endpoints");
    jw_array(w);
    for (size_t i = 0; i < r->n_tests; i++)
        put_test(w, &r->tests[i].test);
    jw_end(w);
}

static void put_head(struct jw *w, const struct run *r)
{
    char at[TIME_ISO_SIZE];
    time_iso(r->tested_at, at);
    jw_kstr(w, "integrationId", r->id);
    jw_kstrz(w, "timestamp", at);
}

static size_t n_good(const struct run *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_tests; i++)
        n += r->tests[i].test.result.success ? 1 : 0;
    return n;
}

static struct str set_up_text(const struct run *r, struct arena *a)
{
    struct buf b;
    buf_init_arena(&b, a, 1024);
    buf_z(&b, "Authentication setup failed: ");
    buf_z(&b, r->setup.err.text);
    return buf_view(&b);
}

/* "results: HTTP 503: Service Unavailable; orders: …"; null when all went well. */
enum rc connect_error(struct run *r, struct str *out, struct err *e)
{
    struct buf b;
    buf_init_arena(&b, r->arena, MANAGE_DOC_MAX);
    *out = r->in ? STR_NULL : r->error;
    if (r->is_set_up && r->setup.rc != RC_OK) {
        *out = set_up_text(r, r->arena);
        return RC_OK;
    }
    for (size_t i = 0; i < r->n_tests; i++) {
        const struct endpoint_test *t = &r->tests[i].test;
        if (t->result.success)
            continue;
        if (b.n > 0)
            buf_z(&b, "; ");
        buf_str(&b, t->ep->name);
        buf_z(&b, ": ");
        buf_z(&b, t->result.err.text);
    }
    if (b.n > 0)
        *out = buf_view(&b);
    return buf_rc(&b, e);
}

enum rc connect_judge(struct run *r, struct err *e)
{
    struct str reasons = STR_NULL;
    if (r->outcome != RC_OK)
        return RC_OK;
    enum rc rc = connect_error(r, &reasons, e);
    if (rc != RC_OK || str_is_null(reasons))
        return rc;
    struct buf b;
    buf_init_arena(&b, r->arena, MANAGE_DOC_MAX);
    if (r->setup.rc == RC_OK)
        buf_z(&b, "Connectivity test failed: ");
    buf_str(&b, reasons);
    r->outcome = RC_PEER;
    r->error = buf_view(&b);
    return buf_rc(&b, e);
}

static enum rc finish(struct run *r, struct jw *w, struct buf *b, struct arena *a, struct str *out,
                      struct err *e)
{
    enum rc rc = jw_done(w, e);
    if (rc == RC_OK)
        *out = a == r->arena ? buf_view(b) : arena_str(a, buf_view(b));
    return rc == RC_OK && str_is_null(*out) ? manage_nomem(e) : rc;
}

enum rc connect_record(struct run *r, struct arena *a, struct str *out, struct err *e)
{
    struct str error = STR_NULL;
    struct buf b;
    struct jw w;
    size_t good = n_good(r);
    enum rc rc = connect_error(r, &error, e);
    if (rc != RC_OK)
        return rc;
    size_t total = r->in ? r->in->n_endpoints : 0;
    buf_init_arena(&b, r->arena, MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    put_head(&w, r);
    put_tests(&w, r);
    jw_keyz(&w, "overall");
    jw_object(&w);
    jw_kbool(&w, "success", str_is_null(error));
    jw_ku64(&w, "totalEndpoints", total);
    jw_ku64(&w, "successfulEndpoints", good);
    jw_ku64(&w, "failedEndpoints", total - good);
    jw_end(&w);
    jw_kbool(&w, "success", str_is_null(error));
    jw_keyz(&w, "error");
    if (str_is_null(error))
        jw_null(&w);
    else
        jw_str(&w, error);
    jw_end(&w);
    return finish(r, &w, &b, a, out, e);
}

enum rc connect_one(struct run *r, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, r->arena, MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    put_test(&w, &r->tests[0].test);
    return finish(r, &w, &b, a, out, e);
}

/* Of the good ones, rounded as Math.round does; 0 without any. */
static uint64_t average_ms(const struct run *r, size_t good)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < r->n_tests; i++)
        if (r->tests[i].test.result.success)
            sum += r->tests[i].test.result.duration_ms;
    return good ? (2 * sum + good) / (2 * good) : 0;
}

static const char *health_of(const struct run *r, size_t total, size_t good)
{
    if (!r->in)
        return "error";
    if (good == total)
        return "healthy";
    return good > 0 ? "degraded" : "unhealthy";
}

enum rc connect_health(struct run *r, struct arena *a, struct str *out, struct err *e)
{
    struct buf b;
    struct jw w;
    size_t good = n_good(r), total = r->in ? r->in->n_endpoints : 0;
    buf_init_arena(&b, r->arena, MANAGE_DOC_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    put_head(&w, r);
    jw_kstrz(&w, "status", health_of(r, total, good));
    put_tests(&w, r);
    jw_keyz(&w, "metrics");
    jw_object(&w);
    jw_ku64(&w, "totalEndpoints", total);
    jw_ku64(&w, "healthyEndpoints", good);
    jw_ku64(&w, "unhealthyEndpoints", total - good);
    jw_ku64(&w, "averageResponseTime", average_ms(r, good));
    jw_end(&w);
    if (!str_is_null(r->error))
        jw_kstr(&w, "error", r->error);
    jw_end(&w);
    return finish(r, &w, &b, a, out, e);
}

/* ---- the verbs ---------------------------------------------------------------------------- */

/* Who is meant, held by its unit, and its tests. */
static void plan(struct run *r, bool one)
{
    struct manage_ref ref;
    enum rc rc =
        manage_find(r->m, r->op->name, one ? r->op->endpoint : STR(""), r->arena, &ref, &r->err);
    if (rc != RC_OK) {
        r->rc = rc;
        run_go(r);
        return;
    }
    r->id = ref.id;
    r->name = ref.name;
    r->unit = ref.unit;
    r->in = ref.unit ? ref.unit->made.integration : NULL;
    if (r->in)
        rc = connect_plan(r, ref.ep, &r->err);
    else
        r->error = STR("the integration failed validation and does not run");
    r->rc = rc;
    run_go(r);
}

static void plan_all(struct run *r)
{
    plan(r, false);
}

static void plan_one(struct run *r)
{
    plan(r, true);
}

/*
 * A failed one that answers again is taken up at once, not when its next probe is due; but that
 * one sends requests where the endpoints say so, which this one may not have.
 */
static void wake_failed(struct run *r)
{
    struct entry *en = index_entry(r->m, r->name);
    for (size_t i = 0; i < r->n_tests; i++)
        if (r->tests[i].test.safe)
            return;
    if (en && en->life == LIFE_FAILED && en->runs && r->n_tests > 0 && n_good(r) == r->n_tests)
        probe_due(r->m, en, 0);
}

static void answer_test(struct run *r)
{
    wake_failed(r);
    r->rc = connect_record(r, r->op->arena, &r->op->answer, &r->err);
    run_go(r);
}

static void answer_one(struct run *r)
{
    r->rc = connect_one(r, r->op->arena, &r->op->answer, &r->err);
    run_go(r);
}

static void answer_health(struct run *r)
{
    wake_failed(r);
    r->rc = connect_health(r, r->op->arena, &r->op->answer, &r->err);
    run_go(r);
}

const struct step test_steps[] = { { STEP_LOOP, plan_all },
                                   { STEP_LOOP, connect_test },
                                   { STEP_LOOP, answer_test },
                                   { STEP_END, NULL } };
const struct step test_endpoint_steps[] = { { STEP_LOOP, plan_one },
                                            { STEP_LOOP, connect_test },
                                            { STEP_LOOP, answer_one },
                                            { STEP_END, NULL } };
const struct step health_steps[] = { { STEP_LOOP, plan_all },
                                     { STEP_LOOP, connect_test },
                                     { STEP_LOOP, answer_health },
                                     { STEP_END, NULL } };
