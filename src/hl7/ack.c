/*
 * Writing acknowledgements; see ack.h. The answer uses the delimiters of the message, so that what
 * is echoed can be copied as it stands; only where those are no use as delimiters (letters, control
 * characters) it has the usual ones and what is echoed is written anew. Tests: ack_test.c
 */
#include "hl7/ack.h"

#include "base/timefmt.h"
#include "hl7/batch.h"
#include "hl7/escape.h"
#include "hl7/text_int.h"

/* A header longer than this is not looked at beyond it when the message is broken. */
#define HEADER_MAX ((size_t)64 << 10)

struct writer {
    const struct hl7_msg *m;
    const struct hl7_ack_opts *o;
    struct hl7_delims d; /* of the answer */
    bool same;           /* they are the message's */
    unsigned version;
    const char *set;
    struct arena *scratch;
    struct buf *out;
    enum rc rc; /* sticky */
    struct err *e;
};

/* Can an answer be written with these? One that is in use may not stand in "AE" or "101". */
static bool are_usable(struct hl7_delims d)
{
    const char all[] = { d.field, d.comp, d.rep, d.esc, d.sub, d.trunc };
    for (size_t i = 0; i < sizeof all; i++) {
        char c = all[i];
        bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
        if (c != 0 && (c <= ' ' || c > '~' || c == '"' || letter))
            return false;
    }
    return d.field != 0 && d.comp != 0;
}

/* ---- pieces of a segment ---- */

static void sep(struct writer *w, size_t n)
{
    buf_fill(w->out, w->d.field, n);
}

/* Text of ours or the caller's, escaped; without an escape character delimiters become blanks. */
static void put_text(struct writer *w, struct str text)
{
    struct str bytes;
    if (w->rc == RC_OK)
        w->rc = text_to_set(text, w->set, CHARSET_REPLACE, w->scratch, &bytes, w->e);
    if (w->rc != RC_OK)
        return;
    enum rc rc = hl7_escape(bytes, w->d, HL7_KEEP_NOTHING, w->out, NULL);
    if (rc != RC_VALUE)
        return; /* what the buffer has to say is asked at the end */
    const char all[] = { w->d.field, w->d.comp, w->d.rep, w->d.sub };
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        bool plain = (unsigned char)c >= 0x20 && !memchr(all, c, sizeof all);
        buf_char(w->out, plain ? c : ' ');
    }
}

/* A field of the message's header, as it stands where that is possible. */
static void echo(struct writer *w, unsigned field)
{
    if (w->m->n_segs == 0)
        return;
    struct hl7_value v = hl7_seg_field(w->m, 0, field);
    if (w->same) {
        buf_str(w->out, v.raw);
        return;
    }
    struct str text = STR("");
    v = hl7_value_sub(w->m, hl7_value_comp(w->m, hl7_value_rep(w->m, v, 1), 1), 1);
    if (w->rc == RC_OK)
        w->rc = hl7_text(w->m, v, w->scratch, &text, w->e);
    put_text(w, text);
}

static void echo_or(struct writer *w, unsigned field, const char *instead)
{
    if (hl7_header(w->m, field, 0).presence == HL7_VALUED)
        echo(w, field);
    else
        buf_z(w->out, instead);
}

/* ---- MSH ---- */

static void put_type(struct writer *w)
{
    struct hl7_value event = hl7_header(w->m, 9, 2);
    struct str text = STR("");
    buf_z(w->out, "ACK");
    if (event.presence != HL7_VALUED || (w->version != 0 && w->version < 20200))
        return;
    if (w->rc == RC_OK)
        w->rc = hl7_text(w->m, event, w->scratch, &text, w->e);
    buf_char(w->out, w->d.comp);
    put_text(w, text);
    if (w->version != 0 && w->version < 20400)
        return;
    buf_char(w->out, w->d.comp);
    buf_z(w->out, "ACK");
}

static void put_msh(struct writer *w)
{
    char msh2[5];
    char at[TIME_HL7_SIZE];
    static const unsigned swapped[] = { 5, 6, 3, 4 };
    buf_z(w->out, "MSH");
    sep(w, 1);
    if (w->same)
        echo(w, 2);
    else
        buf_add(w->out, msh2, hl7_delims_msh2(w->d, msh2));
    for (size_t i = 0; i < ZS_COUNT(swapped); i++) {
        sep(w, 1);
        echo(w, swapped[i]);
    }
    time_hl7(w->o->at_ms, w->o->offset_min, at);
    sep(w, 1);
    buf_z(w->out, at);
    sep(w, 2);
    put_type(w);
    sep(w, 1);
    put_text(w, w->o->control_id);
    sep(w, 1);
    echo_or(w, 11, "P");
    sep(w, 1);
    echo_or(w, 12, "2.5.1");
    if (hl7_header(w->m, 18, 0).presence == HL7_VALUED) {
        sep(w, 6);
        echo(w, 18);
    }
    buf_char(w->out, '\r');
}

/* ---- MSA, ERR ---- */

static struct str reason(const struct writer *w)
{
    if (w->o->text.n > 0 || hl7_ack_is_positive(w->o->code))
        return w->o->text;
    for (size_t i = 0; i < w->o->n_findings; i++)
        if (w->o->findings[i].severity == HL7_ERROR)
            return w->o->findings[i].text;
    return STR("");
}

static void put_msa(struct writer *w)
{
    struct str text = reason(w);
    buf_z(w->out, "MSA");
    sep(w, 1);
    buf_z(w->out, hl7_ack_name(w->o->code));
    sep(w, 1);
    echo(w, 10);
    if (text.n > 0 && w->version < 20700) {
        sep(w, 1);
        put_text(w, text);
    }
    buf_char(w->out, '\r');
}

/* Which of its id the finding's segment is, from 1. */
static uint32_t occurrence(const struct writer *w, const struct hl7_finding *f)
{
    if (f->at.occ || f->i_seg >= w->m->n_segs)
        return f->at.occ ? f->at.occ : 1;
    uint32_t n = 1;
    for (size_t i = 0; i < f->i_seg; i++)
        n += w->m->segs[i].id == f->at.seg;
    return n;
}

/* Numbers up to the last that is not 0, separators between. */
static void put_numbers(struct writer *w, const uint32_t *v, size_t n)
{
    while (n > 0 && v[n - 1] == 0)
        n--;
    for (size_t i = 0; i < n; i++) {
        buf_char(w->out, w->d.comp);
        if (v[i])
            buf_u64(w->out, v[i]);
    }
}

/* Segment, sequence, and below: ERL from 2.5 on (with_rep), the start of ELD before. */
static void put_location(struct writer *w, const struct hl7_finding *f, bool with_rep)
{
    if (f->at.seg == 0)
        return;
    char id[HL7_ID_MAX + 1];
    hl7_id_print(f->at.seg, id);
    put_text(w, str_z(id));
    const struct hl7_path *p = &f->at;
    uint32_t rep = p->field && (p->rep || p->comp) ? (p->rep ? p->rep : 1) : p->rep;
    const uint32_t all[] = { occurrence(w, f), p->field, rep, p->comp, p->sub };
    put_numbers(w, all, with_rep ? ZS_COUNT(all) : 2);
}

static void put_code(struct writer *w, const char *code, char between)
{
    buf_z(w->out, code);
    buf_char(w->out, between);
    put_text(w, str_z(hl7_condition_text(code)));
    buf_char(w->out, between);
    buf_z(w->out, "HL70357");
}

/* ERR of 2.5 and later: one segment a finding. */
static void put_err(struct writer *w, const struct hl7_finding *f)
{
    static const char letters[] = "IWE";
    buf_z(w->out, "ERR");
    sep(w, 2);
    put_location(w, f, true);
    sep(w, 1);
    put_code(w, f->condition, w->d.comp);
    sep(w, 1);
    buf_char(w->out, letters[f->severity]);
    sep(w, 1);
    put_text(w, str_z(f->id));
    sep(w, 3);
    put_text(w, f->text);
    buf_char(w->out, '\r');
}

/* Before: one repetition of ERR-1 a finding, segment^sequence^field^code. */
static void put_old_err(struct writer *w, const struct hl7_finding *f, bool first)
{
    if (first) {
        buf_z(w->out, "ERR");
        sep(w, 1);
    } else {
        buf_char(w->out, w->d.rep);
    }
    struct hl7_finding place = *f;
    if (place.at.seg == 0)
        buf_fill(w->out, w->d.comp, 2);
    else
        put_location(w, &place, false);
    if (place.at.seg != 0 && place.at.field == 0)
        buf_char(w->out, w->d.comp);
    buf_char(w->out, w->d.comp);
    if (w->d.sub)
        put_code(w, f->condition, w->d.sub);
    else
        buf_z(w->out, f->condition);
}

static void put_errs(struct writer *w, const struct hl7_finding *findings, size_t n)
{
    bool old = w->version != 0 && w->version < 20500;
    size_t written = 0;
    for (size_t i = 0; i < n && written < HL7_ACK_ERR_MAX; i++) {
        if (findings[i].severity == HL7_INFORMATION || (old && written > 0 && !w->d.rep))
            continue;
        if (old)
            put_old_err(w, &findings[i], written == 0);
        else
            put_err(w, &findings[i]);
        written++;
    }
    if (old && written > 0)
        buf_char(w->out, '\r');
}

static enum rc write_answer(const struct hl7_msg *m, const struct hl7_ack_opts *o,
                            struct arena *scratch, struct buf *out, struct err *e)
{
    struct writer w = { .m = m, .o = o, .d = m->delims, .scratch = scratch, .out = out, .e = e };
    w.same = m->n_segs > 0 && are_usable(w.d);
    if (!w.same)
        w.d = HL7_DELIMS_DEFAULT;
    w.version = hl7_version(m);
    w.set = hl7_charset(m);
    size_t before = out->n;
    put_msh(&w);
    put_msa(&w);
    const struct hl7_finding only = {
        .severity = HL7_ERROR, .id = "", .condition = "207", .i_seg = HL7_NO_SEG, .text = o->text
    };
    if (o->n_findings == 0 && o->text.n > 0 && !hl7_ack_is_positive(o->code))
        put_errs(&w, &only, 1);
    else
        put_errs(&w, o->findings, o->n_findings);
    if (w.rc == RC_OK)
        w.rc = buf_rc(out, e);
    if (w.rc != RC_OK)
        buf_cut(out, before);
    return w.rc;
}

enum rc hl7_ack_write(const struct hl7_msg *m, const struct hl7_ack_opts *o, struct arena *scratch,
                      struct buf *out, struct err *e)
{
    if (m->n_segs > 0 && m->segs[0].id == HL7_MSH)
        return write_answer(m, o, scratch, out, e);
    return hl7_ack_write_broken(m->bytes, o, scratch, out, e);
}

/* The header line of the first message in the bytes; empty when there is none. */
static struct str first_header(struct str bytes)
{
    struct hl7_parts it;
    struct hl7_part part;
    hl7_parts_init(&it, bytes);
    while (hl7_parts_next(&it, &part)) {
        if (part.kind == HL7_PART_MESSAGE)
            return str_sub(part.bytes, 0, HEADER_MAX);
    }
    return STR("");
}

enum rc hl7_ack_write_broken(struct str bytes, const struct hl7_ack_opts *o, struct arena *scratch,
                             struct buf *out, struct err *e)
{
    const struct hl7_msg *m = NULL;
    struct hl7_limits limits = { .bytes = HEADER_MAX, .segs = HEADER_MAX };
    enum rc rc = hl7_parse_part(first_header(bytes), HL7_DELIMS_DEFAULT, &limits, scratch, &m, e);
    return rc == RC_OK ? write_answer(m, o, scratch, out, e) : rc;
}
