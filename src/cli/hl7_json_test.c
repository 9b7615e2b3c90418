/*
 * hl7_json_put.c, hl7_json_build.c: the form of each case, and that it gives back the same bytes;
 * also for every conformance message, where they are there.
 */
#include "cli/hl7_json.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "hl7/batch.h"
#include "tests/lib/t.h"

#include <dirent.h>

static void no_flush(void *ctx)
{
    (void)ctx;
}

static const struct hl7_json_sink sink = { no_flush, NULL };

static struct str to_json(struct arena *a, struct arena *scratch, struct str in)
{
    struct hl7_parts it;
    struct hl7_part part;
    struct jw w;
    struct buf b;
    struct err e = { 0 };
    size_t n = 0;
    buf_init_arena(&b, a, (size_t)1 << 24);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_keyz(&w, "parts");
    jw_array(&w);
    hl7_parts_init(&it, in);
    while (hl7_parts_next(&it, &part)) {
        const struct hl7_msg *m = NULL;
        T_OK(hl7_parse_part(part.bytes, part.delims, NULL, a, &m, &e), &e);
        bool headless = m->n_segs == 0 || !hl7_id_is_header(m->segs[0].id);
        T_OK(hl7_json_put(&w, m, headless, scratch, &sink, &e), &e);
        n++;
    }
    jw_end(&w);
    jw_end(&w);
    T_OK(jw_done(&w, &e), &e);
    T_EQ_SIZE(w.n_replaced, 0);
    if (n != 1)
        return buf_view(&b);
    /* One part stands alone, as the command prints it. */
    return str_sub(buf_view(&b), sizeof "{\"parts\":[" - 1, b.n - sizeof "{\"parts\":[]}" + 1);
}

static enum rc build(struct arena *a, struct str json, struct buf *out, struct err *e)
{
    struct json *doc = NULL;
    struct arena *scratch = arena_new("test", 0, (size_t)1 << 26);
    T_OK(json_parse(json, &json_default_limits, a, &doc, e), e);
    enum rc rc = hl7_json_build(doc, scratch, out, &sink, e);
    arena_free(&scratch);
    return rc;
}

static void round_trip(struct arena *a, struct str in)
{
    struct buf b;
    struct err e = { 0 };
    buf_init_arena(&b, a, (size_t)1 << 24);
    struct arena *scratch = arena_new("test", 0, (size_t)1 << 26);
    T_OK(build(a, to_json(a, scratch, in), &b, &e), &e);
    T_EQ_BYTES(buf_view(&b), in);
    arena_free(&scratch);
}

#define MSH        "{\"id\":\"MSH\",\"fields\":{\"1\":\"|\",\"2\":\"^~\\\\&\"}}"
#define SEGS(more) "{\"segments\":[" MSH more "]}"

static const struct {
    const char *name;
    struct str in;
    const char *json;
} rows[] = {
    { "a header", STR_INIT("MSH|^~\\&\r"), SEGS("") },
    { "fields by number, empty ones left out", STR_INIT("MSH|^~\\&\rPID|1||3\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":\"1\",\"3\":\"3\"}}") },
    { "the last empty one is said", STR_INIT("MSH|^~\\&\rPID|1||\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":\"1\",\"3\":\"\"}}") },
    { "an id alone, an id and a separator", STR_INIT("MSH|^~\\&\rPID\rPID|\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{}},{\"id\":\"PID\",\"fields\":{\"1\":\"\"}}") },
    { "components", STR_INIT("MSH|^~\\&\rPID|A^^B|^C^\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":{\"1\":\"A\",\"3\":\"B\"},"
           "\"2\":{\"2\":\"C\",\"3\":\"\"}}}") },
    { "repetitions", STR_INIT("MSH|^~\\&\rPID|A~~B^C|~\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":[\"A\",\"\",{\"1\":\"B\",\"2\":\"C\"}],"
           "\"2\":[\"\",\"\"]}}") },
    { "sub-components", STR_INIT("MSH|^~\\&\rPID|A&B|A^B&C\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":{\"1\":{\"1\":\"A\",\"2\":\"B\"}},"
           "\"2\":{\"1\":\"A\",\"2\":{\"1\":\"B\",\"2\":\"C\"}}}}") },
    { "null", STR_INIT("MSH|^~\\&\rPID|\"\"|A^\"\"\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":null,\"2\":{\"1\":\"A\",\"2\":null}}}") },
    { "escapes decoded", STR_INIT("MSH|^~\\&\rPID|A\\T\\B\\X0D\\\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":\"A&B\\r\"}}") },
    { "escapes that would be written otherwise", STR_INIT("MSH|^~\\&\rPID|A\\.br\\B|\\X41\\\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":{\"text\":\"A\\nB\",\"raw\":\"A\\\\.br\\\\B\"},"
           "\"2\":{\"text\":\"A\",\"raw\":\"\\\\X41\\\\\"}}}") },
    { "no escape at all", STR_INIT("MSH|^~\\&\rPID|C:\\temp\r"),
      SEGS(",{\"id\":\"PID\",\"fields\":{\"1\":"
           "{\"text\":\"C:\\\\temp\",\"raw\":\"C:\\\\temp\"}}}") },
    { "a set of its own", STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rPID|M\xfcller\r"),
      "{\"charset\":\"ISO-8859-1\",\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"|\","
      "\"2\":\"^~\\\\&\",\"18\":\"8859/1\"}},{\"id\":\"PID\",\"fields\":"
      "{\"1\":\"M\xc3\xbcller\"}}]}" },
    { "UTF-8 beside bytes that are none", STR_INIT("MSH|^~\\&\rPID|\xc3\xbc|\xfc\r"),
      "{\"charset\":\"windows-1252\",\"segments\":[" MSH ",{\"id\":\"PID\",\"fields\":"
      "{\"1\":{\"text\":\"\xc3\xbc\",\"hex\":\"c3bc\"},\"2\":\"\xc3\xbc\"}}]}" },
    { "a line that is no segment", STR_INIT("MSH|^~\\&\r more text\r\xff|\r"),
      "{\"charset\":\"windows-1252\",\"segments\":[" MSH ",{\"line\":\" more text\"},"
      "{\"line\":{\"hex\":\"ff7c\"}}]}" },
    { "line feeds, one odd end", STR_INIT("MSH|^~\\&\nPID|1\r\n\nPV1|1"),
      "{\"eol\":\"\\n\",\"segments\":[" MSH ",{\"id\":\"PID\",\"fields\":{\"1\":\"1\"},"
      "\"end\":\"\\r\\n\\n\"},{\"id\":\"PV1\",\"fields\":{\"1\":\"1\"},\"end\":\"\"}]}" },
    { "MLLP and byte order mark around", STR_INIT("\xef\xbb\xbf\x0bMSH|^~\\&\r\x1c\r"),
      "{\"before\":\"\xef\xbb\xbf\\u000b\",\"segments\":[" MSH "],\"after\":\"\\u001c\\r\"}" },
    { "own delimiters", STR_INIT("MSH@~&#\\@A~B\rPID@1&2\r"),
      "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"@\",\"2\":\"~&#\\\\\","
      "\"3\":{\"1\":\"A\",\"2\":\"B\"}}},{\"id\":\"PID\",\"fields\":{\"1\":[\"1\",\"2\"]}}]}" },
    { "delimiters that are no text", STR_INIT("MSH\xfe\xff\rPID\xfeX\xffY\r"),
      "{\"charset\":\"windows-1252\",\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":{\"hex\":"
      "\"fe\"},\"2\":{\"hex\":\"ff\"}}},{\"id\":\"PID\",\"fields\":{\"1\":{\"1\":\"X\","
      "\"2\":\"Y\"}}}]}" },
    { "lower case stays", STR_INIT("msh|^~\\&\rpid|1\r"),
      "{\"segments\":[{\"id\":\"msh\",\"fields\":{\"1\":\"|\",\"2\":\"^~\\\\&\"}},"
      "{\"id\":\"pid\",\"fields\":{\"1\":\"1\"}}]}" },
    { "a batch", STR_INIT("BHS|^~\\&\rMSH|^~\\&\rBTS|1\r"),
      "{\"parts\":[{\"segments\":[{\"id\":\"BHS\",\"fields\":{\"1\":\"|\",\"2\":\"^~\\\\&\"}}]},"
      "{\"segments\":[" MSH "]},{\"delimiters\":\"|^~\\\\&\",\"segments\":[{\"id\":\"BTS\","
      "\"fields\":{\"1\":\"1\"}}]}]}" },
    { "a batch that skips a delimiter", STR_INIT("BHS|^^\\&\rBTS|1&2^3\\^\r"),
      "{\"parts\":[{\"segments\":[{\"id\":\"BHS\",\"fields\":{\"1\":\"|\",\"2\":\"^^\\\\&\"}}]},"
      "{\"delimiters\":\"|^^\\\\&\",\"segments\":[{\"id\":\"BTS\",\"fields\":{\"1\":{\"1\":"
      "{\"1\":\"1\",\"2\":\"2\"},\"2\":{\"text\":\"3\\\\\",\"raw\":\"3\\\\\"},\"3\":\"\"}}}]}]}" },
};

static void forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, (size_t)1 << 26);
        struct arena *scratch = arena_new("test", 0, (size_t)1 << 26);
        T_EQ_STR(to_json(a, scratch, rows[i].in), rows[i].json);
        arena_free(&scratch);
        round_trip(a, rows[i].in);
        arena_free(&a);
    }
}

/* JSON written by hand. */
static const struct {
    const char *name;
    const char *json;
    struct str out;
} built[] = {
    { "usual delimiters and line ends",
      "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"9\":{\"1\":"
      "\"ADT\"}}},{\"id\":\"PID\",\"fields\":{\"2\":7,\"1\":null}},{\"id\":\"PV1\"}]}",
      STR_INIT("MSH|^~\\&|||||||ADT\rPID|\"\"|7\rPV1\r") },
    { "text is escaped", "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"3\":\"a|b\\r\"}}]}",
      STR_INIT("MSH|^~\\&|a\\F\\b\\X0D\\\r") },
    { "an array of one", "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"3\":[\"a\"],\"4\":{}}}]}",
      STR_INIT("MSH|^~\\&|a|\r") },
};

static void by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(built); i++) {
        T_ROW(built[i].name);
        struct arena *a = arena_new("test", 0, (size_t)1 << 22);
        struct buf b;
        struct err e = { 0 };
        buf_init_arena(&b, a, 4096);
        T_OK(build(a, str_z(built[i].json), &b, &e), &e);
        T_EQ_BYTES(buf_view(&b), built[i].out);
        arena_free(&a);
    }
}

static const struct {
    const char *name;
    const char *json;
    const char *id;
    size_t pos;
    const char *where;
} refused[] = {
    { "no object", "[]", "CLI-020", 0, "" },
    { "no segments", "{}", "CLI-020", 0, "" },
    { "parts are no array", "{\"parts\":{}}", "CLI-020", 9, "" },
    { "an unknown member", "{\"segments\":[],\"x\":1}", "CLI-020", 19, "" },
    { "a segment that is none", "{\"segments\":[7]}", "CLI-020", 13, "segments[0]" },
    { "no id", "{\"segments\":[{}]}", "CLI-020", 13, "segments[0]" },
    { "fields that are no object", "{\"segments\":[{\"id\":\"PID\",\"fields\":[]}]}", "CLI-020", 34,
      "segments[0]" },
    { "a field without a number", "{\"segments\":[{\"id\":\"PID\",\"fields\":{\"x\":\"1\"}}]}",
      "CLI-020", 39, "segments[0]" },
    { "field 0", "{\"segments\":[{\"id\":\"PID\",\"fields\":{\"0\":\"1\"}}]}", "CLI-020", 39,
      "segments[0]" },
    { "a field far out", "{\"segments\":[{\"id\":\"PID\",\"fields\":{\"100000\":\"1\"}}]}",
      "CLI-020", 44, "segments[0]" },
    { "true is no value", "{\"segments\":[{\"id\":\"PID\",\"fields\":{\"1\":true}}]}", "CLI-020",
      39, "PID-1" },
    { "repetitions in repetitions", "{\"segments\":[{\"id\":\"PID\",\"fields\":{\"1\":[[]]}}]}",
      "CLI-020", 40, "PID-1" },
    { "half a digit", "{\"segments\":[{\"line\":{\"hex\":\"abc\"}}]}", "CLI-020", 28,
      "segments[0]" },
    { "no digit", "{\"segments\":[{\"line\":{\"hex\":\"xy\"}}]}", "CLI-020", 28, "segments[0]" },
    { "a long separator", "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"||\"}}]}", "CLI-020",
      39, "segments[0]" },
    { "no separator for it",
      "{\"segments\":[{\"id\":\"MSH\",\"fields\":{\"1\":\"|\",\"2\":\"\","
      "\"3\":{\"2\":\"x\"}}}]}",
      "CLI-020", 54, "MSH-3" },
    { "no such character",
      "{\"charset\":\"ISO-8859-1\",\"segments\":[{\"id\":\"PID\",\"fields\":"
      "{\"1\":\"\xe2\x82\xac\"}}]}",
      "HL7-024", 0, "PID-1" },
    { "no delimiters", "{\"delimiters\":\"\",\"segments\":[]}", "CLI-020", 14, "" },
};

static void refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(refused); i++) {
        T_ROW(refused[i].name);
        struct arena *a = arena_new("test", 0, (size_t)1 << 22);
        struct buf b;
        struct err e = { 0 };
        buf_init_arena(&b, a, 4096);
        T_EQ_INT(build(a, str_z(refused[i].json), &b, &e), RC_VALUE);
        T_EQ_Z(e.id, refused[i].id);
        T_EQ_SIZE(e.pos, refused[i].pos);
        T_EQ_Z(e.where, refused[i].where);
        arena_free(&a);
    }
}

/* Each allocation failing in turn gives an error, never other bytes. */
static void memory_fails(void **state)
{
    (void)state;
    struct str in = STR("MSH|^~\\&||||||||||||||||8859/1\rPID|M\xfc\\.br\\|C:\\x|\x81\r");
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        struct arena *a = arena_new("test", (size_t)1 << 16, (size_t)1 << 24);
        struct arena *scratch = arena_new("scratch", 512, (size_t)1 << 24);
        const struct hl7_msg *m = NULL;
        struct json *doc = NULL;
        struct jw w;
        struct buf text;
        struct buf out;
        struct err e = { 0 };
        buf_init(&text, 1 << 16);
        buf_init(&out, 1 << 16);
        T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
        jw_init(&w, &text, JSON_COMPACT);
        mem_fail_at(k);
        enum rc rc = hl7_json_put(&w, m, false, scratch, &sink, &e);
        if (rc == RC_OK)
            rc = jw_done(&w, &e);
        if (rc == RC_OK)
            rc = json_parse(buf_view(&text), &json_default_limits, a, &doc, &e);
        if (rc == RC_OK)
            rc = hl7_json_build(doc, scratch, &out, &sink, &e);
        failed = mem_fail_left() == 0;
        mem_fail_at(0);
        T_TRUE(rc == RC_OK || (failed && rc == RC_NOMEM));
        if (rc == RC_OK)
            T_EQ_BYTES(buf_view(&out), in);
        buf_done(&text);
        buf_done(&out);
        arena_free(&scratch);
        arena_free(&a);
    }
}

/* Every message of one byte replaced by every other, at every place, comes back. */
static void any_byte(void **state)
{
    (void)state;
    static const char sample[] = "MSH|^~\\&|A\rPID|1~2^a&b\\T\\\r";
    struct arena *a = arena_new("test", (size_t)1 << 16, (size_t)1 << 26);
    for (size_t at = 4; at < sizeof sample - 1; at++) {
        for (unsigned c = 0; c < 256; c++) {
            char in[sizeof sample - 1];
            memcpy(in, sample, sizeof in);
            in[at] = (char)c;
            arena_clear(a);
            round_trip(a, str_of(in, sizeof in));
        }
    }
    arena_free(&a);
}

/* Each file of a directory; returns how many there are. */
static size_t round_trip_all(const char *dir)
{
    DIR *d = opendir(dir);
    T_TRUE(d != NULL);
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(d))) {
        if (!str_ends(str_z(entry->d_name), STR(".hl7")))
            continue;
        T_ROW(entry->d_name);
        struct arena *a = arena_new("test", 0, (size_t)1 << 28);
        round_trip(a, t_read(t_path(dir, entry->d_name)));
        arena_free(&a);
        T_ROW(NULL);
        count++;
    }
    (void)closedir(d); /* only read */
    return count;
}

static void every_example(void **state)
{
    (void)state;
    T_TRUE(round_trip_all(ZS_SOURCE_DIR "/examples/messages") >= 14);
}

static void every_conformance_message(void **state)
{
    (void)state;
    const char *dir = t_data_dir();
    if (!dir)
        T_SKIP("no conformance data");
    char path[4096]; /* t_path's is used again for each file */
    int n = snprintf(path, sizeof path, "%s/hl7v2/messages", dir);
    T_TRUE(n > 0 && (size_t)n < sizeof path);
    T_EQ_SIZE(round_trip_all(path), 218);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(forms),
                                        T_TEST(by_hand),
                                        T_TEST(refusals),
                                        T_TEST(any_byte),
                                        T_TEST(memory_fails),
                                        T_TEST(every_example),
                                        T_TEST(every_conformance_message) };
    return T_RUN(tests);
}
