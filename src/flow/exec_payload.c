/*
 * What a call sends, and what its endpoint's responseMapping makes of the answer. An HL7 v2
 * endpoint takes a text with any line ends; elsewhere a JSON text is what is sent where JSON is
 * wanted, and the text inside where something else is. Tests: exec_payload_test.c
 */
#include "flow/calls_int.h"

#include "hl7/hl7.h"

#define ER7_TYPE  STR("x-application/hl7-v2+er7")
#define JSON_TYPE STR("application/json")
#define FOUND_MAX 16

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "FLOW-027", "the call needs more memory than it may have");
}

/* The text inside when `body` is a JSON string; else false. */
static bool unquote(struct str body, struct arena *a, struct str *out)
{
    struct json *doc = NULL;
    if (!str_starts(str_trim(body), STR("\"")) ||
        json_parse(body, &json_default_limits, a, &doc, NULL) != RC_OK ||
        !json_is(doc, JSON_STRING))
        return false;
    *out = json_text(doc);
    return true;
}

/* Segments end in CR on the wire; people and JSON write LF. */
static enum rc er7_of(struct str text, struct arena *a, struct str *out, struct err *e)
{
    if (str_chr(text, '\n', 0) == SIZE_MAX) {
        *out = text;
        return RC_OK;
    }
    char *p = arena_raw(a, text.n);
    size_t n = 0;
    if (!p)
        return no_memory(e);
    for (size_t i = 0; i < text.n; i++) {
        bool crlf = text.p[i] == '\n' && i > 0 && text.p[i - 1] == '\r';
        if (!crlf)
            p[n++] = text.p[i] == '\n' ? '\r' : text.p[i];
    }
    *out = str_of(p, n);
    return RC_OK;
}

static enum rc read_input(enum map_format from, struct str text, struct arena *a,
                          struct map_input *in, struct err *e)
{
    struct str inside = text;
    if (from == MAP_HL7V2) {
        (void)unquote(text, a, &inside); /* as it is, where it is none */
        return hl7_parse(inside, NULL, a, &in->hl7, e);
    }
    struct json *doc = NULL;
    enum rc rc = json_parse(text, &json_default_limits, a, &doc, e);
    in->json = doc;
    return rc;
}

/* Findings name rules and paths, never values. */
static enum rc run_map(const struct map *map, struct str text, int64_t now_ms, struct arena *a,
                       struct map_output *out, struct err *e)
{
    struct map_input in = { .hl7 = NULL };
    struct map_env env = { .now_ms = now_ms };
    struct err_list found;
    err_list_init(&found, a, FOUND_MAX);
    enum rc rc = read_input(map_from(map), text, a, &in, e);
    if (rc != RC_OK)
        return rc;
    rc = map_run(map, &in, &env, a, out, &found, e);
    return rc == RC_VALUE ? err_list_rc(&found, e) : rc;
}

/* ---- what is sent ------------------------------------------------------------------------- */

static struct str header_of(const struct conn_header *h, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(h[i].name, name))
            return h[i].value;
    return STR_NULL;
}

bool exec_is_json(struct str content_type)
{
    struct str media = str_trim(str_sub(content_type, 0, str_chr(content_type, ';', 0)));
    return str_ieq(media, JSON_TYPE) || str_ieq(media, STR("text/json")) ||
           (media.n > 5 && str_ieq(str_from(media, media.n - 5), STR("+json")));
}

/* What the call, the endpoint's headers or its type say that is sent. */
static struct str sent_type(const struct execute *x)
{
    const struct conn_extra *own = x->extra;
    const struct conn_endpoint *ep = &x->ep->conn;
    struct str type = own ? header_of(own->headers, own->n_headers, STR("Content-Type")) : STR_NULL;
    if (str_is_null(type))
        type = header_of(ep->headers, ep->n_headers, STR("Content-Type"));
    if (str_is_null(type))
        type = x->content_type;
    bool general = str_ieq(type, JSON_TYPE) && exec_is_json(x->ep->content_type);
    return str_is_null(type) || general ? x->ep->content_type : type; /* FHIR's JSON is its own */
}

static enum rc plain_er7(const struct execute *x, struct arena *a, struct str *body, struct err *e)
{
    struct str text = x->body;
    bool quoted = unquote(x->body, a, &text);
    struct str start = str_sub(str_trim(text), 0, 1);
    if (!quoted && (str_eqz(start, "{") || str_eqz(start, "[")))
        return err_set(e, RC_VALUE, "FLOW-026",
                       "this endpoint sends HL7 v2 text: give a text, or the endpoint a mapping");
    return er7_of(text, a, body, e);
}

static enum rc plain(const struct execute *x, struct arena *a, struct str *body,
                     struct str *content_type, struct err *e)
{
    if (x->ep->integration->type == TYPE_HL7_V2) {
        *content_type = ER7_TYPE;
        return plain_er7(x, a, body, e);
    }
    *content_type = sent_type(x);
    *body = x->body;
    if (str_is_null(x->content_type) && !exec_is_json(*content_type))
        (void)unquote(x->body, a, body); /* as it is, where it is none */
    return RC_OK;
}

static enum rc mapped(const struct execute *x, int64_t now_ms, struct arena *a, struct str *body,
                      struct str *content_type, struct err *e)
{
    struct map_output out = { .text = STR_NULL };
    enum rc rc = run_map(x->ep->map, x->body, now_ms, a, &out, e);
    if (rc != RC_OK)
        return rc;
    bool own = exec_is_json(x->ep->content_type); /* FHIR's JSON */
    *content_type = map_to(x->ep->map) == MAP_HL7V2 ? ER7_TYPE
                    : own                           ? x->ep->content_type
                                                    : JSON_TYPE;
    *body = out.text;
    return RC_OK;
}

/* ---- how it is sent ----------------------------------------------------------------------- */

bool exec_is_http(const struct config_endpoint *ep)
{
    return ep->integration->type == TYPE_REST_API || ep->integration->type == TYPE_FHIR_API;
}

bool exec_has_body(const struct config_endpoint *ep)
{
    return !str_ieq(ep->conn.method, STR("GET")) && !str_ieq(ep->conn.method, STR("DELETE"));
}

enum rc exec_extra(const struct execute *x, struct arena *a, struct conn_extra *out, struct err *e)
{
    static const struct conn_extra nothing = { .n_headers = 0 };
    const struct conn_extra *own = x->extra ? x->extra : &nothing;
    const struct conn_endpoint *ep = &x->ep->conn;
    *out = *own;
    if (!exec_is_http(x->ep) ||
        !str_is_null(header_of(own->headers, own->n_headers, STR("Accept"))) ||
        !str_is_null(header_of(ep->headers, ep->n_headers, STR("Accept"))))
        return RC_OK;
    struct conn_header *v = arena_make(a, struct conn_header, own->n_headers + 1);
    if (!v)
        return no_memory(e);
    for (size_t i = 0; i < own->n_headers; i++)
        v[i] = own->headers[i];
    v[own->n_headers] = (struct conn_header){ STR("Accept"), x->ep->content_type };
    out->headers = v;
    out->n_headers = own->n_headers + 1;
    return RC_OK;
}

enum rc exec_payload(const struct execute *x, int64_t now_ms, struct arena *a, struct str *body,
                     struct str *content_type, struct err *e)
{
    if (x->ep->map)
        return mapped(x, now_ms, a, body, content_type, e);
    return plain(x, a, body, content_type, e);
}

/* ---- what the answer says ----------------------------------------------------------------- */

void exec_process(const struct config_endpoint *ep, struct str reply, int64_t now_ms,
                  struct arena *a, struct exec_processed *out)
{
    struct map_output mapped = { .text = STR_NULL };
    struct err e;
    *out = (struct exec_processed){ .json = NULL };
    if (run_map(ep->response_map, reply, now_ms, a, &mapped, &e) == RC_OK) {
        out->json = mapped.json;
        out->text = mapped.text;
        return;
    }
    struct buf b;
    buf_init_arena(&b, a, 512);
    if (e.where[0] != '\0')
        buf_fmt(&b, "%s: ", e.where);
    buf_z(&b, e.text);
    const char *text = buf_cstr(&b);
    out->error = text ? text : "no memory for the response mapping";
}
