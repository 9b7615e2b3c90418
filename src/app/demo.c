/*
 * `zarish demo`: the whole engine on an example, from MLLP to HTTP, in a second. Everything is
 * real but the data directory, which is temporary. Tests: tests/scen
 */
#include "app/demo.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#define WAIT_MS 20000

static const struct cli_opt opts[] = {
    { .name = "stay", .help = "keep running afterwards, to send messages of your own" },
    { .name = "dir", .arg = "DIR", .help = "the example; else the quickstart that comes along" },
    CLI_OPT_END
};

/* ---- where things are --------------------------------------------------------------------- */

static bool is_example(const char *dir)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/messages", dir);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}

/* Beside the sources where we were built, or where `make install` puts it. */
static const char *find_example(struct cli *c)
{
    static const char *const below[] = { "../examples/quickstart", "../../examples/quickstart",
                                         "../../../../examples/quickstart",
                                         "../share/zarish/examples/quickstart" };
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (is_example("examples/quickstart"))
        return "examples/quickstart";
    if (n <= 0)
        return NULL;
    while (n > 0 && self[n - 1] != '/')
        n--;
    for (size_t i = 0; i < ZS_COUNT(below); i++) {
        struct buf b;
        buf_init_arena(&b, c->arena, 8192);
        buf_add(&b, self, (size_t)n);
        buf_z(&b, below[i]);
        const char *path = buf_cstr(&b);
        if (path && is_example(path))
            return path;
    }
    return NULL;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw; /* nftw's signature */
    return remove(path);
}

static enum rc make_data(struct demo *d, struct err *e)
{
    const char *tmp = cli_env(d->cli, "TMPDIR");
    int n = snprintf(d->data, sizeof d->data, "%s/zarish-demo-XXXXXX", tmp ? tmp : "/tmp");
    if (n < 0 || (size_t)n >= sizeof d->data)
        return err_set(e, RC_LIMIT, "APP-003", "TMPDIR is too long");
    if (!mkdtemp(d->data))
        return err_sys(e, "APP-003", errno, "cannot make a temporary data directory");
    return RC_OK;
}

/* Free ports, told to the configuration as its variables. */
static const char *lookup(void *ctx, const char *name)
{
    const struct demo *d = ctx;
    if (strcmp(name, "ZARISH_MLLP_PORT") == 0)
        return "0";
    return strcmp(name, "ZARISH_RECEIVER_PORT") == 0 ? d->port : NULL;
}

static enum rc prepare(struct run *r, struct err *e)
{
    return demo_receiver_open(ZS_CONTAINER(r, struct demo, run), e);
}

/* ---- the table ---------------------------------------------------------------------------- */

static void put_ms(struct cli_table *t, const struct demo_message *m)
{
    char text[32] = "-";
    if (m->arrived)
        (void)snprintf(text, sizeof text, "%.1f",
                       (double)(m->arrived_mono - m->sent_mono) / 1e6); /* fits */
    cli_table_cell(t, str_z(text));
}

static enum rc print_table(struct demo *d, size_t *n_good, struct err *e)
{
    static const struct cli_col cols[] = { { .head = "CONTROL ID" },
                                           { .head = "TYPE" },
                                           { .head = "ACK" },
                                           { .head = "DELIVERED" },
                                           { .head = "MS", .right = true } };
    struct cli_table t;
    cli_table_init(&t, cols, ZS_COUNT(cols), d->cli->arena);
    for (size_t i = 0; i < d->n; i++) {
        const struct demo_message *m = &d->m[i];
        cli_table_cell(&t, m->control_id);
        cli_table_cell(&t, m->type);
        cli_table_cell(&t, m->ack[0] ? str_z(m->ack) : STR("none"));
        cli_table_cell(&t, m->arrived ? STR("intact") : STR("no"));
        put_ms(&t, m);
        *n_good += m->arrived && strcmp(m->ack, "AA") == 0 ? 1 : 0;
    }
    return cli_table_print(&t, d->cli->out, e);
}

static void print_stay(struct demo *d)
{
    fprintf(d->cli->out,
            "\nThe engine stays up. In another terminal:\n\n"
            "  build/zarish send %s examples/quickstart/messages/01-adt-a01.hl7\n"
            "  build/zarish get messages --data %s\n"
            "  build/zarish get channels --data %s\n"
            "  build/zarish trace MESSAGE --data %s\n\n"
            "The management API is at %s; its key is in %s/admin.json.\n"
            "Ctrl-C stops it and removes its data.\n",
            d->mllp, d->data, d->data, d->data, d->run.url, d->data);
    (void)fflush(d->cli->out); /* cli_main checks the stream at the end */
}

/* ---- the demo ----------------------------------------------------------------------------- */

static int show(struct demo *d, bool stay)
{
    struct err e;
    size_t n_good = 0;
    enum rc rc = demo_send(d, &e);
    if (rc == RC_OK && !loop_run_until(d->run.loop, demo_is_done, d, WAIT_MS))
        cli_note(d->cli, "not everything arrived within %d seconds", WAIT_MS / 1000);
    if (rc == RC_OK)
        rc = print_table(d, &n_good, &e);
    if (rc != RC_OK)
        return cli_fail(d->cli, &e);
    bool good = n_good == d->n && d->n_strangers == 0;
    fprintf(d->cli->out,
            "\n%zu of %zu messages went in by MLLP, were stored, mapped and delivered "
            "by HTTP intact.\n",
            n_good, d->n);
    if (d->n_strangers > 0)
        fprintf(d->cli->out, "%zu arrived that are not what was expected.\n", d->n_strangers);
    if (stay && !d->run.stopping) {
        print_stay(d);
        run_wait(&d->run);
    }
    return good ? CLI_DONE : CLI_NO;
}

static int run_demo(struct demo *d, bool stay)
{
    const char *paths[] = { d->dir };
    struct run_conf conf = { .config = paths,
                             .n_config = 1,
                             .data = d->data,
                             .listen = "127.0.0.1:0",
                             .quiet = true,
                             .prepare = prepare,
                             .lookup = lookup,
                             .ctx = d };
    int status = run_open(d->cli, &conf, &d->run);
    if (status != CLI_DONE)
        return status;
    status = show(d, stay);
    demo_sender_close(d);
    demo_receiver_close(d);
    run_close(&d->run);
    return status;
}

static int run(struct cli *c, const struct cli_args *a)
{
    struct err e;
    struct demo d = { .cli = c, .dir = cli_opt(a, "dir") };
    if (!d.dir)
        d.dir = find_example(c);
    if (!d.dir) {
        (void)err_set(&e, RC_MISSING, "APP-002",
                      "the quickstart example is not where it should "
                      "be; name a directory with --dir");
        return cli_fail(c, &e);
    }
    enum rc rc = demo_read(&d, &e);
    if (rc == RC_OK)
        rc = make_data(&d, &e);
    if (rc != RC_OK)
        return cli_fail(c, &e);
    int status = run_demo(&d, cli_has(a, "stay"));
    if (nftw(d.data, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        cli_note(c, "%s could not be removed", d.data);
    return status;
}

const struct cli_cmd cmd_demo = {
    .name = "demo",
    .summary = "Show the engine at work on an example, all real but the data",
    .details = "Starts an engine with a temporary data directory and free ports, sends the "
               "example's messages by MLLP, maps them to JSON, delivers them by HTTP to a "
               "receiver of its own, and compares what arrived with what has to. Exit status 0 "
               "only if every one was acknowledged and arrived intact.",
    .examples = "zarish demo\nzarish demo --stay",
    .opts = opts,
    .run = run,
};
