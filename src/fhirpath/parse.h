/*
 * Inside of the compiler: the parser's state, shared by parse.c (operands, operators, the whole)
 * and parse_call.c (function calls and types).
 */
#ifndef ZS_FHIRPATH_PARSE_H
#define ZS_FHIRPATH_PARSE_H

#include "fhirpath/emit.h"
#include "fhirpath/lex.h"

enum fp_pend_kind { FP_PEND_BINARY, FP_PEND_SIGN, FP_PEND_PAREN, FP_PEND_INDEX, FP_PEND_CALL };

/* An operator, bracket or call that waits for its right end. */
struct fp_pend {
    uint8_t kind;
    uint8_t x;           /* BINARY: enum fp_binary; SIGN: 1 for minus */
    uint8_t precedence;  /* BINARY, SIGN */
    uint8_t argc;        /* CALL: arguments finished */
    uint16_t descending; /* CALL of sort: a bit per key */
    uint32_t pos;
    uint32_t jump; /* an instruction whose target is still open; FP_NO_INS */
    uint32_t body; /* CALL: first instruction of a loop's body */
    uint32_t end;  /* CALL: a jump to the end, likewise open */
    const struct fp_func *func;
};

struct fp_parser {
    struct fp_lex lex;
    struct fp_tok tok; /* the one in work */
    const struct fp_options *opt;
    struct fp_emit emit;
    struct err *e;
    struct fp_pend *stack;
    size_t n_stack;
    size_t max_stack;
    bool have; /* an operand stands to the left */
};

enum rc fp_advance(struct fp_parser *p) ZS_CHECK;
enum rc fp_peek(const struct fp_parser *p, struct fp_tok *out) ZS_CHECK;
enum rc fp_put(struct fp_parser *p, enum fp_op op, size_t x, size_t pos) ZS_CHECK;
enum rc fp_push_pend(struct fp_parser *p, struct fp_pend d) ZS_CHECK;

/* FP-004: something else should stand at the current token. */
enum rc fp_unexpected(struct fp_parser *p, const char *wanted) ZS_CHECK;

/* Write every waiting operator that binds at least as tightly; 0: all of them. */
enum rc fp_reduce(struct fp_parser *p, unsigned precedence) ZS_CHECK;

/* A type at the current token, as the right side of `is` or `as`. */
enum rc fp_parse_type(struct fp_parser *p, enum fp_type_op op, size_t pos) ZS_CHECK;

/* A call whose input is on the stack: `name` has been read and the current token is its bracket. */
enum rc fp_call_open(struct fp_parser *p, const struct fp_tok *name) ZS_CHECK;

/* The current token is a comma, or the closing bracket, and the open call is on top of the stack.
 */
enum rc fp_call_comma(struct fp_parser *p) ZS_CHECK;
enum rc fp_call_close(struct fp_parser *p) ZS_CHECK;

#endif
