/*
 * The proof against every single altered byte of a journal of several batches and segments.
 */
#include "store/contract.h"
#include "store/verify.h"

#include <fcntl.h>
#include <limits.h>

#define HEAD 4096 /* of a segment, before its records */

static void segment_path(const struct fix *f, unsigned number, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/journal/%016x.zj", f->path, number);
    T_TRUE(n > 0 && n < PATH_MAX);
}

static struct verify_report verify(const struct fix *f)
{
    struct verify_report r;
    struct err e;
    T_OK(store_verify(f->path, NULL, NULL, &r, &e), &e);
    return r;
}

/* Batches of two records each, so that a commit holds more than one. */
static void put_pairs(struct fix *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct store_intake in = { .state = INTAKE_ACCEPTED, .body = STR("body") };
        const struct store_mark mark = { STR("lane"), i + 1 };
        struct store_op ops[2] = { { .kind = STORE_INTAKE, .intake = &in },
                                   { .kind = STORE_MARK, .mark = &mark } };
        put_ops(f, ops, 2);
        T_EQ_INT(ops[1].rc, RC_OK);
    }
}

/* Where the last commit begins: what lies before it was synced before it was written. */
static off_t last_commit(int fd)
{
    off_t at = HEAD;
    off_t last = HEAD;
    unsigned char head[48];
    while (pread(fd, head, sizeof head, at) == (ssize_t)sizeof head && head[0] == 'Z') {
        uint32_t length = 0;
        uint32_t group = 0;
        memcpy(&length, head + 8, sizeof length);
        memcpy(&group, head + 44, sizeof group);
        if (group == 0)
            last = at;
        at += (off_t)length;
    }
    return last;
}

static void every_altered_byte_is_found(void **state)
{
    (void)state;
    struct fix f;
    char path[PATH_MAX];
    fix_init(&f, &backend_journal);
    put_pairs(&f, 4);
    fix_stop(&f);
    struct verify_report r = verify(&f);
    T_EQ_SIZE(r.n_bad, 0);
    T_EQ_SIZE(r.n_messages, 4);
    T_EQ_SIZE(r.n_records, 9); /* and a checkpoint */
    T_EQ_SIZE(r.first_seq, 1);
    T_EQ_SIZE(r.last_seq, 9);
    T_EQ_SIZE(r.tail_bytes, 0);
    segment_path(&f, 1, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    T_TRUE(fd >= 0);
    off_t end = last_commit(fd);
    T_TRUE(end > HEAD + 1000);
    for (off_t at = 0; at < end; at++) {
        char c = 0;
        char was = 0;
        T_EQ_INT(pread(fd, &was, 1, at), 1);
        c = (char)(was ^ 0x10);
        T_EQ_INT(pwrite(fd, &c, 1, at), 1);
        struct err e;
        /* a store id or format altered is another store's or a newer one's: refused outright */
        if (store_verify(f.path, NULL, NULL, &r, &e) == RC_OK && r.n_bad == 0)
            T_FAIL("byte %ld", (long)at);
        T_EQ_INT(pwrite(fd, &was, 1, at), 1);
    }
    T_EQ_INT(close(fd), 0);
    T_EQ_SIZE(verify(&f).n_bad, 0);
    f.s = NULL;
    arena_free(&f.a);
}

static void calls_are_part_of_the_proof(void **state)
{
    (void)state;
    struct fix f;
    fix_init(&f, &backend_journal);
    uint64_t seq = put_exec(&f, "lab", "read");
    T_TRUE(put_exec_end(&f, seq, "lab", "read", 3, NULL) > 0);
    fix_stop(&f);
    struct verify_report r = verify(&f);
    T_EQ_SIZE(r.n_bad, 0);
    T_EQ_SIZE(r.n_calls, 1);
    T_EQ_SIZE(r.n_records, 3); /* its end, and a checkpoint */
    f.s = NULL;
    arena_free(&f.a);
}

static void an_unfinished_commit_is_no_damage(void **state)
{
    (void)state;
    struct fix f;
    char path[PATH_MAX];
    fix_init(&f, &backend_journal);
    put_pairs(&f, 3);
    fix_stop(&f);
    segment_path(&f, 1, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    T_TRUE(fd >= 0);
    off_t last = last_commit(fd);
    T_EQ_INT(pwrite(fd, "torn", 4, last + 20), 4);
    T_EQ_INT(close(fd), 0);
    struct verify_report r = verify(&f);
    T_EQ_SIZE(r.n_bad, 0);
    T_EQ_SIZE(r.last_seq, 6);
    T_TRUE(r.tail_bytes > 100);
    arena_free(&f.a);
}

static void a_missing_or_swapped_segment_is_found(void **state)
{
    (void)state;
    struct fix f;
    char first[PATH_MAX];
    char second[PATH_MAX];
    char aside[PATH_MAX];
    fix_init(&f, &backend_journal);
    fix_stop(&f);
    f.path[0] = '\0';
    f.conf.segment_bytes = 64 << 10;
    backend_journal.start(&f);
    put_pairs(&f, 600);
    fix_stop(&f);
    struct verify_report r = verify(&f);
    T_EQ_SIZE(r.n_bad, 0);
    T_TRUE(r.n_segments >= 4);
    segment_path(&f, 2, first);
    segment_path(&f, 3, second);
    segment_path(&f, 99, aside);
    T_EQ_INT(unlink(first), 0);
    r = verify(&f);
    T_TRUE(r.n_bad > 0);
    T_EQ_SIZE(r.bad_segment, 3);
    T_EQ_INT(rename(second, first), 0);
    r = verify(&f);
    T_TRUE(r.n_bad > 0);
    arena_free(&f.a);
}

static void what_is_no_data_directory_is_missing(void **state)
{
    (void)state;
    struct verify_report r;
    struct err e;
    T_EQ_INT(store_verify("/nowhere", NULL, NULL, &r, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-024");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(every_altered_byte_is_found),          T_TEST(calls_are_part_of_the_proof),
        T_TEST(an_unfinished_commit_is_no_damage),    T_TEST(a_missing_or_swapped_segment_is_found),
        T_TEST(what_is_no_data_directory_is_missing),
    };
    return T_RUN(tests);
}
