/* See store_fault.h. */
#include "tests/torture/store_fault.h"

#include "base/alloc.h"
#include "store/journal/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct fault_piece {
    struct fault_piece *older;
    ino_t file;
    off_t at;
    size_t n;
    bool settled; /* a newer piece of the same place was kept */
    unsigned char old[];
};

static struct fault *self(const struct journal_io *io)
{
    return (struct fault *)((uintptr_t)io - offsetof(struct fault, io));
}

static void must(bool ok)
{
    ZS_ASSERT(ok);
}

static ino_t file_of(int fd)
{
    struct stat st;
    must(fstat(fd, &st) == 0);
    return st.st_ino;
}

/* Counts the call. An errno when it must not be done; *power: it is the one that is cut off. */
static int enter(struct fault *f, enum fault_call call, bool *power)
{
    *power = false;
    if (f->cut)
        return EIO;
    f->calls++;
    f->seen[call]++;
    if (f->calls == f->cut_at) {
        f->cut = true;
        *power = true;
        return 0;
    }
    if (f->seen[call] == f->fail_at[call])
        return f->fail_with;
    return 0;
}

static void remember(struct fault *f, int write_fd, off_t at, size_t n)
{
    ino_t file = file_of(write_fd);
    char path[40]; /* the descriptor may be for writing only, or past the page cache */
    must(snprintf(path, sizeof path, "/proc/self/fd/%d", write_fd) > 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0);
    off_t end = at + (off_t)n;
    for (off_t p = at - at % (off_t)f->piece; p < end; p += (off_t)f->piece) {
        struct fault_piece *piece = mem_zero(sizeof *piece + f->piece);
        must(piece != NULL);
        piece->file = file;
        piece->at = p;
        piece->n = f->piece;
        must(pread(fd, piece->old, f->piece, p) >= 0);
        piece->older = f->newest;
        f->newest = piece;
        f->n_pieces++;
    }
    must(close(fd) == 0);
}

static void forget(struct fault *f, ino_t file, bool all)
{
    struct fault_piece **link = &f->newest;
    while (*link) {
        struct fault_piece *piece = *link;
        if (!all && piece->file != file) {
            link = &piece->older;
            continue;
        }
        *link = piece->older;
        mem_free(piece);
        f->n_pieces--;
    }
}

static int fault_write(const struct journal_io *io, int fd, struct iovec *v, int n, off_t at)
{
    struct fault *f = self(io);
    LOCK_SCOPE(guard, &f->lock);
    bool power = false;
    int code = enter(f, FAULT_WRITE, &power);
    if (code)
        return code;
    size_t total = 0;
    for (int i = 0; i < n; i++)
        total += v[i].iov_len;
    remember(f, fd, at, total);
    code = journal_io_real()->write(journal_io_real(), fd, v, n, at);
    return power ? EIO : code;
}

static int fault_sync(const struct journal_io *io, int fd)
{
    struct fault *f = self(io);
    LOCK_SCOPE(guard, &f->lock);
    bool power = false;
    int code = enter(f, FAULT_SYNC, &power);
    if (code)
        return code;
    if (power)
        return EIO; /* what was on its way is decided by lot */
    if (!f->late_sync)
        forget(f, file_of(fd), false);
    return 0;
}

static int fault_allocate(const struct journal_io *io, int fd, off_t size, uint64_t keep_free)
{
    struct fault *f = self(io);
    LOCK_SCOPE(guard, &f->lock);
    bool power = false;
    (void)keep_free;
    int code = f->no_room ? ENOSPC : enter(f, FAULT_ALLOCATE, &power);
    if (code || power)
        return code ? code : EIO;
    return ftruncate(fd, size) == 0 ? 0 : errno;
}

static int fault_rename(const struct journal_io *io, int dir_fd, const char *from, const char *to)
{
    struct fault *f = self(io);
    LOCK_SCOPE(guard, &f->lock);
    bool power = false;
    int code = enter(f, FAULT_RENAME, &power);
    if (code)
        return code;
    if (!power || random_below(&f->random.random, 2))
        must(renameat(dir_fd, from, dir_fd, to) == 0);
    return power ? EIO : 0;
}

void fault_dir(struct fault *f, int dir_fd)
{
    if (f->dir_fd >= 0)
        must(close(f->dir_fd) == 0);
    f->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    must(f->dir_fd >= 0);
}

void fault_init(struct fault *f, uint64_t seed)
{
    *f = (struct fault){ .io = { .write = fault_write,
                                 .sync = fault_sync,
                                 .allocate = fault_allocate,
                                 .rename = fault_rename },
                         .dir_fd = -1 };
    mutex_init(&f->lock, "fault", 950);
    random_fake_init(&f->random, seed);
    f->piece = random_below(&f->random.random, 2) ? 512 : 4096;
}

void fault_done(struct fault *f)
{
    forget(f, 0, true);
    if (f->dir_fd >= 0)
        must(close(f->dir_fd) == 0);
    mutex_done(&f->lock);
}

static int open_file(const struct fault *f, ino_t file)
{
    int found = -1;
    int dup_fd = openat(f->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fdopendir(dup_fd);
    must(dir != NULL);
    struct dirent *d;
    while (found < 0 && (d = readdir(dir)) != NULL)
        if (d->d_ino == file)
            found = openat(f->dir_fd, d->d_name, O_RDWR | O_CLOEXEC);
    (void)closedir(dir); /* read only */
    return found;
}

static void settle(struct fault_piece *piece)
{
    for (struct fault_piece *p = piece->older; p; p = p->older)
        if (p->file == piece->file && p->at == piece->at)
            p->settled = true;
}

void fault_go_on(struct fault *f)
{
    f->cut = false;
    f->cut_at = 0;
}

void fault_resolve(struct fault *f)
{
    /* now and then all of it or nothing, which lots hardly ever give */
    uint64_t mood = random_below(&f->random.random, 6);
    for (struct fault_piece *p = f->newest; p; p = p->older) {
        bool keep = mood == 0 || (mood > 1 && random_below(&f->random.random, 2));
        if (p->settled)
            continue;
        if (keep) {
            settle(p); /* older contents of this place are out of the question */
            continue;
        }
        int fd = open_file(f, p->file);
        if (fd < 0)
            continue; /* a file that was given up */
        struct stat st;
        must(fstat(fd, &st) == 0);
        if (p->at < st.st_size) {
            size_t n = size_min(p->n, (size_t)(st.st_size - p->at));
            must(pwrite(fd, p->old, n, p->at) == (ssize_t)n);
        }
        must(close(fd) == 0);
    }
    forget(f, 0, true);
    fault_go_on(f);
}
