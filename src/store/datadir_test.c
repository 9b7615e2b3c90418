#include "base/alloc.h"
#include "store/datadir.h"
#include "tests/lib/t.h"

#include <limits.h>
#include <sys/stat.h>

/* t_path hands out a ring of buffers; what is kept is copied. */
static const char *place(char out[PATH_MAX], const char *name)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", t_tmpdir(), name);
    T_TRUE(n > 0 && n < PATH_MAX);
    return out;
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    T_EQ_INT(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void a_new_one_is_private_and_whole(void **state)
{
    (void)state;
    struct err e;
    struct datadir *d = NULL;
    char room[PATH_MAX];
    const char *path = place(room, "new/deep");
    T_OK(datadir_open(path, &d, &e), &e);
    const struct datadir_identity *id = datadir_identity(d);
    T_EQ_SIZE(id->format, 1);
    T_EQ_SIZE(strlen(id->store_id), 8);
    T_TRUE(datadir_fd(d) >= 0 && datadir_journal_fd(d) >= 0 && datadir_index_fd(d) >= 0);
    T_EQ_SIZE(mode_of(path), 0700);
    T_EQ_SIZE(mode_of(t_path(path, "journal")), 0700);
    T_EQ_SIZE(mode_of(t_path(path, "index")), 0700);
    T_EQ_SIZE(mode_of(t_path(path, "identity")), 0600);
    T_EQ_SIZE(mode_of(t_path(path, "lock")), 0600);
    T_TRUE(datadir_path(d)[0] == '/');
    struct datadir_identity first = *id;
    datadir_close(&d);
    T_TRUE(d == NULL);
    T_OK(datadir_open(path, &d, &e), &e);
    T_EQ_Z(datadir_identity(d)->store_id, first.store_id);
    T_TRUE(memcmp(datadir_identity(d)->term_key, first.term_key, 16) == 0);
    datadir_close(&d);
    T_OK(datadir_peek(path, &d, &e), &e);
    T_EQ_Z(datadir_identity(d)->store_id, first.store_id);
    datadir_close(&d);
}

static void a_second_engine_is_refused(void **state)
{
    (void)state;
    struct err e;
    struct datadir *d = NULL;
    struct datadir *second = NULL;
    char room[PATH_MAX];
    const char *path = place(room, "held");
    T_OK(datadir_open(path, &d, &e), &e);
    T_EQ_INT(datadir_open(path, &second, &e), RC_STATE);
    T_EQ_Z(e.id, "STORE-020");
    char want[96];
    T_TRUE(snprintf(want, sizeof want, "the data directory is held by another engine (process %ld)",
                    (long)getpid()) > 0);
    T_EQ_Z(e.text, want);
    T_TRUE(second == NULL);
    /* reading beside a running engine is fine */
    T_OK(datadir_peek(path, &second, &e), &e);
    datadir_close(&second);
    datadir_close(&d);
    T_OK(datadir_open(path, &d, &e), &e);
    datadir_close(&d);
}

static void identities_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum rc rc;
        const char *id;
    } rows[] = {
        { "good", "format 1\nstore 0123abcd\nterm-key 00112233445566778899aabbccddeeff\n", RC_OK,
          NULL },
        { "unknown lines are passed over",
          "format 1\nlater x y\nstore 0123abcd\nterm-key 00112233445566778899aabbccddeeff\n\n",
          RC_OK, NULL },
        { "newer", "format 2\nanything", RC_VALUE, "STORE-021" },
        { "empty", "", RC_VALUE, "STORE-022" },
        { "no key", "format 1\nstore 0123abcd\n", RC_VALUE, "STORE-022" },
        { "short key", "format 1\nstore 0123abcd\nterm-key 0011\n", RC_VALUE, "STORE-022" },
        { "bad store", "format 1\nstore 0123abcz\nterm-key 00112233445566778899aabbccddeeff\n",
          RC_VALUE, "STORE-022" },
        { "format 0", "format 0\nstore 0123abcd\nterm-key 00112233445566778899aabbccddeeff\n",
          RC_VALUE, "STORE-022" },
    };
    char room[PATH_MAX];
    const char *path = place(room, "judged");
    struct err e;
    struct datadir *d = NULL;
    T_OK(datadir_open(path, &d, &e), &e);
    datadir_close(&d);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        T_ROW(rows[i].name);
        t_write(t_path(path, "identity"), str_z(rows[i].text));
        T_EQ_INT(datadir_open(path, &d, &e), rows[i].rc);
        if (rows[i].rc) {
            T_EQ_Z(e.id, rows[i].id);
            T_TRUE(d == NULL);
            T_EQ_INT(datadir_peek(path, &d, &e), rows[i].rc);
        } else {
            T_EQ_Z(datadir_identity(d)->store_id, "0123abcd");
            T_EQ_SIZE(datadir_identity(d)->term_key[15], 0xff);
        }
        datadir_close(&d);
    }
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    struct err e;
    struct datadir *d = NULL;
    const char *file = t_path(t_tmpdir(), "file");
    t_write(file, STR("x"));
    T_EQ_INT(datadir_open(file, &d, &e), RC_IO);
    T_EQ_INT(datadir_peek(t_path(t_tmpdir(), "nowhere"), &d, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-024");
    T_EQ_INT(datadir_peek(t_tmpdir(), &d, &e), RC_MISSING);
    T_EQ_Z(e.id, "STORE-024");
    T_TRUE(d == NULL);
}

static void no_memory_leaves_nothing(void **state)
{
    (void)state;
    char room[PATH_MAX];
    const char *path = place(room, "memory");
    for (size_t k = 1;; k++) {
        struct err e;
        struct datadir *d = NULL;
        mem_fail_at(k);
        enum rc rc = datadir_open(path, &d, &e);
        bool failed = mem_fail_left() == 0;
        mem_fail_at(0);
        if (rc) {
            T_TRUE(d == NULL);
            T_EQ_INT(rc, RC_NOMEM);
        }
        datadir_close(&d);
        if (!failed)
            break;
        T_TRUE(k < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(a_new_one_is_private_and_whole), T_TEST(a_second_engine_is_refused),
        T_TEST(identities_are_judged),          T_TEST(what_cannot_be_opened_is_said),
        T_TEST(no_memory_leaves_nothing),
    };
    return T_RUN(tests);
}
