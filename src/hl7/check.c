/*
 * The structural check; see check.h. Each rule is a function over the message; the fields of the
 * header are a table. Tests: check_test.c
 */
#include "hl7/check.h"

#include "base/charset.h"
#include "base/utf8.h"
#include "hl7/scan.h"

struct checker {
    const struct hl7_msg *m;
    struct arena *a;
    struct hl7_report *out;
    struct err *e;
    enum rc rc; /* sticky */
};

static void add(struct checker *c, struct hl7_finding f)
{
    if (c->rc == RC_OK)
        c->rc = hl7_report_add(c->out, c->a, f, c->e);
}

/* ---- the header's delimiters ---- */

static void header_finding(struct checker *c, enum hl7_severity severity, const char *id,
                           uint16_t field, struct str text)
{
    add(c, (struct hl7_finding){ .severity = severity,
                                 .id = id,
                                 .condition = "102",
                                 .at = { .seg = c->m->segs[0].id, .field = field },
                                 .i_seg = 0,
                                 .pos = hl7_value_pos(c->m, hl7_seg_field(c->m, 0, field)),
                                 .text = text,
                                 .spec = "2.9 2.5.4" });
}

static bool repeats(struct str msh2, char field)
{
    for (size_t i = 0; i < msh2.n; i++)
        if (msh2.p[i] == field || memchr(msh2.p, msh2.p[i], i))
            return true;
    return false;
}

static bool is_odd_delim(char c)
{
    bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
    return c <= ' ' || c > '~' || c == '"' || letter;
}

static bool has_odd_delim(struct str msh2, char field)
{
    for (size_t i = 0; i < msh2.n; i++)
        if (is_odd_delim(msh2.p[i]))
            return true;
    return is_odd_delim(field);
}

static void check_delims(struct checker *c)
{
    struct str msh2 = hl7_seg_field(c->m, 0, 2).raw;
    char field = c->m->delims.field;
    if (has_odd_delim(msh2, field))
        header_finding(c, HL7_ERROR, "HL7-102", 2,
                       STR("a letter, digit, blank, quote or control character is a delimiter"));
    if (repeats(msh2, field))
        header_finding(c, HL7_ERROR, "HL7-103", 2, STR("the same character is two delimiters"));
    if (msh2.n == 0)
        header_finding(c, HL7_ERROR, "HL7-104", 2, STR("there are no encoding characters"));
    else if (msh2.n < 4)
        header_finding(
            c, HL7_WARNING, "HL7-105", 2,
            STR("there are fewer than four encoding characters; the others are not in use"));
    else if (msh2.n > 5)
        header_finding(c, HL7_ERROR, "HL7-105", 2,
                       STR("there are more than five encoding characters"));
    else if (msh2.n == 5 && hl7_version(c->m) != 0 && hl7_version(c->m) < 20700)
        header_finding(c, HL7_WARNING, "HL7-105", 2,
                       STR("there is a truncation character, which version 2.7 brought"));
}

/* ---- the fields every message needs ---- */

static bool is_upper_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "ADT", "A01", "ZX1": three upper-case letters and digits, a letter first. */
static bool is_code3(struct str s)
{
    if (s.n != 3 || s.p[0] < 'A' || s.p[0] > 'Z')
        return false;
    return is_upper_or_digit(s.p[1]) && is_upper_or_digit(s.p[2]);
}

static bool is_processing_id(struct str s)
{
    return s.n == 1 && memchr("DPT", s.p[0], 3);
}

static bool is_known_version(struct str s)
{
    static const char *const known[] = { "2.1", "2.2",   "2.3",   "2.3.1", "2.4",
                                         "2.5", "2.5.1", "2.6",   "2.7",   "2.7.1",
                                         "2.8", "2.8.1", "2.8.2", "2.9",   "2.9.1" };
    for (size_t i = 0; i < ZS_COUNT(known); i++)
        if (str_eqz(s, known[i]))
            return true;
    return false;
}

static bool is_control_id(struct str s)
{
    return s.n <= 199;
}

static const struct needed {
    uint16_t field;
    uint16_t comp;
    enum hl7_severity if_missing;
    enum hl7_severity if_odd;
    bool (*is_plausible)(struct str s);
    const char *id;
    const char *odd_condition;
    const char *spec;
    struct str missing;
    struct str odd;
} needed[] = {
    { 9, 1, HL7_ERROR, HL7_ERROR, is_code3, "HL7-106", "200", "2.9 2.14.9.9",
      STR_INIT("the message type is missing"),
      STR_INIT("the message code is not three upper-case letters and digits") },
    { 9, 2, HL7_INFORMATION, HL7_WARNING, is_code3, "HL7-107", "201", "2.9 2.14.9.9",
      STR_INIT("there is no trigger event"),
      STR_INIT("the trigger event is not three upper-case letters and digits") },
    { 10, 0, HL7_ERROR, HL7_WARNING, is_control_id, "HL7-108", "104", "2.9 2.14.9.10",
      STR_INIT("the control id is missing: the message cannot be acknowledged"),
      STR_INIT("the control id is longer than 199 characters") },
    { 11, 1, HL7_ERROR, HL7_WARNING, is_processing_id, "HL7-109", "202", "2.9 2.14.9.11",
      STR_INIT("the processing id is missing"), STR_INIT("the processing id is not D, P or T") },
    { 12, 1, HL7_ERROR, HL7_WARNING, is_known_version, "HL7-110", "203", "2.9 2.14.9.12",
      STR_INIT("the version is missing"),
      STR_INIT("the version is none that is known; the nearest one is used") },
};

/* Where a part that is missing would stand. */
static size_t end_of_field(const struct checker *c, unsigned field)
{
    struct hl7_value v = hl7_header(c->m, field, 0);
    if (v.presence == HL7_ABSENT)
        return (size_t)c->m->segs[0].at + c->m->segs[0].n;
    return hl7_value_pos(c->m, v) + v.raw.n;
}

static void check_needed(struct checker *c, const struct needed *n)
{
    struct hl7_value v = hl7_header(c->m, n->field, n->comp);
    bool missing = v.presence != HL7_VALUED;
    if (!missing && n->is_plausible(v.raw))
        return;
    size_t pos = v.presence == HL7_ABSENT ? end_of_field(c, n->field) : hl7_value_pos(c->m, v);
    add(c, (struct hl7_finding){ .severity = missing ? n->if_missing : n->if_odd,
                                 .id = n->id,
                                 .condition = missing ? "101" : n->odd_condition,
                                 .at = { .seg = HL7_MSH,
                                         .field = n->field,
                                         .comp = missing && n->comp == 1 ? 0 : n->comp },
                                 .i_seg = 0,
                                 .pos = pos,
                                 .text = missing ? n->missing : n->odd,
                                 .spec = n->spec });
}

/* ---- segments ---- */

static void seg_finding(struct checker *c, size_t i, enum hl7_severity severity, const char *id,
                        size_t pos, struct str text)
{
    add(c, (struct hl7_finding){ .severity = severity,
                                 .id = id,
                                 .condition = "100",
                                 .at = { .seg = c->m->segs[i].id },
                                 .i_seg = i,
                                 .pos = pos,
                                 .text = text,
                                 .spec = "2.9 2.5.2" });
}

/* First byte that has no place in text: a control character other than TAB, LF and ESC. */
static size_t find_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        i += scan_control(s.p + i, s.n - i);
        if (i < s.n && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != 0x1b)
            return i;
    }
    return SIZE_MAX;
}

static void check_seg(struct checker *c, size_t i)
{
    const struct hl7_seg *s = &c->m->segs[i];
    struct str bytes = hl7_seg_bytes(c->m, i);
    struct str id = str_sub(bytes, 0, str_chr(bytes, c->m->delims.field, 0));
    if (hl7_id_is_header(s->id))
        id = str_sub(bytes, 0, 3);
    if (s->id == 0)
        seg_finding(c, i, HL7_ERROR, "HL7-111", s->at, STR("this line is not a segment"));
    else if (id.n != 3)
        seg_finding(c, i, HL7_ERROR, "HL7-112", s->at,
                    STR("the segment id has not three characters"));
    else if (!is_code3(id))
        seg_finding(c, i, HL7_WARNING, "HL7-112", s->at,
                    STR("the segment id is not upper-case letters and digits, a letter first"));
    if (i > 0 && hl7_id_is_header(s->id))
        seg_finding(c, i, HL7_ERROR, "HL7-113", s->at,
                    STR("another header stands inside the message"));
    size_t control = find_control(bytes);
    if (control != SIZE_MAX)
        seg_finding(c, i, HL7_WARNING, "HL7-114", s->at + control,
                    STR("a control character stands in the segment"));
}

/* ---- the message as a whole ---- */

static void whole_finding(struct checker *c, enum hl7_severity severity, const char *id, size_t pos,
                          struct str text)
{
    add(c, (struct hl7_finding){ .severity = severity,
                                 .id = id,
                                 .condition = "102",
                                 .i_seg = HL7_NO_SEG,
                                 .pos = pos,
                                 .text = text,
                                 .spec = "2.9 2.5" });
}

static void check_line_ends(struct checker *c)
{
    const struct hl7_msg *m = c->m;
    const struct hl7_seg *last = &m->segs[m->n_segs - 1];
    struct str body = str_sub(m->bytes, m->start, m->end - m->start);
    size_t lf = str_chr(body, '\n', 0);
    if (lf != SIZE_MAX)
        whole_finding(c, HL7_INFORMATION, "HL7-115", m->start + lf,
                      STR("line feeds stand in the message; segments end in CR"));
    if (last->term == 0)
        whole_finding(c, HL7_INFORMATION, "HL7-116", m->end,
                      STR("the last segment has no line end"));
    if (str_starts(m->bytes, STR("\xef\xbb\xbf")))
        whole_finding(c, HL7_INFORMATION, "HL7-117", 0,
                      STR("a byte order mark stands before the message"));
}

static void check_charset(struct checker *c)
{
    struct hl7_value label = hl7_header(c->m, 18, 0);
    const char *set = label.presence == HL7_VALUED ? charset_of_hl7(label.raw) : NULL;
    if (label.presence == HL7_VALUED && !set)
        header_finding(c, HL7_WARNING, "HL7-118", 18,
                       STR("the character set is none of table 0211"));
    bool ascii = !set || str_eqz(STR("US-ASCII"), set);
    bool utf8 = set && str_eqz(STR("UTF-8"), set);
    size_t bad = 0;
    if (utf8 && !utf8_is_valid(c->m->bytes, &bad))
        whole_finding(c, HL7_WARNING, "HL7-119", bad,
                      STR("MSH-18 says UTF-8, and a byte here is not"));
    size_t run = str_starts(c->m->bytes, STR("\xef\xbb\xbf")) ? 3 : 0;
    run += utf8_ascii_run(str_from(c->m->bytes, run));
    if (ascii && run < c->m->bytes.n)
        whole_finding(c, HL7_WARNING, "HL7-119", run,
                      STR("there are characters outside ASCII, and MSH-18 names no set for them"));
}

enum rc hl7_check(const struct hl7_msg *m, struct arena *a, struct hl7_report *out, struct err *e)
{
    struct checker c = { .m = m, .a = a, .out = out, .e = e };
    if (m->n_segs == 0 || m->segs[0].id != HL7_MSH) {
        add(&c, (struct hl7_finding){ .severity = HL7_ERROR,
                                      .id = "HL7-101",
                                      .condition = "100",
                                      .i_seg = m->n_segs ? 0 : HL7_NO_SEG,
                                      .at = { .seg = m->n_segs ? m->segs[0].id : 0 },
                                      .pos = m->start,
                                      .text = STR("the first segment is not MSH"),
                                      .spec = "2.9 2.5.1" });
    } else {
        check_delims(&c);
        for (size_t i = 0; i < ZS_COUNT(needed); i++)
            check_needed(&c, &needed[i]);
        check_charset(&c);
    }
    for (size_t i = 0; i < m->n_segs; i++)
        check_seg(&c, i);
    if (m->n_segs > 0)
        check_line_ends(&c);
    return c.rc;
}

struct hl7_finding hl7_check_refused(const struct err *e)
{
    return (struct hl7_finding){ .severity = HL7_ERROR,
                                 .id = e->id,
                                 .condition = "100",
                                 .i_seg = HL7_NO_SEG,
                                 .pos = e->pos,
                                 .text = str_z(e->text),
                                 .spec = "2.9 2.5.1" };
}
