#include "base/file_int.h"

#include "base/alloc.h"
#include "tests/lib/t.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static size_t entries(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    T_TRUE(d != NULL);
    while (readdir(d))
        n++;
    T_TRUE(closedir(d) == 0);
    return n - 2; /* without . and .. */
}

static void reads_with_a_limit(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct str out = STR_NULL;
    struct err e;
    const char *path = t_path(dir, "f");
    t_write(path, STR("0123456789"));
    T_OK(file_read(path, 10, a, &out, &e), &e);
    T_EQ_STR(out, "0123456789");
    T_EQ_INT(out.p[10], 0);
    T_EQ_INT(file_read(path, 9, a, &out, &e), RC_LIMIT);
    T_EQ_Z(e.id, "BASE-032");
    t_write(path, STR(""));
    T_OK(file_read(path, 0, a, &out, &e), &e);
    T_EQ_STR(out, "");
    T_EQ_INT(file_read(t_path(dir, "none"), 10, a, &out, &e), RC_MISSING);
    T_EQ_Z(e.id, "BASE-030");
    T_EQ_INT(file_read(dir, 10, a, &out, &e), RC_IO);
    T_EQ_Z(e.id, "BASE-031");
    T_OK(file_read("/proc/self/stat", 4096, a, &out, &e), &e); /* says it has no size */
    T_TRUE(out.n > 10);
    arena_free(&a);
}

static void reads_pipes_to_their_end(void **state)
{
    (void)state;
    struct arena *a = arena_new("test", 0, 1u << 20);
    struct str out = STR_NULL;
    struct err e;
    int fds[2];
    T_TRUE(pipe2(fds, O_CLOEXEC) == 0);
    T_OK(file_write_all(fds[1], "pipe", STR("abc"), &e), &e);
    T_OK(file_write_all(fds[1], "pipe", STR("def"), &e), &e);
    T_TRUE(close(fds[1]) == 0);
    T_OK(file_read_fd(fds[0], "pipe", 6, a, &out, &e), &e);
    T_EQ_STR(out, "abcdef");
    T_TRUE(close(fds[0]) == 0);
    T_EQ_INT(file_write_all(fds[0], "pipe", STR("x"), &e), RC_IO);
    T_EQ_Z(e.id, "BASE-033");
    arena_free(&a);
}

static void reading_without_memory(void **state)
{
    (void)state;
    const char *path = t_path(t_tmpdir(), "f");
    struct arena *a = arena_new("test", 256, 1024);
    struct str out = STR("untouched");
    struct err e;
    char big[4000];
    memset(big, 'x', sizeof big);
    t_write(path, str_of(big, sizeof big));
    T_EQ_INT(file_read(path, 5000, a, &out, &e), RC_NOMEM);
    T_EQ_STR(out, "untouched");
    arena_free(&a);
}

static void replaces_a_file_whole(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    const char *path = t_path(dir, "f");
    struct stat st;
    struct err e;
    T_OK(file_write_atomic(path, STR("first"), 0600, &e), &e);
    T_EQ_STR(t_read(path), "first");
    T_TRUE(stat(path, &st) == 0);
    T_EQ_INT(st.st_mode & 0777, 0600);
    T_OK(file_write_atomic(path, STR("second, longer"), 0644, &e), &e);
    T_EQ_STR(t_read(path), "second, longer");
    T_TRUE(stat(path, &st) == 0);
    T_EQ_INT(st.st_mode & 0777, 0644);
    T_EQ_SIZE(entries(dir), 1);
}

static void a_failed_replacement_leaves_the_old_file(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    struct err e;
    T_EQ_INT(file_write_atomic(t_path(dir, "no/such/f"), STR("x"), 0600, &e), RC_IO);
    T_EQ_Z(e.id, "BASE-033");
    /* the rename fails: a directory stands there */
    const char *taken = t_path(dir, "taken");
    T_OK(file_mkdir(taken, &e), &e);
    T_EQ_INT(file_write_atomic(taken, STR("x"), 0600, &e), RC_IO);
    T_EQ_SIZE(entries(dir), 1); /* no temporary file stays */
}

static void makes_directories(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    struct stat st;
    struct err e;
    T_OK(file_mkdirs(t_path(dir, "a//b/c/"), &e), &e);
    T_TRUE(stat(t_path(dir, "a/b/c"), &st) == 0 && S_ISDIR(st.st_mode));
    T_EQ_INT(st.st_mode & 0777, 0700);
    T_OK(file_mkdirs(t_path(dir, "a/b/c"), &e), &e);
    T_OK(file_sync_dir(t_path(dir, "a"), &e), &e);
    T_EQ_INT(file_mkdir(t_path(dir, "x/y"), &e), RC_IO);
    T_EQ_Z(e.id, "BASE-034");
    t_write(t_path(dir, "file"), STR(""));
    T_EQ_INT(file_mkdir(t_path(dir, "file"), &e), RC_IO);
    T_EQ_INT(file_mkdirs(t_path(dir, "file/y"), &e), RC_IO);
    T_EQ_INT(file_sync_dir(t_path(dir, "file"), &e), RC_IO);
}

static void joins_below_a_root(void **state)
{
    (void)state;
    static const struct {
        const char *root;
        struct str rel;
        const char *out; /* NULL: refused */
    } rows[] = {
        { "/in", STR_INIT("a.hl7"), "/in/a.hl7" },
        { "/in///", STR_INIT("a/b"), "/in/a/b" },
        { "/in", STR_INIT("..a/b.."), "/in/..a/b.." },
        { "/in", STR_INIT("./a"), "/in/./a" },
        { "/in", STR_INIT(""), NULL },
        { "/in", STR_INIT("/etc/passwd"), NULL },
        { "/in", STR_INIT(".."), NULL },
        { "/in", STR_INIT("../x"), NULL },
        { "/in", STR_INIT("a/../../x"), NULL },
        { "/in", STR_INIT("a/.."), NULL },
        { "/in", { "a\0b", 3 }, NULL },
    };
    struct arena *a = arena_new("test", 0, 1u << 16);
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        const char *out = NULL;
        struct err e;
        T_ROW(rows[i].rel.p);
        enum rc rc = file_join(a, rows[i].root, rows[i].rel, &out, &e);
        T_EQ_INT(rc, rows[i].out ? RC_OK : RC_DENIED);
        T_EQ_Z(out, rows[i].out);
        if (!rows[i].out) {
            T_EQ_Z(e.id, "BASE-035");
            T_EQ_Z(e.text, "a path leads out of /in"); /* the name from outside is not told */
        }
    }
    arena_free(&a);
}

/* root/sub/in, and links that stay inside or lead out. */
static const char *make_tree(const char *dir)
{
    const char *root = t_path(dir, "root");
    struct err e;
    T_OK(file_mkdirs(t_path(root, "sub"), &e), &e);
    t_write(t_path(dir, "secret"), STR("outside"));
    t_write(t_path(root, "sub/in"), STR("inside"));
    T_TRUE(symlink("../secret", t_path(root, "leak")) == 0);
    T_TRUE(symlink("/etc", t_path(root, "etc")) == 0);
    T_TRUE(symlink("sub", t_path(root, "alias")) == 0);
    return root;
}

static void opens_below_a_root(void **state)
{
    (void)state;
    const char *dir = t_tmpdir();
    const char *root = make_tree(dir);
    struct err e;
    static const struct {
        const char *rel;
        enum rc rc;
        bool stepwise; /* without openat2: no link is followed */
    } rows[] = {
        { "sub/in", RC_OK, true },           { "alias/in", RC_OK, false },
        { "sub//in", RC_OK, true },          { "leak", RC_DENIED, false },
        { "etc/passwd", RC_DENIED, false },  { "../secret", RC_DENIED, false },
        { "/etc/passwd", RC_DENIED, false }, { "sub/../../secret", RC_DENIED, false },
        { "none", RC_MISSING, false },       { "sub/in/x", RC_MISSING, false },
    };
    for (size_t i = 0; i < ZS_COUNT(rows); i++) {
        int fd = -1;
        T_ROW(rows[i].rel);
        T_EQ_INT(file_open_below(root, str_z(rows[i].rel), O_RDONLY, 0, &fd, &e), rows[i].rc);
        T_EQ_INT(fd >= 0, rows[i].rc == RC_OK);
        if (fd >= 0) {
            T_EQ_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            T_TRUE(close(fd) == 0);
        }
        if (strstr(rows[i].rel, "..") || rows[i].rel[0] == '/')
            continue; /* refused before any opening */
        char rel[64];
        int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        T_TRUE(root_fd >= 0);
        (void)snprintf(rel, sizeof rel, "%s", rows[i].rel); /* fits */
        fd = file_open_stepwise(root_fd, rel, O_RDONLY, 0);
        T_EQ_INT(fd >= 0, rows[i].stepwise);
        if (fd >= 0) {
            T_EQ_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            T_TRUE(close(fd) == 0);
        }
        T_TRUE(close(root_fd) == 0);
    }
    int fd = -1;
    T_OK(file_open_below(root, STR("new"), O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &e), &e);
    T_TRUE(close(fd) == 0);
    T_EQ_INT(file_open_below(root, STR("new"), O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &e), RC_IO);
    T_EQ_Z(e.id, "BASE-031");
    T_EQ_INT(file_open_below(t_path(dir, "none"), STR("x"), O_RDONLY, 0, &fd, &e), RC_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_TEST(reads_with_a_limit),
        T_TEST(reads_pipes_to_their_end),
        T_TEST(reading_without_memory),
        T_TEST(replaces_a_file_whole),
        T_TEST(a_failed_replacement_leaves_the_old_file),
        T_TEST(makes_directories),
        T_TEST(joins_below_a_root),
        T_TEST(opens_below_a_root),
    };
    return T_RUN(tests);
}
