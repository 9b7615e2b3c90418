/*
 * The guide's execution record as JSON: `request` when a call begins, `response` and `attempts`
 * when it ends. Credentials stand in it by name only. What is too long is cut, and says so.
 * Tests: exec_payload_test.c
 */
#include "flow/calls_int.h"

#include "base/timefmt.h"
#include "base/utf8.h"
#include "crypt/b64.h"
#include "json/jw.h"

#define DATA_MAX    ((size_t)4 * 1024 * 1024)
#define RECORD_MAX  ((size_t)32 * 1024 * 1024) /* two data, each byte at most six in JSON … */
#define HEADERS_MAX 200                        /* of an answer; the client takes 64 KB of them */
#define MASKED      STR("[masked]")

/* ---- data --------------------------------------------------------------------------------- */

struct shown {
    const struct json *doc; /* NULL: text or bytes */
    struct str text;
    bool binary; /* shown in base64 */
    bool cut;
};

static struct shown shown_of(struct str bytes, bool json, struct arena *a)
{
    struct shown s = { .cut = bytes.n > DATA_MAX };
    struct json *doc = NULL;
    if (json && !s.cut && json_parse(bytes, &json_default_limits, a, &doc, NULL) == RC_OK) {
        s.doc = doc;
        return s;
    }
    s.binary = !utf8_is_valid(s.cut ? utf8_cut(bytes, DATA_MAX) : bytes, NULL);
    s.text = s.binary ? str_sub(bytes, 0, DATA_MAX) : utf8_cut(bytes, DATA_MAX);
    return s;
}

static void put_shown(struct jw *w, const char *name, const struct shown *s, struct arena *a)
{
    jw_keyz(w, name);
    if (s->doc) {
        jw_value(w, s->doc);
    } else if (!s->binary) {
        jw_str(w, s->text);
    } else {
        struct buf b;
        buf_init_arena(&b, a, DATA_MAX * 2);
        b64_add(&b, s->text);
        jw_str(w, buf_view(&b));
        if (b.failed) /* then the record is none, and is written again without its data */
            w->b->failed = b.failed;
    }
}

static void put_notes(struct jw *w, const struct shown *s, size_t size)
{
    if (s->binary)
        jw_kstrz(w, "encoding", "base64");
    if (s->cut) {
        jw_kbool(w, "truncated", true);
        jw_ku64(w, "size", size);
    }
}

/* ---- headers ------------------------------------------------------------------------------ */

static bool is_masked(struct str name)
{
    return config_is_credential(name) || str_ieq(name, STR("Set-Cookie"));
}

struct headers {
    struct conn_header *v;
    size_t n, cap;
};

/* One of a name that is there replaces it. */
static void set_header(struct headers *h, struct str name, struct str value)
{
    struct str seen = is_masked(name) ? MASKED : value;
    for (size_t i = 0; i < h->n; i++)
        if (str_ieq(h->v[i].name, name)) {
            h->v[i].value = seen;
            return;
        }
    if (h->n < h->cap)
        h->v[h->n++] = (struct conn_header){ name, seen };
}

static void set_default(struct headers *h, struct str name, struct str value)
{
    for (size_t i = 0; i < h->n; i++)
        if (str_ieq(h->v[i].name, name))
            return;
    set_header(h, name, value);
}

/* The endpoint as the configuration's document has it: references where it holds secrets. */
static const struct json *document(const struct config_endpoint *ep)
{
    size_t i = (size_t)(ep - ep->integration->endpoints);
    return json_at(json_getz(ep->integration->doc, "endpoints"), i);
}

static struct str as_written(const struct config_endpoint *ep, const struct conn_header *header)
{
    const struct json *v = json_get(json_getz(document(ep), "headers"), header->name);
    return json_is(v, JSON_STRING) ? json_text(v) : header->value;
}

/* The names that the integration's credential puts into a request. */
static void set_credential(struct headers *h, const struct cred_conf *c)
{
    bool key_header = c->type == CRED_API_KEY && c->api_key.place == CRED_IN_HEADER;
    if (key_header)
        set_header(h, c->api_key.header_name, MASKED);
    else if (c->type == CRED_OAUTH2 || c->type == CRED_JWT || c->type == CRED_BASIC)
        set_header(h, STR("Authorization"), MASKED);
}

static enum rc headers_sent(const struct execute *x, const struct conn_extra *extra,
                            struct str content_type, struct arena *a, struct headers *h,
                            struct err *e)
{
    const struct config_endpoint *ep = x->ep;
    h->cap = ep->conn.n_headers + extra->n_headers + 3;
    h->v = arena_make(a, struct conn_header, h->cap);
    if (!h->v)
        return err_set(e, RC_NOMEM, "FLOW-027", "the call needs more memory than it may have");
    for (size_t i = 0; i < ep->conn.n_headers; i++)
        set_header(h, ep->conn.headers[i].name, as_written(ep, &ep->conn.headers[i]));
    for (size_t i = 0; i < extra->n_headers; i++)
        set_header(h, extra->headers[i].name, extra->headers[i].value);
    if (exec_is_http(ep) && exec_has_body(ep))
        set_default(h, STR("Content-Type"), content_type);
    if (exec_is_http(ep) && x->idempotency_key.n > 0)
        set_default(h, STR("Idempotency-Key"), x->idempotency_key);
    set_credential(h, &ep->integration->cred);
    return RC_OK;
}

static void put_headers(struct jw *w, const struct conn_header *v, size_t n)
{
    jw_keyz(w, "headers");
    jw_object(w);
    for (size_t i = 0; i < n && i < HEADERS_MAX; i++) {
        bool again = false; /* of one name the first stands: a JSON object has each once */
        for (size_t k = 0; k < i; k++)
            again = again || str_ieq(v[k].name, v[i].name);
        if (again)
            continue;
        jw_key(w, v[i].name);
        jw_str(w, is_masked(v[i].name) ? MASKED : v[i].value);
    }
    jw_end(w);
    if (n > HEADERS_MAX)
        jw_kbool(w, "headersTruncated", true);
}

/* ---- request ------------------------------------------------------------------------------ */

/* Does the caller's body claim to be JSON? One without a type is, unless it is not. */
static bool body_is_json(const struct execute *x)
{
    return str_is_null(x->content_type) || exec_is_json(x->content_type);
}

enum rc exec_request(const struct execute *x, const struct conn_extra *extra,
                     struct str content_type, int64_t at_ms, struct arena *a, struct str *out,
                     struct err *e)
{
    struct headers h = { .n = 0 };
    enum rc rc = headers_sent(x, extra, content_type, a, &h, e);
    if (rc != RC_OK)
        return rc;
    char at[TIME_ISO_SIZE];
    struct buf b;
    struct jw w;
    struct shown data = shown_of(x->body, body_is_json(x), a);
    time_iso(at_ms, at);
    buf_init_arena(&b, a, RECORD_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    if (x->body.n == 0) {
        jw_keyz(&w, "data");
        jw_null(&w);
    } else {
        put_shown(&w, "data", &data, a);
    }
    put_headers(&w, h.v, h.n);
    jw_kstrz(&w, "timestamp", at);
    put_notes(&w, &data, x->body.n);
    jw_end(&w);
    rc = jw_done(&w, e);
    *out = rc == RC_OK ? buf_view(&b) : STR("");
    return rc;
}

/* ---- response ----------------------------------------------------------------------------- */

/* A number over HTTP, the protocol's own text elsewhere. */
static void put_status(struct jw *w, const struct exec_result *r)
{
    jw_keyz(w, "status");
    if (r->v->status.n == 0)
        jw_null(w);
    else if (exec_is_http(r->x->ep))
        jw_number(w, r->v->status);
    else
        jw_str(w, r->v->status);
}

static void put_processed(struct jw *w, const struct exec_result *r, const struct shown *data,
                          struct arena *a)
{
    const struct config_endpoint *ep = r->x->ep;
    if (!ep->response_map) {
        put_shown(w, "processedData", data, a);
        return;
    }
    struct exec_processed p;
    exec_process(ep, r->v->reply, r->x->end_ms, a, &p);
    struct shown s = { .doc = p.json, .text = utf8_cut(p.text, DATA_MAX) };
    if (p.error || p.text.n > DATA_MAX) {
        jw_keyz(w, "processedData");
        jw_null(w);
        jw_kstrz(w, "processingError", p.error ? p.error : "the result is too large");
        return;
    }
    put_shown(w, "processedData", &s, a);
}

static void put_data(struct jw *w, const struct exec_result *r, struct arena *a)
{
    struct str reply = r->v->reply;
    if (reply.n == 0 || r->cut) {
        jw_keyz(w, "data");
        jw_null(w);
        jw_keyz(w, "processedData");
        jw_null(w);
        if (reply.n > 0 || r->v->cut)
            jw_kbool(w, "truncated", true);
        if (reply.n > 0) /* of what was not even taken nobody knows it */
            jw_ku64(w, "size", reply.n);
        return;
    }
    struct shown data = shown_of(reply, exec_is_json(r->v->content_type), a);
    put_shown(w, "data", &data, a);
    put_processed(w, r, &data, a);
    put_notes(w, &data, reply.n);
}

/* Did the peer say anything? */
static bool has_answer(const struct verdict *v)
{
    return v && (v->rc == RC_OK || v->status.n > 0 || v->reply.n > 0);
}

static void put_response(struct jw *w, const struct exec_result *r, struct arena *a)
{
    jw_keyz(w, "response");
    if (!has_answer(r->v)) {
        jw_null(w);
        return;
    }
    jw_object(w);
    put_status(w, r);
    jw_kstr(w, "statusText", r->v->status_text);
    put_headers(w, r->v->headers, r->v->n_headers);
    put_data(w, r, a);
    jw_kbool(w, "success", r->v->rc == RC_OK);
    jw_end(w);
}

static void put_attempt(struct jw *w, const struct execute_attempt *t, size_t i)
{
    char at[TIME_ISO_SIZE];
    time_iso(t->start_ms, at);
    jw_object(w);
    jw_ku64(w, "attempt", i + 1);
    jw_kstrz(w, "timestamp", at);
    jw_ki64(w, "startTime", t->start_ms);
    jw_ku64(w, "duration", t->duration_ms);
    jw_keyz(w, "status");
    if (t->status.n > 0)
        jw_str(w, t->status);
    else
        jw_null(w);
    jw_keyz(w, "error");
    if (t->error.n > 0)
        jw_str(w, t->error);
    else
        jw_null(w);
    jw_end(w);
}

enum rc exec_result(const struct exec_result *r, struct arena *scratch, struct str *out,
                    struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, r->x->arena, RECORD_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    put_response(&w, r, scratch);
    jw_keyz(&w, "attempts");
    jw_array(&w);
    for (size_t i = 0; i < r->n_attempts; i++)
        put_attempt(&w, &r->attempts[i], i);
    jw_end(&w);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}

enum rc exec_dry_result(const struct execute *x, struct str body, struct str content_type,
                        struct str *out, struct err *e)
{
    struct buf b;
    struct jw w;
    struct shown data = shown_of(body, exec_is_json(content_type), x->arena);
    buf_init_arena(&b, x->arena, RECORD_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_keyz(&w, "response");
    jw_null(&w);
    jw_keyz(&w, "attempts");
    jw_array(&w);
    jw_end(&w);
    jw_kbool(&w, "dryRun", true);
    jw_keyz(&w, "wouldSend");
    jw_object(&w);
    jw_kstr(&w, "url", json_str_or(json_getz(document(x->ep), "url"), x->ep->conn.url));
    jw_kstr(&w, "method", x->ep->conn.method);
    jw_kstr(&w, "contentType", content_type);
    put_shown(&w, "data", &data, x->arena);
    put_notes(&w, &data, body.n);
    jw_end(&w);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc == RC_OK)
        *out = buf_view(&b);
    return rc;
}
