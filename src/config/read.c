/*
 * From files, directories and texts to documents. Tests: config_test.c
 */
#include "config/config_int.h"

#include "base/file.h"
#include "json/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define FILE_LIMIT ((size_t)64 * 1024 * 1024)
#define FILES_MAX  10000
#define DOCS_MAX   100000

/* Where documents come from: what all of one file or text have in common. */
struct origin {
    const char *file;
    const char *dir;
    struct str text;
    bool api;
};

static const struct config_kind *kind_of(const struct json *doc)
{
    for (size_t i = 0; i < config_n_kinds; i++)
        if (json_getz(doc, config_kinds[i].key))
            return &config_kinds[i];
    return NULL;
}

static void add_doc(struct config_load *l, const struct json *doc, const struct origin *from)
{
    if (l->n_docs == l->cap_docs) {
        size_t cap = size_max(l->cap_docs * 2, 64);
        struct config_doc *grown =
            arena_grow(l->scratch, l->docs, l->cap_docs * sizeof *grown, cap * sizeof *grown);
        if (!grown || l->n_docs >= DOCS_MAX) {
            l->nomem = true;
            return;
        }
        l->docs = grown;
        l->cap_docs = cap;
    }
    const struct config_kind *k = kind_of(doc);
    l->docs[l->n_docs] =
        (struct config_doc){ .doc = doc,
                             .file = from->file,
                             .dir = from->dir,
                             .text = from->text,
                             .api = from->api,
                             .kind = k,
                             .name = k ? json_text(json_getz(doc, k->key)) : STR(""),
                             .order = l->n_docs };
    l->n_docs++;
}

static enum rc no_memory(struct err *e)
{
    return err_set(e, RC_NOMEM, "CFG-002", "not enough memory for the configuration");
}

/* A file's documents: a YAML stream, one JSON document, or a JSON array of them. */
static enum rc parse_docs(struct config_load *l, const char *file, struct str text,
                          struct json **docs, struct err *e)
{
    if (!str_ends(str_z(file), STR(".json")))
        return yaml_parse(text, &json_default_limits, l->scratch, docs, e);
    struct json *one = NULL;
    enum rc rc = json_parse(text, &json_default_limits, l->scratch, &one, e);
    if (rc != RC_OK || json_is(one, JSON_ARRAY)) {
        *docs = one;
        return rc;
    }
    *docs = json_make_array(l->scratch);
    return *docs ? json_append(*docs, one, e) : no_memory(e);
}

static void add_docs(struct config_load *l, const struct origin *from)
{
    struct json *docs = NULL;
    struct err e;
    if (parse_docs(l, from->file, from->text, &docs, &e) != RC_OK) {
        err_list_add_err(l->found, from->file, &e, STR_NULL);
        return;
    }
    JSON_EACH(doc, docs)
    add_doc(l, doc, from);
}

/* Findings outlive the load, so the names of files live with them. */
static const char *file_name(struct config_load *l, struct str path)
{
    const char *z = arena_z(l->found->arena, path);
    if (!z)
        l->nomem = true;
    return z ? z : "";
}

static enum rc add_file(struct config_load *l, struct str path, struct err *e)
{
    struct origin from = { .file = file_name(l, path), .dir = "." };
    size_t slash = path.n;
    while (slash > 0 && path.p[slash - 1] != '/')
        slash--;
    if (slash)
        from.dir = arena_z(l->scratch, str_sub(path, 0, slash));
    if (!from.dir || l->nomem)
        return no_memory(e);
    enum rc rc = file_read(from.file, FILE_LIMIT, l->scratch, &from.text, e);
    if (rc == RC_OK)
        add_docs(l, &from);
    return rc;
}

/* ---- directories -------------------------------------------------------------------------- */

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
    const char **names = arena_make(l->scratch, const char *, FILES_MAX);
    size_t count = 0;
    struct dirent *entry;
    bool ok = names != NULL;
    while (ok && count < FILES_MAX && (entry = readdir(dir)) != NULL)
        if (is_config_name(entry->d_name)) {
            names[count] = arena_z(l->scratch, str_z(entry->d_name));
            ok = names[count++] != NULL;
        }
    (void)closedir(dir); /* only read */
    if (!ok)
        return no_memory(e);
    qsort(names, count, sizeof names[0], by_name);
    *out = names;
    *n = count;
    return RC_OK;
}

enum rc config_read_path(struct config_load *l, const char *path, struct err *e)
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
        buf_init_arena(&b, l->scratch, 4096);
        buf_fmt(&b, "%s%s%s", path, str_ends(str_z(path), STR("/")) ? "" : "/", names[i]);
        rc = buf_rc(&b, e);
        if (rc == RC_OK)
            rc = add_file(l, buf_view(&b), e);
    }
    return rc;
}

/* ---- texts -------------------------------------------------------------------------------- */

/*
 * An object of the API as the document it would be in a file: the key of its kind with its name
 * comes first. It may be there already, and an integration may have the guide's `name`.
 */
static enum rc whole_doc(struct config_load *l, const struct config_text *t, struct json *given,
                         struct json **out, struct err *e)
{
    struct json *whole = json_make_object(l->scratch);
    struct str key = arena_str(l->scratch, t->kind), name = arena_str(l->scratch, t->name);
    if (!whole || !key.p || !name.p)
        return no_memory(e);
    if (!json_is(given, JSON_OBJECT))
        return err_set(e, RC_VALUE, "CFG-031", "this must be an object, not %s",
                       json_type_words(json_type(given)));
    enum rc rc = json_add(whole, key, json_make_str(l->scratch, name), e);
    struct json *next = NULL;
    for (struct json *m = json_first(given); rc == RC_OK && m; m = next) {
        bool is_name = str_eq(json_name(m), key) ||
                       (str_eqz(key, "integration") && str_eqz(json_name(m), "name"));
        if (is_name && !str_eq(json_text(m), name))
            return err_set(e, RC_VALUE, "CFG-032", "the name in the document is another than its");
        struct str member = json_name(m);
        next = json_next(given, m);
        json_remove(given, m);
        if (!is_name)
            rc = json_add(whole, member, m, e);
    }
    *out = whole;
    return rc;
}

void config_read_text(struct config_load *l, const struct config_text *t)
{
    struct origin from = { .file = file_name(l, str_z(t->label)),
                           .dir = t->dir,
                           .text = arena_str(l->scratch, t->text),
                           .api = t->kind.p != NULL };
    struct json *doc = NULL, *whole = NULL;
    struct err e;
    if (!from.text.p) {
        l->nomem = true;
        return;
    }
    if (!from.api) {
        add_docs(l, &from);
        return;
    }
    enum rc rc = json_parse(from.text, &json_default_limits, l->scratch, &doc, &e);
    if (rc == RC_OK)
        rc = whole_doc(l, t, doc, &whole, &e);
    if (rc == RC_OK)
        add_doc(l, whole, &from);
    else
        err_list_add_err(l->found, from.file, &e, STR_NULL);
}
