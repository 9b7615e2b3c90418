/*
 * The configuration files a path stands for: itself, or a directory's *.yaml, *.yml and *.json in
 * order of their names (not below it; names that begin with a dot are left out).
 *
 * Thread  main.
 */
#ifndef ZS_CLI_CONF_FILES_H
#define ZS_CLI_CONF_FILES_H

#include "base/arena.h"
#include "base/err.h"

#define CONF_FILES_MAX 1000

struct conf_files {
    const char *file[CONF_FILES_MAX];
    size_t n;
    bool is_dir; /* the path is a directory */
};

/* RC_IO CLI-042: a directory that cannot be read; RC_LIMIT CLI-042: it holds too many. A file is
 * not looked at. */
enum rc conf_files(const char *path, struct arena *a, struct conf_files *out,
                   struct err *e) ZS_CHECK;

#endif
