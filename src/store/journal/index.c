/*
 * The indexer's start, its loop and its end; the list of days. Batches: index_batch.c; files made
 * again: index_repair.c. Tests: journal_test.c
 */
#include "store/journal/index_int.h"

#include "base/alloc.h"
#include "store/vec.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>

#define INDEX_MEMORY       ((size_t)2 << 30)
#define DAYS_MEMORY        ((size_t)64 << 20)
#define CHECKPOINT_EVERY   200000 /* records */
#define REST_AFTER_FAILURE 1000   /* ms */

/* ---- days --------------------------------------------------------------------------------- */

enum rc index_add_day(struct index *x, const struct state_day *day, struct err *e)
{
    LOCK_SCOPE(guard, &x->lock);
    ZS_ASSERT(x->n_days == 0 || x->days[x->n_days - 1].number < day->number);
    struct state_day *list = vec_room(x->day_arena, x->days, sizeof *list, x->n_days, &x->cap_days);
    if (!list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the list of days");
    x->days = list;
    list[x->n_days++] = *day;
    return RC_OK;
}

enum rc index_days(struct index *x, struct arena *a, struct state_day **out, size_t *n,
                   struct err *e)
{
    LOCK_SCOPE(guard, &x->lock);
    struct state_day *list = arena_make(a, struct state_day, x->n_days);
    if (!list)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the list of days");
    if (x->n_days)
        memcpy(list, x->days, x->n_days * sizeof *list);
    *out = list;
    *n = x->n_days;
    return RC_OK;
}

bool index_day_of(struct index *x, uint64_t seq, struct state_day *out)
{
    LOCK_SCOPE(guard, &x->lock);
    size_t low = 0;
    size_t high = x->n_days;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (x->days[mid].first_seq <= seq)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0)
        return false;
    *out = x->days[low - 1];
    return true;
}

static struct state_day *day_at(struct index *x, int64_t number)
{
    mutex_assert_held(&x->lock);
    for (size_t i = x->n_days; i > 0; i--)
        if (x->days[i - 1].number == number)
            return &x->days[i - 1];
    return NULL;
}

void index_set_whole(struct index *x, int64_t number, bool whole)
{
    LOCK_SCOPE(guard, &x->lock);
    struct state_day *d = day_at(x, number);
    if (d)
        d->whole = whole;
}

void index_set_summed(struct index *x, int64_t number)
{
    LOCK_SCOPE(guard, &x->lock);
    struct state_day *d = day_at(x, number);
    if (d)
        d->summed = true;
}

bool index_is_whole(struct index *x, int64_t number)
{
    LOCK_SCOPE(guard, &x->lock);
    const struct state_day *d = day_at(x, number);
    return d && d->whole;
}

/* ---- starting over ------------------------------------------------------------------------ */

void index_unlink(const struct index *x, const char *name)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < ZS_COUNT(tails); i++) {
        char file[64];
        int n = snprintf(file, sizeof file, "%s%s", name, tails[i]);
        if (n > 0 && (size_t)n < sizeof file)
            (void)unlinkat(x->dir_fd, file, 0); /* one that is not there is as good */
    }
}

/* Remove every database: they are all derived. */
static void wipe(struct index *x)
{
    int fd = openat(x->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            (void)close(fd); /* read only */
        return;
    }
    struct dirent *d;
    while ((d = readdir(dir)) != NULL)
        if (str_find(str_z(d->d_name), STR(".db"), 0) != SIZE_MAX)
            (void)unlinkat(x->dir_fd, d->d_name, 0); /* what stays is judged when it is opened */
    (void)closedir(dir);                             /* read only */
}

static void notice_rebuild(struct index *x, const char *why)
{
    struct err e;
    err_set(&e, RC_IO, "STORE-034", "index: %s; it is made again from the journal", why);
    x->host.notice(x->host.ctx, &e);
}

/* Does the record at the mark carry the link the mark remembers? */
static bool link_holds(struct index *x, const struct position *mark)
{
    struct scan scan;
    struct scan_item item;
    struct position committed = x->tail->committed;
    if (mark->seq == committed.seq)
        return mark->link == committed.link && place_cmp(mark->at, committed.at) <= 0;
    if (scan_init(&scan, x->segments, x->max_record, NULL))
        return true; /* no memory to look closer */
    scan_seek(&scan, mark);
    bool holds = scan_next(&scan, &committed.at, &item, NULL) != RC_OK ||
                 item.what != SCAN_RECORD || item.head.seq != mark->seq + 1 ||
                 position_link(item.head.prev) == mark->link;
    scan_done(&scan);
    return holds;
}

static uint64_t owner_of(const struct index *x)
{
    return hash_sip64(&x->tail->key, STR("owner of an index")) >> 1;
}

/* Why state.db cannot be gone on with; NULL: it can. */
static const char *judge(struct index *x)
{
    const struct state_mark *m = &x->state.mark;
    if (m->pos.seq == 0 && m->owner == 0)
        return segments_count(x->segments) && x->tail->committed.seq ? "it is missing" : NULL;
    if (m->owner != owner_of(x))
        return "it belongs to another store";
    if (m->pos.seq > x->tail->committed.seq || !link_holds(x, &m->pos))
        return "it is not of this journal";
    return NULL;
}

/* The journal's first place. */
static struct position beginning(struct index *x)
{
    struct segment seg;
    struct position p = { .at = { 1, SEGMENT_HEAD } };
    if (segments_from(x->segments, 0, &seg)) {
        p.at.segment = seg.number;
        p.seq = seg.first_seq ? seg.first_seq - 1 : 0;
    }
    return p;
}

static enum rc open_state(struct index *x, struct err *e)
{
    struct err why;
    enum rc rc = state_open(&x->state, x->path, &why);
    const char *reason = rc ? why.text : judge(x);
    if (rc == RC_NOMEM) {
        if (e)
            *e = why;
        return rc;
    }
    if (reason) {
        bool fresh = !rc && x->state.mark.owner == 0;
        notice_rebuild(x, reason);
        state_close(&x->state);
        wipe(x);
        rc = state_open(&x->state, x->path, e);
        ZS_ASSERT(rc || fresh || x->state.mark.owner == 0);
        if (rc)
            return rc;
    }
    if (x->state.mark.owner == 0) {
        x->state.mark.pos = x->state.mark.safe = beginning(x);
        x->state.mark.owner = owner_of(x);
        rc = state_begin(&x->state, e);
        return rc ? rc : state_commit(&x->state, &x->state.mark, e);
    }
    return RC_OK;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* A day that ended is made durable at once, so that its totals can be kept. */
static bool checkpoint_due(const struct index *x)
{
    return x->since_checkpoint >= CHECKPOINT_EVERY ||
           (x->since_checkpoint > 0 && sum_waits(x) && !sum_wanted(x));
}

/* Is something to be done though nothing is committed? */
static bool is_busy(const struct index *x)
{
    return repair_wanted(x) || sum_wanted(x) || checkpoint_due(x);
}

static bool file_exists(const struct index *x, int64_t number)
{
    char name[DAY_NAME];
    char file[DAY_NAME + 3];
    day_name(number, name);
    int n = snprintf(file, sizeof file, "%s.db", name);
    ZS_ASSERT(n > 0 && (size_t)n < sizeof file);
    return faccessat(x->dir_fd, file, F_OK, 0) == 0;
}

static enum rc load_days(struct index *x, struct err *e)
{
    struct state_day *list = NULL;
    size_t n = 0;
    enum rc rc = state_days(&x->state, x->arena, &list, &n, e);
    for (size_t i = 0; !rc && i < n; i++) {
        if (!file_exists(x, list[i].number)) {
            char name[DAY_NAME];
            day_name(list[i].number, name);
            notice_rebuild(x, name);
            list[i].whole = false;
        }
        rc = index_add_day(x, &list[i], e);
    }
    return rc;
}

/*
 * Where to go on from: the safe position, or before it what the newest day lacks. A newest day that
 * does not open is made again.
 */
static enum rc choose_start(struct index *x, struct position *start, uint64_t *newest,
                            struct err *e)
{
    struct day d;
    struct err why;
    *start = x->state.mark.safe;
    *newest = start->seq;
    if (x->n_days == 0 || !x->days[x->n_days - 1].whole)
        return RC_OK;
    int64_t number = x->days[x->n_days - 1].number;
    enum rc rc = day_open(&d, x->path, number, &why);
    if (rc && db_is_damage(&why)) {
        repair_day(x, number);
        return RC_OK;
    }
    if (rc) {
        if (e)
            *e = why;
        return rc;
    }
    *newest = d.mark.pos.seq;
    if (d.mark.pos.seq == 0) {
        repair_day(x, number);
        *newest = start->seq;
    } else if (d.mark.pos.seq < start->seq) {
        *start = d.mark.pos;
    }
    day_close(&d);
    return RC_OK;
}

static enum rc lane_known(void *ctx, int64_t id, struct str name, uint64_t n_open, struct err *e)
{
    struct index *x = ctx;
    struct lane *l = tail_lane(x->tail, name);
    (void)n_open;
    if (!l)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for lanes");
    l->id = id;
    return RC_OK;
}

enum rc index_init(struct index *x, struct err *e)
{
    struct position start;
    uint64_t newest = 0;
    mutex_init(&x->lock, "store-index", JOURNAL_RANK_INDEX);
    x->arena = arena_new("store index", 0, INDEX_MEMORY);
    x->day_arena = arena_new("store days", 0, DAYS_MEMORY);
    if (!x->arena || !x->day_arena)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the index");
    enum rc rc = open_state(x, e);
    if (!rc)
        rc = load_days(x, e);
    if (!rc)
        rc = state_lanes(&x->state, lane_known, x, e);
    if (!rc)
        rc = choose_start(x, &start, &newest, e);
    if (rc)
        return rc;
    x->safe = x->state.mark.safe;
    atomic_store(&x->n_messages, x->state.mark.n_messages);
    atomic_store(&x->n_refused, x->state.mark.n_refused);
    const uint64_t low = newest < x->state.mark.pos.seq ? newest : x->state.mark.pos.seq;
    const uint64_t high = newest < x->state.mark.pos.seq ? x->state.mark.pos.seq : newest;
    const uint64_t cuts[] = { low, high };
    tail_start(x->tail, &start, cuts, ZS_COUNT(cuts));
    tail_set_busy(x->tail, is_busy(x));
    return RC_OK;
}

/* ---- the loop ----------------------------------------------------------------------------- */

/* Behind everything else the machine has to do: answers do not wait for the index. */
static void lower_priority(void)
{
    const struct sched_param none = { .sched_priority = 0 };
    /* where this is refused the indexer works all the same */
    (void)sched_setscheduler(0, SCHED_BATCH, &none);
    (void)setpriority(PRIO_PROCESS, (id_t)thread_self_id(), 10);
}

static void note_failure(struct index *x, const struct err *why)
{
    tail_set_failed(x->tail, true);
    if (x->failing)
        return;
    struct err e;
    x->failing = true;
    err_set(&e, RC_IO, "STORE-035", "the index cannot be written (%s); it is tried again",
            why->text);
    x->host.notice(x->host.ctx, &e);
}

static enum rc work(struct index *x, bool pending, struct err *e)
{
    enum rc rc = pending ? index_batch(x, e) : RC_OK;
    if (!rc && checkpoint_due(x))
        rc = index_checkpoint(x, e);
    if (!rc && repair_wanted(x))
        rc = repair_step(x, e);
    if (!rc && sum_wanted(x))
        rc = sum_step(x, e);
    return rc == RC_STATE ? RC_OK : rc; /* a day to be made again: go on at once */
}

static void index_loop(void *ctx)
{
    struct index *x = ctx;
    struct err e;
    bool open = true;
    lower_priority();
    while (open) {
        bool pending = tail_await(x->tail, x->gather_ms, is_busy(x));
        enum rc rc = work(x, pending, &e);
        if (rc) {
            note_failure(x, &e);
            open = tail_rest(x->tail, REST_AFTER_FAILURE);
        } else {
            if (x->failing)
                tail_set_failed(x->tail, false);
            x->failing = false;
            tail_set_busy(x->tail, is_busy(x));
            open = !tail_is_closing(x->tail) || tail_lag(x->tail) > 0;
        }
    }
}

enum rc index_start(struct index *x, struct err *e)
{
    enum rc rc = thread_start(&x->thread, "store-index", index_loop, x, e);
    x->started = !rc;
    return rc;
}

/* Durable, and the position that says so too: a clean start goes back no further. */
static void leave_clean(struct index *x)
{
    struct err e;
    bool whole = false;
    enum rc rc = index_checkpoint(x, &e);
    if (!rc)
        rc = state_begin(&x->state, &e);
    if (!rc) {
        struct state_mark mark = x->state.mark;
        mark.safe = x->safe;
        rc = state_commit(&x->state, &mark, &e);
    }
    if (!rc)
        rc = db_checkpoint(&x->state.db, &whole, &e);
    if (rc)
        state_rollback(&x->state); /* the next start goes back further, that is all */
}

void index_stop(struct index *x)
{
    if (x->started) {
        thread_join(&x->thread);
        leave_clean(x);
    }
    repair_stop(x);
    index_close_days(x);
    state_close(&x->state);
    arena_free(&x->arena);
    arena_free(&x->day_arena);
    mutex_done(&x->lock);
}
