/*
 * Inside of the compiler: the program as it grows, its tables of constants, names, paths and types,
 * and the count of the marks and frames the machine will need for it.
 *
 * The growing arrays lie in a scratch arena; fp_emit_finish copies them out. Texts, paths and
 * regular expressions go to the result's arena at once.
 */
#ifndef ZS_FHIRPATH_EMIT_H
#define ZS_FHIRPATH_EMIT_H

#include "fhirpath/fp_int.h"

#define FP_NO_INS UINT32_MAX

struct fp_vec {
    void *p;
    size_t size; /* of an item */
    size_t n;
    size_t cap;
};

struct fp_emit {
    struct arena *scratch;
    struct arena *out;
    struct fp_vec code;
    struct fp_vec consts;
    struct fp_vec names;
    struct fp_vec paths;
    struct fp_vec types;
    struct fp_vec regexes;
    int marks; /* collections on the stack at this point of the program */
    int frames;
    int max_marks;
    int max_frames;
};

void fp_emit_init(struct fp_emit *m, struct arena *scratch, struct arena *out);

/* All of these: RC_NOMEM FP-207; RC_LIMIT FP-201 when a table is full. */
enum rc fp_emit(struct fp_emit *m, struct fp_ins ins, struct err *e) ZS_CHECK;
enum rc fp_emit_const(struct fp_emit *m, const struct fp_value *v, size_t pos,
                      struct err *e) ZS_CHECK;
enum rc fp_emit_name(struct fp_emit *m, struct str name, size_t *x, struct err *e) ZS_CHECK;
enum rc fp_emit_path(struct fp_emit *m, const struct doc_path *path, size_t *x,
                     struct err *e) ZS_CHECK;
enum rc fp_emit_type(struct fp_emit *m, const struct fp_type_name *t, size_t *x,
                     struct err *e) ZS_CHECK;

/* [collection][index]; body: where the index expression began. A constant one needs no stack. */
enum rc fp_emit_index(struct fp_emit *m, uint32_t body, size_t pos, struct err *e) ZS_CHECK;

/*
 * A call. first: the constant that is all of the first argument, or FP_NO_INS: a constant regular
 * expression is compiled here (RC_VALUE FP-012 when it is none).
 */
struct fp_emit_call {
    const struct fp_func *func;
    unsigned argc;
    uint32_t target;
    uint32_t first;
    size_t pos;
};
enum rc fp_emit_call(struct fp_emit *m, const struct fp_emit_call *c, struct err *e) ZS_CHECK;

/* The constant that is all of the code from `body` on; FP_NO_INS when there is more or less. */
uint32_t fp_emit_only_const(const struct fp_emit *m, uint32_t body);

uint32_t fp_emit_here(const struct fp_emit *m); /* the next instruction */
uint32_t fp_emit_last(const struct fp_emit *m);

/* Set the target of instruction `at`; land: to the next instruction. */
void fp_emit_aim(struct fp_emit *m, uint32_t at, uint32_t target);
void fp_emit_land(struct fp_emit *m, uint32_t at);

/* Correct the count where the program does not run straight on. */
void fp_emit_level(struct fp_emit *m, int marks, int frames);

enum rc fp_emit_finish(struct fp_emit *m, struct str text, const struct fp_options *opt,
                       const struct fp_expr **out, struct err *e) ZS_CHECK;

enum rc fp_emit_nomem(struct err *e) ZS_CHECK;

#endif
