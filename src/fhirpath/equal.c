/*
 * Equality, equivalence and order of values (FHIRPath N1 6.1, 6.2), and membership by equality.
 *
 * Elements with children are compared by walking both at once with a stack of our own: each child
 * of the one against the next child of the same name of the other. Tests: ops_test.c
 */
#include "fhirpath/fp_int.h"

#include "fhirpath/unicase.h"

#include "base/utf8.h"

#define WALK_FIRST 8

/* ---- elements ---- */

struct pair {
    struct doc_node a;
    struct doc_node b;
    struct doc_iter in_a; /* over all children */
    struct doc_iter in_b; /* over those of the name in work */
    struct str name;
};

struct pairs {
    struct pair *v;
    size_t n;
    size_t cap;
};

static size_t count_children(struct doc_node n)
{
    struct doc_iter it;
    struct doc_node child;
    size_t count = 0;
    doc_iter_begin(&it);
    while (n.ops->child(n, STR_NULL, &it, &child))
        count++;
    return count;
}

static enum rc open_pair(struct fp_machine *m, struct pairs *s, struct doc_node a,
                         struct doc_node b)
{
    if (s->n == m->limits->depth)
        return err_set(m->e, RC_LIMIT, "FP-202", "the compared elements are nested too deeply");
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : WALK_FIRST;
        struct pair *p = arena_grow(m->a, s->v, s->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return err_set(m->e, RC_NOMEM, "FP-207", "no memory to compare elements");
        s->v = p;
        s->cap = cap;
    }
    struct pair *p = &s->v[s->n++];
    p->a = a;
    p->b = b;
    p->name = STR_NULL;
    doc_iter_begin(&p->in_a);
    return RC_OK;
}

/* The next child of p->a and its counterpart in p->b. done: there is none; false: b lacks it. */
static bool next_children(struct pair *p, struct doc_node *a, struct doc_node *b, bool *done)
{
    *done = !p->a.ops->child(p->a, STR_NULL, &p->in_a, a);
    if (*done)
        return true;
    struct str name = a->ops->name(*a);
    if (str_is_null(p->name) || !str_eq(name, p->name)) {
        p->name = name;
        doc_iter_begin(&p->in_b);
    }
    return p->b.ops->child(p->b, name, &p->in_b, b);
}

typedef enum fp_truth leaf_fn(struct fp_machine *m, const struct fp_value *a,
                              const struct fp_value *b, enum rc *rc);

/* Two children: leaves are judged at once, elements wait on the stack. */
static enum fp_truth judge(struct fp_machine *m, struct pairs *s, struct doc_node a,
                           struct doc_node b, leaf_fn *leaf, enum rc *rc)
{
    struct fp_value x = fp_node(a), y = fp_node(b), xa, ya;
    bool has_x = false, has_y = false;
    *rc = fp_atom(m, &x, &xa, &has_x);
    if (*rc == RC_OK)
        *rc = fp_atom(m, &y, &ya, &has_y);
    if (*rc != RC_OK)
        return FP_UNKNOWN;
    bool deep_x = !has_x || xa.type == FP_NODE, deep_y = !has_y || ya.type == FP_NODE;
    if (deep_x != deep_y)
        return FP_FALSE;
    if (!deep_x)
        return leaf(m, &xa, &ya, rc);
    if (has_x != has_y || count_children(a) != count_children(b))
        return FP_FALSE;
    *rc = open_pair(m, s, a, b);
    return FP_TRUE;
}

static enum fp_truth deep_equal(struct fp_machine *m, struct doc_node a, struct doc_node b,
                                leaf_fn *leaf, enum rc *rc)
{
    if (doc_same(a, b) && a.ops == b.ops)
        return FP_TRUE;
    struct pairs s = { 0 };
    struct arena_mark mark = arena_mark(m->a);
    enum fp_truth t = judge(m, &s, a, b, leaf, rc);
    while (*rc == RC_OK && t == FP_TRUE && s.n > 0) {
        struct doc_node x, y;
        bool done = false;
        if (!next_children(&s.v[s.n - 1], &x, &y, &done)) {
            t = FP_FALSE;
        } else if (done) {
            s.n--;
        } else {
            *rc = fp_spend(m, 1);
            if (*rc == RC_OK)
                t = judge(m, &s, x, y, leaf, rc);
        }
    }
    arena_rewind(m->a, mark);
    return t;
}

/* ---- equality ---- */

static enum fp_truth truth(bool b)
{
    return b ? FP_TRUE : FP_FALSE;
}

static enum fp_truth temporal_equal(const struct temporal *a, const struct temporal *b)
{
    if ((a->kind == TEMPORAL_TIME) != (b->kind == TEMPORAL_TIME))
        return FP_FALSE;
    enum temporal_order o = temporal_cmp(a, b);
    return o == TEMPORAL_UNKNOWN ? FP_UNKNOWN : truth(o == TEMPORAL_EQUAL);
}

static enum fp_truth quantity_equal(const struct fp_quantity *a, const struct fp_quantity *b)
{
    struct decimal x, y;
    return fp_quantity_common(a, b, &x, &y) ? truth(decimal_cmp(&x, &y) == 0) : FP_UNKNOWN;
}

/* A number is a quantity of unit 1. */
static void number_to_quantity(struct fp_value *v, struct fp_quantity *store)
{
    if (fp_number(v, &store->value)) {
        store->unit = STR("1");
        store->calendar = false;
        *v = (struct fp_value){ .type = FP_QUANTITY, .u.quantity = store };
    }
}

static enum fp_truth same_type_equal(const struct fp_value *a, const struct fp_value *b)
{
    switch ((enum fp_type)a->type) {
    case FP_BOOLEAN: return truth(a->u.boolean == b->u.boolean);
    case FP_INTEGER: return truth(a->u.integer == b->u.integer);
    case FP_DECIMAL: return truth(decimal_cmp(&a->u.decimal, &b->u.decimal) == 0);
    case FP_STRING: return truth(str_eq(a->u.string, b->u.string));
    case FP_TEMPORAL: return temporal_equal(&a->u.temporal, &b->u.temporal);
    case FP_QUANTITY: return quantity_equal(a->u.quantity, b->u.quantity);
    case FP_TYPE_INFO:
        return truth(str_eq(a->u.info->space, b->u.info->space) &&
                     str_eq(a->u.info->name, b->u.info->name));
    case FP_NODE: break;
    }
    return FP_FALSE;
}

static enum fp_truth leaf_equal(struct fp_machine *m, const struct fp_value *a,
                                const struct fp_value *b, enum rc *rc)
{
    struct fp_value x = *a, y = *b;
    struct fp_quantity qx, qy;
    (void)m; /* the signature is the walk's */
    *rc = RC_OK;
    fp_unify(&x, &y);
    if (x.type == FP_QUANTITY)
        number_to_quantity(&y, &qy);
    else if (y.type == FP_QUANTITY)
        number_to_quantity(&x, &qx);
    return x.type == y.type ? same_type_equal(&x, &y) : FP_FALSE;
}

/* An element against a quantity: where it is shaped like one. */
static enum rc element_as_quantity(struct fp_machine *m, struct fp_value *v,
                                   const struct fp_value *other, struct fp_quantity *store)
{
    bool is = false;
    if (v->type != FP_NODE || other->type != FP_QUANTITY)
        return RC_OK;
    enum rc rc = fp_quantity_of_node(m, v->u.node, store, &is);
    if (rc == RC_OK && is)
        *v = (struct fp_value){ .type = FP_QUANTITY, .u.quantity = store };
    return rc;
}

static enum fp_truth compare(struct fp_machine *m, const struct fp_value *a,
                             const struct fp_value *b, leaf_fn *leaf, enum rc *rc)
{
    struct fp_value x, y;
    struct fp_quantity qx, qy;
    bool has_x = false, has_y = false;
    *rc = fp_atom(m, a, &x, &has_x);
    if (*rc == RC_OK)
        *rc = fp_atom(m, b, &y, &has_y);
    if (*rc == RC_OK && has_x && has_y)
        *rc = element_as_quantity(m, &x, &y, &qx);
    if (*rc == RC_OK && has_x && has_y)
        *rc = element_as_quantity(m, &y, &x, &qy);
    if (*rc != RC_OK)
        return FP_UNKNOWN;
    bool deep_x = !has_x || x.type == FP_NODE, deep_y = !has_y || y.type == FP_NODE;
    if (deep_x && deep_y)
        return deep_equal(m, a->u.node, b->u.node, leaf, rc);
    return deep_x == deep_y ? leaf(m, &x, &y, rc) : FP_FALSE;
}

enum fp_truth fp_equal(struct fp_machine *m, const struct fp_value *a, const struct fp_value *b,
                       enum rc *rc)
{
    return compare(m, a, b, leaf_equal, rc);
}

enum fp_truth fp_equal_all(struct fp_machine *m, struct fp_coll a, struct fp_coll b, enum rc *rc)
{
    *rc = RC_OK;
    if (a.n != b.n)
        return FP_FALSE;
    enum fp_truth all = FP_TRUE;
    for (size_t i = 0; *rc == RC_OK && i < a.n && all != FP_FALSE; i++) {
        enum fp_truth t = fp_equal(m, &a.v[i], &b.v[i], rc);
        if (t != FP_TRUE)
            all = t;
    }
    return all;
}

/* ---- equivalence ---- */

/* The next character of s: folded, white space of any kind and length as one space, none at the
 * ends. 0 at the end. */
static uint32_t folded(struct str s, size_t *pos)
{
    size_t start = *pos;
    while (*pos < s.n && strchr(" \t\r\n\f\v", s.p[*pos]) && s.p[*pos] != '\0')
        (*pos)++;
    if (*pos >= s.n)
        return 0;
    if (*pos > start && start > 0)
        return ' ';
    return unicase_lower(utf8_next(s, pos));
}

static bool text_equivalent(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        uint32_t x = folded(a, &i), y = folded(b, &j);
        if (x != y)
            return false;
        if (x == 0)
            return i >= a.n && j >= b.n;
    }
}

/* To the precision of the less precise one, trailing zeros not counted. */
static bool decimal_equivalent(struct decimal a, struct decimal b)
{
    decimal_trim(&a);
    decimal_trim(&b);
    unsigned scale = a.scale < b.scale ? a.scale : b.scale;
    decimal_round(&a, scale, DECIMAL_HALF_UP);
    decimal_round(&b, scale, DECIMAL_HALF_UP);
    return decimal_cmp(&a, &b) == 0;
}

static enum fp_truth leaf_equivalent(struct fp_machine *m, const struct fp_value *a,
                                     const struct fp_value *b, enum rc *rc)
{
    struct fp_value x = *a, y = *b;
    struct decimal u, v;
    *rc = RC_OK;
    fp_unify(&x, &y);
    if (x.type == FP_STRING && y.type == FP_STRING)
        return truth(text_equivalent(x.u.string, y.u.string));
    if (x.type == FP_DECIMAL && y.type == FP_DECIMAL)
        return truth(decimal_equivalent(x.u.decimal, y.u.decimal));
    if (x.type == FP_QUANTITY && y.type == FP_QUANTITY &&
        fp_quantity_common(x.u.quantity, y.u.quantity, &u, &v))
        return truth(decimal_equivalent(u, v));
    return truth(leaf_equal(m, &x, &y, rc) == FP_TRUE);
}

bool fp_equivalent(struct fp_machine *m, const struct fp_value *a, const struct fp_value *b,
                   enum rc *rc)
{
    return compare(m, a, b, leaf_equivalent, rc) == FP_TRUE;
}

/* ---- order ---- */

static enum rc temporal_order(struct fp_machine *m, const struct fp_ins *i,
                              const struct temporal *a, const struct temporal *b, int *order,
                              bool *known)
{
    if ((a->kind == TEMPORAL_TIME) != (b->kind == TEMPORAL_TIME))
        return fp_fail(m, i, RC_VALUE, "FP-102", "a time of day has no order with a date");
    enum temporal_order o = temporal_cmp(a, b);
    *known = o != TEMPORAL_UNKNOWN;
    *order = (int)o;
    return RC_OK;
}

static enum rc order_same(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *a,
                          const struct fp_value *b, int *order, bool *known)
{
    struct decimal x, y;
    *known = true;
    switch ((enum fp_type)a->type) {
    case FP_INTEGER: *order = a->u.integer < b->u.integer ? -1 : a->u.integer > b->u.integer; break;
    case FP_DECIMAL: *order = decimal_cmp(&a->u.decimal, &b->u.decimal); break;
    case FP_STRING: *order = str_cmp(a->u.string, b->u.string); break;
    case FP_TEMPORAL: return temporal_order(m, i, &a->u.temporal, &b->u.temporal, order, known);
    case FP_QUANTITY:
        *known = fp_quantity_common(a->u.quantity, b->u.quantity, &x, &y);
        *order = *known ? decimal_cmp(&x, &y) : 0;
        break;
    case FP_BOOLEAN:
    case FP_TYPE_INFO:
    case FP_NODE:
        return fp_fail(m, i, RC_VALUE, "FP-102", "values of type %s have no order",
                       fp_value_type_name(a));
    }
    return RC_OK;
}

/* Text of the document that is not of the other side's type is no error of the expression: the
 * order is not known. */
static bool unreadable(const struct fp_value *s, const struct fp_value *other)
{
    return s->type == FP_STRING && (s->origin == FP_FROM_TEXT ||
                                    (s->origin == FP_FROM_STRING && other->type == FP_TEMPORAL));
}

enum rc fp_order(struct fp_machine *m, const struct fp_ins *i, const struct fp_value *a,
                 const struct fp_value *b, int *order, bool *known)
{
    struct fp_value x = *a, y = *b;
    struct fp_quantity qx, qy;
    enum rc rc = element_as_quantity(m, &x, &y, &qx);
    if (rc == RC_OK)
        rc = element_as_quantity(m, &y, &x, &qy);
    if (rc != RC_OK)
        return rc;
    fp_unify(&x, &y);
    if (x.type == FP_QUANTITY)
        number_to_quantity(&y, &qy);
    else if (y.type == FP_QUANTITY)
        number_to_quantity(&x, &qx);
    if (x.type == y.type)
        return order_same(m, i, &x, &y, order, known);
    *known = false;
    if (unreadable(&x, &y) || unreadable(&y, &x))
        return RC_OK;
    return fp_fail(m, i, RC_VALUE, "FP-102", "%s and %s have no order", fp_value_type_name(&x),
                   fp_value_type_name(&y));
}

/* ---- membership ---- */

enum rc fp_contains(struct fp_machine *m, struct fp_coll c, const struct fp_value *v, bool *found)
{
    enum rc rc = fp_spend(m, c.n);
    *found = false;
    for (size_t i = 0; rc == RC_OK && i < c.n && !*found; i++)
        *found = fp_equal(m, &c.v[i], v, &rc) == FP_TRUE;
    return rc;
}
