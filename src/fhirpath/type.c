/*
 * Types by name: is, as, ofType(), type(). System types are the language's own; what else there is
 * comes from the model or, without one, from what the document says of a node itself.
 * Tests: eval_test.c
 */
#include "fhirpath/fp_int.h"

static const char *const system_types[] = { "Any",     "Boolean",  "Date",   "DateTime", "Decimal",
                                            "Integer", "Quantity", "String", "Time" };

static const char *system_name(const struct fp_value *v)
{
    return v->type == FP_NODE || v->type == FP_TYPE_INFO ? NULL : fp_value_type_name(v);
}

bool fp_is_system_type(const struct fp_type_name *t)
{
    if (t->space.n && !str_eqz(t->space, "System"))
        return false;
    for (size_t i = 0; i < ZS_COUNT(system_types); i++)
        if (str_eqz(t->name, system_types[i]))
            return true;
    return false;
}

/* A System value by name; without a namespace too. */
static bool is_system(const char *name, const struct fp_type_name *t)
{
    if (t->space.n && !str_eqz(t->space, "System"))
        return false;
    return str_eqz(t->name, name) || str_eqz(t->name, "Any");
}

/*
 * A document's node. With a model its word counts. Without one, a node is what it calls itself
 * (Patient), and a primitive is also what its own kind says: the JSON number 5 is an Integer.
 */
static enum rc node_is(struct fp_machine *m, const struct fp_value *v, const struct fp_type_name *t,
                       bool *out)
{
    const struct fp_model *model = m->x->model;
    struct fp_value atom;
    bool has = false;
    *out = false;
    if (model && v->model_type) {
        *out = (t->space.n == 0 || str_eqz(t->space, model->space)) &&
               model->is(model, v->model_type, t);
        return RC_OK;
    }
    struct str own = v->u.node.ops->type_name(v->u.node);
    if (own.n) {
        *out = !str_eqz(t->space, "System") && str_eq(own, t->name);
        return RC_OK;
    }
    enum rc rc = fp_atom(m, v, &atom, &has);
    if (rc == RC_OK && has && atom.type != FP_NODE)
        *out = is_system(system_name(&atom), t);
    return rc;
}

enum rc fp_is_type(struct fp_machine *m, const struct fp_value *v, const struct fp_type_name *t,
                   bool *out)
{
    if (v->type == FP_NODE)
        return node_is(m, v, t, out);
    const char *name = system_name(v);
    *out = name && is_system(name, t);
    return RC_OK;
}

enum rc fp_type_of(struct fp_machine *m, const struct fp_value *v, struct fp_type_name *out)
{
    const struct fp_model *model = m->x->model;
    struct fp_value atom;
    bool has = false;
    if (v->type == FP_NODE && model && v->model_type) {
        *out = (struct fp_type_name){ str_z(model->space), model->name(model, v->model_type) };
        return RC_OK;
    }
    if (v->type == FP_NODE) {
        struct str own = v->u.node.ops->type_name(v->u.node);
        if (own.n) {
            *out = (struct fp_type_name){ STR_NULL, own };
            return RC_OK;
        }
    }
    enum rc rc = fp_atom(m, v, &atom, &has);
    if (rc != RC_OK)
        return rc;
    const char *name = has ? system_name(&atom) : NULL;
    *out = name ? (struct fp_type_name){ STR("System"), str_z(name) }
                : (struct fp_type_name){ STR_NULL, STR("Element") };
    return RC_OK;
}
