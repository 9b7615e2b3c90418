/*
 * Code tables: compiled from rows or a CSV file into a hash map, looked up by code.
 * Tests: table_test.c
 */
#include "base/map.h"

#include "fhirpath/unicase.h"

#include "map/csv.h"
#include "map/map_int.h"

#define ROWS_MAX (4u * 1000 * 1000)

struct map_table {
    struct str name;
    struct strmap rows; /* code → struct map_value */
    enum map_missing missing;
    struct map_value dflt;
    bool ignore_case;
};

struct str map_table_name(const struct map_table *t)
{
    return t->name;
}

size_t map_table_count(const struct map_table *t)
{
    return t->rows.n;
}

const struct map_table *map_tables_find(const struct map_tables *t, struct str name)
{
    for (size_t i = 0; t && i < t->n; i++)
        if (str_eq(t->v[i]->name, name))
            return t->v[i];
    return NULL;
}

/* ---- compiling ---- */

/* Codes that ignore case are kept in lower case. */
static bool fold(struct arena *a, struct str s, struct str *out)
{
    struct buf b;
    buf_init_arena(&b, a, s.n * 3 + 1);
    unicase_write(s, false, &b);
    *out = b.n ? buf_view(&b) : STR("");
    return b.failed == RC_OK;
}

static bool add_row(struct map_compiler *c, struct map_table *t, const struct json *at,
                    struct str code, const struct map_value *value)
{
    struct map_value *v = arena_make(c->arena, struct map_value, 1);
    struct str own = arena_str(c->arena, code);
    if (!v || str_is_null(own))
        return map_no_room(c);
    if (t->ignore_case && !fold(c->arena, own, &own))
        return map_no_room(c);
    if (strmap_get(&t->rows, own))
        return map_complain(c, at, "MAP-022", "a code stands in the table twice");
    *v = *value;
    struct err e;
    enum rc rc = strmap_put(&t->rows, own, v, &e);
    if (rc == RC_LIMIT)
        return map_complain(c, at, "MAP-023", "a table may have %u rows", ROWS_MAX);
    return rc == RC_OK || map_no_room(c);
}

static bool rows(struct map_compiler *c, struct map_table *t, const struct json *v)
{
    bool ok = true;
    if (!json_is(v, JSON_OBJECT))
        return map_complain(c, v, "MAP-024", "rows is an object: {code: value}");
    JSON_EACH(m, v)
    {
        struct map_value value;
        if (json_type(m) > JSON_STRING)
            ok = map_complain(c, m, "MAP-024", "a row's value is a text, number or boolean");
        else
            ok = map_value_of_json(c, m, &value) && add_row(c, t, m, json_name(m), &value) && ok;
    }
    return ok;
}

/* Which columns of the header hold code and value. */
static bool pick_columns(struct map_compiler *c, const struct map_table_conf *conf,
                         const struct csv_row *head, size_t column[2])
{
    for (size_t k = 0; k < 2; k++) {
        column[k] = k;
        if (conf->columns.n == 0)
            continue;
        size_t i = 0;
        while (i < head->n && !str_eq(head->v[i], conf->columns.v[k]))
            i++;
        column[k] = i;
    }
    if (column[0] >= head->n || column[1] >= head->n)
        return map_complain(c, json_getz(c->src->doc, conf->columns.n ? "columns" : "file"),
                            "MAP-025", "the file does not have these columns");
    return true;
}

static bool csv_failed(struct map_compiler *c, const struct json *at, const struct csv *csv,
                       enum rc rc, const struct err *e)
{
    if (rc == RC_NOMEM)
        return map_no_room(c);
    return map_complain(c, at, e->id, "line %u of the file: %s", csv->next_line, e->text);
}

static bool csv_rows(struct map_compiler *c, struct map_table *t, const struct map_table_conf *conf,
                     struct str text)
{
    const struct json *at = json_getz(c->src->doc, "file");
    struct csv csv;
    struct csv_row row;
    size_t column[2];
    struct err e;
    csv_init(&csv, text, conf->separator.p[0], c->scratch);
    enum rc rc = csv_next(&csv, &row, &e);
    if (rc != RC_OK)
        return csv_failed(c, at, &csv, rc, &e);
    if (!pick_columns(c, conf, &row, column))
        return false;
    while ((rc = csv_next(&csv, &row, &e)) == RC_OK && row.n) {
        if (column[0] >= row.n || column[1] >= row.n)
            return map_complain(c, at, "MAP-025", "line %u of the file has too few columns",
                                csv.line);
        struct map_value v = { .kind = MAP_TEXT, .text = arena_str(c->arena, row.v[column[1]]) };
        if (str_is_null(v.text))
            return map_no_room(c);
        if (!add_row(c, t, at, row.v[column[0]], &v))
            return false;
    }
    return rc == RC_OK || csv_failed(c, at, &csv, rc, &e);
}

static bool from_file(struct map_compiler *c, struct map_table *t,
                      const struct map_table_conf *conf, const struct map_loader *loader)
{
    const struct json *at = json_getz(c->src->doc, "file");
    struct str text;
    struct err e;
    if (!loader)
        return map_complain(c, at, "MAP-026", "files cannot be read here");
    enum rc rc = loader->read(loader->ctx, conf->file, c->scratch, &text, &e);
    if (rc == RC_NOMEM)
        return map_no_room(c);
    if (rc != RC_OK)
        return map_complain(c, at, "MAP-026", "the file cannot be read: %s", e.text);
    return csv_rows(c, t, conf, text);
}

static bool fill(struct map_compiler *c, struct map_table *t, const struct map_table_conf *conf,
                 const struct map_loader *loader)
{
    if (conf->has_file == (conf->rows != NULL))
        return map_complain(c, c->src->doc, "MAP-024", "a table has either rows or a file");
    if (conf->columns.n == 1)
        return map_complain(c, json_getz(c->src->doc, "columns"), "MAP-025",
                            "columns names two: code and value");
    if (conf->missing == MISSING_DEFAULT && !conf->dflt)
        return map_complain(c, json_getz(c->src->doc, "missing"), "MAP-024",
                            "missing: default needs a default");
    if (!map_value_of_json(c, conf->dflt, &t->dflt))
        return false;
    return conf->has_file ? from_file(c, t, conf, loader) : rows(c, t, conf->rows);
}

static enum rc compile(struct map_compiler *c, const struct map_loader *loader,
                       const struct map_table **out, struct err *e)
{
    struct map_table_conf conf;
    const struct opt_read read = { .arena = c->scratch,
                                   .errs = c->found,
                                   .file = c->src->file,
                                   .text = c->src->text,
                                   .path = c->src->path };
    enum rc rc = opt_decode(&map_table_options, c->src->doc, &read, &conf);
    if (rc != RC_OK)
        return rc;
    struct map_table *t = arena_make(c->arena, struct map_table, 1);
    if (!t)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a table");
    t->name = arena_str(c->arena, conf.name);
    t->missing = (enum map_missing)conf.missing;
    t->ignore_case = conf.ignore_case;
    strmap_init(&t->rows, c->arena, ROWS_MAX);
    bool ok = fill(c, t, &conf, loader);
    if (c->nomem || str_is_null(t->name))
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a table");
    if (!ok)
        return err_list_rc(c->found, e);
    *out = t;
    return RC_OK;
}

enum rc map_table_compile(const struct map_source *src, const struct map_loader *loader,
                          struct arena *a, const struct map_table **out, struct err_list *found,
                          struct err *e)
{
    struct arena *scratch = arena_new("map table", 0, MAP_SCRATCH_MAX);
    struct map_compiler c = { .src = src,
                              .arena = a,
                              .scratch = scratch,
                              .found = found,
                              .rule = src->doc,
                              .path = str_z(src->path) };
    enum rc rc = scratch ? compile(&c, loader, out, e)
                         : err_set(e, RC_NOMEM, "MAP-090", "no memory for a table");
    arena_free(&scratch);
    return rc;
}

/* ---- looking up ---- */

enum map_lookup map_table_lookup(const struct map_table *t, struct str code, struct arena *a,
                                 struct map_value *out, enum rc *rc)
{
    struct str key = code;
    *rc = RC_OK;
    if (t->ignore_case && !fold(a, code, &key)) {
        *rc = RC_NOMEM;
        return LOOKUP_REFUSED;
    }
    const struct map_value *v = strmap_get(&t->rows, key);
    if (v) {
        *out = *v;
        return LOOKUP_FOUND;
    }
    *out = (struct map_value){ .kind = MAP_ABSENT };
    if (t->missing == MISSING_KEEP)
        *out = (struct map_value){ .kind = MAP_TEXT, .text = code };
    if (t->missing == MISSING_DEFAULT)
        *out = t->dflt;
    return t->missing == MISSING_ERROR ? LOOKUP_REFUSED : LOOKUP_MISSED;
}
