/*
 * Function calls and type names. What a call writes before, between and behind its arguments
 * depends on its form (enum fp_form): most evaluate their arguments and then call; loops, iif(),
 * sort() and aggregate() write jumps around them. Tests: compile_test.c
 */
#include "fhirpath/parse.h"

/* ---- types ---- */

static bool is_name(const struct fp_tok *t)
{
    return t->kind == FP_TOK_NAME || (t->kind == FP_TOK_DELIMITED && t->text.n > 0);
}

/* Is it a type that can be there? Only a model can tell; what it does not know it has a say in. */
static enum rc check_type(const struct fp_parser *p, const struct fp_type_name *t, size_t pos)
{
    const struct fp_model *m = p->opt->model;
    if (fp_is_system_type(t) || !m || str_eqz(t->space, "System") || m->has(m, t))
        return RC_OK;
    return err_set_at(p->e, RC_MISSING, "FP-010", pos, "there is no type of this name");
}

/* Name[.Name] at the current token; the current token is the one behind it afterwards. */
static enum rc type_name(struct fp_parser *p, size_t *x)
{
    struct fp_type_name t = { .name = p->tok.text };
    size_t pos = p->tok.pos;
    if (!is_name(&p->tok))
        return fp_unexpected(p, "a type");
    enum rc rc = fp_advance(p);
    if (rc == RC_OK && fp_tok_is(&p->tok, ".")) {
        rc = fp_advance(p);
        if (rc == RC_OK && !is_name(&p->tok))
            rc = fp_unexpected(p, "a type");
        t = (struct fp_type_name){ .space = t.name, .name = p->tok.text };
        if (rc == RC_OK)
            rc = fp_advance(p);
    }
    if (rc == RC_OK)
        rc = check_type(p, &t, pos);
    return rc == RC_OK ? fp_emit_type(&p->emit, &t, x, p->e) : rc;
}

enum rc fp_parse_type(struct fp_parser *p, enum fp_type_op op, size_t pos)
{
    size_t x = 0;
    enum rc rc = type_name(p, &x);
    if (rc != RC_OK)
        return rc;
    return fp_emit(
        &p->emit,
        (struct fp_ins){
            .op = FP_OP_TYPE, .argc = (uint8_t)op, .x = (uint16_t)x, .pos = (uint32_t)pos },
        p->e);
}

/* ---- calls ---- */

static enum rc begin_loop(struct fp_parser *p, struct fp_pend *c, enum fp_loop loop)
{
    enum rc rc = fp_put(p, FP_OP_LOOP, loop, c->pos);
    c->jump = fp_emit_last(&p->emit);
    c->body = fp_emit_here(&p->emit);
    return rc;
}

static enum rc end_loop(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = fp_put(p, FP_OP_NEXT, 0, c->pos);
    if (rc != RC_OK)
        return rc;
    fp_emit_aim(&p->emit, fp_emit_last(&p->emit), c->body);
    fp_emit_land(&p->emit, c->jump);
    return RC_OK;
}

/* A key of sort(): over a copy of the input, which lies below the keys already computed. A minus in
 * front is the direction, not arithmetic: it works on text too. */
static enum rc begin_key(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = fp_put(p, FP_OP_PICK, c->argc, c->pos);
    if (rc == RC_OK)
        rc = begin_loop(p, c, FP_LOOP_KEYS);
    if (rc == RC_OK && fp_tok_is(&p->tok, "-")) {
        c->descending = (uint16_t)(c->descending | 1u << c->argc);
        rc = fp_advance(p);
    }
    return rc;
}

/* The body comes first in the text and the start value second, but it is needed first:
 * jump S; body; next; jump E; S: start; fold → body; E: */
static enum rc begin_fold(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = fp_put(p, FP_OP_JUMP, 0, c->pos);
    c->jump = fp_emit_last(&p->emit);
    c->body = fp_emit_here(&p->emit);
    fp_emit_level(&p->emit, 1, 1); /* inside: the total, and the loop's frame */
    return rc;
}

static enum rc end_fold_body(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = fp_put(p, FP_OP_NEXT, FP_LOOP_FOLD, c->pos);
    if (rc != RC_OK)
        return rc;
    fp_emit_aim(&p->emit, fp_emit_last(&p->emit), c->body);
    rc = fp_put(p, FP_OP_JUMP, 0, c->pos);
    c->end = fp_emit_last(&p->emit);
    fp_emit_land(&p->emit, c->jump);
    return rc;
}

static enum rc end_fold(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = c->argc == 1 ? fp_put(p, FP_OP_EMPTY, 0, c->pos) : RC_OK;
    if (rc == RC_OK)
        rc = fp_put(p, FP_OP_FOLD, 0, c->pos);
    if (rc != RC_OK)
        return rc;
    fp_emit_aim(&p->emit, fp_emit_last(&p->emit), c->body);
    fp_emit_land(&p->emit, c->end);
    return RC_OK;
}

static enum rc end_condition(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = fp_put(p, FP_OP_IIF_TEST, 0, c->pos);
    c->jump = fp_emit_last(&p->emit);
    return rc;
}

static enum rc end_then(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = fp_put(p, FP_OP_JUMP, 0, c->pos);
    c->end = fp_emit_last(&p->emit);
    fp_emit_land(&p->emit, c->jump);
    fp_emit_level(&p->emit, -1, 0); /* of the two branches only one leaves its collection */
    return rc;
}

static enum rc end_iif(struct fp_parser *p, struct fp_pend *c)
{
    enum rc rc = c->argc == 2 ? fp_put(p, FP_OP_EMPTY, 0, c->pos) : RC_OK;
    if (rc == RC_OK)
        rc = fp_put(p, FP_OP_IIF_END, 0, c->pos);
    if (rc == RC_OK)
        fp_emit_aim(&p->emit, c->end, fp_emit_last(&p->emit));
    return rc;
}

/* What each form of call writes before an argument. */
static enum rc begin_arg(struct fp_parser *p, struct fp_pend *c)
{
    switch ((enum fp_form)c->func->form) {
    case FP_FORM_LOOP: return begin_loop(p, c, (enum fp_loop)c->func->loop);
    case FP_FORM_SORT: return begin_key(p, c);
    case FP_FORM_AGGREGATE: return c->argc == 0 ? begin_fold(p, c) : RC_OK;
    case FP_FORM_TRACE: {
        if (c->argc == 0)
            return RC_OK;
        enum rc rc = fp_put(p, FP_OP_PICK, 1, c->pos);
        return rc == RC_OK ? begin_loop(p, c, FP_LOOP_SELECT) : rc;
    }
    case FP_FORM_IIF: return c->argc == 0 ? fp_put(p, FP_OP_IIF, 0, c->pos) : RC_OK;
    case FP_FORM_ARGS: c->body = fp_emit_here(&p->emit); break;
    case FP_FORM_TYPE:
    case FP_FORM_LATER: break;
    }
    return RC_OK;
}

/* … behind it … */
static enum rc end_arg(struct fp_parser *p, struct fp_pend *c)
{
    unsigned n = c->argc++;
    switch ((enum fp_form)c->func->form) {
    case FP_FORM_LOOP:
    case FP_FORM_SORT: return end_loop(p, c);
    case FP_FORM_AGGREGATE: return n == 0 ? end_fold_body(p, c) : RC_OK;
    case FP_FORM_TRACE: return n == 1 ? end_loop(p, c) : RC_OK;
    case FP_FORM_IIF: return n == 0 ? end_condition(p, c) : n == 1 ? end_then(p, c) : RC_OK;
    case FP_FORM_ARGS:
        if (n == 0)
            c->end = fp_emit_only_const(&p->emit, c->body);
        break;
    case FP_FORM_TYPE:
    case FP_FORM_LATER: break;
    }
    return RC_OK;
}

static enum rc wrong_count(struct fp_parser *p, const struct fp_func *f, size_t pos)
{
    if (f->min == f->max)
        return err_set_at(p->e, RC_VALUE, "FP-008", pos, "%s() takes %u argument%s", f->name,
                          f->min, f->min == 1 ? "" : "s");
    return err_set_at(p->e, RC_VALUE, "FP-008", pos, "%s() takes %u to %u arguments", f->name,
                      f->min, f->max);
}

/* … and at the closing bracket. */
static enum rc end_call(struct fp_parser *p, struct fp_pend *c)
{
    const struct fp_func *f = c->func;
    if (c->argc < f->min || c->argc > f->max)
        return wrong_count(p, f, c->pos);
    if (f->form == FP_FORM_AGGREGATE)
        return end_fold(p, c);
    if (f->form == FP_FORM_IIF)
        return end_iif(p, c);
    if (f->form == FP_FORM_LOOP && c->argc > 0)
        return RC_OK;
    const struct fp_emit_call call = {
        .func = f, .argc = c->argc, .target = c->descending, .first = c->end, .pos = c->pos
    };
    return fp_emit_call(&p->emit, &call, p->e);
}

enum rc fp_call_close(struct fp_parser *p)
{
    struct fp_pend *c = &p->stack[p->n_stack - 1];
    enum rc rc = p->have ? end_arg(p, c) : RC_OK; /* none: f() */
    if (rc == RC_OK)
        rc = end_call(p, c);
    p->n_stack--;
    p->have = true;
    return rc == RC_OK ? fp_advance(p) : rc;
}

enum rc fp_call_comma(struct fp_parser *p)
{
    struct fp_pend *c = &p->stack[p->n_stack - 1];
    enum rc rc = end_arg(p, c);
    if (rc == RC_OK)
        rc = fp_advance(p);
    if (rc == RC_OK && c->argc >= c->func->max)
        return wrong_count(p, c->func, c->pos);
    p->have = false;
    return rc == RC_OK ? begin_arg(p, c) : rc;
}

static enum rc type_call(struct fp_parser *p, const struct fp_func *f, size_t pos)
{
    if (fp_tok_is(&p->tok, ")"))
        return wrong_count(p, f, pos);
    enum rc rc = fp_parse_type(p, (enum fp_type_op)f->loop, pos);
    if (rc != RC_OK)
        return rc;
    if (fp_tok_is(&p->tok, ","))
        return wrong_count(p, f, pos);
    if (!fp_tok_is(&p->tok, ")"))
        return fp_unexpected(p, ")");
    p->have = true;
    return fp_advance(p);
}

static enum rc unknown_function(struct fp_parser *p, const struct fp_tok *name)
{
    const char *near = fp_func_nearest(name->text);
    if (near)
        return err_set_at(p->e, RC_MISSING, "FP-007", name->pos,
                          "there is no function %.*s(); did you mean %s()", STR_ARG(name->text),
                          near);
    return err_set_at(p->e, RC_MISSING, "FP-007", name->pos, "there is no function %.*s()",
                      STR_ARG(name->text));
}

enum rc fp_call_open(struct fp_parser *p, const struct fp_tok *name)
{
    const struct fp_func *f = fp_func_find(name->text);
    if (!f)
        return unknown_function(p, name);
    if (f->form == FP_FORM_LATER)
        return err_set_at(p->e, RC_MISSING, "FP-013", name->pos,
                          "%s() belongs to the language but is not available in this version",
                          f->name);
    enum rc rc = fp_advance(p);
    if (rc != RC_OK)
        return rc;
    if (f->form == FP_FORM_TYPE)
        return type_call(p, f, name->pos);
    struct fp_pend c = { .kind = FP_PEND_CALL,
                         .pos = (uint32_t)name->pos,
                         .jump = FP_NO_INS,
                         .end = FP_NO_INS,
                         .func = f };
    rc = fp_push_pend(p, c);
    if (rc != RC_OK)
        return rc;
    p->have = false;
    if (fp_tok_is(&p->tok, ")"))
        return fp_call_close(p);
    if (f->max == 0)
        return wrong_count(p, f, name->pos);
    return begin_arg(p, &p->stack[p->n_stack - 1]);
}
