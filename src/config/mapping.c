/*
 * `table` and `mapping` documents, and mappings that stand where they are used.
 * Tests: config_test.c
 */
#include "config/config_int.h"

struct table_at {
    struct config_load *l;
    const struct config_doc *d;
};

/* A file that a table names: below the directory of the configuration file, never above. */
static enum rc read_below(void *ctx, struct str path, struct arena *a, struct str *out,
                          struct err *e)
{
    const struct table_at *at = ctx;
    return config_input(at->l, at->d, INPUT_TABLE, path, a, out, e);
}

/* What is compiled keeps the file's name, so it is the unit's copy. */
static struct map_source source_of(struct config_load *l, const struct config_doc *d)
{
    return (
        struct map_source){ .doc = d->doc, .file = config_z(l, str_z(d->file)), .text = d->text };
}

/* What compile functions report beside findings: only memory is of interest here. */
static bool compiled(struct config_load *l, enum rc rc)
{
    if (rc == RC_NOMEM)
        l->nomem = true;
    return rc == RC_OK;
}

static void check_name(struct config_load *l, const struct config_doc *d)
{
    if (d->name.n > 0 && !config_is_name(d->name))
        config_finding(l, d, json_getz(d->doc, d->kind->key), d->kind->key, "CFG-033",
                       CONFIG_NAME_HINT, CONFIG_NAME_TEXT);
}

void config_read_table(struct config_load *l, const struct config_doc *d)
{
    struct map_source src = source_of(l, d);
    struct table_at at = { .l = l, .d = d };
    struct map_loader loader = { .read = read_below, .ctx = &at };
    const struct map_table *t = NULL;
    struct err e;
    check_name(l, d);
    if (compiled(l, map_table_compile(&src, &loader, l->arena, &t, l->found, &e)))
        l->unit->pub.made.table = t;
}

static void use_table(void *ctx, const struct map_table *t)
{
    struct config_load *l = ctx;
    unit_use(l, &unit_find(l->cfg, "table", map_table_name(t))->pub);
}

static const struct map *compile(struct config_load *l, const struct map_source *src)
{
    struct map_tables tables = {
        .v = l->cfg->tables, .n = l->cfg->n_tables, .used = use_table, .ctx = l
    };
    const struct map *m = NULL;
    struct err e;
    return compiled(l, map_compile(src, &tables, l->arena, &m, l->found, &e)) ? m : NULL;
}

void config_read_mapping(struct config_load *l, const struct config_doc *d)
{
    struct map_source src = source_of(l, d);
    check_name(l, d);
    l->unit->pub.made.map = compile(l, &src);
}

/*
 * Rules that stand where they are used, as a mapping document: they need no name there, and a bare
 * list of rules is one from JSON to JSON.
 */
static const struct json *whole_map(struct config_load *l, const struct json *ref)
{
    struct arena *a = l->arena;
    struct json *whole = NULL, *rules = NULL;
    struct err e;
    enum rc rc = json_copy(a, ref, json_is(ref, JSON_ARRAY) ? &rules : &whole, &e);
    if (rc == RC_OK && rules) {
        whole = json_make_object(a);
        rc = whole ? json_add(whole, STR("rules"), rules, &e) : RC_NOMEM;
        if (rc == RC_OK)
            rc = json_add(whole, STR("from"), json_make_str(a, STR("json")), &e);
        if (rc == RC_OK)
            rc = json_add(whole, STR("to"), json_make_str(a, STR("json")), &e);
    }
    if (rc == RC_OK && !json_getz(whole, "mapping"))
        rc = json_add(whole, STR("mapping"), json_make_str(a, STR("inline")), &e);
    l->nomem = l->nomem || rc != RC_OK;
    return rc == RC_OK ? whole : ref;
}

const struct map *config_use_map(struct config_load *l, const struct config_doc *d,
                                 const struct json *ref, const char *path)
{
    if (json_is(ref, JSON_OBJECT) || json_is(ref, JSON_ARRAY)) {
        struct map_source src = source_of(l, d);
        src.doc = whole_map(l, ref);
        src.path = path;
        return compile(l, &src);
    }
    if (!json_is(ref, JSON_STRING)) {
        config_finding(l, d, ref, path, "CFG-010", "name a mapping, or write its rules here",
                       "a mapping is a name, an object or a list of rules, this is %s",
                       json_type_words(json_type(ref)));
        return NULL;
    }
    if (l->trial) /* of other documents nothing is known */
        return NULL;
    const struct unit *u = unit_find(l->cfg, "mapping", json_text(ref));
    if (!u || !u->pub.made.map) {
        config_finding(l, d, ref, path, "CFG-011", "add a document `mapping: NAME`",
                       "there is no mapping of this name, or it has errors");
        return NULL;
    }
    unit_use(l, &u->pub);
    return u->pub.made.map;
}
