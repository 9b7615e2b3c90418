/* check.c, finding.c: every finding with its place, and nothing where all is well. */
#include "hl7/check.h"

#include "tests/lib/t.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "hl7/batch.h"
#include "hl7/codes.h"

#include <dirent.h>

#define GOOD "MSH|^~\\&|A|B|C|D|2024||ADT^A01|7|P|2.5\r"

static const struct {
    const char *name;
    struct str in;
    const char *findings; /* "severity id place @pos;" each */
} rows[] = {
    { "a good message", STR_INIT(GOOD "PID|1\r"), "" },
    { "own delimiters are fine", STR_INIT("MSH@~&#\\@A@B@C@D@2024@@ADT~A01@7@P@2.5\r"), "" },
    { "a batch header is no message", STR_INIT("BHS|^~\\&|A\r"), "E HL7-101 BHS @0;" },
    { "letters as delimiters", STR_INIT("MSH|x^~\\|||||||ADTxA01|7|P|2.5\r"),
      "E HL7-102 MSH-2 @4;" },
    { "the same delimiter twice", STR_INIT("MSH|^^\\&|||||||ADT^A01|7|P|2.5\r"),
      "E HL7-103 MSH-2 @4;" },
    { "no encoding characters", STR_INIT("MSH||||||||ADT|7|P|2.5\r"),
      "E HL7-104 MSH-2 @4;I HL7-107 MSH-9.2 @14;" },
    { "three of them", STR_INIT("MSH|^~&|||||||ADT^A01|7|P|2.5\r"), "W HL7-105 MSH-2 @4;" },
    { "six of them", STR_INIT("MSH|^~\\&#!|||||||ADT^A01|7|P|2.7\r"), "E HL7-105 MSH-2 @4;" },
    { "truncation before 2.7", STR_INIT("MSH|^~\\&#|||||||ADT^A01|7|P|2.5\r"),
      "W HL7-105 MSH-2 @4;" },
    { "truncation in 2.7", STR_INIT("MSH|^~\\&#|||||||ADT^A01|7|P|2.7\r"), "" },
    { "a bare header", STR_INIT("MSH|^~\\&\r"),
      "E HL7-106 MSH-9 @8;I HL7-107 MSH-9.2 @8;E HL7-108 MSH-10 @8;E HL7-109 MSH-11 @8;"
      "E HL7-110 MSH-12 @8;" },
    { "null is no value", STR_INIT("MSH|^~\\&|||||||ADT^A01|\"\"|P|2.5\r"),
      "E HL7-108 MSH-10 @23;" },
    { "an odd type, event, processing id, version", STR_INIT("MSH|^~\\&|||||||adt^A1|7|X|2.3.z\r"),
      "E HL7-106 MSH-9.1 @15;W HL7-107 MSH-9.2 @19;W HL7-109 MSH-11.1 @24;W HL7-110 MSH-12.1 "
      "@26;" },
    { "an acknowledgement without an event", STR_INIT("MSH|^~\\&|||||||ACK|7|P|2.5\r"),
      "I HL7-107 MSH-9.2 @18;" },
    { "lines that are no segments", STR_INIT(GOOD "a line of text\rPID|1\r|x\r"),
      "E HL7-111 segment[2] @39;E HL7-111 segment[4] @60;" },
    { "ids of two, four, lower case, digit first", STR_INIT(GOOD "PV|1\rPIDX|1\rpid|1\r1AB|\r"),
      "E HL7-112 PV @39;E HL7-112 PIDX @44;W HL7-112 PID @51;W HL7-112 1AB @57;" },
    { "cosyte: a bare MSH in a message", STR_INIT(GOOD "MSH|^~\\&|x\r"), "E HL7-113 MSH @39;" },
    { "control characters", STR_INIT(GOOD "PID|\t\0x\rNTE|\x1b$B\x1cz\r"),
      "W HL7-114 PID @44;W HL7-114 NTE @54;" },
    { "line feeds, no end, mark", STR_INIT("\xef\xbb\xbfMSH|^~\\&|||||||ADT^A01|7|P|2.5\nPID|1"),
      "I HL7-115 message @33;I HL7-116 message @39;I HL7-117 message @0;" },
    { "no such set", STR_INIT("MSH|^~\\&|||||||ADT^A01|7|P|2.5||||||Klingon\r"),
      "W HL7-118 MSH-18 @36;" },
    { "UTF-8 that is none",
      STR_INIT("MSH|^~\\&|||||||ADT^A01|7|P|2.5||||||UNICODE UTF-8\rPID|\xfc\r"),
      "W HL7-119 message @54;" },
    { "no label, not ASCII", STR_INIT(GOOD "PID|\xc3\xbc\r"), "W HL7-119 message @43;" },
    { "labelled", STR_INIT("MSH|^~\\&|||||||ADT^A01|7|P|2.5||||||8859/1\rPID|\xfc\r"), "" },
};

static struct str listed(struct arena *a, const struct hl7_report *r)
{
    static const char letters[] = "IWE";
    struct buf b;
    buf_init_arena(&b, a, 8192);
    buf_char(&b, ':');
    for (size_t i = 0; i < r->n; i++) {
        const struct hl7_finding *f = &r->findings[i];
        char place[HL7_PLACE_TEXT];
        hl7_finding_place(f, place);
        buf_fmt(&b, "%c %s %s @%zu;", letters[f->severity], f->id, place, f->pos);
        T_TRUE(f->text.n > 0 && f->text.p[f->text.n - 1] != '.');
        T_TRUE(hl7_condition_text(f->condition)[0] != '\0');
    }
    return str_from(buf_view(&b), 1);
}

static void findings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct arena *a = arena_new("test", 0, 1 << 18);
        const struct hl7_msg *m = NULL;
        struct hl7_report r = { 0 };
        struct err e = { 0 };
        T_OK(hl7_parse(rows[i].in, NULL, a, &m, &e), &e);
        T_OK(hl7_check(m, a, &r, &e), &e);
        T_EQ_STR(listed(a, &r), rows[i].findings);
        arena_free(&a);
    }
}

static void counted_and_limited(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 18);
    const struct hl7_msg *m = NULL;
    struct hl7_report r = { .max = 2 };
    struct err e = { 0 };
    T_OK(hl7_parse(STR(GOOD "x y\rpid|\rPV|\rMSH|^\r"), NULL, a, &m, &e), &e);
    T_OK(hl7_check(m, a, &r, &e), &e);
    T_EQ_SIZE(r.n, 2);
    T_EQ_SIZE(r.n_dropped, 2);
    T_EQ_SIZE(r.n_errors, 3);
    T_EQ_SIZE(r.n_warnings, 1);
    arena_free(&a);
}

static void refused_bytes(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 18);
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    char place[HL7_PLACE_TEXT];
    T_EQ_INT(hl7_parse(STR("\r\nPID|1"), NULL, a, &m, &e), RC_SYNTAX);
    struct hl7_finding f = hl7_check_refused(&e);
    hl7_finding_place(&f, place);
    T_EQ_Z(place, "message");
    T_EQ_Z(f.id, "HL7-001");
    T_EQ_SIZE(f.pos, 2);
    T_EQ_INT(f.severity, HL7_ERROR);
    T_EQ_Z(hl7_severity_name(f.severity), "error");
    T_EQ_Z(hl7_condition_text("999"), "");
    arena_free(&a);
}

static void memory_fails(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 512, 1 << 18);
    const struct hl7_msg *m = NULL;
    struct hl7_report r = { 0 };
    struct err e = { 0 };
    T_OK(hl7_parse(STR("MSH|^~\\&\r"), NULL, a, &m, &e), &e);
    mem_fail_at(1);
    T_EQ_INT(hl7_check(m, a, &r, &e), RC_NOMEM);
    mem_fail_at(0);
    T_EQ_Z(e.id, "HL7-005");
    arena_free(&a);
}

static void codes_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < hl7_n_codes; i++)
        T_TRUE(str_cmp(str_z(hl7_codes[i - 1].id), str_z(hl7_codes[i].id)) < 0);
}

/* The examples are what they say: wrong only where the name begins with bad-. */
static void examples(void **state)
{
    (void)state;
    DIR *d = opendir(ZS_SOURCE_DIR "/examples/messages");
    T_TRUE(d != NULL);
    size_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(d))) {
        struct hl7_parts it;
        struct hl7_part part;
        struct err e = { 0 };
        struct hl7_report r = { 0 };
        if (!str_ends(str_z(entry->d_name), STR(".hl7")))
            continue;
        T_ROW(entry->d_name);
        struct arena *a = arena_new("test", 0, 1 << 20);
        hl7_parts_init(&it, t_read(t_path(ZS_SOURCE_DIR "/examples/messages", entry->d_name)));
        while (hl7_parts_next(&it, &part)) {
            const struct hl7_msg *m = NULL;
            T_OK(hl7_parse_part(part.bytes, part.delims, NULL, a, &m, &e), &e);
            if (part.kind == HL7_PART_MESSAGE)
                T_OK(hl7_check(m, a, &r, &e), &e);
        }
        T_EQ_INT(r.n_errors > 0, str_starts(str_z(entry->d_name), STR("bad-")));
        T_EQ_SIZE(r.n_warnings, 0);
        arena_free(&a);
        T_ROW(NULL);
        count++;
    }
    (void)closedir(d); /* only read */
    T_TRUE(count >= 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(findings),         T_TEST(counted_and_limited),
                                        T_TEST(refused_bytes),    T_TEST(memory_fails),
                                        T_TEST(codes_are_sorted), T_TEST(examples) };
    return T_RUN(tests);
}
