/* Query parameters, conditions and cursors: what is read, and what is refused with which words. */
#include "api/api_int.h"

#include "tests/lib/t.h"

static struct arena *scratch;

struct query {
    struct str text, small;
    uint64_t limit;
    bool flag;
    int64_t at;
    int name;
};

static const char *const names[] = { "red", "green", NULL };
static const struct api_param rows[] = {
    { "text", API_TEXT, offsetof(struct query, text), .doc = "" },
    { "small", API_TEXT, offsetof(struct query, small), .max = 3, .doc = "" },
    { "limit", API_COUNT, offsetof(struct query, limit), 1, 1000, 50, .doc = "" },
    { "flag", API_FLAG, offsetof(struct query, flag), .doc = "" },
    { "at", API_TIME, offsetof(struct query, at), .doc = "" },
    { "name", API_NAME, offsetof(struct query, name), .names = names, .doc = "" },
};
static const struct api_params params = API_PARAMS(struct query, rows);

static void a_query_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        struct query want;
    } cases[] = {
        { NULL, { .limit = 50 } },
        { "", { .limit = 50 } },
        { "limit=1000&flag=true", { .limit = 1000, .flag = true } },
        { "flag", { .limit = 50, .flag = true } },
        { "flag=false&name=green", { .limit = 50, .name = 2 } },
        { "text=a%20b%26c&name=red", { .text = STR_INIT("a b&c"), .limit = 50, .name = 1 } },
        { "at=1970-01-01T00:00:01Z", { .limit = 50, .at = 1000 } },
        { "at=1700000000000", { .limit = 50, .at = 1700000000000 } },
        { "limit=&name=&at=", { .limit = 50 } },
    };
    for (size_t i = 0; i < ZS_COUNT(cases); i++) {
        const void *out = NULL;
        struct err e;
        T_ROW(cases[i].query ? cases[i].query : "none");
        T_OK(api_read_query(&params, str_z(cases[i].query), scratch, &out, &e), &e);
        const struct query *got = out, *want = &cases[i].want;
        T_EQ_BYTES(got->text, want->text);
        T_EQ_SIZE(got->limit, want->limit);
        T_EQ_INT(got->flag, want->flag);
        T_EQ_INT(got->at, want->at);
        T_EQ_INT(got->name, want->name);
    }
}

static void a_wrong_query_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *query, *id, *text;
    } cases[] = {
        { "limit=0", "API-003", "limit is a number from 1 to 1000" },
        { "limit=1001", "API-003", "limit is a number from 1 to 1000" },
        { "limit=ten", "API-003", "limit is a number from 1 to 1000" },
        { "limit=-1", "API-003", "limit is a number from 1 to 1000" },
        { "flag=yes", "API-003", "flag is true or false" },
        { "name=blue", "API-003", "name is one of red, green" },
        { "small=four", "API-003", "small is longer than 3 bytes" },
        { "at=yesterday", "API-003",
          "at is a point in time like 2024-05-06T07:08:09Z, or milliseconds since 1970" },
        { "at=-5", "API-003",
          "at is a point in time like 2024-05-06T07:08:09Z, or milliseconds since 1970" },
        { "limit=5&limit=6", "API-003", "limit stands there twice" },
        { "limt=5", "API-004", "unknown query parameter; did you mean `limit`?" },
        { "patient=Example", "API-004", "unknown query parameter" },
        { "text=%zz", "HTTP-031", NULL },
    };
    for (size_t i = 0; i < ZS_COUNT(cases); i++) {
        const void *out = NULL;
        struct err e;
        T_ROW(cases[i].query);
        T_TRUE(api_read_query(&params, str_z(cases[i].query), scratch, &out, &e) != RC_OK);
        T_EQ_Z(e.id, cases[i].id);
        if (cases[i].text)
            T_EQ_Z(e.text, cases[i].text);
        T_TRUE(out == NULL);
    }
    const void *out = NULL;
    struct err e;
    T_EQ_INT(api_read_query(NULL, STR("any=1"), scratch, &out, &e), RC_VALUE);
    T_EQ_Z(e.id, "API-004");
}

static void conditions_are_read_and_held(void **state)
{
    (void)state;
    static const struct {
        const char *if_match, *if_none;
        uint64_t version; /* what the object is; 0: there is none */
        bool met;
        uint64_t unless;
    } cases[] = {
        { NULL, NULL, 7, true, 0 },
        { NULL, NULL, 0, true, 0 },
        { "\"7\"", NULL, 7, true, 0 },
        { "\"6\"", NULL, 7, false, 0 },
        { "\"7\"", NULL, 0, false, 0 },
        { "*", NULL, 7, true, 0 },
        { "*", NULL, 0, false, 0 },
        { "W/\"7\"", NULL, 7, false, 0 },
        { "7", NULL, 7, false, 0 },
        { "\"x\"", NULL, 7, false, 0 },
        { "\"0\"", NULL, 0, false, 0 },
        { NULL, "*", 7, false, 0 },
        { NULL, "*", 0, true, 0 },
        { NULL, "\"7\"", 7, true, 7 },
        { NULL, "W/\"7\"", 7, true, 7 },
        { NULL, "\"\"", 7, true, 0 },
        { "\"18446744073709551615\"", NULL, 7, false, 0 },
    };
    for (size_t i = 0; i < ZS_COUNT(cases); i++) {
        struct api_seen seen;
        struct err e;
        T_ROW(cases[i].if_match ? cases[i].if_match : cases[i].if_none ? cases[i].if_none : "no");
        T_OK(api_read_seen(str_z(cases[i].if_match), str_z(cases[i].if_none), &seen, &e), &e);
        T_EQ_INT(api_check_seen(&seen, cases[i].version, &e), cases[i].met ? RC_OK : RC_STATE);
        if (!cases[i].met)
            T_EQ_INT(api_status_of(&e), 412);
        T_EQ_SIZE(seen.unless, cases[i].unless);
    }
    struct api_seen seen;
    struct err e;
    T_EQ_INT(api_read_seen(STR("\"1\", \"2\""), STR_NULL, &seen, &e), RC_VALUE);
    T_EQ_Z(e.id, "API-012");
}

static void cursors_come_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t seq;
        unsigned n;
        const char *text;
    } cases[] = { { 1, 0, "1" },
                  { 255, 3, "ff-3" },
                  { UINT64_MAX, UINT32_MAX, "ffffffffffffffff-ffffffff" } };
    for (size_t i = 0; i < ZS_COUNT(cases); i++) {
        uint64_t seq = 0;
        unsigned n = 0;
        struct err e;
        struct str text = api_cursor(scratch, cases[i].seq, cases[i].n);
        T_EQ_STR(text, cases[i].text);
        T_OK(api_cursor_read(text, &seq, &n, &e), &e);
        T_EQ_SIZE(seq, cases[i].seq);
        T_EQ_SIZE(n, cases[i].n);
    }
    struct str name = STR_NULL;
    struct err e;
    T_OK(api_cursor_name_read(api_cursor_name(scratch, STR("a/\xc3\xa9 b")), scratch, &name, &e),
         &e);
    T_EQ_STR(name, "a/\xc3\xa9 b");
}

static void foreign_cursors_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = { "x", "1-", "1-x", "-1", "1-100000000", "11111111111111111",
                                         "1 " };
    for (size_t i = 0; i < ZS_COUNT(cases); i++) {
        uint64_t seq = 9;
        unsigned n = 9;
        struct err e;
        T_ROW(cases[i]);
        T_EQ_INT(api_cursor_read(str_z(cases[i]), &seq, &n, &e), RC_VALUE);
        T_EQ_Z(e.id, "API-003");
    }
    static const char *const texts[] = { "x", "6", "6x", "616" };
    for (size_t i = 0; i < ZS_COUNT(texts); i++) {
        struct str name = STR_NULL;
        struct err e;
        T_ROW(texts[i]);
        T_EQ_INT(api_cursor_name_read(str_z(texts[i]), scratch, &name, &e), RC_VALUE);
    }
}

static void errors_have_a_status(void **state)
{
    (void)state;
    static const struct {
        enum rc rc;
        const char *id;
        unsigned status;
    } cases[] = {
        { RC_SYNTAX, "JSON-001", 400 }, { RC_VALUE, "API-003", 400 },
        { RC_VALUE, "API-007", 415 },   { RC_MISSING, "MNG-002", 404 },
        { RC_STATE, "MNG-004", 409 },   { RC_STATE, "MNG-006", 412 },
        { RC_STATE, "MNG-001", 503 },   { RC_LIMIT, "STORE-001", 503 },
        { RC_VALUE, "STORE-010", 404 }, { RC_DENIED, "AUTH-044", 401 },
        { RC_LIMIT, "AUTH-012", 429 },  { RC_AGAIN, "AUTH-045", 503 },
        { RC_PEER, "API-014", 502 },    { RC_TIMEOUT, "API-014", 504 },
        { RC_NOMEM, "API-005", 503 },   { RC_IO, "STORE-041", 500 },
    };
    for (size_t i = 0; i < ZS_COUNT(cases); i++) {
        struct err e = { .code = cases[i].rc, .id = cases[i].id };
        T_ROW(cases[i].id);
        T_EQ_INT(api_status_of(&e), cases[i].status);
    }
}

static void a_problem_names_code_and_place(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init_arena(&b, scratch, 4096);
    (void)err_set(&e, RC_VALUE, "API-003", "limit is a number");
    err_where(&e, "limit");
    api_problem_body(&b, 400, &e);
    T_EQ_STR(buf_view(&b),
             "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
             "\"detail\":\"limit is a number\",\"where\":\"limit\",\"code\":\"API-003\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_query_is_read),
        T_TEST(a_wrong_query_is_refused),
        T_TEST(conditions_are_read_and_held),
        T_TEST(cursors_come_back),
        T_TEST(foreign_cursors_are_refused),
        T_TEST(errors_have_a_status),
        T_TEST(a_problem_names_code_and_place),
    };
    scratch = arena_new("test", 0, (size_t)1 << 24);
    int failed = T_RUN(tests);
    arena_free(&scratch);
    return failed;
}
