/*
 * From files to documents, and from documents to the snapshot, kind by kind: tables before the
 * mappings that look codes up in them, those before the integrations and channels that use them.
 * Tests: config_test.c
 */
#include "config/config_int.h"

#include "base/file.h"
#include "json/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define FILE_LIMIT  ((size_t)64 * 1024 * 1024)
#define ARENA_LIMIT ((size_t)1024 * 1024 * 1024)
#define FILES_MAX   10000
#define DOCS_MAX    100000

/* In working order. */
static const struct config_kind kinds[] = {
    { "engine", &config_engine_table, config_read_engine },
    { "table", &map_table_options, config_read_table },
    { "mapping", &map_options, config_read_mapping },
    { "integration", &config_integration_table, config_read_integration },
    { "channel", &config_channel_table, config_read_channel },
};

const struct opt_table *const config_tables[] = { &config_engine_table, &map_table_options,
                                                  &map_options, &config_integration_table,
                                                  &config_channel_table };
const size_t config_n_tables = ZS_COUNT(config_tables);

struct opt_read config_reader(const struct config_load *l, const struct config_doc *d,
                              const char *path)
{
    return (struct opt_read){
        .arena = l->arena, .errs = l->found, .file = d->file, .text = d->text, .path = path
    };
}

void config_finding(struct config_load *l, const struct config_doc *d, const struct json *at,
                    const char *path, const char *id, const char *hint, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct finding f = { .file = d->file,
                         .pos = ERR_NO_POS,
                         .id = id,
                         .path = str_z(path),
                         .text = str_of(text, n > 0 ? size_min((size_t)n, sizeof text - 1) : 0),
                         .hint = str_z(hint) };
    if (at && at->pos != JSON_NO_POS) {
        f.pos = at->pos;
        json_place(d->text, at->pos, &f.line, &f.column);
    }
    err_list_add(l->found, &f);
}

const char *config_z(struct config_load *l, struct str s)
{
    const char *z = arena_z(l->arena, s);
    if (!z)
        l->nomem = true;
    return z ? z : "";
}

/* ---- files -------------------------------------------------------------------------------- */

static void add_doc(struct config_load *l, const struct json *doc, const char *file,
                    const char *dir, struct str text)
{
    if (l->n_docs == l->cap_docs) {
        size_t cap = size_max(l->cap_docs * 2, 64);
        struct config_doc *grown =
            arena_grow(l->arena, l->docs, l->cap_docs * sizeof *grown, cap * sizeof *grown);
        if (!grown || l->n_docs >= DOCS_MAX) {
            l->nomem = true;
            return;
        }
        l->docs = grown;
        l->cap_docs = cap;
    }
    l->docs[l->n_docs++] =
        (struct config_doc){ .doc = doc, .file = file, .dir = dir, .text = text };
}

/* A file's documents: a YAML stream, one JSON document, or a JSON array of them. */
static enum rc parse_docs(struct config_load *l, const char *file, struct str text,
                          struct json **docs, struct err *e)
{
    if (!str_ends(str_z(file), STR(".json")))
        return yaml_parse(text, &json_default_limits, l->arena, docs, e);
    struct json *one = NULL;
    enum rc rc = json_parse(text, &json_default_limits, l->arena, &one, e);
    if (rc != RC_OK || json_is(one, JSON_ARRAY)) {
        *docs = one;
        return rc;
    }
    *docs = json_make_array(l->arena);
    if (!*docs)
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    return json_append(*docs, one, e);
}

static void add_text(struct config_load *l, const char *file, const char *dir, struct str text)
{
    struct json *docs = NULL;
    struct err e;
    if (parse_docs(l, file, text, &docs, &e) != RC_OK) {
        err_list_add_err(l->found, file, &e, STR_NULL);
        return;
    }
    JSON_EACH(doc, docs)
    add_doc(l, doc, file, dir, text);
}

/* Findings outlive the snapshot, so the names of files live with them. */
static const char *file_name(struct config_load *l, struct str path)
{
    const char *z = arena_z(l->found->arena, path);
    if (!z)
        l->nomem = true;
    return z ? z : "";
}

static enum rc add_file(struct config_load *l, struct str path, struct err *e)
{
    const char *file = file_name(l, path);
    size_t slash = path.n;
    while (slash > 0 && path.p[slash - 1] != '/')
        slash--;
    const char *dir = slash ? config_z(l, str_sub(path, 0, slash)) : ".";
    struct str text;
    enum rc rc = file_read(file, FILE_LIMIT, l->arena, &text, e);
    if (rc != RC_OK)
        return rc;
    add_text(l, file, dir, text);
    return RC_OK;
}

static bool is_config_name(const char *name)
{
    struct str s = str_z(name);
    return name[0] != '.' &&
           (str_ends(s, STR(".yaml")) || str_ends(s, STR(".yml")) || str_ends(s, STR(".json")));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of a directory's configuration files, sorted. */
static enum rc list_dir(struct config_load *l, const char *path, const char ***out, size_t *n,
                        struct err *e)
{
    DIR *dir = opendir(path);
    if (!dir)
        return err_sys(e, "CFG-001", errno, "cannot read directory %s", path);
    const char **names = arena_make(l->arena, const char *, FILES_MAX);
    size_t count = 0;
    struct dirent *entry;
    while (names && count < FILES_MAX && (entry = readdir(dir)) != NULL)
        if (is_config_name(entry->d_name))
            names[count++] = config_z(l, str_z(entry->d_name));
    (void)closedir(dir); /* only read */
    if (!names || l->nomem)
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    qsort(names, count, sizeof names[0], by_name);
    *out = names;
    *n = count;
    return RC_OK;
}

static enum rc add_path(struct config_load *l, const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_sys(e, "CFG-001", errno, "cannot read %s", path);
    if (!S_ISDIR(st.st_mode))
        return add_file(l, str_z(path), e);
    const char **names = NULL;
    size_t n = 0;
    enum rc rc = list_dir(l, path, &names, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct buf b;
        buf_init_arena(&b, l->arena, 4096);
        buf_fmt(&b, "%s%s%s", path, str_ends(str_z(path), STR("/")) ? "" : "/", names[i]);
        rc = buf_rc(&b, e);
        if (rc == RC_OK)
            rc = add_file(l, buf_view(&b), e);
    }
    return rc;
}

/* ---- documents ---------------------------------------------------------------------------- */

static const struct config_kind *kind_of(const struct json *doc)
{
    for (size_t i = 0; i < ZS_COUNT(kinds); i++)
        if (json_getz(doc, kinds[i].key))
            return &kinds[i];
    return NULL;
}

/* Say what a document that is of no kind might have been meant to be. */
static void unknown_kind(struct config_load *l, const struct config_doc *d)
{
    const char *names[ZS_COUNT(kinds)];
    const struct json *first = json_first(d->doc);
    for (size_t i = 0; i < ZS_COUNT(kinds); i++)
        names[i] = kinds[i].key;
    const char *near = first ? str_nearest(json_name(first), names, ZS_COUNT(names)) : NULL;
    char hint[96] = "begin it with integration, channel, mapping, table or engine";
    if (near)
        (void)snprintf(hint, sizeof hint, "did you mean `%s`?", near); /* fits: a kind's name */
    config_finding(l, d, first ? first : d->doc, NULL, "CFG-003", hint,
                   "this document is of no known kind");
}

static void read_doc(struct config_load *l, const struct config_kind *k, const struct config_doc *d)
{
    config_expand(l, d);
    k->read(l, d);
    l->cfg->objects[l->cfg->n_objects++] = (struct config_object){
        .kind = k->key, .name = json_text(json_getz(d->doc, k->key)), .doc = d->doc
    };
}

static void read_docs(struct config_load *l)
{
    for (size_t k = 0; k < ZS_COUNT(kinds); k++)
        for (size_t i = 0; i < l->n_docs; i++)
            if (kind_of(l->docs[i].doc) == &kinds[k])
                read_doc(l, &kinds[k], &l->docs[i]);
    for (size_t i = 0; i < l->n_docs; i++)
        if (!kind_of(l->docs[i].doc))
            unknown_kind(l, &l->docs[i]);
}

/* Room for as many objects of each kind as there are documents of it. */
static bool make_room(struct config_load *l)
{
    size_t n = l->n_docs + 1;
    l->cfg->integrations = arena_make(l->arena, struct config_integration, n);
    l->cfg->channels = arena_make(l->arena, struct config_channel, n);
    l->cfg->maps = arena_make(l->arena, const struct map *, n);
    l->cfg->tables = arena_make(l->arena, const struct map_table *, n);
    l->cfg->objects = arena_make(l->arena, struct config_object, n);
    return l->cfg->objects && l->cfg->integrations && l->cfg->channels && l->cfg->maps &&
           l->cfg->tables;
}

static enum rc work_out(struct config_load *l, struct config **out, struct err *e)
{
    size_t before = l->found->n;
    if (!make_room(l) || opt_defaults(&config_engine_table, l->arena, &l->cfg->engine) != RC_OK)
        l->nomem = true;
    else
        read_docs(l);
    if (l->nomem)
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    if (err_list_any(l->found)) {
        err_list_sort(l->found, before);
        return err_list_rc(l->found, e);
    }
    *out = l->cfg;
    return RC_OK;
}

static enum rc begin(struct config_load *l, const struct config_env *env, struct err_list *found,
                     struct err *e)
{
    *l = (struct config_load){ .env = env, .found = found };
    l->arena = arena_new("config", 64 * 1024, ARENA_LIMIT);
    l->cfg = l->arena ? arena_make(l->arena, struct config, 1) : NULL;
    if (!l->cfg) {
        arena_free(&l->arena);
        return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
    }
    l->cfg->arena = l->arena;
    return RC_OK;
}

enum rc config_load(const char *const *paths, size_t n_paths, const struct config_env *env,
                    struct config **out, struct err_list *found, struct err *e)
{
    struct config_load l;
    enum rc rc = begin(&l, env, found, e);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; rc == RC_OK && i < n_paths; i++)
        rc = add_path(&l, paths[i], e);
    if (rc == RC_OK)
        rc = work_out(&l, out, e);
    if (rc != RC_OK)
        arena_free(&l.arena);
    return rc;
}

enum rc config_load_text(const char *name, struct str text, const struct config_env *env,
                         struct config **out, struct err_list *found, struct err *e)
{
    struct config_load l;
    enum rc rc = begin(&l, env, found, e);
    if (rc != RC_OK)
        return rc;
    struct str copy = arena_str(l.arena, text);
    add_text(&l, file_name(&l, str_z(name)), ".", copy);
    rc = work_out(&l, out, e);
    if (rc != RC_OK)
        arena_free(&l.arena);
    return rc;
}

void config_free(struct config **c)
{
    if (!*c)
        return;
    struct arena *a = (*c)->arena;
    *c = NULL;
    arena_free(&a);
}

const struct config_channel *config_channel(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->n_channels; i++)
        if (str_eq(c->channels[i].name, name))
            return &c->channels[i];
    return NULL;
}

const struct config_integration *config_integration(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->n_integrations; i++)
        if (str_eq(c->integrations[i].name, name))
            return &c->integrations[i];
    return NULL;
}

const struct map *config_map(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->n_maps; i++)
        if (str_eq(map_name(c->maps[i]), name))
            return c->maps[i];
    return NULL;
}
