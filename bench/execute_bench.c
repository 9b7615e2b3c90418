/*
 * Executions a second: calls of one endpoint through flow_execute, each recorded before it is sent
 * and after it is answered, beside libcurl alone with the same body, the same number of requests
 * under way and the same server, in the same run.
 *
 *   execute_bench [--dir DIR] [--seconds N]
 *
 * libcurl alone: its multi interface on one thread, connections kept, nothing recorded. Rows say
 * what the store is: `memory` keeps records without a disk and shows what the engine costs;
 * `journal` in DIR (default .) syncs twice for each call, in groups. CPU is the whole process's,
 * the server's part included. Nothing is asserted.
 */
#include "base/buf.h"
#include "base/num.h"
#include "base/thread.h"
#include "bench/bench.h"
#include "connector/connector.h"
#include "flow/engine.h"
#include "flow/execute.h"
#include "net/http_server.h"
#include "store/journal/journal.h"
#include "store/mem/mem.h"

#include <curl/curl.h>
#include <dirent.h>
#include <ftw.h>

#define BODY_BYTES 1024
#define AT_MOST    64
#define WARM_NS    UINT64_C(200000000)

static struct {
    const char *dir;
    unsigned seconds;
} conf = { .dir = ".", .seconds = 3 };

ZS_NORETURN static void die(const char *what, const char *why)
{
    fprintf(stderr, "execute_bench: %s: %s\n", what, why);
    exit(1);
}

static void need(enum rc rc, const struct err *e)
{
    if (rc != RC_OK)
        die(e->id ? e->id : "error", e->text);
}

static uint64_t now_ns(void)
{
    return clock_mono_ns(clock_real());
}

/* ---- the server --------------------------------------------------------------------------- */

struct server {
    struct thread thread;
    struct loop *loop;
    struct http_server *http;
    uint16_t port;
};

static void on_body(void *ctx, struct http_exchange *x, struct str body)
{
    (void)ctx, (void)body;
    http_answer(x, &(struct http_response){ .status = 200,
                                            .type = STR("application/json"),
                                            .body = STR("{\"accepted\":true,\"id\":\"r-1\"}") });
}

static void on_request(void *ctx, struct http_exchange *x)
{
    http_collect(x, UINT64_MAX, on_body, ctx);
}

static void serve(void *ctx)
{
    struct server *sv = ctx;
    loop_run(sv->loop);
    http_server_free(&sv->http);
    loop_free(&sv->loop);
}

static void start_server(struct server *sv)
{
    static const struct http_server_events ev = { .request = on_request };
    struct http_server_conf hc = { .host = STR("127.0.0.1") };
    struct err e;
    *sv = (struct server){ .port = 0 };
    need(loop_new("server", NULL, &sv->loop, &e), &e);
    need(http_server_open(sv->loop, &hc, &ev, sv, &sv->http, &e), &e);
    sv->port = http_server_addr(sv->http)->port;
    need(thread_start(&sv->thread, "server", serve, sv, &e), &e);
}

static struct str make_body(struct buf *b)
{
    buf_init(b, 1 << 16);
    buf_z(b, "{\"patient\":{\"id\":\"P1\",\"name\":\"Test\"},\"note\":\"");
    buf_fill(b, 'x', BODY_BYTES - b->n - 2);
    buf_z(b, "\"}");
    return buf_view(b);
}

/* ---- rows --------------------------------------------------------------------------------- */

struct tally {
    uint64_t from, until;   /* counted between */
    uint64_t cpu_from, cpu; /* the process's, between the first and the last counted */
    uint64_t n;
    uint64_t times[1 << 20]; /* microseconds */
    size_t n_times;
};

static struct tally tally;

static uint64_t cpu_ns(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void begin_tally(void)
{
    tally.from = now_ns() + WARM_NS;
    tally.until = tally.from + (uint64_t)conf.seconds * 1000000000u;
    tally.n = tally.n_times = 0;
    tally.cpu_from = tally.cpu = 0;
}

/* One came back; false: it is over. */
static bool count(uint64_t sent)
{
    uint64_t now = now_ns();
    if (now >= tally.from && now < tally.until) {
        if (tally.n++ == 0)
            tally.cpu_from = cpu_ns();
        if (tally.n_times < ZS_COUNT(tally.times))
            tally.times[tally.n_times++] = (now - sent) / 1000;
    }
    if (now >= tally.until && tally.cpu == 0)
        tally.cpu = cpu_ns() - tally.cpu_from;
    return now < tally.until;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double print_row(const char *name, size_t at_once, double beside)
{
    double rate = (double)tally.n / conf.seconds;
    size_t last = tally.n_times ? tally.n_times - 1 : 0;
    qsort(tally.times, tally.n_times, sizeof tally.times[0], by_value);
    printf("%-22s %3zu at once  %8.0f /s  %6.1f us CPU each  p50 %6llu us  p99 %6llu us", name,
           at_once, rate, tally.n ? (double)tally.cpu / 1e3 / (double)tally.n : 0.0,
           (unsigned long long)tally.times[last / 2],
           (unsigned long long)tally.times[last * 99 / 100]);
    if (beside > 0)
        printf("  libcurl alone is %.2f times it", beside / rate);
    printf("\n");
    (void)fflush(stdout);
    return rate;
}

/* ---- libcurl alone ------------------------------------------------------------------------ */

static size_t swallow(char *p, size_t size, size_t n, void *ctx)
{
    (void)p, (void)ctx;
    return size * n;
}

static CURL *easy_new(const char *url, struct str body, struct curl_slist *headers)
{
    CURL *h = curl_easy_init();
    if (!h || curl_easy_setopt(h, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.p) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)body.n) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, swallow) != CURLE_OK ||
        curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) != CURLE_OK)
        die("curl", "no handle");
    return h;
}

static void send_again(CURLM *m, CURL *h, uint64_t *sent)
{
    *sent = now_ns();
    if (curl_multi_add_handle(m, h) != CURLM_OK)
        die("curl", "cannot send");
}

/* What has ended goes again, until it is over. */
static size_t reap(CURLM *m, uint64_t sent[AT_MOST])
{
    size_t n_over = 0;
    int left = 0;
    for (CURLMsg *msg = curl_multi_info_read(m, &left); msg; msg = curl_multi_info_read(m, &left)) {
        char *mine = NULL;
        CURL *h = msg->easy_handle;
        long status = 0;
        if (msg->data.result != CURLE_OK ||
            curl_easy_getinfo(h, CURLINFO_PRIVATE, &mine) != CURLE_OK ||
            curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
            die("curl", curl_easy_strerror(msg->data.result));
        uint64_t *at = &sent[(uintptr_t)mine];
        (void)curl_multi_remove_handle(m, h); /* it has ended */
        if (count(*at))
            send_again(m, h, at);
        else
            n_over++;
    }
    return n_over;
}

static double libcurl_alone(uint16_t port, struct str body, size_t at_once)
{
    char url[64];
    uint64_t sent[AT_MOST];
    CURL *h[AT_MOST];
    CURLM *m = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    int running = 0;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/in", port); /* fits */
    if (!m || !headers)
        die("curl", "no memory");
    begin_tally();
    for (size_t i = 0; i < at_once; i++) {
        h[i] = easy_new(url, body, headers);
        if (curl_easy_setopt(h[i], CURLOPT_PRIVATE, (void *)(uintptr_t)i) != CURLE_OK)
            die("curl", "no handle");
        send_again(m, h[i], &sent[i]);
    }
    for (size_t n_over = 0; n_over < at_once; n_over += reap(m, sent)) {
        if (curl_multi_perform(m, &running) != CURLM_OK ||
            (running && curl_multi_poll(m, NULL, 0, 100, NULL) != CURLM_OK))
            die("curl", "cannot wait");
    }
    for (size_t i = 0; i < at_once; i++)
        curl_easy_cleanup(h[i]);
    (void)curl_multi_cleanup(m); /* nothing is under way */
    curl_slist_free_all(headers);
    return print_row("libcurl alone", at_once, 0);
}

/* ---- executions --------------------------------------------------------------------------- */

struct caller {
    struct execute x;
    struct bench *bench;
    uint64_t sent;
};

struct bench {
    struct loop_post post;
    struct engine *engine;
    const struct config_endpoint *ep;
    struct str body;
    struct caller callers[AT_MOST];
    size_t at_once, n_over;
    atomic_bool over;
};

static void call(struct caller *c);

static void called(struct execute *x)
{
    struct caller *c = x->ctx;
    struct bench *b = c->bench;
    if (x->rc != RC_OK)
        die("execute", x->err.text);
    if (x->state != EXEC_COMPLETED) {
        fprintf(stderr, "execute_bench: %.*s\n", STR_ARG(x->error));
        exit(1);
    }
    arena_clear(x->arena);
    if (count(c->sent))
        call(c);
    else if (++b->n_over == b->at_once)
        atomic_store(&b->over, true);
}

static void call(struct caller *c)
{
    struct arena *a = c->x.arena;
    c->sent = now_ns();
    c->x = (struct execute){ .ep = c->bench->ep,
                             .arena = a,
                             .actor = STR("bench"),
                             .body = c->bench->body,
                             .retries = -1,
                             .done = called,
                             .ctx = c };
    flow_execute(c->bench->engine, &c->x);
}

/* On loop 0. */
static void begin_calls(struct loop_post *p)
{
    struct bench *b = ZS_CONTAINER(p, struct bench, post);
    for (size_t i = 0; i < b->at_once; i++)
        call(&b->callers[i]);
}

static struct config *load(uint16_t port, struct arena *a)
{
    static const struct config_env env = { .connector = conn_by_scheme, .resolve = true };
    char text[256];
    struct config *out = NULL;
    struct err_list found;
    struct err e;
    (void)snprintf(text, sizeof text, /* fits */
                   "integration: peer\ntype: rest_api\nendpoints:\n"
                   "  - { name: in, method: POST, url: \"http://127.0.0.1:%u/in\" }\n",
                   port);
    const struct config_text doc = { .text = str_z(text), .label = "bench", .dir = "." };
    err_list_init(&found, a, 10);
    need(config_load(&(struct config_sources){ .texts = &doc, .n_texts = 1 }, &env, &out, &found,
                     &e),
         &e);
    return out;
}

static void run_calls(struct bench *b, struct store *s, struct config *cfg)
{
    struct engine_conf ec = { .config = cfg,
                              .store = s,
                              .log = log_none(),
                              .clock = clock_real(),
                              .random = random_real(),
                              .n_loops = 1 };
    struct err e;
    need(engine_new(&ec, &b->engine, &e), &e);
    need(engine_start(b->engine, &e), &e);
    b->post.fn = begin_calls;
    begin_tally();
    loop_post(engine_loop(b->engine), &b->post);
    while (!atomic_load(&b->over))
        (void)nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL); /* early is early */
    engine_stop(b->engine, 1000);
    engine_free(&b->engine);
}

static void executions(const char *name, struct store *s, uint16_t port, struct str body,
                       size_t at_once, double beside)
{
    static struct bench b;
    struct arena *a = arena_new("bench", 0, 1 << 20);
    if (!a)
        die("bench", "no memory");
    b = (struct bench){ .body = body, .at_once = at_once };
    struct config *cfg = load(port, a);
    b.ep = &cfg->integrations[0]->endpoints[0];
    for (size_t i = 0; i < at_once; i++) {
        b.callers[i].bench = &b;
        b.callers[i].x.arena = arena_new("caller", 16384, 1 << 20);
        if (!b.callers[i].x.arena)
            die("bench", "no memory");
    }
    run_calls(&b, s, cfg);
    (void)print_row(name, at_once, beside);
    for (size_t i = 0; i < at_once; i++)
        arena_free(&b.callers[i].x.arena);
    config_unref(&cfg);
    arena_free(&a);
}

static void on_fatal(void *ctx, const struct err *e)
{
    (void)ctx;
    die("store", e->text);
}

static void on_notice(void *ctx, const struct err *e)
{
    (void)ctx;
    printf("notice   %s %s\n", e->id, e->text);
}

static const struct store_host store_host_of_bench = { .fatal = on_fatal, .notice = on_notice };

static void in_memory(uint16_t port, struct str body, size_t at_once, double beside)
{
    struct store_host host = store_host_of_bench;
    struct store *s = NULL;
    struct err e;
    host.clock = clock_real();
    need(mem_store_open(NULL, 0, &host, &s, &e), &e);
    executions("execute, memory", s, port, body, at_once, beside);
    store_close(&s);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void in_journal(uint16_t port, struct str body, size_t at_once, double beside)
{
    struct store_host host = store_host_of_bench;
    struct datadir *dir = NULL;
    struct store *s = NULL;
    char path[512];
    struct err e;
    (void)snprintf(path, sizeof path, "%s/execute-bench-XXXXXX", conf.dir); /* a cut one fails */
    if (!mkdtemp(path))
        die(conf.dir, "no directory can be made there");
    host.clock = clock_real();
    need(datadir_open(path, &dir, &e), &e);
    need(journal_open(&(struct journal_conf){ .dir = dir }, &host, &s, &e), &e);
    executions("execute, journal", s, port, body, at_once, beside);
    store_close(&s);
    datadir_close(&dir);
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "execute_bench: %s could not be removed whole\n", path);
}

static unsigned number(const char *text)
{
    uint64_t n = 0;
    struct err e;
    if (!text || num_u64(str_z(text), 1, 3600, &n, &e) != RC_OK)
        die("usage", "execute_bench [--dir DIR] [--seconds N]");
    return (unsigned)n;
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--dir") == 0 && value)
            conf.dir = value;
        else
            conf.seconds = number(strcmp(argv[i], "--seconds") == 0 ? value : NULL);
    }
}

int main(int argc, char **argv)
{
    static const size_t at_once[] = { 1, 8, AT_MOST };
    struct server sv;
    struct buf b;
    read_options(argc, argv);
    struct str body = make_body(&b);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        die("curl", "cannot start");
    bench_heading("execute_bench: POST of 1 KB JSON, answered 200 with JSON");
    start_server(&sv);
    for (size_t i = 0; i < ZS_COUNT(at_once); i++) {
        double beside = libcurl_alone(sv.port, body, at_once[i]);
        in_memory(sv.port, body, at_once[i], beside);
        in_journal(sv.port, body, at_once[i], beside);
    }
    loop_stop(sv.loop);
    thread_join(&sv.thread);
    buf_done(&b);
    return 0;
}
