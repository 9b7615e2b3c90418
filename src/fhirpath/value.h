/*
 * What an expression computes with: a value is a System primitive of FHIRPath or a node of a
 * document; a collection is a run of values.
 *
 * A value is 32 bytes, handed around by value, and owns nothing: text and quantities lie in the
 * arena of the evaluation, of the compiled expression, or in the document.
 */
#ifndef ZS_FHIRPATH_VALUE_H
#define ZS_FHIRPATH_VALUE_H

#include "fhirpath/decimal.h"
#include "fhirpath/doc.h"
#include "fhirpath/temporal.h"

enum fp_type {
    FP_NODE = 0, /* a document's node; primitives among them become System values when used */
    FP_BOOLEAN,
    FP_INTEGER,
    FP_DECIMAL,
    FP_STRING,
    FP_TEMPORAL, /* Date, DateTime or Time: u.temporal.kind */
    FP_QUANTITY,
    FP_TYPE_INFO /* what type() gives */
};

/* A number with a unit. A calendar unit written as a word (4 days) is not a UCUM unit (4 'd'). */
struct fp_quantity {
    struct decimal value;
    struct str unit; /* UCUM code, "1" for none; or the calendar word in the singular */
    bool calendar;
};

/* A type as `is`, `as` and ofType() name it; space (the namespace) may be empty. */
struct fp_type_name {
    struct str space;
    struct str name;
};

/* How far a string may be taken for something else, by where it came from. */
enum fp_origin {
    FP_LITERAL = 0, /* a string of the expression or computed: a string */
    FP_FROM_STRING, /* the document's string: also a date or time where one is compared with it */
    FP_FROM_TEXT    /* untyped text: also a number or a boolean */
};

struct fp_value {
    uint8_t type;        /* enum fp_type */
    uint8_t origin;      /* FP_STRING: enum fp_origin */
    uint32_t model_type; /* FP_NODE: the model's type, 0 = unknown (model.h) */
    union {
        struct doc_node node;
        bool boolean;
        int64_t integer;
        struct decimal decimal;
        struct str string;
        struct temporal temporal;
        const struct fp_quantity *quantity;
        const struct fp_type_name *info;
    } u;
};

struct fp_coll {
    const struct fp_value *v;
    size_t n;
};

static inline struct fp_value fp_bool(bool b)
{
    return (struct fp_value){ .type = FP_BOOLEAN, .u.boolean = b };
}

static inline struct fp_value fp_int(int64_t i)
{
    return (struct fp_value){ .type = FP_INTEGER, .u.integer = i };
}

static inline struct fp_value fp_dec(struct decimal d)
{
    return (struct fp_value){ .type = FP_DECIMAL, .u.decimal = d };
}

static inline struct fp_value fp_str(struct str s)
{
    return (struct fp_value){ .type = FP_STRING, .u.string = s };
}

static inline struct fp_value fp_node(struct doc_node n)
{
    return (struct fp_value){ .type = FP_NODE, .u.node = n };
}

/*
 * The text of a value as toString() gives it; a node's primitive as the document has it.
 * RC_VALUE  FP-104: a node without a value of its own
 * RC_NOMEM  the arena
 */
enum rc fp_value_text(const struct fp_value *v, struct arena *a, struct str *out,
                      struct err *e) ZS_CHECK;

/* "String", "Date", "Quantity" … for messages; "element" for a document's node. */
const char *fp_value_type_name(const struct fp_value *v);

#endif
