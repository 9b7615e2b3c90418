/*
 * What an answer means for a delivery: by its status, or by the failure's own fate where there is
 * none. Tests: http_verdict_test.c
 */
#include "connector/http/http_int.h"

#define STATUS_TEXT_MAX 80

/* First row that fits: from … to. */
static const struct {
    unsigned from, to;
    enum rc rc;
    enum fate fate;
    const char *id;
} statuses[] = {
    { 200, 399, RC_OK, FATE_NONE, NULL },
    { 401, 401, RC_DENIED, FATE_OPERATOR, "HTTPOUT-010" },
    { 403, 403, RC_DENIED, FATE_OPERATOR, "HTTPOUT-010" },
    { 407, 407, RC_DENIED, FATE_OPERATOR, "HTTPOUT-010" },
    { 408, 408, RC_PEER, FATE_RETRY, "HTTPOUT-011" },
    { 425, 425, RC_PEER, FATE_RETRY, "HTTPOUT-011" },
    { 429, 429, RC_PEER, FATE_RETRY, "HTTPOUT-011" },
    { 400, 499, RC_PEER, FATE_REJECT, "HTTPOUT-012" },
    { 500, 599, RC_PEER, FATE_RETRY, "HTTPOUT-013" },
};

static void by_status(const struct client_result *res, struct verdict *v)
{
    for (size_t i = 0; i < ZS_COUNT(statuses); i++) {
        if (res->status < statuses[i].from || res->status > statuses[i].to)
            continue;
        v->rc = statuses[i].rc;
        v->fate = statuses[i].fate;
        v->answered = v->rc != RC_OK;
        if (v->rc == RC_OK)
            return;
        /* the registered text: the peer's own words may hold anything */
        (void)err_set(&v->err, v->rc, statuses[i].id, "HTTP %u: %s", res->status,
                      http_status_text(res->status));
        (void)err_fate(&v->err, v->fate); /* returns the code set above */
        return;
    }
    v->rc = err_set(&v->err, RC_PEER, "HTTPOUT-014", "HTTP %u is no final status", res->status);
    v->fate = FATE_UNCERTAIN;
    (void)err_fate(&v->err, v->fate); /* returns the code set above */
}

/*
 * The head of an answer is an answer, even when its body was too much for us; one that broke off
 * is so only where it says no, since a 200 may have been written before the work was done.
 */
static bool status_counts(const struct client_result *res)
{
    bool ours = res->rc == RC_LIMIT || res->rc == RC_NOMEM;
    return res->rc == RC_OK || (res->status != 0 && (ours || res->status >= 400));
}

/* The peer's words for its status are shown: short, and nothing but printable ASCII. */
static struct str status_text(struct str s, struct arena *a)
{
    struct str cut = str_sub(s, 0, STATUS_TEXT_MAX);
    struct buf b;
    buf_init_arena(&b, a, STATUS_TEXT_MAX + 1);
    for (size_t i = 0; i < cut.n; i++)
        buf_char(&b, cut.p[i] >= 0x20 && cut.p[i] <= 0x7e ? cut.p[i] : '?');
    return b.failed || b.n == 0 ? STR("") : buf_view(&b);
}

/* NULL and none where there is no memory for them: they are for people. */
static void take_headers(const struct client_result *res, struct arena *a, struct verdict *v)
{
    struct conn_header *h = arena_make(a, struct conn_header, res->n_fields);
    for (size_t i = 0; h && i < res->n_fields; i++)
        h[i] = (struct conn_header){ res->fields[i].name, res->fields[i].value };
    v->headers = res->n_fields > 0 ? h : NULL;
    v->n_headers = v->headers ? res->n_fields : 0;
}

void conn_http_verdict(const struct client_result *res, struct arena *a, struct verdict *v)
{
    char digits[16];
    *v = (struct verdict){ .retry_after_ms = res->retry_after_ms };
    if (res->status != 0) {
        int n = snprintf(digits, sizeof digits, "%u", res->status);
        v->status = arena_str(a, str_of(digits, (size_t)n));
        v->status_text = status_text(res->status_text, a);
        v->credential = res->status == 401;
        take_headers(res, a, v);
    }
    if (status_counts(res)) {
        by_status(res, v);
        v->reply = res->rc == RC_OK ? res->body : STR_NULL;
        v->cut = res->rc == RC_LIMIT;
        v->content_type = res->type;
        return;
    }
    v->rc = res->rc;
    v->err = res->err;
    v->fate = res->err.fate;
}
