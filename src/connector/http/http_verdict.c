/*
 * What an answer means for a delivery: by its status, or by the failure's own fate where there is
 * none. Tests: http_verdict_test.c
 */
#include "connector/http/http_int.h"

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

void conn_http_verdict(const struct client_result *res, struct arena *a, struct verdict *v)
{
    char digits[16];
    *v = (struct verdict){ .retry_after_ms = res->retry_after_ms };
    if (res->status != 0) {
        int n = snprintf(digits, sizeof digits, "%u", res->status);
        v->status = arena_str(a, str_of(digits, (size_t)n));
        v->status_text = res->status_text;
    }
    if (status_counts(res)) {
        by_status(res, v);
        v->reply = res->rc == RC_OK ? res->body : STR_NULL;
        v->content_type = res->type;
        return;
    }
    v->rc = res->rc;
    v->err = res->err;
    v->fate = res->err.fate;
}
