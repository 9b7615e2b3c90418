/*
 * HL7 v2 to JSON; see hl7_json.h. Each leaf is decoded and encoded again on the spot: only when
 * that gives its own bytes does the plain form stand for it. Tests: hl7_json_test.c
 */
#include "cli/hl7_json.h"

#include "base/utf8.h"
#include "hl7/escape.h"

struct putter {
    struct jw *w;
    const struct hl7_msg *m;
    const char *set;
    struct arena *a;
    enum rc rc; /* sticky: out of memory */
    struct err *e;
};

/* ---- bytes ---- */

static void put_hex(struct putter *p, struct str bytes)
{
    struct buf b;
    buf_init_arena(&b, p->a, SIZE_MAX);
    buf_hex(&b, bytes.p, bytes.n);
    if (p->rc == RC_OK)
        p->rc = buf_rc(&b, p->e);
    jw_kstr(p->w, "hex", buf_view(&b));
}

/* Bytes as they stand: UTF-8, or hexadecimal. */
static void put_bytes(struct putter *p, struct str bytes)
{
    if (utf8_is_valid(bytes, NULL)) {
        jw_str(p->w, bytes);
        return;
    }
    jw_object(p->w);
    put_hex(p, bytes);
    jw_end(p->w);
}

static void put_kbytes(struct putter *p, const char *key, struct str bytes)
{
    jw_keyz(p->w, key);
    put_bytes(p, bytes);
}

/* ---- leaves ---- */

/* UTF-8 of bytes in the message's set, escapes left alone. */
static struct str decoded(struct putter *p, struct str bytes)
{
    struct str text = STR("");
    struct hl7_value v = { bytes, HL7_VALUED, true };
    if (p->rc == RC_OK)
        p->rc = hl7_text(p->m, v, p->a, &text, p->e);
    return text;
}

static bool is_exact(struct putter *p, struct str text, struct str raw, bool escaped)
{
    struct buf b;
    struct str bytes;
    buf_init_arena(&b, p->a, SIZE_MAX);
    if (hl7_to_charset(text, p->set, p->a, &bytes, NULL) != RC_OK)
        return false;
    if (!escaped)
        return str_eq(bytes, raw);
    return hl7_escape(bytes, p->m->delims, HL7_KEEP_NOTHING, &b, NULL) == RC_OK &&
           str_eq(buf_view(&b), raw);
}

/* The long form: for reading, and the exact bytes. */
static void put_inexact(struct putter *p, struct str raw)
{
    struct str plain = raw;
    if (p->rc == RC_OK)
        p->rc = hl7_plain(raw, p->m->delims, p->a, &plain, p->e);
    jw_object(p->w);
    jw_kstr(p->w, "text", decoded(p, plain));
    struct str text = decoded(p, raw);
    if (is_exact(p, text, raw, false))
        jw_kstr(p->w, "raw", text);
    else
        put_hex(p, raw);
    jw_end(p->w);
}

static bool is_plain_ascii(struct hl7_delims d, struct str raw)
{
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = (unsigned char)raw.p[i];
        if (c < 0x20 || c > 0x7E || raw.p[i] == d.esc || raw.p[i] == d.trunc)
            return false;
    }
    return true;
}

static void put_leaf(struct putter *p, struct hl7_value v)
{
    if (v.presence == HL7_NULL) {
        jw_null(p->w);
        return;
    }
    if (v.literal) {
        put_bytes(p, v.raw);
        return;
    }
    if (is_plain_ascii(p->m->delims, v.raw)) {
        jw_str(p->w, v.raw);
        return;
    }
    struct str text = STR("");
    if (p->rc == RC_OK)
        p->rc = hl7_text(p->m, v, p->a, &text, p->e);
    if (is_exact(p, text, v.raw, true))
        jw_str(p->w, text);
    else
        put_inexact(p, v.raw);
}

/* ---- structure ---- */

typedef void (*put_fn)(struct putter *p, struct hl7_value v);

static void key_number(struct putter *p, size_t k)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%zu", k);
    jw_key(p->w, str_of(text, (size_t)n));
}

/* The pieces of v: one alone as itself, more as an object by number without the empty ones. */
static void put_pieces(struct putter *p, struct hl7_value v, char sep, put_fn put)
{
    if (v.literal || sep == 0 || str_chr(v.raw, sep, 0) == SIZE_MAX) {
        put(p, v);
        return;
    }
    jw_object(p->w);
    struct str rest = v.raw;
    struct str piece;
    for (size_t k = 1; str_split(&rest, sep, &piece); k++) {
        if (piece.n == 0 && !str_is_null(rest))
            continue;
        key_number(p, k);
        put(p, hl7_value_of(piece));
    }
    jw_end(p->w);
}

static void put_comp(struct putter *p, struct hl7_value v)
{
    put_pieces(p, v, p->m->delims.sub, put_leaf);
}

static void put_rep(struct putter *p, struct hl7_value v)
{
    /* One component with sub-components would read back as components: say the level. */
    char comp = p->m->delims.comp;
    char sub = p->m->delims.sub;
    bool lone = !v.literal && sub && str_chr(v.raw, sub, 0) != SIZE_MAX &&
                (!comp || str_chr(v.raw, comp, 0) == SIZE_MAX);
    if (!lone) {
        put_pieces(p, v, comp, put_comp);
        return;
    }
    jw_object(p->w);
    key_number(p, 1);
    put_comp(p, v);
    jw_end(p->w);
}

static void put_field(struct putter *p, struct hl7_value v)
{
    char rep = p->m->delims.rep;
    if (v.literal || rep == 0 || str_chr(v.raw, rep, 0) == SIZE_MAX) {
        put_rep(p, v);
        return;
    }
    jw_array(p->w);
    struct str rest = v.raw;
    struct str piece;
    while (str_split(&rest, rep, &piece))
        put_rep(p, hl7_value_of(piece));
    jw_end(p->w);
}

static void put_fields(struct putter *p, struct str fields, size_t first)
{
    struct str rest = fields;
    struct str piece;
    for (size_t k = first; str_split(&rest, p->m->delims.field, &piece); k++) {
        if (piece.n == 0 && !str_is_null(rest))
            continue;
        key_number(p, k);
        put_field(p, hl7_value_of(piece));
    }
}

/* Fields 1 and 2 of a header, then the others. */
static void put_header_fields(struct putter *p, size_t i_seg, struct str seg)
{
    put_kbytes(p, "1", hl7_seg_field(p->m, i_seg, 1).raw);
    put_kbytes(p, "2", hl7_seg_field(p->m, i_seg, 2).raw);
    size_t third = str_chr(seg, p->m->delims.field, 4);
    if (third != SIZE_MAX)
        put_fields(p, str_from(seg, third + 1), 3);
}

static void put_seg(struct putter *p, size_t i_seg, struct str eol)
{
    const struct hl7_seg *s = &p->m->segs[i_seg];
    struct str seg = hl7_seg_bytes(p->m, i_seg);
    struct str end = str_of(seg.p + s->n, s->term);
    bool header = hl7_id_is_header(s->id);
    size_t sep = header ? (seg.n > 3 ? 3 : SIZE_MAX) : str_chr(seg, p->m->delims.field, 0);
    jw_object(p->w);
    if (s->id == 0) {
        put_kbytes(p, "line", seg);
    } else {
        put_kbytes(p, "id", str_sub(seg, 0, sep));
        jw_keyz(p->w, "fields");
        jw_object(p->w);
        if (header && sep != SIZE_MAX)
            put_header_fields(p, i_seg, seg);
        else if (sep != SIZE_MAX)
            put_fields(p, str_from(seg, sep + 1), 1);
        jw_end(p->w);
    }
    if (!str_eq(end, eol))
        put_kbytes(p, "end", end);
    jw_end(p->w);
}

/* ---- a part ---- */

static struct str usual_end(const struct hl7_msg *m)
{
    static const struct str ends[] = { STR_INIT("\r"), STR_INIT("\n"), STR_INIT("\r\n") };
    if (m->n_segs == 0)
        return ends[0];
    struct str end = str_of(m->bytes.p + m->segs[0].at + m->segs[0].n, m->segs[0].term);
    for (size_t i = 0; i < ZS_COUNT(ends); i++)
        if (str_eq(end, ends[i]))
            return ends[i];
    return ends[0];
}

/*
 * A delimiter not in use but followed by one that is, is written as the component separator again:
 * that is how it came to be not in use. (Or as NUL, when there is none of that either.)
 */
static void put_delims(struct putter *p, struct hl7_delims d)
{
    const char all[] = { d.field, d.comp, d.rep, d.esc, d.sub, d.trunc };
    char text[sizeof all];
    size_t n = sizeof all;
    while (n > 1 && all[n - 1] == 0)
        n--;
    for (size_t i = 0; i < n; i++)
        text[i] = all[i] ? all[i] : d.comp;
    put_kbytes(p, "delimiters", str_of(text, n));
}

enum rc hl7_json_put(struct jw *w, const struct hl7_msg *m, bool headless, struct arena *scratch,
                     const struct hl7_json_sink *sink, struct err *e)
{
    struct putter p = { .w = w, .m = m, .set = hl7_charset(m), .a = scratch, .e = e };
    struct str eol = usual_end(m);
    jw_object(w);
    if (m->start > 0)
        put_kbytes(&p, "before", str_sub(m->bytes, 0, m->start));
    if (headless)
        put_delims(&p, m->delims);
    if (!str_eqz(STR("UTF-8"), p.set) && utf8_ascii_run(m->bytes) < m->bytes.n)
        jw_kstrz(w, "charset", p.set);
    if (!str_eq(eol, STR("\r")))
        put_kbytes(&p, "eol", eol);
    jw_keyz(w, "segments");
    jw_array(w);
    for (size_t i = 0; i < m->n_segs && p.rc == RC_OK; i++) {
        struct arena_mark mark = arena_mark(scratch);
        put_seg(&p, i, eol);
        arena_rewind(scratch, mark);
        sink->segment(sink->ctx);
    }
    jw_end(w);
    if (m->end < m->bytes.n)
        put_kbytes(&p, "after", str_from(m->bytes, m->end));
    jw_end(w);
    return p.rc;
}
