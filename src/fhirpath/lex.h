/*
 * Tokens of an expression, one after the other.
 *
 * Words that are operators (and, div, contains …) come as FP_TOK_NAME: whether `contains` is an
 * operator or a name is decided by where it stands, which the parser knows.
 *
 * Spec    FHIRPath N1, appendix: the ANTLR grammar's lexer rules
 */
#ifndef ZS_FHIRPATH_LEX_H
#define ZS_FHIRPATH_LEX_H

#include "fhirpath/value.h"

enum fp_tok_kind {
    FP_TOK_END = 0,
    FP_TOK_NAME,      /* identifier or word operator; text */
    FP_TOK_DELIMITED, /* `identifier`; text without backticks and escapes */
    FP_TOK_STRING,    /* text without escapes */
    FP_TOK_NUMBER,    /* text */
    FP_TOK_TIME,      /* @…; value */
    FP_TOK_DOLLAR,    /* $this, $index, $total: text without the sign */
    FP_TOK_SYMBOL     /* punctuation: text is one or two characters */
};

struct fp_tok {
    enum fp_tok_kind kind;
    size_t pos; /* in the expression */
    size_t end;
    struct str text;
    struct temporal time;
};

struct fp_lex {
    struct str text; /* valid UTF-8 */
    size_t pos;
    struct arena *arena; /* for decoded text */
};

/*
 * The next token. RC_SYNTAX (FP-001 … FP-003, FP-006) with pos; RC_NOMEM.
 * Decoded text lies in the arena; everything else borrows the expression.
 */
enum rc fp_lex_next(struct fp_lex *l, struct fp_tok *out, struct err *e) ZS_CHECK;

/* The same without moving on. */
enum rc fp_lex_peek(const struct fp_lex *l, struct fp_tok *out, struct err *e) ZS_CHECK;

static inline bool fp_tok_is(const struct fp_tok *t, const char *symbol)
{
    return t->kind == FP_TOK_SYMBOL && str_eqz(t->text, symbol);
}

#endif
