/*
 * Writing the program: growing tables, jump targets, the count of marks and frames, and the few
 * peepholes (constant index, constant regular expression). Tests: compile_test.c
 */
#include "fhirpath/emit.h"

#define FIRST_CAP 16
#define X_MAX     UINT16_MAX /* an instruction's operand */

enum rc fp_emit_nomem(struct err *e)
{
    return err_set(e, RC_NOMEM, "FP-207", "no memory for this expression");
}

void fp_emit_init(struct fp_emit *m, struct arena *scratch, struct arena *out)
{
    *m = (struct fp_emit){ .scratch = scratch, .out = out };
    m->code.size = sizeof(struct fp_ins);
    m->consts.size = sizeof(struct fp_value);
    m->names.size = sizeof(struct str);
    m->paths.size = sizeof(struct doc_path);
    m->types.size = sizeof(struct fp_type_name);
    m->regexes.size = sizeof(struct fp_regex *);
}

/* Room for one more item at the end; NULL without memory. */
static void *vec_add(struct fp_emit *m, struct fp_vec *v)
{
    if (v->n == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : FIRST_CAP;
        void *p = arena_grow(m->scratch, v->p, v->cap * v->size, cap * v->size);
        if (!p)
            return NULL;
        v->p = p;
        v->cap = cap;
    }
    return (char *)v->p + v->size * v->n++;
}

static enum rc vec_put(struct fp_emit *m, struct fp_vec *v, const void *item, size_t *x,
                       struct err *e)
{
    if (v->n > X_MAX)
        return err_set(e, RC_LIMIT, "FP-201", "the expression has too many parts");
    void *p = vec_add(m, v);
    if (!p)
        return fp_emit_nomem(e);
    memcpy(p, item, v->size);
    *x = v->n - 1;
    return RC_OK;
}

static struct fp_ins *code(const struct fp_emit *m, uint32_t at)
{
    return (struct fp_ins *)m->code.p + at;
}

/* ---- counting ---- */

void fp_emit_level(struct fp_emit *m, int marks, int frames)
{
    m->marks += marks;
    m->frames += frames;
    if (m->marks > m->max_marks)
        m->max_marks = m->marks;
    if (m->frames > m->max_frames)
        m->max_frames = m->frames;
}

static void count(struct fp_emit *m, const struct fp_ins *i)
{
    static const struct {
        int8_t marks, frames;
    } effect[] = {
        [FP_OP_THIS] = { 1, 0 },      [FP_OP_INDEX] = { 1, 0 },     [FP_OP_TOTAL] = { 1, 0 },
        [FP_OP_CONST] = { 1, 0 },     [FP_OP_EMPTY] = { 1, 0 },     [FP_OP_VAR] = { 1, 0 },
        [FP_OP_SYSVAR] = { 1, 0 },    [FP_OP_HEAD] = { 1, 0 },      [FP_OP_STEP] = { 0, 0 },
        [FP_OP_PATH_HEAD] = { 1, 0 }, [FP_OP_PATH] = { 0, 0 },      [FP_OP_AT] = { -1, 0 },
        [FP_OP_AT_CONST] = { 0, 0 },  [FP_OP_SIGN] = { 0, 0 },      [FP_OP_BINARY] = { -1, 0 },
        [FP_OP_SKIP] = { 0, 0 },      [FP_OP_CALL] = { 0, 0 },      [FP_OP_TYPE] = { 0, 0 },
        [FP_OP_LOOP] = { 1, 1 },      [FP_OP_FOLD] = { -1, 0 },     [FP_OP_NEXT] = { -2, -1 },
        [FP_OP_IIF] = { -1, 1 },      [FP_OP_IIF_TEST] = { -1, 0 }, [FP_OP_IIF_END] = { 0, -1 },
        [FP_OP_JUMP] = { 0, 0 },      [FP_OP_PICK] = { 1, 0 },
    };
    if (i->op < ZS_COUNT(effect))
        fp_emit_level(m, effect[i->op].marks, effect[i->op].frames);
    if (i->op == FP_OP_CALL)
        fp_emit_level(m, -(int)i->argc, 0);
}

enum rc fp_emit(struct fp_emit *m, struct fp_ins ins, struct err *e)
{
    struct fp_ins *p = vec_add(m, &m->code);
    if (!p)
        return fp_emit_nomem(e);
    *p = ins;
    count(m, &ins);
    return RC_OK;
}

uint32_t fp_emit_here(const struct fp_emit *m)
{
    return (uint32_t)m->code.n;
}

uint32_t fp_emit_last(const struct fp_emit *m)
{
    return m->code.n ? (uint32_t)m->code.n - 1 : FP_NO_INS;
}

void fp_emit_aim(struct fp_emit *m, uint32_t at, uint32_t target)
{
    code(m, at)->target = target;
}

void fp_emit_land(struct fp_emit *m, uint32_t at)
{
    fp_emit_aim(m, at, fp_emit_here(m));
}

/* ---- tables ---- */

static enum rc keep(struct fp_emit *m, struct str *s, struct err *e)
{
    *s = arena_str(m->out, *s);
    return str_is_null(*s) ? fp_emit_nomem(e) : RC_OK;
}

enum rc fp_emit_const(struct fp_emit *m, const struct fp_value *v, size_t pos, struct err *e)
{
    struct fp_value own = *v;
    size_t x = 0;
    enum rc rc = RC_OK;
    if (own.type == FP_STRING)
        rc = keep(m, &own.u.string, e);
    if (rc == RC_OK)
        rc = vec_put(m, &m->consts, &own, &x, e);
    if (rc != RC_OK)
        return rc;
    return fp_emit(m, (struct fp_ins){ .op = FP_OP_CONST, .x = (uint16_t)x, .pos = (uint32_t)pos },
                   e);
}

enum rc fp_emit_name(struct fp_emit *m, struct str name, size_t *x, struct err *e)
{
    const struct str *names = m->names.p;
    for (size_t i = 0; i < m->names.n; i++) {
        if (str_eq(names[i], name)) {
            *x = i;
            return RC_OK;
        }
    }
    enum rc rc = keep(m, &name, e);
    return rc == RC_OK ? vec_put(m, &m->names, &name, x, e) : rc;
}

enum rc fp_emit_path(struct fp_emit *m, const struct doc_path *path, size_t *x, struct err *e)
{
    return vec_put(m, &m->paths, path, x, e);
}

enum rc fp_emit_type(struct fp_emit *m, const struct fp_type_name *t, size_t *x, struct err *e)
{
    struct fp_type_name own = *t;
    enum rc rc = keep(m, &own.name, e);
    if (rc == RC_OK && own.space.n)
        rc = keep(m, &own.space, e);
    return rc == RC_OK ? vec_put(m, &m->types, &own, x, e) : rc;
}

/* ---- peepholes ---- */

uint32_t fp_emit_only_const(const struct fp_emit *m, uint32_t body)
{
    if (fp_emit_here(m) != body + 1 || code(m, body)->op != FP_OP_CONST)
        return FP_NO_INS;
    return code(m, body)->x;
}

enum rc fp_emit_index(struct fp_emit *m, uint32_t body, size_t pos, struct err *e)
{
    uint32_t x = fp_emit_only_const(m, body);
    const struct fp_value *c = x == FP_NO_INS ? NULL : (const struct fp_value *)m->consts.p + x;
    if (!c || c->type != FP_INTEGER || c->u.integer < 0 || c->u.integer > X_MAX)
        return fp_emit(m, (struct fp_ins){ .op = FP_OP_AT, .pos = (uint32_t)pos }, e);
    m->code.n--;
    fp_emit_level(m, -1, 0);
    return fp_emit(
        m,
        (struct fp_ins){ .op = FP_OP_AT_CONST, .x = (uint16_t)c->u.integer, .pos = (uint32_t)pos },
        e);
}

/* The pattern of matches('…') and its like, when it is a constant: compiled now, found wrong now.
 */
static enum rc const_regex(struct fp_emit *m, const struct fp_emit_call *c, uint32_t *target,
                           struct err *e)
{
    const struct fp_value *v = (const struct fp_value *)m->consts.p + c->first;
    struct fp_regex *regex = NULL;
    size_t x = 0;
    if (v->type != FP_STRING)
        return RC_OK;
    struct err inner;
    enum rc rc = fp_regex_compile(v->u.string, m->out, &regex, &inner);
    if (rc == RC_NOMEM)
        return fp_emit_nomem(e);
    if (rc != RC_OK)
        return err_set_at(e, RC_VALUE, "FP-012", c->pos, "%s", inner.text);
    rc = vec_put(m, &m->regexes, &regex, &x, e);
    *target = (uint32_t)x + 1;
    return rc;
}

enum rc fp_emit_call(struct fp_emit *m, const struct fp_emit_call *c, struct err *e)
{
    struct fp_ins ins = { .op = FP_OP_CALL,
                          .argc = (uint8_t)c->argc,
                          .target = c->target,
                          .x = (uint16_t)(c->func - fp_funcs),
                          .pos = (uint32_t)c->pos };
    if (c->func->form == FP_FORM_ARGS && c->func->loop == FP_ARGS_REGEX && c->first != FP_NO_INS) {
        enum rc rc = const_regex(m, c, &ins.target, e);
        if (rc != RC_OK)
            return rc;
    }
    return fp_emit(m, ins, e);
}

/* ---- the end ---- */

static enum rc copy_out(struct fp_emit *m, const struct fp_vec *v, void *where, struct err *e)
{
    void *p = NULL;
    if (v->n) {
        p = arena_raw(m->out, v->n * v->size);
        if (!p)
            return fp_emit_nomem(e);
        memcpy(p, v->p, v->n * v->size);
    }
    memcpy(where, &p, sizeof p);
    return RC_OK;
}

enum rc fp_emit_finish(struct fp_emit *m, struct str text, const struct fp_options *opt,
                       const struct fp_expr **out, struct err *e)
{
    struct fp_expr *x = arena_make(m->out, struct fp_expr, 1);
    if (!x)
        return fp_emit_nomem(e);
    x->model = opt->model;
    x->syntax = opt->syntax;
    x->max_marks = (unsigned)m->max_marks;
    x->max_frames = (unsigned)m->max_frames + 1;
    x->text = text;
    const struct {
        const struct fp_vec *from;
        void *to;
    } tables[] = { { &m->code, &x->code },   { &m->consts, &x->consts },
                   { &m->names, &x->names }, { &m->paths, &x->paths },
                   { &m->types, &x->types }, { &m->regexes, &x->regexes } };
    enum rc rc = keep(m, &x->text, e);
    for (size_t i = 0; rc == RC_OK && i < ZS_COUNT(tables); i++)
        rc = copy_out(m, tables[i].from, tables[i].to, e);
    if (rc == RC_OK)
        *out = x;
    return rc;
}
