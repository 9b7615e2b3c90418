/* msg.c: what is a message, where its segments are, which delimiters it has. */
#include "hl7/hl7.h"

#include "tests/lib/t.h"

#include "base/alloc.h"

#include <stdio.h>

static struct arena *arena(void)
{
    struct arena *a = arena_new("test", 0, (size_t)1 << 20);
    T_TRUE(a != NULL);
    return a;
}

/* "id@at+n~term …" of all segments: the whole index as one text. */
static const char *outline(const struct hl7_msg *m, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < m->n_segs && n < size; i++) {
        const struct hl7_seg *s = &m->segs[i];
        char id[HL7_ID_MAX + 1];
        hl7_id_print(s->id, id);
        int w = snprintf(out + n, size - n, "%s%s@%u+%u~%u", i ? " " : "", s->id ? id : "?", s->at,
                         s->n, s->term);
        T_TRUE(w > 0);
        n += (size_t)w;
    }
    return out;
}

static const struct {
    const char *name;
    struct str in;
    const char *outline;
} shapes[] = {
    { "CR", STR_INIT("MSH|^~\\&|A\rPID|1\r"), "MSH@0+10~1 PID@11+5~1" },
    { "no final terminator", STR_INIT("MSH|^~\\&|A\rPID|1"), "MSH@0+10~1 PID@11+5~0" },
    { "LF", STR_INIT("MSH|^~\\&|A\nPID|1\n"), "MSH@0+10~1 PID@11+5~1" },
    { "CRLF", STR_INIT("MSH|^~\\&|A\r\nPID|1\r\n"), "MSH@0+10~2 PID@12+5~2" },
    { "mixed", STR_INIT("MSH|^~\\&|A\nPID|1\rPV1|2\r\n"), "MSH@0+10~1 PID@11+5~1 PV1@17+5~2" },
    { "blank lines belong to the end before them", STR_INIT("MSH|^~\\&|A\r\r\n\nPID|1\r\r"),
      "MSH@0+10~4 PID@14+5~2" },
    { "blank line in front, VT, BOM", STR_INIT("\xef\xbb\xbf\x0b\r\nMSH|^~\\&\rPID\r"),
      "MSH@6+8~1 PID@15+3~1" },
    { "MLLP bytes around", STR_INIT("\x0bMSH|^~\\&\rPID\r\x1c\r"), "MSH@1+8~1 PID@10+3~1" },
    { "MLLP end without a last CR", STR_INIT("\x0bMSH|^~\\&\rPID\x1c\r\n"),
      "MSH@1+8~1 PID@10+3~0" },
    { "a lone LF in a CR message is text", STR_INIT("MSH|^~\\&\rNTE|1||one\ntwo\rPID|1\r"),
      "MSH@0+8~1 NTE@9+14~1 PID@24+5~1" },
    { "a lone LF before a segment is not", STR_INIT("MSH|^~\\&\rNTE|1||one\nPID|1\r"),
      "MSH@0+8~1 NTE@9+10~1 PID@20+5~1" },
    { "text that only looks like one", STR_INIT("MSH|^~\\&\rNTE|1||a\nPIDS|1\nPit|\n\nX\r"),
      "MSH@0+8~1 NTE@9+20~2 ?@31+1~1" },
    { "in a LF message every LF ends", STR_INIT("MSH|^~\\&\nNTE|1||one\ntwo three\nPID|1\n"),
      "MSH@0+8~1 NTE@9+10~1 ?@20+9~1 PID@30+5~1" },
    { "ids of all kinds", STR_INIT("MSH|^~\\&\rpid|\rPV|1\rPIDX|1\rPIDXY|1\r0|0\rZ1A\r|x\r"),
      "MSH@0+8~1 PID@9+4~1 PV@14+4~1 PIDX@19+6~1 ?@26+7~1 ?@34+3~1 Z1A@38+3~1 ?@42+2~1" },
    { "lower-case header", STR_INIT("msh|^~\\&|a\r"), "MSH@0+10~1" },
    { "header alone", STR_INIT("MSH|"), "MSH@0+4~0" },
    { "batch", STR_INIT("FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&\rBTS|1\rFTS|1\r"),
      "FHS@0+8~1 BHS@9+8~1 MSH@18+8~1 BTS@27+5~1 FTS@33+5~1" },
    { "NUL is a byte like any other", STR_INIT("MSH|^~\\&|\0\rPID|\0|\r"),
      "MSH@0+10~1 PID@11+6~1" },
};

static void index_of_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(shapes); i++) {
        T_ROW(shapes[i].name);
        struct arena *a = arena();
        const struct hl7_msg *m = NULL;
        struct err e = { 0 };
        char text[256];
        T_OK(hl7_parse(shapes[i].in, NULL, a, &m, &e), &e);
        T_EQ_Z(outline(m, text, sizeof text), shapes[i].outline);
        arena_free(&a);
    }
}

/* The segments tile the body: every byte is in exactly one of them or its line end. */
static void segments_tile(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(shapes); i++) {
        T_ROW(shapes[i].name);
        struct arena *a = arena();
        const struct hl7_msg *m = NULL;
        struct err e = { 0 };
        T_OK(hl7_parse(shapes[i].in, NULL, a, &m, &e), &e);
        size_t at = m->start;
        for (size_t k = 0; k < m->n_segs; k++) {
            T_EQ_SIZE(m->segs[k].at, at);
            at += (size_t)m->segs[k].n + m->segs[k].term;
        }
        T_EQ_SIZE(at, m->end);
        arena_free(&a);
    }
}

static const struct {
    const char *name;
    struct str in;
    const char *all; /* field comp rep esc sub trunc; '-' = not in use */
} delims[] = {
    { "usual", STR_INIT("MSH|^~\\&|"), "|^~\\&-" },
    { "truncation (2.7)", STR_INIT("MSH|^~\\&#|"), "|^~\\&#" },
    { "own set", STR_INIT("MSH@~&#\\@S"), "@~&#\\-" },
    { "three characters", STR_INIT("MSH|^~&|"), "|^~&--" },
    { "one character", STR_INIT("MSH|^|"), "|^----" },
    { "none", STR_INIT("MSH||"), "|-----" },
    { "six: the last says nothing", STR_INIT("MSH|^~\\&#!|"), "|^~\\&#" },
    { "twice the same: the first counts", STR_INIT("MSH|^^\\^|"), "|^-\\--" },
    { "MSH-2 cut by the line's end", STR_INIT("MSH|^~\rPID|"), "|^~---" },
    { "bytes over ASCII", STR_INIT("MSH|^\xed} &|"), "|^\xed} &" },
};

static void delimiters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(delims); i++) {
        T_ROW(delims[i].name);
        struct hl7_delims d;
        T_TRUE(hl7_delims_read(delims[i].in, &d));
        char got[6] = { d.field, d.comp, d.rep, d.esc, d.sub, d.trunc };
        for (size_t k = 0; k < sizeof got; k++) {
            char want = delims[i].all[k] ? delims[i].all[k] : '-';
            T_EQ_INT(got[k] ? got[k] : '-', want);
        }
    }
    struct hl7_delims d;
    T_FALSE(hl7_delims_read(STR("MSH"), &d));
    T_FALSE(hl7_delims_read(STR("MSHELL"), &d));
}

static void delimiters_sane(void **state)
{
    (void)state;
    T_TRUE(hl7_delims_are_sane(HL7_DELIMS_DEFAULT));
    T_TRUE(hl7_delims_are_sane((struct hl7_delims){ '@', '~', '&', '#', '\\', 0 }));
    T_FALSE(hl7_delims_are_sane((struct hl7_delims){ '|', '^', '~', 0, 0, 0 }));
    T_FALSE(hl7_delims_are_sane((struct hl7_delims){ '|', '^', '~', '\\', 'A', 0 }));
    T_FALSE(hl7_delims_are_sane((struct hl7_delims){ '|', '^', '^', '\\', '&', 0 }));
    T_FALSE(hl7_delims_are_sane((struct hl7_delims){ '|', '^', '~', '\\', '"', 0 }));
    T_FALSE(hl7_delims_are_sane((struct hl7_delims){ '|', '^', '~', '\\', '\x1f', 0 }));
    char msh2[5];
    T_EQ_SIZE(hl7_delims_msh2(HL7_DELIMS_DEFAULT, msh2), 4);
    T_EQ_BYTES(str_of(msh2, 4), STR("^~\\&"));
    T_EQ_SIZE(hl7_delims_msh2((struct hl7_delims){ '|', '^', 0, '\\', '&', 0 }, msh2), 1);
}

static const struct {
    const char *name;
    struct str in;
    enum rc rc;
    const char *id;
    size_t pos;
} refused[] = {
    { "empty", STR_INIT(""), RC_SYNTAX, "HL7-001", 0 },
    { "blank lines only", STR_INIT("\r\n\x0b"), RC_SYNTAX, "HL7-001", 3 },
    { "another segment first", STR_INIT("PID|1\r"), RC_SYNTAX, "HL7-001", 0 },
    { "JSON", STR_INIT("{\"MSH\":1}"), RC_SYNTAX, "HL7-001", 0 },
    { "two letters", STR_INIT("MS"), RC_SYNTAX, "HL7-001", 0 },
    { "no separator", STR_INIT("MSH"), RC_SYNTAX, "HL7-002", 3 },
    { "line end for a separator", STR_INIT("\nMSH\r^~\\&"), RC_SYNTAX, "HL7-002", 4 },
    { "a letter for a separator", STR_INIT("MSHA^~\\&A\r"), RC_SYNTAX, "HL7-002", 3 },
    { "a NUL for one", STR_INIT("MSH\0^~\\&\0\r"), RC_SYNTAX, "HL7-002", 3 },
    { "UTF-16 with a mark", STR_INIT("\xff\xfeM\0S\0H\0|\0"), RC_SYNTAX, "HL7-006", 0 },
    { "UTF-16 without", STR_INIT("\0M\0S\0H\0|"), RC_SYNTAX, "HL7-006", 0 },
    { "over the byte limit", STR_INIT("MSH|^~\\&|123456789012345678901234567890123\r"), RC_LIMIT,
      "HL7-003", 40 },
    { "over the segment limit", STR_INIT("MSH|^~\\&\rA1|\rA2|\rA3|\rA4|\r"), RC_LIMIT, "HL7-004",
      21 },
};

static void refusals(void **state)
{
    (void)state;
    struct hl7_limits limits = { .bytes = 40, .segs = 4 };
    for (size_t i = 0; i < ZS_COUNT(refused); i++) {
        T_ROW(refused[i].name);
        struct arena *a = arena();
        const struct hl7_msg *m = NULL;
        struct err e = { 0 };
        T_EQ_INT(hl7_parse(refused[i].in, &limits, a, &m, &e), refused[i].rc);
        T_EQ_Z(e.id, refused[i].id);
        T_EQ_SIZE(e.pos, refused[i].pos);
        T_TRUE(m == NULL);
        arena_free(&a);
    }
}

static void parts_without_header(void **state)
{
    (void)state;
    struct arena *a = arena();
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    char text[128];
    struct hl7_delims d = { '@', '~', '&', '#', '\\', 0 };
    T_OK(hl7_parse_part(STR("BTS@2\rFTS@1\r"), d, NULL, a, &m, &e), &e);
    T_EQ_Z(outline(m, text, sizeof text), "BTS@0+5~1 FTS@6+5~1");
    T_EQ_STR(hl7_seg_field(m, 0, 1).raw, "2");
    T_OK(hl7_parse_part(STR_NULL, d, NULL, a, &m, &e), &e);
    T_EQ_SIZE(m->n_segs, 0);
    T_EQ_INT(hl7_header(m, 10, 0).presence, HL7_ABSENT);
    T_OK(hl7_parse_part(STR("MSH|^~\\&|A"), d, NULL, a, &m, &e), &e);
    T_EQ_INT(m->delims.field, '|');
    arena_free(&a);
}

static void ids(void **state)
{
    (void)state;
    T_EQ_INT(hl7_id_read(STR("PID")), HL7_ID('P', 'I', 'D'));
    T_EQ_INT(hl7_id_read(STR("pid")), HL7_ID('P', 'I', 'D'));
    T_EQ_INT(hl7_id_read(STR("P")), 0);
    T_EQ_INT(hl7_id_read(STR("PIDXX")), 0);
    T_EQ_INT(hl7_id_read(STR("P D")), 0);
    T_EQ_INT(hl7_id_read(STR_NULL), 0);
}

/* Memory failing at each point in turn: an error, nothing kept, the arena still usable. */
static void memory_fails(void **state)
{
    (void)state;
    char in[64 * 200];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = "PV|\r"[i % 4];
    memcpy(in, "MSH|^~\\&", 8);
    for (size_t k = 1;; k++) {
        struct arena *a = arena();
        const struct hl7_msg *m = NULL;
        struct err e = { 0 };
        mem_fail_at(k);
        enum rc rc = hl7_parse(str_of(in, sizeof in), NULL, a, &m, &e);
        bool fired = mem_fail_left() == 0;
        mem_fail_at(0);
        if (!fired) {
            T_OK(rc, &e);
            T_TRUE(k > 1);
            arena_free(&a);
            break;
        }
        T_EQ_INT(rc, RC_NOMEM);
        T_EQ_Z(e.id, "HL7-005");
        T_TRUE(m == NULL);
        T_OK(hl7_parse(STR("MSH|^~\\&"), NULL, a, &m, &e), &e);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(index_of_shapes),
        T_TEST(segments_tile),
        T_TEST(delimiters),
        T_TEST(delimiters_sane),
        T_TEST(refusals),
        T_TEST(parts_without_header),
        T_TEST(ids),
        T_TEST(memory_fails),
    };
    return T_RUN(tests);
}
