/*
 * `zarish send`: messages to an MLLP receiver, each acknowledgement and its time. What sends is the
 * connector that the engine uses, so what works here works there. Tests: tests/scen/mllp_test.py
 */
#include "app/commands.h"
#include "app/mllp_opts.h"

#include "base/alloc.h"
#include "cli/hl7_file.h"
#include "json/jw.h"

#define MESSAGES_MAX    1000000
#define REPEAT_MAX      100000000
#define CONNECTIONS_MAX 256
#define TIMEOUT_MS      "30s"
#define LINE_MAX        65536
#define REPLY_MAX       ((size_t)4 * 1024 * 1024)

static const struct cli_opt opts[] = {
    CLI_OPT_OUTPUT,
    { .name = "repeat",
      .letter = 'n',
      .arg = "N",
      .help = "send everything so often; then only a summary is printed, and what went wrong",
      .def = "1" },
    { .name = "connections",
      .letter = 'p',
      .arg = "N",
      .help = "connections side by side; with more than one the order is not kept",
      .def = "1" },
    { .name = "timeout",
      .letter = 't',
      .arg = "TIME",
      .help = "longest wait for an acknowledgement, connecting included",
      .def = TIMEOUT_MS },
    { .name = "ca",
      .arg = "FILE",
      .help = "with mllps: authorities to trust (PEM) instead of the system's" },
    { .name = "cert", .arg = "FILE", .help = "with mllps: our client certificate (PEM)" },
    { .name = "key", .arg = "FILE", .help = "private key of --cert (PEM)" },
    { .name = "pin",
      .arg = "SHA256",
      .help = "with mllps: trust the certificate with this fingerprint" },
    CLI_OPT_END
};

struct message {
    struct str bytes;
    struct mllp_about about;
};

struct sending {
    struct cli *c;
    struct mllp_world w;
    struct conn_mllp_params params;
    struct conn_endpoint ep;
    struct conn_dest dest;
    struct arena *texts;
    struct message *m;
    size_t n_m;
    uint64_t total, next, n_done;
    uint64_t n_positive, n_negative, n_failed;
    uint64_t begun_mono;
    uint32_t *took_us; /* of the positive ones, as far as there was memory for them */
    size_t cap_took, n_took;
    bool quiet;  /* repeated: no line for what went well */
    bool broken; /* no memory to go on */
    struct err why;
    struct cli_progress bar;
    struct str pin;
    struct attempt *slots; /* one per connection */
    struct loop_hook pump;
};

struct attempt {
    struct delivery d;
    struct sending *s;
    const struct message *m;
    bool busy;
    uint64_t begun_mono;
};

/* ---- reading ------------------------------------------------------------------------------ */

static enum rc add_message(struct sending *s, struct str bytes, struct err *e)
{
    struct message *m = &s->m[s->n_m];
    if (s->n_m == MESSAGES_MAX)
        return err_set(e, RC_LIMIT, "APP-010", "more than %d messages", MESSAGES_MAX);
    if (s->n_m % 1024 == 0) {
        m = mem_grow(s->m, (s->n_m + 1024) * sizeof *m);
        if (!m)
            return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
        s->m = m;
        m = &s->m[s->n_m];
    }
    m->bytes = arena_str(s->texts, bytes);
    if (str_is_null(m->bytes))
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    mllp_about(m->bytes, s->texts, &m->about);
    s->n_m++;
    return RC_OK;
}

/* A message is sent as it stands in the file, but for marks of a frame that the file may hold. */
static struct str without_frame(struct str bytes)
{
    while (bytes.n > 0 && (bytes.p[0] == '\x0b' || bytes.p[0] == '\n'))
        bytes = str_from(bytes, 1);
    struct str end = STR("\x1c\r");
    if (str_ends(bytes, STR("\n")) && bytes.n >= 3 && bytes.p[bytes.n - 3] == '\x1c')
        bytes.n--;
    if (str_ends(bytes, end))
        bytes.n -= end.n;
    return bytes;
}

static int read_file(struct sending *s, const char *path)
{
    struct hl7_file f = { .path = path };
    struct err e;
    bool more = false;
    enum rc rc = hl7_file_open(s->c, path, &f, &e);
    if (rc == RC_OK)
        rc = hl7_file_next_message(&f, &more, &e);
    while (rc == RC_OK && more) {
        rc = add_message(s, without_frame(f.part.bytes), &e);
        if (rc == RC_OK)
            rc = hl7_file_next_message(&f, &more, &e);
    }
    int status = rc == RC_OK ? CLI_DONE : hl7_file_fail(s->c, &f, &e);
    hl7_file_done(&f);
    return status;
}

/* ---- what is printed ---------------------------------------------------------------------- */

static void print_json(struct sending *s, const struct attempt *a, const struct verdict *v,
                       uint64_t us)
{
    struct buf b;
    struct jw w;
    struct err e;
    buf_init(&b, LINE_MAX);
    jw_init(&w, &b, JSON_COMPACT);
    jw_object(&w);
    jw_kstr(&w, "controlId", a->m->about.control_id);
    jw_kstr(&w, "type", a->m->about.type);
    jw_kstr(&w, "code", v->status);
    jw_kstr(&w, "text", v->status_text);
    jw_ku64(&w, "microseconds", us);
    if (v->rc != RC_OK) {
        jw_kstrz(&w, "error", v->err.id);
        jw_kstrz(&w, "errorText", v->err.text);
        jw_kstrz(&w, "fate", fate_name(v->fate));
    }
    jw_end(&w);
    if (jw_done(&w, &e) == RC_OK) {
        buf_char(&b, '\n');
        hl7_flush(s->c, &b);
    } else {
        s->broken = true;
        s->why = e;
    }
    buf_done(&b);
}

static void print_text(struct sending *s, const struct attempt *a, const struct verdict *v,
                       uint64_t us)
{
    FILE *out = s->c->out;
    cli_put_safe(out, a->m->about.control_id.n ? a->m->about.control_id : STR("-"));
    (void)fputs("  ", out); /* cli_main looks at the stream's state at the end */
    cli_put_safe(out, a->m->about.type.n ? a->m->about.type : STR("-"));
    (void)fputs("  ", out); /* likewise */
    cli_put_safe(out, v->status.n ? v->status : STR("--"));
    (void)fprintf(out, "  %llu.%01llu ms", (unsigned long long)(us / 1000),
                  (unsigned long long)(us % 1000 / 100)); /* likewise */
    if (v->status_text.n) {
        (void)fputs("  ", out); /* likewise */
        cli_put_safe(out, v->status_text);
    } else if (v->rc != RC_OK && !v->answered) {
        (void)fprintf(out, "  %s %s", v->err.id, v->err.text); /* likewise */
    }
    (void)fputc('\n', out); /* likewise */
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile_ms(const struct sending *s, double p)
{
    size_t i = (size_t)((double)(s->n_took - 1) * p);
    return (double)s->took_us[i] / 1000.0;
}

static void print_summary(struct sending *s)
{
    double seconds = (double)(loop_now_mono(s->w.loop) - s->begun_mono) / 1e9;
    cli_note(s->c,
             "%llu sent: %llu positive, %llu negative, %llu without an answer; %.3f s, %.0f/s",
             (unsigned long long)s->n_done, (unsigned long long)s->n_positive,
             (unsigned long long)s->n_negative, (unsigned long long)s->n_failed, seconds,
             seconds > 0 ? (double)s->n_done / seconds : 0.0);
    if (s->n_took == 0)
        return;
    qsort(s->took_us, s->n_took, sizeof s->took_us[0], by_size);
    cli_note(s->c, "positive answers: least %.2f ms, median %.2f, p99 %.2f, longest %.2f",
             percentile_ms(s, 0), percentile_ms(s, 0.5), percentile_ms(s, 0.99),
             percentile_ms(s, 1));
}

/* ---- sending ------------------------------------------------------------------------------ */

static void count(struct sending *s, const struct verdict *v, uint64_t us)
{
    s->n_done++;
    if (v->rc != RC_OK) {
        s->n_negative += v->answered;
        s->n_failed += !v->answered;
        return;
    }
    s->n_positive++;
    if (s->n_took == s->cap_took) {
        size_t cap = s->cap_took ? s->cap_took * 2 : 1024;
        uint32_t *p = mem_grow(s->took_us, cap * sizeof *p);
        if (!p)
            return; /* the summary then speaks of the first ones */
        s->took_us = p;
        s->cap_took = cap;
    }
    s->took_us[s->n_took++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void send_one(struct sending *s, struct attempt *a)
{
    a->d.arena = arena_new("attempt", 1024, REPLY_MAX);
    if (!a->d.arena) {
        s->broken = true;
        (void)err_set(&s->why, RC_NOMEM, "BASE-002", "not enough memory");
        return;
    }
    a->m = &s->m[s->next++ % s->n_m];
    a->begun_mono = loop_now_mono(s->w.loop);
    a->d.seq = s->next;
    a->d.body = a->m->bytes;
    a->busy = true;
    conn_mllp.send(&s->dest, &a->d);
}

/* From the loop, never from done: an attempt may be done before send returns. */
static void pump(struct loop_hook *h)
{
    struct sending *s = ZS_CONTAINER(h, struct sending, pump);
    for (size_t i = 0; i < (size_t)s->params.connections; i++)
        if (!s->slots[i].busy && s->next < s->total && !s->broken)
            send_one(s, &s->slots[i]);
}

static void on_done(struct delivery *d, const struct verdict *v)
{
    struct attempt *a = ZS_CONTAINER(d, struct attempt, d);
    struct sending *s = a->s;
    uint64_t us = (loop_now_mono(s->w.loop) - a->begun_mono) / 1000;
    count(s, v, us);
    if (!s->quiet || v->rc != RC_OK) {
        cli_progress_end(&s->bar);
        if (s->c->json)
            print_json(s, a, v, us);
        else
            print_text(s, a, v, us);
    }
    cli_progress_step(&s->bar, s->n_done);
    arena_free(&d->arena);
    a->busy = false;
    loop_hook_arm(s->w.loop, &s->pump);
}

static bool all_done(void *ctx)
{
    const struct sending *s = ctx;
    return s->n_done == s->total || s->broken;
}

static int verdict_of(const struct sending *s)
{
    if (s->n_negative > 0)
        return CLI_NO;
    return s->n_failed > 0 ? CLI_FAILED : CLI_DONE;
}

static int send_all(struct sending *s)
{
    struct err e;
    s->slots = mem_array(struct attempt, (size_t)s->params.connections);
    if (!s->slots) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory");
        return cli_fail(s->c, &e);
    }
    for (size_t i = 0; i < (size_t)s->params.connections; i++) {
        s->slots[i].s = s;
        s->slots[i].d.content_type = STR("x-application/hl7-v2+er7");
        s->slots[i].d.done = on_done;
    }
    cli_progress_init(&s->bar, s->c, "sending", s->total);
    s->begun_mono = loop_now_mono(s->w.loop);
    s->pump.fn = pump;
    loop_hook_arm(s->w.loop, &s->pump);
    while (!loop_run_until(s->w.loop, all_done, s, UINT32_MAX))
        ;
    s->next = s->total; /* what is closed with send_close is not followed by another */
    conn_mllp.send_close(&s->dest);
    cli_progress_end(&s->bar);
    if (s->broken)
        return cli_fail(s->c, &s->why);
    if (s->total > 1)
        print_summary(s);
    return verdict_of(s);
}

/* ---- options ------------------------------------------------------------------------------ */

static enum rc read_numbers(struct sending *s, const struct cli_args *a, uint64_t *repeat,
                            struct err *e)
{
    uint64_t connections = 1;
    int64_t timeout_ms = 0;
    enum rc rc = cli_opt_u64(a, "repeat", 1, REPEAT_MAX, repeat, e);
    if (rc == RC_OK)
        rc = cli_opt_u64(a, "connections", 1, CONNECTIONS_MAX, &connections, e);
    if (rc == RC_OK)
        rc = cli_opt_duration(a, "timeout", 86400000, &timeout_ms, e);
    s->params.connections = (int64_t)connections;
    s->ep.timeout_ms = (uint32_t)timeout_ms;
    return rc;
}

static enum rc open_dest(struct sending *s, const struct cli_args *a, struct err *e)
{
    s->pin = str_z(cli_opt(a, "pin"));
    s->params.match_control_id = true;
    s->params.ca_file = str_z(cli_opt(a, "ca"));
    s->params.cert_file = str_z(cli_opt(a, "cert"));
    s->params.key_file = str_z(cli_opt(a, "key"));
    if (s->pin.n) {
        s->params.verify = MLLP_VERIFY_PIN;
        s->params.pins = (struct opt_strs){ &s->pin, 1 };
    }
    s->ep.name = s->ep.type = "send";
    s->ep.url = str_z(cli_pos(a, 0));
    s->ep.params = &s->params;
    struct err_list found;
    err_list_init(&found, s->c->arena, 4);
    struct opt_read r = { .arena = s->c->arena, .errs = &found };
    conn_mllp.send_check(&r, NULL, &s->ep);
    enum rc rc = err_list_rc(&found, e);
    if (rc == RC_OK)
        rc = mllp_world_open(s->c, &s->w, e);
    s->dest = (struct conn_dest){ .type = &conn_mllp, .ep = &s->ep, .host = &s->w.host };
    return rc == RC_OK ? conn_mllp.send_open(&s->dest, e) : rc;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct sending s = { .c = c };
    struct err e;
    uint64_t repeat = 1;
    if (read_numbers(&s, a, &repeat, &e) != RC_OK)
        return cli_usage(c, a, &e);
    s.texts = arena_new("messages", 0, SIZE_MAX / 2);
    int status = CLI_DONE;
    if (!s.texts) {
        (void)err_set(&e, RC_NOMEM, "BASE-002", "not enough memory");
        return cli_fail(c, &e);
    }
    for (size_t i = 1; status == CLI_DONE && i < a->n_pos; i++)
        status = read_file(&s, cli_pos(a, i));
    s.total = s.n_m * repeat;
    s.quiet = repeat > 1;
    if (status == CLI_DONE && s.n_m == 0) {
        (void)err_set(&e, RC_MISSING, "APP-011", "there is no message in what was given");
        status = cli_fail(c, &e);
    }
    if (status == CLI_DONE)
        status = open_dest(&s, a, &e) == RC_OK ? send_all(&s) : cli_fail(c, &e);
    mllp_world_close(&s.w);
    mem_free(s.m);
    mem_free(s.took_us);
    mem_free(s.slots);
    arena_free(&s.texts);
    return status;
}

const struct cli_cmd cmd_send = {
    .name = "send",
    .args = "URL FILE...",
    .summary = "Send HL7 v2 messages over MLLP",
    .details =
        "Sends every message of the files in turn, as it stands there, and prints its control id, "
        "type, acknowledgement code and the time it took. Files may be batches, hold several "
        "messages, or frames; - is standard input.\n\n"
        "Ends with 0 when every message was answered AA or CA, with 1 when one was answered "
        "otherwise, with 3 when one was not answered at all.",
    .examples =
        "zarish send mllp://127.0.0.1:2575 adt.hl7\n"
        "# How fast is the receiver?\n"
        "zarish send mllp://127.0.0.1:2575 adt.hl7 --repeat 10000 --connections 8\n"
        "zarish send mllps://lab.example:2576 --ca ca.pem --cert us.pem --key us.key oru.hl7",
    .opts = opts,
    .run = run,
};
