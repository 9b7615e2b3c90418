/*
 * Answers: problem documents (RFC 9457), lists, members that several resources show alike.
 * Tests: api_parts_test.c, tests/scen/api_test.py
 */
#include "api/api_int.h"

#include "base/timefmt.h"

/* Where the kind of failure alone does not say it. */
static const struct {
    const char *id;
    unsigned status;
} by_id[] = {
    { "API-007", 415 },  { "API-010", 412 },   { "AUTH-012", 429 },  { "AUTH-044", 401 },
    { "AUTH-046", 503 }, { "MNG-001", 503 },   { "MNG-006", 412 },   { "NET-011", 503 },
    { "NET-012", 503 },  { "STORE-001", 503 }, { "STORE-010", 404 }, { "STORE-042", 412 },
};

unsigned api_status_of(const struct err *e)
{
    static const unsigned by_code[] = {
        [RC_OK] = 200,     [RC_AGAIN] = 503,   [RC_NOMEM] = 503,   [RC_LIMIT] = 422,
        [RC_SYNTAX] = 400, [RC_VALUE] = 400,   [RC_MISSING] = 404, [RC_IO] = 500,
        [RC_PEER] = 502,   [RC_TIMEOUT] = 504, [RC_DENIED] = 403,  [RC_STATE] = 409,
        [RC_BUG] = 500
    };
    for (size_t i = 0; i < ZS_COUNT(by_id); i++)
        if (str_eqz(str_z(by_id[i].id), e->id))
            return by_id[i].status;
    return (size_t)e->code < ZS_COUNT(by_code) ? by_code[e->code] : 500;
}

void api_problem_members(struct jw *w, unsigned status, const struct err *e)
{
    jw_kstrz(w, "type", "about:blank");
    jw_kstrz(w, "title", http_status_text(status));
    jw_ku64(w, "status", status);
    jw_kstrz(w, "detail", e->text);
    if (e->where[0])
        jw_kstrz(w, "where", e->where);
    jw_kstrz(w, "code", e->id);
}

void api_problem_body(struct buf *b, unsigned status, const struct err *e)
{
    struct jw w;
    jw_init(&w, b, JSON_COMPACT);
    jw_object(&w);
    api_problem_members(&w, status, e);
    jw_end(&w);
    struct err none;
    if (jw_done(&w, &none) != RC_OK)
        buf_clear(b); /* no memory: the status alone has to do */
}

void api_refuse(struct http_exchange *x, unsigned status, const struct err *e,
                const struct http_field *field)
{
    struct buf b;
    buf_init_arena(&b, http_arena(x), 8192);
    api_problem_body(&b, status, e);
    struct http_response r = { .status = status,
                               .type = STR("application/problem+json"),
                               .fields = field,
                               .n_fields = field ? 1 : 0,
                               .body = buf_view(&b) };
    http_answer(x, &r);
}

void api_list(struct jw *w)
{
    jw_object(w);
    jw_keyz(w, "items");
    jw_array(w);
}

void api_list_end(struct jw *w, struct str next)
{
    jw_end(w);
    jw_keyz(w, "next");
    if (str_is_null(next))
        jw_null(w);
    else
        jw_str(w, next);
    jw_end(w);
}

void api_put_time(struct jw *w, const char *name, int64_t at_ms)
{
    char text[TIME_ISO_SIZE];
    time_iso(at_ms, text);
    jw_kstrz(w, name, text);
}

void api_put_time_or_null(struct jw *w, const char *name, int64_t at_ms)
{
    if (at_ms) {
        api_put_time(w, name, at_ms);
    } else {
        jw_keyz(w, name);
        jw_null(w);
    }
}

void api_put_or_null(struct jw *w, const char *name, struct str text)
{
    jw_keyz(w, name);
    if (text.n)
        jw_str(w, text);
    else
        jw_null(w);
}

void api_put_id(struct jw *w, const char *name, struct store *s, uint64_t seq)
{
    char text[40];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    buf_str(&b, store_id(s));
    buf_char(&b, '-');
    buf_u64(&b, seq);
    jw_kstr(w, name, buf_view(&b));
}
