/*
 * Fields and what is in them, found by counting separators inside one segment. Nothing is stored.
 * Tests: value_test.c
 */
#include "hl7/hl7.h"

#include "hl7/scan.h"

/* Piece k (1-based) of s; false when there are fewer. sep 0 = not in use: one piece. */
static bool piece(struct str s, char sep, unsigned k, struct str *out)
{
    size_t at = 0;
    if (k > 1) {
        size_t found = 0;
        if (sep == 0)
            return false;
        at = scan_nth(s.p, s.n, sep, k - 1, &found);
        if (found < k - 1)
            return false;
        at++;
    }
    size_t left = s.n - at;
    *out = str_of(s.p + at, sep == 0 ? left : scan_one(s.p + at, left, sep));
    return true;
}

static struct hl7_value value_of(struct str raw, bool literal)
{
    enum hl7_presence presence = HL7_VALUED;
    if (raw.n == 0)
        presence = HL7_EMPTY;
    else if (!literal && raw.n == 2 && raw.p[0] == '"' && raw.p[1] == '"')
        presence = HL7_NULL;
    return (struct hl7_value){ raw, presence, literal };
}

struct hl7_value hl7_value_of(struct str raw)
{
    return value_of(raw, false);
}

size_t hl7_value_pos(const struct hl7_msg *m, struct hl7_value v)
{
    return v.presence == HL7_ABSENT ? ERR_NO_POS : (size_t)(v.raw.p - m->bytes.p);
}

struct str hl7_seg_bytes(const struct hl7_msg *m, size_t i_seg)
{
    const struct hl7_seg *seg = &m->segs[i_seg];
    return str_of(m->bytes.p + seg->at, seg->n);
}

size_t hl7_seg_find(const struct hl7_msg *m, uint32_t id, size_t from)
{
    for (size_t i = from; i < m->n_segs; i++)
        if (m->segs[i].id == id)
            return i;
    return HL7_NO_SEG;
}

size_t hl7_seg_count(const struct hl7_msg *m, uint32_t id)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_segs; i++)
        n += m->segs[i].id == id;
    return n;
}

/* MSH-1, MSH-2: the separator itself, then up to the next one. */
static struct hl7_value header_field(struct str seg, unsigned field)
{
    if (seg.n < 4)
        return HL7_NO_VALUE;
    if (field == 1)
        return value_of(str_sub(seg, 3, 1), true);
    struct str msh2 = STR_NULL;
    (void)piece(str_from(seg, 4), seg.p[3], 1, &msh2);
    return value_of(msh2, true);
}

struct hl7_value hl7_seg_field(const struct hl7_msg *m, size_t i_seg, unsigned field)
{
    struct str seg = hl7_seg_bytes(m, i_seg);
    bool header = hl7_id_is_header(m->segs[i_seg].id);
    if (field == 0)
        return value_of(seg, true);
    if (header && field <= 2)
        return header_field(seg, field);
    struct str raw;
    /* Piece 1 is the id; in a header the separator itself is field 1, so fields lag by one. */
    if (!piece(seg, m->delims.field, header ? field : field + 1, &raw))
        return HL7_NO_VALUE;
    return value_of(raw, false);
}

unsigned hl7_seg_n_fields(const struct hl7_msg *m, size_t i_seg)
{
    struct str seg = hl7_seg_bytes(m, i_seg);
    size_t n = scan_count(seg.p, seg.n, m->delims.field);
    if (n > 0 && hl7_id_is_header(m->segs[i_seg].id))
        n++;
    return (unsigned)n;
}

/* Piece k of a value at one level; 0 is the value itself, and literals have one piece. */
static struct hl7_value value_piece(struct hl7_value v, char sep, unsigned k)
{
    if (v.presence == HL7_ABSENT || k == 0)
        return v;
    if (v.literal)
        return k == 1 ? v : HL7_NO_VALUE;
    struct str raw;
    return piece(v.raw, sep, k, &raw) ? value_of(raw, false) : HL7_NO_VALUE;
}

struct hl7_value hl7_value_rep(const struct hl7_msg *m, struct hl7_value field, unsigned rep)
{
    return value_piece(field, m->delims.rep, rep);
}

struct hl7_value hl7_value_comp(const struct hl7_msg *m, struct hl7_value rep, unsigned comp)
{
    return value_piece(rep, m->delims.comp, comp);
}

struct hl7_value hl7_value_sub(const struct hl7_msg *m, struct hl7_value comp, unsigned sub)
{
    return value_piece(comp, m->delims.sub, sub);
}

struct hl7_value hl7_header(const struct hl7_msg *m, unsigned field, unsigned comp)
{
    if (m->n_segs == 0 || !hl7_id_is_header(m->segs[0].id))
        return HL7_NO_VALUE;
    struct hl7_value rep = hl7_value_rep(m, hl7_seg_field(m, 0, field), 1);
    return hl7_value_comp(m, rep, comp);
}

/* Digits of s from *at on, at most four; false when there is none. */
static bool version_part(struct str s, size_t *at, unsigned *out)
{
    size_t from = *at;
    unsigned v = 0;
    while (*at < s.n && *at - from < 4 && s.p[*at] >= '0' && s.p[*at] <= '9')
        v = v * 10 + (unsigned)(s.p[(*at)++] - '0');
    *out = v;
    return *at > from;
}

unsigned hl7_version(const struct hl7_msg *m)
{
    struct str s = str_trim(hl7_header(m, 12, 1).raw);
    unsigned part[3] = { 0 };
    size_t at = 0;
    for (size_t i = 0; i < ZS_COUNT(part); i++) {
        if (!version_part(s, &at, &part[i]))
            return 0;
        if (at == s.n)
            return part[0] * 10000 + part[1] * 100 + part[2];
        if (s.p[at++] != '.')
            return 0;
    }
    return 0;
}
