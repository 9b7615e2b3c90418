/*
 * `table` and `mapping` documents, and mappings that stand where they are used.
 * Tests: config_test.c
 */
#include "config/config_int.h"

#include "base/file.h"

#include <fcntl.h>

#define TABLE_LIMIT ((size_t)64 * 1024 * 1024)

/* A file that a table names: below the directory of the configuration file, never above. */
static enum rc read_below(void *ctx, struct str path, struct arena *a, struct str *out,
                          struct err *e)
{
    const struct config_doc *d = ctx;
    AUTO_FD int fd = -1;
    enum rc rc = file_open_below(d->dir, path, O_RDONLY, 0, &fd, e);
    if (rc != RC_OK)
        return rc;
    return file_read_fd(fd, "the table's file", TABLE_LIMIT, a, out, e);
}

static struct map_source source_of(const struct config_doc *d)
{
    return (struct map_source){ .doc = d->doc, .file = d->file, .text = d->text };
}

/* What compile functions report beside findings: only memory is of interest here. */
static bool compiled(struct config_load *l, enum rc rc)
{
    if (rc == RC_NOMEM)
        l->nomem = true;
    return rc == RC_OK;
}

void config_read_table(struct config_load *l, const struct config_doc *d)
{
    struct map_source src = source_of(d);
    struct config_doc at = *d;
    struct map_loader loader = { .read = read_below, .ctx = &at };
    const struct map_table *t = NULL;
    struct err e;
    if (!compiled(l, map_table_compile(&src, &loader, l->arena, &t, l->found, &e)))
        return;
    for (size_t i = 0; i < l->cfg->n_tables; i++)
        if (str_eq(map_table_name(l->cfg->tables[i]), map_table_name(t))) {
            config_finding(l, d, json_getz(d->doc, "table"), "table", "CFG-005",
                           "give one of them another name", "there are two tables of this name");
            return;
        }
    l->cfg->tables[l->cfg->n_tables++] = t;
}

static const struct map *compile(struct config_load *l, const struct map_source *src)
{
    struct map_tables tables = { .v = l->cfg->tables, .n = l->cfg->n_tables };
    const struct map *m = NULL;
    struct err e;
    return compiled(l, map_compile(src, &tables, l->arena, &m, l->found, &e)) ? m : NULL;
}

void config_read_mapping(struct config_load *l, const struct config_doc *d)
{
    struct map_source src = source_of(d);
    const struct map *m = compile(l, &src);
    if (!m)
        return;
    if (config_map(l->cfg, map_name(m))) {
        config_finding(l, d, json_getz(d->doc, "mapping"), "mapping", "CFG-005",
                       "give one of them another name", "there are two mappings of this name");
        return;
    }
    l->cfg->maps[l->cfg->n_maps++] = m;
}

const struct map *config_use_map(struct config_load *l, const struct config_doc *d,
                                 const struct json *ref, const char *path)
{
    if (json_is(ref, JSON_OBJECT)) {
        struct map_source src = source_of(d);
        src.doc = ref;
        src.path = path;
        return compile(l, &src);
    }
    if (!json_is(ref, JSON_STRING)) {
        config_finding(l, d, ref, path, "CFG-010", "name a mapping, or write its rules here",
                       "a mapping is a name or an object, this is %s",
                       json_type_words(json_type(ref)));
        return NULL;
    }
    const struct map *m = config_map(l->cfg, json_text(ref));
    if (!m)
        config_finding(l, d, ref, path, "CFG-011", "add a document `mapping: NAME`",
                       "there is no mapping of this name, or it has errors");
    return m;
}
