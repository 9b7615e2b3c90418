/*
 * Values into the output: a JSON tree, or edits of an HL7 v2 message. Tests: run_test.c
 */
#include "map/run_int.h"

#define OUTPUT_MAX (64 * 1024 * 1024)

static bool is_json(const struct map_run *r)
{
    return r->m->to == MAP_JSON;
}

/* ---- begin ---- */

static enum rc begin_json(struct map_run *r)
{
    if (!r->m->base_input)
        return RC_OK;
    return json_copy(r->arena, r->in->json, &r->root, r->e);
}

/* A new message has the delimiters of an HL7 input, so that parts of it can be copied as they are.
 */
static enum rc begin_hl7(struct map_run *r)
{
    const struct hl7_msg *in = r->m->from == MAP_HL7V2 ? r->in->hl7 : NULL;
    if (r->m->base_input)
        return hl7_edit_new(in, r->arena, &r->edit, r->e);
    return hl7_edit_blank(in ? in->delims : HL7_DELIMS_DEFAULT, r->arena, &r->edit, r->e);
}

enum rc map_write_begin(struct map_run *r)
{
    return is_json(r) ? begin_json(r) : begin_hl7(r);
}

/* ---- JSON ---- */

/* The document a rule writes into: the item of the innermost loop, or the output. */
static struct json **target_of(struct map_run *r)
{
    struct map_loop *l = map_inner(r);
    return l ? &l->target : &r->root;
}

/* JSON's own refusals (a name where a list is) are findings about the rule. */
static enum rc refused(struct map_run *r, const struct map_rule *rule, enum rc rc,
                       const struct err *e)
{
    if (rc == RC_OK)
        return rc;
    if (rc == RC_NOMEM)
        return err_set(r->e, RC_NOMEM, "MAP-090", "no memory for the output");
    map_found(r, rule, "MAP-032", e->text);
    return RC_OK;
}

static enum rc put_json(struct map_run *r, const struct map_rule *rule, struct json *v)
{
    struct err e;
    enum rc rc = json_path_set(&rule->to_json, target_of(r), v, r->arena, &e);
    return refused(r, rule, rc, &e);
}

static enum rc write_json_list(struct map_run *r, const struct map_rule *rule,
                               const struct map_values *vs)
{
    struct json *list = json_make_array(r->arena);
    for (size_t i = 0; list && i < vs->n; i++) {
        struct json *v = NULL;
        enum rc rc = map_value_to_json(&vs->v[i], r->arena, &v, r->e);
        if (rc == RC_OK)
            rc = json_append(list, v, r->e);
        if (rc != RC_OK)
            return rc;
    }
    if (!list)
        return err_set(r->e, RC_NOMEM, "MAP-090", "no memory for the output");
    return put_json(r, rule, list);
}

static enum rc write_json(struct map_run *r, const struct map_rule *rule,
                          const struct map_values *vs)
{
    struct json *v = NULL;
    if (rule->list)
        return write_json_list(r, rule, vs);
    enum rc rc = map_value_to_json(&vs->v[0], r->arena, &v, r->e);
    return rc == RC_OK ? put_json(r, rule, v) : rc;
}

/* An item that wrote nothing is none. The loop's path ends behind the last item of its list. */
static enum rc join_list(struct map_run *r, struct map_loop *l)
{
    struct json **outer = r->n_loops > 1 ? &r->loops[r->n_loops - 2].target : &r->root;
    struct err e;
    if (!l->target)
        return RC_OK;
    enum rc rc = json_path_set(&l->rule->to_json, outer, l->target, r->arena, &e);
    return refused(r, l->rule, rc, &e);
}

/* ---- HL7 v2 ---- */

/* The segment the item of the innermost loop writes: that of the input's copy when the loop goes
 * over the same segment, else a new one. */
static enum rc out_seg(struct map_run *r, struct map_loop *l)
{
    char id[HL7_ID_MAX + 1];
    if (l->out_seg != HL7_NO_SEG)
        return RC_OK;
    if (r->m->base_input && l->scope.id == l->rule->to_hl7.seg) {
        l->out_seg = l->scope.i_seg;
        return RC_OK;
    }
    hl7_id_print(l->rule->to_hl7.seg, id);
    return hl7_edit_add_seg(r->edit, HL7_NO_SEG, str_z(id), &l->out_seg, r->e);
}

/* The loop whose segment a path of the output names; NULL: the message's first. */
static struct map_loop *loop_of(struct map_run *r, const struct hl7_path *p)
{
    for (size_t i = r->n_loops; i-- > 0 && !p->occ;)
        if (r->loops[i].rule->to_hl7.seg == p->seg)
            return &r->loops[i];
    return NULL;
}

static enum rc set_hl7(struct map_run *r, const struct map_rule *rule, const struct hl7_path *p,
                       const struct map_value *v)
{
    struct str text = v->kind == MAP_NULL ? STR("\"\"") : map_value_text(v);
    enum hl7_form form = v->encoded && r->m->from == MAP_HL7V2 ? HL7_ENCODED : HL7_TEXT;
    struct map_loop *l = loop_of(r, p);
    struct err e;
    if (v->kind == MAP_TREE) {
        map_found(r, rule, "MAP-032", "an object or list cannot be written to HL7 v2");
        return RC_OK;
    }
    enum rc rc = l ? out_seg(r, l) : RC_OK;
    if (rc != RC_OK)
        return rc;
    rc = l ? hl7_edit_set_in(r->edit, l->out_seg, p, text, form, &e)
           : hl7_edit_set(r->edit, p, text, form, &e);
    return refused(r, rule, rc, &e);
}

static enum rc write_hl7(struct map_run *r, const struct map_rule *rule,
                         const struct map_values *vs)
{
    struct hl7_path p = rule->to_hl7;
    enum rc rc = RC_OK;
    if (!rule->list)
        return set_hl7(r, rule, &p, &vs->v[0]);
    for (size_t i = 0; rc == RC_OK && i < vs->n; i++) {
        p.rep = (uint32_t)i + 1;
        rc = set_hl7(r, rule, &p, &vs->v[i]);
    }
    return rc;
}

/* ---- all ---- */

enum rc map_write(struct map_run *r, const struct map_rule *rule, const struct map_values *vs)
{
    return is_json(r) ? write_json(r, rule, vs) : write_hl7(r, rule, vs);
}

enum rc map_write_item(struct map_run *r)
{
    struct map_loop *l = map_inner(r);
    enum rc rc = is_json(r) ? join_list(r, l) : RC_OK;
    l->target = NULL;
    l->out_seg = HL7_NO_SEG;
    return rc;
}

enum rc map_write_end(struct map_run *r, struct map_output *out)
{
    struct buf b;
    buf_init_arena(&b, r->arena, OUTPUT_MAX);
    if (is_json(r) && !r->root)
        r->root = json_make_object(r->arena);
    if (is_json(r) && !r->root)
        return err_set(r->e, RC_NOMEM, "MAP-090", "no memory for the output");
    enum rc rc = is_json(r) ? json_write(&b, r->root, JSON_COMPACT, r->e)
                            : hl7_edit_write(r->edit, &b, r->e);
    if (rc == RC_OK)
        rc = buf_rc(&b, r->e);
    if (rc != RC_OK)
        return rc;
    out->text = buf_view(&b);
    out->json = r->root;
    return RC_OK;
}
