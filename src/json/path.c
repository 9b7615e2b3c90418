/*
 * Getting, setting and removing by compiled steps. Compiling is in path_compile.c.
 * Tests: path_test.c
 */
#include "json/path.h"

#include "json/json_int.h"
#include "json/json_out.h"
#include "json/path_int.h"

/* --- getting --- */

static struct json *child_at(const struct json *v, const struct json_step *step)
{
    if (json_is(v, JSON_ARRAY) && step->kind != JSON_STEP_NAME)
        return json_at(v, step->index);
    if (json_is(v, JSON_OBJECT) && step->kind != JSON_STEP_INDEX)
        return json_get(v, step->name);
    return NULL;
}

const struct json *json_path_get(const struct json_path *path, const struct json *doc)
{
    for (size_t i = 0; i < path->n && doc; i++)
        doc = child_at(doc, &path->step[i]);
    return doc;
}

const struct json *json_find(const struct json *doc, struct str path)
{
    struct path_compiler c;
    path_compiler_init(&c, path, NULL);
    if (path_compile_steps(&c, NULL) != RC_OK)
        return NULL;
    return json_path_get(&(struct json_path){ c.step, c.n }, doc);
}

const struct json *json_findz(const struct json *doc, const char *path)
{
    return json_find(doc, str_z(path));
}

const struct json *json_pointer(const struct json *doc, struct str pointer)
{
    struct path_compiler c;
    path_compiler_init(&c, pointer, NULL);
    if (pointer_compile_steps(&c, NULL) != RC_OK)
        return NULL;
    return json_path_get(&(struct json_path){ c.step, c.n }, doc);
}

/* --- setting --- */

static void add_step(struct buf *b, const struct json_step *step)
{
    if (step->kind != JSON_STEP_INDEX)
        json_path_add_name(b, step->name);
    else if (step->index == JSON_INDEX_END)
        buf_z(b, "[-]");
    else
        json_path_add_index(b, step->index);
}

/* Say which place of the path an error is about: its first n steps. */
static enum rc at_step(const struct json_path *path, size_t n, enum rc rc, struct err *e)
{
    char text[256];
    struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
    for (size_t i = 0; i < n; i++)
        add_step(&b, &path->step[i]);
    err_where(e, "%.*s", STR_ARG(buf_view(&b)));
    return rc;
}

static struct json *box_for(const struct json_step *step, struct arena *a)
{
    return step->kind == JSON_STEP_NAME ? json_make_object(a) : json_make_array(a);
}

static enum rc check_step(const struct json *box, const struct json_step *step, struct err *e)
{
    enum json_type type = json_type(box);
    if (type == JSON_ARRAY && step->kind == JSON_STEP_NAME)
        return err_set(e, RC_STATE, "JSON-043", "this is a list, it has no members by name");
    if (type == JSON_OBJECT && step->kind == JSON_STEP_INDEX)
        return err_set(e, RC_STATE, "JSON-043", "this is an object, it has no items by number");
    if (type < JSON_ARRAY)
        return err_set(e, RC_STATE, "JSON-043", "this is %s, it cannot hold anything",
                       json_type_words(type));
    return RC_OK;
}

/* Item `index` of an array that has not so many: nulls up to it. */
static enum rc add_item(struct json *box, uint32_t index, struct json *value, struct arena *a,
                        struct err *e)
{
    uint32_t at = index == JSON_INDEX_END ? box->n : index;
    if (at - box->n > JSON_GAP_MAX)
        return err_set(e, RC_LIMIT, "JSON-044",
                       "item %u is too far behind the end of a list of %u items", at, box->n);
    while (box->n < at) {
        enum rc rc = json_append(box, json_make_null(a), e);
        if (rc)
            return rc;
    }
    return json_append(box, value, e);
}

static enum rc put_child(struct json *box, const struct json_step *step, struct json *old,
                         struct json *value, struct arena *a, struct err *e)
{
    if (!value)
        return json_no_memory(e);
    if (old) {
        json_replace(box, old, value);
        return RC_OK;
    }
    if (json_is(box, JSON_ARRAY))
        return add_item(box, step->index, value, a, e);
    struct str name = arena_str(a, step->name);
    if (str_is_null(name))
        return json_no_memory(e);
    return json_add(box, name, value, e);
}

/* The container that step i of the path goes into next, made when it is missing. */
static enum rc step_into(struct json **box, const struct json_path *path, size_t i, struct arena *a,
                         struct err *e)
{
    struct json *child = child_at(*box, &path->step[i]);
    if (child && !json_is(child, JSON_NULL)) {
        *box = child;
        return RC_OK;
    }
    struct json *made = box_for(&path->step[i + 1], a);
    enum rc rc = put_child(*box, &path->step[i], child, made, a, e);
    if (rc)
        return rc;
    *box = made;
    return RC_OK;
}

enum rc json_path_set(const struct json_path *path, struct json **doc, struct json *value,
                      struct arena *a, struct err *e)
{
    if (!value)
        return json_no_memory(e);
    if (path->n == 0) {
        *doc = value;
        return RC_OK;
    }
    struct json *box = *doc;
    if (!box || json_is(box, JSON_NULL)) {
        box = box_for(&path->step[0], a);
        if (!box)
            return json_no_memory(e);
        *doc = box;
    }
    for (size_t i = 0; i < path->n; i++) {
        const struct json_step *step = &path->step[i];
        enum rc rc = check_step(box, step, e);
        if (rc)
            return at_step(path, i, rc, e);
        rc = i + 1 < path->n ? step_into(&box, path, i, a, e)
                             : put_child(box, step, child_at(box, step), value, a, e);
        if (rc)
            return at_step(path, i + 1, rc, e);
    }
    return RC_OK;
}

enum rc json_put(struct json **doc, struct str path, struct json *value, struct arena *a,
                 struct err *e)
{
    struct path_compiler c;
    path_compiler_init(&c, path, a);
    enum rc rc = path_compile_steps(&c, e);
    if (rc)
        return rc;
    return json_path_set(&(struct json_path){ c.step, c.n }, doc, value, a, e);
}

enum rc json_path_remove(const struct json_path *path, struct json *doc, struct err *e)
{
    struct json *box = NULL;
    struct json *v = doc;
    for (size_t i = 0; i < path->n && v; i++) {
        box = v;
        v = child_at(box, &path->step[i]);
    }
    if (!v || !box)
        return at_step(path, path->n,
                       err_set(e, RC_MISSING, "JSON-045", "there is nothing to remove"), e);
    json_remove(box, v);
    return RC_OK;
}

/* --- naming places --- */

void json_path_add_index(struct buf *b, size_t i)
{
    buf_char(b, '[');
    buf_u64(b, i);
    buf_char(b, ']');
}

/* Can the name stand in a path without quotes? */
static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] <= ' ' || str_chr(STR(".[]\"\\"), name.p[i], 0) != SIZE_MAX)
            return false;
    return name.n > 0;
}

void json_path_add_name(struct buf *b, struct str name)
{
    if (is_plain(name)) {
        if (b->n > 0)
            buf_char(b, '.');
        buf_str(b, name);
        return;
    }
    struct out o;
    buf_char(b, '[');
    out_begin(&o, b, JSON_COMPACT);
    o.replace = true;
    (void)out_string(&o, name, false); /* a full buffer is what b->failed says */
    out_end(&o);
    buf_char(b, ']');
}

/* Which item `v` of the array is. */
static size_t index_in(const struct json *box, const struct json *v)
{
    size_t i = 0;
    for (const struct json *item = json_first(box); item != v; item = item->next)
        i++;
    return i;
}

bool json_path_of(const struct json *doc, const struct json *v, struct buf *b)
{
    struct json_walk w;
    const struct json *node = NULL;
    json_walk_init(&w, doc);
    do {
        if (json_walk_next(&w, &node) == JSON_WALK_END)
            return false;
    } while (node != v);
    /* `v` entered is itself the innermost open container */
    unsigned depth = w.depth - (w.depth > 0 && w.open[w.depth - 1] == v);
    for (unsigned i = 0; i < depth; i++) {
        const struct json *child = i + 1 < depth ? w.open[i + 1] : v;
        if (w.open[i]->type == JSON_ARRAY)
            json_path_add_index(b, index_in(w.open[i], child));
        else
            json_path_add_name(b, json_name(child));
    }
    return true;
}
