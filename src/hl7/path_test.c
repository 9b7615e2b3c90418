/* path.c: reading, printing, one value, all values. */
#include "hl7/path.h"

#include "base/buf.h"

#include "tests/lib/t.h"

static const struct {
    const char *in, *out;
} spellings[] = {
    { "PID-5.1", "PID-5.1" },
    { "PID.5.1", "PID-5.1" },
    { "PID-5-1", "PID-5.1" },
    { "pid-5.1", "PID-5.1" },
    { "OBX[3]-5", "OBX[3]-5" },
    { "OBX[*]-5[*]", "OBX-5" },
    { "PID-3[2].4.2", "PID-3[2].4.2" },
    { "PID.3[2]-4-2", "PID-3[2].4.2" },
    { "ORC-2", "ORC-2" },
    { "ZPD", "ZPD" },
    { "ZPD[9999999]", "ZPD[9999999]" },
    { "PV-1", "PV-1" },
    { "ZZZ9[1]-9999[9999999].9999.9999", "ZZZ9[1]-9999[9999999].9999.9999" },
    { "MSH-9.2", "MSH-9.2" },
};

static void spelled(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(spellings); i++) {
        T_ROW(spellings[i].in);
        struct hl7_path p;
        struct hl7_path again;
        struct err e = { 0 };
        char text[HL7_PATH_TEXT];
        T_OK(hl7_path_parse(str_z(spellings[i].in), &p, &e), &e);
        size_t n = hl7_path_print(&p, text);
        T_EQ_BYTES(str_of(text, n), str_z(spellings[i].out));
        T_OK(hl7_path_parse(str_of(text, n), &again, &e), &e);
        T_TRUE(hl7_path_eq(&p, &again));
    }
    struct hl7_path p;
    struct hl7_path fixed = HL7_PATH('P', 'I', 'D', 5, 1);
    struct err e = { 0 };
    T_OK(hl7_path_parse(STR("PID-5.1"), &p, &e), &e);
    T_TRUE(hl7_path_eq(&p, &fixed));
    fixed.rep = 1;
    T_FALSE(hl7_path_eq(&p, &fixed));
}

static const struct {
    const char *in;
    enum rc rc;
    const char *id;
    size_t pos;
} refused[] = {
    { "", RC_SYNTAX, "HL7-010", 0 },
    { "5.1", RC_SYNTAX, "HL7-010", 0 },
    { "P-1", RC_SYNTAX, "HL7-010", 0 },
    { "PIDXX-1", RC_SYNTAX, "HL7-010", 0 },
    { "PID-", RC_SYNTAX, "HL7-010", 4 },
    { "PID-x", RC_SYNTAX, "HL7-010", 4 },
    { "PID-5.", RC_SYNTAX, "HL7-010", 6 },
    { "PID-5.1.2.3", RC_SYNTAX, "HL7-010", 9 },
    { "PID-5.1[2]", RC_SYNTAX, "HL7-010", 7 },
    { "PID-5[", RC_SYNTAX, "HL7-010", 6 },
    { "PID-5[2", RC_SYNTAX, "HL7-010", 7 },
    { "PID-5[]", RC_SYNTAX, "HL7-010", 6 },
    { "PID-5 ", RC_SYNTAX, "HL7-010", 5 },
    { " PID-5", RC_SYNTAX, "HL7-010", 0 },
    { "PID[-1]-5", RC_SYNTAX, "HL7-010", 4 },
    { "PID-0", RC_VALUE, "HL7-011", 4 },
    { "PID-5.0", RC_VALUE, "HL7-011", 6 },
    { "PID[0]-5", RC_VALUE, "HL7-011", 4 },
    { "PID-10000", RC_VALUE, "HL7-011", 4 },
    { "PID-5[99999999999999999999]", RC_VALUE, "HL7-011", 6 },
};

static void refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZS_COUNT(refused); i++) {
        T_ROW(refused[i].in);
        struct hl7_path p = { .seg = 7 };
        struct err e = { 0 };
        T_EQ_INT(hl7_path_parse(str_z(refused[i].in), &p, &e), refused[i].rc);
        T_EQ_Z(e.id, refused[i].id);
        T_EQ_SIZE(e.pos, refused[i].pos);
        T_EQ_SIZE(p.seg, 7);
    }
}

static const char sample[] = "MSH|^~\\&|APP\r"
                             "PID|1||11^^^A~22^^^B\r"
                             "OBX|1|NM|a||1\r"
                             "OBX|2|ST|b\r"
                             "NTE|1\r"
                             "OBX|3|ST|c||x~y~|||\r"
                             "obx|4|ST|d||\"\"\r";

static const struct {
    const char *path;
    const char *first; /* NULL: absent */
    const char *all;   /* "place=value " of each match */
} evaluations[] = {
    { "PID-3.1", "11", "PID[1]-3[1].1=11 PID[1]-3[2].1=22 " },
    { "PID-3", "11^^^A", "PID[1]-3[1]=11^^^A PID[1]-3[2]=22^^^B " },
    { "PID-3[2].4", "B", "PID[1]-3[2].4=B " },
    { "PID-3[3]", NULL, "" },
    { "OBX-1", "1", "OBX[1]-1[1]=1 OBX[2]-1[1]=2 OBX[3]-1[1]=3 OBX[4]-1[1]=4 " },
    { "OBX-5", "1", "OBX[1]-5[1]=1 OBX[3]-5[1]=x OBX[3]-5[2]=y OBX[3]-5[3]= OBX[4]-5[1]=\"\" " },
    { "OBX-8", "", "OBX[3]-8[1]= " },
    { "OBX-9", NULL, "" },
    { "OBX[2]-5", NULL, "" },
    { "OBX[3]-5[2]", "y", "OBX[3]-5[2]=y " },
    { "OBX[5]-1", NULL, "" },
    { "NTE", "NTE|1", "NTE[1]=NTE|1 " },
    { "MSH-1", "|", "MSH[1]-1[1]=| " },
    { "MSH-2", "^~\\&", "MSH[1]-2[1]=^~\\& " },
    { "ZZZ-1", NULL, "" },
};

static void list_all(struct hl7_iter *it, struct buf *b)
{
    struct hl7_value v;
    while (hl7_iter_next(it, &v)) {
        char place[HL7_PATH_TEXT];
        (void)hl7_path_print(&it->here, place);
        buf_z(b, place);
        buf_char(b, '=');
        buf_str(b, v.raw);
        buf_char(b, ' ');
    }
}

static void evaluated(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    T_OK(hl7_parse(STR(sample), NULL, a, &m, &e), &e);
    for (size_t i = 0; i < ZS_COUNT(evaluations); i++) {
        T_ROW(evaluations[i].path);
        struct hl7_path p;
        T_OK(hl7_path_parse(str_z(evaluations[i].path), &p, &e), &e);
        T_EQ_STR(hl7_get(m, &p).raw, evaluations[i].first);
        struct hl7_iter it;
        struct buf b;
        buf_init_arena(&b, a, 4096);
        hl7_iter_init(&it, m, &p);
        list_all(&it, &b);
        T_EQ_STR(buf_view(&b), b.n ? evaluations[i].all : NULL);
        T_EQ_SIZE(b.n, strlen(evaluations[i].all));
    }
    arena_free(&a);
}

/* Inside one segment: what `from: OBX-5` means under `each: OBX`. */
static void inside_a_segment(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    T_OK(hl7_parse(STR(sample), NULL, a, &m, &e), &e);
    struct hl7_path p = HL7_PATH('O', 'B', 'X', 5, 0);
    T_EQ_STR(hl7_seg_get(m, 5, &p).raw, "x");
    T_EQ_INT(hl7_seg_get(m, 3, &p).presence, HL7_ABSENT);
    T_EQ_INT(hl7_seg_get(m, 6, &p).presence, HL7_NULL);
    p.occ = 1; /* says nothing here */
    p.rep = 2;
    T_EQ_STR(hl7_seg_get(m, 5, &p).raw, "y");
    p.rep = 0;
    struct hl7_iter it;
    struct buf b;
    buf_init_arena(&b, a, 4096);
    hl7_iter_init_in(&it, m, 5, &p);
    list_all(&it, &b);
    T_EQ_STR(buf_view(&b), "OBX-5[1]=x OBX-5[2]=y OBX-5[3]= ");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(spelled), T_TEST(refusals), T_TEST(evaluated),
                                        T_TEST(inside_a_segment) };
    return T_RUN(tests);
}
