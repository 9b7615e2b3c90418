/*
 * Bugs of other engines and libraries that touch reading, each as a message, a path and what must
 * be found there. Named after the report. (Escapes: escape_test.c; framing: mllp_test.c; character
 * sets: text_test.c; answers: ack_test.c.)
 */
#include "hl7/batch.h"
#include "hl7/edit.h"
#include "hl7/path.h"

#include "tests/lib/t.h"

#include "base/alloc.h"

#define H "MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.5\r"

static const struct {
    const char *name;
    struct str in;
    const char *path;
    const char *all; /* each value followed by a semicolon */
} rows[] = {
    { "hapi 12, nHapi 63: OBX-5 without OBX-2", STR_INIT(H "OBX|1||X||7.0|mg\rOBX|2||Y||8\r"),
      "OBX-5", "7.0;8;" },
    { "hapi: an unknown structure name",
      STR_INIT("MSH|^~\\&|||||||ZZZ^Z99^ZZZ_Z99|1|P|2.5\rZZ1|a\r"), "ZZ1-1", "a;" },
    { "hapi: a version nobody knows", STR_INIT("MSH|^~\\&|||||||ADT^A01|1|P|2.999\rPID|||7\r"),
      "PID-3", "7;" },
    { "nHapi 25, 191, 276: more repetitions than the dictionary wants",
      STR_INIT(H "PID|1~2|2~3|3~4||a^b~c^d\r"), "PID-5.2", "b;d;" },
    { "nHapi 101, hapi 25: an unexpected segment before the next ones",
      STR_INIT(H "ZXX|1\rPV1|1\rPID|||7\rZXX|2\rOBX|1\r"), "PID-3", "7;" },
    { "nHapi 232: every ORDER group of an OML_O33",
      STR_INIT(H "SPM|1\rORC|NW|1\rOBR|1\rORC|NW|2\rOBR|2\rSPM|2\rORC|NW|3\rOBR|3\r"), "ORC-2",
      "1;2;3;" },
    { "LinuxForHealth 533: OBX behind SPM", STR_INIT(H "OBR|1\rSPM|1\rOBX|1||a||x\rOBX|2||b||y\r"),
      "OBX-5", "x;y;" },
    { "connect 451, 408: empty components in front and between", STR_INIT(H "PID|^^x^^y\r"),
      "PID-1.3", "x;" },
    { "connect 1202: control characters stay", STR_INIT(H "NTE|1||a\x01 \x7f\r"), "NTE-3",
      "a\x01 \x7f;" },
    { "FHIR-Converter: MSH-3 is the sender, not MSH-24", STR_INIT(H), "MSH-3", "A;" },
    { "FIELD 6.3: a line feed in a note", STR_INIT(H "NTE|1||one\ntwo|x\r"), "NTE-4", "x;" },
    { "FIELD 6.5: white space is a value", STR_INIT(H "PID| |  |\t\r"), "PID-2", "  ;" },
    { "FIELD 6.6: SN with comparator and range", STR_INIT(H "OBX|1|SN|||>=^10^-^20\r"), "OBX-5.3",
      "-;" },
    { "FIELD 6.8: NTE at every level",
      STR_INIT(H "NTE|0\rPID|1\rNTE|1\rOBR|1\rNTE|2\rOBX|1\rNTE|3\r"), "NTE-1", "0;1;2;3;" },
    { "hl7v2 (npm): mixed line ends", STR_INIT("MSH|^~\\&\nPID|1\rPV1|2\r\nOBX|3\n"), "PV1-1",
      "2;" },
};

static void values(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct hl7_path p;
        struct hl7_iter it;
        struct hl7_value v;
        struct buf b;
        struct err e = { 0 };
        buf_init_arena(&b, a, 4096);
        T_OK(hl7_parse(rows[i].in, NULL, a, &m, &e), &e);
        T_OK(hl7_path_parse(str_z(rows[i].path), &p, &e), &e);
        hl7_iter_init(&it, m, &p);
        while (hl7_iter_next(&it, &v)) {
            buf_str(&b, v.raw);
            buf_char(&b, ';');
        }
        T_EQ_STR(buf_view(&b), rows[i].all);
        arena_free(&a);
    }
}

/* node-hl7-client refuses two MSH in one file. */
static void two_messages_in_a_file(void **state)
{
    (void)state;
    T_EQ_SIZE(hl7_parts_count(STR(H "PID|1\r" H "PID|2\r")), 2);
}

/* HL7-dotnetcore 82, 99: a text with \.br\ is read, set again as it is, and is the same. */
static void formatting_is_set_again(void **state)
{
    (void)state;
    struct str in = STR(H "OBX|1|FT|||a\\.br\\b \\H\\c\\N\\ C:\\d\r");
    struct arena *a = arena_new("test", 0, 1 << 18);
    const struct hl7_msg *m = NULL;
    struct hl7_edit *ed = NULL;
    struct hl7_path p = HL7_PATH('O', 'B', 'X', 5, 0);
    struct str text;
    struct buf b;
    struct err e = { 0 };
    T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
    T_OK(hl7_text(m, hl7_get(m, &p), a, &text, &e), &e);
    T_OK(hl7_edit_new(m, a, &ed, &e), &e);
    T_OK(hl7_edit_set(ed, &p, text, HL7_ENCODED, &e), &e);
    buf_init_arena(&b, a, 4096);
    T_OK(hl7_edit_write(ed, &b, &e), &e);
    T_EQ_BYTES(buf_view(&b), in);
    arena_free(&a);
}

/*
 * connect 1665: 1.6 MB of Base64 took a quarter of an hour; nHapi parsed each segment twice. The
 * index of a large value takes no more memory than that of a small one, and what stands behind it
 * is found.
 */
static void large_value(void **state)
{
    (void)state;
    size_t n = 1600 * 1024;
    char *in = mem_alloc(n);
    T_TRUE(in != NULL);
    memset(in, 'Q', n);
    memcpy(in, H "OBX|1|ED|||", sizeof H + 10);
    memcpy(in + n - 5, "|F|g\r", 5);
    struct arena *a = arena_new("test", 0, 1 << 16);
    const struct hl7_msg *m = NULL;
    struct hl7_path p = HL7_PATH('O', 'B', 'X', 7, 0);
    struct err e = { 0 };
    T_OK(hl7_parse(str_of(in, n), NULL, a, &m, &e), &e);
    T_EQ_STR(hl7_get(m, &p).raw, "g");
    p.field = 5;
    T_EQ_SIZE(hl7_get(m, &p).raw.n, n - 5 - (sizeof H + 10));
    arena_free(&a);
    mem_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(values), T_TEST(two_messages_in_a_file),
                                        T_TEST(formatting_is_set_again), T_TEST(large_value) };
    return T_RUN(tests);
}
