/*
 * The machine's instructions other than loops, and the run of a whole program.
 *
 * Small evaluations live in arrays on the C stack; only what outgrows them, computed text and the
 * result take memory of the arena. Tests: eval_test.c, official_test.c
 */
#include "fhirpath/fp_int.h"

#include "json/json.h"

#define INLINE_VALUES 48
#define INLINE_MARKS  32
#define INLINE_FRAMES 6

static struct fp_frame *top(const struct fp_machine *m)
{
    return &m->frame[m->n_frames - 1];
}

/* ---- pushing ---- */

static enum rc push_one(struct fp_machine *m, const struct fp_value *v)
{
    fp_open(m);
    return fp_push(m, v);
}

static enum rc op_this(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* no operand */
    const struct fp_frame *f = top(m);
    fp_open(m);
    return f->has_this ? fp_push(m, &f->this) : RC_OK;
}

static enum rc op_index(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* no operand */
    const struct fp_frame *f = top(m);
    struct fp_value v = fp_int((int64_t)f->index);
    fp_open(m);
    return f->has_index ? fp_push(m, &v) : RC_OK;
}

static enum rc push_run(struct fp_machine *m, size_t first, size_t n)
{
    enum rc rc = RC_OK;
    for (size_t k = 0; rc == RC_OK && k < n; k++)
        rc = fp_push(m, &m->v[first + k]);
    return rc;
}

static enum rc op_total(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* no operand */
    const struct fp_frame *f = top(m);
    fp_open(m);
    return f->has_total ? push_run(m, f->total, f->n_total) : RC_OK;
}

static enum rc op_const(struct fp_machine *m, const struct fp_ins *i)
{
    return push_one(m, &m->x->consts[i->x]);
}

static enum rc op_empty(struct fp_machine *m, const struct fp_ins *i)
{
    (void)i; /* no operand */
    fp_open(m);
    return RC_OK;
}

static enum rc op_var(struct fp_machine *m, const struct fp_ins *i)
{
    enum rc rc = RC_OK;
    fp_open(m);
    if (!m->env->vars)
        return RC_OK;
    struct fp_coll c = m->env->vars[i->x];
    for (size_t k = 0; rc == RC_OK && k < c.n; k++)
        rc = fp_push(m, &c.v[k]);
    return rc;
}

static enum rc op_sysvar(struct fp_machine *m, const struct fp_ins *i)
{
    bool resource = i->x == FP_VAR_RESOURCE && doc_is_node(m->env->resource);
    struct doc_node n = resource ? m->env->resource : m->context;
    struct fp_value v = fp_node(n);
    if (m->x->model)
        v.model_type = m->x->model->type_of(m->x->model, n);
    return push_one(m, &v);
}

static enum rc op_pick(struct fp_machine *m, const struct fp_ins *i)
{
    size_t k = m->n_marks - 1 - i->x;
    size_t first = m->mark[k], end = i->x == 0 ? m->n : m->mark[k + 1];
    fp_open(m);
    return push_run(m, first, end - first);
}

/* ---- paths ---- */

enum rc fp_push_children(struct fp_machine *m, const struct fp_value *v, struct str name)
{
    const struct fp_model *model = m->x->model;
    struct doc_iter it;
    struct fp_value child = { .type = FP_NODE };
    enum rc rc = RC_OK;
    if (v->type != FP_NODE)
        return RC_OK;
    size_t before = m->n;
    doc_iter_begin(&it);
    if (model && v->model_type) {
        while (rc == RC_OK && model->child(model, v->u.node, v->model_type, name, &it,
                                           &child.u.node, &child.model_type))
            rc = fp_push(m, &child);
    } else {
        const struct doc_ops *ops = v->u.node.ops;
        while (rc == RC_OK && ops->child(v->u.node, name, &it, &child.u.node))
            rc = fp_push(m, &child);
    }
    return rc == RC_OK ? fp_spend(m, m->n - before) : rc;
}

/* type() has no document behind it: its two parts are looked up here. */
static enum rc push_info(struct fp_machine *m, const struct fp_value *v, struct str name)
{
    struct str part = STR_NULL;
    if (str_eqz(name, "namespace"))
        part = v->u.info->space;
    else if (str_eqz(name, "name"))
        part = v->u.info->name;
    struct fp_value s = fp_str(part);
    return part.n ? fp_push(m, &s) : RC_OK;
}

static enum rc push_step(struct fp_machine *m, const struct fp_value *v, struct str name)
{
    if (v->type == FP_TYPE_INFO)
        return push_info(m, v, name);
    return fp_push_children(m, v, name);
}

/* Is the first name of a path the type of what it starts from (Patient.name on a Patient)? */
static bool names_itself(const struct fp_machine *m, const struct fp_value *v, struct str name)
{
    const struct fp_model *model = m->x->model;
    if (v->type != FP_NODE)
        return false;
    struct str own = v->u.node.ops->type_name(v->u.node);
    if (own.n && str_eq(own, name))
        return true;
    const struct fp_type_name t = { .name = name };
    return model && v->model_type && model->is(model, v->model_type, &t);
}

static enum rc op_head(struct fp_machine *m, const struct fp_ins *i)
{
    const struct fp_frame *f = top(m);
    struct str name = m->x->names[i->x];
    fp_open(m);
    if (!f->has_this)
        return RC_OK;
    return names_itself(m, &f->this, name) ? fp_push(m, &f->this) : push_step(m, &f->this, name);
}

static enum rc op_step(struct fp_machine *m, const struct fp_ins *i)
{
    size_t first = m->mark[m->n_marks - 1], end = m->n;
    struct str name = m->x->names[i->x];
    enum rc rc = RC_OK;
    for (size_t k = first; rc == RC_OK && k < end; k++) {
        struct fp_value v = m->v[k];
        rc = push_step(m, &v, name);
    }
    return rc == RC_OK ? fp_give_from(m, 1, end) : rc;
}

static enum rc push_path(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *v)
{
    const struct doc_path *path = &m->x->paths[i->x];
    struct doc_iter it;
    struct fp_value out = { .type = FP_NODE };
    enum rc rc = RC_OK;
    if (v->type != FP_NODE)
        return RC_OK;
    const struct doc_ops *ops = v->u.node.ops;
    if (ops->syntax != path->syntax)
        return fp_fail(m, i, RC_VALUE, "FP-107",
                       "the path in backticks is one of %s, the document is %s", path->syntax->name,
                       ops->format);
    size_t before = m->n;
    doc_iter_begin(&it);
    while (rc == RC_OK && ops->path(v->u.node, path, &it, &out.u.node))
        rc = fp_push(m, &out);
    return rc == RC_OK ? fp_spend(m, m->n - before) : rc;
}

static enum rc op_path_head(struct fp_machine *m, const struct fp_ins *i)
{
    const struct fp_frame *f = top(m);
    fp_open(m);
    return f->has_this ? push_path(m, i, &f->this) : RC_OK;
}

static enum rc op_path(struct fp_machine *m, const struct fp_ins *i)
{
    size_t first = m->mark[m->n_marks - 1], end = m->n;
    enum rc rc = RC_OK;
    for (size_t k = first; rc == RC_OK && k < end; k++) {
        struct fp_value v = m->v[k];
        rc = push_path(m, i, &v);
    }
    return rc == RC_OK ? fp_give_from(m, 1, end) : rc;
}

/* ---- index, sign, type ---- */

static enum rc give_item(struct fp_machine *m, size_t k, struct fp_coll c, size_t at)
{
    return at < c.n ? fp_give(m, k, &c.v[at]) : fp_give_empty(m, k);
}

static enum rc op_at(struct fp_machine *m, const struct fp_ins *i)
{
    int64_t at = 0;
    bool has = false;
    enum rc rc = fp_single_int(m, i, fp_at(m, 0), "the index", &at, &has);
    if (rc != RC_OK)
        return rc;
    return has && at >= 0 ? give_item(m, 2, fp_at(m, 1), (size_t)at) : fp_give_empty(m, 2);
}

static enum rc op_at_const(struct fp_machine *m, const struct fp_ins *i)
{
    return give_item(m, 1, fp_at(m, 0), i->x);
}

static enum rc op_sign(struct fp_machine *m, const struct fp_ins *i)
{
    struct fp_value v;
    struct decimal d;
    bool has = false;
    enum rc rc = fp_single(m, i, fp_at(m, 0), "the operand of the sign", &v, &has);
    if (rc != RC_OK)
        return rc;
    if (!has)
        return fp_give_empty(m, 1);
    if (v.type == FP_STRING && v.origin == FP_FROM_TEXT && decimal_parse(v.u.string, &d))
        v = fp_dec(d);
    if (v.type == FP_INTEGER) {
        v.u.integer = i->x ? -v.u.integer : v.u.integer;
    } else if (v.type == FP_DECIMAL) {
        if (i->x)
            decimal_neg(&v.u.decimal);
    } else if (v.type == FP_QUANTITY) {
        struct fp_quantity q = *v.u.quantity;
        if (i->x)
            decimal_neg(&q.value);
        rc = fp_make_quantity(m, &q, &v);
    } else {
        return fp_fail(m, i, RC_VALUE, "FP-102", "a sign is for numbers, here is %s",
                       fp_value_type_name(&v));
    }
    return rc == RC_OK ? fp_give(m, 1, &v) : rc;
}

static enum rc op_type(struct fp_machine *m, const struct fp_ins *i)
{
    const struct fp_type_name *t = &m->x->types[i->x];
    size_t first = m->mark[m->n_marks - 1], end = m->n, out = first;
    if (i->argc != FP_OFTYPE && end - first > 1)
        return fp_fail(m, i, RC_VALUE, "FP-101", "%s is for one item, here are %zu",
                       i->argc == FP_IS ? "is" : "as", end - first);
    for (size_t k = first; k < end; k++) {
        bool is = false;
        enum rc rc = fp_is_type(m, &m->v[k], t, &is);
        if (rc != RC_OK)
            return rc;
        if (i->argc == FP_IS)
            return fp_give_bool(m, 1, is);
        if (is)
            m->v[out++] = m->v[k];
    }
    m->n = out;
    return RC_OK;
}

/* ---- operators and calls ---- */

static enum rc op_binary(struct fp_machine *m, const struct fp_ins *i)
{
    return fp_binary_ops[i->x].fn(m, i);
}

/* The left operand of and, or, implies: where it decides, the right one is not looked at. */
static enum rc op_skip(struct fp_machine *m, const struct fp_ins *i)
{
    enum fp_truth t = FP_UNKNOWN;
    enum rc rc = fp_truth_of(m, i, fp_at(m, 0), "the left operand", &t);
    if (rc != RC_OK)
        return rc;
    bool decided = i->x == FP_B_OR ? t == FP_TRUE : t == FP_FALSE;
    if (decided)
        m->pc = i->target;
    if (t == FP_UNKNOWN)
        return fp_give_empty(m, 1);
    return fp_give_bool(m, 1, decided && i->x == FP_B_IMPLIES ? true : t == FP_TRUE);
}

static enum rc op_call(struct fp_machine *m, const struct fp_ins *i)
{
    return fp_funcs[i->x].fn(m, i);
}

static enum rc op_jump(struct fp_machine *m, const struct fp_ins *i)
{
    m->pc = i->target;
    return RC_OK;
}

/* ---- the run ---- */

static fp_fn *const ops[] = {
    [FP_OP_THIS] = op_this,
    [FP_OP_INDEX] = op_index,
    [FP_OP_TOTAL] = op_total,
    [FP_OP_CONST] = op_const,
    [FP_OP_EMPTY] = op_empty,
    [FP_OP_VAR] = op_var,
    [FP_OP_SYSVAR] = op_sysvar,
    [FP_OP_HEAD] = op_head,
    [FP_OP_STEP] = op_step,
    [FP_OP_PATH_HEAD] = op_path_head,
    [FP_OP_PATH] = op_path,
    [FP_OP_AT] = op_at,
    [FP_OP_AT_CONST] = op_at_const,
    [FP_OP_SIGN] = op_sign,
    [FP_OP_BINARY] = op_binary,
    [FP_OP_SKIP] = op_skip,
    [FP_OP_CALL] = op_call,
    [FP_OP_TYPE] = op_type,
    [FP_OP_LOOP] = fp_op_loop,
    [FP_OP_FOLD] = fp_op_fold,
    [FP_OP_NEXT] = fp_op_next,
    [FP_OP_IIF] = fp_op_iif,
    [FP_OP_IIF_TEST] = fp_op_iif_test,
    [FP_OP_IIF_END] = fp_op_iif_end,
    [FP_OP_JUMP] = op_jump,
    [FP_OP_PICK] = op_pick,
};

static enum rc run(struct fp_machine *m)
{
    const struct fp_ins *code = m->x->code;
    enum rc rc = RC_OK;
    m->pc = 0;
    while (rc == RC_OK && code[m->pc].op != FP_OP_END) {
        const struct fp_ins *i = &code[m->pc++];
        if (m->steps > 0) {
            m->steps--;
            rc = ops[i->op](m, i);
        } else {
            rc = fp_spend(m, 1);
        }
        if (rc != RC_OK && m->e->pos == ERR_NO_POS)
            m->e->pos = i->pos;
    }
    return rc;
}

/* The result moves from the machine's stack to the arena. */
static enum rc take_result(struct fp_machine *m, struct fp_coll *out)
{
    struct fp_coll c = fp_at(m, 0);
    struct fp_value *v = NULL;
    if (c.n) {
        v = arena_raw(m->a, c.n * sizeof *v);
        if (!v)
            return err_set(m->e, RC_NOMEM, "FP-207", "no memory for the result");
        memcpy(v, c.v, c.n * sizeof *v);
    }
    *out = (struct fp_coll){ v, c.n };
    return RC_OK;
}

/* Arrays the compiler counted, where they are larger than those on the C stack. */
static enum rc outgrow(struct fp_machine *m)
{
    if (m->x->max_marks > INLINE_MARKS)
        m->mark = arena_raw(m->a, m->x->max_marks * sizeof *m->mark);
    if (m->x->max_frames > INLINE_FRAMES)
        m->frame = arena_raw(m->a, m->x->max_frames * sizeof *m->frame);
    if (!m->mark || !m->frame)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory to evaluate");
    return RC_OK;
}

static void open_root(struct fp_machine *m)
{
    const struct fp_model *model = m->x->model;
    struct fp_frame *f = &m->frame[m->n_frames++];
    f->has_index = false;
    f->has_total = false;
    f->has_this = doc_is_node(m->context);
    f->this = fp_node(m->context);
    if (model && f->has_this)
        f->this.model_type = model->type_of(model, m->context);
}

typedef enum rc result_fn(struct fp_machine *m, void *out);

static enum rc evaluate(const struct fp_expr *x, struct doc_node context, const struct fp_env *env,
                        struct arena *a, result_fn *take, void *out, struct err *e)
{
    static const struct fp_env no_env = { 0 };
    struct fp_value values[INLINE_VALUES];
    struct fp_frame frames[INLINE_FRAMES];
    uint32_t marks[INLINE_MARKS];
    struct err own;
    if (!e)
        e = &own;
    e->pos = ERR_NO_POS;
    struct fp_machine m = { .x = x,
                            .env = env ? env : &no_env,
                            .limits = env && env->limits ? env->limits : &fp_limits_default,
                            .a = a,
                            .e = e,
                            .v = values,
                            .cap = INLINE_VALUES,
                            .mark = marks,
                            .frame = frames,
                            .context = context };
    m.steps = m.limits->steps;
    enum rc rc = outgrow(&m);
    if (rc != RC_OK)
        return rc;
    open_root(&m);
    rc = run(&m);
    if (rc == RC_OK)
        return take(&m, out);
    if (e->pos != ERR_NO_POS)
        json_place(x->text, e->pos, &e->line, &e->column);
    return rc;
}

static enum rc all_values(struct fp_machine *m, void *out)
{
    return take_result(m, out);
}

static enum rc one_truth(struct fp_machine *m, void *out)
{
    const struct fp_ins whole = { 0 };
    return fp_truth_of(m, &whole, fp_at(m, 0), "the condition", out);
}

enum rc fhirpath_eval(const struct fp_expr *x, struct doc_node context, const struct fp_env *env,
                      struct arena *a, struct fp_coll *out, struct err *e)
{
    return evaluate(x, context, env, a, all_values, out, e);
}

enum rc fhirpath_test(const struct fp_expr *x, struct doc_node context, const struct fp_env *env,
                      struct arena *a, enum fp_truth *out, struct err *e)
{
    return evaluate(x, context, env, a, one_truth, out, e);
}

struct str fhirpath_text(const struct fp_expr *x)
{
    return x->text;
}
