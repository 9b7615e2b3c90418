/*
 * zarish hl7 validate: what is wrong with a message. Tests: hl7_cmd_test.c
 */
#include "cli/commands.h"
#include "cli/hl7_file.h"
#include "hl7/check.h"
#include "json/jw.h"

struct listing {
    struct cli *c;
    const struct hl7_file *f;
    struct jw *w;
    struct buf *b;
    size_t n_errors;
};

static void put_json(struct listing *l, const struct hl7_finding *g, const char *place)
{
    jw_object(l->w);
    if (!l->f->single)
        jw_ku64(l->w, "message", l->f->n_messages);
    jw_kstrz(l->w, "severity", hl7_severity_name(g->severity));
    jw_kstrz(l->w, "path", place);
    if (g->pos != ERR_NO_POS)
        jw_ku64(l->w, "offset", g->pos + (size_t)(l->f->part.bytes.p - l->f->bytes.p));
    jw_kstrz(l->w, "code", g->id);
    jw_kstr(l->w, "text", g->text);
    if (g->spec)
        jw_kstrz(l->w, "specification", g->spec);
    jw_end(l->w);
}

static void put_line(struct listing *l, const struct hl7_finding *g, const char *place)
{
    buf_fmt(l->b, "%s %s ", hl7_severity_name(g->severity), place);
    buf_str(l->b, g->text);
    buf_fmt(l->b, " (%s", g->id);
    if (!l->f->single)
        buf_fmt(l->b, ", message %zu", l->f->n_messages);
    buf_z(l->b, ")\n");
    hl7_flush(l->c, l->b);
}

static void put_finding(struct listing *l, const struct hl7_finding *g)
{
    char place[HL7_PLACE_TEXT];
    hl7_finding_place(g, place);
    l->n_errors += g->severity == HL7_ERROR;
    if (l->c->json)
        put_json(l, g, place);
    else
        put_line(l, g, place);
}

static enum rc check_all(struct listing *l, struct hl7_file *f, struct err *e)
{
    bool more = true;
    enum rc rc = hl7_file_next_message(f, &more, e);
    while (rc == RC_OK && more) {
        struct hl7_report report = { .max = SIZE_MAX };
        rc = hl7_check(f->m, f->arena, &report, e);
        for (size_t i = 0; rc == RC_OK && i < report.n; i++)
            put_finding(l, &report.findings[i]);
        if (rc == RC_OK)
            rc = hl7_file_next_message(f, &more, e);
    }
    return rc;
}

/* What cannot be read as HL7 has one finding: why. */
static enum rc check_file(struct listing *l, struct hl7_file *f, enum rc opened, struct err *e)
{
    if (opened == RC_SYNTAX) {
        struct hl7_finding why = hl7_check_refused(e);
        f->part.bytes = f->bytes;
        f->n_messages = 1;
        put_finding(l, &why);
        return RC_OK;
    }
    return opened == RC_OK ? check_all(l, f, e) : opened;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct hl7_file f;
    struct jw w;
    struct buf b;
    struct err e = { 0 };
    struct listing l = { .c = c, .f = &f, .w = &w, .b = &b };
    buf_init(&b, SIZE_MAX);
    jw_init(&w, &b, JSON_PRETTY);
    if (c->json)
        jw_array(&w);
    enum rc opened = hl7_file_open(c, cli_pos(a, 0), &f, &e);
    enum rc rc = check_file(&l, &f, opened, &e);
    if (c->json && rc == RC_OK) {
        jw_end(&w);
        rc = jw_done(&w, &e);
        buf_char(&b, '\n');
        hl7_flush(c, &b);
    }
    int status = l.n_errors > 0 ? CLI_NO : CLI_DONE;
    if (rc != RC_OK)
        status = hl7_file_fail(c, &f, &e);
    hl7_file_done(&f);
    buf_done(&b);
    return status;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT, CLI_OPT_END };

const struct cli_cmd cmd_hl7_validate = {
    .name = "hl7 validate",
    .args = "FILE|-",
    .summary = "List what is wrong with an HL7 v2 message",
    .details = "One finding a line: severity, segment path, what is wrong, and its code. The exit "
               "status is 1 when there is an error. Checked is the structure: the header and the "
               "fields every message needs, delimiters, segment ids, line ends, character set.",
    .examples = "zarish hl7 validate message.hl7\n"
                "zarish hl7 validate -o json message.hl7",
    .opts = opts,
    .run = run,
};
