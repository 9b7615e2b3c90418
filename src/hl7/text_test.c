/* text.c: character sets of values. (Escapes: escape_test.c, presence: value_test.c.) */
#include "hl7/hl7.h"

#include "tests/lib/t.h"

#include "base/buf.h"

static const struct {
    const char *name;
    struct str msh18;
    const char *fallback;
    struct str raw;
    struct str text;
    const char *writes; /* hl7_charset */
} rows[] = {
    { "ASCII", STR_INIT(""), NULL, STR_INIT("abc"), STR_INIT("abc"), "UTF-8" },
    { "UTF-8 without a label", STR_INIT(""), NULL, STR_INIT("M\xc3\xbcller"),
      STR_INIT("M\xc3\xbcller"), "UTF-8" },
    { "ruby-hl7 31: the label counts", STR_INIT("8859/1"), NULL, STR_INIT("M\xfcller"),
      STR_INIT("M\xc3\xbcller"), "ISO-8859-1" },
    { "camel 10880: UNICODE UTF-8", STR_INIT("UNICODE UTF-8"), NULL, STR_INIT("M\xc3\xbcller"),
      STR_INIT("M\xc3\xbcller"), "UTF-8" },
    { "mirth 5277: no label, not UTF-8: windows-1252, not the platform's", STR_INIT(""), NULL,
      STR_INIT("5 \xb5g \x80"), STR_INIT("5 \xc2\xb5g \xe2\x82\xac"), "windows-1252" },
    { "another fallback", STR_INIT(""), "ISO-8859-2", STR_INIT("\xb1"), STR_INIT("\xc4\x85"),
      "ISO-8859-2" },
    { "UTF-8 that is none", STR_INIT("UNICODE UTF-8"), NULL, STR_INIT("M\xfcller"),
      STR_INIT("M\xc3\xbcller"), "windows-1252" },
    { "ASCII that is none", STR_INIT("ASCII"), NULL, STR_INIT("M\xc3\xbc"), STR_INIT("M\xc3\xbc"),
      "UTF-8" },
    { "no such set", STR_INIT("Klingon"), NULL, STR_INIT("M\xfc"), STR_INIT("M\xc3\xbc"),
      "windows-1252" },
    { "first of several", STR_INIT("8859/2~8859/1"), NULL, STR_INIT("\xb1"), STR_INIT("\xc4\x85"),
      "ISO-8859-2" },
    { "escaped bytes are of the set", STR_INIT("8859/1"), NULL, STR_INIT("M\\XFC\\ller"),
      STR_INIT("M\xc3\xbcller"), "ISO-8859-1" },
    { "a structure is converted too", STR_INIT("8859/1"), NULL, STR_INIT("M\xfc^\\S\\"),
      STR_INIT("M\xc3\xbc^\\S\\"), "ISO-8859-1" },
    { "a byte the set does not have", STR_INIT("8859/7"), NULL, STR_INIT("\xe1\xff"),
      STR_INIT("\xce\xb1\xc3\xbf"), "ISO-8859-7" },
    { "wide characters in single bytes", STR_INIT("UNICODE UTF-16"), NULL, STR_INIT("\xe4"),
      STR_INIT("\xc3\xa4"), "windows-1252" },
};

static struct str message(struct arena *a, struct str msh18, struct str raw)
{
    struct buf b;
    buf_init_arena(&b, a, 4096);
    buf_z(&b, "MSH|^~\\&||||||||||||||||");
    buf_str(&b, msh18);
    buf_z(&b, "\rNTE|");
    buf_str(&b, raw);
    buf_char(&b, '\r');
    return buf_view(&b);
}

static void sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1 << 16);
        struct hl7_limits limits = hl7_limits_default();
        limits.fallback = rows[i].fallback;
        const struct hl7_msg *m = NULL;
        struct str text;
        struct err e = { 0 };
        T_OK(hl7_parse(message(a, rows[i].msh18, rows[i].raw), &limits, a, &m, &e), &e);
        T_OK(hl7_text(m, hl7_seg_field(m, 1, 1), a, &text, &e), &e);
        T_EQ_BYTES(text, rows[i].text);
        T_EQ_Z(hl7_charset(m), rows[i].writes);
        arena_free(&a);
    }
}

static const struct {
    const char *text;
    unsigned version;
} versions[] = {
    { "2.5.1", 20501 },  { "2.3", 20300 }, { "2.9", 20900 }, { " 2.1 ", 20100 },
    { "2.999", 119900 }, { "2.3.z", 0 },   { "", 0 },        { "2.", 0 },
    { "2.5.1.1", 0 },    { "x", 0 },       { "2", 20000 },   { "2.5^USA", 20500 },
    { "2.12345", 0 },
};

static void version_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(versions); i++) {
        T_ROW(versions[i].text);
        struct arena *a = arena_new("test", 0, 1 << 16);
        const struct hl7_msg *m = NULL;
        struct err e = { 0 };
        struct buf b;
        buf_init_arena(&b, a, 256);
        buf_z(&b, "MSH|^~\\&||||||||||");
        buf_z(&b, versions[i].text);
        T_OK(hl7_parse(buf_view(&b), NULL, a, &m, &e), &e);
        T_EQ_INT(hl7_version(m), versions[i].version);
        arena_free(&a);
    }
}

/* ---- the shared files, where they are there ---- */

static void shared_file(const char *name)
{
    struct str in = t_data(name);
    struct arena *a = arena_new("test", 0, 1 << 20);
    const struct hl7_msg *m = NULL;
    struct str text;
    struct err e = { 0 };
    T_ROW(name);
    T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
    size_t pid = hl7_seg_find(m, HL7_ID('P', 'I', 'D'), 0);
    T_TRUE(pid != HL7_NO_SEG);
    T_OK(hl7_text(m, hl7_seg_field(m, pid, 5), a, &text, &e), &e);
    T_EQ_STR(text, "M\xc3\xbcller^J\xc3\xb6rg");
    arena_free(&a);
}

static void shared_files(void **state)
{
    (void)state;
    if (!t_data_dir())
        T_SKIP("no conformance data");
    shared_file("hl7v2/edge/charsets/latin1-8859-1.hl7");
    shared_file("hl7v2/edge/charsets/utf8.hl7");
    shared_file("hl7v2/edge/charsets/latin1-unlabelled.hl7");
    shared_file("hl7v2/edge/charsets/utf8-bom.hl7");
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(sets), T_TEST(version_numbers),
                                        T_TEST(shared_files) };
    return T_RUN(tests);
}
