/*
 * The type-information hook: what an expression can know about the types of a document's nodes
 * beyond what the document says itself. The R4 definitions table is one; without a model
 * everything works that needs none (names are taken as written).
 *
 * Types are small numbers of the model; 0 means "not known", and what follows an unknown one is
 * unknown. The evaluator carries the number with each node, so that a step costs one call.
 *
 * Thread  any; const.
 */
#ifndef ZS_FHIRPATH_MODEL_H
#define ZS_FHIRPATH_MODEL_H

#include "fhirpath/value.h"

struct fp_model {
    const char *space; /* "FHIR": the namespace of its types */

    /* The type of a document's root, or of any node that names its type itself; 0 if unknown. */
    uint32_t (*type_of)(const struct fp_model *m, struct doc_node n);

    /*
     * The next child of n called `name` (empty: any), where n is of type `type` (never 0): as
     * ops->child, with the child's type. It turns `value` into valueQuantity where the definitions
     * say value[x].
     */
    bool (*child)(const struct fp_model *m, struct doc_node n, uint32_t type, struct str name,
                  struct doc_iter *it, struct doc_node *out, uint32_t *out_type);

    /* Is `type` the named one, or one that specialises it? */
    bool (*is)(const struct fp_model *m, uint32_t type, const struct fp_type_name *name);

    /* Is there such a type at all? Asked when an expression is compiled. */
    bool (*has)(const struct fp_model *m, const struct fp_type_name *name);

    struct str (*name)(const struct fp_model *m, uint32_t type);

    /*
     * The System value of a primitive node (a FHIR.date is a Date). RC_MISSING lets the document's
     * own kind decide.
     */
    enum rc (*value)(const struct fp_model *m, uint32_t type, const struct doc_prim *prim,
                     struct fp_value *out);
};

#endif
