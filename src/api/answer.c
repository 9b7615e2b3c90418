/*
 * Answers: JSON and problem documents (RFC 9457). Tests: tests/scen
 */
#include "api/api_int.h"

#include "base/timefmt.h"

unsigned api_status_of(const struct err *e)
{
    static const unsigned by_code[] = {
        [RC_OK] = 200,     [RC_AGAIN] = 503,   [RC_NOMEM] = 503,   [RC_LIMIT] = 422,
        [RC_SYNTAX] = 400, [RC_VALUE] = 400,   [RC_MISSING] = 404, [RC_IO] = 500,
        [RC_PEER] = 502,   [RC_TIMEOUT] = 504, [RC_DENIED] = 403,  [RC_STATE] = 409,
        [RC_BUG] = 500
    };
    return (size_t)e->code < ZS_COUNT(by_code) ? by_code[e->code] : 500;
}

void api_problem_body(struct buf *b, unsigned status, const struct err *e)
{
    struct jw w;
    jw_init(&w, b, JSON_COMPACT);
    jw_object(&w);
    jw_kstrz(&w, "type", "about:blank");
    jw_kstrz(&w, "title", http_status_text(status));
    jw_ku64(&w, "status", status);
    jw_kstrz(&w, "detail", e->text);
    if (e->where[0])
        jw_kstrz(&w, "where", e->where);
    jw_kstrz(&w, "code", e->id);
    jw_end(&w);
    struct err none;
    if (jw_done(&w, &none) != RC_OK)
        buf_clear(b); /* no memory: the status alone has to do */
}

void api_problem(struct http_exchange *x, unsigned status, const struct err *e)
{
    struct buf b;
    buf_init_arena(&b, http_arena(x), 8192);
    api_problem_body(&b, status, e);
    struct http_response r = { .status = status,
                               .type = STR("application/problem+json"),
                               .body = buf_view(&b) };
    http_answer(x, &r);
}

void api_json(struct http_exchange *x, unsigned status, struct buf *b)
{
    struct err e;
    if (buf_rc(b, &e) != RC_OK) {
        api_problem(x, 503, &e);
        return;
    }
    buf_char(b, '\n');
    static const struct http_field no_store = { STR_INIT("Cache-Control"), STR_INIT("no-store") };
    struct http_response r = { .status = status,
                               .type = STR("application/json"),
                               .fields = &no_store,
                               .n_fields = 1,
                               .body = buf_view(b) };
    http_answer(x, &r);
}

void api_put_time(struct jw *w, const char *name, int64_t at_ms)
{
    char text[TIME_ISO_SIZE];
    time_iso(at_ms, text);
    jw_kstrz(w, name, text);
}

void api_put_id(struct jw *w, const char *name, struct store *s, uint64_t seq)
{
    char text[40];
    struct str store = store_id(s);
    int n = snprintf(text, sizeof text, "%.*s-%llu", STR_ARG(store), (unsigned long long)seq);
    jw_keyz(w, name);
    jw_str(w, str_of(text, n > 0 ? (size_t)n : 0));
}
