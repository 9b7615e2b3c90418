/* Files that hold a key in clear: what protects them is mode and owner, checked on the descriptor.
 * Tests: auth_admin_test.c, vault_test.c */
#include "auth/auth_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum rc auth_private_open(const char *path, const struct auth_private_ids *ids, int *fd,
                          struct err *e)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0 && errno == ENOENT)
        return err_set(e, RC_MISSING, ids->missing, "%s is not there", path);
    if (*fd < 0 && errno != ELOOP)
        return err_sys(e, ids->io, errno, "%s cannot be opened", path);
    if (*fd < 0 || fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077) != 0)
        return err_set(e, RC_DENIED, ids->denied,
                       "%s must be a file of this user that nobody else may read (mode 0600)",
                       path);
    return RC_OK;
}
