/*
 * What changed between two documents, path by path, for people. Both are laid out as a list of
 * leaves; what has the same path and another value is changed. Items of arrays are compared by
 * place. Secrets do not appear: documents hold references. Tests: diff_test.c
 */
#include "manage/diff.h"

#include "base/map.h"
#include "json/path.h"

#define LEAVES_MAX     100000
#define SHOWN_MAX      1000 /* differences of one object; the rest is one line */
#define PATH_MAX_BYTES 65536

struct leaves {
    struct leaf {
        struct str path;
        const struct json *value;
    } * v;
    size_t n, cap;
    struct arena *arena;
};

static bool add(struct leaves *l, struct str path, const struct json *value)
{
    if (l->n == l->cap) {
        size_t cap = size_max(l->cap * 2, 64);
        struct leaf *grown =
            arena_grow(l->arena, l->v, l->cap * sizeof(struct leaf), cap * sizeof(struct leaf));
        if (!grown || l->n >= LEAVES_MAX)
            return false;
        l->v = grown;
        l->cap = cap;
    }
    l->v[l->n] = (struct leaf){ .path = arena_str(l->arena, path), .value = value };
    return !str_is_null(l->v[l->n++].path);
}

/* Where the walk is: the path of each open container, and the place of the next item. */
struct trail {
    struct buf path;
    size_t length[JSON_DEPTH_MAX];
    uint32_t index[JSON_DEPTH_MAX];
    bool array[JSON_DEPTH_MAX];
    unsigned depth;
};

static void step_to(struct trail *t, const struct json *node)
{
    if (t->depth == 0)
        return;
    buf_cut(&t->path, t->length[t->depth - 1]);
    if (t->array[t->depth - 1])
        buf_fmt(&t->path, "[%u]", t->index[t->depth - 1]++);
    else
        json_path_add_name(&t->path, json_name(node));
}

static void enter(struct trail *t, const struct json *node)
{
    t->length[t->depth] = t->path.n;
    t->index[t->depth] = 0;
    t->array[t->depth] = json_is(node, JSON_ARRAY);
    t->depth++;
}

/* Every scalar and every empty container. */
static bool lay_out(const struct json *doc, struct trail *t, struct leaves *l)
{
    struct json_walk w;
    const struct json *node = NULL;
    enum json_walk_event ev;
    json_walk_init(&w, doc);
    while ((ev = json_walk_next(&w, &node)) != JSON_WALK_END) {
        if (ev == JSON_WALK_LEAVE) {
            t->depth--;
            continue;
        }
        step_to(t, node);
        bool leaf = ev != JSON_WALK_ENTER || json_count(node) == 0;
        if (leaf && node != doc && !add(l, buf_view(&t->path), node))
            return false;
        if (ev == JSON_WALK_ENTER)
            enter(t, node);
    }
    return t->path.failed == RC_OK;
}

static struct leaves *leaves_of(const struct json *doc, struct arena *a)
{
    struct leaves *l = arena_make(a, struct leaves, 1);
    struct trail *t = arena_make(a, struct trail, 1);
    if (!l || !t)
        return NULL;
    l->arena = a;
    buf_init_arena(&t->path, a, PATH_MAX_BYTES);
    return lay_out(doc, t, l) ? l : NULL;
}

static void put(struct jw *w, struct str path, const struct json *was, const struct json *is)
{
    jw_object(w);
    jw_kstr(w, "path", path);
    if (was) {
        jw_keyz(w, "old");
        jw_value(w, was);
    }
    if (is) {
        jw_keyz(w, "new");
        jw_value(w, is);
    }
    jw_end(w);
}

static enum rc compare(const struct leaves *was, const struct leaves *is, struct arena *a,
                       struct jw *w, struct err *e)
{
    struct strmap old;
    size_t n = 0;
    enum rc rc = RC_OK;
    strmap_init(&old, a, LEAVES_MAX);
    for (size_t i = 0; rc == RC_OK && i < was->n; i++)
        rc = strmap_put(&old, was->v[i].path, &was->v[i], e);
    for (size_t i = 0; rc == RC_OK && i < is->n && n < SHOWN_MAX; i++) {
        const struct leaf *before = strmap_take(&old, is->v[i].path);
        if (before && json_eq(before->value, is->v[i].value))
            continue;
        put(w, is->v[i].path, before ? before->value : NULL, is->v[i].value);
        n++;
    }
    for (size_t i = 0; rc == RC_OK && i < was->n && n < SHOWN_MAX; i++)
        if (strmap_take(&old, was->v[i].path)) {
            put(w, was->v[i].path, was->v[i].value, NULL);
            n++;
        }
    return rc;
}

enum rc diff_write(struct str was, struct str is, struct arena *a, struct jw *w, struct err *e)
{
    struct json *old = NULL, *new = NULL;
    enum rc rc = json_parse(str_is_null(was) ? STR("{}") : was, &json_default_limits, a, &old, e);
    if (rc == RC_OK)
        rc = json_parse(str_is_null(is) ? STR("{}") : is, &json_default_limits, a, &new, e);
    if (rc != RC_OK)
        return rc;
    const struct leaves *before = leaves_of(old, a), *after = leaves_of(new, a);
    if (!before || !after)
        return err_set(e, RC_LIMIT, "MNG-017", "the documents are too large to be compared");
    jw_array(w);
    rc = compare(before, after, a, w, e);
    jw_end(w);
    return rc;
}
