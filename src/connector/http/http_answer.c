/*
 * What the sender hears: one table. Tests: http_recv_test.c
 */
#include "connector/http/http_int.h"

#include "json/jw.h"

static const struct {
    unsigned status;
    const char *word; /* `status` in the answer's JSON; NULL: a problem document */
} kinds[] = {
    [ANSWER_ACCEPTED] = { 202, "accepted" }, /* 200 when the format's own answer goes with it */
    [ANSWER_FILTERED] = { 202, "filtered" }, [ANSWER_HELD] = { 202, "held" },
    [ANSWER_REPEAT] = { 200, "repeat" },     [ANSWER_REFUSED] = { 400, NULL },
    [ANSWER_DENIED] = { 403, NULL },         [ANSWER_INVALID] = { 422, NULL },
    [ANSWER_PENDING] = { 202, "pending" },   [ANSWER_BUSY] = { 503, NULL },
};

unsigned conn_http_status(const struct answer *a, bool has_body)
{
    if (a->kind == ANSWER_ACCEPTED && has_body)
        return 200;
    return kinds[a->kind].status;
}

static void put_problem(struct jw *w, const struct answer *a, unsigned status)
{
    jw_kstrz(w, "type", "about:blank");
    jw_kstrz(w, "title", http_status_text(status));
    jw_ku64(w, "status", status);
    if (!a->err)
        return;
    jw_kstrz(w, "detail", a->err->text);
    if (a->err->id)
        jw_kstrz(w, "code", a->err->id);
    if (a->err->where[0])
        jw_kstrz(w, "where", a->err->where);
}

enum rc conn_http_words(const struct answer *a, unsigned status, struct buf *out, struct str *type,
                        struct err *e)
{
    struct jw w;
    bool problem = kinds[a->kind].word == NULL;
    jw_init(&w, out, JSON_COMPACT);
    jw_object(&w);
    if (problem)
        put_problem(&w, a, status);
    else
        jw_kstrz(&w, "status", kinds[a->kind].word);
    if (a->message_id.n > 0)
        jw_kstr(&w, "messageId", a->message_id);
    jw_end(&w);
    *type = problem ? STR("application/problem+json") : STR("application/json");
    return jw_done(&w, e);
}
