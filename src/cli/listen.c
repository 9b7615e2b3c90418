/*
 * `zarish listen`: a receiver for trying things out. It shows what arrives and acknowledges it as
 * told. It keeps nothing safe: that is what `serve` is for. Tests: tests/scen/scen_test.py
 */
#include "cli/mllp_url.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/timefmt.h"
#include "cli/cli.h"
#include "hl7/ack.h"
#include "hl7/mllp.h"
#include "net/stream.h"

#include <signal.h>

#define MESSAGE_MAX ((size_t)512 * 1024 * 1024)

struct receiver {
    struct cli *c;
    struct loop *loop;
    struct listener *listener;
    enum hl7_ack_code code;
    const char *dir; /* NULL: nothing is kept */
    uint64_t n, limit;
    int status;
};

struct guest {
    struct receiver *owner;
    struct mllp_reader reader;
    char name[ADDR_TEXT_MAX];
};

static enum rc keep(struct receiver *r, struct arena *a, struct str message, struct err *e)
{
    struct buf path;
    if (!r->dir)
        return RC_OK;
    buf_init_arena(&path, a, 8192);
    buf_fmt(&path, "%s/%06llu.hl7", r->dir, (unsigned long long)r->n);
    const char *z = buf_cstr(&path);
    return z ? file_write_atomic(z, message, 0600, e) : buf_rc(&path, e);
}

static struct str text_of(const struct hl7_msg *m, struct arena *a, unsigned field, unsigned comp)
{
    struct str s;
    if (!m || hl7_text(m, hl7_header(m, field, comp), a, &s, NULL) != RC_OK)
        return STR("");
    return s;
}

static void show(const struct guest *g, const struct hl7_msg *m, struct arena *a,
                 struct str message)
{
    FILE *f = g->owner->c->out;
    char at[TIME_ISO_SIZE];
    time_iso(clock_now_ms(g->owner->c->clock), at);
    fprintf(f, "%s  %s  %zu bytes  ", at, g->name, message.n);
    if (!m)
        fputs("no HL7 v2 message", f);
    cli_put_safe(f, text_of(m, a, 9, 1));
    fputs(m && text_of(m, a, 9, 2).n ? "^" : "", f);
    cli_put_safe(f, text_of(m, a, 9, 2));
    fputs("  ", f);
    cli_put_safe(f, text_of(m, a, 10, 0));
    fprintf(f, "  %s\n", hl7_ack_name(g->owner->code));
    (void)fflush(f); /* cli_main checks the stream at the end */
}

static enum rc answer(struct guest *g, struct stream *s, const struct hl7_msg *m, struct arena *a,
                      struct str message, struct err *e)
{
    char id[24];
    int n = snprintf(id, sizeof id, "L%llu", (unsigned long long)g->owner->n);
    struct hl7_ack_opts o = { .code = g->owner->code,
                              .control_id = str_of(id, n > 0 ? (size_t)n : 0),
                              .at_ms = clock_now_ms(g->owner->c->clock) };
    struct buf b;
    buf_init_arena(&b, a, 65536);
    enum rc rc = m ? hl7_ack_write(m, &o, a, &b, e) : hl7_ack_write_broken(message, &o, a, &b, e);
    struct str parts[] = { MLLP_HEAD, buf_view(&b), MLLP_TAIL };
    return rc == RC_OK ? stream_write(s, parts, ZS_COUNT(parts), e) : rc;
}

static void take(struct guest *g, struct stream *s, struct str message)
{
    struct receiver *r = g->owner;
    const struct hl7_msg *m = NULL;
    struct err e;
    struct arena *a = arena_new("message", 0, MESSAGE_MAX);
    if (!a) {
        stream_abort(s);
        return;
    }
    r->n++;
    if (hl7_parse(message, NULL, a, &m, &e) != RC_OK)
        m = NULL;
    enum rc rc = keep(r, a, message, &e);
    if (rc == RC_OK)
        rc = answer(g, s, m, a, message, &e);
    if (rc == RC_OK) {
        show(g, m, a, message);
    } else {
        r->status = cli_fail(r->c, &e);
        stream_abort(s); /* not acknowledged: the sender will try again */
    }
    arena_free(&a);
    if (r->limit > 0 && r->n >= r->limit) {
        stream_close(s);
        loop_stop(r->loop);
    }
}

static size_t on_read(void *ctx, struct stream *s, struct str data)
{
    struct guest *g = ctx;
    struct str frame;
    enum mllp_event ev;
    mllp_feed(&g->reader, data);
    while ((ev = mllp_next(&g->reader, &frame)) != MLLP_MORE) {
        if (ev == MLLP_FRAME)
            take(g, s, frame);
        else
            stream_abort(s);
    }
    return data.n;
}

static void on_open(void *ctx, struct stream *s)
{
    (void)ctx, (void)s; /* the sender speaks first */
}

static void on_closed(void *ctx, struct stream *s, const struct err *why)
{
    struct guest *g = ctx;
    (void)s, (void)why; /* how a sender goes away is its own matter */
    mllp_reader_done(&g->reader);
    mem_free(g);
}

static void on_accept(void *ctx, struct listener *ls, struct stream *s)
{
    static const struct stream_events events = { .open = on_open,
                                                 .read = on_read,
                                                 .closed = on_closed };
    struct guest *g = mem_new(struct guest);
    (void)ls;
    if (!g)
        return; /* not attached: aborted */
    g->owner = ctx;
    (void)addr_text(stream_peer(s), g->name); /* its length is of no use here */
    mllp_reader_init(&g->reader, MESSAGE_MAX);
    stream_attach(s, &events, g);
}

static void on_failed(void *ctx, struct listener *ls, const struct err *why)
{
    struct receiver *r = ctx;
    (void)ls;
    cli_note(r->c, "%s", why->text);
}

static void on_signal(void *ctx, int signum)
{
    struct receiver *r = ctx;
    (void)signum;
    loop_stop(r->loop);
}

static enum rc open_receiver(struct receiver *r, const struct hostport *at, struct err *e)
{
    static const struct listener_events events = { .accept = on_accept, .failed = on_failed };
    struct stream_listen how = { .host = at->host, .port = at->port };
    enum rc rc = loop_new("listen", r->c->clock, &r->loop, e);
    if (rc == RC_OK)
        rc = loop_signal(r->loop, SIGINT, on_signal, r, e);
    if (rc == RC_OK)
        rc = loop_signal(r->loop, SIGTERM, on_signal, r, e);
    if (rc == RC_OK)
        rc = stream_listen(r->loop, &how, &events, r, &r->listener, e);
    return rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct receiver r = { .c = c, .dir = cli_opt(a, "out"), .status = CLI_DONE };
    struct hostport at;
    struct err e;
    char text[ADDR_TEXT_MAX];
    if (mllp_url(cli_pos(a, 0), &at, &e) != RC_OK ||
        cli_opt_u64(a, "count", 0, UINT64_MAX, &r.limit, &e) != RC_OK)
        return cli_usage(c, a, &e);
    if (!hl7_ack_code_read(str_z(cli_opt(a, "code")), &r.code))
        r.code = HL7_AA; /* the frame allowed only the six */
    enum rc rc = r.dir ? file_mkdirs(r.dir, &e) : RC_OK;
    if (rc == RC_OK)
        rc = open_receiver(&r, &at, &e);
    if (rc == RC_OK) {
        (void)addr_text(listener_addr(r.listener), text); /* its length is of no use here */
        fprintf(c->err, "listening on mllp://%s\n", text);
        (void)fflush(c->err); /* a remark for a person */
        loop_run(r.loop);
    }
    listener_close(&r.listener);
    loop_free(&r.loop);
    return rc == RC_OK ? r.status : cli_fail(c, &e);
}

static const struct cli_opt opts[] = {
    { .name = "code",
      .arg = "AA|AE|AR|CA|CE|CR",
      .help = "acknowledge every message with this",
      .def = "AA" },
    { .name = "out", .arg = "DIR", .help = "keep what arrives there, as 000001.hl7 and so on" },
    { .name = "count",
      .letter = 'n',
      .arg = "N",
      .help = "end after so many messages; 0: never",
      .def = "0" },
    CLI_OPT_END
};

const struct cli_cmd cmd_listen = {
    .name = "listen",
    .args = "URL",
    .summary = "Receive messages by MLLP and acknowledge them, to try things out",
    .details = "URL is mllp://HOST:PORT; port 0 takes a free one, which is told on standard error. "
               "Nothing is stored safely: to do that, run `zarish serve`.",
    .examples = "zarish listen mllp://127.0.0.1:2576\n"
                "# what does my engine do when it is refused?\n"
                "zarish listen mllp://127.0.0.1:2576 --code AE",
    .opts = opts,
    .run = run,
};
