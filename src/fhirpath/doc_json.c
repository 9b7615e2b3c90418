/*
 * JSON behind the document interface.
 *
 * A node is {value, member}: p is the JSON value, w the member it was reached through (0 for the
 * root). Members of an object form a ring (json.h), so from a member its siblings can be found
 * without the object: `_x` is looked up only when somebody asks for what it holds.
 * Tests: eval_test.c
 */
#include "fhirpath/doc_json.h"

#include "json/path.h"

static const struct json *value(struct doc_node n)
{
    return n.p;
}

static const struct json *member(struct doc_node n)
{
    return (const struct json *)(uintptr_t)n.w;
}

static struct doc_node node(const struct json *v, const struct json *through)
{
    return (struct doc_node){ &doc_json_ops, v, (uintptr_t)through };
}

struct doc_node doc_json(const struct json *doc)
{
    return node(doc, NULL);
}

const struct json *doc_json_value(struct doc_node n)
{
    return n.ops == &doc_json_ops ? value(n) : NULL;
}

/* ---- x and _x ---- */

static bool is_shadow_object(const struct json *v)
{
    if (!json_is(v, JSON_OBJECT) || json_count(v) == 0)
        return false;
    JSON_EACH(m, v)
    {
        if (!str_eqz(json_name(m), "extension") && !str_eqz(json_name(m), "id"))
            return false;
    }
    return true;
}

/* Does this member hold what FHIR puts beside primitives: id and extensions, or a list of such?
 * Other names that begin with _ are ordinary ones. */
static bool is_shadow(const struct json *m)
{
    struct str name = json_name(m);
    if (name.n < 2 || name.p[0] != '_')
        return false;
    if (!json_is(m, JSON_ARRAY))
        return is_shadow_object(m);
    JSON_EACH(item, m)
    {
        if (!json_is(item, JSON_NULL) && !is_shadow_object(item))
            return false;
    }
    return json_count(m) > 0;
}

/* The shadow called `_name` among the siblings of m. */
static const struct json *shadow_beside(const struct json *m)
{
    struct str name = json_name(m);
    for (const struct json *s = m->next; s && s != m; s = s->next) {
        struct str other = json_name(s);
        if (other.n == name.n + 1 && other.p[0] == '_' && str_eq(str_from(other, 1), name))
            return is_shadow(s) ? s : NULL;
    }
    return NULL;
}

/* What `_x` holds for this very value: the object, or the item at the same place. */
static const struct json *shadow_of(struct doc_node n)
{
    const struct json *m = member(n), *s = m ? shadow_beside(m) : NULL;
    if (!s || json_is(s, JSON_OBJECT))
        return s;
    size_t at = 0;
    JSON_EACH(item, m)
    {
        if (item == value(n))
            return json_at(s, at);
        at++;
    }
    return NULL;
}

/* ---- reading ---- */

static enum doc_kind kind(struct doc_node n)
{
    static const enum doc_kind kinds[] = {
        [JSON_ABSENT] = DOC_NONE,   [JSON_NULL] = DOC_NULL,     [JSON_BOOL] = DOC_BOOL,
        [JSON_NUMBER] = DOC_NUMBER, [JSON_STRING] = DOC_STRING, [JSON_ARRAY] = DOC_OBJECT,
        [JSON_OBJECT] = DOC_OBJECT,
    };
    enum doc_kind k = kinds[json_type(value(n))];
    return k == DOC_OBJECT && member(n) && is_shadow(member(n)) ? DOC_NONE : k;
}

static enum rc prim(struct doc_node n, struct arena *a, struct doc_prim *out, struct err *e)
{
    (void)a; /* the reader has decoded everything */
    (void)e;
    out->kind = kind(n);
    out->b = json_bool_or(value(n), false);
    out->text = json_text(value(n));
    return RC_OK;
}

static struct str name(struct doc_node n)
{
    const struct json *m = member(n);
    struct str s = json_name(m);
    return m && is_shadow(m) ? str_from(s, 1) : s;
}

static struct str type_name(struct doc_node n)
{
    return json_is(value(n), JSON_OBJECT) ? json_text(json_getz(value(n), "resourceType"))
                                          : STR_NULL;
}

/* ---- walking ---- */

/*
 * Inside of an iterator: p the member in work, i its item reached last (a pointer), j whether the
 * walk has begun, space[0] the object whose members are walked, space[1] the item of the outermost
 * array that object is, space[2] the member entered last.
 */
static const struct json *pointer(uint64_t w)
{
    return (const struct json *)(uintptr_t)w;
}

/* null stands for nothing, unless extensions stand beside it. */
static bool is_there(struct doc_node n)
{
    return !json_is(value(n), JSON_NULL) || shadow_of(n) != NULL;
}

/* What the member in work (still) gives. */
static bool next_of_member(struct doc_iter *it, struct doc_node *out)
{
    const struct json *m = it->p, *item = pointer(it->i);
    if (!json_is(m, JSON_ARRAY)) {
        *out = node(m, m);
        it->p = NULL;
        return is_there(*out);
    }
    for (item = item ? json_next(m, item) : json_first(m); item; item = json_next(m, item)) {
        *out = node(item, m);
        if (!is_there(*out))
            continue;
        it->i = (uintptr_t)item;
        return true;
    }
    it->p = NULL;
    return false;
}

/* A member of that name, or its shadow where it stands alone. */
static const struct json *named(const struct json *obj, struct str want)
{
    const struct json *m = json_get(obj, want);
    if (m)
        return m;
    JSON_EACH(s, obj)
    {
        struct str n = json_name(s);
        if (str_starts(n, STR("_")) && str_eq(str_from(n, 1), want) && is_shadow(s))
            return s;
    }
    return NULL;
}

/* A shadow is a child of its own only where its primitive has no value. */
static bool counts(const struct json *obj, const struct json *m)
{
    return !is_shadow(m) || !json_get(obj, str_from(json_name(m), 1));
}

static const struct json *next_member(const struct json *obj, const struct json *m)
{
    for (m = m ? json_next(obj, m) : json_first(obj); m; m = json_next(obj, m))
        if (counts(obj, m))
            return m;
    return NULL;
}

/* Children of one object: all members, or those of one name. */
static bool next_in(const struct json *obj, struct str want, struct doc_iter *it,
                    struct doc_node *out)
{
    for (;;) {
        if (it->p && next_of_member(it, out))
            return true;
        const struct json *last = pointer(it->space[2]);
        const struct json *m = NULL;
        if (want.n == 0)
            m = next_member(obj, last);
        else if (!last)
            m = named(obj, want);
        if (!m)
            return false;
        it->p = m;
        it->i = 0;
        it->space[2] = (uintptr_t)m;
    }
}

/* The object whose members are children of n: itself, or what stands beside a primitive. */
static const struct json *object_of(struct doc_node n)
{
    return json_is(value(n), JSON_OBJECT) ? value(n) : shadow_of(n);
}

static void enter(struct doc_iter *it, const struct json *obj)
{
    it->p = NULL;
    it->i = 0;
    it->space[0] = (uintptr_t)obj;
    it->space[2] = 0;
}

/* An array reached as a value (a root, or inside another array): its items' children. */
static bool next_in_array(const struct json *array, struct str want, struct doc_iter *it,
                          struct doc_node *out)
{
    for (;;) {
        const struct json *obj = pointer(it->space[0]), *item = pointer(it->space[1]);
        if (obj && next_in(obj, want, it, out))
            return true;
        item = item ? json_next(array, item) : json_first(array);
        if (!item)
            return false;
        it->space[1] = (uintptr_t)item;
        enter(it, json_is(item, JSON_OBJECT) ? item : NULL);
    }
}

static bool child(struct doc_node n, struct str want, struct doc_iter *it, struct doc_node *out)
{
    bool array = json_is(value(n), JSON_ARRAY);
    if (!it->j) {
        it->j = 1;
        it->space[1] = 0;
        enter(it, array ? NULL : object_of(n));
    }
    if (array)
        return next_in_array(value(n), want, it, out);
    return it->space[0] && next_in(pointer(it->space[0]), want, it, out);
}

/* ---- native paths ---- */

struct native {
    bool is_pointer;
    struct str name; /* as a whole: a member of exactly this name comes first */
    struct json_path path;
};

static enum rc compile(struct str text, struct arena *a, const void **impl, struct err *e)
{
    bool is_pointer = text.n && text.p[0] == '/';
    if (!is_pointer && str_chr(text, '.', 0) == SIZE_MAX && str_chr(text, '[', 0) == SIZE_MAX)
        return err_set(e, RC_MISSING, "FP-011", "a plain name");
    struct native *p = arena_make(a, struct native, 1);
    if (!p)
        return err_set(e, RC_NOMEM, "FP-207", "no memory for a path");
    p->is_pointer = is_pointer;
    p->name = text;
    *impl = p;
    return is_pointer ? json_pointer_compile(text, a, &p->path, e)
                      : json_path_compile(text, a, &p->path, e);
}

/* The value the path leads to; an array as its items. */
static bool path(struct doc_node n, const struct doc_path *p, struct doc_iter *it,
                 struct doc_node *out)
{
    const struct native *native = p->impl;
    if (!it->j) {
        const struct json *v = native->is_pointer ? NULL : json_get(value(n), native->name);
        it->j = 1;
        it->p = v ? v : json_path_get(&native->path, value(n));
        if (!it->p)
            return false;
        if (!json_is(it->p, JSON_ARRAY)) {
            const struct json *found = it->p;
            it->p = NULL;
            *out = node(found, json_name(found).n ? found : NULL);
            return true;
        }
    }
    const struct json *array = it->p, *item = pointer(it->i);
    if (!array)
        return false;
    item = item ? json_next(array, item) : json_first(array);
    it->i = (uintptr_t)item;
    it->p = item ? array : NULL;
    if (item)
        *out = node(item, json_name(array).n ? array : NULL);
    return item != NULL;
}

const struct doc_syntax doc_json_syntax = { .name = "json", .compile = compile };

const struct doc_ops doc_json_ops = {
    .format = "json",
    .syntax = &doc_json_syntax,
    .kind = kind,
    .prim = prim,
    .child = child,
    .path = path,
    .name = name,
    .type_name = type_name,
};
