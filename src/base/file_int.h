/*
 * For file_below.c and its test, which runs the way that newer kernels never take.
 */
#ifndef ZS_BASE_FILE_INT_H
#define ZS_BASE_FILE_INT_H

#include "base/file.h"

/*
 * Open root_fd/rel one component after the other, following no symbolic link at all. rel has no
 * "..", does not start with '/', and is cut up on the way. -1 with errno on failure.
 */
int file_open_stepwise(int root_fd, char *rel, int flags, mode_t mode);

#endif
