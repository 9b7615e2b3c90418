/*
 * FHIRPath: the one expression language of the engine, for filters, routing, mapping sources and
 * alerts, over every kind of document (doc.h). N1 (2.0.0) grammar, whole.
 *
 *   fhirpath_compile ──▶ const struct fp_expr ──▶ fhirpath_eval, any number of times, any thread
 *
 * Compiled once into a flat program for a stack machine; evaluation parses nothing, does not
 * recurse on the document or the expression, and is bounded: by steps, results, depth and the
 * arena.
 *
 * A path of the document's own stands in backticks: `PID-5.1`.upper(). Which syntax that is, is
 * said at compile time; with none, backticks only delimit unusual names.
 *
 * Errors carry the position in the expression (pos, line, column), never a value of the document:
 *   FP-0xx  the expression is wrong, found when compiling   RC_SYNTAX, RC_VALUE, RC_MISSING
 *   FP-1xx  it cannot be evaluated on this document         RC_VALUE
 *   FP-2xx  a limit                                         RC_LIMIT, RC_NOMEM
 *
 * What the evaluator decides where the specification leaves room stands in
 * docs/internals/fhirpath.md.
 *
 * Spec    http://hl7.org/fhirpath/N1
 * Thread  any; a compiled expression is immutable.
 */
#ifndef ZS_FHIRPATH_FHIRPATH_H
#define ZS_FHIRPATH_FHIRPATH_H

#include "fhirpath/value.h"

struct fp_expr;
struct fp_model;

struct fp_limits {
    size_t text;    /* bytes of an expression */
    size_t depth;   /* open brackets and operators while compiling; open loops while running */
    size_t results; /* values held at once, over all intermediate collections */
    uint64_t steps; /* of evaluation: instructions, items visited, values compared, text scanned */
    size_t string;  /* bytes of one computed string */
};

/* 16 KB, 128, 1 million, 20 million, 16 MB: for expressions of an operator's own configuration. */
extern const struct fp_limits fp_limits_default;

struct fp_options {
    const struct doc_syntax *syntax; /* of backticks; NULL: names only */
    const struct fp_model *model;    /* may be NULL */
    const struct fp_limits *limits;  /* NULL: the default */
    const char *const *vars; /* names of the %variables there will be, besides the built-in ones */
    size_t n_vars;
};

struct fp_env {
    int64_t now_ms;                 /* now(), today(): one moment for the whole evaluation */
    int offset_min;                 /* the offset they are shown with */
    const struct fp_limits *limits; /* NULL: the default */
    const struct fp_coll *vars;     /* one per name given to compile, in that order */
    struct doc_node resource;       /* %resource, %rootResource; none: the context node */
    void (*trace)(void *ctx, struct str name, struct fp_coll values); /* may be NULL */
    void *trace_ctx;
};

/*
 * Compile `text`. given may be NULL. *out lies in `a` and borrows nothing from text; it keeps
 * given->model.
 *   RC_SYNTAX   not in the grammar                       (e.pos, e.line, e.column)
 *   RC_MISSING  no such function, variable or type; the text names the nearest one
 *   RC_VALUE    a wrong number of arguments, a literal that is no date, a bad native path
 *   RC_LIMIT    text or depth
 *   RC_NOMEM
 */
enum rc fhirpath_compile(struct str text, const struct fp_options *given, struct arena *a,
                         const struct fp_expr **out, struct err *e) ZS_CHECK;

/*
 * Evaluate on one context node ($this, %context). env may be NULL: no variables, the epoch as now.
 * *out lies in `a` and borrows from the document and from x.
 *   RC_VALUE  FP-1xx: several items where one is needed, operands of types that do not go together
 *   RC_LIMIT  steps, results, depth, string, or a regular expression's own limits
 *   RC_NOMEM
 */
enum rc fhirpath_eval(const struct fp_expr *x, struct doc_node context, const struct fp_env *env,
                      struct arena *a, struct fp_coll *out, struct err *e) ZS_CHECK;

enum fp_truth { FP_FALSE = 0, FP_TRUE = 1, FP_UNKNOWN = 2 };

/*
 * Evaluate a condition: the empty collection is UNKNOWN, a boolean itself, any other single item
 * TRUE (N1 4.5, singleton evaluation). RC_VALUE for several items; else as fhirpath_eval.
 */
enum rc fhirpath_test(const struct fp_expr *x, struct doc_node context, const struct fp_env *env,
                      struct arena *a, enum fp_truth *out, struct err *e) ZS_CHECK;

/* The text it was compiled from; lives as long as x. */
struct str fhirpath_text(const struct fp_expr *x);

#endif
