/* Configuration files of a path. Tests: apply_test.c, tests/cases */
#include "cli/conf_files.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_config(const char *name)
{
    struct str s = str_z(name);
    return name[0] != '.' &&
           (str_ends(s, STR(".yaml")) || str_ends(s, STR(".yml")) || str_ends(s, STR(".json")));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum rc add(struct conf_files *out, struct arena *a, const char *dir, const char *name,
                   struct err *e)
{
    if (out->n == CONF_FILES_MAX)
        return err_set(e, RC_LIMIT, "CLI-042", "%s holds more than %d files", dir, CONF_FILES_MAX);
    return file_join(a, dir, str_z(name), &out->file[out->n++], e);
}

enum rc conf_files(const char *path, struct arena *a, struct conf_files *out, struct err *e)
{
    struct stat st;
    out->n = 0;
    out->is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (!out->is_dir) {
        out->file[out->n++] = path;
        return RC_OK;
    }
    DIR *d = opendir(path);
    if (!d)
        return err_sys(e, "CLI-042", errno, "the directory %s cannot be read", path);
    enum rc rc = RC_OK;
    for (const struct dirent *f = readdir(d); rc == RC_OK && f; f = readdir(d))
        if (is_config(f->d_name))
            rc = add(out, a, path, f->d_name, e);
    (void)closedir(d); /* it was only read */
    qsort(out->file, out->n, sizeof *out->file, by_name);
    return rc;
}
