/*
 * Editing over borrowed bytes; see edit.h. A segment is whole until it is touched, then a row of
 * pieces (piece 0 the id, piece k field k; in a header, where the separator itself is field 1,
 * piece k is field k + 1). The bytes of a place inside a field are edit_place.c. Tests: edit_test.c
 */
#include "hl7/edit_int.h"

#include "hl7/escape.h"
#include "hl7/scan.h"
#include "hl7/text_int.h"

enum rc edit_no_room(struct err *e)
{
    return err_set(e, RC_NOMEM, "HL7-005", "the memory set aside for one message is used up");
}

/* ---- making ---- */

static struct str first_term(const struct hl7_msg *m)
{
    struct str term = m->n_segs > 0
                          ? str_of(m->bytes.p + m->segs[0].at + m->segs[0].n, m->segs[0].term)
                          : STR_NULL;
    /* The line end alone, without the blank lines behind it. */
    if (str_starts(term, STR("\r\n")))
        return STR("\r\n");
    return str_starts(term, STR("\n")) ? STR("\n") : STR("\r");
}

static struct eseg seg_of(const struct hl7_msg *m, size_t i)
{
    const struct hl7_seg *s = &m->segs[i];
    return (struct eseg){
        .id = s->id,
        .bytes = hl7_seg_bytes(m, i),
        .term = str_of(m->bytes.p + s->at + s->n, s->term),
    };
}

enum rc hl7_edit_new(const struct hl7_msg *m, struct arena *a, struct hl7_edit **out, struct err *e)
{
    struct hl7_edit *ed = arena_make(a, struct hl7_edit, 1);
    if (!ed)
        return edit_no_room(e);
    *ed = (struct hl7_edit){ .arena = a, .delims = m->delims, .m = m, .n = m->n_segs };
    ed->cap = m->n_segs + 4;
    ed->segs = arena_make(a, struct eseg, ed->cap);
    if (!ed->segs)
        return edit_no_room(e);
    for (size_t i = 0; i < m->n_segs; i++)
        ed->segs[i] = seg_of(m, i);
    ed->lead = str_sub(m->bytes, 0, m->start);
    ed->tail = str_from(m->bytes, m->end);
    ed->term = first_term(m);
    *out = ed;
    return RC_OK;
}

enum rc hl7_edit_blank(struct hl7_delims d, struct arena *a, struct hl7_edit **out, struct err *e)
{
    char header[16] = { 'M', 'S', 'H', d.field };
    char msh2[5];
    size_t n = hl7_delims_msh2(d, msh2);
    memcpy(header + 4, msh2, n);
    struct str bytes = arena_str(a, str_of(header, 4 + n));
    struct hl7_edit *ed = arena_make(a, struct hl7_edit, 1);
    struct eseg *segs = arena_make(a, struct eseg, 8);
    if (!ed || !segs || str_is_null(bytes))
        return edit_no_room(e);
    segs[0] = (struct eseg){ .id = HL7_MSH, .bytes = bytes, .term = STR("\r") };
    *ed = (struct hl7_edit){
        .arena = a, .delims = d, .segs = segs, .n = 1, .cap = 8, .term = STR("\r")
    };
    *out = ed;
    return RC_OK;
}

/* ---- segments and their pieces ---- */

/* Split a segment into its pieces; its bytes stay the same. */
static enum rc split(struct hl7_edit *ed, struct eseg *s, struct err *e)
{
    if (s->pieces)
        return RC_OK;
    size_t n = 1;
    for (size_t i = 0; i < s->bytes.n; i++)
        n += s->bytes.p[i] == ed->delims.field;
    struct str *pieces = arena_raw(ed->arena, (n + 4) * sizeof *pieces);
    if (!pieces)
        return edit_no_room(e);
    struct str rest = s->bytes;
    for (size_t i = 0; i < n; i++)
        (void)str_split(&rest, ed->delims.field, &pieces[i]); /* there are n: counted above */
    s->pieces = pieces;
    s->n_pieces = n;
    s->cap = n + 4;
    return RC_OK;
}

static size_t piece_of(const struct eseg *s, unsigned field)
{
    return hl7_id_is_header(s->id) ? field - 1 : field;
}

/* Make pieces up to index i; new ones are empty. */
static enum rc reach(struct hl7_edit *ed, struct eseg *s, size_t i, struct err *e)
{
    if (i >= s->cap) {
        size_t cap = i + 8;
        struct str *grown =
            arena_grow(ed->arena, s->pieces, s->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown)
            return edit_no_room(e);
        s->pieces = grown;
        s->cap = cap;
    }
    while (s->n_pieces <= i)
        s->pieces[s->n_pieces++] = STR("");
    return RC_OK;
}

static enum rc make_room(struct hl7_edit *ed, struct err *e)
{
    if (ed->n < ed->cap)
        return RC_OK;
    size_t cap = ed->cap * 2;
    struct eseg *grown =
        arena_grow(ed->arena, ed->segs, ed->cap * sizeof *grown, cap * sizeof *grown);
    if (!grown)
        return edit_no_room(e);
    ed->segs = grown;
    ed->cap = cap;
    return RC_OK;
}

/* Put a segment at index i. One that stood last and had no line end gets one. */
static enum rc put_seg(struct hl7_edit *ed, size_t i, struct eseg s, struct err *e)
{
    enum rc rc = make_room(ed, e);
    if (rc != RC_OK)
        return rc;
    memmove(ed->segs + i + 1, ed->segs + i, (ed->n - i) * sizeof *ed->segs);
    s.term = ed->term;
    ed->segs[i] = s;
    ed->n++;
    if (i > 0 && ed->segs[i - 1].term.n == 0)
        ed->segs[i - 1].term = ed->term;
    return RC_OK;
}

/* Before the trailers. */
static size_t end_index(const struct hl7_edit *ed)
{
    size_t i = ed->n;
    while (i > 1 && (ed->segs[i - 1].id == HL7_BTS || ed->segs[i - 1].id == HL7_FTS))
        i--;
    return i;
}

/*
 * Index of the path's segment; HL7_NO_SEG when there is none, then *count says how many there are
 * and *behind where one more belongs.
 */
static size_t find_seg(const struct hl7_edit *ed, const struct hl7_path *p, uint32_t *count,
                       size_t *behind)
{
    uint32_t want = p->occ ? p->occ : 1;
    *count = 0;
    *behind = end_index(ed);
    for (size_t i = 0; i < ed->n; i++) {
        if (ed->segs[i].id != p->seg)
            continue;
        if (++*count == want)
            return i;
        *behind = i + 1;
    }
    return HL7_NO_SEG;
}

/* ---- values ---- */

static enum hl7_keep keep_of(const struct hl7_path *p, enum hl7_form form)
{
    if (form == HL7_TEXT)
        return HL7_KEEP_NOTHING;
    if (p->sub)
        return HL7_KEEP_ESCAPES;
    if (p->comp)
        return HL7_KEEP_SUBS;
    return p->rep ? HL7_KEEP_COMPS : HL7_KEEP_REPS;
}

/* MSH-18 as it stands in the edit: the label may have been set before the text. */
static const char *charset_now(const struct hl7_edit *ed)
{
    const struct eseg *s = &ed->segs[0];
    struct str label = s->pieces && s->id == HL7_MSH && s->n_pieces > 17 ? s->pieces[17] : STR_NULL;
    size_t rep = ed->delims.rep ? str_chr(label, ed->delims.rep, 0) : SIZE_MAX;
    const char *name = text_label_set(str_sub(label, 0, rep));
    if (name)
        return name;
    return ed->m ? hl7_charset(ed->m) : "UTF-8";
}

static bool is_null(struct str value)
{
    return str_eq(value, STR("\"\""));
}

/* The bytes that stand for a value at the path. */
static enum rc encode(struct hl7_edit *ed, const struct hl7_path *p, struct str value,
                      enum hl7_form form, struct str *out, struct err *e)
{
    if (value.n == 0 || is_null(value)) {
        *out = arena_str(ed->arena, value);
        return str_is_null(*out) ? edit_no_room(e) : RC_OK;
    }
    struct buf b;
    enum rc rc = hl7_to_charset(value, charset_now(ed), ed->arena, &value, e);
    if (rc != RC_OK)
        return rc;
    buf_init_arena(&b, ed->arena, SIZE_MAX);
    rc = hl7_escape(value, ed->delims, keep_of(p, form), &b, e);
    if (rc == RC_VALUE)
        return rc;
    if (rc != RC_OK)
        return edit_no_room(e);
    *out = buf_view(&b);
    return RC_OK;
}

/* ---- the edits ---- */

static enum rc not_a_place(const struct hl7_path *p, const char *what, struct err *e)
{
    char text[HL7_PATH_TEXT];
    (void)hl7_path_print(p, text);
    enum rc rc = err_set(e, RC_VALUE, "HL7-022", "%s", what);
    err_where(e, "%s", text);
    return rc;
}

static enum rc check_place(const struct hl7_path *p, uint32_t id, struct err *e)
{
    if (p->field == 0)
        return not_a_place(p, "a whole segment is no place for a value", e);
    if (hl7_id_is_header(id) && p->field <= 2)
        return not_a_place(p, "the delimiters of a message cannot be changed by an edit", e);
    return RC_OK;
}

/* The field as it stands; the empty one when the segment ends before it. */
static struct str field_now(const struct eseg *s, size_t i)
{
    return i < s->n_pieces ? s->pieces[i] : STR("");
}

static enum rc put_field(struct hl7_edit *ed, struct eseg *s, size_t i, struct str made,
                         struct err *e)
{
    enum rc rc = reach(ed, s, i, e);
    if (rc == RC_OK)
        s->pieces[i] = made;
    return rc;
}

/* Ready bytes at the path inside one segment, instead of what is there. */
static enum rc set_value(struct hl7_edit *ed, struct eseg *s, const struct hl7_path *p,
                         struct str value, struct err *e)
{
    enum rc rc = split(ed, s, e);
    if (rc != RC_OK)
        return rc;
    size_t i = piece_of(s, p->field);
    struct edit_place place;
    struct str made;
    edit_find(field_now(s, i), ed->delims, p, &place);
    if (value.n == 0 && (!place.exists || i >= s->n_pieces))
        return RC_OK;
    rc = edit_splice(field_now(s, i), &place, value, ed->arena, &made, e);
    return rc == RC_OK ? put_field(ed, s, i, made, e) : rc;
}

/* Ready bytes as a new repetition of the path's field. */
static enum rc insert_value(struct hl7_edit *ed, struct eseg *s, const struct hl7_path *p,
                            struct str value, struct err *e)
{
    enum rc rc = split(ed, s, e);
    if (rc != RC_OK)
        return rc;
    size_t i = piece_of(s, p->field);
    struct str old = field_now(s, i);
    struct hl7_path at = *p;
    struct edit_place place;
    if (at.rep == 0)
        at.rep = old.n == 0 ? 1 : (uint32_t)scan_count(old.p, old.n, ed->delims.rep) + 2;
    edit_find(old, ed->delims, &at, &place);
    if (place.exists && old.n > 0) {
        /* Before it: value and a separator, and nothing is taken away. */
        place.no_sep = ed->delims.rep == 0;
        place.hi = place.lo;
        struct buf b;
        buf_init_arena(&b, ed->arena, SIZE_MAX);
        buf_str(&b, value);
        buf_char(&b, ed->delims.rep);
        if (b.failed)
            return edit_no_room(e);
        value = buf_view(&b);
    }
    struct str made;
    rc = edit_splice(old, &place, value, ed->arena, &made, e);
    return rc == RC_OK ? put_field(ed, s, i, made, e) : rc;
}

typedef enum rc (*put_fn)(struct hl7_edit *ed, struct eseg *s, const struct hl7_path *p,
                          struct str value, struct err *e);

/* A new segment at `behind`, holding the value. It is put in only when all went well. */
static enum rc put_in_new(struct hl7_edit *ed, size_t behind, const struct hl7_path *p,
                          struct str value, put_fn put, struct err *e)
{
    char id[HL7_ID_MAX + 1];
    hl7_id_print(p->seg, id);
    struct eseg s = { .id = p->seg, .bytes = arena_str(ed->arena, str_z(id)) };
    if (str_is_null(s.bytes))
        return edit_no_room(e);
    enum rc rc = put(ed, &s, p, value, e);
    return rc == RC_OK ? put_seg(ed, behind, s, e) : rc;
}

/* Ready bytes at the path: in its segment, or in a new one. */
static enum rc put_at(struct hl7_edit *ed, const struct hl7_path *p, struct str raw, put_fn put,
                      struct err *e)
{
    uint32_t count = 0;
    size_t behind = 0;
    size_t i = find_seg(ed, p, &count, &behind);
    if (i != HL7_NO_SEG)
        return put(ed, &ed->segs[i], p, raw, e);
    if (p->occ <= count + 1)
        return raw.n == 0 && put == set_value ? RC_OK : put_in_new(ed, behind, p, raw, put, e);
    char text[HL7_PATH_TEXT];
    (void)hl7_path_print(p, text);
    enum rc rc =
        err_set(e, RC_VALUE, "HL7-023", "the occurrences of the segment before it are missing");
    err_where(e, "%s", text);
    return rc;
}

enum rc hl7_edit_set(struct hl7_edit *ed, const struct hl7_path *p, struct str value,
                     enum hl7_form form, struct err *e)
{
    struct str raw;
    enum rc rc = check_place(p, p->seg, e);
    if (rc == RC_OK)
        rc = encode(ed, p, value, form, &raw, e);
    return rc == RC_OK ? put_at(ed, p, raw, set_value, e) : rc;
}

enum rc hl7_edit_set_in(struct hl7_edit *ed, size_t i_seg, const struct hl7_path *p,
                        struct str value, enum hl7_form form, struct err *e)
{
    ZS_ASSERT(i_seg < ed->n);
    struct str raw;
    enum rc rc = check_place(p, ed->segs[i_seg].id, e);
    if (rc == RC_OK)
        rc = encode(ed, p, value, form, &raw, e);
    return rc == RC_OK ? set_value(ed, &ed->segs[i_seg], p, raw, e) : rc;
}

enum rc hl7_edit_insert(struct hl7_edit *ed, const struct hl7_path *p, struct str value,
                        enum hl7_form form, struct err *e)
{
    if (p->comp || p->sub)
        return not_a_place(p, "only repetitions and segments can be inserted", e);
    struct str raw;
    struct hl7_path one = *p;
    /* What is inserted is one repetition: it may bring components, but no repetitions. */
    one.rep = p->rep ? p->rep : 1;
    enum rc rc = check_place(p, p->seg, e);
    if (rc == RC_OK)
        rc = encode(ed, &one, value, form, &raw, e);
    return rc == RC_OK ? put_at(ed, p, raw, insert_value, e) : rc;
}

/* ---- taking away ---- */

static enum rc nothing_there(const struct hl7_path *p, struct err *e)
{
    char text[HL7_PATH_TEXT];
    (void)hl7_path_print(p, text);
    enum rc rc = err_set(e, RC_MISSING, "HL7-026", "there is nothing to delete");
    err_where(e, "%s", text);
    return rc;
}

static void delete_seg(struct hl7_edit *ed, size_t i)
{
    ed->n--;
    memmove(ed->segs + i, ed->segs + i + 1, (ed->n - i) * sizeof *ed->segs);
}

/* Fields at the end that hold nothing; the id and MSH-2 stay. */
static void drop_empty_end(struct eseg *s)
{
    size_t least = hl7_id_is_header(s->id) ? 2 : 1;
    while (s->n_pieces > least && s->pieces[s->n_pieces - 1].n == 0)
        s->n_pieces--;
}

enum rc hl7_edit_delete(struct hl7_edit *ed, const struct hl7_path *p, struct err *e)
{
    uint32_t count = 0;
    size_t behind = 0;
    size_t at = find_seg(ed, p, &count, &behind);
    if (at == HL7_NO_SEG)
        return nothing_there(p, e);
    struct eseg *s = &ed->segs[at];
    if (p->field == 0 && at > 0) {
        delete_seg(ed, at);
        return RC_OK;
    }
    if (p->field == 0)
        return not_a_place(p, "a message cannot be without its header", e);
    enum rc rc = check_place(p, s->id, e);
    if (rc == RC_OK)
        rc = split(ed, s, e);
    if (rc != RC_OK)
        return rc;
    size_t i = piece_of(s, p->field);
    struct edit_place place;
    edit_find(field_now(s, i), ed->delims, p, &place);
    if (i >= s->n_pieces || !place.exists)
        return nothing_there(p, e);
    struct str made;
    rc = edit_remove(s->pieces[i], &place, p->rep && !p->comp && !p->sub, ed->arena, &made, e);
    if (rc != RC_OK)
        return rc;
    s->pieces[i] = made;
    if (i + 1 == s->n_pieces)
        drop_empty_end(s);
    return RC_OK;
}

/* ---- whole segments ---- */

enum rc hl7_edit_add_seg(struct hl7_edit *ed, size_t before, struct str bytes, size_t *i_seg,
                         struct err *e)
{
    size_t sep = str_chr(bytes, ed->delims.field, 0);
    uint32_t id = hl7_id_read(str_sub(bytes, 0, sep));
    if (id == 0 || hl7_id_is_header(id) || str_chr(bytes, '\r', 0) != SIZE_MAX ||
        str_chr(bytes, '\n', 0) != SIZE_MAX)
        return err_set(e, RC_VALUE, "HL7-027",
                       "these bytes are not one segment other than a header");
    struct eseg s = { .id = id, .bytes = arena_str(ed->arena, bytes) };
    if (str_is_null(s.bytes))
        return edit_no_room(e);
    size_t at = before == HL7_NO_SEG ? end_index(ed) : before;
    ZS_ASSERT(at <= ed->n);
    enum rc rc = put_seg(ed, at, s, e);
    if (rc == RC_OK && i_seg)
        *i_seg = at;
    return rc;
}

size_t hl7_edit_n_segs(const struct hl7_edit *ed)
{
    return ed->n;
}

uint32_t hl7_edit_seg_id(const struct hl7_edit *ed, size_t i_seg)
{
    return ed->segs[i_seg].id;
}

/* ---- writing ---- */

size_t hl7_edit_size(const struct hl7_edit *ed)
{
    size_t n = ed->lead.n + ed->tail.n;
    for (size_t i = 0; i < ed->n; i++) {
        const struct eseg *s = &ed->segs[i];
        n += s->term.n;
        if (!s->pieces) {
            n += s->bytes.n;
            continue;
        }
        n += s->n_pieces - 1;
        for (size_t k = 0; k < s->n_pieces; k++)
            n += s->pieces[k].n;
    }
    return n;
}

enum rc hl7_edit_write(const struct hl7_edit *ed, struct buf *out, struct err *e)
{
    buf_str(out, ed->lead);
    for (size_t i = 0; i < ed->n; i++) {
        const struct eseg *s = &ed->segs[i];
        if (!s->pieces)
            buf_str(out, s->bytes);
        for (size_t k = 0; s->pieces && k < s->n_pieces; k++) {
            if (k > 0)
                buf_char(out, ed->delims.field);
            buf_str(out, s->pieces[k]);
        }
        buf_str(out, s->term);
    }
    buf_str(out, ed->tail);
    return buf_rc(out, e);
}
