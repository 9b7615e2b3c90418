/*
 * From a `mapping:` document to rules ready to run. Everything that can be wrong with it is found
 * here, all of it, with its place. Nested rules wait on a stack of levels. Tests: compile_test.c
 */
#include "fhirpath/doc_json.h"

#include "map/doc_hl7.h"
#include "map/map_int.h"

#define PATH_MAX_BYTES 512

/* A list of rules in work: that of the mapping, or of an `each`. */
struct level {
    const struct map_rule_conf *conf;
    size_t n;
    size_t i;
    const struct json *list; /* the array they stand in */
    const struct json *item; /* the one in work */
    struct str path;         /* of the rule they belong to; empty: the mapping */
    size_t each;             /* that rule's index, SIZE_MAX: none */
};

struct rules {
    struct map_rule *v;
    size_t n;
    size_t cap;
};

struct build {
    struct map_compiler c;
    struct map *map;
    struct rules rules;
    struct level levels[MAP_DEPTH_MAX + 1];
    size_t n_levels;
};

/* ---- places ---- */

static bool is_hl7(enum map_format f)
{
    return f == MAP_HL7V2;
}

/* Paths are kept: json_path borrows its text. */
static bool keep(struct map_compiler *c, struct str *s)
{
    *s = arena_str(c->arena, *s);
    return !str_is_null(*s) || map_no_room(c);
}

static bool hl7_place(struct map_compiler *c, const struct json *at, struct str text,
                      struct hl7_path *out)
{
    struct err e;
    enum rc rc = hl7_path_parse(text, out, &e);
    return rc == RC_OK || map_complain(c, at, "MAP-003", "not a path of HL7 v2: %s", e.text);
}

static bool json_place_of(struct map_compiler *c, const struct json *at, struct str text,
                          struct json_path *out)
{
    struct err e;
    bool pointer = str_starts(text, STR("/"));
    enum rc rc = pointer ? json_pointer_compile(text, c->arena, out, &e)
                         : json_path_compile(text, c->arena, out, &e);
    if (rc == RC_NOMEM)
        return map_no_room(c);
    return rc == RC_OK || map_complain(c, at, "MAP-003", "not a path of JSON: %s", e.text);
}

static bool compile_from(struct build *b, const struct json *at, struct map_from *out)
{
    struct map_compiler *c = &b->c;
    if (!json_is(at, JSON_STRING) || json_text(at).n == 0)
        return map_complain(c, at, "MAP-002", "from is a path, or a list of paths");
    out->text = json_text(at);
    if (!keep(c, &out->text))
        return false;
    out->root = out->text.p[0] == '/';
    return is_hl7(b->map->from) ? hl7_place(c, at, out->text, &out->hl7)
                                : json_place_of(c, at, out->text, &out->json);
}

static bool compile_sources(struct build *b, const struct json *from, struct map_rule *r)
{
    bool list = json_is(from, JSON_ARRAY), ok = true;
    size_t n = list ? json_count(from) : 1;
    struct map_from *v = arena_make(b->c.arena, struct map_from, n + 1);
    if (!v)
        return map_no_room(&b->c);
    if (n == 0)
        return map_complain(&b->c, from, "MAP-002", "from names no path");
    const struct json *item = list ? json_first(from) : from;
    for (size_t i = 0; i < n; i++, item = list && item ? json_next(from, item) : NULL)
        ok = compile_from(b, item, &v[i]) && ok;
    r->from = v;
    r->n_from = n;
    r->source = v[0].text;
    return ok;
}

/* ---- expressions ---- */

static bool compile_expr(struct build *b, const char *key, struct str text,
                         const struct fp_expr **out)
{
    const struct json *at = json_getz(b->c.rule, key);
    const struct fp_options opt = { .syntax =
                                        is_hl7(b->map->from) ? &doc_hl7_syntax : &doc_json_syntax };
    struct err e;
    enum rc rc = fhirpath_compile(text, &opt, b->c.arena, out, &e);
    if (rc == RC_NOMEM)
        return map_no_room(&b->c);
    if (rc == RC_OK)
        return true;
    if (e.pos != ERR_NO_POS)
        return map_complain(&b->c, at, e.id, "%s: at character %zu: %s", key, e.pos + 1, e.text);
    return map_complain(&b->c, at, e.id, "%s: %s", key, e.text);
}

/* ---- where it is written ---- */

static bool to_hl7(struct build *b, struct map_rule *r, const struct json *at, struct str text)
{
    if (!hl7_place(&b->c, at, text, &r->to_hl7))
        return false;
    if (r->is_each && r->to_hl7.field)
        return map_complain(&b->c, at, "MAP-004", "each writes segments: to names one, as OBX");
    if (r->is_each || r->to_hl7.field)
        return true;
    return map_complain(&b->c, at, "MAP-004", "to names a field, as PID-5.1");
}

/* The place behind the last item of a list: where a loop puts its next one. */
static bool behind_last(struct map_compiler *c, struct str *path)
{
    struct buf b;
    buf_init_arena(&b, c->arena, path->n + 3);
    buf_str(&b, *path);
    buf_z(&b, path->p[0] == '/' ? "/-" : "[-]");
    *path = buf_view(&b);
    return b.failed == RC_OK || map_no_room(c);
}

static bool compile_to(struct build *b, const struct map_rule_conf *conf, struct map_rule *r)
{
    const struct json *at = json_getz(b->c.rule, "to");
    struct str text = conf->to;
    if (!conf->has_to)
        return map_complain(&b->c, NULL, "MAP-002", "a rule says where it writes: to");
    if (!keep(&b->c, &text))
        return false;
    r->list = str_ends(text, STR("[]"));
    if (r->list)
        text = str_sub(text, 0, text.n - 2);
    if (r->list && r->is_each)
        return map_complain(&b->c, at, "MAP-004", "each writes a list by itself: leave out []");
    if (is_hl7(b->map->to))
        return to_hl7(b, r, at, text);
    return (!r->is_each || behind_last(&b->c, &text)) &&
           json_place_of(&b->c, at, text, &r->to_json);
}

/* ---- a rule ---- */

static bool check_source(struct build *b, const struct map_rule_conf *conf)
{
    int n = (conf->from != NULL) + conf->has_expr + (conf->value != NULL);
    if (n == 1)
        return true;
    if (n == 0)
        return map_complain(&b->c, NULL, "MAP-002", "a rule reads something: from, expr or value");
    return map_complain(&b->c, NULL, "MAP-002", "a rule has one of from, expr and value");
}

/* Several values need a list to go to, or a join. */
static bool check_split(struct build *b, const struct map_rule *r)
{
    bool several = false;
    for (size_t i = 0; i < r->n_steps; i++) {
        const struct map_step *s = &r->steps[i];
        if (!s->t)
            return true;
        if (s->t->shape == SHAPE_SPLIT && s->args.n[0] == 0)
            several = true;
        else if (s->t->shape == SHAPE_JOIN)
            several = false;
    }
    return !several || r->list ||
           map_complain(&b->c, json_getz(b->c.rule, "transform"), "MAP-012",
                        "split gives several values: write them to a list (to: x[]), join them, or "
                        "take one ({by: …, take: 1})");
}

static bool compile_value(struct build *b, const struct map_rule_conf *conf, struct map_rule *r)
{
    bool ok = check_source(b, conf);
    if (conf->from)
        ok = compile_sources(b, conf->from, r) && ok;
    if (conf->has_expr) {
        r->source = conf->expr;
        ok = keep(&b->c, &r->source) && compile_expr(b, "expr", conf->expr, &r->expr) && ok;
    }
    if (conf->value)
        ok = map_value_of_json(&b->c, conf->value, &r->value) && ok;
    if (conf->value && conf->transform)
        ok = map_complain(&b->c, json_getz(b->c.rule, "transform"), "MAP-002",
                          "a constant needs no transform: write it as it should be");
    ok = map_steps_compile(&b->c, conf->transform, conf->lookup, r) && ok;
    ok = map_value_of_json(&b->c, conf->dflt, &r->dflt) && ok;
    r->required = conf->required;
    if (conf->has_rules)
        ok = map_complain(&b->c, json_getz(b->c.rule, "rules"), "MAP-002",
                          "rules inside a rule need an each");
    return compile_to(b, conf, r) && check_split(b, r) && ok;
}

static bool check_each(struct build *b, const struct map_rule_conf *conf)
{
    static const char *const others[] = { "from",   "expr",    "value",   "transform",
                                          "lookup", "default", "required" };
    for (size_t i = 0; i < ZS_COUNT(others); i++)
        if (json_getz(b->c.rule, others[i]))
            return map_complain(&b->c, json_getz(b->c.rule, others[i]), "MAP-002",
                                "a rule with each has no %s: its inner rules have", others[i]);
    if (!conf->has_rules || conf->rules.n == 0)
        return map_complain(&b->c, NULL, "MAP-002", "each needs rules to carry out");
    return b->n_levels <= MAP_DEPTH_MAX ||
           map_complain(&b->c, NULL, "MAP-005", "each inside each, more than %d deep",
                        MAP_DEPTH_MAX);
}

/* The loop of an `each`: its items' path is r->from[0]. */
static bool compile_each(struct build *b, const struct map_rule_conf *conf, struct map_rule *r)
{
    bool ok = check_each(b, conf);
    r->is_each = true;
    ok = compile_sources(b, json_getz(b->c.rule, "each"), r) && ok;
    if (ok && is_hl7(b->map->from) && (r->from[0].hl7.comp || r->from[0].hl7.rep))
        ok = map_complain(&b->c, json_getz(b->c.rule, "each"), "MAP-004",
                          "each goes over a segment (OBX) or a field's repetitions (PID-3)");
    return compile_to(b, conf, r) && ok;
}

static struct map_rule *add_rule(struct build *b)
{
    struct rules *r = &b->rules;
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 32;
        struct map_rule *v = arena_grow(b->c.scratch, r->v, r->cap * sizeof *v, cap * sizeof *v);
        if (!v)
            return NULL;
        r->v = v;
        r->cap = cap;
    }
    struct map_rule *rule = &r->v[r->n++];
    *rule = (struct map_rule){ .next = r->n };
    return rule;
}

/* "rules[2].rules[0]" */
static bool rule_path(struct build *b, const struct level *l)
{
    struct buf path;
    buf_init_arena(&path, b->c.arena, PATH_MAX_BYTES);
    buf_str(&path, l->path);
    if (l->path.n)
        buf_char(&path, '.');
    buf_fmt(&path, "rules[%zu]", l->i);
    b->c.path = buf_view(&path);
    return path.failed == RC_OK || map_no_room(&b->c);
}

static bool open_level(struct build *b, const struct opt_list *list, const struct json *array,
                       size_t each)
{
    struct level *l = &b->levels[b->n_levels++];
    *l = (struct level){
        .conf = list->v, .n = list->n, .list = array, .item = json_first(array), .each = each
    };
    l->path = each == SIZE_MAX ? str_z(b->c.src->path) : b->c.path;
    return true;
}

static bool compile_rule(struct build *b, struct level *l)
{
    const struct map_rule_conf *conf = &l->conf[l->i];
    struct map_rule *r = add_rule(b);
    if (!r || !rule_path(b, l))
        return map_no_room(&b->c);
    size_t self = b->rules.n - 1;
    b->c.rule = l->item;
    r->path = b->c.path;
    r->depth = (unsigned)b->n_levels - 1;
    map_place(b->c.src, l->item, &r->pos, &r->line, &r->column);
    bool ok = conf->has_each ? compile_each(b, conf, r) : compile_value(b, conf, r);
    if (conf->has_when)
        ok = compile_expr(b, "when", conf->when, &r->when) && ok;
    l->item = json_next(l->list, l->item);
    l->i++;
    if (conf->has_each && conf->has_rules && b->n_levels <= MAP_DEPTH_MAX)
        open_level(b, &conf->rules, json_getz(b->c.rule, "rules"), self);
    return ok;
}

static bool compile_rules(struct build *b, const struct map_conf *conf)
{
    bool ok = open_level(b, &conf->rules, json_getz(b->c.src->doc, "rules"), SIZE_MAX);
    while (b->n_levels > 0 && !b->c.nomem) {
        struct level *l = &b->levels[b->n_levels - 1];
        if (l->i < l->n) {
            ok = compile_rule(b, l) && ok;
            continue;
        }
        if (l->each != SIZE_MAX)
            b->rules.v[l->each].next = b->rules.n;
        b->n_levels--;
    }
    return ok;
}

/* ---- the mapping ---- */

/* keep, drop, Z, or ±hh:mm. */
static bool compile_offset(struct map_compiler *c, struct str s, struct map_offset *out)
{
    struct time_part t;
    char text[32] = "1970-01-01T00:00";
    out->policy = str_eqz(s, "keep") ? OFFSET_KEEP : str_eqz(s, "drop") ? OFFSET_DROP : OFFSET_SET;
    if (out->policy != OFFSET_SET)
        return true;
    size_t n = strlen(text);
    if (s.n > 0 && s.n <= 6) {
        memcpy(text + n, s.p, s.n);
        if (time_iso_parse(str_of(text, n + s.n), &t, NULL) == RC_OK &&
            t.offset != TIME_NO_OFFSET) {
            out->minutes = t.offset_min;
            out->zulu = t.offset == TIME_ZULU;
            return true;
        }
    }
    return map_complain(c, json_getz(c->src->doc, "offset"), "MAP-006",
                        "offset is keep, drop, Z or as +02:00");
}

static bool check_head(struct build *b, const struct map_conf *conf)
{
    bool ok = true;
    b->c.path = str_z(b->c.src->path);
    b->c.rule = b->c.src->doc;
    if (conf->name.n == 0 && b->c.path.n == 0)
        ok = map_complain(&b->c, NULL, "MAP-001", "a mapping has a name: mapping");
    if (conf->base == 1 && conf->from != conf->to)
        ok = map_complain(&b->c, json_getz(b->c.src->doc, "base"), "MAP-001",
                          "base: input is for an output of the input's format");
    return compile_offset(&b->c, conf->offset, &b->map->offset) && ok;
}

static enum rc finish(struct build *b, bool ok, const struct map **out, struct err *e)
{
    if (b->c.nomem)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a mapping");
    if (!ok)
        return err_list_rc(b->c.found, e);
    struct map_rule *v = arena_make(b->c.arena, struct map_rule, b->rules.n);
    if (!v)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a mapping");
    memcpy(v, b->rules.v, b->rules.n * sizeof *v);
    b->map->rules = v;
    b->map->n_rules = b->rules.n;
    *out = b->map;
    return RC_OK;
}

static enum rc compile(struct build *b, const struct map **out, struct err *e)
{
    const struct map_source *src = b->c.src;
    const struct opt_read read = { .arena = b->c.scratch,
                                   .errs = b->c.found,
                                   .file = src->file,
                                   .text = src->text,
                                   .path = src->path };
    struct map_conf conf;
    enum rc rc = opt_decode(&map_options, src->doc, &read, &conf);
    if (rc != RC_OK)
        return rc == RC_VALUE ? err_list_rc(b->c.found, e)
                              : err_set(e, RC_NOMEM, "MAP-090", "no memory for a mapping");
    b->map = arena_make(b->c.arena, struct map, 1);
    if (!b->map)
        return err_set(e, RC_NOMEM, "MAP-090", "no memory for a mapping");
    b->map->name = conf.name;
    b->map->file = src->file;
    b->map->from = conf.from == 0 ? MAP_HL7V2 : MAP_JSON;
    b->map->to = conf.to == 0 ? MAP_HL7V2 : MAP_JSON;
    b->map->base_input = conf.base == 1;
    b->map->null_drop = conf.null == 1;
    bool ok = keep(&b->c, &b->map->name) && check_head(b, &conf);
    ok = compile_rules(b, &conf) && ok;
    return finish(b, ok, out, e);
}

enum rc map_compile(const struct map_source *src, const struct map_tables *tables, struct arena *a,
                    const struct map **out, struct err_list *found, struct err *e)
{
    struct arena *scratch = arena_new("map compile", 0, MAP_SCRATCH_MAX);
    struct build b = { .c = { .src = src,
                              .tables = tables,
                              .arena = a,
                              .scratch = scratch,
                              .found = found,
                              .rule = src->doc } };
    enum rc rc =
        scratch ? compile(&b, out, e) : err_set(e, RC_NOMEM, "MAP-090", "no memory for a mapping");
    arena_free(&scratch);
    return rc;
}

bool map_find_table(struct map_compiler *c, const struct json *at, struct str name,
                    const struct map_table **out)
{
    const char *names[64];
    size_t n = 0;
    *out = map_tables_find(c->tables, name);
    if (*out && c->tables->used)
        c->tables->used(c->tables->ctx, *out);
    if (*out)
        return true;
    for (; c->tables && n < c->tables->n && n < ZS_COUNT(names); n++) {
        names[n] = arena_z(c->scratch, map_table_name(c->tables->v[n]));
        if (!names[n])
            return map_no_room(c);
    }
    const char *near = str_nearest(name, names, n);
    at = at ? at : json_getz(c->rule, "lookup");
    if (near)
        return map_complain(c, at, "MAP-007", "there is no table %.*s; did you mean %s",
                            STR_ARG(name), near);
    return map_complain(c, at, "MAP-007", "there is no table %.*s", STR_ARG(name));
}

struct str map_name(const struct map *m)
{
    return m->name;
}

enum map_format map_from(const struct map *m)
{
    return m->from;
}

enum map_format map_to(const struct map *m)
{
    return m->to;
}
