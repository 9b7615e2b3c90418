/*
 * zarish verify: is the journal whole, unaltered and in order? Tests: tests/torture/store_crash.c
 * (the proof itself)
 */
#include "cli/commands.h"
#include "json/jw.h"
#include "store/verify.h"

static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct cli_progress *p = ctx;
    p->total = total;
    cli_progress_step(p, done);
}

static void put_text(struct cli *c, const struct verify_report *r, const char *link)
{
    fprintf(c->out, "%s: %llu records, %llu messages, %llu segments, sequences %llu to %llu\n",
            r->n_bad ? "WRONG" : "whole", (unsigned long long)r->n_records,
            (unsigned long long)r->n_messages, (unsigned long long)r->n_segments,
            (unsigned long long)r->first_seq, (unsigned long long)r->last_seq);
    fprintf(c->out, "last link %s\n", link);
    if (r->tail_bytes)
        fprintf(c->out, "unfinished commit behind it: %llu bytes (a crash, not damage)\n",
                (unsigned long long)r->tail_bytes);
    if (r->n_bad)
        fprintf(c->out, "%llu places are wrong, the first: %s\n", (unsigned long long)r->n_bad,
                r->bad.text);
}

static enum rc put_json(struct cli *c, const struct verify_report *r, const char *link,
                        struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, c->arena, 64u << 10);
    jw_init(&w, &b, JSON_PRETTY);
    jw_object(&w);
    jw_ku64(&w, "records", r->n_records);
    jw_ku64(&w, "messages", r->n_messages);
    jw_ku64(&w, "outcomes", r->n_outcomes);
    jw_ku64(&w, "acts", r->n_acts);
    jw_ku64(&w, "calls", r->n_calls);
    jw_ku64(&w, "checkpoints", r->n_checkpoints);
    jw_ku64(&w, "segments", r->n_segments);
    jw_ku64(&w, "bytes", r->bytes);
    jw_ku64(&w, "firstSequence", r->first_seq);
    jw_ku64(&w, "lastSequence", r->last_seq);
    jw_kstrz(&w, "lastLink", link);
    jw_ku64(&w, "unfinishedBytes", r->tail_bytes);
    jw_ku64(&w, "wrongPlaces", r->n_bad);
    if (r->n_bad)
        jw_kstrz(&w, "firstWrong", r->bad.text);
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    if (rc == RC_OK)
        fprintf(c->out, "%.*s\n", STR_ARG(buf_view(&b)));
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct verify_report r;
    struct cli_progress p;
    struct err e;
    char link[2 * sizeof r.last_link + 1];
    cli_progress_init(&p, c, "verify", 0);
    enum rc rc = store_verify(cli_opt(a, "data"), show_progress, &p, &r, &e);
    cli_progress_end(&p);
    if (rc)
        return cli_fail(c, &e);
    for (size_t i = 0; i < sizeof r.last_link; i++)
        (void)snprintf(link + 2 * i, 3, "%02x", r.last_link[i]); /* two digits always fit */
    if (c->json)
        rc = put_json(c, &r, link, &e);
    else
        put_text(c, &r, link);
    if (rc)
        return cli_fail(c, &e);
    return r.n_bad ? CLI_NO : CLI_DONE;
}

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "data", .arg = "DIR", .help = "data directory", .def = "zarish-data" },
    CLI_OPT_END
};

const struct cli_cmd cmd_verify = {
    .name = "verify",
    .summary = "Prove that the journal is whole, unaltered and in order",
    .details = "Reads every record and checks its checksum, the hashes of its content, the chain "
               "and the sequence. Changes nothing; beside a running engine it proves what was "
               "committed when it got there. Exit status 1 if anything is wrong.",
    .examples = "zarish verify --data /var/lib/zarish\n"
                "zarish verify -o json",
    .opts = opts,
    .run = run,
};
