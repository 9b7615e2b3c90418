#include "net/http.h"

#include "tests/lib/t.h"

static void methods(void **state)
{
    (void)state;
    static const char *const names[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };
    for (size_t i = 0; i < ZS_COUNT(names); i++) {
        T_EQ_INT(http_method_of(str_z(names[i])), i);
        T_EQ_Z(http_method_name((enum http_method)i), names[i]);
    }
    T_EQ_INT(http_method_of(STR("get")), HTTP_OTHER);
    T_EQ_INT(http_method_of(STR("")), HTTP_OTHER);
    T_EQ_INT(http_method_of(STR("GETT")), HTTP_OTHER);
    T_EQ_Z(http_method_name(HTTP_OTHER), "");
}

static void status_texts(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        const char *text;
    } rows[] = { { 100, "Continue" },
                 { 200, "OK" },
                 { 404, "Not Found" },
                 { 413, "Content Too Large" },
                 { 500, "Internal Server Error" },
                 { 511, "Network Authentication Required" },
                 { 299, "Success" },
                 { 418, "Client Error" },
                 { 599, "Server Error" },
                 { 0, "Unknown" },
                 { 999, "Unknown" } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++)
        T_EQ_Z(http_status_text(rows[i].status), rows[i].text);
}

static void fields(void **state)
{
    (void)state;
    static const struct http_field f[] = { { STR_INIT("A"), STR_INIT("1") },
                                           { STR_INIT("Set-It"), STR_INIT("") },
                                           { STR_INIT("a"), STR_INIT("2") } };
    T_EQ_STR(http_field_get(f, 3, STR("a")), "1");
    T_EQ_STR(http_field_get(f, 3, STR("SET-IT")), "");
    T_TRUE(str_is_null(http_field_get(f, 3, STR("Set"))));
    T_TRUE(http_is_token(STR("X-Api_Key~1")));
    T_FALSE(http_is_token(STR("")));
    T_FALSE(http_is_token(STR("a b")));
    T_FALSE(http_is_token(STR("a:")));
    T_FALSE(http_is_token(STR("\xc3\xa4")));
    T_TRUE(http_is_field_value(STR("a\tb \xff")));
    T_TRUE(http_is_field_value(STR("")));
    T_FALSE(http_is_field_value(STR("a\r\nb: c")));
    T_FALSE(http_is_field_value(STR("a\0b")));
    T_FALSE(http_is_field_value(STR("a\x7f")));
}

static void media_types(void **state)
{
    (void)state;
    T_EQ_STR(http_media_type(STR(" text/plain ; x=y")), "text/plain");
    T_EQ_STR(http_media_type(STR("application/json")), "application/json");
    T_EQ_SIZE(http_media_type(STR_NULL).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(methods),
        T_TEST(status_texts),
        T_TEST(fields),
        T_TEST(media_types),
    };
    return T_RUN(tests);
}
