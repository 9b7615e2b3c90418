/*
 * `zarish listen`: a receiver for trying things out. It keeps nothing it was not told to keep, and
 * acknowledges what it is told to. What receives is the connector that the engine uses.
 * Tests: tests/scen/mllp_test.py
 */
#include "app/commands.h"
#include "app/mllp_opts.h"

#include "base/file.h"
#include "cli/hl7_file.h"
#include "hl7/ack.h"
#include "json/jw.h"
#include "net/addr.h"

#include <fcntl.h>
#include <signal.h>

#define ACK_MAX  ((size_t)1024 * 1024)
#define LINE_MAX 65536

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "code", .arg = "AA|AE|AR|CA|CE|CR", .help = "what to answer", .def = "AA" },
    { .name = "out", .arg = "DIR", .help = "keep each message in a file of its own there" },
    { .name = "count", .letter = 'n', .arg = "N", .help = "end after so many messages" },
    { .name = "open", .help = "let anybody who reaches the address send, not only this machine" },
    { .name = "cert", .arg = "FILE", .help = "with mllps: the certificate (PEM)" },
    { .name = "key", .arg = "FILE", .help = "private key of --cert (PEM)" },
    { .name = "client-ca",
      .arg = "FILE",
      .help = "demand client certificates that one of these authorities (PEM) signed" },
    CLI_OPT_END
};

struct listening {
    struct cli *c;
    struct mllp_world w;
    struct conn_mllp_conf conf;
    struct conn_source source;
    enum hl7_ack_code code;
    const char *dir; /* NULL: nothing is kept */
    uint64_t count;  /* 0: until told to stop */
    uint64_t n;
    bool stop;
    bool failed;
    struct err why;
};

static void fail(struct listening *l, const struct err *why)
{
    l->stop = true;
    if (!l->failed)
        l->why = *why;
    l->failed = true;
}

/* ---- one message -------------------------------------------------------------------------- */

/* Files are numbered: a name from the message could be a patient's, or a path. */
static enum rc keep(const struct listening *l, struct str body, struct arena *a, struct err *e)
{
    char name[32];
    const char *path = NULL;
    AUTO_FD int fd = -1;
    (void)snprintf(name, sizeof name, "%06llu.hl7", (unsigned long long)l->n); /* it fits */
    enum rc rc = file_join(a, l->dir, str_z(name), &path, e);
    if (rc == RC_OK)
        rc = file_open_below(l->dir, str_z(name), O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, e);
    return rc == RC_OK ? file_write_all(fd, path, body, e) : rc;
}

static void print_text(const struct listening *l, const struct intake *in,
                       const struct mllp_about *about)
{
    FILE *out = l->c->out;
    cli_put_safe(out, about->control_id.n ? about->control_id : STR("-"));
    (void)fputs("  ", out); /* cli_main looks at the stream's state at the end */
    cli_put_safe(out, about->type.n ? about->type : STR("-"));
    (void)fprintf(out, "  %zu bytes  from %.*s  %s\n", in->body.n, STR_ARG(in->peer),
                  hl7_ack_name(l->code)); /* likewise */
}

static enum rc print_json(const struct listening *l, const struct intake *in,
                          const struct mllp_about *about, struct err *e)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, in->arena, LINE_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "controlId", about->control_id);
    jw_kstr(&w, "type", about->type);
    jw_ku64(&w, "bytes", in->body.n);
    jw_kstr(&w, "peer", in->peer);
    jw_kstrz(&w, "code", hl7_ack_name(l->code));
    jw_end(&w);
    enum rc rc = jw_done(&w, e);
    buf_char(&b, '\n');
    if (rc == RC_OK)
        hl7_flush(l->c, &b);
    return rc;
}

static enum rc print(const struct listening *l, const struct intake *in, struct err *e)
{
    struct mllp_about about;
    enum rc rc = RC_OK;
    mllp_about(in->body, in->arena, &about);
    if (l->c->json)
        rc = print_json(l, in, &about, e);
    else
        print_text(l, in, &about);
    (void)fflush(l->c->out); /* somebody watches; cli_main looks at the stream's state at the end */
    return rc;
}

static enum rc acknowledge(const struct listening *l, const struct intake *in, struct buf *out,
                           struct err *e)
{
    char id[32];
    int n = snprintf(id, sizeof id, "L%llu", (unsigned long long)l->n); /* it fits */
    struct hl7_ack_opts o = { .code = l->code,
                              .control_id = str_of(id, n > 0 ? (size_t)n : 0),
                              .at_ms = in->at_ms };
    buf_init_arena(out, in->arena, ACK_MAX);
    return hl7_ack_write_broken(in->body, &o, in->arena, out, e);
}

static void on_intake(struct conn_source *s, struct intake *in)
{
    struct listening *l = s->ctx;
    struct arena *a = in->arena;
    struct answer answer = { .kind = ANSWER_ACCEPTED };
    struct buf ack;
    struct err e;
    l->n++;
    enum rc rc = l->dir ? keep(l, in->body, a, &e) : RC_OK; /* before it is acknowledged */
    if (rc == RC_OK)
        rc = acknowledge(l, in, &ack, &e);
    if (rc == RC_OK)
        rc = print(l, in, &e);
    if (rc == RC_OK) {
        answer.body = buf_view(&ack);
        answer.content_type = in->content_type;
    } else {
        fail(l, &e);
        answer = (struct answer){ .kind = ANSWER_BUSY, .err = &l->why };
    }
    conn_mllp.settled(s, in, &answer);
    arena_free(&a);
    if (l->count && l->n == l->count)
        l->stop = true;
}

/* ---- the command -------------------------------------------------------------------------- */

static void on_drained(struct conn_source *s)
{
    (void)s; /* the command's own loop goes on until the answers are out */
}

static void on_signal(void *ctx, int signum)
{
    struct listening *l = ctx;
    (void)signum;
    l->stop = true;
}

static bool stopped(void *ctx)
{
    const struct listening *l = ctx;
    return l->stop;
}

static bool all_closed(void *ctx)
{
    const struct listening *l = ctx;
    struct loop_stats st;
    loop_stats_read(l->w.loop, &st);
    return st.streams == 0;
}

static enum rc open_source(struct listening *l, const struct cli_args *a, struct err *e)
{
    struct arena *arena = l->c->arena;
    struct err_list found;
    err_list_init(&found, arena, 4);
    struct opt_read r = { .arena = arena, .errs = &found };
    enum rc rc = opt_defaults(conn_mllp.recv_opts, arena, &l->conf);
    if (rc != RC_OK)
        return err_set(e, rc, "BASE-002", "not enough memory");
    l->conf.listen = str_z(cli_pos(a, 0));
    l->conf.open = cli_has(a, "open");
    l->conf.cert_file = str_z(cli_opt(a, "cert"));
    l->conf.key_file = str_z(cli_opt(a, "key"));
    l->conf.client_ca = str_z(cli_opt(a, "client-ca"));
    conn_mllp.recv_check(&r, NULL, &l->conf);
    rc = err_list_rc(&found, e);
    if (rc == RC_OK)
        rc = mllp_world_open(l->c, &l->w, e);
    l->source = (struct conn_source){ .type = &conn_mllp,
                                      .conf = &l->conf,
                                      .host = &l->w.host,
                                      .name = "listen",
                                      .intake = on_intake,
                                      .drained = on_drained,
                                      .ctx = l };
    if (rc == RC_OK)
        rc = loop_signal(l->w.loop, SIGINT, on_signal, l, e);
    if (rc == RC_OK)
        rc = loop_signal(l->w.loop, SIGTERM, on_signal, l, e);
    return rc == RC_OK ? conn_mllp.recv_open(&l->source, e) : rc;
}

static int serve(struct listening *l)
{
    char address[ADDR_TEXT_MAX + 16];
    conn_mllp.recv_address(&l->source, address, sizeof address);
    cli_note(l->c, "listening on %s; Ctrl-C ends it", address);
    conn_mllp.recv_start(&l->source);
    while (!loop_run_until(l->w.loop, stopped, l, UINT32_MAX))
        ;
    conn_mllp.recv_drain(&l->source);
    conn_mllp.recv_close(&l->source);
    /* the last answers: until the senders have them, or a moment */
    (void)!loop_run_until(l->w.loop, all_closed, l, 2000);
    return l->failed ? cli_fail(l->c, &l->why) : CLI_DONE;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct listening l = { .c = c, .dir = cli_opt(a, "out") };
    struct err e;
    if (cli_opt_u64(a, "count", 1, UINT64_MAX, &l.count, &e) != RC_OK)
        return cli_usage(c, a, &e);
    bool known = hl7_ack_code_read(str_z(cli_opt(a, "code")), &l.code);
    ZS_ASSERT(known); /* the table of options allows no other */
    if (l.dir && file_mkdirs(l.dir, &e) != RC_OK)
        return cli_fail(c, &e);
    int status = open_source(&l, a, &e) == RC_OK ? serve(&l) : cli_fail(c, &e);
    mllp_world_close(&l.w);
    return status;
}

const struct cli_cmd cmd_listen = {
    .name = "listen",
    .args = "URL",
    .summary = "Receive HL7 v2 messages over MLLP, for trying things out",
    .details =
        "Prints a line for each message and answers it. Port 0 takes a free one; the address is "
        "shown on standard error. Nothing is stored unless --out says where; use `zarish serve` "
        "for real work.",
    .examples = "zarish listen mllp://127.0.0.1:2575\n"
                "zarish listen mllp://127.0.0.1:2575 --out received --code AE",
    .opts = opts,
    .run = run,
};
