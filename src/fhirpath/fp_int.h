/*
 * Inside of the evaluator, for the files of this folder: the program a compiled expression is, the
 * machine that runs it, and what functions use to read arguments and give results.
 *
 * The machine is a stack of values with a stack of marks over it: mark[i] is where collection i
 * begins, the next mark (or the top) where it ends. An instruction takes collections from the top
 * and leaves one. Loops (where, select, repeat …) keep their input below what their body leaves, so
 * no collection is copied to the side; frame[] says which one runs and what $this is.
 *
 *   [ input … ][ results so far … ][ body's collection … ]
 *     ^mark      ^mark (select, repeat)  ^mark
 *
 * The compiler counts how deep marks and frames get, so only the value stack grows at run time.
 */
#ifndef ZS_FHIRPATH_FP_INT_H
#define ZS_FHIRPATH_FP_INT_H

#include "fhirpath/fhirpath.h"
#include "fhirpath/model.h"

struct fp_machine;
struct fp_ins;

/* ---- the program ---- */

enum fp_op {
    FP_OP_END = 0,
    FP_OP_THIS,      /* push $this */
    FP_OP_INDEX,     /* push $index */
    FP_OP_TOTAL,     /* push $total */
    FP_OP_CONST,     /* push constant x */
    FP_OP_EMPTY,     /* push { } */
    FP_OP_VAR,       /* push variable x of the environment */
    FP_OP_SYSVAR,    /* push %context, %resource … by enum fp_sysvar x */
    FP_OP_HEAD,      /* push children `names[x]` of $this, or $this itself if that is its type */
    FP_OP_STEP,      /* children `names[x]` of the top collection */
    FP_OP_PATH_HEAD, /* push what native path x leads to from $this */
    FP_OP_PATH,      /* the same from each item of the top collection */
    FP_OP_AT,        /* [a][i] → item i of a */
    FP_OP_AT_CONST,  /* [a] → its item x */
    FP_OP_SIGN,      /* unary minus (x = 1) or plus on the top */
    FP_OP_BINARY,    /* operator x of the table of operators */
    FP_OP_SKIP,      /* short circuit of operator x: when the left operand decides, go to target */
    FP_OP_CALL,      /* function x with argc arguments */
    FP_OP_TYPE,      /* is, as, ofType by types[x]; argc is enum fp_type_op */
    FP_OP_LOOP,      /* begin loop x (enum fp_loop); an empty input goes to target */
    FP_OP_FOLD,      /* aggregate: [input][start]; the body is at target, an empty input goes on */
    FP_OP_NEXT,      /* take the body's collection; go to target for the next item */
    FP_OP_IIF,       /* open a frame with the top collection as $this */
    FP_OP_IIF_TEST,  /* go to target unless the top collection is true */
    FP_OP_IIF_END,   /* close the frame */
    FP_OP_JUMP,      /* go to target */
    FP_OP_PICK       /* push a copy of the x-th collection below the top (0 = the top) */
};

enum fp_type_op { FP_IS, FP_AS, FP_OFTYPE };

enum fp_loop {
    FP_LOOP_WHERE,
    FP_LOOP_SELECT,
    FP_LOOP_ALL,
    FP_LOOP_EXISTS,
    FP_LOOP_REPEAT,
    FP_LOOP_FOLD, /* aggregate() */
    FP_LOOP_KEYS  /* sort(): exactly one value an item, FP_NONE for empty */
};

/* Internal value type: a sort key that is empty. */
#define FP_NONE 200

enum fp_sysvar { FP_VAR_CONTEXT, FP_VAR_RESOURCE };

struct fp_ins {
    uint8_t op;
    uint8_t argc;
    uint16_t x;
    uint32_t target;
    uint32_t pos; /* in the text */
};

struct fp_regex;

struct fp_expr {
    struct str text;
    const struct fp_model *model;
    const struct doc_syntax *syntax;
    const struct fp_ins *code;
    const struct fp_value *consts;
    const struct str *names;
    const struct doc_path *paths;
    const struct fp_type_name *types;
    struct fp_regex *const *regexes; /* of constant patterns; a call's target - 1 */
    unsigned max_marks;
    unsigned max_frames;
};

/* ---- functions ---- */

enum fp_form {
    FP_FORM_ARGS,      /* arguments evaluated before the call, in the caller's context */
    FP_FORM_LOOP,      /* the argument runs for each item: loop */
    FP_FORM_AGGREGATE, /* aggregate(each [, start]) */
    FP_FORM_SORT,      /* sort([key, …]) */
    FP_FORM_TRACE,     /* trace(name [, projection for each]) */
    FP_FORM_IIF,
    FP_FORM_TYPE, /* the argument is a type */
    FP_FORM_LATER /* of the language, but not there yet: refused by name */
};

typedef enum rc fp_fn(struct fp_machine *m, const struct fp_ins *i);

struct fp_func {
    const char *name;
    uint8_t min;
    uint8_t max;
    uint8_t form; /* enum fp_form */
    uint8_t loop; /* LOOP: enum fp_loop; with min 0 and no argument it is an ordinary call.
                     TYPE: enum fp_type_op. ARGS: 0, or FP_ARGS_REGEX */
    fp_fn *fn;
};

#define FP_ARGS_REGEX 1 /* the first argument is a regular expression */

extern const struct fp_func fp_funcs[]; /* sorted by name, in bytes */
extern const size_t fp_n_funcs;

/* NULL when there is none. */
const struct fp_func *fp_func_find(struct str name);

/* The nearest name, for a hint; NULL when none is near. */
const char *fp_func_nearest(struct str name);

/* Operators in the order of enum fp_binary. */
enum fp_binary {
    FP_B_IMPLIES,
    FP_B_OR,
    FP_B_XOR,
    FP_B_AND,
    FP_B_IN,
    FP_B_CONTAINS,
    FP_B_EQUAL,
    FP_B_EQUIVALENT,
    FP_B_NOT_EQUAL,
    FP_B_NOT_EQUIVALENT,
    FP_B_LESS,
    FP_B_GREATER,
    FP_B_LESS_EQUAL,
    FP_B_GREATER_EQUAL,
    FP_B_UNION,
    FP_B_ADD,
    FP_B_SUBTRACT,
    FP_B_CONCAT,
    FP_B_MULTIPLY,
    FP_B_DIVIDE,
    FP_B_DIV,
    FP_B_MOD,
    FP_N_BINARY
};

struct fp_binary_op {
    const char *text;
    uint8_t precedence;
    bool skips; /* the left operand alone may decide */
    fp_fn *fn;
};

extern const struct fp_binary_op fp_binary_ops[FP_N_BINARY];

/* Is it one of the System types of the language? The namespace may be left out. */
bool fp_is_system_type(const struct fp_type_name *t);

/* A calendar or UCUM unit of time: "day", "days", "d"; false when it is none. definite: its length
 * is fixed in UCUM too (a UCUM year is not a calendar year). */
bool fp_time_unit(struct str unit, bool calendar, enum temporal_unit *out);

/* The word of a calendar unit in the singular ("days" → "day"); STR_NULL when it is none. */
struct str fp_calendar_word(struct str word);

/* ---- the machine ---- */

/*
 * A growing set of values by equality, over those on the value stack from `first` on: hashed once
 * it is large. fp_set_add appends v unless it is there.
 */
struct fp_set {
    size_t first;
    uint32_t *slot; /* index + 1 into the values; NULL while small */
    size_t cap;     /* a power of two */
    uint8_t kind;   /* of value it is hashed by */
    bool mixed;     /* of several kinds: searched */
};

struct fp_frame {
    struct fp_set found; /* repeat() */
    uint8_t loop;        /* enum fp_loop, or FP_FRAME_IIF */
    bool has_this;
    struct fp_value this;
    size_t in;      /* first of the input */
    size_t end;     /* behind it */
    size_t i;       /* item in work */
    size_t out;     /* where(): behind the last one kept */
    size_t index;   /* $index */
    size_t total;   /* $total: first … */
    size_t n_total; /* … and how many */
    bool has_index;
    bool has_total;
};

#define FP_FRAME_IIF 100

struct fp_machine {
    const struct fp_expr *x;
    const struct fp_env *env;
    const struct fp_limits *limits;
    struct arena *a;
    struct err *e;
    struct fp_value *v; /* the value stack; old blocks stay readable when it grows */
    size_t n;
    size_t cap;
    uint32_t *mark;
    size_t n_marks;
    struct fp_frame *frame; /* frame[n_frames - 1] is open; frame[0] is the whole expression */
    size_t n_frames;
    size_t pc;
    uint64_t steps; /* left */
    struct doc_node context;
};

/* Count work; RC_LIMIT FP-204 when the budget is used up. */
enum rc fp_spend(struct fp_machine *m, size_t n) ZS_CHECK;

/* Set an error at an instruction's place. */
#define fp_fail(m, ins, code, id, ...) err_set_at((m)->e, (code), (id), (ins)->pos, __VA_ARGS__)

/* Push a value onto the open collection. */
enum rc fp_push_slow(struct fp_machine *m, const struct fp_value *v) ZS_CHECK;

ZS_CHECK static inline enum rc fp_push(struct fp_machine *m, const struct fp_value *v)
{
    if (m->n == m->cap)
        return fp_push_slow(m, v);
    m->v[m->n++] = *v;
    return RC_OK;
}

/* Open a new, empty collection on top. */
static inline void fp_open(struct fp_machine *m)
{
    m->mark[m->n_marks++] = (uint32_t)m->n;
}

/* Collection i from the top, 0 = the top one. Valid until the next push. */
static inline struct fp_coll fp_at(const struct fp_machine *m, size_t i)
{
    ZS_ASSERT(i < m->n_marks);
    size_t k = m->n_marks - 1 - i;
    size_t end = i == 0 ? m->n : m->mark[k + 1];
    return (struct fp_coll){ m->v + m->mark[k], end - m->mark[k] };
}

/* In a function: its input and its arguments (from 1). */
static inline struct fp_coll fp_input(const struct fp_machine *m, const struct fp_ins *i)
{
    return fp_at(m, i->argc);
}

static inline struct fp_coll fp_arg(const struct fp_machine *m, const struct fp_ins *i, size_t n)
{
    return fp_at(m, i->argc - n);
}

/* Replace the top k collections by nothing, one value, or the values from `first` to the top. */
void fp_drop(struct fp_machine *m, size_t k);
enum rc fp_give_empty(struct fp_machine *m, size_t k) ZS_CHECK;
enum rc fp_give(struct fp_machine *m, size_t k, const struct fp_value *v) ZS_CHECK;
enum rc fp_give_bool(struct fp_machine *m, size_t k, bool b) ZS_CHECK;
enum rc fp_give_str(struct fp_machine *m, size_t k, struct str s) ZS_CHECK;
enum rc fp_give_from(struct fp_machine *m, size_t k, size_t first) ZS_CHECK;

/* Functions return these: the input and all arguments replaced by the result. */
#define FP_ARITY(i) ((size_t)(i)->argc + 1)

/* ---- values ---- */

/*
 * A node's primitive as a System value, anything else as it is: a node that stays one has children.
 * *has is false for a node that is there without a value (null, or extensions only).
 */
enum rc fp_atom(struct fp_machine *m, const struct fp_value *v, struct fp_value *out,
                bool *has) ZS_CHECK;

/*
 * The atom of a collection of at most one: FP-101 for several; *has is false for none, and for one
 * without a value. what: "the left operand", for the message.
 */
enum rc fp_single(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c, const char *what,
                  struct fp_value *out, bool *has) ZS_CHECK;

/* The same as a string, an integer, a boolean: FP-103 for another type. */
enum rc fp_single_str(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                      const char *what, struct str *out, bool *has) ZS_CHECK;
enum rc fp_single_int(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                      const char *what, int64_t *out, bool *has) ZS_CHECK;

/* Singleton evaluation as a condition (N1 4.5). */
enum rc fp_truth_of(struct fp_machine *m, const struct fp_ins *i, struct fp_coll c,
                    const char *what, enum fp_truth *out) ZS_CHECK;

/*
 * Make two atoms of one type where an implicit conversion does it: Integer to Decimal, and the
 * document's text to what it stands beside (see enum fp_origin).
 */
void fp_unify(struct fp_value *a, struct fp_value *b);

/* Numbers: decimal of an integer or a decimal; false for others. */
bool fp_number(const struct fp_value *v, struct decimal *out);

enum fp_truth fp_equal(struct fp_machine *m, const struct fp_value *a, const struct fp_value *b,
                       enum rc *rc);
bool fp_equivalent(struct fp_machine *m, const struct fp_value *a, const struct fp_value *b,
                   enum rc *rc);

/* Equality of whole collections in order. */
enum fp_truth fp_equal_all(struct fp_machine *m, struct fp_coll a, struct fp_coll b, enum rc *rc);

/* Order of two atoms: <0, 0, >0 when *known. FP-102 for types that have none. */
enum rc fp_order(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *a,
                 const struct fp_value *b, int *order, bool *known) ZS_CHECK;

/* left operator right, of two atoms; *has is false where the result is empty. FP-102. */
enum rc fp_arith(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *left,
                 const struct fp_value *right, struct fp_value *out, bool *has) ZS_CHECK;

/* [a][b] → their union; the operator | and the function union(). */
fp_fn fp_op_union;

/* Does one of the collection equal v? */
enum rc fp_contains(struct fp_machine *m, struct fp_coll c, const struct fp_value *v,
                    bool *found) ZS_CHECK;

void fp_set_init(struct fp_set *s, size_t first);
enum rc fp_set_add(struct fp_machine *m, struct fp_set *s, const struct fp_value *v,
                   bool *added) ZS_CHECK;

/* A string in the arena from a buffer over it; FP-205 over the limit. */
enum rc fp_buf_str(struct fp_machine *m, const struct fp_ins *i, const struct buf *b,
                   struct str *out) ZS_CHECK;
void fp_buf_init(struct fp_machine *m, struct buf *b);

/*
 * The values of two quantities in a common unit; false when they have none (that is known here: the
 * same unit, or units of time that convert).
 */
bool fp_quantity_common(const struct fp_quantity *a, const struct fp_quantity *b, struct decimal *x,
                        struct decimal *y);

/* An element shaped like a FHIR Quantity as one; *is tells. */
enum rc fp_quantity_of_node(struct fp_machine *m, struct doc_node n, struct fp_quantity *out,
                            bool *is) ZS_CHECK;

/* A quantity in the arena. */
enum rc fp_make_quantity(struct fp_machine *m, const struct fp_quantity *q,
                         struct fp_value *out) ZS_CHECK;

/* Is v of this type? System types, the model's, and what the document itself says. */
enum rc fp_is_type(struct fp_machine *m, const struct fp_value *v, const struct fp_type_name *t,
                   bool *out) ZS_CHECK;

/* The most specific type known of v. */
enum rc fp_type_of(struct fp_machine *m, const struct fp_value *v,
                   struct fp_type_name *out) ZS_CHECK;

/* Children of a node by name (empty: any) appended to the open collection. */
enum rc fp_push_children(struct fp_machine *m, const struct fp_value *v, struct str name) ZS_CHECK;

/* Loops and iif(): their opcodes (loop.c). */
fp_fn fp_op_loop, fp_op_fold, fp_op_next, fp_op_iif, fp_op_iif_test, fp_op_iif_end;

/* "4 days", "4 'mg'", "4" as toQuantity() takes it. */
bool fp_parse_quantity(struct str s, struct fp_quantity *out);

/* ---- regular expressions ---- */

/* Compile for the length of the arena; RC_VALUE with text and pos in the pattern. */
enum rc fp_regex_compile(struct str pattern, struct arena *a, struct fp_regex **out,
                         struct err *e) ZS_CHECK;

/* Does it match somewhere (full: all of it)? RC_LIMIT FP-206 when it takes too long. */
enum rc fp_regex_match(const struct fp_regex *r, struct str s, bool full, struct arena *a,
                       bool *out, struct err *e) ZS_CHECK;

/* Every match replaced by `with` ($1 … and ${name} stand for groups). */
enum rc fp_regex_replace(const struct fp_regex *r, struct str s, struct str with, size_t max,
                         struct arena *a, struct str *out, struct err *e) ZS_CHECK;

#endif
