/*
 * Files: whole reads with a limit, atomic writes, directories, and paths that stay below a root.
 *
 * Every descriptor opened here is close-on-exec. Files are made 0600 and directories 0700 unless
 * the caller says otherwise. Calls block: not for loop threads.
 *
 * Paths given by our configuration or command line are named in errors; names that a peer or a
 * message supplied (file_open_below, file_join) are not, since they may name a patient.
 *
 * Thread  any (pool, main, store; never a loop).
 */
#ifndef ZS_BASE_FILE_H
#define ZS_BASE_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/*
 * All of a file into the arena, with a NUL behind that does not count. Pipes and devices are read
 * to their end.
 * Returns  RC_MISSING BASE-030 not there, RC_IO BASE-031 open or read failed (a directory too),
 *          RC_LIMIT BASE-032 more than limit bytes, RC_NOMEM BASE-002
 */
enum rc file_read(const char *path, size_t limit, struct arena *a, struct str *out,
                  struct err *e) ZS_CHECK;

/* The same from an open descriptor, which stays open; `name` is for the error text. */
enum rc file_read_fd(int fd, const char *name, size_t limit, struct arena *a, struct str *out,
                     struct err *e) ZS_CHECK;

/*
 * Replace or create `path` so that a crash leaves the old or the new contents, never a part:
 * a temporary file beside it, written and synced, renamed over it, and the directory synced.
 * A failed call leaves the old file and no temporary one; only when the last step, the directory's
 * sync, fails may either file be there after a crash.
 * Returns  RC_IO BASE-033
 */
enum rc file_write_atomic(const char *path, struct str bytes, mode_t mode, struct err *e) ZS_CHECK;

/* All of s to fd, over short writes and EINTR. `name` is for the error text. RC_IO BASE-033. */
enum rc file_write_all(int fd, const char *name, struct str s, struct err *e) ZS_CHECK;

/* 0700; an existing directory is fine. One level, or with all its parents. RC_IO BASE-034. */
enum rc file_mkdir(const char *path, struct err *e) ZS_CHECK;
enum rc file_mkdirs(const char *path, struct err *e) ZS_CHECK;

/* Make names created or renamed in the directory survive a crash. RC_IO BASE-033. */
enum rc file_sync_dir(const char *path, struct err *e) ZS_CHECK;

/*
 * root + "/" + rel, in the arena. Refused (RC_DENIED BASE-035): an empty or absolute rel, a
 * component "..", a NUL. Only text: symbolic links are not looked at; to open, use file_open_below.
 * RC_NOMEM BASE-002.
 */
enum rc file_join(struct arena *a, const char *root, struct str rel, const char **out,
                  struct err *e) ZS_CHECK;

/*
 * Open root/rel in such a way that the result lies below root, symbolic links included (openat2
 * with RESOLVE_BENEATH; on kernels that refuse that call no symbolic link is followed at all).
 * flags, mode as open(2); O_CLOEXEC is added. The caller closes *fd.
 * Returns  RC_DENIED BASE-035, RC_MISSING BASE-030, RC_IO BASE-031
 */
enum rc file_open_below(const char *root, struct str rel, int flags, mode_t mode, int *fd,
                        struct err *e) ZS_CHECK;

/* Scope guard: AUTO_FD int fd = -1; closes what is open at the end of the scope (read-only uses).
 */
void file_close_scope(int *fd);
#define AUTO_FD __attribute__((cleanup(file_close_scope)))

#endif
