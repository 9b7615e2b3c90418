/*
 * Navigation, values of elements, types, time and trace(). Tests: fn_test.c, eval_test.c
 */
#include "fhirpath/fn.h"

/* ---- navigation ---- */

static enum rc push_all(struct fp_machine *m, const struct fp_value *v)
{
    struct fp_value kept = *v; /* v may lie in the stack */
    return fp_push_children(m, &kept, STR_NULL);
}

enum rc fp_fn_children(struct fp_machine *m, const struct fp_ins *i)
{
    size_t base = m->mark[m->n_marks - 1], first = m->n;
    enum rc rc = RC_OK;
    (void)i; /* no argument */
    for (size_t k = base; rc == RC_OK && k < first; k++)
        rc = push_all(m, &m->v[k]);
    return rc == RC_OK ? fp_give_from(m, 1, first) : rc;
}

/* Level by level: what has been found is the queue of what is still to be opened. */
enum rc fp_fn_descendants(struct fp_machine *m, const struct fp_ins *i)
{
    size_t base = m->mark[m->n_marks - 1], first = m->n;
    enum rc rc = RC_OK;
    (void)i; /* no argument */
    for (size_t k = base; rc == RC_OK && k < m->n; k++)
        rc = push_all(m, &m->v[k]);
    return rc == RC_OK ? fp_give_from(m, 1, first) : rc;
}

/* ---- FHIR's additions for elements ---- */

/* Does this extension have that url? */
static enum rc has_url(struct fp_machine *m, struct doc_node n, struct str url, bool *out)
{
    struct doc_iter it;
    struct doc_node child;
    struct doc_prim prim;
    *out = false;
    doc_iter_begin(&it);
    if (!n.ops->child(n, STR("url"), &it, &child))
        return RC_OK;
    enum rc rc = child.ops->prim(child, m->a, &prim, m->e);
    *out = rc == RC_OK && prim.kind == DOC_STRING && str_eq(prim.text, url);
    return rc;
}

enum rc fp_fn_extension(struct fp_machine *m, const struct fp_ins *i)
{
    size_t base = m->mark[m->n_marks - FP_ARITY(i)], n = fp_input(m, i).n, first = m->n;
    struct str url;
    bool has = false;
    enum rc rc = fp_single_str(m, i, fp_arg(m, i, 1), "the url", &url, &has);
    for (size_t k = 0; rc == RC_OK && has && k < n; k++) {
        struct fp_value v = m->v[base + k];
        rc = fp_push_children(m, &v, STR("extension"));
    }
    size_t out = first;
    for (size_t k = first; rc == RC_OK && k < m->n; k++) {
        bool is = false;
        rc = has_url(m, m->v[k].u.node, url, &is);
        if (is)
            m->v[out++] = m->v[k];
    }
    m->n = out;
    return rc == RC_OK ? fp_give_from(m, FP_ARITY(i), first) : rc;
}

/* The one item's own value, where it is one and has one. */
static enum rc value_of(struct fp_machine *m, const struct fp_ins *i, struct fp_value *v, bool *has)
{
    struct fp_coll c = fp_input(m, i);
    *has = false;
    if (c.n != 1)
        return RC_OK;
    enum rc rc = fp_atom(m, c.v, v, has);
    *has = *has && v->type != FP_NODE;
    return rc;
}

enum rc fp_fn_has_value(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v;
    bool has = false;
    enum rc rc = value_of(m, i, &v, &has);
    return rc == RC_OK ? fp_give_bool(m, 1, has) : rc;
}

enum rc fp_fn_get_value(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v;
    bool has = false;
    enum rc rc = value_of(m, i, &v, &has);
    if (rc != RC_OK)
        return rc;
    return has ? fp_give(m, 1, &v) : fp_give_empty(m, 1);
}

/* ---- types ---- */

enum rc fp_fn_type(struct fp_machine *m, const struct fp_ins *i)
{
    size_t base = m->mark[m->n_marks - FP_ARITY(i)];
    enum rc rc = fp_spend(m, m->n - base);
    for (size_t k = base; rc == RC_OK && k < m->n; k++) {
        struct fp_type_name *t = arena_make(m->a, struct fp_type_name, 1);
        if (!t)
            return fp_fail(m, i, RC_NOMEM, "FP-207", "no memory for a type");
        rc = fp_type_of(m, &m->v[k], t);
        m->v[k] = (struct fp_value){ .type = FP_TYPE_INFO, .u.info = t };
    }
    return rc;
}

/* ---- time ---- */

static enum rc give_time(struct fp_machine *m, const struct fp_ins *i, const struct temporal *t)
{
    struct fp_value v = { .type = FP_TEMPORAL, .u.temporal = *t };
    return fp_give(m, FP_ARITY(i), &v);
}

static void moment(const struct fp_machine *m, struct temporal *out)
{
    temporal_of_ms(m->env->now_ms, m->env->offset_min, out);
}

enum rc fp_fn_now(struct fp_machine *m, const struct fp_ins *i)
{
    struct temporal t;
    moment(m, &t);
    return give_time(m, i, &t);
}

enum rc fp_fn_today(struct fp_machine *m, const struct fp_ins *i)
{
    struct temporal t;
    moment(m, &t);
    const struct temporal day = {
        .year = t.year, .month = t.month, .day = t.day, .unit = TEMPORAL_DAY, .kind = TEMPORAL_DATE
    };
    return give_time(m, i, &day);
}

enum rc fp_fn_time_of_day(struct fp_machine *m, const struct fp_ins *i)
{
    struct temporal t;
    moment(m, &t);
    const struct temporal time = { .hour = t.hour,
                                   .minute = t.minute,
                                   .second = t.second,
                                   .nano = t.nano,
                                   .digits = t.digits,
                                   .unit = TEMPORAL_SECOND,
                                   .kind = TEMPORAL_TIME };
    return give_time(m, i, &time);
}

/* ---- trace(name [, projection]) ---- */

enum rc fp_fn_trace(struct fp_machine *m, const struct fp_ins *i)
{
    struct str name = STR("");
    bool has = false;
    enum rc rc = fp_single_str(m, i, fp_arg(m, i, 1), "the name", &name, &has);
    if (rc != RC_OK)
        return rc;
    if (m->env->trace)
        m->env->trace(m->env->trace_ctx, name, i->argc == 2 ? fp_arg(m, i, 2) : fp_input(m, i));
    fp_drop(m, i->argc);
    return RC_OK;
}
