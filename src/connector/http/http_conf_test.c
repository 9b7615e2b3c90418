#include "connector/http/http_int.h"

#include "tests/lib/t.h"

static void the_table_is_sound(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct err e;
    T_OK(opt_check_table(&conn_http_recv_table, a, &e), &e);
    arena_free(&a);
}

static const struct {
    const char *listen;
    const char *host; /* NULL: refused */
    uint16_t port;
    const char *path;
    bool tls, loopback;
} places[] = {
    { "http://127.0.0.1:8090/in", "127.0.0.1", 8090, "/in", false, true },
    { "https://[::1]:443/a/b", "::1", 443, "/a/b", true, true },
    { "http://localhost:0", "localhost", 0, "/", false, true },
    { "HTTP://10.0.0.1:80/", "10.0.0.1", 80, "/", false, false },
    { "http://*:80/in", "", 80, "/in", false, false },
    { "http://*:80", "", 80, "/", false, false },
    { "http://0.0.0.0:80/in", "0.0.0.0", 80, "/in", false, false },
    { "http://127.0.0.1/in", NULL, 0, NULL, false, false },
    { "http://lab.example:80/in", NULL, 0, NULL, false, false },
    { "mllp://127.0.0.1:80", NULL, 0, NULL, false, false },
    { "http://127.0.0.1:80/in?a=b", NULL, 0, NULL, false, false },
    { "http://u@127.0.0.1:80/", NULL, 0, NULL, false, false },
    { "http://127.0.0.1:99999/", NULL, 0, NULL, false, false },
    { "127.0.0.1:80", NULL, 0, NULL, false, false },
    { "http://*x:80", NULL, 0, NULL, false, false },
    { "", NULL, 0, NULL, false, false },
};

static void addresses_to_listen_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(places); i++) {
        T_ROW(places[i].listen);
        struct http_place p;
        struct err e;
        enum rc rc = conn_http_place(str_z(places[i].listen), &p, &e);
        if (!places[i].host) {
            T_EQ_INT(rc, RC_VALUE);
            T_EQ_Z(e.id, "HTTPIN-001");
            continue;
        }
        T_OK(rc, &e);
        T_TRUE(str_eqz(p.host, places[i].host));
        T_EQ_INT(p.port, places[i].port);
        T_EQ_STR(p.path, places[i].path);
        T_EQ_INT(p.tls, places[i].tls);
        T_EQ_INT(p.loopback, places[i].loopback);
    }
    T_ROW(NULL);
}

static const struct {
    const char *json;
    const char *id; /* of the first finding; NULL: none */
    const char *path;
} checks[] = {
    { "{\"listen\":\"http://127.0.0.1:1/\"}", NULL, NULL },
    { "{\"listen\":\"http://*:1/\",\"open\":true}", NULL, NULL },
    { "{\"listen\":\"http://*:1/\",\"allow\":[\"10.0.0.0/8\",\"::1\"]}", NULL, NULL },
    { "{\"listen\":\"https://*:1/\",\"certificate\":\"c\",\"key\":\"k\",\"clientCa\":\"a\"}", NULL,
      NULL },
    { "{\"listen\":\"http://*:1/\"}", "CONN-002", "listen" },
    { "{\"listen\":\"https://*:1/\",\"certificate\":\"c\",\"key\":\"k\"}", "CONN-002", "listen" },
    { "{\"listen\":\"https://127.0.0.1:1/\"}", "HTTPIN-002", "listen" },
    { "{\"listen\":\"http://127.0.0.1:1/\",\"key\":\"k\"}", "HTTPIN-002", "listen" },
    { "{\"listen\":\"http://*:1/\",\"allow\":[\"10.0.0.0/8\",\"x\"]}", "CONN-001", "allow" },
    { "{\"listen\":\"nowhere\"}", "HTTPIN-001", "listen" },
};

static void rules_across_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(checks); i++) {
        T_ROW(checks[i].json);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct err_list found;
        struct err e;
        struct json *doc = NULL;
        struct conn_http_conf conf;
        err_list_init(&found, a, 10);
        T_OK(json_parse(str_z(checks[i].json), &json_default_limits, a, &doc, &e), &e);
        struct opt_read r = { .arena = a, .errs = &found, .text = str_z(checks[i].json) };
        T_OK(opt_decode(&conn_http_recv_table, doc, &r, &conf), NULL);
        conn_http_recv_check(&r, doc, &conf);
        T_EQ_SIZE(found.n, checks[i].id != NULL);
        if (checks[i].id) {
            T_EQ_Z(found.v[0].id, checks[i].id);
            T_EQ_STR(found.v[0].path, checks[i].path);
            T_TRUE(found.v[0].hint.n > 0);
        }
        arena_free(&a);
    }
    T_ROW(NULL);
}

static const struct {
    const char *json;
    const char *path; /* of the finding; NULL: none */
} parameters[] = {
    { "{\"a\":\"x\",\"b\":1.50,\"c\":true,\"d\":null,\"e\":[\"x\",2]}", NULL },
    { "{}", NULL },
    { "{\"a\":{\"b\":1}}", "a" },
    { "{\"a\":[[1]]}", "a" },
    { "[1]", "" },
};

static void parameters_are_scalars_or_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(parameters); i++) {
        T_ROW(parameters[i].json);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct err_list found;
        struct err e;
        struct json *doc = NULL;
        err_list_init(&found, a, 10);
        T_OK(json_parse(str_z(parameters[i].json), &json_default_limits, a, &doc, &e), &e);
        struct opt_read r = { .arena = a, .errs = &found };
        conn_http_send_check(&r, doc, &(struct conn_endpoint){ .name = "x" });
        T_EQ_SIZE(found.n, parameters[i].path != NULL);
        if (parameters[i].path) {
            T_EQ_Z(found.v[0].id, "HTTPOUT-003");
            T_TRUE(str_eqz(found.v[0].path, parameters[i].path));
        }
        arena_free(&a);
    }
    T_ROW(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(the_table_is_sound),
        T_TEST(addresses_to_listen_on),
        T_TEST(rules_across_options),
        T_TEST(parameters_are_scalars_or_lists),
    };
    return T_RUN(tests);
}
