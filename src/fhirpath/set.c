/*
 * Sets by equality. Small ones are searched; large ones of one kind of value (all strings, all
 * numbers, all elements) are hashed. Equality is not transitive across kinds (the text 5 equals the
 * number 5 and the string '5', which are not equal), so a large set of mixed kinds is searched, and
 * the budget of steps bounds that. Tests: eval_test.c
 */
#include "fhirpath/fp_int.h"

#include "base/hash.h"

#define SMALL 16

enum kind { KIND_NONE = 0, KIND_STRING, KIND_NUMBER, KIND_ELEMENT, KIND_OTHER };

void fp_set_init(struct fp_set *s, size_t first)
{
    *s = (struct fp_set){ .first = first };
}

static uint64_t hash_text(struct str s)
{
    static const struct hash_key key = { { 0 } };
    return hash_sip64(&key, s);
}

static uint64_t hash_number(struct decimal d)
{
    decimal_trim(&d);
    return (d.lo ^ (d.hi << 7) ^ ((uint64_t)d.scale << 57)) * UINT64_C(0x9E3779B97F4A7C15) + d.neg;
}

/* The same for equal elements: the names of the children and the text of those that are strings, in
 * any order of names. */
static enum rc hash_element(struct fp_machine *m, struct doc_node n, uint64_t *out)
{
    struct doc_iter it;
    struct doc_node child;
    enum rc rc = RC_OK;
    uint64_t sum = 0;
    doc_iter_begin(&it);
    while (rc == RC_OK && n.ops->child(n, STR_NULL, &it, &child)) {
        struct doc_prim prim;
        rc = child.ops->prim(child, m->a, &prim, m->e);
        bool text = prim.kind == DOC_STRING || prim.kind == DOC_TEXT;
        if (rc == RC_OK)
            sum += hash_text(child.ops->name(child)) ^ (text ? hash_text(prim.text) : 0);
    }
    *out = sum;
    return rc;
}

static enum rc hash_value(struct fp_machine *m, const struct fp_value *v, enum kind *kind,
                          uint64_t *out)
{
    struct fp_value atom;
    struct decimal d;
    bool has = false;
    enum rc rc = fp_atom(m, v, &atom, &has);
    if (rc != RC_OK)
        return rc;
    *kind = KIND_OTHER;
    *out = 0;
    if (!has)
        return RC_OK;
    if (atom.type == FP_STRING) {
        *kind = KIND_STRING;
        *out = hash_text(atom.u.string);
    } else if (fp_number(&atom, &d)) {
        *kind = KIND_NUMBER;
        *out = hash_number(d);
    } else if (atom.type == FP_NODE) {
        *kind = KIND_ELEMENT;
        rc = hash_element(m, atom.u.node, out);
    }
    return rc;
}

static size_t find_slot(const struct fp_set *s, uint64_t hash)
{
    return (size_t)(hash & (s->cap - 1));
}

/* Build a table of twice the size from what is there; a mixed set gives up hashing. */
static enum rc rehash(struct fp_machine *m, struct fp_set *s, size_t n)
{
    size_t cap = s->cap ? s->cap * 2 : (size_t)SMALL * 4;
    uint32_t *slot = arena_zero(m->a, cap * sizeof *slot);
    enum kind kind = KIND_NONE;
    if (!slot)
        return err_set(m->e, RC_NOMEM, "FP-207", "no memory for a set of values");
    s->slot = slot;
    s->cap = cap;
    for (size_t i = 0; i < n; i++) {
        uint64_t hash = 0;
        enum kind k = KIND_NONE;
        enum rc rc = hash_value(m, &m->v[s->first + i], &k, &hash);
        if (rc != RC_OK)
            return rc;
        if (k == KIND_OTHER || (kind != KIND_NONE && k != kind)) {
            s->mixed = true;
            return RC_OK;
        }
        kind = k;
        size_t at = find_slot(s, hash);
        while (slot[at])
            at = (at + 1) & (cap - 1);
        slot[at] = (uint32_t)i + 1;
    }
    s->kind = (uint8_t)kind;
    return RC_OK;
}

/* Where it is, or the empty slot where it would be. */
static enum rc probe(struct fp_machine *m, const struct fp_set *s, const struct fp_value *v,
                     uint64_t hash, size_t *at, bool *found)
{
    enum rc rc = RC_OK;
    *found = false;
    for (*at = find_slot(s, hash); rc == RC_OK && s->slot[*at]; *at = (*at + 1) & (s->cap - 1)) {
        rc = fp_spend(m, 1);
        if (rc == RC_OK)
            *found = fp_equal(m, &m->v[s->first + s->slot[*at] - 1], v, &rc) == FP_TRUE;
        if (*found)
            break;
    }
    return rc;
}

static enum rc add_hashed(struct fp_machine *m, struct fp_set *s, const struct fp_value *v,
                          size_t n, bool *added, bool *mixed)
{
    uint64_t hash = 0;
    enum kind kind = KIND_NONE;
    size_t at = 0;
    bool found = false;
    enum rc rc = hash_value(m, v, &kind, &hash);
    *mixed = kind != (enum kind)s->kind;
    if (rc != RC_OK || *mixed)
        return rc;
    rc = probe(m, s, v, hash, &at, &found);
    *added = !found;
    if (rc != RC_OK || found)
        return rc;
    s->slot[at] = (uint32_t)n + 1;
    return fp_push(m, v);
}

enum rc fp_set_add(struct fp_machine *m, struct fp_set *s, const struct fp_value *v, bool *added)
{
    struct fp_value kept = *v; /* v may lie in the stack */
    size_t n = m->n - s->first;
    enum rc rc = RC_OK;
    if (n >= SMALL && !s->mixed && n >= s->cap / 2)
        rc = rehash(m, s, n);
    if (rc == RC_OK && s->slot && !s->mixed) {
        rc = add_hashed(m, s, &kept, n, added, &s->mixed);
        if (rc != RC_OK || !s->mixed)
            return rc;
    }
    if (rc != RC_OK)
        return rc;
    bool found = false;
    rc = fp_contains(m, (struct fp_coll){ m->v + s->first, n }, &kept, &found);
    *added = rc == RC_OK && !found;
    return *added ? fp_push(m, &kept) : rc;
}
