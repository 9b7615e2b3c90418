/*
 * The data directory. The lock comes first, so that nothing is created or judged while another
 * engine is at work. Tests: datadir_test.c
 */
#include "store/datadir.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define IDENTITY_MAX 4096

struct datadir {
    char *path;
    int fd;
    int journal_fd;
    int index_fd;
    int lock_fd;
    struct datadir_identity id;
};

void datadir_close(struct datadir **dp)
{
    struct datadir *d = *dp;
    *dp = NULL;
    if (!d)
        return;
    const int fds[] = { d->journal_fd, d->index_fd, d->fd, d->lock_fd };
    for (size_t i = 0; i < ZS_COUNT(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]); /* directories and a lock: nothing is lost */
    mem_wipe(d->id.term_key, sizeof d->id.term_key);
    mem_free(d->path);
    mem_free(d);
}

static enum rc failed(struct err *e, const char *what)
{
    return err_sys(e, "STORE-023", errno, "data directory: cannot %s", what);
}

static enum rc new_datadir(const char *path, struct datadir **out, struct err *e)
{
    struct datadir *d = mem_new(struct datadir);
    char *copy = mem_zero(PATH_MAX);
    if (!d || !copy) {
        mem_free(d);
        mem_free(copy);
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the data directory");
    }
    d->path = copy;
    d->fd = d->journal_fd = d->index_fd = d->lock_fd = -1;
    if (!realpath(path, copy)) {
        enum rc rc = failed(e, "be resolved");
        datadir_close(&d);
        return rc;
    }
    d->fd = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->fd < 0) {
        enum rc rc = failed(e, "be opened");
        datadir_close(&d);
        return rc;
    }
    *out = d;
    return RC_OK;
}

/* ---- lock --------------------------------------------------------------------------------- */

static enum rc held(int fd, struct err *e)
{
    char text[24] = "";
    uint64_t pid = 0;
    ssize_t n = pread(fd, text, sizeof text, 0);
    struct str s = str_trim(str_of(text, n > 0 ? (size_t)n : 0));
    if (num_u64(s, 1, INT32_MAX, &pid, NULL))
        return err_set(e, RC_STATE, "STORE-020", "the data directory is held by another engine");
    return err_set(e, RC_STATE, "STORE-020",
                   "the data directory is held by another engine (process %llu)",
                   (unsigned long long)pid);
}

static enum rc take_lock(struct datadir *d, struct err *e)
{
    d->lock_fd = openat(d->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->lock_fd < 0)
        return failed(e, "open its lock");
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? held(d->lock_fd, e) : failed(e, "be locked");
    char text[24];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    ZS_ASSERT(n > 0 && (size_t)n < sizeof text);
    if (ftruncate(d->lock_fd, 0) != 0 || pwrite(d->lock_fd, text, (size_t)n, 0) != n)
        return failed(e, "write its lock");
    return RC_OK;
}

/* ---- identity ----------------------------------------------------------------------------- */

static enum rc not_ours(struct err *e)
{
    return err_set(e, RC_VALUE, "STORE-022", "the data directory's identity is not readable");
}

static bool parse_hex(struct str s, unsigned char *out, size_t n)
{
    if (s.n != n * 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t v = 0;
        if (num_hex(str_sub(s, 2 * i, 2), &v, NULL))
            return false;
        out[i] = (unsigned char)v;
    }
    return true;
}

/* "name value" lines; names of a later format are passed over. */
static enum rc parse_identity(struct str text, struct datadir_identity *out, struct err *e)
{
    struct datadir_identity id = { 0 };
    unsigned char store[4] = { 0 };
    bool has_store = false;
    bool has_key = false;
    struct str line;
    while (str_split(&text, '\n', &line)) {
        size_t space = str_chr(line, ' ', 0);
        struct str name = str_sub(line, 0, space);
        struct str value = str_from(line, space == SIZE_MAX ? line.n : space + 1);
        uint64_t v = 0;
        if (str_eqz(name, "format") && !num_u64(value, 1, UINT32_MAX, &v, NULL))
            id.format = (unsigned)v;
        if (str_eqz(name, "store") && parse_hex(value, store, sizeof store)) {
            memcpy(id.store_id, value.p, 8);
            has_store = true;
        }
        if (str_eqz(name, "term-key"))
            has_key = parse_hex(value, id.term_key, sizeof id.term_key);
    }
    if (id.format > DATADIR_FORMAT)
        return err_set(e, RC_VALUE, "STORE-021",
                       "the data directory has format %u, this program knows %d", id.format,
                       DATADIR_FORMAT);
    if (id.format == 0 || !has_store || !has_key)
        return not_ours(e);
    *out = id;
    return RC_OK;
}

static enum rc write_identity(const char *path, struct err *e)
{
    struct {
        unsigned char id[4];
        unsigned char key[16];
    } fresh;
    random_bytes(random_real(), &fresh, sizeof fresh);
    struct buf b;
    buf_init(&b, IDENTITY_MAX);
    buf_fmt(&b, "format %d\nstore ", DATADIR_FORMAT);
    buf_hex(&b, fresh.id, sizeof fresh.id);
    buf_z(&b, "\nterm-key ");
    buf_hex(&b, fresh.key, sizeof fresh.key);
    buf_char(&b, '\n');
    enum rc rc = buf_rc(&b, e);
    if (!rc)
        rc = file_write_atomic(path, buf_view(&b), 0600, e);
    buf_done(&b);
    mem_wipe(&fresh, sizeof fresh);
    return rc;
}

static enum rc read_identity(struct datadir *d, bool create, struct err *e)
{
    struct arena *a = arena_new("data directory", 0, 64 * 1024);
    const char *path = NULL;
    struct str text;
    if (!a)
        return err_set(e, RC_NOMEM, "STORE-003", "not enough memory for the data directory");
    arena_wipe_on_free(a);
    enum rc rc = file_join(a, d->path, STR("identity"), &path, e);
    if (!rc) {
        rc = file_read(path, IDENTITY_MAX, a, &text, e);
        if (rc == RC_MISSING && create) {
            rc = write_identity(path, e);
            if (!rc)
                rc = file_read(path, IDENTITY_MAX, a, &text, e);
        }
    }
    if (rc == RC_LIMIT)
        rc = not_ours(e);
    if (!rc)
        rc = parse_identity(text, &d->id, e);
    arena_free(&a);
    return rc;
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum rc open_part(const struct datadir *d, const char *name, bool create, int *fd,
                         struct err *e)
{
    if (create && mkdirat(d->fd, name, 0700) != 0 && errno != EEXIST)
        return failed(e, "create a part");
    *fd = openat(d->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0 && (create || errno != ENOENT))
        return failed(e, "open a part");
    return RC_OK;
}

static enum rc open_parts(struct datadir *d, bool create, struct err *e)
{
    enum rc rc = open_part(d, "journal", create, &d->journal_fd, e);
    if (!rc)
        rc = open_part(d, "index", create, &d->index_fd, e);
    if (!rc && create && fsync(d->fd) != 0)
        rc = failed(e, "be synced");
    return rc;
}

enum rc datadir_open(const char *path, struct datadir **out, struct err *e)
{
    struct datadir *d = NULL;
    enum rc rc = file_mkdirs(path, e);
    if (!rc)
        rc = new_datadir(path, &d, e);
    if (!rc)
        rc = take_lock(d, e);
    if (!rc)
        rc = read_identity(d, true, e);
    if (!rc)
        rc = open_parts(d, true, e);
    if (rc) {
        datadir_close(&d);
        return rc;
    }
    *out = d;
    return RC_OK;
}

enum rc datadir_peek(const char *path, struct datadir **out, struct err *e)
{
    struct datadir *d = NULL;
    struct err why;
    enum rc rc = new_datadir(path, &d, &why);
    if (!rc)
        rc = read_identity(d, false, &why);
    if ((rc == RC_IO && why.sys == ENOENT) || rc == RC_MISSING)
        rc = err_set(&why, RC_MISSING, "STORE-024", "there is no data directory at %s", path);
    if (!rc)
        rc = open_parts(d, false, &why);
    if (rc) {
        datadir_close(&d);
        if (e)
            *e = why;
        return rc;
    }
    *out = d;
    return RC_OK;
}

const struct datadir_identity *datadir_identity(const struct datadir *d)
{
    return &d->id;
}

int datadir_fd(const struct datadir *d)
{
    return d->fd;
}

int datadir_journal_fd(const struct datadir *d)
{
    return d->journal_fd;
}

int datadir_index_fd(const struct datadir *d)
{
    return d->index_fd;
}

const char *datadir_path(const struct datadir *d)
{
    return d->path;
}

bool datadir_is_volatile(const struct datadir *d)
{
    struct statfs fs;
    if (fstatfs(d->fd, &fs) != 0)
        return false;
    return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
}
