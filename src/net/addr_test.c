/* Addresses, URLs and CIDR lists: what is taken, what is refused and where. */
#include "net/addr.h"

#include "base/buf.h"
#include "tests/lib/t.h"

static const struct {
    const char *in, *text, *ip;
    bool v4, loopback, any;
} ips[] = {
    { "10.0.0.7", "10.0.0.7:80", "10.0.0.7", true, false, false },
    { "127.8.9.1", "127.8.9.1:80", "127.8.9.1", true, true, false },
    { "0.0.0.0", "0.0.0.0:80", "0.0.0.0", true, false, true },
    { "::1", "[::1]:80", "::1", false, true, false },
    { "::", "[::]:80", "::", false, false, true },
    { "::ffff:10.0.0.7", "10.0.0.7:80", "10.0.0.7", true, false, false },
    { "2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:80", "2001:db8::1", false, false, false },
    { "fe80::1%3", "[fe80::1%3]:80", "fe80::1%3", false, false, false },
};

static void test_ip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(ips); i++) {
        T_ROW(ips[i].in);
        struct addr a;
        struct err e;
        char text[ADDR_TEXT_MAX];
        T_OK(addr_parse_ip(str_z(ips[i].in), &a, &e), &e);
        a.port = 80;
        T_EQ_SIZE(addr_text(&a, text), strlen(ips[i].text));
        T_EQ_Z(text, ips[i].text);
        addr_text_ip(&a, text);
        T_EQ_Z(text, ips[i].ip);
        T_EQ_INT(addr_is_v4(&a), ips[i].v4);
        T_EQ_INT(addr_is_loopback(&a), ips[i].loopback);
        T_EQ_INT(addr_is_any(&a), ips[i].any);
        T_TRUE(addr_same_ip(&a, &a));
    }
}

static const struct {
    const char *name;
    struct str in;
    size_t pos;
} bad_ips[] = {
    { "empty", STR_INIT(""), 0 },
    { "three parts", STR_INIT("10.0.1"), 0 },
    { "octal", STR_INIT("010.0.0.1"), 0 },
    { "too large", STR_INIT("256.0.0.1"), 0 },
    { "space", STR_INIT(" 10.0.0.1"), 0 },
    { "NUL inside", STR_INIT("10.0.0.1\0x"), 0 },
    { "brackets", STR_INIT("[::1]"), 0 },
    { "name", STR_INIT("localhost"), 0 },
    { "scope by name", STR_INIT("fe80::1%eth0"), 7 },
    { "scope 0", STR_INIT("fe80::1%0"), 7 },
    { "scope on IPv4", STR_INIT("10.0.0.1%1"), 8 },
    { "long", STR_INIT("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"), 0 },
};

static void test_bad_ip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(bad_ips); i++) {
        T_ROW(bad_ips[i].name);
        struct addr a;
        struct err e;
        T_EQ_INT(addr_parse_ip(bad_ips[i].in, &a, &e), RC_SYNTAX);
        T_EQ_Z(e.id, "NET-020");
        T_EQ_SIZE(e.pos, bad_ips[i].pos);
    }
}

static const struct {
    const char *in;
    uint16_t dflt;
    const char *id; /* NULL: taken */
    size_t pos;
    const char *host;
    uint16_t port;
    bool has_port, ip6;
} hostports[] = {
    { "lab.example:2575", 0, NULL, 0, "lab.example", 2575, true, false },
    { "lab.example", 443, NULL, 0, "lab.example", 443, false, false },
    { "lab.example.:1", 0, NULL, 0, "lab.example.", 1, true, false },
    { "my_host-1:0", 0, NULL, 0, "my_host-1", 0, true, false },
    { "10.0.0.7:65535", 0, NULL, 0, "10.0.0.7", 65535, true, false },
    { "[::1]:80", 0, NULL, 0, "::1", 80, true, true },
    { "[fe80::1%2]:80", 0, NULL, 0, "fe80::1%2", 80, true, true },
    { "[::1]", 80, NULL, 0, "::1", 80, false, true },
    { "*:80", 0, NULL, 0, "", 80, true, false },
    { "lab.example", 0, "NET-022", 11, NULL, 0, false, false },
    { "lab.example:", 80, "NET-022", 12, NULL, 0, false, false },
    { "lab:65536", 0, "NET-022", 4, NULL, 0, false, false },
    { "lab:080", 0, "NET-022", 4, NULL, 0, false, false },
    { "lab:+80", 0, "NET-022", 4, NULL, 0, false, false },
    { "lab:80 ", 0, "NET-022", 4, NULL, 0, false, false },
    { "", 80, "NET-021", 0, NULL, 0, false, false },
    { ":80", 0, "NET-021", 0, NULL, 0, false, false },
    { "a..b:80", 0, "NET-021", 2, NULL, 0, false, false },
    { "a b:80", 0, "NET-021", 1, NULL, 0, false, false },
    { "::1:80", 0, "NET-021", 0, NULL, 0, false, false },
    { "10.0.1:80", 0, "NET-021", 0, NULL, 0, false, false },
    { "2130706433:80", 0, "NET-021", 0, NULL, 0, false, false },
    { "[::1:80", 0, "NET-021", 0, NULL, 0, false, false },
    { "[10.0.0.1]:80", 0, "NET-021", 1, NULL, 0, false, false },
    { "[::1]80", 0, "NET-022", 5, NULL, 0, false, false },
    { "l\xc3\xa4"
      "b:80",
      0, "NET-021", 1, NULL, 0, false, false },
};

static void test_hostport(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(hostports); i++) {
        T_ROW(hostports[i].in);
        struct hostport h;
        struct err e;
        enum rc rc = hostport_parse(str_z(hostports[i].in), hostports[i].dflt, &h, &e);
        if (hostports[i].id) {
            T_EQ_INT(rc, RC_SYNTAX);
            T_EQ_Z(e.id, hostports[i].id);
            T_EQ_SIZE(e.pos, hostports[i].pos);
            continue;
        }
        T_OK(rc, &e);
        T_EQ_STR(h.host, hostports[i].host);
        T_EQ_INT(h.port, hostports[i].port);
        T_EQ_INT(h.has_port, hostports[i].has_port);
        T_EQ_INT(h.is_ip6, hostports[i].ip6);
    }
}

static const struct {
    const char *in;
    const char *id;
    size_t pos;
    const char *scheme, *host, *path, *query, *fragment;
    uint16_t port;
} urls[] = {
    { "mllp://127.0.0.1:2575", NULL, 0, "mllp", "127.0.0.1", "", NULL, NULL, 2575 },
    { "https://lab.example/in", NULL, 0, "https", "lab.example", "/in", NULL, NULL, 0 },
    { "http://[::1]:8080/a/b?c=d/e?#f", NULL, 0, "http", "::1", "/a/b", "c=d/e?", "f", 8080 },
    { "http://h?q", NULL, 0, "http", "h", "", "q", NULL, 0 },
    { "http://h/?#", NULL, 0, "http", "h", "/", "", "", 0 },
    { "http://h/%20%fF", NULL, 0, "http", "h", "/%20%fF", NULL, NULL, 0 },
    { "a+b-c.1://h", NULL, 0, "a+b-c.1", "h", "", NULL, NULL, 0 },
    { "", "NET-023", 0, NULL, NULL, NULL, NULL, NULL, 0 },
    { "lab.example", "NET-023", 11, NULL, NULL, NULL, NULL, NULL, 0 },
    { "1http://h", "NET-023", 0, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http:/h", "NET-023", 4, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http:///p", "NET-021", 7, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://*:80/", "NET-021", 7, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://u:p@h/", "NET-024", 7, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h:99999/", "NET-022", 9, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h/a b", "NET-023", 10, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h/%2", "NET-023", 9, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h/%zz", "NET-023", 9, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h/\r\nX: y", "NET-023", 9, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h/\x80", "NET-023", 9, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h/#a#b", "NET-023", 11, NULL, NULL, NULL, NULL, NULL, 0 },
    { "http://h\\@x/", "NET-024", 7, NULL, NULL, NULL, NULL, NULL, 0 },
};

static void test_url(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(urls); i++) {
        T_ROW(urls[i].in);
        struct url u;
        struct err e;
        enum rc rc = url_parse(str_z(urls[i].in), &u, &e);
        if (urls[i].id) {
            T_EQ_INT(rc, RC_SYNTAX);
            T_EQ_Z(e.id, urls[i].id);
            T_EQ_SIZE(e.pos, urls[i].pos);
            continue;
        }
        T_OK(rc, &e);
        T_EQ_STR(u.scheme, urls[i].scheme);
        T_EQ_STR(u.host, urls[i].host);
        T_EQ_STR(u.path, urls[i].path);
        T_EQ_STR(u.query, urls[i].query);
        T_EQ_STR(u.fragment, urls[i].fragment);
        T_EQ_INT(u.port, urls[i].port);
    }
}

static void test_url_limit(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    struct url u;
    buf_init(&b, URL_MAX + 1);
    buf_z(&b, "http://h/");
    buf_fill(&b, 'a', URL_MAX - b.n);
    T_OK(url_parse(buf_view(&b), &u, &e), &e);
    buf_char(&b, 'a');
    T_EQ_INT(url_parse(buf_view(&b), &u, &e), RC_LIMIT);
    T_EQ_Z(e.id, "NET-026");
    buf_done(&b);
}

static const struct {
    const char *cidr;
    bool ok;
    size_t pos;
    const char *in, *out; /* an address it holds, one it does not; NULL: not asked */
} cidrs[] = {
    { "10.0.0.0/8", true, 0, "10.255.0.1", "11.0.0.0" },
    { "10.1.2.3", true, 0, "10.1.2.3", "10.1.2.4" },
    { "0.0.0.0/0", true, 0, "8.8.8.8", "::1" },
    { "::/0", true, 0, "::1", "8.8.8.8" },
    { "192.168.4.0/22", true, 0, "192.168.7.255", "192.168.8.0" },
    { "::1/128", true, 0, "::1", "::2" },
    { "2001:db8::/33", true, 0, "2001:db8:7fff::", "2001:db8:8000::" },
    { "10.0.0.1/8", false, 0, NULL, NULL },
    { "10.0.0.0/33", false, 9, NULL, NULL },
    { "10.0.0.0/08", false, 9, NULL, NULL },
    { "10.0.0.0/", false, 9, NULL, NULL },
    { "::/129", false, 3, NULL, NULL },
    { "lab.example/8", false, 0, NULL, NULL },
    { "", false, 0, NULL, NULL },
};

static void test_cidr(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(cidrs); i++) {
        T_ROW(cidrs[i].cidr);
        struct cidr c;
        struct err e;
        enum rc rc = cidr_parse(str_z(cidrs[i].cidr), &c, &e);
        if (!cidrs[i].ok) {
            T_EQ_INT(rc, RC_SYNTAX);
            T_EQ_Z(e.id, "NET-025");
            T_EQ_SIZE(e.pos, cidrs[i].pos);
            continue;
        }
        T_OK(rc, &e);
        struct cidr_list l = { &c, 1 };
        struct addr a;
        T_OK(addr_parse_ip(str_z(cidrs[i].in), &a, &e), &e);
        T_TRUE(cidr_list_has(&l, &a));
        T_OK(addr_parse_ip(str_z(cidrs[i].out), &a, &e), &e);
        T_FALSE(cidr_list_has(&l, &a));
    }
    struct addr any = { .port = 1 };
    T_FALSE(cidr_list_has(&(struct cidr_list){ NULL, 0 }, &any));
}

static void test_cidr_list(void **state)
{
    (void)state;
    static const struct str good[] = { STR_INIT("10.0.0.0/8"), STR_INIT("::1") };
    static const struct str bad[] = { STR_INIT("10.0.0.0/8"), STR_INIT("10.0.0.1/8") };
    struct arena *a = arena_new("test", 0, 65536);
    struct cidr_list l = { NULL, 0 };
    struct addr at;
    struct err e;
    T_OK(cidr_list_parse(good, 2, a, &l, &e), &e);
    T_EQ_SIZE(l.n, 2);
    T_OK(addr_parse_ip(STR("::1"), &at, &e), &e);
    T_TRUE(cidr_list_has(&l, &at));
    T_EQ_INT(cidr_list_parse(bad, 2, a, &l, &e), RC_SYNTAX);
    T_EQ_Z(e.id, "NET-025");
    T_EQ_Z(e.where, "[1]");
    T_OK(cidr_list_parse(NULL, 0, a, &l, &e), &e);
    T_EQ_SIZE(l.n, 0);
    arena_free(&a);
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str allow[2], deny[2];
        const char *in;
        bool want;
    } rows[] = {
        { "nothing said", { { NULL, 0 } }, { { NULL, 0 } }, "8.8.8.8", true },
        { "allowed", { STR_INIT("10.0.0.0/8") }, { { NULL, 0 } }, "10.1.2.3", true },
        { "not among the allowed", { STR_INIT("10.0.0.0/8") }, { { NULL, 0 } }, "8.8.8.8", false },
        { "the other family", { STR_INIT("10.0.0.0/8") }, { { NULL, 0 } }, "::1", false },
        { "denied", { { NULL, 0 } }, { STR_INIT("169.254.0.0/16") }, "169.254.169.254", false },
        { "not denied", { { NULL, 0 } }, { STR_INIT("169.254.0.0/16") }, "8.8.8.8", true },
        { "IPv4 in IPv6 is the same address",
          { { NULL, 0 } },
          { STR_INIT("169.254.0.0/16") },
          "::ffff:169.254.169.254",
          false },
        { "both: denied",
          { STR_INIT("10.0.0.0/8") },
          { STR_INIT("10.6.0.0/16") },
          "10.6.0.1",
          false },
    };
    struct addr at;
    struct err e;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 65536);
        struct addr_rules r;
        T_OK(cidr_list_parse(rows[i].allow, rows[i].allow[0].n > 0, a, &r.allow, &e), &e);
        T_OK(cidr_list_parse(rows[i].deny, rows[i].deny[0].n > 0, a, &r.deny, &e), &e);
        T_OK(addr_parse_ip(str_z(rows[i].in), &at, &e), &e);
        T_EQ_INT(addr_rules_allow(&r, &at), rows[i].want);
        T_TRUE(addr_rules_allow(NULL, &at));
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(test_ip),        T_TEST(test_bad_ip), T_TEST(test_hostport),  T_TEST(test_url),
        T_TEST(test_url_limit), T_TEST(test_cidr),   T_TEST(test_cidr_list), T_TEST(test_rules),
    };
    return T_RUN(tests);
}
