/*
 * The file calls the truth depends on, as a table of four: tests put a table in between that drops,
 * tears, reorders and fails them (tests/torture/store_fault.h). Reading, opening and listing are
 * not in it: they cannot lose anything.
 *
 * Every call returns 0 or an errno. None is tried again after a failure: what a failed write or
 * sync left on disk is unknown.
 *
 * Thread  the real table: any.
 */
#ifndef ZS_STORE_JOURNAL_IO_H
#define ZS_STORE_JOURNAL_IO_H

#include "base/defs.h"

#include <sys/types.h>
#include <sys/uio.h>

struct journal_io {
    /* All of v[0 … n-1] at `at`, n <= JOURNAL_IOV; v is changed on the way. */
    int (*write)(const struct journal_io *io, int fd, struct iovec *v, int n, off_t at);
    /* What was written to fd, and the size that reaching it needs, is on the disk. */
    int (*sync)(const struct journal_io *io, int fd);
    /* Reserve size bytes from the start; ENOSPC when the disk has fewer than keep_free to spare. */
    int (*allocate)(const struct journal_io *io, int fd, off_t size, uint64_t keep_free);
    /* Give a file its name for good: renamed, and the directory synced. */
    int (*rename)(const struct journal_io *io, int dir_fd, const char *from, const char *to);
};

#define JOURNAL_IOV 1024

const struct journal_io *journal_io_real(void);

#endif
