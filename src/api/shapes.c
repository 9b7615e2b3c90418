/*
 * Shapes of the guide's objects, which several resources answer.
 */
#include "api/api_int.h"
#include "config/config.h"

static const char *const origins[] = { "file", "api", NULL };
static const char *const statuses[] = { "initializing", "active", "failed", "paused", NULL };

/* ---- problems ----------------------------------------------------------------------------- */

static const struct shape_member finding_members[] = {
    { "file", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Where it stands." },
    { "line", SHAPE_INT, SHAPE_MAYBE, .doc = "From 1." },
    { "column", SHAPE_INT, SHAPE_MAYBE, .doc = "From 1, in bytes." },
    { "path", SHAPE_TEXT, SHAPE_MAYBE, .doc = "`endpoints[0].retries`." },
    { "code", SHAPE_TEXT, .doc = "`zarish explain CODE` tells more." },
    { "message", SHAPE_TEXT, .doc = "What is wrong." },
    { "hint", SHAPE_TEXT, SHAPE_MAYBE, .doc = "What to do." },
};
const struct shape api_finding_shape =
    SHAPE("Finding", finding_members, "One thing that is wrong with a document.");

static const struct shape_member problem_members[] = {
    { "type", SHAPE_TEXT, .doc = "`about:blank`." },
    { "title", SHAPE_TEXT, .doc = "Of the status." },
    { "status", SHAPE_INT, .doc = "The HTTP status." },
    { "detail", SHAPE_TEXT, .doc = "What happened, for people." },
    { "where", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Where in the request or document." },
    { "code", SHAPE_TEXT, .doc = "`zarish explain CODE` tells what it means and what to do." },
    { "errors", SHAPE_OBJECT, SHAPE_MAYBE | SHAPE_LIST, &api_finding_shape,
      .doc = "All that is wrong with a document." },
    { "execution", SHAPE_OBJECT, SHAPE_MAYBE, &api_execution_shape,
      .doc = "The record of an execution that failed." },
};
const struct shape api_problem_shape =
    SHAPE("Problem", problem_members, "Why a request was not done (RFC 9457).");

/* ---- integrations ------------------------------------------------------------------------- */

static const struct shape_member validation_members[] = {
    { "valid", SHAPE_FLAG, .doc = "No errors." },
    { "errors", SHAPE_TEXT, SHAPE_LIST, .doc = "What is wrong." },
    { "warnings", SHAPE_TEXT, SHAPE_LIST, .doc = "What could be better." },
    { "checkedFields", SHAPE_TEXT, SHAPE_LIST | SHAPE_MAYBE,
      .doc = "Of an integration: which required fields were looked for." },
};
const struct shape api_validation_shape =
    SHAPE("Validation", validation_members, "What validation says.");

static const struct shape_member endpoint_members[] = {
    { "id", SHAPE_UUID, .doc = "Stays the same while name and integration do." },
    { "name", SHAPE_TEXT, .doc = "Within the integration; by default `{type}_{n}`." },
    { "url", SHAPE_TEXT, .doc = "Where it is." },
    { "method", SHAPE_TEXT, SHAPE_NULL, .doc = "Upper case; null: the type's natural one." },
    { "headers", SHAPE_TEXTS, .doc = "Go with every request." },
    { "parameters", SHAPE_ANY, .doc = "Query, bound parameters, or the connector's options." },
    { "timeout", SHAPE_INT, .doc = "Milliseconds for one attempt." },
    { "retries", SHAPE_INT, .doc = "How often a failure is tried again." },
    { "rateLimit", SHAPE_ANY, SHAPE_MAYBE, .doc = "How fast it may be called." },
    { "dataMapping", SHAPE_ANY, SHAPE_MAYBE, .doc = "A mapping's name, or its rules." },
    { "responseMapping", SHAPE_ANY, SHAPE_MAYBE, .doc = "A mapping's name, or its rules." },
    { "probe", SHAPE_TEXT, SHAPE_MAYBE, .doc = "How it is tested." },
    { "status", SHAPE_TEXT, .doc = "`configured`." },
};
const struct shape api_endpoint_shape =
    SHAPE("Endpoint", endpoint_members, "One operation of an integration.");

static const struct shape_member credentials_members[] = {
    { "type", SHAPE_TEXT, .doc = "`oauth2`, `api_key`, `jwt`, `basic`, `certificate` or `none`." },
    { "configured", SHAPE_FLAG, .doc = "They are set up." },
    { "details", SHAPE_ANY, .doc = "The guide's members by type; secrets as references." },
};
static const struct shape credentials_shape =
    SHAPE("Credentials", credentials_members, "How requests are authenticated.");

static const struct shape_member metadata_members[] = {
    { "createdAt", SHAPE_TIME, .doc = "When it was first made." },
    { "createdBy", SHAPE_TEXT, SHAPE_MAYBE | SHAPE_NULL, .doc = "By whom." },
    { "organization", SHAPE_TEXT, SHAPE_MAYBE | SHAPE_NULL, .doc = "For whom." },
    { "environment", SHAPE_TEXT, .doc = "`production` unless it says otherwise." },
};
static const struct shape metadata_shape =
    SHAPE("Metadata", metadata_members, "Where an integration comes from.");

static const struct shape_member endpoint_test_members[] = {
    { "endpointId", SHAPE_TEXT, .doc = "Which one." },
    { "name", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Its name." },
    { "url", SHAPE_TEXT, .doc = "Where it is." },
    { "method", SHAPE_TEXT, SHAPE_NULL, .doc = "Its method." },
    { "success", SHAPE_FLAG, .doc = "It answered." },
    { "responseTime", SHAPE_INT, SHAPE_NULL, .doc = "Milliseconds." },
    { "statusCode", SHAPE_INT, SHAPE_NULL, .doc = "HTTP's; null elsewhere." },
    { "error", SHAPE_TEXT, SHAPE_NULL, .doc = "Why not." },
    { "probe", SHAPE_TEXT, SHAPE_MAYBE | SHAPE_NULL, .doc = "What was done: `HEAD`, `tcp` …" },
};
const struct shape api_endpoint_test_shape =
    SHAPE("EndpointTest", endpoint_test_members, "One endpoint probed.");

static const struct shape_member overall_members[] = {
    { "success", SHAPE_FLAG, .doc = "All of them answered." },
    { "totalEndpoints", SHAPE_INT, .doc = "How many there are." },
    { "successfulEndpoints", SHAPE_INT, .doc = "Answered." },
    { "failedEndpoints", SHAPE_INT, .doc = "Did not." },
};
static const struct shape overall_shape =
    SHAPE("TestOverall", overall_members, "A test summed up.");

static const struct shape_member test_members[] = {
    { "integrationId", SHAPE_UUID, .doc = "Which one." },
    { "timestamp", SHAPE_TIME, .doc = "When." },
    { "endpoints", SHAPE_OBJECT, SHAPE_LIST, &api_endpoint_test_shape, .doc = "Each of them." },
    { "overall", SHAPE_OBJECT, .sub = &overall_shape, .doc = "Summed up." },
    { "success", SHAPE_FLAG, .doc = "As in `overall`." },
    { "error", SHAPE_TEXT, SHAPE_MAYBE | SHAPE_NULL, .doc = "`name: reason; …`" },
};
const struct shape api_test_shape =
    SHAPE("ConnectivityTest", test_members, "All endpoints probed.");

static const struct shape_member integration_members[] = {
    { "id", SHAPE_UUID, .doc = "Never changes." },
    { "name", SHAPE_TEXT, .doc = "Unique." },
    { "type", SHAPE_TEXT, SHAPE_NULL, .doc = "`rest_api`, `fhir_api`, `hl7_v2` …" },
    { "status", SHAPE_TEXT, .names = statuses, .doc = "Where it is in its life." },
    { "configuration", SHAPE_ANY, .doc = "As it was sent, secrets as references." },
    { "endpoints", SHAPE_OBJECT, SHAPE_LIST, &api_endpoint_shape, .doc = "Its operations." },
    { "credentials", SHAPE_OBJECT, SHAPE_NULL, &credentials_shape, .doc = "Once set up." },
    { "mappings", SHAPE_ANY, SHAPE_LIST, .doc = "Those that were compiled for it." },
    { "validation", SHAPE_OBJECT, SHAPE_NULL, &api_validation_shape, .doc = "What it said." },
    { "metadata", SHAPE_OBJECT, .sub = &metadata_shape, .doc = "Where it comes from." },
    { "error", SHAPE_TEXT, SHAPE_MAYBE | SHAPE_NULL, .doc = "With `failed`: why." },
    { "connectivity", SHAPE_OBJECT, SHAPE_MAYBE | SHAPE_NULL, &api_test_shape,
      .doc = "The last test." },
    { "origin", SHAPE_TEXT, .names = origins, .doc = "Who owns its configuration." },
    { "version", SHAPE_INT, .doc = "The ETag." },
};
const struct shape api_integration_shape =
    SHAPE("Integration", integration_members, "The guide's integration object.");

static const char *const health_states[] = { "unknown",   "healthy", "degraded",
                                             "unhealthy", "error",   NULL };

static const struct shape_member health_metric_members[] = {
    { "totalEndpoints", SHAPE_INT, .doc = "How many there are." },
    { "healthyEndpoints", SHAPE_INT, .doc = "Answered." },
    { "unhealthyEndpoints", SHAPE_INT, .doc = "Did not." },
    { "averageResponseTime", SHAPE_REAL, .doc = "Milliseconds, of those that answered." },
};
static const struct shape health_metric_shape =
    SHAPE("HealthMetrics", health_metric_members, "Health in figures.");

static const struct shape_member health_members[] = {
    { "integrationId", SHAPE_UUID, .doc = "Which one." },
    { "timestamp", SHAPE_TIME, .doc = "When." },
    { "status", SHAPE_TEXT, .names = health_states, .doc = "Summed up." },
    { "endpoints", SHAPE_OBJECT, SHAPE_LIST, &api_endpoint_test_shape, .doc = "Each of them." },
    { "metrics", SHAPE_OBJECT, .sub = &health_metric_shape, .doc = "In figures." },
    { "error", SHAPE_TEXT, SHAPE_MAYBE | SHAPE_NULL, .doc = "With `error`: why." },
};
const struct shape api_integration_health_shape =
    SHAPE("IntegrationHealth", health_members, "How an integration is now.");

/* ---- executions --------------------------------------------------------------------------- */

static const char *const exec_states[] = { "executing", "completed", "failed", NULL };
static const char *const levels[] = { "success", "error", NULL };

static const struct shape_member metric_members[] = {
    { "startTime", SHAPE_INT, .doc = "Milliseconds since 1970." },
    { "endTime", SHAPE_INT, SHAPE_NULL, .doc = "Likewise." },
    { "duration", SHAPE_INT, SHAPE_NULL, .doc = "Milliseconds." },
};
static const struct shape metric_shape =
    SHAPE("ExecutionMetrics", metric_members, "When an execution ran.");

#define DATA_NOTES                                                                                 \
    { "encoding", SHAPE_TEXT, SHAPE_MAYBE, .doc = "`base64`: data is bytes." },                    \
        { "truncated", SHAPE_FLAG, SHAPE_MAYBE, .doc = "data was too long to be kept whole." },    \
    {                                                                                              \
        "size", SHAPE_INT, SHAPE_MAYBE, .doc = "With `truncated`: how long it was."                \
    }

static const struct shape_member request_members[] = {
    { "data", SHAPE_ANY, SHAPE_MAYBE,
      .doc = "What was given to be sent; only for who may see it." },
    { "headers", SHAPE_TEXTS, .doc = "That went with it; credentials are masked." },
    { "timestamp", SHAPE_TIME, .doc = "When." },
    DATA_NOTES,
};
static const struct shape request_shape =
    SHAPE("ExecutionRequest", request_members, "What was asked for.");

static const struct shape_member response_members[] = {
    { "status", SHAPE_ANY, .doc = "HTTP's status as a number; MSA-1, SQLSTATE … as text." },
    { "statusText", SHAPE_TEXT, SHAPE_NULL, .doc = "What the peer says to it." },
    { "headers", SHAPE_TEXTS, .doc = "Of the answer." },
    { "data", SHAPE_ANY, SHAPE_MAYBE, .doc = "Of the answer; only for who may see it." },
    { "processedData", SHAPE_ANY, SHAPE_MAYBE,
      .doc = "The same after responseMapping; only for who may see it." },
    { "success", SHAPE_FLAG, .doc = "200 to 399 for HTTP." },
    { "processingError", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Why responseMapping failed." },
    DATA_NOTES,
};
static const struct shape response_shape =
    SHAPE("ExecutionResponse", response_members, "What came back.");

static const struct shape_member attempt_members[] = {
    { "attempt", SHAPE_INT, .doc = "From 1." },
    { "timestamp", SHAPE_TIME, .doc = "When it began." },
    { "startTime", SHAPE_INT, .doc = "The same in milliseconds since 1970." },
    { "duration", SHAPE_INT, .doc = "Milliseconds." },
    { "status", SHAPE_TEXT, SHAPE_NULL, .doc = "The peer's." },
    { "error", SHAPE_TEXT, SHAPE_NULL, .doc = "Why it failed." },
};
static const struct shape attempt_shape =
    SHAPE("ExecutionAttempt", attempt_members, "One attempt of a call.");

static const struct shape_member would_members[] = {
    { "url", SHAPE_TEXT, .doc = "Where to." },
    { "method", SHAPE_TEXT, .doc = "How." },
    { "contentType", SHAPE_TEXT, .doc = "Of what would be sent." },
    { "data", SHAPE_ANY, .doc = "It, mapped." },
    DATA_NOTES,
};
static const struct shape would_shape =
    SHAPE("WouldSend", would_members, "What a dry run would have sent.");

#define EXECUTION_NAMES                                                                            \
    { "id", SHAPE_UUID, SHAPE_NULL, .doc = "Names the execution; null: a dry run is not kept." },  \
        { "integrationId", SHAPE_TEXT, .doc = "Whose it is." },                                    \
        { "endpointId", SHAPE_TEXT, .doc = "Through which endpoint." },                            \
        { "integration", SHAPE_TEXT, .doc = "The integration's name." },                           \
        { "endpoint", SHAPE_TEXT, .doc = "The endpoint's name." },                                 \
        { "status", SHAPE_TEXT, .names = exec_states, .doc = "How it went." },                     \
        { "error", SHAPE_TEXT, SHAPE_NULL, .doc = "`HTTP 500: Internal Server Error` …" },         \
        { "metrics", SHAPE_OBJECT, .sub = &metric_shape, .doc = "When it ran." },                  \
        { "message", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Of a delivery: the message's id." },         \
        { "channel", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Of a delivery: the channel." },              \
    {                                                                                              \
        "attempt", SHAPE_INT, SHAPE_MAYBE, .doc = "Of a delivery: which attempt, from 1."          \
    }

static const struct shape_member row_members[] = { EXECUTION_NAMES };
const struct shape api_execution_row_shape =
    SHAPE("ExecutionRow", row_members,
          "An execution in a list: without request and response, which the single one has.");

static const struct shape_member execution_members[] = {
    EXECUTION_NAMES,
    { "request", SHAPE_OBJECT, .sub = &request_shape, .doc = "What was sent." },
    { "response", SHAPE_OBJECT, SHAPE_NULL, &response_shape, .doc = "What came back, if any." },
    { "attempts", SHAPE_OBJECT, SHAPE_MAYBE | SHAPE_LIST, &attempt_shape,
      .doc = "Of a call through the API: every one, oldest first." },
    { "actor", SHAPE_TEXT, SHAPE_MAYBE, .doc = "Of a call through the API: who made it." },
    { "dryRun", SHAPE_FLAG, SHAPE_MAYBE, .doc = "Nothing was sent or kept." },
    { "wouldSend", SHAPE_OBJECT, SHAPE_MAYBE, &would_shape, .doc = "With `dryRun`." },
};
const struct shape api_execution_shape =
    SHAPE("Execution", execution_members, "The guide's record of one call of an endpoint.");

static const struct shape_member log_members[] = {
    { "id", SHAPE_UUID, .doc = "Of the entry." },
    { "level", SHAPE_TEXT, .names = levels, .doc = "How it went." },
    { "integrationId", SHAPE_TEXT, .doc = "Whose it is." },
    { "endpointId", SHAPE_TEXT, .doc = "Through which endpoint." },
    { "executionId", SHAPE_UUID, .doc = "The execution's." },
    { "status", SHAPE_TEXT, .names = exec_states, .doc = "The execution's." },
    { "duration", SHAPE_INT, .doc = "Milliseconds." },
    { "error", SHAPE_TEXT, SHAPE_NULL, .doc = "Why it failed." },
    { "timestamp", SHAPE_TIME, .doc = "When it ended." },
};
const struct shape api_log_shape = SHAPE("LogEntry", log_members, "The guide's log entry.");
