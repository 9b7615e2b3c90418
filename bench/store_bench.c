/*
 * The store alone: 1 KB intakes, appended in groups and waited for, chain and index on, each group
 * with the outcomes of the one before it. Beside it, in the same run and directory: what the disk
 * gives to one thread that writes and syncs such groups into a file of zeros.
 *
 *   store_bench [--dir DIR] [--seconds N] [--messages N]
 *
 * DIR (default .) must not lie in memory. --messages N (default 200,000) fills a store without
 * pause and says what its index costs and how fast it answers. Nothing is asserted.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/num.h"
#include "base/thread.h"
#include "bench/bench.h"
#include "store/journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#define GROUP_MAX 1000
#define BODY      1000
#define TIMES_MAX 400000

static struct {
    const char *dir;
    unsigned seconds;
    unsigned messages;
} conf = { .dir = ".", .seconds = 3, .messages = 200000 };

ZS_NORETURN static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "store_bench: %s: %s\n", what, e ? e->text : strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    return clock_mono_ns(clock_real());
}

/* ---- figures ------------------------------------------------------------------------------ */

static uint32_t times[TIMES_MAX]; /* microseconds per group */
static size_t n_times;

static void note_time(uint64_t ns)
{
    if (n_times < TIMES_MAX)
        times[n_times++] = (uint32_t)(ns / 1000);
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void print_rate(const char *name, uint64_t messages, uint64_t ns)
{
    qsort(times, n_times, sizeof *times, by_value);
    printf("%-34s %9.0f msg/s   group p50 %6u us  p99 %6u us  max %7u us\n", name,
           (double)messages * 1e9 / (double)ns, times[n_times / 2], times[n_times * 99 / 100],
           times[n_times - 1]);
    fflush(stdout);
    n_times = 0;
}

/* Nanoseconds of CPU that threads of this name took so far. */
static uint64_t thread_cpu_ns(const char *name)
{
    uint64_t total = 0;
    DIR *dir = opendir("/proc/self/task");
    struct dirent *d;
    while (dir && (d = readdir(dir)) != NULL) {
        char path[PATH_MAX];
        char text[64] = "";
        unsigned long long ns = 0;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", d->d_name); /* fits */
        FILE *f = fopen(path, "re");
        bool ours = f && fgets(text, sizeof text, f) && strncmp(text, name, strlen(name)) == 0;
        if (f)
            (void)fclose(f); /* read only */
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", d->d_name); /* fits */
        f = ours ? fopen(path, "re") : NULL;
        if (f && fscanf(f, "%llu", &ns) == 1)
            total += ns;
        if (f)
            (void)fclose(f); /* read only */
    }
    if (dir)
        (void)closedir(dir); /* read only */
    return total;
}

/* ---- messages ----------------------------------------------------------------------------- */

struct message {
    char control_id[24];
    char patient[24];
    char visit[24];
    struct store_term terms[2];
    struct store_delivery delivery;
    struct store_intake intake;
    struct store_outcome outcome;
    struct store_op op;
    struct store_op op_outcome;
    struct store_batch batch;
};

static char body[BODY];
static struct message group[2][GROUP_MAX]; /* this one, and the one before it */

static void make_body(void)
{
    static const char text[] =
        "MSH|^~\\&|ADMIT|NORTHSIDE|ZARISH|HUB|20240506070809||ADT^A01|1|P|2.5"
        "\rPID|1||4711^^^HOSP^MR||TEST^SYNTHETIC||19700101|F\rPV1|1|I|W^1^1";
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = text[i % (sizeof text - 1)];
}

static uint64_t numbered;

static void make_message(struct message *m, bool with_outcome, const struct message *before)
{
    uint64_t n = ++numbered;
    (void)snprintf(m->control_id, sizeof m->control_id, "MSG%012llu", (unsigned long long)n);
    (void)snprintf(m->patient, sizeof m->patient, "P%08llu", (unsigned long long)(n % 50021));
    (void)snprintf(m->visit, sizeof m->visit, "V%010llu", (unsigned long long)n);
    m->terms[0] = (struct store_term){ TERM_PATIENT_ID, str_z(m->patient) };
    m->terms[1] = (struct store_term){ TERM_ACCESSION, str_z(m->visit) };
    m->delivery =
        (struct store_delivery){ .lane = STR("adt-in/receiver/adt"), .state = DELIVERY_QUEUED };
    m->intake = (struct store_intake){ .channel = STR("adt-in"),
                                       .peer = STR("10.1.2.3:40123"),
                                       .sender = STR("ADMIT|NORTHSIDE"),
                                       .control_id = str_z(m->control_id),
                                       .type = STR("ADT^A01"),
                                       .content_type = STR("x-application/hl7-v2+er7"),
                                       .trace_id = STR("0af7651916cd43dd8448eb211c80319c"),
                                       .state = INTAKE_ACCEPTED,
                                       .body = str_of(body, sizeof body),
                                       .ack = str_of(body, 80),
                                       .terms = m->terms,
                                       .n_terms = 2,
                                       .deliveries = &m->delivery,
                                       .n_deliveries = 1 };
    m->op = (struct store_op){ .kind = STORE_INTAKE, .intake = &m->intake };
    m->batch.first = &m->op;
    m->batch.n = 1;
    if (!with_outcome || before->op.seq == 0)
        return;
    m->outcome = (struct store_outcome){ .seq = before->op.seq,
                                         .lane = STR("adt-in/receiver/adt"),
                                         .state = DELIVERY_DELIVERED,
                                         .attempt = 1,
                                         .sent = true,
                                         .duration_ms = 3,
                                         .status = STR("AA") };
    m->op_outcome = (struct store_op){ .kind = STORE_OUTCOMES, .outcomes = { &m->outcome, 1 } };
    m->op.next = &m->op_outcome;
    m->batch.n = 2;
}

/* ---- appending ---------------------------------------------------------------------------- */

static struct {
    struct mutex lock;
    struct cond answered;
    size_t left;
    bool failed;
} waiting;

static void on_done(struct store_batch *b)
{
    mutex_lock(&waiting.lock);
    waiting.failed = waiting.failed || b->first->rc != RC_OK;
    if (--waiting.left == 0)
        cond_signal(&waiting.answered);
    mutex_unlock(&waiting.lock);
}

static void append_group(struct store *s, size_t n, unsigned turn, bool outcomes)
{
    struct message *now = group[turn % 2];
    waiting.left = n;
    for (size_t i = 0; i < n; i++) {
        make_message(&now[i], outcomes, &group[(turn + 1) % 2][i]);
        now[i].batch.done = on_done;
        store_append(s, &now[i].batch);
    }
    mutex_lock(&waiting.lock);
    while (waiting.left)
        cond_wait(&waiting.answered, &waiting.lock);
    mutex_unlock(&waiting.lock);
    if (waiting.failed)
        die("an intake was refused", NULL);
}

static void forget_groups(void)
{
    memset(group, 0, sizeof group);
}

/* ---- the disk alone ----------------------------------------------------------------------- */

static void raw_limit(size_t n)
{
    char path[PATH_MAX];
    size_t bytes = n * 1536; /* what such a message and its outcome take in the journal */
    size_t size = (size_t)64 << 20;
    (void)snprintf(path, sizeof path, "%s/store_bench.raw", conf.dir); /* fits what opens */
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *buf = mem_zero(size_max(bytes, (size_t)1 << 20));
    if (fd < 0 || !buf)
        die("raw file", NULL);
    for (size_t at = 0; at < size; at += (size_t)1 << 20)
        if (pwrite(fd, buf, (size_t)1 << 20, (off_t)at) < 0)
            die("raw file", NULL);
    if (fsync(fd) != 0)
        die("raw file", NULL);
    memset(buf, 'x', bytes);
    uint64_t start = now_ns();
    uint64_t done = 0;
    size_t at = 0;
    while (now_ns() - start < (uint64_t)conf.seconds * 500000000u) {
        uint64_t before = now_ns();
        if (pwrite(fd, buf, bytes, (off_t)at) != (ssize_t)bytes || fdatasync(fd) != 0)
            die("raw file", NULL);
        note_time(now_ns() - before);
        done += n;
        at = at + 2 * bytes > size ? 0 : at + bytes;
    }
    char name[40];
    (void)snprintf(name, sizeof name, "disk alone, groups of %zu", n); /* fits */
    print_rate(name, done, now_ns() - start);
    (void)close(fd); /* about to be removed */
    (void)unlink(path);
    mem_free(buf);
}

/* ---- the store ---------------------------------------------------------------------------- */

static char store_dir[PATH_MAX];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw; /* nftw's signature */
    return remove(path);
}

static void on_fatal(void *ctx, const struct err *e)
{
    (void)ctx;
    die("fatal", e);
}

static void on_notice(void *ctx, const struct err *e)
{
    (void)ctx;
    printf("notice   %s %s\n", e->id, e->text);
}

static struct store *open_store(struct datadir **dir)
{
    struct err e;
    struct store *s = NULL;
    const struct store_host host = { .clock = clock_real(),
                                     .fatal = on_fatal,
                                     .notice = on_notice };
    if (datadir_open(store_dir, dir, &e))
        die("data directory", &e);
    const struct journal_conf c = { .dir = *dir };
    if (journal_open(&c, &host, &s, &e))
        die("store", &e);
    return s;
}

struct costs {
    uint64_t cpu, writer, index, syncs, messages;
};

static uint64_t process_cpu_ns(void)
{
    struct rusage r;
    if (getrusage(RUSAGE_SELF, &r) != 0)
        return 0;
    return ((uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
            (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec)) *
           1000;
}

static struct costs costs_now(struct store *s)
{
    struct store_stats st;
    store_stats(s, &st);
    return (struct costs){ process_cpu_ns(), thread_cpu_ns("store-writer"),
                           thread_cpu_ns("store-index"), st.syncs, st.n_messages };
}

static void print_costs(const struct costs *from, const struct costs *to)
{
    double n = (double)(to->messages - from->messages);
    printf("    us of CPU a message: all %.2f, writer %.2f, indexer %.2f; syncs a message %.3f\n",
           (double)(to->cpu - from->cpu) / 1e3 / n, (double)(to->writer - from->writer) / 1e3 / n,
           (double)(to->index - from->index) / 1e3 / n, (double)(to->syncs - from->syncs) / n);
}

static void run_groups(struct store *s, size_t n)
{
    struct err e;
    forget_groups();
    struct costs from = costs_now(s);
    uint64_t start = now_ns();
    uint64_t done = 0;
    for (unsigned turn = 0; now_ns() - start < (uint64_t)conf.seconds * 1000000000u; turn++) {
        uint64_t before = now_ns();
        append_group(s, n, turn, true);
        note_time(now_ns() - before);
        done += n;
    }
    char name[40];
    (void)snprintf(name, sizeof name, "store, groups of %zu", n); /* fits */
    print_rate(name, done, now_ns() - start);
    start = now_ns();
    if (store_settle(s, &e))
        die("settle", &e);
    struct costs to = costs_now(s);
    print_costs(&from, &to);
    printf("    index caught up %.0f ms after the last answer\n", (double)(now_ns() - start) / 1e6);
}

/* ---- a full store ------------------------------------------------------------------------- */

static void time_search(struct store *s, const char *name, const struct store_query *q)
{
    struct arena *a = arena_new("bench", 0, (size_t)64 << 20);
    struct err e;
    struct store_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 5; i++) {
        uint64_t start = now_ns();
        if (!a || store_search(s, q, a, &rows, &n, &more, &e))
            die("search", &e);
        uint64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    printf("search by %-14s %8.2f ms, %zu rows%s\n", name, (double)best / 1e6, n,
           more ? " and more" : "");
    arena_free(&a);
}

static void fill(struct store *s)
{
    struct err e;
    forget_groups();
    struct costs from = costs_now(s);
    uint64_t start = now_ns();
    for (unsigned turn = 0; turn * GROUP_MAX < conf.messages; turn++)
        append_group(s, GROUP_MAX, turn, false);
    double taken = (double)(now_ns() - start) / 1e9;
    if (store_settle(s, &e))
        die("settle", &e);
    double settled = (double)(now_ns() - start) / 1e9;
    struct costs to = costs_now(s);
    printf("\n%u intakes without outcomes: taken in %.2f s, indexed in %.2f s\n", conf.messages,
           taken, settled);
    print_costs(&from, &to);
    const struct store_query by_patient = { .patient_id = STR("P00000042"), .limit = 100 };
    const struct store_query by_id = { .control_id = STR("MSG000000000042"), .limit = 100 };
    const struct store_query by_type = { .type = STR("ADT"), .limit = 100 };
    const struct store_query by_nothing = { .control_id = STR("none"), .limit = 100 };
    const struct store_query queued = { .state = DELIVERY_QUEUED, .limit = 100 };
    time_search(s, "patient id", &by_patient);
    time_search(s, "control id", &by_id);
    time_search(s, "a missing id", &by_nothing);
    time_search(s, "type", &by_type);
    time_search(s, "state", &queued);
}

static void run_store(void)
{
    static const size_t sizes[] = { 1, 10, 100, GROUP_MAX };
    struct datadir *dir = NULL;
    struct store *s = open_store(&dir);
    for (size_t i = 0; i < ZS_COUNT(sizes); i++) {
        raw_limit(sizes[i]);
        run_groups(s, sizes[i]);
    }
    fill(s);
    uint64_t start = now_ns();
    store_close(&s);
    datadir_close(&dir);
    double closed = (double)(now_ns() - start) / 1e6;
    start = now_ns();
    s = open_store(&dir);
    printf("closed in %.0f ms, opened again in %.0f ms\n", closed,
           (double)(now_ns() - start) / 1e6);
    store_close(&s);
    datadir_close(&dir);
}

/* ---- the frame ---------------------------------------------------------------------------- */

static unsigned number(const char *text)
{
    uint64_t v = 0;
    if (!text || num_u64(str_z(text), 1, 1000000000, &v, NULL)) {
        fprintf(stderr, "usage: store_bench [--dir DIR] [--seconds N] [--messages N]\n");
        exit(2);
    }
    return (unsigned)v;
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc)
            conf.dir = argv[i + 1];
        else if (strcmp(argv[i], "--seconds") == 0)
            conf.seconds = number(i + 1 < argc ? argv[i + 1] : NULL);
        else if (strcmp(argv[i], "--messages") == 0)
            conf.messages = number(i + 1 < argc ? argv[i + 1] : NULL);
        else
            (void)number(NULL);
    }
}

static void refuse_memory(void)
{
    struct statfs fs;
    if (statfs(conf.dir, &fs) != 0)
        die(conf.dir, NULL);
    printf("files    %s, file system type %#lx\n\n", conf.dir, (unsigned long)fs.f_type);
    if (fs.f_type == 0x01021994 || fs.f_type == 0x858458f6) {
        fprintf(stderr, "store_bench: %s lies in memory: nothing would be synced\n", conf.dir);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    bench_heading("store");
    refuse_memory();
    (void)snprintf(store_dir, sizeof store_dir, "%s/store_bench.XXXXXX", conf.dir); /* fits */
    if (!mkdtemp(store_dir))
        die("temporary directory", NULL);
    make_body();
    mutex_init(&waiting.lock, "bench", 900);
    cond_init(&waiting.answered);
    run_store();
    (void)nftw(store_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* what stays is named above */
    return 0;
}
