/*
 * Values from the input: by path, by expression, or a constant. Tests: run_test.c
 */
#include "fhirpath/doc_json.h"

#include "map/run_int.h"

enum rc map_values_add(struct map_run *r, struct map_values *vs, const struct map_value *v)
{
    if (vs->n == VALUES_MAX)
        return err_set(r->e, RC_LIMIT, "MAP-091", "a rule has more than %d values", VALUES_MAX);
    if (vs->n == vs->cap) {
        size_t cap = vs->cap * 2;
        struct map_value *p = arena_make(r->arena, struct map_value, cap);
        if (!p)
            return err_set(r->e, RC_NOMEM, "MAP-090", "no memory for the values of a rule");
        memcpy(p, vs->v, vs->n * sizeof *p);
        vs->v = p;
        vs->cap = cap;
    }
    vs->v[vs->n++] = *v;
    return RC_OK;
}

static struct map_value text_value(struct str s)
{
    return (struct map_value){ .kind = s.n ? MAP_TEXT : MAP_ABSENT, .text = s };
}

/* All values are wanted: a list is written, or a join comes. */
static bool wants_all(const struct map_rule *rule)
{
    return rule->list || rule->joins;
}

/* ---- HL7 v2 ---- */

static struct doc_hl7_scope *scope_of(struct map_run *r)
{
    struct map_loop *l = map_inner(r);
    return l ? &l->scope : NULL;
}

/* Does it still have separators in it, so that it means something only in its encoding? */
static bool has_structure(const struct hl7_msg *m, struct str raw)
{
    const char seps[] = { m->delims.comp, m->delims.sub, m->delims.rep };
    for (size_t i = 0; i < sizeof seps; i++)
        if (seps[i] && str_chr(raw, seps[i], 0) != SIZE_MAX)
            return true;
    return false;
}

static enum rc add_hl7(struct map_run *r, struct hl7_value v, struct map_values *out)
{
    struct map_value value = { .kind = MAP_NULL };
    if (v.presence == HL7_NULL)
        return map_values_add(r, out, &value);
    if (v.presence != HL7_VALUED)
        return RC_OK;
    struct str text;
    enum rc rc = hl7_text(r->in->hl7, v, r->arena, &text, r->e);
    if (rc != RC_OK)
        return rc;
    value = text_value(text);
    value.encoded = !v.literal && has_structure(r->in->hl7, v.raw);
    return value.kind == MAP_ABSENT ? RC_OK : map_values_add(r, out, &value);
}

static enum rc read_hl7(struct map_run *r, const struct map_from *from, bool all,
                        struct map_values *out)
{
    const struct hl7_msg *m = r->in->hl7;
    struct doc_hl7_scope *scope = scope_of(r);
    size_t before = out->n, i_seg = 0;
    struct hl7_value v;
    if (!scope && !all)
        return add_hl7(r, hl7_get(m, &from->hl7), out);
    struct doc_hl7_place place = doc_hl7_find(m, scope, &from->hl7);
    struct doc_hl7_walk walk;
    doc_hl7_walk_init(&walk, &from->hl7, &place);
    while (doc_hl7_walk_next(&walk, m, &v, &i_seg)) {
        enum rc rc = add_hl7(r, v, out);
        if (rc != RC_OK || (!all && out->n > before))
            return rc;
    }
    return RC_OK;
}

/* ---- JSON ---- */

static struct map_value of_json(const struct json *v)
{
    static const enum map_kind kinds[] = {
        [JSON_ABSENT] = MAP_ABSENT, [JSON_NULL] = MAP_NULL,   [JSON_BOOL] = MAP_BOOL,
        [JSON_NUMBER] = MAP_NUMBER, [JSON_STRING] = MAP_TEXT, [JSON_ARRAY] = MAP_TREE,
        [JSON_OBJECT] = MAP_TREE,
    };
    struct map_value out = { .kind = kinds[json_type(v)], .text = json_text(v), .json = v };
    out.b = json_bool_or(v, false);
    if (out.kind == MAP_TEXT && out.text.n == 0)
        out.kind = MAP_ABSENT;
    return out;
}

static enum rc add_json(struct map_run *r, const struct json *v, struct map_values *out)
{
    struct map_value value = of_json(v);
    return value.kind == MAP_ABSENT ? RC_OK : map_values_add(r, out, &value);
}

/* An array is its items where all values are wanted, and one value elsewhere. */
static enum rc read_json(struct map_run *r, const struct map_from *from, bool all,
                         struct map_values *out)
{
    const struct map_loop *l = map_inner(r);
    const struct json *doc = l && !from->root ? l->json : r->in->json;
    const struct json *v = json_path_get(&from->json, doc);
    enum rc rc = RC_OK;
    if (!all || !json_is(v, JSON_ARRAY))
        return add_json(r, v, out);
    JSON_EACH(item, v)
    {
        if (rc == RC_OK)
            rc = add_json(r, item, out);
    }
    return rc;
}

/* ---- expressions ---- */

struct doc_node map_this(struct map_run *r)
{
    struct map_loop *l = map_inner(r);
    if (r->m->from == MAP_JSON)
        return doc_json(l ? l->json : r->in->json);
    return l ? doc_hl7_item(&l->node) : doc_hl7(r->in->hl7);
}

static enum rc of_system(struct map_run *r, const struct fp_value *v, struct map_value *out)
{
    if (v->type == FP_BOOLEAN) {
        *out = (struct map_value){ .kind = MAP_BOOL, .b = v->u.boolean };
        return RC_OK;
    }
    enum rc rc = fp_value_text(v, r->arena, &out->text, r->e);
    if (rc != RC_OK)
        return rc;
    out->kind = v->type == FP_INTEGER || v->type == FP_DECIMAL ? MAP_NUMBER
                : out->text.n                                  ? MAP_TEXT
                                                               : MAP_ABSENT;
    return RC_OK;
}

static enum rc add_result(struct map_run *r, const struct fp_value *v, struct map_values *out)
{
    struct map_value value = { .kind = MAP_ABSENT };
    if (v->type == FP_NODE && r->m->from == MAP_JSON)
        return add_json(r, doc_json_value(v->u.node), out);
    if (v->type == FP_NODE)
        return add_hl7(r, doc_hl7_value(v->u.node), out);
    enum rc rc = of_system(r, v, &value);
    return rc == RC_OK && value.kind != MAP_ABSENT ? map_values_add(r, out, &value) : rc;
}

static enum rc read_expr(struct map_run *r, const struct map_rule *rule, struct map_values *out)
{
    struct fp_coll c;
    struct err e;
    enum rc rc = fhirpath_eval(rule->expr, map_this(r), &r->env, r->arena, &c, &e);
    if (rc == RC_NOMEM)
        return err_set(r->e, RC_NOMEM, "MAP-090", "no memory to evaluate an expression");
    if (rc != RC_OK) {
        map_found(r, rule, e.id, e.text);
        return RC_OK;
    }
    for (size_t i = 0; rc == RC_OK && i < c.n; i++) {
        rc = add_result(r, &c.v[i], out);
        if (!wants_all(rule) && out->n > 0)
            break;
    }
    return rc;
}

/* ---- all ---- */

enum rc map_read(struct map_run *r, const struct map_rule *rule, struct map_values *out)
{
    enum rc rc = RC_OK;
    bool all = wants_all(rule);
    out->v = out->first;
    out->cap = VALUES_INLINE;
    out->n = 0;
    if (rule->expr)
        return read_expr(r, rule, out);
    if (rule->value.kind != MAP_ABSENT)
        return map_values_add(r, out, &rule->value);
    for (size_t i = 0; rc == RC_OK && i < rule->n_from && (all || out->n == 0); i++)
        rc = r->m->from == MAP_HL7V2 ? read_hl7(r, &rule->from[i], all, out)
                                     : read_json(r, &rule->from[i], all, out);
    return rc;
}
