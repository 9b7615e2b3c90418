/*
 * The guide's validation: every text, in the guide's order, then what the tables and the rules of
 * each type add.
 */
#include "config/validate.h"

#include "base/alloc.h"
#include "json/jw.h"
#include "tests/lib/t.h"

static struct arena *scratch;

static const struct conn_type *connector(struct str scheme)
{
    static const struct conn_type any = { .name = "any", .caps = CONN_SENDS };
    return str_eqz(scheme, "wss") || str_eqz(scheme, "sftp") ? NULL : &any;
}

static const struct config_env env = { .connector = connector };

static struct json *parse(const char *text)
{
    struct json *doc = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &json_default_limits, scratch, &doc, &e), &e);
    return doc;
}

static struct str written(const struct config_validation *v)
{
    struct buf b;
    struct jw w;
    struct err e;
    buf_init_arena(&b, scratch, 1 << 20);
    jw_init(&w, &b, JSON_COMPACT);
    config_validation_write(v, &w);
    T_OK(jw_done(&w, &e), &e);
    return buf_view(&b);
}

#define CHECKED  ",\"checkedFields\":[\"name\",\"type\",\"endpoints\"]}"
#define NO_AUTH  "\"No authentication configuration provided\""
#define PLAIN    "\"HTTP endpoint detected - recommend using HTTPS for security\""
#define GET_ONE  "[{\"url\":\"https://h/\",\"method\":\"GET\"}]"
#define REST(ep) "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":[" ep "]}"

static void the_guides_texts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *out;
    } rows[] = {
        { "all is well",
          "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":\"none\"}}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[]" CHECKED },
        { "nothing is there", "{}",
          "{\"valid\":false,\"errors\":[\"Required field 'name' is missing\","
          "\"Required field 'type' is missing\",\"Required field 'endpoints' is missing\"],"
          "\"warnings\":[" NO_AUTH "]" CHECKED },
        { "what JavaScript takes for nothing",
          "{\"name\":\"\",\"type\":0,\"endpoints\":null,\"authentication\":null}",
          "{\"valid\":false,\"errors\":[\"Required field 'name' is missing\","
          "\"Required field 'type' is missing\",\"Required field 'endpoints' is missing\"],"
          "\"warnings\":[" NO_AUTH "]" CHECKED },
        { "an unknown type", "{\"name\":\"a\",\"type\":\"soap\",\"endpoints\":" GET_ONE "}",
          "{\"valid\":false,\"errors\":[\"Invalid integration type: soap\"],"
          "\"warnings\":[" NO_AUTH "]" CHECKED },
        { "an endpoint without anything", REST("{}"),
          "{\"valid\":false,\"errors\":[\"Endpoint URL is required\",\"HTTP method is required\"],"
          "\"warnings\":[" NO_AUTH "]" CHECKED },
        { "no URL, no method of HTTP", REST("{\"url\":\"not a url\",\"method\":\"FETCH\"}"),
          "{\"valid\":false,\"errors\":[\"Invalid URL format: not a url\","
          "\"Invalid HTTP method: FETCH\"],\"warnings\":[" PLAIN "," NO_AUTH "]" CHECKED },
        { "in clear, the method in small letters",
          REST("{\"url\":\"http://h/\",\"method\":\"post\"}"),
          "{\"valid\":true,\"errors\":[],\"warnings\":[" PLAIN "," NO_AUTH "]" CHECKED },
        { "each endpoint in its turn",
          REST("{\"url\":\"http://h/\"},{\"method\":\"GET\"},{\"url\":\"x\",\"method\":\"y\"}"),
          "{\"valid\":false,\"errors\":[\"HTTP method is required\",\"Endpoint URL is required\","
          "\"Invalid URL format: x\",\"Invalid HTTP method: y\"],"
          "\"warnings\":[" PLAIN "," PLAIN "," NO_AUTH "]" CHECKED },
        { "an unknown authentication",
          "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":\"oauth1\"}}",
          "{\"valid\":false,\"errors\":[\"Invalid authentication type: "
          "oauth1\"],\"warnings\":[]" CHECKED },
        { "authentication without a type is none",
          "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE ",\"authentication\":{}}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[]" CHECKED },
        { "what is missing for a credential is found when it is set up",
          "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":\"oauth2\"}}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[]" CHECKED },
        { "secrets may stand in clear",
          "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":\"api_key\",\"key\":\"s3cret\"}}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[]" CHECKED },
        { "other types need no method and have their own secure sister",
          "{\"name\":\"a\",\"type\":\"hl7_v2\",\"endpoints\":[{\"url\":\"mllp://h:2575\"}]}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[\"MLLP endpoint detected - recommend using "
          "MLLPS for security\"," NO_AUTH "]" CHECKED },
        { "WebSocket in clear",
          "{\"name\":\"a\",\"type\":\"websocket\",\"endpoints\":[{\"url\":\"ws://h/\"}]}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[\"WS endpoint detected - recommend using "
          "WSS "
          "for security\"," NO_AUTH "]" CHECKED },
        { "FTP",
          "{\"name\":\"a\",\"type\":\"file_transfer\",\"endpoints\":[{\"url\":\"ftp://h/\"}]}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[\"FTP endpoint detected - recommend using "
          "FTPS for security\"," NO_AUTH "]" CHECKED },
        { "a protocol this build has not is valid",
          "{\"name\":\"a\",\"type\":\"file_transfer\",\"endpoints\":[{\"url\":\"sftp://h/x\"}]}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[" NO_AUTH "]" CHECKED },
        { "a database",
          "{\"name\":\"a\",\"type\":\"database\",\"endpoints\":[{\"url\":\"postgresql://h/d\"}]}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[" NO_AUTH "]" CHECKED },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct config_validation v;
        struct err e;
        T_ROW(rows[i].name);
        T_OK(config_validate(parse(rows[i].in), &env, scratch, &v, &e), &e);
        T_EQ_STR(written(&v), rows[i].out);
    }
}

/* The first error. */
static void what_the_tables_add(void **state)
{
    (void)state;
    static const struct {
        const char *in, *error;
        size_t n;
    } rows[] = {
        { "[1]", "Required field 'name' is missing", 4 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":\"x\"}",
          "endpoints: this must be a list of objects, not a string", 1 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":[]}",
          "endpoints: this must be from 1 to 1000 items, not 0", 1 },
        { REST("null"), "endpoints[0]: this must be an object, not null", 1 },
        { REST("7"), "endpoints[0]: this must be an object, not a number", 1 },
        { "{\"name\":5,\"type\":\"rest_api\",\"endpoints\":" GET_ONE "}",
          "name: this must be a text, not a number (put it in quotes)", 1 },
        { "{\"name\":\"a/b\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE "}",
          "name: a name has no / { } $ and no control characters (use letters, digits, blanks and "
          "- _ . :)",
          1 },
        { "{\"name\":\"a\",\"type\":[\"rest_api\"],\"endpoints\":" GET_ONE "}",
          "Invalid integration type: [\"rest_api\"]", 1 },
        { REST("{\"url\":\"https://h/\",\"methd\":\"GET\",\"method\":\"GET\"}"),
          "endpoints[0].methd: this key is not known in endpoint (did you mean \"method\"?)", 1 },
        { REST("{\"url\":5,\"method\":5}"), "Invalid URL format: 5", 3 },
        { REST("{\"url\":\"mllp://h:1\",\"method\":\"GET\"}"),
          "endpoints[0].url: this URL does not fit the integration's type (an endpoint of type "
          "rest_api begins with http://)",
          1 },
        { REST("{\"url\":\"https://u:pw@h/\",\"method\":\"GET\"}"),
          "endpoints[0].url: user and password may not stand in a URL (use authentication: { type: "
          "basic, … })",
          1 },
        { REST("{\"url\":\"http//u:pw@h/\",\"method\":\"GET\"}"), "Invalid URL format: ***@h/", 1 },
        { REST("{\"url\":\"https://u:pw@h:99999/\",\"method\":\"GET\"}"),
          "Invalid URL format: https://***@h:99999/", 1 },
        { REST("{\"url\":\"https://h/\",\"method\":\"GET\",\"retries\":-1}"),
          "endpoints[0].retries: this must be from 0 to 1000000, not -1", 1 },
        { REST("{\"url\":\"https://h/\",\"method\":\"GET\",\"rateLimit\":\"fast\"}"),
          "endpoints[0].rateLimit.requests: this must be a whole number, not a string (write it "
          "without quotes)",
          1 },
        { REST("{\"url\":\"https://h/\",\"method\":\"GET\",\"dataMapping\":{\"from\":\"x\"}}"),
          "endpoints[0].dataMapping.to: this is required and missing", 3 },
        { REST("{\"url\":\"https://h/\",\"method\":\"GET\",\"dataMapping\":\"elsewhere\"}"), NULL,
          0 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":\"basic\"}}",
          "authentication.username: this is required and missing", 2 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":\"Bearer x\"}",
          "authentication: this must be an object, not a string", 1 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":7}}",
          "Invalid authentication type: 7", 1 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE
          ",\"authentication\":{\"type\":\"jwt\",\"secret\":\"x\",\"algorithm\":\"RS256\"}}",
          "authentication.algorithm: tokens cannot be signed with this algorithm yet (use HS256, "
          "HS384 or HS512)",
          1 },
        { "{\"name\":\"a\",\"type\":\"rest_api\",\"endpoints\":" GET_ONE ",\"mappings\":7}",
          "mappings: this must be a list of at most 1000 mappings (write a list of names or "
          "mappings)",
          1 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct config_validation v;
        struct err e;
        T_ROW(rows[i].in);
        T_OK(config_validate(parse(rows[i].in), &env, scratch, &v, &e), &e);
        T_EQ_SIZE(v.n_errors, rows[i].n);
        T_EQ_INT(v.valid, rows[i].n == 0);
        if (rows[i].n > 0)
            T_EQ_STR(v.errors[0], rows[i].error);
    }
}

static void an_endpoint_by_itself(void **state)
{
    (void)state;
    static const struct {
        const char *type, *in, *out;
    } rows[] = {
        { "", "{\"url\":\"https://h/\",\"method\":\"GET\"}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[]}" },
        { "", "{}",
          "{\"valid\":false,\"errors\":[\"Endpoint URL is required\",\"HTTP method is required\"],"
          "\"warnings\":[]}" },
        { "", "{\"url\":\"mllp://h:1\",\"method\":\"POST\"}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[\"MLLP endpoint detected - recommend using "
          "MLLPS for security\"]}" },
        { "hl7_v2", "{\"url\":\"mllps://h:1\"}", "{\"valid\":true,\"errors\":[],\"warnings\":[]}" },
        { "hl7_v2", "{\"url\":\"https://h/\"}",
          "{\"valid\":false,\"errors\":[\"url: this URL does not fit the integration's type (an "
          "endpoint of type hl7_v2 begins with mllp://)\"],\"warnings\":[]}" },
        { "rest_api", "{\"url\":\"http://h/\",\"method\":\"GET\",\"timout\":1}",
          "{\"valid\":false,\"errors\":[\"timout: this key is not known in endpoint (did you mean "
          "\\\"timeout\\\"?)\"],\"warnings\":[" PLAIN "]}" },
        { "rest_api", "[]",
          "{\"valid\":false,\"errors\":[\"this must be an object, not a list\"],\"warnings\":[]}" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct config_validation v;
        struct err e;
        T_ROW(rows[i].in);
        T_OK(
            config_validate_endpoint(parse(rows[i].in), str_z(rows[i].type), &env, scratch, &v, &e),
            &e);
        T_EQ_STR(written(&v), rows[i].out);
    }
}

static void an_authentication_by_itself(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "{\"type\":\"jwt\",\"secret\":\"x\",\"expiresIn\":60}",
          "{\"valid\":true,\"errors\":[],\"warnings\":[]}" },
        { "{\"type\":\"kerberos\"}", "{\"valid\":false,\"errors\":[\"Invalid authentication type: "
                                     "kerberos\"],\"warnings\":[]}" },
        { "{\"type\":\"oauth2\",\"tokenUrl\":\"login\"}",
          "{\"valid\":false,\"errors\":[\"tokenUrl: this is no URL (for example "
          "https://login.example/token)\"],\"warnings\":[]}" },
        { "{\"type\":\"oauth2\",\"scope\":\"read\"}",
          "{\"valid\":false,\"errors\":[\"scope: this key is not known in oauth2 (did you mean "
          "\\\"scopes\\\"?)\"],\"warnings\":[]}" },
        { "null",
          "{\"valid\":false,\"errors\":[\"this must be an object, not null\"],\"warnings\":[]}" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct config_validation v;
        struct err e;
        T_ROW(rows[i].in);
        T_OK(config_validate_authentication(parse(rows[i].in), &env, scratch, &v, &e), &e);
        T_EQ_STR(written(&v), rows[i].out);
    }
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    struct buf b;
    struct config_validation v;
    struct err e;
    buf_init_arena(&b, scratch, 8192);
    buf_z(&b, "{\"name\":\"a\",\"type\":\"");
    for (int i = 0; i < 1000; i++)
        buf_z(&b, "ü");
    buf_z(&b, "\",\"endpoints\":" GET_ONE "}");
    T_OK(config_validate(parse(buf_cstr(&b)), &env, scratch, &v, &e), &e);
    T_EQ_SIZE(v.n_errors, 1);
    T_EQ_SIZE(v.errors[0].n, strlen("Invalid integration type: ") + 200 + strlen("…"));
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    static const char in[] = REST("{\"url\":\"x\",\"method\":\"y\"}");
    const struct json *doc = parse(in);
    bool failed = true;
    for (size_t k = 1; failed && k < 1000; k++) {
        struct arena *a = arena_new("walk", 0, 1 << 20);
        struct config_validation v;
        struct err e;
        mem_fail_at(k);
        enum rc rc = config_validate(doc, &env, a, &v, &e);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_TRUE(rc == RC_NOMEM || (rc == RC_OK && v.n_errors == 2));
        if (rc == RC_NOMEM)
            T_TRUE(failed);
        arena_free(&a);
    }
    T_TRUE(!failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(the_guides_texts),      T_TEST(what_the_tables_add),
        T_TEST(an_endpoint_by_itself), T_TEST(an_authentication_by_itself),
        T_TEST(a_long_value_is_cut),   T_TEST(memory_may_end_anywhere),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int status = T_RUN(tests);
    arena_free(&scratch);
    return status;
}
