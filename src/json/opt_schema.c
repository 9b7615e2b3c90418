/*
 * JSON Schema (draft 2020-12) out of option tables. Every table becomes one entry of $defs and is
 * referred to, so tables may lead back to themselves. Tests: opt_schema_test.c
 */
#include "base/num.h"
#include "json/opt_int.h"

/* --- which tables are reached --- */

static size_t reach_one(struct opt_reached *list, size_t n, struct opt_reached what)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].table == what.table && list[i].name == what.name)
            return n;
    ZS_ASSERT(n < OPT_TABLES_MAX);
    list[n] = what;
    return n + 1;
}

size_t opt_reach(struct opt_reached *list, size_t n, const struct opt_table *from)
{
    for (size_t i = 0; i < from->n; i++) {
        const struct opt_def *def = &from->def[i];
        if (def->sub)
            n = reach_one(list, n, (struct opt_reached){ .table = def->sub });
        const struct opt_variants *variants = def->kind == OPT_CHOICE ? def->variants : NULL;
        for (size_t k = 0; variants && k < variants->n; k++)
            n = reach_one(list, n,
                          (struct opt_reached){
                              variants->v[k].table, variants->tag, variants->v[k].name,
                              variants->dflt && strcmp(variants->dflt, variants->v[k].name) == 0 });
    }
    return n;
}

/* --- pieces --- */

/* How a schema refers to its parts. */
static const struct opt_schema_style own_style = { .at = "#/$defs/", .prefix = "" };

/* "retry", and for a variant "auth.basic". */
static void def_name(struct buf *b, const struct opt_schema_style *style,
                     const struct opt_table *table, const char *variant)
{
    buf_z(b, style->prefix);
    buf_z(b, table->name);
    if (variant) {
        buf_char(b, '.');
        buf_z(b, variant);
    }
}

static void put_ref(struct jw *w, const struct opt_schema_style *style,
                    const struct opt_table *table, const char *variant)
{
    char text[256];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    buf_z(&b, style->at);
    def_name(&b, style, table, variant);
    jw_kstr(w, "$ref", buf_view(&b));
}

static void put_bounds(struct jw *w, const struct opt_def *def, const char *min, const char *max)
{
    if (opt_min(def) != (def->kind == OPT_INT ? INT64_MIN : 0))
        jw_ki64(w, min, opt_min(def));
    if (opt_max(def) != INT64_MAX)
        jw_ki64(w, max, opt_max(def));
}

static void put_str(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    (void)style; /* refers to nothing */
    jw_kstrz(w, "type", "string");
    /* our limits are in bytes, the schema's in characters: only what holds for both */
    if (opt_min(def) > 0)
        jw_ki64(w, "minLength", 1);
    if (opt_max(def) != INT64_MAX)
        jw_ki64(w, "maxLength", opt_max(def));
}

static void put_bool(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    (void)def, (void)style;
    jw_kstrz(w, "type", "boolean");
}

static void put_int(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    (void)style; /* refers to nothing */
    jw_kstrz(w, "type", "integer");
    put_bounds(w, def, "minimum", "maximum");
}

static void put_quantity(struct jw *w, const struct opt_def *def,
                         const struct opt_schema_style *style)
{
    (void)style; /* refers to nothing */
    jw_keyz(w, "anyOf");
    jw_array(w);
    jw_object(w);
    jw_kstrz(w, "type", "integer");
    int64_t unit = def->flags & OPT_SECONDS ? 1000 : 1;
    jw_ki64(w, "minimum", opt_min(def) / unit);
    if (opt_max(def) != INT64_MAX)
        jw_ki64(w, "maximum", opt_max(def) / unit);
    jw_end(w);
    jw_object(w);
    jw_kstrz(w, "type", "string");
    jw_kstrz(w, "pattern",
             def->kind == OPT_MS ? "^([0-9]+(ms|s|m|h|d|w)?)+$"
                                 : "^[0-9]+[kKmMgGtT]?([iI]?[bB])?$");
    jw_end(w);
    jw_end(w);
}

static void put_enum(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    (void)style; /* refers to nothing */
    jw_keyz(w, "enum");
    jw_array(w);
    for (size_t i = 0; def->names[i]; i++)
        jw_strz(w, def->names[i]);
    jw_end(w);
}

static void put_list(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    (void)style; /* refers to nothing */
    jw_kstrz(w, "type", "array");
    jw_keyz(w, "items");
    jw_object(w);
    jw_kstrz(w, "type", "string");
    jw_end(w);
    put_bounds(w, def, "minItems", "maxItems");
}

static void put_strs(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    if (!(def->flags & OPT_WORDS)) {
        put_list(w, def, style);
        return;
    }
    jw_keyz(w, "anyOf");
    jw_array(w);
    jw_object(w);
    put_list(w, def, style);
    jw_end(w);
    jw_object(w);
    jw_kstrz(w, "type", "string");
    jw_end(w);
    jw_end(w);
}

static void put_map(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    (void)style; /* refers to nothing */
    jw_kstrz(w, "type", "object");
    jw_keyz(w, "additionalProperties");
    jw_object(w);
    jw_keyz(w, "type");
    jw_array(w);
    jw_strz(w, "string");
    jw_strz(w, "number");
    jw_end(w);
    jw_end(w);
    put_bounds(w, def, "minProperties", "maxProperties");
}

static void put_objs(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    jw_kstrz(w, "type", "array");
    jw_keyz(w, "items");
    jw_object(w);
    put_ref(w, style, def->sub, NULL);
    jw_end(w);
    put_bounds(w, def, "minItems", "maxItems");
}

static void put_choice(struct jw *w, const struct opt_def *def,
                       const struct opt_schema_style *style)
{
    jw_keyz(w, "oneOf");
    jw_array(w);
    for (size_t i = 0; i < def->variants->n; i++) {
        jw_object(w);
        put_ref(w, style, def->variants->v[i].table, def->variants->v[i].name);
        jw_end(w);
    }
    jw_end(w);
}

static void put_secret(struct jw *w, const struct opt_def *def,
                       const struct opt_schema_style *style)
{
    (void)def;
    jw_kstrz(w, "type", "string");
    if (style->literals)
        return;
    jw_kstrz(w, "pattern", "^\\$\\{(env:ZARISH_[A-Za-z0-9._-]*|file:.+|secret:[^${}]+)\\}$");
}

/* The first key of an object that has a shorter form: a number or a text. */
static void put_plain(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    if (def->kind == OPT_INT)
        put_int(w, def, style);
    else
        put_str(w, def, style);
}

/* The one with its shorter form, too. */
static void put_obj(struct jw *w, const struct opt_def *def, const struct opt_schema_style *style)
{
    if (!(def->flags & OPT_SHORT)) {
        put_ref(w, style, def->sub, NULL);
        return;
    }
    jw_keyz(w, "anyOf");
    jw_array(w);
    jw_object(w);
    put_ref(w, style, def->sub, NULL);
    jw_end(w);
    jw_object(w);
    put_plain(w, &def->sub->def[0], style);
    jw_end(w);
    jw_end(w);
}

static void (*const put_kind[])(struct jw *w, const struct opt_def *def,
                                const struct opt_schema_style *style) = {
    [OPT_STR] = put_str,       [OPT_BOOL] = put_bool,     [OPT_INT] = put_int,
    [OPT_SIZE] = put_quantity, [OPT_MS] = put_quantity,   [OPT_ENUM] = put_enum,
    [OPT_STRS] = put_strs,     [OPT_MAP] = put_map,       [OPT_OBJ] = put_obj,
    [OPT_OBJS] = put_objs,     [OPT_CHOICE] = put_choice, [OPT_SECRET] = put_secret,
};

static void put_default(struct jw *w, const struct opt_def *def)
{
    struct str text = str_z(def->dflt);
    if (str_is_null(text) || def->kind == OPT_STRS || def->kind == OPT_JSON)
        return;
    jw_keyz(w, "default");
    if (def->kind == OPT_OBJ) {
        jw_object(w);
        jw_end(w);
    } else if (def->kind == OPT_BOOL) {
        jw_bool(w, str_eqz(text, "true"));
    } else if (num_is_json(text) && def->kind != OPT_STR && def->kind != OPT_ENUM) {
        jw_number(w, text);
    } else {
        jw_str(w, text);
    }
}

static bool is_open(const struct opt_open *open, const struct opt_table *t,
                    const struct opt_def *def)
{
    return open && open->table == t && str_eqz(str_z(def->name), open->option);
}

static void put_any(struct jw *w, const struct opt_schema_style *style,
                    const struct opt_table *const *t, size_t n)
{
    jw_keyz(w, "anyOf");
    jw_array(w);
    for (size_t i = 0; i < n; i++) {
        jw_object(w);
        put_ref(w, style, t[i], NULL);
        jw_end(w);
    }
    jw_end(w);
}

static void put_option(struct jw *w, const struct opt_schema_style *style,
                       const struct opt_def *def, const struct opt_open *open)
{
    jw_keyz(w, def->name);
    jw_object(w);
    if (def->doc)
        jw_kstrz(w, "description", def->doc);
    if (open)
        put_any(w, style, open->v, open->n);
    else if (def->kind != OPT_JSON)
        put_kind[def->kind](w, def, style);
    put_default(w, def);
    jw_end(w);
}

static void put_required(struct jw *w, const struct opt_reached *r)
{
    jw_keyz(w, "required");
    jw_array(w);
    if (r->tag && !r->tag_optional)
        jw_strz(w, r->tag);
    for (size_t i = 0; i < r->table->n; i++)
        if ((r->table->def[i].flags & OPT_REQUIRED) && !r->table->def[i].dflt)
            jw_strz(w, r->table->def[i].name);
    jw_end(w);
}

static void put_table(struct jw *w, const struct opt_schema_style *style,
                      const struct opt_reached *r, const struct opt_open *open)
{
    const struct opt_table *t = r->table;
    char name[256];
    struct buf b = { .p = name, .cap = sizeof name, .max = sizeof name };
    def_name(&b, style, t, r->name);
    jw_key(w, buf_view(&b));
    jw_object(w);
    if (t->doc)
        jw_kstrz(w, "description", t->doc);
    jw_kstrz(w, "type", "object");
    jw_kbool(w, "additionalProperties", false);
    put_required(w, r);
    jw_keyz(w, "properties");
    jw_object(w);
    if (r->tag) {
        jw_keyz(w, r->tag);
        jw_object(w);
        jw_kstrz(w, "const", r->name);
        jw_end(w);
    }
    for (size_t i = 0; i < t->n; i++)
        put_option(w, style, &t->def[i], is_open(open, t, &t->def[i]) ? open : NULL);
    jw_end(w);
    jw_end(w);
}

/* Every table the schema defines; open may be NULL. Returns their count. */
static size_t reach_all(struct opt_reached *list, const struct opt_table *const *t, size_t n,
                        const struct opt_open *open)
{
    size_t n_list = 0;
    for (size_t i = 0; i < n; i++)
        n_list = reach_one(list, n_list, (struct opt_reached){ .table = t[i] });
    for (size_t i = 0; open && i < open->n; i++)
        n_list = reach_one(list, n_list, (struct opt_reached){ .table = open->v[i] });
    for (size_t i = 0; i < n_list; i++)
        n_list = opt_reach(list, n_list, list[i].table);
    return n_list;
}

void opt_schema_parts(const struct opt_table *const *t, size_t n, const struct opt_open *open,
                      const struct opt_schema_style *style, struct jw *w)
{
    struct opt_reached list[OPT_TABLES_MAX];
    size_t n_list = reach_all(list, t, n, open);
    for (size_t i = 0; i < n_list; i++)
        put_table(w, style, &list[i], open);
}

void opt_schema_any(const struct opt_table *const *t, size_t n, const struct opt_open *open,
                    const char *title, struct jw *w)
{
    jw_object(w);
    jw_kstrz(w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    if (title)
        jw_kstrz(w, "title", title);
    if (n == 1)
        put_ref(w, &own_style, t[0], NULL);
    else
        put_any(w, &own_style, t, n);
    jw_keyz(w, "$defs");
    jw_object(w);
    opt_schema_parts(t, n, open, &own_style, w);
    jw_end(w);
    jw_end(w);
}

void opt_schema(const struct opt_table *t, const char *title, struct jw *w)
{
    opt_schema_any(&t, 1, NULL, title, w);
}
