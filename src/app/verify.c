/*
 * `zarish verify`: proof of a data directory's journal, without an engine. Tests: tests/scen
 */
#include "app/commands.h"
#include "base/buf.h"
#include "json/jw.h"
#include "store/verify.h"

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct cli_progress *p = ctx;
    p->total = total;
    cli_progress_step(p, done);
}

static struct str link_text(struct cli *c, const struct verify_report *r)
{
    struct buf b;
    buf_init_arena(&b, c->arena, 128);
    buf_hex(&b, r->last_link, sizeof r->last_link);
    return buf_view(&b);
}

static void print_text(struct cli *c, const struct verify_report *r)
{
    FILE *f = c->out;
    fprintf(f,
            "%llu records in %llu segments: %llu messages, %llu outcomes, %llu acts, "
            "%llu checkpoints\n",
            (unsigned long long)r->n_records, (unsigned long long)r->n_segments,
            (unsigned long long)r->n_messages, (unsigned long long)r->n_outcomes,
            (unsigned long long)r->n_acts, (unsigned long long)r->n_checkpoints);
    fprintf(f, "sequences %llu to %llu, last link %.*s\n", (unsigned long long)r->first_seq,
            (unsigned long long)r->last_seq, STR_ARG(link_text(c, r)));
    if (r->tail_bytes > 0)
        fprintf(f,
                "%llu bytes of an unfinished commit behind the last record: a crash, no damage\n",
                (unsigned long long)r->tail_bytes);
    if (r->n_bad == 0) {
        fputs("ok: every record is whole and in its place\n", f);
        return;
    }
    fprintf(f,
            "WRONG in %llu places; the first: segment %llu, offset %llu, where sequence %llu "
            "should be: %s: %s\n",
            (unsigned long long)r->n_bad, (unsigned long long)r->bad_segment,
            (unsigned long long)r->bad_offset, (unsigned long long)r->bad_seq, r->bad.id,
            r->bad.text);
}

static enum rc print_json(struct cli *c, const struct verify_report *r, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, c->arena, 65536);
    jw_init(&w, &b, JSON_PRETTY);
    jw_object(&w);
    jw_kbool(&w, "ok", r->n_bad == 0);
    jw_ku64(&w, "records", r->n_records);
    jw_ku64(&w, "segments", r->n_segments);
    jw_ku64(&w, "messages", r->n_messages);
    jw_ku64(&w, "outcomes", r->n_outcomes);
    jw_ku64(&w, "acts", r->n_acts);
    jw_ku64(&w, "checkpoints", r->n_checkpoints);
    jw_ku64(&w, "firstSequence", r->first_seq);
    jw_ku64(&w, "lastSequence", r->last_seq);
    jw_kstr(&w, "lastLink", link_text(c, r));
    jw_ku64(&w, "unfinishedBytes", r->tail_bytes);
    jw_ku64(&w, "wrong", r->n_bad);
    if (r->n_bad > 0) {
        jw_keyz(&w, "first");
        jw_object(&w);
        jw_ku64(&w, "segment", r->bad_segment);
        jw_ku64(&w, "offset", r->bad_offset);
        jw_ku64(&w, "sequence", r->bad_seq);
        jw_kstrz(&w, "code", r->bad.id);
        jw_kstrz(&w, "message", r->bad.text);
        jw_end(&w);
    }
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    buf_char(&b, '\n');
    if (rc == RC_OK)
        cli_put_safe(c->out, buf_view(&b));
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct verify_report r = { 0 };
    struct cli_progress bar;
    struct err e;
    cli_progress_init(&bar, c, "verify", 0);
    enum rc rc = store_verify(cli_opt(a, "data"), on_progress, &bar, &r, &e);
    cli_progress_end(&bar);
    if (rc == RC_OK && c->json)
        rc = print_json(c, &r, &e);
    if (rc != RC_OK)
        return cli_fail(c, &e);
    if (!c->json)
        print_text(c, &r);
    return r.n_bad == 0 ? CLI_DONE : CLI_NO;
}

static const struct cli_opt opts[] = { CLI_OPT_OUTPUT,
                                       { .name = "data",
                                         .letter = 'd',
                                         .arg = "DIR",
                                         .help = "the engine's data directory",
                                         .def = "./zarish-data" },
                                       CLI_OPT_END };

const struct cli_cmd cmd_verify = {
    .name = "verify",
    .summary = "Prove that no record of the journal is altered or missing",
    .details = "Reads every record of every segment and checks its checksum, the hashes of its "
               "parts, its sequence and its link to the one before. Needs no running engine and "
               "changes nothing. Exit status 1 when something is wrong.",
    .examples = "zarish verify --data ./zarish-data",
    .opts = opts,
    .run = run,
};
