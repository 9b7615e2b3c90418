/*
 * The HTTP server beside a bare stream: POSTs of 2 KB answered with 200, at 1, 8 and 64
 * connections, one request of each under way. The bare row sends and receives the same bytes over
 * net's streams without HTTP, so the difference is what HTTP costs. CPU is the server's thread's.
 */
#include "base/alloc.h"
#include "base/thread.h"
#include "bench/bench.h"
#include "net/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#define BODY_BYTES 2048
#define RUN_NS     1500000000u
#define CONNS_MAX  64
#define ANSWER                                                                                     \
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nok"

/* ---- servers, each on a thread of its own ---- */

struct server {
    struct thread thread;
    struct loop *loop;
    struct http_server *http;
    struct listener *bare;
    size_t request_bytes; /* the bare one counts by them */
    uint16_t port;
    uint64_t cpu_ns;
};

static void need(enum rc rc, const struct err *e)
{
    if (rc == RC_OK)
        return;
    fprintf(stderr, "http_bench: %s %s\n", e->id, e->text);
    exit(1);
}

static void on_body(void *ctx, struct http_exchange *x, struct str body)
{
    (void)ctx, (void)body;
    http_answer(x, &(struct http_response){ .status = 200, .body = STR("ok") });
}

static void on_request(void *ctx, struct http_exchange *x)
{
    http_collect(x, UINT64_MAX, on_body, ctx);
}

static void bare_open(void *ctx, struct stream *s)
{
    (void)ctx, (void)s;
}

/* An answer for each request: a client's next one comes after it, so they arrive whole. */
static size_t bare_read(void *ctx, struct stream *s, struct str data)
{
    const struct server *sv = ctx;
    struct str answer = STR(ANSWER);
    struct err e;
    for (size_t left = data.n; left >= sv->request_bytes; left -= sv->request_bytes)
        need(stream_write(s, &answer, 1, &e), &e);
    return data.n;
}

static void bare_closed(void *ctx, struct stream *s, const struct err *why)
{
    (void)ctx, (void)s, (void)why;
}

static void bare_accept(void *ctx, struct listener *ls, struct stream *s)
{
    static const struct stream_events ev = { .open = bare_open,
                                             .read = bare_read,
                                             .closed = bare_closed };
    (void)ls;
    stream_attach(s, &ev, ctx);
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void serve(void *ctx)
{
    struct server *sv = ctx;
    loop_run(sv->loop);
    sv->cpu_ns = thread_cpu_ns();
    http_server_free(&sv->http);
    listener_close(&sv->bare);
    loop_free(&sv->loop);
}

static void start(struct server *sv, bool http, size_t request_bytes)
{
    static const struct http_server_events http_ev = { .request = on_request };
    static const struct listener_events bare_ev = { .accept = bare_accept };
    struct err e;
    *sv = (struct server){ .request_bytes = request_bytes };
    need(loop_new("server", NULL, &sv->loop, &e), &e);
    if (http) {
        struct http_server_conf conf = { .host = STR("127.0.0.1") };
        need(http_server_open(sv->loop, &conf, &http_ev, sv, &sv->http, &e), &e);
        sv->port = http_server_addr(sv->http)->port;
    } else {
        struct stream_listen how = { .host = STR("127.0.0.1") };
        need(stream_listen(sv->loop, &how, &bare_ev, sv, &sv->bare, &e), &e);
        sv->port = listener_addr(sv->bare)->port;
    }
    need(thread_start(&sv->thread, "server", serve, sv, &e), &e);
}

static void stop(struct server *sv)
{
    loop_stop(sv->loop);
    thread_join(&sv->thread);
}

/* ---- the load: one request of each connection under way ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&to, sizeof to) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        perror("http_bench: connect");
        exit(1);
    }
    return fd;
}

static void send_all(int fd, struct str s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0) {
            perror("http_bench: send");
            exit(1);
        }
        s = str_from(s, (size_t)n);
    }
}

/* Answers whole after this many bytes: the server's are all of one length. */
static const size_t answer_bytes = sizeof ANSWER - 1;

static uint64_t load(uint16_t port, size_t n_conns, struct str request, uint64_t *took_ns)
{
    struct pollfd fds[CONNS_MAX];
    size_t got[CONNS_MAX] = { 0 };
    uint64_t n_answers = 0;
    char answer[4096];
    for (size_t i = 0; i < n_conns; i++)
        fds[i] = (struct pollfd){ .fd = connect_to(port), .events = POLLIN };
    uint64_t from = clock_mono_ns(clock_real());
    for (size_t i = 0; i < n_conns; i++)
        send_all(fds[i].fd, request);
    while ((*took_ns = clock_mono_ns(clock_real()) - from) < RUN_NS) {
        if (poll(fds, n_conns, 1000) < 0)
            break;
        for (size_t i = 0; i < n_conns; i++) {
            if (!(fds[i].revents & POLLIN))
                continue;
            ssize_t n = recv(fds[i].fd, answer, sizeof answer, 0);
            if (n <= 0) {
                fprintf(stderr, "http_bench: the server closed\n");
                exit(1);
            }
            got[i] += (size_t)n;
            if (got[i] < answer_bytes)
                continue;
            got[i] -= answer_bytes;
            n_answers++;
            send_all(fds[i].fd, request);
        }
    }
    for (size_t i = 0; i < n_conns; i++)
        (void)close(fds[i].fd); /* only read and written, nothing to lose */
    return n_answers;
}

static void row(const char *name, bool http, size_t n_conns, struct str request)
{
    struct server sv;
    uint64_t took_ns = 0;
    start(&sv, http, request.n);
    uint64_t n = load(sv.port, n_conns, request, &took_ns);
    stop(&sv);
    printf("%-14s %3zu connections  %9.0f requests/s  %6.2f us CPU each\n", name, n_conns,
           (double)n * 1e9 / (double)took_ns, n ? (double)sv.cpu_ns / 1e3 / (double)n : 0.0);
}

int main(void)
{
    static const size_t conns[] = { 1, 8, CONNS_MAX };
    struct buf request;
    buf_init(&request, 1 << 16);
    buf_z(&request, "POST /in HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\n"
                    "Content-Type: x-application/hl7-v2+er7\r\nContent-Length: 2048\r\n\r\n");
    buf_fill(&request, 'x', BODY_BYTES);
    bench_heading("http_bench: POST of 2 KB, answered 200; bare: the same bytes without HTTP");
    for (size_t i = 0; i < ZS_COUNT(conns); i++) {
        row("bare stream", false, conns[i], buf_view(&request));
        row("HTTP server", true, conns[i], buf_view(&request));
    }
    buf_done(&request);
    return 0;
}
