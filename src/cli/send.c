/*
 * `zarish send`: messages of files to an MLLP address, each acknowledgement and its time shown.
 * Tests: tests/scen/scen_test.py
 */
#include "cli/mllp_url.h"

#include "base/alloc.h"
#include "cli/cli.h"
#include "hl7/ack.h"
#include "hl7/batch.h"
#include "hl7/mllp.h"
#include "net/pool.h"
#include "net/stream.h"

#define FILE_MAX   ((size_t)512 * 1024 * 1024)
#define ACK_MAX    ((size_t)16 * 1024 * 1024)
#define LINKS_MAX  256
#define DEFAULT_MS 30000

struct job {
    const char *file;
    struct str bytes, control_id;
};

struct send_link {
    struct sender *owner;
    struct stream *stream; /* NULL: closed */
    struct mllp_reader reader;
    const struct job *job; /* waiting for its acknowledgement */
    uint64_t sent_mono;
};

struct sender {
    struct cli *c;
    struct loop *loop;
    struct arena *scratch; /* of one acknowledgement */
    struct job *jobs;
    size_t n_jobs, cap_jobs;
    uint64_t next, total; /* jobs are taken round and round, --repeat times */
    uint64_t n_positive, n_negative, n_failed;
    uint64_t took_ns, longest_ns;
    struct send_link links[LINKS_MAX];
    size_t n_links, n_open;
    uint32_t timeout_ms;
    bool each;      /* a line per message; false: only the sum */
    struct err why; /* the last failure of a connection */
};

/* ---- the messages ------------------------------------------------------------------------- */

static enum rc add_job(struct sender *s, const char *file, struct str bytes, struct err *e)
{
    const struct hl7_msg *m = NULL;
    struct job job = { .file = file, .bytes = bytes };
    enum rc rc = hl7_parse(bytes, NULL, s->c->arena, &m, e);
    if (rc == RC_OK)
        rc = hl7_text(m, hl7_header(m, 10, 0), s->c->arena, &job.control_id, e);
    if (rc != RC_OK)
        return rc;
    if (s->n_jobs == s->cap_jobs) {
        size_t cap = size_max(s->cap_jobs * 2, 64);
        struct job *grown =
            arena_grow(s->c->arena, s->jobs, s->cap_jobs * sizeof *grown, cap * sizeof *grown);
        if (!grown)
            return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
        s->jobs = grown;
        s->cap_jobs = cap;
    }
    s->jobs[s->n_jobs++] = job;
    return RC_OK;
}

/* Without MLLP markers that the file may have around a message. */
static struct str unframed(struct str s)
{
    while (s.n > 0 && s.p[0] == MLLP_VT)
        s = str_from(s, 1);
    if (str_ends(s, MLLP_TAIL))
        s.n -= 2;
    return s;
}

static enum rc read_file(struct sender *s, const char *path, struct err *e)
{
    struct str text;
    struct hl7_parts it;
    struct hl7_part part;
    enum rc rc = cli_read_input(s->c, path, FILE_MAX, s->c->arena, &text, e);
    size_t before = s->n_jobs;
    if (rc != RC_OK)
        return rc;
    hl7_parts_init(&it, text);
    while (rc == RC_OK && hl7_parts_next(&it, &part))
        if (part.kind == HL7_PART_MESSAGE)
            rc = add_job(s, path, unframed(part.bytes), e);
    if (rc == RC_OK && s->n_jobs == before)
        return err_set(e, RC_SYNTAX, "HL7-001", "there is no message in this file");
    return rc;
}

/* ---- the connections ---------------------------------------------------------------------- */

static void next_job(struct send_link *l);

static void print_answer(struct send_link *l, const char *code, struct str text, uint64_t ns)
{
    struct sender *s = l->owner;
    FILE *f = s->c->out;
    if (!s->each)
        return;
    fprintf(f, "%-4s %8.1f ms  ", code, (double)ns / 1e6);
    cli_put_safe(f, l->job->control_id);
    if (text.n > 0) {
        fputs("  ", f);
        cli_put_safe(f, text);
    }
    fputc('\n', f);
}

static void on_answer(struct send_link *l, struct str frame)
{
    struct sender *s = l->owner;
    const struct hl7_msg *m = NULL;
    struct hl7_ack ack = { .code = HL7_AR };
    struct err e;
    uint64_t ns = loop_now_mono(s->loop) - l->sent_mono;
    arena_clear(s->scratch);
    enum rc rc = hl7_parse(frame, NULL, s->scratch, &m, &e);
    if (rc == RC_OK)
        rc = hl7_ack_read(m, s->scratch, &ack, &e);
    bool ours = rc == RC_OK && (l->job->control_id.n == 0 ||
                                str_eq(str_trim(ack.control_id), str_trim(l->job->control_id)));
    bool good = ours && hl7_ack_is_positive(ack.code);
    s->n_positive += good ? 1 : 0;
    s->n_negative += good ? 0 : 1;
    s->took_ns += ns;
    s->longest_ns = ns > s->longest_ns ? ns : s->longest_ns;
    print_answer(l, rc != RC_OK ? "?" : hl7_ack_name(ack.code),
                 rc != RC_OK ? STR("the answer is no acknowledgement")
                 : ours      ? ack.text
                             : STR("this acknowledges another message"),
                 ns);
    l->job = NULL;
    next_job(l);
}

static size_t on_read(void *ctx, struct stream *st, struct str data)
{
    struct send_link *l = ctx;
    struct str frame;
    enum mllp_event ev;
    mllp_feed(&l->reader, data);
    while ((ev = mllp_next(&l->reader, &frame)) != MLLP_MORE) {
        if (ev == MLLP_FRAME && l->job)
            on_answer(l, frame);
        else if (ev != MLLP_FRAME)
            stream_abort(st);
    }
    return data.n;
}

static void next_job(struct send_link *l)
{
    struct sender *s = l->owner;
    struct err e;
    if (s->next == s->total) {
        stream_close(l->stream);
        return;
    }
    l->job = &s->jobs[s->next++ % s->n_jobs];
    l->sent_mono = loop_now_mono(s->loop);
    struct str parts[] = { MLLP_HEAD, l->job->bytes, MLLP_TAIL };
    stream_set_deadline(l->stream, s->timeout_ms);
    if (mllp_check(l->job->bytes, &e) == RC_OK &&
        stream_write(l->stream, parts, ZS_COUNT(parts), &e) == RC_OK)
        return;
    s->why = e;
    stream_abort(l->stream);
}

static void on_open(void *ctx, struct stream *st)
{
    (void)st; /* l->stream is it */
    next_job(ctx);
}

static void on_closed(void *ctx, struct stream *st, const struct err *why)
{
    struct send_link *l = ctx;
    struct sender *s = l->owner;
    (void)st;
    l->stream = NULL;
    if (l->job) {
        s->n_failed++;
        print_answer(l, "none", str_z(why->code == RC_OK ? "the connection was closed" : why->text),
                     loop_now_mono(s->loop) - l->sent_mono);
        l->job = NULL;
    }
    if (why->code != RC_OK && why->code != RC_STATE)
        s->why = *why;
    if (--s->n_open == 0)
        loop_stop(s->loop);
}

static enum rc open_links(struct sender *s, struct pool *pool, const struct hostport *to,
                          struct err *e)
{
    static const struct stream_events events = { .open = on_open,
                                                 .read = on_read,
                                                 .closed = on_closed };
    struct stream_connect how = { .host = to->host,
                                  .port = to->port,
                                  .timeout_ms = s->timeout_ms,
                                  .pool = pool,
                                  .opts = { .write_max = FILE_MAX + 16 } };
    for (size_t i = 0; i < s->n_links; i++) {
        struct send_link *l = &s->links[i];
        l->owner = s;
        mllp_reader_init(&l->reader, ACK_MAX);
        enum rc rc = stream_connect(s->loop, &how, &events, l, &l->stream, e);
        if (rc != RC_OK)
            return rc;
        s->n_open++;
    }
    return RC_OK;
}

/* ---- the command -------------------------------------------------------------------------- */

static enum rc read_options(struct sender *s, const struct cli_args *a, struct err *e)
{
    uint64_t repeat = 1, connections = 1;
    int64_t timeout = DEFAULT_MS;
    enum rc rc = cli_opt_u64(a, "repeat", 1, 1000000000, &repeat, e);
    if (rc == RC_OK)
        rc = cli_opt_u64(a, "connections", 1, LINKS_MAX, &connections, e);
    if (rc == RC_OK)
        rc = cli_opt_duration(a, "timeout", 86400000, &timeout, e);
    s->total = repeat;
    s->n_links = (size_t)connections;
    s->timeout_ms = (uint32_t)timeout;
    s->each = repeat == 1 && !cli_has(a, "quiet");
    return rc;
}

static int report(struct sender *s)
{
    uint64_t answered = s->n_positive + s->n_negative;
    uint64_t done = answered + s->n_failed;
    uint64_t unsent = s->total - answered - s->n_failed;
    if (s->total > 1 || !s->each)
        fprintf(s->c->out,
                "%llu sent: %llu positive, %llu negative, %llu without an answer; "
                "mean %.2f ms, longest %.2f ms\n",
                (unsigned long long)done, (unsigned long long)s->n_positive,
                (unsigned long long)s->n_negative, (unsigned long long)s->n_failed,
                answered ? (double)s->took_ns / (double)answered / 1e6 : 0.0,
                (double)s->longest_ns / 1e6);
    if (unsent == 0)
        return s->n_negative + s->n_failed > 0 ? CLI_NO : CLI_DONE;
    if (s->why.id)
        return cli_fail(s->c, &s->why);
    cli_note(s->c, "%llu were not sent: the connection was closed", (unsigned long long)unsent);
    return CLI_NO;
}

static int send_all(struct sender *s, const struct hostport *to)
{
    struct pool *pool = NULL;
    struct err e;
    enum rc rc = loop_new("send", s->c->clock, &s->loop, &e);
    if (rc == RC_OK)
        rc = pool_new("send", 2, 1024, &pool, &e);
    if (rc == RC_OK)
        rc = open_links(s, pool, to, &e);
    if (rc == RC_OK)
        loop_run(s->loop);
    pool_free(&pool);
    loop_free(&s->loop);
    for (size_t i = 0; i < s->n_links; i++)
        mllp_reader_done(&s->links[i].reader);
    return rc == RC_OK ? report(s) : cli_fail(s->c, &e);
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct sender *s = arena_make(c->arena, struct sender, 1);
    struct hostport to;
    struct err e;
    if (!s)
        return cli_fail(c, &(struct err){ .code = RC_NOMEM, .id = "BASE-002" });
    s->c = c;
    if (mllp_url(cli_pos(a, 0), &to, &e) != RC_OK || read_options(s, a, &e) != RC_OK)
        return cli_usage(c, a, &e);
    for (size_t i = 1; i < a->n_pos; i++)
        if (read_file(s, cli_pos(a, i), &e) != RC_OK)
            return cli_fail_in(c, cli_pos(a, i), STR_NULL, &e);
    s->total *= s->n_jobs;
    s->n_links = size_min(s->n_links, (size_t)s->total);
    s->scratch = arena_new("acknowledgement", 0, ACK_MAX * 4);
    if (!s->scratch)
        return cli_fail(c, &(struct err){ .code = RC_NOMEM, .id = "BASE-002" });
    int status = send_all(s, &to);
    arena_free(&s->scratch);
    return status;
}

static const struct cli_opt opts[] = {
    { .name = "repeat", .letter = 'r', .arg = "N", .help = "send everything so often", .def = "1" },
    { .name = "connections",
      .letter = 'c',
      .arg = "N",
      .help = "side by side, 1 to 256",
      .def = "1" },
    { .name = "timeout",
      .arg = "TIME",
      .help = "for connecting, and for each acknowledgement",
      .def = "30s" },
    { .name = "quiet", .letter = 'q', .help = "only the sum" },
    CLI_OPT_END
};

const struct cli_cmd cmd_send = {
    .name = "send",
    .args = "URL FILE...",
    .summary = "Send messages by MLLP and show each acknowledgement and its time",
    .details = "URL is mllp://HOST:PORT. A file may hold several messages, also in a batch; they "
               "go one after the other, each after the acknowledgement of the one before. Exit "
               "status 1 when one was not answered with AA or CA for its own control id.",
    .examples = "zarish send mllp://127.0.0.1:2575 sample.hl7\n"
                "# a thousand times over eight connections\n"
                "zarish send mllp://127.0.0.1:2575 sample.hl7 --repeat 1000 --connections 8",
    .opts = opts,
    .run = run,
};
