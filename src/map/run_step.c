/*
 * Transforms and look-ups on the values of a rule. Tests: run_test.c
 */
#include "map/run_int.h"

#define JOIN_MAX (16 * 1024 * 1024)

static enum rc no_room(struct map_run *r)
{
    return err_set(r->e, RC_NOMEM, "MAP-090", "no memory for a transform");
}

/* Values a transform has nothing to say about. */
static bool passes(const struct map_value *v)
{
    return v->kind == MAP_ABSENT || v->kind == MAP_NULL;
}

static bool is_single(struct map_run *r, const struct map_rule *rule, const struct map_value *v)
{
    if (v->kind != MAP_TREE)
        return true;
    map_found(r, rule, "MAP-031", "an object or list is no value that can be transformed");
    return false;
}

/* ---- value by value ---- */

static enum rc run_each(struct map_run *r, const struct map_rule *rule, const struct map_step *s,
                        struct map_value *v, bool *refused)
{
    char text[96];
    enum map_outcome o = s->t->run(&r->work, &s->args, map_value_text(v), v);
    if (o == MAP_NO_ROOM)
        return no_room(r);
    if (o == MAP_REFUSED) {
        int n = snprintf(text, sizeof text, "the value is none that %s takes", s->t->name);
        map_found(r, rule, "MAP-030", n > 0 ? text : s->t->name);
        *refused = true;
    }
    return RC_OK;
}

/* ---- look-ups ---- */

/* The same failed look-up is one entry with a count. */
static enum rc missed(struct map_run *r, const struct map_rule *rule, const struct map_table *t,
                      struct str code)
{
    for (size_t i = 0; i < r->n_misses; i++) {
        struct map_miss *m = &r->misses[i];
        if (str_eq(m->rule, rule->path) && str_eq(m->value, code) &&
            str_eq(m->table, map_table_name(t))) {
            m->count++;
            return RC_OK;
        }
    }
    if (!r->misses)
        r->misses = arena_make(r->arena, struct map_miss, MAP_MISSES_MAX);
    if (!r->misses)
        return no_room(r);
    if (r->n_misses == MAP_MISSES_MAX) {
        r->n_misses_more++;
        return RC_OK;
    }
    r->misses[r->n_misses++] = (struct map_miss){
        .rule = rule->path, .table = map_table_name(t), .value = code, .count = 1
    };
    return RC_OK;
}

static enum rc run_lookup(struct map_run *r, const struct map_rule *rule, const struct map_step *s,
                          struct map_value *v, bool *refused)
{
    char text[128];
    struct str code = map_value_text(v), name = map_table_name(s->args.table);
    enum rc rc = RC_OK;
    enum map_lookup found = map_table_lookup(s->args.table, code, r->arena, v, &rc);
    if (rc != RC_OK)
        return no_room(r);
    if (found == LOOKUP_FOUND)
        return RC_OK;
    if (found == LOOKUP_REFUSED) {
        int n = snprintf(text, sizeof text, "table %.*s does not have the code", STR_ARG(name));
        map_found(r, rule, "MAP-033", n > 0 ? text : "the table does not have the code");
        *refused = true;
    }
    return missed(r, rule, s->args.table, code);
}

/* ---- several values ---- */

static enum rc split_one(struct map_run *r, const struct map_step *s, const struct map_value *v,
                         struct map_values *out)
{
    struct str text = map_value_text(v), sep = s->args.s[0];
    int64_t take = s->args.n[0];
    enum rc rc = RC_OK;
    if (passes(v))
        return map_values_add(r, out, v);
    for (size_t from = 0; rc == RC_OK && from != SIZE_MAX;) {
        size_t at = str_find(text, sep, from);
        struct map_value piece = { .kind = MAP_TEXT };
        piece.text = str_sub(text, from, at == SIZE_MAX ? SIZE_MAX : at - from);
        from = at == SIZE_MAX ? SIZE_MAX : at + sep.n;
        if (take == 0 || --take == 0)
            rc = map_values_add(r, out, &piece);
        if (s->args.n[0] != 0 && take == 0)
            break;
    }
    return rc;
}

static enum rc run_split(struct map_run *r, const struct map_step *s, struct map_values *vs)
{
    struct map_values out = { .n = 0 };
    enum rc rc = RC_OK;
    out.cap = size_max(vs->n, VALUES_INLINE);
    out.v = arena_make(r->arena, struct map_value, out.cap);
    if (!out.v)
        return no_room(r);
    for (size_t i = 0; rc == RC_OK && i < vs->n; i++)
        rc = split_one(r, s, &vs->v[i], &out);
    vs->v = out.v;
    vs->n = out.n;
    vs->cap = out.cap;
    return rc;
}

static enum rc run_join(struct map_run *r, const struct map_step *s, struct map_values *vs)
{
    struct buf b;
    bool any = false;
    buf_init_arena(&b, r->arena, JOIN_MAX);
    for (size_t i = 0; i < vs->n; i++) {
        struct str text = map_value_text(&vs->v[i]);
        if (text.n == 0)
            continue;
        if (any)
            buf_str(&b, s->args.s[0]);
        buf_str(&b, text);
        any = true;
    }
    if (b.failed == RC_LIMIT)
        return err_set(r->e, RC_LIMIT, "MAP-091", "a joined text is over %d bytes", JOIN_MAX);
    if (b.failed != RC_OK)
        return no_room(r);
    vs->n = any;
    if (any)
        vs->v[0] = (struct map_value){ .kind = MAP_TEXT, .text = buf_view(&b) };
    return RC_OK;
}

/* ---- all ---- */

static enum rc step(struct map_run *r, const struct map_rule *rule, const struct map_step *s,
                    struct map_values *vs, bool *refused)
{
    for (size_t i = 0; i < vs->n; i++) {
        if (!is_single(r, rule, &vs->v[i])) {
            *refused = true;
            return RC_OK;
        }
    }
    if (s->t->shape == SHAPE_SPLIT)
        return run_split(r, s, vs);
    if (s->t->shape == SHAPE_JOIN)
        return run_join(r, s, vs);
    for (size_t i = 0; i < vs->n && !*refused; i++) {
        if (passes(&vs->v[i]))
            continue;
        enum rc rc = s->t->shape == SHAPE_LOOKUP ? run_lookup(r, rule, s, &vs->v[i], refused)
                                                 : run_each(r, rule, s, &vs->v[i], refused);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

/* Empty text is no value, and null is none where the mapping drops it. */
static void sift(const struct map_run *r, struct map_values *vs)
{
    size_t n = 0;
    for (size_t i = 0; i < vs->n; i++) {
        const struct map_value *v = &vs->v[i];
        bool empty = v->kind == MAP_ABSENT || (v->kind == MAP_TEXT && v->text.n == 0) ||
                     (v->kind == MAP_NULL && r->m->null_drop);
        if (!empty)
            vs->v[n++] = *v;
    }
    vs->n = n;
}

enum rc map_transform(struct map_run *r, const struct map_rule *rule, struct map_values *vs,
                      bool *refused)
{
    *refused = false;
    sift(r, vs);
    for (size_t i = 0; i < rule->n_steps && !*refused; i++) {
        enum rc rc = step(r, rule, &rule->steps[i], vs, refused);
        if (rc != RC_OK)
            return rc;
        sift(r, vs);
    }
    return RC_OK;
}
