/*
 * Power cuts and restarts of the journal, by seed.
 *
 * Each seed appends random batches until the power goes, or the process, at a random file call,
 * reopens what the disk may hold then, and compares with what was asked for:
 *   - the journal holds, in order and byte for byte, a prefix of what was appended, whole batches
 * only, and everything that was answered with RC_OK;
 *   - the proof of the chain holds;
 *   - every answer (search, lanes, windows, events, lists of executions) is the one the in-memory
 *     backend gives when fed that prefix, restarts included;
 *   - figures of executions equal a recount of what is there (store_crash_exec.c).
 * Index files are deleted now and then, and the clock jumps over days.
 *
 * What survives is decided by the model of store_fault.h, not by a disk, so the files lie in memory
 * where there is /dev/shm: the index's own syncs would take minutes otherwise.
 *
 * SEED=n runs one seed; ZS_TORTURE_ROUNDS=n that many. A failure prints its seed.
 */
#include "tests/torture/store_crash.h"

#include "base/alloc.h"
#include "base/num.h"
#include "store/journal/scan.h"
#include "store/rules.h"
#include "store/verify.h"
#include "tests/lib/t.h"

#include <ftw.h>

const char *const lanes[LANES] = { "a/b/0", "a/b/1", "a/b/2", "x/y/0" };

uint64_t roll(struct world *w, uint64_t n)
{
    return random_below(&w->random.random, n);
}

bool wrong(struct world *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(w->why, sizeof w->why, fmt, ap); /* cut is fine */
    va_end(ap);
    return false;
}

static void on_fatal(void *ctx, const struct err *e)
{
    struct world *w = ctx;
    (void)e;
    mutex_lock(&w->lock);
    w->fatal = true;
    mutex_unlock(&w->lock);
}

static void on_notice(void *ctx, const struct err *e)
{
    (void)ctx;
    (void)e;
}

/* ---- what is asked for -------------------------------------------------------------------- */

static void make_intake(struct world *w, struct want *m)
{
    m->kind = STORE_INTAKE;
    (void)snprintf(m->control_id, sizeof m->control_id, "M%zu", w->n);
    (void)snprintf(m->patient, sizeof m->patient, "p%u", (unsigned)roll(w, 5));
    m->n_body = roll(w, 6) ? roll(w, 100) : roll(w, 9000);
    m->body = arena_raw(w->a, m->n_body);
    ZS_ASSERT(m->body);
    random_bytes(&w->random.random, m->body, m->n_body);
    m->refused = roll(w, 10) == 0;
    for (unsigned i = 0; i < LANES && !m->refused; i++) {
        if (roll(w, 2))
            continue;
        static const enum delivery_state states[] = { DELIVERY_QUEUED, DELIVERY_QUEUED,
                                                      DELIVERY_HELD, DELIVERY_FILTERED };
        m->delivery[m->n_deliveries++] =
            (struct store_delivery){ .lane = str_z(lanes[i]),
                                     .state = states[roll(w, ZS_COUNT(states))],
                                     .marked = roll(w, 4) == 0 };
    }
}

/* An intake that was answered; SIZE_MAX: there is none. */
static size_t pick_target(struct world *w)
{
    for (int tries = 0; tries < 20 && w->n; tries++) {
        size_t i = roll(w, 3) ? w->n - 1 - roll(w, w->n < 40 ? w->n : 40) : roll(w, w->n);
        if (w->want[i].kind == STORE_INTAKE && w->want[i].answered && w->want[i].rc == RC_OK)
            return i;
    }
    return SIZE_MAX;
}

static void make_want(struct world *w, struct want *m)
{
    static const enum delivery_state states[] = { DELIVERY_RETRYING,  DELIVERY_UNCERTAIN,
                                                  DELIVERY_DELIVERED, DELIVERY_DELIVERED,
                                                  DELIVERY_REJECTED,  DELIVERY_HELD,
                                                  DELIVERY_DEAD,      DELIVERY_SKIPPED };
    uint64_t what = roll(w, 12);
    *m = (struct want){ .lane = (unsigned)roll(w, LANES) };
    m->target = pick_target(w);
    if (what >= 10) {
        make_call(w, m);
    } else if (what < 5 || m->target == SIZE_MAX) {
        make_intake(w, m);
    } else if (what < 8) {
        m->kind = STORE_OUTCOMES;
        m->state = states[roll(w, ZS_COUNT(states))];
        m->attempt = (unsigned)roll(w, 5);
        make_attempt(w, m);
    } else if (what < 9) {
        m->kind = STORE_MARK;
        m->ahead = roll(w, 5) == 0;
    } else {
        m->kind = STORE_ACT;
    }
}

/* The record of it, for the journal or for the model. Lives in w->a. */
static struct store_op *make_op(struct world *w, const struct want *m, bool model)
{
    struct store_op *op = arena_make(w->a, struct store_op, 1);
    ZS_ASSERT(op);
    op->kind = m->kind;
    bool first = m->kind == STORE_INTAKE || m->kind == STORE_EXEC;
    const struct want *t = first ? m : &w->want[m->target];
    uint64_t seq = model ? t->mem_seq : t->seq;
    if (m->kind == STORE_EXEC || m->kind == STORE_EXEC_END)
        return make_call_op(w, m, seq);
    if (m->kind == STORE_INTAKE) {
        struct store_intake *in = arena_make(w->a, struct store_intake, 1);
        struct store_term *term = arena_make(w->a, struct store_term, 1);
        ZS_ASSERT(in && term);
        *term = (struct store_term){ TERM_PATIENT_ID, str_z(m->patient) };
        *in = (struct store_intake){ .channel = STR("ch"),
                                     .peer = STR("10.0.0.1:99"),
                                     .control_id = str_z(m->control_id),
                                     .type = STR("ADT^A01"),
                                     .state = m->refused ? INTAKE_REFUSED : INTAKE_ACCEPTED,
                                     .body = str_of(m->body, m->n_body),
                                     .ack = STR("AA"),
                                     .terms = term,
                                     .n_terms = 1,
                                     .deliveries = m->delivery,
                                     .n_deliveries = m->n_deliveries };
        op->intake = in;
    } else if (m->kind == STORE_OUTCOMES) {
        struct store_outcome *o = arena_make(w->a, struct store_outcome, 1);
        ZS_ASSERT(o);
        *o = (struct store_outcome){ .seq = seq,
                                     .lane = str_z(lanes[m->lane]),
                                     .state = m->state,
                                     .attempt = m->attempt,
                                     .status = STR("AE") };
        fill_attempt(m, o);
        op->outcomes.list = o;
        op->outcomes.n = 1;
    } else if (m->kind == STORE_MARK) {
        struct store_mark *k = arena_make(w->a, struct store_mark, 1);
        ZS_ASSERT(k);
        *k =
            (struct store_mark){ .lane = str_z(lanes[m->lane]), .upto = m->ahead ? 1u << 30 : seq };
        op->mark = k;
    } else {
        struct store_act *act = arena_make(w->a, struct store_act, 1);
        ZS_ASSERT(act);
        *act = (struct store_act){ .actor = STR("ann"), .verb = STR("look") };
        op->act = act;
    }
    return op;
}

/* ---- appending ---------------------------------------------------------------------------- */

struct flight {
    struct world *w;
    struct store_batch batch;
    size_t first; /* of its wants */
};

static void on_done(struct store_batch *b)
{
    struct flight *f = ZS_CONTAINER(b, struct flight, batch);
    struct world *w = f->w;
    mutex_lock(&w->lock);
    size_t i = f->first;
    for (struct store_op *op = b->first; op; op = op->next, i++) {
        w->want[i].answered = true;
        w->want[i].rc = op->rc;
        w->want[i].seq = op->seq;
        w->want[i].at_ms = op->at_ms;
    }
    w->in_flight--;
    cond_signal(&w->answered);
    mutex_unlock(&w->lock);
}

static void wait_below(struct world *w, size_t most)
{
    mutex_lock(&w->lock);
    while (w->in_flight > most)
        cond_wait(&w->answered, &w->lock);
    mutex_unlock(&w->lock);
}

static void append_batch(struct world *w)
{
    size_t n = 1 + roll(w, BATCH);
    w->fresh = false;
    struct flight *f = arena_make(w->a, struct flight, 1);
    ZS_ASSERT(f);
    struct store_op *last = NULL;
    mutex_lock(&w->lock);
    *f = (struct flight){ .w = w, .batch = { .n = n, .done = on_done }, .first = w->n };
    for (size_t i = 0; i < n; i++) {
        make_want(w, &w->want[w->n]);
        w->want[w->n].batch_end = i + 1 == n;
        struct store_op *op = make_op(w, &w->want[w->n], false);
        if (last)
            last->next = op;
        else
            f->batch.first = op;
        last = op;
        w->n++;
    }
    w->in_flight++;
    mutex_unlock(&w->lock);
    store_append(w->s, &f->batch);
}

static bool is_over(struct world *w)
{
    LOCK_SCOPE(guard, &w->lock);
    return w->fatal || w->n + BATCH > OPS_MAX;
}

static void load(struct world *w, size_t batches)
{
    for (size_t i = 0; i < batches && !is_over(w); i++) {
        if (roll(w, 10) == 0) {
            wait_below(w, 0); /* nobody reads the clock while it is moved */
            clock_fake_step(&w->clock, (int64_t)roll(w, (uint64_t)36 * 3600 * 1000));
        }
        append_batch(w);
        wait_below(w, roll(w, FLIGHT));
    }
    wait_below(w, 0);
}

/* ---- opening and closing ------------------------------------------------------------------ */

static bool start(struct world *w)
{
    struct err e;
    const struct journal_conf conf = { .dir = NULL };
    struct journal_conf c = conf;
    if (datadir_open(w->dir, &w->data, &e))
        return wrong(w, "data directory: %s", e.text);
    fault_dir(&w->fault, datadir_journal_fd(w->data));
    c.dir = w->data;
    c.segment_bytes = SEGMENT;
    c.record_bytes = RECORD;
    c.min_free_bytes = 1;
    c.gather_ms = 1 + roll(w, 20);
    c.io = &w->fault.io;
    w->fatal = false;
    w->fresh = true;
    if (journal_open(&c, &w->host, &w->s, &e)) {
        datadir_close(&w->data);
        return wrong(w, "open: %s %s", e.id, e.text);
    }
    return true;
}

static void stop(struct world *w)
{
    store_close(&w->s);
    datadir_close(&w->data);
}

/* Index files go astray. */
static void lose_index(struct world *w)
{
    char path[PATH_MAX + 32];
    static const char *const names[] = { "state.db", "2023-11-14.db", "2023-11-15.db",
                                         "2023-11-16.db" };
    static const char *const tails[] = { "", "-wal", "-shm" };
    const char *name = names[roll(w, ZS_COUNT(names))];
    for (size_t i = 0; i < ZS_COUNT(tails); i++) {
        (void)snprintf(path, sizeof path, "%s/index/%s%s", w->dir, name, tails[i]);
        (void)unlink(path); /* it may not exist */
    }
}

/* ---- checking the journal ----------------------------------------------------------------- */

/* Is the record what was asked for, byte for byte? */
static bool same_record(struct world *w, const struct scan_item *item, const struct want *m,
                        struct sha256 *sha)
{
    struct arena_mark mark = arena_mark(w->a);
    struct record *r = NULL;
    struct err e;
    ZS_ASSERT(!record_encode(make_op(w, m, false), RECORD, sha, &r, &e));
    bool same = r->n == item->bytes.n && memcmp(r->bytes + RECORD_HEAD, item->bytes.p + RECORD_HEAD,
                                                r->n - RECORD_HEAD) == 0;
    mem_free(r);
    arena_rewind(w->a, mark);
    return same;
}

/* Walk the journal beside what was asked for; *found: so many of it are there. */
static bool walk(struct world *w, struct scan *scan, size_t *found)
{
    struct err e;
    struct scan_item item;
    const struct position from = { .at = { 1, SEGMENT_HEAD } };
    size_t i = 0;
    scan_seek(scan, &from);
    for (;;) {
        if (scan_next(scan, NULL, &item, &e))
            return wrong(w, "scan: %s", e.text);
        if (item.what == SCAN_END)
            break;
        if (item.what == SCAN_GAP)
            return wrong(w, "gap after %llu", (unsigned long long)item.after_seq);
        if (item.head.kind == STORE_CHECKPOINT)
            continue;
        while (i < w->n && w->want[i].answered && w->want[i].rc == RC_LIMIT)
            i++;
        if (i == w->n)
            return wrong(w, "record %llu was never asked for", (unsigned long long)item.head.seq);
        struct want *m = &w->want[i];
        if (m->rc == RC_OK && m->answered && m->seq != item.head.seq)
            return wrong(w, "want %zu is at %llu, not at %llu", i,
                         (unsigned long long)item.head.seq, (unsigned long long)m->seq);
        if (!same_record(w, &item, m, scan->sha))
            return wrong(w, "record %llu is not want %zu", (unsigned long long)item.head.seq, i);
        m->seq = item.head.seq;
        m->at_ms = item.head.at_ms;
        i++;
    }
    *found = i;
    return true;
}

/* What was answered is there; what is there ends with a batch. The rest never was. */
static bool settle_wants(struct world *w, size_t found)
{
    for (size_t i = found; i < w->n; i++)
        if (w->want[i].answered && w->want[i].rc == RC_OK)
            return wrong(w, "want %zu was answered (as %llu) and is missing", i,
                         (unsigned long long)w->want[i].seq);
    if (found && !w->want[found - 1].batch_end)
        return wrong(w, "half a batch is there, up to want %zu", found - 1);
    for (size_t i = 0; i < found; i++) {
        w->want[i].answered = true;
        w->want[i].rc = RC_OK;
    }
    w->n = found;
    recount_ends(w);
    return true;
}

static bool check_journal(struct world *w)
{
    struct segments segments;
    struct scan scan;
    struct err e;
    size_t found = 0;
    if (segments_load(&segments, datadir_journal_fd(w->data), datadir_identity(w->data)->store_id,
                      NULL, NULL, &e))
        return wrong(w, "segments: %s", e.text);
    ZS_ASSERT(!scan_init(&scan, &segments, RECORD, &e));
    bool ok = walk(w, &scan, &found);
    scan_done(&scan);
    segments_done(&segments);
    return ok && settle_wants(w, found);
}

static bool check_proof(struct world *w)
{
    struct verify_report report;
    struct err e;
    if (store_verify(w->dir, NULL, NULL, &report, &e))
        return wrong(w, "verify: %s", e.text);
    if (report.n_bad)
        return wrong(w, "verify: %s", report.bad.text);
    return true;
}

/* ---- checking the answers ----------------------------------------------------------------- */

struct model_wait {
    struct mutex lock;
    struct cond done;
    bool is;
};

static void on_model(struct store_batch *b)
{
    struct model_wait *m = b->ctx;
    mutex_lock(&m->lock);
    m->is = true;
    cond_signal(&m->done);
    mutex_unlock(&m->lock);
}

static void feed_model(struct world *w)
{
    struct model_wait wait = { .is = false };
    mutex_init(&wait.lock, "model", 900);
    cond_init(&wait.done);
    for (; w->n_applied < w->n; w->n_applied++) {
        struct want *m = &w->want[w->n_applied];
        struct store_op *op = make_op(w, m, true);
        struct store_batch b = { .first = op, .n = 1, .done = on_model, .ctx = &wait };
        wait.is = false;
        store_append(w->model, &b);
        mutex_lock(&wait.lock);
        while (!wait.is)
            cond_wait(&wait.done, &wait.lock);
        mutex_unlock(&wait.lock);
        ZS_ASSERT(op->rc == RC_OK);
        m->mem_seq = op->seq;
    }
    cond_done(&wait.done);
    mutex_done(&wait.lock);
}

/* An answer as text in which sequences do not stand, so that both stores can be compared. */
static void show_window(struct world *w, struct store *s, const char *lane, struct buf *b)
{
    struct err e;
    struct store_waiting *list = NULL;
    size_t n = 0;
    uint64_t after = 0;
    do {
        enum rc rc = store_window(s, str_z(lane), after, 50, 4096, w->a, &list, &n, &e);
        if (rc) {
            buf_fmt(b, "%s: %s", lane, e.text);
            return;
        }
        for (size_t i = 0; i < n; i++) {
            buf_fmt(b, "%.*s %s%s %u %zu;", STR_ARG(list[i].control_id),
                    delivery_state_name(list[i].state), list[i].unknown ? "?" : "",
                    list[i].attempts, list[i].delivery.payload.n);
            after = list[i].seq;
        }
    } while (n);
}

static void show_lanes(struct world *w, struct store *s, struct buf *b)
{
    struct err e;
    struct store_lane *list = NULL;
    size_t n = 0;
    if (store_lanes(s, w->a, &list, &n, &e)) {
        buf_z(b, e.text);
        return;
    }
    for (unsigned l = 0; l < LANES; l++)
        for (size_t i = 0; i < n; i++)
            if (str_eqz(list[i].lane, lanes[l]))
                buf_fmt(b, "%s %llu;", lanes[l], (unsigned long long)list[i].n_open);
}

static void show_search(struct world *w, struct store *s, struct store_query q, struct buf *b)
{
    struct err e;
    struct store_row *rows = NULL;
    size_t n = 0;
    bool more = true;
    q.limit = 37;
    while (more) {
        if (store_search(s, &q, w->a, &rows, &n, &more, &e)) {
            buf_z(b, e.text);
            return;
        }
        for (size_t i = 0; i < n; i++) {
            buf_fmt(b, "%.*s %s %zu;", STR_ARG(rows[i].control_id),
                    delivery_state_name(rows[i].delivery), rows[i].bytes);
            q.before = rows[i].seq;
        }
    }
}

static void show_events(struct world *w, struct store *s, uint64_t seq, struct buf *b)
{
    struct err e;
    struct store_event *list = NULL;
    size_t n = 0;
    if (store_events(s, seq, w->a, &list, &n, &e)) {
        buf_z(b, e.text);
        return;
    }
    for (size_t i = 0; i < n; i++)
        buf_fmt(b, "%.*s %s %u;", STR_ARG(list[i].outcome.lane),
                delivery_state_name(list[i].outcome.state), list[i].outcome.attempt);
}

/* The k-th question, of either store. */
static bool ask(struct world *w, unsigned k, bool model, struct buf *b)
{
    struct store *s = model ? w->model : w->s;
    if (k < LANES) {
        show_window(w, s, lanes[k], b);
        return true;
    }
    k -= LANES;
    if (k == 0) {
        show_lanes(w, s, b);
        return true;
    }
    const struct store_query queries[] = {
        { .state = 0 },
        { .state = -1 },
        { .state = DELIVERY_DELIVERED },
        { .state = DELIVERY_RETRYING },
        { .state = DELIVERY_HELD },
        { .patient_id = STR("p1") },
        { .patient_id = STR("p2"), .state = DELIVERY_QUEUED },
        { .type = STR("ADT") },
        { .peer = STR("10.0.0.1") },
    };
    if (--k < ZS_COUNT(queries)) {
        show_search(w, s, queries[k], b);
        return true;
    }
    k -= (unsigned)ZS_COUNT(queries);
    if (show_execs(w, s, k, b))
        return true;
    k -= EXEC_LISTS;
    size_t step = w->n / 8 + 1;
    size_t i = k * step;
    while (i < w->n && w->want[i].kind != STORE_INTAKE)
        i++;
    if (i >= w->n)
        return false;
    show_events(w, s, model ? w->want[i].mem_seq : w->want[i].seq, b);
    return true;
}

static bool check_answers(struct world *w)
{
    bool more = true;
    for (unsigned k = 0; more; k++) {
        struct arena_mark mark = arena_mark(w->a);
        struct buf got;
        struct buf want;
        buf_init(&got, 16u << 20);
        buf_init(&want, 16u << 20);
        more = ask(w, k, false, &got);
        if (more)
            (void)ask(w, k, true, &want); /* the same k: there is one */
        bool same = str_eq(buf_view(&got), buf_view(&want));
        if (!same) {
            size_t at = 0;
            while (at < got.n && at < want.n && got.p[at] == want.p[at])
                at++;
            at = at > 20 ? at - 20 : 0;
            (void)wrong(w, "question %u: got ...%.*s, want ...%.*s", k,
                        STR_ARG(str_sub(buf_view(&got), at, 70)),
                        STR_ARG(str_sub(buf_view(&want), at, 70)));
        }
        buf_done(&got);
        buf_done(&want);
        arena_rewind(w->a, mark);
        if (!same)
            return false;
    }
    return true;
}

/* ---- one seed ----------------------------------------------------------------------------- */

static bool restart_model(struct world *w)
{
    struct err e;
    feed_model(w);
    store_close(&w->model);
    return !mem_store_open(w->image, 0, &w->host, &w->model, &e);
}

/* What the end was: the power went, or only the process was killed and the page cache stays. */
static void end(struct world *w)
{
    if (roll(w, 3))
        fault_resolve(&w->fault);
    else
        fault_go_on(&w->fault);
}

/* Load until the power goes or the load is over; then start again and look. */
static bool run_round(struct world *w)
{
    bool cut = roll(w, 4) != 0;
    if (cut) {
        mutex_lock(&w->fault.lock);
        w->fault.cut_at = w->fault.calls + 1 + roll(w, roll(w, 4) ? 60 : 3);
        mutex_unlock(&w->fault.lock);
    }
    load(w, 5 + roll(w, 40));
    if (roll(w, 3) == 0 && !w->fatal) {
        struct err e;
        if (!w->fault.cut && store_settle(w->s, &e))
            return wrong(w, "settle: %s", e.text);
    }
    if (!cut) {
        feed_model(w);
        if (!check_answers(w) || !check_execs(w))
            return false;
    }
    stop(w);
    end(w);
    if (roll(w, 6) == 0) {
        lose_index(w);
        w->lost = true;
    }
    /* the power may go again while it is being made whole */
    if (roll(w, 4) == 0) {
        w->fault.cut_at = w->fault.calls + 1 + roll(w, 4);
        if (start(w))
            stop(w);
        end(w);
    }
    if (!start(w) || !check_journal(w) || !restart_model(w))
        return false;
    if (w->lost || roll(w, 2)) {
        struct err e;
        w->lost = false; /* what is made again is whole after this */
        if (store_settle(w->s, &e))
            return wrong(w, "settle: %s", e.text);
    }
    return check_answers(w) && check_execs(w) && check_proof(w);
}

/* A fresh directory, in memory if possible. */
static void make_dir(char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "/dev/shm/zarish-crash-XXXXXX");
    ZS_ASSERT(n > 0 && n < PATH_MAX);
    if (mkdtemp(out))
        return;
    n = snprintf(out, PATH_MAX, "%s/crash", t_tmpdir());
    ZS_ASSERT(n > 0 && n < PATH_MAX);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw; /* nftw's signature */
    return remove(path);
}

static void world_init(struct world *w, uint64_t seed, bool late_sync)
{
    struct err e;
    *w = (struct world){ .seed = seed };
    random_fake_init(&w->random, seed);
    make_dir(w->dir);
    clock_fake_init(&w->clock, 1700000000000);
    mutex_init(&w->lock, "world", 910);
    cond_init(&w->answered);
    w->host = (struct store_host){
        .clock = &w->clock.clock, .fatal = on_fatal, .notice = on_notice, .ctx = w
    };
    fault_init(&w->fault, seed ^ 0x5eed);
    w->fault.late_sync = late_sync;
    w->a = arena_new("world", 0, (size_t)1 << 30);
    w->want = mem_array(struct want, OPS_MAX);
    w->image = mem_image_new();
    ZS_ASSERT(w->a && w->want && w->image);
    ZS_ASSERT(!mem_store_open(w->image, 0, &w->host, &w->model, &e));
}

static void world_done(struct world *w)
{
    if (w->s)
        stop(w);
    store_close(&w->model);
    mem_image_free(&w->image);
    fault_done(&w->fault);
    mem_free(w->want);
    arena_free(&w->a);
    (void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* what stays is a test's litter */
    cond_done(&w->answered);
    mutex_done(&w->lock);
}

static bool run_seed(uint64_t seed, bool late_sync, char why[256])
{
    struct world w;
    world_init(&w, seed, late_sync);
    bool ok = start(&w);
    for (uint64_t rounds = 1 + roll(&w, 4); ok && rounds; rounds--)
        ok = run_round(&w);
    if (!ok)
        memcpy(why, w.why, sizeof w.why);
    world_done(&w);
    return ok;
}

/* ---- the tests ---------------------------------------------------------------------------- */

static uint64_t env_number(const char *name, uint64_t def)
{
    uint64_t v = def;
    const char *text = getenv(name);
    if (text && num_u64(str_z(text), 1, UINT64_MAX, &v, NULL))
        return def;
    return v;
}

static void no_seed_loses_or_invents_anything(void **state)
{
    (void)state;
    uint64_t one = env_number("SEED", 0);
    uint64_t rounds = one ? 1 : env_number("ZS_TORTURE_ROUNDS", 200);
    for (uint64_t i = 0; i < rounds; i++) {
        char why[256] = "";
        uint64_t seed = one ? one : i + 1;
        if (!run_seed(seed, false, why))
            T_FAIL("SEED=%llu: %s", (unsigned long long)seed, why);
    }
}

/* The harness sees what it is there to see: a commit that answers before its sync is done. */
static void answers_before_the_sync_are_caught(void **state)
{
    (void)state;
    size_t caught = 0;
    for (uint64_t seed = 1; seed <= 40 && !caught; seed++) {
        char why[256] = "";
        if (!run_seed(seed, true, why) && strstr(why, "is missing"))
            caught++;
    }
    T_TRUE(caught > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(no_seed_loses_or_invents_anything),
        T_TEST(answers_before_the_sync_are_caught),
    };
    return T_RUN(tests);
}
