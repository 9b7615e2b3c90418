/*
 * A delivery as an HTTP request: the endpoint's URL with its parameters, its fields, a content
 * type by the message's, and the message id as the idempotency key. Tests: http_request_test.c
 */
#include "connector/http/http_int.h"

#include "net/http_target.h"

#define URL_BYTES_MAX 16384

static enum rc no_memory(struct err *e)
{
    (void)err_set(e, RC_NOMEM, "HTTPOUT-002", "not enough memory for the request");
    (void)err_fate(e, FATE_RETRY); /* returns the code set above */
    return RC_NOMEM;
}

/* ---- the URL ---- */

/* The separator for the next parameter of a URL. */
static void put_name(struct buf *b, struct str name)
{
    bool has_query = str_chr(buf_view(b), '?', 0) != SIZE_MAX;
    buf_char(b, has_query ? '&' : '?');
    http_escape(b, name);
    buf_char(b, '=');
}

static bool is_scalar(const struct json *v)
{
    enum json_type t = json_type(v);
    return t == JSON_STRING || t == JSON_NUMBER || t == JSON_BOOL;
}

static void put_parameter(struct buf *b, struct str name, const struct json *v)
{
    put_name(b, name);
    if (json_type(v) == JSON_BOOL)
        buf_str(b, json_bool_or(v, false) ? STR("true") : STR("false"));
    else
        http_escape(b, json_text(v));
}

static bool has_name(const struct conn_header *list, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].name, name))
            return true;
    return false;
}

/* A list gives the parameter once for each item; null gives none. */
static void put_parameters(struct buf *b, const struct json *parameters, const struct conn_extra *x)
{
    JSON_EACH(v, parameters)
    {
        if (has_name(x->query, x->n_query, json_name(v)))
            continue;
        if (is_scalar(v))
            put_parameter(b, json_name(v), v);
        if (json_type(v) != JSON_ARRAY)
            continue;
        JSON_EACH(item, v)
        if (is_scalar(item))
            put_parameter(b, json_name(v), item);
    }
}

static void put_query(struct buf *b, const struct conn_header *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_name(b, list[i].name);
        http_escape(b, list[i].value);
    }
}

/* What a request without anything beyond its endpoint carries. */
static const struct conn_extra nothing = { .headers = NULL };

enum rc conn_http_url(struct str base, const struct json *parameters,
                      const struct conn_extra *extra, struct arena *a, struct str *out,
                      struct err *e)
{
    const struct conn_extra *x = extra ? extra : &nothing;
    struct buf b;
    buf_init_arena(&b, a, URL_BYTES_MAX);
    buf_str(&b, str_sub(base, 0, str_chr(base, '#', 0)));
    put_parameters(&b, parameters, x);
    put_query(&b, x->query, x->n_query);
    if (b.failed == RC_LIMIT) {
        (void)err_set(e, RC_VALUE, "HTTPOUT-001", "the URL with its parameters is too long");
        (void)err_fate(e, FATE_OPERATOR); /* returns the code set above */
        return RC_VALUE;
    }
    if (b.failed)
        return no_memory(e);
    *out = buf_view(&b);
    return RC_OK;
}

/* ---- the fields ---- */

struct field_list {
    struct http_field *v;
    size_t n;
};

static bool has_field(const struct conn_extra *x, struct str name)
{
    for (size_t i = 0; i < x->n_headers; i++)
        if (str_ieq(x->headers[i].name, name))
            return true;
    return false;
}

/* In the place of one with that name, else at the end. */
static void put_field(struct field_list *l, const struct conn_header *h)
{
    size_t i = 0;
    while (i < l->n && !str_ieq(l->v[i].name, h->name))
        i++;
    l->v[i] = (struct http_field){ h->name, h->value };
    l->n += i == l->n;
}

/* Unless the endpoint or the request itself says it: those are never overridden. */
static void add_default(struct field_list *l, struct str name, struct str value)
{
    if (value.n > 0 && str_is_null(http_field_get(l->v, l->n, name)))
        l->v[l->n++] = (struct http_field){ name, value };
}

/* What a type of integration wants to hear, where the user says nothing. */
static struct str default_accept(const struct conn_endpoint *ep)
{
    bool fhir = ep->type && str_eqz(str_z(ep->type), "fhir_api");
    return fhir ? STR("application/fhir+json") : STR("application/json, */*;q=0.5");
}

static struct str default_type(const struct conn_endpoint *ep, const struct delivery *d)
{
    bool fhir = ep->type && str_eqz(str_z(ep->type), "fhir_api");
    if (fhir && str_ieq(http_media_type(d->content_type), STR("application/json")))
        return STR("application/fhir+json");
    return d->content_type.n > 0 ? d->content_type : STR("application/octet-stream");
}

enum rc conn_http_fields(const struct conn_endpoint *ep, const struct delivery *d, bool has_body,
                         struct arena *a, struct client_request *r, struct err *e)
{
    const struct conn_extra *x = d->extra ? d->extra : &nothing;
    struct field_list l = { arena_make(a, struct http_field, ep->n_headers + x->n_headers + 3), 0 };
    if (!l.v)
        return no_memory(e);
    /* the endpoint's as they stand: a field may be there twice on purpose */
    for (size_t i = 0; i < ep->n_headers; i++)
        if (!has_field(x, ep->headers[i].name))
            l.v[l.n++] = (struct http_field){ ep->headers[i].name, ep->headers[i].value };
    for (size_t i = 0; i < x->n_headers; i++)
        put_field(&l, &x->headers[i]);
    if (has_body)
        add_default(&l, STR("Content-Type"), default_type(ep, d));
    add_default(&l, STR("Accept"), default_accept(ep));
    add_default(&l, STR("Idempotency-Key"), d->message_id);
    r->fields = l.v;
    r->n_fields = l.n;
    return RC_OK;
}

bool conn_http_has_body(struct str method)
{
    enum http_method m = http_method_of(method);
    return m != HTTP_GET && m != HTTP_HEAD && m != HTTP_DELETE && m != HTTP_OPTIONS;
}

enum rc conn_http_request(const struct conn_endpoint *ep, const struct delivery *d, struct arena *a,
                          struct client_request *out, struct err *e)
{
    struct client_request r = { .method = ep->method.n > 0 ? ep->method : STR("POST") };
    bool has_body = conn_http_has_body(r.method);
    r.total_ms = d->timeout_ms ? d->timeout_ms : ep->timeout_ms;
    if (has_body)
        r.body = str_is_null(d->body) ? STR("") : d->body;
    enum rc rc = conn_http_url(ep->url, ep->parameters, d->extra, a, &r.url, e);
    if (rc == RC_OK)
        rc = conn_http_fields(ep, d, has_body, a, &r, e);
    if (rc == RC_OK)
        *out = r;
    return rc;
}

/* ---- configuration ---- */

static void check_parameter(const struct opt_read *r, const struct json *obj, const struct json *v)
{
    bool fine = is_scalar(v) || json_type(v) == JSON_NULL;
    if (json_type(v) == JSON_ARRAY) {
        fine = true;
        JSON_EACH(item, v)
        fine = fine && is_scalar(item);
    }
    if (fine)
        return;
    char name[80];
    (void)snprintf(name, sizeof name, "%.*s", STR_ARG(json_name(v))); /* cut for people */
    opt_finding(r, obj, name, "HTTPOUT-003",
                "write text, a number, true or false, or a list of them",
                "a query parameter cannot be %s", json_type_words(json_type(v)));
}

void conn_http_send_check(const struct opt_read *r, const struct json *obj,
                          const struct conn_endpoint *ep)
{
    (void)ep; /* its URL and headers were checked where they are read */
    if (obj && json_type(obj) != JSON_OBJECT && json_type(obj) != JSON_NULL) {
        opt_finding(r, obj, NULL, "HTTPOUT-003", "write names with values",
                    "parameters are %s, not an object", json_type_words(json_type(obj)));
        return;
    }
    JSON_EACH(v, obj)
    check_parameter(r, obj, v);
}
