/*
 * Whole files, atomic replacement, directories. Opening below a root: file_below.c.
 * Tests: file_test.c
 */
#include "base/file.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define READ_FIRST 16384

void file_close_scope(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* only read from: nothing can be lost */
    *fd = -1;
}

/* What a regular file holds now; 0 for everything else. */
static size_t size_hint(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
        return 0;
    return (size_t)st.st_size;
}

/*
 * One byte more than the limit is asked for, so that "exactly at the limit" and "over it" differ;
 * one more holds the NUL.
 */
static enum rc read_all(int fd, const char *name, size_t limit, struct buf *b, struct err *e)
{
    size_t hint = size_hint(fd);
    size_t want = size_min(hint ? hint : READ_FIRST, limit) + 1;
    for (;;) {
        char *to = buf_room(b, want);
        if (!to)
            return buf_rc(b, e);
        ssize_t got = read(fd, to, b->cap - b->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(e, "BASE-031", errno, "cannot read %s", name);
        if (got == 0)
            return RC_OK;
        buf_added(b, (size_t)got);
        if (b->n > limit)
            return err_set(e, RC_LIMIT, "BASE-032", "%s is larger than %zu bytes", name, limit);
        /* a file of the size it said needs no more room to find its end */
        want = b->cap > b->n ? 1 : size_min(READ_FIRST, limit + 1 - b->n);
    }
}

enum rc file_read_fd(int fd, const char *name, size_t limit, struct arena *a, struct str *out,
                     struct err *e)
{
    ZS_ASSERT(limit < SIZE_MAX - 2);
    struct buf b;
    buf_init_arena(&b, a, limit + 2);
    enum rc rc = read_all(fd, name, limit, &b, e);
    if (rc != RC_OK)
        return rc;
    const char *p = buf_cstr(&b);
    if (!p)
        return buf_rc(&b, e);
    *out = str_of(p, b.n);
    return RC_OK;
}

/* Not there is told apart from the rest: callers treat it differently. */
static enum rc open_failed(struct err *e, int errnum, const char *name)
{
    if (errnum == ENOENT || errnum == ENOTDIR)
        return err_set(e, RC_MISSING, "BASE-030", "%s does not exist", name);
    return err_sys(e, "BASE-031", errnum, "cannot open %s", name);
}

enum rc file_read(const char *path, size_t limit, struct arena *a, struct str *out, struct err *e)
{
    AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return open_failed(e, errno, path);
    return file_read_fd(fd, path, limit, a, out, e);
}

enum rc file_write_all(int fd, const char *name, struct str s, struct err *e)
{
    while (s.n > 0) {
        ssize_t put = write(fd, s.p, s.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_sys(e, "BASE-033", errno, "cannot write %s", name);
        s = str_from(s, (size_t)put);
    }
    return RC_OK;
}

static enum rc sync_fd(int fd, const char *name, struct err *e)
{
    if (fsync(fd) != 0)
        return err_sys(e, "BASE-033", errno, "cannot sync %s", name);
    return RC_OK;
}

enum rc file_sync_dir(const char *path, struct err *e)
{
    AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, "BASE-033", errno, "cannot open %s", path);
    return sync_fd(fd, path, e);
}

/* The directory part of path into dir: "." when there is none. */
static enum rc parent_of(const char *path, char dir[PATH_MAX], struct err *e)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (n >= PATH_MAX)
        return err_sys(e, "BASE-033", ENAMETOOLONG, "cannot write %s", path);
    if (!slash)
        dir[n++] = '.';
    else if (n == 0)
        dir[n++] = '/';
    else
        memcpy(dir, path, n);
    dir[n] = '\0';
    return RC_OK;
}

/*
 * The order is what makes it safe: contents synced before the rename (else the new name could show
 * an empty file after a crash), the directory after it (else the old file could come back).
 */
static enum rc fill_and_rename(int fd, const char *temp, const char *path, struct str bytes,
                               struct err *e)
{
    enum rc rc = file_write_all(fd, path, bytes, e);
    if (rc == RC_OK)
        rc = sync_fd(fd, path, e);
    if (close(fd) != 0 && rc == RC_OK)
        rc = err_sys(e, "BASE-033", errno, "cannot close %s", path);
    if (rc == RC_OK && rename(temp, path) != 0)
        rc = err_sys(e, "BASE-033", errno, "cannot rename to %s", path);
    if (rc != RC_OK)
        (void)unlink(temp); /* the first failure is the one to report */
    return rc;
}

enum rc file_write_atomic(const char *path, struct str bytes, mode_t mode, struct err *e)
{
    char dir[PATH_MAX];
    char temp[PATH_MAX];
    enum rc rc = parent_of(path, dir, e);
    if (rc != RC_OK)
        return rc;
    int n = snprintf(temp, sizeof temp, "%s.tmp.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temp)
        return err_sys(e, "BASE-033", ENAMETOOLONG, "cannot write %s", path);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return err_sys(e, "BASE-033", errno, "cannot create a file beside %s", path);
    if (fchmod(fd, mode) != 0) {
        rc = err_sys(e, "BASE-033", errno, "cannot set the mode of %s", path);
        (void)close(fd);    /* nothing written yet */
        (void)unlink(temp); /* as above */
        return rc;
    }
    rc = fill_and_rename(fd, temp, path, bytes, e);
    return rc == RC_OK ? file_sync_dir(dir, e) : rc;
}

enum rc file_mkdir(const char *path, struct err *e)
{
    if (mkdir(path, 0700) == 0)
        return RC_OK;
    int errnum = errno;
    struct stat st;
    if (errnum == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return RC_OK;
        errnum = ENOTDIR;
    }
    return err_sys(e, "BASE-034", errnum, "cannot make the directory %s", path);
}

enum rc file_mkdirs(const char *path, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof part)
        return err_sys(e, "BASE-034", ENAMETOOLONG, "cannot make the directory %s", path);
    for (size_t i = 1; i < n; i++) {
        if (path[i] != '/' || path[i - 1] == '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        enum rc rc = file_mkdir(part, e);
        if (rc != RC_OK)
            return rc;
    }
    return file_mkdir(path, e);
}
