/*
 * Any bytes: they are refused with an error, or their segments tile them, every value lies inside,
 * every text is UTF-8, an edit that edits nothing gives them back, the check and the answer to them
 * come to an end, and the answer can be read.
 */
#include "hl7/ack.h"
#include "hl7/batch.h"
#include "hl7/check.h"
#include "hl7/edit.h"

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tiles(const struct hl7_msg *m)
{
    size_t at = m->start;
    for (size_t i = 0; i < m->n_segs; i++) {
        ZS_ASSERT(m->segs[i].at == at);
        at += (size_t)m->segs[i].n + m->segs[i].term;
    }
    ZS_ASSERT(at == m->end && m->end <= m->bytes.n);
}

static void leaf(const struct hl7_msg *m, struct hl7_value v, struct arena *a)
{
    struct str text;
    struct err e;
    struct arena_mark mark = arena_mark(a);
    ZS_ASSERT(v.raw.p >= m->bytes.p && v.raw.n <= m->bytes.n - hl7_value_pos(m, v));
    if (hl7_text(m, v, a, &text, &e) == RC_OK)
        ZS_ASSERT(utf8_is_valid(text, NULL));
    arena_rewind(a, mark);
}

/* By iteration and by number the same values are found. */
static void values(const struct hl7_msg *m, size_t i, struct arena *a)
{
    unsigned n = hl7_seg_n_fields(m, i);
    for (unsigned f = 1; f <= n && f < 40; f++) {
        struct hl7_path p = { .seg = m->segs[i].id, .field = (uint16_t)f };
        struct hl7_iter it;
        struct hl7_value v;
        unsigned rep = 0;
        hl7_iter_init_in(&it, m, i, &p);
        while (hl7_iter_next(&it, &v) && rep < 40) {
            struct hl7_value again = hl7_value_rep(m, hl7_seg_field(m, i, f), ++rep);
            ZS_ASSERT(again.raw.p == v.raw.p && again.raw.n == v.raw.n);
            leaf(m, v, a);
            leaf(m, hl7_value_sub(m, hl7_value_comp(m, v, 1), 1), a);
        }
    }
    ZS_ASSERT(n > 0 || hl7_seg_field(m, i, 1).presence == HL7_ABSENT);
    ZS_ASSERT(hl7_seg_field(m, i, n + 1).presence == HL7_ABSENT);
}

static void nothing_edited(const struct hl7_msg *m, struct arena *a)
{
    struct hl7_edit *ed = NULL;
    struct buf b;
    struct err e;
    if (hl7_edit_new(m, a, &ed, &e) != RC_OK)
        return;
    buf_init(&b, m->bytes.n + 1);
    ZS_ASSERT(hl7_edit_write(ed, &b, &e) == RC_OK && str_eq(buf_view(&b), m->bytes));
    buf_done(&b);
}

static void answered(struct str in, const struct hl7_msg *m, struct arena *a)
{
    struct hl7_report report = { .max = 20 };
    struct err e;
    struct buf b;
    const struct hl7_msg *answer = NULL;
    struct hl7_ack ack;
    struct hl7_ack_opts o = { .code = HL7_AE, .control_id = STR("C1"), .text = STR("a|b^\r") };
    if (m && hl7_check(m, a, &report, &e) == RC_OK) {
        o.findings = report.findings;
        o.n_findings = report.n;
    }
    buf_init(&b, (size_t)1 << 20);
    enum rc rc = m ? hl7_ack_write(m, &o, a, &b, &e) : hl7_ack_write_broken(in, &o, a, &b, &e);
    if (rc == RC_OK) {
        ZS_ASSERT(hl7_parse(buf_view(&b), NULL, a, &answer, &e) == RC_OK);
        ZS_ASSERT(hl7_ack_read(answer, a, &ack, &e) == RC_OK && ack.code == HL7_AE);
    }
    buf_done(&b);
}

static void parts(struct str in)
{
    struct hl7_parts it;
    struct hl7_part part;
    size_t n = 0;
    hl7_parts_init(&it, in);
    while (hl7_parts_next(&it, &part)) {
        ZS_ASSERT(part.bytes.p == in.p + n && part.bytes.n > 0);
        n += part.bytes.n;
    }
    ZS_ASSERT(n == in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_of((const char *)data, size);
    struct arena *a = arena_new("fuzz", 0, (size_t)8 << 20);
    const struct hl7_msg *m = NULL;
    struct err e;
    ZS_ASSERT(a != NULL);
    parts(in);
    if (hl7_parse(in, NULL, a, &m, &e) == RC_OK) {
        tiles(m);
        for (size_t i = 0; i < m->n_segs && i < 100; i++)
            values(m, i, a);
        nothing_edited(m, a);
    } else {
        ZS_ASSERT(e.id != NULL && (e.pos == ERR_NO_POS || e.pos <= in.n));
    }
    answered(in, m, a);
    arena_free(&a);
    return 0;
}
