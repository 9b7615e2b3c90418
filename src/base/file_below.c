/*
 * Paths that stay below a root. Errors here never name the part that came from outside.
 * Tests: file_test.c
 */
#include "base/file_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

static enum rc escapes(struct err *e, const char *root)
{
    return err_set(e, RC_DENIED, "BASE-035", "a path leads out of %s", root);
}

static bool stays_below(struct str rel)
{
    if (rel.n == 0 || rel.p[0] == '/' || str_chr(rel, '\0', 0) != SIZE_MAX)
        return false;
    struct str part = STR_NULL;
    while (str_split(&rel, '/', &part))
        if (str_eqz(part, ".."))
            return false;
    return true;
}

enum rc file_join(struct arena *a, const char *root, struct str rel, const char **out,
                  struct err *e)
{
    if (!stays_below(rel))
        return escapes(e, root);
    size_t root_n = strlen(root);
    while (root_n > 1 && root[root_n - 1] == '/')
        root_n--;
    size_t n = 0;
    char *p = size_add(root_n, rel.n, &n) && n < SIZE_MAX - 2 ? arena_raw(a, n + 2) : NULL;
    if (!p)
        return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
    memcpy(p, root, root_n);
    p[root_n] = '/';
    memcpy(p + root_n + 1, rel.p, rel.n);
    p[n + 1] = '\0';
    *out = p;
    return RC_OK;
}

/* The kernel's own answer to "is this below?", safe against links changed meanwhile. */
static int open_beneath(int root_fd, const char *rel, int flags, mode_t mode)
{
    struct open_how how = { .flags = (uint64_t)(unsigned)flags,
                            .mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    return (int)syscall(SYS_openat2, root_fd, rel, &how, sizeof how);
}

int file_open_stepwise(int root_fd, char *rel, int flags, mode_t mode)
{
    int dir = root_fd;
    char *part = rel;
    for (char *slash = strchr(part, '/'); slash; slash = strchr(part, '/')) {
        *slash = '\0';
        int next = *part ? openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                         : dir; /* "a//b": nothing between */
        int errnum = errno;
        if (dir != root_fd && next != dir)
            (void)close(dir); /* a directory: nothing can be lost */
        if (next < 0) {
            errno = errnum;
            return -1;
        }
        dir = next;
        part = slash + 1;
    }
    int fd = openat(dir, *part ? part : ".", flags | O_NOFOLLOW | O_CLOEXEC, mode);
    int errnum = errno;
    if (dir != root_fd)
        (void)close(dir); /* as above */
    errno = errnum;
    return fd;
}

static enum rc below_failed(struct err *e, int errnum, const char *root)
{
    if (errnum == EXDEV || errnum == ELOOP)
        return escapes(e, root);
    if (errnum == ENOENT || errnum == ENOTDIR)
        return err_set(e, RC_MISSING, "BASE-030", "a file below %s does not exist", root);
    return err_sys(e, "BASE-031", errnum, "cannot open a file below %s", root);
}

enum rc file_open_below(const char *root, struct str rel, int flags, mode_t mode, int *fd,
                        struct err *e)
{
    char path[PATH_MAX];
    if (!stays_below(rel))
        return escapes(e, root);
    if (rel.n >= sizeof path)
        return below_failed(e, ENAMETOOLONG, root);
    memcpy(path, rel.p, rel.n);
    path[rel.n] = '\0';
    AUTO_FD int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0)
        return below_failed(e, errno, root);
    int got = open_beneath(root_fd, path, flags | O_CLOEXEC, mode);
    if (got < 0 && (errno == ENOSYS || errno == EPERM))
        got = file_open_stepwise(root_fd, path, flags, mode);
    if (got < 0)
        return below_failed(e, errno, root);
    *fd = got;
    return RC_OK;
}
