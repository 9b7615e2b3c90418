/*
 * HL7 v2 messages: what makes one unacceptable, what it is found by, and its acknowledgement in
 * original mode. Tests: channel_test.c
 */
#include "flow/channel_int.h"
#include "flow/format_int.h"

#include "hl7/ack.h"
#include "hl7/check.h"
#include "map/doc_hl7.h"

#define ACK_MAX  65536
#define TERM_MAX 256

static enum rc hl7_take(struct message *m, struct err *e)
{
    enum rc rc = hl7_parse(m->rec.body, NULL, m->arena, &m->hl7, e);
    return rc == RC_OK ? hl7_check(m->hl7, m->arena, &m->report, e) : rc;
}

/* A finding as an error record: its place, and never a value. */
static enum rc finding_err(const struct hl7_finding *f, struct err *e)
{
    char place[HL7_PLACE_TEXT];
    hl7_finding_place(f, place);
    (void)err_set_at(e, RC_VALUE, f->id, f->pos, "%.*s", STR_ARG(f->text));
    err_where(e, "%s", place);
    return RC_VALUE;
}

/* Without these nobody can say what the message is, or which one it was. */
static bool is_essential(const struct hl7_finding *f)
{
    return f->severity == HL7_ERROR && f->at.seg == HL7_MSH &&
           (f->at.field == 0 || (f->at.field >= 9 && f->at.field <= 12));
}

static enum rc hl7_acceptable(const struct message *m, struct err *e)
{
    if (m->hl7->segs[0].id != HL7_MSH)
        return err_set_at(e, RC_VALUE, "FLOW-005", m->hl7->segs[0].at,
                          "a batch cannot be taken as one message; send its messages one by one");
    for (size_t i = 0; i < m->report.n; i++)
        if (is_essential(&m->report.findings[i]))
            return finding_err(&m->report.findings[i], e);
    return RC_OK;
}

static enum rc hl7_validate(const struct message *m, enum config_profile profile, struct err *e)
{
    if (profile == PROFILE_NONE)
        return RC_OK;
    enum hl7_severity least = profile == PROFILE_STRICT ? HL7_WARNING : HL7_ERROR;
    for (size_t i = 0; i < m->report.n; i++)
        if (m->report.findings[i].severity >= least)
            return finding_err(&m->report.findings[i], e);
    return RC_OK;
}

/* ---- describing --------------------------------------------------------------------------- */

static struct str text_of(struct message *m, struct hl7_value v)
{
    struct str s;
    struct err none;
    return hl7_text(m->hl7, v, m->arena, &s, &none) == RC_OK ? s : STR("");
}

static void add_term(struct message *m, enum term_kind kind, struct str value)
{
    value = str_sub(str_trim(value), 0, TERM_MAX);
    if (value.n == 0 || m->rec.n_terms == MESSAGE_TERMS_MAX)
        return;
    for (size_t i = 0; i < m->rec.n_terms; i++)
        if (m->terms[i].kind == kind && str_eq(m->terms[i].value, value))
            return;
    m->terms[m->rec.n_terms++] = (struct store_term){ .kind = kind, .value = value };
}

static void add_terms(struct message *m)
{
    static const struct {
        enum term_kind kind;
        struct hl7_path path;
    } sources[] = {
        { TERM_PATIENT_ID, { .seg = HL7_ID('P', 'I', 'D'), .field = 3, .comp = 1 } },
        { TERM_PATIENT_ID, { .seg = HL7_ID('P', 'I', 'D'), .field = 2, .comp = 1 } },
        { TERM_ACCESSION, { .seg = HL7_ID('O', 'B', 'R'), .field = 3, .comp = 1 } },
        { TERM_ACCESSION, { .seg = HL7_ID('O', 'R', 'C'), .field = 3, .comp = 1 } },
        { TERM_ORDER, { .seg = HL7_ID('O', 'B', 'R'), .field = 2, .comp = 1 } },
        { TERM_ORDER, { .seg = HL7_ID('O', 'R', 'C'), .field = 2, .comp = 1 } },
    };
    for (size_t i = 0; i < ZS_COUNT(sources); i++) {
        struct hl7_iter it;
        struct hl7_value v;
        hl7_iter_init(&it, m->hl7, &sources[i].path);
        while (m->rec.n_terms < MESSAGE_TERMS_MAX && hl7_iter_next(&it, &v))
            add_term(m, sources[i].kind, text_of(m, v));
    }
}

/* "ADT^A01", whatever the message's own separators are. */
static struct str type_of(struct message *m)
{
    struct str code = text_of(m, hl7_header(m->hl7, 9, 1));
    struct str event = text_of(m, hl7_header(m->hl7, 9, 2));
    struct buf b;
    buf_init_arena(&b, m->arena, 128);
    buf_str(&b, str_sub(code, 0, 40));
    if (event.n > 0) {
        buf_char(&b, '^');
        buf_str(&b, str_sub(event, 0, 40));
    }
    return buf_view(&b);
}

static struct str sender_of(struct message *m)
{
    struct buf b;
    buf_init_arena(&b, m->arena, 1024);
    buf_str(&b, str_sub(hl7_header(m->hl7, 3, 0).raw, 0, 250));
    buf_char(&b, '|');
    buf_str(&b, str_sub(hl7_header(m->hl7, 4, 0).raw, 0, 250));
    return buf_view(&b);
}

static void hl7_describe(struct message *m)
{
    m->rec.type = type_of(m);
    m->rec.sender = sender_of(m);
    m->rec.control_id = str_sub(text_of(m, hl7_header(m->hl7, 10, 0)), 0, TERM_MAX);
    add_term(m, TERM_CONTROL_ID, m->rec.control_id);
    add_terms(m);
}

/* ---- acknowledging ------------------------------------------------------------------------ */

static struct str next_control_id(struct channel *c, struct arena *a)
{
    struct buf b;
    buf_init_arena(&b, a, 24);
    buf_char(&b, 'Z');
    buf_fmt(&b, "%016llX", (unsigned long long)c->ack_id++);
    return buf_view(&b);
}

/* What is not a finding of the check (a mapping's, a full store) becomes one for the ERR segment.
 */
static struct hl7_finding finding_of(const struct err *why)
{
    return (struct hl7_finding){ .severity = HL7_ERROR,
                                 .id = why->id,
                                 .condition = "207", /* application internal error */
                                 .i_seg = HL7_NO_SEG,
                                 .pos = ERR_NO_POS,
                                 .text = str_z(why->text) };
}

/* Was it the check that said so? Then the sender gets its findings with their places. */
static bool is_of_check(const struct message *m, const struct err *why)
{
    for (size_t i = 0; i < m->report.n; i++)
        if (why->id && strcmp(m->report.findings[i].id, why->id) == 0)
            return true;
    return false;
}

static enum rc hl7_acknowledge(struct message *m, enum take how, const struct err *why,
                               struct err *e)
{
    static const enum hl7_ack_code codes[] = {
        [TAKE_OK] = HL7_AA, [TAKE_REFUSE] = HL7_AR, [TAKE_INVALID] = HL7_AE, [TAKE_BUSY] = HL7_AE
    };
    struct hl7_finding own = { 0 };
    struct hl7_ack_opts o = { .code = codes[how],
                              .control_id = next_control_id(m->ch, m->arena),
                              .at_ms = clock_now_ms(m->ch->env.host->clock) };
    struct buf b;
    buf_init_arena(&b, m->arena, ACK_MAX);
    if (why) {
        own = m->hl7 ? finding_of(why) : hl7_check_refused(why);
        o.text = str_z(why->text);
        o.findings = is_of_check(m, why) ? m->report.findings : &own;
        o.n_findings = o.findings == &own ? 1 : m->report.n;
    }
    enum rc rc = m->hl7 ? hl7_ack_write(m->hl7, &o, m->arena, &b, e)
                        : hl7_ack_write_broken(m->rec.body, &o, m->arena, &b, e);
    if (rc == RC_OK)
        m->rec.ack = buf_view(&b);
    return rc;
}

static struct doc_node hl7_node(const struct message *m)
{
    return doc_hl7(m->hl7);
}

const struct format_ops format_hl7 = { .parse = hl7_take,
                                       .acceptable = hl7_acceptable,
                                       .validate = hl7_validate,
                                       .describe = hl7_describe,
                                       .acknowledge = hl7_acknowledge,
                                       .node = hl7_node };
