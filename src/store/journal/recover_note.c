/* The note of a clean stop. Tests: journal_test.c, tests/torture/store_crash.c */
#include "store/journal/recover.h"

#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>

#define NOTE      "clean"
#define TEMPORARY "clean.tmp"
#define MAGIC     0x315445544f4e535aull
#define NUMBERS   9

/* Numbers little-endian, the link, a checksum of both. */
struct note {
    uint64_t number[NUMBERS];
    unsigned char link[RECORD_LINK];
    uint64_t crc;
};

static uint64_t crc_of(const struct note *n)
{
    return htole64(hash_crc32c(0, n, offsetof(struct note, crc)));
}

void recover_note(int dir_fd, const struct journal_io *io, const struct recovered *at)
{
    const uint64_t numbers[NUMBERS] = { MAGIC,         at->pos.at.segment, at->pos.at.offset,
                                        at->pos.seq,   at->pos.link,       at->closed,
                                        at->first_seq, at->n_records,      at->n_messages };
    struct note n = { .crc = 0 };
    for (size_t i = 0; i < NUMBERS; i++)
        n.number[i] = htole64(numbers[i]);
    memcpy(n.link, at->link, sizeof n.link);
    n.crc = crc_of(&n);
    int fd = openat(dir_fd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    struct iovec v = { &n, sizeof n };
    int code = io->write(io, fd, &v, 1, 0);
    if (!code)
        code = io->sync(io, fd);
    if (close(fd) != 0 || code)
        return;
    (void)io->rename(io, dir_fd, TEMPORARY, NOTE); /* without it the next start reads the segment */
}

static enum rc read_note(int fd, struct recovered *out)
{
    struct note n;
    if (pread(fd, &n, sizeof n, 0) != (ssize_t)sizeof n || n.crc != crc_of(&n) ||
        le64toh(n.number[0]) != MAGIC)
        return RC_MISSING;
    struct recovered r = { .pos = { .at = { le64toh(n.number[1]), le64toh(n.number[2]) },
                                    .seq = le64toh(n.number[3]),
                                    .link = le64toh(n.number[4]) },
                           .closed = n.number[5] != 0,
                           .first_seq = le64toh(n.number[6]),
                           .n_records = le64toh(n.number[7]),
                           .n_messages = le64toh(n.number[8]) };
    memcpy(r.link, n.link, sizeof r.link);
    *out = r;
    return RC_OK;
}

enum rc recover_take_note(int dir_fd, struct recovered *out, struct err *e)
{
    int fd = openat(dir_fd, NOTE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return RC_MISSING;
    enum rc rc = read_note(fd, out);
    (void)close(fd); /* read only */
    if (unlinkat(dir_fd, NOTE, 0) != 0 || fsync(dir_fd) != 0)
        return err_sys(e, "STORE-030", errno, "the note of a clean stop cannot be removed");
    return rc;
}
