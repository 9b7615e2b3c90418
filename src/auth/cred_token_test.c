/* Requests for tokens byte by byte, and what answers mean. */
#include "auth/cred_int.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static const struct str two_scopes[] = { STR_INIT("system/*.read"), STR_INIT("launch") };

static const struct {
    const char *name;
    const char *id, *secret;
    enum cred_grant grant;
    enum cred_client client;
    size_t n_scopes;
    const char *refresh; /* NULL: none */
    const char *body, *basic;
} requests[] = {
    /* the client and its header: RFC 6749 2.3.1 and 4.4.2 */
    { "RFC 6749 4.4.2", "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", CRED_CLIENT_CREDENTIALS,
      CRED_CLIENT_BASIC, 0, NULL, "grant_type=client_credentials",
      "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3" },
    { "RFC 6749 6", "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", CRED_CLIENT_CREDENTIALS,
      CRED_CLIENT_BASIC, 2, "tGzv3JOkF0XG5Qx2TlKWIA",
      "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA",
      "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3" },
    { "scopes", "a", "b", CRED_CLIENT_CREDENTIALS, CRED_CLIENT_BASIC, 2, NULL,
      "grant_type=client_credentials&scope=system%2F*.read+launch", "Basic YTpi" },
    { "scopes of a configured refresh token", "a", "b", CRED_REFRESH_TOKEN, CRED_CLIENT_BASIC, 1,
      "r", "grant_type=refresh_token&refresh_token=r&scope=system%2F*.read", "Basic YTpi" },
    /* "a%3Ab+%C2%A3:%2F%25%0D" in base64 */
    { "encoded before they are joined", "a:b \xc2\xa3", "/%\r", CRED_CLIENT_CREDENTIALS,
      CRED_CLIENT_BASIC, 0, NULL, "grant_type=client_credentials",
      "Basic YSUzQWIrJUMyJUEzOiUyRiUyNSUwRA==" },
    { "in the body", "a&b", "c=d", CRED_CLIENT_CREDENTIALS, CRED_CLIENT_POST, 0, NULL,
      "grant_type=client_credentials&client_id=a%26b&client_secret=c%3Dd", NULL },
};

static void what_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(requests); i++) {
        T_ROW(requests[i].name);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct cred_request r;
        struct err e;
        struct cred_conf conf = { .type = CRED_OAUTH2,
                                  .oauth2 = { .grant = requests[i].grant,
                                              .client = requests[i].client,
                                              .token_url = STR("https://x/t"),
                                              .client_id = str_z(requests[i].id),
                                              .client_secret = str_z(requests[i].secret),
                                              .scopes = two_scopes,
                                              .n_scopes = requests[i].n_scopes } };
        T_OK(cred_token_request(&conf, str_z(requests[i].refresh), a, &r, &e), &e);
        T_EQ_STR(r.url, "https://x/t");
        T_EQ_STR(r.body, requests[i].body);
        T_EQ_SIZE(r.n_headers, requests[i].basic ? 3 : 2);
        T_EQ_STR(r.headers[0].name, "Content-Type");
        T_EQ_STR(r.headers[0].value, "application/x-www-form-urlencoded");
        T_EQ_STR(r.headers[1].name, "Accept");
        T_EQ_STR(r.headers[1].value, "application/json");
        if (requests[i].basic) {
            T_EQ_STR(r.headers[2].name, "Authorization");
            T_EQ_STR(r.headers[2].value, requests[i].basic);
        }
        arena_free(&a);
    }
}

#define T "\"access_token\":\"t\""

static const struct {
    const char *name;
    unsigned status;
    const char *body;
    enum rc rc;
    enum fate fate;
    const char *text;             /* of the error */
    const char *access, *refresh; /* of the token */
    int64_t life_s;
} answers[] = {
    { "RFC 6749 5.1", 200,
      "{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":\"example\","
      "\"expires_in\":3600,\"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\"}",
      RC_PEER, FATE_OPERATOR, "the token server's answer has a token_type other than Bearer", NULL,
      NULL, 0 },
    { "whole", 200,
      "{\"access_token\":\"2YotnFZFEjr1zCsicMWpAA\",\"token_type\":\"bearer\","
      "\"expires_in\":3600,\"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\",\"x\":[1,{}]}",
      RC_OK, FATE_NONE, NULL, "2YotnFZFEjr1zCsicMWpAA", "tGzv3JOkF0XG5Qx2TlKWIA", 3600 },
    { "least", 200, "{" T "}", RC_OK, FATE_NONE, NULL, "t", NULL, 300 },
    { "201", 201, "{" T "}", RC_OK, FATE_NONE, NULL, "t", NULL, 300 },
    { "null", 200, "{" T ",\"expires_in\":null,\"refresh_token\":null}", RC_OK, FATE_NONE, NULL,
      "t", NULL, 300 },
    { "no refresh token in an empty one", 200, "{" T ",\"refresh_token\":\"\"}", RC_OK, FATE_NONE,
      NULL, "t", NULL, 300 },
    { "seconds as text", 200, "{" T ",\"expires_in\":\"3599\"}", RC_OK, FATE_NONE, NULL, "t", NULL,
      3599 },
    { "a fraction", 200, "{" T ",\"expires_in\":59.9}", RC_OK, FATE_NONE, NULL, "t", NULL, 59 },
    { "for ever", 200, "{" T ",\"expires_in\":1e300}", RC_OK, FATE_NONE, NULL, "t", NULL,
      315360000 },
    { "no time", 200, "{" T ",\"expires_in\":0}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has an expires_in that is no number of seconds", NULL, NULL, 0 },
    { "time gone by", 200, "{" T ",\"expires_in\":-5}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has an expires_in that is no number of seconds", NULL, NULL, 0 },
    { "soon", 200, "{" T ",\"expires_in\":\"soon\"}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has an expires_in that is no number of seconds", NULL, NULL, 0 },
    { "a list", 200, "{" T ",\"expires_in\":[1]}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has an expires_in that is no number of seconds", NULL, NULL, 0 },
    { "no token", 200, "{}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has no access_token", NULL, NULL, 0 },
    { "empty token", 200, "{\"access_token\":\"\"}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has no access_token", NULL, NULL, 0 },
    { "token is a number", 200, "{\"access_token\":1}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has no access_token", NULL, NULL, 0 },
    { "line end in the token", 200, "{\"access_token\":\"a\\r\\nX: y\"}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has an access_token that cannot be sent", NULL, NULL, 0 },
    { "space in the token", 200, "{\"access_token\":\"a b\"}", RC_PEER, FATE_OPERATOR,
      "the token server's answer has an access_token that cannot be sent", NULL, NULL, 0 },
    { "given twice", 200, "{" T "," T "}", RC_PEER, FATE_OPERATOR,
      "the token server's answer is no JSON", NULL, NULL, 0 },
    { "a page", 200, "<html>", RC_PEER, FATE_OPERATOR, "the token server's answer is no JSON", NULL,
      NULL, 0 },
    { "nothing", 200, "", RC_PEER, FATE_OPERATOR, "the token server's answer is no JSON", NULL,
      NULL, 0 },
    { "a text", 200, "\"t\"", RC_PEER, FATE_OPERATOR, "the token server's answer is no JSON object",
      NULL, NULL, 0 },
    { "RFC 6749 5.2", 400, "{\"error\":\"invalid_request\"}", RC_DENIED, FATE_OPERATOR,
      "the token server refused: invalid_request", NULL, NULL, 0 },
    { "the description is not shown", 401,
      "{\"error\":\"invalid_client\",\"error_description\":\"no secret s3cret\"}", RC_DENIED,
      FATE_OPERATOR, "the token server refused: invalid_client", NULL, NULL, 0 },
    { "no with 200", 200, "{\"error\":\"bad_verification_code\"}", RC_DENIED, FATE_OPERATOR,
      "the token server refused: bad_verification_code", NULL, NULL, 0 },
    { "a word that is none", 400, "{\"error\":\"secret is s3cret\"}", RC_DENIED, FATE_OPERATOR,
      "the token server refused: HTTP 400", NULL, NULL, 0 },
    { "an object for a word", 400, "{\"error\":{\"code\":1}}", RC_DENIED, FATE_OPERATOR,
      "the token server refused: HTTP 400", NULL, NULL, 0 },
    { "no word", 404, "not here", RC_DENIED, FATE_OPERATOR, "the token server refused: HTTP 404",
      NULL, NULL, 0 },
    { "sent elsewhere", 302, "", RC_DENIED, FATE_OPERATOR, "the token server refused: HTTP 302",
      NULL, NULL, 0 },
    { "too many", 429, "{}", RC_PEER, FATE_RETRY, "the token server failed: HTTP 429", NULL, NULL,
      0 },
    { "down", 503, "", RC_PEER, FATE_RETRY, "the token server failed: HTTP 503", NULL, NULL, 0 },
    { "down for a while", 400, "{\"error\":\"temporarily_unavailable\"}", RC_PEER, FATE_RETRY,
      "the token server failed: temporarily_unavailable", NULL, NULL, 0 },
};

static void what_answers_mean(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(answers); i++) {
        T_ROW(answers[i].name);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct cred_token t = { .life_s = -1 };
        struct err e;
        T_EQ_INT(cred_token_parse(answers[i].status, str_z(answers[i].body), a, &t, &e),
                 answers[i].rc);
        if (answers[i].rc == RC_OK) {
            T_EQ_STR(t.access, answers[i].access);
            T_EQ_STR(t.refresh, answers[i].refresh);
            T_EQ_INT(t.life_s, answers[i].life_s);
        } else {
            T_EQ_Z(e.text, answers[i].text);
            T_EQ_INT(e.code, answers[i].rc);
            T_EQ_INT(e.fate, answers[i].fate);
            T_EQ_INT(t.life_s, -1);
        }
        arena_free(&a);
    }
}

static void too_much(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct buf b;
    struct cred_token t;
    struct err e;
    buf_init(&b, 1u << 20);
    buf_z(&b, "{\"access_token\":\"");
    buf_fill(&b, 'a', CRED_ANSWER_MAX);
    buf_z(&b, "\"}");
    T_EQ_INT(cred_token_parse(200, buf_view(&b), a, &t, &e), RC_PEER);
    T_EQ_Z(e.id, "AUTH-061");
    buf_clear(&b);
    buf_z(&b, "{\"x\":");
    buf_fill(&b, '[', 1000);
    T_EQ_INT(cred_token_parse(200, buf_view(&b), a, &t, &e), RC_PEER);
    buf_done(&b);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(what_is_asked), T_TEST(what_answers_mean),
                                        T_TEST(too_much) };
    return T_RUN(tests);
}
