/* Statuses and failures into verdicts, answers into statuses and words. */
#include "connector/http/http_int.h"

#include "tests/lib/t.h"

static const struct {
    const char *name;
    enum rc client_rc;
    enum fate client_fate;
    unsigned status;
    enum rc rc;
    enum fate fate;
    bool answered;
    const char *text; /* of the error; NULL: delivered */
    const char *reply;
} rows[] = {
    { "200", RC_OK, FATE_NONE, 200, RC_OK, FATE_NONE, false, NULL, "reply" },
    { "204", RC_OK, FATE_NONE, 204, RC_OK, FATE_NONE, false, NULL, "reply" },
    { "302", RC_OK, FATE_NONE, 302, RC_OK, FATE_NONE, false, NULL, "reply" },
    { "399", RC_OK, FATE_NONE, 399, RC_OK, FATE_NONE, false, NULL, "reply" },
    { "400", RC_OK, FATE_NONE, 400, RC_PEER, FATE_REJECT, true, "HTTP 400: Bad Request", "reply" },
    { "401", RC_OK, FATE_NONE, 401, RC_DENIED, FATE_OPERATOR, true, "HTTP 401: Unauthorized",
      "reply" },
    { "403", RC_OK, FATE_NONE, 403, RC_DENIED, FATE_OPERATOR, true, "HTTP 403: Forbidden",
      "reply" },
    { "404", RC_OK, FATE_NONE, 404, RC_PEER, FATE_REJECT, true, "HTTP 404: Not Found", "reply" },
    { "407", RC_OK, FATE_NONE, 407, RC_DENIED, FATE_OPERATOR, true,
      "HTTP 407: Proxy Authentication Required", "reply" },
    { "408", RC_OK, FATE_NONE, 408, RC_PEER, FATE_RETRY, true, "HTTP 408: Request Timeout",
      "reply" },
    { "422", RC_OK, FATE_NONE, 422, RC_PEER, FATE_REJECT, true, "HTTP 422: Unprocessable Content",
      "reply" },
    { "425", RC_OK, FATE_NONE, 425, RC_PEER, FATE_RETRY, true, "HTTP 425: Too Early", "reply" },
    { "429", RC_OK, FATE_NONE, 429, RC_PEER, FATE_RETRY, true, "HTTP 429: Too Many Requests",
      "reply" },
    { "499", RC_OK, FATE_NONE, 499, RC_PEER, FATE_REJECT, true, "HTTP 499: Client Error", "reply" },
    { "500", RC_OK, FATE_NONE, 500, RC_PEER, FATE_RETRY, true, "HTTP 500: Internal Server Error",
      "reply" },
    { "503", RC_OK, FATE_NONE, 503, RC_PEER, FATE_RETRY, true, "HTTP 503: Service Unavailable",
      "reply" },
    { "600", RC_OK, FATE_NONE, 600, RC_PEER, FATE_UNCERTAIN, false, "HTTP 600 is no final status",
      "reply" },
    { "never sent", RC_IO, FATE_RETRY, 0, RC_IO, FATE_RETRY, false, "why", NULL },
    { "sent and lost", RC_IO, FATE_UNCERTAIN, 0, RC_IO, FATE_UNCERTAIN, false, "why", NULL },
    { "timeout after sending", RC_TIMEOUT, FATE_UNCERTAIN, 0, RC_TIMEOUT, FATE_UNCERTAIN, false,
      "why", NULL },
    { "our certificate", RC_VALUE, FATE_OPERATOR, 0, RC_VALUE, FATE_OPERATOR, false, "why", NULL },
    { "200, its body too large", RC_LIMIT, FATE_UNCERTAIN, 200, RC_OK, FATE_NONE, false, NULL,
      NULL },
    { "200, no memory for its body", RC_NOMEM, FATE_UNCERTAIN, 200, RC_OK, FATE_NONE, false, NULL,
      NULL },
    { "200, broken off", RC_IO, FATE_UNCERTAIN, 200, RC_IO, FATE_UNCERTAIN, false, "why", NULL },
    { "404, broken off", RC_IO, FATE_UNCERTAIN, 404, RC_PEER, FATE_REJECT, true,
      "HTTP 404: Not Found", NULL },
    { "500, its body too large", RC_LIMIT, FATE_UNCERTAIN, 500, RC_PEER, FATE_RETRY, true,
      "HTTP 500: Internal Server Error", NULL },
};

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 65536);
        struct client_result res = { .rc = rows[i].client_rc,
                                     .status = rows[i].status,
                                     .status_text = STR("the peer's own words"),
                                     .type = STR("a/b"),
                                     .body = STR("reply"),
                                     .retry_after_ms = 5000 };
        struct verdict v;
        if (rows[i].client_rc != RC_OK) {
            (void)err_set(&res.err, rows[i].client_rc, "HTTP-056", "why");
            (void)err_fate(&res.err, rows[i].client_fate);
        }
        conn_http_verdict(&res, a, &v);
        T_EQ_INT(v.rc, rows[i].rc);
        T_EQ_INT(v.fate, rows[i].fate);
        T_EQ_INT(v.answered, rows[i].answered);
        T_EQ_INT(v.retry_after_ms, 5000);
        T_EQ_INT(v.credential, rows[i].status == 401);
        T_EQ_STR(v.reply, rows[i].reply);
        T_EQ_INT(v.cut, rows[i].client_rc == RC_LIMIT);
        if (rows[i].text) {
            T_EQ_Z(v.err.text, rows[i].text);
            T_EQ_INT(v.err.code, rows[i].rc);
            T_EQ_INT(v.err.fate, rows[i].fate);
        }
        if (rows[i].status != 0) {
            char digits[12];
            (void)snprintf(digits, sizeof digits, "%u", rows[i].status); /* fits */
            T_EQ_STR(v.status, digits);
            T_EQ_STR(v.status_text, "the peer's own words");
        }
        arena_free(&a);
    }
    T_ROW(NULL);
}

static const struct {
    enum answer_kind kind;
    bool has_body;
    unsigned status;
    const char *words, *type;
} answers[] = {
    { ANSWER_ACCEPTED, true, 200, NULL, NULL },
    { ANSWER_ACCEPTED, false, 202, "{\"status\":\"accepted\",\"messageId\":\"s-7\"}",
      "application/json" },
    { ANSWER_FILTERED, false, 202, "{\"status\":\"filtered\",\"messageId\":\"s-7\"}",
      "application/json" },
    { ANSWER_HELD, true, 202, NULL, NULL },
    { ANSWER_HELD, false, 202, "{\"status\":\"held\",\"messageId\":\"s-7\"}", "application/json" },
    { ANSWER_REPEAT, true, 200, NULL, NULL },
    { ANSWER_PENDING, false, 202, "{\"status\":\"pending\",\"messageId\":\"s-7\"}",
      "application/json" },
    { ANSWER_REFUSED, false, 400,
      "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"why\","
      "\"code\":\"X-001\",\"where\":\"MSH-9\",\"messageId\":\"s-7\"}",
      "application/problem+json" },
    { ANSWER_DENIED, false, 403,
      "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":\"why\","
      "\"code\":\"X-001\",\"where\":\"MSH-9\",\"messageId\":\"s-7\"}",
      "application/problem+json" },
    { ANSWER_INVALID, false, 422,
      "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,\"detail\":"
      "\"why\",\"code\":\"X-001\",\"where\":\"MSH-9\",\"messageId\":\"s-7\"}",
      "application/problem+json" },
    { ANSWER_BUSY, false, 503,
      "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":"
      "\"why\",\"code\":\"X-001\",\"where\":\"MSH-9\",\"messageId\":\"s-7\"}",
      "application/problem+json" },
};

static void what_the_sender_hears(void **state)
{
    (void)state;
    struct err why;
    (void)err_set(&why, RC_VALUE, "X-001", "why");
    err_where(&why, "MSH-9");
    for (size_t i = 0; i < ZS_COUNT(answers); i++) {
        T_ROW(answers[i].words);
        bool negative = answers[i].status >= 400;
        struct answer a = { .kind = answers[i].kind,
                            .message_id = STR("s-7"),
                            .err = negative ? &why : NULL };
        struct str type;
        struct err e;
        struct buf b;
        buf_init(&b, 4096);
        T_EQ_INT(conn_http_status(&a, answers[i].has_body), answers[i].status);
        if (answers[i].words) {
            T_OK(conn_http_words(&a, answers[i].status, &b, &type, &e), &e);
            T_EQ_STR(buf_view(&b), answers[i].words);
            T_EQ_STR(type, answers[i].type);
        }
        buf_done(&b);
    }
    T_ROW(NULL);
}

static void what_the_peer_says_of_itself(void **state)
{
    (void)state;
    static const struct {
        const char *name, *given, *want;
    } texts[] = {
        { "as it is", "Not Found", "Not Found" },
        { "bytes that are no text", "a\x01\xff\tb", "a???b" },
        { "80 bytes",
          "123456789012345678901234567890123456789012345678901234567890123456789012345678901",
          "12345678901234567890123456789012345678901234567890123456789012345678901234567890" },
        { "none", "", "" },
    };
    const struct http_field fields[] = { { STR("X-A"), STR("1") }, { STR("X-A"), STR("2") } };
    for (size_t i = 0; i < ZS_COUNT(texts); i++) {
        T_ROW(texts[i].name);
        struct arena *a = arena_new("test", 0, 65536);
        struct client_result res = { .status = 404,
                                     .status_text = str_z(texts[i].given),
                                     .fields = fields,
                                     .n_fields = i < 2 ? 2 : 0 };
        struct verdict v;
        conn_http_verdict(&res, a, &v);
        T_EQ_STR(v.status_text, texts[i].want);
        T_EQ_Z(v.err.text, "HTTP 404: Not Found");
        T_EQ_SIZE(v.n_headers, res.n_fields);
        if (i < 2) {
            T_EQ_STR(v.headers[1].name, "X-A");
            T_EQ_STR(v.headers[1].value, "2");
        } else {
            T_TRUE(v.headers == NULL);
        }
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(verdicts), T_TEST(what_the_peer_says_of_itself),
                                        T_TEST(what_the_sender_hears) };
    return T_RUN(tests);
}
