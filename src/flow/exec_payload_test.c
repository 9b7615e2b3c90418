/*
 * What calls send and record: bodies by the endpoint's type and mapping, answers by the
 * responseMapping, headers without credentials, data that is no JSON, no text, or too long.
 */
#include "flow/calls_int.h"
#include "flow/link_rig.h"

#define MAPS                                                                                       \
    "mapping: up\nfrom: json\nto: json\nrules: [ { to: name, from: n, transform: [upper], "        \
    "required: true } ]\n---\n"                                                                    \
    "mapping: er7\nfrom: hl7v2\nto: json\nrules: [ { to: id, from: PID-3.1 } ]\n---\n"             \
    "mapping: ack\nfrom: hl7v2\nto: json\nrules: [ { to: code, from: MSA-1 } ]\n---\n"
#define REST "integration: lab\ntype: rest_api\nendpoints:\n  - { name: in, url: \"http://h/\", "
#define FHIR "integration: lab\ntype: fhir_api\nendpoints:\n  - { name: in, url: \"http://h/\", "
#define HL7  "integration: lab\ntype: hl7_v2\nendpoints:\n  - { name: in, url: \"mllp://h:1\", "
#define MSG  "MSH|^~\\&|S|F|R|G|20240101||ADT^A01|C1|P|2.5\rPID|||P7\r"

struct world {
    struct arena *arena;
    struct config *config;
    struct execute x;
};

static const struct conn_type *connector(struct str scheme)
{
    (void)scheme;
    return &rig_type;
}

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "ZARISH_TOKEN") == 0 ? "very-secret" : NULL;
}

static void up(struct world *w, const char *text)
{
    static const struct config_env env = { .connector = connector,
                                           .lookup_env = variable,
                                           .resolve = true };
    const struct config_text doc = { .text = str_z(text), .label = "c.yaml", .dir = "." };
    struct err_list found;
    struct err e;
    w->arena = arena_new("test", 0, (size_t)128 << 20);
    T_TRUE(w->arena != NULL);
    err_list_init(&found, w->arena, 10);
    enum rc rc = config_load(&(struct config_sources){ .texts = &doc, .n_texts = 1 }, &env,
                             &w->config, &found, &e);
    if (rc == RC_VALUE && found.n > 0)
        T_FAIL("configuration: %.*s", STR_ARG(found.v[0].text));
    T_OK(rc, &e);
    w->x = (struct execute){ .ep = &w->config->integrations[0]->endpoints[0], .arena = w->arena };
}

static void down(struct world *w)
{
    config_unref(&w->config);
    arena_free(&w->arena);
}

/* ---- what is sent ------------------------------------------------------------------------- */

static const struct {
    const char *name, *config, *body, *type;
    const char *sent, *sent_type;
    const char *id; /* of the error; NULL: none */
} payloads[] = {
    { "JSON goes as it is", REST "method: POST }\n", "{ \"a\": 1.0 }", NULL, "{ \"a\": 1.0 }",
      "application/json", NULL },
    { "its own type", REST "method: POST }\n", "<a/>", "text/xml", "<a/>", "text/xml", NULL },
    { "FHIR has a JSON of its own", FHIR "method: POST }\n", "{}", "application/json", "{}",
      "application/fhir+json", NULL },
    { "a text where text is wanted", REST "method: POST, headers: { Content-Type: text/csv } }\n",
      "\"a,b\\n1,2\"", NULL, "a,b\n1,2", "text/csv", NULL },
    { "a text where JSON is wanted", REST "method: POST }\n", "\"a\"", NULL, "\"a\"",
      "application/json", NULL },
    { "ER7 in JSON", HL7 "}\n", "\"MSH|^~\\\\&|S\\nPID|||P7\\r\\nPV1|\\r\"", NULL,
      "MSH|^~\\&|S\rPID|||P7\rPV1|\r", "x-application/hl7-v2+er7", NULL },
    { "ER7 as it is", HL7 "}\n", MSG, NULL, MSG, "x-application/hl7-v2+er7", NULL },
    { "an object is no ER7", HL7 "}\n", "{}", NULL, NULL, NULL, "FLOW-026" },
    { "mapped", MAPS REST "method: POST, dataMapping: up }\n", "{\"n\":\"abc\"}", NULL,
      "{\"name\":\"ABC\"}", "application/json", NULL },
    { "mapped for FHIR", MAPS FHIR "method: POST, dataMapping: up }\n", "{\"n\":\"abc\"}", NULL,
      "{\"name\":\"ABC\"}", "application/fhir+json", NULL },
    { "mapped from ER7 in JSON", MAPS REST "method: POST, dataMapping: er7 }\n",
      "\"MSH|^~\\\\&|S|F|R|G|20240101||ADT^A01|C1|P|2.5\\nPID|||P7\"", NULL, "{\"id\":\"P7\"}",
      "application/json", NULL },
    { "mapped from ER7", MAPS REST "method: POST, dataMapping: er7 }\n", MSG, NULL,
      "{\"id\":\"P7\"}", "application/json", NULL },
    { "a required value is absent", MAPS REST "method: POST, dataMapping: up }\n", "{}", NULL, NULL,
      NULL, "MAP-040" },
    { "no JSON to map", MAPS REST "method: POST, dataMapping: up }\n", "{", NULL, NULL, NULL,
      "JSON-001" },
};

static void what_is_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(payloads); i++) {
        struct world w;
        struct str body = STR_NULL, type = STR_NULL;
        struct err e = { .id = NULL };
        T_ROW(payloads[i].name);
        up(&w, payloads[i].config);
        w.x.body = str_z(payloads[i].body);
        w.x.content_type = str_z(payloads[i].type);
        enum rc rc = exec_payload(&w.x, 1700000000000, w.arena, &body, &type, &e);
        T_EQ_Z(e.id, payloads[i].id);
        T_EQ_INT(rc != RC_OK, payloads[i].id != NULL);
        if (rc == RC_OK) {
            T_EQ_STR(body, payloads[i].sent);
            T_EQ_STR(type, payloads[i].sent_type);
        }
        down(&w);
    }
}

/* ---- the request's record ----------------------------------------------------------------- */

#define AT "\"timestamp\":\"2023-11-14T22:13:20.000Z\""

static const struct {
    const char *name, *config, *body, *type, *key;
    bool own; /* headers of the call */
    const char *want;
} requests[] = {
    { "as the guide has it", REST "method: POST }\n", "{\"a\":1.10}", NULL, "", false,
      "{\"data\":{\"a\":1.10},\"headers\":{\"Accept\":\"application/json\",\"Content-Type\":"
      "\"application/json\"}," AT "}" },
    { "a GET has no content type", REST "method: GET }\n", "", NULL, "", false,
      "{\"data\":null,\"headers\":{\"Accept\":\"application/json\"}," AT "}" },
    { "the call's own headers, and its key", REST "method: POST }\n", "{}", NULL, "k-1", true,
      "{\"data\":{},\"headers\":{\"X-Own\":\"1\",\"Cookie\":\"[masked]\",\"Accept\":\"a/b\","
      "\"Content-Type\":\"application/json\",\"Idempotency-Key\":\"k-1\"}," AT "}" },
    { "a header with a secret is shown as written",
      REST "method: POST, headers: { X-Site: \"${env:ZARISH_TOKEN}\", X-A: b } }\n", "{}", NULL, "",
      false,
      "{\"data\":{},\"headers\":{\"X-Site\":\"${env:ZARISH_TOKEN}\",\"X-A\":\"b\",\"Accept\":"
      "\"application/json\",\"Content-Type\":\"application/json\"}," AT "}" },
    { "a key by name only",
      "integration: lab\ntype: rest_api\n"
      "authentication: { type: api_key, key: \"${env:ZARISH_TOKEN}\" }\n"
      "endpoints:\n  - { name: in, url: \"http://h/\", method: POST }\n",
      "{}", NULL, "", false,
      "{\"data\":{},\"headers\":{\"Accept\":\"application/json\",\"Content-Type\":"
      "\"application/json\",\"X-API-Key\":\"[masked]\"}," AT "}" },
    { "a password by name only",
      "integration: lab\ntype: rest_api\n"
      "authentication: { type: basic, username: u, password: \"${env:ZARISH_TOKEN}\" }\n"
      "endpoints:\n  - { name: in, url: \"http://h/\", method: POST }\n",
      "{}", NULL, "", false,
      "{\"data\":{},\"headers\":{\"Accept\":\"application/json\",\"Content-Type\":"
      "\"application/json\",\"Authorization\":\"[masked]\"}," AT "}" },
    { "text is text", HL7 "}\n", "MSH|^", NULL, "", false,
      "{\"data\":\"MSH|^\",\"headers\":{}," AT "}" },
    { "bytes are base64", REST "method: POST }\n", "\xff\xfe", "application/octet-stream", "",
      false,
      "{\"data\":\"//4=\",\"headers\":{\"Accept\":\"application/json\",\"Content-Type\":"
      "\"application/octet-stream\"}," AT ",\"encoding\":\"base64\"}" },
};

static void what_is_recorded_of_a_request(void **state)
{
    (void)state;
    static const struct conn_header own[] = { { STR_INIT("X-Own"), STR_INIT("1") },
                                              { STR_INIT("Cookie"), STR_INIT("very-secret") },
                                              { STR_INIT("Accept"), STR_INIT("a/b") } };
    static const struct conn_extra extra = { .headers = own, .n_headers = 3 };
    for (size_t i = 0; i < ZS_COUNT(requests); i++) {
        struct world w;
        struct conn_extra sent;
        struct str body = STR_NULL, type = STR_NULL, out = STR_NULL;
        struct err e;
        T_ROW(requests[i].name);
        up(&w, requests[i].config);
        w.x.body = str_z(requests[i].body);
        w.x.content_type = str_z(requests[i].type);
        w.x.idempotency_key = str_z(requests[i].key);
        w.x.extra = requests[i].own ? &extra : NULL;
        T_OK(exec_payload(&w.x, 0, w.arena, &body, &type, &e), &e);
        T_OK(exec_extra(&w.x, w.arena, &sent, &e), &e);
        T_OK(exec_request(&w.x, &sent, type, 1700000000000, w.arena, &out, &e), &e);
        T_EQ_STR(out, requests[i].want);
        T_TRUE(str_find(out, STR("very-secret"), 0) == SIZE_MAX);
        down(&w);
    }
}

/* ---- the answer's record ------------------------------------------------------------------ */

#define DONE ",\"attempts\":[]}"

static const struct {
    const char *name, *config;
    struct verdict v;
    const char *want;
} results[] = {
    { "text",
      REST "method: POST }\n",
      { .status = STR_INIT("201"),
        .status_text = STR_INIT("Created"),
        .reply = STR_INIT("fine"),
        .content_type = STR_INIT("text/plain") },
      "{\"response\":{\"status\":201,\"statusText\":\"Created\",\"headers\":{},\"data\":\"fine\","
      "\"processedData\":\"fine\",\"success\":true}" DONE },
    { "JSON by a type of its own",
      REST "method: POST }\n",
      { .status = STR_INIT("200"),
        .reply = STR_INIT("{\"n\":1.0}"),
        .content_type = STR_INIT("application/problem+json; charset=utf-8") },
      "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":{\"n\":1.0},"
      "\"processedData\":{\"n\":1.0},\"success\":true}" DONE },
    { "JSON that is none",
      REST "method: POST }\n",
      { .status = STR_INIT("200"),
        .reply = STR_INIT("{"),
        .content_type = STR_INIT("application/json") },
      "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":\"{\","
      "\"processedData\":\"{\",\"success\":true}" DONE },
    { "nothing",
      REST "method: POST }\n",
      { .status = STR_INIT("204"), .status_text = STR_INIT("No Content") },
      "{\"response\":{\"status\":204,\"statusText\":\"No Content\",\"headers\":{},\"data\":null,"
      "\"processedData\":null,\"success\":true}" DONE },
    { "more than is taken",
      REST "method: POST }\n",
      { .status = STR_INIT("200"), .cut = true },
      "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":null,"
      "\"processedData\":null,\"truncated\":true,\"success\":true}" DONE },
    { "bytes",
      REST "method: POST }\n",
      { .status = STR_INIT("200"), .reply = STR_INIT("\xff\xfe") },
      "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":\"//4=\","
      "\"processedData\":\"//4=\",\"encoding\":\"base64\",\"success\":true}" DONE },
    { "a no is kept",
      REST "method: POST }\n",
      { .rc = RC_PEER,
        .fate = FATE_REJECT,
        .status = STR_INIT("422"),
        .status_text = STR_INIT("Unprocessable Entity"),
        .reply = STR_INIT("{\"why\":1}"),
        .content_type = STR_INIT("application/json") },
      "{\"response\":{\"status\":422,\"statusText\":\"Unprocessable Entity\",\"headers\":{},"
      "\"data\":{\"why\":1},\"processedData\":{\"why\":1},\"success\":false}" DONE },
    { "no answer is no response",
      REST "method: POST }\n",
      { .rc = RC_IO, .fate = FATE_RETRY },
      "{\"response\":null" DONE },
    { "HL7: what the acknowledgement says",
      HL7 "}\n",
      { .status = STR_INIT("AA"),
        .status_text = STR_INIT("ok"),
        .reply = STR_INIT("MSH|\rMSA|AA\r") },
      "{\"response\":{\"status\":\"AA\",\"statusText\":\"ok\",\"headers\":{},"
      "\"data\":\"MSH|\\rMSA|AA\\r\",\"processedData\":\"MSH|\\rMSA|AA\\r\",\"success\":"
      "true}" DONE },
    { "mapped",
      MAPS REST "method: POST, responseMapping: up }\n",
      { .status = STR_INIT("200"),
        .reply = STR_INIT("{\"n\":\"a\"}"),
        .content_type = STR_INIT("application/json") },
      "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":{\"n\":\"a\"},"
      "\"processedData\":{\"name\":\"A\"},\"success\":true}" DONE },
    { "HL7, mapped",
      MAPS HL7 "responseMapping: ack }\n",
      { .status = STR_INIT("AA"),
        .reply = STR_INIT("MSH|^~\\&|S|F|R|G|20240101||ACK|C1|P|2.5\rMSA|AA|C1\r") },
      "{\"response\":{\"status\":\"AA\",\"statusText\":\"\",\"headers\":{},"
      "\"data\":\"MSH|^~\\\\&|S|F|R|G|20240101||ACK|C1|P|2.5\\rMSA|AA|C1\\r\","
      "\"processedData\":{\"code\":\"AA\"},\"success\":true}" DONE },
    { "the mapping finds fault",
      MAPS REST "method: POST, responseMapping: up }\n",
      { .status = STR_INIT("200"),
        .reply = STR_INIT("{}"),
        .content_type = STR_INIT("application/json") },
      "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":{},"
      "\"processedData\":null,\"processingError\":\"rules[0]: there is no value, and one is "
      "required (reading n)\","
      "\"success\":true}" DONE },
};

static void what_is_recorded_of_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(results); i++) {
        struct world w;
        struct str out = STR_NULL;
        struct err e;
        T_ROW(results[i].name);
        up(&w, results[i].config);
        struct exec_result r = { .x = &w.x, .v = &results[i].v };
        T_OK(exec_result(&r, w.arena, &out, &e), &e);
        T_EQ_STR(out, results[i].want);
        down(&w);
    }
}

static void what_is_too_long_is_cut_and_says_so(void **state)
{
    (void)state;
    struct world w;
    struct buf big;
    struct str out = STR_NULL;
    struct err e;
    up(&w, REST "method: POST }\n");
    buf_init(&big, (size_t)8 << 20);
    buf_fill(&big, 'x', ((size_t)4 << 20) - 1);
    buf_z(&big, "\xc3\xa4\xc3\xa4"); /* the first of them does not fit whole */
    struct verdict v = { .status = STR("200"), .reply = buf_view(&big) };
    struct exec_result r = { .x = &w.x, .v = &v };
    T_OK(exec_result(&r, w.arena, &out, &e), &e);
    T_TRUE(str_find(out, STR("xxx\",\"truncated\":true,\"size\":4194307,\"success\":true}"), 0) !=
           SIZE_MAX);
    r.cut = true;
    T_OK(exec_result(&r, w.arena, &out, &e), &e);
    T_EQ_STR(out, "{\"response\":{\"status\":200,\"statusText\":\"\",\"headers\":{},\"data\":null,"
                  "\"processedData\":null,\"truncated\":true,\"size\":4194307,\"success\":true}"
                  ",\"attempts\":[]}");
    buf_done(&big);
    down(&w);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct world w;
    struct conn_extra sent = { .n_headers = 0 };
    struct verdict v = { .status = STR("200"), .reply = STR("{\"n\":1}") };
    up(&w, REST "method: POST }\n");
    struct arena *full = w.x.arena;
    for (size_t limit = 4300; limit < 5400; limit += 50) { /* the arena itself takes a part */
        struct str out = STR("untouched");
        struct err e;
        struct arena *small = arena_new("small", 4200, limit);
        T_TRUE(small != NULL);
        T_TRUE(arena_raw(small, 4000) != NULL);
        w.x.arena = small;
        struct exec_result r = { .x = &w.x, .v = &v };
        enum rc rc = exec_result(&r, full, &out, &e);
        if (rc != RC_OK) {
            T_EQ_INT(rc, RC_NOMEM);
            T_EQ_STR(out, "untouched");
        }
        w.x.body = STR("{\"a\":1}");
        rc = exec_request(&w.x, &sent, STR("a/b"), 0, small, &out, &e);
        T_TRUE(rc == RC_OK || rc == RC_NOMEM);
        arena_free(&small);
    }
    w.x.arena = full;
    down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(what_is_sent),
        T_TEST(what_is_recorded_of_a_request),
        T_TEST(what_is_recorded_of_an_answer),
        T_TEST(what_is_too_long_is_cut_and_says_so),
        T_TEST(no_memory_is_an_error),
    };
    return T_RUN(tests);
}
