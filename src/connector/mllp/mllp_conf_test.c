/* Addresses, the tables of options, and the rules across them. */
#include "connector/mllp/mllp_int.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

static void tables_are_sound(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct err e;
    T_OK(opt_check_table(&conn_mllp_recv_table, a, &e), &e);
    T_OK(opt_check_table(&conn_mllp_send_table, a, &e), &e);
    arena_free(&a);
}

static const struct {
    const char *url;
    const char *host; /* NULL: refused */
    uint16_t port;
    bool tls, loopback;
} places[] = {
    { "mllp://127.0.0.1:2575", "127.0.0.1", 2575, false, true },
    { "mllps://lab.example:2576/", "lab.example", 2576, true, false },
    { "MLLP://localhost:0", "localhost", 0, false, true },
    { "mllp://[::1]:1", "::1", 1, false, true },
    { "mllp://*:2575", "", 2575, false, false },
    { "mllp://0.0.0.0:2575", "0.0.0.0", 2575, false, false },
    { "mllp://lab.example", "lab.example", 2575, false, false },
    { "mllp://", NULL, 0, false, false },
    { "mllp:", NULL, 0, false, false },
    { "http://127.0.0.1:1", NULL, 0, false, false },
    { "mllp://127.0.0.1:1/path", NULL, 0, false, false },
    { "mllp://user@lab.example:1", NULL, 0, false, false },
    { "mllp://lab.example:99999", NULL, 0, false, false },
    { "127.0.0.1:2575", NULL, 0, false, false },
};

static void addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(places); i++) {
        T_ROW(places[i].url);
        struct mllp_place p;
        struct err e;
        enum rc rc = mllp_place(str_z(places[i].url), &p, &e);
        if (!places[i].host) {
            T_EQ_INT(rc, RC_VALUE);
            T_EQ_Z(e.id, "MLLP-010");
            continue;
        }
        T_OK(rc, &e);
        T_TRUE(str_eqz(p.host, places[i].host));
        T_EQ_INT(p.port, places[i].port);
        T_EQ_INT(p.tls, places[i].tls);
        T_EQ_INT(p.loopback, places[i].loopback);
    }
    T_ROW(NULL);
}

struct row {
    const char *json;
    const char *id; /* of the first finding; NULL: none */
    const char *path;
};

static void expect(const struct row *row, const struct err_list *found)
{
    T_EQ_SIZE(found->n, row->id != NULL);
    if (!row->id)
        return;
    T_EQ_Z(found->v[0].id, row->id);
    T_TRUE(str_eqz(found->v[0].path, row->path));
    T_TRUE(found->v[0].hint.n > 0);
}

static const struct row sources[] = {
    { "{\"listen\":\"mllp://127.0.0.1:1\"}", NULL, NULL },
    { "{\"listen\":\"mllp://*:1\",\"open\":true}", NULL, NULL },
    { "{\"listen\":\"mllp://*:1\",\"allow\":[\"10.0.0.0/8\"]}", NULL, NULL },
    { "{\"listen\":\"mllps://*:1\",\"certificate\":\"c\",\"key\":\"k\",\"clientCa\":\"a\"}", NULL,
      NULL },
    { "{\"listen\":\"mllp://*:1\"}", "CONN-002", "listen" },
    { "{\"listen\":\"mllps://*:1\",\"certificate\":\"c\",\"key\":\"k\"}", "CONN-002", "listen" },
    { "{\"listen\":\"mllps://127.0.0.1:1\"}", "MLLP-018", "" },
    { "{\"listen\":\"mllps://127.0.0.1:1\",\"certificate\":\"c\"}", "MLLP-018", "certificate" },
    { "{\"listen\":\"mllp://127.0.0.1:1\",\"certificate\":\"c\",\"key\":\"k\"}", "MLLP-018", "" },
    { "{\"listen\":\"mllp://127.0.0.1:1\",\"clientCa\":\"c\"}", "MLLP-018", "" },
    { "{\"listen\":\"mllp://*:1\",\"allow\":[\"10.0.0.1/8\"]}", "CONN-001", "allow" },
    { "{\"listen\":\"nowhere\"}", "MLLP-010", "listen" },
};

static void rules_of_sources(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(sources); i++) {
        T_ROW(sources[i].json);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct err_list found;
        struct err e;
        struct json *doc = NULL;
        struct conn_mllp_conf conf;
        err_list_init(&found, a, 10);
        T_OK(json_parse(str_z(sources[i].json), &json_default_limits, a, &doc, &e), &e);
        struct opt_read r = { .arena = a, .errs = &found };
        T_OK(opt_decode(&conn_mllp_recv_table, doc, &r, &conf), NULL);
        conn_mllp_recv_check(&r, doc, &conf);
        expect(&sources[i], &found);
        arena_free(&a);
    }
    T_ROW(NULL);
}

static const struct {
    const char *url;
    struct row row;
} dests[] = {
    { "mllp://lab.example:1", { "{}", NULL, NULL } },
    { "mllps://lab.example:1", { "{}", NULL, NULL } },
    { "mllps://lab.example:1", { "{\"certificate\":\"c\",\"key\":\"k\"}", NULL, NULL } },
    { "mllps://lab.example:1", { "{\"verify\":\"pin\",\"pins\":[\"x\"]}", NULL, NULL } },
    { "mllp://*:1", { "{}", "MLLP-010", "" } },
    { "mllp://lab.example:0", { "{}", "MLLP-010", "" } },
    { "mllp://lab.example:1", { "{\"ca\":\"c\"}", "MLLP-018", "" } },
    { "mllp://lab.example:1", { "{\"serverName\":\"c\"}", "MLLP-018", "" } },
    { "mllps://lab.example:1", { "{\"certificate\":\"c\"}", "MLLP-018", "certificate" } },
    { "mllps://lab.example:1", { "{\"key\":\"k\"}", "MLLP-018", "" } },
    { "mllps://lab.example:1", { "{\"verify\":\"pin\"}", "MLLP-019", "pins" } },
    { "mllps://lab.example:1", { "{\"pins\":[\"x\"]}", "MLLP-019", "pins" } },
};

static void rules_of_destinations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(dests); i++) {
        T_ROW(dests[i].row.json);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct err_list found;
        struct err e;
        struct json *doc = NULL;
        struct conn_mllp_params params;
        err_list_init(&found, a, 10);
        T_OK(json_parse(str_z(dests[i].row.json), &json_default_limits, a, &doc, &e), &e);
        struct opt_read r = { .arena = a, .errs = &found };
        T_OK(opt_decode(&conn_mllp_send_table, doc, &r, &params), NULL);
        struct conn_endpoint ep = { .url = str_z(dests[i].url), .params = &params };
        conn_mllp_send_check(&r, doc, &ep);
        expect(&dests[i].row, &found);
        arena_free(&a);
    }
    T_ROW(NULL);
}

static void tls_files(void **state)
{
    (void)state;
    struct tls_ctx *tls = NULL;
    struct err e;
    struct conn_mllp_params params = { .ca_file = STR("/nowhere/ca.pem") };
    const struct conn_endpoint ep = { .params = &params };
    T_EQ_INT(mllp_connect_tls(&ep, &tls, &e), RC_IO);
    T_EQ_Z(e.id, "TLS-008");
    struct str pin = STR("not hexadecimal");
    params = (struct conn_mllp_params){ .verify = MLLP_VERIFY_PIN, .pins = { &pin, 1 } };
    T_EQ_INT(mllp_connect_tls(&ep, &tls, &e), RC_VALUE);
    T_EQ_Z(e.id, "TLS-005");
    mem_fail_at(1);
    T_EQ_INT(mllp_connect_tls(&ep, &tls, &e), RC_NOMEM);
    T_TRUE(tls == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(tables_are_sound),      T_TEST(addresses), T_TEST(rules_of_sources),
        T_TEST(rules_of_destinations), T_TEST(tls_files),
    };
    return T_RUN(tests);
}
