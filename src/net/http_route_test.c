#include "net/http_route.h"

#include "tests/lib/t.h"

static const struct http_route table[] = {
    { HTTP_GET, "/", NULL, 0, "root" },
    { HTTP_GET, "/api", NULL, 1, "api" },
    { HTTP_GET, "/api/messages", NULL, 2, "list" },
    { HTTP_POST, "/api/messages", NULL, 3, "send" },
    { HTTP_POST, "/api/messages/search", NULL, 4, "search" },
    { HTTP_GET, "/api/messages/{id}", NULL, 5, "one" },
    { HTTP_DELETE, "/api/messages/{id}", NULL, 6, "drop" },
    { HTTP_GET, "/api/messages/{id}/parts/{part}", NULL, 7, "part" },
    { HTTP_GET, "/api-docs", NULL, 8, "docs" },
    { HTTP_GET, "/api-docs/{page}", NULL, 9, "page" },
    { HTTP_GET, "/api-docs/{path*}", NULL, 10, "rest" },
    { HTTP_HEAD, "/live", NULL, 11, "live" },
    { HTTP_GET, "/web/{path*}", NULL, 12, "files" },
};
static const struct http_routes routes = { table, ZS_COUNT(table) };

static const struct {
    const char *path;
    enum http_method method;
    enum http_found found;
    unsigned need;              /* names the row */
    const char *first, *second; /* parameters */
    const char *allow;
} rows[] = {
    { "/", HTTP_GET, HTTP_ROUTE_FOUND, 0, NULL, NULL, "GET, HEAD, OPTIONS" },
    { "/", HTTP_HEAD, HTTP_ROUTE_FOUND, 0, NULL, NULL, "GET, HEAD, OPTIONS" },
    { "/api", HTTP_GET, HTTP_ROUTE_FOUND, 1, NULL, NULL, "GET, HEAD, OPTIONS" },
    { "/api/messages", HTTP_GET, HTTP_ROUTE_FOUND, 2, NULL, NULL, "GET, HEAD, POST, OPTIONS" },
    { "/api/messages", HTTP_POST, HTTP_ROUTE_FOUND, 3, NULL, NULL, "GET, HEAD, POST, OPTIONS" },
    { "/api/messages", HTTP_PUT, HTTP_ROUTE_NO_METHOD, 0, NULL, NULL, "GET, HEAD, POST, OPTIONS" },
    { "/api/messages", HTTP_OTHER, HTTP_ROUTE_NO_METHOD, 0, NULL, NULL,
      "GET, HEAD, POST, OPTIONS" },
    { "/api/messages/search", HTTP_POST, HTTP_ROUTE_FOUND, 4, NULL, NULL, "POST, OPTIONS" },
    { "/api/messages/search", HTTP_GET, HTTP_ROUTE_NO_METHOD, 0, NULL, NULL, "POST, OPTIONS" },
    { "/api/messages/17", HTTP_GET, HTTP_ROUTE_FOUND, 5, "17", NULL, "GET, HEAD, DELETE, OPTIONS" },
    { "/api/messages/17", HTTP_DELETE, HTTP_ROUTE_FOUND, 6, "17", NULL,
      "GET, HEAD, DELETE, OPTIONS" },
    { "/api/messages/{id}", HTTP_GET, HTTP_ROUTE_FOUND, 5, "{id}", NULL,
      "GET, HEAD, DELETE, OPTIONS" },
    { "/api/messages/17/parts/x y", HTTP_GET, HTTP_ROUTE_FOUND, 7, "17", "x y",
      "GET, HEAD, OPTIONS" },
    { "/api/messages/17/parts", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/api/messages/search/parts/1", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/api/messages/", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/api/messages//parts/1", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/api/", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/API", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/api-docs", HTTP_GET, HTTP_ROUTE_FOUND, 8, NULL, NULL, "GET, HEAD, OPTIONS" },
    { "/api-docs/a", HTTP_GET, HTTP_ROUTE_FOUND, 9, "a", NULL, "GET, HEAD, OPTIONS" },
    { "/api-docs/", HTTP_GET, HTTP_ROUTE_FOUND, 10, "", NULL, "GET, HEAD, OPTIONS" },
    { "/api-docs/a/b", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "/live", HTTP_HEAD, HTTP_ROUTE_FOUND, 11, NULL, NULL, "HEAD, OPTIONS" },
    { "/live", HTTP_GET, HTTP_ROUTE_NO_METHOD, 0, NULL, NULL, "HEAD, OPTIONS" },
    { "/web/a/b.js", HTTP_GET, HTTP_ROUTE_FOUND, 12, "a/b.js", NULL, "GET, HEAD, OPTIONS" },
    { "/web/a", HTTP_GET, HTTP_ROUTE_FOUND, 12, "a", NULL, "GET, HEAD, OPTIONS" },
    { "/web/", HTTP_GET, HTTP_ROUTE_FOUND, 12, "", NULL, "GET, HEAD, OPTIONS" },
    { "/web", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "*", HTTP_OPTIONS, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
    { "", HTTP_GET, HTTP_ROUTE_NO_PATH, 0, NULL, NULL, "OPTIONS" },
};

static void finds(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].path);
        struct http_match m;
        T_EQ_INT(http_route_find(&routes, rows[i].method, str_z(rows[i].path), &m), rows[i].found);
        buf_clear(&b);
        http_allow_text(&b, m.allow);
        T_EQ_STR(buf_view(&b), rows[i].allow);
        if (rows[i].found != HTTP_ROUTE_FOUND) {
            T_TRUE(m.route == NULL);
            continue;
        }
        T_EQ_INT(m.route->need, rows[i].need);
        size_t n = rows[i].second ? 2 : rows[i].first ? 1 : 0;
        T_EQ_SIZE(m.n_params, n);
        if (n > 0)
            T_TRUE(str_eqz(m.params[0], rows[i].first));
        if (n > 1)
            T_TRUE(str_eqz(m.params[1], rows[i].second));
    }
    T_ROW(NULL);
    buf_done(&b);
}

static void parameters_by_name(void **state)
{
    (void)state;
    struct http_match m;
    T_EQ_INT(http_route_find(&routes, HTTP_GET, STR("/api/messages/7/parts/pdf"), &m),
             HTTP_ROUTE_FOUND);
    T_EQ_STR(http_match_param(&m, "id"), "7");
    T_EQ_STR(http_match_param(&m, "part"), "pdf");
    T_EQ_INT(http_route_find(&routes, HTTP_GET, STR("/web/a/b"), &m), HTTP_ROUTE_FOUND);
    T_EQ_STR(http_match_param(&m, "path"), "a/b");
}

static const struct {
    const char *name;
    struct http_route v[2];
    const char *text; /* NULL: good */
} tables[] = {
    { "good", { { HTTP_GET, "/a/b", NULL, 0, "" }, { HTTP_GET, "/a/{x}", NULL, 0, "" } }, NULL },
    { "segment order, not byte order",
      { { HTTP_GET, "/a/b", NULL, 0, "" }, { HTTP_GET, "/a-b", NULL, 0, "" } },
      NULL },
    { "not sorted",
      { { HTTP_GET, "/b", NULL, 0, "" }, { HTTP_GET, "/a", NULL, 0, "" } },
      "route GET /a: is not in order" },
    { "methods not sorted",
      { { HTTP_POST, "/a", NULL, 0, "" }, { HTTP_GET, "/a", NULL, 0, "" } },
      "route GET /a: is not in order" },
    { "twice",
      { { HTTP_GET, "/a", NULL, 0, "" }, { HTTP_GET, "/a", NULL, 0, "" } },
      "route GET /a: stands here twice" },
    { "two names",
      { { HTTP_GET, "/{x}", NULL, 0, "" }, { HTTP_GET, "/{y}", NULL, 0, "" } },
      "route GET /{y}: parameter has another name than in the row before" },
    { "rest not last",
      { { HTTP_GET, "/{x*}/b", NULL, 0, "" }, { HTTP_GET, "/{y}", NULL, 0, "" } },
      "route GET /{x*}/b: {name*} is not last" },
    { "not closed",
      { { HTTP_GET, "/{x", NULL, 0, "" }, { HTTP_GET, "/{y}", NULL, 0, "" } },
      "route GET /{x: parameter is not closed" },
    { "no slash",
      { { HTTP_GET, "a", NULL, 0, "" }, { HTTP_GET, "/b", NULL, 0, "" } },
      "route GET a: pattern does not start with a slash" },
    { "no method",
      { { HTTP_OTHER, "/a", NULL, 0, "" }, { HTTP_GET, "/b", NULL, 0, "" } },
      "route  /a: method is not a known one" },
    { "too many",
      { { HTTP_GET, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}", NULL, 0, "" },
        { HTTP_GET, "/b", NULL, 0, "" } },
      "route GET /{a}/{b}/{c}/{d}/{e}/{f}/{g}: too many parameters" },
};

static void checks_tables(void **state)
{
    (void)state;
    struct err e;
    T_OK(http_routes_check(&routes, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(tables); i++) {
        T_ROW(tables[i].name);
        struct http_routes r = { tables[i].v, 2 };
        enum rc rc = http_routes_check(&r, &e);
        T_EQ_INT(rc, tables[i].text ? RC_BUG : RC_OK);
        if (tables[i].text) {
            T_EQ_Z(e.id, "HTTP-040");
            T_EQ_Z(e.text, tables[i].text);
        }
    }
    T_ROW(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(finds),
        T_TEST(parameters_by_name),
        T_TEST(checks_tables),
    };
    return T_RUN(tests);
}
