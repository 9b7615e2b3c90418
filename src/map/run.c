/*
 * A run: the rules in order, and loops over the input for those with `each`. Tests: run_test.c
 */
#include "fhirpath/doc_json.h"

#include "map/run_int.h"

#define EVAL_STEPS 2000000 /* of one expression: a rule of a mapping is no program */

void map_found(struct map_run *r, const struct map_rule *rule, const char *id, const char *text)
{
    char store[320];
    const struct map_loop *l = map_inner(r);
    struct finding f = { .file = r->m->file,
                         .pos = rule->pos,
                         .line = rule->line,
                         .column = rule->column,
                         .id = id,
                         .path = rule->path };
    int n = rule->source.n
                ? snprintf(store, sizeof store, "%s (reading %.*s)", text, STR_ARG(rule->source))
                : snprintf(store, sizeof store, "%s", text);
    size_t end = n < 0 ? 0 : size_min((size_t)n, sizeof store - 1);
    if (l && end < sizeof store - 1) {
        n = snprintf(store + end, sizeof store - end, ", item %zu of %.*s", l->item,
                     STR_ARG(l->rule->source));
        end = n < 0 ? end : size_min(end + (size_t)n, sizeof store - 1);
    }
    f.text = str_of(store, end);
    err_list_add(r->found, &f);
}

/* ---- one rule ---- */

static enum rc condition(struct map_run *r, const struct map_rule *rule, bool *holds)
{
    enum fp_truth t = FP_UNKNOWN;
    struct err e;
    *holds = true;
    if (!rule->when)
        return RC_OK;
    enum rc rc = fhirpath_test(rule->when, map_this(r), &r->env, r->arena, &t, &e);
    if (rc == RC_NOMEM)
        return err_set(r->e, RC_NOMEM, "MAP-090", "no memory to evaluate a condition");
    if (rc != RC_OK)
        map_found(r, rule, e.id, e.text);
    *holds = rc == RC_OK && t == FP_TRUE;
    return RC_OK;
}

static enum rc carry_out(struct map_run *r, const struct map_rule *rule)
{
    struct map_values vs;
    bool holds = false, refused = false;
    enum rc rc = condition(r, rule, &holds);
    if (rc != RC_OK || !holds)
        return rc;
    size_t before = r->found->n + r->found->n_more;
    rc = map_read(r, rule, &vs);
    if (rc == RC_OK && r->found->n + r->found->n_more == before)
        rc = map_transform(r, rule, &vs, &refused);
    else
        refused = true;
    if (rc != RC_OK || refused)
        return rc;
    if (vs.n == 0 && rule->dflt.kind != MAP_ABSENT) {
        vs.v[0] = rule->dflt;
        vs.n = 1;
    }
    if (vs.n > 0)
        return map_write(r, rule, &vs);
    if (rule->required)
        map_found(r, rule, "MAP-040", "there is no value, and one is required");
    return RC_OK;
}

/* ---- loops ---- */

/* The next segment of the loop's id, and how far its group goes. */
static bool next_segment(struct map_run *r, struct map_loop *l, size_t from)
{
    struct doc_hl7_scope *s = &l->scope;
    size_t i = hl7_seg_find(r->in->hl7, s->id, from);
    if (i == HL7_NO_SEG || i >= s->outer_end)
        return false;
    size_t next = hl7_seg_find(r->in->hl7, s->id, i + 1);
    s->i_seg = i;
    s->end = next == HL7_NO_SEG ? s->outer_end : size_min(next, s->outer_end);
    return true;
}

static bool next_rep(struct map_run *r, struct map_loop *l)
{
    struct hl7_value v;
    while (doc_hl7_walk_next(&l->reps, r->in->hl7, &v, &l->scope.i_seg)) {
        if (v.presence == HL7_VALUED) {
            l->scope.rep = v;
            return true;
        }
    }
    return false;
}

static bool first_hl7(struct map_run *r, struct map_loop *l)
{
    const struct hl7_path *p = &l->rule->from[0].hl7;
    struct map_loop *outer = r->n_loops > 1 ? l - 1 : NULL;
    struct doc_hl7_scope *s = &l->scope;
    *s = (struct doc_hl7_scope){
        .m = r->in->hl7, .outer = outer ? &outer->scope : NULL, .id = p->seg, .field = p->field
    };
    l->node.scope = s;
    struct doc_hl7_place place = doc_hl7_find(r->in->hl7, s->outer, p);
    if (place.kind != PLACE_SEGMENTS)
        return false;
    s->outer_begin = place.from;
    s->outer_end = place.to;
    if (p->field) {
        doc_hl7_walk_init(&l->reps, p, &place);
        return next_rep(r, l);
    }
    bool there = next_segment(r, l, place.from);
    s->first = s->i_seg;
    return there;
}

static bool next_hl7(struct map_run *r, struct map_loop *l)
{
    return l->scope.field ? next_rep(r, l) : next_segment(r, l, l->scope.i_seg + 1);
}

static bool first_json(struct map_run *r, struct map_loop *l)
{
    const struct map_from *from = &l->rule->from[0];
    const struct map_loop *outer = r->n_loops > 1 ? l - 1 : NULL;
    const struct json *doc = outer && !from->root ? outer->json : r->in->json;
    const struct json *v = json_path_get(&from->json, doc);
    l->array = json_is(v, JSON_ARRAY) ? v : NULL;
    l->json = l->array ? json_first(v) : json_is(v, JSON_NULL) ? NULL : v;
    return l->json != NULL;
}

static bool next_json(struct map_loop *l)
{
    l->json = l->array ? json_next(l->array, l->json) : NULL;
    return l->json != NULL;
}

static bool next_item(struct map_run *r, struct map_loop *l)
{
    l->item++;
    return r->m->from == MAP_HL7V2 ? next_hl7(r, l) : next_json(l);
}

/* Step on to the next item that the loop's condition holds for. *open is false behind the last. */
static enum rc settle(struct map_run *r, struct map_loop *l, bool there, bool *open)
{
    enum rc rc = RC_OK;
    bool holds = false;
    for (; rc == RC_OK && there; there = next_item(r, l)) {
        rc = condition(r, l->rule, &holds);
        if (holds)
            break;
    }
    *open = rc == RC_OK && there;
    return rc;
}

/* Begin a loop: the next rule is its first inner one, or the one behind it when there is no item.
 */
static enum rc begin_loop(struct map_run *r, size_t *at)
{
    const struct map_rule *rule = &r->m->rules[*at];
    struct map_loop *l = &r->loops[r->n_loops++];
    bool open = false;
    l->rule = rule;
    l->index = *at;
    l->item = 1;
    l->target = NULL;
    l->out_seg = HL7_NO_SEG;
    bool there = r->m->from == MAP_HL7V2 ? first_hl7(r, l) : first_json(r, l);
    enum rc rc = settle(r, l, there, &open);
    *at = open ? *at + 1 : rule->next;
    r->n_loops -= !open;
    return rc;
}

/* The rules of an item are done: the next item, or on behind the loop. */
static enum rc end_item(struct map_run *r, size_t *at)
{
    struct map_loop *l = map_inner(r);
    bool open = false;
    enum rc rc = map_write_item(r);
    if (rc == RC_OK)
        rc = settle(r, l, next_item(r, l), &open);
    *at = open ? l->index + 1 : l->rule->next;
    r->n_loops -= !open;
    return rc;
}

/* ---- the whole ---- */

static enum rc all_rules(struct map_run *r)
{
    enum rc rc = RC_OK;
    size_t at = 0;
    while (rc == RC_OK) {
        const struct map_loop *l = map_inner(r);
        if (l && at == l->rule->next)
            rc = end_item(r, &at);
        else if (at == r->m->n_rules)
            break;
        else if (r->m->rules[at].is_each)
            rc = begin_loop(r, &at);
        else
            rc = carry_out(r, &r->m->rules[at++]);
    }
    return rc;
}

enum rc map_run(const struct map *m, const struct map_input *in, const struct map_env *env,
                struct arena *a, struct map_output *out, struct err_list *found, struct err *e)
{
    struct fp_limits limits = fp_limits_default;
    struct err own = { 0 };
    bool hl7 = m->from == MAP_HL7V2;
    ZS_ASSERT(hl7 ? in->hl7 != NULL : in->json != NULL);
    struct map_run r = { .m = m, .in = in, .arena = a, .found = found, .e = e ? e : &own };
    limits.steps = EVAL_STEPS;
    r.work = (struct map_work){ .arena = a, .offset = &m->offset, .hl7_times = hl7 };
    r.env = (struct fp_env){ .now_ms = env ? env->now_ms : 0, .limits = &limits };
    r.env.resource = hl7 ? doc_hl7(in->hl7) : doc_json(in->json);
    r.env.offset_min = m->offset.policy == OFFSET_SET ? m->offset.minutes : 0;
    size_t before = found->n + found->n_more;
    enum rc rc = map_write_begin(&r);
    if (rc == RC_OK)
        rc = all_rules(&r);
    *out = (struct map_output){ .misses = r.misses,
                                .n_misses = r.n_misses,
                                .n_misses_more = r.n_misses_more };
    if (rc == RC_OK)
        rc = map_write_end(&r, out);
    if (rc != RC_OK || found->n + found->n_more == before)
        return rc;
    return err_set(r.e, RC_VALUE, "MAP-049", "the mapping found %zu problem%s with this message",
                   found->n + found->n_more - before,
                   found->n + found->n_more - before == 1 ? "" : "s");
}
