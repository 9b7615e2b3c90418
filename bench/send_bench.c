/*
 * Requests a second of an HTTP destination, beside libcurl alone against the same server in the
 * same run: one at a time, and eight. The server is a process of its own on this machine.
 *
 *   build/release/bench/send_bench [SECONDS]
 */
#include "base/log.h"
#include "bench/bench.h"
#include "connector/http/http.h"
#include "net/http_server.h"
#include "net/loop.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BODY_BYTES 1024
#define WIDTH_MAX  64

static char body[BODY_BYTES];

/* ---- the server ---- */

static void on_body(void *ctx, struct http_exchange *x, struct str in)
{
    (void)ctx, (void)in;
    http_answer(x, &(struct http_response){
                       .status = 200, .type = STR("application/json"), .body = STR("{\"ok\":1}") });
}

static void on_request(void *ctx, struct http_exchange *x)
{
    http_collect(x, 1 << 20, on_body, ctx);
}

static void on_stopped(void *ctx)
{
    (void)ctx;
}

static void serve(int out)
{
    static const struct http_server_events ev = { .request = on_request, .stopped = on_stopped };
    struct http_server_conf conf = { .host = STR("127.0.0.1") };
    struct http_server *server = NULL;
    struct loop *loop = NULL;
    struct err e;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else it stays when we are killed */
    ZS_ASSERT(loop_new("server", NULL, &loop, &e) == RC_OK);
    ZS_ASSERT(http_server_open(loop, &conf, &ev, NULL, &server, &e) == RC_OK);
    uint16_t port = http_server_addr(server)->port;
    ZS_ASSERT(write(out, &port, sizeof port) == sizeof port);
    loop_run(loop);
}

/* ---- what is measured ---- */

struct figures {
    uint64_t n;
    double seconds, cpu_us; /* of one request, ours */
};

static double cpu_seconds(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0
               ? (double)t.tv_sec + (double)t.tv_nsec / 1e9
               : 0;
}

static double now_seconds(void)
{
    return (double)clock_mono_ns(clock_real()) / 1e9;
}

static void show(const char *name, size_t width, const struct figures *f)
{
    printf("%-26s %2zu at once  %9.0f requests/s  %6.1f us CPU each\n", name, width,
           (double)f->n / f->seconds, f->cpu_us / (double)f->n);
}

/* ---- our destination ---- */

struct ours {
    struct loop *loop;
    struct conn_dest dest;
    double until;
    size_t in_flight;
    uint64_t n;
};

struct sent {
    struct delivery d;
    struct ours *o;
};

static void on_done(struct delivery *d, const struct verdict *v)
{
    struct sent *s = ZS_CONTAINER(d, struct sent, d);
    struct ours *o = s->o;
    ZS_ASSERT(v->rc == RC_OK);
    o->n++;
    arena_clear(d->arena);
    if (now_seconds() < o->until)
        conn_http.send(&o->dest, d);
    else if (--o->in_flight == 0)
        loop_stop(o->loop);
}

static void measure_ours(const char *url, size_t width, double seconds)
{
    static const struct conn_header key = { STR_INIT("Authorization"), STR_INIT("Bearer abc") };
    static const struct conn_extra extra = { .headers = &key, .n_headers = 1 };
    struct ours o = { .in_flight = width };
    struct sent sent[WIDTH_MAX];
    struct err e;
    struct conn_endpoint ep = {
        .name = "b", .type = "rest_api", .url = str_z(url), .timeout_ms = 30000
    };
    ZS_ASSERT(loop_new("ours", NULL, &o.loop, &e) == RC_OK);
    struct conn_host host = { .loop = o.loop, .clock = clock_real(), .log = log_none() };
    o.dest = (struct conn_dest){ .type = &conn_http, .ep = &ep, .host = &host };
    ZS_ASSERT(conn_http.send_open(&o.dest, &e) == RC_OK);
    double begun = now_seconds(), cpu = cpu_seconds();
    o.until = begun + seconds;
    for (size_t i = 0; i < width; i++) {
        sent[i] = (struct sent){ .o = &o };
        sent[i].d = (struct delivery){ .message_id = STR("0123abcd-17"),
                                       .body = str_of(body, sizeof body),
                                       .content_type = STR("application/json"),
                                       .extra = &extra,
                                       .arena = arena_new("sent", 16384, 1u << 20),
                                       .done = on_done };
        conn_http.send(&o.dest, &sent[i].d);
    }
    loop_run(o.loop);
    struct figures f = { o.n, now_seconds() - begun, (cpu_seconds() - cpu) * 1e6 };
    conn_http.send_close(&o.dest);
    for (size_t i = 0; i < width; i++)
        arena_free(&sent[i].d.arena);
    loop_free(&o.loop);
    show("destination", width, &f);
}

/* ---- libcurl alone ---- */

static size_t swallow(char *p, size_t size, size_t n, void *ctx)
{
    (void)p, (void)ctx;
    return size * n;
}

static CURL *make_easy(const char *url, struct curl_slist *lines)
{
    CURL *h = curl_easy_init();
    ZS_ASSERT(h && curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK);
    ZS_ASSERT(curl_easy_setopt(h, CURLOPT_HTTPHEADER, lines) == CURLE_OK);
    ZS_ASSERT(curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)sizeof body) == CURLE_OK);
    ZS_ASSERT(curl_easy_setopt(h, CURLOPT_POSTFIELDS, body) == CURLE_OK);
    ZS_ASSERT(curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, swallow) == CURLE_OK);
    return h;
}

static uint64_t drive_multi(CURLM *m, double until, size_t *in_flight)
{
    uint64_t n = 0;
    while (*in_flight > 0) {
        int running = 0, left = 0;
        ZS_ASSERT(curl_multi_perform(m, &running) == CURLM_OK);
        for (CURLMsg *msg = curl_multi_info_read(m, &left); msg;
             msg = curl_multi_info_read(m, &left)) {
            CURL *h = msg->easy_handle;
            ZS_ASSERT(msg->data.result == CURLE_OK);
            n++;
            ZS_ASSERT(curl_multi_remove_handle(m, h) == CURLM_OK);
            if (now_seconds() < until)
                ZS_ASSERT(curl_multi_add_handle(m, h) == CURLM_OK);
            else
                --*in_flight;
        }
        if (*in_flight > 0)
            ZS_ASSERT(curl_multi_poll(m, NULL, 0, 1000, NULL) == CURLM_OK);
    }
    return n;
}

static void measure_curl(const char *url, size_t width, double seconds)
{
    static const char *const texts[] = { "Content-Type: application/json",
                                         "Accept: application/json", "Authorization: Bearer abc",
                                         "Idempotency-Key: 0123abcd-17" };
    struct curl_slist *lines = NULL;
    CURL *easy[WIDTH_MAX];
    CURLM *m = curl_multi_init();
    for (size_t i = 0; i < ZS_COUNT(texts); i++)
        lines = curl_slist_append(lines, texts[i]);
    for (size_t i = 0; i < width; i++)
        easy[i] = make_easy(url, lines);
    double begun = now_seconds(), cpu = cpu_seconds();
    for (size_t i = 0; i < width; i++)
        ZS_ASSERT(curl_multi_add_handle(m, easy[i]) == CURLM_OK);
    size_t in_flight = width;
    struct figures f = { .n = drive_multi(m, begun + seconds, &in_flight) };
    f.seconds = now_seconds() - begun;
    f.cpu_us = (cpu_seconds() - cpu) * 1e6;
    for (size_t i = 0; i < width; i++)
        curl_easy_cleanup(easy[i]);
    (void)curl_multi_cleanup(m); /* fails only on a handle that is none */
    curl_slist_free_all(lines);
    show("libcurl alone", width, &f);
}

int main(int argc, char **argv)
{
    static const size_t widths[] = { 1, 8, 32 };
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 3;
    int ends[2];
    uint16_t port = 0;
    memset(body, 'x', sizeof body);
    bench_heading("sending over HTTP");
    ZS_ASSERT(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        serve(ends[1]);
        return 0;
    }
    ZS_ASSERT(child > 0 && read(ends[0], &port, sizeof port) == sizeof port);
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/in", port); /* fits */
    ZS_ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    for (size_t i = 0; i < ZS_COUNT(widths); i++) {
        measure_curl(url, widths[i], seconds);
        measure_ours(url, widths[i], seconds);
    }
    (void)kill(child, SIGTERM);    /* it ends with us in any case */
    (void)waitpid(child, NULL, 0); /* likewise */
    return 0;
}
