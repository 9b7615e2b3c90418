/*
 * The journal's own promises: what a start does with tails, damage, lost indexes, newer formats;
 * what a full disk and a failing sync do. Power cuts by seed are in tests/torture/store_crash.c.
 */
#include "store/contract.h"
#include "store/journal/segment.h"
#include "tests/torture/store_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

static void segment_path(const struct fix *f, unsigned number, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/journal/%016x.zj", f->path, number);
    T_TRUE(n > 0 && n < PATH_MAX);
}

static void drop(const struct fix *f, const char *name)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < ZS_COUNT(tails); i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/%s%s", f->path, name, tails[i]);
        T_TRUE(n > 0 && (size_t)n < sizeof path);
        (void)unlink(path); /* not every one is there */
    }
}

static size_t count_messages(struct fix *f)
{
    struct err e;
    struct store_row *rows = NULL;
    size_t n = 0;
    bool more = false;
    const struct store_query q = { .limit = 1000 };
    T_OK(store_search(f->s, &q, f->a, &rows, &n, &more, &e), &e);
    return n;
}

static off_t end_of_records(int fd)
{
    off_t at = SEGMENT_HEAD;
    unsigned char head[16];
    while (pread(fd, head, sizeof head, at) == (ssize_t)sizeof head && head[0] == 'Z') {
        uint32_t length = 0;
        memcpy(&length, head + 8, sizeof length);
        at += (off_t)length;
    }
    return at;
}

/* Every length the last record may be cut to: it goes, and nothing else does. */
static void a_cut_last_record_goes_alone(void **state)
{
    (void)state;
    struct fix f;
    char path[PATH_MAX];
    char last[1024];
    fix_init(&f, &backend_journal);
    put_message(&f, "M1", "lane", NULL);
    put_message(&f, "M2", "lane", NULL);
    fix_stop(&f);
    drop(&f, "journal/clean");
    segment_path(&f, 1, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    T_TRUE(fd >= 0);
    off_t end = end_of_records(fd);
    uint32_t length = 0; /* of the checkpoint, the last one */
    off_t at = SEGMENT_HEAD;
    for (off_t next = at; next < end; next += (off_t)length) {
        at = next;
        T_EQ_INT(pread(fd, &length, 4, at + 8), 4);
    }
    T_TRUE(length <= sizeof last);
    T_EQ_INT(pread(fd, last, length, at), length);
    for (uint32_t keep = 0; keep < length; keep += keep < 150 ? 1 : 7) {
        char zeros[sizeof last] = { 0 };
        T_EQ_INT(pwrite(fd, last, length, at), length);
        T_EQ_INT(pwrite(fd, zeros, length - keep, at + (off_t)keep), length - keep);
        f.n_notices = 0;
        backend_journal.start(&f);
        struct store_stats st;
        store_stats(f.s, &st);
        bool whole = st.last_seq == 3; /* what was cut off had been zero anyway */
        T_TRUE(whole || st.last_seq == 2);
        T_EQ_INT(f.n_fatal, 0);
        T_EQ_INT(fix_noticed(&f, "STORE-031"), !whole && keep > 0);
        T_EQ_SIZE(count_messages(&f), 2);
        /* nothing is appended, so closing leaves the segment as recovery made it */
        fix_stop(&f);
        drop(&f, "journal/clean");
        arena_clear(f.a);
    }
    T_EQ_INT(close(fd), 0);
    arena_free(&f.a);
}

static void damage_in_the_middle_costs_what_it_covers(void **state)
{
    (void)state;
    for (unsigned victim = 1; victim <= 5; victim++) {
        struct fix f;
        struct err e;
        char path[PATH_MAX];
        uint64_t seq[6];
        fix_init(&f, &backend_journal);
        for (size_t i = 0; i < 6; i++)
            seq[i] = put_message(&f, "M", "lane", NULL);
        fix_stop(&f);
        drop(&f, "journal/clean");
        drop(&f, "index/state.db");
        segment_path(&f, 1, path);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        off_t at = SEGMENT_HEAD;
        for (unsigned i = 1; i < victim; i++) {
            uint32_t length = 0;
            T_EQ_INT(pread(fd, &length, 4, at + 8), 4);
            at += (off_t)length;
        }
        T_EQ_INT(pwrite(fd, "damaged!", 8, at + 60), 8);
        T_EQ_INT(close(fd), 0);
        f.n_notices = 0;
        backend_journal.start(&f);
        T_TRUE(fix_noticed(&f, "STORE-032"));
        T_FALSE(fix_noticed(&f, "STORE-031"));
        T_OK(store_settle(f.s, &e), &e);
        T_EQ_SIZE(count_messages(&f), 5);
        for (unsigned i = 1; i <= 6; i++) {
            struct store_message m;
            enum rc rc = store_read(f.s, seq[i - 1], f.a, &m, &e);
            T_EQ_INT(rc == RC_OK, i != victim);
        }
        T_EQ_SIZE(put_message(&f, "M7", "lane", NULL), 8); /* behind the checkpoint */
        T_EQ_INT(f.n_fatal, 0);
        fix_done(&f);
    }
}

static void a_record_damaged_after_indexing_is_said_to_be(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    struct store_message m;
    struct store_waiting *list = NULL;
    size_t n = 0;
    char path[PATH_MAX];
    fix_init(&f, &backend_journal);
    uint64_t one = put_message(&f, "M1", "lane", NULL);
    uint64_t two = put_message(&f, "M2", "lane", NULL);
    T_OK(store_settle(f.s, &e), &e);
    segment_path(&f, 1, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    T_EQ_INT(pwrite(fd, "x", 1, SEGMENT_HEAD + 150), 1);
    T_EQ_INT(close(fd), 0);
    T_EQ_INT(store_read(f.s, one, f.a, &m, &e), RC_PEER);
    T_EQ_Z(e.id, "STORE-012");
    T_OK(store_read(f.s, two, f.a, &m, &e), &e);
    /* the lane goes on without it, and somebody hears of it */
    T_OK(store_window(f.s, STR("lane"), 0, 10, 1000, f.a, &list, &n, &e), &e);
    T_EQ_SIZE(n, 1);
    T_EQ_SIZE(list[0].seq, two);
    T_TRUE(fix_noticed(&f, "STORE-012"));
    fix_done(&f);
}

static void lost_index_files_are_made_again(void **state)
{
    (void)state;
    static const char *const names[] = { "index/state.db", "index/2023-11-14.db",
                                         "index/2023-11-15.db", "index/2023-11-16.db" };
    for (size_t i = 0; i < ZS_COUNT(names); i++) {
        struct fix f;
        struct err e;
        fix_init(&f, &backend_journal);
        uint64_t first = put_message(&f, "M0", "lane", NULL);
        for (size_t k = 0; k < 30; k++) {
            put_message(&f, "M", "lane", NULL);
            clock_fake_step(&f.clock, (int64_t)2 * 3600 * 1000);
        }
        put_state(&f, first, "lane", DELIVERY_RETRYING);
        T_OK(store_settle(f.s, &e), &e);
        fix_stop(&f);
        T_ROW(names[i]);
        drop(&f, names[i]);
        f.n_notices = 0;
        backend_journal.start(&f);
        T_TRUE(fix_noticed(&f, "STORE-034"));
        T_OK(store_settle(f.s, &e), &e);
        T_EQ_SIZE(count_messages(&f), 31);
        struct store_event *events = NULL;
        size_t n = 0;
        T_OK(store_events(f.s, first, f.a, &events, &n, &e), &e);
        T_EQ_SIZE(n, 1);
        struct store_lane *lanes = NULL;
        T_OK(store_lanes(f.s, f.a, &lanes, &n, &e), &e);
        T_EQ_SIZE(n, 1);
        T_EQ_SIZE(lanes[0].n_open, 31);
        fix_done(&f);
    }
}

static void another_stores_and_newer_segments_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        off_t at;
        const char *id;
    } rows[] = { { "newer format", 4, "STORE-021" } };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct fix f;
        struct err e;
        char path[PATH_MAX];
        fix_init(&f, &backend_journal);
        put_message(&f, "M1", NULL, NULL);
        fix_stop(&f);
        segment_path(&f, 1, path);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        T_EQ_INT(pwrite(fd, "\x09", 1, rows[i].at), 1);
        T_EQ_INT(close(fd), 0);
        T_ROW(rows[i].name);
        T_OK(datadir_open(f.path, &f.dir, &e), &e);
        const struct journal_conf c = { .dir = f.dir, .segment_bytes = 1 << 20 };
        T_EQ_INT(journal_open(&c, &f.host, &f.s, &e), RC_VALUE);
        T_EQ_Z(e.id, rows[i].id);
        T_TRUE(f.s == NULL);
        fix_done(&f);
    }
}

static void a_full_disk_refuses_intakes_and_recovers(void **state)
{
    (void)state;
    struct fix f;
    struct fault fault;
    fault_init(&fault, 1);
    fix_init(&f, &backend_journal);
    fix_stop(&f);
    f.path[0] = '\0';
    f.conf = (struct journal_conf){
        .segment_bytes = 256 << 10, .min_free_bytes = 1, .retry_ms = 5, .io = &fault.io
    };
    backend_journal.start(&f);
    fault_dir(&fault, datadir_journal_fd(f.dir));
    put_message(&f, "first", "lane", NULL);
    mutex_lock(&fault.lock);
    fault.no_room = true;
    mutex_unlock(&fault.lock);
    char body[8001];
    memset(body, 'b', 8000);
    body[8000] = '\0';
    size_t taken = 0;
    uint64_t last = 1;
    for (uint64_t seq = 1; seq && taken < 1000; taken += seq != 0) {
        seq = put_message(&f, body, "lane", NULL);
        last = seq ? seq : last;
    }
    T_TRUE(taken > 10 && taken < 100);
    /* what must be said still fits */
    T_TRUE(put_state(&f, last, "lane", DELIVERY_RETRYING) > 0);
    T_TRUE(put_mark(&f, "lane", last) > 0);
    T_TRUE(put_act(&f, "ann", "look") > 0);
    struct store_stats st;
    store_stats(f.s, &st);
    T_TRUE(st.full);
    T_TRUE(fix_noticed(&f, "STORE-001"));
    mutex_lock(&fault.lock);
    fault.no_room = false;
    mutex_unlock(&fault.lock);
    uint64_t again = 0;
    for (int i = 0; i < 2000 && !again; i++) {
        again = put_message(&f, body, "lane", NULL);
        if (!again)
            (void)poll(NULL, 0, 5);
    }
    T_TRUE(again > 0);
    T_TRUE(fix_noticed(&f, "STORE-033"));
    T_EQ_INT(f.n_fatal, 0);
    fix_done(&f);
    fault_done(&fault);
}

static void a_failed_write_or_sync_is_final(void **state)
{
    (void)state;
    for (int call = FAULT_WRITE; call <= FAULT_SYNC; call++) {
        struct fix f;
        struct fault fault;
        fault_init(&fault, 1);
        fix_init(&f, &backend_journal);
        fix_stop(&f);
        f.path[0] = '\0';
        f.conf = (struct journal_conf){ .min_free_bytes = 1, .io = &fault.io };
        backend_journal.start(&f);
        fault_dir(&fault, datadir_journal_fd(f.dir));
        T_TRUE(put_message(&f, "M1", "lane", NULL) > 0);
        mutex_lock(&fault.lock);
        for (int k = FAULT_WRITE; k <= FAULT_SYNC; k++)
            fault.fail_at[k] = k == call ? fault.seen[k] + 1 : 0;
        fault.fail_with = EIO;
        mutex_unlock(&fault.lock);
        const struct store_intake in = { .state = INTAKE_ACCEPTED, .body = STR("x") };
        /* the helper may meet the failure instead of the writer: then go on until it does */
        struct store_op op = { .kind = STORE_INTAKE, .intake = &in };
        put_ops(&f, &op, 1);
        if (op.rc == RC_OK) {
            fix_done(&f);
            fault_done(&fault);
            continue;
        }
        T_EQ_INT(op.rc, RC_IO);
        T_EQ_Z(op.error, "STORE-030");
        T_EQ_INT(f.n_fatal, 1);
        put_ops(&f, &op, 1);
        T_EQ_INT(op.rc, RC_IO);
        T_EQ_INT(f.n_fatal, 1);
        fix_done(&f);
        fault_done(&fault);
    }
}

static void sizes_out_of_range_are_refused(void **state)
{
    (void)state;
    struct fix f;
    struct err e;
    fix_init(&f, &backend_journal);
    fix_stop(&f);
    T_OK(datadir_open(f.path, &f.dir, &e), &e);
    const struct journal_conf rows[] = {
        { .segment_bytes = 4096 },
        { .segment_bytes = (1 << 20) + 1 },
        { .segment_bytes = (uint64_t)4 << 30 },
        { .segment_bytes = 1 << 20, .record_bytes = 1 << 20 },
        { .segment_bytes = 1 << 20, .reserve_bytes = 1 << 20 },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        struct journal_conf c = rows[i];
        c.dir = f.dir;
        T_EQ_INT(journal_open(&c, &f.host, &f.s, &e), RC_VALUE);
        T_EQ_Z(e.id, "STORE-015");
    }
    fix_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_cut_last_record_goes_alone),
        T_TEST(damage_in_the_middle_costs_what_it_covers),
        T_TEST(a_record_damaged_after_indexing_is_said_to_be),
        T_TEST(lost_index_files_are_made_again),
        T_TEST(another_stores_and_newer_segments_are_refused),
        T_TEST(a_full_disk_refuses_intakes_and_recovers),
        T_TEST(a_failed_write_or_sync_is_final),
        T_TEST(sizes_out_of_range_are_refused),
    };
    return T_RUN(tests);
}
