/* edit.c, edit_place.c: what each edit makes of the bytes, and what it leaves alone. */
#include "hl7/edit.h"

#include "tests/lib/t.h"

#include "base/alloc.h"

#define HEAD "MSH|^~\\&|A\r"

enum act { SET, SET_RAW, INSERT, INSERT_RAW, DELETE, ADD };

static const struct {
    const char *name;
    struct str in;
    enum act act;
    const char *path; /* ADD: the segment */
    struct str value;
    struct str out;
} rows[] = {
    /* set: the place exists */
    { "a component", STR_INIT(HEAD "PID|1||2||A^B^C|x\r"), SET, "PID-5.2", STR_INIT("N"),
      STR_INIT(HEAD "PID|1||2||A^N^C|x\r") },
    { "the first component of a plain field", STR_INIT(HEAD "PID|1\r"), SET, "PID-1.1",
      STR_INIT("2"), STR_INIT(HEAD "PID|2\r") },
    { "a sub-component", STR_INIT(HEAD "PID|||1^^^A&B~2\r"), SET, "PID-3.4.2", STR_INIT("N"),
      STR_INIT(HEAD "PID|||1^^^A&N~2\r") },
    { "a repetition by index", STR_INIT(HEAD "PID|||1~2~3\r"), SET, "PID-3[2]", STR_INIT("N"),
      STR_INIT(HEAD "PID|||1~N~3\r") },
    { "a field means all of it", STR_INIT(HEAD "PID|||1~2~3|\r"), SET, "PID-3", STR_INIT("N"),
      STR_INIT(HEAD "PID|||N|\r") },
    { "a component means the first repetition's", STR_INIT(HEAD "PID|||1~2\r"), SET, "PID-3.1",
      STR_INIT("N"), STR_INIT(HEAD "PID|||N~2\r") },
    { "in the header", STR_INIT(HEAD "PID|1\r"), SET, "MSH-3", STR_INIT("N"),
      STR_INIT("MSH|^~\\&|N\rPID|1\r") },
    { "an occurrence", STR_INIT(HEAD "OBX|1\rNTE|1\rOBX|2\r"), SET, "OBX[2]-1", STR_INIT("N"),
      STR_INIT(HEAD "OBX|1\rNTE|1\rOBX|N\r") },
    { "to empty", STR_INIT(HEAD "PID|1|2|3\r"), SET, "PID-2", STR_INIT(""),
      STR_INIT(HEAD "PID|1||3\r") },
    { "to null", STR_INIT(HEAD "PID|1|2|3\r"), SET, "PID-2", STR_INIT("\"\""),
      STR_INIT(HEAD "PID|1|\"\"|3\r") },
    /* set: the place is made */
    { "a field behind the last", STR_INIT(HEAD "PID|1\r"), SET, "PID-5", STR_INIT("N"),
      STR_INIT(HEAD "PID|1||||N\r") },
    { "a component behind the last", STR_INIT(HEAD "PID|||1~2|x\r"), SET, "PID-3.4", STR_INIT("N"),
      STR_INIT(HEAD "PID|||1^^^N~2|x\r") },
    { "a repetition and all below", STR_INIT(HEAD "PID|||1|x\r"), SET, "PID-3[3].2.2",
      STR_INIT("N"), STR_INIT(HEAD "PID|||1~~^&N|x\r") },
    { "in a missing segment", STR_INIT(HEAD "PID|1\r"), SET, "PV1-2.2", STR_INIT("N"),
      STR_INIT(HEAD "PID|1\rPV1||^N\r") },
    { "behind the last of its kind", STR_INIT(HEAD "OBX|1\rNTE|1\r"), SET, "OBX[2]-1",
      STR_INIT("2"), STR_INIT(HEAD "OBX|1\rOBX|2\rNTE|1\r") },
    { "before the trailers", STR_INIT(HEAD "BTS|1\rFTS|1\r"), SET, "PID-1", STR_INIT("1"),
      STR_INIT(HEAD "PID|1\rBTS|1\rFTS|1\r") },
    { "a line end for the one before", STR_INIT("MSH|^~\\&|A\nPID|1"), SET, "PV1-1", STR_INIT("1"),
      STR_INIT("MSH|^~\\&|A\nPID|1\nPV1|1\n") },
    { "empty where nothing is changes nothing", STR_INIT(HEAD "PID|1\r"), SET, "PID-9.2",
      STR_INIT(""), STR_INIT(HEAD "PID|1\r") },
    { "empty in no segment likewise", STR_INIT(HEAD), SET, "PV1-9", STR_INIT(""), STR_INIT(HEAD) },
    /* what the value is */
    { "text is escaped", STR_INIT(HEAD "NTE|1||x\r"), SET, "NTE-3", STR_INIT("a|b^c&d~e\\f\rg"),
      STR_INIT(HEAD "NTE|1||a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D\\g\r") },
    { "an encoded field keeps its structure", STR_INIT(HEAD "PID|||x\r"), SET_RAW, "PID-3",
      STR_INIT("1^2&3~4\\T\\|"), STR_INIT(HEAD "PID|||1^2&3~4\\T\\\\F\\\r") },
    { "an encoded repetition has no repetitions", STR_INIT(HEAD "PID|||x\r"), SET_RAW, "PID-3[1]",
      STR_INIT("1^2~3"), STR_INIT(HEAD "PID|||1^2\\R\\3\r") },
    { "an encoded component has sub-components", STR_INIT(HEAD "PID|||x\r"), SET_RAW, "PID-3.1",
      STR_INIT("1&2^3"), STR_INIT(HEAD "PID|||1&2\\S\\3\r") },
    { "an encoded sub-component", STR_INIT(HEAD "PID|||x\r"), SET_RAW, "PID-3.1.1",
      STR_INIT("1&2\\T\\"), STR_INIT(HEAD "PID|||1\\T\\2\\T\\\r") },
    { "the message's own delimiters", STR_INIT("MSH@~&#\\@A\rPID@1\r"), SET, "PID-1",
      STR_INIT("a@b~c|d^e"), STR_INIT("MSH@~&#\\@A\rPID@a#F#b#S#c|d^e\r") },
    { "the message's own set", STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rPID|1\r"), SET, "PID-1",
      STR_INIT("M\xc3\xbcller"), STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rPID|M\xfcller\r") },
    { "no label, UTF-8", STR_INIT(HEAD "PID|1\r"), SET, "PID-1", STR_INIT("M\xc3\xbcller"),
      STR_INIT(HEAD "PID|M\xc3\xbcller\r") },
    { "no label, windows-1252 all around", STR_INIT(HEAD "PID|1|\xfc\r"), SET, "PID-1",
      STR_INIT("\xe2\x82\xac"), STR_INIT(HEAD "PID|\x80|\xfc\r") },
    /* insert */
    { "before a repetition", STR_INIT(HEAD "PID|||1~2|x\r"), INSERT, "PID-3[2]", STR_INIT("N"),
      STR_INIT(HEAD "PID|||1~N~2|x\r") },
    { "before the first", STR_INIT(HEAD "PID|||1^a\r"), INSERT, "PID-3[1]", STR_INIT("N^"),
      STR_INIT(HEAD "PID|||N\\S\\~1^a\r") },
    { "behind the last", STR_INIT(HEAD "PID|||1~2\r"), INSERT_RAW, "PID-3", STR_INIT("N^M~"),
      STR_INIT(HEAD "PID|||1~2~N^M\\R\\\r") },
    { "into an empty field", STR_INIT(HEAD "PID|||\r"), INSERT, "PID-3", STR_INIT("N"),
      STR_INIT(HEAD "PID|||N\r") },
    { "into a missing one", STR_INIT(HEAD "PID|1\r"), INSERT, "PID-3[2]", STR_INIT("N"),
      STR_INIT(HEAD "PID|1||~N\r") },
    { "into a missing segment", STR_INIT(HEAD), INSERT, "PID-3", STR_INIT("N"),
      STR_INIT(HEAD "PID|||N\r") },
    { "latin-1, once", STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rPID|1\r"), INSERT, "PID-1",
      STR_INIT("\xc3\xbc"), STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rPID|1~\xfc\r") },
    /* delete */
    { "a segment with its line end",
      STR_INIT(HEAD "PID|1\r\nPV1|1\r"),
      DELETE,
      "PID",
      { 0 },
      STR_INIT(HEAD "PV1|1\r") },
    { "an occurrence of one",
      STR_INIT(HEAD "OBX|1\rOBX|2\rOBX|3\r"),
      DELETE,
      "OBX[2]",
      { 0 },
      STR_INIT(HEAD "OBX|1\rOBX|3\r") },
    { "a field in the middle",
      STR_INIT(HEAD "PID|1|2|3\r"),
      DELETE,
      "PID-2",
      { 0 },
      STR_INIT(HEAD "PID|1||3\r") },
    { "the last field, and the empty ones before it",
      STR_INIT(HEAD "PID|1|||4\r"),
      DELETE,
      "PID-4",
      { 0 },
      STR_INIT(HEAD "PID|1\r") },
    { "the only field", STR_INIT(HEAD "PID|1\r"), DELETE, "PID-1", { 0 }, STR_INIT(HEAD "PID\r") },
    { "the last field of the header",
      STR_INIT(HEAD),
      DELETE,
      "MSH-3",
      { 0 },
      STR_INIT("MSH|^~\\&\r") },
    { "a repetition in the middle",
      STR_INIT(HEAD "PID|||1~2~3\r"),
      DELETE,
      "PID-3[2]",
      { 0 },
      STR_INIT(HEAD "PID|||1~3\r") },
    { "the first repetition",
      STR_INIT(HEAD "PID|||1~2\r"),
      DELETE,
      "PID-3[1]",
      { 0 },
      STR_INIT(HEAD "PID|||2\r") },
    { "the last repetition",
      STR_INIT(HEAD "PID|||1~2\r"),
      DELETE,
      "PID-3[2]",
      { 0 },
      STR_INIT(HEAD "PID|||1\r") },
    { "the only repetition",
      STR_INIT(HEAD "PID|||1|x\r"),
      DELETE,
      "PID-3[1]",
      { 0 },
      STR_INIT(HEAD "PID||||x\r") },
    { "a component in the middle",
      STR_INIT(HEAD "PID|||1^2^3|x\r"),
      DELETE,
      "PID-3.2",
      { 0 },
      STR_INIT(HEAD "PID|||1^^3|x\r") },
    { "the last component, with the empty ones before",
      STR_INIT(HEAD "PID|||1^^^4~2|x\r"),
      DELETE,
      "PID-3.4",
      { 0 },
      STR_INIT(HEAD "PID|||1~2|x\r") },
    { "a sub-component",
      STR_INIT(HEAD "PID|||1&2&3^4|x\r"),
      DELETE,
      "PID-3.1.3",
      { 0 },
      STR_INIT(HEAD "PID|||1&2^4|x\r") },
    /* whole segments */
    { "add at the end",
      STR_INIT(HEAD "PID|1"),
      ADD,
      "ZPD|1^2|",
      { 0 },
      STR_INIT(HEAD "PID|1\rZPD|1^2|\r") },
    { "add an id", STR_INIT(HEAD "FTS|1\r"), ADD, "ZPD", { 0 }, STR_INIT(HEAD "ZPD\rFTS|1\r") },
    /* what is not touched */
    { "odd bytes elsewhere stay",
      STR_INIT("\xef\xbb\xbf\x0bMSH|^~\\&|A||\r\n\r\npid|1|\0||\\bad\\|^^|\n?? \xff\rZZZ\r\x1c\r"),
      SET, "PID-1", STR_INIT("2"),
      STR_INIT(
          "\xef\xbb\xbf\x0bMSH|^~\\&|A||\r\n\r\npid|2|\0||\\bad\\|^^|\n?? \xff\rZZZ\r\x1c\r") },
};

static enum rc apply(struct hl7_edit *ed, enum act act, const char *path, struct str value,
                     struct err *e)
{
    struct hl7_path p = { 0 };
    if (act == ADD)
        return hl7_edit_add_seg(ed, HL7_NO_SEG, str_z(path), NULL, e);
    T_OK(hl7_path_parse(str_z(path), &p, e), e);
    switch (act) {
    case SET: return hl7_edit_set(ed, &p, value, HL7_TEXT, e);
    case SET_RAW: return hl7_edit_set(ed, &p, value, HL7_ENCODED, e);
    case INSERT: return hl7_edit_insert(ed, &p, value, HL7_TEXT, e);
    case INSERT_RAW: return hl7_edit_insert(ed, &p, value, HL7_ENCODED, e);
    case DELETE: return hl7_edit_delete(ed, &p, e);
    case ADD: break;
    }
    return RC_BUG;
}

static struct hl7_edit *open_edit(struct arena *a, struct str in)
{
    const struct hl7_msg *m = NULL;
    struct hl7_edit *ed = NULL;
    struct err e = { 0 };
    T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
    T_OK(hl7_edit_new(m, a, &ed, &e), &e);
    return ed;
}

static struct str written(struct arena *a, const struct hl7_edit *ed)
{
    struct buf b;
    struct err e = { 0 };
    buf_init_arena(&b, a, 1 << 16);
    T_OK(hl7_edit_write(ed, &b, &e), &e);
    T_EQ_SIZE(b.n, hl7_edit_size(ed));
    return buf_view(&b);
}

static void edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        struct err e = { 0 };
        struct hl7_edit *ed = open_edit(a, rows[i].in);
        T_EQ_BYTES(written(a, ed), rows[i].in);
        T_OK(apply(ed, rows[i].act, rows[i].path, rows[i].value, &e), &e);
        T_EQ_BYTES(written(a, ed), rows[i].out);
        arena_free(&a);
    }
}

static const struct {
    const char *name;
    struct str in;
    enum act act;
    const char *path;
    struct str value;
    enum rc rc;
    const char *id;
    const char *where;
} refused[] = {
    { "the field separator", STR_INIT(HEAD), SET, "MSH-1", STR_INIT("#"), RC_VALUE, "HL7-022",
      "MSH-1" },
    { "the encoding characters", STR_INIT(HEAD), SET, "MSH-2", STR_INIT("#"), RC_VALUE, "HL7-022",
      "MSH-2" },
    { "deleting them", STR_INIT(HEAD), DELETE, "MSH-2", { 0 }, RC_VALUE, "HL7-022", "MSH-2" },
    { "a segment as a value's place", STR_INIT(HEAD), SET, "PID", STR_INIT("x"), RC_VALUE,
      "HL7-022", "PID" },
    { "deleting the header", STR_INIT(HEAD), DELETE, "MSH", { 0 }, RC_VALUE, "HL7-022", "MSH" },
    { "inserting a component", STR_INIT(HEAD), INSERT, "PID-3.1", STR_INIT("x"), RC_VALUE,
      "HL7-022", "PID-3.1" },
    { "a gap", STR_INIT(HEAD "OBX|1\r"), SET, "OBX[3]-1", STR_INIT("x"), RC_VALUE, "HL7-023",
      "OBX[3]-1" },
    { "nothing to delete",
      STR_INIT(HEAD "PID|1\r"),
      DELETE,
      "PID-2",
      { 0 },
      RC_MISSING,
      "HL7-026",
      "PID-2" },
    { "no segment to delete",
      STR_INIT(HEAD "PID|1\r"),
      DELETE,
      "PID[2]",
      { 0 },
      RC_MISSING,
      "HL7-026",
      "PID[2]" },
    { "no repetition to delete",
      STR_INIT(HEAD "PID|1\r"),
      DELETE,
      "PID-1[2]",
      { 0 },
      RC_MISSING,
      "HL7-026",
      "PID-1[2]" },
    { "no separator for it", STR_INIT("MSH|^|A\rPID|1\r"), SET, "PID-1[2]", STR_INIT("x"), RC_VALUE,
      "HL7-021", "" },
    { "no separator to insert", STR_INIT("MSH|^|A\rPID|1\r"), INSERT, "PID-1[1]", STR_INIT("x"),
      RC_VALUE, "HL7-021", "" },
    { "no escape character", STR_INIT("MSH|^|A\rPID|1\r"), SET, "PID-1", STR_INIT("a^"), RC_VALUE,
      "HL7-020", "" },
    { "not in the set", STR_INIT("MSH|^~\\&||||||||||||||||8859/1\rPID|1\r"), SET, "PID-1",
      STR_INIT("\xe2\x82\xac"), RC_VALUE, "HL7-024", "" },
    { "very many parts", STR_INIT(HEAD "PID|1\r"), SET, "PID-3[70000]", STR_INIT("x"), RC_LIMIT,
      "HL7-025", "" },
    { "a second header", STR_INIT(HEAD), ADD, "MSH|^~\\&|", { 0 }, RC_VALUE, "HL7-027", "" },
    { "two segments", STR_INIT(HEAD), ADD, "PID|1\rPV1|", { 0 }, RC_VALUE, "HL7-027", "" },
    { "no segment", STR_INIT(HEAD), ADD, "|1", { 0 }, RC_VALUE, "HL7-027", "" },
};

static void refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(refused); i++) {
        T_ROW(refused[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        struct err e = { 0 };
        struct hl7_edit *ed = open_edit(a, refused[i].in);
        T_EQ_INT(apply(ed, refused[i].act, refused[i].path, refused[i].value, &e), refused[i].rc);
        T_EQ_Z(e.id, refused[i].id);
        T_EQ_Z(e.where, refused[i].where);
        T_EQ_BYTES(written(a, ed), refused[i].in);
        arena_free(&a);
    }
}

static void set(struct hl7_edit *ed, const char *path, const char *value)
{
    struct err e = { 0 };
    T_OK(apply(ed, SET, path, str_z(value), &e), &e);
}

/* From nothing, as mappings write v2. */
static void built(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 18);
    struct hl7_edit *ed = NULL;
    struct err e = { 0 };
    T_OK(hl7_edit_blank(HL7_DELIMS_DEFAULT, a, &ed, &e), &e);
    T_EQ_STR(written(a, ed), "MSH|^~\\&\r");
    set(ed, "MSH-9.1", "ORU");
    set(ed, "MSH-9.2", "R01");
    set(ed, "MSH-12", "2.5.1");
    set(ed, "MSH-18", "8859/1");
    set(ed, "PID-5.1", "M\xc3\xbcller & Co");
    set(ed, "MSH-18", "UNICODE UTF-16");
    set(ed, "PID-9", "\xc3\xbc");
    set(ed, "MSH-18", "8859/1");
    for (size_t i = 0; i < 12; i++) {
        size_t at = 0;
        T_OK(hl7_edit_add_seg(ed, HL7_NO_SEG, STR("OBX"), &at, &e), &e);
        T_EQ_SIZE(at, 2 + i);
        struct hl7_path p = HL7_PATH('O', 'B', 'X', 1, 0);
        char digit[2] = { (char)('a' + i), 0 };
        T_OK(hl7_edit_set_in(ed, at, &p, str_z(digit), HL7_TEXT, &e), &e);
    }
    T_EQ_SIZE(hl7_edit_n_segs(ed), 14);
    T_TRUE(hl7_edit_seg_id(ed, 13) == HL7_ID('O', 'B', 'X'));
    T_EQ_STR(written(a, ed), "MSH|^~\\&|||||||ORU^R01|||2.5.1||||||8859/1\r"
                             "PID|||||M\xfcller \\T\\ Co||||\xc3\xbc\r"
                             "OBX|a\rOBX|b\rOBX|c\rOBX|d\rOBX|e\rOBX|f\r"
                             "OBX|g\rOBX|h\rOBX|i\rOBX|j\rOBX|k\rOBX|l\r");
    arena_free(&a);
}

/* Edits of the neighbours copy nothing of a large field. */
static void large_field_is_not_copied(void **state)
{
    (void)state;
    size_t n = (size_t)2 << 20;
    char *in = mem_alloc(n);
    T_TRUE(in != NULL);
    memset(in, 'x', n);
    memcpy(in, HEAD "OBX|1|ED|||", 22);
    struct arena *a = arena_new("test", 0, (size_t)64 << 10);
    struct hl7_edit *ed = open_edit(a, str_of(in, n));
    set(ed, "OBX-1", "2");
    set(ed, "OBX-6", "g");
    set(ed, "OBX-3.2", "code");
    T_TRUE(arena_size(a) < 16384);
    T_EQ_SIZE(hl7_edit_size(ed), n + 7);
    arena_free(&a);
    mem_free(in);
}

/* An edit that runs out of memory leaves the bytes as they were. */
static void memory_fails(void **state)
{
    (void)state;
    static const char *const steps[] = { "PID-5.1", "PID-30", "OBX[2]-5", "PV1-2" };
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        struct arena *a = arena_new("test", 1024, 1 << 18);
        struct hl7_edit *ed = open_edit(a, STR(HEAD "PID|1||2\rOBX|1\r"));
        failed = false;
        mem_fail_at(k);
        for (size_t i = 0; i < ZS_COUNT(steps) && !failed; i++) {
            char text[700];
            memset(text, '|', sizeof text);
            struct err e = { 0 };
            size_t before = hl7_edit_size(ed);
            enum rc rc = apply(ed, SET, steps[i], str_of(text, sizeof text), &e);
            failed = rc != RC_OK;
            if (failed) {
                T_EQ_INT(rc, RC_NOMEM);
                T_EQ_Z(e.id, "HL7-005");
                T_EQ_SIZE(hl7_edit_size(ed), before);
            }
        }
        mem_fail_at(0);
        T_TRUE(failed || k > 3);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(edits), T_TEST(refusals), T_TEST(built),
                                        T_TEST(large_field_is_not_copied), T_TEST(memory_fails) };
    return T_RUN(tests);
}
