/*
 * HL7 v2 behind the document interface.
 *
 * A node is {message, place}: the place packs level, offset and length of its bytes into one word.
 * Which segment and field it belongs to is found again from the offset where that matters.
 * Tests: doc_hl7_test.c
 */
#include "map/doc_hl7.h"

#define NTE         HL7_ID('N', 'T', 'E')
#define LEVEL_BITS  3
#define LENGTH_BITS 30
#define LENGTH_MAX  ((UINT64_C(1) << LENGTH_BITS) - 1)
#define OFFSET_MAX  ((UINT64_C(1) << (64 - LENGTH_BITS - LEVEL_BITS)) - 1)

/* LEVEL_ITEM: p is a scope; which level its item has, the scope says. */
enum level { LEVEL_MESSAGE, LEVEL_SEGMENT, LEVEL_REP, LEVEL_COMP, LEVEL_SUB, LEVEL_ITEM };

/* ---- nodes ---- */

static const struct hl7_msg *msg_of(struct doc_node n)
{
    return n.p;
}

static enum level level_of(struct doc_node n)
{
    return (enum level)(n.w & ((1u << LEVEL_BITS) - 1));
}

static size_t length_of(struct doc_node n)
{
    return (size_t)(n.w >> LEVEL_BITS & LENGTH_MAX);
}

static size_t offset_of(struct doc_node n)
{
    return (size_t)(n.w >> (LEVEL_BITS + LENGTH_BITS));
}

static bool make(const struct hl7_msg *m, enum level level, size_t offset, size_t length,
                 struct doc_node *out)
{
    if (offset > OFFSET_MAX || length > LENGTH_MAX)
        return false;
    *out = (struct doc_node){ &doc_hl7_ops, m,
                              (uint64_t)offset << (LEVEL_BITS + LENGTH_BITS) |
                                  (uint64_t)length << LEVEL_BITS | (uint64_t)level };
    return true;
}

struct doc_node doc_hl7(const struct hl7_msg *m)
{
    return (struct doc_node){ &doc_hl7_ops, m, LEVEL_MESSAGE };
}

struct doc_node doc_hl7_seg(const struct hl7_msg *m, size_t i_seg)
{
    struct doc_node n = { 0 };
    return make(m, LEVEL_SEGMENT, m->segs[i_seg].at, m->segs[i_seg].n, &n) ? n : doc_hl7(m);
}

static bool value_node(const struct hl7_msg *m, enum level level, struct hl7_value v,
                       struct doc_node *out)
{
    if (v.presence != HL7_VALUED && v.presence != HL7_NULL)
        return false;
    return make(m, level, hl7_value_pos(m, v), v.raw.n, out);
}

static bool is_item(struct doc_node n)
{
    return level_of(n) == LEVEL_ITEM;
}

/* An item of a loop as the node it stands for. */
static struct doc_node plain(struct doc_node n)
{
    if (!is_item(n))
        return n;
    const struct doc_hl7_scope *s = ((const struct doc_hl7_item *)n.p)->scope;
    struct doc_node out = doc_hl7_seg(s->m, s->i_seg);
    if (s->field && !value_node(s->m, LEVEL_REP, s->rep, &out))
        return doc_hl7_seg(s->m, s->i_seg);
    return out;
}

struct doc_node doc_hl7_item(const struct doc_hl7_item *item)
{
    return (struct doc_node){ &doc_hl7_ops, item, LEVEL_ITEM };
}

/* The segment an offset lies in: segments are in order and tile the message. */
static size_t seg_at(const struct hl7_msg *m, size_t offset)
{
    size_t low = 0, high = m->n_segs;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (m->segs[mid].at <= offset)
            low = mid;
        else
            high = mid;
    }
    return low;
}

/* MSH-1 and MSH-2 are delimiters, not text. */
static bool is_delims(const struct hl7_msg *m, size_t offset)
{
    size_t i = seg_at(m, offset);
    if (!hl7_id_is_header(m->segs[i].id))
        return false;
    size_t end = str_chr(hl7_seg_bytes(m, i), m->delims.field, 4);
    return end == SIZE_MAX || offset < m->segs[i].at + end;
}

struct hl7_value doc_hl7_value(struct doc_node n)
{
    if (n.ops != &doc_hl7_ops)
        return HL7_NO_VALUE;
    n = plain(n);
    if (level_of(n) < LEVEL_REP)
        return HL7_NO_VALUE;
    const struct hl7_msg *m = msg_of(n);
    struct hl7_value v = { .raw = str_sub(m->bytes, offset_of(n), length_of(n)),
                           .presence = HL7_VALUED };
    v.literal = is_delims(m, offset_of(n));
    if (!v.literal && str_eqz(v.raw, "\"\""))
        v.presence = HL7_NULL;
    return v;
}

struct str doc_hl7_bytes(struct doc_node n)
{
    n = plain(n);
    const struct hl7_msg *m = msg_of(n);
    if (level_of(n) == LEVEL_MESSAGE)
        return str_sub(m->bytes, m->start, m->end - m->start);
    return str_sub(m->bytes, offset_of(n), length_of(n));
}

/* ---- reading ---- */

static enum doc_kind kind(struct doc_node n)
{
    n = plain(n);
    if (level_of(n) < LEVEL_REP)
        return DOC_OBJECT;
    return doc_hl7_value(n).presence == HL7_NULL ? DOC_NULL : DOC_TEXT;
}

static enum rc prim(struct doc_node n, struct arena *a, struct doc_prim *out, struct err *e)
{
    n = plain(n);
    *out = (struct doc_prim){ .kind = DOC_OBJECT };
    if (level_of(n) < LEVEL_REP)
        return RC_OK;
    struct hl7_value v = doc_hl7_value(n);
    out->kind = v.presence == HL7_NULL ? DOC_NULL : DOC_TEXT;
    return out->kind == DOC_TEXT ? hl7_text(msg_of(n), v, a, &out->text, e) : RC_OK;
}

/* The id as it stands in the message. */
static struct str seg_name(const struct hl7_msg *m, size_t i_seg)
{
    char id[HL7_ID_MAX + 1];
    hl7_id_print(m->segs[i_seg].id, id);
    return str_sub(hl7_seg_bytes(m, i_seg), 0, strlen(id));
}

/* Fields have numbers, no names: they go by their segment's. */
static struct str name(struct doc_node n)
{
    n = plain(n);
    return level_of(n) == LEVEL_MESSAGE ? STR_NULL
                                        : seg_name(msg_of(n), seg_at(msg_of(n), offset_of(n)));
}

static struct str type_name(struct doc_node n)
{
    n = plain(n);
    return level_of(n) == LEVEL_SEGMENT ? name(n) : STR_NULL;
}

/* ---- children ---- */

static bool next_segment(const struct hl7_msg *m, struct str want, struct doc_iter *it,
                         struct doc_node *out)
{
    uint32_t id = want.n ? hl7_id_read(want) : 0;
    if (want.n && id == 0)
        return false;
    while (it->i < m->n_segs) {
        size_t i = (size_t)it->i++;
        if (want.n == 0 || m->segs[i].id == id)
            return make(m, LEVEL_SEGMENT, m->segs[i].at, m->segs[i].n, out);
    }
    return false;
}

/* Every repetition of every field that has a value: it->i is the field, it->j the repetition. */
static bool next_field(const struct hl7_msg *m, size_t i_seg, struct doc_iter *it,
                       struct doc_node *out)
{
    unsigned n = hl7_seg_n_fields(m, i_seg);
    if (it->i == 0)
        it->i = 1;
    for (; it->i <= n; it->i++, it->j = 0) {
        struct hl7_value field = hl7_seg_field(m, i_seg, (unsigned)it->i);
        for (;;) {
            struct hl7_value rep =
                field.literal && it->j == 0 ? field : hl7_value_rep(m, field, (unsigned)it->j + 1);
            if (rep.presence == HL7_ABSENT || (field.literal && it->j > 0))
                break;
            it->j++;
            if (value_node(m, LEVEL_REP, rep, out))
                return true;
        }
    }
    return false;
}

static bool child(struct doc_node n, struct str want, struct doc_iter *it, struct doc_node *out)
{
    n = plain(n);
    const struct hl7_msg *m = msg_of(n);
    if (level_of(n) == LEVEL_MESSAGE)
        return next_segment(m, want, it, out);
    if (level_of(n) != LEVEL_SEGMENT)
        return false;
    size_t i_seg = seg_at(m, offset_of(n));
    return (want.n == 0 || str_eq(want, seg_name(m, i_seg))) && next_field(m, i_seg, it, out);
}

/* ---- native paths ---- */

struct native {
    bool relative;        /* `3.1`: numbers only */
    struct hl7_path path; /* relative: field, rep, comp, sub are the numbers in order */
    unsigned n;           /* relative: how many numbers */
};

/* `3`, `3.1`, `3[2].1`: as the part of a path behind the segment. */
static enum rc compile_relative(struct str text, struct native *out, struct err *e)
{
    char full[HL7_PATH_TEXT];
    if (text.n + 4 > sizeof full)
        return err_set(e, RC_VALUE, "MAP-003", "too long for a path");
    memcpy(full, "ANY-", 4);
    memcpy(full + 4, text.p, text.n);
    enum rc rc = hl7_path_parse(str_of(full, text.n + 4), &out->path, e);
    if (rc != RC_OK) {
        if (e && e->pos != ERR_NO_POS && e->pos >= 4)
            e->pos -= 4;
        return rc;
    }
    out->relative = true;
    out->n = out->path.sub ? 3 : out->path.comp ? 2 : 1;
    return RC_OK;
}

/* An identifier that begins like a path is meant as one: three letters or digits and a separator,
 * or a digit. Everything else is a name. */
static bool looks_like_path(struct str s)
{
    for (size_t i = 2; i <= HL7_ID_MAX && i < s.n; i++)
        if (strchr("-.[", s.p[i]) && s.p[i] && hl7_id_read(str_sub(s, 0, i)))
            return true;
    return hl7_id_read(s) != 0;
}

static enum rc compile(struct str text, struct arena *a, const void **impl, struct err *e)
{
    bool relative = text.n && text.p[0] >= '0' && text.p[0] <= '9';
    if (!relative && !looks_like_path(text))
        return err_set(e, RC_MISSING, "MAP-003", "a plain name");
    struct native *p = arena_make(a, struct native, 1);
    if (!p)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a path");
    *impl = p;
    return relative ? compile_relative(text, p, e) : hl7_path_parse(text, &p->path, e);
}

/* The piece of a repetition or component that numbers name; no number is all of it. */
static struct hl7_value piece(const struct hl7_msg *m, struct hl7_value v, enum level *level,
                              const unsigned *numbers, unsigned n)
{
    for (unsigned i = 0; i < n; i++, (*level)++)
        v = *level == LEVEL_REP ? hl7_value_comp(m, v, numbers[i])
                                : hl7_value_sub(m, v, numbers[i]);
    return v;
}

static struct hl7_value piece_of_rep(const struct hl7_msg *m, struct hl7_value rep,
                                     const struct hl7_path *p)
{
    const unsigned numbers[] = { p->comp, p->sub };
    enum level level = LEVEL_REP;
    return piece(m, rep, &level, numbers, p->sub ? 2 : p->comp ? 1 : 0);
}

/* `1.2` asked of a repetition or component. */
static bool numbered_piece(struct doc_node n, const struct native *p, struct doc_node *out)
{
    const unsigned numbers[] = { p->path.field, p->path.comp, p->path.sub };
    enum level level = level_of(n);
    if (p->path.rep || (unsigned)level + p->n > LEVEL_SUB)
        return false;
    ZS_ASSERT(p->n <= ZS_COUNT(numbers));
    struct hl7_value v = piece(msg_of(n), doc_hl7_value(n), &level, numbers, p->n);
    return value_node(msg_of(n), level, v, out);
}

/* ---- scopes ---- */

static size_t find_before(const struct hl7_msg *m, uint32_t id, size_t from, size_t to)
{
    while (from < to && m->segs[from].id != id)
        from++;
    return from;
}

static struct doc_hl7_seen look(const struct doc_hl7_scope *s, uint32_t id)
{
    size_t i = find_before(s->m, id, s->outer_begin, s->outer_end);
    return (struct doc_hl7_seen){ .id = id,
                                  .where = i >= s->outer_end ? SEEN_NOT
                                           : i < s->first    ? SEEN_BEFORE
                                                             : SEEN_AMONG,
                                  .at = i,
                                  .upto = i + 1 };
}

/* Remembered, for it is asked of every item; what does not fit is looked up again. */
static struct doc_hl7_seen *seen(struct doc_hl7_scope *s, uint32_t id, struct doc_hl7_seen *spare)
{
    for (size_t i = 0; i < s->n_seen; i++)
        if (s->seen[i].id == id)
            return &s->seen[i];
    struct doc_hl7_seen *out = s->n_seen < DOC_HL7_IDS ? &s->seen[s->n_seen++] : spare;
    *out = look(s, id);
    return out;
}

/* Items come in order, so the nearest one before is only ever looked for further on. */
static size_t nearest_before(const struct doc_hl7_scope *s, struct doc_hl7_seen *what)
{
    for (; what->upto < s->i_seg; what->upto++)
        if (s->m->segs[what->upto].id == what->id)
            what->at = what->upto;
    return what->at;
}

static struct doc_hl7_place segments(size_t from, size_t to)
{
    return (struct doc_hl7_place){ .kind = PLACE_SEGMENTS, .from = from, .to = to };
}

struct doc_hl7_place doc_hl7_find(const struct hl7_msg *m, struct doc_hl7_scope *scope,
                                  const struct hl7_path *p)
{
    struct doc_hl7_scope *s = scope;
    if (p->occ)
        s = NULL;
    for (; s; s = s->outer) {
        if (s->id != p->seg)
            continue;
        if (!s->field)
            return segments(s->i_seg, s->i_seg + 1);
        if (s->field == p->field && !p->rep)
            return (struct doc_hl7_place){ .kind = PLACE_REP, .rep = s->rep };
    }
    for (s = p->occ ? NULL : scope; s; s = s->outer) {
        struct doc_hl7_seen spare, *what;
        if (s->field)
            continue;
        if (p->seg == NTE)
            return segments(s->i_seg, s->end);
        what = seen(s, p->seg, &spare);
        if (what->where == SEEN_AMONG)
            return segments(s->i_seg, s->end);
        if (what->where == SEEN_BEFORE) {
            size_t at = nearest_before(s, what);
            return segments(at, at + 1);
        }
    }
    return segments(0, m->n_segs);
}

void doc_hl7_walk_init(struct doc_hl7_walk *w, const struct hl7_path *p,
                       const struct doc_hl7_place *place)
{
    w->path = *p;
    w->place = *place;
    w->open = false;
}

/* Begin the next segment of the path's id; an occurrence index counts them down. */
static bool next_seg(struct doc_hl7_walk *w, const struct hl7_msg *m)
{
    for (;;) {
        size_t i = find_before(m, w->path.seg, w->place.from, w->place.to);
        if (i >= w->place.to)
            return false;
        w->place.from = i + 1;
        if (w->path.occ > 1) {
            w->path.occ--;
            continue;
        }
        if (w->path.occ == 1)
            w->place.to = i + 1; /* the one that was asked for is the last one */
        struct hl7_path inside = w->path;
        inside.occ = 0;
        hl7_iter_init_in(&w->in, m, i, &inside);
        w->open = true;
        return true;
    }
}

bool doc_hl7_walk_next(struct doc_hl7_walk *w, const struct hl7_msg *m, struct hl7_value *v,
                       size_t *i_seg)
{
    if (w->place.kind == PLACE_REP) {
        w->place.kind = PLACE_NOWHERE;
        *v = piece_of_rep(m, w->place.rep, &w->path);
        return v->presence != HL7_ABSENT;
    }
    if (w->place.kind == PLACE_NOWHERE)
        return false;
    for (;;) {
        if (!w->open && !next_seg(w, m))
            return false;
        if (hl7_iter_next(&w->in, v)) {
            *i_seg = w->in.i_seg;
            return true;
        }
        w->open = false;
    }
}

/* ---- paths of an expression ---- */

/* The walk lives in the iterator's space; it is copied in and out, whatever its alignment. */
_Static_assert(sizeof(struct doc_hl7_walk) <= sizeof((struct doc_iter){ 0 }.space), "a walk fits");

static enum level level_of_path(const struct hl7_path *p)
{
    return p->sub ? LEVEL_SUB : p->comp ? LEVEL_COMP : p->field ? LEVEL_REP : LEVEL_SEGMENT;
}

/* Where the walk begins. False: it was a single value, or there is none. */
static bool begin(struct doc_node n, const struct native *p, struct doc_hl7_walk *w, bool *found,
                  struct doc_node *out)
{
    struct doc_hl7_scope *scope = is_item(n) ? ((const struct doc_hl7_item *)n.p)->scope : NULL;
    n = plain(n);
    const struct hl7_msg *m = msg_of(n);
    struct hl7_path path = p->path;
    *found = p->relative && level_of(n) >= LEVEL_REP && numbered_piece(n, p, out);
    if (p->relative && level_of(n) != LEVEL_SEGMENT)
        return false;
    size_t i_seg = level_of(n) == LEVEL_SEGMENT ? seg_at(m, offset_of(n)) : 0;
    if (p->relative)
        path.seg = m->segs[i_seg].id;
    struct doc_hl7_place place = doc_hl7_find(m, scope, &path);
    if (level_of(n) == LEVEL_SEGMENT && !path.occ && path.seg == m->segs[i_seg].id)
        place = segments(i_seg, i_seg + 1);
    doc_hl7_walk_init(w, &path, &place);
    return true;
}

static bool path(struct doc_node n, const struct doc_path *compiled, struct doc_iter *it,
                 struct doc_node *out)
{
    enum { WALKING = 1, OVER };
    struct doc_hl7_walk w;
    struct hl7_value v;
    size_t i_seg = 0;
    bool found = false;
    if (it->j == OVER)
        return false;
    if (it->j == WALKING) {
        memcpy(&w, it->space, sizeof w);
    } else if (!begin(n, compiled->impl, &w, &found, out)) {
        it->j = OVER;
        return found;
    }
    const struct hl7_msg *m = msg_of(plain(n));
    enum level level = level_of_path(&w.path);
    while (!found && doc_hl7_walk_next(&w, m, &v, &i_seg))
        found = level == LEVEL_SEGMENT ? make(m, level, m->segs[i_seg].at, m->segs[i_seg].n, out)
                                       : value_node(m, level, v, out);
    it->j = WALKING;
    memcpy(it->space, &w, sizeof w);
    return found;
}

const struct doc_syntax doc_hl7_syntax = { .name = "HL7 v2", .compile = compile };

const struct doc_ops doc_hl7_ops = {
    .format = "HL7 v2",
    .syntax = &doc_hl7_syntax,
    .kind = kind,
    .prim = prim,
    .child = child,
    .path = path,
    .name = name,
    .type_name = type_name,
};
