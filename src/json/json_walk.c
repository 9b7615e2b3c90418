/*
 * Walking whole trees without recursion, and what is made of it: counting, copying, comparing,
 * places in the source. Tests: json_walk_test.c
 */
#include "json/json_int.h"

void json_walk_init(struct json_walk *w, const struct json *v)
{
    w->node = v;
    w->depth = 0;
}

/* Behind `v` comes its next sibling; the top of the walk has none, whatever hangs beside it. */
static void step_over(struct json_walk *w, const struct json *v)
{
    w->node = w->depth > 0 ? json_next(w->open[w->depth - 1], v) : NULL;
}

enum json_walk_event json_walk_next(struct json_walk *w, const struct json **node)
{
    const struct json *v = w->node;
    if (!v) {
        if (w->depth == 0)
            return JSON_WALK_END;
        v = w->open[--w->depth];
        step_over(w, v);
        *node = v;
        return JSON_WALK_LEAVE;
    }
    *node = v;
    if (v->type < JSON_ARRAY) {
        step_over(w, v);
        return JSON_WALK_VALUE;
    }
    if (w->depth == JSON_DEPTH_MAX) {
        step_over(w, v);
        return JSON_WALK_DEEP;
    }
    w->open[w->depth++] = v;
    w->node = json_first(v);
    return JSON_WALK_ENTER;
}

size_t json_count_all(const struct json *v)
{
    struct json_walk w;
    const struct json *node = NULL;
    size_t n = 0;
    json_walk_init(&w, v);
    for (enum json_walk_event ev = json_walk_next(&w, &node); ev; ev = json_walk_next(&w, &node))
        n += ev != JSON_WALK_LEAVE;
    return n;
}

/* --- copying --- */

/* One node with its own text and name, no children yet. */
static struct json *copy_node(struct arena *a, const struct json *v, bool with_name)
{
    struct json *to = arena_raw(a, sizeof *to);
    if (!to)
        return NULL;
    *to = *v;
    to->next = NULL;
    if (v->type >= JSON_ARRAY) {
        to->last = NULL;
        to->n = 0;
    } else if (v->type >= JSON_NUMBER) {
        to->text = arena_str(a, json_text(v)).p;
        if (!to->text)
            return NULL;
    }
    if (!with_name) {
        to->name = NULL;
        to->name_n = 0;
        to->name_pos = JSON_NO_POS;
    } else if (v->name) {
        to->name = arena_str(a, json_name(v)).p;
        if (!to->name)
            return NULL;
    }
    return to;
}

enum rc json_copy(struct arena *a, const struct json *v, struct json **out, struct err *e)
{
    struct json_walk w;
    struct json *open[JSON_DEPTH_MAX]; /* the copies of w.open */
    struct json *top = NULL;
    const struct json *node = NULL;
    json_walk_init(&w, v);
    for (enum json_walk_event ev = json_walk_next(&w, &node); ev; ev = json_walk_next(&w, &node)) {
        if (ev == JSON_WALK_LEAVE)
            continue;
        if (ev == JSON_WALK_DEEP)
            return err_set(e, RC_LIMIT, "JSON-021", "nested deeper than allowed");
        struct json *copy = copy_node(a, node, top != NULL);
        if (!copy)
            return json_no_memory(e);
        unsigned level = w.depth - (ev == JSON_WALK_ENTER);
        if (level > 0)
            json_link(open[level - 1], copy);
        else
            top = copy;
        if (ev == JSON_WALK_ENTER)
            open[level] = copy;
    }
    *out = top;
    return RC_OK;
}

/* --- comparing --- */

static bool same_head(const struct json *a, const struct json *b)
{
    if (a->type != b->type || a->n != b->n)
        return false;
    return (a->type != JSON_STRING && a->type != JSON_NUMBER) || str_eq(json_text(a), json_text(b));
}

static bool same_names(const struct json *a, const struct json *b)
{
    const struct json *m = json_first(b);
    JSON_EACH(v, a)
    {
        if (!m || !str_eq(json_name(v), json_name(m)))
            return false;
        m = json_next(b, m);
    }
    return !m;
}

/* The k-th member of a name in one object has the k-th of that name in the other as counterpart. */
static const struct json *counterpart(const struct json *box, const struct json *v,
                                      const struct json *other)
{
    struct str name = json_name(v);
    size_t skip = 0;
    for (const struct json *m = json_first(box); m != v; m = m->next)
        skip += str_eq(json_name(m), name);
    JSON_EACH(m, other)
    {
        if (str_eq(json_name(m), name) && skip-- == 0)
            return m;
    }
    return NULL;
}

/* An open container of the walk over `a` and what it is compared with. */
struct pair {
    const struct json *box;
    const struct json *with;
    const struct json *next; /* the item of `with` to come; NULL: find members by name */
};

static struct pair pair_of(const struct json *box, const struct json *with)
{
    bool in_order = box->type == JSON_ARRAY || same_names(box, with);
    return (struct pair){ box, with, in_order ? json_first(with) : NULL };
}

static const struct json *partner(struct pair *p, const struct json *v)
{
    if (!p->next)
        return counterpart(p->box, v, p->with);
    const struct json *other = p->next;
    p->next = other->next; /* a ring: as many steps as there are children */
    return other;
}

bool json_eq(const struct json *a, const struct json *b)
{
    struct json_walk w;
    struct pair open[JSON_DEPTH_MAX];
    const struct json *node = NULL;
    if (!a || !b)
        return a == b;
    json_walk_init(&w, a);
    for (enum json_walk_event ev = json_walk_next(&w, &node); ev; ev = json_walk_next(&w, &node)) {
        if (ev == JSON_WALK_LEAVE)
            continue;
        unsigned level = w.depth - (ev == JSON_WALK_ENTER);
        const struct json *other = level > 0 ? partner(&open[level - 1], node) : b;
        if (ev == JSON_WALK_DEEP || !other || !same_head(node, other))
            return false;
        if (ev == JSON_WALK_ENTER)
            open[level] = pair_of(node, other);
    }
    return true;
}
