/*
 * Durable intake from end to end: a real engine (`zarish serve`, store, hash chain and index on)
 * takes 1 KB ADT messages over MLLP and acknowledges each after its sync; closed loop, one message
 * outstanding per connection, every acknowledgement checked. Beside it, in the same run: the same
 * load against a bare receiver that stores nothing, and what the disk gives to one thread that
 * writes and syncs groups of such messages.
 *
 *   intake_bench [ZARISH] [--dir DIR] [--seconds N]
 *
 * DIR (default .) must not lie in memory. Nothing is asserted but that every message was answered.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#define CONNS_MAX   64
#define TMPFS_MAGIC 0x01021994
#define RAMFS_MAGIC 0x858458f6
#define MICROS_MAX  200000
#define ID_DIGITS   10

ZS_NORETURN static void die(const char *what)
{
    fprintf(stderr, "intake_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    return clock_mono_ns(clock_real());
}

static struct {
    const char *zarish, *dir;
    unsigned seconds;
} conf = { .zarish = "build/zarish", .dir = ".", .seconds = 5 };

/* ---- the message -------------------------------------------------------------------------- */

static char frame[2048];
static size_t frame_n, id_at;

static void make_frame(void)
{
    static const char head[] = "\x0bMSH|^~\\&|ADMIT|NORTHSIDE|ZARISH|HUB|20240506070809+0000||"
                               "ADT^A01^ADT_A01|B";
    static const char tail[] =
        "|P|2.5.1\rEVN|A01|20240506070809|||1234^NURSE^NORA\r"
        "PID|1||700001^^^NORTHSIDE^MR~900-11-0001^^^NATIONAL^SS||EXAMPLE^ALMA^B^^MS||19800214|F||"
        "2106-3^White^CDCREC|12 HARBOUR "
        "LANE^^SAMPLETON^NY^10001^USA^H||^PRN^PH^^1^555^5550100~^NET^"
        "Internet^alma@example.org|^WPN^PH^^1^555^5550111|en|M|CHR|ACC-4711|||||SAMPLETON\r"
        "NK1|1|EXAMPLE^OTTO|SPO^Spouse^HL70063|12 HARBOUR LANE^^SAMPLETON^NY^10001|^PRN^PH^^1^555^"
        "5550122\r"
        "PV1|1|I|WARD1^101^A^NORTHSIDE||||5001^DOCTOR^DORA^^^DR|5002^REFER^RAY||MED||||1|||5001^"
        "DOCTOR^DORA^^^DR|IN|V-77001^^^NORTHSIDE^VN|SELF|||||||||||||||||||NORTHSIDE|||||"
        "20240506070000\r"
        "AL1|1|DA|70618^Penicillin^RXNORM|SV|Anaphylaxis|20100101\r"
        "DG1|1||I10^Essential hypertension^I10|||A\r"
        "IN1|1|PLAN-1|INS-9|EXAMPLE INSURANCE|1 POLICY PLAZA^^SAMPLETON^NY^10002||||||||||||EXAMPLE"
        "^ALMA|SEL|19800214\r\x1c\r";
    memcpy(frame, head, sizeof head - 1);
    id_at = sizeof head - 1;
    memset(frame + id_at, '0', ID_DIGITS);
    memcpy(frame + id_at + ID_DIGITS, tail, sizeof tail - 1);
    frame_n = id_at + ID_DIGITS + sizeof tail - 1;
}

static void put_id(char *at, uint64_t id)
{
    for (int i = ID_DIGITS - 1; i >= 0; i--, id /= 10)
        at[i] = (char)('0' + id % 10);
}

/* ---- the load ----------------------------------------------------------------------------- */

struct conn {
    int fd;
    char out[sizeof frame];
    size_t out_at;
    char in[4096];
    size_t in_n;
    uint64_t sent_ns;
};

struct result {
    uint64_t n, ns;
    uint32_t micros[MICROS_MAX + 1]; /* how many took so long */
};

static uint64_t next_id = 1;

static void send_some(struct conn *c)
{
    while (c->out_at < frame_n) {
        ssize_t n = send(c->fd, c->out + c->out_at, frame_n - c->out_at, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            die("send");
        c->out_at += (size_t)n;
    }
}

static void begin_one(struct conn *c)
{
    put_id(c->out + id_at, next_id++);
    c->out_at = c->in_n = 0;
    c->sent_ns = now_ns();
    send_some(c);
}

/* true when the whole, right acknowledgement is there */
static bool receive_some(struct conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_n, sizeof c->in - c->in_n, 0);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0)
        die("the peer closed a connection");
    c->in_n += (size_t)n;
    struct str in = str_of(c->in, c->in_n);
    if (!str_ends(in, STR("\x1c\r")))
        return false;
    char want[16 + ID_DIGITS] = "MSA|AA|B";
    memcpy(want + 8, c->out + id_at, ID_DIGITS);
    if (str_find(in, str_of(want, 8 + ID_DIGITS), 0) == SIZE_MAX) {
        fprintf(stderr, "intake_bench: not a positive acknowledgement of ours: %.*s\n",
                STR_ARG(in));
        exit(1);
    }
    return true;
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        die("set up a connection");
    return fd;
}

static void note(struct result *r, const struct conn *c)
{
    uint64_t us = (now_ns() - c->sent_ns) / 1000;
    r->micros[us < MICROS_MAX ? us : MICROS_MAX]++;
    r->n++;
}

static void load(uint16_t port, size_t n_conns, double seconds, struct result *r)
{
    static struct conn conns[CONNS_MAX];
    struct epoll_event ev[CONNS_MAX];
    int ep = epoll_create1(EPOLL_CLOEXEC);
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < n_conns; i++) {
        struct epoll_event want = { .events = EPOLLIN, .data.ptr = &conns[i] };
        conns[i].fd = dial(port);
        memcpy(conns[i].out, frame, frame_n);
        if (epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &want) != 0)
            die("epoll");
        begin_one(&conns[i]);
    }
    uint64_t begin = now_ns(), end = begin + (uint64_t)(seconds * 1e9);
    size_t open = n_conns;
    while (open > 0) {
        int n = epoll_wait(ep, ev, CONNS_MAX, 10000);
        if (n <= 0)
            die("no acknowledgement for ten seconds");
        for (int i = 0; i < n; i++) {
            struct conn *c = ev[i].data.ptr;
            if (!receive_some(c))
                continue;
            note(r, c);
            if (now_ns() < end) {
                begin_one(c);
            } else {
                (void)close(c->fd); /* nothing is lost by it */
                open--;
            }
        }
    }
    r->ns = now_ns() - begin;
    (void)close(ep); /* likewise */
}

static double quantile_ms(const struct result *r, double q)
{
    uint64_t want = (uint64_t)(q * (double)r->n), seen = 0;
    for (size_t i = 0; i <= MICROS_MAX; i++) {
        seen += r->micros[i];
        if (seen > want)
            return (double)i / 1000;
    }
    return (double)MICROS_MAX / 1000;
}

static void print_load(const char *what, size_t conns, const struct result *r, double syncs)
{
    printf("  %-28s %3zu conns  %9.0f msg/s  p50 %7.3f ms  p99 %7.3f ms", what, conns,
           (double)r->n * 1e9 / (double)r->ns, quantile_ms(r, 0.5), quantile_ms(r, 0.99));
    if (syncs > 0)
        printf("  %.4f syncs/msg", syncs / (double)r->n);
    printf("\n");
    (void)fflush(stdout); /* the next line will tell if it cannot be written */
}

/* ---- a bare receiver: the limit of sockets and this generator ------------------------------ */

static atomic_bool bare_stop;

static void bare_answer(int fd)
{
    char in[65536], out[256];
    ssize_t n = recv(fd, in, sizeof in, 0);
    if (n <= 0) {
        (void)close(fd); /* the load is over */
        return;
    }
    size_t at = str_find(str_of(in, (size_t)n), STR("|B"), 0);
    if (at == SIZE_MAX)
        return;
    int len = snprintf(out, sizeof out,
                       "\x0bMSH|^~\\&|A|B|C|D|20240506||ACK|1|P|2.5.1\rMSA|AA|%.*s\r\x1c\r",
                       ID_DIGITS + 1, in + at + 1);
    if (send(fd, out, (size_t)len, MSG_NOSIGNAL) != len)
        die("bare receiver");
}

static void *bare_main(void *ctx)
{
    int listener = *(int *)ctx, ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event ev[CONNS_MAX + 1], want = { .events = EPOLLIN, .data.fd = listener };
    if (epoll_ctl(ep, EPOLL_CTL_ADD, listener, &want) != 0)
        die("epoll");
    while (!atomic_load(&bare_stop)) {
        int n = epoll_wait(ep, ev, CONNS_MAX + 1, 50);
        for (int i = 0; i < n; i++) {
            if (ev[i].data.fd != listener) {
                bare_answer(ev[i].data.fd);
                continue;
            }
            want.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            int on = 1;
            if (want.data.fd < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, want.data.fd, &want) != 0 ||
                setsockopt(want.data.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
                die("accept");
        }
    }
    (void)close(ep); /* the end */
    return NULL;
}

static void bench_bare(struct result *r)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    pthread_t thread;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, CONNS_MAX) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0 ||
        pthread_create(&thread, NULL, bare_main, &fd) != 0)
        die("bare receiver");
    for (size_t conns = 1; conns <= CONNS_MAX; conns *= 8) {
        load(ntohs(at.sin_port), conns, conf.seconds / 2.0, r);
        print_load("bare receiver, no store", conns, r, 0);
    }
    atomic_store(&bare_stop, true);
    (void)pthread_join(thread, NULL); /* cannot fail for a thread of ours */
    (void)close(fd);                  /* the end */
}

/* ---- the disk ----------------------------------------------------------------------------- */

static void bench_disk(void)
{
    static char block[1400 * 100];
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/intake-bench.tmp", conf.dir); /* a cut path fails below */
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        die(path);
    (void)unlink(path); /* it goes with the descriptor */
    memset(block, 'x', sizeof block);
    for (off_t at = 0; at < (off_t)256 * 1024 * 1024; at += (off_t)sizeof block)
        if (pwrite(fd, block, sizeof block, at) < 0)
            die("write ahead");
    if (fsync(fd) != 0)
        die("fsync");
    static const size_t groups[] = { 1, 8, 64 };
    for (size_t g = 0; g < ZS_COUNT(groups); g++) {
        uint64_t begin = now_ns(), n = 0;
        off_t at = 0;
        while (now_ns() - begin < 1000000000u) {
            size_t bytes = groups[g] * 1400;
            if (pwrite(fd, block, bytes, at) != (ssize_t)bytes || fdatasync(fd) != 0)
                die("write and sync");
            at = (at + (off_t)bytes) % ((off_t)128 * 1024 * 1024);
            n++;
        }
        double s = (double)(now_ns() - begin) / 1e9;
        printf("  write + fdatasync, groups of %-3zu        %9.0f msg/s  %7.0f syncs/s\n",
               groups[g], (double)(n * groups[g]) / s, (double)n / s);
    }
    (void)close(fd); /* a scratch file */
}

/* ---- the engine --------------------------------------------------------------------------- */

static char data_dir[4096], config_path[4096];
static pid_t engine_pid;
static struct arena *arena;

static const char engine_config[] = "channel: bench\n"
                                    "source: { type: hl7_v2, listen: \"mllp://127.0.0.1:0\" }\n";

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw; /* nftw's signature */
    return remove(path);
}

static void engine_start(void)
{
    struct err e;
    int n = snprintf(data_dir, sizeof data_dir, "%s/intake-bench-XXXXXX", conf.dir);
    if (n < 0 || (size_t)n >= sizeof data_dir - 16 || !mkdtemp(data_dir))
        die("data directory");
    (void)snprintf(config_path, sizeof config_path, "%.4000s/bench.yaml", data_dir); /* fits */
    if (file_write_atomic(config_path, STR(engine_config), 0600, &e) != RC_OK)
        die(e.text);
    engine_pid = fork();
    if (engine_pid == 0) {
        execl(conf.zarish, conf.zarish, "serve", "--config", config_path, "--data", data_dir,
              "--listen", "127.0.0.1:0", "--log-level", "error", (char *)NULL);
        _exit(127);
    }
}

static struct str read_data(const char *name)
{
    char path[5000];
    struct str text = STR_NULL;
    struct err e;
    (void)snprintf(path, sizeof path, "%s/%s", data_dir, name); /* fits */
    if (file_read(path, 65536, arena, &text, &e) != RC_OK)
        return STR_NULL;
    return text;
}

/* The number or text behind a label: good enough for files and answers of our own. */
static struct str behind(struct str text, const char *label)
{
    size_t at = str_find(text, str_z(label), 0);
    if (at == SIZE_MAX)
        return STR_NULL;
    struct str rest = str_from(text, at + strlen(label));
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '"' && rest.p[n] != ',' && rest.p[n] != '}')
        n++;
    return str_sub(rest, 0, n);
}

static uint16_t port_behind(const char *label)
{
    struct timespec step = { .tv_nsec = 2000000 };
    for (int i = 0; i < 5000; i++) {
        struct str url = behind(read_data("endpoint.json"), label);
        uint64_t port = 0;
        size_t colon = url.n;
        while (colon > 0 && url.p[colon - 1] != ':')
            colon--;
        if (url.n && num_u64(str_from(url, colon), 1, 65535, &port, NULL) == RC_OK)
            return (uint16_t)port;
        if (waitpid(engine_pid, NULL, WNOHANG) != 0)
            die("the engine ended");
        (void)nanosleep(&step, NULL); /* waiting for a file, with an end */
    }
    die("the engine does not come up");
}

static uint64_t syncs_of(uint16_t api)
{
    char request[512], answer[8192];
    struct str key = behind(read_data("admin.json"), "\"key\":\"");
    if (key.n == 0)
        key = behind(read_data("admin.json"), "\"key\": \"");
    int fd = dial(api);
    if (fcntl(fd, F_SETFL, 0) != 0)
        die("fcntl");
    int n = snprintf(request, sizeof request,
                     "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %.*s\r\n"
                     "Connection: close\r\n\r\n",
                     STR_ARG(key));
    if (send(fd, request, (size_t)n, 0) != n)
        die("status");
    size_t got = 0;
    for (ssize_t k;
         got < sizeof answer && (k = recv(fd, answer + got, sizeof answer - got, 0)) > 0;)
        got += (size_t)k;
    (void)close(fd); /* answered */
    uint64_t syncs = 0;
    if (num_u64(behind(str_of(answer, got), "\"syncs\":"), 0, UINT64_MAX, &syncs, NULL) != RC_OK)
        die("the status has no syncs");
    return syncs;
}

/* Of all its threads: loop, writer, indexer, management. */
static void print_cpu(uint64_t n)
{
    struct rusage u;
    if (getrusage(RUSAGE_CHILDREN, &u) != 0)
        die("getrusage");
    double us = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
                (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    printf("  the engine's CPU per message: %.1f us (user %.1f), largest %ld MB\n", us / (double)n,
           ((double)u.ru_utime.tv_sec * 1e6 + (double)u.ru_utime.tv_usec) / (double)n,
           u.ru_maxrss / 1024);
}

static void bench_engine(struct result *r)
{
    engine_start();
    uint16_t mllp = port_behind("\"bench\": \"mllp");
    uint16_t api = port_behind("\"url\": \"http");
    load(mllp, 8, 1, r); /* warm */
    uint64_t n_all = r->n;
    for (size_t conns = 1; conns <= CONNS_MAX; conns *= 8) {
        uint64_t before = syncs_of(api);
        load(mllp, conns, conf.seconds, r);
        print_load("zarish, stored and indexed", conns, r, (double)(syncs_of(api) - before));
        n_all += r->n;
    }
    if (kill(engine_pid, SIGTERM) != 0 || waitpid(engine_pid, NULL, 0) != engine_pid)
        die("stop the engine");
    print_cpu(n_all);
    (void)nftw(data_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* scratch */
}

/* ---- the run ------------------------------------------------------------------------------ */

static void print_machine(void)
{
    struct statfs fs;
    if (statfs(conf.dir, &fs) != 0)
        die(conf.dir);
    if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC) {
        fprintf(stderr,
                "intake_bench: %s lies in memory: a sync costs nothing there; name a "
                "directory on a disk with --dir\n",
                conf.dir);
        exit(2);
    }
    bench_heading("durable intake");
    printf("  file system 0x%lx (0xef53 is ext4), %zu-byte messages\n", (unsigned long)fs.f_type,
           frame_n);
    printf("  hash chain on, index on, acknowledged after fdatasync; load, receiver and "
           "engine share the cores\n");
}

int main(int argc, char **argv)
{
    static struct result r;
    for (int i = 1; i < argc; i++) {
        uint64_t n = 0;
        if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
            conf.dir = argv[++i];
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc &&
                 num_u64(str_z(argv[++i]), 1, 3600, &n, NULL) == RC_OK)
            conf.seconds = (unsigned)n;
        else
            conf.zarish = argv[i];
    }
    arena = arena_new("bench", 0, (size_t)1 << 30);
    if (access(conf.zarish, X_OK) != 0 || !arena) {
        fprintf(stderr, "usage: intake_bench [ZARISH] [--dir DIR] [--seconds N]\n");
        return 2;
    }
    make_frame();
    print_machine();
    bench_disk();
    bench_bare(&r);
    bench_engine(&r);
    arena_free(&arena);
    return 0;
}
