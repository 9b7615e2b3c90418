/*
 * The compiler: tokens in, a flat program out, in one pass.
 *
 * Operators, brackets and calls wait on a stack of our own (struct fp_pend) until their right end
 * is seen; the instructions of operands have been written by then, so that what is written is in
 * postfix order and no tree is ever built. That stack is what limits->depth bounds.
 *
 * The parser is in one of two states: it wants an operand, or it has one and wants an operator, a
 * bracket or the end. That decides whether `contains` is a name or an operator, and what `-` is.
 * Tests: compile_test.c
 */
#include "fhirpath/parse.h"

#include "base/utf8.h"
#include "json/json.h"

#define PRECEDENCE_TYPE 8 /* is, as */
#define PRECEDENCE_SIGN 11
#define SCRATCH_LIMIT   (64 * 1024 * 1024)

const struct fp_limits fp_limits_default = { .text = 16 * 1024,
                                             .depth = 128,
                                             .results = 1000 * 1000,
                                             .steps = 20 * 1000 * 1000,
                                             .string = 16 * 1024 * 1024 };

enum rc fp_advance(struct fp_parser *p)
{
    return fp_lex_next(&p->lex, &p->tok, p->e);
}

enum rc fp_peek(const struct fp_parser *p, struct fp_tok *out)
{
    return fp_lex_peek(&p->lex, out, p->e);
}

enum rc fp_put(struct fp_parser *p, enum fp_op op, size_t x, size_t pos)
{
    return fp_emit(&p->emit,
                   (struct fp_ins){ .op = (uint8_t)op, .x = (uint16_t)x, .pos = (uint32_t)pos },
                   p->e);
}

enum rc fp_push_pend(struct fp_parser *p, struct fp_pend d)
{
    if (p->n_stack == p->max_stack)
        return err_set_at(p->e, RC_LIMIT, "FP-202", d.pos,
                          "the expression is nested more than %zu deep", p->max_stack);
    p->stack[p->n_stack++] = d;
    return RC_OK;
}

enum rc fp_unexpected(struct fp_parser *p, const char *wanted)
{
    if (p->tok.kind == FP_TOK_END)
        return err_set_at(p->e, RC_SYNTAX, "FP-004", p->tok.pos,
                          "the expression ends where %s should stand", wanted);
    return err_set_at(p->e, RC_SYNTAX, "FP-004", p->tok.pos, "%s should stand here", wanted);
}

/* ---- reducing ---- */

static enum rc reduce_one(struct fp_parser *p)
{
    struct fp_pend d = p->stack[--p->n_stack];
    if (d.kind == FP_PEND_SIGN)
        return fp_put(p, FP_OP_SIGN, d.x, d.pos);
    enum rc rc = fp_put(p, FP_OP_BINARY, d.x, d.pos);
    if (rc == RC_OK && d.jump != FP_NO_INS)
        fp_emit_land(&p->emit, d.jump);
    return rc;
}

enum rc fp_reduce(struct fp_parser *p, unsigned precedence)
{
    while (p->n_stack > 0) {
        const struct fp_pend *top = &p->stack[p->n_stack - 1];
        if (top->kind > FP_PEND_SIGN || top->precedence < precedence)
            break;
        enum rc rc = reduce_one(p);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

/* ---- literals ---- */

static enum rc put_const(struct fp_parser *p, const struct fp_value *v)
{
    enum rc rc = fp_emit_const(&p->emit, v, p->tok.pos, p->e);
    p->have = true;
    return rc == RC_OK ? fp_advance(p) : rc;
}

static enum rc put_quantity(struct fp_parser *p, const struct decimal *d, struct str unit,
                            bool calendar)
{
    struct fp_quantity *q = arena_make(p->emit.out, struct fp_quantity, 1);
    if (!q)
        return fp_emit_nomem(p->e);
    unit = arena_str(p->emit.out, unit);
    if (str_is_null(unit))
        return fp_emit_nomem(p->e);
    *q = (struct fp_quantity){ .value = *d, .unit = unit, .calendar = calendar };
    return put_const(p, &(struct fp_value){ .type = FP_QUANTITY, .u.quantity = q });
}

/* 12, 12.5, 4 days, 4 'mg'. A whole number that is no Integer (32 bits) is a Decimal. */
static enum rc number(struct fp_parser *p)
{
    struct decimal d;
    struct fp_tok next;
    int64_t whole = 0;
    struct str text = p->tok.text;
    if (!decimal_parse(text, &d))
        return err_set_at(p->e, RC_VALUE, "FP-006", p->tok.pos, "this number is too large");
    enum rc rc = fp_peek(p, &next);
    if (rc != RC_OK)
        return rc;
    struct str word = next.kind == FP_TOK_NAME ? fp_calendar_word(next.text) : STR_NULL;
    if (next.kind == FP_TOK_STRING || word.n) {
        rc = fp_advance(p);
        return rc == RC_OK ? put_quantity(p, &d, word.n ? word : next.text, word.n > 0) : rc;
    }
    struct fp_value v = fp_dec(d);
    if (str_chr(text, '.', 0) == SIZE_MAX && decimal_to_int(&d, &whole) && whole <= INT32_MAX)
        v = fp_int(whole);
    return put_const(p, &v);
}

static enum rc time_literal(struct fp_parser *p)
{
    return put_const(p, &(struct fp_value){ .type = FP_TEMPORAL, .u.temporal = p->tok.time });
}

static enum rc string(struct fp_parser *p)
{
    struct fp_value v = fp_str(p->tok.text);
    return put_const(p, &v);
}

/* ---- variables ---- */

static const struct {
    const char *name;
    const char *value; /* NULL: x */
    enum fp_sysvar x;
} system_vars[] = {
    { "context", NULL, FP_VAR_CONTEXT },
    { "resource", NULL, FP_VAR_RESOURCE },
    { "rootResource", NULL, FP_VAR_RESOURCE },
    { "sct", "http://snomed.info/sct", FP_VAR_CONTEXT },
    { "loinc", "http://loinc.org", FP_VAR_CONTEXT },
    { "ucum", "http://unitsofmeasure.org", FP_VAR_CONTEXT },
};

/* %`vs-…` and %`ext-…` (FHIR R4, FHIRPath 2.1.9.1.6): the canonical URL of a value set, an
 * extension. */
static const struct {
    struct str prefix;
    struct str url;
} url_vars[] = {
    { STR_INIT("vs-"), STR_INIT("http://hl7.org/fhir/ValueSet/") },
    { STR_INIT("ext-"), STR_INIT("http://hl7.org/fhir/StructureDefinition/") },
};

static enum rc url_variable(struct fp_parser *p, struct str url, struct str name)
{
    struct buf b;
    buf_init_arena(&b, p->emit.out, p->opt->limits->text + url.n);
    buf_str(&b, url);
    buf_str(&b, name);
    if (b.failed != RC_OK)
        return fp_emit_nomem(p->e);
    struct fp_value v = fp_str(buf_view(&b));
    return put_const(p, &v);
}

static enum rc unknown_variable(struct fp_parser *p, struct str name, size_t pos)
{
    const char *near = str_nearest(name, p->opt->vars, p->opt->n_vars);
    if (near)
        return err_set_at(p->e, RC_MISSING, "FP-009", pos,
                          "there is no variable %%%.*s; did you mean %%%s", STR_ARG(name), near);
    return err_set_at(p->e, RC_MISSING, "FP-009", pos, "there is no variable %%%.*s",
                      STR_ARG(name));
}

static enum rc put_var(struct fp_parser *p, enum fp_op op, size_t x, size_t pos)
{
    enum rc rc = fp_put(p, op, x, pos);
    p->have = true;
    return rc == RC_OK ? fp_advance(p) : rc;
}

static enum rc variable(struct fp_parser *p)
{
    size_t pos = p->tok.pos;
    enum rc rc = fp_advance(p);
    if (rc != RC_OK)
        return rc;
    if (p->tok.kind != FP_TOK_NAME && p->tok.kind != FP_TOK_DELIMITED &&
        p->tok.kind != FP_TOK_STRING)
        return fp_unexpected(p, "the name of a variable");
    struct str name = p->tok.text;
    for (size_t i = 0; i < p->opt->n_vars; i++)
        if (str_eqz(name, p->opt->vars[i]))
            return put_var(p, FP_OP_VAR, i, pos);
    for (size_t i = 0; i < ZS_COUNT(system_vars); i++) {
        if (!str_eqz(name, system_vars[i].name))
            continue;
        struct fp_value v = fp_str(str_z(system_vars[i].value));
        return system_vars[i].value ? put_const(p, &v)
                                    : put_var(p, FP_OP_SYSVAR, system_vars[i].x, pos);
    }
    for (size_t i = 0; i < ZS_COUNT(url_vars); i++)
        if (str_starts(name, url_vars[i].prefix))
            return url_variable(p, url_vars[i].url, str_from(name, url_vars[i].prefix.n));
    return unknown_variable(p, name, pos);
}

static enum rc dollar(struct fp_parser *p)
{
    static const struct {
        const char *name;
        enum fp_op op;
    } words[] = { { "this", FP_OP_THIS }, { "index", FP_OP_INDEX }, { "total", FP_OP_TOTAL } };
    for (size_t i = 0; i < ZS_COUNT(words); i++)
        if (str_eqz(p->tok.text, words[i].name))
            return put_var(p, words[i].op, 0, p->tok.pos);
    return err_set_at(p->e, RC_SYNTAX, "FP-004", p->tok.pos,
                      "after $ only this, index and total can stand");
}

/* ---- names ---- */

/* `name` in backticks: the document's own path where it is one. *is_path says which. */
static enum rc native(struct fp_parser *p, const struct fp_tok *name, bool head, bool *is_path)
{
    const struct doc_syntax *syntax = p->opt->syntax;
    struct doc_path path = { .syntax = syntax };
    size_t x = 0;
    *is_path = false;
    if (!syntax || name->kind != FP_TOK_DELIMITED)
        return RC_OK;
    path.text = arena_str(p->emit.out, name->text);
    if (str_is_null(path.text))
        return fp_emit_nomem(p->e);
    struct err inner = { .pos = ERR_NO_POS };
    enum rc rc = syntax->compile(path.text, p->emit.out, &path.impl, &inner);
    if (rc == RC_MISSING)
        return RC_OK;
    if (rc == RC_NOMEM)
        return fp_emit_nomem(p->e);
    if (rc != RC_OK)
        return err_set_at(p->e, RC_VALUE, "FP-011",
                          name->pos + 1 + (inner.pos == ERR_NO_POS ? 0 : inner.pos),
                          "not a path of %s: %s", syntax->name, inner.text);
    *is_path = true;
    rc = fp_emit_path(&p->emit, &path, &x, p->e);
    return rc == RC_OK ? fp_put(p, head ? FP_OP_PATH_HEAD : FP_OP_PATH, x, name->pos) : rc;
}

/* A name as the first of a path (head: of $this) or behind a point. */
static enum rc name(struct fp_parser *p, bool head)
{
    struct fp_tok t = p->tok;
    bool is_path = false;
    size_t x = 0;
    if (t.text.n == 0)
        return err_set_at(p->e, RC_SYNTAX, "FP-004", t.pos, "a name cannot be empty");
    enum rc rc = fp_advance(p);
    if (rc != RC_OK)
        return rc;
    if (fp_tok_is(&p->tok, "(")) {
        rc = head ? fp_put(p, FP_OP_THIS, 0, t.pos) : RC_OK;
        return rc == RC_OK ? fp_call_open(p, &t) : rc;
    }
    p->have = true;
    rc = native(p, &t, head, &is_path);
    if (rc != RC_OK || is_path)
        return rc;
    rc = fp_emit_name(&p->emit, t.text, &x, p->e);
    return rc == RC_OK ? fp_put(p, head ? FP_OP_HEAD : FP_OP_STEP, x, t.pos) : rc;
}

static bool is_word_operator(struct str s)
{
    static const char *const words[] = { "and", "div", "implies", "mod", "or", "xor" };
    for (size_t i = 0; i < ZS_COUNT(words); i++)
        if (str_eqz(s, words[i]))
            return true;
    return false;
}

static enum rc word(struct fp_parser *p)
{
    if (str_eqz(p->tok.text, "true") || str_eqz(p->tok.text, "false")) {
        struct fp_value v = fp_bool(p->tok.text.n == 4);
        return put_const(p, &v);
    }
    if (is_word_operator(p->tok.text))
        return fp_unexpected(p, "a value");
    return name(p, true);
}

/* ---- operands ---- */

static enum rc empty_literal(struct fp_parser *p)
{
    size_t pos = p->tok.pos;
    enum rc rc = fp_advance(p);
    if (rc == RC_OK && !fp_tok_is(&p->tok, "}"))
        rc = fp_unexpected(p, "}");
    return rc == RC_OK ? put_var(p, FP_OP_EMPTY, 0, pos) : rc;
}

static enum rc operand_symbol(struct fp_parser *p)
{
    struct fp_pend d = { .kind = FP_PEND_PAREN, .pos = (uint32_t)p->tok.pos, .jump = FP_NO_INS };
    if (fp_tok_is(&p->tok, "{"))
        return empty_literal(p);
    if (fp_tok_is(&p->tok, "%"))
        return variable(p);
    if (fp_tok_is(&p->tok, "+") || fp_tok_is(&p->tok, "-")) {
        d.kind = FP_PEND_SIGN;
        d.precedence = PRECEDENCE_SIGN;
        d.x = fp_tok_is(&p->tok, "-");
    } else if (!fp_tok_is(&p->tok, "(")) {
        return fp_unexpected(p, "a value");
    }
    enum rc rc = fp_push_pend(p, d);
    return rc == RC_OK ? fp_advance(p) : rc;
}

static enum rc operand(struct fp_parser *p)
{
    switch (p->tok.kind) {
    case FP_TOK_NAME: return word(p);
    case FP_TOK_DELIMITED: return name(p, true);
    case FP_TOK_STRING: return string(p);
    case FP_TOK_NUMBER: return number(p);
    case FP_TOK_TIME: return time_literal(p);
    case FP_TOK_DOLLAR: return dollar(p);
    case FP_TOK_SYMBOL: return operand_symbol(p);
    case FP_TOK_END: break;
    }
    return fp_unexpected(p, "a value");
}

/* ---- operators ---- */

static enum rc point(struct fp_parser *p)
{
    enum rc rc = fp_advance(p);
    if (rc != RC_OK)
        return rc;
    if (p->tok.kind != FP_TOK_NAME && p->tok.kind != FP_TOK_DELIMITED)
        return fp_unexpected(p, "a name");
    return name(p, false);
}

static enum rc open_index(struct fp_parser *p)
{
    enum rc rc = fp_push_pend(p, (struct fp_pend){ .kind = FP_PEND_INDEX,
                                                   .pos = (uint32_t)p->tok.pos,
                                                   .body = fp_emit_here(&p->emit),
                                                   .jump = FP_NO_INS });
    p->have = false;
    return rc == RC_OK ? fp_advance(p) : rc;
}

/* ) or ]: finish what is inside, then the bracket itself. */
static enum rc close_bracket(struct fp_parser *p, bool square)
{
    enum rc rc = fp_reduce(p, 0);
    if (rc != RC_OK)
        return rc;
    if (p->n_stack == 0 || square != (p->stack[p->n_stack - 1].kind == FP_PEND_INDEX))
        return err_set_at(p->e, RC_SYNTAX, "FP-005", p->tok.pos, "no bracket is open for this %s",
                          square ? "]" : ")");
    struct fp_pend d = p->stack[p->n_stack - 1];
    if (d.kind == FP_PEND_CALL)
        return fp_call_close(p);
    p->n_stack--;
    if (d.kind == FP_PEND_INDEX)
        rc = fp_emit_index(&p->emit, d.body, d.pos, p->e);
    return rc == RC_OK ? fp_advance(p) : rc;
}

static enum rc comma(struct fp_parser *p)
{
    enum rc rc = fp_reduce(p, 0);
    if (rc != RC_OK)
        return rc;
    if (p->n_stack == 0 || p->stack[p->n_stack - 1].kind != FP_PEND_CALL)
        return err_set_at(p->e, RC_SYNTAX, "FP-004", p->tok.pos,
                          "a comma stands only between arguments");
    return fp_call_comma(p);
}

static enum rc type_operator(struct fp_parser *p, enum fp_type_op op)
{
    size_t pos = p->tok.pos;
    enum rc rc = fp_reduce(p, PRECEDENCE_TYPE);
    if (rc == RC_OK)
        rc = fp_advance(p);
    return rc == RC_OK ? fp_parse_type(p, op, pos) : rc;
}

static enum rc binary(struct fp_parser *p, enum fp_binary x)
{
    const struct fp_binary_op *op = &fp_binary_ops[x];
    struct fp_pend d = { .kind = FP_PEND_BINARY,
                         .x = (uint8_t)x,
                         .precedence = op->precedence,
                         .pos = (uint32_t)p->tok.pos,
                         .jump = FP_NO_INS };
    enum rc rc = fp_reduce(p, op->precedence);
    if (rc == RC_OK && op->skips) {
        rc = fp_put(p, FP_OP_SKIP, x, d.pos);
        d.jump = fp_emit_last(&p->emit);
    }
    if (rc == RC_OK)
        rc = fp_push_pend(p, d);
    p->have = false;
    return rc == RC_OK ? fp_advance(p) : rc;
}

static enum rc after_operand(struct fp_parser *p)
{
    static const struct {
        const char *text;
        enum rc (*fn)(struct fp_parser *p);
    } symbols[] = { { ".", point }, { "[", open_index }, { ",", comma } };
    struct str s = p->tok.text;
    if (p->tok.kind != FP_TOK_NAME && p->tok.kind != FP_TOK_SYMBOL)
        return fp_unexpected(p, "an operator");
    if (fp_tok_is(&p->tok, ")") || fp_tok_is(&p->tok, "]"))
        return close_bracket(p, fp_tok_is(&p->tok, "]"));
    for (size_t i = 0; i < ZS_COUNT(symbols); i++)
        if (fp_tok_is(&p->tok, symbols[i].text))
            return symbols[i].fn(p);
    for (unsigned i = 0; i < FP_N_BINARY; i++)
        if (str_eqz(s, fp_binary_ops[i].text))
            return binary(p, (enum fp_binary)i);
    if (str_eqz(s, "is") || str_eqz(s, "as"))
        return type_operator(p, str_eqz(s, "is") ? FP_IS : FP_AS);
    return fp_unexpected(p, "an operator");
}

/* ---- the whole ---- */

static enum rc parse(struct fp_parser *p)
{
    enum rc rc = fp_advance(p);
    while (rc == RC_OK && (p->tok.kind != FP_TOK_END || !p->have))
        rc = p->have ? after_operand(p) : operand(p);
    if (rc == RC_OK)
        rc = fp_reduce(p, 0);
    if (rc == RC_OK && p->n_stack > 0)
        return err_set_at(p->e, RC_SYNTAX, "FP-005", p->stack[p->n_stack - 1].pos,
                          "this bracket is never closed");
    return rc == RC_OK ? fp_put(p, FP_OP_END, 0, p->tok.pos) : rc;
}

static enum rc check_text(struct str text, const struct fp_limits *limits, struct err *e)
{
    size_t bad = 0;
    if (text.n > limits->text)
        return err_set(e, RC_LIMIT, "FP-201", "an expression may have %zu bytes", limits->text);
    if (!utf8_is_valid(text, &bad))
        return err_set_at(e, RC_SYNTAX, "FP-001", bad, "the expression is not UTF-8 here");
    return RC_OK;
}

static enum rc compile(struct str text, const struct fp_options *opt, struct arena *scratch,
                       struct arena *out, const struct fp_expr **x, struct err *e)
{
    struct fp_parser p = { .lex = { .text = text, .arena = scratch },
                           .opt = opt,
                           .e = e,
                           .max_stack = opt->limits->depth };
    p.stack = arena_make(scratch, struct fp_pend, p.max_stack);
    if (!p.stack)
        return fp_emit_nomem(e);
    fp_emit_init(&p.emit, scratch, out);
    enum rc rc = parse(&p);
    return rc == RC_OK ? fp_emit_finish(&p.emit, text, opt, x, e) : rc;
}

enum rc fhirpath_compile(struct str text, const struct fp_options *given, struct arena *a,
                         const struct fp_expr **out, struct err *e)
{
    struct fp_options opt = given ? *given : (struct fp_options){ 0 };
    struct err own = { 0 };
    if (!e)
        e = &own;
    if (!opt.limits)
        opt.limits = &fp_limits_default;
    enum rc rc = check_text(text, opt.limits, e);
    struct arena *scratch = rc == RC_OK ? arena_new("fhirpath compile", 0, SCRATCH_LIMIT) : NULL;
    if (rc == RC_OK)
        rc = scratch ? compile(text, &opt, scratch, a, out, e) : fp_emit_nomem(e);
    arena_free(&scratch);
    if (rc != RC_OK && e->pos != ERR_NO_POS)
        json_place(text, e->pos, &e->line, &e->column);
    return rc;
}
