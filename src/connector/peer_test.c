/* Doors of listeners and contexts of both sides; what they do in a handshake is tested by users. */
#include "connector/peer.h"

#include "tests/lib/t.h"
#include "tests/lib/t_cert.h"

static void loopback(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool want;
    } rows[] = { { "localhost", true }, { "LocalHost", true }, { "127.0.0.1", true },
                 { "127.9.9.9", true }, { "::1", true },       { "0.0.0.0", false },
                 { "10.0.0.1", false }, { "", false },         { "localhost.example", false } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].host);
        T_EQ_INT(conn_is_loopback(str_z(rows[i].host)), rows[i].want);
    }
}

static struct str good_net[] = { STR_INIT("10.0.0.0/8") };
static struct str bad_net[] = { STR_INIT("10.0.0.0/8"), STR_INIT("x") };

static const struct {
    const char *name;
    struct conn_door door;
    const char *id; /* NULL: fine */
} doors[] = {
    { "loopback", { .loopback = true }, NULL },
    { "open on purpose", { .open = true }, NULL },
    { "some networks", { .allow = { good_net, 1 } }, NULL },
    { "certificates", { .client_ca = STR_INIT("ca.pem") }, NULL },
    { "anybody", { .open = false }, "CONN-002" },
    { "a network that is none", { .loopback = true, .allow = { bad_net, 2 } }, "CONN-001" },
};

static void door(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(doors); i++) {
        T_ROW(doors[i].name);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct err_list found;
        err_list_init(&found, a, 5);
        struct opt_read r = { .arena = a, .errs = &found };
        conn_door_check(&r, json_make_object(a), &doors[i].door);
        T_EQ_SIZE(found.n, doors[i].id ? 1 : 0);
        if (doors[i].id)
            T_EQ_Z(found.v[0].id, doors[i].id);
        arena_free(&a);
    }
}

static struct {
    struct t_cert ca, ours, locked;
    const char *dir;
} certs;

static int make_certs(void **state)
{
    (void)state;
    certs.ca = t_cert_make(&(struct t_cert_spec){ .cn = "CA", .is_ca = true }, NULL);
    certs.ours = t_cert_make(&(struct t_cert_spec){ .cn = "us" }, &certs.ca);
    certs.locked =
        t_cert_make(&(struct t_cert_spec){ .cn = "us", .passphrase = "open" }, &certs.ca);
    certs.dir = t_tmpdir();
    t_write(t_path(certs.dir, "cert.pem"), certs.ours.cert_pem);
    t_write(t_path(certs.dir, "key.pem"), certs.ours.key_pem);
    t_write(t_path(certs.dir, "ca.pem"), certs.ca.cert_pem);
    return 0;
}

static struct str file(struct arena *a, const char *name)
{
    return name ? arena_str(a, str_z(t_path(certs.dir, name))) : STR("");
}

static void client_contexts(void **state)
{
    (void)state;
    const struct conn_tls whole = { .ca_pem = certs.ca.cert_pem,
                                    .cert_pem = certs.ours.cert_pem,
                                    .key_pem = certs.ours.key_pem };
    const struct conn_tls empty = { .ca_pem = STR(""), .cert_pem = STR(""), .passphrase = STR("") };
    const struct conn_tls locked = { .cert_pem = certs.locked.cert_pem,
                                     .key_pem = certs.locked.key_pem,
                                     .passphrase = STR("open") };
    const struct conn_tls wrong = { .cert_pem = certs.locked.cert_pem,
                                    .key_pem = certs.locked.key_pem,
                                    .passphrase = STR("shut") };
    const struct conn_tls mixed = { .cert_pem = certs.locked.cert_pem,
                                    .key_pem = certs.ours.key_pem };
    const struct {
        const char *name;
        const struct conn_tls *t;
        const char *cert, *key, *ca; /* files */
        const char *id;              /* NULL: a context */
        bool has_cert;
    } rows[] = {
        { "nothing", NULL, NULL, NULL, NULL, NULL, false },
        { "empty texts", &empty, NULL, NULL, NULL, NULL, false },
        { "the integration's", &whole, NULL, NULL, NULL, NULL, true },
        { "a passphrase", &locked, NULL, NULL, NULL, NULL, true },
        { "the wrong passphrase", &wrong, NULL, NULL, NULL, "TLS-002", false },
        { "certificate and key of two", &mixed, NULL, NULL, NULL, "TLS-003", false },
        { "files", NULL, "cert.pem", "key.pem", "ca.pem", NULL, true },
        { "files go before the integration's", &locked, "cert.pem", "key.pem", NULL, NULL, true },
        { "a file that is not there", NULL, "no.pem", "key.pem", NULL, "TLS-008", false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1u << 20);
        struct conn_files files = { file(a, rows[i].cert), file(a, rows[i].key),
                                    file(a, rows[i].ca) };
        struct tls_ctx *t = NULL;
        struct err e;
        enum rc rc = conn_connect_tls(&files, rows[i].t, NULL, &t, &e);
        T_EQ_INT(rc == RC_OK, rows[i].id == NULL);
        if (rc != RC_OK) {
            T_EQ_Z(e.id, rows[i].id);
        } else {
            T_EQ_INT(tls_ctx_role(t), TLS_CLIENT);
            T_EQ_INT(tls_ctx_not_after(t) != INT64_MAX, rows[i].has_cert);
        }
        tls_ctx_unref(&t);
        arena_free(&a);
    }
}

static void server_contexts(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct conn_files files = { file(a, "cert.pem"), file(a, "key.pem"), file(a, "ca.pem") };
    struct conn_files none = { STR(""), STR(""), STR("") };
    struct tls_ctx *t = NULL;
    struct err e;
    T_OK(conn_listen_tls(&files, &t, &e), &e);
    T_EQ_INT(tls_ctx_role(t), TLS_SERVER);
    tls_ctx_unref(&t);
    T_EQ_INT(conn_listen_tls(&none, &t, &e), RC_MISSING);
    T_EQ_Z(e.id, "TLS-007");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(loopback), T_TEST(door), T_TEST(client_contexts),
                                        T_TEST(server_contexts) };
    return cmocka_run_group_tests(tests, make_certs, NULL);
}
