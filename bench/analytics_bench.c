/*
 * Analytics over a year of executions: how long store_exec_stats takes, with the figures checked.
 *
 *   analytics_bench [--dir DIR] [--days N] [--endpoints N] [--millions N]
 *
 * A store with N days (365) of N million executions (100) at N endpoints (20) of one integration
 * is laid out in its own tables: totals of every day but the last in state.db, whole files with
 * every row of the first and the last day, which the range cuts in the middle of a minute. Rows and
 * sums are written by the indexer's own functions; only the journal behind them is small. DIR
 * (default .) is where the store lies while it runs.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/num.h"
#include "base/thread.h"
#include "bench/bench.h"
#include "store/journal/journal.h"
#include "store/journal/state_exec.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>

#define DAY_MS    ((int64_t)86400000)
#define FIRST     ((int64_t)19700) /* the first day's number: 2023-12-09 */
#define ERRORS    12
#define QUESTIONS 25
#define BLOCK     20000 /* rows indexed at once */

static struct {
    const char *dir;
    unsigned days;
    unsigned endpoints;
    unsigned millions;
} conf = { .dir = ".", .days = 365, .endpoints = 20, .millions = 100 };

static char store_dir[PATH_MAX];
static char index_dir[PATH_MAX + 8];
static struct clock_fake fake; /* of the store: it is built in a moment, over a year */
static struct way *ways;
static char (*endpoint_names)[24];

ZS_NORETURN static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "analytics_bench: %s: %s\n", what, e ? e->text : strerror(errno));
    exit(1);
}

static uint64_t now_ns(void)
{
    return clock_mono_ns(clock_real());
}

/* ---- what an execution is like: a pure function of its number ------------------------------ */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    return x;
}

static unsigned per_day(void)
{
    return (unsigned)((uint64_t)conf.millions * 1000000 / conf.days);
}

/* Every block of rows stands in a record of its own. */
static uint64_t seq_of(int64_t day, unsigned i)
{
    return (uint64_t)(day - FIRST) * (per_day() / BLOCK + 1) + i / BLOCK + 1;
}

static const char *const error_texts[ERRORS] = { "HTTP 500: Internal Server Error",
                                                 "HTTP 502: Bad Gateway",
                                                 "HTTP 503: Service Unavailable",
                                                 "HTTP 404: Not Found",
                                                 "HTTP 409: Conflict",
                                                 "HTTP 422: Unprocessable Entity",
                                                 "HTTP 429: Too Many Requests",
                                                 "NET-004 the connection was refused",
                                                 "NET-007 the peer closed the connection",
                                                 "HTTP-011 no answer in time",
                                                 "HTTP 504: Gateway Timeout",
                                                 "HTTP 401: Unauthorized" };

static void make_row(int64_t day, unsigned i, struct store_exec_row *out, struct way **way)
{
    uint64_t r = mix((uint64_t)day << 32 | i);
    bool failed = r % 100 == 7;
    uint32_t ms = r >> 8 & 15 ? (uint32_t)(20 + (r >> 16) % 300) : (uint32_t)((r >> 16) % 7000);
    *way = &ways[(r >> 40) % conf.endpoints];
    int64_t at = day * DAY_MS + (int64_t)((uint64_t)i * (uint64_t)DAY_MS / per_day());
    *out = (struct store_exec_row){
        .seq = seq_of(day, i),
        .n = i % BLOCK,
        .order_seq = seq_of(day, i),
        .delivery = true,
        .message_seq = 1,
        .attempt = 1,
        .channel = STR("adt-in"),
        .integration = (*way)->integration,
        .endpoint = (*way)->endpoint,
        .state = failed ? EXEC_FAILED : EXEC_COMPLETED,
        .start_ms = at - (int64_t)ms,
        .at_ms = at,
        .duration_ms = ms,
        .status = failed ? STR("500") : STR("200"),
        .error = failed ? str_z(error_texts[(r >> 50) % ERRORS]) : STR_NULL,
    };
}

/* ---- laying it out ------------------------------------------------------------------------ */

static void fill_file(struct day *d, struct arena *a)
{
    struct err e;
    struct tail_exec *x = mem_array(struct tail_exec, BLOCK);
    const struct tail_exec **list = mem_array(const struct tail_exec *, BLOCK);
    if (!x || !list)
        die("no memory", NULL);
    for (unsigned from = 0; from < per_day(); from += BLOCK) {
        size_t n = 0;
        for (unsigned i = from; i < per_day() && n < BLOCK; i++, n++) {
            x[n] = (struct tail_exec){ .at = { 1, SEGMENT_HEAD }, .length = 512 };
            make_row(d->number, i, &x[n].row, &x[n].way);
            list[n] = &x[n];
        }
        if (day_begin(d, &e) || day_exec_add(d, list, n, a, &e) ||
            day_commit(d, &(struct position){ .at = { 1, SEGMENT_HEAD } }, &e))
            die("day file", &e);
        arena_clear(a);
    }
    mem_free(x);
    mem_free(list);
}

static void make_file(int64_t number, const struct position *pos, bool with_rows, struct arena *a)
{
    struct err e;
    struct day d;
    bool whole = false;
    if (day_open(&d, index_dir, number, &e))
        die("day file", &e);
    if (with_rows)
        fill_file(&d, a);
    if (day_begin(&d, &e) || day_commit(&d, pos, &e) || db_checkpoint(&d.db, &whole, &e))
        die("day file", &e);
    day_close(&d);
}

/* The sums of a day that has no rows in a file. */
static void sum_day(int64_t day, struct day_way *list, struct store_exec_group *groups)
{
    for (unsigned i = 0; i < conf.endpoints; i++)
        list[i] = (struct day_way){ .integration = STR("lab"), .endpoint = ways[i].endpoint };
    for (unsigned i = 0; i < ERRORS; i++)
        groups[i] = (struct store_exec_group){ .error = str_z(error_texts[i]) };
    for (unsigned i = 0; i < per_day(); i++) {
        struct store_exec_row row;
        struct way *way = NULL;
        make_row(day, i, &row, &way);
        span_add(&list[way - ways].total, &row);
        if (row.state != EXEC_FAILED)
            continue;
        struct store_exec_group *g = groups;
        while (!str_eq(g->error, row.error))
            g++;
        g->first_at = g->count++ ? g->first_at : row.at_ms;
        g->last_at = row.at_ms;
    }
}

static enum rc add_day(struct state *s, int64_t day, bool closed, struct err *e)
{
    struct day_way *list = mem_array(struct day_way, conf.endpoints);
    struct store_exec_group groups[ERRORS];
    const struct state_day row = { .number = day,
                                   .before = { .at = { 1, SEGMENT_HEAD },
                                               .seq = seq_of(day, 0) - 1 },
                                   .first_seq = seq_of(day, 0) };
    enum rc rc = state_add_day(s, &row, e);
    if (!rc && closed) {
        sum_day(day, list, groups);
        for (unsigned i = 0; !rc && i < conf.endpoints; i++)
            rc = list[i].total.sum.n ? state_add_total(s, day, &list[i], e) : RC_OK;
        for (unsigned i = 0; !rc && i < ERRORS; i++)
            rc = groups[i].count ? state_add_group(s, day, STR("lab"), &groups[i], e) : RC_OK;
        if (!rc)
            rc = state_set_summed(s, day, e);
    }
    mem_free(list);
    return rc;
}

static void lay_out(void)
{
    struct err e;
    struct state s;
    struct arena *a = arena_new("bench", 0, (size_t)1 << 30);
    bool whole = false;
    if (!a || state_open(&s, index_dir, &e))
        die("state.db", &e);
    if (state_begin(&s, &e) || db_exec(&s.db, "DELETE FROM day", &e))
        die("state.db", &e);
    for (unsigned i = 0; i < conf.days; i++)
        if (add_day(&s, FIRST + i, i + 1 < conf.days, &e))
            die("state.db", &e);
    struct position pos = s.mark.pos;
    if (state_commit(&s, &s.mark, &e) || db_checkpoint(&s.db, &whole, &e))
        die("state.db", &e);
    state_close(&s);
    for (unsigned i = 0; i < conf.days; i++)
        make_file(FIRST + i, &pos, i == 0 || i + 1 == conf.days, a);
    arena_free(&a);
}

/* ---- the store ---------------------------------------------------------------------------- */

static void on_notice(void *ctx, const struct err *e)
{
    (void)ctx;
    printf("notice   %s %s\n", e->id, e->text);
}

static void on_fatal(void *ctx, const struct err *e)
{
    (void)ctx;
    die("fatal", e);
}

static struct store *open_store(struct datadir **dir)
{
    struct err e;
    struct store *s = NULL;
    const struct store_host host = { .clock = &fake.clock, .fatal = on_fatal, .notice = on_notice };
    if (datadir_open(store_dir, dir, &e))
        die("data directory", &e);
    const struct journal_conf c = { .dir = *dir, .segment_bytes = 16 << 20 };
    if (journal_open(&c, &host, &s, &e))
        die("store", &e);
    return s;
}

static struct {
    struct mutex lock;
    struct cond answered;
    bool done;
} waiting;

static void on_done(struct store_batch *b)
{
    (void)b;
    mutex_lock(&waiting.lock);
    waiting.done = true;
    cond_signal(&waiting.answered);
    mutex_unlock(&waiting.lock);
}

/* A journal that has the sequences of all records. */
static void make_journal(void)
{
    struct datadir *dir = NULL;
    struct err e;
    struct store *s = open_store(&dir);
    const struct store_mark mark = { .lane = STR("adt-in/lab/e00"), .upto = 1 };
    size_t n = (size_t)seq_of(FIRST + conf.days, 0);
    struct store_op *op = mem_array(struct store_op, n);
    if (!op)
        die("no memory", NULL);
    for (size_t i = 0; i < n; i++)
        op[i] = (struct store_op){ .kind = STORE_MARK,
                                   .mark = &mark,
                                   .next = i + 1 < n ? &op[i + 1] : NULL };
    struct store_batch b = { .first = op, .n = n, .done = on_done };
    store_append(s, &b);
    mutex_lock(&waiting.lock);
    while (!waiting.done)
        cond_wait(&waiting.answered, &waiting.lock);
    mutex_unlock(&waiting.lock);
    if (store_settle(s, &e))
        die("settle", &e);
    store_close(&s);
    datadir_close(&dir);
    mem_free(op);
}

/* ---- asking ------------------------------------------------------------------------------- */

struct range {
    const char *name;
    int64_t since, until;
};

/* Counted one by one, from what the rows are made of. */
static struct store_exec_sum recount(const struct range *r)
{
    struct store_exec_sum sum = { .n = 0 };
    for (unsigned d = 0; d < conf.days; d++) {
        int64_t begin = (FIRST + d) * DAY_MS;
        if (begin + DAY_MS <= r->since || begin >= r->until)
            continue;
        for (unsigned i = 0; i < per_day(); i++) {
            struct store_exec_row row;
            struct way *way = NULL;
            make_row(FIRST + d, i, &row, &way);
            if (row.at_ms >= r->since && row.at_ms < r->until)
                exec_sum_add(&sum, &row);
        }
    }
    return sum;
}

static bool same(const struct store_exec_sum *a, const struct store_exec_sum *b)
{
    return a->n == b->n && a->n_failed == b->n_failed && a->sum_ms == b->sum_ms &&
           a->min_ms == b->min_ms && a->max_ms == b->max_ms && a->min_start == b->min_start &&
           a->max_start == b->max_start && memcmp(a->bucket, b->bucket, sizeof a->bucket) == 0;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void ask(struct store *s, const struct range *r)
{
    struct err e;
    uint64_t took[QUESTIONS];
    struct store_exec_stats stats = { .n_errors = 0 };
    struct arena *a = arena_new("bench", 0, (size_t)256 << 20);
    for (size_t i = 0; i < QUESTIONS; i++) {
        uint64_t start = now_ns();
        if (!a || store_exec_stats(s, STR("lab"), r->since, r->until, a, &stats, &e))
            die("figures", &e);
        took[i] = now_ns() - start;
        if (i + 1 < QUESTIONS)
            arena_clear(a);
    }
    uint64_t first = took[0];
    qsort(took, QUESTIONS, sizeof *took, by_value);
    const struct store_exec_sum want = recount(r);
    printf("%-12s %9.2f M executions, %zu endpoints, %zu texts: first %6.2f ms, p50 %6.2f, max "
           "%6.2f; %s\n",
           r->name, (double)stats.total.n / 1e6, stats.n_parts, stats.n_groups, (double)first / 1e6,
           (double)took[QUESTIONS / 2] / 1e6, (double)took[QUESTIONS - 1] / 1e6,
           same(&want, &stats.total) ? "equal to a recount" : "WRONG");
    arena_free(&a);
}

static void ask_list(struct store *s, const char *name, const struct store_exec_query *q)
{
    struct err e;
    struct store_exec_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    uint64_t best = UINT64_MAX;
    struct arena *a = arena_new("bench", 0, (size_t)256 << 20);
    for (int i = 0; i < 5; i++) {
        uint64_t start = now_ns();
        if (!a || store_execs(s, q, a, &rows, &n, &more, &e))
            die("list", &e);
        uint64_t t = now_ns() - start;
        best = t < best ? t : best;
    }
    printf("%-28s %6.2f ms, %zu rows\n", name, (double)best / 1e6, n);
    arena_free(&a);
}

static void ask_all(void)
{
    struct datadir *dir = NULL;
    struct store *s = open_store(&dir);
    int64_t end = (FIRST + conf.days) * DAY_MS;
    const struct range ranges[] = {
        { "year", FIRST * DAY_MS, end },
        { "year, cut", FIRST * DAY_MS + 49062123, end - 31234567 },
        { "30 days", end - 30 * DAY_MS, end },
        { "24 hours", end - DAY_MS, end },
        { "1 hour, cut", end - 7234567, end - 3634567 },
    };
    for (size_t i = 0; i < ZS_COUNT(ranges); i++)
        ask(s, &ranges[i]);
    const struct store_exec_query newest = { .integration = STR("lab"), .limit = 50 };
    const struct store_exec_query all = { .limit = 50 };
    const struct store_exec_query failed = {
        .integration = STR("lab"), .endpoint = STR("e03"), .state = EXEC_FAILED, .limit = 50
    };
    const struct store_exec_query before = { .integration = STR("lab"),
                                             .until = end - 43200000,
                                             .limit = 1000 };
    ask_list(s, "list of an integration", &newest);
    ask_list(s, "list of everything", &all);
    ask_list(s, "failed at one endpoint", &failed);
    ask_list(s, "1000 before noon", &before);
    store_close(&s);
    datadir_close(&dir);
}

/* ---- the frame ---------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw; /* nftw's signature */
    return remove(path);
}

static unsigned number(const char *text, uint64_t most)
{
    uint64_t v = 0;
    if (!text || num_u64(str_z(text), 1, most, &v, NULL)) {
        fprintf(stderr,
                "usage: analytics_bench [--dir DIR] [--days N] [--endpoints N] [--millions N]\n");
        exit(2);
    }
    return (unsigned)v;
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--dir") == 0 && value)
            conf.dir = value;
        else if (strcmp(argv[i], "--days") == 0)
            conf.days = number(value, 5000);
        else if (strcmp(argv[i], "--endpoints") == 0)
            conf.endpoints = number(value, 1000);
        else if (strcmp(argv[i], "--millions") == 0)
            conf.millions = number(value, 1000);
        else
            (void)number(NULL, 0);
    }
}

static void make_ways(void)
{
    ways = mem_array(struct way, conf.endpoints);
    endpoint_names = mem_zero(conf.endpoints * sizeof *endpoint_names);
    if (!ways || !endpoint_names)
        die("no memory", NULL);
    for (unsigned i = 0; i < conf.endpoints; i++) {
        (void)snprintf(endpoint_names[i], sizeof endpoint_names[i], "e%02u", i); /* fits */
        ways[i] = (struct way){ .integration = STR("lab"), .endpoint = str_z(endpoint_names[i]) };
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    bench_heading("executions");
    (void)snprintf(store_dir, sizeof store_dir, "%s/analytics_bench.XXXXXX", conf.dir); /* fits */
    if (!mkdtemp(store_dir))
        die("temporary directory", NULL);
    (void)snprintf(index_dir, sizeof index_dir, "%s/index", store_dir); /* fits */
    mutex_init(&waiting.lock, "bench", 900);
    cond_init(&waiting.answered);
    clock_fake_init(&fake, (FIRST + conf.days) * DAY_MS);
    make_ways();
    make_journal();
    uint64_t start = now_ns();
    lay_out();
    printf("%u days of %u executions laid out in %.1f s\n\n", conf.days, per_day(),
           (double)(now_ns() - start) / 1e9);
    ask_all();
    (void)nftw(store_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* what stays is named above */
    mem_free(ways);
    mem_free(endpoint_names);
    return 0;
}
