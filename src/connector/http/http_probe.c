/*
 * Connectivity tests: is the peer there, does it know us, without asking it to do anything.
 *
 *   rest_api   HEAD of the endpoint; a peer that has no HEAD is asked for its OPTIONS
 *   fhir_api   GET of the base's capability statement
 *   `probe: request`: the endpoint's own request without a body, judged as the guide has it
 *
 * Tests: http_probe_test.c
 */
#include "base/alloc.h"
#include "connector/http/http_int.h"

#define PROBE_MAX ((size_t)4 * 1024 * 1024) /* a capability statement may be large */

struct http_probe {
    struct list_node link;
    struct http_sender *s;
    struct arena *arena; /* wiping: of the request being made */
    const struct conn_extra *extra;
    struct client_call *call;
    const char *how;
    uint64_t begun_mono;
    conn_probe_fn *done;
    void *ctx;
};

/* ---- the end ---- */

/* done() comes last: it may close the destination. */
static void answer(struct http_probe *p, struct probe_result *r)
{
    conn_probe_fn *done = p->done;
    void *ctx = p->ctx;
    r->how = p->how;
    r->duration_ms = (uint32_t)((loop_now_mono(p->s->dest->host->loop) - p->begun_mono) / 1000000);
    list_remove(&p->s->probes, &p->link);
    client_cancel(&p->call);
    struct arena *a = p->arena;
    mem_free(p);
    done(ctx, r);
    arena_free(&a);
}

static void fail(struct http_probe *p, const struct err *e)
{
    struct probe_result r = { .err = *e };
    answer(p, &r);
}

void conn_http_probes_stop(struct http_sender *s)
{
    struct err e;
    (void)err_set(&e, RC_STATE, "HTTPOUT-015", "given up on our side");
    for (struct list_node *n = list_first(&s->probes); n; n = list_first(&s->probes))
        fail(ZS_CONTAINER(n, struct http_probe, link), &e);
}

/* ---- what the answer says ---- */

/* Any answer shows that the peer is there, except that it refuses us or is broken. */
static bool is_there(unsigned status)
{
    return status != 401 && status != 403 && status != 407 && status < 500;
}

static void on_answer(void *ctx, const struct client_result *res);

/* The head says enough, also of a capability statement that is larger than we read. */
static bool is_answered(const struct client_result *res)
{
    return res->rc == RC_OK || (res->rc == RC_LIMIT && res->status != 0);
}

static void judge(struct http_probe *p, const struct client_result *res)
{
    bool own = p->s->dest->ep->probe_request;
    bool there = own ? res->status >= 200 && res->status < 400 : is_there(res->status);
    struct probe_result r = { .status_code = (int)res->status };
    /* 501 speaks of the method that was asked, and there is none left to ask */
    r.success = is_answered(res) && (there || (!own && res->status == 501));
    if (!r.success) {
        struct verdict v;
        conn_http_verdict(res, p->arena, &v);
        r.err = v.err;
    }
    answer(p, &r);
}

/* ---- what is asked ---- */

/*
 * Where a FHIR server's base ends: before the last segment that is a resource type
 * (https://h/fhir/Patient/1) or an operation. A wrong guess asks for a page that is not there, and
 * that is an answer too.
 */
static struct str fhir_base(struct str url)
{
    struct str path = str_sub(url, 0, size_min(str_chr(url, '?', 0), str_chr(url, '#', 0)));
    size_t host = str_find(path, STR("://"), 0);
    size_t end = path.n;
    size_t at = str_chr(path, '/', host == SIZE_MAX ? 0 : host + 3);
    for (; at != SIZE_MAX; at = str_chr(path, '/', at + 1)) {
        struct str rest = str_from(path, at + 1);
        struct str segment = str_sub(rest, 0, str_chr(rest, '/', 0));
        bool type = segment.n >= 2 && segment.p[0] >= 'A' && segment.p[0] <= 'Z' &&
                    segment.p[1] >= 'a' && segment.p[1] <= 'z';
        if (type || str_starts(segment, STR("$")) || str_eqz(segment, "metadata"))
            end = at;
    }
    struct str base = str_sub(path, 0, end);
    while (str_ends(base, STR("/")))
        base.n--;
    return base;
}

static enum rc metadata_url(const struct http_probe *p, struct str *url, struct err *e)
{
    const struct conn_endpoint *ep = p->s->dest->ep;
    struct buf b;
    buf_init_arena(&b, p->arena, URL_MAX);
    buf_str(&b, fhir_base(ep->url));
    buf_z(&b, "/metadata");
    if (b.failed == RC_NOMEM)
        return err_set(e, RC_NOMEM, "HTTPOUT-002", "not enough memory for the request");
    if (b.failed)
        return err_set(e, RC_VALUE, "HTTPOUT-001", "the URL is too long");
    return conn_http_url(buf_view(&b), NULL, p->extra, p->arena, url, e);
}

static enum rc ask(struct http_probe *p, struct str method, struct err *e)
{
    const struct conn_endpoint *ep = p->s->dest->ep;
    struct delivery d = { .extra = p->extra };
    struct client_request r = { .method = method, .total_ms = ep->timeout_ms };
    bool fhir = str_eqz(str_z(ep->type), "fhir_api") && !ep->probe_request;
    bool has_body = conn_http_has_body(method);
    r.body = has_body ? STR("") : STR_NULL;
    r.body_max = PROBE_MAX;
    enum rc rc = fhir ? metadata_url(p, &r.url, e)
                      : conn_http_url(ep->url, ep->parameters, p->extra, p->arena, &r.url, e);
    if (rc == RC_OK)
        rc = conn_http_fields(ep, &d, has_body, p->arena, &r, e);
    if (rc != RC_OK)
        return rc;
    conn_http_reach(p->s, &r);
    enum http_method known = http_method_of(method);
    p->how = known == HTTP_OTHER ? "request" : http_method_name(known);
    return client_call(p->s->client, &r, p->arena, on_answer, p, &p->call, e);
}

static void on_answer(void *ctx, const struct client_result *res)
{
    struct http_probe *p = ctx;
    struct err e;
    p->call = NULL;
    bool unknown = res->rc == RC_OK && (res->status == 405 || res->status == 501);
    bool other = unknown && !p->s->dest->ep->probe_request && strcmp(p->how, "HEAD") == 0;
    if (!other)
        judge(p, res);
    else if (ask(p, STR("OPTIONS"), &e) != RC_OK)
        fail(p, &e);
}

static struct str first_method(const struct conn_endpoint *ep)
{
    if (ep->probe_request)
        return ep->method.n > 0 ? ep->method : STR("POST");
    return str_eqz(str_z(ep->type), "fhir_api") ? STR("GET") : STR("HEAD");
}

void conn_http_probe(struct conn_dest *d, const struct conn_extra *x, conn_probe_fn *done,
                     void *ctx)
{
    struct http_sender *s = d->inst;
    struct http_probe *p = s ? mem_new(struct http_probe) : NULL;
    struct arena *a = p ? arena_new("http probe", 0, 2 * PROBE_MAX) : NULL;
    struct err e;
    if (!a) {
        struct probe_result r = { .how = "HEAD" };
        (void)err_set(&r.err, s ? RC_NOMEM : RC_STATE, s ? "HTTPOUT-002" : "HTTPOUT-015",
                      s ? "not enough memory for the request" : "the destination is closed");
        mem_free(p);
        done(ctx, &r);
        return;
    }
    arena_wipe_on_free(a);
    *p = (struct http_probe){ .s = s,
                              .arena = a,
                              .extra = x,
                              .how = "HEAD",
                              .begun_mono = loop_now_mono(d->host->loop),
                              .done = done,
                              .ctx = ctx };
    list_push(&s->probes, &p->link);
    if (ask(p, first_method(d->ep), &e) != RC_OK)
        fail(p, &e);
}
