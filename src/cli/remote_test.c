/*
 * The commands that talk to an engine, against a scripted one: what they ask, what they print, with
 * which status they end.
 */
#include "cli/cli_fake.h"
#include "cli/commands.h"
#include "cli/remote.h"

#include "base/file.h"
#include "net/client.h"
#include "tests/lib/t.h"

#include <sys/stat.h>
#include <unistd.h>

#define ASKED_MAX 5
#define WORDS_MAX 12

/* One request that has to come, and what it is answered. */
struct asked {
    const char *method, *url; /* behind the address */
    const char *body;         /* NULL: none, or an empty one */
    unsigned status;          /* 0: the engine is away */
    const char *answer;
};

struct server {
    const struct asked *script; /* method NULL ends it */
    size_t at;
    const char *credential; /* what has to stand in Authorization; NULL: nothing */
};

static struct str field(const struct client_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (str_eqz(r->fields[i].name, name))
            return r->fields[i].value;
    return STR_NULL;
}

static enum rc request(void *ctx, const struct client_request *r, struct arena *a,
                       struct client_result *res, struct err *e)
{
    struct server *s = ctx;
    const struct asked *want = &s->script[s->at++];
    char url[512];
    T_TRUE(want->method != NULL);
    (void)snprintf(url, sizeof url, "http://engine%s", want->url); /* as long as a test's url */
    T_EQ_STR(r->method, want->method);
    T_EQ_STR(r->url, url);
    T_EQ_STR(r->body.n ? r->body : STR(""), want->body ? want->body : "");
    if (s->credential)
        T_EQ_STR(field(r, "Authorization"), s->credential);
    else
        T_TRUE(str_is_null(field(r, "Authorization")));
    if (want->status == 0) {
        *res = (struct client_result){ .rc = RC_IO };
        return err_set(e, RC_IO, "HTTP-053", "http://engine does not take connections");
    }
    bool yaml = want->answer[0] != '{';
    *res = (struct client_result){ .rc = RC_OK,
                                   .status = want->status,
                                   .type = yaml ? STR("application/yaml") : STR("application/json"),
                                   .body = arena_str(a, str_z(want->answer)) };
    return RC_OK;
}

static const char *const env[] = { "ZARISH_URL=http://engine/", "ZARISH_KEY=zsk_k", NULL };

struct row {
    const char *name;
    const struct cli_cmd *cmd;
    const char *words[WORDS_MAX];
    const char *input;
    struct asked asked[ASKED_MAX];
    int status;
    const char *out, *err;
};

static void run_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct cli_fake f;
        struct server s = { .script = rows[i].asked, .credential = "Bearer zsk_k" };
        T_ROW(rows[i].name);
        cli_fake_init(&f, rows[i].input ? str_z(rows[i].input) : STR(""));
        f.c.env = env;
        f.c.request = request;
        f.c.request_ctx = &s;
        T_EQ_INT(cli_fake_cmd(&f, rows[i].cmd, rows[i].words), rows[i].status);
        T_EQ_STR(f.out, rows[i].out);
        T_EQ_STR(f.err, rows[i].err);
        T_TRUE(rows[i].asked[s.at].method == NULL); /* all of it was asked */
        cli_fake_done(&f);
    }
}

#define NOT_FOUND "{\"code\":\"MNG-002\",\"detail\":\"Integration not found: x\"}"
#define SAID_NOT_FOUND                                                                             \
    "zarish: MNG-002: Integration not found: x\nzarish: `zarish explain MNG-002` says what to "    \
    "do\n"

/* ---- lists ------------------------------------------------------------------------------------
 */

#define LAB                                                                                        \
    "{\"id\":\"u1\",\"name\":\"lab\",\"type\":\"rest_api\",\"status\":\"failed\",\"endpoints\":"   \
    "[{},{}],\"credentials\":{\"type\":\"oauth2\"},\"origin\":\"api\",\"connectivity\":"           \
    "{\"timestamp\":\"2024-05-06T07:08:09.123Z\"},\"error\":\"down\\u001b[2J\"}"

static void lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "integrations",
          &cmd_get_integrations,
          { "--status", "failed", NULL },
          NULL,
          { { "GET", "/api/v1/integrations?status=failed&limit=100", NULL, 200,
              "{\"items\":[" LAB "],\"next\":\"bGFi\"}" } },
          CLI_DONE,
          "NAME  TYPE      STATUS  ENDPOINTS  AUTHENTICATION  ORIGIN  TESTED (UTC)             "
          "ERROR\n"
          "lab   rest_api  failed          2  oauth2          api     2024-05-06 07:08:09.123  "
          "down [2J\n",
          "zarish: there are more: add --after bGFi\n" },
        { "one of them",
          &cmd_get_integrations,
          { "lab", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/lab", NULL, 200, LAB } },
          CLI_DONE,
          "NAME  TYPE      STATUS  ENDPOINTS  AUTHENTICATION  ORIGIN  TESTED (UTC)             "
          "ERROR\n"
          "lab   rest_api  failed          2  oauth2          api     2024-05-06 07:08:09.123  "
          "down [2J\n",
          "" },
        { "none",
          &cmd_get_integrations,
          { 0 },
          NULL,
          { { "GET", "/api/v1/integrations?limit=100", NULL, 200,
              "{\"items\":[],\"next\":null}" } },
          CLI_NO,
          "",
          "zarish: no integration fits; `zarish apply` makes one\n" },
        { "not there",
          &cmd_get_integrations,
          { "x", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/x", NULL, 404, NOT_FOUND } },
          CLI_NO,
          "",
          SAID_NOT_FOUND },
        { "as JSON",
          &cmd_get_mappings,
          { "-o", "json", "a b", NULL },
          NULL,
          { { "GET", "/api/v1/mappings/a%20b", NULL, 200, "{\"name\":\"a b\"}" } },
          CLI_DONE,
          "{\"name\":\"a b\"}\n",
          "" },
        { "a time so long ago; the clock stands at 2024-01-02T03:04:05.678Z",
          &cmd_get_executions,
          { "lab", "--since", "24h", "--until", "2024-01-02T00:00:00Z", "--status", "failed",
            NULL },
          NULL,
          { { "GET",
              "/api/v1/integrations/lab/executions?status=failed&start=2024-01-01T03%3A04%3A05.678Z"
              "&end=2024-01-02T00%3A00%3A00Z&limit=50",
              NULL, 200,
              "{\"items\":[{\"id\":\"e1\",\"integration\":\"lab\",\"endpointId\":\"u2\",\"status\":"
              "\"failed\",\"error\":\"HTTP 500: Internal Server Error\",\"metrics\":{\"startTime\":"
              "1704164645678,\"duration\":12}}],\"next\":null}" } },
          CLI_DONE,
          "STARTED (UTC)            ID  INTEGRATION  ENDPOINT  STATUS  MS  ERROR OR MESSAGE\n"
          "2024-01-02 03:04:05.678  e1  lab          u2        failed  12  HTTP 500: Internal "
          "Server Error\n",
          "" },
        { "a time that is none",
          &cmd_get_logs,
          { "--since", "yesterday", NULL },
          NULL,
          { { 0 } },
          CLI_USAGE,
          "",
          "zarish get logs: CLI-053: \"yesterday\" is neither a time like 2024-05-06T07:08:09Z nor "
          "so long ago, like 24h\nusage: zarish get logs [INTEGRATION] [OPTION]...\n"
          "`zarish get logs --help` says more\n" },
        { "a key, by its name",
          &cmd_get_keys,
          { "ci", NULL },
          NULL,
          { { "GET", "/api/v1/keys?limit=1000", NULL, 200,
              "{\"items\":[{\"id\":\"1\",\"name\":\"ops\"},{\"id\":\"2\",\"name\":\"ci\",\"role\":"
              "\"viewer\"}],\"next\":null}" } },
          CLI_DONE,
          "ID  NAME  ROLE    CREATED (UTC)  EXPIRES (UTC)  USED (UTC)\n"
          "2   ci    viewer                                \n",
          "" },
        { "figures of channels are summed up",
          &cmd_get_channels,
          { 0 },
          NULL,
          { { "GET", "/api/v1/channels", NULL, 200,
              "{\"items\":[{\"name\":\"in\",\"state\":\"running\",\"listens\":\"mllp://x\","
              "\"taken\":7,\"refused\":1,\"held\":0,\"destinations\":[{\"delivered\":3,\"waiting\":"
              "1,\"rejected\":1,\"dead\":2},{\"delivered\":2,\"waiting\":0,\"rejected\":4,\"dead\":"
              "0}]}],\"next\":null}" } },
          CLI_DONE,
          "NAME  STATE    LISTENS   TAKEN  REFUSED  HELD  DELIVERED  WAITING  FAILED\n"
          "in    running  mllp://x      7        1     0          5        1       7\n",
          "" },
        { "the engine is away",
          &cmd_get_users,
          { 0 },
          NULL,
          { { "GET", "/api/v1/users?limit=100", NULL, 0, NULL } },
          CLI_FAILED,
          "",
          "zarish: HTTP-053: http://engine does not take connections\n"
          "zarish: `zarish explain HTTP-053` says what to do\n" },
    };
    run_rows(rows, ZS_COUNT(rows));
}

/* ---- one thing --------------------------------------------------------------------------------
 */

static void one_thing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "an integration with its test, figures and users",
          &cmd_describe,
          { "integration/lab", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/lab", NULL, 200,
              "{\"id\":\"u1\",\"name\":\"lab\",\"type\":\"rest_api\",\"status\":\"active\","
              "\"endpoints\":[{\"id\":\"u2\",\"name\":\"results\",\"url\":\"https://lab/in\","
              "\"method\":\"POST\",\"timeout\":5000,\"retries\":0,\"headers\":{}}],"
              "\"credentials\":{\"type\":\"api_key\",\"configured\":true,\"details\":{\"key\":"
              "\"[set]\"}},\"validation\":{\"warnings\":[\"careful\"]},\"metadata\":{\"createdAt\":"
              "\"2024-05-06T07:08:09.123Z\",\"environment\":\"production\"},\"connectivity\":"
              "{\"timestamp\":\"2024-05-06T07:08:10.123Z\",\"endpoints\":[{\"endpointId\":\"u2\","
              "\"responseTime\":4,\"error\":null}],\"overall\":{\"successfulEndpoints\":1,"
              "\"totalEndpoints\":1}},\"origin\":\"file\",\"version\":3}" },
            { "GET", "/api/v1/integrations/lab/analytics", NULL, 200,
              "{\"metrics\":{\"totalRequests\":5,\"failedRequests\":1,\"successRate\":80,"
              "\"averageResponseTime\":7},\"errorGroups\":[{\"count\":1,\"error\":\"HTTP 500: "
              "Internal Server Error\"}]}" },
            { "GET", "/api/v1/channels", NULL, 200,
              "{\"items\":[{\"name\":\"in\",\"destinations\":[{\"destination\":\"lab/results\","
              "\"state\":\"running\",\"waiting\":2},{\"destination\":\"lab2/results\"}]}]}" } },
          CLI_DONE,
          "integration lab\n"
          "  id               u1\n"
          "  type             rest_api\n"
          "  status           active\n"
          "  environment      production\n"
          "  created          2024-05-06 07:08:09 UTC\n"
          "  configuration    version 3, owned by a file\n"
          "  warning          careful\n"
          "  authentication   api_key, set up\n"
          "      key              [set]\n"
          "  endpoints\n"
          "    results  POST https://lab/in\n"
          "      id               u2\n"
          "      timeout          5000 ms\n"
          "      retries          0\n"
          "  last test        2024-05-06 07:08:10 UTC, 1 of 1 endpoints answered\n"
          "    results  answered, 4 ms\n"
          "  last 24 h        5 executions, 1 failed, 80 % good, 7 ms on average\n"
          "    1 times HTTP 500: Internal Server Error\n"
          "  used by          channel in to lab/results: running, 2 waiting\n",
          "" },
        { "a mapping",
          &cmd_describe,
          { "mappings", "m", NULL },
          NULL,
          { { "GET", "/api/v1/mappings/m", NULL, 200,
              "{\"kind\":\"mapping\",\"name\":\"m\",\"origin\":\"api\",\"version\":1,\"document\":"
              "{\"from\":\"hl7v2\"}}" } },
          CLI_DONE,
          "mapping m\n"
          "  configuration    version 1, made through the API\n"
          "  document\n"
          "{\n  \"from\": \"hl7v2\"\n}\n",
          "" },
        { "a kind that is none",
          &cmd_describe,
          { "integratoin", "x", NULL },
          NULL,
          { { 0 } },
          CLI_USAGE,
          "",
          "zarish describe: CLI-054: \"integratoin\" is no kind of thing; there are integration, "
          "channel, mapping, table, user, execution\n"
          "usage: zarish describe KIND [NAME] [OPTION]...\n"
          "`zarish describe --help` says more\n" },
        { "a name that is missing",
          &cmd_delete,
          { "channel", NULL },
          NULL,
          { { 0 } },
          CLI_USAGE,
          "",
          "zarish delete: CLI-005: argument NAME is missing\n"
          "usage: zarish delete KIND [NAME] [OPTION]...\n"
          "`zarish delete --help` says more\n" },
        { "deleted",
          &cmd_delete,
          { "channel/in", NULL },
          NULL,
          { { "DELETE", "/api/v1/channels/in", NULL, 204, "{}" } },
          CLI_DONE,
          "",
          "zarish: channel in is gone\n" },
        { "in use",
          &cmd_delete,
          { "integration", "lab", NULL },
          NULL,
          { { "DELETE", "/api/v1/integrations/lab", NULL, 409,
              "{\"code\":\"MNG-004\",\"detail\":\"channel in uses it\"}" } },
          CLI_NO,
          "",
          "zarish: MNG-004: channel in uses it\nzarish: `zarish explain MNG-004` says what to "
          "do\n" },
        { "a channel is paused",
          &cmd_pause,
          { "in", NULL },
          NULL,
          { { "POST", "/api/v1/channels/in/pause", NULL, 200,
              "{\"name\":\"in\",\"wanted\":\"paused\"}" } },
          CLI_DONE,
          "",
          "zarish: channel in is paused\n" },
        { "an integration, where there is no such channel",
          &cmd_resume,
          { "lab", NULL },
          NULL,
          { { "POST", "/api/v1/channels/lab/resume", NULL, 404,
              "{\"code\":\"FLOW-010\",\"detail\":\"there is no such channel\"}" },
            { "POST", "/api/v1/integrations/lab/resume", NULL, 200,
              "{\"status\":\"failed\","
              "\"error\":\"Connectivity test failed: results: down\"}" } },
          CLI_NO,
          "",
          "zarish: integration lab is failed\n"
          "zarish: Connectivity test failed: results: down; it is tried again by itself\n" },
        { "an integration by its full name",
          &cmd_pause,
          { "integration/in", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/in/pause", NULL, 200, "{\"status\":\"paused\"}" } },
          CLI_DONE,
          "",
          "zarish: integration in is paused\n" },
        { "neither",
          &cmd_pause,
          { "x", NULL },
          NULL,
          { { "POST", "/api/v1/channels/x/pause", NULL, 404,
              "{\"code\":\"FLOW-010\",\"detail\":\"there is no such channel\"}" },
            { "POST", "/api/v1/integrations/x/pause", NULL, 404, NOT_FOUND } },
          CLI_NO,
          "",
          "zarish: FLOW-010: there is no such channel\n"
          "zarish: `zarish explain FLOW-010` says what to do\n" },
    };
    run_rows(rows, ZS_COUNT(rows));
}

/* ---- test, health, exec, analytics ------------------------------------------------------------
 */

#define ENDPOINTS                                                                                  \
    {                                                                                              \
        "GET", "/api/v1/integrations/lab/endpoints", NULL, 200,                                    \
            "{\"items\":[{\"id\":\"u2\",\"name\":\"results\"}],\"next\":null}"                     \
    }

static void questions_to_systems(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "all answer",
          &cmd_test,
          { "lab", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/lab/test", NULL, 200,
              "{\"success\":true,\"endpoints\":[{\"endpointId\":\"u2\",\"url\":\"http://h\","
              "\"success\":true,\"responseTime\":3,\"statusCode\":200,\"probe\":\"HEAD\"}]}" },
            ENDPOINTS },
          CLI_DONE,
          "ENDPOINT  URL       ANSWERED  MS  STATUS  BY    ERROR\n"
          "results   http://h  yes        3     200  HEAD  \n",
          "" },
        { "one endpoint, which does not",
          &cmd_test,
          { "lab", "results", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/lab/endpoints/results/test", NULL, 200,
              "{\"endpointId\":\"u2\",\"url\":\"mllp://h\",\"success\":false,\"responseTime\":null,"
              "\"statusCode\":null,\"error\":\"refused\",\"probe\":\"tcp\"}" },
            ENDPOINTS },
          CLI_NO,
          "ENDPOINT  URL       ANSWERED  MS  STATUS  BY   ERROR\n"
          "results   mllp://h  no                    tcp  refused\n",
          "" },
        { "none to test",
          &cmd_test,
          { "lab", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/lab/test", NULL, 200,
              "{\"success\":false,\"endpoints\":[],\"error\":\"it does not run\"}" },
            ENDPOINTS },
          CLI_NO,
          "ENDPOINT  URL  ANSWERED  MS  STATUS  BY  ERROR\n",
          "zarish: it does not run\n" },
        { "no health to tell",
          &cmd_health,
          { "lab", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/lab/health", NULL, 200,
              "{\"status\":\"error\",\"endpoints\":[],\"metrics\":{\"healthyEndpoints\":0,"
              "\"totalEndpoints\":0,\"averageResponseTime\":0},\"error\":\"it does not run\"}" },
            ENDPOINTS },
          CLI_NO,
          "lab is error: 0 of 0 endpoints answered, in 0 ms on average\n\n"
          "ENDPOINT  URL  ANSWERED  MS  STATUS  BY  ERROR\n",
          "zarish: it does not run\n" },
        { "health",
          &cmd_health,
          { "lab", "-o", "json", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/lab/health", NULL, 200,
              "{\"status\":\"degraded\",\"endpoints\":[]}" } },
          CLI_NO,
          "{\"status\":\"degraded\",\"endpoints\":[]}\n",
          "" },
        { "healthy",
          &cmd_health,
          { "lab", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/lab/health", NULL, 200,
              "{\"status\":\"healthy\",\"endpoints\":[],\"metrics\":{\"healthyEndpoints\":0,"
              "\"totalEndpoints\":0,\"averageResponseTime\":0}}" },
            ENDPOINTS },
          CLI_DONE,
          "lab is healthy: 0 of 0 endpoints answered, in 0 ms on average\n\n"
          "ENDPOINT  URL  ANSWERED  MS  STATUS  BY  ERROR\n",
          "" },
        { "no such integration",
          &cmd_health,
          { "x", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/x/health", NULL, 404, NOT_FOUND } },
          CLI_NO,
          "",
          SAID_NOT_FOUND },
        { "a call with everything",
          &cmd_exec,
          { "lab", "results", "-d{\"a\": 1.10}", "-HX-A: b", "-Pp=q=r", "--timeout=5s",
            "--retries=0", "--idempotency-key=k", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/lab/endpoints/results/execute",
              "{\"data\":{\"a\":1.10},\"options\":{\"timeout\":5000,\"retries\":0,\"headers\":"
              "{\"X-A\":\"b\"},\"parameters\":{\"p\":\"q=r\"},\"idempotencyKey\":\"k\"}}",
              200,
              "{\"id\":\"e1\",\"status\":\"completed\",\"response\":{\"status\":200,\"statusText\":"
              "\"OK\",\"data\":\"x\",\"processedData\":{\"ok\":true}},\"metrics\":{\"duration\":9}"
              "}" } },
          CLI_DONE,
          "{\n  \"ok\": true\n}\n",
          "zarish: completed: 200 OK, 9 ms, execution e1\n" },
        { "text from standard input",
          &cmd_exec,
          { "lab", "results", "-d", "-", NULL },
          "MSH|^~\\&|\rPID|",
          { { "POST", "/api/v1/integrations/lab/endpoints/results/execute",
              "{\"data\":\"MSH|^~\\\\&|\\rPID|\",\"options\":{}}", 200,
              "{\"id\":\"e1\",\"status\":\"completed\",\"response\":{\"status\":\"AA\",\"data\":"
              "\"MSH|\\rMSA|AA\"},\"metrics\":{\"duration\":9}}" } },
          CLI_DONE,
          "MSH|\xef\xbf\xbdMSA|AA\n",
          "zarish: completed: AA, 9 ms, execution e1\n" },
        { "a call that failed",
          &cmd_exec,
          { "lab", "results", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/lab/endpoints/results/execute",
              "{\"data\":null,\"options\":{}}", 502,
              "{\"code\":\"FLOW-022\",\"detail\":\"HTTP 500: Internal Server Error\",\"execution\":"
              "{\"id\":\"e2\",\"status\":\"failed\",\"error\":\"HTTP 500: Internal Server Error\","
              "\"attempts\":[{},{}],\"response\":{\"status\":500,\"statusText\":\"Internal Server "
              "Error\",\"data\":\"sorry\"},\"metrics\":{\"duration\":9}}}" } },
          CLI_NO,
          "sorry\n",
          "zarish: failed: 500 Internal Server Error, 9 ms, execution e2\n"
          "zarish: HTTP 500: Internal Server Error\n"
          "zarish: it took 2 attempts\n" },
        { "a dry run",
          &cmd_exec,
          { "lab", "results", "-d", "7", "--dry-run", NULL },
          NULL,
          { { "POST", "/api/v1/integrations/lab/endpoints/results/execute",
              "{\"data\":7,\"options\":{\"dryRun\":true}}", 200,
              "{\"id\":null,\"dryRun\":true,\"wouldSend\":{\"method\":\"POST\",\"url\":\"http://"
              "h\","
              "\"data\":{\"id\":7}}}" } },
          CLI_DONE,
          "{\n  \"id\": 7\n}\n",
          "zarish: nothing was sent; it would be POST http://h\n" },
        { "a header that is none",
          &cmd_exec,
          { "lab", "results", "-H", "X-A=b", NULL },
          NULL,
          { { 0 } },
          CLI_USAGE,
          "",
          "zarish exec: CLI-055: --header wants NAME:VALUE\n"
          "usage: zarish exec INTEGRATION ENDPOINT [OPTION]...\n"
          "`zarish exec --help` says more\n" },
        { "figures",
          &cmd_analytics,
          { "lab", "--since", "7d", NULL },
          NULL,
          { { "GET", "/api/v1/integrations/lab/analytics?start=2023-12-26T03%3A04%3A05.678Z", NULL,
              200,
              "{\"timeRange\":{\"start\":\"2023-12-26T03:04:05.678Z\",\"end\":\"2024-01-02T03:04:"
              "05."
              "678Z\"},\"metrics\":{\"totalRequests\":5,\"successfulRequests\":4,"
              "\"failedRequests\":"
              "1,\"successRate\":80,\"errorRate\":20,\"averageResponseTime\":7,\"requestsPerHour\":"
              "0},\"performance\":{\"fastestRequest\":{\"duration\":1,\"timestamp\":1704164645678},"
              "\"slowestRequest\":null,\"responseTimeDistribution\":{\"<100ms\":4,\"100-500ms\":1}}"
              ","
              "\"errorGroups\":[{\"error\":\"HTTP 500: Internal Server Error\",\"count\":1}],"
              "\"endpoints\":[{\"name\":\"results\",\"metrics\":{\"totalRequests\":5,"
              "\"failedRequests\":1,\"successRate\":80,\"averageResponseTime\":7}}]}" } },
          CLI_DONE,
          "lab from 2023-12-26 03:04:05 UTC to 2024-01-02 03:04:05 UTC\n"
          "  executions       5\n"
          "    successful     4\n"
          "    failed         1\n"
          "  success rate     80 %\n"
          "  error rate       20 %\n"
          "  average          7 ms\n"
          "  per hour         0\n"
          "  fastest          1 ms at 2024-01-02 03:04:05 UTC\n"
          "\n  response times\n"
          "    <100ms              4  ########################################\n"
          "    100-500ms           1  ##########\n"
          "\n  errors\n"
          "           1  HTTP 500: Internal Server Error\n"
          "\nENDPOINT  EXECUTIONS  FAILED  GOOD %  AVERAGE MS\n"
          "results            5       1      80           7\n",
          "" },
    };
    run_rows(rows, ZS_COUNT(rows));
}

/* ---- secrets, keys, users ---------------------------------------------------------------------
 */

static void who_may_do_what(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a secret from a pipe, without its line end",
          &cmd_secret_set,
          { "lab-key", NULL },
          "s3cr\"et\r\n",
          { { "PUT", "/api/v1/secrets/lab-key", "{\"value\":\"s3cr\\\"et\"}", 201, "{}" } },
          CLI_DONE,
          "",
          "zarish: secret lab-key is set; ${secret:lab-key} names it\n" },
        { "no secret",
          &cmd_secret_set,
          { "lab-key", NULL },
          "\n",
          { { 0 } },
          CLI_FAILED,
          "",
          "zarish: CLI-056: no value was given\n"
          "zarish: `zarish explain CLI-056` says what to do\n" },
        { "a key is shown once",
          &cmd_key_create,
          { "ci", "--role", "operator", "--expires", "90d", NULL },
          NULL,
          { { "POST", "/api/v1/keys",
              "{\"name\":\"ci\",\"role\":\"operator\",\"expiresIn\":\"90d\"}", 201,
              "{\"id\":\"1f0c2a9e\",\"key\":\"zsk_1f0c2a9e_x\"}" } },
          CLI_DONE,
          "zsk_1f0c2a9e_x\n",
          "zarish: key 1f0c2a9e; this is the only time it is shown\n" },
        { "a key is removed",
          &cmd_key_delete,
          { "1f0c2a9e", NULL },
          NULL,
          { { "DELETE", "/api/v1/keys/1f0c2a9e", NULL, 204, "{}" } },
          CLI_DONE,
          "",
          "zarish: key 1f0c2a9e is gone\n" },
        { "a user",
          &cmd_user_add,
          { "ayse", "--role", "editor", NULL },
          "correct horse\n",
          { { "POST", "/api/v1/users",
              "{\"name\":\"ayse\",\"role\":\"editor\",\"password\":\"correct horse\"}", 201,
              "{}" } },
          CLI_DONE,
          "",
          "zarish: user ayse may log in\n" },
        { "a password that is too short",
          &cmd_user_add,
          { "ayse", NULL },
          "short",
          { { "POST", "/api/v1/users",
              "{\"name\":\"ayse\",\"role\":\"viewer\",\"password\":\"short\"}", 400,
              "{\"code\":\"AUTH-040\",\"detail\":\"too short\",\"where\":\"password\"}" } },
          CLI_FAILED,
          "",
          "zarish: AUTH-040: password: too short\n"
          "zarish: `zarish explain AUTH-040` says what to do\n" },
        { "a user is disabled",
          &cmd_user_set,
          { "ayse", "--disable", "--role", "viewer", NULL },
          NULL,
          { { "PUT", "/api/v1/users/ayse", "{\"role\":\"viewer\",\"disabled\":true}", 200, "{}" } },
          CLI_DONE,
          "",
          "zarish: user ayse is changed; sessions it had are over\n" },
        { "nothing to change",
          &cmd_user_set,
          { "ayse", NULL },
          NULL,
          { { 0 } },
          CLI_USAGE,
          "",
          "zarish user set: CLI-059: nothing to change: give --role, --password, --enable or "
          "--disable\nusage: zarish user set NAME [OPTION]...\n`zarish user set --help` says "
          "more\n" },
    };
    run_rows(rows, ZS_COUNT(rows));
}

/* ---- apply and export -------------------------------------------------------------------------
 */

static void documents(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "what changes",
          &cmd_apply,
          { "-f", "-", "--prune", "--dry-run", NULL },
          "channel: a\n",
          { { "POST", "/api/v1/apply?dryRun=true&prune=true", "channel: a\n", 200,
              "{\"changes\":[{\"kind\":\"channel\",\"name\":\"a\",\"action\":\"update\",\"diff\":["
              "{\"path\":\"ack\",\"old\":\"stored\",\"new\":\"delivered\"},{\"path\":\"filter\","
              "\"new\":true}]},{\"kind\":\"table\",\"name\":\"sex\",\"action\":\"unchanged\","
              "\"diff\":[]},{\"kind\":\"mapping\",\"name\":\"m\",\"action\":\"delete\"}],"
              "\"applied\":false}" } },
          CLI_DONE,
          "update    channel/a\n"
          "    ~ ack: \"stored\" -> \"delivered\"\n"
          "    + filter: true\n"
          "unchanged table/sex\n"
          "delete    mapping/m\n",
          "zarish: nothing was changed: without --dry-run 2 would be\n" },
        { "an integration",
          &cmd_apply,
          { "-f", "-", NULL },
          "integration: x\n",
          { { "POST", "/api/v1/apply", "integration: x\n", 200,
              "{\"changes\":[{\"kind\":\"integration\",\"name\":\"x\",\"action\":\"create\"}],"
              "\"applied\":true}" } },
          CLI_DONE,
          "create    integration/x\n",
          "zarish: 1 changed\n"
          "zarish: integrations connect now; `zarish get integrations` shows how it went\n" },
        { "what is wrong",
          &cmd_apply,
          { "-f", "-", NULL },
          "channel: a\nfoo: 1\n",
          { { "POST", "/api/v1/apply", "channel: a\nfoo: 1\n", 422,
              "{\"code\":\"OPT-001\",\"detail\":\"there is no such "
              "key\",\"errors\":[{\"file\":\"api:channel/a\",\"line\":1,"
              "\"column\":70,\"path\":\"foo\",\"code\":\"OPT-001\",\"message\":\"there is no such "
              "key\",\"hint\":\"did you mean filter?\"}]}" } },
          CLI_FAILED,
          "",
          "standard input:2:6: OPT-001: foo: there is no such key (did you mean filter?)\n"
          "zarish: nothing was changed: 1 thing is wrong\n" },
        { "no file",
          &cmd_apply,
          { 0 },
          NULL,
          { { 0 } },
          CLI_USAGE,
          "",
          "zarish apply: CLI-060: say which files: -f FILE|DIR\n"
          "usage: zarish apply [OPTION]...\n`zarish apply --help` says more\n" },
        { "exported",
          &cmd_export,
          { "--all", NULL },
          NULL,
          { { "GET", "/api/v1/export?all=true", NULL, 200, "channel: a\n" } },
          CLI_DONE,
          "channel: a\n",
          "" },
    };
    run_rows(rows, ZS_COUNT(rows));
}

/* Findings of several files name the file and its own line. */
static void a_directory_is_sent_whole(void **state)
{
    (void)state;
    char dir[] = "/tmp/zs-apply-XXXXXX", a[64], b[64];
    struct err e;
    T_TRUE(mkdtemp(dir) != NULL);
    (void)snprintf(a, sizeof a, "%s/a.yaml", dir); /* fits */
    (void)snprintf(b, sizeof b, "%s/b.yml", dir);  /* likewise */
    T_OK(file_write_atomic(b, STR("channel: b\nfoo: 1\n"), 0600, &e), &e);
    T_OK(file_write_atomic(a, STR("table: a"), 0600, &e), &e);
    struct asked asked[] = {
        { "POST", "/api/v1/apply", "table: a\n---\nchannel: b\nfoo: 1\n", 422,
          "{\"code\":\"X-001\",\"detail\":\"d\",\"errors\":[{\"file\":\"api:table/a\",\"path\":"
          "\"rows\",\"message\":\"one\"},{\"file\":\"api:channel/b\",\"path\":\"foo[3].a\","
          "\"message\":\"two\"},{\"file\":\"c.yaml\",\"message\":\"three\"}]}" },
        { 0 }
    };
    struct server s = { .script = asked, .credential = "Bearer zsk_k" };
    struct cli_fake f;
    char want[256];
    cli_fake_init(&f, STR(""));
    f.c.env = env;
    f.c.request = request;
    f.c.request_ctx = &s;
    T_EQ_INT(cli_fake_cmd(&f, &cmd_apply, (const char *[]){ "-f", dir, NULL }), CLI_FAILED);
    (void)snprintf(want, sizeof want,
                   "%s:1:1: rows: one\n%s:2:6: foo[3].a: two\nc.yaml: three\n"
                   "zarish: nothing was changed: 3 things are wrong\n",
                   a, b); /* fits */
    T_EQ_STR(f.err, want);
    cli_fake_done(&f);
    T_TRUE(unlink(a) == 0 && unlink(b) == 0 && rmdir(dir) == 0);
}

/* ---- where and who ----------------------------------------------------------------------------
 */

static void a_session_is_kept_and_used(void **state)
{
    (void)state;
    char home[] = "/tmp/zs-login-XXXXXX", home_env[64], path[96], dir[64];
    struct stat st;
    T_TRUE(mkdtemp(home) != NULL);
    (void)snprintf(home_env, sizeof home_env, "XDG_CONFIG_HOME=%s", home); /* fits, as these */
    (void)snprintf(dir, sizeof dir, "%s/zarish", home);
    (void)snprintf(path, sizeof path, "%s/session.json", dir);
    const char *const session_env[] = { "ZARISH_URL=http://engine", home_env, NULL };
    struct asked in[] = { { "POST", "/api/v1/login",
                            "{\"username\":\"ayse\",\"password\":\"correct horse\"}", 200,
                            "{\"token\":\"zss_t\",\"expiresAt\":\"2024-01-02T04:00:00.000Z\"}" },
                          { 0 } };
    struct asked list[] = { { "GET", "/api/v1/users?limit=100", NULL, 200, "{\"items\":[]}" },
                            { 0 } };
    struct asked out[] = { { "POST", "/api/v1/logout", NULL, 204, "{}" }, { 0 } };
    struct server s = { .script = in };
    struct cli_fake f;
    cli_fake_init(&f, STR("correct horse\n"));
    f.c.env = session_env;
    f.c.request = request;
    f.c.request_ctx = &s;
    T_EQ_INT(cli_fake_cmd(&f, &cmd_login, (const char *[]){ "ayse", NULL }), CLI_DONE);
    T_EQ_STR(f.err, "zarish: logged in as ayse until 2024-01-02T04:00:00.000Z at the latest\n");
    T_TRUE(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);

    s = (struct server){ .script = list, .credential = "Bearer zss_t" };
    T_EQ_INT(cli_fake_cmd(&f, &cmd_get_users, (const char *[]){ NULL }), CLI_NO);
    T_EQ_SIZE(s.at, 1);
    clock_fake_step(&f.clock, 3600 * 1000); /* it is over: no credential is left */
    T_EQ_INT(cli_fake_cmd(&f, &cmd_get_users, (const char *[]){ NULL }), CLI_FAILED);
    T_TRUE(str_starts(f.err, STR("zarish: CLI-031: no credential")));

    s = (struct server){ .script = out, .credential = "Bearer zss_t" };
    T_EQ_INT(cli_fake_cmd(&f, &cmd_logout, (const char *[]){ NULL }), CLI_DONE);
    T_TRUE(stat(path, &st) != 0);
    T_EQ_INT(cli_fake_cmd(&f, &cmd_logout, (const char *[]){ NULL }), CLI_NO);
    T_TRUE(str_starts(f.err, STR("zarish: CLI-051: nobody is logged in")));
    cli_fake_done(&f);
    T_TRUE(rmdir(dir) == 0 && rmdir(home) == 0);
}

static void a_wrong_password_is_a_no(void **state)
{
    (void)state;
    static const struct asked script[] = {
        { "POST", "/api/v1/login", "{\"username\":\"ayse\",\"password\":\"x\"}", 401,
          "{\"code\":\"AUTH-044\",\"detail\":\"name or password is wrong\"}" },
        { 0 }
    };
    struct server s = { .script = script };
    struct cli_fake f;
    cli_fake_init(&f, STR("x"));
    f.c.env = env;
    f.c.request = request;
    f.c.request_ctx = &s;
    T_EQ_INT(cli_fake_cmd(&f, &cmd_login, (const char *[]){ "ayse", NULL }), CLI_NO);
    T_TRUE(str_starts(f.err, STR("zarish: AUTH-044: name or password is wrong\n")));
    cli_fake_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(lists),
        T_TEST(one_thing),
        T_TEST(questions_to_systems),
        T_TEST(who_may_do_what),
        T_TEST(documents),
        T_TEST(a_directory_is_sent_whole),
        T_TEST(a_session_is_kept_and_used),
        T_TEST(a_wrong_password_is_a_no),
    };
    return T_RUN(tests);
}
