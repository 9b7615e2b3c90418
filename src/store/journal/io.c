/* The real calls. Tests: journal_test.c */
#include "store/journal/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/statvfs.h>

_Static_assert(JOURNAL_IOV <= IOV_MAX, "one call takes a whole group");

/* Step over the n bytes that were written. */
static void advance(struct iovec **v, int *count, size_t n)
{
    while (*count > 0 && n >= (*v)->iov_len) {
        n -= (*v)->iov_len;
        (*v)++;
        (*count)--;
    }
    if (*count > 0) {
        (*v)->iov_base = (char *)(*v)->iov_base + n;
        (*v)->iov_len -= n;
    }
}

static int real_write(const struct journal_io *io, int fd, struct iovec *v, int n, off_t at)
{
    (void)io;
    ZS_ASSERT(n <= JOURNAL_IOV);
    while (n > 0) {
        ssize_t done = pwritev(fd, v, n, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? errno : EIO;
        at += done;
        advance(&v, &n, (size_t)done);
    }
    return 0;
}

static int real_sync(const struct journal_io *io, int fd)
{
    (void)io;
    return fdatasync(fd) == 0 ? 0 : errno;
}

static int real_allocate(const struct journal_io *io, int fd, off_t size, uint64_t keep_free)
{
    (void)io;
    struct statvfs fs;
    if (fstatvfs(fd, &fs) != 0)
        return errno;
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes < keep_free || free_bytes - keep_free < (uint64_t)size)
        return ENOSPC;
    return posix_fallocate(fd, 0, size);
}

static int real_rename(const struct journal_io *io, int dir_fd, const char *from, const char *to)
{
    (void)io;
    if (renameat(dir_fd, from, dir_fd, to) != 0)
        return errno;
    return fsync(dir_fd) == 0 ? 0 : errno;
}

const struct journal_io *journal_io_real(void)
{
    static const struct journal_io io = {
        .write = real_write, .sync = real_sync, .allocate = real_allocate, .rename = real_rename
    };
    return &io;
}
