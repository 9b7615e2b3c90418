/*
 * Reading, printing and evaluating paths; see path.h. Tests: path_test.c, fuzz: path_fuzz.c
 */
#include "hl7/path.h"

/* ---- reading ---- */

struct cursor {
    struct str s;
    size_t pos;
};

static bool at_end(const struct cursor *c)
{
    return c->pos == c->s.n;
}

static bool eat(struct cursor *c, char want)
{
    if (at_end(c) || c->s.p[c->pos] != want)
        return false;
    c->pos++;
    return true;
}

static bool at_digit(const struct cursor *c)
{
    return !at_end(c) && c->s.p[c->pos] >= '0' && c->s.p[c->pos] <= '9';
}

static enum rc bad(const struct cursor *c, const char *want, struct err *e)
{
    return err_set_at(e, RC_SYNTAX, "HL7-010", c->pos, "not an HL7 path: %s is expected", want);
}

/* Digits, 1 to max. */
static enum rc number(struct cursor *c, uint32_t max, uint32_t *out, struct err *e)
{
    size_t at = c->pos;
    uint64_t v = 0;
    if (!at_digit(c))
        return bad(c, "a number", e);
    while (at_digit(c)) {
        v = v * 10 + (uint64_t)(c->s.p[c->pos++] - '0');
        if (v > max)
            break;
    }
    if (v == 0 || v > max)
        return err_set_at(e, RC_VALUE, "HL7-011", at, "numbers in an HL7 path go from 1 to %u here",
                          max);
    *out = (uint32_t)v;
    return RC_OK;
}

/* "[3]" or "[*]"; nothing is fine too. */
static enum rc index_of(struct cursor *c, uint32_t *out, struct err *e)
{
    if (!eat(c, '['))
        return RC_OK;
    if (!eat(c, '*')) {
        enum rc rc = number(c, HL7_PATH_MAX_INDEX, out, e);
        if (rc != RC_OK)
            return rc;
    }
    return eat(c, ']') ? RC_OK : bad(c, "]", e);
}

static enum rc segment_id(struct cursor *c, uint32_t *out, struct err *e)
{
    size_t n = 0;
    while (n < c->s.n && n <= HL7_ID_MAX && !strchr("[-.", c->s.p[n]))
        n++;
    bool letter = n > 0 && ((c->s.p[0] | 0x20) >= 'a' && (c->s.p[0] | 0x20) <= 'z');
    *out = letter ? hl7_id_read(str_sub(c->s, 0, n)) : 0;
    if (*out == 0)
        return bad(c, "a segment id", e);
    c->pos = n;
    return RC_OK;
}

/* "-5" or ".5"; *given says whether one stood there. */
static enum rc level(struct cursor *c, uint16_t *out, bool *given, struct err *e)
{
    *given = eat(c, '-') || eat(c, '.');
    if (!*given)
        return RC_OK;
    uint32_t v = 0;
    enum rc rc = number(c, HL7_PATH_MAX_FIELD, &v, e);
    *out = (uint16_t)v;
    return rc;
}

static enum rc read_path(struct cursor *c, struct hl7_path *p, struct err *e)
{
    bool more = false;
    enum rc rc = segment_id(c, &p->seg, e);
    if (rc == RC_OK)
        rc = index_of(c, &p->occ, e);
    if (rc == RC_OK)
        rc = level(c, &p->field, &more, e);
    if (rc == RC_OK && more)
        rc = index_of(c, &p->rep, e);
    if (rc == RC_OK && more)
        rc = level(c, &p->comp, &more, e);
    if (rc == RC_OK && more)
        rc = level(c, &p->sub, &more, e);
    if (rc == RC_OK && !at_end(c))
        rc = bad(c, "the end", e);
    return rc;
}

enum rc hl7_path_parse(struct str s, struct hl7_path *out, struct err *e)
{
    struct cursor c = { s, 0 };
    struct hl7_path p = { 0 };
    enum rc rc = read_path(&c, &p, e);
    if (rc == RC_OK)
        *out = p;
    return rc;
}

/* ---- printing ---- */

size_t hl7_path_print(const struct hl7_path *p, char out[HL7_PATH_TEXT])
{
    char id[HL7_ID_MAX + 1];
    char occ[16] = "";
    char field[16] = "";
    char rep[16] = "";
    char comp[16] = "";
    char sub[16] = "";
    hl7_id_print(p->seg, id);
    if (p->occ)
        (void)snprintf(occ, sizeof occ, "[%u]", p->occ);
    if (p->field)
        (void)snprintf(field, sizeof field, "-%u", p->field);
    if (p->field && p->rep)
        (void)snprintf(rep, sizeof rep, "[%u]", p->rep);
    if (p->field && p->comp)
        (void)snprintf(comp, sizeof comp, ".%u", p->comp);
    if (p->field && p->comp && p->sub)
        (void)snprintf(sub, sizeof sub, ".%u", p->sub);
    /* Ids of 4, indexes of 10 and fields of 5 digits at most: 4 + 12 + 6 + 12 + 6 + 6 bytes. */
    int n = snprintf(out, HL7_PATH_TEXT, "%s%s%s%s%s%s", id, occ, field, rep, comp, sub);
    ZS_ASSERT(n > 0 && n < HL7_PATH_TEXT);
    return (size_t)n;
}

bool hl7_path_eq(const struct hl7_path *a, const struct hl7_path *b)
{
    return a->seg == b->seg && a->occ == b->occ && a->field == b->field && a->rep == b->rep &&
           a->comp == b->comp && a->sub == b->sub;
}

/* ---- evaluating ---- */

/* Component and sub-component of a repetition. */
static struct hl7_value below_rep(const struct hl7_msg *m, struct hl7_value rep,
                                  const struct hl7_path *p)
{
    return hl7_value_sub(m, hl7_value_comp(m, rep, p->comp), p->sub);
}

struct hl7_value hl7_seg_get(const struct hl7_msg *m, size_t i_seg, const struct hl7_path *p)
{
    struct hl7_value v = hl7_seg_field(m, i_seg, p->field);
    if (p->field == 0)
        return v;
    unsigned rep = p->rep ? p->rep : 1;
    return below_rep(m, hl7_value_rep(m, v, rep), p);
}

struct hl7_value hl7_get(const struct hl7_msg *m, const struct hl7_path *p)
{
    uint32_t occ = 0;
    for (size_t i = hl7_seg_find(m, p->seg, 0); i != HL7_NO_SEG;
         i = hl7_seg_find(m, p->seg, i + 1)) {
        occ++;
        if (p->occ && occ != p->occ)
            continue;
        struct hl7_value v = hl7_seg_get(m, i, p);
        if (p->occ || v.presence != HL7_ABSENT)
            return v;
    }
    return HL7_NO_VALUE;
}

void hl7_iter_init(struct hl7_iter *it, const struct hl7_msg *m, const struct hl7_path *p)
{
    *it = (struct hl7_iter){
        .m = m, .path = *p, .here = { .seg = p->seg, .field = p->field }, .end_seg = m->n_segs
    };
}

void hl7_iter_init_in(struct hl7_iter *it, const struct hl7_msg *m, size_t i_seg,
                      const struct hl7_path *p)
{
    hl7_iter_init(it, m, p);
    it->next_seg = i_seg;
    it->end_seg = i_seg + 1;
    it->inside = true;
    it->path.occ = 0;
    it->path.seg = m->segs[i_seg].id;
    it->here.seg = m->segs[i_seg].id;
}

static bool one_segment(const struct hl7_iter *it)
{
    return it->path.occ != 0 && it->here.occ >= it->path.occ;
}

/* Step to the next segment of the path that has the field; false when there is none. */
static bool next_segment(struct hl7_iter *it, struct hl7_value *field)
{
    while (!one_segment(it)) {
        size_t i = it->next_seg;
        while (i < it->end_seg && it->m->segs[i].id != it->path.seg)
            i++;
        if (i >= it->end_seg)
            return false;
        it->next_seg = i + 1;
        it->i_seg = i;
        it->here.occ += !it->inside;
        it->here.rep = 0;
        if (it->path.occ && it->here.occ != it->path.occ)
            continue;
        *field = hl7_seg_field(it->m, i, it->path.field);
        if (field->presence != HL7_ABSENT)
            return true;
    }
    return false;
}

/* The next repetition out of it->reps. */
static struct hl7_value next_rep(struct hl7_iter *it, bool literal)
{
    struct hl7_value field = { it->reps, HL7_VALUED, literal };
    struct hl7_value rep = hl7_value_rep(it->m, field, 1);
    size_t used = rep.raw.n;
    it->here.rep++;
    it->reps = used < it->reps.n ? str_from(it->reps, used + 1) : STR_NULL;
    return rep;
}

static bool is_wanted(const struct hl7_iter *it)
{
    return it->path.rep == 0 || it->here.rep == it->path.rep;
}

bool hl7_iter_next(struct hl7_iter *it, struct hl7_value *v)
{
    for (;;) {
        if (str_is_null(it->reps)) {
            struct hl7_value field;
            if (!next_segment(it, &field))
                return false;
            if (it->path.field == 0) {
                *v = field;
                return true;
            }
            it->reps = field.raw;
        }
        bool literal = hl7_id_is_header(it->path.seg) && it->path.field <= 2;
        struct hl7_value found = below_rep(it->m, next_rep(it, literal), &it->path);
        if (found.presence != HL7_ABSENT && is_wanted(it)) {
            it->here.comp = it->path.comp;
            it->here.sub = it->path.sub;
            *v = found;
            return true;
        }
    }
}
