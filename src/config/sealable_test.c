/*
 * Where documents hold secrets in clear: each place with its name, and nothing that is public.
 */
#include "config/validate.h"

#include "tests/lib/t.h"

static struct arena *scratch;

/* Seals as the API does, and keeps a line for each. */
static enum rc seal(void *ctx, const char *name, struct json *value, struct err *e)
{
    struct buf *seen = ctx, b;
    buf_init_arena(&b, scratch, 4096);
    buf_fmt(&b, "${secret:integration/lab/%s}", name);
    buf_fmt(seen, "%s=%.*s\n", name, STR_ARG(json_text(value)));
    json_retext(value, buf_view(&b));
    return buf_rc(&b, e);
}

static struct json *parse(const char *text)
{
    struct json *doc = NULL;
    struct err e;
    T_OK(json_parse(str_z(text), &json_default_limits, scratch, &doc, &e), &e);
    return doc;
}

static void each_secret_has_a_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in, *seen;
    } rows[] = {
        { "none", "{}", "" },
        { "no object", "[{\"key\":\"x\"}]", "" },
        { "an API key, and what is public beside it",
          "{\"authentication\":{\"type\":\"api_key\",\"key\":\"k\",\"headerName\":\"X\","
          "\"location\":\"header\"}}",
          "authentication.key=k\n" },
        { "OAuth2",
          "{\"authentication\":{\"type\":\"oauth2\",\"tokenUrl\":\"https://t/"
          "\",\"clientId\":\"me\","
          "\"clientSecret\":\"a\",\"refreshToken\":\"b\",\"scopes\":[\"x\"]}}",
          "authentication.clientSecret=a\nauthentication.refreshToken=b\n" },
        { "a certificate: its key and passphrase",
          "{\"authentication\":{\"type\":\"certificate\",\"cert\":\"-----BEGIN\",\"key\":\"k\","
          "\"passphrase\":\"p\",\"ca\":\"-----BEGIN\"}}",
          "authentication.key=k\nauthentication.passphrase=p\n" },
        { "tls", "{\"tls\":{\"ca\":\"c\",\"cert\":\"c\",\"key\":\"k\",\"kye\":\"x\"}}",
          "tls.key=k\ntls.kye=x\n" },
        { "references stay", "{\"authentication\":{\"key\":\"${secret:x}\",\"password\":\"\"}}",
          "" },
        { "a reference inside a text stays", "{\"authentication\":{\"key\":\"a ${env:ZARISH_X}\"}}",
          "" },
        { "a misspelt key, a type that does not exist",
          "{\"authentication\":{\"type\":\"digest\",\"pasword\":\"p\"}}",
          "authentication.pasword=p\n" },
        { "a number is a secret too", "{\"authentication\":{\"key\":12345}}",
          "authentication.key=12345\n" },
        { "in the wrong shape", "{\"authentication\":{\"key\":{\"a\":[\"x\",{\"b\":\"y\"}]}}}",
          "authentication.key=x\nauthentication.key-2=y\n" },
        { "no object at all", "{\"authentication\":\"Bearer x\",\"tls\":[\"y\"]}",
          "authentication=Bearer x\ntls=y\n" },
        { "headers that say who we are, by the endpoint's name",
          "{\"endpoints\":[{\"headers\":{\"authorization\":\"Bearer x\",\"Accept\":\"y\"}},"
          "{\"name\":\"in\",\"headers\":{\"X-API-Key\":\"z\",\"X-Trace\":\"t\"}},"
          "{\"name\":\"a/b\",\"headers\":{\"Cookie\":\"c\"}}]}",
          "endpoints.0.headers.authorization=Bearer x\nendpoints.in.headers.X-API-Key=z\n"
          "endpoints.2.headers.Cookie=c\n" },
        { "a URL with a password",
          "{\"endpoints\":[{\"url\":\"http://u:p@h/\"},{\"url\":\"http://h/\"}],"
          "\"authentication\":{\"tokenUrl\":\"http://u:p@t/\"}}",
          "authentication.tokenUrl=http://u:p@t/\nendpoints.0.url=http://u:p@h/\n" },
        { "keys that no table knows",
          "{\"name\":\"lab\",\"type\":\"rest_api\",\"authentification\":{\"password\":\"p\"},"
          "\"mappings\":[\"m\"],\"endpoints\":[{\"name\":\"in\",\"method\":\"GET\","
          "\"dataMapping\":\"m\",\"rateLimit\":{\"requests\":1},"
          "\"header\":{\"Authorization\":\"Bearer x\"}},{\"authentication\":{\"key\":\"k\"}}]}",
          "endpoints.in.header=Bearer x\nendpoints.1.authentication=k\n"
          "unknown.authentification=p\n" },
        { "URLs that are none, with a user and a password",
          "{\"endpoints\":[{\"url\":\" https://u:P@h/x\"},{\"url\":\"//u:P@h/x\"},"
          "{\"url\":\"https:u:P@h\"},{\"url\":\"u:P@h\"},{\"url\":\"https://u:P/E@h\"},"
          "\"https://u:P@h/\"]}",
          "endpoints.0.url= https://u:P@h/x\nendpoints.1.url=//u:P@h/x\n"
          "endpoints.2.url=https:u:P@h\nendpoints.3.url=u:P@h\n"
          "endpoints.4.url=https://u:P/E@h\nendpoints.5=https://u:P@h/\n" },
        { "URLs with an @ that is none of a user",
          "{\"endpoints\":[{\"url\":\"https://h/a@b\"},{\"url\":\"sftp://user@h/in\"},"
          "{\"url\":\"odbc:DSN=a@b\"},{\"url\":\"nowhere\"}]}",
          "" },
        { "another endpoint took the place, and the secret keeps its name",
          "{\"endpoints\":[{\"headers\":{\"Cookie\":\"new\"}},{\"headers\":{\"Cookie\":"
          "\"${secret:integration/lab/endpoints.0.headers.Cookie}\"}}]}",
          "endpoints.0.headers.Cookie-2=new\n" },
        { "a name that no reference could hold", "{\"authentication\":{\"a}${b\":\"x\"}}",
          "authentication.a___b=x\n" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct buf seen;
        struct err e;
        struct json *doc = parse(rows[i].in);
        T_ROW(rows[i].name);
        buf_init_arena(&seen, scratch, 65536);
        T_OK(config_each_secret(doc, seal, &seen, &e), &e);
        T_EQ_Z(buf_cstr(&seen), rows[i].seen);
        /* sealed is sealed */
        buf_clear(&seen);
        T_OK(config_each_secret(doc, seal, &seen, &e), &e);
        T_EQ_SIZE(seen.n, 0);
    }
}

static enum rc refuse(void *ctx, const char *name, struct json *value, struct err *e)
{
    (void)ctx, (void)name, (void)value; /* its signature */
    return err_set(e, RC_IO, "STORE-041", "the disk is full");
}

static void an_error_ends_it(void **state)
{
    (void)state;
    struct err e;
    T_EQ_INT(config_each_secret(parse("{\"authentication\":{\"key\":\"a\"}}"), refuse, NULL, &e),
             RC_IO);
    T_EQ_Z(e.id, "STORE-041");
}

static void there_is_a_limit(void **state)
{
    (void)state;
    struct buf b, seen;
    struct err e;
    buf_init_arena(&b, scratch, 65536);
    buf_init_arena(&seen, scratch, 65536);
    buf_z(&b, "{\"authentication\":{\"0\":\"x\"");
    for (int i = 1; i <= 200; i++)
        buf_fmt(&b, ",\"%d\":\"x\"", i);
    buf_z(&b, "}}");
    T_EQ_INT(config_each_secret(parse(buf_cstr(&b)), seal, &seen, &e), RC_LIMIT);
    T_EQ_Z(e.id, "CFG-038");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(each_secret_has_a_name),
        T_TEST(an_error_ends_it),
        T_TEST(there_is_a_limit),
    };
    scratch = arena_new("test", 0, (size_t)1 << 28);
    int status = T_RUN(tests);
    arena_free(&scratch);
    return status;
}
