/* value.c and text.c: fields, repetitions, components, presence, text. */
#include "hl7/hl7.h"

#include "tests/lib/t.h"

static const struct hl7_msg *parse(struct arena *a, struct str in)
{
    const struct hl7_msg *m = NULL;
    struct err e = { 0 };
    T_OK(hl7_parse(in, NULL, a, &m, &e), &e);
    return m;
}

static const char sample[] = "MSH|^~\\&|APP^1|FAC||||X|ADT^A01|ID1|P|2.5\r"
                             "PID|1||11^^^A&B&C~22||DOE^\"\"^|\"\"|||~|x~~y||\r"
                             "ZZZ\r"
                             "ZZ1|\r";

static const struct {
    const char *name;
    size_t seg;
    unsigned field, rep, comp, sub;
    enum hl7_presence presence;
    const char *raw;
} rows[] = {
    { "MSH-1 is the separator", 0, 1, 0, 0, 0, HL7_VALUED, "|" },
    { "MSH-2 is never split", 0, 2, 1, 1, 1, HL7_VALUED, "^~\\&" },
    { "MSH-2 has no second component", 0, 2, 1, 2, 0, HL7_ABSENT, NULL },
    { "MSH-3.2", 0, 3, 1, 2, 0, HL7_VALUED, "1" },
    { "MSH-10", 0, 10, 0, 0, 0, HL7_VALUED, "ID1" },
    { "MSH-12, the last", 0, 12, 0, 0, 0, HL7_VALUED, "2.5" },
    { "MSH-13 absent", 0, 13, 0, 0, 0, HL7_ABSENT, NULL },
    { "whole segment", 3, 0, 0, 0, 0, HL7_VALUED, "ZZ1|" },
    { "whole field", 1, 3, 0, 0, 0, HL7_VALUED, "11^^^A&B&C~22" },
    { "first repetition", 1, 3, 1, 0, 0, HL7_VALUED, "11^^^A&B&C" },
    { "second repetition", 1, 3, 2, 0, 0, HL7_VALUED, "22" },
    { "third repetition absent", 1, 3, 3, 0, 0, HL7_ABSENT, NULL },
    { "empty component", 1, 3, 1, 2, 0, HL7_EMPTY, "" },
    { "component", 1, 3, 1, 4, 0, HL7_VALUED, "A&B&C" },
    { "sub-component", 1, 3, 1, 4, 3, HL7_VALUED, "C" },
    { "sub-component absent", 1, 3, 1, 4, 4, HL7_ABSENT, NULL },
    { "component 1 of a plain repetition", 1, 3, 2, 1, 1, HL7_VALUED, "22" },
    { "component 2 of a plain repetition", 1, 3, 2, 2, 0, HL7_ABSENT, NULL },
    { "empty field", 1, 4, 0, 0, 0, HL7_EMPTY, "" },
    { "component 1 of an empty field", 1, 4, 1, 1, 1, HL7_EMPTY, "" },
    { "component 2 of an empty field", 1, 4, 1, 2, 0, HL7_ABSENT, NULL },
    { "null component", 1, 5, 1, 2, 0, HL7_NULL, "\"\"" },
    { "trailing empty component", 1, 5, 1, 3, 0, HL7_EMPTY, "" },
    { "behind it", 1, 5, 1, 4, 0, HL7_ABSENT, NULL },
    { "null field", 1, 6, 0, 0, 0, HL7_NULL, "\"\"" },
    { "null field, component 1", 1, 6, 1, 1, 0, HL7_NULL, "\"\"" },
    { "two empty repetitions", 1, 9, 2, 0, 0, HL7_EMPTY, "" },
    { "no third of them", 1, 9, 3, 0, 0, HL7_ABSENT, NULL },
    { "empty repetition between", 1, 10, 2, 0, 0, HL7_EMPTY, "" },
    { "repetition behind it", 1, 10, 3, 0, 0, HL7_VALUED, "y" },
    { "trailing empty field", 1, 12, 0, 0, 0, HL7_EMPTY, "" },
    { "behind the last separator", 1, 13, 0, 0, 0, HL7_ABSENT, NULL },
    { "segment without a separator", 2, 1, 0, 0, 0, HL7_ABSENT, NULL },
    { "segment with one", 3, 1, 0, 0, 0, HL7_EMPTY, "" },
    { "segment with one, field 2", 3, 2, 0, 0, 0, HL7_ABSENT, NULL },
};

static void values(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    const struct hl7_msg *m = parse(a, STR(sample));
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        struct hl7_value v = hl7_seg_field(m, rows[i].seg, rows[i].field);
        v = hl7_value_rep(m, v, rows[i].rep);
        v = hl7_value_comp(m, v, rows[i].comp);
        v = hl7_value_sub(m, v, rows[i].sub);
        T_EQ_INT(v.presence, rows[i].presence);
        T_EQ_STR(v.raw, rows[i].raw);
    }
    T_EQ_SIZE(hl7_seg_n_fields(m, 0), 12);
    T_EQ_SIZE(hl7_seg_n_fields(m, 1), 12);
    T_EQ_SIZE(hl7_seg_n_fields(m, 2), 0);
    T_EQ_SIZE(hl7_seg_n_fields(m, 3), 1);
    T_EQ_STR(hl7_header(m, 9, 2).raw, "A01");
    T_EQ_SIZE(hl7_value_pos(m, hl7_header(m, 9, 2)), 28);
    T_EQ_SIZE(hl7_value_pos(m, HL7_NO_VALUE), ERR_NO_POS);
    T_EQ_SIZE(hl7_seg_count(m, HL7_ID('Z', 'Z', 'Z')), 1);
    T_EQ_SIZE(hl7_seg_find(m, HL7_ID('Z', 'Z', '1'), 0), 3);
    T_EQ_SIZE(hl7_seg_find(m, HL7_ID('Z', 'Z', '2'), 0), HL7_NO_SEG);
    arena_free(&a);
}

/* Delimiters that are not in use split nothing. */
static void missing_delimiters(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    const struct hl7_msg *m = parse(a, STR("MSH|^|A^B~C&D\\E"));
    struct hl7_value v = hl7_seg_field(m, 0, 3);
    T_EQ_STR(hl7_value_comp(m, v, 2).raw, "B~C&D\\E");
    T_EQ_INT(hl7_value_rep(m, v, 2).presence, HL7_ABSENT);
    T_EQ_INT(hl7_value_sub(m, v, 2).presence, HL7_ABSENT);
    struct str text;
    struct err e = { 0 };
    T_OK(hl7_text(m, hl7_value_comp(m, v, 2), a, &text, &e), &e);
    T_EQ_STR(text, "B~C&D\\E");
    arena_free(&a);
}

static const struct {
    const char *name;
    unsigned field, comp;
    const char *text;
} texts[] = {
    { "leaf without escapes borrows", 2, 1, "plain" },
    { "leaf with escapes is decoded", 2, 2, "a|b^c" },
    { "what still has structure is not", 2, 0, "plain^a\\F\\b\\S\\c" },
    { "field that is a leaf", 3, 0, "Q&A" },
    { "null has no text", 4, 0, "" },
    { "empty", 5, 0, "" },
    { "absent", 6, 0, "" },
};

static void text(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1 << 16);
    const struct hl7_msg *m =
        parse(a, STR("MSH|^~\\&|\rNTE|1|plain^a\\F\\b\\S\\c|Q\\T\\A|\"\"|\r"));
    for (size_t i = 0; i < ZS_COUNT(texts); i++) {
        T_ROW(texts[i].name);
        struct str out;
        struct err e = { 0 };
        struct hl7_value v = hl7_value_comp(m, hl7_seg_field(m, 1, texts[i].field), texts[i].comp);
        T_OK(hl7_text(m, v, a, &out, &e), &e);
        T_EQ_STR(out, texts[i].text);
    }
    struct str out;
    struct err e = { 0 };
    T_OK(hl7_text(m, hl7_seg_field(m, 0, 2), a, &out, &e), &e);
    T_EQ_STR(out, "^~\\&");
    struct arena *small = arena_new("small", 256, 256);
    while (arena_raw(small, 1))
        continue;
    T_EQ_INT(hl7_text(m, hl7_seg_field(m, 1, 3), small, &out, &e), RC_NOMEM);
    T_EQ_Z(e.id, "HL7-005");
    arena_free(&small);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { T_TEST(values), T_TEST(missing_delimiters), T_TEST(text) };
    return T_RUN(tests);
}
