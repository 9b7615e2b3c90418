/* The helper that makes segments. Tests: journal_test.c, tests/torture/store_crash.c */
#include "store/journal/spare.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>

#define PIECE     ((size_t)1 << 20)
#define ALIGNED   4096 /* of what goes past the page cache */
#define TEMPORARY "prepared.tmp"

static int allocate(const struct spare *s, int fd, uint64_t *size)
{
    int code = ENOSPC;
    for (uint64_t n = s->size; code == ENOSPC && n >= s->min_size; n = n / 2 & ~(uint64_t)4095) {
        *size = n;
        code = s->io->allocate(s->io, fd, (off_t)n, s->keep_free);
        if (code && ftruncate(fd, 0) != 0) /* give back what was allocated in part */
            return errno;
    }
    return code;
}

/* A new file of zeros under its final name; *fd stays open. An errno. */
static int make(const struct spare *s, uint64_t number, uint64_t *size, int *fd)
{
    char name[SEGMENT_NAME];
    segment_name(number, name);
    int got =
        openat(s->dir_fd, TEMPORARY, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (got < 0)
        return errno;
    int code = allocate(s, got, size);
    if (!code)
        code = s->io->sync(s->io, got);
    if (!code)
        code = s->io->rename(s->io, s->dir_fd, TEMPORARY, name);
    if (code) {
        (void)close(got); /* nothing of value in it */
        (void)unlinkat(s->dir_fd, TEMPORARY, 0);
        return code;
    }
    *fd = got;
    return 0;
}

static int open_direct(const struct spare *s)
{
    char name[SEGMENT_NAME];
    segment_name(s->number, name);
    return openat(s->dir_fd, name, O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
}

static void close_both(struct spare *s)
{
    if (s->fd >= 0)
        (void)close(s->fd); /* zeros only */
    if (s->zero_fd >= 0)
        (void)close(s->zero_fd); /* what was written was synced */
    s->fd = s->zero_fd = -1;
}

static void make_now(struct spare *s)
{
    mutex_assert_held(&s->lock);
    uint64_t number = s->number;
    uint64_t size = 0;
    int fd = -1;
    mutex_unlock(&s->lock);
    int code = make(s, number, &size, &fd);
    mutex_lock(&s->lock);
    bool was_full = s->error != 0;
    s->error = code;
    s->state = code ? SPARE_FULL : SPARE_READY;
    s->fd = fd;
    s->made_size = size;
    s->zeroed = 0;
    s->zero_fd = code ? -1 : open_direct(s);
    cond_broadcast(&s->done);
    if (was_full != (code != 0)) {
        mutex_unlock(&s->lock);
        s->changed(s->ctx);
        mutex_lock(&s->lock);
    }
}

/* One piece of zeros, synced so that the commits to come have nothing of it to flush. */
static void zero_piece(struct spare *s, char *zeros)
{
    int fd = s->zero_fd >= 0 ? s->zero_fd : s->fd;
    uint64_t at = s->zeroed;
    size_t n = (size_t)(s->made_size - at < PIECE ? s->made_size - at : PIECE);
    s->busy = true;
    mutex_unlock(&s->lock);
    struct iovec v = { zeros, n };
    int code = s->io->write(s->io, fd, &v, 1, (off_t)at);
    if (!code)
        code = s->io->sync(s->io, fd);
    mutex_lock(&s->lock);
    s->busy = false;
    /* after a failure the file is still allocated and zero as far as anybody can read */
    s->zeroed = code ? s->made_size : at + n;
    cond_broadcast(&s->done);
}

static void help(void *ctx)
{
    struct spare *s = ctx;
    char *block = mem_zero(PIECE + ALIGNED);
    char *zeros = block ? block + (ALIGNED - (uintptr_t)block % ALIGNED) : NULL;
    mutex_lock(&s->lock);
    while (!s->closing) {
        if (s->state == SPARE_MAKING) {
            make_now(s);
        } else if (s->state == SPARE_FULL) {
            if (!cond_wait_ms(&s->wake, &s->lock, s->retry_ms))
                s->state = SPARE_MAKING;
        } else if (s->state == SPARE_READY && s->may_zero && zeros && s->zeroed < s->made_size) {
            zero_piece(s, zeros);
        } else {
            cond_wait(&s->wake, &s->lock);
        }
    }
    mutex_unlock(&s->lock);
    mem_free(block);
}

enum rc spare_start(struct spare *s, struct err *e)
{
    mutex_init(&s->lock, "store-spare", JOURNAL_RANK_SPARE);
    cond_init(&s->wake);
    cond_init(&s->done);
    s->fd = s->zero_fd = -1;
    return thread_start(&s->thread, "store-spare", help, s, e);
}

void spare_stop(struct spare *s)
{
    mutex_lock(&s->lock);
    s->closing = true;
    cond_signal(&s->wake);
    mutex_unlock(&s->lock);
    thread_join(&s->thread);
    close_both(s);
    cond_done(&s->done);
    cond_done(&s->wake);
    mutex_done(&s->lock);
}

void spare_adopt(struct spare *s, uint64_t number, int fd, uint64_t size)
{
    LOCK_SCOPE(guard, &s->lock);
    ZS_ASSERT(s->state == SPARE_NONE);
    s->state = SPARE_READY;
    s->number = number;
    s->fd = fd;
    s->zero_fd = open_direct(s);
    s->made_size = size;
    s->zeroed = 0;
}

void spare_request(struct spare *s, uint64_t number)
{
    LOCK_SCOPE(guard, &s->lock);
    ZS_ASSERT(s->state == SPARE_NONE);
    s->state = SPARE_MAKING;
    s->number = number;
    s->may_zero = false;
    cond_signal(&s->wake);
}

void spare_warm(struct spare *s)
{
    LOCK_SCOPE(guard, &s->lock);
    s->may_zero = true;
    cond_signal(&s->wake);
}

enum spare_state spare_look(struct spare *s)
{
    LOCK_SCOPE(guard, &s->lock);
    return s->error ? SPARE_FULL : s->state;
}

enum spare_state spare_decide(struct spare *s)
{
    LOCK_SCOPE(guard, &s->lock);
    while (s->state == SPARE_MAKING && !s->error)
        cond_wait(&s->done, &s->lock);
    return s->error ? SPARE_FULL : s->state;
}

enum rc spare_claim(struct spare *s, uint64_t *number, int *fd, uint64_t *size, struct err *e)
{
    LOCK_SCOPE(guard, &s->lock);
    s->may_zero = false;
    while ((s->state == SPARE_MAKING && !s->error) || s->busy)
        cond_wait(&s->done, &s->lock);
    if (s->state != SPARE_READY)
        return err_set(e, RC_LIMIT, "STORE-001", "there is no room for another segment");
    *number = s->number;
    *fd = s->fd;
    *size = s->made_size;
    s->fd = -1;
    close_both(s);
    s->state = SPARE_NONE;
    return RC_OK;
}
