/*
 * URLs: what is one, what its scheme is, what it gives away. The first column follows the WHATWG
 * URL Standard's own test data where that has the case.
 */
#include "config/config_int.h"
#include "tests/lib/t.h"

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool valid;
        const char *scheme;
        bool password, user;
    } rows[] = {
        { "https://example.org/foo/bar", true, "https", false, false },
        { "HTTP://EXAMPLE.org", true, "HTTP", false, false },
        { "http://h:8080/a b?c#d", true, "http", false, false },
        { "http://[2001:db8::1]:80/", true, "http", false, false },
        { "http://[::ffff:10.0.0.1]", true, "http", false, false },
        { "http://user@h/", true, "http", false, true },
        { "http://user:pass@h/", true, "http", true, true },
        { "http://a@b:c@h/", true, "http", true, true },
        { "http://h/a:b@c", true, "http", false, false },
        { "http://h?u:p@x", true, "http", false, false },
        { "http://h\\u:p@x", true, "http", false, false },
        { "mllp://10.0.0.1:2575", true, "mllp", false, false },
        { "sftp://user@h/in", true, "sftp", false, true },
        { "file:///var/in", true, "file", false, false },
        { "null:", true, "null", false, false },
        { "odbc:DSN=lab", true, "odbc", false, false },
        { "", false, "", false, false },
        { "example.org/x", false, "", false, false },
        { "/x", false, "", false, false },
        { "//h/x", false, "", false, false },
        { "1http://h", false, "", false, false },
        { "http:", false, "http", false, false },
        { "http://", false, "http", false, false },
        { "http:///x", false, "http", false, false },
        { "http://:80/", false, "http", false, false },
        { "http://h:x/", false, "http", false, false },
        { "http://h:65536/", false, "http", false, false },
        { "http://a b/", false, "http", false, false },
        { "http://a<b/", false, "http", false, false },
        { "http://[::1/", false, "http", false, false },
        { "http://[x]/", false, "http", false, false },
        { "http://h/\r\nX: y", false, "http", false, false },
        { " http://h/", false, "", false, false },
        { "http://h/ ", false, "http", false, false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct str url = str_z(rows[i].url);
        T_ROW(rows[i].url);
        T_EQ_INT(config_is_url(url), rows[i].valid);
        T_EQ_STR(config_url_scheme(url), rows[i].scheme);
        T_EQ_INT(config_url_has_secret(url, false), rows[i].password);
        T_EQ_INT(config_url_has_secret(url, true), rows[i].user);
    }
}

static void what_is_shown_has_no_user(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
    } rows[] = {
        { "nonsense", "nonsense" },
        { "http://h/x", "http://h/x" },
        { "http://u:p@h/x", "http://***@h/x" },
        { "http://u:p@h:x@y/", "http://***@y/" },
        { "http:u:p@h", "***@h" },
        { "http:\\\\u:p@h", "***@h" },
        { "u:p@h", "***@h" },
        { "u://p@h", "u://***@h" },
        { "@", "***@" },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        char text[64];
        struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
        T_ROW(rows[i].url);
        config_url_shown(str_z(rows[i].url), &b);
        T_EQ_STR(buf_view(&b), rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(urls),
        T_TEST(what_is_shown_has_no_user),
    };
    return T_RUN(tests);
}
