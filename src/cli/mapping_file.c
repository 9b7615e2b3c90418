/* Mappings from files; see mapping_file.h. Tests: tests/cases */
#include "cli/mapping_file.h"

#include "base/file.h"
#include "cli/conf_files.h"
#include "json/yaml.h"

#include <fcntl.h>

#define FILE_MAX_BYTES ((size_t)64 << 20)
#define DOCS_MAX       1000

/* A document and the file it stands in. */
struct placed {
    const struct json *doc;
    const char *file;
    struct str text;
    const char *dir;
};

struct loading {
    struct arena *arena;
    struct placed docs[DOCS_MAX];
    size_t n;
    const struct map_table *tables[DOCS_MAX];
    size_t n_tables;
    struct err_list *found;
};

static enum rc no_room(struct err *e)
{
    return err_set(e, RC_NOMEM, "BASE-002", "not enough memory");
}

/* ---- files ---- */

static enum rc add_docs(struct loading *l, const char *file, const char *dir, struct err *e)
{
    struct str text;
    struct json *docs = NULL;
    enum rc rc = file_read(file, FILE_MAX_BYTES, l->arena, &text, e);
    if (rc == RC_OK)
        rc = yaml_parse(text, &json_default_limits, l->arena, &docs, e);
    if (rc != RC_OK) {
        err_where(e, "%s", file);
        return rc;
    }
    JSON_EACH(doc, docs)
    {
        if (l->n == DOCS_MAX)
            return err_set(e, RC_LIMIT, "CLI-042", "there are more than %d documents", DOCS_MAX);
        l->docs[l->n++] = (struct placed){ doc, file, text, dir };
    }
    return RC_OK;
}

static enum rc add_path(struct loading *l, const char *path, struct err *e)
{
    struct conf_files files;
    size_t slash = str_z(path).n;
    enum rc rc = conf_files(path, l->arena, &files, e);
    while (slash > 0 && path[slash - 1] != '/')
        slash--;
    const char *dir = slash ? arena_z(l->arena, str_of(path, slash)) : ".";
    if (files.is_dir)
        dir = path;
    if (rc == RC_OK && !dir)
        return no_room(e);
    for (size_t i = 0; rc == RC_OK && i < files.n; i++)
        rc = add_docs(l, files.file[i], dir, e);
    return rc;
}

/* ---- tables and the mapping ---- */

static enum rc read_below(void *ctx, struct str path, struct arena *a, struct str *out,
                          struct err *e)
{
    const struct placed *d = ctx;
    AUTO_FD int fd = -1;
    enum rc rc = file_open_below(d->dir, path, O_RDONLY, 0, &fd, e);
    return rc == RC_OK ? file_read_fd(fd, "the table's file", FILE_MAX_BYTES, a, out, e) : rc;
}

static struct map_source source_of(const struct placed *d)
{
    return (struct map_source){ .doc = d->doc, .file = d->file, .text = d->text };
}

static enum rc load_tables(struct loading *l, struct err *e)
{
    for (size_t i = 0; i < l->n; i++) {
        if (!json_getz(l->docs[i].doc, "table"))
            continue;
        struct map_source src = source_of(&l->docs[i]);
        struct map_loader loader = { .read = read_below, .ctx = &l->docs[i] };
        enum rc rc =
            map_table_compile(&src, &loader, l->arena, &l->tables[l->n_tables], l->found, e);
        if (rc == RC_OK)
            l->n_tables++;
        else if (rc != RC_VALUE) /* its findings are listed with all others */
            return rc;
    }
    return RC_OK;
}

static struct str name_of(const struct placed *d)
{
    return json_text(json_getz(d->doc, "mapping"));
}

/* What could have been meant. */
static enum rc not_found(const struct loading *l, struct str name, struct err *e)
{
    const char *names[DOCS_MAX] = { NULL };
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        const char *z = name_of(&l->docs[i]).n ? arena_z(l->arena, name_of(&l->docs[i])) : NULL;
        if (z)
            names[n++] = z;
    }
    const char *near = str_nearest(name, names, n);
    if (n == 0)
        return err_set(e, RC_MISSING, "CLI-040", "there is no mapping");
    if (near)
        return err_set(e, RC_MISSING, "CLI-040",
                       "there is no mapping of this name; did you mean %s", near);
    return err_set(e, RC_MISSING, "CLI-040", "there is no mapping of this name; the first is %s",
                   names[0]);
}

static enum rc choose(const struct loading *l, struct str name, const struct placed **out,
                      struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        struct str here = name_of(&l->docs[i]);
        if (!json_getz(l->docs[i].doc, "mapping") || (name.n && !str_eq(name, here)))
            continue;
        *out = &l->docs[i];
        n++;
    }
    if (n == 0)
        return not_found(l, name, e);
    if (n > 1)
        return err_set(e, RC_STATE, "CLI-041",
                       "there are %zu mappings here: put #NAME behind the file", n);
    return RC_OK;
}

static enum rc load(struct loading *l, const char *path, struct str name, const struct map **out,
                    struct err *e)
{
    const struct placed *d = NULL;
    enum rc rc = add_path(l, path, e);
    if (rc == RC_OK)
        rc = choose(l, name, &d, e);
    if (rc == RC_OK)
        rc = load_tables(l, e);
    if (rc != RC_OK)
        return rc;
    ZS_ASSERT(d != NULL);
    struct map_source src = source_of(d);
    const struct map_tables tables = { .v = l->tables, .n = l->n_tables };
    rc = map_compile(&src, &tables, l->arena, out, l->found, e);
    return rc == RC_OK && err_list_any(l->found) ? err_list_rc(l->found, e) : rc;
}

enum rc mapping_load(const char *where, struct arena *a, const struct map **out,
                     struct err_list *found, struct err *e)
{
    size_t hash = str_chr(str_z(where), '#', 0);
    struct str name = hash == SIZE_MAX ? STR_NULL : str_from(str_z(where), hash + 1);
    const char *path = arena_z(a, str_sub(str_z(where), 0, hash));
    struct loading *l = arena_make(a, struct loading, 1);
    if (!path || !l)
        return no_room(e);
    l->arena = a;
    l->found = found;
    return load(l, path, name, out, e);
}
