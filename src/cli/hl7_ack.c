/*
 * zarish hl7 ack: the acknowledgement of a message. Tests: hl7_cmd_test.c
 */
#include "cli/commands.h"
#include "cli/hl7_file.h"
#include "hl7/ack.h"
#include "hl7/check.h"

/* MSH-10 of 20 characters, what every version allows: 64 random bits are enough at the desk. */
#define CONTROL_ID_SIZE 17

struct answer {
    struct cli *c;
    struct hl7_ack_opts o;
    bool by_check;
    char control_id[CONTROL_ID_SIZE];
    struct buf out;
};

static void new_control_id(struct answer *w)
{
    (void)snprintf(w->control_id, sizeof w->control_id, "%016llX",
                   (unsigned long long)random_u64(w->c->random));
    w->o.control_id = str_z(w->control_id);
}

/* What the structural check says decides the code and the ERR segments. */
static enum rc judge(struct answer *w, struct hl7_file *f, struct err *e)
{
    struct hl7_report report = { 0 };
    enum rc rc = hl7_check(f->m, f->arena, &report, e);
    w->o.code = report.n_errors > 0 ? HL7_AE : HL7_AA;
    w->o.findings = report.n_errors > 0 ? report.findings : NULL;
    w->o.n_findings = report.n_errors > 0 ? report.n : 0;
    return rc;
}

static enum rc answer_all(struct answer *w, struct hl7_file *f, struct err *e)
{
    bool more = true;
    enum rc rc = hl7_file_next_message(f, &more, e);
    while (rc == RC_OK && more) {
        new_control_id(w);
        if (w->by_check)
            rc = judge(w, f, e);
        if (rc == RC_OK)
            rc = hl7_ack_write(f->m, &w->o, f->arena, &w->out, e);
        if (rc == RC_OK)
            rc = hl7_file_next_message(f, &more, e);
    }
    return rc;
}

/* What was refused is answered all the same: AR, unless a code was asked for. */
static enum rc answer_refused(struct answer *w, struct hl7_file *f, bool given,
                              const struct err *why, struct err *e)
{
    struct hl7_finding finding = hl7_check_refused(why);
    new_control_id(w);
    if (!given)
        w->o.code = HL7_AR;
    w->o.findings = hl7_ack_is_positive(w->o.code) ? NULL : &finding;
    w->o.n_findings = hl7_ack_is_positive(w->o.code) ? 0 : 1;
    enum rc rc = hl7_ack_write_broken(f->bytes, &w->o, f->arena, &w->out, e);
    w->o.findings = NULL;
    w->o.n_findings = 0;
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct hl7_file f;
    struct err e = { 0 };
    struct err why = { 0 };
    struct answer w = { .c = c, .by_check = cli_has(a, "check") && !cli_opt(a, "code") };
    const char *code = cli_opt(a, "code");
    const char *text = cli_opt(a, "text");
    w.o.code = HL7_AA;
    if (code)
        (void)hl7_ack_code_read(str_z(code), &w.o.code); /* the frame took only the six */
    w.o.text = text ? str_z(text) : STR("");
    w.o.at_ms = clock_now_ms(c->clock);
    buf_init(&w.out, SIZE_MAX);

    enum rc rc = hl7_file_open(c, cli_pos(a, 0), &f, &why);
    if (rc == RC_SYNTAX)
        rc = answer_refused(&w, &f, code != NULL, &why, &e);
    else if (rc == RC_OK)
        rc = answer_all(&w, &f, &e);
    else
        e = why;
    if (rc == RC_OK)
        hl7_flush(c, &w.out);
    int status = rc == RC_OK ? CLI_DONE : hl7_file_fail(c, &f, &e);
    buf_done(&w.out);
    hl7_file_done(&f);
    return status;
}

static const struct cli_opt opts[] = {
    { .name = "code", .arg = "AA|AE|AR|CA|CE|CR", .help = "the code of MSA-1; AA unless given" },
    { .name = "text", .arg = "TEXT", .help = "the reason, for MSA-3 and ERR" },
    { .name = "check", .help = "AE with ERR segments where `hl7 validate` finds errors" },
    CLI_OPT_END
};

const struct cli_cmd cmd_hl7_ack = {
    .name = "hl7 ack",
    .args = "FILE|-",
    .summary = "Write the acknowledgement of an HL7 v2 message",
    .details = "In the form of the message's version, with its delimiters, sender and receiver "
               "swapped. What cannot be read as a message is answered with AR, with as much of "
               "its header as can be found. A file of several messages gives several answers.",
    .examples = "zarish hl7 ack message.hl7\n"
                "zarish hl7 ack message.hl7 --code AE --text 'unknown patient'",
    .opts = opts,
    .run = run,
};
